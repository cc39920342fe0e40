//! Queries: what they make of events, what is none, and that no text is too much.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;

/// Nine o'clock.
const START: i64 = 1_796_029_200_000;

fn events(messages: &[&str]) -> Vec<Event> {
    let event = |(number, message): (u64, &&str)| Event {
        timestamp: START + i64::try_from(number).unwrap() * 60_000,
        ingested_at: START,
        number,
        stream: 1,
        stream_name: Arc::from("web1"),
        log: Arc::from("123456789012:/shop"),
        message: Arc::from(*message),
    };
    (0..).zip(messages).map(event).collect()
}

fn outcome(query: &str, messages: &[&str]) -> Outcome {
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut run = query.run(None, START);
    for event in events(messages) {
        run.take(event).unwrap();
    }
    run.end().unwrap()
}

/// Rows as text: `a=1 b=2`.
fn rows(query: &str, messages: &[&str]) -> Vec<String> {
    let row = |row: Row| {
        let fields: Vec<String> = row.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        fields.join(" ")
    };
    outcome(query, messages).rows.into_iter().map(row).collect()
}

const JSON: &[&str] = &[
    r#"{"level": "info", "ms": 5, "user": {"name": "eve", "roles": ["a", "b"]}, "ok": true}"#,
    r#"{"level": "error", "ms": 12.5, "user": {"name": "bob"}, "ok": false, "code": "E7"}"#,
    r#"{"level": "info", "ms": 10, "user": {"name": "eve"}, "ok": true}"#,
    "plain text of host=web2 took 7 ms",
];

#[test]
fn fields_are_of_the_event_its_json_and_expressions() {
    assert_eq!(
        rows(
            "fields @timestamp, level, user.roles.1 as second, ms * 2 as twice | filter ispresent(level)",
            JSON
        ),
        [
            "@timestamp=2026-11-30 09:02:00.000 level=info twice=20",
            "@timestamp=2026-11-30 09:01:00.000 level=error twice=25",
            "@timestamp=2026-11-30 09:00:00.000 level=info second=b twice=10",
        ]
    );
    assert_eq!(
        rows("filter @message like 'plain'", JSON),
        ["@timestamp=2026-11-30 09:03:00.000 @message=plain text of host=web2 took 7 ms"]
    );
    assert_eq!(rows("fields @log, @logStream | limit 1", JSON), ["@log=123456789012:/shop @logStream=web1"]);
    assert_eq!(rows("fields strlen(level) | filter ms = 5", JSON), ["strlen(level)=4"]);
    assert_eq!(rows("fields `user.name` | display ok, code | filter ms > 12", JSON), ["ok=0 code=E7"]);
    let origin = outcome("fields ms | limit 1", JSON).rows[0].origin;
    assert_eq!(origin, Some((1, START + 180_000, 3)));
}

#[test]
fn filters_compare_match_and_combine() {
    for (filter, expect) in [
        ("level = 'info'", &["5", "10"][..]),
        ("level != \"info\"", &["12.5"]),
        ("level in [\"error\", \"fatal\"]", &["12.5"]),
        ("level not in [\"error\"] and ispresent(level)", &["5", "10"]),
        ("ms >= 10 and ms < 100", &["12.5", "10"]),
        ("@message like /\"ms\": 1[0-9]/", &["12.5", "10"]),
        ("@message =~ /\"eve\"/", &["5", "10"]),
        ("@message not like /\"eve\"/ and ms > 0", &["12.5"]),
        ("level like \"err\" or user.roles.0 = 'a'", &["5", "12.5"]),
        ("not (level = 'info') and ok = 0", &["12.5"]),
        ("ok = true and ms + 1 = 6", &["5"]),
        ("ok = 'false'", &["12.5"]),
        ("ms / 0 = 1", &[]),
        ("missing != 5", &[]),
        ("coalesce(code, 'none') = 'none' and ms < 7", &["5"]),
        ("strcontains(user.name, 'o') and toupper(level) = 'ERROR'", &["12.5"]),
        ("ms > 2 ^ 3 and ms % 5 = 0", &["10"]),
        ("isIpInSubnet('10.1.2.3', '10.1.0.0/16') and ms = 5", &["5"]),
        ("isIpInSubnet('10.2.2.3', '10.1.0.0/16') and ms = 5", &[]),
    ] {
        let found = rows(&format!("fields ms | filter {filter} | sort @timestamp asc"), JSON);
        let expect: Vec<String> = expect.iter().map(|ms| format!("ms={ms}")).collect();
        assert_eq!(found, expect, "{filter}");
    }
    let outcome = outcome("filter level = 'info' | limit 1", JSON);
    assert_eq!((outcome.rows.len(), outcome.matched, outcome.scanned), (1, 2, 4));
    assert_eq!(outcome.bytes, JSON.iter().map(|message| message.len() as u64).sum::<u64>());
}

