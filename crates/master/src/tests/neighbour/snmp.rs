//! Debian's `snmpd` by SNMP v2c and v3, and whatever else may answer at its port.

use super::*;
use crate::config::{Authentication, Privacy};
use crate::neighbour::credentials::{Credentials, SecretFile, User};
use crate::neighbour::snmp::SnmpClient;
use tokio::net::UdpSocket;

/// A port of the loopback that was free a moment ago, for UDP.
fn free_port() -> u16 {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Debian's daemon on a port of the loopback.
fn snmpd(port: u16, folder: &Path) -> Option<Daemon> {
    let text = format!(
        "agentaddress udp:127.0.0.1:{port}\n\
         rocommunity near-2c 127.0.0.1\n\
         view nothing included .1.3.6.1.3\nrocommunity nothing 127.0.0.1 -V nothing\n\
         createUser old SHA auth-password AES privacy-password\nrouser old authpriv\n\
         createUser new SHA-256 auth-password AES privacy-password\nrouser new authpriv\n\
         createUser signed SHA-512 auth-password\nrouser signed authnopriv\n"
    );
    std::fs::write(folder.join("snmpd.conf"), text).unwrap();
    let state = folder.join("state");
    let set = [("SNMP_PERSISTENT_DIR", state.as_path()), ("SNMPCONFPATH", folder)];
    Daemon::start_with("/usr/sbin/snmpd", &["-f", "-Lo", "-C", "-c", "snmpd.conf"], &set, folder)
}

fn secret(folder: &Path, text: &str) -> SecretFile {
    let file = folder.join(format!("secret-{text}"));
    std::fs::write(&file, format!("{text}\n")).unwrap();
    SecretFile(file)
}

async fn read(port: u16, credentials: Credentials) -> Result<usize, String> {
    let mut client = SnmpClient::new(&format!("127.0.0.1:{port}"), Duration::from_millis(500), credentials);
    within(Box::pin(client.read(&mut Frame::default()))).await.map_err(|error| error.to_string())?;
    let mut frame = Frame::default();
    within(Box::pin(client.read(&mut frame))).await.map_err(|error| error.to_string())?;
    Ok(frame.waiting())
}

#[tokio::test]
async fn snmpd_is_a_server_like_any_other() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let Some(_daemon) = snmpd(port, folder.path()) else { return };
    let community = secret(folder.path(), "near-2c").0;
    let world = World::start_with(|config| {
        config.neighbours = vec![NeighbourConfig {
            community_file: Some(community),
            ..section("db2", NeighbourKind::Snmp, &format!("127.0.0.1:{port}"))
        }];
    })
    .await;
    let up = row(&world, "db2", |row| row.status == ServerStatus::Up && row.cpu_pct.is_some()).await;
    assert_eq!((up.role, up.version.as_str()), (ServerRole::Snmp, "snmp v2c"));
    assert!(up.memory_bytes.is_some() && up.memory_used_bytes.is_some(), "{up:?}");
    assert!(up.load1.is_some() && up.uptime_s.is_some() && up.disk_mount.is_some(), "{up:?}");
    assert!(up.os.is_some_and(|os| os.starts_with("Linux")) && up.kernel.is_some());
    assert_eq!(
        up.cpu_count.map(|count| count as usize),
        std::thread::available_parallelism().ok().map(Into::into)
    );
    // The kernel's own counter, as the agent of this host would tell it.
    let ticks = super::super::ingest::found_in(&world, "host_cpu_seconds_total");
    assert!(ticks.iter().any(|(name, _)| name.contains("mode=\"idle\",server=\"db2\"")), "{ticks:?}");
}

