//! An ssh server for any number of hosts: lets everybody in, and answers a script as this machine's shell does.
//!
//! One answer serves all that ask the same within a second, so that it is the master that is measured.

use super::super::BenchError;
use crate::sshd;
use russh::keys::load_secret_key;
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};
use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(1);

/// The server; it ends when this is dropped.
pub(super) struct SshHosts {
    address: SocketAddr,
    fingerprint: String,
    login_key: String,
    answers: Arc<Answers>,
    task: JoinHandle<()>,
}

/// When an answer was made, and what it is.
type Given = (Instant, Vec<u8>);

#[derive(Default)]
struct Answers {
    by_script: Mutex<HashMap<Vec<u8>, Given>>,
    given: AtomicU64,
}

impl Answers {
    async fn of(&self, script: Vec<u8>) -> Vec<u8> {
        self.given.fetch_add(1, Ordering::Relaxed);
        let mut by_script = self.by_script.lock().await;
        if let Some((at, text)) = by_script.get(&script)
            && at.elapsed() < FRESH
        {
            return text.clone();
        }
        let text = run(&script).await.unwrap_or_default();
        by_script.insert(script, (Instant::now(), text.clone()));
        text
    }
}

async fn run(script: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut shell = Command::new("/bin/sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut input) = shell.stdin.take() {
        input.write_all(script).await?;
    }
    Ok(shell.wait_with_output().await?.stdout)
}

impl SshHosts {
    /// Starts it on a free port.
    pub(super) async fn start(folder: &Path) -> Result<Self, BenchError> {
        let strange = |error: &dyn std::fmt::Display| BenchError::Strange(format!("an ssh server: {error}"));
        let (host_key, login_key) =
            (sshd::make_key(folder, "host_key")?, sshd::make_key(folder, "login_key")?);
        let key = load_secret_key(&host_key, None).map_err(|error| strange(&error))?;
        let config = Arc::new(Config { keys: vec![key], nodelay: true, ..Config::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| strange(&error))?;
        let address = listener.local_addr().map_err(|error| strange(&error))?;
        let answers = Arc::<Answers>::default();
        let given = Arc::clone(&answers);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let host = Host { answers: Arc::clone(&given), scripts: HashMap::new() };
                let config = Arc::clone(&config);
                tokio::spawn(async move {
                    // Its end is the client's business.
                    if let Ok(session) = russh::server::run_stream(config, socket, host).await {
                        let _ = session.await;
                    }
                });
            }
        });
        Ok(Self {
            address,
            fingerprint: sshd::fingerprint(&host_key)?,
            login_key: fs::read_to_string(&login_key).map_err(|error| strange(&error))?,
            answers,
            task,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn login_key(&self) -> &str {
        &self.login_key
    }

    /// Scripts answered so far.
    pub(super) fn readings(&self) -> u64 {
        self.answers.given.load(Ordering::Relaxed)
    }
}

impl Drop for SshHosts {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Host {
    answers: Arc<Answers>,
    /// What came on each channel so far.
    scripts: HashMap<ChannelId, Vec<u8>>,
}

impl Handler for Host {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.scripts.insert(channel, Vec::new());
        session.channel_success(channel)
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], _: &mut Session) -> Result<(), russh::Error> {
        self.scripts.entry(channel).or_default().extend_from_slice(data);
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        let script = self.scripts.remove(&channel).unwrap_or_default();
        let text = self.answers.of(script).await;
        session.data(channel, text)?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)
    }
}
