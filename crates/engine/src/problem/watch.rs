//! Looking at rules on states: what they come to, from the state alone.
//!
//! `for` and `keep_firing_for` count from the time at which a status was entered, which the journal has; so a
//! restart of the master loses nothing of them.

use super::Problem;
use crate::{InstancesByCluster, State};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::filter::fields::objects;
use topmast_model::filter::{FieldValue, Row};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::problem::{Observation, ProblemKey, Verdict};
use topmast_model::rule::{Condition, Drift, Rule};
use topmast_model::server::ServerRole;
use topmast_model::time::UnixMillis;

/// How often restarts and certificates are looked at again: they change with time, and restarts are counted so.
const AGAIN: Duration = Duration::from_mins(5);

/// The master's own version: all crates have one.
const MASTER_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What looking at states came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watched {
    /// What is not as the open problems have it, for `ObserveProblems`.
    pub observations: Vec<Observation>,
    /// When to look again though nothing happens.
    pub again_at: Option<UnixMillis>,
}

/// Looks at the rules on states, of the objects inside a path or of all; at which instances have another version than
/// most only when at all.
///
/// Nothing is observed that is as the open problems have it, so an empty answer means that all is told.
///
/// Cost: O(objects inside × rules on such objects).
pub fn watch(state: &State, within: Option<&ObjectPath>, now: UnixMillis) -> Watched {
    let mut watcher = Watcher { state, now, watched: Watched::default(), instances: None };
    for rule in state.rules().filter(|rule| rule.enabled) {
        watcher.look(rule, within);
    }
    watcher.watched
}

struct Watcher<'a> {
    state: &'a State,
    now: UnixMillis,
    watched: Watched,
    instances: Option<InstancesByCluster>,
}

/// What an object is now, as a rule looks at it.
struct Found {
    /// Whether the condition is so; cannot be told when none.
    holds: Option<bool>,
    since: UnixMillis,
    /// Values of placeholders.
    words: Vec<(&'static str, String)>,
}

impl Watcher<'_> {
    fn look(&mut self, rule: &Rule, within: Option<&ObjectPath>) {
        let state = self.state;
        match &rule.when {
            // The master looks at these itself.
            Condition::Threshold { .. }
            | Condition::Datapoints { .. }
            | Condition::Absent { .. }
            | Condition::AwsAlarm {}
            | Condition::Channel { .. } => {}
            Condition::Server { status } => {
                for (path, server) in state.servers.within(within) {
                    let holds = Some(status.contains(&server.status));
                    let words = words(server.status.as_str(), server.cause.to_string());
                    self.found(rule, path, &Found { holds, since: server.since, words });
                }
            }
            Condition::Application { status } => {
                for (path, reported) in state.applications.within(within) {
                    let Some(effective) = state.effective_application(path) else { continue };
                    let holds = tell(status.contains(&effective.status), effective.follows_server());
                    let words = words(effective.status.as_str(), reported.cause.to_string());
                    self.found(rule, path, &Found { holds, since: effective.since, words });
                }
            }
            Condition::Service { status, codes } => {
                for (path, reported) in state.services.within(within) {
                    let Some(effective) = state.effective_service(path) else { continue };
                    let has_code = codes.is_empty()
                        || reported.codes.iter().any(|code| codes.iter().any(|glob| is_like(code, glob)));
                    let holds = status.contains(&effective.status) && has_code;
                    let holds = tell(holds, effective.follows_server());
                    let mut words = words(effective.status.as_str(), String::new());
                    words.push(("codes", reported.codes.join(", ")));
                    words.extend(reported.message.clone().map(|message| ("message", message)));
                    self.found(rule, path, &Found { holds, since: effective.since, words });
                }
            }
            Condition::Task { status } => {
                for (path, reported) in state.tasks.within(within) {
                    let Some(effective) = state.effective_task(path) else { continue };
                    let holds = tell(status.contains(&effective.status), effective.follows_server());
                    let mut words = words(effective.status.as_str(), String::new());
                    words.extend(reported.message.clone().map(|message| ("message", message)));
                    self.found(rule, path, &Found { holds, since: effective.since, words });
                }
            }
            Condition::Restarts { more_than, within: span } => {
                for (path, _) in state.applications.within(within) {
                    let count =
                        state.history(path).map_or(0, |kept| kept.restarts_within(span.duration(), self.now));
                    let words = vec![("value", count.to_string()), ("threshold", more_than.to_string())];
                    self.timed(rule, path, count > *more_than, count > 0, words);
                }
            }
            Condition::Drift { of: Drift::Version } => self.drift(rule, within),
            Condition::Drift { of: Drift::Agent } => {
                for (path, server) in state.servers.within(within) {
                    let version = server.registration.version.as_str();
                    if server.registration.role != ServerRole::Agent || version.is_empty() {
                        continue;
                    }
                    let words = vec![("value", version.to_owned()), ("threshold", MASTER_VERSION.to_owned())];
                    let holds = tell(version != MASTER_VERSION, !server.is_seen());
                    self.found(rule, path, &Found { holds, since: self.since(rule, path), words });
                }
            }
            Condition::Drift { of: Drift::Configuration } => self.configurations(rule, within),
            Condition::Certificate { ends_within } => {
                for (path, agent) in state.agents.within(within) {
                    let end = agent.certificates.iter().map(|certificate| certificate.not_after).max();
                    let Some(end) = end.filter(|_| agent.revoked_at.is_none()) else { continue };
                    let days = self.now.until(end).as_secs() / 86_400;
                    let ends = end <= self.now.plus(ends_within.duration());
                    self.timed(rule, path, ends, true, vec![("value", days.to_string())]);
                }
            }
        }
    }

