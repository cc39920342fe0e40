//! Rules: what looking at them and telling of problems costs, on one core and without a master.
//!
//! ```text
//! values in memory ─► alarms: evaluations a second
//! a state of 10,000 servers ─► a look at all rules on states
//! a history of the same servers ─► the queries of all shipped rules, and their series
//! 20,000 open problems, 200 routes ─► settling notifications
//! ```

mod fleet;
mod history;
mod notify;

use super::{BenchError, Bound, Figure, Settings};
use std::time::{Duration, Instant};
use topmast_engine::alarm::{DatapointsAlarm, SeriesAlarm, ThresholdAlarm};
use topmast_model::rule::{Rule, text};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Series of which each is looked at in turn: more than fit into a processor's caches.
const SERIES: usize = 1_000_000;
/// Windows of datapoints, each looked at in turn.
const WINDOWS: usize = 100_000;
/// Servers of the fleet that rules look at.
const SERVERS: usize = 10_000;
/// Times that each look is made; the median is the figure.
const LOOKS: usize = 5;

pub(super) fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let servers = if settings.span < Duration::from_secs(30) { SERVERS / 10 } else { SERVERS };
    show(thresholds(settings.span)?);
    for of in [1, 5, 30] {
        show(datapoints(settings.span, of)?);
    }
    fleet::measure(servers, show)?;
    history::measure(servers, show)?;
    notify::measure(servers, show)
}

fn strange(error: impl std::fmt::Display) -> BenchError {
    BenchError::Strange(error.to_string())
}

fn rule(when: &str) -> Result<Rule, BenchError> {
    let text = format!("[[rule]]\nname = \"x\"\nseverity = \"info\"\nmessage = \"x\"\n{when}");
    text::read(&text).map_err(strange)?.pop().ok_or_else(|| strange("no rule"))
}

/// Percentages, one in a hundred missing.
fn values(count: usize) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut value = || Some(random.f64() * 100.0).filter(|value| *value >= 1.0).unwrap_or(f64::NAN);
    (0..count).map(|_| value()).collect()
}

/// Does something again and again for a tenth of the span; how often a second, in millions.
fn rate(span: Duration, each: usize, mut work: impl FnMut() -> usize) -> f64 {
    let (began, mut rounds, mut found) = (Instant::now(), 0_usize, 0_usize);
    while began.elapsed() < span / 10 || rounds < 3 {
        found = found.wrapping_add(work());
        rounds += 1;
    }
    std::hint::black_box(found);
    (rounds * each) as f64 / began.elapsed().as_secs_f64() / 1e6
}

/// Does something some times; the median in ms, and what the last one gave.
fn median<T>(mut work: impl FnMut() -> Result<T, BenchError>) -> Result<(f64, T), BenchError> {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..LOOKS {
        let began = Instant::now();
        last = Some(work()?);
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let last = last.ok_or_else(|| strange("nothing was measured"))?;
    Ok((times[times.len() / 2], last))
}

fn thresholds(span: Duration) -> Result<Figure, BenchError> {
    let rule = rule(
        "when.threshold = { query = \"q\", compare = \">\", value = 90, clear = 80 }\nfor = \"5s\"\nkeep_firing_for = \"5s\"",
    )?;
    let alarm = ThresholdAlarm::of(&rule).ok_or_else(|| strange("no threshold"))?;
    let values = values(SERIES);
    let (mut series, mut at) = (vec![SeriesAlarm::new(); SERIES], UnixMillis(0));
    let rate = rate(span, SERIES, || {
        at.0 += 1_000;
        // Each series has another value each time.
        let (head, tail) = values.split_at(usize::try_from(at.0 / 1_000).unwrap_or(0) * 7_919 % SERIES);
        let pairs = series.iter_mut().zip(tail.iter().chain(head));
        pairs.filter_map(|(series, value)| series.observe(&alarm, at, *value)).count()
    });
    let note = format!("{SERIES} series with `for`, `clear` and `keep_firing_for`, one core");
    Ok(Figure::new("rule evaluation, threshold", rate, "M/s").target(Bound::AtLeast(1.0)).note(note))
}

fn datapoints(span: Duration, of: u32) -> Result<Figure, BenchError> {
    let rule = rule(&format!(
        "when.datapoints = {{ query = \"q\", compare = \">\", value = 90, period = \"1m\", datapoints = {}, of = {of} }}",
        of.div_ceil(2)
    ))?;
    let alarm = DatapointsAlarm::of(&rule.when).ok_or_else(|| strange("no datapoints"))?;
    let range = usize::try_from(alarm.range()).unwrap_or(1);
    let values: Vec<Option<f64>> = values(WINDOWS + range)
        .into_iter()
        .map(|value| Some(value).filter(|value| !value.is_nan()))
        .collect();
    let rate = rate(span, WINDOWS, || {
        let windows = values.windows(range).take(WINDOWS);
        windows.filter(|window| alarm.evaluate(window, AlarmState::Ok).state == AlarmState::Alarm).count()
    });
    let name = format!("rule evaluation, {} of {of} datapoints", of.div_ceil(2));
    Ok(Figure::new(name, rate, "M/s").target(Bound::AtLeast(1.0)).note("one core"))
}
