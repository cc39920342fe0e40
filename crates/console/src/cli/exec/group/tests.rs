//! What people and programs are shown of many results.

use super::*;
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

const STYLE: Style = Style { width: None, colour: false, now: Timestamp(UnixMillis(0)) };

fn exited(code: i32) -> End {
    End::Outcome(PaneOutcome::Exited(code))
}

fn groups(results: &[(End, &str, &str)]) -> (Groups, Vec<String>) {
    let mut groups = Groups::default();
    for (pane, (end, output, error)) in results.iter().enumerate() {
        let said = Said { output: output.as_bytes().to_vec(), error: error.as_bytes().to_vec() };
        groups.add(u16::try_from(pane).unwrap(), end.clone(), said);
    }
    let names = (1..=results.len()).map(|number| format!("db-{number}")).collect();
    (groups, names)
}

fn check(results: &[(End, &str, &str)], expected: &str) {
    let (mut groups, names) = groups(results);
    assert_eq!(groups.text(&names, STYLE), expected);
}

#[test]
fn same_results_stand_together_and_the_odd_ones_at_the_end() {
    let good = (exited(0), "a\nb\n", "");
    let failed = End::Outcome(PaneOutcome::Failed("it cannot be reached".into()));
    check(
        &[
            (failed, "", ""),
            good.clone(),
            (exited(0), "a\nc\n", ""),
            good.clone(),
            (exited(1), "", "no\nway\n"),
            good,
        ],
        "── 3 servers: db-2, db-4, db-6 ── exit 0 ──\n  a\n  b\n\
         ── 1 server: db-3 ── exit 0 ──\n  a\n≠ c\n\
         ── 1 server: db-5 ── exit 1 ──\n≠ no\n  way\n\
         ── 1 server: db-1 ── failed: it cannot be reached ──\n",
    );
}

#[test]
fn one_line_each_is_a_row_each() {
    let good = (exited(0), "6.1\n", "");
    check(
        &[good.clone(), good, (exited(0), "5.10\n", ""), (exited(127), "", "uname: not found\n")],
        "db-1, db-2  exit 0     6.1\n\
         db-3        exit 0   ≠ 5.10\n\
         db-4        exit 127 ≠ uname: not found\n",
    );
    let each = [(exited(0), "up 1 day\n", ""), (exited(0), "up 2 days\n", "")];
    check(&each, "db-1  exit 0   up 1 day\ndb-2  exit 0   up 2 days\n");
}

#[test]
fn one_group_is_shown_whole_and_silence_is_said() {
    check(
        &[(exited(0), "up\n", ""), (exited(0), "up\n", "")],
        "── 2 servers: db-1, db-2 ── exit 0 ──\n  up\n",
    );
    check(&[(exited(0), "", "")], "── 1 server: db-1 ── exit 0 ──\n  (no output)\n");
}

#[test]
fn what_did_not_run_is_not_what_others_are_compared_with() {
    let not = (End::NotStarted, "", "");
    check(
        &[not.clone(), not, (exited(4), "broken\n", "")],
        "db-1, db-2  not started\ndb-3        exit 4        broken\n",
    );
}

#[test]
fn terminal_shows_some_screens_around_what_is_odd() {
    let many: String = (0..1_000).fold(String::new(), |text, number| text + &format!("{number}\n"));
    let odd = many.replace("900\n", "x\n");
    let (mut groups, names) =
        groups(&[(exited(0), &many, ""), (exited(0), &many, ""), (exited(0), &odd, "")]);
    let whole = groups.text(&names, STYLE);
    assert_eq!(whole.lines().count(), 2_002);
    let shown = groups.text(&names, Style { width: Some(80), ..STYLE });
    assert_eq!(shown.lines().count(), 404);
    assert!(shown.contains("≠ x\n") && shown.contains("  … 800 more lines"), "{shown}");
}

#[test]
fn many_names_are_counted() {
    let same: Vec<_> = (0..20).map(|_| (exited(0), "a\nb\n", "")).collect();
    let (mut groups, names) = groups(&same);
    let text = groups.text(&names, STYLE);
    assert!(text.starts_with("── 20 servers: db-1, db-2,") && text.contains("db-12 and 8 more ──"), "{text}");
}

#[test]
fn nothing_that_a_server_printed_acts_on_the_terminal() {
    // GR-2
    check(
        &[(exited(0), "a\x1b[2J\x07\r\nb\u{9b}31m\tc\u{7f}", "")],
        "── 1 server: db-1 ── exit 0 ──\n  a^[[2J^G\n  b\u{fffd}31m\tc^?\n",
    );
    let why = End::Outcome(PaneOutcome::Failed("bad\x1b[0m\nline".into()));
    check(&[(why, "", "")], "── 1 server: db-1 ── failed: bad^[[0m^Jline ──\n");
}

#[test]
fn summary_counts_what_is_good_first() {
    let (groups, _) =
        groups(&[(exited(1), "", ""), (exited(0), "a", ""), (exited(0), "b", ""), (End::NotStarted, "", "")]);
    assert_eq!(groups.summary(), "2 exit 0, 1 not started, 1 exit 1");
    assert_eq!(groups.failed(), 2);
}

#[test]
fn programs_get_the_same_groups_with_everything_in_them() {
    let (mut groups, names) = groups(&[(exited(3), "x\x1b", "y"), (End::Unknown, "", "")]);
    let json = serde_json::to_value(groups.json(&names)).unwrap();
    assert_eq!(json[0]["servers"], serde_json::json!(["db-1"]));
    assert_eq!(
        (&json[0]["outcome"], &json[0]["exit_code"], &json[0]["stdout"], &json[0]["stderr"]),
        (&"exited".into(), &3.into(), &"x\u{1b}".into(), &"y".into())
    );
    assert_eq!((&json[1]["outcome"], &json[1]["exit_code"]), (&"unknown".into(), &serde_json::Value::Null));
}
