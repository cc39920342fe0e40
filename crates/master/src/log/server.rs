//! One server of a reading: asks its agent, or reads it over ssh, hands on what it tells, and says how it is coming on.

use super::Part;
use crate::http::Context;
use crate::registry::{AgentLine, Inbox, PaneNews};
use crate::ssh::log::{News, SshLog};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use topmast_api::log::{LogMessage, LogNote, LogRow, LogServer, LogSourceRow, LogState};
use topmast_api::time::Timestamp;
use topmast_model::log::{LogRecord, LogWanted};
use topmast_model::path::ObjectPath;
use topmast_model::server::ServerRole;
use topmast_wire::{MasterMessage, OpenLog, PaneId, PaneOutcome};

/// For an agent to say whether it reads; one that is older than this never does.
const BEGIN_WITHIN: Duration = Duration::from_secs(15);
/// For a server to tell its sources.
const LIST_WITHIN: Duration = Duration::from_secs(10);
/// Records of a server that may be under way: enough for 4 MB/s over 15 ms, and little for 500 servers.
const CREDIT: u64 = 64 << 10;
/// Credit is given back in such portions.
const CREDIT_PORTION: u64 = CREDIT / 4;
/// Longest record: a line that is all control characters, with names.
const RECORD_MAX: usize = 1 << 20;
/// Time between two looks for an agent that is not connected.
const LOOK: Duration = Duration::from_secs(1);

/// Why a server tells nothing more.
enum Over {
    /// It told everything.
    Done,
    /// Nobody hears it any more.
    Unheard,
    /// Its connection is not there, or not any more, in words.
    Lost(String),
    /// It refuses, in words.
    Refused(String),
}

/// A reading, whoever reads.
enum ServerLog {
    Agent(AgentLog),
    Ssh(SshLog),
}

impl ServerLog {
    /// What comes next; `None` after the last.
    async fn next(&mut self) -> Result<Option<News>, Over> {
        match self {
            Self::Agent(log) => Ok(log.next().await?.map(News::Record)),
            Self::Ssh(log) => log.next().await.map_err(Over::Refused),
        }
    }
}

/// One reading on one connection of an agent. Dropping it ends the reading there.
struct AgentLog {
    line: AgentLine,
    inbox: Arc<Inbox>,
    pane: PaneId,
    is_over: bool,
    records: Records,
    /// Bytes that came and were not given back yet.
    taken: u64,
    /// Whose it is, for what is said of it.
    server: ObjectPath,
}

impl AgentLog {
    /// The next record; `None` after the last one.
    async fn next(&mut self) -> Result<Option<LogRecord>, Over> {
        loop {
            if let Some(record) = self.records.next().map_err(Over::Refused)? {
                return Ok(Some(record));
            }
            // LO-3: given back once the reader took it.
            if self.taken >= CREDIT_PORTION {
                self.inbox.credit(self.taken);
                self.line.send(MasterMessage::PaneCredit { pane: self.pane, bytes: self.taken });
                self.taken = 0;
            }
            match self.inbox.next().await {
                PaneNews::Started(_) => {}
                PaneNews::Output(_, bytes) => {
                    self.taken += bytes.len() as u64;
                    self.records.push(&bytes);
                }
                PaneNews::Ended(outcome) => {
                    self.is_over = true;
                    return match outcome {
                        PaneOutcome::Exited(_) => Ok(None),
                        outcome => Err(Over::Refused(words(outcome))),
                    };
                }
                PaneNews::Lost => {
                    let broke = format!("the connection to the agent of {} broke", self.server.name());
                    return Err(Over::Lost(broke));
                }
            }
        }
    }
}

impl Drop for AgentLog {
    fn drop(&mut self) {
        self.line.panes().forget(self.pane);
        if !self.is_over {
            self.line.send(MasterMessage::StopPane { pane: self.pane });
        }
    }
}

/// Where what a server tells goes.
struct Told<'a> {
    part: &'a Part,
    sender: &'a mpsc::Sender<LogMessage>,
    /// How it is coming on.
    state: LogServer,
}

