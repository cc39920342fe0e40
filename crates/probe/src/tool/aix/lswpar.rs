//! `lswpar`: workload partitions, as a table, with `-c` as fields between colons, or with `-L` as one stanza each.

use crate::error::{Fault, ParseError};
use crate::reading::{Reading, Zone};
use crate::tool::row::{Head, Row};
use crate::tool::table::bound;
use crate::tool::text::Text;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut list: Vec<Zone> = Vec::new();
    let mut head: Option<Head<'_>> = None;
    // Whether the line before was a rule of `=`, which frames a partition's name.
    let mut framed = false;
    let mut understood = false;
    // The columns of `-c`, whose names begin with a hash.
    let mut colons: Option<Head<'_>> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim();
        let is_frame = trimmed.len() > 3 && trimmed.bytes().all(|byte| byte == b'=');
        if is_frame {
            framed = !framed;
            continue;
        }
        if std::mem::take(&mut framed) {
            // The closing rule does not open another one.
            framed = true;
            if let Some((name, state)) = trimmed.rsplit_once(" - ") {
                understood = true;
                head = None;
                list.push(Zone {
                    name: Some(name.trim().to_owned()),
                    state: Some(state.trim().to_owned()),
                    ..Zone::default()
                });
            }
            continue;
        }
        if let Some(names) = trimmed.strip_prefix('#').filter(|names| names.contains(':')) {
            colons = Some(Head::named(names.split(':').map(str::trim).collect()));
            understood |= colons.as_ref().is_some_and(|head| head.has(&["name", "state"]));
        } else if let Some(head) = &colons {
            let cells: Vec<&str> = trimmed.split(':').collect();
            if cells.len() == head.len() {
                list.push(zone(&Row::new(head, cells, line.number)));
            } else {
                reading.remark(line.number, "the row has not the columns of its header, left out");
            }
        } else if list.is_empty() && line.words().next() == Some("Name") && trimmed.contains("State") {
            head = Some(Head::of(line.text));
            understood = true;
        } else if let Some(head) = &head {
            if trimmed.starts_with("---") {
                continue;
            }
            let row = head.row(&line).or_else(|| {
                // Columns at the end may be blank.
                (line.words().count() >= 3).then(|| Row::new(head, line.words().collect(), line.number))
            });
            let Some(row) = row else {
                reading.remark(line.number, "the row has not the columns of its header, left out");
                continue;
            };
            list.push(zone(&row));
        } else if let (Some(zone), Some((name, value))) = (list.last_mut(), trimmed.split_once(':')) {
            let value = value.trim();
            let value = (!value.is_empty()).then(|| value.to_owned());
            match name {
                "Type" if zone.brand.is_none() => zone.brand = value,
                "Directory" if zone.path.is_none() => zone.path = value,
                _ => {}
            }
        }
    }
    if !understood {
        return Err(text.error(Fault::Missing("a workload partition")));
    }
    bound(&mut list, "workload partitions", &mut reading);
    reading.zones = Some(list);
    Ok(reading)
}

/// A partition of a row, whichever way it is parted.
fn zone(row: &Row<'_, '_, '_>) -> Zone {
    let text = |name: &str| row.text(&[name]).map(str::to_owned);
    Zone {
        name: text("Name"),
        state: text("State"),
        brand: text("Type"),
        path: text("Directory"),
        ..Zone::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_have_a_frame_of_their_name() {
        let text = "======\nshop-a - Active\n======\nGENERAL\nType:      S\nDirectory:   /wpars/shop-a\n\
                    NETWORK\nType    Destination\n=====\nshop-b - Defined\n=====\nType:  A\n";
        let zones = parse(&Text::of("aix lswpar", text)).unwrap().zones.unwrap();
        assert_eq!(zones.len(), 2);
        assert_eq!(
            (zones[0].name.as_deref(), zones[0].path.as_deref()),
            (Some("shop-a"), Some("/wpars/shop-a"))
        );
        assert_eq!((zones[1].state.as_deref(), zones[1].brand.as_deref()), (Some("Defined"), Some("A")));
    }

    #[test]
    fn fields_between_colons_go_by_their_header() {
        let text = "#name:state:type:hostname:directory:rootvgwpar\nshop:A:S:shop:/wpars/shop:no\n";
        let zones = parse(&Text::of("aix lswpar", text)).unwrap().zones.unwrap();
        assert_eq!((zones[0].name.as_deref(), zones[0].path.as_deref()), (Some("shop"), Some("/wpars/shop")));
        assert_eq!((zones[0].state.as_deref(), zones[0].brand.as_deref()), (Some("A"), Some("S")));
    }

    #[test]
    fn table_goes_by_its_header() {
        let text = "Name  State  Type  Hostname  Directory      RootVG WPAR\n\
                    -----------------------------------------------\nshop  A      S     shop      /wpars/shop    no\n";
        let zones = parse(&Text::of("aix lswpar", text)).unwrap().zones.unwrap();
        assert_eq!((zones[0].state.as_deref(), zones[0].path.as_deref()), (Some("A"), Some("/wpars/shop")));
    }
}
