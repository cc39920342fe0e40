//! Configurations: named sets of files of an application, of which every change is a revision.
//!
//! ```text
//! text (TOML) ─► Configuration<Secret> ─seal─► Configuration ─► journal: revision 1, 2, 3 …
//!                                                   └─ render for one server ─► Rendered ─► agent ─► Held
//! ```
//!
//! Invariants
//! - CF-1: what passes [`Configuration::check`] is within its bounds, and its templates name only what there is.
//! - CF-2: a secret is sealed before it gets into the journal, and is `<secret>` wherever it is shown.
//!
//! Elsewhere: what is kept (`topmast-engine`, `configuration`); laying files down (`topmast-agent`, `configuration`).

mod change;
mod template;
pub mod text;

pub use change::{ApplyConfiguration, ConfigurationChange, ConfigurationOrder, ConfigurationUse};
pub use template::{TemplateError, render};

use crate::agentless::Sealed;
use crate::path::{Level, ObjectPath, check_name};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most bytes of a file: configurations are texts that people read; more is data.
pub const FILE_MAX: usize = 256 << 10;
/// Most bytes of a configuration as JSON: a revision is one event, of which the journal takes 1 MiB, and a rendered set is
/// one message, of which an agent takes as much.
pub const SET_MAX: usize = 900 << 10;
/// Most files of a configuration.
pub const FILES_MAX: usize = 64;
/// Most bytes of a file's path.
pub const PATH_MAX: usize = 512;
/// Most places with values, and most values or secrets of one place.
pub const VALUES_MAX: usize = 1_000;
/// Most bytes of a value or secret.
pub const VALUE_MAX: usize = 8 << 10;
/// Most bytes of a command.
pub const COMMAND_MAX: usize = 4 << 10;
/// What an agent says in its registration when it lays configurations down.
pub const ABILITY: &str = "configurations";

/// What happens after the files are in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AfterApply {
    /// The application is restarted if it runs, and has to become healthy.
    #[default]
    Restart,
    /// The command in `reload` is run.
    Reload,
    /// Nothing: it reads its files by itself.
    Nothing,
}

impl AfterApply {
    /// Every choice.
    pub const ALL: &'static [Self] = &[Self::Restart, Self::Reload, Self::Nothing];

    /// The word used in files and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::Nothing => "nothing",
        }
    }
}

/// A file of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationFile {
    /// Where it lies: in the application's working directory, or absolute in a directory that the server's agent allows.
    pub path: String,
    /// Its permissions in octal, as `0640`; those of the file that is there, or 0640, when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Whether `{{ … }}` in it is filled in for each server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub template: bool,
    /// What is in it.
    pub content: Arc<str>,
}