impl Told<'_> {
    async fn send(&self, message: LogMessage) -> bool {
        self.sender.send(message).await.is_ok()
    }

    async fn say(&mut self, state: LogState, detail: Option<String>) -> bool {
        self.state.state = state;
        self.state.detail = detail;
        self.send(LogMessage::Server(self.state.clone())).await
    }

    fn application(&self, name: &str) -> Option<ObjectPath> {
        self.part.server.join(name).ok()
    }

    /// Hands on a record; false when nobody hears it. One of an application that was not asked for is passed over.
    async fn take(&mut self, record: LogRecord) -> bool {
        let is_asked = |name: &String| self.part.request.applications.contains(name);
        match record {
            LogRecord::Line(line) if is_asked(&line.application) => {
                let Some(application) = self.application(&line.application) else { return true };
                let row = LogRow {
                    application,
                    source: line.source,
                    file: line.file,
                    time: Timestamp(line.time),
                    text: line.text,
                    cut: line.cut,
                    is_context: line.is_context,
                    is_apart: line.is_apart,
                };
                self.send(LogMessage::Line(row)).await
            }
            LogRecord::Note { application, source, text } if is_asked(&application) => {
                let Some(application) = self.application(&application) else { return true };
                self.send(LogMessage::Note(LogNote { application, source, text })).await
            }
            LogRecord::Following { files } => {
                self.state.files = files;
                self.say(LogState::Following, None).await
            }
            LogRecord::Progress { bytes, matches } => {
                (self.state.bytes, self.state.matches) = (bytes, matches);
                self.say(LogState::Reading, None).await
            }
            LogRecord::Done { bytes, matches, limit } => {
                (self.state.bytes, self.state.matches) = (bytes, matches);
                self.state.detail = limit;
                true
            }
            // A newer agent may tell more.
            _ => true,
        }
    }
}

/// Reads on a server until it is done, refuses, or nobody hears it. Its last word is a final state.
pub(super) async fn read(context: &Arc<Context>, part: &Part, sender: &mpsc::Sender<LogMessage>) {
    let state = LogServer {
        server: part.server.clone(),
        state: LogState::Reading,
        detail: None,
        bytes: 0,
        matches: 0,
        files: 0,
    };
    let mut told = Told { part, sender, state };
    let is_tail = matches!(part.request.what, LogWanted::Tail { .. });
    let mut part = part.clone();
    loop {
        match read_once(context, &part, &mut told).await {
            Over::Unheard => return,
            Over::Done => {
                let limit = told.state.detail.take();
                told.say(LogState::Done, limit).await;
                return;
            }
            Over::Lost(words) if is_tail => {
                if !told.say(LogState::Waiting, Some(words)).await {
                    return;
                }
                while context.registry.line(&part.server).is_none() {
                    sleep(LOOK).await;
                }
                // What it told already is not told again.
                if let LogWanted::Tail { lines, .. } = &mut part.request.what
                    && told.state.files > 0
                {
                    *lines = 0;
                }
            }
            Over::Refused(words) | Over::Lost(words) => {
                told.say(LogState::Failed, Some(words)).await;
                return;
            }
        }
    }
}

/// Why logs of a server are not read at all; none when its agent may be asked.
fn unfit(context: &Context, server: &ObjectPath) -> Option<String> {
    let state = context.bus.state();
    let name = server.name();
    match state.server(server).map(|kept| kept.registration.role) {
        Some(ServerRole::Master | ServerRole::Agent) => None,
        Some(role) => {
            Some(format!("{name} is known through {role} only, which reads no logs; install the agent there"))
        }
        None => Some(format!("there is no server {server} any more")),
    }
}

fn away(server: &ObjectPath) -> String {
    format!("the agent of {} is not connected", server.name())
}

fn not_connected(server: &ObjectPath) -> Over {
    Over::Lost(away(server))
}

/// Begins a reading.
async fn open(context: &Arc<Context>, part: &Part) -> Result<ServerLog, Over> {
    let is_agentless = context.bus.state().agentless().get(&part.server).is_some();
    if is_agentless {
        return SshLog::open(context, &part.server, &part.request).map(ServerLog::Ssh).map_err(Over::Refused);
    }
    open_agent(context, part).await.map(ServerLog::Agent)
}

