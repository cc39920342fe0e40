//! What the queries of a `GetMetricData` are worth: metrics, metric math over them, searches.
//!
//! Invariants
//! - W-1: a request reads and makes at most [`POINTS_MAX`] points and works at most [`WORK_WITHIN`].

use super::query::{Of, Query, Stat, wrong};
use crate::aws::cloudwatch::read::{LISTED_S, Reader};
use crate::aws::cloudwatch::{statistics, validation};
use crate::aws::metrics::Metric;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use topmast_aws::Fault;
use topmast_aws::metric_math::{Grid, MathError, Operand, Series, Source, evaluate_operand};
use topmast_aws::search::{Candidate, Search};
use topmast_aws::span::{by_period, floored_start, is_period};
use topmast_aws::statistic::Statistic;
use topmast_aws::summary::Summary;

/// Most points of all series of a request: some forty times what one answer may hold.
const POINTS_MAX: usize = 4_000_000;
/// How long a request may be worked on: below what clients wait.
const WORK_WITHIN: Duration = Duration::from_secs(20);
/// Most metrics that a search gives.
pub(super) const FOUND_MAX: usize = 500;
/// Which unit is taken when a metric has several and none was asked for: the first of these, then by name.
const UNITS: [&str; 3] = ["Count", "Milliseconds", "Seconds"];
const DAY: i64 = 86_400;

/// A request that is worked on.
pub(super) struct Work<'a> {
    pub(super) reader: &'a Reader,
    pub(super) account: String,
    /// Seconds since the epoch: of the request, and now.
    pub(super) span: (i64, i64),
    pub(super) now: i64,
    /// What the queries that were worked out are worth.
    known: BTreeMap<&'a str, Operand>,
    metrics: Vec<Series>,
    grid: Cell<Grid>,
    /// What the series of an origin is of.
    origins: RefCell<Vec<Stat>>,
    listed: OnceCell<Vec<Metric>>,
    is_cut: Cell<bool>,
    fault: RefCell<Option<Fault>>,
    left: Cell<usize>,
    until: Instant,
}

