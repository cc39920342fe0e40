//! Answers in Prometheus' JSON, and its errors.
//!
//! A value is written series by series, each let go of once it is written, into a text with a bound.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use std::io::{self, Write};
use std::time::Duration;
use topmast_api::query::{Answer, FailureKind, LabelSet, Point, QueryFailure, QueryResult};
use topmast_history::promql::{EvalError, Sample, SampleSeries, Value};
use topmast_history::{BudgetError, Labels, METRIC_NAME, SourceError};
use topmast_model::sample::Series;

/// Longest answer: some ten million points, far more than anything can show.
const BYTES_MAX: usize = 256 << 20;
/// What is said when a `limit` left something out, in Prometheus' words.
const TRUNCATED: &str = "results truncated due to limit";

/// The value of an expression.
///
/// - `at`: the time of a value that has none of its own, in ms.
/// - `limit`: most series.
pub(super) fn of_value(
    value: Value,
    at: i64,
    limit: Option<usize>,
    mut warnings: Vec<String>,
) -> Result<Response, Failure> {
    let mut text = Bounded::new(br#"{"status":"success","data":"#);
    match value {
        Value::Scalar(value) => text.json(&QueryResult::Scalar(Point::new(at, value)))?,
        Value::String(value) => text.json(&QueryResult::String(at as f64 / 1e3, value))?,
        Value::Vector(mut samples) => {
            cut(&mut samples, limit, &mut warnings);
            let series = samples.into_iter().map(|Sample { labels, value }| Instant {
                metric: Shown(labels),
                value: Point::new(at, value),
            });
            text.list(br#"{"resultType":"vector","result":["#, series, b"]}")?;
        }
        Value::Matrix(mut matrix) => {
            cut(&mut matrix.series, limit, &mut warnings);
            let series = matrix.series.into_iter().map(|SampleSeries { labels, points }| Range {
                metric: Shown(labels),
                values: Points(points),
            });
            text.list(br#"{"resultType":"matrix","result":["#, series, b"]}")?;
        }
    }
    text.finish(&warnings)
}

/// An `InstantSeries` of the API that is about to be written.
#[derive(Serialize)]
struct Instant {
    metric: Shown,
    value: Point,
}

/// A `RangeSeries`, likewise.
#[derive(Serialize)]
struct Range {
    metric: Shown,
    values: Points,
}

/// The labels of a series with its metric, as [`labels_of`] tells them.
struct Shown(Labels);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let labels = || self.0.pairs().skip(1).filter(|(_, value)| !value.is_empty());
        let metric = self.0.pairs().take(1).filter(|(_, metric)| !metric.is_empty());
        let before = labels().take_while(|(name, _)| *name < METRIC_NAME);
        let after = labels().skip_while(|(name, _)| *name < METRIC_NAME);
        serializer.collect_map(before.chain(metric).chain(after))
    }
}

/// Times in ms, and values.
struct Points(Vec<(i64, f64)>);

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(time, value)| Point::new(*time, *value)))
    }
}

