//! The fleet against a peer in this process that speaks the master's side.

use super::*;
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, KeyPair};
use std::collections::HashSet;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use topmast_model::application::Operation;
use topmast_model::id::{ActionId, Epoch, StepId};
use topmast_model::report::{NumberedReport, Report};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, Execute, FrameDecoder, FrameSink, Hello, MasterMessage, PROTOCOL};
use uuid::Uuid;

/// Far more than any of these tests needs on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

struct Peer {
    listener: TcpListener,
}

struct Link(WebSocketStream<TcpStream>);

impl Peer {
    async fn listen() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (Self { listener }, url)
    }

    async fn welcome(&self, reports_acknowledged: u64, credit: u32) -> (Link, Box<Hello>) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut link = Link(tokio_tungstenite::accept_async(stream).await.unwrap());
        link.say(MasterMessage::Challenge { protocol: PROTOCOL, nonce: [7; 32], master: "m1".into() }).await;
        let AgentMessage::Hello(hello) = link.hear().await else { panic!("no hello") };
        let heartbeat_ms = 60_000;
        let epoch = Epoch(1);
        link.say(MasterMessage::Welcome { epoch, active: true, reports_acknowledged, credit, heartbeat_ms })
            .await;
        (link, hello)
    }
}

impl Link {
    async fn say(&mut self, message: MasterMessage) {
        self.0.send(Message::Binary(message.encode().into())).await.unwrap();
    }

    async fn hear(&mut self) -> AgentMessage {
        match self.0.next().await.unwrap().unwrap() {
            Message::Binary(bytes) => AgentMessage::decode(&bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The next reports; frames before them are passed over.
    async fn reports(&mut self) -> Vec<NumberedReport> {
        loop {
            if let AgentMessage::Reports(reports) = self.hear().await {
                return reports;
            }
        }
    }

    async fn frame(&mut self) -> Vec<u8> {
        loop {
            if let AgentMessage::Frame(bytes) = self.hear().await {
                return bytes;
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    series: HashSet<Series>,
}

impl FrameSink for Seen {
    fn series(&mut self, _: u32, series: Series) {
        assert!(self.series.insert(series));
    }
    fn retired(&mut self, _: u32) {}
    fn tick(&mut self, _: UnixMillis) {}
    fn value(&mut self, _: u32, _: f64) {}
}

fn identity() -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate_pem = CertificateParams::default().self_signed(&key).unwrap().pem().into();
    Identity { server: "acme/main/sim0000".parse().unwrap(), certificate_pem, key: Arc::new(key) }
}

fn order(number: u128) -> MasterMessage {
    MasterMessage::Execute(Box::new(Execute {
        step: StepId { action: ActionId(Uuid::from_u128(number)), target: 0 },
        epoch: Epoch(1),
        operation: Operation::Restart,
        application: "app0".into(),
        principal: "user admin".into(),
        reason: None,
        expires_in_ms: 60_000,
        package: None,
        trust_keys: Vec::new(),
        configuration: None,
        custom: None,
    }))
}

fn fast() -> Options {
    Options { series: 20, interval: Duration::from_millis(5), ..Options::default() }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("not within the deadline")
}

#[tokio::test]
async fn agent_reports_its_objects_then_sends_every_series_and_ticks() {
    within(async {
        let (peer, url) = Peer::listen().await;
        let simulator = Simulator::start(&url, &[identity()], &fast()).unwrap();
        let (mut link, hello) = peer.welcome(0, 64).await;
        assert_eq!((hello.server.as_str(), hello.last_report), ("acme/main/sim0000", 2));
        let reports = link.reports().await;
        assert_eq!(reports.iter().map(|report| report.number).collect::<Vec<_>>(), [1, 2]);
        let (mut decoder, mut seen) = (FrameDecoder::default(), Seen::default());
        let mut samples = 0;
        for _ in 0..3 {
            samples += decoder.decode(&link.frame().await, &mut seen).unwrap().samples;
        }
        assert_eq!((seen.series.len(), samples), (20, 60));
        assert!(simulator.tally().borrow().samples >= 60);
    })
    .await;
}

#[tokio::test]
async fn order_repeated_over_a_lost_connection_is_done_once() {
    // S-2, S-3
    within(async {
        let (peer, url) = Peer::listen().await;
        let simulator = Simulator::start(&url, &[identity()], &fast()).unwrap();
        let (mut link, _) = peer.welcome(0, 0).await;
        link.say(order(1)).await;
        while !link.reports().await.iter().any(|report| matches!(report.report, Report::StepFinished { .. }))
        {
        }
        drop(link);
        // The new connection knows the first two reports only: the others come again, the order is not done again.
        let (mut link, hello) = peer.welcome(2, 0).await;
        assert_eq!(hello.last_report, 5);
        link.say(order(1)).await;
        let again = link.reports().await;
        assert_eq!(again.iter().map(|report| report.number).collect::<Vec<_>>(), [3, 4, 5]);
        link.say(order(2)).await;
        assert_eq!(link.reports().await.first().map(|report| report.number), Some(6));
        let done = simulator.done_steps();
        assert_eq!(done.len(), 2);
        assert_eq!(simulator.tally().borrow().orders, 3);
    })
    .await;
}

#[tokio::test]
async fn ticks_without_credit_are_kept_and_sent_later() {
    within(async {
        let (peer, url) = Peer::listen().await;
        let simulator = Simulator::start(&url, &[identity()], &fast()).unwrap();
        let (mut link, _) = peer.welcome(2, 0).await;
        simulator.tally().wait_for(|tally| tally.held_ticks >= 3).await.unwrap();
        link.say(MasterMessage::Credit { frames: 1 }).await;
        let stats = FrameDecoder::default().decode(&link.frame().await, &mut Seen::default()).unwrap();
        assert!(stats.ticks >= 3, "{stats:?}");
    })
    .await;
}

#[tokio::test]
async fn change_is_reported_with_its_codes_and_the_moment_of_sending() {
    within(async {
        let (peer, url) = Peer::listen().await;
        let simulator = Simulator::start(&url, &[identity()], &fast()).unwrap();
        let (mut link, _) = peer.welcome(2, 0).await;
        let before = Instant::now();
        let sent = simulator.change_service(0, 0, 0, vec!["DISCONN01".into()]).await.unwrap();
        assert!(sent >= before);
        let reports = link.reports().await;
        let Report::Service { state, .. } = &reports[0].report else { panic!("{reports:?}") };
        assert_eq!(
            (state.status, state.codes.as_slice()),
            (ServiceStatus::Malfunction, &["DISCONN01".to_owned()][..])
        );
        let missing = simulator.change_service(0, 0, 9, Vec::new()).await;
        assert!(matches!(missing, Err(SimulatorError::NoService(_))));
    })
    .await;
}

#[tokio::test]
async fn agent_that_is_refused_for_good_does_not_come_back() {
    within(async {
        let (peer, url) = Peer::listen().await;
        let simulator = Simulator::start(&url, &[identity()], &fast()).unwrap();
        let (mut link, _) = peer.welcome(2, 0).await;
        link.say(MasterMessage::Goodbye { reason: "revoked".into(), retry_after_ms: 0, fatal: true }).await;
        let tally = *simulator.tally().wait_for(|tally| tally.refused == 1).await.unwrap();
        assert_eq!((tally.connected, tally.lost), (0, 0));
        let gone = simulator.change_service(0, 0, 0, Vec::new()).await;
        assert!(matches!(gone, Err(SimulatorError::Gone(_))));
    })
    .await;
}
