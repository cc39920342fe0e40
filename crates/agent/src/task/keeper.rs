//! One loop for each task: waits for its time, runs it, and tells what became of it.
//!
//! ```text
//!          due · order                    ended well            OK
//! waiting ────────────► RUNNING ─────────────────────────────►
//!    │  missed             │ failed, attempts left: waits, RUNNING again
//!    ▼                     ▼
//!   LATE                 FAILED
//! ```
//!
//! The wall clock decides, looked at every half minute at least: it may be set, and the machine may sleep.

use super::run::{self, Ended};
use super::schedule::Schedule;
use super::shelf::{Kept, Key, Shelf};
use crate::supervisor::ApplicationView;
use crate::unit::{Missed, Overlap, TaskCommand, Unit};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use topmast_model::report::Report;
use topmast_model::status::TaskStatus;
use topmast_model::task::{TaskRun, TaskState};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Longest wait without a look at the clock.
const LOOK: Duration = Duration::from_secs(30);
/// Orders that may wait for a task.
const ORDERS_MAX: usize = 8;
/// Due times gone through one by one after a long sleep; beyond, those between are passed over.
const DUE_MAX: usize = 100_000;

/// The order of a person to run a task now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOrder {
    /// Its identity: taken at most once.
    pub id: Uuid,
    /// The application.
    pub application: String,
    /// The task in it.
    pub task: String,
    /// Who asks, e.g. `user admin`.
    pub principal: String,
}

/// What every loop needs.
struct Context {
    shelf: Mutex<Shelf>,
    /// Takes the reports; they are durable when it returns.
    report: Box<dyn Fn(Report) + Send + Sync>,
    now: fn() -> UnixMillis,
}

/// A task as its unit has it.
struct Plan {
    unit: Arc<Unit>,
    command: TaskCommand,
}

struct Loop {
    plan: watch::Sender<Arc<Plan>>,
    orders: mpsc::Sender<RunOrder>,
    handle: AbortHandle,
}

/// Every task of this agent; dropping it ends the runs under way.
pub struct Tasks {
    context: Arc<Context>,
    loops: BTreeMap<Key, Loop>,
    joins: JoinSet<()>,
}

impl Tasks {
    /// - `report`: takes a report, durably.
    /// - `file`: keeps what the next agent has to know.
    pub fn new(
        report: impl Fn(Report) + Send + Sync + 'static,
        now: fn() -> UnixMillis,
        file: PathBuf,
    ) -> Self {
        let shelf = Mutex::new(Shelf::open(file));
        let context = Arc::new(Context { shelf, report: Box::new(report), now });
        Self { context, loops: BTreeMap::new(), joins: JoinSet::new() }
    }

    /// Starts and ends loops so that they fit the applications as they are now. A run under way goes on with the
    /// plan that it was begun by, unless its task is gone.
    pub fn reconcile(&mut self, views: &[ApplicationView]) {
        // Ended loops are collected here, so that the set does not grow.
        while self.joins.try_join_next().is_some() {}
        let mut wanted: BTreeMap<Key, Plan> = BTreeMap::new();
        for view in views {
            for task in &view.unit.tasks {
                if let Some(command) = task.run.clone() {
                    let key = (view.name.clone(), task.name.clone());
                    wanted.insert(key, Plan { unit: Arc::clone(&view.unit), command });
                }
            }
        }
        self.loops.retain(|key, running| {
            let kept = wanted.contains_key(key);
            if !kept {
                running.handle.abort();
            }
            kept
        });
        // Of an application that is not seen, or not yet, nothing is known and nothing forgotten.
        let is_seen = |application: &str| views.iter().any(|view| view.name == application);
        let known = self.context.shelf().keys();
        for key in known {
            if !wanted.contains_key(&key) && is_seen(&key.0) {
                self.context.shelf().forget(&key);
                let (application, name) = key;
                (self.context.report)(Report::TaskGone { application, name });
            }
        }
        for (key, plan) in wanted {
            match self.loops.get(&key) {
                Some(running) => {
                    running.plan.send_if_modified(|kept| {
                        let changed = !Arc::ptr_eq(&kept.unit, &plan.unit);
                        if changed {
                            *kept = Arc::new(plan);
                        }
                        changed
                    });
                }
                None => self.begin(key, plan),
            }
        }
    }

