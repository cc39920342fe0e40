//! Rules tried on values and on events.

use super::*;
use crate::fixture::*;
use crate::shipped_rules;
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::report::Report;
use topmast_model::rule::text::read;
use topmast_model::status::ServerStatus;

fn rule(when: &str) -> Rule {
    let text = format!("[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\nwhen.{when}");
    read(&text).unwrap().remove(0)
}

fn values(text: &str) -> Vec<Option<f64>> {
    text.split_whitespace().map(|value| value.parse().ok()).collect()
}

const MINUTE: Duration = Duration::from_mins(1);

fn minute(at: UnixMillis) -> i64 {
    at.0 / 60_000
}

/// The transitions on values a minute apart, as minute and verdict.
fn check(when: &str, text: &str, expect: &[(i64, Verdict)]) {
    let found = trial(&rule(when), &values(text), UnixMillis(0), MINUTE);
    let found: Vec<_> = found.iter().map(|change| (minute(change.at), change.verdict)).collect();
    assert_eq!(found, expect, "{when}");
}

#[test]
fn rule_is_tried_on_values_with_gaps() {
    use Verdict::{Firing, Ok, Unknown};
    let threshold = "threshold = { query = \"q\", compare = \">\", value = 5 }\nfor = \"2m\"";
    check(threshold, "1 9 9 9 - 9 1", &[(3, Firing), (4, Unknown), (5, Firing), (6, Ok)]);
    let datapoints =
        "datapoints = { query = \"q\", compare = \">\", value = 5, period = \"1m\", datapoints = 2, of = 3 }";
    check(datapoints, "1 9 1 9 1 1 - - - - - -", &[(3, Firing), (4, Ok), (10, Unknown)]);
    check("server = { status = [\"DOWN\"] }", "9 9", &[]);
}

#[test]
fn for_clear_and_keep_firing_for_are_those_of_the_rule() {
    use Verdict::{Firing, Ok};
    let clear = "threshold = { query = \"q\", compare = \">\", value = 5, clear = 3 }";
    check(clear, "6 4 3 6", &[(0, Firing), (2, Ok), (3, Firing)]);
    let keep = "threshold = { query = \"q\", compare = \">\", value = 5 }\nkeep_firing_for = \"2m\"";
    check(keep, "6 1 6 1 1 1", &[(0, Firing), (5, Ok)]);
}

#[test]
fn series_begins_with_its_first_value_and_ends_without() {
    use Verdict::{Firing, Gone, Unknown};
    let absent = "absent = { query = \"q\" }\nfor = \"2m\"";
    check(absent, "- - - -", &[]);
    check(absent, "- - 1 - - - 1 1", &[(5, Firing), (6, Verdict::Ok)]);
    let gap = format!("9 {} 9", "- ".repeat(60));
    let threshold = "threshold = { query = \"q\", compare = \">\", value = 5 }";
    check(threshold, &gap, &[(0, Firing), (1, Unknown), (60, Gone), (61, Firing)]);
}

#[test]
fn problem_that_would_have_been_has_its_times_and_notices() {
    let held = rule("threshold = { query = \"q\", compare = \">\", value = 5 }\nfor = \"2m\"");
    let values = values("1 9 9 8 9 1 9 9 9");
    let found = episodes(&trial(&held, &values, UnixMillis(0), MINUTE), UnixMillis(8 * 60_000));
    let times: Vec<_> = found
        .iter()
        .map(|one| (minute(one.since), minute(one.opened), one.closed.map(minute), one.notices))
        .collect();
    assert_eq!(times, [(1, 3, Some(5), 2), (6, 8, None, 1)]);
    assert_eq!(found[0].value, Some(8.0), "that with which it would have been opened");
    assert_eq!(worst(&held, [8.0, f64::NAN, 9.0]), Some(9.0));
    assert_eq!(worst(&rule("absent = { query = \"q\" }"), [8.0]), None);
}

#[test]
fn flapping_would_have_been_one_problem_told_of_once() {
    let rule = rule("threshold = { query = \"q\", compare = \">\", value = 5 }");
    // Three times come and gone are told; then it flaps until it is quiet.
    let values = values(&format!("{} {}", "9 1 ".repeat(6), "1 ".repeat(20)));
    let found = episodes(&trial(&rule, &values, UnixMillis(0), MINUTE), UnixMillis(31 * 60_000));
    let told: Vec<_> = found.iter().map(|one| (minute(one.opened), one.flapping, one.notices)).collect();
    assert_eq!(told, [(0, false, 2), (2, false, 2), (4, true, 2)]);
    // Its last changes were those of the minutes 6 to 11: with that of 9 gone, two are left.
    assert_eq!(found[2].closed.map(minute), Some(19));
}

