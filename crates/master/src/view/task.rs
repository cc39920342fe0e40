//! Rows of tasks.

use super::walk::{Here, Objects, on_servers};
use super::{See, Sight, View, count, flag, maybe_text, name_at, rows_within, text, time};
use std::borrow::Cow;
use topmast_api::task::TaskRow;
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, PathMap, State, task_health};
use topmast_model::filter::fields::{TASKS, tasks};
use topmast_model::filter::{self, FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::status::{Health, TaskStatus};
use topmast_model::task::{TaskProgress, TaskState};
use topmast_model::time::UnixMillis;

/// The view of tasks.
pub(crate) struct Tasks;

impl View for Tasks {
    type Row = TaskRow;
    type Details = TaskRow;
    type Object = TaskState;
    type Subject<'a> = TaskSubject<'a>;
    type Around = ();
    const NOUN: &'static str = "task";
    const LEVEL: Level = Level::Service;
    const FIELDS: &'static [FieldDef] = TASKS;
    const AROUND: &'static [usize] = &[];
    const SETTLED: &'static [usize] = &[
        tasks::NAME,
        tasks::PATH,
        tasks::TENANT,
        tasks::CLUSTER,
        tasks::SERVER,
        tasks::APPLICATION,
        tasks::STATUS,
        tasks::HEALTH,
        tasks::SCHEDULE,
        tasks::LAST_STARTED,
        tasks::LAST_FINISHED,
        tasks::DURATION_MS,
        tasks::NEXT_DUE,
        tasks::MESSAGE,
        tasks::SINCE,
    ];
    const AFAR: &'static [usize] = &[];

    fn objects(state: &State) -> &PathMap<TaskState> {
        state.tasks()
    }

    fn around(_: See<'_>, _: &Principal, _: Option<&[ObjectPath]>) {}

    fn look<'s>(
        sight: &'s Sight<'s>,
        (): &(),
        objects: Objects<'_, 's, TaskState>,
        each: &mut dyn FnMut(&ObjectPath, &TaskSubject<'_>),
    ) {
        on_servers(sight, objects, |server, _| sight.state.server(server), &mut |on, path, reported| {
            let unknown = TaskStatus::Unknown;
            let effective = Effective::on(on.server, unknown, reported.status, reported.since);
            each(path, &TaskSubject { on, path, reported, effective });
        });
    }

    fn row(subject: &TaskSubject<'_>) -> TaskRow {
        let TaskSubject { on, path, reported, effective } = subject;
        TaskRow {
            name: path.name().to_owned(),
            application: name_at(path, Level::Application).to_owned(),
            server: on.path.name().to_owned(),
            status: effective.status,
            schedule: reported.schedule.clone(),
            last_started: Timestamp::maybe(reported.last_started),
            last_finished: Timestamp::maybe(reported.last_finished),
            duration_ms: subject.duration_ms(),
            next_due: Timestamp::maybe(reported.next_due),
            late_s: subject.late_s(),
            message: subject.message().map(Cow::into_owned),
            done: subject.progress().map(|progress| progress.done),
            total: subject.progress().map(|progress| progress.total),
            eta: Timestamp::maybe(subject.eta()),
            runnable: reported.runnable,
            since: Timestamp(effective.since),
            path: (*path).clone(),
            age_ms: on.aged.age_ms,
            stale: on.aged.stale,
            health: subject.health(),
        }
    }

    /// A task's row is all that is known of it.
    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<TaskRow> {
        rows_within::<Self>(sight, principal, path).pop()
    }
}

/// A task that is looked at.
pub(crate) struct TaskSubject<'a> {
    on: &'a Here<'a>,
    path: &'a ObjectPath,
    reported: &'a TaskState,
    effective: Effective<'a, TaskStatus>,
}

impl TaskSubject<'_> {
    fn health(&self) -> Health {
        task_health(self.effective.status)
    }

    /// While a run is under way, the last one's begin is no longer known.
    fn duration_ms(&self) -> Option<u64> {
        let (started, finished) = self.reported.last_started.zip(self.reported.last_finished)?;
        let is_over = finished >= started && self.effective.status != TaskStatus::Running;
        is_over.then(|| u64::try_from(started.until(finished).as_millis()).unwrap_or(u64::MAX))
    }

    fn late_s(&self) -> Option<u64> {
        let due = self.reported.next_due.filter(|_| self.effective.status == TaskStatus::Late);
        due.map(|due| due.until(self.on.sight.time).as_secs())
    }

    /// How far the run under way is.
    fn progress(&self) -> Option<TaskProgress> {
        self.reported.progress.filter(|_| self.effective.status == TaskStatus::Running)
    }

    /// When it will be done if it goes on as fast as until now; nothing before its first hundredth.
    fn eta(&self) -> Option<UnixMillis> {
        let TaskProgress { done, total } = self.progress()?;
        let started = self.reported.last_started?;
        let took = started.until(self.on.sight.time).as_millis() as f64;
        let left = took * (total.checked_sub(done)? as f64) / (done as f64);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time so far away is none that anybody plans by"
        )]
        (done > 0 && left.is_finite()).then(|| UnixMillis(self.on.sight.time.0.saturating_add(left as i64)))
    }

    fn message(&self) -> Option<Cow<'_, str>> {
        match self.effective.cause() {
            Some(cause) => Some(cause.to_string().into()),
            None => self.reported.message.as_deref().map(Cow::Borrowed),
        }
    }
}

impl filter::Row for TaskSubject<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            tasks::NAME => text(each, self.path.name()),
            tasks::PATH => text(each, self.path.as_str()),
            tasks::TENANT => maybe_text(each, self.path.name_at(Level::Tenant)),
            tasks::CLUSTER => maybe_text(each, self.path.name_at(Level::Cluster)),
            tasks::SERVER => text(each, self.on.path.name()),
            tasks::APPLICATION => text(each, name_at(self.path, Level::Application)),
            tasks::STATUS => text(each, self.effective.status.as_str()),
            tasks::HEALTH => text(each, self.health().as_str()),
            tasks::SCHEDULE => maybe_text(each, self.reported.schedule.as_deref()),
            tasks::LAST_STARTED => time(each, self.reported.last_started),
            tasks::LAST_FINISHED => time(each, self.reported.last_finished),
            tasks::DURATION_MS => count(each, self.duration_ms()),
            tasks::NEXT_DUE => time(each, self.reported.next_due),
            tasks::LATE_S => count(each, self.late_s()),
            tasks::MESSAGE => maybe_text(each, self.message().as_deref()),
            tasks::SINCE => time(each, Some(self.effective.since)),
            tasks::AGE_MS => count(each, self.on.aged.age_ms),
            tasks::STALE => flag(each, self.on.aged.stale),
            _ => {}
        }
    }
}
