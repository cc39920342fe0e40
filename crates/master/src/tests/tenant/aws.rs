//! Every operation of AWS' tools that is answered, with a key of the spy's, about what is zebra's.

use super::{Names, journal, populate as populate_all, server};
use crate::aws::instance;
use crate::tests::aws::Tool;
use crate::tests::world::World;
use form_urlencoded::Serializer;
use serde_json::{Value, json};
use topmast_aws::model::{Kind, Operation, Protocol, Service, ShapeId, services};

/// How deep inputs are made: filters of queries of metrics.
const DEPTH_MAX: usize = 6;

/// It names nobody and tells secrets, which are new each time.
const SECRETS: &str = "GetSessionToken";

/// What zebra's own tools put.
pub(super) async fn populate(world: &World) {
    let tool = Tool::granted(world, &["admin:zebra"]).await;
    let ok = async |service: &str, operation: &str, input: Value| {
        let service = topmast_aws::model::service(service).unwrap();
        let (status, text) = send(&tool, service, service.operation(operation).unwrap(), &input).await;
        assert_eq!(status, 200, "{operation}: {text}");
    };
    let metric =
        json!({"Namespace": "zebra/Metrics", "MetricData": [{"MetricName": "zebra-metric", "Value": 7}]});
    ok("cloudwatch", "PutMetricData", metric).await;
    let alarm = json!({"AlarmName": "zebra-alarm", "Namespace": "zebra/Metrics", "MetricName": "zebra-metric",
        "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold"});
    ok("cloudwatch", "PutMetricAlarm", alarm).await;
    let dashboard = json!({"DashboardName": "zebra-dashboard", "DashboardBody": "{\"widgets\":[]}"});
    ok("cloudwatch", "PutDashboard", dashboard).await;
    let parameter = json!({"Name": "/zebra/parameter", "Value": "zebra", "Type": "String"});
    ok("ssm", "PutParameter", parameter).await;
    ok("logs", "CreateLogGroup", json!({"logGroupName": "/zebra/logs", "tags": {"zebra": "zebra"}})).await;
    let stream = json!({"logGroupName": "/zebra/logs", "logStreamName": "zebra-stream"});
    ok("logs", "CreateLogStream", stream).await;
}

/// What stands where a member of this name is meant.
fn value(member: &str, names: &Names) -> Option<Value> {
    let word = names.word;
    let instance = || instance::id(&names.server().parse().unwrap());
    let arn = |service: &str, what: &str| format!("arn:aws:{service}:eu-central-1:123456789012:{what}");
    Some(match member.to_lowercase().as_str() {
        "loggroupname" | "loggroupidentifier" => json!(format!("/{word}/logs")),
        "loggroupnameprefix" | "path" => json!(format!("/{word}")),
        "loggroupnames" => json!([format!("/{word}/logs")]),
        "logstreamname" => json!(format!("{word}-stream")),
        "queryid" | "commandid" => json!(names.id("action")),
        "querystring" => json!("fields @message"),
        "starttime" | "endtime" => json!(1_795_000_000),
        "alarmname" => json!(format!("{word}-alarm")),
        "alarmnames" => json!([format!("{word}-alarm")]),
        "dashboardname" => json!(format!("{word}-dashboard")),
        "dashboardnames" => json!([format!("{word}-dashboard")]),
        "namespace" => json!(format!("{word}/Metrics")),
        "metricname" => json!(format!("{word}-metric")),
        "name" => json!(format!("/{word}/parameter")),
        "names" => json!([format!("/{word}/parameter")]),
        "instanceid" => json!(instance()),
        "instanceids" | "resources" => json!([instance()]),
        "cluster" => json!("main"),
        "service" => json!(format!("{word}-switch")),
        "services" => json!([format!("{word}-switch")]),
        "tasks" => json!([arn("ecs", &format!("task/main/{word}"))]),
        "resourcearn" | "resourceid" => json!(arn("cloudwatch", &format!("alarm:{word}-alarm"))),
        "resourcearnlist" => json!([arn("ec2", &format!("instance/{}", instance()))]),
        _ => return None,
    })
}

/// An input about something of these names: what must be there, and whatever names something.
fn input(service: &Service, shape: ShapeId, names: &Names, depth: usize) -> Value {
    let shape = service.shape(shape);
    match &shape.kind {
        Kind::Structure { members, .. } => {
            let mut made = serde_json::Map::new();
            for member in members {
                let named = value(&member.name, names).filter(|_| depth == 0);
                // Some names exclude one another.
                let is_second = ["logGroupIdentifier", "logGroupNames"].contains(&member.name.as_str());
                if let Some(value) = named.filter(|_| !is_second || member.is_required) {
                    made.insert(member.wire_name().to_owned(), value);
                } else if member.is_required && depth < DEPTH_MAX {
                    let value = value(&member.name, names)
                        .unwrap_or_else(|| input(service, member.shape, names, depth + 1));
                    made.insert(member.wire_name().to_owned(), value);
                }
            }
            Value::Object(made)
        }
        Kind::List(item) => json!([input(service, item.shape, names, depth + 1)]),
        Kind::Map(..) => json!({"k": "v"}),
        Kind::Text => {
            shape.choices.first().map_or_else(|| json!(format!("{}-text", names.word)), |text| json!(text))
        }
        Kind::Integer(_) | Kind::Float => json!(60),
        Kind::Timestamp => json!(1_795_000_000),
        Kind::Boolean => json!(false),
        Kind::Blob => json!("eA=="),
    }
}

