//! All unit files of a directory: each by itself, then the dependencies between them.

use super::{FILE_MAX, Unit, UnitError, parse};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Most unit files: one server runs tens of applications, so more is a wrong directory.
const FILES_MAX: usize = 1_000;

/// What tells a changed directory from an unchanged one: name, length and time of every unit file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint(BTreeMap<String, (u64, Option<SystemTime>)>);

/// The unit files of a directory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitSet {
    /// The good ones, by application.
    pub units: BTreeMap<String, Arc<Unit>>,
    /// What is wrong with the others, by file.
    pub problems: BTreeMap<String, UnitError>,
}

impl UnitSet {
    /// The present fingerprint of a directory; costs one look at each file and reads none.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn fingerprint(directory: &Path) -> io::Result<Fingerprint> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.')
                || Path::new(&name).extension().is_none_or(|extension| extension != "toml")
            {
                continue;
            }
            // A file that vanished between the two calls is simply not there.
            if let Ok(metadata) = fs::metadata(entry.path()) {
                files.insert(name, (metadata.len(), metadata.modified().ok()));
            }
        }
        Ok(Fingerprint(files))
    }

    /// Reads every file that a fingerprint names.
    ///
    /// - `version_dir`: the directory that an application's file means by `{version_dir}`.
    pub fn load(directory: &Path, fingerprint: &Fingerprint, version_dir: impl Fn(&str) -> PathBuf) -> Self {
        let mut set = Self::default();
        for (position, file) in fingerprint.0.keys().enumerate() {
            let unit = if position < FILES_MAX {
                read(&directory.join(file)).map_err(|problem| at_start(file, problem)).and_then(|text| {
                    let name = file.strip_suffix(".toml").unwrap_or(file);
                    parse(file, &super::place(&text, &version_dir(name)))
                })
            } else {
                Err(at_start(
                    file,
                    format!("the directory has more than {FILES_MAX} unit files; remove some"),
                ))
            };
            match unit {
                Ok(unit) => {
                    set.units.insert(unit.name.clone(), Arc::new(unit));
                }
                Err(error) => {
                    set.problems.insert(file.clone(), error);
                }
            }
        }
        set.check_dependencies();
        set
    }

    /// Refuses units whose dependencies do not exist or lead back to themselves.
    ///
    /// A dependency whose file is refused still exists: its dependants keep their units, and fail to
    /// start with the reason.
    fn check_dependencies(&mut self) {
        let mut existing: BTreeSet<&str> = self.units.keys().map(String::as_str).collect();
        existing.extend(self.problems.keys().map(|file| file.trim_end_matches(".toml")));
        let mut refused = Vec::new();
        for unit in self.units.values() {
            let unknown = unit.depends_on.iter().find(|name| !existing.contains(name.as_str()));
            if let Some(unknown) = unknown {
                let others: Vec<&str> = existing.iter().copied().filter(|name| *name != unit.name).collect();
                let exist = if others.is_empty() { "no other".to_owned() } else { others.join(", ") };
                refused.push((
                    unit.name.clone(),
                    format!("depends_on names {unknown:?}, which has no unit file; here are {exist}"),
                ));
            } else if let Some(cycle) = self.cycle(&unit.name) {
                let cycle = cycle.join(" -> ");
                refused.push((
                    unit.name.clone(),
                    format!("depends_on leads back to itself: {cycle}; remove one of them"),
                ));
            }
        }
        for (name, problem) in refused {
            self.units.remove(&name);
            let file = format!("{name}.toml");
            self.problems.insert(file.clone(), at_start(&file, problem));
        }
    }

    /// The shortest way from an application back to itself, both ends included.
    fn cycle(&self, start: &str) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(name) = queue.pop_front() {
            let Some((name, unit)) = self.units.get_key_value(name) else { continue };
            for next in &unit.depends_on {
                if next == start {
                    let mut way = vec![start, name];
                    while let Some(before) = came_from.get(way[way.len() - 1]) {
                        way.push(before);
                    }
                    way.reverse();
                    return Some(way.into_iter().map(str::to_owned).collect());
                }
                if !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, name);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

fn at_start(file: &str, problem: String) -> UnitError {
    UnitError { file: file.to_owned(), line: 1, column: 1, problem }
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    // One byte more than allowed, so that parsing sees that it is too large.
    let read = File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("the file cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        format!(
            "the file is no UTF-8 text from byte {} on; save it as UTF-8",
            error.utf8_error().valid_up_to()
        )
    })
}
