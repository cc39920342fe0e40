//! `DescribeAlarmHistory`: what happened to alarms, also to deleted ones, with the JSON that AWS has for it.

use super::{may_read, message};
use crate::aws::{Caller, page};
use crate::http::Context;
use serde_json::json;
use std::collections::BTreeSet;
use topmast_aws::{Fault, Value};
use topmast_engine::aws_alarm::{HistoryItem, HistoryWhat};
use topmast_model::aws_alarm::{ActionOutcome, AwsAlarm, Basis, StateSaid, topic};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Items of a page when none is said.
const PAGE: i64 = 100;

pub(super) fn answer(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    may_read(caller, "cloudwatch:DescribeAlarmHistory")?;
    let told = match input.text("NextToken") {
        None => 0,
        Some(token) => page::told(token)
            .ok_or_else(|| Fault::modelled("InvalidNextToken", "The specified nextToken is invalid."))?,
    };
    let most = usize::try_from(input.integer("MaxRecords").unwrap_or(PAGE)).unwrap_or(1);
    let mut types: BTreeSet<&str> = input.texts("AlarmTypes").collect();
    if types.is_empty() {
        types.insert("MetricAlarm");
    }
    let (from, to) = (input.timestamp("StartDate"), input.timestamp("EndDate"));
    let kind = input.text("HistoryItemType");
    let state = context.bus.state();
    let history = state.aws_alarms(&caller.tenant).history();
    let mut items: Vec<(&str, &HistoryItem)> = history
        .items(input.text("AlarmName"))
        .filter(|(_, item)| {
            types.contains(item.kind.as_str())
                && kind.is_none_or(|kind| kind_of(&item.what) == kind)
                && from.is_none_or(|from| item.at.0 >= from)
                && to.is_none_or(|to| item.at.0 <= to)
        })
        .collect();
    items.sort_unstable_by_key(|(_, item)| item.number);
    if input.text("ScanBy") != Some("TimestampAscending") {
        items.reverse();
    }
    let mut rest = items.into_iter().skip(told);
    let page: Vec<Value> = rest.by_ref().take(most).map(|(name, item)| value(name, item)).collect();
    let next = rest.next().map_or(Value::Null, |_| Value::Text(page::token(told + most)));
    Ok(Value::map([("AlarmHistoryItems", Value::List(page)), ("NextToken", next)]))
}

fn kind_of(what: &HistoryWhat) -> &'static str {
    match what {
        HistoryWhat::Created(_) | HistoryWhat::Updated(_) | HistoryWhat::Deleted(_) => "ConfigurationUpdate",
        HistoryWhat::State { .. } => "StateUpdate",
        HistoryWhat::Acted { .. } => "Action",
    }
}

fn value(name: &str, item: &HistoryItem) -> Value {
    let (summary, data) = told(name, item);
    Value::map([
        ("AlarmName", name.into()),
        ("AlarmType", item.kind.as_str().into()),
        ("Timestamp", Value::Timestamp(item.at.0)),
        ("HistoryItemType", kind_of(&item.what).into()),
        ("HistorySummary", summary.into()),
        ("HistoryData", data.to_string().into()),
    ])
}

fn told(name: &str, item: &HistoryItem) -> (String, serde_json::Value) {
    let changed = |done: &str, kind: &str, member: &str, what: &AwsAlarm| {
        let data = json!({ "version": "1.0", "type": kind, member: configuration(what, item.at) });
        (format!("Alarm \"{name}\" {done}"), data)
    };
    match &item.what {
        HistoryWhat::Created(what) => changed("created", "Create", "createdAlarm", what),
        HistoryWhat::Updated(what) => changed("updated", "Update", "updatedAlarm", what),
        HistoryWhat::Deleted(what) => changed("deleted", "Delete", "deletedAlarm", what),
        HistoryWhat::State { from, to } => {
            let data = json!({ "version": "1.0", "oldState": said(from), "newState": said(to) });
            (format!("Alarm updated from {} to {}", from.state, to.state), data)
        }
        HistoryWhat::Acted { outcome, what, from, to, state_at } => {
            acted(outcome, what, *from, to, *state_at)
        }
    }
}

