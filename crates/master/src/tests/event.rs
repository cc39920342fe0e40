//! The journal as a stream: nothing lost, nothing twice, whatever breaks in between.

use super::peer::{application, service};
use super::world::{PASSWORD, World, grants_of, path, until, within};
use topmast_api::client::ClientError;
use topmast_api::event::{Event, EventMessage, EventOrder, EventQuery};
use topmast_api::user::UserRequest;
use topmast_model::command::Command;
use topmast_model::id::Seq;
use topmast_model::status::{ApplicationStatus, ServiceStatus};

fn from_start() -> EventQuery {
    EventQuery { after: Some(Seq(0)), ..EventQuery::default() }
}

#[tokio::test]
async fn stream_resumed_again_and_again_has_every_event_once() {
    const EVENTS: u64 = 600;
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let admin = world.admin.clone();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let writer = async {
        for number in 0..EVENTS {
            let name = format!("s{}", number % 7);
            let status = if number % 14 < 7 { ServiceStatus::Started } else { ServiceStatus::Malfunction };
            agent.send_reports(vec![service("switch", &name, status, &[])]).await;
        }
        agent.report(vec![application("last", ApplicationStatus::Started)]).await;
    };
    let reader = async {
        let (mut seen, mut cursor) = (Vec::new(), Seq(0));
        'connections: loop {
            let mut stream = admin.event_stream(EventQuery { after: Some(cursor), ..EventQuery::default() });
            for _ in 0..random.usize(1..200) {
                if let EventMessage::Event(event) = stream.next().await.unwrap() {
                    let last = event.object == Some(path("acme/main/db/last"));
                    seen.push(event.seq.0);
                    if last {
                        break 'connections;
                    }
                }
            }
            cursor = stream.cursor().unwrap();
        }
        seen
    };
    let (seen, ()) = within(async { tokio::join!(reader, writer) }).await;
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    assert!(seen.len() as u64 > EVENTS);
}

