//! The connection to the master: two tasks, one that asks and one that hears.
//!
//! What servers print comes through a short queue: while it is full nothing more is read, so that a flood waits where
//! it is made and not in this process. Keys go the other way past it.

use super::update::{Effect, Message};
use tokio::sync::mpsc;
use topmast_api::client::{Client, ClientError, TerminalEvent, TerminalReceiver, TerminalSender};
use topmast_api::problem::Problem;
use topmast_api::terminal::{
    Panes, TerminalInput, TerminalMessage, TerminalOpen, TerminalRequest, TerminalResize,
};

/// Messages that wait to be drawn; 32 KiB each at most.
const WAITING_MAX: usize = 64;
/// Largest part of a paste in one message, in bytes: JSON makes six of a character at most, and there are the panes.
const INPUT_MAX: usize = 16 << 10;

/// The connection.
pub(super) struct Link {
    requests: mpsc::UnboundedSender<TerminalRequest>,
    messages: mpsc::Receiver<Message>,
}

impl Link {
    /// Opens the terminal: it is in the journal, and nothing runs yet.
    pub(super) async fn open(client: &Client, open: TerminalOpen) -> Result<Self, ClientError> {
        let (mut sender, mut receiver) = client.terminal_connect().await?;
        sender.send(&TerminalRequest::Open(open)).await?;
        loop {
            match receiver.next().await? {
                Some(TerminalEvent::Message(TerminalMessage::Opened(_))) => break,
                Some(TerminalEvent::Message(TerminalMessage::Refused(problem))) => {
                    return Err(ClientError::Refused(Box::new(problem)));
                }
                Some(_) => {}
                None => {
                    let reason = "the master ended the connection".to_owned();
                    return Err(ClientError::Lost { url: client.url().to_owned(), reason });
                }
            }
        }
        let (requests, asked) = mpsc::unbounded_channel();
        let (heard, messages) = mpsc::channel(WAITING_MAX);
        tokio::spawn(ask(sender, asked));
        tokio::spawn(hear(receiver, heard));
        Ok(Self { requests, messages })
    }

    /// Begins with these panes.
    pub(super) fn start(&self, panes: &[usize]) {
        self.request(TerminalRequest::Start(Panes { panes: numbers(panes) }));
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Message {
        self.messages.recv().await.unwrap_or_else(|| Message::Lost("the connection is over".to_owned()))
    }

    /// Does what was asked for.
    pub(super) fn act(&self, effect: &Effect) {
        match effect {
            Effect::Input(panes, text) => {
                for part in parts(text) {
                    let input = TerminalInput { panes: numbers(panes), text: part.to_owned() };
                    self.request(TerminalRequest::Input(input));
                }
            }
            Effect::Resize(panes, size) => {
                self.request(TerminalRequest::Resize(TerminalResize { panes: numbers(panes), size: *size }));
            }
            Effect::Redraw | Effect::Reopen(_) => {}
        }
    }

    /// Whoever is gone is told nothing: that it is gone is heard.
    fn request(&self, request: TerminalRequest) {
        let _ = self.requests.send(request);
    }
}

async fn ask(mut sender: TerminalSender, mut asked: mpsc::UnboundedReceiver<TerminalRequest>) {
    while let Some(request) = asked.recv().await {
        if sender.send(&request).await.is_err() {
            return;
        }
    }
    sender.close().await;
}

async fn hear(mut receiver: TerminalReceiver, heard: mpsc::Sender<Message>) {
    loop {
        let message = match receiver.next().await {
            Ok(Some(event)) => message(event),
            Ok(None) => Some(Message::Lost("the master ended the connection".to_owned())),
            Err(error) => Some(Message::Lost(error.to_string())),
        };
        let Some(message) = message else { continue };
        let is_last = matches!(message, Message::Lost(_));
        if heard.send(message).await.is_err() || is_last {
            return;
        }
    }
}

fn message(event: TerminalEvent) -> Option<Message> {
    Some(match event {
        TerminalEvent::Output { pane, bytes, .. } => Message::Output(usize::from(pane), bytes),
        TerminalEvent::Message(TerminalMessage::Started(started)) => {
            Message::Started(usize::from(started.pane), started.account)
        }
        TerminalEvent::Message(TerminalMessage::Ended(ended)) => {
            Message::Ended(usize::from(ended.pane), ended.outcome)
        }
        TerminalEvent::Message(TerminalMessage::Refused(Problem { detail, .. })) => Message::Lost(detail),
        TerminalEvent::Message(TerminalMessage::Opened(_)) => return None,
    })
}

fn numbers(panes: &[usize]) -> Vec<u16> {
    panes.iter().filter_map(|pane| u16::try_from(*pane).ok()).collect()
}

/// The text in parts that fit a message, cut between characters.
fn parts(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (part, rest) = text.split_at(text.floor_char_boundary(INPUT_MAX));
        parts.push(part);
        text = rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_paste_is_cut_between_characters() {
        let text = "ü".repeat(INPUT_MAX);
        let parts = parts(&text);
        assert_eq!((parts.len(), parts.concat() == text), (2, true));
        let odd = format!("x{text}");
        assert!(super::parts(&odd).iter().all(|part| part.len() <= INPUT_MAX));
    }
}
