//! CloudWatch alarms: put, looked at, told of, acted on.

use super::{Tool, with_two, world};
use crate::aws::instance;
use crate::tests::notification::{ledger, named_channel, receiver, text};
use crate::tests::world::{World, path, until};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use topmast_model::application::Operation;

async fn ask(tool: &Tool, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let content_type = "application/x-amz-json-1.0";
    let (status, body) = tool.send("monitoring", "/", content_type, Some(&target), input.to_string()).await;
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
}

pub(super) async fn ok(tool: &Tool, operation: &str, input: Value) -> Value {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn refused(tool: &Tool, operation: &str, input: Value) -> (String, String) {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 400, "{answer}");
    let kind = answer["__type"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
    (kind, answer["message"].as_str().unwrap_or_default().to_owned())
}

pub(super) fn metric_alarm(name: &str) -> Value {
    json!({
        "AlarmName": name,
        "Namespace": "Shop",
        "MetricName": "Orders",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 2.0,
        "ComparisonOperator": "GreaterThanThreshold",
    })
}

pub(super) fn with(mut input: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("no members: {members}") };
    for (name, value) in members {
        input[name.as_str()] = value;
    }
    input
}

async fn alarm(tool: &Tool, name: &str) -> Value {
    let types = json!(["MetricAlarm", "CompositeAlarm"]);
    let told = ok(tool, "DescribeAlarms", json!({"AlarmNames": [name], "AlarmTypes": types})).await;
    let mut all = ["MetricAlarms", "CompositeAlarms"].iter().flat_map(|list| told[list].as_array().unwrap());
    all.next().cloned().unwrap_or_default()
}

async fn is_in(tool: &Tool, name: &str, state: &str) -> Value {
    until(async || {
        let told = alarm(tool, name).await;
        (told["StateValue"] == state).then_some(told)
    })
    .await
}

pub(super) async fn set(tool: &Tool, name: &str, state: &str) {
    let input = json!({"AlarmName": name, "StateValue": state, "StateReason": "by hand"});
    ok(tool, "SetAlarmState", input).await;
}

/// Channel `ops` of the tenant, and what its receiver takes.
async fn ops(world: &World) -> UnboundedReceiver<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let taken = receiver(listener);
    world.admin.channel_apply(&named_channel("ops", address)).await.unwrap();
    taken
}

fn now_s(world: &World) -> i64 {
    world.master.context.bus.clock().now().0 / 1_000
}

