//! Results of many servers, grouped by what is the same: the usual first, the odd ones last, where the eye is.
//!
//! ```text
//! ── 57 servers: db-1, db-2, … ── exit 0 ──
//! Linux 6.1
//! ── 1 server: web-7 ── exit 0 ──
//! ≠ Linux 5.10
//! ── 2 servers: web-8, web-9 ── failed: web-8 cannot be reached … ──
//! ```
//!
//! Invariants
//! - GR-1: what is the same is kept once, however many servers said it.
//! - GR-2: nothing that a server printed moves the cursor, colours or rings: control characters are shown as `^[`.

use crate::output::{Style, cut};
use serde::Serialize;
use std::fmt::Write as _;
use topmast_api::terminal::{OutputStream, PaneOutcome};

/// What one server said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) output: Vec<u8>,
    pub(super) error: Vec<u8>,
}

impl Said {
    pub(super) fn push(&mut self, stream: OutputStream, bytes: &[u8]) {
        match stream {
            OutputStream::Output => self.output.extend_from_slice(bytes),
            OutputStream::Error => self.error.extend_from_slice(bytes),
        }
    }
}

/// How one server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Outcome(PaneOutcome),
    /// It was never begun.
    NotStarted,
    /// Nobody knows.
    Unknown,
}

impl End {
    pub(super) fn has_succeeded(&self) -> bool {
        *self == Self::Outcome(PaneOutcome::Exited(0))
    }

    /// In one or a few words, and the rest of what is known.
    fn words(&self) -> (String, Option<&str>) {
        match self {
            Self::Outcome(PaneOutcome::Exited(code)) => (format!("exit {code}"), None),
            Self::Outcome(PaneOutcome::Signalled(signal)) => (format!("signal {signal}"), None),
            Self::Outcome(PaneOutcome::Stopped) => ("stopped".to_owned(), None),
            Self::Outcome(PaneOutcome::Limited(why)) => ("limited".to_owned(), Some(why)),
            Self::Outcome(PaneOutcome::Failed(why)) => ("failed".to_owned(), Some(why)),
            Self::NotStarted => ("not started".to_owned(), None),
            Self::Unknown => {
                ("unknown".to_owned(), Some("the connection to the master was lost while it ran"))
            }
        }
    }

    /// The odd ones last: not begun, then what ended, by how bad it is.
    fn rank(&self) -> u8 {
        match self {
            Self::Outcome(PaneOutcome::Exited(0)) => 0,
            Self::NotStarted => 1,
            Self::Outcome(PaneOutcome::Stopped) => 2,
            Self::Outcome(PaneOutcome::Exited(_)) => 3,
            Self::Outcome(PaneOutcome::Signalled(_)) => 4,
            Self::Outcome(PaneOutcome::Limited(_)) => 5,
            Self::Outcome(PaneOutcome::Failed(_)) => 6,
            Self::Unknown => 7,
        }
    }
}

/// Servers with the same result.
#[derive(Debug)]
struct Group {
    end: End,
    said: Said,
    servers: Vec<u16>,
}

/// All results so far.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<Group>);

/// A group for programs.
#[derive(Debug, Serialize)]
pub(super) struct GroupJson<'a> {
    outcome: &'static str,
    exit_code: Option<i32>,
    detail: Option<&'a str>,
    stdout: String,
    stderr: String,
    servers: Vec<&'a str>,
}

impl Groups {
    pub(super) fn add(&mut self, server: u16, end: End, said: Said) {
        match self.0.iter_mut().find(|group| group.end == end && group.said == said) {
            Some(group) => group.servers.push(server),
            None => self.0.push(Group { end, said, servers: vec![server] }),
        }
    }

    /// How many ended otherwise than with exit code 0.
    pub(super) fn failed(&self) -> usize {
        self.0.iter().filter(|group| !group.end.has_succeeded()).map(|group| group.servers.len()).sum()
    }

    pub(super) fn has_unknown(&self) -> bool {
        self.0.iter().any(|group| group.end == End::Unknown)
    }

