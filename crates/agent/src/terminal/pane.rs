//! One command or shell while it runs: what it prints goes out as far as its credit reaches, what is typed goes in.

use super::Spawned;
use crate::platform::End;
use crate::platform::stop;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::Child;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use topmast_wire::limits::{INPUT_MAX, OUTPUT_MAX};
use topmast_wire::{AgentMessage, PaneId, PaneOutcome, PaneSize, PaneStream};

/// When a program has ended but something that it left running holds its output open, so long nothing more is the end.
const QUIET: Duration = Duration::from_millis(250);
/// What is asked to end is ended after so long.
const GRACE: Duration = Duration::from_secs(2);
/// Time between two looks at what is ending, and how many there are.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 100;

/// What a pane is told.
#[derive(Debug)]
pub(crate) enum Order {
    Input(Vec<u8>),
    Resize(PaneSize),
    Credit(u64),
    Stop,
}

/// What bounds a pane, and its two ways to the connection.
pub(super) struct Pane {
    pub(super) id: PaneId,
    pub(super) shell: bool,
    /// From its begin, or for a shell from the last key.
    pub(super) timeout: Duration,
    pub(super) output_max: u64,
    pub(super) credit: u64,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) outgoing: mpsc::Sender<AgentMessage>,
}

/// Ends what is left of a pane however its end comes, the agent's own included.
struct Guard {
    spawned: Spawned,
    armed: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.armed {
            self.spawned.family.kill();
        }
    }
}

impl Guard {
    /// Ends the program with everything that it started: asked first, then not asked (P-4).
    async fn end(&mut self) {
        let Spawned { child, family, output, error, input, screen, .. } = &mut self.spawned;
        // A terminal that is closed tells its programs by itself, with a signal that a shell obeys.
        (*output, *error, *input, *screen) = (None, None, None, None);
        family.ask(stop::USUAL);
        let patience = Instant::now() + GRACE;
        for _ in 0..LOOKS {
            // A child that ended is a process until its end is taken note of.
            if family.members().is_empty() && !matches!(child.try_wait(), Ok(None)) {
                self.armed = false;
                return;
            }
            if Instant::now() >= patience {
                family.kill();
            }
            tokio::time::sleep(LOOK).await;
        }
        tracing::warn!("processes of a terminal are left; they cannot be ended");
    }
}

impl Pane {
    /// Runs it to its end and says so.
    ///
    /// - `place`: is free again once everything of it is over.
    pub(super) async fn run(mut self, spawned: Spawned, place: OwnedSemaphorePermit) {
        let mut guard = Guard { spawned, armed: true };
        let outcome = self.exchange(&mut guard.spawned).await;
        self.orders.close();
        match outcome {
            PaneOutcome::Exited(_) | PaneOutcome::Signalled(_) => guard.armed = false,
            _ => guard.end().await,
        }
        drop(place);
        tracing::info!(pane = %self.id, ?outcome, "terminal ended");
        // Nobody is told when the connection is gone.
        let _ = self.outgoing.send(AgentMessage::PaneEnded { pane: self.id, outcome }).await;
    }