    fn begin(&mut self, key: Key, plan: Plan) {
        let (plan, plans) = watch::channel(Arc::new(plan));
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let keeper = Keeper::new(Arc::clone(&self.context), key.clone(), plans);
        let handle = self.joins.spawn(keeper.keep(taken));
        self.loops.insert(key, Loop { plan, orders, handle });
    }

    /// Passes an order on to its task.
    ///
    /// # Errors
    /// When there is no such task, or too many orders wait for it.
    pub fn order(&self, order: RunOrder) -> Result<(), String> {
        let key = (order.application.clone(), order.task.clone());
        let found = self.loops.get(&key).ok_or_else(|| {
            format!("{} has no task {:?} that this agent runs", order.application, order.task)
        })?;
        found.orders.try_send(order).map_err(|error| format!("{}/{} is not ordered: {error}", key.0, key.1))
    }
}

impl Context {
    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a run begins.
#[derive(Debug, Clone, Default, PartialEq)]
struct Trigger {
    due: Option<UnixMillis>,
    order: Option<RunOrder>,
    /// What it makes up for, in words.
    made_up: Option<String>,
    /// From 1.
    attempt: u32,
}

/// A run under way.
struct Current {
    trigger: Trigger,
    started: UnixMillis,
    work: Pin<Box<dyn Future<Output = Ended> + Send>>,
}

/// One task.
struct Keeper {
    context: Arc<Context>,
    key: Key,
    plans: watch::Receiver<Arc<Plan>>,
    kept: Kept,
    current: Option<Current>,
    /// Waits for the run under way.
    queued: Option<Trigger>,
    /// Another attempt, and when.
    retry: Option<(Trigger, UnixMillis)>,
    /// A due time that came to no run, until one ends well (TK-4).
    missed: Option<UnixMillis>,
    last: Option<TaskRun>,
    skipped: Option<UnixMillis>,
}

impl Keeper {
    fn new(context: Arc<Context>, key: Key, plans: watch::Receiver<Arc<Plan>>) -> Self {
        let kept = context.shelf().get(&key);
        let last = kept.state.as_ref().and_then(|state| state.run.as_deref().cloned());
        Self {
            context,
            key,
            plans,
            kept,
            current: None,
            queued: None,
            retry: None,
            missed: None,
            last,
            skipped: None,
        }
    }

    async fn keep(mut self, mut orders: mpsc::Receiver<RunOrder>) {
        self.take_up();
        loop {
            self.look();
            self.publish();
            let wait = self.wait();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                order = orders.recv() => match order {
                    Some(order) => self.ordered(order),
                    None => return,
                },
                ended = ended(&mut self.current) => self.ended(&ended),
                changed = self.plans.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plans.borrow())
    }

    /// Goes on where an earlier agent was: what it was running ended with it.
    fn take_up(&mut self) {
        let now = (self.context.now)();
        self.kept.looked_until.get_or_insert(now);
        let Some(state) = &self.kept.state else { return };
        self.missed = (state.status == TaskStatus::Late).then_some(state.since);
        // One that waited for another attempt has told of the last one.
        if state.status == TaskStatus::Running && state.run.is_none() {
            let started = state.last_started.unwrap_or(now);
            let problem = "the agent ended while it ran; how far it came is not known".to_owned();
            self.last = Some(TaskRun {
                started,
                finished: now,
                succeeded: false,
                code: None,
                attempt: 1,
                due: None,
                by: None,
                made_up: None,
                message: Some(problem),
                output: String::new(),
            });
        }
    }

