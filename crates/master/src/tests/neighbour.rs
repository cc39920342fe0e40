//! Neighbours for real: Debian's Zabbix agent and `snmpd` are read, and whatever else may answer at their ports.

mod docker;
mod snmp;

use super::world::{World, path, until, within};
use crate::config::{NeighbourConfig, NeighbourKind};
use crate::neighbour::zabbix::ZabbixClient;
use crate::reading::Frame;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use topmast_api::server::ServerRow;
use topmast_model::server::ServerRole;
use topmast_model::status::ServerStatus;

/// A daemon that ends with the test, and with it the processes that it started.
struct Daemon(Child);

impl Daemon {
    /// Starts a program, or says why not.
    fn start(program: &str, arguments: &[&str], folder: &Path) -> Option<Self> {
        Self::start_with(program, arguments, &[], folder)
    }

    /// The same with some variables set.
    fn start_with(
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &Path)],
        folder: &Path,
    ) -> Option<Self> {
        let log = File::create(folder.join("log")).unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(folder)
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        match command.spawn() {
            Ok(process) => Some(Self(process)),
            Err(error) => {
                println!("skipped: {program} cannot be started ({error}); scripts/setup test installs it");
                None
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let _ = kill(pid, Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// An address of the loopback that was free a moment ago: Zabbix' agents listen on no port above 32767.
fn agent_address() -> String {
    let from = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    format!("127.0.0.1:{}", (from..32_767).find(free).unwrap())
}

/// Debian's agent on a port of the loopback, which answers the addresses of `server`.
fn zabbix_agent(address: &str, server: &str, folder: &Path) -> Option<Daemon> {
    let port = address.rsplit(':').next().unwrap();
    let text = format!(
        "Server={server}\nListenIP=127.0.0.1\nListenPort={port}\nHostname=near\nAllowRoot=1\nLogType=console\n\
         PidFile={}/pid\nStartAgents=3\n",
        folder.display()
    );
    std::fs::write(folder.join("agent.conf"), text).unwrap();
    let config = folder.join("agent.conf");
    Daemon::start("/usr/sbin/zabbix_agentd", &["-f", "-c", config.to_str().unwrap()], folder)
}

fn section(name: &str, kind: NeighbourKind, address: &str) -> NeighbourConfig {
    NeighbourConfig {
        name: name.into(),
        kind: Some(kind),
        address: address.into(),
        every: "1s".into(),
        labels: [("site".to_owned(), "north".to_owned())].into(),
        ..NeighbourConfig::default()
    }
}

/// Waits until a server's row is as it should be.
async fn row(world: &World, name: &str, good: impl Fn(&ServerRow) -> bool) -> ServerRow {
    let server = path(&format!("acme/main/{name}"));
    until(async || {
        let details = world.admin.server_get(&server).await.ok()?;
        Some(details.row).filter(|row| good(row))
    })
    .await
}

#[tokio::test]
async fn zabbix_agent_is_a_server_like_any_other() {
    let (folder, address) = (tempfile::tempdir().unwrap(), agent_address());
    let Some(agent) = zabbix_agent(&address, "127.0.0.1", folder.path()) else { return };
    let world = World::start_with(|config| {
        config.neighbours = vec![section("db1", NeighbourKind::Zabbix, &address)];
        config.down_after_s = 3;
    })
    .await;
    let up = row(&world, "db1", |row| row.status == ServerStatus::Up && row.cpu_pct.is_some()).await;
    assert_eq!((up.role, up.address.as_str()), (ServerRole::Zabbix, address.as_str()));
    assert!(up.version.starts_with("zabbix 6.") || up.version.starts_with("zabbix 7."), "{}", up.version);
    assert_eq!(up.labels.get("site").map(String::as_str), Some("north"));
    assert!(up.memory_bytes.is_some() && up.memory_used_bytes.is_some(), "{up:?}");
    assert!(up.load1.is_some() && up.uptime_s.is_some() && up.disk_mount.is_some(), "{up:?}");
    // The same series as an agent's, with the labels of its path.
    let load = super::ingest::found_in(&world, "host_load_1");
    assert!(
        load.iter().any(|(name, _)| name == "host_load_1{cluster=\"main\",server=\"db1\",tenant=\"acme\"}"),
        "{load:?}"
    );
    // NB-2
    drop(agent);
    let down = row(&world, "db1", |row| row.status == ServerStatus::Down).await;
    assert!(down.cause.contains("no connection") && down.cause.contains("firewalls"), "{}", down.cause);
    let Some(_agent) = zabbix_agent(&address, "127.0.0.1", folder.path()) else { return };
    row(&world, "db1", |row| row.status == ServerStatus::Up).await;
}

#[tokio::test]
async fn neighbour_that_never_answered_is_in_the_lists() {
    let world = World::start_with(|config| {
        config.neighbours = vec![section("db1", NeighbourKind::Zabbix, "127.0.0.1:1")];
        config.down_after_s = 1;
    })
    .await;
    let down = row(&world, "db1", |row| row.status == ServerStatus::Down).await;
    assert_eq!((down.role, down.age_ms), (ServerRole::Zabbix, None));
}

#[tokio::test]
async fn enrolled_agent_stands_and_the_neighbour_is_not_read() {
    // NB-3
    let world = World::start_with(|config| {
        config.neighbours = vec![section("db1", NeighbourKind::Zabbix, "127.0.0.1:1")];
    })
    .await;
    row(&world, "db1", |row| row.role == ServerRole::Zabbix).await;
    let _agent = world.agent("db1").await;
    let agent = row(&world, "db1", |row| row.role == ServerRole::Agent).await;
    assert_eq!(agent.status, ServerStatus::Up);
    let other = World::start_with(|config| {
        config.neighbours = vec![section("db1", NeighbourKind::Zabbix, "127.0.0.1:1")];
    })
    .await;
    other.enrol("db1").await;
}

async fn refusal(address: &str) -> String {
    let mut client = ZabbixClient::new(address, Duration::from_millis(300));
    within(client.read(&mut Frame::default())).await.unwrap_err().to_string()
}

#[tokio::test]
async fn agent_that_does_not_know_this_master_is_told_apart() {
    let (folder, address) = (tempfile::tempdir().unwrap(), agent_address());
    let Some(_agent) = zabbix_agent(&address, "192.0.2.1", folder.path()) else { return };
    // It listens before it is asked.
    until(async || tokio::net::TcpStream::connect(&address).await.ok()).await;
    let error = refusal(&address).await;
    assert!(error.contains("add this master's address to Server="), "{error}");
}

/// Answers every connection with these bytes, and keeps it open or not.
async fn peer(answer: Vec<u8>, closes: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            // All that is asked: what is not read would reset the connection.
            let mut header = [0; 13];
            let _ = stream.read_exact(&mut header).await;
            let mut key = vec![0; usize::from(header[5])];
            let _ = stream.read_exact(&mut key).await;
            let _ = stream.write_all(&answer).await;
            if !closes {
                open.push(stream);
            }
        }
    });
    address
}

#[tokio::test]
async fn whatever_answers_is_bounded_and_said() {
    // NZ-1, NZ-2
    let bomb = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &vec![b'1'; 1 << 20]).unwrap();
        let body = encoder.finish().unwrap();
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [b"ZBXD\x03", &length[..], &8_u32.to_le_bytes(), &body].concat()
    };
    let many =
        |text: &[u8], count: usize| [&b"ZBXD\x01\xff\xff\x0f\0\0\0\0\0"[..], &text.repeat(count)].concat();
    for (answer, closes, expect) in [
        (Vec::new(), true, "closed the connection without an answer: add this master's address to Server="),
        (Vec::new(), false, "no answer to 4 items within 0.3 s each"),
        (b"ZBXD\x01\x05".to_vec(), true, "cut by the end of the connection"),
        (b"ZBXD\x01\x05\0\0\0\0\0\0\0abc".to_vec(), true, "cut by the end of the connection"),
        (b"ZBXD\x01\x05\0\0\0\0\0\0\0abc".to_vec(), false, "no answer to 4 items"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), true, "not Zabbix that speaks here"),
        (b"ZBXD\x01\xff\xff\xff\x7f\0\0\0\0".to_vec(), false, "more than the 1048576 that are read here"),
        (bomb, true, "does not unpack to the 8 bytes that its header says"),
        (many(b"x", 100), false, "no answer to 4 items"),
        (
            b"ZBXD\x01\x26\0\0\0\0\0\0\0ZBX_NOTSUPPORTED\0Unsupported item key.".to_vec(),
            true,
            "knows none of the items that it was asked for (Unsupported item key.); look at DenyKey",
        ),
        (b"ZBXD\x01\x02\0\0\0\0\0\0\0no".to_vec(), true, "tells no figures (no answer is a number)"),
    ] {
        let text = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
        let error = refusal(&peer(answer, closes).await).await;
        assert!(error.contains(expect), "{text:?}: {error:?} does not say {expect:?}");
    }
    let error = refusal("127.0.0.1:1").await;
    assert!(error.contains("no connection: Connection refused"), "{error}");
}
