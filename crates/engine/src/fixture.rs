//! A small world for tests: a state with its clock and its log of events.

use crate::{Rejection, State, Submission, apply, decide, record};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::account::AccessKeyId;
use topmast_model::action::Conduct;
use topmast_model::agentless::{
    AccountShell, AgentlessApplication, AgentlessHost, HostKey, LoginKind, Sealed, SshEndpoint, SshLogin,
};
use topmast_model::application::{ApplicationKind, ApplicationState, Declared, Desired, Operation};
use topmast_model::cause::Cause;
use topmast_model::command::{AgentCertificate, Command, MasterOrder, ServerRegistration};
use topmast_model::custom::{Arguments, CustomAction, CustomOrder};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::{ActionId, Epoch, StepId};
use topmast_model::master::MasterPlace;
use topmast_model::package::key::TrustKey;
use topmast_model::package::{Digest, Package, PackageFormat, PackageOrder};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal};
use topmast_model::report::{NumberedReport, Report, StepOutcome};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServiceStatus, TaskStatus};
use topmast_model::task::TaskState;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// What a submission came to.
pub(crate) type Decision = Result<Vec<EventBody>, Rejection>;

#[derive(Default)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: UnixMillis,
    pub(crate) log: Vec<Event>,
}

impl World {
    /// With the user `root`, an unrestricted admin.
    pub(crate) fn new() -> Self {
        let mut world = Self { now: UnixMillis(1_000_000), ..Self::default() };
        world.by_master(create_user("root", &["admin"])).unwrap();
        world
    }

    /// Also with servers, enrolled, registered and UP, each with some applications.
    pub(crate) fn with_applications(paths: &[&str]) -> Self {
        let mut world = Self::new();
        for text in paths {
            let application = path(text);
            let server = application.ancestor(Level::Server).unwrap();
            if world.state.server(&server).is_none() {
                world.enrol(&server);
                world.register(&server, 1).unwrap();
            }
            let report =
                Report::Application { name: application.name().into(), state: application_state("STARTED") };
            world.report(&server, vec![report]).unwrap();
        }
        world
    }

    /// Decides, records and applies.
    pub(crate) fn submit(&mut self, principal: Principal, command: Command) -> Decision {
        let submission = Submission { principal, command };
        let before = self.state.last_seq();
        let facts = decide(&self.state, &submission, self.now)?;
        let events = record(&self.state, &submission, facts.clone(), self.now);
        for event in &events {
            apply(&mut self.state, event);
        }
        assert_eq!(self.state.last_seq().0, before.0 + facts.len() as u64);
        self.log.extend(events);
        Ok(facts)
    }

    pub(crate) fn by_master(&mut self, command: Command) -> Decision {
        self.submit(Principal::master(), command)
    }

    /// As a user with a session, with the grants that the user has now.
    pub(crate) fn by(&mut self, user: &str, command: Command) -> Decision {
        let principal = principal(user, self.state.user(user).map_or(&[], |user| &user.grants));
        self.submit(principal, command)
    }

    pub(crate) fn by_agent(&mut self, server: &ObjectPath, command: Command) -> Decision {
        self.submit(Principal::agent(server, None), command)
    }

    pub(crate) fn enrol(&mut self, server: &ObjectPath) {
        let secret = self.log.len();
        let cluster = server.ancestor(Level::Cluster).unwrap();
        let expires_at = self.now.plus(HOUR);
        let token = Uuid::from_u128(secret as u128);
        self.by_master(create_join_token(token, &cluster, secret, 1, expires_at)).unwrap();
        let command = enrol_command(secret, server, certificate(secret, expires_at.plus(HOUR * 1_000)));
        self.by_master(command).unwrap();
    }

    pub(crate) fn register(&mut self, server: &ObjectPath, instance: u128) -> Decision {
        let registration = registration(instance);
        self.by_agent(server, Command::RegisterServer { server: server.clone(), registration })
    }

    /// Reports with the numbers that come next.
    pub(crate) fn report(&mut self, server: &ObjectPath, reports: Vec<Report>) -> Decision {
        let next = self.state.server(server).map_or(0, |kept| kept.received) + 1;
        let reports = numbered(next, reports);
        self.report_numbered(server, 1, reports)
    }

    pub(crate) fn report_numbered(
        &mut self,
        server: &ObjectPath,
        instance: u128,
        reports: Vec<NumberedReport>,
    ) -> Decision {
        let instance = Uuid::from_u128(instance);
        self.by_agent(server, Command::ReportFacts { server: server.clone(), instance, reports })
    }

    pub(crate) fn pass(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }
}

pub(crate) fn path(text: &str) -> ObjectPath {
    text.parse().unwrap()
}

