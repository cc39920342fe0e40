//! A link against a peer that speaks the real protocol on a real socket.

use super::super::identity::{Identity, KeyRequest};
use super::*;
use crate::terminal::Policy;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, CertificateSigningRequestParams, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use topmast_model::application::Operation;
use topmast_model::id::{ActionId, Epoch, StepId};
use topmast_model::report::Report;
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::{
    AgentMessage, Execute, FrameDecoder, FrameEncoder, FrameSink, Hello, MasterMessage, OpenPane, PROTOCOL,
    PaneId, PaneOutcome, PaneSize, challenge_text,
};
use uuid::Uuid;
use x509_parser::pem::parse_x509_pem;

const LONG: Duration = Duration::from_mins(1);
const NONCE: [u8; 32] = [7; 32];

struct Fixture {
    directory: tempfile::TempDir,
    listener: TcpListener,
    spool: Arc<Spool>,
    ledger: Ledger,
    report: watch::Sender<()>,
    orders: mpsc::UnboundedReceiver<StepRequest>,
    identity: IdentityStore,
    encoder: FrameEncoder,
    series: u32,
    task: JoinHandle<()>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An identity whose certificate is valid from the first of a year to the first of another.
fn identity(from: i32, to: i32) -> Identity {
    let request = KeyRequest::make("db-1").unwrap();
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    let issuer = Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
    let parsed = CertificateSigningRequestParams::from_pem(&request.csr_pem).unwrap();
    let certificate = params.signed_by(&parsed.public_key, &issuer).unwrap().pem();
    request.complete("acme/main/db-1".parse().unwrap(), certificate, "CA".to_owned())
}

impl Fixture {
    async fn new() -> Self {
        Self::with(identity(2026, 2126)).await
    }

    async fn with(identity: Identity) -> Self {
        Self::with_terminals(identity, None).await
    }

    async fn with_terminals(identity: Identity, terminal: Option<Policy>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let master: Endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let cursor = Link::cursor_name(&master);
        let spool_dir = directory.path().join("spool");
        let spool = Arc::new(Spool::open(&spool_dir, 1 << 20, [cursor.as_str()].into_iter()).unwrap());
        let ledger = Ledger::open(directory.path()).unwrap();
        let identity = IdentityStore::create(directory.path().join("identity.json"), identity).unwrap();
        let (report, reports) = watch::channel(());
        let (sender, orders) = mpsc::unbounded_channel();
        let context = LinkContext {
            courier: Arc::default(),
            identity: identity.clone(),
            ledger: ledger.clone(),
            reports,
            spool: Arc::clone(&spool),
            orders: Box::new(move |step| sender.send(step).unwrap()),
            logs: crate::log::of_nothing(),
            task_orders: Box::new(|_| {}),
            terminals: Arc::new(Terminals::new(terminal)),
            role: ServerRole::Agent,
            labels: [("role".to_owned(), "db".to_owned())].into(),
            interval: Duration::from_secs(1),
        };
        let task = tokio::spawn(Link::new(master, Arc::new(context)).run());
        spool.begin_segment_if_needed();
        let mut encoder = FrameEncoder::new();
        let series = encoder.define(&Series::new("a", [])).unwrap();
        Self { directory, listener, spool, ledger, report, orders, identity, encoder, series, task }
    }

    fn tick(&mut self, time: i32) {
        self.encoder.tick(UnixMillis(time.into()), &[(self.series, f64::from(time))]).unwrap();
        while let Some(frame) = self.encoder.take() {
            self.spool.append(&frame);
        }
    }

    fn report(&self, name: &str) {
        self.ledger.append(Report::ApplicationGone { name: name.to_owned() });
        self.report.send_replace(());
    }

    /// The agent's next connection, challenged; with its hello.
    async fn accept(&self) -> (Peer, Hello) {
        let (stream, _) = tokio::time::timeout(LONG, self.listener.accept()).await.unwrap().unwrap();
        let mut peer = Peer(tokio_tungstenite::accept_async(stream).await.unwrap(), Times::default());
        peer.say(MasterMessage::Challenge { protocol: PROTOCOL, nonce: NONCE, master: "m1".to_owned() })
            .await;
        match peer.hear().await {
            AgentMessage::Hello(hello) => (peer, *hello),
            other => panic!("not a hello: {other:?}"),
        }
    }

