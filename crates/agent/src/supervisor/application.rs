//! One application's task: carries events to the machine, and what it says into the world.
//!
//! ```text
//! messages (steps, units) --.
//! driver (ended, gone) ------> machine --> effect --> driver
//! health, dependencies, time'        '--> view, report, record
//! ```
//!
//! Elsewhere: what happens when (`machine`); how it is found out (`process`, `observed`); the beginning (`recovery`).

mod wait;

use self::wait::{at, health_event, version_result};
use super::configure::{Configuring, laid};
use super::custom::{Acting, acted};
use super::deployment::Deployment;
use super::machine::{Effect, Event, Machine, Rules};
use super::observed::Observed;
use super::output::OutputFile;
use super::process::ProcessRun;
use super::record::{Launch, Record};
use super::shared::wall;
use super::{ApplicationView, ProcessRoot, Shared, StepRequest};
use crate::platform::family::boot_id;
use crate::unit::{Unit, Version};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use topmast_model::application::{ApplicationKind, ApplicationState, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::id::StepId;
use topmast_model::package::PackageVersion;
use topmast_model::report::{Report, StepOutcome};
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Steps that may wait for one application: more is a client gone wild.
pub(super) const STEPS_MAX: usize = 64;
/// Longest version shown, in bytes or characters: more is a banner.
pub(crate) const VERSION_MAX: usize = 100;
/// Longest run of a version command.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// What an application's task is told.
#[derive(Debug)]
pub(super) enum Message {
    /// A step, and when it is too late to begin it.
    Step(StepRequest, Instant),
    /// A step whose package is in place, and which has been begun.
    Deploy(StepRequest),
    /// The version that it says it has.
    Version(String),
    /// Its unit file is there, changed or not.
    Unit(Arc<Unit>),
    /// Its unit file is gone.
    Removed,
}

/// A step under way.
#[derive(Debug)]
pub(super) struct ActiveStep {
    pub(super) step: StepId,
    pub(super) operation: Operation,
    /// Begun by an earlier agent.
    pub(super) resumed: bool,
    /// Of a step that changes which version is there: how far it is.
    pub(super) deployment: Option<Deployment>,
}

#[derive(Debug)]
pub(super) enum Driver {
    /// The present run, if there is one.
    Process(Option<Box<ProcessRun>>),
    Observed(Observed),
}

impl Driver {
    pub(super) fn of(kind: ApplicationKind) -> Self {
        match kind {
            ApplicationKind::Process => Self::Process(None),
            ApplicationKind::Systemd | ApplicationKind::Script | ApplicationKind::WindowsService => {
                Self::Observed(Observed::new())
            }
        }
    }

    async fn next(&mut self, unit: &Arc<Unit>, going: bool) -> Event {
        match self {
            Self::Process(Some(run)) => run.next(going).await,
            Self::Process(None) if going => Event::Gone,
            Self::Process(None) => std::future::pending().await,
            Self::Observed(observed) => observed.next(unit, going).await,
        }
    }
}

/// State of one application's task.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) shared: Arc<Shared>,
    pub(super) unit: Arc<Unit>,
    /// Takes effect when nothing runs.
    pub(super) next_unit: Option<Arc<Unit>>,
    removed: bool,
    pub(super) machine: Machine,
    pub(super) driver: Driver,
    pub(super) record: Record,
    pub(super) record_path: PathBuf,
    output: OutputFile,
    next_output: Instant,
    messages: mpsc::Receiver<Message>,
    waiting: VecDeque<(StepRequest, Option<Instant>)>,
    pub(super) active: Option<ActiveStep>,
    pub(super) configuring: Option<Configuring>,
    /// A custom action that is being done.
    pub(super) acting: Option<Acting>,
    health: Option<JoinHandle<Result<(), String>>>,
    next_health: Instant,
    health_failures: u32,
    version: Option<String>,
    /// What it was installed from.
    pub(super) package: Option<PackageVersion>,
    version_job: Option<JoinHandle<Option<String>>>,
    pub(super) view: Option<ApplicationView>,
}

