//! Problems: what rules see of running agents, and what is left of it after a restart.

use super::peer::{Agent, application};
use super::world::{World, path, refused, until};
use topmast_api::fleet_problem::{
    AcknowledgeRequest, CloseRequest, CommentRequest, MuteRequest, UnacknowledgeRequest,
};
use topmast_api::maintenance::MaintenanceRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::rule::RulesRequest;
use topmast_engine::{Problem, State};
use topmast_model::command::Command;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::problem::{CloseReason, Suppression};
use topmast_model::rule::text;
use topmast_model::sample::Series;
use topmast_model::status::{ApplicationStatus, ServerStatus, Severity};
use topmast_wire::{AgentMessage, FrameEncoder};
use uuid::Uuid;

/// What is found in the state, once it is there.
async fn found<T>(world: &World, look: impl Fn(&State) -> Option<T>) -> T {
    until(async || look(&world.master.context.bus.state())).await
}

/// The open problem of a rule, settled: what people are told of it is decided.
fn open<'a>(state: &'a State, rule: &str) -> Option<&'a Problem> {
    state.open_problems().find(|problem| problem.what.key.rule == rule && is_settled(problem))
}

fn is_settled(problem: &Problem) -> bool {
    problem.suppression.is_some() || problem.told.is_some()
}

/// Applies rules of a text in place of all others of ours.
async fn apply(world: &World, rules: &str) {
    world.submit(Command::ApplyRules { rules: text::read(rules).unwrap(), prune: true }).await;
}

#[tokio::test]
async fn quarantined_application_is_one_problem_also_after_a_restart() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let at = |status| vec![application("switch", status)];
    agent.report(at(ApplicationStatus::Quarantined)).await;
    let (id, severity, object) = found(&world, |state| {
        let problem = open(state, "application-quarantined")?;
        Some((problem.id, problem.what.severity, problem.object().clone()))
    })
    .await;
    assert_eq!((severity, object), (Severity::Critical, path("acme/main/db/switch")));
    let notices = |state: &State| state.problem(id).map(|problem| problem.notices);
    assert_eq!(notices(&world.master.context.bus.state()), Some(1));
    let world = world.restart().await;
    assert_eq!(world.master.context.bus.state().open_problems().count(), 1);
    let mut agent = Agent::connect(&world, agent.identity).await;
    agent.report(at(ApplicationStatus::Started)).await;
    let reason = found(&world, |state| state.problem(id)?.closed.map(|closed| closed.reason)).await;
    assert_eq!(reason, CloseReason::Recovered);
    found(&world, |state| (notices(state) == Some(2)).then_some(())).await;
}

#[tokio::test]
async fn server_down_is_one_problem_and_what_is_on_it_its_symptoms() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let failed = application("switch", ApplicationStatus::Quarantined);
    agent.report(vec![failed]).await;
    found(&world, |state| open(state, "application-quarantined").map(drop)).await;
    world.observe(&path("acme/main/db"), ServerStatus::Down).await;
    let (down, cause, suppression) = found(&world, |state| {
        let symptom = open(state, "application-quarantined")?;
        Some((open(state, "server-down")?.id, symptom.cause?, symptom.suppression.clone()?))
    })
    .await;
    assert_eq!(cause, down);
    let parent_down = Suppression::ParentDown { object: path("acme/main/db"), problem: Some(down) };
    assert_eq!(suppression, parent_down);
}

#[tokio::test]
async fn rule_on_numbers_opens_with_a_value_and_closes_without_its_condition() {
    const RULE: &str =
        "[[rule]]\nname = \"busy\"\nseverity = \"major\"\nmessage = \"load of {name} is {value}\"\n";
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let mut encoder = FrameEncoder::new();
    let index = encoder.define(&Series::new("host_load_1", Vec::<(&str, &str)>::new())).unwrap();
    encoder.tick(world.master.context.bus.clock().now(), &[(index, 4.5)]).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    let when = |bound| {
        format!("{RULE}when.threshold = {{ query = \"host_load_1\", compare = \">\", value = {bound} }}")
    };
    apply(&world, &when(3)).await;
    let (id, message) = found(&world, |state| {
        let problem = open(state, "busy")?;
        Some((problem.id, problem.what.message.clone()))
    })
    .await;
    assert_eq!(message, "load of db is 4.5");
    let world = world.restart().await;
    // Looked at again and still so: the same problem.
    apply(&world, &when(4)).await;
    assert_eq!(found(&world, |state| open(state, "busy").map(|problem| problem.id)).await, id);
    apply(&world, &when(5)).await;
    let reason = found(&world, |state| state.problem(id)?.closed.map(|closed| closed.reason)).await;
    assert_eq!(reason, CloseReason::Recovered);
    let datapoints = "when.datapoints = { query = \"host_load_1\", compare = \">\", value = 1, period = \"1s\", datapoints = 2, of = 3 }";
    apply(&world, &format!("{RULE}{datapoints}")).await;
    found(&world, |state| open(state, "busy").map(drop)).await;
}