#[test]
fn parse_takes_fields_out_of_texts() {
    for query in [
        "parse @message 'host=* took * ms' as host, took | display host, took | filter ispresent(host)",
        "parse @message /host=(?<host>\\S+) took (?<took>\\d+)/ | filter took = 7 | display host, took",
        "parse 'host=* took *' as host, rest | parse rest '* ms' as took | filter took > 6 | display host, took",
    ] {
        assert_eq!(rows(query, JSON), ["host=web2 took=7"], "{query}");
    }
    assert_eq!(
        rows("parse @message 'text of *' as rest | filter ispresent(rest) | fields rest", JSON),
        ["rest=host=web2 took 7 ms"]
    );
    assert_eq!(rows("parse user.name '*o*' as a, b | display a, b | filter b = 'b'", JSON), ["a=b b=b"]);
}

#[test]
fn stats_are_of_groups() {
    for (query, expect) in [
        ("stats count(*) as n by level", &["n=1", "level=error n=1", "level=info n=2"][..]),
        ("stats count() by level | filter level = 'info'", &["level=info count()=2"]),
        (
            "filter ispresent(ms) | stats sum(ms), avg(ms), min(ms), max(ms), count_distinct(user.name)",
            &["sum(ms)=27.5 avg(ms)=9.166666666666666 min(ms)=5 max(ms)=12.5 count_distinct(user.name)=2"],
        ),
        ("stats pct(ms, 50) as median, pct(ms, 100) as most", &["median=10 most=12.5"]),
        (
            "stats count(*) as n by bin(2m) as time",
            &["time=2026-11-30 09:00:00.000 n=2", "time=2026-11-30 09:02:00.000 n=2"],
        ),
        ("stats count(*) by bin(1h)", &["bin(1h)=2026-11-30 09:00:00.000 count(*)=4"]),
        (
            "stats sum(ms) / count(ms) as mean by user.name | sort mean desc | limit 1",
            &["user.name=bob mean=12.5"],
        ),
        ("stats latest(ms) as last, earliest(ms) as first by ok | filter ok", &["ok=1 last=10 first=5"]),
        ("stats sortsFirst(level) as a, sortsLast(level) as z", &["a=error z=info"]),
        ("stats count(*) as n by level | stats max(n) as most", &["most=2"]),
        ("stats count(level) as n, count(*) - count(level) as none", &["n=3 none=1"]),
        ("filter level = 'none' | stats count(*)", &[]),
        ("stats stddev(ms) as d by level | filter level = 'info'", &["level=info d=2.5"]),
    ] {
        assert_eq!(rows(query, JSON), expect, "{query}");
    }
}

#[test]
fn rows_are_sorted_limited_and_made_different() {
    for (query, expect) in [
        ("fields ms | filter ispresent(ms) | sort ms desc", &["ms=12.5", "ms=10", "ms=5"][..]),
        ("fields ms | filter ispresent(ms) | sort level, ms desc", &["ms=12.5", "ms=10", "ms=5"]),
        ("fields ms | sort ms desc | limit 1", &["ms=12.5"]),
        ("fields ms | limit 2 | filter ispresent(ms)", &["ms=10"]),
        ("fields level | filter ispresent(level) | dedup level", &["level=info", "level=error"]),
        (
            "fields level | dedup level, ms | limit 3 | filter ispresent(level)",
            &["level=info", "level=error"],
        ),
        ("fields ms | head 1", &[""]),
        ("FIELDS ms # what\n| FILTER level = 'error' # more", &["ms=12.5"]),
        ("| fields ms | limit 2 | sort @timestamp | limit 1", &["ms=10"]),
    ] {
        assert_eq!(rows(query, JSON), expect, "{query}");
    }
}

