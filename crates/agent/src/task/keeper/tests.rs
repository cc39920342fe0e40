//! Tasks with real commands, on a clock that the test sets.

use super::*;
use std::cell::Cell;
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::status::ApplicationStatus;

const MINUTE: i64 = 60_000;
/// 2026-11-27T12:00:00Z
const NOON: i64 = 1_795_780_800_000;

thread_local! {
    static CLOCK: Cell<i64> = const { Cell::new(NOON) };
}

fn now() -> UnixMillis {
    UnixMillis(CLOCK.get())
}

fn pass(millis: i64) {
    CLOCK.set(CLOCK.get() + millis);
}

/// A world whose reports are kept; the folder keeps what the next agent knows.
struct World {
    folder: tempfile::TempDir,
    told: Arc<Mutex<Vec<Report>>>,
}

impl World {
    fn new() -> Self {
        CLOCK.set(NOON);
        Self { folder: tempfile::tempdir().unwrap(), told: Arc::default() }
    }

    fn tasks(&self) -> Tasks {
        let told = Arc::clone(&self.told);
        let report = move |report| told.lock().unwrap().push(report);
        Tasks::new(report, now, self.folder.path().join("tasks.json"))
    }

    /// The states told so far, and that some are gone.
    fn states(&self) -> Vec<(TaskStatus, Option<String>)> {
        let told = self.told.lock().unwrap();
        let state = |report: &Report| match report {
            Report::Task { state, .. } => Some((state.status, state.message.clone())),
            _ => None,
        };
        told.iter().filter_map(state).collect()
    }

    fn last(&self) -> TaskState {
        let told = self.told.lock().unwrap();
        let state = told.iter().rev().find_map(|report| match report {
            Report::Task { state, .. } => Some(state.clone()),
            _ => None,
        });
        state.unwrap()
    }

