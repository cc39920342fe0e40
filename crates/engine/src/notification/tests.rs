//! Notifications from a notice to what a channel was told, one scene each.

use crate::aws_alarm::tests::metric_alarm;
use crate::fixture::*;
use crate::{End, Notification, is_due, why};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::aws_alarm::{ActionOutcome, SeenAlarm, StateSaid};
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::notification::{Channel, Outcome, Route, Why, text};
use topmast_model::problem::{Acknowledgement, ProblemId, Verdict};
use topmast_model::status::AlarmState;

const SERVICE: &str = "acme/main/db/switch/HSM";

/// A channel with this name; its secret is sealed.
pub(crate) fn channel(name: &str) -> Channel {
    serde_json::from_value(serde_json::json!({ "name": name, "webhook": { "url": "c2VhbGVk" } })).unwrap()
}

pub(crate) fn routes(toml: &str) -> Vec<Route> {
    text::read_routes(toml).unwrap()
}

pub(crate) fn applied(world: &mut World, channel: Channel) {
    world.by("root", Command::ApplyChannels { channels: vec![channel], prune: false }).unwrap();
}

fn world(toml: &str) -> World {
    let mut world = World::with_services();
    for name in ["chat", "pager", "boss"] {
        applied(&mut world, channel(name));
    }
    world.by("root", Command::ApplyRoutes { routes: routes(toml), prune: false }).unwrap();
    world
}

const ONE: &str = "[[route]]\nname = \"all\"\nchannels = [\"chat\"]\n\
                   escalation = [{ after = \"15m\", channels = [\"boss\"] }]\n";

/// Sends what is due with one answer; `chat: 1 opened`.
fn sent(world: &mut World, outcome: &Outcome) -> Vec<String> {
    world.settle();
    while is_due(&world.state, world.now) {
        world.by_master(Command::SettleNotifications).unwrap();
    }
    let (now, open) = (world.now, world.state.open_notifications().cloned().collect::<Vec<_>>());
    let mut all = Vec::new();
    for open in open.into_iter().filter(|open| open.next_at.is_some_and(|at| at <= now)) {
        let id = open.id;
        let facts = world.by_master(Command::BeginNotification { id }).unwrap();
        let [EventBody::NotificationBegun { attempt, told, .. }] = &facts[..] else { continue };
        let told: Vec<String> =
            told.iter().map(|told| format!("{} {}", told.problem, told.notice.as_str())).collect();
        all.push(format!("{}: {}", open.channel, told.join(", ")));
        let (attempt, outcome) = (*attempt, outcome.clone());
        world.by_master(Command::FinishNotification { id, attempt, outcome }).unwrap();
    }
    all
}

fn taken() -> Outcome {
    Outcome::Delivered { answer: "ok".into() }
}

fn refused_once() -> Outcome {
    Outcome::Failed { reason: "connection refused".into(), retry: true, after: None }
}

#[test]
fn channel_is_told_of_beginning_and_end_and_escalates_unless_acknowledged() {
    let mut world = world(ONE);
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert_eq!(sent(&mut world, &taken()), ["chat: 1 opened"]);
    world.pass(Duration::from_mins(14));
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
    world.pass(Duration::from_mins(1));
    assert_eq!(sent(&mut world, &taken()), ["boss: 1 opened"]);
    world.find("service-malfunction", SERVICE, Verdict::Ok);
    assert_eq!(sent(&mut world, &taken()), ["boss: 1 recovered", "chat: 1 recovered"]);
    assert!(!world.state.tells());

    world.find("application-failed", "acme/main/web/shop", Verdict::Firing);
    assert_eq!(sent(&mut world, &taken()), ["chat: 2 opened"]);
    let acknowledgement = Acknowledgement { comment: None, expires_at: None, sticky: false };
    world.by("root", Command::AcknowledgeProblems { problems: vec![ProblemId(2)], acknowledgement }).unwrap();
    world.pass(HOUR);
    assert_eq!(sent(&mut world, &taken()), [""; 0], "somebody has it in hand");
    let words = why(&world.state, ProblemId(2), world.now).unwrap();
    assert!(words.problem.contains("in hand") && words.routes[0].1.contains("takes it"), "{words:?}");
    assert!(words.channels[0].1.contains("opened: told 1h ago"), "{words:?}");
    world.find("application-failed", "acme/main/web/shop", Verdict::Ok);
    assert_eq!(sent(&mut world, &taken()), ["chat: 2 recovered"]);
}

