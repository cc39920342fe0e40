//! `Get-VM`: a table, a list or JSON. A table's megabytes are in its header; elsewhere memory is in bytes.

use crate::error::{Fault, ParseError};
use crate::reading::{Reading, VirtualMachine};
use crate::tool::record::{self, Record};
use crate::tool::span;
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let records = record::read(text, &mut reading)?;
    let mut list: Vec<VirtualMachine> = Vec::new();
    for record in &records {
        let machine = machine(record, &mut reading);
        if machine.name.is_some() {
            list.push(machine);
        }
    }
    if list.is_empty() {
        return Err(text.error(Fault::Missing("a virtual machine with its name")));
    }
    bound(&mut list, "virtual machines", &mut reading);
    reading.vms = Some(list);
    Ok(reading)
}

fn machine(record: &Record, reading: &mut Reading) -> VirtualMachine {
    let name =
        record.text("name").or(record.text("vmname")).or(record.text("elementname")).map(str::to_owned);
    let cpu_pct = record.number("cpuusage(%)").or(record.number("cpuusage"));
    let named = name.clone().unwrap_or_default();
    if cpu_pct.is_none() && (record.has("cpuusage") || record.has("cpuusage(%)")) {
        reading.remark(1, format!("{named}: the use of processors is no number, left out"));
    }
    let mebibytes = record.bytes("memoryassigned(m)", 1 << 20);
    let up = ["uptime.totalseconds", "up", "uptime"].iter().find_map(|name| {
        let value = record.text(name)?;
        span::timespan(value).or_else(|| text::bytes(text::number(value)?.floor()))
    });
    VirtualMachine {
        id: record.text("id").or(record.text("vmid")).map(str::to_owned),
        state: record.text("state").map(|state| state_name(state).to_owned()),
        vcpus: record.count("processorcount"),
        cpu_pct,
        mem_bytes: mebibytes.or(record.count("memoryassigned")),
        uptime_seconds: up,
        name,
        ..VirtualMachine::default()
    }
}

/// The name of a state that JSON has as a number (Microsoft.HyperV.PowerShell.VMState).
fn state_name(state: &str) -> &str {
    match state {
        "2" => "Running",
        "3" => "Off",
        "4" => "Stopping",
        "6" => "Saved",
        "9" => "Paused",
        "10" => "Starting",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<VirtualMachine> {
        parse(&Text::of("windows get-vm", text)).unwrap().vms.unwrap()
    }

    #[test]
    fn cells_stand_below_their_names() {
        let list = read(
            "\r\nName              State   CPUUsage(%) MemoryAssigned(M) Uptime              Status             Version\r\n\
             ----              -----   ----------- ----------------- ------              ------             -------\r\n\
             Shop (new) server Running 12          2048              1.02:03:04.5840000  Operating normally 9.0    \r\n\
             b                 Off     0           0                 00:00:00            Oper...            9.0    \r\n",
        );
        assert_eq!(
            (list[0].name.as_deref(), list[0].state.as_deref()),
            (Some("Shop (new) server"), Some("Running"))
        );
        assert_eq!((list[0].cpu_pct, list[0].mem_bytes), (Some(12.0), Some(2 << 30)));
        assert_eq!((list[0].uptime_seconds, list[1].mem_bytes), (Some(93_784), Some(0)));
    }

    #[test]
    fn json_has_numbers_for_states() {
        let list = read(
            "[{\"Name\":\"a\",\"State\":2,\"CPUUsage\":3,\"MemoryAssigned\":4096,\"Uptime\":{\"Ticks\":1,\"TotalSeconds\":61.9}},{\"Name\":\"b\",\"State\":3,\"Up\":0.0}]",
        );
        assert_eq!((list[0].state.as_deref(), list[0].uptime_seconds), (Some("Running"), Some(61)));
        assert_eq!((list[1].state.as_deref(), list[1].uptime_seconds), (Some("Off"), Some(0)));
        let list = read(
            "Name           : a\nState          : Running\nCPUUsage       : 7\nMemoryAssigned : 1073741824\nUptime         : 00:42:38.5840000\n",
        );
        assert_eq!((list[0].mem_bytes, list[0].uptime_seconds), (Some(1 << 30), Some(2558)));
    }
}
