//! A widget of metrics: what `GetMetricWidgetImage` is given, and what a dashboard holds.
//!
//! ```text
//! JSON ─► Widget ─► queries of GetMetricData ─► series ─► a picture, or the console's chart
//! ```
//!
//! Elsewhere: the form of a whole dashboard (`dashboard`); the values (`topmast-master`); pictures (`topmast-chart`).

mod metric;
mod moment;

pub use metric::{Entry, Source};

use crate::dashboard::{Check, Mistake, listed};
use crate::label::offset;
use crate::timestamp;
use crate::value::Value;
use jiff::tz::Offset;
use moment::Moment;
use serde_json::{Map, Value as Json};
use std::fmt;

/// Bytes of a widget, as AWS bounds them.
pub const BYTES_MAX: usize = 100 << 10;
/// Most metrics of a picture.
const METRICS_MAX: usize = 100;
/// Most marks of a widget.
const MARKS_MAX: usize = 100;
/// Greatest width and height, in pixels.
const SIDE_MAX: i64 = 2_000;
const PERIOD_S: i64 = 300;
const STATISTIC: &str = "Average";
/// Most points of a series: more than a picture has pixels.
const POINTS_MAX: i64 = 3_000;

const VIEWS: [(&str, View); 6] = [
    ("timeSeries", View::TimeSeries),
    ("singleValue", View::SingleValue),
    ("gauge", View::SingleValue),
    ("table", View::SingleValue),
    ("bar", View::Bar),
    ("pie", View::Pie),
];
const LEGENDS: [(&str, Legend); 3] =
    [("bottom", Legend::Bottom), ("right", Legend::Right), ("hidden", Legend::Hidden)];
const FILLS: [(&str, Fill); 5] = [
    ("above", Fill::Beyond),
    ("after", Fill::Beyond),
    ("below", Fill::Until),
    ("before", Fill::Until),
    ("none", Fill::None),
];
const SIDES: [(&str, bool); 2] = [("left", false), ("right", true)];

/// How values are shown; of the kinds that are not drawn here the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Lines over time.
    #[default]
    TimeSeries,
    /// The last values as figures.
    SingleValue,
    /// The last values as bars.
    Bar,
    /// The last values as shares.
    Pie,
}

/// Where the names of the series stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legend {
    /// Below.
    #[default]
    Bottom,
    /// On the right.
    Right,
    /// Nowhere.
    Hidden,
}

/// What is coloured beside a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fill {
    /// Nothing.
    #[default]
    None,
    /// Above a value, after a time.
    Beyond,
    /// Below a value, before a time.
    Until,
}

/// An axis of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// What is on it.
    pub label: String,
}

/// A mark at a value or, in milliseconds since the epoch, at a time; a band between two of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// Where.
    pub at: f64,
    /// Of a band: where it ends.
    pub to: Option<f64>,
    /// What it means.
    pub label: String,
    /// `#rrggbb`.
    pub colour: Option<String>,
    /// What is coloured.
    pub fill: Fill,
    /// True when a value is on the right axis.
    pub is_right: bool,
}

/// A widget of metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Widget {
    /// What stands above.
    pub title: String,
    /// How values are shown.
    pub view: View,
    /// True when series are added up.
    pub is_stacked: bool,
    /// Where the names stand.
    pub legend: Legend,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// In which times are told.
    pub offset: Offset,
    /// The axis on the left.
    pub left: Axis,
    /// The axis on the right.
    pub right: Axis,
    /// Marks at values.
    pub horizontal: Vec<Annotation>,
    /// Marks at times.
    pub vertical: Vec<Annotation>,
    /// Names or ARNs of alarms of which it is.
    pub alarms: Vec<String>,
    /// What is shown.
    pub entries: Vec<Entry>,
    start: Moment,
    end: Moment,
}

/// Why a text is no widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WidgetError {
    /// It has more than [`BYTES_MAX`] bytes.
    TooLarge,
    /// It is no JSON object.
    NotJson,
    /// It is one, with these mistakes.
    Mistakes(Vec<Mistake>),
}

impl fmt::Display for WidgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "The metric widget must not have more than {BYTES_MAX} bytes"),
            Self::NotJson => f.write_str("The metric widget must be a valid JSON object"),
            Self::Mistakes(mistakes) => {
                let plural = if mistakes.len() == 1 { "error" } else { "errors" };
                let (count, listed) = (mistakes.len(), listed(mistakes));
                write!(f, "The metric widget is invalid, there are {count} validation {plural}:\n{listed}")
            }
        }
    }
}

