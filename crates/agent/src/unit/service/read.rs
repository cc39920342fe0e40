//! Reads the `[[service]]` tables.

use super::endpoint::{Context, host_and_port, http_url};
use super::rule::{self, pattern};
use super::{ServiceCheck, ServiceSource};
use crate::unit::CommandLine;
use crate::unit::parse::{INTERVAL, bounded, command, path};
use crate::unit::reader::{Problem, Table, Value};
use std::time::Duration;
use topmast_model::path::check_name;

/// Fields of `[[service]]` that every source has …
const COMMON: &[&str] = &["source", "name", "interval", "timeout"];
/// … and those of all sources together.
const FIELDS: &[&str] = &[
    "source",
    "name",
    "interval",
    "timeout",
    "url",
    "path",
    "port",
    "tcp",
    "command",
    "expect_status",
    "expect_body",
    "file",
    "rule",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Topmast,
    Actuator,
    Prometheus,
    Nagios,
    Tcp,
    Http,
    Exec,
    Log,
}

const SOURCES: [(&str, Source); 8] = [
    ("topmast", Source::Topmast),
    ("actuator", Source::Actuator),
    ("prometheus", Source::Prometheus),
    ("nagios", Source::Nagios),
    ("tcp", Source::Tcp),
    ("http", Source::Http),
    ("exec", Source::Exec),
    ("log", Source::Log),
];

impl Source {
    /// Fields of its own.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Topmast | Self::Actuator => &["url", "path", "port"],
            Self::Prometheus => &["url", "path", "port", "rule"],
            Self::Nagios | Self::Exec => &["command"],
            Self::Tcp => &["tcp"],
            Self::Http => &["url", "path", "port", "expect_status", "expect_body"],
            Self::Log => &["file", "rule"],
        }
    }

    /// True when one table is one service, which needs a name of its own.
    const fn is_single(self) -> bool {
        matches!(self, Self::Nagios | Self::Tcp | Self::Http | Self::Exec)
    }

    /// Interval unless set: what costs little is a second fresh; what starts a process is asked seldom.
    const fn interval(self) -> Duration {
        match self {
            Self::Topmast | Self::Log => Duration::from_secs(1),
            Self::Actuator | Self::Prometheus | Self::Tcp | Self::Http => Duration::from_secs(5),
            Self::Nagios | Self::Exec => Duration::from_secs(30),
        }
    }
}

pub(in crate::unit) fn read(
    file: &Table<'_, '_>,
    context: &Context<'_>,
) -> Result<Vec<ServiceSource>, Problem> {
    let Some(value) = file.get("service") else { return Ok(Vec::new()) };
    let mut services = Vec::new();
    let mut names = Vec::new();
    for value in bounded(value)? {
        let table = value.table(FIELDS)?;
        let source = table.need("source", r#"source = "topmast""#)?.word(&SOURCES)?;
        let unfit: Vec<&str> = FIELDS
            .iter()
            .copied()
            .filter(|field| !COMMON.contains(field) && !source.fields().contains(field))
            .collect();
        table.refuse(&unfit, "means nothing to this source")?;
        let name = match table.get("name") {
            Some(value) => name(value)?,
            None if source.is_single() => return Err(missing_name(&table)),
            None => context.application.to_owned(),
        };
        if source.is_single() {
            if names.contains(&name) {
                return Err(value.problem(format!("a second service is named {name:?}; choose another name")));
            }
            names.push(name.clone());
        }
        let interval = table.duration("interval", source.interval(), INTERVAL)?;
        // Longer than ten seconds is a hanging check, and S-1 of `service` wants one at a time.
        let usual = Duration::from_secs(10).min(interval);
        let timeout = table.duration("timeout", usual, Duration::from_millis(1)..=interval)?;
        services.push(ServiceSource { name, interval, timeout, check: check(source, &table, context)? });
    }
    Ok(services)
}

fn missing_name(table: &Table<'_, '_>) -> Problem {
    Problem::new(table.span(), r#"field name is missing; write for example name = "database""#)
}

fn check(source: Source, table: &Table<'_, '_>, context: &Context<'_>) -> Result<ServiceCheck, Problem> {
    let url = |default_path: &str| http_url(table, context, default_path);
    Ok(match source {
        Source::Topmast => ServiceCheck::Topmast { url: url("/topmast/v1/services")? },
        Source::Actuator => ServiceCheck::Actuator { url: url("/actuator")? },
        Source::Prometheus => {
            ServiceCheck::Prometheus { url: url("/metrics")?, rules: rules(table, rule::prometheus)? }
        }
        Source::Nagios => ServiceCheck::Nagios { command: needed_command(table)? },
        Source::Exec => ServiceCheck::Exec { command: needed_command(table)? },
        Source::Tcp => {
            let (host, port) = host_and_port(table.need("tcp", "tcp = 5432")?)?;
            ServiceCheck::Tcp { host, port }
        }
        Source::Http => ServiceCheck::Http {
            url: url("/")?,
            expect_status: table.get("expect_status").map_or(Ok(Vec::new()), statuses)?,
            expect_body: table.get("expect_body").map(pattern).transpose()?,
        },
        Source::Log => ServiceCheck::Log {
            file: path(table.need("file", r#"file = "/var/log/app.log""#)?, context)?,
            rules: rules(table, rule::log)?,
        },
    })
}

fn needed_command(table: &Table<'_, '_>) -> Result<CommandLine, Problem> {
    command(
        table
            .need("command", r#"command = ["/usr/lib/nagios/plugins/check_load", "-w", "5", "-c", "10"]"#)?,
    )
}

/// One status code, or several.
fn statuses(value: Value<'_, '_>) -> Result<Vec<u16>, Problem> {
    let values = if value.is_array() { bounded(value)? } else { vec![value] };
    // The range makes the conversion fit.
    values
        .into_iter()
        .map(|value| value.integer(100..=599).map(|code| u16::try_from(code).unwrap_or(0)))
        .collect()
}

fn rules<T>(table: &Table<'_, '_>, read: fn(Value<'_, '_>) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
    let value = table.need("rule", "a table [[service.rule]] below it")?;
    let rules = bounded(value)?.into_iter().map(read).collect::<Result<Vec<T>, Problem>>()?;
    if rules.is_empty() { Err(value.problem("write at least one [[service.rule]]")) } else { Ok(rules) }
}

/// A name that can stand in an object path.
pub(in crate::unit) fn name(value: Value<'_, '_>) -> Result<String, Problem> {
    let name = value.text()?;
    check_name(&name).map_err(|error| value.problem(error.to_string()))?;
    Ok(name)
}
