//! Dashboards as AWS' tools make them: a text that says what to draw, kept as it was put.
//!
//! Invariants
//! - DB-1: a tenant has at most `DASHBOARDS_MAX` dashboards, of `BODIES_MAX` bytes in all.
//!
//! Elsewhere: whether a text is one of a dashboard (`topmast-aws`, `dashboard`); AWS' operations (`topmast-master`).

use crate::rejection::check_tenant;
use crate::{Rejection, State, tag};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use topmast_model::dashboard::{BODY_MAX, DashboardOrder, NAMED_MAX, is_name};
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::tag::TAGS_MAX;
use topmast_model::time::UnixMillis;

/// Most dashboards of a tenant.
const DASHBOARDS_MAX: usize = 1_000;
/// Bytes of all texts of a tenant: they lie in memory.
const BODIES_MAX: usize = 16 << 20;

/// A dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// What it draws, as JSON.
    pub body: Arc<str>,
    /// When that was put.
    pub put_at: UnixMillis,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Dashboards of one tenant, by name.
pub type Dashboards = BTreeMap<String, Dashboard>;

static NONE: Dashboards = BTreeMap::new();

impl State {
    /// All dashboards, by tenant and name.
    pub fn all_dashboards(&self) -> impl Iterator<Item = (ObjectPath, &str, &Dashboard)> {
        self.dashboards.iter().filter_map(|(tenant, all)| Some((tenant.parse().ok()?, all))).flat_map(
            |(tenant, all): (ObjectPath, &Dashboards)| {
                all.iter().map(move |(name, kept)| (tenant.clone(), name.as_str(), kept))
            },
        )
    }

    /// The dashboards of a tenant.
    pub fn dashboards(&self, tenant: &ObjectPath) -> &Dashboards {
        self.dashboards.get(tenant.as_str()).unwrap_or(&NONE)
    }
}

/// Decides `ChangeDashboards`.
pub(crate) fn change(
    state: &State,
    tenant: &ObjectPath,
    order: &DashboardOrder,
) -> Result<Vec<EventBody>, Rejection> {
    match order {
        DashboardOrder::Put { name, body, tags } => put(state, tenant, name, body, tags),
        DashboardOrder::Delete { names } => delete(state, tenant, names),
        DashboardOrder::Tag { name, tags, removed } => tag(state, tenant, name, tags, removed),
    }
}

/// Of one that is there the tags stay.
fn put(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    body: &Arc<str>,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    if !is_name(name) {
        return Err(Rejection::invalid("name", "has 1 to 255 letters, digits, dashes and underscores"));
    }
    if body.len() > BODY_MAX {
        return Err(Rejection::invalid(
            "body",
            format!("has at most {BODY_MAX} bytes; this has {}", body.len()),
        ));
    }
    if tags.len() > TAGS_MAX {
        return Err(Rejection::invalid("tags", format!("a dashboard has at most {TAGS_MAX}")));
    }
    let dashboards = state.dashboards(tenant);
    let kept = dashboards.get(name);
    if kept.is_some_and(|kept| kept.body == *body) {
        return Ok(Vec::new());
    }
    if kept.is_none() && dashboards.len() >= DASHBOARDS_MAX {
        return Err(Rejection::limit(format!("{tenant} has {DASHBOARDS_MAX} dashboards; delete some first")));
    }
    let others = dashboards.iter().filter(|(other, _)| other.as_str() != name);
    let bytes: usize = others.map(|(_, dashboard)| dashboard.body.len()).sum();
    if bytes + body.len() > BODIES_MAX {
        return Err(Rejection::limit(format!(
            "the dashboards of {tenant} have {bytes} bytes; {BODIES_MAX} are the most"
        )));
    }
    let tags = if kept.is_some() { BTreeMap::new() } else { tags.clone() };
    Ok(vec![EventBody::DashboardPut {
        tenant: tenant.clone(),
        name: name.to_owned(),
        body: Arc::clone(body),
        tags,
    }])
}

/// All of them or none.
fn delete(state: &State, tenant: &ObjectPath, names: &[String]) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    if names.len() > NAMED_MAX {
        return Err(Rejection::invalid("names", format!("at most {NAMED_MAX} at once")));
    }
    let dashboards = state.dashboards(tenant);
    if let Some(name) = names.iter().find(|name| !dashboards.contains_key(*name)) {
        return Err(missing(name));
    }
    let names: BTreeSet<&String> = names.iter().collect();
    Ok(names
        .into_iter()
        .map(|name| EventBody::DashboardDeleted { tenant: tenant.clone(), name: name.clone() })
        .collect())
}

fn tag(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    tags: &BTreeMap<String, String>,
    removed: &[String],
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let kept = state.dashboards(tenant).get(name).ok_or_else(|| missing(name))?;
    let wanted = tag::merged(&kept.tags, tags, removed);
    if wanted.len() > TAGS_MAX {
        return Err(Rejection::invalid("tags", format!("a dashboard has at most {TAGS_MAX}")));
    }
    if wanted == kept.tags {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::DashboardTagged { tenant: tenant.clone(), name: name.to_owned(), tags: wanted }])
}