    async fn exchange(&mut self, spawned: &mut Spawned) -> PaneOutcome {
        let Spawned { child, output, error, input, screen, .. } = spawned;
        let (mut output_buffer, mut error_buffer) = (vec![0; OUTPUT_MAX], Vec::new());
        if error.is_some() {
            error_buffer.resize(OUTPUT_MAX, 0);
        }
        let mut deadline = Instant::now() + self.timeout;
        let mut printed = 0;
        let mut typed: VecDeque<u8> = VecDeque::new();
        let mut ready: Option<AgentMessage> = None;
        let mut ended: Option<PaneOutcome> = None;
        loop {
            if ready.is_none()
                && output.is_none()
                && error.is_none()
                && let Some(outcome) = ended
            {
                return outcome;
            }
            let reads = ready.is_none() && self.credit > 0;
            let room = usize::try_from(self.credit).unwrap_or(usize::MAX).min(OUTPUT_MAX);
            let read = tokio::select! {
                order = self.orders.recv() => {
                    match order {
                        Some(Order::Input(bytes)) => {
                            deadline = if self.shell { Instant::now() + self.timeout } else { deadline };
                            if input.is_some() {
                                typed.extend(bytes);
                            }
                            if typed.len() > INPUT_MAX {
                                return PaneOutcome::Limited(format!(
                                    "more than {} KiB wait that the program does not read; type less at once",
                                    INPUT_MAX >> 10
                                ));
                            }
                        }
                        Some(Order::Resize(size)) => {
                            if let Some(screen) = screen {
                                screen.resize(size);
                            }
                        }
                        Some(Order::Credit(bytes)) => self.credit = self.credit.saturating_add(bytes),
                        Some(Order::Stop) | None => return PaneOutcome::Stopped,
                    }
                    continue;
                }
                () = tokio::time::sleep_until(deadline) => return PaneOutcome::Limited(self.too_long()),
                permit = self.outgoing.reserve(), if ready.is_some() => match (permit, ready.take()) {
                    (Ok(permit), Some(message)) => {
                        permit.send(message);
                        continue;
                    }
                    _ => return PaneOutcome::Stopped,
                },
                written = write(input.as_mut(), typed.as_slices().0), if !typed.is_empty() => {
                    if written == 0 {
                        *input = None;
                        typed.clear();
                    }
                    typed.drain(..written);
                    continue;
                }
                outcome = wait(child), if ended.is_none() => {
                    ended = Some(outcome);
                    continue;
                }
                () = tokio::time::sleep(QUIET), if ended.is_some() && reads => {
                    (*output, *error) = (None, None);
                    continue;
                }
                length = read(output.as_mut(), &mut output_buffer[..room]), if reads && output.is_some() => {
                    (PaneStream::Output, length)
                }
                length = read(error.as_mut(), error_room(&mut error_buffer, room)), if reads && error.is_some() => {
                    (PaneStream::Error, length)
                }
            };
            let (stream, length) = read;
            let (source, buffer) = match stream {
                PaneStream::Output => (&mut *output, &output_buffer),
                PaneStream::Error => (&mut *error, &error_buffer),
            };
            if length == 0 {
                *source = None;
                continue;
            }
            let left = usize::try_from(self.output_max - printed).unwrap_or(usize::MAX);
            let kept = length.min(left);
            printed += kept as u64;
            self.credit -= kept as u64;
            if kept > 0 {
                ready =
                    Some(AgentMessage::PaneOutput { pane: self.id, stream, bytes: buffer[..kept].to_vec() });
            }
            if kept < length {
                // No order is awaited below: whoever gives one must not wait for this pane, which waits for him.
                self.orders.close();
                if let Some(message) = ready
                    && !self.hand_over(message, deadline).await
                {
                    return PaneOutcome::Stopped;
                }
                return PaneOutcome::Limited(format!(
                    "it printed more than {} bytes; let it print less, or ask for more",
                    self.output_max
                ));
            }
        }
    }

    /// Hands over the last of a pane's output. False when that is of no use any more.
    async fn hand_over(&self, message: AgentMessage, deadline: Instant) -> bool {
        tokio::time::timeout_at(deadline, self.outgoing.send(message)).await.is_ok_and(|sent| sent.is_ok())
    }

    fn too_long(&self) -> String {
        let seconds = self.timeout.as_secs_f64();
        if self.shell {
            format!("no key for {seconds} s; the shell was ended")
        } else {
            format!("it did not end within {seconds} s and was ended; give it more time if it needs it")
        }
    }
}

/// The part of the second buffer that may be filled; there is none without standard error.
fn error_room(buffer: &mut [u8], room: usize) -> &mut [u8] {
    let room = room.min(buffer.len());
    &mut buffer[..room]
}

/// Bytes that came; 0 when none will any more.
async fn read(source: Option<&mut Box<dyn AsyncRead + Send + Unpin>>, buffer: &mut [u8]) -> usize {
    match source {
        Some(source) => source.read(buffer).await.unwrap_or(0),
        None => 0,
    }
}

/// Bytes that were taken; 0 when none will be any more.
async fn write(target: Option<&mut Box<dyn AsyncWrite + Send + Unpin>>, bytes: &[u8]) -> usize {
    match target {
        Some(target) => target.write(bytes).await.unwrap_or(0),
        None => 0,
    }
}

/// How a program ends.
async fn wait(child: &mut Child) -> PaneOutcome {
    match child.wait().await.map(End::from) {
        Ok(End::Code(code)) => PaneOutcome::Exited(code),
        Ok(End::Signal { name, .. }) => {
            PaneOutcome::Signalled(name.strip_prefix("SIG").unwrap_or(&name).to_owned())
        }
        Err(error) => PaneOutcome::Failed(format!("how it ended cannot be told: {error}")),
    }
}
