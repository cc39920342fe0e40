//! Groups of the fleet's own applications: `/topmast/APPLICATION`, with a stream for each file on each server.
//!
//! ```text
//! group   all applications of one name in the tenant
//! stream  CLUSTER/SERVER/SOURCE
//! ```
//!
//! Their lines stay on their servers, and agents read them when somebody asks (`crate::log`). Nobody changes these groups. Who
//! sees an application sees its group; to read its lines takes the right `ReadLogs`.
//!
//! Invariants
//! - AL-1: nothing is read before `LogsRead` is in the journal, with a span of time that has what is read.

mod noted;
mod page;

pub(super) use noted::Noted;
pub(super) use page::{Found, Wanted, find, sources_of, unavailable};

use super::{group_arn, invalid, missing};
use crate::aws::{Caller, fleet, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use crate::log;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use topmast_aws::{Common, Fault};
use topmast_engine::Rejection;
use topmast_model::log::{LOG_PATTERN_MAX, LOG_TARGETS_MAX, LogUse};
use topmast_model::log_group::RESERVED;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;
use topmast_model::time::UnixMillis;

/// Set in the numbers of these streams, and in none of a stream that AWS' tools made.
const OWN: u64 = 1 << 63;
/// Bits of a line's number that count lines of its time; those before are of its stream.
const COUNT_BITS: u32 = 23;

/// True for the name of a group that only the fleet has.
pub(super) fn is_own(group: &str) -> bool {
    group.starts_with(RESERVED)
}

/// The group of an application. AWS knows fewer characters in names.
pub(super) fn group_of(application: &ObjectPath) -> String {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let name = application.name().chars().map(|c| if is_fit(c) { c } else { '_' });
    RESERVED.chars().chain(name).collect()
}

/// What names of the streams of all that is on an application's server begin with.
fn place(application: &ObjectPath) -> String {
    let name = |level| application.name_at(level).unwrap_or_default();
    stream_name(&format!("{}/{}/", name(Level::Cluster), name(Level::Server)))
}

/// The stream of a source.
pub(super) fn stream_of(application: &ObjectPath, source: &str) -> String {
    place(application) + &stream_name(source)
}

/// AWS allows all but these in names of streams.
fn stream_name(text: &str) -> String {
    text.replace([':', '*'], "_")
}

/// A stream's number: the same on every master of a version, and of no other stream.
pub(super) fn number_of(stream: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    stream.hash(&mut hasher);
    OWN | (hasher.finish() >> 1) & !((1 << COUNT_BITS) - 1)
}

/// True for the number of a stream of the fleet's.
pub(super) fn is_own_number(number: u64) -> bool {
    number & OWN != 0
}

/// The number of the line of a stream before which so many have the same time.
fn line_number(stream: u64, before: u64) -> u64 {
    stream | before.min((1 << COUNT_BITS) - 1)
}

/// Names of the groups of all applications that the key sees.
pub(super) fn groups(context: &Context, caller: &Caller) -> BTreeSet<String> {
    fleet::applications(context, caller, &caller.tenant).iter().map(group_of).collect()
}

/// The applications of a group that the key sees.
pub(super) fn seen(context: &Context, caller: &Caller, group: &str) -> Result<Vec<ObjectPath>, Fault> {
    let mut found = fleet::applications(context, caller, &caller.tenant);
    found.retain(|application| group_of(application) == group);
    if found.is_empty() { Err(missing("log group")) } else { Ok(found) }
}

/// The applications of a group whose logs the key may read, as far as streams that are meant can be theirs.
///
/// - `is_meant`: given what the names of streams on a server begin with.
pub(super) fn readable(
    context: &Context,
    caller: &Caller,
    group: &str,
    action: &str,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Vec<ObjectPath>, Fault> {
    let mut found = seen(context, caller, group)?;
    found.retain(|application| caller.principal.may(Right::ReadLogs, Some(application)));
    if found.is_empty() {
        return Err(caller.denied(&format!("{action} on resource: {}", group_arn(caller, group))));
    }
    found.retain(|application| is_meant(&place(application)));
    check_count(&found)?;
    Ok(found)
}

/// Refuses to read more applications than are read at once.
pub(super) fn check_count(applications: &[ObjectPath]) -> Result<(), Fault> {
    if applications.len() <= LOG_TARGETS_MAX {
        return Ok(());
    }
    let count = applications.len();
    Err(invalid(format!(
        "{count} applications are meant; logs of at most {LOG_TARGETS_MAX} are read at once, so name streams or a prefix of them"
    )))
}

/// Writes down who reads what, unless that is a page or a look more of what was written down just now (AL-1).
pub(super) async fn note(
    context: &Context,
    caller: &Caller,
    pattern: &str,
    (since, before): (Option<i64>, Option<i64>),
    applications: &[ObjectPath],
) -> Result<(), Fault> {
    let end = pattern.floor_char_boundary(LOG_PATTERN_MAX);
    let pattern = Some(pattern[..end].to_owned()).filter(|pattern| !pattern.is_empty());
    let reading = noted::Reading {
        actor: caller.principal.actor.to_string(),
        pattern: pattern.clone(),
        applications: applications.to_vec(),
    };
    let (span, now) = ((since.unwrap_or(i64::MIN), before.unwrap_or(i64::MAX)), context.bus.clock().now().0);
    if context.aws_logs.noted.has(&reading, span, now) {
        return Ok(());
    }
    let times = (since.map(UnixMillis), before.map(UnixMillis));
    let noted =
        log::note(context, &caller.principal, LogUse::Search, (pattern, None), times, applications).await;
    match noted {
        Ok(()) => {
            context.aws_logs.noted.add(reading, span, now);
            Ok(())
        }
        Err(SubmitError::Rejected(Rejection::Forbidden { .. })) => Err(caller.denied("logs:FilterLogEvents")),
        Err(SubmitError::Rejected(Rejection::NotFound { .. })) => Err(missing("log group")),
        Err(SubmitError::Rejected(rejection)) => Err(invalid(rejection.to_string())),
        Err(SubmitError::Busy) => Err(Fault::common(Common::Throttling, "Rate exceeded")),
        Err(error) => Err(internal(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ObjectPath {
        text.parse().unwrap()
    }

    #[test]
    fn names_have_only_what_aws_allows_in_them() {
        assert_eq!(group_of(&path("acme/main/web-1/shop")), "/topmast/shop");
        assert_eq!(group_of(&path("acme/main/web-1/shop@2:b+c")), "/topmast/shop_2_b_c");
        assert_eq!(stream_of(&path("acme/main/web:1/shop"), "a*.log"), "main/web_1/a_.log");
        assert_eq!(stream_of(&path("acme/main/web-1/shop"), "/var/log/a.log"), "main/web-1//var/log/a.log");
    }

    #[test]
    fn lines_of_a_stream_are_numbered_one_by_one_and_apart_from_those_of_others() {
        let (one, other) = (number_of("main/a/output"), number_of("main/b/output"));
        assert!(one != other && is_own_number(one) && is_own_number(other) && !is_own_number(1));
        let numbers: Vec<u64> = (0..3).map(|before| line_number(one, before)).collect();
        assert_eq!(numbers, [one, one + 1, one + 2]);
        assert_eq!(line_number(one, u64::MAX) >> COUNT_BITS, one >> COUNT_BITS);
    }
}
