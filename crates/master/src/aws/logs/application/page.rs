//! A page of lines of a group: read on all of its servers side by side, told in order of time.
//!
//! ```text
//! server: which sources ─► each source, from the page's place on ─► lines that the pattern finds ─► one page of all
//! ```
//!
//! A line's place is its time and, among lines of its stream with that time, its turn. So a page that begins inside of one
//! time reads all of that time, and one that goes back reads the time at which it ends a second time, from its first line on.

use super::{line_number, number_of, stream_of};
use crate::aws::{Caller, internal};
use crate::http::Context;
use crate::log::{Asked, Part, by_server, parts, read_one, sources};
use futures_util::stream::{self, StreamExt as _};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use topmast_api::log::{LogMessage, LogRow, LogSourceRow, LogState};
use topmast_aws::Fault;
use topmast_aws::log_filter::Pattern;
use topmast_logs::{Direction, Event, Gathering, OVERHEAD, Page, Position};
use topmast_model::log::{LogMatch, LogSearch, LogWanted};
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// For all servers together: a third of the time that AWS' tools wait for an answer.
const WITHIN: Duration = Duration::from_secs(20);
/// Servers that are read at one time.
const SERVERS: usize = 64;
/// Lines of one file may be out of order by so much, as what its agent reads takes into account too.
const SLACK_MS: i64 = 60_000;

/// What is wanted of a group.
pub(in crate::aws::logs) struct Wanted {
    pub(in crate::aws::logs) applications: Vec<ObjectPath>,
    /// Which streams; given their names.
    pub(in crate::aws::logs) streams: Box<dyn Fn(&str) -> bool + Send + Sync>,
    /// Lines of this time and later.
    pub(in crate::aws::logs) since: Option<i64>,
    /// Lines before this time.
    pub(in crate::aws::logs) before: Option<i64>,
    pub(in crate::aws::logs) pattern: Pattern,
    pub(in crate::aws::logs) page: Page,
    /// Who asks, for the agents' logs.
    pub(in crate::aws::logs) principal: String,
}

/// What was found.
pub(in crate::aws::logs) struct Found {
    /// In order of time.
    pub(in crate::aws::logs) events: Vec<Event>,
    /// The streams that were looked at, by number.
    pub(in crate::aws::logs) streams: BTreeMap<u64, String>,
    /// Streams, or servers as `CLUSTER/SERVER`, that told nothing or not everything, and why.
    pub(in crate::aws::logs) failed: Vec<(String, String)>,
}

/// The fault that a server tells nothing: AWS' tools try again then.
pub(in crate::aws::logs) fn unavailable(failed: &[(String, String)]) -> Fault {
    let why = failed.first().map_or("", |(_, why)| why.as_str());
    Fault::modelled("ServiceUnavailableException", format!("The service cannot complete the request: {why}"))
}

/// The sources of applications on all servers that tell theirs within the time.
///
/// # Errors
/// `ServiceUnavailableException` when none does.
pub(in crate::aws::logs) async fn sources_of(
    context: &Arc<Context>,
    caller: &Caller,
    applications: &[ObjectPath],
) -> Result<Vec<LogSourceRow>, Fault> {
    let _place = context.aws_logs.line_readers.acquire().await.map_err(|error| internal(&error))?;
    let listed: Vec<(ObjectPath, Result<Vec<LogSourceRow>, String>)> =
        stream::iter(parts(&list(caller.principal.actor.to_string(), applications)))
            .map(|part| async move { (part.server.clone(), sources(context, &part).await) })
            .buffer_unordered(SERVERS)
            .collect()
            .await;
    let (mut rows, mut failed, mut answered) = (Vec::new(), Vec::new(), 0);
    for (server, listed) in listed {
        match listed {
            Ok(told) => {
                answered += 1;
                rows.extend(told.into_iter().filter(|row| applications.contains(&row.application)));
            }
            Err(why) => failed.push((place_of(&server), why)),
        }
    }
    if answered == 0 && !failed.is_empty() { Err(unavailable(&failed)) } else { Ok(rows) }
}

/// The request for the sources of applications.
fn list(principal: String, applications: &[ObjectPath]) -> Asked {
    Asked { servers: by_server(applications), source: None, what: LogWanted::List, principal }
}

/// Finds a page.
///
/// # Errors
/// `ServiceUnavailableException` when no server tells anything.
pub(in crate::aws::logs) async fn find(context: &Arc<Context>, wanted: Wanted) -> Result<Found, Fault> {
    let _place = context.aws_logs.line_readers.acquire().await.map_err(|error| internal(&error))?;
    let deadline = Instant::now() + WITHIN;
    let asked = list(wanted.principal.clone(), &wanted.applications);
    let search = Search {
        context,
        gathering: Mutex::new(Gathering::new(wanted.page)),
        streams: Mutex::default(),
        failed: Mutex::default(),
        wanted,
    };
    stream::iter(parts(&asked))
        .for_each_concurrent(SERVERS, |part| async {
            let server = part.server.clone();
            if timeout_at(deadline, search.server(part)).await.is_err() {
                let why = format!("{} does not tell everything within {WITHIN:?}", server.name());
                search.fail(place_of(&server), why);
            }
        })
        .await;
    let events = search.gathering.into_inner().unwrap_or_else(PoisonError::into_inner).events();
    let streams = search.streams.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed = search.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if streams.is_empty() && !failed.is_empty() {
        return Err(unavailable(&failed));
    }
    Ok(Found { events, streams, failed })
}

/// A server among the names of streams.
fn place_of(server: &ObjectPath) -> String {
    let mut names = server.as_str().splitn(2, '/').skip(1);
    names.next().unwrap_or_default().to_owned()
}

