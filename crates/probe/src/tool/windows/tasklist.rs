//! `tasklist`: a table below `====`, `/fo csv` or `/fo list`; labels are translated and their order is not.

use super::thousands;
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading};
use crate::tool::table::bound;
use crate::tool::text::{self, Line, Text};
use crate::tool::{csv, ruled::Ruled};
use std::borrow::Cow;

/// The form of the text.
enum Form {
    Table(Vec<std::ops::Range<usize>>),
    Csv(char, usize),
    List,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut list: Vec<Process> = Vec::new();
    let mut form: Option<Form> = None;
    let mut before: Option<Line<'_>> = None;
    // Of a list: the label that starts a process, and its values so far.
    let mut label: Option<String> = None;
    let mut values: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some(table) = before.and_then(|head| Ruled::of(head.text, line.text)) {
            form = Some(Form::Table(table.spans().to_vec()));
            list.clear();
            continue;
        }
        before = Some(line);
        match &form {
            Some(Form::Table(spans)) => {
                let cells = slices(line.text, spans);
                // Names of services and modules go on below.
                if cells.first().is_some_and(|name| !name.is_empty()) {
                    add(&mut list, &mut reading, line.number, &cells);
                }
            }
            Some(Form::Csv(separator, n_columns)) => {
                let cells: Vec<String> =
                    csv::cells(line.text, *separator).into_iter().map(Cow::into_owned).collect();
                if cells.len() == *n_columns {
                    add(&mut list, &mut reading, line.number, &cells);
                } else {
                    reading.remark(line.number, "the row has not the columns of its header, left out");
                }
            }
            Some(Form::List) => {
                let Some((name, value)) = line.text.split_once(':') else { continue };
                if label.as_deref() == Some(name.trim()) {
                    add(&mut list, &mut reading, line.number, &values);
                    values.clear();
                }
                values.push(value.trim().to_owned());
            }
            None if line.text.trim_start().starts_with('"') => {
                let separator = csv::separator(line.text);
                let cells: Vec<String> =
                    csv::cells(line.text, separator).into_iter().map(Cow::into_owned).collect();
                form = Some(Form::Csv(separator, cells.len()));
                // Without a header (`/nh`) the first row is one.
                if cells.get(1).and_then(|pid| text::count(pid)).is_some() {
                    add(&mut list, &mut reading, line.number, &cells);
                }
            }
            None => {
                let Some((name, value)) = line.text.split_once(":  ") else { continue };
                form = Some(Form::List);
                label = Some(name.trim().to_owned());
                values.push(value.trim().to_owned());
            }
        }
    }
    if matches!(form, Some(Form::List)) && values.len() > 1 {
        add(&mut list, &mut reading, 1, &values);
    }
    // `INFO: No tasks are running which match the specified criteria.`
    if form.is_none() || (list.is_empty() && matches!(form, Some(Form::List))) {
        return Err(text.error(Fault::Missing("a list of processes")));
    }
    bound(&mut list, "processes", &mut reading);
    reading.processes = Some(list);
    Ok(reading)
}

/// The cells of a row below its rule, of which each column ends where its `=` do.
fn slices(row: &str, spans: &[std::ops::Range<usize>]) -> Vec<String> {
    let chars: Vec<char> = row.chars().collect();
    let cell = |(at, span): (usize, &std::ops::Range<usize>)| {
        let end = if at + 1 == spans.len() { chars.len() } else { span.end.min(chars.len()) };
        chars.get(span.start.min(end)..end).unwrap_or_default().iter().collect::<String>().trim().to_owned()
    };
    spans.iter().enumerate().map(cell).collect()
}

/// Name, number, session, its number, memory; with `/v` also status, user, time, title.
fn add(list: &mut Vec<Process>, reading: &mut Reading, line: u32, cells: &[String]) {
    let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let Some(pid) = cell(1).and_then(text::count) else {
        reading.remark(line, "the process has no number, left out");
        return;
    };
    let memory = cell(4);
    let verbose = cells.len() >= 9;
    // Three columns are those of `/svc` and `/m`, and have no memory.
    let rss_bytes = memory.and_then(kibibytes);
    if cells.len() >= 5 && rss_bytes.is_none() && memory.is_some_and(|memory| memory != "N/A") {
        reading.remark(line, "the memory is cut, left out");
    }
    let known = |at: usize| cell(at).filter(|value| verbose && *value != "N/A").map(str::to_owned);
    list.push(Process {
        pid: Some(pid),
        command: cell(0).map(str::to_owned),
        rss_bytes,
        state: known(5),
        user: known(6),
        ..Process::default()
    });
}

/// `1,234 K`, `1 234 Ko`, `1 234 КБ`.
fn kibibytes(value: &str) -> Option<u64> {
    let (number, unit) = thousands::parse(value)?;
    matches!(unit.as_str(), "k" | "ko" | "kb" | "кб" | "к").then(|| number.checked_mul(1 << 10))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Process> {
        parse(&Text::of("windows tasklist", text)).unwrap().processes.unwrap()
    }

    #[test]
    fn table_is_cut_at_its_rule() {
        let list = read(
            "\r\nAbbildname                     PID Sitzungsname       Sitz.-Nr. Speichernutzung\r\n\
             ========================= ======== ================ =========== ===============\r\n\
             System Idle Process              0 Services                   0             8 K\r\n\
             shop server.exe               4711                            1     1.702.992 K\r\n\
             cut.exe                       4712 Console                    1     1.70\r\n",
        );
        assert_eq!((list.len(), list[0].pid, list[0].rss_bytes), (3, Some(0), Some(8192)));
        assert_eq!(
            (list[1].command.as_deref(), list[1].rss_bytes),
            (Some("shop server.exe"), Some(1_743_863_808))
        );
        assert_eq!(list[2].rss_bytes, None);
    }

    #[test]
    fn csv_and_lists() {
        let list = read(
            "\"Nom de l'image\",\"PID\",\"S\",\"N\",\"Utilisation\",\"Statut\",\"Utilisateur\",\"Temps\",\"Titre\"\r\n\"a.exe\",\"12\",\"Console\",\"1\",\"1\u{a0}024 Ko\",\"Running\",\"SHOP\\adm\",\"0:00:01\",\"N/A\"\r\n\"b\",\"1\r\n",
        );
        assert_eq!(
            (list.len(), list[0].rss_bytes, list[0].user.as_deref()),
            (1, Some(1 << 20), Some("SHOP\\adm"))
        );
        let list = read(
            "\r\nImage Name:   a.exe\r\nPID:          5\r\nSession Name: Console\r\nSession#:     1\r\nMem Usage:    2,048 K\r\n\r\nImage Name:   b.exe\r\nPID:          6\r\nSession Name: Console\r\nSession#:     1\r\nMem Usage:    8 K\r\n",
        );
        assert_eq!((list.len(), list[0].rss_bytes, list[1].pid), (2, Some(2 << 20), Some(6)));
    }
}
