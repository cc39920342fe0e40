//! The live connection: many subscriptions over one socket, each as true as a stream of its own.

use super::peer::{application, finished, service};
use super::world::{World, path, within};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use topmast_api::action::{Action, ActionQuery};
use topmast_api::event::Event;
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::live::{
    ActionTopic, LiveEvent, LiveHeartbeat, LiveHello, LiveMessage, ObjectTopic, REQUEST_MAX,
    SUBSCRIPTIONS_MAX, Topic,
};
use topmast_api::page::{ListQuery, Page};
use topmast_api::problem::{Problem, ProblemCode};
use topmast_api::route::LIVE_CONNECT;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::watch::{Delta, WatchView};
use topmast_model::report::Report;
use topmast_model::status::{ActionStatus, ApplicationStatus, ServiceStatus};

/// A tab of a console.
pub(super) struct Tab(WebSocketStream<TcpStream>);

impl Tab {
    /// Opens a connection, and takes its hello.
    pub(super) async fn open(world: &World, secret: &str) -> Self {
        let mut tab = Self::connect(world, secret).await;
        let hello = tab.next().await.unwrap();
        assert_eq!((hello.id, hello.event), (None, LiveEvent::Hello));
        let hello: LiveHello = serde_json::from_value(hello.data).unwrap();
        assert_eq!((hello.cluster, hello.heartbeat_ms), (path("acme/main"), 1_000));
        assert_eq!(hello.zone.as_deref(), jiff::tz::TimeZone::system().iana_name());
        tab
    }

    async fn connect(world: &World, secret: &str) -> Self {
        let address = world.master.address();
        let stream = TcpStream::connect(address).await.unwrap();
        let mut request = format!("ws://{address}{}", LIVE_CONNECT.path).into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {secret}").parse().unwrap());
        Self(tokio_tungstenite::client_async(request, stream).await.unwrap().0)
    }

    async fn send(&mut self, message: impl Into<Message>) {
        // The master may have ended it; what it said is read afterwards.
        let _ = self.0.send(message.into()).await;
    }

    pub(super) async fn subscribe(&mut self, id: u32, to: &Topic) {
        self.send(json!({ "subscribe": { "id": id, "to": to } }).to_string()).await;
    }

