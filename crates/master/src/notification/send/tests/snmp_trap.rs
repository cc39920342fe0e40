//! Informs and traps to a real receiver, Net-SNMP's snmptrapd.

use super::receiver::Program;
use super::*;
use std::net::UdpSocket;
use tokio::process::Command;

/// The receiver, with its port and its folder.
struct Receiver {
    program: Program,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Receiver {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("snmptrapd.conf");
        // The format: the notification's objects with numbers only, each with its value, on one line.
        let text = "authCommunity log hush\n\
             createUser topmast SHA \"hush-hush-auth\" AES \"hush-hush-priv\"\n\
             authUser log topmast priv\n\
             format2 %v|\\n\n\
             format1 %v|\\n\n";
        std::fs::write(&config, text).unwrap();
        // It cannot choose a port of its own; whoever takes this one in between breaks the test.
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("/usr/sbin/snmptrapd");
        command
            .args(["-f", "-Lo", "-On", "-m", "", "-C", "-c"])
            .arg(&config)
            .arg(format!("udp:127.0.0.1:{port}"))
            .env("SNMP_PERSISTENT_DIR", folder.path().join("state"));
        let mut program = Program::start(&mut command);
        loop {
            let line = program.line().await;
            if line.contains("NET-SNMP version") {
                break;
            }
        }
        Self { program, port, _folder: folder }
    }

    /// The next notification: what it printed up to its end.
    async fn notification(&mut self) -> String {
        loop {
            let line = self.program.line().await;
            if line.contains("8072.9999.9999.7400") {
                return line;
            }
        }
    }

    fn channel(&self, rest: &str) -> Channel<Secret> {
        channel(&format!("snmp_trap = {{ host = \"127.0.0.1\", port = {}, {rest} }}", self.port))
    }
}

const ROOT: &str = ".1.3.6.1.4.1.8072.9999.9999.7400";

#[tokio::test]
async fn inform_and_trap_of_v2c_come_with_their_objects() {
    let world = World::new();
    let mut receiver = Receiver::start().await;
    let inform = receiver.channel("version = { v2c = { community = \"hush\" } }");
    assert_eq!(world.send(&inform, &down()).await.unwrap().answer, "acknowledged");
    let told = receiver.notification().await;
    for part in [
        format!("{ROOT}.0.1"),
        format!("{ROOT}.1.3.0 = Gauge32: 17"),
        format!("{ROOT}.1.4.0 = INTEGER: 4"),
        format!("{ROOT}.1.5.0 = STRING: \"acme/main/db-1\""),
        format!("{ROOT}.1.7.0 = STRING: \"db-1 is DOWN\""),
        format!("{ROOT}.1.11.0 = STRING: \"sw-7 is down\""),
    ] {
        assert!(told.contains(&part), "{part}: {told}");
    }
    let trap = receiver.channel("inform = false, version = { v2c = { community = \"hush\" } }");
    let two = message(vec![fact(Notice::Recovered, "a"), fact(Notice::Opened, "b")]);
    assert_eq!(world.send(&trap, &two).await.unwrap().answer, "2 sent; nobody says whether a trap came");
    assert!(receiver.notification().await.contains(&format!("{ROOT}.0.5")));
    assert!(receiver.notification().await.contains(&format!("{ROOT}.0.1")));
}

#[tokio::test]
async fn inform_of_v3_comes_signed_and_encrypted() {
    let world = World::new();
    let mut receiver = Receiver::start().await;
    let with = |user: &str, auth: &str, privacy: &str| {
        receiver.channel(&format!(
            "version = {{ v3 = {{ user = \"{user}\", auth = {{ password = \"{auth}\" }}, privacy = {{ password = \"{privacy}\" }} }} }}"
        ))
    };
    let (right, stranger, guess) = (
        with("topmast", "hush-hush-auth", "hush-hush-priv"),
        with("eve", "hush-hush-auth", "hush-hush-priv"),
        with("topmast", "hush-hush-guess", "hush-hush-priv"),
    );
    assert_eq!(world.send(&right, &down()).await.unwrap().answer, "acknowledged");
    assert!(receiver.notification().await.contains(&format!("{ROOT}.1.7.0 = STRING: \"db-1 is DOWN\"")));
    // Both are refused after a while, for an unsigned refusal is not believed.
    let told = down();
    let (stranger, guess) = tokio::join!(world.send(&stranger, &told), world.send(&guess, &told));
    for wrong in [stranger, guess] {
        let failure = wrong.unwrap_err();
        assert!(!failure.reason.contains("hush"), "{failure:?}");
        assert!(failure.reason.contains("user") || failure.reason.contains("auth"), "{failure:?}");
    }
    world.send(&right, &message(vec![fact(Notice::Recovered, "over")])).await.unwrap();
    assert!(receiver.notification().await.contains("over"), "what was refused came");
}

#[tokio::test]
async fn inform_that_nobody_acknowledges_is_tried_again() {
    let world = World::new();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let channel = channel(&format!(
        "snmp_trap = {{ host = \"127.0.0.1\", port = {port}, version = {{ v2c = {{ community = \"hush\" }} }} }}"
    ));
    let failure = world.send(&channel, &down()).await.unwrap_err();
    assert!(failure.retry && failure.reason.contains("no acknowledgement"), "{failure:?}");
    assert!(!failure.reason.contains("hush"), "{failure:?}");
}
