//! Where the versions of one application lie, and which of them is the current one.
//!
//! ```text
//! installed.json written ─► current switched ─► unit file written ─► … ─► settled: nothing under way any more
//!        └── begun holds what was before, for as long as the new version has not proved itself
//! ```

use super::policy::PackagePolicy;
use super::unpack::{Bounds, unpack};
use crate::platform::file;
use crate::unit::Unit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use topmast_model::application::ApplicationKind;
use topmast_model::id::StepId;
use topmast_model::package::{Digest, Package, PackageVersion};
use uuid::Uuid;

/// The unit file that a package may bring along, at its top.
const UNIT_FILE: &str = "topmast.toml";
/// What a unit file writes for the directory of the current version.
pub(crate) const VERSION_DIR: &str = "{version_dir}";

/// The versions of one application.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `installed/NAME`.
    directory: PathBuf,
    /// `apps.d/NAME.toml`.
    unit_path: PathBuf,
}

/// What is written down of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Installed {
    /// The version that `current` leads to.
    pub(crate) current: Option<PackageVersion>,
    /// Those before it that proved themselves, the newest last.
    pub(crate) previous: Vec<PackageVersion>,
    /// Digests of the packages of all versions that are there.
    versions: BTreeMap<PackageVersion, Digest>,
    /// Whether the unit file came with a package.
    unit_is_ours: bool,
    /// A switch that is not known to be good yet.
    pub(crate) begun: Option<Box<Begun>>,
}

/// A switch under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// The step that it belongs to.
    pub(crate) step: StepId,
    /// What was before.
    pub(crate) before: Installed,
}

/// The directory that unit files of an application mean by `{version_dir}`.
pub(crate) fn version_dir(data_dir: &Path, application: &str) -> PathBuf {
    data_dir.join("installed").join(application).join("current")
}

impl Place {
    pub(crate) fn new(data_dir: &Path, units_dir: &Path, application: &str) -> Self {
        Self {
            directory: data_dir.join("installed").join(application),
            unit_path: units_dir.join(format!("{application}.toml")),
        }
    }

