//! What cannot be read or answered is refused with its place and a way out.

use super::source::{MINUTE, written};
use crate::budget::Budget;
use crate::promql::{Options, parse};

#[test]
fn parse_refuses_with_place_and_hint() {
    let cases = [
        ("", "1:1: the expression is empty: name a metric"),
        (
            "rate(up)",
            "1:6: rate takes a range vector, and this is an instant vector: add a range: metric[5m]",
        ),
        ("ratee(up[5m])", "1:1: there is no function \"ratee\": did you mean \"rate\""),
        (
            "sum(\n  up[5m])",
            "2:3: sum takes an instant vector, and this is a range vector: apply a function such as rate, or leave the range out",
        ),
        ("up{job=api}", "1:8: found \"api\" where a text should stand: put the value between quotes"),
        ("up[5x]", "1:4: \"5x\" is neither a number nor a duration"),
        (
            "up offset Inf",
            "1:11: found \"Inf\" where a duration should stand: write a number and a unit, as in 5m",
        ),
        (
            "up[1e300]",
            "1:4: found 1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 where a duration should stand: write a number and a unit, as in 5m",
        ),
        (
            "histogram_count(up)",
            "1:1: histogram_count reads native histograms, which are not kept: use histogram_quantile with buckets, or the series ending in _sum and _count",
        ),
        (
            "up * group_left () up",
            "1:6: found \"group_left\" where on(…) or ignoring(…) should stand: say first which labels match",
        ),
        (
            "{a=~\".*\"}",
            "1:1: the selector means every series there is: name a metric, or match a label with a value that is not empty",
        ),
        ("1 > 2", "1:3: two scalars are compared: write bool behind the operator"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn parse_never_panics_and_is_bounded() {
    // Q-1, P-1
    let deep = |open: &str, close: &str| format!("{}up{}", open.repeat(20_000), close.repeat(20_000));
    for text in [
        deep("(", ")"),
        deep("-", ""),
        deep("abs(", ")"),
        deep("", " + up"),
        deep("", "[1m:1m]"),
        "up ".repeat(30_000),
    ] {
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.len() < 300, "{error}");
    }
    let words = [
        "up",
        "rate",
        "sum",
        "by",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "5m",
        "1e300",
        "Inf",
        "NaN",
        "offset",
        "@",
        "-",
        "+",
        "^",
        "==",
        "bool",
        "on",
        "group_left",
        "\"a\"",
        "'",
        ":",
        ",",
        "=~",
        "and",
        "label_replace",
        "ä",
        "\\",
        "start()",
        "0x",
        "time()",
        "le",
        "#",
        "\n",
        "topk",
        "count_values",
        "without",
        "=",
        "!~",
    ];
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let source = written("up{a=\"b\"} 1x10");
    for _ in 0..20_000 {
        let text: String = (0..random.usize(1..12)).map(|_| words[random.usize(..words.len())]).collect();
        if let Ok(query) = parse(&text) {
            let _ = query.range(&source, 0, 10 * MINUTE, MINUTE, &Options::default(), &Budget::unlimited());
        }
    }
}

#[test]
fn evaluation_says_which_labels_do_not_fit() {
    let source = written("a{x=\"1\",y=\"1\"} 1x10\na{x=\"1\",y=\"2\"} 1x10\nb{x=\"1\",y=\"1\"} 1x10");
    let cases = [
        ("a + on (x) b", "several series on the left side match {x=\"1\"}"),
        ("b + on (x) a", "several series on the right side match {x=\"1\"}"),
        ("label_replace(a, \"y\", \"\", \"\", \"\")", "the same labels a{x=\"1\"}"),
        ("rate({x=\"1\",y=\"1\"}[5m])", "the same labels {x=\"1\",y=\"1\"}"),
        ("topk(NaN, a)", "topk has NaN"),
        ("holt_winters(a[5m], 2, 0.5)", "holt_winters has a smoothing factor of 2"),
    ];
    for (text, expected) in cases {
        let query = parse(text).unwrap();
        let error =
            query.instant(&source, 10 * MINUTE, &Options::default(), &Budget::unlimited()).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}
