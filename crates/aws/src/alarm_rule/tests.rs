//! Rules of composite alarms: what they say, and what is none.

use super::*;
use proptest::prelude::*;

/// Whether a rule holds while `a` and `b` are in ALARM, `c` has no data and everything else is OK.
fn holds(rule: &str) -> bool {
    Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}")).holds(&|name| match name {
        "a" | "b" | "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x:y" | "too (high), yes" => State::Alarm,
        "c" => State::InsufficientData,
        _ => State::Ok,
    })
}

#[test]
fn rules_hold_by_the_states_of_their_alarms() {
    for (rule, expected) in [
        ("ALARM(a)", true),
        ("ALARM(d)", false),
        (" ALARM ( a ) ", true),
        ("OK(d) AND INSUFFICIENT_DATA(c)", true),
        ("NOT ALARM(a)", false),
        ("NOT NOT ALARM(a)", true),
        ("NOT ALARM(a) OR ALARM(b)", true),
        // AND binds more than OR.
        ("ALARM(a) OR ALARM(d) AND ALARM(d)", true),
        ("(ALARM(a) OR ALARM(d)) AND ALARM(d)", false),
        ("TRUE AND (FALSE OR (ALARM(a)))", true),
        ("FALSE", false),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:x:y)", true),
        ("ALARM(\"too (high), yes\")", true),
        ("ALARM('a')", true),
        ("AT_LEAST(2, ALARM, (a, b, d))", true),
        ("AT_LEAST(3, ALARM, (a, b, d))", false),
        ("AT_LEAST(50%, ALARM, (a, b, c, d))", true),
        ("AT_LEAST(51%, ALARM, (a, b, c, d))", false),
        ("AT_LEAST(1, NOT OK, (c, d))", true),
        ("AT_LEAST(2, NOT OK, (c, d))", false),
    ] {
        assert_eq!(holds(rule), expected, "{rule}");
    }
    let rule = Rule::parse("ALARM(b) OR AT_LEAST(1, OK, (c, a)) OR NOT OK(\"a\")").unwrap();
    assert_eq!(rule.children().into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn what_is_no_rule_is_refused_at_its_place() {
    for (rule, message) in [
        ("", "NOT, TRUE, FALSE, AT_LEAST, a state or ( is expected at position 0"),
        ("ALARM(a) ALARM(b)", "AND, OR or the end is expected at position 9"),
        ("ALARM(a) AND", "NOT, TRUE, FALSE, AT_LEAST, a state or ( is expected at position 12"),
        ("ALARM a", "( is expected at position 6"),
        ("ALARM(a", ") is expected at position 7"),
        ("ALARM()", "the name of an alarm is expected at position 6"),
        ("ALARM(\"a)", "the quote is not closed at position 6"),
        ("alarm(a)", "NOT, TRUE, FALSE, AT_LEAST, a state or ( is expected at position 0"),
        ("AT_LEAST(0, ALARM, (a))", "a number of alarms is expected at position 9"),
        ("AT_LEAST(101%, ALARM, (a))", "a share of at most 100% is expected at position 13"),
        ("AT_LEAST(2, ALARM, (a))", "fewer alarms are named than are asked for at position 23"),
        ("AT_LEAST(1, HIGH, (a))", "a state is expected at position 12"),
    ] {
        assert_eq!(Rule::parse(rule).unwrap_err().to_string(), message, "{rule}");
    }
}

#[test]
fn rules_are_bounded() {
    let reason = |rule: &str| Rule::parse(rule).unwrap_err().reason;
    assert_eq!(reason(&"(".repeat(10_000)), "the rule is nested deeper than 64");
    assert_eq!(reason(&"NOT ".repeat(2_000)), "the rule is nested deeper than 64");
    assert_eq!(reason(&" ".repeat(10_241)), "the rule is longer than 10240 characters");
    let many = |n: usize| (0..n).map(|i| format!("OK({i})")).collect::<Vec<_>>().join(" OR ");
    assert!(Rule::parse(&many(100)).is_ok());
    assert_eq!(reason(&many(101)), "the rule names more than 100 alarms");
    assert_eq!(reason(&vec!["TRUE"; 251].join(" OR ")), "the rule has more than 500 parts");
    assert!(Rule::parse(&vec!["TRUE"; 250].join(" OR ")).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_a_rule_panic(text in "((ALARM|OK|AT_LEAST|NOT|AND|OR|TRUE)?[ (),%a1\"'\\\\ä]{0,3}){0,12}") {
        if let Ok(rule) = Rule::parse(&text) {
            let _ = rule.holds(&|_| State::Alarm);
        }
    }
}
