//! Peers that misbehave: each ends the call with a clear error, in bounded time and memory.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Long enough that a busy machine never reaches it in a call that should end by itself.
const LONG: Duration = Duration::from_mins(1);

/// Serves one connection with `serve` after the request's head was read.
async fn peer<F, Fut>(serve: F) -> Endpoint
where
    F: FnOnce(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = socket.read_u8().await.unwrap();
            head.push(byte);
        }
        serve(socket).await;
    });
    format!("http://127.0.0.1:{port}/x").parse().unwrap()
}

async fn answer_of(text: &'static [u8], timeout: Duration) -> Result<Answer, FetchError> {
    let endpoint = peer(async move |mut socket: TcpStream| {
        let _ = socket.write_all(text).await;
    })
    .await;
    get(&endpoint, None, timeout).await
}

#[tokio::test]
async fn get_returns_status_and_body() {
    let answer = answer_of(b"HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nhello", LONG).await.unwrap();
    assert_eq!(answer, Answer { status: 503, body: b"hello".to_vec() });
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_eq!(answer_of(chunked, LONG).await.unwrap().body, b"abcde");
}

#[tokio::test]
async fn get_of_a_peer_that_never_answers_ends_at_the_deadline() {
    // H-1
    let endpoint = peer(async |socket: TcpStream| {
        future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let error = get(&endpoint, None, Duration::from_millis(50)).await.unwrap_err();
    assert!(error.to_string().ends_with("did not answer within 50 ms"), "{error}");
}

#[tokio::test]
async fn get_of_a_short_body_is_an_error() {
    let error = answer_of(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort", LONG).await.unwrap_err();
    assert!(matches!(error, FetchError::Http { .. }), "{error}");
}

#[tokio::test]
async fn get_reads_no_more_than_the_length_that_was_promised() {
    let answer = answer_of(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay and more", LONG).await.unwrap();
    assert_eq!(answer.body, b"ok");
}

#[tokio::test]
async fn get_of_endless_chunks_stops_at_the_bound() {
    // H-2
    let endpoint = peer(async |mut socket: TcpStream| {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 65536], b"\r\n"].concat();
        let mut open = socket.write_all(head).await.is_ok();
        while open {
            open = socket.write_all(&chunk).await.is_ok();
        }
    })
    .await;
    let error = get(&endpoint, None, LONG).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn get_of_an_endless_head_stops_at_the_bound() {
    // H-2
    let endpoint = peer(async |mut socket: TcpStream| {
        let mut open = socket.write_all(b"HTTP/1.1 200 OK\r\nX: ").await.is_ok();
        while open {
            open = socket.write_all(&vec![b'x'; 65536]).await.is_ok();
        }
    })
    .await;
    let error = get(&endpoint, None, LONG).await.unwrap_err();
    assert!(matches!(error, FetchError::Http { .. }), "{error}");
}

#[tokio::test]
async fn get_of_something_that_is_not_http_is_an_error() {
    let error = answer_of(b"SSH-2.0-OpenSSH_9.2\r\n", LONG).await.unwrap_err();
    assert!(matches!(error, FetchError::Http { .. }), "{error}");
}

#[tokio::test]
async fn get_of_a_closed_port_says_so() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let endpoint: Endpoint = format!("http://127.0.0.1:{port}/").parse().unwrap();
    let error = get(&endpoint, None, LONG).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("connect to 127.0.0.1:{port}: ")), "{error}");
}
