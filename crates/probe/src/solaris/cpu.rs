//! Times of the processors: `kstat -p 'cpu::sys:/^cpu_nsec_/'`.

use std::collections::BTreeMap;
use topmast_model::catalogue::HOST_CPU_SECONDS;
use topmast_model::sample::SampleSink;

/// Processors with series of their own, 4 each: the largest SPARC servers have more, which count in the sum.
const MAX_PROCESSORS: usize = 1_024;

/// Emits the times of each processor and their sum; lines of other statistics are passed over.
pub fn emit(text: &str, sink: &mut dyn SampleSink) {
    let times: BTreeMap<(u64, &str), f64> = text.lines().filter_map(parse).collect();
    let mut all = BTreeMap::<&str, f64>::new();
    for ((cpu, mode), seconds) in &times {
        *all.entry(*mode).or_default() += seconds;
        if usize::try_from(*cpu).is_ok_and(|cpu| cpu < MAX_PROCESSORS) {
            sink.sample(HOST_CPU_SECONDS, &[&cpu.to_string(), mode], *seconds);
        }
    }
    for (mode, seconds) in all {
        sink.sample(HOST_CPU_SECONDS, &["all", mode], seconds);
    }
}

/// A line like `cpu:0:sys:cpu_nsec_user 123`: number, mode and seconds.
fn parse(line: &str) -> Option<((u64, &'static str), f64)> {
    let (key, value) = line.split_once(char::is_whitespace)?;
    let (number, statistic) = key.strip_prefix("cpu:")?.split_once(":sys:")?;
    let mode = match statistic {
        "cpu_nsec_user" => "user",
        "cpu_nsec_kernel" => "system",
        "cpu_nsec_idle" => "idle",
        // Interrupts are in the kernel's time already.
        _ => return None,
    };
    Some(((number.parse().ok()?, mode), value.trim().parse::<u64>().ok()? as f64 / 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;

    /// Written after kstat(8) and the statistics of `cpu:*:sys`.
    #[test]
    fn times_are_emitted_by_processor_and_summed() {
        let mut sink = Recorder::default();
        let text = "cpu:0:sys:cpu_nsec_idle\t5000000000\ncpu:0:sys:cpu_nsec_user\t1500000000\n\
                    cpu:10:sys:cpu_nsec_user\t500000000\ncpu:0:sys:cpu_nsec_intr\t7\ncpu:0:vm:pgin\t3\n\
                    unix:0:system_misc:ncpus\t2\ncpu:1:sys:cpu_nsec_user\tx\ncpu:1:sys:cpu_nsec_us";
        emit(text, &mut sink);
        let value =
            |cpu, mode| sink.value(&format!(r#"host_cpu_seconds_total{{cpu="{cpu}",mode="{mode}"}}"#));
        assert_eq!(value("0", "idle"), Some(5.0));
        assert_eq!((value("0", "user"), value("10", "user")), (Some(1.5), Some(0.5)));
        assert_eq!((value("all", "user"), value("all", "idle")), (Some(2.0), Some(5.0)));
        assert_eq!((value("1", "user"), value("all", "irq")), (None, None));
    }
}
