//! What a tenant may use: held, counted, shown; and that nobody of a suspended one is let in.

use super::{Asker, server, stays};
use crate::history::cuts;
use crate::tenant::{Noted, note};
use crate::tests::aws::Tool;
use crate::tests::ingest::{Way, problem, request as sample_request};
use crate::tests::world::{World, path, refused, until, within};
use serde_json::json;
use topmast_api::action::ActionRequest;
use topmast_api::client::ClientError;
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::server::ServerRow;
use topmast_api::tenant::{SuspendRequest, TenantRemoveRequest, TenantRequest, TenantRow, TenantUsageQuery};
use topmast_api::watch::WatchMessage;
use topmast_model::application::Operation;
use topmast_model::sample::Series;
use topmast_wire::{AgentMessage, FrameEncoder};

async fn row(world: &World, name: &str) -> TenantRow {
    let rows = world.admin.tenant_list().await.unwrap().items;
    rows.into_iter().find(|row| row.tenant.as_str() == name).unwrap()
}

fn request(title: &str) -> TenantRequest {
    TenantRequest { title: title.into(), ..TenantRequest::default() }
}

#[tokio::test]
async fn nobody_of_a_suspended_tenant_is_let_in_and_its_servers_go_on() {
    let world = World::start().await;
    tokio::spawn(stays(server(&world, "bolt/main", "bolt-db", "bolt-switch").await));
    let (bo, _) = world.user("bo", &["admin:bolt"]).await;
    let (both, _) = world.user("both", &["viewer:bolt", "viewer:acme"]).await;
    let tool = Tool::granted(&world, &["viewer:bolt"]).await;
    let bolt = path("bolt");
    let reason = SuspendRequest { reason: "the contract has ended".into() };
    assert_eq!(refused(world.admin.tenant_suspend(&bolt, &reason).await), ProblemCode::NotFound);
    world.admin.tenant_set(&bolt, &request("Bolt Ltd")).await.unwrap();
    let mut watch = bo.watch::<ServerRow>(ListQuery::default());
    assert!(matches!(within(watch.next()).await.unwrap(), WatchMessage::Snapshot(_)));

    world.admin.tenant_suspend(&bolt, &reason).await.unwrap();
    let problem = bo.session_get().await.unwrap_err();
    let problem = problem.problem().unwrap();
    assert_eq!(problem.code, ProblemCode::Forbidden);
    assert!(problem.detail.contains("bolt is suspended: the contract has ended"), "{problem}");
    let ended = async {
        loop {
            match watch.next().await {
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    };
    assert!(matches!(within(ended).await, ClientError::Lost { .. }), "an open stream ends");
    let (status, answer) = tool.json("logs", "Logs_20140328.DescribeLogGroups", json!({})).await;
    assert_eq!((status, &answer["__type"]), (400, &json!("AccessDeniedException")), "{answer}");
    // Whoever has a role elsewhere is of no one tenant.
    assert_eq!(both.list::<ServerRow>(&ListQuery::default()).await.unwrap().items.len(), 1);
    let kept = row(&world, "bolt").await;
    assert_eq!((kept.title.as_str(), kept.servers, kept.users), ("Bolt Ltd", 1, 1));
    assert_eq!(kept.suspended_reason.as_deref(), Some("the contract has ended"));
    assert_eq!(refused(world.admin.tenant_forget(&bolt).await), ProblemCode::Conflict);

    world.admin.tenant_resume(&bolt).await.unwrap();
    bo.session_get().await.unwrap();
    assert_eq!(refused(bo.tenant_set(&bolt, &request("Ours")).await), ProblemCode::Forbidden);
    let own = bo.tenant_list().await.unwrap().items;
    assert_eq!(own.iter().map(|row| row.tenant.as_str()).collect::<Vec<_>>(), ["bolt"]);
    world.admin.tenant_forget(&bolt).await.unwrap();
    assert_eq!(row(&world, "bolt").await.title, "bolt");
}

#[tokio::test]
async fn requests_beyond_the_quota_are_429_and_counted_and_others_are_not_held_up() {
    let world = World::start().await;
    let (_, secret) = world.user("bo", &["viewer:bolt"]).await;
    let (other, _) = world.user("zoe", &["viewer:zebra"]).await;
    let quota = TenantRequest { requests_per_s: Some(1), ..request("Bolt Ltd") };
    world.admin.tenant_set(&path("bolt"), &quota).await.unwrap();
    let spy = Asker::new(&world, &secret);
    // A second fills one place: far more than that come at once.
    let all = (0..40).map(|_| spy.ask("GET", "/api/v1/sessions/current", None));
    let answers = futures_util::future::join_all(all).await;
    let late = answers.iter().find(|(status, _)| *status == 429).expect("none is refused");
    assert!(late.1.contains("tenant bolt may make 1 requests a second"), "{}", late.1);
    assert!(answers.iter().any(|(status, _)| *status == 200));
    other.session_get().await.unwrap();
    let requests = row(&world, "bolt").await.requests;
    let count = |wanted: u16| answers.iter().filter(|(status, _)| *status == wanted).count() as u64;
    assert_eq!((requests.taken, requests.refused, requests.quota), (count(200), count(429), Some(1)));
}

#[tokio::test]
async fn series_and_samples_beyond_the_quota_are_live_and_not_kept() {
    let world = World::start().await;
    let quota = TenantRequest { series: Some(2), samples_per_s: Some(1_000), ..request("Bolt Ltd") };
    world.admin.tenant_set(&path("bolt"), &quota).await.unwrap();
    let mut agent = server(&world, "bolt/main", "bolt-db", "bolt-switch").await;
    let mut encoder = FrameEncoder::new();
    let names = ["host_load_1", "host_load_5", "host_load_15"];
    let series = names.map(|name| encoder.define(&Series::new(name, Vec::<(&str, &str)>::new())).unwrap());
    encoder.tick(world.master.context.bus.clock().now(), &series.map(|index| (index, 1.5))).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    let kept = until(async || Some(row(&world, "bolt").await).filter(|row| row.series.refused > 0)).await;
    assert_eq!((kept.series.now, kept.series.quota, kept.series.refused), (2, Some(2), 1));
    assert_eq!((kept.samples.taken, kept.samples.refused), (2, 0));
    let details = world.admin.server_get(&path("bolt/main/bolt-db")).await.unwrap();
    let live = serde_json::to_string(&details).unwrap();
    assert!(names.iter().all(|name| live.contains(name)) || live.contains("\"load1\":1.5"), "{live}");
    let admin = Asker::new(&world, &world.secret);
    let query = "/api/v1/prometheus/api/v1/query?query=count({tenant=%22bolt%22})";
    let (_, told) = admin.ask("GET", query, None).await;
    assert!(told.contains("\"2\""), "{told}");
    // Series that end make room.
    drop(agent);
    until(async || (row(&world, "bolt").await.series.now == 0).then_some(())).await;
}

#[tokio::test]
async fn series_of_programs_beyond_the_quota_are_refused_in_words_and_those_that_are_there_go_on() {
    // N-6
    let way = Way::open().await;
    let quota = TenantRequest { series: Some(3), ..request("Acme Ltd") };
    way.world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let influx = async |lines: &str| way.post("/api/v1/influx/write", lines.to_owned()).send().await.unwrap();
    // A second before what comes next: a series has one value at a time.
    let before = format!("{}000000", way.now - 1_000);
    let lines = ["one", "two", "three"].map(|name| format!("{name} value=1 {before}")).join("\n");
    assert_eq!(influx(&lines).await.status(), 204);
    let refused = "tenant acme may have 3 series at one time, of its servers and of what programs send";
    let over = problem(influx("one value=2\nfour value=1").await).await;
    assert_eq!(over.code, ProblemCode::Invalid);
    assert!(over.detail.contains("1 samples were taken; 1 new series were refused"), "{over}");
    assert!(over.detail.contains(refused), "{over}");
    let write = sample_request(&[(&[("__name__", "five")], way.now, 1.0)]);
    let over = problem(way.remote_write(&write).await).await;
    assert!(over.detail.contains(refused), "{over}");
    let gauge = json!({"name": "six", "gauge": {"dataPoints": [
        {"timeUnixNano": format!("{}000000", way.now), "asDouble": 1.0}
    ]}});
    let metrics = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [gauge]}]}]});
    let otlp = way.post("/v1/metrics", metrics.to_string()).header("content-type", "application/json");
    let partial = otlp.send().await.unwrap().bytes().await.unwrap();
    assert!(String::from_utf8_lossy(&partial).contains(refused), "{partial:?}");
    let series = row(&way.world, "acme").await.series;
    assert_eq!((series.now, series.quota, series.taken, series.refused), (3, Some(3), 3, 3));
    assert!(
        ["four", "five", "six"]
            .iter()
            .all(|name| way.found(&format!("{name}_value")).is_empty() && way.found(name).is_empty())
    );
    assert_eq!(way.found("one_value")[0].1.len(), 2, "a series that is there goes on");

    // Servers of the tenant and programs share it.
    let mut agent = server(&way.world, "acme/main", "db", "switch").await;
    let mut encoder = FrameEncoder::new();
    let load = encoder.define(&Series::new("host_load_1", Vec::<(&str, &str)>::new())).unwrap();
    encoder.tick(way.world.master.context.bus.clock().now(), &[(load, 1.5)]).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    until(async || (row(&way.world, "acme").await.series.refused == 4).then_some(())).await;
    assert!(way.found("host_load_1").is_empty());
}

