//! Unit files, good and bad: every error names the place and what to write instead.

use super::service::{LatencyUnit, ServiceCheck, Test};
use super::*;
use proptest::prelude::*;
use std::fs;

fn good(text: &str) -> Unit {
    parse("switch.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

/// Checks that a text is refused at a place, with words of the advice.
fn refused(text: &str, place: &str, advice: &str) {
    let error = parse("switch.toml", text).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("switch.toml:{place}: ")) && error.contains(advice),
        "{text}\n{error}"
    );
}

#[test]
fn smallest_file_has_the_documented_defaults() {
    let unit = good("command = './switch'");
    assert_eq!((unit.name.as_str(), unit.kind(), unit.autostart), ("switch", ApplicationKind::Process, true));
    assert_eq!(unit.start, Start { wait: Duration::from_secs(1), timeout: Duration::from_mins(1) });
    assert_eq!(unit.stop, Stop { signal: 15, grace: Duration::from_secs(10) });
    assert_eq!(unit.restart.policy, RestartPolicy::OnFailure);
    assert_eq!((unit.restart.max_restarts, unit.restart.window), (5, Duration::from_mins(10)));
    assert_eq!((unit.health, unit.services.len(), unit.version), (None, 0, None));
}

#[test]
fn every_field_of_a_process_is_read() {
    let unit = good(
        r#"
description = "card switch"
kind = "process"
command = ["./switch", "--port", "8080", ""]
working_directory = "/opt/switch"
user = "switch"
group = "payments"
environment = { RUST_LOG = "info", EMPTY = "" }
environment_file = "switch.env"
depends_on = ["db", "hsm", "db"]
after = ["queue", "db"]
quorum = 2
autostart = false
http_port = 8_080
version_command = "./switch --version"
start_wait = "0s"
start_timeout = "1m30s"
stop_signal = "SIGINT"
stop_grace = "500ms"
log_files = ["log/switch.log", "/var/log/messages"]

[restart]
policy = "always"
initial = "200ms"
max = "5s"
factor = 1.5
max_restarts = 0
window = "1h"

[health]
http = "/health"
interval = "1s"
timeout = "200ms"
failures = 2

[[task]]
name = "end-of-day"
schedule = "every day at 23:00"
"#,
    );
    assert_eq!(unit.environment["EMPTY"], "");
    assert_eq!(unit.environment_file, Some("/opt/switch/switch.env".into()));
    assert_eq!(unit.depends_on, ["db", "hsm"]);
    let declared = unit.declared().unwrap();
    assert_eq!(
        (declared.quorum, declared.after),
        (Some(2), ["queue", "db", "hsm"].map(str::to_owned).to_vec())
    );
    assert_eq!((unit.autostart, unit.http_port, unit.stop.signal), (false, Some(8080), 2));
    assert_eq!(unit.log_files, [PathBuf::from("/opt/switch/log/switch.log"), "/var/log/messages".into()]);
    assert_eq!(unit.restart.policy, RestartPolicy::Always);
    assert!((unit.restart.factor - 1.5).abs() < 1e-9);
    let health = unit.health.unwrap();
    assert_eq!(health.check, HealthCheck::Http { url: "http://127.0.0.1:8080/health".into() });
    assert_eq!((health.failures, health.timeout), (2, Duration::from_millis(200)));
    assert_eq!(unit.tasks[0].schedule.as_deref(), Some("every day at 23:00"));
    let Run::Process { command } = unit.run else { panic!() };
    assert_eq!((command.program(), command.arguments().len()), ("./switch", 3));
}

