//! Real masters of this very `topmast`, and the nats-server that they share a journal on, each at a loopback address
//! of its own.

use crate::{DEADLINE, Run, finish};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

pub(crate) const USER: &str = "admin";
pub(crate) const PASSWORD: &str = "a password of tests only";

/// Time between two looks at what is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

fn loopback() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(2);
    let [_, _, a, b] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, a, b, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Looks until something is found.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A command of this `topmast`.
pub(crate) fn topmast(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_topmast"));
    command.args(arguments).env_clear().kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command that talks to no master.
pub(crate) async fn here(arguments: &[&str]) -> Run {
    finish(topmast(arguments)).await
}

/// A nats-server, of Debian's package of that name, with its store in a folder.
pub(crate) struct Nats {
    child: Child,
    address: Ipv4Addr,
    pub(crate) store: PathBuf,
}

impl Nats {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_at(folder.join("nats"), loopback())
    }

    fn start_at(store: PathBuf, address: Ipv4Addr) -> Self {
        let child = Command::new("nats-server")
            .args(["-a", &address.to_string(), "-p", "4333", "-js", "-sd"])
            .arg(&store)
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, address, store }
    }

    /// Starts it again where it was.
    pub(crate) fn again(&mut self) {
        *self = Self::start_at(self.store.clone(), self.address);
    }

    pub(crate) async fn stop(&mut self) {
        end(&mut self.child, Signal::SIGTERM).await;
    }

    /// The section of a master's configuration.
    pub(crate) fn section(&self) -> String {
        format!(
            "[journal]\nstore = \"jetstream\"\nservers = [\"nats://{}:4333\"]\nreplicas = 1\n",
            self.address
        )
    }
}

/// A master's folder and, while it runs, its process.
pub(crate) struct Master {
    child: Option<Child>,
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
    name: String,
}

impl Master {
    /// Prepares one that does not run yet.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        Self { child: None, folder, url: format!("http://{}:7400", loopback()), name: name.to_owned() }
    }

    /// One that shares the CA and the key of sealed secrets with another.
    pub(crate) fn beside(&self, folder: &Path, name: &str) -> Self {
        let other = Self::new(folder, name);
        fs::create_dir_all(other.data().join("ca")).unwrap();
        for file in ["ca/ca.pem", "ca/ca.key", "seal.key"] {
            fs::copy(self.data().join(file), other.data().join(file)).unwrap();
        }
        other
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Writes its configuration, with more lines; returns the file's path.
    pub(crate) fn configure(&self, more: &str) -> String {
        let path = self.folder.join("master.toml");
        let listen = self.url.trim_start_matches("http://");
        let text = format!(
            "name = \"{}\"\nlisten = \"{listen}\"\ndata = \"{}\"\ntls = \"off\"\n{more}",
            self.name,
            self.data().display()
        );
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Starts it and waits until it takes commands, of its own or of the active master.
    pub(crate) async fn start(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log")).unwrap();
        let config = self.folder.join("master.toml").display().to_string();
        let mut command = topmast(&["master", "--config", &config]);
        command.env("TOPMAST_ADMIN_PASSWORD", PASSWORD);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        until("the master takes commands", async || {
            (self.run(&["join-tokens", "create"]).await.code == 0).then_some(())
        })
        .await;
    }

    /// Ends it as it should be.
    pub(crate) async fn stop(&mut self) {
        end(self.child.as_mut().unwrap(), Signal::SIGTERM).await;
    }

    /// Ends it as a power cut does.
    pub(crate) async fn kill(&mut self) {
        end(self.child.as_mut().unwrap(), Signal::SIGKILL).await;
    }

    /// Runs a command as the first user.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        let mut command = topmast(arguments);
        command.env("TOPMAST_URL", &self.url).env("TOPMAST_USER", USER).env("TOPMAST_PASSWORD", PASSWORD);
        finish(command).await
    }

    /// Runs a command that must do as it is told.
    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments).await;
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        run.out
    }

    /// The journal's end, once its chain is proven: how many records, and the last one's hash.
    pub(crate) async fn head(&self) -> (u64, String) {
        let found: serde_json::Value =
            serde_json::from_str(&self.done(&["audit", "verify", "--json"]).await).unwrap();
        assert_eq!(found["ok"], true, "{found}");
        (found["head_seq"].as_u64().unwrap(), found["head_hash"].as_str().unwrap().to_owned())
    }
}

pub(crate) async fn end(child: &mut Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap());
    kill(pid, signal).unwrap();
    tokio::time::timeout(DEADLINE, child.wait()).await.unwrap().unwrap();
}
