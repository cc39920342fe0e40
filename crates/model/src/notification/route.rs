//! Routes: which problems are told on which channels, when, and how often.
//!
//! Routes are looked at in their order; the first that takes a problem is the last one for it, unless it says
//! `continue`. One that is outside its schedule takes nothing, so that a later one may.
//!
//! Elsewhere: what becomes of a route's channels (`topmast-engine`, `notification`).

use crate::filter::fields::PROBLEMS;
use crate::filter::{Filter, FilterError, Row};
use crate::maintenance::{Days, TimeOfDay};
use crate::path::{ObjectPath, check_name};
use crate::rule::Span;
use crate::status::Severity;
use serde::{Deserialize, Serialize};

/// Most routes.
pub const ROUTES_MAX: usize = 200;
/// Most channels of one route, or of one step of its escalation.
pub const ROUTE_CHANNELS_MAX: usize = 20;
/// Most steps of an escalation.
pub const STEPS_MAX: usize = 10;
/// Most times of a schedule.
pub const SCHEDULES_MAX: usize = 10;
/// Longest name, in bytes.
pub const ROUTE_NAME_MAX: usize = 63;
/// Longest wait for more problems of a group.
pub const WAIT_MAX: Span = Span::from_hours(1);
/// Shortest interval of reminders: what comes more often is not read.
pub const REPEAT_MIN: Span = Span::from_secs(60);
/// Longest interval of reminders, and longest time before a step.
pub const REPEAT_MAX: Span = Span::from_hours(7 * 24);
/// Most messages to one channel in an hour.
pub const PER_HOUR_MAX: u32 = 1_000;
/// Messages to one channel in an hour when a route does not say.
pub const PER_HOUR: u32 = 60;

/// Where problems are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its identity.
    pub name: String,
    /// Routes are looked at from the lowest to the highest number, those of one number by name.
    #[serde(default = "usual_order")]
    pub order: u32,
    /// Where the route belongs: it takes no problem outside, and who manages notifications there manages it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<ObjectPath>,
    /// Which problems it takes.
    #[serde(default, skip_serializing_if = "ProblemFilter::is_empty")]
    pub filter: ProblemFilter,
    /// How bad they are at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// When it takes them; always when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<Schedule>,
    /// Where they are told.
    pub channels: Vec<String>,
    /// Which are told together.
    #[serde(default, skip_serializing_if = "Grouping::is_none")]
    pub group: Grouping,
    /// How often it is told again that one is still open and nobody has it in hand; never when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Span>,
    /// Most messages to each of its channels in an hour; what is more is summed up.
    #[serde(default = "per_hour")]
    pub per_hour: u32,
    /// Where it is told as well when nobody takes it in hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<Step>,
    /// Later routes are looked at as well.
    #[serde(default, rename = "continue", skip_serializing_if = "std::ops::Not::not")]
    pub goes_on: bool,
    /// Whether it is looked at.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
}

const fn usual_order() -> u32 {
    100
}

const fn per_hour() -> u32 {
    PER_HOUR
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_yes(enabled: &bool) -> bool {
    *enabled
}

/// Times that recur.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// On these days.
    #[serde(default = "daily")]
    pub on: Days,
    /// From this time of day.
    pub at: TimeOfDay,
    /// For so long.
    pub lasts: Span,
    /// As clocks show it there.
    #[serde(default = "utc")]
    pub zone: String,
}

const fn daily() -> Days {
    Days::Daily
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What is told together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grouping {
    /// By what.
    #[serde(default)]
    pub by: GroupBy,
    /// How long is waited for more.
    #[serde(default, skip_serializing_if = "Span::is_zero")]
    pub wait: Span,
}

impl Grouping {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// By what problems are told together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// Each by itself.
    #[default]
    None,
    /// Those on one object.
    Object,
    /// Those of one rule.
    Rule,
    /// All that the route takes.
    Route,
}

/// A step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// So long after it was to be told, or after somebody gave it out of hand.
    pub after: Span,
    /// Where it is told then.
    pub channels: Vec<String>,
}

