//! The part of a query that is on servers: every line of its applications in its time.
//!
//! A server that does not tell everything makes the query a `Timeout`, whose rows are of what was told: a result that lacks a
//! server must not look like one that is complete.

use super::kept::QueryStatus;
use crate::aws::Caller;
use crate::aws::logs::application::{group_of, number_of, stream_of};
use crate::http::Context;
use crate::log::{Asked, by_server, read};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep_until;
use topmast_api::log::{LogMessage, LogRow, LogState};
use topmast_aws::log_query::{Event, Run};
use topmast_model::account::AccountId;
use topmast_model::log::{LogSearch, LogWanted};
use topmast_model::path::ObjectPath;
use topmast_model::time::UnixMillis;

/// What is read of which servers.
pub(super) struct Lines {
    asked: Asked,
    account: AccountId,
}

/// A stream's number and name, and its group's with the account.
type Names = (u64, Arc<str>, Arc<str>);

impl Lines {
    /// The lines of applications in a span of milliseconds.
    pub(super) fn new(caller: &Caller, applications: &[ObjectPath], (since, before): (i64, i64)) -> Self {
        let search = LogSearch {
            since: Some(UnixMillis(since)),
            until: Some(UnixMillis(before)),
            oldest_first: true,
            ..LogSearch::default()
        };
        let asked = Asked {
            servers: by_server(applications),
            source: None,
            what: LogWanted::Search(search),
            principal: caller.principal.actor.to_string(),
        };
        Self { asked, account: caller.account.clone() }
    }

    /// Gives all of them to a run; on a thread that may block.
    ///
    /// # Errors
    /// How the query ends when it does not with all of them.
    pub(super) fn read(
        &self,
        context: &Arc<Context>,
        run: &mut Run<'_>,
        stop: &mut watch::Receiver<bool>,
        deadline: Instant,
    ) -> Result<(), QueryStatus> {
        if self.asked.servers.is_empty() {
            return Ok(());
        }
        let (runtime, mut messages) = (Handle::current(), read(context, &self.asked));
        let mut names: BTreeMap<(ObjectPath, String), Names> = BTreeMap::new();
        let (mut number, mut failed) = (0, 0);
        loop {
            let next = runtime.block_on(async {
                tokio::select! {
                    biased;
                    // It is gone when all queries of the tenant are forgotten.
                    _ = stop.wait_for(|is_stopped| *is_stopped) => Err(QueryStatus::Cancelled),
                    () = sleep_until(deadline.into()) => Err(QueryStatus::Timeout),
                    message = messages.recv() => Ok(message),
                }
            });
            match next? {
                Some(LogMessage::Line(row)) => {
                    let key = (row.application.clone(), row.source.clone());
                    let names = names.entry(key).or_insert_with(|| self.names(&row));
                    number += 1;
                    run.take(event(row, number, names)).map_err(|_| QueryStatus::Failed)?;
                }
                Some(LogMessage::Server(server)) => {
                    let is_whole = match server.state {
                        LogState::Failed => false,
                        LogState::Done => server.detail.is_none(),
                        _ => true,
                    };
                    if !is_whole {
                        failed += 1;
                        tracing::warn!(server = %server.server, why = server.detail, "a query of logs lacks a server");
                    }
                }
                Some(_) => {}
                None if failed == 0 => return Ok(()),
                None if number == 0 && failed == self.asked.servers.len() => return Err(QueryStatus::Failed),
                None => return Err(QueryStatus::Timeout),
            }
        }
    }

    fn names(&self, row: &LogRow) -> Names {
        let stream = stream_of(&row.application, &row.source);
        let log = format!("{}:{}", self.account, group_of(&row.application));
        (number_of(&stream), stream.into(), log.into())
    }
}

fn event(row: LogRow, number: u64, (stream, stream_name, log): &Names) -> Event {
    Event {
        timestamp: row.time.0.0,
        ingested_at: row.time.0.0,
        number,
        stream: *stream,
        stream_name: Arc::clone(stream_name),
        log: Arc::clone(log),
        message: row.text.into(),
    }
}
