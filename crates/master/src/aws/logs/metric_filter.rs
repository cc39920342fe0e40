//! `PutMetricFilter`, `DescribeMetricFilters`, `DeleteMetricFilter`, `TestMetricFilter`.
//!
//! Elsewhere: what filters make of messages (`metric`).

use super::application;
use super::metric::number;
use super::{change, group_of, invalid};
use crate::aws::cloudwatch::FLEET_PREFIX;
use crate::aws::{Caller, page};
use crate::http::Context;
use std::borrow::Cow;
use std::collections::BTreeMap;
use topmast_aws::log_filter::Pattern;
use topmast_aws::{Fault, Map, Value};
use topmast_engine::log_group::KeptFilter;
use topmast_model::log_group::LogGroupOrder;
use topmast_model::metric_filter::{FILTER_DIMENSIONS_MAX, FilteredMetric, MetricFilter};
use topmast_model::principal::Right;

/// Filters of a page.
const PAGE: i64 = 50;

pub(super) async fn put(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("filterPattern").unwrap_or_default();
    Pattern::parse(text).map_err(|error| invalid(error.to_string()))?;
    if input.text("fieldSelectionCriteria").is_some() || !input.list("emitSystemFieldDimensions").is_empty() {
        return Err(invalid("fieldSelectionCriteria and emitSystemFieldDimensions are not answered here"));
    }
    let transformation = input.list("metricTransformations").first().unwrap_or(&Value::Null);
    let spec = MetricFilter {
        pattern: text.to_owned(),
        metric: metric(transformation)?,
        is_on_transformed: input.boolean("applyOnTransformedLogs").unwrap_or(false),
    };
    let order = LogGroupOrder::PutFilter { filter: filter_name(input).to_owned(), spec };
    change(context, caller, "logs:PutMetricFilter", group_name(input), order).await
}

pub(super) async fn delete(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let order = LogGroupOrder::DeleteFilter { filter: filter_name(input).to_owned() };
    change(context, caller, "logs:DeleteMetricFilter", group_name(input), order).await
}

/// All that fit, by their names.
pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "logs:DescribeMetricFilters")?;
    let (name, namespace) = (input.text("metricName"), input.text("metricNamespace"));
    if name.is_some() != namespace.is_some() {
        return Err(invalid("metricName and metricNamespace must be specified together"));
    }
    let told = match input.text("nextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?,
    };
    let prefix = input.text("filterNamePrefix").unwrap_or_default();
    let state = context.bus.state();
    let groups = state.log_groups(&caller.tenant);
    let asked = input.text("logGroupName");
    if let Some(asked) = asked.filter(|asked| !application::is_own(asked)) {
        group_of(groups, asked)?;
    }
    let fits = |filter: &str, kept: &KeptFilter| {
        let metric = &kept.spec.metric;
        filter.starts_with(prefix)
            && name.is_none_or(|name| metric.name == name)
            && namespace.is_none_or(|namespace| metric.namespace == namespace)
    };
    let all: BTreeMap<(&str, &str), &KeptFilter> = groups
        .iter()
        .filter(|(group, _)| asked.is_none_or(|asked| asked == group.as_str()))
        .flat_map(|(group, of)| of.filters.iter().map(move |(filter, kept)| (filter, group, kept)))
        .filter(|(filter, _, kept)| fits(filter, kept))
        .map(|(filter, group, kept)| ((filter.as_str(), group.as_str()), kept))
        .collect();
    let most = usize::try_from(input.integer("limit").unwrap_or(PAGE)).unwrap_or(1);
    let mut rest = all.into_iter().skip(told);
    let page: Vec<Value> =
        rest.by_ref().take(most).map(|((filter, group), kept)| described(filter, group, kept)).collect();
    let next = rest.next().map(|_| page::token(told + page.len()));
    Ok(Value::map([("metricFilters", Value::List(page)), ("nextToken", next.into())]))
}

/// What a pattern finds and takes of messages that come with the request.
pub(super) fn test(caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "logs:TestMetricFilter")?;
    let pattern = Pattern::parse(input.text("filterPattern").unwrap_or_default());
    let pattern = pattern.map_err(|error| invalid(error.to_string()))?;
    let found = (1_i64..).zip(input.texts("logEventMessages")).filter(|(_, message)| pattern.finds(message));
    let matches = found.map(|(number, message)| {
        let values = pattern.extracted(message).into_iter();
        let values: Map = values.map(|(name, text)| (Cow::Owned(name), text.into())).collect();
        Value::map([
            ("eventNumber", number.into()),
            ("eventMessage", message.into()),
            ("extractedValues", Value::Map(values)),
        ])
    });
    Ok(Value::map([("matches", Value::List(matches.collect()))]))
}

fn metric(transformation: &Value) -> Result<FilteredMetric, Fault> {
    let text = |member: &str| transformation.text(member).unwrap_or_default().to_owned();
    let namespace = text("metricNamespace");
    if namespace.starts_with(FLEET_PREFIX) {
        return Err(invalid(format!("Nobody puts metrics into namespaces that begin with {FLEET_PREFIX}")));
    }
    let dimensions: BTreeMap<String, String> = transformation
        .get("dimensions")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.to_string(), value.as_text()?.to_owned())))
        .collect();
    if dimensions.len() > FILTER_DIMENSIONS_MAX {
        return Err(invalid(format!("A metric filter has at most {FILTER_DIMENSIONS_MAX} dimensions")));
    }
    let default = transformation.float("defaultValue");
    if default.is_some() && !dimensions.is_empty() {
        return Err(invalid("A metric filter with dimensions cannot have a default value"));
    }
    if default.is_some_and(|value| !value.is_finite()) {
        return Err(invalid("The default value of a metric filter must be a finite number"));
    }
    Ok(FilteredMetric {
        namespace,
        name: text("metricName"),
        value: text("metricValue"),
        default: default.map(|value| value.to_string()),
        unit: transformation.text("unit").map(str::to_owned),
        dimensions,
    })
}

fn described(filter: &str, group: &str, kept: &KeptFilter) -> Value {
    let metric = &kept.spec.metric;
    let dimensions = metric.dimensions.iter();
    let dimensions: Map =
        dimensions.map(|(name, field)| (Cow::Owned(name.clone()), field.as_str().into())).collect();
    let transformation = Value::map([
        ("metricName", metric.name.as_str().into()),
        ("metricNamespace", metric.namespace.as_str().into()),
        ("metricValue", metric.value.as_str().into()),
        ("defaultValue", metric.default.as_deref().and_then(number).map_or(Value::Null, Value::Float)),
        ("unit", metric.unit.clone().into()),
        ("dimensions", if dimensions.is_empty() { Value::Null } else { Value::Map(dimensions) }),
    ]);
    Value::map([
        ("filterName", filter.into()),
        ("filterPattern", kept.spec.pattern.as_str().into()),
        ("metricTransformations", Value::List(vec![transformation])),
        ("creationTime", kept.created_at.0.into()),
        ("logGroupName", group.into()),
        ("applyOnTransformedLogs", kept.spec.is_on_transformed.into()),
    ])
}

fn filter_name(input: &Value) -> &str {
    input.text("filterName").unwrap_or_default()
}

fn group_name(input: &Value) -> &str {
    input.text("logGroupName").unwrap_or_default()
}
