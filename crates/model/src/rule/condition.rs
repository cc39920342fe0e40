//! What must be so for a rule's problem: on numbers that a query gives, or on states.

use super::{Number, QUERY_MAX, Span};
use crate::notification::ChannelStatus;
use crate::status::{ApplicationStatus, ServerStatus, ServiceStatus, TaskStatus};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most datapoints of a condition, as with CloudWatch: a day of minutes.
const OF_MAX: u32 = 1_440;
/// Shortest and longest period of a datapoint.
const PERIODS: std::ops::RangeInclusive<Span> = Span::from_secs(1)..=Span::from_hours(24);
/// How long before its end a certificate may be a problem at most: longer than any of ours is good for.
const ENDS_WITHIN_MAX: Span = Span::from_hours(400 * 24);
/// Most words in a list of statuses or codes.
const WORDS_MAX: usize = 32;

/// What must be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// A value is beyond a bound.
    Threshold {
        /// `PromQL`; each series that it gives is looked at by itself.
        query: String,
        /// How the value is compared with `value`.
        compare: Comparison,
        /// The bound.
        value: Number,
        /// The bound beyond which it is well again, for hysteresis; the same one when none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clear: Option<Number>,
        /// What no value means.
        #[serde(default, skip_serializing_if = "MissingData::is_missing")]
        missing: MissingData,
    },
    /// So many datapoints of the last so many are beyond a bound, as with CloudWatch.
    Datapoints {
        /// `PromQL`; each series that it gives is looked at by itself.
        query: String,
        /// How the value is compared with `value`.
        compare: Comparison,
        /// The bound.
        value: Number,
        /// Time between two datapoints.
        period: Span,
        /// How many must be beyond it.
        datapoints: u32,
        /// Of how many.
        of: u32,
        /// What a missing datapoint means.
        #[serde(default, skip_serializing_if = "MissingData::is_missing")]
        missing: MissingData,
    },
    /// A series that was there has had no value for the rule's `for`.
    Absent {
        /// `PromQL`.
        query: String,
    },
    /// A server has one of these statuses.
    Server {
        /// Which.
        status: Vec<ServerStatus>,
    },
    /// An application has one of these statuses.
    Application {
        /// Which.
        status: Vec<ApplicationStatus>,
    },
    /// A service has one of these statuses.
    Service {
        /// Which.
        status: Vec<ServiceStatus>,
        /// And one of these codes, with `*` and `?`; any or none when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        codes: Vec<String>,
    },
    /// A task has one of these statuses.
    Task {
        /// Which.
        status: Vec<TaskStatus>,
    },
    /// An application restarted too often.
    Restarts {
        /// More often than this …
        more_than: u32,
        /// … within this, at most a day; counted to five minutes.
        within: Span,
    },
    /// Instances of an application in one cluster differ, or an agent from its master.
    Drift {
        /// In what.
        of: Drift,
    },
    /// A server's agent has no certificate that lasts for longer.
    Certificate {
        /// Than this.
        ends_within: Span,
    },
    /// An alarm of AWS' tools is in ALARM, and is to tell somebody.
    AwsAlarm {},
    /// A channel of notifications has one of these statuses.
    Channel {
        /// Which.
        status: Vec<ChannelStatus>,
    },
}

/// How a value is compared with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// Greater.
    #[serde(rename = ">")]
    Greater,
    /// Greater or equal.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Less or equal.
    #[serde(rename = "<=")]
    LessOrEqual,
}

impl Comparison {
    /// True when the value is beyond the bound. NaN never is.
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
        }
    }

    /// In words, as CloudWatch's reasons have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Greater => "greater than",
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
        }
    }
}

/// What a missing datapoint means, in CloudWatch's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// Nothing is known; with no datapoint at all the state is not known either.
    #[default]
    Missing,
    /// Nothing changes.
    Ignore,
    /// It counts as beyond the bound.
    Breaching,
    /// It counts as within the bound.
    NotBreaching,
}

impl MissingData {
    /// Every meaning.
    pub const ALL: &'static [Self] = &[Self::Missing, Self::Ignore, Self::Breaching, Self::NotBreaching];

