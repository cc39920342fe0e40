//! One server's task: connect, find out what it is, read it every interval, and say what is wrong.
//!
//! Invariants
//! - RE-1: one reading of a server is under way at a time; what was missed is not made up for.
//! - RE-2: what is wrong stands beside the server until a reading succeeds, and is said once.
//! - RE-3: a host whose key changed, or that nobody can log in to any more with what is kept, is left alone.

use super::application;
use super::back_off;
use super::connect::{self, Connection, FirstUse, Login};
use super::exec;
use super::fault::{Fault, Quoted, Remedy};
use super::schedule::Schedule;
use crate::guest::Guests;
use crate::http::Context;
use crate::reading::{self, Intake};
use crate::registry::Reading;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use topmast_engine::agentless::READING;
use topmast_model::agentless::{AccountShell, AgentlessHost, HostKey, HostSystem};
use topmast_model::command::Command;
use topmast_model::error::with_sources;
use topmast_model::path::ObjectPath;
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::status::ServerStatus;
use topmast_probe::plan::{self, Answer, HostReader, Identity};

/// The wait after a fault that passes, if at all, because somebody does something about it.
const LATER: Duration = Duration::from_mins(10);
/// Time between two tellings of guests at least: what tells of them is not asked more often.
const GUESTS_EVERY: Duration = Duration::from_mins(1);
/// Time between two changes of what is wrong with a server that is read all the same.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// What stands beside a server whose series the history refuses; how many changes from reading to reading, and is
/// in the cause of its status.
const REFUSED: &str =
    "the history refuses series of it; they are live only: `topmast history status` shows what has the most";

/// Why applications cannot be seen where `top` is the account's shell.
const NO_COMMANDS: &str = "top is this account's shell; applications need one that runs commands";

/// Why a connection is over.
enum End {
    /// The server is not read over ssh any more.
    Removed,
    Fault(Fault),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Reads a server until it is removed, or until only a person can help.
pub(super) async fn run(context: Arc<Context>, server: ObjectPath, delay: Duration) {
    tokio::time::sleep(delay).await;
    let mut reader = Reader::new(context, server);
    let mut faults = 0;
    loop {
        let fault = match reader.connection().await {
            Ok(never) => match never {},
            Err(End::Removed | End::Fault(Fault::Stopping)) => return,
            Err(End::Fault(fault)) => fault,
        };
        faults = if std::mem::take(&mut reader.has_read) { 1 } else { faults + 1 };
        tracing::info!(server = %reader.server, fault = %with_sources(&fault), "not read over ssh");
        reader.context.counters.reading(true);
        reader.say(Some(fault.to_string())).await;
        match fault.remedy() {
            Remedy::Soon => tokio::time::sleep(back_off::wait(&reader.server, faults, reader.interval)).await,
            Remedy::Later => {
                tokio::time::sleep(LATER + back_off::share(&reader.server, faults, LATER / 10)).await;
            }
            // RE-3: whoever changes how it is read begins another task.
            Remedy::Person => return,
        }
    }
}

struct Reader {
    context: Arc<Context>,
    server: ObjectPath,
    interval: Duration,
    /// What is kept from reading to reading; also over connections.
    host: Option<HostReader>,
    guests: Guests,
    began: Instant,
    read_at: Option<Instant>,
    /// This connection has brought something.
    has_read: bool,
    /// Which applications are looked at when.
    schedule: Schedule,
    /// What was said to be wrong last, and when.
    said: Option<(Option<String>, Instant)>,
}

impl Reader {
    fn new(context: Arc<Context>, server: ObjectPath) -> Self {
        Self {
            context,
            server,
            interval: Duration::from_secs(1),
            host: None,
            guests: Guests::default(),
            began: Instant::now(),
            read_at: None,
            has_read: false,
            schedule: Schedule::default(),
            said: None,
        }
    }

    /// Connects and reads until something is wrong.
    async fn connection(&mut self) -> Result<Infallible, End> {
        let host = self.context.bus.state().agentless().get(&self.server).cloned().ok_or(End::Removed)?;
        self.interval = Duration::from_millis(host.interval_ms);
        let connection = open(&self.context, &self.server, &host).await?;
        let ended = self.converse(&host, &connection).await;
        // A peer that hangs is not waited for.
        tokio::spawn(connection.close());
        ended
    }

