//! Properties of the codecs: what is written by a shape and read again is the same (C-3), and nothing that is read
//! makes a reader panic (C-1).

use super::{Source, cbor, fit, form, json, xml};
use crate::model::{Kind, Service, ShapeId, services};
use crate::request::{Request, Target};
use crate::signature::Authorization;
use crate::value::{Map, Value};
use proptest::prelude::*;
use std::fmt::Write as _;

/// A value of a shape, made of numbers that are drawn: as many members and elements as they say, six deep.
fn value(service: &'static Service, shape: ShapeId, draw: &mut dyn FnMut() -> u64, depth: usize) -> Value {
    let n = draw();
    let pick = |of: u64| usize::try_from(n % of).unwrap_or_default();
    match &service.shape(shape).kind {
        Kind::Structure { is_document: true, .. } => Value::map([("a", n.to_string().into())]),
        Kind::Structure { members, .. } => {
            let mut map = Map::new();
            for member in members {
                if depth < 6 && draw().is_multiple_of(2) {
                    map.insert(member.name.as_str().into(), value(service, member.shape, draw, depth + 1));
                }
            }
            Value::Map(map)
        }
        Kind::List(of) => {
            Value::List((0..n % 3).map(|_| value(service, of.shape, draw, depth + 1)).collect())
        }
        Kind::Map(_, of) => Value::Map(
            (0..n % 3)
                .map(|index| (format!("k{index} <&>").into(), value(service, of.shape, draw, depth + 1)))
                .collect::<Map>(),
        ),
        Kind::Text => {
            Value::Text(["", "a", "ä<&>\"\u{1f600}\n", "a=b&c+d%20", " x ", "1"][pick(6)].to_owned())
        }
        Kind::Integer(true) => Value::Integer(n.cast_signed()),
        Kind::Integer(false) => Value::Integer(n.cast_signed() >> 32),
        Kind::Float => Value::Float(f64::from_bits(n)),
        Kind::Boolean => Value::Boolean(n.is_multiple_of(2)),
        Kind::Blob => Value::Blob(n.to_le_bytes()[..pick(9)].to_vec()),
        Kind::Timestamp => Value::Timestamp((n % 4_102_444_800_000).cast_signed()),
    }
}

/// The form that a client sends of a value.
fn form_of(out: &mut String, value: &Value, service: &Service, shape: ShapeId, path: &str, is_ec2: bool) {
    let escape = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut leaf = |text: &str| {
        let _ = write!(out, "{path}={}&", escape(text));
    };
    match (&service.shape(shape).kind, value) {
        (Kind::Structure { members, .. }, Value::Map(map)) => {
            for member in members {
                if let Some(value) = map.get(member.name.as_str()) {
                    let name = if is_ec2 { member.ec2_name() } else { member.wire_name().into() };
                    let path = if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") };
                    form_of(out, value, service, member.shape, &path, is_ec2);
                }
            }
        }
        (Kind::List(of), Value::List(values)) => {
            if values.is_empty() {
                leaf("");
            }
            for (index, value) in values.iter().enumerate() {
                let wrap = if is_ec2 { "" } else { ".member" };
                form_of(out, value, service, of.shape, &format!("{path}{wrap}.{}", index + 1), is_ec2);
            }
        }
        (_, Value::Text(text)) => leaf(text),
        (_, Value::Integer(number)) => leaf(&number.to_string()),
        (_, Value::Float(number)) if number.is_nan() => leaf("NaN"),
        (_, Value::Float(number)) if number.is_infinite() => {
            leaf(if *number > 0.0 { "Infinity" } else { "-Infinity" });
        }
        (_, Value::Float(number)) => leaf(&format!("{number:?}")),
        (_, Value::Boolean(truth)) => leaf(&truth.to_string()),
        (_, Value::Timestamp(millis)) => {
            leaf(&crate::timestamp::format(*millis, crate::model::TimestampFormat::Iso8601));
        }
        (_, Value::Blob(bytes)) => leaf(&base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)),
        _ => {}
    }
}

/// Equal, NaN too; what a form cannot say is not there.
fn same(a: &Value, b: &Value, is_form: bool) -> bool {
    let is_nothing = |value: &Value| is_hollow(value, is_form);
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (Value::List(a), Value::List(b)) => {
            let b: Vec<_> = b.iter().filter(|value| !is_nothing(value)).collect();
            let a: Vec<_> = a.iter().filter(|value| !is_nothing(value)).collect();
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, is_form))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.keys().chain(b.keys()).all(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => same(a, b, is_form),
                (Some(one), None) | (None, Some(one)) => is_hollow(one, is_form),
                (None, None) => true,
            })
        }
        (a, b) => a == b,
    }
}

/// Whether a form has no way to say that this is there.
fn is_hollow(value: &Value, is_form: bool) -> bool {
    is_form
        && match value {
            Value::Map(map) => map.values().all(|value| is_hollow(value, true)),
            Value::List(list) => !list.is_empty() && list.iter().all(|value| is_hollow(value, true)),
            _ => false,
        }
}