/// What a rule would have made of a world's events: object, seconds of opening and closing from its beginning on.
fn tried(world: &World, rule: &Rule, since: UnixMillis) -> Vec<(String, i64, Option<i64>)> {
    let mut trial = StateTrial::of(rule, since).unwrap();
    let kinds = trial.kinds();
    for event in world.log.iter().filter(|event| event.time >= since) {
        let (kind, _) = event.body.to_parts().unwrap();
        if kinds.contains(&kind.as_str()) {
            trial.take(event);
        }
    }
    let seconds = |at: UnixMillis| (at.0 - since.0) / 1_000;
    let mut found = Vec::new();
    for Tried { object, episodes } in trial.finish(&world.state, world.now) {
        let times = |one: &Episode| (object.to_string(), seconds(one.opened), one.closed.map(seconds));
        found.extend(episodes.iter().map(times));
    }
    found
}

fn set(world: &mut World, server: &str, status: &str) {
    let state =
        topmast_model::application::ApplicationState { since: world.now, ..application_state(status) };
    world.report(&path(server), vec![Report::Application { name: "switch".into(), state }]).unwrap();
}

fn observe(world: &mut World, status: ServerStatus) {
    let cause = Cause::Connection { message: "no data".into() };
    world.by_master(Command::ObserveServer { server: path("acme/main/db"), status, cause }).unwrap();
}

#[test]
fn rule_on_states_is_tried_on_events() {
    let mut world = World::with_applications(&["acme/main/db/switch", "acme/main/web/switch"]);
    world.pass(HOUR);
    let since = world.now;
    set(&mut world, "acme/main/web", "FAILED");
    world.pass(Duration::from_secs(5));
    set(&mut world, "acme/main/web", "STARTED");
    set(&mut world, "acme/main/db", "FAILED");
    world.pass(MINUTE);
    observe(&mut world, ServerStatus::Down);
    world.pass(MINUTE);
    observe(&mut world, ServerStatus::Up);
    set(&mut world, "acme/main/db", "STARTED");
    world.pass(MINUTE);
    let failed = &shipped_rules()["application-failed"];
    // Five seconds are less than its `for`; not seen is not well.
    assert_eq!(tried(&world, failed, since), [("acme/main/db/switch".into(), 15, Some(125))]);
    let down = &shipped_rules()["server-down"];
    assert_eq!(tried(&world, down, since), [("acme/main/db".into(), 65, Some(125))]);
    let unknown = rule("application = { status = [\"UNKNOWN\"] }\nscope = \"server=db\"");
    assert_eq!(tried(&world, &unknown, since), [("acme/main/db/switch".into(), 65, Some(125))]);
    let kept = rule(
        "application = { status = [\"FAILED\"] }\nkeep_firing_for = \"20s\"\nwithin = \"acme/main/web\"",
    );
    assert_eq!(tried(&world, &kept, since), [("acme/main/web/switch".into(), 0, Some(25))]);
}

#[test]
fn object_without_events_was_what_it_is_and_one_that_went_away_is_over() {
    let mut world = World::with_applications(&["acme/main/db/switch"]);
    set(&mut world, "acme/main/db", "FAILED");
    world.pass(HOUR);
    let since = world.now;
    world.pass(HOUR);
    let failed = &shipped_rules()["application-failed"];
    assert_eq!(tried(&world, failed, since), [("acme/main/db/switch".into(), 0, None)]);
    let removed = |world: &mut World| {
        world.report(&path("acme/main/db"), vec![Report::ApplicationGone { name: "switch".into() }])
    };
    removed(&mut world).unwrap();
    world.pass(HOUR);
    assert_eq!(tried(&world, failed, since), [], "what it was before it went is not known");
}

#[test]
fn rule_that_looks_back_itself_is_not_tried_on_events() {
    for name in ["application-restarts", "version-differs", "certificate-ends", "filesystem-full"] {
        assert!(StateTrial::of(&shipped_rules()[name], UnixMillis(0)).is_none(), "{name}");
    }
}
