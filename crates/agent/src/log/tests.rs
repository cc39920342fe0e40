//! Readings as a master has them: requests, records, credit, and how they end.

use super::*;
use crate::unit::parse;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::Duration;
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::id::Epoch;
use topmast_model::log::{LogMatch, LogSearch};
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;
use topmast_wire::{MasterMessage, PaneId, PaneOutcome};
use uuid::Uuid;

const LONG: Duration = Duration::from_mins(1);
const PLENTY: u64 = 1 << 30;

/// Nothing that a test of a journal leaves behind.
impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(journal) = &self.journal {
            // One that a test removed is gone already.
            let _ = fs::remove_dir_all(journal);
        }
    }
}

struct Bench {
    directory: tempfile::TempDir,
    panes: crate::terminal::Panes,
    journal: Option<PathBuf>,
    _views: watch::Sender<Arc<Vec<ApplicationView>>>,
}

impl Bench {
    fn new(unit: &str, policy: LogPolicy) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let text = unit.replace("DIR", &directory.path().display().to_string());
        let unit = Arc::new(parse("app.toml", &text).unwrap());
        let state = ApplicationState {
            kind: ApplicationKind::Process,
            status: ApplicationStatus::Started,
            desired: Desired::Started,
            version: None,
            package: None,
            pid: None,
            http_port: None,
            restarts: 0,
            started_at: None,
            since: UnixMillis(0),
            cause: Cause::AgentStart,
            declared: None,
        };
        let view = ApplicationView { name: "app".into(), unit, state, processes: None };
        let (views, seen) = watch::channel(Arc::new(vec![view]));
        fs::create_dir_all(directory.path().join("data/output")).unwrap();
        let journal = policy.journal.clone();
        let logs = Arc::new(Logs::new(policy, &directory.path().join("data"), seen));
        let terminals = Arc::new(crate::terminal::Terminals::new(None));
        Self { panes: crate::terminal::Panes::new(terminals, logs), journal, directory, _views: views }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn open(&mut self, what: LogWanted, credit_bytes: u64) -> AgentMessage {
        let request = LogRequest { applications: vec!["app".into(), "none".into()], source: None, what };
        let pane = PaneId { terminal: Uuid::now_v7(), pane: 0 };
        let request_json = OpenLog::pack(&request);
        let open =
            OpenLog { pane, epoch: Epoch(1), request_json, credit_bytes, principal: "user admin".into() };
        self.panes.open_log(&open, None)
    }

    async fn hear(&mut self) -> AgentMessage {
        tokio::time::timeout(LONG, self.panes.next()).await.expect("nothing is told")
    }

    /// What is told until the end.
    async fn rest(&mut self) -> (Vec<LogRecord>, PaneOutcome) {
        let mut bytes = Vec::new();
        loop {
            match self.hear().await {
                AgentMessage::PaneOutput { bytes: more, .. } => bytes.extend(more),
                AgentMessage::PaneEnded { outcome, .. } => return (records(&bytes), outcome),
                other => panic!("{other:?}"),
            }
        }
    }

    /// What is told until a line holds a text.
    async fn until(&mut self, text: &str) -> Vec<LogRecord> {
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(text) {
            match self.hear().await {
                AgentMessage::PaneOutput { bytes: more, .. } => bytes.extend(more),
                other => panic!("{other:?}"),
            }
        }
        records(&bytes)
    }
}

fn records(bytes: &[u8]) -> Vec<LogRecord> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn texts(records: &[LogRecord]) -> Vec<&str> {
    records
        .iter()
        .filter_map(|record| if let LogRecord::Line(line) = record { Some(line.text.as_str()) } else { None })
        .collect()
}

const UNIT: &str = "command = ['sleep', '1']\nlog_files = ['DIR/log/*.log']";

