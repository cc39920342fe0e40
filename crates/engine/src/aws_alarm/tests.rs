//! Alarms from their commands.

use super::{HistoryWhat, composites, observations};
use crate::fixture::*;
use std::collections::BTreeMap;
use topmast_model::account::AccountId;
use topmast_model::aws_alarm::{
    ActionOutcome, AwsAlarm, Basis, CompositeBasis, Hold, MetricBasis, MetricChoice, SeenAlarm, StateSaid,
};
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::problem::Verdict;
use topmast_model::rule::Number;
use topmast_model::status::AlarmState;

pub(crate) fn metric_alarm(name: &str) -> AwsAlarm {
    let metric = MetricChoice {
        namespace: "Shop".into(),
        name: "Orders".into(),
        dimensions: Vec::new(),
        statistic: "Sum".into(),
        is_extended: false,
        period_s: 60,
        unit: None,
    };
    AwsAlarm {
        name: name.into(),
        account: AccountId::of(1),
        region: "us-east-1".into(),
        description: None,
        actions_enabled: true,
        ok_actions: Vec::new(),
        alarm_actions: vec!["arn:aws:sns:us-east-1:000000000001:ops".into()],
        insufficient_data_actions: Vec::new(),
        basis: Basis::Metric(Box::new(MetricBasis {
            metric: Some(metric),
            queries: Vec::new(),
            comparison: "GreaterThanThreshold".into(),
            threshold: Number::new(1.0),
            threshold_metric_id: None,
            evaluation_periods: 1,
            datapoints_to_alarm: None,
            treat_missing_data: None,
            low_sample_count: None,
        })),
    }
}

pub(crate) fn composite_alarm(name: &str, rule: &str) -> AwsAlarm {
    let basis = CompositeBasis { rule: rule.into(), suppressor: None, wait_s: None, extension_s: None };
    AwsAlarm { basis: Basis::Composite(basis), ..metric_alarm(name) }
}

fn tenant() -> ObjectPath {
    path("acme")
}

fn put(alarm: AwsAlarm) -> Command {
    Command::PutAwsAlarm { tenant: tenant(), alarm: Box::new(alarm), tags: BTreeMap::new() }
}

fn said(state: AlarmState) -> StateSaid {
    StateSaid { state, reason: "by hand".into(), data: None }
}

fn set(name: &str, state: AlarmState) -> Command {
    Command::SetAwsAlarmState { tenant: tenant(), name: name.into(), said: said(state) }
}

fn world(alarms: impl IntoIterator<Item = AwsAlarm>) -> World {
    let mut world = World::with_applications(&["acme/main/db/switch"]);
    for alarm in alarms {
        world.by("root", put(alarm)).unwrap();
    }
    world
}

fn look(world: &mut World) {
    for _ in 0..3 {
        let seen = composites(&world.state, &tenant());
        world.by_master(Command::ObserveAwsAlarms { tenant: tenant(), seen }).unwrap();
    }
}

fn state_of(world: &World, name: &str) -> AlarmState {
    world.state.aws_alarms(&tenant()).get(name).unwrap().said.state
}

fn due(world: &World, name: &str) -> usize {
    world.state.aws_alarms(&tenant()).get(name).unwrap().due.len()
}

fn refused(world: &mut World, command: Command) -> String {
    world.by("root", command).unwrap_err().to_string()
}

#[test]
fn a_new_alarm_is_unchecked_and_a_changed_one_keeps_its_state() {
    let mut world = world([metric_alarm("a")]);
    let kept = world.state.aws_alarms(&tenant()).get("a").unwrap();
    assert_eq!(kept.said.state, AlarmState::InsufficientData);
    assert_eq!(kept.said.reason, "Unchecked: Initial alarm creation");
    world.by("root", set("a", AlarmState::Alarm)).unwrap();
    world.by("root", put(metric_alarm("a"))).unwrap();
    assert_eq!(state_of(&world, "a"), AlarmState::Alarm);
}

