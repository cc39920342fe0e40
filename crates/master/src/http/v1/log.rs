//! `/api/v1/logs`: sources, tails, searches and downloads of applications' logs.
//!
//! ```text
//! one queue of all servers, here and in joined clusters ─► in order of time (`lines`) ─► reader
//! ```
//!
//! An answer ends when the credentials do not hold any more, and when the master stops.
//!
//! Elsewhere: readings here (`crate::log`), and in joined clusters (`crate::merged`).

mod lines;
mod text;

use self::lines::Lines;
use self::text::{Now, Text};
use crate::bus::SubmitError;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked as Query, Body};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::log::{Asked, begin, by_server, note, parts, queue, sources};
use crate::merged::{FIRST_WITHIN, FarLogs, FarOver, far_logs};
use crate::view::{Applications, QueryError, matching};
use axum::Json;
use axum::body::Body as Answer;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use topmast_api::log::{
    LOG_LINES_DEFAULT, LOG_MATCHES_DEFAULT, LOG_SECONDS_DEFAULT, LogBegun, LogCluster, LogMessage, LogQuery,
    LogServer, LogSourceRow, LogSources, LogState, NDJSON,
};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_model::filter::Filter;
use topmast_model::filter::fields::APPLICATIONS;
use topmast_model::log::{
    LOG_CONTEXT_MAX, LOG_MATCHES_MAX, LOG_PATTERN_MAX, LOG_SECONDS_MAX, LOG_TAIL_MAX, LOG_TARGETS_MAX,
    LogSearch, LogUse, LogWanted,
};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;

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
    let Targets { own, refusal, far } = targets(&context, &authenticated, &query)?;
    let (mut listed, elsewhere) = tokio::join!(
        listed(&context, &authenticated, &query, &own),
        join_all(far.iter().map(FarLogs::sources))
    );
    let mut none_matches = own.is_empty();
    for (far, sources) in far.iter().zip(elsewhere) {
        none_matches &= matches!(sources, Err(FarOver::Nothing));
        match sources {
            Ok(LogSources { items, servers, .. }) => {
                listed.items.extend(items);
                listed.servers.extend(servers);
            }
            Err(over) => listed.clusters.extend(over.words().map(|words| missing(far.name(), words))),
        }
    }
    match refusal {
        Some(refusal) if none_matches => return Err(refusal),
        Some(refusal) => listed.clusters.extend(own_missing(&context, &refusal)),
        None => {}
    }
    Ok(Json(listed))
}

/// The sources here.
async fn listed(
    context: &Arc<Context>,
    authenticated: &Authenticated,
    query: &LogQuery,
    applications: &[ObjectPath],
) -> LogSources {
    let asked = asked(authenticated, query, LogWanted::List, applications);
    let listed: Vec<(ObjectPath, Result<Vec<LogSourceRow>, String>)> = stream::iter(parts(&asked))
        .map(|part| async move { (part.server.clone(), sources(context, &part).await) })
        .buffered(LISTED_AT_ONCE)
        .collect()
        .await;
    let mut found = LogSources { items: Vec::new(), servers: Vec::new(), clusters: Vec::new() };
    for (server, listed) in listed {
        match listed {
            Ok(rows) => {
                found.items.extend(rows.into_iter().filter(|row| applications.contains(&row.application)));
            }
            Err(detail) => found.servers.push(LogServer {
                server,
                state: LogState::Failed,
                detail: Some(detail),
                bytes: 0,
                matches: 0,
                files: 0,
            }),
        }
    }
    found
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
    let Targets { own, refusal, mut far } = targets(&context, &authenticated, &query)?;
    if !own.is_empty() {
        note_down(&context, &authenticated, &query, LogUse::Download, &own).await?;
    }
    let mut name = match own.as_slice() {
        [one] if far.is_empty() => {
            let server = one.name_at(Level::Server).unwrap_or_default();
            format!("attachment; filename=\"{server}-{}.log\"", one.name())
        }
        _ => "attachment; filename=\"logs.txt\"".to_owned(),
    };
    let missing = refusal.as_ref().and_then(|refusal| own_missing(&context, refusal));
    let mut now = Now::Nothing;
    if let (Some(refusal), [_]) = (refusal, far.as_slice()) {
        // What one joined cluster alone has is that cluster's own answer.
        let only = far.remove(0);
        let of = missing.is_some().then(|| only.name().to_owned());
        let text = only.download(&context, &authenticated.principal).await;
        let text = text.map_err(|over| as_refusal(over, refusal))?;
        if of.is_none() {
            name = text.disposition().map_or(name, str::to_owned);
        }
        now = Now::Cluster(Box::new(text), of);
    }
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CONTENT_ENCODING, "identity".to_owned()),
    ];
    // One source is the file that it is.
    let has_heads = own.len() > 1 || query.source.is_none() || !far.is_empty();
    let parts = parts(&asked(&authenticated, &query, LogWanted::Search(search), &own)).into_iter();
    let far = far.into_iter();
    let text = Text { context, authenticated, missing, parts, far, now, of: None, has_heads, _place: place };
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

