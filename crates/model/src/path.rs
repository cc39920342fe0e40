//! Names and object paths: `tenant/cluster/server/application/service`.
//!
//! Invariants
//! - P-1: a path has one to five names, each valid by itself.
//! - P-2: paths order as their texts, so everything inside a path is one range of an ordered map.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest name: a full DNS host name fits.
pub const NAME_MAX: usize = 253;
/// Deepest path: a service or task.
const DEPTH_MAX: usize = 5;

/// What a path can point at, by its depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `tenant`
    Tenant,
    /// `tenant/cluster`
    Cluster,
    /// `tenant/cluster/server`
    Server,
    /// `tenant/cluster/server/application`
    Application,
    /// `tenant/cluster/server/application/service`; a task of an application has the same form.
    Service,
}

/// Checks one name: a letter, digit or `_` first, then those and `. - + @ :`.
///
/// # Errors
/// [`PathError`] with the reason.
pub fn check_name(name: &str) -> Result<(), PathError> {
    let wrong = |reason| Err(PathError { text: name.to_owned(), reason });
    if name.is_empty() {
        return wrong("a name is empty");
    }
    if name.len() > NAME_MAX {
        return wrong("a name is longer than 253 bytes");
    }
    let first = name.as_bytes()[0];
    if !(first.is_ascii_alphanumeric() || first == b'_') {
        return wrong("a name starts with a letter, a digit or _");
    }
    if name.bytes().any(|byte| !(byte.is_ascii_alphanumeric() || b"_.-+@:".contains(&byte))) {
        return wrong("a name has only letters, digits and _ . - + @ :");
    }
    Ok(())
}

/// Address of one object. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectPath(Arc<str>);

impl ObjectPath {
    /// The path of a tenant.
    ///
    /// # Errors
    /// [`PathError`] when the name is not valid.
    pub fn tenant(name: &str) -> Result<Self, PathError> {
        check_name(name)?;
        Ok(Self(name.into()))
    }

    /// The path of something directly inside this one.
    ///
    /// # Errors
    /// [`PathError`] when the name is not valid or the path is a service already.
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        check_name(name)?;
        if self.level() == Level::Service {
            return Err(PathError { text: format!("{self}/{name}"), reason: TOO_DEEP });
        }
        Ok(Self(format!("{}/{name}", self.0).into()))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What this path points at.
    pub fn level(&self) -> Level {
        match self.0.bytes().filter(|byte| *byte == b'/').count() {
            0 => Level::Tenant,
            1 => Level::Cluster,
            2 => Level::Server,
            3 => Level::Application,
            _ => Level::Service,
        }
    }

    /// The name at a level, if the path reaches it.
    pub fn name_at(&self, level: Level) -> Option<&str> {
        self.0.split('/').nth(level as usize)
    }

