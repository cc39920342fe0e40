//! Guests of one host, through decide and apply.

use super::*;
use crate::fixture::*;
use topmast_model::agentless::{AgentlessHost, NewAgentlessServer};
use topmast_model::command::Command;
use uuid::Uuid;

const HOST: &str = "acme/main/sol1";

fn add(world: &mut World, host: AgentlessHost, replace: bool) -> Decision {
    let servers = vec![NewAgentlessServer { server: path(HOST), host, instance: Uuid::from_u128(1) }];
    world.by("root", Command::AddAgentlessServers { servers, replace })
}

fn world() -> World {
    let mut world = World::new();
    add(&mut world, host(), false).unwrap();
    world
}

fn guest(kind: GuestKind, name: &str, condition: GuestCondition) -> GuestReport {
    GuestReport { kind, name: name.into(), condition, cpu_count: 4 }
}

fn zone(name: &str, state: &str) -> GuestReport {
    let condition = match state {
        "running" => GuestCondition::Runs(state.into()),
        other => GuestCondition::Stopped(other.into()),
    };
    guest(GuestKind::Zone, name, condition)
}

fn told(world: &mut World, complete: &[GuestKind], guests: Vec<GuestReport>) -> Decision {
    let (host, complete) = (path(HOST), complete.to_vec());
    world.by_master(Command::ReportGuests { host, interval_ms: 60_000, complete, guests })
}

fn rows(world: &World) -> Vec<String> {
    let servers = world.state.servers().iter().filter(|(_, server)| server.guest.is_some());
    servers.map(|(path, server)| format!("{} {} {}", path.name(), server.status, server.cause)).collect()
}

#[test]
fn guests_are_servers_below_their_host_and_only_news_are_facts() {
    let mut world = world();
    let guests = || vec![zone("shop", "running"), zone("old", "installed"), zone("shop", "installed")];
    let facts = told(&mut world, &[GuestKind::Zone], guests()).unwrap();
    assert_eq!(
        kinds(&facts),
        ["GuestRegistered", "ServerStatusChanged", "GuestRegistered", "ServerStatusChanged"]
    );
    assert_eq!(rows(&world), ["sol1+old DOWN installed, as sol1 says", "sol1+shop UP running, as sol1 says"]);
    let kept = world.state.server(&path("acme/main/sol1+shop")).unwrap();
    assert_eq!((kept.registration.role, kept.registration.facts.cpu_count), (ServerRole::Guest, 4));
    assert_eq!(told(&mut world, &[GuestKind::Zone], guests()), Ok(Vec::new()));
    // Another word for what does not run is news as well.
    let facts = told(&mut world, &[GuestKind::Zone], vec![zone("shop", "running"), zone("old", "ready")]);
    assert_eq!(kinds(&facts.unwrap()), ["GuestRegistered", "ServerStatusChanged"]);
}

#[test]
fn guest_that_is_listed_no_more_is_down_until_it_is_removed_or_comes_back() {
    // G-2
    let mut world = world();
    told(&mut world, &[GuestKind::Zone], vec![zone("shop", "running"), zone("web", "running")]).unwrap();
    // What is not all of them says nothing of who is missing; nor do others.
    assert_eq!(told(&mut world, &[], vec![zone("shop", "running")]), Ok(Vec::new()));
    assert_eq!(told(&mut world, &[GuestKind::Ldom], Vec::new()), Ok(Vec::new()));
    told(&mut world, &[GuestKind::Zone], vec![zone("web", "running")]).unwrap();
    assert_eq!(
        rows(&world),
        ["sol1+shop DOWN no longer listed by sol1", "sol1+web UP running, as sol1 says"]
    );
    assert_eq!(told(&mut world, &[GuestKind::Zone], vec![zone("web", "running")]), Ok(Vec::new()));
    told(&mut world, &[GuestKind::Zone], vec![zone("shop", "running"), zone("web", "running")]).unwrap();
    assert_eq!(rows(&world)[0], "sol1+shop UP running, as sol1 says");
    world.by("root", Command::RemoveServer { server: path("acme/main/sol1+shop") }).unwrap();
    assert_eq!(rows(&world), ["sol1+web UP running, as sol1 says"]);
}

