//! Tags: of servers by EC2, of services by ECS, of everything by Resource Groups Tagging.

use super::{Tool, element, with_two, world};
use crate::aws::instance;
use crate::tests::world::path;
use serde_json::{Value, json};

const SERVICE: &str = "arn:aws:ecs:eu-central-1:123456789012:service/main/one";
const CLUSTER: &str = "arn:aws:ecs:eu-central-1:123456789012:cluster/main";

async fn ecs(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    tool.json("ecs", &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input).await
}

async fn tagging(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    tool.json("tagging", &format!("ResourceGroupsTaggingAPI_20170126.{operation}"), input).await
}

fn code(answer: &(u16, String)) -> (u16, &str, &str) {
    (answer.0, element(&answer.1, "Code"), element(&answer.1, "Message"))
}

/// The ids of the instances that a filter finds.
async fn found(tool: &Tool, name: &str, value: &str) -> usize {
    let (status, xml) =
        tool.ec2("DescribeInstances", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]).await;
    assert_eq!(status, 200, "{xml}");
    xml.matches("<instanceId>").count()
}

#[tokio::test]
async fn instances_are_tagged_found_by_it_and_still_so_after_a_restart() {
    let world = world().await;
    let agents = (world.agent("db").await, world.agent("web").await);
    let (db, web) = (instance::id(&path("acme/main/db")), instance::id(&path("acme/main/web")));
    let tool = Tool::granted(&world, &["operator:acme"]).await;
    let both = [
        ("ResourceId.1", db.as_str()),
        ("ResourceId.2", web.as_str()),
        ("Tag.1.Key", "stage"),
        ("Tag.1.Value", "prod <1>"),
        ("Tag.2.Key", "blank"),
        ("Tag.2.Value", ""),
    ];
    let dry: Vec<_> = both.iter().copied().chain([("DryRun", "true")]).collect();
    assert_eq!(tool.ec2("CreateTags", &dry).await.0, 412);
    assert_eq!(found(&tool, "tag-key", "stage").await, 0);
    let (status, xml) = tool.ec2("CreateTags", &both).await;
    assert!(status == 200 && xml.contains("<return>true</return>"), "{xml}");
    let name = [("ResourceId.1", web.as_str()), ("Tag.1.Key", "Name"), ("Tag.1.Value", "front")];
    assert_eq!(tool.ec2("CreateTags", &name).await.0, 200);

    drop(agents);
    let world = world.restart().await;
    let tool = Tool { url: world.master.url(), ..tool };
    assert_eq!(found(&tool, "tag:stage", "prod*").await, 2);
    assert_eq!(found(&tool, "tag-key", "bl?nk").await, 2);
    assert_eq!(found(&tool, "tag-value", "front").await, 1);
    assert_eq!(found(&tool, "tag:Name", "web").await, 0);
    let (_, tags) =
        tool.ec2("DescribeTags", &[("Filter.1.Name", "key"), ("Filter.1.Value.1", "stage")]).await;
    assert_eq!(tags.matches("<value>prod &lt;1&gt;</value>").count(), 2, "{tags}");
    assert_eq!(tags.matches("<resourceType>instance</resourceType>").count(), 2);

    // With a value only that value goes, without keys all do; what a server has by itself stays.
    let other = [("ResourceId.1", db.as_str()), ("Tag.1.Key", "stage"), ("Tag.1.Value", "dev")];
    assert_eq!(tool.ec2("DeleteTags", &other).await.0, 200);
    assert_eq!(found(&tool, "tag-key", "stage").await, 2);
    assert_eq!(tool.ec2("DeleteTags", &[("ResourceId.1", db.as_str()), ("Tag.1.Key", "stage")]).await.0, 200);
    assert_eq!(found(&tool, "tag-key", "stage").await, 1);
    assert_eq!(tool.ec2("DeleteTags", &[("ResourceId.1", web.as_str())]).await.0, 200);
    assert_eq!(found(&tool, "tag-key", "stage").await, 0);
    assert_eq!(found(&tool, "tag:Name", "web").await, 1);
}

