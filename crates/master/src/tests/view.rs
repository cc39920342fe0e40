//! Lists: which rows, in which order, with which fields.

use super::action::request;
use super::peer::{application, service};
use super::world::{World, path, until};
use serde_json::Value;
use topmast_api::application::ApplicationRow;
use topmast_api::page::{FacetValue, ListQuery, Page};
use topmast_api::row::Row;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_model::application::Operation;
use topmast_model::filter::{FieldDef, fields};
use topmast_model::report::Report;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus};

async fn fleet() -> (World, Vec<super::peer::Agent>) {
    let world = World::start().await;
    let mut agents = Vec::new();
    for name in ["a", "a-b", "b"] {
        let mut agent = world.agent(name).await;
        agent
            .report(vec![
                application("switch", ApplicationStatus::Started),
                application("batch", ApplicationStatus::Stopped),
                service("switch", "AcqDB", ServiceStatus::Started, &[]),
                service("switch", "HSM", ServiceStatus::Malfunction, &["DISCONN01", "UNAVAIL01"]),
            ])
            .await;
        agents.push(agent);
    }
    (world, agents)
}

async fn list<R: Row>(world: &World, filter: &str, sort: &str, limit: u32, offset: u64) -> Page<R> {
    let query = ListQuery {
        filter: Some(filter.into()),
        sort: Some(sort.into()),
        limit: Some(limit),
        offset: Some(offset),
        ..ListQuery::default()
    };
    world.admin.list(&query).await.unwrap()
}

/// A list with facets, all of its rows.
async fn counted<R: Row>(world: &World, filter: &str, facets: &str) -> Page<R> {
    let query =
        ListQuery { filter: Some(filter.into()), facets: Some(facets.into()), ..ListQuery::default() };
    world.admin.list(&query).await.unwrap()
}

/// A facet as `field: value count, …`.
fn facets<R: Row>(page: &Page<R>) -> Vec<String> {
    let value = |value: &FacetValue| format!("{} {}", value.value, value.count);
    page.facets
        .iter()
        .map(|facet| {
            let values: Vec<String> = facet.values.iter().map(value).collect();
            format!("{}: {}{}", facet.field, values.join(", "), if facet.more { ", …" } else { "" })
        })
        .collect()
}

fn paths<R: Row>(page: &Page<R>) -> Vec<&str> {
    page.items.iter().map(|row| row.path().as_str().strip_prefix("acme/main/").unwrap()).collect()
}

#[tokio::test]
async fn filter_sort_and_window_choose_the_rows() {
    let (world, _agents) = fleet().await;
    let page = list::<ServiceRow>(&world, "status=MALFUNCTION", "-server", 10, 0).await;
    assert_eq!(paths(&page), ["b/switch/HSM", "a-b/switch/HSM", "a/switch/HSM"]);
    let page = list::<ServiceRow>(&world, "", "name,-server", 2, 1).await;
    assert_eq!((paths(&page), page.total), (vec!["a-b/switch/AcqDB", "a/switch/AcqDB"], 6));
    let page = list::<ApplicationRow>(&world, "server=a batch", "", 10, 0).await;
    assert_eq!(paths(&page), ["a/batch"]);
    let page = list::<ServiceRow>(&world, "codes=UNAVAIL01 server!=b", "", 10, 0).await;
    assert_eq!(paths(&page), ["a-b/switch/HSM", "a/switch/HSM"]);
    let page = list::<ServerRow>(&world, "", "", 10, 99).await;
    assert_eq!((page.items.len(), page.total), (0, 3));
}

#[tokio::test]
async fn unknown_values_sort_last_whichever_way() {
    let (world, agents) = fleet().await;
    let mut encoder = topmast_wire::FrameEncoder::new();
    let series = topmast_model::sample::Series::new("host_uptime_seconds", Vec::<(&str, &str)>::new());
    let index = encoder.define(&series).unwrap();
    encoder.tick(topmast_model::time::UnixMillis(1_795_000_000_000), &[(index, 60.0)]).unwrap();
    let mut agents = agents;
    agents[1].link.send(&topmast_wire::AgentMessage::Frame(encoder.take().unwrap())).await;
    for sort in ["uptime_s", "-uptime_s"] {
        until(async || {
            let page = list::<ServerRow>(&world, "", sort, 10, 0).await;
            (page.items[0].uptime_s == Some(60)).then(|| assert_eq!(paths(&page), ["a-b", "a", "b"]))
        })
        .await;
    }
}

