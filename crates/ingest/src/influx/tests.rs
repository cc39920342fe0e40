//! Lines as Telegraf writes them, and those that it would not.

use super::*;
use crate::intake::{Samples, Told};
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000_123;

fn told(body: &str) -> (Vec<Samples>, Lines) {
    let mut told = Told::default();
    let lines = decode(body.as_bytes(), Precision::Nanoseconds, NOW, &mut told).unwrap();
    (told.0, lines)
}

fn one(line: &str) -> (String, i64, f64) {
    let (told, lines) = told(line);
    assert_eq!((told.len(), lines.wrong), (1, 0), "{line}: {lines:?}");
    (told[0].0.clone(), told[0].1[0].0, told[0].1[0].1)
}

#[test]
fn fields_become_series_and_tags_their_labels() {
    let (told, lines) = told(
        "cpu,host=web-1,cpu=cpu0 usage_idle=98.5,usage_user=1i,up=true 1700000000000000000\n\
         # a comment with \"one quote\n\
         \n\
         disk,path=/ free=18446744073709551615u,label=\"a, b=c \\\" \n d\",ok=F 1700000001999999999\r\n",
    );
    let expect = [
        ("cpu_usage_idle{cpu=cpu0,host=web-1}", 1_700_000_000_000, 98.5),
        ("cpu_usage_user{cpu=cpu0,host=web-1}", 1_700_000_000_000, 1.0),
        ("cpu_up{cpu=cpu0,host=web-1}", 1_700_000_000_000, 1.0),
        ("disk_free{path=/}", 1_700_000_001_999, 18_446_744_073_709_551_615.0),
        ("disk_ok{path=/}", 1_700_000_001_999, 0.0),
    ];
    let expect: Vec<_> = expect.map(|(name, time, value)| (name.to_owned(), vec![(time, value)])).into();
    assert_eq!(told, expect);
    assert_eq!((lines.strings, lines.wrong, lines.outcome.samples), (1, 0, 5));
}

#[test]
fn escapes_are_resolved_and_names_made_plain() {
    assert_eq!(one(r"my\ cpu,a\=b\,c=d\ e\=f\,g\h va\ lue=1").0, r"my_cpu_va_lue{a_b_c=d e=f,g\h}");
    assert_eq!(one("9a.b-c,größe=groß x:y=1").0, "_9a_b_c_x:y{gr__e=groß}");
}

#[test]
fn times_are_of_the_precision_or_now() {
    for (precision, time, expect) in [
        ("ns", 1_700_000_000_999_999_999, 1_700_000_000_999),
        ("ns", -1, -1),
        ("u", 1_700_000_000_000_001, 1_700_000_000_000),
        ("ms", 1_700_000_000_001, 1_700_000_000_001),
        ("s", 1_700_000_000, 1_700_000_000_000),
        ("m", 2, 120_000),
        ("h", i64::MAX, i64::MAX),
    ] {
        let precision = Precision::named(precision).unwrap();
        let mut told = Told::default();
        decode(format!("a b=1 {time}").as_bytes(), precision, NOW, &mut told).unwrap();
        assert_eq!(told.0[0].1[0].0, expect, "{time} {precision:?}");
    }
    assert_eq!(one("a b=1").1, NOW);
    assert_eq!(one("a b=1 ").1, NOW);
    assert_eq!(Precision::named("d"), None);
}

#[test]
fn wrong_lines_are_named_and_lose_no_other() {
    for (wrong, reason) in [
        ("a", "it has no fields"),
        (",x=y b=1", "it has no measurement"),
        ("a,x b=1", "a tag is not NAME=VALUE"),
        ("a,=x b=1", "a tag is not NAME=VALUE"),
        ("a b", "a field is not NAME=VALUE"),
        ("a b=1,", "a field is not NAME=VALUE"),
        ("a b=", "a field's value is no number, truth or string"),
        ("a b=x", "a field's value is no number, truth or string"),
        ("a b=nan", "a field's value is no number, truth or string"),
        ("a b=inf", "a field's value is no number, truth or string"),
        ("a b=1e999", "a field's value is no number, truth or string"),
        ("a b=1.5i", "a field's value is no number, truth or string"),
        ("a b=1 soon", "its time is not a whole number"),
        ("a b=\"x\"y", "its time is not a whole number"),
        ("a b=\"never ends", "a string does not end"),
    ] {
        let (told, lines) = told(&format!("before x=1\n{wrong}\nafter x=1"));
        let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["before_x{}", "after_x{}"], "{wrong}");
        assert_eq!(lines.descriptions, [format!("line 2: {reason}")], "{wrong}");
    }
}

#[test]
fn numbers_of_lines_count_the_feeds_within_strings() {
    let (_, lines) = told("a b=1,c=\"x\ny\"\nwrong\n");
    assert_eq!(lines.descriptions, ["line 3: it has no fields"]);
}

#[test]
fn no_utf8_is_wrong_in_its_line_only_and_descriptions_are_bounded() {
    let mut told = Told::default();
    let lines = decode(b"a\xff b=1\na b=1\n", Precision::Nanoseconds, NOW, &mut told).unwrap();
    assert_eq!(lines.descriptions, ["line 1: it is not UTF-8"]);
    assert_eq!(told.0.len(), 1);
    let lines = decode(&b"x\n".repeat(1_000), Precision::Nanoseconds, NOW, &mut told).unwrap();
    assert_eq!((lines.wrong, lines.descriptions.len()), (1_000, DESCRIBED_MAX));
}

#[test]
fn tags_that_become_the_same_name_are_left_out_with_a_reason() {
    let (told, lines) = told("a,x.y=1,x-y=2 b=1\nc d=1");
    assert_eq!(told.len(), 1);
    assert_eq!(lines.outcome.left_out, 1);
    assert!(lines.outcome.reason.unwrap().contains("a label twice"));
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        if matches!(character, ',' | '=' | ' ' | '\\') {
            out.push('\\');
        }
        out.push(character);
        out
    })
}

proptest! {
    #[test]
    fn any_tag_and_value_come_back(
        value in "[^\\pC]{1,20}",
        number in -1e12..1e12,
        time in any::<i64>(),
        string in "[^\"\\\\]{0,20}",
    ) {
        let body = format!("m,tag={} f={number:?},s=\"{string}\" {time}\nn x=1", escaped(&value));
        let (told, lines) = told(&body);
        prop_assert_eq!(lines.wrong, 0, "{:?}", lines);
        prop_assert_eq!(told.len(), 2);
        prop_assert_eq!(&told[0].0, &format!("m_f{{tag={value}}}"));
        prop_assert_eq!(&told[0].1, &[(time.div_euclid(1_000_000), number)]);
    }

    #[test]
    fn any_text_is_read_without_panic(body in "[a-c,= \\\\\"\n0-9#ié]{0,120}") {
        let (told, lines) = told(&body);
        prop_assert_eq!(told.len() as u64, lines.outcome.samples);
    }

    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = decode(&body, Precision::Seconds, NOW, &mut Told::default());
    }
}
