//! Objects that PowerShell, wmic and esxcli print: JSON, lists of `name : value`, CSV and tables.

mod json;

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::cut::MARK;
use crate::tool::text::{self, Text};
use crate::tool::{csv, ruled::Ruled};
use std::collections::HashMap;

/// The most objects of a text that are kept.
pub(super) const MOST_RECORDS: usize = 10_000;

/// The properties of an object by their names in lower case; those of an object in it have its name and a point before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record(HashMap<String, String>);

impl Record {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let known = |value: &&str| !value.is_empty() && !value.ends_with(MARK);
        self.0.get(name).map(|value| value.trim()).filter(known)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.text(name).and_then(text::number).filter(|value| *value >= 0.0)
    }

    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(text::count)
    }

    /// The names that hold no blanks are those of other forms.
    pub(super) fn without_blanks(self) -> Self {
        let close = |(name, value): (String, String)| (name.split_whitespace().collect(), value);
        Self(self.0.into_iter().map(close).collect())
    }

    /// A property in units of so many bytes.
    pub(super) fn bytes(&self, name: &str, unit: u64) -> Option<u64> {
        self.count(name)?.checked_mul(unit)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.trim().to_lowercase(), value.trim().to_owned());
    }
}

/// The objects of a text in whatever form.
pub(super) fn read(text: &Text<'_>, reading: &mut Reading) -> Result<Vec<Record>, ParseError> {
    let start = text.lines().find(|line| !line.is_blank() && !line.text.starts_with('#'));
    let first = start.map(|line| line.text.trim()).unwrap_or_default();
    let records = if first.starts_with(['{', '[']) {
        json(text, reading)?
    } else if first.starts_with('"') || first.contains(',') && !first.contains([':', '=']) {
        rows(text, reading)
    } else if text
        .lines()
        .zip(text.lines().skip(1))
        .any(|(head, rule)| Ruled::of(head.text, rule.text).is_some())
    {
        tables(text)
    } else if let Some(table) = plain_table(first).filter(|_| !text.all().contains([':', '='])) {
        plain_rows(text, first, &table)
    } else {
        lists(text)
    };
    if records.is_empty() {
        return Err(text.error(Fault::Missing("an object with properties")));
    }
    if records.len() >= MOST_RECORDS {
        reading.remark(1, format!("more than {MOST_RECORDS} objects: the rest is left out"));
    }
    Ok(records)
}

/// JSON: an object, an array, or several of them one after the other; one that is cut ends the text.
pub(super) fn json(text: &Text<'_>, reading: &mut Reading) -> Result<Vec<Record>, ParseError> {
    let (records, fault) = json::records(text.all(), MOST_RECORDS);
    if let Some((line, fault)) = fault {
        if records.is_empty() {
            let mut failed = text.error(fault);
            failed.line = line;
            return Err(failed);
        }
        reading.remark(line, "no JSON from here on, left out");
    }
    Ok(records)
}

/// CSV with a header, quoted by PowerShell, plain by wmic.
pub(super) fn rows(text: &Text<'_>, reading: &mut Reading) -> Vec<Record> {
    let mut head: Option<(char, Vec<String>)> = None;
    let mut records = Vec::new();
    for line in text.lines() {
        if line.is_blank() {
            // Another object may have other columns.
            continue;
        }
        if line.text.starts_with("#TYPE") {
            head = None;
            continue;
        }
        let Some((separator, names)) = &head else {
            let separator = csv::separator(line.text);
            let names = csv::cells(line.text, separator).iter().map(|name| name.to_lowercase()).collect();
            head = Some((separator, names));
            continue;
        };
        if records.len() >= MOST_RECORDS {
            break;
        }
        let cells = csv::cells(line.text, *separator);
        if cells.len() != names.len() {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        }
        let mut record = Record::default();
        for (name, cell) in names.iter().zip(&cells) {
            record.set(name, cell);
        }
        records.push(record);
    }
    records
}

/// `name : value` with blank lines between objects, or `name=value`.
fn lists(text: &Text<'_>) -> Vec<Record> {
    let mut records = Vec::new();
    let mut record = Record::default();
    let mut last: Option<String> = None;
    let mut equals = false;
    for line in text.lines() {
        if records.len() >= MOST_RECORDS {
            return records;
        }
        let trimmed = line.text.trim();
        if trimmed.is_empty() {
            // wmic puts blank lines between properties too.
            if !equals && record != Record::default() {
                records.push(std::mem::take(&mut record));
            }
            last = None;
            continue;
        }
        let colon = trimmed.split_once(" : ").or_else(|| trimmed.strip_suffix(" :").map(|name| (name, "")));
        let is_word = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        // A line that the console broke goes on below the values.
        let goes_on = last.is_some() && line.text.starts_with(' ');
        let pair = match colon {
            _ if goes_on => None,
            Some(pair) => Some(pair),
            None => trimmed.split_once('=').filter(|(name, _)| is_word(name)).inspect(|_| equals = true),
        };
        match (pair, &last) {
            (Some((name, value)), _) => {
                if record.has(&name.trim().to_lowercase()) {
                    records.push(std::mem::take(&mut record));
                }
                record.set(name, value);
                last = Some(name.trim().to_lowercase());
            }
            // The console broke a long value.
            (None, Some(name)) => {
                if let Some(value) = record.0.get_mut(name) {
                    value.push_str(trimmed);
                }
            }
            (None, None) => {}
        }
    }
    if record != Record::default() {
        records.push(record);
    }
    records
}