#[test]
fn guests_never_share_a_path_whatever_they_are_called() {
    // G-1
    let mut world = world();
    world.enrol(&path("acme/main/sol1+taken"));
    let running = || GuestCondition::Runs("running".into());
    let mut guests: Vec<GuestReport> = [
        (GuestKind::Zone, "web"),
        (GuestKind::Ldom, "web"),
        (GuestKind::Vm, "db 1"),
        (GuestKind::Vm, "db/1"),
        (GuestKind::Vm, "db_1"),
        (GuestKind::Vm, "дб"),
        (GuestKind::Container, "taken"),
        (GuestKind::Zone, "../x"),
    ]
    .map(|(kind, name)| guest(kind, name, running()))
    .into();
    told(&mut world, &[], guests.clone()).unwrap();
    let names: Vec<&str> = world
        .state
        .servers()
        .iter()
        .filter_map(|(path, server)| server.guest.as_ref().map(|_| path.name()))
        .collect();
    assert_eq!(
        names,
        [
            "sol1+.._x",
            "sol1+__",
            "sol1+db_1",
            "sol1+db_1+vm",
            "sol1+db_1+vm@37abe8bf",
            "sol1+taken+container",
            "sol1+web",
            "sol1+web+ldom",
        ]
    );
    // In any other order they keep what they have.
    guests.reverse();
    assert_eq!(told(&mut world, GuestKind::ALL, guests), Ok(Vec::new()));
    // What they are of comes before them, and nothing of another comes between.
    for other in ["sol1-b", "sol1.example", "sol10", "sol1a", "sol1:x"] {
        assert!(path(&format!("acme/main/{other}")) > path("acme/main/sol1+web"), "{other}");
    }
}

#[test]
fn guests_beyond_the_bound_are_left_out_and_that_is_said_once() {
    // G-3
    let mut world = world();
    let many: Vec<GuestReport> =
        (0..GUESTS_MAX + 3).map(|number| zone(&format!("z{number}"), "running")).collect();
    told(&mut world, &[GuestKind::Zone], many.clone()).unwrap();
    assert_eq!(rows(&world).len(), GUESTS_MAX);
    let problem = |world: &World| world.state.server(&path(HOST)).unwrap().unit_problems.get(GUESTS).cloned();
    assert!(problem(&world).unwrap().contains("more guests than the 512 that are shown"));
    assert_eq!(told(&mut world, &[GuestKind::Zone], many[..=GUESTS_MAX].to_vec()), Ok(Vec::new()));
    told(&mut world, &[GuestKind::Zone], many[..2].to_vec()).unwrap();
    assert_eq!(problem(&world), None);
    // Those that are gone have a place until they are removed.
    let facts = told(&mut world, &[], vec![zone("new", "running"), zone("", "running")]).unwrap();
    assert_eq!(kinds(&facts), ["GuestsRefused"]);
}

#[test]
fn guests_go_with_their_host_or_when_it_is_read_without_them() {
    let mut world = world();
    told(&mut world, &[GuestKind::Zone], vec![zone("shop", "running")]).unwrap();
    let facts = add(&mut world, AgentlessHost { guests: false, ..host() }, true).unwrap();
    assert_eq!(kinds(&facts), ["AgentlessServerAdded", "ServerRegistered", "ServerRemoved"]);
    refused(told(&mut world, &[], vec![zone("shop", "running")]), "conflict", "is not read for its guests");
    add(&mut world, host(), true).unwrap();
    told(&mut world, &[GuestKind::Zone], vec![zone("shop", "running")]).unwrap();
    world.by("root", Command::RemoveServer { server: path(HOST) }).unwrap();
    assert_eq!(world.state.servers().len(), 0);
    refused(told(&mut world, &[], Vec::new()), "not_found", "acme/main/sol1");
}

#[test]
fn guest_is_told_of_by_its_host_alone() {
    let mut world = world();
    told(&mut world, &[], vec![zone("shop", "running")]).unwrap();
    let server = path("acme/main/sol1+shop");
    let registration = world.state.server(&server).unwrap().registration.clone();
    let command = Command::RegisterServer { server: server.clone(), registration };
    refused(world.by_master(command), "invalid", "a guest is told of by its host");
    let report =
        Command::ReportGuests { host: path(HOST), interval_ms: 1_000, complete: vec![], guests: vec![] };
    refused(world.by("root", report), "forbidden", "acme/main/sol1");
    // Who reads it by itself takes its place, and its host gives it another.
    world.enrol(&server);
    world.register(&server, 7).unwrap();
    assert!(world.state.server(&server).unwrap().guest.is_none());
    told(&mut world, &[GuestKind::Zone], vec![zone("shop", "running")]).unwrap();
    assert_eq!(rows(&world), ["sol1+shop+zone UP running, as sol1 says"]);
}
