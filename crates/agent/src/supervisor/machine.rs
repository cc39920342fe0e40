//! What an application does next: a pure function of its state, an event and the time.
//!
//! ```text
//!            Start            Launch ok          healthy, or waited
//! STOPPED ----------> STARTING ------> STARTING ------------------> STARTED
//!    ^  (dependencies)                    |                        /  |
//!    |                                    v      ended, unhealthy /   | Stop
//!    |   Start of a person             FAILED <------------------'    v
//!    |   QUARANTINED <-- budget spent --' | backoff over            STOPPING
//!    '------------------------------------+-- Launch again            |
//!    '------------------------------ nothing left of it --------------'
//! ```
//!
//! Invariants
//! - M-1: [`Effect::Launch`] is given only while nothing of the application runs.
//! - M-2: a quarantine is left by [`Event::Start`], [`Event::Restart`] or [`Event::Stop`] only, or when the
//!   application is seen running because somebody started it outside Topmast.
//! - M-3: after [`Event::Stop`] nothing is launched until somebody asks for it.
//!
//! Elsewhere: doing the effects and finding out the events (`application`, `driver`).

use crate::unit::{Restart, RestartPolicy, Unit};
use std::collections::VecDeque;
use std::time::Duration;
use topmast_model::application::{Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::status::ApplicationStatus;

/// Milliseconds of a clock that never jumps; only differences count.
pub(super) type Millis = i64;

/// How long processes may take to vanish after SIGKILL before somebody is told.
const KILL_WAIT: Duration = Duration::from_secs(10);

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// A person asks to start.
    Start(Cause),
    /// A person asks to stop.
    Stop(Cause),
    /// A person asks to restart.
    Restart(Cause),
    /// The agent brings up what should run; waits for dependencies as long as it takes.
    Boot(Cause),
    /// The processes of an earlier agent's run are there.
    Adopted(Cause),
    /// Every dependency is STARTED.
    DependenciesReady,
    /// A dependency is not STARTED yet.
    DependencyPending(Cause),
    /// A dependency will not be STARTED by itself.
    DependencyMissing(Cause),
    /// It was launched.
    Launched,
    /// It could not be launched.
    LaunchFailed(Cause),
    /// The health check passed.
    Healthy,
    /// The health check failed as often as it may.
    Unhealthy(Cause),
    /// It ended without being asked to; `clean` when that was no failure.
    Ended { cause: Cause, clean: bool },
    /// Nothing of it runs any more.
    Gone,
    /// It was seen running, by somebody else's doing.
    SeenRunning(Cause),
    /// Its state cannot be told.
    Unclear(Cause),
    /// Time passed; see [`Machine::deadline`].
    Time,
}

/// What must be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Look at the dependencies and tell.
    CheckDependencies,
    /// Launch it; answered by `Launched` or `LaunchFailed`.
    Launch,
    /// Ask it to stop; answered by `Gone`.
    Stop,
    /// Kill whatever is left of it; answered by `Gone`.
    Kill,
}

/// What follows when nothing of it runs any more.
#[derive(Debug, Clone, PartialEq)]
enum Then {
    Stop,
    Restart,
    Fail { cause: Cause, clean: bool },
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Stopped,
    Failed,
    Quarantined,
    Unclear,
    /// For dependencies; without a bound when the agent started it.
    Waiting {
        until: Option<Millis>,
        blocker: Option<Cause>,
    },
    /// The next restart.
    Backoff {
        until: Millis,
        cause: Cause,
    },
    Launching,
    Starting {
        until: Millis,
    },
    Started,
    /// Runs, is not healthy, and the policy is to leave it.
    Unhealthy,
    Stopping {
        then: Then,
        until: Millis,
        killed: bool,
        stuck: bool,
    },
    /// It ended; what it left behind is being killed.
    Clearing {
        cause: Cause,
        clean: bool,
    },
}

