//! Opening a store: its lock, its format, its segments, its shards.

use super::known::Known;
use super::{History, Options};
use crate::segment::{Damage, Segment, Tier};
use crate::shard::{Recovered, Shard};
use std::collections::{BTreeMap, HashSet};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

/// First word of the file `FORMAT`, then the number of shards.
const FORMAT: &str = "topmast-history-1";

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("the history in {0} is open in another process: stop that one first")]
    Locked(PathBuf),
    /// A file cannot be read or written.
    #[error("{what} {path}")]
    File {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another version wrote it.
    #[error("the history in {path} has the format {found:?}, this build reads {FORMAT:?}")]
    Format {
        /// Where.
        path: PathBuf,
        /// What is there.
        found: String,
    },
}

impl From<crate::shard::OpenError> for OpenError {
    fn from(error: crate::shard::OpenError) -> Self {
        Self::File { what: error.what, path: error.path, source: error.source }
    }
}

/// What a start found, for the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Writes that were not finished when the program ended, and were dropped.
    pub torn: u64,
    /// Damaged files: where, what, and what was done.
    pub damaged: Vec<String>,
    /// Segments there.
    pub segments: usize,
    /// Series in the heads.
    pub series: usize,
}

impl History {
    /// Opens the store in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// [`OpenError`]. Damage is no error: what is damaged is named in the report, and the rest serves.
    pub fn open(folder: &Path, options: Options) -> Result<(Self, Report), OpenError> {
        let tried = |what: &'static str, path: &Path, result: io::Result<()>| {
            result.map_err(|source| OpenError::File { what, path: path.into(), source })
        };
        tried("make the folder", folder, std::fs::create_dir_all(folder))?;
        let lock = lock(folder)?;
        let n_shards = shards(folder, options.shards.max(1))?;
        let mut report = Report::default();
        for tier in Tier::ALL {
            let path = folder.join(tier.name());
            tried("make the folder", &path, std::fs::create_dir_all(&path))?;
        }
        let (segments, made, damages) = open_segments(folder)?;
        report.damaged.extend(damages.iter().map(|damage| format!("{damage}; the file is left out")));
        let mut shards = Vec::new();
        for number in 0..n_shards {
            let sealed: HashSet<(i64, u32)> = segments
                .iter()
                .filter(|segment| {
                    segment.footer().tier == Tier::Raw && segment.footer().shard as usize == number
                })
                .flat_map(|segment| segment.footer().windows.iter().copied())
                .collect();
            let path = folder.join("head").join(number.to_string());
            let (shard, recovered) = Shard::open(&path, options.waiting_bytes / n_shards, &sealed)?;
            let Recovered { torn, damaged } = recovered;
            report.torn += torn;
            report.damaged.extend(damaged);
            report.series += shard.lock().head.series_count();
            shards.push(Arc::new(shard));
        }
        report.segments = segments.len();
        let damages = damages.into_iter().map(|damage| ((damage.path.clone(), damage.offset), damage));
        // Senders may have several words for one series.
        let known = Known::new(shards.len(), options.series.saturating_mul(2));
        let history = Self {
            folder: folder.into(),
            options,
            shards,
            segments: RwLock::new(Arc::new(segments)),
            cuts: RwLock::default(),
            known,
            made: AtomicU64::new(made),
            turn: AtomicU64::new(1),
            damages: Mutex::new(damages.collect::<BTreeMap<_, _>>()),
            troubles: Mutex::default(),
            maintenance: Mutex::default(),
            _lock: lock,
        };
        Ok((history, report))
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("LOCK");
    let failed = |source| OpenError::File { what: "lock", path: path.clone(), source };
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.into())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// The number of shards of a store; of a new one the number wished for.
fn shards(folder: &Path, wished: usize) -> Result<usize, OpenError> {
    let path = folder.join("FORMAT");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut words = text.split_whitespace();
            let known = words.next() == Some(FORMAT);
            let count =
                words.next().and_then(|word| word.parse().ok()).filter(|count| (1..=1_024).contains(count));
            count
                .filter(|_| known)
                .ok_or(OpenError::Format { path: folder.into(), found: text.trim().into() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let write = std::fs::write(&path, format!("{FORMAT} {wished}\n"));
            write.map_err(|source| OpenError::File { what: "write", path, source })?;
            Ok(wished)
        }
        Err(source) => Err(OpenError::File { what: "read", path, source }),
    }
}

/// Linux' ENFILE and EMFILE.
const TOO_MANY_FILES: [i32; 2] = [23, 24];

type Opened = (Vec<Arc<Segment>>, u64, Vec<Damage>);

/// All segments that can be read, the number of the next, and what cannot be.
fn open_segments(folder: &Path) -> Result<Opened, OpenError> {
    let (mut segments, mut next, mut damages) = (Vec::new(), 0, Vec::new());
    for tier in Tier::ALL {
        let folder = folder.join(tier.name());
        let failed = |source| OpenError::File { what: "list", path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("tmp") => {
                    // A segment that was not finished; its window is still elsewhere.
                    std::fs::remove_file(&path).map_err(failed)?;
                    continue;
                }
                Some("segment") => {}
                _ => continue,
            }
            let number =
                path.file_stem().and_then(|stem| stem.to_str()?.rsplit('-').next()?.parse::<u64>().ok());
            next = next.max(number.map_or(0, |number| number + 1));
            // Too many open files are no damage of this one.
            if let Err(error) = File::open(&path)
                && error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
            {
                return Err(failed(error));
            }
            match Segment::open(&path) {
                Ok(segment) => segments.push(Arc::new(segment)),
                Err(damage) => damages.push(damage),
            }
        }
    }
    remove_merged(&mut segments).map_err(|(path, source)| OpenError::File {
        what: "remove",
        path,
        source,
    })?;
    super::compact::sort(&mut segments);
    Ok((segments, next, damages))
}

/// Removes segments that are in a merged one: a crash came before they could go (T-2).
fn remove_merged(segments: &mut Vec<Arc<Segment>>) -> Result<(), (PathBuf, io::Error)> {
    let windows = |segment: &Segment| segment.footer().windows.iter().copied().collect::<HashSet<_>>();
    let all: Vec<_> = segments
        .iter()
        .map(|segment| (segment.footer().tier, segment.footer().shard, windows(segment)))
        .collect();
    let mut kept = Vec::new();
    for (number, segment) in segments.drain(..).enumerate() {
        let (tier, shard, own) = &all[number];
        let merged = all.iter().any(|(other_tier, other_shard, other)| {
            (other_tier, other_shard) == (tier, shard) && own.len() < other.len() && own.is_subset(other)
        });
        if merged {
            std::fs::remove_file(segment.path()).map_err(|source| (segment.path().into(), source))?;
        } else {
            kept.push(segment);
        }
    }
    *segments = kept;
    Ok(())
}
