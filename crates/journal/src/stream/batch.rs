//! An append as messages of the stream, and back.
//!
//! The text of a batch is a line of JSON a record, cut into parts that fit a message. Each part's headers say which
//! batch it is of, which of how many parts it is, and the first and last record of the batch.

use super::fork::head_at;
use crate::hash::Hash;
use crate::journal::{JournalReader, ReadError};
use crate::record::{Head, NewRecord, Record};
use serde::{Deserialize, Serialize};
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Bytes of one part. Servers take a message of 1 MiB as they come.
pub(super) const PART_BYTES: usize = 512 << 10;
/// Parts of one batch, at most: the largest append with its JSON around, all of it escaped.
const PARTS_MAX: u32 = 256;

/// What a part's headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heading {
    /// The batch, its own among all masters' and tries.
    pub(super) batch: Uuid,
    /// Which part, from 1.
    pub(super) part: u32,
    /// How many there are.
    pub(super) parts: u32,
    /// The first record of the batch.
    pub(super) first: Seq,
    /// The last record of the batch and its hash.
    pub(super) last: Head,
}

/// A message to come or that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) heading: Heading,
    pub(super) text: Vec<u8>,
}

/// An append of one master, as it is read from the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Position of its last message.
    pub position: u64,
    /// Place of its first record.
    pub first: Seq,
    /// Its records, at least one.
    pub records: Vec<NewRecord>,
    /// Place and hash of its last record.
    last: Head,
}

impl Batch {
    /// Place and hash of its last record.
    pub(super) fn last(&self) -> Head {
        self.last
    }

    /// True when its records, put behind `head`, give the hash that it says.
    pub(super) fn follows(&self, head: Head) -> bool {
        self.beyond(head, head).is_some()
    }

    /// True when a copy that ends at `head`, there or amid the batch, may take it.
    ///
    /// # Errors
    /// When the copy cannot be read.
    pub fn continues(&self, reader: &dyn JournalReader, head: Head) -> Result<bool, ReadError> {
        let before = head_at(reader, Seq(self.first.0.saturating_sub(1)))?;
        Ok(before.is_some_and(|before| self.beyond(before, head).is_some()))
    }

    /// Its records that a copy lacks; none when it is of another chain than the copy.
    ///
    /// - `before`: what the copy has before the batch's first record.
    /// - `head`: the end of the copy, there or amid the batch.
    pub(super) fn beyond(&self, before: Head, head: Head) -> Option<&[NewRecord]> {
        let held = usize::try_from(head.seq.0.checked_sub(before.seq.0)?).ok()?;
        let sealed = seal(&self.records, before);
        let end_of = |count: usize| {
            count.checked_sub(1).map_or(Some(before), |last| sealed.get(last).map(Record::head))
        };
        let is_ours = self.first.0 == before.seq.0 + 1
            && end_of(sealed.len()) == Some(self.last)
            && end_of(held) == Some(head);
        self.records.get(held..).filter(|_| is_ours)
    }
}

/// Records as they will be kept behind `head`.
pub(super) fn seal(records: &[NewRecord], head: Head) -> Vec<Record> {
    let mut head = head;
    records
        .iter()
        .map(|new| {
            let record = Record::seal(new, Seq(head.seq.0 + 1), head.hash);
            head = record.head();
            record
        })
        .collect()
}

/// One record in the text of a batch. Its texts are strings, so that they stay byte for byte.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    time: UnixMillis,
    #[serde(borrow)]
    tenant: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    actor: std::borrow::Cow<'a, str>,
    action: Option<String>,
    object: Option<String>,
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
    version: u16,
    #[serde(borrow)]
    payload: std::borrow::Cow<'a, str>,
}

