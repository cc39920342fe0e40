//! Dashboards: put, told, listed, tagged, deleted, forgotten.

use super::{Tool, world};
use serde_json::{Value, json};

const BODY: &str = r#"{"widgets": [{"type": "text", "properties": {"markdown": "Hello"}}]}"#;

async fn ask(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let content_type = "application/x-amz-json-1.0";
    let (status, body) = tool.send("monitoring", "/", content_type, Some(&target), input.to_string()).await;
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
}

async fn ok(tool: &Tool, operation: &str, input: Value) -> Value {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn put(tool: &Tool, name: &str, body: &str) -> (u16, Value) {
    ask(tool, "PutDashboard", json!({"DashboardName": name, "DashboardBody": body})).await
}

/// The names that a prefix finds.
async fn names(tool: &Tool, prefix: &str) -> Vec<String> {
    let told = ok(tool, "ListDashboards", json!({"DashboardNamePrefix": prefix})).await;
    let entries = told["DashboardEntries"].as_array().unwrap();
    entries.iter().map(|entry| entry["DashboardName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_dashboard_is_told_as_it_was_put_and_outlives_a_restart() {
    let world = world().await;
    let tool = Tool::granted(&world, &["admin:acme"]).await;
    let (status, answer) = put(&tool, "shop", BODY).await;
    assert_eq!((status, &answer["DashboardValidationMessages"]), (200, &json!([])), "{answer}");
    put(&tool, "other", r#"{"widgets":[]}"#).await;
    let world = world.restart().await;
    let tool = Tool { url: world.master.url(), ..tool };
    let told = ok(&tool, "GetDashboard", json!({"DashboardName": "shop"})).await;
    assert_eq!(told["DashboardBody"], BODY);
    let arn = told["DashboardArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:cloudwatch::") && arn.ends_with(":dashboard/shop"), "{arn}");
    let listed = ok(&tool, "ListDashboards", json!({"DashboardNamePrefix": "sh"})).await;
    let entry = &listed["DashboardEntries"][0];
    assert_eq!((&entry["DashboardName"], &entry["Size"]), (&json!("shop"), &json!(BODY.len())));
    assert!(entry["LastModified"].is_number(), "{entry}");
    assert_eq!(names(&tool, "").await, ["other", "shop"]);
}

#[tokio::test]
async fn of_several_all_are_deleted_or_none() {
    let world = world().await;
    let tool = Tool::test(&world);
    for name in ["a", "b", "c"] {
        assert_eq!(put(&tool, name, BODY).await.0, 200);
    }
    let (status, answer) = ask(&tool, "DeleteDashboards", json!({"DashboardNames": ["a", "nowhere"]})).await;
    let kind = answer["__type"].as_str().unwrap();
    assert_eq!(
        (status, kind),
        (400, "com.amazonaws.cloudwatch.v2010_08_01#DashboardNotFoundError"),
        "{answer}"
    );
    assert_eq!(names(&tool, "").await, ["a", "b", "c"]);
    ok(&tool, "DeleteDashboards", json!({"DashboardNames": ["a", "b"]})).await;
    assert_eq!(names(&tool, "").await, ["c"]);
    let (status, _) = ask(&tool, "GetDashboard", json!({"DashboardName": "a"})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_no_dashboard_is_refused_and_nothing_kept() {
    let world = world().await;
    let tool = Tool::test(&world);
    let (status, answer) = put(&tool, "a b", BODY).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) \
         and underscore (_).\n"
    );
    let (_, answer) = put(&tool, "a", "no JSON").await;
    assert_eq!(answer["message"], "The field DashboardBody must be a valid JSON object");
    let (_, answer) =
        put(&tool, "a", r#"{"widgets": [{"type": "metric", "properties": {"metrics": [1]}}]}"#).await;
    let mistake = json!([{"DataPath": "/widgets/0/properties/metrics/0", "Message": "Should be array"}]);
    assert_eq!(answer["dashboardValidationMessages"], mistake, "{answer}");
    let (status, _) = put(&tool, "a", &format!("{{\"widgets\": []{}}}", " ".repeat(300_000))).await;
    assert_eq!(status, 400);
    assert!(names(&tool, "").await.is_empty());
    let viewer = Tool::granted(&world, &["viewer:acme"]).await;
    let (_, answer) = put(&viewer, "a", BODY).await;
    assert!(answer["__type"].as_str().unwrap().ends_with("#AccessDeniedException"), "{answer}");
}

#[tokio::test]
async fn dashboards_have_tags() {
    let world = world().await;
    let tool = Tool::test(&world);
    put(&tool, "shop", BODY).await;
    let arn = "arn:aws:cloudwatch::123456789012:dashboard/shop";
    let team = json!([{"Key": "team", "Value": "ops"}]);
    ok(&tool, "TagResource", json!({"ResourceARN": arn, "Tags": team})).await;
    assert_eq!(ok(&tool, "ListTagsForResource", json!({"ResourceARN": arn})).await["Tags"], team);
    ok(&tool, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["team"]})).await;
    assert_eq!(ok(&tool, "ListTagsForResource", json!({"ResourceARN": arn})).await["Tags"], json!([]));
    let nowhere = format!("{arn}s");
    let (status, answer) = ask(&tool, "TagResource", json!({"ResourceARN": nowhere, "Tags": team})).await;
    assert_eq!((status, &answer["message"]), (400, &json!("Unknown")), "{answer}");
}
