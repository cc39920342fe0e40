//! The active master: one term after another.

use crate::{Rejection, State, terminal};
use topmast_model::command::MasterOrder;
use topmast_model::event::EventBody;
use topmast_model::id::Epoch;
use topmast_model::path::check_name;

/// Decides `ChangeMaster`.
pub(crate) fn decide(state: &State, order: &MasterOrder) -> Result<Vec<EventBody>, Rejection> {
    match order {
        MasterOrder::Activate { name, epoch } => activate(state, name, *epoch),
        MasterOrder::HandOver { to } => {
            check_name(to).map_err(|error| Rejection::invalid("name", error.to_string()))?;
            // Said once: it is under way.
            let is_new = state.handed_to.as_ref() != Some(to);
            Ok(is_new.then(|| EventBody::MasterHandedOver { to: to.clone() }).into_iter().collect())
        }
    }
}

fn activate(state: &State, name: &str, epoch: Epoch) -> Result<Vec<EventBody>, Rejection> {
    if epoch <= state.epoch {
        return Err(Rejection::conflict(format!(
            "epoch {epoch} is not above the last one, {}; another master is or was active since",
            state.epoch
        )));
    }
    let mut facts = vec![EventBody::MasterActivated { epoch, name: Some(name.to_owned()) }];
    // Their connections ended with the master that held them.
    facts.extend(terminal::abandon(state));
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;

    #[test]
    fn hand_over_is_said_once_in_an_epoch() {
        let mut world = World::new();
        let order = |order| Command::ChangeMaster { order };
        let hand_over = || order(MasterOrder::HandOver { to: "m2".into() });
        assert_eq!(kinds(&world.by("root", hand_over()).unwrap()), ["MasterHandedOver"]);
        assert!(world.by("root", hand_over()).unwrap().is_empty());
        let wrong = order(MasterOrder::HandOver { to: "m 2".into() });
        refused(world.by("root", wrong), "invalid", "name");
        world.by_master(order(MasterOrder::Activate { name: "m2".into(), epoch: Epoch(2) })).unwrap();
        assert_eq!(kinds(&world.by("root", hand_over()).unwrap()), ["MasterHandedOver"]);
    }

    #[test]
    fn epoch_only_grows() {
        let mut world = World::new();
        let activate = |epoch| Command::ChangeMaster {
            order: MasterOrder::Activate { name: "m1".into(), epoch: Epoch(epoch) },
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