/// Records as a line of JSON each.
pub(super) fn text(records: &[Record]) -> Vec<u8> {
    let mut text = Vec::new();
    for record in records {
        let line = Line {
            time: record.time,
            tenant: (&record.tenant).into(),
            actor: (&record.actor).into(),
            action: record.action.clone(),
            object: record.object.clone(),
            kind: (&record.kind).into(),
            version: record.version,
            payload: (&record.payload).into(),
        };
        // Strings and numbers in memory: neither can fail.
        let _infallible = serde_json::to_writer(&mut text, &line);
        text.push(b'\n');
    }
    text
}

/// The records of such lines.
pub(super) fn records(text: &[u8]) -> Result<Vec<NewRecord>, BatchError> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let record = |line| {
        let line: Line<'_> =
            serde_json::from_slice(line).map_err(|error| BatchError::Text(error.to_string()))?;
        Ok(NewRecord {
            time: line.time,
            tenant: line.tenant.into_owned(),
            actor: line.actor.into_owned(),
            action: line.action,
            object: line.object,
            kind: line.kind.into_owned(),
            version: line.version,
            payload: line.payload.into_owned(),
        })
    };
    lines.map(record).collect()
}

/// The messages of an append; none for no records.
pub(super) fn parts(records: &[Record]) -> Vec<Part> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else {
        return Vec::new();
    };
    let text = text(records);
    let batch = Uuid::now_v7();
    let count = u32::try_from(text.chunks(PART_BYTES).len()).unwrap_or(u32::MAX);
    let last = last.head();
    (1..)
        .zip(text.chunks(PART_BYTES))
        .map(|(part, text)| Part {
            heading: Heading { batch, part, parts: count, first: first.seq, last },
            text: text.to_vec(),
        })
        .collect()
}

/// What is wrong with a message of the stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Its headers are not those of a part.
    #[error("its header {0} is not what it should be")]
    Header(&'static str),
    /// Its text is not lines of records.
    #[error("its text is not that of records: {0}")]
    Text(String),
    /// It says to have other records than it has.
    #[error("it says to hold records {first} to {last}, and holds {found}")]
    Count {
        /// The first it names.
        first: Seq,
        /// The last it names.
        last: Seq,
        /// How many it has.
        found: usize,
    },
}

/// Puts batches together from messages in order (S-2).
#[derive(Debug, Default)]
pub(super) struct Assembler {
    open: Option<(Heading, Vec<u8>)>,
}

impl Assembler {
    /// Takes the next message; a batch comes out with its last part.
    pub(super) fn take(&mut self, position: u64, part: Part) -> Result<Option<Batch>, BatchError> {
        let Part { heading, text } = part;
        let before = match self.open.take() {
            Some((open, before)) if open.batch == heading.batch && open.part + 1 == heading.part => before,
            // The rest of a batch whose master ended amid it, or whose first part was before our time.
            _ if heading.part != 1 => return Ok(None),
            _ => Vec::new(),
        };
        let text = [before, text].concat();
        if heading.part < heading.parts {
            self.open = Some((heading, text));
            return Ok(None);
        }
        read(position, &heading, &text).map(Some)
    }
}

fn read(position: u64, heading: &Heading, text: &[u8]) -> Result<Batch, BatchError> {
    let records = records(text)?;
    let (first, last) = (heading.first, heading.last);
    if records.is_empty() || last.seq.0.checked_sub(first.0) != Some(records.len() as u64 - 1) {
        return Err(BatchError::Count { first, last: last.seq, found: records.len() });
    }
    Ok(Batch { position, first, records, last })
}

/// Names of the headers.
const BATCH: &str = "Topmast-Batch";
const PART: &str = "Topmast-Part";
const PARTS: &str = "Topmast-Parts";
const FIRST: &str = "Topmast-First";
const LAST: &str = "Topmast-Last";
const HASH: &str = "Topmast-Hash";

