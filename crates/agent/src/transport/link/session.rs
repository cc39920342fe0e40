//! One connection to one master, from the challenge to its end.

use super::super::identity::KeyRequest;
use super::super::relay::Relay;
use super::LinkContext;
use crate::endpoint::Stream;
use crate::sampler::read_facts;
use crate::spool::Position;
use crate::supervisor::StepRequest;
use crate::task::RunOrder;
use crate::terminal::Panes;
use futures_util::{SinkExt, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use topmast_model::command::ServerRegistration;
use topmast_model::id::Epoch;
use topmast_wire::{
    AgentMessage, Execute, Hello, MasterMessage, PROTOCOL, PieceRequest, RunTask, report_batch,
};

/// Longest time that one message may take to leave.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Heartbeats without a word after which the connection counts as dead.
const SILENT_BEATS: u32 = 3;
/// Bounds of a heartbeat; a master cannot make the agent deaf or restless.
const HEARTBEAT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_mins(1));
/// Reports on their way without an acknowledgement.
const REPORTS_UNDER_WAY: u64 = 4_096;
/// Reports read from the ledger at a time.
const REPORTS_READ: usize = 256;
/// Pause after each frame of a backlog: at most some 1,200 ticks a second, so that a master is not flooded
/// by a fleet that comes back.
const REPLAY_PAUSE: Duration = Duration::from_millis(50);
/// Time between two looks at the certificate's age.
const RENEWAL_PERIOD: Duration = Duration::from_hours(1);

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The master said so.
    Goodbye {
        /// In its words.
        reason: String,
        /// When to come back.
        retry_after: Duration,
        /// True when coming back is of no use until a person has done something.
        fatal: bool,
    },
    /// It broke, or the master said something that cannot be taken.
    Lost(String),
}

/// An admitted connection.
pub(super) struct Session {
    socket: WebSocketStream<Stream>,
    /// Name of the cursor in the spool.
    name: Arc<str>,
    context: Arc<LinkContext>,
    relay: Relay,
    /// Commands and shells that this master asked for.
    panes: Panes,
    /// Frames sent and not confirmed, oldest first: what each confirms.
    under_way: VecDeque<Position>,
    credit: u32,
    active: bool,
    epoch: Epoch,
    /// Number of the last report sent, and of the last one that the journal has.
    sent_report: u64,
    acknowledged_report: u64,
    silence: Duration,
    /// A new key, while its certificate is asked for.
    renewal: Option<KeyRequest>,
}

impl Session {
    /// Answers the challenge and awaits the welcome. The caller bounds the time.
    pub(super) async fn begin(
        mut socket: WebSocketStream<Stream>,
        name: Arc<str>,
        context: Arc<LinkContext>,
    ) -> Result<Self, End> {
        let (protocol, nonce, master) = match receive(&mut socket).await? {
            MasterMessage::Challenge { protocol, nonce, master } => (protocol, nonce, master),
            other => return Err(unexpected(&other)),
        };
        if protocol != PROTOCOL {
            let reason = format!(
                "the master speaks protocol {protocol}, this agent {PROTOCOL}; install the same version of topmast"
            );
            return Err(End::Goodbye { reason, retry_after: Duration::ZERO, fatal: true });
        }
        let identity = context.identity.current();
        let signature = identity.sign(&nonce, &master).map_err(|error| End::Lost(error.to_string()))?;
        let registration = ServerRegistration {
            instance: context.ledger.instance(),
            role: context.role,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: String::new(), // the master sees where we come from
            interval_ms: u64::try_from(context.interval.as_millis()).unwrap_or(u64::MAX),
            abilities: [
                topmast_model::configuration::ABILITY,
                topmast_model::package::ABILITY,
                topmast_model::package::ROLLBACK_ABILITY,
                topmast_model::package::key::KEYS_ABILITY,
            ]
            .map(str::to_owned)
            .into(),
            labels: context.labels.clone(),
            facts: read_facts(),
        };
        let hello = Hello {
            protocol: PROTOCOL,
            server: identity.server,
            certificate_pem: identity.certificate_pem,
            signature,
            registration,
            last_report: context.ledger.numbers().1,
        };
        send(&mut socket, &AgentMessage::Hello(Box::new(hello))).await?;
        let relay = Relay::new(context.spool.position(&name));
        let panes = Panes::new(Arc::clone(&context.terminals), Arc::clone(&context.logs));
        let mut session = Self {
            socket,
            name,
            context,
            relay,
            panes,
            under_way: VecDeque::new(),
            credit: 0,
            active: false,
            epoch: Epoch(0),
            sent_report: 0,
            acknowledged_report: 0,
            silence: HEARTBEAT.1 * SILENT_BEATS,
            renewal: None,
        };
        match receive(&mut session.socket).await? {
            welcome @ MasterMessage::Welcome { .. } => session.take(welcome).await?,
            other => return Err(unexpected(&other)),
        }
        Ok(session)
    }