    async fn converse(&mut self, host: &AgentlessHost, connection: &Connection) -> Result<Infallible, End> {
        let (system, shell) = self.identify(host, connection).await?;
        if self.host.as_ref().is_none_or(|known| known.system() != system) {
            self.host = Some(HostReader::new(system));
        }
        let facts = match shell {
            AccountShell::Top => {
                ServerFacts { os_family: system.as_str().to_owned(), ..ServerFacts::default() }
            }
            _ => self.facts(connection).await?,
        };
        self.register(host, facts).await?;
        let _read: Reading = self.context.registry.read(&self.server);
        let mut intake = self.intake();
        let mut timer = tokio::time::interval(self.interval);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            if intake.frame.is_worn() {
                intake = self.intake();
            }
            let mut problems = self.reading(connection, shell, &mut intake).await?;
            self.has_read = true;
            problems.extend(self.tell_guests(host.guests).await);
            self.say_problems(&problems).await;
        }
    }

    /// Which system it is, and what the account gives.
    async fn identify(
        &self,
        host: &AgentlessHost,
        connection: &Connection,
    ) -> Result<(HostSystem, AccountShell), Fault> {
        let mut said = Quoted::of([b"", b""]);
        if host.shell != AccountShell::Top {
            let output = exec::script(connection, plan::script(&plan::identity()), exec::READ_WITHIN).await?;
            let output = output.in_time(connection)?;
            if let Some(part) = Answer::of(&output.text).part("uname") {
                let identity = Identity::of(part.text);
                let found = identity.system().ok_or(Fault::UnknownSystem(identity.kernel))?;
                return match host.system {
                    Some(said) if said != found => Err(Fault::OtherSystem { said, found }),
                    _ => Ok((found, AccountShell::Sh)),
                };
            }
            said = Quoted::of([&output.errors, &output.text]);
        }
        if host.shell != AccountShell::Sh {
            let drawn = exec::screen(connection).await?;
            match (plan::system_of_screen(&drawn), host.system) {
                // One system's top looks like another's, so what was said counts.
                (Some(_), Some(said)) => return Ok((said, AccountShell::Top)),
                (Some(found), None) => return Ok((found, AccountShell::Top)),
                (None, _) if host.shell == AccountShell::Top => said = Quoted::of([&drawn, b""]),
                (None, _) => {}
            }
        }
        Err(Fault::NoShell(said))
    }

    async fn facts(&mut self, connection: &Connection) -> Result<ServerFacts, Fault> {
        let Some(host) = &mut self.host else { return Ok(ServerFacts::default()) };
        let output = exec::script(connection, plan::script(&host.facts_parts()), exec::READ_WITHIN).await?;
        let output = output.in_time(connection)?;
        Ok(host.facts(&Answer::of(&output.text)))
    }

    /// Writes down what it is, when that is news.
    async fn register(&self, host: &AgentlessHost, facts: ServerFacts) -> Result<(), End> {
        let (mut registration, status) = {
            let state = self.context.bus.state();
            let kept = state.server(&self.server).ok_or(End::Removed)?;
            (kept.registration.clone(), kept.status)
        };
        let before = registration.clone();
        registration.role = ServerRole::Agentless;
        registration.address.clone_from(&host.endpoint.address);
        registration.facts = facts;
        if registration == before && status == ServerStatus::Up {
            return Ok(());
        }
        let command = Command::RegisterServer { server: self.server.clone(), registration };
        self.submit(command).await.map_err(|reason| {
            End::Fault(Fault::Broken {
                endpoint: host.endpoint.to_string(),
                doing: "its facts were written down",
                reason,
            })
        })
    }

    fn intake(&self) -> Intake {
        Intake::new(&self.context, &self.server, self.interval)
    }

