//! `kstat -p`: lines of `module:instance:name:statistic` and a value; without `-p` a paragraph for each name.

use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Interface, Processor, Reading};
use crate::tool::row::fact;
use crate::tool::table::{bound, listed};
use crate::tool::text::{self, Text};
use std::collections::BTreeMap;

/// Ticks of a processor by what it did.
#[derive(Default, Clone, Copy)]
struct Ticks {
    idle: Option<u64>,
    user: Option<u64>,
    kernel: Option<u64>,
    wait: Option<u64>,
}

impl Ticks {
    fn has(&self, statistic: &str) -> bool {
        let ticks = match statistic {
            "idle" => self.idle,
            "user" => self.user,
            "kernel" => self.kernel,
            _ => self.wait,
        };
        ticks.is_some()
    }

    /// What was spent since an earlier output; `None` when something is not known or went back.
    fn since(self, before: Self) -> Option<Self> {
        let spent = |last: Option<u64>, before: Option<u64>| last?.checked_sub(before?);
        Some(Self {
            idle: Some(spent(self.idle, before.idle)?),
            user: Some(spent(self.user, before.user)?),
            kernel: Some(spent(self.kernel, before.kernel)?),
            wait: spent(self.wait, before.wait),
        })
    }
}

#[derive(Default)]
struct Found {
    cpus: BTreeMap<u64, Ticks>,
    /// Of the output before, where the text has several.
    cpus_before: BTreeMap<u64, Ticks>,
    /// Two modules count ticks, and both are the same.
    ticks_of: Option<bool>,
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
    let mut block = Block::default();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if block.head(line.text) {
            continue;
        }
        let Some((key, value)) = line.text.trim().split_once(char::is_whitespace) else {
            reading.remark(line.number, "no value in this line, left out");
            continue;
        };
        // Names hold colons as well: the module, the instance and the statistic do not.
        if line.text.starts_with(char::is_whitespace) && !key.contains(':') && !block.name.is_empty() {
            let (module, name) = (block.module, block.name);
            understood |=
                statistic_of(&mut reading, &mut found, (module, block.instance, name, key), value.trim());
            continue;
        }
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

/// What the paragraph is of: `module: unix   instance: 0`, `name:   system_misc   class:    misc`.
#[derive(Default)]
struct Block<'a> {
    module: &'a str,
    instance: u64,
    name: &'a str,
}

