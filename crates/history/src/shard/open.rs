//! Opening a shard: the checkpoint, the logs after it, the chunk files as they were then.

use super::{Shard, State, checkpoint, chunks_path};
use crate::head::{Head, Sealing};
use crate::log::{self, End, Log};
use crate::operation::replay;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

/// Why a shard cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{what} {path}")]
pub(crate) struct OpenError {
    pub(crate) what: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

/// What a start found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Recovered {
    /// Records at the end of a log that were not finished.
    pub(crate) torn: u64,
    /// Damaged files, each with its place and what was done.
    pub(crate) damaged: Vec<String>,
}

/// Fails with what was tried.
fn tried<T>(what: &'static str, path: &Path, result: io::Result<T>) -> Result<T, OpenError> {
    result.map_err(|source| OpenError { what, path: path.into(), source })
}

impl Shard {
    /// Opens the shard in a folder, which is made when it is not there.
    ///
    /// - `waiting_max`: bytes that may wait for the disk.
    /// - `in_segments`: windows that are in a segment already, each with its generation.
    ///
    /// # Errors
    /// [`OpenError`] when a file cannot be read or written; damage is no error (it is told).
    pub(crate) fn open(
        folder: &Path,
        waiting_max: usize,
        in_segments: &HashSet<(i64, u32)>,
    ) -> Result<(Self, Recovered), OpenError> {
        tried("make the folder", folder, std::fs::create_dir_all(folder))?;
        let mut recovered = Recovered::default();
        let loaded = load_checkpoint(folder, &mut recovered)?;
        let mut logs = numbers(folder, "log")?;
        let newest = logs.last().copied();
        let (mut head, base, checkpoint) = if let Some(loaded) = loaded {
            loaded
        } else {
            // Logs say what was done to a head that is no more: done to another, it would be wrong.
            for number in logs.drain(..) {
                put_aside(&log::path(folder, number))?;
            }
            let mut head = Head::default();
            for (window, generation) in in_segments {
                head.note_sealed(*window, *generation);
            }
            (head, newest.map_or(0, |newest| newest + 1), 0)
        };
        truncate_chunks(folder, &head, &mut recovered)?;
        // Logs before the checkpoint are in it.
        logs.retain(|number| *number >= base);
        remove_unused(folder, &mut logs)?;
        let (mut sealing, older_logs) = (Vec::new(), replay_logs(folder, &logs, &mut head, &mut recovered)?);
        sealing.extend(older_logs.1);
        sealing
            .retain(|sealing: &Sealing| !in_segments.contains(&(sealing.window, sealing.content.generation)));
        let log_number = logs.last().map_or(base, |number| number + 1);
        let log = tried("make the log", &log::path(folder, log_number), Log::create(folder, log_number))?;
        let state = State {
            head,
            log,
            log_number,
            older_logs: older_logs.0,
            checkpoint,
            sealing,
            files: HashMap::new(),
            unsynced: vec![Arc::new(tried("open the folder", folder, File::open(folder))?)],
            due: false,
            full: false,
        };
        let shard = Self {
            folder: folder.into(),
            waiting_max,
            series: AtomicUsize::new(state.head.series_count()),
            single: AtomicUsize::new(state.head.single_count()),
            state: Mutex::new(state),
            maintenance: Mutex::default(),
        };
        if !recovered.damaged.is_empty() {
            // Logs that were put aside are not read again, so what was read of them is kept otherwise.
            tried("save the head in", shard.folder(), shard.save())?;
        }
        Ok((shard, recovered))
    }
}

/// Removes the newest logs that nothing was written to: the log before them is the last one.
fn remove_unused(folder: &Path, logs: &mut Vec<u64>) -> Result<(), OpenError> {
    while let Some(path) = logs.last().map(|number| log::path(folder, *number)) {
        if tried("read the log", &path, std::fs::metadata(&path))?.len() > 0 {
            break;
        }
        tried("remove", &path, std::fs::remove_file(&path))?;
        logs.pop();
    }
    Ok(())
}