#[tokio::test]
async fn users_of_v3_are_authenticated_and_encrypted() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let Some(_daemon) = snmpd(port, folder.path()) else { return };
    let file = |text: &str| secret(folder.path(), text);
    let user = |name: &str, auth: Option<(Authentication, &str)>, privacy: Option<(Privacy, &str)>| {
        Credentials::User(User {
            name: name.into(),
            authentication: auth.map(|(protocol, text)| (protocol, file(text))),
            privacy: privacy.map(|(cipher, text)| (cipher, file(text))),
        })
    };
    let (good, aes) = ("auth-password", Some((Privacy::Aes128, "privacy-password")));
    // It listens before it is asked.
    until(async || read(port, Credentials::Community(file("near-2c"))).await.ok()).await;
    for credentials in [
        user("old", Some((Authentication::Sha1, good)), aes),
        user("new", Some((Authentication::Sha256, good)), aes),
        user("signed", Some((Authentication::Sha512, good)), None),
    ] {
        let count = read(port, credentials.clone()).await;
        assert!(count.as_ref().is_ok_and(|count| *count > 20), "{credentials:?}: {count:?}");
    }
    // NS-2
    for (credentials, expect) in [
        (user("nobody", Some((Authentication::Sha1, good)), aes), "does not know the user; add it"),
        (
            user("old", Some((Authentication::Sha1, "another-password")), aes),
            "look at auth, privacy and their passwords",
        ),
        (user("old", Some((Authentication::Sha512, good)), aes), "look at auth, privacy and their passwords"),
        (
            user("old", Some((Authentication::Sha1, good)), Some((Privacy::Aes128, "another-password"))),
            "look at auth, privacy and their passwords",
        ),
        (user("old", None, None), "may not read there"),
        (
            user("signed", Some((Authentication::Sha512, good)), aes),
            "look at auth, privacy and their passwords",
        ),
        (user("old", Some((Authentication::Sha1, "short")), aes), "8 characters or more"),
        (Credentials::Community(file("wrong")), "no answer: does an SNMP agent run there"),
        (Credentials::Community(file("nothing")), "answers, and shows nothing"),
        (Credentials::Community(SecretFile("/nowhere".into())), "read /nowhere: No such file"),
    ] {
        let error = read(port, credentials.clone()).await.unwrap_err();
        assert!(error.contains(expect), "{credentials:?}: {error:?} does not say {expect:?}");
    }
}

/// Where the request id of a message of v2c begins.
fn request_id(message: &[u8]) -> usize {
    // A header is a tag and a length, which may take more bytes.
    let header = |at: usize| {
        at + 2 + if message[at + 1] & 0x80 == 0 { 0 } else { usize::from(message[at + 1] & 0x7f) }
    };
    let version = header(0);
    let community = version + 3;
    let pdu = header(community) + usize::from(message[community + 1]);
    header(pdu) + 2
}

/// Where the tag of the PDU is.
fn pdu(message: &[u8]) -> usize {
    message.iter().position(|byte| (0xa0..=0xa5).contains(byte)).unwrap()
}

/// Answers every message with what `answer` makes of it.
async fn peer(answer: impl Fn(Vec<u8>) -> Option<Vec<u8>> + Send + 'static) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut message = vec![0; 65_536];
        while let Ok((length, from)) = socket.recv_from(&mut message).await {
            if let Some(answer) = answer(message[..length].to_vec()) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    port
}

/// The message as its own answer: what was asked about, and no values.
fn mirrored(mut message: Vec<u8>) -> Vec<u8> {
    let at = pdu(&message);
    message[at] = 0xa2;
    message
}

#[tokio::test]
async fn whatever_answers_by_snmp_is_bounded_and_said() {
    // NS-1, NS-2
    let folder = tempfile::tempdir().unwrap();
    let credentials = Credentials::Community(secret(folder.path(), "near"));
    let silent = peer(|_| None).await;
    let garbage = peer(|_| Some(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await;
    let large = peer(|_| Some(vec![0x30; 60_000])).await;
    let cut = peer(|message| Some(mirrored(message)[..20].to_vec())).await;
    let other = peer(|message| {
        let mut answer = mirrored(message);
        let at = request_id(&answer);
        answer[at] ^= 1;
        Some(answer)
    })
    .await;
    let circle = peer(|message| Some(mirrored(message))).await;
    let refusing = peer(|message| {
        let mut answer = mirrored(message);
        let at = request_id(&answer);
        // authorizationError, where the message has the error's status.
        let status = at + usize::from(answer[at - 1]) + 2;
        answer[status] = 16;
        Some(answer)
    })
    .await;
    for (port, expect) in [
        (silent, "no answer: does an SNMP agent run there"),
        (garbage, "no answer"),
        (large, "no answer"),
        (cut, "no answer"),
        (other, "no answer"),
        (circle, "its tables do not end (non-increasing OID)"),
        (refusing, "may not read there"),
        (free_port(), "no answer"),
    ] {
        let error = read(port, credentials.clone()).await.unwrap_err();
        assert!(error.contains(expect), "{error:?} does not say {expect:?}");
    }
}