#[test]
fn other_kinds_have_their_own_fields_and_do_not_autostart() {
    let unit = good("kind = 'systemd'\nstatus_interval = '5s'");
    assert_eq!(
        unit.run,
        Run::Systemd { unit: "switch.service".into(), status_interval: Duration::from_secs(5) }
    );
    assert_eq!((unit.autostart, unit.restart.policy), (false, RestartPolicy::Never));
    let unit = good("kind = 'windows-service'");
    let expected = Run::WindowsService { service: "switch".into(), status_interval: Duration::from_secs(2) };
    assert_eq!((unit.run, unit.autostart), (expected, false));
    let unit = good("kind = 'windows-service'\nwindows_service = 'Switch Service'");
    assert!(matches!(unit.run, Run::WindowsService { service, .. } if service == "Switch Service"));
    let unit =
        good("kind='script'\nstart_command='a b'\nstop_command='c'\nstatus_command=['d']\nautostart=true");
    let Run::Script(script) = unit.run else { panic!() };
    assert_eq!(script.start.words(), ["a", "b"]);
    assert!(unit.autostart);
}

#[test]
fn every_service_source_is_read() {
    let unit = good(
        r#"
command = "./switch"
http_port = 80
[[service]]
source = "topmast"
[[service]]
source = "actuator"
port = 81
[[service]]
source = "prometheus"
url = "http://10.0.0.1:9100/metrics"
[[service.rule]]
service = "pay-{scheme}"
transactions = 'pay_total{scheme=~"MC|VISA"}'
errors = 'pay_total{code!="00"}'
code_label = "code"
latency = "pay_seconds"
quantiles = [0.5, 0.999]
[[service]]
source = "nagios"
name = "load"
command = "check_load -w 5"
[[service]]
source = "tcp"
name = "db"
tcp = "[::1]:5432"
timeout = "1s"
[[service]]
source = "http"
name = "page"
path = "/page?x=1"
expect_status = [200, 302]
expect_body = "o.k"
[[service]]
source = "exec"
name = "batch"
command = ["/bin/true"]
[[service]]
source = "log"
file = "/var/log/switch.log"
[[service.rule]]
pattern = '(?P<service>\w+) rc=(?P<code>\d+) in (?P<latency>\d+)us'
error_codes = ["91"]
latency_unit = "us"
"#,
    );
    let sources: Vec<_> =
        unit.services.iter().map(|service| (service.check.source(), service.name.as_str())).collect();
    let expected = ["topmast", "actuator", "prometheus", "nagios", "tcp", "http", "exec", "log"];
    assert_eq!(sources.iter().map(|(source, _)| *source).collect::<Vec<_>>(), expected);
    assert_eq!((sources[0].1, sources[3].1), ("switch", "load"));
    assert_eq!(
        unit.services[0].check,
        ServiceCheck::Topmast { url: "http://127.0.0.1:80/topmast/v1/services".into() }
    );
    assert_eq!(unit.services[1].check, ServiceCheck::Actuator { url: "http://127.0.0.1:81/actuator".into() });
    let ServiceCheck::Prometheus { rules, .. } = &unit.services[2].check else { panic!() };
    assert!(matches!(rules[0].transactions.as_ref().unwrap().matchers[0].test, Test::Matches(_)));
    assert_eq!(unit.services[4].check, ServiceCheck::Tcp { host: "::1".into(), port: 5432 });
    assert_eq!(unit.services[4].timeout, Duration::from_secs(1));
    let ServiceCheck::Log { rules, .. } = &unit.services[7].check else { panic!() };
    assert_eq!(rules[0].latency_unit, LatencyUnit::Microseconds);
}

