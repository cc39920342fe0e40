//! Rules as code: what is read, and what is said of what is wrong.

use super::text::{read, write};
use super::*;
use crate::filter::fields::objects;
use crate::filter::{FieldValue, Row};

const GOOD: &str = r#"
[[rule]]
name = "filesystem-full"
severity = "major"
when.threshold = { query = "host_filesystem_used_pct", compare = ">", value = 90, clear = 85.5 }
for = "5m"
keep_firing_for = "1m30s"
scope = "os=linux,aix -label=lab"
within = "acme/main"
message = "{name}: {label.mount} is {value} % full"
advice = "Remove what is old, or give it more space."
labels = { team = "storage" }

[[rule]]
name = "latency"
severity = "warning"
when.datapoints = { query = "latency", compare = ">=", value = 0.5, period = "1m", datapoints = 2, of = 3, missing = "notBreaching" }
message = "slow"

[[rule]]
name = "switch-disconnected"
severity = "critical"
when.service = { status = ["MALFUNCTION"], codes = ["DISCONN*"] }
message = "{object}: {codes}"
outage = true
enabled = false
"#;

#[test]
fn rules_are_read_and_written_as_toml_and_json() {
    // R-2
    let rules = read(GOOD).unwrap();
    assert_eq!(rules.len(), 3);
    let [full, latency, switch] = &rules[..] else { panic!() };
    assert_eq!((full.hold, full.keep_firing_for), (Span::from_secs(300), Span::from_secs(90)));
    assert!(
        matches!(&full.when, Condition::Threshold { clear: Some(clear), .. } if *clear == Number::new(85.5).unwrap())
    );
    assert!(matches!(latency.when, Condition::Datapoints { missing: MissingData::NotBreaching, .. }));
    assert!(switch.is_outage() && !switch.enabled && full.enabled && !full.is_outage());
    assert!(
        full.reaches(&"acme/main/db".parse().unwrap()) && !full.reaches(&"acme/east/db".parse().unwrap())
    );
    assert_eq!(read(&write(&rules).unwrap()).unwrap(), rules);
    let json = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Rule>>(&json).unwrap(), rules);
}

struct Server(&'static str, &'static str);

impl Row for Server {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            objects::OS => each(FieldValue::Text(self.0)),
            objects::LABEL => each(FieldValue::Text(self.1)),
            _ => {}
        }
    }
}

#[test]
fn scope_takes_what_its_filter_takes() {
    let scope = &read(GOOD).unwrap()[0].scope;
    assert!(scope.matches(&Server("aix", "prod")));
    assert!(!scope.matches(&Server("aix", "lab")) && !scope.matches(&Server("windows", "prod")));
    assert!(Scope::default().matches(&Server("windows", "lab")));
}

#[test]
fn what_is_wrong_has_its_place_and_says_what_to_do() {
    // R-1
    let check = |from: &str, to: &str, line: usize, part: &str| {
        assert!(GOOD.contains(from), "{from}");
        let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(part), "{to}: {text}");
        assert_eq!(error.line, line, "{to}: {text}");
    };
    check("[[rule]]\nname", "[[rules]]\nname", 2, "unknown field `rules`, expected `rule`");
    check("severity = \"major\"", "sevrity = \"major\"", 4, "unknown field `sevrity`, expected one of");
    check("severity = \"major\"", "severity = \"high\"", 4, "expected one of `info`, `warning`");
    check("severity = \"major\"", "", 2, "missing field `severity`");
    check("\"5m\"", "\"5 minutes\"", 6, "write for example \"90s\"");
    check("\"5m\"", "\"8d\"", 6, "8d is too long; give at most 7d");
    check("os=linux", "osx=linux", 8, "osx");
    check("acme/main", "acme//main", 9, "a name is empty");
    check("{name}:", "{nmae}:", 10, "there is no placeholder {nmae}");
    check("value = 90", "value = nan", 5, "must be finite");
    check("clear = 85.5", "clear = 95", 5, "clear = 95 is beyond value = 90");
    check("compare = \">\"", "compare = \"=\"", 5, "expected one of `>`");
    check("query = \"host_filesystem_used_pct\", ", "", 5, "missing field `query`");
    check("datapoints = 2, of = 3", "datapoints = 4, of = 3", 17, "give 1 to 3");
    check("datapoints = 2, of = 3", "datapoints = 2, of = 0", 17, "give 1 to 1440");
    check("period = \"1m\"", "period = \"0s\"", 17, "give 1s to 1d");
    check("message = \"slow\"", "message = \"slow\"\nfor = \"5m\"", 19, "remove it");
    check("\"MALFUNCTION\"", "", 23, "at least one word");
    check("\"latency\"", "\"filesystem-full\"", 15, "there are two rules \"filesystem-full\"");
    check("\"latency\"", "\"a/b\"", 15, "letters, digits");
    check("team = \"storage\"", "\"a b\" = \"storage\"", 12, "label name");
    check("when.threshold", "when.treshold", 5, "unknown variant `treshold`, expected one of");
    check("value = 90,", "value = 90, valu = 1,", 5, "unexpected keys in table: valu, available keys");
    check("\"5m\"", "\"-5m\"", 6, "write for example \"90s\"");
    check("\"5m\"", "\"99999999999999999999d\"", 6, "write for example \"90s\"");
    check("\"5m\"", "300", 6, "expected a string");
    check("name = \"latency\"", "name = \"latency\"\nname = \"b\"", 16, "duplicate key");
    check("\"MALFUNCTION\"", &"\"MALFUNCTION\", ".repeat(33), 23, "lists 33 words; give at most 32");
    let ends = "when.certificate = { ends_within = \"401d\" }";
    check(
        "when.service = { status = [\"MALFUNCTION\"], codes = [\"DISCONN*\"] }",
        ends,
        23,
        "give up to 400d",
    );
}

