//! Lists of all clusters together, kept true for all who look at the same.

use super::asked::ListError;
use super::part::{Part, Rows, Wanted, first, merge};
use super::row::JoinedRow;
use super::{LOOK_EVERY, PAUSE, Peer, key, peers};
use crate::http::Context;
use crate::view::{Query, Selection, View};
use crate::watch::{BEHIND, Changes, Pace, Running, Shown, WatchHub, Watched, look};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use topmast_api::page::Page;
use topmast_api::row::Row;
use topmast_api::watch::WatchView;
use topmast_model::principal::Principal;

/// The list of a query: of all clusters for who sees several, else of the own one.
pub(crate) async fn list<V: View<Row: JoinedRow>>(
    context: &Arc<Context>,
    principal: &Principal,
    query: Query,
) -> Result<Arc<dyn Watched>, ListError> {
    let peers = peers(context, principal);
    if peers.is_empty() {
        return Ok(WatchHub::watch::<V>(context, principal, query).await);
    }
    let what = V::Row::KIND.as_str();
    let own = OwnList::<V> { principal: principal.clone(), selection: None, view: PhantomData };
    begin::<WatchView<Arc<V::Row>>, _>(context, principal, what, query, peers, own).await
}

/// A list that several clusters have parts of.
pub(super) trait List: Shown<Seen = Page<Arc<Self::Row>>> {
    type Row: JoinedRow;

    fn new(page: Page<Arc<Self::Row>>) -> Self;

    fn revision(&self) -> u64;
}

impl<R: Row + JoinedRow> List for WatchView<Arc<R>> {
    type Row = R;

    fn new(page: Page<Arc<R>>) -> Self {
        Self::new(page)
    }

    fn revision(&self) -> u64 {
        Self::revision(self)
    }
}

/// The own cluster's part of a list.
pub(super) trait Own<R>: Send + 'static {
    const PACE: Pace;

    /// Looks at it.
    fn look(
        &mut self,
        context: &Arc<Context>,
        query: &Query,
    ) -> impl Future<Output = (Page<R>, Duration)> + Send;
}

struct OwnList<V> {
    principal: Principal,
    selection: Option<Selection>,
    view: PhantomData<fn() -> V>,
}

impl<V: View<Row: JoinedRow>> Own<V::Row> for OwnList<V> {
    const PACE: Pace = Pace::ROWS;

    async fn look(&mut self, context: &Arc<Context>, query: &Query) -> (Page<V::Row>, Duration) {
        let last = self.selection.take();
        let (page, selection, cost) = look::<V>(context, &self.principal, query, 0, last).await;
        self.selection = selection;
        (page, cost)
    }
}

/// The list of a query of several clusters; a running one if there is one.
///
/// - `what`: the kind of list.
pub(super) async fn begin<S: List, O: Own<S::Row>>(
    context: &Arc<Context>,
    principal: &Principal,
    what: &'static str,
    query: Query,
    peers: Vec<Peer>,
    own: O,
) -> Result<Arc<dyn Watched>, ListError> {
    let wanted = Wanted::of::<S::Row>(&query)?;
    let key = key(context, what, query.to_string(), principal);
    if let Some(running) = context.watches.running(&key) {
        return Ok(running);
    }
    let mut tasks = JoinSet::new();
    let news = Arc::new(Notify::new());
    let begin = |peer| Part::follow(peer, &wanted.query, &news, &mut tasks).transpose();
    let parts: Vec<Part<S::Row>> = peers.into_iter().filter_map(begin).collect::<Result<_, _>>()?;
    let own = OwnPart::follow(context, own, &wanted.query, &news, &mut tasks).await;
    first(&parts, &news).await;
    let mut merged = Merged { context: Arc::clone(context), own, rows: Rows::default(), parts, wanted };
    merged.refresh();
    let running = Arc::new(Running::new(S::new(merged.page(context.revision())), BEHIND));
    let follow = merged.follow(Arc::downgrade(&running), news, tasks);
    Ok(WatchHub::begin(context, key, running, follow))
}

/// What this cluster itself has of a list.
struct OwnPart<R>(Arc<Mutex<Option<Page<R>>>>);

impl<R: JoinedRow> OwnPart<R> {
    /// Looks, and again whenever something changed.
    async fn follow<O: Own<R>>(
        context: &Arc<Context>,
        mut own: O,
        query: &Query,
        news: &Arc<Notify>,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        // Before the look, so that no change falls between the two.
        let mut changes = Changes::new(context, O::PACE);
        let (page, cost) = own.look(context, query).await;
        changes.looked(cost);
        let latest = Arc::new(Mutex::new(Some(page)));
        let (context, query, news, told) =
            (Arc::clone(context), query.clone(), Arc::clone(news), Arc::clone(&latest));
        tasks.spawn(async move {
            while changes.next(|_| true).await.is_some() {
                let (page, cost) = own.look(&context, &query).await;
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
                news.notify_one();
                changes.looked(cost);
            }
        });
        Self(latest)
    }

    /// The page that was not taken yet, if there is one.
    fn take(&self) -> Option<Page<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A list while somebody looks at it.
struct Merged<R> {
    context: Arc<Context>,
    own: OwnPart<R>,
    /// Those of the own cluster.
    rows: Rows<R>,
    parts: Vec<Part<R>>,
    wanted: Wanted,
}

impl<R: JoinedRow> Merged<R> {
    /// Takes in what is new; true when something is.
    fn refresh(&mut self) -> bool {
        let (order, now) = (&self.wanted.order, self.context.bus.clock().now());
        let own = self.own.take().map(|page| self.rows = Rows::own(page, order, now));
        self.parts.iter_mut().fold(own.is_some(), |news, part| part.refresh(order, now) || news)
    }

    fn page(&self, revision: u64) -> Page<Arc<R>> {
        let joined = self.parts.iter().map(|part| &part.rows);
        let page =
            merge(&std::iter::once(&self.rows).chain(joined).collect::<Vec<_>>(), &self.wanted, revision);
        Page { missing: self.parts.iter().filter_map(Part::missing).collect(), ..page }
    }

    /// Merges again when something is new, for as long as somebody looks; `tasks` end with it.
    async fn follow<S: List<Row = R>>(
        mut self,
        readers: Weak<Running<S>>,
        news: Arc<Notify>,
        tasks: JoinSet<()>,
    ) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = news.notified() => {}
                // Silence comes without a word.
                _ = look.tick() => {}
            }
            let Some(running) = readers.upgrade() else { break };
            if self.refresh() {
                running.show(self.page(running.see(S::revision) + 1));
            }
            drop(running);
            tokio::time::sleep(PAUSE).await;
        }
        drop(tasks);
    }
}
