//! Queries of a store outside, or of a joined cluster, through its Prometheus API.
//!
//! ```text
//! selector, times ─► pieces: hours and minutes by the store's own *_over_time, the rest as samples ─► series
//! ```
//!
//! Samples come by an instant query of `selector[range]`, which every store answers with what it keeps. A span
//! whose answer is too long is halved, and doubled again when answers are short. Where a query is answered well by a value a minute or an
//! hour, the store makes those, as the embedded history does from its tiers. A joined cluster, which evaluates as we do,
//! is asked for whole parts of a query.
//!
//! Invariants
//! - A-1: an answer in memory is [`ANSWER_MAX`] bytes long at most, and what is made of it is charged.
//! - A-2: whatever the store answers, a series leaves only if the matchers accept it, and a sample only if it is
//!   within the times, each time once.
//!
//! Elsewhere: what expressions mean (`topmast_history::promql`); who sees what (`crate::query`).

mod answer;
mod piece;

use super::client::{Answer, AskError, Client};
use answer::Found;
use futures_util::future::BoxFuture;
use piece::{Piece, pieces};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::runtime::Handle;
use topmast_history::promql::{self, QueryPart};
use topmast_history::{Aggregate, Budget, Labels, Matcher, Selection, SeriesSamples, Source, SourceError};
use topmast_model::sample::Series;

/// Longest answer: some million samples.
pub(crate) const ANSWER_MAX: usize = 32 << 20;
/// Series that one query may mean.
const SERIES_MAX: usize = 200_000;
/// How often a query that waits for the store looks whether it has to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What an archive asks.
pub(crate) trait Asked: Send + Sync {
    /// Its address or name.
    fn name(&self) -> &str;

    /// What stands before the name where it fails.
    fn kind(&self) -> &'static str;

    /// Sends a question and reads the answer up to [`ANSWER_MAX`].
    ///
    /// - `what`: of its Prometheus API, as `query_range`.
    /// - `form`: encoded.
    fn ask(&self, what: &str, form: String) -> BoxFuture<'_, Result<Answer, AskError>>;
}

/// A store outside.
struct Outside {
    client: Client,
    url: String,
}

impl Asked for Outside {
    fn name(&self) -> &str {
        &self.url
    }

    fn kind(&self) -> &'static str {
        "the store at"
    }

    fn ask(&self, what: &str, form: String) -> BoxFuture<'_, Result<Answer, AskError>> {
        let url = format!("{}/api/v1/{what}", self.url);
        // The values of a label are asked for by GET only.
        let request = if what.starts_with("label/") {
            self.client.http.get(format!("{url}?{form}"))
        } else {
            let media_type = "application/x-www-form-urlencoded";
            self.client.http.post(url).header(reqwest::header::CONTENT_TYPE, media_type).body(form)
        };
        Box::pin(self.client.ask(request, ANSWER_MAX))
    }
}

/// See the module.
pub(crate) struct Archive {
    asked: Box<dyn Asked>,
    runtime: Handle,
}

impl Archive {
    /// The archive of a store outside.
    pub(super) fn outside(client: Client, url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self::new(Outside { client, url })
    }

    /// What something else has that is asked in the same way.
    pub(crate) fn new(asked: impl Asked + 'static) -> Self {
        Self { asked: Box::new(asked), runtime: Handle::current() }
    }

    /// Its address or name.
    pub(crate) fn name(&self) -> &str {
        self.asked.name()
    }

