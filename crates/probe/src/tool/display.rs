//! Programs that draw a display again and again, as `top` does: the last that is whole counts.

use crate::reading::Reading;

/// The last display, or the one before it when the last is cut: without the table, or the rows, that one had.
///
/// `None` where neither says anything.
pub(super) fn last(previous: Option<Reading>, last: Reading, says_something: bool) -> Option<Reading> {
    let rows = |reading: &Reading| reading.processes.as_ref().map(Vec::len);
    match previous {
        Some(previous) if rows(&last).unwrap_or(0) == 0 && rows(&previous) > rows(&last) => Some(previous),
        _ => says_something.then_some(last),
    }
}
