//! Kinds `systemd`, `script` and `windows-service`: something else runs the application and is asked to start, stop
//! and show it.

use super::command::{run, run_detaching};
use super::machine::Event;
use super::output::OutputFile;
use crate::platform::{ServiceState, service, stop};
use crate::unit::{CommandLine, Run, Unit};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use topmast_model::cause::Cause;

/// Longest `systemctl show`: it reads memory only, so longer means that systemd hangs.
const SHOW_TIMEOUT: Duration = Duration::from_secs(10);

/// What a look found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// It runs, with its main process when that is told.
    Running { pid: Option<u32> },
    /// It is on its way up or down.
    Changing,
    /// It does not run.
    Stopped { cause: Cause, clean: bool },
    /// It cannot be told.
    Unclear { message: String },
}

/// An application that something else runs.
#[derive(Debug)]
pub(super) struct Observed {
    /// The start or stop command under way.
    job: Option<JoinHandle<Option<Event>>>,
    /// The look under way.
    look: Option<JoinHandle<Seen>>,
    next_look: Instant,
    pub(super) pid: Option<u32>,
}

impl Observed {
    pub(super) fn new() -> Self {
        Self { job: None, look: None, next_look: Instant::now(), pid: None }
    }

    /// Runs the start command; its end is an event.
    pub(super) fn start(&mut self, unit: &Arc<Unit>, output: &OutputFile) {
        let (unit, path) = (Arc::clone(unit), output.path.clone());
        self.run(async move {
            let done = act(&unit, "start", unit.start.timeout, &path).await;
            Some(done.map_or_else(
                |message| Event::LaunchFailed(Cause::StartFailed { message }),
                |()| Event::Launched,
            ))
        });
    }

    /// Runs the stop command; that it is down is found by looking.
    pub(super) fn stop(&mut self, unit: &Arc<Unit>, output: &OutputFile) {
        let (unit, path) = (Arc::clone(unit), output.path.clone());
        self.run(async move {
            if let Err(message) = act(&unit, "stop", unit.stop.grace, &path).await {
                tracing::warn!(application = unit.name, message, "the stop command failed");
            }
            None
        });
    }

    /// Asks harder what did not go.
    pub(super) fn kill(&mut self, unit: &Arc<Unit>, output: &OutputFile) {
        let (unit, path) = (Arc::clone(unit), output.path.clone());
        self.run(async move {
            if let Err(message) = act(&unit, "kill", unit.stop.grace, &path).await {
                tracing::warn!(application = unit.name, message, "the application could not be killed");
            }
            None
        });
    }

    fn run(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        if let Some(job) = self.job.replace(tokio::spawn(work)) {
            job.abort();
        }
        // A look that began before says nothing about what is done now.
        if let Some(look) = self.look.take() {
            look.abort();
        }
    }

    /// What happens to it next. Can be dropped and called again.
    pub(super) async fn next(&mut self, unit: &Arc<Unit>, going: bool) -> Event {
        loop {
            if let Some(job) = &mut self.job {
                let event = job.await.unwrap_or(None);
                self.job = None;
                self.next_look = Instant::now();
                if let Some(event) = event {
                    return event;
                }
            }
            if self.look.is_none() {
                tokio::time::sleep_until(self.next_look).await;
                let unit = Arc::clone(unit);
                self.look = Some(tokio::spawn(async move { look(&unit).await }));
            }
            let Some(look) = &mut self.look else { continue };
            let seen = look.await.unwrap_or_else(|error| Seen::Unclear { message: error.to_string() });
            self.look = None;
            let interval = interval(unit);
            self.next_look =
                Instant::now() + if going { interval.min(Duration::from_millis(500)) } else { interval };
            self.pid = if let Seen::Running { pid } = seen { pid } else { None };
            match seen {
                Seen::Changing => {}
                Seen::Running { .. } if going => {}
                Seen::Running { .. } => {
                    return Event::SeenRunning(Cause::Observed {
                        message: format!("{} says that it runs", teller(unit)),
                    });
                }
                Seen::Stopped { .. } if going => return Event::Gone,
                Seen::Stopped { cause, clean } => return Event::Ended { cause, clean },
                Seen::Unclear { message } => return Event::Unclear(Cause::Observed { message }),
            }
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if let Some(look) = self.look.take() {
            look.abort();
        }
    }
}

fn teller(unit: &Unit) -> &'static str {
    match unit.run {
        Run::Systemd { .. } => "systemd",
        Run::WindowsService { .. } => "Windows",
        Run::Script(_) | Run::Process { .. } => "the status command",
    }
}