impl<'a> Block<'a> {
    /// Takes a line that begins a paragraph; false when it is none.
    fn head(&mut self, line: &'a str) -> bool {
        let words = || line.split_whitespace();
        let at = |nth: usize| words().nth(nth).unwrap_or_default();
        match (at(0), at(2)) {
            ("module:", "instance:") => {
                (self.module, self.name) = (at(1), "");
                self.instance = text::count(at(3)).unwrap_or_default();
            }
            ("name:", "class:") => self.name = at(1),
            _ => return false,
        }
        true
    }
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
        ("cpu_stat", _, "idle" | "user" | "kernel" | "wait")
        | ("cpu", "sys", "cpu_ticks_idle" | "cpu_ticks_user" | "cpu_ticks_kernel" | "cpu_ticks_wait") => {
            if *found.ticks_of.get_or_insert(module == "cpu") != (module == "cpu") {
                return count.is_some();
            }
            let statistic = statistic.trim_start_matches("cpu_ticks_");
            if found.cpus.get(&instance).is_some_and(|ticks| ticks.has(statistic)) {
                // The next output begins.
                found.cpus_before = std::mem::take(&mut found.cpus);
            }
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
        ("cpu_info", _, "implementation" | "cpu_type" | "brand") => {
            // Memory is counted in pages, and those are as large as the processor has them.
            let lower = value.to_ascii_lowercase();
            found.page_bytes = match () {
                () if lower.contains("sparc") => Some(8192),
                () if ["x86", "i386", "intel", "amd"].iter().any(|name| lower.contains(name)) => Some(4096),
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
    let known =
        |cpus: &BTreeMap<u64, Ticks>| cpus.values().filter(|ticks| ticks.since(**ticks).is_some()).count();
    let mut cpus = found.cpus;
    if known(&cpus) < known(&found.cpus_before) {
        // The last output is cut.
        cpus = found.cpus_before;
    } else if !found.cpus_before.is_empty() {
        for (id, ticks) in &mut cpus {
            *ticks = found.cpus_before.get(id).and_then(|before| ticks.since(*before)).unwrap_or(*ticks);
        }
    }
    if !cpus.is_empty() {
        let shares = |ticks: &Ticks| {
            // Without one of these the sum is not known.
            let known = [ticks.idle?, ticks.user?, ticks.kernel?, ticks.wait.unwrap_or(0)];
            let sum: f64 = known.iter().map(|ticks| *ticks as f64).sum();
            let share = move |part: Option<u64>| Some(part? as f64 * 100.0 / sum);
            (sum > 0.0).then_some(share)
        };
        let mut list: Vec<Processor> = Vec::new();
        for (id, ticks) in &cpus {
            let mut cpu = Processor { id: Some(id.to_string()), ..Processor::default() };
            if let Some(share) = shares(ticks) {
                (cpu.user, cpu.sys) = (share(ticks.user), share(ticks.kernel));
                (cpu.wait, cpu.idle) = (share(ticks.wait), share(ticks.idle));
            }
            list.push(cpu);
        }
        reading.cpu_count = reading.cpu_count.or(Some(list.len() as u64));
        bound(&mut list, "processors", reading);
        reading.cpus = Some(list);
    }
    let disks: Vec<Disk> =
        found.disks.into_iter().map(|(name, disk)| Disk { device: Some(name), ..disk }).collect();
    reading.disks = listed(disks, "disks", reading);
    let links: Vec<Interface> =
        found.links.into_iter().map(|(name, link)| Interface { name: Some(name), ..link }).collect();
    reading.interfaces = listed(links, "links", reading);
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

    #[test]
    fn paragraphs_are_understood_as_lines_are() {
        let text = "module: unix                            instance: 0     \nname:   system_misc                     class:    misc                          \n\tavenrun_1min                    256\n\tncpus                           2\n\tsnaptime                        3600.25\n\nmodule: cpu                             instance: 1     \nname:   sys                             class:    misc                          \n\tcpu_ticks_idle                  90\n\tcpu_ticks_kernel                4\n\tcpu_ticks_user                  6\n\tcpu_ticks_wait                  0\n";
        let reading = parse(&Text::of("solaris kstat", text)).unwrap();
        assert_eq!(
            (reading.load1, reading.cpu_count, reading.uptime_seconds),
            (Some(1.0), Some(2), Some(3600))
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[0].id.as_deref(), cpus[0].user), (1, Some("1"), Some(6.0)));
    }

    #[test]
    fn of_two_outputs_the_difference_counts() {
        let first = "cpu_stat:0:cpu_stat0:idle\t1000\ncpu_stat:0:cpu_stat0:kernel\t100\ncpu_stat:0:cpu_stat0:user\t100\ncpu_stat:0:cpu_stat0:wait\t0\ncpu:0:sys:cpu_ticks_idle\t1000\n";
        let second = "cpu_stat:0:cpu_stat0:idle\t1080\ncpu_stat:0:cpu_stat0:kernel\t105\ncpu_stat:0:cpu_stat0:user\t115\ncpu_stat:0:cpu_stat0:wait\t0\n";
        let user = |text: &str| read(text).cpus.unwrap()[0].user;
        assert_eq!(user(&format!("{first}{second}")), Some(15.0));
        assert_eq!(user(&format!("{first}{}", &second[..40])), user(first));
        assert_eq!(user(&format!("{second}{first}")), user(first));
    }
}