    /// Exchanges messages until the connection ends.
    pub(super) async fn run(mut self) -> End {
        match self.exchange().await {
            Ok(()) => End::Lost("the session ended".to_owned()),
            Err(end) => end,
        }
    }

    async fn exchange(&mut self) -> Result<(), End> {
        let mut grown = self.context.spool.grown();
        let mut reports = self.context.reports.clone();
        let mut renewal = tokio::time::interval(RENEWAL_PERIOD);
        let mut heard = Instant::now();
        let mut replay_from = Instant::now();
        let mut asked = self.context.courier.asked();
        loop {
            self.send_reports().await?;
            while let Some(question) = self.question() {
                self.send(AgentMessage::AskPackage(question)).await?;
            }
            let more = Instant::now() >= replay_from && self.send_frame(&mut replay_from).await?;
            if more {
                // Frames are sent one by one, so that what the master says is heard between them.
                tokio::task::yield_now().await;
            }
            let replaying = more || replay_from > Instant::now();
            tokio::select! {
                message = receive(&mut self.socket) => {
                    heard = Instant::now();
                    self.take(message?).await?;
                }
                () = tokio::time::sleep_until(replay_from), if replaying && self.credit > 0 => {}
                () = changed(&mut grown), if !replaying => {}
                () = changed(&mut reports) => {}
                () = changed(&mut asked) => {}
                message = self.panes.next() => self.send(message).await?,
                () = tokio::time::sleep_until(heard + self.silence) => {
                    return Err(End::Lost(format!("nothing heard for {} ms", self.silence.as_millis())));
                }
                _ = renewal.tick() => self.request_renewal().await?,
            }
        }
    }

    async fn take(&mut self, message: MasterMessage) -> Result<(), End> {
        match message {
            MasterMessage::Welcome { epoch, active, reports_acknowledged, credit, heartbeat_ms } => {
                // A new standing: what is under way on this connection arrives before anything later.
                self.confirm(usize::MAX);
                let beat = Duration::from_millis(heartbeat_ms).clamp(HEARTBEAT.0, HEARTBEAT.1);
                self.silence = beat * SILENT_BEATS;
                self.credit = credit;
                self.epoch = epoch;
                self.active = active && self.raise_epoch(epoch);
                if !self.active {
                    self.panes.end();
                }
                self.context.ledger.acknowledge(reports_acknowledged);
                self.sent_report = reports_acknowledged;
                self.acknowledged_report = reports_acknowledged;
                if self.active && reports_acknowledged < self.context.ledger.numbers().0 {
                    self.tell_again(reports_acknowledged).await?;
                }
            }
            MasterMessage::ReportsAcknowledged { up_to } => {
                // A master cannot acknowledge what it was not sent on this connection.
                let up_to = up_to.min(self.sent_report);
                self.acknowledged_report = self.acknowledged_report.max(up_to);
                self.context.ledger.acknowledge(up_to);
            }
            MasterMessage::Credit { frames } => {
                self.credit = self.credit.saturating_add(frames);
                self.confirm(frames as usize);
            }
            MasterMessage::Execute(execute) => self.execute(*execute).await?,
            MasterMessage::RunTask(run) => {
                if let Some(reason) = self.refusal(run.epoch) {
                    tracing::warn!(master = %self.name, order = %run.id, reason, "run of a task refused");
                    return Ok(());
                }
                let RunTask { id, application, task, principal, .. } = *run;
                (self.context.task_orders)(RunOrder { id, application, task, principal });
            }
            MasterMessage::OpenPane(open) => {
                let refusal = self.refusal(open.epoch);
                let answer = self.panes.open(&open, refusal);
                self.send(answer).await?;
            }
            MasterMessage::OpenLog(open) => {
                let refusal = self.refusal(open.epoch);
                let answer = self.panes.open_log(&open, refusal);
                self.send(answer).await?;
            }
            MasterMessage::PaneInput { .. }
            | MasterMessage::ResizePane { .. }
            | MasterMessage::StopPane { .. }
            | MasterMessage::PaneCredit { .. } => {
                if self.refusal(self.epoch).is_some() {
                    // Another master was active in the meantime.
                    self.panes.end();
                }
                self.panes.take(message).await;
            }
            MasterMessage::PackagePiece(piece) => self.context.courier.answer(*piece),
            MasterMessage::Certificate { pem, ca_pem } => self.renewed(pem, ca_pem),
            MasterMessage::Ping { nonce } => self.send(AgentMessage::Pong { nonce }).await?,
            MasterMessage::Goodbye { reason, retry_after_ms, fatal } => {
                return Err(End::Goodbye {
                    reason,
                    retry_after: Duration::from_millis(retry_after_ms),
                    fatal,
                });
            }
            MasterMessage::Challenge { .. } => return Err(unexpected(&message)),
            // A kind of a newer master is of no use here.
            _ => {}
        }
        Ok(())
    }

