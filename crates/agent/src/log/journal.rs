//! systemd's journal, by `journalctl`: no library, and no format but the JSON that it prints.
//!
//! ```text
//! journalctl -o json -u UNIT [--reverse] ─► entries                     until it ends, or nobody wants more
//! journalctl -o json -u UNIT -f --after-cursor=C ─ thread ─► entries    begun anew behind the last one when it ended
//! ```
//!
//! Invariants
//! - JN-1: an entry longer than [`ENTRY_MAX`] is passed over and costs no more memory than that.
//! - JN-2: no `journalctl` outlives the reading that it was begun for.

use serde::Deserialize;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};
use topmast_logfile::{JournalEntries, JournalEntry, JournalTail, JournalWindow};
use topmast_model::time::UnixMillis;

/// Longest entry as it is printed; journald itself takes no longer lines of a program than 48 KiB unless told to.
const ENTRY_MAX: u64 = 1 << 20;
/// Entries of a tail that wait to be looked at.
const WAITING: usize = 256;
/// Time between two begins of a `journalctl` that ends.
const AGAIN: Duration = Duration::from_secs(2);
/// Bytes of what it says when it cannot.
const WORDS_MAX: u64 = 400;

/// Where the journal is.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal {
    /// Its directory; the system's own when missing.
    pub(super) directory: Option<PathBuf>,
}

impl Journal {
    /// Entries of a unit.
    pub(super) fn entries(&self, unit: &str, window: JournalWindow) -> io::Result<JournalEntries> {
        let mut command = self.command(unit);
        let seconds = |time: UnixMillis| format!("@{}", time.0.div_euclid(1_000));
        if let Some(since) = window.since {
            command.arg(format!("--since={}", seconds(since)));
        }
        if let Some(until) = window.until {
            command.arg(format!("--until={}", seconds(UnixMillis(until.0.saturating_add(1_000)))));
        }
        if window.newest_first {
            command.arg("--reverse");
        }
        let (mut running, mut printed) = Running::begin(&mut command)?;
        let mut is_over = false;
        Ok(Box::new(std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let next = printed.next().and_then(|next| match next {
                Some(entry) => Ok(Some(entry)),
                None => running.ended().map(|()| None),
            });
            let next = next.transpose();
            is_over = !matches!(next, Some(Ok(_)));
            next
        })))
    }

    /// Entries from behind one on, as they are written.
    ///
    /// - `cursor`: that one; the newest of all when missing.
    pub(super) fn follow(&self, unit: &str, cursor: Option<String>) -> io::Result<Box<dyn JournalTail>> {
        let cursor = match cursor {
            Some(cursor) => Some(cursor),
            None => self.newest()?,
        };
        let (journal, unit) = (self.clone(), unit.to_owned());
        Ok(Box::new(Following { journal, unit, cursor, running: None, begun: None }))
    }

    /// The place of the newest entry of any unit.
    fn newest(&self) -> io::Result<Option<String>> {
        let mut command = self.whole();
        command.args(["-n", "1"]);
        let (_running, mut printed) = Running::begin(&mut command)?;
        Ok(printed.next()?.map(|entry| entry.cursor))
    }

    fn command(&self, unit: &str) -> Command {
        let mut command = self.whole();
        command.arg(format!("--unit={unit}"));
        command
    }

    fn whole(&self) -> Command {
        let mut command = Command::new("journalctl");
        command.args([
            "--output=json",
            "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_PID",
            "--all",
            "--quiet",
            "--no-pager",
        ]);
        if let Some(directory) = &self.directory {
            command.arg("--directory").arg(directory);
        }
        command
    }
}

/// A `journalctl` that runs.
struct Running(Child);

/// What it prints.
struct Output {
    reader: BufReader<ChildStdout>,
    line: Vec<u8>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // JN-2. One that has ended needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn begin(command: &mut Command) -> io::Result<(Self, Output)> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("LC_ALL", "C");
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::other(
                "there is no journalctl on this server to read systemd's journal with; name files in log_files of \
                 the unit",
            ),
            _ => error,
        })?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("journalctl has no output"))?;
        Ok((Self(child), Output { reader: BufReader::new(output), line: Vec::new() }))
    }

    /// Whether it ended well; why not, in its words.
    fn ended(&mut self) -> io::Result<()> {
        let mut words = String::new();
        if let Some(errors) = self.0.stderr.take() {
            errors.take(WORDS_MAX).read_to_string(&mut words)?;
        }
        let status = self.0.wait()?;
        // It ends with 1 when nothing was found, and then says nothing.
        if status.success() || words.trim().is_empty() {
            return Ok(());
        }
        Err(io::Error::other(format!("journalctl says: {}", words.trim().replace('\n', " / "))))
    }
}