/// What a reading is of.
struct Targets {
    /// Applications here.
    own: Vec<ObjectPath>,
    /// Why there are none, when joined clusters may have some.
    refusal: Option<Refusal>,
    far: Vec<FarLogs>,
}

/// The applications here that are meant and may be read, and the joined clusters that may have some.
fn targets(context: &Context, authenticated: &Authenticated, query: &LogQuery) -> Result<Targets, Refusal> {
    if query.pattern.as_ref().is_some_and(|pattern| pattern.len() > LOG_PATTERN_MAX) {
        let detail = format!("the expression is too long; write at most {LOG_PATTERN_MAX} bytes");
        return Err(Refusal::invalid("pattern", detail));
    }
    let text = query.filter.as_deref().unwrap_or_default();
    let filter = Filter::parse(text, APPLICATIONS).map_err(QueryError::from)?;
    let far = far_logs(context, &authenticated.principal, &filter, query);
    match applications(context, authenticated, &filter) {
        Ok(own) => Ok(Targets { own, refusal: None, far }),
        Err(refusal) => {
            let is_of_here = matches!(refusal.problem().code, ProblemCode::NotFound | ProblemCode::Forbidden);
            if far.is_empty() || !is_of_here {
                return Err(refusal);
            }
            Ok(Targets { own: Vec::new(), refusal: Some(refusal), far })
        }
    }
}

/// The applications here that are meant and may be read.
fn applications(
    context: &Context,
    authenticated: &Authenticated,
    filter: &Filter,
) -> Result<Vec<ObjectPath>, Refusal> {
    let principal = &authenticated.principal;
    let mut found = matching::<Applications>(&|look| context.see(look), principal, filter);
    let there = found.len();
    found.retain(|path| principal.may(Right::ReadLogs, Some(path)));
    if found.is_empty() && there > 0 {
        let who = &principal.actor;
        let detail =
            format!("{who} may not read logs of any application that matches; ask for the role logs there");
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    if found.is_empty() {
        return Err(Refusal::none_found("filter", "no application matches the filter; nothing was read"));
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

/// A cluster that is missing in an answer.
fn missing(name: &str, words: &str) -> LogCluster {
    LogCluster { name: name.to_owned(), state: LogState::Failed, detail: Some(words.to_owned()) }
}

/// This cluster, when it is missing because the reader may not read it; that nothing matches in it is no fault.
fn own_missing(context: &Context, refusal: &Refusal) -> Option<LogCluster> {
    let is_refused = refusal.problem().code == ProblemCode::Forbidden;
    is_refused.then(|| missing(&context.config.cluster, refusal.detail()))
}

/// What the only cluster that could have something said.
fn as_refusal(over: FarOver, nothing: Refusal) -> Refusal {
    match over {
        FarOver::Done | FarOver::Nothing => nothing,
        FarOver::Lost(words) => Refusal::new(ProblemCode::ClusterAway, words),
        FarOver::Refused(problem) => Refusal::from(*problem),
    }
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
    let Targets { own, refusal, far } = targets(&context, &authenticated, query)?;
    let (sender, mut messages) = queue();
    let mut first = Vec::new();
    if !own.is_empty() {
        note_down(&context, &authenticated, query, purpose, &own).await?;
        let asked = asked(&authenticated, query, what, &own);
        first.push(LogMessage::Begun(LogBegun {
            servers: asked.servers.keys().cloned().collect(),
            applications: u32::try_from(own.len()).unwrap_or(u32::MAX),
        }));
        begin(&context, &asked, &sender);
    }
    let is_several = !far.is_empty();
    for far in far {
        far.read(&context, &authenticated.principal, purpose, sender.clone());
    }
    drop(sender);
    if let Some(refusal) = refusal {
        first = elsewhere(&context, &mut messages, refusal).await?;
    }
    let newest_first = purpose == LogUse::Search;
    let lines = Lines::new(context, authenticated, place, first, messages, newest_first, is_several);
    // Packing would hold lines back until there are many.
    let headers = [(CONTENT_TYPE, NDJSON), (CONTENT_ENCODING, "identity")];
    Ok((headers, Answer::from_stream(lines.stream())).into_response())
}

/// Waits, where nothing is to be read here, for a joined cluster that has something or is missing; what was told until then.
///
/// # Errors
/// The refusal, when nothing matches in any of them.
async fn elsewhere(
    context: &Context,
    messages: &mut mpsc::Receiver<LogMessage>,
    refusal: Refusal,
) -> Result<Vec<LogMessage>, Refusal> {
    let mut told: Vec<LogMessage> =
        own_missing(context, &refusal).map(LogMessage::Cluster).into_iter().collect();
    let late = Instant::now() + FIRST_WITHIN;
    loop {
        match timeout_at(late, messages.recv()).await {
            Ok(Some(message)) => {
                let is_nothing =
                    |cluster: &LogCluster| matches!(cluster.state, LogState::Reading | LogState::Done);
                let tells = !matches!(&message, LogMessage::Cluster(cluster) if is_nothing(cluster));
                told.push(message);
                if tells {
                    return Ok(told);
                }
            }
            Ok(None) => return Err(refusal),
            Err(_) => return Ok(told),
        }
    }
}
