//! `PutMetricData`: all of a request is taken, or nothing.

use super::{combination, fleet, invalid};
use crate::aws::metrics::{Metric, MetricsError, NO_UNIT, Point, VALUE_MAX};
use crate::aws::{Caller, internal};
use crate::http::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use topmast_aws::summary::Summary;
use topmast_aws::{Common, Fault, Value};
use topmast_model::principal::Right;

/// Most data of one request, and most values of one datum.
const DATA_MAX: usize = 1_000;
const VALUES_MAX: usize = 150;
/// How late and how early a value may be, in milliseconds.
const LATE_MS: i64 = 14 * 86_400_000;
const EARLY_MS: i64 = 2 * 3_600_000;

pub(super) async fn answer(
    context: &Arc<Context>,
    caller: &Caller,
    input: &Value,
    now: i64,
) -> Result<Value, Fault> {
    caller.needs(Right::Write, "cloudwatch:PutMetricData")?;
    let namespace = input.text("Namespace").unwrap_or_default();
    if namespace.starts_with(fleet::PREFIX) {
        return Err(invalid(format!("The value {namespace} for parameter Namespace is invalid.")));
    }
    let mut points = Vec::new();
    let mut wrong = Vec::new();
    let plain = input.list("MetricData");
    let entities = input.list("EntityMetricData").iter().flat_map(|entity| entity.list("MetricData"));
    let data: Vec<&Value> = plain.iter().chain(entities).collect();
    if data.len() > DATA_MAX {
        return Err(invalid(format!(
            "The collection MetricData must not have a size greater than {DATA_MAX}."
        )));
    }
    if data.is_empty() {
        return Err(Fault::modelled(
            "MissingRequiredParameterException",
            "The parameter MetricData is required.",
        ));
    }
    for (place, datum) in data.into_iter().enumerate() {
        let at = format!("MetricData.member.{}", place + 1);
        let second = match second(datum, &at, now) {
            Ok(second) => second,
            Err(message) => {
                wrong.push(message);
                continue;
            }
        };
        has_dimensions_once(datum)?;
        let summary = summary(datum, &at)?;
        let unit = datum.text("Unit").unwrap_or(NO_UNIT).to_owned();
        points.push((metric(namespace, datum), Point { second, unit, summary }));
    }
    if !wrong.is_empty() {
        return Err(invalid(wrong.join("\n")));
    }
    // Tools try again what is throttled, later and later.
    let charged = context.meters.bring(caller.tenant.as_str(), points.len() as u64, Instant::now());
    charged.map_err(|over| Fault::common(Common::Throttling, over.detail))?;
    let (context, tenant) = (Arc::clone(context), caller.tenant.to_string());
    let put = tokio::task::spawn_blocking(move || context.aws_metrics.put(&tenant, &points)).await;
    match put.map_err(|error| internal(&error))? {
        Ok(()) => Ok(Value::empty()),
        // Not throttled: tools would try again for ever.
        Err(full @ MetricsError::Full { .. }) => Err(Fault::modelled("LimitExceededFault", full.to_string())),
        Err(error) => Err(internal(&error)),
    }
}

fn has_dimensions_once(datum: &Value) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    if datum.list("Dimensions").iter().all(|dimension| names.insert(dimension.text("Name"))) {
        return Ok(());
    }
    Err(invalid("No metric may specify the same dimension name twice."))
}

/// When the values are of; now when it is not said.
fn second(datum: &Value, at: &str, now: i64) -> Result<i64, String> {
    let Some(time) = datum.timestamp("Timestamp") else { return Ok(now.div_euclid(1_000)) };
    if time < now - LATE_MS {
        return Err(format!("The parameter {at}.Timestamp must specify a time within the past two weeks."));
    }
    if time > now + EARLY_MS {
        return Err(format!(
            "The parameter {at}.Timestamp must specify a time no more than two hours in the future."
        ));
    }
    Ok(time.div_euclid(1_000))
}

pub(super) fn metric(namespace: &str, value: &Value) -> Metric {
    let dimensions: BTreeMap<String, String> = value
        .list("Dimensions")
        .iter()
        .map(|dimension| {
            let part = |name| dimension.text(name).unwrap_or_default().to_owned();
            (part("Name"), part("Value"))
        })
        .collect();
    Metric {
        namespace: namespace.to_owned(),
        name: value.text("MetricName").unwrap_or_default().to_owned(),
        dimensions: dimensions.into_iter().collect(),
    }
}

fn summary(datum: &Value, at: &str) -> Result<Summary, Fault> {
    let is_there = |name: &str| datum.get(name).is_some();
    for other in ["Values", "StatisticValues"] {
        if is_there("Value") && is_there(other) {
            return Err(combination(format!(
                "The parameters {at}.Value and {at}.{other} are mutually exclusive and you have specified both."
            )));
        }
    }
    let checked = |value: f64, name: &str| {
        if value.is_finite() && value.abs() <= VALUE_MAX {
            return Ok(value);
        }
        let told = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
        Err(invalid(format!("The value {told} for parameter {at}.{name} is invalid.")))
    };
    if let Some(value) = datum.float("Value") {
        return Ok(Summary::of_values([(checked(value, "Value")?, 1.0)]));
    }
    let mut sum = Summary::default();
    if let Some(set) = datum.get("StatisticValues") {
        let part =
            |name: &str| checked(set.float(name).unwrap_or_default(), &format!("StatisticValues.{name}"));
        let (count, minimum, maximum) = (part("SampleCount")?, part("Minimum")?, part("Maximum")?);
        if count <= 0.0 || minimum > maximum {
            return Err(invalid(format!(
                "The value {count} for parameter {at}.StatisticValues.SampleCount is invalid."
            )));
        }
        sum.add(&Summary::of_statistics(count, part("Sum")?, minimum, maximum));
    }
    let (values, counts) = (datum.list("Values"), datum.list("Counts"));
    if values.len() > VALUES_MAX {
        return Err(invalid(format!(
            "The collection {at}.Values must not have a size greater than {VALUES_MAX}."
        )));
    }
    if is_there("Counts") && counts.len() != values.len() {
        return Err(invalid(format!("The parameters {at}.Values and {at}.Counts must be of the same size.")));
    }
    let mut weighted = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        let value = checked(value.as_float().unwrap_or(f64::NAN), &format!("Values.member.{}", place + 1))?;
        let count = counts.get(place).and_then(Value::as_float).unwrap_or(1.0);
        let count = checked(count, &format!("Counts.member.{}", place + 1))?;
        if count < 0.0 {
            return Err(invalid(format!(
                "The value {count} for parameter {at}.Counts.member.{} is invalid.",
                place + 1
            )));
        }
        weighted.push((value, count));
    }
    sum.add(&Summary::of_values(weighted));
    if sum.count > 0.0 {
        return Ok(sum);
    }
    Err(Fault::modelled(
        "MissingRequiredParameterException",
        format!("The parameter {at}.Value is required."),
    ))
}
