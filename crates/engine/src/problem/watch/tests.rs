//! What rules on states come to.

use super::*;
use crate::fixture::*;
use crate::{next_settlement, shipped_rules};
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::report::Report;
use topmast_model::rule::text;
use topmast_model::service::ServiceState;
use topmast_model::status::{ServerStatus, ServiceStatus, TaskStatus};

/// Only these rules, on two servers with an application each.
fn world(rules: &str) -> World {
    let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/web/switch"]);
    let mut rules = text::read(rules).unwrap();
    rules.extend(shipped_rules().values().cloned().map(|rule| Rule { enabled: false, ..rule }));
    world.by("root", Command::ApplyRules { rules, prune: false }).unwrap();
    world
}

fn rule(when: &str, more: &str) -> String {
    format!(
        "[[rule]]\nname = \"r\"\nseverity = \"major\"\nwhen.{when}\nmessage = \"{{name}} {{status}} {{value}} {{codes}}: {{cause}}\"\n{more}"
    )
}

impl World {
    /// Looks, submits what was found, and gives it: `firing acme/main/db`; with the seconds until it is to look again.
    fn look(&mut self) -> (Vec<String>, Option<i64>) {
        let Watched { observations, again_at } = watch(&self.state, None, self.now);
        let words = observations.iter().map(|observation| {
            let verdict = serde_json::to_value(observation.verdict).unwrap();
            format!("{} {}", verdict.as_str().unwrap(), observation.key.object)
        });
        let words = words.collect();
        self.by_master(Command::ObserveProblems { observations }).unwrap();
        let left = watch(&self.state, None, self.now).observations;
        assert_eq!(left, [], "what was found and submitted is not found again");
        (words, again_at.map(|at| (at.0 - self.now.0) / 1_000))
    }

    fn say(&mut self, server: &str, report: Report) {
        self.report(&path(server), vec![report]).unwrap();
    }

    /// A status since now.
    fn application(&mut self, server: &str, status: &str, version: Option<&str>) {
        let version = version.map(str::to_owned);
        let state = topmast_model::application::ApplicationState {
            since: self.now,
            version,
            ..application_state(status)
        };
        self.say(server, Report::Application { name: "switch".into(), state });
    }
}

#[test]
fn state_is_a_problem_after_its_time_and_until_another_is_over() {
    let status = "application = { status = [\"FAILED\"] }";
    let mut world = world(&rule(status, "for = \"10s\"\nkeep_firing_for = \"30s\""));
    world.pass(HOUR);
    assert_eq!(world.look(), (vec![], None));
    world.application("acme/main/db", "FAILED", None);
    assert_eq!(world.look(), (vec![], Some(10)));
    world.pass(Duration::from_secs(10));
    assert_eq!(world.look(), (vec!["firing acme/main/db/switch".into()], None));
    let problem = world.state.open_problems().next().unwrap();
    assert_eq!(problem.what.since.0, world.now.0 - 10_000, "since it was entered");
    assert_eq!(problem.what.message, "switch FAILED - -: started with the agent");
    world.application("acme/main/db", "STARTED", None);
    assert_eq!(world.look(), (vec![], Some(30)));
    world.pass(Duration::from_secs(20));
    world.application("acme/main/db", "FAILED", None);
    assert_eq!(world.look(), (vec![], None), "back before it was over");
    world.pass(Duration::from_mins(1));
    assert_eq!(world.look(), (vec![], None));
    world.application("acme/main/db", "STARTED", None);
    world.pass(Duration::from_secs(30));
    assert_eq!(world.look(), (vec!["ok acme/main/db/switch".into()], None));
}

#[test]
fn unseen_server_makes_what_is_on_it_unknown() {
    let mut world = world(&rule("application = { status = [\"FAILED\"] }", ""));
    world.application("acme/main/db", "FAILED", None);
    assert_eq!(world.look().0, ["firing acme/main/db/switch"]);
    for (status, expect) in [(ServerStatus::Down, "unknown"), (ServerStatus::Up, "firing")] {
        let cause = Cause::Connection { message: "no data".into() };
        world.by_master(Command::ObserveServer { server: path("acme/main/db"), status, cause }).unwrap();
        assert_eq!(world.look().0, [format!("{expect} acme/main/db/switch")]);
    }
}

#[test]
fn service_is_found_by_its_codes() {
    let mut world =
        world(&rule("service = { status = [\"MALFUNCTION\"], codes = [\"DISCONN*\", \"T?\"] }", ""));
    let mut check = |status: ServiceStatus, codes: &[&str], expect: &[&str]| {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        let state = ServiceState { status, codes, message: None, since: world.now };
        world
            .say("acme/main/db", Report::Service { application: "switch".into(), name: "HSM".into(), state });
        assert_eq!(world.look().0, expect);
    };
    check(ServiceStatus::Malfunction, &["X1"], &[]);
    check(ServiceStatus::Malfunction, &["X1", "disconn01"], &["firing acme/main/db/switch/HSM"]);
    check(ServiceStatus::Malfunction, &["T22"], &["ok acme/main/db/switch/HSM"]);
    check(ServiceStatus::Malfunction, &["T2"], &["firing acme/main/db/switch/HSM"]);
    check(ServiceStatus::Started, &["T2"], &["ok acme/main/db/switch/HSM"]);
}

