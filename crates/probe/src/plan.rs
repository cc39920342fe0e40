//! Reading a host over ssh: what to run there, and how its one answer is taken apart.
//!
//! ```text
//! Plan { facts, cycle } ─ script ─► one /bin/sh on the host ─► one text ─ Answer ─► parts by name
//!                                                                    HostReader ─► groups of samples
//! ```
//!
//! One shell a reading, fed from its standard input, so that neither the account's login shell nor the length of
//! an argument matters. The script reads and changes nothing, and waits for nothing longer than a second.
//!
//! Invariants
//! - PL-1: a marker is longer than a process's name can be, so no process of the host can forge one.
//! - PL-2: a part without its end is not taken: what is cut is left out, never half understood.

pub mod application;
mod guests;
mod host;
mod linux;
pub mod log;
mod samples;
mod unix;

pub use host::{GroupSink, HostReader, Identity, system_of_screen};

use std::borrow::Cow;
use std::fmt::Write as _;
use topmast_model::agentless::HostSystem;

/// What every line of ours in an answer begins with: 21 bytes, and a process's name has 15 at most (PL-1).
const MARKER: &str = "@@topmast-agentless: ";

/// One command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name in the answer.
    pub name: &'static str,
    /// What is run.
    pub command: Cow<'static, str>,
    /// Seconds from one run to the next; 0 is every reading.
    pub every_s: u32,
}

impl Part {
    const fn new(name: &'static str, every_s: u32, command: &'static str) -> Self {
        Self { name, command: Cow::Borrowed(command), every_s }
    }
}

/// What is run on a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Once a connection.
    pub facts: Vec<Part>,
    /// Every reading, or less often.
    pub cycle: Vec<Part>,
}

impl Plan {
    /// The plan of a system.
    pub fn of(system: HostSystem) -> Self {
        match system {
            HostSystem::Linux => linux::plan(),
            other => unix::plan(other),
        }
    }

    /// Everything at once: what an account whose command is forced runs whatever it is asked.
    pub fn whole(&self) -> Vec<Part> {
        [identity(), self.facts.clone(), self.cycle.clone()].concat()
    }
}

/// Which system it is; the same question for all.
pub fn identity() -> Vec<Part> {
    vec![Part::new("uname", 0, "uname -s; uname -r; uname -m; uname -n; uname -v")]
}

/// The script that runs some parts.
pub fn script<'a>(parts: impl IntoIterator<Item = &'a Part>) -> String {
    let mut text = head() + "{\n";
    self::parts(&mut text, parts);
    finish(&mut text);
    text
}

fn head() -> String {
    String::from("LC_ALL=C; LANG=C; PATH=/usr/bin:/bin:/usr/sbin:/sbin; export LC_ALL LANG PATH\n")
}

fn parts<'a>(text: &mut String, parts: impl IntoIterator<Item = &'a Part>) {
    for Part { name, command, .. } in parts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "printf '\\n{MARKER}begin {name}\\n'; {command}");
        let _ = writeln!(text, "printf '\\n{MARKER}end {name} %s\\n' \"$?\"");
    }
}

fn finish(text: &mut String) {
    let _ = writeln!(text, "printf '\\n{MARKER}done\\n'\n}} </dev/null");
}

/// True when a text ends with the mark that ends a script.
pub fn is_complete(text: &[u8]) -> bool {
    is_complete_by(text, MARKER)
}

/// The same for a script with a marker of its own.
pub fn is_complete_by(text: &[u8], marker: &str) -> bool {
    let end = text.trim_ascii_end();
    end.strip_suffix(b"done").is_some_and(|before| before.ends_with(marker.as_bytes()))
}

/// One part's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartAnswer<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it printed.
    pub text: &'a [u8],
    /// Its exit status.
    pub status: u8,
}

/// An answer taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer<'a> {
    /// What stands before the first part: a banner, or the words of something that is no shell.
    pub before: &'a [u8],
    /// The parts that ended, in their order.
    pub parts: Vec<PartAnswer<'a>>,
    /// The part that was begun and did not end.
    pub cut: Option<&'a str>,
    /// The script came to its end.
    pub complete: bool,
}

impl<'a> Answer<'a> {
    /// Takes a text apart.
    pub fn of(text: &'a [u8]) -> Self {
        Self::marked(text, MARKER)
    }

