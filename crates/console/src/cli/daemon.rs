//! `topmast master`, `topmast agent` and `topmast dev`: the parts themselves, run in the foreground.
//!
//! ```text
//! dev ─┬─ master   in this process, plain HTTP on loopback, journal below DATA/master
//!      ├─ agent    in this process on a thread of its own, state below DATA/agent
//!      └─ demo     a process of its own, run by the agent from DATA/apps.d/payment-switch.toml
//! ```

use super::failure::Failure;
use crate::output::terminal;
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use topmast_agent::config::{Config, ConfigFile};
use topmast_master::config::{JoinConfig, MasterConfig, TlsMode};
use topmast_master::{FIRST_USER, Master};
use topmast_model::error::with_sources;
use tracing_subscriber::EnvFilter;

/// How long the local agent may use its join token: the first start only.
const JOIN_WITHIN: Duration = Duration::from_mins(10);
/// Unit file of the demo.
const DEMO_UNIT: &str = "payment-switch.toml";

/// Arguments of `topmast master`; flags win over the file.
#[derive(Debug, Args)]
pub(crate) struct MasterArguments {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to serve on
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Directory of the journal and the CA
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// TLS on the port; off on a loopback address only
    #[arg(long, value_name = "on|off")]
    tls: Option<Tls>,
    /// Where people find the console; messages link to it
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Show and reach another cluster too, whose API token speaks for users; may be given several times
    #[arg(long = "join", value_name = "NAME=URL[,URL…],token=file:PATH[,ca=PATH]")]
    joins: Vec<JoinConfig>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tls {
    On,
    Off,
}

/// Arguments of `topmast dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArguments {
    /// Loopback address to serve on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7400")]
    listen: SocketAddr,
    /// Directory of everything that is kept
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Where people find the console; messages link to it
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Do not run the demo payment switch
    #[arg(long)]
    no_demo: bool,
    /// Know the access keys that test suites for AWS use (test/test), for this run
    #[arg(long)]
    aws_test_keys: bool,
}

/// Runs a master until a signal ends it.
pub(crate) fn master(arguments: MasterArguments) -> Result<(), Failure> {
    log_to_stderr("info");
    let mut config = match &arguments.config {
        Some(path) => MasterConfig::load(path).map_err(failed)?,
        None => MasterConfig::default(),
    };
    config.listen = arguments.listen.unwrap_or(config.listen);
    config.data = arguments.data.unwrap_or(config.data);
    config.public_url = arguments.public_url.or(config.public_url);
    config.joins.retain(|join| arguments.joins.iter().all(|given| given.name != join.name));
    config.joins.extend(arguments.joins);
    config.tls = match arguments.tls {
        Some(Tls::On) => TlsMode::On,
        Some(Tls::Off) => TlsMode::Off,
        None => config.tls,
    };
    runtime()?.block_on(async {
        let end = termination()?;
        tokio::pin!(end);
        loop {
            let master = Master::start(config.clone()).await.map_err(failed)?;
            terminal::print(&greeting(&master)).map_err(Failure::Output)?;
            let why = tokio::select! {
                () = &mut end => None,
                why = master.deposed() => Some(why),
            };
            terminal::notice(why.unwrap_or("stopping"));
            master.stop().await;
            if why.is_none() {
                return Ok(());
            }
        }
    })
}

/// Runs an agent until a signal ends it.
pub(crate) fn agent(arguments: topmast_agent::program::Arguments) -> Result<(), Failure> {
    log_to_stderr(if arguments.is_verbose() { "debug" } else { "info" });
    arguments.run().map_err(|error| Failure::Daemon(format!("{error:#}")))
}

/// Runs a master, an agent and the demo until a signal ends the first two.
pub(crate) fn dev(arguments: &DevArguments) -> Result<(), Failure> {
    log_to_stderr("warn");
    if !arguments.listen.ip().is_loopback() {
        let text = "topmast dev serves plain HTTP, so it listens on 127.0.0.1 only; for the network run topmast master";
        return Err(Failure::Usage(text.into()));
    }
    let data = prepare(arguments)?;
    let config = MasterConfig {
        listen: arguments.listen,
        data: data.join("master"),
        tls: TlsMode::Off,
        public_url: arguments.public_url.clone(),
        aws_test_keys: arguments.aws_test_keys,
        ..MasterConfig::default()
    };
    runtime()?.block_on(async {
        let end = termination()?;
        let master = Master::start(config).await.map_err(failed)?;
        let agent = agent_config(&data, &master).await?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let ended = runtime.block_on(topmast_agent::daemon::run(agent, async {
                // The sender's end means the same as its word.
                let _ = stopped.await;
            }));
            ended.map_err(std::io::Error::other)
        });
        terminal::print(&greeting(&master)).map_err(Failure::Output)?;
        end.await;
        terminal::notice(
            "stopping master and agent; applications go on, and are found again at the next start",
        );
        drop(stop);
        let ended = tokio::task::spawn_blocking(move || running.join()).await;
        master.stop().await;
        match ended {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(Failure::Daemon(format!("the agent ended: {error}"))),
            _ => Err(Failure::Daemon("the agent failed; its message is above".into())),
        }
    })
}

