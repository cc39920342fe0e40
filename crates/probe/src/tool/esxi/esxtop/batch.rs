//! Batch mode: some 20,000 counters a row, of which those of the host, its machines, disks and ports are taken.

use super::is_host_group;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Interface, Processor, Reading, VirtualMachine};
use crate::tool::pdh::{self, Counter};
use crate::tool::row::fact;
use crate::tool::table::listed;
use crate::tool::text::{self, Line, Text};
use std::collections::{HashMap, HashSet};

const MEBI: f64 = 1_048_576.0;

/// Lists in the making.
#[derive(Default)]
struct Host {
    places: HashMap<(u8, String), usize>,
    cpus: Vec<(Processor, Option<f64>)>,
    vms: Vec<VirtualMachine>,
    /// Virtual processors by the id of their group.
    vcpus: HashMap<String, HashSet<String>>,
    disks: Vec<Disk>,
    interfaces: Vec<Interface>,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let row = pdh::last_row(text, &mut reading)?;
    let mut host = Host::default();
    for (counter, value) in &row {
        let number = value.as_deref().and_then(text::number).filter(|number| *number >= 0.0);
        host.take(&mut reading, counter, number);
    }
    host.finish(&mut reading);
    Ok(reading)
}

/// `Free MBytes<TAB>4878`, as wrappers print the counters of one category.
pub(super) fn is_counter_line(line: &Line<'_>) -> bool {
    line.text
        .trim()
        .rsplit_once('\t')
        .is_some_and(|(name, value)| name.contains(' ') && text::number(value).is_some())
}

/// Counters a line. One name can stand for the host and for its console: the host comes first.
pub(super) fn lines(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut seen: HashSet<&str> = HashSet::new();
    for line in text.lines().filter(is_counter_line) {
        let Some((name, value)) = line.text.trim().rsplit_once('\t') else { continue };
        let name = name.trim();
        let Some(number) = text::number(value).filter(|number| *number >= 0.0) else { continue };
        if !seen.insert(name) {
            reading.remark(line.number, format!("{name} stands there again, left out"));
            continue;
        }
        if !memory(&mut reading, name, Some(number)) {
            fact(&mut reading, name, value);
        }
    }
    if seen.is_empty() { Err(text.error(Fault::Missing("a counter and its value"))) } else { Ok(reading) }
}

impl Host {
    fn take(&mut self, reading: &mut Reading, counter: &Counter, number: Option<f64>) {
        let instance = counter.instance.as_deref().unwrap_or_default();
        match counter.object.as_str() {
            "Physical Cpu Load" => load(reading, &counter.name, number),
            "Memory" => {
                memory(reading, &counter.name, number);
            }
            "Physical Cpu" => self.processor(reading, instance, &counter.name, number),
            "Group Cpu" => self.group(instance, |vm| match counter.name.as_str() {
                "% Used" => vm.cpu_pct = number,
                "% Ready" => vm.ready_pct = number,
                _ => {}
            }),
            "Group Memory" => self.group(instance, |vm| {
                if counter.name == "Memory Size MBytes" {
                    vm.mem_bytes = number.and_then(|mib| text::bytes(mib * MEBI));
                }
            }),
            // `gid:machine:world:vmx-vcpu-0:machine`
            "Vcpu" => {
                let group = instance.split(':').next().unwrap_or_default();
                if let Some(at) = instance.find("vmx-vcpu-") {
                    let vcpu = instance[at..].split(':').next().unwrap_or_default();
                    self.vcpus.entry(group.to_owned()).or_default().insert(vcpu.to_owned());
                }
            }
            "Network Port" => self.port(instance, &counter.name, number),
            object if object.starts_with("Physical Disk") || object == "Virtual Disk" => {
                self.disk(instance, &counter.name, number);
            }
            _ => {}
        }
    }

