//! Values of a query: texts mostly, which are numbers where they look like one.

use crate::model::TimestampFormat;
use crate::timestamp;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum {
    Missing,
    Boolean(bool),
    Number(f64),
    /// Milliseconds since the Unix epoch.
    Time(i64),
    Text(String),
}

impl Datum {
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Missing => return None,
            Self::Boolean(truth) => f64::from(u8::from(*truth)),
            Self::Number(number) => *number,
            Self::Time(millis) => *millis as f64,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        number.is_finite().then_some(number)
    }

    pub(super) fn of_number(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Missing }
    }

    /// True for what a filter lets pass.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Missing => false,
            Self::Boolean(truth) => *truth,
            Self::Text(text) if text.eq_ignore_ascii_case("false") || text.is_empty() => false,
            other => other.number() != Some(0.0),
        }
    }

    pub(super) fn is_missing(&self) -> bool {
        *self == Self::Missing
    }

    /// As it is told; nothing when it is missing.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Missing => return None,
            Self::Boolean(truth) => Cow::Borrowed(if *truth { "1" } else { "0" }),
            Self::Number(number) => Cow::Owned(written(*number)),
            Self::Time(millis) => Cow::Owned(time(*millis)),
            Self::Text(text) => Cow::Borrowed(text),
        })
    }

    /// Whether two are the same: as numbers where both are, else as texts. What is missing is like nothing.
    #[expect(clippy::float_cmp, reason = "equal is what the query asks")]
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one == other,
            _ => match (self, other) {
                (Self::Boolean(truth), Self::Text(text)) | (Self::Text(text), Self::Boolean(truth)) => {
                    text.eq_ignore_ascii_case(if *truth { "true" } else { "false" })
                }
                _ => self.text().zip(other.text()).is_some_and(|(one, other)| one == other),
            },
        }
    }

    /// The order in which rows are sorted: what is missing, numbers, texts.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (None, None) => self.text().cmp(&other.text()),
            (Some(_), None) if other.is_missing() => Ordering::Greater,
            (None, Some(_)) if self.is_missing() => Ordering::Less,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        }
    }

    /// Bytes that it takes, about.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

fn written(number: f64) -> String {
    // Whole numbers up to here have an exact form.
    if number.fract() == 0.0 && number.abs() < 9.0e15 { format!("{number:.0}") } else { number.to_string() }
}

/// `2026-11-29 09:00:00.123`
fn time(millis: i64) -> String {
    let text = timestamp::format(millis.div_euclid(1_000) * 1_000, TimestampFormat::Iso8601);
    let text = text.trim_end_matches('Z').replacen('T', " ", 1);
    format!("{text}.{:03}", millis.rem_euclid(1_000))
}
