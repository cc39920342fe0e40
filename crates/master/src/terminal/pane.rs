//! One pane: a program on a server, from its beginning to its outcome.
//!
//! Invariants
//! - PA-1: `started` at most once, then output, then `ended` once (T-3); when it could not begin, `ended` alone.
//! - PA-2: one event and one order are in hand at a time; what waits is bounded, and the program waits with it.
//! - PA-3: it ends when its stop is given, when its time or its output is used up, and when its reader is gone,
//!   [`STOP_WITHIN`] later at the latest.

use super::process::{Event, Order, Process, Spec};
use super::recording::{self, Head, Recording};
use super::session::{Frame, Stopper};
use super::way::way_to;
use crate::http::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use topmast_api::terminal::{
    OutputStream, PaneEnded, PaneOutcome, PaneStarted, TerminalLogin, TerminalMessage, TerminalOutput,
};
use topmast_model::path::ObjectPath;
use topmast_model::terminal::{PaneEnd, PaneResult, TerminalId};

/// For a program to end after it was told to; then nobody waits for it any more.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(8);

/// What a pane may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// A command: in all. A shell: without a key.
    pub(super) time: Duration,
    /// Of a command.
    pub(super) output: u64,
}

/// Which pane is asked for, and what it may take.
pub(super) struct Asked {
    pub(super) terminal: TerminalId,
    pub(super) place: u16,
    pub(super) limits: Limits,
}

/// Everything that a pane needs.
pub(super) struct Pane {
    pub(super) context: Arc<Context>,
    pub(super) terminal: TerminalId,
    pub(super) place: u16,
    pub(super) server: ObjectPath,
    pub(super) spec: Spec,
    pub(super) limits: Limits,
    pub(super) login: Option<Arc<TerminalLogin>>,
    pub(super) orders: mpsc::Receiver<Order>,
    /// Bytes of input that were handed over and not taken yet.
    pub(super) waiting: Arc<AtomicUsize>,
    pub(super) stop: Arc<Stopper>,
    pub(super) frames: mpsc::Sender<Frame>,
}

/// How a pane that ran ended.
struct Ran {
    end: PaneEnd,
    bytes_in: u64,
    bytes_out: u64,
    recording: Option<String>,
    unrecorded: Option<String>,
}

impl Pane {
    /// Runs it.
    pub(super) async fn run(mut self) -> PaneResult {
        let begun = tokio::select! {
            biased;
            () = self.stop.given() => Err(self.stop.end()),
            begun = self.begin() => begun.map_err(PaneEnd::Failed),
        };
        let result = match begun {
            Err(end) => PaneResult::of(end),
            Ok(process) => {
                let account = process.account.clone();
                let started_at = Some(self.context.bus.clock().now());
                let started = PaneStarted { pane: self.place, account: account.clone() };
                self.tell(TerminalMessage::Started(started)).await;
                let Ran { end, bytes_in, bytes_out, recording, unrecorded } = self.converse(process).await;
                PaneResult {
                    end,
                    account,
                    started_at,
                    ended_at: None,
                    bytes_in,
                    bytes_out,
                    recording,
                    unrecorded,
                }
            }
        };
        let ended = PaneEnded { pane: self.place, outcome: outcome(&result.end) };
        self.tell(TerminalMessage::Ended(ended)).await;
        PaneResult { ended_at: Some(self.context.bus.clock().now()), ..result }
    }

    async fn begin(&self) -> Result<Process, String> {
        let login = self.login.as_deref();
        let way = way_to(&self.context, &self.server, login.map(|login| login.user.as_str()))?;
        let asked = Asked { terminal: self.terminal, place: self.place, limits: self.limits };
        way.open(&self.context, &self.server, login, &asked, &self.spec).await
    }

    /// A reader that is gone hears nothing.
    async fn tell(&self, message: TerminalMessage) {
        let _ = self.frames.send(Frame::text(&message)).await;
    }