#[tokio::test]
async fn sources_are_the_kept_output_and_the_files_of_the_unit() {
    let mut bench = Bench::new(UNIT, LogPolicy::default());
    fs::create_dir(bench.path("log")).unwrap();
    for name in ["log/a.log", "log/a.log.1", "log/b.log", "log/secret.txt", "data/output/app.log"] {
        bench.append(name, "x\n");
    }
    bench.open(LogWanted::List, PLENTY);
    let (told, outcome) = bench.rest().await;
    assert_eq!(outcome, PaneOutcome::Exited(0));
    let sources: Vec<(&str, u32)> = told
        .iter()
        .filter_map(|record| match record {
            LogRecord::Source(source) => Some((source.source.as_str(), source.older)),
            _ => None,
        })
        .collect();
    assert_eq!(sources, [("output", 0), ("a.log", 1), ("b.log", 0)], "L-2");
}

#[tokio::test]
async fn tail_begins_with_the_last_lines_and_goes_on_with_new_ones() {
    let mut bench = Bench::new(UNIT, LogPolicy::default());
    fs::create_dir(bench.path("log")).unwrap();
    bench.append("log/a.log", "one\ntwo\nthree 4111111111111111\n");
    let opened = bench.open(LogWanted::Tail { lines: 2, lines_that: LogMatch::default() }, PLENTY);
    let AgentMessage::PaneStarted { pane, .. } = opened else { panic!("{opened:?}") };
    let begun = bench.until("following").await;
    assert_eq!(texts(&begun), ["two", "three 411111******1111"]);
    bench.append("log/a.log", "four\n");
    assert_eq!(texts(&bench.until("four").await), ["four"]);
    fs::rename(bench.path("log/a.log"), bench.path("log/a.log.1")).unwrap();
    bench.append("log/a.log", "five\n");
    assert_eq!(texts(&bench.until("five").await), ["five"]);
    // A file that comes later is followed from its beginning.
    bench.append("log/new.log", "six\n");
    let LogRecord::Line(line) = bench.until("six").await.remove(0) else { panic!() };
    assert_eq!(line.source, "new.log");
    bench.panes.take(MasterMessage::StopPane { pane }).await;
    assert_eq!(bench.rest().await.1, PaneOutcome::Stopped);
}

#[tokio::test]
async fn only_lines_that_are_asked_for_are_told() {
    let mut bench = Bench::new(UNIT, LogPolicy::default());
    fs::create_dir(bench.path("log")).unwrap();
    bench.append("log/a.log", "error 1\nfine\nerror 2\n");
    let lines_that = LogMatch { pattern: Some("error".into()), ..LogMatch::default() };
    bench.open(LogWanted::Tail { lines: 10, lines_that }, PLENTY);
    assert_eq!(texts(&bench.until("following").await), ["error 1", "error 2"]);
    bench.append("log/a.log", "fine\nerror 3\n");
    assert_eq!(texts(&bench.until("error 3").await), ["error 3"]);
}

#[tokio::test]
async fn no_more_is_told_than_the_credit_allows_and_all_of_it_in_the_end() {
    let mut bench = Bench::new(UNIT, LogPolicy::default());
    fs::create_dir(bench.path("log")).unwrap();
    bench.append("log/a.log", &"a line of the log\n".repeat(5_000));
    let opened = bench.open(LogWanted::Search(LogSearch::default()), 1_000);
    let AgentMessage::PaneStarted { pane, .. } = opened else { panic!("{opened:?}") };
    let mut bytes = Vec::new();
    let mut credit = 1_000;
    let outcome = loop {
        match bench.hear().await {
            AgentMessage::PaneOutput { bytes: more, .. } => {
                credit -= more.len();
                bytes.extend(more);
            }
            AgentMessage::PaneEnded { outcome, .. } => break outcome,
            other => panic!("{other:?}"),
        }
        if credit == 0 {
            credit = 50_000;
            bench.panes.take(MasterMessage::PaneCredit { pane, bytes: 50_000 }).await;
        }
    };
    assert_eq!((texts(&records(&bytes)).len(), outcome), (5_000, PaneOutcome::Exited(0)));
}

