//! A running master with a logged-in admin.

use super::peer::{Agent, Identity};
use crate::Master;
use crate::config::{MasterConfig, TlsMode};
use std::time::Duration;
use tempfile::TempDir;
use topmast_api::client::{ANSWER_TIMEOUT, Client, ClientError, Credentials, Endpoint};
use topmast_api::problem::ProblemCode;
use topmast_api::user::UserRequest;
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Principal};
use topmast_model::status::ServerStatus;

/// Far longer than anything here takes on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_mins(1);
pub(super) const PASSWORD: &str = "correct horse battery";

pub(super) struct World {
    pub(super) master: Master,
    pub(super) directory: TempDir,
    pub(super) admin: Client,
    pub(super) password: String,
    /// The admin's session.
    pub(super) secret: String,
}

impl World {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With a configuration that the test changes.
    pub(super) async fn start_with(change: impl FnOnce(&mut MasterConfig)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), change).await
    }

    /// The same in a folder of the test's.
    pub(super) async fn start_in(directory: TempDir, change: impl FnOnce(&mut MasterConfig)) -> Self {
        let mut config = config(&directory);
        change(&mut config);
        let master = Master::start(config).await.unwrap();
        let password = master.first_password().unwrap().to_owned();
        let session = client(&master, Credentials::None).session_open("admin", &password).await.unwrap();
        let admin = client(&master, Credentials::of(&session));
        Self { master, directory, admin, password, secret: session.token.unwrap() }
    }

    /// Stops the master and starts it again on another port; the admin's session goes on.
    pub(super) async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The same with a configuration that the test changes.
    pub(super) async fn restart_with(self, change: impl FnOnce(&mut MasterConfig)) -> Self {
        let Self { master, directory, password, secret, .. } = self;
        let history = master.context.config.history.clone();
        within(master.stop()).await;
        let mut config = MasterConfig { history, ..config(&directory) };
        change(&mut config);
        let master = Master::start(config).await.unwrap();
        let admin = client(&master, Credentials::Bearer(secret.clone()));
        Self { master, directory, admin, password, secret }
    }

    pub(super) fn anybody(&self) -> Client {
        client(&self.master, Credentials::None)
    }

    pub(super) fn bearer(&self, secret: &str) -> Client {
        client(&self.master, Credentials::Bearer(secret.into()))
    }

    pub(super) fn basic(&self, user: &str, password: &str) -> Client {
        client(&self.master, Credentials::Basic { user: user.into(), password: password.into() })
    }

    /// A new user, and the secret of an open session.
    pub(super) async fn user(&self, name: &str, grants: &[&str]) -> (Client, String) {
        let grants = grants_of(grants);
        let request = UserRequest { name: name.into(), password: PASSWORD.into(), grants };
        self.admin.user_create(&request).await.unwrap();
        let session = self.anybody().session_open(name, PASSWORD).await.unwrap();
        let secret = session.token.unwrap();
        (self.bearer(&secret), secret)
    }

    /// A new server of the cluster, enrolled and not connected.
    pub(super) async fn enrol(&self, name: &str) -> Identity {
        let token = self.master.join_token(1, DEADLINE).await.unwrap();
        Identity::enrol(&self.anybody(), &token, name).await.unwrap()
    }

    /// A connected agent of a new server.
    pub(super) async fn agent(&self, name: &str) -> Agent {
        Agent::connect(self, self.enrol(name).await).await
    }

    /// Lets the master find that a server is in a status.
    pub(super) async fn observe(&self, server: &ObjectPath, status: ServerStatus) {
        let cause = Cause::Connection { message: "as the test says".into() };
        self.submit(Command::ObserveServer { server: server.clone(), status, cause }).await;
    }

    pub(super) async fn submit(&self, command: Command) {
        let submission = topmast_engine::Submission { principal: Principal::master(), command };
        self.master.context.bus.submit(submission).await.unwrap();
    }
}

pub(super) fn config(directory: &TempDir) -> MasterConfig {
    MasterConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: directory.path().join("master"),
        tenant: "acme".into(),
        tls: TlsMode::Off,
        // Tests say themselves when a server is down.
        down_after_s: 3_600,
        ..MasterConfig::default()
    }
}

pub(super) fn client(master: &Master, credentials: Credentials) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let ca_pem = master.url().starts_with("https").then(|| master.ca_pem().to_owned());
    Client::new(Endpoint { url: master.url(), ca_pem, credentials, timeout: ANSWER_TIMEOUT }).unwrap()
}

pub(super) fn grants_of(texts: &[&str]) -> Vec<Grant> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub(super) fn path(text: &str) -> ObjectPath {
    text.parse().unwrap()
}

/// What the master refused it for.
pub(super) fn refused<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> ProblemCode {
    answer.unwrap_err().problem().unwrap().code
}

/// The outcome of what must not take for ever.
pub(super) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("it did not happen before the deadline")
}

/// Asks again until the answer is there.
pub(super) async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    within(async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}
