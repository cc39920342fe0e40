//! The cells of a row of `ps`. They are not always as many words as there are columns: dates have several, the start
//! of a defunct process is blank, a state holds blanks, and numbers wider than their columns run into each other.
//!
//! ```text
//! USER       PID %CPU %MEM   SZ  RSS TT       S    START  TIME COMMAND
//! oracle    1234  1.2  2.3102456252345 ?      S   Jul 01 12:34 ora_pmon
//! ```
//!
//! What stands between the numbers and the command (terminal, state, start and time) is known by its form, so that
//! it tells where the command begins, and how many words there are before it.

use super::super::table::Table;
use super::super::text::{count, number};

/// What a column before the command holds, where its cells have a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Terminal,
    State,
    Start,
    Time,
}

/// Cells of a row, a dash for each that is not known, and whether some ran into each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cells<'r> {
    pub(super) cells: Vec<&'r str>,
    pub(super) glued: bool,
}

/// How the columns of a table are parted: numbers and names, then cells that have a form, then the command.
#[derive(Debug)]
pub(super) struct Layout {
    before: usize,
    forms: Vec<Form>,
    /// The last column before them may be blank.
    blank: bool,
}

impl Layout {
    /// `None` for tables in which nothing tells where the command begins.
    pub(super) fn of(table: &Table<'_>) -> Option<Self> {
        let names = table.names();
        let command = names.len().checked_sub(1)?;
        if !super::WIDE.contains(&names.last()?.to_ascii_uppercase().as_str()) {
            return None;
        }
        let form = |name: &&str| match *name {
            "TTY" | "TT" => Some(Form::Terminal),
            "STAT" | "S" | "STATE" => Some(Form::State),
            "STIME" | "START" | "STARTED" | "LSTART" => Some(Form::Start),
            "TIME" => Some(Form::Time),
            _ => None,
        };
        let mut forms: Vec<Form> = names.iter().take(command).rev().map_while(form).collect();
        forms.reverse();
        if !forms.contains(&Form::Terminal) || !forms.contains(&Form::Time) {
            return None;
        }
        let before = command - forms.len();
        let blank = before.checked_sub(1).and_then(|at| names.get(at)) == Some(&"WCHAN");
        Some(Self { before, forms, blank })
    }

    /// The cells of a row; `None` when it has not the form of the table.
    pub(super) fn cells<'r>(&self, table: &Table<'_>, row: &'r str) -> Option<Cells<'r>> {
        /// More words than any table has columns.
        const MOST: usize = 64;
        let words = words(row, MOST.min(self.before + 16));
        let defunct = row.trim_end().ends_with("<defunct>");
        // Fewer words before the terminal than columns: one is blank, or some run into each other.
        for from in (self.before.saturating_sub(3)..=self.before).rev() {
            let mut found = Vec::with_capacity(self.forms.len());
            let strict = from < self.before;
            let Some(command) = take(&words, from, &self.forms, (strict, defunct), &mut found) else {
                continue;
            };
            let rest = row.get(words.get(command)?.0..)?.trim_end();
            let missing = self.before - from;
            let mut cells: Vec<&str> = words.iter().take(from).map(|(_, word)| *word).collect();
            let glued = missing > usize::from(self.blank);
            if glued {
                let names = table.names();
                let bad = cells.iter().zip(names).position(|(cell, name)| !fits(name, cell));
                // Where no word tells that it is several, the last one is.
                cells.truncate(bad.unwrap_or(from.saturating_sub(1)));
            }
            cells.resize(self.before, "-");
            cells.extend(found);
            cells.push(rest);
            return Some(Cells { cells, glued });
        }
        None
    }
}

/// Takes cells by their forms from a word on, and says where the command begins.
fn take<'r>(
    words: &[(usize, &'r str)],
    at: usize,
    forms: &[Form],
    (strict, defunct): (bool, bool),
    found: &mut Vec<&'r str>,
) -> Option<usize> {
    let Some((form, rest)) = forms.split_first() else { return (at < words.len()).then_some(at) };
    let word = words.get(at)?.1;
    let n_found = found.len();
    let mut with = |n_words: usize, cell: &'r str| {
        found.truncate(n_found);
        found.push(cell);
        take(words, at + n_words, rest, (strict, defunct), found)
    };
    match form {
        Form::Terminal if is_terminal(word, strict) => {
            if let Some(command) = with(1, word) {
                return Some(command);
            }
        }
        Form::State if is_state(word) => {
            // `S <` and `S N` are one cell.
            let more = words.get(at + 1).is_some_and(|(_, next)| matches!(*next, "<" | "N"));
            return more.then(|| with(2, word)).flatten().or_else(|| with(1, word));
        }
        Form::Start => {
            for n_words in [5, 2, 1] {
                if is_start(words.get(at..at + n_words).unwrap_or_default())
                    && let Some(command) = with(n_words, word)
                {
                    return Some(command);
                }
            }
        }
        Form::Time if is_time(word) => return with(1, word),
        _ => {}
    }
    if !defunct || !matches!(form, Form::Terminal | Form::Start) {
        return None;
    }
    let marked = *form == Form::Start && matches!(word, "-" | "?");
    with(0, "-").or_else(|| marked.then(|| with(1, word))?)
}

