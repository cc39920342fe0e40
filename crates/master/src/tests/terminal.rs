//! Terminals: who may open and see them, and what a client that does not keep to the contract is told. What runs over
//! ssh is tested with real servers, in the system tests.

use super::world::{World, path, refused, until, within};
use topmast_api::client::{Client, TerminalEvent, TerminalReceiver, TerminalSender};
use topmast_api::event::EventQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::terminal::{
    PaneOutcome, Panes, TERMINAL_REQUEST_MAX, TerminalInput, TerminalMessage, TerminalOpen,
    TerminalPlanRequest, TerminalQuery, TerminalRequest, TerminalRow,
};
use topmast_wire::{AgentMessage, MasterMessage};

pub(super) fn open(targets: &[&str], command: Option<&str>) -> TerminalOpen {
    TerminalOpen {
        targets: targets.iter().map(|target| path(target)).collect(),
        command: command.map(str::to_owned),
        reason: None,
        size: None,
        timeout_ms: None,
        output_max_bytes: None,
        login: None,
    }
}

pub(super) async fn connect(client: &Client, open: TerminalOpen) -> (TerminalSender, TerminalReceiver) {
    let (mut sender, receiver) = client.terminal_connect().await.unwrap();
    sender.send(&TerminalRequest::Open(open)).await.unwrap();
    (sender, receiver)
}

/// The next text.
pub(super) async fn next(receiver: &mut TerminalReceiver) -> TerminalMessage {
    match within(receiver.next()).await.unwrap() {
        Some(TerminalEvent::Message(message)) => message,
        other => panic!("{other:?} is no text"),
    }
}

pub(super) async fn opened(receiver: &mut TerminalReceiver) -> uuid::Uuid {
    match next(receiver).await {
        TerminalMessage::Opened(opened) => opened.terminal,
        other => panic!("{other:?} instead of opened"),
    }
}

async fn list(client: &Client) -> Vec<TerminalRow> {
    client.terminal_list(&TerminalQuery::default()).await.unwrap().items
}