    /// The series that all matchers mean between two times, in ms.
    pub(crate) fn series(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<Series>, SourceError> {
        let form = [&[("match[]", promql::selector(matchers))], &between(times)[..]].concat();
        let found: Vec<BTreeMap<String, String>> = self.data("series", &form, budget)?;
        let mut found: Vec<Series> = found.iter().map(answer::series).collect();
        found.retain(|series| matchers.iter().all(|matcher| matcher.accepts_series(series))); // A-2
        bounded(found.len())?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The names of the labels of those series, ascending.
    pub(crate) fn label_names(
        &self,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        self.names("labels", matchers, times, budget)
    }

    /// The values of a label of those series, ascending.
    ///
    /// - `name`: of letters, digits and underscores.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        self.names(&format!("label/{name}/values"), matchers, times, budget)
    }

    fn names(
        &self,
        what: &str,
        matchers: &[Matcher],
        times: (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        let form = [&[("match[]", promql::selector(matchers))], &between(times)[..]].concat();
        let mut found: Vec<String> = self.data(what, &form, budget)?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The answer to a part of a query, where it is evaluated as here; in parts as long as their answers are short enough.
    ///
    /// - `text`: the part's, as it is said there.
    pub(crate) fn evaluated(
        &self,
        part: &QueryPart<'_>,
        text: &str,
        budget: &Budget,
    ) -> Result<Vec<SeriesSamples>, SourceError> {
        let (count, step) = part.steps();
        let time = |place: usize| {
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            part.start_ms().saturating_add(step.saturating_mul(place))
        };
        let mut found = Found::default();
        let (mut from, mut length) = (0, count);
        while from < count {
            let until = count.min(from + length) - 1;
            let form = [
                ("query", text.to_owned()),
                ("start", seconds(time(from))),
                ("end", seconds(time(until))),
                ("step", seconds(step)),
                ("lookback_delta", format!("{}ms", part.options().lookback_ms)),
            ];
            match self.ask("query_range", &form, budget) {
                Ok(body) => {
                    found.take_evaluated(&body, budget)?.map_err(|reason| self.read_error(&reason))?;
                    bounded(found.len())?;
                    from = until + 1;
                }
                Err(Unanswered::TooLong) if length > 1 => length = length.div_ceil(2),
                Err(Unanswered::TooLong) => return Err(self.too_long()),
                Err(Unanswered::Other(error)) => return Err(error),
            }
        }
        Ok(found.finish())
    }

    /// Reads a piece, in parts as long as their answers are short enough.
    fn read(
        &self,
        piece: Piece,
        selection: &Selection<'_>,
        found: &mut Found,
        budget: &Budget,
    ) -> Result<(), SourceError> {
        let (mut from, mut span) = (piece.from, piece.first_span());
        while from <= piece.until {
            let part = piece.part(from, span);
            let (what, form) = part.question(selection);
            let body = match self.ask(what, &form, budget) {
                Ok(body) => body,
                Err(Unanswered::TooLong) => {
                    span = piece.shorter(span).ok_or_else(|| self.too_long())?;
                    continue;
                }
                Err(Unanswered::Other(error)) => return Err(error),
            };
            found.take(&body, &part, selection, budget)?.map_err(|reason| self.read_error(&reason))?;
            bounded(found.len())?;
            from = part.until.saturating_add(1);
            if body.len() < ANSWER_MAX / 4 {
                span = piece.longer(span);
            }
        }
        Ok(())
    }

    fn data<T: DeserializeOwned>(
        &self,
        what: &str,
        form: &[(&str, String)],
        budget: &Budget,
    ) -> Result<T, SourceError> {
        let body = self.ask(what, form, budget).map_err(|error| match error {
            Unanswered::TooLong => self.too_long(),
            Unanswered::Other(error) => error,
        })?;
        answer::data(&body).map_err(|reason| self.read_error(&reason))
    }

    /// Asks the store from a thread that may block.
    fn ask(&self, what: &str, form: &[(&str, String)], budget: &Budget) -> Result<Vec<u8>, Unanswered> {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        // VictoriaMetrics moves times and hides the newest samples unless it is told not to; others pass it over.
        encoded.extend_pairs(form).append_pair("nocache", "1");
        let encoded = encoded.finish();
        let answer = self.runtime.block_on(async {
            let mut asked = self.asked.ask(what, encoded);
            let mut look = tokio::time::interval(LOOK_EVERY);
            loop {
                tokio::select! {
                    answer = &mut asked => {
                        return answer.map_err(|AskError(reason)| Unanswered::Other(self.read_error(&reason)));
                    }
                    _ = look.tick() => {
                        budget.charge(0).map_err(|error| Unanswered::Other(error.into()))?;
                    }
                }
            }
        })?;
        if answer.status.is_success() {
            return if answer.whole { Ok(answer.body) } else { Err(Unanswered::TooLong) };
        }
        let said =
            format!("{} {}", answer.status.as_u16(), answer::error(&answer.body).unwrap_or(answer.text()));
        Err(Unanswered::Other(self.read_error(&said)))
    }

    fn too_long(&self) -> SourceError {
        self.read_error(&format!("the answer is longer than {} MiB; ask for fewer series", ANSWER_MAX >> 20))
    }

    fn read_error(&self, reason: &str) -> SourceError {
        SourceError::Read(format!("{} {}: {reason}", self.asked.kind(), self.name()).into())
    }
}

enum Unanswered {
    TooLong,
    Other(SourceError),
}

impl Source for Archive {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let mut found = Found::default();
        // Several metrics can only be told apart in what keeps their names.
        let named = answer::metric(selection.matchers).is_some();
        let coarse = if named || selection.aggregate == Aggregate::Last { selection.resolution } else { 0 };
        for piece in pieces((selection.from, selection.until), coarse) {
            self.read(piece, selection, &mut found, budget)?;
        }
        Ok(found.finish())
    }
}

fn bounded(series: usize) -> Result<(), SourceError> {
    if series > SERIES_MAX { Err(SourceError::Series { limit: SERIES_MAX }) } else { Ok(()) }
}

/// The times of a question for names; what is not bound is not said.
fn between((from, until): (i64, i64)) -> Vec<(&'static str, String)> {
    let known = |time: &i64| *time != i64::MIN && *time != i64::MAX;
    let start = Some(from).filter(known).map(|time| ("start", seconds(time)));
    // Without a time Prometheus looks back to its beginning, VictoriaMetrics for five minutes or a day.
    let start = start.or_else(|| Some(("start", "0".to_owned())));
    let end = Some(until).filter(known).map(|time| ("end", seconds(time)));
    start.into_iter().chain(end).collect()
}

/// A time as the API takes it.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", ms.unsigned_abs() / 1_000, ms.unsigned_abs() % 1_000)
}

/// Series of one answer, kept for the next one.
type Samples = (Vec<i64>, Vec<f64>);

fn samples(series: &Series, (times, values): Samples) -> SeriesSamples {
    SeriesSamples { series: Labels::of(series), times: times.into(), values }
}
