//! From the spool's records to the frames of one connection.
//!
//! A connection has its own dictionary and may begin anywhere in a segment. The relay reads the segment from its
//! start, so that it knows every series and value, and tells the connection of a series when it is first needed.

use crate::spool::{Next, Position, Spool};
use std::collections::VecDeque;
use std::io;
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::{FrameDecoder, FrameEncoder, FrameSink};

/// Ticks in one frame while a backlog is sent: a minute at the usual interval.
const TICKS_PER_FRAME: u32 = 60;

/// A frame to send, and what is done with once the master confirms it.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) frame: Vec<u8>,
    pub(super) confirms: Position,
    /// Ticks in it and in the frames made together with it.
    pub(super) ticks: u32,
}

/// Reads the spool for one connection.
pub(super) struct Relay {
    at: Position,
    /// Records before it are read for their series and values only.
    send_from: Position,
    decoder: FrameDecoder,
    mirror: Mirror,
    ready: VecDeque<Outgoing>,
    buffer: Vec<u8>,
}

/// The spool's dictionary and latest values, and what of them the connection knows.
#[derive(Default)]
struct Mirror {
    encoder: FrameEncoder,
    slots: Vec<Slot>,
    /// Slots whose value the connection does not know yet.
    changed: Vec<u32>,
    time: Option<UnixMillis>,
    values: Vec<(u32, f64)>,
}

struct Slot {
    known: Known,
    value: f64,
    changed: bool,
}

enum Known {
    /// Not told yet.
    Waiting(Box<Series>),
    /// Told with this index.
    Defined(u32),
    /// Ended.
    Retired,
}

impl Relay {
    /// Goes on at `position`.
    pub(super) fn new(position: Position) -> Self {
        Self {
            at: Position::start_of(position.segment),
            send_from: position,
            decoder: FrameDecoder::new(),
            mirror: Mirror::default(),
            ready: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    /// The next frame; `None` when the spool is read.
    ///
    /// # Errors
    /// The system's, when the spool cannot be read.
    pub(super) fn next(&mut self, spool: &Spool) -> io::Result<Option<Outgoing>> {
        if self.ready.is_empty() {
            self.fill(spool)?;
        }
        Ok(self.ready.pop_front())
    }

    fn fill(&mut self, spool: &Spool) -> io::Result<()> {
        let mut ticks = 0;
        while ticks < TICKS_PER_FRAME {
            match spool.read(self.at, &mut self.buffer)? {
                Next::Record(next) => {
                    if let Err(error) = self.decoder.decode(&self.buffer, &mut self.mirror) {
                        // The rest of the segment needs this record's dictionary.
                        tracing::warn!(%error, segment = self.at.segment, "a spool segment is damaged; its rest is left out");
                        self.begin_segment(Position::start_of(self.at.segment + 1));
                        continue;
                    }
                    if self.at >= self.send_from {
                        ticks += u32::from(self.mirror.tell());
                    }
                    self.mirror.time = None;
                    self.at = next;
                }
                Next::Segment(next) => self.begin_segment(next),
                Next::End => break,
            }
        }
        while let Some(frame) = self.mirror.encoder.take() {
            self.ready.push_back(Outgoing { frame, confirms: self.send_from, ticks });
        }
        if let Some(last) = self.ready.back_mut() {
            // Only the last frame of several completes the ticks.
            last.confirms = self.at;
            self.send_from = self.at;
        }
        Ok(())
    }

    fn begin_segment(&mut self, at: Position) {
        self.at = at;
        self.decoder = FrameDecoder::new();
        self.mirror.slots.clear();
        self.mirror.changed.clear();
        self.mirror.encoder.reset();
    }
}

impl Mirror {
    /// Adds the tick just read to the connection's next frame; false when the record held none.
    fn tell(&mut self) -> bool {
        let Some(time) = self.time else { return false };
        self.values.clear();
        for index in self.changed.drain(..) {
            let Some(slot) = self.slots.get_mut(index as usize) else { continue };
            slot.changed = false;
            if let Known::Waiting(series) = &slot.known {
                // The spool's own encoder accepted it under the same rules.
                let Ok(index) = self.encoder.define(series) else { continue };
                slot.known = Known::Defined(index);
            }
            if let Known::Defined(index) = slot.known {
                self.values.push((index, slot.value));
            }
        }
        if let Err(error) = self.encoder.tick(time, &self.values) {
            tracing::error!(%error, "a tick is left out");
        }
        true
    }
}

impl FrameSink for Mirror {
    fn series(&mut self, index: u32, series: Series) {
        // After a reset the indexes begin again.
        self.slots.truncate(index as usize);
        self.slots.push(Slot { known: Known::Waiting(Box::new(series)), value: 0.0, changed: false });
    }

    fn retired(&mut self, index: u32) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        if let Known::Defined(index) = slot.known {
            self.encoder.retire(index);
        }
        slot.known = Known::Retired;
    }

    fn tick(&mut self, time: UnixMillis) {
        self.time = Some(time);
    }

    fn value(&mut self, index: u32, value: f64) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        slot.value = value;
        if !slot.changed {
            slot.changed = true;
            self.changed.push(index);
        }
    }
}

#[cfg(test)]
mod tests;
