//! Maintenance: times announced beforehand in which nobody is told of problems.

use crate::event::Actor;
use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::maintenance::{Days, TimeOfDay, Window};
use topmast_model::path::ObjectPath;
use topmast_model::rule::Span;
use utoipa::ToSchema;
use uuid::Uuid;

/// One maintenance in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaintenanceRow {
    /// Identity.
    pub id: Uuid,
    /// What is done.
    pub name: String,
    /// On what, and everything inside it.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub objects: Vec<ObjectPath>,
    /// When.
    pub window: MaintenanceWindow,
    /// Who announced it.
    pub by: Actor,
    /// Whether it is in force now.
    pub in_force: bool,
    /// The times planned, or begun by a problem; those that are over included until they are planned anew.
    pub periods: Vec<MaintenancePeriod>,
}

/// A time in which a maintenance is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaintenancePeriod {
    /// From here …
    pub from: Timestamp,
    /// … to here, this moment not included.
    pub to: Timestamp,
}

/// Announces a maintenance, or changes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceRequest {
    /// Identity of the one to change, or of the new one; made here when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// What is done.
    pub name: String,
    /// On what, and everything inside it; of one tenant.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub objects: Vec<ObjectPath>,
    /// When.
    pub window: MaintenanceWindow,
}

/// Maintenances as code: what `[[maintenance]]` tables say, each without an id, for its name is its identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceTables {
    /// One a table.
    #[serde(default)]
    pub maintenance: Vec<MaintenanceRequest>,
}

/// When a maintenance is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum MaintenanceWindow {
    /// From one moment to another.
    Once {
        /// From here …
        starts_at: Timestamp,
        /// … to here, this moment not included.
        ends_at: Timestamp,
    },
    /// For so long from the first problem on its objects on.
    Flexible {
        /// A problem from here …
        starts_at: Timestamp,
        /// … to here begins it.
        ends_at: Timestamp,
        /// For how long it is in force then, as `2h`.
        #[schema(value_type = String)]
        lasts: Span,
    },
    /// Again and again.
    Recurring {
        /// `"daily"`, `{"weekly": ["monday"]}`, `{"monthly": [1, -1]}` or `{"monthly-on": {"nth": 2, "day": "tuesday"}}`.
        #[schema(value_type = Object)]
        on: Days,
        /// Time of day, as `02:30`.
        #[schema(value_type = String)]
        at: TimeOfDay,
        /// A time zone, as `Europe/Zurich`.
        zone: String,
        /// For how long each time, as `2h`.
        #[schema(value_type = String)]
        lasts: Span,
        /// Not from here on; for ever when missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
}

impl From<Window> for MaintenanceWindow {
    fn from(window: Window) -> Self {
        match window {
            Window::Once { starts_at, ends_at } => {
                Self::Once { starts_at: Timestamp(starts_at), ends_at: Timestamp(ends_at) }
            }
            Window::Flexible { starts_at, ends_at, lasts } => {
                Self::Flexible { starts_at: Timestamp(starts_at), ends_at: Timestamp(ends_at), lasts }
            }
            Window::Recurring { on, at, zone, lasts, until } => {
                Self::Recurring { on, at, zone, lasts, until: Timestamp::maybe(until) }
            }
        }
    }
}

impl From<MaintenanceWindow> for Window {
    fn from(window: MaintenanceWindow) -> Self {
        match window {
            MaintenanceWindow::Once { starts_at, ends_at } => {
                Self::Once { starts_at: starts_at.0, ends_at: ends_at.0 }
            }
            MaintenanceWindow::Flexible { starts_at, ends_at, lasts } => {
                Self::Flexible { starts_at: starts_at.0, ends_at: ends_at.0, lasts }
            }
            MaintenanceWindow::Recurring { on, at, zone, lasts, until } => {
                Self::Recurring { on, at, zone, lasts, until: until.map(|until| until.0) }
            }
        }
    }
}
