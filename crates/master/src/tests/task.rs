//! Tasks: runs that people order, what became of them, and heartbeats.

use super::peer::{Agent, application};
use super::world::{World, path, refused, until, within};
use topmast_api::heartbeat::{HeartbeatRequest, PingRequest};
use topmast_api::page::{ListQuery, Page};
use topmast_api::problem::ProblemCode;
use topmast_api::task::{TaskRow, TaskRunRequest, TaskRunsQuery};
use topmast_model::report::Report;
use topmast_model::status::{ApplicationStatus, TaskStatus};
use topmast_model::task::{TaskRun, TaskState};
use topmast_model::task_order::Sign;
use topmast_model::time::UnixMillis;
use topmast_wire::MasterMessage;

const BACKUP: &str = "acme/main/db/switch/backup";

fn task(status: TaskStatus, run: Option<TaskRun>) -> Report {
    let state = TaskState {
        status,
        schedule: None,
        last_started: None,
        last_finished: run.as_ref().map(|run| run.finished),
        next_due: None,
        message: None,
        since: UnixMillis(1),
        progress: None,
        runnable: true,
        run: run.map(Box::new),
    };
    Report::Task { application: "switch".into(), name: "backup".into(), state }
}

fn run(started: i64, output: &str) -> TaskRun {
    TaskRun {
        started: UnixMillis(started),
        finished: UnixMillis(started + 500),
        succeeded: true,
        code: Some(0),
        attempt: 1,
        due: None,
        by: Some("user admin".into()),
        made_up: None,
        message: None,
        output: output.into(),
    }
}

async fn world() -> (World, Agent) {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    (world, agent)
}

async fn status(world: &World) -> Option<TaskStatus> {
    let page: Page<TaskRow> = world.admin.list(&ListQuery::default()).await.unwrap();
    page.items.first().map(|row| row.status)
}

#[tokio::test]
async fn ordered_run_reaches_its_agent_and_its_runs_are_told_the_newest_first() {
    let (world, mut agent) = world().await;
    agent.report(vec![task(TaskStatus::Ok, None)]).await;
    let request = TaskRunRequest { reason: Some("to try it".into()) };
    let ordered = world.admin.task_run_create(&path(BACKUP), &request).await.unwrap();
    let run_task = loop {
        if let MasterMessage::RunTask(run) = within(agent.link.next()).await.unwrap() {
            break run;
        }
    };
    assert_eq!((run_task.id, run_task.application.as_str()), (ordered.id, "switch"));
    assert_eq!((run_task.task.as_str(), run_task.principal.as_str()), ("backup", "user admin"));
    // A status that changes later tells the same run again.
    let reports = [
        task(TaskStatus::Ok, Some(run(1_000, "one"))),
        task(TaskStatus::Late, Some(run(1_000, "one"))),
        task(TaskStatus::Ok, Some(run(2_000, "two"))),
    ];
    for report in reports {
        agent.report(vec![report]).await;
    }
    let runs = world.admin.task_run_list(&path(BACKUP), &TaskRunsQuery::default()).await.unwrap();
    let outputs: Vec<&str> = runs.items.iter().map(|run| run.output.as_str()).collect();
    assert_eq!(outputs, ["two", "one"]);
    assert_eq!((runs.items[0].duration_ms, runs.items[0].by.as_deref()), (500, Some("user admin")));
    let first = TaskRunsQuery { before: None, limit: Some(1) };
    let page = world.admin.task_run_list(&path(BACKUP), &first).await.unwrap();
    let rest = TaskRunsQuery { before: page.next, limit: None };
    assert_eq!(world.admin.task_run_list(&path(BACKUP), &rest).await.unwrap().items.len(), 1);
    let (vera, _) = world.user("vera", &["viewer"]).await;
    assert_eq!(refused(vera.task_run_create(&path(BACKUP), &request).await), ProblemCode::Forbidden);
    let nowhere = path("acme/main/db/switch/other");
    assert_eq!(refused(world.admin.task_run_create(&nowhere, &request).await), ProblemCode::NotFound);
}

#[tokio::test]
async fn heartbeat_is_signed_by_its_address_and_late_without_a_sign() {
    let (world, _agent) = world().await;
    let request = HeartbeatRequest { path: path(BACKUP), every_s: 60, grace_s: 30 };
    let created = world.admin.heartbeat_create(&request).await.unwrap();
    assert_eq!(status(&world).await, Some(TaskStatus::Unknown));
    let nobody = world.anybody();
    nobody.ping(&created.secret, &PingRequest::default()).await.unwrap();
    assert_eq!(status(&world).await, Some(TaskStatus::Ok));
    assert_eq!(refused(nobody.ping("tmh_wrong", &PingRequest::default()).await), ProblemCode::NotFound);
    let half = PingRequest { done: Some(30), ..PingRequest::default() };
    assert_eq!(refused(nobody.ping(&created.secret, &half).await), ProblemCode::Invalid);
    // Neither the journal nor a list gives the address away.
    let events = world.admin.event_list(&topmast_api::event::EventQuery::default()).await.unwrap();
    let told = serde_json::to_string(&events).unwrap();
    assert!(
        told.contains("TaskOrdered") && !told.contains(&crate::access::secret::fingerprint(&created.secret))
    );
    // An hour later, by the master's clock.
    let clock = world.master.context.bus.clock();
    clock.not_before(UnixMillis(clock.now().0 + 3_600_000));
    until(async || (status(&world).await == Some(TaskStatus::Late)).then_some(())).await;
    let failed = PingRequest { sign: Some(Sign::Failed), ..PingRequest::default() };
    world.admin.heartbeat_ping(&path(BACKUP), &failed).await.unwrap();
    assert_eq!(status(&world).await, Some(TaskStatus::Failed));
    let deeds = topmast_api::audit::AuditQuery { object: Some("backup".into()), ..Default::default() };
    assert_eq!(world.admin.audit_search(&deeds).await.unwrap().items.len(), 1, "signs are no deeds");
    let world = world.restart().await;
    assert_eq!(world.admin.heartbeat_list().await.unwrap().items.len(), 1);
    world.admin.heartbeat_delete(&path(BACKUP)).await.unwrap();
    assert_eq!(status(&world).await, None);
    let gone = world.anybody().ping(&created.secret, &PingRequest::default()).await;
    assert_eq!(refused(gone), ProblemCode::NotFound);
}
