//! Performance counters by their paths, `\\HOST\Object(Instance)\Counter`, and CSV files of them.

use super::csv;
use super::text::Text;
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use std::borrow::Cow;

/// A counter's path in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counter {
    pub(super) object: String,
    pub(super) instance: Option<String>,
    pub(super) name: String,
}

impl Counter {
    /// Parts a path; instances hold parentheses and backslashes themselves, so the last `)\` ends one.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.trim();
        let local = match path.strip_prefix("\\\\") {
            Some(remote) => remote.split_once('\\')?.1,
            None => path,
        };
        let local = local.trim_start_matches('\\');
        let part = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        if let Some(end) = local.rfind(")\\") {
            let (object, instance) = local[..end].split_once('(')?;
            let name = part(&local[end + 2..])?;
            return Some(Self { object: part(object)?, instance: Some(instance.to_owned()), name });
        }
        let (object, name) = local.split_once('\\')?;
        Some(Self { object: part(object)?, instance: None, name: part(name)? })
    }

    /// The path without its host.
    pub(super) fn path(&self) -> String {
        match &self.instance {
            Some(instance) => format!("{}({instance})\\{}", self.object, self.name),
            None => format!("{}\\{}", self.object, self.name),
        }
    }
}

/// Counters and their values of the last complete row of a CSV file.
pub(super) fn last_row(
    text: &Text<'_>,
    reading: &mut Reading,
) -> Result<Vec<(Counter, Option<String>)>, ParseError> {
    let mut header: Option<(char, Vec<String>)> = None;
    let mut row: Option<(u32, bool, Vec<Cow<'_, str>>)> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        // What a tool says before its first line may run into it.
        if let Some(at) = line.text.find("\"(PDH-CSV") {
            let separator = csv::separator(&line.text[at..]);
            header = Some((separator, owned(csv::cells(&line.text[at..], separator))));
            row = None;
            continue;
        }
        let Some((separator, names)) = &mut header else { continue };
        let trimmed = line.text.trim();
        if row.is_none() && trimmed.starts_with("\"\\\\") {
            // A header of a field a line.
            names.extend(owned(csv::cells(trimmed, *separator)));
            continue;
        }
        if !trimmed.starts_with('"') {
            continue;
        }
        let cells = csv::cells(trimmed, *separator);
        let complete = cells.len() >= names.len() && trimmed.ends_with(['"', ',', ';']);
        if complete || row.as_ref().is_none_or(|(_, complete, _)| !complete) {
            row = Some((line.number, complete, cells));
        }
        if !complete {
            reading.remark(line.number, "the row has fewer cells than its header: it is cut");
        }
    }
    let Some((_, names)) = header else {
        return Err(text.error(Fault::Missing("the header of a file of counters")));
    };
    let Some((line, complete, mut cells)) = row else {
        return Err(text.error(Fault::Missing("a row of values below the header of counters")));
    };
    if !complete {
        // The last of its cells may be cut as well.
        cells.pop();
    }
    let mut counters = Vec::with_capacity(names.len());
    for (name, cell) in names.iter().zip(cells).skip(1).filter(|(name, _)| !name.is_empty()) {
        let value = cell.trim();
        let value = (!value.is_empty() && value != "-1").then(|| value.to_owned());
        if let Some(counter) = Counter::of(name) {
            counters.push((counter, value));
        } else {
            let name: String = name.chars().take(60).collect();
            reading.remark(line, format!("`{name}` is no counter, left out"));
        }
    }
    Ok(counters)
}

fn owned(cells: Vec<Cow<'_, str>>) -> Vec<String> {
    cells.into_iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_hold_parentheses_and_backslashes() {
        let parts = |path: &str| {
            let counter = Counter::of(path).unwrap();
            (counter.object, counter.instance.unwrap_or_default(), counter.name)
        };
        let parted = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            parts("\\\\h\\Virtual Disk(a (b):scsi0:0)\\Reads/sec"),
            parted("Virtual Disk", "a (b):scsi0:0", "Reads/sec")
        );
        assert_eq!(parts("\\\\h\\Zone(\\_TZ.A)\\Heat"), parted("Zone", "\\_TZ.A", "Heat"));
        assert_eq!(parts("\\\\h\\\\memory\\available bytes"), parted("memory", "", "available bytes"));
        assert_eq!(parts("\\Memory\\Pages/sec"), parted("Memory", "", "Pages/sec"));
        assert_eq!(Counter::of("\\\\h"), None);
    }

    #[test]
    fn last_whole_row_counts() {
        let text = "no termcap entry\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\A\\b\",\"\\\\h\\A\\c\"\n\"t\",\"1\",\" \"\n\"t\",\"2\",\"3\"\n\"t\",\"4\n";
        let mut reading = Reading::default();
        let row = last_row(&Text::of("test", text), &mut reading).unwrap();
        assert_eq!((row[0].1.as_deref(), row[1].1.as_deref()), (Some("2"), Some("3")));
        assert_eq!(reading.remarks[0].line, 4);
    }
}