    /// The journal went back: it lacks reports that were acknowledged and are gone from here. All that is comes behind
    /// them anew, on disk before the master is told to pass over them (T-5).
    async fn tell_again(&mut self, received: u64) -> Result<(), End> {
        let up_to = self.context.ledger.tell_again().map_err(|error| End::Lost(error.to_string()))?;
        tracing::warn!(
            master = %self.name, received, acknowledged = up_to,
            "the master's journal went back; everything is reported anew"
        );
        (self.sent_report, self.acknowledged_report) = (up_to, up_to);
        self.send(AgentMessage::ReportsForgotten { up_to }).await
    }

    /// The oldest frames under way have arrived (T-2).
    fn confirm(&mut self, frames: usize) {
        let count = frames.min(self.under_way.len());
        if let Some(position) = self.under_way.drain(..count).next_back() {
            self.context.spool.confirm(&self.name, position);
        }
    }

    fn raise_epoch(&self, epoch: Epoch) -> bool {
        self.context
            .ledger
            .raise_epoch(epoch)
            .inspect_err(|error| tracing::warn!(master = %self.name, %error, "this master is not obeyed"))
            .is_ok()
    }

    /// What is asked of the active master, and of no other.
    fn question(&self) -> Option<PieceRequest> {
        self.active.then(|| self.context.courier.next()).flatten()
    }

    /// Why this master may not order something now (T-1).
    fn refusal(&self, epoch: Epoch) -> Option<String> {
        if !self.active {
            Some("this master is not the active one".to_owned())
        } else if epoch != self.epoch {
            Some(format!("the order is of epoch {epoch}, the connection of {}", self.epoch))
        } else if self.context.ledger.epoch() > epoch {
            Some(format!("epoch {epoch} is over"))
        } else {
            None
        }
    }

    /// Hands a step on, if this master may order it (T-1).
    async fn execute(&mut self, execute: Execute) -> Result<(), End> {
        if let Some(reason) = self.refusal(execute.epoch) {
            tracing::warn!(master = %self.name, step = %execute.step, reason, "step refused");
            let epoch = self.context.ledger.epoch();
            return self.send(AgentMessage::Refused { step: execute.step, epoch, reason }).await;
        }
        (self.context.orders)(StepRequest {
            step: execute.step,
            operation: execute.operation,
            application: execute.application,
            principal: execute.principal,
            reason: execute.reason,
            expires_in: Duration::from_millis(execute.expires_in_ms),
            package: execute.package,
            trust_keys: execute.trust_keys,
            configuration: execute.configuration.map(Box::new),
            custom: execute.custom,
        });
        Ok(())
    }

