//! Names that another tenant has are answered as names that nobody has, and lists that are made whole are one's own alone.

use super::rest::{about, address, is_spoken_to};
use super::{Asker, Names, journal, populate, steady};
use crate::tests::world::{PASSWORD, World, refused};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use topmast_api::client::Credentials;
use topmast_api::problem::ProblemCode;
use topmast_api::route::ROUTES;
use topmast_api::user::{PasswordRequest, UserRequest};

/// What is made for zebra or bolt as code, each kind by itself.
fn as_code(word: &str) -> Vec<Value> {
    let rule = format!(
        "[[rule]]\nname = \"new-rule\"\nseverity = \"major\"\nmessage = \"m\"\nwithin = \"{word}\"\nwhen.threshold = {{ query = \"x\", compare = \">\", value = 1 }}\n"
    );
    let channel = format!(
        "[[channel]]\nname = \"new-channel\"\ntenant = \"{word}\"\nwebhook = {{ url = \"http://127.0.0.1:9/\" }}\n"
    );
    let route =
        format!("[[route]]\nname = \"new-route\"\nwithin = \"{word}\"\nchannels = [\"new-channel\"]\n");
    let configuration = format!(
        "[[configuration]]\nname = \"new-configuration\"\nwithin = \"{word}\"\napplication = \"a\"\n[[configuration.file]]\npath = \"a\"\ncontent = \"c\"\n"
    );
    let maintenance = format!(
        "[[maintenance]]\nname = \"new-shift\"\nobjects = [\"{word}/main\"]\nwindow.once = {{ starts_at = \"2026-11-01T00:00:00Z\", ends_at = \"2027-11-01T00:00:00Z\" }}\n"
    );
    vec![
        json!({"rules": rule}),
        json!({"channels": channel}),
        // A route of a channel of the same files is looked at last.
        json!({"channels": channel, "routes": route}),
        json!({"routes": route}),
        json!({"configurations": configuration}),
        json!({"maintenances": maintenance}),
    ]
}

/// What a route could make, by names that begin with `new-`.
fn made(operation: &str, names: &Names) -> Vec<(String, Value)> {
    let bodies = match operation {
        "code_apply" => as_code(names.word).into_iter().map(|body| (String::new(), body)).collect(),
        _ => match about(operation, names) {
            (query, Some(body)) => vec![(query, body)],
            (_, None) => Vec::new(),
        },
    };
    let named = bodies.into_iter().filter(|(query, body)| format!("{query}{body}").contains("new-"));
    named
        .map(|(query, mut body)| {
            // An identity of one's own would be the same thing again.
            if let Some(members) = body.as_object_mut() {
                members.remove("id");
            }
            (query, body)
        })
        .collect()
}

#[tokio::test]
async fn names_that_another_tenant_has_are_answered_as_names_that_nobody_has() {
    // TI-4
    let world = World::start().await;
    let spy = Asker::spy(&world).await;
    let (zebra, _agent) = populate(&world).await;
    let admin = Asker::new(&world, &world.secret);
    let of_bolt = json!([{"role": "viewer", "path": "bolt"}]);
    let user = json!({"name": "bolt-user", "password": "a password of tests only", "grants": of_bolt});
    admin.ok("POST", "/api/v1/users", user).await;
    // What was made by hand is kept as code as well, so that names are had in both ways.
    for body in as_code("zebra") {
        let body: Value = serde_json::from_str(&body.to_string().replace("new-", "zebra-coded-")).unwrap();
        admin.ok("POST", "/api/v1/code", body).await;
    }
    let journal_before = journal(&world).await;
    let own = Names { word: "bolt", ..zebra.absent() };
    let (mut leaks, mut walked, mut named) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for route in ROUTES.iter().filter(|route| is_spoken_to(route)) {
        for (query, body) in made(route.operation, &own) {
            for beginnings in [["zebra-", "absnt-"], ["zebra-coded-", "absnt-coded-"]] {
                let mut answers = Vec::new();
                for beginning in beginnings {
                    let fill = |text: &str| text.replace("new-", beginning);
                    let body: Value = serde_json::from_str(&fill(&body.to_string())).unwrap();
                    let address = format!("{}{}", address(route, &own), fill(&query));
                    let (status, text) = spy.ask(route.method.as_str(), &address, Some(&body)).await;
                    answers.push(format!("{status} {}", steady(&text).replace(beginning, "new-")));
                }
                walked.insert(route.operation);
                if answers[0].contains("call it new-") {
                    named.insert(route.operation);
                }
                if answers[0] != answers[1] {
                    leaks.push(format!("{} {body}:\n  {}\n  {}", route.operation, answers[0], answers[1]));
                }
            }
        }
    }
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    assert_eq!(journal(&world).await, journal_before, "something of zebra's was changed");
    // Names of these are one list over all tenants; of others each tenant has its own, or they are free text.
    let one_list = [
        "channel_apply",
        "code_apply",
        "configuration_revise",
        "policy_set",
        "route_apply",
        "rule_apply",
        "user_create",
    ];
    assert_eq!(named, BTreeSet::from(one_list));
    assert!(walked.len() >= named.len() + 5, "{walked:?}");
}

