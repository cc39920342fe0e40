//! Starting and stopping a master.

mod duties;

use crate::access::last_seen::LastSeen;
use crate::access::ldap::Directory;
use crate::access::oidc::Oidc;
use crate::access::throttle::LoginThrottle;
use crate::access::verified::VerifiedPasswords;
use crate::access::{idle, password, secret};
use crate::aws::instance::Ids;
use crate::aws::logs::AwsLogs;
use crate::aws::metrics::{Metrics, MetricsError};
use crate::bus::{CommandBus, MasterRole, ReplayError, Standing, SubmitError};
use crate::ca::{CaError, ClusterCa};
use crate::certificate::{self, CertificateError, PortCertificate};
use crate::clock::Clock;
use crate::cluster::forward::Forwarder;
use crate::cluster::{JOURNAL, Members, Sharing};
use crate::config::{ConfigError, MasterConfig, TlsMode};
use crate::counters::Counters;
use crate::federation::{self, Federation};
use crate::http::{self, Context};
use crate::ingest::Ingest;
use crate::live::{self, LiveModel};
use crate::neighbour::Neighbours;
use crate::notification::{Senders, SendersConfig, SendersError};
use crate::package::{PackageStore, gather};
use crate::past::Pasts;
use crate::projection::{self, ActionHistory, AuditIndex, AvailabilityIndex};
use crate::query::Queries;
use crate::registry::Registry;
use crate::scrape::Scrapes;
use crate::ssh::Readers;
use crate::ssh::seal::{Seal, SealError};
use crate::statsd;
use crate::stop::StopSignal;
use crate::tenant::Meters;
use crate::terminal::Terminals;
use crate::watch::{Lists, WatchHub};
use crate::{history, zabbix};
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use topmast_engine::Submission;
use topmast_journal::stream::{Link, LinkError, StreamJournal};
use topmast_journal::{EmbeddedJournal, Journal, OpenError, Options};
use topmast_model::command::{Command, MasterOrder};
use topmast_model::error::with_sources;
use topmast_model::id::Epoch;
use topmast_model::master::MasterPlace;
use topmast_model::principal::{Grant, Principal, Role};
use topmast_model::time::UnixMillis;

/// Name of the user that the first start creates.
pub const FIRST_USER: &str = "admin";
/// Channels that are tested at once: each takes half a minute at most.
const CHANNEL_TESTS: usize = 4;
/// How long open requests may go on after a stop was asked for.
const GRACE: Duration = Duration::from_secs(2);

