//! A web hook: a signed JSON document, posted.
//!
//! ```text
//! Topmast-Signature: t=1795929877,v1=hex( HMAC-SHA256( secret, "1795929877." + body ) )
//! Idempotency-Key: the message's id, the same for every attempt
//! ```
//!
//! The document is a promise: fields are added, never changed, while its `version` is 1. In docs/guide/channels.md.

use super::{Delivery, Failure, Senders, post};
use crate::notification::{Fact, Message};
use aws_lc_rs::hmac;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};
use topmast_model::notification::channel::Webhook;
use topmast_model::notification::{Channel, Secret};
use topmast_model::time::UnixMillis;

/// The form of the document.
const VERSION: u32 = 1;

pub(super) async fn send(
    senders: &Senders,
    channel: &Channel<Secret>,
    hook: &Webhook<Secret>,
    message: &Message,
) -> Result<Delivery, Failure> {
    let body = document(&senders.config.cluster, &channel.name, message).to_string().into_bytes();
    let mut request = senders.http.post(&hook.url.0).header("idempotency-key", message.id.to_string());
    for (name, value) in &hook.headers {
        request = request.header(name, &value.0);
    }
    if let Some(secret) = &hook.secret {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        request = request.header("topmast-signature", signature(secret, now, &body));
    }
    post::post(&channel.target(), request, body).await
}

fn signature(secret: &Secret, seconds: u64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.0.as_bytes());
    let mut signing = hmac::Context::with_key(&key);
    signing.update(format!("{seconds}.").as_bytes());
    signing.update(body);
    let mut text = format!("t={seconds},v1=");
    for byte in signing.sign().as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The document; programs that are run get it as well.
pub(super) fn document(cluster: &str, channel: &str, message: &Message) -> Value {
    json!({
        "version": VERSION,
        "id": message.id,
        "time": rfc3339(message.time),
        "cluster": cluster,
        "channel": channel,
        "test": message.test,
        "subject": message.subject(),
        "reason": message.reason,
        "link": message.link,
        "alarm": message.alarm.as_ref().map(|alarm| &alarm.document),
        "problems": message.facts.iter().map(problem).collect::<Vec<_>>(),
        "left_out": message.left_out,
    })
}

fn problem(fact: &Fact) -> Value {
    json!({
        "id": fact.problem,
        "notice": fact.notice,
        "severity": fact.severity,
        "object": fact.object,
        "rule": fact.rule,
        "detail": fact.detail,
        "message": fact.message,
        "advice": fact.advice,
        "since": rfc3339(fact.since),
        "duration_s": fact.duration.as_secs(),
        "owner": fact.owner,
        "cause": fact.cause,
        "link": fact.link,
    })
}

/// As `2026-11-29T05:12:03Z`, with milliseconds when there are some.
pub(super) fn rfc3339(time: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(time.0).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::message::tests::{fact, message};
    use topmast_model::problem::Notice;

    #[test]
    fn document_has_the_promised_fields() {
        let told = document("acme/main", "hook", &message(vec![fact(Notice::StillOpen, "db-1 is down")]));
        let expect = json!({
            "version": 1,
            "id": "01920000-0000-7000-8000-000000000001",
            "time": "2026-11-29T05:24:37Z",
            "cluster": "acme/main",
            "channel": "hook",
            "test": false,
            "subject": "[CRITICAL, still open] db-1 is down",
            "reason": null,
            "link": null,
            "alarm": null,
            "problems": [{
                "id": 17,
                "notice": "still-open",
                "severity": "critical",
                "object": "acme/main/db-1",
                "rule": "server-down",
                "detail": "",
                "message": "db-1 is down",
                "advice": "Is it reachable?\nDoes its agent run?",
                "since": "2026-11-29T05:12:03Z",
                "duration_s": 754,
                "owner": null,
                "cause": null,
                "link": "https://console.example.com/problems/17"
            }],
            "left_out": 0
        });
        assert_eq!(told, expect);
    }

    #[test]
    fn signature_is_the_hmac_of_time_and_body() {
        // printf '1795929877.{}' | openssl dgst -sha256 -hmac hush
        let expect = "t=1795929877,v1=3aef260c9d35d8e84a1b8d9dad93fdc980739fc7dae21a75cc5fe92864fb8fbf";
        assert_eq!(signature(&"hush".into(), 1_795_929_877, b"{}"), expect);
    }
}