#[tokio::test]
async fn recurring_maintenance_is_planned_and_silences() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let (id, objects) = (Uuid::from_u128(7), vec![path("acme/main/db")]);
    let window = |window: &str| serde_json::from_str::<Window>(window).unwrap();
    let daily = window(r#"{"recurring":{"on":"daily","at":"00:00","zone":"UTC","lasts":"1h"}}"#);
    let daily = Maintenance { name: "backup".into(), objects: objects.clone(), window: daily };
    world.submit(Command::SetMaintenance { id, maintenance: daily }).await;
    found(&world, |state| (state.maintenances()[&id].periods.len() > 1).then_some(())).await;
    let starts_at = world.master.context.bus.clock().now();
    let ends_at = starts_at.plus(super::world::DEADLINE);
    let now = Window::Once { starts_at, ends_at };
    let now = Maintenance { name: "cable".into(), objects, window: now };
    world.submit(Command::SetMaintenance { id, maintenance: now }).await;
    agent.report(vec![application("switch", ApplicationStatus::Quarantined)]).await;
    let by = found(&world, |state| open(state, "application-quarantined")?.suppression.clone()).await;
    assert_eq!(by, Suppression::Maintenance { id });
    world.submit(Command::CancelMaintenance { id }).await;
    found(&world, |state| open(state, "application-quarantined")?.told.map(drop)).await;
}

#[tokio::test]
async fn problems_are_listed_and_handled_by_those_who_may() {
    let world = World::start().await;
    let (mut db, mut web) = (world.agent("db").await, world.agent("web").await);
    let quarantined = || vec![application("switch", ApplicationStatus::Quarantined)];
    db.report(quarantined()).await;
    web.report(quarantined()).await;
    found(&world, |state| (state.open_problems().filter(|one| is_settled(one)).count() == 2).then_some(()))
        .await;
    let (operator, _) = world.user("oli", &["operator:acme/main/db"]).await;
    let (viewer, _) = world.user("vera", &["viewer"]).await;
    let query = ListQuery {
        filter: Some("severity=critical status=OPEN".into()),
        sort: Some("-path".into()),
        facets: Some("rule".into()),
        ..ListQuery::default()
    };
    let page = viewer.problem_list(&query).await.unwrap();
    let servers: Vec<_> = page.items.iter().map(|row| row.object.as_str()).collect();
    assert_eq!(servers, ["acme/main/web/switch", "acme/main/db/switch"]);
    assert_eq!((page.total, page.facets[0].values[0].count), (2, 2));
    let own = operator.problem_list(&ListQuery::default()).await.unwrap().items;
    assert_eq!(own.len(), 1, "what is outside the grant is not there");
    let (id, hidden) = (own[0].id, page.items[0].id);
    assert_eq!(refused(operator.problem_get(hidden).await), ProblemCode::NotFound);
    let ask = |problems| AcknowledgeRequest { problems, comment: Some("on it".into()), ..Default::default() };
    assert_eq!(refused(operator.problem_acknowledge(&ask(vec![id, hidden])).await), ProblemCode::NotFound);
    assert_eq!(refused(viewer.problem_acknowledge(&ask(vec![id])).await), ProblemCode::Forbidden);
    operator.problem_acknowledge(&ask(vec![id])).await.unwrap();
    operator.problem_comment(&CommentRequest { problems: vec![id], text: "disk".into() }).await.unwrap();
    found(&world, |state| (state.problem(id)?.suppression == Some(Suppression::Acknowledged)).then_some(()))
        .await;
    let details = viewer.problem_get(id).await.unwrap();
    assert_eq!(details.row.acknowledgement.unwrap().owner.name, "oli");
    assert_eq!((details.comments[0].text.as_str(), details.comments[0].actor.name.as_str()), ("disk", "oli"));
    assert!(details.advice.contains("budget"), "{}", details.advice);
    let firing = operator.problem_close(&CloseRequest { problems: vec![id], comment: None }).await;
    assert_eq!(refused(firing), ProblemCode::Conflict);
    operator.problem_unacknowledge(&UnacknowledgeRequest { problems: vec![id] }).await.unwrap();
    found(&world, |state| state.problem(id)?.suppression.is_none().then_some(())).await;
    let mute = |object: &str| MuteRequest { object: path(object), rule: None, ends_in_s: 60, comment: None };
    assert_eq!(refused(operator.mute_create(&mute("acme/main/web")).await), ProblemCode::Forbidden);
    let mute = operator.mute_create(&mute("acme/main/db")).await.unwrap();
    found(&world, |state| {
        (state.problem(id)?.suppression == Some(Suppression::Muted { id: mute.id })).then_some(())
    })
    .await;
    assert_eq!(viewer.mute_list().await.unwrap().items, std::slice::from_ref(&mute));
    operator.mute_end(mute.id).await.unwrap();
    assert!(viewer.mute_list().await.unwrap().items.is_empty());
}

