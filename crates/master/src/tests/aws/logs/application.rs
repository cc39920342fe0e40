//! Groups of applications' logs: a query that is stopped ends on its servers, and what an agent refuses is told.

use super::{ask, now, ok};
use crate::tests::aws::Tool;
use crate::tests::logs::{begin, end, line, server, tell};
use crate::tests::world::World;
use serde_json::{Value, json};
use topmast_api::event::EventQuery;
use topmast_wire::{MasterMessage, PaneOutcome};

fn query() -> Value {
    json!({
        "logGroupName": "/topmast/shop", "startTime": 0, "endTime": now() / 1_000 + 60,
        "queryString": "stats count(*) as n",
    })
}

#[tokio::test]
async fn a_query_that_is_stopped_ends_on_its_servers() {
    let world = World::start().await;
    let mut agent = server(&world, "a").await;
    let tool = Tool::granted(&world, &["logs:acme"]).await;
    // The answer comes while the agent is still reading.
    let (started, open) = tokio::join!(ok(&tool, "StartQuery", query()), begin(&mut agent));
    let events = EventQuery { kind: Some("LogsRead".into()), ..EventQuery::default() };
    let event = world.admin.event_list(&events).await.unwrap().items.remove(0);
    assert_eq!(event.payload["reading"]["pattern"], "stats count(*) as n");
    tell(&mut agent, &open, &[line("shop", 1, "up")]).await;
    let id = json!({"queryId": started["queryId"]});
    let others = Tool::granted(&world, &["viewer:acme"]).await;
    assert_eq!(ask(&others, "StopQuery", id.clone()).await.0, 400, "a viewer stops it");
    assert_eq!(ok(&tool, "StopQuery", id.clone()).await["success"], true);
    assert_eq!(ok(&tool, "GetQueryResults", id).await["status"], "Cancelled");
    loop {
        match agent.link.next().await.expect("the master ended it") {
            MasterMessage::StopPane { pane } => return assert_eq!(pane, open.pane),
            MasterMessage::Goodbye { reason, .. } => panic!("{reason}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_agent_that_refuses_is_told_in_its_words() {
    let world = World::start().await;
    let mut agent = server(&world, "a").await;
    let tool = Tool::granted(&world, &["logs:acme"]).await;
    let input = json!({"logGroupName": "/topmast/shop", "filterPattern": "x"});
    let refuse = async {
        let open = crate::tests::logs::asked(&mut agent).await;
        end(&mut agent, &open, PaneOutcome::Failed("logs may not be read here".into())).await;
    };
    let ((status, answer), ()) = tokio::join!(ask(&tool, "FilterLogEvents", input), refuse);
    assert_eq!((status, &answer["__type"]), (500, &json!("ServiceUnavailableException")), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("logs may not be read here"), "{answer}");
}
