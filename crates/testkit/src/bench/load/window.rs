//! A while under load: what was asked and seen, what it cost, and what gave.

use super::super::BenchError;
use super::super::figure::percentile;
use super::super::metrics::ingested;
use super::super::stage::Stage;
use super::request::{Answers, Asker, Kind};
use super::watcher::{CODE, Watchers};
use crate::process::Usage;
use crate::simulator::Tally;
use std::time::{Duration, Instant};

/// Time between two changes of services.
const CHANGE_EVERY: Duration = Duration::from_millis(200);
/// Services that are bad at the same time: a bad day.
const BAD_AT_ONCE: usize = 25;
/// What is seen later than that after the last change is counted as never seen.
const SEEN_WITHIN: Duration = Duration::from_secs(5);
/// Something gives when an answer or a change takes longer than this at its 99th percentile …
const LATE_MS: f64 = 1_000.0;
/// … or when more than one of so many fails, is lost or comes too late.
const ONE_OF: f64 = 100.0;
const MIB: f64 = 1_048_576.0;

/// What a process used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) share_pct: f64,
    pub(super) resident_mib: f64,
}

/// Changes as some watchers saw them.
pub(super) struct Seen<'a> {
    pub(super) name: &'static str,
    pub(super) times_ms: &'a [f64],
    pub(super) expected: usize,
}

impl Seen<'_> {
    pub(super) fn missing(&self) -> usize {
        self.expected.saturating_sub(self.times_ms.len())
    }
}

/// What was measured.
pub(super) struct Window {
    pub(super) servers: usize,
    pub(super) watchers: usize,
    pub(super) rate: f64,
    pub(super) seconds: f64,
    pub(super) answers: Answers,
    shared_ms: Vec<f64>,
    own_ms: Vec<f64>,
    expected_shared: usize,
    expected_own: usize,
    /// Samples that the fleet sent, and that the master counted.
    pub(super) sent: f64,
    counted: f64,
    pub(super) ticks: u64,
    pub(super) held: u64,
    pub(super) lost: u64,
    pub(super) master: Cost,
    /// This process: fleet, watchers and clients.
    pub(super) own: Cost,
    pub(super) fleet_pct: f64,
}

/// Processor time and counts at one moment.
struct Mark {
    at: Instant,
    master: Usage,
    own: Usage,
    fleet: Duration,
    tally: Tally,
    counted: f64,
}

impl Mark {
    async fn take(stage: &mut Stage) -> Result<Self, BenchError> {
        let strange =
            |error: std::io::Error| BenchError::Strange(format!("read what this process used: {error}"));
        let url = stage.fleet.url().to_owned();
        Ok(Self {
            at: Instant::now(),
            master: stage.usage()?,
            own: Usage::of(std::process::id()).map_err(strange)?,
            fleet: Usage::of_thread("simulator").map_err(strange)?,
            tally: stage.tally(),
            counted: ingested(&stage.http, &url).await?.samples,
        })
    }
}

/// A fleet with its watchers and who asks.
pub(super) struct Load {
    stage: Stage,
    watchers: Watchers,
    asker: Asker,
    /// Services that were changed up to now.
    changed: usize,
}

/// Changes of a while: the number of the first, and when each was sent.
struct Changes {
    first: usize,
    sent: Vec<Instant>,
}

impl Load {
    pub(super) async fn begin(stage: Stage, watchers: usize) -> Result<Self, BenchError> {
        let (watchers, asker) = (Watchers::open(&stage, watchers).await?, Asker::new(&stage)?);
        Ok(Self { stage, watchers, asker, changed: 0 })
    }

    /// Waits until the whole fleet is connected again.
    pub(super) async fn settle(&self) -> Result<(), BenchError> {
        self.stage.settle().await
    }

    pub(super) fn end(self) -> Result<(), BenchError> {
        self.watchers.close();
        self.stage.finish()
    }

    /// Asks so many requests a second for a while, and changes services meanwhile.
    pub(super) async fn measure(&mut self, rate: f64, span: Duration) -> Result<Window, BenchError> {
        drop(self.watchers.sights());
        let before = Mark::take(&mut self.stage).await?;
        let change = change(&self.stage, self.changed, self.watchers.own, span);
        let (answers, changes) = tokio::join!(self.asker.ask(rate, span), change);
        let (after, changes) = (Mark::take(&mut self.stage).await?, changes?);
        self.changed += changes.sent.len();
        tokio::time::sleep(SEEN_WITHIN).await;
        let (shared_ms, own_ms) = self.seen(&changes);
        let seconds = after.at.duration_since(before.at).as_secs_f64();
        let pct = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() / seconds * 100.0;
        let cost = |from: Usage, to: Usage| Cost {
            share_pct: pct(from.cpu, to.cpu),
            resident_mib: to.resident_bytes as f64 / MIB,
        };
        Ok(Window {
            servers: self.stage.servers,
            watchers: self.watchers.count(),
            rate,
            seconds,
            answers,
            shared_ms,
            own_ms,
            expected_shared: changes.sent.len() * self.watchers.shared,
            expected_own: if self.watchers.own == 0 { 0 } else { changes.sent.len() },
            sent: (after.tally.samples - before.tally.samples) as f64,
            counted: after.counted - before.counted,
            ticks: after.tally.ticks - before.tally.ticks,
            held: after.tally.held_ticks - before.tally.held_ticks,
            lost: after.tally.lost - before.tally.lost,
            master: cost(before.master, after.master),
            own: cost(before.own, after.own),
            fleet_pct: pct(before.fleet, after.fleet),
        })
    }

