//! Commands and shells that run over one agent's connection: what the agent says of each until the pane takes it.
//!
//! Invariants
//! - RP-1: no more of a pane's output waits than the credit that its agent was given.
//! - RP-2: an agent speaks of panes of its own connection only; what it says of others is passed over.
//! - RP-3: when the connection is over so are all of its panes, and none is begun on it any more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use topmast_wire::{AgentMessage, PaneId, PaneOutcome, PaneStream};

/// What an agent says of a pane.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PaneNews {
    /// It runs, as this account.
    Started(String),
    Output(PaneStream, Vec<u8>),
    Ended(PaneOutcome),
    /// The connection is over, or the agent broke its rules.
    Lost,
}

/// Bytes of input for one agent that wait to be sent, of all panes together: four of the largest pastes.
const TYPED_MAX: usize = 1 << 20;

/// The panes of one connection.
pub(crate) struct AgentPanes {
    /// `None` once it is over.
    inboxes: Mutex<Option<BTreeMap<PaneId, Arc<Inbox>>>>,
    /// Bytes of input that may be given to it.
    room: Semaphore,
}

impl Default for AgentPanes {
    fn default() -> Self {
        Self { inboxes: Mutex::new(Some(BTreeMap::new())), room: Semaphore::new(TYPED_MAX) }
    }
}

impl AgentPanes {
    /// Awaits news of a pane whose agent may send so many bytes; `None` when the connection is over.
    pub(crate) fn expect(&self, pane: PaneId, credit: u64) -> Option<Arc<Inbox>> {
        let inbox = Arc::new(Inbox::new(credit));
        lock(&self.inboxes).as_mut()?.insert(pane, Arc::clone(&inbox));
        Some(inbox)
    }

    /// Awaits no news of a pane any more.
    pub(crate) fn forget(&self, pane: PaneId) {
        if let Some(panes) = lock(&self.inboxes).as_mut() {
            panes.remove(&pane);
        }
    }

    /// Takes what the agent says of a pane (RP-2).
    pub(crate) fn take(&self, message: AgentMessage) {
        let (pane, news) = match message {
            AgentMessage::PaneStarted { pane, account } => (pane, PaneNews::Started(account)),
            AgentMessage::PaneOutput { pane, stream, bytes } => (pane, PaneNews::Output(stream, bytes)),
            AgentMessage::PaneEnded { pane, outcome } => (pane, PaneNews::Ended(outcome)),
            _ => return,
        };
        let inbox = lock(&self.inboxes).as_ref().and_then(|panes| panes.get(&pane).cloned());
        if let Some(inbox) = inbox {
            inbox.put(news);
        }
    }

    /// Waits until so many bytes of input may be given to the connection; false when it is over.
    pub(crate) async fn room_for(&self, bytes: usize) -> bool {
        let bytes = u32::try_from(bytes.min(TYPED_MAX)).unwrap_or(0);
        self.room.acquire_many(bytes).await.map(SemaphorePermit::forget).is_ok()
    }

    /// So many bytes of input were sent.
    pub(crate) fn typed(&self, bytes: usize) {
        self.room.add_permits(bytes.min(TYPED_MAX));
    }

    /// The connection is over (RP-3).
    pub(crate) fn end(&self) {
        self.room.close();
        for inbox in lock(&self.inboxes).take().into_iter().flat_map(BTreeMap::into_values) {
            inbox.put(PaneNews::Lost);
        }
    }
}

/// News of one pane that were not taken yet.
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    told: Notify,
}

struct Waiting {
    news: VecDeque<PaneNews>,
    /// Bytes that the agent may still send.
    credit: u64,
    /// The last word was said.
    is_over: bool,
}

impl Inbox {
    fn new(credit: u64) -> Self {
        let waiting = Waiting { news: VecDeque::new(), credit, is_over: false };
        Self { waiting: Mutex::new(waiting), told: Notify::new() }
    }

    /// Waits for the next news; to be called by one task at a time. Nothing comes after an end.
    pub(crate) async fn next(&self) -> PaneNews {
        loop {
            let told = self.told.notified();
            if let Some(news) = lock(&self.waiting).news.pop_front() {
                return news;
            }
            told.await;
        }
    }

    /// The agent was told that it may send more.
    pub(crate) fn credit(&self, bytes: u64) {
        lock(&self.waiting).credit += bytes;
    }

