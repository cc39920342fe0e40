//! One agent's connection: proof of identity, then frames and reports in, steps out.
//!
//! ```text
//! master ── Challenge ─► agent ── Hello ─► master ── Welcome ─►
//!          ◄─ Frame, Reports, Pong ─  ─ Credit, ReportsAcknowledged, Execute, Ping ─►
//! ```
//!
//! Invariants
//! - C-1: nothing is taken from an agent before its proof.
//! - C-2: reports are acknowledged only when they are in the journal; while it refuses them (a full
//!   disk), frames go on and the reports are tried again.

use crate::access::secret;
use crate::bus::{MasterRole, SubmitError};
use crate::ca;
use crate::dispatch;
use crate::enrol;
use crate::history;
use crate::http::Context;
use crate::live::{self, ServerLive};
use crate::registry::{Place, Taken};
use axum::extract::ws::{Message, WebSocket};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use topmast_engine::Submission;
use topmast_history::Appended;
use topmast_model::command::{Command, REPORTS_MAX, ServerRegistration};
use topmast_model::error::with_sources;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::report::NumberedReport;
use topmast_wire::{
    AgentMessage, FrameDecoder, Hello, MasterMessage, PROTOCOL, PackagePiece, PieceRequest, challenge_text,
};
use uuid::Uuid;

/// An agent that does not prove itself by then is let go.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// Time between two pings, and between two tries of reports that the journal refused.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// Pings without an answer after which the connection counts as dead.
const SILENT_BEATS: u32 = 3;
/// Frames that an agent may have under way: a minute's worth, for a replay.
const CREDIT: u32 = 64;
/// Credit is given back in such portions.
const CREDIT_PORTION: u32 = 16;
/// Reports held while the journal refuses them; beyond, the agent keeps them and comes back.
const HELD_REPORTS: usize = 8 * REPORTS_MAX;
/// When an agent that is refused for now comes back.
const RETRY_SOON: Duration = Duration::from_secs(5);
/// When an agent that a person must help tries again all the same.
const RETRY_LATE: Duration = Duration::from_mins(1);

/// Why a connection ends from this side.
struct Farewell {
    reason: String,
    retry: Duration,
    fatal: bool,
}

impl Farewell {
    fn soon(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: RETRY_SOON, fatal: false }
    }

    fn fatal(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: RETRY_LATE, fatal: true }
    }
}

/// How a connection ended: by the peer or the network, or by us with a word.
type Ended = Option<Farewell>;

/// Serves one agent until either side ends it.
pub(crate) async fn serve(context: Arc<Context>, mut socket: WebSocket, peer: SocketAddr) {
    let ended = tokio::select! {
        () = context.stop.given() => Some(Farewell::soon("the master is stopping")),
        ended = converse(&context, &mut socket, peer) => ended,
    };
    if let Some(Farewell { reason, retry, fatal }) = ended {
        let retry_after_ms = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
        let _ = send(&mut socket, &MasterMessage::Goodbye { reason, retry_after_ms, fatal }).await;
    }
}

async fn converse(context: &Arc<Context>, socket: &mut WebSocket, peer: SocketAddr) -> Ended {
    match admit(context, socket, peer).await {
        Ok(mut connection) => {
            tracing::info!(server = %connection.server, %peer, "agent connected");
            let ended = connection.run(socket).await;
            let reason = ended.as_ref().map_or("closed by the agent", |farewell| farewell.reason.as_str());
            tracing::info!(server = %connection.server, %peer, reason, "agent disconnected");
            ended
        }
        Err(ended) => {
            if let Some(farewell) = &ended {
                tracing::warn!(%peer, reason = farewell.reason, "agent refused");
            }
            ended
        }
    }
}