    /// Deals with what is due by now (TK-1).
    fn look(&mut self) {
        let now = (self.context.now)();
        let plan = self.plan();
        if let Some((trigger, at)) = self.retry.take() {
            if now >= at {
                self.start(trigger);
            } else {
                self.retry = Some((trigger, at));
            }
        }
        let Some(schedule) = &plan.command.schedule else { return };
        let mut looked = self.kept.looked_until.unwrap_or(now);
        let mut due = None;
        let mut earlier = 0;
        for times in 0..DUE_MAX {
            match schedule.next(looked).filter(|next| *next <= now) {
                Some(next) => (due, looked, earlier) = (Some(next), next, times),
                None => break,
            }
        }
        let Some(due) = due else { return };
        self.kept.looked_until = Some(due);
        let late_ms = now.0.saturating_sub(due.0);
        let made_up = (late_ms > millis(plan.command.late_after)).then(|| made_up(due, earlier));
        if made_up.is_some() {
            match plan.command.missed {
                Missed::RunOnce(within) if late_ms <= millis(within) => {}
                Missed::RunOnce(_) | Missed::Skip => {
                    self.missed = Some(due);
                    return;
                }
            }
        }
        self.trigger(Trigger { due: Some(due), made_up, order: None, attempt: 1 });
    }

    fn ordered(&mut self, order: RunOrder) {
        if self.kept.take(order.id) {
            self.trigger(Trigger { order: Some(order), attempt: 1, ..Trigger::default() });
        }
    }

    fn trigger(&mut self, trigger: Trigger) {
        // Whoever runs it now needs no further attempt of the run before.
        self.retry = None;
        if self.current.is_none() {
            self.start(trigger);
            return;
        }
        match self.plan().command.overlap {
            Overlap::Skip => self.skipped = trigger.due.or_else(|| Some((self.context.now)())),
            Overlap::Queue => self.queued = Some(trigger),
            Overlap::Kill => {
                let problem = Some("ended, for it was due again".to_owned());
                self.record(&Ended { code: None, output: String::new(), problem });
                // What it started goes with its future.
                self.current = None;
                self.publish();
                self.start(trigger);
            }
        }
    }

    fn start(&mut self, trigger: Trigger) {
        let plan = self.plan();
        self.skipped = None;
        tracing::info!(application = self.key.0, task = self.key.1, attempt = trigger.attempt, "task begins");
        let started = (self.context.now)();
        let work =
            Box::pin(async move { run::run(&plan.unit, &plan.command.command, plan.command.timeout).await });
        self.current = Some(Current { trigger, started, work });
    }

    /// The run under way is over.
    fn ended(&mut self, ended: &Ended) {
        let Some(trigger) = self.record(ended) else { return };
        self.current = None;
        let plan = self.plan();
        if ended.is_good() {
            self.missed = None;
        } else if trigger.attempt <= plan.command.retries {
            let at = UnixMillis((self.context.now)().0 + millis(plan.command.retry_wait));
            self.retry = Some((Trigger { attempt: trigger.attempt + 1, ..trigger }, at));
            // Told now, for each attempt is in the history.
            self.publish();
            return;
        }
        self.publish();
        if let Some(next) = self.queued.take() {
            self.start(next);
        }
    }

    /// Puts the run under way into the history; why it began.
    fn record(&mut self, ended: &Ended) -> Option<Trigger> {
        let current = self.current.as_ref()?;
        let trigger = current.trigger.clone();
        self.last = Some(TaskRun {
            started: current.started,
            finished: (self.context.now)(),
            succeeded: ended.is_good(),
            code: ended.code,
            attempt: trigger.attempt,
            due: trigger.due,
            by: trigger.order.as_ref().map(|order| order.principal.clone()),
            made_up: trigger.made_up.clone(),
            message: ended.message(),
            output: ended.output.clone(),
        });
        Some(trigger)
    }

    /// Until something may be due.
    fn wait(&self) -> Duration {
        let now = (self.context.now)();
        let plan = self.plan();
        let due = plan.command.schedule.as_ref().and_then(|schedule| self.next_due(schedule));
        let late = self.late_at(&plan);
        let retry = self.retry.as_ref().map(|(_, at)| *at);
        let first = due.into_iter().chain(late).chain(retry).min();
        first.map_or(LOOK, |at| now.until(at).clamp(Duration::from_millis(1), LOOK))
    }

