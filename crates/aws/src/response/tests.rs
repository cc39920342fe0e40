//! Answers and faults, byte by byte.

use super::*;
use crate::fault::Common;

fn target(service: &str, protocol: Protocol, operation: &str) -> Target {
    Target {
        protocol,
        service: model::service(service),
        operation: Some(operation.to_owned()),
        is_query_mode: protocol == Protocol::Json10,
        is_form_to_json: false,
    }
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
}

#[test]
fn an_answer_has_the_frame_of_its_protocol() {
    let identity =
        Value::map([("Account", "123456789012".into()), ("Arn", "arn".into()), ("UserId", "u".into())]);
    let response = target("sts", Protocol::Query, "GetCallerIdentity").answer("id-1", &Ok(identity));
    assert_eq!(
        text(&response),
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Account>123456789012</Account><Arn>arn</Arn><UserId>u</UserId></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>\n"
    );
    assert_eq!((response.status, header(&response, "content-type")), (200, Some("text/xml")));
    assert_eq!(header(&response, "x-amzn-requestid"), Some("id-1"));

    let put = |protocol| target("cloudwatch", protocol, "PutMetricData").answer("id", &Ok(Value::empty()));
    assert_eq!(
        text(&put(Protocol::Query)),
        "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">\
         <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PutMetricDataResponse>\n"
    );
    for protocol in [Protocol::Json10, Protocol::Cbor] {
        assert_eq!((put(protocol).body.as_slice(), header(&put(protocol), "content-type")), (&b""[..], None));
    }
    assert_eq!(header(&put(Protocol::Cbor), "smithy-protocol"), Some("rpc-v2-cbor"));

    let reboot = target("ec2", Protocol::Ec2, "RebootInstances").answer("id", &Ok(Value::empty()));
    assert_eq!(
        text(&reboot),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RebootInstancesResponse \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"><requestId>id</requestId><return>true</return>\
         </RebootInstancesResponse>"
    );
    let sinks = target("oam", Protocol::RestJson, "ListSinks");
    let sinks = sinks.answer("id", &Ok(Value::map([("Items", Value::List(Vec::new()))])));
    assert_eq!((text(&sinks), header(&sinks, "content-type")), ("{\"Items\":[]}", Some("application/json")));
    let data =
        Value::map([("MetricDataResults", Value::List(Vec::new())), ("Messages", Value::List(Vec::new()))]);
    let data = target("cloudwatch", Protocol::Json10, "GetMetricData").answer("id", &Ok(data));
    assert_eq!(text(&data), "{\"Messages\":[],\"MetricDataResults\":[]}");
    assert_eq!(header(&data, "content-type"), Some("application/x-amz-json-1.0"));
}

#[test]
fn a_form_is_answered_as_json_when_the_client_takes_that() {
    let request = crate::Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &[
            ("host", b"h"),
            ("content-type", b"application/x-www-form-urlencoded"),
            ("accept", b"application/json"),
            ("authorization", b"AWS4-HMAC-SHA256 Credential=AK/20261123/us-east-1/sts/aws4_request"),
        ],
        body: b"Action=GetSessionToken&Version=2011-06-15",
    };
    let mut target = Target::of(&request);
    target.decode(&request).unwrap();
    let credentials = Value::map([("Expiration", Value::Timestamp(1_796_029_200_000))]);
    let answer = Ok(Value::map([("Credentials", credentials)]));
    let response = target.answer("id", &answer);
    let expect = r#"{"GetSessionTokenResponse":{"GetSessionTokenResult":{"Credentials":{"Expiration":1796029200.0}},"ResponseMetadata":{"RequestId":"id"}}}"#;
    assert_eq!((text(&response), header(&response, "content-type")), (expect, Some("application/json")));
    let response = target.answer("id", &Err(Fault::common(Common::AccessDenied, "no \"way\"")));
    let expect =
        r#"{"Error":{"Code":"AccessDenied","Message":"no \"way\"","Type":"Sender"},"RequestId":"id"}"#;
    assert_eq!((response.status, text(&response)), (403, expect));
    target.is_form_to_json = false;
    assert!(text(&target.answer("id", &answer)).starts_with("<GetSessionTokenResponse"));
}

