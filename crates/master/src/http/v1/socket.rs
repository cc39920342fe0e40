//! The sockets of people's programs: how they begin, and why they end.
//!
//! Elsewhere: those of agents, which prove themselves inside (`agent`).

use crate::http::Context;
use crate::http::problem::Refusal;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::response::Response;
use topmast_api::problem::ProblemCode;

/// Largest message that is read at all: so that whoever sends more than a contract allows can be told so.
const MESSAGE_MAX: usize = 1 << 20;

/// A request for a WebSocket, as far as it is one.
pub(super) type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// Why a connection ends.
pub(super) enum Ended {
    /// The other side left, or takes or says nothing any more.
    Gone,
    /// The master stops.
    Stopping,
    /// By us, for a reason that is told.
    Refused(Refusal),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Begins a WebSocket, which holds a place among the master's streams until it was served.
///
/// # Errors
/// A refusal when the request is for none, or too many streams are open.
pub(super) fn accept<F>(
    context: &Context,
    upgrade: Upgrade,
    serve: impl FnOnce(WebSocket) -> F + Send + 'static,
) -> Result<Response, Refusal>
where
    F: Future<Output = ()> + Send + 'static,
{
    let upgrade = upgrade.map_err(|rejection| {
        let detail = format!("this address is for WebSockets over HTTP/1.1: {}", rejection.body_text());
        Refusal::new(ProblemCode::Invalid, detail)
    })?;
    let place = context.streams.enter()?;
    let upgrade = upgrade.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX);
    Ok(upgrade.on_upgrade(async move |socket| {
        serve(socket).await;
        drop(place);
    }))
}