    async fn converse(&mut self, mut process: Process) -> Ran {
        let mut talk = Talk::new(self.limits, self.spec.command.is_some());
        let mut recording = self.record().await;
        let mut unrecorded = recording.as_ref().err().cloned();
        let mut said = unrecorded.clone();
        let (mut frame, mut order): (Option<Frame>, Option<Order>) = (None, None);
        loop {
            if let Some(problem) = said.take() {
                // TE-5. Before what is printed next: in the same order as everything else.
                let words = format!("topmast: from here on this is not recorded: {problem}\r\n");
                let _ = self.frames.send(self.output(OutputStream::Error, words.as_bytes())).await;
            }
            tokio::select! {
                biased;
                () = self.stop.given(), if !talk.is_ending() => {
                    talk.stop(self.stop.end());
                    process.stop.give();
                }
                () = sleep_until(talk.until) => {
                    if talk.is_ending() {
                        talk.cut();
                        break;
                    }
                    talk.stop(talk.late());
                    process.stop.give();
                }
                taken = self.orders.recv(), if order.is_none() && !self.orders.is_closed() => {
                    if let Some(taken) = taken {
                        if let (Ok(recording), Order::Resize(size)) = (&mut recording, &taken) {
                            said = recording.resize(*size).await;
                        }
                        talk.ordered(&taken, &self.waiting);
                        order = Some(taken);
                    }
                }
                place = process.orders.reserve(), if order.is_some() => match (place, order.take()) {
                    (Ok(place), Some(order)) => place.send(order),
                    // It takes nothing more; how it ends comes as an event.
                    _ => self.orders.close(),
                },
                place = self.frames.reserve(), if frame.is_some() => match (place, frame.take()) {
                    (Ok(place), Some(frame)) => place.send(frame),
                    // PA-3: nobody reads.
                    _ => {
                        if !talk.is_ending() {
                            talk.stop(PaneEnd::Stopped);
                            process.stop.give();
                        }
                    }
                },
                event = process.events.recv(), if frame.is_none() => match event {
                    None => break,
                    Some(Event::Exited(code)) => talk.ended(PaneEnd::Exited(code)),
                    Some(Event::Signalled(signal)) => talk.ended(PaneEnd::Signalled(signal)),
                    Some(Event::Limited(words)) => talk.ended(PaneEnd::Limited(words)),
                    Some(Event::Broken(words)) => talk.ended(PaneEnd::Failed(words)),
                    Some(Event::Output(stream, bytes)) => {
                        let bytes = talk.admitted(&bytes);
                        if !bytes.is_empty() {
                            if let Ok(recording) = &mut recording {
                                said = recording.output(stream, bytes).await;
                            }
                            frame = Some(self.output(stream, bytes));
                        }
                        if let Some(end) = talk.too_much() {
                            talk.stop(end);
                            process.stop.give();
                        }
                    }
                },
            }
        }
        if let Some(frame) = frame {
            let _ = self.frames.send(frame).await;
        }
        let mut digest = None;
        if let Ok(recording) = recording {
            let (whole, problem) = recording.finish().await;
            digest = Some(whole);
            unrecorded = problem;
        }
        Ran {
            end: talk.outcome(),
            bytes_in: talk.bytes_in,
            bytes_out: talk.bytes_out,
            recording: digest,
            unrecorded,
        }
    }

    fn output(&self, stream: OutputStream, bytes: &[u8]) -> Frame {
        Frame::Output(TerminalOutput { pane: self.place, stream, bytes }.encode())
    }

    async fn record(&self) -> Result<Recording, String> {
        let path = recording::path(&self.context.config.data, self.terminal, usize::from(self.place));
        let head = Head {
            size: self.spec.size,
            at: self.context.bus.clock().now(),
            server: &self.server,
            command: self.spec.command.as_deref(),
        };
        Recording::begin(&path, &head).await
    }
}

/// What is known of a pane while it runs.
struct Talk {
    limits: Limits,
    is_command: bool,
    until: Instant,
    bytes_in: u64,
    bytes_out: u64,
    /// Why it was told to end.
    stopped: Option<PaneEnd>,
    /// How it says that it ended.
    end: Option<PaneEnd>,
    /// It printed more than it may.
    is_over: bool,
}

impl Talk {
    fn new(limits: Limits, is_command: bool) -> Self {
        let until = Instant::now() + limits.time;
        Self {
            limits,
            is_command,
            until,
            bytes_in: 0,
            bytes_out: 0,
            stopped: None,
            end: None,
            is_over: false,
        }
    }

    fn is_ending(&self) -> bool {
        self.stopped.is_some()
    }

    fn stop(&mut self, why: PaneEnd) {
        // What has ended by itself meanwhile was not stopped.
        self.stopped = Some(self.end.clone().unwrap_or(why));
        self.until = Instant::now() + STOP_WITHIN;
    }

    /// It did not end although it was told to.
    fn cut(&mut self) {
        if let Some(PaneEnd::Limited(words)) = &mut self.stopped {
            words.push_str(", but did not end: its connection was cut, and it may still run");
        }
    }

    fn ended(&mut self, how: PaneEnd) {
        self.end.get_or_insert(how);
    }

    fn late(&self) -> PaneEnd {
        let seconds = self.limits.time.as_secs_f64();
        PaneEnd::Limited(if self.is_command {
            format!("it took longer than {seconds} s and was stopped")
        } else {
            format!("nobody typed anything for {seconds} s, so it was ended")
        })
    }

    fn ordered(&mut self, order: &Order, waiting: &AtomicUsize) {
        if let Order::Input(bytes) = order {
            waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            self.bytes_in += bytes.len() as u64;
            if !self.is_command && !self.is_ending() {
                self.until = Instant::now() + self.limits.time;
            }
        }
    }

    /// The part of what was printed that is shown.
    fn admitted<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.is_over {
            return &[];
        }
        let room = if self.is_command { self.limits.output - self.bytes_out } else { u64::MAX };
        let count = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        self.is_over = count < bytes.len();
        self.bytes_out += count as u64;
        &bytes[..count]
    }

    fn too_much(&self) -> Option<PaneEnd> {
        let is_news = self.is_over && !self.is_ending();
        is_news.then(|| {
            PaneEnd::Limited(format!("it printed more than {} bytes and was stopped", self.limits.output))
        })
    }

    /// Why it was stopped counts more than what came of that.
    fn outcome(&mut self) -> PaneEnd {
        let silent = || PaneEnd::Failed("it ended without saying how".to_owned());
        self.stopped.take().or_else(|| self.end.take()).unwrap_or_else(silent)
    }
}

fn outcome(end: &PaneEnd) -> PaneOutcome {
    match end {
        PaneEnd::Exited(code) => PaneOutcome::Exited(*code),
        PaneEnd::Signalled(signal) => PaneOutcome::Signalled(signal.clone()),
        PaneEnd::Limited(words) => PaneOutcome::Limited(words.clone()),
        PaneEnd::Failed(words) => PaneOutcome::Failed(words.clone()),
        PaneEnd::Stopped | PaneEnd::NotStarted | PaneEnd::Unknown => PaneOutcome::Stopped,
    }
}
