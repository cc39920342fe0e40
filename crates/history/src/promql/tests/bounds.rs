//! What a query may cost, and what it asks of the source.

use super::source::{MINUTE, written};
use crate::budget::{Budget, BudgetError};
use crate::labels::Labels;
use crate::promql::{EvalError, Options, parse};
use crate::source::{Aggregate, SeriesSamples};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use topmast_model::sample::Series;

const HOUR: i64 = 60 * MINUTE;

#[test]
fn ranges_that_are_none_or_too_long_are_refused() {
    let source = written("up 1x10");
    let query = parse("up").unwrap();
    let range = |start, end, step| {
        query
            .range(&source, start, end, step, &Options::default(), &Budget::unlimited())
            .map(|matrix| matrix.series.len())
    };
    assert!(matches!(range(0, 10, 0), Err(EvalError::Time(_))));
    assert!(matches!(range(10, 0, 1), Err(EvalError::Time(_))));
    assert!(matches!(range(0, i64::MAX, 1), Err(EvalError::Time(_))));
    assert!(matches!(range(0, 11_001, 1), Err(EvalError::Steps { steps: 11_001, limit: 11_000 })));
    assert!(matches!(range(0, 11_000, 1), Ok(1)));
    let few = Options { series_max: 0, ..Options::default() };
    let answer = query.instant(&source, 0, &few, &Budget::unlimited());
    assert!(matches!(answer, Err(EvalError::Series { found: 1, limit: 0 })));
}

#[test]
fn expensive_queries_end_before_they_take_memory() {
    //
    let source = written("up{a=\"1\"} 1x10\nup{a=\"2\"} 1x10");
    for text in [
        "up",
        "up + up",
        "sum(up)",
        "vector(1)",
        "time() + time()",
        "count_over_time(up[100y:1ms])",
        "quantile_over_time(0.5, up[10m])",
        "up or up",
        "label_replace(up, \"a\", \"\", \"\", \"\")",
    ] {
        let query = parse(text).unwrap();
        let answer = query.range(
            &source,
            0,
            10_000_000,
            1_000,
            &Options::default(),
            &Budget::new(9_000, Arc::default()),
        );
        let ended = matches!(answer, Err(EvalError::Budget(BudgetError::Samples { limit: 9_000 })));
        assert!(ended, "{text}: {:?}", answer.map(|matrix| matrix.series.len()));
    }
    let stopped = Budget::new(u64::MAX, Arc::new(AtomicBool::new(true)));
    let answer = parse("time()").unwrap().range(&source, 0, 1_000, 1, &Options::default(), &stopped);
    assert!(matches!(answer, Err(EvalError::Budget(BudgetError::Stopped))));
}

#[test]
fn reads_say_how_coarse_samples_may_be_and_are_done_once() {
    let cases = [
        ("up", HOUR, (300_000, Aggregate::Last)),
        ("up", MINUTE, (MINUTE, Aggregate::Last)),
        ("max_over_time(up[1h])", HOUR, (6 * MINUTE, Aggregate::Max)),
        ("min_over_time(up[1h])", MINUTE, (MINUTE, Aggregate::Min)),
        ("sum_over_time(up[1d])", 24 * HOUR, (144 * MINUTE, Aggregate::Sum)),
        ("count_over_time(up[1h])", HOUR, (6 * MINUTE, Aggregate::Count)),
        ("avg_over_time(up[1h])", HOUR, (6 * MINUTE, Aggregate::Mean)),
        ("rate(up[5m])", HOUR, (30_000, Aggregate::Last)),
        ("irate(up[1h])", HOUR, (0, Aggregate::Last)),
        ("quantile_over_time(0.5, up[1h])", HOUR, (0, Aggregate::Last)),
        ("max_over_time(up[1h:1m])", HOUR, (MINUTE, Aggregate::Last)),
    ];
    for (text, step, expected) in cases {
        let source = written("up 1x10");
        let twice = parse(&format!("{text} + {text}")).unwrap();
        twice.range(&source, 0, 24 * HOUR, step, &Options::default(), &Budget::unlimited()).unwrap();
        let asked = source.asked.lock().unwrap();
        let [(_, _, resolution, aggregate)] = asked.as_slice() else {
            panic!("{text} was read as {asked:?}")
        };
        assert_eq!((*resolution, *aggregate), expected, "{text}");
    }
}

/// Prints how long the most usual query of a dashboard takes: `cargo nextest run --release --run-ignored only
/// --no-capture rate_of_a_thousand_series`.
#[test]
#[ignore = "a figure to read, not a check"]
fn rate_of_a_thousand_series() {
    struct Many(Vec<SeriesSamples>);
    impl crate::source::Source for Many {
        fn select(
            &self,
            _: &crate::source::Selection<'_>,
            _: &Budget,
        ) -> Result<Vec<SeriesSamples>, crate::source::SourceError> {
            Ok(self.0.clone())
        }
    }
    let times: Arc<[i64]> = (0..3_600).map(|n| n * 1_000).collect();
    let series = (0..1_000_u32).map(|n| SeriesSamples {
        series: Labels::of(&Series::new(
            "requests_total",
            [("host", &*n.to_string()), ("job", "api"), ("code", "200")],
        )),
        times: Arc::clone(&times),
        values: (0..3_600_u32).map(|sample| f64::from(sample * (n % 7))).collect(),
    });
    let source = Many(series.collect());
    for text in [
        "requests_total",
        "rate(requests_total[5m])",
        "sum by (job) (rate(requests_total[5m]))",
        "max_over_time(requests_total[5m])",
        "avg_over_time(requests_total[5m])",
        "quantile_over_time(0.9, requests_total[5m])",
        "requests_total / requests_total",
    ] {
        let query = parse(text).unwrap();
        let asked = std::time::Instant::now();
        let answer =
            query.range(&source, 60_000, 3_600_000, 60_000, &Options::default(), &Budget::unlimited());
        let asked = asked.elapsed();
        println!("{text}: {asked:?} with a copy of the samples; {} series", answer.unwrap().series.len());
    }
}
