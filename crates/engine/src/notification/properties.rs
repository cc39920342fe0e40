//! Properties of whole histories: problems come and go, channels take messages or do not, the master ends at any point.
//!
//! What receivers know is kept in a ledger of its own, from what they took.

use super::tests::{applied, channel, routes};
use crate::aws_alarm::detail;
use crate::fixture::*;
use crate::problem::properties::{Happening, any_happening, happen, later};
use crate::properties::check_all;
use crate::{State, apply};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use topmast_model::aws_alarm::PROBLEM_RULE;
use topmast_model::command::Command;
use topmast_model::event::{Event, EventBody};
use topmast_model::notification::{NotificationId, Outcome, Told};
use topmast_model::problem::{Notice, ProblemId, Suppression};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

pub(crate) const CHANNELS: [&str; 3] = ["chat", "pager", "boss"];
const REPEAT: Duration = Duration::from_hours(1);

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Problem(Happening),
    /// What is to be sent is sent, and one of these is the answer by channel.
    Sent([u8; 3]),
    /// Attempts begin, and the master ends before it knows of them.
    CutOff,
    Routes(bool),
}

fn any_step() -> impl Strategy<Value = Step> {
    let answer = || prop_oneof![5 => Just(0_u8), 3 => Just(1), 1 => Just(2)];
    prop_oneof![
        8 => any_happening().prop_map(Step::Problem),
        8 => [answer(), answer(), answer()].prop_map(Step::Sent),
        1 => Just(Step::CutOff),
        1 => any::<bool>().prop_map(Step::Routes),
    ]
}

type History = Vec<(i64, Step)>;

fn any_history() -> impl Strategy<Value = History> {
    let pass = prop_oneof![6 => 0_i64..60_000, 2 => 0_i64..900_000, 1 => -5_000_i64..0];
    prop::collection::vec((pass, any_step()), 1..150)
}

fn start() -> World {
    let mut world = World::with_services();
    for name in CHANNELS {
        applied(&mut world, channel(name));
    }
    world.by("root", Command::ApplyRoutes { routes: both(), prune: true }).unwrap();
    world
}

pub(crate) fn both() -> Vec<topmast_model::notification::Route> {
    routes(
        r#"
        [[route]]
        name = "all"
        channels = ["chat"]
        group = { by = "object", wait = "30s" }
        repeat = "1h"
        per_hour = 4
        continue = true
        [[route]]
        name = "bad"
        order = 200
        severity = "major"
        channels = ["pager"]
        escalation = [{ after = "10m", channels = ["boss"] }]
        "#,
    )
}

fn ready(world: &World) -> Vec<NotificationId> {
    let is_ready = |at: Option<UnixMillis>| at.is_some_and(|at| at <= world.now);
    world.state.open_notifications().filter(|open| is_ready(open.next_at)).map(|open| open.id).collect()
}

pub(crate) fn settle(world: &mut World) {
    world.settle();
    for _ in 0..20 {
        if world.by_master(Command::SettleNotifications).unwrap().is_empty() {
            return;
        }
    }
    panic!("notifications do not settle");
}

fn begin(world: &mut World, id: NotificationId) -> Option<(String, u32)> {
    let facts = world.by_master(Command::BeginNotification { id }).unwrap();
    match &facts[..] {
        [EventBody::NotificationBegun { attempt, .. }] => {
            Some((world.state.open_notification(id).unwrap().channel.clone(), *attempt))
        }
        [EventBody::NotificationWithdrawn { .. }] => None,
        other => panic!("{other:?}"),
    }
}

fn send(world: &mut World, answers: [u8; 3]) {
    for id in ready(world) {
        let Some((channel, attempt)) = begin(world, id) else { continue };
        let place = CHANNELS.iter().position(|name| *name == channel).unwrap();
        let outcome = match answers[place] {
            0 => Outcome::Delivered { answer: "ok".into() },
            1 => Outcome::Failed { reason: "refused".into(), retry: true, after: None },
            _ => Outcome::Failed { reason: "no such room".into(), retry: false, after: None },
        };
        world.by_master(Command::FinishNotification { id, attempt, outcome }).unwrap();
    }
}

/// Another master process takes over: what was under way is not known.
fn restart(world: &mut World) {
    world.state = serde_json::from_str(&serde_json::to_string(&world.state).unwrap()).unwrap();
    let under_way = world.state.open_notifications().filter(|open| open.is_under_way());
    let under_way: Vec<(NotificationId, usize)> =
        under_way.map(|open| (open.id, open.attempts.len())).collect();
    for (id, attempt) in under_way {
        let attempt = u32::try_from(attempt).unwrap();
        world.by_master(Command::FinishNotification { id, attempt, outcome: Outcome::Unknown }).unwrap();
    }
}

