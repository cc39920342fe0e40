//! The supervisor with real processes: what an application may do wrong, and what may happen to the agent.

mod custom;
mod deployment;
mod interrupted;
mod memory;
mod systemd;

use super::record::Record;
use super::*;
use crate::platform::family::{Process, markers};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;
use topmast_model::application::Desired;
use topmast_model::cause::Cause;
use topmast_model::id::ActionId;
use topmast_model::report::{Report, StepOutcome};
use topmast_model::status::ApplicationStatus::{Failed, Quarantined, Started, Starting, Stopped, Unknown};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Longest wait for anything, on a machine that compiles at the same time.
const DEADLINE: Duration = Duration::from_mins(1);

/// A supervisor over a directory of its own.
struct Bench {
    dir: TempDir,
    ledger: Option<Ledger>,
    supervisor: Option<SupervisorHandle>,
}

impl Bench {
    fn new(units: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("apps.d")).unwrap();
        let bench = Self { dir, ledger: None, supervisor: None };
        for (name, text) in units {
            bench.write(name, text);
        }
        bench
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(
            self.path(&format!("apps.d/{name}.toml")),
            text.replace("DIR", self.dir.path().to_str().unwrap()),
        )
        .unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn start(units: &[(&str, &str)]) -> Self {
        let mut bench = Self::new(units);
        bench.run();
        for (name, _) in units {
            bench.until(name, |_| true).await;
        }
        bench
    }

    fn run(&mut self) {
        let (ledger, supervisor) = supervise(self.dir.path());
        (self.ledger, self.supervisor) = (Some(ledger), Some(supervisor));
    }

    /// Ends the supervisor as an orderly agent does.
    async fn end(&mut self) {
        self.supervisor.take().unwrap().shutdown().await;
        self.ledger = None;
        // The tasks let go of the ledger's lock in their own time.
        until(|| Ledger::open(&self.path("data")).is_ok()).await;
    }

    fn handle(&self) -> &SupervisorHandle {
        self.supervisor.as_ref().unwrap()
    }

    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    /// Waits until an application's view is as wanted.
    async fn until(&self, name: &str, wanted: impl Fn(&ApplicationView) -> bool) -> ApplicationView {
        let mut board = self.handle().applications();
        let found = board.wait_for(|views| views.iter().any(|view| view.name == name && wanted(view)));
        let result = tokio::time::timeout(DEADLINE, found)
            .await
            .map(|views| views.unwrap().iter().find(|view| view.name == name).unwrap().clone());
        result.unwrap_or_else(|_| panic!("{name} is {:?}", self.handle().applications().borrow()))
    }

    async fn status(&self, name: &str, status: topmast_model::status::ApplicationStatus) -> ApplicationView {
        self.until(name, |view| view.state.status == status).await
    }

    /// Executes a step and waits for its outcome.
    async fn ask(&self, operation: Operation, name: &str) -> StepOutcome {
        let step = self.send(operation, name);
        self.outcome(step).await
    }

    fn send(&self, operation: Operation, name: &str) -> StepId {
        let step = StepId { action: ActionId(Uuid::new_v4()), target: 0 };
        self.handle().execute(request(step, operation, name));
        step
    }

