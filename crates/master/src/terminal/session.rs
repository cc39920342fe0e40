//! One terminal in hand: its panes, from `open` to the last result in the journal.
//!
//! Invariants
//! - SE-1: a pane is begun at most once, and only after `TerminalOpened` is in the journal (T-1, T-2).
//! - SE-2: whatever ends the connection, all panes are ended and their results written down (T-4).

use super::pane::{Limits, Pane, STOP_WITHIN};
use super::process::{Order, Spec};
use super::way;
use crate::enrol::on_behalf;
use crate::http::Context;
use crate::http::problem::{Refusal, refuse_asked};
use crate::stop::StopSignal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use topmast_api::problem::ProblemCode;
use topmast_api::terminal::{
    PaneEnded, PaneOutcome, Panes, TerminalInput, TerminalLogin, TerminalMessage, TerminalOpen,
    TerminalOpened, TerminalRequest, TerminalResize, TerminalSize,
};
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, Principal};
use topmast_model::terminal::{PaneEnd, PaneResult, TerminalId};
use uuid::Uuid;

/// Time of a command when the request does not say.
const COMMAND_TIME: Duration = Duration::from_mins(5);
/// Time without a key of a shell when the request does not say.
const SHELL_TIME: Duration = Duration::from_mins(30);
/// The most of both.
const TIME_MAX: Duration = Duration::from_hours(24);
/// Bytes that a command may print when the request does not say.
const OUTPUT: u64 = 1 << 20;
/// The most.
const OUTPUT_MAX: u64 = 64 << 20;
/// Orders of a pane that wait.
const ORDERS: usize = 256;
/// Bytes of input of a pane that wait: what is pasted into a program that does not read.
const INPUT_MAX: usize = 1 << 20;
/// The size of a terminal when the request does not say, and the largest.
const SIZE: TerminalSize = TerminalSize { columns: 80, rows: 24 };
const SIZE_MAX: u16 = 2_000;

/// One message to the client.
pub(crate) enum Frame {
    Text(String),
    Output(Vec<u8>),
}

impl Frame {
    pub(crate) fn text(message: &TerminalMessage) -> Self {
        Self::Text(serde_json::to_string(message).unwrap_or_default())
    }
}

/// Ends a pane, and says why.
#[derive(Default)]
pub(super) struct Stopper {
    signal: StopSignal,
    why: OnceLock<String>,
}

impl Stopper {
    pub(super) fn given(&self) -> impl Future<Output = ()> + Send + use<> {
        self.signal.given()
    }

    pub(super) fn end(&self) -> PaneEnd {
        self.why.get().map_or(PaneEnd::Stopped, |why| PaneEnd::Failed(why.clone()))
    }
}

enum Slot {
    Waiting,
    Begun(Begun),
    /// It was stopped before it was begun.
    Stopped,
}

struct Begun {
    orders: mpsc::Sender<Order>,
    waiting: Arc<AtomicUsize>,
    stop: Arc<Stopper>,
}

/// A terminal that is open.
pub(crate) struct Session {
    context: Arc<Context>,
    id: TerminalId,
    actor: Actor,
    targets: Vec<ObjectPath>,
    spec: Spec,
    limits: Limits,
    login: Option<Arc<TerminalLogin>>,
    slots: Vec<Slot>,
    tasks: JoinSet<(usize, PaneResult)>,
    frames: mpsc::Sender<Frame>,
}

impl Session {
    /// Writes down who is to run what where, and only then lets it be begun.
    ///
    /// # Errors
    /// What the engine refuses, and a login that is none.
    pub(crate) async fn open(
        context: &Arc<Context>,
        principal: Principal,
        open: TerminalOpen,
        frames: mpsc::Sender<Frame>,
    ) -> Result<Self, Refusal> {
        let TerminalOpen { targets, command, reason, size, timeout_ms, output_max_bytes, login } = open;
        if let Some(login) = &login {
            way::check(login).map_err(|problem| Refusal::invalid("login", problem))?;
        }
        let id = TerminalId(Uuid::now_v7());
        let submitted = Command::OpenTerminal {
            id,
            targets: targets.clone(),
            command: command.clone(),
            reason,
            account: login.as_ref().map(|login| login.user.clone()),
        };
        let actor = principal.actor.clone();
        let facts = context.bus.submit(Submission { principal, command: submitted }).await?;
        refuse_asked(&context.bus.state(), &facts)?;
        let usual = if command.is_some() { COMMAND_TIME } else { SHELL_TIME };
        let time = timeout_ms.map_or(usual, Duration::from_millis);
        let limits = Limits {
            time: time.clamp(Duration::from_millis(100), TIME_MAX),
            output: output_max_bytes.unwrap_or(OUTPUT).min(OUTPUT_MAX),
        };
        let session = Self {
            context: Arc::clone(context),
            id,
            actor,
            slots: targets.iter().map(|_| Slot::Waiting).collect(),
            targets,
            spec: Spec { command, size: size.map_or(SIZE, bounded) },
            limits,
            login: login.map(Arc::new),
            tasks: JoinSet::new(),
            frames,
        };
        session.tell(TerminalMessage::Opened(TerminalOpened { terminal: id.0 })).await;
        Ok(session)
    }

