//! Properties of whole histories of problems: what is found, done and announced at random, over a few objects.
//!
//! What people were told is kept in a ledger of its own, and what suppresses is worked out anew and simply.

use super::tests::observation;
use super::*;
use crate::fixture::*;
use crate::properties::check_all;
use crate::{FLAPPING_WINDOW, State, apply};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::event::{Event, EventBody};
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::path::Level;
use topmast_model::problem::{Mute, ProblemKey};
use topmast_model::report::Report;
use topmast_model::rule::{Span, text};
use topmast_model::status::ServerStatus;
use uuid::Uuid;

const SERVERS: [&str; 2] = ["acme/main/db", "acme/main/web"];
const OBJECTS: [&str; 6] = [
    "acme/main/db",
    "acme/main/web",
    "acme/main/db/switch",
    "acme/main/web/shop",
    "acme/main/db/switch/HSM",
    "acme/main/web/shop/HSM",
];
const RULES: [&str; 4] = ["server-down", "processor-busy", "application-failed", "service-malfunction"];

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Found(&'static str, &'static str, Verdict),
    ServerIs(&'static str, ServerStatus),
    Acknowledged(u64, Option<i64>, bool),
    Unacknowledged(u64),
    Closed(u64),
    Muted(u128, &'static str, Option<&'static str>, i64),
    Unmuted(u128),
    Maintenance(u128, &'static str, i64, i64, bool),
    Cancelled(u128),
    Severity(&'static str, Severity, bool),
    Gone(&'static str),
}

pub(crate) fn any_happening() -> impl Strategy<Value = Happening> {
    let object = || prop::sample::select(&OBJECTS[..]);
    let rule = || prop::sample::select(&RULES[..]);
    let id = || 1_u64..12;
    let uuid = || 0_u128..3;
    let verdict = prop_oneof![
        5 => Just(Verdict::Firing), 4 => Just(Verdict::Ok), 1 => Just(Verdict::Unknown), 1 => Just(Verdict::Gone)
    ];
    let status = prop_oneof![3 => Just(ServerStatus::Up), 1 => Just(ServerStatus::Stale), 1 => Just(ServerStatus::Down)];
    let span = || 1_000_i64..2_000_000;
    prop_oneof![
        20 => (rule(), object(), verdict).prop_map(|(rule, object, verdict)| Happening::Found(rule, object, verdict)),
        4 => (prop::sample::select(&SERVERS[..]), status).prop_map(|(server, status)| Happening::ServerIs(server, status)),
        3 => (id(), prop::option::of(span()), any::<bool>()).prop_map(|(id, end, sticky)| Happening::Acknowledged(id, end, sticky)),
        1 => id().prop_map(Happening::Unacknowledged),
        1 => id().prop_map(Happening::Closed),
        2 => (uuid(), object(), prop::option::of(rule()), span())
            .prop_map(|(id, object, rule, span)| Happening::Muted(id, object, rule, span)),
        1 => uuid().prop_map(Happening::Unmuted),
        2 => (uuid(), object(), -500_000_i64..500_000, span(), any::<bool>())
            .prop_map(|(id, object, from, lasts, flexible)| Happening::Maintenance(id, object, from, lasts, flexible)),
        1 => uuid().prop_map(Happening::Cancelled),
        2 => (rule(), prop::sample::select(Severity::ALL), prop::bool::weighted(0.8))
            .prop_map(|(rule, severity, enabled)| Happening::Severity(rule, severity, enabled)),
        1 => object().prop_map(Happening::Gone),
    ]
}

/// A history: how long passes before each happening, and whether everything is settled after it.
type History = Vec<(i64, Happening, bool)>;

fn any_history() -> impl Strategy<Value = History> {
    let pass = prop_oneof![6 => 0_i64..60_000, 2 => 0_i64..900_000, 1 => -5_000_i64..0];
    prop::collection::vec((pass, any_happening(), prop::bool::weighted(0.8)), 1..120)
}

pub(crate) fn later(world: &World, millis: i64) -> UnixMillis {
    UnixMillis(world.now.0 + millis)
}

/// Makes it happen; what makes no sense now is refused, and nothing happens.
pub(crate) fn happen(world: &mut World, happening: &Happening) {
    let (who, command) = match happening {
        Happening::Found(rule, object, verdict) => {
            let observations = vec![observation(rule, object, *verdict, world)];
            ("master", Command::ObserveProblems { observations })
        }
        Happening::ServerIs(server, status) => {
            let cause = Cause::Connection { message: "no data".into() };
            ("master", Command::ObserveServer { server: path(server), status: *status, cause })
        }
        Happening::Acknowledged(id, end, sticky) => {
            let expires_at = end.map(|millis| later(world, millis));
            let acknowledgement = Acknowledgement { comment: None, expires_at, sticky: *sticky };
            ("root", Command::AcknowledgeProblems { problems: vec![ProblemId(*id)], acknowledgement })
        }
        Happening::Unacknowledged(id) => {
            ("root", Command::UnacknowledgeProblems { problems: vec![ProblemId(*id)] })
        }
        Happening::Closed(id) => {
            ("root", Command::CloseProblems { problems: vec![ProblemId(*id)], comment: None })
        }
        Happening::Muted(id, object, rule, millis) => {
            let (object, rule) = (path(object), rule.map(str::to_owned));
            let mute = Mute { object, rule, until: later(world, *millis), comment: None };
            ("root", Command::MuteObject { id: Uuid::from_u128(*id), mute })
        }
        Happening::Unmuted(id) => ("root", Command::UnmuteObject { id: Uuid::from_u128(*id) }),
        Happening::Maintenance(id, object, from, lasts, flexible) => {
            let (starts_at, ends_at) = (later(world, *from), later(world, from + lasts));
            let lasts = Span::from_millis(u64::try_from(*lasts).unwrap() / 2 + 1);
            let window = if *flexible {
                Window::Flexible { starts_at, ends_at, lasts }
            } else {
                Window::Once { starts_at, ends_at }
            };
            let maintenance = Maintenance { name: "x".into(), objects: vec![path(object)], window };
            ("root", Command::SetMaintenance { id: Uuid::from_u128(*id), maintenance })
        }
        Happening::Cancelled(id) => ("root", Command::CancelMaintenance { id: Uuid::from_u128(*id) }),
        Happening::Severity(name, severity, enabled) => {
            let mut rule = crate::shipped_rules()[*name].clone();
            (rule.severity, rule.enabled) = (*severity, *enabled);
            // Through its text, as people apply it.
            let rules = text::read(&text::write(&[rule]).unwrap()).unwrap();
            ("root", Command::ApplyRules { rules, prune: false })
        }
        Happening::Gone(object) => {
            let object = path(object);
            let server = object.ancestor(Level::Server).unwrap();
            let name_at = |level| object.name_at(level).map(str::to_owned);
            let report = match (name_at(Level::Application), name_at(Level::Service)) {
                (Some(application), Some(name)) => Report::ServiceGone { application, name },
                (Some(name), None) => Report::ApplicationGone { name },
                _ => return,
            };
            let _ = world.report(&server, vec![report]);
            return;
        }
    };
    let _ = if who == "master" { world.by_master(command) } else { world.by(who, command) };
}

/// Plays a history; after each settling, and at the end, everything is looked at.
fn play(history: &History, mut look: impl FnMut(&World, usize)) -> World {
    let mut world = World::with_services();
    for (pass, happening, settles) in history {
        world.now = later(&world, *pass);
        happen(&mut world, happening);
        if *settles {
            let before = world.log.len();
            world.settle();
            look(&world, before);
        }
    }
    let before = world.log.len();
    world.settle();
    look(&world, before);
    world
}

/// What is in the way of telling of a problem, asked simply. Of flapping and acknowledgement the problem tells itself.
fn is_out_of_reach(world: &World, problem: &Problem) -> bool {
    let state = &world.state;
    let key: &ProblemKey = &problem.what.key;
    let object = &key.object;
    let server = object.ancestor(Level::Server).unwrap();
    let muted = state.mutes().values().any(|mute| mute.covers(key) && mute.until > world.now);
    let outage = state.open_problems().any(|other| {
        let strictly = object.is_within(other.object()) && object != other.object();
        let beside = object == other.object() && !problem.what.outage;
        other.what.outage && other.verdict != Verdict::Ok && other.id != problem.id && (strictly || beside)
    });
    let unseen = state.server(&server).is_none_or(|server| server.status != ServerStatus::Up);
    let own = problem.what.outage && *object == server;
    state.maintenance_of(object, world.now).is_some() || muted || outage || (unseen && !own)
}

#[test]
fn end_of_what_was_told_is_told_and_once() {
    // B-2
    let recovered = Cell::new(0);
    check_all(&any_history(), |history| {
        let world = play(&history, |_, _| {});
        let (mut told, mut closed) = (BTreeSet::new(), BTreeSet::new());
        for event in &world.log {
            match &event.body {
                EventBody::NoticeDecided { id, notice, .. } => match notice {
                    Notice::Opened | Notice::Flapping => {
                        assert!(told.insert(*id) && !closed.contains(id), "{id} is told anew");
                    }
                    Notice::Worse | Notice::StillOpen => {
                        assert!(told.contains(id) && !closed.contains(id), "{id} was not told");
                    }
                    Notice::Recovered => {
                        assert!(told.remove(id) && closed.contains(id), "{id} was not told, or is open");
                        recovered.set(recovered.get() + 1);
                    }
                },
                EventBody::ProblemClosed { id, .. } => assert!(closed.insert(*id), "{id} is closed twice"),
                _ => {}
            }
        }
        let open: BTreeSet<ProblemId> = world.state.open_problems().map(|problem| problem.id).collect();
        assert!(told.is_subset(&open), "never told that they are over: {told:?}");
    });
    println!("{} recoveries", recovered.get());
    assert!(recovered.get() > 100, "else this held of nothing");
}

#[test]
fn nobody_is_told_of_a_suppressed_problem() {
    // B-3
    let (told, suppressed) = (Cell::new(0), Cell::new(0));
    check_all(&any_history(), |history| {
        play(&history, |world, before| {
            for event in &world.log[before..] {
                match &event.body {
                    EventBody::NoticeDecided { notice: Notice::Recovered, .. } => {}
                    EventBody::NoticeDecided { id, notice, .. } => {
                        let problem = world.state.problem(*id).unwrap();
                        assert!(!is_out_of_reach(world, problem), "{notice:?} of {problem:?}");
                        assert!(problem.acknowledged.is_none(), "{notice:?} of {problem:?}");
                        assert!(
                            !problem.flapping || *notice == Notice::Flapping,
                            "{notice:?} of {problem:?}"
                        );
                        told.set(told.get() + 1);
                    }
                    EventBody::ProblemSuppressed { suppression: Some(_), .. } => {
                        suppressed.set(suppressed.get() + 1);
                    }
                    _ => {}
                }
            }
        });
    });
    println!("{} told, {} suppressed", told.get(), suppressed.get());
    assert!(told.get() > 100 && suppressed.get() > 100, "else this held of nothing");
}

#[test]
fn what_suppresses_is_there_and_ends() {
    // B-4
    let left = Cell::new(0);
    check_all(&any_history(), |history| {
        let mut world = play(&history, |world, _| {
            for problem in world.state.open_problems() {
                let is_told_or_shown = problem.told.is_some() || problem.suppression.is_some();
                assert!(is_told_or_shown, "silent: {problem:?}");
                match &problem.suppression {
                    Some(Suppression::Maintenance { id }) => {
                        assert!(world.state.maintenances()[id].is_in_force(world.now));
                    }
                    Some(Suppression::Muted { id }) => assert!(world.state.mutes()[id].until > world.now),
                    Some(Suppression::ParentDown { problem: Some(id), .. }) => {
                        assert!(world.state.problem(*id).unwrap().closed.is_none());
                    }
                    Some(Suppression::ParentDown { object, problem: None }) => {
                        assert_ne!(world.state.server(object).unwrap().status, ServerStatus::Up);
                    }
                    Some(Suppression::Action { id }) => panic!("there is no action {id}"),
                    Some(Suppression::Acknowledged) => assert!(problem.acknowledged.is_some()),
                    Some(Suppression::Flapping) => assert!(problem.flapping && problem.told.is_some()),
                    None => {}
                }
                assert_eq!(problem.suppression.is_none(), {
                    let quiet = problem.flapping || problem.acknowledged.is_some();
                    !is_out_of_reach(world, problem) && !quiet
                });
            }
        });
        // Once everything that ends has ended, all is told but what others explain or somebody has in hand.
        for server in SERVERS {
            happen(&mut world, &Happening::ServerIs(server, ServerStatus::Up));
        }
        world.now = later(&world, 401 * 24 * 3_600_000);
        world.settle();
        assert!(world.state.mutes().is_empty() && world.state.maintenances().is_empty());
        for problem in world.state.open_problems() {
            left.set(left.get() + 1);
            match &problem.suppression {
                None => assert!(problem.told.is_some(), "{problem:?}"),
                Some(Suppression::ParentDown { problem: Some(_), .. }) => {}
                Some(Suppression::Acknowledged) => {
                    assert_eq!(problem.acknowledged.as_ref().unwrap().terms.expires_at, None);
                }
                other => panic!("{other:?} has no end: {problem:?}"),
            }
        }
    });
    assert!(left.get() > 100, "else this held of nothing");
}

#[test]
fn problems_are_one_a_key_explained_from_above_and_open_while_they_flap() {
    // B-1, B-5, B-6
    let flapped = Cell::new(0);
    check_all(&any_history(), |history| {
        play(&history, |world, before| {
            let keys: BTreeSet<&ProblemKey> =
                world.state.open_problems().map(|problem| &problem.what.key).collect();
            assert_eq!(keys.len(), world.state.open_problems().count());
            assert!(world.state.problems.burdens_are_true(), "U-1");
            for problem in world.state.open_problems() {
                let Some(cause) = problem.cause.map(|cause| world.state.problem(cause).unwrap()) else {
                    continue;
                };
                let strictly = problem.object() != cause.object() || !problem.what.outage;
                assert!(problem.object().is_within(cause.object()) && cause.what.outage && strictly);
            }
            for event in &world.log[before..] {
                if let EventBody::ProblemFlappingChanged { id, flapping: true, .. } = &event.body {
                    panic!("{id}: settling ends flapping and never starts it");
                }
            }
            flapped
                .set(flapped.get() + world.state.open_problems().filter(|problem| problem.flapping).count());
        });
    });
    println!("{} times flapping", flapped.get());
}

#[test]
fn flapping_never_outlives_its_window() {
    // B-5: quickly come and gone, then quiet.
    let flips = prop::collection::vec((1_i64..40_000, any::<bool>()), 1..60);
    let flapped = Cell::new(0);
    check_all(&flips, |flips| {
        let mut world = World::with_services();
        let object = OBJECTS[4];
        let mut told: BTreeMap<UnixMillis, usize> = BTreeMap::new();
        for (pass, firing) in flips {
            world.now = later(&world, pass);
            let verdict = if firing { Verdict::Firing } else { Verdict::Ok };
            let notices = world.find("service-malfunction", object, verdict).len();
            *told.entry(world.now).or_default() += notices;
            let within = world.now.0 - i64::try_from(FLAPPING_WINDOW.as_millis()).unwrap();
            let recent: usize = told.range(UnixMillis(within)..).map(|(_, count)| count).sum();
            assert!(recent <= FLAPPING_STARTS, "{recent} notices within {FLAPPING_WINDOW:?}");
        }
        flapped.set(flapped.get() + world.state.open_problems().filter(|problem| problem.flapping).count());
        world.pass(FLAPPING_WINDOW + Duration::from_millis(1));
        world.settle();
        assert!(
            world
                .state
                .open_problems()
                .all(|problem| !problem.flapping && problem.verdict == Verdict::Firing)
        );
    });
    assert!(flapped.get() > 20, "else this held of nothing: {}", flapped.get());
}

#[test]
fn replay_and_snapshot_give_the_same_problems() {
    // E-3
    check_all(&any_history(), |history| {
        let world = play(&history, |_, _| {});
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
