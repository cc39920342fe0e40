//! `/api/v1/logs`: sources, tails, searches and downloads of applications' logs.
//!
//! ```text
//! one queue of all servers ─► what came within a moment, in order of time ─► lines of JSON ─► reader
//! ```
//!
//! An answer ends when the credentials do not hold any more, and when the master stops.

use crate::bus::SubmitError;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked as Query, Body};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::log::{Asked, Part, by_server, note, parts, read, read_one, sources};
use crate::view::{Applications, QueryError, matching};
use axum::Json;
use axum::body::{Body as Answer, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep_until, timeout_at};
use topmast_api::log::{
    LOG_HEARTBEAT, LOG_LINES_DEFAULT, LOG_MATCHES_DEFAULT, LOG_SECONDS_DEFAULT, LogBegun, LogEnded,
    LogHeartbeat, LogMessage, LogQuery, LogServer, LogServerState, LogSourceRow, LogSources, NDJSON,
};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_model::filter::Filter;
use topmast_model::filter::fields::APPLICATIONS;
use topmast_model::log::{
    LOG_CONTEXT_MAX, LOG_MATCHES_MAX, LOG_PATTERN_MAX, LOG_SECONDS_MAX, LOG_TAIL_MAX, LOG_TARGETS_MAX,
    LogSearch, LogUse, LogWanted,
};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;

/// What comes within this of the first message goes with it: two servers' lines come in order, and nobody notices it.
const TOGETHER: Duration = Duration::from_millis(20);
/// Most messages that go together.
const TOGETHER_MAX: usize = 500;
/// Time between two looks at the credentials.
const GUARD_EVERY: Duration = Duration::from_secs(1);
/// Servers that are asked for their sources at a time.
const LISTED_AT_ONCE: usize = 64;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::LOG_LIST, log_list)
        .route(&route::LOG_TAIL, log_tail)
        .route(&route::LOG_SEARCH, log_search)
        .route(&route::LOG_DOWNLOAD, log_download)
}

async fn log_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogSources>, Refusal> {
    let applications = applications(&context, &authenticated, &query)?;
    let asked = asked(&authenticated, &query, LogWanted::List, &applications);
    let listed: Vec<(ObjectPath, Result<Vec<LogSourceRow>, String>)> = stream::iter(parts(&asked))
        .map(|part| {
            let context = Arc::clone(&context);
            async move { (part.server.clone(), sources(&context, &part).await) }
        })
        .buffered(LISTED_AT_ONCE)
        .collect()
        .await;
    let (mut items, mut servers) = (Vec::new(), Vec::new());
    for (server, listed) in listed {
        match listed {
            Ok(rows) => items.extend(rows.into_iter().filter(|row| applications.contains(&row.application))),
            Err(detail) => servers.push(LogServer {
                server,
                state: LogServerState::Failed,
                detail: Some(detail),
                bytes: 0,
                matches: 0,
                files: 0,
            }),
        }
    }
    Ok(Json(LogSources { items, servers }))
}

async fn log_tail(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Query(query): Query<LogQuery>,
) -> Result<Response, Refusal> {
    let lines = query.lines.unwrap_or(LOG_LINES_DEFAULT);
    if lines > LOG_TAIL_MAX {
        return Err(Refusal::invalid("lines", format!("a tail begins with at most {LOG_TAIL_MAX} lines")));
    }
    let what = LogWanted::Tail { lines, lines_that: query.lines_that() };
    answer(context, authenticated, &query, LogUse::Tail, what).await
}

async fn log_search(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(query): Body<LogQuery>,
) -> Result<Response, Refusal> {
    let limit = query.limit.unwrap_or(LOG_MATCHES_DEFAULT);
    if !(1..=LOG_MATCHES_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("limit is 1 to {LOG_MATCHES_MAX}")));
    }
    let search = search(&query, limit, query.timeout_s.unwrap_or(LOG_SECONDS_DEFAULT), false)?;
    answer(context, authenticated, &query, LogUse::Search, LogWanted::Search(search)).await
}

async fn log_download(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Query(query): Query<LogQuery>,
) -> Result<Response, Refusal> {
    let search = search(&query, query.limit.unwrap_or(0), query.timeout_s.unwrap_or(0), true)?;
    let place = context.streams.enter()?;
    let applications = applications(&context, &authenticated, &query)?;
    note_down(&context, &authenticated, &query, LogUse::Download, &applications).await?;
    let asked = asked(&authenticated, &query, LogWanted::Search(search), &applications);
    let name = match applications.as_slice() {
        [one] => format!("{}-{}.log", one.name_at(Level::Server).unwrap_or_default(), one.name()),
        _ => "logs.txt".to_owned(),
    };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CONTENT_ENCODING, "identity".to_owned()),
    ];
    // One source is the file that it is.
    let has_heads = applications.len() > 1 || query.source.is_none();
    let parts = parts(&asked).into_iter();
    let text = Text { context, authenticated, parts, now: None, of: None, has_heads, _place: place };
    Ok((headers, Answer::from_stream(text.stream())).into_response())
}

