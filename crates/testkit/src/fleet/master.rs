//! The master as a process.

use super::FleetError;
use crate::process::{Process, ProcessError, program};
use crate::wait::{DEADLINE, wait_for};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use topmast_api::client::{ANSWER_TIMEOUT, Client, Credentials, Endpoint};

/// The first user.
pub const USER: &str = "admin";
/// The first user's password.
pub const PASSWORD: &str = "a password of tests only";

/// A master's process: started, killed and started again in its place.
#[derive(Debug)]
pub struct MasterProcess {
    process: Process,
    client: Client,
    listen: SocketAddr,
    directory: PathBuf,
    environment: Vec<(String, String)>,
    /// The `topmast` that it is; this version's when none.
    program: Option<PathBuf>,
}

impl MasterProcess {
    /// Starts a master that serves plain HTTP on `listen`, waits until it answers, and logs in.
    ///
    /// - `directory`: for its configuration and log; `data`: for its journal.
    /// - `more`: lines of configuration.
    ///
    /// # Errors
    /// [`FleetError`].
    pub async fn start(
        directory: &Path,
        data: &Path,
        listen: SocketAddr,
        more: &str,
    ) -> Result<Self, FleetError> {
        let mut master = Self::launch(directory, data, listen, more, &[], None)?;
        master.answers().await?;
        let session = master.client.session_open(USER, PASSWORD).await?;
        master.is_used_with(Credentials::of(&session));
        Ok(master)
    }

    /// Starts a master and waits for nothing. Its client is nobody yet.
    ///
    /// - `environment`: variables beside the first user's password.
    /// - `program`: the `topmast` of another version.
    ///
    /// # Errors
    /// [`FleetError`].
    pub fn launch(
        directory: &Path,
        data: &Path,
        listen: SocketAddr,
        more: &str,
        environment: &[(&str, &str)],
        program: Option<PathBuf>,
    ) -> Result<Self, FleetError> {
        // The process has one crypto provider; whoever starts first installs it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let config = format!("listen = \"{listen}\"\ndata = \"{}\"\ntls = \"off\"\n{more}", data.display());
        fs::write(directory.join("master.toml"), config)
            .map_err(ProcessError::system("write", "master.toml"))?;
        let client = Client::new(Endpoint {
            url: format!("http://{listen}"),
            ca_pem: None,
            credentials: Credentials::None,
            timeout: ANSWER_TIMEOUT,
        })?;
        let mut environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        environment.push(("TOPMAST_ADMIN_PASSWORD".to_owned(), PASSWORD.to_owned()));
        let process = spawn(directory, &environment, program.as_deref())?;
        Ok(Self { process, client, listen, directory: directory.to_owned(), environment, program })
    }

    /// Gives its client the proof of who asks.
    pub fn is_used_with(&mut self, credentials: Credentials) {
        self.client = self.client.with_credentials(credentials);
    }

    /// A client logged in as the first user; the session lasts over restarts.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Where it listens.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Base URL.
    pub fn url(&self) -> &str {
        self.client.url()
    }

    /// Its process, for signals and figures.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Its output up to now.
    pub fn log(&self) -> PathBuf {
        log(&self.directory)
    }

    /// Starts it again after it ended, and waits until it answers.
    ///
    /// # Errors
    /// [`FleetError`].
    pub async fn start_again(&mut self) -> Result<(), FleetError> {
        self.launch_again()?;
        self.answers().await
    }

    /// Starts it again after it ended, and waits for nothing.
    ///
    /// # Errors
    /// [`FleetError`].
    pub fn launch_again(&mut self) -> Result<(), FleetError> {
        self.process = spawn(&self.directory, &self.environment, self.program.as_deref())?;
        Ok(())
    }

    /// Installs this version: it is what is started again.
    pub fn upgrade(&mut self) {
        self.program = None;
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// [`FleetError::Ended`] when it has ended instead.
    pub async fn answers(&mut self) -> Result<(), FleetError> {
        let look = async || match self.process.ended() {
            Ok(Some(status)) => {
                let log = log(&self.directory);
                Some(Err(FleetError::Ended { name: "the master".into(), status, log }))
            }
            Ok(None) => self.client.liveness().await.is_ok().then_some(Ok(())),
            Err(error) => Some(Err(error.into())),
        };
        wait_for("the master answers", DEADLINE, look).await?
    }
}

fn log(directory: &Path) -> PathBuf {
    directory.join("master.log")
}

fn spawn(
    directory: &Path,
    environment: &[(String, String)],
    older: Option<&Path>,
) -> Result<Process, ProcessError> {
    let config = directory.join("master.toml");
    let arguments = ["master".as_ref(), "--config".as_ref(), config.as_os_str()];
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let program = older.map_or_else(|| program("topmast"), |older| Ok(older.to_owned()))?;
    Process::start(&program, arguments, &environment, &log(directory))
}
