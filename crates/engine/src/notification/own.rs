//! What alarms of AWS' tools tell by actions of their own: a route leaves a change to them where they name its channel.
//!
//! An alarm in ALARM that tells somebody is a problem as well, and routes take problems. Whoever put the alarm said whom
//! to tell of which state, so that telling goes first; what it does not tell, or cannot, is the route's.
//!
//! ```text
//! action due, or being sent ─► the route waits ─► it was taken ─► NotificationSpared: the channel knows
//!                                              └► refused, given up, withdrawn ─► the route tells
//! ```

use super::kept::{End, Notifications};
use crate::aws_alarm::{AwsAlarmKept, detail};
use crate::{Problem, State};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::aws_alarm::{PROBLEM_RULE, topic};
use topmast_model::notification::NotificationId;
use topmast_model::problem::ProblemId;
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// How long routes wait for an action that is due: it is done at once, unless something is wrong with the master.
const AWAITED: Duration = Duration::from_mins(5);

/// What an alarm's own action does about a channel and a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saying {
    /// It is to tell the channel, and has not yet.
    Telling,
    /// It told it.
    Told(NotificationId),
}

/// An alarm by the problem that it is, a channel, and whether it is about ALARM.
type Key<'a> = (&'a str, String, &'a str, bool);

/// What alarms say by themselves.
pub(super) struct Own<'a>(BTreeMap<Key<'a>, (UnixMillis, Saying)>);

impl<'a> Own<'a> {
    /// Of all alarms, as far as the ledger goes back; where no problem of one is told, nothing is gone through.
    pub(super) fn of(state: &'a State, now: UnixMillis) -> Self {
        let mut own = BTreeMap::new();
        if !tells_of_alarms(state, &state.notifications) {
            return Self(own);
        }
        for told in state.notifications() {
            let Some((alarm, within)) = told.alarm.as_deref().zip(told.within.as_ref()) else { continue };
            let saying = match told.end {
                None => Some(Saying::Telling),
                Some(End::Delivered) => Some(Saying::Told(told.id)),
                Some(_) => None,
            };
            let fires = alarm.to.state == AlarmState::Alarm;
            let key = (within.as_str(), detail(&alarm.alarm.name), told.channel.as_str(), fires);
            // The last one decides: what was told before was another change.
            match saying {
                Some(saying) => own.insert(key, (alarm.at, saying)),
                None => own.remove(&key),
            };
        }
        for (tenant, alarms) in &state.aws_alarms {
            let is_awaited = |kept: &AwsAlarmKept| !kept.due.is_empty() && kept.state_at.plus(AWAITED) > now;
            for (name, kept) in alarms.all().iter().filter(|(_, kept)| is_awaited(kept)) {
                let fires = kept.said.state == AlarmState::Alarm;
                for channel in kept.due.iter().filter_map(|action| topic(action)) {
                    own.insert((tenant, detail(name), channel, fires), (kept.state_at, Saying::Telling));
                }
            }
        }
        Self(own)
    }

    /// What the alarm that a problem is of says to a channel itself: of ALARM, or of its end.
    pub(super) fn says(&self, problem: &Problem, channel: &str, fires: bool) -> Option<Saying> {
        let key = &problem.what.key;
        if self.0.is_empty() || key.rule != PROBLEM_RULE {
            return None;
        }
        let (at, saying) = self.0.get(&(key.object.as_str(), key.detail.clone(), channel, fires))?;
        // What it said of an earlier time was another problem.
        (*at >= problem.what.since).then_some(*saying)
    }
}

fn tells_of_alarms(state: &State, all: &Notifications) -> bool {
    let problem = |id: ProblemId, over: Option<&'_ Problem>| {
        over.or_else(|| state.problems.get(id)).is_some_and(|problem| problem.what.key.rule == PROBLEM_RULE)
    };
    all.tellings.iter().any(|(id, telling)| problem(*id, telling.over.as_deref()))
}
