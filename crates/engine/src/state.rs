//! Everything that the journal's events add up to, kept in memory and snapshots.

use crate::access_key::{AccessKey, AccessKeys};
use crate::action::{Action, Actions};
use crate::agent::Agent;
use crate::application::Applications;
use crate::aws_alarm::AwsAlarms;
use crate::code::KeptAsCode;
use crate::configuration::Configurations;
use crate::dashboard::Dashboards;
use crate::effective::Effective;
use crate::history::History;
use crate::join_token::JoinToken;
use crate::log_group::LogGroups;
use crate::maintenance::Announced;
use crate::master::ActiveMaster;
use crate::notification::Notifications;
use crate::package::Packages;
use crate::package::key::TrustKeys;
use crate::parameter::Parameters;
use crate::path_map::PathMap;
use crate::permit::Permits;
use crate::problem::{Problem, Problems};
use crate::safety::Safety;
use crate::server::Server;
use crate::session::{Session, Sessions};
use crate::tag::Tagged;
use crate::task_order::Heartbeat;
use crate::tenant::Tenant;
use crate::terminal::{Terminal, Terminals};
use crate::token::{Token, Tokens};
use crate::user::User;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::account::AccessKeyId;
use topmast_model::agentless::{AgentlessApplication, AgentlessHost};
use topmast_model::application::ApplicationState;
use topmast_model::id::{ActionId, Epoch, Seq, StepId};
use topmast_model::network::Network;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::problem::{Mute, ProblemId, ProblemKey};
use topmast_model::rule::Rule;
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServiceStatus, Severity, TaskStatus};
use topmast_model::task::TaskState;
use topmast_model::tenant::Usage;
use topmast_model::terminal::TerminalId;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Shape of a serialised [`State`]; a snapshot of another version is discarded and the journal replayed.
pub const SNAPSHOT_VERSION: u32 = 11;

/// The state after some event. The default is the state before the first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    pub(crate) last_seq: Seq,
    pub(crate) epoch: Epoch,
    /// The active master, since the first that said where it runs.
    #[serde(default)]
    pub(crate) active: Option<ActiveMaster>,
    /// The master that the active one gives its place to.
    #[serde(default)]
    pub(crate) handed_to: Option<String>,
    /// The tenant of the master's own cluster.
    #[serde(default)]
    pub(crate) own_tenant: Option<String>,
    pub(crate) servers: PathMap<Server>,
    pub(crate) applications: Applications,
    /// Of applications there are; none for those of which nothing is remembered.
    pub(crate) histories: PathMap<History>,
    pub(crate) services: PathMap<ServiceState>,
    pub(crate) tasks: PathMap<TaskState>,
    /// The last run that was ordered of each task.
    #[serde(default)]
    pub(crate) task_runs: PathMap<Uuid>,
    /// Tasks that others run and give signs of.
    #[serde(default)]
    pub(crate) heartbeats: PathMap<Heartbeat>,
    pub(crate) actions: Actions,
    pub(crate) agents: PathMap<Agent>,
    pub(crate) agentless: PathMap<AgentlessHost>,
    pub(crate) terminals: Terminals,
    /// Of servers that have some.
    pub(crate) agentless_applications: PathMap<Vec<AgentlessApplication>>,
    pub(crate) join_tokens: BTreeMap<Uuid, JoinToken>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) sessions: Sessions,
    pub(crate) tokens: Tokens,
    pub(crate) access_keys: AccessKeys,
    /// From where anybody may come.
    #[serde(default)]
    pub(crate) networks: Vec<Network>,
    /// Ours; not in the snapshots of versions without rules, as the following.
    #[serde(default)]
    pub(crate) rules: BTreeMap<String, Rule>,
    #[serde(default)]
    pub(crate) problems: Problems,
    #[serde(default)]
    pub(crate) maintenances: BTreeMap<Uuid, Announced>,
    /// By tenant.
    #[serde(default)]
    pub(crate) aws_alarms: BTreeMap<String, AwsAlarms>,
    /// By tenant.
    #[serde(default)]
    pub(crate) dashboards: BTreeMap<String, Dashboards>,
    /// By tenant.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, Parameters>,
    /// By tenant.
    #[serde(default)]
    pub(crate) packages: BTreeMap<String, Packages>,
    /// By tenant.
    #[serde(default)]
    pub(crate) trust_keys: BTreeMap<String, TrustKeys>,
    pub(crate) log_groups: BTreeMap<String, LogGroups>,
    #[serde(default)]
    pub(crate) tags: PathMap<Tagged>,
    #[serde(default)]
    pub(crate) notifications: Notifications,
    #[serde(default)]
    pub(crate) safety: Safety,
    /// What waits for another person beside actions.
    #[serde(default)]
    pub(crate) permits: Permits,
    pub(crate) configurations: Configurations,
    #[serde(default)]
    pub(crate) code: KeptAsCode,
    /// Those that are described, by name.
    #[serde(default)]
    pub(crate) tenants: BTreeMap<String, Tenant>,
    /// What tenants used, by name and day.
    #[serde(default)]
    pub(crate) usage: BTreeMap<String, BTreeMap<i64, Usage>>,
    /// When tenants were removed with all that they had.
    #[serde(default)]
    pub(crate) removed_tenants: BTreeMap<String, UnixMillis>,
}

