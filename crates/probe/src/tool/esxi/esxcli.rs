//! `esxcli`: machines, filesystems, network cards, hardware, as lists, tables, CSV, JSON or XML.

mod xml;

use super::damage;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, FilesystemReading, Interface, Reading, VirtualMachine};
use crate::tool::record::{self, Record};
use crate::tool::row::fact;
use crate::tool::ruled::Ruled;
use crate::tool::table::listed;
use crate::tool::text::{self, Text};

/// Labels that are known again when letters of theirs are lost.
const LABELS: &[&str] = &[
    "World ID",
    "Process ID",
    "VMX Cartel ID",
    "UUID",
    "Display Name",
    "Config File",
    "Mount Point",
    "Admin Status",
    "Driver",
    "Link Status",
    "Duplex",
    "MAC Address",
    "CPU Packages",
    "Devfs Path",
];

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let first = text.lines().find(|line| !line.is_blank());
    let start = first.map(|line| line.text.trim()).unwrap_or_default();
    let mut lines = text.lines().zip(text.lines().skip(1));
    // `system stats uptime get` is a number of microseconds and nothing else.
    if let Some(microseconds) = text::count(text.all().trim()) {
        reading.uptime_seconds = Some(microseconds / 1_000_000);
        return Ok(reading);
    }
    let records = if text.all().contains("<structure") {
        xml::records(text.all())
    } else if start.starts_with(['{', '[']) {
        record::json(text, &mut reading)?
    } else if start.contains(',') && !start.contains(':') {
        record::rows(text, &mut reading)
    } else if lines.any(|(head, rule)| Ruled::of(head.text, rule.text).is_some()) {
        record::tables(text)
    } else {
        lists(text, &mut reading)
    };
    let mut found = Found::default();
    let mut understood = false;
    for record in records {
        understood |= found.take(&mut reading, &record.without_blanks());
    }
    found.finish(&mut reading);
    if understood { Ok(reading) } else { Err(text.error(Fault::Malformed("a list that is known of esxcli"))) }
}

/// Names that are not indented, and below each its properties that are.
fn lists(text: &Text<'_>, reading: &mut Reading) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut damaged = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim();
        if !line.text.starts_with([' ', '\t']) {
            if records.len() >= record::MOST_RECORDS {
                reading.remark(line.number, "too many objects: the rest is left out");
                break;
            }
            let mut record = Record::default();
            record.set("#name", trimmed.trim_end_matches(':'));
            records.push(record);
            continue;
        }
        let Some((label, value)) = trimmed.split_once(':') else { continue };
        let label = match damage::known(label.trim(), LABELS) {
            Some((known, lost)) => {
                if lost {
                    damaged = damaged.or(Some(line.number));
                }
                known
            }
            None => label.trim(),
        };
        if records.is_empty() {
            records.push(Record::default());
        }
        if let Some(record) = records.last_mut() {
            record.set(label, value);
        }
    }
    if let Some(line) = damaged {
        reading.remark(line, "capital letters D, A and F are lost in this text: names lack them as well");
    }
    records
}

#[derive(Default)]
struct Found {
    vms: Vec<VirtualMachine>,
    filesystems: Vec<FilesystemReading>,
    interfaces: Vec<Interface>,
    disks: Vec<Disk>,
}

impl Found {
    fn take(&mut self, reading: &mut Reading, record: &Record) -> bool {
        let owned = |name: &str| record.text(name).map(str::to_owned);
        if record.has("worldid") || record.has("vmxcartelid") {
            self.vms.push(VirtualMachine {
                id: owned("worldid"),
                name: owned("displayname").or(owned("#name")),
                ..VirtualMachine::default()
            });
        } else if record.has("mountpoint") {
            self.filesystems.push(FilesystemReading {
                mount: owned("mountpoint"),
                device: owned("volumename").or(owned("uuid")),
                total_bytes: record.count("size"),
                available_bytes: record.count("free"),
                ..FilesystemReading::default()
            });
        } else if record.has("packetsreceived") || record.has("bytesreceived") {
            let name = owned("nicname")
                .or(owned("#name").map(|name| name.trim_start_matches("NIC statistics for ").to_owned()));
            self.interfaces.push(Interface {
                name,
                rx_bytes: record.count("bytesreceived"),
                tx_bytes: record.count("bytessent"),
                rx_packets: record.count("packetsreceived"),
                tx_packets: record.count("packetssent"),
                rx_errors: record.count("totalreceiveerrors"),
                tx_errors: record.count("totaltransmiterrors"),
                rx_dropped: record.count("receivepacketsdropped"),
                tx_dropped: record.count("transmitpacketsdropped"),
                ..Interface::default()
            });
        } else if record.has("macaddress") && record.has("mtu") {
            self.interfaces
                .push(Interface { name: owned("name").or(owned("#name")), ..Interface::default() });
        } else if record.has("devfspath") {
            self.disks.push(Disk { device: owned("device").or(owned("#name")), ..Disk::default() });
        } else if record.has("load1minute") {
            reading.load1 = record.number("load1minute");
            reading.load5 = record.number("load5minutes");
            reading.load15 = record.number("load15minutes");
        } else {
            return hardware(reading, record);
        }
        true
    }