impl Output {
    /// The next entry; none at the end.
    fn next(&mut self) -> io::Result<Option<JournalEntry>> {
        loop {
            self.line.clear();
            let read = (&mut self.reader).take(ENTRY_MAX).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            if self.line.last() != Some(&b'\n') && read as u64 == ENTRY_MAX {
                self.skip_line()?;
                continue;
            }
            if let Some(entry) = entry(&self.line) {
                return Ok(Some(entry));
            }
        }
    }

    /// Passes over the rest of an entry that is too long (JN-1).
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let waiting = self.reader.fill_buf()?;
            let end = waiting.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(waiting.len(), |end| end + 1);
            self.reader.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

/// A journal that is followed.
struct Following {
    journal: Journal,
    unit: String,
    cursor: Option<String>,
    running: Option<(Running, Receiver<io::Result<JournalEntry>>)>,
    begun: Option<Instant>,
}

impl Following {
    fn begin(&mut self) -> io::Result<()> {
        let mut command = self.journal.command(&self.unit);
        // Else it would begin with the last ten, whatever came since.
        command.args(["--follow", "--no-tail"]);
        if let Some(cursor) = &self.cursor {
            command.arg(format!("--after-cursor={cursor}"));
        }
        let (running, mut printed) = Running::begin(&mut command)?;
        let (sender, receiver) = sync_channel(WAITING);
        // Reading blocks; it ends when its `journalctl` is ended.
        std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            loop {
                let Some(next) = printed.next().transpose() else { return };
                let is_over = next.is_err();
                if sender.send(next).is_err() || is_over {
                    return;
                }
            }
        })?;
        self.running = Some((running, receiver));
        Ok(())
    }
}

impl JournalTail for Following {
    fn next(&mut self) -> io::Result<Option<JournalEntry>> {
        let Some((running, entries)) = &mut self.running else {
            if self.begun.is_some_and(|begun| begun.elapsed() < AGAIN) {
                return Ok(None);
            }
            self.begun = Some(Instant::now());
            self.begin()?;
            return Ok(None);
        };
        match entries.try_recv() {
            Ok(Ok(entry)) => {
                self.cursor = Some(entry.cursor.clone());
                Ok(Some(entry))
            }
            Ok(Err(error)) => {
                self.running = None;
                Err(error)
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => {
                let ended = running.ended();
                self.running = None;
                ended.map(|()| None)
            }
        }
    }
}

/// What `journalctl -o json` prints of an entry.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "__CURSOR")]
    cursor: String,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    micros: String,
    #[serde(rename = "MESSAGE", default)]
    message: Value,
    #[serde(rename = "SYSLOG_IDENTIFIER", default)]
    identifier: Value,
    #[serde(rename = "_PID", default)]
    pid: Value,
}

fn entry(line: &[u8]) -> Option<JournalEntry> {
    let printed: Printed = serde_json::from_slice(line).ok()?;
    let micros: i64 = printed.micros.parse().ok()?;
    let time = jiff::Timestamp::from_microsecond(micros).ok()?;
    let program = String::from_utf8_lossy(&bytes(&printed.identifier)).into_owned();
    let pid = String::from_utf8_lossy(&bytes(&printed.pid)).into_owned();
    let pid = if pid.is_empty() { pid } else { format!("[{pid}]") };
    let mut text = format!("{time:.6} {program}{pid}: ").into_bytes();
    text.extend(bytes(&printed.message));
    while text.last() == Some(&b'\n') {
        text.pop();
    }
    Some(JournalEntry { text, time: UnixMillis(micros.div_euclid(1_000)), cursor: printed.cursor })
}

/// A field: a text, numbers where it is none, or several of these.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Number(number) => {
            number.as_u64().and_then(|byte| u8::try_from(byte).ok()).into_iter().collect()
        }
        Value::Array(values) if values.iter().all(Value::is_number) => {
            values.iter().flat_map(bytes).collect()
        }
        Value::Array(values) => values.iter().map(bytes).collect::<Vec<_>>().join(&b'\n'),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_understood_in_every_form_that_is_printed() {
        let text = |message: &str| {
            let line = format!(
                r#"{{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1795958430123456","MESSAGE":{message},"SYSLOG_IDENTIFIER":"shop","_PID":"77"}}"#
            );
            String::from_utf8_lossy(&entry(line.as_bytes()).unwrap().text).into_owned()
        };
        let head = "2026-11-29T13:20:30.123456Z shop[77]: ";
        assert_eq!(text(r#""up""#), format!("{head}up"));
        assert_eq!(text(r#""two\nlines\n""#), format!("{head}two\nlines"));
        assert_eq!(text("[117, 112, 255]"), format!("{head}up\u{fffd}"));
        assert_eq!(text(r#"["one", "two"]"#), format!("{head}one\ntwo"));
        assert_eq!(text("null"), head);
        assert_eq!(entry(b"-- No entries --"), None);
        let bare = entry(br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1795958430123456"}"#).unwrap();
        assert_eq!((bare.text, bare.time.0), (b"2026-11-29T13:20:30.123456Z : ".to_vec(), 1_795_958_430_123));
    }
}
