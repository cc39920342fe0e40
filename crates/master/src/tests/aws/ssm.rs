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
    assert_eq!(refused(&tool, "CancelCommand", json!({"CommandId": unknown})).await, "InvalidCommandId");
    let parameters = json!({"Application": ["one"]});
    let twice = json!({"DocumentName": stop, "InstanceIds": [id, id], "Parameters": parameters});
    assert_eq!(refused(&tool, "SendCommand", twice).await, "DuplicateInstanceId");
    let version = json!({"DocumentName": stop, "InstanceIds": [id], "DocumentVersion": "2"});
    assert_eq!(refused(&tool, "SendCommand", version).await, "InvalidDocumentVersion");
    let invocation = json!({"CommandId": unknown, "InstanceId": id});
    assert_eq!(refused(&tool, "GetCommandInvocation", invocation).await, "InvocationDoesNotExist");
}

#[tokio::test]
async fn documents_say_what_can_be_commanded() {
    let world = world().await;
    let tool = Tool::test(&world);
    let names = async |filters: Value| {
        let told = ok(&tool, "ListDocuments", json!({"Filters": filters})).await;
        told["DocumentIdentifiers"].as_array().unwrap().len()
    };
    assert_eq!(names(json!([])).await, 3);
    assert_eq!(names(json!([{"Key": "Owner", "Values": ["Amazon"]}])).await, 0);
    let linux = json!([{"Key": "PlatformTypes", "Values": ["Linux"]}, {"Key": "SearchKeyword", "Values": ["restart"]}]);
    assert_eq!(names(linux).await, 1);
    let other = json!({"Filters": [{"Key": "Colour", "Values": ["red"]}]});
    assert_eq!(refused(&tool, "ListDocuments", other).await, "InvalidFilterKey");
    let name = "arn:aws:ssm:eu-central-1:123456789012:document/Topmast-StopApplication";
    let document = ok(&tool, "DescribeDocument", json!({"Name": name})).await["Document"].clone();
    assert_eq!(document["Parameters"][0]["Name"], "Application");
    assert_eq!((&document["Status"], &document["HashType"]), (&json!("Active"), &json!("Sha256")));
    let got = ok(&tool, "GetDocument", json!({"Name": "Topmast-StopApplication"})).await;
    let content: Value = serde_json::from_str(got["Content"].as_str().unwrap()).unwrap();
    assert_eq!(content["mainSteps"][0]["inputs"]["operation"], "stop");
    let hash =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, got["Content"].as_str().unwrap().as_bytes());
    let told = u128::from_str_radix(&document["Hash"].as_str().unwrap()[..32], 16).unwrap();
    assert_eq!(told.to_be_bytes(), hash.as_ref()[..16], "of what GetDocument tells");
    let yaml = json!({"Name": "Topmast-StopApplication", "DocumentFormat": "YAML"});
    assert_eq!(refused(&tool, "GetDocument", yaml).await, "InvalidDocumentFormat");
    assert_eq!(refused(&tool, "GetDocument", json!({"Name": "Other"})).await, "InvalidDocument");
}