    /// Takes a text apart whose script had a marker of its own.
    pub fn marked(text: &'a [u8], marker: &str) -> Self {
        let mut answer = Self { before: text, ..Self::default() };
        let mut open: Option<(&str, usize)> = None;
        let mut at = 0;
        while let Some((start, line, next)) = next_marker(text, marker, at) {
            at = next;
            if answer.before.len() == text.len() {
                answer.before = text.get(..start).unwrap_or_default();
            }
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("begin"), Some(name), None) => open = Some((name, next)),
                (Some("end"), Some(name), Some(status)) => {
                    if let Some((begun, from)) = open.take()
                        && begun == name
                    {
                        // The line feed before the marker is ours.
                        let text = text.get(from..start.max(from)).unwrap_or_default();
                        let status = status.parse().unwrap_or(u8::MAX);
                        answer.parts.push(PartAnswer { name, text, status });
                    }
                }
                (Some("done"), None, None) => answer.complete = true,
                _ => {}
            }
        }
        answer.cut = open.map(|(name, _)| name);
        answer
    }

    /// A part by its name.
    pub fn part(&self, name: &str) -> Option<PartAnswer<'a>> {
        self.parts.iter().copied().find(|part| part.name == name)
    }
}

/// The next marker from `at`: where the line feed before it is, what stands behind it, where the next line begins.
fn next_marker<'a>(text: &'a [u8], marker: &str, at: usize) -> Option<(usize, &'a str, usize)> {
    let marker = marker.as_bytes();
    let mut from = at;
    loop {
        let found = from + find(text.get(from..)?, marker)?;
        let begins_line = found == 0 || text.get(found - 1) == Some(&b'\n');
        let rest = text.get(found + marker.len()..)?;
        let length = rest.iter().position(|byte| *byte == b'\n')?;
        from = found + marker.len();
        if !begins_line {
            continue;
        }
        // A pseudo-terminal ends lines with a carriage return as well.
        let line = rest.get(..length)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(line) = std::str::from_utf8(line) else { continue };
        return Some((found.saturating_sub(1), line, from + length + 1));
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|byte| *byte == first) {
        if text.get(from + at..)?.starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marker_is_longer_than_a_process_can_be_called() {
        // PL-1: /proc/N/stat holds a name of 15 bytes, a line feed among them.
        assert!(MARKER.len() > 15);
    }

    #[test]
    fn answer_gives_parts_by_name_and_says_what_was_cut() {
        let text = format!(
            "Welcome!\n\n{MARKER}begin a\none\ntwo\n\n{MARKER}end a 0\n\n{MARKER}begin b\n\n{MARKER}end b 3\n\n{MARKER}begin c\nha"
        );
        let answer = Answer::of(text.as_bytes());
        assert_eq!(answer.before, b"Welcome!\n");
        let part = |name| answer.part(name).map(|part| (part.text, part.status));
        assert_eq!(part("a"), Some((&b"one\ntwo\n"[..], 0)));
        assert_eq!(part("b"), Some((&b""[..], 3)));
        assert_eq!(part("c"), None);
        assert_eq!((answer.cut, answer.complete), (Some("c"), false));
    }

    #[test]
    fn answer_of_anything_else_is_before() {
        for text in ["", "top: unknown option 'x'\n", "@@topmast-agentless: begin a"] {
            let answer = Answer::of(text.as_bytes());
            assert_eq!((answer.before, answer.parts.len(), answer.complete), (text.as_bytes(), 0, false));
        }
    }

    #[test]
    fn marker_inside_a_line_or_of_another_part_ends_nothing() {
        let text = format!(
            "\n{MARKER}begin a\nx {MARKER}end a 0\n\n{MARKER}end b 0\n\n{MARKER}begin d\n1\n\n{MARKER}end d 0\n\n{MARKER}done\n"
        );
        let answer = Answer::of(text.as_bytes());
        assert_eq!(answer.parts.iter().map(|part| part.name).collect::<Vec<_>>(), ["d"]);
        assert!(answer.complete);
    }

    #[test]
    fn script_changes_nothing_and_ends_with_a_mark() {
        for system in HostSystem::ALL {
            let plan = Plan::of(*system);
            let text = script(&plan.whole());
            assert!(text.contains("LC_ALL=C") && text.ends_with("done\\n'\n} </dev/null\n"), "{system}");
            for word in ["sudo", " > /", ">> ", " rm ", "kill", "mkdir", "touch "] {
                assert!(!text.contains(word), "{system}: {word}");
            }
            let names: Vec<&str> = plan.whole().iter().map(|part| part.name).collect();
            let mut unique = names.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), names.len(), "{system}: {names:?}");
        }
    }
}
