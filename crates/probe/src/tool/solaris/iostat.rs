//! `iostat`: `-x` with a row a device, plain with groups of columns side by side, `-E` with paragraphs.

use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Reading};
use crate::tool::row::{Head, Row, fact};
use crate::tool::table::bound;
use crate::tool::text::{Line, Text};

/// What the next rows are.
enum Table<'a> {
    None,
    /// `r/s w/s … device`: a row a device.
    Devices(Head<'a>),
    /// `us sy wt id`, alone or at the end of groups of columns: one row; with it the names of the groups.
    Host(Head<'a>, Vec<&'a str>),
}

/// The columns of one group of the plain form.
const GROUPS: &[&[&str]] = &[
    &["tin", "tout"],
    &["kps", "tps", "serv"],
    &["rps", "wps", "util"],
    &["kpr", "tpr", "serv"],
    &["rpi", "wpi", "util"],
    &["us", "sy", "wt", "id"],
    &["us", "sy", "st", "id"],
    &["us", "sy", "dt", "id"],
];

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table = Table::None;
    let mut samples: Vec<Vec<Disk>> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    // Rows of zeroes: without `-z` every sample has the same devices.
    let mut idle_rows = false;
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.contains(&"device") && (words.contains(&"r/s") || words.contains(&"r/i")) {
            table = Table::Devices(Head::of(line.text));
            understood = true;
            samples.push(Vec::new());
            if samples.len() > 2 {
                samples.remove(0);
            }
        } else if words.iter().all(|word| GROUPS.iter().any(|group| group.contains(word))) {
            table = Table::Host(Head::of(line.text), names.clone());
        } else if words.contains(&"tty") || words == ["cpu"] || words.last() == Some(&"cpu") {
            names = words;
        } else if line.text.contains("Soft Errors:") {
            understood = true;
            errors(&mut reading, &words);
        } else {
            match &table {
                Table::Devices(head) => {
                    if line.text.contains("device statistics") || line.text.contains("errors ---") {
                        continue;
                    }
                    match device(head, &line, &mut reading) {
                        Some(disk) => {
                            let rates = [disk.reads_per_s, disk.writes_per_s];
                            idle_rows |= rates.iter().all(|rate| *rate == Some(0.0));
                            samples.last_mut().unwrap_or(&mut Vec::new()).push(disk);
                        }
                        None if words.iter().all(|word| word.bytes().any(|byte| byte.is_ascii_digit())) => {
                            reading
                                .remark(line.number, "the row has not the columns of its header, left out");
                        }
                        None => {}
                    }
                }
                Table::Host(head, groups) => {
                    if words.len() == head.len()
                        && words.iter().all(|word| crate::tool::text::number(word).is_some())
                    {
                        understood = true;
                        host(&mut reading, head, groups, &line);
                    }
                }
                Table::None => {}
            }
        }
    }
    if !understood {
        return Err(text.error(Fault::Missing("a row of iostat")));
    }
    let last = samples.pop();
    let chosen = match (samples.pop(), last) {
        (Some(before), Some(last)) if idle_rows && before.len() > last.len() => Some(before),
        (_, last) => last,
    };
    if let Some(mut disks) = chosen {
        bound(&mut disks, "devices", &mut reading);
        reading.disks = Some(disks);
    }
    Ok(reading)
}

fn device(head: &Head<'_>, line: &Line<'_>, reading: &mut Reading) -> Option<Disk> {
    let first = head.place("device") == Some(0);
    // With the device first, the terminal and all processors may stand behind the first row only.
    let known = head.place("tin").or_else(|| head.place("us")).filter(|_| first);
    let cells: Vec<&str> = line.words().collect();
    let row = match known {
        Some(known) if cells.len() == known => Row::new(head, cells, line.number),
        Some(_) => {
            let row = head.row(line)?;
            reading.cpu_user_pct = row.share(&["us"]);
            reading.cpu_sys_pct = row.share_after("us", "sy");
            reading.cpu_wait_pct = row.share(&["wt"]);
            reading.cpu_idle_pct = row.share(&["id"]);
            row
        }
        // Names of NFS mounts hold blanks.
        None if !first => head.row_around(line, head.len() - 1)?,
        None => head.row(line)?,
    };
    let kib = |name: &str, mega: &str| {
        row.number(&[name])
            .map(|kib| kib * 1024.0)
            .or_else(|| row.number(&[mega]).map(|mib| mib * 1_048_576.0))
    };
    let disk = Disk {
        device: row.text(&["device"]).map(str::to_owned),
        busy_pct: row.share(&["%b"]),
        reads_per_s: row.number(&["r/s"]),
        writes_per_s: row.number(&["w/s"]),
        read_bytes_per_s: kib("kr/s", "Mr/s"),
        write_bytes_per_s: kib("kw/s", "Mw/s"),
        ..Disk::default()
    };
    // A row of words is no row.
    disk.reads_per_s.or(disk.busy_pct)?;
    row.report(reading);
    Some(disk)
}

