//! Services: what agents report of them.

use crate::overlay::Put;
use crate::report::{Batch, SERVICES_MAX};
use crate::{State, text};
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::service::ServiceState;

/// Takes a report of a service's state.
pub(crate) fn report(batch: &mut Batch<'_>, application: &str, name: &str, reported: &ServiceState) {
    let Some(service) = batch.inner_path(application, name) else { return };
    let state = text::clip_service(reported.clone());
    match batch.services.put(&service, &state, SERVICES_MAX) {
        Put::Unchanged => {}
        Put::Changed => batch.facts.push(EventBody::ServiceChanged { service, state }),
        Put::NoRoom => batch.leave_out(&format!("more than {SERVICES_MAX} services on one server")),
    }
}

/// Takes a report that a service went away.
pub(crate) fn report_gone(batch: &mut Batch<'_>, application: &str, name: &str) {
    let path = batch.server.join(application).and_then(|application| application.join(name));
    // A wrong name never got in, so there is nothing to remove.
    let Ok(service) = path else { return };
    if batch.services.remove(&service) {
        batch.facts.push(EventBody::ServiceRemoved { service });
    }
}

pub(crate) fn changed(state: &mut State, service: &ObjectPath, reported: &ServiceState) {
    state.services.insert(service.clone(), reported.clone());
}

pub(crate) fn removed(state: &mut State, service: &ObjectPath) {
    state.services.remove(service);
}