    /// Sends the reports that no journal has, as many as may be under way (T-3).
    async fn send_reports(&mut self) -> Result<(), End> {
        while self.active && self.sent_report - self.acknowledged_report < REPORTS_UNDER_WAY {
            let mut reports = match self.context.ledger.pending(self.sent_report, REPORTS_READ) {
                Ok(reports) => reports,
                Err(error) => {
                    // Tried again when a report is added or the master says something.
                    tracing::debug!(%error, "reports wait");
                    return Ok(());
                }
            };
            reports.truncate(report_batch(&reports));
            let Some(last) = reports.last().map(|report| report.number) else { return Ok(()) };
            self.send(AgentMessage::Reports(reports)).await?;
            self.sent_report = last;
        }
        Ok(())
    }

    /// Sends the next frame, if there is one and credit for it; true when more may follow.
    ///
    /// After a frame of a backlog `replay_from` is when the next may be sent.
    async fn send_frame(&mut self, replay_from: &mut Instant) -> Result<bool, End> {
        if self.credit == 0 {
            return Ok(false);
        }
        let next = self.relay.next(&self.context.spool);
        let Some(outgoing) = next.map_err(|error| End::Lost(format!("read the spool: {error}")))? else {
            return Ok(false);
        };
        self.credit -= 1;
        self.under_way.push_back(outgoing.confirms);
        self.send(AgentMessage::Frame(outgoing.frame)).await?;
        if outgoing.ticks > 1 {
            *replay_from = Instant::now() + REPLAY_PAUSE;
        }
        Ok(true)
    }

    async fn request_renewal(&mut self) -> Result<(), End> {
        if !self.active || !self.context.identity.is_renewal_due() {
            return Ok(());
        }
        match KeyRequest::make(self.context.identity.current().server.name()) {
            Ok(request) => {
                let csr_pem = request.csr_pem.clone();
                self.renewal = Some(request);
                self.send(AgentMessage::RenewRequest { csr_pem }).await
            }
            Err(error) => {
                tracing::warn!(%error, "the certificate cannot be renewed");
                Ok(())
            }
        }
    }

    fn renewed(&mut self, pem: String, ca_pem: String) {
        let Some(request) = self.renewal.take() else { return };
        let server = self.context.identity.current().server;
        match self.context.identity.replace(request.complete(server, pem, ca_pem)) {
            Ok(()) => tracing::info!("the certificate is renewed"),
            Err(error) => {
                tracing::warn!(%error, "the renewed certificate cannot be kept; the old one goes on");
            }
        }
    }

    async fn send(&mut self, message: AgentMessage) -> Result<(), End> {
        send(&mut self.socket, &message).await
    }
}

/// Resolves when a watched thing changed; never when its owner is gone.
async fn changed(receiver: &mut watch::Receiver<()>) {
    if receiver.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn unexpected(message: &MasterMessage) -> End {
    match message {
        MasterMessage::Goodbye { reason, retry_after_ms, fatal } => End::Goodbye {
            reason: reason.clone(),
            retry_after: Duration::from_millis(*retry_after_ms),
            fatal: *fatal,
        },
        _ => End::Lost("the master's messages came in a wrong order; is it a topmast master?".to_owned()),
    }
}

async fn send(socket: &mut WebSocketStream<Stream>, message: &AgentMessage) -> Result<(), End> {
    let sending = socket.send(Message::Binary(message.encode().into()));
    match tokio::time::timeout(SEND_TIMEOUT, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(End::Lost(error.to_string())),
        Err(_) => Err(End::Lost(format!("a message did not leave within {} s", SEND_TIMEOUT.as_secs()))),
    }
}

/// The master's next message. Cancel-safe: a message that is not complete stays in the socket's buffer.
async fn receive(socket: &mut WebSocketStream<Stream>) -> Result<MasterMessage, End> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                return MasterMessage::decode(&bytes).map_err(|error| End::Lost(error.to_string()));
            }
            // WebSocket's own pings are answered below us.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Text(_))) => {
                return Err(End::Lost("the peer sends text; is it a topmast master?".to_owned()));
            }
            Some(Ok(Message::Close(_))) | None => return Err(End::Lost("closed by the master".to_owned())),
            Some(Err(error)) => return Err(End::Lost(error.to_string())),
        }
    }
}
