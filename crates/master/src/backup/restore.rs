//! A master's data directory made of a backup, as it was at its time or at an earlier record.
//!
//! The journal is not put in its place as a file: each record is appended to a new one. So its chain is proven, its
//! read models are made anew, and it can end at any record.

use super::archive::{ArchiveError, MANIFEST_MAX, read};
use super::epoch::{self, EpochError};
use super::seal::{MAGIC, OpeningReader, SealError};
use super::{CONFIG, FORMAT, MANIFEST, Manifest};
use crate::projection;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use topmast_journal::{
    EmbeddedJournal, EmbeddedReader, Head, JournalReader, OpenError, Options, PrefixError, VerifyError,
    append_prefix,
};
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;

/// The backup's journal while it is read.
const COPY: &str = "journal.db.restoring";

/// Where a restored journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// With this record.
    Record(Seq),
    /// Before the first record later than this.
    Time(UnixMillis),
}

impl Until {
    fn includes(self, seq: Seq, time: UnixMillis) -> bool {
        match self {
            Self::Record(last) => seq <= last,
            Self::Time(last) => time <= last,
        }
    }
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The last record of the backup that was restored.
    pub head: Head,
    /// Its time.
    pub last: Option<UnixMillis>,
    /// Where the configuration file is, when there was one.
    pub config: Option<PathBuf>,
}

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Something is there.
    #[error("{} is not empty; name a directory that is empty or not there yet", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The file cannot be used.
    #[error("the backup is damaged: {what}; take another one")]
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// It is of a later release.
    #[error("the backup's format {found} is newer than this build reads ({newest}); use the newer build")]
    TooNew {
        /// The file's format.
        found: u32,
        /// The newest format known here.
        newest: u32,
    },
    /// It is sealed.
    #[error("the backup is sealed; name the file with its passphrase: --passphrase-file")]
    Sealed,
    /// It cannot be opened with the passphrase.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It ends before that.
    #[error("the backup has no record {asked}: its journal ends at {last}")]
    Beyond {
        /// What was asked for.
        asked: Seq,
        /// Its last record.
        last: Seq,
    },
    /// It begins after that.
    #[error("the backup's journal begins later than that; name a later time or record")]
    Before,
    /// A file cannot be read or written.
    #[error("{doing} {}; see that this user may {doing} it and that the disk has space", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The journal cannot be made.
    #[error("open the journal")]
    Open(#[from] OpenError),
    /// It is not whole.
    #[error("the backup's journal is not whole; take another backup")]
    Verify(#[from] VerifyError),
    /// A record cannot be taken over.
    #[error("restore the journal")]
    Prefix(#[from] PrefixError),
    /// It cannot be said in it that it was restored.
    #[error("begin an epoch in the restored journal")]
    Epoch(#[from] EpochError),
}

impl From<ArchiveError> for RestoreError {
    fn from(error: ArchiveError) -> Self {
        Self::Damaged { what: error.to_string() }
    }
}

fn io_error<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> RestoreError + 'a {
    move |source| RestoreError::Io { doing, path: path.to_owned(), source }
}

/// Makes a data directory of a backup.
///
/// # Errors
/// [`RestoreError`]; the directory is as empty as before then (B-3).
pub fn restore(
    file: &Path,
    data: &Path,
    until: Option<Until>,
    passphrase: Option<&str>,
) -> Result<Restored, RestoreError> {
    let was_there = match std::fs::read_dir(data).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(RestoreError::NotEmpty { path: data.to_owned() }),
        Ok(false) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(io_error("read", data)(error)),
    };
    let mut from = BufReader::new(File::open(file).map_err(io_error("read", file))?);
    let is_sealed = from.fill_buf().map_err(io_error("read", file))?.starts_with(MAGIC);
    let from: Box<dyn Read> = match passphrase {
        Some(passphrase) if is_sealed => Box::new(OpeningReader::new(from, passphrase)?),
        None if is_sealed => return Err(RestoreError::Sealed),
        _ => Box::new(from),
    };
    make_folder(data)?;
    let restored = unpack(from, data).and_then(|manifest| finish(data, manifest, until));
    if restored.is_err() {
        clear(data, was_there);
    }
    restored
}

/// Takes the backup's files into the directory; its journal under another name, so that no master takes it for whole.
fn unpack(from: impl Read, data: &Path) -> Result<Manifest, RestoreError> {
    let mut manifest: Option<Manifest> = None;
    read(from, |name, from| {
        if manifest.is_none() {
            manifest = Some(manifest_of(name, from)?);
            return Ok(());
        }
        let path = data.join(if name == "journal.db" { COPY } else { name });
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = made.map_err(io_error("write", &path))?;
        copy(from, &mut file, &path)?;
        file.sync_all().map_err(io_error("write", &path))
    })?;
    manifest.ok_or_else(|| RestoreError::Damaged { what: "it is empty".to_owned() })
}

/// Which side of a copy failed is told: the backup is damaged, or the disk is full.
fn copy(from: &mut dyn Read, to: &mut File, path: &Path) -> Result<(), RestoreError> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        let count =
            from.read(&mut buffer).map_err(|error| RestoreError::Damaged { what: error.to_string() })?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count]).map_err(io_error("write", path))?;
    }
}

