//! Log rules over real files: counts, bounds, restarts, and state that is damaged or cannot be saved.

use super::*;
use crate::service::source_of;
use crate::unit::service::ServiceCheck;
use std::fs::OpenOptions;
use std::io::Write;

const RULES: &str = r#"
[[service.rule]]
pattern = 'svc=(?P<service>\w+) rc=(?P<code>\d\d) ms=(?P<latency>[\d.]+)'
error_codes = ["91"]
latency_unit = "ms"
[[service.rule]]
pattern = 'ERROR'
service = "Platform"
error = true
"#;

struct Fixture {
    directory: tempfile::TempDir,
    rules: Vec<LogRule>,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let table = format!("source = \"log\"\nfile = \"/var/log/x.log\"\n{RULES}");
        let ServiceCheck::Log { rules, .. } = source_of(&table).check else { panic!("not a log source") };
        Self { directory, rules }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn append(&self, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn open(&self) -> Follower {
        Follower::open(&self.path("log"), self.path("state.json")).unwrap()
    }

    fn poll(&self, follower: &mut Follower) -> Vec<ServiceObservation> {
        follower.poll(&self.rules).unwrap().services
    }
}

fn totals(services: &[ServiceObservation]) -> Vec<(&str, f64, f64)> {
    let total = |service: &ServiceObservation| {
        (service.figures.transactions_total.unwrap(), service.figures.errors_total.unwrap())
    };
    services.iter().map(|service| (service.name.as_str(), total(service).0, total(service).1)).collect()
}

#[test]
fn lines_are_counted_by_the_first_rule_that_matches() {
    let fixture = Fixture::new();
    fixture.append("svc=MC rc=00 ms=5 written before\n");
    let mut follower = fixture.open();
    assert_eq!(totals(&fixture.poll(&mut follower)), [("Platform", 0.0, 0.0)]);
    fixture.append("svc=MC rc=00 ms=10\nsvc=MC rc=91 ms=30\nnoise\nERROR x\nsvc=VISA rc=00 ms=1 ERROR\n");
    let services = fixture.poll(&mut follower);
    assert_eq!(totals(&services), [("MC", 2.0, 1.0), ("Platform", 1.0, 1.0), ("VISA", 1.0, 0.0)]);
    assert_eq!(services[0].figures.responses, [("00".to_owned(), 1.0), ("91".to_owned(), 1.0)]);
    assert_eq!(services[0].figures.latency_seconds[2], ("0.99".to_owned(), 0.03));
}

#[test]
fn restarted_agent_counts_every_line_once() {
    // L-1
    let fixture = Fixture::new();
    fixture.append("");
    drop(fixture.open());
    fixture.append("svc=MC rc=00 ms=1\n");
    let mut follower = fixture.open();
    assert_eq!(totals(&fixture.poll(&mut follower))[0], ("MC", 1.0, 0.0));
    drop(follower);
    fixture.append("svc=MC rc=00 ms=1\n");
    let mut follower = fixture.open();
    assert_eq!(totals(&fixture.poll(&mut follower))[0], ("MC", 2.0, 0.0));
    assert_eq!(totals(&fixture.poll(&mut follower))[0], ("MC", 2.0, 0.0));
}

#[test]
fn services_and_codes_beyond_the_bounds_are_not_kept() {
    // L-2
    let fixture = Fixture::new();
    let mut follower = fixture.open();
    let lines: Vec<String> = (0..1_000).map(|number| format!("svc=S{number} rc=00 ms=1\n")).collect();
    fixture.append(&lines.concat());
    assert!(fixture.poll(&mut follower).len() <= SERVICES_MAX);
    assert!(follower.counts.lost_lines >= 1_000 - SERVICES_MAX as u64);
}

#[test]
fn damaged_state_is_an_error_that_says_what_to_do() {
    let fixture = Fixture::new();
    std::fs::write(fixture.path("state.json"), "{").unwrap();
    let error = Follower::open(&fixture.path("log"), fixture.path("state.json")).unwrap_err();
    assert!(error.to_string().contains("remove the file to count anew"), "{error}");
}

#[test]
fn state_that_cannot_be_saved_shows_no_counts() {
    // L-1: a count that is not saved could be counted again.
    let fixture = Fixture::new();
    let mut follower = fixture.open();
    follower.state_file = fixture.path("missing/state.json");
    fixture.append("svc=MC rc=00 ms=1\n");
    assert!(follower.poll(&fixture.rules).unwrap_err().to_string().contains("save log position"));
}
