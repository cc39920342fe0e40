//! The web console in a browser, on a large fleet: first payload, smoothness, live changes, memory.
//!
//! The browser measures itself (`ui/bench/console.ts`); here are the fleet, the changes and the targets.
//! A change is timed from the moment before a simulated agent hands its report to the socket until the
//! frame that shows it, by the machine's one clock.

use super::browser::{Memory, Script, Scroll, Thumb, Told, Visit, Waits};
use super::figure::percentile;
use super::stage::Stage;
use super::{BenchError, Bound, Figure, Settings};
use crate::simulator::Options;
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Applications of each server, and services of each: ten services a server, as a hundred thousand on ten thousand.
const APPLICATIONS: usize = 2;
const SERVICES: usize = 5;
/// Series of each server: three of each service and ten of the host, so that ten thousand servers, a browser and
/// the master fit on two cores; the console shows no more of them either way.
const SERIES: usize = 40;
/// Services that are bad at the same time: a bad day, and a screen full.
const BAD_AT_ONCE: usize = 25;
/// Shortest and longest pause between two changes, by chance, so that none keeps step with a timer.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 20..=80;
/// While the memory is watched, a service changes so often.
const QUIET_PAUSE: Duration = Duration::from_secs(1);

/// Of the rounds through the console, every so manieth is shown while they go on: one in ten minutes.
const ROUNDS_SHOWN: u32 = 20;

/// DESIGN's bounds: bytes and time of the first payload, change to browser.
const PAYLOAD_KB: f64 = 200.0;
const USABLE_MS: f64 = 1_000.0;
const CHANGE_MS: f64 = 250.0;
/// Ours for what DESIGN calls smooth: no task that a hand feels, next to no placeholders, an answer to a click.
const TASK_MS: f64 = 50.0;
const AWAITED_PCT: f64 = 1.0;
const CLICK_MS: f64 = 250.0;
/// Ours for memory that is flat: what garbage collection leaves differs by less from one round to the next.
const GROWTH: f64 = 1.1;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let options =
        Options { series: SERIES, applications: APPLICATIONS, services: SERVICES, ..Options::default() };
    let mut stage = Stage::start_fleet(settings.console_servers, &options).await?;
    stage.settle().await?;
    load(&mut stage, settings, show).await?;
    let mut script = Script::start(stage.fleet.url(), settings.console_span)?;
    let mut changes = Changes::new(&stage);
    let mut seconds = tokio::time::interval(QUIET_PAUSE);
    let mut sent = Vec::new();
    let mut rounds = Vec::new();
    let mut memory = None;
    loop {
        let told = tokio::select! {
            told = script.next() => told?,
            _ = seconds.tick(), if !sent.is_empty() => {
                changes.one().await?;
                continue;
            }
        };
        match told {
            Some(Told::Await(what)) if what == "changes" => {
                sent = changes.many(settings.changes).await?;
                script.done().await?;
            }
            Some(Told::Await(_)) => {
                changes.one().await?;
                script.done().await?;
            }
            Some(Told::Payload(visit)) => payload(&visit, &fleet(settings), show),
            Some(Told::Scroll(scroll)) => scrolling(&scroll, show),
            Some(Told::Thumb(thumb)) => dragging(&thumb, show),
            Some(Told::Sort(waits)) => sorting(&waits, show),
            Some(Told::Seen(seen)) => changed(&sent, &seen, show),
            Some(Told::Round(round)) => {
                if round.number % ROUNDS_SHOWN == 0 {
                    let name = format!("console, after {:.0} min in use: JS heap", round.after_s / 60.0);
                    show(Figure::new(name, round.heap_mib, "MiB"));
                }
                rounds.push((round.after_s / 3_600.0, round.heap_mib));
            }
            Some(Told::Memory(told)) => memory = Some(told),
            None => break,
        }
    }
    let ended = || BenchError::Strange("the browser's measurements ended early; see above".into());
    held(&memory.ok_or_else(ended)?, &rounds, show);
    stage.finish()
}

