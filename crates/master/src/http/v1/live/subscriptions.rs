//! What one tab looks at: subscriptions that begin, are replaced and end.
//!
//! Opening one may mean computing a list, so they are opened one after the other: a client that
//! asks faster than that, as when somebody scrolls, only replaces what waits.

use super::topic;
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Message, Messages};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio_stream::{StreamExt as _, StreamMap};
use topmast_api::live::{SUBSCRIPTIONS_MAX, Topic};
use topmast_api::problem::ProblemCode;

/// The subscriptions of one connection; each is in one of the three places.
pub(super) struct Subscriptions {
    context: Arc<Context>,
    authenticated: Authenticated,
    waiting: VecDeque<(u32, Topic)>,
    opening: Option<Opening>,
    running: StreamMap<u32, Messages>,
}

struct Opening {
    /// None once it is no longer wanted: what it began is finished all the same before the next begins.
    id: Option<u32>,
    messages: BoxFuture<'static, Result<Messages, Refusal>>,
}

impl Subscriptions {
    pub(super) fn new(context: Arc<Context>, authenticated: Authenticated) -> Self {
        Self { context, authenticated, waiting: VecDeque::new(), opening: None, running: StreamMap::new() }
    }

    /// Begins a subscription in place of the one with its id, if there is one (L-1).
    pub(super) fn begin(&mut self, id: u32, topic: Topic) -> Result<(), Refusal> {
        self.end(id);
        if self.count() >= SUBSCRIPTIONS_MAX {
            let detail = format!("a connection has at most {SUBSCRIPTIONS_MAX} subscriptions; end one first");
            return Err(Refusal::new(ProblemCode::LimitReached, detail));
        }
        self.waiting.push_back((id, topic));
        Ok(())
    }

    /// Ends a subscription: nothing of it comes after.
    pub(super) fn end(&mut self, id: u32) {
        self.running.remove(&id);
        self.waiting.retain(|(other, _)| *other != id);
        if let Some(opening) = &mut self.opening {
            opening.id = opening.id.filter(|other| *other != id);
        }
    }

    fn count(&self) -> usize {
        let opening = self.opening.as_ref().is_some_and(|opening| opening.id.is_some());
        self.waiting.len() + usize::from(opening) + self.running.len()
    }

    /// The next message of any of them, with its id; an error ended it. Losing the future loses nothing.
    pub(super) async fn next(&mut self) -> (u32, Result<Message, Refusal>) {
        loop {
            if self.opening.is_none()
                && let Some((id, topic)) = self.waiting.pop_front()
            {
                let messages =
                    topic::open(Arc::clone(&self.context), self.authenticated.clone(), topic).boxed();
                self.opening = Some(Opening { id: Some(id), messages });
            }
            tokio::select! {
                opened = opened(&mut self.opening) => {
                    let id = self.opening.take().and_then(|opening| opening.id);
                    match (id, opened) {
                        (Some(id), Ok(messages)) => drop(self.running.insert(id, messages)),
                        (Some(id), Err(refusal)) => return (id, Err(refusal)),
                        (None, _) => {}
                    }
                }
                Some((id, message)) = self.running.next() => {
                    if message.is_err() {
                        self.running.remove(&id);
                    }
                    return (id, message);
                }
            }
        }
    }
}

async fn opened(opening: &mut Option<Opening>) -> Result<Messages, Refusal> {
    match opening {
        Some(opening) => (&mut opening.messages).await,
        None => pending().await,
    }
}