fn interval(unit: &Unit) -> Duration {
    match &unit.run {
        Run::Systemd { status_interval, .. } | Run::WindowsService { status_interval, .. } => {
            *status_interval
        }
        Run::Script(script) => script.status_interval,
        Run::Process { .. } => Duration::MAX,
    }
}

/// Looks at the application once.
pub(super) async fn look(unit: &Unit) -> Seen {
    match &unit.run {
        Run::Systemd { unit: name, .. } => {
            if !Path::new("/run/systemd/system").exists() {
                return Seen::Unclear { message: NO_SYSTEMD.to_owned() };
            }
            let command = systemctl(&["show", name, "--property", PROPERTIES]);
            match run(unit, &command, SHOW_TIMEOUT).await {
                Ok(finished) if finished.code == 0 => shown(name, &finished.text),
                Ok(finished) => Seen::Unclear { message: finished.in_words(&command, finished.code) },
                Err(message) => Seen::Unclear { message },
            }
        }
        Run::Script(script) => match run(unit, &script.status, script.status_timeout).await {
            Ok(finished) => match finished.code {
                0 => Seen::Running { pid: None },
                // LSB: 3 is "not running"; 1 and 2 are "dead, but its pid or lock file is there".
                3 => Seen::Stopped {
                    cause: Cause::Observed { message: "the status command says that it does not run".into() },
                    clean: true,
                },
                code @ 1..=2 => Seen::Stopped {
                    cause: Cause::Observed { message: finished.in_words(&script.status, code) },
                    clean: false,
                },
                code => Seen::Unclear { message: finished.in_words(&script.status, code) },
            },
            Err(message) => Seen::Unclear { message },
        },
        Run::WindowsService { service: name, .. } => {
            let name = name.clone();
            match ask_manager(SHOW_TIMEOUT, move || service::state(&name)).await {
                Ok(ServiceState::Running { pid }) => Seen::Running { pid },
                Ok(ServiceState::Changing) => Seen::Changing,
                Ok(ServiceState::Stopped { code }) => Seen::Stopped {
                    cause: Cause::Observed { message: format!("Windows says stopped, with code {code}") },
                    clean: code == 0,
                },
                Err(message) => Seen::Unclear { message },
            }
        }
        Run::Process { .. } => Seen::Changing,
    }
}

/// Calls the service control manager on another thread: it may take as long as a service does to answer.
async fn ask_manager<T: Send + 'static>(
    timeout: Duration,
    call: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(timeout, tokio::task::spawn_blocking(call)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("Windows did not answer within {} ms", timeout.as_millis())),
    }
}

const NO_SYSTEMD: &str = "systemd is not running here; write kind = \"process\" or \"script\"";
const PROPERTIES: &str = "LoadState,ActiveState,SubState,Result,MainPID,ExecMainCode,ExecMainStatus";

fn systemctl(arguments: &[&str]) -> CommandLine {
    let words = ["systemctl"].iter().chain(arguments).map(|word| (*word).to_owned());
    CommandLine::from_words(words.collect())
}

async fn act(unit: &Unit, verb: &str, timeout: Duration, output: &Path) -> Result<(), String> {
    let command = match &unit.run {
        Run::Systemd { .. } if !Path::new("/run/systemd/system").exists() => {
            return Err(NO_SYSTEMD.to_owned());
        }
        Run::Systemd { unit: name, .. } if verb == "kill" => systemctl(&["kill", "--signal=SIGKILL", name]),
        Run::Systemd { unit: name, .. } => systemctl(&[verb, name]),
        Run::Script(script) if verb == "start" => script.start.clone(),
        Run::Script(script) => script.stop.clone(),
        Run::WindowsService { service: name, .. } => {
            let name = name.clone();
            let call: fn(&str) -> Result<(), String> = match verb {
                "start" => service::start,
                "kill" => service::kill,
                _ => service::stop,
            };
            return ask_manager(timeout, move || call(&name)).await;
        }
        Run::Process { .. } => return Err("a process has no commands".to_owned()),
    };
    let finished = run_detaching(unit, &command, timeout, output).await?;
    if finished.code == 0 { Ok(()) } else { Err(finished.in_words(&command, finished.code)) }
}