    /// `57 exit 0, 2 exit 1, 1 failed`.
    pub(super) fn summary(&self) -> String {
        let mut counts: Vec<(u8, String, usize)> = Vec::new();
        for group in &self.0 {
            let (words, _) = group.end.words();
            match counts.iter_mut().find(|(_, known, _)| *known == words) {
                Some((.., count)) => *count += group.servers.len(),
                None => counts.push((group.end.rank(), words, group.servers.len())),
            }
        }
        counts.sort();
        counts.iter().map(|(_, words, count)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
    }

    fn sort(&mut self) {
        for group in &mut self.0 {
            group.servers.sort_unstable();
        }
        self.0.sort_by_key(|group| {
            (group.end.rank(), std::cmp::Reverse(group.servers.len()), group.servers[0])
        });
    }

    pub(super) fn json<'a>(&'a mut self, names: &'a [String]) -> Vec<GroupJson<'a>> {
        self.sort();
        let json = |group: &'a Group| {
            let (outcome, exit_code) = match &group.end {
                End::Outcome(PaneOutcome::Exited(code)) => ("exited", Some(*code)),
                End::Outcome(PaneOutcome::Signalled(_)) => ("signalled", None),
                End::Outcome(PaneOutcome::Stopped) => ("stopped", None),
                End::Outcome(PaneOutcome::Limited(_)) => ("limited", None),
                End::Outcome(PaneOutcome::Failed(_)) => ("failed", None),
                End::NotStarted => ("not-started", None),
                End::Unknown => ("unknown", None),
            };
            let detail = match &group.end {
                End::Outcome(PaneOutcome::Signalled(signal)) => Some(signal.as_str()),
                end => end.words().1,
            };
            GroupJson {
                outcome,
                exit_code,
                detail,
                stdout: String::from_utf8_lossy(&group.said.output).into_owned(),
                stderr: String::from_utf8_lossy(&group.said.error).into_owned(),
                servers: group.servers.iter().map(|pane| names[usize::from(*pane)].as_str()).collect(),
            }
        };
        self.0.iter().map(json).collect()
    }

    /// As text for people.
    pub(super) fn text(&mut self, names: &[String], style: Style) -> String {
        self.sort();
        // What the most servers say is what the others are compared with.
        let speaking = self.0.iter().filter(|group| lines(&group.said).next().is_some());
        let usual = speaking.max_by_key(|group| (group.end.has_succeeded(), group.servers.len()));
        let usual = usual.map(|group| &group.said);
        if self.is_a_line_each() {
            return self.table(names, usual, style);
        }
        let most = style.width.map_or(usize::MAX, |_| SHOWN_MAX);
        let mut text = String::new();
        for group in &self.0 {
            text.push_str(&head(group, names, style));
            let odd = usual.and_then(|usual| first_difference(usual, &group.said));
            // What is odd is shown also when it comes late.
            let first = odd.unwrap_or(0).saturating_sub(most / 2);
            let mut count = 0;
            for (place, line) in lines(&group.said).enumerate() {
                count += 1;
                if (first..first.saturating_add(most)).contains(&place) {
                    let mark = if odd == Some(place) { "≠ " } else { "  " };
                    // Writing to a String cannot fail.
                    let _ = writeln!(text, "{mark}{}", shown(line));
                }
            }
            let left_out = count - count.min(first.saturating_add(most)) + first;
            if left_out > 0 {
                let _ = writeln!(
                    text,
                    "  … {left_out} more lines: write to a file or a pager to see all of them"
                );
            }
            if count == 0 && group.end.words().1.is_none() && group.end != End::NotStarted {
                text.push_str("  (no output)\n");
            }
        }
        text
    }

    /// True when a row says everything: several results of at most one line each.
    fn is_a_line_each(&self) -> bool {
        self.0.len() > 1 && self.0.iter().all(|group| lines(&group.said).nth(1).is_none())
    }