    async fn outcome(&self, step: StepId) -> StepOutcome {
        let mut found = None;
        until(|| {
            found = self.reports().into_iter().find_map(|report| match report {
                Report::StepFinished { step: finished, outcome } if finished == step => Some(outcome),
                _ => None,
            });
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    fn reports(&self) -> Vec<Report> {
        let reports = self.ledger().pending(0, usize::MAX).unwrap();
        reports.into_iter().map(|numbered| numbered.report).collect()
    }

    fn record(&self, name: &str) -> Option<Record> {
        Record::load(&self.path(&format!("data/applications/{name}.json")))
    }
}

impl Drop for Bench {
    /// Leaves no process behind, also when a test fails.
    fn drop(&mut self) {
        let directory = self.dir.path().to_str().unwrap().to_owned();
        for (process, _) in markers("") {
            let environment = fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            if String::from_utf8_lossy(&environment).contains(&directory) {
                let _ = kill(pid(process.pid), Signal::SIGKILL);
            }
        }
    }
}

fn supervise(dir: &Path) -> (Ledger, SupervisorHandle) {
    let ledger = Ledger::open(&dir.join("data")).unwrap();
    let (units_dir, data_dir, packages) = (dir.join("apps.d"), dir.join("data"), deployment::serving(dir));
    let configuration_roots = Vec::new();
    let config =
        SupervisorConfig { units_dir, data_dir, output_max: 64 << 10, packages, configuration_roots };
    (ledger.clone(), Supervisor::start(config, ledger).unwrap())
}

fn request(step: StepId, operation: Operation, name: &str) -> StepRequest {
    let (application, principal) = (name.to_owned(), "user admin".to_owned());
    let (reason, package, configuration, custom) = (None, None, None, None);
    StepRequest {
        step,
        operation,
        application,
        principal,
        reason,
        expires_in: DEADLINE,
        package,
        trust_keys: Vec::new(),
        configuration,
        custom,
    }
}

/// Waits until a condition holds that nothing announces.
async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("the condition did not come true");
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).unwrap())
}

fn is_alive(number: u32) -> bool {
    Process::of(number).is_some()
}

/// A unit whose processes carry the test's directory in their environment, so that none outlives the test.
fn unit(command: &str, more: &str) -> String {
    format!(
        "command = ['sh', '-c', '''{command}''']\nenvironment = {{ HERE = 'DIR' }}\nstart_wait = '10ms'\n{more}"
    )
}