/// Every shape that requests and answers begin with.
fn shapes() -> Vec<(&'static Service, ShapeId, bool)> {
    let mut all = Vec::new();
    for service in services() {
        for operation in service.operations() {
            all.extend(operation.input.map(|shape| (service, shape, true)));
            all.extend(operation.output.map(|shape| (service, shape, false)));
        }
    }
    all
}

/// Whether a shape reaches a map or a document, which the form written here does not have.
fn has_map(service: &Service, shape: ShapeId, depth: usize) -> bool {
    match &service.shape(shape).kind {
        Kind::Map(..) | Kind::Structure { is_document: true, .. } => true,
        Kind::Structure { members, .. } => {
            depth < 12 && members.iter().any(|member| has_map(service, member.shape, depth + 1))
        }
        Kind::List(of) => has_map(service, of.shape, depth + 1),
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_by_a_shape_is_read_again(seed in any::<u64>(), which in any::<prop::sample::Index>()) { // C-3
        let all = shapes();
        let (service, shape, is_input) = all[which.index(all.len())];
        let mut state = seed;
        let mut draw = || {
            // Splitmix: any seed gives well mixed numbers.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let given = value(service, shape, &mut draw, 0);

        let text = json::write(&given, service, shape);
        let back = fit(json::read(text.as_bytes()).unwrap(), service, shape, Source::Json).unwrap();
        prop_assert!(same(&back, &given, false), "{text}");

        let bytes = cbor::write(&given, service, shape);
        let back = fit(cbor::read(&bytes).unwrap(), service, shape, Source::Cbor).unwrap();
        prop_assert!(same(&back, &given, false), "{back:?} is not {given:?}");

        let is_ec2 = service.name == "ec2";
        if is_input && !has_map(service, shape, 0) {
            let mut text = String::new();
            form_of(&mut text, &given, service, shape, "", is_ec2);
            let dialect = if is_ec2 { form::Dialect::Ec2 } else { form::Dialect::Query };
            let tree = form::tree(&form::pairs(text.as_bytes()).unwrap()).unwrap();
            let back = form::read(&tree, service, shape, dialect).unwrap();
            prop_assert!(same(&back, &given, true), "{text}: {back:?}");
        }

        // XML is read by the clients alone: at least its tags are nested.
        let mut text = String::new();
        xml::members(&mut text, &given, service, shape);
        let opened = text.matches('<').count() - text.matches("</").count() - text.matches("/>").count();
        prop_assert_eq!(opened, text.matches("</").count(), "{}", text);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), which in any::<prop::sample::Index>()) { // C-1
        let all = shapes();
        let (service, shape, _) = all[which.index(all.len())];
        for source in [Source::Json, Source::Cbor] {
            let raw = if source == Source::Json { json::read(&bytes) } else { cbor::read(&bytes) };
            if let Ok(raw) = raw {
                let _ = fit(raw, service, shape, source);
            }
        }
        if let Ok(tree) = form::pairs(&bytes).and_then(|pairs| form::tree(&pairs)) {
            let _ = form::read(&tree, service, shape, form::Dialect::Query);
            let _ = form::read(&tree, service, shape, form::Dialect::Ec2);
        }
    }

    #[test]
    fn no_request_makes_the_crate_panic(
        path in "/?(service|[a-z]{0,3})?/[A-Za-z0-9]{0,9}/operation/[A-Za-z]{0,9}|/|/[./%a-z]{0,9}",
        query in "(Action|X-Amz-[A-Z][a-z]{1,9}|[a-z.0-9]{0,5})=[ -~]{0,20}(&X-Amz-Algorithm=AWS4-HMAC-SHA256)?",
        target in "(Logs_20140328|AmazonSSM|[a-zA-Z]{0,4})\\.?[A-Za-z]{0,12}",
        authorization in "(AWS4-HMAC-SHA256 )?(Credential=[a-z0-9/]{0,30}(/aws4_request)?, ?)?(SignedHeaders=[a-z;-]{0,20},)?( Signature=[0-9a-f]{0,64})?",
        date in "[0-9]{8}T[0-9]{6}Z|[ -~]{0,20}",
        body in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let headers = [
            ("host", b"x".as_slice()),
            ("x-amz-target", target.as_bytes()),
            ("authorization", authorization.as_bytes()),
            ("x-amz-date", date.as_bytes()),
        ];
        for n in [1, 2, 4] {
            let request = Request { method: "POST", path: &path, query: &query, headers: &headers[..n], body: &body };
            let mut target = Target::of(&request);
            let result = target.decode(&request).map(|call| call.input);
            let answer = target.answer("id", &result);
            prop_assert!((200..600).contains(&answer.status));
            if let Ok(claimed) = Authorization::of(&request) {
                let key = crate::signature::Key { secret: "s", session_token: None, expires_at: None };
                prop_assert!(claimed.verify(&request, &key, 0, crate::signature::Rules::default()).is_err());
            }
        }
    }
}
