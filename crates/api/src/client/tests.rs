//! Tests of the client against a real HTTP server.

use super::*;
use crate::event::{EventMessage, EventQuery};
use crate::liveness::Liveness;
use crate::problem::{MEDIA_TYPE, Problem, ProblemCode};
use crate::route;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use topmast_model::id::Seq;

/// Serves a router on a free port of loopback until the test ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn client(address: SocketAddr, credentials: Credentials) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let url = format!("http://{address}");
    Client::new(Endpoint { url, ca_pem: None, credentials, timeout: ANSWER_TIMEOUT }).unwrap()
}

#[tokio::test]
async fn answers_are_read_and_credentials_sent() {
    let router = Router::new().route(
        route::LIVENESS_GET.path,
        get(|headers: HeaderMap| async move {
            let version = headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
            axum::Json(Liveness { status: "ok".into(), version })
        }),
    );
    let address = serve(router).await;
    let token = client(address, Credentials::Bearer("secret".into()));
    assert_eq!(token.liveness().await.unwrap().version, "Bearer secret");
    let basic = token.with_credentials(Credentials::Basic { user: "a".into(), password: "b".into() });
    assert_eq!(basic.liveness().await.unwrap().version, "Basic YTpi");
}

#[tokio::test]
async fn problem_of_the_master_is_handed_on() {
    let refuse = || async {
        let problem = Problem::new(ProblemCode::Unauthenticated, "wrong user or password");
        (
            StatusCode::UNAUTHORIZED,
            [(header::CONTENT_TYPE, MEDIA_TYPE)],
            serde_json::to_string(&problem).unwrap(),
        )
    };
    let address = serve(Router::new().route(route::SESSION_OPEN.path, post(refuse))).await;
    let error = client(address, Credentials::None).session_open("eve", "x").await.unwrap_err();
    assert_eq!(error.to_string(), "wrong user or password");
    assert_eq!(error.problem().map(|problem| problem.code), Some(ProblemCode::Unauthenticated));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn what_is_no_master_is_said_to_be_none() {
    let address = serve(Router::new()).await;
    let error = client(address, Credentials::None).liveness().await.unwrap_err();
    assert!(
        error.to_string().contains("does not answer as a Topmast master does: HTTP status 404"),
        "{error}"
    );
}

#[tokio::test]
async fn absent_master_is_named_with_what_to_do() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client(address, Credentials::None).liveness().await.unwrap_err();
    assert!(error.is_transient());
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot reach http://{address}: ")), "{text}");
    assert!(text.contains("`topmast master`"), "{text}");
}

/// A server that counts its requests and answers each with one problem.
async fn refusing(code: ProblemCode) -> (SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let refuse = move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        let problem = Problem::new(code, "as the test says");
        let status = StatusCode::from_u16(problem.status).unwrap();
        (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], serde_json::to_string(&problem).unwrap())
    };
    (serve(Router::new().fallback(refuse)).await, asked)
}

/// A server that reads requests and hangs up without an answer.
async fn deaf() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 4_096]).await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, asked)
}

fn client_of(addresses: &[SocketAddr]) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let urls: Vec<String> = addresses.iter().map(|address| format!("http://{address}")).collect();
    let credentials = Credentials::Bearer("x".into());
    let endpoint = Endpoint { url: urls[0].clone(), ca_pem: None, credentials, timeout: ANSWER_TIMEOUT };
    Client::of_masters(endpoint, &urls[1..]).unwrap()
}

async fn well() -> SocketAddr {
    let alive = || async { axum::Json(Liveness { status: "ok".into(), version: "1".into() }) };
    let made = || async { StatusCode::NO_CONTENT };
    let router = Router::new()
        .route(route::LIVENESS_GET.path, get(alive))
        .route(route::SESSION_CLOSE.path, delete(made));
    serve(router).await
}

#[tokio::test]
async fn another_master_is_asked_when_one_is_not_there_or_does_not_lead() {
    // K-3
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let (standby, asked) = refusing(ProblemCode::Standby).await;
    let leader = well().await;
    let client = client_of(&[gone, standby, leader]);
    client.session_close().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // The one that answered is asked first from now on.
    client.liveness().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(client.url(), format!("http://{leader}"));
}

