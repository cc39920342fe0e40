//! `iostat`: plain, `-D` with a paragraph a disk, and `-Dl` with a row a disk.

use super::configuration;
use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Reading};
use crate::tool::row::{Head, Row, last_complete};
use crate::tool::table::bound;
use crate::tool::text::{Line, Text};

/// What the lines that follow are rows of.
#[derive(Default)]
enum Table<'a> {
    #[default]
    None,
    /// The terminal and all processors.
    Host(Head<'a>),
    /// A row a disk: `Disks: % tm_act Kbps tps Kb_read Kb_wrtn`.
    Plain(Head<'a>),
    /// A row a disk: `%tm bps tps bread bwrtn rps …`.
    Long(Head<'a>),
    /// One row of one group of a disk's figures.
    Group(Head<'a>),
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table = Table::default();
    let mut samples: Vec<Vec<Disk>> = Vec::new();
    let mut understood = false;
    // A blank line between two samples of `-l`, which repeats no header.
    let mut apart = true;
    for line in text.lines() {
        if line.is_blank() {
            apart = true;
            continue;
        }
        let blank_before = std::mem::take(&mut apart);
        if configuration::take(&mut reading, &line) || rule(&line) {
            continue;
        }
        if line.text.contains("not available") {
            reading.remark(line.number, "the system keeps no history of its disks since it started");
            continue;
        }
        if let Some(next) = header(&line) {
            if matches!(next, Table::Plain(_) | Table::Long(_)) {
                samples.push(Vec::new());
            }
            if let (Table::Group(head), Some(name)) = (&next, line.words().next())
                && head.has(&["%tm_act"])
            {
                if samples.is_empty() || samples.last().is_some_and(|disks| known(disks, name)) {
                    samples.push(Vec::new());
                }
                let disk = Disk { device: Some(name.to_owned()), ..Disk::default() };
                samples.last_mut().unwrap_or(&mut Vec::new()).push(disk);
            }
            table = next;
            continue;
        }
        let cells: Vec<&str> = line.words().collect();
        match &table {
            // The second line of the header.
            Table::Long(_) if cells[0] == "act" => {}
            Table::Host(head) if cells.len() == head.len() => {
                let row = Row::new(head, cells, line.number);
                understood = true;
                host(&mut reading, &row);
                row.report(&mut reading);
            }
            Table::Plain(head) if cells.len() == head.len() => {
                let row = Row::new(head, cells, line.number);
                understood = true;
                samples.last_mut().unwrap_or(&mut Vec::new()).push(Disk {
                    device: row.text(&["disks:"]).map(str::to_owned),
                    busy_pct: row.share(&["%tm_act"]),
                    transfers_per_s: row.number(&["tps"]),
                    ..Disk::default()
                });
                row.report(&mut reading);
            }
            // A column with the time of day may follow.
            Table::Long(head) if (head.len()..=head.len() + 2).contains(&cells.len()) => {
                let row = Row::new(head, cells, line.number);
                understood = true;
                let name = row.text(&["disks:"]).unwrap_or_default();
                let newest = samples.last();
                if blank_before
                    && newest.is_some_and(|disks| {
                        disks.first().is_some_and(|disk| disk.device.as_deref() == Some(name))
                    })
                {
                    samples.push(Vec::new());
                }
                let mut disk = Disk { device: Some(name.to_owned()), ..Disk::default() };
                figures(&mut disk, &row);
                samples.last_mut().unwrap_or(&mut Vec::new()).push(disk);
                row.report(&mut reading);
            }
            Table::Group(head) if cells.len() == head.len() => {
                let row = Row::new(head, cells, line.number);
                understood = true;
                if let Some(disk) = samples.last_mut().and_then(|disks| disks.last_mut()) {
                    figures(disk, &row);
                }
                row.report(&mut reading);
            }
            Table::None => {}
            _ => reading.remark(line.number, "the row has not the columns of its header, left out"),
        }
        // Only the newest and the one before it can count.
        if samples.len() > 2 {
            samples.remove(0);
        }
    }
    if !understood && reading.remarks.is_empty() {
        return Err(text.error(Fault::Missing("a row of iostat")));
    }
    if let Some(mut disks) = last_complete(samples) {
        bound(&mut disks, "disks", &mut reading);
        reading.disks = Some(disks);
    }
    Ok(reading)
}

fn known(disks: &[Disk], name: &str) -> bool {
    disks.first().is_some_and(|disk| disk.device.as_deref() == Some(name))
}

fn rule(line: &Line<'_>) -> bool {
    line.text.contains("---") && line.words().all(|word| word.bytes().all(|byte| byte == b'-'))
}

/// Joins `% tm_act` to `%tm_act`.
fn columns<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut percent = false;
    for word in words {
        if word == "%" {
            percent = true;
        } else if std::mem::take(&mut percent) {
            names.push(match word {
                "tm_act" => "%tm_act",
                "user" => "%user",
                "sys" => "%sys",
                "idle" => "%idle",
                "iowait" => "%iowait",
                "entc" => "%entc",
                other => other,
            });
        } else {
            names.push(word);
        }
    }
    names
}

fn header<'a>(line: &Line<'a>) -> Option<Table<'a>> {
    let text = line.text;
    if text.contains("avg-cpu") {
        let labels = ["tty:", "avg-cpu:"];
        return Some(Table::Host(Head::named(columns(line.words().filter(|word| !labels.contains(word))))));
    }
    let mut words = line.words();
    let first = words.next()?;
    if first == "Disks:" && text.contains("tm_act") {
        return Some(Table::Plain(Head::named(columns(line.words()))));
    }
    if first == "%tm" && text.contains("bps") {
        let mut names = vec!["disks:"];
        names.extend(line.words());
        return Some(Table::Long(Head::named(names)));
    }
    let figures = ["xfer:", "read:", "write:", "queue:", "time:"];
    if figures.contains(&first) {
        return Some(Table::Group(Head::named(columns(words))));
    }
    if words.next() == Some("xfer:") {
        return Some(Table::Group(Head::named(columns(words))));
    }
    // Adapters and the header above the header of `-l` are not disks.
    let other = first.ends_with(':') && text.contains("tps") || first == "Disks:";
    other.then_some(Table::None)
}

