//! The series that a principal may read: those of objects inside the paths of its grants.
//!
//! The labels `tenant`, `cluster`, `server`, `application` and `service` are the path of a series. One without
//! them, as other ways in make it, is for those who may read everything.
//!
//! Invariant
//! - V-1: nothing that is not visible leaves this file; an aggregation over everything is one over what is visible.

use crate::history::History;
use std::collections::BTreeSet;
use topmast_history::{Budget, Matcher, Selection, SeriesSamples, Source, SourceError};
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};
use topmast_model::sample::Series;

/// Labels that make the path of a series, the highest level first.
const LEVELS: [&str; 5] = ["tenant", "cluster", "server", "application", "service"];
/// Paths up to which the store is asked for less beforehand. More of them are filtered afterwards only.
const NARROWED_MAX: usize = 100;

/// A history as one principal sees it.
pub(crate) struct Visible<'a> {
    history: &'a History,
    paths: &'a Paths,
}

/// What a principal may read.
#[derive(Debug, Clone)]
pub(crate) enum Paths {
    Everything,
    /// The names of each path, the tenant first.
    Inside(Vec<Vec<Box<str>>>),
}

impl Paths {
    pub(crate) fn of(principal: &Principal) -> Self {
        if principal.may(Right::Read, None) {
            return Self::Everything;
        }
        let grants = principal.grants.iter().filter(|grant| grant.role.has(Right::Read));
        let paths: BTreeSet<&ObjectPath> = grants.filter_map(|grant| grant.path.as_ref()).collect();
        Self::inside(paths)
    }

    /// Only what is inside of these.
    pub(crate) fn inside<'a>(paths: impl IntoIterator<Item = &'a ObjectPath>) -> Self {
        Self::Inside(
            paths.into_iter().map(|path| path.as_str().split('/').map(Into::into).collect()).collect(),
        )
    }

    fn contain(&self, series: &Series) -> bool {
        self.contain_labels(|label| series.label(label).unwrap_or_default())
    }

    /// - `own`: the value of a label of a series, empty when it has none; names of paths are never empty.
    fn contain_labels<'a>(&self, own: impl Fn(&str) -> &'a str) -> bool {
        let Self::Inside(paths) = self else { return true };
        let inside =
            |names: &Vec<Box<str>>| LEVELS.iter().zip(names).all(|(label, name)| *own(label) == **name);
        paths.iter().any(inside)
    }

    /// Conditions that every visible series meets, so that the store need not read what is filtered anyway.
    fn narrowing(&self) -> Vec<Matcher> {
        let Self::Inside(paths) = self else { return Vec::new() };
        if paths.len() > NARROWED_MAX {
            return Vec::new();
        }
        let level = |(level, label): (usize, &&str)| {
            // A path that ends above says nothing of this label.
            let names: Option<BTreeSet<&str>> =
                paths.iter().map(|path| path.get(level).map(AsRef::as_ref)).collect();
            let names: Vec<&str> = names?.into_iter().collect();
            match names[..] {
                [name] => Some(Matcher::equal(label, name)),
                // Of what names are made of, these alone mean something in an expression.
                _ => Matcher::matching(label, &names.join("|").replace('.', "\\.").replace('+', "\\+")).ok(),
            }
        };
        LEVELS.iter().enumerate().filter_map(level).collect()
    }
}

impl<'a> Visible<'a> {
    pub(crate) fn new(history: &'a History, paths: &'a Paths) -> Self {
        Self { history, paths }
    }

    /// The series that all matchers mean and that may have samples between two times, in ms.
    pub(crate) fn series(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<Series>, SourceError> {
        let mut found = self.history.series(&self.narrowed(matchers), times, budget)?;
        found.retain(|series| self.paths.contain(series));
        Ok(found)
    }

    /// The names of the labels of those series, ascending.
    pub(crate) fn label_names(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        if matches!(self.paths, Paths::Everything) {
            return self.history.label_names(matchers, times, budget);
        }
        let found = self.series(matchers, times, budget)?;
        let names = found.iter().flat_map(|series| series.labels.iter().map(|(name, _)| &**name));
        let metric = (!found.is_empty()).then_some(topmast_history::METRIC_NAME);
        let names: BTreeSet<&str> = names.chain(metric).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    /// The values of a label of those series, ascending.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        if matches!(self.paths, Paths::Everything) {
            return self.history.label_values(name, matchers, times, budget);
        }
        let found = self.series(matchers, times, budget)?;
        let value = |series: &'_ Series| match name {
            topmast_history::METRIC_NAME => Some(series.metric.to_string()),
            _ => series.label(name).map(str::to_owned),
        };
        let values: BTreeSet<String> =
            found.iter().filter_map(value).filter(|value| !value.is_empty()).collect();
        Ok(values.into_iter().collect())
    }

    fn narrowed(&self, matchers: &[Matcher]) -> Vec<Matcher> {
        matchers.iter().cloned().chain(self.paths.narrowing()).collect()
    }
}

impl Source for Visible<'_> {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        if matches!(self.paths, Paths::Everything) {
            return self.history.select(selection, budget);
        }
        let matchers = self.narrowed(selection.matchers);
        let mut found = self.history.select(&Selection { matchers: &matchers, ..*selection }, budget)?;
        found.retain(|samples| self.paths.contain_labels(|label| samples.series.get(label))); // V-1
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::principal::{Actor, Grant};

    fn paths(grants: &[&str]) -> Paths {
        let grants: Vec<Grant> = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        Paths::of(&Principal { actor: Actor::master(), grants })
    }

    fn series(path: &str) -> Series {
        Series::new("up", LEVELS.into_iter().zip(path.split('/')).filter(|(_, name)| !name.is_empty()))
    }

    #[test]
    fn series_are_visible_inside_the_paths_of_grants() {
        for (grants, path, visible) in [
            (&["viewer"][..], "", true),
            (&["viewer", "viewer:acme/main/db"], "", true),
            (&["viewer:acme"], "acme/main/db", true),
            (&["viewer:acme"], "acme", true),
            (&["viewer:acme"], "", false),
            (&["viewer:acme"], "acme2/main/db", false),
            (&["viewer:acme/main/db"], "acme/main/db/switch/AcqDB", true),
            (&["viewer:acme/main/db"], "acme/main/db2", false),
            (&["viewer:acme/main/db/switch"], "acme/main/db", false),
            (&["operator:acme/main/db/switch", "viewer:acme/south"], "acme/south/x", true),
            (&["operator:acme/main/db/switch", "viewer:acme/south"], "acme/main/x", false),
            (&[], "acme/main/db", false),
        ] {
            let paths = paths(grants);
            let series = series(path);
            assert_eq!(paths.contain(&series), visible, "{grants:?} {path}");
            let narrowing = paths.narrowing();
            let narrowed = narrowing.iter().all(|matcher| matcher.accepts_series(&series));
            assert!(narrowed || !visible, "{grants:?} {path}: {narrowing:?} is too narrow");
        }
    }

    #[test]
    fn store_is_asked_for_what_paths_have_in_common_only() {
        let narrowing = paths(&["viewer:acme/main/a.b", "viewer:acme/south/c+1/app"]).narrowing();
        let told: Vec<(&str, &str)> =
            narrowing.iter().map(|matcher| (&*matcher.name, &*matcher.value)).collect();
        assert_eq!(told, [("tenant", "acme"), ("cluster", "main|south"), ("server", "a\\.b|c\\+1")]);
        assert!(narrowing[2].accepts("c+1") && !narrowing[2].accepts("axb"));
    }
}
