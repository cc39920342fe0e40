//! `sar` and `mpstat` as text: tables under headers that begin with a time.
//!
//! ```text
//! 12:53:20        CPU      %usr     %nice      %sys   %iowait    %steal     %idle
//! 12:53:21        all      2.15     12.50      1.84      0.12      0.00     82.88
//! ```
//!
//! The last sample counts; averages are no sample. A start of the system stands between samples as a line.

use super::super::json;
use super::super::text::{Line, Text, number};
use super::sysstat::{Figures, Item, is_time, processors};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if json::is(text) { super::sadf::parse_json(text) } else { tables(text) }
}

fn tables(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut figures = Figures::default();
    let mut header: Option<Header<'_>> = None;
    let mut rows = 0_u32;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.contains("RESTART") {
            figures.restart();
        }
        if let Some(count) = processors(line.text) {
            figures.reading().cpu_count = Some(count);
        }
        let words: Vec<&str> = line.words().collect();
        // Averages and their headers begin with a word.
        let Some(first) = words.first().filter(|word| is_time(word)) else { continue };
        if line.text.contains("RESTART") {
            continue;
        }
        if let Some(found) = Header::of(&words) {
            header = Some(found);
        } else if let Some(header) = &header {
            match header.row(&words) {
                Some(cells) => {
                    rows += 1;
                    let time = if words.get(1).is_some_and(|word| is_time(word)) {
                        format!("{first} {}", words.get(1).unwrap_or(first))
                    } else {
                        (*first).to_owned()
                    };
                    header.fill(&time, cells, line, &mut figures);
                }
                None => figures.reading().remark(line.number, "a row is cut or is none"),
            }
        }
    }
    if rows == 0 {
        return Err(text.error(Fault::Missing("a row below a header that begins with a time")));
    }
    Ok(figures.finish())
}

/// The columns of a table, its time left out.
struct Header<'a> {
    columns: Vec<&'a str>,
    /// The kind of its rows, and the column that names them.
    item: Option<(Item, usize)>,
}

