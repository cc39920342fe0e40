//! Network interfaces: `/proc/net/dev`.
//!
//! Left out are the loopback, which no wire carries, and `veth*`, the host's end of
//! each container's link: they come and go with the containers, and their traffic
//! crosses a bridge that is counted.

use crate::collector::Machine;
use crate::error::{Fault, ParseError};
use crate::scan::{Line, Lines};
use topmast_model::catalogue::{
    HOST_NETWORK_RECEIVE_BYTES, HOST_NETWORK_RECEIVE_DROPPED, HOST_NETWORK_RECEIVE_ERRORS,
    HOST_NETWORK_RECEIVE_PACKETS, HOST_NETWORK_TRANSMIT_BYTES, HOST_NETWORK_TRANSMIT_DROPPED,
    HOST_NETWORK_TRANSMIT_ERRORS, HOST_NETWORK_TRANSMIT_PACKETS, HOST_PROBE_SKIPPED_COUNT, Metric,
};
use topmast_model::sample::SampleSink;

pub(super) const FILE: &str = "/proc/net/dev";

/// Two lines of titles stand above the interfaces.
const TITLE_LINES: u32 = 2;

/// Interfaces with series of their own, 8 each: bonds, their members and VLANs of a large server.
const MAX_INTERFACES: u32 = 256;

const RECEIVE: [&Metric; 4] = [
    HOST_NETWORK_RECEIVE_BYTES,
    HOST_NETWORK_RECEIVE_PACKETS,
    HOST_NETWORK_RECEIVE_ERRORS,
    HOST_NETWORK_RECEIVE_DROPPED,
];
const TRANSMIT: [&Metric; 4] = [
    HOST_NETWORK_TRANSMIT_BYTES,
    HOST_NETWORK_TRANSMIT_PACKETS,
    HOST_NETWORK_TRANSMIT_ERRORS,
    HOST_NETWORK_TRANSMIT_DROPPED,
];

/// Emits bytes, packets, errors and drops of each interface, both ways.
pub(super) fn parse(_: Machine, text: &[u8], sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    let mut interfaces = 0_u32;
    let mut skipped = 0_u32;
    for line in Lines::of(FILE, text) {
        let mut line = line?;
        if line.number() <= TITLE_LINES {
            continue;
        }
        // The last colon: names of old kernels may hold one, and numbers may follow without a blank.
        let name = line.split_last(b':').ok_or(line.error(Fault::Malformed("`interface:`")))?;
        let name = name.trim_ascii_start();
        if name == b"lo" || name.starts_with(b"veth") {
            continue;
        }
        interfaces = interfaces.saturating_add(1);
        match std::str::from_utf8(name) {
            Ok(name) if interfaces <= MAX_INTERFACES => counters(name, line, sink)?,
            // The kernel lets a name be any bytes, but a label is text.
            _ => skipped = skipped.saturating_add(1),
        }
    }
    if skipped > 0 {
        sink.sample(HOST_PROBE_SKIPPED_COUNT, &["network"], f64::from(skipped));
    }
    Ok(())
}

fn counters(interface: &str, mut line: Line<'_>, sink: &mut dyn SampleSink) -> Result<(), ParseError> {
    for metric in RECEIVE {
        sink.sample(metric, &[interface], line.number_of("receive counter")? as f64);
    }
    // fifo, frame, compressed, multicast
    line.skip(4);
    for metric in TRANSMIT {
        sink.sample(metric, &[interface], line.number_of("transmit counter")? as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Recorder, check, fixture, parsed};

    const TITLES: &str = "Inter-|   Receive\n face |bytes\n";

    #[test]
    fn debian_12_counts_both_ways() {
        let sink = parsed(parse, &fixture("debian-12", FILE));
        for (name, value) in [
            ("receive_bytes", 179_468_504.0),
            ("receive_packets", 9922.0),
            ("receive_errors", 0.0),
            ("receive_dropped", 0.0),
            ("transmit_bytes", 687_764.0),
            ("transmit_packets", 7855.0),
            ("transmit_errors", 0.0),
            ("transmit_dropped", 0.0),
        ] {
            let series = format!("host_network_{name}_total{{interface=\"eth0\"}}");
            assert_eq!(sink.value(&series), Some(value), "{name}");
        }
        assert!(sink.samples().all(|(series, _)| !series.contains("\"lo\"")));
    }

    #[test]
    fn centos_6_writes_numbers_close_to_the_colon() {
        check(
            parse,
            &fixture("centos-6", FILE),
            &[
                (r#"host_network_receive_bytes_total{interface="eth0"}"#, 98_765_432_101.0),
                (r#"host_network_receive_packets_total{interface="eth0"}"#, 71_234_567.0),
                (r#"host_network_receive_errors_total{interface="eth0"}"#, 3.0),
                (r#"host_network_receive_dropped_total{interface="eth0"}"#, 17.0),
                (r#"host_network_transmit_bytes_total{interface="eth0"}"#, 12_345_678_901.0),
                (r#"host_network_transmit_packets_total{interface="eth0"}"#, 65_432_109.0),
                (r#"host_network_transmit_errors_total{interface="eth0"}"#, 1.0),
                (r#"host_network_transmit_dropped_total{interface="eth0"}"#, 2.0),
            ],
        );
    }

    #[test]
    fn a_name_that_is_no_text_is_counted_and_the_others_stay() {
        let text =
            [TITLES.as_bytes(), b"\xffx: 1 2 3 4 5 6 7 8 9 10 11 12\neth1: 1 2 3 4 5 6 7 8 9 10 11 12\n"];
        let sink = parsed(parse, &text.concat());
        assert_eq!(sink.value(r#"host_probe_skipped_count{collector="network"}"#), Some(1.0));
        assert_eq!(sink.value(r#"host_network_transmit_bytes_total{interface="eth1"}"#), Some(9.0));
    }

    #[test]
    fn garbled_lines_are_errors() {
        for (line, fault) in [
            ("eth0 1 2 3", Fault::Malformed("`interface:`")),
            ("eth0: 1 2 3", Fault::Missing("receive counter")),
            ("eth0: 1 2 3 4 5 6 7 8 9 -10", Fault::NotANumber("transmit counter")),
        ] {
            let text = format!("{TITLES}{line}\n");
            let error = parse(Machine::default(), text.as_bytes(), &mut Recorder::default());
            assert_eq!(error, Err(ParseError { origin: FILE, line: 3, fault }));
        }
    }
}
