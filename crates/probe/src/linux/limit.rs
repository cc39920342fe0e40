//! Limits of the container this is, as control groups of version 2 show them at its root.
//!
//! Outside a container these files do not exist, and `max` says that there is
//! no limit: both emit nothing.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::Lines;
use topmast_model::catalogue::{HOST_CPU_LIMIT_COUNT, HOST_MEMORY_LIMIT_BYTES};
use topmast_model::sample::SampleSink;

pub(super) const MEMORY_FILE: &str = "/sys/fs/cgroup/memory.max";
pub(super) const CPU_FILE: &str = "/sys/fs/cgroup/cpu.max";

/// Emits the memory limit: the file holds bytes.
pub(super) fn parse_memory(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    for line in Lines::of(MEMORY_FILE, text) {
        let mut line = line?;
        if line.rest() != b"max" {
            sink.sample(HOST_MEMORY_LIMIT_BYTES, &[], line.number_of("limit")? as f64);
        }
    }
    Ok(())
}

/// Emits the processor limit: the file holds the time allowed in each period and the period, in microseconds.
pub(super) fn parse_cpu(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    for line in Lines::of(CPU_FILE, text) {
        let mut line = line?;
        if line.rest().starts_with(b"max") {
            continue;
        }
        let quota = line.number_of("quota")?;
        let period = line.number_of("period")?;
        if period == 0 {
            return Err(line.error(Fault::Malformed("a period above zero")));
        }
        sink.sample(HOST_CPU_LIMIT_COUNT, &[], quota as f64 / period as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture};

    #[test]
    fn a_limited_container_says_how_much() {
        check(
            parse_memory,
            &fixture("ubuntu-22.04-docker", MEMORY_FILE),
            &[("host_memory_limit_bytes", 2_147_483_648.0)],
        );
        check(parse_cpu, &fixture("ubuntu-22.04-docker", CPU_FILE), &[("host_cpu_limit_count", 1.5)]);
    }

    #[test]
    fn an_unlimited_container_says_nothing() {
        check(parse_memory, &fixture("alpine-3.20-docker", MEMORY_FILE), &[]);
        check(parse_cpu, &fixture("alpine-3.20-docker", CPU_FILE), &[]);
    }

    #[test]
    fn a_period_of_zero_is_an_error() {
        assert!(parse_cpu(Machine::default(), b"1000 0\n", &mut Recorder::default()).is_err());
    }
}