#[tokio::test]
async fn what_is_not_allowed_or_not_known_is_refused_in_words() {
    let refusal = |message: AgentMessage| match message {
        AgentMessage::PaneEnded { outcome: PaneOutcome::Failed(words), .. } => words,
        other => panic!("{other:?}"),
    };
    let mut none = Bench::new(UNIT, LogPolicy { allow: false, ..LogPolicy::default() });
    assert!(refusal(none.open(LogWanted::List, PLENTY)).contains("set allow = true below [logs]"));
    let mut one = Bench::new(UNIT, LogPolicy { readings_max: 1, ..LogPolicy::default() });
    let tail = || LogWanted::Tail { lines: 0, lines_that: LogMatch::default() };
    assert!(matches!(one.open(tail(), PLENTY), AgentMessage::PaneStarted { .. }));
    assert!(refusal(one.open(tail(), PLENTY)).contains("raise readings_max"));
    let mut bench = Bench::new(UNIT, LogPolicy::default());
    let pane = PaneId { terminal: Uuid::nil(), pane: 0 };
    let request_json = br#"{"applications":[],"what":{"what":"dream"}}"#.to_vec();
    let newer = OpenLog { pane, epoch: Epoch(1), request_json, credit_bytes: 1, principal: String::new() };
    assert!(refusal(bench.panes.open_log(&newer, None)).contains("install the version of the master"));
    let lines_that = LogMatch { pattern: Some("(".into()), ..LogMatch::default() };
    bench.open(LogWanted::Search(LogSearch { lines_that, ..LogSearch::default() }), PLENTY);
    let PaneOutcome::Failed(words) = bench.rest().await.1 else { panic!() };
    assert!(words.contains("unclosed group"), "{words}");
}

