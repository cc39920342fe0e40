//! Rules on states, settling, and the times of recurring maintenance.
//!
//! An object is looked at after its events, and again when the engine says that time alone may change what a rule comes
//! to. Everything is looked at when it begins, after a change of rules, when events were missed, and every minute:
//! whether versions differ, say, depends on other objects than the one that changed.

use super::{observe, submit};
use crate::bus::{CommandBus, SubmitError};
use crate::http::Context;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use topmast_engine::{SETTLED_AT_ONCE, concerns_problems, next_periods, next_settlement, watch};
use topmast_model::command::Command;
use topmast_model::error::with_sources;
use topmast_model::event::{Event, EventBody};
use topmast_model::maintenance::Window;
use topmast_model::path::ObjectPath;
use topmast_model::safety::SafetyOrder;
use topmast_model::time::UnixMillis;

/// Shortest time between two looks, so that a storm of events is looked at together.
const PAUSE: Duration = Duration::from_millis(100);
/// Longest time between two looks at everything, and at which maintenances want a plan.
const ALL_AGAIN: Duration = Duration::from_mins(1);
/// Objects that are looked at one by one; of more, everything is looked at once. One costs some ten microseconds, all
/// of a large fleet some ten milliseconds, for which the writer may have to wait.
const ONE_BY_ONE: usize = 256;
/// Objects to be looked at later, at most; of more, everything is.
const LATER_MAX: usize = 4_096;
/// Settlings in a row: as many as the most problems there can be need, and as many again.
const SETTLINGS_MAX: usize = 64;
/// Time until the next try when the bus takes nothing.
const RETRY: Duration = Duration::from_secs(1);

/// What is to be looked at, and when.
#[derive(Debug, Default)]
struct Due {
    everything: bool,
    /// To be looked at now.
    objects: BTreeSet<ObjectPath>,
    /// To be looked at later.
    later: BTreeMap<ObjectPath, UnixMillis>,
    everything_at: UnixMillis,
    settle: bool,
    settle_at: Option<UnixMillis>,
}

impl Due {
    fn note(&mut self, event: &Event) {
        self.settle |= concerns_problems(&event.body);
        match &event.body {
            // A maintenance or a freeze may want a plan.
            EventBody::RuleApplied { .. }
            | EventBody::RuleDeleted { .. }
            | EventBody::SafetyChanged { .. }
            | EventBody::MaintenanceSet { .. } => {
                self.everything = true;
            }
            body if is_of_problems(body) => {}
            body => {
                if let Some(object) = body.object()
                    && !self.everything
                    && !self.objects.contains(object)
                {
                    self.objects.insert(object.clone());
                    self.everything = self.objects.len() > ONE_BY_ONE;
                }
            }
        }
    }

    fn missed(&mut self) {
        self.everything = true;
        self.settle = true;
    }

    /// Moves what time has made due.
    fn pass(&mut self, now: UnixMillis) {
        self.everything |= self.everything_at <= now || self.later.len() > LATER_MAX;
        self.settle |= self.settle_at.is_some_and(|at| at <= now);
        self.later.retain(|object, at| {
            let is_due = *at <= now;
            if is_due {
                self.objects.insert(object.clone());
            }
            !is_due
        });
        self.everything |= self.objects.len() > ONE_BY_ONE;
    }

    /// When time alone makes something due.
    fn next(&self) -> UnixMillis {
        let later = self.later.values().copied().chain(self.settle_at);
        later.fold(self.everything_at, UnixMillis::min)
    }
}

/// Watches until the bus ends.
pub(super) async fn run(context: &Context) {
    let bus = &context.bus;
    let mut events = bus.events();
    let mut due = Due { everything: true, settle: true, ..Due::default() };
    loop {
        let now = bus.clock().now();
        due.pass(now);
        match look(bus, &mut due).await {
            Ok(()) => {}
            Err(SubmitError::Stopping) => return,
            Err(error) => {
                tracing::warn!(error = %with_sources(&error), "problems are looked at again in a second");
                due.missed();
                tokio::time::sleep(RETRY).await;
                continue;
            }
        }
        let wait = bus.clock().now().until(due.next());
        tokio::select! {
            received = events.recv() => match received {
                Ok(event) => due.note(&event),
                Err(RecvError::Lagged(_)) => due.missed(),
                Err(RecvError::Closed) => return,
            },
            () = tokio::time::sleep(wait) => {}
        }
        tokio::time::sleep(PAUSE).await;
        loop {
            match events.try_recv() {
                Ok(event) => due.note(&event),
                Err(TryRecvError::Lagged(_)) => due.missed(),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => return,
            }
        }
    }
}

