//! Events of a group that a search finds.

use super::{messages, now, ok, put, refused, told, with_stream};
use crate::tests::aws::Tool;
use serde_json::{Value, json};

async fn filter(tool: &Tool, more: Value) -> Value {
    let mut input = json!({"logGroupName": "g"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ok(tool, "FilterLogEvents", input).await
}

#[tokio::test]
async fn events_of_all_streams_are_found_in_order_of_time() {
    let (_world, tool) = with_stream().await;
    for stream in ["t", "other"] {
        ok(&tool, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": stream})).await;
    }
    let start = now() - 10_000;
    put(&tool, "s", &[(start, "hello"), (start + 4, "hello world")]).await;
    put(&tool, "t", &[(start + 1, "world"), (start + 3, r#"{"level": "error", "n": 7}"#)]).await;
    put(&tool, "other", &[(start + 2, "goodbye world")]).await;

    let all = filter(&tool, json!({})).await;
    let json_text = r#"{"level": "error", "n": 7}"#;
    assert_eq!(messages(&all), ["hello", "world", "goodbye world", json_text, "hello world"]);
    assert_eq!(all["searchedLogStreams"], json!([]));
    let one = &all["events"][0];
    assert_eq!((&one["logStreamName"], &one["timestamp"]), (&json!("s"), &json!(start)));
    assert!(one["eventId"].as_str().unwrap().len() == 56 && one["ingestionTime"].is_i64(), "{one}");
    for (more, expect) in [
        (json!({"filterPattern": "hello"}), &["hello", "hello world"][..]),
        (json!({"filterPattern": "world -hello"}), &["world", "goodbye world"]),
        (json!({"filterPattern": "{ $.level = \"error\" && $.n > 6 }"}), &[json_text]),
        (json!({"logStreamNames": ["t", "other"], "filterPattern": "world"}), &["world", "goodbye world"]),
        (json!({"logStreamNamePrefix": "o"}), &["goodbye world"]),
        (json!({"startTime": start + 1, "endTime": start + 2}), &["world", "goodbye world"]),
        (json!({"startFromHead": false, "limit": 2}), &["hello world", json_text]),
    ] {
        assert_eq!(messages(&filter(&tool, more.clone()).await), expect, "{more}");
    }
    let first = filter(&tool, json!({"limit": 2})).await;
    assert_eq!(messages(&first), ["hello", "world"]);
    let id = first["events"][1]["eventId"].as_str().unwrap();
    assert_eq!(first["nextToken"], format!("g@t@{id}"));
    // What comes in the meantime does not move the page.
    put(&tool, "s", &[(start - 1, "late")]).await;
    let next = filter(&tool, json!({"limit": 3, "nextToken": first["nextToken"]})).await;
    assert_eq!(messages(&next), ["goodbye world", json_text, "hello world"]);
    assert!(next.get("nextToken").is_none(), "{next}");
}

#[tokio::test]
async fn what_cannot_be_searched_is_refused() {
    let (_world, tool) = with_stream().await;
    let with = |more: Value| {
        let mut input = json!({"logGroupName": "g"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (more, code, message) in [
        (
            json!({"nextToken": "invalid-token"}),
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        ),
        (json!({"nextToken": "g@s@999"}), "InvalidParameterException", "The specified nextToken is invalid."),
        (json!({"filterPattern": "a:b"}), "InvalidParameterException", "Invalid character(s) in term ':'"),
        (
            json!({"logStreamNames": ["nowhere"]}),
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
        (
            json!({"limit": 10_001}),
            "InvalidParameterException",
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
        ),
    ] {
        assert_eq!(
            refused(&tool, "FilterLogEvents", with(more.clone())).await,
            told(code, message),
            "{more}"
        );
    }
    let both = with(json!({"logStreamNames": ["s"], "logStreamNamePrefix": "s"}));
    assert_eq!(refused(&tool, "FilterLogEvents", both).await.0, "InvalidParameterException");
}
