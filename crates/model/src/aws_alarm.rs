//! Alarms as AWS' tools make them: on a metric, on metric math, or on other alarms' states.
//!
//! Persisted in the journal. What is kept is what was asked for, in AWS' own words, for tools compare what they
//! read back with what they sent. A name is unique in a tenant.
//!
//! Elsewhere: state, history and what happens to them (`topmast-engine`, `aws_alarm`), evaluation and actions
//! (`topmast-master`, `aws/cloudwatch/alarm`).

use crate::account::AccountId;
use crate::rule::Number;
use crate::status::AlarmState;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// Most alarms that one command names.
pub const NAMED_MAX: usize = 100;
/// Most alarms observed by one command.
pub const SEEN_MAX: usize = 1_000;
/// The rule whose problems are alarms in ALARM that tell somebody.
pub const PROBLEM_RULE: &str = "aws-alarm";

/// What an alarm was asked to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAlarm {
    /// Its name.
    pub name: String,
    /// The tenant's account number.
    pub account: AccountId,
    /// The region that the tool thought of.
    pub region: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a change of its state does anything.
    pub actions_enabled: bool,
    /// What is done when it becomes OK, as ARNs.
    pub ok_actions: Vec<String>,
    /// What is done when it becomes ALARM.
    pub alarm_actions: Vec<String>,
    /// What is done when it becomes `INSUFFICIENT_DATA`.
    pub insufficient_data_actions: Vec<String>,
    /// What it looks at.
    pub basis: Basis,
}

/// What an alarm looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Datapoints.
    Metric(Box<MetricBasis>),
    /// Other alarms.
    Composite(CompositeBasis),
}

/// A condition on datapoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricBasis {
    /// The one metric; none when there are queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricChoice>,
    /// Metrics and expressions, of which one is returned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<MetricQuery>,
    /// `GreaterThanThreshold` and its like.
    pub comparison: String,
    /// The bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Number>,
    /// The query that is the bound, a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_metric_id: Option<String>,
    /// Of how many datapoints …
    pub evaluation_periods: u32,
    /// … how many must be beyond the bound; all when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// `missing`, `ignore`, `breaching`, `notBreaching`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_sample_count: Option<String>,
}

/// A statistic of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricChoice {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Names and values, as they were sent.
    pub dimensions: Vec<(String, String)>,
    /// `Average`, `p99` and their like.
    pub statistic: String,
    /// Whether it is one of the extended ones.
    #[serde(default)]
    pub is_extended: bool,
    /// Seconds between two datapoints.
    pub period_s: u32,
    /// The unit, when only values of one count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A metric or an expression among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricQuery {
    /// Its name among them.
    pub id: String,
    /// The label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The expression, or …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// … the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stat: Option<MetricChoice>,
    /// Seconds between two datapoints of an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_s: Option<u32>,
    /// Whether the alarm looks at it; yes when it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_returned: Option<bool>,
    /// The account, when one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
}

/// A rule over other alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeBasis {
    /// The rule.
    pub rule: String,
    /// The alarm, by name or ARN, in whose ALARM nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressor: Option<String>,
    /// Seconds that are waited for the suppressor's ALARM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_s: Option<u32>,
    /// Seconds that are waited after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_s: Option<u32>,
}

impl AwsAlarm {
    /// Its name in the world.
    pub fn arn(&self) -> String {
        let partition = partition(&self.region);
        format!("arn:{partition}:cloudwatch:{}:{}:alarm:{}", self.region, self.account, self.name)
    }

    /// What is done when it comes into a state.
    pub fn actions(&self, state: AlarmState) -> &[String] {
        match state {
            AlarmState::Ok => &self.ok_actions,
            AlarmState::Alarm => &self.alarm_actions,
            AlarmState::InsufficientData => &self.insufficient_data_actions,
        }
    }

    /// Its rule over others, if it has one.
    pub fn composite(&self) -> Option<&CompositeBasis> {
        match &self.basis {
            Basis::Composite(composite) => Some(composite),
            Basis::Metric(_) => None,
        }
    }

