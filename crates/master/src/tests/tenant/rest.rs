//! Every route of the table, asked for what is the spy's own, and for what is zebra's.

use super::names::TRUST_KEY;
use super::{Asker, Names, journal, populate, steady};
use crate::tests::world::World;
use serde_json::{Value, json};
use topmast_api::route::{Access, Answer, Method, ROUTES, Route};

/// A request: what is behind the route's address, and its body.
pub(super) type Request = (String, Option<Value>);

/// The address of a route about something of these names.
pub(super) fn address(route: &Route, names: &Names) -> String {
    let (operation, word) = (route.operation, names.word);
    let kind = [
        "access_key",
        "join_token",
        "action",
        "freeze",
        "permit",
        "mute",
        "maintenance",
        "problem",
        "token",
        "terminal",
    ]
    .into_iter()
    .find(|kind| operation.starts_with(kind))
    .unwrap_or_default();
    let named = operation.split('_').next().unwrap_or_default().to_owned();
    let path = match operation {
        _ if operation.starts_with("task_") => format!("{}/{word}-task", names.application()),
        _ if operation.starts_with("heartbeat_") => format!("{}/{word}-beat", names.application()),
        _ if operation.starts_with("service_") => format!("{}/{word}-switch-service", names.application()),
        _ if operation.starts_with("application_") => names.application(),
        _ => names.server(),
    };
    let id = names.id(kind);
    let name = match operation {
        "query_label_values" => "tenant".to_owned(),
        _ if operation.starts_with("tenant_") => word.to_owned(),
        _ => names.name(&named),
    };
    let values = [
        ("{*path}", path),
        ("{tenant}", word.to_owned()),
        ("{version}", "1.0".to_owned()),
        ("{index}", "0".to_owned()),
        ("{pane}", "0".to_owned()),
        ("{problem}", names.id("problem").to_owned()),
        ("{sha256}", "0".repeat(64)),
        ("{key}", "E7620F1842B4E81F".to_owned()),
        ("{secret}", format!("{word}-secret")),
        ("{id}", id.to_owned()),
        ("{name}", name),
    ];
    values.iter().fold(route.path.to_owned(), |path, (place, value)| path.replace(place, value))
}