#[test]
fn actions_are_due_on_a_change_and_once() {
    // AA-3
    let mut world = world([metric_alarm("a")]);
    world.by("root", set("a", AlarmState::Alarm)).unwrap();
    assert_eq!(due(&world, "a"), 1);
    let state_at = world.state.aws_alarms(&tenant()).get("a").unwrap().state_at;
    let outcome = ActionOutcome { action: "arn:aws:sns:us-east-1:000000000001:ops".into(), error: None };
    let record =
        |outcomes| Command::RecordAwsAlarmActions { tenant: tenant(), name: "a".into(), state_at, outcomes };
    world.by_master(record(vec![outcome.clone()])).unwrap();
    assert_eq!(due(&world, "a"), 0);
    let before = world.log.len();
    world.by_master(record(vec![outcome])).unwrap();
    world.by("root", set("a", AlarmState::Alarm)).unwrap();
    assert_eq!((world.log.len() - before, due(&world, "a")), (0, 0), "the same state again does nothing");
    let alarms = world.state.aws_alarms(&tenant());
    let kinds = |what: &HistoryWhat| match what {
        HistoryWhat::Created(_) => "created",
        HistoryWhat::State { .. } => "state",
        HistoryWhat::Acted { .. } => "acted",
        _ => "other",
    };
    let kinds: Vec<_> = alarms.history().items(Some("a")).map(|(_, item)| kinds(&item.what)).collect();
    assert_eq!(kinds, ["created", "state", "acted"]);
}

#[test]
fn actions_that_are_switched_off_are_not_due() {
    let mut world = world([metric_alarm("a")]);
    let switch = |enabled| Command::SwitchAwsAlarmActions {
        tenant: tenant(),
        names: vec!["a".into(), "gone".into()],
        enabled,
    };
    world.by("root", switch(false)).unwrap();
    world.by("root", set("a", AlarmState::Alarm)).unwrap();
    assert_eq!(due(&world, "a"), 0);
    world.by("root", switch(true)).unwrap();
    assert_eq!(due(&world, "a"), 0, "not even once they are on again");
}

#[test]
fn what_was_seen_before_a_change_counts_no_more() {
    let mut world = world([metric_alarm("a")]);
    let kept = world.state.aws_alarms(&tenant()).get("a").unwrap().clone();
    let seen = SeenAlarm {
        name: "a".into(),
        configured_at: kept.configured_at,
        state_at: kept.state_at,
        said: said(AlarmState::Ok),
    };
    world.now = world.now.plus(HOUR);
    world.by("root", set("a", AlarmState::Alarm)).unwrap();
    world.by_master(Command::ObserveAwsAlarms { tenant: tenant(), seen: vec![seen] }).unwrap();
    assert_eq!(state_of(&world, "a"), AlarmState::Alarm);
}

#[test]
fn a_reason_that_is_too_long_is_cut() {
    let mut world = world([metric_alarm("a")]);
    let kept = world.state.aws_alarms(&tenant()).get("a").unwrap().clone();
    let (configured_at, state_at) = (kept.configured_at, kept.state_at);
    let long =
        StateSaid { state: AlarmState::Ok, reason: "x".repeat(50_000), data: Some("y".repeat(50_000)) };
    let seen = SeenAlarm { name: "a".into(), configured_at, state_at, said: long };
    world.by_master(Command::ObserveAwsAlarms { tenant: tenant(), seen: vec![seen] }).unwrap();
    let said = world.state.aws_alarms(&tenant()).get("a").unwrap().said.clone();
    assert_eq!((said.state, said.reason.len(), said.data), (AlarmState::Ok, 1_023, None));
}

#[test]
fn composite_alarms_follow_their_children_and_theirs() {
    let inner = composite_alarm("inner", "ALARM(a) OR ALARM(\"b\")");
    let outer = composite_alarm("outer", "NOT OK(\"arn:aws:cloudwatch:us-east-1:000000000001:alarm:inner\")");
    let mut world = world([metric_alarm("a"), metric_alarm("b"), inner, outer]);
    look(&mut world);
    assert_eq!((state_of(&world, "inner"), state_of(&world, "outer")), (AlarmState::Ok, AlarmState::Ok));
    let reason = |world: &World, name: &str| {
        let kept = world.state.aws_alarms(&tenant()).get(name).unwrap().said.clone();
        (kept.reason, kept.data.unwrap_or_default())
    };
    let (told, _) = reason(&world, "inner");
    assert_eq!(
        told,
        "arn:aws:cloudwatch:us-east-1:000000000001:alarm:inner was created and its alarm rule evaluates to OK"
    );
    world.now = world.now.plus(HOUR);
    world.by("root", set("b", AlarmState::Alarm)).unwrap();
    look(&mut world);
    assert_eq!(
        (state_of(&world, "inner"), state_of(&world, "outer")),
        (AlarmState::Alarm, AlarmState::Alarm)
    );
    let (told, data) = reason(&world, "inner");
    assert!(told.starts_with("arn:aws:cloudwatch:us-east-1:000000000001:alarm:b transitioned to ALARM at "));
    assert!(data.starts_with("{\"triggeringAlarms\":[{\"arn\":\"arn:"), "{data}");
}

