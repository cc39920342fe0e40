//! Where one master's reading is, kept in a small file that is written in place.
//!
//! The text has a fixed length and is written in one call, so an agent that is killed leaves the old or the new
//! one. After a power cut it may be torn; then the master is sent the oldest records again.

use super::Position;
use crate::platform::file::FileExt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

#[derive(Debug)]
pub(super) struct CursorFile {
    file: File,
    /// True after a write failed, so that it is said once.
    failed: bool,
}

impl CursorFile {
    /// Opens the file of a master, with the position in it if there is a good one.
    pub(super) fn open(directory: &Path, master: &str) -> io::Result<(Self, Option<Position>)> {
        let safe = |character: char| {
            if character.is_ascii_alphanumeric() || ".-".contains(character) { character } else { '_' }
        };
        let name: String = master.chars().map(safe).collect();
        let path = directory.join(format!("{name}.cursor"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = [0; 64];
        let length = file.read_at(&mut text, 0)?;
        let position = std::str::from_utf8(&text[..length]).ok().and_then(parse);
        Ok((Self { file, failed: false }, position))
    }

    pub(super) fn write(&mut self, position: Position) {
        let Position { segment, offset } = position;
        let text = format!("{segment:020} {offset:020} {:020}\n", segment ^ offset);
        match self.file.write_all_at(text.as_bytes(), 0) {
            Ok(()) => self.failed = false,
            Err(error) if !self.failed => {
                self.failed = true;
                tracing::warn!(%error, "a spool cursor could not be kept; ticks may be sent twice after a restart");
            }
            Err(_) => {}
        }
    }
}

fn parse(text: &str) -> Option<Position> {
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let (segment, offset, check) = (numbers.next()??, numbers.next()??, numbers.next()??);
    (segment ^ offset == check).then_some(Position { segment, offset })
}
