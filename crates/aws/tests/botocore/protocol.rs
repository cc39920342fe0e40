//! The protocol cases: `tests/unit/protocols/{input,output}`.

use super::{botocore, text, xml};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use topmast_aws::codec::{Source, cbor, fit, json};
use topmast_aws::model::{Kind, Protocol, Service, ShapeId};
use topmast_aws::{Fault, Map, Request, Target, Value};

/// Files of cases with the protocol that they are in.
const FILES: &[(&str, Protocol)] = &[
    ("query", Protocol::Query),
    ("ec2", Protocol::Ec2),
    ("json", Protocol::Json11),
    ("json_1_0", Protocol::Json10),
    ("json_1_0-query-compatible", Protocol::Json10),
    ("smithy-rpc-v2-cbor", Protocol::Cbor),
    ("smithy-rpc-v2-cbor-query-compatible", Protocol::Cbor),
    ("smithy-rpc-v2-cbor-non-query-compatible", Protocol::Cbor),
];

/// Why a case says nothing about a server, if it does not.
fn left_out(kind: &str, protocol: Protocol, case: &Json) -> Option<&'static str> {
    let id = case["id"].as_str().unwrap_or_default();
    if id.ends_with("IdempotencyTokenAutoFill") {
        return Some("the client makes up a member that is not in the parameters");
    }
    let is_json = matches!(protocol, Protocol::Json10 | Protocol::Json11);
    let serialized = &case["serialized"];
    if kind == "input" && is_json && serialized["headers"]["X-Amz-Target"].is_null() {
        return Some("the case names no target, only the host or the encoding");
    }
    if kind == "input" && !is_json && protocol != Protocol::Cbor && serialized["body"].is_null() {
        return Some("the case has no body, only the encoding");
    }
    None
}

/// The bytes of a body of CBOR.
fn bytes_of(base64: &str) -> Vec<u8> {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.decode(base64).unwrap()
}

/// A service that has one operation.
fn service(suite: &Json, given: &Json) -> (&'static Service, String) {
    let name = given["name"].as_str().unwrap_or("OperationName").to_owned();
    let mut operations = serde_json::Map::new();
    operations.insert(name.clone(), given.clone());
    let model = json!({"metadata": suite["metadata"], "operations": operations, "shapes": suite["shapes"]});
    (Box::leak(Box::new(Service::of("fixture", &model))), name)
}

/// What a case names as parameters or result, as a value of a shape.
fn value(json: &Json, service: &'static Service, shape: ShapeId) -> Value {
    match (&service.shape(shape).kind, json) {
        (Kind::Structure { is_document: true, .. }, json) => json::read(json.to_string().as_bytes()).unwrap(),
        (Kind::Structure { members, .. }, Json::Object(object)) => Value::Map(
            members
                .iter()
                .filter_map(|member| {
                    let json = object.get(&member.name).filter(|json| !json.is_null())?;
                    Some((member.name.as_str().into(), value(json, service, member.shape)))
                })
                .collect::<Map>(),
        ),
        (Kind::List(member), Json::Array(values)) => Value::List(
            values
                .iter()
                .filter(|json| !json.is_null())
                .map(|json| value(json, service, member.shape))
                .collect(),
        ),
        (Kind::Map(_, member), Json::Object(object)) => Value::Map(
            object
                .iter()
                .filter(|(_, json)| !json.is_null())
                .map(|(key, json)| (key.clone().into(), value(json, service, member.shape)))
                .collect::<Map>(),
        ),
        (Kind::Blob, Json::String(text)) => Value::Blob(text.clone().into_bytes()),
        (_, json) => {
            let raw = json::read(json.to_string().as_bytes()).unwrap();
            fit(raw, service, shape, Source::Cbor).unwrap_or_else(|fault| panic!("{json}: {fault}"))
        }
    }
}

