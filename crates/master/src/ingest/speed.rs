//! How many samples a processor takes in a second, from the body to the history. It prints; it asserts nothing.
//!
//! `cargo test --release -p topmast-master ingest::speed -- --ignored --nocapture`

use super::{Labelled, Own, Scratch};
use std::fmt::Write as _;
use topmast_history::{History, Options};
use topmast_ingest::compression::{Encoding, UNPACKED_MAX, unpack};
use topmast_ingest::remote_write::{Version, decode};

/// Series, of hosts and as many metrics of each as make it: what some hundred hosts' exporters show.
const HOSTS: usize = 100;
const METRICS: usize = 1_000;
/// Series of one request, each with one sample, as Prometheus sends them.
const AT_ONCE: usize = 2_000;
/// Scrapes that are measured, fifteen seconds apart.
const SCRAPES: i64 = 40;
const START: i64 = 1_700_000_000_000;

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

/// The labels of a series, ten with the metric, and 160 bytes or so.
fn labels(host: usize, metric: usize) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    vec![
        pair("__name__", format!("node_subsystem_{}_seconds_total", metric / 8)),
        pair("arch", "x86_64".into()),
        pair("cpu", format!("{}", metric % 8)),
        pair("datacenter", "eu-central-1".into()),
        pair("instance", format!("host-{host:05}.example.com:9100")),
        pair("job", "node".into()),
        pair("mode", ["idle", "user", "system", "iowait"][metric % 4].into()),
        pair("rack", format!("r{}", host % 40)),
        pair("service", "payments".into()),
        pair("team", "core".into()),
    ]
}

fn requests(version: Version, all: &[Vec<(String, String)>], scrape: i64) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    for part in all.chunks(AT_ONCE) {
        let (mut request, mut symbols) = (Vec::new(), std::collections::HashMap::new());
        let mut table = Vec::new();
        for (index, labels) in part.iter().enumerate() {
            let mut series = Vec::new();
            let mut places = Vec::new();
            for (name, value) in labels {
                if version == Version::One {
                    let mut label = Vec::new();
                    bytes(&mut label, 1, name.as_bytes());
                    bytes(&mut label, 2, value.as_bytes());
                    bytes(&mut series, 1, &label);
                    continue;
                }
                for text in [name, value] {
                    let next = symbols.len() as u64;
                    let place = *symbols.entry(text.clone()).or_insert_with(|| {
                        bytes(&mut table, 4, text.as_bytes());
                        next
                    });
                    varint(&mut places, place);
                }
            }
            if version == Version::Two {
                bytes(&mut series, 1, &places);
            }
            let mut sample = vec![1 << 3 | 1];
            let value = (scrape * 100 + i64::try_from(index % 50).unwrap()) as f64;
            sample.extend(value.to_bits().to_le_bytes());
            sample.push(2 << 3);
            varint(&mut sample, (START + scrape * 15_000).cast_unsigned());
            bytes(&mut series, 2, &sample);
            bytes(&mut request, if version == Version::One { 1 } else { 5 }, &series);
        }
        table.extend(request);
        requests.push(snap::raw::Encoder::new().compress_vec(&table).unwrap());
    }
    requests
}

/// Processor time of this thread, in seconds.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

#[test]
#[ignore = "measures: run it in release, alone"]
fn remote_write_samples_a_processor_second() {
    let all: Vec<_> =
        (0..HOSTS).flat_map(|host| (0..METRICS).map(move |metric| labels(host, metric))).collect();
    let own = Own { cluster: "main".into(), tenant: "acme".into() };
    let mut report = String::new();
    for version in [Version::One, Version::Two] {
        let folder = tempfile::tempdir().unwrap();
        let (history, _) = History::open(folder.path(), Options::default()).unwrap();
        let mut scratch = Scratch::default();
        let (mut samples, mut unpacking, mut decoding, mut appending) = (0_u64, 0.0, 0.0, 0.0);
        for scrape in 0..SCRAPES {
            let now = START + scrape * 15_000;
            for body in requests(version, &all, scrape) {
                let begin = cpu();
                let unpacked = unpack(Encoding::Snappy, &body, UNPACKED_MAX, &mut scratch.unpacked).unwrap();
                let unpacked_at = cpu();
                scratch.batch.clear();
                let known = Some(history.known_series());
                let mut sink = Labelled { batch: &mut scratch.batch, own: &own, known };
                let written = decode(version, unpacked, &mut sink).unwrap();
                assert_eq!(written.outcome.left_out, 0);
                drop(sink);
                let decoded_at = cpu();
                let appended = history.append(&scratch.batch, now).unwrap();
                let appended_at = cpu();
                // The first scrape makes the series, which is another cost.
                if scrape > 0 {
                    assert_eq!(appended.taken, scratch.batch.len() as u64);
                    samples += appended.taken;
                    unpacking += unpacked_at - begin;
                    decoding += decoded_at - unpacked_at;
                    appending += appended_at - decoded_at;
                }
            }
            history.sync().unwrap();
        }
        let each = |seconds: f64| seconds / samples as f64 * 1e9;
        let _ = writeln!(
            report,
            "{version:?}: {:.2} M samples a processor-second ({samples} samples: unpack {:.0} ns, decode {:.0} ns, append {:.0} ns)",
            samples as f64 / (unpacking + decoding + appending) / 1e6,
            each(unpacking),
            each(decoding),
            each(appending),
        );
    }
    println!("{report}");
}
