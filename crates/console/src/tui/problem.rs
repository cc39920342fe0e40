//! Problems: what the overview says is not healthy now.
//!
//! The master names the worst of them, already without what is only a consequence; filters are worked out here, by
//! the grammar of every list.

use super::list::{Query, Window};
use super::row::AnyRow;
use crate::output::{Cell, Column, Tone, human};
use topmast_api::overview::{Overview, Unhealthy};
use topmast_model::filter::{self, FieldDef, FieldKind, FieldValue, Filter};
use topmast_model::path::Level;
use topmast_model::status::Health;

/// What a filter can name.
pub(super) const FIELDS: &[FieldDef] = &[
    FieldDef { name: "name", kind: FieldKind::Text, aliases: &[] },
    FieldDef { name: "path", kind: FieldKind::Text, aliases: &[] },
    FieldDef { name: "tenant", kind: FieldKind::Text, aliases: &[] },
    FieldDef { name: "cluster", kind: FieldKind::Text, aliases: &[] },
    FieldDef { name: "server", kind: FieldKind::Text, aliases: &[] },
    FieldDef { name: "application", kind: FieldKind::Text, aliases: &["app"] },
    FieldDef { name: "kind", kind: FieldKind::Text, aliases: &[] },
    FieldDef { name: "status", kind: FieldKind::Text, aliases: &[] },
    FieldDef {
        name: "health",
        kind: FieldKind::Choice(&["healthy", "degraded", "unknown", "failed"]),
        aliases: &[],
    },
    FieldDef { name: "cause", kind: FieldKind::Text, aliases: &["message"] },
    FieldDef { name: "on_it", kind: FieldKind::Number, aliases: &[] },
    FieldDef { name: "since", kind: FieldKind::Time, aliases: &[] },
];

/// Columns.
pub(super) const COLUMNS: &[Column<Unhealthy>] = &[
    Column::text("HEALTH", "health", |problem, _| Cell::new(problem.health.as_str(), tone(problem.health))),
    Column::text("WHAT", "kind", |problem, _| Cell::plain(&problem.kind)),
    Column::text("NAME", "name", |problem, _| Cell::plain(place(problem))),
    Column::text("STATUS", "status", |problem, _| Cell::new(&problem.status, tone(problem.health))),
    Column::number("SINCE", "since", |problem, style| {
        Cell::plain(human::ago(style.now, Some(problem.since)))
    }),
    Column::number("ON IT", "on_it", |problem, _| match problem.on_it {
        0 => Cell::plain(human::UNKNOWN),
        count => Cell::plain(format!("+{count}")),
    }),
    Column::text("CAUSE", "cause", |problem, _| Cell::maybe(problem.cause.as_deref())),
    Column::text("PATH", "path", |problem, _| Cell::plain(problem.path.as_str())),
];

/// What a health means for its colour.
pub(super) const fn tone(health: Health) -> Tone {
    match health {
        Health::Healthy => Tone::Good,
        Health::Degraded | Health::Unknown => Tone::Warn,
        Health::Failed => Tone::Bad,
    }
}

/// Its name with its server's, as people say it: `MC on switch on pay-1` is too long for a column.
fn place(problem: &Unhealthy) -> String {
    let path = &problem.path;
    match (path.name_at(Level::Server), path.level()) {
        (Some(server), Level::Application | Level::Service) => format!("{} on {server}", path.name()),
        _ => path.name().to_owned(),
    }
}

/// The problems that a query means. Those that the master does not name are in the window's total alone when
/// nothing is asked that only their names could answer.
pub(super) fn window(overview: &Overview, query: &Query) -> Window {
    let filter = Filter::parse(&query.filter, FIELDS);
    let rows: Vec<AnyRow> = overview
        .unhealthy
        .iter()
        .filter(|problem| query.inside.as_ref().is_none_or(|path| problem.path.is_within(path)))
        .filter(|problem| filter.as_ref().is_ok_and(|filter| filter.matches(&Asked(problem))))
        .map(|problem| AnyRow::Problem(Box::new(problem.clone())))
        .collect();
    let mut counts: Vec<(String, u64)> = Vec::new();
    for health in Health::ALL.iter().rev() {
        let count = rows.iter().filter(|row| row.health() == *health).count() as u64;
        if count > 0 {
            counts.push((health.to_string(), count));
        }
    }
    Window { total: rows.len() as u64, rows, counts }
}

/// A problem as filters ask it.
struct Asked<'a>(&'a Unhealthy);

impl filter::Row for Asked<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let problem = self.0;
        let at = |level| problem.path.name_at(level).map(FieldValue::Text);
        let value = match FIELDS.get(field).map(|field| field.name) {
            Some("name") => Some(FieldValue::Text(problem.path.name())),
            Some("path") => Some(FieldValue::Text(problem.path.as_str())),
            Some("tenant") => at(Level::Tenant),
            Some("cluster") => at(Level::Cluster),
            Some("server") => at(Level::Server),
            Some("application") => at(Level::Application),
            Some("kind") => Some(FieldValue::Text(&problem.kind)),
            Some("status") => Some(FieldValue::Text(&problem.status)),
            Some("health") => Some(FieldValue::Text(problem.health.as_str())),
            Some("cause") => problem.cause.as_deref().map(FieldValue::Text),
            // Far below 2^53.
            Some("on_it") => Some(FieldValue::Number(problem.on_it as f64)),
            Some("since") => Some(FieldValue::Number(problem.since.as_millis() as f64)),
            _ => None,
        };
        if let Some(value) = value {
            each(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::Tab;
    use crate::tui::tests::sample::overview;

    fn names(filter: &str, inside: Option<&str>) -> Vec<String> {
        let mut query = Query::new(Tab::Problems, inside.map(|path| path.parse().unwrap()));
        filter.clone_into(&mut query.filter);
        let window = window(&overview(), &query);
        window.rows.iter().map(|row| row.key().text()).collect()
    }

    #[test]
    fn problems_are_filtered_as_every_list_is() {
        let all = names("", None);
        assert_eq!(all, ["acme/main/db-2", "acme/main/pay-1/switch/MC_CREDIT", "acme/main/pay-1/switch/eod"]);
        assert_eq!(names("kind=server", None), all[..1]);
        assert_eq!(names("server=pay-1 health=failed", None), all[1..2]);
        assert_eq!(names("on_it>10 or scheme", None), all[..2]);
        assert_eq!(names("", Some("acme/main/pay-1")), all[1..]);
    }
}
