//! Asks Prometheus itself the same questions about the same samples.
//!
//! Every line of `expressions.txt`, and some hundred random expressions, are asked as a range query and at three
//! single times. Both have to answer the same series with the same values, or both have to refuse. What differs on
//! purpose is listed there, with its reason.

mod server;

use super::expression::Expressions;
use super::fleet::{Fleet, INTERVAL, SAMPLES, START, fleet};
use super::history::Budget;
use super::history::promql::{Matrix, Options, Value, parse};
use server::Server;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const EXPRESSIONS: &str = include_str!("expressions.txt");
/// Prometheus and we add in different orders now and then.
const TOLERANCE: f64 = 1e-9;
/// Random expressions asked.
const RANDOM: usize = 400;
/// Of the fleet that is asked about. Among equal values `topk` prefers whatever Prometheus stored first, which
/// only some seeds make the order of labels.
const SEED: u64 = 20_240_229;

/// Series, or the reason of a refusal.
type Answer = Result<Vec<(String, Vec<(i64, f64)>)>, String>;

#[test]
fn prometheus_gives_the_same_answers() {
    let Some(server) = Server::start() else { return };
    println!("seed {SEED}");
    let fleet = fleet(SEED);
    server.write(&fleet.0);
    let mut report = String::new();
    let mut asked = 0;
    let lines = EXPRESSIONS.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (text, differs) = match line.strip_prefix("differs:") {
            Some(text) => (text.trim(), true),
            None => (line, false),
        };
        asked += 1;
        match (differs, difference(&server, &fleet, text)) {
            (false, Some(difference)) => writeln!(report, "{text}\n    {difference}").unwrap(),
            (true, None) => writeln!(report, "{text}\n    is listed as different, and is not").unwrap(),
            _ => {}
        }
    }
    let mut expressions = Expressions(fastrand::Rng::with_seed(SEED));
    let mut refused = 0;
    for _ in 0..RANDOM {
        let text = expressions.vector(3);
        refused += usize::from(ours_at(&fleet, &text, START + 1_234_567).is_err());
        if let Some(difference) = difference(&server, &fleet, &text) {
            writeln!(report, "{text}\n    {difference}").unwrap();
        }
    }
    println!("{asked} expressions, and {RANDOM} random ones, of which {refused} were refused");
    assert!(asked >= 300, "only {asked} expressions were asked");
    assert!(refused < RANDOM / 3, "too many random expressions were refused: {refused}");
    assert!(report.is_empty(), "answers differ:\n{report}");
}

/// The first difference of the answers, over time and at three times.
fn difference(server: &Server, fleet: &Fleet, text: &str) -> Option<String> {
    let end = START + SAMPLES * INTERVAL;
    let (first, step) = (START + 600_000, 73_000);
    let range = ours_over_time(fleet, text, first, end, step);
    if let Err(difference) = compared(&range, &server.range(text, first, end, step), false) {
        return Some(difference);
    }
    let times = [START - 1_000, START + 1_234_567, end - 600_000];
    times.into_iter().find_map(|time| {
        let ordered = text.starts_with("sort");
        compared(&ours_at(fleet, text, time), &server.instant(text, time), ordered).err()
    })
}

fn ours_over_time(fleet: &Fleet, text: &str, start: i64, end: i64, step: i64) -> Answer {
    let query = parse(text).map_err(|error| error.to_string())?;
    let matrix = query.range(fleet, start, end, step, &Options::default(), &Budget::unlimited());
    matrix.map(|matrix| named(&matrix)).map_err(|error| error.to_string())
}

fn ours_at(fleet: &Fleet, text: &str, time: i64) -> Answer {
    let query = parse(text).map_err(|error| error.to_string())?;
    let value = query.instant(fleet, time, &Options::default(), &Budget::unlimited());
    Ok(match value.map_err(|error| error.to_string())? {
        Value::Scalar(value) => vec![("scalar".to_owned(), vec![(time, value)])],
        Value::String(text) => vec![(format!("string {text}"), Vec::new())],
        Value::Vector(samples) => {
            samples.iter().map(|sample| (sample.labels.to_string(), vec![(time, sample.value)])).collect()
        }
        Value::Matrix(matrix) => named(&matrix),
    })
}

fn named(matrix: &Matrix) -> Vec<(String, Vec<(i64, f64)>)> {
    matrix.series.iter().map(|series| (series.labels.to_string(), series.points.clone())).collect()
}

fn compared(ours: &Answer, theirs: &Answer, ordered: bool) -> Result<(), String> {
    let (ours, theirs) = match (ours, theirs) {
        (Err(_), Err(_)) => return Ok(()),
        (Ok(_), Err(error)) => return Err(format!("they refuse, and we do not: {error}")),
        (Err(error), Ok(_)) => return Err(format!("we refuse, and they do not: {error}")),
        (Ok(ours), Ok(theirs)) => (ours, theirs),
    };
    if ordered && !ours.iter().map(|(name, _)| name).eq(theirs.iter().map(|(name, _)| name)) {
        let names =
            |answer: &[(String, Vec<_>)]| answer.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        return Err(format!("the order is {:?} and should be {:?}", names(ours), names(theirs)));
    }
    let ours: BTreeMap<_, _> = ours.iter().cloned().collect();
    let theirs: BTreeMap<_, _> = theirs.iter().cloned().collect();
    if let Some(name) = theirs.keys().find(|name| !ours.contains_key(*name)) {
        return Err(format!("{name:?} is missing; we have {:?}", ours.keys()));
    }
    if let Some(name) = ours.keys().find(|name| !theirs.contains_key(*name)) {
        return Err(format!("{name:?} is too much; they have {:?}", theirs.keys()));
    }
    for (name, points) in &theirs {
        let mine = &ours[name];
        if !points.iter().map(|(time, _)| time).eq(mine.iter().map(|(time, _)| time)) {
            return Err(format!("{name:?} has {} points and should have {}", mine.len(), points.len()));
        }
        for ((time, theirs), (_, ours)) in points.iter().zip(mine) {
            // Equal bits are equal infinities.
            let same = theirs.to_bits() == ours.to_bits()
                || (theirs.is_nan() && ours.is_nan())
                || (theirs - ours).abs() <= TOLERANCE * theirs.abs().max(ours.abs());
            if !same {
                return Err(format!("{name:?} is {ours} at {time} and should be {theirs}"));
            }
        }
    }
    Ok(())
}
