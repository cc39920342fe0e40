//! The order of waves, whatever comes after what.

use super::*;
use crate::fixture::*;
use crate::properties::check_all;
use proptest::prelude::*;
use std::cell::Cell;
use topmast_model::application::{ApplicationState, Declared};
use topmast_model::report::Report;

const SERVERS: [&str; 2] = ["acme/main/a", "acme/main/b"];

/// A cluster of two servers with applications, each with what it comes after.
fn cluster(applications: &[(usize, &str, Vec<&str>)]) -> World {
    let paths: Vec<String> = SERVERS.iter().map(|server| format!("{server}/other")).collect();
    let mut world = World::with_applications(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    for (server, name, after) in applications {
        let after = after.iter().map(|&name| name.to_owned()).collect();
        let declared = Some(Box::new(Declared { after, ..Declared::default() }));
        let state = ApplicationState { declared, ..application_state("STOPPED") };
        let report = Report::Application { name: (*name).to_owned(), state };
        world.report(&path(SERVERS[*server]), vec![report]).unwrap();
    }
    world
}

fn waves(world: &World, operation: Operation, targets: &[&str]) -> Result<Vec<Vec<String>>, String> {
    let targets: Vec<ObjectPath> = targets.iter().map(|text| path(text)).collect();
    let (order, ends) = arranged(&world.state, operation, &targets).map_err(|error| error.to_string())?;
    let mut start = 0;
    Ok(ends
        .iter()
        .map(|end| {
            let wave = order[start..*end as usize].iter().map(|path| path.name().to_owned()).collect();
            start = *end as usize;
            wave
        })
        .collect())
}

#[test]
fn start_goes_from_the_bottom_up_across_servers_and_stop_from_the_top_down() {
    let world = cluster(&[
        (0, "db", vec![]),
        (1, "queue", vec![]),
        (1, "switch", vec!["db", "queue"]),
        (0, "web", vec!["switch"]),
    ]);
    let targets = ["acme/main/a/web", "acme/main/b/switch", "acme/main/b/queue", "acme/main/a/db"];
    let up = vec![vec!["queue", "db"], vec!["switch"], vec!["web"]];
    let down: Vec<_> = up.iter().rev().cloned().collect();
    assert_eq!(waves(&world, Operation::Start, &targets).unwrap(), up);
    assert_eq!(waves(&world, Operation::Stop, &targets).unwrap(), down);
    // What is between them counts although nothing is done to it.
    let two = ["acme/main/a/web", "acme/main/a/db"];
    assert_eq!(waves(&world, Operation::Start, &two).unwrap(), [["db"], ["web"]]);
}

#[test]
fn circle_is_refused_with_its_names() {
    let world = cluster(&[(0, "a", vec!["b"]), (0, "b", vec!["c"]), (1, "c", vec!["b"]), (0, "d", vec![])]);
    let told = waves(&world, Operation::Start, &["acme/main/a/a"]).unwrap_err();
    assert!(told.contains("b after c after b") && told.contains("acme/main"), "{told}");
    assert_eq!(waves(&world, Operation::Start, &["acme/main/a/d"]).unwrap(), [["d"]], "it is none of its");
}

#[test]
fn what_comes_after_is_never_in_an_earlier_or_the_same_wave() {
    // W-1
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let edges = prop::collection::vec((0_usize..6, 0_usize..6), 0..10);
    let circles = Cell::new(0);
    check_all(&edges, |edges| {
        let after = |name: usize| {
            let found: BTreeSet<&str> =
                edges.iter().filter(|(from, _)| *from == name).map(|(_, to)| NAMES[*to]).collect();
            found.into_iter().collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..6).map(|name| (name % 2, NAMES[name], after(name))).collect();
        let world = cluster(&all);
        let targets: Vec<String> =
            all.iter().map(|(server, name, _)| format!("{}/{name}", SERVERS[*server])).collect();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        match waves(&world, Operation::Start, &targets) {
            Ok(waves) => {
                let wave = |name: &str| waves.iter().position(|wave| wave.iter().any(|one| one == name));
                for (_, name, after) in &all {
                    for before in after {
                        assert!(wave(before) < wave(name), "{name} after {before} in {waves:?}");
                    }
                }
                assert_eq!(waves.iter().map(Vec::len).sum::<usize>(), 6);
            }
            Err(told) => {
                assert!(told.contains("circle"), "{told}");
                circles.set(circles.get() + 1);
            }
        }
    });
    assert!((20..280).contains(&circles.get()), "{}", circles.get());
}
