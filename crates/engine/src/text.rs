//! Bounds of texts from outside: what an agent sends is cut, never refused, for a
//! long message must not wedge the stream of reports behind it.

use topmast_model::application::{AFTER_MAX, ApplicationState};
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::custom::check_all;
use topmast_model::label::{LABELS_MAX, check_label};
use topmast_model::service::{CODES_MAX, ServiceState};
use topmast_model::task::{TASK_OUTPUT_MAX, TaskState};
use topmast_model::{configuration, package};

/// Longest text kept of an agent's, in bytes: some ten lines, enough for a stack's top.
const TEXT_MAX: usize = 2_000;
/// Most addresses kept of one server.
const ADDRESSES_MAX: usize = 64;

/// The text, cut to [`TEXT_MAX`] bytes.
pub(crate) fn clip(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_MAX)].to_owned()
}

pub(crate) fn clip_application(mut state: ApplicationState) -> ApplicationState {
    clip_optional(&mut state.version);
    clip_cause(&mut state.cause);
    if let Some(declared) = &mut state.declared {
        declared.after.truncate(AFTER_MAX);
        declared.after.iter_mut().for_each(clip_in_place);
        // An agent checks them when it reads its files; what another program sends is left out.
        if check_all(&declared.actions).is_err() {
            declared.actions.clear();
        }
    }
    state
}

pub(crate) fn clip_service(mut state: ServiceState) -> ServiceState {
    clip_optional(&mut state.message);
    state.codes.truncate(CODES_MAX);
    state.codes.iter_mut().for_each(clip_in_place);
    state
}

pub(crate) fn clip_task(mut state: TaskState) -> TaskState {
    clip_optional(&mut state.message);
    clip_optional(&mut state.schedule);
    if let Some(run) = &mut state.run {
        clip_optional(&mut run.message);
        clip_optional(&mut run.by);
        run.output.truncate(run.output.floor_char_boundary(TASK_OUTPUT_MAX));
    }
    state
}

pub(crate) fn clip_registration(mut registration: ServerRegistration) -> ServerRegistration {
    clip_in_place(&mut registration.version);
    clip_in_place(&mut registration.address);
    // An agent checks its labels when it starts; what another program sends is left out.
    let labels = std::mem::take(&mut registration.labels).into_iter();
    let good = labels.filter(|(name, value)| check_label(name, value).is_ok());
    registration.labels = good.take(LABELS_MAX).collect();
    let all =
        [configuration::ABILITY, package::ABILITY, package::ROLLBACK_ABILITY, package::key::KEYS_ABILITY];
    let known = |ability: &String| all.contains(&ability.as_str());
    registration.abilities.retain(known);
    let facts = &mut registration.facts;
    for text in [
        &mut facts.hostname,
        &mut facts.os,
        &mut facts.os_family,
        &mut facts.kernel,
        &mut facts.architecture,
        &mut facts.virtualisation,
    ] {
        clip_in_place(text);
    }
    facts.addresses.truncate(ADDRESSES_MAX);
    facts.addresses.iter_mut().for_each(clip_in_place);
    registration
}

pub(crate) fn clip_cause(cause: &mut Cause) {
    match cause {
        Cause::Action { principal: text, .. }
        | Cause::Signal { name: text, .. }
        | Cause::StartFailed { message: text }
        | Cause::Health { message: text }
        | Cause::Budget { last: text, .. }
        | Cause::Observed { message: text }
        | Cause::Unit { message: text }
        | Cause::Check { message: text }
        | Cause::Connection { message: text } => clip_in_place(text),
        Cause::Dependency { application, message } => {
            clip_in_place(application);
            clip_in_place(message);
        }
        // The rest hold no text; `Cause` may grow, so the compiler asks for this arm.
        _ => {}
    }
}

fn clip_optional(text: &mut Option<String>) {
    if let Some(text) = text {
        clip_in_place(text);
    }
}

fn clip_in_place(text: &mut String) {
    text.truncate(text.floor_char_boundary(TEXT_MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_cuts_between_characters() {
        assert_eq!(clip("short"), "short");
        let long = "é".repeat(TEXT_MAX);
        assert_eq!(clip(&long).len(), TEXT_MAX);
        assert_eq!(clip(&format!("x{long}")).len(), TEXT_MAX - 1);
    }

    #[test]
    fn registration_keeps_good_labels_up_to_the_bound() {
        let mut given = crate::fixture::registration(1);
        given.labels = (0..2 * LABELS_MAX).map(|number| (format!("l{number:02}"), "x".into())).collect();
        given.labels.insert("a b".into(), "x".into());
        given.labels.insert("empty".into(), String::new());
        let kept = clip_registration(given).labels;
        assert_eq!(kept.len(), LABELS_MAX);
        assert!(kept.iter().all(|(name, value)| check_label(name, value).is_ok()));
    }
}
