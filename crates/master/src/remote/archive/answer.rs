//! The store's answers, read: whatever is in them, what comes out is sorted, bounded and inside what was asked.

use super::piece::Piece;
use super::{Samples, samples, selector};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use topmast_history::promql::STALE_BITS;
use topmast_history::{Aggregate, Budget, METRIC_NAME, Selection, SeriesSamples, SourceError};
use topmast_model::sample::Series;

#[derive(Deserialize)]
struct Answered<T> {
    status: String,
    data: T,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

#[derive(Deserialize)]
struct Matrix<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    metric: BTreeMap<String, String>,
    #[serde(borrow)]
    values: Vec<(f64, Cow<'a, str>)>,
}

/// The data of an answer.
pub(super) fn data<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    let answered: Answered<T> =
        serde_json::from_slice(body).map_err(|error| format!("the answer cannot be read: {error}"))?;
    if answered.status == "success" { Ok(answered.data) } else { Err("the answer is no success".to_owned()) }
}

/// What an error says.
pub(super) fn error(body: &[u8]) -> Option<String> {
    let refused: Refused = serde_json::from_slice(body).ok()?;
    Some(refused.error.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// A series of labels.
pub(super) fn series(labels: &BTreeMap<String, String>) -> Series {
    let metric = labels.get(METRIC_NAME).map_or("", String::as_str);
    let others = labels.iter().filter(|(name, value)| *name != METRIC_NAME && !value.is_empty());
    Series::new(metric, others.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Found(HashMap<Series, Samples>);

impl Found {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the answer for a part, which is later than those before. The inner error is about the answer.
    pub(super) fn take(
        &mut self,
        body: &[u8],
        part: &Piece,
        selection: &Selection<'_>,
        budget: &Budget,
    ) -> Result<Result<(), String>, SourceError> {
        let matrix: Matrix<'_> = match data(body) {
            Ok(matrix) => matrix,
            Err(reason) => return Ok(Err(reason)),
        };
        if matrix.kind != "matrix" {
            return Ok(Err("the answer is no matrix".to_owned()));
        }
        let counted =
            part.step.is_none() && selection.resolution > 0 && selection.aggregate == Aggregate::Count;
        // What stands for a minute stands just before its end: both edges of a window count, and windows that follow
        // each other must not both have it.
        let before = i64::from(part.step.is_some());
        for row in matrix.result {
            budget.charge(row.values.len() as u64)?;
            let mut series = series(&row.metric);
            if let Some(metric) = selector::metric(selection.matchers).filter(|_| part.step.is_some()) {
                // Functions leave the name out.
                series.metric = metric.into();
            }
            if !selection.matchers.iter().all(|matcher| matcher.accepts_series(&series)) {
                continue;
            }
            let (times, values) = self.0.entry(series).or_default();
            for (time, text) in row.values {
                #[expect(clippy::cast_possible_truncation, reason = "a time far away is left out just below")]
                let time = (time * 1e3).round() as i64 - before;
                let newest = times.last().is_none_or(|last| *last < time);
                if !newest || !(part.from..=part.until).contains(&time) {
                    continue;
                }
                let Ok(value) = text.parse::<f64>() else {
                    return Ok(Err(format!("{:?} is no value", text.chars().take(40).collect::<String>())));
                };
                times.push(time);
                values.push(match value {
                    // VictoriaMetrics tells the end of a series so; others leave it out.
                    value if value.is_nan() => f64::from_bits(STALE_BITS),
                    _ if counted => 1.0,
                    value => value,
                });
            }
        }
        Ok(Ok(()))
    }

    /// In order of the series.
    pub(super) fn finish(self) -> Vec<SeriesSamples> {
        let found = self.0.into_iter().filter(|(_, (times, _))| !times.is_empty());
        let mut found: Vec<SeriesSamples> = found.map(|(series, one)| samples(series, one)).collect();
        found.sort_unstable_by(|one, other| one.series.cmp(&other.series));
        found
    }
}
