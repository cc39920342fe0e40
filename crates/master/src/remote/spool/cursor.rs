//! Where the sending is, in a small file that is written in place.
//!
//! The text has a fixed length and is written in one call, so a master that is killed leaves the old or the new
//! one. After a power cut it may be torn; then the oldest records are sent again.

use super::Position;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct CursorFile {
    file: Arc<File>,
    synced: bool,
    /// True after a write failed, so that it is said once.
    failed: bool,
}

impl CursorFile {
    /// Opens the file, with the position in it if there is a good one.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Option<Position>)> {
        let path = folder.join("cursor");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = [0; 64];
        let length = file.read_at(&mut text, 0)?;
        let position = std::str::from_utf8(&text[..length]).ok().and_then(parse);
        Ok((Self { file: Arc::new(file), synced: true, failed: false }, position))
    }

    pub(super) fn write(&mut self, position: Position) {
        let Position { segment, offset } = position;
        let text = format!("{segment:020} {offset:020} {:020}\n", segment ^ offset);
        self.synced = false;
        match self.file.write_all_at(text.as_bytes(), 0) {
            Ok(()) => self.failed = false,
            Err(error) if !self.failed => {
                self.failed = true;
                tracing::warn!(%error, "the cursor of the spool cannot be kept; samples may be sent twice after a restart");
            }
            Err(_) => {}
        }
    }

    /// The file, when something of it is not synced.
    pub(super) fn unsynced(&mut self) -> Option<Arc<File>> {
        let synced = std::mem::replace(&mut self.synced, true);
        (!synced).then(|| Arc::clone(&self.file))
    }
}

fn parse(text: &str) -> Option<Position> {
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let (segment, offset, check) = (numbers.next()??, numbers.next()??, numbers.next()??);
    (segment ^ offset == check).then_some(Position { segment, offset })
}
