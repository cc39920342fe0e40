//! Packages on every master: what the journal names and this one lacks is fetched from another, so that a standby has
//! them before it leads.
//!
//! It takes no input: it looks at what is there, from time to time, and one package after the other comes at a
//! bounded speed. Bytes are kept only under their own digest.

use super::Arrived;
use crate::cluster::Member;
use crate::http::Context;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use topmast_model::package::Digest;

/// Where a master gives bytes to another one; not in the API's table, for it is between masters alone.
pub(crate) const CONTENT: &str = "/masters/packages/{sha256}";
/// Time between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Bytes a second that are fetched: an upload to the active master and the agents' pulls go before.
const BYTES_PER_SECOND: u64 = 32 << 20;
/// Silence after which a master is given up.
const SILENCE: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
const PIECE: u32 = 256 << 10;

/// Fetches what is missing, for ever.
pub(crate) async fn run(context: Arc<Context>) {
    let mut timer = tokio::time::interval(LOOK);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        timer.tick().await;
        let mut lacking: Option<(u64, String)> = None;
        for (sha256, size) in missing(&context) {
            if let Err(reason) = fetch(&context, &sha256, size).await {
                let (count, _) = lacking.unwrap_or_default();
                lacking = Some((count + 1, reason));
            }
        }
        if lacking != told {
            if let Some((missing, reason)) = &lacking {
                tracing::warn!(
                    missing,
                    reason,
                    "this master lacks bytes of packages, and cannot give them to agents; they are looked for again and again"
                );
            } else {
                tracing::info!("this master has the bytes of all packages");
            }
            told = lacking;
        }
    }
}

/// Digests and sizes of what the journal names and is not here.
fn missing(context: &Context) -> BTreeMap<Digest, u64> {
    let state = context.bus.state();
    let all = state.all_packages().map(|(_, kept)| (kept.package.sha256.clone(), kept.package.size));
    all.filter(|(sha256, _)| !context.packages.has(sha256)).collect()
}

async fn fetch(context: &Context, sha256: &Digest, size: u64) -> Result<(), String> {
    let mut others: Vec<Member> = context.members.all(context.own_member());
    others.retain(|member| member.age.is_some());
    others.sort_by_key(|member| !member.is_active);
    let mut reason = "no other master is there; add the package again".to_owned();
    for member in others {
        match fetch_from(context, &member.url, sha256, size).await {
            Ok(()) => return Ok(()),
            Err(error) => reason = format!("master {}: {error}", member.name),
        }
    }
    Err(reason)
}

async fn fetch_from(context: &Context, url: &str, sha256: &Digest, size: u64) -> Result<(), String> {
    let forwarder = context.forwarder.as_ref().ok_or("this master is alone")?;
    let url = format!("{}{}", url.trim_end_matches('/'), CONTENT.replace("{sha256}", sha256.as_str()));
    let asked = forwarder.get(&url, sha256.as_str(), context.bus.clock().now());
    let answer = tokio::time::timeout(SILENCE, asked).await.map_err(|_| "it does not answer")?;
    let answer = answer.map_err(|error| error.without_url().to_string())?;
    if answer.status() != StatusCode::OK || answer.content_length() != Some(size) {
        return Err(format!("it has no such package (HTTP status {})", answer.status()));
    }
    let body = Body::from_stream(slowly(answer.bytes_stream().boxed())).into_data_stream();
    let arrived = context.packages.receive(body).await.map_err(|error| error.to_string())?;
    keep(context, &arrived, sha256).await
}

async fn keep(context: &Context, arrived: &Arrived, sha256: &Digest) -> Result<(), String> {
    if arrived.sha256 != *sha256 {
        return Err(format!("its bytes have another SHA-256, {}", arrived.sha256));
    }
    let _changing = context.packages.changing().await;
    // It may have been removed meanwhile.
    if !context.bus.state().has_package_bytes(sha256) {
        return Ok(());
    }
    context.packages.keep(arrived).map_err(|error| error.to_string())
}

/// The same bytes, no faster than allowed; an error when none come any more.
fn slowly(
    bytes: impl Stream<Item = Result<Bytes, reqwest::Error>> + Unpin,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::unfold((bytes, Instant::now(), 0_u64), |(mut bytes, begun, mut count)| async move {
        let piece = match tokio::time::timeout(SILENCE, bytes.next()).await {
            Ok(piece) => piece?.map_err(std::io::Error::other),
            Err(_) => Err(std::io::Error::other("it fell silent")),
        };
        count += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        let due = Duration::from_secs_f64(count as f64 / BYTES_PER_SECOND as f64);
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
        Some((piece, (bytes, begun, count)))
    })
}

/// Gives the bytes of a package to another master, which its signature shows to be one.
pub(crate) async fn content(
    State(context): State<Arc<Context>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Response {
    let is_master = context
        .forwarder
        .as_ref()
        .is_some_and(|forwarder| forwarder.is_asked_for(&headers, &sha256, context.bus.clock().now()));
    let size = sha256.parse().ok().filter(|_| is_master).and_then(|sha256: Digest| {
        let size = context.packages.size(&sha256)?;
        Some((sha256, size))
    });
    // Whoever is no master learns nothing, not even what there is.
    let Some((sha256, size)) = size else { return StatusCode::NOT_FOUND.into_response() };
    let pieces = stream::try_unfold(0_u64, move |offset| {
        let (context, sha256) = (Arc::clone(&context), sha256.clone());
        async move {
            let piece =
                context.packages.piece(&sha256, offset, PIECE).await.map_err(std::io::Error::other)?;
            let next = offset + piece.len() as u64;
            Ok::<_, std::io::Error>((!piece.is_empty()).then_some((piece, next)))
        }
    });
    ([(axum::http::header::CONTENT_LENGTH, size)], Body::from_stream(pieces)).into_response()
}
