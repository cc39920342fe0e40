//! Where targets come from: the configuration, and files in the form of Prometheus' file discovery.

use super::config::Job;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use topmast_ingest::relabel::Labels;

/// Bytes of a file of targets.
const FILE_MAX: u64 = 16 << 20;
/// Files of a job.
const FILES_MAX: usize = 1_000;

/// Targets with labels that all of them have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) targets: Vec<String>,
    #[serde(default)]
    pub(super) labels: Labels,
}

/// The targets of a job, looked for again and again.
pub(super) struct Discovery {
    job: String,
    fixed: Group,
    patterns: Vec<String>,
    files: BTreeMap<PathBuf, Read>,
    /// Something was found once.
    looked: bool,
}

/// What is known of a file.
#[derive(Debug, Default)]
struct Read {
    stamp: Option<Stamp>,
    /// The last good list (R-4).
    groups: Vec<Group>,
    broken: bool,
}

/// By what a change is noticed: time, length and inode.
type Stamp = (SystemTime, u64, u64);

impl Discovery {
    pub(super) fn new(job: &Job) -> Self {
        let config = &job.config;
        Self {
            job: config.job.clone(),
            fixed: Group { targets: config.targets.clone(), labels: config.labels.clone() },
            patterns: config.files.clone(),
            files: BTreeMap::new(),
            looked: false,
        }
    }

    /// Files that cannot be read now.
    pub(super) fn broken(&self) -> u64 {
        self.files.values().filter(|file| file.broken).count() as u64
    }

    /// All groups, when anything has changed since the last look. It reads files: not for an asynchronous thread.
    pub(super) fn look(&mut self) -> Option<Vec<Group>> {
        let mut changed = !std::mem::replace(&mut self.looked, true);
        let mut found: Vec<PathBuf> = self.patterns.iter().flat_map(|pattern| matching(pattern)).collect();
        found.sort();
        found.dedup();
        found.truncate(FILES_MAX);
        let before = self.files.len();
        self.files.retain(|path, _| found.binary_search(path).is_ok());
        changed |= self.files.len() != before;
        for path in found {
            changed |= self.files.entry(path.clone()).or_default().look(&path, &self.job);
        }
        changed.then(|| {
            let of_files = self.files.values().flat_map(|file| file.groups.iter().cloned());
            [self.fixed.clone()].into_iter().chain(of_files).collect()
        })
    }
}

impl Read {
    /// Reads the file when it has changed; true when that is of interest.
    fn look(&mut self, path: &Path, job: &str) -> bool {
        let stamp = std::fs::metadata(path)
            .and_then(|metadata| Ok((metadata.modified()?, metadata.len(), metadata.ino())))
            .ok();
        if stamp.is_some() && stamp == self.stamp {
            return false;
        }
        self.stamp = stamp;
        match groups(path) {
            Ok(groups) => {
                self.broken = false;
                self.groups = groups;
                true
            }
            Err(reason) => {
                if !std::mem::replace(&mut self.broken, true) {
                    let path = path.display();
                    tracing::error!(job, %path, reason, "a file of targets cannot be read; its last good list stays");
                }
                true
            }
        }
    }
}

fn groups(path: &Path) -> Result<Vec<Group>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    file.take(FILE_MAX + 1).read_to_end(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > FILE_MAX {
        return Err(format!("it is larger than {} MiB", FILE_MAX >> 20));
    }
    let mut groups: Vec<Group> = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    for group in &mut groups {
        group.labels.insert("__meta_filepath".to_owned(), path.display().to_string());
    }
    Ok(groups)
}

/// The files that a path with at most one `*` in its last part means.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let path = Path::new(pattern);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((first, last)) = name.split_once('*') else {
        return if path.is_file() { vec![path.to_owned()] } else { Vec::new() };
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fits = |name: &str| {
        name.len() >= first.len() + last.len() && name.starts_with(first) && name.ends_with(last)
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(fits))
        .map(|entry| folder.join(entry.file_name()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrape::config::ScrapeConfig;

    fn targets(groups: &[Group]) -> Vec<&str> {
        groups.iter().flat_map(|group| &group.targets).map(String::as_str).collect()
    }

    #[test]
    fn files_are_read_when_they_change_and_a_broken_one_keeps_its_list() {
        // R-4
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let config = ScrapeConfig {
            job: "j".into(),
            targets: vec!["fixed:1".into()],
            files: vec![path("t-*.json").display().to_string()],
            ..ScrapeConfig::default()
        };
        let mut discovery = Discovery::new(&Job::new(&config).unwrap());
        assert_eq!(targets(&discovery.look().unwrap()), ["fixed:1"]);
        assert_eq!(discovery.look(), None);
        std::fs::write(path("t-a.json"), r#"[{"targets":["a:1"],"labels":{"zone":"z"}}]"#).unwrap();
        std::fs::write(path("other.json"), r#"[{"targets":["no:1"]}]"#).unwrap();
        let groups = discovery.look().unwrap();
        assert_eq!(targets(&groups), ["fixed:1", "a:1"]);
        let labels = &groups[1].labels;
        assert_eq!(
            (labels["zone"].as_str(), labels["__meta_filepath"].as_str()),
            ("z", path("t-a.json").to_str().unwrap())
        );
        std::fs::write(path("t-a.json"), "[{\"targets\":[\"half").unwrap();
        assert_eq!((targets(&discovery.look().unwrap()), discovery.broken()), (vec!["fixed:1", "a:1"], 1));
        assert_eq!(discovery.look(), None);
        std::fs::write(path("t-a.json"), r#"[{"targets":["b:1","c:1"]}]"#).unwrap();
        assert_eq!(
            (targets(&discovery.look().unwrap()), discovery.broken()),
            (vec!["fixed:1", "b:1", "c:1"], 0)
        );
        std::fs::remove_file(path("t-a.json")).unwrap();
        assert_eq!(targets(&discovery.look().unwrap()), ["fixed:1"]);
    }
}
