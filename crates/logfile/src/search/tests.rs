//! Searches over real files: the same lines as a plain reading finds, within bounds, in the order that is asked for.

use super::*;
use crate::fixture::{Disk, Heard};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;
use topmast_model::log::LogMatch;

const START: i64 = 1_795_958_430_000;

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn source(&self) -> Source {
        Source {
            application: "app".into(),
            name: "app.log".into(),
            path: self.path("app.log"),
            journal: None,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file that was last written so many seconds ago.
    fn write(&self, name: &str, text: &[u8], age: u64) {
        let path = self.path(name);
        if Path::new(name).extension().is_some_and(|end| end == "gz") {
            let mut encoder = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap();
        } else {
            fs::write(&path, text).unwrap();
        }
        // Some time after the last line.
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_958_530 - age);
        fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    }

    fn search(&self, wanted: &LogSearch) -> Result<Vec<LogRecord>, String> {
        let redactor = Redactor { cards: true, rules: Vec::new() };
        let mut heard = Heard::default();
        search(&Disk, &[self.source()], wanted, &redactor, &mut heard)?;
        Ok(heard.records)
    }

    fn texts(&self, wanted: &LogSearch) -> Vec<String> {
        let lines = self.search(wanted).unwrap().into_iter().filter_map(|record| match record {
            LogRecord::Line(line) => {
                Some(format!("{}{}", if line.is_context { "- " } else { "" }, line.text))
            }
            _ => None,
        });
        lines.collect()
    }

    fn done(&self, wanted: &LogSearch) -> (u64, u64, Option<String>) {
        match self.search(wanted).unwrap().pop() {
            Some(LogRecord::Done { bytes, matches, limit }) => (bytes, matches, limit),
            other => panic!("{other:?}"),
        }
    }
}

fn pattern(pattern: &str) -> LogSearch {
    let lines_that = LogMatch { pattern: Some(pattern.to_owned()), ..LogMatch::default() };
    LogSearch { lines_that, ..LogSearch::default() }
}

/// A line of so many seconds after the start.
fn line(second: i64, text: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(START + second * 1_000).unwrap();
    format!("{time} {text}\n")
}

#[test]
fn rotated_and_packed_files_are_looked_through_newest_first() {
    let files = Files::new();
    files.write("app.log.2.gz", (line(0, "one a") + &line(1, "two b")).as_bytes(), 30);
    files.write("app.log.1", (line(2, "three a") + &line(3, "four a")).as_bytes(), 20);
    files.write("app.log", (line(4, "five b") + &line(5, "six a")).as_bytes(), 0);
    let texts = |wanted: &LogSearch| -> Vec<String> {
        files.texts(wanted).iter().map(|text| text.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&pattern("a$")), ["six", "four", "three", "one"]);
    assert_eq!(texts(&LogSearch { oldest_first: true, ..pattern("a$") }), ["one", "three", "four", "six"]);
    assert_eq!(texts(&LogSearch { matches_max: 2, ..pattern("a$") }), ["six", "four"]);
    assert_eq!(files.done(&LogSearch { matches_max: 2, ..pattern("a$") }).1, 2);
    assert!(
        files.done(&LogSearch { matches_max: 2, ..pattern("a$") }).2.unwrap().contains("as many matches")
    );
    assert_eq!(files.done(&pattern("a$")).2, None);
    let at = |second: i64| Some(UnixMillis(START + second * 1_000));
    let between = LogSearch { since: at(1), until: at(4), ..LogSearch::default() };
    assert_eq!(texts(&between), ["four", "three", "two"]);
    let LogRecord::Line(packed) = files.search(&pattern("one")).unwrap().remove(0) else { panic!() };
    assert_eq!((packed.file.as_deref(), packed.time), (Some("app.log.2.gz"), UnixMillis(START)));
}

#[test]
fn lines_around_a_match_come_with_it_and_without_repeats() {
    let files = Files::new();
    files.write("app.log", b"a\nb\nHIT 1\nc\nHIT 2\nd\ne\nf\ng\nHIT 3\n", 0);
    let wanted = LogSearch { context: 1, ..pattern("HIT") };
    assert_eq!(files.texts(&wanted), ["- g", "HIT 3", "- b", "HIT 1", "- c", "HIT 2", "- d"]);
    let apart: Vec<bool> = files
        .search(&wanted)
        .unwrap()
        .iter()
        .filter_map(|record| if let LogRecord::Line(line) = record { Some(line.is_apart) } else { None })
        .collect();
    assert_eq!(apart, [true, false, true, false, false, false, false]);
    assert!(
        files
            .search(&LogSearch { context: LOG_CONTEXT_MAX + 1, ..wanted })
            .unwrap_err()
            .contains("at most 100")
    );
}