    /// Its condition on datapoints, if it has one.
    pub fn metric(&self) -> Option<&MetricBasis> {
        match &self.basis {
            Basis::Metric(metric) => Some(metric),
            Basis::Composite(_) => None,
        }
    }

    /// `MetricAlarm` or `CompositeAlarm`.
    pub const fn kind(&self) -> &'static str {
        match self.basis {
            Basis::Metric(_) => "MetricAlarm",
            Basis::Composite(_) => "CompositeAlarm",
        }
    }
}

impl MetricBasis {
    /// Seconds between two datapoints: its metric's, else of its queries the one that all share.
    pub fn period_s(&self) -> u32 {
        let own = self.metric.as_ref().map(|metric| metric.period_s);
        let of_query = |query: &MetricQuery| query.stat.as_ref().map(|stat| stat.period_s).or(query.period_s);
        own.or_else(|| self.queries.iter().filter_map(of_query).max()).unwrap_or(60)
    }
}

/// The topic that an action tells: `ops` of `arn:aws:sns:REGION:ACCOUNT:ops`.
pub fn topic(action: &str) -> Option<&str> {
    let mut parts = action.splitn(6, ':');
    (parts.next()? == "arn" && parts.nth(1)? == "sns").then(|| parts.nth(2)).flatten()
}

/// The partition that a region is in.
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The name of an alarm that is named by its name or its ARN; a name may hold colons.
pub fn alarm_name(reference: &str) -> &str {
    match reference.split_once(":alarm:") {
        Some((before, name)) if before.starts_with("arn:") => name,
        _ => reference,
    }
}

/// What an alarm was seen to be, when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAlarm {
    /// Which.
    pub name: String,
    /// When its configuration was last changed, as it was looked at: a changed one has to be looked at anew.
    pub configured_at: UnixMillis,
    /// When its state was last set, as it was looked at.
    pub state_at: UnixMillis,
    /// What it is.
    pub said: StateSaid,
}

/// A state with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSaid {
    /// The state.
    pub state: AlarmState,
    /// Why, in words.
    pub reason: String,
    /// Why, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// What keeps a composite alarm's actions back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Hold {
    /// Its suppressor may come into ALARM before this.
    WaitPeriod {
        /// Until when.
        until: UnixMillis,
    },
    /// Its suppressor is in ALARM.
    Alarm,
    /// Its suppressor was in ALARM until lately.
    ExtensionPeriod {
        /// Until when.
        until: UnixMillis,
    },
}

impl Hold {
    /// AWS' word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaitPeriod { .. } => "WaitPeriod",
            Self::Alarm => "Alarm",
            Self::ExtensionPeriod { .. } => "ExtensionPeriod",
        }
    }

    /// When it ends by itself.
    pub const fn until(self) -> Option<UnixMillis> {
        match self {
            Self::WaitPeriod { until } | Self::ExtensionPeriod { until } => Some(until),
            Self::Alarm => None,
        }
    }
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionOutcome {
    /// The action, as an ARN.
    pub action: String,
    /// Why it was not done; it was when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_named_by_its_arn() {
        for (action, expect) in [
            ("arn:aws:sns:us-east-1:123456789012:ops", Some("ops")),
            ("arn:aws-cn:sns:cn-north-1:123456789012:ops.fifo", Some("ops.fifo")),
            ("arn:aws:sns:us-east-1:123456789012", None),
            ("arn:aws:lambda:us-east-1:123456789012:function:f", None),
            ("ops", None),
        ] {
            assert_eq!(topic(action), expect, "{action}");
        }
    }

    #[test]
    fn an_alarm_is_named_by_its_name_or_its_arn() {
        for (reference, name) in [
            ("cpu", "cpu"),
            ("a:alarm:b", "a:alarm:b"),
            ("arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu", "cpu"),
            ("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a:b", "a:b"),
        ] {
            assert_eq!(alarm_name(reference), name);
        }
    }
}
