//! `topas -L` and `topas -C`.
//!
//! ```text
//! Ent: 0.80                     Mode: Un-Capped           Online Logical CPUs:      8
//! %usr %sys %wait %idle physc %entc  %lbusy   app   vcsw phint
//! LCPU  minpf majpf  intr   csw  icsw runq   lpa  scalls usr sys _wt idl    pc  lcsw
//!
//! Host         OS  Mod Mem InU Lp  Us Sy Wa Id  PhysB  Vcsw  Ent  %EntC PhI
//! ------------------------------------shared-------------------------------
//! ```

use crate::reading::{Processor, Reading, VirtualMachine};
use crate::tool::row::{Head, Row, fact, share};
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};

/// What the rows below a header are.
enum Table<'a> {
    None,
    Host(Head<'a>),
    Processors(Head<'a>),
    Partitions(Head<'a>),
}

/// The last screen of either kind; `None` when there is none.
pub(super) fn parse(text: &Text<'_>) -> Option<Reading> {
    let mut reading = Reading::default();
    let mut table = Table::None;
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        let has = |names: &[&str]| names.iter().all(|name| words.contains(name));
        if has(&["%usr", "%idle"]) {
            table = Table::Host(Head::of(line.text));
        } else if has(&["LCPU", "idl"]) {
            (table, reading.cpus) = (Table::Processors(Head::of(line.text)), None);
        } else if has(&["Host", "OS", "Us", "Sy", "Id"]) {
            (table, reading.vms) = (Table::Partitions(Head::of(line.text)), None);
        } else if ["Logical Partition:", "Online Logical CPUs", "Psize:"]
            .iter()
            .any(|label| line.text.contains(label))
        {
            labels(&mut reading, line);
        } else {
            understood |= row(&mut reading, &table, &words, line.number);
        }
    }
    if let Some(vms) = &mut reading.vms {
        let mut list = std::mem::take(vms);
        bound(&mut list, "partitions", &mut reading);
        reading.vms = Some(list);
    }
    understood.then_some(reading)
}

/// `Ent: 1.50                     Mode: Un-Capped           Online Logical CPUs:     16`
fn labels(reading: &mut Reading, line: Line<'_>) {
    let value = |label: &str| line.text.split_once(label)?.1.split_whitespace().next();
    if let Some(host) = value("Logical Partition:") {
        fact(reading, "host", host);
    }
    reading.entitlement = value("Ent:").and_then(text::number).or(reading.entitlement);
    let memory = value("Online Memory:").and_then(|word| text::size(word, 1 << 20));
    reading.mem_total_bytes = memory.or(reading.mem_total_bytes);
    reading.lcpu = value("Online Logical CPUs:").and_then(text::count).or(reading.lcpu);
    reading.cpu_count = reading.lcpu;
}

fn row(reading: &mut Reading, table: &Table<'_>, words: &[&str], line: u32) -> bool {
    match table {
        Table::None => return false,
        Table::Host(head) => {
            if words.len() != head.len() || words.iter().any(|word| text::number(word).is_none()) {
                return false;
            }
            let row = Row::new(head, words.to_vec(), line);
            reading.cpu_user_pct = row.share(&["%usr"]);
            reading.cpu_sys_pct = row.share(&["%sys"]);
            reading.cpu_wait_pct = row.share(&["%wait"]);
            reading.cpu_idle_pct = row.share(&["%idle"]);
            reading.physc = row.number(&["physc"]);
            reading.entc_pct = row.percent(&["%entc"]);
            row.report(reading);
        }
        Table::Processors(head) => {
            let Some(id) = words.first().and_then(|name| name.strip_prefix("Cpu")) else { return false };
            if words.len() != head.len() || text::count(id).is_none() {
                reading.remark(line, "the row has not the columns of its header, left out");
                return false;
            }
            let row = Row::new(head, words.to_vec(), line);
            reading.cpus.get_or_insert_default().push(Processor {
                id: Some(id.to_owned()),
                user: row.share(&["usr"]),
                sys: row.share(&["sys"]),
                wait: row.share(&["_wt", "wt"]),
                idle: row.share(&["idl"]),
                ..Processor::default()
            });
        }
        Table::Partitions(head) => {
            // What is dedicated has no entitlement: its rows end early.
            let cell = |name: &str| words.get(head.place(name)?).copied();
            let (Some(idle), Some(_)) = (cell("Id").and_then(share), cell("Us").and_then(share)) else {
                return false;
            };
            reading.vms.get_or_insert_default().push(VirtualMachine {
                name: words.first().map(|name| (*name).to_owned()),
                guest: cell("OS").map(str::to_owned),
                cpu_pct: Some(100.0 - idle),
                // In GiB, as the head of the screen says.
                mem_bytes: cell("Mem").and_then(|mem| text::size(mem, 1 << 30)),
                ..VirtualMachine::default()
            });
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("aix topas", text)).unwrap()
    }

    #[test]
    fn one_partition_is_what_lparstat_says() {
        let reading = read(
            "Interval:   2        Logical Partition: shop1              Wed Jan  1 10:00:00 2025\n\
             Psize:    16.0                Shared SMT 4              Online Memory:       4096.0\n\
             Ent: 0.80                     Mode: Un-Capped           Online Logical CPUs:      8\n\
             Partition CPU Utilization                               Online Virtual CPUs:      2\n\
             %usr %sys %wait %idle physc %entc  %lbusy   app   vcsw phint   %hypv hcalls\n 3.5  2.0   0.5  94.0   0.12  15.0    1.2 12.34   1234     5     0.0      0\n\
             ==============================================================================\n\
             LCPU  minpf majpf  intr   csw  icsw runq   lpa  scalls usr sys _wt idl    pc  lcsw\n\
             Cpu0    100     0   200   300   100    1  100%    1000  10   5   1  84  0.05   100\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(3.5), Some(94.0)));
        assert_eq!(
            (reading.physc, reading.entc_pct, reading.entitlement),
            (Some(0.12), Some(15.0), Some(0.8))
        );
        assert_eq!((reading.lcpu, reading.mem_total_bytes), (Some(8), Some(4 << 30)));
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus[0].id.as_deref(), cpus[0].wait, cpus[0].idle), (Some("0"), Some(1.0), Some(84.0)));
    }

    #[test]
    fn partitions_of_a_machine_are_rows() {
        let vms = read(
            "Topas CEC Monitor               Interval:  10             Wed Jan  1 10:00:00 2025\n\
             Partitions Memory (GB)           Processors\n\
             Host         OS  Mod Mem InU Lp  Us Sy Wa Id  PhysB  Vcsw  Ent  %EntC PhI  pmem\n\
             -------------------------------------shared-------------------------------------\n\
             shop1        A72 U   16  12  16  12  3  0 85   0.31  1234  1.50  20.7   5     -\n\
             ------------------------------------dedicated-----------------------------------\n\
             shop2        A61 S  0.5 0.1   8   8  2  0 90   0.40     0\n",
        )
        .vms
        .unwrap();
        assert_eq!((vms.len(), vms[0].name.as_deref(), vms[0].cpu_pct), (2, Some("shop1"), Some(15.0)));
        assert_eq!((vms[0].mem_bytes, vms[1].mem_bytes), (Some(16 << 30), Some(512 << 20)));
    }
}
