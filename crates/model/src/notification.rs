//! Notifications: where people and programs are told of problems.
//!
//! Elsewhere: which problems there are (`problem`), and when somebody is to be told of one (`topmast-engine`, `problem`).

pub mod channel;
mod route;
mod secret;
pub mod text;
mod told;

pub use channel::{Channel, ChannelError, ChannelKind};
pub use route::{
    ChannelStatus, GroupBy, Grouping, PER_HOUR, PER_HOUR_MAX, ProblemFilter, REPEAT_MAX, REPEAT_MIN,
    ROUTE_CHANNELS_MAX, ROUTE_NAME_MAX, ROUTES_MAX, Route, RouteError, SCHEDULES_MAX, STEPS_MAX, Schedule,
    Step, WAIT_MAX,
};
pub use secret::{HIDDEN, Hidden, Secret};
pub use told::{AlarmTold, NotificationId, Outcome, Told, Why};
