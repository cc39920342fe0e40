//! Answers in every form, and arguments that are read.

use super::*;
use serde_json::json;
use topmast_api::problem::Problem;

fn rows(result: serde_json::Value) -> Rows {
    Rows::of(serde_json::from_value(result).unwrap())
}

fn style() -> Style {
    Style { width: None, colour: false, now: Timestamp(UnixMillis(0)) }
}

fn vector() -> Rows {
    rows(json!({"resultType": "vector", "result": [
        {"metric": {"__name__": "host_memory_free_bytes", "server": "db"}, "value": [60, "1048576"]},
        {"metric": {"server": "web", "zone": "a,b"}, "value": [60.5, "+Inf"]},
    ]}))
}

#[test]
fn answers_for_one_time_have_a_column_for_each_label() {
    insta::assert_snapshot!(vector().table(Unit::Bytes, true, style()), @r"
    METRIC                  SERVER  ZONE  VALUE
    host_memory_free_bytes  db      -      1MiB
    -                       web     a,b    +Inf
    ");
    let csv = vector().csv(true);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "__name__,server,zone,time,value");
    assert_eq!(lines[1], "host_memory_free_bytes,db,,1970-01-01T00:01:00.000Z,1048576");
    assert_eq!(lines[2], ",web,\"a,b\",1970-01-01T00:01:00.500Z,+Inf");
    let scalar = rows(json!({"resultType": "scalar", "result": [60, "2.5"]}));
    assert_eq!(scalar.table(Unit::Number, false, style()), "2.5\n");
    let text = rows(json!({"resultType": "string", "result": [60, "as it is"]}));
    assert_eq!(text.table(Unit::Number, false, style()), "as it is\n");
}

#[test]
fn series_of_a_chart_are_named_by_what_tells_them_apart() {
    let both = rows(json!({"resultType": "matrix", "result": [
        {"metric": {"__name__": "up", "server": "db", "site": "x"}, "values": [[0, "1"], [15, "2"]]},
        {"metric": {"__name__": "up", "server": "web", "site": "x"}, "values": [[0, "3"]]},
    ]}));
    let chart = both.chart((0, 15_000), 15_000, Unit::Number);
    let names: Vec<&str> = chart.series.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["server=db", "server=web"]);
    assert_eq!(chart.series[0].1, [(0, 1.0), (15_000, 2.0)]);
    assert_eq!(both.table(Unit::Number, false, style()).lines().count(), 3);
}

#[test]
fn arguments_are_lengths_and_moments() {
    for (text, expected) in
        [("90", 90_000), ("15s", 15_000), ("1h30m", 5_400_000), ("250ms", 250), ("7d", 604_800_000)]
    {
        assert_eq!(duration(text), Ok(expected), "{text}");
    }
    for wrong in ["", "0", "soon", "5x", "1.5h", "99999999999999999999", "-5s", "5é"] {
        assert!(duration(wrong).is_err(), "{wrong}");
    }
    assert_eq!(moment("2026-03-01T12:00:00Z"), Ok(1_772_366_400_000));
    assert_eq!(moment("1772366400.5"), Ok(1_772_366_400_500));
    assert!(moment("noon").is_err() && moment("NaN").is_err());
    assert_eq!((seconds(1_500), seconds(-1_500)), ("1.500".to_owned(), "-1.500".to_owned()));
    // 140 points: an hour has one every 30 s.
    assert_eq!(step_for(3_600_000, style()), 30_000);
}

#[test]
fn wrong_expression_is_shown_with_a_caret_below_its_fault() {
    let problem =
        Problem::new(ProblemCode::Invalid, format!("{BAD_QUERY}1:5: a bracket is missing: add \")\""));
    let failure = refused(ClientError::Refused(Box::new(problem)), "sum(");
    assert_eq!(failure.code(), 2);
    assert_eq!(failure.text().unwrap(), "query, column 5: a bracket is missing: add \")\"\n  sum(\n      ^");
}
