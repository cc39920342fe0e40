//! Memory and swap: `/proc/meminfo`.
//!
//! Kernels before 3.14 give no estimate of available memory; then it is not
//! emitted, for adding free and cached memory up would count what cannot be freed.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::Lines;
use topmast_model::catalogue::{
    HOST_MEMORY_AVAILABLE_BYTES, HOST_MEMORY_BUFFERS_BYTES, HOST_MEMORY_CACHED_BYTES,
    HOST_MEMORY_COMMITTED_BYTES, HOST_MEMORY_DIRTY_BYTES, HOST_MEMORY_FREE_BYTES,
    HOST_MEMORY_RECLAIMABLE_BYTES, HOST_MEMORY_SHARED_BYTES, HOST_MEMORY_TOTAL_BYTES, HOST_SWAP_FREE_BYTES,
    HOST_SWAP_TOTAL_BYTES, Metric,
};
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/meminfo";

/// Emits sizes of memory and swap by use.
pub(super) fn parse(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    for line in Lines::of(FILE, text) {
        let mut line = line?;
        let Some(metric) = metric(line.word("name")?) else { continue };
        let kibibytes = line.number_of("size")?;
        if line.optional_word() != Some(b"kB") {
            return Err(line.error(Fault::Malformed("a size in kB")));
        }
        sink.sample(metric, &[], kibibytes as f64 * 1024.0);
    }
    Ok(())
}

fn metric(name: &[u8]) -> Option<&'static Metric> {
    Some(match name {
        b"MemTotal:" => HOST_MEMORY_TOTAL_BYTES,
        b"MemFree:" => HOST_MEMORY_FREE_BYTES,
        b"MemAvailable:" => HOST_MEMORY_AVAILABLE_BYTES,
        b"Buffers:" => HOST_MEMORY_BUFFERS_BYTES,
        b"Cached:" => HOST_MEMORY_CACHED_BYTES,
        b"SwapTotal:" => HOST_SWAP_TOTAL_BYTES,
        b"SwapFree:" => HOST_SWAP_FREE_BYTES,
        b"Dirty:" => HOST_MEMORY_DIRTY_BYTES,
        b"Shmem:" => HOST_MEMORY_SHARED_BYTES,
        b"SReclaimable:" => HOST_MEMORY_RECLAIMABLE_BYTES,
        b"Committed_AS:" => HOST_MEMORY_COMMITTED_BYTES,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture, parsed};

    #[test]
    fn debian_12_sizes_are_bytes() {
        check(
            parse,
            &fixture("debian-12", FILE),
            &[
                ("host_memory_total_bytes", 25_276_063_744.0),
                ("host_memory_available_bytes", 24_739_459_072.0),
                ("host_memory_free_bytes", 23_960_727_552.0),
                ("host_memory_buffers_bytes", 6_643_712.0),
                ("host_memory_cached_bytes", 934_182_912.0),
                ("host_memory_reclaimable_bytes", 117_342_208.0),
                ("host_memory_shared_bytes", 9_166_848.0),
                ("host_memory_dirty_bytes", 89_182_208.0),
                ("host_memory_committed_bytes", 249_167_872.0),
                ("host_swap_total_bytes", 0.0),
                ("host_swap_free_bytes", 0.0),
            ],
        );
    }

    #[test]
    fn centos_6_gives_no_estimate_of_available_memory() {
        let sink = parsed(parse, &fixture("centos-6", FILE));
        assert_eq!(sink.value("host_memory_available_bytes"), None);
        assert_eq!(sink.value("host_memory_total_bytes"), Some(8_252_305_408.0));
        assert_eq!(sink.value("host_swap_free_bytes"), Some(4_227_850_240.0));
    }

    #[test]
    fn a_size_without_its_unit_is_an_error() {
        for text in ["MemTotal: 12\n", "MemTotal: 12 MB\n"] {
            let error = parse(Machine::default(), text.as_bytes(), &mut Recorder::default()).unwrap_err();
            assert_eq!(error.to_string(), "parse /proc/meminfo, line 1: expected a size in kB");
        }
    }
}