/// Whether messages get through a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChannelStatus {
    /// They do, or none was sent yet.
    #[serde(rename = "WORKING")]
    Working,
    /// The last one was given up.
    #[serde(rename = "FAILING")]
    Failing,
}

impl ChannelStatus {
    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Working => "WORKING",
            Self::Failing => "FAILING",
        }
    }
}

/// A filter over problems that knows its own text. The empty one takes every problem.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProblemFilter {
    text: String,
    filter: Option<Filter>,
}

impl ProblemFilter {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when it takes every problem.
    pub const fn is_empty(&self) -> bool {
        self.filter.is_none()
    }

    /// True when it takes a problem.
    pub fn matches(&self, problem: &dyn Row) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(problem))
    }

    /// True when the answer may depend on a field of [`PROBLEMS`].
    pub fn asks(&self, field: usize) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.asks(field))
    }
}

/// The text says it all.
impl PartialEq for ProblemFilter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ProblemFilter {}

impl TryFrom<String> for ProblemFilter {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        let filter = Filter::parse(&text, PROBLEMS)?;
        Ok(Self { text, filter: (!filter.is_empty()).then_some(filter) })
    }
}

impl From<ProblemFilter> for String {
    fn from(filter: ProblemFilter) -> Self {
        filter.text
    }
}

/// What is wrong with a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("route {route:?}, {field}: {message}")]
pub struct RouteError {
    /// Its name.
    pub route: String,
    /// The field, as the text form calls it.
    pub field: &'static str,
    /// What is wrong with it, and what to write instead.
    pub message: String,
}

impl Route {
    /// Every channel that it names; some perhaps twice.
    pub fn all_channels(&self) -> impl Iterator<Item = &String> {
        self.channels.iter().chain(self.escalation.iter().flat_map(|step| &step.channels))
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`RouteError`] with the first field that is wrong.
    pub fn check(&self) -> Result<(), RouteError> {
        let wrong = |field, message| Err(RouteError { route: self.name.clone(), field, message });
        if let Err(error) = check_name(&self.name) {
            return wrong("name", error.to_string());
        }
        if self.name.len() > ROUTE_NAME_MAX {
            return wrong("name", format!("is longer than {ROUTE_NAME_MAX} bytes; shorten it"));
        }
        let fits = |channels: &[String]| (1..=ROUTE_CHANNELS_MAX).contains(&channels.len());
        if !fits(&self.channels) {
            return wrong("channels", format!("name 1 to {ROUTE_CHANNELS_MAX} channels"));
        }
        if self.schedule.len() > SCHEDULES_MAX {
            return wrong("schedule", format!("has more than {SCHEDULES_MAX} times; remove some"));
        }
        let week = Span::from_hours(7 * 24);
        if self.schedule.iter().any(|time| time.lasts.is_zero() || time.lasts > week || time.zone.len() > 100)
        {
            return wrong("schedule", format!("lasts is out of range; give up to {week}"));
        }
        if self.group.wait > WAIT_MAX {
            return wrong(
                "group",
                format!("wait = {} is too long; give at most {WAIT_MAX}", self.group.wait),
            );
        }
        if self.repeat.is_some_and(|repeat| !(REPEAT_MIN..=REPEAT_MAX).contains(&repeat)) {
            return wrong("repeat", format!("is out of range; give {REPEAT_MIN} to {REPEAT_MAX}"));
        }
        if !(1..=PER_HOUR_MAX).contains(&self.per_hour) {
            return wrong("per_hour", format!("is out of range; give 1 to {PER_HOUR_MAX}"));
        }
        if self.escalation.len() > STEPS_MAX || self.escalation.iter().any(|step| !fits(&step.channels)) {
            let message = format!("give at most {STEPS_MAX} steps of 1 to {ROUTE_CHANNELS_MAX} channels");
            return wrong("escalation", message);
        }
        if self.escalation.iter().any(|step| step.after > REPEAT_MAX) {
            return wrong("escalation", format!("after is too long; give at most {REPEAT_MAX}"));
        }
        if !self.escalation.is_sorted_by(|one, next| one.after < next.after) {
            return wrong(
                "escalation",
                "is to be in the order of its times, each later than the one before".into(),
            );
        }
        Ok(())
    }
}