#[tokio::test]
async fn tags_that_cannot_be_are_refused_in_aws_words() {
    let world = world().await;
    let _db = world.agent("db").await;
    let id = instance::id(&path("acme/main/db"));
    let tool = Tool::test(&world);
    let ask = async |resource: &str, key: &str, value: &str| {
        let tag = [("ResourceId.1", resource), ("Tag.1.Key", key), ("Tag.1.Value", value)];
        tool.ec2("CreateTags", &tag).await
    };
    let wrong = "InvalidParameterValue";
    for (key, value, message) in [
        ("aws:a", "b", "Tag keys starting with &apos;aws:&apos; are reserved for internal use"),
        (&*"k".repeat(129), "b", "Tag key exceeds the maximum length of 128 characters"),
        ("k", &*"v".repeat(257), "Tag value exceeds the maximum length of 256 characters"),
    ] {
        let answer = ask(&id, key, value).await;
        let (status, told, text) = code(&answer);
        assert_eq!((status, told, text.replace('\'', "&apos;").as_str()), (400, wrong, message));
    }
    assert_eq!(code(&ask("ami-blah", "a", "b").await), (400, "InvalidID", "The ID 'ami-blah' is not valid"));
    let nobody = ask("i-0123456789abcdef0", "a", "b").await;
    let message = "The instance ID 'i-0123456789abcdef0' does not exist";
    assert_eq!(code(&nobody), (400, "InvalidInstanceID.NotFound", message));
    // What is missing is told before what is wrong with the tags.
    for tag in [&[("Tag.1.Key", "a"), ("Tag.1.Value", "b")][..], &[("Tag.1.Key", "a")]] {
        let none = tool.ec2("CreateTags", tag).await;
        assert_eq!(
            code(&none),
            (400, "MissingParameter", "The request must contain the parameter resourceIdSet")
        );
    }
    let null = tool.ec2("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "a")]).await;
    assert_eq!(code(&null).2, "Tag value cannot be null. Use empty string instead.");
    let keys: Vec<(String, String)> =
        (1..=51).map(|n| (format!("Tag.{n}.Key"), format!("Tag.{n}.Value"))).collect();
    let names: Vec<String> = (1..=51).map(|n| format!("k{n}")).collect();
    let mut many = vec![("ResourceId.1", id.as_str())];
    for ((key, value), name) in keys.iter().zip(&names) {
        many.extend([(key.as_str(), name.as_str()), (value.as_str(), "")]);
    }
    let message = "The maximum number of Tags for a resource has been reached.";
    assert_eq!(code(&tool.ec2("CreateTags", &many).await), (400, "TagLimitExceeded", message));
    assert_eq!(found(&tool, "tag-key", "k*").await, 0);
    let viewer = Tool::granted(&world, &["viewer:acme"]).await;
    let tag = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "a"), ("Tag.1.Value", "b")];
    assert_eq!(code(&viewer.ec2("CreateTags", &tag).await).1, "UnauthorizedOperation");
}

#[tokio::test]
async fn services_clusters_and_tasks_are_tagged() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let tool = Tool::test(&world);
    let tasks = ecs(&tool, "ListTasks", json!({"cluster": "main"})).await.1["taskArns"].clone();
    let team = json!([{"key": "team", "value": "ops"}]);
    for arn in [SERVICE, CLUSTER, tasks[0].as_str().unwrap()] {
        let (status, answer) = ecs(&tool, "TagResource", json!({"resourceArn": arn, "tags": team})).await;
        assert_eq!(status, 200, "{answer}");
        let told = ecs(&tool, "ListTagsForResource", json!({"resourceArn": arn})).await.1;
        assert!(told["tags"].as_array().unwrap().contains(&team[0]), "{told}");
    }
    let asked = json!({"cluster": "main", "services": ["one"], "include": ["TAGS"]});
    let described = ecs(&tool, "DescribeServices", asked).await.1;
    assert_eq!(described["services"][0]["tags"][1], team[0], "{described}");
    let bare = ecs(&tool, "DescribeServices", json!({"cluster": "main", "services": ["one"]})).await.1;
    assert_eq!(bare["services"][0].get("tags"), None);
    ecs(&tool, "UntagResource", json!({"resourceArn": SERVICE, "tagKeys": ["team"]})).await;
    let told = ecs(&tool, "ListTagsForResource", json!({"resourceArn": SERVICE})).await.1;
    assert_eq!(told["tags"], json!([{"key": "Name", "value": "one"}]));
    for (arn, kind) in [
        ("web", "InvalidParameterException"),
        (&*SERVICE.replace("/one", "/three"), "ServiceNotFoundException"),
        (&*CLUSTER.replace("main", "other"), "ClusterNotFoundException"),
        (&*CLUSTER.replace("cluster/main", "task-definition/one:1"), "ClientException"),
    ] {
        let (status, answer) = ecs(&tool, "TagResource", json!({"resourceArn": arn, "tags": team})).await;
        assert!(status == 400 && answer["__type"].as_str().unwrap().ends_with(kind), "{answer}");
    }
}

