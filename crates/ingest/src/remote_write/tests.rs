//! Requests made here, field by field, and what must come of them.

use super::*;
use crate::intake::Told;
use crate::intake::{LABEL_VALUE_MAX, LABELS_MAX};
use crate::protobuf::write::{bytes, double, number, varint};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Labels = Vec<(String, String)>;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sample(time: i64, value: f64) -> Vec<u8> {
    let mut sample = Vec::new();
    double(&mut sample, 1, value);
    number(&mut sample, 2, time.cast_unsigned());
    sample
}

fn request_one(all: &[(Labels, Vec<(i64, f64)>)]) -> Vec<u8> {
    let mut request = Vec::new();
    for (labels, samples) in all {
        let mut series = Vec::new();
        for (name, value) in labels {
            let mut label = Vec::new();
            bytes(&mut label, 1, name.as_bytes());
            bytes(&mut label, 2, value.as_bytes());
            bytes(&mut series, 1, &label);
        }
        for (time, value) in samples {
            bytes(&mut series, 2, &sample(*time, *value));
        }
        bytes(&mut request, 1, &series);
    }
    request
}

fn request_two(all: &[(Labels, Vec<(i64, f64)>)], symbols_last: bool) -> Vec<u8> {
    let mut symbols = vec![String::new()];
    let mut place = |text: &String| {
        symbols.iter().position(|symbol| symbol == text).unwrap_or_else(|| {
            symbols.push(text.clone());
            symbols.len() - 1
        }) as u64
    };
    let mut request = Vec::new();
    for (labels, samples) in all {
        let (mut series, mut places) = (Vec::new(), Vec::new());
        for (name, value) in labels {
            varint(&mut places, place(name));
            varint(&mut places, place(value));
        }
        bytes(&mut series, 1, &places);
        for (time, value) in samples {
            bytes(&mut series, 2, &sample(*time, *value));
        }
        bytes(&mut request, 5, &series);
    }
    let mut table = Vec::new();
    for symbol in &symbols {
        bytes(&mut table, 4, symbol.as_bytes());
    }
    if symbols_last { [request, table].concat() } else { [table, request].concat() }
}

fn told(version: Version, body: &[u8]) -> (Told, Written) {
    let mut told = Told::default();
    let written = decode(version, body, &mut told).unwrap();
    (told, written)
}

#[test]
fn both_versions_tell_the_same_sorted_and_without_empty_labels() {
    let all = [
        (labels(&[("__name__", "up"), ("job", "node"), ("zone", "")]), vec![(1, 1.0), (2, 0.0)]),
        (labels(&[("job", "größe"), ("A", "b"), ("__name__", "x:y")]), vec![(-5, f64::INFINITY)]),
    ];
    let expect = Told(vec![
        ("up{job=node}".into(), vec![(1, 1.0), (2, 0.0)]),
        ("x:y{A=b,job=größe}".into(), vec![(-5, f64::INFINITY)]),
    ]);
    for (version, body) in [
        (Version::One, request_one(&all)),
        (Version::Two, request_two(&all, false)),
        (Version::Two, request_two(&all, true)),
    ] {
        let (told, written) = told(version, &body);
        assert_eq!(told, expect);
        assert_eq!((written.outcome.series, written.outcome.samples, written.outcome.left_out), (2, 3, 0));
    }
}

#[test]
fn end_of_a_series_keeps_its_bits() {
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    let all = [(labels(&[("__name__", "up")]), vec![(1, stale)])];
    for (version, body) in [(Version::One, request_one(&all)), (Version::Two, request_two(&all, false))] {
        assert_eq!(told(version, &body).0.0[0].1[0].1.to_bits(), stale.to_bits());
    }
}

#[test]
fn wrong_series_are_counted_with_a_reason_and_lose_nothing_else() {
    let long = "x".repeat(LABEL_VALUE_MAX + 1);
    let many: Vec<(String, String)> = (0..=LABELS_MAX).map(|n| (format!("l{n}"), "x".into())).collect();
    let many = [labels(&[("__name__", "a")]), many].concat();
    for (wrong, reason) in [
        (labels(&[("job", "x")]), "no metric name"),
        (labels(&[("__name__", ""), ("job", "x")]), "no metric name"),
        (labels(&[("__name__", "a"), ("", "x")]), "has no name"),
        (labels(&[("__name__", "a"), ("b", "x"), ("b", "y")]), "a label twice"),
        (labels(&[("__name__", "a"), ("b", &long)]), "too long"),
        (many, "more than 128 labels"),
    ] {
        let all = [
            (labels(&[("__name__", "before")]), vec![(1, 1.0)]),
            (wrong, vec![(1, 1.0), (2, 2.0)]),
            (labels(&[("__name__", "after")]), vec![(1, 1.0)]),
        ];
        for (version, body) in [(Version::One, request_one(&all)), (Version::Two, request_two(&all, false))] {
            let (told, written) = told(version, &body);
            assert_eq!(
                told.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
                ["before{}", "after{}"]
            );
            assert_eq!((written.outcome.samples, written.outcome.left_out), (2, 2));
            let said = written.outcome.reason.unwrap();
            assert!(said.contains(reason), "{said} has no {reason:?}");
        }
    }
}

