//! `PutMetricAlarm` and `PutCompositeAlarm`: checked as AWS checks them, and kept as they were sent.

use super::{act, submit, validation};
use crate::aws::Caller;
use crate::aws::cloudwatch::{combination, data, invalid};
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::statistic::Statistic;
use topmast_aws::{Fault, Value};
use topmast_model::aws_alarm::{AwsAlarm, Basis, CompositeBasis, MetricBasis, MetricChoice, MetricQuery};
use topmast_model::command::Command;
use topmast_model::rule::Number;
use topmast_model::tag::TAGS_MAX;

/// Longest time that an alarm looks back, in seconds: of short periods a day, else a week.
const DAY_S: i64 = 86_400;
const WEEK_S: i64 = 7 * DAY_S;
/// Most metrics and most expressions of an alarm.
const QUERIES_MAX: usize = 10;
/// Comparisons with a band, whose bound is another query.
const WITH_BAND: [&str; 3] =
    ["LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"];
/// What makes a band; such alarms are kept and stay in `INSUFFICIENT_DATA`.
pub(super) const BAND: &str = "ANOMALY_DETECTION_BAND";

pub(super) async fn metric(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let basis = Basis::Metric(Box::new(basis(input)?));
    put(context, caller, "cloudwatch:PutMetricAlarm", input, basis).await
}

pub(super) async fn composite(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let seconds = |name: &str| {
        let given = input.integer(name);
        let checked = given.map(|seconds| u32::try_from(seconds).ok().filter(|seconds| *seconds <= 86_400));
        match checked {
            Some(None) => Err(validation(format!("{name} must be between 0 and 86400."))),
            Some(some) => Ok(some),
            None => Ok(None),
        }
    };
    let suppressor = input.text("ActionsSuppressor").map(str::to_owned);
    let (wait_s, extension_s) =
        (seconds("ActionsSuppressorWaitPeriod")?, seconds("ActionsSuppressorExtensionPeriod")?);
    if suppressor.is_some() && (wait_s.is_none() || extension_s.is_none()) {
        return Err(validation(
            "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be set if ActionsSuppressor is set.",
        ));
    }
    if suppressor.is_none() && (wait_s.is_some() || extension_s.is_some()) {
        return Err(validation(
            "ActionsSuppressor must be set if ActionsSuppressorWaitPeriod or ActionsSuppressorExtensionPeriod is set.",
        ));
    }
    let rule = input.text("AlarmRule").unwrap_or_default().to_owned();
    if rule.trim() != rule || rule.is_empty() {
        return Err(validation("AlarmRule must not contain leading or trailing whitespace or be null"));
    }
    let basis = Basis::Composite(CompositeBasis { rule, suppressor, wait_s, extension_s });
    put(context, caller, "cloudwatch:PutCompositeAlarm", input, basis).await
}

async fn put(
    context: &Context,
    caller: &Caller,
    action: &str,
    input: &Value,
    basis: Basis,
) -> Result<Value, Fault> {
    let name = input.text("AlarmName").unwrap_or_default();
    if name.trim().is_empty() {
        return Err(validation("AlarmName must not be null"));
    }
    if name.chars().any(|sign| sign.is_ascii_control()) {
        return Err(validation("AlarmName must not contain ASCII Control characters"));
    }
    let list = |name: &str| input.texts(name).map(str::to_owned).collect::<Vec<_>>();
    let alarm = AwsAlarm {
        name: name.to_owned(),
        account: caller.account.clone(),
        region: caller.region.clone(),
        description: input.text("AlarmDescription").map(str::to_owned),
        actions_enabled: input.boolean("ActionsEnabled").unwrap_or(true),
        ok_actions: list("OKActions"),
        alarm_actions: list("AlarmActions"),
        insufficient_data_actions: list("InsufficientDataActions"),
        basis,
    };
    let states = [&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions];
    if let Some(message) = states.into_iter().flatten().find_map(|action| act::refusal(&alarm.basis, action))
    {
        return Err(validation(message));
    }
    let tags = tags(input)?;
    let tenant = caller.tenant.clone();
    submit(context, caller, action, Command::PutAwsAlarm { tenant, alarm: Box::new(alarm), tags }).await
}

/// Keys and values of `Tags`.
pub(in crate::aws::cloudwatch) fn tags(input: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let part = |tag: &Value, name: &str| tag.text(name).unwrap_or_default().to_owned();
    let tags: BTreeMap<_, _> =
        input.list("Tags").iter().map(|tag| (part(tag, "Key"), part(tag, "Value"))).collect();
    if tags.len() > TAGS_MAX {
        return Err(invalid(format!("The collection Tags must not have a size greater than {TAGS_MAX}.")));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(invalid("Tag keys must not start with aws:."));
    }
    Ok(tags)
}