fn host(reading: &mut Reading, row: &Row<'_, '_, '_>) {
    reading.cpu_user_pct = row.share(&["%user"]);
    reading.cpu_sys_pct = row.share(&["%sys"]);
    reading.cpu_idle_pct = row.share(&["%idle"]);
    reading.cpu_wait_pct = row.share(&["%iowait"]);
    reading.physc = row.number(&["physc"]);
    reading.entc_pct = row.percent(&["%entc"]);
}

/// Figures of a disk that a table of `-D` names; what it does not name stays.
fn figures(disk: &mut Disk, row: &Row<'_, '_, '_>) {
    let set = |field: &mut Option<f64>, value: Option<f64>| {
        if value.is_some() {
            *field = value;
        }
    };
    set(&mut disk.busy_pct, row.share(&["%tm_act", "%tm"]));
    set(&mut disk.transfers_per_s, row.rate(&["tps"], 1));
    set(&mut disk.read_bytes_per_s, row.rate(&["bread"], 1));
    set(&mut disk.write_bytes_per_s, row.rate(&["bwrtn"], 1));
    set(&mut disk.reads_per_s, row.rate(&["rps"], 1));
    set(&mut disk.writes_per_s, row.rate(&["wps"], 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("aix iostat", text)).unwrap()
    }

    #[test]
    fn idle_stands_before_iowait() {
        let reading = read(
            "System configuration: lcpu=8 drives=2 ent=0.50 paths=2 vdisks=1\n\n\
             tty:      tin         tout    avg-cpu: % user % sys % idle % iowait physc % entc\n\
             \x20         0.0          5.0                1.5   2.5   94.0      2.0   0.1   20.0\n\n\
             Disks:         % tm_act     Kbps      tps    Kb_read   Kb_wrtn\n\
             hdisk0           7.0     120.0      15.0         20       100\n\
             hdisk1           0.0       0.0       0.0          0         0\n",
        );
        assert_eq!((reading.cpu_idle_pct, reading.cpu_wait_pct), (Some(94.0), Some(2.0)));
        assert_eq!((reading.physc, reading.entc_pct, reading.lcpu), (Some(0.1), Some(20.0), Some(8)));
        let disks = reading.disks.unwrap();
        assert_eq!((disks.len(), disks[0].busy_pct, disks[0].transfers_per_s), (2, Some(7.0), Some(15.0)));
        assert_eq!(disks[0].read_bytes_per_s, None);
    }

    #[test]
    fn long_rows_have_suffixes_and_a_time() {
        let reading = read(
            "Disks:     xfers                   read                 write\n\
             ------ ---------------------- ------------------- -------------------\n\
             \x20      %tm  bps tps bread bwrtn rps  avg wps  avg\n\
             \x20      act                         serv      serv\n\n\
             hdisk4 1.0 2.0K 3.0 1.0K 1.0K 2.0 0.5 1.0 0.7 10:00:01\n\n\
             hdisk4 8.0 6.0M 9.0 1.5M 4.5M 3.0 0.5 6.0 1.1S 10:00:02\n",
        );
        let disks = reading.disks.unwrap();
        assert_eq!(disks.len(), 1);
        assert_eq!((disks[0].busy_pct, disks[0].transfers_per_s), (Some(8.0), Some(9.0)));
        assert_eq!(disks[0].read_bytes_per_s, Some(1_572_864.0));
        assert_eq!((disks[0].reads_per_s, disks[0].writes_per_s), (Some(3.0), Some(6.0)));
    }

    #[test]
    fn paragraphs_are_one_disk() {
        let reading = read(
            "hdisk2          xfer:  %tm_act      bps      tps      bread      bwrtn\n\
             \x20                        4.0     8.0K      2.0       0.0       8.0K\n\
             \x20               read:      rps  avgserv  minserv  maxserv   timeouts      fails\n\
             \x20                        0.0      0.0      0.0      0.0           0          0\n\
             \x20              write:      wps  avgserv  minserv  maxserv   timeouts      fails\n\
             \x20                        2.0      0.9      0.2      3.0           0          0\n",
        );
        let disks = reading.disks.unwrap();
        assert_eq!((disks.len(), disks[0].busy_pct), (1, Some(4.0)));
        assert_eq!((disks[0].write_bytes_per_s, disks[0].writes_per_s), (Some(8192.0), Some(2.0)));
    }
}