    /// Waits until so many runs are over.
    async fn runs(&self, count: usize) -> Vec<TaskRun> {
        let wait = async {
            loop {
                let told = self.told.lock().unwrap().clone();
                let mut runs: Vec<TaskRun> = Vec::new();
                for report in told {
                    if let Report::Task { state: TaskState { run: Some(run), .. }, .. } = report
                        && runs.last() != Some(&*run)
                    {
                        runs.push(*run);
                    }
                }
                if runs.len() >= count {
                    return runs;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), wait).await.expect("the runs do not end")
    }

    /// A keeper by itself, to look at without a loop.
    fn keeper(&self, table: &str) -> Keeper {
        let view = view(table);
        let task = &view.unit.tasks[0];
        let plan = Plan { unit: Arc::clone(&view.unit), command: task.run.clone().unwrap() };
        let told = Arc::clone(&self.told);
        let context = Context {
            shelf: Mutex::new(Shelf::open(self.folder.path().join("tasks.json"))),
            report: Box::new(move |report| told.lock().unwrap().push(report)),
            now,
        };
        // The sender may go: a plan that does not change needs none.
        let (_, plans) = watch::channel(Arc::new(plan));
        let mut keeper = Keeper::new(Arc::new(context), (view.name, task.name.clone()), plans);
        keeper.take_up();
        keeper
    }
}

fn view(table: &str) -> ApplicationView {
    let text = format!("command = [\"/bin/true\"]\n[[task]]\nname = \"backup\"\n{table}");
    let unit = crate::unit::parse("switch.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    ApplicationView {
        name: "switch".into(),
        unit: Arc::new(unit),
        state: ApplicationState {
            kind: ApplicationKind::Process,
            status: ApplicationStatus::Stopped,
            desired: Desired::Stopped,
            version: None,
            package: None,
            pid: None,
            http_port: None,
            restarts: 0,
            started_at: None,
            since: UnixMillis(1),
            cause: Cause::AgentStart,
            declared: None,
        },
        processes: None,
    }
}

fn order(number: u128) -> RunOrder {
    RunOrder {
        id: Uuid::from_u128(number),
        application: "switch".into(),
        task: "backup".into(),
        principal: "user eve".into(),
    }
}

fn shell(script: &str) -> String {
    format!("command = [\"/bin/sh\", \"-c\", {script:?}]\n")
}

#[test]
fn due_time_begins_one_run_whatever_the_clock_does() {
    // TK-1
    let world = World::new();
    let mut keeper =
        world.keeper(&format!("schedule = \"* * * * *\"\ntime_zone = \"UTC\"\n{}", shell("true")));
    keeper.look();
    assert!(keeper.current.is_none(), "a new task waits for its first time");
    pass(MINUTE);
    keeper.look();
    let begun = keeper.current.take().unwrap();
    assert_eq!(begun.trigger.due, Some(UnixMillis(NOON + MINUTE)));
    keeper.publish();
    // The clock is set back, and the agent starts anew: it was due, and is not again.
    for back in [0, 2 * MINUTE] {
        pass(-back);
        let mut next =
            world.keeper(&format!("schedule = \"* * * * *\"\ntime_zone = \"UTC\"\n{}", shell("true")));
        next.look();
        assert!(next.current.is_none(), "{back}");
    }
}

#[test]
fn run_that_was_missed_is_late_until_another_ends_well() {
    // TK-4
    let world = World::new();
    let table =
        format!("schedule = \"0 * * * *\"\ntime_zone = \"UTC\"\nlate_after = \"5m\"\n{}", shell("true"));
    let mut keeper = world.keeper(&table);
    keeper.look();
    keeper.publish();
    assert_eq!(world.last().status, TaskStatus::Ok);
    // The agent was away for two and a half hours: two times were missed.
    pass(150 * MINUTE);
    let mut keeper = world.keeper(&table);
    keeper.look();
    keeper.publish();
    let late = world.last();
    assert_eq!(late.status, TaskStatus::Late);
    assert_eq!(late.message.as_deref(), Some("was due at 2026-11-27T14:00:00Z and did not run"));
    assert_eq!(late.next_due, Some(UnixMillis(NOON + 180 * MINUTE)));
    // Within its tolerance it runs, and is late no more.
    pass(34 * MINUTE);
    let mut keeper = world.keeper(&table);
    keeper.look();
    assert!(keeper.current.is_some());
    keeper.ended(&Ended { code: Some(0), output: String::new(), problem: None });
    assert_eq!(world.last().status, TaskStatus::Ok);
}

#[test]
fn missed_run_is_made_up_for_once_and_within_its_bound_where_the_unit_says_so() {
    // TK-1, TK-4
    let table = format!(
        "schedule = \"0 * * * *\"\ntime_zone = \"UTC\"\nmissed = \"run-once\"\nmissed_within = \"40m\"\n{}",
        shell("true")
    );
    let world = World::new();
    let mut keeper = world.keeper(&table);
    keeper.look();
    keeper.publish();
    pass(150 * MINUTE);
    let mut keeper = world.keeper(&table);
    keeper.look();
    assert!(keeper.current.is_some());
    keeper.publish();
    keeper.ended(&Ended { code: Some(0), output: "done\n".into(), problem: None });
    let why = "made up for 2026-11-27T14:00:00Z and the time before it, when the agent did not run or the machine slept";
    let run = world.last().run.unwrap();
    assert_eq!((run.due, run.made_up.as_deref()), (Some(UnixMillis(NOON + 120 * MINUTE)), Some(why)));
    // The next agent has nothing to make up for.
    let mut keeper = world.keeper(&table);
    keeper.look();
    assert!(keeper.current.is_none());
    // What was due longer ago than the bound is told and not made up for.
    pass(75 * MINUTE);
    let mut keeper = world.keeper(&table);
    keeper.look();
    keeper.publish();
    assert!(keeper.current.is_none());
    assert_eq!(world.last().status, TaskStatus::Late);
}

#[test]
fn run_during_which_the_agent_ended_has_failed() {
    let world = World::new();
    let table = format!("every = \"1h\"\n{}", shell("true"));
    let mut keeper = world.keeper(&table);
    pass(60 * MINUTE);
    keeper.look();
    keeper.publish();
    assert_eq!(world.last().status, TaskStatus::Running);
    drop(keeper);
    let mut keeper = world.keeper(&table);
    keeper.publish();
    let state = world.last();
    assert_eq!(state.status, TaskStatus::Failed);
    assert!(state.run.unwrap().message.unwrap().contains("the agent ended while it ran"));
}

#[test]
fn overlap_is_skipped_or_waits_and_becomes_late() {
    let world = World::new();
    let table = |overlap: &str| {
        let schedule = "schedule = \"* * * * *\"\ntime_zone = \"UTC\"\nlate_after = \"90s\"";
        format!("{schedule}\noverlap = \"{overlap}\"\n{}", shell("sleep 600"))
    };
    let mut keeper = world.keeper(&table("skip"));
    for _ in 0..2 {
        pass(MINUTE);
        keeper.look();
    }
    keeper.publish();
    let message = world.last().message.unwrap();
    assert_eq!(message, "skipped what was due at 2026-11-27T12:02:00Z: it runs still");
    assert!(keeper.queued.is_none());

    let world = World::new();
    let mut keeper = world.keeper(&table("queue"));
    for _ in 0..2 {
        pass(MINUTE);
        keeper.look();
    }
    keeper.publish();
    assert_eq!(world.last().status, TaskStatus::Running);
    pass(MINUTE / 2);
    pass(MINUTE);
    keeper.publish();
    let late = world.last();
    assert_eq!(late.status, TaskStatus::Late);
    assert_eq!(late.message.as_deref(), Some("due at 2026-11-27T12:02:00Z, waits for the run before"));
    keeper.ended(&Ended { code: Some(0), output: String::new(), problem: None });
    assert!(keeper.current.is_some(), "what waited begins");
}

#[tokio::test]
async fn order_runs_once_however_often_it_comes() {
    // TK-2
    let world = World::new();
    let mut tasks = world.tasks();
    let file = world.folder.path().join("ran");
    tasks.reconcile(&[view(&shell(&format!("echo run >> {}; echo done", file.display())))]);
    for number in [1, 1, 2, 1] {
        // By their times two runs are told apart.
        pass(1);
        tasks.order(order(number)).unwrap();
        // Each waits for the one before: an overlapping one would be skipped.
        world.runs(if number == 2 { 2 } else { 1 }).await;
    }
    let runs = world.runs(2).await;
    assert_eq!(std::fs::read_to_string(file).unwrap(), "run\nrun\n");
    let run = &runs[0];
    assert_eq!((run.code, run.by.as_deref(), run.output.as_str()), (Some(0), Some("user eve"), "done\n"));
    assert_eq!(world.last().status, TaskStatus::Ok);
    let unknown = tasks.order(RunOrder { task: "other".into(), ..order(3) }).unwrap_err();
    assert!(unknown.contains("has no task \"other\""), "{unknown}");
}

#[tokio::test]
async fn failed_run_is_tried_again_and_each_attempt_is_told() {
    let world = World::new();
    let mut tasks = world.tasks();
    let retries = "retries = 2\nretry_wait = \"1ms\"\n";
    tasks.reconcile(&[view(&format!("{retries}{}", shell("echo no disk >&2; exit 3")))]);
    tasks.order(order(1)).unwrap();
    world.runs(1).await;
    pass(1);
    tasks.reconcile(&[view(&format!("{retries}{}", shell("echo no disk >&2; exit 3")))]);
    world.runs(2).await;
    pass(1);
    tasks.reconcile(&[view(&format!("{retries}{}", shell("echo no disk >&2; exit 3")))]);
    let runs = world.runs(3).await;
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(runs.iter().all(|run| run.message.as_deref() == Some("exited with code 3: no disk")));
    let last = world.last();
    assert_eq!(
        (last.status, last.message.as_deref()),
        (TaskStatus::Failed, Some("exited with code 3: no disk"))
    );
}

#[tokio::test]
async fn task_whose_table_is_gone_is_told_to_be_gone_and_its_run_ends() {
    let world = World::new();
    let mut tasks = world.tasks();
    let file = world.folder.path().join("alive");
    tasks.reconcile(&[view(&shell(&format!("touch {}; sleep 600", file.display())))]);
    tasks.order(order(1)).unwrap();
    let begun = async {
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), begun).await.unwrap();
    let mut without = view(&shell("true"));
    without.unit = Arc::new(crate::unit::parse("switch.toml", "command = [\"/bin/true\"]").unwrap());
    tasks.reconcile(&[without]);
    assert!(matches!(world.told.lock().unwrap().last(), Some(Report::TaskGone { .. })));
    assert!(world.states().iter().any(|(status, _)| *status == TaskStatus::Running));
    assert!(tasks.order(order(2)).is_err());
}
