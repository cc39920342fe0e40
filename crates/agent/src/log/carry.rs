//! Carries what a reading tells to its master, as far as the credit reaches; the pane that a terminal's command has too.

use crate::terminal::Order;
use tokio::sync::{mpsc, oneshot};
use topmast_wire::limits::OUTPUT_MAX;
use topmast_wire::{AgentMessage, PaneId, PaneOutcome, PaneStream};

/// The way of one reading.
pub(super) struct Carry {
    pub(super) id: PaneId,
    pub(super) credit: u64,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) outgoing: mpsc::Sender<AgentMessage>,
    /// From the thread that reads; it ends when this is dropped.
    pub(super) pieces: mpsc::Receiver<Vec<u8>>,
    /// What the thread said at its end.
    pub(super) ended: oneshot::Receiver<Result<(), String>>,
}

impl Carry {
    /// Carries until the reading is over or nobody wants it any more, and says so.
    pub(super) async fn run(mut self) {
        let outcome = self.exchange().await;
        self.orders.close();
        self.pieces.close();
        tracing::info!(pane = %self.id, ?outcome, "reading of logs ended");
        // Nobody is told when the connection is gone.
        let _ = self.outgoing.send(AgentMessage::PaneEnded { pane: self.id, outcome }).await;
    }

    async fn exchange(&mut self) -> PaneOutcome {
        let mut piece: Vec<u8> = Vec::new();
        let mut is_over = false;
        loop {
            let room = usize::try_from(self.credit).unwrap_or(usize::MAX).min(OUTPUT_MAX).min(piece.len());
            if is_over && piece.is_empty() {
                return match (&mut self.ended).await {
                    Ok(Ok(())) => PaneOutcome::Exited(0),
                    Ok(Err(words)) => PaneOutcome::Failed(words),
                    Err(_) => PaneOutcome::Failed("the agent failed while it read; see its log".to_owned()),
                };
            }
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Credit(bytes)) => self.credit = self.credit.saturating_add(bytes),
                    Some(Order::Stop) | None => return PaneOutcome::Stopped,
                    // Nothing is typed into a reading.
                    Some(Order::Input(_) | Order::Resize(_)) => {}
                },
                permit = self.outgoing.reserve(), if room > 0 => {
                    let Ok(permit) = permit else { return PaneOutcome::Stopped };
                    let rest = piece.split_off(room);
                    let bytes = std::mem::replace(&mut piece, rest);
                    self.credit -= room as u64;
                    permit.send(AgentMessage::PaneOutput { pane: self.id, stream: PaneStream::Output, bytes });
                }
                next = self.pieces.recv(), if piece.is_empty() && !is_over => match next {
                    Some(next) => piece = next,
                    None => is_over = true,
                },
            }
        }
    }
}
