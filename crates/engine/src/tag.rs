//! Tags of the fleet's objects: clusters, servers, applications, and the applications of one name in a cluster.
//!
//! Invariants
//! - TG-1: an object has at most `TAGS_MAX` tags, those of a tenant `BYTES_MAX` bytes in all.
//! - TG-2: tags go with their object: nothing that is removed keeps any.
//!
//! Elsewhere: what a key and a value may be (`topmast-model`, `tag`); AWS' operations (`topmast-master`).

use crate::{PathMap, Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::tag::{TAGS_MAX, TARGETS_MAX, TagTarget, Tags, check_tag};

/// Bytes of all keys and values of a tenant: they lie in memory.
const BYTES_MAX: usize = 16 << 20;

/// The tags at a path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tagged {
    /// Of the object itself.
    #[serde(default)]
    pub own: Tags,
    /// Of a cluster: those of its applications of one name.
    #[serde(default)]
    pub applications: BTreeMap<String, Tags>,
}

impl Tagged {
    fn bytes(&self) -> usize {
        self.applications
            .values()
            .chain([&self.own])
            .flatten()
            .map(|(key, value)| key.len() + value.len())
            .sum()
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.applications.is_empty()
    }
}

static NONE: Tags = Tags::new();

impl State {
    /// What has tags, by path.
    pub fn tagged(&self) -> &PathMap<Tagged> {
        &self.tags
    }

    /// The tags of something; none for what has none or is not there.
    pub fn tags(&self, target: &TagTarget) -> &Tags {
        let tagged = self.tags.get(&target.path);
        let tags = tagged.and_then(|tagged| match &target.application {
            Some(name) => tagged.applications.get(name),
            None => Some(&tagged.own),
        });
        tags.unwrap_or(&NONE)
    }

    /// Whether there is something that can have tags.
    pub fn can_be_tagged(&self, target: &TagTarget) -> bool {
        let TagTarget { path, application } = target;
        match (path.level(), application) {
            (Level::Cluster, Some(name)) => {
                self.applications.within(Some(path)).any(|(path, _)| path.name() == name.as_str())
            }
            (Level::Cluster, None) => self.servers.within(Some(path)).next().is_some(),
            (Level::Server, None) => self.servers.get(path).is_some(),
            (Level::Application, None) => self.applications.get(path).is_some(),
            _ => false,
        }
    }
}

/// Decides `TagObjects`: all of these or none.
pub(crate) fn tag(
    state: &State,
    targets: &[TagTarget],
    tags: &Tags,
    removed: &BTreeMap<String, Option<String>>,
) -> Result<Vec<EventBody>, Rejection> {
    if targets.len() > TARGETS_MAX {
        return Err(Rejection::invalid("targets", format!("at most {TARGETS_MAX} at once")));
    }
    for (key, value) in tags {
        check_tag(key, value).map_err(|error| Rejection::invalid("tags", error.to_string()))?;
    }
    let targets: BTreeSet<&TagTarget> = targets.iter().collect();
    let missing = targets.iter().filter(|target| !state.can_be_tagged(target));
    if let Some(rejection) = Rejection::no_tagged(missing) {
        return Err(rejection);
    }
    let mut facts = Vec::new();
    let mut more: BTreeMap<ObjectPath, usize> = BTreeMap::new();
    for target in targets {
        let kept = state.tags(target);
        let mut wanted = kept.clone();
        wanted.retain(|key, value| match removed.get(key) {
            None => true,
            Some(only) => only.as_ref().is_some_and(|only| only != value),
        });
        wanted.extend(tags.clone());
        if wanted.len() > TAGS_MAX {
            return Err(Rejection::limit(format!(
                "{target} would have {} tags; {TAGS_MAX} are the most",
                wanted.len()
            )));
        }
        if wanted == *kept {
            continue;
        }
        let bytes: usize = wanted.iter().map(|(key, value)| key.len() + value.len()).sum();
        if let Some(tenant) = target.path.ancestor(Level::Tenant) {
            *more.entry(tenant).or_default() += bytes;
        }
        facts.push(EventBody::ObjectTagged {
            path: target.path.clone(),
            application: target.application.clone(),
            tags: wanted,
        });
    }
    for (tenant, more) in more.into_iter().filter(|_| !tags.is_empty()) {
        let bytes: usize = state.tags.within(Some(&tenant)).map(|(_, tagged)| tagged.bytes()).sum();
        if bytes + more > BYTES_MAX {
            return Err(Rejection::limit(format!(
                "the tags of {tenant} have {bytes} bytes; {BYTES_MAX} are the most"
            )));
        }
    }
    Ok(facts)
}

