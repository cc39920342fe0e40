//! Tests of the whole: answers worked out by hand, random expressions against a naive evaluator, and bounds.

#[path = "../../tests/it/expression.rs"]
mod expression;
#[path = "../../tests/it/fleet.rs"]
mod fleet;

mod answers;
mod bounds;
#[expect(clippy::float_cmp, reason = "what == means is asked for")]
mod naive;
mod refusals;
mod source;

use super::grid::Grid;
use super::{EvalError, Matrix, Options, QueryPart, SampleSeries, parse};
use crate as history;
use crate::budget::Budget;
use crate::matcher::Matcher;
use crate::source::{Selection, SeriesSamples, Source, SourceError};
use expression::Expressions;
use fleet::{Fleet, INTERVAL, SAMPLES, START, fleet};
use naive::{Answer, Labels, Naive};
use source::{MINUTE, written};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Random expressions compared in one run.
const RANDOM: usize = 300;
/// The naive evaluator adds in a plain way.
const TOLERANCE: f64 = 1e-6;

type Points = BTreeMap<Labels, Vec<(i64, f64)>>;

#[test]
fn columns_answer_what_steps_do() {
    //
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let fleet = fleet(seed);
    let mut expressions = Expressions(fastrand::Rng::with_seed(seed));
    let (start, end, step) = (START + 1_500_000, START + SAMPLES * INTERVAL, 431_000);
    let mut answered = 0;
    for _ in 0..RANDOM {
        let text = expressions.vector(2);
        let query = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let naive = Naive { series: &fleet.0, start, end };
        let expected = naive_range(&naive, &query.expr, start, end, step);
        let found = query.range(&fleet, start, end, step, &Options::default(), &Budget::unlimited());
        match (expected, found) {
            (Some(expected), Ok(found)) => {
                answered += 1;
                assert_same(&text, &expected, &points(&found));
            }
            (None, Err(_)) => {}
            (expected, found) => panic!("{text}: expected {expected:?}, found {found:?}"),
        }
    }
    assert!(answered > RANDOM / 2, "only {answered} were answered");
}

/// A fleet of which each source has the series of some instances.
struct Sources {
    whole: Fleet,
    each: [Fleet; 3],
    answered: AtomicUsize,
}

impl Sources {
    fn of(fleet: Fleet) -> Self {
        let of = |instances: &[&str]| {
            Fleet(fleet.0.iter().filter(|s| instances.contains(&s.series.get("instance"))).cloned().collect())
        };
        let each = [of(&["i0"]), of(&["i1", "i2"]), of(&[""])];
        Self { whole: fleet, each, answered: AtomicUsize::new(0) }
    }
}

impl Source for Sources {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        self.whole.select(selection, budget)
    }

    fn answer(&self, part: &QueryPart<'_>, budget: &Budget) -> Result<Option<Vec<SeriesSamples>>, EvalError> {
        let Some(matchers) = part.apart_by("instance") else { return Ok(None) };
        let matchers: Vec<Matcher> = matchers.into_iter().cloned().collect();
        let query = parse(&part.text("instance", &matchers)).unwrap();
        let (count, step) = part.steps();
        let end = part.start_ms() + (i64::try_from(count).unwrap() - 1) * step;
        let mut found = Vec::new();
        for fleet in &self.each {
            let answer = query.range(fleet, part.start_ms(), end, step, part.options(), budget)?;
            found.extend(answer.series.into_iter().map(|series| SeriesSamples {
                series: series.labels,
                times: series.points.iter().map(|(time, _)| *time).collect(),
                values: series.points.iter().map(|(_, value)| *value).collect(),
            }));
        }
        found.sort_by(|one, other| one.series.cmp(&other.series));
        self.answered.fetch_add(1, Ordering::Relaxed);
        Ok(Some(found))
    }
}

#[test]
fn sources_that_answer_parts_answer_what_their_samples_do() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let sources = Sources::of(fleet(seed));
    let mut expressions = Expressions(fastrand::Rng::with_seed(seed));
    let (start, end, step) = (START + 1_500_000, START + SAMPLES * INTERVAL, 431_000);
    for _ in 0..RANDOM {
        let text = expressions.vector(2);
        let query = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let ask = |source: &dyn Source| {
            query.range(source, start, end, step, &Options::default(), &Budget::unlimited())
        };
        match (ask(&sources.whole), ask(&sources)) {
            (Ok(expected), Ok(found)) => assert_same(&text, &points(&expected), &points(&found)),
            (Err(_), Err(_)) => {}
            (expected, found) => panic!("{text}: expected {expected:?}, found {found:?}"),
        }
    }
    let answered = sources.answered.into_inner();
    assert!(answered > RANDOM / 2, "they answered only {answered} parts");
}

