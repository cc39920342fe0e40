//! The active master: one term after another.

use crate::{Rejection, State};
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
    Ok(vec![EventBody::MasterActivated { epoch }])
}