    fn finish(self, reading: &mut Reading) {
        reading.vms = listed(self.vms, "virtual machines", reading);
        reading.filesystems = listed(self.filesystems, "filesystems", reading);
        reading.interfaces = listed(self.interfaces, "interfaces", reading);
        reading.disks = listed(self.disks, "disks", reading);
    }
}

/// What is no figure.
const FACTS: &[&str] = &[
    "product",
    "version",
    "build",
    "update",
    "productname",
    "vendorname",
    "serialnumber",
    "hostname",
    "fullyqualifieddomainname",
    "cpupackages",
    "cpucores",
    "numanodecount",
];

fn hardware(reading: &mut Reading, record: &Record) -> bool {
    let mut understood = false;
    if let Some(memory) = record.text("physicalmemory") {
        let digits = memory.split_whitespace().next().unwrap_or_default();
        reading.mem_total_bytes = text::count(digits);
        understood = true;
    }
    if record.has("cputhreads") {
        reading.cpu_count = record.count("cputhreads");
        understood = true;
    }
    for name in FACTS {
        if let Some(value) = record.text(name) {
            fact(reading, name, value);
            understood = true;
        }
    }
    understood
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("esxi esxcli", text)).unwrap()
    }

    #[test]
    fn machines_have_three_forms() {
        for text in [
            "shop a\n   World ID: 4711\n   Process ID: 0\n   VMX Cartel ID: 4710\n   Display Name: shop a\n   Config File: /x.vmx\n",
            "ConfigFile,DisplayName,ProcessID,UUID,VMXCartelID,WorldID,\n/x.vmx,shop a,0,1,4710,4711,\n",
            "[{\"ConfigFile\":\"/x.vmx\",\"DisplayName\":\"shop a\",\"VMXCartelID\":4710,\"WorldID\":4711}]",
            "shop a\n   World I: 4711\n   isplay Name: shop a\n",
        ] {
            let reading = read(text);
            let vms = reading.vms.unwrap();
            assert_eq!(
                (vms.len(), vms[0].id.as_deref(), vms[0].name.as_deref()),
                (1, Some("4711"), Some("shop a"))
            );
            assert_eq!(reading.remarks.is_empty(), !text.contains("World I:"));
        }
    }

    #[test]
    fn tables_and_hardware() {
        let reading = read(
            "Mount Point                                        Volume Name  UUID                                 Mounted  Type            Size          Free\n\
             -------------------------------------------------  -----------  -----------------------------------  -------  ------  ------------  ------------\n\
             /vmfs/volumes/5a-1                                 data store   5a-1                                    true  VMFS-6  1099511627776  549755813888\n",
        );
        let filesystems = reading.filesystems.unwrap();
        assert_eq!(
            (filesystems[0].total_bytes, filesystems[0].available_bytes),
            (Some(1 << 40), Some(1 << 39))
        );
        assert_eq!(filesystems[0].device.as_deref(), Some("data store"));
        assert_eq!(
            read("   Physical Memory: 4294967296 Bytes\n   NUMA Node Count: 2\n").mem_total_bytes,
            Some(4 << 30)
        );
        assert_eq!(read("   CPU Packages: 2\n   CPU Cores: 16\n   CPU Threads: 32\n").cpu_count, Some(32));
        assert_eq!(read("3600999999\n").uptime_seconds, Some(3600));
        let interfaces = read("NIC statistics for vmnic3\n   Packets received: 7\n   Bytes received: 800\n")
            .interfaces
            .unwrap();
        assert_eq!((interfaces[0].name.as_deref(), interfaces[0].rx_bytes), (Some("vmnic3"), Some(800)));
    }
}
