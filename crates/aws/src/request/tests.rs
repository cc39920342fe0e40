//! Which request means what, by what real clients send.

use super::*;
use crate::codec::BODY_MAX;

const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=AK/20261123/us-east-1/SERVICE/aws4_request, SignedHeaders=host, \
    Signature=00";

/// A request with a scope, headers and a body.
fn decode(
    service: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (Target, Result<Call, Fault>) {
    let authorization = SCOPE.replace("SERVICE", service);
    let mut all = vec![("Host", "127.0.0.1:7400")];
    if !service.is_empty() {
        all.push(("Authorization", authorization.as_str()));
    }
    all.extend_from_slice(headers);
    let headers: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let method = if body.is_empty() { "GET" } else { "POST" };
    let request = Request { method, path, query, headers: &headers, body };
    let mut target = Target::of(&request);
    let call = target.decode(&request);
    (target, call)
}

const FORM: &[(&str, &str)] = &[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];

#[test]
fn every_protocol_is_recognised_and_read() {
    let list = "Action=ListMetrics&Version=2010-08-01&Namespace=n";
    let json: &[_] = &[
        ("Content-Type", "application/x-amz-json-1.0"),
        ("X-Amz-Target", "GraniteServiceVersion20100801.ListMetrics"),
        ("x-amzn-query-mode", "true"),
    ];
    let cbor: &[_] = &[("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")];
    let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
    for (protocol, path, query, headers, body) in [
        (Protocol::Query, "/", "", FORM, list.as_bytes()),
        (Protocol::Query, "/", list, &[][..], b"".as_slice()),
        (Protocol::Json10, "/", "", json, br#"{"Namespace":"n","New":{}}"#),
        (Protocol::Cbor, path, "", cbor, b"\xbf\x69Namespace\x61n\xff"),
        (Protocol::Cbor, path, "", cbor, b"\xa1\x69Namespace\x7f\x61n\xff"),
    ] {
        let (target, call) = decode("monitoring", path, query, headers, body);
        let call = call.unwrap();
        assert_eq!(target.protocol, protocol);
        assert_eq!(call.operation.name, "ListMetrics");
        assert_eq!(call.input, Value::map([("Namespace", "n".into())]));
        assert_eq!(target.is_query_mode, protocol == Protocol::Json10);
    }
    let (target, call) = decode("oam", "/ListSinks", "", &[], br#"{"MaxResults":5}"#);
    assert_eq!((target.protocol, call.unwrap().input.integer("MaxResults")), (Protocol::RestJson, Some(5)));
    let (target, call) = decode("ec2", "/", "", FORM, b"Action=DescribeRegions&Version=2012-01-01");
    assert_eq!((target.protocol, call.unwrap().operation.name.as_str()), (Protocol::Ec2, "DescribeRegions"));
    let logs: &[_] =
        &[("X-Amz-Target", "Logs_20140328.PutLogEvents"), ("Content-Type", "application/x-amz-json-1.1")];
    let (target, call) = decode("logs", "/", "", logs, b"{}");
    assert_eq!(target.protocol, Protocol::Json11);
    assert!(call.unwrap_err().message.unwrap().starts_with("3 validation errors detected: Value null at "));
}

#[test]
fn what_is_not_answered_is_told_so_in_its_protocol() {
    let message = |(_, call): (Target, Result<Call, Fault>)| {
        let fault = call.unwrap_err();
        (fault.kind, fault.message.unwrap())
    };
    let unknown = crate::fault::Kind::Common(Common::UnknownOperation);
    let form = |service, body: &str| message(decode(service, "/", "", FORM, body.as_bytes()));
    assert_eq!(
        form("monitoring", "Action=X&Version=2010-08-01"),
        (unknown.clone(), "Could not find operation X for version 2010-08-01".to_owned())
    );
    assert_eq!(
        form("monitoring", "Action=ListMetrics&Version=2009-05-15").1,
        "Could not find operation ListMetrics for version 2009-05-15"
    );
    assert_eq!(form("ec2", "Action=X").1, "The action X is not valid for this web service.");
    assert_eq!(form("monitoring", "Version=2010-08-01").0, crate::fault::Kind::Common(Common::MissingAction));
    assert_eq!(form("monitoring", "Action=ListMetrics&Action=X").1, "the parameter Action is there twice");
    assert_eq!(form("nobody", "Action=X").0, unknown);
    let of_iam = "Could not find operation CreateUser for version 2010-05-08";
    assert_eq!(form("iam", "Action=CreateUser&Version=2010-05-08").1, of_iam);
    let long = format!("Action={}", "X".repeat(100_000));
    assert_eq!(form("iam", &long).1.len(), 128 + "Could not find operation  for version ".len());
    assert_eq!(form("", "Action=X").0, unknown);
    for target in ["Logs_20140328.X", "Nobody.X", "X", ".", "Logs_20140328."] {
        assert_eq!(message(decode("logs", "/", "", &[("X-Amz-Target", target)], b"{}")).0, unknown.clone());
    }
    // CBOR to a service that does not speak it.
    let logs = decode("logs", "/service/Logs_20140328/operation/DescribeLogGroups", "", &[], b"");
    assert_eq!(message(logs).0, unknown);
    for path in ["/service//operation/", "/operation/X", "//", "/service/X/operation", ""] {
        assert!(
            decode("monitoring", path, "", &[("smithy-protocol", "rpc-v2-cbor")], b"").1.is_err(),
            "{path}"
        );
    }
}

#[test]
fn a_signature_for_another_service_is_refused() {
    let target: &[_] = &[("X-Amz-Target", "Logs_20140328.DescribeLogGroups")];
    let fault = decode("monitoring", "/", "", target, b"{}").1.unwrap_err();
    assert_eq!(fault.kind, crate::fault::Kind::Common(Common::SignatureMismatch));
    assert_eq!(fault.message.as_deref(), Some("Credential should be scoped to correct service: 'logs'. "));
}

#[test]
fn a_body_is_bounded_as_sent_and_inflated() {
    use std::io::Write;
    let gzip = |plain: &[u8]| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    };
    let encoded: &[_] = &[FORM[0], ("Content-Encoding", "gzip")];
    for coding in ["gzip", "GZIP"] {
        let headers: &[_] = &[FORM[0], ("Content-Encoding", coding)];
        let body = gzip(b"Action=ListMetrics&Version=2010-08-01");
        assert_eq!(decode("monitoring", "/", "", headers, &body).1.unwrap().operation.name, "ListMetrics");
    }
    let too_large = crate::fault::Kind::Common(Common::TooLarge);
    let bomb = gzip(&vec![b'a'; BODY_MAX + 1]);
    assert_eq!(decode("monitoring", "/", "", encoded, &bomb).1.unwrap_err().kind, too_large);
    assert_eq!(decode("monitoring", "/", "", FORM, &vec![b'a'; BODY_MAX + 1]).1.unwrap_err().kind, too_large);
    assert!(decode("monitoring", "/", "", encoded, b"Action=ListMetrics").1.is_err());
    assert!(decode("monitoring", "/", "", &[("Content-Encoding", "br")], b"x").1.is_err());
}

#[test]
fn what_signs_an_address_is_no_parameter() {
    let query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&\
        X-Amz-Credential=AK%2F20261123%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Expires=60";
    let (target, call) = decode("", "/", query, &[], b"");
    assert_eq!(
        (target.protocol, call.unwrap().operation.name.as_str()),
        (Protocol::Query, "GetCallerIdentity")
    );
}
