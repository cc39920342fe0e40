//! Dashboards of AWS' tools for the console: what stands on them, and what their widgets show.
//!
//! Elsewhere: where widgets stand and what they say (`topmast_aws`); the routes (`http::v1::dashboard`).

use super::Asker;
use super::cloudwatch::widget;
use crate::http::Context;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use topmast_api::dashboard::{
    DashboardWidget, WidgetAlarm, WidgetData, WidgetKind, WidgetMark, WidgetSeries, WidgetView,
};
use topmast_aws::Fault;
use topmast_aws::dashboard::Placed;
use topmast_aws::widget::{Annotation, Axis, View, Widget};
use topmast_engine::State;
use topmast_model::aws_alarm::{AwsAlarm, Basis, MetricChoice, alarm_name};
use topmast_model::path::ObjectPath;

/// Most alarms of a widget.
const ALARMS_MAX: usize = 500;

/// A widget as the console is told of it.
pub(crate) fn told(state: &State, tenant: &ObjectPath, placed: &Placed) -> DashboardWidget {
    let text =
        |name: &str| placed.properties.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = match placed.kind.as_str() {
        "metric" => WidgetKind::Metric,
        "text" => WidgetKind::Text,
        "alarm" => WidgetKind::Alarm,
        "log" => WidgetKind::Log,
        "explorer" => WidgetKind::Explorer,
        _ => WidgetKind::Custom,
    };
    let mut told = DashboardWidget {
        index: u64::try_from(placed.index).unwrap_or_default(),
        kind,
        x: placed.x,
        y: placed.y,
        width: placed.width,
        height: placed.height,
        title: text("title"),
        markdown: if kind == WidgetKind::Text { text("markdown") } else { String::new() },
        view: WidgetView::default(),
        stacked: false,
        fault: None,
    };
    if kind == WidgetKind::Metric {
        match read(state, tenant, &placed.properties) {
            Ok(widget) => {
                told.stacked = widget.is_stacked;
                told.view = match widget.view {
                    View::TimeSeries => WidgetView::TimeSeries,
                    View::SingleValue => WidgetView::SingleValue,
                    View::Bar => WidgetView::Bar,
                    View::Pie => WidgetView::Pie,
                };
                if told.title.is_empty() && widget.entries.len() == 1 {
                    told.title = widget.entries[0].label.clone().unwrap_or_default();
                }
            }
            Err(fault) => told.fault = Some(fault),
        }
    }
    told
}

/// What a widget of metrics says; one of an alarm alone is of what the alarm looks at.
pub(crate) fn read(
    state: &State,
    tenant: &ObjectPath,
    properties: &Map<String, Value>,
) -> Result<Widget, String> {
    let widget = Widget::of(properties).map_err(|error| error.to_string())?;
    let Some(name) =
        widget.alarms.first().filter(|_| widget.entries.is_empty()).map(|alarm| alarm_name(alarm))
    else {
        return Ok(widget);
    };
    let kept = state.aws_alarms(tenant).get(name).ok_or_else(|| format!("there is no alarm {name}"))?;
    let mut properties = properties.clone();
    let (metrics, threshold) = looked_at(&kept.what).ok_or_else(|| format!("{name} is of other alarms"))?;
    properties.insert("metrics".to_owned(), metrics);
    if let Some(threshold) = threshold {
        let line = json!({"horizontal": [{"value": threshold, "label": name}]});
        properties.insert("annotations".to_owned(), line);
    }
    Widget::of(&properties).map_err(|error| error.to_string())
}

/// The metrics of an alarm as a widget has them, and its threshold.
fn looked_at(alarm: &AwsAlarm) -> Option<(Value, Option<f64>)> {
    let Basis::Metric(basis) = &alarm.basis else { return None };
    let metric = |choice: &MetricChoice, more: Value| {
        let mut parts = vec![json!(choice.namespace), json!(choice.name)];
        parts.extend(choice.dimensions.iter().flat_map(|(name, value)| [json!(name), json!(value)]));
        let mut options = json!({"stat": choice.statistic, "period": choice.period_s});
        if let (Value::Object(options), Value::Object(more)) = (&mut options, more) {
            options.extend(more);
        }
        parts.push(options);
        Value::Array(parts)
    };
    let queries = basis.queries.iter().map(|query| {
        let more = json!({"id": query.id, "visible": query.is_returned.unwrap_or(true)});
        match (&query.stat, &query.expression) {
            (Some(choice), _) => metric(choice, more),
            (None, expression) => {
                json!([{"expression": expression.clone().unwrap_or_default(), "id": query.id,
                "visible": query.is_returned.unwrap_or(true)}])
            }
        }
    });
    let metrics = basis.metric.as_ref().map(|choice| metric(choice, Value::Null)).into_iter().chain(queries);
    Some((Value::Array(metrics.collect()), basis.threshold.map(topmast_model::rule::Number::get)))
}

/// What a widget of metrics shows.
pub(crate) async fn data(
    context: &Arc<Context>,
    asker: Asker,
    widget: Widget,
    (since, until): (i64, i64),
    now: i64,
) -> Result<WidgetData, Fault> {
    let mut data = empty(now, (since, until));
    // Marks of a band are its two ends.
    let marks = |all: &[Annotation]| {
        let ends = all.iter().flat_map(|one| {
            [Some(one.at), one.to].into_iter().flatten().map(|at| WidgetMark { at, label: one.label.clone() })
        });
        ends.collect::<Vec<_>>()
    };
    (data.marks, data.moments) = (marks(&widget.horizontal), marks(&widget.vertical));
    let Axis { min, max, label } = widget.left.clone();
    (data.min, data.max, data.axis) = (min, max, label);
    let shown = widget::shown(context, asker, widget, (since, until), now).await?;
    data.series = shown
        .into_iter()
        .map(|shown| {
            let points = shown.points.into_iter().filter(|(_, value)| value.is_finite());
            let (times, values) = points.unzip();
            WidgetSeries { label: shown.label, right: shown.is_right, step_ms: shown.step_ms, times, values }
        })
        .collect();
    Ok(data)
}

/// The states of the alarms that a widget names.
pub(crate) fn alarms(
    state: &State,
    tenant: &ObjectPath,
    properties: &Map<String, Value>,
    now: i64,
) -> WidgetData {
    let named =
        properties.get("alarms").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let alarms = state.aws_alarms(tenant);
    let told = named.take(ALARMS_MAX).map(|reference| {
        let name = alarm_name(reference);
        let kept = alarms.get(name);
        WidgetAlarm {
            name: name.to_owned(),
            state: kept.map(|kept| kept.said.state.to_string()),
            reason: kept.map(|kept| kept.said.reason.clone()).unwrap_or_default(),
            since: kept.map(|kept| kept.transitioned_at.0),
        }
    });
    WidgetData { alarms: told.collect(), ..empty(now, (now, now)) }
}

fn empty(at: i64, (since, until): (i64, i64)) -> WidgetData {
    WidgetData {
        at,
        since,
        until,
        series: Vec::new(),
        marks: Vec::new(),
        moments: Vec::new(),
        min: None,
        max: None,
        axis: String::new(),
        alarms: Vec::new(),
    }
}
