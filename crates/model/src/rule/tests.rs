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