#[test]
fn receiver_that_is_down_is_tried_again_and_given_up_and_hears_the_rest_when_it_is_back() {
    let mut world = world(ONE);
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    let mut attempts = 0;
    for _ in 0..60 {
        attempts += sent(&mut world, &refused_once()).iter().filter(|line| line.starts_with("chat")).count();
        world.pass(Duration::from_mins(1));
    }
    assert_eq!(attempts, super::ATTEMPTS_MAX);
    assert!(world.state.channels().any(|kept| kept.failing_since.is_some() && kept.channel.name == "chat"));
    world.pass(Duration::from_mins(70));
    assert!(sent(&mut world, &taken()).contains(&"chat: 1 opened".to_owned()));
    assert!(world.state.channels().all(|kept| kept.failing_since.is_none()));
}

#[test]
fn problem_that_is_over_before_anybody_was_told_is_told_to_nobody() {
    let mut world = world(ONE);
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert_eq!(sent(&mut world, &refused_once()), ["chat: 1 opened"]);
    world.find("service-malfunction", SERVICE, Verdict::Ok);
    world.pass(HOUR);
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
    assert!(!world.state.tells());
    // One of which it is not known may have been told.
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert_eq!(sent(&mut world, &Outcome::Unknown), ["chat: 2 opened"]);
    world.find("service-malfunction", SERVICE, Verdict::Ok);
    assert_eq!(sent(&mut world, &taken()), ["chat: 2 recovered"]);
}

#[test]
fn group_is_told_together_and_what_is_over_the_limit_is_summed_up() {
    let grouped = "[[route]]\nname = \"all\"\nchannels = [\"chat\"]\nper_hour = 2\n\
                   group = { by = \"rule\", wait = \"30s\" }\n";
    let mut world = world(grouped);
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert_eq!(sent(&mut world, &taken()), [""; 0], "it waits for more");
    world.pass(Duration::from_secs(20));
    world.find("service-malfunction", "acme/main/web/shop/HSM", Verdict::Firing);
    world.pass(Duration::from_secs(10));
    assert_eq!(sent(&mut world, &taken()), ["chat: 1 opened, 2 opened"]);
    world.find("application-failed", "acme/main/db/switch", Verdict::Firing);
    world.find("processor-busy", "acme/main/web", Verdict::Firing);
    world.pass(Duration::from_secs(30));
    let summed = sent(&mut world, &taken());
    assert_eq!(summed.len(), 1, "one was left of two: {summed:?}");
    world.find("memory-short", "acme/main/web", Verdict::Firing);
    world.pass(Duration::from_secs(30));
    assert_eq!(sent(&mut world, &taken()), [""; 0], "none is left");
    world.pass(HOUR);
    assert_eq!(sent(&mut world, &taken()).len(), 1, "but it is not lost");
}

/// An alarm that tells a topic, which comes into ALARM; what became of its action.
fn alarmed(world: &mut World, topic: &str) -> Option<String> {
    let tenant = path("acme");
    let mut alarm = metric_alarm("cpu");
    alarm.alarm_actions = vec![format!("arn:aws:sns:us-east-1:000000000001:{topic}")];
    let put = Command::PutAwsAlarm { tenant: tenant.clone(), alarm: Box::new(alarm), tags: BTreeMap::new() };
    world.by("root", put).unwrap();
    for state in [AlarmState::Ok, AlarmState::Alarm] {
        let said = StateSaid { state, reason: "by hand".into(), data: None };
        let (tenant, name) = (tenant.clone(), "cpu".to_owned());
        world.by("root", Command::SetAwsAlarmState { tenant, name, said }).unwrap();
    }
    let facts = acts(world, None);
    let EventBody::AwsAlarmActed { outcomes, .. } = facts.last().unwrap() else { panic!("{facts:?}") };
    outcomes[0].error.clone()
}