#[test]
fn native_histograms_are_counted_and_the_samples_beside_them_taken() {
    for (version, histogram, series_field) in [(Version::One, 4, 1), (Version::Two, 3, 5)] {
        let (mut series, mut request) = (Vec::new(), Vec::new());
        if version == Version::One {
            let mut label = Vec::new();
            bytes(&mut label, 1, b"__name__");
            bytes(&mut label, 2, b"a");
            bytes(&mut series, 1, &label);
        } else {
            for symbol in ["", "__name__", "a"] {
                bytes(&mut request, 4, symbol.as_bytes());
            }
            // Not packed.
            number(&mut series, 1, 1);
            number(&mut series, 1, 2);
        }
        bytes(&mut series, histogram, b"");
        bytes(&mut series, 2, &sample(1, 1.0));
        bytes(&mut request, series_field, &series);
        let (told, written) = told(version, &request);
        assert_eq!(told.0, [("a{}".into(), vec![(1, 1.0)])]);
        assert_eq!((written.histograms, written.outcome.left_out), (1, 1));
    }
}

#[test]
fn samples_of_a_series_are_told_in_the_order_of_their_times() {
    let all = [(labels(&[("__name__", "a")]), vec![(3, 3.0), (1, 1.0), (2, 2.0)])];
    assert_eq!(told(Version::One, &request_one(&all)).0.0[0].1, [(1, 1.0), (2, 2.0), (3, 3.0)]);
}