#[test]
fn what_is_no_query_is_told_with_its_place() {
    for (query, expect) in [
        ("test", "unexpected symbol found test at line 1 and position 1"),
        ("", "unexpected symbol found <EOF> at line 1 and position 1"),
        ("fields @message | count()", "unexpected symbol found count at line 1 and position 19"),
        ("fields @message\n| filter", "unexpected symbol found <EOF> at line 2 and position 9"),
        ("filter @message like /x/i", "unexpected symbol found i at line 1 and position 25"),
        ("filter count(*) > 1", "unexpected symbol found count at line 1 and position 8"),
        ("stats max(min(a))", "unexpected symbol found min at line 1 and position 11"),
        ("stats a by b", "unexpected symbol found by at line 1 and position 9"),
        ("limit 0", "unexpected symbol found 0 at line 1 and position 7"),
        ("limit 10001", "unexpected symbol found 10001 at line 1 and position 7"),
        ("fields nothing(a)", "unexpected symbol found nothing at line 1 and position 8"),
        ("parse @message '*' as a, b", "unexpected symbol found '*' at line 1 and position 16"),
        ("parse @message /(x)/", "unexpected symbol found / at line 1 and position 16"),
        ("filter a = 'open", "unexpected symbol found 'open at line 1 and position 12"),
        ("filter a in []", "unexpected symbol found ] at line 1 and position 14"),
        ("fields a; fields b", "unexpected symbol found ; at line 1 and position 9"),
        ("fields strlen(a, b)", "unexpected symbol found strlen at line 1 and position 8"),
    ] {
        assert_eq!(Query::parse(query).unwrap_err().message, expect, "{query}");
    }
    let error = Query::parse("fields \u{e9}, !").unwrap_err();
    assert_eq!((error.start, error.end), (10, 11));
    for deep in [
        format!("filter {}a", "(".repeat(1_000)),
        format!("filter {}a", "not ".repeat(1_000)),
        format!("filter {}a = 1", "-".repeat(1_000)),
        format!("filter {}", vec!["a"; 1_000].join(" ^ ")),
        format!("filter {}", vec!["a"; 1_000].join(" + ")),
        format!("fields {}a", "abs(".repeat(1_000)),
        format!("filter a like /{}/", "(x{100}){100}".repeat(10)),
        "a".repeat(QUERY_MAX + 1),
    ] {
        assert!(Query::parse(&deep).is_err(), "{deep:.40}");
    }
}

#[test]
fn a_run_keeps_no_more_than_it_may() {
    // Q-2
    let query = Query::parse("fields @message | sort @message asc").unwrap();
    let mut run = query.run(Some(3), START);
    for number in 0..50_000_u64 {
        let mut event = events(&["x"]).remove(0);
        (event.number, event.message) = (number, Arc::from(format!("{:05}", (number * 7_919) % 50_000)));
        run.take(event).unwrap();
    }
    let outcome = run.end().unwrap();
    let told: Vec<&str> = outcome.rows.iter().map(|row| row.fields[0].1.as_str()).collect();
    assert_eq!(told, ["00000", "00001", "00002"]);

    let large: Arc<str> = Arc::from("x".repeat(900_000));
    for (query, is_refused) in [
        ("fields @message", false),
        ("stats count_distinct(concat(@message, @ingestionTime)) by x", true),
        ("stats count(*) by @message", true),
        ("dedup @message | filter x = 1", true),
    ] {
        let query = Query::parse(query).unwrap();
        let mut run = query.run(None, START);
        let mut is_over = false;
        for number in 0..200 {
            let mut event = events(&["x"]).remove(0);
            (event.ingested_at, event.number) = (i64::try_from(number).unwrap(), number);
            event.message = Arc::from(format!("{number}{}", &large[..large.len() - 10]));
            is_over |= run.take(event).is_err();
            if is_over {
                break;
            }
        }
        assert_eq!(is_over, is_refused, "{query:?}");
        if !is_over {
            assert!(run.end().unwrap().rows.len() < 80);
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_too_much(
        query in "(fields |filter |stats |parse |sort |dedup |\\| |[a-z@.]{1,4}|[(),/\"'*=<>+^#!~ -]|[0-9]{1,3}m?|count\\(\\*\\)|like |by |as |not |in \\[|\\]){0,20}",
        message in ".{0,40}",
    ) {
        if let Ok(query) = Query::parse(&query) {
            let mut run = query.run(None, START);
            for event in events(&[&message, r#"{"a": [1, {"b": "x"}], "ms": 5}"#, ""]) {
                run.take(event).unwrap();
            }
            prop_assert!(run.end().unwrap().rows.len() <= 3);
        }
    }

    #[test]
    fn sorting_is_that_of_all_rows(values in prop::collection::vec(-100_i32..100, 0..40), limit in 1_usize..10) {
        let messages: Vec<String> = values.iter().map(|value| format!("{{\"v\": {value}}}")).collect();
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let mut expect = values.clone();
        expect.sort_unstable();
        expect.truncate(limit);
        let expect: Vec<String> = expect.iter().map(|value| format!("v={value}")).collect();
        prop_assert_eq!(rows(&format!("fields v | sort v asc | limit {limit}"), &messages), expect);
    }
}
