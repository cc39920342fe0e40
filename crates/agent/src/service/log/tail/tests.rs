//! Rotation in every form that log rotators have, each also across a restart of the agent.

use super::*;
use std::io::Write;

struct Log {
    directory: tempfile::TempDir,
    path: PathBuf,
}

impl Log {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.log");
        Self { directory, path }
    }

    fn append(&self, text: &str) {
        let mut file = File::options().create(true).append(true).open(&self.path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, name: &str) -> PathBuf {
        let to = self.directory.path().join(name);
        std::fs::rename(&self.path, &to).unwrap();
        to
    }
}

fn lines(tail: &mut Tail) -> Vec<String> {
    let mut lines = Vec::new();
    tail.read(|line| lines.push(line.to_owned())).unwrap();
    lines
}

/// The same tail after a restart of the agent.
fn restarted(tail: &Tail, log: &Log) -> Tail {
    let saved = serde_json::to_vec(&tail.position()).unwrap();
    Tail::resume(&log.path, serde_json::from_slice(&saved).unwrap())
}

#[test]
fn read_starts_at_the_end_and_waits_for_the_line_end() {
    let log = Log::new();
    log.append("old\n");
    let mut tail = Tail::at_end(&log.path);
    assert!(lines(&mut tail).is_empty());
    log.append("one\r\ntw");
    assert_eq!(lines(&mut tail), ["one"]);
    log.append("o\n");
    assert_eq!(lines(&mut tail), ["two"]);
}

#[test]
fn line_that_was_half_written_at_the_start_is_not_counted() {
    let log = Log::new();
    log.append("old\nhal");
    let mut tail = Tail::at_end(&log.path);
    log.append("f\nwhole\n");
    assert_eq!(lines(&mut tail), ["whole"]);
}

#[test]
fn file_that_appears_later_is_read_from_its_beginning() {
    let log = Log::new();
    let mut tail = Tail::at_end(&log.path);
    assert!(matches!(tail.read(|_| {}), Err(TailError::Missing)));
    log.append("one\n");
    assert_eq!(lines(&mut tail), ["one"]);
}

#[test]
fn rename_loses_no_line_even_when_the_writer_reopens_late() {
    let log = Log::new();
    let mut tail = Tail::at_end(&log.path);
    log.append("one\n");
    assert_eq!(lines(&mut tail), ["one"]);
    let mut writer = File::options().append(true).open(&log.path).unwrap();
    log.rename("app.log.1");
    assert!(lines(&mut tail).is_empty());
    log.append(""); // the rotator makes the new file
    writer.write_all(b"two\n").unwrap(); // the writer has not heard yet
    assert_eq!(lines(&mut tail), ["two"]);
    writer.write_all(b"three\nlast without end").unwrap();
    log.append("four\n");
    assert_eq!(lines(&mut tail), ["three", "last without end", "four"]);
}

#[test]
fn rename_while_no_agent_runs_loses_no_line() {
    let log = Log::new();
    log.append("zero\n");
    let mut tail = Tail::at_end(&log.path);
    log.append("one\n");
    assert_eq!(lines(&mut tail), ["one"]);
    log.append("two\n");
    log.rename("app.log.1");
    log.append("three\n");
    let mut tail = restarted(&tail, &log);
    assert_eq!(lines(&mut tail), ["two", "three"]);
    assert!(lines(&mut restarted(&tail, &log)).is_empty());
}

#[test]
fn truncation_starts_again_also_when_the_file_has_grown_past_the_position() {
    let log = Log::new();
    let mut tail = Tail::at_end(&log.path);
    log.append("2026-11-23 one\n");
    assert_eq!(lines(&mut tail).len(), 1);
    std::fs::write(&log.path, "x\n").unwrap();
    assert_eq!(lines(&mut tail), ["x"]);
    std::fs::write(&log.path, "2026-11-24 a line that is longer than all before\n").unwrap();
    assert_eq!(lines(&mut tail), ["2026-11-24 a line that is longer than all before"]);
    std::fs::write(&log.path, "2026-11-25 after a restart of the agent, which is longer again\n").unwrap();
    assert_eq!(lines(&mut restarted(&tail, &log)).len(), 1);
}

#[test]
fn line_too_long_is_handed_over_cut_and_once() {
    // T-2
    let log = Log::new();
    let mut tail = Tail::at_end(&log.path);
    log.append(&"x".repeat(LINE_MAX * 2 + 10));
    assert_eq!(lines(&mut tail), ["x".repeat(LINE_MAX)]);
    let mut tail = restarted(&tail, &log);
    log.append(&"x".repeat(LINE_MAX));
    assert!(lines(&mut tail).is_empty());
    log.append("\nnext\n");
    assert_eq!(lines(&mut tail), ["next"]);
}

#[test]
fn flood_is_read_in_portions() {
    let log = Log::new();
    let mut tail = Tail::at_end(&log.path);
    let line = format!("{}\n", "y".repeat(1023));
    log.append(&line.repeat(10 << 10)); // 10 MiB
    let (first, second) = (lines(&mut tail).len(), lines(&mut tail).len());
    assert!(first < 10 << 10, "{first}");
    assert_eq!(first + second, 10 << 10);
}

#[test]
fn wrong_utf8_is_replaced() {
    let log = Log::new();
    let mut tail = Tail::at_end(&log.path);
    std::fs::write(&log.path, b"a\xff\n").unwrap();
    assert_eq!(lines(&mut tail), ["a\u{fffd}"]);
}