#[tokio::test]
async fn a_command_that_waits_is_cancelled() {
    let world = world().await;
    let mut db = with_two(&world, "db").await;
    let _web = with_two(&world, "web").await;
    let (db_id, web_id) = (instance::id(&path("acme/main/db")), instance::id(&path("acme/main/web")));
    let tool = Tool::granted(&world, &["operator:acme"]).await;
    let send = json!({
        "DocumentName": "Topmast-RestartApplication",
        "InstanceIds": [db_id, web_id],
        "Parameters": {"Application": ["one"]},
        "MaxConcurrency": "1",
    });
    let command = ok(&tool, "SendCommand", send).await["Command"].clone();
    assert_eq!((&command["MaxConcurrency"], &command["MaxErrors"]), (&json!("1"), &json!("0")), "{command}");
    let id = &command["CommandId"];
    let order = db.order().await;
    let viewer = Tool::granted(&world, &["viewer:acme"]).await;
    assert_eq!(refused(&viewer, "CancelCommand", json!({"CommandId": id})).await, "AccessDeniedException");
    let elsewhere = json!({"CommandId": id, "InstanceIds": ["i-12345678"]});
    assert_eq!(refused(&tool, "CancelCommand", elsewhere).await, "InvalidInstanceId");
    assert_eq!(ok(&tool, "CancelCommand", json!({"CommandId": id})).await, json!({}));
    let status = async |instance: &str| {
        let asked = json!({"CommandId": id, "InstanceId": instance});
        ok(&tool, "GetCommandInvocation", asked).await["Status"].clone()
    };
    assert_eq!((status(&web_id).await, status(&db_id).await), (json!("Cancelled"), json!("Pending")));
    db.report(vec![Report::StepStarted { step: order.step }, finished(order.step, true, "restarted")]).await;
    assert_eq!((status(&web_id).await, status(&db_id).await), (json!("Cancelled"), json!("Success")));
    let list =
        async |input: Value| ok(&tool, "ListCommands", input).await["Commands"].as_array().unwrap().len();
    let filter = |key: &str, value: &str| json!({"Filters": [{"key": key, "value": value}]});
    for (input, expected) in [
        (filter("Status", "Cancelled"), 1),
        (filter("Status", "Failed"), 0),
        (filter("ExecutionStage", "Complete"), 1),
        (filter("ExecutionStage", "Executing"), 0),
        (filter("InvokedAfter", "2020-01-01T00:00:00Z"), 1),
        (filter("InvokedBefore", "2020-01-01T00:00:00Z"), 0),
        (filter("DocumentName", "Topmast-StopApplication"), 0),
        (json!({"InstanceId": web_id}), 1),
        (json!({"InstanceId": "i-12345678"}), 0),
    ] {
        assert_eq!(list(input.clone()).await, expected, "{input}");
    }
    let wrong = filter("InvokedAfter", "yesterday");
    assert_eq!(refused(&tool, "ListCommands", wrong).await, "ValidationException");
    let cancelled = json!({"Filters": [{"key": "Status", "value": "Cancelled"}]});
    let found = ok(&tool, "ListCommandInvocations", cancelled).await;
    assert_eq!(found["CommandInvocations"].as_array().unwrap().len(), 1);
    assert_eq!(found["CommandInvocations"][0]["InstanceId"], web_id.as_str());
    let first = ok(&tool, "ListCommandInvocations", json!({"MaxResults": 1})).await;
    let rest = json!({"MaxResults": 1, "NextToken": first["NextToken"]});
    let rest = ok(&tool, "ListCommandInvocations", rest).await;
    assert_eq!(first["CommandInvocations"][0]["InstanceId"], db_id.as_str());
    assert_eq!(rest["CommandInvocations"][0]["InstanceId"], web_id.as_str());
    assert!(rest["NextToken"].is_null(), "{rest}");
}

#[tokio::test]
async fn nodes_are_found_by_filters() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let _web = with_two(&world, "web").await;
    let (db_id, web_id) = (instance::id(&path("acme/main/db")), instance::id(&path("acme/main/web")));
    let tool = Tool::test(&world);
    let ids = async |filters: Value| -> Vec<String> {
        let told = ok(&tool, "DescribeInstanceInformation", json!({"Filters": filters})).await;
        let list = told["InstanceInformationList"].as_array().unwrap().clone();
        list.iter().map(|node| node["InstanceId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(json!([])).await, [db_id.clone(), web_id.clone()]);
    let named = json!([{"Key": "InstanceIds", "Values": [web_id, "i-12345678"]}]);
    assert_eq!(ids(named).await, [web_id]);
    assert_eq!(ids(json!([{"Key": "tag:Name", "Values": ["db"]}])).await, std::slice::from_ref(&db_id));
    assert_eq!(ids(json!([{"Key": "tag-key", "Values": ["Name"]}])).await.len(), 2);
    assert_eq!(ids(json!([{"Key": "PingStatus", "Values": ["Online"]}])).await.len(), 2);
    assert!(ids(json!([{"Key": "PingStatus", "Values": ["Inactive"]}])).await.is_empty());
    assert!(ids(json!([{"Key": "IamRole", "Values": ["any"]}])).await.is_empty());
    let old = json!({"InstanceInformationFilterList": [{"key": "InstanceIds", "valueSet": [db_id]}]});
    let told = ok(&tool, "DescribeInstanceInformation", old).await;
    assert_eq!(told["InstanceInformationList"].as_array().unwrap().len(), 1);
    for (input, code) in [
        (json!({"Filters": [{"Key": "Colour", "Values": ["red"]}]}), "InvalidFilterKey"),
        (
            json!({"Filters": [{"Key": "PingStatus", "Values": ["red"]}]}),
            "InvalidInstanceInformationFilterValue",
        ),
        (json!({"NextToken": "red"}), "InvalidNextToken"),
        (json!({"MaxResults": 4}), "ValidationException"),
    ] {
        assert_eq!(refused(&tool, "DescribeInstanceInformation", input.clone()).await, code, "{input}");
    }
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
