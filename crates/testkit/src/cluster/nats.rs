//! A NATS server as a process.

use crate::process::{Process, ProcessError, loopback};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CLIENTS: u16 = 4222;
const ROUTES: u16 = 6222;
const MONITOR: u16 = 8222;
/// A monitor that says nothing for so long is not asked again.
const MONITOR_WITHIN: Duration = Duration::from_secs(1);

/// A server: started, killed and started again in its place.
#[derive(Debug)]
pub struct NatsServer {
    process: Process,
    name: String,
    address: Ipv4Addr,
    directory: PathBuf,
}

impl NatsServer {
    /// Starts so many that know each other.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn start_all(directory: &Path, count: usize) -> Result<Vec<Self>, ProcessError> {
        let addresses: Vec<_> = (0..count).map(|_| loopback()).collect();
        let start = |(number, address): (usize, &Ipv4Addr)| {
            let name = format!("n{}", number + 1);
            let directory = directory.join(&name);
            let config = config(&name, *address, &addresses, &directory);
            fs::create_dir_all(&directory)
                .and_then(|()| fs::write(directory.join("server.conf"), config))
                .map_err(ProcessError::system("write the configuration of", name.as_str()))?;
            Ok(Self { process: spawn(&directory)?, name, address: *address, directory })
        };
        addresses.iter().enumerate().map(start).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        (self.address, CLIENTS).into()
    }

    /// Where it is reached, as masters are told.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    /// Its process, for signals.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again after it ended.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn start_again(&mut self) -> Result<(), ProcessError> {
        self.process = spawn(&self.directory)?;
        Ok(())
    }

    /// The server that leads a stream, as this one knows it.
    pub async fn leader_of(&self, stream: &str) -> Option<String> {
        let url = format!("http://{}:{MONITOR}/jsz?streams=true", self.address);
        let client = reqwest::Client::builder().timeout(MONITOR_WITHIN).no_proxy().build().ok()?;
        let said = client.get(url).send().await.ok()?.bytes().await.ok()?;
        let said: serde_json::Value = serde_json::from_slice(&said).ok()?;
        let mut streams = said["account_details"].as_array()?.iter();
        let found = streams.find_map(|account| {
            account["stream_detail"].as_array()?.iter().find(|detail| detail["name"] == stream)
        })?;
        found["cluster"]["leader"].as_str().map(str::to_owned)
    }
}

fn config(name: &str, address: Ipv4Addr, all: &[Ipv4Addr], directory: &Path) -> String {
    let alone = format!(
        "server_name: {name}\nlisten: \"{address}:{CLIENTS}\"\nhttp: \"{address}:{MONITOR}\"\n\
         jetstream {{ store_dir: \"{}\" }}\n",
        directory.join("store").display()
    );
    if all.len() == 1 {
        return alone;
    }
    let routes: Vec<_> = all.iter().map(|other| format!("\"nats://{other}:{ROUTES}\"")).collect();
    // Clients are not told of the other servers: they would go around a line that is cut.
    format!(
        "{alone}cluster {{\n  name: test\n  listen: \"{address}:{ROUTES}\"\n  no_advertise: true\n  routes: [{}]\n}}\n",
        routes.join(", ")
    )
}

fn spawn(directory: &Path) -> Result<Process, ProcessError> {
    let config = directory.join("server.conf");
    let arguments = ["--config".as_ref(), config.as_os_str()];
    Process::start(Path::new("nats-server"), arguments, &[], &directory.join("server.log"))
}
