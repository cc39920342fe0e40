//! A table of what Prometheus documents of each action.

use super::*;
use proptest::prelude::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn rule(action: Action, change: impl FnOnce(&mut RuleText)) -> RuleText {
    let mut text = RuleText { action, ..RuleText::default() };
    change(&mut text);
    text
}

fn sources(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_action_does_what_prometheus_documents() {
    type Expect = Option<&'static [(&'static str, &'static str)]>;
    const START: [(&str, &str); 3] = [("a", "foo"), ("b", "bar"), ("c", "Baz")];
    let table: Vec<(&str, RuleText, Expect)> = vec![
        (
            "replace joins with the separator and sets groups",
            rule(Action::Replace, |text| {
                text.source_labels = sources(&["a", "b"]);
                text.regex = "f(.*);(.*)r".into();
                text.target_label = "d".into();
                text.replacement = "ch${1}-$2".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("d", "choo-ba")]),
        ),
        (
            "replace needs the whole value",
            rule(Action::Replace, |text| {
                text.source_labels = sources(&["a"]);
                text.regex = "fo".into();
                text.target_label = "d".into();
                text.replacement = "x".into();
            }),
            Some(&START),
        ),
        (
            "replace with nothing removes",
            rule(Action::Replace, |text| {
                text.source_labels = sources(&["a"]);
                text.regex = "foo".into();
                text.target_label = "b".into();
                text.replacement = String::new();
            }),
            Some(&[("a", "foo"), ("c", "Baz")]),
        ),
        (
            "replace without sources sets a constant",
            rule(Action::Replace, |text| {
                text.target_label = "zone".into();
                text.replacement = "z1".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("zone", "z1")]),
        ),
        (
            "the target label may have groups, and one that is no name is left out",
            rule(Action::Replace, |text| {
                text.source_labels = sources(&["a"]);
                text.regex = "(f)(.*)".into();
                text.target_label = "${2}_x".into();
                text.replacement = "$1".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("oo_x", "f")]),
        ),
        (
            "a name that begins with a digit is none",
            rule(Action::Replace, |text| {
                text.source_labels = sources(&["a"]);
                text.target_label = "1$1".into();
            }),
            Some(&START),
        ),
        (
            "$1x is the group of that name, which is empty; $$ is a dollar",
            rule(Action::Replace, |text| {
                text.source_labels = sources(&["a"]);
                text.target_label = "d".into();
                text.replacement = "$$-$1x-".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("d", "$--")]),
        ),
        (
            "keep keeps what matches",
            rule(Action::Keep, |text| {
                text.source_labels = sources(&["a", "missing"]);
                text.regex = "foo;".into();
            }),
            Some(&START),
        ),
        (
            "keep drops the rest",
            rule(Action::Keep, |text| {
                text.source_labels = sources(&["a"]);
                text.regex = "oo".into();
            }),
            None,
        ),
        (
            "drop drops what matches",
            rule(Action::Drop, |text| {
                text.source_labels = sources(&["a"]);
                text.regex = ".*o.*".into();
            }),
            None,
        ),
        (
            "drop keeps the rest",
            rule(Action::Drop, |text| {
                text.source_labels = sources(&["a"]);
                text.regex = "f".into();
            }),
            Some(&START),
        ),
        (
            "keepequal drops what differs",
            rule(Action::KeepEqual, |text| {
                text.source_labels = sources(&["a"]);
                text.target_label = "b".into();
            }),
            None,
        ),
        (
            "dropequal keeps what differs",
            rule(Action::DropEqual, |text| {
                text.source_labels = sources(&["a"]);
                text.target_label = "b".into();
            }),
            Some(&START),
        ),
        (
            "labelmap copies",
            rule(Action::LabelMap, |text| {
                text.regex = "([ab])".into();
                text.replacement = "meta_$1".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("meta_a", "foo"), ("meta_b", "bar")]),
        ),
        (
            "labeldrop removes by name",
            rule(Action::LabelDrop, |text| text.regex = "a|b".into()),
            Some(&[("c", "Baz")]),
        ),
        (
            "labelkeep removes the others",
            rule(Action::LabelKeep, |text| text.regex = "a|b".into()),
            Some(&[("a", "foo"), ("b", "bar")]),
        ),
        (
            "lowercase",
            rule(Action::Lowercase, |text| {
                text.source_labels = sources(&["c"]);
                text.target_label = "c".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "baz")]),
        ),
        (
            "uppercase",
            rule(Action::Uppercase, |text| {
                text.source_labels = sources(&["a", "c"]);
                text.target_label = "d".into();
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("d", "FOO;BAZ")]),
        ),
        (
            // The MD5 of "bar" ends with 5b56f6524f2d51f2, as Python has it, which is 922 modulo 1000.
            "hashmod",
            rule(Action::HashMod, |text| {
                text.source_labels = sources(&["b"]);
                text.target_label = "d".into();
                text.modulus = 1_000;
            }),
            Some(&[("a", "foo"), ("b", "bar"), ("c", "Baz"), ("d", "922")]),
        ),
    ];
    for (what, text, expect) in table {
        let rule = Rule::try_from(text).unwrap();
        let mut set = labels(&START);
        let kept = apply(std::slice::from_ref(&rule), &mut set);
        assert_eq!(kept.then_some(set), expect.map(labels), "{what}");
    }
}

