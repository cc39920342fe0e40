//! An answer of one message a line: what came within a moment goes together, in order of time.

use crate::http::Context;
use crate::http::authenticate::Authenticated;
use axum::body::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep_until, timeout_at};
use topmast_api::log::{LOG_HEARTBEAT, LogCluster, LogEnded, LogHeartbeat, LogMessage, LogServer, LogState};
use topmast_api::time::Timestamp;

/// What comes within this of the first message goes with it: two servers' lines come in order, and nobody notices it.
const TOGETHER: Duration = Duration::from_millis(20);
/// The same of several clusters, to each of which the way has another length.
const TOGETHER_OF_SEVERAL: Duration = Duration::from_millis(150);
/// Most messages that go together.
const TOGETHER_MAX: usize = 500;
/// Time between two looks at the credentials.
const GUARD_EVERY: Duration = Duration::from_secs(1);

/// An answer under way. It ends with the credentials, and with the master.
pub(super) struct Lines {
    context: Arc<Context>,
    authenticated: Authenticated,
    messages: mpsc::Receiver<LogMessage>,
    /// What goes before all others.
    first: Vec<LogMessage>,
    ended: LogEnded,
    is_over: bool,
    newest_first: bool,
    together: Duration,
    _place: OwnedSemaphorePermit,
}

impl Lines {
    pub(super) fn new(
        context: Arc<Context>,
        authenticated: Authenticated,
        place: OwnedSemaphorePermit,
        first: Vec<LogMessage>,
        messages: mpsc::Receiver<LogMessage>,
        newest_first: bool,
        is_several: bool,
    ) -> Self {
        let together = if is_several { TOGETHER_OF_SEVERAL } else { TOGETHER };
        let ended = LogEnded { bytes: 0, matches: 0, failed: 0, failed_clusters: 0 };
        Self {
            context,
            authenticated,
            messages,
            first,
            ended,
            is_over: false,
            newest_first,
            together,
            _place: place,
        }
    }

    pub(super) fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
        let stopped = self.context.stop.given();
        let bytes = stream::unfold(self, async |mut lines| {
            let batch = lines.batch().await?;
            Some((Ok(encode(&batch)), lines))
        });
        bytes.take_until(Box::pin(stopped))
    }

    /// The next messages; none at the end.
    async fn batch(&mut self) -> Option<Vec<LogMessage>> {
        if !self.first.is_empty() {
            let first = std::mem::take(&mut self.first);
            for message in &first {
                self.count(message);
            }
            return Some(first);
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
        let together = Instant::now() + self.together;
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
        Some(sort(batch, self.newest_first))
    }

    fn count(&mut self, message: &LogMessage) {
        match message {
            LogMessage::Server(server) if matches!(server.state, LogState::Done | LogState::Failed) => {
                self.ended.bytes += server.bytes;
                self.ended.matches += server.matches;
                self.ended.failed += u32::from(server.state == LogState::Failed);
            }
            LogMessage::Cluster(cluster) => {
                self.ended.failed_clusters += u32::from(cluster.state == LogState::Failed);
            }
            _ => {}
        }
    }
}

/// Puts lines in order of their times, behind the servers and clusters that only begin and before any that has told what
/// it had. What belongs together stays so.
fn sort(batch: Vec<LogMessage>, newest_first: bool) -> Vec<LogMessage> {
    let is_said = |message: &LogMessage| matches!(message, LogMessage::Line(_) | LogMessage::Note(_));
    let (mut lines, mut states): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_said);
    let is_line =
        |message: &LogMessage| matches!(message, LogMessage::Line(row) if !row.is_context && !row.is_apart);
    for lines in lines.chunk_by_mut(|one, other| is_line(one) && is_line(other)) {
        lines.sort_by_key(|message| {
            let time = if let LogMessage::Line(row) = message { row.time.as_millis() } else { 0 };
            if newest_first { -time } else { time }
        });
    }
    let begins = |message: &&LogMessage| {
        let (LogMessage::Server(LogServer { state, .. }) | LogMessage::Cluster(LogCluster { state, .. })) =
            message
        else {
            return false;
        };
        *state == LogState::Reading
    };
    let begun = states.iter().take_while(begins).count();
    states.splice(begun..begun, lines);
    states
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

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::log::LogRow;
    use topmast_model::time::UnixMillis;

    #[test]
    fn lines_come_by_time_before_who_has_told_what_it_had() {
        let line = |time: i64, is_apart: bool| {
            LogMessage::Line(LogRow {
                application: "acme/main/db/switch".parse().unwrap(),
                source: "output".into(),
                file: None,
                time: Timestamp(UnixMillis(time)),
                text: String::new(),
                cut: 0,
                is_context: false,
                is_apart,
            })
        };
        let server = |state: LogState| {
            let server = "acme/main/db".parse().unwrap();
            LogMessage::Server(LogServer { server, state, detail: None, bytes: 0, matches: 0, files: 0 })
        };
        let cluster =
            |state: LogState| LogMessage::Cluster(LogCluster { name: "east".into(), state, detail: None });
        let [reading, following, done] = [LogState::Reading, LogState::Following, LogState::Done].map(server);
        let (asked, failed) = (cluster(LogState::Reading), cluster(LogState::Failed));
        let said = [line(2, false), line(4, false), line(3, false), line(9, true), line(1, false)];
        let [first, second, third, apart, last] = said.clone();
        // A server that was asked again after it had failed is so at the end as well.
        let came = vec![
            reading.clone(),
            first,
            following.clone(),
            second,
            failed.clone(),
            third,
            asked.clone(),
            apart,
            last,
            done.clone(),
        ];
        let [first, second, third, apart, last] = said;
        let states = [following, failed, asked, done];
        let sorted =
            |lines: [LogMessage; 5]| [std::slice::from_ref(&reading), &lines[..], &states[..]].concat();
        let oldest = [first.clone(), third.clone(), second.clone(), apart.clone(), last.clone()];
        assert_eq!(sort(came.clone(), false), sorted(oldest));
        assert_eq!(sort(came, true), sorted([second, third, first, apart, last]));
    }
}
