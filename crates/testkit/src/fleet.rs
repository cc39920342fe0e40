//! A fleet of real processes: a master, agents, their applications.
//!
//! ```text
//! DIR/ master.toml master/ master.log          the master, on an address of its own
//!      NAME/ agent.toml data/ apps.d/ agent.log  one folder an agent
//! ```
//!
//! Each fleet has a loopback address of its own, so that a master keeps its port over
//! restarts and no two tests ever want the same one.
//!
//! Invariants
//! - T-1: the folder is removed by [`TestFleet::finish`] only; a test that fails keeps it and prints where it is.
//! - T-2: no process is left, not even applications, which outlive their agents: whatever runs in the folder is killed.

mod agent;
mod master;

pub use agent::{AgentProcess, Application};
pub use master::{MasterProcess, PASSWORD, USER};

use crate::process::{ProcessError, kill_inside, loopback};
use crate::wait::NotInTime;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use topmast_api::client::{BuildError, Client, ClientError};
use topmast_api::join_token::JoinTokenRequest;
use topmast_model::path::ObjectPath;

/// Why a fleet did not do what a test wants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// A process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A wait.
    #[error(transparent)]
    Late(#[from] NotInTime),
    /// A request.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The client.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A process ended that should run.
    #[error("{name} ended with {status}; see {}", log.display())]
    Ended {
        /// Which.
        name: String,
        /// How.
        status: std::process::ExitStatus,
        /// Its output.
        log: PathBuf,
    },
}

/// A master and its agents as real processes, in a folder of their own.
#[derive(Debug)]
pub struct TestFleet {
    agents: Vec<AgentProcess>,
    master: MasterProcess,
    directory: Option<TempDir>,
    path: PathBuf,
}

impl TestFleet {
    /// Starts a master and waits until it answers.
    ///
    /// # Errors
    /// [`FleetError`].
    pub async fn start(name: &str) -> Result<Self, FleetError> {
        let directory = tempfile::Builder::new()
            .prefix(&format!("topmast-{name}-"))
            .tempdir()
            .map_err(ProcessError::system("make a folder for", name))?;
        let path = directory.path().to_owned();
        Self::start_in(directory, &path.join("master")).await
    }

    /// As [`start`](Self::start), with the master's data in a folder that the caller chooses.
    ///
    /// # Errors
    /// [`FleetError`].
    pub async fn start_in(directory: TempDir, data: &Path) -> Result<Self, FleetError> {
        Self::start_with(directory, data, "").await
    }

    /// As [`start_in`](Self::start_in), with more lines of configuration.
    ///
    /// # Errors
    /// [`FleetError`].
    pub async fn start_with(directory: TempDir, data: &Path, more: &str) -> Result<Self, FleetError> {
        let path = directory.path().to_owned();
        let master = MasterProcess::start(&path, data, (loopback(), 7400).into(), more).await?;
        Ok(Self { agents: Vec::new(), master, directory: Some(directory), path })
    }

    /// The fleet's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The master.
    pub fn master(&mut self) -> &mut MasterProcess {
        &mut self.master
    }

    /// A client of the master, logged in as the first user.
    pub fn client(&self) -> Client {
        self.master.client()
    }

    /// The master's base URL.
    pub fn url(&self) -> &str {
        self.master.url()
    }

    /// A join token for so many servers.
    ///
    /// # Errors
    /// [`FleetError::Client`].
    pub async fn join_token(&self, uses: u32) -> Result<String, FleetError> {
        self.join_token_of(None, uses).await
    }

    /// As [`join_token`](Self::join_token), of any cluster; the master's own when none.
    ///
    /// # Errors
    /// [`FleetError::Client`].
    pub async fn join_token_of(&self, cluster: Option<ObjectPath>, uses: u32) -> Result<String, FleetError> {
        let request = JoinTokenRequest { cluster, uses: Some(uses), ..JoinTokenRequest::default() };
        Ok(self.client().join_token_create(&request).await?.secret)
    }

    /// Enrols and starts an agent; returns its position.
    ///
    /// # Errors
    /// [`FleetError`].
    pub async fn add_agent(&mut self, name: &str, applications: &[Application]) -> Result<usize, FleetError> {
        let token = self.join_token(1).await?;
        self.agents.push(AgentProcess::start(&self.path, name, &[self.master.url()], &token, applications)?);
        Ok(self.agents.len() - 1)
    }

    /// The agents, in the order of their starts.
    pub fn agents(&mut self) -> &mut [AgentProcess] {
        &mut self.agents
    }

    /// Ends everything and removes the folder: the test has passed (T-1).
    ///
    /// # Errors
    /// [`ProcessError::System`] when the folder cannot be removed.
    pub fn finish(mut self) -> Result<(), ProcessError> {
        let directory = self.directory.take();
        drop(self);
        directory.map_or(Ok(()), TempDir::close).map_err(ProcessError::system("remove", "the fleet's folder"))
    }
}

impl Drop for TestFleet {
    #[expect(clippy::print_stderr, reason = "a failed test says where its traces are")]
    fn drop(&mut self) {
        // The agents first, which would start again what ends.
        self.agents.clear();
        // T-2.
        kill_inside(&self.path);
        if let Some(directory) = self.directory.take() {
            eprintln!("the fleet's folder is kept: {}", directory.keep().display());
        }
    }
}