    /// The agent's next connection, welcomed.
    async fn welcome(&self, epoch: u64, active: bool, acknowledged: u64, credit: u32) -> Peer {
        let (mut peer, _) = self.accept().await;
        peer.say(MasterMessage::Welcome {
            epoch: Epoch(epoch),
            active,
            reports_acknowledged: acknowledged,
            credit,
            heartbeat_ms: 60_000,
        })
        .await;
        peer
    }
}

#[derive(Default)]
struct Times(FrameDecoder, Vec<i64>);

struct Collect<'a>(&'a mut Vec<i64>);

impl FrameSink for Collect<'_> {
    fn series(&mut self, _: u32, _: Series) {}
    fn retired(&mut self, _: u32) {}
    fn tick(&mut self, time: UnixMillis) {
        self.0.push(time.0);
    }
    fn value(&mut self, _: u32, _: f64) {}
}

/// The master's end of a connection.
struct Peer(WebSocketStream<TcpStream>, Times);

impl Peer {
    async fn say(&mut self, message: MasterMessage) {
        self.0.send(Message::Binary(message.encode().into())).await.unwrap();
    }

    async fn hear(&mut self) -> AgentMessage {
        match tokio::time::timeout(LONG, self.0.next()).await.expect("the agent says nothing") {
            Some(Ok(Message::Binary(bytes))) => AgentMessage::decode(&bytes).unwrap(),
            other => panic!("not a message: {other:?}"),
        }
    }

    /// Hears frames until they hold so many ticks; their times, and how many frames it took.
    async fn ticks(&mut self, count: usize) -> (Vec<i64>, u32) {
        let mut frames = 0;
        while self.1.1.len() < count {
            match self.hear().await {
                AgentMessage::Frame(frame) => {
                    frames += 1;
                    let Times(decoder, times) = &mut self.1;
                    decoder.decode(&frame, &mut Collect(times)).unwrap();
                }
                other => panic!("not a frame: {other:?}"),
            }
        }
        (std::mem::take(&mut self.1.1), frames)
    }

    /// True when nothing was said before the answer to a ping.
    async fn is_quiet(&mut self) -> bool {
        self.say(MasterMessage::Ping { nonce: 5 }).await;
        self.hear().await == AgentMessage::Pong { nonce: 5 }
    }

    /// Numbers of the next reports.
    async fn reports(&mut self) -> Vec<u64> {
        match self.hear().await {
            AgentMessage::Reports(reports) => reports.iter().map(|report| report.number).collect(),
            other => panic!("not reports: {other:?}"),
        }
    }

    async fn is_closed(&mut self) -> bool {
        let next = tokio::time::timeout(LONG, self.0.next()).await.expect("the agent keeps the connection");
        !matches!(next, Some(Ok(Message::Binary(_))))
    }
}

fn execute(epoch: u64) -> (StepId, MasterMessage) {
    let step = StepId { action: ActionId(Uuid::from_u128(epoch.into())), target: 0 };
    let execute = Execute {
        step,
        epoch: Epoch(epoch),
        operation: Operation::Restart,
        application: "switch".to_owned(),
        principal: "user admin".to_owned(),
        reason: None,
        expires_in_ms: 1_000,
        package: None,
        trust_keys: Vec::new(),
        configuration: None,
        custom: None,
    };
    (step, MasterMessage::Execute(Box::new(execute)))
}

#[tokio::test]
async fn hello_proves_the_identity() {
    let fixture = Fixture::new().await;
    fixture.report("x");
    let (_peer, hello) = fixture.accept().await;
    let (_, pem) = parse_x509_pem(hello.certificate_pem.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &certificate.public_key().subject_public_key);
    assert!(key.verify(&challenge_text(&NONCE, "acme/main/db-1", "m1"), &hello.signature).is_ok());
    assert_eq!(hello.registration.instance, fixture.ledger.instance());
    assert_eq!(hello.registration.labels["role"], "db");
    assert_eq!(hello.last_report, 1);
}