fn play(history: &History) -> World {
    let mut world = start();
    for (pass, step) in history {
        world.now = later(&world, *pass);
        match step {
            Step::Problem(happening) => happen(&mut world, happening),
            Step::Sent(answers) => send(&mut world, *answers),
            Step::CutOff => {
                for id in ready(&world) {
                    begin(&mut world, id);
                }
                restart(&mut world);
            }
            Step::Routes(whole) => {
                let mut routes = both();
                routes.truncate(if *whole { 2 } else { 1 });
                world.by("root", Command::ApplyRoutes { routes, prune: true }).unwrap();
            }
        }
        settle(&mut world);
    }
    world
}

/// For some hours every channel takes everything, and nothing happens.
pub(crate) fn calm(world: &mut World) {
    // What was under way has an end, as after a restart.
    restart(world);
    for _ in 0..12 {
        settle(world);
        send(world, [0; 3]);
        world.pass(Duration::from_mins(21));
    }
    settle(world);
    send(world, [0; 3]);
}

/// What receivers were told, in order: which channel, what, when, and whether it is only possible that they were.
fn told(world: &World) -> Vec<(String, Told, UnixMillis, bool)> {
    let mut channels: BTreeMap<NotificationId, (String, Vec<Told>)> = BTreeMap::new();
    let mut all = Vec::new();
    for event in &world.log {
        match &event.body {
            EventBody::NotificationDue { id, channel, told, .. } => {
                channels.insert(*id, (channel.clone(), told.clone()));
            }
            EventBody::NotificationAsked { id, channel, .. } => {
                channels.insert(*id, (channel.clone(), Vec::new()));
            }
            EventBody::NotificationBegun { id, told, .. } => {
                channels.get_mut(id).unwrap().1.clone_from(told);
            }
            EventBody::NotificationFinished { id, outcome, .. } => {
                let (channel, told) = &channels[id];
                let perhaps = *outcome == Outcome::Unknown;
                if perhaps || matches!(outcome, Outcome::Delivered { .. }) {
                    all.extend(told.iter().map(|told| (channel.clone(), told.clone(), event.time, perhaps)));
                }
            }
            EventBody::NotificationSpared { channel, told, .. } => {
                all.push((channel.clone(), Told::clone(told), event.time, false));
            }
            _ => {}
        }
    }
    all
}

/// Each recovery comes to whoever was told of the problem, and to nobody else (N-1); how many there were.
pub(crate) fn check_recoveries(world: &World) -> usize {
    let mut messages: BTreeMap<NotificationId, (String, Vec<Told>)> = BTreeMap::new();
    let mut knows: BTreeSet<(String, ProblemId)> = BTreeSet::new();
    let mut recoveries = 0;
    for event in &world.log {
        match &event.body {
            EventBody::NotificationDue { id, channel, .. }
            | EventBody::NotificationAsked { id, channel, .. } => {
                messages.insert(*id, (channel.clone(), Vec::new()));
            }
            EventBody::NotificationBegun { id, told, .. } => {
                messages.get_mut(id).unwrap().1.clone_from(told);
            }
            EventBody::NotificationFinished { id, outcome, .. } => {
                let perhaps = *outcome == Outcome::Unknown;
                if !perhaps && !matches!(outcome, Outcome::Delivered { .. }) {
                    continue;
                }
                let (channel, told) = &messages[id];
                for told in told {
                    let key = (channel.clone(), told.problem);
                    if told.notice != Notice::Recovered {
                        knows.insert(key);
                        continue;
                    }
                    assert!(knows.contains(&key), "{key:?} was never told");
                    // One that was cut off is told again.
                    if !perhaps {
                        knows.remove(&key);
                        recoveries += 1;
                    }
                }
            }
            // An alarm's own action told them so.
            EventBody::NotificationSpared { channel, told, .. } => {
                let key = (channel.clone(), told.problem);
                if told.notice == Notice::Recovered {
                    knows.remove(&key)
                } else {
                    knows.insert(key)
                };
            }
            EventBody::RecoveryUntold { id, channels, .. } => {
                knows.retain(|(channel, problem)| problem != id || !channels.contains(channel));
            }
            EventBody::ChannelDeleted { name, .. } => knows.retain(|(channel, _)| channel != name),
            _ => {}
        }
    }
    for (channel, problem) in knows {
        let open = world.state.problem(problem).is_some_and(|problem| problem.closed.is_none());
        assert!(open, "{channel} never heard that {problem} is over");
    }
    assert!(world.state.open_notifications().next().is_none(), "something never ends");
    recoveries
}

