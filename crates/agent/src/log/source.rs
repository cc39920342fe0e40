//! What applications write to: their kept output, and the files that their units name.
//!
//! A name in a unit may hold `*` and `?` in any of its parts. A file that another was rotated to, like `a.log.1`,
//! `a.log-20261129.gz` or `a.2026-11-29.log`, belongs to the other's source and is none of its own.

use super::glob;
use crate::supervisor::ApplicationView;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use topmast_model::log::{LOG_OUTPUT, LogSource};
use topmast_model::time::UnixMillis;

/// Most sources of one application; a name that matches more is too wide.
pub(super) const SOURCES_MAX: usize = 256;
/// Most files of one source.
pub(super) const FILES_MAX: usize = 1_000;

/// What an application writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) application: String,
    pub(super) name: String,
    /// The file that is written now.
    pub(super) path: PathBuf,
}

/// A file that a source was rotated to.
#[derive(Debug, Clone)]
pub(super) struct Older {
    pub(super) path: PathBuf,
    pub(super) written_at: SystemTime,
    pub(super) length: u64,
}

/// The sources of an application, with the reason for each file that is not there.
pub(super) fn of(view: &ApplicationView, output: &Path) -> Vec<Source> {
    let mut paths = BTreeSet::new();
    for pattern in &view.unit.log_files {
        paths.extend(glob::files(pattern, SOURCES_MAX));
    }
    let rotated: BTreeSet<PathBuf> =
        paths.iter().filter(|path| paths.iter().any(|base| is_rotated(base, path))).cloned().collect();
    paths.retain(|path| !rotated.contains(path));
    let own = output.join(format!("{}.log", view.name));
    let mut sources = Vec::new();
    let source = |name: String, path| Source { application: view.name.clone(), name, path };
    if own.exists() {
        sources.push(source(LOG_OUTPUT.to_owned(), own));
    }
    let paths: Vec<PathBuf> = paths.into_iter().take(SOURCES_MAX).collect();
    for path in &paths {
        let file_name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let short = file_name(path).unwrap_or_default();
        let is_alone = paths.iter().filter(|other| file_name(other) == Some(short.clone())).count() == 1;
        let name = if is_alone && short != LOG_OUTPUT { short } else { path.display().to_string() };
        sources.push(source(name, path.clone()));
    }
    sources
}

impl Source {
    /// The files that it was rotated to, the newest first.
    pub(super) fn older(&self) -> Vec<Older> {
        let Some(entries) = self.path.parent().and_then(|directory| fs::read_dir(directory).ok()) else {
            return Vec::new();
        };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let rotated: BTreeSet<PathBuf> = paths.filter(|path| is_rotated(&self.path, path)).collect();
        let mut files: Vec<Older> = rotated
            .iter()
            // While a file is compressed both are there for a moment.
            .filter(|path| !is_compressed_twin(path, &rotated))
            .filter_map(|path| {
                let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
                let written_at = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                Some(Older { path: path.clone(), written_at, length: metadata.len() })
            })
            .collect();
        // Written at the same time, as far as times tell: 2 is newer than 10.
        let by_name = |one: &Older, other: &Older| {
            let (one, other) = (one.path.as_os_str(), other.path.as_os_str());
            one.len().cmp(&other.len()).then(one.cmp(other))
        };
        files.sort_by(|one, other| other.written_at.cmp(&one.written_at).then(by_name(one, other)));
        files.truncate(FILES_MAX);
        files
    }

    /// As it is told to a master.
    pub(super) fn tell(&self) -> LogSource {
        let older = self.older();
        let current = fs::metadata(&self.path);
        let (length, written_at, problem) = match &current {
            Ok(metadata) if metadata.is_file() => {
                let problem = fs::File::open(&self.path).err();
                (on_disk(metadata), metadata.modified().ok(), problem.map(|error| error.to_string()))
            }
            Ok(_) => (0, None, Some("it is no file".to_owned())),
            Err(error) => (0, None, Some(error.to_string())),
        };
        LogSource {
            application: self.application.clone(),
            source: self.name.clone(),
            path: self.path.display().to_string(),
            older: u32::try_from(older.len()).unwrap_or(u32::MAX),
            bytes: older.iter().map(|file| file.length).sum::<u64>() + length,
            written_at: written_at.map(millis),
            problem,
        }
    }
}

/// Bytes that a file takes: one whose beginning was given back is shorter than its length.
fn on_disk(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        metadata.len().min(metadata.blocks().saturating_mul(512))
    }
    #[cfg(not(unix))]
    metadata.len()
}

/// A time of the filesystem.
pub(super) fn millis(time: SystemTime) -> UnixMillis {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn is_compressed_twin(path: &Path, all: &BTreeSet<PathBuf>) -> bool {
    path.extension().is_some_and(|extension| extension == "gz") && all.contains(&path.with_extension(""))
}

/// True when a file in the same directory has a name that rotation gives to `base`.
pub(super) fn is_rotated(base: &Path, path: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let (Some(base_name), Some(name)) = (name(base), name(path)) else { return false };
    if base.parent() != path.parent()
        || base_name == name
        || path.extension().is_some_and(|extension| extension == "tmp")
    {
        return false;
    }
    let name =
        [".gz", ".zst", ".xz", ".bz2", ".Z"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    if name == base_name {
        return true;
    }
    if let Some(rest) = name.strip_prefix(&base_name) {
        return rest.starts_with(['.', '-', '_']) && (is_number(&rest[1..]) || &rest[1..] == "old");
    }
    // Logback and others put the date before the ending.
    let Some((stem, ending)) = base_name.rsplit_once('.') else { return false };
    let middle = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(&format!(".{ending}")));
    middle.is_some_and(|middle| middle.starts_with(['.', '-', '_']) && is_number(&middle[1..]))
}

/// A number or a date, as rotation gives them.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | 'T' | ':' | 'i'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_rotation_gives_are_told_from_others() {
        let is =
            |base: &str, name: &str| is_rotated(&Path::new("/l").join(base), &Path::new("/l").join(name));
        for name in [
            "a.log.1",
            "a.log.12.gz",
            "a.log-20261129",
            "a.log-20261129-132030-007.gz",
            "a.2026-11-29.log",
            "a-2026-11-29.3.log.gz",
            "a.log.gz",
            "a.log.old",
        ] {
            assert!(is("a.log", name), "{name}");
        }
        for name in
            ["a.log", "b.log.1", "a.log.bak", "a-error.log", "a.logger", "a.log.1.tmp", "aa.log", "a.1x.log"]
        {
            assert!(!is("a.log", name), "{name}");
        }
        assert!(!is_rotated(Path::new("/l/a.log"), Path::new("/m/a.log.1")));
    }

    #[test]
    fn older_files_come_newest_first_and_once() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str, age: u64| {
            let path = directory.path().join(name);
            fs::write(&path, name).unwrap();
            let time = SystemTime::now() - std::time::Duration::from_secs(age);
            fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        };
        at("a.log", 0);
        at("a.log.3.gz", 30);
        at("a.log.1", 10);
        at("a.log.2", 20);
        at("a.log.2.gz", 20);
        at("other.log", 5);
        let source =
            Source { application: "a".into(), name: "a.log".into(), path: directory.path().join("a.log") };
        let names: Vec<String> = source
            .older()
            .iter()
            .map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a.log.1", "a.log.2", "a.log.3.gz"]);
        let told = source.tell();
        assert_eq!((told.older, told.problem), (3, None));
    }
}
