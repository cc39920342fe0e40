//! One agent a data directory: a lock that the system gives back when its process ends, however it ends.

use super::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held for its lock, which ends with it")] File);

impl Lock {
    pub(super) fn take(data_dir: &Path) -> Result<Self, OpenError> {
        let path = data_dir.join("agent.lock");
        let io_error = |source| OpenError::Io { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error)?;
        match lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The number is for the reader only; without it the refusal stands all the same.
                let _ = (&file).take(16).read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
                return Err(OpenError::Locked { path: data_dir.to_owned(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(io_error(source)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        if let Err(error) = written {
            // A full disk must not keep the agent from supervising; the lock holds without the number.
            tracing::warn!(%error, "the process id is not in {}", path.display());
        }
        Ok(Self(file))
    }
}

/// Tries for a second: a process that an agent just started shares the agent's lock until it runs its own
/// program, also when the agent was killed in that moment.
fn lock(file: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + Duration::from_secs(1);
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}
