//! Events as bytes: one record for what one `put` brought to one stream.
//!
//! ```text
//! record   length u32 · CRC-32 u32 · payload
//! payload  stream u64 · ingested_at i64 · number of the first u64 · count u32 · (timestamp i64 · length u32 · text)*
//! ```

use std::ops::Range;

/// Length and checksum.
pub(crate) const FRAME: usize = 8;
/// Bytes of a payload, at most: a mebibyte of texts in ten thousand events, with room to spare.
pub(crate) const PAYLOAD_MAX: usize = 4 << 20;
/// Mixed into checksums, so that bytes never written (zeros) are no record.
const CHECKSUM_MIX: u32 = 0x746f_706d;
const HEAD: usize = 8 + 8 + 8 + 4;
const EVENT_HEAD: usize = 8 + 4;

/// Where an event stands among all of a tenant: by its time, then by when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Milliseconds since the Unix epoch, as its sender says.
    pub timestamp: i64,
    /// Its number.
    pub number: u64,
}

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its stream.
    pub stream: u64,
    /// Where it stands.
    pub position: Position,
    /// When it came, in milliseconds since the Unix epoch.
    pub ingested_at: i64,
    /// What it says.
    pub message: String,
}

/// An event that is still among the bytes it was read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) stream: u64,
    pub(crate) position: Position,
    pub(crate) ingested_at: i64,
    pub(crate) message: &'a str,
}

impl Seen<'_> {
    pub(crate) fn to_event(self) -> Event {
        let Self { stream, position, ingested_at, message } = self;
        Event { stream, position, ingested_at, message: message.to_owned() }
    }
}

/// What a record holds, without its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) stream: u64,
    pub(crate) ingested_at: i64,
    pub(crate) first: u64,
    pub(crate) count: u32,
}

/// The whole record of some events; nothing when they are too many bytes.
pub(crate) fn encode(head: Head, events: &[(i64, &str)]) -> Option<Vec<u8>> {
    let texts: usize = events.iter().map(|(_, text)| EVENT_HEAD + text.len()).sum();
    let length = HEAD + texts;
    if length > PAYLOAD_MAX {
        return None;
    }
    let mut out = Vec::with_capacity(FRAME + length);
    out.extend_from_slice(&[0; FRAME]);
    out.extend_from_slice(&head.stream.to_le_bytes());
    out.extend_from_slice(&head.ingested_at.to_le_bytes());
    out.extend_from_slice(&head.first.to_le_bytes());
    out.extend_from_slice(&head.count.to_le_bytes());
    for (timestamp, text) in events {
        out.extend_from_slice(&timestamp.to_le_bytes());
        out.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    let checksum = checksum_of(&out[FRAME..]);
    out[..4].copy_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    out[4..FRAME].copy_from_slice(&checksum.to_le_bytes());
    Some(out)
}

/// What is at the begin of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record whose payload is there.
    Whole(Range<usize>),
    /// The begin of one: what a write that was not finished leaves at the end of a file.
    Torn,
    /// Something else.
    Damaged,
}

/// Looks for a record at a place.
pub(crate) fn find(bytes: &[u8], at: usize) -> Found {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((length, checksum)) = u32_at(rest, 0).zip(u32_at(rest, 4)) else { return Found::Torn };
    let length = length as usize;
    match rest.get(FRAME..FRAME + length) {
        Some(payload) if checksum_of(payload) == checksum => Found::Whole(at + FRAME..at + FRAME + length),
        // The last of the file, or never written.
        Some(payload) if payload.len() + FRAME == rest.len() => Found::Torn,
        _ if rest.iter().all(|byte| *byte == 0) => Found::Torn,
        None if length <= PAYLOAD_MAX => Found::Torn,
        _ => Found::Damaged,
    }
}

/// Reads a payload; `each` is given every event in order. Nothing when it is not one.
pub(crate) fn decode<'a>(payload: &'a [u8], mut each: impl FnMut(Seen<'a>)) -> Option<Head> {
    let (stream, ingested_at) = (u64_at(payload, 0)?, u64_at(payload, 8)?.cast_signed());
    let head = Head { stream, ingested_at, first: u64_at(payload, 16)?, count: u32_at(payload, 24)? };
    let mut at = HEAD;
    for index in 0..head.count {
        let timestamp = u64_at(payload, at)?.cast_signed();
        let length = u32_at(payload, at + 8)? as usize;
        at += EVENT_HEAD;
        let message = std::str::from_utf8(payload.get(at..at.checked_add(length)?)?).ok()?;
        at += length;
        let position = Position { timestamp, number: head.first.checked_add(u64::from(index))? };
        each(Seen { stream, position, ingested_at, message });
    }
    (at == payload.len()).then_some(head)
}

fn checksum_of(payload: &[u8]) -> u32 {
    crc32fast::hash(payload) ^ CHECKSUM_MIX
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written(
            stream: u64,
            ingested_at: i64,
            first in 0..u64::MAX / 2,
            events in prop::collection::vec((any::<i64>(), ".{0,20}"), 0..20),
        ) {
            let events: Vec<(i64, &str)> = events.iter().map(|(time, text)| (*time, text.as_str())).collect();
            let head = Head { stream, ingested_at, first, count: u32::try_from(events.len()).unwrap() };
            let bytes = encode(head, &events).unwrap();
            let Found::Whole(payload) = find(&bytes, 0) else { panic!("no record") };
            let mut read = Vec::new();
            let told = decode(&bytes[payload], |seen| read.push((seen.position.timestamp, seen.message)));
            prop_assert_eq!(told, Some(head));
            prop_assert_eq!(read, events);
        }

        #[test]
        fn other_bytes_are_no_record(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!matches!(find(&bytes, 0), Found::Whole(_)));
            let _ = decode(&bytes, |_| {});
        }
    }

    #[test]
    fn what_is_too_large_is_no_record() {
        let text = "x".repeat(PAYLOAD_MAX);
        let head = Head { stream: 1, ingested_at: 0, first: 0, count: 1 };
        assert!(encode(head, &[(0, &text)]).is_none());
    }
}
