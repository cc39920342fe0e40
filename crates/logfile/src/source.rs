//! What applications write to: their kept output, and the files that their units name.
//!
//! A name in a unit may hold `*` and `?` in any of its parts. A file that another was rotated to, like `a.log.1`,
//! `a.log-20261129.gz` or `a.2026-11-29.log`, belongs to the other's source and is none of its own.

use crate::files::{FileStatus, Files};
use crate::glob;
use crate::journal::JournalWindow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use topmast_model::log::{LOG_JOURNAL, LOG_OUTPUT, LogSource};
use topmast_model::time::UnixMillis;

/// Most sources of one application; a name that matches more is too wide.
pub const SOURCES_MAX: usize = 256;
/// Most files of one source.
pub(crate) const FILES_MAX: usize = 1_000;

/// What an application writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub application: String,
    /// The source's own, by which it is asked for.
    pub name: String,
    /// The file that is written now; of a journal a name for it.
    pub path: PathBuf,
    /// Of systemd's journal: the unit that it is of.
    pub journal: Option<String>,
}

/// What is known of where an application writes to.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// Its name.
    pub application: &'a str,
    /// Names of files, with `*` and `?`.
    pub files: &'a [PathBuf],
    /// The file in which its output is kept, if it is.
    pub output: Option<&'a Path>,
    /// The unit whose part of systemd's journal is its log, if there is one.
    pub journal: Option<&'a str>,
}

/// A file that a source was rotated to.
#[derive(Debug, Clone)]
pub(crate) struct Older {
    pub(crate) path: PathBuf,
    pub(crate) written_at: SystemTime,
    pub(crate) length: u64,
}

impl Written<'_> {
    /// The sources of an application.
    pub fn sources(&self, files: &dyn Files) -> Vec<Source> {
        let mut paths = BTreeSet::new();
        for pattern in self.files {
            paths.extend(glob::files(files, pattern, SOURCES_MAX));
        }
        let rotated: BTreeSet<PathBuf> =
            paths.iter().filter(|path| paths.iter().any(|base| is_rotated(base, path))).cloned().collect();
        paths.retain(|path| !rotated.contains(path));
        let mut sources = Vec::new();
        let source = |name: String, path| Source {
            application: self.application.to_owned(),
            name,
            path,
            journal: None,
        };
        if let Some(own) = self.output.filter(|own| files.status(own).is_ok()) {
            sources.push(source(LOG_OUTPUT.to_owned(), own.to_owned()));
        }
        if let Some(unit) = self.journal {
            let path = PathBuf::from(format!("systemd's journal of {unit}"));
            sources.push(Source { journal: Some(unit.to_owned()), ..source(LOG_JOURNAL.to_owned(), path) });
        }
        let paths: Vec<PathBuf> = paths.into_iter().take(SOURCES_MAX).collect();
        for path in &paths {
            let file_name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
            let short = file_name(path).unwrap_or_default();
            let is_alone = paths.iter().filter(|other| file_name(other) == Some(short.clone())).count() == 1;
            let name = if is_alone && short != LOG_OUTPUT && short != LOG_JOURNAL {
                short
            } else {
                path.display().to_string()
            };
            sources.push(source(name, path.clone()));
        }
        sources
    }
}

impl Source {
    /// True for the same file of the same application: its name is another once there are two files of that name.
    pub(crate) fn is_file_of(&self, other: &Self) -> bool {
        (&self.application, &self.path, &self.journal) == (&other.application, &other.path, &other.journal)
    }

    /// The files that it was rotated to, the newest first.
    pub(crate) fn older(&self, files: &dyn Files) -> Vec<Older> {
        let Some(directory) = self.path.parent() else { return Vec::new() };
        let Ok(names) = files.names(directory) else { return Vec::new() };
        let paths = names.into_iter().map(|name| directory.join(name));
        let rotated: BTreeSet<PathBuf> = paths.filter(|path| is_rotated(&self.path, path)).collect();
        let mut older: Vec<Older> = rotated
            .iter()
            // While a file is compressed both are there for a moment.
            .filter(|path| !is_compressed_twin(path, &rotated))
            .filter_map(|path| {
                let FileStatus { written_at, length, .. } =
                    files.status(path).ok().filter(|status| status.is_regular)?;
                Some(Older { path: path.clone(), written_at, length })
            })
            .collect();
        // Written at the same time, as far as times tell: 2 is newer than 10, and 2027 than 2026.
        let by_name = |one: &Older, other: &Older| {
            let is_dated = self.is_dated(&one.path) && self.is_dated(&other.path);
            let (one, other) = (one.path.as_os_str(), other.path.as_os_str());
            if is_dated { other.cmp(one) } else { one.len().cmp(&other.len()).then(one.cmp(other)) }
        };
        older.sort_by(|one, other| other.written_at.cmp(&one.written_at).then(by_name(one, other)));
        older.truncate(FILES_MAX);
        older
    }

