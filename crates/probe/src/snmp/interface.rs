//! Network interfaces: counters of 64 bits where there are any.

use super::ROWS_MAX;
use super::counter::Counters;
use super::object::{Objects, cell, oid};
use std::collections::BTreeSet;
use topmast_model::catalogue as metric;
use topmast_model::catalogue::Metric;
use topmast_model::sample::SampleSink;

const DESCRIPTION: u32 = 2;
const TYPE: u32 = 3;
const NAME: u32 = 1;
/// `softwareLoopback`
const LOOPBACK: f64 = 24.0;

/// Columns of the table of 64 bits, added up, and the one of 32 bits that stands in.
const COUNTERS: [(&[u32], u32, &Metric); 8] = [
    (&[6], 10, metric::HOST_NETWORK_RECEIVE_BYTES),
    // Packets to one, to some, to all.
    (&[7, 8, 9], 11, metric::HOST_NETWORK_RECEIVE_PACKETS),
    (&[], 14, metric::HOST_NETWORK_RECEIVE_ERRORS),
    (&[], 13, metric::HOST_NETWORK_RECEIVE_DROPPED),
    (&[10], 16, metric::HOST_NETWORK_TRANSMIT_BYTES),
    (&[11, 12, 13], 17, metric::HOST_NETWORK_TRANSMIT_PACKETS),
    (&[], 20, metric::HOST_NETWORK_TRANSMIT_ERRORS),
    (&[], 19, metric::HOST_NETWORK_TRANSMIT_DROPPED),
];

pub(super) fn read(objects: &Objects, counters: &mut Counters, sink: &mut dyn SampleSink) {
    let (mut seen, mut skipped) = (BTreeSet::new(), 0_u32);
    for index in objects.rows(oid::INTERFACE, DESCRIPTION) {
        let text = |table, column| objects.text(&cell(table, column, index)).filter(|text| !text.is_empty());
        let Some(name) = text(oid::INTERFACE_MORE, NAME).or_else(|| text(oid::INTERFACE, DESCRIPTION)) else {
            continue;
        };
        let is_loopback = objects.number(&cell(oid::INTERFACE, TYPE, index)) == Some(LOOPBACK);
        if is_loopback || name.starts_with("veth") {
            continue;
        }
        if seen.len() == ROWS_MAX {
            skipped += 1;
            continue;
        }
        if !seen.insert(name.clone()) {
            continue;
        }
        for (long, short, metric) in COUNTERS {
            let mut sum = None;
            for column in long {
                if let Some(count) = counters.read(objects, &cell(oid::INTERFACE_MORE, *column, index)) {
                    sum = Some(sum.unwrap_or(0.0) + count);
                }
            }
            let count = sum.or_else(|| counters.read(objects, &cell(oid::INTERFACE, short, index)));
            if let Some(count) = count {
                sink.sample(metric, &[&name], count);
            }
        }
    }
    if skipped > 0 {
        sink.sample(metric::HOST_PROBE_SKIPPED_COUNT, &["network"], f64::from(skipped));
    }
}
