//! Groups of logs and the streams in them, as AWS' tools make them.
//!
//! Here is which there are and how long their events are kept; the events are too many for a journal and lie in a
//! store of their own, by the number of their stream.
//!
//! Invariants
//! - LG-1: a tenant has at most `GROUPS_MAX` groups and `STREAMS_MAX` streams.
//! - LG-2: a stream's number is never another's, in any tenant, whatever is deleted: what was put into one that is gone is seen
//!   by nobody.
//! - LG-3: a group has at most `FILTERS_MAX` metric filters.
//!
//! Elsewhere: the events (`topmast-logs`); AWS' operations (`topmast-master`).

use crate::rejection::check_tenant;
use crate::{Rejection, State, tag};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::id::Seq;
use topmast_model::log_group::{
    LogGroupChange, LogGroupOrder, LogGroupSpec, RESERVED, RETENTIONS, is_group_name, is_stream_name,
};
use topmast_model::metric_filter::{FILTER_DIMENSIONS_MAX, MetricFilter, PATTERN_MAX, is_filter_name};
use topmast_model::path::ObjectPath;
use topmast_model::tag::TAGS_MAX;
use topmast_model::time::UnixMillis;

/// Most groups of a tenant.
const GROUPS_MAX: usize = 5_000;
/// Most streams of a tenant: they lie in memory.
const STREAMS_MAX: usize = 50_000;
/// Most metric filters of a group, as at AWS: each looks at every message.
const FILTERS_MAX: usize = 100;

/// A group of logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// What was said of it, with the tags of now.
    pub spec: LogGroupSpec,
    /// When it was made.
    pub created_at: UnixMillis,
    /// For how many days its events are kept; for ever when missing.
    pub retention_days: Option<u32>,
    /// Its streams, by name.
    pub streams: BTreeMap<String, LogStream>,
    /// What makes metrics of its messages, by name.
    pub filters: BTreeMap<String, KeptFilter>,
}

/// A metric filter of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFilter {
    /// What it does.
    pub spec: MetricFilter,
    /// When it was put first.
    pub created_at: UnixMillis,
}

/// A stream of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStream {
    /// Its number: the place in the journal where it was made (LG-2).
    pub number: u64,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// Groups of one tenant, by name.
pub type LogGroups = BTreeMap<String, LogGroup>;

static NONE: LogGroups = BTreeMap::new();

impl State {
    /// The groups of logs of a tenant.
    pub fn log_groups(&self, tenant: &ObjectPath) -> &LogGroups {
        self.log_groups.get(tenant.as_str()).unwrap_or(&NONE)
    }

    /// The groups of logs of all tenants, by tenant.
    pub fn all_log_groups(&self) -> &BTreeMap<String, LogGroups> {
        &self.log_groups
    }
}

/// Decides `ChangeLogGroup`.
pub(crate) fn change(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    order: &LogGroupOrder,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let groups = state.log_groups(tenant);
    let change = if let LogGroupOrder::Create { spec } = order {
        Some(create(groups, tenant, name, spec)?)
    } else {
        let group = groups.get(name).ok_or_else(|| Rejection::no_log("log group", name))?;
        of_one(groups, group, order)?
    };
    let event = |change| EventBody::LogGroupChanged { tenant: tenant.clone(), name: name.to_owned(), change };
    Ok(change.map(event).into_iter().collect())
}

fn create(
    groups: &LogGroups,
    tenant: &ObjectPath,
    name: &str,
    spec: &LogGroupSpec,
) -> Result<LogGroupChange, Rejection> {
    if !is_group_name(name) {
        return Err(Rejection::invalid("name", "has 1 to 512 letters, digits and . - _ / #"));
    }
    if name.starts_with(RESERVED) {
        return Err(Rejection::invalid("name", format!("what begins with {RESERVED} is the fleet's own")));
    }
    if groups.contains_key(name) {
        return Err(Rejection::conflict(format!("there is a log group {name} already")));
    }
    check_tags(&spec.tags)?;
    if groups.len() >= GROUPS_MAX {
        return Err(Rejection::limit(format!("{tenant} has {GROUPS_MAX} log groups; delete some first")));
    }
    Ok(LogGroupChange::Created { spec: spec.clone() })
}

