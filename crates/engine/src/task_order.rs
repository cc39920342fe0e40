//! Orders about tasks: a run now, and heartbeats, which are tasks that others run and give a sign of.
//!
//! ```text
//! expected ─► UNKNOWN ─ sign ─► OK │ RUNNING │ FAILED ─ no sign for every + grace ─► LATE ─ sign ─► …
//! ```
//!
//! Invariants
//! - TO-1: a heartbeat is LATE after its time and tolerance without a sign, and no longer with the next one.
//! - TO-2: it goes with its application or server; what agents report cannot take its place.
//!
//! Elsewhere: what agents report of tasks (`task.rs`); who asks whether a sign is overdue (the master's reconcilers).

use crate::rejection::Listed;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::rule::Span;
use topmast_model::status::TaskStatus;
use topmast_model::task::TaskState;
use topmast_model::task_order::{
    GRACE_MS_MAX, HEARTBEAT_MS, HeartbeatSpec, Ping, Sign, TaskFact, TaskOrder, overdue_at,
};
use topmast_model::time::UnixMillis;

/// Most heartbeats of a server.
pub const HEARTBEATS_MAX: usize = 512;
/// Longest text of a sign, in bytes.
const MESSAGE_MAX: usize = 1_024;

/// A task of which signs are expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// How often.
    pub spec: HeartbeatSpec,
    /// SHA-256 of the secret of its address.
    pub secret_hash: String,
    /// When its last sign came; when it was declared before the first.
    pub seen_at: UnixMillis,
}

impl Heartbeat {
    /// The moment after which its sign is overdue.
    pub const fn overdue_at(&self) -> UnixMillis {
        overdue_at(self.spec, self.seen_at)
    }
}

/// Decides `OrderTask`.
pub(crate) fn order(
    state: &State,
    task: &ObjectPath,
    order: &TaskOrder,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let fact = |fact| EventBody::TaskOrdered { task: task.clone(), fact };
    match order {
        TaskOrder::Run { id, reason } => {
            let kept = state.tasks.get(task).ok_or_else(|| no_task(task))?;
            if !kept.runnable {
                let message = format!(
                    "{task} is not run by its agent, so nobody can be told to run it; write a command into its [[task]]"
                );
                return Err(Rejection::Conflict { message });
            }
            if state.effective_task(task).is_some_and(|effective| effective.follows_server()) {
                let message = format!("the server of {task} is not seen; nothing was ordered");
                return Err(Rejection::Conflict { message });
            }
            // Asked again, for the answer did not come.
            if state.task_runs.get(task) == Some(id) {
                return Ok(Vec::new());
            }
            Ok(vec![fact(TaskFact::Run { id: *id, reason: reason.clone() })])
        }
        TaskOrder::Expect { spec, secret_hash } => {
            check(state, task, *spec)?;
            let is_so = |kept: &Heartbeat| kept.spec == *spec && kept.secret_hash == *secret_hash;
            if state.heartbeats.get(task).is_some_and(is_so) {
                return Ok(Vec::new());
            }
            Ok(vec![
                fact(TaskFact::Expect { spec: *spec, secret_hash: secret_hash.clone() }),
                EventBody::TaskChanged { task: task.clone(), state: unheard(*spec, now) },
            ])
        }
        TaskOrder::Forget => {
            expected(state, task)?;
            Ok(vec![fact(TaskFact::Forget), EventBody::TaskRemoved { task: task.clone() }])
        }
        TaskOrder::Ping(ping) => {
            let heartbeat = expected(state, task)?;
            let before = state.tasks.get(task);
            let next = signed(heartbeat.spec, before, ping, now);
            // The same sign in the same instant says nothing new.
            let is_news = before != Some(&next);
            Ok(is_news
                .then(|| EventBody::TaskChanged { task: task.clone(), state: next })
                .into_iter()
                .collect())
        }
        TaskOrder::Look => Ok(overdue(state, task, now).into_iter().collect()),
    }
}

fn no_task(task: &ObjectPath) -> Rejection {
    Rejection::NotFound { what: "task", names: Listed::one(task), hint: "`topmast tasks` shows which exist" }
}

fn expected<'a>(state: &'a State, task: &ObjectPath) -> Result<&'a Heartbeat, Rejection> {
    state.heartbeats.get(task).ok_or_else(|| Rejection::NotFound {
        what: "heartbeat",
        names: Listed::one(task),
        hint: "`topmast heartbeats` shows which exist",
    })
}