/// What a request about something of these names says.
pub(super) fn about(operation: &str, names: &Names) -> Request {
    let word = names.word;
    let (server, application) = (names.server(), names.application());
    let grants = json!([{"role": "viewer", "path": word}]);
    let problems = json!({"problems": [names.id("problem").parse::<u64>().unwrap()], "comment": "c"});
    let once = json!({"once": {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2027-11-01T00:00:00Z"}});
    let metric = format!("{word}_metric");
    let hosts = json!({"servers": [{"name": "x", "cluster": format!("{word}/main"), "login": 0,
        "endpoint": {"host": "127.0.0.1", "port": 9, "user": "u"}}], "logins": [{"password": "p"}]});
    let body = |value: Value| (String::new(), Some(value));
    let query = |text: String| (text, None);
    match operation {
        "server_list" | "server_watch" | "application_list" | "application_watch" | "service_list"
        | "service_watch" | "task_list" | "task_watch" | "problem_list" | "problem_watch" => {
            query(format!("?filter={word}"))
        }
        "action_list" | "audit_search" => query(format!("?object={server}")),
        "event_list" | "event_stream" => query(format!("?object={word}")),
        "log_list" | "log_tail" | "log_download" => query(format!("?filter=name={word}-switch")),
        "log_search" => body(json!({"filter": format!("name={word}-switch")})),
        "chart_get" => query("?figures=cpu_pct".to_owned()),
        "query_instant" | "query_instant_form" => query(format!("?query={metric}")),
        "query_range" | "query_range_form" => query(format!("?query={metric}&start=1&end=2&step=1")),
        "query_series" | "query_series_form" | "query_labels" | "query_labels_form"
        | "query_label_values" => query(format!("?match[]={{tenant=%22{word}%22}}")),
        "query_metadata" => query(format!("?metric={metric}")),
        "trust_key_add" => body(json!({"tenant": word, "key": TRUST_KEY})),
        "package_upload_get" => query(format!("?tenant={word}")),
        "package_add" => (
            format!("?tenant={word}&name=new-package&version=1&file=p.tar.gz"),
            Some(Value::String("b".into())),
        ),
        "influx_create" | "influx_create_bucket" | "influx_create_root" | "influx_create_bucket_root" => {
            body(Value::String(format!("{word}_metric,tenant={word},instance={word}-db value=8")))
        }
        "statsd_create" => body(Value::String(format!("{word}_metric:8|g|#tenant:{word}"))),
        "action_create" => body(json!({"operation": "stop", "targets": [application]})),
        "action_order" => body(json!({"order": "cancel"})),
        "permit_order" => body(json!({"approved": true})),
        "freeze_set" => {
            body(json!({"id": names.id("freeze"), "name": "new-freeze", "objects": [server], "window": once}))
        }
        "maintenance_set" => body(
            json!({"id": names.id("maintenance"), "name": "new-maintenance", "objects": [server], "window": once}),
        ),
        "policy_set" => body(json!({"name": "new-policy", "operations": ["stop"], "within": word})),
        "mute_create" => body(json!({"object": server, "ends_in_s": 60})),
        "problem_acknowledge" | "problem_close" => body(problems),
        "problem_unacknowledge" => body(json!({"problems": problems["problems"]})),
        "problem_comment" => body(json!({"problems": problems["problems"], "text": "t"})),
        "rule_apply" => body(json!({"text": format!(
            "[[rule]]\nname = \"new-rule\"\nseverity = \"major\"\nmessage = \"m\"\nwithin = \"{word}\"\nwhen.threshold = {{ query = \"x\", compare = \">\", value = 1 }}\n"
        )})),
        "rule_test" => body(json!({"since": "2026-11-01T00:00:00Z", "on": server, "text": format!(
            "[[rule]]\nname = \"new-rule\"\nseverity = \"major\"\nmessage = \"m\"\nwhen.threshold = {{ query = \"{metric}\", compare = \">\", value = 1 }}\n"
        )})),
        "configuration_revise" => body(json!({"text": format!(
            "[[configuration]]\nname = \"new-configuration\"\nwithin = \"{word}\"\napplication = \"a\"\n[[configuration.file]]\npath = \"a\"\ncontent = \"c\"\n"
        )})),
        "configuration_revert" => body(json!({"base": 1, "to": 1})),
        "configuration_diff" => query("?from=1&to=1".to_owned()),
        "configuration_apply" => body(json!({"targets": [application], "dry_run": true})),
        "channel_apply" => body(json!({"text": format!(
            "[[channel]]\nname = \"new-channel\"\ntenant = \"{word}\"\nwebhook = {{ url = \"http://127.0.0.1:9/\", secret = \"some secret of tests\" }}\n"
        )})),
        "route_apply" => body(json!({"text": format!(
            "[[route]]\nname = \"new-route\"\nwithin = \"bolt\"\nchannels = [\"{word}-channel\"]\n"
        )})),
        "code_apply" => body(json!({"channels": format!(
            "[[channel]]\nname = \"new-channel\"\ntenant = \"{word}\"\nwebhook = {{ url = \"http://127.0.0.1:9/\", secret = \"some secret of tests\" }}\n"
        )})),
        "code_release" => body(json!({"kind": "rule", "name": format!("{word}-rule"), "reason": "r"})),
        "oidc_device_session" => body(json!({"login": "l"})),
        "oidc_loopback_begin" => body(json!({"port": 9})),
        "oidc_loopback_session" => body(json!({"login": "l", "state": "s", "code": "c"})),
        "tenant_remove" => body(json!({"reason": "r", "confirm": word})),
        "tenant_promise" => body(json!({"objective": 99.9})),
        "tenant_set" => body(json!({"title": "t"})),
        "tenant_suspend" | "task_run_create" => body(json!({"reason": "r"})),
        "heartbeat_create" => body(json!({"path": format!("{application}/new-beat"), "every_s": 86_400})),
        "heartbeat_ping" => body(json!({})),
        "user_create" => {
            body(json!({"name": "new-user", "password": "a password of tests only", "grants": grants}))
        }
        "user_set_password" => body(json!({"password": "another password of tests"})),
        "user_set_grants" => body(json!({"grants": grants})),
        "token_create" | "access_key_create" => {
            let kind = operation.trim_end_matches("_create");
            body(json!({"name": format!("new-{kind}"), "owner": format!("{word}-user"), "grants": grants}))
        }
        "join_token_create" => body(json!({"cluster": format!("{word}/main")})),
        "agentless_add" => body({
            let mut hosts = hosts;
            hosts["dry_run"] = true.into();
            hosts
        }),
        "agentless_keys" => body(hosts),
        "agentless_trust" => {
            body(json!({"fingerprints": ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]}))
        }
        "agentless_applications_set" => body(json!({"applications": []})),
        "terminal_plan" => body(json!({"targets": [server], "command": "id"})),
        _ => query(String::new()),
    }
}

/// Routes that are no requests with an answer: they are in `live`, or are nobody's.
pub(super) fn is_spoken_to(route: &Route) -> bool {
    route.access != Access::Public && !route.answers.iter().any(|answer| matches!(answer, Answer::WebSocket))
}

/// Every list and figure that the spy may ask for without naming anybody's.
async fn everything(spy: &Asker) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    let gets = ROUTES.iter().filter(|route| route.method == Method::Get && is_spoken_to(route));
    for route in gets.filter(|route| !route.path.contains('{') && !route.operation.ends_with("_tail")) {
        let mut queries = vec![String::new()];
        match route.operation {
            // The answer of the first would be of now, and of the second a stream without end.
            "query_instant" => {
                let all = [
                    "count({__name__=~\".%2B\"})",
                    "count by (tenant, __name__) ({__name__=~\".%2B\"})",
                    "up",
                ];
                queries = all.iter().map(|query| format!("?query={query}")).collect();
            }
            "query_range" => {
                queries = vec!["?query=count({__name__=~\".%2B\"})&start=1&end=9&step=1".to_owned()];
            }
            "query_series" => queries = vec!["?match[]={__name__=~\".%2B\"}".to_owned()],
            "server_list" | "application_list" | "service_list" => {
                queries = vec!["?facets=status&limit=1".to_owned(), "?offset=5".to_owned()];
            }
            "log_list" | "log_download" | "session_get" => continue,
            _ => {}
        }
        for query in queries {
            let (status, text) = spy.ask("GET", &format!("{}{query}", route.path), None).await;
            // What is not understood tells nothing.
            assert_ne!(status, 400, "{} {query} {text}", route.operation);
            told.push((route.operation, format!("{query} {status} {}", steady(&text))));
        }
    }
    told
}

#[tokio::test]
async fn what_a_tenant_is_told_is_the_same_whoever_else_there_is() {
    // TI-1
    let world = World::start().await;
    let spy = Asker::spy(&world).await;
    let before = everything(&spy).await;
    let (_, _zebra) = populate(&world).await;
    let after = everything(&spy).await;
    let differ = before.iter().zip(&after).filter(|(one, other)| one != other);
    let leaks: Vec<String> =
        differ.map(|(one, other)| format!("{}:\n  {}\n  {}", one.0, one.1, other.1)).collect();
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    assert_eq!(before.len(), after.len());
}

#[tokio::test]
async fn what_is_another_tenants_is_as_if_it_were_not_there() {
    // TI-2, TI-3
    let world = World::start().await;
    let spy = Asker::spy(&world).await;
    let (zebra, _agent) = populate(&world).await;
    let (absent, journal_before) = (zebra.absent(), journal(&world).await);
    let (mut leaks, mut misunderstood) = (Vec::new(), Vec::new());
    for route in ROUTES.iter().filter(|route| is_spoken_to(route) && route.operation != "session_close") {
        let mut answers = Vec::new();
        for names in [&zebra, &absent] {
            let (query, body) = about(route.operation, names);
            let address = format!("{}{query}", address(route, names));
            let (status, text) = spy.ask(route.method.as_str(), &address, body.as_ref()).await;
            answers.push(format!("{status} {}", names.neutral(&steady(&text))));
        }
        if answers[1].starts_with("400") {
            misunderstood.push(format!("{} {}", route.operation, answers[1]));
        }
        if answers[0] != answers[1] || answers[0].contains("zebra") {
            leaks.push(format!("{}:\n  {}\n  {}", route.operation, answers[0], answers[1]));
        }
    }
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    // What is not understood proves nothing; some routes say so of a filter that matches nothing, or take other bodies than JSON.
    assert!(misunderstood.len() < ROUTES.len() / 4, "{} {misunderstood:#?}", misunderstood.len());
    assert_eq!(journal(&world).await, journal_before, "something of zebra's was changed");
}
