//! Applications of a host that is read over ssh: how their commands are run within bounds, and what the answers mean.
//!
//! ```text
//! AgentlessApplication ─ section ─► part of the reading's script ─► `app-N` in the answer ─ seen ─► Seen
//!                      ─ single  ─► a script of one command       ─► `app-0`               ─ ended ─► Ended
//! ```
//!
//! Invariants
//! - AP-1: no command holds up a reading for longer than its time: the host itself ends it, with its children.
//! - AP-2: what a command prints is cut on the host to lines and columns, and can be no marker of ours.

use super::{Answer, MARKER, Part, head, parts};
use std::fmt::Write as _;
use topmast_model::agentless::AgentlessApplication;

/// Lines of an output that are kept: the last ones say what went wrong.
const LINES: usize = 20;
/// Columns of each.
const COLUMNS: usize = 400;
/// The exit code of what signal 9 ended.
const KILLED: u8 = 128 + 9;
/// Bytes of what is shown of an output.
const SHOWN: usize = 400;

/// Functions of the script: `topmast_within SECONDS COMMAND` runs a command and prints its exit code behind its output.
/// The clock is a second process, which a signal ends together with its `sleep`. A parent is stopped before its children
/// are ended, for else it would go on with what comes next. Written for every `/bin/sh` since Bourne's: no `timeout`,
/// no `setsid`, no `local`.
const FUNCTIONS: &str = r#"topmast_kill() {
  kill -STOP $1 2>/dev/null
  for topmast_c in `ps -e -o pid= -o ppid= 2>/dev/null | awk '$2 == '$1' { print $1 }'`; do topmast_kill $topmast_c; done
  kill -9 $1 2>/dev/null
}
topmast_within() {
  /bin/sh -c "$2" </dev/null 2>&1 &
  topmast_p=$!
  ( trap 'kill $topmast_s; exit' 15
    sleep $1 >/dev/null 2>&1 &
    topmast_s=$!
    wait $topmast_s && { printf '\n@late\n'; topmast_kill $topmast_p; } ) 2>/dev/null &
  topmast_w=$!
  wait $topmast_p
  topmast_r=$?
  kill -15 $topmast_w 2>/dev/null
  printf '\n@exit %s\n' $topmast_r
}
"#;

