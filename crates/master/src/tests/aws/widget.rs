//! Widgets of metrics as pictures.

use super::{Tool, element, world};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const PNG: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

async fn ask(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let content_type = "application/x-amz-json-1.0";
    let (status, body) = tool.send("monitoring", "/", content_type, Some(&target), input.to_string()).await;
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
}

async fn form(tool: &Tool, parameters: &[(&str, &str)]) -> (u16, String) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "GetMetricWidgetImage").append_pair("Version", "2010-08-01");
    let form = form.extend_pairs(parameters).finish();
    tool.send("monitoring", "/", "application/x-www-form-urlencoded; charset=utf-8", None, form).await
}

async fn picture(tool: &Tool, widget: &Value) -> Vec<u8> {
    let (status, answer) =
        ask(tool, "GetMetricWidgetImage", json!({"MetricWidget": widget.to_string()})).await;
    assert_eq!(status, 200, "{answer}");
    STANDARD.decode(answer["MetricWidgetImage"].as_str().unwrap()).unwrap()
}

async fn put(tool: &Tool, place: &str, value: f64) {
    let data =
        json!([{"MetricName": "Orders", "Value": value, "Dimensions": [{"Name": "Place", "Value": place}]}]);
    let (status, answer) = ask(tool, "PutMetricData", json!({"Namespace": "Shop", "MetricData": data})).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_widget_is_a_picture_of_what_was_put() {
    let world = world().await;
    let tool = Tool::test(&world);
    // A span that does not move, so that two pictures differ by what is in them alone.
    let (hour, now) = (3_600, this_minute());
    let at = |second: i64| {
        topmast_aws::timestamp::format(second * 1_000, topmast_aws::model::TimestampFormat::Iso8601)
    };
    let widget = |metrics: Value| {
        json!({"metrics": metrics, "width": 300, "height": 200, "stat": "Sum", "period": 60,
            "start": at(now - hour), "end": at(now + hour)})
    };
    let one = widget(json!([["Shop", "Orders", "Place", "east"]]));
    let empty = picture(&tool, &one).await;
    assert_eq!((&empty[..8], &empty[16..24]), (&PNG[..], &[0, 0, 1, 44, 0, 0, 0, 200][..]));
    put(&tool, "east", 3.0).await;
    put(&tool, "west", 4.0).await;
    let east = picture(&tool, &one).await;
    assert_ne!(east, empty);
    let both = widget(
        json!([["Shop", "Orders", "Place", "east"], ["...", "west"], [{"expression": "SUM(METRICS())"}]]),
    );
    assert_ne!(picture(&tool, &both).await, east);
    let text = one.to_string();
    let (status, xml) = form(&tool, &[("MetricWidget", &text)]).await;
    assert_eq!(status, 200, "{xml}");
    assert_eq!(STANDARD.decode(element(&xml, "MetricWidgetImage")).unwrap(), east);
    // Alone it is no text, and the client of the tests reads texts: its first bytes say what it is.
    let (status, alone) = form(&tool, &[("MetricWidget", &text), ("OutputFormat", "image/png")]).await;
    assert!(status == 200 && alone.contains("PNG\r\n"), "{alone:.40}");
}

#[tokio::test]
async fn what_is_no_widget_is_refused_with_its_place() {
    let world = world().await;
    let tool = Tool::test(&world);
    let message = async |widget: &str| {
        let (status, answer) = ask(&tool, "GetMetricWidgetImage", json!({"MetricWidget": widget})).await;
        let kind = answer["__type"].as_str().unwrap().to_owned();
        assert!(status == 400 && kind.ends_with("#ValidationException"), "{answer}");
        answer["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("[]").await, "The metric widget must be a valid JSON object");
    let told = message(r#"{"metrics": [["a"]], "width": 4000}"#).await;
    assert!(
        told.starts_with("The metric widget is invalid, there are 2 validation errors:\n[\n  {\n"),
        "{told}"
    );
    assert!(
        told.contains(r#""dataPath": "/width""#) && told.contains(r#""dataPath": "/metrics/0""#),
        "{told}"
    );
    let told = message(r#"{"metrics": [["a", "b"]], "start": "-PT1H", "end": "-PT2H"}"#).await;
    assert_eq!(told, "The start of the metric widget must be before its end.");
    let told = message(r#"{"metrics": [[{"expression": "m1 +", "id": "e1"}]]}"#).await;
    assert!(told.starts_with("Error in expression 'e1'"), "{told}");
    let told = message(&" ".repeat(103_000)).await;
    assert_eq!(told, "The metric widget must not have more than 102400 bytes");
    let (status, _) = form(&tool, &[("MetricWidget", "{}"), ("OutputFormat", "gif")]).await;
    assert_eq!(status, 400);
    let nobody = Tool::granted(&world, &["writer:acme"]).await;
    let (_, answer) = ask(&nobody, "GetMetricWidgetImage", json!({"MetricWidget": "{}"})).await;
    assert!(answer["__type"].as_str().unwrap().ends_with("#AccessDeniedException"), "{answer}");
}

fn this_minute() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() / 60 * 60
}
