//! How available a tenant was: from the journal, apart from gaps, by what was promised, and to nobody else.

use super::server;
use crate::tests::peer::{application, service};
use crate::tests::world::{World, path, refused, until};
use topmast_api::availability::{Availability, AvailabilityKind, AvailabilityQuery, ObjectiveRequest};
use topmast_api::client::Client;
use topmast_api::problem::ProblemCode;
use topmast_api::tenant::TenantRequest;
use topmast_model::status::{ApplicationStatus, ServiceStatus};

fn today() -> AvailabilityQuery {
    AvailabilityQuery { period: Some("today".into()), month: None }
}

async fn availability(client: &Client) -> Availability {
    client.tenant_availability(&path("bolt"), &today()).await.unwrap()
}

#[tokio::test]
async fn outage_of_a_service_is_told_with_its_cause_and_spends_the_budget() {
    let world = World::start().await;
    let mut agent = server(&world, "bolt/main", "bolt-db", "switch").await;
    let (bo, _) = world.user("bo", &["viewer:bolt"]).await;
    let (zoe, _) = world.user("zoe", &["admin:zebra"]).await;
    world
        .admin
        .tenant_set(&path("bolt"), &TenantRequest { title: "Bolt Ltd".into(), ..TenantRequest::default() })
        .await
        .unwrap();
    let promise = |of: Option<&str>, objective| ObjectiveRequest { of: of.map(str::to_owned), objective };
    world.admin.tenant_promise(&path("bolt"), &promise(None, Some(99.9))).await.unwrap();
    world
        .admin
        .tenant_promise(&path("bolt"), &promise(Some("switch/switch-service"), Some(100.0)))
        .await
        .unwrap();
    assert_eq!(
        refused(world.admin.tenant_promise(&path("bolt"), &promise(None, Some(0.0))).await),
        ProblemCode::Invalid
    );
    assert_eq!(
        refused(bo.tenant_promise(&path("bolt"), &promise(None, Some(1.0))).await),
        ProblemCode::Forbidden
    );

    until(async || availability(&bo).await.rows.iter().all(|row| row.now == "UP").then_some(())).await;
    agent.report(vec![service("switch", "switch-service", ServiceStatus::Malfunction, &["DISCONN01"])]).await;
    let found = until(async || {
        let found = availability(&bo).await;
        found.outages.first().is_some_and(|outage| outage.down_ms > 0).then_some(found)
    })
    .await;
    assert_eq!(
        (found.title.as_str(), found.judged_by, found.objective),
        ("Bolt Ltd", AvailabilityKind::Service, Some(99.9))
    );
    let [outage] = &found.outages[..] else { panic!("{:?}", found.outages) };
    assert_eq!(
        (outage.name.as_str(), outage.status.as_str(), outage.until),
        ("switch/switch-service", "MALFUNCTION", None)
    );
    assert!(outage.cause.contains("DISCONN01"), "{}", outage.cause);
    let row = found.rows.iter().find(|row| row.kind == AvailabilityKind::Service).unwrap();
    assert_eq!((row.now.as_str(), row.outages, row.objective), ("DOWN", 1, Some(100.0)));
    assert_eq!(
        (row.time.budget_ms, row.time.budget_left_ms),
        (Some(0), Some(-i64::try_from(row.time.down_ms).unwrap()))
    );
    assert_eq!(found.total.down_ms, row.time.down_ms);
    let application_row = found.rows.iter().find(|row| row.kind == AvailabilityKind::Application).unwrap();
    assert_eq!((application_row.now.as_str(), application_row.time.down_ms), ("UP", 0));

    agent.report(vec![service("switch", "switch-service", ServiceStatus::Started, &[])]).await;
    let found = until(async || {
        let found = availability(&bo).await;
        found.outages[0].until.is_some().then_some(found)
    })
    .await;
    assert!(found.outages[0].down_ms > 0);
    // What nobody else may know is as if it were not there.
    for query in [today(), AvailabilityQuery::default()] {
        assert_eq!(refused(zoe.tenant_availability(&path("bolt"), &query).await), ProblemCode::NotFound);
    }
    let wrong = AvailabilityQuery { period: Some("2d".into()), month: None };
    assert_eq!(refused(bo.tenant_availability(&path("bolt"), &wrong).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn time_without_a_master_is_a_gap_and_what_was_always_stopped_is_idle() {
    let world = World::start().await;
    let mut agent = server(&world, "bolt/main", "bolt-db", "switch").await;
    agent.report(vec![application("spare", ApplicationStatus::Stopped)]).await;
    until(async || (availability(&world.admin).await.rows.len() == 3).then_some(())).await;
    drop(agent);
    let before = availability(&world.admin).await;
    assert_eq!((before.idle, before.gaps.len()), (1, 1), "before the first record nothing is known");
    let world = world.restart().await;
    let after = availability(&world.admin).await;
    assert_eq!(after.gaps.len(), 2, "{:?}", after.gaps);
    let gap = &after.gaps[1];
    let gap_ms = u64::try_from(gap.until.as_millis() - gap.from.as_millis()).unwrap();
    let row = after.rows.iter().find(|row| row.kind == AvailabilityKind::Server).unwrap();
    assert!(gap_ms > 0 && row.time.unknown_ms >= gap_ms, "{gap_ms} {:?}", row.time);
    assert_eq!(row.time.down_ms, 0, "a gap is no outage");
}
