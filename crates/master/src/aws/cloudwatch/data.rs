//! `GetMetricData`: many metrics and expressions at once, a page of datapoints at a time.
//!
//! ```text
//! query::all ─► metrics ─► SQL ─► metric math, each after what it names ─► labels ─► a page
//! ```

mod query;
mod sql;
mod work;

use super::{read, validation};
use crate::aws::{Caller, page};
use crate::http::Context;
use query::{Of, Query, Stat};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use topmast_aws::label::{Facts, offset};
use topmast_aws::metric_math::{Operand, Series};
use topmast_aws::{Fault, Value};
use topmast_model::principal::Right;
use work::{FOUND_MAX, Work};

/// Most datapoints of an answer.
const DATAPOINTS_MAX: i64 = 100_800;

pub(super) async fn answer(
    context: &Arc<Context>,
    caller: &Caller,
    input: &Value,
    now: i64,
) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "cloudwatch:GetMetricData")?;
    let second = |name| input.timestamp(name).unwrap_or_default().div_euclid(1_000);
    let (start, end) = (second("StartTime"), second("EndTime"));
    if start == end {
        return Err(validation("The parameter StartTime must not equal parameter EndTime."));
    }
    if start > end {
        return Err(validation("The parameter EndTime must be greater than StartTime."));
    }
    let told = match input.text("NextToken") {
        None => 0,
        Some(token) => page::told(token)
            .ok_or_else(|| Fault::modelled("InvalidNextToken", "The specified nextToken is invalid."))?,
    };
    let zone = input.get("LabelOptions").and_then(|options| options.text("Timezone")).unwrap_or("+0000");
    let offset = offset(zone).ok_or_else(|| {
        validation(format!("The value {zone} for parameter LabelOptions.Timezone is not supported."))
    })?;
    let (queries, order) = query::all(input)?;
    let page = Page {
        told,
        room: input.integer("MaxDatapoints").unwrap_or(DATAPOINTS_MAX).clamp(1, DATAPOINTS_MAX),
        is_ascending: input.text("ScanBy") == Some("TimestampAscending"),
    };
    let (account, region) = (caller.account.to_string(), caller.region.clone());
    read::with(context, caller.into(), move |reader| {
        let mut work = Work::new(reader, account.clone(), (start, end), now.div_euclid(1_000));
        let naming = Naming { account, region, offset, now, labels: Labels::of(&queries) };
        let results = results(&mut work, &queries, &order, &naming)?;
        Ok(page.answer(results, work.is_cut()))
    })
    .await
}

/// Refuses queries of an alarm that could not be worked out.
pub(super) fn check(asked: &Value) -> Result<(), Fault> {
    query::all(asked).map(|_| ())
}

/// The points of one of several queries, in milliseconds and ascending; of several series the first.
pub(super) fn points(
    reader: &read::Reader,
    account: &str,
    asked: &Value,
    id: &str,
    span: (i64, i64),
    now: i64,
) -> Result<Vec<(i64, f64)>, Fault> {
    let (queries, order) = query::all(asked)?;
    let mut work = Work::new(reader, account.to_owned(), span, now.div_euclid(1_000));
    let labels = Labels::of(&queries);
    let offset = jiff::tz::Offset::UTC;
    let naming = Naming { account: account.to_owned(), region: String::new(), offset, now, labels };
    let results = results(&mut work, &queries, &order, &naming)?;
    let told = results.into_iter().find(|told| told.id == id);
    Ok(told.map(|told| told.points).unwrap_or_default())
}

/// The series of queries over a span of seconds, with all of their points.
pub(super) fn told(
    reader: &read::Reader,
    asked: &Value,
    span: (i64, i64),
    offset: jiff::tz::Offset,
    now: i64,
) -> Result<Vec<Told>, Fault> {
    let (queries, order) = query::all(asked)?;
    let account = reader.asker.account.to_string();
    let mut work = Work::new(reader, account.clone(), span, now.div_euclid(1_000));
    let (region, labels) = (reader.asker.region.clone(), Labels::of(&queries));
    results(&mut work, &queries, &order, &Naming { account, region, offset, now, labels })
}

/// A series that is told.
pub(super) struct Told {
    pub(super) id: String,
    pub(super) label: String,
    /// Milliseconds and values, ascending.
    pub(super) points: Vec<(i64, f64)>,
    pub(super) period_s: i64,
    /// All units, when one was chosen of several.
    units: Vec<String>,
}

fn results<'a>(
    work: &mut Work<'a>,
    queries: &'a [Query],
    order: &[usize],
    naming: &Naming,
) -> Result<Vec<Told>, Fault> {
    let mut units = BTreeMap::new();
    for query in queries {
        match &query.of {
            Of::Metric(stat) => {
                units.insert(&query.id, work.metric(&query.id, stat)?);
            }
            Of::Sql { query: sql, period } => {
                let several = sql::series(work, sql, *period)?;
                work.insert(&query.id, Operand::Array(several));
            }
            Of::Math { .. } => {}
        }
    }
    for place in order {
        work.math(&queries[*place])?;
    }
    let mut results = Vec::new();
    for query in queries.iter().filter(|query| query.is_returned) {
        let (several, is_array) = match work.known(&query.id) {
            Some(Operand::Series(series)) => (vec![series], false),
            Some(Operand::Array(several)) => (several.iter().collect(), true),
            Some(Operand::Scalar(_)) => {
                let reason = "The expression has a scalar as its result: it must be a time series or an array of time series";
                return Err(query::wrong(&query.id, reason));
            }
            None => (Vec::new(), false),
        };
        for series in several {
            let stat = series.origin.and_then(|origin| work.origin(origin));
            results.push(Told {
                id: query.id.clone(),
                label: naming.label(query, series, is_array, stat.as_ref()),
                points: series.points.clone(),
                period_s: series.period_s,
                units: units.get(&query.id).cloned().unwrap_or_default(),
            });
        }
    }
    Ok(results)
}

