//! Applications as they are kept: by path, and counted with those of the same name in their cluster.
//!
//! Guards and dependencies ask about all instances of a name at each order. Counted as they come and go, they are not
//! looked for among all applications of the cluster.

use crate::path_map::PathMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use topmast_model::application::{ApplicationState, Declared};
use topmast_model::path::{Level, ObjectPath};

/// Applications by path: read as the map that it is, changed here alone. Namesakes are no part of a snapshot.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(from = "PathMap<ApplicationState>")]
pub(crate) struct Applications {
    by_path: PathMap<ApplicationState>,
    /// By cluster and name; nothing where there is none.
    namesakes: BTreeMap<ObjectPath, BTreeMap<Box<str>, Namesakes>>,
}

/// Applications of one name in one cluster.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Namesakes {
    paths: BTreeSet<ObjectPath>,
    /// How many declare each quorum.
    quorums: BTreeMap<u32, u32>,
    /// How many say of each name that they are started after it.
    after: BTreeMap<String, u32>,
}

impl Namesakes {
    /// All of them, in the order of their paths.
    pub(crate) fn paths(&self) -> impl ExactSizeIterator<Item = &ObjectPath> {
        self.paths.iter()
    }

    /// The largest quorum that one of them declares; 0 when none does.
    pub(crate) fn quorum(&self) -> u32 {
        self.quorums.last_key_value().map_or(0, |(quorum, _)| *quorum)
    }

    /// The names that one of them is started after.
    pub(crate) fn after(&self) -> impl Iterator<Item = &str> {
        self.after.keys().map(String::as_str)
    }

    fn add(&mut self, path: &ObjectPath, declared: Option<&Declared>) {
        self.paths.insert(path.clone());
        let Some(declared) = declared else { return };
        if let Some(quorum) = declared.quorum {
            *self.quorums.entry(quorum).or_default() += 1;
        }
        for name in &declared.after {
            *self.after.entry(name.clone()).or_default() += 1;
        }
    }

    fn take(&mut self, path: &ObjectPath, declared: Option<&Declared>) {
        self.paths.remove(path);
        let Some(declared) = declared else { return };
        if let Some(quorum) = &declared.quorum {
            take_one(&mut self.quorums, quorum);
        }
        for name in &declared.after {
            take_one(&mut self.after, name);
        }
    }
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Applications {
    /// Those of one name in a cluster; `None` when there is none.
    pub(crate) fn namesakes(&self, cluster: &ObjectPath, name: &str) -> Option<&Namesakes> {
        self.namesakes.get(cluster)?.get(name)
    }

    /// The names that there are in a cluster, by its path, with the applications of each.
    pub(crate) fn names(&self, cluster: &str) -> impl Iterator<Item = (&str, &Namesakes)> {
        self.namesakes.get(cluster).into_iter().flatten().map(|(name, namesakes)| (&**name, namesakes))
    }

    pub(crate) fn insert(&mut self, path: ObjectPath, reported: ApplicationState) {
        let kept = self.by_path.get(&path);
        if kept.is_none_or(|kept| kept.declared != reported.declared) {
            self.take(&path);
            self.add(&path, reported.declared.as_deref());
        }
        self.by_path.insert(path, reported);
    }

    pub(crate) fn remove(&mut self, path: &ObjectPath) {
        self.take(path);
        self.by_path.remove(path);
    }

    /// Removes those inside a path.
    pub(crate) fn remove_within(&mut self, prefix: &ObjectPath) {
        let gone: Vec<ObjectPath> = self.within(Some(prefix)).map(|(path, _)| path.clone()).collect();
        for path in gone {
            self.remove(&path);
        }
    }

    /// Counts one in.
    fn add(&mut self, path: &ObjectPath, declared: Option<&Declared>) {
        let Some(cluster) = path.ancestor(Level::Cluster) else { return };
        self.namesakes.entry(cluster).or_default().entry(path.name().into()).or_default().add(path, declared);
    }

    /// Counts one out, if it is there.
    fn take(&mut self, path: &ObjectPath) {
        let Some(kept) = self.by_path.get(path) else { return };
        let Some(cluster) = path.ancestor(Level::Cluster) else { return };
        let Some(names) = self.namesakes.get_mut(&cluster) else { return };
        if let Some(namesakes) = names.get_mut(path.name()) {
            namesakes.take(path, kept.declared.as_deref());
            if namesakes.paths.is_empty() {
                names.remove(path.name());
            }
        }
        if names.is_empty() {
            self.namesakes.remove(&cluster);
        }
    }
}

impl Deref for Applications {
    type Target = PathMap<ApplicationState>;

    fn deref(&self) -> &Self::Target {
        &self.by_path
    }
}

impl Serialize for Applications {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_path.serialize(serializer)
    }
}

impl From<PathMap<ApplicationState>> for Applications {
    fn from(by_path: PathMap<ApplicationState>) -> Self {
        let mut made = Self::default();
        for (path, reported) in by_path.iter() {
            made.add(path, reported.declared.as_deref());
        }
        made.by_path = by_path;
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{application_state, path};
    use proptest::prelude::*;

    fn declaring(quorum: Option<u32>, after: &[String]) -> ApplicationState {
        let declared = Declared { quorum, after: after.to_vec(), ..Declared::default() };
        ApplicationState { declared: Some(Box::new(declared)), ..application_state("STARTED") }
    }

    proptest! {
        #[test]
        fn namesakes_are_those_that_a_look_at_all_would_find(
            moves in prop::collection::vec(
                ("acme/(main|south)/[ab]/(switch|shop)", 0..4, prop::option::of(1_u32..4), prop::collection::vec("[xy]", 0..3)),
                0..40,
            ),
        ) {
            let mut applications = Applications::default();
            for (at, kind, quorum, after) in moves {
                let application = path(&at);
                match kind {
                    0 => applications.remove(&application),
                    1 => applications.remove_within(&application.parent().unwrap()),
                    _ => applications.insert(application, declaring(quorum, &after)),
                }
                // What is not counted out again differs from what is counted anew.
                let text = serde_json::to_string(&applications).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Applications>(&text).unwrap(), &applications);
            }
            for cluster in ["acme/main", "acme/south"] {
                let cluster = path(cluster);
                for name in ["switch", "shop"] {
                    let all = applications.within(Some(&cluster)).filter(|(path, _)| path.name() == name);
                    let all: Vec<_> = all.collect();
                    let declared = || all.iter().filter_map(|(_, reported)| reported.declared.as_deref());
                    let found = applications.namesakes(&cluster, name).cloned().unwrap_or_default();
                    prop_assert!(found.paths().eq(all.iter().map(|(path, _)| *path)));
                    prop_assert_eq!(found.quorum(), declared().filter_map(|one| one.quorum).max().unwrap_or(0));
                    let after: BTreeSet<&str> = declared().flat_map(|one| &one.after).map(String::as_str).collect();
                    prop_assert!(found.after().eq(after));
                }
                let names: BTreeSet<&str> = applications.within(Some(&cluster)).map(|(path, _)| path.name()).collect();
                prop_assert!(applications.names(cluster.as_str()).map(|(name, _)| name).eq(names));
            }
        }
    }
}