fn basis(input: &Value) -> Result<MetricBasis, Fault> {
    if input.get("EvaluationCriteria").is_some() {
        return Err(validation("EvaluationCriteria is not supported."));
    }
    let has_queries = !input.list("Metrics").is_empty();
    let (metric, queries) =
        if has_queries { (None, queries(input)?) } else { (Some(choice(input)?), Vec::new()) };
    let comparison = input.text("ComparisonOperator").ok_or_else(|| null("ComparisonOperator"))?.to_owned();
    let count = |name: &str| input.integer(name).map(whole).transpose();
    let evaluation_periods: Option<u32> = count("EvaluationPeriods")?;
    let basis = MetricBasis {
        metric,
        queries,
        comparison,
        threshold: threshold(input)?,
        threshold_metric_id: input.text("ThresholdMetricId").map(str::to_owned),
        evaluation_periods: evaluation_periods.ok_or_else(|| null("EvaluationPeriods"))?,
        datapoints_to_alarm: count("DatapointsToAlarm")?,
        treat_missing_data: input.text("TreatMissingData").map(str::to_owned),
        low_sample_count: input.text("EvaluateLowSampleCountPercentile").map(str::to_owned),
    };
    check(&basis)?;
    Ok(basis)
}

fn null(name: &str) -> Fault {
    validation(format!("{name} must not be null"))
}

fn whole(number: i64) -> Result<u32, Fault> {
    u32::try_from(number).map_err(|_| validation(format!("The value {number} is too large.")))
}

fn threshold(input: &Value) -> Result<Option<Number>, Fault> {
    let Some(value) = input.float("Threshold") else { return Ok(None) };
    let number = Number::new(value);
    number.map(Some).ok_or_else(|| invalid(format!("The value {value} for parameter Threshold is invalid.")))
}

