//! A neighbour through its Zabbix agent: passive checks, one connection each as the protocol wants it.
//!
//! Invariants
//! - NZ-1: one answer has a bound in bytes and in time, a reading has one in the answers that it waits for in vain.
//! - NZ-2: what fails says what to do about it.

use super::{Found, GROUP, ReadError};
use crate::reading::Frame;
use futures_util::{StreamExt as _, stream};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use topmast_ingest::zabbix::{frame, unframe};
use topmast_probe::plan::GroupSink as _;
use topmast_probe::zabbix::{AGENT_VERSION, Answer, Answers, DISCOVERY, HostReader};

/// Bytes of an answer: `vfs.fs.get` of two thousand mounts.
const ANSWER_MAX: usize = 1 << 20;
/// Connections at a time: an agent listens with three processes by default.
const AT_ONCE: usize = 3;
/// Answers of a reading that may be waited for in vain, as for a filesystem that hangs.
const LATE_MAX: usize = 3;
/// Time between two discoveries.
const DISCOVER_EVERY: Duration = Duration::from_mins(5);

/// A connection's worth of knowledge about one agent.
pub(crate) struct ZabbixClient {
    address: String,
    timeout: Duration,
    reader: HostReader,
    discovered: Option<Instant>,
    read: Option<Instant>,
}

impl ZabbixClient {
    pub(crate) fn new(address: &str, timeout: Duration) -> Self {
        Self {
            address: address.to_owned(),
            timeout,
            reader: HostReader::default(),
            discovered: None,
            read: None,
        }
    }

    /// Reads the host once; what is found out about it now and then.
    ///
    /// # Errors
    /// [`ReadError`], when there is no answer or none that says anything.
    pub(crate) async fn read(&mut self, frame: &mut Frame) -> Result<Option<Found>, ReadError> {
        let mut found = None;
        let now = Instant::now();
        if self.discovered.is_none_or(|at| now.duration_since(at) >= DISCOVER_EVERY) {
            let answers = self.ask_all(DISCOVERY.iter().map(|key| (*key).to_owned()).collect()).await?;
            if let Some(reason) = answers.nothing() {
                return Err(self.error(format!(
                    "the agent knows none of the items that it was asked for ({reason}); look at DenyKey in its configuration"
                )));
            }
            let version = answers.text(AGENT_VERSION).unwrap_or_default();
            let version = format!("zabbix {version}").trim_end().to_owned();
            found = Some(Found { facts: self.reader.discover(&answers), version });
            self.discovered = Some(now);
        }
        let answers = self.ask_all(self.reader.checks()).await?;
        let elapsed = self.read.replace(now).map(|before| now.duration_since(before));
        frame.group(GROUP, &mut |sink| self.reader.read(&answers, elapsed, sink));
        if frame.waiting() == 0 {
            self.discovered = None;
            let reason = answers.nothing().unwrap_or("no answer is a number");
            return Err(self.error(format!(
                "the agent tells no figures ({reason}); look at DenyKey in its configuration"
            )));
        }
        Ok(found)
    }

    async fn ask_all(&self, keys: Vec<String>) -> Result<Answers, ReadError> {
        let (mut answers, mut late) = (Answers::default(), 0);
        let asked = keys.into_iter().map(async |key| {
            let answer = self.ask(&key).await;
            (key, answer)
        });
        let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((key, answer)) = asked.next().await {
            match answer {
                Ok(answer) => answers.put(&key, answer),
                // One item may take long, as the space of a filesystem that hangs; the agent goes on answering others.
                Err(Ask::Late) if late < LATE_MAX => {
                    late += 1;
                    answers.put(&key, Answer::NotSupported("it took too long".into()));
                }
                Err(error) => return Err(self.error(self.told(&key, error))),
            }
        }
        Ok(answers)
    }

    async fn ask(&self, key: &str) -> Result<Answer, Ask> {
        let asked = async {
            let mut stream = TcpStream::connect(&self.address).await.map_err(Ask::Connect)?;
            stream.write_all(&frame(key.as_bytes())).await.map_err(Ask::Closed)?;
            let mut bytes = Vec::new();
            loop {
                if let Some(payload) =
                    unframe(&bytes, ANSWER_MAX).map_err(|error| Ask::Answer(error.to_string()))?
                {
                    return Ok(Answer::of(&payload));
                }
                // A header and a payload, and no more.
                if bytes.len() > ANSWER_MAX + 64 {
                    return Err(Ask::Answer("it does not end".into()));
                }
                match stream.read_buf(&mut bytes).await {
                    Ok(0) if bytes.is_empty() => {
                        return Err(Ask::Closed(io::ErrorKind::UnexpectedEof.into()));
                    }
                    Err(error) if bytes.is_empty() => return Err(Ask::Closed(error)),
                    Ok(0) | Err(_) => {
                        return Err(Ask::Answer("it was cut by the end of the connection".into()));
                    }
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(self.timeout, asked).await.unwrap_or(Err(Ask::Late))
    }

    fn error(&self, message: String) -> ReadError {
        ReadError { address: self.address.clone(), message }
    }

    fn told(&self, key: &str, error: Ask) -> String {
        match error {
            Ask::Connect(error) => format!(
                "no connection: {error}; does a Zabbix agent run there, listen on that address and port, and do firewalls let it through?"
            ),
            Ask::Closed(_) => "the agent closed the connection without an answer: add this master's address to Server= in its \
                               configuration; if TLSAccept= is there, it must allow `unencrypted`"
                .to_owned(),
            Ask::Late => format!(
                "no answer to {} items within {} s each, the last of them {key}; is the agent overloaded (StartAgents=), or is timeout too short?",
                LATE_MAX + 1,
                self.timeout.as_secs_f64()
            ),
            Ask::Answer(problem) => format!("the answer to {key} cannot be read: {problem}"),
        }
    }
}

/// Why there is no answer.
enum Ask {
    Connect(io::Error),
    Closed(#[expect(dead_code, reason = "what the system says of it tells less than our words")] io::Error),
    Late,
    Answer(String),
}
