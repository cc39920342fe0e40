//! Golden charts: fixed series at fixed widths.

use super::*;
use topmast_model::time::UnixMillis;

const START: i64 = 1_795_000_000_000;

fn style(width: usize, colour: bool) -> Style {
    Style { width: Some(width), colour, now: topmast_api::time::Timestamp(UnixMillis(START)) }
}

/// Sixty points a minute apart; those that `value` has none for are gaps.
fn series(name: &str, value: impl Fn(f64) -> Option<f64>) -> (String, Vec<(i64, f64)>) {
    let points = (0..=60).filter_map(|step| Some((START + step * 60_000, value(step as f64)?)));
    (name.to_owned(), points.collect())
}

fn chart(series: Vec<(String, Vec<(i64, f64)>)>) -> Chart {
    Chart { series, times: (START, START + 3_600_000), step_ms: 60_000, unit: Unit::Bytes }
}

#[test]
fn one_series_is_a_line_and_a_gap_stays_one() {
    //
    let gap = |step: f64| (!(20.0..40.0).contains(&step)).then_some(step * 1_024.0);
    let text = chart(vec![series("db", gap)]).render(style(60, false));
    insta::assert_snapshot!(text, @"
    64KiB ┤
          │                                                  ⣀⠔⠊
          │                                              ⢀⡠⠒⠉
          │                                           ⣀⠔⠊⠁
    48KiB ┤                                       ⢀⡠⠒⠉
          │                                    ⣀⠔⠊⠁
          │                                   ⠉
          │
    32KiB ┤
          │
          │
    16KiB ┤              ⣀⠤⠊
          │          ⢀⡠⠔⠉
          │       ⣀⠤⠊⠁
          │   ⢀⡠⠔⠉
       0B ┤⣀⠤⠊⠁
          └─────────────────────────────────────────────────────
      UTC  11:06:40         11:26:40          11:46:40  12:06:40
    db  last 60KiB
    ");
    let drawn: Vec<Vec<char>> = text.lines().take(HEIGHT).map(|line| line.chars().collect()).collect();
    let filled = |column: usize| {
        drawn.iter().any(|line| line.get(column).is_some_and(|c| ('\u{2801}'..='\u{28ff}').contains(c)))
    };
    // The drawing begins behind the axis; the gap is its middle third.
    let left = drawn[0].iter().position(|c| "│┤".contains(*c)).unwrap() + 1;
    let columns: Vec<bool> = (left..60).map(filled).collect();
    let third = columns.len() / 3;
    assert!(columns[1..third - 2].iter().all(|filled| *filled), "{text}");
    assert!(columns[third + 2..2 * third - 2].iter().all(|filled| !filled), "{text}");
    assert!(columns[2 * third + 2..columns.len() - 1].iter().all(|filled| *filled), "{text}");
}

#[test]
fn several_series_have_letters_and_colour_only_repeats_them() {
    //
    let both = || vec![series("server=db", |_| Some(1.0)), series("server=web", |step| Some(step / 20.0))];
    let plain = chart(both()).render(style(60, false));
    assert!(
        plain.contains("aaa") && plain.contains('b') && plain.contains("a  server=db  last 1B"),
        "{plain}"
    );
    let mut coloured = chart(both()).render(style(60, true));
    for code in COLOURS.into_iter().chain(["\x1b[0m"]) {
        coloured = coloured.replace(code, "");
    }
    assert_eq!(coloured, plain);
}

#[test]
fn charts_fit_every_width_and_name_what_they_leave_out() {
    //
    let many: Vec<_> = (0..14).map(|name| series(&format!("a long name {name}"), Some)).collect();
    let chart = chart(many);
    for width in 24..120 {
        let text = chart.render(style(width, false));
        for line in text.lines().filter(|line| !line.starts_with('…')) {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{width}: {line}");
        }
        assert!(text.contains("… and 2 more series"), "{text}");
    }
}

#[test]
fn values_that_are_no_numbers_are_gaps_and_nothing_is_no_chart() {
    assert_eq!(chart(Vec::new()).render(style(60, false)), "");
    assert_eq!(chart(vec![series("x", |_| Some(f64::NAN))]).render(style(60, false)), "");
    let text = chart(vec![series("x", |step| Some(if step < 30.0 { f64::INFINITY } else { 1.0 }))]);
    assert!(text.render(style(60, false)).contains("last 1B"));
}