/// No route begins to tell a channel what an alarm's own action told it since, as events alone have it (N-7); how
/// much was spared, and how often routes told of alarms.
pub(crate) fn check_alarms(world: &World) -> (usize, usize) {
    let (mut spared, mut by_routes) = (0, 0);
    let mut channels: BTreeMap<NotificationId, String> = BTreeMap::new();
    let mut asked: BTreeMap<NotificationId, (String, bool, UnixMillis)> = BTreeMap::new();
    // By channel and alarm: whether ALARM was told, and since when that is so.
    let mut own: BTreeMap<(String, String, bool), UnixMillis> = BTreeMap::new();
    let mut problems: BTreeMap<ProblemId, (String, UnixMillis)> = BTreeMap::new();
    for event in &world.log {
        match &event.body {
            EventBody::ProblemOpened { id, problem, .. } if problem.key.rule == PROBLEM_RULE => {
                problems.insert(*id, (problem.key.detail.clone(), problem.since));
            }
            EventBody::NotificationDue { id, channel, .. } => {
                channels.insert(*id, channel.clone());
            }
            EventBody::NotificationAsked { id, channel, alarm: Some(alarm), .. } => {
                let (name, fires) = (detail(&alarm.alarm.name), alarm.to.state == AlarmState::Alarm);
                own.remove(&(channel.clone(), name.clone(), fires));
                channels.insert(*id, channel.clone());
                asked.insert(*id, (name, fires, alarm.at));
            }
            EventBody::NotificationFinished { id, outcome: Outcome::Delivered { .. }, .. } => {
                if let Some((name, fires, at)) = asked.get(id) {
                    own.insert((channels[id].clone(), name.clone(), *fires), *at);
                }
            }
            EventBody::NotificationBegun { id, told, .. } => {
                for told in told {
                    let Some((name, since)) = problems.get(&told.problem) else { continue };
                    by_routes += 1;
                    let fires = match told.notice {
                        Notice::Recovered => false,
                        Notice::Opened | Notice::Flapping => true,
                        _ => continue,
                    };
                    let key = (channels[id].clone(), name.clone(), fires);
                    let known = own.get(&key).is_some_and(|at| at >= since);
                    assert!(!known, "{} knows {told:?} by the alarm", key.0);
                }
            }
            EventBody::NotificationSpared { .. } => spared += 1,
            _ => {}
        }
    }
    (spared, by_routes)
}

/// Nothing begins to be sent of what is suppressed (N-2), as events alone have it; how many began and were withdrawn.
pub(crate) fn check_suppression(world: &World) -> (usize, usize) {
    let (mut begun, mut withdrawn) = (0, 0);
    let mut suppressed: BTreeMap<ProblemId, Suppression> = BTreeMap::new();
    let mut over = BTreeSet::new();
    for event in &world.log {
        match &event.body {
            EventBody::ProblemSuppressed { id, suppression: Some(suppression), .. } => {
                suppressed.insert(*id, suppression.clone());
            }
            EventBody::ProblemSuppressed { id, suppression: None, .. } => {
                suppressed.remove(id);
            }
            EventBody::ProblemClosed { id, .. } => {
                over.insert(*id);
            }
            EventBody::NotificationBegun { told, .. } => {
                begun += 1;
                for told in told {
                    let is_over = told.notice == Notice::Recovered;
                    assert_eq!(is_over, over.contains(&told.problem), "{told:?}");
                    let in_the_way = suppressed.get(&told.problem);
                    let flaps = told.notice == Notice::Flapping;
                    let is_free = in_the_way.is_none() || flaps && in_the_way == Some(&Suppression::Flapping);
                    assert!(is_over || is_free, "{told:?}: {in_the_way:?}");
                }
            }
            EventBody::NotificationWithdrawn { .. } => withdrawn += 1,
            _ => {}
        }
    }
    (begun, withdrawn)
}

/// Whatever is open and may be told was told on each channel that the routes of [`both`] name (N-3); how much.
pub(crate) fn check_told(world: &World) -> usize {
    let mut knows: BTreeSet<(String, ProblemId)> = BTreeSet::new();
    for (channel, told, ..) in told(world) {
        knows.insert((channel, told.problem));
    }
    let mut looked = 0;
    for problem in world.state.open_problems() {
        if problem.suppression.is_some() || problem.told.is_none() {
            continue;
        }
        looked += 1;
        let bad = problem.what.severity >= topmast_model::status::Severity::Major;
        for channel in CHANNELS.iter().take(if bad { 3 } else { 1 }) {
            let key = ((*channel).to_owned(), problem.id);
            assert!(knows.contains(&key), "{channel} does not know of {problem:?}");
        }
    }
    looked
}