    fn next_due(&self, schedule: &Schedule) -> Option<UnixMillis> {
        schedule.next(self.kept.looked_until?)
    }

    /// When what waits for the run under way becomes late; none when it is by now.
    fn late_at(&self, plan: &Plan) -> Option<UnixMillis> {
        let due = self.queued.as_ref()?.due?;
        let at = UnixMillis(due.0 + millis(plan.command.late_after));
        (at > (self.context.now)()).then_some(at)
    }

    /// Tells how it is, when that changed, and remembers it.
    fn publish(&mut self) {
        let now = (self.context.now)();
        let plan = self.plan();
        let waits = self.queued.as_ref().and_then(|queued| queued.due);
        let waits = waits.filter(|due| now.0 >= due.0 + millis(plan.command.late_after));
        let last_good = self.last.as_ref().map(|run| run.succeeded);
        let (status, message) = match (&self.current, waits, self.missed) {
            (Some(_), Some(due), _) => {
                (TaskStatus::Late, Some(format!("due at {}, waits for the run before", at(due))))
            }
            (Some(current), ..) => {
                let skipped =
                    self.skipped.map(|due| format!("skipped what was due at {}: it runs still", at(due)));
                let again =
                    (current.trigger.attempt > 1).then(|| format!("attempt {}", current.trigger.attempt));
                let made_up = current.trigger.made_up.clone();
                (TaskStatus::Running, skipped.or(again).or(made_up))
            }
            (None, _, Some(due)) => {
                (TaskStatus::Late, Some(format!("was due at {} and did not run", at(due))))
            }
            (None, _, None) => {
                let message = self.last.as_ref().and_then(|run| run.message.clone());
                let again = self.retry.as_ref().map(|(next, next_at)| {
                    let why = message.clone().unwrap_or_default();
                    format!("{why}; attempt {} at {}", next.attempt, at(*next_at))
                });
                let status = match last_good {
                    _ if self.retry.is_some() => TaskStatus::Running,
                    Some(false) => TaskStatus::Failed,
                    // One that has not run yet has nothing wrong with it.
                    Some(true) | None => TaskStatus::Ok,
                };
                (status, again.or(message))
            }
        };
        let schedule = plan.command.schedule.as_ref();
        let before = self.kept.state.as_ref();
        let same = before.filter(|before| before.status == status);
        let state = TaskState {
            status,
            schedule: schedule.map(|schedule| schedule.words().to_owned()),
            last_started: self
                .current
                .as_ref()
                .map(|current| current.started)
                .or_else(|| self.last.as_ref().map(|run| run.started)),
            last_finished: self.last.as_ref().map(|run| run.finished),
            next_due: schedule.and_then(|schedule| self.next_due(schedule)),
            message,
            since: same.map_or(now, |before| before.since),
            progress: None,
            runnable: true,
            // Told once, when it is over: a run under way says nothing of the one before.
            run: if self.current.is_some() { None } else { self.last.clone().map(Box::new) },
        };
        if before != Some(&state) {
            let (application, name) = self.key.clone();
            (self.context.report)(Report::Task { application, name, state: state.clone() });
            self.kept.state = Some(state);
        }
        self.context.shelf().put(&self.key, self.kept.clone());
    }
}

/// The end of the run under way; never, when there is none.
async fn ended(current: &mut Option<Current>) -> Ended {
    match current {
        Some(current) => current.work.as_mut().await,
        None => std::future::pending().await,
    }
}

/// What a run makes up for.
fn made_up(due: UnixMillis, earlier: usize) -> String {
    let due = at(due);
    match earlier {
        0 => format!("made up for {due}, when the agent did not run or the machine slept"),
        1 => format!(
            "made up for {due} and the time before it, when the agent did not run or the machine slept"
        ),
        earlier => format!(
            "made up for {due} and the {earlier} times before it, when the agent did not run or the machine slept"
        ),
    }
}

fn at(time: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| time.to_string(), |time| format!("{time:.0}"))
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
