//! `/api/v1/live`: everything that one console tab looks at, over one WebSocket.
//!
//! ```text
//! requests ─► Subscriptions ─ open, one at a time ─► running: one stream of messages each
//!                                                        │ the next of any
//! heartbeat, each second ───────────────────────────────►┴─ do the credentials hold? ─► socket
//! ```
//!
//! Nothing is kept for a reader: the next message is taken when the socket took the one before, and a
//! list that moved on meanwhile begins anew with a snapshot (L-2).
//!
//! Elsewhere: the messages (`topmast_api::live`); where each kind of them comes from (`topic`).
//! Why one socket: docs/adr/0007-one-websocket-per-console-tab.md.

mod subscriptions;
mod topic;

use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::v1::socket::{self, Ended, Upgrade};
use crate::http::{Context, Message, Mounting};
use axum::extract::State;
use axum::extract::ws::{self, CloseFrame, WebSocket, close_code};
use axum::response::Response;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subscriptions::Subscriptions;
use tokio::time::{MissedTickBehavior, interval_at};
use topmast_api::live::{LIVE_HEARTBEAT, LiveEvent, LiveHeartbeat, LiveHello, LiveRequest, REQUEST_MAX};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;

/// A reader that takes nothing for so long is gone: ten times after which it must have called us gone.
const SEND_WITHIN: Duration = Duration::from_secs(30);

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::LIVE_CONNECT, live_connect)
}

async fn live_connect(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    upgrade: Upgrade,
) -> Result<Response, Refusal> {
    let serving = Arc::clone(&context);
    socket::accept(&context, upgrade, async move |mut socket: WebSocket| {
        serve(&serving, authenticated, &mut socket).await;
    })
}

/// Serves one tab until either side ends it.
async fn serve(context: &Arc<Context>, authenticated: Authenticated, socket: &mut WebSocket) {
    let ended = tokio::select! {
        () = context.stop.given() => Ended::Stopping,
        Err(ended) = converse(context, authenticated, socket) => ended,
    };
    let code = match ended {
        Ended::Gone => return,
        Ended::Stopping => close_code::AWAY,
        Ended::Refused(refusal) => {
            let _ = send(socket, envelope(None, &refused(&refusal))).await;
            close_code::POLICY
        }
    };
    let frame = CloseFrame { code, reason: ws::Utf8Bytes::default() };
    let _ = tokio::time::timeout(SEND_WITHIN, socket.send(ws::Message::Close(Some(frame)))).await;
}

async fn converse(
    context: &Arc<Context>,
    authenticated: Authenticated,
    socket: &mut WebSocket,
) -> Result<std::convert::Infallible, Ended> {
    let mut subscriptions = Subscriptions::new(Arc::clone(context), authenticated.clone());
    let mut beat = interval_at((Instant::now() + LIVE_HEARTBEAT).into(), LIVE_HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    send(socket, envelope(None, &hello(context))).await?;
    loop {
        let text = tokio::select! {
            request = receive(socket) => {
                let request = request?;
                if !authenticated.holds(context) {
                    return Err(Refusal::wrong_credentials().into());
                }
                authenticated.note_use(context);
                match take(&mut subscriptions, request) {
                    Ok(()) => continue,
                    Err((id, refusal)) => envelope(Some(id), &refused(&refusal)),
                }
            }
            _ = beat.tick() => {
                let time = Timestamp(context.bus.clock().now());
                envelope(None, &Message::new(LiveEvent::Heartbeat, &LiveHeartbeat { time }))
            }
            (id, message) = subscriptions.next() => {
                envelope(Some(id), &message.unwrap_or_else(|refusal| refused(&refusal)))
            }
        };
        // Asked after the wait: who lost the right meanwhile is told nothing more.
        if !authenticated.holds(context) {
            return Err(Refusal::wrong_credentials().into());
        }
        send(socket, text).await?;
    }
}

/// Does what a client asks for; otherwise its subscription is refused.
fn take(subscriptions: &mut Subscriptions, request: LiveRequest) -> Result<(), (u32, Refusal)> {
    match request {
        LiveRequest::Subscribe(wish) => {
            subscriptions.begin(wish.id, wish.to).map_err(|refusal| (wish.id, refusal))
        }
        LiveRequest::Unsubscribe(wish) => {
            subscriptions.end(wish.id);
            Ok(())
        }
    }
}

/// The next message of the client. Losing the future loses nothing.
async fn receive(socket: &mut WebSocket) -> Result<LiveRequest, Ended> {
    loop {
        match socket.recv().await {
            Some(Ok(ws::Message::Text(text))) if text.len() > REQUEST_MAX => {
                let detail = format!("a message has at most {REQUEST_MAX} bytes; subscribe to less at once");
                return Err(Refusal::new(ProblemCode::TooLarge, detail).into());
            }
            Some(Ok(ws::Message::Text(text))) => {
                return serde_json::from_str(&text).map_err(|error| {
                    let detail = format!("the message is not what is expected here: {error}");
                    Refusal::new(ProblemCode::Invalid, detail).into()
                });
            }
            Some(Ok(ws::Message::Binary(_))) => {
                return Err(Refusal::new(ProblemCode::Invalid, "messages are JSON texts, not binary").into());
            }
            // WebSocket's own pings are answered below us.
            Some(Ok(ws::Message::Ping(_) | ws::Message::Pong(_))) => {}
            Some(Ok(ws::Message::Close(_)) | Err(_)) | None => return Err(Ended::Gone),
        }
    }
}

async fn send(socket: &mut WebSocket, text: String) -> Result<(), Ended> {
    match tokio::time::timeout(SEND_WITHIN, socket.send(ws::Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::Gone),
    }
}

/// A [`LiveMessage`](topmast_api::live::LiveMessage), around data that is JSON already.
fn envelope(id: Option<u32>, Message { event, data, .. }: &Message) -> String {
    let event = event.as_str();
    match id {
        Some(id) => format!(r#"{{"id":{id},"event":"{event}","data":{data}}}"#),
        None => format!(r#"{{"event":"{event}","data":{data}}}"#),
    }
}

fn refused(refusal: &Refusal) -> Message {
    Message::new(LiveEvent::Refused, refusal.problem())
}

fn hello(context: &Context) -> Message {
    let hello = LiveHello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cluster: context.cluster.clone(),
        time: Timestamp(context.bus.clock().now()),
        heartbeat_ms: u64::try_from(LIVE_HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
        zone: name_of(&TimeZone::system()),
    };
    Message::new(LiveEvent::Hello, &hello)
}

/// A browser knows zones by name only: rules without one, as a copied `/etc/localtime` has, are as good as none.
fn name_of(zone: &TimeZone) -> Option<String> {
    zone.iana_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_has_the_name_that_a_browser_knows_or_none() {
        let named = |zone: Result<TimeZone, jiff::Error>| name_of(&zone.unwrap());
        assert_eq!(name_of(&TimeZone::UTC), Some("UTC".into()));
        assert_eq!(name_of(&TimeZone::unknown()), None);
        assert_eq!(named(TimeZone::posix("EST5EDT,M3.2.0,M11.1.0")), None);
        // By the machine's own database, where it has one.
        if std::path::Path::new("/usr/share/zoneinfo/Europe/Berlin").exists() {
            assert_eq!(named(TimeZone::get("Europe/Berlin")), Some("Europe/Berlin".into()));
        }
    }
}