impl Widget {
    /// Reads the text of a widget that is to become a picture.
    ///
    /// # Errors
    /// [`WidgetError`] with the first hundred mistakes, each with its place.
    pub fn parse(text: &str) -> Result<Self, WidgetError> {
        if text.len() > BYTES_MAX {
            return Err(WidgetError::TooLarge);
        }
        let Ok(Json::Object(members)) = serde_json::from_str(text) else { return Err(WidgetError::NotJson) };
        Self::of(&members)
    }

    /// Reads the properties of a widget of metrics; one of a dashboard may have more of them, and may be of an alarm alone.
    ///
    /// # Errors
    /// [`WidgetError::Mistakes`].
    pub fn of(members: &Map<String, Json>) -> Result<Self, WidgetError> {
        let mut check = Check::default();
        let widget = read(&mut check, members);
        if check.mistakes.is_empty() { Ok(widget) } else { Err(WidgetError::Mistakes(check.mistakes)) }
    }

    /// From and until when, in milliseconds since the epoch; `None` when that is no span.
    pub fn span(&self, now: i64) -> Option<(i64, i64)> {
        let span = (self.start.at(now)?, self.end.at(now)?);
        (span.0 < span.1).then_some(span)
    }

    /// What `GetMetricData` is to be asked for a span: long ones in longer periods than were told.
    pub fn queries(&self, (from, until): (i64, i64)) -> Value {
        let least = (until.saturating_sub(from) / 1_000 / POINTS_MAX + 59) / 60 * 60;
        Value::map([("MetricDataQueries", Value::List(metric::queries(&self.entries, least)))])
    }