#[test]
fn scope_and_place_leave_out_and_let_go() {
    let mut world = world(&rule("server = { status = [\"DOWN\"] }", "scope = \"name=db*\""));
    for server in ["acme/main/db", "acme/main/web"] {
        let cause = Cause::Connection { message: "no data".into() };
        let command = Command::ObserveServer { server: path(server), status: ServerStatus::Down, cause };
        world.by_master(command).unwrap();
    }
    assert_eq!(world.look().0, ["firing acme/main/db"]);
    let rules = text::read(&rule("server = { status = [\"DOWN\"] }", "within = \"acme/main/web\"")).unwrap();
    world.by("root", Command::ApplyRules { rules, prune: false }).unwrap();
    assert_eq!(world.look().0, ["gone acme/main/db", "firing acme/main/web"]);
}

#[test]
fn tasks_restarts_versions_and_certificates_are_found() {
    let mut late = world(&rule("task = { status = [\"LATE\"] }", ""));
    late.say("acme/main/db", task_report("switch", "eod", TaskStatus::Late));
    assert_eq!(late.look().0, ["firing acme/main/db/switch/eod"]);

    let mut restarts = world(&rule("restarts = { more_than = 2, within = \"1h\" }", ""));
    restarts.pass(HOUR);
    let state = topmast_model::application::ApplicationState {
        since: restarts.now,
        restarts: 3,
        ..application_state("STARTED")
    };
    restarts.say("acme/main/db", Report::Application { name: "switch".into(), state });
    assert_eq!(restarts.look(), (vec!["firing acme/main/db/switch".into()], Some(300)));
    restarts.pass(HOUR);
    assert_eq!(restarts.look().0, ["ok acme/main/db/switch"]);

    let mut drift = world(&rule("drift = { of = \"version\" }", ""));
    drift.application("acme/main/db", "STARTED", Some("1.9"));
    assert_eq!(drift.look().0, [""; 0]);
    drift.application("acme/main/web", "STARTED", Some("1.10"));
    assert_eq!(
        drift.look().0,
        ["firing acme/main/db/switch"],
        "of equally frequent ones the newest is usual"
    );

    let mut drift = world(&rule("drift = { of = \"agent\" }", ""));
    assert_eq!(drift.look().0, [""; 0], "that of the fixture is the master's");
    let path = path("acme/main/db");
    let mut registration = drift.state.servers().get(&path).unwrap().registration.clone();
    registration.version = "0.0.9".into();
    drift.by_master(Command::RegisterServer { server: path, registration: registration.clone() }).unwrap();
    assert_eq!(drift.look().0, ["firing acme/main/db"]);
    let problem = drift.state.open_problems().next().unwrap();
    assert_eq!(problem.what.message, "db - 0.0.9 -: -");

    let mut drift = world(&rule("drift = { of = \"configuration\" }", ""));
    drift.application("acme/main/db", "STARTED", None);
    let configuration = Box::new(crate::configuration::tests::some_configuration("shop", 0));
    let order =
        topmast_model::configuration::ConfigurationOrder::Revise { configuration, base: None, reason: None };
    drift.by("root", Command::ChangeConfigurations { order }).unwrap();
    for (drifted, expect) in [(false, None), (true, Some("firing")), (false, Some("ok"))] {
        let held = crate::configuration::tests::some_held(1, drifted);
        let report = Report::Configuration { application: "switch".into(), name: "shop".into(), held };
        drift.say("acme/main/db", report);
        let expect = expect.map(|word| format!("{word} acme/main/db/switch"));
        assert_eq!(drift.look().0, expect.into_iter().collect::<Vec<_>>());
    }

    let mut certificate = world(&rule("certificate = { ends_within = \"3d\" }", ""));
    assert_eq!(certificate.look().0, [""; 0]);
    certificate.pass(HOUR * 24 * 39);
    assert_eq!(certificate.look().0, ["firing acme/main/db", "firing acme/main/web"]);
    assert_eq!(next_settlement(&certificate.state, certificate.now), None);
}

#[test]
fn glob_of_many_stars_is_soon_answered() {
    let text = "a".repeat(200);
    let check = |glob: &str, expect: bool| assert_eq!(is_like(&text, glob), expect, "{glob}");
    // Tried out by going back, this would take longer than anybody waits.
    check(&"a*".repeat(99), true);
    check(&format!("{}b", "a*".repeat(99)), false);
    check("A?a**a", true);
    check("?*", true);
    check("", false);
    assert!(is_like("", "**") && !is_like("", "?"));
}
