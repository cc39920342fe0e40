//! The ledger against cuts, restarts, a full disk and a second agent.

use super::*;
use serde_json::json;
use std::fs;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::report::StepOutcome;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn step(n: u32) -> StepId {
    StepId { action: ActionId(Uuid::from_u128(7)), target: n }
}

fn outcome(n: u32) -> Report {
    let outcome = StepOutcome { succeeded: true, message: format!("outcome {n}") };
    Report::StepFinished { step: step(n), outcome }
}

fn unit_file(file: &str, problem: u32) -> Report {
    Report::UnitFile { file: file.into(), problem: Some(problem.to_string()) }
}

fn all(ledger: &Ledger) -> Vec<NumberedReport> {
    ledger.pending(0, usize::MAX).unwrap()
}

#[test]
fn ledger_opened_again_has_every_report_step_epoch_and_its_identity() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let instance = ledger.instance();
    assert_eq!(ledger.begin_step(step(1), Operation::Start, "switch", NOW).unwrap(), Begin::New);
    ledger.append(outcome(1));
    ledger.begin_step(step(2), Operation::Stop, "db", NOW).unwrap();
    ledger.append(unit_file("a.toml", 1));
    ledger.raise_epoch(Epoch(4)).unwrap();
    let before = all(&ledger);
    drop(ledger);

    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(ledger.instance(), instance);
    assert_eq!(ledger.epoch(), Epoch(4));
    assert_eq!(all(&ledger), before);
    assert_eq!(before.iter().map(|report| report.number).collect::<Vec<_>>(), [1, 2, 3, 4]); // L-2
    assert_eq!(ledger.begin_step(step(1), Operation::Start, "switch", NOW).unwrap(), Begin::Known); // L-1
    let unfinished = UnfinishedStep { step: step(2), operation: Operation::Stop, application: "db".into() };
    assert_eq!(ledger.unfinished(), [unfinished]);
    assert!(matches!(ledger.raise_epoch(Epoch(3)), Err(EpochError::Old { .. })));
}

#[test]
fn numbers_go_on_after_everything_was_acknowledged_and_compacted() {
    // L-2
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    for n in 0..5 {
        ledger.append(unit_file("a.toml", n));
    }
    ledger.acknowledge(3);
    ledger.acknowledge(1);
    assert_eq!(all(&ledger)[0].number, 4);
    ledger.acknowledge(99);
    ledger.state().store.compact();
    drop(ledger);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(all(&ledger), []);
    ledger.append(unit_file("a.toml", 9));
    assert_eq!(all(&ledger)[0].number, 6);
}

#[test]
fn ledger_cut_at_every_byte_keeps_every_whole_line() {
    // L-3
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.begin_step(step(1), Operation::Restart, "switch", NOW).unwrap();
    ledger.append(unit_file("a.toml", 1));
    ledger.append(outcome(1));
    ledger.raise_epoch(Epoch(2)).unwrap();
    ledger.append(unit_file("b.toml", 2));
    let reports = all(&ledger);
    ledger.acknowledge(1);
    drop(ledger);
    let whole = fs::read(dir.path().join("ledger")).unwrap();
    let first_line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;

    for cut in first_line..=whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ledger"), &whole[..cut]).unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        let lines: Vec<_> =
            whole[..cut].split_inclusive(|byte| *byte == b'\n').filter_map(Entry::read).collect();
        let written = lines.iter().filter(|line| matches!(line, Entry::Report { .. })).count();
        let acknowledged = usize::from(lines.iter().any(|line| matches!(line, Entry::Acknowledged { .. })));
        assert_eq!(all(&ledger), reports[acknowledged..written], "cut at {cut}");
        // What was dropped is written anew behind the good lines, and read again.
        ledger.append(unit_file("c.toml", 3));
        drop(ledger);
        let ledger = Ledger::open(dir.path()).unwrap();
        assert_eq!(all(&ledger).last().unwrap().number, written as u64 + 1, "cut at {cut}");
        assert_eq!(ledger.knows_step(step(1)), lines.len() > 1, "cut at {cut}");
    }
}

