//! The masters of one cluster, and which of them is asked first.
//!
//! Invariant
//! - K-3: another master is asked only when it is sure that nothing was done: the request was not sent, it was refused
//!   by a master that does not lead, or it only reads.

use super::{BuildError, ClientError, Credentials, may_carry_credentials, parse_url};
use crate::problem::ProblemCode;
use reqwest::{Method, Url};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Masters that are kept of one cluster.
const MASTERS_MAX: usize = 16;
/// So long all of them are asked again while none of them leads: a lease expires after three seconds.
pub(super) const CHANGE_OVER: Duration = Duration::from_secs(8);
/// Pause between two rounds.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// At least one address.
#[derive(Debug)]
pub(super) struct Masters {
    urls: Vec<Url>,
    /// The one that answered last.
    current: AtomicUsize,
}

impl Masters {
    /// The first is asked first. What is said twice is taken once.
    pub(super) fn new<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        credentials: &Credentials,
    ) -> Result<Self, BuildError> {
        let mut urls = Vec::new();
        for text in texts {
            let url = parse_url(text)?;
            if *credentials != Credentials::None && !may_carry_credentials(text) {
                return Err(BuildError::PlainHttp { url: text.to_owned() });
            }
            if !urls.contains(&url) && urls.len() < MASTERS_MAX {
                urls.push(url);
            }
        }
        if urls.is_empty() {
            return Err(BuildError::Url { url: String::new() });
        }
        Ok(Self { urls, current: AtomicUsize::new(0) })
    }

    pub(super) fn is_one(&self) -> bool {
        self.urls.len() == 1
    }

    /// The one that is asked first.
    pub(super) fn current(&self) -> &Url {
        &self.urls[self.current.load(Ordering::Relaxed)]
    }

    /// All, the one that answered last first.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = (usize, &Url)> {
        let current = self.current.load(Ordering::Relaxed);
        let all = || self.urls.iter().enumerate();
        all().skip(current).chain(all().take(current))
    }

    /// Notes which one answered.
    pub(super) fn answered(&self, index: usize) {
        self.current.store(index, Ordering::Relaxed);
    }
}

/// True when another master may be asked after this (K-3).
pub(super) fn may_ask_another(error: &ClientError, method: &Method) -> bool {
    match error {
        ClientError::Unreachable { .. } => true,
        ClientError::Lost { .. } => method == Method::GET,
        ClientError::Refused(problem) => {
            matches!(problem.code, ProblemCode::Standby | ProblemCode::Stopping)
        }
        _ => false,
    }
}
