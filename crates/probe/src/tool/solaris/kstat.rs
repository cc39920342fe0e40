//! `kstat -p`: lines of `module:instance:name:statistic` and a value.

use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Interface, Processor, Reading};
use crate::tool::row::{bound, fact};
use crate::tool::text::{self, Text};
use std::collections::BTreeMap;

/// Ticks of a processor by what it did.
#[derive(Default)]
struct Ticks {
    idle: Option<u64>,
    user: Option<u64>,
    kernel: Option<u64>,
    wait: Option<u64>,
}

#[derive(Default)]
struct Found {
    cpus: BTreeMap<u64, Ticks>,
    disks: BTreeMap<String, Disk>,
    links: BTreeMap<String, Interface>,
    physmem: Option<u64>,
    freemem: Option<u64>,
    page_bytes: Option<u64>,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut found = Found::default();
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let Some((key, value)) = line.text.trim().split_once(char::is_whitespace) else {
            reading.remark(line.number, "no value in this line, left out");
            continue;
        };
        // Names hold colons as well: the module, the instance and the statistic do not.
        let mut parts = key.splitn(3, ':');
        let (Some(module), Some(instance), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (Some((name, statistic)), Some(instance)) = (rest.rsplit_once(':'), text::count(instance)) else {
            continue;
        };
        let value = value.trim();
        if !statistic_of(&mut reading, &mut found, (module, instance, name, statistic), value) {
            reading.remark(line.number, format!("{statistic}: no number, left out"));
            continue;
        }
        understood = true;
    }
    if !understood {
        return Err(text.error(Fault::Malformed("lines of kstat -p")));
    }
    finish(&mut reading, found);
    Ok(reading)
}

/// Takes one statistic; `false` when it should be a number and is not.
fn statistic_of(
    reading: &mut Reading,
    found: &mut Found,
    (module, instance, name, statistic): (&str, u64, &str, &str),
    value: &str,
) -> bool {
    let count = text::count(value).filter(|_| !value.is_empty());
    let field: &mut Option<u64> = match (module, name, statistic) {
        ("cpu_stat", _, "idle" | "user" | "kernel" | "wait") => {
            let ticks = found.cpus.entry(instance).or_default();
            match statistic {
                "idle" => &mut ticks.idle,
                "user" => &mut ticks.user,
                "kernel" => &mut ticks.kernel,
                _ => &mut ticks.wait,
            }
        }
        ("unix", "system_pages", "physmem") => &mut found.physmem,
        ("unix", "system_pages", "freemem") => &mut found.freemem,
        ("unix", "system_misc", "nproc") => &mut reading.process_count,
        ("unix", "system_misc", "ncpus") => &mut reading.cpu_count,
        ("unix", "system_misc", "avenrun_1min" | "avenrun_5min" | "avenrun_15min") => {
            // A fixed point of 8 bits.
            let load = count.map(|load| load as f64 / 256.0);
            match statistic {
                "avenrun_1min" => reading.load1 = load,
                "avenrun_5min" => reading.load5 = load,
                _ => reading.load15 = load,
            }
            return load.is_some();
        }
        // Time since the start, in seconds with decimals.
        ("unix", "system_misc", "snaptime") => {
            reading.uptime_seconds = text::number(value).and_then(|seconds| text::bytes(seconds.floor()));
            return reading.uptime_seconds.is_some();
        }
        ("unix", "system_misc", "boot_time") => {
            fact(reading, "boot_time", value);
            return count.is_some();
        }
        ("zfs", "arcstats", "size") => {
            fact(reading, "zfs cache bytes", value);
            return count.is_some();
        }
        ("cpu_info", _, "implementation" | "cpu_type") => {
            // Memory is counted in pages, and those are as large as the processor has them.
            let lower = value.to_ascii_lowercase();
            found.page_bytes = match () {
                () if lower.contains("sparc") => Some(8192),
                () if lower.contains("x86") || lower.contains("i386") => Some(4096),
                () => found.page_bytes,
            };
            return true;
        }
        (_, _, "nread" | "nwritten") if !name.contains(',') && module != "cpu" => {
            let disk = found.disks.entry(name.to_owned()).or_default();
            if statistic == "nread" { &mut disk.read_bytes } else { &mut disk.write_bytes }
        }
        ("link", ..) | (_, "mac", _) if LINK.contains(&statistic) => {
            let device = if module == "link" { name.to_owned() } else { format!("{module}{instance}") };
            let link = found.links.entry(device).or_default();
            match statistic {
                "rbytes64" => &mut link.rx_bytes,
                "obytes64" => &mut link.tx_bytes,
                "ipackets64" => &mut link.rx_packets,
                "opackets64" => &mut link.tx_packets,
                "ierrors" => &mut link.rx_errors,
                "oerrors" => &mut link.tx_errors,
                "idrops" => &mut link.rx_dropped,
                _ => &mut link.tx_dropped,
            }
        }
        _ => return true,
    };
    *field = count;
    count.is_some()
}

