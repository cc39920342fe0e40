//! Metric filters: put, listed, tried, and metrics of what is logged.

use super::{ask, now, ok, put, refused, told, with_stream};
use crate::tests::aws::Tool;
use serde_json::{Value, json};

fn filter(name: &str, pattern: &str, metric: &Value) -> Value {
    json!({
        "logGroupName": "g", "filterName": name, "filterPattern": pattern, "metricTransformations": [metric]
    })
}

fn metric(name: &str, value: &str) -> Value {
    json!({"metricNamespace": "A.B-c_d/1#2:Shop", "metricName": name, "metricValue": value})
}

/// The sums and counts of a metric over the last minutes, with the units.
async fn statistics(tool: &Tool, name: &str, dimensions: &Value) -> Vec<(f64, f64, String)> {
    let time = now();
    let asked = json!({
        "Namespace": "A.B-c_d/1#2:Shop", "MetricName": name, "Dimensions": dimensions, "Period": 3600,
        "StartTime": (time - 7_200_000) / 1_000, "EndTime": (time + 3_600_000) / 1_000,
        "Statistics": ["Sum", "SampleCount"],
    });
    let target = "GraniteServiceVersion20100801.GetMetricStatistics";
    let (status, answer) = tool.json("monitoring", target, asked).await;
    assert_eq!(status, 200, "{answer}");
    let point = |point: &Value| {
        let unit = point["Unit"].as_str().unwrap().to_owned();
        (point["Sum"].as_f64().unwrap(), point["SampleCount"].as_f64().unwrap(), unit)
    };
    answer["Datapoints"].as_array().unwrap().iter().map(point).collect()
}

