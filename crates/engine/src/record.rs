//! From decided facts to events: who, when, which tenant, which action.

use crate::{State, Submission};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::path::Level;
use topmast_model::time::UnixMillis;

/// The tenant of events that concern none, such as a user's. Not a valid name, so no tenant is called so.
pub const NO_TENANT: &str = "-";

/// Gives the facts of one decision their circumstances.
///
/// Numbers them from the state's last event on, so each decision is applied
/// before the next is recorded.
pub fn record(state: &State, submission: &Submission, facts: Vec<EventBody>, now: UnixMillis) -> Vec<Event> {
    facts
        .into_iter()
        .zip(state.last_seq().0 + 1..)
        .map(|(body, seq)| Event {
            seq: Seq(seq),
            time: now,
            tenant: tenant_of(state, &body),
            actor: submission.principal.actor.clone(),
            action: body.action(),
            body,
        })
        .collect()
}

/// The tenant that a fact concerns, or [`NO_TENANT`].
pub fn tenant_of(state: &State, body: &EventBody) -> String {
    let object = match body {
        EventBody::ActionAccepted { targets, .. } | EventBody::TerminalOpened { targets, .. } => {
            targets.first()
        }
        EventBody::LogsRead { reading } => reading.targets.first(),
        EventBody::TerminalClosed { id, .. } => {
            state.terminal(*id).and_then(|terminal| terminal.targets.first())
        }
        EventBody::ActionCompleted { id, .. } | EventBody::ActionGoverned { id, .. } => {
            state.action(*id).and_then(|action| action.steps.first()).map(|step| &step.target)
        }
        EventBody::AccessKeyCreated { grants, .. } => grants.first().and_then(|grant| grant.path.as_ref()),
        EventBody::AccessKeyRevoked { id } => {
            state.access_keys().get(id).and_then(|key| key.grants.first()?.path.as_ref())
        }
        EventBody::JoinTokenRevoked { id } => state.join_tokens().get(id).map(|token| &token.cluster),
        other => other.object(),
    };
    object.and_then(|path| path.name_at(Level::Tenant)).unwrap_or(NO_TENANT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;

    #[test]
    fn events_carry_number_time_actor_tenant_and_action() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let before = world.log.len();
        world.by("root", restart(1, &["acme/main/db/switch"])).unwrap();
        world.report(&path("acme/main/db"), vec![finished(1, 0, true)]).unwrap();
        world.by_master(Command::RecordLoginFailure { user: "eve".into() }).unwrap();
        let row = |event: &Event| {
            assert_eq!(event.time, world.now);
            let kind = event.body.to_parts().unwrap().0;
            (kind, event.actor.to_string(), event.tenant.clone(), event.action.is_some())
        };
        let rows: Vec<_> = world.log[before..].iter().map(row).collect();
        let agent = "agent acme/main/db";
        let expect = [
            ("ActionAccepted", "user root", "acme", true),
            ("StepFinished", agent, "acme", true),
            ("ActionCompleted", agent, "acme", true),
            ("ReportsReceived", agent, "acme", false),
            ("LoginFailed", "master", NO_TENANT, false),
        ];
        let expect =
            expect.map(|(kind, actor, tenant, action)| (kind.into(), actor.into(), tenant.into(), action));
        assert_eq!(rows, expect);
        let numbers: Vec<u64> = world.log.iter().map(|event| event.seq.0).collect();
        assert_eq!(numbers, (1..=world.log.len() as u64).collect::<Vec<_>>());
    }
}
