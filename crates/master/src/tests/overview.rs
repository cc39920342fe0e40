//! The overview: what it counts, for whom, and what it costs on a large fleet.

use super::peer::{Agent, application, service};
use super::world::{World, path, until};
use topmast_api::client::Client;
use topmast_api::overview::{Overview, StatusCount};
use topmast_model::application::Desired;
use topmast_model::report::Report;
use topmast_model::status::{ApplicationStatus, Health, ServerStatus, ServiceStatus};

/// Two servers, each with a switch of two services; one of the four does not work.
async fn fleet() -> (World, [Agent; 2]) {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    for (agent, hsm) in agents.iter_mut().zip([ServiceStatus::Malfunction, ServiceStatus::Started]) {
        let codes: &[&str] = if hsm == ServiceStatus::Malfunction { &["HSM07"] } else { &[] };
        agent
            .report(vec![
                application("switch", ApplicationStatus::Started),
                service("switch", "HSM", hsm, codes),
                service("switch", "Visa", ServiceStatus::Started, &[]),
            ])
            .await;
    }
    (world, agents)
}

fn counted(statuses: &[(&str, u64)]) -> Vec<StatusCount> {
    statuses.iter().map(|(status, count)| StatusCount { status: (*status).into(), count: *count }).collect()
}

/// The lines of what is not healthy: path, status, and how many it counts besides.
fn named(overview: &Overview) -> Vec<(&str, &str, u64)> {
    overview.unhealthy.iter().map(|bad| (bad.path.as_str(), bad.status.as_str(), bad.on_it)).collect()
}

/// The overview of a reader, once it says so: who asks again within a second is told the same.
async fn overview_when(reader: &Client, says: impl Fn(&Overview) -> bool) -> Overview {
    until(async || {
        let overview = reader.overview_get().await.unwrap();
        says(&overview).then_some(overview)
    })
    .await
}

#[tokio::test]
async fn overview_counts_everything_and_names_the_worst_first() {
    let (world, _agents) = fleet().await;
    let overview = world.admin.overview_get().await.unwrap();
    assert_eq!((overview.servers.total, overview.applications.total, overview.services.total), (2, 2, 4));
    assert_eq!((overview.services.healthy, overview.services.failed), (3, 1));
    assert_eq!(overview.services.statuses, counted(&[("STARTED", 3), ("MALFUNCTION", 1)]));
    let [main] = &overview.clusters[..] else { panic!("{:?}", overview.clusters) };
    assert_eq!((&main.path, main.name.as_str(), main.health), (&path("acme/main"), "main", Health::Failed));
    assert_eq!((main.servers, main.applications, main.services, main.tasks), (2, 2, 4, 0));
    assert_eq!((main.servers_bad, main.applications_bad, main.services_bad, main.tasks_bad), (0, 0, 1, 0));
    let [hsm, visa] = &overview.business_services[..] else { panic!("{:?}", overview.business_services) };
    assert_eq!((hsm.name.as_str(), hsm.application.as_str(), hsm.instances), ("HSM", "switch", 2));
    assert_eq!((hsm.health, hsm.cause.as_deref()), (Health::Failed, Some("1 of 2 MALFUNCTION")));
    assert_eq!((hsm.bad, visa.bad), (1, 0));
    assert_eq!((&hsm.codes, hsm.tps), (&vec!["HSM07".to_owned()], None));
    assert_eq!((visa.name.as_str(), visa.health, visa.cause.as_deref()), ("Visa", Health::Healthy, None));
    assert_eq!(named(&overview), [("acme/main/db/switch/HSM", "MALFUNCTION", 0)]);
    assert_eq!((overview.unhealthy[0].cause.as_deref(), overview.unhealthy_total), (Some("HSM07"), 1));
}

#[tokio::test]
async fn lost_server_stands_for_everything_on_it() {
    let (world, agents) = fleet().await;
    world.observe(agents[0].server(), ServerStatus::Down).await;
    let overview = overview_when(&world.admin, |overview| overview.servers.failed == 1).await;
    assert_eq!((overview.services.unknown, overview.applications.unknown), (2, 1));
    assert_eq!(named(&overview), [("acme/main/db", "DOWN", 3)]);
    assert_eq!(overview.unhealthy_total, 1);
    let causes: Vec<_> = overview.business_services.iter().map(|service| service.cause.as_deref()).collect();
    assert_eq!(causes, [Some("1 of 2 UNKNOWN"), Some("1 of 2 UNKNOWN")]);
}

#[tokio::test]
async fn problems_are_counted_by_severity_without_those_that_another_explains() {
    let (world, mut agents) = fleet().await;
    for agent in &mut agents {
        agent.report(vec![application("switch", ApplicationStatus::Quarantined)]).await;
    }
    let critical = |count| counted(&[("critical", count)]);
    overview_when(&world.admin, |overview| overview.problems == critical(2)).await;
    let (eve, _) = world.user("eve", &["viewer:acme/main/db/switch"]).await;
    assert_eq!(eve.overview_get().await.unwrap().problems, critical(1));
    for agent in &agents {
        world.observe(agent.server(), ServerStatus::Down).await;
    }
    // Each server that is down explains what is wrong on it.
    let explained = async || {
        let state = world.master.context.bus.state();
        state.open_problems().filter(|problem| problem.cause.is_some()).count()
    };
    until(async || (explained().await >= 2).then_some(())).await;
    overview_when(&world.admin, |overview| overview.problems == critical(2)).await;
}

