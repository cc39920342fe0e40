//! The whole agent: identity first, then supervising, seeing and talking until told to end.
//!
//! ```text
//! Config -> Ledger -> Supervisor --views--> checks -> Board -> Sampler -> Spool -> a link for each master
//!                        ^------------------ orders ----------------------------------/
//! ```
//!
//! Several agents can run in one process: nothing here is global. Supervising does not wait for a master, not
//! even for enrolment.

use crate::config::Config;
use crate::configuration;
use crate::containers::{ContainerBoard, Engine};
use crate::ledger::{Ledger, OpenError};
use crate::log::Logs;
use crate::package::{Courier, Packages};
use crate::sampler::{Sampler, now};
use crate::service::{Board, Checks, Loops};
use crate::spool::{Spool, SpoolError};
use crate::supervisor::{StartError, Supervisor, SupervisorConfig, SupervisorHandle};
use crate::task::{RunOrder, Tasks};
use crate::terminal::Terminals;
use crate::transport::{EnrolError, IdentityError, IdentityStore, Link, LinkContext, enrol};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use topmast_model::server::ServerRole;

/// Most bytes of an application's output file before it is rotated.
const OUTPUT_MAX: u64 = 10 << 20;
/// Waits between two attempts to enrol: a master that starts, and a person who must do something.
const ENROL_RETRY: Duration = Duration::from_secs(2);
const ENROL_RETRY_REFUSED: Duration = Duration::from_mins(1);

/// Where the agent keeps its key and certificate, in its data directory.
const IDENTITY_FILE: &str = "identity.json";

/// True when the agent of this data directory has an identity, and so needs no join token.
pub fn is_enrolled(data_dir: &Path) -> bool {
    data_dir.join(IDENTITY_FILE).exists()
}

/// Why the agent could not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The identity file.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The supervisor.
    #[error(transparent)]
    Supervisor(#[from] StartError),
    /// There is neither an identity nor a token to get one.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

/// Runs an agent until `shutdown` resolves. The applications go on running.
///
/// # Errors
/// [`RunError`] when it cannot start; once it runs, it goes on whatever happens to masters, disks and checks.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    let ledger = Ledger::open(&config.data_dir)?;
    let identity_file = config.data_dir.join(IDENTITY_FILE);
    let identity = IdentityStore::load(identity_file.clone())?;
    if identity.is_none() && config.join_token.is_none() {
        return Err(EnrolError::NoToken.into());
    }
    let cursors: Vec<String> = config.masters.iter().map(Link::cursor_name).collect();
    let spool_dir = config.data_dir.join("spool");
    let spool = Arc::new(Spool::open(&spool_dir, config.spool_bytes, cursors.iter().map(String::as_str))?);
    let packages = Packages { courier: Arc::default(), policy: config.packages.clone() };
    let supervisor = Supervisor::start(
        SupervisorConfig {
            units_dir: config.units_dir.clone(),
            data_dir: config.data_dir.clone(),
            output_max: OUTPUT_MAX,
            packages: packages.clone(),
            configuration_roots: config.configuration_roots.clone(),
        },
        ledger.clone(),
    )?;
    let board = Arc::new(Mutex::new(Board::open(config.data_dir.join("services.json"))));

    let mut parts = JoinSet::new();
    parts.spawn(check_services(
        supervisor.clone(),
        Arc::clone(&board),
        ledger.clone(),
        config.data_dir.join("logs"),
    ));
    parts.spawn(configuration::watch(
        config.data_dir.clone(),
        config.configuration_interval,
        supervisor.applications(),
        ledger.clone(),
    ));
    let tasks = RunTasks::default();
    parts.spawn(run_tasks(
        supervisor.clone(),
        ledger.clone(),
        config.data_dir.join("tasks.json"),
        tasks.clone(),
    ));
    let containers = Arc::new(ContainerBoard::default());
    if let Some(socket) = config.docker_socket.clone() {
        parts.spawn(Engine::new(socket, Arc::clone(&containers)).run());
    }
    let sampler = Sampler::new(board, containers, Arc::clone(&spool));
    parts.spawn(sampler.run(config.interval, supervisor.applications()));
    let served = Served { supervisor: supervisor.clone(), tasks, courier: packages.courier };
    parts.spawn(talk(config, identity, identity_file, served, ledger, spool));
    tokio::pin!(shutdown);
    tokio::select! {
        () = &mut shutdown => tracing::info!("the agent ends; the applications go on"),
        // None of the parts ends by itself; one that did has panicked, and its supervisor restarts the agent.
        ended = parts.join_next() => {
            if let Some(Err(error)) = ended {
                tracing::error!(%error, "a part of the agent failed");
            }
        }
    }
    parts.shutdown().await;
    supervisor.shutdown().await;
    Ok(())
}

