//! What goes to the store outside: gathered, packed, and on the disk within a second.
//!
//! ```text
//! feeds, batches ─► lane 0 … 3: a request that fills ─► spool ─► sender
//! ```
//!
//! A series is always of one lane, and a lane is sent in order, so the samples of a series arrive in order.
//!
//! Invariants
//! - O-1: what was put is in the spool's files after the next [`Outbox::sync`], and durable when that returns.
//! - O-2: a disk that takes nothing costs a bound of memory; beyond it nothing is taken and the caller told.
//! - O-3: every sample put is sent, refused by the store, or lost to the spool's bound, and counted as that.

use super::request::{Request, WrittenLabels};
use super::spool::{Found, Record, Spool, Waiting};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use topmast_history::AppendError;

/// Requests on their way at one time, each to a store that may take tens of milliseconds for one.
pub(super) const LANES: usize = 4;
/// Packed bytes of a lane that may wait for a disk that takes nothing.
const UNWRITTEN_MAX: usize = 16 << 20;
/// What is handed to the sender at a time: enough that lanes seldom wait for each other.
const ROUND_RECORDS: usize = 8 * LANES;
const ROUND_BYTES: usize = 8 << 20;

/// See the module.
pub(crate) struct Outbox {
    lanes: [Mutex<Lane>; LANES],
    spool: Mutex<Spool>,
    bytes_max: u64,
    /// Given when there is something in the spool.
    filled: Notify,
    /// The newest tick of each feed, by the hash of its labels.
    newest: Mutex<HashMap<u64, Arc<AtomicI64>>>,
    /// Samples that went for the spool's bound, that its damaged files held, or that its disk did not take.
    lost: AtomicU64,
}

#[derive(Default)]
pub(super) struct Lane {
    request: Request,
    /// Packed, but not in the spool.
    unwritten: VecDeque<Record>,
    unwritten_bytes: usize,
    pub(super) labels: WrittenLabels,
}

impl Outbox {
    pub(super) fn open(folder: &Path, bytes_max: u64) -> io::Result<(Self, Found)> {
        let (spool, found) = Spool::open(folder, bytes_max)?;
        let outbox = Self {
            lanes: Default::default(),
            spool: Mutex::new(spool),
            bytes_max,
            filled: Notify::new(),
            newest: Mutex::default(),
            lost: AtomicU64::new(0),
        };
        Ok((outbox, found))
    }

    /// Lets `fill` put samples into a lane.
    ///
    /// - `now`: in ms since the Unix epoch.
    ///
    /// # Errors
    /// [`AppendError::Full`]; nothing was put then.
    pub(super) fn put<T>(
        &self,
        lane: usize,
        now: i64,
        fill: impl FnOnce(&mut Putting<'_>) -> T,
    ) -> Result<T, AppendError> {
        let mut own = lock(&self.lanes[lane]);
        if own.unwritten_bytes > UNWRITTEN_MAX {
            return Err(AppendError::Full);
        }
        let filled = fill(&mut Putting { lane: &mut own, number: lane, now });
        // What cannot be written now waits; the next sync says why.
        let _ = self.write(&mut own);
        Ok(filled)
    }

    /// Brings everything that was put to the disk.
    pub(super) fn sync(&self, now: i64) -> io::Result<()> {
        for (number, lane) in self.lanes.iter().enumerate() {
            let mut lane = lock(lane);
            lane.pack(number, now);
            self.write(&mut lane)?;
        }
        let files = lock(&self.spool).files();
        files.iter().try_for_each(|file| file.sync_data())
    }

    fn write(&self, lane: &mut Lane) -> io::Result<()> {
        if lane.unwritten.is_empty() {
            return Ok(());
        }
        let mut spool = lock(&self.spool);
        while let Some(record) = lane.unwritten.front() {
            let dropped = spool.append(record)?;
            self.lose(dropped);
            lane.unwritten_bytes -= record.body.len();
            lane.unwritten.pop_front();
        }
        self.filled.notify_one();
        Ok(())
    }

    /// The next records to send; waits for some.
    pub(super) async fn next(&self) -> Vec<Record> {
        loop {
            let (round, lost) = lock(&self.spool).next(ROUND_RECORDS, ROUND_BYTES);
            self.lose(lost);
            if !round.is_empty() {
                return round;
            }
            self.filled.notified().await;
        }
    }

    /// What was handed out is done.
    pub(super) fn done(&self) {
        lock(&self.spool).done();
    }

    /// The newest tick of a feed, shared by all that have the same labels.
    pub(super) fn newest(&self, key: u64) -> Arc<AtomicI64> {
        Arc::clone(lock(&self.newest).entry(key).or_insert_with(|| Arc::new(AtomicI64::new(i64::MIN))))
    }

    /// Counts samples that nobody sends again.
    pub(super) fn lose(&self, samples: u64) {
        self.lost.fetch_add(samples, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> Waiting {
        lock(&self.spool).waiting()
    }

    pub(super) const fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Lane {
    fn pack(&mut self, number: usize, time: i64) {
        if self.request.is_empty() {
            return;
        }
        if let Some((body, samples)) = self.request.pack() {
            self.unwritten_bytes += body.len();
            let lane = u8::try_from(number).unwrap_or(0);
            self.unwritten.push_back(Record { lane, samples, time, body });
        }
    }
}

/// A lane that is being filled.
pub(super) struct Putting<'a> {
    pub(super) lane: &'a mut Lane,
    number: usize,
    now: i64,
}

impl Putting<'_> {
    /// Samples of a series, ascending by time.
    pub(super) fn series(&mut self, labels: &WrittenLabels, samples: &[(i64, f64)]) {
        self.lane.request.series(labels, samples);
        if self.lane.request.is_full() {
            self.lane.pack(self.number, self.now);
        }
    }

    /// As [`Self::series`], of labels as they come.
    pub(super) fn labelled(&mut self, labels: &mut [(&str, &str)], samples: &[(i64, f64)]) {
        let mut written = std::mem::take(&mut self.lane.labels);
        written.write(labels);
        self.series(&written, samples);
        self.lane.labels = written;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