/// Decides `ForgetDashboards`.
pub(crate) fn forget(state: &State, tenant: &ObjectPath) -> Vec<EventBody> {
    if state.dashboards(tenant).is_empty() {
        return Vec::new();
    }
    vec![EventBody::DashboardsForgotten { tenant: tenant.clone() }]
}

/// Applies `DashboardPut`.
pub(crate) fn was_put(
    state: &mut State,
    tenant: &ObjectPath,
    name: &str,
    body: &Arc<str>,
    tags: &BTreeMap<String, String>,
    time: UnixMillis,
) {
    let dashboards = state.dashboards.entry(tenant.as_str().to_owned()).or_default();
    let tags = dashboards.get(name).map_or_else(|| tags.clone(), |kept| kept.tags.clone());
    dashboards.insert(name.to_owned(), Dashboard { body: Arc::clone(body), put_at: time, tags });
}

/// Applies `DashboardDeleted`.
pub(crate) fn deleted(state: &mut State, tenant: &ObjectPath, name: &str) {
    if let Some(dashboards) = state.dashboards.get_mut(tenant.as_str()) {
        dashboards.remove(name);
        if dashboards.is_empty() {
            state.dashboards.remove(tenant.as_str());
        }
    }
}

/// Applies `DashboardTagged`.
pub(crate) fn tagged(state: &mut State, tenant: &ObjectPath, name: &str, tags: &BTreeMap<String, String>) {
    if let Some(kept) = state.dashboards.get_mut(tenant.as_str()).and_then(|all| all.get_mut(name)) {
        kept.tags.clone_from(tags);
    }
}

fn missing(name: &str) -> Rejection {
    Rejection::no_dashboard(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::path;

    fn applied(state: &mut State, events: Vec<EventBody>) -> usize {
        let count = events.len();
        for event in events {
            match event {
                EventBody::DashboardPut { tenant, name, body, tags } => {
                    was_put(state, &tenant, &name, &body, &tags, UnixMillis(1));
                }
                EventBody::DashboardDeleted { tenant, name } => deleted(state, &tenant, &name),
                EventBody::DashboardTagged { tenant, name, tags } => tagged(state, &tenant, &name, &tags),
                _ => {}
            }
        }
        count
    }

    fn put_one(state: &mut State, name: &str, body: &str) -> Result<usize, Rejection> {
        let events = put(state, &path("acme"), name, &Arc::from(body), &BTreeMap::new())?;
        Ok(applied(state, events))
    }

    #[test]
    fn the_same_text_again_is_no_event_and_another_keeps_the_tags() {
        let (mut state, tenant) = (State::default(), path("acme"));
        assert_eq!(put_one(&mut state, "a", "{}").unwrap(), 1);
        assert_eq!(put_one(&mut state, "a", "{}").unwrap(), 0);
        let tags = BTreeMap::from([("team".to_owned(), "ops".to_owned())]);
        let events = tag(&state, &tenant, "a", &tags, &[]).unwrap();
        assert_eq!(applied(&mut state, events), 1);
        assert_eq!(put_one(&mut state, "a", "{ }").unwrap(), 1);
        let kept = &state.dashboards(&tenant)["a"];
        assert_eq!((&*kept.body, &kept.tags), ("{ }", &tags));
        let events = tag(&state, &tenant, "a", &BTreeMap::new(), &["team".into()]).unwrap();
        applied(&mut state, events);
        assert!(state.dashboards(&tenant)["a"].tags.is_empty());
    }

    #[test]
    fn of_several_all_go_or_none() {
        let (mut state, tenant) = (State::default(), path("acme"));
        put_one(&mut state, "a", "{}").unwrap();
        assert!(delete(&state, &tenant, &["a".into(), "b".into()]).is_err());
        let events = delete(&state, &tenant, &["a".into(), "a".into()]).unwrap();
        assert_eq!(applied(&mut state, events), 1);
        assert!(state.dashboards(&tenant).is_empty());
    }

    #[test]
    fn names_sizes_and_counts_are_bounded() {
        let mut state = State::default();
        for name in ["", "a b", "a/b", "\u{e9}", &"a".repeat(256)] {
            assert!(put_one(&mut state, name, "{}").is_err(), "{name}");
        }
        assert!(put_one(&mut state, "a", &" ".repeat(BODY_MAX + 1)).is_err());
        let full = " ".repeat(BODY_MAX);
        for number in 0..BODIES_MAX / BODY_MAX {
            put_one(&mut state, &number.to_string(), &full).unwrap();
        }
        assert!(matches!(put_one(&mut state, "more", "{}"), Err(Rejection::LimitReached { .. })));
        assert_eq!(put_one(&mut state, "0", "{}").unwrap(), 1, "in place of a larger one");
    }
}
