//! The ways in for other programs' samples: remote write, Influx lines, OTLP, StatsD.
//!
//! Invariants
//! - N-3: whoever sends needs the right to write on this master's cluster, which all its series are of.
//! - N-4: what is wrong in a part of a request is counted and answered, and loses nothing else of it.
//! - N-5: what is beyond the tenant's quota is refused whole with 429, and counted.

mod influx;
mod otlp;
mod remote_write;
mod statsd;

use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::ingest::{Brought, Labelled, Place, Scratch};
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_api::problem::ProblemCode;
use topmast_history::AppendError;
use topmast_ingest::Outcome;
use topmast_ingest::compression::{Encoding, UnpackError, unpack};
use topmast_model::principal::Right;

/// Bytes of a body as it comes, packed or not.
const BODY_MAX: usize = 16 << 20;
/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request is read, when windows are sealed just then.
const TRIES: u32 = 4;
/// When a sender should try again.
const RETRY_AFTER_S: u64 = 5;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    statsd::mount(otlp::mount(influx::mount(remote_write::mount(mounting))))
}

/// A request that was let in, with its whole body.
struct Sent {
    headers: HeaderMap,
    encoding: Encoding,
    body: Bytes,
    place: Place,
}

/// What was made of a request.
struct Stored {
    /// Of what it held.
    outcome: Outcome,
    /// Of what the history was given.
    brought: Brought,
}

impl Stored {
    /// Samples that are kept, those that were there before included.
    const fn written(&self) -> u64 {
        self.brought.written()
    }

    /// Samples that are not kept, as far as they can be counted.
    const fn lost(&self) -> u64 {
        let Brought { appended, .. } = &self.brought;
        let refused = if appended.refused_series == 0 { 0 } else { appended.dropped };
        self.outcome.left_out + appended.out_of_time + refused
    }

    /// What is missing and why; `None` when nothing is.
    fn missing(&self) -> Option<String> {
        let Self { outcome, brought: Brought { appended, refusals } } = self;
        let mut parts = Vec::new();
        if let Some(reason) = &outcome.reason {
            parts.push(format!("{} samples were left out: {reason}", outcome.left_out));
        }
        if appended.out_of_time > 0 {
            parts.push(format!(
                "{} samples are too old or too far in the future (history.late_hours in master.toml)",
                appended.out_of_time
            ));
        }
        parts.extend(refusals.clone());
        (!parts.is_empty()).then(|| format!("{} samples were taken; {}", self.written(), parts.join("; ")))
    }
}

/// Lets a request in, and reads its body.
async fn read(context: &Context, authenticated: &Authenticated, request: Request) -> Result<Sent, Refusal> {
    let principal = &authenticated.principal;
    if !principal.may(Right::Write, Some(&context.cluster)) {
        return Err(Refusal::new(
            ProblemCode::Forbidden,
            format!(
                "{} may not {} of {}; its grants do not reach that far",
                principal.actor,
                Right::Write,
                context.cluster
            ),
        ));
    }
    let place = context.ingest.enter().ok_or_else(|| {
        Refusal::retry(ProblemCode::Busy, "too many requests with samples at once; try again", RETRY_AFTER_S)
    })?;
    let (parts, body) = request.into_parts();
    let named = parts.headers.get(CONTENT_ENCODING).map_or(Ok(""), |value| value.to_str()).unwrap_or("?");
    let encoding = Encoding::named(named).ok_or_else(|| {
        Refusal::new(
            ProblemCode::UnsupportedMediaType,
            format!("the content encoding {named:?} is not known; send snappy, zstd, gzip or identity"),
        )
    })?;
    let too_large = || {
        let most = BODY_MAX >> 20;
        Refusal::new(ProblemCode::TooLarge, format!("the body is larger than {most} MiB; send less at once"))
    };
    // Before anything of it is read, when its length is said.
    if http_body::Body::size_hint(&body).lower() > BODY_MAX as u64 {
        return Err(too_large());
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, BODY_MAX)).await;
    let Ok(read) = read else {
        return Err(Refusal::new(ProblemCode::Invalid, "the body did not arrive within 30 s"));
    };
    let body = read.map_err(|error| {
        let over = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if over {
            too_large()
        } else {
            Refusal::new(ProblemCode::Invalid, format!("the body did not arrive whole: {error}"))
        }
    })?;
    Ok(Sent { headers: parts.headers, encoding, body, place })
}

/// Charges the tenant that all series from outside are of (N-5).
fn charge(context: &Context, samples: u64) -> Result<(), Refusal> {
    context.meters.bring(context.ingest.own().tenant(), samples, Instant::now()).map_err(|over| {
        let wait = over.retry_after_s();
        Refusal::retry(ProblemCode::TooManyRequests, over.detail, wait)
    })
}

/// Unpacks a body, lets `decode` tell its samples, and hands them to the history.
///
/// - `most`: bytes that the body may have when it is unpacked.
/// - `decode`: gets the body, and where samples go; it may refuse everything, and may be asked again.
async fn store<T: Send + 'static>(
    context: &Arc<Context>,
    sent: Sent,
    most: usize,
    decode: impl Fn(&[u8], &mut Labelled<'_>) -> Result<(Outcome, T), Refusal> + Send + 'static,
) -> Result<(Stored, T), Refusal> {
    let Sent { encoding, body, place, .. } = sent;
    let now = context.bus.clock().now().0;
    let inside = Arc::clone(context);
    let worked = context.ingest.work(place, move |scratch| {
        let Scratch { unpacked, batch } = scratch;
        let body = unpack(encoding, &body, most, unpacked).map_err(|error| {
            let code = match error {
                UnpackError::Malformed(_) => ProblemCode::Invalid,
                UnpackError::TooLarge(_) => ProblemCode::TooLarge,
            };
            Refusal::new(code, error.to_string())
        })?;
        let mut tries = 0;
        let (outcome, more, brought) = loop {
            tries += 1;
            batch.clear();
            let known = inside.history.known_series();
            let (outcome, more) = decode(body, &mut Labelled { batch, own: inside.ingest.own(), known })?;
            if tries == 1 {
                charge(&inside, outcome.samples).inspect_err(|_| {
                    inside.counters.ingested(outcome.samples, outcome.left_out);
                })?;
            }
            match inside.bring(batch, now) {
                Ok(brought) => break (outcome, more, brought),
                // What was known when it was read was forgotten before it was taken in: it is read again.
                Err(AppendError::Forgotten) if tries < TRIES => {}
                Err(error) => {
                    return Err(Refusal::retry(ProblemCode::Storage, error.to_string(), RETRY_AFTER_S));
                }
            }
        };
        inside.counters.ingested(outcome.samples, outcome.left_out);
        Ok((Stored { outcome, brought }, more))
    });
    worked.await.unwrap_or_else(|| Err(Refusal::new(ProblemCode::Stopping, "the master is stopping")))
}
