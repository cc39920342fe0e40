//! `systeminfo`: a list, `/fo csv` or `/fo table`, in the language of Windows.
//!
//! Labels are translated, but their order is not: the five sizes stand one after the other everywhere.

use super::thousands;
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::fact;
use crate::tool::text::Text;
use crate::tool::{csv, span};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let pairs = pairs(text);
    // Sizes in a row: physical memory, what is available of it, then virtual memory three times.
    let sizes: Vec<Option<u64>> = pairs.iter().map(|(_, value)| size(value)).collect();
    let first = sizes.windows(2).position(|pair| pair[0].is_some() && pair[1].is_some());
    if let Some(first) = first {
        reading.mem_total_bytes = sizes[first];
        reading.mem_available_bytes = sizes[first + 1];
        for (name, at) in [
            ("virtual memory max bytes", 2),
            ("virtual memory available bytes", 3),
            ("virtual memory in use bytes", 4),
        ] {
            if let Some(bytes) = sizes.get(first + at).copied().flatten() {
                fact(&mut reading, name, &bytes.to_string());
            }
        }
    }
    for (at, name) in ["host name", "os name", "os version"].iter().enumerate() {
        // They stand first, whatever they are called.
        if let (Some((_, value)), true) = (pairs.get(at), first.is_some_and(|first| first > 2)) {
            fact(&mut reading, name, value);
        }
    }
    for (label, value) in &pairs {
        match label.to_lowercase().as_str() {
            "host name" | "hostname" => fact(&mut reading, "host name", value),
            "os name" => fact(&mut reading, "os name", value),
            "os version" => fact(&mut reading, "os version", value),
            "system boot time" => fact(&mut reading, "system boot time", value),
            "system up time" => reading.uptime_seconds = span::up(value),
            _ => {}
        }
    }
    if reading.mem_total_bytes.is_none() && reading.facts.is_none() && reading.uptime_seconds.is_none() {
        return Err(text.error(Fault::Missing("the sizes of memory")));
    }
    Ok(reading)
}

/// Labels and values of lines that are not indented, or of the columns of a CSV file.
fn pairs(text: &Text<'_>) -> Vec<(String, String)> {
    let lines: Vec<_> = text.lines().filter(|line| !line.is_blank()).collect();
    if let [header, .., row] = &lines[..]
        && header.text.trim_start().starts_with('"')
    {
        let separator = csv::separator(header.text);
        let names = csv::cells(header.text, separator);
        let cells = csv::cells(row.text, separator);
        return names
            .iter()
            .zip(cells)
            .map(|(name, cell)| (name.trim().to_owned(), cell.trim().to_owned()))
            .collect();
    }
    // `Virtual Memory: Max Size:  37,367 MB` has a colon in its label, and a time has some in its value: values start in
    // one column, that of the first line, or behind blanks.
    let mut pairs = Vec::new();
    for line in lines.iter().filter(|line| !line.text.starts_with([' ', '\t'])) {
        let label_end = line
            .text
            .char_indices()
            .filter(|(_, char)| *char == ':')
            .map(|(at, _)| at)
            .find(|at| line.text[at + 1..].starts_with("  ") || line.text[at + 1..].trim().is_empty())
            .or_else(|| {
                // One blank behind the longest label: the last colon before digits.
                let value = line.text.rsplit_once(": ");
                value.filter(|(_, value)| size(value).is_some()).map(|(label, _)| label.len())
            })
            .or_else(|| line.text.find(": "));
        let Some(end) = label_end else { continue };
        pairs.push((line.text[..end].trim().to_owned(), line.text[end + 1..].trim().to_owned()));
    }
    pairs
}

/// `32,503 MB`, `32 503 Mo`, `32 503 МБ`: whole mebibytes.
fn size(value: &str) -> Option<u64> {
    let (number, unit) = thousands::parse(value)?;
    matches!(unit.as_str(), "mb" | "mo" | "мб" | "mib").then(|| number.checked_mul(1 << 20))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("windows systeminfo", text)).unwrap()
    }

    #[test]
    fn sizes_go_by_their_order() {
        let reading = read(
            "\r\nHostname:                                      SHOP1\r\nBetriebssystemname:                            Microsoft Windows 11 Pro\r\n\
             Betriebssystemversion:                         10.0.22631 Nicht zutreffend Build 22631\r\n\
             Prozessor(en):                                 1 Prozessor(en) installiert.\r\n\
             \x20                                              [01]: Intel64 Family 6 ~2592 MHz\r\n\
             Gesamter physischer Speicher:                  8.192 MB\r\n\
             Verf\u{fc}gbarer physischer Speicher:               4.096 MB\r\n\
             Virtueller Arbeitsspeicher: Maximale Gr\u{f6}\u{df}e:    9.216 MB\r\n\
             Virtueller Arbeitsspeicher: Verf\u{fc}gbar:         5.120 MB\r\n\
             Virtueller Arbeitsspeicher: Zurzeit verwendet: 4.096 MB\r\n",
        );
        assert_eq!((reading.mem_total_bytes, reading.mem_available_bytes), (Some(8 << 30), Some(4 << 30)));
        let facts = reading.facts.unwrap();
        assert!(facts.contains(&("host name".to_owned(), "SHOP1".to_owned())));
        assert!(facts.contains(&("virtual memory in use bytes".to_owned(), "4294967296".to_owned())));
        assert_eq!(reading.swap_total_bytes, None);
    }

    #[test]
    fn csv_and_up_time() {
        let reading = read(
            "\"Host Name\",\"OS Name\",\"OS Version\",\"Total Physical Memory\",\"Available Physical Memory\"\r\n\"SHOP1\",\"Windows\",\"10\",\"2,048 MB\",\"1,024 MB\"\r\n",
        );
        assert_eq!((reading.mem_total_bytes, reading.mem_available_bytes), (Some(2 << 30), Some(1 << 30)));
        let reading =
            read("Host Name:      SHOP1\nSystem Up Time: 4 Days, 2 Hours, 12 Minutes, 10 Seconds\n");
        assert_eq!(reading.uptime_seconds, Some(4 * 86_400 + 2 * 3_600 + 12 * 60 + 10));
    }
}