    fn drift(&mut self, rule: &Rule, within: Option<&ObjectPath>) {
        // Which version is the usual one, all others decide: it is found out when all are looked at, for
        // counting them anew for each that changes would cost more than all other rules.
        if within.is_some() {
            return;
        }
        let state = self.state;
        let instances = self.instances.take().unwrap_or_else(|| {
            let mut instances = InstancesByCluster::default();
            // Those of other servers decide which version is the usual one.
            instances.add(state, state.applications.iter());
            instances
        });
        for (path, reported) in state.applications.iter() {
            let cluster = path.ancestor(Level::Cluster);
            let all = cluster.and_then(|cluster| instances.get(cluster.as_str(), path.name()));
            let usual = all.and_then(|all| all.version()).unwrap_or_default();
            let Some(version) = reported.version.as_deref() else { continue };
            let words = vec![("value", version.to_owned()), ("threshold", usual.to_owned())];
            let unseen =
                state.effective_application(path).is_some_and(|effective| effective.follows_server());
            let holds = tell(version != usual, unseen);
            self.found(rule, path, &Found { holds, since: self.since(rule, path), words });
        }
        self.instances = Some(instances);
    }

    /// Files of configurations that are not what was laid down.
    fn configurations(&mut self, rule: &Rule, within: Option<&ObjectPath>) {
        let state = self.state;
        for (path, held) in state.configurations.on_servers().within(within) {
            let drifted: Vec<String> = held
                .iter()
                .filter(|(name, _)| state.configurations.get(name).is_some())
                .flat_map(|(name, kept)| {
                    kept.held.drifted().map(move |file| format!("{} of {name}", file.path))
                })
                .collect();
            let since = held.values().map(|kept| kept.since).max().unwrap_or(self.now);
            let unseen =
                state.effective_application(path).is_some_and(|effective| effective.follows_server());
            let holds = tell(!drifted.is_empty(), unseen);
            self.found(rule, path, &Found { holds, since, words: vec![("value", drifted.join(", "))] });
        }
    }

