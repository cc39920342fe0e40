//! Lists and overviews of all clusters as of a time in the past.
//!
//! ```text
//! this cluster's past ──────────────────────┐
//! each joined cluster ─ asked once, at a time ─┴─► merge ─► answer, with the clusters that are missing in it
//! ```
//!
//! A past does not change: nothing is followed, and an answer says itself what is not in it.

use super::asked::of_join;
use super::overview::{join, sum_up};
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
use topmast_api::overview::Overview;
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
        let client = peer.client();
        Some((peer, async move { R::list(&client?, &query).await }))
    });
    let Told { own, far, missing } = told(context, own(wanted.query.clone()), asked).await?;
    let revision = own.as_ref().map_or(0, |page| page.revision);
    let own = own.map(|page| Rows::own(page, &wanted.order, at.0));
    let far = far.into_iter().map(|(peer, page)| {
        // It said what it knows of that time, however it is heard now.
        let heard = (Hearing::Fresh, Duration::ZERO);
        Rows::joined(&shared(page), peer.join.name(), heard, &wanted.order, at.0, Rows::default())
    });
    let parts: Vec<Rows<R>> = own.into_iter().chain(far).collect();
    let page = merge(&parts.iter().collect::<Vec<_>>(), &wanted, revision);
    Ok(Page { missing, ..page })
}

/// The overview as of a time, of all clusters that a principal sees.
///
/// - `own`: this cluster's.
///
/// # Errors
/// This cluster's refusal when no cluster has anything of that time.
pub(crate) async fn past_overview(
    context: &Context,
    principal: &Principal,
    at: Timestamp,
    own: impl Future<Output = Result<Overview, Refusal>>,
) -> Result<Overview, Refusal> {
    let asked = peers(context, principal).into_iter().map(|peer| {
        let client = peer.client();
        (peer, async move { client?.overview_at(at).await })
    });
    let Told { own, far, mut missing } = told(context, own, asked).await?;
    let mut joined = Vec::with_capacity(far.len());
    for (peer, mut overview) in far {
        if overview.at != Some(at) {
            let words = "its Topmast is too old to sum up a past; upgrade its masters";
            missing.push(peer.missing(words));
        } else if let Err(error) = join(&mut overview, peer.join.name()) {
            missing.push(peer.missing(&error.to_string()));
        } else {
            joined.push(overview);
        }
    }
    Ok(Overview { at: Some(at), missing, ..sum_up(own.unwrap_or_default(), joined) })
}

/// What clusters told of a time.
struct Told<O, T> {
    /// This one.
    own: Option<O>,
    far: Vec<(Peer, T)>,
    /// Those that told nothing, each with why.
    missing: Vec<String>,
}

/// Waits for all clusters at once, each as long as it may take.
///
/// # Errors
/// This cluster's refusal when none of them has anything.
async fn told<O, T>(
    context: &Context,
    own: impl Future<Output = Result<O, Refusal>>,
    asked: impl Iterator<Item = (Peer, impl Future<Output = Result<T, ClientError>>)>,
) -> Result<Told<O, T>, Refusal> {
    let answers = asked.map(|(peer, answer)| async move {
        let answer = answer_of(&peer, answer).await;
        (peer, answer)
    });
    let (own, answers) = tokio::join!(own, join_all(answers));
    let (mut far, mut missing) = (Vec::with_capacity(answers.len()), Vec::new());
    for (peer, answer) in answers {
        match answer {
            Ok(answer) => far.push((peer, answer)),
            Err(words) => missing.push(peer.missing(&words)),
        }
    }
    let own = match own {
        Ok(own) => Some(own),
        Err(refusal) if far.is_empty() => return Err(refusal),
        Err(refusal) => {
            missing.insert(0, format!("{}: {}", context.config.cluster, refusal.detail()));
            None
        }
    };
    Ok(Told { own, far, missing })
}

/// A joined cluster's answer; why there is none, in words.
async fn answer_of<T>(
    peer: &Peer,
    answer: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, String> {
    let _place = peer.join.place().ok_or("too many requests wait for it; try again in a moment")?;
    let answer = peer.answer(answer, ANSWER_WITHIN).await;
    answer.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
