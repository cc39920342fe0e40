//! `netstat -i` of net-tools, and `netstat -ie`, which has a stanza for each interface.
//!
//! ```text
//! Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
//! ```

use super::super::table::{Kept, Table, cell, value};
use super::super::text::{Text, count};
use super::interfaces;
use crate::error::{Fault, ParseError};
use crate::reading::{Interface, Reading};

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table: Option<(u32, Table<'_>)> = None;
    let mut list: Kept<Interface> = Kept::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.words().any(|word| word == "RX-OK") {
            // A header again is the next report.
            list.clear();
            table = Some((line.number, Table::of(line.words().collect(), &[])));
            continue;
        }
        let Some((_, table)) = &table else { continue };
        if line.text.starts_with("Kernel Interface table") {
            continue;
        }
        // An address of its own on an interface is not counted.
        if let Some((name, _)) = line.text.split_once("- no statistics available -") {
            let name = name.split_whitespace().next().map(str::to_owned);
            list.push(Interface { name, ..Interface::default() });
            continue;
        }
        // Interfaces that are down have no flags.
        let padded = format!("{} -", line.text);
        let Some(cells) = table.row(line.text).or_else(|| table.row(&padded)) else {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        };
        let mut bad = false;
        let mut counted = |name: &str| value(cell(&cells, table.find(&[name])), &mut bad, count);
        let interface = Interface {
            rx_packets: counted("RX-OK"),
            rx_errors: counted("RX-ERR"),
            rx_dropped: counted("RX-DRP"),
            tx_packets: counted("TX-OK"),
            tx_errors: counted("TX-ERR"),
            tx_dropped: counted("TX-DRP"),
            name: cell(&cells, table.find(&["Iface"])).map(str::to_owned),
            ..Interface::default()
        };
        if interface.rx_packets.is_none() {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        }
        if bad {
            reading.remark(line.number, "a number of this row is cut or garbled");
        }
        list.push(interface);
    }
    let Some((line, _)) = table else {
        if interfaces::has(text) {
            return interfaces::parse(text);
        }
        return Err(text.error(Fault::Missing("the header `Iface … RX-OK`")));
    };
    reading.interfaces = Some(list.finish(&mut reading, line));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let text = "Kernel Interface table\nIface   MTU Met   RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\neth0   1400 0     92771      1      2 3         80951      4      5      6 BMRU\neth0:1 1400 0      - no statistics available -                        BMRU\nlo    65536 0         7      0      0 0";
        let reading = parse(&Text::of("netstat", text)).unwrap();
        let interfaces = reading.interfaces.unwrap();
        let eth0 = Interface {
            name: Some("eth0".to_owned()),
            rx_packets: Some(92_771),
            rx_errors: Some(1),
            rx_dropped: Some(2),
            tx_packets: Some(80_951),
            tx_errors: Some(4),
            tx_dropped: Some(5),
            ..Interface::default()
        };
        assert_eq!(interfaces[0], eth0);
        assert_eq!((interfaces.len(), interfaces[1].rx_packets), (2, None));
        assert_eq!(reading.remarks[0].line, 5);
    }
}