fn read_pid(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[tokio::test]
async fn application_starts_stops_and_restarts_with_cause_and_outcome() {
    let bench = Bench::start(&[(
        "app",
        &unit("exec sleep 1000", "autostart = false\nversion = '1.2'\nhttp_port = 80"),
    )])
    .await;
    let outcome = bench.ask(Operation::Start, "app").await;
    let view = bench.status("app", Started).await;
    assert_eq!(outcome.message, format!("STARTED as process {}", view.state.pid.unwrap()));
    assert!(
        outcome.succeeded
            && matches!(&view.state.cause, Cause::Action { principal, .. } if principal == "user admin")
    );
    assert_eq!((view.state.version.as_deref(), view.state.http_port), (Some("1.2"), Some(80)));
    let first = view.state.pid.unwrap();
    assert!(bench.ask(Operation::Start, "app").await.succeeded);
    assert_eq!(bench.status("app", Started).await.state.pid, Some(first), "a second start changes nothing");

    assert!(bench.ask(Operation::Restart, "app").await.succeeded);
    let view = bench.status("app", Started).await;
    assert!(view.state.pid != Some(first) && !is_alive(first) && view.state.restarts == 1);

    assert_eq!(bench.ask(Operation::Stop, "app").await.message, "STOPPED");
    assert!(!is_alive(view.state.pid.unwrap()));
    let missing = bench.ask(Operation::Start, "nobody").await;
    assert!(
        !missing.succeeded && missing.message.contains("no application \"nobody\"; it has app"),
        "{}",
        missing.message
    );
}

#[tokio::test]
async fn version_told_by_the_application_is_reported_when_the_unit_has_none() {
    let bench = Bench::start(&[
        ("app", &unit("exec sleep 1000", "")),
        ("fixed", &unit("exec sleep 1000", "version = '1.2'")),
    ])
    .await;
    bench.status("fixed", Started).await;
    let is =
        |version: &'static str| move |view: &ApplicationView| view.state.version.as_deref() == Some(version);
    bench.status("app", Started).await;
    for version in ["2.4.1", "2.4.1", "2.5.0"] {
        bench.handle().told_version("fixed", version);
        bench.handle().told_version("app", version);
        bench.until("app", is(version)).await;
    }
    bench.until("fixed", is("1.2")).await;
    let told = |report: &Report| match report {
        Report::Application { name, state } if name == "app" => state.version.clone(),
        _ => None,
    };
    let versions: Vec<String> = bench.reports().iter().filter_map(told).collect();
    assert_eq!(versions, ["2.4.1", "2.5.0"], "each is reported once");

    assert!(bench.ask(Operation::Restart, "app").await.succeeded);
    let view = bench.status("app", Started).await;
    assert_eq!(view.state.version, None, "a new run has not told one yet");
}

#[tokio::test]
async fn step_sent_twice_is_executed_once() {
    // S-2
    let bench =
        Bench::start(&[("app", &unit("echo x >> DIR/starts; exec sleep 1000", "autostart = false"))]).await;
    let step = StepId { action: ActionId(Uuid::new_v4()), target: 3 };
    for _ in 0..3 {
        bench.handle().execute(request(step, Operation::Restart, "app"));
    }
    bench.outcome(step).await;
    bench.handle().execute(request(step, Operation::Restart, "app"));
    // A later step is served after them all.
    bench.ask(Operation::Start, "app").await;
    assert_eq!(fs::read_to_string(bench.path("starts")).unwrap(), "x\n");
    let begun = bench.reports().iter().filter(|report| **report == Report::StepStarted { step }).count();
    assert_eq!(begun, 1);
}

#[tokio::test]
async fn stop_kills_what_ignores_the_signal_with_everything_it_started() {
    let command = r#"trap "" TERM; setsid sh -c "trap \"\" TERM; echo \$\$ > DIR/away; while true; do sleep 1; done" & sleep 1000 & while true; do sleep 1; done"#;
    let bench = Bench::start(&[("app", &unit(command, "stop_grace = '200ms'"))]).await;
    let main = bench.status("app", Started).await.state.pid.unwrap();
    until(|| read_pid(&bench.path("away")).is_some()).await;
    let away = read_pid(&bench.path("away")).unwrap();
    assert!(bench.ask(Operation::Stop, "app").await.succeeded);
    assert!(!is_alive(main) && !is_alive(away), "also a process in a session of its own");
}

#[tokio::test]
async fn daemon_that_forks_twice_is_followed_and_stopped() {
    let mut bench = Bench::new(&[("app", &unit("setsid sh DIR/daemon.sh & exit 0", ""))]);
    let script = "(echo $$ >/dev/null; sh -c 'echo $$ > $HERE/pid; exec sleep 1000') &\nexit 0\n";
    fs::write(bench.path("daemon.sh"), script).unwrap();
    bench.run();
    bench.status("app", Started).await;
    until(|| read_pid(&bench.path("pid")).is_some()).await;
    let daemon = read_pid(&bench.path("pid")).unwrap();
    bench.until("app", |view| view.state.status == Started && view.state.pid.is_some()).await;
    assert!(is_alive(daemon));
    assert!(bench.ask(Operation::Stop, "app").await.succeeded);
    assert!(!is_alive(daemon));
}

#[tokio::test]
async fn application_that_exits_at_once_is_quarantined_and_lifted_by_a_start() {
    // S-4
    let restart = "[restart]\ninitial = '1ms'\nmax_restarts = 2";
    let bench = Bench::start(&[("app", &unit("test -e DIR/good && exec sleep 1000; exit 3", restart))]).await;
    let view = bench.status("app", Quarantined).await;
    let last = "exited with code 3".to_owned();
    assert_eq!(view.state.cause, Cause::Budget { restarts: 2, window_s: 600, last });
    assert_eq!(view.state.restarts, 2);
    fs::write(bench.path("good"), "").unwrap();
    assert!(bench.ask(Operation::Start, "app").await.succeeded);
}

#[tokio::test]
async fn end_by_a_signal_or_a_missing_program_is_told_as_the_cause() {
    let never = "[restart]\npolicy = 'never'";
    let bench = Bench::start(&[
        ("killed", &unit("exec sleep 1000", never)),
        ("missing", &format!("command = '/nonexistent/program'\n{never}")),
        ("astray", &format!("command = 'sleep 1'\nworking_directory = '/nonexistent'\n{never}")),
        ("nobody", &format!("command = 'sleep 1'\nuser = 'no-such-user'\n{never}")),
    ])
    .await;
    let main = bench.status("killed", Started).await.state.pid.unwrap();
    kill(pid(main), Signal::SIGUSR1).unwrap();
    let cause = bench.status("killed", Failed).await.state.cause;
    assert_eq!(cause, Cause::Signal { number: 10, name: "SIGUSR1".into() });
    for (name, words) in [
        ("missing", "/nonexistent/program: No such file"),
        ("astray", "working_directory"),
        ("nobody", "no user"),
    ] {
        let cause = bench.status(name, Failed).await.state.cause.to_string();
        assert!(cause.contains(words), "{cause}");
    }
}

#[tokio::test]
async fn command_gets_its_environment_directory_user_and_nothing_of_the_agent() {
    let text = "command = ['sh', '-c', 'env > DIR/out/env; pwd > DIR/out/pwd; id -u -n > DIR/out/user; id -G > DIR/out/groups; exec sleep 1000']
working_directory = 'DIR/out'\nenvironment_file = 'more.env'\nuser = 'nobody'
environment = { HERE = 'DIR', WINS = 'unit' }\nautostart = false\nstart_wait = '10ms'";
    let bench = Bench::start(&[("app", text)]).await;
    if !nix::unistd::Uid::effective().is_root() {
        let outcome = bench.ask(Operation::Start, "app").await;
        assert!(outcome.message.contains("only root"), "{}", outcome.message);
        return;
    }
    fs::create_dir(bench.path("out")).unwrap();
    fs::write(bench.path("out/more.env"), "# comment\nWINS=file\nQUOTED=\"a b\"\n").unwrap();
    for directory in [bench.dir.path(), &bench.path("out")] {
        std::os::unix::fs::chown(directory, Some(65_534), None).unwrap();
    }
    let outcome = bench.ask(Operation::Start, "app").await;
    assert!(outcome.succeeded, "{}", outcome.message);
    until(|| fs::read_to_string(bench.path("out/groups")).is_ok_and(|text| text.ends_with('\n'))).await;
    let environment = fs::read_to_string(bench.path("out/env")).unwrap();
    for line in ["WINS=unit", "QUOTED=a b", "USER=nobody", "TOPMAST_RUN="] {
        assert!(environment.contains(line), "{line} in {environment}");
    }
    assert!(!environment.contains("CARGO"), "{environment}");
    assert_eq!(fs::read_to_string(bench.path("out/user")).unwrap(), "nobody\n");
    assert!(fs::read_to_string(bench.path("out/pwd")).unwrap().ends_with("/out\n"));
    assert_eq!(fs::read_to_string(bench.path("out/groups")).unwrap(), "65534\n");
}

#[tokio::test]
async fn output_of_a_flooding_application_stays_bounded_and_does_not_block_it() {
    let command = "i=0; while [ $i -lt 30000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; echo done > DIR/done; exec sleep 1000";
    let bench = Bench::start(&[("app", &unit(command, ""))]).await;
    until(|| bench.path("done").exists()).await;
    // What is on disk: a file whose beginning was given back takes less than its length.
    let sizes = || -> Vec<u64> {
        let size = |file: fs::DirEntry| file.metadata().map_or(0, |file| file.len().min(file.blocks() * 512));
        fs::read_dir(bench.path("data/output")).unwrap().map(|file| size(file.unwrap())).collect()
    };
    // A block is given back in part; five copies, one of them perhaps being packed.
    until(|| sizes().len() > 3 && sizes().iter().all(|size| *size <= 72 << 10)).await;
    assert!(sizes().len() <= 8, "{:?}", sizes());
}

#[tokio::test]
async fn failing_health_check_restarts_and_a_passing_one_makes_it_started() {
    let health = "[health]\nexec = ['test', '-e', 'DIR/well']\ninterval = '100ms'\nfailures = 2\n[restart]\ninitial = '1ms'\nmax_restarts = 100";
    let bench = Bench::start(&[("app", &unit("exec sleep 1000", health))]).await;
    let first = bench.until("app", |view| view.state.pid.is_some()).await;
    assert_eq!(first.state.status, Starting);
    fs::write(bench.path("well"), "").unwrap();
    let main = bench.status("app", Started).await.state.pid;
    assert_eq!(main, first.state.pid);
    fs::remove_file(bench.path("well")).unwrap();
    let view = bench.until("app", |view| view.state.restarts == 1).await;
    let told = bench.reports().iter().any(|report| {
        matches!(report, Report::Application { state, .. } if matches!(state.cause, Cause::Health { .. }))
    });
    assert!(told && view.state.pid != main, "{:?}", view.state);
}

#[tokio::test]
async fn dependants_start_after_their_dependencies() {
    let db = unit("echo db >> DIR/order; exec sleep 1000", "autostart = false\nstart_wait = '300ms'")
        .replace("start_wait = '10ms'\n", "");
    let app = unit("echo app >> DIR/order; exec sleep 1000", "autostart = false\ndepends_on = ['db']");
    let bench = Bench::start(&[("app", &app), ("db", &db)]).await;
    let refused = bench.ask(Operation::Start, "app").await;
    assert_eq!(refused.message, "FAILED: depends on db: it is STOPPED; start it first");
    // Asked for in the wrong order, as one action on both may come.
    let (app, db) = (bench.send(Operation::Start, "app"), bench.send(Operation::Start, "db"));
    assert!(bench.outcome(app).await.succeeded && bench.outcome(db).await.succeeded);
    assert_eq!(fs::read_to_string(bench.path("order")).unwrap(), "db\napp\n");
}

#[tokio::test]
async fn changed_unit_takes_effect_at_the_next_start_and_a_bad_one_changes_nothing() {
    let bench = Bench::start(&[("app", &unit("exec sleep 1000", ""))]).await;
    let first = bench.status("app", Started).await;
    bench.write("app", &unit("exec sleep 2000", ""));
    bench.write("bad", "comand = 1");
    bench.handle().reload().await;
    assert_eq!(bench.status("app", Started).await.unit, first.unit);
    bench.ask(Operation::Restart, "app").await;
    assert_ne!(bench.status("app", Started).await.unit, first.unit);
    let problem = |problem: Option<&str>| {
        bench.reports().iter().any(|report| match report {
            Report::UnitFile { file, problem: told } => {
                file == "bad.toml"
                    && told.as_deref().is_some_and(|told| told.contains(problem.unwrap_or("")))
                        == problem.is_some()
            }
            _ => false,
        })
    };
    assert!(problem(Some("bad.toml:1:1: unknown field \"comand\"; write command")));
    bench.write("app", "nonsense");
    fs::remove_file(bench.path("apps.d/bad.toml")).unwrap();
    bench.handle().reload().await;
    assert!(problem(None));
    assert_eq!(bench.status("app", Started).await.unit.run, bench.until("app", |_| true).await.unit.run);

    fs::remove_file(bench.path("apps.d/app.toml")).unwrap();
    bench.handle().reload().await;
    assert!(bench.ask(Operation::Stop, "app").await.succeeded, "a removed unit still stops what runs");
    until(|| bench.reports().contains(&Report::ApplicationGone { name: "app".into() })).await;
}

#[tokio::test]
async fn script_is_started_watched_and_stopped_by_its_commands() {
    let text = "kind = 'script'\nstart_command = ['touch', 'DIR/up']\nstop_command = ['rm', 'DIR/up']
status_command = ['sh', '-c', 'test -e DIR/odd && { echo strange; exit 9; }; test -e DIR/up || exit 3']\nstatus_interval = '100ms'";
    let bench = Bench::start(&[("app", text)]).await;
    assert!(bench.ask(Operation::Start, "app").await.succeeded);
    fs::remove_file(bench.path("up")).unwrap();
    bench.status("app", Stopped).await;
    fs::write(bench.path("up"), "").unwrap();
    assert!(
        matches!(bench.status("app", Started).await.state.cause, Cause::Observed { .. }),
        "started by somebody else"
    );
    fs::write(bench.path("odd"), "").unwrap();
    let cause = bench.status("app", Unknown).await.state.cause.to_string();
    assert_eq!(cause, "sh ended with code 9: strange");
    fs::remove_file(bench.path("odd")).unwrap();
    bench.status("app", Started).await;
    assert!(bench.ask(Operation::Stop, "app").await.succeeded && !bench.path("up").exists());
}

#[tokio::test]
async fn agent_restart_leaves_applications_alone_and_remembers_what_was_asked() {
    // S-3, S-5
    let mut bench = Bench::start(&[
        ("runs", &unit("exec sleep 1000", "")),
        ("stopped", &unit("exec sleep 1000", "")),
        ("dies", &unit("exec sleep 1000", "[restart]\ninitial = '1ms'")),
        ("bad", &unit("exit 1", "[restart]\nmax_restarts = 0")),
    ])
    .await;
    let runs = bench.status("runs", Started).await.state;
    bench.status("stopped", Started).await;
    bench.ask(Operation::Stop, "stopped").await;
    let dies = bench.status("dies", Started).await.state.pid.unwrap();
    bench.status("bad", Quarantined).await;
    bench.end().await;
    assert!(is_alive(runs.pid.unwrap()));
    kill(pid(dies), Signal::SIGKILL).unwrap();
    until(|| !is_alive(dies)).await;

    bench.run();
    let adopted = bench.status("runs", Started).await.state;
    assert_eq!((adopted.pid, adopted.started_at), (runs.pid, runs.started_at));
    assert_eq!(adopted.cause, Cause::Adopted { pid: runs.pid.unwrap() });
    bench.until("dies", |view| view.state.status == Started && view.state.pid != Some(dies)).await;
    bench.status("stopped", Stopped).await;
    bench.status("bad", Quarantined).await;
    // An adopted process is watched and stopped like a child.
    kill(pid(runs.pid.unwrap()), Signal::SIGKILL).unwrap();
    bench.until("runs", |view| view.state.status == Started && view.state.pid != runs.pid).await;
    assert!(bench.ask(Operation::Stop, "runs").await.succeeded);
}

/// Not a test by itself: the agent that `agent_killed_…` kills. Runs when told a directory.
#[tokio::test]
async fn agent_in_its_own_process() {
    let Ok(dir) = std::env::var("TEST_AGENT_DIRECTORY") else { return };
    let _running = supervise(Path::new(&dir));
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn agent_killed_with_nine_is_followed_by_one_that_adopts_the_same_process() {
    // S-1, S-5
    let mut bench = Bench::new(&[("app", &unit("echo x >> DIR/starts; exec sleep 1000", ""))]);
    let mut agent = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "supervisor::tests::agent_in_its_own_process"])
        .env("TEST_AGENT_DIRECTORY", bench.dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = || bench.record("app").is_some_and(|record| record.status == Started);
    until(started).await;
    agent.kill().unwrap();
    agent.wait().unwrap();
    let main = bench.record("app").unwrap().run.unwrap().process.unwrap();
    assert!(main.is_alive());

    bench.run();
    let view = bench.status("app", Started).await;
    assert_eq!(view.state.cause, Cause::Adopted { pid: main.pid });
    assert_eq!(fs::read_to_string(bench.path("starts")).unwrap(), "x\n");
    assert!(bench.ask(Operation::Stop, "app").await.succeeded && !main.is_alive());
}
