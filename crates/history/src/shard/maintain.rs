//! What a shard does beside taking in samples: syncing, saving, taking windows out.

use super::{Shard, checkpoint, chunks_path};
use crate::codec::Encoder;
use crate::head::Sealing;
use crate::log::Log;
use crate::operation::Recorder;
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

/// A head is saved again when its logs are as long as this and as the last checkpoint: a start reads no more
/// than that, and saving costs no more than logging.
const LOG_MIN: u64 = 64 << 20;

impl Shard {
    /// Makes all that was taken in until now durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let (log, older) = {
            let mut state = self.lock();
            state.log.write()?;
            state.write_chunks(&self.folder)?;
            state.full = false;
            (state.log.file(), state.unsynced.clone())
        };
        for file in &older {
            file.sync_all()?;
        }
        log.sync_data()?;
        self.lock().unsynced.retain(|file| !older.iter().any(|synced| Arc::ptr_eq(synced, file)));
        Ok(())
    }

    /// Takes out the windows that ended at or before a time. Those taken out before come first and alone: while
    /// they cannot be written no further ones are taken out, which would wait in memory with them (H-3).
    ///
    /// Late samples alone take nothing out: sealed as they come, each would cost a segment and a checkpoint. They
    /// go with the next window that was never sealed, or when `until` has no end.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub(crate) fn take_windows(&self, until: i64) -> io::Result<Vec<Sealing>> {
        let _alone = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        // Taking out makes those that are left, as saving does.
        self.make_chunks();
        let mut state = self.lock();
        state.log.write()?;
        if !state.sealing.is_empty() {
            return Ok(state.sealing.clone());
        }
        let windows = state.head.windows_until(until);
        if until < i64::MAX && windows.iter().all(|window| state.head.was_sealed(*window)) {
            return Ok(Vec::new());
        }
        for window in windows {
            let state = &mut *state;
            let (head, log) = (&mut state.head, &mut state.log);
            let mut taken = None;
            log.record(|out| taken = Recorder::new(head, out).seal(window));
            state.sealing.extend(taken);
        }
        self.count_series(&state.head);
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
            state.due = true;
        }
        self.save()
    }

    /// Saves the head when its logs have become long.
    pub(crate) fn save_when_due(&self) -> io::Result<()> {
        let due = {
            let state = self.lock();
            state.due || state.older_logs + state.log.length() > LOG_MIN.max(state.checkpoint)
        };
        if due { self.save() } else { Ok(()) }
    }

    /// Makes chunks of what is closed, while samples come in.
    pub(crate) fn make_chunks(&self) {
        let mut encoder = Encoder::default();
        loop {
            let first = self.lock().head.first_closed();
            let Some(closed) = first else { return };
            let chunks = closed.encode(&mut encoder);
            let mut state = self.lock();
            state.head.keep(&chunks);
            state.write_many_chunks(&self.folder);
        }
    }

    /// Saves the head, and lets go of the logs before it, and of the chunks that only they would want; not while
    /// windows are being sealed, which the logs must tell of.
    pub(crate) fn save(&self) -> io::Result<()> {
        let _alone = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        // Saving makes those that are left, and everything waits for that.
        self.make_chunks();
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
            let named = Arc::new(File::open(&self.folder)?);
            let before = std::mem::replace(&mut state.log, next);
            state.older_logs += before.length();
            state.unsynced.extend([before.file(), named]);
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
            (state.checkpoint, state.older_logs, state.due) = (length, 0, false);
        }
        self.remove_before(number)
    }

    /// Removes what a checkpoint makes needless. What a full disk or a crash left is gone with the next one.
    fn remove_before(&self, number: u64) -> io::Result<()> {
        let entries: Vec<_> = std::fs::read_dir(&self.folder)?.collect::<Result<_, _>>()?;
        // After the look at the folder: a file that is made meanwhile is not in the list.
        let open: HashSet<PathBuf> = {
            let state = self.lock();
            let windows = state.head.windows().map(|(number, window)| (number, window.generation));
            let sealing = state.sealing.iter().map(|sealing| (sealing.window, sealing.content.generation));
            windows
                .chain(sealing)
                .map(|(window, generation)| chunks_path(&self.folder, window, generation))
                .collect()
        };
        for path in entries.into_iter().map(|entry| entry.path()) {
            let older =
                || path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()) < Some(number);
            let needless = match path.extension().and_then(|extension| extension.to_str()) {
                Some("log" | "checkpoint") => older(),
                Some("chunks") => !open.contains(&path),
                _ => false,
            };
            if needless {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}
