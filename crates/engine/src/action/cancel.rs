//! Cancelling: what waits for its batch does not begin any more.
//!
//! What was released goes on, for its agent may have begun it, and nothing calls it back.

use super::rolling::ABANDONED_STEPS_MAX;
use super::{Ledger, Step, named};
use crate::{Rejection, State};
use topmast_model::event::EventBody;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Principal;
use topmast_model::status::ActionStatus;

/// What the outcome of a cancelled step begins with.
const CANCELLED: &str = "not begun: cancelled";

impl Step {
    /// True when it was cancelled before it began.
    pub fn is_cancelled(&self) -> bool {
        self.status == ActionStatus::Failed && self.message.starts_with(CANCELLED)
    }

    /// True when it is within one of these paths, or there are none.
    pub(crate) fn is_within(&self, paths: &[ObjectPath]) -> bool {
        paths.is_empty() || paths.iter().any(|path| self.target.is_within(path))
    }
}

/// Decides `CancelAction`, [`ABANDONED_STEPS_MAX`] steps at a time.
pub(crate) fn cancel(
    state: &State,
    who: &Principal,
    id: ActionId,
    within: &[ObjectPath],
) -> Result<Vec<EventBody>, Rejection> {
    let action = named(state, id)?;
    let mut facts = Vec::new();
    let mut ledger = Ledger::new(&state.actions);
    let message = format!("{CANCELLED} by {}", who.actor);
    let is_meant =
        |target: &u32| action.steps.get(*target as usize).is_some_and(|step| step.is_within(within));
    for target in action.waiting().filter(is_meant).take(ABANDONED_STEPS_MAX) {
        ledger.abandon(StepId { action: id, target }, &message, &mut facts);
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::rolling::{OnError, Rolling};

    const TARGETS: [&str; 4] = ["acme/main/db/a", "acme/main/db/b", "acme/main/web/a", "acme/main/web/b"];

    /// The same restart, one application after the other.
    fn one_by_one() -> World {
        let mut world = World::with_applications(&TARGETS);
        let mut command = restart(1, &TARGETS);
        if let Command::OperateApplications { rolling, .. } = &mut command {
            *rolling = Some(Rolling { batch: 1, wait_ms: 0, on_error: OnError::Continue });
        }
        world.by("root", command).unwrap();
        world
    }

    fn cancelled(world: &World) -> Vec<bool> {
        world.state.action(action_id(1)).unwrap().steps.iter().map(Step::is_cancelled).collect()
    }

    #[test]
    fn what_waits_is_not_begun_and_what_was_sent_goes_on() {
        let mut world = one_by_one();
        let web = Command::CancelAction { id: action_id(1), within: vec![path("acme/main/web")] };
        let facts = world.by("root", web.clone()).unwrap();
        assert_eq!(kinds(&facts), ["StepFinished", "StepFinished"]);
        assert_eq!(cancelled(&world), [false, false, true, true]);
        assert_eq!(world.by("root", web), Ok(Vec::new()), "again");
        world.by("root", Command::CancelAction { id: action_id(1), within: Vec::new() }).unwrap();
        assert_eq!(cancelled(&world), [false, true, true, true]);
        world.report(&path("acme/main/db"), vec![started(1, 0), finished(1, 0, true)]).unwrap();
        let action = world.state.action(action_id(1)).unwrap();
        assert_eq!(
            (action.status(), action.steps[0].status),
            (ActionStatus::Failed, ActionStatus::Succeeded)
        );
    }

    #[test]
    fn nobody_cancels_what_there_is_not() {
        let mut world = one_by_one();
        let gone = Command::CancelAction { id: action_id(2), within: Vec::new() };
        assert!(matches!(world.by("root", gone), Err(Rejection::NotFound { .. })));
    }
}