#[test]
fn recovery_is_lost_for_nobody_who_was_told_and_comes_to_nobody_else() {
    // N-1, N-5
    let (recoveries, given_up) = (Cell::new(0), Cell::new(0));
    check_all(&any_history(), |history| {
        let mut world = play(&history);
        world.by("root", Command::ApplyRoutes { routes: both(), prune: true }).unwrap();
        calm(&mut world);
        recoveries.set(recoveries.get() + check_recoveries(&world));
        let is_given_up = |event: &&Event| {
            matches!(
                event.body,
                EventBody::NotificationFinished { next_at: None, outcome: Outcome::Failed { .. }, .. }
            )
        };
        given_up.set(given_up.get() + world.log.iter().filter(is_given_up).count());
    });
    println!("{} recoveries, {} given up", recoveries.get(), given_up.get());
    assert!(recoveries.get() > 100 && given_up.get() > 100, "else this held of nothing");
}

#[test]
fn nothing_is_sent_of_what_is_suppressed() {
    // N-2
    let (begun, withdrawn) = (Cell::new(0), Cell::new(0));
    check_all(&any_history(), |history| {
        let world = play(&history);
        let counted = check_suppression(&world);
        begun.set(begun.get() + counted.0);
        withdrawn.set(withdrawn.get() + counted.1);
    });
    println!("{} begun, {} withdrawn", begun.get(), withdrawn.get());
    assert!(begun.get() > 100 && withdrawn.get() > 100, "else this held of nothing");
}

#[test]
fn nothing_is_silent_for_ever() {
    // N-3
    let looked = Cell::new(0);
    check_all(&any_history(), |history| {
        let mut world = play(&history);
        world.by("root", Command::ApplyRoutes { routes: both(), prune: true }).unwrap();
        calm(&mut world);
        looked.set(looked.get() + check_told(&world));
    });
    assert!(looked.get() > 100, "else this held of nothing: {}", looked.get());
}

#[test]
fn nobody_is_told_the_same_twice_within_the_interval() {
    // N-4. The clock is set back by some seconds now and then.
    let slack = Duration::from_mins(10);
    let repeated = Cell::new(0);
    check_all(&any_history(), |history| {
        let mut world = play(&history);
        world.by("root", Command::ApplyRoutes { routes: both(), prune: true }).unwrap();
        calm(&mut world);
        let mut last: BTreeMap<(String, ProblemId), (Told, UnixMillis, bool)> = BTreeMap::new();
        for (channel, told, at, perhaps) in told(&world) {
            let before = last.insert((channel.clone(), told.problem), (told.clone(), at, perhaps));
            let Some((before, before_at, false)) = before else { continue };
            if (before.notices, before.severity) == (told.notices, told.severity)
                && told.notice != Notice::Recovered
            {
                assert!(before_at.until(at) + slack >= REPEAT, "{channel}: {told:?} again");
                assert_eq!(channel, "chat", "only its route repeats");
                repeated.set(repeated.get() + 1);
            }
        }
    });
    println!("{} repeated", repeated.get());
    assert!(repeated.get() > 20, "else this held of nothing");
}

#[test]
fn limit_by_the_hour_holds() {
    let full = Cell::new(0);
    check_all(&any_history(), |history| {
        let world = play(&history);
        let mut due: Vec<UnixMillis> = Vec::new();
        for event in &world.log {
            if let EventBody::NotificationDue { channel, route, .. } = &event.body
                && channel == "chat"
                && route == "all"
            {
                due.push(event.time);
                // Without what a clock that was set back made count twice.
                let recent =
                    due.iter().filter(|at| at.plus(REPEAT) > event.time.plus(Duration::from_mins(10)));
                let recent = recent.count();
                assert!(recent <= 4, "{recent} within an hour");
                full.set(full.get() + usize::from(recent == 4));
            }
        }
    });
    assert!(full.get() > 20, "else this held of nothing: {}", full.get());
}

#[test]
fn replay_and_snapshot_give_the_same_notifications() {
    // E-3
    check_all(&any_history(), |history| {
        let world = play(&history);
        let log: Vec<Event> = serde_json::from_str(&serde_json::to_string(&world.log).unwrap()).unwrap();
        let (mut replayed, mut halfway) = (State::default(), None);
        for (index, event) in log.iter().enumerate() {
            apply(&mut replayed, event);
            if index == log.len() / 2 {
                halfway = Some(serde_json::to_string(&replayed).unwrap());
            }
        }
        assert_eq!(replayed, world.state);
        let mut resumed: State = serde_json::from_str(&halfway.unwrap()).unwrap();
        for event in &log {
            apply(&mut resumed, event);
        }
        assert_eq!(resumed, world.state);
    });
}
