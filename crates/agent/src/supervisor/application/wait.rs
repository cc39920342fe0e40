//! What an application's task waits for beside what it is told; nothing comes of what is not under way.

use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

pub(super) async fn health_event(job: &mut Option<JoinHandle<Result<(), String>>>) -> Result<(), String> {
    match job {
        Some(job) => job.await.unwrap_or_else(|error| Err(error.to_string())),
        None => std::future::pending().await,
    }
}

pub(super) async fn version_result(job: &mut Option<JoinHandle<Option<String>>>) -> Option<String> {
    match job {
        Some(job) => job.await.unwrap_or(None),
        None => std::future::pending().await,
    }
}
