//! `/api/v1/overview`: the whole fleet summed up, joined clusters with it, once a second at most however many look on.

use crate::http::authenticate::Authenticated;
use crate::http::body::Asked;
use crate::http::problem::Refusal;
use crate::http::{Context, Message, Mounting, stream};
use crate::merged::{self, Overviews};
use crate::view;
use crate::watch::{Changes, Key, Pace, Running, Shown, WatchHub, Watched, measured};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use std::sync::{Arc, Weak};
use std::time::Duration;
use topmast_api::live::LiveEvent;
use topmast_api::overview::Overview;
use topmast_api::page::When;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_model::principal::Principal;

/// Shortest time between two computations: they go over everything there is.
const INTERVAL: Duration = Duration::from_secs(1);
/// Overviews that a reader may be behind: it needs the latest only.
const BEHIND: usize = 1;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::OVERVIEW_GET, overview_get)
}

async fn overview_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(when): Asked<When>,
) -> Result<Response, Refusal> {
    let principal = &authenticated.principal;
    Ok(match when.at {
        Some(at) => Json(past(&context, principal, at).await?).into_response(),
        None => stream::first(watched(&context, principal).await),
    })
}

/// The overview as of a time in the past, of all clusters that a principal sees.
pub(super) async fn past(
    context: &Context,
    principal: &Principal,
    at: Timestamp,
) -> Result<Overview, Refusal> {
    // Folding a past needs much room; in a box, whoever waits for it does not.
    let own = Box::pin(async {
        let past = context.past(at).await?;
        let principal = principal.clone();
        let summed = tokio::task::spawn_blocking(move || view::overview(&|look| past.see(look), &principal));
        Ok(summed.await.unwrap_or_default())
    });
    merged::past_overview(context, principal, at, own).await
}

/// The overview of all clusters that a principal sees, kept up to date while somebody looks on.
pub(super) async fn watched(context: &Arc<Context>, principal: &Principal) -> Arc<dyn Watched> {
    let key = merged::key(context, "overview", String::new(), principal);
    begin(context, principal, key, || Overviews::follow(context, principal)).await
}

/// That of the own cluster alone.
pub(super) async fn own(context: &Arc<Context>, principal: &Principal) -> Arc<dyn Watched> {
    let key = Key::new("overview", String::new(), principal);
    begin(context, principal, key, Overviews::none).await
}

/// Sums up what a principal may see, with what joined clusters tell; a running watch if there is one.
async fn begin(
    context: &Arc<Context>,
    principal: &Principal,
    key: Key,
    join: impl FnOnce() -> Overviews,
) -> Arc<dyn Watched> {
    if let Some(running) = context.watches.running(&key) {
        return running;
    }
    let joined = join();
    // Before the look, so that no change falls between the two.
    let changes = Changes::new(context, Pace { numbers: INTERVAL, events: INTERVAL });
    let (own, _) = look(context, principal).await;
    joined.first().await;
    let running = Arc::new(Running::new(joined.merge(own), BEHIND));
    let follow = follow(Arc::clone(context), principal.clone(), changes, joined, Arc::downgrade(&running));
    WatchHub::begin(context, key, running, follow)
}

impl Shown for Overview {
    type Seen = Self;

    fn whole(&self) -> Message {
        Message::new(LiveEvent::Value, self)
    }

    fn advance(&mut self, seen: Self) -> Option<Message> {
        (*self != seen).then(|| {
            *self = seen;
            self.whole()
        })
    }
}

/// Sums up again when something changed, for as long as somebody looks on.
async fn follow(
    context: Arc<Context>,
    principal: Principal,
    mut changes: Changes,
    mut joined: Overviews,
    running: Weak<Running<Overview>>,
) {
    loop {
        tokio::select! {
            changed = changes.next(|_| true) => if changed.is_none() { return },
            () = joined.next() => {}
        }
        let Some(running) = running.upgrade() else { return };
        let (own, cost) = look(&context, &principal).await;
        running.show(joined.merge(own));
        changes.looked(cost);
    }
}

/// Sums up, where it is in nobody's way; with what it cost.
async fn look(context: &Arc<Context>, principal: &Principal) -> (Overview, Duration) {
    let (context, principal) = (Arc::clone(context), principal.clone());
    let summed = tokio::task::spawn_blocking(move || {
        measured(|| view::overview(&|look| context.see(look), &principal))
    });
    summed.await.unwrap_or_default()
}
