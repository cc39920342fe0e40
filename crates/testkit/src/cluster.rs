//! A cluster of real processes: NATS servers, masters that share a journal on them, agents.
//!
//! ```text
//! DIR/ n1/ server.conf store/ server.log     the NATS servers, each on an address of its own
//!      m1/ master.toml data/ master.log      the masters
//!      server1/ …                            the agents, as in a fleet
//! ```
//!
//! With [`Plan::is_cuttable`] every line from a master to a NATS server, between NATS servers, and from an agent to a
//! master, goes through a [`Proxy`] of its own.
//!
//! Invariant
//! - T-3: as in a fleet, the folder goes with [`TestCluster::finish`] only, and no process is left.

mod nats;

pub use nats::NatsServer;
use nats::Network;

use crate::fleet::{AgentProcess, Application, FleetError, MasterProcess, PASSWORD, USER};
use crate::process::{ProcessError, kill_inside, loopback};
use crate::proxy::Proxy;
use crate::wait::{DEADLINE, wait_for, wait_until};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use topmast_api::client::{Client, Credentials};
use topmast_api::join_token::JoinTokenRequest;
use topmast_journal::stream::{Link, LinkError, StreamOptions};

/// Name of the stream and of the bucket beside it.
const STREAM: &str = "topmast-test";
/// That one, and the masters' bucket.
const STREAMS: usize = 2;

/// Which processes a cluster has.
#[derive(Debug, Clone)]
pub struct Plan {
    /// NATS servers; as many keep each message.
    pub servers: usize,
    /// Masters.
    pub masters: Vec<MasterPlan>,
    /// The applications of each agent.
    pub agents: Vec<Vec<Application>>,
    /// True when lines can be cut.
    pub is_cuttable: bool,
}

/// What is special about a master.
#[derive(Debug, Clone, Default)]
pub struct MasterPlan {
    /// Folder of its data; one in the cluster's folder when missing.
    pub data: Option<PathBuf>,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Last sections of its configuration.
    pub more: String,
    /// The `topmast` of another version that it is at first.
    pub program: Option<PathBuf>,
}

/// Why a cluster did not do what a test wants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A master, an agent or a wait.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The NATS servers.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A line.
    #[error("make a line to {to}")]
    Proxy {
        /// Where it leads.
        to: SocketAddr,
        /// What the system answered.
        source: std::io::Error,
    },
}

impl From<ProcessError> for ClusterError {
    fn from(error: ProcessError) -> Self {
        Self::Fleet(error.into())
    }
}

impl From<crate::wait::NotInTime> for ClusterError {
    fn from(error: crate::wait::NotInTime) -> Self {
        Self::Fleet(error.into())
    }
}

impl From<topmast_api::client::ClientError> for ClusterError {
    fn from(error: topmast_api::client::ClientError) -> Self {
        Self::Fleet(error.into())
    }
}

/// Several masters and what they need, as real processes, in a folder of their own.
pub struct TestCluster {
    agents: Vec<AgentProcess>,
    masters: Vec<MasterProcess>,
    servers: Vec<NatsServer>,
    network: Network,
    /// From each master to each NATS server.
    to_servers: Vec<Vec<Proxy>>,
    /// From each agent to each master.
    to_masters: Vec<Vec<Proxy>>,
    link: Link,
    directory: Option<TempDir>,
    path: PathBuf,
}

