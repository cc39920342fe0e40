//! `GetMetricStatistics`: statistics of one metric, one datapoint for each unit and period.

use super::{combination, fleet, invalid, put, read};
use crate::aws::Caller;
use crate::aws::metrics::Point;
use crate::http::Context;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_aws::span::{by_period, floored_start, is_period};
use topmast_aws::statistic::Statistic;
use topmast_aws::summary::Summary;
use topmast_aws::{Fault, Map, Value};
use topmast_model::principal::Right;

/// Most datapoints that may be asked for.
const DATAPOINTS_MAX: i64 = 1_440;

pub(super) async fn answer(
    context: &Arc<Context>,
    caller: &Caller,
    input: &Value,
    now: i64,
) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "cloudwatch:GetMetricStatistics")?;
    let (simple, extended) = asked(input)?;
    let second = |name| input.timestamp(name).unwrap_or_default().div_euclid(1_000);
    let (start, end) = (second("StartTime"), second("EndTime"));
    let period = input.integer("Period").unwrap_or_default();
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    if !is_period(period) {
        return Err(invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."));
    }
    let count = (end - start) / period;
    if count > DATAPOINTS_MAX {
        return Err(combination(format!(
            "You have requested up to {count} datapoints, which exceeds the limit of {DATAPOINTS_MAX}. \
             You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let start = floored_start(start, period, now.div_euclid(1_000));
    let metric = put::metric(input.text("Namespace").unwrap_or_default(), input);
    if !metric.namespace.starts_with(fleet::PREFIX) {
        caller.needs(Right::Read, "cloudwatch:GetMetricStatistics")?;
    }
    let label = metric.name.clone();
    let unit = input.text("Unit").map(str::to_owned);
    let points = read::with(context, caller.into(), move |reader| {
        reader.points(&metric, unit.as_deref(), (start, end), period)
    })
    .await?;
    let mut datapoints = Vec::new();
    for (unit, points) in by_unit(&points) {
        for (begin, summary) in by_period(points, start, period) {
            datapoints.push(datapoint(begin, unit, &summary, &simple, &extended));
        }
    }
    Ok(Value::map([("Label", Value::Text(label)), ("Datapoints", Value::List(datapoints))]))
}

/// Points of each unit.
pub(super) fn by_unit(points: &[Point]) -> BTreeMap<&str, Vec<(i64, &Summary)>> {
    let mut units: BTreeMap<&str, Vec<(i64, &Summary)>> = BTreeMap::new();
    for Point { second, unit, summary } in points {
        units.entry(unit).or_default().push((*second, summary));
    }
    units
}

type Named = Vec<(String, Statistic)>;

/// The statistics asked for, those that have a member of their own and the others.
fn asked(input: &Value) -> Result<(Named, Named), Fault> {
    let of = |list: &str| -> Result<Named, Fault> {
        let read = |name: &str| {
            let statistic = Statistic::parse(name);
            statistic.map(|statistic| (name.to_owned(), statistic)).ok_or_else(|| {
                invalid(format!("The value {name} for parameter {list}.member.1 is not supported."))
            })
        };
        input.texts(list).map(read).collect()
    };
    let (simple, extended) = (of("Statistics")?, of("ExtendedStatistics")?);
    match (simple.is_empty(), extended.is_empty()) {
        (true, true) => Err(combination("Must specify either Statistics or ExtendedStatistics")),
        (false, false) => Err(combination("Must specify either Statistics or ExtendedStatistics, not both")),
        _ => Ok((simple, extended)),
    }
}

fn datapoint(begin: i64, unit: &str, summary: &Summary, simple: &Named, extended: &Named) -> Value {
    let told = |named: &Named| -> Map {
        let values = named.iter().filter_map(|(name, statistic)| {
            Some((Cow::Owned(name.clone()), Value::Float(statistic.of(summary)?)))
        });
        values.collect()
    };
    let mut members = told(simple);
    members.insert("Timestamp".into(), Value::Timestamp(begin * 1_000));
    members.insert("Unit".into(), Value::Text(unit.to_owned()));
    if !extended.is_empty() {
        members.insert("ExtendedStatistics".into(), Value::Map(told(extended)));
    }
    Value::Map(members)
}
