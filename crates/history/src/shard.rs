//! One shard: a head, the log that it can be made again from, and the chunks of its open windows.
//!
//! ```text
//! folder   0000000007.checkpoint     the head as it was before log 7
//!          0000000007.log …          what happened since
//!          WINDOW-GENERATION.chunks  chunks of an open window
//! ```
//!
//! Invariants
//! - H-1: what was synced comes back after a crash at any moment: a head follows from its checkpoint and the
//!   logs after it, chunks included.
//! - H-2: a window is sealed once a generation: the log says that it was taken out, the segment's footer that
//!   it was written, and a start does what is missing.
//! - H-3: a disk that is full stops what comes in, at a bound of memory, until it has room again.

mod checkpoint;
mod maintain;
mod open;

pub(crate) use open::{OpenError, Recovered};

use crate::feed::FrameEvents;
use crate::head::{Head, Kind, Number, Sealing, Taken};
use crate::labels::hash_of;
use crate::log::Log;
use crate::operation::Recorder;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Chunk bytes of one window gathered before they are written.
const CHUNKS_AT_ONCE: usize = 1 << 20;

/// See the module.
pub(crate) struct Shard {
    folder: PathBuf,
    /// Bytes that may wait for the disk, before nothing more is taken in (H-3).
    waiting_max: usize,
    /// Series of the head, for those who must not wait for it, and how many of them are single ones.
    series: AtomicUsize,
    single: AtomicUsize,
    state: Mutex<State>,
    /// Held by whoever seals or saves, which only one may at a time.
    maintenance: Mutex<()>,
}

pub(crate) struct State {
    pub(crate) head: Head,
    log: Log,
    log_number: u64,
    /// Bytes of all log files since the checkpoint, but for the present one.
    older_logs: u64,
    /// Bytes of the last checkpoint.
    checkpoint: u64,
    /// Taken out, but not in a segment yet.
    pub(crate) sealing: Vec<Sealing>,
    /// By window and generation.
    pub(crate) files: HashMap<(i64, u32), Arc<File>>,
    /// Logs that others followed, and the folder that names the present one, until a sync has seen to them.
    pub(crate) unsynced: Vec<Arc<File>>,
    /// A window was sealed since the last checkpoint, which its chunks wait for to go.
    due: bool,
    /// The disk takes nothing, and too much waits for it.
    full: bool,
}

/// Bounds of what comes in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Series of one server or scrape target that may be here.
    pub(crate) grid_series: usize,
    /// Series that may be here: what the other shards leave.
    pub(crate) series: usize,
    /// Single series that may be here: what the other shards leave.
    pub(crate) single: usize,
    /// First and last time that is taken.
    pub(crate) times: (i64, i64),
}

/// The bound that a new series would have broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// That of all series.
    Series,
    /// That of its server or scrape target.
    Target,
    /// That of single series, which the caller gave.
    Single,
}

impl Bounds {
    /// Says whether one more series may be on the grid with a key.
    pub(crate) fn admit(&self, head: &Head, key: u64) -> Result<(), Refused> {
        if head.series_count() >= self.series {
            Err(Refused::Series)
        } else if head.members_of(key) >= self.grid_series {
            Err(Refused::Target)
        } else {
            Ok(())
        }
    }
}

/// What became of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// Samples taken; of carried series each at every tick.
    pub taken: u64,
    /// Of those, how many were older than the newest of their series.
    pub late: u64,
    /// Samples, or ticks, that were there already or cannot be placed.
    pub dropped: u64,
    /// Samples, or ticks, too old or too far in the future.
    pub out_of_time: u64,
    /// New series refused, for there are too many.
    pub refused_series: u64,
    /// Of those, how many because their server or scrape target has too many.
    pub refused_by_target: u64,
    /// Of those, how many because there are as many single ones as the caller allows.
    pub refused_single: u64,
    /// New single series.
    pub new_single: u64,
}

impl Appended {
    /// Counts a series that was refused.
    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.refused_series += 1;
        self.refused_by_target += u64::from(refused == Refused::Target);
        self.refused_single += u64::from(refused == Refused::Single);
    }
}

