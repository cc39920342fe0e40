//! `vim-cmd`: `vmsvc/getallvms` as a table whose annotations span lines, summaries as nested `name = value`.

use super::damage;
use crate::error::{Fault, ParseError};
use crate::reading::{Reading, VirtualMachine};
use crate::tool::row::fact;
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut lines = text.lines().filter(|line| !line.is_blank());
    let table = lines.clone().any(|line| line.words().next() == Some("Vmid"));
    if table {
        machines(text, &mut reading);
        return Ok(reading);
    }
    if text.all().contains("vim.vm.Summary") || text.all().contains("vim.host.Summary") {
        summary(text, &mut reading);
        return Ok(reading);
    }
    // `vmsvc/power.getstate`: the state stands alone.
    let state = lines.find(|line| matches!(line.text.trim(), "Powered on" | "Powered off" | "Suspended"));
    if let Some(state) = state {
        let vm = VirtualMachine { state: Some(state.text.trim().to_owned()), ..VirtualMachine::default() };
        reading.vms = Some(vec![vm]);
        return Ok(reading);
    }
    Err(text.error(Fault::Missing("a list of machines or a summary of vim-cmd")))
}

fn machines(text: &Text<'_>, reading: &mut Reading) {
    let mut list: Vec<VirtualMachine> = Vec::new();
    let mut header = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.words().next() == Some("Vmid") {
            header = true;
            // `File` lost its first letter, as names of machines did.
            if line.words().any(|word| damage::is(word, "File") && word != "File") {
                reading.remark(
                    line.number,
                    "capital letters D, A and F are lost in this text: names lack them as well",
                );
            }
        } else if header && let Some(vm) = machine(&line) {
            list.push(vm);
        }
        // Anything else goes on with the annotation above it.
    }
    bound(&mut list, "virtual machines", reading);
    reading.vms = Some(list);
}

/// `101    shop a   [datastore1] shop a/shop a.vmx   centos64Guest   vmx-08   annotation`
fn machine(line: &Line<'_>) -> Option<VirtualMachine> {
    let (id, rest) = line.text.trim().split_once(char::is_whitespace)?;
    text::count(id)?;
    // The path starts with its datastore; names may have brackets themselves, paths end in `.vmx`.
    let end = rest.find(".vmx")?;
    let start = rest[..end].rfind(" [")?;
    let name = rest[..start].trim();
    let mut words = rest[end + ".vmx".len()..].split_whitespace();
    let guest = words.next().filter(|guest| !guest.starts_with("vmx-"));
    (!name.is_empty()).then(|| VirtualMachine {
        id: Some(id.to_owned()),
        name: Some(name.to_owned()),
        guest: guest.map(str::to_owned),
        ..VirtualMachine::default()
    })
}

/// `Listsummary:` and an object of objects, of which the figures have names of their own.
fn summary(text: &Text<'_>, reading: &mut Reading) {
    let mut vm = VirtualMachine::default();
    let host = text.all().contains("vim.host.Summary");
    let mut section: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim().trim_end_matches(',');
        if trimmed.ends_with('{') {
            section.push(trimmed.split('=').next().unwrap_or_default().trim());
            continue;
        }
        if trimmed == "}" || trimmed == "}]" {
            section.pop();
            continue;
        }
        let Some((name, value)) = trimmed.split_once('=') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        if value == "<unset>" || value.is_empty() {
            continue;
        }
        let within = section.last().copied().unwrap_or_default();
        match (within, name.trim()) {
            (_, "memorySize") if host => reading.mem_total_bytes = text::count(value),
            (_, "numCpuThreads") if host => {
                reading.cpu_count = text::count(value);
            }
            (_, "overallMemoryUsage") if host => reading.mem_used_bytes = text::size(value, 1 << 20),
            ("quickStats", "uptime") if host => reading.uptime_seconds = text::count(value),
            ("hardware" | "product" | "config", name) if host => {
                if matches!(name, "vendor" | "model" | "cpuModel" | "fullName" | "name") {
                    fact(reading, name, value);
                }
            }
            (_, "vm") => vm.id = Some(value.trim_start_matches("vim.VirtualMachine:").to_owned()),
            ("runtime", "powerState") => vm.state = Some(value.to_owned()),
            ("config", "name") => vm.name = Some(value.to_owned()),
            ("config", "numCpu") => vm.vcpus = text::count(value),
            ("config", "memorySizeMB") => vm.mem_bytes = text::size(value, 1 << 20),
            ("config", "guestFullName") => vm.guest = Some(value.to_owned()),
            ("quickStats", "uptimeSeconds") => vm.uptime_seconds = text::count(value),
            ("quickStats", "overallCpuUsage") if !host => fact(reading, "overallCpuUsage MHz", value),
            ("quickStats", "guestMemoryUsage") if !host => fact(reading, "guestMemoryUsage MB", value),
            _ => {}
        }
    }
    if !section.is_empty() {
        reading.remark(1, "the summary does not end: the text is cut");
    }
    if !host {
        reading.vms = Some(vec![vm]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("esxi vim-cmd", text)).unwrap()
    }

    #[test]
    fn annotations_go_on_below() {
        let vms = read(
            "Vmid   Name    File    Guest OS    Version   Annotation\n\
             7      shop [old] a   [data 1] shop a/shop a.vmx   debian10_64Guest   vmx-14    first line\n\
             2012 was the year\nVM App：x\n\n\
             12     b       [data 1] b/b.vmx    winNetGuest   vmx-08\n",
        )
        .vms
        .unwrap();
        assert_eq!(
            (vms.len(), vms[0].name.as_deref(), vms[1].id.as_deref()),
            (2, Some("shop [old] a"), Some("12"))
        );
        assert_eq!(vms[0].guest.as_deref(), Some("debian10_64Guest"));
    }

    #[test]
    fn summary_of_a_machine() {
        let text = "Listsummary:\n\n(vim.vm.Summary) {\n   vm = 'vim.VirtualMachine:42',\n   runtime = (vim.vm.RuntimeInfo) {\n      \
                    powerState = \"poweredOn\",\n      maxCpuUsage = 4000\n   },\n   config = (vim.vm.Summary.ConfigSummary) {\n      \
                    name = \"shop\",\n      memorySizeMB = 2048,\n      numCpu = 2,\n      guestFullName = \"Debian\",\n   },\n   \
                    quickStats = (vim.vm.Summary.QuickStats) {\n      overallCpuUsage = 71,\n      uptimeSeconds = 3600\n   }\n}\n";
        let vms = read(text).vms.unwrap();
        assert_eq!((vms[0].id.as_deref(), vms[0].state.as_deref()), (Some("42"), Some("poweredOn")));
        assert_eq!(
            (vms[0].vcpus, vms[0].mem_bytes, vms[0].uptime_seconds),
            (Some(2), Some(2 << 30), Some(3600))
        );
    }
}
