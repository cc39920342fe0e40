//! What the NATS servers told of and then lost, brought back from the masters' copies before anything comes in its place.
//!
//! ```text
//! stream:        1 ─── last ◄── appended, all or none, if nothing came behind it meanwhile
//! another copy:  1 ─── last ─── rest   (a master that takes the lease asks all the others)
//! own copy:      1 ─── last ─── rest   (a master whose copy goes on where the stream ends)
//! ```
//!
//! Invariants
//! - M-5: a master becomes active only behind what any master that answers in time has of the journal.
//!
//! More than one append is no accident of a failover: that is left to a person (`topmast journal repair`).
//! Why so: docs/adr/0032-masters-bring-back-what-the-stream-lost.md.

use super::Sharing;
use super::mend::JudgeError;
use crate::http::Context;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use topmast_journal::stream::{BatchError, GiveBackError, LinkError, Rest, RestError};
use topmast_journal::{EmbeddedReader, Head};
use topmast_model::error::with_sources;
use topmast_model::id::Seq;

/// Where a master gives another one what it has behind a record; not in the API's table, for it is between masters alone.
pub(crate) const REST: &str = "/masters/journal/{seq}/{hash}";
/// A master that does not answer in this time is not waited for: a failover takes three seconds at most.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Why it is not known what the other masters have.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegainError {
    /// Too much is lost.
    #[error(
        "master {master} has more records behind the stream's end than one append holds: the NATS servers lost what they had acknowledged; stop all masters and run topmast journal repair on the one whose copy is longest"
    )]
    TooLong { master: String },
    /// The servers, or another master was first; the next look tells more.
    #[error(transparent)]
    Servers(#[from] GiveBackError),
}

impl From<LinkError> for RegainError {
    fn from(error: LinkError) -> Self {
        Self::Servers(error.into())
    }
}

/// Why another master did not say what it has.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("more than one append")]
    TooLong,
    #[error("it does not answer")]
    Silent,
    #[error("it cannot be asked")]
    Request(#[from] reqwest::Error),
    #[error("it answers with HTTP status {0}")]
    Status(StatusCode),
    #[error("it does not answer with records")]
    Text(#[from] BatchError),
    #[error("its answer is not signed by a master of this cluster")]
    Unsigned,
}

impl Sharing {
    /// Brings to the stream what other masters have behind its last record, the longest of it (M-5).
    ///
    /// # Errors
    /// [`RegainError`]
    pub(super) async fn regain(&self) -> Result<(), RegainError> {
        let (_, last) = self.link.last_batch().await?;
        let others = self.others().await?;
        let asked = others.into_iter().map(async |(name, url)| {
            let answer = tokio::time::timeout(ANSWER_WITHIN, self.ask(&url, last)).await;
            (name, answer.unwrap_or(Err(AskError::Silent)))
        });
        let mut longest: Option<(String, Rest)> = None;
        for (name, answer) in join_all(asked).await {
            match answer {
                Ok(Some(rest))
                    if longest.as_ref().is_none_or(|(_, most)| most.end().seq < rest.end().seq) =>
                {
                    longest = Some((name, rest));
                }
                Ok(_) => {}
                Err(AskError::TooLong) => return Err(RegainError::TooLong { master: name }),
                Err(error) => {
                    tracing::info!(name, error = %with_sources(&error), "a master does not say what it has of the journal");
                }
            }
        }
        let Some((name, rest)) = longest else { return Ok(()) };
        rest.give_back(&self.link).await?;
        tell(last, &rest, &name);
        Ok(())
    }

    /// Brings to the stream what this master's copy has behind its last record. False when that is too much, or of another
    /// chain.
    ///
    /// # Errors
    /// [`JudgeError`] when the copy cannot be read.
    pub(super) async fn give_back(&self) -> Result<bool, JudgeError> {
        let (_, last) = self.patiently(|| self.link.last_batch()).await;
        let rest = self.on_copy(move |reader| match Rest::of(reader, last) {
            Err(RestError::Read(error)) => Err(error.into()),
            rest => Ok(rest.ok().flatten()),
        });
        let Some(rest) = rest.await? else { return Ok(false) };
        match rest.give_back(&self.link).await {
            Ok(()) => tell(last, &rest, &self.context.config.name),
            Err(error) => {
                tracing::warn!(error = %with_sources(&error), "the stream lost records that this master has; it looks again where the stream ends");
            }
        }
        Ok(true)
    }

    /// Asks another master for what it has behind a record.
    async fn ask(&self, url: &str, behind: Head) -> Result<Option<Rest>, AskError> {
        let Some(forwarder) = &self.context.forwarder else { return Ok(None) };
        let path =
            REST.replace("{seq}", &behind.seq.0.to_string()).replace("{hash}", &behind.hash.to_string());
        let url = format!("{}{path}", url.trim_end_matches('/'));
        let answer = forwarder.get(&url, &named(behind), self.bus().clock().now()).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT => return Ok(None),
            StatusCode::PAYLOAD_TOO_LARGE => return Err(AskError::TooLong),
            status => return Err(AskError::Status(status)),
        }
        let headers = answer.headers().clone();
        let rest = Rest::read(behind, &answer.bytes().await?)?;
        // The last hash covers all before it.
        if !forwarder.is_said(&headers, &named(rest.end()), self.bus().clock().now()) {
            return Err(AskError::Unsigned);
        }
        Ok(Some(rest))
    }
}

fn tell(last: Head, rest: &Rest, master: &str) {
    tracing::warn!(
        first = last.seq.0 + 1,
        last = rest.end().seq.0,
        master,
        "the NATS servers lost records that they had told of; they were brought back from a master's copy"
    );
}

/// A record as it is named in what masters sign.
fn named(head: Head) -> String {
    format!("journal/{}/{}", head.seq.0, head.hash)
}

/// Gives another master, which its signature shows to be one, what this one's copy has behind a record.
pub(crate) async fn rest(
    State(context): State<Arc<Context>>,
    Path((seq, hash)): Path<(u64, String)>,
    headers: HeaderMap,
) -> Response {
    let now = context.bus.clock().now();
    let asked = hash.parse().ok().map(|hash| Head { seq: Seq(seq), hash });
    let asked = asked
        .zip(context.forwarder.as_ref())
        .filter(|(behind, forwarder)| forwarder.is_asked_for(&headers, &named(*behind), now));
    // Whoever is no master learns nothing, not even what there is.
    let Some((behind, forwarder)) = asked else { return StatusCode::NOT_FOUND.into_response() };
    let path = context.config.data.join(super::JOURNAL);
    let found = tokio::task::spawn_blocking(move || {
        let reader = EmbeddedReader::open(&path).map_err(|error| with_sources(&error))?;
        match Rest::of(&reader, behind) {
            Ok(rest) => Ok(Ok(rest)),
            Err(RestError::TooLong { .. }) => Ok(Err(StatusCode::PAYLOAD_TOO_LARGE)),
            Err(error) => Err(with_sources(&error)),
        }
    });
    match found.await.map_err(|error| with_sources(&error)).flatten() {
        Ok(Ok(Some(rest))) => ([forwarder.say(&named(rest.end()), now)], rest.to_text()).into_response(),
        Ok(Ok(None)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(status)) => status.into_response(),
        Err(error) => {
            tracing::warn!(error, "this master cannot tell another one what it has of the journal");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