#[tokio::test]
async fn right_is_asked_for_each_server_and_others_see_nothing_of_it() {
    let world = World::start().await;
    let (mut agent, _other) = (world.agent("a").await, world.agent("b").await);
    let (eve, _) = world.user("eve", &["terminal:acme/main/a", "viewer"]).await;
    let (ann, _) = world.user("ann", &["terminal"]).await;
    let (oper, _) = world.user("oper", &["operator"]).await;
    let (vera, _) = world.user("vera", &["auditor"]).await;

    assert_eq!(refused(oper.terminal_connect().await.map(drop)), ProblemCode::Forbidden);
    let (_sender, mut receiver) = connect(&eve, open(&["acme/main/a", "acme/main/b"], Some("id"))).await;
    let TerminalMessage::Refused(problem) = next(&mut receiver).await else { panic!("it was opened") };
    assert_eq!(problem.code, ProblemCode::Forbidden);
    assert!(problem.detail.contains("acme/main/b") && !problem.detail.contains("main/a"), "{problem}");
    assert!(list(&vera).await.is_empty(), "nothing was opened");

    let (mut sender, mut receiver) = connect(&eve, open(&["acme/main/a"], Some("id"))).await;
    let id = opened(&mut receiver).await;
    assert!(list(&eve).await[0].closed_at.is_none(), "it is in the journal before anything runs");
    sender.send(&TerminalRequest::Start(Panes { panes: vec![0] })).await.unwrap();
    let asked = loop {
        if let MasterMessage::OpenPane(asked) = agent.link.next().await.unwrap() {
            break asked;
        }
    };
    assert_eq!((asked.command.as_deref(), asked.principal.as_str()), (Some("id"), "user eve"));
    let outcome = topmast_wire::PaneOutcome::Failed("not allowed here".into());
    agent.link.send(&AgentMessage::PaneEnded { pane: asked.pane, outcome }).await;
    let TerminalMessage::Ended(ended) = next(&mut receiver).await else { panic!("it runs on the agent") };
    assert_eq!(ended.outcome, PaneOutcome::Failed("not allowed here".into()));
    sender.close().await;
    until(async || list(&eve).await[0].closed_at).await;

    assert!(list(&ann).await.is_empty() && list(&oper).await.is_empty());
    assert_eq!((list(&vera).await.len(), list(&world.admin).await.len()), (1, 1));
    for client in [&ann, &oper] {
        assert_eq!(refused(client.terminal_get(id).await), ProblemCode::NotFound);
        assert_eq!(refused(client.terminal_recording(id, 0).await), ProblemCode::NotFound);
    }
    for client in [&eve, &vera] {
        let details = client.terminal_get(id).await.unwrap();
        assert_eq!((details.panes[0].outcome.as_str(), details.row.succeeded), ("failed", 0));
        let missing = client.terminal_recording(id, 0).await.unwrap_err();
        assert!(missing.to_string().contains("there is no recording of it"), "{missing}");
        assert_eq!(refused(client.terminal_recording(id, 1).await), ProblemCode::NotFound);
    }
    let query = EventQuery { kind: Some("TerminalOpened".into()), ..EventQuery::default() };
    let events = async |client: &Client| client.event_list(&query).await.unwrap().items.len();
    assert_eq!((events(&oper).await, events(&eve).await, events(&vera).await), (0, 1, 1));

    let plan = TerminalPlanRequest { targets: vec![path("acme/main/a")], command: None, account: None };
    let planned = eve.terminal_plan(&plan).await.unwrap().targets[0].clone();
    assert_eq!((planned.account.as_str(), planned.problem), ("a over its agent", None));
    assert_eq!(refused(oper.terminal_plan(&plan).await), ProblemCode::Forbidden);
    let plan = TerminalPlanRequest { targets: vec![path("acme/main/b")], ..plan };
    assert_eq!(refused(eve.terminal_plan(&plan).await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn what_is_not_in_the_contract_ends_the_connection_and_closes_the_terminal() {
    let world = World::start().await;
    let _agent = world.agent("a").await;
    let target = ["acme/main/a"];
    let input = |pane| TerminalRequest::Input(TerminalInput { panes: vec![pane], text: "x".into() });
    let start = |panes: &[u16]| TerminalRequest::Start(Panes { panes: panes.to_vec() });
    let long = TerminalInput { panes: vec![0], text: "x".repeat(TERMINAL_REQUEST_MAX) };
    let cases = [
        (None, vec![TerminalRequest::Open(open(&target, None))], ProblemCode::Conflict),
        (None, vec![start(&[1])], ProblemCode::Invalid),
        (None, vec![start(&[0, 0])], ProblemCode::Conflict),
        (None, vec![input(0)], ProblemCode::Conflict),
        (Some("id"), vec![input(0)], ProblemCode::Invalid),
        (None, vec![TerminalRequest::Input(long)], ProblemCode::TooLarge),
    ];
    let count = cases.len();
    for (command, requests, code) in cases {
        let (mut sender, mut receiver) = connect(&world.admin, open(&target, command)).await;
        opened(&mut receiver).await;
        for request in &requests {
            sender.send(request).await.unwrap();
        }
        let problem = loop {
            match next(&mut receiver).await {
                TerminalMessage::Refused(problem) => break problem,
                // A pane that was begun ends, or has ended: there is an agent.
                TerminalMessage::Ended(_) => {}
                other => panic!("{other:?} after {requests:?}"),
            }
        };
        assert_eq!(problem.code, code, "{problem}");
        assert_eq!(within(receiver.next()).await.unwrap(), None);
    }
    let (mut sender, mut receiver) = world.admin.terminal_connect().await.unwrap();
    sender.send(&start(&[0])).await.unwrap();
    assert!(
        matches!(next(&mut receiver).await, TerminalMessage::Refused(problem) if problem.detail.contains("open"))
    );
    let all_closed =
        async || list(&world.admin).await.iter().all(|row| row.closed_at.is_some()).then_some(());
    until(all_closed).await;
    assert_eq!(list(&world.admin).await.len(), count);
}

#[tokio::test]
async fn pane_that_is_stopped_before_it_begins_never_begins() {
    // T-2, T-3
    let world = World::start().await;
    let _agent = world.agent("a").await;
    let (mut sender, mut receiver) = connect(&world.admin, open(&["acme/main/a"], Some("id"))).await;
    let id = opened(&mut receiver).await;
    let panes = Panes { panes: vec![0] };
    sender.send(&TerminalRequest::Stop(panes.clone())).await.unwrap();
    let TerminalMessage::Ended(ended) = next(&mut receiver).await else { panic!("it did not end") };
    assert_eq!(ended.outcome, PaneOutcome::Stopped);
    sender.send(&TerminalRequest::Stop(panes.clone())).await.unwrap();
    sender.send(&TerminalRequest::Start(panes)).await.unwrap();
    let TerminalMessage::Refused(problem) = next(&mut receiver).await else { panic!("it was begun") };
    assert_eq!(problem.code, ProblemCode::Conflict);
    let outcome = until(async || {
        let details = world.admin.terminal_get(id).await.unwrap();
        details.row.closed_at.map(|_| details.panes[0].outcome.clone())
    });
    assert_eq!(outcome.await, "not-started");
}