/// Values of a metric by period.
pub(super) struct Spans {
    pub(super) spans: Vec<(i64, Summary)>,
    /// All units, when one was chosen of several.
    pub(super) units: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) fn new(reader: &'a Reader, account: String, span: (i64, i64), now: i64) -> Self {
        Self {
            reader,
            account,
            span,
            now,
            known: BTreeMap::new(),
            metrics: Vec::new(),
            grid: Cell::new(Grid { start: 0, end: 0, period_s: 60 }),
            origins: RefCell::default(),
            listed: OnceCell::new(),
            is_cut: Cell::new(false),
            fault: RefCell::default(),
            left: Cell::new(POINTS_MAX),
            until: Instant::now() + WORK_WITHIN,
        }
    }

    /// What the series of an origin is of.
    pub(super) fn origin(&self, origin: usize) -> Option<Stat> {
        self.origins.borrow().get(origin).cloned()
    }

    /// Whether a search found more than it may give.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// What a query is worth, once it was worked out.
    pub(super) fn known(&self, id: &str) -> Option<&Operand> {
        self.known.get(id)
    }

    /// Makes known what a query is worth.
    pub(super) fn insert(&mut self, id: &'a str, operand: Operand) {
        self.known.insert(id, operand);
    }

    /// Works a metric's query out; its units when one was chosen of several.
    pub(super) fn metric(&mut self, id: &'a str, stat: &Stat) -> Result<Vec<String>, Fault> {
        let (mut series, units) = self.series(stat)?;
        id.clone_into(&mut series.id);
        series.label.clone_from(&stat.metric.name);
        self.metrics.push(series.clone());
        self.known.insert(id, Operand::Series(series));
        Ok(units)
    }

    /// Works an expression out; all that it names must be known.
    pub(super) fn math(&mut self, query: &'a Query) -> Result<(), Fault> {
        let Of::Math { expression, period } = &query.of else { return Ok(()) };
        let named = expression.ids().into_iter().filter_map(|id| match self.known.get(id)? {
            Operand::Series(series) => Some(series.period_s),
            Operand::Array(several) => several.iter().map(|series| series.period_s).min(),
            Operand::Scalar(_) => None,
        });
        let periods = named.chain(expression.search_periods()).filter(|period| is_period(*period)).min();
        let of_all = || self.metrics.iter().map(|series| series.period_s).min();
        let period_s = period.or(periods).or_else(of_all).unwrap_or_else(|| self.period());
        let (start, end) = (self.start(period_s), self.span.1);
        self.grid.set(Grid { start: start * 1_000, end: end * 1_000, period_s });
        let operand = evaluate_operand(expression, self);
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let operand = operand.map_err(|error| wrong(&query.id, error))?;
        self.takes(match &operand {
            Operand::Scalar(_) => 1,
            Operand::Series(series) => series.points.len(),
            Operand::Array(several) => several.iter().map(|series| series.points.len() + 1).sum(),
        })?;
        self.known.insert(&query.id, operand);
        Ok(())
    }

    /// The period of what names none, by age: what is kept as fine everywhere in the span.
    pub(super) fn period(&self) -> i64 {
        match self.now - self.span.0 {
            age if age < 15 * DAY => 60,
            age if age <= 63 * DAY => 300,
            _ => 3_600,
        }
    }

    pub(super) fn start(&self, period_s: i64) -> i64 {
        floored_start(self.span.0, period_s, self.now)
    }

    /// The metrics with values that the caller may read.
    pub(super) fn listed(&self) -> Result<&[Metric], Fault> {
        if self.listed.get().is_none() {
            let listed = self.reader.list(None, None, self.now - LISTED_S)?;
            let _ = self.listed.set(listed);
        }
        Ok(self.listed.get().map(Vec::as_slice).unwrap_or_default())
    }

    /// Those of the listed metrics that are looked for, as many as may be.
    pub(super) fn found(&self, is_such: impl Fn(&Candidate<'_>) -> bool) -> Result<Vec<Metric>, Fault> {
        let fits = |metric: &&Metric| {
            let dimensions: Vec<(&str, &str)> =
                metric.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            is_such(&Candidate {
                namespace: &metric.namespace,
                name: &metric.name,
                dimensions: &dimensions,
                account_id: &self.account,
            })
        };
        Ok(self.listed()?.iter().filter(fits).cloned().collect())
    }

    /// A metric's values by period.
    pub(super) fn spans(&self, metric: &Metric, unit: Option<&str>, period_s: i64) -> Result<Spans, Fault> {
        let start = self.start(period_s);
        let points = self.reader.points(metric, unit, (start, self.span.1), period_s)?;
        self.takes(points.len() + 1)?;
        let units = statistics::by_unit(&points);
        let rank = |unit: &str| UNITS.iter().position(|known| *known == unit).unwrap_or(UNITS.len());
        let chosen = units.keys().copied().min_by_key(|unit| (rank(unit), *unit));
        let spans = chosen.map(|unit| by_period(units[unit].iter().copied(), start, period_s));
        let all =
            if units.len() > 1 { units.keys().map(|unit| (*unit).to_owned()).collect() } else { Vec::new() };
        Ok(Spans { spans: spans.unwrap_or_default(), units: all })
    }

    fn series(&self, stat: &Stat) -> Result<(Series, Vec<String>), Fault> {
        let Spans { spans, units } = self.spans(&stat.metric, stat.unit.as_deref(), stat.period)?;
        let value = |(begin, summary): (i64, Summary)| Some((begin * 1_000, stat.statistic.of(&summary)?));
        let points = spans.into_iter().filter_map(value).collect();
        let mut origins = self.origins.borrow_mut();
        origins.push(stat.clone());
        let origin = Some(origins.len() - 1);
        Ok((Series { origin, period_s: stat.period, points, ..Series::default() }, units))
    }

    /// W-1
    fn takes(&self, points: usize) -> Result<(), Fault> {
        let left = self.left.get().checked_sub(points);
        let left = left.filter(|_| Instant::now() < self.until).ok_or_else(|| {
            validation(
                "The request takes too much work: ask for fewer metrics, a shorter time or a longer period.",
            )
        })?;
        self.left.set(left);
        Ok(())
    }

    fn searched(
        &self,
        search: &Search,
        name: &str,
        statistic: Statistic,
        period: i64,
    ) -> Result<Vec<Series>, Fault> {
        let mut found = self.found(|candidate| search.finds(candidate))?;
        self.is_cut.set(self.is_cut.get() || found.len() > FOUND_MAX);
        found.truncate(FOUND_MAX);
        let labels = labels(&found);
        let mut several = Vec::with_capacity(found.len());
        for (metric, label) in found.into_iter().zip(labels) {
            let stat = Stat { metric, period, name: name.to_owned(), statistic, unit: None };
            several.push(Series { label, ..self.series(&stat)?.0 });
        }
        Ok(several)
    }
}

