//! A Docker Engine: the one of this machine when there is one, and an HTTP server on a socket that answers as its API is
//! documented to, for what an engine cannot be made to answer.

use super::*;
use crate::neighbour::docker::DockerClient;
use std::path::PathBuf;
use std::sync::Mutex;
use tokio::net::UnixListener;
use topmast_api::page::ListQuery;
use topmast_model::guest::GuestKind;

const INFO: &str = r#"{"Name":"vm","ServerVersion":"28.2.2","OperatingSystem":"Debian GNU/Linux 12 (bookworm)","OSType":"linux",
    "KernelVersion":"6.1.0-18","Architecture":"x86_64","NCPU":2,"MemTotal":25276059648}"#;
const LIST: &str = r#"[{"Id":"ed37ab","Names":["/web"],"Image":"nginx:1.27","State":"running"},
    {"Id":"77aa01","Names":["/gone"],"Image":"nginx:1.27","State":"running"},
    {"Id":"00ff12","Names":["/job"],"Image":"job","State":"exited"}]"#;
const STATS: &str = r#"{"id":"ed37ab","name":"/web","read":"2026-11-28T10:00:01.5Z","preread":"0001-01-01T00:00:00Z",
    "cpu_stats":{"cpu_usage":{"total_usage":3500000000},"system_cpu_usage":9000000000,"online_cpus":2},
    "precpu_stats":{"cpu_usage":{"total_usage":0}},
    "memory_stats":{"usage":5000,"limit":100000,"stats":{"inactive_file":1000}},
    "networks":{"eth0":{"rx_bytes":10,"tx_bytes":20}},"blkio_stats":{"io_service_bytes_recursive":null}}"#;

/// The whole answer to a request for a path; `None` keeps the connection without one.
type Reply = fn(&str) -> Option<Vec<u8>>;

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn good(path: &str) -> Vec<u8> {
    match path {
        "/info" => http("200 OK", INFO),
        "/containers/json?all=1" => http("200 OK", LIST),
        "/containers/ed37ab/stats?stream=false&one-shot=true" => http("200 OK", STATS),
        _ => http("404 Not Found", r#"{"message":"No such container: 77aa01"}"#),
    }
}

/// An engine on a socket in a folder.
fn engine(folder: &Path, reply: Reply) -> PathBuf {
    let socket = folder.join("docker.sock");
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8(head).unwrap();
            match reply(head.split(' ').nth(1).unwrap_or_default()) {
                // One request a connection.
                Some(answer) => drop(stream.write_all(&answer).await),
                None => open.push(stream),
            }
        }
    });
    socket
}

#[tokio::test]
async fn containers_of_an_engine_are_series_of_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let socket = engine(folder.path(), |path| Some(good(path)));
    let world = World::start_with(|config| {
        config.neighbours = vec![section("engine", NeighbourKind::Docker, socket.to_str().unwrap())];
    })
    .await;
    let up = row(&world, "engine", |row| row.status == ServerStatus::Up).await;
    assert_eq!((up.role, up.version.as_str()), (ServerRole::Docker, "docker 28.2.2"));
    assert_eq!((up.os.as_deref(), up.cpu_count), (Some("Debian GNU/Linux 12 (bookworm)"), Some(2)));
    let own = "server=\"engine\",tenant=\"acme\"";
    for (metric, series, value) in [
        (
            "container_cpu_seconds_total",
            format!("container_cpu_seconds_total{{cluster=\"main\",container=\"web\",{own}}}"),
            3.5,
        ),
        (
            "container_memory_bytes",
            format!("container_memory_bytes{{cluster=\"main\",container=\"web\",{own}}}"),
            4_000.0,
        ),
        (
            "containers_count",
            "containers_count{cluster=\"main\",server=\"engine\",state=\"exited\",tenant=\"acme\"}"
                .to_owned(),
            1.0,
        ),
    ] {
        let found = super::super::ingest::found_in(&world, metric);
        let last = found.iter().find(|(name, _)| *name == series).and_then(|(_, samples)| samples.last());
        assert!(last.is_some_and(|(_, last)| last.to_bits() == f64::to_bits(value)), "{series}: {found:?}");
    }
}

/// The containers that the engine below has now, by their states.
static LISTED: Mutex<&str> = Mutex::new("");

