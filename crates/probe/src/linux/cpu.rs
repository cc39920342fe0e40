//! Processors: `/proc/stat`.
//!
//! Modes are disjoint in the kernel but for guest time, which is counted in
//! user and nice as well; it has a metric of its own, for the whole host only,
//! so that the modes of a processor add up to its time.
//!
//! Kernels account idle and iowait time of a sleeping processor in retrospect and
//! now and then take some back: these two may fall by a little from one tick to the
//! next. They are passed on as read; whoever takes rates must not see a restart in it.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::{Line, Lines, decimal};
use topmast_model::catalogue::{
    HOST_CONTEXT_SWITCHES, HOST_CPU_COUNT, HOST_CPU_GUEST_SECONDS, HOST_CPU_SECONDS, HOST_FORKS,
    HOST_INTERRUPTS, HOST_PROBE_SKIPPED_COUNT, HOST_THREADS_BLOCKED_COUNT, HOST_THREADS_RUNNABLE_COUNT,
    Metric,
};
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/stat";

/// Processors with series of their own; 8 series each. The total covers all of them.
const MAX_CPUS: u32 = 1024;

/// Columns every kernel has, in order.
const MODES: [&str; 4] = ["user", "nice", "system", "idle"];
/// Columns added by later kernels, in order.
const LATER_MODES: [&str; 4] = ["iowait", "irq", "softirq", "steal"];

/// Emits processor time by mode, and the host's counts of switches, interrupts, forks and waiting threads.
pub(super) fn parse(machine: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    let mut cpus = Some(0_u32);
    for line in Lines::of(FILE, text) {
        let mut line = line?;
        let key = line.word("name")?;
        if let Some(cpu) = key.strip_prefix(b"cpu") {
            if let Some(count) = cpus.as_mut().filter(|_| !cpu.is_empty()) {
                *count = count.saturating_add(1);
            }
            if cpus <= Some(MAX_CPUS) {
                times(machine, cpu, line, sink)?;
            }
            continue;
        }
        // Any other line proves that the list of processors was not cut short.
        if let Some(count) = cpus.take() {
            sink.sample(HOST_CPU_COUNT, &[], f64::from(count));
            if count > MAX_CPUS {
                sink.sample(HOST_PROBE_SKIPPED_COUNT, &["cpu"], f64::from(count - MAX_CPUS));
            }
        }
        if let Some(metric) = single(key) {
            sink.sample(metric, &[], line.number_of("count")? as f64);
        }
    }
    Ok(())
}

/// The metric of a line that holds one number.
fn single(key: &[u8]) -> Option<&'static Metric> {
    match key {
        b"intr" => Some(HOST_INTERRUPTS),
        b"ctxt" => Some(HOST_CONTEXT_SWITCHES),
        b"processes" => Some(HOST_FORKS),
        b"procs_running" => Some(HOST_THREADS_RUNNABLE_COUNT),
        b"procs_blocked" => Some(HOST_THREADS_BLOCKED_COUNT),
        _ => None,
    }
}