#[tokio::test]
async fn samples_of_programs_beyond_the_quota_are_429_and_counted() {
    let way = Way::open().await;
    let tool = Tool::granted(&way.world, &["writer:acme"]).await;
    let quota = TenantRequest { samples_per_s: Some(1), ..request("Acme Ltd") };
    way.world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    // The first one is let through whole, and takes what a quarter of an hour would bring.
    let lines: Vec<String> = (0..1_000).map(|number| format!("many,number={number} value=1")).collect();
    let influx = async |lines: String| way.post("/api/v1/influx/write", lines).send().await.unwrap();
    assert_eq!(influx(lines.join("\n")).await.status(), 204);
    let write = sample_request(&[(&[("__name__", "one")], way.now, 1.0)]);
    for late in [influx("late value=1".into()).await, way.remote_write(&write).await] {
        assert_eq!(late.status(), 429);
        let wait: u64 = late.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((900..=1_000).contains(&wait), "{wait}");
        let problem = problem(late).await;
        assert_eq!(problem.code, ProblemCode::TooManyRequests);
        assert!(problem.detail.contains("tenant acme may bring 1 samples a second"), "{problem}");
    }
    let datum = json!({"Namespace": "shop", "MetricData": [{"MetricName": "paid", "Value": 1.0}]});
    let (status, answer) =
        tool.json("monitoring", "GraniteServiceVersion20100801.PutMetricData", datum).await;
    assert_eq!(status, 400);
    assert!(answer["__type"].as_str().unwrap().ends_with("#ThrottlingException"), "{answer}");
    let samples = row(&way.world, "acme").await.samples;
    assert_eq!((samples.taken, samples.refused, samples.quota), (1_000, 3, Some(1)));
    assert!(way.found("one").is_empty() && way.found("late").is_empty());
}