#[test]
fn a_composite_alarm_set_by_hand_stays_so_until_a_child_changes() {
    let mut world = world([metric_alarm("a"), composite_alarm("one", "ALARM(a)")]);
    look(&mut world);
    world.now = world.now.plus(HOUR);
    world.by("root", set("one", AlarmState::Alarm)).unwrap();
    world.now = world.now.plus(HOUR);
    look(&mut world);
    assert_eq!(state_of(&world, "one"), AlarmState::Alarm);
    world.by("root", set("a", AlarmState::Ok)).unwrap();
    look(&mut world);
    assert_eq!(state_of(&world, "one"), AlarmState::Ok);
}

#[test]
fn rules_that_make_circles_or_name_nobody_are_refused() {
    // AA-2
    let mut world = world([metric_alarm("a"), composite_alarm("one", "ALARM(a)")]);
    world.by("root", put(composite_alarm("two", "ALARM(one)"))).unwrap();
    for rule in ["ALARM(two)", "ALARM(one)"] {
        let told = refused(&mut world, put(composite_alarm("one", rule)));
        assert!(told.contains("depend on its own state"), "{told}");
    }
    let told = refused(&mut world, put(composite_alarm("three", "ALARM(x) AND OK(y) AND OK(a)")));
    assert!(told.contains("as alarms [x, y] in the alarm rule do not exist"), "{told}");
    for (rule, expected) in [
        ("()", "Error in AlarmRule [Unsupported token ')' at char 1]"),
        ("ALARM(a", "Error in AlarmRule [Unsupported token '' at char 7, must be: ')']"),
        ("ALARM(a) Oldest", "Error in AlarmRule [Unsupported token 'Oldest' at char 9]"),
    ] {
        let told = refused(&mut world, put(composite_alarm("three", rule)));
        assert!(told.ends_with(expected), "{told}");
    }
    let told = refused(&mut world, put(composite_alarm("a", "ALARM(one)")));
    assert!(told.contains("already exists"), "{told}");
}

