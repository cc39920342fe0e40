//! Queries of the history, in the form of Prometheus' HTTP API, so that what asks Prometheus can ask Topmast.
//!
//! Every answer is an [`Answer`]: `{"status":"success","data":…}`, or `{"status":"error","errorType":…,"error":…}`
//! with the HTTP status of the error's type. A sample is `[seconds, "value"]`.

use crate::problem::{Problem, ProblemCode};
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where all of it lives: the base URL of a Prometheus data source, behind the master's address.
pub const BASE: &str = "/api/v1/prometheus";
/// What comes before the reason when the expression cannot be read; the reason begins with `line:column: `.
pub const BAD_QUERY: &str = "invalid parameter \"query\": ";

/// A query at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InstantQuery {
    /// The `PromQL` expression.
    pub query: String,
    /// Seconds since the Unix epoch or RFC 3339; now when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A query over time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RangeQuery {
    /// The `PromQL` expression.
    pub query: String,
    /// First time, as in [`InstantQuery::time`].
    pub start: String,
    /// Last time.
    pub end: String,
    /// Seconds between two values, or a duration such as `15s`.
    pub step: String,
}

/// The envelope of every answer, as the document describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusAnswer {
    /// `success` or `error`.
    pub status: String,
    /// What was asked for, shaped as in Prometheus' HTTP API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
    /// `bad_data`, `execution`, `timeout`, `canceled`, `unavailable` or `internal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// What is wrong, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What an answer lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An answer when all is well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer<T> {
    /// `success`.
    pub status: String,
    /// What was asked for.
    pub data: T,
    /// What it lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What an expression yields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum QueryResult {
    /// One number.
    Scalar(Point),
    /// A text with the time that it was asked for.
    String(f64, String),
    /// One value a series.
    Vector(Vec<InstantSeries>),
    /// Values of series over time.
    Matrix(Vec<RangeSeries>),
}

/// Names and values of a series' labels, `__name__` among them where it has a metric.
pub type LabelSet = BTreeMap<String, String>;

/// One series at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstantSeries {
    /// Its labels.
    pub metric: LabelSet,
    /// When and what.
    pub value: Point,
}

/// One series over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RangeSeries {
    /// Its labels.
    pub metric: LabelSet,
    /// Ascending by time.
    pub values: Vec<Point>,
}

/// A time in seconds since the Unix epoch, and a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point(pub Seconds, pub Number);

impl Point {
    /// - `time`: in ms since the Unix epoch.
    pub const fn new(time: i64, value: f64) -> Self {
        Self(Seconds(time), Number(value))
    }
}

/// A time in milliseconds, written as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub i64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000 == 0 {
            return serializer.serialize_i64(self.0 / 1_000);
        }
        serializer.serialize_f64(self.0 as f64 / 1e3)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "a time out of range becomes the nearest one")]
        f64::deserialize(deserializer).map(|seconds| Self((seconds * 1e3).round() as i64))
    }
}

/// A value, written as Prometheus does: a text, the shortest that reads back the same, `NaN`, `+Inf` or `-Inf`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(value) = *self;
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        // Where Go changes over to an exponent, of two digits at least.
        let size = value.abs();
        if value == 0.0 || value.is_nan() || (1e-6..1e21).contains(&size) {
            return write!(f, "{value}");
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        write!(f, "{digits}e{sign}{exponent:0>2}")
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::invalid_value(Unexpected::Str(&text), &"a number as a text");
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// What is told of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricMetadata {
    /// `counter` or `gauge`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub help: String,
    /// Base unit; empty for a count.
    pub unit: String,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryFailure {
    /// `error`.
    pub status: String,
    /// What kind.
    #[serde(rename = "errorType")]
    pub kind: FailureKind,
    /// In words.
    pub error: String,
}

/// Kinds of errors, with Prometheus' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A parameter is wrong.
    BadData,
    /// The expression cannot be answered.
    Execution,
    /// It took too long.
    Timeout,
    /// It was ended early.
    Canceled,
    /// Too much is asked at once.
    Unavailable,
    /// The samples cannot be read.
    Internal,
}

impl FailureKind {
    /// HTTP status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadData => 400,
            Self::Execution => 422,
            Self::Timeout | Self::Canceled | Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

impl From<QueryFailure> for Problem {
    fn from(failure: QueryFailure) -> Self {
        let code = match failure.kind {
            FailureKind::BadData | FailureKind::Execution => ProblemCode::Invalid,
            FailureKind::Timeout | FailureKind::Canceled | FailureKind::Unavailable => ProblemCode::Busy,
            FailureKind::Internal => ProblemCode::Internal,
        };
        Self { status: failure.kind.status(), ..Self::new(code, failure.error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e-7, "-1.5e-07"),
            (1e-6, "0.000001"),
            (2.5e200, "2.5e+200"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(Number(value).to_string(), expected);
            let read: Number = serde_json::from_str(&format!("{expected:?}")).unwrap();
            assert_eq!(read.0.to_bits(), value.to_bits(), "{expected}");
        }
    }

    #[test]
    fn results_come_back_from_what_prometheus_writes() {
        for text in [
            r#"{"resultType":"scalar","result":[1435781451.781,"1"]}"#,
            r#"{"resultType":"string","result":[1435781451.0,"text"]}"#,
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"up"},"value":[1435781451.781,"1"]}]}"#,
            r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1435781430,"1"],[1435781445.5,"+Inf"]]}]}"#,
        ] {
            let read: QueryResult = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
        assert_eq!(serde_json::to_string(&Point::new(-1_500, 2.0)).unwrap(), r#"[-1.5,"2"]"#);
    }

    #[test]
    fn failures_become_problems_with_their_status() {
        let text = r#"{"status":"error","errorType":"execution","error":"too many"}"#;
        let problem = Problem::from(serde_json::from_str::<QueryFailure>(text).unwrap());
        assert_eq!((problem.status, problem.detail.as_str()), (422, "too many"));
    }
}
