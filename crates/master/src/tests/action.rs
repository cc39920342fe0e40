//! Acting on applications, from the request to the outcome and back.

use super::peer::{Agent, application, finished};
use super::world::{World, path, refused, until, within};
use topmast_api::action::{Action, ActionMessage, ActionQuery, ActionRequest, Rolling};
use topmast_api::client::ActionStream;
use topmast_api::problem::ProblemCode;
use topmast_model::application::Operation;
use topmast_model::report::Report;
use topmast_model::rolling::OnError;
use topmast_model::status::{ActionStatus, ApplicationStatus};

pub(super) fn request(operation: Operation, targets: &[&str]) -> ActionRequest {
    ActionRequest {
        reason: Some("the test asks for it".into()),
        ..ActionRequest::new(operation, targets.iter().map(|target| path(target)).collect())
    }
}

/// A server `db` with two applications, `one` STARTED and `two` STOPPED.
async fn with_two(world: &World) -> Agent {
    let mut agent = world.agent("db").await;
    let reports =
        vec![application("one", ApplicationStatus::Started), application("two", ApplicationStatus::Stopped)];
    agent.report(reports).await;
    agent
}

/// Reads a stream to its end and applies it: the action as somebody sees it who only follows.
async fn followed(mut stream: ActionStream) -> Action {
    let mut action = None;
    while let Some(message) = within(stream.next()).await.unwrap() {
        match (message, &mut action) {
            (ActionMessage::Snapshot(first), _) => action = Some(first),
            (ActionMessage::Progress(progress), Some(action)) => action.apply(progress),
            (ActionMessage::Progress(_), None) => panic!("progress before the snapshot"),
            (ActionMessage::Heartbeat, _) => {}
        }
    }
    action.unwrap()
}

#[tokio::test]
async fn action_goes_to_the_agent_and_its_outcome_comes_back_to_who_follows() {
    let world = World::start().await;
    let mut agent = with_two(&world).await;
    let targets = ["acme/main/db/one", "acme/main/db/two"];
    let action = world.admin.action_create(&request(Operation::Restart, &targets)).await.unwrap();
    assert_eq!((action.status, action.principal.as_str()), (ActionStatus::Pending, "user admin"));
    let following = tokio::spawn(followed(world.admin.action_watch(action.id)));
    let (one, two) = (agent.order().await, agent.order().await);
    assert_eq!((one.application.as_str(), two.application.as_str()), ("one", "two"));
    assert_eq!((one.principal.as_str(), one.operation), ("user admin", Operation::Restart));
    assert_eq!(one.reason.as_deref(), Some("the test asks for it"));
    assert!(one.expires_in_ms > 0 && one.epoch.0 > 0);
    agent.report(vec![Report::StepStarted { step: one.step }]).await;
    assert_eq!(world.admin.action_get(action.id).await.unwrap().status, ActionStatus::Running);
    agent
        .report(vec![finished(one.step, true, "restarted"), finished(two.step, false, "no such file")])
        .await;
    let seen = within(following).await.unwrap();
    assert_eq!(seen, world.admin.action_get(action.id).await.unwrap());
    assert_eq!(seen.status, ActionStatus::Failed);
    assert_eq!((seen.counts.succeeded, seen.counts.failed), (1, 1));
    assert_eq!(seen.targets[1].message.as_deref(), Some("no such file"));
    // Who comes late sees the end at once.
    assert_eq!(followed(world.admin.action_watch(action.id)).await, seen);
}

#[tokio::test]
async fn dry_run_tells_what_would_happen_and_changes_nothing() {
    let world = World::start().await;
    let _agent = with_two(&world).await;
    let head = world.master.context.bus.state().last_seq();
    let all = ActionRequest { filter: Some("server=db".into()), ..request(Operation::Start, &[]) };
    let plan = world.admin.action_plan(&ActionRequest { dry_run: true, ..all }).await.unwrap();
    let effects: Vec<_> = plan.targets.iter().map(|target| (target.path.name(), &*target.effect)).collect();
    assert_eq!(effects, [("one", "is STARTED already, nothing happens"), ("two", "is started")]);
    assert_eq!(world.master.context.bus.state().last_seq(), head);
    let unknown = request(Operation::Start, &["acme/main/db/three"]);
    let unknown = ActionRequest { dry_run: true, ..unknown };
    assert_eq!(refused(world.admin.action_plan(&unknown).await), ProblemCode::NotFound);
}

fn in_batches_of_one(operation: Operation, on_error: OnError) -> ActionRequest {
    let rolling = Rolling { batch: 1, percent: None, wait_ms: 0, on_error };
    let both = ["acme/main/db/one", "acme/main/db/two"];
    ActionRequest { rolling: Some(rolling), ..request(operation, &both) }
}

