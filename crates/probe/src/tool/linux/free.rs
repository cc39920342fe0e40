//! `free`: procps of all versions, and busybox.
//!
//! ```text
//!                total        used        free      shared  buff/cache   available
//! Mem:        24683652     1335120     6890940        8956    16457592    22938216
//! ```
//!
//! The unit of plain numbers is not in the text. It is KiB, unless the command stands above the table, a number
//! has a suffix, or the numbers tell: in KiB `total` is the sum of its parts, rounded ones seldom add up.

use super::super::cut::MARK;
use super::super::figures::amount;
use super::super::text::{Line, Text, number};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

/// One table: its header, and the rows below.
#[derive(Debug, Default)]
struct Table<'a> {
    header: Vec<&'a str>,
    memory: Option<(Line<'a>, Vec<&'a str>)>,
    swap: Option<Vec<&'a str>>,
    /// Less buffers and cache, of older versions.
    less: Option<Vec<&'a str>>,
}

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut unit = None;
    let mut one = None;
    let (mut previous, mut table) = (None, Table::default());
    for line in text.lines() {
        let words: Vec<&str> = line.words().collect();
        let Some((label, cells)) = line.text.split_once([':', '\u{ff1a}']) else {
            if words.contains(&"total")
                || (words.len() >= 3
                    && words.iter().all(|word| number(word).is_none())
                    && line.text.starts_with("   "))
            {
                let before = std::mem::replace(&mut table, Table { header: words, ..Table::default() });
                // What has a colon above the first header is what a login says.
                previous = (before.memory.is_some() && !before.header.is_empty()).then_some(before);
            } else if words.contains(&"MemUse") {
                // One that is cut gives way to the one before.
                one = match (one, one_line(line, &words)) {
                    (Some(Ok(before)), Err(_)) => Some(Ok(before)),
                    (_, found) => Some(found),
                };
            } else {
                unit = unit_of_command(&words).or(unit);
            }
            continue;
        };
        let cells: Vec<&str> = cells.split_whitespace().collect();
        if cells.is_empty() || !cells.iter().all(|cell| is_cell(cell)) {
            continue;
        }
        if label.starts_with("-/+") {
            table.less = Some(cells);
        } else if table.memory.is_none()
            && !matches!(label.trim(), "Low" | "High" | "Total" | "Comm" | "Swap")
        {
            table.memory = Some((line, cells));
        } else if table.swap.is_none() && !matches!(label.trim(), "Low" | "High" | "Total" | "Comm") {
            table.swap = Some(cells);
        }
    }
    if let (Some(one), None) = (one, &table.memory) {
        return one;
    }
    // A table that lacks what the one before had is cut.
    let cut = |table: &Table<'_>, before: &Table<'_>| {
        let width = |table: &Table<'_>| table.memory.as_ref().map(|(_, cells)| cells.len());
        width(table) < width(before) || table.swap.as_ref().map(Vec::len) < before.swap.as_ref().map(Vec::len)
    };
    let table = match previous {
        Some(before) if cut(&table, &before) => before,
        _ => table,
    };
    read(text, &table, unit)
}

/// Whether a word can be a figure, though it be cut.
fn is_cell(word: &str) -> bool {
    word.trim_end_matches(MARK).starts_with(|char: char| char.is_ascii_digit()) && !word.contains(':')
}

fn read(text: &Text<'_>, table: &Table<'_>, unit: Option<u64>) -> Result<Reading, ParseError> {
    let Some((line, memory)) = &table.memory else {
        return Err(text.error(Fault::Missing("the row of memory")));
    };
    let mut reading = Reading::default();
    let names = names(table);
    let suffixed = memory.iter().any(|cell| cell.ends_with(|char: char| char.is_alphabetic()));
    let unit = match unit {
        Some(unit) => unit,
        None if suffixed => 1,
        None => deduced(table, &names, memory, *line, &mut reading),
    };
    for (name, cell) in names.iter().zip(memory) {
        let field = match *name {
            "total" => &mut reading.mem_total_bytes,
            "used" => &mut reading.mem_used_bytes,
            "free" => &mut reading.mem_free_bytes,
            "buff/cache" => &mut reading.mem_buff_cache_bytes,
            "buffers" => &mut reading.mem_buffers_bytes,
            "cache" | "cached" => &mut reading.mem_cached_bytes,
            "available" => &mut reading.mem_available_bytes,
            _ => continue,
        };
        *field = amount(cell, unit);
        if field.is_none() {
            reading.remark(line.number, format!("{name} {cell:?} is cut or garbled"));
        }
    }
    if memory.len() < names.len() && !table.header.is_empty() {
        reading.remark(line.number, "the row of memory ends early");
    }
    if let Some(swap) = &table.swap {
        let cell = |at: usize| swap.get(at).and_then(|cell| amount(cell, unit));
        (reading.swap_total_bytes, reading.swap_used_bytes, reading.swap_free_bytes) =
            (cell(0), cell(1), cell(2));
    }
    if reading.mem_total_bytes.is_none() && reading.mem_used_bytes.is_none() {
        return Err(line.error(Fault::NotANumber("memory")));
    }
    Ok(reading)
}

