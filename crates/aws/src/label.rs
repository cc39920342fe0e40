//! Labels of series with values that are put in when they are told: `[max: ${MAX}] ${PROP('Dim.InstanceId')}`.
//!
//! | value | what |
//! |---|---|
//! | `${LABEL}` | what the series is called without a label of its own |
//! | `${AVG}` `${MIN}` `${MAX}` `${SUM}` `${FIRST}` `${LAST}` `${DATAPOINT_COUNT}` | of all its values |
//! | `${MIN_MAX_RANGE}` `${FIRST_LAST_RANGE}` | differences of these |
//! | `${MIN_TIME}` `${MAX_TIME}` `${FIRST_TIME}` `${LAST_TIME}` | when that was; with `_RELATIVE` how long ago |
//! | `${MIN_MAX_TIME_RANGE}` `${FIRST_LAST_TIME_RANGE}` | how long between them |
//! | `${PROP('MetricName')}` | a property of the metric: also `Namespace`, `Stat`, `Period`, `Region`, `AccountId`, `Dim.name` |
//!
//! What else stands between `${` and `}` is text. A value of a series without any is `--`, a property that there is
//! not is empty.

use jiff::tz::Offset;
use std::fmt::{self, Write as _};

/// Most values of one label.
pub const VALUES_MAX: usize = 5;
/// What stands for a value of a series that has none.
const NOTHING: &str = "--";

/// What a series is, as far as labels tell.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// What it is called without a label of its own.
    pub label: &'a str,
    /// Milliseconds since the epoch and values, ascending.
    pub points: &'a [(i64, f64)],
    /// The property of a name, if the series is of a metric that has it.
    pub property: &'a dyn Fn(&str) -> Option<String>,
    /// Now, in milliseconds since the epoch.
    pub now: i64,
    /// In which times are told.
    pub offset: Offset,
}

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelError {
    /// More than [`VALUES_MAX`].
    TooMany,
    /// `${LABEL}` twice.
    Twice,
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => write!(f, "a label may contain at most {VALUES_MAX} dynamic values"),
            Self::Twice => f.write_str("a label may contain ${LABEL} only once"),
        }
    }
}

impl std::error::Error for LabelError {}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Value),
    Property(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Label,
    Average,
    Sum,
    Count,
    Of(Place),
    Between(Place, Place),
    Time(Place),
    TimeRelative(Place),
    TimeBetween(Place, Place),
}

/// Which point of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Last,
    Least,
    Greatest,
}

impl Place {
    fn of(self, points: &[(i64, f64)]) -> Option<(i64, f64)> {
        let by = |a: &&(i64, f64), b: &&(i64, f64)| a.1.total_cmp(&b.1);
        match self {
            Self::First => points.first(),
            Self::Last => points.last(),
            // The first of several in both.
            Self::Least => points.iter().min_by(by),
            Self::Greatest => points.iter().rev().max_by(by),
        }
        .copied()
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "FIRST" => Some(Self::First),
            "LAST" => Some(Self::Last),
            "MIN" => Some(Self::Least),
            "MAX" => Some(Self::Greatest),
            _ => None,
        }
    }
}

impl Label {
    /// Reads a label.
    ///
    /// # Errors
    /// [`LabelError`] when it has more values than it may.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let mut parts = Vec::new();
        let mut rest = text;
        let (mut plain, mut n_values) = (String::new(), 0);
        while let Some(at) = rest.find("${") {
            let inner = &rest[at + 2..];
            let found = inner.find('}').and_then(|end| Some((part(&inner[..end])?, &inner[end + 1..])));
            let Some((found, after)) = found else {
                plain.push_str(&rest[..at + 2]);
                rest = inner;
                continue;
            };
            plain.push_str(&rest[..at]);
            n_values += 1;
            if n_values > VALUES_MAX {
                return Err(LabelError::TooMany);
            }
            if found == Part::Value(Value::Label) && parts.contains(&found) {
                return Err(LabelError::Twice);
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(found);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// Whether it is the same for every series.
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The label of a series.
    pub fn of(&self, facts: &Facts<'_>) -> String {
        let mut label = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => label.push_str(text),
                Part::Property(name) => label.push_str(&(facts.property)(name).unwrap_or_default()),
                Part::Value(Value::Label) => label.push_str(facts.label),
                Part::Value(value) => label.push_str(value.told(facts).as_deref().unwrap_or(NOTHING)),
            }
        }
        label
    }
}

/// What stands between `${` and `}`.
fn part(text: &str) -> Option<Part> {
    let text = text.trim();
    if let Some(name) = text.strip_prefix("PROP(").and_then(|text| text.strip_suffix(')')) {
        let name = name.trim();
        let quoted = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
        return Some(Part::Property(quoted('\'').or_else(|| quoted('"'))?.to_owned()));
    }
    let value = match text {
        "LABEL" => Value::Label,
        "AVG" => Value::Average,
        "SUM" => Value::Sum,
        "DATAPOINT_COUNT" => Value::Count,
        "MIN_MAX_RANGE" => Value::Between(Place::Least, Place::Greatest),
        "FIRST_LAST_RANGE" => Value::Between(Place::First, Place::Last),
        "MIN_MAX_TIME_RANGE" => Value::TimeBetween(Place::Least, Place::Greatest),
        "FIRST_LAST_TIME_RANGE" => Value::TimeBetween(Place::First, Place::Last),
        _ => match (text.strip_suffix("_TIME"), text.strip_suffix("_TIME_RELATIVE")) {
            (Some(place), _) => Value::Time(Place::named(place)?),
            (_, Some(place)) => Value::TimeRelative(Place::named(place)?),
            _ => Value::Of(Place::named(text)?),
        },
    };
    Some(Part::Value(value))
}