/// A list of things.
pub(super) fn of_list<T: Serialize>(
    mut items: Vec<T>,
    limit: Option<usize>,
    mut warnings: Vec<String>,
) -> Result<Response, Failure> {
    cut(&mut items, limit, &mut warnings);
    let mut text = Bounded::new(br#"{"status":"success","data":"#);
    text.list(b"[", items.into_iter(), b"]")?;
    text.finish(&warnings)
}

/// What is small.
pub(super) fn of_data<T: Serialize + ?Sized>(data: &T) -> Response {
    let answer = Answer { status: "success".to_owned(), data, warnings: Vec::new() };
    axum::Json(answer).into_response()
}

/// The labels of a series with its metric.
pub(super) fn labels_of(series: &Series) -> LabelSet {
    let metric = (!series.metric.is_empty()).then(|| (METRIC_NAME.to_owned(), series.metric.to_string()));
    let labels = series.labels.iter().filter(|(_, value)| !value.is_empty());
    labels.map(|(name, value)| (name.to_string(), value.to_string())).chain(metric).collect()
}

fn cut<T>(items: &mut Vec<T>, limit: Option<usize>, warnings: &mut Vec<String>) {
    if let Some(limit) = limit.filter(|limit| *limit < items.len()) {
        items.truncate(limit);
        warnings.push(TRUNCATED.to_owned());
    }
}

/// A text that is being written.
struct Bounded {
    text: Vec<u8>,
    limit: usize,
}

impl Bounded {
    fn new(begin: &[u8]) -> Self {
        Self { text: begin.to_vec(), limit: BYTES_MAX }
    }

    fn json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        // Nothing else can fail here: every value that is written has a form in JSON.
        serde_json::to_writer(self, value).map_err(|_| Failure::too_long())
    }

    fn list<T: Serialize>(
        &mut self,
        begin: &[u8],
        items: impl Iterator<Item = T>,
        end: &[u8],
    ) -> Result<(), Failure> {
        self.text.extend_from_slice(begin);
        for (position, item) in items.enumerate() {
            if position > 0 {
                self.text.push(b',');
            }
            self.json(&item)?;
        }
        self.text.extend_from_slice(end);
        Ok(())
    }

    fn finish(mut self, warnings: &[String]) -> Result<Response, Failure> {
        if !warnings.is_empty() {
            self.text.extend_from_slice(br#","warnings":"#);
            self.json(&warnings)?;
        }
        self.text.push(b'}');
        Ok(([(CONTENT_TYPE, "application/json")], self.text).into_response())
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.limit {
            return Err(io::Error::other("the answer is too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    kind: FailureKind,
    text: String,
}

impl Failure {
    fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    pub(super) fn bad_data(text: impl Into<String>) -> Self {
        Self::new(FailureKind::BadData, text)
    }

    pub(super) fn parameter(name: &str, reason: impl std::fmt::Display) -> Self {
        Self::bad_data(format!("invalid parameter {name:?}: {reason}"))
    }

    pub(super) fn full() -> Self {
        Self::new(FailureKind::Unavailable, "too many queries wait already; ask again later, or less often")
    }

    pub(super) fn late(after: Duration) -> Self {
        let seconds = after.as_secs_f64();
        let text = format!("the query took longer than {seconds} s: ask for a shorter range or fewer series");
        Self::new(FailureKind::Timeout, text)
    }

    pub(super) fn stopping() -> Self {
        Self::new(FailureKind::Canceled, "the master is stopping")
    }

    fn too_long() -> Self {
        let text = format!(
            "the answer is longer than {} MiB: aggregate, or ask for a longer step or fewer series",
            BYTES_MAX >> 20
        );
        Self::new(FailureKind::Execution, text)
    }
}

impl From<EvalError> for Failure {
    fn from(error: EvalError) -> Self {
        let kind = match &error {
            EvalError::Steps { .. } | EvalError::Time(_) | EvalError::NotOverTime(_) => FailureKind::BadData,
            EvalError::Budget(BudgetError::Stopped) => FailureKind::Canceled,
            EvalError::Source(SourceError::Read(_)) => FailureKind::Internal,
            _ => FailureKind::Execution,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        EvalError::from(error).into()
    }
}

impl From<BudgetError> for Failure {
    fn from(error: BudgetError) -> Self {
        EvalError::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let failure = QueryFailure { status: "error".to_owned(), kind: self.kind, error: self.text };
        (status, axum::Json(failure)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_beyond_its_bound_is_a_failure_and_not_memory() {
        let mut text = Bounded { text: Vec::new(), limit: 20 };
        let failure = text.list(b"[", std::iter::repeat("0123456789"), b"]").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Execution);
        assert!(text.text.len() <= 21, "{}", text.text.len());
    }

    #[test]
    fn labels_without_a_value_are_none_and_a_metric_is_one() {
        let labels = labels_of(&Series::new("up", [("job", "node"), ("empty", "")]));
        let told: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(told, [("__name__", "up"), ("job", "node")]);
        assert!(labels_of(&Series::new("", [])).is_empty());
    }

    #[test]
    fn written_labels_are_those_of_the_api() {
        let labels = [("ABOVE", "1"), ("empty", ""), ("job", "no\"de")];
        for metric in ["up", ""] {
            let shown = serde_json::to_string(&Shown(Labels::packed(metric, labels))).unwrap();
            let expected = serde_json::to_string(&labels_of(&Series::new(metric, labels))).unwrap();
            assert_eq!(shown, expected);
        }
    }
}
