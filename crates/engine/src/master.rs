//! The active master: one term after another.
//!
//! Invariants
//! - MA-1: epochs rise along a journal.
//! - MA-2: in a journal that was restored they begin above those of the journal that it replaces, also above what that
//!   one came to after the backup, and stay above it. So agents obey the restored one from its first order on, and the
//!   other never again (docs/adr/0034-epochs-after-a-restore.md).

use crate::action::Objection;
use crate::{Rejection, State, terminal};
use serde::{Deserialize, Serialize};
use topmast_model::command::MasterOrder;
use topmast_model::event::EventBody;
use topmast_model::id::Epoch;
use topmast_model::master::MasterPlace;
use topmast_model::path::{Level, ObjectPath, check_name};
use topmast_model::safety::Guard;
use topmast_model::time::UnixMillis;

/// The master that decides now, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ActiveMaster {
    name: String,
    place: MasterPlace,
}

impl ActiveMaster {
    /// True when it is the main process of an application.
    fn is_application(&self, state: &State, path: &ObjectPath) -> bool {
        let is_it = state.applications.get(path).is_some_and(|kept| kept.pid == Some(self.place.pid));
        is_it && path.ancestor(Level::Server).is_some_and(|server| self.runs_on(state, &server))
    }

    fn runs_on(&self, state: &State, server: &ObjectPath) -> bool {
        state.servers.get(server).is_some_and(|kept| self.place.is_on(&kept.registration.facts))
    }

    /// - `says`: `is` or `runs on`.
    fn objection(&self, object: &ObjectPath, says: &str) -> Objection {
        let name = &self.name;
        let message = if self.place.is_shared {
            format!("the active master {name} {says} it; hand over first (`topmast masters promote`)")
        } else {
            format!("the master {name} {says} it, and there is no other to hand over to")
        };
        Objection {
            guard: Guard::ActiveMaster,
            object: object.clone(),
            message,
            is_final: !self.place.is_shared,
        }
    }
}

/// What is against ending these applications, where the active master is one of them.
pub(crate) fn ends<'a>(
    state: &State,
    mut applications: impl Iterator<Item = &'a ObjectPath>,
) -> Option<Objection> {
    let active = state.active.as_ref()?;
    let found = applications.find(|path| active.is_application(state, path))?;
    Some(active.objection(found, "is"))
}

/// What is against stopping these servers, where the active master runs on one of them.
pub(crate) fn stops(state: &State, servers: &[ObjectPath]) -> Option<Objection> {
    let active = state.active.as_ref()?;
    let found = servers.iter().find(|server| active.runs_on(state, server))?;
    Some(active.objection(found, "runs on"))
}

/// Applies `MasterActivated`. One that does not say where it runs is guarded by nothing.
pub(crate) fn activated(
    state: &mut State,
    epoch: Epoch,
    name: Option<&str>,
    place: Option<&MasterPlace>,
    tenant: Option<&str>,
) {
    // A master of an older version knows of no restore, and begins lower.
    state.epoch = state.epoch.max(epoch);
    state.handed_to = None;
    if let Some(tenant) = tenant {
        state.own_tenant = Some(tenant.to_owned());
    }
    state.active =
        place.map(|place| ActiveMaster { name: name.unwrap_or_default().to_owned(), place: place.clone() });
}

/// Applies `JournalRestored`.
pub(crate) fn restored(state: &mut State, epoch: Epoch) {
    activated(state, epoch, None, None, None);
}

/// Decides `ChangeMaster`.
pub(crate) fn decide(
    state: &State,
    order: &MasterOrder,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    match order {
        MasterOrder::Activate { name, epoch, place, tenant } => {
            activate(state, name, *epoch, place.as_ref(), tenant)
        }
        MasterOrder::HandOver { to } => {
            check_name(to).map_err(|error| Rejection::invalid("name", error.to_string()))?;
            // Said once: it is under way.
            let is_new = state.handed_to.as_ref() != Some(to);
            Ok(is_new.then(|| EventBody::MasterHandedOver { to: to.clone() }).into_iter().collect())
        }
        MasterOrder::Restore { above, backed_up_at } => {
            let epoch = epoch_of_restore(state.epoch.max(*above), now);
            Ok(vec![EventBody::JournalRestored { epoch, backed_up_at: *backed_up_at }])
        }
    }
}

