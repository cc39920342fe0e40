//! A store that is a program of its own, on a port and a folder of its own, killed and started again.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far longer than a start takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

pub(super) struct Server {
    process: Option<Child>,
    address: SocketAddr,
    folder: TempDir,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prometheus,
    VictoriaMetrics,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

impl Server {
    /// Starts one, or says why not.
    pub(super) fn prometheus() -> Option<Self> {
        Self::start(Kind::Prometheus)
    }

    /// Starts one, or says why not.
    pub(super) fn victoria_metrics() -> Option<Self> {
        Self::start(Kind::VictoriaMetrics)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn start(kind: Kind) -> Option<Self> {
        // Free a moment ago, on an address that no other test of this process or machine has.
        let [.., high, low] = std::process::id().to_be_bytes();
        let listener = TcpListener::bind(SocketAddr::from(([127, 121, high, low.max(1)], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let mut server = Self { process: None, address, folder: tempfile::tempdir().unwrap(), kind };
        match server.spawn() {
            Ok(()) => Some(server),
            Err(error) => {
                println!("skipped: the store cannot be started ({error}); scripts/setup test installs it");
                None
            }
        }
    }

    pub(super) fn start_again(&mut self) {
        self.spawn().unwrap();
    }

    fn spawn(&mut self) -> std::io::Result<()> {
        let data = self.folder.path().join("data");
        let mut command = match self.kind {
            Kind::Prometheus => {
                let config = self.folder.path().join("prometheus.yml");
                std::fs::write(&config, "global: {}\n")?;
                let mut command = Command::new("prometheus");
                command
                    .arg(format!("--config.file={}", config.display()))
                    .arg(format!("--storage.tsdb.path={}", data.display()))
                    .arg(format!("--web.listen-address={}", self.address))
                    .arg("--web.enable-remote-write-receiver");
                command
            }
            Kind::VictoriaMetrics => {
                let mut command = Command::new("victoria-metrics");
                command
                    .arg(format!("-storageDataPath={}", data.display()))
                    .arg(format!("-httpListenAddr={}", self.address))
                    .args(["-retentionPeriod=1", "-memory.allowedBytes=64MiB"]);
                command
            }
        };
        self.process =
            Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        let begun = Instant::now();
        while !self.is_ready() {
            assert!(begun.elapsed() < DEADLINE, "the store does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let path = if self.kind == Kind::Prometheus { "/-/ready" } else { "/health" };
        let ask = || {
            let mut stream = TcpStream::connect(self.address)?;
            std::io::Write::write_all(&mut stream, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            std::io::Result::Ok(answer)
        };
        ask().is_ok_and(|answer| answer.contains(" 200 "))
    }

    /// Ends it: Prometheus, whose log holds what it took, without a word. The other one keeps what it took in
    /// memory for seconds, so it is asked to end.
    pub(super) fn end(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        if self.kind == Kind::Prometheus {
            let _ = process.kill();
        } else {
            let pid = nix::unistd::Pid::from_raw(i32::try_from(process.id()).unwrap());
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT);
        }
        let _ = process.wait();
    }
}