#[tokio::test]
async fn frames_leave_against_credit_only() {
    // T-2
    let mut fixture = Fixture::new().await;
    fixture.tick(1);
    let mut peer = fixture.welcome(1, true, 0, 0).await;
    assert!(peer.is_quiet().await);
    peer.say(MasterMessage::Credit { frames: 1 }).await;
    assert_eq!(peer.ticks(1).await, (vec![1], 1));
    fixture.tick(2);
    assert!(peer.is_quiet().await);
    peer.say(MasterMessage::Credit { frames: 1 }).await;
    assert_eq!(peer.ticks(1).await, (vec![2], 1));
}

#[tokio::test]
async fn ticks_not_confirmed_are_sent_again_in_order_with_their_times() {
    // T-2
    let mut fixture = Fixture::new().await;
    (1..=100).for_each(|time| fixture.tick(time));
    let mut peer = fixture.welcome(1, true, 0, 64).await;
    let (times, frames) = peer.ticks(100).await;
    assert_eq!(times, (1..=100).collect::<Vec<i64>>());
    assert_eq!(frames, 2);
    peer.say(MasterMessage::Credit { frames: 1 }).await;
    assert!(peer.is_quiet().await, "the credit is taken note of before the ping is answered");
    drop(peer);
    fixture.tick(101);
    let mut peer = fixture.welcome(1, true, 0, 64).await;
    assert_eq!(peer.ticks(41).await.0, (61..=101).collect::<Vec<i64>>());
}

#[tokio::test]
async fn reports_go_to_the_active_master_until_it_has_them() {
    // T-3
    let fixture = Fixture::new().await;
    fixture.report("a");
    fixture.report("b");
    let mut standby = fixture.welcome(1, false, 0, 64).await;
    assert!(standby.is_quiet().await);
    drop(standby);
    let mut peer = fixture.welcome(1, true, 0, 64).await;
    assert_eq!(peer.reports().await, [1, 2]);
    drop(peer);
    let mut peer = fixture.welcome(1, true, 1, 64).await;
    assert_eq!(peer.reports().await, [2]);
    peer.say(MasterMessage::ReportsAcknowledged { up_to: 2 }).await;
    assert!(peer.is_quiet().await, "the acknowledgement is taken before the ping is answered");
    assert_eq!(fixture.ledger.numbers(), (2, 2));
    fixture.report("c");
    assert_eq!(peer.reports().await, [3]);
}

#[tokio::test]
async fn master_whose_journal_went_back_hears_everything_anew() {
    // T-5
    let fixture = Fixture::new().await;
    let forgotten = AgentMessage::ReportsForgotten { up_to: 3 };
    for name in ["a", "b", "a"] {
        fixture.report(name);
    }
    let mut peer = fixture.welcome(1, true, 3, 64).await;
    assert!(peer.is_quiet().await);
    drop(peer);
    let mut standby = fixture.welcome(1, false, 1, 64).await;
    assert!(standby.is_quiet().await, "a standby's copy may be behind");
    drop(standby);
    // However often it comes back before the journal has it, it is told the same.
    for _ in 0..2 {
        let mut peer = fixture.welcome(1, true, 1, 64).await;
        assert_eq!(peer.hear().await, forgotten);
        assert_eq!(peer.reports().await, [4, 5]);
    }
    let mut peer = fixture.welcome(1, true, 3, 64).await;
    assert_eq!(peer.reports().await, [4, 5]);
}