/// Words and where they begin.
fn words(row: &str, most: usize) -> Vec<(usize, &str)> {
    let mut rest = row;
    let mut words = Vec::new();
    while words.len() < most {
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            break;
        }
        let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let (word, after) = trimmed.split_at(end);
        words.push((row.len() - trimmed.len(), word));
        rest = after;
    }
    words
}

/// Whether a word can be one cell of a column.
fn fits(name: &str, cell: &str) -> bool {
    let decimals = |cell: &str| cell.find(['.', ',']).map_or(0, |at| cell.len() - at - 1);
    match name {
        "%CPU" | "%MEM" | "PCPU" | "PMEM" => number(cell).is_some() && decimals(cell) <= 2,
        "PID" | "PPID" => count(cell).is_some() && cell.len() <= 10,
        _ => true,
    }
}

/// `?`, `-`, `pts/3`, `ttyS0`, `console`, `v0`; as nothing but its name tells, anything else may be one too where the
/// row has as many words as it should.
fn is_terminal(word: &str, strict: bool) -> bool {
    const NAMES: [&str; 8] = ["pts", "tty", "con", "pty", "lft", "hvc", "term", "zone"];
    matches!(word, "?" | "??" | "-")
        || NAMES.iter().any(|name| word.starts_with(name))
        || (!strict && word.len() <= 12 && !is_time(word))
}

fn is_state(word: &str) -> bool {
    word.len() <= 8 && word.starts_with(|char: char| char.is_ascii_uppercase()) && !is_month(word)
}

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS.contains(&word)
}

/// `10:00:01`, `Jul01`, `2024`; `Jul 01`; `Mon Jan  5 10:00:00 2026`.
fn is_start(words: &[(usize, &str)]) -> bool {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    match words {
        [(_, word)] => word.bytes().any(|byte| byte.is_ascii_digit()),
        [(_, month), (_, day)] => is_month(month) && day.len() <= 4 && count(day).is_some(),
        [(_, day), (_, first), (_, second), ..] => {
            DAYS.contains(day) && (is_month(first) || is_month(second))
        }
        _ => false,
    }
}

/// `0:03`, `00:00:03`, `1-02:03:04`, `123:45:01.23`.
fn is_time(word: &str) -> bool {
    let parts = word.split([':', '-', '.', ',']);
    word.contains(':')
        && parts.clone().count() <= 5
        && parts.into_iter().all(|part| !part.is_empty() && count(part).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, row: &str, expect: &[&str], glued: bool) {
        let table = Table::of(header.split_whitespace().collect(), &super::super::WIDE);
        let found = Layout::of(&table).unwrap().cells(&table, row).unwrap();
        assert_eq!((found.cells.as_slice(), found.glued), (expect, glued), "{row}");
    }

    const EF: &str = "UID PID PPID C STIME TTY TIME CMD";
    const AUX: &str = "USER PID %CPU %MEM SZ RSS TT S START TIME COMMAND";

    #[test]
    fn starts_are_one_word_two_five_or_none() {
        check(
            EF,
            "root 1 0 0 10:00:01 - 0:03 a  b",
            &["root", "1", "0", "0", "10:00:01", "-", "0:03", "a  b"],
            false,
        );
        check(EF, "root 1 0 0 Jul 01 ? 0:03 a", &["root", "1", "0", "0", "Jul", "?", "0:03", "a"], false);
        check(
            EF,
            "root 1 0 0 Mon Jan  5 10:00:00 2026 ? 0:03 a",
            &["root", "1", "0", "0", "Mon", "?", "0:03", "a"],
            false,
        );
        check(
            EF,
            "root 1 0 0 ? 0:03 <defunct>",
            &["root", "1", "0", "0", "-", "?", "0:03", "<defunct>"],
            false,
        );
        check(
            EF,
            "root 1 0 0 0:03 <defunct>",
            &["root", "1", "0", "0", "-", "-", "0:03", "<defunct>"],
            false,
        );
    }

    #[test]
    fn blank_channels_and_states_with_blanks_are_one_cell() {
        let header = "S UID PID PPID C SZ WCHAN STIME TTY TIME CMD";
        check(
            header,
            "A root 1 0 0 708 10:00:01 - 1:23 /etc/init x",
            &["A", "root", "1", "0", "0", "708", "-", "10:00:01", "-", "1:23", "/etc/init x"],
            false,
        );
        check("PID TT STAT TIME COMMAND", "1 ? S < 0:03 ntpd -n", &["1", "?", "S", "0:03", "ntpd -n"], false);
    }

    #[test]
    fn numbers_that_run_into_each_other_are_left_out() {
        check(
            AUX,
            "oracle 1234 1.2 2.3102456252345 ? S Jul 01 12:34 ora pmon",
            &["oracle", "1234", "1.2", "-", "-", "-", "?", "S", "Jul", "12:34", "ora pmon"],
            true,
        );
        check(
            AUX,
            "oracle 1234 1.2 2.3 102456252345 pts/1 S 10:00:01 12:34 ora",
            &["oracle", "1234", "1.2", "2.3", "-", "-", "pts/1", "S", "10:00:01", "12:34", "ora"],
            true,
        );
    }
}
