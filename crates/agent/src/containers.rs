//! Containers of this server's Docker Engine: asked for beside the sampler, which takes what was last answered.
//!
//! ```text
//! docker.sock ◄─ every 10 s ─ Engine::run ─► ContainerBoard ─► Sampler, when there is something new
//! ```
//!
//! Invariants
//! - CO-1: a server without an engine pays one failing connection every ten seconds, and nothing is said about it.
//! - CO-2: a reading ends before the next one is due; without one its series end, for old figures are no figures.
//!
//! Elsewhere: what is asked and what answers mean (`topmast_probe::docker`).

use crate::http::{self, FetchError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use topmast_probe::docker::{CONTAINERS, Containers, containers};

/// Where the engine listens, unless it is said otherwise.
pub const SOCKET: &str = "/var/run/docker.sock";
/// Time between two readings: figures of a container cost the engine some milliseconds each.
const EVERY: Duration = Duration::from_secs(10);
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);
const OK: u16 = 200;

/// What was last answered.
#[derive(Debug, Default)]
pub struct ContainerBoard(Mutex<Shown>);

#[derive(Debug, Default)]
struct Shown {
    /// Grows with every reading.
    revision: u64,
    containers: Option<Containers>,
}

impl ContainerBoard {
    fn show(&self, containers: Option<Containers>) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if containers.is_none() && shown.containers.is_none() {
            return;
        }
        shown.revision += 1;
        shown.containers = containers;
    }

    /// Hands over what is shown, unless it is what was shown at `seen`, which becomes what it is now.
    pub(crate) fn news(&self, seen: &mut u64, take: impl FnOnce(Option<&Containers>)) {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.revision != *seen {
            *seen = shown.revision;
            take(shown.containers.as_ref());
        }
    }
}

/// A Docker Engine and what is shown of it.
pub struct Engine {
    socket: PathBuf,
    board: Arc<ContainerBoard>,
    failing: bool,
}

impl Engine {
    /// Asks nothing yet.
    pub fn new(socket: PathBuf, board: Arc<ContainerBoard>) -> Self {
        Self { socket, board, failing: false }
    }

    /// Asks for as long as it is polled.
    pub async fn run(mut self) {
        let mut timer = tokio::time::interval(EVERY);
        timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            timer.tick().await;
            self.once().await;
        }
    }

    /// Asks once, and shows the answer.
    pub(crate) async fn once(&mut self) {
        // CO-2
        let read = tokio::time::timeout(EVERY, self.read()).await;
        let read =
            read.unwrap_or_else(|_| Err(format!("all containers took longer than {} s", EVERY.as_secs())));
        match &read {
            Ok(_) if self.failing => tracing::info!("containers can be read again"),
            // CO-1
            Err(error) if !self.failing && self.socket.exists() => {
                tracing::warn!(socket = %self.socket.display(), error, "containers cannot be read");
            }
            _ => {}
        }
        self.failing = read.is_err() && self.socket.exists();
        self.board.show(read.ok());
    }

    async fn read(&self) -> Result<Containers, String> {
        let answer = self.ask(CONTAINERS).await?;
        let answer =
            answer.ok_or("the engine knows no list of containers; is it a Docker Engine that answers?")?;
        let (list, skipped) = containers(&answer).map_err(|error| error.to_string())?;
        let mut containers = Containers::new(list, skipped);
        for container in containers.asked() {
            // One that has ended since is answered with another status.
            if let Some(answer) = self.ask(&container.stats_path()).await? {
                containers.put(&container.id, &answer);
            }
        }
        Ok(containers)
    }

    /// The body of an answer; `None` when its status is not 200.
    async fn ask(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let answer = http::get_by_socket(&self.socket, path, TIMEOUT)
            .await
            .map_err(|error: FetchError| format!("{error}; may the agent use the socket (group docker)?"))?;
        Ok((answer.status == OK).then_some(answer.body))
    }
}

// They listen on a socket.
#[cfg(test)]
#[cfg(unix)]
mod tests;
