//! One connection of an agent: WebSocket, challenge, proof, messages.
//!
//! Also the raw client of tests that send what a real agent never would.

use super::Identity;
use futures_util::{SinkExt, StreamExt};
use rcgen::SigningKey;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};
use topmast_api::route::AGENT_CONNECT;
use topmast_model::command::ServerRegistration;
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_wire::{AgentMessage, DecodeError, Hello, MasterMessage, PROTOCOL, challenge_text};
use uuid::Uuid;

/// Why a connection was not made or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Only plain HTTP is spoken here.
    #[error("{0:?} is not http://HOST:PORT; simulated agents speak plain HTTP on loopback")]
    Url(String),
    /// No TCP connection.
    #[error("connect to the master")]
    Tcp(#[from] std::io::Error),
    /// The WebSocket failed.
    #[error("talk to the master")]
    WebSocket(#[from] Box<tungstenite::Error>),
    /// The master ended it, e.g. because it stopped.
    #[error("the connection was closed")]
    Closed,
    /// The master said something else than expected.
    #[error("the master's message cannot be read")]
    Message(#[from] DecodeError),
    /// The key does not sign.
    #[error("sign the challenge")]
    Sign(#[from] rcgen::Error),
    /// The master sent this instead of what was due.
    #[error("the master sent {0:?} out of turn")]
    Unexpected(Box<MasterMessage>),
}

impl From<tungstenite::Error> for ConnectError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Self::Closed,
            error => Self::WebSocket(Box::new(error)),
        }
    }
}

/// A connection to a master.
#[derive(Debug)]
pub struct AgentConnection {
    socket: WebSocketStream<TcpStream>,
    sent_bytes: u64,
}

impl AgentConnection {
    /// Opens a WebSocket; nothing is said yet.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn open(master: &str) -> Result<Self, ConnectError> {
        let authority = master.strip_prefix("http://").ok_or_else(|| ConnectError::Url(master.into()))?;
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{authority}{}", AGENT_CONNECT.path);
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await?;
        Ok(Self { socket, sent_bytes: 0 })
    }

    /// Waits for the challenge and answers it as `identity`. The master's next message is its welcome or goodbye.
    ///
    /// - `last_report`: number of the agent's newest report.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn prove(
        &mut self,
        identity: &Identity,
        registration: ServerRegistration,
        last_report: u64,
    ) -> Result<(), ConnectError> {
        let (nonce, master) = match self.receive().await? {
            MasterMessage::Challenge { nonce, master, .. } => (nonce, master),
            other => return Err(ConnectError::Unexpected(Box::new(other))),
        };
        let text = challenge_text(&nonce, identity.server.as_str(), &master);
        let hello = Hello {
            protocol: PROTOCOL,
            server: identity.server.clone(),
            certificate_pem: identity.certificate_pem.as_ref().to_owned(),
            signature: identity.key.sign(&text)?,
            registration,
            last_report,
        };
        self.send(&AgentMessage::Hello(Box::new(hello))).await
    }

    /// Sends one message.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn send(&mut self, message: &AgentMessage) -> Result<(), ConnectError> {
        self.send_bytes(message.encode()).await
    }

    /// Sends bytes that need not be a message.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<(), ConnectError> {
        self.sent_bytes += websocket_length(bytes.len());
        Ok(self.socket.send(Message::Binary(bytes.into())).await?)
    }

    /// The master's next message.
    ///
    /// # Errors
    /// [`ConnectError::Closed`] when there is none.
    pub async fn receive(&mut self) -> Result<MasterMessage, ConnectError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Ok(MasterMessage::decode(&bytes)?),
                Some(Ok(Message::Close(_))) | None => return Err(ConnectError::Closed),
                // WebSocket's own pings are answered below us.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Bytes sent on the connection since the last call, WebSocket's framing included, TCP's not.
    pub(super) fn take_sent_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.sent_bytes)
    }
}

/// A client's frame on the wire: two bytes, the longer lengths, the mask, the payload.
fn websocket_length(payload: usize) -> u64 {
    let length = match payload {
        0..=125 => 0,
        126..=65_535 => 2,
        _ => 8,
    };
    payload as u64 + 2 + length + 4
}

/// What a simulated server says about itself.
///
/// - `instance`: identity of its data directory.
pub fn registration(server: &str, instance: Uuid, interval_ms: u64) -> ServerRegistration {
    ServerRegistration {
        instance,
        role: ServerRole::Agent,
        version: env!("CARGO_PKG_VERSION").into(),
        address: String::new(),
        interval_ms,
        abilities: [].into(),
        labels: [("role".to_owned(), "simulated".to_owned())].into(),
        facts: ServerFacts {
            hostname: server.into(),
            os: "Simulated Linux".into(),
            os_family: "linux".into(),
            kernel: "6.1.0".into(),
            architecture: "x86_64".into(),
            virtualisation: "none".into(),
            cpu_count: 4,
            memory_bytes: 8 << 30,
            boot_time: super::applications::now(),
            addresses: vec!["192.0.2.1".into()],
        },
    }
}