/// Why a master did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory cannot be made.
    #[error("make data directory {path}")]
    Data {
        /// The directory.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The journal cannot be opened.
    #[error("open the journal")]
    Journal(#[from] OpenError),
    /// The journal's content cannot be used.
    #[error("replay the journal")]
    Replay(#[from] ReplayError),
    /// The history cannot be opened.
    #[error("open the history")]
    History(#[from] history::HistoryError),
    /// The CA cannot be opened.
    #[error("open the cluster's CA")]
    Ca(#[from] CaError),
    /// The metrics of AWS' tools cannot be opened.
    #[error("open the metrics of AWS' tools")]
    AwsMetrics(#[from] MetricsError),
    /// The logs of AWS' tools.
    #[error(transparent)]
    AwsLogs(#[from] topmast_logs::LogsError),
    /// The store of packages cannot be opened.
    #[error("open the store of packages")]
    Packages {
        /// What the system answered.
        source: std::io::Error,
    },
    /// The key of sealed secrets cannot be used.
    #[error("open the key of sealed secrets")]
    Seal(#[from] SealError),
    /// Nothing can be sent to channels.
    #[error("prepare notifications")]
    Senders(#[from] SendersError),
    /// The port cannot be served.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The port's certificate cannot be used.
    #[error("load the port's certificate")]
    Certificate(#[from] CertificateError),
    /// The first user cannot be made.
    #[error("create the first user: {0}")]
    FirstUser(String),
    /// The journal refused this master's start.
    #[error("become the active master")]
    Activate(#[source] SubmitError),
    /// The servers of the shared journal cannot be asked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A secret's file cannot be read.
    #[error(transparent)]
    File(#[from] crate::file::FileError),
    /// Nothing can be forwarded to the active master.
    #[error("prepare forwarding to the active master")]
    Forwarder(#[source] reqwest::Error),
}

/// A running master.
pub struct Master {
    address: SocketAddr,
    statsd_address: Option<SocketAddr>,
    zabbix_address: Option<SocketAddr>,
    tls: TlsMode,
    first_password: Option<String>,
    pub(crate) context: Arc<Context>,
    /// What is shared with other masters, if anything is.
    sharing: Option<Arc<Sharing>>,
    handle: Handle<SocketAddr>,
    server: JoinHandle<()>,
    tasks: JoinSet<()>,
    writer: std::thread::JoinHandle<()>,
}

impl Master {
    /// Opens everything, becomes the active master and serves.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(config: MasterConfig) -> Result<Self, StartError> {
        config.check()?;
        let jobs = config.jobs()?;
        let statsd = config.statsd()?;
        let zabbix = config.zabbix()?;
        let neighbours = config.neighbours()?;
        let federation = Federation::new(&config)?;
        let logs = config.logs()?;
        let config = Arc::new(config);
        let cluster = config.cluster_path()?;
        make_directory(&config.data)
            .map_err(|source| StartError::Data { path: config.data.clone(), source })?;
        let oidc = identity_provider(&config)?;
        let directory = directory(&config)?;
        let clock = Arc::new(Clock::default());
        let journal =
            EmbeddedJournal::open(&config.data.join(JOURNAL), Options { projections: projection::all() })?;
        let actions = ActionHistory::new(journal.connect()?);
        let deeds = AuditIndex::new(journal.connect()?);
        let availability = AvailabilityIndex::new(journal.connect()?);
        let readers =
            http::JournalAccess::new(journal.reader()?, journal.reader()?, actions, deeds, availability);
        let samples = history::open(&config, &clock).await?;
        let ca = ClusterCa::open(&config.data.join("ca"), &cluster, clock.now())?;
        let seal = Seal::open(&config.data)?;
        let senders = Senders::new(SendersConfig {
            cluster: cluster.to_string(),
            ca_pem: ca.certificate_pem().to_owned(),
            host_name: host_name().unwrap_or_else(|| "localhost".to_owned()),
            scripts: config.notification.scripts.clone(),
        })?;
        let aws_metrics = Metrics::open(&config.data, config.aws_metrics_max)?;
        let packages = PackageStore::open(&config.data, config.packages.max_bytes)
            .map_err(|source| StartError::Packages { source })?;
        let aws_logs = AwsLogs::open(&config.data, &config.aws_logs)?;
        let link = if config.journal.is_shared() {
            let options = config.journal.options(&config.tenant, &config.cluster)?;
            Some(Box::pin(Link::open(&options)).await?)
        } else {
            None
        };
        let (journal, standing): (Box<dyn Journal>, _) = match &link {
            Some(link) => {
                let runtime = tokio::runtime::Handle::current();
                (Box::new(StreamJournal::new(journal, link.clone(), runtime)), Standing::shared())
            }
            None => (Box::new(journal), Standing::alone()),
        };
        let (bus, writer) = CommandBus::start(journal, clock, standing)?;
        let (mut first_password, mut forwarder) = (None, None);
        if link.is_some() {
            let key = seal.derive(Context::FORWARDING, cluster.as_str());
            forwarder = Some(Forwarder::new(ca.certificate_pem(), &key).map_err(StartError::Forwarder)?);
        } else {
            first_password = create_first_user(&bus, config.access.password_min, given_password()).await?;
            activate(&bus, &config, false).await.map_err(StartError::Activate)?;
        }
        let refused = |source| StartError::Listen { address: config.listen, source };
        let port = TcpListener::bind(config.listen).map_err(refused)?;
        let address = port.local_addr().map_err(refused)?;
        let own_url = config.journal.url.clone().unwrap_or_else(|| own_url(config.tls, address));

        let context = Arc::new(Context {
            bus: bus.clone(),
            live: Arc::new(LiveModel::default()),
            history: Arc::clone(&samples),
            queries: Queries::new(&config.history),
            ingest: Arc::new(Ingest::new(&cluster)),
            scrapes: Scrapes::default(),
            readers: Readers::default(),
            logs,
            seal,
            senders,
            tests: Semaphore::new(CHANNEL_TESTS),
            terminals: Terminals::default(),
            packages,
            aws_metrics,
            instances: Ids::default(),
            aws_logs,
            statsd,
            zabbix,
            neighbours: Neighbours::default(),
            registry: Arc::new(Registry::default()),
            members: Members::new(own_url),
            federation,
            forwarder,
            meters: Meters::of_state(&bus.state()),
            watches: WatchHub::default(),
            lists: Lists::default(),
            streams: http::Streams::default(),
            journal: readers,
            pasts: Pasts::default(),
            throttle: LoginThrottle::new(config.access.lockout()),
            verified: VerifiedPasswords::new().map_err(|error| StartError::FirstUser(error.to_string()))?,
            last_seen: LastSeen::open(&config.data),
            oidc,
            directory,
            counters: Counters::default(),
            cluster,
            ca,
            config: Arc::clone(&config),
            stop: StopSignal::default(),
        });
        let mut tasks = JoinSet::new();
        if let Some(sender) = samples.sender() {
            tasks.spawn(async move { sender.run().await });
        }
        tasks.spawn(history::run(Arc::clone(&context)));
        tasks.spawn(live::run(bus, Arc::clone(&context.live)));
        tasks.spawn(gather::run(Arc::clone(&context)));
        tasks.spawn(federation::run(Arc::clone(&context)));
        tasks.spawn(duties::run(Arc::clone(&context), jobs, neighbours));
        let sharing = link.map(|link| Arc::new(Sharing::new(Arc::clone(&context), link)));
        if let Some(sharing) = &sharing {
            let sharing = Arc::clone(sharing);
            tasks.spawn(async move { Box::pin(sharing.run()).await });
        }
        let sockets = statsd::bind(config.statsd.listen).await.map_err(|source| StartError::Listen {
            address: config.statsd.listen.unwrap_or(config.listen),
            source,
        })?;
        let statsd_address = sockets.as_ref().and_then(|sockets| sockets.address().ok());
        tasks.spawn(statsd::run(Arc::clone(&context), sockets));
        let listen = config.ingest.zabbix.listen;
        let listener = zabbix::bind(listen)
            .await
            .map_err(|source| StartError::Listen { address: listen.unwrap_or(config.listen), source })?;
        let zabbix_address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = listener {
            tasks.spawn(zabbix::run(Arc::clone(&context), listener));
        }
        let handle = Handle::new();
        let server = serve(&context, port, &handle, &mut tasks).await?;
        Ok(Self {
            address,
            statsd_address,
            zabbix_address,
            tls: config.tls,
            first_password,
            context,
            sharing,
            handle,
            server,
            tasks,
            writer,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it takes StatsD; `None` when nowhere.
    pub fn statsd_address(&self) -> Option<SocketAddr> {
        self.statsd_address
    }

    /// Where it takes what Zabbix' senders send; `None` when nowhere.
    pub fn zabbix_address(&self) -> Option<SocketAddr> {
        self.zabbix_address
    }

    /// The address as people and agents write it.
    pub fn url(&self) -> String {
        let scheme = if self.tls == TlsMode::On { "https" } else { "http" };
        if self.address.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", self.address.port());
        }
        format!("{scheme}://{}", self.address)
    }

    /// The password of [`FIRST_USER`] if this start generated it. It is kept nowhere else.
    pub fn first_password(&self) -> Option<&str> {
        self.first_password.as_deref()
    }

    /// The CA's certificate, PEM: what clients must trust.
    pub fn ca_pem(&self) -> &str {
        self.context.ca.certificate_pem()
    }

    /// SHA-256 of the CA's certificate, hex, by which clients can know the port: only when the CA made the
    /// port's certificate.
    pub fn ca_fingerprint(&self) -> Option<&str> {
        let is_own = self.tls == TlsMode::On && self.context.config.tls_certificate.is_none();
        is_own.then(|| self.context.ca.fingerprint())
    }

    /// A join token for one more server of this cluster, valid for `lifetime`.
    ///
    /// # Errors
    /// [`SubmitError`] when the journal refuses it.
    pub async fn join_token(&self, uses: u32, lifetime: Duration) -> Result<String, SubmitError> {
        let made =
            crate::enrol::make_join_token(&self.context, Principal::master(), None, uses, lifetime).await?;
        Ok(made.secret)
    }

    /// Ends when this master is to be stopped and started anew, and says why.
    pub async fn deposed(&self) -> &'static str {
        // The sender lives as long as the master.
        let _ = self.context.bus.standing().watch().wait_for(|role| *role == MasterRole::Deposed).await;
        match self.context.members.aside() {
            Some(_) => {
                "the copy of the journal has records that the shared one has not: it is put aside and read anew"
            }
            None => "another master is the active one; starting anew as a standby",
        }
    }

    /// Stops: no new requests, a short grace for open ones, everything durable.
    pub async fn stop(mut self) {
        self.handle.graceful_shutdown(Some(GRACE));
        self.context.stop.give();
        // Ends when the last request is answered, and cuts what is left after the grace.
        let _ = self.server.await;
        self.tasks.shutdown().await;
        idle::save(&self.context).await;
        let standing = self.context.bus.standing();
        // One that does not hold it any more, and does not know yet, must not take it from whoever does.
        if let Some(sharing) = &self.sharing
            && standing.role() == MasterRole::Active
            && standing.is_held()
        {
            sharing.release().await;
        }
        let now = self.context.bus.clock().now();
        history::sync(Arc::clone(&self.context.history), now).await;
        self.context.bus.stop().await;
        let Self { context, sharing, writer, .. } = self;
        drop(sharing);
        let _ = tokio::task::spawn_blocking(move || {
            // It may have failed, and has nothing open then.
            let _ = writer.join();
            let aside = context.members.aside().cloned();
            drop(context);
            if let Some(Err(error)) = aside.map(|aside| aside.put()) {
                tracing::error!(error = %with_sources(&error), "the copy of the journal is not put aside; it is judged again");
            }
        })
        .await;
    }
}

fn identity_provider(config: &MasterConfig) -> Result<Option<Oidc>, ConfigError> {
    let url = config.public_url.as_deref().unwrap_or_default();
    let made = config.access.oidc.as_ref().map(|oidc| Oidc::new(oidc, url)).transpose();
    made.map_err(|message| ConfigError::Invalid { field: "access.oidc", message })
}

fn directory(config: &MasterConfig) -> Result<Option<Directory>, ConfigError> {
    let made = config.access.ldap.as_ref().map(Directory::new).transpose();
    made.map_err(|message| ConfigError::Invalid { field: "access.ldap", message })
}

/// Makes the data directory, for its owner only: it holds hashes of passwords and the CA's key.
/// One that is there keeps its mode.
fn make_directory(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Makes the first user with every right when there is no user at all.
///
/// Returns the password if none was given and one was generated.
pub(crate) async fn create_first_user(
    bus: &CommandBus,
    password_min: usize,
    given: Option<String>,
) -> Result<Option<String>, StartError> {
    if !bus.state().users().is_empty() {
        return Ok(None);
    }
    let given = given.filter(|password| !password.is_empty());
    let generated = match given {
        Some(_) => None,
        None => Some(secret::generate("").map_err(|error| StartError::FirstUser(error.to_string()))?),
    };
    let password = given.or_else(|| generated.clone()).unwrap_or_default();
    let hashed = password::hash(password_min, FIRST_USER, password).await;
    let password_hash = hashed.map_err(|error| StartError::FirstUser(error.to_string()))?;
    let command = Command::CreateUser {
        name: FIRST_USER.into(),
        password_hash,
        grants: vec![Grant { role: Role::Admin, path: None }],
    };
    bus.submit(Submission { principal: Principal::master(), command })
        .await
        .map_err(|error| StartError::FirstUser(error.to_string()))?;
    Ok(generated)
}

/// The password that the first user is to have, from the environment.
fn given_password() -> Option<String> {
    std::env::var("TOPMAST_ADMIN_PASSWORD").ok()
}

/// Where a master is reached that was not told, but listens there.
fn own_url(tls: TlsMode, listen: SocketAddr) -> String {
    let scheme = if tls == TlsMode::On { "https" } else { "http" };
    if listen.ip().is_unspecified() {
        let host = host_name().unwrap_or_else(|| "localhost".to_owned());
        return format!("{scheme}://{host}:{}", listen.port());
    }
    format!("{scheme}://{listen}")
}

/// Becomes the active master, in the epoch after the last one.
///
/// - `is_shared`: other masters can share its journal.
pub(crate) async fn activate(
    bus: &CommandBus,
    config: &MasterConfig,
    is_shared: bool,
) -> Result<Epoch, SubmitError> {
    let epoch = Epoch(bus.state().epoch().0 + 1);
    let (name, tenant) = (config.name.clone(), config.tenant.clone());
    let order = MasterOrder::Activate { name, epoch, place: place(is_shared), tenant };
    bus.submit(Submission { principal: Principal::master(), command: Command::ChangeMaster { order } })
        .await?;
    Ok(epoch)
}

async fn serve(
    context: &Arc<Context>,
    port: TcpListener,
    handle: &Handle<SocketAddr>,
    tasks: &mut JoinSet<()>,
) -> Result<JoinHandle<()>, StartError> {
    let refused = |source| StartError::Listen { address: context.config.listen, source };
    port.set_nonblocking(true).map_err(refused)?;
    let service = http::router(Arc::clone(context)).into_make_service_with_connect_info::<SocketAddr>();
    let handle = handle.clone();
    // No delay: most of what is sent is a small message that somebody waits for.
    let served = if context.config.tls == TlsMode::On {
        let (config, now) = (&context.config, context.bus.clock().now());
        let certificate = Arc::new(PortCertificate::open(config, &context.ca, names(config), now).await?);
        let acceptor = RustlsAcceptor::new(certificate.tls()).acceptor(NoDelayAcceptor::new());
        tasks.spawn(certificate::run(certificate, Arc::clone(context)));
        let server = axum_server::from_tcp(port).map_err(refused)?.acceptor(acceptor);
        tokio::spawn(async move { report(server.handle(handle).serve(service).await) })
    } else {
        let server = axum_server::from_tcp(port).map_err(refused)?.acceptor(NoDelayAcceptor::new());
        tokio::spawn(async move { report(server.handle(handle).serve(service).await) })
    };
    Ok(served)
}

fn report(served: std::io::Result<()>) {
    if let Err(error) = served {
        tracing::error!(%error, "the port is no longer served");
    }
}

/// Where this master runs; none where it cannot tell since when its system is up.
fn place(is_shared: bool) -> Option<MasterPlace> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let booted_s: i64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(MasterPlace {
        hostname: host_name()?,
        booted_at: UnixMillis(booted_s.saturating_mul(1_000)),
        pid: std::process::id(),
        is_shared,
    })
}

fn host_name() -> Option<String> {
    nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok())
}

/// Every name and address under which this master can be reached.
fn names(config: &MasterConfig) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if let Some(host) = host_name() {
        names.insert(0, host);
    }
    if !config.listen.ip().is_unspecified() {
        names.push(config.listen.ip().to_string());
    }
    names.extend(config.tls_names.iter().cloned());
    names.sort();
    names.dedup();
    names
}