#[tokio::test]
async fn person_called_after_a_tenant_comes_in_and_is_managed_as_any() {
    let world = World::start().await;
    let (bo, _) = world.user("bo@bolt", &["admin:bolt"]).await;
    assert_eq!(bo.session_get().await.unwrap().name_suffix.as_deref(), Some("@bolt"));
    assert_eq!(world.admin.session_get().await.unwrap().name_suffix, None);
    let grants = vec!["viewer:bolt".parse().unwrap()];
    let request =
        |name: &str| UserRequest { name: name.into(), password: PASSWORD.into(), grants: grants.clone() };
    let told = bo.user_create(&request("zoe")).await.unwrap_err().to_string();
    assert!(told.contains("names that people of bolt make end in @bolt: call it zoe@bolt"), "{told}");
    bo.user_create(&request("zoe@bolt")).await.unwrap();
    assert_eq!(
        refused(bo.user_create(&request("zoe@bolt")).await),
        ProblemCode::Conflict,
        "one's own is told"
    );
    // By HTTP Basic, by a session, and by addresses with the name in them.
    let basic = Credentials::Basic { user: "zoe@bolt".into(), password: PASSWORD.into() };
    assert_eq!(world.anybody().with_credentials(basic).session_get().await.unwrap().name, "zoe@bolt");
    let session = world.anybody().session_open("zoe@bolt", PASSWORD).await.unwrap();
    assert_eq!(session.principal.name_suffix.as_deref(), Some("@bolt"));
    let password = PasswordRequest { password: "another password of tests".into(), current: None };
    bo.user_set_password("zoe@bolt", &password).await.unwrap();
    bo.user_set_grants("zoe@bolt", vec!["operator:bolt".parse().unwrap()]).await.unwrap();
    bo.user_unlock("zoe@bolt").await.unwrap();
    bo.user_delete("zoe@bolt").await.unwrap();
    assert_eq!(bo.user_list().await.unwrap().items.len(), 1);
    // People of the master's own tenant name things as ever, and people by their addresses.
    let (own, _) = world.user("own", &["admin:acme"]).await;
    let of_own = |name: &str| UserRequest { grants: vec!["viewer:acme".parse().unwrap()], ..request(name) };
    for name in ["kim", "kim@example.com", "kim@acme"] {
        own.user_create(&of_own(name)).await.unwrap();
    }
    assert_eq!(refused(own.user_create(&of_own("kim@bolt")).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn lists_that_are_made_whole_are_those_of_who_asks() {
    // TI-1, TI-3
    let world = World::start().await;
    let (_, secret) = world.user("bo", &["admin:bolt"]).await;
    let (spy, admin) = (Asker::new(&world, &secret), Asker::new(&world, &world.secret));
    let fill = |body: Value, name: &str| -> Value {
        serde_json::from_str(&body.to_string().replace("new-", name)).unwrap()
    };
    for body in as_code("bolt") {
        admin.ok("POST", "/api/v1/code", fill(body, "bolt-")).await;
    }
    let asked = async || {
        let mut told = Vec::new();
        for (list, body) in [
            ("code", json!({"prune": true, "dry_run": true})),
            ("rules", json!({"text": "", "prune": true, "dry_run": true})),
            ("routes", json!({"text": "", "prune": true, "dry_run": true})),
            ("channels", json!({"text": "", "prune": true, "dry_run": true})),
        ] {
            let (status, text) = spy.ask("POST", &format!("/api/v1/{list}"), Some(&body)).await;
            told.push(format!("{list} {status} {text}"));
        }
        told
    };
    let before = asked().await;
    assert!(before[0].starts_with("code 200") && before[0].contains("bolt-channel"), "{before:?}");
    for body in as_code("zebra") {
        admin.ok("POST", "/api/v1/code", fill(body, "zebra-")).await;
    }
    let by_hand = as_code("zebra").remove(0);
    let by_hand = json!({"text": fill(by_hand, "zebra-hand-")["rules"]});
    admin.ok("POST", "/api/v1/rules", by_hand).await;
    assert_eq!(asked().await, before);
    let journal_before = journal(&world).await;
    spy.ok("POST", "/api/v1/code", json!({"prune": true})).await;
    assert_eq!(journal(&world).await, journal_before, "something of zebra's was changed");
}