    fn processor(&mut self, reading: &mut Reading, instance: &str, name: &str, number: Option<f64>) {
        let share = number.filter(|share| *share <= 100.0);
        match (instance, name) {
            // Time that is not idle; what is used may pass 100 with a turbo.
            ("_Total", "% Util Time") => reading.cpu_idle_pct = share.map(|busy| 100.0 - busy),
            ("_Total", "% Processor Time") => {
                if let Some(used) = number {
                    fact(reading, "processors used percent", &used.to_string());
                }
            }
            ("_Total", _) | (_, "% Core Util Time") => {}
            (_, "% Util Time" | "% Processor Time") => {
                let place = *self.places.entry((0, instance.to_owned())).or_insert_with(|| {
                    self.cpus
                        .push((Processor { id: Some(instance.to_owned()), ..Processor::default() }, None));
                    self.cpus.len() - 1
                });
                if name == "% Util Time" {
                    self.cpus[place].0.busy = share;
                } else {
                    self.cpus[place].1 = number;
                }
            }
            _ => {}
        }
    }

    fn group(&mut self, instance: &str, set: impl FnOnce(&mut VirtualMachine)) {
        let Some((id, name)) = instance.split_once(':') else { return };
        if is_host_group(name) {
            return;
        }
        let place = *self.places.entry((1, id.to_owned())).or_insert_with(|| {
            self.vms.push(VirtualMachine {
                id: Some(id.to_owned()),
                name: Some(name.to_owned()),
                ..VirtualMachine::default()
            });
            self.vms.len() - 1
        });
        set(&mut self.vms[place]);
    }

    fn disk(&mut self, instance: &str, name: &str, number: Option<f64>) {
        let set: fn(&mut Disk, Option<f64>) = match name {
            "Reads/sec" => |disk, value| disk.reads_per_s = value,
            "Writes/sec" => |disk, value| disk.writes_per_s = value,
            "Commands/sec" => |disk, value| disk.transfers_per_s = value,
            "MBytes Read/sec" => |disk, value| disk.read_bytes_per_s = value.map(|mib| mib * MEBI),
            "MBytes Written/sec" => |disk, value| disk.write_bytes_per_s = value.map(|mib| mib * MEBI),
            _ => return,
        };
        let place = *self.places.entry((2, instance.to_owned())).or_insert_with(|| {
            self.disks.push(Disk { device: Some(instance.to_owned()), ..Disk::default() });
            self.disks.len() - 1
        });
        set(&mut self.disks[place], number);
    }

    fn port(&mut self, instance: &str, name: &str, number: Option<f64>) {
        let bytes = |megabits: f64| megabits * 125_000.0;
        let set: fn(&mut Interface, Option<f64>) = match name {
            "MBits Received/sec" => |interface, value| interface.rx_bytes_per_s = value,
            "MBits Transmitted/sec" => |interface, value| interface.tx_bytes_per_s = value,
            _ => return,
        };
        let place = *self.places.entry((3, instance.to_owned())).or_insert_with(|| {
            self.interfaces.push(Interface { name: Some(instance.to_owned()), ..Interface::default() });
            self.interfaces.len() - 1
        });
        set(&mut self.interfaces[place], number.map(bytes));
    }

    fn finish(mut self, reading: &mut Reading) {
        // Only machines have virtual processors, where those are among the columns.
        if !self.vcpus.is_empty() {
            self.vms.retain(|vm| vm.id.as_ref().is_some_and(|id| self.vcpus.contains_key(id)));
            for vm in &mut self.vms {
                let vcpus = vm.id.as_ref().and_then(|id| self.vcpus.get(id));
                vm.vcpus = vcpus.and_then(|vcpus| u64::try_from(vcpus.len()).ok());
            }
        }
        // What a processor used stands for its time only where that is not there.
        let busy = |(cpu, used): (Processor, Option<f64>)| Processor { busy: cpu.busy.or(used), ..cpu };
        let cpus: Vec<Processor> = self.cpus.into_iter().map(busy).collect();
        reading.cpus = listed(cpus, "processors", reading);
        reading.vms = listed(self.vms, "virtual machines", reading);
        reading.disks = listed(self.disks, "disks", reading);
        reading.interfaces = listed(self.interfaces, "ports", reading);
    }
}

fn load(reading: &mut Reading, name: &str, number: Option<f64>) {
    match name {
        "Cpu Load (1 Minute Avg)" => reading.load1 = number,
        "Cpu Load (5 Minute Avg)" => reading.load5 = number,
        "Cpu Load (15 Minute Avg)" => reading.load15 = number,
        _ => {}
    }
}