impl Source for Work<'_> {
    fn query(&self, id: &str) -> Option<Operand> {
        self.known.get(id).cloned()
    }

    fn metrics(&self) -> Vec<Series> {
        self.metrics.clone()
    }

    fn search(&self, search: &str, statistic: &str, period_s: Option<i64>) -> Result<Vec<Series>, MathError> {
        let wrong = |reason: String| MathError { reason, at: None };
        let of = Search::parse(search).map_err(|error| wrong(format!("SEARCH: {error}")))?;
        let period = period_s.unwrap_or_else(|| self.grid.get().period_s);
        if !is_period(period) {
            return Err(wrong(format!("The period {period} of SEARCH is not valid")));
        }
        let kind = Statistic::parse(statistic)
            .ok_or_else(|| wrong(format!("The statistic {statistic} of SEARCH is not valid")))?;
        self.searched(&of, statistic, kind, period).map_err(|fault| {
            let told = wrong(fault.message.clone().unwrap_or_default());
            self.fault.replace(Some(fault));
            told
        })
    }

    fn grid(&self) -> Grid {
        self.grid.get()
    }
}

/// What tells metrics apart: the values of dimensions and the names that not all of them share.
fn labels(metrics: &[Metric]) -> Vec<String> {
    let Some(first) = metrics.first() else { return Vec::new() };
    let one_namespace = metrics.iter().all(|metric| metric.namespace == first.namespace);
    let one_name = metrics.iter().all(|metric| metric.name == first.name);
    let is_shared =
        |dimension: &&(String, String)| metrics.iter().all(|metric| metric.dimensions.contains(dimension));
    let label = |metric: &Metric| {
        let mut parts: Vec<&str> = Vec::new();
        if !one_namespace {
            parts.push(&metric.namespace);
        }
        let own = metric.dimensions.iter().filter(|dimension| !is_shared(dimension));
        parts.extend(own.map(|(_, value)| value.as_str()));
        if !one_name || parts.is_empty() {
            parts.push(&metric.name);
        }
        parts.join(" ")
    };
    metrics.iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_what_tells_metrics_apart() {
        let metric = |name: &str, instance: &str| Metric {
            namespace: "Shop".to_owned(),
            name: name.to_owned(),
            dimensions: vec![
                ("Instance".to_owned(), instance.to_owned()),
                ("Zone".to_owned(), "a".to_owned()),
            ],
        };
        assert_eq!(labels(&[metric("CPU", "i-1"), metric("CPU", "i-2")]), ["i-1", "i-2"]);
        assert_eq!(labels(&[metric("CPU", "i-1"), metric("Disk", "i-1")]), ["CPU", "Disk"]);
        assert_eq!(labels(&[metric("CPU", "i-1"), metric("Disk", "i-2")]), ["i-1 CPU", "i-2 Disk"]);
        assert_eq!(labels(&[metric("CPU", "i-1")]), ["CPU"]);
    }
}