/// Names of the columns; those of a translated header are known by their order.
fn names<'a>(table: &Table<'a>) -> Vec<&'a str> {
    const KNOWN: [&str; 8] =
        ["total", "used", "free", "shared", "buff/cache", "available", "buffers", "cached"];
    let header = &table.header;
    if header.iter().filter(|name| KNOWN.contains(name)).count() * 2 > header.len() {
        return header.clone();
    }
    match header.len() {
        _ if table.less.is_some() => vec!["total", "used", "free", "shared", "buffers", "cached"],
        7 => vec!["total", "used", "free", "shared", "buffers", "cache", "available"],
        6 if header.iter().any(|name| name.contains('/')) => {
            vec!["total", "used", "free", "shared", "buff/cache", "available"]
        }
        6 => vec!["total", "used", "free", "shared", "buffers", "cached"],
        _ => vec!["total", "used", "free"],
    }
}

/// The unit that a command above the table asks for.
fn unit_of_command(words: &[&str]) -> Option<u64> {
    let at = words.iter().position(|word| *word == "free" || word.ends_with("/free"))?;
    words.iter().skip(at + 1).find_map(|option| match *option {
        "-b" | "--bytes" => Some(1),
        "-k" | "--kibi" => Some(1 << 10),
        "-m" | "--mebi" => Some(1 << 20),
        "-g" | "--gibi" => Some(1 << 30),
        "--kilo" => Some(1000),
        "--mega" => Some(1_000_000),
        "--giga" => Some(1_000_000_000),
        _ => None,
    })
}

/// The unit that the numbers themselves tell.
fn deduced(table: &Table<'_>, names: &[&str], memory: &[&str], line: Line<'_>, reading: &mut Reading) -> u64 {
    let cell = |name: &str| {
        let at = names.iter().position(|known| *known == name)?;
        number(memory.get(at)?)
    };
    let (Some(total), Some(used), Some(free)) = (cell("total"), cell("used"), cell("free")) else {
        return 1024;
    };
    let parts = cell("buff/cache").unwrap_or(0.0);
    let available = cell("available");
    let whole = total > 0.0 && [total, used, free, parts].iter().all(|value| value % 1024.0 == 0.0);
    if whole && total >= 16_777_216.0 {
        reading.remark(line.number, "every number is a multiple of 1024: taken as bytes");
        return 1;
    }
    let adds_up = (used + free + parts - total).abs() < 0.5
        || available.is_some_and(|available| (used + available - total).abs() < 0.5);
    let wide = cell("buffers").zip(cell("cache"));
    let adds_up =
        adds_up || wide.is_some_and(|(buffers, cache)| (used + free + buffers + cache - total).abs() < 0.5);
    let less = table.less.as_ref().and_then(|cells| number(cells.first()?));
    let old = cell("buffers").zip(cell("cached")).zip(less);
    let adds_up =
        adds_up && old.is_none_or(|((buffers, cached), less)| (used - buffers - cached - less).abs() < 0.5);
    // Nothing that runs procps has less than 16 MiB, and nothing that runs it has 256 TiB or more.
    if (adds_up && total >= 16_384.0) || total >= 268_435_456.0 || (wide.is_some() && total >= 1_048_576.0) {
        return 1024;
    }
    // Above a few million the difference is that of two readings, not of rounding.
    if total >= 4_194_304.0 {
        return 1024;
    }
    // Rounded: whole GiB are few, whole MiB are many.
    let (unit, name) = if total <= 256.0 { (1 << 30, "GiB") } else { (1 << 20, "MiB") };
    reading.remark(line.number, format!("the parts do not add up to the total: taken as whole {name}"));
    unit
}

