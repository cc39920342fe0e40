//! Receivers that refuse, hang, flood, and close in the middle.

use super::*;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Does one thing with every connection.
async fn receiver<F: Future<Output = ()> + Send + 'static>(
    act: impl Fn(TcpStream) -> F + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(act(stream));
        }
    });
    port
}

/// Every kind that speaks over a connection and waits for an answer.
fn channels(port: u16) -> Vec<Channel<Secret>> {
    vec![
        channel(&format!(
            "email = {{ host = \"127.0.0.1\", port = {port}, security = \"none\", from = \"t@example.com\", to = [\"a@example.com\"] }}"
        )),
        channel(&format!(
            "email = {{ host = \"127.0.0.1\", port = {port}, security = \"tls\", from = \"t@example.com\", to = [\"a@example.com\"] }}"
        )),
        channel(&format!("webhook = {{ url = \"http://127.0.0.1:{port}/hush\" }}")),
        channel(&format!("webhook = {{ url = \"https://127.0.0.1:{port}/hush\" }}")),
        channel(&format!("syslog = {{ host = \"127.0.0.1\", port = {port}, transport = \"tls\" }}")),
        channel(&format!("chat = {{ url = \"http://127.0.0.1:{port}/hush\" }}")),
    ]
}

async fn failures(time: Duration, port: u16) -> Vec<Failure> {
    let world = World::new();
    let mut failures = Vec::new();
    for channel in channels(port) {
        let failure = send_within(time, &world.senders, &channel, &down()).await.unwrap_err();
        assert!(failure.retry && !failure.reason.contains("hush"), "{channel}: {failure:?}");
        failures.push(failure);
    }
    failures
}

#[tokio::test]
async fn receiver_that_is_not_there_is_tried_again() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for failure in failures(TIME_MAX, free).await {
        assert!(failure.reason.contains("onnection refused"), "{failure:?}");
        assert!(failure.reason.contains("does the receiver run?"), "{failure:?}");
    }
}

#[tokio::test]
async fn receiver_that_says_nothing_is_left_in_time() {
    // SN-1
    let port = receiver(async |mut stream: TcpStream| {
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        std::future::pending::<()>().await;
    })
    .await;
    for failure in failures(Duration::from_millis(200), port).await {
        assert!(failure.reason.contains("was not done within"), "{failure:?}");
    }
}

#[tokio::test]
async fn receiver_that_floods_is_left_after_a_bound() {
    // SN-1
    let port = receiver(async |mut stream: TcpStream| {
        // Less than would hold up the test, more than would ever be read.
        for _ in 0..1_000 {
            if stream.write_all(&vec![b'2'; 1 << 16]).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    })
    .await;
    for (failure, channel) in failures(TIME_MAX, port).await.iter().zip(channels(port)) {
        assert!(!failure.reason.contains("was not done within"), "{channel}: {failure:?}");
    }
}

#[tokio::test]
async fn receiver_that_closes_in_the_middle_is_tried_again() {
    let port = receiver(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"220 mail.example.com\r\n").await;
        let _ = stream.read(&mut [0; 10]).await;
    })
    .await;
    failures(TIME_MAX, port).await;
}

#[tokio::test]
async fn mail_that_was_taken_is_not_sent_again_when_the_farewell_is_missing() {
    let port = receiver(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"220 mail.example.com\r\n").await;
        let mut lines = BufReader::new(stream);
        let (mut line, mut is_mail) = (String::new(), false);
        while lines.read_line(&mut line).await.is_ok_and(|length| length > 0) {
            let answer = match (is_mail, line.trim_end()) {
                (true, ".") => "250 queued\r\n",
                (true, _) => "",
                (false, "DATA") => "354 go on\r\n",
                (false, "QUIT") => return std::future::pending().await,
                (false, _) => "250 ok\r\n",
            };
            is_mail = (is_mail && line.trim_end() != ".") || line.trim_end() == "DATA";
            let _ = lines.write_all(answer.as_bytes()).await;
            line.clear();
        }
    })
    .await;
    let world = World::new();
    let delivery = world.send(&channels(port)[0], &down()).await.unwrap();
    assert_eq!(delivery.answer, "250 queued");
}
