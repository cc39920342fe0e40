//! Processor time: of all processors by mode where Net-SNMP tells it, else the share that was busy.

use super::TICKS_PER_SECOND;
use super::counter::Counters;
use super::object::{Objects, cell, oid};
use std::time::Duration;
use topmast_model::catalogue as metric;
use topmast_model::sample::SampleSink;

/// A share is taken to have held for so long at most: what was between two readings further apart is not known.
const BRIDGED: Duration = Duration::from_mins(3);
/// `ssCpuRaw…` by mode.
const MODES: [(u32, &str); 8] = [
    (50, "user"),
    (51, "nice"),
    (52, "system"),
    (53, "idle"),
    (54, "iowait"),
    (56, "irq"),
    (61, "softirq"),
    (64, "steal"),
];
/// `ssCpuRawSystem`, which on some systems has the wait for disks in it as well, and `ssCpuRawKernel`, which has not.
const SYSTEM: u32 = 52;
const KERNEL: u32 = 55;
const INTERRUPTS: u32 = 59;
const CONTEXTS: u32 = 60;
const PROCESSORS: u32 = 67;
const LOAD: u32 = 2;

/// Sums of shares, where there are no counters.
#[derive(Debug, Clone, Default)]
pub(super) struct Shares {
    busy: f64,
    idle: f64,
}

/// How many processors there are; 0 when that is not told.
pub(super) fn count(objects: &Objects) -> u32 {
    let told = objects.number(&[oid::SYSTEM, &[PROCESSORS, 0]].concat()).filter(|count| *count > 0.0);
    let rows = || objects.rows(oid::PROCESSOR, 1).count().max(objects.rows(oid::PROCESSOR, LOAD).count());
    let count = told.map_or_else(|| rows() as u64, super::whole);
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Shares {
    pub(super) fn read(
        &mut self,
        objects: &Objects,
        counters: &mut Counters,
        elapsed: Option<Duration>,
        sink: &mut dyn SampleSink,
    ) {
        let processors = count(objects);
        if processors > 0 {
            sink.sample(metric::HOST_CPU_COUNT, &[], f64::from(processors));
        }
        let mut counter = |column: u32| counters.read(objects, &[oid::SYSTEM, &[column, 0]].concat());
        for (column, metric) in
            [(INTERRUPTS, metric::HOST_INTERRUPTS), (CONTEXTS, metric::HOST_CONTEXT_SWITCHES)]
        {
            // Net-SNMP tells zeros until it has looked for the first time.
            if let Some(count) = counter(column).filter(|count| *count > 0.0) {
                sink.sample(metric, &[], count);
            }
        }
        let kernel = counter(KERNEL).filter(|ticks| *ticks > 0.0);
        let ticks = MODES.map(|(column, mode)| {
            let ticks = counter(column);
            (mode, if column == SYSTEM { kernel.or(ticks) } else { ticks })
        });
        if ticks.iter().any(|(mode, ticks)| *mode == "idle" && ticks.is_some_and(|ticks| ticks > 0.0)) {
            for (mode, ticks) in ticks {
                if let Some(ticks) = ticks {
                    sink.sample(metric::HOST_CPU_SECONDS, &["all", mode], ticks / TICKS_PER_SECOND);
                }
            }
            return;
        }
        let loads: Vec<f64> = objects
            .rows(oid::PROCESSOR, LOAD)
            .filter_map(|index| objects.number(&cell(oid::PROCESSOR, LOAD, index)))
            .map(|load| load.clamp(0.0, 100.0) / 100.0)
            .collect();
        // While counters are there and zero, those are the ones that will be told.
        if loads.is_empty() || ticks.iter().any(|(_, ticks)| ticks.is_some()) {
            return;
        }
        let elapsed = elapsed.map_or(0.0, |elapsed| elapsed.min(BRIDGED).as_secs_f64());
        let busy: f64 = loads.iter().sum();
        self.busy += busy * elapsed;
        self.idle += (loads.len() as f64 - busy) * elapsed;
        sink.sample(metric::HOST_CPU_SECONDS, &["all", "busy"], self.busy);
        sink.sample(metric::HOST_CPU_SECONDS, &["all", "idle"], self.idle);
    }
}
