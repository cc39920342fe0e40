//! EC2: servers as instances.

use super::{Tool, element, with_two, world};
use crate::aws::instance;
use crate::tests::peer::{application, finished};
use crate::tests::world::path;
use topmast_api::event::EventQuery;
use topmast_model::application::Operation;
use topmast_model::status::{ApplicationStatus, ServerStatus};

fn code(answer: &(u16, String)) -> (u16, &str, &str) {
    (answer.0, element(&answer.1, "Code"), element(&answer.1, "Message"))
}

#[tokio::test]
async fn servers_are_instances_that_only_their_readers_see() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let _web = world.agent("web").await;
    let (db, web) = (path("acme/main/db"), path("acme/main/web"));
    let (db_id, web_id) = (instance::id(&db), instance::id(&web));
    let tool = Tool::test(&world);
    let (status, xml) = tool.ec2("DescribeInstances", &[]).await;
    assert_eq!(status, 200, "{xml}");
    assert!(xml.contains(&db_id) && xml.contains(&web_id), "{xml}");
    assert!(xml.contains("<ownerId>123456789012</ownerId>"), "{xml}");
    assert!(xml.contains("<key>topmast:path</key><value>acme/main/db</value>"), "{xml}");
    assert!(xml.contains("<code>16</code><name>running</name>"), "{xml}");
    assert!(xml.contains("<availabilityZone>main</availabilityZone>"), "{xml}");

    let named = [("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "d?"), ("Filter.1.Value.2", "x*")];
    let (_, xml) = tool.ec2("DescribeInstances", &named).await;
    assert!(xml.contains(&db_id) && !xml.contains(&web_id), "{xml}");
    let wrong =
        tool.ec2("DescribeInstances", &[("Filter.1.Name", "colour"), ("Filter.1.Value.1", "x")]).await;
    assert_eq!(code(&wrong), (400, "InvalidParameterValue", "The filter 'colour' is invalid"));

    // AW-1: what the key may not read is not there.
    let narrow = Tool::granted(&world, &["viewer:acme/main/web"]).await;
    let (_, xml) = narrow.ec2("DescribeInstances", &[]).await;
    assert!(!xml.contains(&db_id) && xml.contains(&web_id), "{xml}");
    let other = narrow.ec2("DescribeInstances", &[("InstanceId.1", &db_id)]).await;
    let message = format!("The instance ID '{db_id}' does not exist");
    assert_eq!(code(&other), (400, "InvalidInstanceID.NotFound", message.as_str()));
    let denied = narrow.ec2("StopInstances", &[("InstanceId.1", &web_id)]).await;
    assert_eq!(code(&denied).1, "UnsupportedOperation");
    let (_, tags) =
        narrow.ec2("DescribeTags", &[("Filter.1.Name", "key"), ("Filter.1.Value.1", "Name")]).await;
    assert_eq!(tags.matches("<item>").count(), 1, "{tags}");
    assert_eq!(element(&tags, "value"), "web");
}

#[tokio::test]
async fn what_is_not_an_instance_is_told_in_aws_words() {
    let world = world().await;
    let tool = Tool::test(&world);
    let ask = async |id: &str| tool.ec2("DescribeInstances", &[("InstanceId.1", id)]).await;
    let malformed = "InvalidInstanceID.Malformed";
    assert_eq!(
        code(&ask("web").await),
        (400, malformed, "Invalid id: &quot;web&quot; (expecting &quot;i-...&quot;)")
    );
    assert_eq!(code(&ask("i-12345").await), (400, malformed, "Invalid id: &quot;i-12345&quot;"));
    let missing = "InvalidInstanceID.NotFound";
    assert_eq!(code(&ask("i-12345678").await), (400, missing, "The instance ID 'i-12345678' does not exist"));
    let both = [("InstanceId.1", "i-12345678"), ("InstanceId.2", "i-0123456789abcdef0")];
    let answer = tool.ec2("StopInstances", &both).await;
    let message = "The instance IDs 'i-0123456789abcdef0, i-12345678' do not exist";
    assert_eq!(code(&answer), (400, missing, message));
    let few = tool.ec2("DescribeInstances", &[("MaxResults", "4")]).await;
    let message = "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.";
    assert_eq!(code(&few), (400, "InvalidParameterValue", message));
    let none = tool.ec2("StopInstances", &[]).await;
    assert_eq!(code(&none), (400, "InvalidParameterCombination", "No instances specified"));
    // AW-3
    let unknown = tool.ec2("RunInstances", &[("ImageId", "ami-12345678")]).await;
    assert_eq!(code(&unknown).1, "InvalidAction");
    let regions = tool.ec2("DescribeRegions", &[]).await.1;
    assert_eq!(element(&regions, "regionName"), "eu-central-1");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let world = world().await;
    let mut agents = Vec::new();
    for number in 1..=6 {
        agents.push(world.agent(&format!("web{number}")).await);
    }
    let tool = Tool::test(&world);
    let (_, first) = tool.ec2("DescribeInstances", &[("MaxResults", "5")]).await;
    assert_eq!(first.matches("<instanceId>").count(), 5);
    let token = element(&first, "nextToken");
    let (_, last) = tool.ec2("DescribeInstances", &[("MaxResults", "5"), ("NextToken", token)]).await;
    assert_eq!(last.matches("<instanceId>").count(), 1);
    assert!(!last.contains("nextToken") && last.contains("web6"), "{last}");
}

#[tokio::test]
async fn stopping_an_instance_stops_its_applications_in_the_keys_name() {
    let world = world().await;
    let mut agent = with_two(&world, "db").await;
    let id = instance::id(&path("acme/main/db"));
    let reader = Tool::granted(&world, &["viewer:acme/main"]).await;
    let denied = reader.ec2("StopInstances", &[("InstanceId.1", &id)]).await;
    assert_eq!((denied.0, element(&denied.1, "Code")), (403, "UnauthorizedOperation"));
    assert!(denied.1.contains("is not authorized to perform: ec2:StopInstances"), "{}", denied.1);

    let tool = Tool::granted(&world, &["operator:acme/main"]).await;
    let dry = tool.ec2("StopInstances", &[("InstanceId.1", &id), ("DryRun", "true")]).await;
    let message = "Request would have succeeded, but DryRun flag is set.";
    assert_eq!(code(&dry), (412, "DryRunOperation", message));
    let (status, xml) = tool.ec2("StopInstances", &[("InstanceId.1", &id)]).await;
    assert_eq!(status, 200, "{xml}");
    assert_eq!(element(element(&xml, "currentState"), "name"), "stopping");
    assert_eq!(element(element(&xml, "previousState"), "name"), "running");

    // `two` was stopped already, so the one order is for `one`.
    let order = agent.order().await;
    assert_eq!((order.application.as_str(), order.operation), ("one", Operation::Stop));
    assert!(
        order.principal.starts_with("access key ") && order.principal.ends_with("/tool-operator-acme-main"),
        "{}",
        order.principal
    );
    let state = async || {
        let xml = tool.ec2("DescribeInstances", &[("InstanceId.1", &id)]).await.1;
        element(element(&xml, "instanceState"), "name").to_owned()
    };
    assert_eq!(state().await, "stopping");
    agent
        .report(vec![application("one", ApplicationStatus::Stopped), finished(order.step, true, "stopped")])
        .await;
    assert_eq!(state().await, "stopped");
    let audit =
        serde_json::to_string(&world.admin.event_list(&EventQuery::default()).await.unwrap()).unwrap();
    assert!(audit.contains("ec2:StopInstances"), "{audit}");

    // Stopped ones have no status unless all are asked for; a stop of what is stopped changes nothing.
    assert!(!tool.ec2("DescribeInstanceStatus", &[]).await.1.contains(&id));
    let (_, again) = tool.ec2("StopInstances", &[("InstanceId.1", &id)]).await;
    assert_eq!(element(element(&again, "currentState"), "name"), "stopped");
    let (_, started) = tool.ec2("StartInstances", &[("InstanceId.1", &id)]).await;
    assert_eq!(element(element(&started, "currentState"), "name"), "pending");
    assert_eq!(state().await, "pending");
}

#[tokio::test]
async fn a_server_that_is_not_heard_from_runs_and_its_checks_fail() {
    let world = world().await;
    let agent = with_two(&world, "db").await;
    let tool = Tool::test(&world);
    let (_, xml) = tool.ec2("DescribeInstanceStatus", &[]).await;
    assert!(element(&xml, "systemStatus").contains("<status>ok</status>"), "{xml}");
    drop(agent);
    world.observe(&path("acme/main/db"), ServerStatus::Down).await;
    let (_, xml) = tool.ec2("DescribeInstanceStatus", &[]).await;
    assert_eq!(element(element(&xml, "instanceState"), "name"), "running");
    assert!(element(&xml, "systemStatus").contains("<status>impaired</status>"), "{xml}");
    assert!(element(&xml, "instanceStatus").contains("<status>impaired</status>"), "{xml}");
}
