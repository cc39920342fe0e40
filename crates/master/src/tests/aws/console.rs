//! Dashboards of AWS' tools, as the console reads them.

use super::{Tool, world};
use serde_json::{Value, json};
use topmast_api::dashboard::{WidgetKind, WidgetQuery, WidgetView};

async fn ask(tool: &Tool, operation: &str, input: Value) {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let content_type = "application/x-amz-json-1.0";
    let (status, body) = tool.send("monitoring", "/", content_type, Some(&target), input.to_string()).await;
    assert_eq!(status, 200, "{body}");
}

fn body() -> Value {
    json!({"widgets": [
        {"type": "metric", "x": 0, "y": 2, "width": 12, "height": 6, "properties": {"title": "Orders", "stacked": true,
            "metrics": [["Shop", "Orders", "Place", "east"], ["...", "west"]], "stat": "Sum", "period": 60,
            "annotations": {"horizontal": [{"value": 9, "label": "limit"}]}, "yAxis": {"left": {"min": 0, "label": "n"}}}},
        {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": "# Shop"}},
        {"type": "alarm", "x": 12, "y": 2, "width": 12, "height": 6, "properties": {"title": "Alarms", "alarms":
            ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:few", "nowhere"]}},
        {"type": "metric", "x": 0, "y": 8, "properties": {"view": "singleValue", "annotations": {"alarms": ["few"]}}},
        {"type": "metric", "x": 6, "y": 8, "properties": {"metrics": [["Shop"]]}},
        {"type": "log", "x": 12, "y": 8, "properties": {"query": "fields @message"}}
    ]})
}

#[tokio::test]
async fn a_dashboard_is_read_with_the_values_of_its_widgets() {
    let world = world().await;
    let tool = Tool::granted(&world, &["admin:acme"]).await;
    for (place, value) in [("east", 3), ("west", 4)] {
        let data = json!([{"MetricName": "Orders", "Value": value, "Dimensions": [{"Name": "Place", "Value": place}]}]);
        ask(&tool, "PutMetricData", json!({"Namespace": "Shop", "MetricData": data})).await;
    }
    let alarm = json!({"AlarmName": "few", "Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
        "Dimensions": [{"Name": "Place", "Value": "east"}]});
    ask(&tool, "PutMetricAlarm", alarm).await;
    let state = json!({"AlarmName": "few", "StateValue": "ALARM", "StateReason": "a try"});
    ask(&tool, "SetAlarmState", state).await;
    ask(&tool, "PutDashboard", json!({"DashboardName": "shop", "DashboardBody": body().to_string()})).await;

    let admin = &world.admin;
    let rows = admin.dashboard_list().await.unwrap().items;
    assert_eq!((rows.len(), rows[0].tenant.as_str(), rows[0].name.as_str()), (1, "acme", "shop"));
    let told = admin.dashboard_get("acme", "shop").await.unwrap();
    let kinds: Vec<(u64, WidgetKind)> =
        told.widgets.iter().map(|widget| (widget.index, widget.kind)).collect();
    assert_eq!(
        kinds,
        [
            (1, WidgetKind::Text),
            (0, WidgetKind::Metric),
            (2, WidgetKind::Alarm),
            (3, WidgetKind::Metric),
            (4, WidgetKind::Metric),
            (5, WidgetKind::Log),
        ]
    );
    assert_eq!((told.widgets[0].markdown.as_str(), told.widgets[1].stacked), ("# Shop", true));
    assert_eq!(told.widgets[3].view, WidgetView::SingleValue);
    let fault = told.widgets[4].fault.as_deref().unwrap();
    assert!(fault.contains("/metrics/0"), "{fault}");

    let data =
        async |index, minutes| admin.widget_get(("acme", "shop"), index, &WidgetQuery { minutes }).await;
    let orders = data(0, Some(10)).await.unwrap();
    let labels: Vec<&str> = orders.series.iter().map(|series| series.label.as_str()).collect();
    assert_eq!(labels, ["east", "west"]);
    let values: Vec<f64> = orders.series.iter().map(|series| series.values.iter().sum()).collect();
    assert_eq!(values, [3.0, 4.0]);
    assert_eq!((orders.marks[0].at, orders.min, orders.axis.as_str()), (9.0, Some(0.0), "n"));
    assert_eq!(orders.until - orders.since, 600_000);
    assert!(orders.at >= orders.until);
    // A widget of an alarm is of what the alarm looks at, with its threshold.
    let looked_at = data(3, None).await.unwrap();
    assert_eq!((looked_at.series.len(), looked_at.marks[0].at), (1, 1.0));
    let alarms = data(2, None).await.unwrap().alarms;
    assert_eq!((alarms[0].name.as_str(), alarms[0].state.as_deref()), ("few", Some("ALARM")));
    assert_eq!((alarms[0].reason.as_str(), alarms[1].state.as_deref()), ("a try", None));
    assert!(data(4, None).await.is_err() && data(5, None).await.is_err() && data(6, None).await.is_err());
    assert!(data(0, Some(0)).await.is_err() && data(0, Some(u32::MAX)).await.is_err());
}

#[tokio::test]
async fn a_dashboard_is_for_those_who_may_read_its_whole_tenant() {
    let world = world().await;
    let tool = Tool::test(&world);
    ask(&tool, "PutDashboard", json!({"DashboardName": "shop", "DashboardBody": body().to_string()})).await;
    for (grants, may) in [("viewer:acme", true), ("viewer:acme/main", false), ("viewer:bolt", false)] {
        let (reader, _) = world.user(&grants.replace([':', '/'], "-"), &[grants]).await;
        assert_eq!(reader.dashboard_list().await.unwrap().items.len(), usize::from(may), "{grants}");
        assert_eq!(reader.dashboard_get("acme", "shop").await.is_ok(), may, "{grants}");
        let data = reader.widget_get(("acme", "shop"), 0, &WidgetQuery::default()).await;
        assert_eq!(data.is_ok(), may, "{grants}");
    }
    for (tenant, name) in [("acme", "nowhere"), ("bolt", "shop"), ("acme main", "shop")] {
        assert!(world.admin.dashboard_get(tenant, name).await.is_err());
    }
}
