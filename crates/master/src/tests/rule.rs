//! Rules: those that are shipped, and rules tried on the past.

use super::ingest::Way;
use super::peer::Agent;
use super::world::{World, path, refused, until};
use reqwest::StatusCode;
use std::fmt::Write as _;
use std::time::Duration;
use topmast_api::problem::ProblemCode;
use topmast_api::rule::{RuleTestRequest, RuleTrial};
use topmast_api::time::Timestamp;
use topmast_history::promql;
use topmast_model::status::ServerStatus;
use topmast_model::time::UnixMillis;

#[test]
fn shipped_rules_ask_in_promql() {
    let mut asked = 0;
    for rule in topmast_engine::shipped_rules().values() {
        let Some(query) = rule.when.query() else { continue };
        if let Err(error) = promql::parse(query) {
            panic!("{}: {error}: {query}", rule.name);
        }
        asked += 1;
    }
    assert!(asked > 10, "only {asked} of them ask");
}

const MINUTE: i64 = 60_000;

fn rule(when: &str) -> String {
    format!(
        "[[rule]]\nname = \"queue-long\"\nseverity = \"major\"\nmessage = \"{{value}} wait\"\nwhen.{when}\n"
    )
}

fn of_now(world: &World, text: String, minutes: i64) -> RuleTestRequest {
    let now = world.master.context.bus.clock().now().0;
    let since = Timestamp(UnixMillis(now - minutes * MINUTE));
    RuleTestRequest { text, since, until: None, step_s: None, on: None, detail: None, draw: 0 }
}

/// A master, two of its servers, and what they sent.
struct Queues {
    way: Way,
    end: i64,
    _agents: [Agent; 2],
}

/// Two servers' queues of the last 40 minutes, a value a minute, up to the last whole one; that of `web` was long for
/// ten minutes, that of `db` for five and never again well.
async fn queues() -> Queues {
    let way = Way::open().await;
    let agents = [way.world.agent("web").await, way.world.agent("db").await];
    let end = way.now / MINUTE * MINUTE;
    let mut lines = String::new();
    for ago in (0..40).rev() {
        let second = (end - ago * MINUTE) / 1_000;
        let web = if (20..30).contains(&ago) { 2_000 + ago } else { 5 };
        let db = if ago < 5 { 1_500 } else { 7 };
        writeln!(lines, "queue,server=web length={web} {second}\nqueue,server=db length={db} {second}")
            .unwrap();
    }
    let answer = way.post("/api/v1/influx/write?precision=s", lines).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{:?}", answer.text().await);
    // One that nobody knows here.
    let stray = format!("queue,server=stray length=9000 {}", end / 1_000);
    assert!(way.post("/api/v1/influx/write?precision=s", stray).send().await.unwrap().status().is_success());
    Queues { way, end, _agents: agents }
}

const LONG: &str = "threshold = { query = \"queue_length\", compare = \">\", value = 1000 }\nfor = \"2m\"";

/// Object, minutes before the end of opening and closing, the value at first and the worst.
type Told = (String, i64, Option<i64>, Option<f64>, Option<f64>);

/// Each problem of a trial.
fn told(trial: &RuleTrial, end: i64) -> Vec<Told> {
    let ago = |time: Timestamp| (end - time.0.0) / MINUTE;
    let one = |problem: &topmast_api::rule::TriedProblem| {
        let closed = problem.closed.map(ago);
        (problem.object.to_string(), ago(problem.opened), closed, problem.value, problem.peak)
    };
    trial.problems.iter().map(one).collect()
}