    fn put(&self, news: PaneNews) {
        let mut waiting = lock(&self.waiting);
        if waiting.is_over {
            return;
        }
        let mut news = news;
        if let PaneNews::Output(stream, bytes) = news {
            match waiting.credit.checked_sub(bytes.len() as u64) {
                None => news = PaneNews::Lost, // RP-1
                Some(credit) => {
                    waiting.credit = credit;
                    // Many small pieces that wait would take more memory than their bytes.
                    if let Some(PaneNews::Output(last, kept)) = waiting.news.back_mut()
                        && *last == stream
                    {
                        kept.extend(bytes);
                    } else if !bytes.is_empty() {
                        waiting.news.push_back(PaneNews::Output(stream, bytes));
                    }
                    drop(waiting);
                    return self.told.notify_one();
                }
            }
        }
        waiting.is_over = matches!(news, PaneNews::Ended(_) | PaneNews::Lost);
        waiting.news.push_back(news);
        drop(waiting);
        self.told.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const PANE: PaneId = PaneId { terminal: Uuid::from_u128(1), pane: 0 };

    fn output(stream: PaneStream, text: &str) -> AgentMessage {
        AgentMessage::PaneOutput { pane: PANE, stream, bytes: text.into() }
    }

    #[tokio::test]
    async fn news_come_in_order_and_small_pieces_together() {
        let panes = AgentPanes::default();
        let inbox = panes.expect(PANE, 100).unwrap();
        panes.take(AgentMessage::PaneStarted { pane: PANE, account: "deploy".into() });
        for (stream, text) in [(PaneStream::Output, "a"), (PaneStream::Output, "b"), (PaneStream::Error, "c")]
        {
            panes.take(output(stream, text));
        }
        let ended = AgentMessage::PaneEnded { pane: PANE, outcome: PaneOutcome::Exited(0) };
        panes.take(ended.clone());
        panes.take(ended);
        panes.take(output(PaneStream::Output, "late"));
        panes.end();
        assert_eq!(inbox.next().await, PaneNews::Started("deploy".into()));
        assert_eq!(inbox.next().await, PaneNews::Output(PaneStream::Output, b"ab".into()));
        assert_eq!(inbox.next().await, PaneNews::Output(PaneStream::Error, b"c".into()));
        assert_eq!(inbox.next().await, PaneNews::Ended(PaneOutcome::Exited(0)));
        assert!(lock(&inbox.waiting).news.is_empty(), "nothing comes after the end");
    }

    #[tokio::test]
    async fn agent_that_sends_more_than_its_credit_is_not_listened_to() {
        // RP-1
        let panes = AgentPanes::default();
        let inbox = panes.expect(PANE, 3).unwrap();
        panes.take(output(PaneStream::Output, "abc"));
        inbox.credit(1);
        panes.take(output(PaneStream::Output, "d"));
        panes.take(output(PaneStream::Output, "e"));
        panes.take(output(PaneStream::Output, ""));
        assert_eq!(inbox.next().await, PaneNews::Output(PaneStream::Output, b"abcd".into()));
        assert_eq!(inbox.next().await, PaneNews::Lost);
        assert!(lock(&inbox.waiting).news.is_empty());
    }

    #[tokio::test]
    async fn panes_end_with_their_connection_and_none_begins_after_it() {
        // RP-3
        let panes = AgentPanes::default();
        let inbox = panes.expect(PANE, 1).unwrap();
        let (news, ()) = tokio::join!(inbox.next(), async { panes.end() });
        assert_eq!(news, PaneNews::Lost);
        assert!(panes.expect(PANE, 1).is_none());
        assert!(!panes.room_for(1).await);
        panes.take(output(PaneStream::Output, "x"));
    }

    #[tokio::test]
    async fn typing_waits_for_what_was_not_sent_yet() {
        let panes = AgentPanes::default();
        assert!(panes.room_for(TYPED_MAX).await);
        let (has_room, ()) = tokio::join!(biased; panes.room_for(9), async {
            assert_eq!(panes.room.available_permits(), 0);
            panes.typed(9);
        });
        assert!(has_room);
    }

    #[tokio::test]
    async fn panes_that_are_not_of_the_connection_are_passed_over() {
        // RP-2
        let panes = AgentPanes::default();
        let inbox = panes.expect(PANE, 9).unwrap();
        let other = PaneId { pane: 1, ..PANE };
        panes.take(AgentMessage::PaneEnded { pane: other, outcome: PaneOutcome::Stopped });
        panes.forget(PANE);
        panes.take(output(PaneStream::Output, "x"));
        assert!(lock(&inbox.waiting).news.is_empty());
    }
}
