//! The fleet as of a time in the past: what was shown then, by those who may see it now.

use super::peer::{application, service};
use super::world::{World, path, refused, until, within};
use topmast_api::application::ApplicationRow;
use topmast_api::client::ClientError;
use topmast_api::page::{ListQuery, Page};
use topmast_api::problem::ProblemCode;
use topmast_api::server::ServerRow;
use topmast_api::time::Timestamp;
use topmast_model::sample::Series;
use topmast_model::status::{ApplicationStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, FrameEncoder};

fn as_of(at: Timestamp) -> ListQuery {
    ListQuery { at: Some(at), ..ListQuery::default() }
}

/// A moment, after which the next event is later.
async fn moment(world: &World) -> Timestamp {
    let now = world.master.context.bus.clock().now();
    until(async || (world.master.context.bus.clock().now() > now).then_some(())).await;
    Timestamp(now)
}

async fn statuses(world: &World, at: Timestamp) -> Vec<(String, ApplicationStatus)> {
    let page: Page<ApplicationRow> = world.admin.list(&as_of(at)).await.unwrap();
    page.items.into_iter().map(|row| (row.name, row.status)).collect()
}

#[tokio::test]
async fn lists_show_what_was_so_at_each_moment_also_after_a_restart() {
    // P-1
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let began = moment(&world).await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let started = moment(&world).await;
    agent
        .report(vec![
            application("switch", ApplicationStatus::Failed),
            service("switch", "auth", ServiceStatus::Unknown, &[]),
        ])
        .await;
    let failed = moment(&world).await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let row = |status| vec![("switch".to_owned(), status)];
    let world = world.restart().await;
    // To and fro: from nothing, from a kept past, and from the snapshot of the stop.
    for _ in 0..2 {
        assert_eq!(statuses(&world, failed).await, row(ApplicationStatus::Failed));
        assert_eq!(statuses(&world, began).await, []);
        assert_eq!(statuses(&world, started).await, row(ApplicationStatus::Started));
    }
    let filtered = ListQuery { filter: Some("status=STARTED".into()), ..as_of(failed) };
    let page: Page<ApplicationRow> = world.admin.list(&filtered).await.unwrap();
    assert_eq!(page.total, 0);
    let services: Page<topmast_api::service::ServiceRow> = world.admin.list(&as_of(started)).await.unwrap();
    assert_eq!(services.total, 0, "its service was not there yet");
}

#[tokio::test]
async fn numbers_are_those_of_then_and_unknown_where_nothing_was_heard() {
    // P-3
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let before = moment(&world).await;
    let mut encoder = FrameEncoder::new();
    let load = encoder.define(&Series::new("host_load_1", Vec::<(&str, &str)>::new())).unwrap();
    encoder.tick(world.master.context.bus.clock().now(), &[(load, 1.5)]).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    let load_at = async |at: Timestamp| -> Option<f64> {
        let page: Page<ServerRow> = world.admin.list(&as_of(at)).await.unwrap();
        page.items[0].load1
    };
    until(async || {
        let page: Page<ServerRow> = world.admin.list(&ListQuery::default()).await.unwrap();
        page.items[0].load1
    })
    .await;
    let heard = moment(&world).await;
    assert_eq!(load_at(heard).await, Some(1.5));
    assert_eq!(load_at(before).await, None);
}

#[tokio::test]
async fn times_of_which_the_journal_says_nothing_are_refused_in_words() {
    let world = World::start().await;
    let told = |answer: Result<Page<ServerRow>, ClientError>| {
        let error = answer.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!((problem.code, problem.field.as_deref()), (ProblemCode::Invalid, Some("at")));
        problem.detail.clone()
    };
    let early = world.admin.list::<ServerRow>(&as_of(Timestamp(UnixMillis(0)))).await;
    assert!(told(early).starts_with("the journal begins later than 1970-01-01T00:00:00.000Z: "));
    let late = Timestamp(UnixMillis(world.master.context.bus.clock().now().0 + 3_600_000));
    assert!(told(world.admin.list::<ServerRow>(&as_of(late)).await).contains("is in the future"));
    let now = moment(&world).await;
    let mut watch = world.admin.watch::<ServerRow>(as_of(now));
    assert_eq!(refused(within(watch.next()).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn past_is_seen_by_those_who_may_see_the_object_now() {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    for agent in &mut agents {
        agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    }
    let then = moment(&world).await;
    let (vera, _) = world.user("vera", &["viewer:acme/main/web"]).await;
    let page: Page<ApplicationRow> = vera.list(&as_of(then)).await.unwrap();
    let paths: Vec<_> = page.items.into_iter().map(|row| row.path).collect();
    assert_eq!(paths, [path("acme/main/web/switch")]);
}
