//! The overview: what it counts, for whom, and what it costs on a large fleet.

use super::peer::{Agent, application, service};
use super::world::{World, path, until};
use topmast_api::overview::{Overview, StatusCount};
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

fn named(overview: &Overview) -> Vec<(String, String)> {
    overview.newest.iter().map(|bad| (bad.path.to_string(), bad.status.clone())).collect()
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
    assert_eq!((main.servers, main.applications, main.services), (2, 2, 4));
    let [hsm, visa] = &overview.business_services[..] else { panic!("{:?}", overview.business_services) };
    assert_eq!((hsm.name.as_str(), hsm.application.as_str(), hsm.instances), ("HSM", "switch", 2));
    assert_eq!((hsm.health, hsm.cause.as_deref()), (Health::Failed, Some("1 of 2 MALFUNCTION")));
    assert_eq!((&hsm.codes, hsm.tps), (&vec!["HSM07".to_owned()], None));
    assert_eq!((visa.name.as_str(), visa.health, visa.cause.as_deref()), ("Visa", Health::Healthy, None));
    assert_eq!(named(&overview), [("acme/main/db/switch/HSM".into(), "MALFUNCTION".into())]);
    assert_eq!(overview.newest[0].cause.as_deref(), Some("HSM07"));
}

#[tokio::test]
async fn lost_server_stands_for_everything_on_it() {
    let (world, agents) = fleet().await;
    world.observe(agents[0].server(), ServerStatus::Down).await;
    let overview = until(async || {
        let overview = world.admin.overview_get().await.unwrap();
        (overview.servers.failed == 1).then_some(overview)
    })
    .await;
    assert_eq!((overview.services.unknown, overview.applications.unknown), (2, 1));
    assert_eq!(named(&overview), [("acme/main/db".into(), "DOWN".into())]);
    let causes: Vec<_> = overview.business_services.iter().map(|service| service.cause.as_deref()).collect();
    assert_eq!(causes, [Some("1 of 2 UNKNOWN"), Some("1 of 2 UNKNOWN")]);
}

#[tokio::test]
async fn overview_is_of_what_its_reader_may_see() {
    let (world, _agents) = fleet().await;
    let (eve, _) = world.user("eve", &["viewer:acme/main/web", "viewer:acme/main/db/switch/Visa"]).await;
    let overview = eve.overview_get().await.unwrap();
    assert_eq!((overview.servers.total, overview.applications.total, overview.services.total), (1, 1, 3));
    assert_eq!((overview.clusters[0].health, overview.newest.len()), (Health::Healthy, 0));
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
    let since: Vec<i64> =
        overview.newest.iter().map(|bad| bad.since.as_millis() - 1_795_000_000_000).collect();
    assert_eq!(since, (250..300).rev().collect::<Vec<_>>());
}
