//! Logs of joined clusters, as one person reads them beside those of the own one.
//!
//! ```text
//! filter ─ as it is said there ─► this journal ─► the cluster: its journal, its servers, its bounds
//!                 queue of all servers ◄─ paths as here ◄─ messages ┘
//! ```
//!
//! Invariants
//! - FL-1: no cluster is asked before that is in this master's journal; that one writes down itself what is read there.
//! - FL-2: a cluster that is slow, silent or gone holds up no other; what is missing of it is told in words.
//! - FL-3: what a cluster tells is of that cluster, whatever it says.
//!
//! Elsewhere: lines in order of time (`http/v1/log`); readings here (`log`).

use super::part::may_come_back;
use super::peer::{Again, LOOK_WHETHER_HEARD, Peer, peers};
use super::row::Hearing;
use crate::federation::Noted;
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use topmast_api::client::{ClientError, ExportStream};
use topmast_api::log::{
    LOG_SECONDS_DEFAULT, LogBegun, LogCluster, LogMessage, LogQuery, LogServer, LogSources, LogState,
};
use topmast_api::problem::{Problem, ProblemCode};
use topmast_api::route::{self, PREFIX, Route};
use topmast_model::filter::Filter;
use topmast_model::log::{LOG_SECONDS_MAX, LogUse};
use topmast_model::path::{ObjectPath, PathError};
use topmast_model::principal::Principal;

/// Longest wait for a cluster that is heard from to begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);
/// Longest wait for its sources: for its own servers it waits 10 s.
const LIST_WITHIN: Duration = Duration::from_secs(15);
/// A search lasts no longer than its servers may look, and this.
const SEARCH_ENDS_WITHIN: Duration = Duration::from_secs(15);

/// A joined cluster in which applications may match, and what it is asked.
pub(crate) struct FarLogs {
    peer: Peer,
    query: LogQuery,
}

/// The joined clusters in which a filter of applications may match.
pub(crate) fn far_logs(
    context: &Context,
    principal: &Principal,
    filter: &Filter,
    query: &LogQuery,
) -> Vec<FarLogs> {
    let asked = |peer: Peer| {
        let filter = Some(filter.in_join(peer.join.name())?.to_string());
        let query = LogQuery { filter: filter.filter(|text| !text.is_empty()), ..query.clone() };
        Some(FarLogs { peer, query })
    };
    peers(context, principal).into_iter().filter_map(asked).collect()
}

/// Why a cluster tells nothing, or nothing more.
pub(crate) enum FarOver {
    /// It told everything.
    Done,
    /// No application there matches.
    Nothing,
    /// It cannot be asked, or broke off, in words.
    Lost(String),
    /// It refuses.
    Refused(Box<Problem>),
}

impl FarOver {
    /// What is missing, in words.
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Self::Done | Self::Nothing => None,
            Self::Lost(words) => Some(words),
            Self::Refused(problem) => Some(&problem.detail),
        }
    }
}

impl From<ClientError> for FarOver {
    fn from(error: ClientError) -> Self {
        match error.problem() {
            Some(problem) if is_of_filter(problem) && problem.code == ProblemCode::NotFound => Self::Nothing,
            Some(problem) if !may_come_back(&error) => Self::Refused(Box::new(problem.clone())),
            _ => Self::Lost(error.to_string()),
        }
    }
}

fn is_of_filter(problem: &Problem) -> bool {
    problem.field.as_deref() == Some("filter")
}

/// What a cluster opened, for as long as its place is held.
struct Opened<T> {
    stream: T,
    _place: OwnedSemaphorePermit,
}

/// A download of what a cluster has.
pub(crate) struct FarText {
    peer: Peer,
    opened: Opened<ExportStream>,
}

impl FarLogs {
    /// What the cluster is called here.
    pub(crate) fn name(&self) -> &str {
        self.peer.join.name()
    }

