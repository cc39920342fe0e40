//! What lines mean, and what they add up to.

use super::*;
use crate::intake::Told;
use crate::scrape::STALE;
use proptest::prelude::*;

fn values(line: &str) -> Vec<Measurement<'_>> {
    match Line::read(line).unwrap() {
        Line::Metric { measurements, .. } => measurements,
        Line::Other => panic!("{line} is passed over"),
    }
}

#[test]
fn lines_of_every_kind_are_read() {
    use Value::{Count, Distribution, Gauge, GaugeChange, Member, Timer};
    for (line, expect) in [
        ("a:1|c", vec![(Count(1.0), 1.0)]),
        ("a:2.5|c|@0.1", vec![(Count(2.5), 0.1)]),
        ("a:3|g", vec![(Gauge(3.0), 1.0)]),
        ("a:-3|g", vec![(GaugeChange(-3.0), 1.0)]),
        ("a:+3|g", vec![(GaugeChange(3.0), 1.0)]),
        ("a:320|ms|@0.5|#x:y", vec![(Timer(320.0), 0.5)]),
        ("a:1|h", vec![(Distribution(1.0), 1.0)]),
        (
            "a:1:2:3|d|#x:y|c:container|T1700000000",
            vec![(Distribution(1.0), 1.0), (Distribution(2.0), 1.0), (Distribution(3.0), 1.0)],
        ),
        ("a:b:c|s", vec![(Member("b:c"), 1.0)]),
        ("a:1|c:2|ms|@0.5:3|g", vec![(Count(1.0), 1.0), (Timer(2.0), 0.5), (Gauge(3.0), 1.0)]),
    ] {
        let expect: Vec<_> = expect.into_iter().map(|(value, rate)| Measurement { value, rate }).collect();
        assert_eq!(values(line), expect, "{line}");
    }
    let Line::Metric { tags, .. } = Line::read("a:1|c|#zone:a:b,flag,empty:").unwrap() else { panic!() };
    assert_eq!(tags, [("zone", "a:b"), ("flag", "true"), ("empty", "")]);
    for other in ["_e{5,4}:title|text|#x", "_sc|name|0"] {
        assert_eq!(Line::read(other), Ok(Line::Other));
    }
}

#[test]
fn wrong_lines_are_said() {
    for (line, expect) in [
        ("a", "NAME:VALUE|TYPE"),
        (":1|c", "no name"),
        ("a:1", "no type"),
        ("a:|c", "not a number"),
        ("a:nan|g", "not a number"),
        ("a:1e999|c", "not a number"),
        ("a:1|x", "its type"),
        ("a:-1|c", "cannot shrink"),
        ("a:|s", "no value"),
        ("a:1|c|@0", "rate"),
        ("a:1|c|@2", "rate"),
        ("a:1|c|#:x", "tag has no name"),
    ] {
        let error = Line::read(line).unwrap_err();
        assert!(error.contains(expect), "{line}: {error:?} does not say {expect:?}");
    }
}

fn aggregate() -> Aggregate {
    Aggregate::new(Options {
        series: 5,
        idle_ms: 300_000,
        flush_ms: 1_000,
        timer_bounds: vec![0.1, 1.0],
        bounds: vec![10.0],
    })
}

