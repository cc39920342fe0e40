//! Web hooks and chats, to a receiver in this process that checks what it gets as the guide says.

use super::receiver::tls_front;
use super::*;
use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use std::net::SocketAddr;
use tokio::sync::mpsc;

type Request = (HeaderMap, String);

/// What it answers to every request.
#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

struct Receiver {
    address: SocketAddr,
    requests: mpsc::UnboundedReceiver<Request>,
}

impl Receiver {
    async fn start(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Self {
        let answer = Answer { status, headers: headers.to_vec(), body: body.to_owned() };
        let (sender, requests) = mpsc::unbounded_channel();
        let take = |State((sender, answer)): State<(mpsc::UnboundedSender<Request>, Answer)>,
                    headers: HeaderMap,
                    body: String| async move {
            let _ = sender.send((headers, body));
            let mut response = (StatusCode::from_u16(answer.status).unwrap(), answer.body).into_response();
            for (name, value) in answer.headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        };
        let router = Router::new().fallback(take).with_state((sender, answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, requests }
    }

    fn request(&mut self) -> Request {
        self.requests.try_recv().expect("a request")
    }
}

fn hook(url: &str) -> Channel<Secret> {
    channel(&format!(
        "webhook = {{ url = \"{url}/in?key=hush-url\", secret = \"hush\", headers = {{ X-Token = \"hush-token\" }} }}"
    ))
}

/// As docs/guide/channels.md tells it.
fn is_signed(secret: &[u8], header: &str, body: &str) -> bool {
    let (time, sum) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let sum: Vec<u8> =
        (0..sum.len()).step_by(2).map(|at| u8::from_str_radix(&sum[at..at + 2], 16).unwrap()).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, format!("{time}.{body}").as_bytes(), &sum).is_ok()
}

#[tokio::test]
async fn web_hook_is_signed_and_the_same_for_every_attempt() {
    let world = World::new();
    let mut receiver = Receiver::start(202, &[], "thank\nyou").await;
    let front = tls_front(world.server_tls(), receiver.address).await;
    let secure = hook(&format!("https://localhost:{}", front.port()));
    let delivery = world.send(&secure, &down()).await.unwrap();
    assert_eq!(delivery.answer, "202 Accepted: thank you");
    let (headers, body) = receiver.request();
    let signature = headers["topmast-signature"].to_str().unwrap();
    assert!(is_signed(b"hush", signature, &body), "{signature}");
    assert!(!is_signed(b"hush", signature, &format!("{body} ")) && !is_signed(b"other", signature, &body));
    assert_eq!(headers["x-token"], "hush-token");
    assert_eq!(headers["content-type"], "application/json");
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["problems"][0]["cause"], "sw-7 is down");

    let plain = hook(&format!("http://{}", receiver.address));
    world.send(&plain, &down()).await.unwrap();
    let (again, _) = receiver.request();
    assert_eq!(again["idempotency-key"], headers["idempotency-key"]);
    assert_eq!(again["idempotency-key"].to_str().unwrap(), down().id.to_string());

    let stranger = World::new().send(&secure, &down()).await.unwrap_err();
    assert!(!stranger.retry && stranger.reason.contains("certificate that is not trusted"), "{stranger:?}");
    assert!(!stranger.reason.contains("hush"), "{stranger:?}");
}

#[tokio::test]
async fn answer_says_whether_another_attempt_has_a_point() {
    let world = World::new();
    let check = async |status,
                       headers: &[(&'static str, &'static str)],
                       retry: bool,
                       after: Option<u64>,
                       text: &str| {
        let mut receiver = Receiver::start(status, headers, "because").await;
        let failure = world.send(&hook(&format!("http://{}", receiver.address)), &down()).await.unwrap_err();
        assert_eq!(
            (failure.retry, failure.after.map(|after| after.as_secs())),
            (retry, after),
            "{failure:?}"
        );
        assert!(failure.reason.contains(text) && !failure.reason.contains("hush"), "{failure:?}");
        assert!(failure.reason.contains(&status.to_string()), "{failure:?}");
        receiver.request();
        assert!(receiver.requests.try_recv().is_err(), "asked once, whatever comes back");
    };
    check(408, &[], true, None, "because").await;
    check(425, &[], true, None, "because").await;
    check(429, &[("retry-after", "7")], true, Some(7), "because").await;
    check(429, &[("retry-after", "9999999")], true, Some(600), "because").await;
    check(503, &[("retry-after", "soon")], true, None, "because").await;
    check(500, &[], true, None, "because").await;
    check(400, &[("retry-after", "7")], false, None, "because").await;
    check(403, &[], false, None, "secrets still valid").await;
    check(404, &[], false, None, "still a web hook at this address").await;
    let to = [("location", "http://127.0.0.1:9/hush-elsewhere")];
    check(307, &to, false, None, "http://127.0.0.1:9; redirects are not followed").await;
}

#[tokio::test]
async fn answer_without_end_is_read_to_its_bound_and_no_further() {
    // SN-1
    let world = World::new();
    let receiver = Receiver::start(200, &[], &"x".repeat(5 << 20)).await;
    let delivery = world.send(&hook(&format!("http://{}", receiver.address)), &down()).await.unwrap();
    assert!(delivery.answer.starts_with("200 OK: xxx") && delivery.answer.chars().count() < 320);
}

#[tokio::test]
async fn chat_gets_the_message_of_its_form() {
    let world = World::new();
    let mut receiver = Receiver::start(200, &[], "ok").await;
    let chat = channel(&format!(
        "chat = {{ url = \"http://{}/services/hush\", channel = \"#ops\" }}",
        receiver.address
    ));
    assert_eq!(world.send(&chat, &down()).await.unwrap().answer, "200 OK: ok");
    let (headers, body) = receiver.request();
    assert_eq!(headers["content-type"], "application/json");
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&told["channel"], &told["text"]), (&"#ops".into(), &"[CRITICAL] db-1 is DOWN".into()));
}