    /// True when a rotated file's name tells a day rather than a turn.
    fn is_dated(&self, path: &Path) -> bool {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let (base, name) = (name(&self.path).unwrap_or_default(), name(path).unwrap_or_default());
        let stem = base.rsplit_once('.').map_or(&*base, |(stem, _)| stem);
        let rest = name.strip_prefix(&base).or_else(|| name.strip_prefix(stem)).unwrap_or_default();
        let digits = rest.trim_start_matches(['.', '-', '_']).chars().take_while(char::is_ascii_digit);
        digits.count() >= 4
    }

    /// As it is told to a master.
    pub fn tell(&self, files: &dyn Files) -> LogSource {
        if let Some(unit) = &self.journal {
            return self.tell_journal(files, unit);
        }
        let older = self.older(files);
        let (length, written_at, problem) = match files.status(&self.path) {
            Ok(status) if status.is_regular => {
                let problem = first_byte(files, &self.path).err();
                (status.on_disk, Some(status.written_at), problem.map(|error| error.to_string()))
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

impl Source {
    /// The same of a journal: what it takes on disk is not told by unit.
    fn tell_journal(&self, files: &dyn Files, unit: &str) -> LogSource {
        let window = JournalWindow { since: None, until: None, newest_first: true };
        let newest = files.journal(unit, window).and_then(|mut entries| entries.next().transpose());
        let (written_at, problem) = match newest {
            Ok(entry) => (entry.map(|entry| entry.time), None),
            Err(error) => (None, Some(error.to_string())),
        };
        LogSource {
            application: self.application.clone(),
            source: self.name.clone(),
            path: self.path.display().to_string(),
            older: 0,
            bytes: 0,
            written_at,
            problem,
        }
    }
}

/// Tries to read a file.
fn first_byte(files: &dyn Files, path: &Path) -> std::io::Result<usize> {
    files.open(path)?.read_at(&mut [0], 0)
}

/// A time of the filesystem.
pub(crate) fn millis(time: SystemTime) -> UnixMillis {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn is_compressed_twin(path: &Path, all: &BTreeSet<PathBuf>) -> bool {
    path.extension().is_some_and(|extension| extension == "gz") && all.contains(&path.with_extension(""))
}

/// True when a file in the same directory has a name that rotation gives to `base`.
pub fn is_rotated(base: &Path, path: &Path) -> bool {
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
    use crate::fixture::Disk;
    use std::fs;

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
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 - age);
            fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        };
        at("a.log", 0);
        at("a.log.3.gz", 30);
        at("a.log.1", 10);
        at("a.log.2", 20);
        at("a.log.2.gz", 20);
        at("other.log", 5);
        let source = Source {
            application: "a".into(),
            name: "a.log".into(),
            path: directory.path().join("a.log"),
            journal: None,
        };
        let names: Vec<String> = source
            .older(&Disk)
            .iter()
            .map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a.log.1", "a.log.2", "a.log.3.gz"]);
        let told = source.tell(&Disk);
        assert_eq!((told.older, told.problem), (3, None));
    }

    #[test]
    fn files_of_the_same_minute_are_told_apart_by_their_names() {
        let source =
            Source { application: "a".into(), name: "a.log".into(), path: "/l/a.log".into(), journal: None };
        let is_dated = |name: &str| source.is_dated(&Path::new("/l").join(name));
        assert!(is_dated("a.log-20261129.gz") && is_dated("a.2026-11-29.log"));
        assert!(!is_dated("a.log.12.gz") && !is_dated("a.log.old"));
    }
}
