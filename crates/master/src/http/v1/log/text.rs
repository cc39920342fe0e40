//! A download: one server after the other and one joined cluster after the other, as a text.

use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::log::{Part, read_one};
use crate::merged::{FarLogs, FarOver, FarText};
use axum::body::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use topmast_api::log::{LogCluster, LogMessage, LogServer, LogState};
use topmast_model::path::ObjectPath;

/// Bytes that go together.
const TOGETHER: usize = 16 << 10;

/// A download under way; sources have heads when there are several, and so have clusters.
pub(super) struct Text {
    pub(super) context: Arc<Context>,
    pub(super) authenticated: Authenticated,
    /// This cluster, when it is missing.
    pub(super) missing: Option<LogCluster>,
    /// Servers here, then joined clusters.
    pub(super) parts: std::vec::IntoIter<Part>,
    pub(super) far: std::vec::IntoIter<FarLogs>,
    pub(super) now: Now,
    /// The source of the last line.
    pub(super) of: Option<(ObjectPath, String)>,
    /// Sources here are told apart.
    pub(super) has_heads: bool,
    pub(super) _place: OwnedSemaphorePermit,
}

/// What is being read.
pub(super) enum Now {
    Nothing,
    Server(mpsc::Receiver<LogMessage>),
    /// A joined cluster, with its name where that is to be said.
    Cluster(Box<FarText>, Option<String>),
}

impl Text {
    pub(super) fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
        let stopped = self.context.stop.given();
        let bytes = stream::unfold(self, async |mut text| Some((Ok(text.next().await?), text)));
        bytes.take_until(Box::pin(stopped))
    }

    async fn next(&mut self) -> Option<Bytes> {
        let mut text = Vec::new();
        if let Some(missing) = self.missing.take() {
            head(&mut text, Some(&missing.name), &missing.detail.unwrap_or_default());
            if let Now::Cluster(_, Some(name)) = &self.now {
                begin(&mut text, name);
            }
        }
        while text.len() < TOGETHER {
            if !self.authenticated.holds(&self.context) {
                return None;
            }
            match &mut self.now {
                Now::Server(messages) => match messages.recv().await {
                    Some(message) => self.write(message, &mut text),
                    None => self.now = Now::Nothing,
                },
                Now::Cluster(far, name) => match far.next().await {
                    Ok(Some(piece)) => text.extend(piece),
                    Ok(None) => self.now = Now::Nothing,
                    Err(words) => {
                        // It may have broken off within a line.
                        text.push(b'\n');
                        head(&mut text, name.as_deref(), &words);
                        self.now = Now::Nothing;
                    }
                },
                Now::Nothing => {
                    if !self.go_on(&mut text).await {
                        break;
                    }
                }
            }
        }
        (!text.is_empty()).then(|| text.into())
    }

    /// Begins with what comes next; false when nothing does.
    async fn go_on(&mut self, text: &mut Vec<u8>) -> bool {
        if let Some(part) = self.parts.next() {
            self.now = Now::Server(read_one(&self.context, part));
            return true;
        }
        let Some(far) = self.far.next() else { return false };
        let name = far.name().to_owned();
        match far.download(&self.context, &self.authenticated.principal).await {
            Ok(opened) => {
                begin(text, &name);
                self.now = Now::Cluster(Box::new(opened), Some(name));
            }
            Err(FarOver::Done | FarOver::Nothing) => {}
            Err(over) => head(text, Some(&name), over.words().unwrap_or_default()),
        }
        true
    }

    fn write(&mut self, message: LogMessage, text: &mut Vec<u8>) {
        // Writing into memory cannot fail.
        let _ = match message {
            LogMessage::Line(row) => {
                let of = (row.application, row.source);
                if self.has_heads && self.of.as_ref() != Some(&of) {
                    let _ = writeln!(text, "==> {} {} <==", of.0, of.1);
                    self.of = Some(of);
                }
                match row.cut {
                    0 => writeln!(text, "{}", row.text),
                    cut => writeln!(text, "{} … {cut} more bytes", row.text),
                }
            }
            LogMessage::Note(note) => {
                writeln!(text, "==> {} {}: {} <==", note.application, note.source, note.text)
            }
            LogMessage::Server(LogServer { server, state: LogState::Failed, detail, .. }) => {
                writeln!(text, "==> {server}: {} <==", detail.unwrap_or_default())
            }
            LogMessage::Server(LogServer { server, state: LogState::Done, detail: Some(limit), .. }) => {
                writeln!(text, "==> {server}: {limit} <==")
            }
            _ => Ok(()),
        };
    }
}

/// Says of which cluster the text is from here on.
fn begin(text: &mut Vec<u8>, name: &str) {
    // Writing into memory cannot fail.
    let _ = writeln!(text, "==> the cluster {name} <==");
}

/// Says what is missing.
fn head(text: &mut Vec<u8>, cluster: Option<&str>, words: &str) {
    // Writing into memory cannot fail.
    let _ = match cluster {
        Some(name) => writeln!(text, "==> the cluster {name}: {words} <=="),
        None => writeln!(text, "==> {words} <=="),
    };
}