/// Equal, NaN too; where forms and XML cannot tell them apart, an empty list is as good as none.
fn same(a: &Value, b: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    };
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.keys().chain(b.keys()).all(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => same(a, b),
                (Some(one), None) | (None, Some(one)) => is_empty(one),
                (None, None) => true,
            })
        }
        (a, b) => a == b,
    }
}

/// Every case of the files of a kind, and how many of each file ran.
fn each(kind: &str, mut run: impl FnMut(Protocol, &Json, &Json) -> Result<(), String>) {
    let Some(folder) = botocore() else { return };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    for (file, protocol) in FILES {
        let path = folder.join(format!("tests/unit/protocols/{kind}/{file}.json"));
        let suites: Json = serde_json::from_str(&text(&path)).unwrap();
        for suite in suites.as_array().unwrap() {
            for case in suite["cases"].as_array().unwrap() {
                let id = case["id"].as_str().unwrap_or("unnamed");
                let count = counts.entry(*file).or_default();
                if let Some(reason) = left_out(kind, *protocol, case) {
                    println!("{kind} {file} {id}: left out, {reason}");
                    count.1 += 1;
                    continue;
                }
                match run(*protocol, suite, case) {
                    Ok(()) => count.0 += 1,
                    Err(failure) => failures.push(format!("{kind} {file} {id}: {failure}")),
                }
            }
        }
    }
    for (file, (ran, left_out)) in &counts {
        println!("{kind} {file}: {ran} cases hold, {left_out} left out");
    }
    let ran: usize = counts.values().map(|(ran, _)| ran).sum();
    let left_out: usize = counts.values().map(|(_, left_out)| left_out).sum();
    println!("{kind}: {ran} cases hold, {left_out} left out, {} fail", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(ran > 100, "{ran} cases");
}

#[test]
fn requests_of_botocore_give_what_was_asked() {
    each("input", |protocol, suite, case| {
        let (service, operation) = service(suite, &case["given"]);
        let serialized = &case["serialized"];
        let body = serialized["body"].as_str().unwrap_or_default();
        let body = if protocol == Protocol::Cbor { bytes_of(body) } else { body.as_bytes().to_vec() };
        let given: Vec<_> = serialized["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-encoding"))
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.as_bytes())))
            .collect();
        let uri = serialized["uri"].as_str().unwrap_or("/");
        let request = Request { method: "POST", path: uri, query: "", headers: &given, body: &body };
        let seen = Target::of(&request);
        if seen.protocol != protocol && !(protocol == Protocol::Ec2 && seen.protocol == Protocol::Query) {
            return Err(format!("is taken for {:?}", seen.protocol));
        }
        if !matches!(protocol, Protocol::Query | Protocol::Ec2)
            && seen.operation.as_deref() != Some(&operation)
        {
            return Err(format!("is taken for operation {:?}", seen.operation));
        }
        let mut target = Target { protocol, service: Some(service), ..seen };
        let call = target.decode(&request).map_err(|fault| fault.to_string())?;
        let expected = match call.operation.input {
            Some(shape) => value(&case["params"], service, shape),
            None => Value::empty(),
        };
        if same(&call.input, &expected) {
            Ok(())
        } else {
            Err(format!("{:?} is not {expected:?}", call.input))
        }
    });
}

/// What a client sees of an answer: its result, or code, message and the members of the error shape.
#[derive(Debug)]
struct Seen {
    value: Value,
    code: String,
    message: Option<String>,
}

