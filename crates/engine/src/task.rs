//! Tasks: what agents report of them.

use crate::overlay::Put;
use crate::report::{Batch, TASKS_MAX};
use crate::{State, text};
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::task::TaskState;

/// Takes a report of a task's state.
pub(crate) fn report(batch: &mut Batch<'_>, application: &str, name: &str, reported: &TaskState) {
    let Some(task) = batch.inner_path(application, name) else { return };
    let state = text::clip_task(reported.clone());
    match batch.tasks.put(&task, &state, TASKS_MAX) {
        Put::Unchanged => {}
        Put::Changed => batch.facts.push(EventBody::TaskChanged { task, state }),
        Put::NoRoom => batch.leave_out(&format!("more than {TASKS_MAX} tasks on one server")),
    }
}

/// Takes a report that a task went away.
pub(crate) fn report_gone(batch: &mut Batch<'_>, application: &str, name: &str) {
    let path = batch.server.join(application).and_then(|application| application.join(name));
    // A wrong name never got in, so there is nothing to remove.
    let Ok(task) = path else { return };
    if batch.tasks.remove(&task) {
        batch.facts.push(EventBody::TaskRemoved { task });
    }
}

pub(crate) fn changed(state: &mut State, task: &ObjectPath, reported: &TaskState) {
    state.tasks.insert(task.clone(), reported.clone());
}

pub(crate) fn removed(state: &mut State, task: &ObjectPath) {
    state.tasks.remove(task);
    state.task_runs.remove(task);
}