#[test]
fn bad_file_is_refused_with_the_place_and_what_to_write() {
    // U-1
    refused("", "1:1", "command = [");
    refused("comand = 'a'", "1:1", "unknown field \"comand\"; write command");
    refused("# ä\n\ncommand = 'a'\nuserr = 'b'", "4:1", "write user");
    refused("command = 'a'\nxyzzy = 1", "2:1", "the fields are description, kind");
    refused("command = 5", "1:11", "is an integer; write a text");
    refused("command = 'a'\n  http_port = 'x'", "2:15", "is a text; write an integer from 1 to 65535");
    refused("command = 'a'\nhttp_port = 70000", "2:13", "out of range");
    refused("command = 'a'\nstop_grace = 10", "2:14", "\"1m30s\"");
    refused("command = 'a'\nstop_grace = '10 s'", "2:14", "write a time like");
    refused("command = 'a'\nstop_grace = '25h'", "2:14", "from 1ms to 1d");
    refused("command = 'a'\nautostart = 'yes'", "2:13", "write true or false");
    refused("command = 'a'\nstop_signal = 'TERM'", "2:15", "\"SIGTERM\"");
    refused("command = 'a | b'", "1:11", "no shell reads it");
    refused("command = []", "1:11", "write a program first");
    refused("command = ['']", "1:11", "write a program first");
    refused(
        "command = 'a'\nkind = 'docker'",
        "2:8",
        "one of \"process\", \"systemd\", \"script\", \"windows-service\"",
    );
    refused("command = 'a'\nkind = 'systemd'", "1:1", "is for kind \"process\"");
    refused("kind = 'windows-service'\nuser = 'x'", "2:1", "the service's own settings");
    refused("command = 'a'\nstatus_interval = '1s'", "2:1", "\"windows-service\"");
    refused("kind = 'script'", "1:1", "start_command = [");
    refused("command = 'a'\nworking_directory = 'x'", "2:21", "absolute path");
    refused("command = 'a'\nlog_files = ['x']", "2:14", "add working_directory");
    refused("command = 'a'\nversion = '1'\nversion_command = 'b'", "3:19", "keep one");
    refused("command = 'a'\nenvironment = { TOPMAST_RUN = 'x' }", "2:31", "agent's own");
    refused("command = 'a'\ndepends_on = ['switch']", "2:15", "depends on itself");
    refused("command = 'a'\nafter = ['switch']", "2:10", "comes after itself");
    refused("command = 'a'\nafter = ['a/b']", "2:10", "a/b");
    refused("command = 'a'\nquorum = 0", "2:10", "out of range");
    refused("command = 'a'\n[restart]\npolicies = 'x'", "3:1", "in restart; write policy");
    refused("command = 'a'\n[restart]\ninitial = '2m'\nmax = '1m'", "4:7", "from 2m to 1d");
    refused("command = 'a'\n[restart]\nfactor = 0.5", "3:10", "from 1 to 100");
    refused("command = 'a'\n[health]\ntcp = 1\nhttp = '/'", "2:1", "exactly one check");
    refused("command = 'a'\n[health]\nhttp = '/x'", "3:8", "add http_port");
    refused("command = 'a'\n[[service]]\nname = 'x'", "2:1", "source = ");
    refused(
        "command = 'a'\n[[service]]\nsource = 'tcp'\nname = 'x'\nport = 5",
        "5:1",
        "means nothing to this source",
    );
    refused("command = 'a'\n[[service]]\nsource = 'topmast'", "2:1", "the port is not known");
    refused(
        "command = 'a'\n[[service]]\nsource = 'log'\nfile = '/x'\n[[service.rule]]\npattern = '('",
        "6:11",
        "unclosed group",
    );
    refused("command = 'a'\n[[service]]\nsource = 'nagios'\ncommand = 'c'", "2:1", "name = ");
    refused("command = 'a", "1:13", "invalid literal string");
    refused("command = 'a'\ncommand = 'b'", "2:1", "duplicate key");
    assert!(parse("-x.toml", "command = 'a'").unwrap_err().to_string().contains("rename the file"));
    assert!(parse("x.toml", &" ".repeat(300_000)).unwrap_err().to_string().contains("larger than"));
}

#[test]
fn set_keeps_good_files_beside_bad_ones_and_names_cycles() {
    // U-2, U-3
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("a.toml", "command='x'\ndepends_on=['b']");
    write("b.toml", "command='x'\ndepends_on=['c']");
    write("c.toml", "command='x'\ndepends_on=['a']");
    write("leads.toml", "command='x'\ndepends_on=['a']");
    write("lost.toml", "command='x'\ndepends_on=['nobody']");
    write("needs_bad.toml", "command='x'\ndepends_on=['bad']");
    write("bad.toml", "command = 7");
    write("latin.toml", "x");
    fs::write(dir.path().join("latin.toml"), b"# \xe4").unwrap();
    write("good.toml", "command='x'");
    write(".hidden.toml", "nonsense");
    write("readme.txt", "nonsense");

    let set =
        UnitSet::load(dir.path(), &UnitSet::fingerprint(dir.path()).unwrap(), |name| dir.path().join(name));
    assert_eq!(set.units.keys().collect::<Vec<_>>(), ["good", "leads", "needs_bad"]);
    let problem = |file: &str| set.problems[file].to_string();
    assert!(problem("a.toml").contains("a -> b -> c -> a"), "{}", problem("a.toml"));
    assert!(problem("b.toml").contains("b -> c -> a -> b"));
    assert!(problem("lost.toml").contains("\"nobody\"") && problem("lost.toml").contains("good"));
    assert!(problem("latin.toml").contains("UTF-8 text from byte 2"));
    assert_eq!(set.problems.len(), 6);
}