/// The parameters of a form.
fn form(input: &Value) -> Vec<(String, String)> {
    fn add(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
        let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
        match value {
            Value::Object(members) => members.iter().for_each(|(part, value)| {
                // EC2 has names of lists without the end of their plural.
                let part = match part.as_str() {
                    "resourceId" | "Resources" => "ResourceId",
                    "instanceId" | "InstanceIds" => "InstanceId",
                    other => other,
                };
                add(&below(part), value, out);
            }),
            Value::Array(values) => {
                (1..).zip(values).for_each(|(place, value)| add(&below(&format!("{place}")), value, out));
            }
            Value::String(text) => out.push((name.to_owned(), text.clone())),
            other => out.push((name.to_owned(), other.to_string())),
        }
    }
    let mut out = Vec::new();
    add("", input, &mut out);
    out
}

async fn send(tool: &Tool, service: &Service, operation: &Operation, input: &Value) -> (u16, String) {
    let is_json = |protocol: &&Protocol| matches!(protocol, Protocol::Json10 | Protocol::Json11);
    let signing = service.signing_name.as_str();
    match service.protocols.iter().find(is_json) {
        Some(protocol) => {
            let version = if *protocol == Protocol::Json10 { "1.0" } else { "1.1" };
            let target = format!("{}.{}", service.target_prefix, operation.name);
            let media_type = format!("application/x-amz-json-{version}");
            tool.send(signing, "/", &media_type, Some(&target), input.to_string()).await
        }
        None if service.protocols.contains(&Protocol::RestJson) => {
            tool.send(signing, &operation.path, "application/json", None, input.to_string()).await
        }
        None => {
            let mut body = Serializer::new(String::new());
            body.append_pair("Action", &operation.name).append_pair("Version", &service.api_version);
            let body = body.extend_pairs(form(input)).finish();
            tool.send(signing, "/", "application/x-www-form-urlencoded; charset=utf-8", None, body).await
        }
    }
}

/// An answer without the numbers of requests, and with what was asked for taken out.
fn steady(text: &str, names: &Names) -> String {
    let instance = instance::id(&names.server().parse().unwrap());
    let text = names.neutral(&text.replace(&instance, "<instance>"));
    let lines = text.split_inclusive(['>', ',']).filter(|part| !part.to_lowercase().contains("</requestid"));
    let text: String = lines.collect();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-:.".contains(c);
    let mut out = String::new();
    for piece in text.split_inclusive(|c| !is_part(c)) {
        let word = piece.trim_end_matches(|c| !is_part(c));
        let is_new = word.len() >= 20 || word.len() >= 10 && word.starts_with(|c: char| c.is_ascii_digit());
        let has_digits = word.bytes().filter(u8::is_ascii_digit).count() >= 6;
        // Ids and times are new each time.
        out.push_str(if is_new && has_digits { "<new>" } else { word });
        out.push_str(&piece[word.len()..]);
    }
    out
}

#[tokio::test]
async fn keys_of_another_tenant_find_and_change_nothing() {
    // TI-2, TI-3
    let world = World::start().await;
    let _bolt = server(&world, "bolt/main", "bolt-db", "bolt-switch").await;
    let spy = Tool::granted(&world, &["admin:bolt"]).await;
    let (zebra, _agent) = populate_all(&world).await;
    let (absent, before) = (zebra.absent(), journal(&world).await);
    let (mut leaks, mut walked, mut done) = (Vec::new(), 0, 0);
    for service in services() {
        for operation in service.operations().filter(|operation| operation.name != SECRETS) {
            let mut answers = Vec::new();
            // What is asked for first of what is not there: what an operation makes of the spy's own must not tell them apart.
            for names in [&absent, &zebra] {
                let input = operation.input.map_or(json!({}), |shape| input(service, shape, names, 0));
                let (status, text) = send(&spy, service, operation, &input).await;
                answers.push(format!("{status} {}", steady(&text, names)));
            }
            walked += 1;
            done += usize::from(answers[1].starts_with("200"));
            if answers[0] != answers[1] || answers[1].contains("zebra") {
                leaks.push(format!(
                    "{} {}:\n  {}\n  {}",
                    service.name, operation.name, answers[0], answers[1]
                ));
            }
        }
    }
    assert!(leaks.is_empty(), "{} leaks of {walked}, {done} done\n{}", leaks.len(), leaks.join("\n"));
    assert_eq!(journal(&world).await, before, "something of zebra's was changed");
    // Else the inputs are refused before anything is looked for, and nothing is proved.
    assert!(done >= 35, "{done} of {walked} operations were done");
}

#[tokio::test]
async fn lists_of_aws_tools_are_the_same_whoever_else_there_is() {
    // TI-1
    let world = World::start().await;
    let _bolt = server(&world, "bolt/main", "bolt-db", "bolt-switch").await;
    let spy = Tool::granted(&world, &["admin:bolt"]).await;
    let lists = async |names: &Names| {
        let mut told = Vec::new();
        for service in services() {
            let is_list = |operation: &&Operation| {
                let is_told = ["List", "Describe", "Get"].iter().any(|verb| operation.name.starts_with(verb));
                is_told && operation.name != SECRETS
            };
            for operation in service.operations().filter(is_list) {
                let (status, text) = send(&spy, service, operation, &json!({})).await;
                told.push((operation.name.clone(), format!("{status} {}", steady(&text, names))));
            }
        }
        told
    };
    let none = Names { word: "zebra", ids: Vec::new() };
    let before = lists(&none).await;
    let (_, _agent) = populate_all(&world).await;
    let after = lists(&none).await;
    let differ: Vec<_> = before.iter().zip(&after).filter(|(one, other)| one != other).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}