/// Looks at what is due, and settles.
async fn look(bus: &CommandBus, due: &mut Due) -> Result<(), SubmitError> {
    let now = bus.clock().now();
    let mut observations = Vec::new();
    if due.everything {
        plan(bus, now).await?;
        let watched = watch(&bus.state(), None, now);
        observations = watched.observations;
        due.later.clear();
        let latest = now.plus(ALL_AGAIN);
        due.everything_at = watched.again_at.map_or(latest, |at| at.min(latest));
    } else if !due.objects.is_empty() {
        let state = bus.state();
        for object in &due.objects {
            let watched = watch(&state, Some(object), now);
            observations.extend(watched.observations);
            match watched.again_at {
                Some(at) => due.later.insert(object.clone(), at),
                None => due.later.remove(object),
            };
        }
    }
    due.settle |= !observations.is_empty();
    observe(bus, observations).await?;
    (due.everything, due.objects) = (false, BTreeSet::new());
    if due.settle {
        settle(bus).await?;
        due.settle = false;
        due.settle_at = next_settlement(&bus.state(), bus.clock().now());
    }
    Ok(())
}

/// Settles. Once is enough, unless there was more than is settled at once.
async fn settle(bus: &CommandBus) -> Result<(), SubmitError> {
    for _ in 0..SETTLINGS_MAX {
        if submit(bus, Command::SettleProblems).await? < SETTLED_AT_ONCE {
            return Ok(());
        }
    }
    tracing::error!(settlings = SETTLINGS_MAX, "problems do not settle; the next event tries again");
    Ok(())
}

/// Works out the next times of recurring maintenances.
async fn plan(bus: &CommandBus, now: UnixMillis) -> Result<(), SubmitError> {
    let planned: Vec<_> = {
        let state = bus.state();
        let wanting = state.maintenances().iter().filter(|(_, announced)| announced.wants_plan(now));
        wanting.map(|(id, announced)| (*id, announced.what.clone())).collect()
    };
    for (id, maintenance) in planned {
        let Window::Recurring { zone: name, .. } = &maintenance.window else { continue };
        let zone = match TimeZone::get(name) {
            Ok(zone) => zone,
            Err(error) => {
                tracing::warn!(%id, %error, "a maintenance cannot be planned: its time zone is not known here");
                continue;
            }
        };
        submit(bus, Command::PlanMaintenance { id, periods: next_periods(&maintenance, &zone, now) }).await?;
    }
    plan_freezes(bus, now).await
}

/// The same of recurring freezes.
async fn plan_freezes(bus: &CommandBus, now: UnixMillis) -> Result<(), SubmitError> {
    let planned: Vec<_> = {
        let state = bus.state();
        let wanting = state.freezes().iter().filter(|(_, kept)| kept.announced.wants_plan(now));
        wanting.map(|(id, kept)| (*id, kept.announced.what.clone())).collect()
    };
    for (id, what) in planned {
        let Window::Recurring { zone: name, .. } = &what.window else { continue };
        match TimeZone::get(name) {
            Ok(zone) => {
                let periods = next_periods(&what, &zone, now);
                submit(bus, Command::ChangeSafety { order: SafetyOrder::PlanFreeze { id, periods } }).await?;
            }
            Err(error) => {
                tracing::warn!(%id, %error, "a freeze cannot be planned: its time zone is not known here");
            }
        }
    }
    Ok(())
}

/// Events about problems themselves: no rule looks at those.
const fn is_of_problems(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::ProblemOpened { .. }
            | EventBody::ProblemConditionChanged { .. }
            | EventBody::ProblemSeverityChanged { .. }
            | EventBody::ProblemFlappingChanged { .. }
            | EventBody::ProblemGrouped { .. }
            | EventBody::ProblemSuppressed { .. }
            | EventBody::ProblemAcknowledged { .. }
            | EventBody::ProblemUnacknowledged { .. }
            | EventBody::ProblemCommented { .. }
            | EventBody::NoticeDecided { .. }
            | EventBody::ObjectMuted { .. }
            | EventBody::MuteEnded { .. }
            | EventBody::MaintenancePlanned { .. }
            | EventBody::MaintenanceEnded { .. }
    )
}
