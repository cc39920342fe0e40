//! Texts that end within a line: their last word may be half of one.
//!
//! Tools end their lines. Where the last one does not end, its last word gets a mark that no number has, so that no
//! parser takes half a number for a whole one (T-2).

use super::json;
use super::text::{Text, number, size};
use crate::error::ParseError;
use crate::reading::Reading;

/// What stands behind the last word of a text that is cut there.
pub(super) const MARK: char = '\u{2026}';

/// Parses a text whose last word is marked, if it may be half of one.
pub(super) fn marked(
    text: &Text<'_>,
    parse: impl Fn(&Text<'_>) -> Result<Reading, ParseError>,
) -> Result<Reading, ParseError> {
    let all = text.all();
    let ends = all.ends_with(|char: char| char.is_whitespace() || char.is_control());
    // What is drawn on a screen has its own ends.
    if ends || all.contains('\u{1b}') || json::is(text) || is_aligned(all) {
        return parse(text);
    }
    let marked = format!("{all}{MARK}");
    let mut reading = parse(&text.instead(&marked))?;
    let line = text.lines().next_back().map_or(1, |line| line.number);
    reading.remark(
        line,
        "the text ends within this line: its last word is left out where it may be half of one",
    );
    Ok(reading)
}

/// Whether the last word is a number that ends where a column does: columns of numbers end below each other.
fn is_aligned(text: &str) -> bool {
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    let Some(last) = lines.next() else { return false };
    let word = last.split_whitespace().next_back().unwrap_or_default();
    let word = word.strip_suffix('%').unwrap_or(word);
    if number(word).is_none() && size(word, 1).is_none() {
        return false;
    }
    let ends = word_ends(last);
    lines.take(3).any(|above| {
        let above = word_ends(above);
        let shared = ends.iter().filter(|end| above.contains(end)).count();
        // By chance one or two may, in lines that are no table. A header has no name for the label of a row.
        let table = shared > 1 && shared * 2 >= ends.len() && above.len() + 1 >= ends.len();
        table && !last.contains('\t') && ends.last().is_some_and(|end| above.contains(end))
    })
}

/// Where the words of a line end, in characters. Lines with more words than any table has are none.
fn word_ends(line: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut inside = false;
    for (at, char) in line.chars().chain([' ']).enumerate().take(2000) {
        if inside && char.is_whitespace() {
            ends.push(at);
        }
        inside = !char.is_whitespace();
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    #[test]
    fn half_a_number_is_none() {
        let free = find("linux", "free").unwrap();
        let text = "               total        used        free      shared  buff/cache   available\nMem:        24683652     1335120     6890940        8956    16457592    22938216\n";
        let available = |end: usize| free.parse(&text.as_bytes()[..end]).unwrap().mem_available_bytes;
        assert_eq!(available(text.len()), Some(23_488_733_184));
        // Its column tells that the number is whole, or that it is not.
        assert_eq!((available(text.len() - 1), available(text.len() - 2)), (Some(23_488_733_184), None));
    }

    #[test]
    fn names_that_may_be_half_are_left_out() {
        let ps = find("linux", "ps").unwrap();
        let processes = |text: &str| ps.parse(text.as_bytes()).unwrap().processes.unwrap();
        assert_eq!(processes("  PID CMD\n    1 init\n")[0].command.as_deref(), Some("init"));
        assert_eq!(processes("  PID CMD\n    1 ini")[0].command, None);
    }

    #[test]
    fn columns_of_numbers_end_below_each_other() {
        assert!(is_aligned(" r  b  free\n 1  0  1234\n 2  0    99"));
        assert!(!is_aligned(" r  b  free\n 1  0  1234\n 2  0   9"));
        assert!(!is_aligned("12"));
    }
}
