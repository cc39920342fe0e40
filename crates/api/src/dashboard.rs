//! Dashboards as AWS' tools make them: which there are, what stands on one, and what its widgets show now.
//!
//! A dashboard is put by `CloudWatch`'s operations (docs/guide/aws.md); here it is read alone.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// A dashboard in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DashboardRow {
    /// Whose it is.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// Its name, which no other of the tenant has.
    pub name: String,
    /// When it was put.
    pub put_at: Timestamp,
    /// Size of what was put.
    pub bytes: u64,
}

/// A dashboard: where its widgets stand, on a grid of 24 columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dashboard {
    /// Whose it is.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// Its name.
    pub name: String,
    /// When it was put.
    pub put_at: Timestamp,
    /// In the order of their rows, and from left to right.
    pub widgets: Vec<DashboardWidget>,
}

/// A widget: what it is and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DashboardWidget {
    /// Its place in what was put, by which its data is asked for.
    pub index: u64,
    /// What it is.
    pub kind: WidgetKind,
    /// The column it begins in: 0 to 23.
    pub x: u64,
    /// The row it begins in.
    pub y: u64,
    /// Columns.
    pub width: u64,
    /// Rows.
    pub height: u64,
    /// What stands above; empty when there is nothing.
    pub title: String,
    /// Of a text: its markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub markdown: String,
    /// Of metrics: how values are shown.
    #[serde(default)]
    pub view: WidgetView,
    /// Of metrics: whether series are added up.
    #[serde(default)]
    pub stacked: bool,
    /// What is wrong with it; missing when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What a widget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WidgetKind {
    /// Series of metrics.
    Metric,
    /// Text.
    Text,
    /// States of alarms.
    Alarm,
    /// A query of logs, which is not shown here.
    Log,
    /// Metrics by tags, which are not shown here.
    Explorer,
    /// What a program of AWS draws, which is not shown here.
    Custom,
}

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WidgetView {
    /// Lines over time.
    #[default]
    TimeSeries,
    /// The last values as figures.
    SingleValue,
    /// The last values as bars.
    Bar,
    /// The last values as shares of a whole.
    Pie,
}

/// Of when a widget's data is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WidgetQuery {
    /// How many minutes before now it begins; as the widget says when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
}

/// What a widget shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WidgetData {
    /// When it was worked out, in milliseconds since the Unix epoch.
    pub at: i64,
    /// From when on.
    pub since: i64,
    /// Until when.
    pub until: i64,
    /// The series, in the order of the widget.
    pub series: Vec<WidgetSeries>,
    /// Lines at values.
    pub marks: Vec<WidgetMark>,
    /// Lines at times, in milliseconds since the Unix epoch.
    pub moments: Vec<WidgetMark>,
    /// Where the axis of values begins; null for where the data does.
    pub min: Option<f64>,
    /// Where it ends.
    pub max: Option<f64>,
    /// What is on it.
    pub axis: String,
    /// Of a widget of alarms: their states.
    pub alarms: Vec<WidgetAlarm>,
}

/// A series of a widget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WidgetSeries {
    /// What it is called.
    pub label: String,
    /// True when its values are on the axis on the right.
    pub right: bool,
    /// Milliseconds from one point to the next; further apart there is a gap.
    pub step_ms: i64,
    /// When its points are, in milliseconds since the Unix epoch, ascending.
    pub times: Vec<i64>,
    /// Its values, one a time.
    pub values: Vec<f64>,
}

/// A line of a widget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WidgetMark {
    /// Where.
    pub at: f64,
    /// What it means.
    pub label: String,
}

/// The state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WidgetAlarm {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`; null for an alarm that there is not.
    pub state: Option<String>,
    /// Why.
    pub reason: String,
    /// Since when, in milliseconds since the Unix epoch.
    pub since: Option<i64>,
}