impl TestCluster {
    /// Starts all of it and waits until a master is active and every agent is enrolled.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn start(name: &str, plan: &Plan) -> Result<Self, ClusterError> {
        let directory = tempfile::Builder::new()
            .prefix(&format!("topmast-{name}-"))
            .tempdir()
            .map_err(ProcessError::system("make a folder for", name))?;
        let path = directory.path().to_owned();
        let network = Network::new(plan.servers, plan.is_cuttable)
            .await
            .map_err(ProcessError::system("make lines between the servers of", name))?;
        let servers = NatsServer::start_all(&path, &network)?;
        let link = Link::open(&StreamOptions {
            servers: servers.iter().map(NatsServer::url).collect(),
            name: STREAM.to_owned(),
            replicas: plan.servers,
            login: None,
            credentials: None,
            ca: None,
            certificate: None,
        })
        .await?;
        // Servers that have just met have no leader yet.
        let prepared = async || link.prepare().await.is_ok();
        wait_until("the NATS servers keep streams", DEADLINE, prepared).await?;
        let mut cluster = Self {
            agents: Vec::new(),
            masters: Vec::new(),
            servers,
            network,
            to_servers: Vec::new(),
            to_masters: Vec::new(),
            link,
            directory: Some(directory),
            path,
        };
        for master in &plan.masters {
            cluster.add_master(master, plan.is_cuttable).await?;
        }
        // A token is good for one server at least.
        let token =
            if plan.agents.is_empty() { String::new() } else { cluster.token(plan.agents.len()).await? };
        for (number, applications) in (1..).zip(&plan.agents) {
            cluster.add_agent(&format!("server{number}"), &token, applications, plan.is_cuttable).await?;
        }
        Ok(cluster)
    }

    async fn add_master(&mut self, plan: &MasterPlan, is_cuttable: bool) -> Result<(), ClusterError> {
        let name = format!("m{}", self.masters.len() + 1);
        let directory = self.path.join(&name);
        let data = plan.data.clone().unwrap_or_else(|| directory.join("data"));
        let prepared = fs::create_dir_all(&directory).and_then(|()| match self.masters.first() {
            Some(_) => share_secrets(&self.path.join("m1/secrets"), &data),
            None => Ok(()),
        });
        prepared.map_err(ProcessError::system("prepare the folder of", name.as_str()))?;
        let mut lines = Vec::new();
        let mut urls = Vec::new();
        for server in &self.servers {
            if is_cuttable {
                let line = line_to(server.address()).await?;
                urls.push(format!("nats://{}", line.address()));
                lines.push(line);
            } else {
                urls.push(server.url());
            }
        }
        self.to_servers.push(lines);
        let more = format!(
            "name = \"{name}\"\n[journal]\nstore = \"jetstream\"\nstream = \"{STREAM}\"\nservers = {urls:?}\nreplicas = {}\n{}",
            self.servers.len(),
            plan.more
        );
        let environment: Vec<_> =
            plan.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let listen = SocketAddr::from((loopback(), 7400));
        let program = plan.program.clone();
        let mut master = MasterProcess::launch(&directory, &data, listen, &more, &environment, program)?;
        master.answers().await?;
        if let Some(first) = self.masters.first() {
            // A session is in the journal, so every master knows it.
            master.is_used_with(first.client().credentials().clone());
        } else {
            let client = master.client();
            let open = async || client.session_open(USER, PASSWORD).await.ok();
            let session = wait_for("the first master is active", DEADLINE, open).await?;
            master.is_used_with(Credentials::of(&session));
            share_secrets(&data, &directory.join("secrets"))
                .map_err(ProcessError::system("copy the secrets of", name.as_str()))?;
        }
        self.masters.push(master);
        Ok(())
    }

    async fn add_agent(
        &mut self,
        name: &str,
        token: &str,
        applications: &[Application],
        is_cuttable: bool,
    ) -> Result<(), ClusterError> {
        let mut urls: Vec<String> = Vec::new();
        let mut lines = Vec::new();
        for master in &self.masters {
            if is_cuttable {
                let line = line_to(master.listen()).await?;
                urls.push(format!("http://{}", line.address()));
                lines.push(line);
            } else {
                urls.push(master.url().to_owned());
            }
        }
        self.to_masters.push(lines);
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        self.agents.push(AgentProcess::start(&self.path, name, &urls, token, applications)?);
        Ok(())
    }

    /// A join token, from whichever master answers.
    async fn token(&self, uses: usize) -> Result<String, ClusterError> {
        let request = JoinTokenRequest { uses: u32::try_from(uses).ok(), ..JoinTokenRequest::default() };
        let clients = self.clients();
        let mut turn = clients.iter().cycle();
        let made = async || match turn.next() {
            Some(client) => client.join_token_create(&request).await.ok(),
            None => None,
        };
        Ok(wait_for("a join token", DEADLINE, made).await?.secret)
    }

    /// The cluster's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A client of each master, logged in as the first user.
    pub fn clients(&self) -> Vec<Client> {
        self.masters.iter().map(MasterProcess::client).collect()
    }

    /// The masters: `m1`, `m2`, …
    pub fn masters(&mut self) -> &mut [MasterProcess] {
        &mut self.masters
    }

    /// The NATS servers: `n1`, `n2`, …
    pub fn servers(&mut self) -> &mut [NatsServer] {
        &mut self.servers
    }

    /// The agents: `server1`, `server2`, …
    pub fn agents(&mut self) -> &mut [AgentProcess] {
        &mut self.agents
    }

    /// The lines between a NATS server and the others.
    pub fn lines_between_servers(&self, server: usize) -> impl Iterator<Item = &Proxy> {
        self.network.lines_of(server)
    }

    /// The lines from a master to the NATS servers.
    pub fn lines_to_servers(&self, master: usize) -> &[Proxy] {
        &self.to_servers[master]
    }

    /// The lines from the agents to a master.
    pub fn lines_from_agents(&self, master: usize) -> impl Iterator<Item = &Proxy> {
        self.to_masters.iter().filter_map(move |lines| lines.get(master))
    }

    /// A connection to the NATS servers that no fault concerns.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Which master the lease says leads; none when nobody does, or no NATS server answers.
    pub async fn holder(&self) -> Option<usize> {
        let entry = self.link.bucket().read("lease").await.ok()??;
        let holder: serde_json::Value = serde_json::from_slice(&entry.value).ok()?;
        let number: usize = holder["name"].as_str()?.strip_prefix('m')?.parse().ok()?;
        number.checked_sub(1)
    }

    /// Which NATS server leads the journal's stream.
    pub async fn stream_leader(&self) -> Option<usize> {
        let mut leader = None;
        for server in &self.servers {
            leader = leader.or(server.leader_of(STREAM).await);
        }
        self.servers.iter().position(|server| Some(server.name()) == leader.as_deref())
    }

    /// True when every server has the journal's stream and the masters' bucket whole, as the servers that lead them know.
    pub async fn are_servers_level(&self) -> bool {
        let mut level = 0;
        for server in &self.servers {
            level += server.level_streams().await;
        }
        level == STREAMS
    }

    /// Ends everything and removes the folder: the test has passed.
    ///
    /// # Errors
    /// [`ProcessError::System`] when the folder cannot be removed.
    pub fn finish(mut self) -> Result<(), ProcessError> {
        let directory = self.directory.take();
        drop(self);
        directory
            .map_or(Ok(()), TempDir::close)
            .map_err(ProcessError::system("remove", "the cluster's folder"))
    }
}

impl Drop for TestCluster {
    #[expect(clippy::print_stderr, reason = "a failed test says where its traces are")]
    fn drop(&mut self) {
        self.agents.clear();
        self.masters.clear();
        self.servers.clear();
        kill_inside(&self.path);
        if let Some(directory) = self.directory.take() {
            eprintln!("the cluster's folder is kept: {}", directory.keep().display());
        }
    }
}

async fn line_to(to: SocketAddr) -> Result<Proxy, ClusterError> {
    Proxy::start(loopback(), to).await.map_err(|source| ClusterError::Proxy { to, source })
}

/// Copies what all masters of a cluster have in common: the CA and the key of sealed secrets.
fn share_secrets(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to.join("ca"))?;
    for entry in fs::read_dir(from.join("ca"))? {
        let entry = entry?;
        fs::copy(entry.path(), to.join("ca").join(entry.file_name()))?;
    }
    fs::copy(from.join("seal.key"), to.join("seal.key")).map(drop)
}
