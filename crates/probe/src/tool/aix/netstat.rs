//! `netstat -i` and `-in`: packets of each interface, one row an address.

use crate::error::{Fault, ParseError};
use crate::reading::{Interface, Reading};
use crate::tool::row::{Head, Row};
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut counters: Option<(Head<'_>, usize)> = None;
    let mut list: Vec<Interface> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words[0] == "Name" && words.contains(&"Ipkts") {
            // Cells before the counters can be blank: the counters are found from the end.
            let first = words.iter().position(|word| *word == "Ipkts").unwrap_or(0);
            counters = Some((Head::named(words[first..].to_vec()), first));
            list.clear();
            continue;
        }
        let Some((head, before)) = &counters else { continue };
        let name = words[0].trim_end_matches('*');
        let Some(at) = words.len().checked_sub(head.len()).filter(|at| (1..=*before).contains(at)) else {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        };
        if !words[at..].iter().all(|word| *word == "-" || text::count(word).is_some()) {
            reading.remark(line.number, "a counter of this row is no number, left out");
            continue;
        }
        // Each address of an interface repeats its counters.
        if list.last().is_some_and(|last| last.name.as_deref() == Some(name)) {
            continue;
        }
        let row = Row::new(head, words[at..].to_vec(), line.number);
        list.push(Interface {
            name: Some(name.to_owned()),
            rx_packets: row.count(&["Ipkts"]),
            rx_errors: row.count(&["Ierrs"]),
            rx_dropped: row.count(&["Idrops", "Idrop"]),
            tx_packets: row.count(&["Opkts"]),
            tx_errors: row.count(&["Oerrs"]),
            rx_bytes: row.count(&["Ibytes"]),
            tx_bytes: row.count(&["Obytes"]),
            ..Interface::default()
        });
    }
    if counters.is_none() {
        return Err(text.error(Fault::Missing("the header of netstat -i")));
    }
    bound(&mut list, "interfaces", &mut reading);
    reading.interfaces = Some(list);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_address_moves_no_counter() {
        let text = "Name  Mtu   Network     Address            Ipkts Ierrs    Opkts Oerrs  Coll\n\
                    en3   1500  link#2      a.c6.24.39.41.3     1001     2     3003     4     0\n\
                    en3   1500  10.1        10.1.2.3            1001     2     3003     4     0\n\
                    en4*  1500  link#3      a.c6.24.39.41.4 9x 0 0 0 0\n\
                    lo0   16896 link#1                            77     0       78     0     0\n";
        let reading = parse(&Text::of("aix netstat", text)).unwrap();
        let list = reading.interfaces.unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].rx_packets, list[0].tx_errors, list[0].rx_bytes), (Some(1001), Some(4), None));
        assert_eq!((list[1].name.as_deref(), list[1].tx_packets), (Some("lo0"), Some(78)));
        assert_eq!(reading.remarks.len(), 1);
    }
}