/// The bounds of a search, checked.
fn search(query: &LogQuery, limit: u32, seconds: u32, oldest_first: bool) -> Result<LogSearch, Refusal> {
    let context = query.context.unwrap_or(0);
    if context > LOG_CONTEXT_MAX {
        return Err(Refusal::invalid("context", format!("context is at most {LOG_CONTEXT_MAX}")));
    }
    if seconds > LOG_SECONDS_MAX {
        return Err(Refusal::invalid("timeout_s", format!("timeout_s is at most {LOG_SECONDS_MAX}")));
    }
    Ok(LogSearch {
        lines_that: query.lines_that(),
        since: query.since.map(|time| time.0),
        until: query.until.map(|time| time.0),
        context,
        oldest_first,
        matches_max: limit,
        bytes_max: query.bytes.unwrap_or(0),
        seconds_max: seconds,
    })
}

/// The applications that are meant and may be read.
fn applications(
    context: &Context,
    authenticated: &Authenticated,
    query: &LogQuery,
) -> Result<Vec<ObjectPath>, Refusal> {
    if query.pattern.as_ref().is_some_and(|pattern| pattern.len() > LOG_PATTERN_MAX) {
        let detail = format!("the expression is too long; write at most {LOG_PATTERN_MAX} bytes");
        return Err(Refusal::invalid("pattern", detail));
    }
    let principal = &authenticated.principal;
    let text = query.filter.as_deref().unwrap_or_default();
    let filter = Filter::parse(text, APPLICATIONS).map_err(QueryError::from)?;
    let mut found = matching::<Applications>(&|look| context.see(look), principal, &filter);
    let there = found.len();
    found.retain(|path| principal.may(Right::ReadLogs, Some(path)));
    if found.is_empty() && there > 0 {
        let who = &principal.actor;
        let detail =
            format!("{who} may not read logs of any application that matches; ask for the role logs there");
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    if found.is_empty() {
        return Err(Refusal::invalid("filter", "no application matches the filter; nothing was read"));
    }
    if found.len() > LOG_TARGETS_MAX {
        let detail = format!(
            "{} applications match; logs of at most {LOG_TARGETS_MAX} are read at once, so narrow the filter",
            found.len()
        );
        return Err(Refusal::invalid("filter", detail));
    }
    Ok(found)
}

fn asked(
    authenticated: &Authenticated,
    query: &LogQuery,
    what: LogWanted,
    applications: &[ObjectPath],
) -> Asked {
    Asked {
        servers: by_server(applications),
        source: query.source.clone(),
        what,
        principal: authenticated.principal.actor.to_string(),
    }
}

async fn note_down(
    context: &Context,
    authenticated: &Authenticated,
    query: &LogQuery,
    purpose: LogUse,
    applications: &[ObjectPath],
) -> Result<(), SubmitError> {
    let words = (query.pattern.clone(), query.source.clone());
    let times = (query.since.map(|time| time.0), query.until.map(|time| time.0));
    note(context, &authenticated.principal, purpose, words, times, applications).await
}

/// Answers with one message a line.
async fn answer(
    context: Arc<Context>,
    authenticated: Authenticated,
    query: &LogQuery,
    purpose: LogUse,
    what: LogWanted,
) -> Result<Response, Refusal> {
    let place = context.streams.enter()?;
    let applications = applications(&context, &authenticated, query)?;
    note_down(&context, &authenticated, query, purpose, &applications).await?;
    let asked = asked(&authenticated, query, what, &applications);
    let begun = LogMessage::Begun(LogBegun {
        servers: asked.servers.keys().cloned().collect(),
        applications: u32::try_from(applications.len()).unwrap_or(u32::MAX),
    });
    let messages = read(&context, &asked);
    let lines = Lines {
        ended: LogEnded { bytes: 0, matches: 0, failed: 0 },
        begun: Some(begun),
        is_over: false,
        newest_first: purpose == LogUse::Search,
        context,
        authenticated,
        messages,
        _place: place,
    };
    // Packing would hold lines back until there are many.
    let headers = [(CONTENT_TYPE, NDJSON), (CONTENT_ENCODING, "identity")];
    Ok((headers, Answer::from_stream(lines.stream())).into_response())
}

/// An answer under way.
struct Lines {
    context: Arc<Context>,
    authenticated: Authenticated,
    messages: mpsc::Receiver<LogMessage>,
    begun: Option<LogMessage>,
    ended: LogEnded,
    is_over: bool,
    newest_first: bool,
    _place: OwnedSemaphorePermit,
}

impl Lines {
    fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
        let stopped = self.context.stop.given();
        let bytes = stream::unfold(self, async |mut lines| {
            let batch = lines.batch().await?;
            Some((Ok(encode(&batch)), lines))
        });
        bytes.take_until(Box::pin(stopped))
    }

    /// The next messages; none at the end.
    async fn batch(&mut self) -> Option<Vec<LogMessage>> {
        if let Some(begun) = self.begun.take() {
            return Some(vec![begun]);
        }
        if self.is_over {
            return None;
        }
        let quiet = Instant::now() + LOG_HEARTBEAT;
        let first = loop {
            let guard = (Instant::now() + GUARD_EVERY).min(quiet);
            let next = timeout_at(guard, self.messages.recv()).await;
            if !self.authenticated.holds(&self.context) {
                return None;
            }
            match next {
                Ok(Some(message)) => break message,
                Ok(None) => {
                    self.is_over = true;
                    return Some(vec![LogMessage::Ended(self.ended)]);
                }
                Err(_) if Instant::now() >= quiet => {
                    let time = Timestamp(self.context.bus.clock().now());
                    return Some(vec![LogMessage::Heartbeat(LogHeartbeat { time })]);
                }
                Err(_) => {}
            }
        };
        let mut batch = vec![first];
        let together = Instant::now() + TOGETHER;
        while batch.len() < TOGETHER_MAX {
            tokio::select! {
                biased;
                next = self.messages.recv() => match next {
                    Some(message) => batch.push(message),
                    None => break,
                },
                () = sleep_until(together) => break,
            }
        }
        for message in &batch {
            self.count(message);
        }
        sort(&mut batch, self.newest_first);
        Some(batch)
    }

    fn count(&mut self, message: &LogMessage) {
        if let LogMessage::Server(server) = message
            && matches!(server.state, LogServerState::Done | LogServerState::Failed)
        {
            self.ended.bytes += server.bytes;
            self.ended.matches += server.matches;
            self.ended.failed += u32::from(server.state == LogServerState::Failed);
        }
    }
}

