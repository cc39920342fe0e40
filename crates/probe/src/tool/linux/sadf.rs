//! `sadf`: the figures of sar as JSON (`-j`), as a table with semicolons (`-d`), and one a line (`-p`).
//!
//! ```text
//! # hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle
//! vm 600 2026-11-28 19:10:01 UTC all %user 2.15        (parted by tabs)
//! ```

use super::super::json::{self, float, list, string, whole};
use super::super::text::{Text, number};
use super::sysstat::{Figures, Item};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use serde_json::Value;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if json::is(text) { parse_json(text) } else { lines(text) }
}

/// JSON of `sadf -j` and of `mpstat -o JSON`: the last of its statistics.
pub(super) fn parse_json(text: &Text<'_>) -> Result<Reading, ParseError> {
    let value = json::parse(text)?;
    let host = value.get("sysstat").and_then(|sysstat| list(sysstat, "hosts").last());
    let host = host.ok_or(text.error(Fault::Missing("sysstat.hosts")))?;
    let mut figures = Figures::default();
    figures.reading().cpu_count = whole(host, "number-of-cpus");
    let statistics = list(host, "statistics").last();
    let statistics = statistics.ok_or(text.error(Fault::Missing("statistics")))?;
    for section in ["cpu-load", "cpu-load-all"] {
        for cpu in list(statistics, section) {
            items(&mut figures, Item::Processor, string(cpu, "cpu"), cpu, |name| format!("%{name}"));
        }
    }
    for interrupts in list(statistics, "sum-interrupts") {
        if string(interrupts, "cpu").as_deref() == Some("all") {
            figures.reading().interrupts_per_s = float(interrupts, "intr");
        }
    }
    for interrupt in list(statistics, "interrupts") {
        if string(interrupt, "intr").as_deref() == Some("sum") {
            figures.reading().interrupts_per_s =
                float(interrupt, "value").or_else(|| float(interrupt, "all"));
        }
    }
    let host_sections =
        [("process-and-context-switch", ""), ("memory", "kb"), ("queue", ""), ("swap-pages", "")];
    for (section, prefix) in host_sections {
        let Some(section) = statistics.get(section) else { continue };
        items(&mut figures, Item::Host, None, section, |name| match name {
            "cswch" => "cswch/s".to_owned(),
            // `kbmemfree` is `memfree` here; the names of older versions have no other unit either.
            _ if prefix.is_empty() || name.starts_with(prefix) => name.to_owned(),
            _ => format!("{prefix}{name}"),
        });
    }
    for disk in list(statistics, "disk") {
        items(
            &mut figures,
            Item::Disk,
            string(disk, "disk-device").or_else(|| string(disk, "dev")),
            disk,
            str::to_owned,
        );
    }
    for filesystem in list(statistics, "filesystems") {
        let (kind, name) = match string(filesystem, "mountpoint") {
            Some(name) => (Item::Mount, Some(name)),
            None => (Item::Filesystem, string(filesystem, "filesystem")),
        };
        items(&mut figures, kind, name, filesystem, ToOwned::to_owned);
    }
    let interfaces = statistics.get("network").map_or(&[][..], |network| list(network, "net-dev"));
    for interface in interfaces {
        items(&mut figures, Item::Interface, string(interface, "iface"), interface, str::to_owned);
    }
    Ok(figures.finish())
}

/// Takes the members of an object as figures of one item.
fn items(
    figures: &mut Figures,
    kind: Item,
    item: Option<String>,
    members: &Value,
    name: impl Fn(&str) -> String,
) {
    let item = item.unwrap_or_else(|| "-".to_owned());
    if item == "-" && kind != Item::Host {
        return;
    }
    for (member, value) in members.as_object().into_iter().flatten() {
        if let Some(value) = value.as_f64() {
            figures.set("", kind, &item, &name(member), value);
        }
    }
}

/// `-d` and `-p`.
fn lines(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut figures = Figures::default();
    let mut header: Option<Vec<&str>> = None;
    let mut rows = 0_u32;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.contains("RESTART") {
            figures.restart();
            continue;
        }
        if let Some(names) = line.text.strip_prefix('#') {
            header = Some(names.trim().split(';').collect());
            continue;
        }
        let cells: Vec<&str> = line.text.split('\t').collect();
        if let [_, interval, time, item, figure, value] = cells.as_slice() {
            let kind = Item::of_figure(item, figure);
            match number(value.trim()) {
                Some(value) if *interval != "-1" => {
                    rows += 1;
                    figures.set(time, kind, item, figure, value);
                }
                _ => figures.reading().remark(line.number, "a figure is cut or garbled"),
            }
            continue;
        }
        let cells: Vec<&str> = line.text.split(';').collect();
        match &header {
            Some(names) if cells.len() == names.len() => {
                rows += 1;
                table_row(names, &cells, &mut figures);
            }
            // `-h`: the columns of one table, once for each of its items.
            Some(names) if repeats(names, cells.len()) => {
                rows += 1;
                let (head, items) = cells.split_at(3);
                for item in items.chunks(names.len() - 3) {
                    table_row(names, &[head, item].concat(), &mut figures);
                }
            }
            // Interrupts of all processors, then of each, whose columns have no names.
            Some(names) if names.iter().any(|name| name.ends_with('*')) => {
                if let [_, _, time, "sum", all, ..] = cells.as_slice()
                    && let Some(all) = number(all)
                {
                    figures.set(time, Item::Interrupt, "sum", "all", all);
                }
            }
            _ => figures.reading().remark(line.number, "a row is cut or is none"),
        }
    }
    if rows == 0 {
        return Err(text.error(Fault::Missing("a figure")));
    }
    Ok(figures.finish())
}