#[test]
fn a_fault_has_the_frame_of_its_protocol() {
    let fault = Err(Fault::modelled("ResourceNotFound", "a<b"));
    let of = |protocol| target("cloudwatch", protocol, "SetAlarmState").answer("id", &fault);
    let query = of(Protocol::Query);
    assert_eq!(query.status, 404);
    assert_eq!(
        text(&query),
        "<ErrorResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><Error><Type>Sender</Type>\
         <Code>ResourceNotFound</Code><Message>a&lt;b</Message></Error><RequestId>id</RequestId></ErrorResponse>\n"
    );
    let json = of(Protocol::Json10);
    assert_eq!(json.status, 404);
    assert_eq!(
        text(&json),
        "{\"__type\":\"com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound\",\"message\":\"a<b\"}"
    );
    assert_eq!(header(&json, "x-amzn-query-error"), Some("ResourceNotFound;Sender"));
    let cbor = of(Protocol::Cbor);
    assert_eq!(cbor.status, 400);
    let read = cbor::read(&cbor.body).unwrap();
    assert_eq!(read.text("__type"), Some("com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound"));
    assert_eq!(read.text("message"), Some("a<b"));
    assert_eq!(header(&cbor, "x-amzn-query-error"), Some("ResourceNotFound;Sender"));

    let ec2 = Err(Fault::coded("InvalidInstanceID.NotFound", 400, "The instance ID 'i-1' does not exist"));
    let ec2 = target("ec2", Protocol::Ec2, "DescribeInstances").answer("id", &ec2);
    assert_eq!(
        text(&ec2),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code>\
         <Message>The instance ID 'i-1' does not exist</Message></Error></Errors><RequestID>id</RequestID></Response>"
    );
    let logs = Err(Fault::modelled("ResourceNotFoundException", "The specified log group does not exist."));
    let logs = target("logs", Protocol::Json11, "GetLogEvents").answer("id", &logs);
    assert_eq!((logs.status, header(&logs, "x-amzn-query-error")), (400, None));
    assert_eq!(
        text(&logs),
        "{\"__type\":\"ResourceNotFoundException\",\"message\":\"The specified log group does not exist.\"}"
    );
}

#[test]
fn a_fault_tells_what_its_shape_holds_beside_the_message() {
    let messages =
        Value::List(vec![Value::map([("DataPath", "/w".into()), ("Message", "Should be array".into())])]);
    let fault =
        Err(Fault::modelled("DashboardInvalidInputError", "bad")
            .with("dashboardValidationMessages", messages));
    let of = |protocol| target("cloudwatch", protocol, "PutDashboard").answer("id", &fault);
    assert!(text(&of(Protocol::Json10)).ends_with(
        "{\"__type\":\"com.amazonaws.cloudwatch.v2010_08_01#DashboardInvalidInputError\",\
         \"dashboardValidationMessages\":[{\"DataPath\":\"/w\",\"Message\":\"Should be array\"}],\"message\":\"bad\"}"
    ));
    assert!(text(&of(Protocol::Query)).contains(
        "<Code>InvalidParameterInput</Code><Message>bad</Message><dashboardValidationMessages><member>\
         <DataPath>/w</DataPath><Message>Should be array</Message></member></dashboardValidationMessages></Error>"
    ));
    let cbor = cbor::read(&of(Protocol::Cbor).body).unwrap();
    assert_eq!((cbor.list("dashboardValidationMessages").len(), cbor.text("message")), (1, Some("bad")));
}

#[test]
fn a_fault_without_a_message_tells_none() {
    let fault = Err(Fault::modelled("ResourceNotFoundException", "").without_message());
    let of = |protocol| target("cloudwatch", protocol, "TagResource").answer("id", &fault);
    assert!(!text(&of(Protocol::Json10)).contains("message"));
    assert!(!text(&of(Protocol::Query)).contains("Message>"));
    assert_eq!(cbor::read(&of(Protocol::Cbor).body).unwrap().as_map().unwrap().len(), 1);
}

#[test]
fn a_fault_before_anything_is_known_is_told_all_the_same() {
    let target = Target { is_form_to_json: false, service: None, ..target("sts", Protocol::Query, "X") };
    let response =
        target.answer("id\r\nx: y", &Err(Fault::common(Common::MissingAuthenticationToken, "none")));
    assert_eq!(response.status, 403);
    assert!(
        text(&response)
            .starts_with("<ErrorResponse><Error><Type>Sender</Type><Code>MissingAuthenticationToken<")
    );
    assert_eq!(header(&response, "x-amzn-requestid"), Some("id  x: y"));
}
