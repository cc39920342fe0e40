//! A rule on numbers, tried on the history.

use super::{ANSWER_WITHIN, Found, Tally, Trial, refused};
use crate::http::Context;
use crate::http::problem::Refusal;
use crate::problem::message_of;
use crate::query::{Paths, Visible};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::problem::ProblemCode;
use topmast_api::rule::{TriedProblem, TriedSeries};
use topmast_api::time::Timestamp;
use topmast_engine::alarm::{Episode, episodes, trial, worst};
use topmast_history::promql::{EvalError, Options, Query, SampleSeries};
use topmast_history::{Budget, BudgetError, SourceError};
use topmast_model::path::ObjectPath;
use topmast_model::problem::locate;
use topmast_model::rule::{Condition, Number, Rule, Span};
use topmast_model::time::UnixMillis;

/// Looks of a trial that is not asked for a step: more than a screen has columns.
const LOOKS: i64 = 2_000;
/// Most looks, as with every range query.
const LOOKS_MAX: i64 = 11_000;
/// Most values of a trial: 64 MB of them.
const VALUES_MAX: i64 = 4_000_000;
/// Time between two looks at rules as they are evaluated: nothing is seen that is shorter.
const STEP_MIN_MS: i64 = 5_000;
/// Servers up to which the series of no others are read when those of all are too many.
const SERVERS_MAX: usize = 100;

pub(super) async fn found(
    context: &Arc<Context>,
    asked: &Arc<Trial>,
    query: &Arc<Query>,
) -> Result<Found, Refusal> {
    let kept = context.history.begins().into_iter().flatten().min();
    let since = asked.since.max(UnixMillis(kept.unwrap_or(i64::MIN)).min(asked.until));
    let grid = Grid::of(asked, since)?;
    let series_max = usize::try_from(VALUES_MAX / grid.looks()).unwrap_or(1);
    let look = async |paths: Paths| {
        let (context, asked, query) = (Arc::clone(context), Arc::clone(asked), Arc::clone(query));
        let served = Arc::clone(&context);
        let work =
            move |budget: &Budget| looked(&context, &asked, &query, (&paths, grid, series_max), budget);
        served.queries.run(Some(ANSWER_WITHIN), &served.stop, work).await.map_err(refused)
    };
    let mut gaps: Vec<String> = asked.gap(since).into_iter().collect();
    let mut looked = look(Paths::of(&asked.principal)).await?;
    if looked.as_ref().is_err_and(is_too_much) {
        // Of fewer servers it may do; which others a filter means is known of those alone that are known.
        let servers = asked.servers(&context.bus.state(), SERVERS_MAX);
        if let Some(servers) = servers.filter(|servers| !servers.is_empty()) {
            gaps.push(format!("only {} servers that are known here were looked at", servers.len()));
            looked = look(Paths::inside(&servers)).await?;
        }
    }
    let Looked { tally, count: looked_at, away, drawn } =
        looked.map_err(|error| too_much(&error, series_max, grid.looks()))?;
    if away > 0 {
        gaps.push(format!("{away} series of objects that are not there now were left out"));
    }
    let step = Duration::from_millis(grid.step.unsigned_abs());
    if grid.step > STEP_MIN_MS && !matches!(asked.rule.when, Condition::Datapoints { .. }) {
        let step = Span::from_millis(grid.step.unsigned_abs());
        gaps.push(format!("it was looked at every {step}: what came and went in between is not seen"));
    }
    let series = drawn.into_iter().map(|(_, series)| series).collect();
    Ok(Found { step: Some(step), looked_at, gaps, tally, series })
}

/// What looking at series came to.
struct Looked {
    tally: Tally,
    /// Series that a rule looks at.
    count: u64,
    /// Those of objects that are not there now, at which no rule looks.
    away: u64,
    /// Those to be drawn with how many problems they would have made, most first.
    drawn: Vec<(usize, TriedSeries)>,
}

/// Asks, and looks at each series that comes, on a thread of its own.
fn looked(
    context: &Context,
    asked: &Trial,
    query: &Query,
    (paths, grid, series_max): (&Paths, Grid, usize),
    budget: &Budget,
) -> Result<Looked, EvalError> {
    let options = Options { series_max, ..Options::default() };
    let visible = Visible::new(&context.history, paths);
    let matrix = query.range(&visible, grid.first, grid.last, grid.step, &options, budget)?;
    let tally = Tally::new(UnixMillis(grid.first), asked.until);
    let mut looked = Looked { tally, count: 0, away: 0, drawn: Vec::new() };
    for series in matrix.series {
        // T-1: whoever waits for it may have gone meanwhile.
        budget.charge(0).map_err(SourceError::from)?;
        let Some((object, detail)) = locate(series.labels.pairs()) else { continue };
        if asked.detail.as_ref().is_some_and(|only| *only != detail) {
            continue;
        }
        {
            // Shortly for each, as the writer waits for the state.
            let state = context.bus.state();
            if !asked.looks_at(&state, &object) {
                continue;
            }
            if !state.is_there(&object) {
                looked.away += 1;
                continue;
            }
        }
        looked.count += 1;
        let values = grid.values(&series);
        let found = grid.try_one(&asked.rule, &values);
        for episode in &found {
            looked.tally.add(episode, || grid.told(&asked.rule, &series, episode, (&object, &detail)));
        }
        let fewest = looked.drawn.last().map_or(0, |(count, _)| *count);
        if looked.drawn.len() < asked.draw || (asked.draw > 0 && fewest < found.len()) {
            let values = values.into_iter().map(|value| value.filter(|value| value.is_finite())).collect();
            let series = TriedSeries { object, detail, values, first: Timestamp(UnixMillis(grid.first)) };
            looked.drawn.push((found.len(), series));
            looked.drawn.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            looked.drawn.truncate(asked.draw);
        }
    }
    Ok(looked)
}

