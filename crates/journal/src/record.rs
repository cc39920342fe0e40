//! Records: what a caller asks to keep, and what is kept.

use crate::hash::Hash;
use serde::{Deserialize, Serialize};
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;

/// What a caller asks to append. The texts are kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// When it was decided; only the order of `seq` is the order of records.
    pub time: UnixMillis,
    /// The tenant it concerns; at most 256 bytes.
    pub tenant: String,
    /// Who caused it: a JSON object on one line, at most 4 KiB.
    pub actor: String,
    /// The action it belongs to; at most 256 bytes.
    pub action: Option<String>,
    /// Path of the object it is about, for the index; at most 2 KiB.
    pub object: Option<String>,
    /// What kind of fact; at most 128 bytes.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: u16,
    /// The fact: JSON on one line, at most 1 MiB.
    pub payload: String,
}

/// A record as it is kept: its place and its link in the chain added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position; the first record has 1.
    pub seq: Seq,
    /// When it was decided.
    pub time: UnixMillis,
    /// The tenant it concerns.
    pub tenant: String,
    /// Who caused it, a JSON object.
    pub actor: String,
    /// The action it belongs to.
    pub action: Option<String>,
    /// Path of the object it is about.
    pub object: Option<String>,
    /// What kind of fact.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: u16,
    /// The fact, JSON.
    pub payload: String,
    /// Hash of the record before; [`Hash::GENESIS`] for the first.
    pub prev_hash: Hash,
    /// SHA-256 over all of the above.
    pub hash: Hash,
}

impl Record {
    /// Gives a new record its place after the record whose hash is `prev_hash`.
    pub fn seal(new: &NewRecord, seq: Seq, prev_hash: Hash) -> Self {
        let mut record = Self {
            seq,
            time: new.time,
            tenant: new.tenant.clone(),
            actor: new.actor.clone(),
            action: new.action.clone(),
            object: new.object.clone(),
            kind: new.kind.clone(),
            version: new.version,
            payload: new.payload.clone(),
            prev_hash,
            hash: Hash::GENESIS,
        };
        record.hash = record.computed_hash();
        record
    }

    /// Its place and hash.
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// As it was before it had its place.
    pub fn unsealed(&self) -> NewRecord {
        NewRecord {
            time: self.time,
            tenant: self.tenant.clone(),
            actor: self.actor.clone(),
            action: self.action.clone(),
            object: self.object.clone(),
            kind: self.kind.clone(),
            version: self.version,
            payload: self.payload.clone(),
        }
    }

    /// Bytes of its texts: what bounds an answer.
    pub(crate) fn text_bytes(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.tenant.len()
            + self.actor.len()
            + optional(&self.action)
            + optional(&self.object)
            + self.kind.len()
            + self.payload.len()
    }
}

/// The end of the chain. Keep it elsewhere to prove later that nothing was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// The last record; `Seq(0)` when there is none.
    pub seq: Seq,
    /// Its hash; [`Hash::GENESIS`] when there is none.
    pub hash: Hash,
}

/// A record of little, for tests.
#[cfg(test)]
pub(crate) fn example(payload: &str) -> NewRecord {
    NewRecord {
        time: UnixMillis(1),
        tenant: "acme".into(),
        actor: "{}".into(),
        action: None,
        object: None,
        kind: "K".into(),
        version: 1,
        payload: payload.into(),
    }
}
