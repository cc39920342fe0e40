//! What a query answers.

use crate::labels::Labels;

/// The answer to a query at one time.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(f64),
    /// A text.
    String(String),
    /// One value a series.
    Vector(Vec<Sample>),
    /// Samples of series over time.
    Matrix(Matrix),
}

/// The value of one series at the time of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels; the metric is empty where the value was computed.
    pub labels: Labels,
    /// In the unit of the expression.
    pub value: f64,
}

/// Series over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Each has labels of its own.
    pub series: Vec<SampleSeries>,
}

/// One series over time.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSeries {
    /// Its labels; the metric is empty where the values were computed.
    pub labels: Labels,
    /// Times in ms since the Unix epoch, ascending, and values.
    pub points: Vec<(i64, f64)>,
}
