//! A NATS server as a process.

use crate::process::{Process, ProcessError, loopback};
use crate::proxy::Proxy;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CLIENTS: u16 = 4222;
const ROUTES: u16 = 6222;
const MONITOR: u16 = 8222;
/// What a server says of where it is reached: nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";
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

/// Where servers listen, and how each reaches the others.
#[derive(Debug)]
pub(super) struct Network {
    addresses: Vec<Ipv4Addr>,
    /// From each server to each other one; empty when they know each other's own addresses.
    lines: Vec<Vec<Proxy>>,
}

impl Network {
    /// Of so many servers; with lines that can be cut, each of a pair has one of its own to the other.
    pub(super) async fn new(count: usize, is_cuttable: bool) -> io::Result<Self> {
        let addresses: Vec<_> = (0..count).map(|_| loopback()).collect();
        let mut lines = Vec::new();
        for from in addresses.iter().filter(|_| is_cuttable) {
            let mut own = Vec::new();
            for to in addresses.iter().filter(|to| *to != from) {
                own.push(Proxy::start(loopback(), (*to, ROUTES).into()).await?);
            }
            lines.push(own);
        }
        Ok(Self { addresses, lines })
    }

    /// The lines between a server and the others, both ways.
    pub(super) fn lines_of(&self, server: usize) -> impl Iterator<Item = &Proxy> {
        let target = SocketAddr::from((self.addresses[server], ROUTES));
        let own = move |(from, _): &(usize, &Proxy)| *from == server;
        let all =
            self.lines.iter().enumerate().flat_map(|(from, lines)| lines.iter().map(move |to| (from, to)));
        all.filter(move |line| own(line) || line.1.target() == target).map(|(_, line)| line)
    }

    /// Where a server is told that the others are.
    fn routes(&self, server: usize) -> Vec<SocketAddr> {
        match self.lines.get(server) {
            Some(lines) => lines.iter().map(Proxy::address).collect(),
            None => self.addresses.iter().map(|address| (*address, ROUTES).into()).collect(),
        }
    }
}

impl NatsServer {
    /// Starts those of a network.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub(super) fn start_all(directory: &Path, network: &Network) -> Result<Vec<Self>, ProcessError> {
        let start = |(number, address): (usize, &Ipv4Addr)| {
            let name = format!("n{}", number + 1);
            let directory = directory.join(&name);
            let config = config(&name, *address, &network.routes(number), &directory);
            fs::create_dir_all(&directory)
                .and_then(|()| fs::write(directory.join("server.conf"), config))
                .map_err(ProcessError::system("write the configuration of", name.as_str()))?;
            Ok(Self { process: spawn(&directory)?, name, address: *address, directory })
        };
        network.addresses.iter().enumerate().map(start).collect()
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
        let streams = self.streams().await?;
        let found = streams.iter().find(|found| found["name"] == stream)?;
        found["cluster"]["leader"].as_str().map(str::to_owned)
    }

    /// The streams that this server leads and all the others have whole.
    pub(super) async fn level_streams(&self) -> usize {
        let is_level = |stream: &serde_json::Value| {
            let cluster = &stream["cluster"];
            let others = cluster["replicas"].as_array().map_or(&[][..], Vec::as_slice);
            cluster["leader"] == self.name && others.iter().all(|other| other["current"] == true)
        };
        let streams = self.streams().await.unwrap_or_default();
        streams.iter().filter(|stream| is_level(stream)).count()
    }

    /// What this server's monitor tells of the streams.
    async fn streams(&self) -> Option<Vec<serde_json::Value>> {
        let url = format!("http://{}:{MONITOR}/jsz?streams=true", self.address);
        let client = reqwest::Client::builder().timeout(MONITOR_WITHIN).no_proxy().build().ok()?;
        let said = client.get(url).send().await.ok()?.bytes().await.ok()?;
        let said: serde_json::Value = serde_json::from_slice(&said).ok()?;
        let accounts = said["account_details"].as_array()?.iter();
        Some(accounts.filter_map(|account| account["stream_detail"].as_array()).flatten().cloned().collect())
    }
}

fn config(name: &str, address: Ipv4Addr, routes: &[SocketAddr], directory: &Path) -> String {
    let alone = format!(
        "server_name: {name}\nlisten: \"{address}:{CLIENTS}\"\nhttp: \"{address}:{MONITOR}\"\n\
         jetstream {{ store_dir: \"{}\" }}\n",
        directory.join("store").display()
    );
    if routes.iter().all(|route| *route == SocketAddr::from((address, ROUTES))) {
        return alone;
    }
    let routes: Vec<_> = routes.iter().map(|route| format!("\"nats://{route}\"")).collect();
    // Clients are not told of the other servers, nor servers of each other but by their routes: they would go around a
    // line that is cut.
    format!(
        "{alone}cluster {{\n  name: test\n  listen: \"{address}:{ROUTES}\"\n  no_advertise: true\n  \
         cluster_advertise: \"{NOWHERE}\"\n  routes: [{}]\n}}\n",
        routes.join(", ")
    )
}

fn spawn(directory: &Path) -> Result<Process, ProcessError> {
    let config = directory.join("server.conf");
    let arguments = ["--config".as_ref(), config.as_os_str()];
    Process::start(Path::new("nats-server"), arguments, &[], &directory.join("server.log"))
}
