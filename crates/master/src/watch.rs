//! Watches: lists that stay true, computed once for all who watch the same.
//!
//! ```text
//! frames, events ─► wake ─► page of the query ─► delta to the page before ─► every reader
//!                           └ at most one computation per equal watch ┘
//! ```
//!
//! Numbers are gathered for a quarter of a second; a transition (an event of the
//! journal) is told at once where it may concern the query, but never so often that the
//! watches together take more than half of one processor's time (`pace`). What a query
//! selects is brought up to date where something happened, if it can be (`view::Selection`). A reader that falls behind
//! gets a new snapshot instead of what it missed. When the last reader leaves, the
//! computation ends.

mod list;
mod pace;

pub(crate) use list::{Crowded, Lists, page_of};
#[cfg(test)]
pub(crate) use pace::pauses;
pub(crate) use pace::{Changes, Load, Pace, measured};

use crate::http::{Context, Message, Messages};
use crate::past::Past;
use crate::view::{Query, Selection, Sight, View, page, page_again};
use futures_util::StreamExt as _;
use futures_util::stream::{once, pending, unfold};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use topmast_api::live::LiveEvent;
use topmast_api::page::Page;
use topmast_api::row::Row;
use topmast_api::watch::WatchView;
use topmast_model::principal::{Principal, Right};

/// Deltas that a reader may be behind before it gets a snapshot instead.
pub(crate) const BEHIND: usize = 16;

/// Rows that are made in passing, without a thread of their own: some tenths of a millisecond.
pub(crate) const ROWS_HERE: usize = 256;

/// Longer than until who looks each second looks again.
const LOOKED_AT_AGAIN: Duration = Duration::from_secs(2);

/// All watches that somebody reads.
#[derive(Default)]
pub(crate) struct WatchHub {
    watches: Mutex<HashMap<Key, Weak<dyn Watched>>>,
    /// What all of them cost.
    pub(crate) load: Arc<Load>,
}

/// What makes two watches equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    what: &'static str,
    query: String,
    /// What the principal may read: the same grants see the same rows.
    sight: Vec<String>,
    /// Who looks, where that matters as well: in joined clusters.
    person: Option<String>,
}

impl Key {
    pub(crate) fn new(what: &'static str, query: String, principal: &Principal) -> Self {
        Self { what, query, sight: sight_of(principal), person: None }
    }

    /// That of a watch of one person.
    pub(crate) fn of_person(
        what: &'static str,
        query: String,
        principal: &Principal,
        person: String,
    ) -> Self {
        Self { person: Some(person), ..Self::new(what, query, principal) }
    }
}

/// A running watch, whatever its rows are.
pub(crate) trait Watched: Send + Sync {
    /// The window as it is now, and what comes after it.
    fn join(&self) -> (Message, broadcast::Receiver<Message>);
}

/// Keeps a watch true for a moment after one look at it: who looks each second shares one computation.
pub(crate) fn keep(watched: Arc<dyn Watched>) {
    tokio::spawn(async move {
        tokio::time::sleep(LOOKED_AT_AGAIN).await;
        drop(watched);
    });
}

/// What a reader of a watch is told, for ever.
pub(crate) fn messages(watched: Arc<dyn Watched>) -> Messages {
    let (first, later) = watched.join();
    unfold((Some(first), later, watched), async |(first, mut later, watched)| {
        let message = match first {
            Some(first) => first,
            None => match later.recv().await {
                Ok(message) => message,
                // A reader that was too slow begins anew.
                Err(RecvError::Lagged(_)) => {
                    let (first, fresh) = watched.join();
                    later = fresh;
                    first
                }
                Err(RecvError::Closed) => return None,
            },
        };
        Some((Ok(message), (None, later, watched)))
    })
    .boxed()
}

/// What is shown of something that is watched.
pub(crate) trait Shown: Send + 'static {
    /// What each look at it makes.
    type Seen;

    /// All of it, for who begins to read.
    fn whole(&self) -> Message;

    /// Moves on to what was seen last; what readers are told, if anything is new.
    fn advance(&mut self, seen: Self::Seen) -> Option<Message>;
}

impl<R: Row> Shown for WatchView<R> {
    type Seen = Page<R>;

    fn whole(&self) -> Message {
        Message::new(LiveEvent::Snapshot, &self.to_page())
    }

    fn advance(&mut self, seen: Page<R>) -> Option<Message> {
        Self::advance(self, seen).map(|delta| Message::new(LiveEvent::Delta, &delta))
    }
}

/// A running watch of one kind: what it shows, and its readers.
pub(crate) struct Running<S> {
    shown: Mutex<S>,
    later: broadcast::Sender<Message>,
}

impl<S: Shown> Running<S> {
    /// - `behind`: messages that a reader may be behind before it begins anew.
    pub(crate) fn new(shown: S, behind: usize) -> Self {
        Self { shown: Mutex::new(shown), later: broadcast::channel(behind).0 }
    }

    /// Looks at what is shown.
    pub(crate) fn see<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows what was seen, and tells all readers if anything is new.
    pub(crate) fn show(&self, seen: S::Seen) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(message) = shown.advance(seen) {
            // No reader is no error: the last one is just leaving.
            let _ = self.later.send(message);
        }
    }
}

impl<S: Shown> Watched for Running<S> {
    fn join(&self) -> (Message, broadcast::Receiver<Message>) {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that nothing falls between the two.
        let later = self.later.subscribe();
        (shown.whole(), later)
    }
}

