//! `topas`: a screen of names and values side by side, and tables of networks, disks and processes among them; with
//! `-L` the figures of `lparstat` above those of logical processors, with `-C` a row for each partition of a machine.

mod partitions;

use crate::error::{Fault, ParseError};
use crate::reading::{Disk, Interface, Process, Reading};
use crate::tool::row::{fact, share};
use crate::tool::screen;
use crate::tool::text::{self, Line, Text};

/// The table whose rows start the lines that follow.
enum Table<'a> {
    None,
    Disks(Vec<&'a str>),
    Networks(Vec<&'a str>),
    Processes(Vec<&'a str>),
    /// `User% Kern% Wait% Idle%` with the values on the next line.
    Host(Vec<&'a str>),
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    // A screen with its escapes is what it has drawn.
    let drawn = screen::plain(text.all());
    let text = &Text::of("aix topas", &drawn);
    if let Some(reading) = partitions::parse(text) {
        return Ok(reading);
    }
    let mut reading = Reading::default();
    let mut table = Table::None;
    let mut understood = false;
    // Where the right half of the screen begins.
    let mut right = usize::MAX;
    for line in text.lines() {
        if let Some(at) = line.text.find("EVENTS/QUEUES") {
            right = at;
        }
        let words: Vec<&str> = line.words().collect();
        let Some(first) = words.first() else {
            table = Table::None;
            continue;
        };
        if line.text.contains("Topas Monitor for host") {
            // A new screen: what the last one said no longer holds.
            reading = Reading::default();
            if let Some(host) = line.text.split_once(':').and_then(|(_, rest)| rest.split_whitespace().next())
            {
                fact(&mut reading, "host", host);
            }
            understood = true;
        }
        understood |= labels(&mut reading, &line, &words);
        match *first {
            "Disk" if words.contains(&"Busy%") => table = Table::Disks(words),
            "Name" if words.contains(&"PID") => table = Table::Processes(words),
            "CPU" if words.contains(&"User%") => table = Table::Host(words),
            "Network" | "Interf" if words.contains(&"KB-In") => table = Table::Networks(words),
            // A sum.
            "Total" => {}
            "Network" | "Interf" | "FileSystem" | "WLM-Class" | "MEMORY" => table = Table::None,
            // A row has its name in the left half.
            _ if line.text.len() - line.text.trim_start().len() < right => {
                understood |= row(&mut reading, &table, &words);
            }
            _ => {}
        }
    }
    if understood { Ok(reading) } else { Err(text.error(Fault::Missing("a screen of topas"))) }
}

/// Names and their values anywhere in a line.
fn labels(reading: &mut Reading, line: &Line<'_>, words: &[&str]) -> bool {
    let mut understood = false;
    for (at, word) in words.iter().enumerate() {
        // `Physc =   0.05`, `%Entc=  10.1`.
        let name = word.trim_end_matches('=');
        let value = words[at + 1..].iter().find(|word| **word != "=").copied().unwrap_or_default();
        let number = text::number(value).filter(|value| *value >= 0.0);
        let Some(number) = number else { continue };
        let memory = || text::bytes(number * 1_048_576.0);
        let starts = at == 0;
        let field = match name {
            "Cswitch" => &mut reading.context_switches_per_s,
            "Syscall" => &mut reading.syscalls_per_s,
            "Kernel" if starts => &mut reading.cpu_sys_pct,
            "User" if starts => &mut reading.cpu_user_pct,
            "Wait" if starts => &mut reading.cpu_wait_pct,
            "Idle" if starts => &mut reading.cpu_idle_pct,
            "Physc" if word.ends_with('=') || words.get(at + 1) == Some(&"=") => &mut reading.physc,
            "%Entc" if word.ends_with('=') || words.get(at + 1) == Some(&"=") => &mut reading.entc_pct,
            "Runqueue" => {
                // An average: a whole number only where it is one.
                fact(reading, "run queue", value);
                understood = true;
                continue;
            }
            "Real,MB" => {
                reading.mem_total_bytes = memory();
                understood = true;
                continue;
            }
            "Size,MB" => {
                reading.swap_total_bytes = memory();
                understood = true;
                continue;
            }
            "Comp" | "Noncomp" | "Client" | "Used" if at > 0 && words[at - 1] == "%" => {
                let space = if name == "Used" { "paging space used percent" } else { name };
                fact(reading, space, value);
                continue;
            }
            _ => continue,
        };
        let shares = matches!(name, "Kernel" | "User" | "Wait" | "Idle");
        if shares && number > 100.0 {
            reading.remark(line.number, format!("{name} is {value}, left out"));
            continue;
        }
        *field = Some(number);
        understood = true;
    }
    understood
}

fn row(reading: &mut Reading, table: &Table<'_>, words: &[&str]) -> bool {
    // Other figures may stand to the right of a row: only its own columns are taken.
    let cell =
        |head: &[&str], name: &str| words.get(head.iter().position(|column| *column == name)?).copied();
    match table {
        Table::Disks(head) => {
            let number = |name: &str| cell(head, name).and_then(text::number).filter(|value| *value >= 0.0);
            let Some(busy) = cell(head, "Busy%").and_then(share) else { return false };
            let kib = |name: &str| number(name).map(|kib| kib * 1024.0);
            let disk = Disk {
                device: Some(words[0].to_owned()),
                busy_pct: Some(busy),
                transfers_per_s: number("TPS"),
                read_bytes_per_s: kib("KB-Read"),
                write_bytes_per_s: kib("KB-Writ"),
                ..Disk::default()
            };
            reading.disks.get_or_insert_default().push(disk);
            true
        }
        Table::Networks(head) => {
            let kib = |name: &str| cell(head, name).and_then(text::number).filter(|kib| *kib >= 0.0);
            let (Some(read), Some(written)) = (kib("KB-In"), kib("KB-Out")) else { return false };
            reading.interfaces.get_or_insert_default().push(Interface {
                name: Some(words[0].to_owned()),
                rx_bytes_per_s: Some(read * 1024.0),
                tx_bytes_per_s: Some(written * 1024.0),
                ..Interface::default()
            });
            true
        }
        Table::Processes(head) => {
            let Some(pid) = cell(head, "PID").and_then(text::count) else { return false };
            let process = Process {
                pid: Some(pid),
                cpu_pct: cell(head, "CPU%").and_then(text::percent),
                user: cell(head, "Owner").map(str::to_owned),
                command: Some(words[0].to_owned()),
                ..Process::default()
            };
            reading.processes.get_or_insert_default().push(process);
            true
        }
        Table::Host(head) => {
            // `ALL` stands below `CPU`; an older screen has no name there.
            let all = words.first() == Some(&"ALL");
            let offset = usize::from(!all && text::number(words[0]).is_some());
            let value = |name: &str| {
                let at = head.iter().position(|column| *column == name)?.checked_sub(offset)?;
                words.get(at).and_then(|word| text::number(word)).filter(|value| *value >= 0.0)
            };
            if !all && offset == 0 {
                return false;
            }
            let share = |name: &str| value(name).filter(|share| *share <= 100.0);
            reading.cpu_user_pct = share("User%");
            reading.cpu_sys_pct = share("Kern%");
            reading.cpu_wait_pct = share("Wait%");
            reading.cpu_idle_pct = share("Idle%");
            reading.physc = value("Physc");
            reading.entc_pct = value("Entc%").or_else(|| value("Entc"));
            true
        }
        Table::None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_they_stand() {
        let text = "Topas Monitor for host:    shop1                EVENTS/QUEUES    FILE/TTY\n\
            Wed Jan  1 10:00:00 2025   Interval:  2         Cswitch     815  Readch    20000\n\
            \x20                                               Syscall    1234  Writech     300\n\
            Kernel    2.5   |#                           |  Reads        12  Rawin         0\n\
            User     10.0   |###                         |  Writes        3  Ttyout      100\n\
            Wait      0.5   |                            |  Runqueue    1.5  Namei        77\n\
            Idle     87.0   |########################    |\n\
            Physc =   0.13                   %Entc=  26.0   MEMORY\n\
            \x20                                               Real,MB    4096\n\n\
            Disk    Busy%     KBPS     TPS KB-Read KB-Writ  % Comp     61.0\n\
            hdisk0    7.0    120.0    15.0   20.0   100.0   % Client   12.0\n\n\
            Name            PID  CPU%  PgSp Owner            Size,MB     512\n\
            java         471100   9.5  80.0 shop             % Used      3\n";
        let reading = parse(&Text::of("aix topas", text)).unwrap();
        assert_eq!((reading.cpu_sys_pct, reading.cpu_idle_pct), (Some(2.5), Some(87.0)));
        assert_eq!((reading.physc, reading.entc_pct), (Some(0.13), Some(26.0)));
        assert_eq!((reading.context_switches_per_s, reading.syscalls_per_s), (Some(815.0), Some(1234.0)));
        assert_eq!((reading.mem_total_bytes, reading.swap_total_bytes), (Some(4 << 30), Some(512 << 20)));
        let disks = reading.disks.unwrap();
        assert_eq!((disks[0].busy_pct, disks[0].write_bytes_per_s), (Some(7.0), Some(102_400.0)));
        let processes = reading.processes.unwrap();
        assert_eq!((processes[0].pid, processes[0].cpu_pct), (Some(471_100), Some(9.5)));
    }

    #[test]
    fn values_may_stand_below_their_names() {
        let text = "Topas Monitor for host: a\nCPU  User%  Kern%  Wait%  Idle%  Physc   Entc\nALL    1.5    2.5    0.0   96.0   0.05   10.0\n\nNetwork  KBPS   I-Pack  O-Pack   KB-In  KB-Out\nTotal 3 1 1 1 2\nen0 3.0 12.0 8.0 1.0 2.0 Runqueue 1.0\n";
        let reading = parse(&Text::of("aix topas", text)).unwrap();
        assert_eq!(
            (reading.cpu_user_pct, reading.physc, reading.entc_pct),
            (Some(1.5), Some(0.05), Some(10.0))
        );
        let interfaces = reading.interfaces.unwrap();
        assert_eq!((interfaces.len(), interfaces[0].tx_bytes_per_s), (1, Some(2048.0)));
    }

    #[test]
    fn what_stands_in_the_right_half_is_no_row() {
        let text = "Topas Monitor for host:    shop1                EVENTS/QUEUES    FILE/TTY\n\
            Disk    Busy%     KBPS     TPS KB-Read KB-Writ  PgspIn        0  % Noncomp  30.2\n\
            hdisk0    7.0    120.0    15.0   20.0   100.0   PgspOut       0  % Client   30.2\n\
            \x20                                               PageIn        5  PAGING SPACE\n\
            Name            PID  CPU%  PgSp Owner           PageOut       0  Size,MB    4096\n\
            java         471100   9.5  80.0 shop            Sios          0  % Used        1\n\
            \x20                                               SerV2         0  WPAR Activ    0\n";
        let reading = parse(&Text::of("aix topas", text)).unwrap();
        assert_eq!((reading.disks.unwrap().len(), reading.processes.unwrap().len()), (1, 1));
    }
}