/// Makes the directories and, the first time, the demo's unit file.
fn prepare(arguments: &DevArguments) -> Result<PathBuf, Failure> {
    let make = |path: &Path| {
        std::fs::create_dir_all(path)
            .map_err(|error| Failure::Daemon(format!("make directory {}: {error}", path.display())))
    };
    make(&arguments.data)?;
    let data = arguments
        .data
        .canonicalize()
        .map_err(|error| Failure::Daemon(format!("find directory {}: {error}", arguments.data.display())))?;
    let units = data.join("apps.d");
    make(&units)?;
    let unit = units.join(DEMO_UNIT);
    if !arguments.no_demo && !unit.exists() {
        match demo_program() {
            Some(program) => std::fs::write(&unit, demo_unit(&program))
                .map_err(|error| Failure::Daemon(format!("write {}: {error}", unit.display())))?,
            None => {
                terminal::notice(
                    "the demo is not beside this program, so it is left out; make run builds it",
                );
            }
        }
    }
    Ok(data)
}

/// The local agent's configuration; with a join token the first time only.
async fn agent_config(data: &Path, master: &Master) -> Result<Config, Failure> {
    let data_dir = data.join("agent");
    let join_token = if topmast_agent::daemon::is_enrolled(&data_dir) {
        None
    } else {
        Some(master.join_token(1, JOIN_WITHIN).await.map_err(failed)?)
    };
    let file = ConfigFile {
        data_dir: Some(data_dir),
        units_dir: Some(data.join("apps.d")),
        masters: vec![master.url()],
        labels: [("role".to_owned(), "demo".to_owned())].into(),
        join_token,
        ..ConfigFile::default()
    };
    let config = file.resolve().map_err(failed)?;
    Ok(Config { with_master: true, ..config })
}

/// The demo's program, built beside this one.
fn demo_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.with_file_name("payment-switch");
    program.exists().then_some(program)
}

fn demo_unit(program: &Path) -> String {
    let program = toml::Value::String(program.display().to_string());
    format!(
        "# The demo payment switch. Change it as you like; `topmast restart payment-switch` applies it.\n\
         kind = \"process\"\n\
         command = [{program}, \"--listen\", \"127.0.0.1:7480\", \"--rate\", \"200\"]\n\
         http_port = 7480\n\
         \n\
         [health]\n\
         http = \"/health\"\n\
         interval = \"2s\"\n\
         \n\
         [[service]]\n\
         source = \"topmast\"\n\
         interval = \"1s\"\n{DEMO_ACTIONS}"
    )
}

/// What can be done with the demo and its services beside running it.
const DEMO_ACTIONS: &str = include_str!("../../../../demo/payment-switch/actions.toml");

/// What is printed once the port is served.
fn greeting(master: &Master) -> String {
    let url = master.url();
    let login = match master.first_password() {
        Some(password) => format!("{FIRST_USER}, password {password}   (shown this once)"),
        None => format!("{FIRST_USER}, with the password that the first start showed or took"),
    };
    let (ca, trust) = match master.ca_fingerprint() {
        Some(fingerprint) => {
            (format!("  CA        SHA-256 {fingerprint}\n"), format!(" --fingerprint {fingerprint}"))
        }
        None => (String::new(), String::new()),
    };
    format!(
        "topmast {version} is running\n\n  console   {url}\n  log in    {login}\n{ca}\n  \
         topmast login {url} --user {FIRST_USER}{trust}\n  topmast servers\n\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// Ends with the first SIGTERM or SIGINT from now on.
fn termination() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Output)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Output)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Output)
}

/// Logs to standard error; `TOPMAST_LOG` overrides the level, e.g. `topmast_master=debug`.
pub(super) fn log_to_stderr(level: &str) {
    // The SNMP client logs each packet that is not answered; what matters of it is said by the master.
    let usual = || EnvFilter::new(format!("{level},async_snmp=off"));
    let filter = EnvFilter::try_from_env("TOPMAST_LOG").unwrap_or_else(|_| usual());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// An error with its causes, on one line.
pub(super) fn failed(error: impl std::error::Error) -> Failure {
    Failure::Daemon(with_sources(&error))
}