/// Does again what the logs say; their length, and the windows that were taken out.
fn replay_logs(
    folder: &Path,
    logs: &[u64],
    head: &mut Head,
    recovered: &mut Recovered,
) -> Result<(u64, Vec<Sealing>), OpenError> {
    let (mut sealing, mut length) = (Vec::new(), 0);
    for (position, number) in logs.iter().enumerate() {
        let path = log::path(folder, *number);
        let end = log::read(&path, |record| replay(head, record, &mut sealing).is_ok());
        let end = tried("read the log", &path, end)?;
        length += tried("read the log", &path, std::fs::metadata(&path))?.len();
        match end {
            End::Whole => {}
            End::Torn { at } if position + 1 == logs.len() => {
                recovered.torn += 1;
                tried("cut the torn end of", &path, log::cut(&path, at))?;
            }
            End::Torn { at } | End::Damaged { at } => {
                let left = logs.len() - position - 1;
                recovered.damaged.push(format!(
                    "{}, byte {at}: the log cannot be read on; what came after it in this file and {left} later \
                     ones is not in the history, the files are kept as .damaged",
                    path.display()
                ));
                for number in &logs[position..] {
                    put_aside(&log::path(folder, *number))?;
                }
                break;
            }
        }
    }
    Ok((length, sealing))
}

/// Keeps a file that cannot be used, under another name.
fn put_aside(path: &Path) -> Result<(), OpenError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    tried("put aside", path, std::fs::rename(path, aside))
}

/// The head of the newest checkpoint, the number of the log after it, and its length; an empty head when there is
/// no checkpoint yet, `None` when there is one that cannot be used.
fn load_checkpoint(folder: &Path, recovered: &mut Recovered) -> Result<Option<(Head, u64, u64)>, OpenError> {
    let mut lost = false;
    for number in numbers(folder, "checkpoint")?.into_iter().rev() {
        let path = checkpoint::path(folder, number);
        match checkpoint::read(&path) {
            // An older one is followed by logs that are no more.
            Ok((head, length)) if !lost => return Ok(Some((head, number, length))),
            Ok(_) => put_aside(&path)?,
            Err(checkpoint::CheckpointError::Read(source)) if source.kind() != io::ErrorKind::Other => {
                return Err(OpenError { what: "read the checkpoint", path, source });
            }
            Err(error) => {
                recovered.damaged.push(format!(
                    "{}: {error}; samples of windows that were open are not in the history, the file and the logs \
                     after it are kept as .damaged",
                    path.display()
                ));
                put_aside(&path)?;
                lost = true;
            }
        }
    }
    Ok((!lost).then(|| (Head::default(), 0, 0)))
}

/// Chunk files as long as the checkpoint knows them: what was written later is made again from the logs.
fn truncate_chunks(folder: &Path, head: &Head, recovered: &mut Recovered) -> Result<(), OpenError> {
    let known: HashMap<PathBuf, u64> = head
        .windows()
        .map(|(number, window)| (chunks_path(folder, number, window.generation), window.length))
        .collect();
    for entry in tried("list the folder", folder, std::fs::read_dir(folder))? {
        let path = tried("list the folder", folder, entry)?.path();
        if path.extension().is_none_or(|extension| extension != "chunks") {
            continue;
        }
        if let Some(length) = known.get(&path) {
            let file = tried("open", &path, File::options().write(true).open(&path))?;
            let found = tried("open", &path, file.metadata())?.len();
            if found < *length {
                let path = path.display();
                recovered.damaged.push(format!("{path}, byte {found}: the chunks behind it are missing"));
            }
            tried("cut", &path, file.set_len(*length))?;
        } else {
            tried("remove", &path, std::fs::remove_file(&path))?;
        }
    }
    Ok(())
}

/// Numbers of the files with an extension, ascending.
fn numbers(folder: &Path, extension: &str) -> Result<Vec<u64>, OpenError> {
    let mut numbers = Vec::new();
    for entry in tried("list the folder", folder, std::fs::read_dir(folder))? {
        let path = tried("list the folder", folder, entry)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            numbers.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