fn manifest_of(name: &str, from: &mut dyn Read) -> Result<Manifest, RestoreError> {
    let damaged = |what: &str| RestoreError::Damaged { what: what.to_owned() };
    if name != MANIFEST {
        return Err(damaged("it does not begin with its manifest"));
    }
    let mut text = Vec::new();
    from.take(MANIFEST_MAX).read_to_end(&mut text).map_err(|error| damaged(&error.to_string()))?;
    // Of a later release nothing but the number is sure.
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| damaged(&error.to_string()))?;
    match value["format"].as_u64().and_then(|found| u32::try_from(found).ok()) {
        Some(found) if found > FORMAT => Err(RestoreError::TooNew { found, newest: FORMAT }),
        Some(_) => serde_json::from_value(value).map_err(|error| damaged(&error.to_string())),
        None => Err(damaged("its manifest has no format")),
    }
}

/// Makes the journal anew of the backup's, up to where it is wanted (B-2).
fn finish(data: &Path, manifest: Manifest, until: Option<Until>) -> Result<Restored, RestoreError> {
    let copied = data.join(COPY);
    let reader = EmbeddedReader::open(&copied)?;
    let found = reader.verify()?.head;
    if found != manifest.head {
        let what = format!("its journal ends at record {}, not at {}", found.seq, manifest.head.seq);
        return Err(RestoreError::Damaged { what });
    }
    if let Some(Until::Record(asked)) = until
        && asked > found.seq
    {
        return Err(RestoreError::Beyond { asked, last: found.seq });
    }
    let options = Options { projections: projection::all() };
    let mut journal = EmbeddedJournal::open(&data.join("journal.db"), options)?;
    let mut last = None;
    let head = append_prefix(&mut journal, &reader, |record| {
        let is_included = until.is_none_or(|until| until.includes(record.seq, record.time));
        last = is_included.then_some(record.time).or(last);
        is_included
    })?;
    if head.seq == Seq(0) && found.seq > Seq(0) {
        return Err(RestoreError::Before);
    }
    epoch::begin(&mut journal, &reader, manifest.time)?;
    drop((journal, reader));
    for name in [COPY, "journal.db.restoring-wal", "journal.db.restoring-shm"] {
        let path = data.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path)(error));
            }
            _ => {}
        }
    }
    let config = data.join(CONFIG);
    Ok(Restored { manifest, head, last, config: config.exists().then_some(config) })
}

fn make_folder(path: &Path) -> Result<(), RestoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error("make", path))
}

/// Takes away what a restore that failed has made.
fn clear(data: &Path, was_there: bool) {
    let cleared = std::fs::read_dir(data).and_then(|entries| {
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                std::fs::remove_dir_all(entry.path())?;
            } else {
                std::fs::remove_file(entry.path())?;
            }
        }
        if was_there { Ok(()) } else { std::fs::remove_dir(data) }
    });
    if let Err(error) = cleared {
        tracing::warn!(%error, data = %data.display(), "what was restored in part stays there; remove it");
    }
}