#[tokio::test]
async fn only_the_active_master_of_the_newest_epoch_is_obeyed() {
    // T-1
    let mut fixture = Fixture::new().await;
    let mut standby = fixture.welcome(5, false, 0, 0).await;
    let (step, order) = execute(5);
    standby.say(order).await;
    assert!(matches!(standby.hear().await, AgentMessage::Refused { step: refused, .. } if refused == step));
    drop(standby);
    let mut active = fixture.welcome(5, true, 0, 0).await;
    let (step, order) = execute(5);
    active.say(order).await;
    let handed = tokio::time::timeout(LONG, fixture.orders.recv()).await.unwrap().unwrap();
    assert_eq!((handed.step, handed.application.as_str()), (step, "switch"));
    drop(active);
    let mut deposed = fixture.welcome(4, true, 0, 0).await;
    let (step, order) = execute(4);
    deposed.say(order).await;
    let refused = deposed.hear().await;
    assert!(
        matches!(refused, AgentMessage::Refused { step: refused, epoch: Epoch(5), .. } if refused == step)
    );
    assert!(fixture.orders.try_recv().is_err());
}

/// Terminals as whoever runs the tests.
fn allowed() -> Policy {
    let user = crate::platform::account::is_root().then(|| "root".to_owned());
    Policy { user, shell: None, sessions_max: 4, idle_timeout: LONG }
}

fn open(epoch: u64, command: &str) -> (PaneId, MasterMessage) {
    let pane = PaneId { terminal: Uuid::from_u128(epoch.into()), pane: 0 };
    let open = OpenPane {
        pane,
        epoch: Epoch(epoch),
        command: Some(command.to_owned()),
        size: PaneSize { columns: 80, rows: 24 },
        timeout_ms: 60_000,
        output_max_bytes: u64::MAX,
        credit_bytes: 1 << 20,
        principal: "user admin".to_owned(),
    };
    (pane, MasterMessage::OpenPane(Box::new(open)))
}

#[tokio::test]
async fn terminals_are_of_the_active_master_alone() {
    // T-1
    let fixture = Fixture::with_terminals(identity(2026, 2126), Some(allowed())).await;
    let refused = |message| matches!(message, AgentMessage::PaneEnded { outcome: PaneOutcome::Failed(words), .. } if words.contains("epoch") || words.contains("active"));
    let mut standby = fixture.welcome(5, false, 0, 0).await;
    standby.say(open(5, "true").1).await;
    assert!(refused(standby.hear().await));
    drop(standby);
    let mut active = fixture.welcome(5, true, 0, 0).await;
    active.say(open(4, "true").1).await;
    assert!(refused(active.hear().await), "the epoch of the order is another");
    let (pane, order) = open(5, "sleep 600");
    active.say(order).await;
    assert!(matches!(active.hear().await, AgentMessage::PaneStarted { .. }));
    // It stands by from now on: what runs for it ends.
    active
        .say(MasterMessage::Welcome {
            epoch: Epoch(5),
            active: false,
            reports_acknowledged: 0,
            credit: 0,
            heartbeat_ms: 60_000,
        })
        .await;
    assert_eq!(active.hear().await, AgentMessage::PaneEnded { pane, outcome: PaneOutcome::Stopped });
}

#[tokio::test]
async fn deposed_master_types_into_nothing() {
    // T-1
    let fixture = Fixture::with_terminals(identity(2026, 2126), Some(allowed())).await;
    let mut active = fixture.welcome(5, true, 0, 0).await;
    let (pane, order) = open(5, "sleep 600");
    active.say(order).await;
    assert!(matches!(active.hear().await, AgentMessage::PaneStarted { .. }));
    fixture.ledger.raise_epoch(Epoch(6)).unwrap();
    active.say(MasterMessage::PaneInput { pane, bytes: b"x".to_vec() }).await;
    assert_eq!(active.hear().await, AgentMessage::PaneEnded { pane, outcome: PaneOutcome::Stopped });
}