fn check(basis: &MetricBasis) -> Result<(), Fault> {
    if let Some(treat) = basis.treat_missing_data.as_deref()
        && !["breaching", "notBreaching", "ignore", "missing"].contains(&treat)
    {
        return Err(validation(format!(
            "The value {treat} is not supported for TreatMissingData parameter. \
             Supported values are [breaching, notBreaching, ignore, missing]."
        )));
    }
    if let Some(option) = basis.low_sample_count.as_deref()
        && !["evaluate", "ignore"].contains(&option)
    {
        return Err(validation(format!(
            "Option {option} is not supported. \
             Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore."
        )));
    }
    if basis.datapoints_to_alarm.is_some_and(|datapoints| datapoints > basis.evaluation_periods) {
        return Err(validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods"));
    }
    match (basis.threshold, &basis.threshold_metric_id) {
        (Some(_), Some(_)) => return Err(validation("Threshold and ThresholdMetricId cannot both be set")),
        (None, None) => return Err(null("Threshold")),
        _ => {}
    }
    let is_with_band = WITH_BAND.contains(&basis.comparison.as_str());
    if is_with_band != basis.threshold_metric_id.is_some() {
        let needed = if is_with_band { "ThresholdMetricId" } else { "Threshold" };
        return Err(validation(format!("{needed} must be set for ComparisonOperator {}.", basis.comparison)));
    }
    if let Some(id) = &basis.threshold_metric_id
        && !basis.queries.iter().any(|query| query.id == *id)
    {
        return Err(validation(format!("ThresholdMetricId {id} is not one of the ids of Metrics.")));
    }
    let period = i64::from(basis.period_s());
    if !is_period(period) {
        return Err(validation("Period must be 10, 20, 30 or a multiple of 60"));
    }
    let (most, told, of) = if period < 3_600 { (DAY_S, "a day", "<") } else { (WEEK_S, "a week", ">=") };
    if period.saturating_mul(i64::from(basis.evaluation_periods)) > most {
        return Err(validation(format!(
            "Metrics cannot be checked across more than {told} (EvaluationPeriods * Period must be <= {most}) \
             for alarms using period {of} 3600"
        )));
    }
    Ok(())
}

fn is_period(period: i64) -> bool {
    [10, 20, 30].contains(&period) || (period > 0 && period % 60 == 0)
}

/// The one metric of an alarm without queries.
fn choice(input: &Value) -> Result<MetricChoice, Fault> {
    let text = |name: &str| input.text(name).map(str::to_owned).ok_or_else(|| null(name));
    let (name, namespace) = (text("MetricName")?, text("Namespace")?);
    let period = input.integer("Period").ok_or_else(|| null("Period"))?;
    let (statistic, is_extended) = match (input.text("Statistic"), input.text("ExtendedStatistic")) {
        (Some(statistic), None) => (statistic, false),
        (None, Some(statistic)) => {
            if Statistic::parse(statistic).is_none() {
                return Err(invalid(format!(
                    "The value {statistic} for parameter ExtendedStatistic is not supported."
                )));
            }
            (statistic, true)
        }
        (Some(_), Some(_)) => {
            return Err(combination("Must specify either Statistic or ExtendedStatistic, not both"));
        }
        (None, None) => return Err(combination("Must specify either Statistic or ExtendedStatistic")),
    };
    Ok(MetricChoice {
        namespace,
        name,
        dimensions: dimensions(input),
        statistic: statistic.to_owned(),
        is_extended,
        period_s: whole(period)?,
        unit: input.text("Unit").map(str::to_owned),
    })
}

fn dimensions(value: &Value) -> Vec<(String, String)> {
    let part = |dimension: &Value, name: &str| dimension.text(name).unwrap_or_default().to_owned();
    let all = value.list("Dimensions").iter();
    all.map(|dimension| (part(dimension, "Name"), part(dimension, "Value"))).collect()
}

fn queries(input: &Value) -> Result<Vec<MetricQuery>, Fault> {
    for name in ["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit"] {
        if input.get(name).is_some() {
            return Err(validation(format!("{name} should not be set if list of Metrics is set.")));
        }
    }
    if !input.list("Dimensions").is_empty() {
        return Err(validation("Dimensions should not be set if list of Metrics is set."));
    }
    let all: Vec<MetricQuery> = input.list("Metrics").iter().map(query).collect::<Result<_, _>>()?;
    let metrics = all.iter().filter(|query| query.stat.is_some()).count();
    if metrics > QUERIES_MAX || all.len() - metrics > QUERIES_MAX {
        return Err(validation(format!(
            "The list of Metrics must not have more than {QUERIES_MAX} metrics and {QUERIES_MAX} expressions."
        )));
    }
    if all.iter().any(|query| query.expression.as_deref().is_some_and(|text| text.contains("SEARCH("))) {
        return Err(validation("SEARCH is not supported on Metric Alarms."));
    }
    let is_band = |query: &&MetricQuery| query.expression.as_deref().is_some_and(|text| text.contains(BAND));
    let returned = all.iter().filter(|query| query.is_returned.unwrap_or(true) && !is_band(query)).count();
    if returned != 1 {
        return Err(validation("Exactly one element of the metrics list should return data."));
    }
    let plain: Vec<&MetricQuery> = all.iter().filter(|query| !is_band(query)).collect();
    data::check(&asked(plain.into_iter())).map_err(|mut fault| {
        // The same checks as those of GetMetricData, whose queries have another name.
        fault.message = fault.message.map(|message| message.replace("MetricDataQueries", "Metrics"));
        fault
    })?;
    let mut periods =
        all.iter().filter_map(|query| query.stat.as_ref().map(|stat| stat.period_s).or(query.period_s));
    let first = periods.next();
    if periods.any(|period| Some(period) != first) {
        return Err(validation("All metrics and expressions of an alarm must have the same Period."));
    }
    Ok(all)
}

fn query(value: &Value) -> Result<MetricQuery, Fault> {
    let text = |name: &str| value.text(name).map(str::to_owned);
    let stat = value.get("MetricStat").map(|stat| {
        let metric = stat.get("Metric").unwrap_or(&Value::Null);
        Ok(MetricChoice {
            namespace: metric.text("Namespace").unwrap_or_default().to_owned(),
            name: metric.text("MetricName").unwrap_or_default().to_owned(),
            dimensions: dimensions(metric),
            statistic: stat.text("Stat").unwrap_or_default().to_owned(),
            is_extended: false,
            period_s: whole(stat.integer("Period").unwrap_or_default())?,
            unit: stat.text("Unit").map(str::to_owned),
        })
    });
    Ok(MetricQuery {
        id: text("Id").unwrap_or_default(),
        label: text("Label"),
        expression: text("Expression"),
        stat: stat.transpose()?,
        period_s: value.integer("Period").map(whole).transpose()?,
        is_returned: value.boolean("ReturnData"),
        account_id: text("AccountId"),
    })
}

/// Queries as a `GetMetricData` asks them.
pub(super) fn asked<'a>(queries: impl Iterator<Item = &'a MetricQuery>) -> Value {
    Value::map([("MetricDataQueries", Value::List(queries.map(query_value).collect()))])
}

/// A query as it was sent.
pub(super) fn query_value(query: &MetricQuery) -> Value {
    let stat = query.stat.as_ref().map(|stat| {
        Value::map([
            (
                "Metric",
                Value::map([
                    ("Namespace", stat.namespace.as_str().into()),
                    ("MetricName", stat.name.as_str().into()),
                    ("Dimensions", dimension_values(&stat.dimensions)),
                ]),
            ),
            ("Period", i64::from(stat.period_s).into()),
            ("Stat", stat.statistic.as_str().into()),
            ("Unit", stat.unit.as_deref().into()),
        ])
    });
    Value::map([
        ("Id", query.id.as_str().into()),
        ("MetricStat", stat.into()),
        ("Expression", query.expression.as_deref().into()),
        ("Label", query.label.as_deref().into()),
        ("ReturnData", query.is_returned.unwrap_or(true).into()),
        ("Period", query.period_s.map(i64::from).into()),
        ("AccountId", query.account_id.as_deref().into()),
    ])
}

pub(super) fn dimension_values(dimensions: &[(String, String)]) -> Value {
    let value = |(name, value): &(String, String)| {
        Value::map([("Name", name.as_str().into()), ("Value", value.as_str().into())])
    };
    Value::List(dimensions.iter().map(value).collect())
}