#[tokio::test]
async fn an_alarm_on_values_that_were_put_fires_and_is_a_problem() {
    let world = world().await;
    let tool = Tool::test(&world);
    let data = json!([{"MetricName": "Orders", "Value": 3.5, "Timestamp": now_s(&world) - 120}]);
    ok(&tool, "PutMetricData", json!({"Namespace": "Shop", "MetricData": data})).await;
    let topic = "arn:aws:sns:eu-central-1:123456789012:ops";
    let mut taken = ops(&world).await;
    ok(&tool, "PutMetricAlarm", with(metric_alarm("orders"), json!({"AlarmActions": [topic]}))).await;
    let new = alarm(&tool, "orders").await;
    assert_eq!(new["StateValue"], "INSUFFICIENT_DATA");
    assert_eq!(new["StateReason"], "Unchecked: Initial alarm creation");
    assert!(new.get("StateReasonData").is_none() && new.get("DatapointsToAlarm").is_none(), "{new}");
    let told = is_in(&tool, "orders", "ALARM").await;
    let reason = told["StateReason"].as_str().unwrap();
    assert!(reason.starts_with("Threshold Crossed: 1 datapoint [3.5 ("), "{reason}");
    assert!(reason.ends_with(")] was greater than the threshold (2.0)."), "{reason}");
    let data: Value = serde_json::from_str(told["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!((&data["recentDatapoints"], &data["statistic"]), (&json!([3.5]), &json!("Sum")));
    let problem = until(async || {
        let state = world.master.context.bus.state();
        state.open_problems().find(|problem| problem.what.key.rule == "aws-alarm").cloned()
    })
    .await;
    assert_eq!(problem.what.key.detail, "alarm=\"orders\"");
    assert!(problem.what.message.contains(reason), "{}", problem.what.message);
    let history = until(async || {
        let told = ok(&tool, "DescribeAlarmHistory", json!({"AlarmName": "orders"})).await;
        let items = told["AlarmHistoryItems"].as_array().unwrap().clone();
        (items.len() == 3).then_some(items)
    })
    .await;
    let kinds: Vec<_> = history.iter().map(|item| item["HistoryItemType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Action", "StateUpdate", "ConfigurationUpdate"]);
    assert_eq!(history[0]["HistorySummary"], format!("Successfully executed action {topic}"));
    assert_eq!(history[1]["HistorySummary"], "Alarm updated from INSUFFICIENT_DATA to ALARM");
    let told = taken.recv().await.unwrap();
    assert_eq!(told["subject"], "ALARM: \"orders\" in eu-central-1", "{told}");
    let data: Value = serde_json::from_str(history[0]["HistoryData"].as_str().unwrap()).unwrap();
    let published: Value = serde_json::from_str(data["publishedMessage"].as_str().unwrap()).unwrap();
    let published: Value = serde_json::from_str(published["default"].as_str().unwrap()).unwrap();
    assert_eq!(told["alarm"], published, "the channel is told what AWS would publish");
    set(&tool, "orders", "OK").await;
    until(async || {
        let state = world.master.context.bus.state();
        state.open_problems().all(|problem| problem.what.key.rule != "aws-alarm").then_some(())
    })
    .await;
}

#[tokio::test]
async fn topics_are_channels_that_are_told_of_each_change_that_may_be_told() {
    let world = world().await;
    let tool = Tool::test(&world);
    let mut taken = ops(&world).await;
    let topic = |name: &str| format!("arn:aws:sns:eu-central-1:123456789012:{name}");
    let told_of_all = json!({
        "AlarmActions": [topic("ops")], "OKActions": [topic("ops")], "InsufficientDataActions": [topic("ops")],
    });
    let deploying = json!({"TreatMissingData": "ignore"});
    ok(&tool, "PutMetricAlarm", with(metric_alarm("deploying"), deploying)).await;
    ok(&tool, "PutMetricAlarm", with(metric_alarm("orders"), told_of_all)).await;
    let subject = async |taken: &mut UnboundedReceiver<Value>| {
        taken.recv().await.unwrap()["subject"].as_str().unwrap().to_owned()
    };
    for state in ["ALARM", "OK", "INSUFFICIENT_DATA"] {
        set(&tool, "orders", state).await;
        assert_eq!(subject(&mut taken).await, format!("{state}: \"orders\" in eu-central-1"));
    }
    // What is switched off, and what a suppressor holds back, tells nobody.
    ok(&tool, "DisableAlarmActions", json!({"AlarmNames": ["orders"]})).await;
    set(&tool, "orders", "ALARM").await;
    set(&tool, "deploying", "ALARM").await;
    let composite = json!({
        "AlarmName": "shop", "AlarmRule": "ALARM(orders)", "AlarmActions": [topic("ops")],
        "ActionsSuppressor": "deploying", "ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 0,
    });
    ok(&tool, "PutCompositeAlarm", composite).await;
    let held = is_in(&tool, "shop", "ALARM").await;
    assert_eq!(held["ActionsSuppressedBy"], "Alarm", "{held}");
    // A topic of which there is no channel is in the ledger, and its action failed.
    ok(&tool, "PutMetricAlarm", with(metric_alarm("lost"), json!({"AlarmActions": [topic("nobody")]}))).await;
    set(&tool, "lost", "ALARM").await;
    let refused = until(async || {
        let rows = ledger(&world).await;
        rows.into_iter().find(|row| row.result == "refused")
    })
    .await;
    assert_eq!((refused.why.as_str(), refused.channel.as_str()), ("alarm", "nobody"), "{refused:?}");
    assert_eq!(refused.about, "alarm lost: INSUFFICIENT_DATA to ALARM");
    let failed = until(async || {
        let input = json!({"AlarmName": "lost", "HistoryItemType": "Action"});
        let told = ok(&tool, "DescribeAlarmHistory", input).await;
        told["AlarmHistoryItems"].as_array().unwrap().first().cloned()
    })
    .await;
    let summary =
        format!("Failed to execute action {}. Received error: \"{}\"", topic("nobody"), refused.reason);
    assert_eq!(failed["HistorySummary"], summary);
    // What was held back comes once nothing holds it; in between came nothing.
    set(&tool, "deploying", "OK").await;
    assert_eq!(subject(&mut taken).await, "ALARM: \"shop\" in eu-central-1");
    let rows = ledger(&world).await;
    let of_ops: Vec<_> = rows.iter().rev().filter(|row| row.channel == "ops").map(|row| &row.about).collect();
    let expected = [
        "alarm orders: INSUFFICIENT_DATA to ALARM",
        "alarm orders: ALARM to OK",
        "alarm orders: OK to INSUFFICIENT_DATA",
        "alarm shop: OK to ALARM",
    ];
    assert_eq!(of_ops.len(), expected.len(), "{rows:?}");
    assert_eq!(of_ops[..3], expected[..3]);
}

#[tokio::test]
async fn a_channel_that_a_route_names_as_well_is_told_once_of_each_change() {
    let world = world().await;
    let tool = Tool::test(&world);
    let mut taken = ops(&world).await;
    world.admin.route_apply(&text("[[route]]\nname = \"all\"\nchannels = [\"ops\"]\n")).await.unwrap();
    let topic = "arn:aws:sns:eu-central-1:123456789012:ops";
    let told = json!({"AlarmActions": [topic], "OKActions": [topic], "TreatMissingData": "ignore"});
    ok(&tool, "PutMetricAlarm", with(metric_alarm("orders"), told)).await;
    for (state, spared) in [("ALARM", 1), ("OK", 2)] {
        set(&tool, "orders", state).await;
        let message = taken.recv().await.unwrap();
        assert_eq!(message["subject"], format!("{state}: \"orders\" in eu-central-1"), "{message}");
        let rows = until(async || {
            let rows = ledger(&world).await;
            (rows.iter().filter(|row| row.result == "withdrawn").count() == spared).then_some(rows)
        })
        .await;
        let row = rows.iter().find(|row| row.result == "withdrawn").unwrap();
        assert!(row.reason.starts_with("the alarm's own action told it already"), "{row:?}");
        assert_eq!((row.route.as_str(), row.channel.as_str()), ("all", "ops"), "{row:?}");
    }
    assert!(taken.try_recv().is_err(), "nothing else was sent");
    assert!(!world.master.context.bus.state().tells());
}

#[tokio::test]
async fn an_alarm_on_metric_math_goes_on_after_a_restart() {
    let world = World::start().await;
    let tool = Tool::granted(&world, &["admin:acme"]).await;
    let metric = |id: &str, name: &str| {
        let metric = json!({"Namespace": "Shop", "MetricName": name, "Dimensions": []});
        let stat = json!({"Metric": metric, "Period": 60, "Stat": "Sum"});
        json!({"Id": id, "MetricStat": stat, "ReturnData": false})
    };
    let sum = json!({"Id": "sum", "Expression": "m1 + m2", "Label": "both", "ReturnData": true});
    let queries = json!([metric("m1", "Orders"), metric("m2", "Returns"), sum]);
    let input = json!({
        "AlarmName": "both",
        "Metrics": queries,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "ignore",
    });
    ok(&tool, "PutMetricAlarm", input).await;
    assert_eq!(alarm(&tool, "both").await["Metrics"], queries);
    let world = world.restart().await;
    let tool = Tool { url: world.master.url(), ..tool };
    let at = now_s(&world) - 90;
    let data = json!([
        {"MetricName": "Orders", "Value": 2, "Timestamp": at},
        {"MetricName": "Returns", "Value": 3, "Timestamp": at},
    ]);
    ok(&tool, "PutMetricData", json!({"Namespace": "Shop", "MetricData": data})).await;
    let reason = is_in(&tool, "both", "ALARM").await["StateReason"].clone();
    assert!(reason.as_str().unwrap().contains("1 datapoint [5.0 ("), "{reason}");
}

#[tokio::test]
async fn an_alarm_reboots_a_server_with_the_rights_of_its_key() {
    let world = world().await;
    let mut agent = with_two(&world, "db").await;
    let id = instance::id(&path("acme/main/db"));
    let tool = Tool::test(&world);
    let of = |name: &str, instance: &str, action: &str| {
        with(
            metric_alarm(name),
            json!({
                "Namespace": "Topmast/Server",
                "MetricName": "cpu_pct",
                "Statistic": "Average",
                "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                "AlarmActions": [action],
            }),
        )
    };
    let reboot = "arn:aws:automate:eu-central-1:ec2:reboot";
    ok(&tool, "PutMetricAlarm", of("hot", &id, reboot)).await;
    ok(&tool, "PutMetricAlarm", of("strange", "i-1234", reboot)).await;
    set(&tool, "hot", "ALARM").await;
    let order = agent.order().await;
    assert_eq!((order.operation, order.reason.as_deref()), (Operation::Restart, Some("alarm hot")));
    set(&tool, "strange", "ALARM").await;
    let failed = until(async || {
        let input = json!({"AlarmName": "strange", "HistoryItemType": "Action"});
        let told = ok(&tool, "DescribeAlarmHistory", input).await;
        told["AlarmHistoryItems"].as_array().unwrap().first().cloned()
    })
    .await;
    let expected = "Received error: \"there is no such instance\"";
    assert_eq!(failed["HistorySummary"], format!("Failed to execute action {reboot}. {expected}"));
    let terminate = "arn:aws:automate:eu-central-1:ec2:terminate";
    let composite =
        |action: &str| json!({"AlarmName": "c", "AlarmRule": "ALARM(hot)", "AlarmActions": [action]});
    for (operation, input, message) in [
        (
            "PutMetricAlarm",
            of("gone", &id, terminate),
            format!("The action {terminate} is not supported: servers are stopped, rebooted or recovered."),
        ),
        (
            "PutMetricAlarm",
            with(metric_alarm("nowhere"), json!({"OKActions": [reboot]})),
            format!("The action {reboot} needs a metric with the dimension InstanceId."),
        ),
        (
            "PutCompositeAlarm",
            composite(reboot),
            format!("A composite alarm cannot have the action {reboot}."),
        ),
    ] {
        let expected = ("ValidationException".to_owned(), message);
        assert_eq!(refused(&tool, operation, input).await, expected);
    }
}

#[tokio::test]
async fn composite_alarms_follow_and_deleting_looks_at_them() {
    let world = world().await;
    let tool = Tool::test(&world);
    for name in ["a", "b"] {
        ok(&tool, "PutMetricAlarm", metric_alarm(name)).await;
    }
    let composite = |name: &str, rule: &str| json!({"AlarmName": name, "AlarmRule": rule});
    ok(&tool, "PutCompositeAlarm", composite("one", "ALARM(a) AND NOT ALARM(\"b\")")).await;
    is_in(&tool, "one", "OK").await;
    set(&tool, "a", "ALARM").await;
    let told = is_in(&tool, "one", "ALARM").await;
    let reason = told["StateReason"].as_str().unwrap();
    let expected = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a transitioned to ALARM at ";
    assert!(reason.starts_with(expected), "{reason}");
    let children = ok(&tool, "DescribeAlarms", json!({"ChildrenOfAlarmName": "one"})).await;
    assert_eq!(children["MetricAlarms"].as_array().unwrap().len(), 2);
    let parents = ok(&tool, "DescribeAlarms", json!({"ParentsOfAlarmName": "a"})).await;
    assert_eq!(parents["CompositeAlarms"][0]["AlarmName"], "one");
    assert_eq!(ok(&tool, "DescribeAlarms", json!({})).await["CompositeAlarms"], json!([]));
    let invalid = |message: &str| ("ValidationException".to_owned(), message.to_owned());
    assert_eq!(
        refused(&tool, "DeleteAlarms", json!({"AlarmNames": ["a"]})).await,
        invalid("Cannot delete a as there are composite alarm(s) depending on it.")
    );
    assert_eq!(
        refused(&tool, "PutCompositeAlarm", composite("two", "ALARM(x)")).await,
        invalid("Could not save the composite alarm as alarms [x] in the alarm rule do not exist")
    );
    ok(&tool, "DeleteAlarms", json!({"AlarmNames": ["one", "a", "gone"]})).await;
    let left = ok(&tool, "DescribeAlarms", json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]})).await;
    assert_eq!(left["MetricAlarms"][0]["AlarmName"], "b");
    assert_eq!(left["CompositeAlarms"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_an_alarm_is_refused_in_the_words_of_aws() {
    let world = world().await;
    let tool = Tool::test(&world);
    let without = |name: &str| {
        let mut input = metric_alarm("a");
        input.as_object_mut().unwrap().remove(name);
        input
    };
    let changed = |members: Value| with(metric_alarm("a"), members);
    let query = json!({"Id": "e1", "Expression": "1 +"});
    let of = |id: &str, period: i64, is_returned: bool| {
        let metric = json!({"Namespace": "Shop", "MetricName": "Orders"});
        let stat = json!({"Metric": metric, "Period": period, "Stat": "Sum"});
        json!({"Id": id, "MetricStat": stat, "ReturnData": is_returned})
    };
    let mut two_periods = changed(json!({"Metrics": [of("m1", 60, true), of("m2", 120, false)]}));
    for name in ["Namespace", "MetricName", "Statistic", "Period"] {
        two_periods.as_object_mut().unwrap().remove(name);
    }
    let validation = "ValidationException";
    for (input, kind, message) in [
        (without("MetricName"), validation, "MetricName must not be null"),
        (without("Period"), validation, "Period must not be null"),
        (
            without("Statistic"),
            "InvalidParameterCombinationException",
            "Must specify either Statistic or ExtendedStatistic",
        ),
        (
            changed(json!({"DatapointsToAlarm": 2})),
            validation,
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
        ),
        (
            changed(json!({"Metrics": [query]})),
            validation,
            "MetricName should not be set if list of Metrics is set.",
        ),
        (two_periods, validation, "All metrics and expressions of an alarm must have the same Period."),
        (
            changed(json!({"ThresholdMetricId": "t"})),
            validation,
            "Threshold and ThresholdMetricId cannot both be set",
        ),
        (changed(json!({"Period": 45})), validation, "Period must be 10, 20, 30 or a multiple of 60"),
        (
            changed(json!({"EvaluationPeriods": 1_441})),
            validation,
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600",
        ),
        (
            changed(json!({"TreatMissingData": "X"})),
            validation,
            "The value X is not supported for TreatMissingData parameter. Supported values are [breaching, notBreaching, ignore, missing].",
        ),
        (
            changed(json!({"EvaluateLowSampleCountPercentile": "unknown"})),
            validation,
            "Option unknown is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.",
        ),
        (
            with(without("Statistic"), json!({"ExtendedStatistic": "90"})),
            "InvalidParameterValueException",
            "The value 90 for parameter ExtendedStatistic is not supported.",
        ),
    ] {
        assert_eq!(refused(&tool, "PutMetricAlarm", input).await, (kind.to_owned(), message.to_owned()));
    }
    let unknown = json!({"AlarmName": "gone", "StateValue": "OK", "StateReason": ""});
    assert_eq!(
        refused(&tool, "SetAlarmState", unknown).await,
        ("ResourceNotFound".to_owned(), String::new())
    );
    assert_eq!(refused(&tool, "DescribeAlarms", json!({"NextToken": "x"})).await.0, "InvalidNextToken");
    ok(&tool, "DeleteAlarms", json!({"AlarmNames": ["gone"]})).await;
    let reader = Tool::granted(&world, &["viewer:acme"]).await;
    assert_eq!(refused(&reader, "PutMetricAlarm", metric_alarm("a")).await.0, "AccessDeniedException");
    assert_eq!(ok(&reader, "DescribeAlarms", json!({})).await["MetricAlarms"], json!([]));
}

#[tokio::test]
async fn a_suite_of_tests_begins_without_alarms() {
    let world = world().await;
    let tool = Tool::test(&world);
    ok(&tool, "PutMetricAlarm", metric_alarm("a")).await;
    let reset = format!("{}/moto-api/reset", world.master.url().trim_end_matches('/'));
    let answer = reqwest::Client::new().post(reset).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(ok(&tool, "DescribeAlarms", json!({})).await["MetricAlarms"], json!([]));
    assert_eq!(ok(&tool, "DescribeAlarmHistory", json!({})).await["AlarmHistoryItems"], json!([]));
}
