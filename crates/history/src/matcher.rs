//! Label matchers: which series a selector means, as in Prometheus.
//!
//! A label that a series does not have matches as the empty text; `__name__` is the metric. Regular
//! expressions are anchored at both ends.

use regex::Regex;
use topmast_model::sample::Series;

/// Name under which matchers speak of the metric.
pub const METRIC_NAME: &str = "__name__";
/// Longest regular expression, compiled, in bytes: an expression from outside must not fill memory.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// How a matcher compares.
#[derive(Debug, Clone)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches(Regex),
    /// `!~`
    NotMatches(Regex),
}

/// One condition on one label.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label, or [`METRIC_NAME`].
    pub name: Box<str>,
    /// How its value is compared.
    pub operator: Operator,
    /// With what; for regular expressions their text, without the anchors.
    pub value: Box<str>,
}

/// Equal ones accept the same: of a regular expression the text says all.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        let same_operator = std::mem::discriminant(&self.operator) == std::mem::discriminant(&other.operator);
        same_operator && self.name == other.name && self.value == other.value
    }
}

/// Why a regular expression is none.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the regular expression {pattern:?} of label {label} cannot be read: {reason}")]
pub struct MatcherError {
    /// The label.
    pub label: Box<str>,
    /// What was given.
    pub pattern: Box<str>,
    /// What is wrong with it.
    pub reason: String,
}

impl Matcher {
    /// `name="value"`
    pub fn equal(name: &str, value: &str) -> Self {
        Self { name: name.into(), operator: Operator::Equal, value: value.into() }
    }

    /// `name!="value"`
    pub fn not_equal(name: &str, value: &str) -> Self {
        Self { name: name.into(), operator: Operator::NotEqual, value: value.into() }
    }

    /// `name=~"pattern"`
    ///
    /// # Errors
    /// [`MatcherError`] when the pattern is no regular expression or too large a one.
    pub fn matching(name: &str, pattern: &str) -> Result<Self, MatcherError> {
        let operator = Operator::Matches(anchored(name, pattern)?);
        Ok(Self { name: name.into(), operator, value: pattern.into() })
    }

    /// `name!~"pattern"`
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn not_matching(name: &str, pattern: &str) -> Result<Self, MatcherError> {
        let operator = Operator::NotMatches(anchored(name, pattern)?);
        Ok(Self { name: name.into(), operator, value: pattern.into() })
    }

    /// True when a label's value, empty where there is none, is meant.
    pub fn accepts(&self, value: &str) -> bool {
        match &self.operator {
            Operator::Equal => *self.value == *value,
            Operator::NotEqual => *self.value != *value,
            Operator::Matches(regex) => regex.is_match(value),
            Operator::NotMatches(regex) => !regex.is_match(value),
        }
    }

    /// True when a series is meant, as far as this label goes.
    pub fn accepts_series(&self, series: &Series) -> bool {
        if *self.name == *METRIC_NAME {
            return self.accepts(&series.metric);
        }
        self.accepts(series.label(&self.name).unwrap_or_default())
    }
}

fn anchored(label: &str, pattern: &str) -> Result<Regex, MatcherError> {
    let built = regex::RegexBuilder::new(&format!("^(?s:{pattern})$")).size_limit(REGEX_BYTES_MAX).build();
    built.map_err(|error| MatcherError {
        label: label.into(),
        pattern: pattern.into(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_anchor_and_take_a_missing_label_as_empty() {
        let series = Series::new("up", [("job", "node")]);
        let accepts = |matcher: Matcher| matcher.accepts_series(&series);
        assert!(accepts(Matcher::equal(METRIC_NAME, "up")));
        assert!(accepts(Matcher::equal("absent", "")));
        assert!(accepts(Matcher::not_equal("job", "other")));
        assert!(accepts(Matcher::matching("job", "no.e|x").unwrap()));
        assert!(!accepts(Matcher::matching("job", "no").unwrap()));
        assert!(accepts(Matcher::not_matching("absent", ".+").unwrap()));
    }

    #[test]
    fn bad_and_huge_expressions_are_refused_with_their_label() {
        let error = Matcher::matching("job", "(").unwrap_err();
        assert!(error.to_string().contains("job"), "{error}");
        assert!(Matcher::matching("job", "(a{1000}){1000}").is_err());
    }
}
