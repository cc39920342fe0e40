//! Over a server's agent: the connection that it has anyway, to which its own configuration adds what it allows.
//!
//! Invariants
//! - TA-1: a pane is asked for once, over one connection; nothing is asked for again on the next.
//! - TA-2: the agent sends no more than was taken here: its credit is given back as the pane takes its output.
//! - TA-3: whatever ends the pane here, its agent is told to end it, or has lost the connection, which ends it too.

use crate::http::Context;
use crate::registry::{AgentLine, Inbox, PaneNews};
use crate::stop::StopSignal;
use crate::terminal::pane::{Asked, STOP_WITHIN};
use crate::terminal::process::{Event, Order, Process, Spec, WAITING};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use topmast_api::terminal::{OutputStream, TERMINAL_OUTPUT_MAX, TerminalSize};
use topmast_model::path::ObjectPath;
use topmast_wire::{MasterMessage, OpenPane, PaneId, PaneOutcome, PaneSize, PaneStream};

/// For an agent to say whether it runs something; one that is older than terminals never does.
const BEGIN_WITHIN: Duration = Duration::from_secs(15);
/// Output of a pane that may be under way: some screens full, and enough for a network of 10 MB/s and 25 ms.
const CREDIT: u64 = 256 << 10;
/// Credit is given back in such portions.
const CREDIT_PORTION: u64 = CREDIT / 4;

/// One pane on one connection of an agent. Dropping it ends the pane.
struct AgentPane {
    line: AgentLine,
    inbox: Arc<Inbox>,
    pane: PaneId,
    /// Name of the server, for people.
    server: String,
    /// The agent said that it is over.
    is_over: bool,
}

impl Drop for AgentPane {
    fn drop(&mut self) {
        self.line.panes().forget(self.pane);
        if !self.is_over {
            self.stop();
        }
    }
}

impl AgentPane {
    /// TA-3. A connection that is over has ended it already.
    fn stop(&self) {
        self.line.send(MasterMessage::StopPane { pane: self.pane });
    }

    fn over(&mut self) {
        self.is_over = true;
    }

    fn lost(&self) -> String {
        format!(
            "the connection to the agent of {} broke while it ran; its agent ends what it ran, unless it was killed",
            self.server
        )
    }
}

/// Why nothing can be run over a server's agent now.
pub(super) fn not_connected(server: &ObjectPath) -> String {
    format!("the agent of {} is not connected; run it again when it is", server.name())
}

/// Begins with a command or a shell.
pub(super) async fn begin(
    context: &Context,
    server: &ObjectPath,
    asked: &Asked,
    spec: &Spec,
) -> Result<Process, String> {
    let pane = PaneId { terminal: asked.terminal.0, pane: asked.place };
    let (epoch, principal) = {
        let state = context.bus.state();
        let terminal = state.terminal(asked.terminal);
        (state.epoch(), terminal.map_or_else(String::new, |terminal| terminal.actor.to_string()))
    };
    let line = context.registry.line(server).ok_or_else(|| not_connected(server))?;
    let inbox = line.panes().expect(pane, CREDIT).ok_or_else(|| not_connected(server))?;
    let mut at = AgentPane { line, inbox, pane, server: server.name().to_owned(), is_over: false };
    let open = OpenPane {
        pane,
        epoch,
        command: spec.command.clone(),
        size: size(spec.size),
        // The pane here knows its bounds and says it in words of its own; the agent's are for what it does not tell.
        timeout_ms: u64::try_from((asked.limits.time + STOP_WITHIN).as_millis()).unwrap_or(u64::MAX),
        output_max_bytes: asked.limits.output.saturating_add(1),
        credit_bytes: CREDIT,
        principal,
    };
    if !at.line.send(MasterMessage::OpenPane(Box::new(open))) {
        return Err(not_connected(server));
    }
    let account = match timeout(BEGIN_WITHIN, at.inbox.next()).await {
        Ok(PaneNews::Started(account)) => format!("{account}@{} over its agent", server.name()),
        Ok(PaneNews::Ended(PaneOutcome::Failed(words))) => {
            at.over();
            return Err(words);
        }
        Ok(_) => return Err(at.lost()),
        Err(_) => {
            return Err(format!(
                "the agent of {} does not answer within {} s; agents before version {} run no commands",
                at.server,
                BEGIN_WITHIN.as_secs(),
                env!("CARGO_PKG_VERSION")
            ));
        }
    };
    let (sender, events) = mpsc::channel(WAITING);
    let (orders, receiver) = mpsc::channel(WAITING);
    let stop = Arc::new(StopSignal::default());
    let stopped = Arc::clone(&stop);
    tokio::spawn(async move {
        let is_over = tokio::select! {
            is_over = hear(&at, &sender) => is_over,
            () = type_in(&at, receiver) => false,
            () = end(&at, &stopped) => false,
            () = sender.closed() => false,
        };
        if is_over {
            at.over();
        }
    });
    Ok(Process { account, events, orders, stop })
}