#[test]
fn alarm_tells_the_channel_that_its_topic_names_whatever_routes_say() {
    // N-6
    let mut world = world("[[route]]\nname = \"all\"\nchannels = [\"boss\"]\nper_hour = 1\n");
    assert_eq!(alarmed(&mut world, "chat"), None);
    assert_eq!(sent(&mut world, &refused_once()), ["chat: "]);
    assert_eq!(sent(&mut world, &taken()), [""; 0], "it is tried again later");
    world.pass(HOUR);
    assert_eq!(sent(&mut world, &taken()), ["chat: "]);
    let told = world.state.notifications().last().unwrap();
    assert_eq!((told.why, told.attempts.len()), (Why::Alarm, 2));
    assert_eq!(told.alarm.as_ref().unwrap().from, AlarmState::Ok);
    // Whatever cannot be told is in the ledger, with the reason that the alarm's history has.
    let error = alarmed(&mut world, "nobody").unwrap();
    assert!(error.contains("there is no channel \"nobody\""), "{error}");
    let refused = world.state.notifications().last().unwrap();
    assert_eq!(refused.end, Some(End::Refused { reason: error }));
    let mut off = channel("pager");
    off.enabled = false;
    applied(&mut world, off);
    assert!(alarmed(&mut world, "pager").unwrap().contains("switched off"));
    let mut foreign = channel("foreign");
    foreign.tenant = Some(path("bolt"));
    applied(&mut world, foreign);
    assert!(alarmed(&mut world, "foreign").unwrap().contains("there is no channel"));
    // A channel that is switched off in between is told nothing.
    assert_eq!(alarmed(&mut world, "chat"), None);
    let mut off = channel("chat");
    off.enabled = false;
    applied(&mut world, off);
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
    assert!(!world.state.tells());
}

/// What routes are to know of the alarms, as the master sees it.
fn observed(world: &mut World) {
    let observations = crate::aws_alarm::observations(&world.state, &path("acme"));
    world.by_master(Command::ObserveProblems { observations }).unwrap();
}

/// An alarm comes into a state by hand; its actions are not done yet.
fn comes_into(world: &mut World, state: AlarmState) {
    let said = StateSaid { state, reason: "by hand".into(), data: None };
    let (tenant, name) = (path("acme"), "cpu".to_owned());
    world.by("root", Command::SetAwsAlarmState { tenant, name, said }).unwrap();
    observed(world);
}

/// The master does the alarm's actions.
fn acts(world: &mut World, error: Option<&str>) -> Vec<EventBody> {
    let tenant = path("acme");
    let kept = world.state.aws_alarms(&tenant).get("cpu").unwrap();
    let outcome = |action: &String| ActionOutcome { action: action.clone(), error: error.map(str::to_owned) };
    let (outcomes, state_at) = (kept.due.iter().map(outcome).collect(), kept.state_at);
    let record = Command::RecordAwsAlarmActions { tenant, name: "cpu".into(), state_at, outcomes };
    world.by_master(record).unwrap()
}

/// The ledger of one channel: `route all: withdrawn: because of that`.
fn ledger(world: &World, channel: &str) -> Vec<String> {
    let of_channel = world.state.notifications().filter(|one| one.channel == channel);
    let words = |one: &Notification| {
        let end = match &one.end {
            Some(End::Withdrawn { reason } | End::Refused { reason }) => reason.as_str(),
            Some(End::Delivered) => "told",
            Some(End::GivenUp) => "given up",
            None => "open",
        };
        let by = if one.why == Why::Alarm { "alarm".to_owned() } else { format!("route {}", one.route) };
        format!("{by}: {end}")
    };
    of_channel.map(words).collect()
}

fn put_alarm(world: &mut World, alarm_topics: &[&str], ok_topics: &[&str]) {
    let arns = |names: &[&str]| {
        names.iter().map(|name| format!("arn:aws:sns:us-east-1:000000000001:{name}")).collect::<Vec<_>>()
    };
    let mut alarm = metric_alarm("cpu");
    (alarm.alarm_actions, alarm.ok_actions) = (arns(alarm_topics), arns(ok_topics));
    let put = Command::PutAwsAlarm { tenant: path("acme"), alarm: Box::new(alarm), tags: BTreeMap::new() };
    world.by("root", put).unwrap();
}