/// What an order makes of a group that is there; nothing when it is so already.
fn of_one(
    groups: &LogGroups,
    group: &LogGroup,
    order: &LogGroupOrder,
) -> Result<Option<LogGroupChange>, Rejection> {
    Ok(match order {
        LogGroupOrder::Create { .. } => None,
        LogGroupOrder::Delete if group.spec.is_protected => {
            return Err(Rejection::invalid("name", "the log group is protected; take that back first"));
        }
        LogGroupOrder::Delete => Some(LogGroupChange::Deleted),
        LogGroupOrder::Retain { days } => {
            if days.is_some_and(|days| !RETENTIONS.contains(&days)) {
                return Err(Rejection::invalid("days", format!("is one of {RETENTIONS:?}")));
            }
            (group.retention_days != *days).then_some(LogGroupChange::Retained { days: *days })
        }
        LogGroupOrder::Protect { is_protected } => (group.spec.is_protected != *is_protected)
            .then_some(LogGroupChange::Protected { is_protected: *is_protected }),
        LogGroupOrder::Tag { tags, removed } => {
            let wanted = tag::merged(&group.spec.tags, tags, removed);
            check_tags(&wanted)?;
            (wanted != group.spec.tags).then_some(LogGroupChange::Tagged { tags: wanted })
        }
        LogGroupOrder::CreateStream { stream } => {
            if !is_stream_name(stream) {
                return Err(Rejection::invalid("stream", "has 1 to 512 characters, no : and no *"));
            }
            if group.streams.contains_key(stream) {
                return Err(Rejection::conflict(format!("there is a log stream {stream} already")));
            }
            let streams: usize = groups.values().map(|group| group.streams.len()).sum();
            if streams >= STREAMS_MAX {
                return Err(Rejection::limit(format!(
                    "there are {STREAMS_MAX} log streams; delete some first"
                )));
            }
            Some(LogGroupChange::StreamCreated { stream: stream.clone() })
        }
        LogGroupOrder::DeleteStream { stream } => {
            if !group.streams.contains_key(stream) {
                return Err(Rejection::no_log("log stream", stream));
            }
            Some(LogGroupChange::StreamDeleted { stream: stream.clone() })
        }
        LogGroupOrder::PutFilter { filter, spec } => put_filter(group, filter, spec)?,
        LogGroupOrder::DeleteFilter { filter } => {
            if !group.filters.contains_key(filter) {
                return Err(Rejection::no_log("metric filter", filter));
            }
            Some(LogGroupChange::FilterDeleted { filter: filter.clone() })
        }
    })
}

fn put_filter(
    group: &LogGroup,
    filter: &str,
    spec: &MetricFilter,
) -> Result<Option<LogGroupChange>, Rejection> {
    if !is_filter_name(filter) {
        return Err(Rejection::invalid("filter", "has 1 to 512 characters, no : and no *"));
    }
    let is_long = spec.pattern.chars().nth(PATTERN_MAX).is_some();
    if is_long || spec.metric.dimensions.len() > FILTER_DIMENSIONS_MAX {
        return Err(Rejection::invalid(
            "spec",
            format!(
                "has a pattern of {PATTERN_MAX} characters and {FILTER_DIMENSIONS_MAX} dimensions at most"
            ),
        ));
    }
    let kept = group.filters.get(filter);
    if kept.is_none() && group.filters.len() >= FILTERS_MAX {
        return Err(Rejection::limit(format!("there are {FILTERS_MAX} metric filters; delete some first")));
    }
    let is_so = kept.is_some_and(|kept| kept.spec == *spec);
    Ok((!is_so).then(|| LogGroupChange::FilterPut { filter: filter.to_owned(), spec: spec.clone() }))
}

/// Decides `ForgetLogGroups`.
pub(crate) fn forget(state: &State, tenant: &ObjectPath) -> Vec<EventBody> {
    if state.log_groups(tenant).is_empty() {
        return Vec::new();
    }
    vec![EventBody::LogGroupsForgotten { tenant: tenant.clone() }]
}

