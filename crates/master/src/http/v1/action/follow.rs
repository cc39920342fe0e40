//! Following actions: one, as it goes on; or a page of them, as it changes.

use super::{List, found};
use crate::http::problem::Refusal;
use crate::http::{Context, Message, Messages};
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{self, error::RecvError};
use topmast_api::action::{Action, ActionProgress, ActionQuery};
use topmast_api::live::LiveEvent;
use topmast_api::page::Page;
use topmast_api::watch::DELTA_INTERVAL;
use topmast_model::event::Event as Fact;
use topmast_model::id::ActionId;
use topmast_model::principal::Principal;

/// Shortest time between two looks at an action: one on thousands of targets is large, and as fast as people read.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// What a principal is told of an action: a snapshot, then progress until its final status.
pub(in super::super) fn follow(
    context: &Arc<Context>,
    principal: Principal,
    id: ActionId,
) -> Result<Messages, Refusal> {
    let context = Arc::clone(context);
    let steps = Steps::new(&context);
    let first = Some(found(&context.bus, id, Some(&principal))?);
    let reader = Reader { context, principal, id, steps, shown: None, first };
    Ok(unfold(reader, async |mut reader| Some((reader.next().await?, reader))).boxed())
}

/// Somebody who follows an action.
struct Reader {
    context: Arc<Context>,
    principal: Principal,
    id: ActionId,
    steps: Steps,
    /// The action as it was last told.
    shown: Option<Action>,
    /// What is told first.
    first: Option<Action>,
}

impl Reader {
    /// The next message; `None` after the one with the final status.
    async fn next(&mut self) -> Option<Result<Message, Refusal>> {
        if let Some(first) = self.first.take() {
            let message = Message::new(LiveEvent::Snapshot, &first);
            self.shown = Some(first);
            return Some(Ok(message));
        }
        let shown = self.shown.as_ref().filter(|shown| !shown.status.is_final())?;
        let id = self.id;
        self.steps.next(PROGRESS_INTERVAL, |action| action == id).await?;
        let now = match found(&self.context.bus, self.id, Some(&self.principal)) {
            Ok(now) => now,
            Err(refusal) => return Some(Err(refusal)),
        };
        let message = Message::new(LiveEvent::Progress, &progress(shown, &now));
        self.shown = Some(now);
        Some(Ok(message))
    }
}

/// What a principal is told of a page of actions: a snapshot, again when it changed. Unless the query
/// says otherwise actions come without their targets, of which a page may have hundreds of thousands.
pub(in super::super) fn follow_page(
    context: &Arc<Context>,
    principal: Principal,
    query: ActionQuery,
) -> Result<Messages, Refusal> {
    let list = List::parse(ActionQuery { targets: query.targets.or(Some(0)), ..query })?;
    let context = Arc::clone(context);
    let steps = Steps::new(&context);
    let pages = Pages { context, principal, list, steps, shown: None };
    Ok(unfold(pages, async |mut pages| Some((Ok(pages.next().await?), pages))).boxed())
}

/// Somebody who follows a page of actions.
struct Pages {
    context: Arc<Context>,
    principal: Principal,
    list: List,
    steps: Steps,
    /// The page as it was last told.
    shown: Option<Page<Action>>,
}

impl Pages {
    async fn next(&mut self) -> Option<Message> {
        loop {
            if self.shown.is_some() {
                self.steps.next(DELTA_INTERVAL, |_| true).await?;
            }
            let page = self.list.page(&self.context.bus, &self.principal);
            let same = |shown: &Page<Action>| shown.items == page.items && shown.total == page.total;
            if !self.shown.as_ref().is_some_and(same) {
                let message = Message::new(LiveEvent::Snapshot, &page);
                self.shown = Some(page);
                return Some(message);
            }
        }
    }
}

/// Wakes when actions went on.
struct Steps {
    events: broadcast::Receiver<Arc<Fact>>,
    looked: Instant,
}

impl Steps {
    fn new(context: &Context) -> Self {
        Self { events: context.bus.events(), looked: Instant::now() }
    }

    /// Waits until an action that is wanted went on, and since the last time `pause` has passed; `None`
    /// when nothing more can come.
    async fn next(&mut self, pause: Duration, wanted: impl Fn(ActionId) -> bool) -> Option<()> {
        loop {
            match self.events.recv().await {
                Err(RecvError::Closed) => return None,
                Ok(event) if !event.action.is_some_and(&wanted) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => break,
            }
        }
        tokio::time::sleep_until((self.looked + pause).into()).await;
        self.looked = Instant::now();
        // What comes from here on is looked at again; the look that follows has all before.
        self.events = self.events.resubscribe();
        Some(())
    }
}

fn progress(before: &Action, now: &Action) -> ActionProgress {
    let changed = before.targets.iter().zip(&now.targets).filter(|(before, now)| before != now);
    ActionProgress {
        status: now.status,
        expires_at: now.expires_at,
        completed_at: now.completed_at,
        waits: now.waits,
        approval: now.approval.clone(),
        counts: now.counts,
        targets: changed.map(|(_, now)| now.clone()).collect(),
    }
}
