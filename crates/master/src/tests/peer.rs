//! An agent made of the protocol alone: it can say what a real one never would.

use super::world::{World, within};
use futures_util::{SinkExt as _, StreamExt as _};
use rcgen::{CertificateParams, KeyPair, SigningKey as _};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use topmast_api::agent::{EnrolRequest, Enrolment};
use topmast_api::client::{Client, ClientError};
use topmast_api::route::AGENT_CONNECT;
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::id::StepId;
use topmast_model::path::ObjectPath;
use topmast_model::report::{NumberedReport, Report, StepOutcome};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::service::ServiceState;
use topmast_model::status::{ApplicationStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, Execute, Hello, MasterMessage, PROTOCOL, challenge_text};
use uuid::Uuid;

/// An enrolled server.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) server: ObjectPath,
    pub(super) certificate_pem: String,
    pub(super) key: Arc<KeyPair>,
    pub(super) instance: Uuid,
    /// Long, so that no server becomes STALE between two lines of a test that does not say otherwise.
    pub(super) interval_ms: u64,
}

impl Identity {
    pub(super) async fn enrol(client: &Client, join_token: &str, name: &str) -> Result<Self, ClientError> {
        let key = KeyPair::generate().unwrap();
        let (join_token, server, csr_pem) = (join_token.into(), name.into(), signing_request(&key));
        let request = EnrolRequest { join_token, server, csr_pem };
        let Enrolment { server, certificate_pem, .. } = client.agent_enrol(&request).await?;
        Ok(Self {
            server,
            certificate_pem,
            key: Arc::new(key),
            instance: Uuid::new_v4(),
            interval_ms: 3_600_000,
        })
    }

    /// The answer to a challenge.
    pub(super) fn hello(&self, nonce: &[u8; 32], master: &str) -> Hello {
        let text = challenge_text(nonce, self.server.as_str(), master);
        Hello {
            protocol: PROTOCOL,
            server: self.server.clone(),
            certificate_pem: self.certificate_pem.clone(),
            signature: self.key.sign(&text).unwrap(),
            registration: registration(self.instance, self.interval_ms),
            last_report: 0,
        }
    }
}

pub(super) fn signing_request(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
}

fn registration(instance: Uuid, interval_ms: u64) -> ServerRegistration {
    ServerRegistration {
        instance,
        role: ServerRole::Agent,
        version: "1.2.3".into(),
        address: String::new(),
        interval_ms,
        abilities: [topmast_model::package::ABILITY.to_owned()].into(),
        labels: [("role".to_owned(), "database server".to_owned())].into(),
        facts: ServerFacts {
            hostname: "db".into(),
            os: "Debian 12".into(),
            os_family: "linux".into(),
            kernel: "6.1".into(),
            architecture: "x86_64".into(),
            virtualisation: "none".into(),
            cpu_count: 4,
            memory_bytes: 8 << 30,
            boot_time: UnixMillis(1_795_000_000_000),
            addresses: vec!["192.0.2.7".into()],
        },
    }
}

/// A WebSocket to the agents' address.
pub(super) struct Link(WebSocketStream<TcpStream>);