#[tokio::test]
async fn flood_of_a_pane_holds_up_neither_frames_nor_reports_nor_pings() {
    // T-4
    let mut fixture = Fixture::with_terminals(identity(2026, 2126), Some(allowed())).await;
    let mut peer = fixture.welcome(1, true, 0, 64).await;
    let (pane, order) = open(1, "yes");
    peer.say(order).await;
    assert!(matches!(peer.hear().await, AgentMessage::PaneStarted { .. }));
    fixture.tick(1);
    fixture.report("a");
    peer.say(MasterMessage::Ping { nonce: 5 }).await;
    let (mut printed, mut frames, mut reports, mut pongs) = (0, 0, 0, 0);
    while printed < 1 << 20 || (frames, reports, pongs) != (1, 1, 1) {
        match peer.hear().await {
            AgentMessage::PaneOutput { bytes, .. } => {
                printed += bytes.len();
                assert!(printed <= 1 << 20, "more than the credit");
            }
            AgentMessage::Frame(_) => frames += 1,
            AgentMessage::Reports(_) => reports += 1,
            AgentMessage::Pong { .. } => pongs += 1,
            other => panic!("{other:?}"),
        }
    }
    // Its credit is used up, and it waits.
    assert!(peer.is_quiet().await);
    peer.say(MasterMessage::StopPane { pane }).await;
    assert_eq!(peer.hear().await, AgentMessage::PaneEnded { pane, outcome: PaneOutcome::Stopped });
}

#[tokio::test]
async fn garbage_ends_the_connection_and_the_agent_comes_back() {
    // T-4
    let fixture = Fixture::new().await;
    for garbage in [
        Message::Binary(vec![0xff; 100].into()),
        Message::Binary(vec![0; MESSAGE_MAX + 1].into()),
        Message::Text("hello".into()),
    ] {
        let mut peer = fixture.welcome(1, true, 0, 64).await;
        // The agent may hang up before all of it is written.
        let _ = peer.0.send(garbage).await;
        assert!(peer.is_closed().await);
    }
    fixture.welcome(1, true, 0, 64).await;
}

#[tokio::test]
async fn silent_master_is_left() {
    let fixture = Fixture::new().await;
    let (mut peer, _) = fixture.accept().await;
    peer.say(MasterMessage::Welcome {
        epoch: Epoch(1),
        active: true,
        reports_acknowledged: 0,
        credit: 0,
        heartbeat_ms: 100,
    })
    .await;
    assert!(peer.is_closed().await);
}

#[tokio::test]
async fn certificate_past_two_thirds_of_its_life_is_renewed() {
    // Two thirds of it were over in 2018.
    let old = identity(1976, 2040);
    let fixture = Fixture::with(old).await;
    let mut peer = fixture.welcome(1, true, 0, 0).await;
    let AgentMessage::RenewRequest { csr_pem } = peer.hear().await else { panic!("not a request") };
    assert!(CertificateSigningRequestParams::from_pem(&csr_pem).is_ok());
    peer.say(MasterMessage::Certificate { pem: "NEW".to_owned(), ca_pem: "NEW CA".to_owned() }).await;
    assert!(peer.is_quiet().await, "the certificate is taken before the ping is answered");
    assert_eq!(fixture.identity.current().certificate_pem, "NEW");
    let kept = IdentityStore::load(fixture.directory.path().join("identity.json")).unwrap().unwrap();
    assert_eq!(kept.current().ca_pem, "NEW CA");
}

#[tokio::test]
async fn fatal_goodbye_is_followed_by_a_long_wait_and_another_by_the_one_asked_for() {
    let fixture = Fixture::new().await;
    let master: Endpoint = "http://127.0.0.1:1".parse().unwrap();
    let (_, reports) = watch::channel(());
    let context = LinkContext {
        courier: Arc::default(),
        identity: fixture.identity.clone(),
        ledger: fixture.ledger.clone(),
        reports,
        spool: Arc::clone(&fixture.spool),
        orders: Box::new(|_| {}),
        logs: crate::log::of_nothing(),
        task_orders: Box::new(|_| {}),
        terminals: Arc::new(Terminals::new(None)),
        role: ServerRole::Agent,
        labels: BTreeMap::new(),
        interval: Duration::from_secs(1),
    };
    let mut link = Link::new(master, Arc::new(context));
    let goodbye = |fatal, retry_after| End::Goodbye { reason: "revoked".to_owned(), retry_after, fatal };
    assert!(link.after(goodbye(true, Duration::ZERO)) >= RETRY_FATAL);
    let second = Duration::from_secs(1);
    assert!((second..second * 2).contains(&link.after(goodbye(false, second))));
    assert!(link.after(goodbye(false, Duration::from_secs(1_000_000))) <= RETRY_MAX * 2);
}
