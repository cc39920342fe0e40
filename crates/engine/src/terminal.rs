//! Terminals: who runs what on which servers, and what became of it.
//!
//! ```text
//! OpenTerminal ─► open ─► CloseTerminal ─► closed, one result a pane
//!                   └─► a master becomes active: the one that held them is gone ─► closed, results unknown
//! ```

use crate::action::Objection;
use crate::rejection::Listed;
use crate::{Rejection, State, master};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::command::REASON_MAX;
use topmast_model::destructive::stops_the_system;
use topmast_model::event::EventBody;
use topmast_model::path::{Level, NAME_MAX, ObjectPath};
use topmast_model::principal::Actor;
use topmast_model::terminal::{COMMAND_LINE_MAX, PaneEnd, PaneResult, TERMINAL_TARGETS_MAX, TerminalId};
use topmast_model::time::UnixMillis;

/// Most terminals open at a time: far more than people have in hand.
const OPEN_MAX: usize = 200;
/// Most closed ones kept; the journal has the others.
const CLOSED_MAX: usize = 1_000;
/// Panes of closed ones kept: forty of the largest, some 10 MiB.
const CLOSED_PANES_MAX: usize = 20_000;
/// Longest text of a result, in bytes: a sentence with what to do.
const WORDS_MAX: usize = 500;

/// One terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    /// Who.
    pub actor: Actor,
    /// Where.
    pub targets: Vec<ObjectPath>,
    /// The command line; a login shell when none.
    pub command: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The account of the own login that was given.
    pub account: Option<String>,
    /// When it was opened.
    pub opened_at: UnixMillis,
    /// When it was closed; none while it is open.
    pub closed_at: Option<UnixMillis>,
    /// One a target, in their order; none while it is open.
    pub results: Vec<PaneResult>,
}

impl Terminal {
    /// True when it was not closed yet.
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// Open and recently closed terminals.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Terminals {
    by_id: BTreeMap<TerminalId, Terminal>,
    open: BTreeSet<TerminalId>,
    /// The first closed one first.
    closed: BTreeSet<(UnixMillis, TerminalId)>,
    closed_panes: usize,
}

impl Terminals {
    pub(crate) fn get(&self, id: TerminalId) -> Option<&Terminal> {
        self.by_id.get(&id)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&TerminalId, &Terminal)> {
        self.by_id.iter()
    }

    pub(crate) fn open(&mut self, id: TerminalId, terminal: Terminal) {
        if !self.by_id.contains_key(&id) {
            self.open.insert(id);
            self.by_id.insert(id, terminal);
        }
    }

    pub(crate) fn close(&mut self, id: TerminalId, results: &[PaneResult], time: UnixMillis) {
        if !self.open.remove(&id) {
            return;
        }
        let Some(terminal) = self.by_id.get_mut(&id) else { return };
        terminal.closed_at = Some(time);
        terminal.results = results.to_vec();
        self.closed_panes += terminal.targets.len();
        self.closed.insert((time, id));
        while self.closed.len() > CLOSED_MAX || self.closed_panes > CLOSED_PANES_MAX {
            let Some((_, oldest)) = self.closed.pop_first() else { break };
            if let Some(gone) = self.by_id.remove(&oldest) {
                self.closed_panes -= gone.targets.len();
            }
        }
    }
}

/// The fields of `OpenTerminal`.
pub(crate) struct Request<'a> {
    pub(crate) id: TerminalId,
    pub(crate) targets: &'a [ObjectPath],
    pub(crate) command: &'a Option<String>,
    pub(crate) reason: &'a Option<String>,
    pub(crate) account: &'a Option<String>,
}

