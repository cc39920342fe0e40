//! Guests: zones, domains, partitions, virtual machines and containers, as servers below the server that tells of them.
//!
//! Invariants
//! - G-1: a guest has one path for as long as it is kept, and no two share one; its path sorts behind its host's.
//! - G-2: what is not listed any more is DOWN, and stays until it or its host is removed.
//! - G-3: a host has at most [`GUESTS_MAX`] guests; that some are left out is said beside the host.
//!
//! Elsewhere: how old what is said may be (the master's reconcilers); docs/adr/0013-guests-are-servers.md.

use crate::server::Server;
use crate::text::clip;
use crate::{Rejection, State};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::cause::Cause;
use topmast_model::command::ServerRegistration;
use topmast_model::event::EventBody;
use topmast_model::guest::{GUEST_TEXT_MAX, GUESTS_MAX, Guest, GuestCondition, GuestKind, GuestReport};
use topmast_model::path::{NAME_MAX, ObjectPath};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::time::UnixMillis;

/// Between a host's name and a guest's: of what a name may hold it sorts first, so that nothing comes between a
/// host and its guests.
const BELOW: char = '+';
/// The name under which a problem with guests stands beside those of unit files.
pub const GUESTS: &str = "guests";

/// The guests of a host, in the order of their paths.
///
/// Cost: O(log servers) and then O(1) a guest.
pub fn guests<'a>(
    state: &'a State,
    host: &'a ObjectPath,
) -> impl Iterator<Item = (&'a ObjectPath, &'a Server, &'a Guest)> {
    state.servers.beginning_with(&format!("{host}{BELOW}")).filter_map(move |(path, server)| {
        let guest = server.guest.as_ref().filter(|guest| guest.host == *host)?;
        Some((path, server, guest))
    })
}

/// Why a guest is what its host said last.
pub fn guest_cause(guest: &Guest) -> Cause {
    let host = guest.host.name();
    let message = match &guest.condition {
        GuestCondition::Runs(state) | GuestCondition::Stopped(state) => format!("{state}, as {host} says"),
        GuestCondition::Untold => format!("{host} does not say whether it runs"),
        GuestCondition::Unlisted => format!("no longer listed by {host}"),
    };
    Cause::Connection { message }
}

/// Decides `ReportGuests`: only news are facts.
pub(crate) fn report(
    state: &State,
    host: &ObjectPath,
    interval_ms: u64,
    complete: &[GuestKind],
    reports: &[GuestReport],
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.servers.get(host).ok_or_else(|| Rejection::no_server(host))?;
    check_host(state, host, kept)?;
    crate::server::check_interval(interval_ms)?;
    let mut told = Told {
        state,
        host,
        like: ServerRegistration {
            role: ServerRole::Guest,
            version: String::new(),
            address: String::new(),
            interval_ms,
            abilities: [].into(),
            labels: kept.registration.labels.clone(),
            facts: ServerFacts::default(),
            ..kept.registration.clone()
        },
        known: guests(state, host)
            .map(|(path, server, guest)| ((guest.kind, guest.name.as_str()), (path, server)))
            .collect(),
        added: 0,
        taken: BTreeSet::new(),
        left_out: false,
        facts: Vec::new(),
    };
    let mut listed = BTreeSet::new();
    for report in reports {
        // Twice in a reading: the first stands.
        if listed.insert((report.kind, report.name.as_str())) {
            told.one(report);
        }
    }
    for (path, server, guest) in guests(state, host) {
        let is_gone = complete.contains(&guest.kind) && !listed.contains(&(guest.kind, guest.name.as_str()));
        if is_gone && guest.condition != GuestCondition::Unlisted {
            let guest = Guest { condition: GuestCondition::Unlisted, ..guest.clone() };
            told.put(path.clone(), Some(server), guest, server.registration.clone());
        }
    }
    Ok(told.finish(kept))
}

/// A host is read by the master, which knows nothing of a guest but through it.
fn check_host(state: &State, host: &ObjectPath, kept: &Server) -> Result<(), Rejection> {
    let tells = match kept.registration.role {
        ServerRole::Agentless => state.agentless.get(host).is_some_and(|host| host.guests),
        ServerRole::Docker => true,
        _ => false,
    };
    if tells {
        return Ok(());
    }
    Err(Rejection::conflict(format!("{host} is not read for its guests; add it again without --no-guests")))
}

/// Ends all guests of a host.
pub(crate) fn remove_all(state: &State, host: &ObjectPath) -> Vec<EventBody> {
    guests(state, host).map(|(path, ..)| EventBody::ServerRemoved { server: path.clone() }).collect()
}