#[test]
fn what_is_no_request_is_refused() {
    let mut nameless = Vec::new();
    bytes(&mut nameless, 4, b"");
    let mut series = Vec::new();
    number(&mut series, 1, 0);
    let odd = {
        let mut request = nameless.clone();
        bytes(&mut request, 5, &series);
        request
    };
    number(&mut series, 1, 7);
    let beyond = {
        let mut request = nameless;
        bytes(&mut request, 5, &series);
        request
    };
    for (version, body, reason) in [
        (Version::One, b"\x0a\x05\x0a".to_vec(), "it ends"),
        (Version::One, b"hello".to_vec(), "of a kind that there is not"),
        (Version::One, b"\x0a\x07\x0a\x05\x0a\x01\xff\x12\x00".to_vec(), "not UTF-8"),
        (Version::Two, odd, "no value"),
        (Version::Two, beyond, "beyond the symbols"),
    ] {
        let error = decode(version, &body, &mut Told::default()).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

struct Nothing;

impl Sink for Nothing {
    fn series(&mut self, _: &str, _: &[(&str, &str)]) {}
    fn sample(&mut self, _: i64, _: f64) {}
}

#[test]
fn one_symbol_said_a_million_times_meets_a_bound() {
    // I-1: each series of a few bytes is one of some thousand.
    let mut request = Vec::new();
    for symbol in ["__name__", "a", "b", &"v".repeat(LABEL_VALUE_MAX)] {
        bytes(&mut request, 4, symbol.as_bytes());
    }
    let mut series = Vec::new();
    bytes(&mut series, 1, &[0, 1, 2, 3]);
    bytes(&mut series, 2, &sample(1, 1.0));
    let mut one = Vec::new();
    bytes(&mut one, 5, &series);
    request.extend(one.repeat(20_000));
    assert_eq!(decode(Version::Two, &request, &mut Nothing), Err(DecodeError::TooMuch(TooMuch)));
}

#[test]
fn media_types_name_the_message() {
    for (media_type, expect) in [
        ("application/x-protobuf", Some(Version::One)),
        ("Application/X-Protobuf; proto=prometheus.WriteRequest", Some(Version::One)),
        ("application/x-protobuf;proto=io.prometheus.write.v2.Request", Some(Version::Two)),
        ("application/x-protobuf;proto=io.prometheus.write.v3.Request", None),
        ("application/json", None),
        ("", None),
    ] {
        assert_eq!(Version::of_media_type(media_type), expect, "{media_type}");
    }
}

prop_compose! {
    fn series()(
        metric in "[a-z_:]{1,20}",
        // Some are longer than what is read at once.
        others in prop::collection::btree_map("[A-Za-z_ä]{1,12}", "\\PC{0,10}|[a-z]{120,300}", 0..8),
        samples in prop::collection::btree_map(any::<i64>(), -1e9..1e9, 1..4),
        shuffle in any::<bool>(),
    ) -> (Labels, Vec<(i64, f64)>) {
        let mut labels: Labels = others.into_iter().collect();
        labels.push(("__name__".into(), metric));
        labels.sort();
        labels.dedup_by(|one, other| one.0 == other.0);
        if shuffle {
            labels.reverse();
        }
        (labels, samples.into_iter().collect())
    }
}

proptest! {
    #[test]
    fn any_request_is_told_as_it_was_made(all in prop::collection::vec(series(), 0..6)) {
        let expect: Vec<_> = all.iter().map(|(labels, samples)| {
            let mut labels: BTreeMap<&str, &str> =
                labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let metric = labels.remove("__name__").unwrap();
            let labels: Vec<String> = labels.iter().filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name}={value}")).collect();
            (format!("{metric}{{{}}}", labels.join(",")), samples.clone())
        }).collect();
        for (version, body) in [(Version::One, request_one(&all)), (Version::Two, request_two(&all, true))] {
            let (told, written) = told(version, &body);
            prop_assert_eq!(&told.0, &expect);
            prop_assert_eq!(written.outcome.left_out, 0);
        }
    }

    #[test]
    fn cut_requests_are_refused_or_shorter(all in prop::collection::vec(series(), 1..4), cut in any::<prop::sample::Index>()) {
        for (version, body) in [(Version::One, request_one(&all)), (Version::Two, request_two(&all, false))] {
            let body = &body[..cut.index(body.len())];
            let mut told = Told::default();
            let _ = decode(version, body, &mut told);
            prop_assert!(told.0.len() <= all.len());
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for version in [Version::One, Version::Two] {
            let _ = decode(version, &body, &mut Told::default());
        }
    }
}

/// Remembers the words for series, as a store does.
#[derive(Default)]
struct Remembering {
    told: Told,
    heard: BTreeMap<Vec<u8>, String>,
    words: Vec<u8>,
    known: usize,
}

impl Sink for Remembering {
    fn known(&mut self, words: &[u8]) -> bool {
        words.clone_into(&mut self.words);
        let Some(series) = self.heard.get(words) else { return false };
        self.told.0.push((series.clone(), Vec::new()));
        self.known += 1;
        true
    }

    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        self.told.series(metric, labels);
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.heard.insert(words, self.told.0.last().unwrap().0.clone());
        }
    }

    fn sample(&mut self, time: i64, value: f64) {
        self.told.sample(time, value);
    }
}

#[test]
fn series_known_by_their_words_are_told_as_others() {
    let all = [
        (labels(&[("__name__", "up"), ("job", "node")]), vec![(1, 1.0), (2, 0.0)]),
        // Not in order, with an empty label, with a long one.
        (labels(&[("job", "node"), ("__name__", "up"), ("instance", "")]), vec![(3, 1.0)]),
        (labels(&[("__name__", "long"), ("path", &"x".repeat(300))]), vec![(2, 5.0), (1, 4.0)]),
    ];
    let request = request_one(&all);
    let (mut plain, mut remembering) = (Told::default(), Remembering::default());
    for round in 0..3 {
        let one = decode(Version::One, &request, &mut plain).unwrap();
        assert_eq!(decode(Version::One, &request, &mut remembering).unwrap(), one);
        assert_eq!(remembering.known, round * 3);
    }
    assert_eq!(remembering.told, plain);
}

#[test]
fn words_are_all_labels_of_a_series() {
    // A label behind the samples: what stands before them is not the series.
    let mut series = Vec::new();
    let label = |name: &str, value: &str| {
        let mut label = Vec::new();
        bytes(&mut label, 1, name.as_bytes());
        bytes(&mut label, 2, value.as_bytes());
        label
    };
    bytes(&mut series, 1, &label("__name__", "up"));
    bytes(&mut series, 2, &sample(1, 1.0));
    let mut request = Vec::new();
    bytes(&mut request, 1, &series);
    bytes(&mut series, 1, &label("job", "node"));
    bytes(&mut request, 1, &series);
    let mut remembering = Remembering::default();
    for _ in 0..2 {
        decode(Version::One, &request, &mut remembering).unwrap();
    }
    let names: Vec<&str> = remembering.told.0.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["up{}", "up{job=node}", "up{}", "up{job=node}"]);
}
