//! Profiles: which masters this user knows, and the session with each.
//!
//! One TOML file, `$XDG_CONFIG_HOME/topmast/profiles.toml`, readable by its owner alone.
//!
//! Invariants
//! - F-1: the file is replaced whole or not at all, and never readable by others, not even for a moment.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use topmast_api::client::may_carry_credentials;
use topmast_api::master::MasterRow;

/// Largest file read: a profile with its CA has some 2 KB.
const FILE_MAX: u64 = 1 << 20;
/// Longest name of a profile.
const NAME_MAX: usize = 64;

/// One master that the user logged in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// `https://host:port` of the master that is asked first.
    pub(crate) url: String,
    /// The other masters of its cluster, which are asked when it does not answer or does not lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) masters: Vec<String>,
    /// Who logged in.
    pub(crate) user: String,
    /// The session's secret; absent after a logout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// When the session ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
    /// The CA to trust instead of the system's, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_pem: Option<String>,
}

impl Profile {
    /// True when it is for the cluster that has a master there.
    pub(crate) fn knows(&self, url: &str) -> bool {
        self.url == url || self.masters.iter().any(|other| other == url)
    }

    /// Notes the masters of its cluster, the one that answers first.
    pub(crate) fn learn(&mut self, answering: &str, rows: &[MasterRow]) {
        let others = rows.iter().filter(|row| !row.is_this).map(|row| row.url.trim_end_matches('/'));
        let usable = others.filter(|other| *other != answering && may_carry_credentials(other));
        self.masters = usable.map(str::to_owned).collect();
        answering.clone_into(&mut self.url);
    }
}

/// All profiles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Profiles {
    /// The one used when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    /// By name.
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// Why profiles cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("no place for profiles: set HOME or XDG_CONFIG_HOME")]
    NoHome,
    #[error("read {path}: {source}")]
    Read { path: String, source: io::Error },
    #[error("{path} is larger than {FILE_MAX} bytes; it is not a profile file")]
    TooLarge { path: String },
    #[error("{path} is not a profile file: {message}; repair or remove it")]
    Parse { path: String, message: String },
    #[error("write {path}: {source}")]
    Write { path: String, source: io::Error },
    #[error("there is no profile {name:?}; {known}")]
    Unknown { name: String, known: String },
    #[error("{0:?} cannot name a profile; use at most {NAME_MAX} letters, digits and . _ - :")]
    Name(String),
}

/// Where the file is.
pub(crate) fn path() -> Result<PathBuf, ProfileError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
    Ok(base.ok_or(ProfileError::NoHome)?.join("topmast").join("profiles.toml"))
}

impl Profiles {
    /// Reads the file; one that is not there has no profiles.
    pub(crate) fn read(path: &Path) -> Result<Self, ProfileError> {
        let shown = || path.display().to_string();
        let text = match std::fs::metadata(path) {
            Ok(found) if found.len() > FILE_MAX => return Err(ProfileError::TooLarge { path: shown() }),
            _ => std::fs::read_to_string(path),
        };
        match text {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| ProfileError::Parse { path: shown(), message: error.message().to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ProfileError::Read { path: shown(), source }),
        }
    }

    /// Replaces the file (F-1).
    pub(crate) fn write(&self, path: &Path) -> Result<(), ProfileError> {
        let text = toml::to_string(self).map_err(io::Error::other);
        text.and_then(|text| replace(path, &text))
            .map_err(|source| ProfileError::Write { path: path.display().to_string(), source })
    }

    /// One profile, with what there is instead when it is not there.
    pub(crate) fn get(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profiles.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let known = match names.as_slice() {
                [] => "there is none yet, `topmast login URL` makes one".to_owned(),
                names => format!("there are {}", names.join(", ")),
            };
            ProfileError::Unknown { name: name.to_owned(), known }
        })
    }

    /// Adds or replaces a profile and makes it the current one.
    pub(crate) fn put(&mut self, name: &str, profile: Profile) -> Result<(), ProfileError> {
        let good = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(good) {
            return Err(ProfileError::Name(name.to_owned()));
        }
        self.profiles.insert(name.to_owned(), profile);
        self.current = Some(name.to_owned());
        Ok(())
    }
}

/// Writes a new file beside the old one and renames it. A new temporary file is its owner's alone from the start.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::master::MasterRole;

    fn profile(url: &str) -> Profile {
        Profile {
            url: url.into(),
            masters: Vec::new(),
            user: "admin".into(),
            token: Some("t".into()),
            expires_at: None,
            ca_pem: None,
        }
    }

    #[test]
    fn masters_are_learned_that_can_be_asked_safely() {
        let row = |name: &str, url: &str| MasterRow {
            name: name.into(),
            role: MasterRole::Standby,
            url: url.into(),
            version: "1".into(),
            event: 1,
            lag: 0,
            agents: Some(0),
            age_ms: None,
            problem: None,
            is_this: name == "this",
        };
        let mut known = profile("https://old:7400");
        let rows = [
            row("this", "https://a:7400"),
            row("b", "https://b:7400/"),
            row("open", "http://c:7400"),
            row("local", "http://127.0.0.2:7400"),
        ];
        known.learn("https://front", &rows);
        assert_eq!((known.url.as_str(), known.masters.len()), ("https://front", 2));
        assert!(known.knows("https://b:7400") && known.knows("http://127.0.0.2:7400"), "{known:?}");
    }

    #[test]
    fn profiles_are_read_as_written_and_private() {
        // F-1
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("topmast").join("profiles.toml");
        let mut profiles = Profiles::read(&path).unwrap();
        assert_eq!(profiles, Profiles::default());
        profiles.put("north", profile("https://north:7400")).unwrap();
        profiles.put("south", profile("https://south:7400")).unwrap();
        profiles.write(&path).unwrap();
        assert_eq!(Profiles::read(&path).unwrap(), profiles);
        assert_eq!(profiles.current.as_deref(), Some("south"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn unknown_profile_names_those_there_are() {
        let mut profiles = Profiles::default();
        assert!(profiles.get("x").unwrap_err().to_string().contains("`topmast login URL` makes one"));
        profiles.put("north", profile("https://north:7400")).unwrap();
        assert_eq!(profiles.get("x").unwrap_err().to_string(), "there is no profile \"x\"; there are north");
        assert!(matches!(profiles.put("a b", profile("x")), Err(ProfileError::Name(_))));
    }

    #[test]
    fn broken_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.toml");
        std::fs::write(&path, "current = 4").unwrap();
        assert!(matches!(Profiles::read(&path), Err(ProfileError::Parse { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "current = 4");
    }
}
