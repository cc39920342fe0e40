//! The OpenAPI 3.1 document, made from the table of routes and the schemas of the DTOs.
//!
//! Invariants
//! - O-1: the same build makes the same bytes; keys are sorted.
//! - O-2: every schema that a route names exists.

use crate::problem;
use crate::route::{Access, Answer, Parameter, ROUTES, Route, Value as ParameterValue};
use crate::session::COOKIE;
use crate::{
    access_key, action, agent, agentless, application, audit, availability, chart, cluster, code,
    configuration, dashboard, event, fleet_problem, heartbeat, history, join_token, live, liveness, log,
    maintenance, master, network, notification, overview, package, page, permit, problem as problems, query,
    rule, safety,
};
use crate::{schema, server, service, session, task, tenant, terminal, time, token, user, watch, why};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The document.
pub fn document() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in ROUTES {
        let path = route.path.replace("{*", "{");
        paths.entry(path).or_default().insert(route.method.as_str().to_lowercase(), operation(route));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Topmast",
            "version": "1",
            "description": "Servers, applications, services and tasks of a fleet: lists, watches and safe actions.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "session or API token" },
                "basic": { "type": "http", "scheme": "basic", "description": "user name and password" },
                "cookie": {
                    "type": "apiKey", "in": "cookie", "name": COOKIE,
                    "description": "a browser's session; what changes anything must carry the master's own Origin",
                },
            },
        },
    })
}

/// The document as it is checked in: two spaces a level, a line feed at the end.
pub fn text() -> String {
    format!("{:#}\n", document())
}

fn operation(route: &Route) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), route.operation.into());
    operation.insert("summary".into(), route.summary.into());
    operation.insert("tags".into(), json!([tag(route)]));
    let parameters: Vec<Value> =
        route.path_parameters().map(in_path).chain(route.query.iter().map(in_query)).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), parameters.into());
    }
    if let Some(body) = route.body {
        let body =
            json!({ "required": true, "content": { "application/json": { "schema": reference(body) } } });
        operation.insert("requestBody".into(), body);
    }
    operation.insert("responses".into(), responses(route));
    match route.access {
        Access::Public => operation.insert("security".into(), json!([])),
        Access::Principal | Access::Needs(_) | Access::InSome(_) => {
            operation.insert("security".into(), json!([{ "bearer": [] }, { "basic": [] }, { "cookie": [] }]))
        }
    };
    if let Some(right) = route.access.right() {
        operation.insert("x-right".into(), right.as_str().into());
    }
    operation.into()
}

/// The noun of the operation id.
fn tag(route: &Route) -> &'static str {
    let path = route.path.trim_start_matches("/api/v1/").trim_start_matches('/');
    path.split(['/', '.']).next().unwrap_or(path)
}