/// Reads what `systemctl show` prints: `Name=value` lines.
fn shown(name: &str, text: &str) -> Seen {
    let values: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let value = |name| values.get(name).copied().unwrap_or("");
    if value("LoadState") != "loaded" {
        let state = value("LoadState");
        return Seen::Unclear {
            message: format!("systemd has no good unit {name} ({state}); check systemd_unit"),
        };
    }
    let status: i32 = value("ExecMainStatus").parse().unwrap_or(0);
    match value("ActiveState") {
        "active" | "reloading" => Seen::Running { pid: value("MainPID").parse().ok().filter(|pid| *pid > 0) },
        "activating" | "deactivating" => Seen::Changing,
        "inactive" => {
            Seen::Stopped { cause: Cause::Observed { message: "systemd says inactive".into() }, clean: true }
        }
        "failed" => {
            let cause = match (value("Result"), value("ExecMainCode")) {
                ("oom-kill", _) => Cause::OutOfMemory,
                // The numbers of waitid: 1 is an exit, 2 and 3 are signals.
                ("exit-code", "1") => Cause::Exit { code: status },
                (_, "2" | "3") => Cause::Signal {
                    number: status,
                    name: stop::signal_name(status).unwrap_or_else(|| status.to_string()),
                },
                (result, _) => Cause::Observed { message: format!("systemd says failed: {result}") },
            };
            Seen::Stopped { cause, clean: false }
        }
        other => Seen::Unclear { message: format!("systemd says {other:?}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written after the form of `systemctl show`; what a real one prints is read in `supervisor::tests::systemd`.
    #[test]
    fn systemctl_show_is_read_into_what_it_means() {
        let check = |text: &str, expected: &Seen| assert_eq!(shown("x.service", text), *expected, "{text}");
        let text = |active: &str, result: &str, pid: u32, code: u8, status: u8| {
            format!(
                "Result={result}\nExecMainCode={code}\nExecMainStatus={status}\nMainPID={pid}\nLoadState=loaded\nActiveState={active}\nSubState=x\n"
            )
        };
        check(&text("active", "success", 812, 0, 0), &Seen::Running { pid: Some(812) });
        check(&text("active", "success", 0, 0, 0), &Seen::Running { pid: None });
        check(&text("activating", "success", 9, 0, 0), &Seen::Changing);
        let stopped = |cause, clean| Seen::Stopped { cause, clean };
        let inactive = Cause::Observed { message: "systemd says inactive".into() };
        check(&text("inactive", "success", 0, 1, 0), &stopped(inactive, true));
        check(&text("failed", "exit-code", 0, 1, 7), &stopped(Cause::Exit { code: 7 }, false));
        let signal = Cause::Signal { number: 9, name: "SIGKILL".into() };
        check(&text("failed", "signal", 0, 2, 9), &stopped(signal, false));
        check(&text("failed", "oom-kill", 0, 2, 9), &stopped(Cause::OutOfMemory, false));
        let timeout = Cause::Observed { message: "systemd says failed: timeout".into() };
        check(&text("failed", "timeout", 0, 0, 0), &stopped(timeout, false));
        let Seen::Unclear { message } = shown("x.service", "LoadState=not-found\nActiveState=inactive\n")
        else {
            panic!()
        };
        assert_eq!(message, "systemd has no good unit x.service (not-found); check systemd_unit");
    }

    #[tokio::test]
    async fn machine_without_systemd_is_told_so() {
        let unit = crate::unit::parse("x.toml", "kind = 'systemd'").unwrap();
        if !Path::new("/run/systemd/system").exists() {
            assert_eq!(look(&unit).await, Seen::Unclear { message: NO_SYSTEMD.to_owned() });
            let error = act(&unit, "start", SHOW_TIMEOUT, Path::new("/dev/null")).await.unwrap_err();
            assert!(error.starts_with("systemd is not running here"), "{error}");
        }
    }
}
