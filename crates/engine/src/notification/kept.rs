//! What is kept of notifications.

use crate::Problem;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use topmast_model::maintenance::Period;
use topmast_model::notification::{AlarmTold, Channel, NotificationId, Outcome, Route, Told, Why};
use topmast_model::path::ObjectPath;
use topmast_model::problem::ProblemId;
use topmast_model::status::Severity;
use topmast_model::time::UnixMillis;

/// Notifications that ended and are still kept; the journal has them all.
pub const ENDED_MAX: usize = 1_000;
/// The time over which messages to a channel are counted.
pub(crate) const LIMIT_WINDOW: Duration = Duration::from_hours(1);
/// Most messages remembered of a channel: as many as a limit can be.
const RECENT_MAX: usize = topmast_model::notification::PER_HOUR_MAX as usize;

/// Channels, routes, who was told of what, and what is being told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Notifications {
    pub(crate) last: NotificationId,
    pub(crate) channels: BTreeMap<String, KeptChannel>,
    pub(crate) routes: BTreeMap<String, KeptRoute>,
    /// Of problems that people are to know of, and of those over of which a channel is still to hear.
    pub(crate) tellings: BTreeMap<ProblemId, Telling>,
    pub(crate) open: BTreeMap<NotificationId, Notification>,
    /// The oldest first; at most [`ENDED_MAX`].
    pub(crate) ended: VecDeque<Notification>,
}

/// A channel with what became of what was sent there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptChannel {
    /// Its secrets are sealed.
    pub channel: Channel,
    /// When it was applied.
    pub changed_at: UnixMillis,
    /// When a message last got through.
    pub delivered_at: Option<UnixMillis>,
    /// When one was given up, if none got through since.
    pub failing_since: Option<UnixMillis>,
    /// When the last messages became due.
    pub(crate) recent: VecDeque<UnixMillis>,
}

impl KeptChannel {
    /// Messages of the last hour.
    pub fn recent(&self, now: UnixMillis) -> usize {
        self.recent.iter().filter(|at| at.plus(LIMIT_WINDOW) > now).count()
    }

    pub(crate) fn count(&mut self, at: UnixMillis) {
        self.recent.retain(|past| past.plus(LIMIT_WINDOW) > at);
        // What a clock that was set back left in the future would count for longer than an hour.
        self.recent.iter_mut().for_each(|past| *past = (*past).min(at));
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(at);
    }
}

/// A route with the times of its schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRoute {
    /// The route.
    pub route: Route,
    /// When it takes problems, as planned with its time zones.
    pub periods: Vec<Period>,
}

impl KeptRoute {
    /// True when it takes problems at `now`, as far as time tells.
    pub fn is_in_schedule(&self, now: UnixMillis) -> bool {
        self.route.schedule.is_empty() || self.periods.iter().any(|period| period.contains(now))
    }

    /// True when the master has to plan it.
    pub fn wants_plan(&self, now: UnixMillis) -> bool {
        let ahead = self.periods.iter().filter(|period| period.from > now).count();
        !self.route.schedule.is_empty() && ahead < self.route.schedule.len() + 1
    }
}

/// What channels were told of one problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Telling {
    /// When people were first to know, or it was last given out of hand: steps of escalations count from here.
    pub(crate) since: UnixMillis,
    pub(crate) channels: BTreeMap<String, Heard>,
    /// The problem, once it is over.
    pub(crate) over: Option<Box<Problem>>,
}

/// What one channel was told of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Heard {
    pub(crate) route: String,
    pub(crate) last: Option<Last>,
    /// When telling it something was last given up, if nothing was told since.
    pub(crate) given_up: Option<UnixMillis>,
}

/// What a channel was told last, or may have been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    pub(crate) at: UnixMillis,
    pub(crate) severity: Severity,
    pub(crate) notices: u32,
}

/// One message to one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its number.
    pub id: NotificationId,
    /// What all its problems are in.
    pub within: Option<ObjectPath>,
    /// Where to.
    pub channel: String,
    /// By which route; by none when it was asked for.
    pub route: String,
    /// Why.
    pub why: Why,
    /// When it became due.
    pub due_at: UnixMillis,
    /// What is told; as it last began to be sent.
    pub told: Vec<Told>,
    /// What an alarm says.
    pub alarm: Option<Box<AlarmTold>>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    pub next_at: Option<UnixMillis>,
    /// How it ended.
    pub end: Option<End>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: UnixMillis,
    /// What became of it; it is under way when none.
    pub outcome: Option<Outcome>,
    /// When that was known.
    pub finished_at: Option<UnixMillis>,
}

/// How a notification ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum End {
    /// The receiver took it.
    Delivered,
    /// It could not be delivered.
    GivenUp,
    /// It was no longer so.
    Withdrawn {
        /// What was.
        reason: String,
    },
    /// It was asked for, and there is nobody to tell.
    Refused {
        /// Why.
        reason: String,
    },
}

impl Notification {
    /// True while an attempt is under way.
    pub fn is_under_way(&self) -> bool {
        self.attempts.last().is_some_and(|attempt| attempt.outcome.is_none())
    }
}

/// Which problems are being told on which channels.
#[derive(Debug)]
pub(crate) struct Busy<'a>(BTreeSet<(ProblemId, &'a str)>);

impl Busy<'_> {
    /// True when an open notification tells this channel, or any, of the problem.
    pub(crate) fn has(&self, problem: ProblemId, channel: Option<&str>) -> bool {
        match channel {
            Some(channel) => self.0.contains(&(problem, channel)),
            None => self.0.range((problem, "")..).next().is_some_and(|(first, _)| *first == problem),
        }
    }
}

impl Notifications {
    /// What is being told, for asking of many problems: each by itself would go through all that is open.
    pub(crate) fn busy(&self) -> Busy<'_> {
        Busy(
            self.open
                .values()
                .flat_map(|open| open.told.iter().map(|told| (told.problem, open.channel.as_str())))
                .collect(),
        )
    }

    /// True when an open notification tells this channel of the problem.
    pub(crate) fn is_busy(&self, problem: ProblemId, channel: Option<&str>) -> bool {
        self.open.values().any(|open| {
            channel.is_none_or(|channel| open.channel == channel)
                && open.told.iter().any(|told| told.problem == problem)
        })
    }

    pub(crate) fn end(&mut self, id: NotificationId, end: End) {
        let Some(mut notification) = self.open.remove(&id) else { return };
        notification.end = Some(end);
        notification.next_at = None;
        let problems: Vec<ProblemId> = notification.told.iter().map(|told| told.problem).collect();
        if self.ended.len() >= ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(notification);
        for problem in problems {
            self.tidy(problem);
        }
    }

    /// Forgets a problem that is over, once every channel that was told of it heard so.
    pub(crate) fn tidy(&mut self, problem: ProblemId) {
        let is_done = self.tellings.get(&problem).is_some_and(|telling| {
            telling.over.is_some() && telling.channels.values().all(|heard| heard.last.is_none())
        });
        if is_done && !self.is_busy(problem, None) {
            self.tellings.remove(&problem);
        }
    }
}
