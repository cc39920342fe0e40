//! The `http` source: an answer with the expected status and content.

use super::ServiceObservation;
use crate::http::{Answer, FetchError};
use crate::unit::Pattern;
use topmast_model::status::ServiceStatus;

/// Judges an answer: the status must be one of `expect_status` (200 to 299 when empty), and `expect_body` must be found.
pub(super) fn judge(
    name: &str,
    answer: &Answer,
    expect_status: &[u16],
    expect_body: Option<&Pattern>,
) -> ServiceObservation {
    let good = if expect_status.is_empty() {
        (200..300).contains(&answer.status)
    } else {
        expect_status.contains(&answer.status)
    };
    if !good {
        return ServiceObservation::new(name, ServiceStatus::Malfunction)
            .code(&format!("HTTP{}", answer.status))
            .message(&format!("answered status {}", answer.status));
    }
    // A body in another encoding is searched as far as it is UTF-8; an expected text is usually plain.
    let found =
        expect_body.is_none_or(|pattern| pattern.regex().is_match(&String::from_utf8_lossy(&answer.body)));
    if !found {
        return ServiceObservation::new(name, ServiceStatus::Malfunction)
            .code("CONTENT")
            .message("the answer does not hold the expected text");
    }
    ServiceObservation::new(name, ServiceStatus::Started)
}

/// What a call without an answer says: a refused connection is a service that does not work; a peer that
/// hangs or lies cannot be judged.
pub(super) fn unanswered(name: &str, error: &FetchError) -> ServiceObservation {
    let service = match error {
        FetchError::Connect(_) => ServiceObservation::new(name, ServiceStatus::Malfunction).code("REFUSED"),
        _ => ServiceObservation::new(name, ServiceStatus::Unknown),
    };
    service.message(&error.to_string())
}