struct Search<'a> {
    context: &'a Arc<Context>,
    wanted: Wanted,
    gathering: Mutex<Gathering>,
    streams: Mutex<BTreeMap<u64, String>>,
    failed: Mutex<Vec<(String, String)>>,
}

/// One source of an application.
struct Source<'a> {
    part: &'a Part,
    name: String,
    /// Its stream's number.
    number: u64,
}

impl Search<'_> {
    fn gathering(&self) -> MutexGuard<'_, Gathering> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, what: String, why: String) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push((what, why));
    }

    async fn server(&self, part: Part) {
        let listed = match sources(self.context, &part).await {
            Ok(listed) => listed,
            Err(why) => return self.fail(place_of(&part.server), why),
        };
        for row in listed {
            let stream = stream_of(&row.application, &row.source);
            if !self.wanted.applications.contains(&row.application) || !(self.wanted.streams)(&stream) {
                continue;
            }
            let number = number_of(&stream);
            self.streams.lock().unwrap_or_else(PoisonError::into_inner).insert(number, stream.clone());
            let mut part = part.clone();
            part.request.applications = vec![row.application.name().to_owned()];
            let source = Source { part: &part, name: row.source, number };
            let read = match self.wanted.page.direction {
                Direction::Forward => {
                    let from = self.wanted.page.from.map(|from| from.timestamp);
                    self.forward(&source, (from.max(self.wanted.since), self.wanted.before)).await.map(drop)
                }
                Direction::Backward => self.backward(&source).await,
            };
            if let Err(why) = read {
                self.fail(stream, why);
            }
        }
    }

    /// Reads a span of time from its first line on, each with its turn; how many lines could be on the page.
    async fn forward(&self, source: &Source<'_>, span: (Option<i64>, Option<i64>)) -> Result<usize, String> {
        let (mut turns, mut count) = (Turns::default(), 0);
        self.lines(source, span, true, |row| {
            let (time, mut gathering) = (row.time.0.0, self.gathering());
            if gathering.wants_span(time, time) {
                count += 1;
                turns.add(&mut gathering, source.number, row);
            } else if !gathering.wants_span(time.saturating_sub(SLACK_MS), time.saturating_add(SLACK_MS)) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .await?;
        Ok(count)
    }

    /// Reads from the newest line before the page's place on, as many as a page holds.
    async fn backward(&self, source: &Source<'_>) -> Result<(), String> {
        let Wanted { since, mut before, page, .. } = self.wanted;
        if let Some(Position { timestamp, .. }) = page.from {
            self.forward(source, (Some(timestamp), Some(timestamp.saturating_add(1)))).await?;
            before = Some(before.map_or(timestamp, |before| before.min(timestamp)));
        }
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let is_cut = |rows: &[LogRow], bytes: usize| rows.len() > page.events || bytes > page.bytes;
        let read = self.lines(source, (since, before), false, |row| {
            let time = row.time.0.0;
            if !self.gathering().wants_span(time, time.saturating_add(SLACK_MS)) {
                return ControlFlow::Break(());
            }
            bytes += row.text.len() + OVERHEAD;
            rows.push(row);
            if is_cut(&rows, bytes) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let read = read.await;
        // Lines of the time at which it was cut have turns that are counted from the first of them.
        if is_cut(&rows, bytes)
            && let Some(time) = rows.last().map(|row| row.time.0.0)
            && self.forward(source, (Some(time), Some(time.saturating_add(1)))).await? > 0
        {
            rows.retain(|row| row.time.0.0 != time);
        }
        let (mut turns, mut gathering) = (Turns::default(), self.gathering());
        for row in rows.into_iter().rev() {
            turns.add(&mut gathering, source.number, row);
        }
        read
    }

    /// Hands over the lines of a source that the pattern finds, until there was enough; why it is not all of them, in words.
    async fn lines(
        &self,
        source: &Source<'_>,
        (since, before): (Option<i64>, Option<i64>),
        oldest_first: bool,
        mut each: impl FnMut(LogRow) -> ControlFlow<()>,
    ) -> Result<(), String> {
        let mut part = source.part.clone();
        // One that was ended may still tell something when the next begins.
        part.id = Uuid::now_v7();
        part.request.source = Some(source.name.clone());
        let required = self.wanted.pattern.required();
        part.request.what = LogWanted::Search(LogSearch {
            lines_that: LogMatch {
                pattern: required.map(str::to_owned),
                is_fixed: required.is_some(),
                ..LogMatch::default()
            },
            since: since.map(UnixMillis),
            until: before.map(UnixMillis),
            oldest_first,
            seconds_max: u32::try_from(WITHIN.as_secs()).unwrap_or(1),
            ..LogSearch::default()
        });
        let mut messages = read_one(self.context, part);
        while let Some(message) = messages.recv().await {
            match message {
                LogMessage::Line(row) => {
                    let is_meant = self.wanted.pattern.finds(&row.text);
                    if is_meant && each(row).is_break() {
                        return Ok(());
                    }
                }
                LogMessage::Server(server) => match (server.state, server.detail) {
                    (LogState::Failed, why) => return Err(why.unwrap_or_default()),
                    (LogState::Done, Some(bound)) => return Err(bound),
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(())
    }
}

/// How many lines of each time there were.
#[derive(Default)]
struct Turns(BTreeMap<i64, u64>);

impl Turns {
    fn add(&mut self, gathering: &mut Gathering, stream: u64, row: LogRow) {
        let timestamp = row.time.0.0;
        let turn = self.0.entry(timestamp).or_default();
        let position = Position { timestamp, number: line_number(stream, *turn) };
        *turn += 1;
        if gathering.wants(position) {
            gathering.add(Event { stream, position, ingested_at: timestamp, message: row.text });
        }
    }
}
