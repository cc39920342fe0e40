//! The store against what it should be: a list; and against programs that are killed and files that are cut.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use topmast_logs::{Direction, Limits, Logs, OVERHEAD, Page, Position, Selection};

const TENANT: &str = "acme";

fn open(folder: &Path, limits: Limits) -> Logs {
    let (logs, report) = Logs::open(folder, limits).unwrap();
    assert_eq!(report, topmast_logs::Report::default());
    logs
}

fn everything(streams: &[u64]) -> Selection {
    Selection { streams: streams.iter().map(|stream| (*stream, i64::MIN)).collect(), before: i64::MAX }
}

fn texts(logs: &Logs, selection: &Selection) -> Vec<String> {
    let mut texts = Vec::new();
    logs.scan(TENANT, selection, |_, _, _, text| {
        texts.push(text.to_owned());
        ControlFlow::Continue(())
    })
    .unwrap();
    texts
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder.join(TENANT)).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[derive(Debug, Clone)]
enum Step {
    Put {
        stream: u64,
        times: Vec<i64>,
        length: usize,
    },
    Reopen,
    Page {
        streams: Vec<u64>,
        since: i64,
        before: i64,
        is_forward: bool,
        from: Option<(i64, u64)>,
        events: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let put = (0_u64..4, prop::collection::vec(0_i64..50, 1..6), 0_usize..40)
        .prop_map(|(stream, times, length)| Step::Put { stream, times, length });
    let page = (
        prop::collection::vec(0_u64..4, 1..4),
        0_i64..50,
        0_i64..60,
        any::<bool>(),
        prop::option::of((0_i64..50, 0_u64..100)),
        1_usize..20,
    )
        .prop_map(|(streams, since, before, is_forward, from, events)| Step::Page {
            streams,
            since,
            before,
            is_forward,
            from,
            events,
        });
    prop::collection::vec(prop_oneof![5 => put, 1 => Just(Step::Reopen), 3 => page], 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_and_totals_are_those_of_a_list(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        // Segments of a few records, and no bound that is reached.
        let limits = Limits { tenant_bytes: u64::MAX, segment_bytes: 300 };
        let mut logs = open(folder.path(), limits);
        let mut all: Vec<(Position, u64, String)> = Vec::new();
        for step in steps {
            match step {
                Step::Put { stream, times, length } => {
                    let mut number = all.len() as u64;
                    let mut put = Vec::new();
                    for timestamp in times {
                        let text = format!("{number}{}", "x".repeat(length));
                        all.push((Position { timestamp, number }, stream, text.clone()));
                        put.push((timestamp, text));
                        number += 1;
                    }
                    let events: Vec<(i64, &str)> = put.iter().map(|(time, text)| (*time, text.as_str())).collect();
                    prop_assert_eq!(logs.put(TENANT, stream, 5, &events).unwrap(), number - 1);
                }
                Step::Reopen => {
                    drop(logs);
                    logs = open(folder.path(), limits);
                }
                Step::Page { streams, since, before, is_forward, from, events } => {
                    let from = from.map(|(timestamp, number)| Position { timestamp, number });
                    let mut expect: Vec<_> = all.iter().filter(|(position, stream, text)| {
                        streams.contains(stream) && (since..before).contains(&position.timestamp)
                            && !text.contains('7')
                            && from.is_none_or(|from| if is_forward { *position > from } else { *position < from })
                    }).cloned().collect();
                    expect.sort();
                    if is_forward {
                        expect.truncate(events);
                    } else {
                        expect.drain(..expect.len().saturating_sub(events));
                    }
                    let selection = Selection {
                        streams: streams.iter().map(|stream| (*stream, since)).collect(),
                        before,
                    };
                    let direction = if is_forward { Direction::Forward } else { Direction::Backward };
                    let page = Page { direction, from, events, bytes: usize::MAX };
                    let told = logs.page(TENANT, &selection, page, |text| !text.contains('7')).unwrap();
                    let told: Vec<_> =
                        told.into_iter().map(|event| (event.position, event.stream, event.message)).collect();
                    prop_assert_eq!(told, expect);
                }
            }
            for stream in 0..4 {
                let of = || all.iter().filter(|(_, other, _)| *other == stream);
                let told = logs.totals(TENANT, stream);
                prop_assert_eq!(told.map(|told| told.events), (of().count() > 0).then(|| of().count() as u64));
                let bytes: usize = of().map(|(_, _, text)| text.len() + OVERHEAD).sum();
                prop_assert_eq!(told.map_or(0, |told| told.bytes), bytes as u64);
                prop_assert_eq!(told.map(|told| told.last), of().map(|(position, ..)| position.timestamp).max());
                prop_assert_eq!(told.map(|told| told.first), of().map(|(position, ..)| position.timestamp).min());
            }
        }
    }
}

#[test]
fn the_oldest_go_when_there_are_too_many_bytes() {
    // S-3
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { tenant_bytes: 4_000, segment_bytes: 1_000 };
    let logs = open(folder.path(), limits);
    let text = "x".repeat(90);
    for time in 0..200 {
        logs.put(TENANT, 1, 0, &[(time, &text)]).unwrap();
        let bytes: u64 = segments(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
        assert!(bytes <= limits.tenant_bytes + 2 * limits.segment_bytes, "{bytes}");
    }
    let kept = texts(&logs, &everything(&[1])).len();
    assert!((20..60).contains(&kept), "{kept}");
    let totals = logs.totals(TENANT, 1).unwrap();
    assert_eq!((totals.events, totals.last), (kept as u64, 199));
    assert_eq!(totals.first, 200 - i64::try_from(kept).unwrap());
    assert_eq!(logs.put(TENANT, 1, 0, &[(0, "late")]).unwrap(), 200, "S-4");
}

#[test]
fn what_nobody_sees_any_more_goes() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path(), Limits { tenant_bytes: u64::MAX, segment_bytes: 1 });
    for (stream, time) in [(1, 10), (2, 20), (1, 30), (3, 40), (1, 50)] {
        logs.put(TENANT, stream, 0, &[(time, "text")]).unwrap();
    }
    // Stream 2 is gone, of the others what is before 30 is too old.
    logs.maintain(|_| BTreeMap::from([(1, 30), (3, 30)])).unwrap();
    assert_eq!(segments(folder.path()).len(), 3);
    assert_eq!(texts(&logs, &everything(&[1, 2, 3])).len(), 3);
    assert_eq!(logs.totals(TENANT, 2), None);
    assert_eq!(logs.totals(TENANT, 1).unwrap().events, 2);
    logs.clear(TENANT).unwrap();
    assert_eq!(texts(&logs, &everything(&[1, 3])).len(), 0);
    logs.put(TENANT, 1, 0, &[(1, "again")]).unwrap();
    assert_eq!(texts(&logs, &everything(&[1])), ["again"]);
}

#[test]
fn a_store_cut_anywhere_keeps_every_whole_record() {
    // S-2
    let folder = tempfile::tempdir().unwrap();
    let mut ends = vec![5];
    let path = {
        let logs = open(folder.path(), Limits::default());
        for number in 0..4 {
            logs.put(TENANT, number % 2, 0, &[(1, "first"), (2, &number.to_string())]).unwrap();
            ends.push(segments(folder.path())[0].metadata().unwrap().len());
        }
        segments(folder.path()).remove(0)
    };
    let whole = std::fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        for old in segments(folder.path()) {
            std::fs::remove_file(old).unwrap();
        }
        std::fs::write(&path, &whole[..length]).unwrap();
        let (logs, report) = Logs::open(folder.path(), Limits::default()).unwrap();
        let kept = ends[1..].iter().filter(|end| **end <= length as u64).count();
        assert_eq!(texts(&logs, &everything(&[0, 1])).len(), 2 * kept, "cut at {length}");
        let is_torn = !ends.contains(&(length as u64));
        assert_eq!((report.torn.len(), report.damaged.len()), (usize::from(is_torn), 0), "cut at {length}");
        // And what is put then is read at the next start.
        logs.put(TENANT, 0, 0, &[(3, "after")]).unwrap();
        drop(logs);
        let (logs, _) = Logs::open(folder.path(), Limits::default()).unwrap();
        assert_eq!(texts(&logs, &everything(&[0, 1])).len(), 2 * kept + 1, "cut at {length}");
    }
}