    /// Tails or searches there; what it tells goes into the queue, and last a final state of the cluster.
    pub(crate) fn read(
        self,
        context: &Arc<Context>,
        principal: &Principal,
        purpose: LogUse,
        sender: mpsc::Sender<LogMessage>,
    ) {
        let reading = Reading {
            context: Arc::clone(context),
            principal: principal.clone(),
            is_tail: purpose == LogUse::Tail,
            far: self,
            sender: sender.clone(),
            open: BTreeMap::new(),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = reading.run() => {}
                // Nobody hears it any more.
                () = sender.closed() => {}
            }
        });
    }

    /// The sources there, with paths as here.
    pub(crate) async fn sources(&self) -> Result<LogSources, FarOver> {
        let _place = self.place()?;
        let client = self.peer.client().map_err(ClientError::from)?;
        let mut sources = self.answer(client.log_sources(&self.query), LIST_WITHIN).await?;
        sources.items.retain_mut(|row| self.here(&mut row.application).is_ok());
        sources.servers.retain_mut(|row| self.here(&mut row.server).is_ok());
        Ok(sources)
    }

    /// Begins a download there.
    pub(crate) async fn download(self, context: &Context, principal: &Principal) -> Result<FarText, FarOver> {
        let client = self.peer.client().map_err(ClientError::from)?;
        let opened =
            self.open(context, principal, &route::LOG_DOWNLOAD, client.log_download(&self.query)).await?;
        Ok(FarText { peer: self.peer, opened })
    }

    /// Opens what is noted on both sides (FL-1).
    async fn open<T>(
        &self,
        context: &Context,
        principal: &Principal,
        route: &Route,
        opening: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<Opened<T>, FarOver> {
        // Of one that is known not to answer there is nothing to note.
        if Hearing::after(self.peer.join.silence()) == Hearing::Lost {
            return Err(FarOver::Lost(self.peer.away()));
        }
        let place = self.place()?;
        let (method, path) = (route.method.as_str(), route.path.trim_start_matches(PREFIX));
        let noted = Noted::sent(context, principal, self.name(), method, path).await;
        let noted = noted.map_err(|error| FarOver::Lost(error.to_string()))?;
        let opened = self.answer(opening, BEGIN_WITHIN).await;
        let (status, message) = match &opened {
            Ok(_) => (Some(200), None),
            Err(FarOver::Refused(problem)) => (Some(problem.status), None),
            Err(FarOver::Nothing) => (Some(ProblemCode::NotFound.status()), None),
            Err(over) => (None, over.words().map(str::to_owned)),
        };
        noted.answered(context, principal, status, None, message).await;
        opened.map(|stream| Opened { stream, _place: place })
    }

    async fn answer<T>(
        &self,
        answer: impl Future<Output = Result<T, ClientError>>,
        longest: Duration,
    ) -> Result<T, FarOver> {
        match self.peer.answer(answer, longest).await {
            Ok(answer) => Ok(answer?),
            Err(error) => Err(FarOver::Lost(error.to_string())),
        }
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, FarOver> {
        let crowded = || "too many requests wait for it; close some, or try again in a moment".to_owned();
        self.peer.join.place().ok_or_else(|| FarOver::Lost(crowded()))
    }

    fn here(&self, path: &mut ObjectPath) -> Result<(), PathError> {
        *path = path.joined(self.name())?;
        Ok(())
    }
}

impl FarText {
    /// What it says of its place among files.
    pub(crate) fn disposition(&self) -> Option<&str> {
        self.opened.stream.disposition()
    }

    /// The next piece; `None` at the end. Why there are no more before it, in words.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        tokio::select! {
            piece = self.opened.stream.next() => piece.map_err(|error| error.to_string()),
            () = self.peer.unheard() => Err("it fell silent and is not heard from".to_owned()),
        }
    }
}

/// A tail or a search at one cluster.
struct Reading {
    context: Arc<Context>,
    principal: Principal,
    is_tail: bool,
    far: FarLogs,
    sender: mpsc::Sender<LogMessage>,
    /// Its servers whose last word is yet to come.
    open: BTreeMap<ObjectPath, LogServer>,
}

impl Reading {
    /// Reads until the cluster is done or refuses; a tail goes on whenever it is heard again.
    async fn run(mut self) {
        let mut again = Again::new();
        loop {
            let over = self.once().await;
            let words = over.words().map(str::to_owned);
            match over {
                FarOver::Done | FarOver::Nothing => return self.end(LogState::Done, None).await,
                FarOver::Lost(_) if self.is_tail => {
                    self.end(LogState::Waiting, words).await;
                    again.wait().await;
                    self.heard_again().await;
                }
                FarOver::Lost(_) | FarOver::Refused(_) => return self.end(LogState::Failed, words).await,
            }
        }
    }

