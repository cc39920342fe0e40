//! Groups and streams as they are listed, with their tags and how long they keep.

use super::{messages, now, ok, put, refused, told, with_stream};
use crate::tests::aws::{Tool, world};
use serde_json::{Value, json};

fn names(answer: &Value, list: &str, name: &str) -> Vec<String> {
    answer[list].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}

fn groups(answer: &Value) -> Vec<String> {
    names(answer, "logGroups", "logGroupName")
}

fn streams(answer: &Value) -> Vec<String> {
    names(answer, "logStreams", "logStreamName")
}

#[tokio::test]
async fn groups_are_listed_by_prefix_pattern_and_page() {
    let world = world().await;
    let tool = Tool::test(&world);
    for name in ["/a/one", "/a/two", "/b/one", "/b/One"] {
        ok(&tool, "CreateLogGroup", json!({"logGroupName": name})).await;
    }
    let again = refused(&tool, "CreateLogGroup", json!({"logGroupName": "/a/one"})).await;
    assert_eq!(again, told("ResourceAlreadyExistsException", "The specified log group already exists"));
    let long = json!({"logGroupName": "a".repeat(513)});
    let message = "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
    assert_eq!(refused(&tool, "CreateLogGroup", long).await, told("InvalidParameterException", message));
    let (code, _) = refused(&tool, "CreateLogGroup", json!({"logGroupName": "/topmast/apps/x"})).await;
    assert_eq!(code, "InvalidParameterException");

    let answer = ok(&tool, "DescribeLogGroups", json!({"logGroupNamePrefix": "/a/"})).await;
    assert_eq!(groups(&answer), ["/a/one", "/a/two"]);
    let mut one = answer["logGroups"][0].clone();
    assert!(one["creationTime"].as_i64().unwrap() > 1_700_000_000_000, "{one}");
    one.as_object_mut().unwrap().remove("creationTime");
    let arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/a/one";
    let expect = json!({
        "arn": format!("{arn}:*"), "logGroupArn": arn, "logGroupName": "/a/one", "logGroupClass": "STANDARD",
        "metricFilterCount": 0, "storedBytes": 0, "deletionProtectionEnabled": false,
    });
    assert_eq!(one, expect);
    let answer = ok(&tool, "DescribeLogGroups", json!({"logGroupNamePattern": "one"})).await;
    assert_eq!(groups(&answer), ["/a/one", "/b/one"]);
    assert!(answer["logGroups"][0].get("storedBytes").is_none(), "{answer}");
    let both = json!({"logGroupNamePattern": "one", "logGroupNamePrefix": "/a"});
    let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
    assert_eq!(refused(&tool, "DescribeLogGroups", both).await, told("InvalidParameterException", message));
    let first = ok(&tool, "DescribeLogGroups", json!({"limit": 3})).await;
    assert_eq!(groups(&first), ["/a/one", "/a/two", "/b/One"]);
    let next = ok(&tool, "DescribeLogGroups", json!({"limit": 3, "nextToken": first["nextToken"]})).await;
    assert_eq!(groups(&next), ["/b/one"]);
    assert!(next.get("nextToken").is_none(), "{next}");
    let listed = ok(&tool, "ListLogGroups", json!({"logGroupNamePattern": "^/b/|two"})).await;
    assert_eq!(groups(&listed), ["/a/two", "/b/One", "/b/one"]);
    let missing = told("ResourceNotFoundException", "The specified log group does not exist.");
    assert_eq!(refused(&tool, "DeleteLogGroup", json!({"logGroupName": "/a"})).await, missing);
    ok(&tool, "DeleteLogGroup", json!({"logGroupName": "/a/one"})).await;
    assert_eq!(
        groups(&ok(&tool, "DescribeLogGroups", json!({"logGroupNamePrefix": "/a"})).await),
        ["/a/two"]
    );
}

