//! The chain's hash: SHA-256 of a record's content and of the hash before it.
//!
//! What goes in, in which order, is drawn in docs/formats/journal.md; a change
//! here is a new format of the journal.

use crate::record::Record;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// First bytes of what is hashed: a record's hash can be taken for nothing else's.
const DOMAIN: &[u8; 16] = b"topmast-record-1";

/// 32 bytes of SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first record: 32 zero bytes.
    pub const GENESIS: Self = Self([0; 32]);

    /// A hash from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 over a few pieces, one after the other.
    pub(crate) fn over(pieces: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for piece in pieces {
            digest.update(piece);
        }
        Self(digest.finalize().into())
    }
}

impl Record {
    /// The hash that this content must have. It equals [`Record::hash`] unless something was altered.
    pub fn computed_hash(&self) -> Hash {
        let mut digest = Sha256::new();
        digest.update(DOMAIN);
        digest.update(self.prev_hash.as_bytes());
        digest.update(self.seq.0.to_be_bytes());
        digest.update(self.time.0.to_be_bytes());
        text(&mut digest, &self.tenant);
        text(&mut digest, &self.actor);
        optional_text(&mut digest, self.action.as_deref());
        optional_text(&mut digest, self.object.as_deref());
        text(&mut digest, &self.kind);
        digest.update(self.version.to_be_bytes());
        text(&mut digest, &self.payload);
        Hash(digest.finalize().into())
    }
}

/// The length goes first, so that no two records share their bytes by moving a letter over a border.
fn text(digest: &mut Sha256, value: &str) {
    digest.update((value.len() as u64).to_be_bytes());
    digest.update(value);
}

/// One byte tells an absent text from an empty one.
fn optional_text(digest: &mut Sha256, value: Option<&str>) {
    match value {
        None => digest.update([0]),
        Some(value) => {
            digest.update([1]);
            text(digest, value);
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a hash; it has 64 hexadecimal digits")]
pub struct HashError {
    text: String,
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let wrong = || HashError { text: text.chars().take(80).collect() };
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0]).ok_or_else(wrong)? << 4 | digit(pair[1]).ok_or_else(wrong)?;
        }
        Ok(Self(bytes))
    }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::NewRecord;
    use topmast_model::id::Seq;
    use topmast_model::time::UnixMillis;

    /// The worked example of docs/formats/journal.md.
    fn example() -> Record {
        let new = NewRecord {
            time: UnixMillis(1_795_432_800_000),
            tenant: "acme".into(),
            actor: r#"{"kind":"user","name":"ana"}"#.into(),
            action: None,
            object: Some("acme/prod/sw1".into()),
            kind: "ServerRemoved".into(),
            version: 1,
            payload: "{}".into(),
        };
        Record::seal(&new, Seq(1), Hash::GENESIS)
    }

    #[test]
    fn worked_example_of_the_format_page_is_what_is_computed() {
        let page = include_str!("../../../docs/formats/journal.md");
        // The page shows the bytes in hexadecimal, a field a line, and comments after a `#`.
        let block = page.split("```hex\n").nth(1).unwrap().split("```").next().unwrap();
        let digits: String = block
            .lines()
            .filter_map(|line| line.split('#').next())
            .collect::<String>()
            .split_whitespace()
            .collect();
        let bytes: Vec<u8> = digits
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| digit(pair[0]).unwrap() << 4 | digit(pair[1]).unwrap())
            .collect();
        let stated: Hash =
            page.split("SHA-256: `").nth(1).unwrap().split('`').next().unwrap().parse().unwrap();
        assert_eq!(Hash::over(&[&bytes]), stated);
        assert_eq!(example().hash, stated);
    }

    #[test]
    fn every_field_counts() {
        let changes: [fn(&mut Record); 12] = [
            |r| r.seq = Seq(2),
            |r| r.time = UnixMillis(r.time.0 + 1),
            |r| r.tenant = "acm".into(),
            |r| r.actor.push(' '),
            |r| r.action = Some(String::new()),
            |r| r.object = None,
            |r| r.object = Some("acme/prod/sw2".into()),
            |r| r.kind = "ServerRemove".into(),
            |r| r.version = 2,
            |r| r.payload = "[]".into(),
            |r| r.prev_hash = Hash::from_bytes([1; 32]),
            // The same letters over another border.
            |r| (r.tenant, r.actor) = ("acme{".into(), r.actor[1..].into()),
        ];
        let original = example();
        for (index, change) in changes.iter().enumerate() {
            let mut altered = original.clone();
            change(&mut altered);
            assert_ne!(altered.computed_hash(), original.hash, "change {index}");
        }
        assert_eq!(original.computed_hash(), original.hash);
    }

    #[test]
    fn hash_reads_what_it_writes_and_refuses_the_rest() {
        let hash = example().hash;
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(serde_json::from_str::<Hash>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(65), &"é".repeat(32)] {
            assert!(text.parse::<Hash>().is_err(), "{text:?}");
        }
    }
}
