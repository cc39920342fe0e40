//! The work of one query: every event that its groups have in its time, then the lines of applications.

use super::failed;
use super::kept::QueryStatus;
use super::lines::Lines;
use crate::http::Context;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use topmast_aws::log_query::{Event, Outcome, Query};
use topmast_logs::Selection;
use topmast_model::path::ObjectPath;
use uuid::Uuid;

/// How long a query may take once it runs.
const LONGEST: Duration = Duration::from_mins(1);
/// Events between two looks at the time.
const LOOK_EVERY: u32 = 1_024;

/// Names of streams and their groups, by the stream's number.
pub(super) type Names = BTreeMap<u64, (Arc<str>, Arc<str>)>;

/// What a query has to do.
pub(super) struct Work {
    pub(super) tenant: ObjectPath,
    pub(super) id: Uuid,
    pub(super) query: Query,
    pub(super) selection: Selection,
    pub(super) names: Names,
    pub(super) lines: Lines,
    pub(super) limit: Option<usize>,
    /// True once it is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

impl Work {
    /// Does it and keeps the result.
    pub(super) async fn run(self, context: Arc<Context>) {
        let (tenant, id, queries) = (self.tenant.clone(), self.id, Arc::clone(&context));
        let Ok(_place) = context.aws_logs.workers.acquire().await else { return };
        queries.aws_logs.queries.set(&tenant, id, QueryStatus::Running, Outcome::default());
        let reader = Arc::clone(&context);
        let (status, outcome) = tokio::task::spawn_blocking(move || self.work(&reader))
            .await
            .unwrap_or_else(|error| (failed(&error), Outcome::default()));
        queries.aws_logs.queries.set(&tenant, id, status, outcome);
    }

    fn work(mut self, context: &Arc<Context>) -> (QueryStatus, Outcome) {
        let now = context.bus.clock().now().0;
        let (started, mut seen, mut ended) = (Instant::now(), 0_u32, None);
        let mut run = self.query.run(self.limit, now);
        let scanned = context.aws_logs.store.scan(
            self.tenant.as_str(),
            &self.selection,
            |stream, position, ingested_at, message| {
                seen = seen.wrapping_add(1);
                if seen.is_multiple_of(LOOK_EVERY) {
                    ended = match () {
                        () if *self.stop.borrow() => Some(QueryStatus::Cancelled),
                        () if started.elapsed() > LONGEST => Some(QueryStatus::Timeout),
                        () => None,
                    };
                }
                let Some((stream_name, log)) = self.names.get(&stream) else {
                    return ControlFlow::Continue(());
                };
                let event = Event {
                    timestamp: position.timestamp,
                    ingested_at,
                    number: position.number,
                    stream,
                    stream_name: Arc::clone(stream_name),
                    log: Arc::clone(log),
                    message: Arc::from(message),
                };
                if run.take(event).is_err() {
                    ended = Some(QueryStatus::Failed);
                }
                if ended.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        if let Err(error) = scanned {
            return (failed(&error), Outcome::default());
        }
        if ended.is_none() {
            ended = self.lines.read(context, &mut run, &mut self.stop, started + LONGEST).err();
        }
        match ended {
            // AWS tells what there was until then, too.
            None | Some(QueryStatus::Timeout) => run.end().map_or_else(
                |_| (QueryStatus::Failed, Outcome::default()),
                |outcome| (ended.unwrap_or(QueryStatus::Complete), outcome),
            ),
            Some(status) => (status, Outcome::default()),
        }
    }
}