    /// What is written down; nothing of an application that was never installed.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    pub(crate) fn read(&self) -> Result<Installed, String> {
        let path = self.record();
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                format!("{} is damaged: {error}; remove it and install anew", path.display())
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Installed::default()),
            Err(error) => Err(format!("read {}: {error}", path.display())),
        }
    }

    /// Whether a package is unpacked here already.
    pub(super) fn has(&self, package: &Package) -> Result<bool, String> {
        let installed = self.read()?;
        match installed.versions.get(&package.id) {
            Some(digest) if *digest == package.sha256 => Ok(self.version(&package.id).is_dir()),
            Some(_) if installed.current.as_ref() == Some(&package.id) => Err(format!(
                "{} runs here with other bytes; go to another version first, or uninstall it",
                package.id
            )),
            _ => Ok(false),
        }
    }

    /// Unpacks fetched bytes as a version that is not current yet, and sees whether it could run.
    pub(super) fn unpack(
        &self,
        fetched: &Path,
        package: &Package,
        policy: &PackagePolicy,
    ) -> Result<(), String> {
        let in_words = |error: io::Error| format!("unpack {}: {error}; free some space", package.id);
        let versions = self.directory.join("versions");
        file::create_directories(&versions).map_err(in_words)?;
        let new = versions.join(format!("{}.new", Uuid::new_v4()));
        fs::create_dir(&new).map_err(in_words)?;
        let bounds = Bounds::of(package, policy.unpacked_max_bytes, file::room(&versions));
        let name = package.file.as_deref().unwrap_or_else(|| package.id.name());
        let unpacked = unpack(fetched, package.format, name, &new, bounds)
            .map_err(|error| error.to_string())
            .and_then(|()| self.check_unit(&new, package))
            .and_then(|()| self.take(&new, package).map_err(in_words));
        if unpacked.is_err() {
            // Its room is of more use; what stays is removed at the next start.
            let _ = fs::remove_dir_all(&new);
        }
        unpacked
    }

    fn take(&self, new: &Path, package: &Package) -> io::Result<()> {
        let path = self.version(&package.id);
        if path.exists() {
            fs::remove_dir_all(self.put_away(&path)?)?;
        }
        file::sync_directory(new)?;
        fs::rename(new, &path)?;
        let mut installed = self.read().map_err(io::Error::other)?;
        installed.versions.insert(package.id.clone(), package.sha256.clone());
        self.write(&installed)
    }

    /// Refuses a version that nothing would start: neither the unit file here nor one of the package leads to it.
    fn check_unit(&self, new: &Path, package: &Package) -> Result<(), String> {
        let own = match fs::read_to_string(new.join(UNIT_FILE)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("read {UNIT_FILE} of {}: {error}", package.id)),
        };
        let installed = self.read()?;
        let here = fs::read_to_string(&self.unit_path).ok();
        let (text, of) = match (here, own) {
            (Some(here), Some(own)) => {
                if installed.unit_is_ours {
                    (own, "the package's")
                } else {
                    (here, "this server's")
                }
            }
            (Some(here), None) => (here, "this server's"),
            (None, Some(own)) => (own, "the package's"),
            (None, None) => {
                return Err(format!(
                    "nothing says how to run {}: write {}, or put {UNIT_FILE} into the package",
                    package.id,
                    self.unit_path.display()
                ));
            }
        };
        let unit = self.parse(&text).map_err(|error| format!("{of} unit file: {error}"))?;
        // Of the other kinds the system knows what is run.
        let is_run_here = matches!(unit.kind(), ApplicationKind::Process | ApplicationKind::Script);
        if is_run_here && !text.contains(VERSION_DIR) {
            return Err(format!(
                "{of} unit file does not use {VERSION_DIR}, so {} would not run; write command = [\"{VERSION_DIR}/program\"]",
                package.id
            ));
        }
        Ok(())
    }

    /// The unit file as it is now.
    pub(crate) fn unit(&self) -> Result<Unit, String> {
        let text = fs::read_to_string(&self.unit_path);
        let text = text.map_err(|error| format!("read {}: {error}", self.unit_path.display()))?;
        self.parse(&text)
    }

    fn parse(&self, text: &str) -> Result<Unit, String> {
        let name = self.unit_path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let placed = crate::unit::place(text, &self.directory.join("current"));
        crate::unit::parse(name, &placed).map_err(|error| error.to_string())
    }

    /// Finishes a switch that an agent died in.
    pub(crate) fn resume(&self, installed: &Installed) -> Result<bool, String> {
        self.become_current(installed)
    }

    /// Makes a version the current one, for now: what was before is kept until [`Place::settle`].
    ///
    /// - `back`: this goes back; the versions that came after it are none before it any more.
    ///
    /// Returns true when the unit file is another one now.
    pub(crate) fn switch(&self, to: &PackageVersion, step: StepId, back: bool) -> Result<bool, String> {
        let before = self.read()?;
        if !self.version(to).is_dir() {
            return Err(format!("{to} is not here any more; upgrade to it instead"));
        }
        let mut next = Installed { current: Some(to.clone()), begun: None, ..before.clone() };
        if back {
            if let Some(place) = next.previous.iter().position(|version| version == to) {
                next.previous.truncate(place);
            }
        } else if let Some(current) = before.current.clone().filter(|current| current != to) {
            next.previous.retain(|version| version != to && *version != current);
            next.previous.push(current);
        }
        let brings = self.version(to).join(UNIT_FILE).is_file();
        next.unit_is_ours = before.unit_is_ours || (brings && !self.unit_path.exists());
        next.begun = Some(Box::new(Begun { step, before: Installed { begun: None, ..before } }));
        self.become_current(&next)
    }

    /// Goes back to what was before a switch.
    pub(crate) fn revert(&self, begun: &Begun) -> Result<bool, String> {
        match begun.before.current {
            Some(_) => self.become_current(&begun.before),
            None => {
                self.write(&Installed { current: None, ..begun.before.clone() }).map(|()| false).map_err(text)
            }
        }
    }

    fn become_current(&self, next: &Installed) -> Result<bool, String> {
        self.write(next).map_err(text)?;
        let Some(to) = &next.current else { return Ok(false) };
        let relative = Path::new("versions").join(to.to_string());
        file::switch_link(&relative, &self.directory.join("current")).map_err(text)?;
        let own = self.version(to).join(UNIT_FILE);
        if !next.unit_is_ours || !own.is_file() {
            return Ok(false);
        }
        let wanted = fs::read(&own).map_err(text)?;
        if fs::read(&self.unit_path).is_ok_and(|present| present == wanted) {
            return Ok(false);
        }
        // A name that is no unit file's, so that half of one is never read.
        let new = self.unit_path.with_extension("toml.new");
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&wanted)?;
            file.sync_all()?;
            file::put_in_place(&new, &self.unit_path)
        });
        written.map(|()| true).map_err(text)
    }

    /// The switch is good: nothing is under way any more, and versions beyond those kept go: what lies at the paths
    /// returned is to be removed, which may take long.
    pub(crate) fn settle(&self, policy: &PackagePolicy) -> Result<Vec<PathBuf>, String> {
        let mut installed = self.read()?;
        installed.begun = None;
        let kept_before = policy.keep_versions.saturating_sub(1);
        let surplus = installed.previous.len().saturating_sub(kept_before);
        installed.previous.drain(..surplus);
        let stays =
            |id: &PackageVersion| installed.current.as_ref() == Some(id) || installed.previous.contains(id);
        let gone: Vec<PackageVersion> = installed.versions.keys().filter(|id| !stays(id)).cloned().collect();
        for id in &gone {
            installed.versions.remove(id);
        }
        self.write(&installed).map_err(text)?;
        let put_away = |id: &PackageVersion| {
            let away = self.put_away(&self.version(id));
            away.inspect_err(|error| tracing::warn!(%error, version = %id, "an old version stays on disk"))
                .ok()
        };
        Ok(gone.iter().filter_map(put_away).collect())
    }

    /// Puts every version away, and the unit file when it came with one: how many versions there were, and what is to
    /// be removed.
    pub(crate) fn remove(&self) -> Result<(usize, PathBuf), String> {
        let installed = self.read()?;
        if installed.unit_is_ours {
            match fs::remove_file(&self.unit_path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(format!("remove {}: {error}", self.unit_path.display()));
                }
                _ => {}
            }
        }
        let trash = self.directory.with_file_name(format!(".{}.gone", Uuid::new_v4()));
        fs::rename(&self.directory, &trash).map_err(text)?;
        Ok((installed.versions.len(), trash))
    }

    /// The directory of a version.
    pub(crate) fn version(&self, id: &PackageVersion) -> PathBuf {
        self.directory.join("versions").join(id.to_string())
    }

    /// Out of the way at once: a version that is half there is never found under its name.
    fn put_away(&self, path: &Path) -> io::Result<PathBuf> {
        let trash = self.directory.join("versions").join(format!("{}.gone", Uuid::new_v4()));
        fs::rename(path, &trash)?;
        Ok(trash)
    }

    fn record(&self) -> PathBuf {
        self.directory.join("installed.json")
    }

    fn write(&self, installed: &Installed) -> io::Result<()> {
        let (path, new) = (self.record(), self.directory.join("installed.new"));
        file::create_directories(&self.directory)?;
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(installed)?)?;
            file.sync_all()?;
            file::put_in_place(&new, &path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written.and_then(|()| file::sync_directory(&self.directory))
    }
}

/// Clears what an agent that was killed left half done.
pub(crate) fn clear(data_dir: &Path) {
    let is_left =
        |path: &Path| path.extension().is_some_and(|extension| extension == "new" || extension == "gone");
    let entries = |directory: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).into_iter().flatten();
        entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_dir())
            .collect()
    };
    for application in entries(&data_dir.join("installed")) {
        let left = if is_left(&application) {
            vec![application]
        } else {
            entries(&application.join("versions")).into_iter().filter(|path| is_left(path)).collect()
        };
        for path in left {
            if let Err(error) = fs::remove_dir_all(&path) {
                tracing::warn!(%error, "remove {}", path.display());
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors, which are passed so")]
fn text(error: io::Error) -> String {
    format!("switch versions: {error}; free some space")
}

#[cfg(test)]
pub(crate) mod tests;