#[tokio::test]
async fn who_may_not_see_the_lost_server_is_told_of_what_is_on_it() {
    let (world, agents) = fleet().await;
    let (eve, _) = world.user("eve", &["viewer:acme/main/db/switch"]).await;
    let (ann, _) = world.user("ann", &["viewer:acme/main/db/switch/Visa"]).await;
    world.observe(agents[0].server(), ServerStatus::Down).await;
    let overview = eve.overview_get().await.unwrap();
    assert_eq!(named(&overview), [("acme/main/db/switch", "UNKNOWN", 2)]);
    let overview = ann.overview_get().await.unwrap();
    assert_eq!(named(&overview), [("acme/main/db/switch/Visa", "UNKNOWN", 0)]);
    assert_eq!(overview.unhealthy[0].cause.as_deref(), Some("server is DOWN: as the test says"));
}

#[tokio::test]
async fn application_that_does_not_run_stands_for_its_services() {
    let (world, mut agents) = fleet().await;
    let [db, _] = &mut agents;
    let stopped = |name| service("switch", name, ServiceStatus::Unknown, &[]);
    db.report(vec![application("switch", ApplicationStatus::Failed), stopped("HSM"), stopped("Visa")]).await;
    let overview = world.admin.overview_get().await.unwrap();
    assert_eq!(named(&overview), [("acme/main/db/switch", "FAILED", 2)]);
    // Of one that runs, a service that cannot be told is a fault of its own.
    db.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let overview = overview_when(&world.admin, |overview| overview.applications.failed == 0).await;
    let unknown = [("acme/main/db/switch/HSM", "UNKNOWN", 0), ("acme/main/db/switch/Visa", "UNKNOWN", 0)];
    assert_eq!(named(&overview), unknown);
    // Nor does one that was stopped on purpose make its services healthy.
    let mut application = application("switch", ApplicationStatus::Stopped);
    if let Report::Application { state, .. } = &mut application {
        state.desired = Desired::Stopped;
    }
    db.report(vec![application]).await;
    let overview = overview_when(&world.admin, |overview| overview.unhealthy_total == 1).await;
    assert_eq!(named(&overview), [("acme/main/db/switch", "STOPPED", 2)]);
    assert_eq!((overview.unhealthy[0].health, overview.applications.healthy), (Health::Unknown, 2));
}

#[tokio::test]
async fn service_seen_late_is_not_healthy() {
    let (world, agents) = fleet().await;
    world.observe(agents[1].server(), ServerStatus::Stale).await;
    let overview = world.admin.overview_get().await.unwrap();
    let visa = overview.business_services.iter().find(|service| service.name == "Visa").unwrap();
    assert_eq!(
        (visa.health, visa.bad, visa.cause.as_deref()),
        (Health::Degraded, 1, Some("1 of 2 seen late"))
    );
    assert_eq!(visa.statuses, counted(&[("STARTED", 2)]));
}

#[tokio::test]
async fn worst_come_first_and_the_newest_of_them() {
    let (world, mut agents) = fleet().await;
    agents[1].report(vec![service("switch", "Visa", ServiceStatus::Unknown, &[])]).await;
    world.observe(agents[1].server(), ServerStatus::Stale).await;
    let overview = world.admin.overview_get().await.unwrap();
    let statuses: Vec<_> = named(&overview).iter().map(|(_, status, _)| *status).collect();
    assert_eq!(statuses, ["MALFUNCTION", "UNKNOWN", "STALE"]);
}

#[tokio::test]
async fn overview_is_of_what_its_reader_may_see() {
    let (world, _agents) = fleet().await;
    let (eve, _) = world.user("eve", &["viewer:acme/main/web", "viewer:acme/main/db/switch/Visa"]).await;
    let overview = eve.overview_get().await.unwrap();
    assert_eq!((overview.servers.total, overview.applications.total, overview.services.total), (1, 1, 3));
    assert_eq!((overview.clusters[0].health, overview.unhealthy.len()), (Health::Healthy, 0));
    let instances: Vec<_> = overview.business_services.iter().map(|service| service.instances).collect();
    assert_eq!(instances, [1, 2], "HSM on web; Visa on both");
}

#[tokio::test]
async fn overview_names_only_so_much_and_the_newest_of_it() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let reports = (0..300).map(|number| {
        let mut report = service("switch", &format!("s{number}"), ServiceStatus::Malfunction, &[]);
        if let Report::Service { state, .. } = &mut report {
            state.since.0 += (number * 7) % 300;
        }
        report
    });
    agent.report(reports.collect()).await;
    let overview = world.admin.overview_get().await.unwrap();
    assert_eq!((overview.services.failed, overview.business_services.len()), (300, 200));
    assert_eq!(overview.unhealthy_total, 300);
    let since: Vec<i64> =
        overview.unhealthy.iter().map(|bad| bad.since.as_millis() - 1_795_000_000_000).collect();
    assert_eq!(since, (250..300).rev().collect::<Vec<_>>());
}
