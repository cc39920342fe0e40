//! Putting a journal's file aside under another name, whole and with nothing of it left where it was.

use super::{EmbeddedJournal, Options, file};
use crate::journal::{Journal as _, OpenError};
use crate::record::Head;
use std::path::{Path, PathBuf};

/// Why a journal was not put aside; it is where it was then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PutAsideError {
    /// It cannot be opened, as while a master runs on it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is not what it was when it was judged.
    #[error("put journal {} aside: it ends at record {} now and not at {}; look at it again", path.display(), found.seq, expected.seq)]
    Changed {
        /// The journal's file.
        path: PathBuf,
        /// Where it was to end.
        expected: Head,
        /// Where it ends.
        found: Head,
    },
    /// There is a file of that name.
    #[error("put a journal aside as {}: there is such a file already; nothing is replaced", to.display())]
    Taken {
        /// The name.
        to: PathBuf,
    },
    /// Something still reads it.
    #[error("put journal {} aside: another program reads it; end that one and try again", path.display())]
    Read {
        /// The journal's file.
        path: PathBuf,
    },
    /// It could not be renamed.
    #[error("put journal {} aside", path.display())]
    File {
        /// The journal's file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Renames the journal at `path`, which nobody has open and which ends at `expected`, to `to` beside it.
///
/// The write-ahead log is brought into the file first, so that it is whole under its new name, and so that a journal
/// that is made at `path` later meets no log of another.
///
/// # Errors
/// [`PutAsideError`]
pub fn put_aside(path: &Path, to: &Path, expected: Head) -> Result<(), PutAsideError> {
    let journal = EmbeddedJournal::open(path, Options::default())?;
    let found = journal.head();
    if found != expected {
        return Err(PutAsideError::Changed { path: path.to_owned(), expected, found });
    }
    if to.exists() {
        return Err(PutAsideError::Taken { to: to.to_owned() });
    }
    // Refused while anybody else has it open, also for reading only.
    let mode = journal
        .connection
        .pragma_update_and_check(None, "journal_mode", "delete", |row| row.get::<_, String>(0));
    if mode.as_deref() != Ok("delete") {
        return Err(PutAsideError::Read { path: path.to_owned() });
    }
    // The lock is held until the name is another's.
    std::fs::rename(&journal.path, to)
        .map_err(|source| PutAsideError::File { path: path.to_owned(), source })?;
    Ok(file::sync_directory(to)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;
    use topmast_model::id::Seq;

    #[test]
    fn journal_put_aside_is_whole_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (path, to) = (folder.path().join("journal.db"), folder.path().join("journal.db.aside"));
        let open = || EmbeddedJournal::open(&path, Options::default()).unwrap();
        let mut journal = open();
        journal.append(Seq(0), &[example("1"), example("1")]).unwrap();
        let head = journal.head();
        assert!(matches!(put_aside(&path, &to, head), Err(PutAsideError::Open(OpenError::Held { .. }))));
        let reader = journal.reader().unwrap();
        assert_eq!(reader.verify().unwrap().head, head);
        drop(journal);
        assert!(matches!(put_aside(&path, &to, head), Err(PutAsideError::Read { .. })));
        drop(reader);
        let changed = put_aside(&path, &to, Head::default()).unwrap_err();
        assert!(matches!(changed, PutAsideError::Changed { found, .. } if found == head), "{changed}");
        std::fs::write(&to, "another").unwrap();
        assert!(matches!(put_aside(&path, &to, head), Err(PutAsideError::Taken { .. })));
        std::fs::remove_file(&to).unwrap();
        assert_eq!(open().head(), head, "what was refused has changed nothing");

        put_aside(&path, &to, head).unwrap();
        let mut left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["journal.db.aside", "journal.db.lock"]);
        assert_eq!(open().head(), Head::default());
        let kept = EmbeddedJournal::open(&to, Options::default()).unwrap();
        assert_eq!(kept.reader().unwrap().verify().unwrap().head, head);
    }
}
