//! The same requests as JSON and as protobuf, and what must come of both.

use super::*;
use crate::intake::{Samples, Told};
use crate::protobuf::write::{bytes, double, number, varint};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_000_000;
const TIME: &str = "1700000000123456789";
const TIME_MS: i64 = 1_700_000_000_123;

/// The protobuf of a message in JSON, by the numbers of its fields.
fn encode(message: &Value, fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in message.as_object().unwrap() {
        let field =
            fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no field {name}"));
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let whole = |value: &Value| match value {
            Value::String(text) => {
                text.parse().unwrap_or_else(|_| text.parse::<i64>().unwrap().cast_unsigned())
            }
            Value::Bool(truth) => u64::from(*truth),
            value => value.as_i64().unwrap().cast_unsigned(),
        };
        match &field.kind {
            Message(inner) => {
                for value in values {
                    bytes(&mut out, field.number, &encode(value, inner()));
                }
            }
            Text => bytes(&mut out, field.number, value.as_str().unwrap().as_bytes()),
            Varint => number(&mut out, field.number, whole(value)),
            Double => double(&mut out, field.number, value.as_f64().unwrap()),
            Fixed => {
                varint(&mut out, field.number << 3 | 1);
                out.extend(whole(value).to_le_bytes());
            }
            PackedFixed => {
                let packed: Vec<u8> = values.iter().flat_map(|value| whole(value).to_le_bytes()).collect();
                bytes(&mut out, field.number, &packed);
            }
            PackedDouble => {
                let packed = values.iter().flat_map(|value| value.as_f64().unwrap().to_le_bytes());
                bytes(&mut out, field.number, &packed.collect::<Vec<u8>>());
            }
        }
    }
    out
}

struct Field {
    name: &'static str,
    number: u64,
    kind: Kind,
}

enum Kind {
    Message(fn() -> &'static [Field]),
    Text,
    Varint,
    Double,
    Fixed,
    PackedFixed,
    PackedDouble,
}

macro_rules! fields {
    ($($function:ident { $($name:literal $number:literal $kind:expr,)* })*) => {
        $(fn $function() -> &'static [Field] {
            &[$(Field { name: $name, number: $number, kind: $kind },)*]
        })*
    };
}

use Kind::{Double, Fixed, Message, PackedDouble, PackedFixed, Text, Varint};

fields! {
    export { "resourceMetrics" 1 Message(resource_metrics), }
    resource_metrics { "resource" 1 Message(resource), "scopeMetrics" 2 Message(scope_metrics), }
    resource { "attributes" 1 Message(key_value), }
    scope_metrics { "metrics" 2 Message(metric), }
    key_value { "key" 1 Text, "value" 2 Message(any_value), }
    any_value { "stringValue" 1 Text, "boolValue" 2 Varint, "intValue" 3 Varint, "doubleValue" 4 Double, }
    metric {
        "name" 1 Text, "unit" 3 Text, "gauge" 5 Message(points), "sum" 7 Message(points),
        "histogram" 9 Message(histogram), "exponentialHistogram" 10 Message(histogram),
        "summary" 11 Message(summary),
    }
    points { "dataPoints" 1 Message(number_point), "aggregationTemporality" 2 Varint, "isMonotonic" 3 Varint, }
    number_point {
        "timeUnixNano" 3 Fixed, "asDouble" 4 Double, "asInt" 6 Fixed, "attributes" 7 Message(key_value),
        "flags" 8 Varint,
    }
    histogram { "dataPoints" 1 Message(histogram_point), "aggregationTemporality" 2 Varint, }
    histogram_point {
        "timeUnixNano" 3 Fixed, "count" 4 Fixed, "sum" 5 Double, "bucketCounts" 6 PackedFixed,
        "explicitBounds" 7 PackedDouble, "attributes" 9 Message(key_value),
    }
    summary { "dataPoints" 1 Message(summary_point), }
    summary_point {
        "timeUnixNano" 3 Fixed, "count" 4 Fixed, "sum" 5 Double, "quantileValues" 6 Message(quantile),
        "attributes" 7 Message(key_value),
    }
    quantile { "quantile" 1 Double, "value" 2 Double, }
}

