//! The state as bytes of the journal's file, so that a start has few events to replay.
//!
//! ```text
//! writer ─ copy of the state ─► thread: JSON, packed by zstd ─ bytes ─► writer ─► journal
//! ```
//!
//! Making the bytes takes seconds on a large fleet, in which the writer decides on; it pays for a copy of the state, and
//! for a write of less than a tenth of its form.

use super::{Request, Writer};
use std::io::{self, BufWriter, Read as _};
use topmast_engine::{SNAPSHOT_VERSION, State};
use topmast_journal::Snapshot;
use topmast_model::error::with_sources;
use topmast_model::id::Seq;

/// Events between two snapshots, at least: a start replays about as many.
pub(super) const EVENTS_MIN: u64 = if cfg!(test) { 100 } else { 20_000 };
/// Bytes of the state's form for which there is one more event between two snapshots: about what an event has in the
/// journal, so that a start reads no more of one than of the other, and saving costs no more than appending.
const BYTES_AN_EVENT: usize = 512;
/// Speed counts here: it is written every some minutes.
const ZSTD_LEVEL: i32 = 1;
/// Bytes of a state's form, at most: a damaged length must not fill memory.
const FORM_MAX: u64 = 4 << 30;
/// What every packed snapshot begins with, and no JSON.
const PACKED: [u8; 4] = *b"\x28\xb5\x2f\xfd";

/// A state, as the journal keeps it.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    /// Events until the next one is due.
    pub(super) events: u64,
}

/// Packs a state.
///
/// # Errors
/// When it has no form, which would be a mistake in it.
pub(super) fn pack(state: &State) -> io::Result<Packed> {
    let packed = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    // JSON comes in very small pieces.
    let mut form = BufWriter::new(Counted { bytes: 0, to: packed });
    serde_json::to_writer(&mut form, state)?;
    let Counted { bytes, to } = form.into_inner()?;
    let events = (bytes / BYTES_AN_EVENT) as u64;
    Ok(Packed { bytes: to.finish()?, events: events.max(EVENTS_MIN) })
}

impl Writer {
    /// Has a snapshot made beside the writer, which goes on.
    pub(super) fn snapshot_when_due(&mut self) {
        let seq = self.working.last_seq();
        if seq.0 < self.snapshot_at.0 + self.snapshot_after {
            return;
        }
        self.snapshot_at = seq;
        let (state, requests) = (self.working.clone(), self.requests.clone());
        std::thread::spawn(move || match pack(&state) {
            Ok(packed) => {
                // A bus that ended has saved a newer one.
                let _ =
                    requests.upgrade().map(|requests| requests.blocking_send(Request::Save { seq, packed }));
            }
            Err(error) => tracing::warn!(%seq, %error, "snapshot not made"),
        });
    }

    /// A clean stop leaves nothing to replay.
    pub(super) fn snapshot_at_end(&mut self) {
        let seq = self.working.last_seq();
        if seq == self.saved_at {
            return;
        }
        match pack(&self.working) {
            Ok(packed) => self.save(seq, &packed),
            Err(error) => tracing::warn!(%seq, %error, "snapshot not made"),
        }
    }

    /// Saves a snapshot. Failing costs only time at the next start, so it is logged and no more.
    pub(super) fn save(&mut self, seq: Seq, packed: &Packed) {
        (self.saved_at, self.snapshot_after) = (seq, packed.events);
        if let Err(error) = self.journal.save_snapshot(seq, SNAPSHOT_VERSION, &packed.bytes) {
            tracing::warn!(%seq, error = %with_sources(&error), "snapshot not saved");
        }
    }
}

/// The state of a snapshot; `None`, and a word in the log, when it is of another version or not understood.
pub(crate) fn unpack(snapshot: &Snapshot) -> Option<State> {
    if snapshot.version != SNAPSHOT_VERSION {
        return None;
    }
    let unpacked = form_of(&snapshot.bytes).and_then(|form| Ok(serde_json::from_slice(&form)?));
    unpacked
        .inspect_err(|error| tracing::warn!(seq = %snapshot.seq, %error, "a snapshot is not understood"))
        .ok()
}

fn form_of(bytes: &[u8]) -> io::Result<Vec<u8>> {
    // Older masters did not pack.
    if !bytes.starts_with(&PACKED) {
        return Ok(bytes.to_vec());
    }
    let mut form = Vec::new();
    zstd::Decoder::new(bytes)?.take(FORM_MAX).read_to_end(&mut form)?;
    Ok(form)
}

/// Counts what is written.
struct Counted<W> {
    bytes: usize,
    to: W,
}

impl<W: io::Write> io::Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
