//! What an alarm says to a topic: the JSON that AWS publishes.

use jiff::Timestamp;
use serde_json::{Value, json};
use topmast_model::aws_alarm::{AwsAlarm, Basis, MetricBasis, MetricQuery, StateSaid};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// A time: `2026-11-23T09:00:00.000+0000`.
pub(super) fn moment(at: UnixMillis) -> String {
    let time = Timestamp::from_millisecond(at.0).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// What is published when a state changes.
pub(crate) fn notification(what: &AwsAlarm, from: AlarmState, to: &StateSaid, at: UnixMillis) -> Value {
    let mut told = json!({
        "AlarmName": what.name,
        "AlarmDescription": what.description,
        "AWSAccountId": what.account.as_str(),
        "AlarmArn": what.arn(),
        "NewStateValue": to.state.as_str(),
        "NewStateReason": to.reason,
        "OldStateValue": from.as_str(),
        "StateChangeTime": moment(at),
        "Region": what.region,
        "OKActions": what.ok_actions,
        "AlarmActions": what.alarm_actions,
        "InsufficientDataActions": what.insufficient_data_actions,
    });
    match &what.basis {
        Basis::Metric(basis) => told["Trigger"] = trigger(basis),
        Basis::Composite(composite) => {
            told["AlarmRule"] = json!(composite.rule);
            let data: Option<Value> = to.data.as_deref().and_then(|data| serde_json::from_str(data).ok());
            if let Some(data) = data.filter(|data| data.get("triggeringAlarms").is_some()) {
                told["TriggeringChildren"] = data["triggeringAlarms"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|child| json!({ "Arn": child["arn"], "State": { "Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"] } }))
                    .collect();
            }
        }
    }
    told
}

/// The same in a line.
pub(super) fn short(what: &AwsAlarm, to: &StateSaid) -> String {
    format!("{}: \"{}\" in {}", to.state, what.name, what.region)
}

fn trigger(basis: &MetricBasis) -> Value {
    let mut trigger = json!({
        "Period": basis.period_s(),
        "EvaluationPeriods": basis.evaluation_periods,
        "ComparisonOperator": basis.comparison,
        "Threshold": basis.threshold.map(topmast_model::rule::Number::get),
        "TreatMissingData": basis.treat_missing_data.as_deref().unwrap_or_default(),
        "EvaluateLowSampleCountPercentile": basis.low_sample_count.as_deref().unwrap_or_default(),
    });
    if let Some(count) = basis.datapoints_to_alarm {
        trigger["DatapointsToAlarm"] = json!(count);
    }
    if let Some(metric) = &basis.metric {
        trigger["MetricName"] = json!(metric.name);
        trigger["Namespace"] = json!(metric.namespace);
        trigger["Unit"] = json!(metric.unit);
        trigger["Dimensions"] = dimensions(&metric.dimensions);
        if metric.is_extended {
            trigger["StatisticType"] = json!("ExtendedStatistic");
            trigger["ExtendedStatistic"] = json!(metric.statistic);
        } else {
            trigger["StatisticType"] = json!("Statistic");
            trigger["Statistic"] = json!(statistic(&metric.statistic));
        }
    } else {
        trigger["Metrics"] = queries(&basis.queries);
    }
    trigger
}

/// A statistic as messages have it: `SAMPLE_COUNT`.
fn statistic(name: &str) -> String {
    if name == "SampleCount" { "SAMPLE_COUNT".to_owned() } else { name.to_uppercase() }
}

pub(super) fn dimensions(dimensions: &[(String, String)]) -> Value {
    dimensions.iter().map(|(name, value)| json!({ "value": value, "name": name })).collect()
}

pub(super) fn queries(queries: &[MetricQuery]) -> Value {
    let one = |query: &MetricQuery| {
        let mut value = json!({ "Id": query.id, "ReturnData": query.is_returned.unwrap_or(true) });
        if let Some(expression) = &query.expression {
            value["Expression"] = json!(expression);
        }
        if let Some(label) = &query.label {
            value["Label"] = json!(label);
        }
        if let Some(stat) = &query.stat {
            value["MetricStat"] = json!({
                "Metric": {
                    "Dimensions": dimensions(&stat.dimensions),
                    "MetricName": stat.name,
                    "Namespace": stat.namespace,
                },
                "Period": stat.period_s,
                "Stat": stat.statistic,
            });
        }
        value
    };
    queries.iter().map(one).collect()
}