    /// CloudWatch's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ignore => "ignore",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// In what may be differed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// The version that instances report, from that of most.
    Version,
    /// The version of an agent, from the master's.
    Agent,
    /// Files on a server, from what a configuration laid down.
    Configuration,
}

impl Condition {
    /// The word that the text form has for it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Threshold { .. } => "threshold",
            Self::Datapoints { .. } => "datapoints",
            Self::Absent { .. } => "absent",
            Self::Server { .. } => "server",
            Self::Application { .. } => "application",
            Self::Service { .. } => "service",
            Self::Task { .. } => "task",
            Self::Restarts { .. } => "restarts",
            Self::Drift { .. } => "drift",
            Self::Certificate { .. } => "certificate",
            Self::AwsAlarm {} => "aws-alarm",
            Self::Channel { .. } => "channel",
        }
    }

    /// The query, of a condition on numbers.
    pub fn query(&self) -> Option<&str> {
        match self {
            Self::Threshold { query, .. } | Self::Datapoints { query, .. } | Self::Absent { query } => {
                Some(query)
            }
            _ => None,
        }
    }

    /// The bound, of a condition that has one.
    pub const fn bound(&self) -> Option<Number> {
        match self {
            Self::Threshold { value, .. } | Self::Datapoints { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// True when `for` and `keep_firing_for` mean something: the others look back over a time themselves.
    pub const fn is_timed(&self) -> bool {
        !matches!(
            self,
            Self::Datapoints { .. }
                | Self::Restarts { .. }
                | Self::Drift { .. }
                | Self::Certificate { .. }
                | Self::AwsAlarm {}
                | Self::Channel { .. }
        )
    }

    /// True when what is inside the object cannot be well while this is so.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Server { status } => !status.contains(&ServerStatus::Up),
            Self::Application { status } => !status.contains(&ApplicationStatus::Started),
            _ => false,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(query) = self.query()
            && (query.trim().is_empty() || query.len() > QUERY_MAX)
        {
            return Err(format!("query is to be PromQL of 1 to {QUERY_MAX} bytes"));
        }
        match self {
            Self::Threshold { compare, value, clear: Some(clear), .. } => {
                // A value at which it would be well and a problem at once can never be left.
                let wrong = compare.holds(clear.get(), value.get()) && clear != value;
                if wrong {
                    Err(format!("clear = {clear} is beyond value = {value}; put it on the other side"))
                } else {
                    Ok(())
                }
            }
            Self::Datapoints { period, datapoints, of, .. } => {
                if !PERIODS.contains(period) {
                    let (least, most) = (PERIODS.start(), PERIODS.end());
                    return Err(format!("period = {period} is out of range; give {least} to {most}"));
                }
                if *of == 0 || *of > OF_MAX {
                    return Err(format!("of = {of} is out of range; give 1 to {OF_MAX}"));
                }
                if *datapoints == 0 || datapoints > of {
                    return Err(format!(
                        "datapoints = {datapoints} is out of range; give 1 to {of}, which `of` says"
                    ));
                }
                Ok(())
            }
            Self::Server { status } => list("status", status.len()),
            Self::Application { status } => list("status", status.len()),
            Self::Task { status } => list("status", status.len()),
            Self::Channel { status } => list("status", status.len()),
            Self::Service { status, codes } => {
                let long = |code: &String| code.is_empty() || code.len() > 200;
                if codes.len() > WORDS_MAX || codes.iter().any(long) {
                    return Err(format!("codes are to be at most {WORDS_MAX} of 1 to 200 bytes"));
                }
                list("status", status.len())
            }
            Self::Restarts { within, .. } if *within > Span::from_hours(24) || within.is_zero() => {
                Err(format!("within = {within} is out of range; give up to 24h"))
            }
            Self::Certificate { ends_within } if *ends_within > ENDS_WITHIN_MAX || ends_within.is_zero() => {
                Err(format!("ends_within = {ends_within} is out of range; give up to {ENDS_WITHIN_MAX}"))
            }
            _ => Ok(()),
        }
    }
}

fn list(field: &str, length: usize) -> Result<(), String> {
    match length {
        0 => Err(format!("{field} is to list at least one word")),
        1..=WORDS_MAX => Ok(()),
        _ => Err(format!("{field} lists {length} words; give at most {WORDS_MAX}, each once")),
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for MissingData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