fn flushed(aggregate: &mut Aggregate, now: i64) -> Vec<String> {
    let mut told = Told::default();
    aggregate.flush(now, &mut told);
    let mut lines: Vec<String> = told
        .0
        .into_iter()
        .map(|(series, samples)| {
            let text = |(time, value): (i64, f64)| {
                let value = if value.to_bits() == STALE.to_bits() { "end".into() } else { value.to_string() };
                format!("{value}@{time}")
            };
            let samples: Vec<String> = samples.into_iter().map(text).collect();
            format!("{series} {}", samples.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn lines_add_up_to_series_of_prometheus() {
    // D-1
    let mut all = aggregate();
    let taken = all.take(
        b"api.calls:1|c|#zone:a\napi.calls:1|c|@0.5|#zone:a\nroom:5|g\nroom:-2|g\n_sc|x|0\nbad\n",
        1_000,
    );
    assert_eq!((taken.lines, taken.passed_over, taken.wrong), (4, 1, 1));
    assert_eq!(taken.reason.as_deref(), Some("line 6: it is not NAME:VALUE|TYPE"));
    assert_eq!(flushed(&mut all, 2_000), ["api_calls_total{zone=a} 0@1000 3@2000", "room{} 3@2000"]);
    all.take(b"api.calls:4|c|#zone:a", 2_500);
    assert_eq!(flushed(&mut all, 3_000), ["api_calls_total{zone=a} 7@3000", "room{} 3@3000"]);
}

#[test]
fn timers_are_histograms_in_seconds() {
    let mut all = aggregate();
    all.take(b"t:50|ms|#le:x\nt:100:700|ms|@0.5|#le:x", 1_000);
    assert_eq!(
        flushed(&mut all, 2_000),
        [
            "t_seconds_bucket{exported_le=x,le=+Inf} 0@1000 5@2000",
            "t_seconds_bucket{exported_le=x,le=0.1} 0@1000 3@2000",
            "t_seconds_bucket{exported_le=x,le=1} 0@1000 5@2000",
            "t_seconds_count{exported_le=x} 0@1000 5@2000",
            "t_seconds_max{exported_le=x} 0.7@2000",
            "t_seconds_sum{exported_le=x} 0@1000 1.65@2000",
        ]
    );
    // The largest is of what came since the last flush.
    for (now, ends) in [(3_000, 1), (4_000, 0)] {
        let told = flushed(&mut all, now);
        assert_eq!(told.iter().filter(|line| line.contains("_max") && line.contains(" end@")).count(), ends);
        assert_eq!(told.len(), 5 + ends);
    }
}

#[test]
fn members_of_sets_count_once_for_ten_seconds() {
    let mut all = aggregate();
    all.take(b"users:ann|s\nusers:bob|s\nusers:ann|s", 1_000);
    assert_eq!(flushed(&mut all, 2_000), ["users{} 2@2000"]);
    all.take(b"users:ann|s", 9_000);
    assert_eq!(flushed(&mut all, 11_000), ["users{} 1@11000"]);
    for number in 0..20_000 {
        all.take(format!("users:{number}|s").as_bytes(), 12_000);
    }
    assert_eq!(flushed(&mut all, 12_000), ["users{} 10000@12000"]);
}

#[test]
fn one_series_has_one_type_however_its_tags_are_written() {
    let mut all = aggregate();
    all.take(b"a.b:1|c|#x:1,y:2\na_b:2|c|#y:2,x:1\na/b:4|c|#x:0,y:2,x:1,z:", 1_000);
    assert_eq!(flushed(&mut all, 2_000), ["a_b_total{x=1,y=2} 0@1000 7@2000"]);
    let taken = all.take(b"a_b_total:1|g|#x:1,y:2", 2_500);
    assert_eq!(
        (taken.wrong, taken.reason.as_deref()),
        (1, Some("line 1: its series was of another type before"))
    );
    assert_eq!(all.held(), 1);
}

#[test]
fn idle_series_end_and_make_room() {
    // D-2
    let mut all = aggregate();
    for number in 0..6 {
        let taken = all.take(format!("g{number}:1|g").as_bytes(), 1_000);
        assert_eq!((taken.lines, taken.refused), if number < 5 { (1, 0) } else { (0, 1) });
    }
    all.take(b"g0:2|g", 200_000);
    let ends = flushed(&mut all, 301_000);
    assert_eq!(ends[..2], ["g0{} 2@301000", "g1{} end@301000"]);
    assert_eq!((all.held(), ends.len()), (1, 5));
    assert_eq!(all.take(b"g9:1|g", 301_000).lines, 1);
}

proptest! {
    #[test]
    fn anything_is_taken_or_counted(lines in prop::collection::vec("[ -~]{0,30}|[a-c]:[0-9+-]{1,3}\\|(c|g|ms|h|s)(\\|@0.5)?(\\|#[a-b]:[x-y])?", 0..10)) {
        let mut all = aggregate();
        let body = lines.join("\n");
        let taken = all.take(body.as_bytes(), 1_000);
        let there = lines.iter().filter(|line| !line.trim_ascii().is_empty()).count() as u64;
        prop_assert_eq!(taken.lines + taken.passed_over + taken.wrong + taken.refused, there);
        prop_assert!(all.held() <= 5);
        let mut told = Told::default();
        all.flush(2_000, &mut told);
    }
}
