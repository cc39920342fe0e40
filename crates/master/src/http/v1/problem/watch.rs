//! Lists of problems that stay true: looked up once for all who watch the same, told whole when something changed.
//!
//! A window of problems changes seldom, and mostly all of it at once; so there are no deltas.

use super::page;
use crate::http::{Context, Message};
use crate::merged::{self, ListError};
use crate::view::Query;
use crate::watch::{Changes, Key, Pace, WatchHub, Watched};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::live::LiveEvent;
use topmast_api::page::Page;
use topmast_model::principal::Principal;

/// How a list is paced: no number of the fleet is in it, and durations, by which it may be filtered, are in seconds.
pub(crate) const PACE: Pace = Pace { numbers: Duration::from_secs(1), ..Pace::ROWS };
/// Lists that a reader may be behind: it needs the latest only.
const BEHIND: usize = 1;

/// The list of a query for what the principal may read; a running one if there is one.
pub(in crate::http::v1) async fn watched(
    context: &Arc<Context>,
    principal: &Principal,
    query: Query,
) -> Result<Arc<dyn Watched>, ListError> {
    if merged::is_several(context, principal) {
        return merged::problems(context, principal, query).await;
    }
    let key = Key::new("problems", query.to_string(), principal);
    if let Some(running) = context.watches.running(&key) {
        return Ok(running);
    }
    // Before the look, so that no change falls between the two.
    let mut changes = Changes::new(context, PACE);
    let (first, cost) = look(context, principal, &query).await;
    changes.looked(cost);
    let running = Arc::new(Running { latest: Mutex::new(first), later: broadcast::channel(BEHIND).0 });
    let follow = follow(Arc::clone(context), principal.clone(), query, changes, Arc::downgrade(&running));
    Ok(WatchHub::begin(context, key, running, follow))
}

struct Running {
    latest: Mutex<Page<ProblemRow>>,
    later: broadcast::Sender<Message>,
}

impl Watched for Running {
    fn join(&self) -> (Message, broadcast::Receiver<Message>) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that none falls between the two.
        let later = self.later.subscribe();
        (Message::new(LiveEvent::Snapshot, &*latest), later)
    }
}

/// Looks again when something changed, for as long as somebody reads.
async fn follow(
    context: Arc<Context>,
    principal: Principal,
    query: Query,
    mut changes: Changes,
    running: Weak<Running>,
) {
    while changes.next().await.is_some() {
        let Some(running) = running.upgrade() else { return };
        let turn = changes.turn().await;
        let (next, cost) = look(&context, &principal, &query).await;
        drop(turn);
        let mut latest = running.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // Its revision alone is no change.
        let is_news =
            (&latest.items, latest.total, &latest.facets) != (&next.items, next.total, &next.facets);
        if is_news {
            *latest = next;
            // No reader is no error: the last one is just leaving.
            let _ = running.later.send(Message::new(LiveEvent::Snapshot, &*latest));
        }
        drop(latest);
        changes.looked(cost);
    }
}

/// The page of a query, made where it is in nobody's way, and how long it took.
pub(crate) async fn look(
    context: &Arc<Context>,
    principal: &Principal,
    query: &Query,
) -> (Page<ProblemRow>, Duration) {
    let (context, principal, query) = (Arc::clone(context), principal.clone(), query.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        (page(&context, &principal, &query), began.elapsed())
    });
    let nothing = Page { items: Vec::new(), total: 0, revision: 0, facets: Vec::new() };
    looked.await.unwrap_or((nothing, Duration::ZERO))
}