impl State {
    /// Position of the last event applied; 0 before the first.
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Term of the master that was last made the active one.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Servers that registered, by path.
    pub fn servers(&self) -> &PathMap<Server> {
        &self.servers
    }

    /// One server.
    pub fn server(&self, path: &ObjectPath) -> Option<&Server> {
        self.servers.get(path)
    }

    /// Applications as their agents last reported them, by path.
    pub fn applications(&self) -> &PathMap<ApplicationState> {
        &self.applications
    }

    /// What is remembered of an application; `None` when it never restarted and nothing was asked of it.
    pub fn history(&self, application: &ObjectPath) -> Option<&History> {
        self.histories.get(application)
    }

    /// Services as their agents last reported them, by path.
    pub fn services(&self) -> &PathMap<ServiceState> {
        &self.services
    }

    /// Tasks as their agents last reported them, by path.
    pub fn tasks(&self) -> &PathMap<TaskState> {
        &self.tasks
    }

    /// Tasks of which signs are expected, by path.
    pub fn heartbeats(&self) -> &PathMap<Heartbeat> {
        &self.heartbeats
    }

    /// An application's status as it is to be shown: UNKNOWN while its server is not seen.
    pub fn effective_application(&self, path: &ObjectPath) -> Option<Effective<'_, ApplicationStatus>> {
        let reported = self.applications.get(path)?;
        Some(self.unless_unseen(path, ApplicationStatus::Unknown, reported.status, reported.since))
    }

    /// A service's status as it is to be shown: UNKNOWN while its server is not seen.
    pub fn effective_service(&self, path: &ObjectPath) -> Option<Effective<'_, ServiceStatus>> {
        let reported = self.services.get(path)?;
        Some(self.unless_unseen(path, ServiceStatus::Unknown, reported.status, reported.since))
    }

    /// A task's status as it is to be shown: UNKNOWN while its server is not seen.
    pub fn effective_task(&self, path: &ObjectPath) -> Option<Effective<'_, TaskStatus>> {
        let reported = self.tasks.get(path)?;
        Some(self.unless_unseen(path, TaskStatus::Unknown, reported.status, reported.since))
    }

    /// One action, open or completed; the oldest completed ones are no longer kept.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id)
    }

    /// Every action kept, by id: version 7 ids sort by the time they were made.
    pub fn actions(&self) -> impl DoubleEndedIterator<Item = &Action> {
        self.actions.iter()
    }

    /// Actions that wait for outcomes, by id.
    pub fn open_actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.open().filter_map(|id| self.actions.get(*id))
    }

    /// Steps without an outcome inside a path, with their actions: what its agents are still to do, now or
    /// when [`Action::is_released`] says so.
    pub fn open_steps(&self, within: Option<&ObjectPath>) -> impl Iterator<Item = (StepId, &Action)> {
        self.actions.open_steps(within)
    }

    /// When the next open action's time is over; nothing is to expire before.
    pub fn next_expiry(&self) -> Option<UnixMillis> {
        self.open_actions().filter_map(Action::expiry).min()
    }

    /// When the next action that waits for its batch, its time or its approval can go on, or gives up; nothing is to advance before.
    pub fn next_batch(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.open_actions().filter_map(|action| action.next_batch_at(self, now)).min()
    }

    /// Enrolled and revoked agents, by the path of their server.
    pub fn agents(&self) -> &PathMap<Agent> {
        &self.agents
    }

    /// Servers that are read over ssh and how, by path.
    pub fn agentless(&self) -> &PathMap<AgentlessHost> {
        &self.agentless
    }

    /// Terminals, open and the last that were closed, by id: the oldest first.
    pub fn terminals(&self) -> impl DoubleEndedIterator<Item = (&TerminalId, &Terminal)> {
        self.terminals.iter()
    }

    /// One terminal; the oldest closed ones are no longer kept.
    pub fn terminal(&self, id: TerminalId) -> Option<&Terminal> {
        self.terminals.get(id)
    }
    /// The applications of a server that is read over ssh, as they were set.
    pub fn agentless_applications(&self, server: &ObjectPath) -> &[AgentlessApplication] {
        self.agentless_applications.get(server).map_or(&[], Vec::as_slice)
    }

    /// True when `fingerprint` is that of a certificate with which the server's agent may connect at `now`.
    ///
    /// `fingerprint`: SHA-256 of the DER bytes, lower-case hex.
    pub fn agent_certificate_valid(&self, server: &ObjectPath, fingerprint: &str, now: UnixMillis) -> bool {
        self.agents.get(server).is_some_and(|agent| agent.admits(fingerprint, now))
    }

    /// Join tokens that were not revoked, by id; expired ones go when the next is made.
    pub fn join_tokens(&self) -> &BTreeMap<Uuid, JoinToken> {
        &self.join_tokens
    }

    /// The join token with a secret, if a server can still join with it at `now`.
    pub fn usable_join_token(&self, secret_hash: &str, now: UnixMillis) -> Option<&JoinToken> {
        self.join_tokens.values().find(|token| token.secret_hash == secret_hash && token.is_usable(now))
    }

    /// One problem, open or over; those long over are no longer kept.
    pub fn problem(&self, id: ProblemId) -> Option<&Problem> {
        self.problems.get(id)
    }

    /// Every problem kept, by number: in the order in which they were opened.
    pub fn problems(&self) -> impl DoubleEndedIterator<Item = &Problem> {
        self.problems.all()
    }

    /// Open problems, by object, rule and detail.
    pub fn open_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.open()
    }

    /// The worst severity of the open problems on an object and inside it of which people are told; down from servers.
    pub fn worst_problem(&self, path: &ObjectPath) -> Option<Severity> {
        self.problems.worst(path)
    }

    /// The open problem of a rule on an object.
    pub fn open_problem(&self, key: &ProblemKey) -> Option<&Problem> {
        self.problems.open_at(key)
    }

    /// True when no more problems can be open: what is observed now is not kept, and has to be observed again.
    pub fn problems_are_full(&self) -> bool {
        !self.problems.has_room(1)
    }

    /// Mutes that were not ended, by id; one whose time is over goes with the next settling.
    pub fn mutes(&self) -> &BTreeMap<Uuid, Mute> {
        &self.problems.mutes
    }

    /// Maintenances that are not over, by id.
    pub fn maintenances(&self) -> &BTreeMap<Uuid, Announced> {
        &self.maintenances
    }

    /// The maintenance in force on an object at `now`.
    pub fn maintenance_of(&self, object: &ObjectPath, now: UnixMillis) -> Option<(Uuid, &Announced)> {
        let covers = |prefix: &ObjectPath| object.is_within(prefix);
        let mut all = self.maintenances.iter();
        let found = all.find(|(_, one)| one.is_in_force(now) && one.what.objects.iter().any(covers));
        found.map(|(id, one)| (*id, one))
    }

    /// True when an object is known; tenants and clusters always are.
    pub fn is_there(&self, path: &ObjectPath) -> bool {
        match path.level() {
            Level::Tenant | Level::Cluster => true,
            Level::Server => self.servers.get(path).is_some(),
            Level::Application => self.applications.get(path).is_some(),
            Level::Service => self.services.get(path).is_some() || self.tasks.get(path).is_some(),
        }
    }

    /// Users, by login name.
    pub fn users(&self) -> &BTreeMap<String, User> {
        &self.users
    }

    /// One user, with the password's hash for the login to verify.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    /// Open sessions, by the hash of their secret. Some may be over; see [`Session::expires_at`].
    pub fn sessions(&self) -> &BTreeMap<String, Session> {
        self.sessions.all()
    }

    /// API tokens, by id. Some may be over; see [`Token::expires_at`].
    pub fn tokens(&self) -> &BTreeMap<Uuid, Token> {
        self.tokens.all()
    }

    /// The user of a session that is open at `now`, with the user's present grants.
    ///
    /// `secret_hash`: SHA-256 of the secret, lower-case hex. `address`: where the request came from, for the audit.
    pub fn authenticate_session(
        &self,
        secret_hash: &str,
        address: Option<String>,
        now: UnixMillis,
    ) -> Option<Principal> {
        let session = self.sessions.get(secret_hash).filter(|session| session.expires_at > now)?;
        Some(self.users.get(&session.user)?.principal(&session.user, address))
    }

    /// The principal of a token that is valid at `now`: what the token grants and its owner still may.
    ///
    /// `secret_hash`: SHA-256 of the secret, lower-case hex. `address`: where the request came from, for the audit.
    pub fn authenticate_token(
        &self,
        secret_hash: &str,
        address: Option<String>,
        now: UnixMillis,
    ) -> Option<Principal> {
        let token = self.tokens.by_secret(secret_hash).filter(|token| token.is_valid(now))?;
        Some(token.principal(self.users.get(&token.owner)?, address))
    }

    /// Access keys, by id. Some may be over; see [`AccessKey::expires_at`].
    pub fn access_keys(&self) -> &BTreeMap<AccessKeyId, AccessKey> {
        &self.access_keys
    }

    /// The principal of an access key that is valid at `now`: what the key grants and its owner still may.
    ///
    /// Whoever asks has checked the signature. `address`: where the request came from, for the audit.
    pub fn authenticate_access_key(
        &self,
        id: &AccessKeyId,
        address: Option<String>,
        now: UnixMillis,
    ) -> Option<Principal> {
        let key = self.access_keys.get(id).filter(|key| key.is_valid(now))?;
        Some(key.principal(self.users.get(&key.owner)?, address))
    }

    fn unless_unseen<S>(
        &self,
        path: &ObjectPath,
        unknown: S,
        reported: S,
        since: UnixMillis,
    ) -> Effective<'_, S> {
        let server = path.ancestor(Level::Server).and_then(|server| self.servers.get(&server));
        Effective::on(server, unknown, reported, since)
    }
}
