//! What nobody is told of while an action is under way, and that it ends by itself.

use super::SETTLES;
use crate::fixture::*;
use crate::next_settlement;
use std::time::Duration;
use topmast_model::application::{ApplicationState, Declared};
use topmast_model::problem::{Suppression, Verdict};
use topmast_model::report::Report;

const DB: &str = "acme/main/a/db";
const SWITCH: &str = "acme/main/b/switch";
const OTHER: &str = "acme/main/b/other";

/// A database, a switch on another server that comes after it by way of a queue, and one that has nothing to do with both.
fn world() -> World {
    let mut world = World::with_applications(&[DB, SWITCH, OTHER, "acme/main/a/queue"]);
    for (server, name, after) in [("acme/main/b", "switch", "queue"), ("acme/main/a", "queue", "db")] {
        let declared = Declared { after: vec![after.to_owned()], ..Declared::default() };
        let state = ApplicationState { declared: Some(Box::new(declared)), ..application_state("STARTED") };
        world.report(&path(server), vec![Report::Application { name: name.to_owned(), state }]).unwrap();
    }
    world
}

fn suppression(world: &World, object: &str) -> Option<Suppression> {
    let object = path(object);
    world.state.open_problems().find(|problem| *problem.object() == object).unwrap().suppression.clone()
}

#[test]
fn targets_and_dependants_are_covered_from_the_beginning_until_they_had_time_to_settle() {
    let mut world = world();
    world.by("root", restart(1, &[DB])).unwrap();
    let by_action = Some(Suppression::Action { id: action_id(1) });
    assert_eq!(world.find("application-failed", DB, Verdict::Firing), [""; 0]);
    assert_eq!(world.find("application-hangs", SWITCH, Verdict::Firing), [""; 0]);
    assert_eq!(
        world.find("application-failed", OTHER, Verdict::Firing).len(),
        1,
        "it is none of its business"
    );
    assert_eq!((suppression(&world, DB), suppression(&world, SWITCH)), (by_action.clone(), by_action));
    world.report(&path("acme/main/a"), vec![started(1, 0), finished(1, 0, true)]).unwrap();
    world.settle();
    // One is well in time, and nobody heard of it; of the other people are told once the time is over.
    assert_eq!(world.find("application-failed", DB, Verdict::Ok), [""; 0]);
    assert_eq!(next_settlement(&world.state, world.now), Some(world.now.plus(SETTLES)));
    world.pass(SETTLES.saturating_sub(Duration::from_millis(1)));
    world.settle();
    assert!(suppression(&world, SWITCH).is_some());
    world.pass(Duration::from_millis(1));
    world.settle();
    assert_eq!(suppression(&world, SWITCH), None);
    assert!(
        world
            .state
            .open_problems()
            .any(|problem| *problem.object() == path(SWITCH) && problem.told.is_some())
    );
}

#[test]
fn what_failed_is_told_at_once_and_what_waits_is_not_covered() {
    let mut world = world();
    world.by("root", restart(1, &[DB])).unwrap();
    assert_eq!(world.find("application-failed", DB, Verdict::Firing), [""; 0]);
    world.report(&path("acme/main/a"), vec![started(1, 0), finished(1, 0, false)]).unwrap();
    world.settle();
    assert_eq!(suppression(&world, DB), None);
}
