//! Trust keys: public keys of minisign, one of which has to have signed what is installed.
//!
//! Elsewhere: which a tenant has (`topmast-engine`, `package::key`); what a server makes of them (`topmast-agent`,
//! `package::policy`).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an agent that heeds the keys that come with an order says that it can do; an older one would install what none
/// of them signed.
pub const KEYS_ABILITY: &str = "package-keys";
/// Most keys of a tenant: its people who release, each with the next key beside the present one.
pub const KEYS_MAX: usize = 32;
/// Longest comment, in bytes: whose key it is and where it is kept.
pub const KEY_COMMENT_MAX: usize = 200;
/// Longest `.pub` file that is looked at, in bytes: minisign's has a line of comment before the key.
const FILE_MAX: usize = 1_200;

/// Bytes of a key: what it is for, its id, and 32 bytes of Ed25519.
const BYTES: usize = 42;
/// The same in base64, without any padding.
const LETTERS: usize = BYTES / 3 * 4;
/// What a public key begins with.
const ED25519: &[u8; 2] = b"Ed";

/// A public key, as the second line of minisign's `.pub` file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustKey {
    text: String,
    id: TrustKeyId,
}

impl TrustKey {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name that it gives itself.
    pub const fn id(&self) -> TrustKeyId {
        self.id
    }
}

impl fmt::Display for TrustKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Reads a key alone, or the whole `.pub` file around it.
impl FromStr for TrustKey {
    type Err = TrustKeyError;

    fn from_str(text: &str) -> Result<Self, TrustKeyError> {
        if text.len() > FILE_MAX {
            return Err(TrustKeyError::Key);
        }
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let bytes = decoded(line).ok_or(TrustKeyError::Key)?;
        let (kind, rest) = bytes.split_at(ED25519.len());
        let id = rest.first_chunk::<8>().filter(|_| kind == ED25519).ok_or(TrustKeyError::Key)?;
        Ok(Self { text: line.to_owned(), id: TrustKeyId(u64::from_le_bytes(*id)) })
    }
}

impl TryFrom<String> for TrustKey {
    type Error = TrustKeyError;

    fn try_from(text: String) -> Result<Self, TrustKeyError> {
        text.parse()
    }
}

impl From<TrustKey> for String {
    fn from(key: TrustKey) -> Self {
        key.text
    }
}

/// The bytes of a key in base64; there are neither more nor less of them.
fn decoded(line: &str) -> Option<Vec<u8>> {
    if line.len() != LETTERS {
        return None;
    }
    let sextets: Vec<u32> = line.bytes().map(sextet).collect::<Option<_>>()?;
    let triples = sextets.chunks(4).flat_map(|four| {
        let whole = four.iter().fold(0, |whole, sextet| whole << 6 | sextet);
        let [_, bytes @ ..] = whole.to_be_bytes();
        bytes
    });
    Some(triples.collect())
}

fn sextet(letter: u8) -> Option<u32> {
    let (first, value) = match letter {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return None,
    };
    Some(u32::from(letter - first) + value)
}

/// The name that a key gives itself, as minisign writes it: 16 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustKeyId(u64);

impl fmt::Display for TrustKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

impl FromStr for TrustKeyId {
    type Err = TrustKeyError;

    fn from_str(text: &str) -> Result<Self, TrustKeyError> {
        let is_id = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let id = u64::from_str_radix(text, 16).ok().filter(|_| is_id);
        id.map(Self).ok_or(TrustKeyError::Id)
    }
}

impl TryFrom<String> for TrustKeyId {
    type Error = TrustKeyError;

    fn try_from(text: String) -> Result<Self, TrustKeyError> {
        text.parse()
    }
}

impl From<TrustKeyId> for String {
    fn from(id: TrustKeyId) -> Self {
        id.to_string()
    }
}

/// What is wrong with a key, or with how it is named. The text is never repeated: it may be a secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustKeyError {
    /// No public key.
    #[error(
        "this is no public key of minisign; give its .pub file, or the second line of it, which begins with RW"
    )]
    Key,
    /// No id.
    #[error("this is no id of a key; it has 16 digits 0-9 and A-F, as `topmast packages keys list` shows it")]
    Id,
}

/// What is wanted of the keys of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustKeyOrder {
    /// Take packages that this one signed.
    Add {
        /// Which.
        key: TrustKey,
        /// Whose it is, for people.
        comment: Option<String>,
    },
    /// Take them no longer.
    Remove {
        /// Which.
        id: TrustKeyId,
    },
}

/// What became of the keys of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum TrustKeyChange {
    /// There is one more, or it has another comment.
    Added {
        /// Which.
        key: TrustKey,
        /// Its id, for who reads the journal.
        id: TrustKeyId,
        /// Whose it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// There is one less.
    Removed {
        /// Which.
        id: TrustKeyId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of minisign's own documentation.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn key_is_read_alone_and_from_its_file() {
        let key: TrustKey = KEY.parse().unwrap();
        assert_eq!((key.as_str(), key.id().to_string().as_str()), (KEY, "E7620F1842B4E81F"));
        let file = format!("untrusted comment: minisign public key E7620F1842B4E81F\r\n{KEY}\r\n\n");
        assert_eq!(file.parse::<TrustKey>().unwrap(), key);
        let json = serde_json::to_value(&key).unwrap();
        assert_eq!((json.as_str(), serde_json::from_value(json.clone()).ok()), (Some(KEY), Some(key)));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let secret = format!("RWRTY0Iy{}", "A".repeat(204));
        let signature = KEY.replacen("RWQ", "RUQ", 1);
        let long = format!("{}\n{KEY}", "x".repeat(FILE_MAX));
        for bad in
            ["", "RWQ", &KEY[1..], &format!("{KEY}="), &KEY.replace('f', "é"), &secret, &signature, &long]
        {
            let error = bad.parse::<TrustKey>().unwrap_err().to_string();
            assert!(error.contains("second line") && !error.contains("TY0Iy"), "{bad:?}: {error}");
        }
    }

    #[test]
    fn id_is_16_digits() {
        let id: TrustKeyId = "e7620f1842b4e81f".parse().unwrap();
        assert_eq!(id.to_string(), "E7620F1842B4E81F");
        for bad in ["", "E762", "+7620F1842B4E81F", "E7620F1842B4E81FF", "G7620F1842B4E81F"] {
            assert_eq!(bad.parse::<TrustKeyId>(), Err(TrustKeyError::Id), "{bad:?}");
        }
    }
}
