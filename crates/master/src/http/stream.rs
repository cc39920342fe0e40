//! Server-sent events: how streams are bounded, kept alive and ended.

use super::problem::Refusal;
use axum::response::Sse;
use axum::response::sse::Event;
use futures_util::Stream;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use topmast_api::problem::ProblemCode;

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

/// An event with JSON data that is ready as text.
pub(crate) fn event(name: &str, data: &str) -> Event {
    Event::default().event(name).data(data)
}

/// An event with JSON data.
pub(crate) fn json_event(name: &str, data: &impl serde::Serialize) -> Event {
    event(name, &serde_json::to_string(data).unwrap_or_default())
}

/// What a quiet stream says, so that both ends know that the other is there.
pub(crate) fn heartbeat() -> Event {
    event("heartbeat", "{}")
}

/// Answers with a stream that cannot fail; it ends when the master stops.
pub(crate) fn answer<S>(
    stopped: impl Future<Output = ()> + Send + 'static,
    stream: S,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    S: Stream<Item = Event> + Send + 'static,
{
    use futures_util::StreamExt as _;
    Sse::new(stream.map(Ok).take_until(Box::pin(stopped)))
}