/// The numbers of a unit that the machine goes by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rules {
    health: bool,
    start_wait: Duration,
    start_timeout: Duration,
    grace: Duration,
    restart: Restart,
}

impl Rules {
    pub(super) fn of(unit: &Unit) -> Self {
        Self {
            health: unit.health.is_some(),
            start_wait: unit.start.wait,
            start_timeout: unit.start.timeout,
            grace: unit.stop.grace,
            restart: unit.restart.clone(),
        }
    }
}

/// The state of one application.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Machine {
    pub(super) rules: Rules,
    desired: Desired,
    phase: Phase,
    /// Why the status was entered.
    cause: Cause,
    /// Times of the restarts that the window holds.
    window: VecDeque<Millis>,
    restarts: u32,
}

impl Machine {
    /// An application of which nothing runs, with what is remembered of it.
    ///
    /// Only FAILED and QUARANTINED are remembered as they were; anything else is STOPPED.
    pub(super) const fn restored(
        rules: Rules,
        desired: Desired,
        status: ApplicationStatus,
        cause: Cause,
        window: VecDeque<Millis>,
        restarts: u32,
    ) -> Self {
        let phase = match status {
            ApplicationStatus::Failed => Phase::Failed,
            ApplicationStatus::Quarantined => Phase::Quarantined,
            _ => Phase::Stopped,
        };
        Self { rules, desired, phase, cause, window, restarts }
    }

    pub(super) const fn status(&self) -> ApplicationStatus {
        match self.phase {
            Phase::Stopped => ApplicationStatus::Stopped,
            Phase::Failed
            | Phase::Backoff { .. }
            | Phase::Unhealthy
            | Phase::Clearing { clean: false, .. } => ApplicationStatus::Failed,
            Phase::Quarantined => ApplicationStatus::Quarantined,
            Phase::Unclear => ApplicationStatus::Unknown,
            Phase::Waiting { .. } | Phase::Launching | Phase::Starting { .. } => ApplicationStatus::Starting,
            Phase::Started => ApplicationStatus::Started,
            Phase::Stopping { .. } | Phase::Clearing { .. } => ApplicationStatus::Stopping,
        }
    }

    pub(super) const fn cause(&self) -> &Cause {
        &self.cause
    }

    pub(super) const fn desired(&self) -> Desired {
        self.desired
    }

    pub(super) const fn restarts(&self) -> u32 {
        self.restarts
    }

    pub(super) const fn window(&self) -> &VecDeque<Millis> {
        &self.window
    }

