//! Streams: what readers are told, however it travels, and how streams are bounded, kept alive and ended.
//!
//! ```text
//! watch, event, action, object … ─► Messages ─┬─► server-sent events (here)
//!                                             └─► one subscription of a live connection (v1/live)
//! ```
//!
//! Invariants
//! - T-1: whoever lost a right is told nothing more: the credentials are asked after every wait.

use super::Context;
use super::authenticate::Authenticated;
use super::problem::Refusal;
use crate::watch::{Watched, keep};
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::Event;
use axum::response::{IntoResponse as _, Response, Sse};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::interval_at;
use tokio_stream::StreamExt as _;
use topmast_api::live::LiveEvent;
use topmast_api::problem::ProblemCode;
use topmast_api::watch::HEARTBEAT;
use topmast_model::id::Seq;

/// Streams open at the same time on one master.
const STREAMS_MAX: usize = 2_000;

/// Places for streams.
pub(crate) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

impl Streams {
    /// Takes a place for as long as the permit lives.
    pub(crate) fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            Refusal::new(
                ProblemCode::Busy,
                "too many streams are open on this master; close some and try again",
            )
        })
    }
}

/// One message of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) event: LiveEvent,
    /// JSON, shared by all readers of the same.
    pub(crate) data: Arc<str>,
    /// Where a reader that comes again goes on.
    pub(crate) position: Option<Seq>,
}

impl Message {
    /// A message whose data is ready as text.
    pub(crate) const fn ready(event: LiveEvent, data: Arc<str>) -> Self {
        Self { event, data, position: None }
    }

    /// A message with data that becomes JSON now.
    pub(crate) fn new(event: LiveEvent, data: &impl serde::Serialize) -> Self {
        Self::ready(event, serde_json::to_string(data).unwrap_or_default().into())
    }

    fn to_event(&self) -> Event {
        let event = Event::default().event(self.event.as_str()).data(&*self.data);
        match self.position {
            Some(position) => event.id(position.to_string()),
            None => event,
        }
    }
}

/// What a reader is told. It ends after an error, and by itself when nothing more can come.
pub(crate) type Messages = BoxStream<'static, Result<Message, Refusal>>;

/// The position up to which a reader was told everything that concerns it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Position(Arc<AtomicU64>);

impl Position {
    pub(crate) fn get(&self) -> Seq {
        Seq(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, at: Seq) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

/// Answers with a watch as it is now.
pub(crate) fn first(watched: Arc<dyn Watched>) -> Response {
    let (now, _) = watched.join();
    keep(watched);
    ([(CONTENT_TYPE, "application/json")], now.data.to_string()).into_response()
}

/// Answers with server-sent events for as long as the credentials hold and the master does not stop.
///
/// A quiet stream says so now and then, with the position if it has one, so that both ends know
/// that the other is there.
pub(crate) fn answer(
    context: &Arc<Context>,
    authenticated: Authenticated,
    place: OwnedSemaphorePermit,
    position: Option<Position>,
    messages: Messages,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let quiet = interval_at((Instant::now() + HEARTBEAT).into(), HEARTBEAT);
    let stopped = context.stop.given();
    let ended = Box::pin(async move {
        stopped.await;
        // Given back here or, when the reader leaves, with this future.
        drop(place);
    });
    let context = Arc::clone(context);
    let events = messages.timeout_repeating(quiet).map_while(move |message| {
        if !authenticated.holds(&context) {
            return None; // T-1
        }
        match message {
            Ok(Ok(message)) => Some(Ok(message.to_event())),
            // There is no event for it: a reader that connects again is told why.
            Ok(Err(_)) => None,
            Err(_) => {
                let position = position.as_ref().map(Position::get);
                let data = Arc::from("{}");
                Some(Ok(Message { event: LiveEvent::Heartbeat, data, position }.to_event()))
            }
        }
    });
    Sse::new(StreamExt::take_until(events, ended))
}