#[tokio::test]
async fn everything_on_a_server_that_is_down_is_unknown() {
    let (world, _agents) = fleet().await;
    world.observe(&path("acme/main/a"), ServerStatus::Down).await;
    let applications = list::<ApplicationRow>(&world, "server=a", "", 10, 0).await;
    assert!(applications.items.iter().all(|row| row.status == ApplicationStatus::Unknown));
    assert!(applications.items[0].cause.contains("server is DOWN"), "{}", applications.items[0].cause);
    let page = list::<ServiceRow>(&world, "status=UNKNOWN", "", 10, 0).await;
    assert_eq!(paths(&page), ["a/switch/AcqDB", "a/switch/HSM"]);
    let servers = list::<ServerRow>(&world, "", "", 10, 0).await;
    let counts: Vec<_> = servers
        .items
        .iter()
        .map(|row| (row.name.as_str(), row.applications_started, row.applications_total, row.services_bad))
        .collect();
    assert_eq!(counts, [("a", 0, 2, 2), ("a-b", 1, 2, 1), ("b", 1, 2, 1)]);
    for row in &servers.items {
        let whole = topmast_engine::health(&world.master.context.bus.state(), &row.path).unwrap();
        assert_eq!(format!("{:?}", row.health), format!("{whole:?}"), "{}", row.path);
    }
}

#[tokio::test]
async fn rows_have_the_fields_that_scripts_rely_on() {
    let (world, _agents) = fleet().await;
    let row = async |kind: &str| {
        let url = format!("{}/api/v1/{kind}", world.master.url());
        let answer = reqwest::Client::new().get(url).bearer_auth(&world.secret).send().await.unwrap();
        let page: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        page["items"][0].clone()
    };
    for (kind, fields) in [
        ("servers", "name,address,role,version,status,cpu_pct,memory_pct,uptime_s,os,age_ms"),
        (
            "applications",
            "name,server,status,version,restarts,http_port,memory_bytes,cpu_pct,started_at,cause",
        ),
        (
            "services",
            "name,application,server,status,codes,tps,transactions_total,errors_total,latency_p95_ms,since",
        ),
    ] {
        let row = row(kind).await;
        for field in fields.split(',') {
            assert!(row.get(field).is_some(), "{kind} have no {field}: {row}");
        }
    }
    let server = row("servers").await;
    assert_eq!((&server["status"], &server["cpu_pct"]), (&Value::from("UP"), &Value::Null));
}

#[tokio::test]
async fn details_show_what_is_inside_and_nothing_beside() {
    let (world, _agents) = fleet().await;
    let details = world.admin.application_get(&path("acme/main/a/switch")).await.unwrap();
    let names: Vec<&str> = details.services.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((names, details.tasks.len()), (vec!["AcqDB", "HSM"], 0));
    let service = world.admin.service_get(&path("acme/main/a/switch/HSM")).await.unwrap();
    assert_eq!(service.row.codes, ["DISCONN01", "UNAVAIL01"]);
    let server = world.admin.server_get(&path("acme/main/a")).await.unwrap();
    assert_eq!((server.hostname.as_deref(), server.interval_ms), (Some("db"), 3_600_000));
}

#[tokio::test]
async fn facets_count_the_rows_that_the_filter_lets_through() {
    let (world, _agents) = fleet().await;
    let page = counted::<ServiceRow>(&world, "", "status,codes,message").await;
    assert_eq!(
        facets(&page),
        ["status: MALFUNCTION 3, STARTED 3", "codes: DISCONN01 3, UNAVAIL01 3", "message: "]
    );
    let page = counted::<ServiceRow>(&world, "server=a,b name=HSM", "server,health").await;
    assert_eq!(facets(&page), ["server: a 1, b 1", "health: failed 2"]);
    let query = ListQuery { facets: Some("status,tps".into()), ..ListQuery::default() };
    let refused = world.admin.list::<ServiceRow>(&query).await.unwrap_err().to_string();
    assert!(refused.contains("cannot count the values of \"tps\"; it is one of name, path"), "{refused}");
    let page = list::<ServiceRow>(&world, "", "", 10, 0).await;
    assert!(page.facets.is_empty(), "none were asked for");
}

#[tokio::test]
async fn facet_keeps_the_most_frequent_values_and_says_that_there_are_more() {
    let world = World::start().await;
    let mut agent = world.agent("a").await;
    let names: Vec<String> = (0..25).map(|number| format!("app-{number:02}")).collect();
    agent.report(names.iter().map(|name| application(name, ApplicationStatus::Started)).collect()).await;
    let page = counted::<ApplicationRow>(&world, "", "name,server").await;
    let [name, server] = page.facets.as_slice() else { panic!("{:?}", page.facets) };
    assert_eq!((name.values.len(), name.more, &*name.values[0].value), (20, true, "app-00"));
    assert_eq!((server.values[0].count, server.more), (25, false));
}

