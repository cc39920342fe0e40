//! `dladm show-link`: links, with their counters by `-s`; and `dlstat`, which rounds them: `12.34M`.

use crate::error::{Fault, ParseError};
use crate::reading::{Interface, Reading};
use crate::tool::row::{Head, Row};
use crate::tool::table::bound;
use crate::tool::text::Text;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut list: Vec<Interface> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.words().next() == Some("LINK") {
            head = Some(Head::of(line.text));
            list.clear();
            continue;
        }
        let Some(head) = &head else { continue };
        let cells: Vec<&str> = line.words().collect();
        let counters = head.has(&["RBYTES"]);
        // Columns at the end of a list without counters may be blank.
        if counters && cells.len() != head.len() {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        }
        let row = Row::new(head, cells, line.number);
        let count = |names: &[&str]| row.rounded(names);
        list.push(Interface {
            name: row.text(&["LINK"]).map(str::to_owned),
            rx_packets: count(&["IPACKETS", "IPKTS"]),
            rx_bytes: count(&["RBYTES"]),
            rx_errors: count(&["IERRORS"]),
            tx_packets: count(&["OPACKETS", "OPKTS"]),
            tx_bytes: count(&["OBYTES"]),
            tx_errors: count(&["OERRORS"]),
            ..Interface::default()
        });
        row.report(&mut reading);
    }
    if head.is_none() {
        return Err(text.error(Fault::Missing("the header of dladm show-link")));
    }
    bound(&mut list, "links", &mut reading);
    reading.interfaces = Some(list);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_go_by_name() {
        let text = "# dladm show-link -s\nLINK   IPACKETS   RBYTES  IERRORS  OPACKETS  OBYTES  OERRORS\n\
                    net7   10         2000    1        30        4000    2\nnet8   10\n";
        let reading = parse(&Text::of("solaris dladm", text)).unwrap();
        let list = reading.interfaces.unwrap();
        assert_eq!((list.len(), list[0].rx_bytes, list[0].tx_packets), (1, Some(2000), Some(30)));
        assert_eq!((list[0].rx_errors, list[0].tx_errors, reading.remarks.len()), (Some(1), Some(2), 1));
    }

    #[test]
    fn counters_may_be_rounded() {
        let text = "LINK                 IPKTS   RBYTES    OPKTS   OBYTES\nnet0               123.45K   12.34M       65    9.87K\n";
        let links = parse(&Text::of("dladm", text)).unwrap().interfaces.unwrap();
        assert_eq!((links[0].rx_packets, links[0].rx_bytes), (Some(123_450), Some(12_340_000)));
        assert_eq!((links[0].tx_packets, links[0].tx_bytes), (Some(65), Some(9870)));
    }
}