const fn size(size: TerminalSize) -> PaneSize {
    PaneSize { columns: size.columns, rows: size.rows }
}

/// Hands on what the agent says until the pane is over there; true then.
async fn hear(at: &AgentPane, events: &mpsc::Sender<Event>) -> bool {
    let mut taken = 0;
    loop {
        let event = match at.inbox.next().await {
            PaneNews::Started(_) => continue,
            PaneNews::Output(stream, bytes) => {
                let stream = match stream {
                    PaneStream::Output => OutputStream::Output,
                    PaneStream::Error => OutputStream::Error,
                };
                // The last bytes of a message are the pane's number and stream.
                for chunk in bytes.chunks(TERMINAL_OUTPUT_MAX - 16) {
                    if events.send(Event::Output(stream, chunk.to_vec())).await.is_err() {
                        return false;
                    }
                }
                taken += bytes.len() as u64;
                if taken >= CREDIT_PORTION {
                    // First here: what the agent sends may come at once.
                    at.inbox.credit(taken);
                    at.line.send(MasterMessage::PaneCredit { pane: at.pane, bytes: taken });
                    taken = 0;
                }
                continue;
            }
            PaneNews::Lost => {
                let _ = events.send(Event::Broken(at.lost())).await;
                return false;
            }
            PaneNews::Ended(outcome) => event(outcome),
        };
        let _ = events.send(event).await;
        return true;
    }
}

/// How it ended, as an event. What was stopped from here says so itself, whatever comes.
fn event(outcome: PaneOutcome) -> Event {
    match outcome {
        PaneOutcome::Exited(code) => Event::Exited(code),
        PaneOutcome::Signalled(signal) => Event::Signalled(signal),
        PaneOutcome::Limited(words) => Event::Limited(words),
        PaneOutcome::Failed(words) => Event::Broken(words),
        PaneOutcome::Stopped => {
            Event::Broken("its agent stopped it, for another master is the active one".to_owned())
        }
        _ => Event::Broken("it ended in a way that its agent knows and this master does not".to_owned()),
    }
}

/// Ends when the connection does, or never.
async fn type_in(at: &AgentPane, mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        let message = match order {
            Order::Input(bytes) => {
                if !at.line.panes().room_for(bytes.len()).await {
                    break;
                }
                MasterMessage::PaneInput { pane: at.pane, bytes }
            }
            Order::Resize(wanted) => MasterMessage::ResizePane { pane: at.pane, size: size(wanted) },
        };
        // Only a connection that is over takes nothing: `hear` says so.
        at.line.send(message);
    }
    std::future::pending::<()>().await;
}

/// Tells the agent when the signal is given; that it is over comes from there.
async fn end(at: &AgentPane, stop: &StopSignal) {
    stop.given().await;
    at.stop();
    std::future::pending::<()>().await;
}
