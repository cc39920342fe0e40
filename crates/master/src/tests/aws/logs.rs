//! Groups of logs and their events: made, put, read in pages, forgotten.

mod application;
mod filter;
mod group;
mod metric;
mod query;

use super::{Tool, world};
use crate::tests::world::World;
use serde_json::{Value, json};
use std::time::SystemTime;

pub(super) async fn ask(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("Logs_20140328.{operation}");
    let content_type = "application/x-amz-json-1.1";
    let (status, body) = tool.send("logs", "/", content_type, Some(&target), input.to_string()).await;
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
}

pub(super) async fn ok(tool: &Tool, operation: &str, input: Value) -> Value {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// The code and the text that something is refused with.
pub(super) async fn refused(tool: &Tool, operation: &str, input: Value) -> (String, String) {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 400, "{operation}: {answer}");
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("message"))
}

pub(super) fn told(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// A master with a group `g` and a stream `s` in it.
pub(super) async fn with_stream() -> (World, Tool) {
    let world = world().await;
    let tool = Tool::test(&world);
    ok(&tool, "CreateLogGroup", json!({"logGroupName": "g"})).await;
    ok(&tool, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    (world, tool)
}

pub(super) async fn put(tool: &Tool, stream: &str, events: &[(i64, &str)]) -> Value {
    let events: Vec<Value> =
        events.iter().map(|(time, text)| json!({"timestamp": time, "message": text})).collect();
    let input = json!({"logGroupName": "g", "logStreamName": stream, "logEvents": events});
    ok(tool, "PutLogEvents", input).await
}

pub(super) fn messages(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

/// A request about the stream with more members.
fn of_stream(more: Value) -> Value {
    let mut input = json!({"logGroupName": "g", "logStreamName": "s"});
    let Value::Object(more) = more else { panic!("no object") };
    input.as_object_mut().unwrap().extend(more);
    input
}

#[tokio::test]
async fn a_stream_is_read_page_by_page_in_both_directions() {
    let (_world, tool) = with_stream().await;
    let start = now() - 1_000;
    let texts: Vec<String> = (0..7).map(|number| number.to_string()).collect();
    let events: Vec<(i64, &str)> =
        (0..).zip(&texts).map(|(time, text)| (start + time, text.as_str())).collect();
    put(&tool, "s", &events).await;

    let head = of_stream(json!({"startFromHead": true, "limit": 3}));
    let mut page = ok(&tool, "GetLogEvents", head).await;
    let mut seen = Vec::new();
    loop {
        seen.extend(messages(&page).into_iter().map(str::to_owned));
        let token = page["nextForwardToken"].clone();
        page = ok(&tool, "GetLogEvents", of_stream(json!({"nextToken": token, "limit": 3}))).await;
        if page["nextForwardToken"] == token {
            assert!(messages(&page).is_empty(), "{page}");
            break;
        }
    }
    assert_eq!(seen, texts);
    // The end's token finds what comes later.
    put(&tool, "s", &[(start + 10, "later")]).await;
    let again = of_stream(json!({"nextToken": page["nextForwardToken"]}));
    assert_eq!(messages(&ok(&tool, "GetLogEvents", again).await), ["later"]);

    let tail = ok(&tool, "GetLogEvents", of_stream(json!({"limit": 3}))).await;
    assert_eq!(messages(&tail), ["5", "6", "later"]);
    let before = of_stream(json!({"nextToken": tail["nextBackwardToken"], "limit": 3}));
    let before = ok(&tool, "GetLogEvents", before).await;
    assert_eq!(messages(&before), ["2", "3", "4"]);
    let span = of_stream(json!({"startTime": start + 1, "endTime": start + 3}));
    assert_eq!(messages(&ok(&tool, "GetLogEvents", span).await), ["1", "2"]);
}

#[tokio::test]
async fn events_outlive_a_restart_and_a_reset_forgets_them() {
    let (world, tool) = with_stream().await;
    let granted = Tool::granted(&world, &["admin:acme"]).await;
    put(&tool, "s", &[(now(), "\u{1f640} - \u{65e5}\u{672c}\u{8a9e}")]).await;
    let world = world.restart().await;
    let tool = Tool { url: world.master.url(), ..granted };
    let page = ok(&tool, "GetLogEvents", of_stream(json!({}))).await;
    assert_eq!(messages(&page), ["\u{1f640} - \u{65e5}\u{672c}\u{8a9e}"]);

    let (_world, tool) = with_stream().await;
    put(&tool, "s", &[(now(), "one")]).await;
    let url = format!("{}/moto-api/reset", tool.url);
    assert_eq!(reqwest::Client::new().post(url).send().await.unwrap().status().as_u16(), 200);
    assert_eq!(ok(&tool, "DescribeLogGroups", json!({})).await["logGroups"], json!([]));
    ok(&tool, "CreateLogGroup", json!({"logGroupName": "g"})).await;
    ok(&tool, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    assert!(messages(&ok(&tool, "GetLogEvents", of_stream(json!({}))).await).is_empty());
}

#[tokio::test]
async fn what_is_too_old_or_of_the_future_is_told_and_the_rest_kept() {
    let (_world, tool) = with_stream().await;
    let (now, day) = (now(), 86_400_000);
    let answer = put(&tool, "s", &[(now - 15 * day, "old"), (now, "now"), (now + day, "future")]).await;
    let expect = json!({"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2});
    assert_eq!(answer["rejectedLogEventsInfo"], expect, "{answer}");
    assert_eq!(answer["nextSequenceToken"].as_str().unwrap().len(), 56);
    assert_eq!(messages(&ok(&tool, "GetLogEvents", of_stream(json!({}))).await), ["now"]);

    ok(&tool, "PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 3})).await;
    let answer = put(&tool, "s", &[(now - 4 * day, "expired"), (now, "again")]).await;
    assert_eq!(answer["rejectedLogEventsInfo"], json!({"expiredLogEventEndIndex": 1}), "{answer}");
    let answer = put(&tool, "s", &[(now, "third")]).await;
    assert!(answer.get("rejectedLogEventsInfo").is_none(), "{answer}");

    let wrong = "Log events in a single PutLogEvents request must be in chronological order.";
    let event = |time: i64, text: &str| json!({"timestamp": time, "message": text});
    let events = json!({"logEvents": [event(now, "a"), event(now - 1, "b")]});
    let refusal = refused(&tool, "PutLogEvents", of_stream(events)).await;
    assert_eq!(refusal, told("InvalidParameterException", wrong));
    let events = json!({"logEvents": [event(now - 2 * day, "a"), event(now - day + 1, "b")]});
    let (code, message) = refused(&tool, "PutLogEvents", of_stream(events)).await;
    assert!(code == "InvalidParameterException" && message.contains("24 hours"), "{message}");
}

#[tokio::test]
async fn batches_are_bounded_and_a_full_one_is_taken() {
    let (_world, tool) = with_stream().await;
    let now = now();
    let event = |text: String| json!({"timestamp": now, "message": text});
    // A mebibyte with 26 bytes for each, which is more as JSON.
    let text = "\u{1}".repeat((1 << 20) / 8 - 26);
    let full: Vec<Value> = (0..8).map(|_| event(text.clone())).collect();
    let (status, answer) = ask(&tool, "PutLogEvents", of_stream(json!({"logEvents": full}))).await;
    assert_eq!(status, 413, "written as escapes it is six times as long: {answer}");
    let text = "x".repeat((1 << 20) / 8 - 26);
    let mut full: Vec<Value> = (0..8).map(|_| event(text.clone())).collect();
    ok(&tool, "PutLogEvents", of_stream(json!({"logEvents": full}))).await;
    full.push(event("x".into()));
    let (code, message) = refused(&tool, "PutLogEvents", of_stream(json!({"logEvents": full}))).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("InvalidParameterException", "Upload too large: 1048603 bytes exceeds limit of 1048576")
    );
    let many: Vec<Value> = (0..10_001).map(|_| event("x".into())).collect();
    let (code, message) = refused(&tool, "PutLogEvents", of_stream(json!({"logEvents": many}))).await;
    assert!(code == "InvalidParameterException" && message.contains("logEvents"), "{message:.200}");
    // A page has a mebibyte, too.
    let page = ok(&tool, "GetLogEvents", of_stream(json!({"startFromHead": true}))).await;
    assert_eq!(messages(&page).len(), 8);
    put(&tool, "s", &[(now, "ninth")]).await;
    let page = ok(&tool, "GetLogEvents", of_stream(json!({"startFromHead": true}))).await;
    assert_eq!(messages(&page).len(), 8);
    let next = of_stream(json!({"nextToken": page["nextForwardToken"]}));
    assert_eq!(messages(&ok(&tool, "GetLogEvents", next).await), ["ninth"]);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_words_of_aws() {
    let (world, tool) = with_stream().await;
    let no_group = told("ResourceNotFoundException", "The specified log group does not exist.");
    let no_stream = told("ResourceNotFoundException", "The specified log stream does not exist.");
    let of = |group: &str, stream: &str| json!({"logGroupName": group, "logStreamName": stream});
    assert_eq!(refused(&tool, "GetLogEvents", of("h", "s")).await, no_group);
    assert_eq!(refused(&tool, "GetLogEvents", of("g", "t")).await, no_stream);
    assert_eq!(refused(&tool, "DeleteLogStream", of("g", "t")).await, no_stream);
    assert_eq!(refused(&tool, "CreateLogStream", of("h", "t")).await, no_group);
    let exists = told("ResourceAlreadyExistsException", "The specified log stream already exists");
    assert_eq!(refused(&tool, "CreateLogStream", of("g", "s")).await, exists);
    let token = told("InvalidParameterException", "The specified nextToken is invalid.");
    for text in ["n/00000000000000000000000000000000000000000000000000000000", "none", "f/1/s"] {
        let input = of_stream(json!({"nextToken": text}));
        assert_eq!(refused(&tool, "GetLogEvents", input).await, token, "{text}");
    }
    let events = json!([{"timestamp": now(), "message": "x"}]);
    let input = json!({"logGroupName": "g", "logStreamName": "t", "logEvents": events});
    assert_eq!(refused(&tool, "PutLogEvents", input).await, no_stream);
    let both = json!({"logGroupName": "g", "logGroupIdentifier": "g", "logStreamName": "s"});
    let (code, message) = refused(&tool, "GetLogEvents", both).await;
    assert_eq!(code, "ValidationException");
    assert_eq!(message, "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    let viewer = Tool::granted(&world, &["viewer:acme"]).await;
    let (code, message) = refused(&viewer, "CreateLogGroup", json!({"logGroupName": "v"})).await;
    assert_eq!(code, "AccessDeniedException");
    assert!(message.contains("logs:CreateLogGroup"), "{message}");
    let writer = Tool::granted(&world, &["writer:acme"]).await;
    put(&writer, "s", &[(now(), "written")]).await;
    assert_eq!(refused(&writer, "GetLogEvents", of("g", "s")).await.0, "AccessDeniedException");
    assert_eq!(refused(&writer, "DeleteLogGroup", of("g", "s")).await.0, "AccessDeniedException");
}
