//! Places among events as AWS writes them: 56 digits, the time first.

use topmast_logs::Position;

/// Digits of the time and of the number.
const TIME: usize = 20;
const NUMBER: usize = 36;

/// An event's id: greater for one that is told later.
pub(super) fn event_id(position: Position) -> String {
    format!("{:0TIME$}{:0NUMBER$}", position.timestamp.max(0), position.number)
}

/// The place that an event's id says.
pub(super) fn position(id: &str) -> Option<Position> {
    if id.len() != TIME + NUMBER || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (timestamp, number) = id.split_at(TIME);
    Some(Position { timestamp: timestamp.parse().ok()?, number: number.parse().ok()? })
}

/// A token of what comes after a place (`f`) or before it (`b`).
pub(super) fn of_stream(direction: char, position: Position) -> String {
    format!("{direction}/{}/s", event_id(position))
}

/// The direction and the place that such a token says.
pub(super) fn in_stream(token: &str) -> Option<(char, Position)> {
    let (direction, id) = token.split_once('/')?;
    let direction = match direction {
        "f" => 'f',
        "b" => 'b',
        _ => return None,
    };
    Some((direction, position(id.strip_suffix("/s").unwrap_or(id))?))
}

/// What AWS wanted to be given with the next events once; it takes anything now.
pub(super) fn sequence(number: u64) -> String {
    format!("49{number:054}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for (timestamp, number) in [(0, 0), (1_795_424_400_123, 7), (i64::MAX, u64::MAX)] {
            let place = Position { timestamp, number };
            assert_eq!(event_id(place).len(), 56);
            assert_eq!(position(&event_id(place)), Some(place));
            assert_eq!(in_stream(&of_stream('f', place)), Some(('f', place)));
            assert_eq!(in_stream(&of_stream('b', place)), Some(('b', place)));
        }
        assert_eq!(sequence(5).len(), 56);
        for token in ["", "f", "f/", "n/00000000000000000000000000000000000000000000000000000000", "f/1/s"] {
            assert_eq!(in_stream(token), None, "{token}");
        }
        assert_eq!(position(&"9".repeat(56)), None);
    }
}
