//! The ledger's file: append, roll back, read again, compact.

use super::entry::{Entry, FORMAT};
use super::index::{Index, Place};
use super::told::{Last, Object};
use super::{OpenError, PENDING_MAX, WriteError};
use crate::platform::file::{self, FileExt};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use topmast_model::report::NumberedReport;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// A file below this is never compacted: rewriting would cost more than it frees.
const COMPACT_MIN: u64 = 1 << 20;
/// Steps are kept this long, far beyond any time-out of an action …
const STEPS_KEPT_FOR: Duration = Duration::from_hours(48);
/// … and the newest of them longer, so that a late duplicate on a quiet server is still known.
const STEPS_KEPT: usize = 10_000;

#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    file: File,
    /// Bytes of good lines; the next line goes here.
    length: u64,
    /// Length at which the next compaction is tried.
    compact_at: u64,
    /// Pending reports at which states are coalesced.
    pub(super) coalesce_at: usize,
    /// Lines were written since the last sync.
    dirty: bool,
    index: Index,
}

impl Store {
    pub(super) fn open(data_dir: &Path) -> Result<Self, OpenError> {
        let path = data_dir.join("ledger");
        let io_error = |source| OpenError::Io { path: path.clone(), source };
        file::finish_put(&path).map_err(io_error)?;
        if !path.try_exists().map_err(io_error)? {
            let mut first = Vec::new();
            let entry = Entry::Format { version: FORMAT, instance: Uuid::new_v4() };
            entry.write_to(&mut first).map_err(|error| io_error(error.into()))?;
            replace(&path, |file| file.write_all(&first)).map_err(io_error)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(io_error)?;
        let (index, length) = replay(&path, &file)?;
        if length < file.metadata().map_err(io_error)?.len() {
            tracing::warn!("a torn tail of {} is dropped", path.display());
            file.set_len(length).map_err(io_error)?;
        }
        let mut store =
            Self { path, file, length, compact_at: 0, coalesce_at: PENDING_MAX, dirty: false, index };
        store.compact_at = store.next_compaction();
        Ok(store)
    }

    pub(super) const fn index(&self) -> &Index {
        &self.index
    }

    /// Appends lines: all of them or, after an error, none.
    pub(super) fn write(&mut self, entries: &[Entry], durable: bool) -> Result<(), WriteError> {
        let mut bytes = Vec::new();
        let mut places = Vec::with_capacity(entries.len());
        for entry in entries {
            let start = bytes.len();
            entry.write_to(&mut bytes).map_err(|error| self.failed(error.into()))?;
            let length = u32::try_from(bytes.len() - start)
                .map_err(|_| self.failed(io::ErrorKind::FileTooLarge.into()))?;
            places.push(Place { offset: self.length + start as u64, length });
        }
        let written = self.file.write_all_at(&bytes, self.length);
        let synced = written.and_then(|()| if durable { self.file.sync_data() } else { Ok(()) });
        if let Err(source) = synced {
            // What stands behind `length` is overwritten by the next line, or dropped as a torn tail.
            let _ = self.file.set_len(self.length);
            return Err(self.failed(source));
        }
        self.dirty = !durable;
        self.length += bytes.len() as u64;
        for (entry, place) in entries.iter().zip(places) {
            self.index.apply(entry, place);
        }
        if self.length >= self.compact_at || self.index.pending.len() >= self.coalesce_at {
            self.compact();
        }
        Ok(())
    }

    pub(super) fn acknowledge_in_memory(&mut self, up_to: u64) {
        self.index.acknowledge(up_to);
    }

    pub(super) fn pending(&mut self, after: u64, limit: usize) -> Result<Vec<NumberedReport>, WriteError> {
        let (first, places) = self.index.pending_after(after, limit);
        let Some(last) = (first + places.len() as u64).checked_sub(1).filter(|last| *last >= first) else {
            return Ok(Vec::new());
        };
        if last > self.index.handed_out {
            self.write(&[Entry::HandedOut { up_to: last }], true)?;
        } else if self.dirty {
            self.file.sync_data().map_err(|source| self.failed(source))?;
            self.dirty = false;
        }
        // The line above may have compacted the file: places are looked up again, numbers stay.
        let (_, places) = self.index.pending_after(after, limit);
        places.into_iter().map(|place| self.read_report(place)).collect()
    }

    /// Reports everything anew that was reported last, durably.
    pub(super) fn tell_again(&mut self) -> Result<(), WriteError> {
        let mut entries = Vec::new();
        for (number, last) in (self.index.next_number()..).zip(self.index.told.all()) {
            let report = match last {
                Last::At(place) => self.read_report(place)?.report,
                Last::Gone(report) => report,
            };
            entries.push(Entry::Report { number, report });
        }
        self.write(&entries, true)
    }

    fn read_report(&self, place: Place) -> Result<NumberedReport, WriteError> {
        match self.read_line(place).map(|line| Entry::read(&line)) {
            Ok(Some(Entry::Report { number, report })) => Ok(NumberedReport { number, report }),
            Ok(_) => Err(self.failed(io::ErrorKind::InvalidData.into())),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn read_line(&self, place: Place) -> io::Result<Vec<u8>> {
        let mut line = vec![0; place.length as usize];
        self.file.read_exact_at(&mut line, place.offset)?;
        Ok(line)
    }

    /// Puts another file under the ledger, to see it fail.
    #[cfg(test)]
    pub(super) const fn swap_file(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }

    fn failed(&self, source: io::Error) -> WriteError {
        WriteError { path: self.path.clone(), source }
    }

    /// The length at which at least half of the file is expected to be of no more use.
    fn next_compaction(&self) -> u64 {
        let pending: u64 = self.index.pending.iter().map(|place| u64::from(place.length)).sum();
        // About 200 bytes a step.
        let steps = self.index.steps.len() as u64 * 200;
        COMPACT_MIN + 2 * (pending + steps + self.index.told.length())
    }

    /// Rewrites the file with what still counts. When that fails the old file goes on.
    pub(super) fn compact(&mut self) {
        if let Err(error) = self.rewrite() {
            tracing::warn!(%error, "{} could not be compacted; it grows on", self.path.display());
            self.compact_at = self.length + COMPACT_MIN;
            self.coalesce_at = self.index.pending.len() + PENDING_MAX / 10;
        }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        self.drop_old_steps();
        let Index { steps, told, .. } = &mut self.index;
        told.prune(|step| steps.contains_key(&step));
        let index = &self.index;
        let mut head = vec![
            Entry::Format { version: FORMAT, instance: index.instance },
            Entry::Epoch { epoch: index.epoch },
        ];
        for (step, known) in &index.steps {
            let unfinished = known.unfinished.clone();
            let finished = unfinished.is_none();
            // What a finished step did is in its report, and matters no more here.
            let (operation, application) =
                unfinished.unwrap_or((topmast_model::application::Operation::Start, String::new()));
            head.push(Entry::Step {
                step: *step,
                operation,
                application,
                begun_at: known.begun_at,
                finished,
            });
        }
        let seen =
            [Entry::Acknowledged { up_to: index.acknowledged }, Entry::HandedOut { up_to: index.handed_out }];
        let coalesced = self.coalesced()?;
        replace(&self.path, |file| {
            let mut writer = io::BufWriter::new(file);
            write_all(&mut writer, &head)?;
            // Before they are said to be acknowledged, with the numbers they had: so an older agent reads them, too.
            for (number, last) in index.told.up_to(index.acknowledged) {
                match last {
                    Last::At(place) => writer.write_all(&self.read_line(place)?)?,
                    Last::Gone(report) => write_all(&mut writer, &[Entry::Report { number, report }])?,
                }
            }
            write_all(&mut writer, &seen)?;
            let mut number = index.acknowledged;
            for place in &coalesced {
                number += 1;
                let mut bytes = self.read_line(*place)?;
                if let Some(Entry::Report { number: old, report }) = Entry::read(&bytes)
                    && old != number
                {
                    bytes.clear();
                    Entry::Report { number, report }.write_to(&mut bytes)?;
                }
                writer.write_all(&bytes)?;
            }
            writer.flush()
        })?;
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        let (index, length) = replay(&self.path, &file).map_err(io::Error::other)?;
        (self.file, self.index, self.length, self.dirty) = (file, index, length, false);
        self.compact_at = self.next_compaction();
        // What could not be coalesced must not make every further report try again.
        self.coalesce_at = self.coalesce_at.max(self.index.pending.len() + self.coalesce_at / 10);
        Ok(())
    }

    /// The pending reports; when there are too many, only the last state of each object among those never handed out.
    fn coalesced(&self) -> io::Result<Vec<Place>> {
        let pending = self.index.pending.iter().copied();
        if self.index.pending.len() < self.coalesce_at {
            return Ok(pending.collect());
        }
        let handed_out =
            usize::try_from(self.index.handed_out - self.index.acknowledged).unwrap_or(usize::MAX);
        let mut superseded = vec![false; self.index.pending.len()];
        let mut newest = HashMap::new();
        for (position, place) in self.index.pending.iter().enumerate().skip(handed_out) {
            if let Some(Entry::Report { report, .. }) = Entry::read(&self.read_line(*place)?)
                && let Some(object) = Object::with_state(&report)
                && let Some(older) = newest.insert(object, position)
            {
                superseded[older] = true;
            }
        }
        Ok(pending.zip(superseded).filter(|(_, superseded)| !superseded).map(|(place, _)| place).collect())
    }

    fn drop_old_steps(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = UnixMillis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let mut times: Vec<UnixMillis> = self.index.steps.values().map(|step| step.begun_at).collect();
        if times.len() <= STEPS_KEPT {
            return;
        }
        times.sort_unstable();
        let newest = times[times.len() - STEPS_KEPT];
        self.index.steps.retain(|_, step| {
            step.unfinished.is_some() || step.begun_at >= newest || step.begun_at.until(now) < STEPS_KEPT_FOR
        });
    }
}

fn write_all(writer: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    let mut line = Vec::new();
    for entry in entries {
        entry.write_to(&mut line)?;
    }
    writer.write_all(&line)
}

/// Reads every good line; returns what they add up to and how many bytes they are.
fn replay(path: &Path, file: &File) -> Result<(Index, u64), OpenError> {
    let io_error = |source| OpenError::Io { path: path.to_owned(), source };
    let mut reader = BufReader::new(file.try_clone().map_err(io_error)?);
    let (mut index, mut length, mut number) = (Index::default(), 0_u64, 0);
    let mut damaged = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(io_error)? as u64;
        if read == 0 {
            // The first line is put in place whole; a file without it is not one that an agent wrote.
            let complete = !index.instance.is_nil();
            return complete
                .then_some((index, length))
                .ok_or(OpenError::Corrupt { path: path.to_owned(), line: 1 });
        }
        match (Entry::read(&line), damaged) {
            // A good line behind a damaged one: that is no torn tail.
            (Some(_), Some(line)) => return Err(OpenError::Corrupt { path: path.to_owned(), line }),
            (Some(Entry::Format { version, .. }), None) if version > FORMAT => {
                return Err(OpenError::TooNew { path: path.to_owned(), found: version, newest: FORMAT });
            }
            (Some(entry), None) => {
                let place = Place { offset: length, length: u32::try_from(read).unwrap_or(u32::MAX) };
                index.apply(&entry, place);
                length += read;
            }
            (None, None) => damaged = Some(number + 1),
            (None, Some(_)) => {}
        }
        number += 1;
    }
}

/// Writes a file beside `path` and puts it in its place, durably.
fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| file::put_in_place(&new, path)) {
        // Half a file helps nobody, least of all on a full disk.
        let _ = std::fs::remove_file(&new);
        return Err(error);
    }
    path.parent().map_or(Ok(()), file::sync_directory)
}
