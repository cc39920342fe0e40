//! Where the services of an application come from: the `[[service]]` tables of a unit file.
//!
//! Sources `topmast`, `actuator`, `prometheus` and `log` yield several services; `nagios`, `tcp`,
//! `http` and `exec` yield the one that the table names.
//!
//! Elsewhere: running the sources (`crate::service`).

mod endpoint;
mod read;
mod rule;
mod selector;

use crate::unit::CommandLine;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub(super) use endpoint::{Context, host_and_port, url_or_path};
pub(super) use read::{name, read};

/// One `[[service]]` table, complete with its defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSource {
    /// Name of the service. For sources that yield several: the application's name unless set.
    pub name: String,
    /// Time between two checks.
    pub interval: Duration,
    /// Longest time of one check; at most the interval.
    pub timeout: Duration,
    /// What is asked.
    pub check: ServiceCheck,
}

/// What a source asks, by kind.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceCheck {
    /// Topmast's own JSON over HTTP.
    Topmast {
        /// Complete URL.
        url: String,
    },
    /// Spring Boot's health and metrics.
    Actuator {
        /// URL of the actuator's base, e.g. `http://127.0.0.1:8080/actuator`.
        url: String,
    },
    /// Metrics in the Prometheus text format, mapped to services by rules.
    Prometheus {
        /// Complete URL.
        url: String,
        /// At least one.
        rules: Vec<PrometheusRule>,
    },
    /// A monitoring plugin: exit code and performance data.
    Nagios {
        /// The plugin with its arguments.
        command: CommandLine,
    },
    /// A TCP connection is accepted.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// An HTTP answer is as expected.
    Http {
        /// Complete URL.
        url: String,
        /// Status codes that are good; empty means 200 to 299.
        expect_status: Vec<u16>,
        /// What the body must contain.
        expect_body: Option<Pattern>,
    },
    /// A command ends with code 0.
    Exec {
        /// The command.
        command: CommandLine,
    },
    /// Lines of a log file, counted by regular expressions.
    Log {
        /// The file, followed across rotation.
        file: PathBuf,
        /// At least one; the first that matches a line counts it.
        rules: Vec<LogRule>,
    },
}

impl ServiceCheck {
    /// The word of `source` in unit files.
    pub const fn source(&self) -> &'static str {
        match self {
            Self::Topmast { .. } => "topmast",
            Self::Actuator { .. } => "actuator",
            Self::Prometheus { .. } => "prometheus",
            Self::Nagios { .. } => "nagios",
            Self::Tcp { .. } => "tcp",
            Self::Http { .. } => "http",
            Self::Exec { .. } => "exec",
            Self::Log { .. } => "log",
        }
    }
}

/// How metrics become one or more services.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusRule {
    /// Name of the service; `{label}` stands for a label's value, so that one rule can yield several services.
    pub service: String,
    /// The service is STARTED when the sample is not 0, MALFUNCTION when it is; without it: STARTED while the rule finds anything.
    pub up: Option<Selector>,
    /// Counter of transactions; the sum of what it selects.
    pub transactions: Option<Selector>,
    /// Counter of errors; the sum of what it selects.
    pub errors: Option<Selector>,
    /// Label of the transaction counter that holds the response code.
    pub code_label: Option<String>,
    /// Summary or histogram of latency, in seconds; its base name, without `_bucket`.
    pub latency: Option<Selector>,
    /// Quantiles of latency to keep, each above 0 and below 1.
    pub quantiles: Vec<f64>,
}

/// A metric name with label matchers: `http_requests_total{code=~"5..",path!="/health"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// Exact name of the metric.
    pub metric: String,
    /// All must match.
    pub matchers: Vec<Matcher>,
}

impl Selector {
    /// True when a sample with this name and these labels is selected; a label that is not there is empty.
    pub fn matches<'a>(&self, metric: &str, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        metric == self.metric
            && self.matchers.iter().all(|matcher| {
                let value = label(&matcher.label).unwrap_or("");
                match &matcher.test {
                    Test::Is(text) => value == text,
                    Test::IsNot(text) => value != text,
                    Test::Matches(pattern) => pattern.regex().is_match(value),
                    Test::MatchesNot(pattern) => !pattern.regex().is_match(value),
                }
            })
    }
}

/// A condition on one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// What its value must be.
    pub test: Test,
}

/// What a label's value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `=`
    Is(String),
    /// `!=`
    IsNot(String),
    /// `=~`, on the whole value.
    Matches(Pattern),
    /// `!~`, on the whole value.
    MatchesNot(Pattern),
}

/// How lines become counts.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRule {
    /// Found in a line. Its named groups `service`, `code` and `latency` override the fields below.
    pub pattern: Pattern,
    /// Name of the service when the pattern has no group `service`.
    pub service: Option<String>,
    /// Response codes that count as errors; without the pattern's group `code`, see `error`.
    pub error_codes: Vec<String>,
    /// Every line that matches counts as an error.
    pub error: bool,
    /// Unit of the group `latency`.
    pub latency_unit: LatencyUnit,
}

/// Unit of a latency in a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatencyUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

/// Most bytes of a compiled expression: an expression of some hundred letters fits, and the agent stays small.
const PATTERN_SIZE_MAX: usize = 256 << 10;

/// A regular expression, compared by its text.
#[derive(Debug, Clone)]
pub struct Pattern(regex::Regex);

impl Pattern {
    /// The compiled expression.
    pub const fn regex(&self) -> &regex::Regex {
        &self.0
    }
}

impl FromStr for Pattern {
    type Err = String;

    /// Compiles an expression; the error says what is wrong with it, on one line.
    fn from_str(text: &str) -> Result<Self, String> {
        let compiled = regex::RegexBuilder::new(text).size_limit(PATTERN_SIZE_MAX).build();
        compiled.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large; write a simpler one".to_owned(),
            error => {
                // The last line of the message is the reason; the others draw the place.
                let message = error.to_string();
                message.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned()
            }
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}
