//! Approval on every surface: whatever gives an order on applications, one that a policy wants two persons for waits,
//! nothing of it reaches an agent, and nobody approves their own.
//!
//! Which commands there are is the engine's table; every one of them that acts on applications is
//! `OperateApplications`, which these surfaces submit. Terminals and the removal of servers ask for a permit.

use super::alarm::{metric_alarm, set, with};
use super::{Tool, alarm, ecs, ssm, with_two, world};
use crate::aws::instance;
use crate::tests::action::request;
use crate::tests::peer::finished;
use crate::tests::terminal::{connect, next, open, opened};
use crate::tests::world::{World, path, refused, until};
use serde_json::json;
use topmast_api::action::{Action, ActionOrder, ActionOrderRequest, ActionQuery, WaitKind};
use topmast_api::client::Client;
use topmast_api::permit::{PermitOrderRequest, PermitStatus};
use topmast_api::problem::ProblemCode;
use topmast_api::safety::PolicyRow;
use topmast_api::terminal::{PlannedApproval, TerminalMessage, TerminalOpen, TerminalPlanRequest};
use topmast_model::application::Operation;
use topmast_model::permit::PermitKind;
use topmast_model::status::ActionStatus;

/// A master on which every operation on acme needs two persons.
async fn guarded() -> World {
    let world = world().await;
    let policy = PolicyRow {
        name: "two".into(),
        operations: Vec::new(),
        actions: Vec::new(),
        requests: Vec::new(),
        within: Some(path("acme")),
        only: None,
        expires: None,
    };
    world.admin.policy_set(&policy).await.unwrap();
    world
}

/// The newest action, which must wait for its approval.
async fn waiting(client: &Client, count: usize) -> Action {
    let found = until(async || {
        let page = client.action_list(&ActionQuery::default()).await.unwrap();
        (page.items.len() == count).then_some(page.items)
    })
    .await;
    let action = found.into_iter().max_by_key(|action| action.id).unwrap();
    assert_eq!(action.waits.map(|waits| waits.kind), Some(WaitKind::Approval), "{action:?}");
    assert_eq!(action.approval.as_ref().unwrap().policies, ["two"]);
    assert!(action.targets.iter().all(|target| target.status == ActionStatus::Pending), "{action:?}");
    action
}

async fn say(client: &Client, action: &Action, order: ActionOrder) -> Result<Action, ProblemCode> {
    let request = ActionOrderRequest { order, comment: None };
    client.action_order(action.id, &request).await.map_err(|error| error.problem().unwrap().code)
}

#[tokio::test]
async fn order_of_every_surface_waits_for_a_second_person() {
    let world = guarded().await;
    let mut agent = with_two(&world, "db").await;
    let id = instance::id(&path("acme/main/db"));
    // Its owner is the admin: none of both approves what the key asked for.
    let tool = Tool::granted(&world, &["admin:acme"]).await;
    let (bob, _) = world.user("bob", &["operator:acme", "approver:acme"]).await;
    let (eve, _) = world.user("eve", &["operator:acme"]).await;

    let mut count = 0;
    for surface in ["rest", "ec2", "ecs service", "ecs task", "ssm", "alarm"] {
        match surface {
            "rest" => {
                world.admin.action_create(&request(Operation::Stop, &["acme/main/db/one"])).await.unwrap();
            }
            "ec2" => {
                let (status, xml) = tool.ec2("StopInstances", &[("InstanceId.1", &id)]).await;
                assert_eq!(status, 200, "{xml}");
            }
            "ecs service" => {
                let input = json!({"cluster": "main", "service": "one", "forceNewDeployment": true});
                ecs::ok(&tool, "UpdateService", input).await;
            }
            "ecs task" => {
                let tasks = ecs::ok(&tool, "ListTasks", json!({"cluster": "main"})).await;
                let task = json!({"cluster": "main", "task": tasks["taskArns"][0]});
                ecs::ok(&tool, "StopTask", task).await;
            }
            "ssm" => {
                let input = json!({
                    "DocumentName": "Topmast-StopApplication", "InstanceIds": [id], "Parameters": {"Application": ["one"]},
                });
                ssm::ok(&tool, "SendCommand", input).await;
            }
            _ => {
                let hot = json!({
                    "Namespace": "Topmast/Server", "MetricName": "cpu_pct", "Statistic": "Average",
                    "Dimensions": [{"Name": "InstanceId", "Value": id}],
                    "AlarmActions": ["arn:aws:automate:eu-central-1:ec2:reboot"],
                });
                alarm::ok(&tool, "PutMetricAlarm", with(metric_alarm("hot"), hot)).await;
                set(&tool, "hot", "ALARM").await;
            }
        }
        count += 1;
        let action = waiting(&world.admin, count).await;
        assert_eq!(
            say(&world.admin, &action, ActionOrder::Approve).await,
            Err(ProblemCode::Forbidden),
            "{surface}"
        );
        assert_eq!(say(&eve, &action, ActionOrder::Approve).await, Err(ProblemCode::Forbidden), "{surface}");
        let approved = say(&bob, &action, ActionOrder::Approve).await.unwrap();
        let verdict = approved.approval.unwrap().verdict.unwrap();
        assert_eq!((verdict.approved, verdict.by.as_str()), (true, "user bob"), "{surface}");
        // The first that the agent hears of: of the orders before it, each was heard once.
        let mut orders = Vec::new();
        for _ in &action.targets {
            orders.push(agent.order().await);
        }
        assert!(orders.iter().all(|order| order.step.action == action.id), "{surface}: {orders:?}");
        agent.report(orders.iter().map(|order| finished(order.step, true, "done")).collect()).await;
        let ended = async || {
            let ended = world.admin.action_get(action.id).await.unwrap();
            ended.status.is_final().then_some(ended.status)
        };
        assert_eq!(until(ended).await, ActionStatus::Succeeded, "{surface}");
    }
}

