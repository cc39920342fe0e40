//! Rows of problems, filtered, sorted and cut to a window as other lists are.
//!
//! There are 21,000 at most, so each list looks at all of them.

use super::facet::Facets;
use super::window::{Order, SortValue};
use super::{Query, QueryError};
use std::cmp::Reverse;
use std::collections::HashMap;
use topmast_api::fleet_problem::{AcknowledgementRow, ProblemComment, ProblemDetails, ProblemRow};
use topmast_api::page::{ListQuery, Page};
use topmast_api::time::Timestamp;
use topmast_engine::{self as engine, Acknowledged, Problem, State};
use topmast_model::filter::fields::PROBLEMS;
use topmast_model::principal::{Principal, Right};
use topmast_model::problem::{ProblemId, Suppression};
use topmast_model::time::UnixMillis;

impl Query {
    /// Checks a request's words against the fields of problems.
    pub(crate) fn of_problems(query: &ListQuery) -> Result<Self, QueryError> {
        Self::of(query, PROBLEMS)
    }
}

/// The page of a query, of what the principal may read. Without a sort: open ones first, the worst of them, then the
/// newest.
pub(crate) fn problems(
    state: &State,
    principal: &Principal,
    query: &Query,
    now: UnixMillis,
) -> Page<ProblemRow> {
    let symptoms = symptoms(state);
    let order = Order::new(&query.sort, PROBLEMS);
    let mut facets = Facets::new(&query.facets, PROBLEMS);
    let mut found: Vec<(Vec<SortValue>, &Problem)> = Vec::new();
    for problem in state.problems().filter(|problem| principal.may(Right::Read, Some(problem.object()))) {
        let row = row_of(problem, &symptoms, now);
        if query.filter.matches(&row) {
            facets.add(&row);
            let mut values = Vec::new();
            order.read(&row, &mut values);
            found.push((values, problem));
        }
    }
    found.sort_by_key(|(_, problem)| {
        let open = problem.closed.is_none();
        let since = problem.closed.map_or(problem.what.since, |closed| closed.at);
        (Reverse(open), Reverse(problem.what.severity), Reverse(since), Reverse(problem.id))
    });
    found.sort_by(|(one, _), (other, _)| order.compare(one, other));
    let window = found.iter().skip(query.offset).take(query.limit);
    Page {
        items: window.map(|(_, problem)| row(problem, &symptoms)).collect(),
        total: found.len() as u64,
        revision: state.last_seq().0,
        facets: facets.finish(),
        missing: Vec::new(),
    }
}

/// Everything known of a problem that the principal may read.
pub(crate) fn details(state: &State, principal: &Principal, id: ProblemId) -> Option<ProblemDetails> {
    let may_read = |problem: &&Problem| principal.may(Right::Read, Some(problem.object()));
    let found = state.problem(id).filter(may_read)?;
    let explained = state.open_problems().filter(|other| other.cause == Some(id)).filter(may_read);
    let comments = found.comments.iter().map(|comment| ProblemComment {
        time: Timestamp(comment.time),
        actor: comment.actor.clone().into(),
        text: comment.text.clone(),
    });
    Some(ProblemDetails {
        row: row(found, &symptoms(state)),
        opened_at: Timestamp(found.opened_at),
        advice: state.rule(&found.what.key.rule).map(|rule| rule.advice.clone()).unwrap_or_default(),
        comments: comments.collect(),
        explains: explained.map(|other| other.id).collect(),
    })
}

type Symptoms = HashMap<ProblemId, u32>;

/// How many open problems each one explains.
fn symptoms(state: &State) -> Symptoms {
    let mut symptoms = Symptoms::new();
    for cause in state.open_problems().filter_map(|problem| problem.cause) {
        *symptoms.entry(cause).or_default() += 1;
    }
    symptoms
}

fn row_of<'a>(problem: &'a Problem, symptoms: &Symptoms, now: UnixMillis) -> engine::ProblemRow<'a> {
    let symptoms = symptoms.get(&problem.id).copied().unwrap_or(0);
    engine::ProblemRow { problem, symptoms, now }
}

fn row(problem: &Problem, symptoms: &Symptoms) -> ProblemRow {
    let what = &problem.what;
    ProblemRow {
        id: problem.id,
        status: problem.status(),
        severity: what.severity,
        rule: what.key.rule.clone(),
        object: what.key.object.clone(),
        detail: what.key.detail.clone(),
        message: what.message.clone(),
        value: what.value.map(topmast_model::rule::Number::get),
        verdict: problem.verdict,
        since: Timestamp(what.since),
        closed_at: problem.closed.map(|closed| Timestamp(closed.at)),
        closed_because: problem.closed.map(|closed| closed.reason.as_str().to_owned()),
        flapping: problem.flapping,
        cause: problem.cause,
        symptoms: symptoms.get(&problem.id).copied().unwrap_or(0),
        suppressed: problem.suppression.as_ref().map(Suppression::as_str).map(str::to_owned),
        acknowledgement: problem.acknowledged.as_ref().map(acknowledgement),
        notices: problem.notices,
        labels: what.labels.clone(),
    }
}

fn acknowledgement(acknowledged: &Acknowledged) -> AcknowledgementRow {
    let Acknowledged { owner, at, terms } = acknowledged;
    AcknowledgementRow {
        owner: owner.clone().into(),
        at: Timestamp(*at),
        comment: terms.comment.clone(),
        expires_at: Timestamp::maybe(terms.expires_at),
        sticky: terms.sticky,
    }
}
