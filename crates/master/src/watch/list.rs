//! Lists that are asked for: those who ask for the same at about the same time are answered together.
//!
//! ```text
//! asked, asked, asked ─► one look at all objects, begun after they asked ─► each one's window ─► rows as of now
//!                        └ one after the other, for half of one processor's time at most (`pace`) ┘
//! ```
//!
//! The looks begin after whoever they are for has asked, so that nobody misses what he did before. One who asks
//! alone is answered at once.

use super::pace::{Share, measured};
use super::{Key, Load, ROWS_HERE};
use crate::http::Context;
use crate::view::{Query, Selection, Sight, View, page, page_of_window, select};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use topmast_api::page::Page;
use topmast_api::row::Row as _;
use topmast_model::principal::Principal;

/// Requests that may wait, for all lists together; beyond, they are told to come back.
const WAITING_MAX: usize = 1_024;
/// How long a list that nobody asks for any more stands by.
const IDLE: Duration = Duration::from_secs(1);

/// Why a list is not made.
#[derive(Debug, thiserror::Error)]
#[error("too many lists are asked for at once; try again in a second")]
pub(crate) struct Crowded;

/// One who waits for a look.
type Asked = oneshot::Sender<Arc<Selection>>;

/// All lists that were asked for within the last moment.
pub(crate) struct Lists {
    askers: Mutex<HashMap<Key, mpsc::Sender<Asked>>>,
    places: Semaphore,
    /// What the looks cost: as much as all watches may, beside them.
    load: Arc<Load>,
}

impl Default for Lists {
    fn default() -> Self {
        let (askers, load) = Default::default();
        Self { askers, places: Semaphore::new(WAITING_MAX), load }
    }
}

/// The page of a query that nobody watches.
///
/// # Errors
/// When too many wait for theirs.
pub(crate) async fn page_of<V: View>(
    context: &Arc<Context>,
    principal: &Principal,
    query: &Query,
    revision: u64,
) -> Result<Page<V::Row>, Crowded> {
    let _place = context.lists.places.try_acquire().map_err(|_| Crowded)?;
    let mut selection = None;
    // Without anything to look for it is found without a look at each object.
    if !query.is_plain() {
        selection = Some(context.lists.ask::<V>(context, principal, query).await.ok_or(Crowded)?);
    }
    let rows = selection.as_ref().map_or(query.limit, |all| query.limit.min(all.rows()));
    let made = move |context: &Context, principal: &Principal, query: &Query| {
        let see = |look: &mut dyn FnMut(&Sight<'_>)| context.see(look);
        match &selection {
            Some(selection) => page_of_window::<V>(&see, principal, query, revision, selection),
            None => page::<V>(&see, principal, query, revision, &mut None),
        }
    };
    if rows <= ROWS_HERE {
        return Ok(made(context, principal, query));
    }
    let (context, principal, query) = (Arc::clone(context), principal.clone(), query.clone());
    tokio::task::spawn_blocking(move || made(&context, &principal, &query)).await.map_err(|_| Crowded)
}

impl Lists {
    /// What a query selects, without its window; `None` when the master is stopping.
    async fn ask<V: View>(
        &self,
        context: &Arc<Context>,
        principal: &Principal,
        query: &Query,
    ) -> Option<Arc<Selection>> {
        let query = query.without_window();
        let key = Key::new(V::Row::KIND.as_str(), query.to_string(), principal);
        let (answer, answered) = oneshot::channel();
        {
            let mut askers = self.askers.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = match askers.get(&key) {
                Some(asker) => asker.try_send(answer).map_err(mpsc::error::TrySendError::into_inner),
                None => Err(answer),
            };
            if let Err(answer) = sent {
                let (asker, asked) = mpsc::channel(WAITING_MAX);
                // There is room for all that may wait.
                let _ = asker.try_send(answer);
                askers.retain(|_, asker| !asker.is_closed());
                askers.insert(key, asker);
                tokio::spawn(serve::<V>(Arc::clone(context), principal.clone(), query, asked));
            }
        }
        answered.await.ok()
    }
}

/// Looks for those who asked, for as long as somebody does.
async fn serve<V: View>(
    context: Arc<Context>,
    principal: Principal,
    query: Query,
    mut asked: mpsc::Receiver<Asked>,
) {
    let load = Arc::clone(&context.lists.load);
    let mut share = Share::of(Arc::clone(&load));
    loop {
        let first = tokio::time::timeout(IDLE, asked.recv()).await.unwrap_or_else(|_| {
            asked.close();
            // Who asked at the last moment is answered still.
            asked.try_recv().ok()
        });
        let Some(first) = first else { return };
        let turn = load.turn().await;
        let mut waiting = vec![first];
        while let Ok(other) = asked.try_recv() {
            waiting.push(other);
        }
        let (shared, who, what) = (Arc::clone(&context), principal.clone(), query.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let see = |look: &mut dyn FnMut(&Sight<'_>)| shared.see(look);
            measured(|| select::<V>(&see, &who, &what).0)
        });
        // A panic is told by those who wait for the answer.
        let Ok((selection, cost)) = looked.await else { return };
        drop(turn);
        let selection = Arc::new(selection);
        for answer in waiting {
            // It may have gone.
            let _ = answer.send(Arc::clone(&selection));
        }
        share.cost(cost);
        tokio::time::sleep(share.rest()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_wait_and_who_leaves_makes_room() {
        let lists = Lists::default();
        let enter = || lists.places.try_acquire().ok();
        let mut waiting: Vec<_> = (0..WAITING_MAX).map_while(|_| enter()).collect();
        assert_eq!(waiting.len(), WAITING_MAX);
        assert!(enter().is_none());
        waiting.pop();
        assert!(enter().is_some());
    }
}
