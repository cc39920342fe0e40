//! ECS: applications as services, their copies as tasks.

use super::{Tool, with_two, world};
use crate::tests::peer::{application, finished};
use serde_json::{Value, json};
use topmast_api::event::EventQuery;
use topmast_model::application::Operation;
use topmast_model::status::ApplicationStatus;

const SERVICE: &str = "arn:aws:ecs:eu-central-1:123456789012:service/main/one";

async fn ask(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    tool.json("ecs", &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input).await
}

pub(super) async fn ok(tool: &Tool, operation: &str, input: Value) -> Value {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// What a refusal says.
async fn refused(tool: &Tool, operation: &str, input: Value) -> (String, String) {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 400, "{answer}");
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("message"))
}

/// Desired, running and pending copies of a service, and the state of its deployment.
async fn counts(tool: &Tool, name: &str) -> (i64, i64, i64, String) {
    let answer = ok(tool, "DescribeServices", json!({"cluster": "main", "services": [name]})).await;
    let service = &answer["services"][0];
    let count = |name: &str| service[name].as_i64().unwrap();
    let state = service["deployments"][0]["rolloutState"].as_str().unwrap().to_owned();
    (count("desiredCount"), count("runningCount"), count("pendingCount"), state)
}

#[tokio::test]
async fn clusters_services_and_tasks_are_what_is_there() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let tool = Tool::test(&world);
    let clusters = ok(&tool, "ListClusters", json!({})).await;
    assert_eq!(clusters["clusterArns"], json!(["arn:aws:ecs:eu-central-1:123456789012:cluster/main"]));
    let clusters = ok(&tool, "DescribeClusters", json!({"clusters": ["main", "other"]})).await;
    assert_eq!(clusters["clusters"][0]["runningTasksCount"], 1);
    assert_eq!(clusters["clusters"][0]["activeServicesCount"], 2);
    assert_eq!(clusters["failures"][0]["reason"], "MISSING");
    let services = ok(&tool, "ListServices", json!({"cluster": "main", "maxResults": 1})).await;
    assert_eq!(services["serviceArns"], json!([SERVICE]));
    let next = json!({"cluster": "main", "maxResults": 1, "nextToken": services["nextToken"]});
    let services = ok(&tool, "ListServices", next).await;
    assert_eq!(services["serviceArns"][0].as_str().unwrap(), SERVICE.replace("/one", "/two"));
    assert_eq!(services.get("nextToken"), None);
    assert_eq!(counts(&tool, SERVICE).await, (1, 1, 0, "COMPLETED".into()));
    let tasks = ok(&tool, "ListTasks", json!({"cluster": "main"})).await["taskArns"].clone();
    assert_eq!(tasks.as_array().unwrap().len(), 1, "{tasks}");
    let described = ok(&tool, "DescribeTasks", json!({"cluster": "main", "tasks": tasks})).await;
    let task = &described["tasks"][0];
    assert_eq!((&task["lastStatus"], &task["group"]), (&json!("RUNNING"), &json!("service:one")));
    let server = json!({"cluster": "main", "containerInstances": [task["containerInstanceArn"]]});
    let server = ok(&tool, "DescribeContainerInstances", server).await;
    assert_eq!(server["containerInstances"][0]["agentConnected"], true);
    assert_eq!(server["containerInstances"][0]["runningTasksCount"], 1);

    // AW-1: what the key may not read is not there.
    let narrow = Tool::granted(&world, &["viewer:acme/main/db/two"]).await;
    let services =
        ok(&narrow, "DescribeServices", json!({"cluster": "main", "services": ["one", "two"]})).await;
    assert_eq!(services["services"].as_array().unwrap().len(), 1);
    assert_eq!(services["failures"][0]["reason"], "MISSING");
}

#[tokio::test]
async fn what_is_not_there_is_told_in_aws_words() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let tool = Tool::test(&world);
    let elsewhere = json!({"cluster": "other", "services": ["one"]});
    let cluster = ("ClusterNotFoundException".into(), "Cluster not found.".into());
    assert_eq!(refused(&tool, "DescribeServices", elsewhere).await, cluster);
    let unknown = json!({"cluster": "main", "service": "three", "desiredCount": 0});
    let service = ("ServiceNotFoundException".into(), "Service not found.".into());
    assert_eq!(refused(&tool, "UpdateService", unknown).await, service);
    let task = json!({"cluster": "main", "task": "0123456789abcdef0123456789abcdef"});
    let missing = ("InvalidParameterException".into(), "The referenced task was not found.".into());
    assert_eq!(refused(&tool, "StopTask", task.clone()).await, missing);
    let described = ok(&tool, "DescribeTasks", json!({"cluster": "main", "tasks": [task["task"]]})).await;
    assert_eq!(described["failures"][0]["reason"], "MISSING");
    for (operation, member, told) in [
        ("DescribeTasks", "tasks", "Tasks cannot be empty."),
        ("DescribeServices", "services", "Services cannot be empty."),
        ("DescribeContainerInstances", "containerInstances", "Container Instances cannot be empty."),
    ] {
        let nothing = json!({"cluster": "main", member: []});
        let empty = ("InvalidParameterException".to_owned(), told.to_owned());
        assert_eq!(refused(&tool, operation, nothing).await, empty);
    }
    let many = json!({"cluster": "main", "service": "one", "desiredCount": 2});
    assert_eq!(refused(&tool, "UpdateService", many).await.0, "InvalidParameterException");
    let other = json!({"cluster": "main", "service": "one", "taskDefinition": "one:2"});
    assert_eq!(refused(&tool, "UpdateService", other).await.0, "InvalidParameterException");
    // AW-3
    assert_eq!(refused(&tool, "CreateCluster", json!({})).await.0, "UnknownOperationException");
}

