//! Applications: what agents report of them.

mod namesakes;

pub(crate) use namesakes::Applications;

use crate::overlay::Put;
use crate::report::{APPLICATIONS_MAX, Batch};
use crate::{State, configuration, history, text};
use topmast_model::application::ApplicationState;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;

/// Takes a report of an application's state.
pub(crate) fn report(batch: &mut Batch<'_>, name: &str, reported: &ApplicationState) {
    let Some(application) = batch.application_path(name) else { return };
    let state = text::clip_application(reported.clone());
    match batch.applications.put(&application, &state, APPLICATIONS_MAX) {
        Put::Unchanged => {}
        Put::Changed => batch.facts.push(EventBody::ApplicationChanged { application, state }),
        Put::NoRoom => batch.leave_out(&format!("more than {APPLICATIONS_MAX} applications on one server")),
    }
}

/// Takes a report that an application's unit went away.
pub(crate) fn report_gone(batch: &mut Batch<'_>, name: &str) {
    let Some(application) = batch.application_path(name) else { return };
    if batch.applications.remove(&application) {
        batch.services.remove_within(&application);
        batch.tasks.remove_within(&application);
        batch.facts.push(EventBody::ApplicationRemoved { application });
    }
}

pub(crate) fn changed(
    state: &mut State,
    application: &ObjectPath,
    reported: &ApplicationState,
    time: UnixMillis,
) {
    history::reported(state, application, reported, time);
    state.applications.insert(application.clone(), reported.clone());
}

/// An application's services and tasks go with it, without an event each.
pub(crate) fn removed(state: &mut State, application: &ObjectPath) {
    state.applications.remove(application);
    state.tags.remove(application);
    state.histories.remove(application);
    configuration::forget(state, application);
    state.services.remove_within(application);
    state.tasks.remove_within(application);
    state.heartbeats.remove_within(application);
    state.task_runs.remove_within(application);
}