    fn table(&self, names: &[String], usual: Option<&Said>, style: Style) -> String {
        let rows: Vec<(String, String, String)> = self
            .0
            .iter()
            .map(|group| {
                let (words, detail) = group.end.words();
                let mut line = lines(&group.said).next().map(shown).unwrap_or_default();
                let is_odd = usual.is_some_and(|usual| first_difference(usual, &group.said).is_some());
                if let Some(detail) = detail {
                    let detail = shown(detail.as_bytes());
                    line = if line.is_empty() { detail } else { format!("{line} ({detail})") };
                }
                (
                    servers(group, names, NAMED_IN_ROW),
                    words,
                    format!("{} {line}", if is_odd { '≠' } else { ' ' }),
                )
            })
            .collect();
        let width = |pick: fn(&(String, String, String)) -> &String| {
            rows.iter().map(|row| pick(row).chars().count()).max().unwrap_or(0)
        };
        let (first, second) = (width(|row| &row.0), width(|row| &row.1));
        let all_differ = self.0.iter().all(|group| group.servers.len() == 1);
        let mut text = String::new();
        for (servers, words, line) in &rows {
            // When every server says something else, none of them is odd.
            let line = if all_differ { line.replacen('≠', " ", 1) } else { line.clone() };
            let row = format!("{servers:first$}  {words:second$} {line}");
            let row = style.width.map_or_else(|| row.clone(), |width| cut(row.trim_end(), width));
            let _ = writeln!(text, "{}", row.trim_end());
        }
        text
    }
}

/// Lines of one group on a terminal: some screens. In a file or a pipe there are all.
const SHOWN_MAX: usize = 200;
/// Names in a row, and in a head: the rest is counted.
const NAMED_IN_ROW: usize = 3;
const NAMED_IN_HEAD: usize = 12;

fn servers(group: &Group, names: &[String], most: usize) -> String {
    let named: Vec<&str> =
        group.servers.iter().take(most).map(|pane| names[usize::from(*pane)].as_str()).collect();
    let more = group.servers.len() - named.len();
    let named = named.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn head(group: &Group, names: &[String], style: Style) -> String {
    let count = group.servers.len();
    let noun = if count == 1 { "server" } else { "servers" };
    let (words, detail) = group.end.words();
    let detail = detail.map(|detail| format!(": {}", shown(detail.as_bytes()))).unwrap_or_default();
    let names = servers(group, names, NAMED_IN_HEAD);
    let line = format!("── {count} {noun}: {names} ── {words}{detail} ──");
    let (on, off) = match (style.colour, group.end.has_succeeded()) {
        (false, _) => ("", ""),
        (true, true) => ("\x1b[1m", "\x1b[0m"),
        (true, false) => ("\x1b[1;31m", "\x1b[0m"),
    };
    format!("{on}{line}{off}\n")
}

/// The lines of both outputs; those of standard error after the others.
fn lines(said: &Said) -> impl Iterator<Item = &[u8]> {
    [&said.output, &said.error].into_iter().filter(|bytes| !bytes.is_empty()).flat_map(|bytes| {
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// One line without control characters; a tab stays one.
fn shown(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for char in String::from_utf8_lossy(line).chars() {
        match char {
            '\t' => text.push(char),
            '\0'..='\u{1f}' => text.extend(['^', char::from(char as u8 + b'@')]),
            '\u{7f}' => text.push_str("^?"),
            char if char.is_control() => text.push(char::REPLACEMENT_CHARACTER),
            char => text.push(char),
        }
    }
    text
}

/// The first line that is not as usual; none when all are, or there is nothing to compare.
fn first_difference(usual: &Said, own: &Said) -> Option<usize> {
    let count = lines(own).count();
    if count == 0 || lines(usual).eq(lines(own)) {
        return None;
    }
    let same = lines(usual).zip(lines(own)).take_while(|(usual, own)| usual == own).count();
    Some(same.min(count - 1))
}

#[cfg(test)]
mod tests;