/// So many rules, each as short as one can be.
fn many(count: usize) -> String {
    let one = |number| {
        format!(
            "[[rule]]\nname=\"r{number}\"\nseverity=\"info\"\nmessage=\"x\"\nwhen.absent={{query=\"q\"}}\n"
        )
    };
    (0..count).map(one).collect()
}

#[test]
fn files_that_are_too_large_are_refused_before_they_are_read() {
    let large = many(100_000);
    let error = read(&large).unwrap_err().to_string();
    assert!(large.len() > 5 << 20 && error.contains("a file has at most 1 MiB"), "{error}");
    let error = read(&"#".repeat(10 << 20)).unwrap_err().to_string();
    assert!(error.contains("10485760 bytes are too many"), "{error}");
    assert_eq!(read(&many(text::RULES_MAX)).unwrap().len(), text::RULES_MAX);
    let error = read(&many(text::RULES_MAX + 1)).unwrap_err();
    assert_eq!(
        (error.line, error.message.contains("1001 rules are too many")),
        (5 * 1_000 + 2, true),
        "{error}"
    );
}

#[test]
fn what_is_quoted_of_a_file_is_short_and_has_no_control_characters() {
    let long = "x".repeat(100_000);
    for (from, to) in [("\"filesystem-full\"", long.as_str()), ("os=linux", &long), ("\"5m\"", &long)] {
        let to = if from == "os=linux" { to.to_owned() } else { format!("\"{to}\"") };
        let error = read(&GOOD.replacen(from, &to, 1)).unwrap_err();
        assert!(error.to_string().len() < 500, "{error}");
    }
    let error = read(&GOOD.replacen("outage", "\"out\\u001b[2Jage\"", 1)).unwrap_err().to_string();
    assert!(error.contains("unknown field") && !error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn no_text_panics_and_what_reads_is_written_and_read_again() {
    const WORDS: [&str; 9] = ["\"", "[[rule]]\n", "{", "}", "\n", "0", "when.", "nan", "\u{e9}"];
    // R-2; `fuzz/targets/rules_file.rs` does the same for longer.
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut read_well = 0;
    for _ in 0..3_000 {
        let mut text = GOOD.to_owned();
        for _ in 0..=random(2) {
            let from = text.floor_char_boundary(random(text.len()));
            let to = text.ceil_char_boundary((from + random(3)).min(text.len()));
            text.replace_range(from..to, WORDS[random(WORDS.len())]);
        }
        match read(&text) {
            Ok(rules) => {
                read_well += 1;
                assert_eq!(read(&write(&rules).unwrap()).unwrap(), rules, "{text}");
            }
            Err(error) => assert!(error.line > 0 && error.to_string().len() < 1_000, "{text}"),
        }
    }
    assert!((100..2_900).contains(&read_well), "{read_well} of them read well");
}

#[test]
fn file_of_deep_nesting_is_refused() {
    for deep in ["x = ".to_owned() + &"[".repeat(100_000), "a.".repeat(100_000) + "b = 1"] {
        assert!(read(&deep).is_err());
    }
}

#[test]
fn message_knows_its_rule_and_object_and_asks_for_the_rest() {
    let mut rule = read(GOOD).unwrap().remove(0);
    rule.message = Template::parse(
        "{severity} {rule} {object} {name} {server} {application} {value}>{threshold} {for} {label.mount}",
    )
    .unwrap();
    let text = rule.render(&"acme/main/db".parse().unwrap(), |name| (name == "value").then(|| "97".into()));
    assert_eq!(text, "major filesystem-full acme/main/db db db - 97>90 5m -");
}

#[test]
fn outage_follows_from_the_condition_unless_said() {
    let check = |when: &str, outage: bool| {
        let text = format!("[[rule]]\nname = \"x\"\nseverity = \"info\"\nwhen.{when}\nmessage = \"x\"");
        assert_eq!(read(&text).unwrap()[0].is_outage(), outage, "{when}");
    };
    check("server = { status = [\"DOWN\"] }", true);
    check("application = { status = [\"FAILED\", \"QUARANTINED\"] }", true);
    check("service = { status = [\"MALFUNCTION\"] }", false);
    check("restarts = { more_than = 3, within = \"1h\" }", false);
}
