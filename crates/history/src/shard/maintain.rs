//! What a shard does beside taking in samples: syncing, saving, taking windows out.

use super::{Shard, checkpoint, chunks_path};
use crate::head::Sealing;
use crate::log::Log;
use crate::operation::Recorder;
use std::io;
use std::sync::PoisonError;

/// A head is saved again when its logs are as long as this and as the last checkpoint: a start reads no more
/// than that, and saving costs no more than logging.
const LOG_MIN: u64 = 64 << 20;

impl Shard {
    /// Makes all that was taken in until now durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let file = {
            let mut state = self.lock();
            state.log.write()?;
            state.write_chunks(&self.folder)?;
            state.full = false;
            state.log.file()
        };
        file.sync_data()
    }

    /// Takes out the windows that ended at or before a time; returns them, and those taken out before.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub(crate) fn take_windows(&self, until: i64) -> io::Result<Vec<Sealing>> {
        let _alone = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        state.log.write()?;
        for window in state.head.windows_until(until) {
            let state = &mut *state;
            let (head, log) = (&mut state.head, &mut state.log);
            let mut taken = None;
            log.record(|out| taken = Recorder::new(head, out).seal(window));
            state.sealing.extend(taken);
        }
        state.log.write()?;
        Ok(state.sealing.clone())
    }

    /// A window is in a segment now, which readers see from here on.
    pub(crate) fn sealed(&self, window: i64, generation: u32) -> io::Result<()> {
        {
            let mut state = self.lock();
            state
                .sealing
                .retain(|sealing| (sealing.window, sealing.content.generation) != (window, generation));
            state.files.remove(&(window, generation));
        }
        // Before the chunks go: the log would want them.
        self.save()?;
        match std::fs::remove_file(chunks_path(&self.folder, window, generation)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Saves the head when its logs have become long.
    pub(crate) fn save_when_due(&self) -> io::Result<()> {
        let due = {
            let state = self.lock();
            state.older_logs + state.log.length() > LOG_MIN.max(state.checkpoint)
        };
        if due { self.save() } else { Ok(()) }
    }

    /// Saves the head, and lets go of the logs before it; not while windows are being sealed, which the logs
    /// must tell of.
    pub(crate) fn save(&self) -> io::Result<()> {
        let _alone = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        let mut saved = Vec::new();
        let (number, files) = {
            let mut state = self.lock();
            if !state.sealing.is_empty() {
                return Ok(());
            }
            state.write_chunks(&self.folder)?;
            state.log.write()?;
            // Under one lock: what comes after the head was saved goes into the new log.
            let number = state.log_number + 1;
            let next = Log::create(&self.folder, number)?;
            state.older_logs += std::mem::replace(&mut state.log, next).length();
            state.log_number = number;
            state.head.save(&mut saved);
            (number, state.files.values().cloned().collect::<Vec<_>>())
        };
        for file in files {
            file.sync_data()?;
        }
        let length = checkpoint::write(&self.folder, number, &saved)?;
        {
            let mut state = self.lock();
            (state.checkpoint, state.older_logs) = (length, 0);
        }
        self.remove_before(number)
    }

    fn remove_before(&self, number: u64) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            let found = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            if matches!(extension, "log" | "checkpoint") && found.is_some_and(|found| found < number) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}