#[tokio::test]
async fn terminal_and_removal_of_a_server_wait_for_a_second_person() {
    let world = guarded().await;
    let _agent = with_two(&world, "db").await;
    let requests = PolicyRow {
        name: "requests".into(),
        operations: Vec::new(),
        actions: Vec::new(),
        requests: PermitKind::ALL.to_vec(),
        within: Some(path("acme")),
        only: None,
        expires: None,
    };
    world.admin.policy_set(&requests).await.unwrap();
    let (bob, _) = world.user("bob", &["approver:acme"]).await;
    let (eve, _) = world.user("eve", &["operator:acme"]).await;
    let server = path("acme/main/db");
    let waits = async |client: &Client| client.permit_list().await.unwrap().items;
    let say = async |client: &Client, id: u64, approved: bool| {
        let request = PermitOrderRequest { approved, comment: Some("seen".into()) };
        client.permit_order(id, &request).await.map_err(|error| error.problem().unwrap().code)
    };

    // Nothing runs before, and a command line is not for everybody. A plan says how far it is.
    let uptime = || open(&["acme/main/db"], Some("uptime"));
    let planned = async || {
        let TerminalOpen { targets, command, .. } = uptime();
        let request = TerminalPlanRequest { targets, command, account: None };
        let plan = world.admin.terminal_plan(&request).await.unwrap();
        assert_eq!(plan.targets.len(), 1);
        let PlannedApproval { policies, permit } = plan.approval.unwrap();
        assert_eq!(policies, ["requests"]);
        permit.map(|permit| (permit.id, permit.status))
    };
    assert_eq!(planned().await, None);
    assert!(waits(&bob).await.is_empty(), "a plan asks for nothing");
    let (_sender, mut receiver) = connect(&world.admin, uptime()).await;
    let TerminalMessage::Refused(problem) = next(&mut receiver).await else { panic!("it was opened") };
    assert_eq!(problem.code, ProblemCode::AwaitsApproval, "{problem}");
    let waiting = waits(&bob).await;
    let [asked] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((asked.command.as_deref(), asked.status), (Some("uptime"), PermitStatus::Waiting));
    assert!(problem.detail.contains(&format!("permit {}", asked.id)), "{problem}");
    assert_eq!(planned().await, Some((asked.id, PermitStatus::Waiting)));
    assert!(waits(&eve).await.is_empty());
    assert_eq!(say(&eve, asked.id, true).await, Err(ProblemCode::Forbidden));
    assert_eq!(say(&world.admin, asked.id, true).await, Err(ProblemCode::Forbidden), "it is their own");
    let approved = say(&bob, asked.id, true).await.unwrap();
    assert_eq!((approved.status, approved.comment.as_deref()), (PermitStatus::Approved, Some("seen")));
    assert_eq!(planned().await, Some((asked.id, PermitStatus::Approved)));
    let (_sender, mut receiver) = connect(&world.admin, uptime()).await;
    opened(&mut receiver).await;
    let (_sender, mut receiver) = connect(&world.admin, uptime()).await;
    let TerminalMessage::Refused(problem) = next(&mut receiver).await else { panic!("it is good once") };
    assert_eq!(problem.code, ProblemCode::AwaitsApproval, "{problem}");

    assert_eq!(refused(world.admin.server_remove(&server).await), ProblemCode::AwaitsApproval);
    assert_eq!(refused(world.admin.server_remove(&server).await), ProblemCode::AwaitsApproval);
    assert!(world.admin.server_get(&server).await.is_ok(), "it is there");
    let asked = waits(&eve).await;
    assert_eq!(asked.iter().map(|row| row.kind).collect::<Vec<_>>(), [PermitKind::RemoveServer]);
    say(&bob, asked[0].id, true).await.unwrap();
    world.admin.server_remove(&server).await.unwrap();
    assert_eq!(refused(world.admin.server_get(&server).await), ProblemCode::NotFound);
    assert!(waits(&world.admin).await.is_empty(), "nothing is done there any more");
}