pub(crate) fn grants(texts: &[&str]) -> Vec<Grant> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub(crate) fn principal(name: &str, grants: &[Grant]) -> Principal {
    let (kind, auth) = (ActorKind::User, AuthMethod::Session);
    let actor = Actor { kind, name: name.into(), auth, address: None, through: None };
    Principal { actor, grants: grants.to_vec() }
}

/// The form of a SHA-256, one per number.
pub(crate) fn digest(number: usize) -> String {
    format!("{number:064x}")
}

pub(crate) fn access_key(number: usize) -> AccessKeyId {
    format!("AKIA{number:016}").parse().unwrap()
}

pub(crate) fn password(number: usize) -> String {
    format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${number}")
}

pub(crate) fn create_user(name: &str, grant_texts: &[&str]) -> Command {
    Command::CreateUser { name: name.into(), password_hash: password(1), grants: grants(grant_texts) }
}

/// - `above`: the highest epoch that is known of.
pub(crate) fn restore_journal(above: u64) -> Command {
    let (above, backed_up_at) = (Epoch(above), UnixMillis(0));
    Command::ChangeMaster { order: MasterOrder::Restore { above, backed_up_at } }
}

pub(crate) fn activate_master(epoch: u64) -> Command {
    let place = Some(master_place("db", epoch.is_multiple_of(2)));
    Command::ChangeMaster {
        order: MasterOrder::Activate { name: "m1".into(), epoch: Epoch(epoch), place, tenant: "acme".into() },
    }
}

pub(crate) fn create_join_token(
    id: Uuid,
    cluster: &ObjectPath,
    secret: usize,
    uses: u32,
    expires_at: UnixMillis,
) -> Command {
    Command::CreateJoinToken { id, cluster: cluster.clone(), secret_hash: digest(secret), uses, expires_at }
}

pub(crate) fn enrol_command(secret: usize, server: &ObjectPath, certificate: AgentCertificate) -> Command {
    Command::EnrolAgent { secret_hash: digest(secret), server: server.clone(), certificate }
}

pub(crate) fn certificate(number: usize, not_after: UnixMillis) -> AgentCertificate {
    AgentCertificate { fingerprint: digest(number), not_after }
}

pub(crate) fn registration(instance: u128) -> ServerRegistration {
    ServerRegistration {
        instance: Uuid::from_u128(instance),
        role: ServerRole::Agent,
        version: "0.1.0".into(),
        address: "192.0.2.1".into(),
        interval_ms: 1_000,
        abilities: [
            topmast_model::configuration::ABILITY,
            topmast_model::package::ABILITY,
            topmast_model::package::ROLLBACK_ABILITY,
            topmast_model::package::key::KEYS_ABILITY,
        ]
        .map(str::to_owned)
        .into(),
        labels: BTreeMap::new(),
        facts: ServerFacts::default(),
    }
}

/// Where a master runs: process 7 of a system that booted at 1 s.
pub(crate) fn master_place(hostname: &str, is_shared: bool) -> MasterPlace {
    MasterPlace { hostname: hostname.into(), booted_at: UnixMillis(1_000), pid: 7, is_shared }
}

/// A server that is read over ssh.
pub(crate) fn host() -> AgentlessHost {
    AgentlessHost {
        endpoint: SshEndpoint {
            address: "aix1.example".into(),
            port: 22,
            user: "monitor".into(),
            host_key: HostKey::FirstUse,
        },
        login: SshLogin { kind: LoginKind::Key, secret: Sealed("c2VhbGVk".into()) },
        jumps: Vec::new(),
        system: None,
        shell: AccountShell::Auto,
        interval_ms: 10_000,
        labels: BTreeMap::new(),
        guests: true,
    }
}

/// An application of such a server, seen by its exit code.
pub(crate) fn agentless_application(name: &str) -> AgentlessApplication {
    AgentlessApplication {
        name: name.into(),
        status_command: format!("/opt/{name}/status"),
        started_when: Vec::new(),
        stopped_when: Vec::new(),
        start_command: Some(format!("/opt/{name}/start")),
        stop_command: Some(format!("/opt/{name}/stop")),
        restart_command: None,
        version_command: None,
        log_files: Vec::new(),
        status_timeout_s: 5,
        command_timeout_s: 60,
    }
}

pub(crate) fn numbered(first: u64, reports: Vec<Report>) -> Vec<NumberedReport> {
    (first..).zip(reports).map(|(number, report)| NumberedReport { number, report }).collect()
}

pub(crate) fn application_state(status: &str) -> ApplicationState {
    let status: ApplicationStatus = status.parse().unwrap();
    ApplicationState {
        kind: ApplicationKind::Process,
        status,
        desired: if status == ApplicationStatus::Stopped { Desired::Stopped } else { Desired::Started },
        package: None,
        version: None,
        pid: None,
        http_port: None,
        restarts: 0,
        started_at: None,
        since: UnixMillis(1),
        cause: Cause::AgentStart,
        declared: None,
    }
}