/// What labels are made of, beside the series.
struct Naming {
    account: String,
    region: String,
    offset: jiff::tz::Offset,
    now: i64,
    labels: Labels,
}

impl Naming {
    fn label(&self, query: &Query, series: &Series, is_array: bool, stat: Option<&Stat>) -> String {
        let default = match &query.of {
            Of::Metric(stat) => self.labels.default_of(stat),
            // The series of an array are told apart by their own labels.
            _ if is_array && !series.label.is_empty() => series.label.clone(),
            _ => query.id.clone(),
        };
        let Some(label) = &query.label else { return default };
        let property = |name: &str| self.property(name, series, stat);
        let facts = Facts {
            label: &default,
            points: &series.points,
            property: &property,
            now: self.now,
            offset: self.offset,
        };
        let told = label.of(&facts);
        if is_array && label.is_plain() && !series.label.is_empty() {
            format!("{told} {default}")
        } else {
            told
        }
    }

    fn property(&self, name: &str, series: &Series, stat: Option<&Stat>) -> Option<String> {
        match name {
            "AccountId" | "AccountLabel" => return Some(self.account.clone()),
            "Region" => return Some(self.region.clone()),
            "Period" => return Some(series.period_s.to_string()),
            _ => {}
        }
        let Stat { metric, name: statistic, .. } = stat?;
        match name {
            "MetricName" => Some(metric.name.clone()),
            "Namespace" => Some(metric.namespace.clone()),
            "Stat" => Some(statistic.clone()),
            _ => {
                let dimension = name.strip_prefix("Dim.")?;
                let mut dimensions = metric.dimensions.iter();
                dimensions.find(|(other, _)| other == dimension).map(|(_, value)| value.clone())
            }
        }
    }
}

/// Which part of the results is told.
struct Page {
    /// Datapoints of pages before.
    told: usize,
    room: i64,
    is_ascending: bool,
}

impl Page {
    fn answer(&self, results: Vec<Told>, is_cut: bool) -> Value {
        let mut room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let (mut skipped, mut given, mut goes_on) = (self.told, 0, false);
        let mut values = Vec::with_capacity(results.len());
        for mut result in results {
            if !self.is_ascending {
                result.points.reverse();
            }
            let before = skipped.min(result.points.len());
            skipped -= before;
            let rest = &result.points[before..];
            let page = &rest[..rest.len().min(room)];
            room -= page.len();
            given += page.len();
            goes_on |= page.len() < rest.len();
            values.push(value(&result, page, page.len() < rest.len()));
        }
        let next = if goes_on { Value::Text(page::token(self.told + given)) } else { Value::Null };
        let messages = if is_cut {
            vec![message(
                "MaxMetricsExceeded",
                format!(
                    "A search matched more than {FOUND_MAX} metrics: the first {FOUND_MAX} of them are returned"
                ),
            )]
        } else {
            Vec::new()
        };
        Value::map([
            ("MetricDataResults", Value::List(values)),
            ("Messages", Value::List(messages)),
            ("NextToken", next),
        ])
    }
}

fn message(code: &str, text: String) -> Value {
    Value::map([("Code", code.into()), ("Value", text.into())])
}

fn value(result: &Told, page: &[(i64, f64)], is_cut: bool) -> Value {
    let messages = if result.units.is_empty() {
        Value::Null
    } else {
        let told = format!("Multiple units returned: '[{}]'", result.units.join(", "));
        Value::List(vec![message("MultipleUnits", told)])
    };
    Value::map([
        ("Id", Value::Text(result.id.clone())),
        ("Label", Value::Text(result.label.clone())),
        ("Timestamps", Value::List(page.iter().map(|(time, _)| Value::Timestamp(*time)).collect())),
        ("Values", Value::List(page.iter().map(|(_, value)| Value::Float(*value)).collect())),
        ("StatusCode", Value::Text(if is_cut { "PartialData" } else { "Complete" }.into())),
        ("Messages", messages),
    ])
}

/// What tells the labels of metrics' queries apart: the metric's name, and what else differs between them.
struct Labels {
    stats_differ: bool,
    periods_differ: bool,
}

impl Labels {
    fn of(queries: &[Query]) -> Self {
        let stats = queries.iter().filter_map(|query| match &query.of {
            Of::Metric(stat) => Some((stat.name.as_str(), stat.period)),
            _ => None,
        });
        let (names, periods): (BTreeSet<&str>, BTreeSet<i64>) = stats.unzip();
        Self { stats_differ: names.len() > 1, periods_differ: periods.len() > 1 }
    }

    fn default_of(&self, stat: &Stat) -> String {
        let mut label = stat.metric.name.clone();
        if self.stats_differ {
            label = format!("{label} {}", stat.name);
        }
        if self.periods_differ {
            label = format!("{label} {}", stat.period);
        }
        label
    }
}
