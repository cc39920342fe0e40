//! One simulated agent: connects, reports, ticks, obeys, and comes back when the connection is lost.

use super::applications::{Applications, DoneStep, Taken, now};
use super::connection::{AgentConnection, ConnectError, registration};
use super::tally::Shared;
use super::workload::Workload;
use super::{Identity, Options};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use topmast_model::status::ServiceStatus;
use topmast_wire::{AgentMessage, Execute, FrameEncoder, MasterMessage, PaneOutcome, report_batch};

/// Longest wait before connecting again; each agent takes a part of it by chance.
const RECONNECT: Duration = Duration::from_secs(1);
/// Heartbeats that may be missing before the connection counts as dead.
const SILENT_BEATS: u32 = 3;

/// A change that the fleet's owner asks for.
#[derive(Debug)]
pub(super) struct Instruction {
    pub(super) application: usize,
    pub(super) service: usize,
    pub(super) status: ServiceStatus,
    pub(super) codes: Vec<String>,
    /// Told when the report goes to the socket; `None` when there is no such service.
    pub(super) sent: oneshot::Sender<Option<Instant>>,
}

/// One simulated agent.
pub(super) struct Agent {
    pub(super) identity: Identity,
    pub(super) master: String,
    pub(super) options: Options,
    /// When in each interval it ticks.
    pub(super) phase: Duration,
    pub(super) random: fastrand::Rng,
    pub(super) applications: Applications,
    pub(super) instructions: mpsc::Receiver<Instruction>,
    pub(super) shared: Arc<Shared>,
    pub(super) stopped: watch::Receiver<bool>,
}

/// How a connection ended.
enum Ended {
    /// The fleet stops.
    Stopped,
    /// The master will never take this agent.
    Refused,
    /// Come back.
    Lost,
}

impl From<ConnectError> for Ended {
    fn from(_: ConnectError) -> Self {
        Self::Lost
    }
}

/// A welcome connection and what belongs to it.
struct Link {
    connection: AgentConnection,
    encoder: FrameEncoder,
    credit: u32,
    /// Number of the last report sent on it.
    reported: u64,
    heard: Instant,
    silence: Duration,
    defined: bool,
}

impl Agent {
    pub(super) async fn run(mut self) {
        let unacknowledged = self.applications.unacknowledged();
        self.shared.count(|tally| tally.unacknowledged += unacknowledged);
        let mut workload = Workload::new(&self.options, self.random.fork());
        let mut wait = self.phase;
        loop {
            let mut stopped = self.stopped.clone();
            tokio::select! {
                () = stop(&mut stopped) => return,
                () = tokio::time::sleep(wait) => {}
            }
            let ended = match self.connect().await {
                Ok(mut link) => {
                    self.shared.count(|tally| tally.connected += 1);
                    let ended = self.serve(&mut link, &mut workload).await;
                    self.shared.count(|tally| tally.connected -= 1);
                    ended
                }
                Err(ended) => ended,
            };
            match ended {
                Ended::Stopped => return,
                Ended::Refused => return self.shared.count(|tally| tally.refused += 1),
                Ended::Lost => self.shared.count(|tally| tally.lost += 1),
            }
            wait = RECONNECT.mul_f64(self.random.f64());
        }
    }

    async fn connect(&mut self) -> Result<Link, Ended> {
        let mut connection = AgentConnection::open(&self.master).await?;
        let interval_ms = u64::try_from(self.options.interval.as_millis()).unwrap_or(u64::MAX);
        let registration = registration(self.identity.server.name(), self.applications.instance, interval_ms);
        connection.prove(&self.identity, registration, self.applications.last_report()).await?;
        match connection.receive().await? {
            MasterMessage::Welcome { reports_acknowledged, credit, heartbeat_ms, .. } => {
                self.acknowledged(reports_acknowledged);
                Ok(Link {
                    connection,
                    encoder: FrameEncoder::new(),
                    credit,
                    reported: reports_acknowledged,
                    heard: Instant::now(),
                    silence: Duration::from_millis(heartbeat_ms) * SILENT_BEATS,
                    defined: false,
                })
            }
            MasterMessage::Goodbye { fatal: true, .. } => Err(Ended::Refused),
            _ => Err(Ended::Lost),
        }
    }

