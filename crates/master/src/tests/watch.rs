//! Watches: a snapshot and its deltas are always the list.

use super::peer::{Agent, application, service};
use super::world::{World, path, within};
use crate::view::{Query, Servers, Services};
use crate::watch::{WatchHub, messages};
use futures_util::StreamExt as _;
use std::sync::Arc;
use topmast_api::client::WatchStream;
use topmast_api::live::LiveEvent;
use topmast_api::page::{ListQuery, Page};
use topmast_api::row::Row;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::watch::{WatchMessage, WatchView};
use topmast_model::report::Report;
use topmast_model::status::{ApplicationStatus, ServiceStatus};

/// Reads on until the view shows what is awaited.
async fn shows<R: Row + std::fmt::Debug>(
    stream: &mut WatchStream<R>,
    view: &mut Option<WatchView<R>>,
    mut wanted: impl FnMut(&WatchView<R>) -> bool,
) {
    loop {
        if view.as_ref().is_some_and(&mut wanted) {
            return;
        }
        match (within(stream.next()).await.unwrap(), view.as_mut()) {
            (WatchMessage::Snapshot(page), _) => *view = Some(WatchView::new(page)),
            (WatchMessage::Delta(delta), Some(view)) => view.apply(delta).unwrap(),
            (WatchMessage::Delta(_), None) => panic!("a delta before the snapshot"),
            (WatchMessage::Heartbeat, _) => {}
        }
    }
}

/// Some random change, and its report.
fn change(random: &mut fastrand::Rng) -> Report {
    let name = format!("s{}", random.u32(0..12));
    let statuses = [ServiceStatus::Started, ServiceStatus::Stopped, ServiceStatus::Malfunction];
    match random.u32(0..5) {
        0 => Report::ServiceGone { application: "switch".into(), name },
        _ => service("switch", &name, statuses[random.usize(0..3)], &["X"][..random.usize(0..2)]),
    }
}

#[tokio::test]
async fn applied_deltas_are_always_the_list() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let queries = [
        ListQuery::default(),
        ListQuery { filter: Some("status!=STOPPED".into()), ..ListQuery::default() },
        ListQuery {
            sort: Some("-status,codes".into()),
            limit: Some(4),
            offset: Some(1),
            ..ListQuery::default()
        },
    ];
    let mut watches: Vec<_> =
        queries.iter().map(|query| (world.admin.watch::<ServiceRow>(query.clone()), None)).collect();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..15 {
        let changes = (0..random.usize(1..6)).map(|_| change(&mut random)).collect();
        agent.report(changes).await;
        for (query, (stream, view)) in queries.iter().zip(&mut watches) {
            let fresh = world.admin.list::<ServiceRow>(query).await.unwrap();
            // A rule may see one of them in between, by the time alone.
            let unseen = |row: &ServiceRow| ServiceRow { problem: None, ..row.clone() };
            let same =
                |view: &WatchView<ServiceRow>| view.rows().map(unseen).eq(fresh.items.iter().map(unseen));
            shows(stream, view, |view| view.total() == fresh.total && same(view)).await;
        }
    }
}

#[tokio::test]
async fn equal_watches_share_one_computation_and_others_do_not() {
    let world = World::start().await;
    let _agent = world.agent("db").await;
    let context = &world.master.context;
    let admin = topmast_model::principal::Principal::master();
    let principal = |grants: &[&str]| topmast_model::principal::Principal {
        grants: super::world::grants_of(grants),
        ..admin.clone()
    };
    let query = |filter: &str| {
        let query = ListQuery { filter: Some(filter.into()), ..ListQuery::default() };
        Query::parse::<Servers>(&query).unwrap()
    };
    let watch = async |grants: &[&str], filter: &str| {
        WatchHub::watch::<Servers>(context, &principal(grants), query(filter)).await
    };
    let one = watch(&["viewer"], "status=UP").await;
    assert!(Arc::ptr_eq(&one, &watch(&["admin"], "status = UP").await), "the same rows");
    assert!(!Arc::ptr_eq(&one, &watch(&["viewer"], "status!=UP").await));
    assert!(!Arc::ptr_eq(&one, &watch(&["viewer:acme/main/web"], "status=UP").await));
    let services = Query::parse::<Services>(&ListQuery::default()).unwrap();
    let services = WatchHub::watch::<Services>(context, &principal(&["viewer"]), services).await;
    assert!(!Arc::ptr_eq(&one, &services));
}

#[tokio::test]
async fn watch_of_few_rows_waits_for_no_look_at_everything_whatever_its_limit() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    agent.report(vec![service("switch", "HSM", ServiceStatus::Started, &[])]).await;
    let query = ListQuery { filter: Some("server=db".into()), ..ListQuery::default() };
    let (mut stream, mut view) = (world.admin.watch::<ServiceRow>(query), None);
    shows(&mut stream, &mut view, |view| view.total() == 1).await;
    // As while somebody looks at the whole fleet.
    let _turn = world.master.context.watches.load.turn().await;
    agent.report(vec![service("switch", "HSM", ServiceStatus::Malfunction, &["DISCONN01"])]).await;
    shows(&mut stream, &mut view, |view| view.rows().any(|row| row.codes == ["DISCONN01"])).await;
}

#[tokio::test]
async fn watch_shows_only_what_its_reader_may_see() {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    let (eve, _) = world.user("eve", &["viewer:acme/main/web"]).await;
    let mut of_eve = (eve.watch::<ServerRow>(ListQuery::default()), None);
    let mut of_admin = (world.admin.watch::<ServerRow>(ListQuery::default()), None);
    shows(&mut of_eve.0, &mut of_eve.1, |view| view.total() == 1).await;
    shows(&mut of_admin.0, &mut of_admin.1, |view| view.total() == 2).await;
    for agent in &mut agents {
        agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    }
    let web = path("acme/main/web");
    shows(&mut of_eve.0, &mut of_eve.1, |view| {
        assert!(view.rows().all(|row| row.path == web));
        view.row(&web).is_some_and(|row| row.applications_total == 1)
    })
    .await;
    shows(&mut of_admin.0, &mut of_admin.1, |view| view.rows().all(|row| row.applications_total == 1)).await;
}

#[tokio::test]
async fn reader_that_falls_behind_gets_a_new_snapshot() {
    let world = World::start().await;
    let mut agent: Agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let query = Query::parse::<Services>(&ListQuery::default()).unwrap();
    let watched = WatchHub::watch::<Services>(
        &world.master.context,
        &topmast_model::principal::Principal::master(),
        query,
    )
    .await;
    let mut slow = messages(Arc::clone(&watched));
    let (_, mut quick) = watched.join();
    // The quick reader sees each delta; the slow one reads nothing, and more come than are kept for it.
    for number in 0..20 {
        agent.report(vec![service("switch", &format!("s{number}"), ServiceStatus::Started, &[])]).await;
        within(quick.recv()).await.unwrap();
    }
    let mut told = async || {
        let message = within(slow.next()).await.unwrap().unwrap();
        let page: Page<ServiceRow> = serde_json::from_str(&message.data).unwrap();
        (message.event, page.total)
    };
    assert_eq!(told().await, (LiveEvent::Snapshot, 0));
    assert_eq!(told().await, (LiveEvent::Snapshot, 20), "not one of the deltas before it");
}
