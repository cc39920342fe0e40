//! A joined cluster as somebody asks it: in whose name, and how long it is waited for.

use super::FIRST_WITHIN;
use super::row::{Hearing, not_heard};
use crate::federation::{Federation, Join};
use crate::http::Context;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_api::client::{BuildError, Client};
use topmast_model::principal::Principal;

/// First and longest pause before a cluster is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AT_LATEST: Duration = Duration::from_secs(15);
/// Time between two looks whether a cluster is heard from.
pub(super) const LOOK_WHETHER_HEARD: Duration = Duration::from_millis(100);

/// A joined cluster as somebody asks it.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(super) join: Arc<Join>,
    pub(super) user: String,
    address: Option<IpAddr>,
}

/// The joined clusters that a principal sees beside the own one.
pub(crate) fn peers(context: &Context, principal: &Principal) -> Vec<Peer> {
    let Some((user, address)) = Federation::speaks_for(principal) else { return Vec::new() };
    let peer = |join: &Arc<Join>| Peer { join: Arc::clone(join), user: user.to_owned(), address };
    context.federation.joins().iter().map(peer).collect()
}

/// Why a cluster has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unanswered {
    /// It was not asked, as it is not heard from.
    #[error("{0}")]
    Unheard(String),
    /// It fell silent meanwhile.
    #[error("it did not answer and is not heard from")]
    Silent,
    /// It is there and takes too long.
    #[error("it did not answer within {0} s")]
    Late(u64),
}

impl Peer {
    /// A client that speaks for who asks, with the token as it is now.
    pub(super) fn client(&self) -> Result<Client, BuildError> {
        self.join.client().speaking_for(&self.user, self.address)
    }

    /// The cluster's answer, if it is heard from and answers in time.
    ///
    /// - `longest`: of a wait for one that is heard from.
    pub(super) async fn answer<T>(
        &self,
        answer: impl Future<Output = T>,
        longest: Duration,
    ) -> Result<T, Unanswered> {
        if Hearing::after(self.join.silence()) == Hearing::Lost {
            return Err(Unanswered::Unheard(self.away()));
        }
        tokio::select! {
            answer = answer => Ok(answer),
            () = self.unheard() => Err(Unanswered::Silent),
            () = tokio::time::sleep(longest) => Err(Unanswered::Late(longest.as_secs())),
        }
    }

    /// Why it is not asked while it is not heard from.
    pub(super) fn away(&self) -> String {
        let (_, reason) = self.join.status();
        not_heard(reason.as_deref())
    }

    /// That it is missing in an answer, and why.
    pub(super) fn missing(&self, why: &str) -> String {
        format!("{}: {why}", self.join.name())
    }

    /// Ends when the cluster is not heard from, but not at once: it may be about to answer.
    pub(super) async fn unheard(&self) {
        tokio::time::sleep(FIRST_WITHIN).await;
        while Hearing::after(self.join.silence()) == Hearing::Fresh {
            tokio::time::sleep(LOOK_WHETHER_HEARD).await;
        }
    }
}

/// Pauses before a cluster is asked again that broke off: longer each time, and short again once all went well for a while.
pub(super) struct Again {
    pause: Duration,
    begun: Instant,
}

impl Again {
    pub(super) fn new() -> Self {
        Self { pause: AGAIN_AFTER, begun: Instant::now() }
    }

    /// Waits before the next try.
    pub(super) async fn wait(&mut self) {
        if self.begun.elapsed() > AGAIN_AT_LATEST {
            self.pause = AGAIN_AFTER;
        }
        tokio::time::sleep(self.pause.mul_f64(fastrand::f64().midpoint(1.0))).await;
        self.pause = (self.pause * 2).min(AGAIN_AT_LATEST);
        self.begun = Instant::now();
    }
}