/// Asks an agent; it said that it reads when this returns something.
async fn open_agent(context: &Context, part: &Part) -> Result<AgentLog, Over> {
    let server = &part.server;
    if let Some(words) = unfit(context, server) {
        return Err(Over::Refused(words));
    }
    let line = context.registry.line(server).ok_or_else(|| not_connected(server))?;
    let pane = PaneId { terminal: part.id, pane: part.place };
    let inbox = line.panes().expect(pane, CREDIT).ok_or_else(|| not_connected(server))?;
    let mut log = AgentLog {
        line,
        inbox,
        pane,
        is_over: false,
        records: Records::default(),
        taken: 0,
        server: server.clone(),
    };
    let epoch = context.bus.state().epoch();
    let open = OpenLog {
        pane,
        epoch,
        request_json: OpenLog::pack(&part.request),
        credit_bytes: CREDIT,
        principal: part.principal.clone(),
    };
    if !log.line.send(MasterMessage::OpenLog(Box::new(open))) {
        return Err(not_connected(server));
    }
    match timeout(BEGIN_WITHIN, log.inbox.next()).await {
        Ok(PaneNews::Started(_)) => Ok(log),
        Ok(PaneNews::Ended(outcome)) => {
            log.is_over = true;
            Err(Over::Refused(words(outcome)))
        }
        Ok(_) => Err(not_connected(server)),
        Err(_) => Err(Over::Refused(format!(
            "the agent of {} does not answer within {} s; agents before version {} read no logs",
            server.name(),
            BEGIN_WITHIN.as_secs(),
            env!("CARGO_PKG_VERSION")
        ))),
    }
}

fn words(outcome: PaneOutcome) -> String {
    match outcome {
        PaneOutcome::Failed(words) | PaneOutcome::Limited(words) => words,
        PaneOutcome::Stopped => "its agent stopped it, for another master is the active one".to_owned(),
        other => format!("it ended in a way that is not expected: {other:?}"),
    }
}

async fn read_once(context: &Arc<Context>, part: &Part, told: &mut Told<'_>) -> Over {
    let mut log = match open(context, part).await {
        Ok(log) => log,
        Err(over) => return over,
    };
    if !told.say(LogState::Reading, None).await {
        return Over::Unheard;
    }
    loop {
        match log.next().await {
            Ok(Some(news)) => {
                let is_heard = match news {
                    News::Record(record) => told.take(record).await,
                    News::Away(words) => told.say(LogState::Waiting, Some(words)).await,
                    News::Back if told.state.files > 0 => told.say(LogState::Following, None).await,
                    News::Back => told.say(LogState::Reading, None).await,
                };
                if !is_heard {
                    return Over::Unheard;
                }
            }
            Ok(None) => return Over::Done,
            Err(over) => return over,
        }
    }
}

/// Records on their way, a line each.
#[derive(Default)]
struct Records {
    waiting: Vec<u8>,
    done: usize,
}

impl Records {
    fn push(&mut self, bytes: &[u8]) {
        self.waiting.drain(..self.done);
        self.done = 0;
        self.waiting.extend_from_slice(bytes);
    }

    /// The next one that is whole; what is wrong with the agent, in words. One of a kind that is not known is passed over.
    fn next(&mut self) -> Result<Option<LogRecord>, String> {
        loop {
            let rest = &self.waiting[self.done..];
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                if rest.len() > RECORD_MAX {
                    return Err("its agent tells a line that does not end".to_owned());
                }
                return Ok(None);
            };
            let record = serde_json::from_slice(&rest[..end]);
            self.done += end + 1;
            if let Ok(record) = record {
                return Ok(Some(record));
            }
        }
    }
}

/// The sources on a server; why they are not known, in words.
pub(crate) async fn sources(context: &Arc<Context>, part: &Part) -> Result<Vec<LogSourceRow>, String> {
    let listed = timeout(LIST_WITHIN, async {
        let mut log = open(context, part).await?;
        let mut rows = Vec::new();
        while let Some(news) = log.next().await? {
            let News::Record(LogRecord::Source(source)) = news else { continue };
            if let Ok(application) = part.server.join(&source.application) {
                rows.push(LogSourceRow {
                    application,
                    source: source.source,
                    path: source.path,
                    older: source.older,
                    bytes: source.bytes,
                    written_at: Timestamp::maybe(source.written_at),
                    problem: source.problem,
                });
            }
        }
        Ok(rows)
    });
    match listed.await {
        Ok(Ok(rows)) => Ok(rows),
        Ok(Err(Over::Refused(words))) => Err(words),
        Ok(Err(Over::Lost(_))) => Err(away(&part.server)),
        Ok(Err(Over::Done | Over::Unheard)) => Err("it told nothing".to_owned()),
        Err(_) => Err(format!("it does not answer within {} s", LIST_WITHIN.as_secs())),
    }
}
