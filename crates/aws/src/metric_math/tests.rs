//! Metric math: the tables of AWS's guide, every function, and what is none.

use super::*;
use proptest::prelude::*;

/// Five minutes from Monday, 23 November 2026, 09:00 UTC.
const START: i64 = 1_795_424_400_000;

/// A series of a point a minute; NaN stands for none.
fn series(id: &str, values: &[f64]) -> Series {
    let points = values.iter().zip(0_i64..).filter(|(value, _)| !value.is_nan());
    Series {
        id: id.to_owned(),
        label: format!("label of {id}"),
        origin: None,
        period_s: 60,
        points: points.map(|(value, minute)| (START + minute * 60_000, *value)).collect(),
    }
}

struct Queries(Vec<Series>);

impl Source for Queries {
    fn query(&self, id: &str) -> Option<Operand> {
        self.0.iter().find(|series| series.id == id).cloned().map(Operand::Series)
    }

    fn metrics(&self) -> Vec<Series> {
        self.0.clone()
    }

    fn search(&self, search: &str, statistic: &str, period_s: Option<i64>) -> Result<Vec<Series>, MathError> {
        let found = series(&format!("{search} {statistic} {period_s:?}"), &[7.0]);
        Ok(if search == "nothing" { Vec::new() } else { vec![found, series("empty", &[])] })
    }

    fn grid(&self) -> Grid {
        Grid { start: START, end: START + 300_000, period_s: 60 }
    }
}

const NO: f64 = f64::NAN;

fn queries() -> Queries {
    Queries(vec![
        series("m1", &[30.0, 20.0, 0.0, 0.0]),
        series("m2", &[20.0, NO, 20.0, NO]),
        series("errors4xx", &[1.0, 2.0, 3.0, 4.0, 5.0]),
        series("errors5xx", &[NO, NO, 10.0]),
    ])
}

fn value(text: &str) -> Result<Vec<Series>, MathError> {
    evaluate(&Expression::parse(text)?, &queries())
}