/// Tables with a rule of dashes.
pub(super) fn tables(text: &Text<'_>) -> Vec<Record> {
    let mut records = Vec::new();
    let mut table: Option<Ruled> = None;
    let mut before: Option<&str> = None;
    for line in text.lines() {
        if line.is_blank() {
            table = None;
            before = None;
        } else if let Some(next) = before.and_then(|head| Ruled::of(head, line.text)) {
            table = Some(next);
        } else if records.len() >= MOST_RECORDS {
            break;
        } else if let Some(table) = &table {
            let mut record = Record::default();
            for (name, cell) in table.names().iter().zip(table.cells(line.text)) {
                // A name that is cut says nothing.
                if !cell.ends_with("...") && !cell.ends_with('…') {
                    record.set(name, &cell);
                }
            }
            records.push(record);
        } else {
            before = Some(line.text);
        }
    }
    records
}

/// The columns of a table of wmic, which has no rule: names of properties, and two blanks between the longest cells.
fn plain_table(header: &str) -> Option<Ruled> {
    let is_name = |word: &str| {
        word.starts_with(|char: char| char.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if header.is_empty() || header.len() > 4096 || !header.split_whitespace().all(is_name) {
        return None;
    }
    let mut rule = String::with_capacity(header.len() + 64);
    for (at, char) in header.char_indices() {
        let near = header.get(at + 1..at + 3).is_some_and(|next| !next.trim().is_empty());
        rule.push(if char == ' ' && near { ' ' } else { '-' });
    }
    rule.push_str(&"-".repeat(64));
    Ruled::of(header, &rule)
}

fn plain_rows(text: &Text<'_>, header: &str, table: &Ruled) -> Vec<Record> {
    let rows = text.lines().filter(|line| !line.is_blank() && line.text.trim() != header);
    rows.take(MOST_RECORDS)
        .map(|line| {
            let mut record = Record::default();
            for (name, cell) in table.names().iter().zip(table.cells(line.text)) {
                record.set(name, &cell);
            }
            record
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[(&str, &str)]]) {
        let mut reading = Reading::default();
        let records = read(&Text::of("windows cim", text), &mut reading).unwrap();
        assert_eq!(records.len(), expected.len(), "{text}");
        for (record, expected) in records.iter().zip(expected) {
            for (name, value) in *expected {
                assert_eq!(record.text(name), Some(*value), "{text}");
            }
        }
    }

    #[test]
    fn objects_have_many_forms() {
        let two: &[&[(&str, &str)]] = &[&[("name", "a"), ("size", "1")], &[("name", "b c"), ("size", "2")]];
        check("[{\"Name\":\"a\",\"Size\":1},{\"Name\":\"b c\",\"Size\":2}]", two);
        check("{\"Name\":\"a\",\"Size\":1}\r\n{\"Name\":\"b c\",\"Size\":2}\r\n{\"Name\":", two);
        check("Name : a\r\nSize : 1\r\n\r\nName : b c\r\nSize : 2\r\n", two);
        check("\r\r\nName=a\r\r\nSize=1\r\r\n\r\r\n\r\r\nName=b c\r\r\nSize=2\r\r\n", two);
        check("#TYPE X\r\n\"Name\",\"Size\"\r\n\"a\",\"1\"\r\n\"b c\",\"2\"\r\n", two);
        check("Node,Name,Size\r\nH,a,1\r\nH,b c,2\r\n", two);
        check("\r\nName Size\r\n---- ----\r\na       1\r\nb c     2\r\n", two);
        check("{\"Uptime\":{\"Ticks\":1,\"TotalSeconds\":61.5}}", &[&[("uptime.totalseconds", "61.5")]]);
    }

    #[test]
    fn tables_of_wmic_have_no_rule() {
        let text = "FreePhysicalMemory  Name                TotalVisibleMemorySize  \r\r\n10112345            Windows Server 2019 16776696                \r\r\n\r\r\n";
        let records = read(&Text::of("windows cim", text), &mut Reading::default()).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(
            (records[0].count("freephysicalmemory"), records[0].count("totalvisiblememorysize")),
            (Some(10_112_345), Some(16_776_696))
        );
        assert_eq!(records[0].text("name"), Some("Windows Server 2019"));
        let records = read(
            &Text::of("windows cim", "LoadPercentage  \r\r\n12              \r\r\n14              \r\r\n"),
            &mut Reading::default(),
        )
        .unwrap();
        assert_eq!(
            records.iter().map(|record| record.count("loadpercentage")).collect::<Vec<_>>(),
            [Some(12), Some(14)]
        );
    }
}
