//! Mails to a real server, aiosmtpd.

use super::receiver::{Program, tls_front};
use super::*;
use tokio::process::Command;

/// The server's program, its port and a folder with its certificate.
struct Server {
    program: Program,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start(secure: Option<&World>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-W", "ignore", "-c", include_str!("smtp.py")]);
        if let Some(world) = secure {
            let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
            std::fs::write(&chain, &world.chain_pem).unwrap();
            std::fs::write(&key, &world.key_pem).unwrap();
            command.arg(chain).arg(key);
        }
        let mut program = Program::start(&mut command);
        let port = program.line().await.parse().unwrap();
        Self { program, port, _folder: folder }
    }

    async fn mail(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.program.line().await).unwrap()
    }
}

fn to(port: u16, rest: &str) -> Channel<Secret> {
    channel(&format!(
        "email = {{ host = \"localhost\", port = {port}, from = \"Topmast <topmast@example.com>\", {rest} }}"
    ))
}

#[tokio::test]
async fn mail_comes_through_starttls_and_a_login() {
    let world = World::new();
    let mut server = Server::start(Some(&world)).await;
    let with = |password: &str| {
        to(server.port, &format!("to = [\"ann@example.com\"], user = \"topmast\", password = \"{password}\""))
    };
    let channel = with("hush");
    let wrong = world.send(&with("guess"), &down()).await.unwrap_err();
    assert!(!wrong.retry && wrong.reason.contains("correct user and password"), "{wrong:?}");
    assert!(wrong.reason.contains("535") && !wrong.reason.contains("guess"), "{wrong:?}");

    let delivery = world.send(&channel, &down()).await.unwrap();
    assert_eq!(delivery.answer, "250 2.0.0 queued as 4711");
    let mail = server.mail().await;
    assert_eq!(mail["tls"], true);
    assert_eq!(mail["from"], "topmast@example.com");
    assert_eq!(mail["to"], serde_json::json!(["ann@example.com"]));
    assert_eq!(mail["hello"], "m1.example.com");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Subject: [CRITICAL] db-1 is DOWN"), "{text}");
    assert!(text.contains("Cause: sw-7 is down"), "{text}");

    // Whoever is not trusted gets neither password nor mail.
    let stranger = World::new();
    let refused = stranger.send(&channel, &down()).await.unwrap_err();
    assert!(!refused.retry && refused.reason.contains("certificate that is not trusted"), "{refused:?}");
}

#[tokio::test]
async fn mail_comes_through_tls_from_the_first_byte_and_in_the_clear() {
    let world = World::new();
    let mut server = Server::start(None).await;
    let front = tls_front(world.server_tls(), ([127, 0, 0, 1], server.port).into()).await;
    let secure = to(front.port(), "security = \"tls\", to = [\"ann@example.com\"]");
    world.send(&secure, &down()).await.unwrap();
    server.mail().await;
    let plain =
        to(server.port, "security = \"none\", to = [\"ann@example.com\"], hello = \"other.example.com\"");
    world.send(&plain, &down()).await.unwrap();
    assert_eq!(server.mail().await["hello"], "other.example.com");

    let stranger = World::new().send(&secure, &down()).await.unwrap_err();
    assert!(!stranger.retry && stranger.reason.contains("certificate that is not trusted"), "{stranger:?}");
    let without = to(server.port, "to = [\"ann@example.com\"]");
    let refused = world.send(&without, &down()).await.unwrap_err();
    assert!(!refused.retry && refused.reason.contains("offers no STARTTLS"), "{refused:?}");
}

#[tokio::test]
async fn refused_recipient_keeps_the_mail_from_nobody_else() {
    // EM-2
    let world = World::new();
    let mut server = Server::start(None).await;
    let port = server.port;
    let list = |list: &str| to(port, &format!("security = \"none\", to = [{list}]"));
    let some = list(r#""gone@example.com", "ann@example.com", "later@example.com""#);
    let delivery = world.send(&some, &down()).await.unwrap();
    assert_eq!(server.mail().await["to"], serde_json::json!(["ann@example.com"]));
    assert!(delivery.answer.contains("queued as 4711; but name the recipient gone@example.com"));
    let none = world.send(&list(r#""gone@example.com""#), &down()).await.unwrap_err();
    assert!(!none.retry && none.reason.contains("no such mailbox"), "{none:?}");
    let later = world.send(&list(r#""gone@example.com", "later@example.com""#), &down()).await.unwrap_err();
    assert!(later.retry, "{later:?}");
    let spam = message(vec![fact(Notice::Opened, "refuse this")]);
    let spam = world.send(&list(r#""ann@example.com""#), &spam).await.unwrap_err();
    assert!(
        !spam.retry && spam.reason.contains("554") && spam.reason.contains("looks like spam"),
        "{spam:?}"
    );
}

#[tokio::test]
async fn mail_arrives_as_it_was_written_whatever_it_holds() {
    // SN-2
    let world = World::new();
    let mut server = Server::start(None).await;
    let plain = to(server.port, "security = \"none\", to = [\"ann@example.com\"]");
    let mut evil = fact(Notice::Opened, "a\r\nBcc: eve@example.com\r\n\r\n.\r\n");
    evil.advice = "first\n.\nMAIL FROM:<eve@example.com>\n..last".into();
    world.send(&plain, &message(vec![evil])).await.unwrap();
    let mail = server.mail().await;
    assert_eq!(mail["to"], serde_json::json!(["ann@example.com"]));
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("first\r\n.\r\nMAIL FROM:<eve@example.com>\r\n..last\r\n"), "{text}");
    assert!(!text.contains("\nBcc:"), "{text}");
    // The next one is another mail: nothing of the first one was taken as a command.
    world.send(&plain, &down()).await.unwrap();
    assert!(server.mail().await["text"].as_str().unwrap().contains("[CRITICAL] db-1 is DOWN"));
}