#[tokio::test]
async fn stream_tells_only_what_was_asked_for_and_its_heartbeats_carry_the_position() {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    let mut of_db =
        world.admin.event_stream(EventQuery { object: Some(path("acme/main/db")), ..from_start() });
    let mut of_kind =
        world.admin.event_stream(EventQuery { kind: Some("ApplicationChanged".into()), ..from_start() });
    for agent in &mut agents {
        agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    }
    let changed = async |stream: &mut topmast_api::client::EventStream| loop {
        if let EventMessage::Event(event) = within(stream.next()).await.unwrap() {
            if event.kind == "ApplicationChanged" {
                return event.object.unwrap();
            }
            assert!(event.object.unwrap().is_within(&path("acme/main/db")));
        }
    };
    assert_eq!(changed(&mut of_db).await, path("acme/main/db/switch"));
    for server in ["db", "web"] {
        assert_eq!(changed(&mut of_kind).await, path(&format!("acme/main/{server}/switch")));
    }
    // Events of other servers keep coming, and keep nobody from a heartbeat.
    let [_, web] = &mut agents;
    let mut silent = of_db;
    let heard = async {
        loop {
            if let EventMessage::Heartbeat = silent.next().await.unwrap() {
                return silent.cursor().unwrap();
            }
        }
    };
    let noise = async {
        for number in 0_u64.. {
            let status =
                if number % 2 == 0 { ApplicationStatus::Stopped } else { ApplicationStatus::Started };
            web.report(vec![application("switch", status)]).await;
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    let at = within(async {
        tokio::select! { at = heard => at, () = noise => unreachable!() }
    })
    .await;
    assert!(at > Seq(0));
}

#[tokio::test]
async fn list_pages_both_ways_without_gap_or_repeat() {
    let world = World::start().await;
    for number in 0..30 {
        let request = UserRequest {
            name: format!("user-{number}"),
            password: PASSWORD.into(),
            grants: grants_of(&["viewer"]),
        };
        if number < 2 {
            world.admin.user_create(&request).await.unwrap();
        }
        world.submit(Command::RecordLoginFailure { user: request.name }).await;
    }
    let head = world.master.context.bus.state().last_seq().0;
    for (order, mut expected) in
        [(EventOrder::Asc, (1..=head).collect::<Vec<_>>()), (EventOrder::Desc, (1..=head).rev().collect())]
    {
        let (mut seen, mut next) = (Vec::new(), None);
        loop {
            let query = EventQuery { limit: Some(7), order: Some(order), ..EventQuery::default() };
            let query = match order {
                EventOrder::Asc => EventQuery { after: next.or(Some(Seq(0))), ..query },
                EventOrder::Desc => EventQuery { before: next, ..query },
            };
            let page = world.admin.event_list(&query).await.unwrap();
            assert_eq!(page.head_seq.0, head);
            seen.extend(page.items.iter().map(|event: &Event| event.seq.0));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        expected.truncate(seen.len());
        assert_eq!(seen, expected, "{order:?}");
        assert_eq!(seen.len() as u64, head);
    }
}

#[tokio::test]
async fn page_cut_short_says_where_to_go_on() {
    // More events that the reader may not see than one request looks through.
    const HIDDEN: usize = 21_000;
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer:acme/main/db"]).await;
    for _ in 0..HIDDEN / 1_000 {
        let failures = (0..1_000).map(|_| world.submit(Command::RecordLoginFailure { user: "x".into() }));
        within(futures_util::future::join_all(failures)).await;
    }
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let first = eve.event_list(&from_start()).await.unwrap();
    assert!(first.items.is_empty() && first.next.is_some());
    let second = eve.event_list(&EventQuery { after: first.next, ..EventQuery::default() }).await.unwrap();
    assert!(second.items.iter().any(|event| event.kind == "ApplicationChanged"));
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn stream_goes_on_after_a_restart_of_the_master() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let mut stream = world.admin.event_stream(from_start());
    let mut seen = Vec::new();
    let head = world.master.context.bus.state().last_seq();
    while stream.cursor() != Some(head) {
        if let EventMessage::Event(event) = within(stream.next()).await.unwrap() {
            seen.push(event.seq);
        }
    }
    let world = world.restart().await;
    assert!(matches!(within(stream.next()).await, Err(ClientError::Lost { .. })));
    let cursor = stream.cursor();
    let mut stream = world.admin.event_stream(EventQuery { after: cursor, ..EventQuery::default() });
    let first = until(async || match stream.next().await.unwrap() {
        EventMessage::Event(event) => Some(event),
        EventMessage::Heartbeat => None,
    })
    .await;
    assert_eq!(first.seq.0, seen.len() as u64 + 1);
}

#[tokio::test]
async fn filter_holds_for_the_list_and_the_stream_and_points_at_its_fault() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let query = EventQuery {
        filter: Some("kind=ApplicationChanged status=FAILED,STOPPED application=s*".into()),
        ..from_start()
    };
    let mut stream = world.admin.event_stream(query.clone());
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    agent.report(vec![application("other", ApplicationStatus::Stopped)]).await;
    agent.report(vec![application("switch", ApplicationStatus::Stopped)]).await;
    let wanted = path("acme/main/db/switch");
    let listed = world.admin.event_list(&query).await.unwrap().items;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(
        (listed[0].object.as_ref(), &listed[0].payload["state"]["status"]),
        (Some(&wanted), &"STOPPED".into())
    );
    let told = until(async || match stream.next().await.unwrap() {
        EventMessage::Event(event) => Some(event),
        EventMessage::Heartbeat => None,
    })
    .await;
    assert_eq!(*told, listed[0]);
    // A filter cannot ask about what is not told.
    let secret = EventQuery { filter: Some("message~argon2".into()), ..from_start() };
    assert_eq!(world.admin.event_list(&secret).await.unwrap().items, []);
    let wrong = EventQuery { filter: Some("kind=a sttus=FAILED".into()), ..EventQuery::default() };
    let error = world.admin.event_list(&wrong).await.unwrap_err();
    assert_eq!(error.problem().unwrap().column, Some(8), "{error}");
    let error = within(world.admin.event_stream(wrong).next()).await.unwrap_err();
    assert_eq!(error.problem().unwrap().column, Some(8), "{error}");
}