#[tokio::test]
async fn streams_are_listed_by_name_and_by_their_last_event() {
    let (_world, tool) = with_stream().await;
    for stream in ["t", "u"] {
        ok(&tool, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": stream})).await;
    }
    let now = now();
    put(&tool, "u", &[(now - 5_000, "first"), (now - 2_000, "last")]).await;
    put(&tool, "s", &[(now - 1_000, "only")]).await;
    let describe = |more: Value| {
        let mut input = json!({"logGroupName": "g"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let tool = &tool;
        async move { ok(tool, "DescribeLogStreams", input).await }
    };
    assert_eq!(streams(&describe(json!({"descending": true})).await), ["u", "t", "s"]);
    assert_eq!(streams(&describe(json!({"orderBy": "LastEventTime"})).await), ["t", "u", "s"]);
    let newest = json!({"orderBy": "LastEventTime", "descending": true, "limit": 1});
    let first = describe(newest.clone()).await;
    assert_eq!(streams(&first), ["s"]);
    assert_eq!(first["nextToken"], "g@s");
    let next = json!({"orderBy": "LastEventTime", "descending": true, "nextToken": "g@s"});
    let next = describe(next).await;
    assert_eq!(streams(&next), ["u", "t"]);
    let one = &next["logStreams"][0];
    assert_eq!(
        (&one["firstEventTimestamp"], &one["lastEventTimestamp"]),
        (&json!(now - 5_000), &json!(now - 2_000))
    );
    assert!(one["lastIngestionTime"].as_i64().unwrap() >= now && one["storedBytes"] == 0, "{one}");
    assert_eq!(one["uploadSequenceToken"].as_str().unwrap().len(), 56);
    assert_eq!(one["arn"], "arn:aws:logs:eu-central-1:123456789012:log-group:g:log-stream:u");
    let empty = &next["logStreams"][1];
    assert!(
        empty.get("lastEventTimestamp").is_none() && empty.get("uploadSequenceToken").is_none(),
        "{empty}"
    );
    assert_eq!(streams(&describe(json!({"logStreamNamePrefix": "t"})).await), ["t"]);
    let message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
    let wrong = json!({"logGroupName": "g", "orderBy": "LastEventTime", "logStreamNamePrefix": "t"});
    assert_eq!(refused(&tool, "DescribeLogStreams", wrong).await, told("InvalidParameterException", message));
    let arn = "arn:aws:logs:eu-central-1:123456789012:log-group:g";
    assert_eq!(streams(&ok(&tool, "DescribeLogStreams", json!({"logGroupIdentifier": arn})).await).len(), 3);
    let wrong = json!({"logGroupIdentifier": format!("{arn}:*")});
    let message = r"1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w#+=/:,.@-]*";
    assert_eq!(refused(&tool, "DescribeLogStreams", wrong).await, told("InvalidParameterException", message));
    let wrong = json!({"logGroupName": "g", "orderBy": "sth"});
    let (_, message) = refused(&tool, "DescribeLogStreams", wrong).await;
    assert!(
        message.ends_with("Member must satisfy enum value set: [LogStreamName, LastEventTime]"),
        "{message}"
    );
}

#[tokio::test]
async fn a_stream_made_again_is_empty_and_a_group_too() {
    let (_world, tool) = with_stream().await;
    let name = json!({"logGroupName": "g", "logStreamName": "s"});
    put(&tool, "s", &[(now(), "one")]).await;
    ok(&tool, "DeleteLogStream", name.clone()).await;
    ok(&tool, "CreateLogStream", name.clone()).await;
    assert!(messages(&ok(&tool, "GetLogEvents", name.clone()).await).is_empty());
    put(&tool, "s", &[(now(), "two")]).await;
    let stored = ok(&tool, "DescribeLogGroups", json!({})).await["logGroups"][0]["storedBytes"].clone();
    assert_eq!(stored, 3 + 26);
    ok(&tool, "DeleteLogGroup", json!({"logGroupName": "g"})).await;
    ok(&tool, "CreateLogGroup", json!({"logGroupName": "g"})).await;
    ok(&tool, "CreateLogStream", name.clone()).await;
    assert!(messages(&ok(&tool, "GetLogEvents", name).await).is_empty());
}

#[tokio::test]
async fn groups_have_tags_a_retention_and_protection() {
    let world = world().await;
    let tool = Tool::test(&world);
    let group = json!({"logGroupName": "g"});
    let key = "arn:aws:kms:us-east-1:123456789012:key/1";
    ok(&tool, "CreateLogGroup", json!({"logGroupName": "g", "tags": {"env": "test"}, "kmsKeyId": key})).await;
    let arn = "arn:aws:logs:eu-central-1:123456789012:log-group:g";
    ok(&tool, "TagResource", json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}})).await;
    ok(&tool, "TagLogGroup", json!({"logGroupName": "g", "tags": {"a": "3"}})).await;
    let expect = json!({"env": "test", "a": "3", "b": "2"});
    assert_eq!(ok(&tool, "ListTagsForResource", json!({"resourceArn": arn})).await["tags"], expect);
    ok(&tool, "UntagLogGroup", json!({"logGroupName": "g", "tags": ["a"]})).await;
    ok(&tool, "UntagResource", json!({"resourceArn": arn, "tagKeys": ["env"]})).await;
    assert_eq!(ok(&tool, "ListTagsLogGroup", group.clone()).await["tags"], json!({"b": "2"}));
    let missing = told("ResourceNotFoundException", "The specified log group does not exist.");
    assert_eq!(refused(&tool, "ListTagsLogGroup", json!({"logGroupName": "h"})).await, missing);
    let many: serde_json::Map<String, Value> =
        (0..50).map(|number| (number.to_string(), json!("x"))).collect();
    let (code, _) = refused(&tool, "TagResource", json!({"resourceArn": arn, "tags": many})).await;
    assert_eq!(code, "TooManyTagsException");

    ok(&tool, "PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 7})).await;
    let kept = ok(&tool, "DescribeLogGroups", json!({})).await["logGroups"][0].clone();
    assert_eq!((&kept["retentionInDays"], &kept["kmsKeyId"]), (&json!(7), &json!(key)));
    let (code, _) =
        refused(&tool, "PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 8})).await;
    assert_eq!(code, "InvalidParameterException");
    ok(&tool, "DeleteRetentionPolicy", group.clone()).await;
    let kept = ok(&tool, "DescribeLogGroups", json!({})).await["logGroups"][0].clone();
    assert!(kept.get("retentionInDays").is_none(), "{kept}");

    let protect = |on: bool| json!({"logGroupIdentifier": "g", "deletionProtectionEnabled": on});
    ok(&tool, "PutLogGroupDeletionProtection", protect(true)).await;
    assert_eq!(refused(&tool, "DeleteLogGroup", group.clone()).await.0, "ValidationException");
    ok(&tool, "PutLogGroupDeletionProtection", protect(false)).await;
    ok(&tool, "DeleteLogGroup", group).await;
}
