//! A rule on states, tried on the journal's events.

use super::{Found, Tally, Trial};
use crate::http::Context;
use crate::http::problem::Refusal;
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::rule::TriedProblem;
use topmast_api::time::Timestamp;
use topmast_engine::alarm::{Episode, StateTrial, Tried};
use topmast_journal::RecordQuery;
use topmast_model::path::ObjectPath;
use topmast_model::rule::Rule;
use topmast_model::time::UnixMillis;

/// Events read from the journal at a time.
const CHUNK: usize = 1_000;
/// Events that a trial looks through, so that nobody waits for minutes.
const EVENTS_MAX: usize = 200_000;

pub(super) async fn found(context: &Arc<Context>, asked: &Arc<Trial>) -> Result<Found, Refusal> {
    let begins = context.journal.select(RecordQuery { limit: 1, ..RecordQuery::default() }).await?;
    let begins = begins.first().map_or(asked.until, |event| event.time);
    let since = asked.since.max(begins).min(asked.until);
    let Some(mut trial) = StateTrial::of(&asked.rule, since) else {
        return Err(Refusal::invalid("text", not_told(&asked.rule)));
    };
    let mut records = RecordQuery {
        since: Some(since),
        until: Some(asked.until),
        kinds: trial.kinds().iter().map(|kind| (*kind).to_owned()).collect(),
        limit: CHUNK,
        ..RecordQuery::default()
    };
    let mut read = 0;
    loop {
        let events = context.journal.select(records.clone()).await?;
        let Some(last) = events.last() else { break };
        records.after = Some(last.seq);
        read += events.len();
        if read > EVENTS_MAX {
            let detail =
                format!("there are more than {EVENTS_MAX} events to look through: ask for a shorter time");
            return Err(Refusal::invalid("since", detail));
        }
        for event in &events {
            trial.take(event);
        }
    }
    // Of very many objects it takes a while: not on a thread that serves.
    let (context, asked) = (Arc::clone(context), Arc::clone(asked));
    tokio::task::spawn_blocking(move || summed(&context, &asked, trial, since))
        .await
        .map_err(|_| Refusal::new(ProblemCode::Stopping, "the master is stopping"))
}

fn summed(context: &Context, asked: &Trial, trial: StateTrial, since: UnixMillis) -> Found {
    let (mut tally, mut looked_at) = (Tally::new(since, asked.until), 0);
    let state = context.bus.state();
    for Tried { object, episodes } in trial.finish(&state, asked.until) {
        if !asked.is_about(&state, &object) {
            continue;
        }
        looked_at += 1;
        for episode in &episodes {
            tally.add(episode, || told(&asked.rule, &object, episode));
        }
    }
    drop(state);
    Found { step: None, looked_at, gaps: asked.gap(since).into_iter().collect(), tally, series: Vec::new() }
}

fn told(rule: &Rule, object: &ObjectPath, episode: &Episode) -> TriedProblem {
    TriedProblem {
        object: object.clone(),
        detail: String::new(),
        since: Timestamp(episode.since),
        opened: Timestamp(episode.opened),
        closed: episode.closed.map(Timestamp),
        value: None,
        peak: None,
        message: rule.render(object, |_| None),
        flapping: episode.flapping,
        notices: episode.notices,
    }
}

fn not_told(rule: &Rule) -> String {
    let kind = rule.when.kind();
    format!(
        "a rule on {kind} cannot be tried on the past: it looks at what is now, and nothing is kept of what was; \
         apply it with severity info and see what it finds"
    )
}
