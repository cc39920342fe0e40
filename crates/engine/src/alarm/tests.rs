//! Alarms against tables, against the reference in Python where it is at hand, and as histories of values.

use super::*;
use crate::properties::check_all;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use topmast_model::problem::Verdict;
use topmast_model::rule::text::read;
use topmast_model::rule::{Comparison, MissingData, Rule};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

const CURRENT: [AlarmState; 3] = [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData];

fn alarm(datapoints: u32, of: u32, missing: MissingData) -> DatapointsAlarm {
    DatapointsAlarm { compare: Comparison::Greater, bound: 0.5, datapoints, of, missing }
}

/// A window as the user guide writes it: `0` within, `X` beyond, `-` missing; the newest last.
fn window(text: &str) -> Vec<Option<f64>> {
    let datapoint = |c: char| match c {
        '0' => Some(Some(0.0)),
        'X' => Some(Some(1.0)),
        '-' => Some(None),
        _ => None,
    };
    text.chars().filter_map(datapoint).collect()
}

/// For each meaning of missing data the state, `=` for the one before.
fn check(datapoints: u32, of: u32, text: &str, expect: &str) {
    for (missing, expect) in MissingData::ALL.iter().zip(expect.split_whitespace()) {
        for current in CURRENT {
            let found = alarm(datapoints, of, *missing).evaluate(&window(text), current);
            let expect = if expect == "=" { current } else { expect.parse().unwrap() };
            assert_eq!(found.state, expect, "{datapoints} of {of}, {text}, {missing}, before {current}");
        }
    }
}

#[test]
fn missing_data_counts_as_in_both_tables_of_the_user_guide() {
    // missing, ignore, breaching, notBreaching
    check(3, 3, "0 - X - X", "OK OK OK OK");
    check(3, 3, "0 - - - -", "OK OK OK OK");
    check(3, 3, "- - - - -", "INSUFFICIENT_DATA = ALARM OK");
    check(3, 3, "0 X X - X", "ALARM ALARM ALARM ALARM");
    check(3, 3, "- - X - -", "ALARM = ALARM OK");
    check(2, 3, "0 - X - X", "ALARM ALARM ALARM ALARM");
    check(2, 3, "0 0 X 0 X", "ALARM ALARM ALARM ALARM");
    check(2, 3, "0 - X - -", "OK OK ALARM OK");
    check(2, 3, "- - - - 0", "OK OK ALARM OK");
    check(2, 3, "- - - X -", "ALARM = ALARM OK");
}

#[test]
fn datapoints_beside_the_tables_count_as_they_should() {
    // Too early: the first breaching datapoint may be followed by late ones.
    check(3, 3, "- - - - X", "= = ALARM OK");
    check(3, 3, "- - - X X", "= = ALARM OK");
    check(3, 3, "- - X X -", "ALARM = ALARM OK");
    check(1, 3, "- - - - X", "ALARM ALARM ALARM ALARM");
    // Older datapoints than the newest three do not count once there are three.
    check(2, 3, "X X 0 0 0", "OK OK OK OK");
    check(1, 1, "X 0", "OK OK OK OK");
    check(1, 1, "0 X -", "ALARM ALARM ALARM ALARM");
    check(1, 1, "", "INSUFFICIENT_DATA = ALARM OK");
    // Of a window longer than the range the beginning is not looked at.
    check(3, 3, "X X X - - - - -", "INSUFFICIENT_DATA = ALARM OK");
    let nan = alarm(1, 1, MissingData::Missing).evaluate(&[Some(f64::NAN)], AlarmState::Ok);
    assert_eq!(nan.state, AlarmState::InsufficientData, "NaN is no datapoint");
}