/// The looks of a trial, in ms, at whole multiples of the time between two.
#[derive(Debug, Clone, Copy)]
struct Grid {
    first: i64,
    last: i64,
    step: i64,
}

impl Grid {
    fn of(asked: &Trial, since: UnixMillis) -> Result<Self, Refusal> {
        let span = asked.until.0.saturating_sub(since.0);
        let step = match (&asked.rule.when, asked.step_s) {
            (Condition::Datapoints { .. }, Some(_)) => {
                let detail = "step_s is not for a rule on datapoints, which has a period";
                return Err(Refusal::invalid("step_s", detail));
            }
            (Condition::Datapoints { period, .. }, None) => {
                i64::try_from(period.as_millis()).unwrap_or(i64::MAX)
            }
            (_, Some(step_s)) => i64::from(step_s) * 1_000,
            (_, None) => {
                let least = (span / LOOKS).max(STEP_MIN_MS);
                (least + STEP_MIN_MS - 1) / STEP_MIN_MS * STEP_MIN_MS
            }
        };
        let last = asked.until.0.div_euclid(step) * step;
        let first = since.0.saturating_add(step - 1).div_euclid(step).saturating_mul(step).min(last);
        let grid = Self { first, last, step };
        let looks = grid.looks();
        if looks > LOOKS_MAX {
            let (span, step) =
                (Span::from_millis(span.unsigned_abs()), Span::from_millis(step.unsigned_abs()));
            let detail = format!(
                "{span} in steps of {step} are {looks} looks, and {LOOKS_MAX} are allowed: \
                 ask for a shorter time or a longer step"
            );
            return Err(Refusal::invalid("since", detail));
        }
        Ok(grid)
    }

    const fn looks(self) -> i64 {
        (self.last - self.first) / self.step + 1
    }

    /// The value of a series at each look.
    fn values(self, series: &SampleSeries) -> Vec<Option<f64>> {
        let looks = usize::try_from(self.looks()).unwrap_or_default();
        let mut values: Vec<Option<f64>> = vec![None; looks];
        for (time, value) in &series.points {
            let at = usize::try_from((time - self.first) / self.step).unwrap_or(usize::MAX);
            if let Some(place) = values.get_mut(at) {
                *place = Some(*value);
            }
        }
        values
    }

    /// What the rule would have made of them.
    fn try_one(self, rule: &Rule, values: &[Option<f64>]) -> Vec<Episode> {
        let step = Duration::from_millis(self.step.unsigned_abs());
        episodes(&trial(rule, values, UnixMillis(self.first), step), UnixMillis(self.last))
    }

    fn told(
        self,
        rule: &Rule,
        series: &SampleSeries,
        episode: &Episode,
        (object, detail): (&ObjectPath, &str),
    ) -> TriedProblem {
        let Episode { since, opened, closed, value, notices, flapping } = *episode;
        let end = closed.map_or(self.last, |closed| closed.0);
        let start = since.0.min(opened.0);
        let within = series.points.iter().filter(|(time, _)| (start..=end).contains(time));
        let peak = worst(rule, within.map(|(_, value)| *value)).filter(|peak| peak.is_finite());
        TriedProblem {
            object: object.clone(),
            detail: detail.to_owned(),
            since: Timestamp(since),
            opened: Timestamp(opened),
            closed: closed.map(Timestamp),
            value: value.filter(|value| value.is_finite()),
            peak,
            message: message_of(rule, object, &series.labels, value.and_then(Number::new)),
            flapping,
            notices,
        }
    }
}

/// True of what fewer series may make good.
const fn is_too_much(error: &EvalError) -> bool {
    matches!(
        error,
        EvalError::Series { .. }
            | EvalError::Source(
                SourceError::Series { .. } | SourceError::Budget(BudgetError::Samples { .. })
            )
            | EvalError::Budget(BudgetError::Samples { .. })
    )
}

fn too_much(error: &EvalError, room: usize, looks: i64) -> Refusal {
    let detail = match error {
        EvalError::Series { found, .. } => format!(
            "the query has {found} series, and a trial of {looks} looks has room for {room}: \
             ask for a shorter time, a longer step, or fewer objects"
        ),
        EvalError::Source(SourceError::Read(_)) => {
            return Refusal::new(ProblemCode::Storage, error.to_string());
        }
        error => error.to_string(),
    };
    Refusal::invalid("text", detail)
}
