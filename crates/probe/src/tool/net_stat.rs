//! `netstat -i` of the BSDs and macOS: a row for each interface as a whole, and more for its addresses.
//!
//! ```text
//! Name    Mtu Network       Address              Ipkts Ierrs Idrop     Ibytes    Opkts Oerrs     Obytes  Coll
//! em0    1500 <Link#1>      00:0c:29:1a:4e:3b   372717     0     0  372538087   213821     0  198573339     0
//! ```
//!
//! The address may be missing and names overflow, so that cells are counted from the right.

use super::table::{Kept, cell, value};
use super::text::{Text, count};
use crate::error::{Fault, ParseError};
use crate::reading::{Interface, Reading};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut header: Option<(u32, Vec<&str>)> = None;
    let mut interfaces: Kept<Interface> = Kept::new();
    let mut rows = 0_u32;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if let Some(at) =
            words.iter().position(|word| *word == "Address").filter(|_| words.contains(&"Ipkts"))
        {
            interfaces.clear();
            rows = 0;
            header = Some((line.number, words.into_iter().skip(at + 1).collect()));
            continue;
        }
        let Some((_, columns)) = &header else { continue };
        rows += 1;
        // The whole interface is its row of the link layer.
        if !words.get(2).is_some_and(|network| network.starts_with("<Link")) {
            continue;
        }
        let cells = words.len().checked_sub(columns.len()).filter(|names| {
            // Where there is no address, the first count is in its place.
            let counted = words.get(3).is_some_and(|word| count(word).is_some());
            *names == if counted { 3 } else { 4 }
        });
        let Some(cells) = cells.and_then(|names| words.get(names..)) else {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        };
        let mut bad = false;
        let mut counted = |name: &str| {
            value(cell(cells, columns.iter().position(|column| *column == name)), &mut bad, count)
        };
        let interface = Interface {
            // A star marks one that is down.
            name: words.first().map(|name| name.trim_end_matches('*').to_owned()),
            rx_packets: counted("Ipkts"),
            rx_errors: counted("Ierrs"),
            rx_dropped: counted("Idrop"),
            rx_bytes: counted("Ibytes"),
            tx_packets: counted("Opkts"),
            tx_errors: counted("Oerrs"),
            tx_bytes: counted("Obytes"),
            tx_dropped: counted("Drop"),
            ..Interface::default()
        };
        if bad {
            reading.remark(line.number, "a number of this row is cut or garbled");
        }
        interfaces.push(interface);
    }
    let Some((line, _)) = header else {
        return Err(text.error(Fault::Missing("the header `Name Mtu Network Address`")));
    };
    if interfaces.is_empty() && rows > 0 {
        reading.remark(line, "no row is of an interface as a whole: its addresses are left out");
    }
    reading.interfaces = Some(interfaces.finish(&mut reading, line));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interface_is_read_once() {
        let text = "Name    Mtu Network       Address              Ipkts Ierrs Idrop     Ibytes    Opkts Oerrs     Obytes  Coll  Drop\nvtnet  1500 <Link#1>      52:54:00:12:34:56     1000     1     2      30000      400     5      60000     0     7\nvtnet     - 10.0.2.0/24   10.0.2.15              990     -     -      29000      390     -      59000     -     -\nlo0*  16384 <Link#2>                              10     0     0        100       10     0        100     0     0\nvtnet  1500 <Link#3>      52:54:00:12:34:57     10";
        let reading = parse(&Text::of("netstat", text)).unwrap();
        let interfaces = reading.interfaces.unwrap();
        assert_eq!((interfaces.len(), interfaces[1].name.as_deref()), (2, Some("lo0")));
        let first = &interfaces[0];
        assert_eq!(
            (first.rx_packets, first.rx_errors, first.rx_dropped, first.rx_bytes),
            (Some(1000), Some(1), Some(2), Some(30_000))
        );
        assert_eq!(
            (first.tx_packets, first.tx_errors, first.tx_dropped, first.tx_bytes),
            (Some(400), Some(5), Some(7), Some(60_000))
        );
        assert_eq!(reading.remarks[0].line, 5);
    }
}