/// What a reading comes to.
struct Told<'a> {
    state: &'a State,
    host: &'a ObjectPath,
    /// What all its guests' registrations have in common.
    like: ServerRegistration,
    /// Those that are kept, by kind and name.
    known: BTreeMap<(GuestKind, &'a str), (&'a ObjectPath, &'a Server)>,
    added: usize,
    /// Paths given within this decision.
    taken: BTreeSet<ObjectPath>,
    left_out: bool,
    facts: Vec<EventBody>,
}

impl Told<'_> {
    fn one(&mut self, report: &GuestReport) {
        let known = self.known.get(&(report.kind, report.name.as_str())).copied();
        let is_short = (1..=GUEST_TEXT_MAX).contains(&report.name.len());
        let place = match known {
            Some((path, server)) => Some((path.clone(), Some(server))),
            None if is_short && self.known.len() + self.added < GUESTS_MAX => {
                self.path(report).map(|path| (path, None))
            }
            None => None,
        };
        let Some((path, server)) = place else {
            self.left_out = true;
            return;
        };
        self.added += usize::from(server.is_none());
        self.taken.insert(path.clone());
        let mut registration = self.like.clone();
        registration.facts.virtualisation = report.kind.to_string();
        registration.facts.cpu_count = report.cpu_count;
        let condition = match &report.condition {
            GuestCondition::Runs(state) => GuestCondition::Runs(word(state)),
            GuestCondition::Stopped(state) => GuestCondition::Stopped(word(state)),
            GuestCondition::Untold | GuestCondition::Unlisted => GuestCondition::Untold,
        };
        let guest =
            Guest { host: self.host.clone(), kind: report.kind, name: report.name.clone(), condition };
        self.put(path, server, guest, registration);
    }

    /// A path that nothing has (G-1): by name, with the kind behind it when a guest of another kind has the name.
    fn path(&self, report: &GuestReport) -> Option<ObjectPath> {
        let name: String = report.name.chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
        let kind = report.kind;
        let hash = report
            .name
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let names = [name.clone(), format!("{name}{BELOW}{kind}"), format!("{name}{BELOW}{kind}@{hash:08x}")];
        let cluster = self.host.parent()?;
        let mut paths = names.iter().filter_map(|name| {
            let name = format!("{}{BELOW}{name}", self.host.name());
            // What has no room is left out and said.
            (name.len() <= NAME_MAX).then(|| cluster.join(&name).ok()).flatten()
        });
        paths.find(|path| {
            self.state.servers.get(path).is_none()
                && self.state.agents.get(path).is_none()
                && self.state.agentless.get(path).is_none()
                && !self.taken.contains(path)
        })
    }

    fn put(
        &mut self,
        path: ObjectPath,
        before: Option<&Server>,
        guest: Guest,
        registration: ServerRegistration,
    ) {
        let (status, cause) = (guest.condition.status(), guest_cause(&guest));
        let is_same = before.is_some_and(|before| {
            before.guest.as_ref() == Some(&guest) && before.registration == registration
        });
        let is_so = before.is_some_and(|before| before.status == status && before.cause == cause);
        if !is_same {
            let server = path.clone();
            self.facts.push(EventBody::GuestRegistered { server, guest, registration });
        }
        if !is_so {
            self.facts.push(EventBody::ServerStatusChanged { server: path, status, cause });
        }
    }

    fn finish(mut self, host: &Server) -> Vec<EventBody> {
        let (server, known) = (self.host.clone(), host.unit_problems.get(GUESTS));
        if self.left_out && known.is_none() {
            let problem = format!(
                "it has more guests than the {GUESTS_MAX} that are shown, or some whose names are too long; they are left out: remove those that are gone, or have it read without guests"
            );
            self.facts.push(EventBody::GuestsRefused { server, problem });
        } else if !self.left_out && known.is_some() {
            self.facts.push(EventBody::GuestsAccepted { server });
        }
        self.facts
    }
}

/// A state in a host's words: bounded, and on one line.
fn word(state: &str) -> String {
    let shown = state.chars().map(|char| if char.is_control() { ' ' } else { char });
    clip(shown.take(GUEST_TEXT_MAX).collect::<String>().trim())
}

const fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-' | '+' | '@' | ':')
}

pub(crate) fn registered(
    state: &mut State,
    server: &ObjectPath,
    guest: &Guest,
    registration: &ServerRegistration,
    time: UnixMillis,
) {
    crate::server::registered(state, server, registration, time);
    if let Some(kept) = state.servers.get_mut(server) {
        kept.guest = Some(guest.clone());
    }
}

#[cfg(test)]
mod tests;
