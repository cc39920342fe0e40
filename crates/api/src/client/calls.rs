//! One method a route.

use super::{ActionStream, Client, ClientError, EventStream, ExportStream, PageStream, WatchStream};
use crate::access_key::{AccessKeyCreated, AccessKeyRequest, AccessKeyRow};
use crate::action::{Action, ActionOrderRequest, ActionPlan, ActionQuery, ActionRequest};
use crate::agent::{AgentRow, EnrolRequest, Enrolment};
use crate::agentless::{
    AgentlessApplications, AgentlessApplicationsRequest, AgentlessPlan, AgentlessRequest, AgentlessRow,
    ShownKeys, TrustRequest,
};
use crate::application::ApplicationDetails;
use crate::audit::{AuditPage, AuditQuery, AuditVerification, ExportQuery};
use crate::chart::{Chart, ChartQuery};
use crate::dashboard::{Dashboard, DashboardRow, WidgetData, WidgetQuery};
use crate::event::{EventPage, EventQuery};
use crate::fleet_problem::{
    AcknowledgeRequest, CloseRequest, CommentRequest, MuteRequest, MuteRow, ProblemDetails, ProblemRow,
    UnacknowledgeRequest,
};
use crate::history::HistoryStatus;
use crate::join_token::{JoinTokenCreated, JoinTokenRequest, JoinTokenRow};
use crate::liveness::Liveness;
use crate::maintenance::{MaintenanceRequest, MaintenanceRow};
use crate::notification::{
    ChannelRow, ChannelTest, NotificationRow, NotificationWhy, NotificationsPlan, NotificationsRequest,
    RouteRow,
};
use crate::overview::Overview;
use crate::package::{
    PackageRow, PackageUpload, PackageUploadQuery, PackageUploaded, TrustKeyRequest, TrustKeyRow,
};
use crate::page::{LIMIT_MAX, ListQuery, Page, When};
use crate::permit::{PermitOrderRequest, PermitRow};
use crate::query::{self, InstantQuery, LabelSet, QueryResult, RangeQuery};
use crate::route;
use crate::row::{Kind, Row};
use crate::rule::{RuleRow, RuleTestRequest, RuleTrial, RulesPlan, RulesRequest};
use crate::safety::{FreezeRequest, FreezeRow, PolicyRow};
use crate::server::ServerDetails;
use crate::service::ServiceDetails;
use crate::task::TaskRow;
use crate::terminal::{TerminalDetails, TerminalPlan, TerminalPlanRequest, TerminalQuery, TerminalRow};
use crate::time::Timestamp;
use crate::why::Why;
use topmast_model::account::AccessKeyId;
use topmast_model::id::ActionId;
use topmast_model::package::key::TrustKeyId;
use topmast_model::path::ObjectPath;
use topmast_model::problem::ProblemId;
use uuid::Uuid;

