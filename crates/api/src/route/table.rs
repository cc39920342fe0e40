//! The table itself, in the order of the document.

use super::parameter::{
    ACTIONS, AVAILABILITY, CHART, CONFIGURATION, DEEDS, DIFF, EVENTS, EXPORT, FOLLOW, INFLUX, INSTANT, LIST,
    LOG_DOWNLOAD_QUERY, LOG_LIST_QUERY, LOG_TAIL_QUERY, MATCH, METADATA, NONE, NOTIFICATIONS, OIDC, PACKAGE,
    PACKAGE_UPLOAD, PING, RANGE, RUNS, TARGETS, TERMINALS, USAGE, WATCH, WHEN, WIDGET,
};
use super::{Access, Answer, Method, Route};
use Access::{InSome, Needs, Principal, Public};
use Answer::{Empty, Json, Redirect, Stream, Text, WebSocket};
use Method::{Delete, Get, Post, Put};
use topmast_model::principal::Right::{
    ApproveActions, HandleProblems, ManageAccess, ManageNotifications, ManageRules, ManageSafety,
    ManageServers, Operate, Read, ReadAudit, ReadLogs, RunCommands, Write,
};

const PROMETHEUS: &[Answer] = &[Json(200, "PrometheusAnswer")];

macro_rules! watch {
    ($row:literal) => {
        &[Stream(&[
            ("snapshot", Some(concat!("Page_", $row))),
            ("delta", Some(concat!("Delta_", $row))),
            ("heartbeat", None),
        ])]
    };
}

macro_rules! routes {
    ($($name:ident = $operation:literal $method:ident $path:literal $access:expr, $query:ident, $body:expr, $answers:expr, $summary:literal;)*) => {
        $(
            #[doc = $summary]
            pub const $name: Route = Route {
                method: $method,
                path: $path,
                operation: $operation,
                summary: $summary,
                access: $access,
                query: $query,
                body: $body,
                answers: $answers,
            };
        )*
        /// Every route.
        pub const ROUTES: &[Route] = &[$($name),*];
    };
}

