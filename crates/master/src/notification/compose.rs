//! What a message says of problems.

use super::{AlarmFact, FACTS_MAX, Fact, Links, Message};
use crate::aws::cloudwatch::published;
use topmast_engine::{Notification, Problem, State};
use topmast_model::notification::{AlarmTold, Told, Why};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// The message of a notification, the worst problem first.
pub(super) fn message(
    state: &State,
    links: &Links,
    open: &Notification,
    told: &[Told],
    now: UnixMillis,
) -> Message {
    let facts = told.iter().take(FACTS_MAX).filter_map(|told| fact(state, links, told, now));
    let facts: Vec<Fact> = facts.collect();
    let link = match open.why {
        Why::Test => links.notifications(),
        Why::Alarm => links.alarms(),
        // One has a link of its own.
        _ if told.len() == 1 => None,
        _ => links.problems(),
    };
    Message {
        // The same for every attempt, and after a restart.
        id: Uuid::from_u64_pair(u64::try_from(open.due_at.0).unwrap_or(0), open.id.0),
        time: now,
        test: open.why == Why::Test,
        alarm: open.alarm.as_deref().map(alarm),
        left_out: told.len() - facts.len(),
        facts,
        reason: reason(open.why),
        link,
    }
}

fn alarm(told: &AlarmTold) -> AlarmFact {
    let AlarmTold { alarm, from, to, at, .. } = told;
    AlarmFact {
        name: alarm.name.clone(),
        description: alarm.description.clone().unwrap_or_default(),
        arn: alarm.arn(),
        region: alarm.region.clone(),
        from: *from,
        to: to.state,
        reason: to.reason.clone(),
        at: *at,
        document: published(alarm, *from, to, *at),
    }
}

fn reason(why: Why) -> Option<String> {
    match why {
        Why::Route | Why::Test | Why::Alarm => None,
        Why::Reminder => Some("still open, and nobody has it in hand".to_owned()),
        Why::Escalation { after } => Some(format!("not acknowledged within {after}")),
        Why::Limit => Some("summed up: the limit of messages by the hour is reached".to_owned()),
    }
}

fn fact(state: &State, links: &Links, told: &Told, now: UnixMillis) -> Option<Fact> {
    let problem: &Problem = state.told_problem(told.problem)?;
    let key = &problem.what.key;
    Some(Fact {
        problem: problem.id,
        notice: told.notice,
        severity: told.severity,
        object: key.object.clone(),
        rule: key.rule.clone(),
        detail: key.detail.clone(),
        message: problem.what.message.clone(),
        advice: state.rule(&key.rule).map(|rule| rule.advice.clone()).unwrap_or_default(),
        since: problem.what.since,
        duration: problem.duration(now),
        owner: problem.acknowledged.as_ref().map(|acknowledged| acknowledged.owner.name.clone()),
        cause: problem.cause.map(|cause| format!("problem {cause}")),
        link: links.problem(problem.id),
    })
}