#[tokio::test]
async fn what_may_have_been_done_is_not_asked_of_another_master() {
    // K-3
    let (deaf, heard) = deaf().await;
    let (other, asked) = refusing(ProblemCode::Standby).await;
    let client = client_of(&[deaf, other, well().await]);
    let error = client.session_close().await.unwrap_err();
    assert!(matches!(error, ClientError::Lost { .. }), "{error}");
    assert_eq!((heard.load(Ordering::SeqCst), asked.load(Ordering::SeqCst)), (1, 0));
    // A read does nothing.
    client.liveness().await.unwrap();

    let (unsure, _) = refusing(ProblemCode::OutcomeUnknown).await;
    let error = client_of(&[unsure, well().await]).session_close().await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.code), Some(ProblemCode::OutcomeUnknown));
}

#[test]
fn every_master_of_a_client_is_reached_safely() {
    // K-1
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let endpoint = Endpoint {
        url: "https://one:7400".into(),
        ca_pem: None,
        credentials: Credentials::Bearer("x".into()),
        timeout: ANSWER_TIMEOUT,
    };
    let refused = Client::of_masters(endpoint, &["http://two:7400".into()]);
    assert!(matches!(refused, Err(BuildError::PlainHttp { .. })));
}

#[test]
fn credentials_over_plain_http_are_refused_beyond_loopback() {
    // K-1
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let try_url = |url: &str, credentials| {
        Client::new(Endpoint { url: url.into(), ca_pem: None, credentials, timeout: ANSWER_TIMEOUT })
    };
    let token = || Credentials::Bearer("x".into());
    assert!(matches!(try_url("http://console.example:7400", token()), Err(BuildError::PlainHttp { .. })));
    assert!(matches!(try_url("http://127.0.0.1.example", token()), Err(BuildError::PlainHttp { .. })));
    for good in ["http://127.0.0.1:7400", "http://[::1]:7400", "http://localhost:7400"] {
        assert!(try_url(good, token()).is_ok(), "{good}");
    }
    assert!(try_url("http://console.example:7400", Credentials::None).is_ok());
    for wrong in ["", "console:7400", "ftp://console", "https://", "https://console?x=1"] {
        assert!(matches!(try_url(wrong, Credentials::None), Err(BuildError::Url { .. })), "{wrong}");
    }
}

#[tokio::test]
async fn certificate_of_another_ca_is_said_not_to_be_trusted() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let theirs = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let ours = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(theirs.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![theirs.cert.der().clone()], key).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(connection).await
    });
    let ca_pem = Some(ours.cert.pem());
    let endpoint = Endpoint { url, ca_pem, credentials: Credentials::None, timeout: ANSWER_TIMEOUT };
    let error = Client::new(endpoint).unwrap().liveness().await.unwrap_err();
    assert!(matches!(error, ClientError::Untrusted { .. }), "{error}");
    assert!(!error.is_transient());
}

/// Three events a connection, going on behind `Last-Event-ID`.
async fn three_events(headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get("last-event-id").map_or(0, |id| id.to_str().unwrap().parse::<u64>().unwrap());
    let text: String = (last + 1..=last + 3).map(event_text).collect();
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from(text))
}

fn event_text(seq: u64) -> String {
    format!(
        "id: {seq}\nevent: event\ndata: {}\n\n",
        serde_json::json!({
            "seq": seq, "time": "2026-03-01T12:00:00.000Z", "tenant": "acme",
            "actor": { "kind": "master", "name": "master", "auth": "internal", "address": null },
            "action": null, "kind": "ServerRemoved", "object": null, "payload": {},
        })
    )
}

#[tokio::test]
async fn event_stream_goes_on_where_a_connection_broke() {
    let address = serve(Router::new().route(route::EVENT_STREAM.path, get(three_events))).await;
    let mut stream = client(address, Credentials::None).event_stream(EventQuery::default());
    let mut seen = Vec::new();
    let mut breaks = 0;
    while seen.len() < 9 {
        match stream.next().await {
            Ok(EventMessage::Event(event)) => seen.push(event.seq.0),
            Ok(EventMessage::Heartbeat) => {}
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                breaks += 1;
            }
        }
    }
    assert_eq!(seen, (1..=9).collect::<Vec<_>>());
    assert_eq!((breaks, stream.cursor()), (2, Some(Seq(9))));
}