/// `-L`: `SwapUse 0 CachUse 9535836 MemUse 2893900 MemFree 13882272`.
fn one_line(line: Line<'_>, words: &[&str]) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    for pair in words.chunks_exact(2) {
        let [name, cell] = pair else { continue };
        let value = amount(cell, 1024);
        match *name {
            "SwapUse" => reading.swap_used_bytes = value,
            "CachUse" => reading.mem_buff_cache_bytes = value,
            "MemUse" => reading.mem_used_bytes = value,
            "MemFree" => reading.mem_free_bytes = value,
            _ => {}
        }
    }
    if reading.mem_used_bytes.is_none() || reading.mem_free_bytes.is_none() {
        return Err(line.error(Fault::NotANumber("memory")));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Reading {
        parse(&Text::of("free", text)).unwrap()
    }

    const NEW: &str = "               total        used        free      shared  buff/cache   available\nMem:        24683652     1335120     6890940        8956    16457592    22938216\nSwap:        2097148        1024     2096124\n";

    #[test]
    fn kibibytes_add_up() {
        let reading = read_text(NEW);
        assert_eq!(
            (reading.mem_total_bytes, reading.mem_used_bytes),
            (Some(25_276_059_648), Some(1_367_162_880))
        );
        assert_eq!(
            (reading.mem_buff_cache_bytes, reading.mem_available_bytes),
            (Some(16_852_574_208), Some(23_488_733_184))
        );
        assert_eq!((reading.swap_used_bytes, reading.remarks.len()), (Some(1 << 20), 0));
        assert_eq!((reading.mem_buffers_bytes, reading.mem_cached_bytes), (None, None));
    }

    #[test]
    fn older_versions_have_a_row_more() {
        let reading = read_text(
            "             total       used       free     shared    buffers     cached\nMem:       1000000     600000     400000          0      50000     150000\n-/+ buffers/cache:     400000     600000\nSwap:       500000        100     499900\n",
        );
        assert_eq!(
            (reading.mem_used_bytes, reading.mem_cached_bytes),
            (Some(614_400_000), Some(153_600_000))
        );
        assert_eq!((reading.swap_used_bytes, reading.mem_buff_cache_bytes), (Some(102_400), None));
    }

    #[test]
    fn rounded_numbers_do_not_add_up() {
        let reading = read_text(
            "             total       used       free     shared    buffers     cached\nMem:         15942       4321      11620          0        111       2222\n-/+ buffers/cache:       1987      13954\nSwap:         8191          0       8191\n",
        );
        assert_eq!((reading.mem_total_bytes, reading.remarks.len()), (Some(15_942 << 20), 1));
        let command = NEW
            .replace("24683652", "24105")
            .replace("               total", "$ free -m\n               total");
        assert_eq!(read_text(&command).mem_total_bytes, Some(24_105 << 20));
        let bytes = "        total        used        free      shared  buff/cache   available\nMem:    25276059648  1024000  2048000  0  4096000  8192000\n";
        assert_eq!(read_text(bytes).mem_total_bytes, Some(25_276_059_648));
    }

    #[test]
    fn suffixes_say_it() {
        let reading = read_text(
            "               total        used        free      shared  buff/cache   available\nMem:            23Gi       1,7Gi       6.6Gi       8.7Mi        15Gi        21Gi\nSwap:             0B          0B          0B\n",
        );
        assert_eq!((reading.mem_total_bytes, reading.mem_used_bytes), (Some(23 << 30), Some(1_825_361_101)));
        assert_eq!(reading.swap_total_bytes, Some(0));
    }

    #[test]
    fn translated_headers_are_known_by_their_order() {
        let reading = read_text(
            "              gesamt       benutzt     frei      gemns.  Puffer/Cache verf\u{fc}gbar\nSpeicher:    24683652     1335120     6890940        8956    16457592    22938216\nSwap:        2097148        1024     2096124\n",
        );
        assert_eq!(
            (reading.mem_free_bytes, reading.mem_available_bytes),
            (Some(7_056_322_560), Some(23_488_733_184))
        );
        assert_eq!(reading.swap_total_bytes, Some(2_147_479_552));
    }

    #[test]
    fn the_last_complete_table_counts() {
        let two = format!("{NEW}\n{}", NEW.replace("1335120", "1335121"));
        assert_eq!(read_text(&two).mem_used_bytes, Some(1_367_163_904));
        assert_eq!(read_text(&two[..two.len() - 60]).mem_used_bytes, Some(1_367_162_880));
        assert!(parse(&Text::of("free", "free: invalid option -- 'L'\n")).is_err());
    }

    #[test]
    fn of_several_lines_the_last_whole_one_counts() {
        let line = "SwapUse 0 CachUse 9535836 MemUse 2893900 MemFree 13882272\n";
        let second = line.replace("2893900", "2893901");
        let read = |text: &str| parse(&Text::of("free", text)).unwrap().mem_used_bytes;
        assert_eq!(read(&format!("{line}{second}")), Some(2_893_901 << 10));
        assert_eq!(read(&format!("{line}{}", &second[..second.len() - 14])), Some(2_893_900 << 10));
    }

    #[test]
    fn what_a_login_says_is_no_table() {
        let text = "Welcome\n\n  System load:  0.08              Processes:             120\n  Swap usage:   0%\n  Users logged in: 1\n\n               total        used        free      shared  buff/cache   available\nMem:         8008880     2200000     3300000      231424     2508880     5200000\nSwap:        2097148           0     2097148\nDisk: 1 2 3\n";
        let reading = parse(&Text::of("free", text)).unwrap();
        assert_eq!(
            (reading.mem_total_bytes, reading.swap_total_bytes),
            (Some(8_008_880 << 10), Some(2_097_148 << 10))
        );
        assert_eq!(reading.remarks, []);
    }
}
