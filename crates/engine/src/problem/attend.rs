//! What people do about problems: acknowledge, comment, close.

use super::Problem;
use crate::{Listed, Rejection, State};
use std::collections::BTreeSet;
use topmast_model::event::EventBody;
use topmast_model::principal::Actor;
use topmast_model::problem::{
    Acknowledgement, AcknowledgementEnd, COMMENT_MAX, CloseReason, NAMED_MAX, ProblemId, Verdict,
};
use topmast_model::time::UnixMillis;

/// Decides `AcknowledgeProblems`.
pub(crate) fn acknowledge(
    state: &State,
    who: &Actor,
    problems: &[ProblemId],
    acknowledgement: &Acknowledgement,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    check_comment("comment", acknowledgement.comment.as_deref())?;
    if acknowledgement.expires_at.is_some_and(|end| end <= now) {
        return Err(Rejection::invalid("expires_at", "is over already; give a time to come, or none"));
    }
    let named = named(state, problems)?;
    refuse_closed(&named, "acknowledge it")?;
    let is_new = |problem: &&Problem| {
        problem.acknowledged.as_ref().is_none_or(|kept| {
            kept.terms != *acknowledgement || (kept.owner.kind, &kept.owner.name) != (who.kind, &who.name)
        })
    };
    let fact = |problem: &Problem| EventBody::ProblemAcknowledged {
        id: problem.id,
        object: problem.object().clone(),
        acknowledgement: acknowledgement.clone(),
    };
    Ok(named.into_iter().filter(is_new).map(fact).collect())
}

/// Decides `UnacknowledgeProblems`.
pub(crate) fn unacknowledge(state: &State, problems: &[ProblemId]) -> Result<Vec<EventBody>, Rejection> {
    let fact = |problem: &Problem| EventBody::ProblemUnacknowledged {
        id: problem.id,
        object: problem.object().clone(),
        end: AcknowledgementEnd::ByHand,
    };
    let named = named(state, problems)?.into_iter().filter(|problem| problem.acknowledged.is_some());
    Ok(named.map(fact).collect())
}

/// Decides `CommentProblems`. The same text again from the same hand is a repeat.
pub(crate) fn comment(
    state: &State,
    problems: &[ProblemId],
    comment: &str,
) -> Result<Vec<EventBody>, Rejection> {
    if comment.trim().is_empty() {
        return Err(Rejection::invalid("text", "is empty; write something"));
    }
    check_comment("text", Some(comment))?;
    let is_new = |problem: &&Problem| problem.comments.last().is_none_or(|last| last.text != comment);
    let fact = |problem: &Problem| commented(problem, comment);
    Ok(named(state, problems)?.into_iter().filter(is_new).map(fact).collect())
}

fn commented(problem: &Problem, comment: &str) -> EventBody {
    EventBody::ProblemCommented { id: problem.id, object: problem.object().clone(), text: comment.to_owned() }
}

/// Decides `CloseProblems`. One whose condition is so would be opened again at once, so it is refused.
pub(crate) fn close(
    state: &State,
    problems: &[ProblemId],
    comment: Option<&str>,
) -> Result<Vec<EventBody>, Rejection> {
    check_comment("comment", comment)?;
    let named = named(state, problems)?;
    let firing =
        named.iter().filter(|problem| problem.closed.is_none() && problem.verdict == Verdict::Firing);
    let firing: Listed = firing.map(|problem| problem.id).collect();
    if firing.count > 0 {
        return Err(Rejection::conflict(format!(
            "what problem {firing} is about is still so; acknowledge or mute it, or change its rule"
        )));
    }
    let mut facts = Vec::new();
    for problem in named.into_iter().filter(|problem| problem.closed.is_none()) {
        facts.extend(comment.map(|comment| commented(problem, comment)));
        let (id, object) = (problem.id, problem.object().clone());
        facts.push(EventBody::ProblemClosed { id, object, reason: CloseReason::ByHand });
    }
    Ok(facts)
}

/// The problems of these numbers, each once; all of them must be there.
fn named<'a>(state: &'a State, problems: &[ProblemId]) -> Result<Vec<&'a Problem>, Rejection> {
    if problems.is_empty() || problems.len() > NAMED_MAX {
        return Err(Rejection::invalid("problems", format!("name 1 to {NAMED_MAX} problems")));
    }
    let problems: BTreeSet<ProblemId> = problems.iter().copied().collect();
    let missing: Listed = problems.iter().filter(|id| state.problems.get(**id).is_none()).collect();
    if missing.count > 0 {
        let hint = "`topmast problems` shows which there are; those long over are in the events only";
        return Err(Rejection::NotFound { what: "problem", names: missing, hint });
    }
    Ok(problems.into_iter().filter_map(|id| state.problems.get(id)).collect())
}

fn refuse_closed(named: &[&Problem], what: &str) -> Result<(), Rejection> {
    let closed: Listed =
        named.iter().filter(|problem| problem.closed.is_some()).map(|problem| problem.id).collect();
    if closed.count == 0 {
        return Ok(());
    }
    Err(Rejection::conflict(format!("problem {closed} is over; there is no need to {what}")))
}

fn check_comment(field: &'static str, comment: Option<&str>) -> Result<(), Rejection> {
    if comment.is_some_and(|comment| comment.len() > COMMENT_MAX) {
        return Err(Rejection::invalid(field, format!("is longer than {COMMENT_MAX} bytes; shorten it")));
    }
    Ok(())
}
