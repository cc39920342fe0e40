//! What a widget shows: metrics, with AWS' shorthand for what repeats, and expressions.

use super::{SIDES, choice, colour, flag};
use crate::dashboard::Check;
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Most dimensions of a metric, each with a name and a value, after namespace and name.
const PARTS_MAX: usize = 2 + 2 * 30;

/// A metric or an expression of a widget.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The id that it has in the widget, or was given.
    pub id: String,
    /// What it is of.
    pub source: Source,
    /// What it is called.
    pub label: Option<String>,
    /// `#rrggbb`.
    pub colour: Option<String>,
    /// True when it is on the right axis.
    pub is_right: bool,
    /// False when it only serves others.
    pub is_visible: bool,
}

/// What an entry is of.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A statistic of a metric.
    Metric {
        /// Namespace, name, and names and values of dimensions.
        parts: Vec<String>,
        /// The statistic.
        statistic: String,
        /// Seconds.
        period: i64,
    },
    /// An expression.
    Expression {
        /// Its text.
        text: String,
        /// Seconds, if it has a period of its own.
        period: Option<i64>,
    },
}

pub(super) fn read(
    check: &mut Check,
    members: &Map<String, Json>,
    is_needed: bool,
    most: usize,
    statistic: &str,
    period: i64,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut before: Vec<String> = Vec::new();
    let mut unnamed: Vec<usize> = Vec::new();
    check.list(members, "metrics", is_needed, most, |check, item| {
        let Json::Array(items) = item else { return check.wrong("Should be array") };
        let (parts, options) = match items.split_last() {
            Some((Json::Object(options), parts)) => (parts, Some(options)),
            _ => (items.as_slice(), None),
        };
        let none = Map::new();
        let options = options.unwrap_or(&none);
        let mut told = (None, None, None, None, None, false, true, None);
        check.at(&parts.len().to_string(), |check| {
            check.whole(options, "period", 1, i64::MAX);
            told = (
                check.text(options, "id", false),
                check.text(options, "expression", false),
                check.text(options, "label", false),
                check.text(options, "stat", false),
                colour(check, options),
                choice(check, options, "yAxis", &SIDES).unwrap_or(false),
                flag(check, options, "visible").unwrap_or(true),
                options.get("period").and_then(Json::as_i64),
            );
        });
        let (id, expression, label, own_statistic, colour, is_right, is_visible, own_period) = told;
        let source = match expression {
            Some(text) if parts.is_empty() => {
                Source::Expression { text: text.to_owned(), period: own_period }
            }
            Some(_) => return check.wrong("Should have either a metric or an expression"),
            None => {
                let Some(parts) = whole(check, parts, &before) else { return };
                before.clone_from(&parts);
                let statistic = own_statistic.unwrap_or(statistic).to_owned();
                Source::Metric { parts, statistic, period: own_period.unwrap_or(period) }
            }
        };
        if id.is_none() {
            unnamed.push(entries.len());
        }
        entries.push(Entry {
            id: id.unwrap_or_default().to_owned(),
            source,
            label: label.map(str::to_owned),
            colour,
            is_right,
            is_visible,
        });
    });
    // Those without an id get one that no other has.
    let taken: BTreeSet<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    let mut free = (1_usize..).map(|number| format!("widget{number}")).filter(|id| !taken.contains(id));
    for place in unnamed {
        entries[place].id = free.next().unwrap_or_default();
    }
    entries
}

/// The parts of a metric: `.` is the part of the metric before, `...` all of its parts but for those that follow.
fn whole(check: &mut Check, items: &[Json], before: &[String]) -> Option<Vec<String>> {
    let mut parts: Vec<String> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = parts.len();
        let part = match item.as_str() {
            Some("...") if index == 0 => {
                let kept = (before.len() + 1).checked_sub(items.len()).filter(|_| !before.is_empty());
                let Some(kept) = kept else {
                    check.at("0", |check| check.wrong("Should follow a metric with as many parts"));
                    return None;
                };
                parts.extend_from_slice(&before[..kept]);
                continue;
            }
            Some(".") => before.get(place).cloned(),
            Some(text) => Some(text.to_owned()),
            None => {
                check.at(&index.to_string(), |check| check.wrong("Should be string"));
                return None;
            }
        };
        let Some(part) = part else {
            check.at(&index.to_string(), |check| check.wrong("Should follow a metric with as many parts"));
            return None;
        };
        parts.push(part);
    }
    match parts.len() {
        0 | 1 => check.wrong("Should NOT have fewer than 2 items"),
        length if length > PARTS_MAX => check.wrong(format!("Should NOT have more than {PARTS_MAX} items")),
        length if length % 2 == 1 => check.wrong("Should have a value for each dimension"),
        _ => return Some(parts),
    }
    None
}

/// The queries of `GetMetricData`, none of a period below `least` seconds.
pub(super) fn queries(entries: &[Entry], least: i64) -> Vec<Value> {
    let metrics = || {
        entries.iter().filter_map(|entry| match &entry.source {
            Source::Metric { parts, .. } => Some(parts),
            Source::Expression { .. } => None,
        })
    };
    let names: BTreeSet<&String> = metrics().map(|parts| &parts[1]).collect();
    let is_one = metrics().count() > 1 && names.len() == 1;
    let longer =
        |period: i64| if period < least { (least + period - 1) / period.max(1) * period } else { period };
    let query = |entry: &Entry| {
        let label = entry.label.clone().filter(|label| !label.is_empty());
        let (member, of, label, period) = match &entry.source {
            Source::Metric { parts, statistic, period } => {
                let dimensions = parts[2..].chunks_exact(2).map(|pair| {
                    Value::map([("Name", pair[0].as_str().into()), ("Value", pair[1].as_str().into())])
                });
                let metric = Value::map([
                    ("Namespace", parts[0].as_str().into()),
                    ("MetricName", parts[1].as_str().into()),
                    ("Dimensions", Value::List(dimensions.collect())),
                ]);
                let stat = Value::map([
                    ("Metric", metric),
                    ("Period", longer(*period).into()),
                    ("Stat", statistic.as_str().into()),
                ]);
                ("MetricStat", stat, label.or_else(|| told_apart(parts, is_one)), Value::Null)
            }
            Source::Expression { text, period } => {
                let period = period.map_or(Value::Null, |period| longer(period).into());
                ("Expression", text.as_str().into(), label, period)
            }
        };
        Value::map([
            ("Id", entry.id.as_str().into()),
            (member, of),
            ("Label", label.map_or(Value::Null, Value::Text)),
            ("Period", period),
            ("ReturnData", entry.is_visible.into()),
        ])
    };
    entries.iter().map(query).collect()
}

/// Of several metrics of one name it is the dimensions that tell them apart.
fn told_apart(parts: &[String], is_one: bool) -> Option<String> {
    let values: Vec<&str> = parts[2..].chunks_exact(2).map(|pair| pair[1].as_str()).collect();
    let values = values.join(" ");
    (is_one && !values.is_empty() && !values.contains("${")).then_some(values)
}