#[test]
fn alarms_that_others_depend_on_are_not_deleted_before_them() {
    let one = || composite_alarm("one", "ALARM(a)");
    let mut world = world([metric_alarm("a"), one(), composite_alarm("two", "ALARM(a)")]);
    let delete = |names: &[&str]| Command::DeleteAwsAlarms {
        tenant: tenant(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let told = refused(&mut world, delete(&["a"]));
    assert!(told.contains("Cannot delete a as there are composite alarm(s) depending on it."), "{told}");
    assert!(refused(&mut world, delete(&["one", "two"])).contains("one composite alarm"));
    world.by("root", delete(&["two", "gone"])).unwrap();
    world.by("root", delete(&["one", "a"])).unwrap();
    assert!(world.state.aws_alarms(&tenant()).all().is_empty());
    assert_eq!(world.state.aws_alarms(&tenant()).history().items(Some("one")).count(), 2, "it is kept");
}

#[test]
fn a_suppressor_holds_actions_back() {
    let basis = CompositeBasis {
        rule: "ALARM(a)".into(),
        suppressor: Some("quiet".into()),
        wait_s: Some(10),
        extension_s: Some(20),
    };
    let alarm = AwsAlarm { basis: Basis::Composite(basis), ..metric_alarm("all") };
    let mut world = world([metric_alarm("a"), metric_alarm("quiet"), alarm]);
    let hold = |world: &World| world.state.aws_alarms(&tenant()).get("all").unwrap().hold;
    let pass = |world: &mut World, seconds: u64| {
        world.now = world.now.plus(std::time::Duration::from_secs(seconds));
        look(world);
    };
    look(&mut world);
    pass(&mut world, 11);
    world.by("root", set("a", AlarmState::Alarm)).unwrap();
    look(&mut world);
    assert!(matches!(hold(&world), Some(Hold::WaitPeriod { .. })));
    assert_eq!(due(&world, "all"), 0);
    pass(&mut world, 5);
    world.by("root", set("quiet", AlarmState::Alarm)).unwrap();
    pass(&mut world, 60);
    assert_eq!((hold(&world), due(&world, "all")), (Some(Hold::Alarm), 0));
    world.by("root", set("quiet", AlarmState::Ok)).unwrap();
    look(&mut world);
    assert!(matches!(hold(&world), Some(Hold::ExtensionPeriod { .. })));
    pass(&mut world, 19);
    assert_eq!(due(&world, "all"), 0);
    pass(&mut world, 2);
    assert_eq!((hold(&world), due(&world, "all")), (None, 1), "what was held back is done at last");
}

#[test]
fn an_alarm_that_tells_somebody_is_a_problem() {
    let quiet = AwsAlarm { alarm_actions: Vec::new(), ..metric_alarm("quiet") };
    let mut world = world([metric_alarm("a"), quiet]);
    let observe = |world: &mut World| {
        let found = observations(&world.state, &tenant());
        world.by_master(Command::ObserveProblems { observations: found.clone() }).unwrap();
        found.into_iter().map(|found| (found.key.detail, found.verdict)).collect::<Vec<_>>()
    };
    for name in ["a", "quiet"] {
        world.by("root", set(name, AlarmState::Alarm)).unwrap();
    }
    assert_eq!(observe(&mut world), [("alarm=\"a\"".to_owned(), Verdict::Firing)]);
    assert_eq!(world.state.open_problems().filter(|problem| problem.what.key.rule == "aws-alarm").count(), 1);
    assert_eq!(observe(&mut world), []);
    world.by("root", set("a", AlarmState::Ok)).unwrap();
    assert_eq!(observe(&mut world), [("alarm=\"a\"".to_owned(), Verdict::Ok)]);
    assert_eq!(observe(&mut world), []);
}

#[test]
fn an_alarm_that_acts_too_often_may_not_act() {
    let mut world = world([metric_alarm("a")]);
    // Without a channel of that name nothing is done.
    crate::notification::tests::applied(&mut world, crate::notification::tests::channel("ops"));
    let kept = |world: &World| world.state.aws_alarms(&tenant()).get("a").unwrap().clone();
    for _ in 0..super::ACTED_MAX {
        assert!(kept(&world).may_act(world.now));
        world.by("root", set("a", AlarmState::Ok)).unwrap();
        world.by("root", set("a", AlarmState::Alarm)).unwrap();
        let outcome = ActionOutcome { action: "arn:aws:sns:::ops".into(), error: None };
        let state_at = kept(&world).state_at;
        let (tenant, name) = (tenant(), "a".to_owned());
        let record = Command::RecordAwsAlarmActions { tenant, name, state_at, outcomes: vec![outcome] };
        world.by_master(record).unwrap();
    }
    assert!(!kept(&world).may_act(world.now));
    assert!(kept(&world).may_act(world.now.plus(super::ACTED_WITHIN)));
}

#[test]
fn a_tenant_has_so_many_alarms_and_no_more() {
    // AA-1
    let mut world = world([]);
    let (by, now) = (topmast_model::principal::Actor::master(), world.now);
    for number in 0..super::ALARMS_MAX {
        let alarm = metric_alarm(&format!("alarm-{number}"));
        super::was_put(&mut world.state, &tenant(), &alarm, (&by, &[]), &BTreeMap::new(), now);
    }
    let told = refused(&mut world, put(metric_alarm("one-more")));
    assert_eq!(told, "The maximum number of 5000 alarms is reached.");
    world.by("root", put(metric_alarm("alarm-7"))).unwrap();
}

#[test]
fn history_has_a_bound_for_each_alarm_and_for_all() {
    // AA-1
    let mut history = super::AlarmHistory::new();
    let item = || HistoryWhat::State { from: said(AlarmState::Ok), to: said(AlarmState::Alarm) };
    let now = topmast_model::time::UnixMillis(1_000_000);
    for number in 0..super::HISTORY_MAX * 2 {
        history.note(&format!("alarm-{}", number % 100), "MetricAlarm", now, item());
    }
    assert!(history.items(None).count() <= super::HISTORY_MAX);
    for _ in 0..super::HISTORY_EACH_MAX * 2 {
        history.note("one", "MetricAlarm", now, item());
    }
    assert_eq!(history.items(Some("one")).count(), super::HISTORY_EACH_MAX);
    history.note("one", "MetricAlarm", now.plus(super::HISTORY_KEPT * 2), item());
    assert_eq!(history.items(Some("one")).count(), 1);
}
