//! Logs: who reads which, that the journal has it first, and agents that are silent, refuse, or say what they should not.

use super::peer::{Agent, application};
use super::world::{World, refused, within};
use topmast_api::client::LogStream;
use topmast_api::event::EventQuery;
use topmast_api::log::{LogMessage, LogQuery, LogRow, LogState};
use topmast_api::problem::ProblemCode;
use topmast_model::log::{LogLine, LogRecord, LogRequest};
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, MasterMessage, OpenLog, PaneOutcome, PaneStream};

/// Everything that may be read.
static ALL: std::sync::LazyLock<LogQuery> = std::sync::LazyLock::new(LogQuery::default);

/// A server with one application.
pub(super) async fn server(world: &World, name: &str) -> Agent {
    let mut agent = world.agent(name).await;
    agent.report(vec![application("shop", ApplicationStatus::Started)]).await;
    agent
}

/// The next request for logs.
pub(super) async fn asked(agent: &mut Agent) -> OpenLog {
    loop {
        match agent.link.next().await.expect("the master ended it") {
            MasterMessage::OpenLog(open) => return *open,
            MasterMessage::OpenPane(_) => panic!("a command"),
            _ => {}
        }
    }
}

pub(super) fn line(application: &str, time: i64, text: &str) -> LogRecord {
    LogRecord::Line(LogLine {
        application: application.into(),
        source: "output".into(),
        file: None,
        time: UnixMillis(time),
        text: text.into(),
        cut: 0,
        is_context: false,
        is_apart: false,
    })
}

pub(super) async fn begin(agent: &mut Agent) -> OpenLog {
    let open = asked(agent).await;
    agent.link.send(&AgentMessage::PaneStarted { pane: open.pane, account: String::new() }).await;
    open
}

pub(super) async fn tell(agent: &mut Agent, open: &OpenLog, records: &[LogRecord]) {
    let lines = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n");
    let bytes = lines.collect::<String>().into_bytes();
    let stream = PaneStream::Output;
    agent.link.send(&AgentMessage::PaneOutput { pane: open.pane, stream, bytes }).await;
}

pub(super) async fn end(agent: &mut Agent, open: &OpenLog, outcome: PaneOutcome) {
    agent.link.send(&AgentMessage::PaneEnded { pane: open.pane, outcome }).await;
}

async fn next(stream: &mut LogStream) -> LogMessage {
    within(stream.next()).await.unwrap().expect("the master ended it")
}

async fn row(stream: &mut LogStream) -> LogRow {
    loop {
        if let LogMessage::Line(row) = next(stream).await {
            return row;
        }
    }
}

/// The last word of a server, and its words.
async fn last(stream: &mut LogStream) -> (LogState, String) {
    loop {
        if let LogMessage::Server(server) = next(stream).await
            && matches!(server.state, LogState::Done | LogState::Failed | LogState::Waiting)
        {
            return (server.state, server.detail.unwrap_or_default());
        }
    }
}

#[tokio::test]
async fn journal_has_who_reads_what_before_an_agent_is_asked() {
    let world = World::start().await;
    let mut agent = server(&world, "a").await;
    let query = LogQuery { pattern: Some("time.?out".into()), limit: Some(5), ..LogQuery::default() };
    let (_, open) = tokio::join!(world.admin.log_search(&query), asked(&mut agent));
    let events = EventQuery { kind: Some("LogsRead".into()), ..EventQuery::default() };
    let event = world.admin.event_list(&events).await.unwrap().items.remove(0);
    assert_eq!(event.payload["reading"]["pattern"], "time.?out");
    assert_eq!(event.payload["reading"]["targets"][0], "acme/main/a/shop");
    assert_eq!((event.tenant.as_str(), event.actor.name.as_str()), ("acme", "admin"));
    let request: LogRequest = open.request().unwrap();
    assert_eq!(
        (request.applications.as_slice(), open.principal.as_str()),
        (&["shop".to_owned()][..], "user admin")
    );
}

