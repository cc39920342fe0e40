//! What AWS' tools are refused, in each protocol: status, code and message as they go over the wire.

use super::super::world::World;
use super::{Tool, world};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::SystemTime;
use topmast_aws::Request;
use topmast_aws::codec::{BODY_MAX, cbor};
use topmast_aws::signature::Signer;

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

const PUT: &str = "/service/GraniteServiceVersion20100801/operation/PutMetricData";

/// A request before it is signed.
#[derive(Clone)]
struct Raw {
    service: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// How far the tool's clock is wrong.
    skew_ms: i64,
}

impl Raw {
    fn new(
        service: &'static str,
        path: &'static str,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { service, path, headers, body: body.into(), skew_ms: 0 }
    }

    /// A form to `CloudWatch`.
    fn form(body: impl Into<Vec<u8>>) -> Self {
        Self::new("monitoring", "/", &[("content-type", FORM)], body)
    }

    fn ec2(body: &str) -> Self {
        Self::new("ec2", "/", &[("content-type", FORM)], body)
    }

    /// JSON to `CloudWatch`, with the codes of forms beside.
    fn json(operation: &str, body: impl Into<Vec<u8>>) -> Self {
        let target = format!("GraniteServiceVersion20100801.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", &target),
            ("x-amzn-query-mode", "true"),
        ];
        Self::new("monitoring", "/", &headers, body)
    }

    fn json11(service: &'static str, target: &str, body: &str) -> Self {
        Self::new(
            service,
            "/",
            &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body,
        )
    }

    fn cbor(path: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let headers = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
        Self::new("monitoring", path, &headers, body)
    }

    fn gzip(mut self) -> Self {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(&self.body).unwrap();
        self.body = writer.finish().unwrap();
        self.headers.push(("content-encoding", "gzip".to_owned()));
        self
    }
}

/// What came back.
struct Told {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Told {
    /// The code and the message, whatever the protocol.
    fn code_and_message(&self) -> (String, String) {
        let kind = self.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        if kind.starts_with("text/xml") {
            let text = std::str::from_utf8(&self.body).unwrap();
            let message = if text.contains("<Message>") { super::element(text, "Message") } else { "" };
            return (super::element(text, "Code").to_owned(), message.to_owned());
        }
        let (code, message) = if kind == "application/cbor" {
            let value = cbor::read(&self.body).unwrap();
            let text = |name: &str| value.text(name).unwrap_or_default().to_owned();
            let message = text("message");
            (text("__type"), if message.is_empty() { text("Message") } else { message })
        } else {
            let value: Value = serde_json::from_slice(&self.body).unwrap();
            let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let message = text("message");
            (text("__type"), if message.is_empty() { text("Message") } else { message })
        };
        (code.rsplit('#').next().unwrap().to_owned(), message)
    }
}

impl Tool {
    async fn raw(&self, raw: &Raw) -> Told {
        self.changed(raw, |_| {}).await
    }

    /// Sends what was signed, after a change of which the signature does not know.
    async fn changed(&self, raw: &Raw, change: impl FnOnce(&mut Vec<(String, String)>)) -> Told {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_millis()).unwrap() + raw.skew_ms;
        let host = self.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut headers: Vec<(String, String)> =
            raw.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        headers.push(("host".to_owned(), host.clone()));
        headers.push(("x-amz-date".to_owned(), topmast_aws::timestamp::format_basic(now)));
        headers.sort();
        let bytes: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let signed: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let request = Request { method: "POST", path: raw.path, query: "", headers: &bytes, body: &raw.body };
        let signer = Signer {
            access_key_id: &self.id,
            secret: &self.secret,
            region: "us-east-1",
            service: raw.service,
        };
        let authorization = signer.authorization(&request, &signed, now).unwrap();
        headers.push(("authorization".to_owned(), authorization));
        change(&mut headers);
        let mut sent = reqwest::Client::new().post(format!("http://{host}{}", raw.path));
        for (name, value) in &headers {
            sent = sent.header(name, value);
        }
        let answer = sent.body(raw.body.clone()).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Told { status, headers, body: answer.bytes().await.unwrap().to_vec() }
    }
}

/// Checks the status, the code and what the message begins with.
#[track_caller]
fn check(told: &Told, what: &str, status: u16, code: &str, message: &str) {
    let (found, text) = told.code_and_message();
    assert_eq!((told.status, found.as_str()), (status, code), "{what}: {text}");
    assert!(text.starts_with(message), "{what}: {text:?} does not begin with {message:?}");
    assert!(told.headers.contains_key("x-amzn-requestid") && told.headers.contains_key("date"), "{what}");
}

