//! Paging, swapping and kills for want of memory: `/proc/vmstat`.
//!
//! The file mixes units: `pgpgin` and `pgpgout` are KiB, `pswpin` and `pswpout` pages.

use crate::collector::Machine;
use crate::error::ParseError;
use crate::scan::Lines;
use topmast_model::catalogue::{
    HOST_MEMORY_OUT_OF_MEMORY_KILLS, HOST_PAGING_FAULTS, HOST_PAGING_MAJOR_FAULTS, HOST_PAGING_READ_BYTES,
    HOST_PAGING_WRITTEN_BYTES, HOST_SWAP_READ_BYTES, HOST_SWAP_WRITTEN_BYTES,
};
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/vmstat";

/// Emits what was paged and swapped, the faults, and (kernel 4.13 and later) the kills.
pub(super) fn parse(machine: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    const KIB: f64 = 1024.0;
    let page = machine.bytes(1);
    for line in Lines::of(FILE, text) {
        let mut line = line?;
        let (metric, scale) = match line.word("name")? {
            b"pgpgin" => (HOST_PAGING_READ_BYTES, KIB),
            b"pgpgout" => (HOST_PAGING_WRITTEN_BYTES, KIB),
            b"pswpin" => (HOST_SWAP_READ_BYTES, page),
            b"pswpout" => (HOST_SWAP_WRITTEN_BYTES, page),
            b"pgfault" => (HOST_PAGING_FAULTS, 1.0),
            b"pgmajfault" => (HOST_PAGING_MAJOR_FAULTS, 1.0),
            b"oom_kill" => (HOST_MEMORY_OUT_OF_MEMORY_KILLS, 1.0),
            _ => continue,
        };
        sink.sample(metric, &[], line.number_of("count")? as f64 * scale);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture, parsed};

    #[test]
    fn debian_12_counts_bytes_faults_and_kills() {
        check(
            parse,
            &fixture("debian-12", FILE),
            &[
                ("host_paging_read_bytes_total", 3_615_032_320.0),
                ("host_paging_written_bytes_total", 1_241_702_400.0),
                ("host_swap_read_bytes_total", 0.0),
                ("host_paging_faults_total", 5_366_955.0),
                ("host_paging_major_faults_total", 2002.0),
                ("host_memory_out_of_memory_kills_total", 0.0),
            ],
        );
    }

    #[test]
    fn centos_7_swaps_and_counts_no_kills() {
        let sink = parsed(parse, &fixture("centos-7", FILE));
        // 1,204 pages of 4 KiB.
        assert_eq!(sink.value("host_swap_written_bytes_total"), Some(4_931_584.0));
        assert_eq!(sink.value("host_memory_out_of_memory_kills_total"), None);
    }

    #[test]
    fn swapped_pages_follow_the_machine() {
        let machine = Machine { page_bytes: 65_536, ..Machine::default() };
        let mut sink = Recorder::default();
        parse(machine, b"pswpin 2\n", &mut sink).unwrap();
        assert_eq!(sink.value("host_swap_read_bytes_total"), Some(131_072.0));
    }
}
