//! Rows of tasks.

use super::{LiveCursor, Sight, View, Wanted, health, maybe_text, name_at, number, text, time};
use topmast_api::task::TaskRow;
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, task_health};
use topmast_model::filter::fields::{TASKS, tasks};
use topmast_model::filter::{FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
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

    fn rows(sight: &Sight<'_>, within: Option<&ObjectPath>, wanted: Wanted<'_>) -> Vec<TaskRow> {
        let mut live = LiveCursor::new(sight);
        let objects = sight.state.tasks().within(within).filter(|(path, _)| wanted(path));
        objects.map(|(path, reported)| row(&mut live, path, reported)).collect()
    }

    /// A task's row is all that is known of it.
    fn details(sight: &Sight<'_>, path: &ObjectPath) -> Option<TaskRow> {
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
            tasks::SCHEDULE => maybe_text(each, row.schedule.as_deref()),
            tasks::LAST_STARTED => time(each, row.last_started),
            tasks::LAST_FINISHED => time(each, row.last_finished),
            tasks::NEXT_DUE => time(each, row.next_due),
            tasks::MESSAGE => maybe_text(each, row.message.as_deref()),
            tasks::SINCE => time(each, Some(row.since)),
            tasks::AGE_MS => number(each, row.age_ms.map(|age| age as f64)),
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
        next_due: Timestamp::maybe(reported.next_due),
        message,
        since: Timestamp(effective.since),
        path: path.clone(),
        age_ms: aged.age_ms,
        stale: aged.stale,
        health: health(task_health(effective.status)),
    }
}
