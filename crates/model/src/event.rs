//! Events: the facts in the journal, from which all state is made.
//!
//! Persisted: a kind, once released, keeps its name and the meaning of its
//! fields; a changed meaning is a new kind. An unknown kind is kept as it is,
//! so that an older master can read a newer one's journal.

mod circumstances;
mod parts;
mod subject;
#[cfg(test)]
mod tests;

pub use circumstances::Event;

use crate::access::AccessChange;
use crate::account::{AccessKeyId, AccountId};
use crate::action::{ActionChange, ApprovalNeeded, Terms};
use crate::agentless::{AgentlessApplication, AgentlessHost};
use crate::application::{ApplicationState, Operation};
use crate::aws_alarm::{ActionOutcome, AwsAlarm, Hold, StateSaid};
use crate::cause::Cause;
use crate::code::CodeChange;
use crate::command::{AgentCertificate, ServerRegistration};
use crate::configuration::{ConfigurationChange, ConfigurationUse};
use crate::custom::CustomUse;
use crate::federation::{PassedAnswer, PassedRequest};
use crate::guest::Guest;
use crate::id::{ActionId, Epoch, StepId};
use crate::log::LogReading;
use crate::log_group::LogGroupChange;
use crate::maintenance::{Maintenance, Period};
use crate::master::MasterPlace;
use crate::notification::{AlarmTold, Channel, NotificationId, Outcome, Route, Told, Why};
use crate::package::key::TrustKeyChange;
use crate::package::{Package, PackageChange};
use crate::parameter::ParameterVersion;
use crate::path::ObjectPath;
use crate::permit::{PermitChange, PermitId, PermitRequest};
use crate::principal::Grant;
use crate::problem::{
    Acknowledgement, AcknowledgementEnd, CloseReason, Mute, NewProblem, Notice, ProblemId, Suppression,
    Verdict,
};
use crate::report::StepOutcome;
use crate::rolling::Rolling;
use crate::rule::Rule;
use crate::safety::SafetyChange;
use crate::service::ServiceState;
use crate::status::{ActionStatus, ServerStatus, Severity};
use crate::tag::Tags;
use crate::task::TaskState;
use crate::task_order::TaskFact;
use crate::tenant::{TenantOrder, Usage};
use crate::terminal::{PaneResult, TerminalId};
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Version of the payloads' shapes, written beside each event.
pub const SCHEMA_VERSION: u16 = 1;