impl std::ops::AddAssign for Appended {
    fn add_assign(&mut self, other: Self) {
        self.taken += other.taken;
        self.late += other.late;
        self.dropped += other.dropped;
        self.out_of_time += other.out_of_time;
        self.refused_series += other.refused_series;
        self.refused_by_target += other.refused_by_target;
        self.refused_single += other.refused_single;
        self.new_single += other.new_single;
    }
}

/// Why nothing was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The disk takes nothing.
    #[error("the history's disk takes nothing and too much waits for it: free some space")]
    Full,
    /// Series that were known were forgotten, for nothing had come of some for hours: a feed begins anew.
    #[error("series that were known were forgotten: name them again")]
    Forgotten,
}

/// A series and its samples, ascending by time, of a batch.
pub(crate) struct BatchSeries<'a> {
    pub(crate) name: SeriesName<'a>,
    pub(crate) samples: &'a [(i64, f64)],
}

/// What a batch calls a series.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SeriesName<'a> {
    /// Its packed labels with their hash, and the words that its sender has for them.
    Labels { packed: &'a [u8], hash: u64, wording: Option<Wording> },
    /// Its place in the head.
    Place(u32),
}

/// The hash of a sender's words for a series.
pub(crate) type Wording = [u64; 2];

impl Shard {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Number of series, as it was a moment ago.
    pub(crate) fn series_count(&self) -> usize {
        self.series.load(Ordering::Relaxed)
    }

    /// Number of single series, as it was a moment ago.
    pub(crate) fn single_count(&self) -> usize {
        self.single.load(Ordering::Relaxed)
    }

    fn count_series(&self, head: &Head) {
        self.series.store(head.series_count(), Ordering::Relaxed);
        self.single.store(head.single_count(), Ordering::Relaxed);
    }

    /// Takes in samples of single series; returns the head's evictions as well.
    ///
    /// - `evictions`: until which the places of series are good, when the batch has places.
    /// - `placed`: is told the place of a series that came with its sender's words.
    pub(crate) fn append<'a>(
        &self,
        batch: impl Iterator<Item = BatchSeries<'a>>,
        bounds: &Bounds,
        evictions: Option<u64>,
        mut placed: impl FnMut(Wording, u32),
    ) -> Result<(Appended, u64), AppendError> {
        let mut state = self.lock();
        if state.full {
            return Err(AppendError::Full);
        }
        let State { head, log, .. } = &mut *state;
        let present = head.evictions();
        if evictions.is_some_and(|evictions| evictions != present) {
            return Err(AppendError::Forgotten);
        }
        let mut appended = Appended::default();
        log.record(|out| {
            let mut recorder = Recorder::new(head, out);
            for series in batch {
                append_series(&mut recorder, &series, bounds, &mut appended, &mut placed);
            }
            recorder.close();
        });
        self.count_series(head);
        state.after_append(&self.folder, self.waiting_max);
        Ok((appended, present))
    }

    /// Takes in a frame of a feed.
    pub(crate) fn append_frame(
        &self,
        frame: &mut FrameEvents,
        bounds: &Bounds,
    ) -> Result<Appended, AppendError> {
        let mut state = self.lock();
        if state.full {
            return Err(AppendError::Full);
        }
        let State { head, log, .. } = &mut *state;
        let mut result = Ok(Appended::default());
        log.record(|out| result = frame.apply(&mut Recorder::new(head, out), bounds));
        self.count_series(head);
        state.after_append(&self.folder, self.waiting_max);
        result
    }
}

fn append_series(
    recorder: &mut Recorder<'_>,
    series: &BatchSeries<'_>,
    bounds: &Bounds,
    appended: &mut Appended,
    placed: &mut impl FnMut(Wording, u32),
) {
    let (earliest, latest) = bounds.times;
    let inside = |time: i64| (earliest..=latest).contains(&time);
    let count = series.samples.len() as u64;
    let found = match series.name {
        SeriesName::Place(place) => recorder.head.number_at(place),
        SeriesName::Labels { packed, hash, wording } => {
            let mut number = recorder.head.find(hash, packed);
            if number.is_none() && series.samples.iter().any(|(time, _)| inside(*time)) {
                match define(recorder, packed, bounds) {
                    Ok(defined) => {
                        appended.new_single += 1;
                        number = Some(defined);
                    }
                    Err(refused) => {
                        appended.refuse(refused);
                        appended.dropped += count;
                        return;
                    }
                }
            }
            if let (Some(number), Some(wording)) = (number, wording) {
                placed(wording, number.place);
            }
            number
        }
    };
    let Some(number) = found else {
        appended.out_of_time += count;
        return;
    };
    for (time, value) in series.samples {
        if !inside(*time) {
            appended.out_of_time += 1;
            continue;
        }
        match recorder.sample(number, *time, *value) {
            Taken::InOrder => appended.taken += 1,
            Taken::Late => {
                appended.taken += 1;
                appended.late += 1;
            }
            Taken::Dropped => appended.dropped += 1,
        }
    }
}

