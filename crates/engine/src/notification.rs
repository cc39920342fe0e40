//! Notifications: which channel is to be told what, and what became of it.
//!
//! ```text
//! NoticeDecided ─► telling ─┐
//! routes, channels, time ───┴─ settle ─► NotificationDue ─► begin ─► sent by the master ─► finish
//!                                ▲                           │ not so any more: withdrawn      │
//!                                └───────────────────────────┴─────────────────────────────────┘
//! ```
//!
//! Worked out from the state and the time, as problems are: what a channel is to know, as against what it was told.
//!
//! Invariants
//! - N-1: a channel that was told, or may have been told, of a problem is told of its end; no other is.
//! - N-2: nothing begins to be sent of a problem that is suppressed then, but its end.
//! - N-3: what is over a limit, waits in a full queue or was given up stays due until it was told or is over.
//! - N-4: a channel is told the same of a problem twice only after the route's interval, or when an attempt was
//!   cut off: at least once, each attempt numbered.
//! - N-5: a notification ends: delivered, withdrawn, or given up after [`ATTEMPTS_MAX`] attempts.
//! - N-6: what was asked for (a test, an alarm's action) is told once, whatever routes, limits and suppression say.
//! - N-7: a change of an alarm that its own action tells a channel is told to it by no route as well.
//!
//! Elsewhere: whether people are to be told at all (`problem`), how it is sent (`topmast-master`).

mod apply;
mod asked;
mod attempt;
mod channel;
mod kept;
mod own;
mod route;
mod settle;
mod why;

pub(crate) use apply::{
    begun, channel_applied, channel_deleted, due, finished, noticed, route_applied, route_planned, spared,
    untold, withdrawn,
};
pub(crate) use asked::{asked, of_alarm, test};
pub(crate) use attempt::{begin, finish};
pub(crate) use channel::{apply_channels, delete_channel};
pub(crate) use kept::Notifications;
pub(crate) use route::{apply_routes, delete_route, plan};
pub(crate) use settle::settle;

pub use attempt::ATTEMPTS_MAX;
pub use channel::{CHANNELS_MAX, ChannelsPlan, plan_channels};
pub use kept::{Attempt, ENDED_MAX, End, KeptChannel, KeptRoute, Notification};
pub use route::{RoutesPlan, plan_routes};
pub use settle::is_due;
pub use why::{Looked, Why, why};

use crate::{Problem, State};
use topmast_model::notification::{Channel, NotificationId, Route};
use topmast_model::problem::ProblemId;

impl State {
    /// Channels, by name.
    pub fn channels(&self) -> impl Iterator<Item = &KeptChannel> {
        self.notifications.channels.values()
    }

    /// One channel, its secrets sealed.
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.notifications.channels.get(name).map(|kept| &kept.channel)
    }

    /// Routes in the order in which they are looked at.
    pub fn routes(&self) -> Vec<&KeptRoute> {
        let mut routes: Vec<&KeptRoute> = self.notifications.routes.values().collect();
        routes.sort_by_key(|kept| kept.route.order);
        routes
    }

    /// One route.
    pub fn route(&self, name: &str) -> Option<&Route> {
        self.notifications.routes.get(name).map(|kept| &kept.route)
    }

    /// Notifications that are kept, the oldest first: the last that ended, then those that are open.
    pub fn notifications(&self) -> impl Iterator<Item = &Notification> {
        self.notifications.ended.iter().chain(self.notifications.open.values())
    }

    /// An open notification.
    pub fn open_notification(&self, id: NotificationId) -> Option<&Notification> {
        self.notifications.open.get(&id)
    }

    /// Notifications that are neither delivered nor given up nor withdrawn.
    pub fn open_notifications(&self) -> impl Iterator<Item = &Notification> {
        self.notifications.open.values()
    }

    /// A problem of which channels are told, also when it is over and no longer kept otherwise.
    pub fn told_problem(&self, id: ProblemId) -> Option<&Problem> {
        let over = self.notifications.tellings.get(&id).and_then(|telling| telling.over.as_deref());
        over.or_else(|| self.problems.get(id))
    }

    /// True when somebody was told, or may be to be told, of some problem.
    pub fn tells(&self) -> bool {
        !self.notifications.tellings.is_empty() || !self.notifications.open.is_empty()
    }
}

#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
pub(crate) mod tests;
