//! The history of all clusters, as one person sees it.
//!
//! ```text
//! expression ─► own series ───────────────────────────────┐
//!           └─► each joined cluster, in parallel ─ cluster="main@east" ─┴─► one answer, with warnings
//! ```
//!
//! An expression over all clusters is one over all of their series. A part of it that keeps clusters apart
//! ([`QueryPart::apart_by`]), as `rate(a[5m])` and `sum by (cluster) (a)` do, is evaluated by each cluster for itself, so
//! that its answer travels and not its samples; the rest is evaluated here. The label `cluster` has the cluster's name
//! here; a series without it has `@east` alone, so that no two are the same. A cluster that does not answer in time is
//! left out, and the answer says so.

use super::{Peer, peers};
use crate::http::Context;
use crate::query::Visible;
use crate::remote::{ANSWER_MAX, Answer, Archive, AskError, Asked};
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use topmast_api::client::ClientError;
use topmast_history::promql::{EvalError, Options, QueryPart};
use topmast_history::{Budget, Labels, Matcher, Operator, Selection, SeriesSamples, Source, SourceError};
use topmast_model::principal::Principal;
use topmast_model::sample::Series;

/// Longest wait for an answer of a cluster that is heard from; a query itself may take longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The label by which series of clusters are told apart.
const CLUSTER: &str = "cluster";

/// The histories of the joined clusters that a principal sees.
pub(crate) struct Far(Vec<FarCluster>);

struct FarCluster {
    /// `@east`.
    mark: String,
    archive: Archive,
}

impl Far {
    pub(crate) fn of(context: &Context, principal: &Principal) -> Self {
        let far =
            |peer: Peer| FarCluster { mark: format!("@{}", peer.join.name()), archive: Archive::new(peer) };
        Self(peers(context, principal).into_iter().map(far).collect())
    }
}

impl Asked for Peer {
    fn name(&self) -> &str {
        self.join.name()
    }

    fn kind(&self) -> &'static str {
        "the cluster"
    }

    fn ask(&self, what: &str, form: String) -> BoxFuture<'_, Result<Answer, AskError>> {
        let what = what.to_owned();
        Box::pin(async move {
            let said = |error: ClientError| AskError(error.to_string());
            let client = self.client().map_err(|error| said(error.into()))?;
            let asked = client.query_as_told(&what, form, ANSWER_MAX);
            let answer = self.answer(asked, ANSWER_WITHIN).await;
            let body = answer.map_err(|error| AskError(error.to_string()))?.map_err(said)?;
            let whole = body.is_some();
            Ok(Answer { status: StatusCode::OK, retry_after: None, body: body.unwrap_or_default(), whole })
        })
    }
}

/// See the module.
pub(crate) struct Wide<'a> {
    own: Visible<'a>,
    far: &'a Far,
    warnings: Mutex<BTreeSet<String>>,
}

impl<'a> Wide<'a> {
    pub(crate) fn new(own: Visible<'a>, far: &'a Far, warning: Option<String>) -> Self {
        Self { own, far, warnings: Mutex::new(warning.into_iter().collect()) }
    }

    /// What is to be said beside the answer.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The series that all matchers mean and that may have samples between two times, in ms.
    pub(crate) fn series(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<Series>, SourceError> {
        let own = || self.own.series(matchers, times, budget);
        let mut found = self.all(own, |cluster| cluster.series(matchers, times, budget))?;
        found.sort_unstable();
        Ok(found)
    }

    /// The names of the labels of those series, ascending.
    pub(crate) fn label_names(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        let own = || self.own.label_names(matchers, times, budget);
        let far = |cluster: &FarCluster| match cluster.asked(matchers) {
            None => Ok(Vec::new()),
            Some(asked) => cluster.archive.label_names(&asked, times, budget),
        };
        self.all(own, far).map(distinct)
    }

    /// The values of a label of those series, ascending.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        let own = || self.own.label_values(name, matchers, times, budget);
        let far = |cluster: &FarCluster| match cluster.asked(matchers) {
            None => Ok(Vec::new()),
            Some(asked) => {
                let mut values = cluster.archive.label_values(name, &asked, times, budget)?;
                if name == CLUSTER {
                    for value in &mut values {
                        value.push_str(&cluster.mark);
                    }
                    let of_cluster = matchers.iter().filter(|matcher| *matcher.name == *CLUSTER);
                    values.retain(|value| of_cluster.clone().all(|matcher| matcher.accepts(value)));
                }
                Ok(values)
            }
        };
        self.all(own, far).map(distinct)
    }