fn times(
    machine: Machine,
    cpu: &[u8],
    mut line: Line<'_>,
    sink: &mut dyn SampleSink,
) -> Result<(), ParseError> {
    let total = cpu.is_empty();
    let label = if total {
        "all"
    } else {
        let digits = decimal(cpu).and_then(|_| std::str::from_utf8(cpu).ok());
        digits.ok_or(line.error(Fault::NotANumber("processor")))?
    };
    for mode in MODES {
        sink.sample(HOST_CPU_SECONDS, &[label, mode], machine.seconds(line.number_of(mode)?));
    }
    for mode in LATER_MODES {
        let Some(ticks) = line.optional_number(mode)? else { return Ok(()) };
        sink.sample(HOST_CPU_SECONDS, &[label, mode], machine.seconds(ticks));
    }
    if total {
        for mode in ["user", "nice"] {
            let Some(ticks) = line.optional_number("guest time")? else { return Ok(()) };
            sink.sample(HOST_CPU_GUEST_SECONDS, &[mode], machine.seconds(ticks));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{check, fixture, parsed};

    #[test]
    fn debian_12_has_every_mode_of_every_processor() {
        check(
            parse,
            &fixture("debian-12", FILE),
            &[
                (r#"host_cpu_seconds_total{cpu="all",mode="user"}"#, 62.25),
                (r#"host_cpu_seconds_total{cpu="all",mode="nice"}"#, 91.11),
                (r#"host_cpu_seconds_total{cpu="all",mode="steal"}"#, 0.49),
                (r#"host_cpu_seconds_total{cpu="1",mode="idle"}"#, 1355.37),
                (r#"host_cpu_seconds_total{cpu="0",mode="softirq"}"#, 0.68),
                (r#"host_cpu_guest_seconds_total{mode="user"}"#, 0.0),
                ("host_cpu_count", 2.0),
                ("host_interrupts_total", 241_398.0),
                ("host_context_switches_total", 334_939.0),
                ("host_forks_total", 9414.0),
                ("host_threads_runnable_count", 2.0),
                ("host_threads_blocked_count", 0.0),
            ],
        );
    }

    #[test]
    fn kernel_without_guest_nice_emits_no_guest_nice() {
        let sink = parsed(parse, &fixture("centos-6", FILE));
        assert_eq!(sink.value(r#"host_cpu_guest_seconds_total{mode="user"}"#), Some(0.0));
        assert_eq!(sink.value(r#"host_cpu_guest_seconds_total{mode="nice"}"#), None);
        assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="0",mode="iowait"}"#), Some(915.33));
    }

    #[test]
    fn ticks_follow_the_machine() {
        let machine = Machine { ticks_per_second: 1000, ..Machine::default() };
        let mut sink = crate::fixture::Recorder::default();
        parse(machine, b"cpu 1500 0 0 0\n", &mut sink).unwrap();
        assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="all",mode="user"}"#), Some(1.5));
    }

    #[test]
    fn processors_are_counted_only_when_their_list_is_whole() {
        let sink = parsed(parse, b"cpu 1 1 1 1\ncpu0 1 1 1 1\n");
        assert_eq!(sink.value("host_cpu_count"), None);
    }

    #[test]
    fn garbled_columns_are_named() {
        for (text, line, fault) in [
            ("cpu 1 2 3 4\ncpu0 1 2 x 4\n", 2, Fault::NotANumber("system")),
            ("cpu 1 2 3\n", 1, Fault::Missing("idle")),
            ("cpu 1 2 3 4\ncpuX 1 2 3 4\n", 2, Fault::NotANumber("processor")),
            ("cpu 1 2 3 99999999999999999999\n", 1, Fault::NotANumber("idle")),
            ("cpu 1 2 3 4\nctxt\n", 2, Fault::Missing("count")),
            ("cpu 1 2 3 4", 1, Fault::Cut),
        ] {
            let error = parse(Machine::default(), text.as_bytes(), &mut crate::fixture::Recorder::default());
            assert_eq!(error, Err(ParseError { origin: FILE, line, fault }), "{text:?}");
        }
    }

    #[test]
    fn processors_past_the_bound_are_left_out_and_counted() {
        let mut lines: Vec<_> = (0..1030).map(|cpu| format!("cpu{cpu} 1 1 1 1\n")).collect();
        lines.push("intr 1\n".to_owned());
        let sink = parsed(parse, lines.concat().as_bytes());
        assert_eq!(sink.value("host_cpu_count"), Some(1030.0));
        assert_eq!(sink.value(r#"host_probe_skipped_count{collector="cpu"}"#), Some(6.0));
        assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="1023",mode="user"}"#), Some(0.01));
        assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="1024",mode="user"}"#), None);
    }
}
