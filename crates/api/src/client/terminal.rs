//! The connection over which commands and shells run: a WebSocket through the same HTTP client, so that trust,
//! credentials and bounds are those of every other request.
//!
//! Invariants
//! - CT-1: a master that is silent for long is a lost connection: it pings every few seconds.

use super::{CONNECT_TIMEOUT, Client, ClientError};
use crate::route;
use crate::terminal::{OutputStream, TERMINAL_OUTPUT_MAX, TerminalMessage, TerminalOutput, TerminalRequest};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{StatusCode, Upgraded};
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

/// Silence after which the connection counts as lost: the master pings every ten seconds.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// Largest text of the master: a refusal.
const TEXT_MAX: usize = 256 << 10;

type Socket = WebSocketStream<Upgraded>;

/// What comes from the master.
#[derive(Debug, Clone, PartialEq)]
pub enum TerminalEvent {
    /// A text.
    Message(TerminalMessage),
    /// What a pane printed.
    Output {
        /// Place of its target.
        pane: u16,
        /// Which output.
        stream: OutputStream,
        /// What it printed.
        bytes: Vec<u8>,
    },
}

/// The half that asks.
pub struct TerminalSender {
    url: String,
    socket: SplitSink<Socket, Message>,
}

/// The half that hears.
pub struct TerminalReceiver {
    client: Client,
    socket: SplitStream<Socket>,
}

impl Client {
    /// Connects; nothing is open yet.
    ///
    /// # Errors
    /// [`ClientError`], as of every request.
    pub async fn terminal_connect(&self) -> Result<(TerminalSender, TerminalReceiver), ClientError> {
        let key = generate_key();
        let mut call = self.call(&route::TERMINAL_CONNECT, &[]);
        call.request = call
            .request
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let late =
            |_| ClientError::Timeout { url: self.url().to_owned(), seconds: CONNECT_TIMEOUT.as_secs() };
        let lost = |source| ClientError::connection(self.url(), &source);
        let response = tokio::time::timeout(2 * CONNECT_TIMEOUT, call.open()).await.map_err(late)??;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.strange(format!("HTTP status {} instead of a WebSocket", response.status())));
        }
        let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes().to_vec());
        if accepted.as_deref() != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(self.strange("its WebSocket is not an answer to this request".to_owned()));
        }
        let stream = response.upgrade().await.map_err(lost)?;
        let largest = TEXT_MAX.max(TERMINAL_OUTPUT_MAX);
        let config = WebSocketConfig::default().max_message_size(Some(largest)).max_frame_size(Some(largest));
        let (sink, stream) =
            WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await.split();
        let sender = TerminalSender { url: self.url().to_owned(), socket: sink };
        Ok((sender, TerminalReceiver { client: self.clone(), socket: stream }))
    }
}

impl TerminalSender {
    /// Sends a request.
    ///
    /// # Errors
    /// [`ClientError::Lost`] when the connection is over.
    pub async fn send(&mut self, request: &TerminalRequest) -> Result<(), ClientError> {
        let text = serde_json::to_string(request).unwrap_or_default();
        self.socket.send(Message::text(text)).await.map_err(|error| lost(&self.url, &error))
    }

    /// Says goodbye: the master ends what still runs.
    pub async fn close(&mut self) {
        // Whoever is gone hears nothing.
        let _ = self.socket.close().await;
    }
}

impl TerminalReceiver {
    /// What comes next; `None` when the master ended the connection. Losing the future loses nothing.
    ///
    /// # Errors
    /// [`ClientError`] when the connection broke, or what came is not understood.
    pub async fn next(&mut self) -> Result<Option<TerminalEvent>, ClientError> {
        loop {
            let silent = |_| ClientError::Lost {
                url: self.client.url().to_owned(),
                reason: format!("nothing was heard for {} s", SILENCE_MAX.as_secs()),
            };
            let message = tokio::time::timeout(SILENCE_MAX, self.socket.next()).await.map_err(silent)?;
            match message.transpose().map_err(|error| lost(self.client.url(), &error))? {
                None | Some(Message::Close(_)) => return Ok(None),
                Some(Message::Text(text)) => {
                    let message = serde_json::from_str(&text)
                        .map_err(|error| self.client.strange(format!("cannot read its message: {error}")))?;
                    return Ok(Some(TerminalEvent::Message(message)));
                }
                Some(Message::Binary(bytes)) => {
                    let TerminalOutput { pane, stream, bytes } = TerminalOutput::decode(&bytes)
                        .ok_or_else(|| self.client.strange("cannot read its output".to_owned()))?;
                    return Ok(Some(TerminalEvent::Output { pane, stream, bytes: bytes.to_vec() }));
                }
                Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            }
        }
    }
}

fn lost(url: &str, error: &tungstenite::Error) -> ClientError {
    ClientError::Lost { url: url.to_owned(), reason: error.to_string() }
}