fn define(recorder: &mut Recorder<'_>, packed: &[u8], bounds: &Bounds) -> Result<Number, Refused> {
    let key = target_key(packed).ok_or(Refused::Series)?;
    bounds.admit(recorder.head, key)?;
    if recorder.head.single_count() >= bounds.single {
        return Err(Refused::Single);
    }
    recorder.define(key, Kind::Exact, packed).ok_or(Refused::Series)
}

/// What series that are scraped together have in common.
fn target_key(packed: &[u8]) -> Option<u64> {
    let labels = crate::labels::Labels::from_packed(packed).ok()?;
    let mut key = Vec::new();
    for name in ["tenant", "job", "instance", "server", "host"] {
        key.extend_from_slice(labels.get(name).as_bytes());
        key.push(0);
    }
    Some(hash_of(&key))
}

impl State {
    /// The files that chunks are in: of open windows and of those being sealed. What is opened here stays
    /// readable, also when the window is sealed meanwhile.
    pub(crate) fn chunk_files(&mut self, folder: &Path) -> std::io::Result<HashMap<(i64, u32), Arc<File>>> {
        let open = self.head.windows().map(|(number, window)| (number, window.generation, window.flushed()));
        let sealing = self
            .sealing
            .iter()
            .map(|sealing| (sealing.window, sealing.content.generation, sealing.content.flushed()));
        let mut needed: Vec<_> = open.chain(sealing).collect();
        needed.retain(|(_, _, flushed)| *flushed > 0);
        let mut files = HashMap::new();
        for (number, generation, _) in needed {
            let file = open_chunks(&mut self.files, folder, number, generation)?;
            files.insert((number, generation), file);
        }
        Ok(files)
    }

    fn after_append(&mut self, folder: &Path, waiting_max: usize) {
        // What cannot be written now waits; the next sync says why.
        let _ = self.log.write_if_many();
        self.write_many_chunks(folder);
        self.full = self.waiting() > waiting_max;
    }

    /// Writes chunks when it is worth it; what cannot be written now waits.
    fn write_many_chunks(&mut self, folder: &Path) {
        if self.head.waiting() > CHUNKS_AT_ONCE {
            let _ = self.write_chunks(folder);
        }
    }

    /// Bytes that are in no file yet.
    pub(crate) fn waiting(&self) -> usize {
        self.log.gathered() + self.head.waiting()
    }

    /// True when nothing is taken in.
    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    /// Writes the chunks that are in no file yet.
    fn write_chunks(&mut self, folder: &Path) -> std::io::Result<()> {
        for (number, window) in self.head.windows_mut() {
            if window.pending.is_empty() {
                continue;
            }
            let file = open_chunks(&mut self.files, folder, *number, window.generation)?;
            crate::log::append(&file, window.flushed(), &window.pending)?;
            window.pending = Vec::new();
        }
        Ok(())
    }
}

fn open_chunks(
    files: &mut HashMap<(i64, u32), Arc<File>>,
    folder: &Path,
    number: i64,
    generation: u32,
) -> std::io::Result<Arc<File>> {
    if let Some(file) = files.get(&(number, generation)) {
        return Ok(Arc::clone(file));
    }
    let path = chunks_path(folder, number, generation);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let file = Arc::new(file);
    files.insert((number, generation), Arc::clone(&file));
    Ok(file)
}

/// The path of a window's chunk file.
pub(crate) fn chunks_path(folder: &Path, window: i64, generation: u32) -> PathBuf {
    folder.join(format!("{window}-{generation}.chunks"))
}
