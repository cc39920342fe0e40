//! The output file of an application: bounded, and written to by the application itself.
//!
//! The application appends to the file directly, so it needs no agent to run on. The agent looks at the
//! length and, beyond the bound, copies the newest part to `NAME.log.1` and cuts the file to nothing; the
//! application goes on at the new end. Lines written during the copy may be lost when it floods its output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// Time between two looks at a quiet file …
const LOOK_SLOW: Duration = Duration::from_secs(1);
/// … and at one that is being flooded, so that it outgrows its bound by no more than the disk takes in this time.
const LOOK_FAST: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct OutputFile {
    pub(super) path: PathBuf,
    max: u64,
    length: u64,
}

impl OutputFile {
    pub(super) const fn new(path: PathBuf, max: u64) -> Self {
        Self { path, max, length: 0 }
    }

    /// Looks at the file, rotates it when it is too long, and says when to look again.
    pub(super) fn look(&mut self) -> Duration {
        let length = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        let grown = length.saturating_sub(self.length);
        self.length = length;
        if length > self.max {
            if let Err(error) = self.rotate() {
                tracing::warn!(%error, "rotate {}", self.path.display());
            }
            self.length = 0;
        }
        // At this rate the bound is reached within four slow looks.
        if grown > self.max / 4 { LOOK_FAST } else { LOOK_SLOW }
    }

    /// Copies the last `max` bytes away and empties the file. It is emptied also when the copy fails:
    /// a full disk is what the bound is there to prevent.
    fn rotate(&self) -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        let copied = self.copy(&mut file);
        file.set_len(0)?;
        copied
    }

    fn copy(&self, file: &mut File) -> io::Result<()> {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(self.max)))?;
        let mut older = self.path.clone().into_os_string();
        older.push(".1");
        io::copy(&mut file.take(self.max), &mut File::create(older)?)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn output_beyond_the_bound_moves_to_the_older_file_and_the_writer_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.log");
        let mut writer = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        let mut output = OutputFile::new(path.clone(), 10);
        writer.write_all(b"0123456789").unwrap();
        output.look();
        assert_eq!(fs::read(&path).unwrap(), b"0123456789");
        writer.write_all(b"abcdef").unwrap();
        assert_eq!(output.look(), LOOK_FAST);
        assert_eq!(fs::read(dir.path().join("x.log.1")).unwrap(), b"6789abcdef");
        writer.write_all(b"on").unwrap();
        assert_eq!(output.look(), LOOK_SLOW);
        assert_eq!(fs::read(&path).unwrap(), b"on");
    }
}