#[tokio::test]
async fn rules_are_applied_as_code_and_shipped_ones_come_back() {
    const OFF: &str = "[[rule]]\nname = \"server-down\"\nseverity = \"info\"\nenabled = false\nmessage = \"x\"\nwhen.server = { status = [\"DOWN\"] }\n";
    let world = World::start().await;
    let shipped = world.admin.rule_list().await.unwrap().items;
    assert!(shipped.len() > 20 && shipped.iter().all(|rule| !rule.own));
    let request = |text: &str, dry_run| RulesRequest { text: text.into(), prune: false, dry_run };
    let planned = world.admin.rule_apply(&request(OFF, true)).await.unwrap();
    assert_eq!(planned.changed, ["server-down"]);
    assert_eq!(world.admin.rule_list().await.unwrap().items, shipped, "a dry run changes nothing");
    assert_eq!(world.admin.rule_apply(&request(OFF, false)).await.unwrap(), planned);
    let listed = world.admin.rule_list().await.unwrap().items;
    assert!(listed[0].name == "server-down" && listed[0].own && !listed[0].enabled);
    assert_eq!(text::read(&listed[0].text).unwrap(), text::read(OFF).unwrap());
    world.admin.rule_delete("server-down").await.unwrap();
    assert_eq!(world.admin.rule_list().await.unwrap().items, shipped);
    assert_eq!(refused(world.admin.rule_delete("server-down").await), ProblemCode::Conflict);
    let wrong =
        "[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\nwhen.absent = { query = \"sum(\" }\n";
    for wrong in ["[[rule]]\nnme = 1", wrong] {
        assert_eq!(refused(world.admin.rule_apply(&request(wrong, true)).await), ProblemCode::Invalid);
    }
    let (operator, _) = world.user("oli", &["operator"]).await;
    assert_eq!(refused(operator.rule_apply(&request(OFF, false)).await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn maintenance_is_announced_listed_and_cancelled_by_those_who_may() {
    let world = World::start().await;
    let (operator, _) = world.user("oli", &["operator:acme/main/db"]).await;
    let (stranger, _) = world.user("sid", &["operator:acme/south"]).await;
    let request = |object: &str, zone: &str| {
        let window = format!(
            r#"{{"recurring":{{"on":{{"weekly":["monday"]}},"at":"02:30","zone":"{zone}","lasts":"1h"}}}}"#
        );
        MaintenanceRequest {
            id: None,
            name: "backup".into(),
            objects: vec![path(object)],
            window: serde_json::from_str(&window).unwrap(),
        }
    };
    let outside = operator.maintenance_set(&request("acme/main/web", "UTC")).await;
    assert_eq!(refused(outside), ProblemCode::Forbidden);
    let nowhere = operator.maintenance_set(&request("acme/main/db", "Moon/Tycho")).await;
    assert_eq!(refused(nowhere), ProblemCode::Invalid);
    let set = operator.maintenance_set(&request("acme/main/db", "UTC")).await.unwrap();
    let is_planned = async || {
        let rows = operator.maintenance_list().await.unwrap().items;
        (rows[0].id == set.id && rows[0].by.name == "oli" && rows[0].periods.len() > 1).then_some(())
    };
    until(is_planned).await;
    assert!(stranger.maintenance_list().await.unwrap().items.is_empty());
    assert_eq!(refused(stranger.maintenance_cancel(set.id).await), ProblemCode::NotFound);
    operator.maintenance_cancel(set.id).await.unwrap();
    assert!(operator.maintenance_list().await.unwrap().items.is_empty());
}
