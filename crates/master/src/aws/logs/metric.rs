//! Metrics that metric filters make of events as they are put.
//!
//! An event that a filter finds counts at its own time; one that has no number where the filter looks for it, or lacks a
//! dimension, counts nothing. A minute in which a request has events and the filter finds none of them counts the default.

use crate::aws::metrics::{Metric, NO_UNIT, Point, VALUE_MAX};
use std::collections::{BTreeMap, BTreeSet};
use topmast_aws::log_filter::{Field, Pattern};
use topmast_aws::summary::Summary;
use topmast_model::metric_filter::{FilteredMetric, MetricFilter};

const MINUTE_S: i64 = 60;

/// What an event counts.
enum Amount {
    Number(f64),
    Of(Field),
}

impl Amount {
    fn parse(text: &str) -> Option<Self> {
        number(text).map(Self::Number).or_else(|| Field::parse(text).map(Self::Of))
    }
}

/// A number that a metric may have.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.abs() <= VALUE_MAX)
}

/// What the filters of a group make of events.
///
/// - `events`: times in ms since the Unix epoch, with messages.
///
/// Cost: O(filters × events).
pub(super) fn points(filters: &[MetricFilter], events: &[(i64, String)]) -> Vec<(Metric, Point)> {
    filters.iter().flat_map(|filter| of_filter(filter, events)).collect()
}

fn of_filter(filter: &MetricFilter, events: &[(i64, String)]) -> Vec<(Metric, Point)> {
    let metric = &filter.metric;
    // Both were read when the filter was put; a newer master may know other patterns.
    let Ok(pattern) = Pattern::parse(&filter.pattern) else { return Vec::new() };
    let mut sums: BTreeMap<(Vec<(String, String)>, i64), Summary> = BTreeMap::new();
    let (mut minutes, mut found) = (BTreeSet::new(), BTreeSet::new());
    let amount = Amount::parse(&metric.value);
    let fields: Option<Vec<(&String, Field)>> =
        metric.dimensions.iter().map(|(name, field)| Some((name, Field::parse(field)?))).collect();
    for (time, message) in events {
        let second = time.div_euclid(1_000);
        minutes.insert(second.div_euclid(MINUTE_S));
        if !pattern.finds(message) {
            continue;
        }
        found.insert(second.div_euclid(MINUTE_S));
        let (Some(amount), Some(fields)) = (&amount, &fields) else { continue };
        if let Some((value, dimensions)) = counted(&pattern, message, amount, fields) {
            let sum = sums.entry((dimensions, second)).or_default();
            sum.add(&Summary::of_values([(value, 1.0)]));
        }
    }
    if let Some(default) = metric.default.as_deref().and_then(number) {
        for minute in minutes.difference(&found) {
            sums.insert((Vec::new(), minute * MINUTE_S), Summary::of_values([(default, 1.0)]));
        }
    }
    sums.into_iter()
        .map(|((dimensions, second), summary)| point(metric, dimensions, second, summary))
        .collect()
}

/// What a message counts, and for which dimensions.
fn counted(
    pattern: &Pattern,
    message: &str,
    amount: &Amount,
    fields: &[(&String, Field)],
) -> Option<(f64, Vec<(String, String)>)> {
    let mut wanted: Vec<&Field> = fields.iter().map(|(_, field)| field).collect();
    if let Amount::Of(field) = amount {
        wanted.push(field);
    }
    let mut texts = if wanted.is_empty() { Vec::new() } else { pattern.read(message, &wanted) };
    let value = match amount {
        Amount::Number(number) => *number,
        Amount::Of(_) => number(&texts.pop()??)?,
    };
    let dimensions: Option<Vec<_>> = fields
        .iter()
        .zip(texts)
        .map(|((name, _), text)| Some(((*name).clone(), text.filter(|text| !text.is_empty())?)))
        .collect();
    Some((value, dimensions?))
}

fn point(
    metric: &FilteredMetric,
    dimensions: Vec<(String, String)>,
    second: i64,
    summary: Summary,
) -> (Metric, Point) {
    let (namespace, name) = (metric.namespace.clone(), metric.name.clone());
    let unit = metric.unit.clone().unwrap_or_else(|| NO_UNIT.to_owned());
    (Metric { namespace, name, dimensions }, Point { second, unit, summary })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pattern: &str, value: &str) -> MetricFilter {
        let metric = FilteredMetric {
            namespace: "Shop".into(),
            name: "Refused".into(),
            value: value.into(),
            default: None,
            unit: None,
            dimensions: BTreeMap::new(),
        };
        MetricFilter { pattern: pattern.into(), metric, is_on_transformed: false }
    }

    /// Second, sum and count of each point, with its dimensions.
    fn told(filter: &MetricFilter, events: &[(i64, &str)]) -> Vec<(i64, f64, f64, String)> {
        let events: Vec<_> = events.iter().map(|(time, text)| (*time, (*text).to_owned())).collect();
        points(std::slice::from_ref(filter), &events)
            .into_iter()
            .map(|(metric, point)| {
                let dimensions = metric.dimensions.iter().map(|(name, value)| format!("{name}={value}"));
                let dimensions = dimensions.collect::<Vec<_>>().join(",");
                (point.second, point.summary.sum, point.summary.count, dimensions)
            })
            .collect()
    }

    const EVENTS: [(i64, &str); 4] = [
        (60_000, r#"{"status": 500, "ms": 12.5, "host": "a"}"#),
        (60_900, r#"{"status": 500, "ms": "7", "host": "b"}"#),
        (61_000, r#"{"status": 500, "ms": "long"}"#),
        (121_500, r#"{"status": 200, "ms": 3, "host": "a"}"#),
    ];

    #[test]
    fn events_count_at_their_times_for_what_the_filter_says() {
        let failed = "{ $.status = 500 }";
        let none = String::new;
        assert_eq!(told(&filter(failed, "2"), &EVENTS), [(60, 4.0, 2.0, none()), (61, 2.0, 1.0, none())]);
        assert_eq!(told(&filter(failed, "$.ms"), &EVENTS), [(60, 19.5, 2.0, none())]);
        assert_eq!(told(&filter("", "1"), &EVENTS[3..]), [(121, 1.0, 1.0, none())]);
        assert_eq!(
            told(&filter("[word, ms]", "$ms"), &[(0, "took 7"), (0, "took")]),
            [(0, 7.0, 1.0, none())]
        );
        for value in ["", "$.none", "much", "1e999", "NaN"] {
            assert_eq!(told(&filter(failed, value), &EVENTS), [], "{value}");
        }
    }

    #[test]
    fn dimensions_are_of_the_message_and_one_without_counts_nothing() {
        let mut filter = filter("{ $.status = * }", "1");
        filter.metric.dimensions.insert("Host".into(), "$.host".into());
        let of = |host: &str| format!("Host={host}");
        let expect = [(60, 1.0, 1.0, of("a")), (121, 1.0, 1.0, of("a")), (60, 1.0, 1.0, of("b"))];
        assert_eq!(told(&filter, &EVENTS), expect);
    }

    #[test]
    fn a_minute_without_what_is_found_counts_the_default() {
        let mut filter = filter("{ $.status = 500 }", "1");
        filter.metric.default = Some("0.25".into());
        let none = String::new;
        let expect = [(60, 2.0, 2.0, none()), (61, 1.0, 1.0, none()), (120, 0.25, 1.0, none())];
        assert_eq!(told(&filter, &EVENTS), expect);
    }
}