fn check(state: &State, task: &ObjectPath, spec: HeartbeatSpec) -> Result<(), Rejection> {
    if task.level() != Level::Service {
        let message = format!("{task} is no path of a task; write tenant/cluster/server/application/task");
        return Err(Rejection::invalid("task", message));
    }
    if !HEARTBEAT_MS.contains(&spec.every_ms) || spec.grace_ms > GRACE_MS_MAX {
        let message =
            "a sign is expected every minute to every 366 days, with a tolerance of at most 31 days";
        return Err(Rejection::invalid("every", message.to_owned()));
    }
    let application = task.parent().filter(|application| state.applications.get(application).is_some());
    if application.is_none() {
        return Err(Rejection::NotFound {
            what: "application",
            names: Listed::one(task.parent().unwrap_or_else(|| task.clone())),
            hint: "a heartbeat belongs to an application; `topmast apps` shows which exist",
        });
    }
    if state.heartbeats.get(task).is_none() && state.is_there(task) {
        let message = format!("{task} is a task or service of its application; choose another name");
        return Err(Rejection::Conflict { message });
    }
    let server = task.ancestor(Level::Server);
    if state.heartbeats.within(server.as_ref()).count() >= HEARTBEATS_MAX {
        let message = format!("a server has at most {HEARTBEATS_MAX} heartbeats; forget some first");
        return Err(Rejection::LimitReached { message });
    }
    Ok(())
}

fn words(spec: HeartbeatSpec) -> String {
    format!("a sign every {}", Span::from_millis(spec.every_ms))
}

fn unheard(spec: HeartbeatSpec, now: UnixMillis) -> TaskState {
    TaskState {
        status: TaskStatus::Unknown,
        schedule: Some(words(spec)),
        last_started: None,
        last_finished: None,
        next_due: Some(overdue_at(HeartbeatSpec { grace_ms: 0, ..spec }, now)),
        message: Some("no sign of it yet".to_owned()),
        since: now,
        progress: None,
        run: None,
        runnable: false,
    }
}

fn signed(spec: HeartbeatSpec, before: Option<&TaskState>, ping: &Ping, now: UnixMillis) -> TaskState {
    let status = match ping.sign {
        Sign::Started => TaskStatus::Running,
        Sign::Ok => TaskStatus::Ok,
        Sign::Failed => TaskStatus::Failed,
    };
    let ran = before.filter(|before| before.status == TaskStatus::Running);
    let started = ran.and_then(|before| before.last_started);
    let clip = |text: &String| text[..text.floor_char_boundary(MESSAGE_MAX)].to_owned();
    TaskState {
        status,
        last_started: if ping.sign == Sign::Started { started.or(Some(now)) } else { started },
        last_finished: if ping.sign == Sign::Started {
            before.and_then(|before| before.last_finished)
        } else {
            Some(now)
        },
        message: ping.message.as_ref().map(clip),
        since: before.filter(|before| before.status == status).map_or(now, |before| before.since),
        progress: ping.progress,
        ..unheard(spec, now)
    }
}

/// TO-1
fn overdue(state: &State, task: &ObjectPath, now: UnixMillis) -> Option<EventBody> {
    let heartbeat = state.heartbeats.get(task).filter(|heartbeat| heartbeat.overdue_at() <= now)?;
    let before = state.tasks.get(task);
    if before.is_some_and(|before| before.status == TaskStatus::Late) {
        return None;
    }
    let due = overdue_at(HeartbeatSpec { grace_ms: 0, ..heartbeat.spec }, heartbeat.seen_at);
    let kept = before.cloned().unwrap_or_else(|| unheard(heartbeat.spec, now));
    let late = TaskState {
        status: TaskStatus::Late,
        message: Some(format!("no sign of it for {}", Span::from_millis(span(heartbeat.seen_at, now)))),
        next_due: Some(due),
        since: now,
        progress: None,
        ..kept
    };
    Some(EventBody::TaskChanged { task: task.clone(), state: late })
}

fn span(from: UnixMillis, to: UnixMillis) -> u64 {
    let millis = u64::try_from(from.until(to).as_millis()).unwrap_or(u64::MAX);
    // In whole minutes, as people count here.
    millis - millis % 60_000
}

/// Heartbeats that are overdue and not LATE by now: at most a few of them.
pub fn overdue_heartbeats(state: &State, now: UnixMillis) -> Vec<ObjectPath> {
    let is_news =
        |path: &ObjectPath| state.tasks.get(path).is_none_or(|task| task.status != TaskStatus::Late);
    let overdue = state.heartbeats.iter().filter(|(_, heartbeat)| heartbeat.overdue_at() <= now);
    overdue.map(|(path, _)| path).filter(|path| is_news(path)).take(64).cloned().collect()
}

pub(crate) fn ordered(state: &mut State, task: &ObjectPath, fact: &TaskFact, time: UnixMillis) {
    match fact {
        // The run itself is told by its agent.
        TaskFact::Run { id, .. } => {
            if state.tasks.get(task).is_some() {
                state.task_runs.insert(task.clone(), *id);
            }
        }
        TaskFact::Expect { spec, secret_hash } => {
            let heartbeat = Heartbeat { spec: *spec, secret_hash: secret_hash.clone(), seen_at: time };
            state.heartbeats.insert(task.clone(), heartbeat);
        }
        TaskFact::Forget => {
            state.heartbeats.remove(task);
        }
    }
}

