//! `GetMetricData`: many metrics at once, a page of datapoints at a time.

use super::{put, read, statistics, validation};
use crate::aws::Caller;
use crate::aws::metrics::Metric;
use crate::aws::page;
use crate::http::Context;
use std::collections::BTreeSet;
use std::sync::Arc;
use topmast_aws::span::{by_period, floored_start, is_period};
use topmast_aws::statistic::Statistic;
use topmast_aws::{Fault, Value};
use topmast_model::principal::Right;

/// Most queries of a request, and most datapoints of an answer.
const QUERIES_MAX: usize = 500;
const DATAPOINTS_MAX: i64 = 100_800;
/// Which unit is taken when a metric has several and none was asked for: the first of these, then by name.
const UNITS: [&str; 3] = ["Count", "Milliseconds", "Seconds"];

/// A query of one metric.
struct Query<'a> {
    id: &'a str,
    label: Option<&'a str>,
    is_returned: bool,
    metric: Metric,
    period: i64,
    stat: &'a str,
    statistic: Statistic,
    unit: Option<&'a str>,
}

/// Values with their times, ascending.
struct Series {
    values: Vec<(i64, f64)>,
    /// All units, when one was chosen of several.
    units: Vec<String>,
}

pub(super) async fn answer(
    context: &Arc<Context>,
    caller: &Caller,
    input: &Value,
    now: i64,
) -> Result<Value, Fault> {
    caller.needs(Right::Read, "cloudwatch:GetMetricData")?;
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
    let queries = queries(input)?;
    let labels = Labels::of(&queries);
    let is_ascending = input.text("ScanBy") == Some("TimestampAscending");
    let room = input.integer("MaxDatapoints").unwrap_or(DATAPOINTS_MAX).clamp(1, DATAPOINTS_MAX);
    let mut room = usize::try_from(room).unwrap_or(usize::MAX);
    let (mut skipped, mut given, mut is_cut) = (told, 0, false);
    let mut results = Vec::new();
    for query in queries.iter().filter(|query| query.is_returned) {
        let mut series = series(context, caller, query, (start, end), now).await?;
        if !is_ascending {
            series.values.reverse();
        }
        let before = skipped.min(series.values.len());
        skipped -= before;
        let rest = &series.values[before..];
        let page = &rest[..rest.len().min(room)];
        room -= page.len();
        given += page.len();
        is_cut |= page.len() < rest.len();
        results.push(result(query, &labels, page, page.len() < rest.len(), &series.units));
    }
    let next = if is_cut { Value::Text(page::token(told + given)) } else { Value::Null };
    Ok(Value::map([
        ("MetricDataResults", Value::List(results)),
        ("Messages", Value::List(Vec::new())),
        ("NextToken", next),
    ]))
}

fn queries(input: &Value) -> Result<Vec<Query<'_>>, Fault> {
    let all = input.list("MetricDataQueries");
    if all.len() > QUERIES_MAX {
        return Err(validation(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES_MAX}."
        )));
    }
    let mut ids = BTreeSet::new();
    let mut queries = Vec::with_capacity(all.len());
    for (place, query) in all.iter().enumerate() {
        let at = format!("MetricDataQueries.member.{}", place + 1);
        let id = query.text("Id").unwrap_or_default();
        if !ids.insert(id) {
            return Err(validation(format!(
                "The values for parameter id in MetricDataQueries are not unique: {id}."
            )));
        }
        if query.text("Expression").is_some() {
            return Err(validation(format!("The parameter {at}.Expression is not answered here yet.")));
        }
        let Some(stat) = query.get("MetricStat") else {
            return Err(validation(format!("The parameter {at}.MetricStat is required.\n")));
        };
        let name = stat.text("Stat").unwrap_or_default();
        let statistic = Statistic::parse(name).ok_or_else(|| {
            validation(format!(
                "The value {name} for parameter {at}.MetricStat.Stat is not a valid statistic.\n"
            ))
        })?;
        let period = stat.integer("Period").unwrap_or_default();
        if !is_period(period) {
            return Err(validation(format!(
                "The parameter {at}.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60."
            )));
        }
        let metric = stat.get("Metric");
        let namespace = metric.and_then(|metric| metric.text("Namespace")).unwrap_or_default();
        queries.push(Query {
            id,
            label: query.text("Label"),
            is_returned: query.boolean("ReturnData").unwrap_or(true),
            metric: metric.map_or_else(
                || put::metric(namespace, &Value::Null),
                |metric| put::metric(namespace, metric),
            ),
            period,
            stat: name,
            statistic,
            unit: stat.text("Unit"),
        });
    }
    Ok(queries)
}

async fn series(
    context: &Arc<Context>,
    caller: &Caller,
    query: &Query<'_>,
    (start, end): (i64, i64),
    now: i64,
) -> Result<Series, Fault> {
    let start = floored_start(start, query.period, now.div_euclid(1_000));
    let unit = query.unit.map(str::to_owned);
    let points = read::points(context, caller, query.metric.clone(), unit, (start, end)).await?;
    let units = statistics::by_unit(&points);
    let rank = |unit: &str| UNITS.iter().position(|known| *known == unit).unwrap_or(UNITS.len());
    let chosen = units.keys().copied().min_by_key(|unit| (rank(unit), *unit));
    let spans = match chosen {
        Some(unit) => by_period(units[unit].iter().copied(), start, query.period),
        None => Vec::new(),
    };
    let values = spans
        .into_iter()
        .filter_map(|(begin, summary)| Some((begin, query.statistic.of(&summary)?)))
        .collect();
    let units =
        if units.len() > 1 { units.keys().map(|unit| (*unit).to_owned()).collect() } else { Vec::new() };
    Ok(Series { values, units })
}

fn result(query: &Query<'_>, labels: &Labels, page: &[(i64, f64)], is_cut: bool, units: &[String]) -> Value {
    let label = query.label.map_or_else(|| labels.default_of(query), str::to_owned);
    let messages = if units.is_empty() {
        Value::Null
    } else {
        let told = format!("Multiple units returned: '[{}]'", units.join(", "));
        Value::List(vec![Value::map([
            ("Code", Value::Text("MultipleUnits".into())),
            ("Value", Value::Text(told)),
        ])])
    };
    Value::map([
        ("Id", Value::Text(query.id.to_owned())),
        ("Label", Value::Text(label)),
        (
            "Timestamps",
            Value::List(page.iter().map(|(second, _)| Value::Timestamp(second * 1_000)).collect()),
        ),
        ("Values", Value::List(page.iter().map(|(_, value)| Value::Float(*value)).collect())),
        ("StatusCode", Value::Text(if is_cut { "PartialData" } else { "Complete" }.into())),
        ("Messages", messages),
    ])
}

/// What tells the queries' labels apart: the metric's name, and what else differs between them.
struct Labels {
    stats_differ: bool,
    periods_differ: bool,
}

impl Labels {
    fn of(queries: &[Query<'_>]) -> Self {
        let stats: BTreeSet<&str> = queries.iter().map(|query| query.stat).collect();
        let periods: BTreeSet<i64> = queries.iter().map(|query| query.period).collect();
        Self { stats_differ: stats.len() > 1, periods_differ: periods.len() > 1 }
    }

    fn default_of(&self, query: &Query<'_>) -> String {
        let mut label = query.metric.name.clone();
        if self.stats_differ {
            label = format!("{label} {}", query.stat);
        }
        if self.periods_differ {
            label = format!("{label} {}", query.period);
        }
        label
    }
}