#[tokio::test]
async fn containers_are_servers_below_their_engines_host() {
    let folder = tempfile::tempdir().unwrap();
    *LISTED.lock().unwrap() = LIST;
    let socket = engine(folder.path(), |path| {
        Some(match path {
            "/containers/json?all=1" => http("200 OK", &LISTED.lock().unwrap()),
            other => good(other),
        })
    });
    let section = section("engine", NeighbourKind::Docker, socket.to_str().unwrap());
    let world = World::start_with(|config| config.neighbours = vec![section]).await;
    let web = row(&world, "engine+web", |row| row.memory_pct.is_some() && row.cpu_pct.is_some()).await;
    assert_eq!(
        (web.role, web.kind, web.status),
        (ServerRole::Guest, Some(GuestKind::Container), ServerStatus::Up)
    );
    assert_eq!(web.parent, Some(path("acme/main/engine")));
    assert_eq!(
        (web.memory_used_bytes, web.memory_bytes, web.cpu_count),
        (Some(4_000), Some(100_000), Some(2))
    );
    assert_eq!(web.labels.get("site").map(String::as_str), Some("north"));
    let job = row(&world, "engine+job", |row| row.status == ServerStatus::Down).await;
    assert_eq!((job.cause.as_str(), job.cpu_pct, job.memory_bytes), ("exited, as engine says", None, None));
    // One that is gone is DOWN, and what it used is unknown.
    *LISTED.lock().unwrap() = "[]";
    let gone = row(&world, "engine+web", |row| row.status == ServerStatus::Down).await;
    assert_eq!((gone.cause.as_str(), gone.uptime_s), ("no longer listed by engine", None));
    row(&world, "engine+web", |row| row.cpu_pct.is_none() && row.memory_bytes.is_none()).await;
    // It can be removed then.
    world.admin.server_remove(&path("acme/main/engine+web")).await.unwrap();
    assert!(world.admin.server_get(&path("acme/main/engine+web")).await.is_err());
}

#[tokio::test]
async fn containers_are_no_servers_where_the_configuration_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let socket = engine(folder.path(), |path| Some(good(path)));
    let section = section("engine", NeighbourKind::Docker, socket.to_str().unwrap());
    let section = NeighbourConfig { guests: Some(false), ..section };
    let world = World::start_with(|config| config.neighbours = vec![section]).await;
    row(&world, "engine", |row| row.status == ServerStatus::Up && row.age_ms.is_some()).await;
    let page = world.admin.list::<ServerRow>(&ListQuery::default()).await.unwrap();
    assert_eq!(page.total, 1, "{:?}", page.items);
}

async fn refusal(socket: &Path) -> String {
    let mut client = DockerClient::new(socket.to_str().unwrap(), Duration::from_millis(300));
    within(client.read(&mut Frame::default())).await.unwrap_err().to_string()
}

#[tokio::test]
async fn whatever_answers_on_a_socket_is_bounded_and_said() {
    // ND-1, ND-2
    let folder = tempfile::tempdir().unwrap();
    let cases: [(Reply, &str); 8] = [
        (|_| None, "no answer within 0.3 s"),
        (|_| Some(Vec::new()), "does the Docker Engine run"),
        (|_| Some(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), "does the Docker Engine run"),
        (|_| Some(http("200 OK", "{}")), "is it a Docker Engine that answers?"),
        (
            |_| Some(http("500 Internal Server Error", r#"{"message":"broken"}"#)),
            "500 Internal Server Error: {\"message\":\"broken\"}",
        ),
        (|_| Some(http("200 OK", INFO)[..120].to_vec()), "no answer"),
        (
            |path| {
                Some(if path == "/info" {
                    http("200 OK", INFO)
                } else {
                    http("200 OK", &" ".repeat(9 << 20))
                })
            },
            "more than 8388608 bytes",
        ),
        // Four containers that hang are one too many.
        (
            |path| match path {
                "/info" => Some(http("200 OK", INFO)),
                "/containers/json?all=1" => {
                    let rows: Vec<String> = (0..4)
                        .map(|id| format!(r#"{{"Id":"a{id}","Names":["/a{id}"],"State":"running"}}"#))
                        .collect();
                    Some(http("200 OK", &format!("[{}]", rows.join(","))))
                }
                _ => None,
            },
            "no answer within 0.3 s",
        ),
    ];
    for (number, (reply, expect)) in cases.into_iter().enumerate() {
        let error = refusal(&engine(folder.path(), reply)).await;
        assert!(error.contains(expect), "{number}: {error:?} does not say {expect:?}");
    }
    let error = refusal(&folder.path().join("nowhere")).await;
    assert!(error.contains("No such file or directory") && error.contains("group docker"), "{error}");
}

#[tokio::test]
async fn engine_of_this_machine_is_read() {
    let socket = Path::new("/var/run/docker.sock");
    if !socket.exists() {
        println!("skipped: no Docker Engine runs here (/var/run/docker.sock)");
        return;
    }
    let mut client = DockerClient::new(socket.to_str().unwrap(), Duration::from_secs(10));
    let mut frame = Frame::default();
    let found = within(client.read(&mut frame)).await.unwrap().unwrap();
    assert!(found.version.starts_with("docker ") && frame.waiting() > 0, "{found:?}");
}
