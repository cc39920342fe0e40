//! `DescribeAlarms` and `DescribeAlarmsForMetric`.

use super::put::{dimension_values, query_value};
use super::{may_read, validation};
use crate::aws::cloudwatch::combination;
use crate::aws::{Caller, page};
use crate::http::Context;
use std::collections::{BTreeMap, BTreeSet};
use topmast_aws::{Fault, Value};
use topmast_engine::alarm::CompositeRule;
use topmast_engine::aws_alarm::{AwsAlarmKept, AwsAlarms};
use topmast_model::aws_alarm::{Basis, MetricChoice, alarm_name};

/// Alarms of a page when none is said.
const PAGE: i64 = 100;
/// What may be said beside `ChildrenOfAlarmName` or `ParentsOfAlarmName`.
const BESIDE: [&str; 2] = ["MaxRecords", "NextToken"];

pub(super) fn alarms(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    may_read(caller, "cloudwatch:DescribeAlarms")?;
    let told = match input.text("NextToken") {
        None => 0,
        Some(token) => page::told(token)
            .ok_or_else(|| Fault::modelled("InvalidNextToken", "The specified nextToken is invalid."))?,
    };
    let most = usize::try_from(input.integer("MaxRecords").unwrap_or(PAGE)).unwrap_or(1);
    let state = context.bus.state();
    let all = state.aws_alarms(&caller.tenant);
    let (found, tell) = found(all, input)?;
    let mut page = found.iter().skip(told);
    let (mut metrics, mut composites) = (Vec::new(), Vec::new());
    for kept in page.by_ref().take(most) {
        let list = if kept.what.composite().is_some() { &mut composites } else { &mut metrics };
        list.push(tell(kept));
    }
    let next = page.next().map_or(Value::Null, |_| Value::Text(page::token(told + most)));
    Ok(Value::map([
        ("CompositeAlarms", Value::List(composites)),
        ("MetricAlarms", Value::List(metrics)),
        ("NextToken", next),
    ]))
}

type Tell = fn(&AwsAlarmKept) -> Value;

/// The alarms that are asked for, by name, and what is told of each.
fn found<'a>(all: &'a AwsAlarms, input: &Value) -> Result<(Vec<&'a AwsAlarmKept>, Tell), Fault> {
    let (children_of, parents_of) = (input.text("ChildrenOfAlarmName"), input.text("ParentsOfAlarmName"));
    for (member, relative) in
        [("ChildrenOfAlarmName", children_of.is_some()), ("ParentsOfAlarmName", parents_of.is_some())]
    {
        let others = input.as_map().into_iter().flatten().any(|(name, value)| {
            name != member
                && !BESIDE.contains(&name.as_ref())
                && value.as_list().is_none_or(|list| !list.is_empty())
        });
        if relative && others {
            return Err(validation(format!(
                "{member} can only be specified together with MaxRecords and NextToken."
            )));
        }
    }
    if let Some(name) = children_of {
        let rule = all.get(alarm_name(name)).and_then(|kept| kept.what.composite());
        let rule = rule.and_then(|composite| CompositeRule::parse(&composite.rule).ok());
        let children: BTreeSet<String> =
            rule.iter().flat_map(CompositeRule::children).map(|child| alarm_name(child).to_owned()).collect();
        return Ok((children.iter().filter_map(|child| all.get(child)).collect(), child));
    }
    if let Some(name) = parents_of {
        let name = alarm_name(name);
        let is_parent = |kept: &&AwsAlarmKept| {
            let rule = kept.what.composite().and_then(|composite| CompositeRule::parse(&composite.rule).ok());
            rule.is_some_and(|rule| rule.children().into_iter().any(|child| alarm_name(child) == name))
        };
        return Ok((all.all().values().filter(is_parent).collect(), parent));
    }
    let names: BTreeSet<&str> = input.texts("AlarmNames").collect();
    let prefix = input.text("AlarmNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(combination(
            "The parameters AlarmNames and AlarmNamePrefix are mutually exclusive and you have specified both.",
        ));
    }
    let mut types: BTreeSet<&str> = input.texts("AlarmTypes").collect();
    if types.is_empty() {
        types.insert("MetricAlarm");
    }
    let (state, action) = (input.text("StateValue"), input.text("ActionPrefix"));
    let fits = |kept: &&AwsAlarmKept| {
        let what = &kept.what;
        let actions =
            || what.ok_actions.iter().chain(&what.alarm_actions).chain(&what.insufficient_data_actions);
        types.contains(what.kind())
            && (names.is_empty() || names.contains(what.name.as_str()))
            && prefix.is_none_or(|prefix| what.name.starts_with(prefix))
            && state.is_none_or(|state| kept.said.state.as_str() == state)
            && action.is_none_or(|prefix| actions().any(|action| action.starts_with(prefix)))
    };
    Ok((all.all().values().filter(fits).collect(), alarm))
}