#[tokio::test]
async fn batches_go_on_one_by_one_over_a_reconnection_and_a_restart_of_the_master() {
    let world = World::start().await;
    let mut agent = with_two(&world).await;
    let request = in_batches_of_one(Operation::Restart, OnError::Stop);
    let action = world.admin.action_create(&request).await.unwrap();
    assert_eq!(action.rolling, request.rolling);
    let first = agent.order().await;
    assert_eq!(first.application, "one");
    let identity = agent.identity.clone();
    drop(agent);
    until(async || (!world.master.context.registry.is_connected(&identity.server)).then_some(())).await;
    let agent = Agent::connect(&world, identity.clone()).await;
    drop(agent);
    let world = world.restart().await;
    let mut agent = Agent::connect(&world, identity).await;
    assert_eq!(agent.order().await.step, first.step, "what is under way is asked for again");
    // An order before the acknowledgement would be one too many.
    agent.report(vec![finished(first.step, true, "restarted")]).await;
    let second = agent.order().await;
    assert_eq!((second.application.as_str(), second.step.target), ("two", 1));
    let released = world.admin.action_get(action.id).await.unwrap();
    assert!(released.expires_at > action.expires_at, "each batch has its own time");
    agent.report(vec![finished(second.step, true, "restarted")]).await;
    let seen = followed(world.admin.action_watch(action.id)).await;
    assert_eq!((seen.status, seen.counts.succeeded), (ActionStatus::Succeeded, 2));
}

#[tokio::test]
async fn error_in_a_batch_stops_the_others_and_continue_does_not() {
    let world = World::start().await;
    let mut agent = with_two(&world).await;
    let stop = in_batches_of_one(Operation::Stop, OnError::Stop);
    let action = world.admin.action_create(&stop).await.unwrap();
    let step = agent.order().await.step;
    agent.report(vec![finished(step, false, "still runs")]).await;
    let seen = followed(world.admin.action_watch(action.id)).await;
    assert_eq!((seen.status, seen.counts.failed), (ActionStatus::Failed, 2));
    assert_eq!(seen.targets[1].message.as_deref(), Some("not begun: acme/main/db/one FAILED"));
    let go_on = in_batches_of_one(Operation::Stop, OnError::Continue);
    let action = world.admin.action_create(&go_on).await.unwrap();
    for succeeded in [false, true] {
        let order = agent.order().await;
        assert_eq!(order.step.action, action.id, "what was not begun is never sent");
        agent.report(vec![finished(order.step, succeeded, "done")]).await;
    }
    let seen = followed(world.admin.action_watch(action.id)).await;
    assert_eq!((seen.counts.failed, seen.counts.succeeded), (1, 1));
}

#[tokio::test]
async fn plan_shows_the_batches_and_wrong_ones_are_refused() {
    let world = World::start().await;
    let _agent = with_two(&world).await;
    let request = in_batches_of_one(Operation::Start, OnError::Stop);
    let plan = world.admin.action_plan(&request).await.unwrap();
    let batches: Vec<_> = plan.targets.iter().map(|target| (target.path.name(), target.batch)).collect();
    assert_eq!(batches, [("one", 1), ("two", 2)]);
    let together =
        world.admin.action_plan(&ActionRequest { rolling: None, ..request.clone() }).await.unwrap();
    assert!(together.targets.iter().all(|target| target.batch == 1));
    let none = Rolling { batch: 0, percent: None, wait_ms: 0, on_error: OnError::Stop };
    let error = world.admin.action_plan(&ActionRequest { rolling: Some(none), ..request }).await.unwrap_err();
    assert_eq!(error.problem().unwrap().field.as_deref(), Some("rolling.batch"));
}

#[tokio::test]
async fn filter_chooses_targets_and_what_is_wrong_is_said() {
    let world = World::start().await;
    let mut agent = with_two(&world).await;
    let filtered =
        |filter: &str| ActionRequest { filter: Some(filter.into()), ..request(Operation::Start, &[]) };
    let action = world.admin.action_create(&filtered("status=STOPPED")).await.unwrap();
    assert_eq!(action.targets.iter().map(|target| target.path.name()).collect::<Vec<_>>(), ["two"]);
    assert_eq!(agent.order().await.application, "two");
    for (request, code, text) in [
        (filtered("status=DANCING"), ProblemCode::InvalidFilter, "DANCING"),
        (filtered("name=nothing"), ProblemCode::Invalid, "no application matches"),
        (request(Operation::Stop, &[]), ProblemCode::Invalid, "either targets or a filter"),
        (
            ActionRequest { targets: vec![path("acme/main/db/one")], ..filtered("name=one") },
            ProblemCode::Invalid,
            "either targets or a filter",
        ),
        (request(Operation::Stop, &["acme/main/db/nope"]), ProblemCode::NotFound, "topmast apps"),
        (request(Operation::Stop, &["acme/main/db"]), ProblemCode::Invalid, "not an application"),
        (request(Operation::Stop, &["acme/main/db/two"]), ProblemCode::Conflict, "still under way"),
        (
            ActionRequest { timeout_ms: Some(1), ..request(Operation::Stop, &["acme/main/db/one"]) },
            ProblemCode::Invalid,
            "out of range",
        ),
    ] {
        let error = world.admin.action_create(&request).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.detail.contains(text), "{problem}");
    }
}

