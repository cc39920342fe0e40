//! Every subscription of a console's tab, and every stream: nothing of zebra's comes, whatever happens there.

use super::{Asker, populate, server};
use crate::tests::live::Tab;
use crate::tests::peer::{application, service};
use crate::tests::world::{World, within};
use topmast_api::action::ActionQuery;
use topmast_api::event::EventQuery;
use topmast_api::live::{ActionTopic, ClustersTopic, LiveEvent, ObjectTopic, OverviewTopic, Topic};
use topmast_api::page::ListQuery;
use topmast_api::route::{Answer, Method, ROUTES};
use topmast_model::status::{ApplicationStatus, ServiceStatus};

/// One of each kind that looks at everything. A kind that is new does not compile until it is here.
fn topics(action: &str, server: &str) -> Vec<Topic> {
    let first = Topic::Servers(ListQuery::default());
    let next = |topic: &Topic| match topic {
        Topic::Servers(_) => Some(Topic::Applications(ListQuery::default())),
        Topic::Applications(_) => Some(Topic::Services(ListQuery::default())),
        Topic::Services(_) => Some(Topic::Tasks(ListQuery::default())),
        Topic::Tasks(_) => Some(Topic::Problems(ListQuery::default())),
        Topic::Problems(_) => Some(Topic::Overview(OverviewTopic::default())),
        Topic::Overview(_) => Some(Topic::Clusters(ClustersTopic {})),
        Topic::Clusters(_) => Some(Topic::Events(EventQuery::default())),
        Topic::Events(_) => Some(Topic::Actions(ActionQuery::default())),
        Topic::Actions(_) => Some(Topic::Action(ActionTopic { action: action.parse().unwrap() })),
        Topic::Action(_) => Some(Topic::Object(ObjectTopic { path: server.parse().unwrap(), at: None })),
        Topic::Object(_) => None,
    };
    std::iter::successors(Some(first), next).collect()
}

#[tokio::test]
async fn tab_of_another_tenant_is_told_nothing_of_a_tenant() {
    let world = World::start().await;
    let mut bolt = server(&world, "bolt/main", "bolt-db", "bolt-switch").await;
    let (_, secret) = world.user("bo", &["admin:bolt"]).await;
    let (zebra, mut agent) = populate(&world).await;
    let mut tab = Tab::open(&world, &secret).await;
    let topics = topics(zebra.id("action"), &zebra.server());
    for (id, topic) in (1..).zip(&topics) {
        tab.subscribe(id, topic).await;
    }
    // What happens at zebra first, then at bolt: all that comes until bolt's own is seen.
    agent
        .send_reports(vec![service("zebra-switch", "zebra-new", ServiceStatus::Malfunction, &["ZEBRA01"])])
        .await;
    let admin = Asker::new(&world, &world.secret);
    crate::tests::world::until(async || {
        admin.ask("GET", "/api/v1/services?filter=zebra-new", None).await.1.contains("ZEBRA01").then_some(())
    })
    .await;
    bolt.report(vec![application("bolt-late", ApplicationStatus::Started)]).await;
    let (mut refused, mut ends) = (0, std::collections::BTreeSet::new());
    within(async {
        // Applications, events and the overview have bolt's new one.
        while ends.len() < 3 || refused < 2 {
            let message = tab.told().await;
            let text = message.data.to_string();
            let is_echo = message.event == LiveEvent::Refused;
            assert!(is_echo || !text.to_lowercase().contains("zebra"), "{message:?}");
            refused += usize::from(is_echo);
            let counts_two = text.contains("\"applications\"") && message.event == LiveEvent::Value;
            if text.contains("bolt-late") || counts_two {
                ends.insert(message.id);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn first_words_of_streams_have_nothing_of_another_tenant() {
    let world = World::start().await;
    let _bolt = server(&world, "bolt/main", "bolt-db", "bolt-switch").await;
    let (_, secret) = world.user("bo", &["admin:bolt"]).await;
    let (zebra, _agent) = populate(&world).await;
    let spy = Asker::new(&world, &secret);
    let is_stream = |answer: &Answer| matches!(answer, Answer::Stream(_));
    let streams: Vec<_> = ROUTES
        .iter()
        .filter(|route| route.method == Method::Get && route.answers.iter().any(is_stream))
        .collect();
    assert!(streams.len() >= 7, "{streams:?}");
    for route in streams {
        let path = route.path.replace("{id}", zebra.id("action"));
        let path = if route.operation == "event_stream" { format!("{path}?after=0") } else { path };
        let (status, text) = spy.ask("GET", &path, None).await;
        let is_refused = status == 404 && route.path.contains("{id}");
        assert!(status == 200 || is_refused, "{} {status} {text}", route.operation);
        assert!(!text.to_lowercase().contains("zebra"), "{} {text}", route.operation);
    }
}