#[tokio::test]
async fn reading_ends_with_its_connection_and_gives_its_place_back() {
    // L-3
    let mut bench = Bench::new(UNIT, LogPolicy { readings_max: 1, ..LogPolicy::default() });
    let tail = || LogWanted::Tail { lines: 0, lines_that: LogMatch::default() };
    bench.open(tail(), PLENTY);
    bench.until("following").await;
    bench.panes.end();
    assert_eq!(bench.rest().await.1, PaneOutcome::Stopped);
    // The thread looks for it at every look at the files.
    tokio::time::timeout(LONG, async {
        while !matches!(bench.open(tail(), PLENTY), AgentMessage::PaneStarted { .. }) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

/// Writes entries into a journal with systemd's own writer: a journal of a machine without systemd.
#[cfg(target_os = "linux")]
mod journal {
    use super::*;
    use std::process::{Command, Stdio};

    const WRITER: &str = "/lib/systemd/systemd-journal-remote";
    const UNIT: &str = "kind = 'systemd'\nsystemd_unit = 'shop.service'";
    /// 2026-11-29 13:20:30 UTC.
    const START_S: u64 = 1_795_958_430;

    /// None where it is not installed.
    fn bench() -> Option<Bench> {
        if !Path::new(WRITER).is_file() {
            println!("left out: there is no {WRITER} (apt-get install systemd-journal-remote)");
            return None;
        }
        let journal = tempfile::tempdir().unwrap().keep();
        Some(Bench::new(UNIT, LogPolicy { journal: Some(journal), ..LogPolicy::default() }))
    }

    /// Each a second after the one before.
    fn write(directory: &Path, unit: &str, entries: &[(u64, &str)]) {
        let mut writer = Command::new(WRITER)
            .arg("-o")
            .arg(directory.join("test.journal"))
            .arg("-")
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = writer.stdin.take().unwrap();
        for (second, message) in entries {
            write!(
                input,
                "__REALTIME_TIMESTAMP={}000000\n__MONOTONIC_TIMESTAMP={second}000001\n\
                 _BOOT_ID=0123456789abcdef0123456789abcdef\n_SYSTEMD_UNIT={unit}\nSYSLOG_IDENTIFIER=shop\n\
                 _PID=77\nMESSAGE={message}\n\n",
                START_S + second
            )
            .unwrap();
        }
        drop(input);
        assert!(writer.wait().unwrap().success());
    }

    impl Bench {
        fn journal(&self) -> PathBuf {
            self.journal.clone().unwrap()
        }
    }

    fn messages(records: &[LogRecord]) -> Vec<&str> {
        texts(records).into_iter().map(|text| text.split_once(": ").unwrap().1).collect()
    }

    fn search(pattern: &str) -> LogSearch {
        let lines_that = LogMatch { pattern: Some(pattern.into()), ..LogMatch::default() };
        LogSearch { lines_that, ..LogSearch::default() }
    }

    #[tokio::test]
    async fn journal_is_searched_with_times_and_lines_around() {
        let Some(mut bench) = bench() else { return };
        let directory = bench.journal();
        write(&directory, "shop.service", &[(0, "zero"), (1, "ERROR one"), (2, "two"), (3, "ERROR three")]);
        write(&directory, "other.service", &[(4, "ERROR of another unit")]);
        bench.open(LogWanted::Search(search("ERROR")), PLENTY);
        let (told, outcome) = bench.rest().await;
        assert_eq!(outcome, PaneOutcome::Exited(0));
        assert_eq!(messages(&told), ["ERROR three", "ERROR one"], "{told:?}");
        assert_eq!(texts(&told)[1], "2026-11-29T13:20:31.000000Z shop[77]: ERROR one");
        let at = |second: u64| Some(UnixMillis(((START_S + second) * 1_000).try_into().unwrap()));
        for (wanted, expect) in [
            (LogSearch { oldest_first: true, ..search("ERROR") }, &["ERROR one", "ERROR three"][..]),
            (LogSearch { context: 1, until: at(2), ..search("ERROR") }, &["zero", "ERROR one", "two"]),
            (LogSearch { since: at(1), until: at(3), ..search("") }, &["two", "ERROR one"]),
            (LogSearch { matches_max: 1, ..search("ERROR") }, &["ERROR three"]),
        ] {
            bench.open(LogWanted::Search(wanted.clone()), PLENTY);
            assert_eq!(messages(&bench.rest().await.0), expect, "{wanted:?}");
        }
    }

    #[tokio::test]
    async fn journal_is_followed_each_entry_once_without_card_numbers() {
        let Some(mut bench) = bench() else { return };
        let directory = bench.journal();
        write(&directory, "shop.service", &[(0, "zero"), (1, "one"), (2, "card 4111111111111111")]);
        bench.open(LogWanted::Tail { lines: 2, lines_that: LogMatch::default() }, PLENTY);
        let begun = bench.until("following").await;
        assert_eq!(messages(&begun), ["one", "card 411111******1111"]);
        let more: Vec<(u64, String)> = (3..50).map(|number| (number, format!("more {number}"))).collect();
        let more: Vec<(u64, &str)> = more.iter().map(|(number, text)| (*number, text.as_str())).collect();
        write(&directory, "shop.service", &more);
        let told = bench.until("more 49").await;
        assert_eq!(messages(&told), more.iter().map(|(_, text)| *text).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn journal_that_cannot_be_read_is_said_with_the_reason() {
        let Some(mut bench) = bench() else { return };
        fs::remove_dir_all(bench.journal()).unwrap();
        bench.open(LogWanted::Search(search("x")), PLENTY);
        let (told, _) = bench.rest().await;
        let says = |record: &LogRecord| matches!(record, LogRecord::Note { source, text, .. } if source == "journal" && text.contains("journalctl says"));
        assert!(told.iter().any(says), "{told:?}");
    }
}