impl Heading {
    /// As names and values.
    pub(super) fn to_headers(self) -> [(&'static str, String); 6] {
        [
            (BATCH, self.batch.to_string()),
            (PART, self.part.to_string()),
            (PARTS, self.parts.to_string()),
            (FIRST, self.first.0.to_string()),
            (LAST, self.last.seq.0.to_string()),
            (HASH, self.last.hash.to_string()),
        ]
    }

    /// From what a message has.
    pub(super) fn from_headers<'a>(
        get: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Result<Self, BatchError> {
        fn parse<'a, T: std::str::FromStr>(
            name: &'static str,
            get: &impl Fn(&'static str) -> Option<&'a str>,
        ) -> Result<T, BatchError> {
            get(name).and_then(|value| value.parse().ok()).ok_or(BatchError::Header(name))
        }
        let heading = Self {
            batch: parse(BATCH, &get)?,
            part: parse(PART, &get)?,
            parts: parse(PARTS, &get)?,
            first: Seq(parse(FIRST, &get)?),
            last: Head { seq: Seq(parse(LAST, &get)?), hash: parse::<Hash>(HASH, &get)? },
        };
        if heading.part == 0 || heading.part > heading.parts || heading.parts > PARTS_MAX {
            return Err(BatchError::Header(PART));
        }
        Ok(heading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(payload: String) -> NewRecord {
        NewRecord {
            time: UnixMillis(7),
            tenant: "acme".into(),
            actor: r#"{ "name":"ana" }"#.into(),
            action: Some("a".into()),
            object: None,
            kind: "Kind".into(),
            version: 3,
            payload,
        }
    }

    fn batch_of(sizes: &[usize], head: Head) -> (Vec<NewRecord>, Vec<Part>) {
        let new: Vec<_> = sizes.iter().map(|size| record(format!("\"{}\"", "é\\\"".repeat(*size)))).collect();
        let parts = parts(&seal(&new, head));
        (new, parts)
    }

    #[test]
    fn headers_survive_and_strange_ones_are_refused() {
        let (_, parts) = batch_of(&[1], Head::default());
        let headers = parts[0].heading.to_headers();
        let get = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        assert_eq!(Heading::from_headers(get), Ok(parts[0].heading));
        for (name, value) in
            [(BATCH, "x"), (PART, "0"), (PART, "2"), (PARTS, "257"), (FIRST, ""), (HASH, "ab")]
        {
            let changed = |asked: &str| if asked == name { Some(value) } else { get(asked) };
            assert!(Heading::from_headers(changed).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn text_that_holds_other_records_than_it_says_is_refused() {
        let (_, mut parts) = batch_of(&[1, 1], Head::default());
        parts[0].heading.last.seq = Seq(3);
        assert!(matches!(
            Assembler::default().take(1, parts.remove(0)),
            Err(BatchError::Count { found: 2, .. })
        ));
        let (_, mut parts) = batch_of(&[1], Head::default());
        parts[0].text = b"{}\n".to_vec();
        assert!(matches!(Assembler::default().take(1, parts.remove(0)), Err(BatchError::Text(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// S-2: whatever is cut short in between, whole batches come out whole and in order, and nothing else.
        #[test]
        fn whole_batches_come_out_and_cut_ones_do_not(
            batches in prop::collection::vec((prop::collection::vec(0_usize..120_000, 1..5), any::<Option<u8>>()), 1..6),
        ) {
            let mut assembler = Assembler::default();
            let (mut head, mut position) = (Head::default(), 0);
            for (sizes, cut) in batches {
                let (new, parts) = batch_of(&sizes, head);
                let kept = match cut {
                    Some(cut) if parts.len() > 1 => usize::from(cut) % parts.len(),
                    _ => parts.len(),
                };
                let is_whole = kept == parts.len();
                let mut out = Vec::new();
                for part in parts.into_iter().take(kept) {
                    position += 1;
                    out.extend(assembler.take(position, part).unwrap());
                }
                prop_assert_eq!(out.len(), usize::from(is_whole));
                if let Some(batch) = out.pop() {
                    prop_assert_eq!(batch.position, position);
                    prop_assert!(batch.follows(head));
                    prop_assert_eq!(&batch.records, &new);
                    head = batch.last;
                }
            }
        }
    }
}
