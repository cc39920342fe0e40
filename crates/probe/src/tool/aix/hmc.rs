//! `lslparutil -r lpar` of a management console: one line a sample of a partition, the newest first; and `lssyscfg
//! -r lpar`: one line a partition.
//!
//! Without `-F` a line is `name=value` pairs; with `-F … --header` the first line names the columns. With `-F` alone
//! nothing names them: then only the form that starts `time,lpar_name,curr_proc_units,curr_procs,curr_sharing_mode` is
//! understood.

use crate::error::{Fault, ParseError};
use crate::reading::{Reading, VirtualMachine};
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};
use std::collections::HashMap;

const USUAL: &[&str] = &["time", "lpar_name", "curr_proc_units", "curr_procs", "curr_sharing_mode"];

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut columns: Option<Vec<&str>> = None;
    // Newest sample of each partition, in the order of the text.
    let mut newest: HashMap<String, usize> = HashMap::new();
    let mut rows: Vec<(String, Vec<(&str, &str)>)> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let cells: Vec<&str> = line.text.trim().split(',').map(|cell| cell.trim_matches('"')).collect();
        if cells.contains(&"lpar_name") || (cells.contains(&"name") && cells.contains(&"lpar_id")) {
            columns = Some(cells);
            continue;
        }
        let Some(pairs) = pairs(&line, &cells, columns.as_deref()) else {
            reading.remark(line.number, "the line has not the columns of lslparutil, left out");
            continue;
        };
        let get = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let Some(name) = get("lpar_name").or_else(|| get("name")).filter(|name| !name.is_empty()) else {
            continue;
        };
        let time = get("time").map(sortable).unwrap_or_default();
        match newest.get(name) {
            Some(&at) if rows[at].0 >= time => {}
            Some(&at) => rows[at] = (time, pairs),
            None => {
                newest.insert(name.to_owned(), rows.len());
                rows.push((time, pairs));
            }
        }
    }
    if rows.is_empty() {
        return Err(text.error(Fault::Missing("a partition's sample")));
    }
    let mut vms: Vec<VirtualMachine> = rows.iter().map(|(_, pairs)| partition(pairs)).collect();
    if let [(_, pairs)] = &rows[..] {
        let units = pairs.iter().find(|(name, _)| *name == "curr_proc_units").map(|(_, value)| *value);
        reading.entitlement = units.and_then(text::number);
    }
    bound(&mut vms, "partitions", &mut reading);
    reading.vms = Some(vms);
    Ok(reading)
}

fn pairs<'a>(
    line: &Line<'a>,
    cells: &[&'a str],
    columns: Option<&[&'a str]>,
) -> Option<Vec<(&'a str, &'a str)>> {
    if let Some(columns) = columns {
        return (columns.len() == cells.len())
            .then(|| columns.iter().copied().zip(cells.iter().copied()).collect());
    }
    if line.text.contains("lpar_name=") || line.text.trim_start().starts_with("name=") {
        return Some(cells.iter().filter_map(|cell| cell.split_once('=')).collect());
    }
    // `-F lpar_id,name`.
    if let [id, name] = cells
        && text::count(id).is_some()
    {
        return Some(vec![("lpar_id", *id), ("lpar_name", *name)]);
    }
    let [time, _, units, procs, sharing, ..] = cells else { return None };
    let usual = time.contains('/')
        && text::number(units).is_some()
        && text::count(procs).is_some()
        && sharing.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    usual.then_some(())?;
    let mut pairs: Vec<(&str, &str)> = USUAL.iter().copied().zip(cells.iter().copied()).collect();
    // The memory follows its mode, wherever that is.
    let mode = cells.iter().skip(USUAL.len()).position(|cell| matches!(*cell, "ded" | "shared"));
    let memory = mode.and_then(|at| cells.get(USUAL.len() + at + 1));
    pairs.extend(memory.map(|memory| ("curr_mem", *memory)));
    Some(pairs)
}

fn partition(pairs: &[(&str, &str)]) -> VirtualMachine {
    let get = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    VirtualMachine {
        id: get("lpar_id").map(str::to_owned),
        name: get("lpar_name").or_else(|| get("name")).map(str::to_owned),
        state: get("state").map(str::to_owned),
        vcpus: get("curr_procs").and_then(text::count),
        // The console counts memory in MiB.
        mem_bytes: get("curr_mem").and_then(|mem| text::size(mem, 1 << 20)),
        ..VirtualMachine::default()
    }
}

/// `MM/DD/YYYY hh:mm:ss` as text that sorts by time.
fn sortable(time: &str) -> String {
    match (time.get(6..10), time.get(..5), time.get(10..)) {
        (Some(year), Some(day), Some(clock)) => format!("{year}/{day}{clock}"),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_sample_of_each_partition_counts() {
        let text = "01/01/2025 00:00:10,shop,0.8,2,uncap,10,20,30,0,ded,4096,4096\n\
                    12/31/2024 23:59:40,shop,0.5,1,uncap,10,20,30,0,ded,2048,2048\nshort,line\n";
        let reading = parse(&Text::of("aix hmc", text)).unwrap();
        assert_eq!(reading.entitlement, Some(0.8));
        let vms = reading.vms.unwrap();
        assert_eq!((vms.len(), vms[0].vcpus, vms[0].mem_bytes), (1, Some(2), Some(4 << 30)));
    }

    #[test]
    fn pairs_and_headers_name_the_columns() {
        let text = "time=01/01/2025 00:00:10,event_type=sample,lpar_name=a,lpar_id=3,curr_procs=4,curr_mem=1024\n\
                    time=01/01/2025 00:00:10,lpar_name=b,curr_procs=1,curr_mem=512\n";
        let vms = parse(&Text::of("aix hmc", text)).unwrap().vms.unwrap();
        assert_eq!((vms.len(), vms[0].mem_bytes, vms[0].id.as_deref()), (2, Some(1 << 30), Some("3")));
        let text =
            "name=shop,lpar_id=1,lpar_env=aixlinux,state=Running\nname=old,lpar_id=7,state=Not Activated\n";
        let vms = parse(&Text::of("aix hmc", text)).unwrap().vms.unwrap();
        assert_eq!((vms[0].name.as_deref(), vms[1].state.as_deref()), (Some("shop"), Some("Not Activated")));
        let vms = parse(&Text::of("aix hmc", "1,shop\n2,old\n")).unwrap().vms.unwrap();
        assert_eq!((vms[1].id.as_deref(), vms[1].name.as_deref()), (Some("2"), Some("old")));
        let text = "time,lpar_name,curr_mem\n01/01/2025 00:00:10,a,256\n";
        let vms = parse(&Text::of("aix hmc", text)).unwrap().vms.unwrap();
        assert_eq!(vms[0].mem_bytes, Some(256 << 20));
    }
}