/// Whether so many cells are those of a header whose columns are repeated.
fn repeats(names: &[&str], n_cells: usize) -> bool {
    let once = names.len().saturating_sub(3);
    let marked = names.iter().filter(|name| name.ends_with("[...]")).count();
    marked == 1
        && names.last().is_some_and(|name| name.ends_with("[...]"))
        && n_cells > 3
        && (n_cells - 3).is_multiple_of(once)
}

/// A row with semicolons. One with everything (`-h`) repeats the columns of its items.
fn table_row(names: &[&str], cells: &[&str], figures: &mut Figures) {
    let time = names
        .iter()
        .position(|name| *name == "timestamp")
        .and_then(|at| cells.get(at))
        .copied()
        .unwrap_or("");
    let (mut kind, mut item) = (Item::Host, "-");
    for (name, cell) in names.iter().zip(cells).skip(3) {
        let name = name.trim_matches(['[', ']', '.']);
        match Item::of(name) {
            Some(found) => (kind, item) = (found, cell),
            None => {
                if let Some(value) = number(cell) {
                    figures.set(time, kind, item, name, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("sadf", text)).unwrap()
    }

    #[test]
    fn tables_with_semicolons_are_understood() {
        let reading = read(
            "# hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle\nvm;600;2026-11-28 19:10:01 UTC;-1;1.00;2.00;3.00;4.00;5.00;85.00\nvm;600;2026-11-28 19:10:01 UTC;0;1.50;2.00;3.00;4.00;5.00;84.50\n# hostname;interval;timestamp;kbmemfree;kbavail;kbmemused\nvm;600;2026-11-28 19:10:01 UTC;1000;2000;3000\nvm;600;2026-11-28 19:20:01 UTC;1001;2001;30",
        );
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(1.0), Some(85.0)));
        assert_eq!(reading.cpus.unwrap()[0].user, Some(1.5));
        assert_eq!(reading.mem_free_bytes, Some(1_025_024));
    }

    #[test]
    fn figures_may_have_lines_of_their_own() {
        let reading = read(
            "vm\t600\t2026-11-28 19:10:01 UTC\tall\t%user\t2.15\nvm\t600\t2026-11-28 19:10:01 UTC\tcpu1\t%user\t3.15\nvm\t600\t2026-11-28 19:10:01 UTC\t-\tldavg-1\t0.50\nvm\t600\t2026-11-28 19:10:01 UTC\tvda\ttps\t7.50\nvm\t600\t2026-11-28 19:10:01 UTC\teth0\trxkB/s\t2.00\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.load1), (Some(2.15), Some(0.5)));
        assert_eq!(reading.cpus.unwrap()[0].id.as_deref(), Some("1"));
        assert_eq!(reading.disks.unwrap()[0].transfers_per_s, Some(7.5));
        assert_eq!(reading.interfaces.unwrap()[0].rx_bytes_per_s, Some(2048.0));
    }

    #[test]
    fn json_has_the_last_statistics() {
        let reading = read(
            r#"{"sysstat": {"hosts": [{"number-of-cpus": 2, "statistics": [{"queue": {"ldavg-1": 9}}, {
            "cpu-load": [{"cpu": "all", "user": 1.5, "nice": 0, "system": 2.5, "iowait": 0, "steal": 0, "idle": 96.0}],
            "process-and-context-switch": {"proc": 3.5, "cswch": 684.5},
            "memory": {"memfree": 1000, "memused": 3000, "swpfree": 500, "swpused": 1},
            "disk": [{"disk-device": "vda", "tps": 1.5, "rkB": 2, "wkB": 4, "util-percent": 0.5}],
            "network": {"net-dev": [{"iface": "eth0", "rxkB": 1, "txkB": 2}]}}]}]}}"#,
        );
        assert_eq!((reading.cpu_count, reading.cpu_sys_pct, reading.load1), (Some(2), Some(2.5), None));
        assert_eq!((reading.context_switches_per_s, reading.mem_used_bytes), (Some(684.5), Some(3_072_000)));
        assert_eq!((reading.swap_free_bytes, reading.swap_used_bytes), (Some(512_000), Some(1024)));
        assert_eq!(reading.disks.unwrap()[0].write_bytes_per_s, Some(4096.0));
        assert_eq!(reading.interfaces.unwrap()[0].tx_bytes_per_s, Some(2048.0));
        assert!(parse(&Text::of("sadf", "{\"sysstat\": {\n\"hosts\"")).is_err());
    }

    #[test]
    fn columns_may_be_repeated_for_each_item() {
        let reading = parse(&Text::of(
            "sadf",
            "# hostname;interval;timestamp;CPU;%user;%idle[...]\nvm;600;2026-08-01 00:10:01 UTC;-1;1.00;99.00;0;1.50;98.50;1;0.50;99.50\n",
        ))
        .unwrap();
        assert_eq!((reading.cpu_user_pct, reading.cpus.unwrap()[1].idle), (Some(1.0), Some(99.5)));
    }
}