/// A state with its reason; the reason's own JSON is part of it.
fn said(said: &StateSaid) -> serde_json::Value {
    let mut value = json!({ "stateValue": said.state.as_str(), "stateReason": said.reason });
    if let Some(data) = said.data.as_deref().and_then(|data| serde_json::from_str(data).ok()) {
        let data: serde_json::Value = data;
        value["stateReasonData"] = data;
    }
    value
}

fn acted(
    outcome: &ActionOutcome,
    what: &AwsAlarm,
    from: AlarmState,
    to: &StateSaid,
    state_at: UnixMillis,
) -> (String, serde_json::Value) {
    let action = &outcome.action;
    let published = topic(action).map(|_| {
        let told = message::notification(what, from, to, state_at).to_string();
        json!({ "default": told, "sms": message::short(what, to), "email": told }).to_string()
    });
    let mut data = json!({
        "actionState": if outcome.error.is_none() { "Succeeded" } else { "Failed" },
        "stateUpdateTimestamp": state_at.0,
        "notificationResource": action,
        "publishedMessage": published,
    });
    let summary = match &outcome.error {
        None => format!("Successfully executed action {action}"),
        Some(error) => {
            data["error"] = json!(error);
            format!("Failed to execute action {action}. Received error: \"{error}\"")
        }
    };
    (summary, data)
}

/// An alarm as a change of its configuration has it.
fn configuration(what: &AwsAlarm, at: UnixMillis) -> serde_json::Value {
    let mut value = json!({
        "alarmName": what.name,
        "alarmArn": what.arn(),
        "actionsEnabled": what.actions_enabled,
        "okactions": what.ok_actions,
        "alarmActions": what.alarm_actions,
        "insufficientDataActions": what.insufficient_data_actions,
        "alarmConfigurationUpdatedTimestamp": message::moment(at),
    });
    let mut set = |name: &str, member: Option<serde_json::Value>| {
        if let Some(member) = member {
            value[name] = member;
        }
    };
    set("alarmDescription", what.description.as_ref().map(|text| json!(text)));
    match &what.basis {
        Basis::Metric(basis) => {
            set("comparisonOperator", Some(json!(basis.comparison)));
            set("evaluationPeriods", Some(json!(basis.evaluation_periods)));
            set("datapointsToAlarm", basis.datapoints_to_alarm.map(|count| json!(count)));
            set("threshold", basis.threshold.map(|number| json!(number.get())));
            set("thresholdMetricId", basis.threshold_metric_id.as_ref().map(|id| json!(id)));
            set("treatMissingData", basis.treat_missing_data.as_ref().map(|treat| json!(treat)));
            set("evaluateLowSampleCountPercentile", basis.low_sample_count.as_ref().map(|text| json!(text)));
            if let Some(metric) = &basis.metric {
                set("metricName", Some(json!(metric.name)));
                set("namespace", Some(json!(metric.namespace)));
                set("dimensions", Some(message::dimensions(&metric.dimensions)));
                set("period", Some(json!(metric.period_s)));
                set("unit", metric.unit.as_ref().map(|unit| json!(unit)));
                let statistic = if metric.is_extended { "extendedStatistic" } else { "statistic" };
                set(statistic, Some(json!(metric.statistic)));
            } else {
                set("metrics", Some(message::queries(&basis.queries)));
            }
        }
        Basis::Composite(composite) => {
            set("alarmRule", Some(json!(composite.rule)));
            set("actionsSuppressor", composite.suppressor.as_ref().map(|text| json!(text)));
            set("actionsSuppressorWaitPeriod", composite.wait_s.map(|seconds| json!(seconds)));
            set("actionsSuppressorExtensionPeriod", composite.extension_s.map(|seconds| json!(seconds)));
        }
    }
    value
}