/// Decides `OpenTerminal`: on all of its targets, or not at all.
pub(crate) fn open(state: &State, request: &Request<'_>) -> Result<Vec<EventBody>, Rejection> {
    check_words(request)?;
    check_targets(state, request.targets)?;
    if request.command.as_deref().is_some_and(stops_the_system)
        && let Some(objection) = master::stops(state, request.targets)
    {
        // Nothing overrides it here: who hands over first, or is on the server, needs no override.
        return Err(Rejection::guarded(&[Objection { is_final: true, ..objection }]));
    }
    if state.terminals.get(request.id).is_some() {
        return Err(Rejection::conflict(format!("terminal {} was opened already", request.id)));
    }
    if state.terminals.open.len() >= OPEN_MAX {
        return Err(Rejection::limit(format!(
            "{OPEN_MAX} terminals are open already; end some first (`topmast terminals`)"
        )));
    }
    Ok(vec![EventBody::TerminalOpened {
        id: request.id,
        targets: request.targets.to_vec(),
        command: request.command.clone(),
        reason: request.reason.clone(),
        account: request.account.clone(),
    }])
}

fn check_words(request: &Request<'_>) -> Result<(), Rejection> {
    if let Some(command) = request.command {
        if command.trim().is_empty() {
            return Err(Rejection::invalid(
                "command",
                "is empty; write what to run, or leave it out for a shell",
            ));
        }
        if command.len() > COMMAND_LINE_MAX {
            return Err(Rejection::invalid(
                "command",
                format!(
                    "is too long; write at most {COMMAND_LINE_MAX} bytes, or put a script on the servers"
                ),
            ));
        }
        if command.contains('\0') {
            return Err(Rejection::invalid("command", "holds a NUL, which no shell can be given"));
        }
    }
    if request.reason.as_ref().is_some_and(|reason| reason.len() > REASON_MAX) {
        return Err(Rejection::invalid("reason", format!("is too long; write at most {REASON_MAX} bytes")));
    }
    if request.account.as_ref().is_some_and(|account| account.is_empty() || account.len() > NAME_MAX) {
        return Err(Rejection::invalid("login", format!("its user has 1 to {NAME_MAX} bytes")));
    }
    Ok(())
}

fn check_targets(state: &State, targets: &[ObjectPath]) -> Result<(), Rejection> {
    if targets.is_empty() {
        return Err(Rejection::invalid("targets", "there is none; name at least one server"));
    }
    if targets.len() > TERMINAL_TARGETS_MAX {
        return Err(Rejection::limit(format!(
            "{} servers are too many; run on at most {TERMINAL_TARGETS_MAX} at once",
            targets.len()
        )));
    }
    let wrong: Listed = targets.iter().filter(|path| path.level() != Level::Server).collect();
    if !wrong.is_empty() {
        return Err(Rejection::invalid(
            "targets",
            format!("not a server: {wrong}; write tenant/cluster/server"),
        ));
    }
    let mut seen = BTreeSet::new();
    let twice: Listed = targets.iter().filter(|path| !seen.insert(*path)).collect();
    if !twice.is_empty() {
        return Err(Rejection::invalid("targets", format!("named twice: {twice}; name each once")));
    }
    let tenants: BTreeSet<_> = targets.iter().filter_map(|path| path.name_at(Level::Tenant)).collect();
    if tenants.len() > 1 {
        let tenants: Listed = tenants.into_iter().collect();
        return Err(Rejection::invalid(
            "targets",
            format!("belong to several tenants ({tenants}); run on one after the other"),
        ));
    }
    let missing: Listed = targets.iter().filter(|path| state.servers.get(path).is_none()).collect();
    if !missing.is_empty() {
        return Err(Rejection::NotFound {
            what: "server",
            names: missing,
            hint: "`topmast servers` shows which exist",
        });
    }
    Ok(())
}