#[test]
fn range_is_wider_than_the_datapoints_needed() {
    for (of, range) in [(1, 3), (3, 5), (6, 8), (9, 12), (30, 40), (u32::MAX, u32::MAX)] {
        assert_eq!(evaluation_range(of), range);
    }
    for (percentile, samples) in [(0.5, 20.0), (0.99, 1_000.0), (0.1, 100.0)] {
        assert!((samples_needed(percentile) - samples).abs() < 1e-6, "{percentile}");
    }
}

/// The reference's own text with a loop around it: `datapoints of mode window` a line in, states out.
const ASK: &str = r"
import sys
source = open(sys.argv[1]).read().split('\nm={')[0]
names = {}
exec(source, names)
marks = {'0': False, 'X': True, '-': None}
for line in sys.stdin.read().splitlines():
    m, n, mode, text = line.split()
    print(names['evaluate']([marks[c] for c in text], int(n), int(m), mode, 'CURRENT'))
";

#[test]
fn random_windows_come_to_what_the_reference_says() {
    // `TOPMAST_ALARM_REFERENCE` names a Python file with evaluate(points, N, M, treat, current).
    #[expect(clippy::disallowed_methods, reason = "a test may ask where the reference is")]
    let Ok(reference) = std::env::var("TOPMAST_ALARM_REFERENCE") else {
        println!("not compared: TOPMAST_ALARM_REFERENCE is not set");
        return;
    };
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |end: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % end
    };
    let (mut asked, mut found) = (String::new(), Vec::new());
    for _ in 0..20_000 {
        let of = u32::try_from(random(12) + 1).unwrap();
        let datapoints = u32::try_from(random(u64::from(of)) + 1).unwrap();
        let missing = MissingData::ALL[usize::try_from(random(4)).unwrap()];
        let sparse = random(4) + 2;
        let marks = |random: &mut dyn FnMut(u64) -> u64| match random(sparse) {
            0 => '0',
            1 => 'X',
            _ => '-',
        };
        let text: String = (0..evaluation_range(of)).map(|_| marks(&mut random)).collect();
        writeln!(asked, "{datapoints} {of} {missing} {text}").unwrap();
        let evaluation = alarm(datapoints, of, missing).evaluate(&window(&text), AlarmState::Ok);
        found.push(if evaluation.kept { "CURRENT".to_owned() } else { evaluation.state.to_string() });
    }
    let answers = ask(&reference, &asked);
    if answers.is_empty() {
        return;
    }
    assert_eq!(answers.len(), found.len());
    for ((line, expect), found) in asked.lines().zip(&answers).zip(&found) {
        assert_eq!(found, expect, "{line}");
    }
    println!("compared {} windows", found.len());
}