#[tokio::test]
async fn everything_is_tagged_by_its_arn_and_found_by_its_tags() {
    let world = world().await;
    let _db = with_two(&world, "db").await;
    let tool = Tool::test(&world);
    let server =
        format!("arn:aws:ec2:eu-central-1:123456789012:instance/{}", instance::id(&path("acme/main/db")));
    let body = json!({"DashboardName": "shop", "DashboardBody": "{\"widgets\": []}"}).to_string();
    let target = Some("GraniteServiceVersion20100801.PutDashboard");
    assert_eq!(tool.send("monitoring", "/", "application/x-amz-json-1.0", target, body).await.0, 200);
    let dashboard = "arn:aws:cloudwatch::123456789012:dashboard/shop";
    let arns = [&server, SERVICE, CLUSTER, dashboard, "arn:aws:s3:::bucket"];
    let asked = json!({"ResourceARNList": arns, "Tags": {"team": "ops", "stage": "prod"}});
    let (status, answer) = tagging(&tool, "TagResources", asked).await;
    assert_eq!(status, 200, "{answer}");
    let failed = &answer["FailedResourcesMap"];
    assert_eq!(failed["arn:aws:s3:::bucket"]["ErrorCode"], "InvalidParameterException", "{answer}");
    assert_eq!(failed.as_object().unwrap().len(), 1);

    let resources = async |input: Value| {
        let (status, answer) = tagging(&tool, "GetResources", input).await;
        assert_eq!(status, 200, "{answer}");
        let list = answer["ResourceTagMappingList"].as_array().unwrap().clone();
        list.iter().map(|one| one["ResourceARN"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ops = json!([{"Key": "team", "Values": ["ops", "dev"]}, {"Key": "stage"}]);
    assert_eq!(resources(json!({"TagFilters": ops})).await, [dashboard, &server, CLUSTER, SERVICE]);
    let filter = json!({"TagFilters": ops, "ResourceTypeFilters": ["ecs:service", "cloudwatch"]});
    assert_eq!(resources(filter).await, [dashboard, SERVICE]);
    assert_eq!(resources(json!({"ResourceARNList": [SERVICE]})).await, [SERVICE]);
    let wrong = json!({"ResourceARNList": [SERVICE], "ResourcesPerPage": 1});
    assert_eq!(tagging(&tool, "GetResources", wrong).await.0, 400);
    assert_eq!(tagging(&tool, "GetResources", json!({"TagsPerPage": 150})).await.0, 400);

    let keys = tagging(&tool, "GetTagKeys", json!({})).await.1;
    assert_eq!(keys["TagKeys"], json!(["Name", "role", "stage", "team", "topmast:path"]));
    assert_eq!(keys["PaginationToken"], "");
    let values = tagging(&tool, "GetTagValues", json!({"Key": "Name"})).await.1;
    assert_eq!(values["TagValues"], json!(["db", "one", "two"]));

    let asked = json!({"ResourceARNList": [server, dashboard], "TagKeys": ["team"]});
    assert_eq!(tagging(&tool, "UntagResources", asked).await.1["FailedResourcesMap"], json!({}));
    assert_eq!(resources(json!({"TagFilters": ops})).await, [CLUSTER, SERVICE]);
    let reserved = json!({"ResourceARNList": [SERVICE], "Tags": {"aws:a": "b"}});
    assert_eq!(tagging(&tool, "TagResources", reserved).await.0, 400);
    // AW-1: what the key may not read is not there.
    let narrow = Tool::granted(&world, &["operator:acme/other"]).await;
    let asked = json!({"ResourceARNList": [SERVICE], "Tags": {"team": "me"}});
    let answer = tagging(&narrow, "TagResources", asked).await.1;
    assert_eq!(answer["FailedResourcesMap"][SERVICE]["StatusCode"], 404, "{answer}");
}

#[tokio::test]
async fn groups_of_logs_and_parameters_are_tagged_by_their_arns() {
    let world = world().await;
    let tool = Tool::test(&world);
    let group = json!({"logGroupName": "/shop/orders"});
    let body = group.to_string();
    let target = Some("Logs_20140328.CreateLogGroup");
    assert_eq!(tool.send("logs", "/", "application/x-amz-json-1.1", target, body).await.0, 200);
    for name in ["port", "/shop/port"] {
        let input = json!({"Name": name, "Value": "80", "Type": "String"});
        assert_eq!(tool.json("ssm", "AmazonSSM.PutParameter", input).await.0, 200);
    }
    let logs = "arn:aws:logs:eu-central-1:123456789012:log-group:/shop/orders";
    let port = "arn:aws:ssm:eu-central-1:123456789012:parameter/port";
    let nested = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/port";
    let (gone, wrong) = (format!("{logs}/more"), port.replace("/port", "port"));
    let tags = json!({"team": "ops", "stage": "prod"});
    let asked = json!({"ResourceARNList": [format!("{logs}:*"), port, nested, gone, wrong], "Tags": tags});
    let (status, answer) = tagging(&tool, "TagResources", asked).await;
    assert_eq!(status, 200, "{answer}");
    let failed = answer["FailedResourcesMap"].as_object().unwrap();
    assert_eq!(failed.keys().collect::<Vec<_>>(), [&gone, &wrong], "{answer}");

    let asked = json!({"ResourceARNList": [nested], "TagKeys": ["stage"]});
    assert_eq!(tagging(&tool, "UntagResources", asked).await.1["FailedResourcesMap"], json!({}));
    let found = tagging(&tool, "GetResources", json!({"TagFilters": [{"Key": "stage"}]})).await.1;
    let arns: Vec<&Value> =
        found["ResourceTagMappingList"].as_array().unwrap().iter().map(|one| &one["ResourceARN"]).collect();
    assert_eq!(arns, [logs, port]);
    let filter = json!({"ResourceTypeFilters": ["logs:log-group"]});
    let found = tagging(&tool, "GetResources", filter).await.1;
    assert_eq!(found["ResourceTagMappingList"].as_array().unwrap().len(), 1, "{found}");
    let told = tool.json("logs", "Logs_20140328.ListTagsForResource", json!({"resourceArn": logs})).await.1;
    assert_eq!(told["tags"], tags);
    let asked = json!({"ResourceType": "Parameter", "ResourceId": "/shop/port"});
    let told = tool.json("ssm", "AmazonSSM.ListTagsForResource", asked).await.1;
    assert_eq!(told["TagList"], json!([{"Key": "team", "Value": "ops"}]));
    // Who may only read is told so.
    let reader = Tool::granted(&world, &["viewer:acme"]).await;
    let account = element(&reader.sts("GetCallerIdentity", &[]).await.1, "Account").to_owned();
    for arn in [logs, port] {
        let arn = arn.replace("123456789012", &account);
        let answer =
            tagging(&reader, "TagResources", json!({"ResourceARNList": [arn], "Tags": tags})).await.1;
        assert_eq!(answer["FailedResourcesMap"][&arn]["ErrorCode"], "AccessDeniedException", "{answer}");
    }
}