    /// How long changes took to those who watch the same, and to those who watch one server; both sorted.
    fn seen(&self, changes: &Changes) -> (Vec<f64>, Vec<f64>) {
        let (mut shared_ms, mut own_ms) = (Vec::new(), Vec::new());
        for sight in self.watchers.sights() {
            // What was bad before is not of this while.
            let sent = sight.change.checked_sub(changes.first).and_then(|at| changes.sent.get(at));
            if let Some(sent) = sent {
                let times = if sight.is_shared { &mut shared_ms } else { &mut own_ms };
                times.push(sight.at.saturating_duration_since(*sent).as_secs_f64() * 1e3);
            }
        }
        shared_ms.sort_by(f64::total_cmp);
        own_ms.sort_by(f64::total_cmp);
        (shared_ms, own_ms)
    }
}

/// Makes services of the first `watched` servers bad, one after the other, and heals the oldest.
async fn change(stage: &Stage, first: usize, watched: usize, span: Duration) -> Result<Changes, BenchError> {
    let watched = watched.max(1);
    let mut ticks = tokio::time::interval(CHANGE_EVERY);
    let begun = Instant::now();
    let mut sent = Vec::new();
    while begun.elapsed() < span {
        ticks.tick().await;
        let number = first + sent.len();
        let code = format!("{CODE}{number}");
        sent.push(stage.simulator.change_service(number % watched, 0, 0, vec![code]).await?);
        // Never the one that has just become bad, however few there are.
        if let Some(old) = number.checked_sub(BAD_AT_ONCE.min(watched / 2).max(1)) {
            stage.simulator.change_service(old % watched, 0, 0, Vec::new()).await?;
        }
    }
    Ok(Changes { first, sent })
}

impl Window {
    pub(super) fn seen(&self) -> [Seen<'_>; 2] {
        [
            Seen { name: "watchers of the same", times_ms: &self.shared_ms, expected: self.expected_shared },
            Seen { name: "watchers of one server each", times_ms: &self.own_ms, expected: self.expected_own },
        ]
    }

    /// Samples that were sent and not counted; both ends are read a moment apart, so a few are under way.
    pub(super) fn lost_samples(&self) -> f64 {
        (self.sent - self.counted).max(0.0)
    }

    /// The failures, the most frequent first.
    pub(super) fn failures(&self) -> String {
        let mut failures: Vec<_> = self.answers.failures.iter().collect();
        failures.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let told = failures.iter().take(3).map(|(what, count)| format!("{count} × {what}"));
        told.collect::<Vec<_>>().join("; ")
    }

    /// What gave first, in the order in which a person would notice.
    pub(super) fn gave(&self) -> Option<String> {
        let late = |times: &[f64]| percentile(times, 99).filter(|time| *time > LATE_MS);
        let asked = self.rate * self.seconds;
        if self.answers.failed() as f64 * ONE_OF > asked {
            return Some(format!("{} requests failed: {}", self.answers.failed(), self.failures()));
        }
        for seen in self.seen() {
            if let Some(time) = late(seen.times_ms) {
                return Some(format!("change → {}, p99 {time:.0} ms", seen.name));
            }
            if seen.missing() as f64 * ONE_OF > seen.expected as f64 {
                return Some(format!("{} never saw {} changes", seen.name, seen.missing()));
            }
        }
        for kind in Kind::ALL {
            if let Some(time) = late(&self.answers.of(*kind).times_ms) {
                return Some(format!("{kind}, p99 {time:.0} ms"));
            }
        }
        if self.answers.unsent > 0 {
            return Some(format!(
                "{} requests were not made, for too many were under way",
                self.answers.unsent
            ));
        }
        // The two counts are not read at once: less than a second's samples says nothing.
        if self.lost_samples() > (self.sent / ONE_OF).max(self.sent / self.seconds) {
            return Some(format!("{:.0} samples were lost", self.lost_samples()));
        }
        let due = self.seconds * self.servers as f64;
        ((due - self.ticks as f64) * ONE_OF > due)
            .then(|| format!("the fleet made {} ticks of {due:.0}: the machine is full", self.ticks))
    }
}