    /// Of a condition that has no time of its own: it is so since the problem says so, else from now on.
    fn timed(
        &mut self,
        rule: &Rule,
        path: &ObjectPath,
        holds: bool,
        changes_with_time: bool,
        words: Vec<(&'static str, String)>,
    ) {
        if changes_with_time {
            self.again_at(self.now.plus(AGAIN));
        }
        let since = self.since(rule, path);
        self.found(rule, path, &Found { holds: Some(holds), since, words });
    }

    /// `for` and `keep_firing_for` do not apply where there is no time to count from.
    fn since(&self, rule: &Rule, path: &ObjectPath) -> UnixMillis {
        self.open(rule, path).map_or(UnixMillis(i64::MIN), |problem| problem.what.since)
    }

    fn open(&self, rule: &Rule, path: &ObjectPath) -> Option<&Problem> {
        self.state.problems.open_at(&key(rule, path))
    }

    fn found(&mut self, rule: &Rule, path: &ObjectPath, found: &Found) {
        let open = self.state.problems.open_at(&key(rule, path)).map(|problem| problem.verdict);
        let looks = rule.reaches(path) && rule.scope.matches(&ObjectRow { state: self.state, path });
        if !looks {
            if open.is_some() {
                self.observe(rule, path, Verdict::Gone, found);
            }
            return;
        }
        let since = found.since.min(self.now);
        let wait = match (found.holds, open) {
            (Some(true), _) => rule.hold,
            _ => rule.keep_firing_for,
        };
        let due = since.plus(wait.duration());
        let verdict = match (found.holds, open) {
            (None, Some(_)) => Verdict::Unknown,
            (None | Some(false), None) => return,
            (Some(holds), _) if due > self.now => {
                // Coming, or going, but not yet for long enough.
                if open != Some(if holds { Verdict::Firing } else { Verdict::Ok }) {
                    self.again_at(due);
                }
                return;
            }
            (Some(true), _) => Verdict::Firing,
            (Some(false), Some(_)) => Verdict::Ok,
        };
        if open != Some(verdict) {
            self.observe(rule, path, verdict, found);
        }
    }

    fn observe(&mut self, rule: &Rule, path: &ObjectPath, verdict: Verdict, found: &Found) {
        let is_timeless = found.since == UnixMillis(i64::MIN);
        let message = message(rule, path, &found.words);
        let since = if is_timeless { self.now } else { found.since.min(self.now) };
        self.watched.observations.push(Observation {
            key: key(rule, path),
            verdict,
            since,
            value: None,
            message,
        });
    }

    fn again_at(&mut self, at: UnixMillis) {
        let earliest = self.watched.again_at.map_or(at, |earliest| earliest.min(at));
        self.watched.again_at = Some(earliest);
    }
}

/// The message of a rule on an object, with what was found.
fn message(rule: &Rule, path: &ObjectPath, words: &[(&'static str, String)]) -> String {
    let found: BTreeMap<&str, &String> = words.iter().map(|(name, word)| (*name, word)).collect();
    rule.render(path, |name| found.get(name).map(|word| (*word).clone()).filter(|word| !word.is_empty()))
}

fn key(rule: &Rule, path: &ObjectPath) -> ProblemKey {
    ProblemKey { object: path.clone(), rule: rule.name.clone(), detail: String::new() }
}

fn words(status: &str, cause: String) -> Vec<(&'static str, String)> {
    vec![("status", status.to_owned()), ("cause", cause)]
}

/// What is only so, or not so, because the server is not seen cannot be told.
fn tell(holds: bool, follows_server: bool) -> Option<bool> {
    (holds || !follows_server).then_some(holds)
}

/// Text matches a glob from end to end, but for case.
///
/// Cost: O(text × glob), whatever the glob: the last star alone takes more when what follows it does not match.
pub(crate) fn is_like(text: &str, glob: &str) -> bool {
    let (text, glob) = (text.as_bytes(), glob.as_bytes());
    let (mut at, mut position, mut star) = (0, 0, None);
    while at < text.len() {
        match glob.get(position) {
            Some(b'*') => {
                star = Some((position, at));
                position += 1;
            }
            Some(byte) if *byte == b'?' || text[at].eq_ignore_ascii_case(byte) => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((of, from)) = star else { return false };
                star = Some((of, from + 1));
                (position, at) = (of + 1, from + 1);
            }
        }
    }
    glob[position..].iter().all(|byte| *byte == b'*')
}

/// An object as a rule's scope asks about it.
#[derive(Debug, Clone, Copy)]
pub struct ObjectRow<'a> {
    /// Where the object is.
    pub state: &'a State,
    /// Which.
    pub path: &'a ObjectPath,
}

impl Row for ObjectRow<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let mut name_at =
            |level| self.path.name_at(level).into_iter().for_each(|name| each(FieldValue::Text(name)));
        match field {
            objects::TENANT => return name_at(Level::Tenant),
            objects::CLUSTER => return name_at(Level::Cluster),
            objects::SERVER => return name_at(Level::Server),
            objects::APPLICATION => return name_at(Level::Application),
            objects::SERVICE => return name_at(Level::Service),
            objects::NAME => return each(FieldValue::Text(self.path.name())),
            objects::PATH => return each(FieldValue::Text(self.path.as_str())),
            objects::KIND => {
                let kind = match self.path.level() {
                    Level::Tenant => "tenant",
                    Level::Cluster => "cluster",
                    Level::Server => "server",
                    Level::Application => "application",
                    Level::Service if self.state.tasks.get(self.path).is_some() => "task",
                    Level::Service => "service",
                };
                return each(FieldValue::Text(kind));
            }
            _ => {}
        }
        let server = self.path.ancestor(Level::Server).and_then(|path| self.state.servers.get(&path));
        let Some(server) = server else { return };
        let registration = &server.registration;
        match field {
            objects::ROLE => each(FieldValue::Text(registration.role.as_str())),
            objects::OS => {
                each(FieldValue::Text(&registration.facts.os));
                each(FieldValue::Text(&registration.facts.os_family));
            }
            objects::LABEL => {
                for (name, value) in &registration.labels {
                    each(FieldValue::Text(&format!("{name}={value}")));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