/// Challenges, checks the proof, registers the server and welcomes its agent (C-1).
async fn admit(
    context: &Arc<Context>,
    socket: &mut WebSocket,
    peer: SocketAddr,
) -> Result<Connection, Ended> {
    let nonce = secret::random_bytes().map_err(|error| Some(Farewell::soon(error.to_string())))?;
    let master = context.config.name.clone();
    send(socket, &MasterMessage::Challenge { protocol: PROTOCOL, nonce, master: master.clone() }).await?;
    let hello = tokio::time::timeout(HELLO_WITHIN, receive(socket))
        .await
        .map_err(|_| Some(Farewell::soon("no hello within 10 s")))??;
    let AgentMessage::Hello(hello) = hello else {
        return Err(Some(Farewell::fatal("the first message is not a hello")));
    };
    let Hello { protocol, server, certificate_pem, signature, mut registration, last_report } = *hello;
    if protocol != PROTOCOL {
        let text = format!(
            "the agent speaks protocol {protocol}, this master {PROTOCOL}; install the same version of topmast"
        );
        return Err(Some(Farewell::fatal(text)));
    }
    let text = challenge_text(&nonce, server.as_str(), &master);
    let fingerprint = ca::verify_proof(&certificate_pem, &text, &signature)
        .map_err(|reason| Some(Farewell::fatal(reason)))?;
    let now = context.bus.clock().now();
    if !context.bus.state().agent_certificate_valid(&server, &fingerprint, now) {
        let text = format!(
            "the certificate is not valid for {server}: revoked, expired or of another cluster; enrol the server again with a join token"
        );
        return Err(Some(Farewell::fatal(text)));
    }
    let instance = registration.instance;
    let entered = context.registry.enter(&server, instance, peer.ip().to_string(), Instant::now());
    let (place, outgoing) = entered.map_err(|Taken { address }| {
        Some(Farewell::fatal(format!("another agent with the identity of {server} is connected from {address}; give each server its own data directory and enrolment")))
    })?;
    // A local agent's peer address says nothing; its own first address does.
    registration.address = match registration.facts.addresses.first() {
        Some(address) if peer.ip().is_loopback() => address.clone(),
        _ => peer.ip().to_string(),
    };
    let interval = Duration::from_millis(registration.interval_ms);
    let principal = Principal::agent(&server, Some(peer.ip().to_string()));
    let live = context.live.server(&server);
    let role = context.bus.standing().watch();
    let mut connection = Connection {
        feed: history::feed(&context.history, &context.meters, &server),
        context: Arc::clone(context),
        server,
        instance,
        registration,
        last_report: Some(last_report),
        principal,
        place,
        outgoing,
        role,
        live,
        decoder: FrameDecoder::default(),
        spent: 0,
        refused: false,
        held: Vec::new(),
    };
    connection.welcome(socket).await?;
    live::lock(&connection.live).connected(interval);
    Ok(connection)
}

/// An admitted agent.
struct Connection {
    context: Arc<Context>,
    server: ObjectPath,
    instance: Uuid,
    registration: ServerRegistration,
    /// The newest report that the agent had when it came, until it is welcomed: it has more later.
    last_report: Option<u64>,
    principal: Principal,
    place: Place,
    outgoing: mpsc::Receiver<MasterMessage>,
    /// Whether this master is the one to be obeyed.
    role: watch::Receiver<MasterRole>,
    live: Arc<Mutex<ServerLive>>,
    decoder: FrameDecoder,
    /// What the history takes of the frames.
    feed: history::Feed,
    /// Frames taken since credit was last given back.
    spent: u32,
    /// It was said that the history refuses series of this server.
    refused: bool,
    /// Reports that are not in the journal yet.
    held: Vec<NumberedReport>,
}