/// What is asked of applications in one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'a> {
    /// Its place among the applications of its server.
    pub place: usize,
    /// The application.
    pub application: &'a AgentlessApplication,
    /// Whether its version is asked for too.
    pub version: bool,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` when its time was over and it was ended.
    pub code: Option<u8>,
    /// The last lines of what it printed.
    pub text: String,
}

impl Ended {
    /// The last lines on one, short enough for a cause; empty when it printed nothing.
    pub fn last_lines(&self) -> String {
        let lines: Vec<&str> = self.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = lines.join(" / ");
        let from = text.ceil_char_boundary(text.len().saturating_sub(SHOWN));
        text[from..].to_owned()
    }

    /// In words, as of a command that did not do what it should.
    pub fn in_words(&self, what: &str, seconds: u64) -> String {
        let ended = match self.code {
            Some(code) => format!("{what} ended with code {code}"),
            None => format!("{what} did not end within {seconds} s and was killed"),
        };
        match self.last_lines() {
            text if text.is_empty() => ended,
            text => format!("{ended}: {text}"),
        }
    }
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It runs.
    Started,
    /// It does not run.
    Stopped,
    /// It does not run and should not be as it is; why.
    Failed(String),
    /// It cannot be told; why.
    Unclear(String),
}

/// The script of a reading: its parts, and the applications behind them.
pub fn script_with<'a>(parts_due: impl IntoIterator<Item = &'a Part>, looks: &[Look<'_>]) -> String {
    let mut text = head();
    if !looks.is_empty() {
        text.push_str(FUNCTIONS);
    }
    text.push_str("{\n");
    parts(&mut text, parts_due);
    for Look { place, application, version } in looks {
        within(&mut text, &format!("app-{place}"), application.status_timeout_s, &application.status_command);
        if let Some(command) = application.version_command.as_ref().filter(|_| *version) {
            within(&mut text, &format!("version-{place}"), application.status_timeout_s, command);
        }
    }
    super::finish(&mut text);
    text
}

/// The script that runs one command.
pub fn single(command: &str, seconds: u64) -> String {
    let mut text = head() + FUNCTIONS + "{\n";
    within(&mut text, "app-0", seconds, command);
    super::finish(&mut text);
    text
}

fn within(text: &mut String, name: &str, seconds: u64, command: &str) {
    let quoted = command.replace('\'', r"'\''");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "printf '\\n{MARKER}begin {name}\\n'");
    let _ = writeln!(
        text,
        "topmast_within {seconds} '{quoted}' | cut -c1-{COLUMNS} | tail -{LINES} | sed 's/^@@/ @@/'"
    );
    let _ = writeln!(text, "printf '\\n{MARKER}end {name} %s\\n' \"$?\"");
}

/// True when an answer ends within the command of an application, behind everything that tells of the host.
pub fn is_held_up(answer: &Answer<'_>, looks: &[Look<'_>]) -> bool {
    answer.cut.is_some_and(|cut| {
        looks.iter().any(|look| {
            let place = look.place.to_string();
            cut.strip_prefix("app-").or_else(|| cut.strip_prefix("version-")) == Some(place.as_str())
        })
    })
}

/// How the command of [`single`] ended; `None` when the answer does not say.
pub fn ended(answer: &Answer<'_>) -> Option<Ended> {
    ended_of(answer.part("app-0")?.text)
}

/// True when the command of [`single`] was begun: the account gives a shell.
pub fn is_begun(answer: &Answer<'_>) -> bool {
    answer.cut == Some("app-0") || answer.part("app-0").is_some()
}

fn ended_of(text: &[u8]) -> Option<Ended> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_end();
    let (before, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let code = last.trim_end_matches('\r').strip_prefix("@exit ")?.trim().parse().unwrap_or(u8::MAX);
    let before = before.trim_end();
    // Behind ours are only words of shells about what was killed.
    let late = before.rmatch_indices("@late").find(|(at, word)| {
        let (front, back) = (&before[..*at], &before[at + word.len()..]);
        code == KILLED
            && (front.is_empty() || front.ends_with('\n'))
            && (back.is_empty() || back.starts_with(['\n', '\r']))
    });
    let (text, is_late) = late.map_or((before, false), |(at, _)| (&before[..at], true));
    let text = text.trim_end().chars().filter(|char| *char == '\n' || !char.is_control()).collect();
    Some(Ended { code: (!is_late).then_some(code), text })
}

/// What an answer says of an application; `None` when it says nothing of it.
pub fn seen(answer: &Answer<'_>, look: &Look<'_>) -> Option<Seen> {
    let name = format!("app-{}", look.place);
    if answer.cut == Some(name.as_str()) {
        let message = "the status command holds up the reading; it cannot be ended by this account";
        return Some(Seen::Unclear(message.to_owned()));
    }
    let ended = ended_of(answer.part(&name)?.text)?;
    Some(understood(look.application, &ended))
}

/// The version that an answer tells.
pub fn version(answer: &Answer<'_>, look: &Look<'_>) -> Option<String> {
    let ended = ended_of(answer.part(&format!("version-{}", look.place))?.text)?;
    let line = ended.text.lines().map(str::trim).find(|line| !line.is_empty())?;
    (ended.code == Some(0)).then(|| line.to_owned())
}

/// What the status command's end means.
pub fn understood(application: &AgentlessApplication, ended: &Ended) -> Seen {
    let words = || ended.in_words("the status command", application.status_timeout_s);
    // A command that is not there, or that nobody may run, says nothing about the application; nor does LSB's 4.
    if matches!(ended.code, None | Some(4 | 126 | 127)) {
        return Seen::Unclear(words());
    }
    if application.started_when.is_empty() {
        return match ended.code {
            Some(0) => Seen::Started,
            Some(3) => Seen::Stopped,
            _ => Seen::Failed(words()),
        };
    }
    // A service on its way is told with a star by svcs.
    let says = |wanted: &[String]| {
        let printed = ended.text.split_whitespace();
        printed.into_iter().any(|word| wanted.iter().any(|wanted| word.trim_end_matches('*') == wanted))
    };
    match (says(&application.started_when), says(&application.stopped_when)) {
        (true, false) => Seen::Started,
        (false, true) => Seen::Stopped,
        (true, true) => Seen::Unclear(format!("it prints words of both: {}", ended.last_lines())),
        (false, false) => Seen::Failed(match ended.last_lines() {
            text if text.is_empty() => words(),
            text => format!("the status command says {text}"),
        }),
    }
}

#[cfg(test)]
mod tests;