    /// Asks all clusters at once. What cannot be read in a joined one is a warning; a query that has to end, ends.
    fn all<T: Send, E: From<SourceError>>(
        &self,
        own: impl FnOnce() -> Result<Vec<T>, E>,
        far: impl Fn(&FarCluster) -> Result<Vec<T>, SourceError> + Sync,
    ) -> Result<Vec<T>, E> {
        std::thread::scope(|scope| {
            let far = &far;
            let asking: Vec<_> =
                self.far.0.iter().map(|cluster| (cluster, scope.spawn(move || far(cluster)))).collect();
            let mut found = own()?;
            for (cluster, answer) in asking {
                match answer.join() {
                    Ok(Ok(more)) => found.extend(more),
                    Ok(Err(error @ SourceError::Budget(_))) => return Err(error.into()),
                    Ok(Err(error)) => self.warn(format!("{error}; its series are left out")),
                    Err(_) => self.warn(format!("the cluster {} is left out", cluster.archive.name())),
                }
            }
            Ok(found)
        })
    }

    fn warn(&self, warning: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).insert(warning);
    }
}

impl Source for Wide<'_> {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        if self.far.0.is_empty() {
            return self.own.select(selection, budget);
        }
        let own = || self.own.select(selection, budget);
        let mut found = self.all(own, |cluster| cluster.select(selection, budget))?;
        found.sort_unstable_by(|one, other| one.series.cmp(&other.series));
        Ok(found)
    }

    fn answer(&self, part: &QueryPart<'_>, budget: &Budget) -> Result<Option<Vec<SeriesSamples>>, EvalError> {
        let usual = Options::default();
        let is_usual = *part.options() == Options { lookback_ms: part.options().lookback_ms, ..usual };
        // Who is asked over HTTP has the usual options, and as many steps.
        if self.far.0.is_empty() || !is_usual || part.steps().0 as u64 > usual.steps_max {
            return Ok(None);
        }
        let Some(matchers) = part.apart_by(CLUSTER) else { return Ok(None) };
        let matchers: Vec<Matcher> = matchers.into_iter().cloned().collect();
        let mut found =
            self.all(|| part.evaluate(&self.own, budget), |far| far.answer(part, &matchers, budget))?;
        found.sort_unstable_by(|one, other| one.series.cmp(&other.series));
        // Samples of another cluster that somebody brought here are not apart from that cluster's own.
        let are_apart = found.windows(2).all(|pair| pair[0].series != pair[1].series);
        Ok(are_apart.then_some(found))
    }
}

impl FarCluster {
    fn series(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<Series>, SourceError> {
        let Some(asked) = self.asked(matchers) else { return Ok(Vec::new()) };
        let found = self.archive.series(&asked, times, budget)?;
        let here = found.iter().map(|series| self.here(&Labels::of(series)).to_series());
        Ok(here.filter(|series| matchers.iter().all(|matcher| matcher.accepts_series(series))).collect())
    }

    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let Some(asked) = self.asked(selection.matchers) else { return Ok(Vec::new()) };
        let found = self.archive.select(&Selection { matchers: &asked, ..*selection }, budget)?;
        Ok(self.all_here(found, selection.matchers))
    }

    /// Its answer to a part of a query.
    ///
    /// - `matchers`: those that the part has on the label `cluster`.
    fn answer(
        &self,
        part: &QueryPart<'_>,
        matchers: &[Matcher],
        budget: &Budget,
    ) -> Result<Vec<SeriesSamples>, SourceError> {
        let Some(asked) = self.asked(matchers) else { return Ok(Vec::new()) };
        let found = self.archive.evaluated(part, &part.text(CLUSTER, &asked), budget)?;
        Ok(self.all_here(found, matchers))
    }

    /// Its series as they are here, without those that it was asked too much for.
    fn all_here(&self, mut found: Vec<SeriesSamples>, matchers: &[Matcher]) -> Vec<SeriesSamples> {
        for samples in &mut found {
            samples.series = self.here(&samples.series);
        }
        found.retain(|samples| samples.series.accepted_by(matchers));
        found
    }

    /// What the cluster is asked for; `None` when none of its series can be meant. What cannot be said of its own
    /// names is not said: what it answers too much is left out here.
    fn asked(&self, matchers: &[Matcher]) -> Option<Vec<Matcher>> {
        let mut asked = Vec::with_capacity(matchers.len());
        for matcher in matchers {
            if *matcher.name != *CLUSTER {
                asked.push(matcher.clone());
                continue;
            }
            match (&matcher.operator, matcher.value.strip_suffix(&*self.mark)) {
                (Operator::Equal, Some(own)) => asked.push(Matcher::equal(CLUSTER, own)),
                (Operator::Equal, None) => return None,
                (Operator::NotEqual, Some(own)) => asked.push(Matcher::not_equal(CLUSTER, own)),
                (Operator::NotEqual | Operator::Matches(_) | Operator::NotMatches(_), _) => {}
            }
        }
        Some(asked)
    }

    /// The labels of a series of the cluster, as they are here.
    fn here(&self, labels: &Labels) -> Labels {
        let cluster = format!("{}{}", labels.get(CLUSTER), self.mark);
        let others =
            labels.pairs().filter(|(name, _)| *name != CLUSTER && *name != topmast_history::METRIC_NAME);
        let mut pairs: Vec<(&str, &str)> = others.chain([(CLUSTER, cluster.as_str())]).collect();
        pairs.sort_unstable();
        Labels::packed(labels.metric(), pairs)
    }
}

fn distinct(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
