//! Where the records of a stream are in a segment, and what is known of them without reading.

use crate::OVERHEAD;
use crate::record::{Head, Seen};
use std::collections::BTreeMap;

/// The records of one stream in one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where they begin, ascending.
    pub(crate) offsets: Vec<u32>,
    /// Time of the oldest event.
    pub(crate) first: i64,
    /// Time of the newest event.
    pub(crate) last: i64,
    /// When the last event came.
    pub(crate) ingested_at: i64,
    /// How many events.
    pub(crate) events: u64,
    /// Bytes of their texts, with what each counts for besides.
    pub(crate) bytes: u64,
}

impl Part {
    /// Adds what another segment has of the stream, without its places.
    pub(crate) fn add(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.ingested_at = self.ingested_at.max(other.ingested_at);
        self.events += other.events;
        self.bytes += other.bytes;
    }

    /// The same without its places.
    pub(crate) fn bare(&self) -> Self {
        let Self { first, last, ingested_at, events, bytes, .. } = *self;
        Self { offsets: Vec::new(), first, last, ingested_at, events, bytes }
    }
}

/// What a record adds to the part of its stream.
#[derive(Debug, Clone)]
pub(crate) struct Gathered(Option<Part>);

impl Gathered {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    pub(crate) fn part(&self) -> Option<&Part> {
        self.0.as_ref()
    }

    pub(crate) fn event(&mut self, seen: &Seen<'_>) {
        let (time, bytes) = (seen.position.timestamp, (seen.message.len() + OVERHEAD) as u64);
        let one = Part {
            offsets: Vec::new(),
            first: time,
            last: time,
            ingested_at: seen.ingested_at,
            events: 1,
            bytes,
        };
        match &mut self.0 {
            Some(part) => part.add(&one),
            None => self.0 = Some(one),
        }
    }
}

/// The parts of a segment, by stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) parts: BTreeMap<u64, Part>,
}

impl Index {
    /// Takes note of a record; one without events is forgotten.
    pub(crate) fn record(&mut self, head: Head, offset: u32, gathered: Gathered) {
        let Some(mut part) = gathered.0 else { return };
        part.offsets.push(offset);
        match self.parts.get_mut(&head.stream) {
            Some(kept) => {
                kept.add(&part);
                kept.offsets.push(offset);
            }
            None => {
                self.parts.insert(head.stream, part);
            }
        }
    }
}