#[test]
fn damaged_line_before_a_good_one_is_an_error_that_names_it() {
    // L-3
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.append(unit_file("a.toml", 1));
    ledger.append(unit_file("b.toml", 2));
    drop(ledger);
    let path = dir.path().join("ledger");
    let text = fs::read_to_string(&path).unwrap().replace("a.toml", "x.toml");
    fs::write(&path, &text).unwrap();
    assert!(matches!(Ledger::open(dir.path()), Err(OpenError::Corrupt { line: 2, .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "a damaged file is left as it was");
    fs::write(&path, "").unwrap();
    assert!(matches!(Ledger::open(dir.path()), Err(OpenError::Corrupt { line: 1, .. })));
}

#[test]
fn file_of_a_newer_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut line = Vec::new();
    Entry::Format { version: 2, instance: Uuid::new_v4() }.write_to(&mut line).unwrap();
    fs::write(dir.path().join("ledger"), line).unwrap();
    assert!(matches!(Ledger::open(dir.path()), Err(OpenError::TooNew { found: 2, newest: 1, .. })));
}

#[test]
fn second_agent_on_a_data_directory_is_refused_with_the_first_ones_process() {
    // L-6
    let dir = tempfile::tempdir().unwrap();
    let first = Ledger::open(dir.path()).unwrap();
    let error = Ledger::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains(&format!("another agent (process {})", std::process::id())), "{error}");
    drop(first);
    Ledger::open(dir.path()).unwrap();
}

#[test]
fn coalescing_keeps_outcomes_the_last_states_and_every_number_handed_out() {
    // L-4
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.append(unit_file("a.toml", 0));
    ledger.append(unit_file("a.toml", 1));
    let handed_out = all(&ledger);
    ledger.state().store.coalesce_at = 40;
    for n in 2..200 {
        ledger.append(unit_file(if n % 2 == 0 { "a.toml" } else { "b.toml" }, n));
        if n % 50 == 0 {
            ledger.append(outcome(n));
        }
    }
    let reports = all(&ledger);
    assert!(reports.len() < 45, "{}", reports.len());
    assert_eq!(reports[..2], handed_out);
    let outcomes = reports.iter().filter(|report| matches!(report.report, Report::StepFinished { .. }));
    assert_eq!(outcomes.count(), 3);
    for report in [unit_file("a.toml", 198), unit_file("b.toml", 199)] {
        assert!(reports.iter().any(|numbered| numbered.report == report), "{report:?}");
    }
    let numbers: Vec<u64> = reports.iter().map(|report| report.number).collect();
    assert_eq!(numbers, (1..=reports.len() as u64).collect::<Vec<_>>()); // L-2
    drop(ledger);
    assert_eq!(all(&Ledger::open(dir.path()).unwrap()), reports);
}

fn report(json: serde_json::Value) -> Report {
    serde_json::from_value(json).unwrap()
}

/// What is told again behind what was acknowledged.
fn told_again(ledger: &Ledger) -> Vec<Report> {
    let acknowledged = ledger.tell_again().unwrap();
    assert_eq!(ledger.tell_again().unwrap(), acknowledged, "once");
    let reports = ledger.pending(acknowledged, usize::MAX).unwrap();
    let numbers: Vec<u64> = reports.iter().map(|report| report.number).collect();
    assert_eq!(numbers, (acknowledged + 1..).take(numbers.len()).collect::<Vec<_>>()); // L-2
    reports.into_iter().map(|numbered| numbered.report).collect()
}

#[test]
fn everything_is_told_again_with_what_is_gone_after_it_was_acknowledged_and_compacted() {
    // L-7
    let application = |name: &str| {
        report(json!({
            "kind": "application", "name": name,
            "state": {
                "kind": "process", "status": "STARTED", "desired": "started", "since": 1, "restarts": 0,
                "cause": { "kind": "connection", "message": "" },
            },
        }))
    };
    let service = |application: &str| {
        report(json!({
            "kind": "service", "application": application, "name": "HSM",
            "state": { "status": "STARTED", "codes": [], "since": 1 },
        }))
    };
    let gone = |name: &str| Report::ApplicationGone { name: name.into() };
    let task_gone = Report::TaskGone { application: "kept".into(), name: "close-of-day".into() };
    let service_gone = Report::ServiceGone { application: "came-back".into(), name: "HSM".into() };
    let held = |revision| Report::Configuration {
        application: "kept".into(),
        name: "limits".into(),
        held: topmast_model::configuration::Held { revision, files: Vec::new() },
    };
    let good = Report::UnitFile { file: "b.toml".into(), problem: None };

    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.begin_step(step(1), Operation::Start, "kept", NOW).unwrap();
    ledger.begin_step(step(2), Operation::Start, "kept", NOW).unwrap();
    let earlier = [
        application("kept"),
        service("kept"),
        task_gone.clone(),
        held(1),
        held(2),
        application("removed"),
        service("removed"),
        application("came-back"),
        service("came-back"),
        outcome(1),
        unit_file("a.toml", 1),
        unit_file("b.toml", 2),
        gone("removed"),
        gone("came-back"),
        good.clone(),
    ];
    for report in earlier {
        ledger.append(report);
    }
    ledger.acknowledge(u64::MAX);
    ledger.append(application("came-back"));
    let expected = [
        application("came-back"),
        application("kept"),
        gone("removed"),
        service_gone,
        service("kept"),
        task_gone,
        held(2),
        unit_file("a.toml", 1),
        good,
        outcome(1),
        Report::StepStarted { step: step(2) },
    ];
    for _ in 0..2 {
        ledger.state().store.compact();
        assert_eq!(all(&ledger).len(), 1, "what was acknowledged is not sent");
    }
    drop(ledger);
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.acknowledge(u64::MAX);
    assert_eq!(told_again(&ledger), expected);
    // Also when nobody took it and the agent came back.
    ledger.acknowledge(u64::MAX);
    drop(ledger);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(told_again(&ledger), expected);
    assert_eq!(ledger.unfinished().len(), 1);
}

#[test]
fn file_stays_small_however_many_reports_and_steps_pass() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let long = "x".repeat(60_000);
    for n in 0..100_u64 {
        ledger.append(Report::UnitFile { file: "a.toml".into(), problem: Some(long.clone()) });
        ledger.acknowledge(n + 1);
    }
    assert!(fs::metadata(dir.path().join("ledger")).unwrap().len() < 2 << 20);
    assert_eq!(ledger.numbers(), (100, 100));
}