fn in_path(name: &str) -> Value {
    let schema = if name == "path" { reference("ObjectPath") } else { json!({ "type": "string" }) };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn in_query(parameter: &Parameter) -> Value {
    let schema = match parameter.value {
        ParameterValue::Text => json!({ "type": "string" }),
        ParameterValue::Count => json!({ "type": "integer", "format": "int64", "minimum": 0 }),
        ParameterValue::Schema(name) => reference(name),
    };
    json!({ "name": parameter.name, "in": "query", "description": parameter.summary, "schema": schema })
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    for answer in route.answers {
        let (status, media_type, schema, description) = match answer {
            Answer::Json(status, schema) => {
                (*status, Some("application/json"), Some(reference(schema)), String::new())
            }
            Answer::Redirect => (303, None, None, "goes on elsewhere".to_owned()),
            Answer::Empty => (204, None, None, "done".to_owned()),
            Answer::Text(media_type) => {
                (200, Some(*media_type), Some(json!({ "type": "string" })), String::new())
            }
            Answer::Stream(events) => {
                (200, Some("text/event-stream"), Some(stream(events)), "server-sent events".to_owned())
            }
            Answer::WebSocket => (101, None, None, "a WebSocket".to_owned()),
        };
        let description = if description.is_empty() { route.summary.to_owned() } else { description };
        let response =
            responses.entry(status.to_string()).or_insert_with(|| json!({ "description": description }));
        if let Some(media_type) = media_type {
            response["content"][media_type]["schema"] = schema.unwrap_or_default();
        }
    }
    let refused = json!({ "description": "a problem; nothing was done", "content": refusal(route) });
    responses.insert("default".into(), refused);
    responses.into()
}

/// What says why not: a problem, and where programs of others or browsers ask, what those understand.
fn refusal(route: &Route) -> Value {
    let mut content = json!({ (problem::MEDIA_TYPE): { "schema": reference("Problem") } });
    for answer in route.answers {
        match answer {
            Answer::Json(_, schema @ "PrometheusAnswer") => {
                content["application/json"]["schema"] = reference(schema);
            }
            Answer::Text(page @ "text/html") => content[*page]["schema"] = json!({ "type": "string" }),
            _ => {}
        }
    }
    content
}

/// The data of each event, by the event's name.
fn stream(events: &[(&str, Option<&str>)]) -> Value {
    let alternatives: Vec<Value> = events
        .iter()
        .map(|(name, data)| {
            let data = data.map_or_else(|| json!({ "type": "object" }), reference);
            json!({
                "type": "object",
                "required": ["event", "data"],
                "properties": { "event": { "const": name }, "data": data, "id": { "type": "string" } },
            })
        })
        .collect();
    json!({ "oneOf": alternatives })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn schemas() -> BTreeMap<String, Value> {
    let mut all = Vec::new();
    add::<liveness::Liveness>(&mut all);
    add::<session::SessionRequest>(&mut all);
    add::<session::Session>(&mut all);
    add::<session::SecondFactorOffer>(&mut all);
    add::<session::DeviceLogin>(&mut all);
    add::<session::DeviceSessionRequest>(&mut all);
    add::<session::LoopbackLogin>(&mut all);
    add::<session::LoopbackLoginRequest>(&mut all);
    add::<session::LoopbackSessionRequest>(&mut all);
    add::<session::DeviceSession>(&mut all);
    add::<session::LoginWays>(&mut all);
    add::<network::Networks>(&mut all);
    add::<network::NetworksRequest>(&mut all);
    add::<session::SecondFactorRequest>(&mut all);
    add::<session::RecoveryCodes>(&mut all);
    add::<session::CodeRequest>(&mut all);
    add_of::<page::Page<session::SessionRow>, session::SessionRow>(&mut all);
    add_of::<page::Page<server::ServerRow>, server::ServerRow>(&mut all);
    add_of::<watch::Delta<server::ServerRow>, server::ServerRow>(&mut all);
    add::<server::ServerDetails>(&mut all);
    add_of::<page::Page<application::ApplicationRow>, application::ApplicationRow>(&mut all);
    add_of::<watch::Delta<application::ApplicationRow>, application::ApplicationRow>(&mut all);
    add::<application::ApplicationDetails>(&mut all);
    add_of::<page::Page<service::ServiceRow>, service::ServiceRow>(&mut all);
    add_of::<watch::Delta<service::ServiceRow>, service::ServiceRow>(&mut all);
    add::<service::ServiceDetails>(&mut all);
    add_of::<page::Page<task::TaskRow>, task::TaskRow>(&mut all);
    add_of::<watch::Delta<task::TaskRow>, task::TaskRow>(&mut all);
    add::<chart::Chart>(&mut all);
    add_of::<page::Page<dashboard::DashboardRow>, dashboard::DashboardRow>(&mut all);
    add::<dashboard::Dashboard>(&mut all);
    add::<dashboard::WidgetData>(&mut all);
    add::<overview::Overview>(&mut all);
    add::<live::LiveRequest>(&mut all);
    add::<live::LiveMessage>(&mut all);
    add::<live::LiveHello>(&mut all);
    add::<live::LiveHeartbeat>(&mut all);
    add::<action::ActionRequest>(&mut all);
    add::<action::ActionPlan>(&mut all);
    add_of::<page::Page<action::Action>, action::Action>(&mut all);
    add::<action::ActionProgress>(&mut all);
    add::<action::ActionOrderRequest>(&mut all);
    add_of::<page::Page<safety::FreezeRow>, safety::FreezeRow>(&mut all);
    add::<safety::FreezeRequest>(&mut all);
    add_of::<page::Page<safety::PolicyRow>, safety::PolicyRow>(&mut all);
    add_of::<page::Page<permit::PermitRow>, permit::PermitRow>(&mut all);
    add::<permit::PermitOrderRequest>(&mut all);
    add::<event::EventPage>(&mut all);
    add::<event::EventOrder>(&mut all);
    add::<task::TaskRuns>(&mut all);
    add::<task::TaskRunRequest>(&mut all);
    add::<task::TaskRunOrdered>(&mut all);
    add_of::<page::Page<tenant::TenantRow>, tenant::TenantRow>(&mut all);
    add_of::<page::Page<tenant::TenantUsageRow>, tenant::TenantUsageRow>(&mut all);
    add::<tenant::TenantRequest>(&mut all);
    add::<tenant::SuspendRequest>(&mut all);
    add_of::<page::Page<tenant::TenantPart>, tenant::TenantPart>(&mut all);
    add::<tenant::TenantRemoveRequest>(&mut all);
    add::<availability::Availability>(&mut all);
    add::<availability::ObjectiveRequest>(&mut all);
    add_of::<page::Page<heartbeat::HeartbeatRow>, heartbeat::HeartbeatRow>(&mut all);
    add::<heartbeat::HeartbeatRequest>(&mut all);
    add::<heartbeat::HeartbeatCreated>(&mut all);
    add::<heartbeat::PingRequest>(&mut all);
    add::<why::Why>(&mut all);
    add::<audit::AuditPage>(&mut all);
    add::<audit::AuditVerification>(&mut all);
    add::<audit::ExportFormat>(&mut all);
    add::<query::PrometheusAnswer>(&mut all);
    add::<history::HistoryStatus>(&mut all);
    add_of::<page::Page<user::UserRow>, user::UserRow>(&mut all);
    add::<user::UserRequest>(&mut all);
    add::<user::PasswordRequest>(&mut all);
    add::<user::GrantsRequest>(&mut all);
    add_of::<page::Page<token::TokenRow>, token::TokenRow>(&mut all);
    add::<token::TokenRequest>(&mut all);
    add::<token::TokenCreated>(&mut all);
    add_of::<page::Page<access_key::AccessKeyRow>, access_key::AccessKeyRow>(&mut all);
    add::<access_key::AccessKeyRequest>(&mut all);
    add::<access_key::AccessKeyCreated>(&mut all);
    add::<package::PackageUploaded>(&mut all);
    add_of::<page::Page<package::PackageRow>, package::PackageRow>(&mut all);
    add::<package::TrustKeyRequest>(&mut all);
    add_of::<page::Page<package::TrustKeyRow>, package::TrustKeyRow>(&mut all);
    add_of::<page::Page<cluster::ClusterRow>, cluster::ClusterRow>(&mut all);
    add_of::<page::Page<master::MasterRow>, master::MasterRow>(&mut all);
    add::<master::MasterRole>(&mut all);
    add_of::<page::Page<join_token::JoinTokenRow>, join_token::JoinTokenRow>(&mut all);
    add::<join_token::JoinTokenRequest>(&mut all);
    add::<join_token::JoinTokenCreated>(&mut all);
    add_of::<page::Page<agent::AgentRow>, agent::AgentRow>(&mut all);
    add::<agent::EnrolRequest>(&mut all);
    add::<agent::Enrolment>(&mut all);
    add_of::<page::Page<agentless::AgentlessRow>, agentless::AgentlessRow>(&mut all);
    add::<agentless::AgentlessRequest>(&mut all);
    add::<agentless::AgentlessPlan>(&mut all);
    add::<agentless::ShownKeys>(&mut all);
    add::<agentless::TrustRequest>(&mut all);
    add::<log::LogQuery>(&mut all);
    add::<log::LogSources>(&mut all);
    add::<log::LogMessage>(&mut all);
    add::<terminal::TerminalRequest>(&mut all);
    add::<terminal::TerminalMessage>(&mut all);
    add_of::<page::Page<terminal::TerminalRow>, terminal::TerminalRow>(&mut all);
    add::<terminal::TerminalDetails>(&mut all);
    add::<terminal::TerminalPlanRequest>(&mut all);
    add::<terminal::TerminalPlan>(&mut all);
    add::<terminal::PlannedApproval>(&mut all);
    add::<agentless::AgentlessApplicationsRequest>(&mut all);
    add::<agentless::AgentlessApplications>(&mut all);
    add::<problems::Problem>(&mut all);
    add_of::<page::Page<fleet_problem::ProblemRow>, fleet_problem::ProblemRow>(&mut all);
    add::<fleet_problem::ProblemDetails>(&mut all);
    add::<fleet_problem::AcknowledgeRequest>(&mut all);
    add::<fleet_problem::UnacknowledgeRequest>(&mut all);
    add::<fleet_problem::CommentRequest>(&mut all);
    add::<fleet_problem::CloseRequest>(&mut all);
    add_of::<page::Page<fleet_problem::MuteRow>, fleet_problem::MuteRow>(&mut all);
    add::<fleet_problem::MuteRequest>(&mut all);
    add_of::<page::Page<maintenance::MaintenanceRow>, maintenance::MaintenanceRow>(&mut all);
    add::<maintenance::MaintenanceRequest>(&mut all);
    add_of::<page::Page<rule::RuleRow>, rule::RuleRow>(&mut all);
    add::<rule::RulesRequest>(&mut all);
    add::<rule::RulesPlan>(&mut all);
    add_of::<page::Page<configuration::ConfigurationRow>, configuration::ConfigurationRow>(&mut all);
    add::<configuration::ConfigurationDetails>(&mut all);
    add::<configuration::ConfigurationRequest>(&mut all);
    add::<configuration::ConfigurationRevised>(&mut all);
    add::<configuration::ConfigurationRevertRequest>(&mut all);
    add::<configuration::ConfigurationApplyRequest>(&mut all);
    add::<configuration::ConfigurationApplyPlan>(&mut all);
    add_of::<page::Page<code::CodeRow>, code::CodeRow>(&mut all);
    add::<code::CodeRequest>(&mut all);
    add::<code::CodePlan>(&mut all);
    add::<code::CodeReleaseRequest>(&mut all);
    add_of::<page::Page<notification::ChannelRow>, notification::ChannelRow>(&mut all);
    add_of::<page::Page<notification::RouteRow>, notification::RouteRow>(&mut all);
    add_of::<page::Page<notification::NotificationRow>, notification::NotificationRow>(&mut all);
    add::<notification::NotificationsRequest>(&mut all);
    add::<notification::NotificationsPlan>(&mut all);
    add::<notification::ChannelTest>(&mut all);
    add::<notification::NotificationWhy>(&mut all);
    add::<rule::RuleTestRequest>(&mut all);
    add::<rule::RuleTrial>(&mut all);
    add::<rule::TriedDay>(&mut all);
    add::<rule::TriedProblem>(&mut all);
    add::<rule::TriedSeries>(&mut all);
    add::<schema::ObjectPath>(&mut all);
    add::<schema::ActionStatus>(&mut all);
    add::<time::Timestamp>(&mut all);
    all.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect()
}

/// Adds a schema and all that it refers to.
fn add<T: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((T::name().into_owned(), <T as PartialSchema>::schema()));
    T::schemas(all);
}

/// Adds the schema of a `T` of `R`, named like `Page_ServerRow`, the row's own schema, and all that they refer to.
fn add_of<T: ToSchema, R: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((format!("{}_{}", T::name(), R::name()), <T as PartialSchema>::schema()));
    T::schemas(all);
    add::<R>(all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every `$ref` of the document.
    fn references<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                into.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, into));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, into)),
            _ => {}
        }
    }

    #[test]
    fn document_is_the_one_checked_in() {
        let checked_in = include_str!("../../../openapi/v1.json");
        assert!(text() == checked_in, "openapi/v1.json is old: run `cargo xtask openapi`");
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        // O-2
        let document = document();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 30, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some_and(Value::is_object), "{reference}");
        }
    }

    #[test]
    fn every_operation_names_its_problems_and_its_security() {
        for item in document()["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                assert!(operation["responses"]["default"]["content"][problem::MEDIA_TYPE].is_object());
                assert!(operation["security"].is_array());
            }
        }
    }
}