#[tokio::test]
async fn action_waits_for_an_agent_that_is_away() {
    let world = World::start().await;
    let agent = with_two(&world).await;
    let identity = agent.identity.clone();
    drop(agent);
    until(async || (!world.master.context.registry.is_connected(&identity.server)).then_some(())).await;
    let action = world.admin.action_create(&request(Operation::Stop, &["acme/main/db/one"])).await.unwrap();
    assert_eq!(action.status, ActionStatus::Pending);
    let mut agent = Agent::connect(&world, identity).await;
    let order = agent.order().await;
    assert_eq!(order.step.action, action.id);
    agent.report(vec![finished(order.step, true, "stopped")]).await;
    assert_eq!(world.admin.action_get(action.id).await.unwrap().status, ActionStatus::Succeeded);
}

#[tokio::test]
async fn action_without_an_outcome_becomes_unknown_and_a_late_one_corrects_it() {
    let world = World::start().await;
    let mut agent = with_two(&world).await;
    let short = ActionRequest { timeout_ms: Some(1_000), ..request(Operation::Stop, &["acme/main/db/one"]) };
    let action = world.admin.action_create(&short).await.unwrap();
    let step = agent.order().await.step;
    let seen = followed(world.admin.action_watch(action.id)).await;
    assert_eq!(seen.status, ActionStatus::Unknown);
    let message = seen.targets[0].message.as_deref().unwrap();
    assert!(message.contains("it may have been done"), "{message}");
    agent.report(vec![finished(step, true, "stopped at last")]).await;
    assert_eq!(world.admin.action_get(action.id).await.unwrap().status, ActionStatus::Succeeded);
}

#[tokio::test]
async fn largest_action_expires_in_portions_that_the_journal_takes() {
    // Three servers with as many applications as one can have.
    const COUNT: usize = 3_000;
    let world = World::start().await;
    let mut agents = [world.agent("one").await, world.agent("two").await, world.agent("three").await];
    for agent in &mut agents {
        let names = (0..COUNT / 3).map(|number| format!("application-{number:05}"));
        agent.report(names.map(|name| application(&name, ApplicationStatus::Started)).collect()).await;
    }
    let all = ActionRequest {
        filter: Some("name~application".into()),
        timeout_ms: Some(1_000),
        // All instances of each name go down together.
        override_guards: true,
        ..request(Operation::Stop, &[])
    };
    let action = world.admin.action_create(&all).await.unwrap();
    assert_eq!(action.targets.len(), COUNT);
    let seen = followed(world.admin.action_watch(action.id)).await;
    assert_eq!((seen.status, seen.counts.unknown as usize), (ActionStatus::Unknown, COUNT));
    // Removing a server fits as well.
    let action = world.admin.action_create(&ActionRequest { timeout_ms: None, ..all }).await.unwrap();
    world.admin.server_remove(agents[0].server()).await.unwrap();
    let action = world.admin.action_get(action.id).await.unwrap();
    assert_eq!((action.status, action.counts.unknown as usize), (ActionStatus::Running, COUNT / 3));
}

#[tokio::test]
async fn filter_narrows_the_list_to_what_one_may_see_and_points_at_its_fault() {
    let world = World::start().await;
    let mut agent = with_two(&world).await;
    let (eve, _) = world.user("eve", &["viewer:acme/main/db/one"]).await;
    let both = ["acme/main/db/one", "acme/main/db/two"];
    let stop = world.admin.action_create(&request(Operation::Stop, &both)).await.unwrap();
    let steps = [agent.order().await.step, agent.order().await.step];
    agent.report(vec![finished(steps[0], true, "stopped"), finished(steps[1], false, "no such file")]).await;
    let start = world.admin.action_create(&request(Operation::Start, &both[..1])).await.unwrap();
    let found = async |client: &topmast_api::client::Client, filter: &str| -> Vec<_> {
        let query = ActionQuery { filter: Some(filter.into()), ..ActionQuery::default() };
        client.action_list(&query).await.unwrap().items.iter().map(|action| action.id).collect()
    };
    for (filter, expected) in [
        ("", vec![start.id, stop.id]),
        ("operation=stop", vec![stop.id]),
        ("status=FAILED,PENDING user=admin", vec![start.id, stop.id]),
        ("message~file or targets<2", vec![start.id, stop.id]),
        ("application=two completed_at!=none", vec![stop.id]),
        ("completed_at=none created_at>2020-01-01", vec![start.id]),
        ("\"test asks\" server=web", vec![]),
    ] {
        assert_eq!(found(&world.admin, filter).await, expected, "{filter}");
    }
    // What one may not read is not found by asking for it.
    assert_eq!(found(&eve, "targets=1").await, [start.id, stop.id]);
    assert_eq!(found(&eve, "application=two or message~file").await, []);
    let wrong = ActionQuery { filter: Some("user=admin stauts=FAILED".into()), ..ActionQuery::default() };
    let error = world.admin.action_list(&wrong).await.unwrap_err();
    assert_eq!(error.problem().unwrap().column, Some(12), "{error}");
}
