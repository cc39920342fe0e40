//! From a command to the facts it makes: dispatch only, one line a command.

use crate::{Rejection, State, Submission};
use topmast_model::event::EventBody;
use topmast_model::time::UnixMillis;

/// Decides what a submission makes happen at `now`, in the order in which it happens.
///
/// Never changes the state. No facts means that there is nothing to change, as
/// after a repeat; for a repeated `OperateApplications` the existing action is
/// `state.action(id)`.
///
/// # Errors
/// A [`Rejection`] when the principal may not, or the command makes no sense now. Nothing of it is done then.
pub fn decide(
    _state: &State,
    _submission: &Submission,
    _now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    Err(Rejection::limit("commands are not taken yet"))
}