pub(super) fn for_metric(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    may_read(caller, "cloudwatch:DescribeAlarmsForMetric")?;
    let dimensions = |pairs: &[(String, String)]| pairs.iter().cloned().collect::<BTreeMap<_, _>>();
    let asked: BTreeMap<String, String> =
        crate::aws::cloudwatch::put::metric("", input).dimensions.into_iter().collect();
    let period = input.integer("Period");
    let fits = |choice: &MetricChoice| {
        let statistic = input.text("Statistic").or(input.text("ExtendedStatistic"));
        Some(choice.namespace.as_str()) == input.text("Namespace")
            && Some(choice.name.as_str()) == input.text("MetricName")
            && dimensions(&choice.dimensions) == asked
            && statistic.is_none_or(|statistic| choice.statistic == statistic)
            && period.is_none_or(|period| i64::from(choice.period_s) == period)
            && input.text("Unit").is_none_or(|unit| choice.unit.as_deref() == Some(unit))
    };
    let state = context.bus.state();
    let all = state.aws_alarms(&caller.tenant).all().values();
    let on_it =
        all.filter(|kept| kept.what.metric().and_then(|basis| basis.metric.as_ref()).is_some_and(fits));
    Ok(Value::map([("MetricAlarms", Value::List(on_it.map(alarm).collect()))]))
}

/// All that is known of an alarm.
fn alarm(kept: &AwsAlarmKept) -> Value {
    let what = &kept.what;
    let list = |actions: &[String]| Value::from(actions.to_vec());
    let mut members = vec![
        ("AlarmName", what.name.as_str().into()),
        ("AlarmArn", what.arn().into()),
        ("AlarmDescription", what.description.as_deref().into()),
        ("AlarmConfigurationUpdatedTimestamp", Value::Timestamp(kept.configured_at.0)),
        ("ActionsEnabled", what.actions_enabled.into()),
        ("OKActions", list(&what.ok_actions)),
        ("AlarmActions", list(&what.alarm_actions)),
        ("InsufficientDataActions", list(&what.insufficient_data_actions)),
        ("StateValue", kept.said.state.as_str().into()),
        ("StateReason", kept.said.reason.as_str().into()),
        ("StateReasonData", kept.said.data.as_deref().into()),
        ("StateUpdatedTimestamp", Value::Timestamp(kept.state_at.0)),
        ("StateTransitionedTimestamp", Value::Timestamp(kept.transitioned_at.0)),
    ];
    match &what.basis {
        Basis::Metric(basis) => {
            let number = |number: u32| Value::from(i64::from(number));
            members.extend([
                ("EvaluationPeriods", number(basis.evaluation_periods)),
                ("DatapointsToAlarm", basis.datapoints_to_alarm.map(i64::from).into()),
                ("Threshold", basis.threshold.map(topmast_model::rule::Number::get).into()),
                ("ThresholdMetricId", basis.threshold_metric_id.as_deref().into()),
                ("ComparisonOperator", basis.comparison.as_str().into()),
                ("TreatMissingData", basis.treat_missing_data.as_deref().into()),
                ("EvaluateLowSampleCountPercentile", basis.low_sample_count.as_deref().into()),
                ("Dimensions", Value::List(Vec::new())),
            ]);
            if let Some(metric) = &basis.metric {
                let statistic = if metric.is_extended { "ExtendedStatistic" } else { "Statistic" };
                members.retain(|(name, _)| *name != "Dimensions");
                members.extend([
                    ("MetricName", metric.name.as_str().into()),
                    ("Namespace", metric.namespace.as_str().into()),
                    ("Dimensions", dimension_values(&metric.dimensions)),
                    ("Period", number(metric.period_s)),
                    ("Unit", metric.unit.as_deref().into()),
                    (statistic, metric.statistic.as_str().into()),
                ]);
            } else {
                members.push(("Metrics", Value::List(basis.queries.iter().map(query_value).collect())));
            }
        }
        Basis::Composite(composite) => {
            members.extend([
                ("AlarmRule", composite.rule.as_str().into()),
                ("ActionsSuppressor", composite.suppressor.as_deref().into()),
                ("ActionsSuppressorWaitPeriod", composite.wait_s.map(i64::from).into()),
                ("ActionsSuppressorExtensionPeriod", composite.extension_s.map(i64::from).into()),
            ]);
            if let Some(hold) = kept.hold {
                members.push(("ActionsSuppressedBy", hold.as_str().into()));
                let reason = format!("Actions suppressed by {}", hold.as_str());
                members.push(("ActionsSuppressedReason", reason.into()));
            }
        }
    }
    map(members)
}

fn map(members: Vec<(&'static str, Value)>) -> Value {
    let there = members.into_iter().filter(|(_, value)| *value != Value::Null);
    Value::Map(there.map(|(name, value)| (name.into(), value)).collect())
}

/// What is told of an alarm that another one's rule names.
fn child(kept: &AwsAlarmKept) -> Value {
    map(vec![
        ("AlarmName", kept.what.name.as_str().into()),
        ("AlarmArn", kept.what.arn().into()),
        ("StateValue", kept.said.state.as_str().into()),
        ("StateUpdatedTimestamp", Value::Timestamp(kept.state_at.0)),
    ])
}

/// What is told of an alarm whose rule names another one.
fn parent(kept: &AwsAlarmKept) -> Value {
    map(vec![("AlarmName", kept.what.name.as_str().into()), ("AlarmArn", kept.what.arn().into())])
}
