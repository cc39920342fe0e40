//! What holds for every collector: fixtures exist, a cut text never lies (P-2), a tick does not allocate (P-3).

use super::COLLECTORS;
use super::facts::{FACT_FILES, facts};
use crate::allocation::allocations;
use crate::collector::{Machine, Period, Source};
use crate::error::ParseError;
use crate::filesystem::{FilesystemUsage, emit_usage};
use crate::fixture::{Recorder, find_fixture, host_names};
use crate::process::ProcessRanking;
use std::collections::HashSet;
use topmast_model::catalogue::Metric;
use topmast_model::sample::SampleSink;

/// The folder of texts that each end within a line.
const TRUNCATED: &str = "truncated";

/// A process recorded on each host, and the truncated one.
const PROCESSES: [(&str, &str); 3] =
    [("debian-12", "/proc/15571/stat"), ("centos-7", "/proc/2211/stat"), (TRUNCATED, "/proc/1/stat")];

/// Recordings of a collector's source: the host and the text.
fn recordings(source: &Source) -> Vec<(String, Vec<u8>)> {
    let found = |host: &str, path| find_fixture(host, path).map(|text| (host.to_owned(), text));
    match source {
        Source::File { path, .. } | Source::Filesystems { path, .. } => {
            host_names().iter().filter_map(|host| found(host, path)).collect()
        }
        Source::Processes { .. } => PROCESSES.iter().filter_map(|(host, path)| found(host, path)).collect(),
    }
}

/// Reads a text as the agent would, whatever the source's kind; filesystems get made-up usage.
fn collect(source: &Source, text: &[u8]) -> (Recorder, Result<(), ParseError>) {
    let mut sink = Recorder::default();
    let machine = Machine::default();
    let result = match source {
        Source::File { parse, .. } => parse(machine, text, &mut sink),
        Source::Filesystems { select, .. } => select(text).map(|filesystems| {
            let usage =
                FilesystemUsage { size_bytes: 9, free_bytes: 4, available_bytes: 3, files: 0, files_free: 0 };
            for filesystem in filesystems {
                emit_usage(&filesystem, Some(&usage), &mut sink);
            }
        }),
        Source::Processes { parse, .. } => parse(machine, text).map(|reading| {
            let mut ranking = ProcessRanking::default();
            ranking.add(&reading);
            ranking.finish(&mut sink);
        }),
    };
    (sink, result)
}

#[test]
fn every_collector_has_two_hosts_and_a_truncated_text() {
    for collector in COLLECTORS {
        let recordings = recordings(&collector.source);
        let (truncated, whole): (Vec<_>, Vec<_>) = recordings.iter().partition(|(host, _)| host == TRUNCATED);
        assert!(whole.len() >= 2, "{}: recorded on {} hosts", collector.name, whole.len());
        for (host, text) in whole {
            let (_, result) = collect(&collector.source, text);
            assert_eq!(result, Ok(()), "{} of {host}", collector.name);
        }
        assert_eq!(truncated.len(), 1, "{}: no truncated text", collector.name);
        for (_, text) in truncated {
            let (_, result) = collect(&collector.source, text);
            let lines = u32::try_from(text.split(|&byte| byte == b'\n').count()).unwrap();
            assert_eq!(result.unwrap_err().line, lines, "{}: the cut line is named", collector.name);
        }
    }
}

/// A sink that keeps only the number of samples.
struct Counter(u32);

impl SampleSink for Counter {
    fn sample(&mut self, _: &'static Metric, _: &[&str], _: f64) {
        self.0 += 1;
    }
}

#[test]
fn what_is_read_every_tick_is_parsed_without_allocating() {
    // P-3; first that the measure itself measures.
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    let mut sink = Counter(0);
    for collector in COLLECTORS.iter().filter(|collector| collector.period == Period::Tick) {
        let Source::File { parse, .. } = collector.source else {
            panic!("{}: only single files are read every tick", collector.name);
        };
        for (host, text) in recordings(&collector.source) {
            let count = allocations(|| {
                let _ = parse(Machine::default(), &text, &mut sink);
            });
            assert_eq!(count, 0, "{} of {host}", collector.name);
        }
    }
    assert!(sink.0 > 100, "{} samples", sink.0);
}