impl Value {
    fn told(self, facts: &Facts<'_>) -> Option<String> {
        let points = facts.points;
        let sum = || points.iter().map(|(_, value)| value).sum::<f64>();
        let has_any = !points.is_empty();
        Some(match self {
            Self::Label => facts.label.to_owned(),
            Self::Count => points.len().to_string(),
            Self::Average => number(has_any.then(|| sum() / points.len() as f64)?),
            Self::Sum => number(has_any.then(sum)?),
            Self::Of(place) => number(place.of(points)?.1),
            Self::Between(one, other) => number((other.of(points)?.1 - one.of(points)?.1).abs()),
            Self::Time(place) => time(place.of(points)?.0, facts.offset)?,
            Self::TimeRelative(place) => format!("{} ago", duration(facts.now - place.of(points)?.0)),
            Self::TimeBetween(one, other) => duration(other.of(points)?.0 - one.of(points)?.0),
        })
    }
}

/// Three decimals at most; what is too small for them as it is.
fn number(value: f64) -> String {
    let rounded = (value * 1_000.0).round() / 1_000.0;
    if rounded == 0.0 || !rounded.is_finite() { value.to_string() } else { rounded.to_string() }
}

fn time(millis: i64, offset: Offset) -> Option<String> {
    let at = offset.to_datetime(jiff::Timestamp::from_millisecond(millis).ok()?);
    let mut text = at.strftime("%Y-%m-%d %H:%M").to_string();
    if offset == Offset::UTC {
        text.push_str(" UTC");
    } else {
        let minutes = offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        // Writing into a text cannot fail.
        let _ = write!(text, " {sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60);
    }
    Some(text)
}

/// The two largest parts of a duration.
fn duration(millis: i64) -> String {
    let seconds = millis.abs() / 1_000;
    let parts =
        [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = parts.iter().skip(first).take(2).filter(|(count, _)| *count > 0 || first == 3);
    shown.fold(String::new(), |text, (count, unit)| text + &count.to_string() + unit)
}

/// The offset of a zone as `+0130` writes it.
pub fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Monday, 23 November 2026, 09:00 UTC.
    const START: i64 = 1_795_424_400_000;
    const POINTS: [(i64, f64); 4] =
        [(START, 2.0), (START + 60_000, 7.25), (START + 120_000, 0.5), (START + 180_000, 3.0)];

    fn told(text: &str, points: &[(i64, f64)], zone: &str) -> String {
        let property = |name: &str| match name {
            "Dim.InstanceId" => Some("i-1".to_owned()),
            "Stat" => Some("Average".to_owned()),
            _ => None,
        };
        let facts = Facts {
            label: "CPUUtilization",
            points,
            property: &property,
            now: START + 3_600_000,
            offset: offset(zone).unwrap(),
        };
        Label::parse(text).unwrap().of(&facts)
    }

    #[test]
    fn values_are_put_in() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("${LABEL} max ${MAX}", "CPUUtilization max 7.25"),
            ("${AVG} ${SUM} ${MIN} ${FIRST} ${LAST}", "3.188 12.75 0.5 2 3"),
            ("${DATAPOINT_COUNT} ${MIN_MAX_RANGE} ${FIRST_LAST_RANGE}", "4 6.75 1"),
            ("${MAX_TIME} ${LAST_TIME_RELATIVE}", "2026-11-23 09:01 UTC 57m ago"),
            ("${FIRST_LAST_TIME_RANGE} ${MIN_MAX_TIME_RANGE}", "3m 1m"),
            ("${PROP('Dim.InstanceId')}|${PROP(\"Stat\")}|${PROP('Dim.No')}|", "i-1|Average||"),
            ("$ ${ ${NOTHING} ${MAX", "$ ${ ${NOTHING} ${MAX"),
            ("${ ${LABEL}", "${ CPUUtilization"),
        ] {
            assert_eq!(told(text, &POINTS, "+0000"), expected, "{text}");
        }
        assert_eq!(told("${MAX_TIME}", &POINTS, "-0130"), "2026-11-23 07:31 -0130");
        assert_eq!(told("${AVG} ${MAX_TIME} ${DATAPOINT_COUNT}", &[], "+0000"), "-- -- 0");
    }

    #[test]
    fn too_many_values_are_refused() {
        assert!(Label::parse(&"${MAX}".repeat(VALUES_MAX)).is_ok());
        assert_eq!(Label::parse(&"${MAX}".repeat(VALUES_MAX + 1)), Err(LabelError::TooMany));
        assert_eq!(Label::parse("${LABEL} ${LABEL}"), Err(LabelError::Twice));
        assert!(Label::parse("${NOTHING}").unwrap().is_plain());
    }

    #[test]
    fn zones_are_signed_hours_and_minutes() {
        assert_eq!(offset("+0130").unwrap().seconds(), 5_400);
        for text in ["", "0130", "+130", "+01:30", "+0160", "+9900", "+é00"] {
            assert_eq!(offset(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_durations_are_short() {
        assert_eq!(
            [0.0, 0.000_01, 1.0 / 3.0, 1e21].map(number).join(" "),
            "0 0.00001 0.333 1000000000000000000000"
        );
        assert_eq!([0, 59_000, 3_600_000, 90_061_000].map(duration).join(" "), "0s 59s 1h 1d1h");
    }

    proptest! {
        #[test]
        fn any_text_is_a_label_or_not(text in "[${}A-Z_()'a é]{0,40}") {
            if let Ok(label) = Label::parse(&text) && label.is_plain() {
                prop_assert_eq!(told(&text, &POINTS, "+0000"), text);
            }
        }
    }
}
