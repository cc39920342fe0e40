//! Who reads logs: decided and written down before anything is read. Nothing of it is state.

use crate::rejection::Listed;
use crate::{Rejection, State};
use std::collections::BTreeSet;
use topmast_model::event::EventBody;
use topmast_model::log::{LOG_PATTERN_MAX, LOG_TARGETS_MAX, LogReading};
use topmast_model::path::{Level, NAME_MAX};

/// Decides `ReadLogs`: of all of its applications, or of none.
pub(crate) fn read(state: &State, reading: &LogReading) -> Result<Vec<EventBody>, Rejection> {
    let LogReading { pattern, source, targets, .. } = reading;
    if pattern.as_ref().is_some_and(|pattern| pattern.len() > LOG_PATTERN_MAX) {
        let text = format!("is too long; write an expression of at most {LOG_PATTERN_MAX} bytes");
        return Err(Rejection::invalid("pattern", text));
    }
    if source.as_ref().is_some_and(|source| source.is_empty() || source.len() > NAME_MAX) {
        return Err(Rejection::invalid("source", format!("has 1 to {NAME_MAX} bytes")));
    }
    if targets.is_empty() {
        return Err(Rejection::invalid("targets", "there is none; name at least one application"));
    }
    if targets.len() > LOG_TARGETS_MAX {
        let count = targets.len();
        let text = format!("{count} applications are too many; read at most {LOG_TARGETS_MAX} at once");
        return Err(Rejection::limit(text));
    }
    let wrong: Listed = targets.iter().filter(|path| path.level() != Level::Application).collect();
    if !wrong.is_empty() {
        let text = format!("not an application: {wrong}; write tenant/cluster/server/application");
        return Err(Rejection::invalid("targets", text));
    }
    let tenants: BTreeSet<_> = targets.iter().filter_map(|path| path.name_at(Level::Tenant)).collect();
    if tenants.len() > 1 {
        let tenants: Listed = tenants.into_iter().collect();
        let text = format!("belong to several tenants ({tenants}); each has an audit of its own");
        return Err(Rejection::invalid("targets", text));
    }
    let missing: Listed = targets.iter().filter(|path| state.applications().get(path).is_none()).collect();
    if !missing.is_empty() {
        let hint = "`topmast apps` shows which exist";
        return Err(Rejection::NotFound { what: "application", names: missing, hint });
    }
    Ok(vec![EventBody::LogsRead { reading: Box::new(reading.clone()) }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::log::LogUse;

    fn command(pattern: Option<&str>, targets: &[&str]) -> Command {
        Command::ReadLogs {
            reading: Box::new(LogReading {
                purpose: LogUse::Search,
                pattern: pattern.map(str::to_owned),
                source: None,
                since: None,
                until: None,
                targets: targets.iter().map(|text| path(text)).collect(),
            }),
        }
    }

    #[test]
    fn reading_is_in_the_journal_with_its_expression_and_the_state_stays() {
        let mut world = World::with_applications(&["acme/main/db/a", "acme/main/web/a"]);
        world.by("root", create_user("lena", &["logs:acme/main"])).unwrap();
        let before = world.state.clone();
        let facts =
            world.by("lena", command(Some("timeout"), &["acme/main/db/a", "acme/main/web/a"])).unwrap();
        assert_eq!(kinds(&facts), ["LogsRead"]);
        let event = world.log.last().unwrap();
        assert_eq!((event.tenant.as_str(), event.actor.name.as_str()), ("acme", "lena"));
        let EventBody::LogsRead { reading } = &event.body else { unreachable!() };
        assert_eq!(reading.pattern.as_deref(), Some("timeout"));
        let mut after = world.state.clone();
        after.last_seq = before.last_seq;
        assert_eq!(after, before);
    }

    #[test]
    fn right_is_needed_on_every_application_and_viewers_have_it_on_none() {
        let mut world = World::with_applications(&["acme/main/db/a", "acme/main/web/a"]);
        world.by("root", create_user("lena", &["logs:acme/main/db"])).unwrap();
        world.by("root", create_user("vera", &["viewer", "auditor"])).unwrap();
        let both = || command(None, &["acme/main/db/a", "acme/main/web/a"]);
        refused(world.by("lena", both()), "forbidden", "on acme/main/web/a");
        refused(world.by("vera", both()), "forbidden", "read logs");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut world = World::with_applications(&["acme/main/db/a", "bolt/main/db/a"]);
        let long = "x".repeat(LOG_PATTERN_MAX + 1);
        refused(world.by("root", command(Some(&long), &["acme/main/db/a"])), "invalid", "too long");
        refused(world.by("root", command(None, &[])), "invalid", "at least one");
        refused(world.by("root", command(None, &["acme/main/db"])), "invalid", "not an application");
        refused(world.by("root", command(None, &["acme/main/db/x"])), "not_found", "acme/main/db/x");
        let two = command(None, &["acme/main/db/a", "bolt/main/db/a"]);
        refused(world.by("root", two), "invalid", "several tenants");
        let many = vec!["acme/main/db/a"; LOG_TARGETS_MAX + 1];
        refused(world.by("root", command(None, &many)), "limit_reached", "at most 500");
    }
}