#[tokio::test]
async fn a_service_is_stopped_and_started_in_the_keys_name() {
    let world = world().await;
    let mut agent = with_two(&world, "db").await;
    let reader = Tool::granted(&world, &["viewer:acme/main"]).await;
    let zero = json!({"cluster": "main", "service": "one", "desiredCount": 0});
    let (kind, message) = refused(&reader, "UpdateService", zero.clone()).await;
    assert_eq!(kind, "AccessDeniedException");
    assert!(message.ends_with("is not authorized to perform: ecs:UpdateService"), "{message}");

    let tool = Tool::granted(&world, &["operator:acme/main"]).await;
    let answer = ok(&tool, "UpdateService", zero).await;
    assert_eq!(answer["service"]["desiredCount"], 0, "{answer}");
    // Not stable before it is done.
    assert_eq!(counts(&tool, "one").await, (0, 1, 0, "IN_PROGRESS".into()));
    let order = agent.order().await;
    assert_eq!((order.application.as_str(), order.operation), ("one", Operation::Stop));
    assert!(order.principal.starts_with("access key admin/"), "{}", order.principal);
    agent.report(vec![stopped("one"), finished(order.step, true, "stopped")]).await;
    assert_eq!(counts(&tool, "one").await, (0, 0, 0, "COMPLETED".into()));
    let audit =
        serde_json::to_string(&world.admin.event_list(&EventQuery::default()).await.unwrap()).unwrap();
    assert!(audit.contains("ecs:UpdateService"), "{audit}");

    let one = json!({"cluster": "main", "service": "one", "desiredCount": 1});
    ok(&tool, "UpdateService", one).await;
    assert_eq!(counts(&tool, "one").await, (1, 0, 1, "IN_PROGRESS".into()));
    let order = agent.order().await;
    assert_eq!(order.operation, Operation::Start);
    agent
        .report(vec![application("one", ApplicationStatus::Started), finished(order.step, true, "ok")])
        .await;
    assert_eq!(counts(&tool, "one").await, (1, 1, 0, "COMPLETED".into()));
    ok(&tool, "UpdateService", json!({"cluster": "main", "service": "one", "forceNewDeployment": true}))
        .await;
    assert_eq!(agent.order().await.operation, Operation::Restart);
    assert_eq!(counts(&tool, "one").await, (1, 0, 1, "IN_PROGRESS".into()));
}

/// As an agent tells of what it stopped: without a process.
fn stopped(name: &str) -> topmast_model::report::Report {
    let mut report = application(name, ApplicationStatus::Stopped);
    if let topmast_model::report::Report::Application { state, .. } = &mut report {
        state.pid = None;
        state.desired = topmast_model::application::Desired::Stopped;
    }
    report
}

#[tokio::test]
async fn a_stopped_task_is_known_as_stopped_by_its_old_name() {
    let world = world().await;
    let mut agent = with_two(&world, "db").await;
    let tool = Tool::granted(&world, &["operator:acme/main"]).await;
    let tasks = ok(&tool, "ListTasks", json!({"cluster": "main", "serviceName": "one"})).await;
    let task = &tasks["taskArns"][0];
    let answer = ok(&tool, "StopTask", json!({"cluster": "main", "task": task, "reason": "too old"})).await;
    assert_eq!(
        (&answer["task"]["desiredStatus"], &answer["task"]["lastStatus"]),
        (&json!("STOPPED"), &json!("RUNNING"))
    );
    let order = agent.order().await;
    assert_eq!(order.reason.as_deref(), Some("ecs:StopTask: too old"));
    agent.report(vec![stopped("one"), finished(order.step, true, "stopped")]).await;
    let described = ok(&tool, "DescribeTasks", json!({"cluster": "main", "tasks": [task]})).await;
    assert_eq!(described["tasks"][0]["lastStatus"], "STOPPED", "{described}");
    let running = ok(&tool, "ListTasks", json!({"cluster": "main"})).await;
    assert_eq!(running["taskArns"], json!([]));
}