/// The epoch in which a journal is restored (MA-2).
///
/// Nobody knows how often masters became active since the backup. Each time is one epoch more, so they never come near
/// the milliseconds since 1970; and a later restore has a later time.
fn epoch_of_restore(known: Epoch, now: UnixMillis) -> Epoch {
    Epoch(known.0.saturating_add(1).max(u64::try_from(now.0).unwrap_or(0)))
}

fn activate(
    state: &State,
    name: &str,
    epoch: Epoch,
    place: Option<&MasterPlace>,
    tenant: &str,
) -> Result<Vec<EventBody>, Rejection> {
    if epoch <= state.epoch {
        return Err(Rejection::conflict(format!(
            "epoch {epoch} is not above the last one, {}; another master is or was active since",
            state.epoch
        )));
    }
    let (name, place, tenant) = (Some(name.to_owned()), place.cloned(), Some(tenant.to_owned()));
    let mut facts = vec![EventBody::MasterActivated { epoch, name, place, tenant }];
    // Their connections ended with the master that held them.
    facts.extend(terminal::abandon(state));
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::action::Conduct;
    use topmast_model::application::{ApplicationState, Operation};
    use topmast_model::command::{Command, ServerRegistration};
    use topmast_model::report::Report;
    use topmast_model::server::{ServerFacts, ServerRole};
    use topmast_model::terminal::TerminalId;
    use uuid::Uuid;

    const MASTER: &str = "acme/main/ops/topmast";
    const OTHER: &str = "acme/main/ops/switch";

    /// Two servers; on one of them runs a master, which its agent supervises with process 7.
    fn world_of_master() -> World {
        let mut world = World::with_applications(&[MASTER, OTHER, "acme/main/db/topmast"]);
        for server in ["ops", "db"] {
            let facts = ServerFacts {
                hostname: server.into(),
                boot_time: UnixMillis(1_000),
                ..ServerFacts::default()
            };
            let registration = ServerRegistration { role: ServerRole::Master, facts, ..registration(1) };
            let server = path(&format!("acme/main/{server}"));
            world
                .by_agent(&server, Command::RegisterServer { server: server.clone(), registration })
                .unwrap();
            for (name, pid) in [("topmast", 7), ("switch", 8)] {
                let state = ApplicationState { pid: Some(pid), ..application_state("STARTED") };
                world.report(&server, vec![Report::Application { name: name.into(), state }]).unwrap();
            }
        }
        world
    }

    fn activate_on(world: &mut World, epoch: u64, hostname: &str, is_shared: bool) {
        let place = master_place(hostname, is_shared);
        let order = MasterOrder::Activate {
            name: "m1".into(),
            epoch: Epoch(epoch),
            place: Some(place),
            tenant: "acme".into(),
        };
        world.by_master(Command::ChangeMaster { order }).unwrap();
    }

    fn operate(operation: Operation, target: &str, overrides: bool) -> Command {
        Command::OperateApplications {
            id: action_id(1),
            operation,
            targets: vec![path(target)],
            reason: Some("a drill".into()),
            timeout_ms: 60_000,
            rolling: None,
            conduct: Conduct { override_guards: overrides, ..Conduct::default() },
            package: None,
            custom: None,
        }
    }

    fn run(id: u128, server: &str, command: &str) -> Command {
        Command::OpenTerminal {
            id: TerminalId(Uuid::from_u128(id)),
            targets: vec![path(server)],
            command: Some(command.into()),
            reason: None,
            account: None,
        }
    }

    #[test]
    fn only_master_is_ended_by_nobody() {
        let mut world = world_of_master();
        activate_on(&mut world, 1, "ops", false);
        for operation in [Operation::Stop, Operation::Restart] {
            for overrides in [false, true] {
                let text = "guard active-master on acme/main/ops/topmast: the master m1 is it, and there is no other";
                refused(world.by("root", operate(operation, MASTER, overrides)), "guarded", text);
            }
        }
        world.by("root", operate(Operation::Stop, OTHER, false)).unwrap();
        let reboot = "rm -rf /var/tmp/x && sudo reboot";
        refused(world.by("root", run(1, "acme/main/ops", reboot)), "guarded", "the master m1 runs on it");
        world.by("root", run(1, "acme/main/ops", "rm -rf /var/tmp/x")).unwrap();
        world.by("root", run(2, "acme/main/db", reboot)).unwrap();
        let remove = |server: &str| Command::RemoveServer { server: path(server) };
        refused(world.by("root", remove("acme/main/ops")), "guarded", "no right overrides that");
        world.by("root", remove("acme/main/db")).unwrap();
    }

    #[test]
    fn one_of_several_masters_hands_over_first() {
        let mut world = world_of_master();
        activate_on(&mut world, 1, "ops", true);
        refused(
            world.by("root", operate(Operation::Restart, MASTER, false)),
            "guarded",
            "`topmast masters promote`",
        );
        refused(world.by("root", run(1, "acme/main/ops", "reboot")), "guarded", "hand over first");
        activate_on(&mut world, 2, "db", true);
        world.by("root", run(1, "acme/main/ops", "reboot")).unwrap();
        world.by("root", operate(Operation::Restart, MASTER, false)).unwrap();
        // One that cannot tell where it runs is guarded by nothing.
        let order =
            MasterOrder::Activate { name: "m1".into(), epoch: Epoch(3), place: None, tenant: "acme".into() };
        world.by_master(Command::ChangeMaster { order }).unwrap();
        world.by("root", run(2, "acme/main/db", "reboot")).unwrap();
    }

    #[test]
    fn override_lifts_it_where_another_master_can_take_over() {
        let mut world = world_of_master();
        activate_on(&mut world, 1, "ops", true);
        world.by("root", operate(Operation::Restart, MASTER, true)).unwrap();
    }

    #[test]
    fn hand_over_is_said_once_in_an_epoch() {
        let mut world = World::new();
        let order = |order| Command::ChangeMaster { order };
        let hand_over = || order(MasterOrder::HandOver { to: "m2".into() });
        assert_eq!(kinds(&world.by("root", hand_over()).unwrap()), ["MasterHandedOver"]);
        assert!(world.by("root", hand_over()).unwrap().is_empty());
        let wrong = order(MasterOrder::HandOver { to: "m 2".into() });
        refused(world.by("root", wrong), "invalid", "name");
        world
            .by_master(order(MasterOrder::Activate {
                name: "m2".into(),
                epoch: Epoch(2),
                place: None,
                tenant: "acme".into(),
            }))
            .unwrap();
        assert_eq!(kinds(&world.by("root", hand_over()).unwrap()), ["MasterHandedOver"]);
    }

    #[test]
    fn epoch_only_grows() {
        let mut world = World::new();
        let activate = |epoch| Command::ChangeMaster {
            order: MasterOrder::Activate {
                name: "m1".into(),
                epoch: Epoch(epoch),
                place: None,
                tenant: "acme".into(),
            },
        };
        world.by_master(activate(3)).unwrap();
        assert_eq!(world.state.epoch(), Epoch(3));
        for epoch in [3, 2, 0] {
            refused(world.by_master(activate(epoch)), "conflict", "is not above the last one, 3");
        }
        world.by_master(activate(4)).unwrap();
        refused(world.by("root", activate(5)), "forbidden", "act as a master on everything");
    }
}
