//! Sessions that nobody uses: refused at once, closed a little later.
//!
//! What a person does is a use: a request, a message over the console's live connection. What the master
//! sends by itself is none, so a forgotten screen does not keep a session open.

use crate::http::Context;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use topmast_engine::{Session, Submission};
use topmast_model::access::AccessOrder;
use topmast_model::command::Command;
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Time between two looks; what is lost of last uses in a crash.
const EVERY: Duration = Duration::from_secs(30);

impl Context {
    /// When something last came with a session.
    pub(crate) fn last_used(&self, secret_hash: &str, session: &Session) -> UnixMillis {
        self.last_seen.of(secret_hash).map_or(session.opened_at, |seen| seen.at.max(session.opened_at))
    }

    /// True when nothing came with a session for longer than the configuration lets it live.
    pub(crate) fn is_idle(&self, secret_hash: &str, session: &Session, now: UnixMillis) -> bool {
        let allowed = Duration::from_secs(u64::from(self.config.session_idle_minutes) * 60);
        self.last_used(secret_hash, session).plus(allowed) <= now
    }
}

/// Closes idle sessions and keeps the last uses on disk, until the master stops.
pub(crate) async fn run(context: Arc<Context>) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        close(&context).await;
        tell(&context).await;
        forget(&context);
        save(&context).await;
    }
}

/// Closes what is idle.
pub(crate) async fn close(context: &Context) {
    let now = context.bus.clock().now();
    let idle: Vec<String> = {
        let state = context.bus.state();
        let open = state.sessions().iter().filter(|(_, session)| session.expires_at > now);
        open.filter(|(hash, session)| context.is_idle(hash, session, now))
            .map(|(hash, _)| hash.clone())
            .collect()
    };
    for secret_hash in idle {
        let command = Command::ChangeAccess { order: AccessOrder::CloseSession { secret_hash } };
        // What cannot be written down is refused all the same, and tried again at the next look.
        let _ = context.bus.submit(Submission { principal: Principal::master(), command }).await;
    }
}

/// Writes down how many more logins failed than were written down one by one.
pub(crate) async fn tell(context: &Context) {
    let count = context.throttle.take_untold();
    if count > 0 {
        let command = Command::ChangeAccess { order: AccessOrder::RecordFailures { count } };
        let _ = context.bus.submit(Submission { principal: Principal::master(), command }).await;
    }
}

fn forget(context: &Context) {
    let state = context.bus.state();
    context.last_seen.retain(|hash| state.sessions().contains_key(hash) || state.token_with(hash).is_some());
}

/// Writes the last uses to disk.
pub(crate) async fn save(context: &Arc<Context>) {
    let context = Arc::clone(context);
    let saved = tokio::task::spawn_blocking(move || context.last_seen.save()).await;
    if let Ok(Err(error)) = saved {
        tracing::warn!(%error, "the last uses of sessions and tokens cannot be kept");
    }
}
