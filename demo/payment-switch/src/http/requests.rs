//! Counts of the HTTP requests that were answered, by status code.

use super::Shared;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Requests of one status code.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// How many.
    pub(super) count: u64,
    /// How long they took together, in seconds.
    pub(super) total_s: f64,
    /// How long the longest took, in seconds.
    pub(super) max_s: f64,
}

/// All requests answered since the start. Bounded by the number of status codes.
#[derive(Debug, Default)]
pub(super) struct Requests(BTreeMap<u16, Times>);

impl Requests {
    /// Counts one request.
    fn count(&mut self, status: u16, seconds: f64) {
        let times = self.0.entry(status).or_default();
        times.count += 1;
        times.total_s += seconds;
        times.max_s = times.max_s.max(seconds);
    }

    /// The counts, by ascending status code.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (u16, &Times)> {
        self.0.iter().map(|(status, times)| (*status, times))
    }
}

/// The kind of a status code, in Micrometer's words.
pub(super) fn outcome(status: u16) -> &'static str {
    match status {
        100..=199 => "INFORMATIONAL",
        200..=299 => "SUCCESS",
        300..=399 => "REDIRECTION",
        400..=499 => "CLIENT_ERROR",
        500..=599 => "SERVER_ERROR",
        _ => "UNKNOWN",
    }
}

/// Middleware that counts every request once it is answered.
pub(super) async fn count_answered(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let response = next.run(request).await;
    shared.requests().count(response.status().as_u16(), start.elapsed().as_secs_f64());
    response
}