fn fleet(settings: &Settings) -> String {
    let servers = settings.console_servers;
    format!("{servers} servers × {SERIES} series, {} services", servers * APPLICATIONS * SERVICES)
}

/// What the machine is busy with before there is a browser.
async fn load(
    stage: &mut Stage,
    settings: &Settings,
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let (before, ticks) = (stage.usage()?.cpu, stage.tally().ticks);
    let begun = Instant::now();
    tokio::time::sleep(settings.span).await;
    let after = stage.usage()?;
    let passed = begun.elapsed().as_secs_f64();
    let ticks = (stage.tally().ticks - ticks) as f64 / passed;
    let share = after.cpu.saturating_sub(before).as_secs_f64() / passed * 100.0;
    let note = format!("{}; {ticks:.0} ticks a second came through", fleet(settings));
    show(Figure::new("console's fleet: master load", share, "% of a core").note(note));
    Ok(())
}

/// Services that go bad and are healed, one after the other through the fleet.
struct Changes<'a> {
    stage: &'a Stage,
    random: fastrand::Rng,
    number: usize,
}

impl<'a> Changes<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self { stage, random: fastrand::Rng::with_seed(1), number: 0 }
    }

    /// Makes the next service bad and heals the oldest. Returns its code and when it was sent, in Unix milliseconds.
    async fn one(&mut self) -> Result<(String, f64), BenchError> {
        let place = |number: usize| {
            let servers = self.stage.servers;
            (number % servers, number / servers % APPLICATIONS, number / servers / APPLICATIONS % SERVICES)
        };
        let (server, application, service) = place(self.number);
        let code = format!("BENCH{}", self.number);
        let sent =
            self.stage.simulator.change_service(server, application, service, vec![code.clone()]).await?;
        let at = (SystemTime::now() - sent.elapsed()).duration_since(UNIX_EPOCH).unwrap_or_default();
        if let Some((server, application, service)) = self.number.checked_sub(BAD_AT_ONCE).map(place) {
            self.stage.simulator.change_service(server, application, service, Vec::new()).await?;
        }
        self.number += 1;
        Ok((code, at.as_secs_f64() * 1e3))
    }

    async fn many(&mut self, count: usize) -> Result<Vec<(String, f64)>, BenchError> {
        let mut sent = Vec::with_capacity(count);
        for _ in 0..count {
            sent.push(self.one().await?);
            tokio::time::sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
        // What comes later than this is told as never seen.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(sent)
    }
}

fn payload(visit: &Visit, fleet: &str, show: &mut dyn FnMut(Figure)) {
    let mut kinds: Vec<(&str, f64)> =
        visit.bytes.iter().map(|(kind, bytes)| (kind.as_str(), *bytes)).collect();
    kinds.sort_by(|one, other| other.1.total_cmp(&one.1));
    let sum: f64 = kinds.iter().map(|(_, bytes)| bytes).sum();
    let kinds: Vec<String> = kinds.iter().map(|(kind, bytes)| format!("{kind} {:.1}", bytes / 1e3)).collect();
    let name = |what| format!("console, {}, cold: {what}", visit.page);
    show(
        Figure::new(name("first payload"), sum / 1e3, "KB").target(Bound::AtMost(PAYLOAD_KB)).note(format!(
            "{}; {} requests; {fleet}",
            kinds.join(", "),
            visit.requests
        )),
    );
    show(
        Figure::new(name("usable"), visit.usable_ms, "ms")
            .target(Bound::AtMost(USABLE_MS))
            .note(format!("median of {} visits, the slowest {:.0} ms", visit.visits, visit.slowest_ms)),
    );
}

fn scrolling(scroll: &Scroll, show: &mut dyn FnMut(Figure)) {
    let name = |what| format!("console, {} ({:.0} rows/s): {what}", scroll.gait, scroll.rows_per_second);
    let tasks = format!(
        "{} tasks over {TASK_MS} ms in {} frames; frames p99 {:.0} ms",
        scroll.long_tasks, scroll.frames, scroll.frame_p99_ms
    );
    show(
        Figure::new(name("longest task"), scroll.longest_task_ms, "ms")
            .target(Bound::AtMost(TASK_MS))
            .note(tasks),
    );
    show(
        Figure::new(name("longest task, its own processor time"), scroll.longest_own_ms, "ms")
            .target(Bound::AtMost(TASK_MS)),
    );
    show(Figure::new(name("placeholders"), scroll.awaited_pct, "%").target(Bound::AtMost(AWAITED_PCT)));
}

