//! A backup of a master, made while it runs, and a master made of a backup.
//!
//! ```text
//! FILE = tar.zst, or the same sealed with a passphrase
//!   manifest.json            format, cluster, time, where the journal ends
//!   journal.db               a consistent copy, proven whole
//!   ca/ca.pem ca/ca.key seal.key [master.toml]
//!   packages/sha256/ab/ab12…
//!   terminals/TERMINAL/PANE.cast
//!   [history/FORMAT history/raw/… history/1m/… history/1h/…]
//!   SHA256SUMS               of all of the above; without it the file was cut
//! ```
//!
//! Invariants
//! - B-1: a backup is made whole under its name or not at all, and is its owner's alone from the first byte.
//! - B-2: a restored journal is the backup's, record by record with the same hashes, up to the record asked for. One
//!   more says that it was restored, and begins an epoch above all that agents obeyed
//!   (docs/adr/0034-epochs-after-a-restore.md).
//! - B-3: a restore that fails leaves its directory as empty as it was.
//!
//! Elsewhere: what is in a journal's file (docs/formats/journal.md); how people use it (docs/guide/backup.md).

mod archive;
mod epoch;
mod restore;
mod seal;

pub use epoch::EpochError;
pub use restore::{RestoreError, Restored, Until, restore};
pub use seal::SealError;

use crate::clock::Clock;
use crate::config::{ConfigError, MasterConfig};
use archive::Writer;
use seal::SealingWriter;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use topmast_journal::{EmbeddedReader, Head, JournalReader, OpenError, ReadError, VerifyError};
use topmast_model::time::UnixMillis;

/// The newest format this build reads, and the one it writes.
const FORMAT: u32 = 1;
/// Name of the manifest, which comes first.
const MANIFEST: &str = "manifest.json";
/// Name of the checksums, which come last; of the form of `sha256sum`.
const SUMS: &str = "SHA256SUMS";
/// Name of the configuration file.
const CONFIG: &str = "master.toml";
/// The master's keys: whoever has them can be this cluster.
const KEYS: [&str; 3] = ["ca/ca.pem", "ca/ca.key", "seal.key"];
/// Looks at the history's folder until no new segment is there: one is made of others now and then.
const LOOKS: usize = 5;
/// Folders between a data directory and the files in it.
const DEPTH: usize = 4;

/// What stands first in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the file's layout.
    pub format: u32,
    /// Version of Topmast that made it.
    pub version: String,
    /// The cluster.
    pub cluster: String,
    /// The master.
    pub master: String,
    /// When.
    pub time: UnixMillis,
    /// Where the journal ends, and its last hash.
    pub head: Head,
    /// True when the history is inside.
    pub has_history: bool,
}

