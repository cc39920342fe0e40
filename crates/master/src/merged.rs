//! Merged: what this cluster and the joined ones have together, as one list, one overview, one query and one log.
//!
//! ```text
//! own rows ────────────► Part ─┐
//! joined cluster ─watch─► Part ─┼─► merge: order, totals, facets ─► snapshot, deltas ─► every reader
//! joined cluster ─watch─► Part ─┘
//! ```
//!
//! Each joined cluster is asked, under the name of who looks, for as much from the top as the window can need, in the
//! same order; so the window of all together is in what they tell. Nothing is asked that nobody looks at.
//!
//! Invariants
//! - X-1: nobody waits for a joined cluster longer than [`FIRST_WITHIN`]; whoever answers later comes as a change.
//! - X-2: what a cluster told is never shown as healthy once it is not heard from (`silence`).
//! - X-3: a cluster that refuses the person shows them nothing.
//!
//! Elsewhere: links to the clusters (`federation`); how a filter is said there (`Filter::in_join`).

mod asked;
mod history;
mod list;
mod log;
mod overview;
mod part;
mod past;
mod peer;
mod problem;
mod row;
mod told;

pub(crate) use asked::ListError;
pub(crate) use history::{Far, Wide};
pub(crate) use list::list;
pub(crate) use log::{FarLogs, FarOver, FarText, far_logs};
pub(crate) use overview::Overviews;
#[cfg(test)]
pub(crate) use part::page_of_all;
pub(crate) use past::{past_list, past_overview};
pub(crate) use peer::{Peer, peers};
pub(crate) use problem::problems;
pub(crate) use row::JoinedRow;

use crate::federation::Federation;
use crate::http::Context;
use crate::watch::Key;
use std::time::Duration;
use topmast_model::principal::Principal;

/// So long a first snapshot waits for joined clusters: who looks should see something within a second.
pub(crate) const FIRST_WITHIN: Duration = Duration::from_millis(750);
/// Shortest time between two merges because of joined clusters, which have gathered what they tell already.
const PAUSE: Duration = Duration::from_millis(50);
/// How often it is looked whether clusters are still heard.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// True when a principal sees other clusters beside the own one.
pub(crate) fn is_several(context: &Context, principal: &Principal) -> bool {
    Federation::speaks_for(principal).is_some() && !context.federation.joins().is_empty()
}

/// What makes two watches equal, of one cluster or of several.
pub(crate) fn key(context: &Context, what: &'static str, query: String, principal: &Principal) -> Key {
    if is_several(context, principal) {
        return Key::of_person(what, query, principal, person(principal));
    }
    Key::new(what, query, principal)
}

/// What a person sees in joined clusters is theirs alone: two with the same grants here may have others there.
fn person(principal: &Principal) -> String {
    let actor = &principal.actor;
    format!("{} at {}", actor.name, actor.address.as_deref().unwrap_or("no address"))
}
