//! Waiting for a condition, level-triggered: it is looked at until it holds, so no change can be missed.

use std::time::Duration;
use tokio::time::Instant;

/// Long enough for a busy machine; a test that waits so long has failed.
pub const DEADLINE: Duration = Duration::from_mins(1);
/// Time between two looks: short beside a process start, long beside a request.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A condition did not come true.
#[derive(Debug, thiserror::Error)]
#[error("not within {} s: {what}", within.as_secs())]
pub struct NotInTime {
    what: String,
    within: Duration,
}

/// Waits until `look` finds something.
///
/// - `what`: what is waited for, for the error: `the server is UP`.
///
/// # Errors
/// [`NotInTime`] when it found nothing within `deadline`, or one look alone took as long.
pub async fn wait_for<T>(
    what: &str,
    deadline: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Result<T, NotInTime> {
    let late = || NotInTime { what: what.to_owned(), within: deadline };
    let end = Instant::now() + deadline;
    loop {
        match tokio::time::timeout_at(end, look()).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) if Instant::now() < end => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(None) | Err(_) => return Err(late()),
        }
    }
}

/// Waits until `holds` says true.
///
/// # Errors
/// As [`wait_for`].
pub async fn wait_until(
    what: &str,
    deadline: Duration,
    mut holds: impl AsyncFnMut() -> bool,
) -> Result<(), NotInTime> {
    wait_for(what, deadline, async || holds().await.then_some(())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wait_ends_with_what_was_found() {
        let mut looks = 0;
        let found = wait_for("three looks", DEADLINE, async || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found.await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_that_is_too_long_says_for_what() {
        let error = wait_until("the sky falls", DEADLINE, async || false).await.unwrap_err();
        assert_eq!(error.to_string(), "not within 60 s: the sky falls");
        let stuck = wait_until("it answers", DEADLINE, std::future::pending).await;
        assert!(stuck.is_err());
    }
}