fn request(resource: &[(&str, &str)], metrics: &Value) -> Value {
    let attributes: Vec<Value> = resource.iter().map(|(key, value)| attribute(key, value)).collect();
    json!({ "resourceMetrics": [{
        "resource": { "attributes": attributes },
        "scopeMetrics": [{ "metrics": metrics }],
    }] })
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// What is told of a request, which must be the same in both formats.
fn told(request: &Value) -> (Vec<Samples>, Outcome) {
    let of = |format, body: &[u8]| {
        let mut told = Told::default();
        let outcome = decode(format, body, NOW, &mut told).unwrap();
        (told.0, outcome)
    };
    let from_json = of(Format::Json, request.to_string().as_bytes());
    let from_protobuf = of(Format::Protobuf, &encode(request, export()));
    assert_eq!(from_json, from_protobuf);
    from_json
}

fn one(name: &str, time: i64, value: f64) -> Samples {
    (name.to_owned(), vec![(time, value)])
}

#[test]
fn gauge_and_sum_are_named_and_labelled_as_prometheus_does() {
    let resource = [
        ("service.name", "switch"),
        ("service.namespace", "pay"),
        ("service.instance.id", "i-1"),
        ("host.name", "web-1"),
        ("k8s.pod.name", "switch-0"),
        ("telemetry.sdk.name", "left out"),
    ];
    let metrics = json!([
        { "name": "system.memory.usage", "unit": "By", "gauge": { "dataPoints": [{
            "timeUnixNano": TIME, "asInt": "-7",
            "attributes": [attribute("state.of", "free"), { "key": "n", "value": { "intValue": "3" } }],
        }] } },
        { "name": "requests", "unit": "{request}", "sum": {
            "aggregationTemporality": 2, "isMonotonic": true,
            "dataPoints": [{ "asDouble": 2.5, "attributes": [attribute("job", "theirs")] }],
        } },
    ]);
    let (told, outcome) = told(&request(&resource, &metrics));
    let base = "instance=i-1,job=pay/switch";
    let expect = [
        one(
            &format!("system_memory_usage_bytes{{{base},n=3,pod=switch-0,server=web-1,state_of=free}}"),
            TIME_MS,
            -7.0,
        ),
        one(&format!("requests_total{{exported_job=theirs,{base},pod=switch-0,server=web-1}}"), NOW, 2.5),
    ];
    assert_eq!(told, expect);
    assert_eq!((outcome.samples, outcome.left_out), (2, 0));
}

#[test]
fn histogram_becomes_cumulative_buckets_sum_and_count() {
    let metrics = json!([{ "name": "wait", "unit": "s", "histogram": {
        "aggregationTemporality": 2,
        "dataPoints": [{
            "timeUnixNano": TIME, "count": "6", "sum": 9.5,
            "bucketCounts": ["1", "2", "3"], "explicitBounds": [0.005, 10.0],
            "attributes": [attribute("le", "theirs")],
        }],
    } }]);
    let (told, _) = told(&request(&[], &metrics));
    let expect = [
        one("wait_seconds_bucket{exported_le=theirs,le=0.005}", TIME_MS, 1.0),
        one("wait_seconds_bucket{exported_le=theirs,le=10}", TIME_MS, 3.0),
        one("wait_seconds_bucket{exported_le=theirs,le=+Inf}", TIME_MS, 6.0),
        one("wait_seconds_sum{exported_le=theirs}", TIME_MS, 9.5),
        one("wait_seconds_count{exported_le=theirs}", TIME_MS, 6.0),
    ];
    assert_eq!(told, expect);
}

#[test]
fn summary_becomes_quantiles_sum_and_count() {
    let metrics = json!([{ "name": "wait", "summary": { "dataPoints": [{
        "timeUnixNano": TIME, "count": "6", "sum": 9.5,
        "quantileValues": [{ "quantile": 0.5, "value": 1.5 }, { "quantile": 0.99, "value": 3.0 }],
    }] } }]);
    let (told, _) = told(&request(&[], &metrics));
    let expect = [
        one("wait{quantile=0.5}", TIME_MS, 1.5),
        one("wait{quantile=0.99}", TIME_MS, 3.0),
        one("wait_sum{}", TIME_MS, 9.5),
        one("wait_count{}", TIME_MS, 6.0),
    ];
    assert_eq!(told, expect);
}

#[test]
fn what_is_not_kept_is_counted_with_a_reason_and_loses_nothing_else() {
    let point = json!({ "timeUnixNano": TIME, "asDouble": 1.0 });
    let histogram = json!({ "timeUnixNano": TIME, "count": "1" });
    let odd = json!({ "timeUnixNano": TIME, "count": "1", "bucketCounts": ["1", "2"], "explicitBounds": [] });
    for (metric, reason) in [
        (json!({ "name": "a", "sum": { "aggregationTemporality": 1, "dataPoints": [point] } }), "cumulative"),
        (json!({ "name": "a", "sum": { "dataPoints": [point] } }), "cumulative"),
        (
            json!({ "name": "a", "histogram": { "aggregationTemporality": 1, "dataPoints": [histogram] } }),
            "cumulative",
        ),
        (
            json!({ "name": "a", "histogram": { "aggregationTemporality": 2, "dataPoints": [odd] } }),
            "one count more than bounds",
        ),
        (json!({ "name": "a", "exponentialHistogram": { "dataPoints": [histogram] } }), "explicit bounds"),
        (json!({ "name": "a", "gauge": { "dataPoints": [{ "timeUnixNano": TIME }] } }), "no value"),
        (json!({ "name": "", "gauge": { "dataPoints": [point] } }), "no metric name"),
    ] {
        let good = json!({ "name": "good", "gauge": { "dataPoints": [point] } });
        let (told, outcome) = told(&request(&[], &json!([metric, good])));
        assert_eq!(told, [one("good{}", TIME_MS, 1.0)], "{metric}");
        assert_eq!(outcome.left_out, 1, "{metric}");
        let said = outcome.reason.unwrap();
        assert!(said.contains(reason), "{said} has no {reason:?}");
    }
}

#[test]
fn point_without_a_value_that_says_so_ends_its_series() {
    let metrics = json!([{ "name": "a", "gauge": { "dataPoints": [{ "timeUnixNano": TIME, "flags": 1 }] } }]);
    let body = request(&[], &metrics).to_string();
    let mut told = Told::default();
    decode(Format::Json, body.as_bytes(), NOW, &mut told).unwrap();
    assert_eq!(told.0[0].1[0].1.to_bits(), 0x7ff0_0000_0000_0002);
}

#[test]
fn json_takes_numbers_as_texts_or_not_and_the_words_for_what_is_none() {
    for (point, expect) in [
        (json!({ "timeUnixNano": 1_700_000_000_123_456_789_u64, "asInt": 3 }), 3.0),
        (json!({ "timeUnixNano": TIME, "asDouble": "Infinity" }), f64::INFINITY),
        (json!({ "timeUnixNano": TIME, "asDouble": 3 }), 3.0),
    ] {
        let metrics = json!([{ "name": "a", "sum": {
            "aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE", "dataPoints": [point],
        } }]);
        let body = request(&[], &metrics).to_string();
        let mut told = Told::default();
        decode(Format::Json, body.as_bytes(), NOW, &mut told).unwrap();
        assert_eq!(told.0, [one("a{}", TIME_MS, expect)]);
    }
    for wrong in ["{", "3", r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":1}]}]}]}"#] {
        assert!(decode(Format::Json, wrong.as_bytes(), NOW, &mut Told::default()).is_err(), "{wrong}");
    }
}

#[test]
fn answers_are_in_the_format_of_the_request() {
    assert_eq!(answer(Format::Json, 0, None), b"{}");
    assert_eq!(answer(Format::Protobuf, 0, None), b"");
    let json: Value = serde_json::from_slice(&answer(Format::Json, 3, Some("why"))).unwrap();
    assert_eq!(json["partialSuccess"], json!({ "rejectedDataPoints": "3", "errorMessage": "why" }));
    assert_eq!(answer(Format::Protobuf, 3, Some("why")), b"\x0a\x07\x08\x03\x12\x03why");
}

proptest! {
    #[test]
    fn any_gauge_is_told_with_its_labels(
        value in any::<i64>(),
        attributes in prop::collection::btree_map("[a-z]{1,6}", "\\PC{1,8}", 0..5),
    ) {
        let pairs: Vec<Value> = attributes.iter().map(|(key, value)| attribute(key, value)).collect();
        let metrics = json!([{ "name": "g", "gauge": { "dataPoints": [
            { "timeUnixNano": TIME, "asInt": value.to_string(), "attributes": pairs },
        ] } }]);
        let (told, _) = told(&request(&[], &metrics));
        let labels = attributes.iter().map(|(key, value)| match key.as_str() {
            "le" => format!("exported_le={value}"),
            key => format!("{key}={value}"),
        });
        let mut labels: Vec<String> = labels.collect();
        labels.sort_by(|one, other| one.split('=').next().cmp(&other.split('=').next()));
        prop_assert_eq!(told, vec![one(&format!("g{{{}}}", labels.join(",")), TIME_MS, value as f64)]);
    }

    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in [Format::Json, Format::Protobuf] {
            let _ = decode(format, &body, NOW, &mut Told::default());
        }
    }
}