    /// True while it waits for its dependencies.
    pub(super) const fn waits(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. })
    }

    /// True while its health counts.
    pub(super) const fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. } | Phase::Started | Phase::Unhealthy)
    }

    /// True while it is on its way down and `Gone` is awaited.
    pub(super) const fn is_going(&self) -> bool {
        matches!(self.phase, Phase::Stopping { .. } | Phase::Clearing { .. })
    }

    /// True while it is being brought down; not when it ended by itself.
    pub(super) const fn is_stopping(&self) -> bool {
        matches!(self.phase, Phase::Stopping { .. })
    }

    /// True while a new unit can be taken over: nothing runs and nothing is about to.
    pub(super) const fn is_down(&self) -> bool {
        matches!(
            self.phase,
            Phase::Stopped
                | Phase::Failed
                | Phase::Quarantined
                | Phase::Backoff { .. }
                | Phase::Waiting { .. }
        )
    }

    /// When [`Event::Time`] is due.
    pub(super) const fn deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Waiting { until, .. } => until,
            Phase::Backoff { until, .. } | Phase::Starting { until } | Phase::Stopping { until, .. } => {
                Some(until)
            }
            _ => None,
        }
    }

    /// Whether what an operator asked for is done: `None` while it is under way, then how it ended, in words.
    pub(super) fn settled(&self, operation: Operation) -> Option<Result<String, String>> {
        let cause = || format!("{}: {}", self.status(), self.cause);
        match (operation, &self.phase) {
            (_, Phase::Stopping { stuck: true, .. }) => Some(Err(cause())),
            (
                _,
                Phase::Waiting { .. }
                | Phase::Launching
                | Phase::Starting { .. }
                | Phase::Stopping { .. }
                | Phase::Clearing { .. },
            ) => None,
            (Operation::Stop | Operation::Uninstall, Phase::Stopped)
            | (
                Operation::Start
                | Operation::Restart
                | Operation::Configure
                | Operation::Act
                | Operation::Install
                | Operation::Upgrade
                | Operation::Rollback,
                Phase::Started,
            ) => Some(Ok(self.status().to_string())),
            _ => Some(Err(cause())),
        }
    }

    /// Takes an event in and says what must be done.
    pub(super) fn on(&mut self, event: Event, now: Millis) -> Option<Effect> {
        match event {
            Event::Start(cause) => self.start(cause, Some(after(now, self.rules.start_timeout)), false, now),
            Event::Restart(cause) => self.start(cause, Some(after(now, self.rules.start_timeout)), true, now),
            Event::Boot(cause) => match self.phase {
                Phase::Stopped | Phase::Failed => self.start(cause, None, false, now),
                _ => None,
            },
            Event::Stop(cause) => self.stop(cause, now),
            Event::Adopted(cause) => self.adopt(cause, now),
            Event::DependenciesReady if self.waits() => {
                self.enter(Phase::Launching, None, Some(Effect::Launch))
            }
            Event::DependencyPending(cause) => {
                if let Phase::Waiting { blocker, .. } = &mut self.phase {
                    *blocker = Some(cause);
                }
                None
            }
            Event::DependencyMissing(cause) => match self.phase {
                // What the agent starts by itself goes on waiting: the dependency may come.
                Phase::Waiting { until: Some(_), .. } => self.enter(Phase::Failed, Some(cause), None),
                _ => None,
            },
            Event::Launched if self.phase == Phase::Launching => {
                let wait = if self.rules.health { self.rules.start_timeout } else { self.rules.start_wait };
                self.phase = Phase::Starting { until: after(now, wait) };
                self.stop_if_unwanted(now)
            }
            Event::LaunchFailed(cause) if self.phase == Phase::Launching => self.fail(cause, false, now),
            Event::Healthy => match self.phase {
                Phase::Starting { .. } => self.enter(Phase::Started, None, None),
                Phase::Unhealthy => {
                    let cause = Cause::Health { message: "healthy again".to_owned() };
                    self.enter(Phase::Started, Some(cause), None)
                }
                _ => None,
            },
            Event::Unhealthy(cause) if self.phase == Phase::Started => {
                if self.rules.restart.policy == RestartPolicy::Never {
                    return self.enter(Phase::Unhealthy, Some(cause), None);
                }
                let then = Then::Fail { cause: cause.clone(), clean: false };
                self.bring_down(then, Some(cause), now)
            }
            Event::Ended { cause, clean } => match self.phase {
                // Ending before it was STARTED is a failure, whatever the code.
                Phase::Starting { .. } => self.clear(cause, false),
                Phase::Started | Phase::Unhealthy | Phase::Unclear => self.clear(cause, clean),
                _ => None,
            },
            Event::Gone => self.gone(now),
            Event::SeenRunning(cause) => match self.phase {
                Phase::Stopped
                | Phase::Failed
                | Phase::Quarantined
                | Phase::Backoff { .. }
                | Phase::Unclear => self.enter(Phase::Started, Some(cause), None),
                _ => None,
            },
            Event::Unclear(cause) => match self.phase {
                Phase::Stopped | Phase::Failed | Phase::Started | Phase::Unhealthy => {
                    self.enter(Phase::Unclear, Some(cause), None)
                }
                _ => None,
            },
            Event::Time if self.deadline().is_some_and(|deadline| deadline <= now) => self.time(now),
            _ => None,
        }
    }

    fn enter(&mut self, phase: Phase, cause: Option<Cause>, effect: Option<Effect>) -> Option<Effect> {
        self.phase = phase;
        if let Some(cause) = cause {
            self.cause = cause;
        }
        effect
    }

    fn start(&mut self, cause: Cause, until: Option<Millis>, again: bool, now: Millis) -> Option<Effect> {
        self.desired = Desired::Started;
        if until.is_some() {
            // A person looked at it: the budget begins anew.
            self.window.clear();
        }
        match &mut self.phase {
            Phase::Stopped
            | Phase::Failed
            | Phase::Quarantined
            | Phase::Backoff { .. }
            | Phase::Waiting { .. } => {
                let phase = Phase::Waiting { until, blocker: None };
                self.enter(phase, Some(cause), Some(Effect::CheckDependencies))
            }
            Phase::Unclear | Phase::Starting { .. } | Phase::Started | Phase::Unhealthy if again => {
                self.bring_down(Then::Restart, Some(cause), now)
            }
            // Starting something that may run already could run it twice; a restart stops it first.
            Phase::Unclear
            | Phase::Launching
            | Phase::Starting { .. }
            | Phase::Started
            | Phase::Unhealthy => None,
            Phase::Stopping { then, .. } => {
                *then = Then::Restart;
                self.cause = cause;
                None
            }
            Phase::Clearing { .. } => self.killing(Then::Restart, cause, now),
        }
    }

    fn stop(&mut self, cause: Cause, now: Millis) -> Option<Effect> {
        self.desired = Desired::Stopped;
        match &mut self.phase {
            Phase::Stopped => None,
            // Answered by `Launched` or `LaunchFailed`, and stopped then.
            Phase::Launching => {
                self.cause = cause;
                None
            }
            Phase::Failed | Phase::Quarantined | Phase::Backoff { .. } | Phase::Waiting { .. } => {
                self.enter(Phase::Stopped, Some(cause), None)
            }
            Phase::Unclear | Phase::Starting { .. } | Phase::Started | Phase::Unhealthy => {
                self.bring_down(Then::Stop, Some(cause), now)
            }
            Phase::Stopping { then, .. } => {
                *then = Then::Stop;
                self.cause = cause;
                None
            }
            Phase::Clearing { .. } => self.killing(Then::Stop, cause, now),
        }
    }

    fn adopt(&mut self, cause: Cause, now: Millis) -> Option<Effect> {
        if !self.is_down() {
            return None;
        }
        self.cause = cause;
        if self.rules.health {
            self.phase = Phase::Starting { until: after(now, self.rules.start_timeout) };
        } else {
            self.phase = Phase::Started;
        }
        self.stop_if_unwanted(now)
    }

    fn stop_if_unwanted(&mut self, now: Millis) -> Option<Effect> {
        match self.desired {
            Desired::Started => None,
            Desired::Stopped => self.bring_down(Then::Stop, None, now),
        }
    }

    fn bring_down(&mut self, then: Then, cause: Option<Cause>, now: Millis) -> Option<Effect> {
        let phase =
            Phase::Stopping { then, until: after(now, self.rules.grace), killed: false, stuck: false };
        self.enter(phase, cause, Some(Effect::Stop))
    }

    fn killing(&mut self, then: Then, cause: Cause, now: Millis) -> Option<Effect> {
        let phase = Phase::Stopping { then, until: after(now, KILL_WAIT), killed: true, stuck: false };
        self.enter(phase, Some(cause), Some(Effect::Kill))
    }

    fn clear(&mut self, cause: Cause, clean: bool) -> Option<Effect> {
        self.enter(Phase::Clearing { cause: cause.clone(), clean }, Some(cause), Some(Effect::Kill))
    }

    fn gone(&mut self, now: Millis) -> Option<Effect> {
        match &self.phase {
            Phase::Stopping { then: Then::Stop, .. } => self.enter(Phase::Stopped, None, None),
            Phase::Stopping { then: Then::Restart, .. } => {
                self.restarts = self.restarts.saturating_add(1);
                let until = Some(after(now, self.rules.start_timeout));
                self.enter(Phase::Waiting { until, blocker: None }, None, Some(Effect::CheckDependencies))
            }
            Phase::Stopping { then: Then::Fail { cause, clean }, .. } | Phase::Clearing { cause, clean } => {
                let (cause, clean) = (cause.clone(), *clean);
                self.fail(cause, clean, now)
            }
            _ => None,
        }
    }

    /// Nothing of it runs, and nobody asked for that: the policy decides.
    fn fail(&mut self, cause: Cause, clean: bool, now: Millis) -> Option<Effect> {
        let restart = &self.rules.restart;
        if self.desired == Desired::Stopped {
            return self.enter(Phase::Stopped, None, None);
        }
        let again = match restart.policy {
            RestartPolicy::Never => false,
            RestartPolicy::OnFailure => !clean,
            RestartPolicy::Always => true,
        };
        if !again {
            return self.enter(if clean { Phase::Stopped } else { Phase::Failed }, Some(cause), None);
        }
        let oldest = now.saturating_sub(millis(restart.window));
        self.window.retain(|time| *time > oldest);
        let attempt = u32::try_from(self.window.len()).unwrap_or(u32::MAX).saturating_add(1);
        if attempt > restart.max_restarts {
            let (restarts, window_s) = (attempt - 1, restart.window.as_secs());
            let cause = Cause::Budget { restarts, window_s, last: cause.to_string() };
            return self.enter(Phase::Quarantined, Some(cause), None);
        }
        self.window.push_back(now);
        let delay = backoff(restart, attempt);
        let next = Cause::Restart { attempt, delay_ms: u64::try_from(millis(delay)).unwrap_or(0) };
        self.enter(Phase::Backoff { until: after(now, delay), cause: next }, Some(cause), None)
    }

    fn time(&mut self, now: Millis) -> Option<Effect> {
        match &mut self.phase {
            Phase::Waiting { blocker, .. } => {
                let cause = blocker.take().unwrap_or_else(|| Cause::Observed {
                    message: "the dependencies were not STARTED in time".to_owned(),
                });
                self.enter(Phase::Failed, Some(cause), None)
            }
            Phase::Backoff { cause, .. } => {
                let cause = cause.clone();
                self.restarts = self.restarts.saturating_add(1);
                self.enter(Phase::Launching, Some(cause), Some(Effect::Launch))
            }
            Phase::Starting { .. } if self.rules.health => {
                let timeout = self.rules.start_timeout.as_millis();
                let cause =
                    Cause::Health { message: format!("not healthy within {timeout} ms of its start") };
                self.bring_down(Then::Fail { cause: cause.clone(), clean: false }, Some(cause), now)
            }
            Phase::Starting { .. } => self.enter(Phase::Started, None, None),
            Phase::Stopping { until, killed, stuck, .. } => {
                if *killed {
                    *stuck = true;
                    self.cause =
                        Cause::Observed { message: "some of its processes cannot be killed".to_owned() };
                }
                *killed = true;
                *until = after(now, KILL_WAIT);
                Some(Effect::Kill)
            }
            _ => None,
        }
    }
}

fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn after(now: Millis, duration: Duration) -> Millis {
    now.saturating_add(millis(duration))
}

/// Wait before a restart: grows by the factor with each one that the window holds.
fn backoff(restart: &Restart, attempt: u32) -> Duration {
    let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let seconds = restart.initial.as_secs_f64() * restart.factor.powi(exponent);
    // A product beyond the longest wait may be beyond any Duration.
    Duration::try_from_secs_f64(seconds).unwrap_or(restart.max).min(restart.max)
}

#[cfg(test)]
mod tests;
