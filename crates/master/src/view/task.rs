//! Rows of tasks.

use super::{LiveCursor, Sight, View, Wanted, flag, maybe_text, name_at, number, text, time};
use topmast_api::task::TaskRow;
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, task_health};
use topmast_model::filter::fields::{TASKS, tasks};
use topmast_model::filter::{FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::status::TaskStatus;
use topmast_model::task::TaskState;

/// The view of tasks.
pub(crate) struct Tasks;

impl View for Tasks {
    type Row = TaskRow;
    type Details = TaskRow;
    const NOUN: &'static str = "task";
    const LEVEL: Level = Level::Service;
    const FIELDS: &'static [FieldDef] = TASKS;

    fn rows(
        sight: &Sight<'_>,
        _: &Principal,
        within: Option<&ObjectPath>,
        wanted: Wanted<'_>,
    ) -> Vec<TaskRow> {
        let mut live = LiveCursor::new(sight);
        let objects = sight.state.tasks().within(within).filter(|(path, _)| wanted(path));
        objects.map(|(path, reported)| row(&mut live, path, reported)).collect()
    }

    /// A task's row is all that is known of it.
    fn details(sight: &Sight<'_>, _: &Principal, path: &ObjectPath) -> Option<TaskRow> {
        Some(row(&mut LiveCursor::new(sight), path, sight.state.tasks().get(path)?))
    }

    fn values(row: &TaskRow, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            tasks::NAME => text(each, &row.name),
            tasks::PATH => text(each, row.path.as_str()),
            tasks::TENANT => maybe_text(each, row.path.name_at(Level::Tenant)),
            tasks::CLUSTER => maybe_text(each, row.path.name_at(Level::Cluster)),
            tasks::SERVER => text(each, &row.server),
            tasks::APPLICATION => text(each, &row.application),
            tasks::STATUS => text(each, row.status.as_str()),
            tasks::HEALTH => text(each, row.health.as_str()),
            tasks::SCHEDULE => maybe_text(each, row.schedule.as_deref()),
            tasks::LAST_STARTED => time(each, row.last_started),
            tasks::LAST_FINISHED => time(each, row.last_finished),
            tasks::DURATION_MS => number(each, row.duration_ms.map(|span| span as f64)),
            tasks::NEXT_DUE => time(each, row.next_due),
            tasks::LATE_S => number(each, row.late_s.map(|span| span as f64)),
            tasks::MESSAGE => maybe_text(each, row.message.as_deref()),
            tasks::SINCE => time(each, Some(row.since)),
            tasks::AGE_MS => number(each, row.age_ms.map(|age| age as f64)),
            tasks::STALE => flag(each, row.stale),
            _ => {}
        }
    }
}

fn row(live: &mut LiveCursor<'_>, path: &ObjectPath, reported: &TaskState) -> TaskRow {
    let (effective, aged) = live.at(path, |server, _, aged| {
        (Effective::on(server, TaskStatus::Unknown, reported.status, reported.since), aged)
    });
    let message = match &effective.cause {
        Some(cause) => Some(cause.to_string()),
        None => reported.message.clone(),
    };
    TaskRow {
        name: path.name().to_owned(),
        application: name_at(path, Level::Application),
        server: name_at(path, Level::Server),
        status: effective.status,
        schedule: reported.schedule.clone(),
        last_started: Timestamp::maybe(reported.last_started),
        last_finished: Timestamp::maybe(reported.last_finished),
        // While a run is under way, the last one's begin is no longer known.
        duration_ms: reported.last_started.zip(reported.last_finished).and_then(|(started, finished)| {
            let is_over = finished >= started && effective.status != TaskStatus::Running;
            is_over.then(|| u64::try_from(started.until(finished).as_millis()).unwrap_or(u64::MAX))
        }),
        next_due: Timestamp::maybe(reported.next_due),
        late_s: reported
            .next_due
            .filter(|_| effective.status == TaskStatus::Late)
            .map(|due| due.until(live.sight.time).as_secs()),
        message,
        since: Timestamp(effective.since),
        path: path.clone(),
        age_ms: aged.age_ms,
        stale: aged.stale,
        health: task_health(effective.status),
    }
}