/// What to back up, and where.
#[derive(Debug)]
pub struct BackupOptions<'a> {
    /// The configuration file, which is kept as well.
    pub config_file: Option<&'a Path>,
    /// The file to make.
    pub out: &'a Path,
    /// Keep the history as well.
    pub with_history: bool,
    /// Seals the file.
    pub passphrase: Option<&'a str>,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Backup {
    /// What stands in it.
    pub manifest: Manifest,
    /// Files in it.
    pub files: usize,
    /// Bytes of it.
    pub bytes: u64,
}

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file is there already.
    #[error("{} is there already; name another file, a backup never replaces one", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The directory has no journal.
    #[error("there is no journal {}; name the data directory of a master", path.display())]
    NoJournal {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The history is not here.
    #[error("there is no history in {}; leave --with-history away, and back the store outside up by its own means", path.display())]
    NoHistory {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The journal cannot be opened.
    #[error("open the journal")]
    Open(#[from] OpenError),
    /// It cannot be copied.
    #[error("copy the journal")]
    Copy(#[from] ReadError),
    /// Its copy is not whole.
    #[error("the journal is not whole, so it is not backed up; restore it from an earlier backup")]
    Damaged(#[from] VerifyError),
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
    /// The passphrase cannot be used.
    #[error(transparent)]
    Seal(#[from] SealError),
}

fn io_error<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> BackupError + 'a {
    move |source| BackupError::Io { doing, path: path.to_owned(), source }
}

/// Backs a master up, whether or not it runs.
///
/// # Errors
/// [`BackupError`]; nothing is at `options.out` then.
pub fn backup(config: &MasterConfig, options: &BackupOptions<'_>) -> Result<Backup, BackupError> {
    let out = options.out;
    if out.exists() {
        return Err(BackupError::Exists { path: out.to_owned() });
    }
    let data = &config.data;
    let journal = data.join("journal.db");
    if !journal.exists() {
        return Err(BackupError::NoJournal { path: journal });
    }
    let history = config.history.data.clone().unwrap_or_else(|| data.join("history"));
    if options.with_history && !history.join("FORMAT").exists() {
        return Err(BackupError::NoHistory { path: history });
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Beside the backup, where there has to be space anyway; its owner's alone.
    let staging = tempfile::tempdir_in(folder).map_err(io_error("write", out))?;
    let copied = staging.path().join("journal.db");
    EmbeddedReader::open(&journal)?.copy_to(&copied)?;
    let copy = EmbeddedReader::open(&copied)?;
    let head = copy.verify()?.head;
    drop(copy);
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cluster: config.cluster_path()?.to_string(),
        master: config.name.clone(),
        time: Clock::default().now(),
        head,
        has_history: options.with_history,
    };

    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io_error("write", out))?;
    let files = {
        let to: Box<dyn Write> = match options.passphrase {
            Some(passphrase) => Box::new(SealingWriter::new(BufWriter::new(file.as_file_mut()), passphrase)?),
            None => Box::new(BufWriter::new(file.as_file_mut())),
        };
        let mut writer = Writer::new(to).map_err(io_error("write", out))?;
        add_all(&mut writer, &manifest, &copied, data, &history, options)?;
        writer.finish().map_err(io_error("write", out))?
    };
    let bytes = file.as_file().sync_all().and_then(|()| file.as_file().metadata());
    let bytes = bytes.map_err(io_error("write", out))?.len();
    file.persist_noclobber(out).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists { path: out.to_owned() },
        _ => io_error("write", out)(error.error),
    })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("write", out))?;
    Ok(Backup { manifest, files, bytes })
}

fn add_all(
    writer: &mut Writer<Box<dyn Write + '_>>,
    manifest: &Manifest,
    journal: &Path,
    data: &Path,
    history: &Path,
    options: &BackupOptions<'_>,
) -> Result<(), BackupError> {
    let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other);
    text.and_then(|text| writer.add_bytes(MANIFEST, &text)).map_err(io_error("write", options.out))?;
    let mut add = |name: &str, path: &Path| writer.add_file(name, path).map_err(io_error("read", path));
    add("journal.db", journal)?;
    for name in KEYS {
        add(name, &data.join(name))?;
    }
    if let Some(path) = options.config_file {
        add(CONFIG, path)?;
    }
    // What comes and goes while the master runs: packages behind the journal that names them.
    let mut done = BTreeSet::new();
    for (folder, name) in
        [(data.join("packages/sha256"), "packages/sha256"), (data.join("terminals"), "terminals")]
    {
        add_folder(&mut add, &folder, name, &mut done)?;
    }
    if options.with_history {
        add("history/FORMAT", &history.join("FORMAT"))?;
        for tier in ["raw", "1m", "1h"] {
            let mut looks = 0;
            while add_folder(&mut add, &history.join(tier), &format!("history/{tier}"), &mut done)?
                && looks < LOOKS
            {
                looks += 1;
            }
        }
    }
    Ok(())
}

/// Adds the files of a folder that were not added yet; true when there were any. One that has gone meanwhile is left out.
fn add_folder(
    add: &mut impl FnMut(&str, &Path) -> Result<(), BackupError>,
    folder: &Path,
    name: &str,
    done: &mut BTreeSet<PathBuf>,
) -> Result<bool, BackupError> {
    let mut has_new = false;
    for (path, name) in files(folder, name, DEPTH).map_err(io_error("read", folder))? {
        if !done.insert(path.clone()) {
            continue;
        }
        match add(&name, &path) {
            Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            added => added?,
        }
        has_new = true;
    }
    Ok(has_new)
}

/// The files of a folder and their names in the backup, in order. Links and what is still being written are left out.
fn files(folder: &Path, name: &str, depth: usize) -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            found.extend(files(&entry.path(), &name, depth - 1)?);
        } else if kind.is_file() && archive::is_ours(&name) {
            found.push((entry.path(), name));
        }
    }
    found.sort();
    Ok(found)
}
