//! Commands: everything that can change something, whoever asks. Every surface submits them to the command bus; the
//! engine decides, from the ids, hashes and times in them alone.

mod part;
mod right;

pub use self::part::*;

use crate::access::{AccessOrder, NewSession};
use crate::account::{AccessKeyId, AccountId};
use crate::action::{ActionOrder, Conduct};
use crate::agentless::{AgentlessApplication, NewAgentlessServer};
use crate::application::Operation;
use crate::aws_alarm::{ActionOutcome, AwsAlarm, SeenAlarm, StateSaid};
use crate::cause::Cause;
use crate::code::CodeOrder;
use crate::configuration::ConfigurationOrder;
use crate::custom::CustomOrder;
use crate::dashboard::DashboardOrder;
use crate::federation::PassedNote;
use crate::guest::{GuestKind, GuestReport};
use crate::id::ActionId;
use crate::log::LogReading;
use crate::log_group::LogGroupOrder;
use crate::maintenance::{Maintenance, Period};
use crate::notification::{Channel, NotificationId, Outcome, Route};
use crate::package::key::TrustKeyOrder;
use crate::package::{PackageOrder, PackageVersion};
use crate::parameter::ParameterOrder;
use crate::path::ObjectPath;
use crate::permit::{PermitId, PermitVerdict};
use crate::principal::Grant;
use crate::problem::{Acknowledgement, Mute, Observation, ProblemId};
use crate::report::{NumberedReport, Report};
use crate::rolling::Rolling;
use crate::rule::Rule;
use crate::safety::SafetyOrder;
use crate::status::ServerStatus;
use crate::tag::{TagTarget, Tags};
use crate::task_order::TaskOrder;
use crate::tenant::{TenantOrder, UsageNote};
use crate::terminal::{PaneResult, TerminalId};
use crate::time::UnixMillis;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One thing that somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start, stop or restart applications, and the like; do a custom action with them or with services of them.
    OperateApplications {
        /// Identity of the action and idempotency key.
        id: ActionId,
        /// What to do.
        operation: Operation,
        /// On what: paths of applications, or of services to act on; 1 to [`TARGETS_MAX`], no duplicates.
        targets: Vec<ObjectPath>,
        /// Why, for the audit.
        reason: Option<String>,
        /// How long until a target without an outcome becomes UNKNOWN: from now, or from the beginning of its batch.
        timeout_ms: u64,
        /// How to go over the targets; all at once when none.
        rolling: Option<Rolling>,
        /// On which terms.
        conduct: Conduct,
        /// What to install or upgrade to.
        package: Option<PackageVersion>,
        /// Which custom action, of [`Operation::Act`].
        custom: Option<CustomOrder>,
    },
    /// Approve, reject or go on with an action.
    GovernAction {
        /// The action.
        id: ActionId,
        /// What is said.
        order: ActionOrder,
    },
    /// Approve or reject what somebody asked a permit for.
    GovernPermit {
        /// The permit.
        id: PermitId,
        /// What is said.
        verdict: PermitVerdict,
    },
    /// Announce or lift freezes, set or delete policies of approval.
    ChangeSafety {
        /// What to do.
        order: SafetyOrder,
    },
    /// Describe a tenant and say what it may use, or let nobody of it in.
    ChangeTenant {
        /// The tenant.
        tenant: ObjectPath,
        /// What to do.
        order: TenantOrder,
    },
    /// Note what tenants used, to charge it.
    NoteUsage {
        /// Each tenant that used something.
        notes: Vec<UsageNote>,
    },
    /// Do something with a task: run it now, or expect signs of one that others run.
    OrderTask {
        /// The task.
        task: ObjectPath,
        /// What to do.
        order: TaskOrder,
    },
    /// Begin nothing more of an action: what waits for its batch has failed. What may have begun goes on.
    CancelAction {
        /// The action.
        id: ActionId,
        /// Only of what is within one of these; of everything when there are none.
        within: Vec<ObjectPath>,
    },
    /// An agent said hello.
    RegisterServer {
        /// The server.
        server: ObjectPath,
        /// What it said.
        registration: ServerRegistration,
    },
    /// An agent reported facts.
    ReportFacts {
        /// The server.
        server: ObjectPath,
        /// Identity of the agent's data directory; numbers count within it.
        instance: Uuid,
        /// Ascending by number, without gaps, at most [`REPORTS_MAX`].
        reports: Vec<NumberedReport>,
    },
    /// An agent has forgotten reports that the journal does not have; what they told comes again behind them.
    SkipReports {
        /// The server.
        server: ObjectPath,
        /// Identity of the agent's data directory; numbers count within it.
        instance: Uuid,
        /// Number of the last one.
        up_to: u64,
    },
    /// The freshness of a server's data changed.
    ObserveServer {
        /// The server.
        server: ObjectPath,
        /// What it is now.
        status: ServerStatus,
        /// Why.
        cause: Cause,
    },
    /// Steps whose time is over become UNKNOWN.
    ExpireActions,
    /// Actions in batches go on: the next batch may begin, or after an error none does.
    AdvanceActions,
    /// Another master becomes the active one, or none is any more.
    ChangeMaster {
        /// How.
        order: MasterOrder,
    },
    /// Forget a server and everything on it.
    RemoveServer {
        /// The server.
        server: ObjectPath,
    },
    /// Read servers over ssh from now on: all of them, or none.
    AddAgentlessServers {
        /// The servers and how they are reached.
        servers: Vec<NewAgentlessServer>,
        /// Take the place of how they were read before, where they were.
        replace: bool,
    },
    /// Hosts that were to be trusted at first use showed their keys.
    PinHostKeys {
        /// The server.
        server: ObjectPath,
        /// `SHA256:…` of the keys of the hosts between, the nearest first, then of the server's.
        fingerprints: Vec<String>,
    },
    /// Trust other host keys from now on, as after a host was installed anew.
    TrustHostKeys {
        /// The server.
        server: ObjectPath,
        /// As with `PinHostKeys`.
        fingerprints: Vec<String>,
    },
    /// What is wrong with reading a server over ssh, or that nothing is any more.
    ReportReading {
        /// The server.
        server: ObjectPath,
        /// In words, with what to do; nothing is wrong when missing.
        problem: Option<String>,
    },
    /// Run a command, or a shell, on servers: nothing runs before this is in the journal.
    OpenTerminal {
        /// Identity of the terminal.
        id: TerminalId,
        /// Servers, at least one, no duplicates; their places are the numbers of the panes.
        targets: Vec<ObjectPath>,
        /// The command line; a login shell when missing.
        command: Option<String>,
        /// Why, for the audit.
        reason: Option<String>,
        /// The account of the own login that was given, never its secret; none when the master's login is used.
        account: Option<String>,
    },
    /// A terminal is over.
    CloseTerminal {
        /// Which.
        id: TerminalId,
        /// What became of each pane, in the order of the targets.
        results: Vec<PaneResult>,
    },
    /// Read logs of applications: nothing is read before this is in the journal.
    ReadLogs {
        /// What, and of which; all of one tenant.
        reading: Box<LogReading>,
    },
    /// A server told of the systems inside it.
    ReportGuests {
        /// The server.
        host: ObjectPath,
        /// Time between two tellings, in milliseconds.
        interval_ms: u64,
        /// The kinds of which it told all: who is missing of them is gone.
        complete: Vec<GuestKind>,
        /// Those that it told of.
        guests: Vec<GuestReport>,
    },
    /// Say which applications a server has that is read over ssh, and by which commands they are seen and operated.
    SetAgentlessApplications {
        /// The server.
        server: ObjectPath,
        /// All of them from now on.
        applications: Vec<AgentlessApplication>,
    },
    /// What the master itself saw and did on a server over ssh: as `ReportFacts`, and no numbers, for nothing is between.
    ReportOverSsh {
        /// The server.
        server: ObjectPath,
        /// In their order, at most [`REPORTS_MAX`].
        reports: Vec<Report>,
    },
    /// Rules were looked at.
    ObserveProblems {
        /// What was found; of several of one rule on one object the last one counts.
        observations: Vec<Observation>,
    },
    /// Causes, suppressions and notices of problems become what they are to be now.
    SettleProblems,
    /// Take problems in hand.
    AcknowledgeProblems {
        /// Which.
        problems: Vec<ProblemId>,
        /// Why, and for how long; takes the place of an earlier one.
        acknowledgement: Acknowledgement,
    },
    /// Give problems out of hand.
    UnacknowledgeProblems {
        /// Which.
        problems: Vec<ProblemId>,
    },
    /// Write something about problems.
    CommentProblems {
        /// Which.
        problems: Vec<ProblemId>,
        /// What.
        text: String,
    },
    /// Close problems whose condition is not so now, or cannot be told any more.
    CloseProblems {
        /// Which.
        problems: Vec<ProblemId>,
        /// Why.
        comment: Option<String>,
    },
    /// Tell nobody of problems on an object and inside it for a time.
    MuteObject {
        /// Identity of the mute; the same one again changes it.
        id: Uuid,
        /// What, and until when.
        mute: Mute,
    },
    /// End a mute.
    UnmuteObject {
        /// Which.
        id: Uuid,
    },
    /// Announce maintenance.
    SetMaintenance {
        /// Identity; the same one again changes it.
        id: Uuid,
        /// What, and when.
        maintenance: Maintenance,
    },
    /// When a recurring maintenance is in force next, worked out with its time zone.
    PlanMaintenance {
        /// Which.
        id: Uuid,
        /// Ascending; they take the place of what was planned.
        periods: Vec<Period>,
    },
    /// Call maintenance off, or end it.
    CancelMaintenance {
        /// Which.
        id: Uuid,
    },
    /// Add rules, and change those of the same names.
    ApplyRules {
        /// The rules.
        rules: Vec<Rule>,
        /// Delete our other rules, so that these are all there are beside the shipped ones.
        prune: bool,
    },
    /// Delete a rule of ours; a shipped one of the same name counts again.
    DeleteRule {
        /// Which.
        name: String,
    },
    /// Make an alarm of AWS' tools, or make one of that name anew; its state stays.
    PutAwsAlarm {
        /// The tenant.
        tenant: ObjectPath,
        /// What it is to be.
        alarm: Box<AwsAlarm>,
        /// Of one that is new.
        tags: BTreeMap<String, String>,
    },
    /// Delete alarms; those that are not there are no error.
    DeleteAwsAlarms {
        /// The tenant.
        tenant: ObjectPath,
        /// Which.
        names: Vec<String>,
    },
    /// Say what state an alarm is in, until it is looked at again.
    SetAwsAlarmState {
        /// The tenant.
        tenant: ObjectPath,
        /// Which.
        name: String,
        /// Its state.
        said: StateSaid,
    },
    /// Switch alarms' actions on or off; those that are not there are no error.
    SwitchAwsAlarmActions {
        /// The tenant.
        tenant: ObjectPath,
        /// Which.
        names: Vec<String>,
        /// On.
        enabled: bool,
    },
    /// Give an alarm tags, and take some from it.
    TagAwsAlarm {
        /// The tenant.
        tenant: ObjectPath,
        /// Which.
        name: String,
        /// New ones, and new values of others.
        tags: BTreeMap<String, String>,
        /// Keys of those that go.
        removed: Vec<String>,
    },
    /// Alarms were looked at; and what holds actions back may have ended.
    ObserveAwsAlarms {
        /// The tenant.
        tenant: ObjectPath,
        /// Those whose state is another one, at most [`SEEN_MAX`](crate::aws_alarm::SEEN_MAX).
        seen: Vec<SeenAlarm>,
    },
    /// What was due of an alarm was done.
    RecordAwsAlarmActions {
        /// The tenant.
        tenant: ObjectPath,
        /// Which alarm.
        name: String,
        /// Of which of its changes.
        state_at: UnixMillis,
        /// What became of them.
        outcomes: Vec<ActionOutcome>,
    },
    /// Forget all alarms of a tenant and their history.
    ForgetAwsAlarms {
        /// The tenant.
        tenant: ObjectPath,
    },
    /// Put, delete or tag dashboards.
    ChangeDashboards {
        /// The tenant.
        tenant: ObjectPath,
        /// What to do.
        order: DashboardOrder,
    },
    /// Forget all dashboards of a tenant.
    ForgetDashboards {
        /// The tenant.
        tenant: ObjectPath,
    },
    /// Put, label, tag or delete parameters.
    ChangeParameters {
        /// The tenant.
        tenant: ObjectPath,
        /// What to do.
        order: ParameterOrder,
    },
    /// Forget all parameters of a tenant.
    ForgetParameters {
        /// The tenant.
        tenant: ObjectPath,
    },
    /// Add or remove packages.
    ChangePackages {
        /// The tenant.
        tenant: ObjectPath,
        /// What to do.
        order: PackageOrder,
    },
    /// Trust, or trust no longer, what a key signs.
    ChangeTrustKeys {
        /// The tenant.
        tenant: ObjectPath,
        /// What to do.
        order: TrustKeyOrder,
    },
    /// Make, change, delete or lay down configurations.
    ChangeConfigurations {
        /// What to do.
        order: ConfigurationOrder,
    },
    /// Do something as code, or let a thing be changed by hand again.
    ChangeAsCode {
        /// What to do.
        order: CodeOrder,
    },
    /// Make, change or delete a group of logs or a stream in it.
    ChangeLogGroup {
        /// The tenant.
        tenant: ObjectPath,
        /// The group's name.
        name: String,
        /// What to do.
        order: LogGroupOrder,
    },
    /// Forget all groups of logs of a tenant.
    ForgetLogGroups {
        /// The tenant.
        tenant: ObjectPath,
    },
    /// Give objects tags, and take some from them: all of these objects or none.
    TagObjects {
        /// Which.
        targets: Vec<TagTarget>,
        /// New ones, and new values of others.
        tags: Tags,
        /// Keys of those that go; with a value only where it is that.
        removed: BTreeMap<String, Option<String>>,
    },
    /// Forget the tags of all objects of a tenant.
    ForgetTags {
        /// The tenant.
        tenant: ObjectPath,
    },
    /// Add channels, and change those of the same names.
    ApplyChannels {
        /// Their secrets are sealed.
        channels: Vec<Channel>,
        /// Delete the others.
        prune: bool,
    },
    /// Delete a channel.
    DeleteChannel {
        /// Which.
        name: String,
    },
    /// Send a channel a test message.
    TestChannel {
        /// Which.
        name: String,
    },
    /// Add routes, and change those of the same names.
    ApplyRoutes {
        /// The routes.
        routes: Vec<Route>,
        /// Delete the others.
        prune: bool,
    },
    /// Delete a route.
    DeleteRoute {
        /// Which.
        name: String,
    },
    /// When a route with a schedule takes problems next, worked out with its time zones.
    PlanRoute {
        /// Which.
        name: String,
        /// They take the place of what was planned.
        periods: Vec<Period>,
    },
    /// What channels are to be told becomes due.
    SettleNotifications,
    /// An attempt to tell begins: nothing is sent before this is in the journal.
    BeginNotification {
        /// Which.
        id: NotificationId,
    },
    /// What became of an attempt.
    FinishNotification {
        /// Which.
        id: NotificationId,
        /// Its number, from 1.
        attempt: u32,
        /// What became of it.
        outcome: Outcome,
    },
    /// Add a user.
    CreateUser {
        /// Login name.
        name: String,
        /// Argon2id hash in PHC form.
        password_hash: String,
        /// What the user may do.
        grants: Vec<Grant>,
    },
    /// Change a password; the user's sessions end.
    SetPassword {
        /// Login name.
        name: String,
        /// Argon2id hash in PHC form.
        password_hash: String,
    },
    /// Replace what a user may do.
    SetGrants {
        /// Login name.
        name: String,
        /// All of the user's grants from now on.
        grants: Vec<Grant>,
    },
    /// Remove a user with all sessions and tokens.
    DeleteUser {
        /// Login name.
        name: String,
    },
    /// A user logged in.
    OpenSession {
        /// What is opened.
        session: Box<NewSession>,
    },
    /// Write down that a request is passed on to a joined cluster, or how it was answered.
    NotePassedOn {
        /// What to write.
        note: Box<PassedNote>,
    },
    /// Do something about somebody's access.
    ChangeAccess {
        /// What to do.
        order: AccessOrder,
    },
    /// A login was refused.
    RecordLoginFailure {
        /// The name tried.
        user: String,
    },
    /// Make an API token for its owner.
    CreateToken {
        /// Identity, shown in lists.
        id: Uuid,
        /// What it is for.
        name: String,
        /// The user it belongs to.
        owner: String,
        /// SHA-256 of the secret, lower-case hex.
        secret_hash: String,
        /// What it may do: at most what its owner may.
        grants: Vec<Grant>,
        /// When it ends by itself.
        expires_at: Option<UnixMillis>,
        /// Whether whoever has it may say for which user a request comes: for a console of several clusters.
        speaks_for_users: bool,
    },
    /// End an API token.
    RevokeToken {
        /// Which.
        id: Uuid,
    },
    /// Make an access key for its owner.
    CreateAccessKey {
        /// Its id, which the secret is made from.
        id: AccessKeyId,
        /// What it is for.
        name: String,
        /// The user it belongs to.
        owner: String,
        /// The account number of its tenant.
        account: AccountId,
        /// What it may do, in one tenant: at most what its owner may.
        grants: Vec<Grant>,
        /// When it ends by itself.
        expires_at: Option<UnixMillis>,
    },
    /// End an access key.
    RevokeAccessKey {
        /// Which.
        id: AccessKeyId,
    },
    /// Make a token with which servers can join a cluster.
    CreateJoinToken {
        /// Shown in lists.
        id: Uuid,
        /// The cluster.
        cluster: ObjectPath,
        /// SHA-256 of the secret, lower-case hex.
        secret_hash: String,
        /// How many servers it admits.
        uses: u32,
        /// When it ends by itself.
        expires_at: UnixMillis,
    },
    /// End a join token.
    RevokeJoinToken {
        /// Which.
        id: Uuid,
    },
    /// Admit a server with a join token.
    EnrolAgent {
        /// SHA-256 of the join token's secret, lower-case hex.
        secret_hash: String,
        /// The server.
        server: ObjectPath,
        /// The certificate made for it.
        certificate: AgentCertificate,
    },
    /// Give an enrolled agent its next certificate.
    RenewAgent {
        /// The server.
        server: ObjectPath,
        /// The new certificate; the earlier ones stay valid until they end by themselves.
        certificate: AgentCertificate,
    },
    /// Refuse an agent's certificates from now on.
    RevokeAgent {
        /// The server.
        server: ObjectPath,
    },
}