fn names(answer: &Value) -> Vec<(&str, &str)> {
    let filters = answer["metricFilters"].as_array().unwrap().iter();
    filters.map(|one| (one["filterName"].as_str().unwrap(), one["logGroupName"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn what_is_logged_counts_from_when_a_filter_is_put_until_it_is_deleted() {
    let (_world, tool) = with_stream().await;
    // One time for all, so that the hour that they are asked by has them together.
    let time = (now() / 3_600_000) * 3_600_000;
    let failed = r#"{"status": 500, "ms": 12, "host": "a"}"#;
    put(&tool, "s", &[(time, failed)]).await;
    let mut counted = metric("Failed", "1");
    counted["unit"] = json!("Count");
    ok(&tool, "PutMetricFilter", filter("failed", "{ $.status >= 500 }", &counted)).await;
    ok(&tool, "PutMetricFilter", filter("ms", "{ $.ms = * }", &metric("Ms", "$.ms"))).await;
    let mut by_host = metric("ByHost", "1");
    by_host["dimensions"] = json!({"Host": "$.host"});
    ok(&tool, "PutMetricFilter", filter("host", "{ $.host = * }", &by_host)).await;
    let mut quiet = metric("Quiet", "1");
    quiet["defaultValue"] = json!(0);
    ok(&tool, "PutMetricFilter", filter("quiet", "nothing", &quiet)).await;
    put(&tool, "s", &[(time, failed), (time, r#"{"status": 200, "ms": 3}"#), (time, "plain")]).await;

    assert_eq!(statistics(&tool, "Failed", &json!([])).await, [(1.0, 1.0, "Count".to_owned())]);
    assert_eq!(statistics(&tool, "Ms", &json!([])).await, [(15.0, 2.0, "None".to_owned())]);
    let host = json!([{"Name": "Host", "Value": "a"}]);
    assert_eq!(statistics(&tool, "ByHost", &host).await, [(1.0, 1.0, "None".to_owned())]);
    assert_eq!(statistics(&tool, "Quiet", &json!([])).await, [(0.0, 1.0, "None".to_owned())]);

    ok(&tool, "DeleteMetricFilter", json!({"logGroupName": "g", "filterName": "failed"})).await;
    put(&tool, "s", &[(time, failed)]).await;
    assert_eq!(statistics(&tool, "Failed", &json!([])).await, [(1.0, 1.0, "Count".to_owned())]);
    let groups = ok(&tool, "DescribeLogGroups", json!({})).await;
    assert_eq!(groups["logGroups"][0]["metricFilterCount"], 3);
}

#[tokio::test]
async fn filters_are_listed_by_name_and_found_by_group_and_metric() {
    let (world, tool) = with_stream().await;
    ok(&tool, "CreateLogGroup", json!({"logGroupName": "a"})).await;
    ok(&tool, "PutMetricFilter", filter("two", " ", &metric("Two", "$.two"))).await;
    let mut one = filter("one", "{$.message = \"test\"}", &metric("One", "1"));
    one["metricTransformations"][0]["defaultValue"] = json!(0);
    ok(&tool, "PutMetricFilter", one.clone()).await;
    one["logGroupName"] = json!("a");
    ok(&tool, "PutMetricFilter", one).await;

    let all = ok(&tool, "DescribeMetricFilters", json!({})).await;
    assert_eq!(names(&all), [("one", "a"), ("one", "g"), ("two", "g")]);
    let mut told_one = all["metricFilters"][1].clone();
    assert!(told_one["creationTime"].take().as_i64().unwrap() > 1_700_000_000_000);
    let expect = json!({
        "filterName": "one", "filterPattern": "{$.message = \"test\"}", "logGroupName": "g", "creationTime": null,
        "applyOnTransformedLogs": false,
        "metricTransformations": [{
            "metricName": "One", "metricNamespace": "A.B-c_d/1#2:Shop", "metricValue": "1", "defaultValue": 0.0
        }],
    });
    assert_eq!(told_one, expect);
    for (asked, expect) in [
        (json!({"filterNamePrefix": "t"}), &[("two", "g")][..]),
        (json!({"logGroupName": "a"}), &[("one", "a")]),
        (json!({"metricName": "Two", "metricNamespace": "A.B-c_d/1#2:Shop"}), &[("two", "g")]),
        (json!({"metricName": "Two", "metricNamespace": "Shop"}), &[]),
    ] {
        assert_eq!(names(&ok(&tool, "DescribeMetricFilters", asked).await), expect);
    }
    let page = ok(&tool, "DescribeMetricFilters", json!({"limit": 2})).await;
    assert_eq!(names(&page).len(), 2);
    let rest = json!({"limit": 2, "nextToken": page["nextToken"]});
    let rest = ok(&tool, "DescribeMetricFilters", rest).await;
    assert_eq!((names(&rest), rest.get("nextToken")), (vec![("two", "g")], None));
    // Who may not administer is refused, and what was put outlives a restart.
    let writer = Tool::granted(&world, &["writer:acme"]).await;
    let (status, answer) = ask(&writer, "PutMetricFilter", filter("x", "", &metric("X", "1"))).await;
    assert_eq!((status, answer["__type"].as_str()), (400, Some("AccessDeniedException")), "{answer}");
    let admin = Tool::granted(&world, &["admin:acme"]).await;
    let world = world.restart().await;
    let admin = Tool { url: world.master.url(), ..admin };
    assert_eq!(names(&ok(&admin, "DescribeMetricFilters", json!({})).await).len(), 3);
}

#[tokio::test]
async fn what_is_no_metric_filter_is_refused_in_aws_words() {
    let (_world, tool) = with_stream().await;
    let refusal = async |name: &str, pattern: &str, metric: Value| {
        refused(&tool, "PutMetricFilter", filter(name, pattern, &metric)).await
    };
    let invalid = |message: &str| told("InvalidParameterException", message);
    let (code, message) = refusal(&"X".repeat(513), "p", metric("m", "1")).await;
    assert!(code == "InvalidParameterException" && message.contains("at 'filterName' failed"), "{message}");
    let expect = invalid("Invalid character(s) in term ':'");
    assert_eq!(refusal("f", "a:b", metric("m", "1")).await, expect);
    let mut wide = metric("m", "1");
    wide["dimensions"] = json!({"a": "$.a", "b": "$.b", "c": "$.c", "d": "$.d"});
    assert!(refusal("f", "", wide.clone()).await.1.contains("at most 3 dimensions"));
    wide["dimensions"] = json!({"a": "$.a"});
    wide["defaultValue"] = json!(1.5);
    assert!(refusal("f", "", wide).await.1.contains("cannot have a default value"));
    let fleet = json!({"metricNamespace": "Topmast/Server", "metricName": "cpu_pct", "metricValue": "1"});
    assert!(refusal("f", "", fleet).await.1.contains("Topmast/"));
    let mut two = filter("f", "", &metric("m", "1"));
    two["metricTransformations"].as_array_mut().unwrap().push(metric("n", "1"));
    let (code, message) = refused(&tool, "PutMetricFilter", two).await;
    let expect = "at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1";
    assert!(code == "InvalidParameterException" && message.ends_with(expect), "{message}");

    let gone =
        |what: &str| told("ResourceNotFoundException", &format!("The specified {what} does not exist."));
    let mut elsewhere = filter("f", "", &metric("m", "1"));
    elsewhere["logGroupName"] = json!("gone");
    assert_eq!(refused(&tool, "PutMetricFilter", elsewhere).await, gone("log group"));
    let asked = json!({"logGroupName": "gone"});
    assert_eq!(refused(&tool, "DescribeMetricFilters", asked).await, gone("log group"));
    let asked = json!({"logGroupName": "g", "filterName": "gone"});
    assert_eq!(refused(&tool, "DeleteMetricFilter", asked).await, gone("metric filter"));
    let asked = json!({"metricName": "m"});
    assert_eq!(refused(&tool, "DescribeMetricFilters", asked).await.0, "InvalidParameterException");
}

#[tokio::test]
async fn a_pattern_is_tried_on_messages_and_tells_what_it_takes_of_them() {
    let (_world, tool) = with_stream().await;
    let messages = json!(["GET /a 200 7", "GET /b 500 9", "x"]);
    let asked = json!({"filterPattern": "[verb, ..., status >= 500, ms]", "logEventMessages": messages});
    let expect = json!([{
        "eventNumber": 2, "eventMessage": "GET /b 500 9",
        "extractedValues": {"$verb": "GET", "$2": "/b", "$status": "500", "$ms": "9"},
    }]);
    assert_eq!(ok(&tool, "TestMetricFilter", asked).await["matches"], expect);
    let asked = json!({"filterPattern": "x", "logEventMessages": messages});
    let expect = json!([{"eventNumber": 3, "eventMessage": "x", "extractedValues": {}}]);
    assert_eq!(ok(&tool, "TestMetricFilter", asked).await["matches"], expect);
    let asked = json!({"filterPattern": "{", "logEventMessages": messages});
    assert_eq!(refused(&tool, "TestMetricFilter", asked).await.0, "InvalidParameterException");
}
