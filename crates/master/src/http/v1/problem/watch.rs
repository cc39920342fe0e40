//! Lists of problems that stay true: looked up once for all who watch the same, told whole when something changed.
//!
//! A window of problems changes seldom, and mostly all of it at once; so there are no deltas.

use super::page;
use crate::http::{Context, Message};
use crate::merged::{self, ListError};
use crate::view::Query;
use crate::watch::{Changes, Key, Pace, Running, Shown, WatchHub, Watched, measured};
use serde::Serialize;
use std::sync::{Arc, Weak};
use std::time::Duration;
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
    let running = Arc::new(Running::new(ProblemList(first), BEHIND));
    let follow = follow(Arc::clone(context), principal.clone(), query, changes, Arc::downgrade(&running));
    Ok(WatchHub::begin(context, key, running, follow))
}

/// A list of problems as it is told: whole.
pub(crate) struct ProblemList<R>(pub(crate) Page<R>);

impl<R: Serialize + PartialEq + Send + 'static> Shown for ProblemList<R> {
    type Seen = Page<R>;

    fn whole(&self) -> Message {
        Message::new(LiveEvent::Snapshot, &self.0)
    }

    fn advance(&mut self, seen: Page<R>) -> Option<Message> {
        // Its revision alone is no change.
        let (now, then) = (&seen, &self.0);
        let is_news = (&now.items, now.total, &now.facets, &now.missing)
            != (&then.items, then.total, &then.facets, &then.missing);
        is_news.then(|| {
            self.0 = seen;
            self.whole()
        })
    }
}

/// Looks again when something changed, for as long as somebody reads.
async fn follow(
    context: Arc<Context>,
    principal: Principal,
    query: Query,
    mut changes: Changes,
    running: Weak<Running<ProblemList<ProblemRow>>>,
) {
    while changes.next(|_| true).await.is_some() {
        let Some(running) = running.upgrade() else { return };
        let (next, cost) = look(&context, &principal, &query).await;
        running.show(next);
        changes.looked(cost);
    }
}

/// The page of a query, made where it is in nobody's way and by one watch at a time, and what it cost.
pub(crate) async fn look(
    context: &Arc<Context>,
    principal: &Principal,
    query: &Query,
) -> (Page<ProblemRow>, Duration) {
    let _turn = context.watches.load.turn().await;
    let (context, principal, query) = (Arc::clone(context), principal.clone(), query.clone());
    let looked = tokio::task::spawn_blocking(move || measured(|| page(&context, &principal, &query)));
    let nothing = Page { items: Vec::new(), total: 0, revision: 0, facets: Vec::new(), missing: Vec::new() };
    looked.await.unwrap_or((nothing, Duration::ZERO))
}