#[test]
fn alarm_that_tells_a_channel_itself_is_told_to_it_by_no_route() {
    // N-7
    let all = "[[route]]\nname = \"all\"\nchannels = [\"chat\", \"pager\"]\nrepeat = \"1h\"\n";
    let mut world = world(all);
    put_alarm(&mut world, &["chat"], &["chat"]);
    comes_into(&mut world, AlarmState::Alarm);
    assert_eq!(sent(&mut world, &taken()), ["pager: 1 opened"], "chat is the action's, which is due");
    world.pass(Duration::from_mins(1));
    assert_eq!(sent(&mut world, &taken()), [""; 0], "still");
    acts(&mut world, None);
    assert_eq!(sent(&mut world, &refused_once()), ["chat: "], "the action");
    assert_eq!(sent(&mut world, &taken()), [""; 0], "and its receiver is down");
    let words = why(&world.state, ProblemId(1), world.now).unwrap();
    assert!(
        words.channels.contains(&("chat".into(), "is told by the alarm's own action".into())),
        "{words:?}"
    );
    world.pass(Duration::from_mins(1));
    assert_eq!(sent(&mut world, &taken()), ["chat: "]);
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
    let spared = "the alarm's own action told it already, by notification 2";
    assert_eq!(ledger(&world, "chat"), ["alarm: told".to_owned(), format!("route all: {spared}")]);
    let words = why(&world.state, ProblemId(1), world.now).unwrap();
    assert!(words.channels.iter().any(|(_, words)| words.contains(spared)), "{words:?}");
    // It is told of it as by the route from then on: that it is open still, and its end, unless an action tells that.
    world.pass(HOUR);
    assert_eq!(sent(&mut world, &taken()), ["chat: 1 still open", "pager: 1 still open"]);
    comes_into(&mut world, AlarmState::Ok);
    acts(&mut world, None);
    let mut last = sent(&mut world, &taken());
    last.extend(sent(&mut world, &taken()));
    last.sort();
    assert_eq!(last, ["chat: ", "pager: 1 recovered"]);
    assert!(!world.state.tells(), "{:?}", world.state.notifications.tellings);
}

#[test]
fn what_an_alarm_does_not_tell_itself_is_told_by_routes() {
    // N-7
    let mut world = world("[[route]]\nname = \"all\"\nchannels = [\"chat\"]\n");
    put_alarm(&mut world, &["chat"], &[]);
    comes_into(&mut world, AlarmState::Alarm);
    acts(&mut world, None);
    assert_eq!(sent(&mut world, &taken()), ["chat: "]);
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
    comes_into(&mut world, AlarmState::Ok);
    assert_eq!(sent(&mut world, &taken()), ["chat: 1 recovered"], "no action tells it of OK");
    // The action of the next change fails, and of the one after it the receiver takes nothing.
    world.pass(HOUR);
    comes_into(&mut world, AlarmState::Alarm);
    acts(&mut world, Some("too often"));
    assert_eq!(sent(&mut world, &taken()), ["chat: 2 opened"]);
    comes_into(&mut world, AlarmState::Ok);
    assert_eq!(sent(&mut world, &taken()), ["chat: 2 recovered"]);
    world.pass(HOUR);
    comes_into(&mut world, AlarmState::Alarm);
    acts(&mut world, None);
    let no_room = Outcome::Failed { reason: "no such room".into(), retry: false, after: None };
    assert_eq!(sent(&mut world, &no_room), ["chat: "]);
    assert_eq!(sent(&mut world, &taken()), ["chat: 3 opened"]);
    comes_into(&mut world, AlarmState::Ok);
    assert_eq!(sent(&mut world, &taken()), ["chat: 3 recovered"]);
    // Nobody does the action.
    world.pass(HOUR);
    comes_into(&mut world, AlarmState::Alarm);
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
    world.pass(Duration::from_mins(5));
    assert_eq!(sent(&mut world, &taken()), ["chat: 4 opened"]);
}

#[test]
fn alarm_that_changes_before_it_was_acted_on_tells_both_changes() {
    // AA-3
    let mut world = world(ONE);
    let tenant = path("acme");
    let names = ["cpu", "disk"];
    for name in names {
        let mut alarm = metric_alarm(name);
        alarm.alarm_actions = vec!["arn:aws:sns:us-east-1:000000000001:chat".into()];
        alarm.ok_actions.clone_from(&alarm.alarm_actions);
        let put =
            Command::PutAwsAlarm { tenant: tenant.clone(), alarm: Box::new(alarm), tags: BTreeMap::new() };
        world.by("root", put).unwrap();
    }
    // Both in one command, so that their numbers go on.
    for state in [AlarmState::Alarm, AlarmState::Ok] {
        let alarms = world.state.aws_alarms(&tenant);
        let seen = names.map(|name| {
            let kept = alarms.get(name).unwrap();
            let said = StateSaid { state, reason: "seen".into(), data: None };
            let (configured_at, state_at) = (kept.configured_at, kept.state_at);
            SeenAlarm { name: name.to_owned(), configured_at, state_at, said }
        });
        world.by_master(Command::ObserveAwsAlarms { tenant: tenant.clone(), seen: seen.to_vec() }).unwrap();
    }
    let switch = Command::SwitchAwsAlarmActions {
        tenant: tenant.clone(),
        names: names.map(str::to_owned).to_vec(),
        enabled: false,
    };
    world.by("root", switch).unwrap();
    let told = world.state.open_notifications().filter_map(|open| open.alarm.as_ref());
    let told: Vec<_> = told.map(|told| (told.alarm.name.as_str(), told.to.state)).collect();
    let expected = [AlarmState::Alarm, AlarmState::Ok].map(|state| names.map(|name| (name, state)));
    assert_eq!(told, expected.concat());
    assert_eq!(world.state.aws_alarms(&tenant).history().items(None).count(), 2 + 4 + 4 + 2);
}

