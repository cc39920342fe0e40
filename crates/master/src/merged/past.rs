//! Lists of all clusters as of a time in the past.
//!
//! ```text
//! this cluster's past ──────────────────────┐
//! each joined cluster ─ asked once, at a time ─┴─► merge ─► page, with the clusters that are missing in it
//! ```
//!
//! A past does not change: nothing is followed, and a page says itself what is not in it.

use super::asked::of_join;
use super::part::{Rows, Wanted, merge, shared};
use super::peer::{Peer, peers};
use super::row::{Hearing, JoinedRow};
use crate::http::Context;
use crate::http::problem::Refusal;
use crate::view::Query;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use topmast_api::client::ClientError;
use topmast_api::page::{ListQuery, Page};
use topmast_api::time::Timestamp;
use topmast_model::principal::Principal;

/// Longest wait for a joined cluster that is heard from; it may have events to read first.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The list of a query as of a time, of all clusters that a principal sees.
///
/// - `own`: this cluster's part.
///
/// # Errors
/// This cluster's refusal when no cluster has anything of that time.
pub(crate) async fn past_list<R: JoinedRow, F: Future<Output = Result<Page<R>, Refusal>>>(
    context: &Context,
    principal: &Principal,
    query: &Query,
    at: Timestamp,
    own: impl FnOnce(Query) -> F,
) -> Result<Page<Arc<R>>, Refusal> {
    let peers = peers(context, principal);
    if peers.is_empty() {
        return own(query.clone()).await.map(shared);
    }
    let wanted = Wanted::of::<R>(query)?;
    let asked = peers.into_iter().filter_map(|peer| {
        let query = ListQuery { at: Some(at), ..of_join(&wanted.query, peer.join.name())? };
        Some(async move {
            let answer = ask::<R>(&peer, &query).await;
            (peer, answer)
        })
    });
    let (own, far) = tokio::join!(own(wanted.query.clone()), join_all(asked));
    let has_none = far.iter().all(|(_, answer)| answer.is_err());
    let (mut parts, mut missing, mut revision) = (Vec::new(), Vec::new(), 0);
    match own {
        Ok(page) => {
            revision = page.revision;
            parts.push(Rows::own(page, &wanted.order, at.0));
        }
        Err(refusal) if has_none => return Err(refusal),
        Err(refusal) => missing.push(format!("{}: {}", context.config.cluster, refusal.detail())),
    }
    for (peer, answer) in far {
        let name = peer.join.name();
        match answer {
            Ok(page) => {
                // It said what it knows of that time, however it is heard now.
                let heard = (Hearing::Fresh, Duration::ZERO);
                parts.push(Rows::joined(&shared(page), name, heard, &wanted.order, at.0, Rows::default()));
            }
            Err(words) => missing.push(format!("{name}: {words}")),
        }
    }
    let page = merge(&parts.iter().collect::<Vec<_>>(), &wanted, revision);
    Ok(Page { missing, ..page })
}

/// A joined cluster's part; why there is none, in words.
async fn ask<R: JoinedRow>(peer: &Peer, query: &ListQuery) -> Result<Page<R>, String> {
    let _place = peer.join.place().ok_or("too many requests wait for it; try again in a moment")?;
    let client = peer.client().map_err(|error| error.to_string())?;
    let answer = peer.answer(R::list(&client, query), ANSWER_WITHIN).await;
    answer.map_err(|error| error.to_string())?.map_err(|error: ClientError| error.to_string())
}