impl WatchHub {
    /// The watch of a query for what the principal may read; a running one if there is one.
    pub(crate) async fn watch<V: View + 'static>(
        context: &Arc<Context>,
        principal: &Principal,
        query: Query,
    ) -> Arc<dyn Watched> {
        let key = Key::new(V::Row::KIND.as_str(), query.to_string(), principal);
        if let Some(running) = context.watches.running(&key) {
            return running;
        }
        // Before the look, so that no change falls between the two.
        let mut changes = Changes::new(context, Pace::ROWS);
        let (first, selection, cost) = look::<V>(context, principal, &query, 0, None).await;
        // Those that follow cost little when what was found is kept.
        let is_kept = selection.as_ref().is_some_and(Selection::is_kept);
        changes.looked(if is_kept { Duration::ZERO } else { cost });
        let running = Arc::new(Running::new(WatchView::new(first), BEHIND));
        let readers = Arc::downgrade(&running);
        let follow = follow::<V>(Arc::clone(context), principal.clone(), query, selection, changes, readers);
        Self::begin(context, key, running, follow)
    }

    /// Begins a watch, unless an equal one runs by now, and returns the one that runs.
    ///
    /// - `follow`: keeps it true; it ends by itself when the watch is dropped.
    pub(crate) fn begin(
        context: &Context,
        key: Key,
        watched: Arc<dyn Watched>,
        follow: impl Future<Output = ()> + Send + 'static,
    ) -> Arc<dyn Watched> {
        let mut watches = context.watches.watches.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if let Some(other) = watches.get(&key).and_then(Weak::upgrade) {
            return other;
        }
        watches.retain(|_, watch| watch.strong_count() > 0);
        watches.insert(key, Arc::downgrade(&watched));
        let stopped = context.stop.given();
        tokio::spawn(async move {
            tokio::select! {
                () = stopped => {}
                () = follow => {}
            }
        });
        watched
    }

    /// The running watch of a key, if there is one.
    pub(crate) fn running(&self, key: &Key) -> Option<Arc<dyn Watched>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner).get(key).and_then(Weak::upgrade)
    }
}

/// The paths that a principal may read, as one comparable thing.
fn sight_of(principal: &Principal) -> Vec<String> {
    let readable = principal.grants.iter().filter(|grant| grant.role.has(Right::Read));
    let mut paths: Vec<String> =
        readable.map(|grant| grant.path.as_ref().map_or_else(String::new, ToString::to_string)).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Recomputes when something changed, for as long as somebody reads.
async fn follow<V: View + 'static>(
    context: Arc<Context>,
    principal: Principal,
    query: Query,
    mut selection: Option<Selection>,
    mut changes: Changes,
    running: Weak<Running<WatchView<V::Row>>>,
) {
    while changes.next(|event| query.concerns::<V>(event)).await.is_some() {
        let Some(running) = running.upgrade() else { return };
        let revision = running.see(WatchView::revision) + 1;
        let (next, selected, cost) =
            look::<V>(&context, &principal, &query, revision, selection.take()).await;
        selection = selected;
        running.show(next);
        changes.looked(cost);
    }
}

/// The page of a query, what it was made of, and what it cost. All objects are looked at where it is in nobody's
/// way, and by one watch at a time.
pub(crate) async fn look<V: View + 'static>(
    context: &Arc<Context>,
    principal: &Principal,
    query: &Query,
    revision: u64,
    mut selection: Option<Selection>,
) -> (Page<V::Row>, Option<Selection>, Duration) {
    // By what there is, not by what there may be: who asks for no limit may watch a single row.
    if selection.as_ref().is_some_and(|last| last.is_kept() && last.rows() <= ROWS_HERE) {
        let see = |look: &mut dyn FnMut(&Sight<'_>)| context.see(look);
        let (page, cost) = measured(|| page_again::<V>(&see, principal, query, revision, &mut selection));
        if let Some(page) = page {
            return (page, selection, cost);
        }
    }
    let _turn = context.watches.load.turn().await;
    let (context, principal, query) = (Arc::clone(context), principal.clone(), query.clone());
    // A window over 100,000 services takes long enough to hold up others on this thread.
    let computed = tokio::task::spawn_blocking(move || {
        let see = |look: &mut dyn FnMut(&Sight<'_>)| context.see(look);
        let (page, cost) = measured(|| page::<V>(&see, &principal, &query, revision, &mut selection));
        (page, selection, cost)
    });
    let nothing = Page { items: Vec::new(), total: 0, revision, facets: Vec::new(), missing: Vec::new() };
    computed.await.unwrap_or((nothing, None, Duration::ZERO))
}

/// The page of a query as of a time in the past.
pub(crate) async fn past_page_of<V: View + 'static>(
    past: &Arc<Past>,
    principal: &Principal,
    query: &Query,
) -> Page<V::Row> {
    let (past, principal, query) = (Arc::clone(past), principal.clone(), query.clone());
    let computed = tokio::task::spawn_blocking(move || {
        let see = |look: &mut dyn FnMut(&Sight<'_>)| past.see(look);
        page::<V>(&see, &principal, &query, past.state().last_seq().0, &mut None)
    });
    let nothing = Page { items: Vec::new(), total: 0, revision: 0, facets: Vec::new(), missing: Vec::new() };
    computed.await.unwrap_or(nothing)
}

/// What does not change any more, as a stream that ends by nobody reading it.
pub(crate) fn only(message: Message) -> Messages {
    once(async { Ok(message) }).chain(pending()).boxed()
}