#[tokio::test]
async fn tenant_is_kept_for_less_long_than_the_rest_when_its_quota_says_so() {
    let world = World::start().await;
    let quota = TenantRequest { raw_days: Some(2), hour_days: Some(30), ..request("Bolt Ltd") };
    world.admin.tenant_set(&path("bolt"), &quota).await.unwrap();
    world.admin.tenant_set(&path("acme"), &request("Acme Ltd")).await.unwrap();
    let none = TenantRequest { minute_days: Some(0), ..request("Bolt Ltd") };
    assert_eq!(refused(world.admin.tenant_set(&path("bolt"), &none).await), ProblemCode::Invalid);
    let now = world.master.context.bus.clock().now();
    let cuts = cuts(&world.master.context.bus.state(), now);
    assert_eq!(cuts.label, "tenant");
    let expect = [now.0 - 2 * 86_400_000, i64::MIN, now.0 - 30 * 86_400_000];
    assert_eq!(cuts.first.clone().into_iter().collect::<Vec<_>>(), [("bolt".to_owned(), expect)]);
    assert!(cuts.most.is_empty() && cuts.weigh, "{cuts:?}");
    let row = row(&world, "bolt").await;
    assert_eq!((row.raw_days, row.minute_days, row.hour_days), (Some(2), None, Some(30)));
}