    /// Until the connection ends or the fleet stops.
    async fn serve(&mut self, link: &mut Link, workload: &mut Workload) -> Ended {
        let mut ticks = tokio::time::interval(self.options.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut values = Vec::new();
        let mut stopped = self.stopped.clone();
        if let Err(error) = self.send_reports(link).await {
            return error.into();
        }
        loop {
            let done = tokio::select! {
                () = stop(&mut stopped) => return Ended::Stopped,
                _ = ticks.tick() => {
                    if link.heard.elapsed() > link.silence {
                        return Ended::Lost;
                    }
                    self.tick(link, workload, &mut values).await
                }
                Some(instruction) = self.instructions.recv() => self.change(link, instruction).await,
                message = link.connection.receive() => match message {
                    Ok(MasterMessage::Goodbye { fatal: true, .. }) => return Ended::Refused,
                    Ok(message) => self.take(link, message).await,
                    Err(error) => Err(error),
                },
            };
            let sent = link.connection.take_sent_bytes();
            self.shared.count(|tally| tally.sent_bytes += sent);
            if let Err(error) = done {
                return error.into();
            }
        }
    }

    async fn tick(
        &mut self,
        link: &mut Link,
        workload: &mut Workload,
        values: &mut Vec<(u32, f64)>,
    ) -> Result<(), ConnectError> {
        workload.tick(values);
        if !link.defined {
            link.defined = true;
            for series in workload.series() {
                // The workload makes only series that can be sent, fewer than a dictionary holds.
                let _ = link.encoder.define(series);
            }
            workload.all(values);
        }
        let _ = link.encoder.tick(now(), values);
        let samples = workload.series().len() as u64;
        self.shared.count(|tally| {
            tally.ticks += 1;
            tally.samples += samples;
        });
        if link.credit == 0 {
            self.shared.count(|tally| tally.held_ticks += 1);
        }
        while link.credit > 0
            && let Some(frame) = link.encoder.take()
        {
            link.credit -= 1;
            let bytes = frame.len() as u64;
            self.shared.count(|tally| tally.frame_bytes += bytes);
            link.connection.send(&AgentMessage::Frame(frame)).await?;
        }
        Ok(())
    }

    async fn change(&mut self, link: &mut Link, instruction: Instruction) -> Result<(), ConnectError> {
        let Instruction { application, service, status, codes, sent } = instruction;
        let exists = self.applications.change_service((application, service), status, codes, &self.options);
        // Told before it is sent, for the moment must not come after the change was seen.
        // Nobody may be listening any more.
        let _ = sent.send(exists.then(Instant::now));
        if exists {
            self.shared.count(|tally| tally.unacknowledged += 1);
            self.send_reports(link).await?;
        }
        Ok(())
    }

    async fn take(&mut self, link: &mut Link, message: MasterMessage) -> Result<(), ConnectError> {
        link.heard = Instant::now();
        match message {
            MasterMessage::Ping { nonce } => link.connection.send(&AgentMessage::Pong { nonce }).await,
            MasterMessage::Credit { frames } => {
                link.credit += frames;
                Ok(())
            }
            MasterMessage::ReportsAcknowledged { up_to } => {
                self.acknowledged(up_to);
                Ok(())
            }
            MasterMessage::OpenPane(open) => {
                let outcome = PaneOutcome::Failed("a simulated server runs no commands".to_owned());
                link.connection.send(&AgentMessage::PaneEnded { pane: open.pane, outcome }).await
            }
            MasterMessage::Execute(order) => self.execute(link, &order).await,
            _ => Ok(()),
        }
    }

    async fn execute(&mut self, link: &mut Link, order: &Execute) -> Result<(), ConnectError> {
        self.shared.count(|tally| {
            tally.orders += 1;
            tally.last_order = Some(Instant::now());
        });
        let before = self.applications.unacknowledged();
        let taken = self.applications.execute(order);
        let reports = self.applications.unacknowledged() - before;
        self.shared.count(|tally| tally.unacknowledged += reports);
        match taken {
            Taken::Refused { epoch } => {
                let reason = format!("a master of epoch {epoch} was heard");
                link.connection.send(&AgentMessage::Refused { step: order.step, epoch, reason }).await
            }
            Taken::Done => {
                self.shared.done(DoneStep {
                    server: self.identity.server.clone(),
                    step: order.step,
                    application: order.application.clone(),
                    operation: order.operation,
                });
                self.send_reports(link).await
            }
            Taken::Answered => self.send_reports(link).await,
        }
    }

    async fn send_reports(&mut self, link: &mut Link) -> Result<(), ConnectError> {
        let mut pending = self.applications.pending(link.reported);
        while let Some(last) = pending.get(report_batch(&pending).saturating_sub(1)) {
            link.reported = last.number;
            let rest = pending.split_off(report_batch(&pending));
            link.connection.send(&AgentMessage::Reports(std::mem::replace(&mut pending, rest))).await?;
        }
        Ok(())
    }

    fn acknowledged(&mut self, up_to: u64) {
        let count = self.applications.acknowledged(up_to);
        self.shared.count(|tally| tally.unacknowledged -= count);
    }
}

/// Until the fleet stops; also when its owner is gone.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}