/// A configuration as one revision has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "S: Deserialize<'de>"))]
pub struct Configuration<S = Sealed> {
    /// Identity.
    pub name: String,
    /// Where its applications are: a tenant, a cluster or a server.
    pub within: ObjectPath,
    /// The name of these applications.
    pub application: String,
    /// A command that looks at the rendered files before they are put in place; `{dir}` is where they are then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// What happens after they are in place.
    #[serde(default)]
    pub after: AfterApply,
    /// The command of `after = "reload"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<String>,
    /// The files.
    #[serde(default, rename = "file")]
    pub files: Vec<ConfigurationFile>,
    /// Values of templates by place: the nearest to the server counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<ObjectPath, BTreeMap<String, String>>,
    /// Secrets of templates.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, S>,
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ConfigurationError {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl<S> Configuration<S> {
    /// Checks everything but the total size, which is that of its JSON.
    ///
    /// # Errors
    /// [`ConfigurationError`] with the first thing that is wrong.
    pub fn check(&self) -> Result<(), ConfigurationError> {
        for (field, name) in [("name", &self.name), ("application", &self.application)] {
            check_name(name).or_else(|error| wrong(field, error.to_string()))?;
        }
        if matches!(self.within.level(), Level::Application | Level::Service) {
            return wrong("within", format!("{} is no tenant, cluster or server", self.within));
        }
        for (field, command) in [("check", &self.check), ("reload", &self.reload)] {
            let Some(command) = command else { continue };
            if command.trim().is_empty() || command.len() > COMMAND_MAX {
                return wrong(
                    field,
                    format!("is a command of 1 to {COMMAND_MAX} bytes; leave it out for none"),
                );
            }
        }
        if (self.after == AfterApply::Reload) != self.reload.is_some() {
            return wrong("reload", "is the command of after = \"reload\"; write both or neither".to_owned());
        }
        self.check_files()?;
        self.check_values()?;
        self.check_templates()
    }

    fn check_files(&self) -> Result<(), ConfigurationError> {
        if self.files.is_empty() || self.files.len() > FILES_MAX {
            return wrong("file", format!("a configuration has 1 to {FILES_MAX} files"));
        }
        let mut paths = BTreeSet::new();
        for ConfigurationFile { path, mode, content, .. } in &self.files {
            check_path(path).or_else(|message| wrong("path", message))?;
            if !paths.insert(path) {
                return wrong("path", format!("there are two files {path:?}; rename one"));
            }
            if mode.as_deref().is_some_and(|mode| read_mode(mode).is_none()) {
                return wrong("mode", format!("of {path:?} is to be octal from 0400 to 0777, as \"0640\""));
            }
            if content.len() > FILE_MAX {
                let (bytes, most) = (content.len(), FILE_MAX >> 10);
                return wrong(
                    "content",
                    format!(
                        "{path:?} has {bytes} bytes; a file of a configuration has at most {most} KiB: bring data another way"
                    ),
                );
            }
            if content.contains('\0') {
                return wrong(
                    "content",
                    format!("{path:?} has a zero byte, so it is no text; bring data another way"),
                );
            }
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), ConfigurationError> {
        let count = |many: usize, what: &str| {
            if many <= VALUES_MAX {
                return Ok(());
            }
            wrong("values", format!("{many} {what} are too many; there are at most {VALUES_MAX}"))
        };
        count(self.values.len(), "places")?;
        count(self.secrets.len(), "secrets")?;
        for (place, values) in &self.values {
            if !place.is_within(&self.within) && !self.within.is_within(place) {
                return wrong("values", format!("{place} has nothing to do with {}", self.within));
            }
            count(values.len(), "values of a place")?;
            if let Some((name, _)) =
                values.iter().find(|(name, value)| !is_key(name) || value.len() > VALUE_MAX)
            {
                return wrong(
                    "values",
                    format!(
                        "{name:?} is to have letters, digits and _, and at most {VALUE_MAX} bytes of value"
                    ),
                );
            }
        }
        match self.secrets.keys().find(|name| !is_key(name)) {
            Some(name) => wrong("secrets", format!("{name:?} is to have letters, digits and _")),
            None => Ok(()),
        }
    }

    /// Whether every name in a template is one; whether it has a value is told for each server.
    fn check_templates(&self) -> Result<(), ConfigurationError> {
        let values: BTreeSet<&String> = self.values.values().flat_map(BTreeMap::keys).collect();
        for file in self.files.iter().filter(|file| file.template) {
            let known = |name: &str| match name.split_once('.') {
                Some(("server", part)) => SERVER_PARTS.contains(&part).then(String::new),
                Some(("value", part)) => values.iter().any(|name| *name == part).then(String::new),
                Some(("secret", part)) => self.secrets.contains_key(part).then(String::new),
                _ => None,
            };
            if let Err(error) = render(&file.content, known) {
                return wrong("content", format!("{}: {error}", file.path));
            }
        }
        Ok(())
    }

    /// The value of a name for a server: of the place nearest to it.
    fn value(&self, server: &ObjectPath, name: &str) -> Option<&String> {
        let places = self.values.iter().filter(|(place, _)| server.is_within(place));
        let found = places.filter_map(|(place, values)| Some((place.as_str().len(), values.get(name)?)));
        found.max_by_key(|(length, _)| *length).map(|(_, value)| value)
    }

    /// The files as an application's server gets them.
    ///
    /// # Errors
    /// [`ConfigurationError`] with the file and line of a name that has no value there.
    pub fn files_for(
        &self,
        application: &ObjectPath,
        secret: impl Fn(&S) -> String,
    ) -> Result<Vec<RenderedFile>, ConfigurationError> {
        let server = application.ancestor(Level::Server).unwrap_or_else(|| application.clone());
        let fill = |name: &str| match name.split_once('.') {
            Some(("server", part)) => server_part(&server, application, part),
            Some(("value", part)) => self.value(&server, part).cloned(),
            Some(("secret", part)) => self.secrets.get(part).map(&secret),
            _ => None,
        };
        let rendered = self.files.iter().map(|file| {
            let content = if file.template {
                let filled = render(&file.content, fill);
                filled.or_else(|error| wrong("content", format!("{} for {server}: {error}", file.path)))?
            } else {
                file.content.to_string()
            };
            let mode = file.mode.as_deref().and_then(read_mode);
            Ok(RenderedFile { path: file.path.clone(), mode, content })
        });
        rendered.collect()
    }

    /// The same with its secrets in another form.
    ///
    /// # Errors
    /// The first one of `change`, which is given a secret's name.
    pub fn try_map<T, E>(&self, change: impl Fn(&str, &S) -> Result<T, E>) -> Result<Configuration<T>, E> {
        let secrets = self.secrets.iter().map(|(name, secret)| Ok((name.clone(), change(name, secret)?)));
        Ok(Configuration {
            secrets: secrets.collect::<Result<_, E>>()?,
            name: self.name.clone(),
            within: self.within.clone(),
            application: self.application.clone(),
            check: self.check.clone(),
            after: self.after,
            reload: self.reload.clone(),
            files: self.files.clone(),
            values: self.values.clone(),
        })
    }

    /// True for an application that it is for.
    pub fn is_for(&self, application: &ObjectPath) -> bool {
        application.level() == Level::Application
            && application.name() == self.application
            && application.is_within(&self.within)
    }
}

/// What `{{ server.… }}` knows.
const SERVER_PARTS: &[&str] = &["name", "cluster", "tenant", "path", "application"];

fn server_part(server: &ObjectPath, application: &ObjectPath, part: &str) -> Option<String> {
    match part {
        "name" => Some(server.name().to_owned()),
        "path" => Some(server.to_string()),
        "cluster" => server.name_at(Level::Cluster).map(str::to_owned),
        "tenant" => server.name_at(Level::Tenant).map(str::to_owned),
        "application" => Some(application.name().to_owned()),
        _ => None,
    }
}

fn wrong<T>(field: &'static str, message: String) -> Result<T, ConfigurationError> {
    Err(ConfigurationError { field, message })
}

fn is_key(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Permissions as a number: the owner can read, and nothing beside permissions is set.
pub fn read_mode(text: &str) -> Option<u32> {
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    u32::from_str_radix(text, 8).ok().filter(|mode| is_octal && (0o400..=0o777).contains(mode))
}

fn check_path(path: &str) -> Result<(), String> {
    let relative = path.strip_prefix('/').unwrap_or(path);
    if path.len() > PATH_MAX {
        return Err(format!("a path has at most {PATH_MAX} bytes"));
    }
    let is_part =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0', '\n']);
    if !relative.split('/').all(is_part) {
        return Err(format!("{path:?} is to be names with / between, without . and .."));
    }
    Ok(())
}

/// A file with its template filled in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedFile {
    /// Its path as in the configuration.
    pub path: String,
    /// Its permissions.
    pub mode: Option<u32>,
    /// What is in it, secrets in the clear.
    pub content: String,
}

impl std::fmt::Debug for RenderedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenderedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What an agent is to lay down for one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The configuration.
    pub name: String,
    /// Its revision.
    pub revision: u64,
    /// The command that looks at the files first.
    pub check: Option<String>,
    /// What happens afterwards.
    pub after: AfterApply,
    /// The command of a reload.
    pub reload: Option<String>,
    /// True when changes made by hand on the server are written over.
    pub overwrite: bool,
    /// The files.
    pub files: Vec<RenderedFile>,
    /// What must not be told in any message.
    pub secrets: Vec<crate::notification::Secret>,
}

/// How what lies on a server compares with what is meant to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConfigurationStatus {
    /// Files are not what was laid down.
    Drifted,
    /// Another revision than the newest lies there, or none.
    Pending,
    /// The newest revision lies there as it was laid down.
    InSync,
}

impl ConfigurationStatus {
    /// Every status, the worst first.
    pub const ALL: &'static [Self] = &[Self::Drifted, Self::Pending, Self::InSync];

    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drifted => "DRIFTED",
            Self::Pending => "PENDING",
            Self::InSync => "IN_SYNC",
        }
    }

    /// Of what lies there, when `newest` is meant to.
    pub fn of(held: Option<&Held>, newest: u64) -> Self {
        match held {
            Some(held) if held.drifted().next().is_some() => Self::Drifted,
            Some(held) if held.revision == newest => Self::InSync,
            _ => Self::Pending,
        }
    }
}

/// What of a configuration lies on a server, as its agent sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The revision that was laid down last.
    pub revision: u64,
    /// Its files.
    pub files: Vec<HeldFile>,
}

impl Held {
    /// Paths of files that are not what was laid down.
    pub fn drifted(&self) -> impl Iterator<Item = &HeldFile> {
        self.files.iter().filter(|file| file.is_drifted())
    }
}

/// A file that was laid down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFile {
    /// Its path as in the configuration.
    pub path: String,
    /// SHA-256 of what was laid down, lower-case hex.
    pub laid: String,
    /// SHA-256 of what is there; none when it is gone or no readable file.
    pub found: Option<String>,
}

impl HeldFile {
    /// True when it is not what was laid down.
    pub fn is_drifted(&self) -> bool {
        self.found.as_ref() != Some(&self.laid)
    }
}

#[cfg(test)]
pub(crate) mod tests;
