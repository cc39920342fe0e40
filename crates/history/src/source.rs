//! Where a query reads samples: the one door between `promql` and whatever keeps the samples.

use crate::budget::{Budget, BudgetError};
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::promql::{EvalError, QueryPart};
use std::sync::Arc;

/// What to read.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// All of them must accept a series.
    pub matchers: &'a [Matcher],
    /// First time wanted, in ms since the Unix epoch.
    pub from: i64,
    /// Last time wanted, included.
    pub until: i64,
    /// Longest distance of samples, in ms, with which the query is still answered well: a source that keeps
    /// averages of minutes and hours may answer from those. 0 asks for the samples themselves.
    pub resolution: i64,
    /// What of several samples is wanted where a source answers one for many.
    pub aggregate: Aggregate,
}

/// What stands for the samples of a minute or an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregate {
    /// The last of them, which is right for counters and for looking back.
    #[default]
    Last,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their sum.
    Sum,
    /// How many there were: 1 in place of a sample that stands for itself, so that a sum of them counts.
    Count,
    /// Their mean.
    Mean,
}

/// The samples of one series, ascending by time, at most one a millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSamples {
    /// Which.
    pub series: Labels,
    /// When, in ms since the Unix epoch. Series that were sampled together share one column.
    pub times: Arc<[i64]>,
    /// One value for each time. The end of a series (`promql::STALE_BITS`) stays what it is, whatever
    /// aggregate is asked for.
    pub values: Vec<f64>,
}

/// Keeps samples and finds them again.
pub trait Source: Sync {
    /// The samples of every series that the matchers accept, each once, always in the same order. Series
    /// without a sample in the range are left out.
    ///
    /// # Errors
    /// [`SourceError`] when the query must end or the samples cannot be read.
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError>;

    /// The answer to a part of a query, from a source that has it without its samples being read here; none where they
    /// are to be read.
    ///
    /// # Errors
    /// [`EvalError`] as the evaluation of that part has it.
    fn answer(
        &self,
        _part: &QueryPart<'_>,
        _budget: &Budget,
    ) -> Result<Option<Vec<SeriesSamples>>, EvalError> {
        Ok(None)
    }
}

/// Why samples could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The query has to end.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// It means more series than a query may.
    #[error("the query means more than {limit} series: name a metric, or narrow its labels")]
    Series {
        /// Series that it may mean.
        limit: usize,
    },
    /// A file cannot be read.
    #[error("read the history: {0}")]
    Read(Arc<str>),
}