#[test]
fn line_without_a_time_has_that_of_the_line_before() {
    let files = Files::new();
    let trace = format!("{}  at Switch.run\n  at Main.main\n{}", line(0, "error"), line(9, "next"));
    files.write("app.log", trace.as_bytes(), 0);
    let records = files.search(&pattern("Main|next")).unwrap();
    let times: Vec<i64> = records
        .iter()
        .filter_map(
            |record| if let LogRecord::Line(line) = record { Some(line.time.0 - START) } else { None },
        )
        .collect();
    assert_eq!(times, [9_000, 0]);
    let until = Some(UnixMillis(START + 5_000));
    assert_eq!(files.texts(&LogSearch { until, ..pattern("at ") }).len(), 2);
}

#[test]
fn what_is_hidden_is_not_found_either() {
    // L-1
    let files = Files::new();
    files.write("app.log", b"pan 4111111111111111 ok\npan none\n", 0);
    assert_eq!(files.texts(&pattern("pan")), ["pan none", "pan 411111******1111 ok"]);
    for guess in ["4111111111111111", "^pan 41111111", "\\d{13}"] {
        assert_eq!(files.texts(&pattern(guess)), Vec::<String>::new(), "{guess}");
    }
    assert_eq!(files.texts(&pattern("411111\\*+1111")), Vec::<String>::new());
}

#[test]
fn bounds_end_a_search_and_binary_files_are_told() {
    let files = Files::new();
    files.write("app.log", &b"some line of text\n".repeat(200_000), 0);
    files.write("app.log.1", b"\x7fELF\0\0", 10);
    let (bytes, _, limit) = files.done(&LogSearch { bytes_max: 1 << 20, ..pattern("nothing") });
    assert!(limit.unwrap().contains("as many bytes"));
    assert!((1 << 20..3 << 20).contains(&bytes), "{bytes}");
    let records = files.search(&pattern("nothing")).unwrap();
    let notes = records
        .iter()
        .any(|record| matches!(record, LogRecord::Note { text, .. } if text.contains("binary")));
    assert!(notes, "{records:?}");
    assert!(files.search(&pattern("(")).unwrap_err().contains("unclosed group"));
}

#[test]
fn search_that_nobody_hears_ends_at_once() {
    let files = Files::new();
    files.write("app.log", &b"some line of text\n".repeat(100), 0);
    let redactor = Redactor::default();
    let mut heard = Heard { is_deaf: true, ..Heard::default() };
    search(&Disk, &[files.source()], &pattern("line"), &redactor, &mut heard).unwrap();
    assert_eq!(heard.records.len(), 0, "{:?}", heard.records);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn search_finds_what_a_plain_reading_finds(
        parts in prop::collection::vec(prop::collection::vec("[ab ]{0,5}", 1..30), 1..4),
        repeated in prop_oneof![4 => Just(1_usize), 1 => 1_usize..4_000],
        oldest_first in any::<bool>(),
        expression in prop::sample::select(&["a", "^b", "a b", "bb$", "^$", "a+b+a"][..]),
    ) {
        let files = Files::new();
        let mut expect: Vec<String> = Vec::new();
        let alone = regex::Regex::new(expression).unwrap();
        for (place, lines) in parts.iter().enumerate() {
            let age = parts.len() - place - 1;
            let name = match (age, place % 2) {
                (0, _) => "app.log".to_owned(),
                (age, 0) => format!("app.log.{age}.gz"),
                (age, _) => format!("app.log.{age}"),
            };
            let text = (lines.join("\n") + "\n").repeat(repeated);
            files.write(&name, text.as_bytes(), age as u64 * 10);
            expect.extend(text.lines().filter(|line| alone.is_match(line)).map(str::to_owned));
        }
        if !oldest_first {
            expect.reverse();
        }
        let wanted = LogSearch { oldest_first, ..pattern(expression) };
        let found = files.texts(&wanted);
        prop_assert_eq!(found.len(), expect.len());
        prop_assert!(found == expect);
    }
}
