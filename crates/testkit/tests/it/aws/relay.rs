//! A wire between a client and a master that is looked at: which protocol the client speaks, whatever it says of itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Passes connections on; ends when it is dropped.
pub(super) struct Relay {
    pub(super) url: String,
    seen: Arc<Mutex<BTreeSet<String>>>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Listens in front of a master.
    pub(super) async fn start(master: &str) -> anyhow::Result<Self> {
        let master = master.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen = Arc::<Mutex<BTreeSet<String>>>::default();
        let notes = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, master.clone(), Arc::clone(&notes)));
            }
        });
        Ok(Self { url, seen, task })
    }

    /// What the requests for CloudWatch were: `application/cbor`, and `gzip` when some were compressed.
    pub(super) fn seen(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, master: String, seen: Arc<Mutex<BTreeSet<String>>>) {
    let Ok(master) = TcpStream::connect(master).await else { return };
    let ((mut from_client, mut to_client), (mut from_master, mut to_master)) =
        (client.into_split(), master.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut from_master, &mut to_client).await });
    let mut bytes = vec![0; 64 << 10];
    // The head of a request may come in parts; bodies are looked through as well, which finds nothing more.
    let mut text = String::new();
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        note(&mut text, &seen);
        if to_master.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// Notes the heads that are whole, and keeps what follows the last one.
fn note(text: &mut String, seen: &Mutex<BTreeSet<String>>) {
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let head = head.to_ascii_lowercase();
        if head.contains("/monitoring/aws4_request") {
            for line in head.lines() {
                if let Some(kind) =
                    line.strip_prefix("content-type:").or_else(|| line.strip_prefix("content-encoding:"))
                {
                    let kind = kind.split(';').next().unwrap_or_default();
                    seen.lock().unwrap_or_else(PoisonError::into_inner).insert(kind.trim().to_owned());
                }
            }
        }
        *text = rest.to_owned();
    }
}
