//! Lines to a real server, rsyslogd.

use super::receiver::tls_front;
use super::*;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The server, with its ports, its file and its folder.
struct Server {
    _child: Child,
    udp: u16,
    tcp: u16,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        // It cannot choose ports of its own; whoever takes these in between breaks the test.
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = path("lines");
        let text = format!(
            "module(load=\"imudp\")\nmodule(load=\"imtcp\")\nmodule(load=\"mmpstrucdata\")\n\
             template(name=\"parsed\" type=\"string\" string=\"%syslogfacility-text%|%syslogseverity-text%|%hostname%|%app-name%|%msgid%|%$!rfc5424-sd!topmast@8072.9999.9999!detail%|%structured-data%|%msg%\\n\")\n\
             ruleset(name=\"all\") {{\n\
               action(type=\"mmpstrucdata\")\n\
               action(type=\"omfile\" file=\"{}\" template=\"parsed\" flushOnTXEnd=\"on\" asyncWriting=\"off\")\n\
             }}\n\
             input(type=\"imudp\" address=\"127.0.0.1\" port=\"{udp}\" ruleset=\"all\")\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{tcp}\" ruleset=\"all\")\n",
            file.display()
        );
        std::fs::write(path("rsyslog.conf"), text).unwrap();
        let child = Command::new("/usr/sbin/rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(path("rsyslog.conf"))
            .arg("-i")
            .arg(path("pid"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("run `scripts/setup test`");
        let server = Self { _child: child, udp, tcp, file, _folder: folder };
        let there = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", tcp)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, there).await.expect("rsyslogd does not listen");
        server
    }

    /// So many lines of its file, once they are there.
    async fn lines(&self, count: usize) -> Vec<String> {
        let there = async {
            loop {
                let text = std::fs::read_to_string(&self.file).unwrap_or_default();
                let lines: Vec<String> = text.lines().map(str::to_owned).collect();
                if lines.len() >= count && text.ends_with('\n') {
                    return lines;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, there).await.expect("the lines do not come")
    }
}

fn to(address: SocketAddr, transport: &str) -> Channel<Secret> {
    channel(&format!(
        "syslog = {{ host = \"localhost\", port = {}, transport = \"{transport}\", facility = \"local3\" }}",
        address.port()
    ))
}

#[tokio::test]
async fn lines_come_by_every_transport_as_they_were_written() {
    let world = World::new();
    let server = Server::start().await;
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let mut evil = fact(Notice::Opened, "db-1 is down: \"größer\"\n<0>1 - - - - - -");
    evil.detail = r#"mount="/a]b\c""#.into();
    let told = message(vec![evil, fact(Notice::Recovered, "web-1 is down")]);
    let front = tls_front(world.server_tls(), local(server.tcp)).await;
    let delivery = world.send(&to(local(server.tcp), "tcp"), &told).await.unwrap();
    assert_eq!(delivery.answer, "read to the end");
    let first = server.lines(2).await;
    assert!(first[0].starts_with("local3|crit|m1.example.com|topmast|opened|"), "{first:?}");
    assert!(first[0].contains(r#"|mount="/a]b\c"|["#), "{first:?}");
    assert!(first[0].ends_with("[CRITICAL] db-1 is down: \"größer\" <0>1 - - - - - -"), "{first:?}");
    assert!(first[1].starts_with("local3|notice|m1.example.com|topmast|recovered|"), "{first:?}");
    assert!(first[1].ends_with("[recovered] web-1 is down"), "{first:?}");

    world.send(&to(front, "tls"), &told).await.unwrap();
    assert_eq!(server.lines(4).await[2..], first);
    world.send(&to(local(server.udp), "udp"), &told).await.unwrap();
    let mut datagrams = server.lines(6).await.split_off(4);
    datagrams.sort_by_key(|line| line.contains("|recovered|"));
    assert_eq!(datagrams, first);

    let stranger = World::new().send(&to(front, "tls"), &told).await.unwrap_err();
    assert!(!stranger.retry && stranger.reason.contains("certificate that is not trusted"), "{stranger:?}");
}
