//! A neighbour through its Docker Engine's socket: containers, each with its figures asked for once.
//!
//! Only a socket of this machine: the engine's API is as good as root there, and by TCP it would be so for everybody.
//!
//! Invariants
//! - ND-1: an answer has a bound in bytes and in time, a reading one in containers and in answers waited for in vain.
//! - ND-2: what fails says what to do about it.

use super::{Found, GROUP, ReadError};
use crate::reading::Frame;
use futures_util::{StreamExt as _, stream};
use reqwest::{Client, StatusCode};
use std::time::Duration;
use tokio::time::Instant;
use topmast_probe::docker::{self, CONTAINERS, ContainerGuests, Containers, INFO};
use topmast_probe::guest::Listing;
use topmast_probe::plan::GroupSink as _;

/// Bytes of an answer: a list of some thousand containers with their ports and mounts.
const ANSWER_MAX: usize = 8 << 20;
/// Questions at a time.
const AT_ONCE: usize = 4;
/// Answers of a reading that may be waited for in vain, as for a container whose disk hangs.
const LATE_MAX: usize = 3;
/// Time between two questions about the engine itself.
const ASK_ENGINE_EVERY: Duration = Duration::from_mins(5);

/// What is known of one engine.
pub(crate) struct DockerClient {
    socket: String,
    timeout: Duration,
    client: Option<Client>,
    asked: Option<Instant>,
    containers: ContainerGuests,
    read: Option<Instant>,
    guests: Option<Listing>,
}

/// Why there is no answer.
enum Ask {
    Late,
    /// The engine's status and words.
    Status(StatusCode, String),
    Failed(String),
}

impl DockerClient {
    pub(crate) fn new(socket: &str, timeout: Duration) -> Self {
        Self {
            socket: socket.to_owned(),
            timeout,
            client: None,
            asked: None,
            containers: ContainerGuests::default(),
            read: None,
            guests: None,
        }
    }

    /// Reads all containers once.
    ///
    /// # Errors
    /// [`ReadError`], when the engine does not answer.
    pub(crate) async fn read(&mut self, frame: &mut Frame) -> Result<Option<Found>, ReadError> {
        let error = |message| ReadError { address: self.socket.clone(), message };
        let client = match &self.client {
            Some(client) => client.clone(),
            None => self.client.insert(client(&self.socket).map_err(error)?).clone(),
        };
        let mut found = None;
        let now = Instant::now();
        let ask_engine = self.asked.is_none_or(|at| now.duration_since(at) >= ASK_ENGINE_EVERY);
        let read = async {
            if ask_engine {
                let answer = self.ask(&client, INFO).await?;
                let (facts, version) =
                    docker::facts(&answer).map_err(|error| Ask::Failed(error.to_string()))?;
                found = Some(Found { facts, version: format!("docker {version}") });
            }
            let answer = self.ask(&client, CONTAINERS).await?;
            let (list, skipped) =
                docker::containers(&answer).map_err(|error| Ask::Failed(error.to_string()))?;
            let mut containers = Containers::new(list, skipped);
            let asked = containers.asked().into_iter().map(async |container| {
                let answer = self.ask(&client, &container.stats_path()).await;
                (container.id, answer)
            });
            let (mut asked, mut late) = (stream::iter(asked).buffer_unordered(AT_ONCE), 0);
            while let Some((id, answer)) = asked.next().await {
                match answer {
                    Ok(answer) => containers.put(&id, &answer),
                    // It ended while it was asked.
                    Err(Ask::Status(..)) => {}
                    Err(Ask::Late) if late < LATE_MAX => late += 1,
                    Err(error) => return Err(error),
                }
            }
            Ok(containers)
        };
        match read.await {
            Ok(containers) => {
                if let Some(found) = &found {
                    self.containers.of_machine(&found.facts);
                }
                let elapsed = self.read.replace(now).map(|before| now.duration_since(before));
                self.guests = Some(self.containers.listing(&containers, elapsed));
                frame.group(GROUP, &mut |sink| containers.emit(sink));
            }
            Err(problem) => return Err(error(self.told(problem))),
        }
        if ask_engine {
            self.asked = Some(now);
        }
        Ok(found)
    }

    /// What the last reading told of its containers, once.
    pub(crate) fn guests(&mut self) -> Option<Listing> {
        self.guests.take()
    }

    async fn ask(&self, client: &Client, path: &str) -> Result<Vec<u8>, Ask> {
        let asked = async {
            // The host's name is of no use over a socket, but HTTP wants one.
            let request = client.get(format!("http://docker{path}"));
            let mut response = request.send().await.map_err(|error| Ask::Failed(causes(&error)))?;
            let (status, mut body) = (response.status(), Vec::new());
            while let Some(chunk) = response.chunk().await.map_err(|error| Ask::Failed(causes(&error)))? {
                if body.len() + chunk.len() > ANSWER_MAX {
                    return Err(Ask::Failed(format!("it answers {path} with more than {ANSWER_MAX} bytes")));
                }
                body.extend_from_slice(&chunk);
            }
            match status {
                StatusCode::OK => Ok(body),
                status => Err(Ask::Status(
                    status,
                    String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned(),
                )),
            }
        };
        tokio::time::timeout(self.timeout, asked).await.unwrap_or(Err(Ask::Late))
    }

    fn told(&self, problem: Ask) -> String {
        match problem {
            Ask::Late => format!(
                "no answer within {} s; is the engine overloaded, or is timeout too short?",
                self.timeout.as_secs_f64()
            ),
            Ask::Status(status, words) => format!("the engine answers {status}: {}", words.trim()),
            Ask::Failed(problem) => {
                format!(
                    "{problem}; does the Docker Engine run, and may this process use its socket (group docker)?"
                )
            }
        }
    }
}

fn client(socket: &str) -> Result<Client, String> {
    // Without a provider the client panics; whoever starts first installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder()
        .unix_socket(socket)
        .no_proxy()
        .pool_max_idle_per_host(AT_ONCE)
        .build()
        .map_err(|error| format!("make an HTTP client: {}", causes(&error)))
}

/// What lies under an error of the client, which itself says little more than the address.
fn causes(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("no answer: {cause}")
}
