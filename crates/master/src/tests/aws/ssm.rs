//! SSM: actions as commands; and tags of everything.

use super::{Tool, with_two, world};
use crate::aws::instance;
use crate::tests::peer::finished;
use crate::tests::world::path;
use serde_json::{Value, json};
use topmast_model::application::Operation;
use topmast_model::report::Report;

pub(super) async fn ask(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    tool.json("ssm", &format!("AmazonSSM.{operation}"), input).await
}

pub(super) async fn ok(tool: &Tool, operation: &str, input: Value) -> Value {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn refused(tool: &Tool, operation: &str, input: Value) -> String {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 400, "{answer}");
    answer["__type"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_command_is_an_action_with_its_outcome() {
    let world = world().await;
    let mut agent = with_two(&world, "db").await;
    let id = instance::id(&path("acme/main/db"));
    let reader = Tool::granted(&world, &["viewer:acme/main"]).await;
    let tool = Tool::granted(&world, &["operator:acme/main"]).await;
    let nodes = ok(&tool, "DescribeInstanceInformation", json!({})).await;
    assert_eq!(nodes["InstanceInformationList"][0]["InstanceId"], id.as_str());
    assert_eq!(nodes["InstanceInformationList"][0]["PingStatus"], "Online");
    let restart = json!({
        "DocumentName": "Topmast-RestartApplication",
        "Targets": [{"Key": "tag:Name", "Values": ["db"]}],
        "Parameters": {"Application": ["one"]},
        "Comment": "new certificate",
        "TimeoutSeconds": 60,
    });
    assert_eq!(refused(&reader, "SendCommand", restart.clone()).await, "AccessDeniedException");
    let command = ok(&tool, "SendCommand", restart).await["Command"].clone();
    assert_eq!((&command["Status"], &command["TargetCount"]), (&json!("Pending"), &json!(1)), "{command}");
    let invocation = json!({"CommandId": command["CommandId"], "InstanceId": id});
    // There at once, for waiters do not wait for it to come.
    assert_eq!(ok(&tool, "GetCommandInvocation", invocation.clone()).await["Status"], "Pending");
    let order = agent.order().await;
    assert_eq!((order.application.as_str(), order.operation), ("one", Operation::Restart));
    assert_eq!(order.reason.as_deref(), Some("new certificate"));
    assert!(order.principal.starts_with("access key admin/"), "{}", order.principal);
    assert_eq!(order.step.action.to_string(), command["CommandId"].as_str().unwrap());
    agent.report(vec![Report::StepStarted { step: order.step }]).await;
    assert_eq!(ok(&tool, "GetCommandInvocation", invocation.clone()).await["Status"], "InProgress");
    agent.report(vec![finished(order.step, false, "no such file")]).await;
    let got = ok(&tool, "GetCommandInvocation", invocation).await;
    assert_eq!((&got["Status"], &got["ResponseCode"]), (&json!("Failed"), &json!(1)));
    assert_eq!(got["StandardErrorContent"], "one: no such file\n");
    assert_eq!(got["StandardOutputContent"], "");
    let listed =
        ok(&reader, "ListCommands", json!({"Filters": [{"key": "Status", "value": "Failed"}]})).await;
    assert_eq!(listed["Commands"][0]["CommandId"], command["CommandId"]);
    let details = ok(&reader, "ListCommandInvocations", json!({"Details": true})).await;
    let plugin = &details["CommandInvocations"][0]["CommandPlugins"][0];
    assert_eq!(plugin["Output"], "one: no such file\n", "{details}");
    // AW-1
    let other = Tool::granted(&world, &["viewer:acme/main/db/two"]).await;
    assert_eq!(ok(&other, "ListCommands", json!({})).await["Commands"], json!([]));
    let id = json!({"CommandId": command["CommandId"]});
    assert_eq!(refused(&other, "ListCommands", id).await, "InvalidCommandId");
}

#[tokio::test]
async fn what_cannot_be_commanded_is_told_by_aws_names() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let id = instance::id(&path("acme/main/db"));
    let tool = Tool::test(&world);
    let send = |document: &str, id: &str, application: &str| json!({"DocumentName": document, "InstanceIds": [id], "Parameters": {"Application": [application]}});
    let stop = "Topmast-StopApplication";
    assert_eq!(
        refused(&tool, "SendCommand", send("AWS-RunShellScript", &id, "one")).await,
        "InvalidDocument"
    );
    assert_eq!(refused(&tool, "SendCommand", send(stop, "i-12345678", "one")).await, "InvalidInstanceId");
    assert_eq!(refused(&tool, "SendCommand", send(stop, &id, "three")).await, "InvalidParameters");
    let mut bounded = send(stop, &id, "one");
    bounded["MaxConcurrency"] = json!("50%");
    bounded["MaxErrors"] = json!("3");
    assert_eq!(refused(&tool, "SendCommand", bounded).await, "InvalidParameters");
    let unknown = "01234567-89ab-cdef-0123-456789abcdef";
    assert_eq!(refused(&tool, "ListCommands", json!({"CommandId": unknown})).await, "InvalidCommandId");
    let invocation = json!({"CommandId": unknown, "InstanceId": id});
    assert_eq!(refused(&tool, "GetCommandInvocation", invocation).await, "InvocationDoesNotExist");
    let documents = ok(&tool, "ListDocuments", json!({})).await;
    assert_eq!(documents["DocumentIdentifiers"].as_array().unwrap().len(), 3);
    let document = ok(&tool, "DescribeDocument", json!({"Name": stop})).await;
    assert_eq!(document["Document"]["Parameters"][0]["Name"], "Application");
}

#[tokio::test]
async fn instances_and_services_have_tags() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let tool = Tool::test(&world);
    let ask = async |input: Value| {
        let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
        let (status, answer) = tool.json("tagging", target, input).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let all = ask(json!({"ResourcesPerPage": 2})).await;
    assert_eq!(all["ResourceTagMappingList"].as_array().unwrap().len(), 2);
    let rest = ask(json!({"ResourcesPerPage": 2, "PaginationToken": all["PaginationToken"]})).await;
    let arn = "arn:aws:ecs:eu-central-1:123456789012:service/main/two";
    assert_eq!(rest["ResourceTagMappingList"][0]["ResourceARN"], arn);
    assert_eq!(rest["PaginationToken"], "");
    let named =
        ask(json!({"ResourceTypeFilters": ["ec2"], "TagFilters": [{"Key": "Name", "Values": ["db"]}]})).await;
    let id = instance::id(&path("acme/main/db"));
    let arn = format!("arn:aws:ec2:eu-central-1:123456789012:instance/{id}");
    assert_eq!(named["ResourceTagMappingList"][0]["ResourceARN"], arn.as_str());
    assert_eq!(named["ResourceTagMappingList"].as_array().unwrap().len(), 1);
    let (status, sinks) = tool.send("oam", "/ListSinks", "application/json", None, "{}".to_owned()).await;
    assert_eq!((status, sinks.as_str()), (200, "{\"Items\":[]}"));
}