type Answer<T> = Result<T, ClientError>;

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// Adds a package; however long it takes, for its bytes may be many.
    pub async fn package_add(
        &self,
        upload: &PackageUpload,
        bytes: impl Into<reqwest::Body>,
    ) -> Answer<PackageRow> {
        let call = self.call(&route::PACKAGE_ADD, &[]).query(upload);
        call.bytes_as_body(bytes.into()).json_in_its_time().await
    }

    /// How far an upload of these bytes came before it was cut.
    pub async fn package_upload_get(
        &self,
        tenant: Option<&ObjectPath>,
        sha256: &str,
    ) -> Answer<PackageUploaded> {
        let query = PackageUploadQuery { tenant: tenant.cloned() };
        self.call(&route::PACKAGE_UPLOAD_GET, &[sha256]).query(&query).json().await
    }

    /// Packages that may be seen, by tenant, name and version.
    pub async fn package_list(&self) -> Answer<Page<PackageRow>> {
        self.call(&route::PACKAGE_LIST, &[]).json().await
    }

    /// Removes a package that nothing uses.
    pub async fn package_remove(&self, tenant: &ObjectPath, name: &str, version: &str) -> Answer<()> {
        self.call(&route::PACKAGE_REMOVE, &[tenant.as_str(), name, version]).empty().await
    }

    /// Keys whose signatures are trusted, by tenant and id.
    pub async fn trust_key_list(&self) -> Answer<Page<TrustKeyRow>> {
        self.call(&route::TRUST_KEY_LIST, &[]).json().await
    }

    /// Trusts what a key signs.
    pub async fn trust_key_add(&self, request: &TrustKeyRequest) -> Answer<TrustKeyRow> {
        self.call(&route::TRUST_KEY_ADD, &[]).body(request).json().await
    }

    /// Trusts a key no longer.
    pub async fn trust_key_remove(&self, tenant: &ObjectPath, id: TrustKeyId) -> Answer<()> {
        self.call(&route::TRUST_KEY_REMOVE, &[tenant.as_str(), &id.to_string()]).empty().await
    }

    /// Whether the master answers.
    pub async fn liveness(&self) -> Answer<Liveness> {
        self.call(&route::LIVENESS_GET, &[]).json().await
    }

    /// One page of a list.
    pub async fn list<R: Row>(&self, query: &ListQuery) -> Answer<Page<R>> {
        let route = match R::KIND {
            Kind::Servers => &route::SERVER_LIST,
            Kind::Applications => &route::APPLICATION_LIST,
            Kind::Services => &route::SERVICE_LIST,
            Kind::Tasks => &route::TASK_LIST,
        };
        self.call(route, &[]).query(query).json().await
    }

    /// Everything that a query lets through, page by page, up to its `limit` if it has one.
    ///
    /// The list may change between two pages; a row that moves meanwhile may be missed or come twice.
    pub async fn list_all<R: Row>(&self, query: &ListQuery) -> Answer<Page<R>> {
        let first = query.offset.unwrap_or(0);
        let wanted = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut whole =
            Page { items: Vec::new(), total: 0, revision: 0, facets: Vec::new(), missing: Vec::new() };
        loop {
            let left = wanted.saturating_sub(whole.items.len());
            let limit = u32::try_from(left).unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
            let query = ListQuery {
                limit: Some(limit),
                offset: Some(first + whole.items.len() as u64),
                ..query.clone()
            };
            let page: Page<R> = self.list(&query).await?;
            let came = page.items.len();
            whole.items.extend(page.items);
            whole.total = page.total;
            whole.facets = page.facets;
            whole.missing = page.missing;
            whole.revision = page.revision;
            let all = first + whole.items.len() as u64 >= whole.total;
            if came == 0 || all || whole.items.len() >= wanted {
                return Ok(whole);
            }
        }
    }

    /// Watches a list; connects at the first `next`.
    pub fn watch<R: Row>(&self, query: ListQuery) -> WatchStream<R> {
        WatchStream::new(self, query)
    }

    /// One server.
    pub async fn server_get(&self, path: &ObjectPath) -> Answer<ServerDetails> {
        self.call(&route::SERVER_GET, &[path.as_str()]).json().await
    }

    /// Forgets a server.
    pub async fn server_remove(&self, path: &ObjectPath) -> Answer<()> {
        self.call(&route::SERVER_REMOVE, &[path.as_str()]).empty().await
    }

    /// One application.
    pub async fn application_get(&self, path: &ObjectPath) -> Answer<ApplicationDetails> {
        self.call(&route::APPLICATION_GET, &[path.as_str()]).json().await
    }

    /// One service.
    pub async fn service_get(&self, path: &ObjectPath) -> Answer<ServiceDetails> {
        self.call(&route::SERVICE_GET, &[path.as_str()]).json().await
    }

    /// One task.
    pub async fn task_get(&self, path: &ObjectPath) -> Answer<TaskRow> {
        self.call(&route::TASK_GET, &[path.as_str()]).json().await
    }

    /// The whole fleet summed up.
    pub async fn overview_get(&self) -> Answer<Overview> {
        self.call(&route::OVERVIEW_GET, &[]).json().await
    }

    /// The whole fleet summed up as of a time in the past.
    pub async fn overview_at(&self, at: Timestamp) -> Answer<Overview> {
        self.call(&route::OVERVIEW_GET, &[]).query(&When { at: Some(at) }).json().await
    }

    /// How figures of an object went.
    pub async fn chart_get(&self, path: &ObjectPath, query: &ChartQuery) -> Answer<Chart> {
        self.call(&route::CHART_GET, &[path.as_str()]).query(query).json().await
    }

    /// Dashboards that AWS' tools put.
    pub async fn dashboard_list(&self) -> Answer<Page<DashboardRow>> {
        self.call(&route::DASHBOARD_LIST, &[]).json().await
    }

    /// What stands on a dashboard.
    pub async fn dashboard_get(&self, tenant: &str, name: &str) -> Answer<Dashboard> {
        self.call(&route::DASHBOARD_GET, &[tenant, name]).json().await
    }

    /// What a widget shows.
    pub async fn widget_get(
        &self,
        (tenant, name): (&str, &str),
        index: u64,
        query: &WidgetQuery,
    ) -> Answer<WidgetData> {
        let index = index.to_string();
        self.call(&route::WIDGET_GET, &[tenant, name, &index]).query(query).json().await
    }

    /// Asks for an action; `dry_run` is set to false.
    pub async fn action_create(&self, request: &ActionRequest) -> Answer<Action> {
        let request = ActionRequest { dry_run: false, ..request.clone() };
        self.call(&route::ACTION_CREATE, &[]).body(&request).json().await
    }

    /// What an action would do; `dry_run` is set to true.
    pub async fn action_plan(&self, request: &ActionRequest) -> Answer<ActionPlan> {
        let request = ActionRequest { dry_run: true, ..request.clone() };
        self.call(&route::ACTION_CREATE, &[]).body(&request).json().await
    }

    /// Actions, the newest first.
    pub async fn action_list(&self, query: &ActionQuery) -> Answer<Page<Action>> {
        self.call(&route::ACTION_LIST, &[]).query(query).json().await
    }

    /// One action.
    pub async fn action_get(&self, id: ActionId) -> Answer<Action> {
        self.call(&route::ACTION_GET, &[&id.to_string()]).json().await
    }

    /// Approves, rejects, continues or cancels an action.
    pub async fn action_order(&self, id: ActionId, request: &ActionOrderRequest) -> Answer<Action> {
        self.call(&route::ACTION_ORDER, &[&id.to_string()]).body(request).json().await
    }

    /// Freeze windows.
    pub async fn freeze_list(&self) -> Answer<Page<FreezeRow>> {
        self.call(&route::FREEZE_LIST, &[]).json().await
    }

    /// Announces or changes a freeze.
    pub async fn freeze_set(&self, request: &FreezeRequest) -> Answer<FreezeRow> {
        self.call(&route::FREEZE_SET, &[]).body(request).json().await
    }

    /// Ends a freeze.
    pub async fn freeze_lift(&self, id: Uuid) -> Answer<()> {
        self.call(&route::FREEZE_LIFT, &[&id.to_string()]).empty().await
    }

    /// Policies of approval.
    pub async fn policy_list(&self) -> Answer<Page<PolicyRow>> {
        self.call(&route::POLICY_LIST, &[]).json().await
    }

    /// Adds or changes a policy.
    pub async fn policy_set(&self, policy: &PolicyRow) -> Answer<PolicyRow> {
        self.call(&route::POLICY_SET, &[]).body(policy).json().await
    }

    /// Deletes a policy.
    pub async fn policy_delete(&self, name: &str) -> Answer<()> {
        self.call(&route::POLICY_DELETE, &[name]).empty().await
    }

    /// What waits for another person beside actions.
    pub async fn permit_list(&self) -> Answer<Page<PermitRow>> {
        self.call(&route::PERMIT_LIST, &[]).json().await
    }

    /// Approves or rejects a permit.
    pub async fn permit_order(&self, id: u64, request: &PermitOrderRequest) -> Answer<PermitRow> {
        self.call(&route::PERMIT_ORDER, &[&id.to_string()]).body(request).json().await
    }

    /// Follows an action; connects at the first `next`.
    pub fn action_watch(&self, id: ActionId) -> ActionStream {
        ActionStream::new(self, id)
    }

    /// Events of the journal.
    pub async fn event_list(&self, query: &EventQuery) -> Answer<EventPage> {
        self.call(&route::EVENT_LIST, &[]).query(query).json().await
    }

    /// Follows the journal; connects at the first `next`.
    pub fn event_stream(&self, query: EventQuery) -> EventStream {
        EventStream::new(self, query)
    }

    /// Why an object is as it is.
    pub async fn why_get(&self, path: &ObjectPath) -> Answer<Why> {
        self.call(&route::WHY_GET, &[path.as_str()]).json().await
    }

    /// Searches what people did.
    pub async fn audit_search(&self, query: &AuditQuery) -> Answer<AuditPage> {
        self.call(&route::AUDIT_SEARCH, &[]).query(query).json().await
    }

    /// Walks the journal's hash chain.
    pub async fn audit_verify(&self) -> Answer<AuditVerification> {
        self.call(&route::AUDIT_VERIFY, &[]).json().await
    }

    /// Exports the journal.
    pub async fn audit_export(&self, query: &ExportQuery) -> Answer<ExportStream> {
        let response = self.call(&route::AUDIT_EXPORT, &[]).query(query).open().await?;
        Ok(ExportStream { url: self.url().to_owned(), response })
    }

    /// Answers an expression for one time.
    pub async fn query_instant(&self, query: &InstantQuery) -> Answer<query::Answer<QueryResult>> {
        self.call(&route::QUERY_INSTANT, &[]).query(query).json().await
    }

    /// Answers an expression for many times.
    pub async fn query_range(&self, query: &RangeQuery) -> Answer<query::Answer<QueryResult>> {
        self.call(&route::QUERY_RANGE, &[]).query(query).json().await
    }

    /// The series that any of the selectors means.
    pub async fn query_series(&self, selectors: &[&str]) -> Answer<query::Answer<Vec<LabelSet>>> {
        let query: Vec<(&str, &str)> = selectors.iter().map(|selector| ("match[]", *selector)).collect();
        self.call(&route::QUERY_SERIES, &[]).query(&query).json().await
    }

    /// The names of labels.
    pub async fn query_labels(&self) -> Answer<query::Answer<Vec<String>>> {
        self.call(&route::QUERY_LABELS, &[]).json().await
    }

    /// The values of a label.
    pub async fn query_label_values(&self, name: &str) -> Answer<query::Answer<Vec<String>>> {
        self.call(&route::QUERY_LABEL_VALUES, &[name]).json().await
    }

    /// What the history keeps and what it costs.
    pub async fn history_status(&self) -> Answer<HistoryStatus> {
        self.call(&route::HISTORY_STATUS, &[]).json().await
    }

    /// Access keys.
    pub async fn access_key_list(&self) -> Answer<Page<AccessKeyRow>> {
        self.call(&route::ACCESS_KEY_LIST, &[]).json().await
    }

    /// Makes an access key.
    pub async fn access_key_create(&self, request: &AccessKeyRequest) -> Answer<AccessKeyCreated> {
        self.call(&route::ACCESS_KEY_CREATE, &[]).body(request).json().await
    }

    /// Ends an access key.
    pub async fn access_key_revoke(&self, id: &AccessKeyId) -> Answer<()> {
        self.call(&route::ACCESS_KEY_REVOKE, &[id.as_str()]).empty().await
    }

    /// Problems.
    pub async fn problem_list(&self, query: &ListQuery) -> Answer<Page<ProblemRow>> {
        self.call(&route::PROBLEM_LIST, &[]).query(query).json().await
    }

    /// Follows a list of problems; connects at the first `next`.
    pub fn problem_watch(&self, query: ListQuery) -> PageStream<ProblemRow> {
        PageStream::new(self, &route::PROBLEM_WATCH, query)
    }

    /// Everything known of a problem.
    pub async fn problem_get(&self, id: ProblemId) -> Answer<ProblemDetails> {
        self.call(&route::PROBLEM_GET, &[&id.to_string()]).json().await
    }

    /// Takes problems in hand.
    pub async fn problem_acknowledge(&self, request: &AcknowledgeRequest) -> Answer<()> {
        self.call(&route::PROBLEM_ACKNOWLEDGE, &[]).body(request).empty().await
    }

    /// Gives problems out of hand.
    pub async fn problem_unacknowledge(&self, request: &UnacknowledgeRequest) -> Answer<()> {
        self.call(&route::PROBLEM_UNACKNOWLEDGE, &[]).body(request).empty().await
    }

    /// Writes something about problems.
    pub async fn problem_comment(&self, request: &CommentRequest) -> Answer<()> {
        self.call(&route::PROBLEM_COMMENT, &[]).body(request).empty().await
    }

    /// Closes problems.
    pub async fn problem_close(&self, request: &CloseRequest) -> Answer<()> {
        self.call(&route::PROBLEM_CLOSE, &[]).body(request).empty().await
    }

    /// Mutes.
    pub async fn mute_list(&self) -> Answer<Page<MuteRow>> {
        self.call(&route::MUTE_LIST, &[]).json().await
    }

    /// Mutes an object.
    pub async fn mute_create(&self, request: &MuteRequest) -> Answer<MuteRow> {
        self.call(&route::MUTE_CREATE, &[]).body(request).json().await
    }

    /// Ends a mute.
    pub async fn mute_end(&self, id: Uuid) -> Answer<()> {
        self.call(&route::MUTE_END, &[&id.to_string()]).empty().await
    }

    /// Maintenances.
    pub async fn maintenance_list(&self) -> Answer<Page<MaintenanceRow>> {
        self.call(&route::MAINTENANCE_LIST, &[]).json().await
    }

    /// Announces or changes a maintenance.
    pub async fn maintenance_set(&self, request: &MaintenanceRequest) -> Answer<MaintenanceRow> {
        self.call(&route::MAINTENANCE_SET, &[]).body(request).json().await
    }

    /// Ends a maintenance.
    pub async fn maintenance_cancel(&self, id: Uuid) -> Answer<()> {
        self.call(&route::MAINTENANCE_CANCEL, &[&id.to_string()]).empty().await
    }

    /// Rules.
    pub async fn rule_list(&self) -> Answer<Page<RuleRow>> {
        self.call(&route::RULE_LIST, &[]).json().await
    }

    /// Lists channels.
    pub async fn channel_list(&self) -> Answer<Page<ChannelRow>> {
        self.call(&route::CHANNEL_LIST, &[]).json().await
    }

    /// Applies channels, or tells what that would do.
    pub async fn channel_apply(&self, request: &NotificationsRequest) -> Answer<NotificationsPlan> {
        self.call(&route::CHANNEL_APPLY, &[]).body(request).json().await
    }

    /// Deletes a channel.
    pub async fn channel_delete(&self, name: &str) -> Answer<()> {
        self.call(&route::CHANNEL_DELETE, &[name]).empty().await
    }

    /// Sends a test message to a channel.
    pub async fn channel_test(&self, name: &str) -> Answer<ChannelTest> {
        self.call(&route::CHANNEL_TEST, &[name]).json().await
    }

    /// Lists routes.
    pub async fn route_list(&self) -> Answer<Page<RouteRow>> {
        self.call(&route::ROUTE_LIST, &[]).json().await
    }

    /// Applies routes, or tells what that would do.
    pub async fn route_apply(&self, request: &NotificationsRequest) -> Answer<NotificationsPlan> {
        self.call(&route::ROUTE_APPLY, &[]).body(request).json().await
    }

    /// Deletes a route.
    pub async fn route_delete(&self, name: &str) -> Answer<()> {
        self.call(&route::ROUTE_DELETE, &[name]).empty().await
    }

    /// Lists what channels were told.
    pub async fn notification_list(&self, query: &ListQuery) -> Answer<Page<NotificationRow>> {
        self.call(&route::NOTIFICATION_LIST, &[]).query(query).json().await
    }

    /// Says why channels were told of a problem, or were not.
    pub async fn notification_why(&self, problem: &str) -> Answer<NotificationWhy> {
        self.call(&route::NOTIFICATION_WHY, &[problem]).json().await
    }

    /// Applies rules, or tells what that would do.
    pub async fn rule_apply(&self, request: &RulesRequest) -> Answer<RulesPlan> {
        self.call(&route::RULE_APPLY, &[]).body(request).json().await
    }

    /// Tries a rule on the past.
    pub async fn rule_test(&self, request: &RuleTestRequest) -> Answer<RuleTrial> {
        self.call(&route::RULE_TEST, &[]).body(request).json().await
    }

    /// Deletes a rule of ours.
    pub async fn rule_delete(&self, name: &str) -> Answer<()> {
        self.call(&route::RULE_DELETE, &[name]).empty().await
    }

    /// Join tokens.
    pub async fn join_token_list(&self) -> Answer<Page<JoinTokenRow>> {
        self.call(&route::JOIN_TOKEN_LIST, &[]).json().await
    }

    /// Makes a join token.
    pub async fn join_token_create(&self, request: &JoinTokenRequest) -> Answer<JoinTokenCreated> {
        self.call(&route::JOIN_TOKEN_CREATE, &[]).body(request).json().await
    }

    /// Ends a join token.
    pub async fn join_token_revoke(&self, id: Uuid) -> Answer<()> {
        self.call(&route::JOIN_TOKEN_REVOKE, &[&id.to_string()]).empty().await
    }

    /// Enrolled agents.
    pub async fn agent_list(&self) -> Answer<Page<AgentRow>> {
        self.call(&route::AGENT_LIST, &[]).json().await
    }

    /// Enters a cluster.
    pub async fn agent_enrol(&self, request: &EnrolRequest) -> Answer<Enrolment> {
        self.call(&route::AGENT_ENROL, &[]).body(request).json().await
    }

    /// Refuses an agent's certificates from now on.
    pub async fn agent_revoke(&self, server: &ObjectPath) -> Answer<()> {
        self.call(&route::AGENT_REVOKE, &[server.as_str()]).empty().await
    }

    /// The servers that are read over ssh, and how.
    pub async fn agentless_list(&self) -> Answer<Page<AgentlessRow>> {
        self.call(&route::AGENTLESS_LIST, &[]).json().await
    }

    /// Reads servers over ssh from now on, or tells what would happen.
    pub async fn agentless_add(&self, request: &AgentlessRequest) -> Answer<AgentlessPlan> {
        self.call(&route::AGENTLESS_ADD, &[]).body(request).json().await
    }

    /// The host keys that servers show.
    pub async fn agentless_keys(&self, request: &AgentlessRequest) -> Answer<ShownKeys> {
        self.call(&route::AGENTLESS_KEYS, &[]).body(request).json().await
    }

    /// Trusts other host keys of a server.
    pub async fn agentless_trust(&self, server: &ObjectPath, fingerprints: Vec<String>) -> Answer<()> {
        self.call(&route::AGENTLESS_TRUST, &[server.as_str()])
            .body(&TrustRequest { fingerprints })
            .empty()
            .await
    }

    /// Terminals, the newest first.
    pub async fn terminal_list(&self, query: &TerminalQuery) -> Answer<Page<TerminalRow>> {
        self.call(&route::TERMINAL_LIST, &[]).query(query).json().await
    }

    /// One terminal with what became of each server.
    pub async fn terminal_get(&self, id: Uuid) -> Answer<TerminalDetails> {
        self.call(&route::TERMINAL_GET, &[&id.to_string()]).json().await
    }

    /// The recording of a pane, in the form of asciicast 2.
    pub async fn terminal_recording(&self, id: Uuid, pane: usize) -> Answer<String> {
        self.call(&route::TERMINAL_RECORDING, &[&id.to_string(), &pane.to_string()]).text().await
    }

    /// How servers would be reached.
    pub async fn terminal_plan(&self, request: &TerminalPlanRequest) -> Answer<TerminalPlan> {
        self.call(&route::TERMINAL_PLAN, &[]).body(request).json().await
    }
    /// The applications of a server that is read over ssh.
    pub async fn agentless_applications_get(&self, server: &ObjectPath) -> Answer<AgentlessApplications> {
        self.call(&route::AGENTLESS_APPLICATIONS_GET, &[server.as_str()]).json().await
    }

    /// Says which applications a server has that is read over ssh, or tells what would be run.
    pub async fn agentless_applications_set(
        &self,
        server: &ObjectPath,
        request: &AgentlessApplicationsRequest,
    ) -> Answer<AgentlessApplications> {
        self.call(&route::AGENTLESS_APPLICATIONS_SET, &[server.as_str()]).body(request).json().await
    }

    /// The cluster's CA certificate, PEM.
    pub async fn ca_get(&self) -> Answer<String> {
        self.call(&route::CA_GET, &[]).text().await
    }
}