#[tokio::test]
async fn rule_on_numbers_is_tried_on_the_history() {
    let Queues { way, end, .. } = &queues().await;
    let end = *end;
    let world = &way.world;
    let request = RuleTestRequest { step_s: Some(60), ..of_now(world, rule(LONG), 60) };
    let trial = world.admin.rule_test(&request).await.unwrap();
    let (web, db) = ("acme/main/web".to_owned(), "acme/main/db".to_owned());
    // Long since 29 minutes before the end, for two minutes 27 before it, and well with the value 19 before it.
    let expected = [
        (web, 27, Some(19), Some(2_027.0), Some(2_029.0)),
        (db.clone(), 2, None, Some(1_500.0), Some(1_500.0)),
    ];
    assert_eq!(told(&trial, end), expected, "{trial:?}");
    assert_eq!((trial.total, trial.notices, trial.looked_at, trial.step_ms), (2, 3, 2, Some(60_000)));
    assert_eq!(trial.problems[0].message, "2027 wait");
    assert!(trial.lasted_ms >= 10 * 60_000, "{trial:?}");
    // Nothing is kept from before the first sample, and a look a minute is rarer than every 5 s.
    assert!(trial.since.0.0 >= end - 39 * MINUTE, "{trial:?}");
    assert!(trial.gaps.len() == 3 && trial.gaps[0].contains("nothing is kept from before"), "{trial:?}");
    assert!(trial.gaps[1].contains("1 series of objects that are not there now"), "{trial:?}");
    assert!(world.admin.rule_list().await.unwrap().items.iter().all(|rule| !rule.own), "it changes nothing");

    // The one to be drawn is one with the most problems, with a value for each look.
    let drawn = world.admin.rule_test(&RuleTestRequest { draw: 1, ..request.clone() }).await.unwrap();
    let [series] = &drawn.series[..] else { panic!("{drawn:?}") };
    let newest = series.values.iter().rev().flatten().next();
    assert!((39..=40).contains(&series.values.len()) && newest.is_some(), "{series:?}");
    assert_eq!(drawn.bound, Some(1_000.0));

    // Only what the trial is about, and only what the asker may read.
    let request = RuleTestRequest { on: Some("server=db".into()), ..request };
    assert_eq!(told(&world.admin.rule_test(&request).await.unwrap(), end).len(), 1);
    let request = RuleTestRequest { on: None, ..request };
    let other = RuleTestRequest { detail: Some("of nothing".into()), ..request.clone() };
    assert_eq!(world.admin.rule_test(&other).await.unwrap().looked_at, 0);
    let (viewer, _) = world.user("vera", &["viewer:acme/main/db"]).await;
    let trial = viewer.rule_test(&request).await.unwrap();
    assert_eq!((trial.looked_at, &trial.problems[0].object), (1, &path(&db)));
    // Who sees one server gets a sum of one.
    let sum = LONG.replace("queue_length", "sum by (tenant, cluster) (queue_length)");
    let request = RuleTestRequest { text: rule(&sum), ..request };
    assert_eq!(viewer.rule_test(&request).await.unwrap().looked_at, 0, "a cluster is not for the viewer");
    assert_eq!(told(&world.admin.rule_test(&request).await.unwrap(), end)[0].3, Some(2_034.0));
}

