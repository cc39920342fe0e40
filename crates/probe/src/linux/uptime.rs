//! Time since boot: `/proc/uptime`.

use crate::collector::Machine;
use crate::error::ParseError;
use crate::scan::Lines;
use topmast_model::catalogue::HOST_UPTIME_SECONDS;
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/uptime";

/// Emits the uptime. The second number, idle time, is in `/proc/stat` too and finer there.
pub(super) fn parse(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    for line in Lines::of(FILE, text) {
        sink.sample(HOST_UPTIME_SECONDS, &[], line?.fraction("uptime")?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{check, fixture};

    #[test]
    fn uptime_of_two_kernels() {
        check(parse, &fixture("debian-12", FILE), &[("host_uptime_seconds", 1493.44)]);
        check(parse, &fixture("centos-7", FILE), &[("host_uptime_seconds", 35_817_204.71)]);
    }
}
