//! Golden tables: fixed rows at several widths.

use super::*;
use serde::Serialize;
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

#[derive(Debug, Serialize)]
struct Lamp {
    name: &'static str,
    status: &'static str,
    watts: Option<f64>,
    note: &'static str,
}

const COLUMNS: &[Column<Lamp>] = &[
    Column::text("NAME", "name", |lamp, _| Cell::plain(lamp.name)),
    Column::text("STATUS", "status", |lamp, _| {
        Cell::new(lamp.status, if lamp.status == "UP" { Tone::Good } else { Tone::Bad })
    }),
    Column::number("WATTS", "watts", |lamp, _| Cell::plain(human::rate(lamp.watts))),
    Column::text("NOTE", "note", |lamp, _| Cell::maybe(Some(lamp.note))),
    Column::wide_number("SECRET", "watts", |lamp, _| Cell::plain(human::rate(lamp.watts))),
];

const LAMPS: &[Lamp] = &[
    Lamp { name: "hall", status: "UP", watts: Some(60.0), note: "" },
    Lamp {
        name: "a-very-long-name-of-a-lamp",
        status: "DOWN",
        watts: None,
        note: "says \"no\", \x1b[2Jtwice",
    },
];

fn style(width: Option<usize>, colour: bool) -> Style {
    Style { width, colour, now: Timestamp(UnixMillis(0)) }
}

fn table(width: Option<usize>) -> String {
    format(Form::Table, LAMPS, COLUMNS, true, style(width, false)).unwrap()
}

#[test]
fn table_without_a_terminal_is_whole() {
    insta::assert_snapshot!(table(None), @r#"
    NAME                        STATUS  WATTS  NOTE
    hall                        UP       60.0  -
    a-very-long-name-of-a-lamp  DOWN        -  says "no",  [2Jtwice
    "#);
}

#[test]
fn table_gives_up_its_widest_texts_first() {
    insta::assert_snapshot!(table(Some(44)), @r#"
    NAME            STATUS  WATTS  NOTE
    hall            UP       60.0  -
    a-very-long-n…  DOWN        -  says "no",  …
    "#);
    insta::assert_snapshot!(table(Some(27)), @"
    NAME    STATUS  WATTS
    hall    UP       60.0
    a-ver…  DOWN        -
    ");
    for width in 1..80 {
        for line in table(Some(width)).lines().filter(|_| width > 8) {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colour_adds_to_words_and_nothing_else() {
    // T-1
    let coloured = format(Form::Table, LAMPS, COLUMNS, true, style(None, true)).unwrap();
    assert!(coloured.contains("\x1b[32mUP\x1b[0m"));
    let bare = ["\x1b[1m", "\x1b[32m", "\x1b[1;31m", "\x1b[0m"]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(bare, table(None));
}

#[test]
fn csv_and_json_hold_raw_values() {
    // T-2
    let csv = format(Form::Csv, LAMPS, &COLUMNS[..4], true, style(Some(20), true)).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[..2], ["name,status,watts,note", "hall,UP,60.0,"]);
    assert_eq!(lines[2], "a-very-long-name-of-a-lamp,DOWN,,\"says \"\"no\"\", \x1b[2Jtwice\"");
    let json = format(Form::Json, &LAMPS[..1], COLUMNS, true, style(Some(20), true)).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()[0]["watts"], 60.0);
}

#[test]
fn headers_can_be_left_out() {
    let bare = format(Form::Table, &LAMPS[..1], COLUMNS, false, style(None, false)).unwrap();
    assert_eq!(bare, "hall  UP  60.0  -\n");
    assert_eq!(
        format(Form::Wide, &LAMPS[..1], COLUMNS, false, style(None, false)).unwrap(),
        "hall  UP  60.0  -  60.0\n"
    );
}