/// Tags as they become; what is both taken and given stays, with the new value.
pub(crate) fn merged(kept: &Tags, tags: &Tags, removed: &[String]) -> Tags {
    let mut wanted = kept.clone();
    wanted.retain(|key, _| !removed.contains(key));
    wanted.extend(tags.clone());
    wanted
}

/// Decides `ForgetTags`.
pub(crate) fn forget(state: &State, tenant: &ObjectPath) -> Vec<EventBody> {
    if state.tags.within(Some(tenant)).next().is_none() {
        return Vec::new();
    }
    vec![EventBody::TagsForgotten { tenant: tenant.clone() }]
}

/// Applies `ObjectTagged`.
pub(crate) fn tagged(state: &mut State, path: &ObjectPath, application: Option<&str>, tags: &Tags) {
    let kept = state.tags.at(path);
    match application {
        Some(name) if tags.is_empty() => {
            kept.applications.remove(name);
        }
        Some(name) => {
            kept.applications.insert(name.to_owned(), tags.clone());
        }
        None => kept.own.clone_from(tags),
    }
    if kept.is_empty() {
        state.tags.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn command(target: TagTarget, with: &Tags, without: &[(&str, Option<&str>)]) -> Command {
        let removed =
            without.iter().map(|(key, only)| ((*key).to_owned(), only.map(str::to_owned))).collect();
        Command::TagObjects { targets: vec![target], tags: with.clone(), removed }
    }

    fn db() -> TagTarget {
        TagTarget::object(path("acme/main/db"))
    }

    #[test]
    fn tags_come_change_and_go_and_the_same_again_is_no_event() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let team = tags(&[("team", "ops")]);
        assert_eq!(world.by("root", command(db(), &team, &[])).unwrap().len(), 1);
        assert_eq!(world.by("root", command(db(), &team, &[])).unwrap().len(), 0);
        // With a value only that value goes.
        assert_eq!(world.by("root", command(db(), &Tags::new(), &[("team", Some("dev"))])).unwrap().len(), 0);
        assert_eq!(world.state.tags(&db()), &team);
        world.by("root", command(db(), &Tags::new(), &[("team", Some("ops"))])).unwrap();
        assert!(world.state.tags(&db()).is_empty() && world.state.tagged().is_empty());
    }

    #[test]
    fn applications_of_a_name_have_tags_of_their_own() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let (all, one) = (
            TagTarget::applications(path("acme/main"), "switch"),
            TagTarget::object(path("acme/main/db/switch")),
        );
        world.by("root", command(all.clone(), &tags(&[("a", "1")]), &[])).unwrap();
        world.by("root", command(one.clone(), &tags(&[("a", "2")]), &[])).unwrap();
        assert_eq!((&world.state.tags(&all)["a"], &world.state.tags(&one)["a"]), (&"1".into(), &"2".into()));
        let nobody = TagTarget::applications(path("acme/main"), "other");
        refused(world.by("root", command(nobody, &tags(&[("a", "1")]), &[])), "not_found", "other");
    }

    #[test]
    fn tags_go_with_their_server() {
        // TG-2
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let copy = TagTarget::object(path("acme/main/db/switch"));
        for target in [db(), copy.clone()] {
            world.by("root", command(target, &tags(&[("a", "1")]), &[])).unwrap();
        }
        world.by("root", Command::RemoveServer { server: path("acme/main/db") }).unwrap();
        assert!(world.state.tagged().is_empty());
    }

    #[test]
    fn counts_keys_and_rights_are_bounds() {
        // TG-1
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let many =
            |from: usize, to: usize| (from..to).map(|n| (format!("k{n}"), String::new())).collect::<Tags>();
        refused(world.by("root", command(db(), &many(0, TAGS_MAX + 1), &[])), "limit_reached", "51 tags");
        world.by("root", command(db(), &many(0, TAGS_MAX), &[])).unwrap();
        // One goes as another comes.
        world.by("root", command(db(), &many(TAGS_MAX, TAGS_MAX + 1), &[("k0", None)])).unwrap();
        refused(world.by("root", command(db(), &tags(&[("one", "more")]), &[])), "limit_reached", "51 tags");
        refused(world.by("root", command(db(), &tags(&[("aws:a", "b")]), &[])), "invalid", "begin with");
        refused(world.by("nobody", command(db(), &tags(&[("a", "b")]), &[])), "forbidden", "operate");
        let targets = vec![db(); TARGETS_MAX + 1];
        let command = Command::TagObjects { targets, tags: Tags::new(), removed: BTreeMap::new() };
        refused(world.by("root", command), "invalid", "at most 1000");
    }
}