/// A sign came, unless it is that none does.
pub(crate) fn seen(state: &mut State, task: &ObjectPath, status: TaskStatus, time: UnixMillis) {
    if !matches!(status, TaskStatus::Late | TaskStatus::Unknown)
        && let Some(heartbeat) = state.heartbeats.get_mut(task)
    {
        heartbeat.seen_at = time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use std::time::Duration;
    use topmast_model::command::Command;
    use topmast_model::report::Report;
    use topmast_model::task::TaskProgress;
    use uuid::Uuid;

    const BACKUP: &str = "acme/main/db/switch/backup";

    fn order(order: TaskOrder) -> Command {
        Command::OrderTask { task: path(BACKUP), order }
    }

    fn expect() -> Command {
        let spec = HeartbeatSpec { every_ms: 3_600_000, grace_ms: 600_000 };
        order(TaskOrder::Expect { spec, secret_hash: digest(1) })
    }

    fn ping(sign: Sign) -> Command {
        order(TaskOrder::Ping(Ping { sign, message: Some("42 files".into()), progress: None }))
    }

    fn status(world: &World) -> TaskStatus {
        world.state.tasks.get(&path(BACKUP)).unwrap().status
    }

    /// Looks as the master does.
    fn look(world: &mut World) {
        for task in overdue_heartbeats(&world.state, world.now) {
            world.by_master(Command::OrderTask { task, order: TaskOrder::Look }).unwrap();
        }
    }

    #[test]
    fn heartbeat_is_late_after_its_tolerance_until_the_next_sign() {
        // TO-1
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        world.by("root", expect()).unwrap();
        assert_eq!(status(&world), TaskStatus::Unknown);
        world.by("root", ping(Sign::Started)).unwrap();
        assert_eq!(status(&world), TaskStatus::Running);
        world.pass(Duration::from_mins(5));
        world.by("root", ping(Sign::Ok)).unwrap();
        let task = world.state.tasks.get(&path(BACKUP)).unwrap().clone();
        assert_eq!((task.status, task.message.as_deref()), (TaskStatus::Ok, Some("42 files")));
        assert_eq!(task.last_started.unwrap().until(task.last_finished.unwrap()), Duration::from_mins(5));
        world.pass(Duration::from_mins(69));
        look(&mut world);
        assert_eq!(status(&world), TaskStatus::Ok);
        world.pass(Duration::from_mins(1));
        look(&mut world);
        assert_eq!(status(&world), TaskStatus::Late);
        assert!(overdue_heartbeats(&world.state, world.now).is_empty(), "told once");
        world.by("root", ping(Sign::Failed)).unwrap();
        assert_eq!(status(&world), TaskStatus::Failed);
    }

    #[test]
    fn sign_says_how_far_a_run_is() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        world.by("root", expect()).unwrap();
        let progress = Some(TaskProgress { done: 30, total: 100 });
        let half = Ping { sign: Sign::Started, message: None, progress };
        world.by("root", order(TaskOrder::Ping(half))).unwrap();
        assert_eq!(world.state.tasks.get(&path(BACKUP)).unwrap().progress, progress);
    }

    #[test]
    fn heartbeat_needs_an_application_and_a_name_of_its_own_and_goes_with_it() {
        // TO-2
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let at = |task: &str| {
            let Command::OrderTask { order, .. } = expect() else { unreachable!() };
            Command::OrderTask { task: path(task), order }
        };
        refused(world.by("root", at("acme/main/db/other/x")), "not_found", "acme/main/db/other");
        refused(world.by("root", at("acme/main/db/switch")), "invalid", "no path of a task");
        world.report(&path("acme/main/db"), vec![task_report("switch", "own", TaskStatus::Ok)]).unwrap();
        refused(world.by("root", at("acme/main/db/switch/own")), "conflict", "choose another name");
        refused(world.by("root", ping(Sign::Ok)), "not_found", "heartbeat");
        world.by("root", expect()).unwrap();
        world.by("root", order(TaskOrder::Forget)).unwrap();
        assert!(world.state.tasks.get(&path(BACKUP)).is_none());
        world.by("root", expect()).unwrap();
        world.report(&path("acme/main/db"), vec![Report::ApplicationGone { name: "switch".into() }]).unwrap();
        assert!(world.state.heartbeats.iter().next().is_none());
    }

    #[test]
    fn run_is_ordered_of_what_an_agent_runs_and_sees() {
        let mut world = World::with_applications(&["acme/main/db/switch"]);
        let run = order(TaskOrder::Run { id: Uuid::from_u128(1), reason: None });
        refused(world.by("root", run.clone()), "not_found", "task");
        world.report(&path("acme/main/db"), vec![task_report("switch", "backup", TaskStatus::Ok)]).unwrap();
        refused(world.by("root", run.clone()), "conflict", "not run by its agent");
        let Report::Task { application, name, state } = task_report("switch", "backup", TaskStatus::Ok)
        else {
            unreachable!()
        };
        let state = TaskState { runnable: true, ..state };
        world.report(&path("acme/main/db"), vec![Report::Task { application, name, state }]).unwrap();
        assert_eq!(kinds(&world.by("root", run.clone()).unwrap()), ["TaskOrdered"]);
        world.by("root", create_user("vera", &["viewer"])).unwrap();
        refused(world.by("vera", run), "forbidden", "operate");
    }
}
