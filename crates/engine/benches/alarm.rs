//! What looking at rules costs.
//!
//! `cargo bench -p topmast-engine`; what is answered for: a million evaluations a second on one core.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use topmast_engine::alarm::{DatapointsAlarm, SeriesAlarm, ThresholdAlarm};
use topmast_model::rule::text::read;
use topmast_model::rule::{Condition, MissingData, Rule};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Series looked at in one round: more than fit into a processor's caches.
const SERIES: usize = 1_000_000;
/// Windows looked at in one round.
const WINDOWS: usize = 10_000;

fn main() {
    divan::main();
}

#[expect(clippy::expect_used, reason = "a benchmark without its rule measures nothing")]
fn rule(when: &str) -> Rule {
    let text = format!("[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\n{when}");
    read(&text).expect("the rule is written here").remove(0)
}

/// Values around a bound of 90, a few missing.
fn values(count: usize) -> Vec<f64> {
    let mut state = 7_u64;
    let mut value = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let percent = f64::from(u32::try_from(state >> 40).unwrap_or(0)) / f64::from(1 << 24) * 100.0;
        if percent < 1.0 { f64::NAN } else { percent }
    };
    (0..count).map(|_| value()).collect()
}

#[divan::bench]
#[expect(clippy::expect_used, reason = "a benchmark without its rule measures nothing")]
fn threshold_with_for(bencher: Bencher) {
    let rule = rule(
        "when.threshold = { query = \"q\", compare = \">\", value = 90, clear = 80 }\n\
         for = \"5s\"\nkeep_firing_for = \"5s\"",
    );
    let alarm = ThresholdAlarm::of(&rule).expect("a threshold");
    let values = values(SERIES);
    let mut series = vec![SeriesAlarm::new(); SERIES];
    let mut at = UnixMillis(0);
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        at.0 += 1_000;
        // Each series has another value each time.
        let turn = usize::try_from(at.0 / 1_000).unwrap_or(0) * 7_919 % SERIES;
        let (head, tail) = values.split_at(turn);
        let mut changes = 0;
        for (series, value) in series.iter_mut().zip(tail.iter().chain(head)) {
            changes += usize::from(series.observe(&alarm, at, *value).is_some());
        }
        black_box(changes)
    });
}

#[divan::bench(args = [1, 3, 30])]
#[expect(clippy::expect_used, reason = "a benchmark without its rule measures nothing")]
fn datapoints(bencher: Bencher, of: u32) {
    let rule = rule(
        "when.datapoints = { query = \"q\", compare = \">\", value = 90, period = \"1m\", datapoints = 1, of = 1 }",
    );
    let Condition::Datapoints { .. } = rule.when else { return };
    let alarm = DatapointsAlarm::of(&rule.when).expect("datapoints");
    let alarm = DatapointsAlarm { of, datapoints: of.div_ceil(2), missing: MissingData::Missing, ..alarm };
    let range = usize::try_from(alarm.range()).unwrap_or(0);
    let values: Vec<Option<f64>> =
        values(WINDOWS + range).into_iter().map(|value| (!value.is_nan()).then_some(value)).collect();
    bencher.counter(ItemsCount::new(WINDOWS)).bench_local(|| {
        let alarms = values.windows(range).take(WINDOWS);
        alarms.filter(|window| alarm.evaluate(window, AlarmState::Ok).state == AlarmState::Alarm).count()
    });
}
