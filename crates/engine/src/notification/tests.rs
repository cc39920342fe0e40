//! Notifications from a notice to what a channel was told, one scene each.

use crate::fixture::*;
use crate::{is_due, why};
use std::time::Duration;
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::notification::{Channel, Outcome, Route, text};
use topmast_model::problem::{Acknowledgement, ProblemId, Verdict};

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
