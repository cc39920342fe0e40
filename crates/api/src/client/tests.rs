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
use axum::routing::{get, post};
use std::net::SocketAddr;
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
        tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config)).accept(connection).await
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
