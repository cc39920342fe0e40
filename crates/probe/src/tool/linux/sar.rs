//! `sar` and `mpstat` as text: tables under headers that begin with a time.
//!
//! ```text
//! 12:53:20        CPU      %usr     %nice      %sys   %iowait    %steal     %idle
//! 12:53:21        all      2.15     12.50      1.84      0.12      0.00     82.88
//! ```
//!
//! The last sample counts; averages are none, and count only where there is no sample. A start of the system stands
//! between samples as a line.

use super::super::json;
use super::super::text::{Line, Text, number, percent, size};
use super::sysstat::{Figures, Item, is_time, processors};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if json::is(text) {
        return super::sadf::parse_json(text);
    }
    tables(text, samples).or_else(|error| {
        // `sar | tail -1`, `mpstat 5 1 | grep Average`.
        let mut reading = tables(text, averages).map_err(|_| error)?;
        reading.remark(1, "there are averages and no sample: they count");
        Ok(reading)
    })
}

/// How many words of a line are its time, before the header or the row; `None` when it has none.
type TimeWords = fn(&[&str]) -> Option<usize>;

/// `12:53:20`, `12:53:20 PM`, `2026-11-28 12:53:20`, and with the half of the day first.
fn samples(words: &[&str]) -> Option<usize> {
    let half =
        |word: &&str| matches!(*word, "AM" | "PM" | "am" | "pm") || (!word.is_ascii() && !is_time(word));
    let before = usize::from(words.first().is_some_and(half));
    let times = words.iter().skip(before).take_while(|word| is_time(word)).count();
    let behind = usize::from(words.get(before + times).is_some_and(half));
    (times > 0).then_some(before + times + behind)
}

/// `Average:`, in any language.
fn averages(words: &[&str]) -> Option<usize> {
    words
        .first()
        .is_some_and(|word| word.ends_with([':', '\u{ff1a}']) && samples(words).is_none())
        .then_some(1)
}

fn tables(text: &Text<'_>, time_words: TimeWords) -> Result<Reading, ParseError> {
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
        let Some(times) = time_words(&words) else { continue };
        if line.text.contains("RESTART") {
            continue;
        }
        if let Some(found) = Header::of(words.get(times..).unwrap_or_default()) {
            header = Some(found);
        } else if let Some(header) = &header {
            match header.row(&words) {
                Some(cells) => {
                    rows += 1;
                    let time = words.get(..words.len() - cells.len()).unwrap_or_default().join(" ");
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

/// What a cell says; sizes and shares have marks with `--human`.
fn figure(column: &str, cell: &str) -> Option<f64> {
    let unit = if column.starts_with("kb") || column.contains("kB") {
        1024.0
    } else if column.starts_with("MB") || column.contains("MB") {
        1_048_576.0
    } else {
        1.0
    };
    let marked = || cell.ends_with(|char: char| char == '%' || char.is_ascii_alphabetic());
    number(cell).or_else(|| {
        marked().then(|| percent(cell).or_else(|| size(cell, 1).map(|bytes| bytes as f64 / unit)))?
    })
}

/// The columns of a table, its time left out.
struct Header<'a> {
    columns: Vec<&'a str>,
    /// The kind of its rows, and the column that names them.
    item: Option<(Item, usize)>,
}

impl<'a> Header<'a> {
    /// Names and no numbers behind a time.
    fn of(columns: &[&'a str]) -> Option<Self> {
        if (columns.len() < 2 && !columns.iter().any(|column| column.ends_with("/s")))
            || columns
                .iter()
                .any(|word| word.starts_with(|char: char| char.is_ascii_digit()) && word.contains(['.', ',']))
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
        let numbers =
            self.columns.iter().zip(cells).filter(|(column, cell)| figure(column, cell).is_some()).count();
        ((1..=3).contains(&before) && numbers + named >= cells.len()).then_some(cells)
    }

    fn fill(&self, time: &str, cells: &[&str], line: Line<'_>, figures: &mut Figures) {
        let (kind, name) = self.item.map_or((Item::Host, None), |(kind, at)| (kind, cells.get(at)));
        let item = name.copied().unwrap_or("-");
        for (column, cell) in self.columns.iter().zip(cells) {
            let named = column.bytes().all(|byte| byte.is_ascii_uppercase())
                || self.item.is_some_and(|(_, at)| self.columns.get(at) == Some(column));
            match figure(column, cell) {
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
    fn averages_count_where_there_is_no_sample() {
        let averages = &MPSTAT[MPSTAT.find("Average").unwrap()..];
        let reading = read(averages);
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_idle_pct, reading.remarks.len()),
            (Some(99.0), Some(1.0), 1)
        );
    }

    #[test]
    fn the_half_of_the_day_may_stand_first() {
        let reading = read(
            "\u{4e0a}\u{5348} 10\u{65f6}00\u{5206}01\u{79d2}  CPU    %usr   %idle\n\u{4e0a}\u{5348} 10\u{65f6}00\u{5206}02\u{79d2}  all    1.00   99.00\n\u{4e0a}\u{5348} 10\u{65f6}00\u{5206}02\u{79d2}    0    1.50   98.50\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.cpus.unwrap()[0].idle), (Some(1.0), Some(98.5)));
    }

    #[test]
    fn sizes_for_people_have_suffixes() {
        let reading = read(
            "10:00:01    kbmemfree kbmemused  %memused kbcached\n10:10:01         1.5M      2.0G     44.0%     8.0k\n",
        );
        assert_eq!(
            (reading.mem_free_bytes, reading.mem_used_bytes, reading.mem_cached_bytes),
            (Some(1_572_864), Some(2 << 30), Some(8192))
        );
    }

    #[test]
    fn what_only_root_may_use_is_not_available() {
        let reading = read(
            "00:00:01     MBfsfree  MBfsused   %fsused  %ufsused     Ifree     Iused    %Iused FILESYSTEM\n00:10:01        30000     10000     25.00     30.00   2500000    100000      3.85 /dev/sda1\n",
        );
        let filesystem = &reading.filesystems.unwrap()[0];
        assert_eq!(
            (filesystem.available_bytes, filesystem.used_bytes, filesystem.used_pct),
            (None, Some(10_000 << 20), Some(25.0))
        );
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