#[test]
fn equal_values_are_kept_or_dropped() {
    let two = [("x", "same"), ("y", "same")];
    for (action, expect) in [(Action::KeepEqual, true), (Action::DropEqual, false)] {
        let text = rule(action, |text| {
            text.source_labels = sources(&["x"]);
            text.target_label = "y".into();
        });
        assert_eq!(Rule::try_from(text).unwrap().apply(&mut labels(&two)), expect, "{action}");
    }
}

#[test]
fn later_rules_see_what_earlier_ones_made_and_a_drop_ends_it() {
    let first = rule(Action::Replace, |text| {
        text.source_labels = sources(&["a"]);
        text.target_label = "tmp".into();
    });
    let second = rule(Action::Drop, |text| {
        text.source_labels = sources(&["tmp"]);
        text.regex = "x".into();
    });
    let rules: Vec<Rule> = [first, second].into_iter().map(|text| Rule::try_from(text).unwrap()).collect();
    assert!(!apply(&rules, &mut labels(&[("a", "x")])));
    assert!(apply(&rules, &mut labels(&[("a", "y")])));
}

#[test]
fn rules_that_cannot_be_are_refused() {
    let wrong: Vec<(RuleText, &str)> = vec![
        (rule(Action::Replace, |_| ()), "target_label is missing"),
        (rule(Action::Replace, |text| text.target_label = "a-b".into()), "no name of a label"),
        (rule(Action::HashMod, |text| text.target_label = "a".into()), "modulus is missing"),
        (rule(Action::Lowercase, |_| ()), "no name of a label"),
        (rule(Action::LabelDrop, |text| text.source_labels = sources(&["a"])), "nothing else"),
        (rule(Action::LabelMap, |text| text.replacement = "a-$1".into()), "makes no name"),
        (
            rule(Action::KeepEqual, |text| {
                text.target_label = "a".into();
                text.regex = "b".into();
            }),
            "nothing else",
        ),
        (rule(Action::Keep, |text| text.regex = "(".into()), "unclosed group"),
    ];
    for (text, expect) in wrong {
        let error = Rule::try_from(text).unwrap_err().to_string();
        assert!(error.contains(expect), "{error:?} does not say {expect:?}");
    }
}

proptest! {
    #[test]
    fn labels_stay_named_and_not_empty(
        values in prop::collection::vec("[a-c:0-9]{0,4}", 3),
        target in "[a-z$1{}]{1,6}",
        replacement in "[a-z$1{}]{0,6}",
    ) {
        let text = rule(Action::Replace, |text| {
            text.source_labels = sources(&["a", "b"]);
            text.regex = "(.*);(.*)".into();
            text.target_label = target;
            text.replacement = replacement;
        });
        let mut set: Labels = ["a", "b", "c"].iter().zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| ((*name).to_owned(), value)).collect();
        if let Ok(rule) = Rule::try_from(text) {
            rule.apply(&mut set);
            prop_assert!(set.iter().all(|(name, value)| is_label_name(name) && !value.is_empty()));
        }
    }
}