pub(crate) fn application_report(name: &str, status: &str) -> Report {
    Report::Application { name: name.into(), state: application_state(status) }
}

/// A custom action with one parameter, `keys`, of 1 to 10, which is 2 when nothing is given.
pub(crate) fn custom_action(name: &str, target: &str) -> CustomAction {
    let json = serde_json::json!({
        "name": name, "target": target, "timeout_ms": 5_000,
        "means": { "command": ["/opt/act", "{keys}"] },
        "parameters": [{ "name": "keys", "type": "integer", "min": 1, "max": 10, "default": 2 }],
    });
    serde_json::from_value(json).unwrap()
}

/// An order of a custom action without arguments.
pub(crate) fn custom_order(name: &str) -> CustomOrder {
    CustomOrder { name: name.to_owned(), arguments: Arguments::new() }
}

/// An application that declares custom actions.
pub(crate) fn declaring_report(name: &str, status: &str, actions: Vec<CustomAction>) -> Report {
    let declared = Some(Box::new(Declared { actions, ..Declared::default() }));
    Report::Application {
        name: name.into(),
        state: ApplicationState { declared, ..application_state(status) },
    }
}

pub(crate) fn service_report(application: &str, name: &str, status: ServiceStatus) -> Report {
    let state = ServiceState { status, codes: Vec::new(), message: None, since: UnixMillis(1) };
    Report::Service { application: application.into(), name: name.into(), state }
}

pub(crate) fn task_report(application: &str, name: &str, status: TaskStatus) -> Report {
    let state = TaskState {
        status,
        schedule: None,
        last_started: None,
        last_finished: None,
        next_due: None,
        message: None,
        since: UnixMillis(1),
        progress: None,
        runnable: false,
        run: None,
    };
    Report::Task { application: application.into(), name: name.into(), state }
}

pub(crate) fn action_id(number: u128) -> ActionId {
    ActionId(Uuid::from_u128(number))
}

/// A restart with one minute's time.
pub(crate) fn restart(id: u128, targets: &[&str]) -> Command {
    Command::OperateApplications {
        id: action_id(id),
        operation: Operation::Restart,
        targets: targets.iter().map(|text| path(text)).collect(),
        reason: None,
        timeout_ms: 60_000,
        rolling: None,
        conduct: Conduct::default(),
        package: None,
        custom: None,
    }
}

/// The same past all guards.
pub(crate) fn overriding(mut command: Command) -> Command {
    if let Command::OperateApplications { conduct, reason, .. } = &mut command {
        conduct.override_guards = true;
        *reason = Some("the site is closed".to_owned());
    }
    command
}

/// A package; its bytes are told apart by a number.
pub(crate) fn some_package(id: &str, bytes: u8) -> Package {
    Package {
        id: id.parse().unwrap(),
        format: PackageFormat::TarGz,
        file: None,
        sha256: Digest::of_bytes(&[bytes; 32]).unwrap(),
        size: 7,
        signature: None,
    }
}

/// Adds a package to tenant acme.
pub(crate) fn add_package(id: &str, bytes: u8) -> Command {
    let order = PackageOrder::Add { package: Box::new(some_package(id, bytes)) };
    Command::ChangePackages { tenant: path("acme"), order }
}

pub(crate) fn trust_key(number: usize) -> TrustKey {
    let letter = |value: usize| char::from(b'A' + u8::try_from(value % 26).unwrap());
    let id: String = [letter(number), letter(number / 26)].iter().collect();
    format!("RWQ{id:B<53}").parse().unwrap()
}

pub(crate) fn step(action: u128, target: u32) -> StepId {
    StepId { action: action_id(action), target }
}

pub(crate) fn started(action: u128, target: u32) -> Report {
    Report::StepStarted { step: step(action, target) }
}

pub(crate) fn finished(action: u128, target: u32, succeeded: bool) -> Report {
    let message = if succeeded { "STARTED as process 7" } else { "exited with code 1" };
    Report::StepFinished {
        step: step(action, target),
        outcome: StepOutcome { succeeded, message: message.into() },
    }
}

/// The kinds of some facts, in order.
pub(crate) fn kinds(facts: &[EventBody]) -> Vec<String> {
    facts.iter().map(|fact| fact.to_parts().unwrap().0).collect()
}

/// Asserts a rejection's code and a part of its text.
pub(crate) fn refused(decision: Decision, code: &str, text: &str) {
    let rejection = decision.expect_err(text);
    assert_eq!(rejection.code(), code, "{rejection}");
    assert!(rejection.to_string().contains(text), "{rejection} lacks {text:?}");
}
