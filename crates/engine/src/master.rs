//! The active master: one term after another.

use crate::{Rejection, State, terminal};
use topmast_model::event::EventBody;
use topmast_model::id::Epoch;

/// Decides `ActivateMaster`.
pub(crate) fn activate(state: &State, epoch: Epoch) -> Result<Vec<EventBody>, Rejection> {
    if epoch <= state.epoch {
        return Err(Rejection::conflict(format!(
            "epoch {epoch} is not above the last one, {}; another master is or was active since",
            state.epoch
        )));
    }
    let mut facts = vec![EventBody::MasterActivated { epoch }];
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
    fn epoch_only_grows() {
        let mut world = World::new();
        let activate = |epoch| Command::ActivateMaster { epoch: Epoch(epoch) };
        world.by_master(activate(3)).unwrap();
        assert_eq!(world.state.epoch(), Epoch(3));
        for epoch in [3, 2, 0] {
            refused(world.by_master(activate(epoch)), "conflict", "is not above the last one, 3");
        }
        world.by_master(activate(4)).unwrap();
        refused(world.by("root", activate(5)), "forbidden", "act as a master on everything");
    }
}