#[test]
fn fingerprint_changes_with_a_file_and_not_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.toml"), "command='x'").unwrap();
    let before = UnitSet::fingerprint(dir.path()).unwrap();
    assert_eq!(UnitSet::fingerprint(dir.path()).unwrap(), before);
    fs::write(dir.path().join("a.toml"), "command='xy'").unwrap();
    assert_ne!(UnitSet::fingerprint(dir.path()).unwrap(), before);
}

proptest! {
    #[test]
    fn parse_never_panics_and_points_into_the_text(text in "(?s).{0,200}|([a-z_]{1,12} ?= ?['\\[{0-9a-z\"]{0,9}\n){0,8}") {
        if let Err(error) = parse("x.toml", &text) {
            prop_assert!(error.line <= text.matches('\n').count() + 1, "{error}");
            prop_assert!(!error.problem.is_empty());
        }
    }
}

#[test]
fn examples_of_the_readme_and_the_guide_are_good_units() {
    let (readme, guide) =
        (include_str!("../../../../README.md"), include_str!("../../../../docs/guide/applications.md"));
    let first = |text: &'static str| text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    for example in [readme, guide].map(|text| first(text).unwrap()) {
        parse("switch.toml", example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

#[test]
fn task_with_a_command_is_run_by_the_agent_and_its_fields_are_checked() {
    let task = |lines: &str| format!("command = \"a\"\n[[task]]\nname = \"t\"\n{lines}");
    let read = |lines: &str| parse("switch.toml", &task(lines));
    let unit =
        read("command = \"b\"\nschedule = \"0 3 * * *\"\ntime_zone = \"UTC\"\noverlap = \"queue\"").unwrap();
    let run = unit.tasks[0].run.as_ref().unwrap();
    assert_eq!((run.overlap, run.timeout, run.retries), (Overlap::Queue, Duration::from_hours(1), 0));
    assert_eq!(run.schedule.as_ref().unwrap().words(), "0 3 * * * UTC");
    assert!(read("command = \"b\"").unwrap().tasks[0].run.as_ref().unwrap().schedule.is_none());
    // Without a command the schedule is words of the application's own.
    assert!(read("schedule = \"every day at 23:00\"").unwrap().tasks[0].run.is_none());
    for (lines, told) in [
        ("every = \"5m\"", "is for a task with a command"),
        ("command = \"b\"\nevery = \"5s\"", "write a time from 1m"),
        ("command = \"b\"\nevery = \"5m\"\nschedule = \"@daily\"", "exclude each other"),
        ("command = \"b\"\nevery = \"5m\"\ntime_zone = \"UTC\"", "is for a cron expression"),
        ("command = \"b\"\nschedule = \"every day\"", "is no cron expression"),
        ("command = \"b\"\nschedule = \"@daily\"\ntime_zone = \"Mars/Base\"", "no time zone \"Mars/Base\""),
        ("command = \"b\"\noverlap = \"often\"", "\"skip\", \"queue\", \"kill\""),
        ("command = \"b\"\nmissed = \"always\"", "\"skip\", \"run-once\""),
        ("command = \"b\"\nmissed_within = \"2h\"", "is for missed = \"run-once\""),
    ] {
        let error = read(lines).unwrap_err().to_string();
        assert!(error.contains(told), "{lines}: {error}");
    }
}
