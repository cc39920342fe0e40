//! Answers worked out by hand, at one time.

use super::source::{MINUTE, written};
use crate::budget::Budget;
use crate::promql::{Options, Value, parse};

const SERIES: &str = r#"
    requests{job="a",code="200"} 0+60x10
    requests{job="a",code="500"} 0+6x4 0+6x5
    requests{job="b",code="200"} 100x10
    gone{job="a"} 1 2 3 stale _x7
    late{job="a"} _x8 5 6 7
    node{host="n1",rack="r1"} 1x10
    node{host="n10",rack="r2"} 1x10
    node{host="n2",rack="r1"} 1x10
    load{host="n1"} 4x10
    load{host="n2"} 8x10
    bucket{le="1"} 5x10
    bucket{le="2"} 10x10
    bucket{le="+Inf"} 10x10
"#;

/// Asks ten minutes after the first sample; the answer is written one sample a line, in the order that it has.
fn check(text: &str, expected: &str) {
    let source = written(SERIES);
    let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let value = query.instant(&source, 10 * MINUTE, &Options::default(), &Budget::unlimited());
    let lines: Vec<String> = match value.unwrap_or_else(|error| panic!("{text}: {error}")) {
        Value::Scalar(value) => vec![value.to_string()],
        Value::String(text) => vec![text],
        Value::Vector(samples) => {
            samples.iter().map(|sample| format!("{} {}", sample.labels, sample.value)).collect()
        }
        Value::Matrix(matrix) => {
            let points = |series: &crate::promql::SampleSeries| {
                series.points.iter().fold(series.labels.to_string(), |text, (time, value)| {
                    text + &format!(" {value}@{}", time / MINUTE)
                })
            };
            matrix.series.iter().map(points).collect()
        }
    };
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, expected, "{text}");
}

#[test]
fn selectors_look_back_until_the_end_of_a_series() {
    check("gone", "");
    check("gone offset 8m", "gone{job=\"a\"} 3");
    check("gone offset 7m", "");
    check("gone @ 120", "gone{job=\"a\"} 3");
    check("gone @ 180", "");
    check("late[2m]", "late{job=\"a\"} 5@8 6@9 7@10");
    check("gone[8m]", "gone{job=\"a\"} 3@2");
    check("max_over_time(late[10m:2m])", "{job=\"a\"} 7");
    check("absent(gone{job=\"a\"})", "{job=\"a\"} 1");
}

#[test]
fn counters_grow_over_resets() {
    check("rate(requests{code=\"200\"}[5m])", "{code=\"200\",job=\"a\"} 1\n{code=\"200\",job=\"b\"} 0");
    check("increase(requests{code=\"500\"}[10m])", "{code=\"500\",job=\"a\"} 54");
    check("resets(requests{code=\"500\"}[10m])", "{code=\"500\",job=\"a\"} 1");
    check("delta(late[2m])", "{job=\"a\"} 2");
}

#[test]
fn aggregations_group_and_order() {
    check("sum by (job) (requests)", "{job=\"a\"} 630\n{job=\"b\"} 100");
    check("count without (code, job) (requests)", "3");
    check("topk(1, load)", "load{host=\"n2\"} 8");
    check("sort_desc(load)", "load{host=\"n2\"} 8\nload{host=\"n1\"} 4");
    check("quantile(0.5, load)", "6");
    check("count_values(\"load\", load)", "{load=\"4\"} 1\n{load=\"8\"} 1");
}

#[test]
fn operators_match_one_with_one_and_many_with_one() {
    check(
        "load * on (host) group_left (rack) node",
        "{host=\"n1\",rack=\"r1\"} 4\n{host=\"n2\",rack=\"r1\"} 8",
    );
    check("load > 5", "load{host=\"n2\"} 8");
    check("5 < bool load", "{host=\"n1\"} 0\n{host=\"n2\"} 1");
    check("-2 ^ 2", "-4");
    check("2 ^ 3 ^ 2", "512");
    check("7 % 4 - 1 == bool 2", "1");
    check("node unless on (host) load", "node{host=\"n10\",rack=\"r2\"} 1");
    check("sum(gone) or vector(0)", "0");
}

#[test]
fn functions_beyond_prometheus_2_answer() {
    check(
        "sort_by_label(node, \"host\")",
        "node{host=\"n1\",rack=\"r1\"} 1\nnode{host=\"n2\",rack=\"r1\"} 1\nnode{host=\"n10\",rack=\"r2\"} 1",
    );
    check(
        "sort_by_label_desc(node, \"rack\", \"host\")",
        "node{host=\"n10\",rack=\"r2\"} 1\nnode{host=\"n2\",rack=\"r1\"} 1\nnode{host=\"n1\",rack=\"r1\"} 1",
    );
    check("mad_over_time(late[2m])", "{job=\"a\"} 1");
    check("first_over_time(late[2m])", "late{job=\"a\"} 5");
    check("double_exponential_smoothing(late[2m], 0.5, 0.5)", "{job=\"a\"} 7");
    check("{\"load\", host=\"n1\"}", "load{host=\"n1\"} 4");
    check("sum(rate(requests[300]))", "1.1");
}

#[test]
fn labels_times_and_histograms() {
    check(
        "label_replace(load, \"n\", \"$1\", \"host\", \"n(.*)\")",
        "load{host=\"n1\",n=\"1\"} 4\nload{host=\"n2\",n=\"2\"} 8",
    );
    check("histogram_quantile(0.75, bucket)", "1.5");
    check("timestamp(late)", "{job=\"a\"} 600");
    check("time()", "600");
    check("minute()", "10");
    check("\"text\"", "text");
}
