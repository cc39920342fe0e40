//! Rules on numbers: each rule's query is asked every few seconds, each of its series is looked at by itself.
//!
//! A query has a bound of time and, as every other, of samples; a rule whose query was not answered is left alone for a
//! minute, so that one that costs much holds up neither the others nor people who ask.

use super::observe;
use super::series::{Found, RuleSeries, Times};
use crate::bus::SubmitError;
use crate::http::Context;
use crate::query::Unanswered;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use topmast_history::promql::{self, EvalError, Options, Query, Value};
use topmast_history::{Budget, Labels};
use topmast_model::error::with_sources;

/// Time between two looks at all rules; short in tests, which wait for them.
const EVERY: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(5) };
/// Longest time that one rule's query may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long a rule whose query was not answered is left alone.
const LEFT_ALONE: Duration = Duration::from_mins(1);

/// A rule that is asked.
struct Asked {
    query: Arc<Query>,
    series: RuleSeries,
    not_before: Option<Instant>,
}

/// Looks at rules on numbers until the bus ends.
pub(super) async fn run(context: &Context) {
    let mut rules: BTreeMap<String, Asked> = BTreeMap::new();
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        adopt(context, &mut rules);
        for asked in rules.values_mut() {
            if asked.not_before.is_some_and(|earliest| earliest > Instant::now()) {
                continue;
            }
            match look(context, asked).await {
                Ok(()) | Err(SubmitError::Busy) => {}
                Err(SubmitError::Stopping) => return,
                Err(error) => {
                    let rule = &asked.series.rule().name;
                    tracing::warn!(rule, error = %with_sources(&error), "what a rule found was not taken");
                }
            }
        }
    }
}

/// Takes new and changed rules, and lets go of those that are no longer looked at.
fn adopt(context: &Context, rules: &mut BTreeMap<String, Asked>) {
    let (state, now) = (context.bus.state(), context.bus.clock().now());
    let is_current = |asked: &Asked| {
        let rule = asked.series.rule();
        state.rule(&rule.name).is_some_and(|kept| kept.enabled && kept == rule)
    };
    rules.retain(|_, asked| is_current(asked));
    for rule in
        state.rules().filter(|rule| rule.enabled && !rules.contains_key(&rule.name)).collect::<Vec<_>>()
    {
        let Some(Ok(query)) = rule.when.query().map(promql::parse) else { continue };
        let Some(series) = RuleSeries::new(&state, rule, now) else { continue };
        rules.insert(rule.name.clone(), Asked { query: Arc::new(query), series, not_before: None });
    }
}

async fn look(context: &Context, asked: &mut Asked) -> Result<(), SubmitError> {
    let now = context.bus.clock().now();
    let (history, query) = (Arc::clone(&context.history), Arc::clone(&asked.query));
    let times = asked.series.times(now);
    let work = move |budget: &Budget| find(&query, &history, times, budget);
    let trouble = match context.queries.run(Some(ANSWER_WITHIN), &context.stop, work).await {
        Ok(Ok(found)) => {
            let observations = asked.series.take(&context.bus.state(), found, now);
            return observe(&context.bus, observations).await;
        }
        Ok(Err(error)) => with_sources(&error),
        Err(Unanswered::Stopping) => return Err(SubmitError::Stopping),
        // People ask first; the next look is soon.
        Err(Unanswered::Full) => return Ok(()),
        Err(Unanswered::Late(after)) => format!("it took longer than {after:?}"),
    };
    let rule = &asked.series.rule().name;
    tracing::warn!(rule, trouble, "a rule's query was not answered; it is asked again in a minute");
    asked.not_before = Some(Instant::now() + LEFT_ALONE);
    Ok(())
}

/// Asks for the values of a rule's series.
fn find(
    query: &Query,
    history: &crate::history::History,
    times: Times,
    budget: &Budget,
) -> Result<Vec<Found>, EvalError> {
    let options = Options::default();
    match times {
        Times::At(at) => {
            let one = |labels: Labels, value| Found { labels, values: vec![Some(value)] };
            Ok(match query.instant(history, at, &options, budget)? {
                Value::Vector(samples) => {
                    samples.into_iter().map(|sample| one(sample.labels, sample.value)).collect()
                }
                // About nothing that there is: a number without labels.
                Value::Scalar(_) | Value::String(_) | Value::Matrix(_) => Vec::new(),
            })
        }
        Times::Window(start, end, step) => {
            let matrix = query.range(history, start, end, step, &options, budget)?;
            let found = matrix.series.into_iter().map(|series| {
                let points: HashMap<i64, f64> = series.points.into_iter().collect();
                let mut values = Vec::new();
                let mut at = start;
                while at <= end {
                    values.push(points.get(&at).copied());
                    at += step;
                }
                Found { labels: series.labels, values }
            });
            Ok(found.collect())
        }
    }
}