#[test]
fn damage_is_told_and_nothing_is_written_behind_it() {
    // S-2
    let folder = tempfile::tempdir().unwrap();
    let path = {
        let logs = open(folder.path(), Limits::default());
        for text in ["one", "two", "three"] {
            logs.put(TENANT, 1, 0, &[(1, text)]).unwrap();
        }
        segments(folder.path()).remove(0)
    };
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(3).position(|three| three == b"two").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (logs, report) = Logs::open(folder.path(), Limits::default()).unwrap();
    assert_eq!(report.damaged, [path]);
    assert_eq!(texts(&logs, &everything(&[1])), ["one"]);
    logs.put(TENANT, 1, 0, &[(1, "four")]).unwrap();
    drop(logs);
    let (logs, _) = Logs::open(folder.path(), Limits::default()).unwrap();
    assert_eq!(texts(&logs, &everything(&[1])), ["one", "four"]);
}

/// Where the child of the next test puts events.
const FOLDER: &str = "TOPMAST_LOGS_CHILD";

#[test]
#[ignore = "the child of killed_program_loses_nothing_that_it_acknowledged"]
fn puts_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let logs = open(Path::new(&folder), Limits { tenant_bytes: u64::MAX, segment_bytes: 10_000 });
    for number in 0_u64.. {
        let text = format!("{number} {}", "x".repeat(fastrand::usize(0..300)));
        logs.put(TENANT, number % 3, 0, &[(1, &text)]).unwrap();
        println!("acknowledged {number}");
    }
}

#[test]
fn killed_program_loses_nothing_that_it_acknowledged() {
    // S-1
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "puts_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut numbers =
        lines.by_ref().filter_map(|line| line.unwrap().strip_prefix("acknowledged ")?.parse::<u64>().ok());
    numbers.find(|number| *number >= 500).unwrap();
    child.kill().unwrap();
    // What it said before it was killed.
    let acknowledged = numbers.last().unwrap_or(500);
    child.wait().unwrap();
    let (logs, report) = Logs::open(folder.path(), Limits::default()).unwrap();
    assert!(report.damaged.is_empty(), "{report:?}");
    let mut found = BTreeMap::new();
    for text in texts(&logs, &everything(&[0, 1, 2])) {
        let (number, _) = text.split_once(' ').unwrap();
        *found.entry(number.parse::<u64>().unwrap()).or_insert(0) += 1;
    }
    assert!(found.values().all(|count| *count == 1), "nothing is there twice");
    let whole = (0..=acknowledged).all(|number| found.contains_key(&number));
    assert!(whole, "{acknowledged} were acknowledged, {} are there", found.len());
}