#[tokio::test]
async fn less_of_a_tenant_is_kept_when_its_quota_says_so_and_what_it_takes_is_shown() {
    let way = Way::open().await;
    let now = way.world.master.context.bus.clock().now();
    assert!(!cuts(&way.world.master.context.bus.state(), now).weigh, "one tenant has all that there is");
    let quota = TenantRequest { raw_mib: Some(3), hour_mib: Some(1), ..request("Acme Ltd") };
    let acme = way.world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    assert_eq!((acme.raw_mib, acme.minute_mib, acme.hour_mib), (Some(3), None, Some(1)));
    let none = TenantRequest { hour_mib: Some(0), ..request("Acme Ltd") };
    assert_eq!(refused(way.world.admin.tenant_set(&path("acme"), &none).await), ProblemCode::Invalid);
    assert_eq!(way.post("/api/v1/influx/write", "load value=7").send().await.unwrap().status(), 204);
    let context = &way.world.master.context;
    let cuts = cuts(&context.bus.state(), now);
    let expect = ("acme".to_owned(), [3 << 20, u64::MAX, 1 << 20]);
    assert_eq!(cuts.most.clone().into_iter().collect::<Vec<_>>(), [expect]);
    assert_eq!(row(&way.world, "acme").await.raw_bytes, None, "nothing is in a file yet");
    let history = context.history.embedded().unwrap();
    history.cut(cuts);
    history.seal_all(now.0).unwrap();
    let acme = row(&way.world, "acme").await;
    let all: Vec<u64> = history.status().tiers.iter().map(|tier| tier.bytes).collect();
    let told = [acme.raw_bytes, acme.minute_bytes, acme.hour_bytes].map(Option::unwrap);
    assert!(told[0] > 0 && told.iter().zip(&all).all(|(told, all)| told <= all), "{told:?} of {all:?}");
}

#[tokio::test]
async fn usage_is_noted_by_day_and_told_by_month_to_who_may_read_the_tenant() {
    let world = World::start().await;
    tokio::spawn(stays(server(&world, "bolt/main", "bolt-db", "bolt-switch").await));
    let (bo, _) = world.user("bo", &["admin:bolt"]).await;
    let stop = ActionRequest::new(Operation::Stop, vec![path("bolt/main/bolt-db/bolt-switch")]);
    bo.action_create(&stop).await.unwrap();
    let mut noted = Noted::default();
    note(&world.master.context, &mut noted).await;
    // What was noted is not noted again.
    note(&world.master.context, &mut noted).await;
    let month = TenantUsageQuery::default();
    let rows = bo.tenant_usage(&month).await.unwrap().items;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.tenant.as_str(), row.servers, row.applications, row.actions), ("bolt", 1, 1, 1));
    assert_eq!(row.requests, 1, "the one for this list comes later");
    assert!(world.admin.tenant_usage(&month).await.unwrap().items.contains(row));
    let day = row.day.clone();
    let of = |month: &str| TenantUsageQuery { month: Some(month.into()) };
    assert_eq!(bo.tenant_usage(&of(&day[..7])).await.unwrap().items, rows);
    assert!(bo.tenant_usage(&of("2020-02")).await.unwrap().items.is_empty());
    for wrong in ["2026", "2026-13", "2026-1", "november"] {
        assert_eq!(refused(bo.tenant_usage(&of(wrong)).await), ProblemCode::Invalid, "{wrong}");
    }
}