/// Applies `LogGroupChanged`.
pub(crate) fn changed(
    state: &mut State,
    tenant: &ObjectPath,
    name: &str,
    change: &LogGroupChange,
    seq: Seq,
    time: UnixMillis,
) {
    if let LogGroupChange::Created { spec } = change {
        let group = LogGroup {
            spec: spec.clone(),
            created_at: time,
            retention_days: None,
            streams: BTreeMap::new(),
            filters: BTreeMap::new(),
        };
        state.log_groups.entry(tenant.as_str().to_owned()).or_default().insert(name.to_owned(), group);
        return;
    }
    let Some(groups) = state.log_groups.get_mut(tenant.as_str()) else { return };
    let Some(group) = groups.get_mut(name) else { return };
    match change {
        LogGroupChange::Created { .. } => {}
        LogGroupChange::Deleted => {
            groups.remove(name);
            if groups.is_empty() {
                state.log_groups.remove(tenant.as_str());
            }
        }
        LogGroupChange::Retained { days } => group.retention_days = *days,
        LogGroupChange::Protected { is_protected } => group.spec.is_protected = *is_protected,
        LogGroupChange::Tagged { tags } => group.spec.tags.clone_from(tags),
        LogGroupChange::StreamCreated { stream } => {
            group.streams.insert(stream.clone(), LogStream { number: seq.0, created_at: time });
        }
        LogGroupChange::StreamDeleted { stream } => {
            group.streams.remove(stream);
        }
        LogGroupChange::FilterPut { filter, spec } => {
            let created_at = group.filters.get(filter).map_or(time, |kept| kept.created_at);
            group.filters.insert(filter.clone(), KeptFilter { spec: spec.clone(), created_at });
        }
        LogGroupChange::FilterDeleted { filter } => {
            group.filters.remove(filter);
        }
    }
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Rejection> {
    if tags.len() <= TAGS_MAX {
        return Ok(());
    }
    Err(Rejection::invalid("tags", format!("a log group has at most {TAGS_MAX}")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fixture::path;
    use topmast_model::metric_filter::FilteredMetric;

    /// One of several filters.
    pub(crate) fn some_filter(number: u8) -> MetricFilter {
        MetricFilter {
            pattern: format!("{{ $.status = {number} }}"),
            metric: FilteredMetric {
                namespace: "Shop".to_owned(),
                name: "Refused".to_owned(),
                value: "$.ms".to_owned(),
                default: Some(number.to_string()),
                unit: None,
                dimensions: BTreeMap::new(),
            },
            is_on_transformed: false,
        }
    }

    /// A state, and the number of the next event.
    struct World(State, u64);

    impl World {
        fn order(&mut self, name: &str, order: &LogGroupOrder) -> Result<usize, Rejection> {
            let events = change(&self.0, &path("acme"), name, order)?;
            for event in &events {
                let EventBody::LogGroupChanged { tenant, name, change } = event else { continue };
                changed(&mut self.0, tenant, name, change, Seq(self.1), UnixMillis(7));
                self.1 += 1;
            }
            Ok(events.len())
        }

        fn create(&mut self, name: &str) -> Result<usize, Rejection> {
            self.order(name, &LogGroupOrder::Create { spec: LogGroupSpec::default() })
        }

        fn stream(&mut self, name: &str, stream: &str) -> Result<usize, Rejection> {
            self.order(name, &LogGroupOrder::CreateStream { stream: stream.to_owned() })
        }

        fn number(&self, name: &str, stream: &str) -> u64 {
            self.0.log_groups(&path("acme"))[name].streams[stream].number
        }
    }

    #[test]
    fn a_stream_made_again_is_another() {
        // LG-2
        let mut world = World(State::default(), 1);
        world.create("a").unwrap();
        world.stream("a", "s").unwrap();
        let first = world.number("a", "s");
        assert!(matches!(world.stream("a", "s"), Err(Rejection::Conflict { .. })));
        world.order("a", &LogGroupOrder::DeleteStream { stream: "s".into() }).unwrap();
        world.stream("a", "s").unwrap();
        let second = world.number("a", "s");
        world.order("a", &LogGroupOrder::Delete).unwrap();
        world.create("a").unwrap();
        world.stream("a", "s").unwrap();
        assert!(first < second && second < world.number("a", "s"));
    }

    #[test]
    fn what_is_so_already_is_no_event_and_what_is_not_there_is_named() {
        let mut world = World(State::default(), 1);
        let days = |days| LogGroupOrder::Retain { days };
        assert!(matches!(world.order("a", &days(None)), Err(Rejection::NotFound { what: "log group", .. })));
        world.create("a").unwrap();
        assert!(matches!(world.create("a"), Err(Rejection::Conflict { .. })));
        assert_eq!(world.order("a", &days(Some(7))).unwrap(), 1);
        assert_eq!(world.order("a", &days(Some(7))).unwrap(), 0);
        assert!(matches!(world.order("a", &days(Some(8))), Err(Rejection::Invalid { .. })));
        let gone = LogGroupOrder::DeleteStream { stream: "s".into() };
        assert!(matches!(world.order("a", &gone), Err(Rejection::NotFound { what: "log stream", .. })));
        world.order("a", &LogGroupOrder::Protect { is_protected: true }).unwrap();
        assert!(world.order("a", &LogGroupOrder::Delete).is_err());
        world.order("a", &LogGroupOrder::Protect { is_protected: false }).unwrap();
        assert_eq!(world.order("a", &LogGroupOrder::Delete).unwrap(), 1);
        assert!(world.0.all_log_groups().is_empty());
    }

    #[test]
    fn names_and_counts_are_bounded() {
        // LG-1
        let mut world = World(State::default(), 1);
        for name in ["", "a b", "a:b", "\u{e9}", "/topmast/switch", &"a".repeat(513)] {
            assert!(world.create(name).is_err(), "{name}");
        }
        world.create("/aws/lambda/f#1").unwrap();
        for stream in ["", "a:b", "a*b", &"\u{e9}".repeat(513)] {
            assert!(world.stream("/aws/lambda/f#1", stream).is_err(), "{stream}");
        }
        for number in 0..STREAMS_MAX {
            let groups = world.0.log_groups.get_mut("acme").unwrap();
            let stream = LogStream { number: number as u64, created_at: UnixMillis(7) };
            groups.get_mut("/aws/lambda/f#1").unwrap().streams.insert(number.to_string(), stream);
        }
        assert!(matches!(world.stream("/aws/lambda/f#1", "more"), Err(Rejection::LimitReached { .. })));
        let many = (0..=TAGS_MAX).map(|number| (number.to_string(), String::new())).collect();
        let order = LogGroupOrder::Tag { tags: many, removed: Vec::new() };
        assert!(world.order("/aws/lambda/f#1", &order).is_err());
    }

    #[test]
    fn filters_are_put_once_kept_since_the_first_and_bounded() {
        // LG-3
        let mut world = World(State::default(), 1);
        world.create("a").unwrap();
        let spec = some_filter(1);
        let put = |filter: &str, spec: &MetricFilter| LogGroupOrder::PutFilter {
            filter: filter.to_owned(),
            spec: spec.clone(),
        };
        assert_eq!(world.order("a", &put("f0", &spec)).unwrap(), 1);
        assert_eq!(world.order("a", &put("f0", &spec)).unwrap(), 0);
        for number in 1..FILTERS_MAX {
            world.order("a", &put(&format!("f{number}"), &spec)).unwrap();
        }
        assert!(matches!(world.order("a", &put("more", &spec)), Err(Rejection::LimitReached { .. })));
        assert_eq!(world.order("a", &put("f0", &some_filter(2))).unwrap(), 1);
        let mut wide = spec.clone();
        wide.metric.dimensions = (0..4).map(|number| (number.to_string(), "$.a".to_owned())).collect();
        let long = MetricFilter { pattern: "x".repeat(1_025), ..spec.clone() };
        for (name, wrong) in [("f0", &wide), ("f0", &long), ("a:b", &spec), ("", &spec)] {
            assert!(matches!(world.order("a", &put(name, wrong)), Err(Rejection::Invalid { .. })), "{name}");
        }
        let gone = LogGroupOrder::DeleteFilter { filter: "f1".into() };
        assert_eq!(world.order("a", &gone).unwrap(), 1);
        assert!(matches!(world.order("a", &gone), Err(Rejection::NotFound { what: "metric filter", .. })));
        let kept = &world.0.log_groups(&path("acme"))["a"].filters;
        assert_eq!((kept.len(), &kept["f0"].spec), (FILTERS_MAX - 1, &some_filter(2)));
    }
}