#[tokio::test]
async fn right_decides_which_applications_are_read_and_who_sees_that_they_were() {
    let world = World::start().await;
    let (mut a, _b) = (server(&world, "a").await, server(&world, "b").await);
    let (vera, _) = world.user("vera", &["viewer", "auditor:acme"]).await;
    let (lena, _) = world.user("lena", &["viewer", "logs:acme/main/a"]).await;
    let query = LogQuery::default();
    assert_eq!(refused(vera.log_tail(&query).await.map(drop)), ProblemCode::Forbidden);
    assert_eq!(refused(vera.log_sources(&query).await), ProblemCode::Forbidden);
    let only_b = LogQuery { filter: Some("server=b".into()), ..LogQuery::default() };
    assert_eq!(refused(lena.log_search(&only_b).await.map(drop)), ProblemCode::Forbidden);
    let (stream, open) = tokio::join!(lena.log_tail(&query), begin(&mut a));
    let mut stream = stream.unwrap();
    let LogMessage::Begun(begun) = next(&mut stream).await else { panic!("not begun") };
    assert_eq!((begun.servers.len(), begun.applications), (1, 1));
    // What was not asked for is not handed on.
    tell(&mut a, &open, &[line("other", 1, "secret"), line("shop", 2, "up")]).await;
    let told = row(&mut stream).await;
    assert_eq!((told.application.as_str(), told.text.as_str()), ("acme/main/a/shop", "up"));
    let events = EventQuery { kind: Some("LogsRead".into()), ..EventQuery::default() };
    assert_eq!(lena.event_list(&events).await.unwrap().items.len(), 1);
    let (viewer, _) = world.user("only", &["viewer"]).await;
    assert!(viewer.event_list(&events).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn silent_server_holds_up_no_other() {
    // LO-2
    let world = World::start().await;
    let (mut a, mut silent) = (server(&world, "a").await, server(&world, "b").await);
    let (stream, open, _) = tokio::join!(world.admin.log_search(&ALL), begin(&mut a), asked(&mut silent));
    let mut stream = stream.unwrap();
    tell(&mut a, &open, &[line("shop", 2, "two"), line("shop", 1, "one")]).await;
    assert_eq!([row(&mut stream).await.text, row(&mut stream).await.text], ["two", "one"]);
    end(&mut a, &open, PaneOutcome::Exited(0)).await;
    assert_eq!(last(&mut stream).await.0, LogState::Done);
}

#[tokio::test]
async fn agent_that_refuses_or_goes_is_told_in_words() {
    let world = World::start().await;
    let mut agent = server(&world, "a").await;
    let (stream, open) = tokio::join!(world.admin.log_search(&ALL), asked(&mut agent));
    let mut stream = stream.unwrap();
    end(&mut agent, &open, PaneOutcome::Failed("not allowed here".into())).await;
    assert_eq!(last(&mut stream).await, (LogState::Failed, "not allowed here".to_owned()));
    let LogMessage::Ended(ended) = next(&mut stream).await else { panic!("not ended") };
    assert_eq!(ended.failed, 1);
    assert_eq!(within(stream.next()).await.unwrap(), None);

    let (tail, _) = tokio::join!(world.admin.log_tail(&ALL), begin(&mut agent));
    let mut tail = tail.unwrap();
    let identity = agent.identity.clone();
    drop(agent);
    assert_eq!(last(&mut tail).await.0, LogState::Waiting);
    // A tail goes on when the agent is back, without the lines that it began with.
    let mut again = Agent::connect(&world, identity).await;
    let open = begin(&mut again).await;
    tell(&mut again, &open, &[line("shop", 1, "back")]).await;
    assert_eq!(row(&mut tail).await.text, "back");
    let search = async { world.admin.log_search(&ALL).await.unwrap() };
    let (mut stream, _) = tokio::join!(search, begin(&mut again));
    drop(again);
    assert_eq!(last(&mut stream).await.0, LogState::Failed);
}

#[tokio::test]
async fn agent_is_told_to_end_when_nobody_hears_it_any_more() {
    // LO-3
    let world = World::start().await;
    let mut agent = server(&world, "a").await;
    let (stream, open) = tokio::join!(world.admin.log_tail(&ALL), begin(&mut agent));
    drop(stream.unwrap());
    loop {
        match agent.link.next().await.expect("the master ended it") {
            MasterMessage::StopPane { pane } => return assert_eq!(pane, open.pane),
            MasterMessage::Goodbye { reason, .. } => panic!("{reason}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn download_is_a_text_and_what_makes_no_sense_is_refused() {
    let world = World::start().await;
    let mut agent = server(&world, "a").await;
    let download = async {
        let mut stream = world.admin.log_download(&ALL).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await.unwrap() {
            bytes.extend(piece);
        }
        String::from_utf8(bytes).unwrap()
    };
    let answer = async {
        let open = begin(&mut agent).await;
        tell(&mut agent, &open, &[line("shop", 1, "one"), line("shop", 2, "two")]).await;
        end(&mut agent, &open, PaneOutcome::Exited(0)).await;
    };
    let (text, ()) = tokio::join!(download, answer);
    assert_eq!(text, "==> acme/main/a/shop output <==\none\ntwo\n");
    for (query, code) in [
        (LogQuery { limit: Some(0), ..LogQuery::default() }, ProblemCode::Invalid),
        (LogQuery { context: Some(101), ..LogQuery::default() }, ProblemCode::Invalid),
        (LogQuery { timeout_s: Some(3_601), ..LogQuery::default() }, ProblemCode::Invalid),
        (LogQuery { pattern: Some("x".repeat(5_000)), ..LogQuery::default() }, ProblemCode::Invalid),
        (LogQuery { filter: Some("name=none".into()), ..LogQuery::default() }, ProblemCode::NotFound),
        (LogQuery { filter: Some("nme=x".into()), ..LogQuery::default() }, ProblemCode::InvalidFilter),
    ] {
        assert_eq!(refused(world.admin.log_search(&query).await.map(drop)), code, "{query:?}");
    }
}