/// The fact itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants' fields are the commands' fields, documented there")]
pub enum EventBody {
    MasterActivated {
        epoch: Epoch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<MasterPlace>,
        /// The tenant of its own cluster; not in the journals of versions in which everybody named things freely.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    MasterHandedOver {
        to: String,
    },
    /// The journal was made of a backup, and what came after the record before was left out. Its epoch has no master.
    JournalRestored {
        epoch: Epoch,
        backed_up_at: UnixMillis,
    },
    ActionAccepted {
        id: ActionId,
        operation: Operation,
        targets: Vec<ObjectPath>,
        reason: Option<String>,
        expires_at: UnixMillis,
        /// Not in the journals of versions that did everything at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rolling: Option<Rolling>,
        #[serde(default, skip_serializing_if = "Terms::is_plain")]
        terms: Box<Terms>,
        /// What is installed, whole, so that what an agent is told does not change with what the store has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        package: Option<Box<Package>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        configuration: Option<ConfigurationUse>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custom: Option<Box<CustomUse>>,
    },
    ActionGoverned {
        id: ActionId,
        change: ActionChange,
    },
    /// Somebody asked to do what a policy wants a permit for.
    PermitAsked {
        id: PermitId,
        request: Box<PermitRequest>,
        reason: Option<String>,
        approval: ApprovalNeeded,
    },
    PermitGoverned {
        id: PermitId,
        request: Box<PermitRequest>,
        change: PermitChange,
    },
    SafetyChanged {
        /// What all of it is in; everywhere when none.
        within: Option<ObjectPath>,
        change: SafetyChange,
    },
    TenantChanged {
        tenant: ObjectPath,
        change: TenantOrder,
    },
    /// More that a tenant used on a day.
    UsageNoted {
        tenant: ObjectPath,
        /// Days since the Unix epoch.
        day: i64,
        usage: Usage,
    },
    /// The targets before `up_to` may begin, and have until `expires_at`.
    BatchReleased {
        id: ActionId,
        up_to: u32,
        expires_at: UnixMillis,
    },
    StepStarted {
        step: StepId,
        target: ObjectPath,
    },
    StepFinished {
        step: StepId,
        target: ObjectPath,
        outcome: StepOutcome,
    },
    StepExpired {
        step: StepId,
        target: ObjectPath,
        message: String,
    },
    ActionCompleted {
        id: ActionId,
        status: ActionStatus,
    },
    ServerRegistered {
        server: ObjectPath,
        registration: ServerRegistration,
    },
    ServerStatusChanged {
        server: ObjectPath,
        status: ServerStatus,
        cause: Cause,
    },
    ServerRemoved {
        server: ObjectPath,
    },
    ReportsReceived {
        server: ObjectPath,
        up_to: u64,
    },
    ApplicationChanged {
        application: ObjectPath,
        state: ApplicationState,
    },
    ApplicationRemoved {
        application: ObjectPath,
    },
    ServiceChanged {
        service: ObjectPath,
        state: ServiceState,
    },
    ServiceRemoved {
        service: ObjectPath,
    },
    TaskChanged {
        task: ObjectPath,
        state: TaskState,
    },
    TaskRemoved {
        task: ObjectPath,
    },
    TaskOrdered {
        task: ObjectPath,
        fact: TaskFact,
    },
    UnitFileRefused {
        server: ObjectPath,
        file: String,
        problem: String,
    },
    UnitFileAccepted {
        server: ObjectPath,
        file: String,
    },
    AgentlessServerAdded {
        server: ObjectPath,
        host: AgentlessHost,
    },
    HostKeysPinned {
        server: ObjectPath,
        fingerprints: Vec<String>,
    },
    AgentlessApplicationsSet {
        server: ObjectPath,
        applications: Vec<AgentlessApplication>,
    },
    ReadingFailed {
        server: ObjectPath,
        problem: String,
    },
    ReadingRecovered {
        server: ObjectPath,
    },
    TerminalOpened {
        id: TerminalId,
        targets: Vec<ObjectPath>,
        command: Option<String>,
        reason: Option<String>,
        account: Option<String>,
    },
    TerminalClosed {
        id: TerminalId,
        results: Vec<PaneResult>,
    },
    LogsRead {
        reading: Box<LogReading>,
    },
    GuestRegistered {
        server: ObjectPath,
        guest: Guest,
        registration: ServerRegistration,
    },
    /// Beside the host of the guests.
    GuestsRefused {
        server: ObjectPath,
        problem: String,
    },
    GuestsAccepted {
        server: ObjectPath,
    },
    ProblemOpened {
        id: ProblemId,
        problem: NewProblem,
    },
    /// It comes or goes while it is flapping, or can be told again or no longer.
    ProblemConditionChanged {
        id: ProblemId,
        object: ObjectPath,
        verdict: Verdict,
    },
    ProblemSeverityChanged {
        id: ProblemId,
        object: ObjectPath,
        severity: Severity,
    },
    ProblemFlappingChanged {
        id: ProblemId,
        object: ObjectPath,
        flapping: bool,
    },
    /// It is a symptom of `cause` from now on, or of none.
    ProblemGrouped {
        id: ProblemId,
        object: ObjectPath,
        cause: Option<ProblemId>,
    },
    /// Why nobody is told of it from now on; nothing is in the way any more when none.
    ProblemSuppressed {
        id: ProblemId,
        object: ObjectPath,
        suppression: Option<Suppression>,
    },
    /// People are to be told of it.
    NoticeDecided {
        id: ProblemId,
        object: ObjectPath,
        notice: Notice,
        severity: Severity,
    },
    ProblemClosed {
        id: ProblemId,
        object: ObjectPath,
        reason: CloseReason,
    },
    ProblemAcknowledged {
        id: ProblemId,
        object: ObjectPath,
        acknowledgement: Acknowledgement,
    },
    ProblemUnacknowledged {
        id: ProblemId,
        object: ObjectPath,
        end: AcknowledgementEnd,
    },
    ProblemCommented {
        id: ProblemId,
        object: ObjectPath,
        text: String,
    },
    ObjectMuted {
        id: Uuid,
        mute: Mute,
    },
    MuteEnded {
        id: Uuid,
        object: ObjectPath,
        expired: bool,
    },
    MaintenanceSet {
        id: Uuid,
        /// What all its objects are in.
        within: ObjectPath,
        maintenance: Maintenance,
    },
    /// When it is in force next: as planned with its time zone, or as begun by a problem.
    MaintenancePlanned {
        id: Uuid,
        within: ObjectPath,
        periods: Vec<Period>,
    },
    MaintenanceEnded {
        id: Uuid,
        within: ObjectPath,
        cancelled: bool,
    },
    RuleApplied {
        rule: Box<Rule>,
    },
    RuleDeleted {
        name: String,
        /// Where it belonged.
        within: Option<ObjectPath>,
    },
    AwsAlarmPut {
        tenant: ObjectPath,
        alarm: Box<AwsAlarm>,
        /// What whoever put it could do then: its actions are done with that.
        grants: Vec<Grant>,
        tags: BTreeMap<String, String>,
    },
    AwsAlarmDeleted {
        tenant: ObjectPath,
        name: String,
    },
    AwsAlarmStateChanged {
        tenant: ObjectPath,
        name: String,
        said: StateSaid,
        /// What keeps its actions back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<Hold>,
    },
    /// What kept its actions back is another one, or nothing any more.
    AwsAlarmHoldChanged {
        tenant: ObjectPath,
        name: String,
        hold: Option<Hold>,
    },
    AwsAlarmActionsSwitched {
        tenant: ObjectPath,
        name: String,
        enabled: bool,
    },
    AwsAlarmTagged {
        tenant: ObjectPath,
        name: String,
        /// All of them from now on.
        tags: BTreeMap<String, String>,
    },
    AwsAlarmActed {
        tenant: ObjectPath,
        name: String,
        outcomes: Vec<ActionOutcome>,
    },
    AwsAlarmsForgotten {
        tenant: ObjectPath,
    },
    DashboardPut {
        tenant: ObjectPath,
        name: String,
        body: Arc<str>,
        /// Of one that is new.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    DashboardDeleted {
        tenant: ObjectPath,
        name: String,
    },
    DashboardTagged {
        tenant: ObjectPath,
        name: String,
        /// All of them from now on.
        tags: BTreeMap<String, String>,
    },
    DashboardsForgotten {
        tenant: ObjectPath,
    },
    ParameterPut {
        tenant: ObjectPath,
        name: String,
        /// The number of the version.
        number: u64,
        version: Box<ParameterVersion>,
        /// Of one that is new.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    ParameterDeleted {
        tenant: ObjectPath,
        name: String,
    },
    ParameterLabelled {
        tenant: ObjectPath,
        name: String,
        /// The number of the version.
        number: u64,
        /// All of its labels from now on, which no other version has any more.
        labels: Vec<String>,
    },
    ParameterTagged {
        tenant: ObjectPath,
        name: String,
        /// All of them from now on.
        tags: BTreeMap<String, String>,
    },
    ParametersForgotten {
        tenant: ObjectPath,
    },
    PackageChanged {
        tenant: ObjectPath,
        change: PackageChange,
    },
    TrustKeyChanged {
        tenant: ObjectPath,
        change: TrustKeyChange,
    },
    ConfigurationChanged {
        /// Where it belongs; of what an agent holds, the application.
        object: ObjectPath,
        name: String,
        change: ConfigurationChange,
    },
    CodeChanged {
        change: CodeChange,
    },
    LogGroupChanged {
        tenant: ObjectPath,
        name: String,
        change: LogGroupChange,
    },
    LogGroupsForgotten {
        tenant: ObjectPath,
    },
    ObjectTagged {
        path: ObjectPath,
        /// Of a cluster: its applications of this name, instead of the cluster itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        application: Option<String>,
        /// All of them from now on.
        tags: Tags,
    },
    TagsForgotten {
        tenant: ObjectPath,
    },
    ChannelApplied {
        channel: Box<Channel>,
    },
    ChannelDeleted {
        name: String,
        /// Whose it was.
        tenant: Option<ObjectPath>,
    },
    RouteApplied {
        route: Box<Route>,
    },
    RouteDeleted {
        name: String,
        /// Where it belonged.
        within: Option<ObjectPath>,
    },
    RoutePlanned {
        name: String,
        within: Option<ObjectPath>,
        periods: Vec<Period>,
    },
    /// A channel is to be told.
    NotificationDue {
        id: NotificationId,
        /// What all its problems are in.
        within: Option<ObjectPath>,
        channel: String,
        route: String,
        why: Why,
        told: Vec<Told>,
    },
    /// A channel is to be told what no route has to do with: a test, or what an alarm's action says.
    NotificationAsked {
        id: NotificationId,
        /// Whose it is.
        within: Option<ObjectPath>,
        channel: String,
        why: Why,
        /// What an alarm says; none of a test.
        alarm: Option<Box<AlarmTold>>,
        /// Why the channel cannot be told; it is to be when none.
        refused: Option<String>,
    },
    /// It is being sent, as far as it is still so.
    NotificationBegun {
        id: NotificationId,
        within: Option<ObjectPath>,
        attempt: u32,
        told: Vec<Told>,
    },
    NotificationFinished {
        id: NotificationId,
        within: Option<ObjectPath>,
        attempt: u32,
        outcome: Outcome,
        /// When it is tried again; given up, or delivered, when none.
        next_at: Option<UnixMillis>,
    },
    /// It is not sent, for it is so no longer.
    NotificationWithdrawn {
        id: NotificationId,
        within: Option<ObjectPath>,
        reason: String,
    },
    /// A route does not tell it, for an action of the alarm that it is about did.
    NotificationSpared {
        id: NotificationId,
        channel: String,
        route: String,
        told: Box<Told>,
        by: NotificationId,
    },
    /// Channels that were told of a problem could not be told of its end in time.
    RecoveryUntold {
        id: ProblemId,
        object: ObjectPath,
        channels: Vec<String>,
    },
    UserCreated {
        name: String,
        password_hash: String,
        grants: Vec<Grant>,
    },
    PasswordSet {
        name: String,
        password_hash: String,
    },
    GrantsSet {
        name: String,
        grants: Vec<Grant>,
    },
    UserDeleted {
        name: String,
    },
    SessionOpened {
        user: String,
        secret_hash: String,
        expires_at: UnixMillis,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<String>,
    },
    SessionClosed {
        user: String,
        secret_hash: String,
    },
    LoginFailed {
        user: String,
    },
    AccessChanged {
        /// Empty when it is about nobody in particular.
        user: String,
        change: AccessChange,
    },
    /// A request is about to go to a joined cluster.
    RequestPassedOn {
        request: PassedRequest,
    },
    /// It was answered, or was not.
    RequestAnswered {
        answer: PassedAnswer,
    },
    TokenCreated {
        id: Uuid,
        name: String,
        owner: String,
        secret_hash: String,
        grants: Vec<Grant>,
        expires_at: Option<UnixMillis>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        speaks_for_users: bool,
    },
    TokenRevoked {
        id: Uuid,
    },
    AccessKeyCreated {
        id: AccessKeyId,
        name: String,
        owner: String,
        account: AccountId,
        grants: Vec<Grant>,
        expires_at: Option<UnixMillis>,
    },
    AccessKeyRevoked {
        id: AccessKeyId,
    },
    JoinTokenCreated {
        id: Uuid,
        cluster: ObjectPath,
        secret_hash: String,
        uses: u32,
        expires_at: UnixMillis,
    },
    JoinTokenRevoked {
        id: Uuid,
    },
    AgentEnrolled {
        server: ObjectPath,
        join_token: Uuid,
        certificate: AgentCertificate,
    },
    AgentRenewed {
        server: ObjectPath,
        certificate: AgentCertificate,
    },
    AgentRevoked {
        server: ObjectPath,
    },
    /// A kind that this build does not know.
    #[serde(skip)]
    Unrecognised {
        kind: String,
        payload: Value,
    },
}
