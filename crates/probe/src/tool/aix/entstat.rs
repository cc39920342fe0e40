//! `entstat`: counters of adapters, what is sent on the left and what is received on the right.

use crate::error::{Fault, ParseError};
use crate::reading::{Interface, Reading};
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut list: Vec<Interface> = Vec::new();
    // Where the right half of a line starts, while the two halves are sent and received.
    let mut right: Option<usize> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some((_, rest)) = line.text.split_once("STATISTICS (") {
            let Some((name, _)) = rest.split_once(')') else {
                reading.remark(line.number, "the name of the adapter is cut");
                continue;
            };
            list.push(Interface { name: Some(name.to_owned()), ..Interface::default() });
            right = None;
        } else if line.text.contains("Transmit Statistics:") {
            right = line.text.find("Receive Statistics:");
        } else if line.text.starts_with("General Statistics") || line.text.contains("Specific Statistics") {
            right = None;
        } else if let (Some(interface), Some(right)) = (list.last_mut(), right) {
            // Wide values push the right half: it starts where the text goes on after blanks, not before the header.
            let (sent, received) = halves(line.text, right);
            for (half, is_sent) in [(sent, true), (received, false)] {
                let Some((name, value)) = half.split_once(':') else { continue };
                let count = text::count(value.trim());
                if let Some(field) = field(interface, name.trim(), is_sent) {
                    if count.is_none() {
                        reading.remark(line.number, format!("{}: no number, left out", name.trim()));
                    }
                    *field = count;
                }
            }
        }
    }
    if list.is_empty() {
        return Err(text.error(Fault::Missing("the statistics of an adapter")));
    }
    bound(&mut list, "interfaces", &mut reading);
    reading.interfaces = Some(list);
    Ok(reading)
}

/// Parts a line at the second `name: value`, which starts at about `right`.
fn halves(text: &str, right: usize) -> (&str, &str) {
    let is_blank = text.get(..right).is_some_and(|left| left.trim().is_empty());
    if is_blank {
        return ("", text.trim());
    }
    let Some(colon) = text.find(':') else { return (text, "") };
    let after = text[colon + 1..].trim_start();
    // The value ends at the next blank.
    match after.find(char::is_whitespace) {
        Some(end) => {
            let start = text.len() - after.len();
            (&text[..start + end], after[end..].trim())
        }
        None => (text, ""),
    }
}

fn field<'i>(interface: &'i mut Interface, name: &str, sent: bool) -> Option<&'i mut Option<u64>> {
    Some(match (name, sent) {
        ("Packets", true) => &mut interface.tx_packets,
        ("Packets", false) => &mut interface.rx_packets,
        ("Bytes", true) => &mut interface.tx_bytes,
        ("Bytes", false) => &mut interface.rx_bytes,
        ("Transmit Errors", true) => &mut interface.tx_errors,
        ("Receive Errors", false) => &mut interface.rx_errors,
        ("Packets Dropped", true) => &mut interface.tx_dropped,
        ("Packets Dropped", false) => &mut interface.rx_dropped,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_is_sent_and_right_received() {
        let text = "ETHERNET STATISTICS (en5) :\nDevice Type: Some Adapter\n\n\
            Transmit Statistics:                          Receive Statistics:\n\
            --------------------                          -------------------\n\
            Packets: 10                                   Packets: 20\n\
            Bytes: 1000                                   Bytes: 123456789012\n\
            Transmit Errors: 1                            Receive Errors: 2\n\
            Packets Dropped: 3                            Packets Dropped: 4\n\
            \x20                                             Bad Packets: 9\n\
            General Statistics:\nBytes: 5\n";
        let reading = parse(&Text::of("aix entstat", text)).unwrap();
        let [interface] = &reading.interfaces.unwrap()[..] else { panic!("not one") };
        assert_eq!((interface.tx_packets, interface.rx_packets), (Some(10), Some(20)));
        assert_eq!((interface.tx_bytes, interface.rx_bytes), (Some(1000), Some(123_456_789_012)));
        assert_eq!((interface.tx_errors, interface.rx_errors), (Some(1), Some(2)));
        assert_eq!((interface.tx_dropped, interface.rx_dropped), (Some(3), Some(4)));
    }
}