fn read(
    protocol: Protocol,
    body: &[u8],
    service: &'static Service,
    operation: &str,
    shape: Option<ShapeId>,
    is_error: bool,
) -> Seen {
    let mut seen = Seen { value: Value::empty(), code: String::new(), message: None };
    let raw = match protocol {
        Protocol::Query | Protocol::Ec2 => {
            let document = xml::Element::of(std::str::from_utf8(body).unwrap());
            let of = if is_error {
                let errors = document.child("Errors").unwrap_or(&document);
                let error = errors.child("Error").expect("an error");
                seen.code.clone_from(&error.child("Code").expect("a code").text);
                seen.message = error.child("Message").map(|message| message.text.clone());
                error
            } else {
                document.child(&format!("{operation}Result")).unwrap_or(&document)
            };
            if let Some(shape) = shape {
                seen.value = of.structure(service, shape);
            }
            return seen;
        }
        Protocol::Cbor => cbor::read(body).unwrap(),
        _ => json::read(body).unwrap(),
    };
    if is_error {
        let code = raw.text("__type").unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        seen.code.push_str(code.split(':').next().unwrap_or_default());
        seen.message = raw.text("message").or(raw.text("Message")).map(str::to_owned);
    }
    if let Some(shape) = shape {
        let source = if protocol == Protocol::Cbor { Source::Cbor } else { Source::Json };
        seen.value = fit(raw, service, shape, source).unwrap();
    }
    seen
}

#[test]
fn answers_are_what_botocore_expects() {
    each("output", |protocol, suite, case| {
        let (service, operation) = service(suite, &case["given"]);
        let target = Target {
            protocol,
            service: Some(service),
            operation: Some(operation.clone()),
            is_query_mode: false,
            is_form_to_json: false,
        };
        let theirs = case["response"]["body"].as_str().unwrap_or_default();
        let theirs = if protocol == Protocol::Cbor { bytes_of(theirs) } else { theirs.as_bytes().to_vec() };
        let is_error = case.get("error").is_some();
        let (shape, expected, answer) = if is_error {
            // The one error that the operation lists; the code may be another than its name.
            let name = case["given"]["errors"][0]["shape"].as_str().unwrap_or_default().to_owned();
            let shape = service.shape_id(&name);
            let expected = shape.map_or_else(Value::empty, |shape| value(&case["error"], service, shape));
            let mut fault = Fault::modelled(name, "").without_message();
            fault.message = case["errorMessage"].as_str().map(str::to_owned);
            let members = expected.as_map().cloned().unwrap_or_default();
            fault.members =
                members.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("message")).collect();
            let answer = target.answer("foo-id", &Err(fault));
            let status = case["response"]["status_code"].as_u64().unwrap_or_default();
            // JSON and CBOR answer 400 for what is the client's fault.
            if protocol != Protocol::Cbor && u64::from(answer.status) != status {
                return Err(format!("status {} is not {status}", answer.status));
            }
            if let Some(code) = case["response"]["headers"]["x-amzn-query-error"].as_str() {
                let header = answer.headers.iter().find(|(name, _)| *name == "x-amzn-query-error");
                if header.map(|(_, value)| value.as_str()) != Some(code) {
                    return Err(format!("{header:?} is not {code}"));
                }
            }
            let ours = read(protocol, &answer.body, service, &operation, shape, true);
            let code = case["errorCode"].as_str().unwrap_or_default();
            let told = answer.headers.iter().find(|(name, _)| *name == "x-amzn-query-error");
            let told = told.and_then(|(_, value)| value.split(';').next()).unwrap_or(&ours.code);
            if told != code || ours.message.as_deref() != case["errorMessage"].as_str() {
                return Err(format!("{ours:?} is not {code}"));
            }
            (shape, expected, answer)
        } else {
            let shape = service.operation(&operation).and_then(|operation| operation.output);
            let expected = shape.map_or_else(Value::empty, |shape| value(&case["result"], service, shape));
            let answer = target.answer("foo-id", &Ok(expected.clone()));
            (shape, expected, answer)
        };
        if !theirs.is_empty() {
            let theirs = read(protocol, &theirs, service, &operation, shape, is_error);
            if !same(&theirs.value, &expected) {
                return Err(format!("the reader gives {theirs:?} of theirs, not {expected:?}"));
            }
        }
        let ours = read(protocol, &answer.body, service, &operation, shape, is_error);
        if same(&ours.value, &expected) { Ok(()) } else { Err(format!("{ours:?} is not {expected:?}")) }
    });
}
