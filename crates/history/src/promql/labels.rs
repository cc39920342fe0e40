//! The labels of a series while a query works with them: shared, and cheap to take the name from.

use crate::labels::{self as packed, labels_of};
use crate::matcher::METRIC_NAME;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash, Hasher};

/// The labels of one series. Taking its name away costs nothing.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    packed: packed::Labels,
    named: bool,
}

impl Labels {
    pub(super) fn new(packed: packed::Labels) -> Self {
        Self { packed, named: true }
    }

    /// No labels at all.
    pub(super) fn none() -> Self {
        Self::of("", [])
    }

    /// - `labels`: ascending by name.
    fn of<'a>(metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::new(packed::Labels::packed(metric, labels))
    }

    /// The same without the metric's name.
    pub(super) fn without_name(&self) -> Self {
        Self { packed: self.packed.clone(), named: false }
    }

    /// The name of the metric; empty when there is none.
    pub(super) fn name(&self) -> &str {
        if self.named { self.packed.metric() } else { "" }
    }

    /// The name of the metric, whether it was taken away or not.
    pub(super) fn origin(&self) -> &str {
        self.packed.metric()
    }

    /// The value of a label, `__name__` too; empty when there is none.
    pub(super) fn get(&self, label: &str) -> &str {
        if label == METRIC_NAME {
            return self.name();
        }
        self.pairs().find(|(name, _)| *name == label).map_or("", |(_, value)| value)
    }

    /// All labels but the name, ascending.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        labels_of(self.packed.after_metric())
    }

    /// As an answer has them.
    pub(super) fn into_packed(self) -> packed::Labels {
        if self.named || self.packed.metric().is_empty() {
            return self.packed;
        }
        self.packed.with_metric("")
    }

    /// Labels with some of them set, or removed where the value is empty.
    pub(super) fn with<'a>(&self, changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut name = self.name();
        let mut labels: Vec<(&str, &str)> = self.pairs().collect();
        for (label, value) in changes {
            if label == METRIC_NAME {
                name = value;
                continue;
            }
            labels.retain(|(known, _)| *known != label);
            if !value.is_empty() {
                labels.push((label, value));
            }
        }
        labels.sort_unstable();
        Self::of(name, labels)
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
            && (self.packed.is(&other.packed) || self.packed.after_metric() == other.packed.after_metric())
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
        self.packed.after_metric().hash(state);
    }
}

impl Ord for Labels {
    /// As Prometheus orders labels, where the name is a label like others.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        fn all(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
            let name = labels.name();
            let before = labels.pairs().take_while(|(label, _)| *label < METRIC_NAME);
            let after = labels.pairs().skip_while(|(label, _)| *label < METRIC_NAME);
            before.chain((!name.is_empty()).then_some((METRIC_NAME, name))).chain(after)
        }
        all(self).cmp(all(other))
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Which labels tell groups of series apart.
#[derive(Debug, Clone)]
pub(super) enum Projection {
    /// These alone.
    By(Vec<Box<str>>),
    /// All but these and the name.
    Without(Vec<Box<str>>),
}

impl Projection {
    pub(super) fn keeps(&self, label: &str) -> bool {
        match self {
            Self::By(names) => names.iter().any(|name| **name == *label),
            Self::Without(names) => label != METRIC_NAME && !names.iter().any(|name| **name == *label),
        }
    }

    /// The labels that are kept.
    pub(super) fn of(&self, labels: &Labels) -> Labels {
        let metric = if self.keeps(METRIC_NAME) { labels.name() } else { "" };
        Labels::of(metric, labels.pairs().filter(|(name, _)| self.keeps(name)))
    }

    /// Whether both are of one group.
    fn same(&self, one: &Labels, other: &Labels) -> bool {
        match self {
            Self::By(names) => names.iter().all(|name| one.get(name) == other.get(name)),
            Self::Without(_) => self.others(one).eq(self.others(other)),
        }
    }

    fn hash(&self, labels: &Labels, state: &mut impl Hasher) {
        match self {
            Self::By(names) => names.iter().for_each(|name| labels.get(name).hash(state)),
            Self::Without(_) => self.others(labels).for_each(|pair| pair.hash(state)),
        }
    }

    /// All that are kept but the name.
    fn others<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = (&'a str, &'a str)> {
        labels.pairs().filter(|(label, _)| self.keeps(label))
    }
}

/// Series put into groups by a projection of their labels, each hashed once.
pub(super) struct Groups<'a> {
    projection: &'a Projection,
    hasher: FixedState,
    table: HashTable<usize>,
    /// One member of each group, the first that came.
    pub(super) first: Vec<&'a Labels>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(projection: &'a Projection) -> Self {
        Self { projection, hasher: FixedState::default(), table: HashTable::new(), first: Vec::new() }
    }

    /// The group of a series, made when there is none.
    pub(super) fn insert(&mut self, labels: &'a Labels) -> usize {
        let hash = self.hash(labels);
        if let Some(found) = self.look_up(hash, labels) {
            return found;
        }
        let group = self.first.len();
        self.first.push(labels);
        let Self { projection, hasher, table, first } = self;
        table.insert_unique(hash, group, |&group| {
            first.get(group).map_or(0, |labels| hash_of(hasher, projection, labels))
        });
        group
    }

    /// The group of a series, if there is one.
    pub(super) fn find(&self, labels: &Labels) -> Option<usize> {
        self.look_up(self.hash(labels), labels)
    }

    fn hash(&self, labels: &Labels) -> u64 {
        hash_of(&self.hasher, self.projection, labels)
    }

    fn look_up(&self, hash: u64, labels: &Labels) -> Option<usize> {
        let same =
            |&group: &usize| self.first.get(group).is_some_and(|first| self.projection.same(first, labels));
        self.table.find(hash, same).copied()
    }
}

fn hash_of(hasher: &FixedState, projection: &Projection, labels: &Labels) -> u64 {
    let mut state = hasher.build_hasher();
    projection.hash(labels, &mut state);
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(metric: &str, pairs: &[(&str, &str)]) -> Labels {
        Labels::of(metric, pairs.iter().copied())
    }

    #[test]
    fn without_name_is_equal_to_a_series_that_has_none() {
        let plain = labels("", &[("a", "1")]);
        let named = labels("up", &[("a", "1")]);
        assert_ne!(plain, named);
        assert_eq!(plain, named.without_name());
        assert_eq!(named.without_name().into_packed(), plain.into_packed());
    }

    #[test]
    fn with_sets_removes_and_renames() {
        let changed =
            labels("up", &[("a", "1"), ("b", "2")]).with([("a", ""), ("c", "3"), (METRIC_NAME, "x")]);
        assert_eq!(changed, labels("x", &[("b", "2"), ("c", "3")]));
    }

    #[test]
    fn groups_follow_the_kept_labels() {
        let series = [
            labels("x", &[("a", "1"), ("b", "1")]),
            labels("y", &[("a", "1"), ("b", "2")]),
            labels("x", &[("a", "2"), ("b", "1")]),
        ];
        let grouped = |projection: &Projection| {
            let mut groups = Groups::new(projection);
            series.iter().map(|labels| groups.insert(labels)).collect::<Vec<_>>()
        };
        assert_eq!(grouped(&Projection::By(vec!["a".into()])), [0, 0, 1]);
        assert_eq!(grouped(&Projection::By(vec![METRIC_NAME.into()])), [0, 1, 0]);
        assert_eq!(grouped(&Projection::Without(vec!["a".into()])), [0, 1, 0]);
        assert_eq!(grouped(&Projection::By(Vec::new())), [0, 0, 0]);
    }
}