#[tokio::test]
async fn rejected_it_is_over_and_shows_who_said_so_for_good() {
    let world = guarded().await;
    let _agent = with_two(&world, "db").await;
    let (bob, _) = world.user("bob", &["approver:acme"]).await;
    let action = world.admin.action_create(&request(Operation::Stop, &["acme/main/db/one"])).await.unwrap();
    let request = ActionOrderRequest { order: ActionOrder::Reject, comment: Some("not before noon".into()) };
    bob.action_order(action.id, &request).await.unwrap();
    let message = "not begun: rejected by user bob: not before noon";
    let told = world.admin.action_get(action.id).await.unwrap();
    assert_eq!((told.status, told.targets[0].message.as_deref()), (ActionStatus::Failed, Some(message)));
    // As the journal has it, once the state keeps it no longer.
    let kept = world.master.context.journal.action(action.id).await.unwrap().unwrap();
    assert_eq!(kept.approval, told.approval);
    assert_eq!(say(&bob, &action, ActionOrder::Approve).await, Err(ProblemCode::Conflict));
}

#[tokio::test]
async fn freezes_and_policies_are_for_those_who_may() {
    let world = guarded().await;
    let _agent = with_two(&world, "db").await;
    let (eve, _) = world.user("eve", &["operator:acme"]).await;
    let listed = eve.policy_list().await.unwrap();
    assert_eq!(listed.items[0].name, "two");
    assert_eq!(refused(eve.policy_delete("two").await), ProblemCode::Forbidden);
    let now = world.master.context.bus.clock().now();
    let freeze = serde_json::from_value(json!({
        "name": "year end", "objects": ["acme/main"], "only": "name=one",
        "window": {"once": {
            "starts_at": topmast_api::time::Timestamp(now),
            "ends_at": topmast_api::time::Timestamp(now.plus(std::time::Duration::from_hours(1))),
        }},
    }))
    .unwrap();
    assert_eq!(refused(eve.freeze_set(&freeze).await), ProblemCode::Forbidden);
    let set = world.admin.freeze_set(&freeze).await.unwrap();
    assert!(set.in_force && set.only == "name=one");
    let stop = request(Operation::Stop, &["acme/main/db/one"]);
    assert_eq!(refused(world.admin.action_create(&stop).await), ProblemCode::Guarded);
    let plan = world.admin.action_plan(&stop).await.unwrap();
    assert_eq!((plan.guards[0].guard.as_str(), plan.approval), ("freeze", vec!["two".to_owned()]));
    assert_eq!(refused(eve.freeze_lift(set.id).await), ProblemCode::Forbidden);
    world.admin.freeze_lift(set.id).await.unwrap();
    assert!(world.admin.freeze_list().await.unwrap().items.is_empty());
    world.admin.policy_delete("two").await.unwrap();
    let action = world.admin.action_create(&stop).await.unwrap();
    assert_eq!((action.waits, action.approval), (None, None));
}