    /// Does what the client asks for.
    ///
    /// # Errors
    /// What makes no sense, which ends the connection.
    pub(crate) async fn take(&mut self, request: TerminalRequest) -> Result<(), Refusal> {
        match request {
            TerminalRequest::Open(_) => {
                Err(Refusal::new(ProblemCode::Conflict, "it is open already; connect again for another one"))
            }
            TerminalRequest::Start(Panes { panes }) => {
                for place in panes {
                    self.start(place).await?;
                }
                Ok(())
            }
            TerminalRequest::Stop(Panes { panes }) => {
                for place in panes {
                    self.stop(place).await?;
                }
                Ok(())
            }
            TerminalRequest::Input(TerminalInput { panes, text }) => {
                if self.spec.command.is_some() {
                    let detail = "nothing is typed into a command; leave `command` out for a shell";
                    return Err(Refusal::invalid("input", detail));
                }
                panes
                    .into_iter()
                    .try_for_each(|place| self.order(place, || Order::Input(text.as_bytes().to_vec())))
            }
            TerminalRequest::Resize(TerminalResize { panes, size }) => {
                self.spec.size = bounded(size);
                panes.into_iter().try_for_each(|place| self.order(place, || Order::Resize(bounded(size))))
            }
        }
    }

    async fn start(&mut self, place: u16) -> Result<(), Refusal> {
        let index = self.index(place)?;
        if !matches!(self.slots[index], Slot::Waiting) {
            return Err(Refusal::new(ProblemCode::Conflict, format!("pane {place} was started already")));
        }
        let Ok(permit) = Arc::clone(&self.context.terminals.panes).try_acquire_owned() else {
            self.slots[index] = Slot::Stopped;
            let words = "too many commands and shells run on this master now; try again when some have ended";
            self.over(place, PaneOutcome::Failed(words.to_owned())).await;
            return Ok(());
        };
        let (orders, receiver) = mpsc::channel(ORDERS);
        let begun = Begun { orders, waiting: Arc::default(), stop: Arc::default() };
        let pane = Pane {
            context: Arc::clone(&self.context),
            terminal: self.id,
            place,
            server: self.targets[index].clone(),
            spec: self.spec.clone(),
            limits: self.limits,
            login: self.login.clone(),
            orders: receiver,
            waiting: Arc::clone(&begun.waiting),
            stop: Arc::clone(&begun.stop),
            frames: self.frames.clone(),
        };
        self.slots[index] = Slot::Begun(begun);
        self.tasks.spawn(async move {
            let result = pane.run().await;
            drop(permit);
            (index, result)
        });
        Ok(())
    }

    async fn stop(&mut self, place: u16) -> Result<(), Refusal> {
        let index = self.index(place)?;
        match &self.slots[index] {
            Slot::Waiting => {
                self.slots[index] = Slot::Stopped;
                self.over(place, PaneOutcome::Stopped).await;
            }
            Slot::Begun(begun) => begun.stop.signal.give(),
            Slot::Stopped => {}
        }
        Ok(())
    }

    /// Hands something to a pane. One that is over, or about to be, takes nothing: that is no mistake of the client.
    fn order(&self, place: u16, order: impl FnOnce() -> Order) -> Result<(), Refusal> {
        let Slot::Begun(begun) = &self.slots[self.index(place)?] else {
            return Err(Refusal::new(ProblemCode::Conflict, format!("pane {place} was not started")));
        };
        let order = order();
        let bytes = if let Order::Input(bytes) = &order { bytes.len() } else { 0 };
        let waiting = begun.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let is_taken = waiting <= INPUT_MAX
            && !matches!(begun.orders.try_send(order), Err(mpsc::error::TrySendError::Full(_)));
        if !is_taken {
            // Characters are not left out silently: half a command may be another one.
            let _ = begun.stop.why.set("it takes no input: too much of it waits, so it was ended".to_owned());
            begun.stop.signal.give();
        }
        Ok(())
    }

    fn index(&self, place: u16) -> Result<usize, Refusal> {
        let index = usize::from(place);
        if index < self.slots.len() {
            return Ok(index);
        }
        let detail = format!("there is no pane {place}; there are {}, counted from 0", self.slots.len());
        Err(Refusal::invalid("panes", detail))
    }

    async fn over(&self, pane: u16, outcome: PaneOutcome) {
        self.tell(TerminalMessage::Ended(PaneEnded { pane, outcome })).await;
    }

    async fn tell(&self, message: TerminalMessage) {
        // A reader that is gone hears nothing.
        let _ = self.frames.send(Frame::text(&message)).await;
    }

    /// Ends every pane and writes down what became of each (SE-2). The reader of the frames is gone by now.
    pub(crate) async fn finish(mut self) {
        for slot in &self.slots {
            if let Slot::Begun(begun) = slot {
                begun.stop.signal.give();
            }
        }
        let mut results: Vec<PaneResult> = self
            .slots
            .iter()
            .map(|slot| match slot {
                Slot::Begun(_) => PaneResult::of(PaneEnd::Unknown),
                Slot::Waiting | Slot::Stopped => PaneResult::of(PaneEnd::NotStarted),
            })
            .collect();
        let collect = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Ok((index, result)) = ended {
                    results[index] = result;
                }
            }
        };
        // One more than a pane takes: nothing may hold up what is to be written down.
        let _ = tokio::time::timeout(2 * STOP_WITHIN, collect).await;
        let command = Command::CloseTerminal { id: self.id, results };
        let closed = self.context.bus.submit(Submission { principal: on_behalf(self.actor), command }).await;
        if let Err(error) = closed {
            // The next master that becomes active closes it.
            tracing::warn!(terminal = %self.id, %error, "the end of a terminal was not written down");
        }
    }
}

fn bounded(size: TerminalSize) -> TerminalSize {
    let TerminalSize { columns, rows } = size;
    TerminalSize { columns: columns.clamp(1, SIZE_MAX), rows: rows.clamp(1, SIZE_MAX) }
}
