//! Texts that end within a line: their last word may be half of one.
//!
//! Tools end their lines. Where the last one does not end, its last word gets a mark that no number has, so that no
//! parser takes half a number for a whole one (T-2). A number that reaches as far as those above it is whole, and so is
//! a word that tools end their lines with: `"$(vmstat)"` loses the end of the last line and nothing else.

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
    if ends || all.contains('\u{1b}') || json::is(text) || is_aligned(all) || is_whole(all) {
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

/// Whether the last word cannot be half of one: it is closed by a quote or a percent sign, is one that tools end their
/// lines with or that a line above ends with, has the suffix or the decimals of its neighbours, or is a number at the
/// end of a row that has as many words as one above it and is no shorter: wide numbers push those behind them to the
/// right, never to the left.
fn is_whole(text: &str) -> bool {
    const ENDS: [&str; 12] = [
        "available",
        "blocks",
        "pages",
        "Mem",
        "mem",
        "buffers",
        "cached",
        "Free",
        "free",
        "minute",
        "minutes",
        "hours",
    ];
    /// Lines above that are looked at.
    const MOST: usize = 60;
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    let Some(last) = lines.next() else { return false };
    let above: Vec<&str> = lines.take(MOST).collect();
    let end = |line: &str| line.split_whitespace().next_back().unwrap_or_default().to_owned();
    let word = end(last);
    let is_number = number(&word).is_some();
    if ENDS.contains(&word.as_str()) || word.ends_with(['"', '%']) {
        return true;
    }
    if !is_number {
        return above.iter().any(|line| end(line) == word) || has_known_suffix(&word, last, &above);
    }
    let decimals = |word: &str| word.find(['.', ',']).map(|at| word.len() - at - 1);
    let before = last.split_whitespace().rev().nth(1).unwrap_or_default();
    if decimals(&word) >= Some(2) && number(before).is_some() && decimals(before) == decimals(&word) {
        return true;
    }
    // Rows of the same columns, the header among them.
    let ends = word_ends(last);
    let rows: Vec<(Option<usize>, String)> = above
        .iter()
        .map(|line| (word_ends(line), line))
        .filter(|(row, _)| ends.len() > 2 && row.len() == ends.len())
        .map(|(row, line)| (row.last().copied(), end(line)))
        .collect();
    let as_above = rows.iter().find(|(_, word)| number(word).is_some());
    !last.contains('\t')
        && rows.iter().any(|(row_end, _)| *row_end <= ends.last().copied())
        && as_above.is_none_or(|(_, above)| decimals(above) == decimals(&word))
}

/// Whether a size has a suffix that another size near it has: `1048568K`.
fn has_known_suffix(word: &str, last: &str, above: &[&str]) -> bool {
    let suffix = |word: &str| {
        let at = word.find(|char: char| char.is_ascii_alphabetic())?;
        let (digits, suffix) = word.split_at_checked(at)?;
        number(digits).map(|_| suffix.to_owned())
    };
    let Some(known) = suffix(word) else { return false };
    let mut others = above.iter().flat_map(|line| line.split_whitespace());
    let beside =
        last.split_whitespace().rev().skip(1).take(8).any(|word| suffix(word).as_ref() == Some(&known));
    beside || others.by_ref().take(500).any(|word| suffix(word).as_ref() == Some(&known))
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
    fn rows_that_reach_as_far_as_their_header_are_whole() {
        let text = " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n 2  0      0 27944680   2108 741208    0    0     1     3   29   57  0  0 98  0 12";
        let steal = |end: usize| find("linux", "vmstat").unwrap().parse(&text.as_bytes()[..end]);
        assert_eq!(steal(text.len()).unwrap().cpu_steal_pct, Some(12.0));
        assert!(steal(text.len() - 3).is_err());
        let swap = find("solaris", "swap").unwrap();
        let text = "total: 512k bytes allocated + 4k reserved = 516k used, 2048k available";
        assert_eq!(swap.parse(text.as_bytes()).unwrap().swap_free_bytes, Some(2 << 20));
        assert!(is_whole("1.00 2.00\n12.25 100.50") && is_whole("a 5K\nb 7K") && !is_whole("a 5Ki\nb 7K"));
        assert!(!is_whole("a b c\n1 2 3.25\n1 2 3.2") && is_whole("a b c\n1 2 3.25\n10 2 3.25"));
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