/// A file that takes no more bytes, on a real file system: `RLIMIT_FSIZE` of this process is no use in a
/// test that shares it, so the file is swapped for `/dev/full`, which answers every write with ENOSPC.
#[test]
fn full_disk_refuses_steps_and_keeps_reports_until_there_is_room() {
    // L-5
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.append(unit_file("a.toml", 1));
    let room =
        ledger.state().store.swap_file(fs::File::options().read(true).write(true).open("/dev/full").unwrap());

    let error = ledger.begin_step(step(1), Operation::Start, "switch", NOW).unwrap_err().to_string();
    assert!(error.contains("free some space"), "{error}");
    assert!(!ledger.knows_step(step(1)), "a refused step was not begun");
    ledger.append(outcome(1));
    assert!(ledger.knows_step(step(1)), "a refused step with its outcome is not executed later");
    for n in 0..5_000 {
        ledger.append(unit_file("b.toml", n));
    }
    assert!(ledger.state().backlog.len() <= BACKLOG_MAX);

    ledger.state().store.swap_file(room);
    ledger.retry();
    let reports = all(&ledger);
    assert!(reports.iter().any(|numbered| numbered.report == outcome(1)));
    assert_eq!(reports.last().unwrap().report, unit_file("b.toml", 4_999));
    drop(ledger);
    assert_eq!(all(&Ledger::open(dir.path()).unwrap()), reports);
}

#[tokio::test]
async fn waiter_is_woken_by_a_report_also_when_it_came_first() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.append(unit_file("a.toml", 1));
    ledger.changed().await;
}