impl Application {
    pub(super) fn new(
        shared: Arc<Shared>,
        unit: Arc<Unit>,
        machine: Machine,
        record: Record,
        messages: mpsc::Receiver<Message>,
    ) -> Self {
        let output = shared.config.data_dir.join("output").join(format!("{}.log", unit.name));
        let now = Instant::now();
        let installed = shared.place(&unit.name).read();
        let installed = installed.inspect_err(|error| tracing::error!(error, "the versions are not known"));
        Self {
            package: installed.ok().and_then(|installed| installed.current),
            output: OutputFile::new(output, shared.config.output_max),
            record_path: shared.record_path(&unit.name),
            driver: Driver::of(unit.kind()),
            shared,
            unit,
            next_unit: None,
            removed: false,
            machine,
            record,
            next_output: now,
            messages,
            waiting: VecDeque::new(),
            active: None,
            configuring: None,
            acting: None,
            health: None,
            next_health: now,
            health_failures: 0,
            version: None,
            version_job: None,
            view: None,
        }
    }

    /// Runs until the unit is gone and nothing of it runs.
    pub(super) async fn run(mut self) {
        let mut board = self.shared.board.subscribe();
        self.ask_version();
        loop {
            if self.machine.is_down() {
                self.take_unit();
                if self.removed && self.active.is_none() {
                    break;
                }
            }
            self.publish_settled();
            while self.active.is_none()
                && let Some((request, until)) = self.waiting.pop_front()
            {
                self.begin(&request, until);
                self.publish_settled();
            }
            let going = self.machine.is_going();
            let deadline = self.machine.deadline().map(|deadline| self.shared.instant(deadline));
            let event = tokio::select! {
                message = self.messages.recv() => match message {
                    Some(message) => { self.receive(message); None }
                    // The supervisor ends; the application does not.
                    None => return,
                },
                event = self.driver.next(&self.unit, going) => Some(event),
                () = at(deadline) => Some(Event::Time),
                event = health_event(&mut self.health), if self.health.is_some() => self.health_result(event),
                () = tokio::time::sleep_until(self.next_health), if self.health.is_none() && self.unit.health.is_some() && self.machine.is_up() => {
                    self.check_health();
                    None
                }
                version = version_result(&mut self.version_job), if self.version_job.is_some() => {
                    self.version = version;
                    self.version_job = None;
                    None
                }
                files = laid(&mut self.configuring), if self.configuring.as_ref().is_some_and(Configuring::is_laying) => {
                    self.configured(files);
                    None
                }
                outcome = acted(&mut self.acting), if self.acting.is_some() => {
                    self.acted(outcome);
                    None
                }
                Ok(()) = board.changed(), if self.machine.waits() => Some(self.dependencies()),
                () = tokio::time::sleep_until(self.next_output), if self.unit.kind() == ApplicationKind::Process => {
                    self.look();
                    None
                }
            };
            if let Some(event) = event {
                self.on(event);
            }
        }
        self.remove();
    }