    /// Reads until it breaks off or ends.
    async fn once(&mut self) -> FarOver {
        self.say(LogState::Reading, None).await;
        let client = match self.far.peer.client() {
            Ok(client) => client,
            Err(error) => return ClientError::from(error).into(),
        };
        let (context, principal, query) = (&self.context, &self.principal, &self.far.query);
        let opened = if self.is_tail {
            self.far.open(context, principal, &route::LOG_TAIL, client.log_tail(query)).await
        } else {
            self.far.open(context, principal, &route::LOG_SEARCH, client.log_search(query)).await
        };
        let mut opened = match opened {
            Ok(opened) => opened,
            Err(over) => return over,
        };
        // What it told already is not told again.
        self.far.query.lines = self.is_tail.then_some(0);
        let peer = self.far.peer.clone();
        let late = tokio::time::sleep(self.ends_within());
        tokio::pin!(late);
        loop {
            let next = tokio::select! {
                next = opened.stream.next() => next,
                // Nobody waits for a tail, and a cluster that is heard again soon goes on with it.
                () = peer.unheard(), if !self.is_tail => {
                    return FarOver::Lost("it fell silent and is not heard from".to_owned());
                }
                () = &mut late, if !self.is_tail => {
                    return FarOver::Lost("it goes on for longer than it was asked for".to_owned());
                }
            };
            match next {
                Ok(Some(LogMessage::Ended(_))) => return FarOver::Done,
                Ok(Some(message)) => self.take(message).await,
                Ok(None) => return FarOver::Lost("it ended before it told everything".to_owned()),
                Err(error) => return error.into(),
            }
        }
    }

    fn ends_within(&self) -> Duration {
        let seconds = match self.far.query.timeout_s.unwrap_or(LOG_SECONDS_DEFAULT) {
            0 => LOG_SECONDS_MAX,
            seconds => seconds,
        };
        Duration::from_secs(seconds.into()) + SEARCH_ENDS_WITHIN
    }

    /// Hands on what the cluster told.
    async fn take(&mut self, message: LogMessage) {
        let Some(message) = self.here(message) else { return };
        match &message {
            LogMessage::Begun(begun) => {
                self.begin(begun);
                if self.is_tail {
                    self.say(LogState::Following, None).await;
                }
            }
            LogMessage::Server(server) => match self.open.get_mut(&server.server) {
                None => return,
                Some(_) if matches!(server.state, LogState::Done | LogState::Failed) => {
                    self.open.remove(&server.server);
                }
                Some(open) => open.clone_from(server),
            },
            _ => {}
        }
        self.tell(message).await;
    }

    /// A message as it is said here (FL-3).
    fn here(&self, mut message: LogMessage) -> Option<LogMessage> {
        match &mut message {
            LogMessage::Begun(begun) => begun.servers.retain_mut(|server| self.far.here(server).is_ok()),
            LogMessage::Line(row) => self.far.here(&mut row.application).ok()?,
            LogMessage::Note(note) => self.far.here(&mut note.application).ok()?,
            LogMessage::Server(server) => self.far.here(&mut server.server).ok()?,
            // Signs of life are this master's own, and joins of joins are not followed.
            LogMessage::Cluster(_) | LogMessage::Heartbeat(_) | LogMessage::Ended(_) => return None,
        }
        Some(message)
    }

    fn begin(&mut self, begun: &LogBegun) {
        let open = |server: &ObjectPath| {
            let state = LogState::Reading;
            let row =
                LogServer { server: server.clone(), state, detail: None, bytes: 0, matches: 0, files: 0 };
            (server.clone(), row)
        };
        self.open = begun.servers.iter().map(open).collect();
    }

    /// Says how the cluster is, and so of each of its servers whose last word has not come: what is not heard is never
    /// shown as if it were.
    async fn end(&mut self, state: LogState, detail: Option<String>) {
        self.say(state, detail).await;
        for (_, server) in std::mem::take(&mut self.open) {
            self.tell(LogMessage::Server(LogServer { state, detail: None, ..server })).await;
        }
    }

    async fn say(&self, state: LogState, detail: Option<String>) {
        self.tell(LogMessage::Cluster(LogCluster { name: self.far.name().to_owned(), state, detail })).await;
    }

    async fn tell(&self, message: LogMessage) {
        // Who reads has gone when it cannot be told; the reading ends by that.
        let _ = self.sender.send(message).await;
    }

    /// Waits until the cluster is heard.
    async fn heard_again(&self) {
        while Hearing::after(self.far.peer.join.silence()) != Hearing::Fresh {
            tokio::time::sleep(LOOK_WHETHER_HEARD).await;
        }
    }
}