impl Connection {
    /// Tells the agent whether this master is active. The active one registers the server first, and sends what is
    /// open on it after.
    async fn welcome(&mut self, socket: &mut WebSocket) -> Result<(), Ended> {
        let active = *self.role.borrow_and_update() == MasterRole::Active;
        let last_report = self.last_report.take();
        let Self { context, server, .. } = &*self;
        if active {
            let command =
                Command::RegisterServer { server: server.clone(), registration: self.registration.clone() };
            let submission = Submission { principal: self.principal.clone(), command };
            context.bus.submit(submission).await.map_err(|error| Some(Farewell::soon(error.to_string())))?;
        }
        let epoch = context.bus.state().epoch();
        let received = self.received();
        if let Some(last_report) = last_report.filter(|last| active && received > *last) {
            tracing::warn!(%server, received, last_report, "agent has fewer reports than the journal; was its data directory restored?");
        }
        let heartbeat_ms = u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX);
        let welcome = MasterMessage::Welcome {
            epoch,
            active,
            reports_acknowledged: received,
            credit: CREDIT,
            heartbeat_ms,
        };
        send(socket, &welcome).await?;
        if active {
            dispatch::send_open(context, Some(server));
        }
        Ok(())
    }

    async fn run(&mut self, socket: &mut WebSocket) -> Ended {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let done = tokio::select! {
                message = receive(socket) => {
                    heard = Instant::now();
                    self.place.heard(heard);
                    match message {
                        Ok(message) => self.take(socket, message).await,
                        Err(ended) => Err(ended),
                    }
                }
                // An agent that lost its place gets none of the orders that still wait for it.
                order = self.outgoing.recv() => match order.filter(|_| self.place.is_held()) {
                    Some(order) => self.order(socket, &order).await,
                    None => Err(Some(replaced())),
                },
                changed = self.role.changed() => match changed {
                    Ok(()) => self.welcome(socket).await,
                    Err(_) => Err(None),
                },
                _ = heartbeat.tick() => {
                    if heard.elapsed() > HEARTBEAT * SILENT_BEATS {
                        return Some(Farewell::soon("nothing heard for three heartbeats"));
                    }
                    match self.deliver_reports(socket).await {
                        Ok(()) => send(socket, &MasterMessage::Ping { nonce: 0 }).await,
                        ended => ended,
                    }
                }
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    async fn order(&self, socket: &mut WebSocket, order: &MasterMessage) -> Result<(), Ended> {
        send(socket, order).await?;
        if let MasterMessage::PaneInput { bytes, .. } = order {
            self.place.panes().typed(bytes.len());
        }
        Ok(())
    }

    async fn take(&mut self, socket: &mut WebSocket, message: AgentMessage) -> Result<(), Ended> {
        match message {
            AgentMessage::Frame(bytes) => {
                self.take_frame(&bytes)?;
                self.spent += 1;
                if self.spent >= CREDIT_PORTION {
                    send(socket, &MasterMessage::Credit { frames: std::mem::take(&mut self.spent) }).await?;
                }
                Ok(())
            }
            AgentMessage::Reports(reports) => {
                if self.held.len() + reports.len() > HELD_REPORTS {
                    return Err(Some(Farewell::soon("the journal takes no reports now; keep them")));
                }
                self.held.extend(reports);
                self.deliver_reports(socket).await
            }
            AgentMessage::ReportsForgotten { up_to } => self.skip_reports(up_to).await,
            AgentMessage::RenewRequest { csr_pem } => self.renew(socket, &csr_pem).await,
            AgentMessage::Refused { step, epoch, reason } => {
                tracing::warn!(server = %self.server, %step, %epoch, reason, "agent refused a step");
                Ok(())
            }
            AgentMessage::PaneStarted { .. }
            | AgentMessage::PaneOutput { .. }
            | AgentMessage::PaneEnded { .. } => {
                self.place.panes().take(message);
                Ok(())
            }
            AgentMessage::AskPackage(request) => {
                let content = self.piece(&request).await;
                let PieceRequest { sha256, offset, .. } = request;
                let piece = PackagePiece { sha256, offset, content };
                send(socket, &MasterMessage::PackagePiece(Box::new(piece))).await
            }
            AgentMessage::Hello(_) => Err(Some(Farewell::fatal("a second hello on one connection"))),
            // A pong was noted by its arrival; what this build does not know is passed over.
            _ => Ok(()),
        }
    }

    fn take_frame(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let arrived_at = self.context.bus.clock().now();
        let decoded = {
            let mut live = live::lock(&self.live);
            // Seen under the lock: the next connection takes its place before it clears the dictionary,
            // so a late frame of this one never meets the next one's indexes.
            if !self.place.is_held() {
                return Err(Some(replaced()));
            }
            let mut receiver = live.receive(Instant::now(), arrived_at);
            let mut sink = history::Both { live: &mut receiver, feed: &mut self.feed };
            let decoded = self.decoder.decode(bytes, &mut sink);
            receiver.finish();
            decoded
        };
        let stats = decoded.map_err(|error| Some(Farewell::soon(format!("a frame is refused: {error}"))))?;
        self.context.counters.frame(bytes.len(), &stats);
        let Context { history, counters, .. } = &*self.context;
        let appended = history::commit(history, counters, &mut self.feed, stats.samples, arrived_at);
        let appended = appended.map_err(|forgotten| Some(Farewell::soon(forgotten.to_string())))?;
        self.say_refusals(&appended);
        self.context.live.touch();
        Ok(())
    }

    /// Logs that the history has no room for series of this server; once a connection.
    fn say_refusals(&mut self, appended: &Appended) {
        if self.refused {
            return;
        }
        if let Some(refusals) = history::refusals(appended, self.context.history.bounds()) {
            self.refused = true;
            tracing::warn!(server = %self.server, refusals, "the history refuses series; they are live only");
        }
    }

    /// Brings the reports held to the journal, in order, and acknowledges those it took (C-2).
    async fn deliver_reports(&mut self, socket: &mut WebSocket) -> Result<(), Ended> {
        while !self.held.is_empty() {
            let count = self.held.len().min(REPORTS_MAX);
            let reports = self.held[..count].to_vec();
            let up_to = reports[count - 1].number;
            let command =
                Command::ReportFacts { server: self.server.clone(), instance: self.instance, reports };
            let submission = Submission { principal: self.principal.clone(), command };
            match self.context.bus.submit(submission).await {
                Ok(_) => {
                    self.held.drain(..count);
                    send(socket, &MasterMessage::ReportsAcknowledged { up_to }).await?;
                }
                // Tried again at the next heartbeat.
                Err(SubmitError::Storage(_) | SubmitError::Busy) => return Ok(()),
                Err(error) => {
                    return Err(Some(Farewell::soon(format!(
                        "reports are refused: {}",
                        with_sources(&error)
                    ))));
                }
            }
        }
        Ok(())
    }

    /// Goes on behind reports that the journal lost and the agent has no more.
    async fn skip_reports(&self, up_to: u64) -> Result<(), Ended> {
        let Self { server, instance, .. } = self;
        let received = self.received();
        tracing::warn!(%server, received, up_to, "the journal lacks reports that were acknowledged; was it restored to an earlier point? the agent reports all that is anew");
        let command = Command::SkipReports { server: server.clone(), instance: *instance, up_to };
        let submission = Submission { principal: self.principal.clone(), command };
        let skipped = self.context.bus.submit(submission).await;
        skipped.map(drop).map_err(|error| Some(Farewell::soon(with_sources(&error))))
    }

    /// Number of the last report in the journal.
    fn received(&self) -> u64 {
        self.context.bus.state().server(&self.server).map_or(0, |server| server.received)
    }

    /// Bytes of a package of the server's own tenant.
    async fn piece(&self, request: &PieceRequest) -> Result<Vec<u8>, String> {
        let tenant = self.server.ancestor(Level::Tenant);
        let is_known = tenant.is_some_and(|tenant| {
            let state = self.context.bus.state();
            state.packages(&tenant).values().any(|kept| kept.package.sha256 == request.sha256)
        });
        if !is_known {
            return Err("the master has no such package any more; ask for another one".to_owned());
        }
        self.context.packages.piece(&request.sha256, request.offset, request.length).await
    }

    async fn renew(&mut self, socket: &mut WebSocket, request_pem: &str) -> Result<(), Ended> {
        match enrol::renew(&self.context, self.principal.clone(), &self.server, request_pem).await {
            Ok(pem) => {
                let ca_pem = self.context.ca.certificate_pem().to_owned();
                send(socket, &MasterMessage::Certificate { pem, ca_pem }).await
            }
            Err(error) => {
                tracing::warn!(server = %self.server, error = %with_sources(&error), "certificate not renewed");
                Ok(())
            }
        }
    }
}

/// The next message of the agent.
async fn receive(socket: &mut WebSocket) -> Result<AgentMessage, Ended> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Binary(bytes))) => {
                return AgentMessage::decode(&bytes)
                    .map_err(|error| Some(Farewell::soon(format!("a message is refused: {error}"))));
            }
            // WebSocket's own pings are answered below us.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => {
                return Err(Some(Farewell::fatal("text instead of binary messages")));
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        }
    }
}

async fn send(socket: &mut WebSocket, message: &MasterMessage) -> Result<(), Ended> {
    let sent = socket.send(Message::Binary(message.encode().into()));
    // A peer that reads nothing for so long is as good as gone.
    match tokio::time::timeout(HEARTBEAT * SILENT_BEATS, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

fn replaced() -> Farewell {
    Farewell::soon("the agent connected again, was revoked, or its server was removed")
}