    /// What is told of the series of a query.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

fn read(check: &mut Check, members: &Map<String, Json>) -> Widget {
    let part = |name: &str| members.get(name).and_then(Json::as_object);
    let text =
        |check: &mut Check, name: &str| check.text(members, name, false).unwrap_or_default().to_owned();
    let side = |check: &mut Check, name: &str, usual: u32| {
        check.whole(members, name, 1, SIDE_MAX);
        members.get(name).and_then(Json::as_u64).and_then(|side| u32::try_from(side).ok()).unwrap_or(usual)
    };
    let (width, height) = (side(check, "width", 600), side(check, "height", 400));
    let mut alarms = Vec::new();
    let (mut horizontal, mut vertical) = (Vec::new(), Vec::new());
    if let Some(annotations) = part("annotations") {
        check.at("annotations", |check| {
            check.list(annotations, "alarms", false, MARKS_MAX, |check, alarm| match alarm.as_str() {
                Some(alarm) => alarms.push(alarm.to_owned()),
                None => check.wrong("Should be string"),
            });
            horizontal = marks(check, annotations, "horizontal", |value| {
                value.as_f64().filter(|value| value.is_finite())
            });
            vertical = marks(check, annotations, "vertical", |value| {
                timestamp::parse(value.as_str()?).map(|time| time as f64)
            });
        });
    }
    let offset = members.get("timezone").map_or(Some(Offset::UTC), |zone| offset(zone.as_str()?));
    if offset.is_none() {
        check.at("timezone", |check| check.wrong("Should match pattern \"^[+-][0-9]{4}$\""));
    }
    let axis = |check: &mut Check, name: &str| {
        let axis = part("yAxis").and_then(|axes| axes.get(name)).and_then(Json::as_object);
        axis.map_or_else(Axis::default, |axis| check_axis(check, name, axis))
    };
    let (left, right) = (axis(check, "left"), axis(check, "right"));
    let legend = part("legend").map(|legend| {
        let mut place = Legend::default();
        check.at("legend", |check| place = choice(check, legend, "position", &LEGENDS).unwrap_or_default());
        place
    });
    let statistic = check.text(members, "stat", false).unwrap_or(STATISTIC).to_owned();
    check.whole(members, "period", 1, i64::MAX);
    let period = members.get("period").and_then(Json::as_i64).unwrap_or(PERIOD_S);
    let moment = |check: &mut Check, name: &str, usual: Moment| match members.get(name) {
        None => usual,
        Some(value) => value.as_str().and_then(Moment::parse).unwrap_or_else(|| {
            check.at(name, |check| check.wrong("Should be an ISO 8601 date or period of time"));
            usual
        }),
    };
    let (start, end) = (moment(check, "start", Moment::AGO), moment(check, "end", Moment::NOW));
    Widget {
        title: text(check, "title"),
        view: choice(check, members, "view", &VIEWS).unwrap_or_default(),
        is_stacked: flag(check, members, "stacked").unwrap_or(false),
        legend: legend.unwrap_or_default(),
        width,
        height,
        offset: offset.unwrap_or(Offset::UTC),
        left,
        right,
        horizontal,
        vertical,
        entries: metric::read(check, members, alarms.is_empty(), METRICS_MAX, &statistic, period),
        alarms,
        start,
        end,
    }
}

fn check_axis(check: &mut Check, name: &str, axis: &Map<String, Json>) -> Axis {
    let mut told = Axis::default();
    check.at("yAxis", |check| {
        check.at(name, |check| {
            let number = |check: &mut Check, name: &str| {
                let value = axis.get(name)?;
                let number = value.as_f64().filter(|number| number.is_finite());
                if number.is_none() && !value.is_null() {
                    check.at(name, |check| check.wrong("Should be number"));
                }
                number
            };
            told = Axis {
                min: number(check, "min"),
                max: number(check, "max"),
                label: check.text(axis, "label", false).unwrap_or_default().to_owned(),
            };
        });
    });
    told
}

/// Marks, and bands, which are lists of two marks.
fn marks(
    check: &mut Check,
    annotations: &Map<String, Json>,
    name: &str,
    at: impl Fn(&Json) -> Option<f64>,
) -> Vec<Annotation> {
    let mut told = Vec::new();
    check.list(annotations, name, false, MARKS_MAX, |check, item| match item {
        Json::Array(ends) => match ends.as_slice() {
            [from, to] => {
                let ends = [(0, from), (1, to)].map(|(index, end)| {
                    let mut found = None;
                    check.at(&index.to_string(), |check| found = mark(check, end, &at));
                    found
                });
                if let [Some((from, true)), Some((to, _))] = ends {
                    let label = [from.label.as_str(), to.label.as_str()].join(" – ");
                    let label = label.trim_matches([' ', '–']).to_owned();
                    told.push(Annotation { to: Some(to.at), label, ..from });
                }
            }
            _ => check.wrong("Should have 2 items"),
        },
        item => {
            if let Some((mark, true)) = mark(check, item, &at) {
                told.push(mark);
            }
        }
    });
    told
}

/// A mark, and whether it is to be seen.
fn mark(check: &mut Check, item: &Json, at: &impl Fn(&Json) -> Option<f64>) -> Option<(Annotation, bool)> {
    let Json::Object(members) = item else {
        check.wrong("Should be object");
        return None;
    };
    let Some(value) = members.get("value") else {
        check.wrong("Should have required property 'value'");
        return None;
    };
    let value = at(value);
    if value.is_none() {
        check.at("value", |check| check.wrong("Should be a number, or a date of ISO 8601"));
    }
    let mark = Annotation {
        at: value?,
        to: None,
        label: check.text(members, "label", false).unwrap_or_default().to_owned(),
        colour: colour(check, members),
        fill: choice(check, members, "fill", &FILLS).unwrap_or_default(),
        is_right: choice(check, members, "yAxis", &SIDES).unwrap_or(false),
    };
    Some((mark, flag(check, members, "visible").unwrap_or(true)))
}

/// One of the values that a text may have.
fn choice<T: Copy>(
    check: &mut Check,
    members: &Map<String, Json>,
    name: &str,
    choices: &[(&str, T)],
) -> Option<T> {
    let text = check.text(members, name, false)?;
    let found = choices.iter().find(|(choice, _)| *choice == text).map(|(_, value)| *value);
    if found.is_none() {
        check.at(name, |check| check.wrong("Should be equal to one of the allowed values"));
    }
    found
}

fn flag(check: &mut Check, members: &Map<String, Json>, name: &str) -> Option<bool> {
    let value = members.get(name)?;
    if !value.is_boolean() {
        check.at(name, |check| check.wrong("Should be boolean"));
    }
    value.as_bool()
}

/// `#rgb` or `#rrggbb`.
fn colour(check: &mut Check, members: &Map<String, Json>) -> Option<String> {
    let text = check.text(members, "color", false)?;
    let digits =
        text.strip_prefix('#').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if digits.is_some_and(|digits| matches!(digits.len(), 3 | 6)) {
        return Some(text.to_owned());
    }
    check.at("color", |check| check.wrong("Should match pattern \"^#([0-9a-fA-F]{3}){1,2}$\""));
    None
}

#[cfg(test)]
mod tests;