/// The values of an expression's only series, none as NaN.
fn values(text: &str) -> Vec<f64> {
    let mut all = value(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    let points: BTreeMap<i64, f64> = all.remove(0).points.into_iter().collect();
    (0..5).map(|minute| points.get(&(START + minute * 60_000)).copied().unwrap_or(NO)).collect()
}

fn check(text: &str, expected: &[f64]) {
    let found = values(text);
    let mut expected = expected.to_vec();
    expected.resize(5, NO);
    let is_same =
        found.iter().zip(&expected).all(|(a, b)| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-9);
    assert!(is_same, "{text}: {found:?}, not {expected:?}");
}

#[test]
fn operators_treat_what_is_missing_as_nothing() {
    check("m1 + m2", &[50.0, 20.0, 20.0, 0.0]);
    check("m1 - m2", &[10.0, 20.0, -20.0, 0.0]);
    // A division by nothing is no point.
    check("m2 / m1", &[20.0 / 30.0, 0.0, NO, NO]);
    check("100 / m1", &[100.0 / 30.0, 5.0, NO, NO]);
    check("-m1", &[-30.0, -20.0, 0.0, 0.0]);
    check("2 + m1 * 2 ^ 2 - 1", &[121.0, 81.0, 1.0, 1.0]);
    check("m1 * -2 ^ 2", &[-120.0, -80.0, 0.0, 0.0]);
    check("(m1 < m2)", &[0.0, 0.0, 1.0, 0.0]);
    check("m1 >= 30", &[1.0, 0.0, 0.0, 0.0]);
    check("m1 > 15 AND m2 > 15", &[1.0, 0.0, 0.0, 0.0]);
    check("m1 > 15 || m2 > 15", &[1.0, 1.0, 1.0, 0.0]);
    check("m1 == 30 OR m1 != 0 && m1 <= 20", &[1.0, 1.0, 0.0, 0.0]);
    check("SUM(100/[m1, errors4xx])", &[100.0 / 30.0 + 100.0, 55.0, 100.0 / 3.0, 25.0, 20.0]);
    check("SUM([m1, m2] / [errors4xx, errors4xx])", &[50.0, 10.0, 20.0 / 3.0, 0.0, 0.0]);
}

#[test]
fn conditions_follow_the_tables_of_the_guide() {
    let queries = Queries(vec![
        series("metric1", &[1.0, 1.0, 0.0, 0.0, NO]),
        series("metric2", &[30.0, NO, 0.0, 0.0, 30.0]),
        series("metric3", &[0.0, 0.0, 20.0, NO, 20.0]),
    ]);
    for (text, expected) in [
        ("IF(metric1, metric2, metric3)", [30.0, 0.0, 20.0, NO, NO]),
        ("IF(metric1, 5, metric3)", [5.0, 5.0, 20.0, NO, NO]),
        ("IF(metric1, metric2, 5)", [30.0, 0.0, 5.0, 5.0, NO]),
        ("IF(metric1, metric2)", [30.0, 0.0, NO, NO, NO]),
        ("IF(1, metric2, metric3)", [30.0, NO, 0.0, 0.0, 30.0]),
        ("IF(0, metric2)", [NO; 5]),
        ("IF(metric2 < 20, 10, 2)", [2.0, NO, 10.0, 10.0, 2.0]),
    ] {
        let found = evaluate(&Expression::parse(text).unwrap(), &queries).unwrap();
        let expected = series("", &expected);
        assert_eq!(found[0].points, expected.points, "{text}");
    }
}

#[test]
fn every_function_has_its_value() {
    check("ABS(m1 - 25)", &[5.0, 5.0, 25.0, 25.0]);
    check("CEIL(m1 / 20)", &[2.0, 1.0, 0.0, 0.0]);
    check("FLOOR(m1 / 20)", &[1.0, 1.0, 0.0, 0.0]);
    check("LOG10(m1 * 10)", &[300_f64.log10(), 200_f64.log10(), NO, NO]);
    check("LOG(errors5xx)", &[NO, NO, 10_f64.ln()]);
    check("m1 / SUM(m1)", &[0.6, 0.4, 0.0, 0.0]);
    check("m2 * AVG(m1)", &[250.0, NO, 250.0]);
    check("m2 + MIN(m1) + MAX(m1)", &[50.0, NO, 50.0]);
    check("m2 + STDDEV(m2) + DATAPOINT_COUNT(m1)", &[24.0, NO, 24.0]);
    check("SUM(METRICS(\"errors\"))", &[1.0, 2.0, 13.0, 4.0, 5.0]);
    check("AVG(METRICS(\"errors\"))", &[0.5, 1.0, 6.5, 2.0, 2.5]);
    check("MAX([METRICS('4xx'), METRICS('5xx')])", &[1.0, 2.0, 10.0, 4.0, 5.0]);
    check("MIN(METRICS('errors'))", &[1.0, 2.0, 3.0, 4.0, 5.0]);
    check("STDDEV(METRICS('errors'))", &[0.0, 0.0, 3.5, 0.0, 0.0]);
    check("DATAPOINT_COUNT(METRICS())", &[3.0, 2.0, 4.0, 2.0, 1.0]);
    check("m1 / METRIC_COUNT(METRICS())", &[7.5, 5.0, 0.0, 0.0]);
    check("FILL(m2, 1)", &[20.0, 1.0, 20.0, 1.0, 1.0]);
    check("FILL(m2, MIN(m1))", &[20.0, 0.0, 20.0, 0.0, 0.0]);
    check("FILL(m2, errors4xx)", &[20.0, 2.0, 20.0, 4.0, 5.0]);
    check("FILL(errors5xx, REPEAT)", &[NO, NO, 10.0, 10.0, 10.0]);
    check("FILL(m2 - TIME_SERIES(0) * 0, LINEAR)", &[20.0, 0.0, 20.0, 0.0, 0.0]);
    check("FILL(IF(m1 != 20, m1), LINEAR)", &[30.0, 15.0, 0.0, 0.0]);
    check("RATE(m1)", &[NO, -10.0 / 60.0, -20.0 / 60.0, 0.0]);
    check("DIFF(m1)", &[NO, -10.0, -20.0, 0.0]);
    check("DIFF_TIME(m2)", &[NO, NO, 120.0]);
    check("RUNNING_SUM(m1)", &[30.0, 50.0, 50.0, 50.0]);
    check("m1 / PERIOD(m1)", &[0.5, 20.0 / 60.0, 0.0, 0.0]);
    check("TIME_SERIES(MAX(m1))", &[30.0; 5]);
    check("FIRST(SORT(METRICS(), AVG, DESC))", &[20.0, NO, 20.0]);
    check("LAST(SORT(METRICS(), MAX, DESC, 2))", &[20.0, NO, 20.0]);
    check("FIRST(SORT(METRICS(), SUM, ASC))", &[NO, NO, 10.0]);
    check("SUM(SLICE(SORT(METRICS(), SUM, ASC), 1, 2))", &[1.0, 2.0, 3.0, 4.0, 5.0]);
    check("SUM(SLICE(METRICS(), 3))", &[NO, NO, 10.0]);
    check("MINUTE(m1)", &[0.0, 1.0, 2.0, 3.0, 4.0]);
    check("HOUR(m1) + DAY(m1) * 100", &[109.0; 5]);
    check("DATE(m1) + MONTH(m1) * 100 + YEAR(m1) * 10000", &[20_261_123.0; 5]);
    check("EPOCH(m1) - 1795424400", &[0.0, 60.0, 120.0, 180.0, 240.0]);
    check("IF(DAY(m1) < 6, m1)", &[30.0, 20.0, 0.0, 0.0, 0.0]);
    check("REMOVE_EMPTY(SEARCH('{NS} x', 'Average', 300))", &[7.0]);
    let found = value("SEARCH('{NS} x', 'Average', 300)").unwrap();
    assert_eq!((found.len(), found[0].id.as_str()), (2, "{NS} x Average Some(300)"));
    assert_eq!(value("SEARCH('nothing', 'Sum')"), Ok(Vec::new()));
}

#[test]
fn what_has_no_value_is_refused_in_words() {
    for (text, message) in [
        ("SUM(m1)", "The expression has a scalar as its result"),
        ("m9", "The id m9 is not of this request"),
        ("SUM(1)", "The arguments of SUM are not of the types that it takes"),
        ("IF(METRICS(), 1, 0)", "The arguments of IF are not"),
        ("SORT(METRICS(), STDDEV, ASC)", "The arguments of SORT are not"),
        ("FOO(m1)", "The function FOO is not known"),
        ("ANOMALY_DETECTION_BAND(m1, 2)", "The function ANOMALY_DETECTION_BAND is not supported"),
        ("[m1, 2]", "An array holds time series, not scalars"),
        ("[m1, m2] + [m1]", "Two arrays of time series must have the same number"),
        ("m1 + 'x'", "A text stands where a value is expected"),
        ("m1 + DESC", "DESC is no value"),
        ("", "a number, an id, a function or ( is expected at position 0"),
        ("m1 m2", "an operator or the end is expected at position 3"),
        ("(m1", ") is expected at position 3"),
        ("[m1", "a comma or ] is expected at position 3"),
        ("METRICS(\"x", "the quote is not closed at position 8"),
        ("1.2.3 * m1", "a number is expected at position 0"),
        ("1e999 * m1", "a number is expected at position 0"),
    ] {
        let error = value(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn texts_and_points_are_bounded() {
    // M-1
    let reason = |text: &str| Expression::parse(text).unwrap_err().reason;
    assert!(reason(&"1".repeat(2049)).contains("longer than 2048"));
    for deep in ["(", "-", "[", "ABS(", "1^"] {
        let text = deep.repeat(2048 / deep.len());
        assert!(reason(&text).contains("deeper than 64"), "{deep}");
    }
    assert!(reason(&"1+".repeat(1000)).contains("too many operators"));
    let long =
        Queries(vec![Series { points: (0..100_000).map(|n| (n * 1000, 1.0)).collect(), ..series("m", &[]) }]);
    let all = ["m"; 400].join(",");
    let error = evaluate(&Expression::parse(&format!("SUM([{all}])")).unwrap(), &long).unwrap_err();
    assert!(error.reason.contains("more than 2000000 datapoints"), "{error}");
    let grid = Grid { start: i64::MAX - 1, end: i64::MAX, period_s: i64::MAX };
    assert!(grid.times().count() <= 1);
}

#[test]
fn expressions_are_ordered_and_loops_are_found() {
    let parse = |text: &str| Expression::parse(text).unwrap();
    let (a, b, c) = (parse("b + c + b"), parse("c * 2 + m1"), parse("m1"));
    assert_eq!(order(&[("a", &a), ("b", &b), ("c", &c)]), Ok(vec![2, 1, 0]));
    let loop_of = parse("a");
    assert!(order(&[("a", &a), ("b", &b), ("c", &loop_of)]).is_err());
    assert_eq!(order(&[("a", &loop_of)]), Err("a".to_owned()));
    // Five hundred in a row.
    let names: Vec<_> = (0..500).map(|n| format!("e{n}")).collect();
    let chain: Vec<_> = (0..500).map(|n| parse(&format!("e{} + e{}", n + 1, n + 1))).collect();
    let pairs: Vec<_> = names.iter().map(String::as_str).zip(&chain).collect();
    assert_eq!(order(&pairs).unwrap()[0], 499);
}

proptest! {
    #[test]
    fn no_text_makes_metric_math_panic(
        text in "((m1|m2|SUM|METRICS|FILL|SORT|IF|LINEAR|AVG|DESC|SLICE|RATE|1e3|2|\"x\")?[-+*/^(),\\[\\] <=&“é]{0,2}){0,14}"
    ) {
        if let Ok(series) = value(&text) {
            // M-2
            prop_assert!(series.iter().flat_map(|series| &series.points).all(|(_, value)| value.is_finite()));
        }
    }
}