    /// One reading. Returns what of it could not be understood.
    async fn reading(
        &mut self,
        connection: &Connection,
        shell: AccountShell,
        intake: &mut Intake,
    ) -> Result<Vec<String>, End> {
        let Some(host) = &mut self.host else { return Ok(Vec::new()) };
        let context = Arc::clone(&self.context);
        let _turn = context.readers.reading.acquire().await.map_err(|_| Fault::Stopping)?;
        let started = Instant::now();
        let elapsed = self.read_at.map(|before| started.saturating_duration_since(before));
        let began = context.bus.clock().now();
        let applications = context.bus.state().agentless_applications(&self.server).to_vec();
        let mut problems = if shell == AccountShell::Top {
            let drawn = exec::screen(connection).await?;
            host.read_screen(&drawn, elapsed, &mut intake.frame)
                .map_err(|_| Fault::Nothing(Quoted::of([&drawn, b""])))?;
            application::unclear(&context, &self.server, &applications, NO_COMMANDS, began).await;
            Vec::new()
        } else {
            let parts = host.due_parts(started.saturating_duration_since(self.began));
            let looks = self.schedule.looks(&applications, started);
            let script = plan::application::script_with(&parts, &looks);
            let mut output = exec::script(connection, script, exec::READ_WITHIN).await?;
            // Of an application that holds it up, the reading itself is whole.
            if plan::application::is_held_up(&Answer::of(&output.text), &looks) {
                output.is_late = false;
            }
            let output = output.in_time(connection)?;
            let answer = Answer::of(&output.text);
            if answer.parts.is_empty() {
                return Err(Fault::Nothing(Quoted::of([&output.errors, &output.text])).into());
            }
            let mut problems = host.read(&answer, elapsed, &mut intake.frame);
            application::take(&context, &self.server, &mut self.schedule, &looks, &answer, began).await;
            if let Some(cut) = answer.cut {
                problems.push(format!("the answer ends within `{cut}`"));
            }
            problems
        };
        self.read_at = Some(started);
        self.context.counters.reading(false);
        if let Some(refusals) = self.take(intake)? {
            problems.push(refusals);
        }
        problems.extend(intake.frame.refusals().map(str::to_owned));
        Ok(problems)
    }

    /// Tells what a reading says of the systems inside the host. Returns why it cannot.
    async fn tell_guests(&mut self, are_servers: bool) -> Option<String> {
        let listing = self.host.as_mut().and_then(HostReader::guests).filter(|_| are_servers)?;
        let every = self.interval.max(GUESTS_EVERY);
        self.guests.tell(&self.context, &self.server, every, listing).await.err()
    }

    /// Hands what was read to the live model and to the history. Returns what the history refused.
    fn take(&self, intake: &mut Intake) -> Result<Option<String>, Fault> {
        let refusals = intake.take(&self.context).map_err(|forgotten| Fault::Broken {
            endpoint: self.server.to_string(),
            doing: "the history took it",
            reason: forgotten.to_string(),
        })?;
        intake.set_trouble(refusals.as_deref());
        Ok(refusals.map(|_| REFUSED.to_owned()))
    }

    /// What could not be understood of a reading changes often; it is not said as often.
    async fn say_problems(&mut self, problems: &[String]) {
        let text = match problems {
            [] => None,
            [one] => Some(one.clone()),
            [first, rest @ ..] => Some(format!("{first} (and {} more)", rest.len())),
        };
        let was_fault = self.said.as_ref().is_none_or(|(said, _)| said.is_some() && text.is_none());
        let is_due = self.said.as_ref().is_none_or(|(_, at)| at.elapsed() >= SAID_EVERY);
        if was_fault || is_due {
            self.say(text).await;
        }
    }

    /// Says what is wrong, or that nothing is any more (RE-2).
    async fn say(&mut self, problem: Option<String>) {
        if self.said.as_ref().is_some_and(|(said, _)| *said == problem) {
            return;
        }
        let stands = self
            .context
            .bus
            .state()
            .server(&self.server)
            .is_some_and(|kept| kept.unit_problems.contains_key(READING));
        if problem.is_some() || stands {
            let command = Command::ReportReading { server: self.server.clone(), problem: problem.clone() };
            if self.submit(command).await.is_err() {
                // The journal took nothing: it is said again at the next occasion.
                return;
            }
        }
        self.said = Some((problem, Instant::now()));
    }

    async fn submit(&self, command: Command) -> Result<(), String> {
        reading::submit(&self.context, command).await
    }
}

/// Connects and logs in to a server.
pub(super) async fn open(
    context: &Context,
    server: &ObjectPath,
    host: &AgentlessHost,
) -> Result<Connection, Fault> {
    let secret = context.seal.reveal(server, &host.login.secret)?;
    let login = Login::of(host.login.kind, &secret)?;
    let _turn = context.readers.connecting.acquire().await.map_err(|_| Fault::Stopping)?;
    let reached = connect::reach(host, login, FirstUse::Take).await?;
    if host.endpoints().any(|endpoint| endpoint.host_key == HostKey::FirstUse) {
        let fingerprints = reached.fingerprints.clone();
        // Before the login: a key that could not be kept is not trusted either.
        let command = Command::PinHostKeys { server: server.clone(), fingerprints };
        reading::submit(context, command).await.map_err(|reason| Fault::Broken {
            endpoint: host.endpoint.to_string(),
            doing: "its key was written down",
            reason,
        })?;
    }
    reached.log_in().await
}