#[tokio::test]
async fn health_filters_and_sorts_from_best_to_worst() {
    let (world, _agents) = fleet().await;
    world.observe(&path("acme/main/a-b"), ServerStatus::Stale).await;
    let page = list::<ServiceRow>(&world, "health=failed server=a", "", 10, 0).await;
    assert_eq!(paths(&page), ["a/switch/HSM"]);
    let page = list::<ServiceRow>(&world, "", "-health,path", 2, 0).await;
    assert_eq!(paths(&page), ["a-b/switch/HSM", "a/switch/HSM"]);
    world.observe(&path("acme/main/b"), ServerStatus::Down).await;
    let page = list::<ServerRow>(&world, "", "status", 10, 0).await;
    assert_eq!(paths(&page), ["a", "a-b", "b"], "UP, STALE, DOWN: the order of the statuses, not of letters");
}

#[tokio::test]
async fn every_field_sorts_and_every_text_field_can_be_counted() {
    async fn check<R: Row>(world: &World, fields: &[FieldDef]) {
        for field in fields {
            let page = list::<R>(world, "", field.name, 10, 0).await;
            assert!(!page.items.is_empty(), "{}", field.name);
            if field.kind.is_text() {
                assert_eq!(counted::<R>(world, "", field.name).await.facets[0].field, field.name);
            }
        }
    }
    let (world, _agents) = fleet().await;
    check::<ServerRow>(&world, fields::SERVERS).await;
    check::<ApplicationRow>(&world, fields::APPLICATIONS).await;
    check::<ServiceRow>(&world, fields::SERVICES).await;
}

#[tokio::test]
async fn applications_know_their_instances_and_what_was_asked_of_them() {
    let world = World::start().await;
    let mut agents = Vec::new();
    for (server, version) in [("a", "1.9"), ("b", "1.10"), ("c", "1.9")] {
        let mut agent = world.agent(server).await;
        let report = |restarts| {
            let mut report = application("switch", ApplicationStatus::Started);
            if let Report::Application { state, .. } = &mut report {
                state.version = Some(version.into());
                state.restarts = restarts;
                state.since = world.master.context.bus.clock().now();
            }
            report
        };
        agent.report(vec![report(0), report(2)]).await;
        agents.push(agent);
    }
    let mut stopped = application("switch", ApplicationStatus::Stopped);
    if let Report::Application { state, .. } = &mut stopped {
        state.version = None;
    }
    agents[2].report(vec![stopped]).await;
    let page = list::<ApplicationRow>(&world, "", "", 10, 0).await;
    let instances: Vec<_> = page
        .items
        .iter()
        .map(|row| (row.version_differs, row.instances_started, row.instances_total, row.restarts_1h))
        .collect();
    // Of two versions that are as frequent, the newer is the usual one.
    assert_eq!(instances, [(Some(true), 2, 3, 2), (Some(false), 2, 3, 2), (None, 2, 3, 2)]);
    assert!(page.items.iter().all(|row| row.last_action.is_none()));

    let (viewer, _) = world.user("vera", &["viewer:acme/main/a"]).await;
    let row = viewer.application_get(&path("acme/main/a/switch")).await.unwrap().row;
    assert_eq!((row.instances_started, row.instances_total), (1, 1), "only what she may see");
    assert_eq!(row.version_differs, Some(false));

    let request = request(Operation::Restart, &["acme/main/a/switch"]);
    let action = world.admin.action_create(&request).await.unwrap().id;
    let row = list::<ApplicationRow>(&world, "last_action>2020-01-01", "", 10, 0).await.items.remove(0);
    let last = row.last_action.unwrap();
    assert_eq!(
        (last.id, last.operation, last.principal.as_str()),
        (action, Operation::Restart, "user admin")
    );
}

#[tokio::test]
async fn servers_are_found_by_their_labels() {
    let (world, _agents) = fleet().await;
    let page = list::<ServerRow>(&world, "label=\"role=database server\" name=a", "", 10, 0).await;
    assert_eq!(page.items[0].labels["role"], "database server");
    let page = list::<ServerRow>(&world, "label=role=web,tier=*", "", 10, 0).await;
    assert_eq!(page.total, 0);
    assert_eq!(facets(&counted::<ServerRow>(&world, "", "label").await), ["label: role=database server 3"]);
}