/// Keeps the checks in step with the applications.
async fn check_services(
    supervisor: SupervisorHandle,
    board: Arc<Mutex<Board>>,
    ledger: Ledger,
    logs: PathBuf,
) {
    let report = move |reports: Vec<_>| reports.into_iter().for_each(|report| ledger.append(report));
    let told = supervisor.clone();
    let version = move |application: &str, version: &str| told.told_version(application, version);
    let mut loops = Loops::new(Arc::new(Checks::new(board, report, version, now, logs)));
    let mut applications = supervisor.applications();
    loop {
        let views = applications.borrow_and_update().clone();
        loops.reconcile(&views);
        if applications.changed().await.is_err() {
            return;
        }
    }
}

/// Where orders to run a task go, once the tasks are known.
#[derive(Clone, Default)]
struct RunTasks(Arc<Mutex<Option<Tasks>>>);

impl RunTasks {
    fn order(&self, order: RunOrder) {
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = tasks
            .as_ref()
            .ok_or_else(|| "the agent is starting".to_owned())
            .and_then(|tasks| tasks.order(order));
        if let Err(error) = taken {
            tracing::warn!(error, "a task was not run, though a person asked for it");
        }
    }
}

/// Keeps the scheduled tasks in step with the applications.
async fn run_tasks(supervisor: SupervisorHandle, ledger: Ledger, file: PathBuf, tasks: RunTasks) {
    let report = move |report| ledger.append(report);
    let kept = || tasks.0.lock().unwrap_or_else(PoisonError::into_inner);
    *kept() = Some(Tasks::new(report, now, file));
    let mut applications = supervisor.applications();
    loop {
        let views = applications.borrow_and_update().clone();
        if let Some(tasks) = kept().as_mut() {
            tasks.reconcile(&views);
        }
        if applications.changed().await.is_err() {
            break;
        }
    }
    // The runs under way end with the agent.
    *kept() = None;
}

/// What does what masters ask for.
struct Served {
    supervisor: SupervisorHandle,
    tasks: RunTasks,
    courier: Arc<Courier>,
}

/// Enrols if need be, then keeps a link to every master.
async fn talk(
    config: Config,
    identity: Option<IdentityStore>,
    identity_file: PathBuf,
    Served { supervisor, tasks, courier }: Served,
    ledger: Ledger,
    spool: Arc<Spool>,
) {
    let identity = match identity {
        Some(identity) => identity,
        None => obtain_identity(&config, identity_file).await,
    };
    let server = identity.current().server;
    if server.name() != config.name {
        tracing::warn!(%server, name = config.name, "the server is enrolled under another name than configured");
    }
    tracing::info!(%server, "the agent speaks for this server");
    let (report, reports) = watch::channel(());
    let context = Arc::new(LinkContext {
        identity,
        ledger: ledger.clone(),
        reports,
        spool,
        logs: Arc::new(Logs::new(config.logs, &config.data_dir, supervisor.applications())),
        orders: Box::new(move |step| supervisor.execute(step)),
        courier,
        task_orders: Box::new(move |order| tasks.order(order)),
        terminals: Arc::new(Terminals::new(config.terminal)),
        role: if config.with_master { ServerRole::Master } else { ServerRole::Agent },
        labels: config.labels,
        interval: config.interval,
    });
    let mut links = JoinSet::new();
    for master in config.masters {
        links.spawn(Link::new(master, Arc::clone(&context)).run());
    }
    loop {
        ledger.changed().await;
        report.send_replace(());
    }
}

/// Asks one master after the other until one enrols this server.
async fn obtain_identity(config: &Config, file: PathBuf) -> IdentityStore {
    let token = config.join_token.as_deref().unwrap_or_default();
    let mut said = String::new();
    loop {
        let mut wait = ENROL_RETRY;
        for master in &config.masters {
            let enrolled = enrol(master, token, &config.name).await;
            let kept = enrolled.and_then(|identity| Ok(IdentityStore::create(file.clone(), identity)?));
            match kept {
                Ok(identity) => return identity,
                Err(error) => {
                    if !error.is_transient() {
                        wait = ENROL_RETRY_REFUSED;
                    }
                    if said != error.to_string() {
                        said = error.to_string();
                        tracing::warn!("this server is not enrolled yet: {said}");
                    }
                }
            }
        }
        tokio::time::sleep(wait).await;
    }
}