#[tokio::test]
async fn tenant_is_removed_with_all_that_it_has_once_it_is_confirmed_and_nobody_is_connected() {
    let world = World::start().await;
    let mut agent = server(&world, "bolt/main", "bolt-db", "bolt-switch").await;
    tokio::spawn(stays(server(&world, "zebra/main", "zebra-db", "zebra-switch").await));
    let (bo, _) = world.user("bo", &["admin:bolt"]).await;
    let (both, _) = world.user("both", &["viewer:bolt", "viewer:zebra"]).await;
    let bolt = path("bolt");
    let mut encoder = FrameEncoder::new();
    let series = encoder.define(&Series::new("host_load_1", Vec::<(&str, &str)>::new())).unwrap();
    encoder.tick(world.master.context.bus.clock().now(), &[(series, 1.5)]).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    until(async || (row(&world, "bolt").await.samples.taken > 0).then_some(())).await;

    let order =
        |reason: &str, confirm: &str| TenantRemoveRequest { reason: reason.into(), confirm: confirm.into() };
    let plan = world.admin.tenant_content(&bolt).await.unwrap().items;
    let counts: Vec<_> = plan.iter().map(|part| (part.what.as_str(), part.count)).collect();
    let expect = [
        ("users", 1),
        ("grants of other users", 1),
        ("join tokens", 1),
        ("servers", 1),
        ("applications", 1),
        ("services", 1),
        ("series", 1),
    ];
    assert_eq!(counts, expect);
    assert_eq!(refused(bo.tenant_remove(&bolt, &order("r", "bolt")).await), ProblemCode::Forbidden);
    assert_eq!(refused(world.admin.tenant_remove(&bolt, &order("r", "blot")).await), ProblemCode::Invalid);
    let connected = world.admin.tenant_remove(&bolt, &order("r", "bolt")).await.unwrap_err();
    assert!(connected.problem().unwrap().detail.contains("1 agents of bolt are connected"), "{connected}");
    let own = world.admin.tenant_remove(&path("acme"), &order("r", "acme")).await;
    assert_eq!(refused(own), ProblemCode::Conflict, "the master's own");

    world.admin.tenant_set(&bolt, &request("Bolt Ltd")).await.unwrap();
    world.admin.tenant_suspend(&bolt, &SuspendRequest { reason: "unpaid".into() }).await.unwrap();
    let removed =
        world.admin.tenant_remove(&bolt, &order("the contract has ended", "bolt")).await.unwrap().items;
    assert_eq!(removed.iter().map(|part| (part.what.as_str(), part.count)).collect::<Vec<_>>(), expect);
    assert!(world.admin.tenant_list().await.unwrap().items.iter().all(|row| row.tenant != bolt));
    assert!(world.admin.tenant_content(&bolt).await.unwrap().items.is_empty());
    assert_eq!(refused(bo.session_get().await), ProblemCode::Unauthenticated);
    assert_eq!(both.list::<ServerRow>(&ListQuery::default()).await.unwrap().items.len(), 1, "zebra's");
    // The audit keeps who and why; what the history has of before is nobody's any more.
    let admin = Asker::new(&world, &world.secret);
    let (_, audit) = admin.ask("GET", "/api/v1/audit/export?format=jsonl", None).await;
    assert!(audit.contains("the contract has ended"));
    let state = world.master.context.bus.state();
    let removed_at = state.removed_tenants()["bolt"];
    assert_eq!(cuts(&state, removed_at).first["bolt"], [removed_at.0; 3]);
}