    fn look(&mut self) {
        self.next_output = Instant::now() + self.output.look();
        if let Driver::Process(Some(run)) = &mut self.driver {
            run.look();
        }
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Step(request, _) if self.waiting.len() >= STEPS_MAX => {
                self.shared.refuse(
                    request.step,
                    format!("{STEPS_MAX} steps wait for {} already; try again later", self.unit.name),
                );
            }
            Message::Step(request, until) => self.waiting.push_back((request, Some(until))),
            Message::Deploy(request) => self.waiting.push_back((request, None)),
            Message::Version(version) => {
                // What was told by a run that has ended says nothing about the next one.
                if self.unit.version.is_none() && self.machine.is_up() {
                    self.version = Some(version);
                }
            }
            Message::Unit(unit) => {
                self.removed = false;
                self.next_unit = (unit != self.unit).then_some(unit);
            }
            Message::Removed => self.removed = true,
        }
    }

    /// Begins a step: recorded first, then done.
    ///
    /// - `until`: when it is too late; `None` for one that has been begun.
    fn begin(&mut self, request: &StepRequest, until: Option<Instant>) {
        let (step, operation) = (request.step, request.operation);
        if let Some(until) = until
            && !self.shared.begin(request, until)
        {
            return;
        }
        tracing::info!(%step, %operation, application = request.application, principal = request.principal, reason = request.reason, "step begins");
        if operation == Operation::Configure {
            return self.begin_configuring(request);
        }
        if operation == Operation::Act {
            return self.begin_acting(request);
        }
        if self.stays_down(operation) {
            return self.switch_only(request);
        }
        let desired = if matches!(operation, Operation::Stop | Operation::Uninstall) {
            Desired::Stopped
        } else {
            Desired::Started
        };
        let before = (self.record.desired.replace(desired), self.record.step.replace(step));
        if let Err(error) = self.record.save(&self.record_path) {
            (self.record.desired, self.record.step) = before;
            let message = format!("write {}: {error}; free some space", self.record_path.display());
            return self.shared.finish(step, StepOutcome { succeeded: false, message });
        }
        let deployment = match self.switch(request) {
            Ok(deployment) => deployment,
            Err(message) => {
                (self.record.desired, self.record.step) = before;
                self.save();
                return self.shared.finish(step, StepOutcome { succeeded: false, message });
            }
        };
        self.active = Some(ActiveStep { step, operation, resumed: false, deployment });
        let cause = Cause::Action { id: step.action, principal: request.principal.clone() };
        self.on(match operation {
            Operation::Start => Event::Start(cause),
            Operation::Stop | Operation::Uninstall => Event::Stop(cause),
            // Its unit file has just appeared, so that it may be STARTING already, and of this very version.
            Operation::Install if self.is_first_version() => Event::Start(cause),
            _ => Event::Restart(cause),
        });
    }

    /// Shows the state, and finishes what it finishes; going back to another version makes a new state.
    fn publish_settled(&mut self) {
        self.publish();
        while self.settle() {
            self.publish();
        }
    }

    /// Finishes the step under way when its end is known; true when the state may be another one by that.
    fn settle(&mut self) -> bool {
        if self.configuring.is_some() {
            self.settle_configuring();
            return false;
        }
        if self.acting.is_some() {
            return false;
        }
        let Some(active) = &self.active else { return false };
        if let Some(deployment) = active.deployment.clone() {
            return self.settle_deployment(&deployment);
        }
        let Some(settled) = self.machine.settled(active.operation) else { return false };
        let mut message = match &settled {
            Ok(status) => match self.view.as_ref().and_then(|view| view.state.pid) {
                Some(pid) => format!("{status} as process {pid}"),
                None => status.clone(),
            },
            Err(reason) => reason.clone(),
        };
        if active.resumed {
            message.push_str("; the agent was interrupted meanwhile");
        }
        self.shared.finish(active.step, StepOutcome { succeeded: settled.is_ok(), message });
        self.active = None;
        false
    }

    /// Takes an event in and does what follows, until nothing more follows at once.
    pub(super) fn on(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next {
            tracing::debug!(application = self.unit.name, ?event);
            if matches!(event, Event::Gone | Event::Ended { .. })
                && let Driver::Process(run) = &mut self.driver
                && event == Event::Gone
            {
                *run = None;
                self.record.run = None;
            }
            let effect = self.machine.on(event, self.shared.now());
            next = effect.and_then(|effect| self.perform(effect));
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::CheckDependencies => {
                self.take_unit();
                Some(self.dependencies())
            }
            Effect::Launch => {
                self.take_unit();
                self.health_failures = 0;
                self.next_health = Instant::now();
                self.ask_version();
                self.launch()
            }
            Effect::Stop | Effect::Kill => {
                let hard = effect == Effect::Kill;
                match &mut self.driver {
                    Driver::Process(Some(run)) if hard => run.kill(),
                    Driver::Process(Some(run)) => run.signal(self.unit.stop.signal),
                    Driver::Process(None) => {}
                    // A look said that it ended, so what is seen running from now on was started again.
                    Driver::Observed(_) if hard && !self.machine.is_stopping() => return Some(Event::Gone),
                    Driver::Observed(observed) if hard => observed.kill(&self.unit, &self.output),
                    Driver::Observed(observed) => observed.stop(&self.unit, &self.output),
                }
                None
            }
        }
    }

    /// Launches: what is intended is on disk before anything exists, so that it is found again (S-1).
    fn launch(&mut self) -> Option<Event> {
        if let Driver::Observed(observed) = &mut self.driver {
            observed.start(&self.unit, &self.output);
            return None;
        }
        let marker = format!("{}{}", self.shared.marker_prefix(&self.unit.name), Uuid::new_v4());
        let step = self.active.as_ref().map(|active| active.step);
        let started_at = wall();
        self.record.run =
            Some(Launch { marker: marker.clone(), process: None, session: None, started_at, step });
        // On a full disk it starts all the same: the marker in its environment finds it again.
        self.save();
        match ProcessRun::launch(&self.unit, &marker, &self.output) {
            Ok(run) => {
                if let Some(launch) = &mut self.record.run {
                    (launch.process, launch.session) = (Some(run.main()), run.session());
                }
                self.driver = Driver::Process(Some(Box::new(run)));
                self.save();
                Some(Event::Launched)
            }
            Err(error) => {
                self.record.run = None;
                Some(Event::LaunchFailed(Cause::StartFailed { message: error.to_string() }))
            }
        }
    }

    /// What the dependencies of the unit allow.
    fn dependencies(&self) -> Event {
        let board = self.shared.board.borrow();
        let mut pending = None;
        for name in &self.unit.depends_on {
            let cause = |message: String| Cause::Dependency { application: name.clone(), message };
            let Some(view) = board.iter().find(|view| view.name == *name) else {
                if self.shared.has_unit(name) {
                    pending = Some(cause("the agent is looking at it".to_owned()));
                    continue;
                }
                return Event::DependencyMissing(cause(
                    "it has no good unit file; correct that first".to_owned(),
                ));
            };
            match view.state.status {
                ApplicationStatus::Started => {}
                ApplicationStatus::Starting => pending = Some(cause("it is STARTING".to_owned())),
                _ if self.shared.is_asked_to_start(name) => {
                    pending = Some(cause("its start was asked for".to_owned()));
                }
                status => return Event::DependencyMissing(cause(format!("it is {status}; start it first"))),
            }
        }
        pending.map_or(Event::DependenciesReady, Event::DependencyPending)
    }

    fn take_unit(&mut self) {
        let Some(unit) = self.next_unit.take() else { return };
        self.machine.rules = Rules::of(&unit);
        if unit.kind() != self.unit.kind() {
            self.driver = Driver::of(unit.kind());
        }
        self.unit = unit;
        self.ask_version();
    }

    fn check_health(&mut self) {
        let Some(health) = self.unit.health.clone() else { return };
        let unit = Arc::clone(&self.unit);
        self.next_health = Instant::now() + health.interval;
        self.health =
            Some(tokio::spawn(
                async move { crate::health::check(&unit, &health.check, health.timeout).await },
            ));
    }

    fn health_result(&mut self, result: Result<(), String>) -> Option<Event> {
        self.health = None;
        let allowed = self.unit.health.as_ref().map_or(1, |health| health.failures);
        match result {
            Ok(()) => {
                self.health_failures = 0;
                Some(Event::Healthy)
            }
            Err(message) => {
                self.health_failures = self.health_failures.saturating_add(1);
                (self.health_failures >= allowed).then_some(Event::Unhealthy(Cause::Health { message }))
            }
        }
    }

    fn ask_version(&mut self) {
        match &self.unit.version {
            None => self.version = None,
            Some(Version::Text(text)) => self.version = Some(text.clone()),
            Some(Version::Command(command)) => {
                let (unit, command) = (Arc::clone(&self.unit), command.clone());
                self.version_job = Some(tokio::spawn(async move {
                    let finished = super::command::run(&unit, &command, VERSION_TIMEOUT).await;
                    let finished = finished
                        .inspect_err(|error| tracing::warn!(error, "the version is not known"))
                        .ok()?;
                    let line = finished.line();
                    (finished.code == 0 && !line.is_empty()).then(|| line.chars().take(VERSION_MAX).collect())
                }));
            }
        }
    }

    fn state(&self) -> ApplicationState {
        let status = self.machine.status();
        let (pid, started_at) = match &self.driver {
            Driver::Process(Some(run)) => {
                (Some(run.main().pid), self.record.run.as_ref().map(|run| run.started_at))
            }
            Driver::Process(None) => (None, None),
            Driver::Observed(observed) => {
                let up = self.machine.is_up();
                (observed.pid, up.then_some(self.record.since))
            }
        };
        let same = self.record.status == status && self.record.cause == *self.machine.cause();
        ApplicationState {
            kind: self.unit.kind(),
            status,
            desired: self.machine.desired(),
            version: self
                .package
                .as_ref()
                .map(|package| package.version().to_owned())
                .or_else(|| self.version.clone()),
            package: self.package.clone(),
            pid,
            http_port: self.unit.http_port,
            restarts: self.machine.restarts(),
            started_at,
            since: if same { self.record.since } else { wall() },
            cause: self.machine.cause().clone(),
            declared: self.unit.declared(),
        }
    }

    /// Shows, reports and records the state when it changed.
    pub(super) fn publish(&mut self) {
        let state = self.state();
        let session = match &self.driver {
            Driver::Process(Some(run)) => run.session(),
            _ => None,
        };
        let processes = state.pid.map(|pid| ProcessRoot { pid, session });
        let view =
            ApplicationView { name: self.unit.name.clone(), unit: Arc::clone(&self.unit), state, processes };
        if self.view.as_ref() == Some(&view) {
            return;
        }
        let told = self.view.as_ref().is_some_and(|old| old.state == view.state);
        if !told {
            let state = &view.state;
            tracing::info!(application = view.name, status = %state.status, cause = %state.cause);
            (self.record.status, self.record.cause, self.record.since) =
                (state.status, state.cause.clone(), state.since);
            (self.record.restarts, self.record.desired) = (state.restarts, self.wanted());
            self.record.boot_id = boot_id();
            let (now, today) = (self.shared.now(), wall());
            self.record.window = self
                .machine
                .window()
                .iter()
                .map(|time| UnixMillis(today.0.saturating_sub(now - time)))
                .collect();
            self.save();
            self.shared.ledger.append(Report::Application { name: view.name.clone(), state: state.clone() });
        }
        self.shared.show(view.clone());
        self.view = Some(view);
    }

    /// What somebody asked for; `None` while nobody did and nothing was started by itself.
    fn wanted(&self) -> Option<Desired> {
        match self.machine.desired() {
            Desired::Started => Some(Desired::Started),
            Desired::Stopped => self.record.desired.map(|_| Desired::Stopped),
        }
    }

    pub(super) fn save(&self) {
        if let Err(error) = self.record.save(&self.record_path) {
            tracing::warn!(%error, "write {}; after an agent restart the state before may be shown", self.record_path.display());
        }
    }

    fn remove(self) {
        for (request, _) in self.waiting {
            self.shared.refuse(request.step, format!("the unit file of {} was removed", self.unit.name));
        }
        // A record that stays is read again only if the unit comes back, and is right then too.
        let _ = std::fs::remove_file(&self.record_path);
        self.shared.hide(&self.unit.name);
        self.shared.ledger.append(Report::ApplicationGone { name: self.unit.name.clone() });
    }
}
