//! Pressure stall information: `/proc/pressure/*`.
//!
//! Only the totals are taken: the averages the kernel adds are rates of them,
//! and rates are derived on read (P-4).

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::{Line, Lines, decimal};
use topmast_model::catalogue::HOST_PRESSURE_STALLED_SECONDS;
use topmast_model::sample::SampleSink;

pub(super) const CPU_FILE: &str = "/proc/pressure/cpu";
pub(super) const MEMORY_FILE: &str = "/proc/pressure/memory";
pub(super) const IO_FILE: &str = "/proc/pressure/io";

/// Emits the time in which threads waited for a processor.
pub(super) fn parse_cpu(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    parse("cpu", Lines::of(CPU_FILE, text), sink)
}

/// Emits the time in which threads waited for memory.
pub(super) fn parse_memory(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    parse("memory", Lines::of(MEMORY_FILE, text), sink)
}

/// Emits the time in which threads waited for a disk.
pub(super) fn parse_io(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    parse("io", Lines::of(IO_FILE, text), sink)
}

fn parse(resource: &str, lines: Lines<'_>, sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    const MICROSECONDS: f64 = 1e6;
    for line in lines {
        let mut line = line?;
        let kind = match line.word("kind")? {
            b"some" => "some",
            b"full" => "full",
            // A kind of a later kernel has a meaning nobody here knows.
            _ => continue,
        };
        let total = total(&mut line)?;
        sink.sample(HOST_PRESSURE_STALLED_SECONDS, &[resource, kind], total as f64 / MICROSECONDS);
    }
    Ok(())
}

fn total(line: &mut Line<'_>) -> Result<u64, ParseError> {
    while let Some(word) = line.optional_word() {
        if let Some(digits) = word.strip_prefix(b"total=") {
            return decimal(digits).ok_or(line.error(Fault::NotANumber("total")));
        }
    }
    Err(line.error(Fault::Missing("total")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture};

    #[test]
    fn debian_12_stalls_are_seconds() {
        check(
            parse_cpu,
            &fixture("debian-12", CPU_FILE),
            &[
                (r#"host_pressure_stalled_seconds_total{kind="some",resource="cpu"}"#, 7.872_542),
                (r#"host_pressure_stalled_seconds_total{kind="full",resource="cpu"}"#, 0.0),
            ],
        );
        check(
            parse_io,
            &fixture("debian-12", IO_FILE),
            &[
                (r#"host_pressure_stalled_seconds_total{kind="some",resource="io"}"#, 5.279_508),
                (r#"host_pressure_stalled_seconds_total{kind="full",resource="io"}"#, 5.016_341),
            ],
        );
    }

    #[test]
    fn ubuntu_20_says_nothing_of_full_processor_stalls() {
        check(
            parse_cpu,
            &fixture("ubuntu-20.04", CPU_FILE),
            &[(r#"host_pressure_stalled_seconds_total{kind="some",resource="cpu"}"#, 3_191.220_477)],
        );
        check(
            parse_memory,
            &fixture("ubuntu-20.04", MEMORY_FILE),
            &[
                (r#"host_pressure_stalled_seconds_total{kind="some",resource="memory"}"#, 12.5),
                (r#"host_pressure_stalled_seconds_total{kind="full",resource="memory"}"#, 9.000_25),
            ],
        );
    }

    #[test]
    fn a_line_without_a_total_is_an_error() {
        for (text, fault) in [
            ("some avg10=0.50\n", Fault::Missing("total")),
            ("some avg10=0.50 total=\n", Fault::NotANumber("total")),
        ] {
            let error = parse_io(Machine::default(), text.as_bytes(), &mut Recorder::default());
            assert_eq!(error, Err(ParseError { origin: IO_FILE, line: 1, fault }));
        }
    }
}