/// Decides `CloseTerminal`. One that was closed already, as after a new start, stays as it is.
pub(crate) fn close(
    state: &State,
    id: TerminalId,
    results: &[PaneResult],
) -> Result<Vec<EventBody>, Rejection> {
    let Some(kept) = state.terminals.get(id).filter(|kept| kept.is_open()) else { return Ok(Vec::new()) };
    if kept.targets.len() != results.len() {
        return Err(Rejection::invalid(
            "results",
            format!("there are {} for {} panes", results.len(), kept.targets.len()),
        ));
    }
    Ok(vec![EventBody::TerminalClosed { id, results: results.iter().map(clipped).collect() }])
}

/// Closes what was open when another master was the active one.
pub(crate) fn abandon(state: &State) -> impl Iterator<Item = EventBody> {
    state.terminals.open.iter().filter_map(|id| {
        let panes = state.terminals.get(*id)?.targets.len();
        Some(EventBody::TerminalClosed { id: *id, results: vec![PaneResult::of(PaneEnd::Unknown); panes] })
    })
}

/// What a host says is cut, never refused: a terminal must be able to end.
fn clipped(result: &PaneResult) -> PaneResult {
    let mut result = result.clone();
    let clip = |text: &mut String| text.truncate(text.floor_char_boundary(WORDS_MAX));
    match &mut result.end {
        PaneEnd::Signalled(words) | PaneEnd::Limited(words) | PaneEnd::Failed(words) => clip(words),
        PaneEnd::NotStarted | PaneEnd::Exited(_) | PaneEnd::Stopped | PaneEnd::Unknown => {}
    }
    clip(&mut result.account);
    result.unrecorded.as_mut().map(clip);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::{Command, MasterOrder};
    use topmast_model::id::Epoch;
    use uuid::Uuid;

    fn activation(epoch: u64) -> Command {
        Command::ChangeMaster {
            order: MasterOrder::Activate {
                name: "m1".into(),
                epoch: Epoch(epoch),
                place: None,
                tenant: "acme".into(),
            },
        }
    }

    fn open_command(id: u128, targets: &[&str]) -> Command {
        Command::OpenTerminal {
            id: TerminalId(Uuid::from_u128(id)),
            targets: targets.iter().map(|text| path(text)).collect(),
            command: Some("uptime".into()),
            reason: None,
            account: None,
        }
    }

    fn close_command(id: u128, results: Vec<PaneResult>) -> Command {
        Command::CloseTerminal { id: TerminalId(Uuid::from_u128(id)), results }
    }

    fn world() -> World {
        let mut world = World::with_applications(&["acme/main/db/a", "acme/main/web/a", "bolt/main/db/a"]);
        world.by("root", create_user("term", &["terminal:acme/main"])).unwrap();
        world.by("root", create_user("oper", &["operator"])).unwrap();
        world
    }

    #[test]
    fn terminal_is_in_the_journal_before_and_after() {
        let mut world = world();
        let facts = world.by("term", open_command(1, &["acme/main/db", "acme/main/web"])).unwrap();
        assert_eq!(kinds(&facts), ["TerminalOpened"]);
        assert_eq!(world.log.last().unwrap().tenant, "acme");
        let id = TerminalId(Uuid::from_u128(1));
        assert!(world.state.terminal(id).unwrap().is_open());
        let results = vec![PaneResult::of(PaneEnd::Exited(0)), PaneResult::of(PaneEnd::Stopped)];
        refused(world.by_master(close_command(1, results[..1].to_vec())), "invalid", "1 for 2 panes");
        let facts = world.by_master(close_command(1, results.clone())).unwrap();
        assert_eq!(kinds(&facts), ["TerminalClosed"]);
        assert_eq!(world.log.last().unwrap().tenant, "acme");
        let kept = world.state.terminal(id).unwrap();
        assert_eq!((kept.closed_at, &kept.results), (Some(world.now), &results));
        assert_eq!(world.by_master(close_command(1, results)), Ok(Vec::new()), "once");
    }

    #[test]
    fn right_is_needed_on_every_server_and_operators_have_it_on_none() {
        let mut world = world();
        refused(world.by("oper", open_command(1, &["acme/main/db"])), "forbidden", "run commands on servers");
        let both = open_command(1, &["acme/main/db", "bolt/main/db"]);
        refused(world.by("term", both), "forbidden", "on bolt/main/db");
        refused(world.by("root", close_command(1, Vec::new())), "forbidden", "act as a master");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut world = world();
        refused(world.by("root", open_command(1, &[])), "invalid", "at least one server");
        refused(world.by("root", open_command(1, &["acme/main/db/a"])), "invalid", "not a server");
        refused(world.by("root", open_command(1, &["acme/main/db"; 2])), "invalid", "named twice");
        refused(world.by("root", open_command(1, &["acme/main/x"])), "not_found", "acme/main/x");
        let both = open_command(1, &["acme/main/db", "bolt/main/db"]);
        refused(world.by("root", both), "invalid", "several tenants (acme, bolt)");
        let many: Vec<String> = (0..=TERMINAL_TARGETS_MAX).map(|n| format!("acme/main/s{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        refused(world.by("root", open_command(1, &many)), "limit_reached", "at most 500");
        for (wrong, text) in [
            (" \n".to_owned(), "is empty"),
            ("x".repeat(COMMAND_LINE_MAX + 1), "is too long"),
            ("a\0b".to_owned(), "NUL"),
        ] {
            let Command::OpenTerminal { id, targets, reason, account, .. } =
                open_command(1, &["acme/main/db"])
            else {
                unreachable!()
            };
            let command = Command::OpenTerminal { id, targets, command: Some(wrong), reason, account };
            refused(world.by("root", command), "invalid", text);
        }
    }

    #[test]
    fn next_master_closes_what_the_last_one_left_open() {
        let mut world = world();
        world.by("root", open_command(1, &["acme/main/db", "acme/main/web"])).unwrap();
        world.by("root", open_command(2, &["acme/main/db"])).unwrap();
        world.by_master(close_command(2, vec![PaneResult::of(PaneEnd::Exited(1))])).unwrap();
        let facts = world.by_master(activation(7)).unwrap();
        assert_eq!(kinds(&facts), ["MasterActivated", "TerminalClosed"]);
        let kept = world.state.terminal(TerminalId(Uuid::from_u128(1))).unwrap();
        assert_eq!(kept.results, vec![PaneResult::of(PaneEnd::Unknown); 2]);
        let again = world.by_master(activation(8)).unwrap();
        assert_eq!(kinds(&again), ["MasterActivated"]);
    }

    #[test]
    fn open_and_closed_ones_are_bounded_and_long_words_cut() {
        // E-9
        let mut world = world();
        for id in 0..OPEN_MAX {
            world.by("root", open_command(id as u128, &["acme/main/db"])).unwrap();
        }
        let next = OPEN_MAX as u128;
        refused(world.by("root", open_command(next, &["acme/main/db"])), "limit_reached", "end some first");
        let long = PaneResult::of(PaneEnd::Failed("é".repeat(WORDS_MAX)));
        for id in 0..OPEN_MAX {
            world.by_master(close_command(id as u128, vec![long.clone()])).unwrap();
        }
        let kept = world.state.terminal(TerminalId(Uuid::from_u128(1))).unwrap();
        assert_eq!(kept.results[0].end, PaneEnd::Failed("é".repeat(WORDS_MAX / 2)));
        for id in OPEN_MAX..=CLOSED_MAX {
            world.by("root", open_command(id as u128, &["acme/main/db"])).unwrap();
            world.by_master(close_command(id as u128, vec![long.clone()])).unwrap();
        }
        assert_eq!(world.state.terminals().count(), CLOSED_MAX);
        assert!(world.state.terminal(TerminalId(Uuid::from_u128(0))).is_none(), "the oldest is gone");
        assert_eq!(world.state.terminals.closed_panes, CLOSED_MAX);
    }
}
