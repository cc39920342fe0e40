//! The agent built for other systems, run here by an emulator, with a real master of this machine.
//!
//! `cargo xtask cross` builds them and names their folder in `TOPMAST_CROSS`; without it, or without the emulator,
//! these tests say so and do nothing. An emulated agent does what any other does: it enrols, its server is UP with
//! figures, it starts, restarts and stops an application, and takes it over after its own violent end.

use anyhow::{Context, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use topmast_api::action::ActionRequest;
use topmast_api::application::ApplicationRow;
use topmast_api::client::Client;
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_model::application::Operation;
use topmast_model::cause::Cause;
use topmast_model::path::ObjectPath;
use topmast_model::status::{ActionStatus, ApplicationStatus, ServerStatus};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::process::Process;
use topmast_testkit::wait::{wait_for, wait_until};

/// Names the folder of programs for other systems.
const FOLDER: &str = "TOPMAST_CROSS";
/// wine makes its folder of Windows at the first start, and an emulated processor is some ten times slower.
const DEADLINE: Duration = Duration::from_mins(3);
const NAME: &str = "away";

/// An agent of another system.
struct Emulated {
    /// Runs the program.
    emulator: PathBuf,
    program: PathBuf,
    directory: PathBuf,
    environment: Vec<(String, String)>,
    /// How the emulated system writes a path of this machine.
    path: fn(&Path) -> String,
}

impl Emulated {
    /// `None`, with the reason printed, when it cannot be run here.
    #[expect(clippy::print_stderr, reason = "a test that does nothing says why")]
    fn find(fleet: &Path, emulator: &str, program: &str, path: fn(&Path) -> String) -> Option<Self> {
        let Some(folder) = std::env::var_os(FOLDER) else {
            eprintln!("not run: {FOLDER} is not set; cargo xtask cross builds the programs and sets it");
            return None;
        };
        let (emulator, program) = (PathBuf::from(emulator), Path::new(&folder).join(program));
        if let Some(missing) = [&emulator, &program].into_iter().find(|path| !path.exists()) {
            eprintln!("not run: {} is missing", missing.display());
            return None;
        }
        Some(Self { emulator, program, directory: fleet.join(NAME), environment: Vec::new(), path })
    }

    /// A path below the agent's folder, as the emulated system writes it.
    fn own(&self, name: &str) -> String {
        (self.path)(&self.directory.join(name))
    }

    /// Writes its configuration and units.
    fn write(&self, master: &str, token: &str, units: &[(&str, String)]) -> anyhow::Result<()> {
        fs::create_dir_all(self.directory.join("apps.d"))?;
        let config = format!(
            "name = \"{NAME}\"\ndata_dir = '{}'\nunits_dir = '{}'\nmasters = [\"{master}\"]\njoin_token = \"{token}\"\n",
            self.own("data"),
            self.own("apps.d"),
        );
        fs::write(self.directory.join("agent.toml"), config)?;
        for (name, unit) in units {
            fs::write(self.directory.join(format!("apps.d/{name}.toml")), unit)?;
        }
        Ok(())
    }

    /// Runs the program to its end; returns what it said.
    async fn tell(&self, words: &[&str]) -> anyhow::Result<String> {
        let mut command = tokio::process::Command::new(&self.emulator);
        command.arg(&self.program).args(words).envs(self.environment.iter().cloned());
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(DEADLINE, output).await.context("the program does not end")??;
        Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    fn start(&self) -> anyhow::Result<Process> {
        let arguments: [OsString; 3] =
            [self.program.clone().into(), "--config".into(), self.own("agent.toml").into()];
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(Process::start(&self.emulator, arguments, &environment, &self.directory.join("agent.log"))?)
    }
}

/// One Windows of wine: its folder, and its server, which is told to end with it.
struct Wine(PathBuf);

impl Drop for Wine {
    fn drop(&mut self) {
        // It ends every process of this folder's Windows; without one there is nothing to end.
        let _ = Command::new("wineserver")
            .args(["-k", "-w"])
            .env("WINEPREFIX", &self.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

async fn server(client: &Client) -> Option<ServerRow> {
    let servers = client.list_all::<ServerRow>(&ListQuery::default()).await.ok()?;
    servers.items.into_iter().find(|server| server.name == NAME)
}

async fn application(client: &Client, name: &str) -> Option<ApplicationRow> {
    let applications = client.list_all::<ApplicationRow>(&ListQuery::default()).await.ok()?;
    applications.items.into_iter().find(|application| application.name == name)
}

/// Waits until an application has a status.
async fn is(client: &Client, name: &str, status: ApplicationStatus) -> anyhow::Result<ApplicationRow> {
    let what = format!("{name} is {status}");
    let look = async || application(client, name).await.filter(|row| row.status == status && !row.stale);
    Ok(wait_for(&what, DEADLINE, look).await?)
}

/// Asks for an operation and waits for its end, which must be good.
async fn ask(client: &Client, operation: Operation, target: &ObjectPath) -> anyhow::Result<()> {
    let request = ActionRequest {
        reason: Some("system test".into()),
        override_guards: true,
        ..ActionRequest::new(operation, vec![target.clone()])
    };
    let action = client.action_create(&request).await?;
    let look =
        async || client.action_get(action.id).await.ok().filter(|action| action.completed_at.is_some());
    let ended = wait_for(&format!("{operation} {target} ends"), DEADLINE, look).await?;
    ensure!(ended.status == ActionStatus::Succeeded, "{operation} {target}: {ended:?}");
    Ok(())
}

/// What every emulated agent must be able to do; returns the row of its server.
async fn runs_applications(
    client: &Client,
    agent: &mut Process,
    again: impl FnOnce() -> anyhow::Result<Process>,
) -> anyhow::Result<ServerRow> {
    let look =
        async || server(client).await.filter(|row| row.status == ServerStatus::Up && row.cpu_pct.is_some());
    let row = wait_for("the server is UP with figures", DEADLINE, look).await?;
    ensure!(row.memory_pct.is_some() && row.cpu_count.is_some_and(|count| count > 0), "{row:?}");

    let first = is(client, "app", ApplicationStatus::Started).await?;
    let has_memory = async || application(client, "app").await.is_some_and(|row| row.memory_bytes > Some(0));
    wait_until("the application has a memory", DEADLINE, has_memory).await?;
    ask(client, Operation::Restart, &first.path).await?;
    let second = is(client, "app", ApplicationStatus::Started).await?;
    ensure!(first.pid.is_some() && second.pid.is_some() && first.pid != second.pid, "{first:?} {second:?}");

    agent.kill()?;
    *agent = again()?;
    let look = async || {
        application(client, "app").await.filter(|row| matches!(row.cause_detail, Cause::Adopted { .. }))
    };
    let adopted = wait_for("the application is taken over", DEADLINE, look).await?;
    ensure!(adopted.pid == second.pid, "{second:?} {adopted:?}");

    ask(client, Operation::Stop, &first.path).await?;
    is(client, "app", ApplicationStatus::Stopped).await?;
    ask(client, Operation::Start, &first.path).await?;
    is(client, "app", ApplicationStatus::Started).await?;
    Ok(row)
}

#[tokio::test]
async fn agent_of_a_big_endian_machine_runs_applications() -> anyhow::Result<()> {
    let fleet = TestFleet::start("s390x").await?;
    let plain = |path: &Path| path.display().to_string();
    let program = "s390x-unknown-linux-gnu/agent/topmast-agent";
    let Some(mut away) = Emulated::find(fleet.path(), "/usr/bin/qemu-s390x", program, plain) else {
        return Ok(fleet.finish()?);
    };
    // Where Debian's cross compiler keeps the libraries of the machine.
    away.environment.push(("QEMU_LD_PREFIX".into(), "/usr/s390x-linux-gnu".into()));
    // The folder marks what the test leaves behind when it fails, so that it is ended with it.
    let unit = format!(
        "command = [\"/bin/sleep\", \"86400\"]\nstart_wait = \"100ms\"\nworking_directory = \"{}\"\n",
        away.directory.display()
    );
    away.write(fleet.url(), &fleet.join_token(1).await?, &[("app", unit)])?;
    let mut agent = away.start()?;
    let row = runs_applications(&fleet.client(), &mut agent, || away.start()).await?;
    ensure!(row.architecture.as_deref() == Some("s390x"), "{row:?}");
    drop(agent);
    Ok(fleet.finish()?)
}

/// How wine shows this machine's files.
fn drive(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}

/// The agent of Windows in a Windows of its own; `None`, with the reason printed, when it cannot be run here.
fn windows(fleet: &Path) -> Option<(Emulated, Wine)> {
    let program = "x86_64-win7-windows-gnu/agent/topmast-agent.exe";
    let mut away = Emulated::find(fleet, "/usr/lib/wine/wine64", program, drive)?;
    let wine = Wine(fleet.join("wine"));
    away.environment = [
        ("WINEPREFIX", wine.0.to_str()?),
        ("WINEDEBUG", "-all"),
        // Neither .NET nor a browser is asked to be installed.
        ("WINEDLLOVERRIDES", "mscoree,mshtml="),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    Some((away, wine))
}

#[tokio::test]
async fn agent_of_windows_runs_applications() -> anyhow::Result<()> {
    let fleet = TestFleet::start("windows").await?;
    let Some((away, wine)) = windows(fleet.path()) else { return Ok(fleet.finish()?) };
    // The application is an agent too: it ends by Ctrl+C in order, and says so. wine 8 has no Ctrl+Break, which is
    // the default, and fails the call for it. What was taken over is not reached there and ends after its grace: wine
    // takes those of the sender's group for all in the console.
    let own = drive(&away.program);
    let inner = format!(
        "command = ['{own}', '--master', 'http://127.0.0.1:9', '--join-token', 'x', '--data', '{}', '--units', '{}']\n\
         start_wait = \"100ms\"\nstop_grace = \"5s\"\nstop_signal = \"CTRL_C\"\n",
        away.own("inner"),
        away.own("inner.d"),
    );
    // What is ended by force ends with what it started.
    let tree = format!(
        "command = ['cmd.exe', '/c', '{own}', '--master', 'http://127.0.0.1:9', '--join-token', 'x', '--data', '{}', \
         '--units', '{}']\nstart_wait = \"100ms\"\nstop_signal = \"TERMINATE\"\n",
        away.own("leaf"),
        away.own("leaf.d"),
    );
    let service = "kind = \"windows-service\"\nwindows_service = \"Spooler\"\n".to_owned();
    let units = [("app", inner), ("tree", tree), ("Spooler", service)];
    away.write(fleet.url(), &fleet.join_token(1).await?, &units)?;
    let mut agent = away.start()?;
    let client = fleet.client();
    let row = runs_applications(&client, &mut agent, || away.start()).await?;
    ensure!(row.os.as_deref().is_some_and(|os| os.contains("Windows")), "{row:?}");
    let output = fs::read_to_string(away.directory.join("data/output/app.log"))?;
    ensure!(output.contains("the agent ends"), "the application was not asked by Ctrl+C:\n{output}");

    let leaf = away.directory.join("leaf/agent.lock");
    let tree = is(&client, "tree", ApplicationStatus::Started).await?;
    wait_until("the tree has grown", DEADLINE, async || leaf.exists()).await?;
    ask(&client, Operation::Stop, &tree.path).await?;
    ensure!(processes_with(&away.own("leaf.d")) == 0, "a process of a stopped application runs on");

    let spooler = is(&client, "Spooler", ApplicationStatus::Stopped).await?;
    ask(&client, Operation::Start, &spooler.path).await?;
    is(&client, "Spooler", ApplicationStatus::Started).await?;
    ask(&client, Operation::Stop, &spooler.path).await?;
    is(&client, "Spooler", ApplicationStatus::Stopped).await?;
    drop(agent);
    drop(wine);
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn agent_of_windows_is_installed_as_a_service_and_removed() -> anyhow::Result<()> {
    let fleet = TestFleet::start("service").await?;
    let Some((away, wine)) = windows(fleet.path()) else { return Ok(fleet.finish()?) };
    away.write(fleet.url(), &fleet.join_token(1).await?, &[])?;
    let refused =
        away.tell(&["service", "install", "--master", "https://m:1", "--join-token", "secret"]).await?;
    ensure!(refused.contains("--join-token-file"), "{refused}");
    let config = away.own("agent.toml");
    let said = away.tell(&["service", "install", "--config", &config]).await?;
    let client = fleet.client();
    let is_up = async || server(&client).await.is_some_and(|row| row.status == ServerStatus::Up);
    wait_until("the service is UP", DEADLINE, is_up).await.context(said)?;
    let log = fs::read_to_string(away.directory.join("data/agent.log"))?;
    ensure!(log.contains("connected"), "{log}");
    let said = away.tell(&["service", "uninstall"]).await?;
    let is_gone = async || server(&client).await.is_some_and(|row| !row.connected);
    wait_until("the service is gone", DEADLINE, is_gone).await.context(said)?;
    let said = away.tell(&["service", "uninstall"]).await?;
    ensure!(said.contains("is it installed?"), "{said}");
    drop(wine);
    Ok(fleet.finish()?)
}

/// How many processes of this machine have a word in their command lines.
fn processes_with(word: &str) -> usize {
    let Ok(entries) = fs::read_dir("/proc") else { return 0 };
    let lines = entries.flatten().filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(word)).count()
}
