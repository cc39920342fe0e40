//! `topmast dashboards`: those that AWS' tools put, and what stands on one.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::{Cell, Column, Tone, human};
use clap::Args;
use topmast_api::client::Client;
use topmast_api::dashboard::{DashboardRow, DashboardWidget, WidgetKind};

/// Arguments of `dashboards`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Show what stands on this one; tenant/name where several tenants have one of the name
    name: Option<String>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Lists dashboards, or the widgets of one.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let all = client.dashboard_list().await?.items;
    let Some(name) = arguments.name else { return arguments.show.print(&all, DASHBOARDS) };
    let found = named(&all, &name).map_err(Failure::Usage)?;
    let dashboard = client.dashboard_get(found.tenant.as_str(), &found.name).await?;
    arguments.show.print(&dashboard.widgets, WIDGETS)
}

/// The one dashboard that is meant.
fn named<'a>(all: &'a [DashboardRow], name: &str) -> Result<&'a DashboardRow, String> {
    let is_meant = |row: &&DashboardRow| row.name == name || format!("{}/{}", row.tenant, row.name) == name;
    let found: Vec<&DashboardRow> = all.iter().filter(is_meant).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(format!("there is no dashboard {name}; `topmast dashboards` lists them")),
        [first, ..] => {
            Err(format!("{} tenants have a dashboard {name}; write {}/{name}", found.len(), first.tenant))
        }
    }
}

const fn kind(kind: WidgetKind) -> &'static str {
    match kind {
        WidgetKind::Metric => "metric",
        WidgetKind::Text => "text",
        WidgetKind::Alarm => "alarm",
        WidgetKind::Log => "log",
        WidgetKind::Explorer => "explorer",
        WidgetKind::Custom => "custom",
    }
}

const DASHBOARDS: &[Column<DashboardRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("TENANT", "tenant", |row, _| Cell::plain(row.tenant.as_str())),
    Column::text("PUT", "put_at", |row, _| Cell::plain(row.put_at.to_string())),
    Column::number("SIZE", "bytes", |row, _| Cell::plain(human::bytes(Some(row.bytes)))),
];

const WIDGETS: &[Column<DashboardWidget>] = &[
    Column::number("NUMBER", "index", |row, _| Cell::plain(row.index.to_string())),
    Column::text("KIND", "kind", |row, _| Cell::plain(kind(row.kind))),
    Column::text("TITLE", "title", |row, _| Cell::plain(&row.title)),
    Column::text("PLACE", "x", |row, _| Cell::plain(format!("{},{}", row.x, row.y))),
    Column::text("SIZE", "width", |row, _| Cell::plain(format!("{}x{}", row.width, row.height))),
    Column::wide_text("FAULT", "fault", |row, _| {
        row.fault.as_ref().map_or_else(|| Cell::plain(""), |fault| Cell::new(fault, Tone::Bad))
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::time::Timestamp;
    use topmast_model::time::UnixMillis;

    fn row(tenant: &str, name: &str) -> DashboardRow {
        let put_at = Timestamp(UnixMillis(0));
        DashboardRow { tenant: tenant.parse().unwrap(), name: name.into(), put_at, bytes: 2 }
    }

    #[test]
    fn a_dashboard_is_named_alone_or_with_its_tenant() {
        let all = [row("acme", "shop"), row("bolt", "shop"), row("acme", "other")];
        assert_eq!(named(&all, "other").unwrap(), &all[2]);
        assert_eq!(named(&all, "bolt/shop").unwrap(), &all[1]);
        assert!(named(&all, "shop").unwrap_err().contains("write acme/shop"));
        assert!(named(&all, "nowhere").unwrap_err().contains("there is no dashboard nowhere"));
    }
}
