//! Up to where the audit was streamed, in a small file of its own: replaced as a whole, on the disk before it counts.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use topmast_model::id::Seq;

/// Name of the file in the data directory.
const NAME: &str = "audit-syslog.cursor";
/// Name of what takes its place.
const NEXT: &str = "audit-syslog.cursor.new";

#[derive(Debug)]
pub(super) struct Cursor {
    folder: PathBuf,
    position: Seq,
}

impl Cursor {
    /// Where the stream was; before the first record when it never began.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let position = match std::fs::read_to_string(folder.join(NAME)) {
            // A file that says nothing sends the audit again: better twice than not at all.
            Ok(text) => Seq(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == ErrorKind::NotFound => Seq(0),
            Err(error) => return Err(error),
        };
        Ok(Self { folder: folder.to_owned(), position })
    }

    pub(super) fn position(&self) -> Seq {
        self.position
    }

    /// Begins at the first record again.
    pub(super) fn restart(&mut self) {
        self.position = Seq(0);
    }

    /// Everything up to here came through.
    pub(super) fn advance(&mut self, to: Seq) -> io::Result<()> {
        let next = self.folder.join(NEXT);
        let mut file = File::create(&next)?;
        writeln!(file, "{to}")?;
        file.sync_all()?;
        std::fs::rename(next, self.folder.join(NAME))?;
        File::open(&self.folder)?.sync_all()?;
        self.position = to;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_is_where_it_was_and_a_damaged_one_is_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::open(folder.path()).unwrap();
        assert_eq!(cursor.position(), Seq(0));
        cursor.advance(Seq(17)).unwrap();
        assert_eq!(Cursor::open(folder.path()).unwrap().position(), Seq(17));
        std::fs::write(folder.path().join(NAME), "x").unwrap();
        assert_eq!(Cursor::open(folder.path()).unwrap().position(), Seq(0));
    }
}