fn memory(reading: &mut Reading, name: &str, number: Option<f64>) -> bool {
    let field = match name {
        "Machine MBytes" => &mut reading.mem_total_bytes,
        "Free MBytes" => &mut reading.mem_free_bytes,
        "Swap Total MBytes" => &mut reading.swap_total_bytes,
        "Swap Free MBytes" => &mut reading.swap_free_bytes,
        "Swap Used MBytes" => &mut reading.swap_used_bytes,
        _ => return false,
    };
    *field = number.and_then(|mib| text::bytes(mib * MEBI));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(columns: &[(&str, &str)]) -> String {
        let names: Vec<String> =
            columns.iter().map(|(name, _)| format!("\"\\\\esx1.test\\{name}\"")).collect();
        let values: Vec<String> = columns.iter().map(|(_, value)| format!("\"{value}\"")).collect();
        let zeroes: Vec<&str> = columns.iter().map(|_| "\"0.00\"").collect();
        format!(
            "no termcap entry for a 'xterm-256color' terminal\"(PDH-CSV 4.0) (UTC)(0)\",{}\n\"01/02/2025 10:00:00\",{}\n\"01/02/2025 10:00:05\",{}\n\"01/02/2025 10:00",
            names.join(","),
            zeroes.join(","),
            values.join(",")
        )
    }

    #[test]
    fn columns_are_taken_by_their_paths() {
        let text = csv(&[
            ("Physical Cpu Load\\Cpu Load (1 Minute Avg)", "0.25"),
            ("Memory\\Machine MBytes", "4096"),
            ("Memory\\Free MBytes", "1024"),
            ("Physical Cpu(0)\\% Processor Time", "30.5"),
            ("Physical Cpu(0)\\% Util Time", "20.5"),
            ("Physical Cpu(_Total)\\% Util Time", "25.00"),
            ("Group Cpu(1:idle)\\% Used", "800.0"),
            ("Group Cpu(4711:shop (a):b)\\% Used", "150.0"),
            ("Group Cpu(4711:shop (a):b)\\% Ready", "2.5"),
            ("Group Memory(4711:shop (a):b)\\Memory Size MBytes", "2048"),
            ("Vcpu(4711:shop (a):b:4712:vmx-vcpu-0:shop (a):b)\\% Used", "70"),
            ("Vcpu(4711:shop (a):b:4713:vmx-vcpu-1:shop (a):b)\\% Used", "80"),
            ("Physical Disk Adapter(vmhba0)\\Reads/sec", "7"),
            ("Physical Disk Adapter(vmhba0)\\MBytes Read/sec", "0.5"),
            ("Network Port(vSwitch0:33554434:vmnic0)\\MBits Received/sec", "8"),
        ]);
        let reading = parse(&Text::of("esxi esxtop", &text)).unwrap();
        assert_eq!((reading.load1, reading.cpu_idle_pct), (Some(0.25), Some(75.0)));
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(4 << 30), Some(1 << 30)));
        assert_eq!(reading.cpus.unwrap()[0].busy, Some(20.5));
        let vms = reading.vms.unwrap();
        assert_eq!((vms.len(), vms[0].name.as_deref(), vms[0].vcpus), (1, Some("shop (a):b"), Some(2)));
        assert_eq!(
            (vms[0].cpu_pct, vms[0].ready_pct, vms[0].mem_bytes),
            (Some(150.0), Some(2.5), Some(2 << 30))
        );
        assert_eq!(reading.disks.unwrap()[0].read_bytes_per_s, Some(524_288.0));
        assert_eq!(reading.interfaces.unwrap()[0].rx_bytes_per_s, Some(1_000_000.0));
    }

    #[test]
    fn first_of_two_counters_of_one_name_is_the_host() {
        let text = "some --category='Memory'\n\nMachine MBytes\t2048\nFree MBytes\t1024\nFree MBytes\t7\nKernel State\t0\n";
        let reading = lines(&Text::of("esxi esxtop", text)).unwrap();
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(2 << 30), Some(1 << 30)));
        assert_eq!(reading.remarks.len(), 1);
    }
}
