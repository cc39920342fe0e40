//! What the history says: one expression a figure, on a thread that may block, within bounds.

use super::expression::Scope;
use crate::history::History;
use crate::http::problem::Refusal;
use crate::live::Steps;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use topmast_api::chart::{Figure, Unit};
use topmast_api::problem::ProblemCode;
use topmast_history::promql::{self, EvalError, Matrix, Options};
use topmast_history::{Budget, BudgetError, SourceError};
use topmast_model::path::{Level, ObjectPath};

/// Samples that one chart may read: what a large cluster's would take beyond that is refused with the way out.
const SAMPLES_MAX: u64 = 100_000_000;
/// Longest that a chart is worked on, and waits for its turn: below what a client waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Charts that are worked on at one time: many consoles must not take all cores from the agents.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Averages of an object's figures over each of the steps; not a number where nothing was heard.
pub(super) async fn averages(
    history: &Arc<History>,
    path: &ObjectPath,
    figures: &[&'static Figure],
    steps: Steps,
    interval_ms: i64,
) -> Result<Vec<Vec<f32>>, Refusal> {
    let scope = Scope::new(path, steps.step_s * 1_000, interval_ms);
    let level = path.level();
    let expressions = figures.iter().map(|figure| {
        let unwritten = || Refusal::new(ProblemCode::Internal, format!("no history of {}", figure.name));
        Ok((scope.expression(level, figure).ok_or_else(unwritten)?, is_whole(level, figure)))
    });
    let expressions: Vec<(String, bool)> = expressions.collect::<Result<_, Refusal>>()?;
    let work = async {
        let turn = TURNS.acquire().await;
        let stop = StopOnDrop(Arc::default());
        let budget = Budget::new(SAMPLES_MAX, Arc::clone(&stop.0));
        let history = Arc::clone(history);
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work ends, also when nobody waits for it any more.
            let _turn = turn;
            let column = |(text, whole): &(String, bool)| {
                let values = column(&history, text, &steps, *whole, &budget)?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "seven digits are more than a chart can show"
                )]
                let shown = values.into_iter().map(|value| value as f32).collect();
                Ok(shown)
            };
            expressions.iter().map(column).collect::<Result<Vec<Vec<f32>>, Failed>>()
        });
        let done = done.await;
        drop(stop);
        done
    };
    match tokio::time::timeout(ANSWER_WITHIN, work).await {
        Ok(Ok(Ok(columns))) => Ok(columns),
        Ok(Ok(Err(error))) => Err(error.into()),
        Ok(Err(error)) if error.is_cancelled() => {
            Err(Refusal::new(ProblemCode::Stopping, "the master is stopping"))
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "a chart cannot be worked out");
            Err(Refusal::new(ProblemCode::Internal, "the chart cannot be worked out; see the master's log"))
        }
        Err(_) => {
            let seconds = ANSWER_WITHIN.as_secs();
            let detail = format!("the chart took longer than {seconds} s; ask for a shorter span");
            Err(Refusal::new(ProblemCode::Busy, detail))
        }
    }
}

/// One figure's averages, by the second at which a step begins; none where nothing was heard. Blocks.
pub(super) fn points(
    history: &History,
    path: &ObjectPath,
    figure: &Figure,
    steps: &Steps,
    interval_ms: i64,
    budget: &Budget,
) -> Result<Vec<(i64, f64)>, Refusal> {
    let level = path.level();
    let expression = Scope::new(path, steps.step_s * 1_000, interval_ms).expression(level, figure);
    let Some(text) = expression else { return Ok(Vec::new()) };
    let values = column(history, &text, steps, is_whole(level, figure), budget)?;
    Ok(steps.begins().zip(values).filter(|(_, value)| value.is_finite()).collect())
}

/// True for shares of a whole, which rows keep within 0 to 100; an application may use several processors.
fn is_whole(level: Level, figure: &Figure) -> bool {
    figure.unit == Unit::Percent && (level, figure.name) != (Level::Application, "cpu_pct")
}

/// Ends the work of a query when nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Why an expression was not answered.
enum Failed {
    Parse(promql::ParseError),
    Eval(EvalError),
}

impl From<Failed> for Refusal {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Eval(EvalError::Budget(error @ BudgetError::Samples { .. })) => too_much(&error),
            Failed::Eval(EvalError::Source(SourceError::Series { limit })) => Self::invalid(
                "path",
                format!("the chart means more than {limit} series; ask for a smaller object"),
            ),
            Failed::Eval(error) => internal(&error),
            Failed::Parse(error) => internal(&error),
        }
    }
}

fn too_much(error: &BudgetError) -> Refusal {
    Refusal::invalid("since", error.to_string())
}

fn internal(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "a chart cannot be worked out");
    Refusal::new(ProblemCode::Internal, format!("the chart cannot be worked out: {error}"))
}

/// One figure's values.
fn column(
    history: &History,
    text: &str,
    steps: &Steps,
    whole: bool,
    budget: &Budget,
) -> Result<Vec<f64>, Failed> {
    let mut values = vec![f64::NAN; steps.count()];
    let (Some(first), Some(last)) = (steps.begins().next(), steps.begins().last()) else {
        return Ok(values);
    };
    let step_ms = steps.step_s * 1_000;
    // A step is looked at from its end; the one that is under way holds what there is of it.
    let end = |begin: i64| begin * 1_000 + step_ms - 1;
    // Beside a gap, and at the present, a rate is over what was heard and no less for what was not.
    let options = Options { lookback_ms: step_ms, stretch: false, ..Options::default() };
    let query = promql::parse(text).map_err(Failed::Parse)?;
    let Matrix { series } =
        query.range(history, end(first), end(last), step_ms, &options, budget).map_err(Failed::Eval)?;
    // Every expression sums up to one series.
    for (time, value) in series.into_iter().flat_map(|series| series.points) {
        let place = usize::try_from((time - end(first)).div_euclid(step_ms)).unwrap_or(usize::MAX);
        if let Some(slot) = values.get_mut(place) {
            *slot = if whole { value.clamp(0.0, 100.0) } else { value };
        }
    }
    Ok(values)
}