#[test]
fn part_is_answered_with_the_values_that_there_are() {
    let source = written("a{l='x'} 1 _ 3\n a{l='y'} 5 5 5\n a{l='z'} 2 stale stale");
    let options = Options { lookback_ms: 0, ..Options::default() };
    let grid = Grid { start: 0, step: MINUTE, count: 3 };
    let answer = |text: &str| -> Vec<(String, Vec<(i64, f64)>)> {
        let query = parse(text).unwrap();
        let part = QueryPart::new(&query.expr, grid, &options);
        let values = |one: &SeriesSamples| {
            let points = one.times.iter().copied().zip(one.values.iter().copied());
            (one.series.get("l").to_owned(), points.collect())
        };
        part.evaluate(&source, &Budget::unlimited()).unwrap().iter().map(values).collect()
    };
    let [x, y] = ["x", "y"].map(str::to_owned);
    let whole = vec![(0, 5.0), (MINUTE, 5.0), (2 * MINUTE, 5.0)];
    assert_eq!(answer("a > 2"), [(x, vec![(2 * MINUTE, 3.0)]), (y, whole)]);
    assert_eq!(answer("absent(a)"), []);
}

#[test]
fn equal_parts_are_asked_once() {
    for (text, asked) in [
        ("sum(requests) / count(requests)", 1),
        ("sum(requests) / count(requests offset 1m)", 2),
        ("sum(requests) / count({__name__='requests'}) + max(-requests)", 2),
        ("sum(requests) / sum(max_over_time(requests[1m:10s]))", 2),
        ("sum(max_over_time((-requests)[1m:10s])) / sum(min_over_time((-requests)[1m:10s]))", 2),
        ("sum(requests{job='a'}) / sum(requests{job!='a'})", 2),
        ("sum(-requests) / absent(max_over_time((absent(-requests))[1m:10s]))", 2),
    ] {
        let sources = Sources::of(fleet(1));
        let options = Options::default();
        let (start, end) = (START + 1_500_000, START + SAMPLES * INTERVAL);
        let answer =
            parse(text).unwrap().range(&sources, start, end, 431_000, &options, &Budget::unlimited());
        assert!(answer.is_ok(), "{text}: {answer:?}");
        assert_eq!(sources.answered.into_inner(), asked, "{text}");
    }
}

fn points(matrix: &Matrix) -> Points {
    let labels = |series: &SampleSeries| {
        let labels = series.labels.pairs().skip(1).map(|(n, v)| (n.to_owned(), v.to_owned()));
        let name = Some(series.labels.metric().to_owned()).filter(|name| !name.is_empty());
        labels.chain(name.map(|name| ("__name__".to_owned(), name))).collect()
    };
    matrix.series.iter().map(|series| (labels(series), series.points.clone())).collect()
}

fn naive_range(
    naive: &Naive<'_>,
    expr: &super::syntax::Expr,
    start: i64,
    end: i64,
    step: i64,
) -> Option<Points> {
    let mut points = Points::new();
    let mut time = start;
    while time <= end {
        let vector = match naive.at(expr, time).ok()? {
            Answer::Vector(vector) => vector,
            Answer::Scalar(value) => vec![(Labels::new(), value)],
        };
        for (labels, value) in vector {
            points.entry(labels).or_default().push((time, value));
        }
        time += step;
    }
    Some(points)
}

fn assert_same(text: &str, expected: &Points, found: &Points) {
    assert!(expected.keys().eq(found.keys()), "{text}: {:?} instead of {:?}", found.keys(), expected.keys());
    for (labels, points) in expected {
        let mine = &found[labels];
        assert!(
            points.iter().map(|p| p.0).eq(mine.iter().map(|p| p.0)),
            "{text}: {mine:?} instead of {points:?}"
        );
        for ((_, expected), (time, found)) in points.iter().zip(mine) {
            let close = (expected - found).abs() <= TOLERANCE * expected.abs().max(found.abs()).max(1.0);
            let same =
                close || expected.to_bits() == found.to_bits() || (expected.is_nan() && found.is_nan());
            assert!(same, "{text} {labels:?} at {time}: {found} instead of {expected}");
        }
    }
}
