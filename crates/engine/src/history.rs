//! What the journal remembers of an application beside its present state: restarts and the last action.
//!
//! Restarts are counted in spans of five minutes, so that a day of them is bounded
//! however often an application restarts, and survives a restart of the master.
//!
//! Elsewhere: the present state (`application.rs`), the actions themselves (`action.rs`).

use crate::State;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use topmast_model::application::{ApplicationState, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

/// Length of a span: short beside an hour, and 288 of them are a day.
const SPAN_MS: i64 = 5 * 60 * 1_000;
/// Spans kept: a day, and the one under way.
const SPANS_MAX: i64 = 24 * 60 * 60 * 1_000 / SPAN_MS + 1;

/// What is remembered of one application, for as long as it is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// The step of the last action accepted on it; the action may no longer be kept.
    pub last_step: Option<StepId>,
    /// When it went down with its server or its agent, if it was to run and has not run since.
    pub outage: Option<UnixMillis>,
    /// Restarts in each span that had any, ascending; at most [`SPANS_MAX`].
    restarts: Vec<(i64, u32)>,
}

impl History {
    /// Restarts within a span of time, at most 24 hours, that ends now; give or take five minutes.
    ///
    /// Cost: O(spans kept), mostly none.
    pub fn restarts_within(&self, span: Duration, now: UnixMillis) -> u32 {
        let spans = i64::try_from(span.as_millis()).unwrap_or(i64::MAX) / SPAN_MS;
        let before = span_of(now).saturating_sub(spans);
        let within = self.restarts.iter().filter(|(at, _)| *at > before);
        within.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Adds restarts at a time, and forgets those that no question is about any more.
    fn restarted(&mut self, count: u32, at: UnixMillis, now: UnixMillis) {
        let (at, now) = (span_of(at), span_of(now));
        match self.restarts.binary_search_by_key(&at, |(span, _)| *span) {
            Ok(place) => self.restarts[place].1 = self.restarts[place].1.saturating_add(count),
            Err(place) => self.restarts.insert(place, (at, count)),
        }
        // Later ones as well: a clock that was set back would leave them for ever.
        let kept = now.saturating_sub(SPANS_MAX - 1)..=now;
        self.restarts.retain(|(span, _)| kept.contains(span));
    }
}

fn span_of(time: UnixMillis) -> i64 {
    time.0.div_euclid(SPAN_MS)
}

/// Notes the restarts that a report tells of, before it takes the place of what was kept.
///
/// The agent says how many restarts there were in all, and since when the present status holds: that is
/// when they were, for a report may come late. What was before the first report has no time, so it is not counted.
pub(crate) fn reported(
    state: &mut State,
    application: &ObjectPath,
    reported: &ApplicationState,
    now: UnixMillis,
) {
    let Some(kept) = state.applications.get(application) else { return };
    let count = reported.restarts.saturating_sub(kept.restarts);
    if count > 0 {
        state.histories.at(application).restarted(count, reported.since.min(now), now);
    }
    let was_up = matches!(
        kept.status,
        ApplicationStatus::Started | ApplicationStatus::Starting | ApplicationStatus::Unknown
    );
    let is_outage = was_up && matches!(reported.cause, Cause::Unattended | Cause::AgentStart);
    if reported.status == ApplicationStatus::Started || reported.desired == Desired::Stopped {
        if let Some(history) = state.histories.get_mut(application) {
            history.outage = None;
        }
    } else if is_outage {
        state.histories.at(application).outage.get_or_insert(now);
    }
}

impl State {
    /// Applications that ran before their server or agent went away, were to go on and do not run now, with when that
    /// was: what a recovery starts again. Those on servers that are not seen are not among them.
    pub fn to_recover(&self) -> impl Iterator<Item = (&ObjectPath, UnixMillis)> {
        let down = self.histories.iter().filter_map(|(path, history)| Some((path, history.outage?)));
        down.filter(|(path, _)| {
            self.effective_application(path).is_some_and(|effective| {
                matches!(
                    effective.status,
                    ApplicationStatus::Stopped | ApplicationStatus::Failed | ApplicationStatus::Quarantined
                )
            })
        })
    }
}

/// Notes which action was last accepted on its targets.
pub(crate) fn operated(state: &mut State, action: ActionId, operation: Operation, targets: &[ObjectPath]) {
    for (target, application) in (0..).zip(targets) {
        if state.applications.get(application).is_some() {
            let history = state.histories.at(application);
            history.last_step = Some(StepId { action, target });
            if operation == Operation::Stop {
                history.outage = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::report::Report;

    const DAY: Duration = Duration::from_hours(24);

    /// The agent reports so many restarts in all, and a status that began `ahead_ms` from now.
    fn restarted(world: &mut World, restarts: u32, ahead_ms: i64) {
        let since = UnixMillis(world.now.0 + ahead_ms);
        let state = ApplicationState { restarts, since, ..application_state("STARTED") };
        let report = Report::Application { name: "switch".into(), state };
        world.report(&path("acme/main/db"), vec![report]).unwrap();
    }

    fn counts(world: &World) -> (u32, u32) {
        let history = world.state.history(&path("acme/main/db/switch")).cloned().unwrap_or_default();
        (history.restarts_within(HOUR, world.now), history.restarts_within(DAY, world.now))
    }

    #[test]
    fn restarts_count_for_an_hour_and_for_a_day() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        world.pass(DAY * 30);
        restarted(&mut world, 3, 0);
        assert_eq!(counts(&world), (3, 3));
        world.pass(HOUR * 2);
        restarted(&mut world, 5, 0);
        assert_eq!(counts(&world), (2, 5));
        world.pass(HOUR);
        assert_eq!(counts(&world), (0, 5));
        world.pass(HOUR * 21);
        assert_eq!(counts(&world), (0, 2));
        world.pass(HOUR * 3);
        assert_eq!(counts(&world), (0, 0));
    }

    #[test]
    fn restart_reported_late_counts_when_it_was() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        world.pass(DAY);
        restarted(&mut world, 1, -2 * 3_600_000);
        assert_eq!(counts(&world), (0, 1));
        // An agent's clock that runs ahead moves nothing into the future.
        restarted(&mut world, 2, 24 * 3_600_000);
        assert_eq!(counts(&world), (1, 2));
    }

    #[test]
    fn restarts_before_the_first_report_have_no_time() {
        let mut world = World::with_applications(&["acme/main/db/other"]);
        restarted(&mut world, 7, 0);
        assert_eq!(counts(&world), (0, 0));
        // A smaller number is an agent that lost its count.
        restarted(&mut world, 0, 0);
        restarted(&mut world, 1, 0);
        assert_eq!(counts(&world), (1, 1));
    }

    #[test]
    fn endless_restarts_stay_bounded() {
        let mut history = History::default();
        for minute in 0..10_000 {
            let now = UnixMillis(minute * 60_000);
            history.restarted(1, now, now);
        }
        assert_eq!(history.restarts.len(), usize::try_from(SPANS_MAX).unwrap());
        // Set back by two days: what lies ahead is forgotten.
        let now = UnixMillis((10_000 - 2_880) * 60_000);
        history.restarted(1, now, now);
        assert!(history.restarts.iter().all(|(span, _)| *span <= span_of(now)));
    }

    #[test]
    fn last_action_is_known_until_the_application_goes() {
        let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/db/batch"]);
        let targets = ["acme/main/db/batch", "acme/main/db/switch"];
        world.by("root", restart(1, &targets)).unwrap();
        let switch = path("acme/main/db/switch");
        assert_eq!(world.state.history(&switch).unwrap().last_step, Some(step(1, 1)));
        world.report(&path("acme/main/db"), vec![finished(1, 0, true), finished(1, 1, false)]).unwrap();
        assert_eq!(world.state.history(&switch).unwrap().last_step, Some(step(1, 1)));
        world.report(&path("acme/main/db"), vec![Report::ApplicationGone { name: "switch".into() }]).unwrap();
        assert_eq!(world.state.history(&switch), None);
        world.by("root", Command::RemoveServer { server: path("acme/main/db") }).unwrap();
        assert!(world.state.histories.is_empty());
    }
}