#[expect(clippy::disallowed_types, reason = "the reference is another program")]
fn ask(reference: &str, asked: &str) -> Vec<String> {
    use std::process::{Command, Stdio};
    let mut python = Command::new("python3");
    python.args(["-c", ASK, reference]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut python) = python.spawn() else {
        println!("not compared: there is no python3");
        return Vec::new();
    };
    python.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn rule(lines: &str) -> Rule {
    let text = format!("[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\n{lines}");
    read(&text).unwrap().remove(0)
}

/// Plays values, one a second from 1 on (`-` is missing); the seconds at which the verdict changed, with it.
fn play(lines: &str, values: &str) -> String {
    let alarm = ThresholdAlarm::of(&rule(lines)).unwrap();
    let mut series = SeriesAlarm::new();
    let mut changes = Vec::new();
    for (second, value) in (1..).zip(values.split_whitespace()) {
        let value = value.parse().unwrap_or(f64::NAN);
        if let Some(verdict) = series.observe(&alarm, UnixMillis(second * 1_000), value) {
            assert_eq!(series.verdict(), verdict);
            let word = serde_json::to_value(verdict).unwrap();
            let since = series.since().0 / 1_000;
            let told = word.as_str().unwrap();
            changes.push(match verdict {
                Verdict::Firing => format!("{second}:{told}@{since}"),
                _ => format!("{second}:{told}"),
            });
        }
    }
    changes.join(" ")
}

#[test]
fn threshold_fires_after_its_time_and_ends_after_another() {
    let when = "when.threshold = { query = \"q\", compare = \">\", value = 90 }\n";
    assert_eq!(play(when, "1 91 91 1 91"), "2:firing@2 4:ok 5:firing@5");
    let held = format!("{when}for = \"2s\"");
    assert_eq!(play(&held, "91 91 1 91 91 91 91 1"), "6:firing@4 8:ok");
    let kept = format!("{when}keep_firing_for = \"2s\"");
    assert_eq!(play(&kept, "91 1 1 91 1 1 1 1"), "1:firing@1 7:ok");
    let clear = "when.threshold = { query = \"q\", compare = \">\", value = 90, clear = 80 }";
    assert_eq!(play(clear, "85 91 85 81 80 85"), "2:firing@2 5:ok");
    let below = "when.threshold = { query = \"q\", compare = \"<=\", value = 10, clear = 20 }";
    assert_eq!(play(below, "15 10 15 21 15"), "2:firing@2 4:ok");
}

#[test]
fn missing_values_move_nothing_unless_they_are_to_count() {
    let when = |missing: &str| {
        format!(
            "when.threshold = {{ query = \"q\", compare = \">\", value = 90, missing = \"{missing}\" }}\nfor = \"2s\""
        )
    };
    assert_eq!(play(&when("missing"), "91 - - 91 - 1"), "2:unknown 4:firing@1 5:unknown 6:ok");
    assert_eq!(play(&when("ignore"), "91 - - 91 - 1"), "4:firing@1 6:ok");
    assert_eq!(play(&when("breaching"), "91 - - 91 - 1"), "3:firing@1 6:ok");
    assert_eq!(play(&when("notBreaching"), "91 - - 91 91 91 - 1"), "6:firing@4 7:ok");
    assert_eq!(play("when.absent = { query = \"q\" }\nfor = \"2s\"", "1 - - 1 - - - - 1"), "7:firing@5 9:ok");
}

#[test]
fn open_problem_goes_on_after_a_restart() {
    let rule = rule("when.threshold = { query = \"q\", compare = \">\", value = 90 }\nfor = \"1h\"");
    let alarm = ThresholdAlarm::of(&rule).unwrap();
    let mut series = SeriesAlarm::firing(UnixMillis(1_000));
    assert_eq!(series.observe(&alarm, UnixMillis(2_000), 95.0), None);
    assert_eq!(series.observe(&alarm, UnixMillis(3_000), 5.0), Some(Verdict::Ok));
    assert_eq!(size_of::<SeriesAlarm>(), 16);
}

#[test]
fn verdict_is_what_the_last_seconds_say() {
    // The same question, asked of the whole history of values instead of sixteen bytes.
    let input = (0_i64..4, 0_i64..4, prop::collection::vec(any::<bool>(), 1..60));
    check_all(&input, |(hold, keep, beyond)| {
        let lines = "when.threshold = { query = \"q\", compare = \">\", value = 0 }\n";
        let rule = rule(&format!("{lines}for = \"{hold}s\"\nkeep_firing_for = \"{keep}s\""));
        let alarm = ThresholdAlarm::of(&rule).unwrap();
        let (mut series, mut firing) = (SeriesAlarm::new(), false);
        for at in 0..beyond.len() {
            series.observe(&alarm, UnixMillis(i64::try_from(at).unwrap() * 1_000), f64::from(beyond[at]));
            let lasts = beyond[..=at].iter().rev().take_while(|is| **is == beyond[at]).count();
            let span = usize::try_from(if beyond[at] { hold } else { keep }).unwrap();
            if lasts > span {
                firing = beyond[at];
            }
            assert_eq!(series.verdict() == Verdict::Firing, firing, "at {at}: {hold} {keep} {beyond:?}");
        }
    });
}