#[test]
fn waiting_messages_of_alarms_have_a_bound() {
    let mut world = world(ONE);
    let mut told = 0;
    let error = loop {
        match alarmed(&mut world, "chat") {
            None => told += 1,
            Some(error) => break error,
        }
        assert!(told <= 100);
    };
    assert!(told == 100 && error.contains("too many messages wait"), "{told}: {error}");
    // They are not in the way of problems.
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert!(sent(&mut world, &taken()).contains(&"chat: 1 opened".to_owned()));
}

#[test]
fn test_is_told_once_at_a_time_and_is_no_failure_of_the_channel() {
    let mut world = world(ONE);
    let test = |name: &str| Command::TestChannel { name: name.into() };
    refused(world.by("root", test("nowhere")), "not_found", "topmast channels");
    refused(world.by("oli", test("chat")), "forbidden", "handle problems");
    world.by("root", test("chat")).unwrap();
    refused(world.by("root", test("chat")), "conflict", "being tested");
    assert_eq!(sent(&mut world, &refused_once()), ["chat: "]);
    world.pass(HOUR);
    assert_eq!(sent(&mut world, &taken()), [""; 0], "somebody waited for its answer");
    assert!(world.state.channels().all(|kept| kept.failing_since.is_none()));
    // One that gets through says that the channel works: what was given up is told at once.
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    let no_room = Outcome::Failed { reason: "no such room".into(), retry: false, after: None };
    assert_eq!(sent(&mut world, &no_room), ["chat: 1 opened"]);
    world.by("root", test("chat")).unwrap();
    world.pass(Duration::from_secs(1));
    assert_eq!(sent(&mut world, &taken()), ["chat: "]);
    assert_eq!(sent(&mut world, &taken()), ["chat: 1 opened"]);
}

#[test]
fn what_is_over_and_not_settled_yet_is_not_told_any_more() {
    let mut world = world(ONE);
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    world.settle();
    let close = Command::CloseProblems { problems: vec![ProblemId(1)], comment: None };
    world.find("service-malfunction", SERVICE, Verdict::Unknown);
    world.by("root", close).unwrap();
    assert!(!is_due(&world.state, world.now), "it is over");
    assert_eq!(sent(&mut world, &taken()), [""; 0]);
}

#[test]
fn routes_are_looked_at_in_order_and_channels_are_kept_apart_by_tenant() {
    let two = "[[route]]\nname = \"b-first\"\norder = 1\nseverity = \"critical\"\nchannels = [\"pager\"]\n\
               [[route]]\nname = \"a-second\"\nchannels = [\"chat\", \"other\"]\n";
    let mut world = World::with_services();
    let mut other = channel("other");
    other.tenant = Some(path("bolt"));
    for channel in [channel("chat"), channel("pager"), other] {
        applied(&mut world, channel);
    }
    world.by("root", Command::ApplyRoutes { routes: routes(two), prune: false }).unwrap();
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert_eq!(sent(&mut world, &taken()), ["chat: 1 opened"]);
    world.find("application-quarantined", "acme/main/web/shop", Verdict::Firing);
    assert_eq!(sent(&mut world, &taken()), ["pager: 2 opened"]);
    let of_bolt = "[[route]]\nname = \"x\"\nwithin = \"acme\"\nchannels = [\"other\"]\n";
    let command = Command::ApplyRoutes { routes: routes(of_bolt), prune: false };
    refused(world.by("root", command), "invalid", "not there");
    refused(world.by("root", Command::DeleteChannel { name: "chat".into() }), "conflict", "a-second");
    let command = Command::DeleteRoute { name: "a-second".into() };
    refused(world.by("oli", command), "forbidden", "manage notifications");
}