/// What is counted of a link; those of 32 bits overflow.
const LINK: &[&str] =
    &["rbytes64", "obytes64", "ipackets64", "opackets64", "ierrors", "oerrors", "idrops", "odrops"];

fn finish(reading: &mut Reading, found: Found) {
    if let Some(page) = found.page_bytes {
        reading.mem_total_bytes = found.physmem.and_then(|pages| pages.checked_mul(page));
        reading.mem_free_bytes = found.freemem.and_then(|pages| pages.checked_mul(page));
    } else {
        for (name, pages) in [("physmem pages", found.physmem), ("freemem pages", found.freemem)] {
            if let Some(pages) = pages {
                fact(reading, name, &pages.to_string());
                reading.remark(1, format!("{name}: the text does not say how large a page is"));
            }
        }
    }
    if !found.cpus.is_empty() {
        let shares = |ticks: &Ticks| {
            // Without one of these the sum is not known.
            let known = [ticks.idle?, ticks.user?, ticks.kernel?, ticks.wait.unwrap_or(0)];
            let sum: f64 = known.iter().map(|ticks| *ticks as f64).sum();
            let share = move |part: Option<u64>| Some(part? as f64 * 100.0 / sum);
            (sum > 0.0).then_some(share)
        };
        let mut cpus: Vec<Processor> = Vec::new();
        for (id, ticks) in &found.cpus {
            let mut cpu = Processor { id: Some(id.to_string()), ..Processor::default() };
            if let Some(share) = shares(ticks) {
                (cpu.user, cpu.sys) = (share(ticks.user), share(ticks.kernel));
                (cpu.wait, cpu.idle) = (share(ticks.wait), share(ticks.idle));
            }
            cpus.push(cpu);
        }
        bound(&mut cpus, "processors", reading);
        reading.cpus = Some(cpus);
    }
    let mut disks: Vec<Disk> =
        found.disks.into_iter().map(|(name, disk)| Disk { device: Some(name), ..disk }).collect();
    bound(&mut disks, "disks", reading);
    reading.disks = (!disks.is_empty()).then_some(disks);
    let mut links: Vec<Interface> =
        found.links.into_iter().map(|(name, link)| Interface { name: Some(name), ..link }).collect();
    bound(&mut links, "links", reading);
    reading.interfaces = (!links.is_empty()).then_some(links);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("solaris kstat", text)).unwrap()
    }

    #[test]
    fn ticks_are_shares_since_the_start() {
        let reading = read(
            "cpu_stat:0:cpu_stat0:idle\t700\ncpu_stat:0:cpu_stat0:idlethread 999\ncpu_stat:0:cpu_stat0:kernel 100\n\
             cpu_stat:0:cpu_stat0:user    200\ncpu_stat:0:cpu_stat0:wait 0\ncpu_stat:1:cpu_stat1:idle 1\n",
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus[0].idle, cpus[0].user, cpus[0].sys), (Some(70.0), Some(20.0), Some(10.0)));
        assert_eq!((cpus[1].id.as_deref(), cpus[1].idle), (Some("1"), None));
    }

    #[test]
    fn pages_need_their_size() {
        let pages = "unix:0:system_pages:physmem\t1000\nunix:0:system_pages:freemem\t10\n";
        assert_eq!((read(pages).mem_total_bytes, read(pages).remarks.len()), (None, 2));
        let reading = read(&format!("cpu_info:0:cpu_info0:implementation\tSPARC-M7 (chipid 0)\n{pages}"));
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(8_192_000), Some(81_920)));
    }

    #[test]
    fn load_links_and_disks() {
        let reading = read(
            "unix:0:system_misc:avenrun_1min\t128\nunix:0:system_misc:nproc\t77\n\
             unix:0:system_misc:snaptime\t3600.99\nlink:0:net0:rbytes64\t1000\nlink:0:net0:obytes64\t2x\n\
             sd:1:sd1:nread\t4096\nsd:1:sd1:nwritten\t512\n",
        );
        assert_eq!((reading.load1, reading.process_count), (Some(0.5), Some(77)));
        assert_eq!(reading.uptime_seconds, Some(3600));
        let links = reading.interfaces.unwrap();
        assert_eq!((links[0].rx_bytes, links[0].tx_bytes), (Some(1000), None));
        assert_eq!(reading.disks.unwrap()[0].write_bytes, Some(512));
    }
}