/// A harmless request in each protocol, and how the protocol is called in what goes wrong.
fn harmless() -> [(&'static str, Raw); 5] {
    [
        ("query", Raw::form("Action=ListMetrics&Version=2010-08-01")),
        ("ec2", Raw::ec2("Action=DescribeRegions&Version=2016-11-15")),
        ("json 1.0", Raw::json("ListMetrics", "{}")),
        ("json 1.1", Raw::json11("ssm", "AmazonSSM.ListDocuments", "{}")),
        ("cbor", Raw::cbor("/service/GraniteServiceVersion20100801/operation/ListMetrics", [])),
    ]
}

/// Statuses and codes in the order of [`harmless`].
type Row = [(u16, &'static str); 5];

#[tokio::test]
async fn whoever_cannot_be_known_is_refused_in_the_protocol_that_is_spoken() {
    let world = world().await;
    let tool = Tool::test(&world);
    let wrong = Tool { url: tool.url.clone(), id: "test".into(), secret: "other".into(), token: None };
    let nobody =
        Tool { url: tool.url.clone(), id: "AKIAIOSFODNN7EXAMPLE".into(), secret: "test".into(), token: None };
    let mismatch: Row = [
        (403, "SignatureDoesNotMatch"),
        (401, "AuthFailure"),
        (400, "InvalidSignatureException"),
        (400, "InvalidSignatureException"),
        (400, "InvalidSignatureException"),
    ];
    let unknown: Row = [
        (403, "InvalidClientTokenId"),
        (401, "AuthFailure"),
        (400, "UnrecognizedClientException"),
        (400, "UnrecognizedClientException"),
        (400, "UnrecognizedClientException"),
    ];
    let missing: Row = [
        (403, "MissingAuthenticationToken"),
        (403, "MissingAuthenticationToken"),
        (400, "MissingAuthenticationTokenException"),
        (400, "MissingAuthenticationTokenException"),
        (400, "MissingAuthenticationTokenException"),
    ];
    let incomplete: Row = [
        (400, "IncompleteSignature"),
        (400, "IncompleteSignature"),
        (400, "IncompleteSignatureException"),
        (400, "IncompleteSignatureException"),
        (400, "IncompleteSignatureException"),
    ];
    let expired: Row = [
        (403, "SignatureDoesNotMatch"),
        (400, "RequestExpired"),
        (400, "InvalidSignatureException"),
        (400, "InvalidSignatureException"),
        (400, "InvalidSignatureException"),
    ];
    for (at, (name, raw)) in harmless().into_iter().enumerate() {
        assert_eq!(tool.raw(&raw).await.status, 200, "{name}");
        let tell = |row: &Row| row[at];
        let told = wrong.raw(&raw).await;
        let (status, code) = tell(&mismatch);
        check(
            &told,
            name,
            status,
            code,
            "The request signature we calculated does not match the signature you provided. ",
        );
        let told = nobody.raw(&raw).await;
        let (status, code) = tell(&unknown);
        check(&told, name, status, code, "The security token included in the request is invalid.");
        let told = tool.changed(&raw, |headers| headers.retain(|(name, _)| name != "authorization")).await;
        let (status, code) = tell(&missing);
        check(&told, name, status, code, "Request is missing Authentication Token");
        let cut = |headers: &mut Vec<(String, String)>| {
            let value = &mut headers.last_mut().unwrap().1;
            let end = value.find(", SignedHeaders").unwrap();
            value.truncate(end);
        };
        let told = tool.changed(&raw, cut).await;
        let (status, code) = tell(&incomplete);
        check(&told, name, status, code, "Authorization header requires 'Signature' parameter. ");
        let (status, code) = tell(&expired);
        for (skew_ms, message) in
            [(-301_000, "Signature expired: "), (310_000, "Signature not yet current: ")]
        {
            let told = tool.raw(&Raw { skew_ms, ..raw.clone() }).await;
            check(&told, name, status, code, message);
        }
        // Again within five minutes: signatures are not remembered, as AWS does not.
        assert_eq!(tool.raw(&raw).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn what_may_not_be_done_is_refused_with_who_asked_and_what_for() {
    let world = world().await;
    let tool = Tool::granted(&world, &["viewer:default/main"]).await;
    let message = "User: arn:aws:iam::";
    let put = "Action=PutMetricData&Version=2010-08-01&Namespace=a&MetricData.member.1.MetricName=b&MetricData.member.1.Value=1";
    check(&tool.raw(&Raw::form(put)).await, "query", 403, "AccessDenied", message);
    let put = json!({"Namespace": "a", "MetricData": [{"MetricName": "b", "Value": 1}]}).to_string();
    check(&tool.raw(&Raw::json("PutMetricData", put)).await, "json", 400, "AccessDeniedException", message);
}

#[tokio::test]
async fn what_is_not_a_request_is_refused_with_what_is_wrong() {
    let world = world().await;
    let tool = Tool::test(&world);
    let deep_json = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep_form = format!("Action=ListMetrics&Version=2010-08-01&{}=1", "a.".repeat(10_000));
    let large = vec![b'a'; BODY_MAX + 1];
    let data: Vec<String> = (1..=1_001)
        .map(|at| format!("&MetricData.member.{at}.MetricName=a&MetricData.member.{at}.Value=1"))
        .collect();
    let many = data.concat();
    let put_form = "Action=PutMetricData&Version=2010-08-01&Namespace=a";
    let cases: Vec<(&str, Raw, u16, &str, &str)> = vec![
        (
            "unknown, query",
            Raw::form("Action=Nothing&Version=2010-08-01"),
            400,
            "InvalidAction",
            "Could not find operation Nothing for version 2010-08-01",
        ),
        (
            "unknown, ec2",
            Raw::ec2("Action=Nothing&Version=2016-11-15"),
            400,
            "InvalidAction",
            "The action Nothing is not valid for this web service.",
        ),
        (
            "unknown, json",
            Raw::json("Nothing", "{}"),
            400,
            "UnknownOperationException",
            "The operation Nothing",
        ),
        (
            "unknown, json 1.1",
            Raw::json11("ssm", "AmazonSSM.Nothing", "{}"),
            400,
            "UnknownOperationException",
            "The operation Nothing",
        ),
        (
            "unknown, cbor",
            Raw::cbor("/service/GraniteServiceVersion20100801/operation/Nothing", []),
            400,
            "UnknownOperationException",
            "The operation Nothing",
        ),
        ("no action", Raw::form("Version=2010-08-01"), 400, "MissingAction", ""),
        ("twice, query", Raw::form(format!("{put_form}&Namespace=b")), 400, "MalformedInput", ""),
        (
            "twice, json",
            Raw::json("ListMetrics", r#"{"Namespace":"a","Namespace":"b"}"#),
            400,
            "SerializationException",
            "",
        ),
        (
            "twice, cbor",
            Raw::cbor(PUT, *b"\xbf\x61a\x01\x61a\x02\xff"),
            400,
            "SerializationException",
            "a key is there twice",
        ),
        ("deep, json", Raw::json("ListMetrics", deep_json), 400, "SerializationException", ""),
        ("deep, cbor", Raw::cbor(PUT, vec![0x9f; 100_000]), 400, "SerializationException", "nested too deep"),
        ("deep, query", Raw::form(deep_form), 400, "MalformedInput", ""),
        ("cut off, cbor", Raw::cbor(PUT, *b"\xbf\x69"), 400, "SerializationException", "cut off"),
        (
            "claims much, cbor",
            Raw::cbor(PUT, *b"\xa1\x61a\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
            400,
            "SerializationException",
            "cut off",
        ),
        ("no json", Raw::json("ListMetrics", "{"), 400, "SerializationException", ""),
        (
            "no gzip",
            Raw { headers: Raw::form("").gzip().headers, ..Raw::form("Action=ListMetrics") },
            400,
            "MalformedInput",
            "the body is not of the content encoding gzip",
        ),
        (
            "large, query",
            Raw::form(large.clone()),
            413,
            "RequestEntityTooLarge",
            "Request size exceeds limit of 1048576 bytes",
        ),
        (
            "large, json",
            Raw::json("ListMetrics", large.clone()),
            413,
            "RequestEntityTooLargeException",
            "Request size exceeds limit of 1048576 bytes",
        ),
        (
            "inflates, cbor",
            Raw::cbor(PUT, large).gzip(),
            413,
            "RequestEntityTooLargeException",
            "Request size exceeds limit of 1048576 bytes",
        ),
        (
            "many",
            Raw::form(format!("{put_form}{many}")),
            400,
            "InvalidParameterValue",
            "The collection MetricData must not have a size greater than 1000.",
        ),
        (
            "two values",
            Raw::form(format!(
                "{put_form}&MetricData.member.1.MetricName=b&MetricData.member.1.Value=1&MetricData.member.1.Values.member.1=1"
            )),
            400,
            "InvalidParameterCombination",
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.",
        ),
        (
            "not a number",
            Raw::form(format!("{put_form}&MetricData.member.1.MetricName=b&MetricData.member.1.Value=NaN")),
            400,
            "InvalidParameterValue",
            "The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            "a dimension twice",
            Raw::form(format!(
                "{put_form}&MetricData.member.1.MetricName=b&MetricData.member.1.Value=1\
                 &MetricData.member.1.Dimensions.member.1.Name=zone&MetricData.member.1.Dimensions.member.1.Value=a\
                 &MetricData.member.1.Dimensions.member.2.Name=zone&MetricData.member.1.Dimensions.member.2.Value=b"
            )),
            400,
            "InvalidParameterValue",
            "No metric may specify the same dimension name twice.",
        ),
        (
            "no dashboard",
            Raw::form("Action=DeleteDashboards&Version=2010-08-01&DashboardNames="),
            400,
            "InvalidParameterValue",
            "Need to specify at least 1 dashboard",
        ),
        (
            "a page of one instance",
            Raw::ec2("Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-12345678&MaxResults=100"),
            400,
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ),
        (
            "a token of nobody's",
            Raw::json("ListMetrics", r#"{"NextToken":"x"}"#),
            400,
            "InvalidParameterValueException",
            "Request parameter NextToken is invalid",
        ),
        (
            "an instance that is not there",
            Raw::ec2("Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-12345678"),
            400,
            "InvalidInstanceID.NotFound",
            "The instance ID 'i-12345678' does not exist",
        ),
        (
            "no instance",
            Raw::ec2("Action=StopInstances&Version=2016-11-15"),
            400,
            "InvalidParameterCombination",
            "No instances specified",
        ),
    ];
    for (what, raw, status, code, message) in &cases {
        check(&tool.raw(raw).await, what, *status, code, message);
    }
    // JSON and CBOR tell the code of forms beside their own.
    let told = tool.raw(&Raw::json("ListMetrics", r#"{"NextToken":"x"}"#)).await;
    assert_eq!(told.headers["x-amzn-query-error"], "InvalidParameterValue;Sender");
    // After all that, requests are answered.
    for (name, raw) in harmless() {
        assert_eq!(tool.raw(&raw).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn metric_math_that_explodes_is_refused() {
    let world = world().await;
    let tool = Tool::test(&world);
    let request = |queries: &[Value], end: i64| {
        let text =
            json!({"StartTime": 1_795_000_000, "EndTime": end, "MetricDataQueries": queries}).to_string();
        Raw::json("GetMetricData", text)
    };
    for (expression, part) in [
        ("e1 + 1", "It depends on itself"),
        (&*"(".repeat(2_000), ""),
        (&*format!("{}1", "-".repeat(2_000)), ""),
        (&*"A".repeat(2_100), ""),
    ] {
        let told = tool.raw(&request(&[json!({"Id": "e1", "Expression": expression})], 1_795_000_600)).await;
        let (code, message) = told.code_and_message();
        assert_eq!((told.status, code.as_str()), (400, "ValidationException"), "{message}");
        assert!(message.contains(part), "{message}");
    }
    let long = [json!({"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": 1})];
    let told = tool.raw(&request(&long, 1_895_000_000)).await;
    assert_eq!(told.status, 400, "{}", String::from_utf8_lossy(&told.body));
}

#[tokio::test]
async fn a_key_that_makes_up_names_is_stopped_at_the_quota_and_nothing_else_is() {
    let world = World::start_with(|config| {
        config.aws_test_keys = true;
        config.aws_metrics_max = 1_000;
    })
    .await;
    let tool = Tool::test(&world);
    let put = |from: usize, to: usize| {
        let data: Vec<Value> =
            (from..to).map(|at| json!({"MetricName": format!("m{at}"), "Value": 1})).collect();
        Raw::json("PutMetricData", json!({"Namespace": "a", "MetricData": data}).to_string())
    };
    for from in [0, 500] {
        assert_eq!(tool.raw(&put(from, from + 500)).await.status, 200);
    }
    // All of a request or nothing: its first name is known.
    let told = tool.raw(&put(999, 1_500)).await;
    let message = "the tenant has 1000 metrics already; those without values for 455 days go by themselves";
    check(&told, "json", 400, "LimitExceededFault", message);
    assert_eq!(told.headers["x-amzn-query-error"], "LimitExceeded;Sender");
    let form = "Action=PutMetricData&Version=2010-08-01&Namespace=a&MetricData.member.1.MetricName=new&MetricData.member.1.Value=1";
    check(&tool.raw(&Raw::form(form)).await, "query", 400, "LimitExceeded", message);
    // What there is goes on.
    assert_eq!(tool.raw(&put(0, 1_000)).await.status, 200);
}