/// A row of groups: `tty sd0 sd1 cpu` above `tin tout kps tps serv …`.
fn host(reading: &mut Reading, head: &Head<'_>, groups: &[&str], line: &Line<'_>) {
    let mut disks: Vec<Disk> = Vec::new();
    let mut rest = head.names();
    let mut cells: Vec<&str> = line.words().collect();
    let mut names = groups.iter();
    while let Some(group) = GROUPS.iter().find(|group| rest.starts_with(group)) {
        let name = names.next().copied().unwrap_or_default();
        let after = cells.split_off(group.len().min(cells.len()));
        let columns = Head::named(group.to_vec());
        let row = Row::new(&columns, std::mem::replace(&mut cells, after), line.number);
        rest = &rest[group.len()..];
        match group[0] {
            "us" => {
                reading.cpu_user_pct = row.share(&["us"]);
                reading.cpu_sys_pct = row.share(&["sy"]);
                reading.cpu_wait_pct = row.share(&["wt"]);
                reading.cpu_idle_pct = row.share(&["id"]);
            }
            "kps" | "rps" => disks.push(Disk {
                device: (!name.is_empty()).then(|| name.to_owned()),
                transfers_per_s: row.number(&["tps"]),
                reads_per_s: row.number(&["rps"]),
                writes_per_s: row.number(&["wps"]),
                busy_pct: row.share(&["util"]),
                ..Disk::default()
            }),
            _ => {}
        }
        row.report(reading);
    }
    if !disks.is_empty() {
        reading.disks = Some(disks);
    }
}

/// `sd0 Soft Errors: 0 Hard Errors: 2 Transport Errors: 1`
fn errors(reading: &mut Reading, words: &[&str]) {
    for (at, pair) in words.windows(2).enumerate() {
        if pair[0] == "Errors:"
            && let Some(kind) = at.checked_sub(1).map(|at| words[at])
        {
            fact(reading, &format!("{} {} errors", words[0], kind.to_ascii_lowercase()), pair[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("solaris iostat", text)).unwrap()
    }

    #[test]
    fn rows_of_devices_go_by_name() {
        let reading = read(
            "   tty         cpu\n tin tout  us sy wt id\n   0    3   5  2  0 93\n\
             \x20                   extended device statistics       ---- errors ---\n\
             \x20   r/s    w/s   kr/s   kw/s wait actv wsvc_t asvc_t  %w  %b s/w h/w trn tot device\n\
             \x20   1.5    2.5   10.0    2.0  0.0  0.0    1.3    4.9   0   7   0   0   0   0 c7t0d0\n\
             \x20   0.0    0.0    0.0    0.0  0.0  0.0    0.1    0.9   0   0   0   0   0   0 srv:/export/a b\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(5.0), Some(93.0)));
        let disks = reading.disks.unwrap();
        assert_eq!((disks[0].reads_per_s, disks[0].read_bytes_per_s), (Some(1.5), Some(10_240.0)));
        assert_eq!((disks[0].busy_pct, disks[1].device.as_deref()), (Some(7.0), Some("srv:/export/a b")));
    }

    #[test]
    fn active_devices_differ_from_sample_to_sample_and_cut_samples_do_not() {
        let head = "r/s w/s kr/s kw/s wait actv wsvc_t asvc_t %w %b device\n";
        let row = "1.0 1.0 1.0 1.0 0.0 0.0 1.0 1.0 0 1 c0\n";
        let other = "2.0 1.0 1.0 1.0 0.0 0.0 1.0 1.0 0 1 c1\n";
        let idle = "0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0 0 c1\n";
        assert_eq!(read(&format!("{head}{row}{other}{head}{other}")).disks.unwrap().len(), 1);
        assert_eq!(read(&format!("{head}{row}{idle}{head}{row}")).disks.unwrap().len(), 2);
    }

    #[test]
    fn groups_stand_side_by_side() {
        let reading = read(
            "   tty        sd0           sd1           cpu\n tin tout kps tps serv  kps tps serv   us sy wt id\n\
             \x20  0   16   8   2    9   40   5    7    3  4  0 93\n",
        );
        let disks = reading.disks.unwrap();
        assert_eq!((disks[1].device.as_deref(), disks[1].transfers_per_s), (Some("sd1"), Some(5.0)));
        assert_eq!((reading.cpu_sys_pct, reading.cpu_idle_pct), (Some(4.0), Some(93.0)));
    }
}