fn dragging(thumb: &Thumb, show: &mut dyn FnMut(Figure)) {
    let note = format!(
        "median of {} stops, the slowest {:.0} ms; longest task {:.0} ms",
        thumb.stops, thumb.slowest_ms, thumb.longest_task_ms
    );
    show(
        Figure::new("console, scroll bar dragged: stop → rows", thumb.p50_ms, "ms")
            .target(Bound::AtMost(CLICK_MS))
            .note(note),
    );
}

fn sorting(waits: &Waits, show: &mut dyn FnMut(Figure)) {
    let note = format!("median of {} clicks, the slowest {:.0} ms", waits.clicks, waits.slowest_ms);
    show(
        Figure::new("console, click on a title → sorted rows", waits.p50_ms, "ms")
            .target(Bound::AtMost(CLICK_MS))
            .note(note),
    );
}

fn changed(sent: &[(String, f64)], seen: &HashMap<String, Option<f64>>, show: &mut dyn FnMut(Figure)) {
    let waits = sent.iter().filter_map(|(code, at)| Some((*seen.get(code)?)? - at));
    let mut waits: Vec<f64> = waits.collect();
    waits.sort_by(f64::total_cmp);
    let note = format!("{} changes, {} never seen", sent.len(), sent.len() - waits.len());
    for (label, percent) in [("p50", 50), ("p99", 99), ("max", 100)] {
        // Without a single one there is no latency: the worst is shown, not the best.
        let value = percentile(&waits, percent).unwrap_or(f64::INFINITY);
        let figure =
            Figure::new(format!("change → row drawn in the console, {label}"), value, "ms").note(&note);
        show(if percent == 99 { figure.target(Bound::AtMost(CHANGE_MS)) } else { figure });
    }
}

fn held(memory: &Memory, rounds: &[(f64, f64)], show: &mut dyn FnMut(Figure)) {
    let Memory { first, last, .. } = memory;
    let minutes = memory.seconds / 60.0;
    let grown = |what: &str, first: f64, last: f64, note: String| {
        Figure::new(format!("console, {minutes:.0} min in use: {what}, last ÷ first"), last / first, "times")
            .target(Bound::AtMost(GROWTH))
            .note(note)
    };
    let heap = format!(
        "{:.2} → {:.2} MiB after collection, most {:.2}; {} rounds through the pages",
        first.heap_mib, last.heap_mib, memory.most, memory.rounds
    );
    show(grown("JS heap", first.heap_mib, last.heap_mib, heap));
    if let Some(slope) = slope(rounds) {
        let note = "least squares over the rounds";
        show(
            Figure::new(format!("console, {minutes:.0} min in use: JS heap, trend"), slope, "MiB/h")
                .note(note),
        );
    }
    show(grown("DOM nodes", first.nodes, last.nodes, format!("{:.0} → {:.0}", first.nodes, last.nodes)));
    let listeners = format!("{:.0} → {:.0}", first.listeners, last.listeners);
    show(grown("listeners", first.listeners, last.listeners, listeners));
    let note = format!("{:.0} MiB at first", first.resident_mib);
    show(Figure::new("console, the tab's process: memory", last.resident_mib, "MiB").note(note));
}

/// Slope of the straight line through points that is nearest to them. `None` for fewer than two places.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let joint: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    (spread > 0.0).then(|| joint / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_is_that_of_the_line_the_points_are_on() {
        assert_eq!(slope(&[(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]), Some(2.0));
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 1.0), (3.0, 3.0)]), Some(0.4));
        assert_eq!(slope(&[(1.0, 5.0), (1.0, 7.0)]), None);
        assert_eq!(slope(&[]), None);
    }
}