/// Puts lines in order of their times, as far as nothing else stands between them; what belongs together stays so.
fn sort(batch: &mut [LogMessage], newest_first: bool) {
    let is_line =
        |message: &LogMessage| matches!(message, LogMessage::Line(row) if !row.is_context && !row.is_apart);
    for lines in batch.chunk_by_mut(|one, other| is_line(one) && is_line(other)) {
        lines.sort_by_key(|message| {
            let time = if let LogMessage::Line(row) = message { row.time.as_millis() } else { 0 };
            if newest_first { -time } else { time }
        });
    }
}

fn encode(batch: &[LogMessage]) -> Bytes {
    let mut bytes = Vec::with_capacity(batch.len() * 256);
    for message in batch {
        // Plain data always has a JSON.
        if serde_json::to_writer(&mut bytes, message).is_ok() {
            bytes.push(b'\n');
        }
    }
    bytes.into()
}

/// A download under way: one server after the other, each source with a head when there are several.
struct Text {
    context: Arc<Context>,
    authenticated: Authenticated,
    parts: std::vec::IntoIter<Part>,
    now: Option<mpsc::Receiver<LogMessage>>,
    /// The source of the last line.
    of: Option<(ObjectPath, String)>,
    /// Sources are told apart.
    has_heads: bool,
    _place: OwnedSemaphorePermit,
}

impl Text {
    fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
        let stopped = self.context.stop.given();
        let bytes = stream::unfold(self, async |mut text| Some((Ok(text.next().await?), text)));
        bytes.take_until(Box::pin(stopped))
    }

    async fn next(&mut self) -> Option<Bytes> {
        let mut text = String::new();
        while text.len() < 16 << 10 {
            if !self.authenticated.holds(&self.context) {
                return None;
            }
            let Some(now) = &mut self.now else {
                let Some(part) = self.parts.next() else { break };
                self.now = Some(read_one(&self.context, part));
                continue;
            };
            match now.recv().await {
                Some(message) => self.write(message, &mut text),
                None => self.now = None,
            }
        }
        (!text.is_empty()).then(|| text.into())
    }

    fn write(&mut self, message: LogMessage, text: &mut String) {
        // Writing into a text cannot fail.
        let _ = match message {
            LogMessage::Line(row) => {
                let of = (row.application, row.source);
                if self.has_heads && self.of.as_ref() != Some(&of) {
                    let _ = writeln!(text, "==> {} {} <==", of.0, of.1);
                    self.of = Some(of);
                }
                match row.cut {
                    0 => writeln!(text, "{}", row.text),
                    cut => writeln!(text, "{} … {cut} more bytes", row.text),
                }
            }
            LogMessage::Note(note) => {
                writeln!(text, "==> {} {}: {} <==", note.application, note.source, note.text)
            }
            LogMessage::Server(LogServer { server, state: LogServerState::Failed, detail, .. }) => {
                writeln!(text, "==> {server}: {} <==", detail.unwrap_or_default())
            }
            LogMessage::Server(LogServer {
                server,
                state: LogServerState::Done,
                detail: Some(limit),
                ..
            }) => {
                writeln!(text, "==> {server}: {limit} <==")
            }
            _ => Ok(()),
        };
    }
}