#[tokio::test]
async fn rule_on_datapoints_is_tried_in_steps_of_its_period() {
    let Queues { way, end, .. } = &queues().await;
    let end = *end;
    let when = "datapoints = { query = \"queue_length\", compare = \">\", value = 1000, period = \"1m\", datapoints = 3, of = 4 }";
    let request = of_now(&way.world, rule(when), 60);
    let trial = way.world.admin.rule_test(&request).await.unwrap();
    let opened: Vec<i64> = told(&trial, end).into_iter().map(|one| one.1).collect();
    assert_eq!((opened, trial.step_ms), (vec![27, 2], Some(60_000)), "{trial:?}");
    let request = RuleTestRequest { step_s: Some(5), ..request };
    assert_eq!(refused(way.world.admin.rule_test(&request).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn rule_on_states_is_tried_on_the_journal() {
    let world = World::start().await;
    let agent = world.agent("db").await;
    let server = path("acme/main/db");
    for status in [ServerStatus::Down, ServerStatus::Up, ServerStatus::Down] {
        world.observe(&server, status).await;
        // What is over within one millisecond was nothing.
        let then = world.master.context.bus.clock().now();
        until(async || (world.master.context.bus.clock().now() > then).then_some(())).await;
    }
    let down = "server = { status = [\"DOWN\"] }";
    let request = of_now(&world, rule(down), 60);
    let trial = world.admin.rule_test(&request).await.unwrap();
    let closed: Vec<bool> = trial.problems.iter().map(|one| one.closed.is_some()).collect();
    assert_eq!((closed, trial.looked_at, trial.step_ms), (vec![true, false], 1, None), "{trial:?}");
    assert!(trial.gaps.len() == 1 && trial.gaps[0].contains("nothing is kept"), "{trial:?}");
    let (stranger, _) = world.user("sid", &["viewer:acme/main/web"]).await;
    let trial = stranger.rule_test(&request).await.unwrap();
    assert_eq!((trial.looked_at, trial.total), (0, 0));
    drop(agent);
}

#[tokio::test]
async fn trial_that_cannot_be_is_refused_with_what_to_do() {
    let world = World::start().await;
    let check = async |request: RuleTestRequest, field: &str, part: &str| {
        let error = world.admin.rule_test(&request).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!(
            (problem.code, problem.field.as_deref()),
            (ProblemCode::Invalid, Some(field)),
            "{problem:?}"
        );
        assert!(problem.detail.contains(part), "{problem:?}");
    };
    let good = of_now(&world, rule(LONG), 60);
    let with = |when: &str| RuleTestRequest { text: rule(when), ..good.clone() };
    let two = good.text.clone() + &good.text.replace("queue-long", "other");
    check(RuleTestRequest { text: two, ..good.clone() }, "text", "one by one").await;
    check(RuleTestRequest { text: String::new(), ..good.clone() }, "text", "0 rules").await;
    check(with("absent = { query = \"sum(\" }"), "text", "line 5, column 1: rule \"queue-long\", query, 1:5")
        .await;
    check(with("certificate = { ends_within = \"3d\" }"), "text", "severity info").await;
    check(RuleTestRequest { on: Some("colour=red".into()), ..good.clone() }, "on", "colour").await;
    check(RuleTestRequest { draw: 11, ..good.clone() }, "draw", "at most 10").await;
    check(RuleTestRequest { step_s: Some(0), ..good.clone() }, "step_s", "1 or more").await;
    let early = Timestamp(UnixMillis(good.since.0.0 - 401 * 24 * 60 * MINUTE));
    check(RuleTestRequest { since: early, ..good.clone() }, "since", "at most 400 days").await;
    let late = Timestamp(good.since.0.plus(Duration::from_hours(2)));
    check(RuleTestRequest { since: late, ..good.clone() }, "since", "before the end").await;
}

#[tokio::test]
async fn trial_of_too_many_looks_says_how_many_are_allowed() {
    let Queues { way, end, .. } = &queues().await;
    let end = *end;
    let old = format!("old,server=db value=1 {}", end / 1_000 - 20 * 3_600);
    assert!(way.post("/api/v1/influx/write?precision=s", old).send().await.unwrap().status().is_success());
    let request = RuleTestRequest { step_s: Some(1), ..of_now(&way.world, rule(LONG), 24 * 60) };
    let error = way.world.admin.rule_test(&request).await.unwrap_err();
    let problem = error.problem().unwrap();
    assert!(
        problem.code == ProblemCode::Invalid && problem.detail.contains("11000 are allowed"),
        "{problem:?}"
    );
    let request = RuleTestRequest { step_s: None, ..request };
    let trial = way.world.admin.rule_test(&request).await.unwrap();
    // Twenty hours in some 2,000 looks.
    assert_eq!((trial.total, trial.step_ms), (2, Some(40_000)), "{trial:?}");
}