impl<'a> Header<'a> {
    /// Names and no numbers behind a time.
    fn of(words: &[&'a str]) -> Option<Self> {
        let times = words.iter().take_while(|word| is_time(word)).count();
        let half = words
            .get(times)
            .is_some_and(|word| matches!(*word, "AM" | "PM" | "am" | "pm") || !word.is_ascii());
        let columns = words.get(times + usize::from(half)..)?;
        if (columns.len() < 2 && !columns.iter().any(|column| column.ends_with("/s")))
            || columns.iter().any(|word| number(word).is_some() && word.contains(['.', ',']))
        {
            return None;
        }
        let names = columns.iter().filter(|word| number(word).is_none()).count();
        if names < columns.len().min(2) {
            return None;
        }
        let item = columns.iter().enumerate().find_map(|(at, column)| Some((Item::of(column)?, at)));
        Some(Self { columns: columns.to_vec(), item })
    }

    /// The cells of a row, counted from the right: its time may have a word more or fewer.
    fn row<'r, 'w>(&self, words: &'w [&'r str]) -> Option<&'w [&'r str]> {
        let before = words.len().checked_sub(self.columns.len())?;
        let cells = words.get(before..)?;
        // Other things than those known here have a column for their names too: `TTY`, `FCHOST`.
        let upper = |column: &&str| column.bytes().all(|byte| byte.is_ascii_uppercase());
        let named = usize::from(self.item.is_some() || self.columns.iter().any(upper));
        let numbers = cells.iter().filter(|cell| number(cell).is_some()).count();
        ((1..=3).contains(&before) && numbers + named >= cells.len()).then_some(cells)
    }

    fn fill(&self, time: &str, cells: &[&str], line: Line<'_>, figures: &mut Figures) {
        let (kind, name) = self.item.map_or((Item::Host, None), |(kind, at)| (kind, cells.get(at)));
        let item = name.copied().unwrap_or("-");
        for (column, cell) in self.columns.iter().zip(cells) {
            let named = column.bytes().all(|byte| byte.is_ascii_uppercase())
                || self.item.is_some_and(|(_, at)| self.columns.get(at) == Some(column));
            match number(cell) {
                _ if named => {}
                Some(value) => figures.set(time, kind, item, column, value),
                None => figures.reading().remark(line.number, format!("{column} {cell:?} is no number")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("sar", text)).unwrap()
    }

    const MPSTAT: &str = "Linux 6.18.44 (vm) \t11/28/26 \t_x86_64_\t(2 CPU)\n\n07:56:11 PM  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle\n07:56:12 PM  all    1.00    2.00    3.00    4.00    0.50    0.25    0.75    0.00    0.00   88.50\n07:56:12 PM    0    2.00    2.00    3.00    4.00    0.50    0.25    0.75    0.00    0.00   87.50\n07:56:12 PM    1    0.00    2.00    3.00    4.00    0.50    0.25    0.75    0.00    0.00   89.50\n\n07:56:11 PM  CPU    intr/s\n07:56:12 PM  all   1234.50\n07:56:12 PM    0    600.00\n\nAverage:     CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle\nAverage:     all   99.00    0.00    0.00    0.00    0.00    0.00    0.00    0.00    0.00    1.00\n";

    #[test]
    fn mpstat_has_processors_and_interrupts() {
        let reading = read(MPSTAT);
        assert_eq!((reading.cpu_count, reading.interrupts_per_s), (Some(2), Some(1234.5)));
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_nice_pct, reading.cpu_sys_pct),
            (Some(1.0), Some(2.0), Some(3.0))
        );
        assert_eq!(
            (reading.cpu_irq_pct, reading.cpu_softirq_pct, reading.cpu_idle_pct),
            (Some(0.5), Some(0.25), Some(88.5))
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[1].id.as_deref(), cpus[1].idle), (2, Some("1"), Some(89.5)));
    }

    #[test]
    fn the_last_sample_before_averages_counts() {
        let reading = read(
            "Linux 6.1 (vm) \t11/28/26 \t_x86_64_\t(4 CPU)\n\n19:00:01     kbmemfree   kbavail kbmemused  %memused kbbuffers  kbcached\n19:10:01          1000      2000      3000     75,00       100       200\n\n19:15:00     LINUX RESTART\t(2 CPU)\n\n19:20:01          1001      2001      3001     75,00       101       201\nAverage:          9999      9999      9999     99,00       999       999\n\n19:00:01      runq-sz  plist-sz   ldavg-1   ldavg-5  ldavg-15   blocked\n19:10:01            3       956      3.16      3.24      3.43         1\n\n19:00:01          DEV       tps     rkB/s     wkB/s   areq-sz    aqu-sz     await     %util\n19:10:01          vda      1.50      2.00      4.00      4.00      0.00      0.00      7.00\n\n19:00:01        IFACE   rxpck/s   txpck/s    rxkB/s    txkB/s   %ifutil\n19:10:01         eth0      1.00      1.00      3.00      5.00      0.00\n",
        );
        assert_eq!((reading.mem_free_bytes, reading.mem_used_bytes), (Some(1_025_024), Some(3_073_024)));
        assert_eq!(
            (reading.load15, reading.procs_running, reading.process_count, reading.procs_blocked),
            (Some(3.43), Some(3), Some(956), Some(1))
        );
        let disk = &reading.disks.unwrap()[0];
        assert_eq!(
            (disk.transfers_per_s, disk.read_bytes_per_s, disk.busy_pct),
            (Some(1.5), Some(2048.0), Some(7.0))
        );
        let interface = &reading.interfaces.unwrap()[0];
        assert_eq!((interface.rx_bytes_per_s, interface.tx_bytes_per_s), (Some(3072.0), Some(5120.0)));
        assert_eq!(reading.cpu_count, Some(2));
    }

    #[test]
    fn a_row_that_is_cut_is_left_out() {
        let cut = MPSTAT.find("87.50").unwrap();
        let reading = read(&MPSTAT[..cut - 20]);
        assert_eq!((reading.cpu_user_pct, reading.cpus, reading.remarks.len()), (Some(1.0), None, 1));
        assert!(
            parse(&Text::of("sar", "Cannot open /var/log/sa/sa28: No such file or directory\n")).is_err()
        );
    }
}