impl Link {
    pub(super) async fn open(world: &World) -> Self {
        let address = world.master.address();
        let stream = TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}{}", AGENT_CONNECT.path);
        Self(tokio_tungstenite::client_async(url, stream).await.unwrap().0)
    }

    /// Opens a link and takes the challenge: nonce and the master's name.
    pub(super) async fn challenged(world: &World) -> (Self, [u8; 32], String) {
        let mut link = Self::open(world).await;
        match link.next().await {
            Some(MasterMessage::Challenge { nonce, master, .. }) => (link, nonce, master),
            other => panic!("no challenge but {other:?}"),
        }
    }

    pub(super) async fn send(&mut self, message: &AgentMessage) {
        self.send_raw(Message::Binary(message.encode().into())).await;
    }

    pub(super) async fn send_raw(&mut self, message: Message) {
        // The master may have ended it; what it said is read afterwards.
        let _ = self.0.send(message).await;
    }

    /// The master's next message but pings, which are answered; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<MasterMessage> {
        loop {
            match within(self.0.next()).await {
                Some(Ok(Message::Binary(bytes))) => match MasterMessage::decode(&bytes).unwrap() {
                    MasterMessage::Ping { nonce } => self.send(&AgentMessage::Pong { nonce }).await,
                    message => return Some(message),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The reason with which the master ends the connection, and whether it is for good.
    pub(super) async fn goodbye(&mut self) -> (String, bool) {
        loop {
            match self.next().await {
                Some(MasterMessage::Goodbye { reason, fatal, .. }) => return (reason, fatal),
                Some(_) => {}
                None => panic!("the connection ended without a word"),
            }
        }
    }
}

/// A connected agent.
pub(super) struct Agent {
    pub(super) link: Link,
    pub(super) identity: Identity,
    pub(super) acknowledged: u64,
    reported: u64,
}

impl Agent {
    pub(super) async fn connect(world: &World, identity: Identity) -> Self {
        Self::try_connect(world, identity).await.unwrap_or_else(|(reason, _)| panic!("refused: {reason}"))
    }

    pub(super) async fn try_connect(world: &World, identity: Identity) -> Result<Self, (String, bool)> {
        let (mut link, nonce, master) = Link::challenged(world).await;
        link.send(&AgentMessage::Hello(Box::new(identity.hello(&nonce, &master)))).await;
        match link.next().await {
            Some(MasterMessage::Welcome { reports_acknowledged, active: true, credit: 1.., .. }) => {
                let (acknowledged, reported) = (reports_acknowledged, reports_acknowledged);
                Ok(Self { link, identity, acknowledged, reported })
            }
            Some(MasterMessage::Goodbye { reason, fatal, .. }) => Err((reason, fatal)),
            other => panic!("neither welcome nor goodbye but {other:?}"),
        }
    }

    pub(super) fn server(&self) -> &ObjectPath {
        &self.identity.server
    }

    /// Numbers reports on and sends them.
    pub(super) async fn send_reports(&mut self, reports: Vec<Report>) {
        let numbered = reports.into_iter().zip(self.reported + 1..);
        let reports: Vec<_> = numbered.map(|(report, number)| NumberedReport { number, report }).collect();
        self.reported += reports.len() as u64;
        self.link.send(&AgentMessage::Reports(reports)).await;
    }

    /// Sends reports and waits until they are acknowledged.
    pub(super) async fn report(&mut self, reports: Vec<Report>) {
        self.send_reports(reports).await;
        while self.acknowledged < self.reported {
            match self.link.next().await {
                Some(MasterMessage::ReportsAcknowledged { up_to }) => self.acknowledged = up_to,
                Some(MasterMessage::Execute(order)) => panic!("an order in between: {order:?}"),
                Some(MasterMessage::Goodbye { reason, .. }) => panic!("goodbye: {reason}"),
                None => panic!("the connection ended"),
                Some(_) => {}
            }
        }
    }

    /// The next order.
    pub(super) async fn order(&mut self) -> Execute {
        loop {
            match self.link.next().await {
                Some(MasterMessage::Execute(order)) => return *order,
                Some(MasterMessage::Goodbye { reason, .. }) => panic!("goodbye: {reason}"),
                None => panic!("the connection ended"),
                Some(_) => {}
            }
        }
    }
}

pub(super) fn application(name: &str, status: ApplicationStatus) -> Report {
    let state = ApplicationState {
        declared: None,
        kind: ApplicationKind::Process,
        status,
        desired: Desired::Started,
        package: None,
        version: Some("2.0".into()),
        pid: Some(7),
        http_port: Some(8_080),
        restarts: 0,
        started_at: Some(UnixMillis(1_795_000_000_000)),
        since: UnixMillis(1_795_000_000_000),
        cause: Cause::Connection { message: "as reported".into() },
    };
    Report::Application { name: name.into(), state }
}

pub(super) fn service(application: &str, name: &str, status: ServiceStatus, codes: &[&str]) -> Report {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    let state = ServiceState { status, codes, message: None, since: UnixMillis(1_795_000_000_000) };
    Report::Service { application: application.into(), name: name.into(), state }
}

pub(super) fn finished(step: StepId, succeeded: bool, message: &str) -> Report {
    Report::StepFinished { step, outcome: StepOutcome { succeeded, message: message.into() } }
}