    /// The last name.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, last)| last)
    }

    /// The path cut at a level; `None` when it does not reach it.
    pub fn ancestor(&self, level: Level) -> Option<Self> {
        self.up_to(level).map(|text| Self(text.into()))
    }

    /// The text of [`ancestor`](Self::ancestor), for who only looks something up by it.
    pub fn up_to(&self, level: Level) -> Option<&str> {
        if self.level() < level {
            return None;
        }
        let end = self.0.match_indices('/').nth(level as usize).map_or(self.0.len(), |(index, _)| index);
        Some(&self.0[..end])
    }

    /// The path one level up; `None` for a tenant.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }

    /// The path as a console says it that has joined this cluster by a name: `default/main@east/web-1`.
    ///
    /// # Errors
    /// [`PathError`] for a tenant, which is in no one cluster, and when the cluster's name becomes too long.
    pub fn joined(&self, join: &str) -> Result<Self, PathError> {
        let wrong = |reason| PathError { text: format!("{self} of {join}"), reason };
        let cluster = self.ancestor(Level::Cluster).ok_or_else(|| wrong("a tenant is in no one cluster"))?;
        let name = format!("{}@{join}", cluster.name());
        check_name(&name).map_err(|error| wrong(error.reason))?;
        let end = cluster.0.len();
        Ok(Self(format!("{}@{join}{}", &self.0[..end], &self.0[end..]).into()))
    }

    /// The name of the joined cluster that the path is in, as a console says it.
    pub fn join_name(&self) -> Option<&str> {
        Some(self.name_at(Level::Cluster)?.rsplit_once('@')?.1)
    }

    /// The path as the joined cluster itself says it; `None` when it is not in the one of this name.
    pub fn left(&self, join: &str) -> Option<Self> {
        let cluster = self.ancestor(Level::Cluster).filter(|_| self.join_name() == Some(join))?;
        let end = cluster.0.len();
        Some(Self(format!("{}{}", &self.0[..end - join.len() - 1], &self.0[end..]).into()))
    }

    /// True for `prefix` itself and for everything inside it.
    pub fn is_within(&self, prefix: &Self) -> bool {
        self.0.strip_prefix(&*prefix.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

const TOO_DEEP: &str = "a path has at most tenant/cluster/server/application/service";

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lets an ordered map of paths be searched and cut into ranges by text (P-2).
impl Borrow<str> for ObjectPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut depth = 0;
        for name in text.split('/') {
            check_name(name).map_err(|error| PathError { text: text.to_owned(), ..error })?;
            depth += 1;
        }
        if depth > DEPTH_MAX {
            return Err(PathError { text: text.to_owned(), reason: TOO_DEEP });
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ObjectPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<ObjectPath> for String {
    fn from(path: ObjectPath) -> Self {
        path.0.as_ref().to_owned()
    }
}

/// A text that is not a name or path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an object path: {reason}")]
pub struct PathError {
    text: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ObjectPath {
        text.parse().unwrap()
    }

    #[test]
    fn path_of_a_joined_cluster_goes_both_ways() {
        for (own, joined) in [
            ("acme/main", "acme/main@east"),
            ("acme/main/db-1", "acme/main@east/db-1"),
            ("acme/ma@in/db-1/switch/MC@x", "acme/ma@in@east/db-1/switch/MC@x"),
        ] {
            assert_eq!(path(own).joined("east"), Ok(path(joined)));
            assert_eq!(path(joined).join_name(), Some("east"));
            assert_eq!(path(joined).left("east"), Some(path(own)));
            assert_eq!(path(joined).left("st"), None);
        }
        assert_eq!(path("acme/main/db@east").join_name(), None);
        assert!(path("acme").joined("east").is_err());
        assert!(path(&format!("acme/{}", "m".repeat(250))).joined("east").is_err());
    }

    #[test]
    fn path_knows_its_level_names_and_ancestors() {
        let service = path("acme/main/db-1.example/switch/MC_CREDIT");
        assert_eq!(service.level(), Level::Service);
        assert_eq!(service.name_at(Level::Server), Some("db-1.example"));
        assert_eq!(service.name(), "MC_CREDIT");
        assert_eq!(service.ancestor(Level::Server), Some(path("acme/main/db-1.example")));
        assert_eq!(service.ancestor(Level::Service), Some(service.clone()));
        assert_eq!(path("acme").ancestor(Level::Server), None);
        assert_eq!(path("acme").parent(), None);
        assert_eq!(path("acme/main").parent(), Some(path("acme")));
    }

    #[test]
    fn path_is_within_itself_and_its_ancestors_but_not_a_name_prefix() {
        assert!(path("a/b/c").is_within(&path("a/b")));
        assert!(path("a/b").is_within(&path("a/b")));
        assert!(!path("a/bc").is_within(&path("a/b")));
        assert!(!path("a").is_within(&path("a/b")));
    }

    #[test]
    fn path_refuses_what_a_shell_or_url_would_misread() {
        for text in ["", "/", "a//b", "a/", "a b", "-a", ".", "..", "a/../b", "a/b/c/d/e/f", "ä", "a\n"] {
            assert!(text.parse::<ObjectPath>().is_err(), "{text:?}");
        }
        assert!(path("a/b/c/d/e").join("f").is_err()); // P-1
    }
}