#[test]
fn names_and_files_of_collectors_are_unique() {
    let mut seen = HashSet::new();
    for collector in COLLECTORS {
        assert!(seen.insert(collector.name), "{}", collector.name);
        assert!(seen.insert(collector.source.path()), "{}", collector.source.path());
    }
    let facts: HashSet<_> = FACT_FILES.iter().collect();
    assert_eq!(facts.len(), FACT_FILES.len());
}

#[test]
fn a_text_cut_at_any_byte_is_an_error_or_tells_the_same() {
    for collector in COLLECTORS {
        for (host, text) in recordings(&collector.source).into_iter().filter(|(host, _)| host != TRUNCATED) {
            let (whole, _) = collect(&collector.source, &text);
            for cut in 0..text.len() {
                let (sink, result) = collect(&collector.source, &text[..cut]);
                let place = format!("{} of {host} cut at byte {cut}", collector.name);
                // A cut between two lines cannot be seen; what the lines say must then be as in the whole.
                let mid_line = cut > 0 && text[cut - 1] != b'\n';
                assert!(!mid_line || result.is_err(), "{place} went unnoticed");
                for (series, value) in sink.samples() {
                    assert_eq!(whole.value(series), Some(value), "{place}: {series}");
                }
            }
        }
    }
}

#[test]
fn facts_of_a_text_cut_at_any_byte_are_unknown_or_the_same() {
    for host in ["debian-12", "centos-7", "ubuntu-22.04-docker"] {
        let recorded: Vec<_> =
            FACT_FILES.iter().filter_map(|path| Some((*path, find_fixture(host, path)?))).collect();
        let whole = facts("x86_64", &recorded.iter().cloned().collect());
        // The lists behind these two are whole at any line's end, so a cut shortens or turns them; it may not panic.
        let told_by_several = ["/proc/net/fib_trie", "/proc/net/route", "/proc/net/if_inet6"];
        for (path, text) in &recorded {
            for cut in 0..text.len() {
                let all = recorded.iter().cloned();
                let files = all.chain([(*path, text[..cut].to_vec())]).collect();
                let found = facts("x86_64", &files);
                let place = format!("{path} of {host} cut at byte {cut}");
                assert!(found.hostname.is_empty() || found.hostname == whole.hostname, "{place}");
                assert!(found.kernel.is_empty() || found.kernel == whole.kernel, "{place}");
                assert!(found.cpu_count == 0 || found.cpu_count == whole.cpu_count, "{place}");
                assert!(found.memory_bytes == 0 || found.memory_bytes == whole.memory_bytes, "{place}");
                assert!(found.boot_time.0 == 0 || found.boot_time == whole.boot_time, "{place}");
                assert!(
                    told_by_several.contains(path) || found.addresses == whole.addresses,
                    "{place}: {:?}",
                    found.addresses
                );
                assert!(
                    found.addresses.iter().all(|address| whole.addresses.contains(address)),
                    "{place}: {:?}",
                    found.addresses
                );
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        for collector in COLLECTORS {
            let _ = collect(&collector.source, &text);
        }
        let files = FACT_FILES.iter().map(|path| (*path, text.clone())).collect();
        facts("x86_64", &files);
    }

    /// One byte changed in a recorded text: whatever comes of it, no panic, and values stay finite.
    #[test]
    fn a_changed_byte_is_read_without_a_panic(at in 0_usize..100_000, byte in proptest::num::u8::ANY) {
        for collector in COLLECTORS {
            for (_, mut text) in recordings(&collector.source) {
                let length = text.len();
                if let Some(place) = text.get_mut(at % length.max(1)) {
                    *place = byte;
                }
                let _ = collect(&collector.source, &text);
            }
        }
    }
}
