//! Load averages and the number of threads: `/proc/loadavg`.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::{Lines, decimal};
use topmast_model::catalogue::{HOST_LOAD_1, HOST_LOAD_5, HOST_LOAD_15, HOST_THREADS_COUNT};
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/loadavg";

/// Emits the three averages and, from `running/all`, the number of threads.
pub(super) fn parse(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    for line in Lines::of(FILE, text) {
        let mut line = line?;
        for metric in [HOST_LOAD_1, HOST_LOAD_5, HOST_LOAD_15] {
            sink.sample(metric, &[], line.fraction("load average")?);
        }
        let threads = line.word("number of threads")?;
        let all = threads.iter().position(|&byte| byte == b'/').and_then(|slash| threads.get(slash + 1..));
        let all = all.and_then(decimal).ok_or(line.error(Fault::NotANumber("number of threads")))?;
        sink.sample(HOST_THREADS_COUNT, &[], all as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture};

    #[test]
    fn load_and_threads_of_two_kernels() {
        let names = ["host_load_1", "host_load_5", "host_load_15", "host_threads_count"];
        for (host, values) in
            [("debian-12", [0.88, 0.34, 0.12, 98.0]), ("centos-7", [3.07, 2.64, 2.5, 611.0])]
        {
            let expected: Vec<_> = names.into_iter().zip(values).collect();
            check(parse, &fixture(host, FILE), &expected);
        }
    }

    #[test]
    fn garbled_averages_are_errors() {
        for text in ["0.88 0.34\n", "a 0.34 0.12 2/98 9\n", "0.88 0.34 0.12 298 9\n", "0.88 0.34 0.12 2/ 9\n"]
        {
            assert!(parse(Machine::default(), text.as_bytes(), &mut Recorder::default()).is_err(), "{text}");
        }
    }
}