routes! {
    LIVENESS_GET = "liveness_get" Get "/healthz"
        Public, NONE, None, &[Json(200, "Liveness")], "Say that the master answers";

    SESSION_OPEN = "session_open" Post "/api/v1/sessions"
        Public, NONE, Some("SessionRequest"), &[Json(201, "Session")], "Log in with a password";
    LOGIN_WAYS = "login_ways" Get "/api/v1/sessions/ways"
        Public, NONE, None, &[Json(200, "LoginWays")], "Show which ways in there are beside user name and password";
    OIDC_BEGIN = "oidc_begin" Get "/api/v1/oidc/login"
        Public, NONE, None, &[Redirect], "Begin a login through the identity provider, in a browser";
    OIDC_CALLBACK = "oidc_callback" Get "/api/v1/oidc/callback"
        Public, OIDC, None, &[Text("text/html")], "End a login through the identity provider: sets the session's cookie";
    OIDC_DEVICE_BEGIN = "oidc_device_begin" Post "/api/v1/oidc/device"
        Public, NONE, None, &[Json(201, "DeviceLogin")], "Begin a login through the identity provider for a client without a browser: a code to type in any";
    OIDC_DEVICE_SESSION = "oidc_device_session" Post "/api/v1/oidc/device/session"
        Public, NONE, Some("DeviceSessionRequest"), &[Json(200, "DeviceSession")], "Ask whether such a login is done, and take its session";
    OIDC_LOOPBACK_BEGIN = "oidc_loopback_begin" Post "/api/v1/oidc/loopback"
        Public, NONE, Some("LoopbackLoginRequest"), &[Json(201, "LoopbackLogin")], "Begin a login through the identity provider for a program that listens on a port of 127.0.0.1, where the browser comes back to";
    OIDC_LOOPBACK_SESSION = "oidc_loopback_session" Post "/api/v1/oidc/loopback/session"
        Public, NONE, Some("LoopbackSessionRequest"), &[Json(201, "Session")], "Log in with the code that the browser brought there";
    SESSION_GET = "session_get" Get "/api/v1/sessions/current"
        Principal, NONE, None, &[Json(200, "Principal")], "Show who the request comes from and what it may do";
    SESSION_CLOSE = "session_close" Delete "/api/v1/sessions/current"
        Principal, NONE, None, &[Empty], "Log out";
    SECOND_FACTOR_OFFER = "second_factor_offer" Post "/api/v1/sessions/current/second-factor"
        Principal, NONE, None, &[Json(201, "SecondFactorOffer")], "Offer a secret for one's authenticator; it is shown this once and not in force yet";
    SECOND_FACTOR_SET = "second_factor_set" Put "/api/v1/sessions/current/second-factor"
        Principal, NONE, Some("SecondFactorRequest"), &[Json(200, "RecoveryCodes")], "Put an offered secret into force, given its first code; recovery codes are shown this once";
    SECOND_FACTOR_REMOVE = "second_factor_remove" Post "/api/v1/sessions/current/second-factor/remove"
        Principal, NONE, Some("CodeRequest"), &[Empty], "Remove one's own second factor, given a code";
    SESSION_LIST = "session_list" Get "/api/v1/sessions"
        Principal, NONE, None, &[Json(200, "Page_SessionRow")], "List one's own open sessions, and those of all users whom one manages";
    SESSION_REVOKE = "session_revoke" Delete "/api/v1/sessions/{id}"
        Principal, NONE, None, &[Empty], "End a session: one's own, or of a user whom one manages";

    SERVER_LIST = "server_list" Get "/api/v1/servers"
        Needs(Read), LIST, None, &[Json(200, "Page_ServerRow")], "List servers";
    SERVER_WATCH = "server_watch" Get "/api/v1/servers/watch"
        Needs(Read), WATCH, None, watch!("ServerRow"), "Watch a list of servers";
    SERVER_GET = "server_get" Get "/api/v1/servers/{*path}"
        Needs(Read), WHEN, None, &[Json(200, "ServerDetails")], "Show everything known of a server";
    SERVER_REMOVE = "server_remove" Delete "/api/v1/servers/{*path}"
        Needs(ManageServers), NONE, None, &[Empty], "Forget a server and everything on it";

    APPLICATION_LIST = "application_list" Get "/api/v1/applications"
        Needs(Read), LIST, None, &[Json(200, "Page_ApplicationRow")], "List applications";
    APPLICATION_WATCH = "application_watch" Get "/api/v1/applications/watch"
        Needs(Read), WATCH, None, watch!("ApplicationRow"), "Watch a list of applications";
    APPLICATION_GET = "application_get" Get "/api/v1/applications/{*path}"
        Needs(Read), WHEN, None, &[Json(200, "ApplicationDetails")], "Show everything known of an application";

    SERVICE_LIST = "service_list" Get "/api/v1/services"
        Needs(Read), LIST, None, &[Json(200, "Page_ServiceRow")], "List services";
    SERVICE_WATCH = "service_watch" Get "/api/v1/services/watch"
        Needs(Read), WATCH, None, watch!("ServiceRow"), "Watch a list of services";
    SERVICE_GET = "service_get" Get "/api/v1/services/{*path}"
        Needs(Read), WHEN, None, &[Json(200, "ServiceDetails")], "Show everything known of a service";

    TASK_LIST = "task_list" Get "/api/v1/tasks"
        Needs(Read), LIST, None, &[Json(200, "Page_TaskRow")], "List tasks";
    TASK_WATCH = "task_watch" Get "/api/v1/tasks/watch"
        Needs(Read), WATCH, None, watch!("TaskRow"), "Watch a list of tasks";
    TASK_GET = "task_get" Get "/api/v1/tasks/{*path}"
        Needs(Read), WHEN, None, &[Json(200, "TaskRow")], "Show a task";

    CHART_GET = "chart_get" Get "/api/v1/charts/{*path}"
        Needs(Read), CHART, None, &[Json(200, "Chart")],
        "Show how figures of a cluster, server, application or service went";

    DASHBOARD_LIST = "dashboard_list" Get "/api/v1/dashboards"
        Needs(Read), NONE, None, &[Json(200, "Page_DashboardRow")], "List dashboards that AWS' tools put";
    DASHBOARD_GET = "dashboard_get" Get "/api/v1/dashboards/{tenant}/{name}"
        Needs(Read), NONE, None, &[Json(200, "Dashboard")], "Show what stands on a dashboard";
    WIDGET_GET = "widget_get" Get "/api/v1/dashboards/{tenant}/{name}/widgets/{index}"
        Needs(Read), WIDGET, None, &[Json(200, "WidgetData")], "Show the values of a widget, or the states of its alarms";

    REMOTE_WRITE_CREATE = "remote_write_create" Post "/api/v1/prometheus/write"
        Needs(Write), NONE, None, &[Empty],
        "Write samples as Prometheus does: remote write 1.0 or 2.0, protobuf packed with snappy or zstd";
    REMOTE_WRITE_CREATE_PROMETHEUS = "remote_write_create_prometheus" Post "/api/v1/prometheus/api/v1/write"
        Needs(Write), NONE, None, &[Empty],
        "The same as `/api/v1/prometheus/write`, where senders add Prometheus' own path";

    INFLUX_CREATE = "influx_create" Post "/api/v1/influx/write"
        Needs(Write), INFLUX, None, &[Empty],
        "Write samples as lines of `InfluxDB`, plain or packed with gzip";
    INFLUX_CREATE_BUCKET = "influx_create_bucket" Post "/api/v1/influx/api/v2/write"
        Needs(Write), INFLUX, None, &[Empty],
        "The same as `/api/v1/influx/write`, where clients add the path of `InfluxDB` 2";
    INFLUX_CREATE_ROOT = "influx_create_root" Post "/write"
        Needs(Write), INFLUX, None, &[Empty], "The same as `/api/v1/influx/write`, where `InfluxDB` 1 has it";
    INFLUX_CREATE_BUCKET_ROOT = "influx_create_bucket_root" Post "/api/v2/write"
        Needs(Write), INFLUX, None, &[Empty], "The same as `/api/v1/influx/write`, where `InfluxDB` 2 has it";

    INFLUX_PING = "influx_ping" Get "/api/v1/influx/ping"
        Principal, NONE, None, &[Empty], "Answer that lines are taken, as clients of `InfluxDB` ask before they write";
    INFLUX_PING_ROOT = "influx_ping_root" Get "/ping"
        Principal, NONE, None, &[Empty], "The same as `/api/v1/influx/ping`, where `InfluxDB` has it";

    OTLP_CREATE = "otlp_create" Post "/api/v1/otlp/v1/metrics"
        Needs(Write), NONE, None, &[Text("application/x-protobuf"), Text("application/json")],
        "Write metrics of OpenTelemetry: OTLP over HTTP, protobuf or JSON, plain or packed with gzip";
    OTLP_CREATE_ROOT = "otlp_create_root" Post "/v1/metrics"
        Needs(Write), NONE, None, &[Text("application/x-protobuf"), Text("application/json")],
        "The same as `/api/v1/otlp/v1/metrics`, where collectors look for it";

    STATSD_CREATE = "statsd_create" Post "/api/v1/statsd"
        Needs(Write), NONE, None, &[Empty],
        "Count lines of StatsD or DogStatsD, plain or packed with gzip";

    OVERVIEW_GET = "overview_get" Get "/api/v1/overview"
        Needs(Read), WHEN, None, &[Json(200, "Overview")],
        "Sum up the whole fleet: counts by status, clusters, business services, what is not healthy";

    LIVE_CONNECT = "live_connect" Get "/api/v1/live"
        Principal, NONE, None, &[WebSocket],
        "Look at many things over one WebSocket: send `LiveRequest` texts, read `LiveMessage` texts";

    ACTION_CREATE = "action_create" Post "/api/v1/actions"
        Needs(Operate), NONE, Some("ActionRequest"), &[Json(202, "Action"), Json(200, "ActionPlan")],
        "Start, stop or restart applications; 200 with the plan of a dry run";
    ACTION_LIST = "action_list" Get "/api/v1/actions"
        Needs(Read), ACTIONS, None, &[Json(200, "Page_Action")], "List actions, the newest first";
    ACTION_GET = "action_get" Get "/api/v1/actions/{id}"
        Needs(Read), NONE, None, &[Json(200, "Action")], "Show an action with the result of each target";
    ACTION_WATCH = "action_watch" Get "/api/v1/actions/{id}/watch"
        Needs(Read), NONE, None,
        &[Stream(&[("snapshot", Some("Action")), ("progress", Some("ActionProgress")), ("heartbeat", None)])],
        "Follow an action until its final status";
    ACTION_ORDER = "action_order" Post "/api/v1/actions/{id}/order"
        Principal, NONE, Some("ActionOrderRequest"), &[Json(200, "Action")],
        "Approve, reject, continue or cancel an action";

    FREEZE_LIST = "freeze_list" Get "/api/v1/freezes"
        Needs(Read), NONE, None, &[Json(200, "Page_FreezeRow")], "List freeze windows that are not over";
    FREEZE_SET = "freeze_set" Post "/api/v1/freezes"
        Needs(ManageSafety), NONE, Some("FreezeRequest"), &[Json(200, "FreezeRow")],
        "Announce a freeze, or change one: no order on its applications is taken while it is in force";
    FREEZE_LIFT = "freeze_lift" Delete "/api/v1/freezes/{id}"
        Needs(ManageSafety), NONE, None, &[Empty], "End a freeze, or take it back";
    POLICY_LIST = "policy_list" Get "/api/v1/approval-policies"
        Needs(Read), NONE, None, &[Json(200, "Page_PolicyRow")], "List policies of approval";
    POLICY_SET = "policy_set" Post "/api/v1/approval-policies"
        Needs(ManageSafety), NONE, Some("PolicyRow"), &[Json(200, "PolicyRow")],
        "Set a policy: orders of its kind wait for another person's approval";
    POLICY_DELETE = "policy_delete" Delete "/api/v1/approval-policies/{name}"
        Needs(ManageSafety), NONE, None, &[Empty], "Delete a policy; what waits under it goes on waiting";

    PERMIT_LIST = "permit_list" Get "/api/v1/permits"
        Needs(Read), NONE, None, &[Json(200, "Page_PermitRow")],
        "List terminals and removals of servers that wait for approval, or were approved and not done yet";
    PERMIT_ORDER = "permit_order" Post "/api/v1/permits/{id}/order"
        Needs(ApproveActions), NONE, Some("PermitOrderRequest"), &[Json(200, "PermitRow")],
        "Approve or reject a permit";

    PROBLEM_LIST = "problem_list" Get "/api/v1/problems"
        Needs(Read), LIST, None, &[Json(200, "Page_ProblemRow")],
        "List problems, open ones and the last that are over: the worst first, then the newest";
    PROBLEM_WATCH = "problem_watch" Get "/api/v1/problems/watch"
        Needs(Read), WATCH, None, &[Stream(&[("snapshot", Some("Page_ProblemRow")), ("heartbeat", None)])],
        "Follow the list of problems: a snapshot, and another after each change";
    PROBLEM_ACKNOWLEDGE = "problem_acknowledge" Post "/api/v1/problems/acknowledge"
        Needs(HandleProblems), NONE, Some("AcknowledgeRequest"), &[Empty],
        "Take problems in hand: nobody else is told of them meanwhile";
    PROBLEM_UNACKNOWLEDGE = "problem_unacknowledge" Post "/api/v1/problems/unacknowledge"
        Needs(HandleProblems), NONE, Some("UnacknowledgeRequest"), &[Empty], "Give problems out of hand";
    PROBLEM_COMMENT = "problem_comment" Post "/api/v1/problems/comment"
        Needs(HandleProblems), NONE, Some("CommentRequest"), &[Empty], "Write something about problems";
    PROBLEM_CLOSE = "problem_close" Post "/api/v1/problems/close"
        Needs(HandleProblems), NONE, Some("CloseRequest"), &[Empty],
        "Close problems whose condition is no longer known to be so";
    PROBLEM_GET = "problem_get" Get "/api/v1/problems/{id}"
        Needs(Read), NONE, None, &[Json(200, "ProblemDetails")], "Show a problem with what was written about it";
    MUTE_LIST = "mute_list" Get "/api/v1/mutes"
        Needs(Read), NONE, None, &[Json(200, "Page_MuteRow")], "List mutes";
    MUTE_CREATE = "mute_create" Post "/api/v1/mutes"
        Needs(HandleProblems), NONE, Some("MuteRequest"), &[Json(201, "MuteRow")],
        "Tell nobody of problems on an object and inside it for a time";
    MUTE_END = "mute_end" Delete "/api/v1/mutes/{id}"
        Needs(HandleProblems), NONE, None, &[Empty], "End a mute";
    MAINTENANCE_LIST = "maintenance_list" Get "/api/v1/maintenances"
        Needs(Read), NONE, None, &[Json(200, "Page_MaintenanceRow")], "List maintenances that are not over";
    MAINTENANCE_SET = "maintenance_set" Post "/api/v1/maintenances"
        Needs(HandleProblems), NONE, Some("MaintenanceRequest"), &[Json(200, "MaintenanceRow")],
        "Announce a maintenance, or change one: nobody is told of problems while it is in force";
    MAINTENANCE_CANCEL = "maintenance_cancel" Delete "/api/v1/maintenances/{id}"
        Needs(HandleProblems), NONE, None, &[Empty], "End a maintenance, or take it back";
    PACKAGE_LIST = "package_list" Get "/api/v1/packages"
        Needs(Read), NONE, None, &[Json(200, "Page_PackageRow")], "List packages and the applications installed from them";
    PACKAGE_ADD = "package_add" Post "/api/v1/packages"
        Needs(ManageServers), PACKAGE, None, &[Json(201, "PackageRow")],
        "Add a package: its bytes are the body, as they are";
    PACKAGE_UPLOAD_GET = "package_upload_get" Get "/api/v1/packages/uploads/{sha256}"
        Needs(ManageServers), PACKAGE_UPLOAD, None, &[Json(200, "PackageUploaded")],
        "Tell how far the upload of a package came before it was cut";
    PACKAGE_REMOVE = "package_remove" Delete "/api/v1/packages/{tenant}/{name}/{version}"
        Needs(ManageServers), NONE, None, &[Empty], "Remove a package that nothing uses";
    TRUST_KEY_LIST = "trust_key_list" Get "/api/v1/trust-keys"
        Needs(Read), NONE, None, &[Json(200, "Page_TrustKeyRow")],
        "List the keys whose signatures of packages are trusted by servers that name none of their own";
    TRUST_KEY_ADD = "trust_key_add" Post "/api/v1/trust-keys"
        Needs(ManageAccess), NONE, Some("TrustKeyRequest"), &[Json(201, "TrustKeyRow")],
        "Trust what a key of minisign signs: from the first key on, unsigned packages are refused";
    TRUST_KEY_REMOVE = "trust_key_remove" Delete "/api/v1/trust-keys/{tenant}/{key}"
        Needs(ManageAccess), NONE, None, &[Empty],
        "Trust a key no longer; without any key, unsigned packages are installed again";
    RULE_LIST = "rule_list" Get "/api/v1/rules"
        Needs(Read), NONE, None, &[Json(200, "Page_RuleRow")], "List rules, ours before the shipped ones";
    RULE_APPLY = "rule_apply" Post "/api/v1/rules"
        Needs(ManageRules), NONE, Some("RulesRequest"), &[Json(200, "RulesPlan")],
        "Apply rules, all of them or none; a dry run only tells what it would do";
    RULE_TEST = "rule_test" Post "/api/v1/rules/test"
        Needs(Read), NONE, Some("RuleTestRequest"), &[Json(200, "RuleTrial")],
        "Try a rule on the past: when it would have been a problem, of what may be read";
    RULE_DELETE = "rule_delete" Delete "/api/v1/rules/{name}"
        Needs(ManageRules), NONE, None, &[Empty], "Delete a rule of ours; a shipped one of its name counts again";

    CONFIGURATION_LIST = "configuration_list" Get "/api/v1/configurations"
        Needs(Read), NONE, None, &[Json(200, "Page_ConfigurationRow")],
        "List configurations, with how many servers have their newest revision";
    CONFIGURATION_REVISE = "configuration_revise" Post "/api/v1/configurations"
        Needs(ManageServers), NONE, Some("ConfigurationRequest"), &[Json(200, "ConfigurationRevised")],
        "Make a configuration, or give one another revision; a dry run only tells what would change";
    CONFIGURATION_GET = "configuration_get" Get "/api/v1/configurations/{name}"
        Needs(Read), CONFIGURATION, None, &[Json(200, "ConfigurationDetails")],
        "Tell a configuration as a revision has it, its revisions, and what lies on servers";
    CONFIGURATION_DELETE = "configuration_delete" Delete "/api/v1/configurations/{name}"
        Needs(ManageServers), NONE, None, &[Empty], "Delete a configuration; files on servers stay";
    CONFIGURATION_DIFF = "configuration_diff" Get "/api/v1/configurations/{name}/diff"
        Needs(Read), DIFF, None, &[Json(200, "ConfigurationDiff")], "Compare two revisions, line by line";
    CONFIGURATION_REVERT = "configuration_revert" Post "/api/v1/configurations/{name}/revert"
        Needs(ManageServers), NONE, Some("ConfigurationRevertRequest"), &[Json(200, "ConfigurationRevised")],
        "Make what an older revision says the newest one";
    CONFIGURATION_APPLY = "configuration_apply" Post "/api/v1/configurations/{name}/apply"
        Needs(Operate), NONE, Some("ConfigurationApplyRequest"),
        &[Json(200, "ConfigurationApplyPlan"), Json(202, "Action")],
        "Lay a revision down on servers: an action; a dry run tells the plan";
    CODE_LIST = "code_list" Get "/api/v1/code"
        Needs(Read), NONE, None, &[Json(200, "Page_CodeRow")], "List what is kept as code";
    CODE_APPLY = "code_apply" Post "/api/v1/code"
        Principal, NONE, Some("CodeRequest"), &[Json(200, "CodePlan")],
        "Bring configurations, rules, channels, routes and maintenance as code; a dry run tells the plan";
    CODE_RELEASE = "code_release" Post "/api/v1/code/release"
        Principal, NONE, Some("CodeReleaseRequest"), &[Empty],
        "Let a thing that is kept as code be changed by hand until it is brought the next time";

    CHANNEL_LIST = "channel_list" Get "/api/v1/channels"
        Needs(Read), NONE, None, &[Json(200, "Page_ChannelRow")], "List channels, without their secrets";
    CHANNEL_APPLY = "channel_apply" Post "/api/v1/channels"
        Needs(ManageNotifications), NONE, Some("NotificationsRequest"), &[Json(200, "NotificationsPlan")],
        "Apply channels, all of them or none; a dry run only tells what it would do";
    CHANNEL_DELETE = "channel_delete" Delete "/api/v1/channels/{name}"
        Needs(ManageNotifications), NONE, None, &[Empty], "Delete a channel that no route uses";
    CHANNEL_TEST = "channel_test" Post "/api/v1/channels/{name}/test"
        Needs(HandleProblems), NONE, None, &[Json(200, "ChannelTest")],
        "Send a test message to a channel, and tell what its receiver said";
    ROUTE_LIST = "route_list" Get "/api/v1/routes"
        Needs(Read), NONE, None, &[Json(200, "Page_RouteRow")], "List routes in the order in which they are looked at";
    ROUTE_APPLY = "route_apply" Post "/api/v1/routes"
        Needs(ManageNotifications), NONE, Some("NotificationsRequest"), &[Json(200, "NotificationsPlan")],
        "Apply routes, all of them or none; a dry run only tells what it would do";
    ROUTE_DELETE = "route_delete" Delete "/api/v1/routes/{name}"
        Needs(ManageNotifications), NONE, None, &[Empty], "Delete a route";
    NOTIFICATION_LIST = "notification_list" Get "/api/v1/notifications"
        Needs(Read), NOTIFICATIONS, None, &[Json(200, "Page_NotificationRow")],
        "List what channels were told, attempt by attempt, the newest first";
    NOTIFICATION_WHY = "notification_why" Get "/api/v1/notifications/why/{problem}"
        Needs(Read), NONE, None, &[Json(200, "NotificationWhy")],
        "Say in words why channels were told of a problem, or were not";

    EVENT_LIST = "event_list" Get "/api/v1/events"
        Needs(Read), EVENTS, None, &[Json(200, "EventPage")], "List events of the journal";
    EVENT_STREAM = "event_stream" Get "/api/v1/events/stream"
        Needs(Read), FOLLOW, None, &[Stream(&[("event", Some("Event")), ("heartbeat", None)])],
        "Follow the journal; `Last-Event-ID` or `after` goes on where a reader stopped, without either from now";

    TASK_RUN_LIST = "task_run_list" Get "/api/v1/task-runs/{*path}"
        Needs(Read), RUNS, None, &[Json(200, "TaskRuns")], "List the runs of a task that an agent runs, with what they printed";

    TASK_RUN_CREATE = "task_run_create" Post "/api/v1/task-runs/{*path}"
        Needs(Operate), NONE, Some("TaskRunRequest"), &[Json(202, "TaskRunOrdered")], "Let an agent run a task now";
    HEARTBEAT_LIST = "heartbeat_list" Get "/api/v1/heartbeats"
        Needs(Read), NONE, None, &[Json(200, "Page_HeartbeatRow")], "List tasks that others run and give signs of";
    HEARTBEAT_CREATE = "heartbeat_create" Post "/api/v1/heartbeats"
        Needs(ManageRules), NONE, Some("HeartbeatRequest"), &[Json(201, "HeartbeatCreated")],
        "Expect signs of a task that others run; the secret of its address is shown this once";
    HEARTBEAT_DELETE = "heartbeat_delete" Delete "/api/v1/heartbeats/{*path}"
        Needs(ManageRules), NONE, None, &[Empty], "Expect signs of a task no longer";
    HEARTBEAT_PING = "heartbeat_ping" Post "/api/v1/heartbeats/{*path}"
        Needs(Operate), NONE, Some("PingRequest"), &[Empty], "Give a sign of a task";
    PING_GET = "ping_get" Get "/api/v1/ping/{secret}"
        Public, PING, None, &[Empty], "Give a sign of a task by the secret of its address";
    PING_POST = "ping_post" Post "/api/v1/ping/{secret}"
        Public, PING, None, &[Empty], "Give a sign of a task by the secret of its address";

    WHY_GET = "why_get" Get "/api/v1/why/{*path}"
        Needs(Read), NONE, None, &[Json(200, "Why")], "Why an object is as it is: who or what caused it, what refused, what depends on it";

    AUDIT_SEARCH = "audit_search" Get "/api/v1/audit"
        Needs(Read), DEEDS, None, &[Json(200, "AuditPage")], "Search what people did, the newest first, with the result of each deed";
    AUDIT_VERIFY = "audit_verify" Get "/api/v1/audit/verify"
        Needs(ReadAudit), NONE, None, &[Json(200, "AuditVerification")], "Walk the journal's hash chain";
    AUDIT_EXPORT = "audit_export" Get "/api/v1/audit/export"
        Needs(ReadAudit), EXPORT, None, &[Text("application/jsonl"), Text("text/plain")], "Export the journal";

    QUERY_INSTANT = "query_instant" Get "/api/v1/prometheus/api/v1/query"
        Needs(Read), INSTANT, None, PROMETHEUS, "Answer a `PromQL` expression for one time, as Prometheus does";
    QUERY_INSTANT_FORM = "query_instant_form" Post "/api/v1/prometheus/api/v1/query"
        Needs(Read), INSTANT, None, PROMETHEUS, "Answer a `PromQL` expression for one time, as Prometheus does; the parameters may come as a form";
    QUERY_RANGE = "query_range" Get "/api/v1/prometheus/api/v1/query_range"
        Needs(Read), RANGE, None, PROMETHEUS, "Answer a `PromQL` expression for many times, as Prometheus does";
    QUERY_RANGE_FORM = "query_range_form" Post "/api/v1/prometheus/api/v1/query_range"
        Needs(Read), RANGE, None, PROMETHEUS, "Answer a `PromQL` expression for many times, as Prometheus does; the parameters may come as a form";
    QUERY_SERIES = "query_series" Get "/api/v1/prometheus/api/v1/series"
        Needs(Read), MATCH, None, PROMETHEUS, "Find series by their labels";
    QUERY_SERIES_FORM = "query_series_form" Post "/api/v1/prometheus/api/v1/series"
        Needs(Read), MATCH, None, PROMETHEUS, "Find series by their labels; the parameters may come as a form";
    QUERY_LABELS = "query_labels" Get "/api/v1/prometheus/api/v1/labels"
        Needs(Read), MATCH, None, PROMETHEUS, "Find the names of labels";
    QUERY_LABELS_FORM = "query_labels_form" Post "/api/v1/prometheus/api/v1/labels"
        Needs(Read), MATCH, None, PROMETHEUS, "Find the names of labels; the parameters may come as a form";
    QUERY_EXEMPLARS = "query_exemplars" Get "/api/v1/prometheus/api/v1/query_exemplars"
        Needs(Read), NONE, None, PROMETHEUS, "Answer that there are no exemplars";
    QUERY_EXEMPLARS_FORM = "query_exemplars_form" Post "/api/v1/prometheus/api/v1/query_exemplars"
        Needs(Read), NONE, None, PROMETHEUS, "Answer that there are no exemplars; the parameters may come as a form";
    QUERY_LABEL_VALUES = "query_label_values" Get "/api/v1/prometheus/api/v1/label/{name}/values"
        Needs(Read), MATCH, None, PROMETHEUS, "Find the values of a label";
    QUERY_METADATA = "query_metadata" Get "/api/v1/prometheus/api/v1/metadata"
        Needs(Read), METADATA, None, PROMETHEUS, "Tell type, unit and meaning of metrics";
    QUERY_BUILD = "query_build" Get "/api/v1/prometheus/api/v1/status/buildinfo"
        Needs(Read), NONE, None, PROMETHEUS, "Tell which Prometheus is answered like";
    QUERY_RULES = "query_rules" Get "/api/v1/prometheus/api/v1/rules"
        Needs(Read), NONE, None, PROMETHEUS, "Answer that there are no rules";
    QUERY_ALERTS = "query_alerts" Get "/api/v1/prometheus/api/v1/alerts"
        Needs(Read), NONE, None, PROMETHEUS, "Answer that there are no alerts";
    QUERY_TARGETS = "query_targets" Get "/api/v1/prometheus/api/v1/targets"
        Needs(Read), TARGETS, None, PROMETHEUS, "Show what the master scrapes and how that goes, as Prometheus does; for those who may read everything";
    HISTORY_STATUS = "history_status" Get "/api/v1/history/status"
        Needs(Read), NONE, None, &[Json(200, "HistoryStatus")],
        "Show what the history keeps and what it costs; for those who may read everything";

    TENANT_LIST = "tenant_list" Get "/api/v1/tenants"
        Needs(Read), NONE, None, &[Json(200, "Page_TenantRow")],
        "List tenants that one may read all of, with what they may use and use";
    TENANT_USAGE = "tenant_usage" Get "/api/v1/tenants/usage"
        Needs(Read), USAGE, None, &[Json(200, "Page_TenantUsageRow")],
        "Tell what tenants used in a month, day by day, to charge it";
    TENANT_AVAILABILITY = "tenant_availability" Get "/api/v1/tenants/{name}/availability"
        Needs(Read), AVAILABILITY, None, &[Json(200, "Availability")],
        "Tell how available what a tenant has was, what of the error budget is left, and what went wrong";
    TENANT_PROMISE = "tenant_promise" Put "/api/v1/tenants/{name}/objective"
        Needs(ManageAccess), NONE, Some("ObjectiveRequest"), &[Empty],
        "Say what availability is promised to a tenant; for those who manage access everywhere";
    TENANT_SET = "tenant_set" Put "/api/v1/tenants/{name}"
        Needs(ManageAccess), NONE, Some("TenantRequest"), &[Json(200, "TenantRow")],
        "Describe a tenant and say what it may use; for those who manage access everywhere";
    TENANT_FORGET = "tenant_forget" Delete "/api/v1/tenants/{name}"
        Needs(ManageAccess), NONE, None, &[Empty], "Forget a tenant's title and quotas; what is in it stays";
    TENANT_SUSPEND = "tenant_suspend" Post "/api/v1/tenants/{name}/suspend"
        Needs(ManageAccess), NONE, Some("SuspendRequest"), &[Empty],
        "Let nobody of a tenant in; its servers and applications run on";
    TENANT_RESUME = "tenant_resume" Post "/api/v1/tenants/{name}/resume"
        Needs(ManageAccess), NONE, None, &[Empty], "Let the people of a tenant in again";
    TENANT_CONTENT = "tenant_content" Get "/api/v1/tenants/{name}/content"
        Needs(ManageAccess), NONE, None, &[Json(200, "Page_TenantPart")],
        "Tell what would go with a tenant; for those who manage access everywhere";
    TENANT_REMOVE = "tenant_remove" Post "/api/v1/tenants/{name}/remove"
        Needs(ManageAccess), NONE, Some("TenantRemoveRequest"), &[Json(200, "Page_TenantPart")],
        "Remove a tenant with all that it has, for good; for those who manage access everywhere";

    USER_LIST = "user_list" Get "/api/v1/users"
        Needs(ManageAccess), NONE, None, &[Json(200, "Page_UserRow")], "List users";
    USER_CREATE = "user_create" Post "/api/v1/users"
        Needs(ManageAccess), NONE, Some("UserRequest"), &[Json(201, "UserRow")], "Add a user";
    USER_SET_PASSWORD = "user_set_password" Put "/api/v1/users/{name}/password"
        Principal, NONE, Some("PasswordRequest"), &[Empty], "Change one's own password, given the present one, or another's as an administrator; the user's sessions end";
    USER_SET_GRANTS = "user_set_grants" Put "/api/v1/users/{name}/grants"
        Needs(ManageAccess), NONE, Some("GrantsRequest"), &[Json(200, "UserRow")], "Replace what a user may do";
    USER_DELETE = "user_delete" Delete "/api/v1/users/{name}"
        Needs(ManageAccess), NONE, None, &[Empty], "Remove a user with all sessions and tokens";
    USER_UNLOCK = "user_unlock" Post "/api/v1/users/{name}/unlock"
        Needs(ManageAccess), NONE, None, &[Json(200, "UserRow")], "Forget a user's failed logins, so that the next try need not wait";
    USER_RESET_SECOND_FACTOR = "user_reset_second_factor" Delete "/api/v1/users/{name}/second-factor"
        Needs(ManageAccess), NONE, None, &[Json(200, "UserRow")], "Take another user's second factor away, as when the authenticator is lost";
    USER_SET_NETWORKS = "user_set_networks" Put "/api/v1/users/{name}/networks"
        Needs(ManageAccess), NONE, Some("NetworksRequest"), &[Json(200, "UserRow")], "Say from which networks a user may come, with all that belongs to the user";
    USER_END_SESSIONS = "user_end_sessions" Delete "/api/v1/users/{name}/sessions"
        Principal, NONE, None, &[Empty], "End all sessions of a user, oneself or one whom one manages; the one that asks stays";
    USER_REVOKE_TOKENS = "user_revoke_tokens" Delete "/api/v1/users/{name}/tokens"
        Principal, NONE, None, &[Empty], "End all API tokens of a user, oneself or one whom one manages";

    TOKEN_LIST = "token_list" Get "/api/v1/tokens"
        Principal, NONE, None, &[Json(200, "Page_TokenRow")], "List one's own API tokens, and all others that one may manage";
    TOKEN_CREATE = "token_create" Post "/api/v1/tokens"
        Principal, NONE, Some("TokenRequest"), &[Json(201, "TokenCreated")], "Make an API token; its secret is shown this once";
    TOKEN_SET_NETWORKS = "token_set_networks" Put "/api/v1/tokens/{id}/networks"
        Needs(ManageAccess), NONE, Some("NetworksRequest"), &[Json(200, "TokenRow")], "Say from which networks programs may come with a token";
    NETWORK_LIST = "network_list" Get "/api/v1/networks"
        Needs(ManageAccess), NONE, None, &[Json(200, "Networks")], "Show from which networks anybody may come";
    NETWORK_SET = "network_set" Put "/api/v1/networks"
        Needs(ManageAccess), NONE, Some("NetworksRequest"), &[Json(200, "Networks")], "Say from which networks anybody may come; loopback always may";
    TOKEN_REVOKE = "token_revoke" Delete "/api/v1/tokens/{id}"
        Principal, NONE, None, &[Empty], "End an API token";

    ACCESS_KEY_LIST = "access_key_list" Get "/api/v1/access-keys"
        Principal, NONE, None, &[Json(200, "Page_AccessKeyRow")], "List one's own access keys, and all others that one may manage";
    ACCESS_KEY_CREATE = "access_key_create" Post "/api/v1/access-keys"
        Principal, NONE, Some("AccessKeyRequest"), &[Json(201, "AccessKeyCreated")],
        "Make a key with which AWS' own tools sign their requests; its secret is shown this once";
    ACCESS_KEY_REVOKE = "access_key_revoke" Delete "/api/v1/access-keys/{id}"
        Principal, NONE, None, &[Empty], "End an access key";

    CLUSTER_LIST = "cluster_list" Get "/api/v1/clusters"
        Needs(Read), NONE, None, &[Json(200, "Page_ClusterRow")], "List clusters: the own one, then those that are joined, each with its freshness";
    CLUSTER_WATCH = "cluster_watch" Get "/api/v1/clusters/watch"
        Needs(Read), NONE, None, &[Stream(&[("snapshot", Some("Page_ClusterRow")), ("heartbeat", None)])],
        "Watch the list of clusters";
    CLUSTER_PASS_GET = "cluster_pass_get" Get "/api/v1/clusters/{name}/{*rest}"
        Needs(Read), NONE, None, &[Text("*/*"), WebSocket],
        "Read at a joined cluster, or open a WebSocket there: what follows is as behind `/api/v1/` there, and passed on in the name of who asks";
    CLUSTER_PASS_POST = "cluster_pass_post" Post "/api/v1/clusters/{name}/{*rest}"
        Needs(Read), NONE, None, &[Text("*/*")], "Pass a request on to a joined cluster";
    CLUSTER_PASS_PUT = "cluster_pass_put" Put "/api/v1/clusters/{name}/{*rest}"
        Needs(Read), NONE, None, &[Text("*/*")], "Pass a request on to a joined cluster";
    CLUSTER_PASS_DELETE = "cluster_pass_delete" Delete "/api/v1/clusters/{name}/{*rest}"
        Needs(Read), NONE, None, &[Text("*/*")], "Pass a request on to a joined cluster";
    MASTER_LIST = "master_list" Get "/api/v1/masters"
        Principal, NONE, None, &[Json(200, "Page_MasterRow")], "List the masters of this cluster: which one is active, and how far the others are";
    MASTER_PROMOTE = "master_promote" Post "/api/v1/masters/{name}/promote"
        Needs(ManageServers), NONE, None, &[Empty], "Make another master the active one";

    JOIN_TOKEN_LIST = "join_token_list" Get "/api/v1/join-tokens"
        Needs(ManageServers), NONE, None, &[Json(200, "Page_JoinTokenRow")], "List join tokens";
    JOIN_TOKEN_CREATE = "join_token_create" Post "/api/v1/join-tokens"
        Needs(ManageServers), NONE, Some("JoinTokenRequest"), &[Json(201, "JoinTokenCreated")],
        "Make a token with which servers can join a cluster; its secret is shown this once";
    JOIN_TOKEN_REVOKE = "join_token_revoke" Delete "/api/v1/join-tokens/{id}"
        Needs(ManageServers), NONE, None, &[Empty], "End a join token";

    AGENT_LIST = "agent_list" Get "/api/v1/agents"
        Needs(ManageServers), NONE, None, &[Json(200, "Page_AgentRow")], "List enrolled agents";
    AGENT_ENROL = "agent_enrol" Post "/api/v1/agents/enrol"
        Public, NONE, Some("EnrolRequest"), &[Json(201, "Enrolment")], "Enter a cluster; the join token is the proof";
    AGENT_CONNECT = "agent_connect" Get "/api/v1/agents/connect"
        Public, NONE, None, &[WebSocket], "Connect an agent; it proves itself inside with its certificate";
    AGENT_REVOKE = "agent_revoke" Delete "/api/v1/agents/{*path}"
        Needs(ManageServers), NONE, None, &[Empty], "Refuse an agent's certificates from now on";

    AGENTLESS_LIST = "agentless_list" Get "/api/v1/agentless"
        Needs(ManageServers), NONE, None, &[Json(200, "Page_AgentlessRow")],
        "List the servers that are read over ssh, and how";
    AGENTLESS_ADD = "agentless_add" Post "/api/v1/agentless"
        Needs(ManageServers), NONE, Some("AgentlessRequest"), &[Json(201, "AgentlessPlan"), Json(200, "AgentlessPlan")],
        "Read servers over ssh from now on, all of them or none; 200 with the plan of a dry run";
    AGENTLESS_KEYS = "agentless_keys" Post "/api/v1/agentless/keys"
        Needs(ManageServers), NONE, Some("AgentlessRequest"), &[Json(200, "ShownKeys")],
        "Show the host keys of servers before they are trusted; nobody is logged in to a host whose key is not known";
    AGENTLESS_TRUST = "agentless_trust" Put "/api/v1/agentless/{*path}"
        Needs(ManageServers), NONE, Some("TrustRequest"), &[Empty],
        "Trust other host keys of a server from now on";
    AGENTLESS_APPLICATIONS_GET = "agentless_applications_get" Get "/api/v1/agentless-applications/{*path}"
        Needs(ManageServers), NONE, None, &[Json(200, "AgentlessApplications")],
        "Fetch the applications of a server that is read over ssh, and every command that is run for them";
    AGENTLESS_APPLICATIONS_SET = "agentless_applications_set" Put "/api/v1/agentless-applications/{*path}"
        Needs(ManageServers), NONE, Some("AgentlessApplicationsRequest"), &[Json(200, "AgentlessApplications")],
        "Say which applications a server has that is read over ssh, all of them from now on; a dry run only tells";

    LOG_LIST = "log_list" Get "/api/v1/logs"
        InSome(ReadLogs), LOG_LIST_QUERY, None, &[Json(200, "LogSources")],
        "List what applications write to, asked of their servers now";
    LOG_TAIL = "log_tail" Get "/api/v1/logs/tail"
        InSome(ReadLogs), LOG_TAIL_QUERY, None, &[Text("application/x-ndjson")],
        "Follow logs of applications: a `LogMessage` a line, the last lines first, then each as it is written";
    LOG_SEARCH = "log_search" Post "/api/v1/logs/search"
        InSome(ReadLogs), NONE, Some("LogQuery"), &[Text("application/x-ndjson")],
        "Search logs of applications on their servers, the newest lines first: a `LogMessage` a line";
    LOG_DOWNLOAD = "log_download" Get "/api/v1/logs/download"
        InSome(ReadLogs), LOG_DOWNLOAD_QUERY, None, &[Text("text/plain")],
        "Download lines of logs as a text, the oldest first, one source after the other";

    TERMINAL_CONNECT = "terminal_connect" Get "/api/v1/terminals/connect"
        Needs(RunCommands), NONE, None, &[WebSocket],
        "Run a command or shells on servers over one WebSocket: send `TerminalRequest` texts, read `TerminalMessage` texts and output";
    TERMINAL_PLAN = "terminal_plan" Post "/api/v1/terminals/plan"
        Needs(RunCommands), NONE, Some("TerminalPlanRequest"), &[Json(200, "TerminalPlan")],
        "Say as whom servers would be reached, or why not, and whose approval it takes; connects to none";
    TERMINAL_LIST = "terminal_list" Get "/api/v1/terminals"
        Principal, TERMINALS, None, &[Json(200, "Page_TerminalRow")],
        "List terminals, the newest first: one's own, and all for auditors";
    TERMINAL_GET = "terminal_get" Get "/api/v1/terminals/{id}"
        Principal, NONE, None, &[Json(200, "TerminalDetails")], "Show what became of each server of a terminal";
    TERMINAL_RECORDING = "terminal_recording" Get "/api/v1/terminals/{id}/recordings/{pane}"
        Principal, NONE, None, &[Text("application/x-asciicast")],
        "Fetch what a pane printed and when, in the form of asciicast 2";

    CA_GET = "ca_get" Get "/api/v1/ca.pem"
        Public, NONE, None, &[Text("application/x-pem-file")], "Fetch the cluster's CA certificate";
    OPENAPI_GET = "openapi_get" Get "/api/v1/openapi.json"
        Principal, NONE, None, &[Text("application/json")], "Fetch this document";
    METRICS_GET = "metrics_get" Get "/api/v1/metrics"
        Needs(Read), NONE, None, &[Text("text/plain")], "Fetch the master's own metrics, in the Prometheus text form; for those who may read everything";
}