    /// The master's next message; `None` at the end.
    async fn next(&mut self) -> Option<LiveMessage> {
        loop {
            match within(self.0.next()).await {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message that is no heartbeat.
    pub(super) async fn told(&mut self) -> LiveMessage {
        // Heartbeats alone keep no test waiting for ever.
        within(async {
            loop {
                let message = self.next().await.expect("the connection ended");
                if message.event != LiveEvent::Heartbeat {
                    return message;
                }
            }
        })
        .await
    }

    /// The next message of a subscription, which must be of a kind.
    async fn data<T: DeserializeOwned>(&mut self, id: u32, event: LiveEvent) -> T {
        loop {
            let message = self.told().await;
            if message.id == Some(id) {
                assert_eq!(message.event, event, "{}", message.data);
                return serde_json::from_value(message.data).unwrap();
            }
        }
    }

    async fn refused(&mut self, id: Option<u32>) -> Problem {
        let message = self.told().await;
        assert_eq!((message.id, message.event), (id, LiveEvent::Refused), "{}", message.data);
        serde_json::from_value(message.data).unwrap()
    }

    /// Why the master ended the connection.
    async fn ended(&mut self) -> Problem {
        let problem = self.refused(None).await;
        assert!(self.next().await.is_none(), "nothing comes after it");
        problem
    }
}

/// Reads on until the view shows what is awaited.
async fn shows(
    tab: &mut Tab,
    id: u32,
    view: &mut Option<WatchView<ServiceRow>>,
    mut wanted: impl FnMut(&WatchView<ServiceRow>) -> bool,
) {
    while !view.as_ref().is_some_and(&mut wanted) {
        let message = tab.told().await;
        assert_eq!(message.id, Some(id));
        match (message.event, view.as_mut()) {
            (LiveEvent::Snapshot, _) => {
                *view = Some(WatchView::new(serde_json::from_value(message.data).unwrap()));
            }
            (LiveEvent::Delta, Some(view)) => {
                let delta: Delta<ServiceRow> = serde_json::from_value(message.data).unwrap();
                view.apply(delta).unwrap();
            }
            (event, _) => panic!("{event:?} in a watch"),
        }
    }
}

fn servers() -> Topic {
    Topic::Servers(ListQuery::default())
}

fn services(filter: &str) -> Topic {
    Topic::Services(ListQuery { filter: Some(filter.into()), ..ListQuery::default() })
}

#[tokio::test]
async fn subscription_is_always_the_list() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let query = ListQuery { sort: Some("-status".into()), limit: Some(3), ..ListQuery::default() };
    let mut tab = Tab::open(&world, &world.secret).await;
    tab.subscribe(7, &Topic::Services(query.clone())).await;
    let mut view = None;
    for (number, status) in [ServiceStatus::Started, ServiceStatus::Malfunction, ServiceStatus::Stopped]
        .iter()
        .cycle()
        .take(9)
        .enumerate()
    {
        agent.report(vec![service("switch", &format!("s{}", number % 4), *status, &[])]).await;
        let fresh = world.admin.list::<ServiceRow>(&query).await.unwrap();
        // A rule may see one of them in between.
        let unseen = |row: &ServiceRow| ServiceRow { problem: None, ..row.clone() };
        let same = |view: &WatchView<ServiceRow>| view.rows().map(unseen).eq(fresh.items.iter().map(unseen));
        shows(&mut tab, 7, &mut view, |view| view.total() == fresh.total && same(view)).await;
    }
}

#[tokio::test]
async fn replaced_subscription_says_nothing_after_the_first_word_of_the_new_one() {
    // L-1
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let mut tab = Tab::open(&world, &world.secret).await;
    let mut status = [ServiceStatus::Started, ServiceStatus::Malfunction].into_iter().cycle();
    for round in 0..20 {
        // Both lists change all the time; only their filters tell them apart.
        tab.subscribe(1, &services("name=old")).await;
        tab.data::<Page<ServiceRow>>(1, LiveEvent::Snapshot).await;
        tab.subscribe(1, &services("name=new")).await;
        let now = status.next().unwrap();
        agent.report(vec![service("switch", "old", now, &[]), service("switch", "new", now, &[])]).await;
        let mut replaced = false;
        loop {
            let message = tab.told().await;
            replaced |= message.event == LiveEvent::Snapshot;
            let (items, changed) = (&message.data["items"], &message.data["changed"]);
            let rows: Vec<&Value> =
                [items, changed].into_iter().filter_map(Value::as_array).flatten().collect();
            if replaced {
                assert!(rows.iter().all(|row| row["name"] == "new"), "round {round}: {message:?}");
                if rows.iter().any(|row| row["status"] == now.as_str()) {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn ended_session_ends_the_connection() {
    let world = World::start().await;
    let (eve, secret) = world.user("eve", &["viewer"]).await;
    let mut tab = Tab::open(&world, &secret).await;
    tab.subscribe(1, &servers()).await;
    tab.data::<Page<ServerRow>>(1, LiveEvent::Snapshot).await;
    eve.session_close().await.unwrap();
    assert_eq!(tab.ended().await.code, ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn subscription_shows_only_what_its_reader_may_see() {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    for agent in &mut agents {
        agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    }
    let (_, secret) = world.user("eve", &["viewer:acme/main/web"]).await;
    let mut tab = Tab::open(&world, &secret).await;
    tab.subscribe(1, &servers()).await;
    let page: Page<ServerRow> = tab.data(1, LiveEvent::Snapshot).await;
    assert_eq!(page.items.iter().map(|row| row.path.clone()).collect::<Vec<_>>(), [path("acme/main/web")]);
    for (id, hidden) in
        [(2, "acme/main/db"), (3, "acme/main/db/switch"), (4, "acme/main"), (5, "acme/main/no")]
    {
        tab.send(
            json!({ "subscribe": { "id": id, "to": { "watch": "object", "path": hidden } } }).to_string(),
        )
        .await;
        assert_eq!(tab.refused(Some(id)).await.code, ProblemCode::NotFound);
    }
    tab.send(json!({ "subscribe": { "id": 6, "to": { "watch": "events", "after": 0 } } }).to_string()).await;
    tab.send(
        json!({ "subscribe": { "id": 7, "to": { "watch": "object", "path": "acme/main/web" } } }).to_string(),
    )
    .await;
    tab.data::<Value>(7, LiveEvent::Value).await;
    agents[0].report(vec![application("hidden", ApplicationStatus::Started)]).await;
    agents[1].report(vec![application("last", ApplicationStatus::Started)]).await;
    loop {
        let message = tab.told().await;
        assert!(!message.data.to_string().contains("main/db"), "{message:?}");
        if message.event == LiveEvent::Event && message.data["object"] == "acme/main/web/last" {
            break;
        }
    }

    let (_, secret) = world.user("nobody", &[]).await;
    let mut tab = Tab::open(&world, &secret).await;
    tab.subscribe(1, &servers()).await;
    assert_eq!(tab.refused(Some(1)).await.code, ProblemCode::Forbidden);
}

#[tokio::test]
async fn object_is_told_again_when_it_changed_and_refused_when_it_is_gone() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let mut tab = Tab::open(&world, &world.secret).await;
    for (id, object) in [(1, "acme/main/db"), (2, "acme/main/db/switch"), (3, "acme/main/db/switch/HSM")] {
        if id == 3 {
            agent.report(vec![service("switch", "HSM", ServiceStatus::Started, &[])]).await;
        }
        tab.subscribe(id, &Topic::Object(ObjectTopic { path: path(object), at: None })).await;
        let value: Value = tab.data(id, LiveEvent::Value).await;
        assert_eq!(value["path"], object);
    }
    agent.report(vec![service("switch", "HSM", ServiceStatus::Malfunction, &["X1"])]).await;
    loop {
        let value: Value = tab.data(3, LiveEvent::Value).await;
        if value["status"] == "MALFUNCTION" {
            break assert_eq!(value["codes"], json!(["X1"]));
        }
    }
    tab.send(json!({ "unsubscribe": { "id": 1 } }).to_string()).await;
    tab.send(json!({ "unsubscribe": { "id": 2 } }).to_string()).await;
    agent.report(vec![Report::ServiceGone { application: "switch".into(), name: "HSM".into() }]).await;
    loop {
        let message = tab.told().await;
        if message.event == LiveEvent::Refused {
            assert_eq!((message.id, &message.data["code"]), (Some(3), &json!(ProblemCode::NotFound)));
            break;
        }
    }
}

#[tokio::test]
async fn events_go_on_after_a_cursor_and_each_comes_once() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let (mut seen, mut after) = (Vec::new(), 0);
    for round in 0..4 {
        let mut tab = Tab::open(&world, &world.secret).await;
        tab.send(
            json!({ "subscribe": { "id": 1, "to": { "watch": "events", "after": after } } }).to_string(),
        )
        .await;
        let last = format!("s{round}");
        // Some of them are in the journal before the tab asks, some come while it reads.
        agent.report(vec![service("switch", &last, ServiceStatus::Started, &[])]).await;
        loop {
            let event: Event = tab.data(1, LiveEvent::Event).await;
            after = event.seq.0;
            seen.push(after);
            if event.object == Some(path("acme/main/db/switch").join(&last).unwrap()) {
                break;
            }
        }
        agent.report(vec![service("switch", "between", ServiceStatus::Started, &[&last])]).await;
    }
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    let mut tab = Tab::open(&world, &world.secret).await;
    tab.send(json!({ "subscribe": { "id": 1, "to": { "watch": "events", "limit": 3 } } }).to_string()).await;
    assert_eq!(tab.refused(Some(1)).await.field.as_deref(), Some("limit"));
}

#[tokio::test]
async fn actions_are_told_as_a_page_without_targets_and_one_by_one_with_them() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let mut tab = Tab::open(&world, &world.secret).await;
    tab.subscribe(1, &Topic::Actions(ActionQuery { limit: Some(10), ..ActionQuery::default() })).await;
    assert_eq!(tab.data::<Page<Action>>(1, LiveEvent::Snapshot).await.total, 0);
    let request = json!({ "operation": "restart", "targets": ["acme/main/db/switch"] });
    let action = world.admin.action_create(&serde_json::from_value(request).unwrap()).await.unwrap();
    tab.subscribe(2, &Topic::Action(ActionTopic { action: action.id })).await;
    let mut whole: Action = tab.data(2, LiveEvent::Snapshot).await;
    assert_eq!(whole.targets.len(), 1);
    let order = agent.order().await;
    agent.report(vec![finished(order.step, true, "runs again")]).await;
    // Both are told, in whichever order.
    let mut listed = None;
    while !whole.status.is_final() || listed != Some(ActionStatus::Succeeded) {
        let message = tab.told().await;
        match message.event {
            LiveEvent::Progress => whole.apply(serde_json::from_value(message.data).unwrap()),
            LiveEvent::Snapshot if message.id == Some(1) => {
                let page: Page<Action> = serde_json::from_value(message.data).unwrap();
                let [found] = &page.items[..] else { panic!("{page:?}") };
                assert_eq!((found.targets.len(), found.counts.total()), (0, 1));
                listed = Some(found.status);
            }
            event => panic!("{event:?}: {}", message.data),
        }
    }
    assert_eq!(whole.targets[0].message.as_deref(), Some("runs again"));
}

#[tokio::test]
async fn nonsense_ends_the_connection_with_a_reason() {
    let world = World::start().await;
    let large = format!("{{\"subscribe\":\"{}\"}}", " ".repeat(REQUEST_MAX));
    for (message, code, text) in [
        (Message::text("{"), ProblemCode::Invalid, "EOF"),
        (
            Message::text(r#"{"subscribe":{"id":1,"to":{"watch":"weather"}}}"#),
            ProblemCode::Invalid,
            "weather",
        ),
        (Message::text(r#"{"order":"pizza"}"#), ProblemCode::Invalid, "order"),
        (Message::binary(vec![0, 1, 2]), ProblemCode::Invalid, "binary"),
        (Message::text(large), ProblemCode::TooLarge, "65536"),
    ] {
        let mut tab = Tab::open(&world, &world.secret).await;
        tab.send(message).await;
        let problem = tab.ended().await;
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.detail.contains(text), "{problem}");
    }
}

#[tokio::test]
async fn wrong_subscription_is_refused_and_the_others_go_on() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let mut tab = Tab::open(&world, &world.secret).await;
    tab.subscribe(1, &Topic::Applications(ListQuery::default())).await;
    tab.data::<Value>(1, LiveEvent::Snapshot).await;
    tab.subscribe(2, &services("cpu_pct>")).await;
    assert_eq!(tab.refused(Some(2)).await.code, ProblemCode::InvalidFilter);
    let query = ListQuery { limit: Some(0), ..ListQuery::default() };
    tab.subscribe(2, &Topic::Services(query)).await;
    assert_eq!(tab.refused(Some(2)).await.code, ProblemCode::Invalid);
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    tab.data::<Value>(1, LiveEvent::Delta).await;
}

#[tokio::test]
async fn subscriptions_have_a_bound_and_an_ended_one_makes_room() {
    let world = World::start().await;
    let mut tab = Tab::open(&world, &world.secret).await;
    let max = u32::try_from(SUBSCRIPTIONS_MAX).unwrap();
    for id in 0..=max {
        tab.subscribe(id, &servers()).await;
    }
    loop {
        let message = tab.told().await;
        if message.event == LiveEvent::Refused {
            assert_eq!(message.id, Some(max));
            assert_eq!(message.data["code"], json!(ProblemCode::LimitReached));
            break;
        }
    }
    // One in use may be replaced.
    tab.subscribe(0, &services("")).await;
    tab.send(json!({ "unsubscribe": { "id": 1 } }).to_string()).await;
    tab.subscribe(max, &servers()).await;
    tab.data::<Page<ServerRow>>(max, LiveEvent::Snapshot).await;
}

#[tokio::test]
async fn heartbeats_tell_the_masters_time() {
    let world = World::start().await;
    let mut tab = Tab::open(&world, &world.secret).await;
    let mut times = Vec::new();
    while times.len() < 2 {
        let message = tab.next().await.unwrap();
        assert_eq!((message.id, message.event), (None, LiveEvent::Heartbeat));
        times.push(serde_json::from_value::<LiveHeartbeat>(message.data).unwrap().time);
    }
    assert!(times[0].as_millis() < times[1].as_millis());
}

#[tokio::test]
async fn problems_are_followed_by_those_who_may_see_them() {
    let world = World::start().await;
    let (_, secret) = world.user("oli", &["operator"]).await;
    let (_, elsewhere) = world.user("eve", &["viewer:acme/main/other"]).await;
    let mut tab = Tab::open(&world, &secret).await;
    let mut blind = Tab::open(&world, &elsewhere).await;
    let query = ListQuery { filter: Some("status=OPEN".into()), limit: Some(5), ..ListQuery::default() };
    for tab in [&mut tab, &mut blind] {
        tab.subscribe(1, &Topic::Problems(query.clone())).await;
        let page: Page<ProblemRow> = tab.data(1, LiveEvent::Snapshot).await;
        assert_eq!((page.items, page.total), (vec![], 0));
    }
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Quarantined)]).await;
    let page = loop {
        let page: Page<ProblemRow> = tab.data(1, LiveEvent::Snapshot).await;
        // It is told when it opens, and again when somebody was told of it.
        if page.items.first().is_some_and(|row| row.notices > 0) {
            break page;
        }
    };
    let [row] = &page.items[..] else { panic!("{page:?}") };
    assert_eq!((row.rule.as_str(), page.total), ("application-quarantined", 1));
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    while !tab.data::<Page<ProblemRow>>(1, LiveEvent::Snapshot).await.items.is_empty() {}
    // Nothing of it came to who sees other objects only: the next thing that does is the answer to another question.
    blind.subscribe(2, &Topic::Problems(ListQuery { limit: Some(0), ..ListQuery::default() })).await;
    assert_eq!(blind.refused(Some(2)).await.code, ProblemCode::Invalid);
}
