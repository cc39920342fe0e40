//! `docker stats`: a table, a stream of tables, or a line of JSON for each container.
//!
//! ```text
//! CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     MEM %     NET I/O         BLOCK I/O        PIDS
//! 88a37faa25b0   search    0.27%     1.281GiB / 2.691GiB   47.61%    1.63kB / 942B   312MB / 1.77MB   43
//! ```

use super::super::figures::decimal_amount;
use super::super::json::{self, string};
use super::super::screen;
use super::super::table::Kept;
use super::super::text::{Text, number, percent};
use crate::error::{Fault, ParseError};
use crate::reading::{Container, Reading};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;
use std::iter::Peekable;
use std::str::SplitWhitespace;

/// A column: its title, and how many words its cells have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Id,
    Name,
    Cpu,
    /// `1.281GiB / 2.691GiB`
    Memory,
    MemoryShare,
    Network,
    Block,
    /// Of Windows, which knows no limit.
    WorkingSet,
    Processes,
}

/// Titles, longer ones first; those of Podman and of older versions are among them.
const TITLES: [(&str, Column); 17] = [
    ("CONTAINER ID", Column::Id),
    ("ID", Column::Id),
    ("MEM USAGE/LIMIT", Column::Memory),
    ("NET IO", Column::Network),
    ("BLOCK IO", Column::Block),
    ("CPU TIME", Column::Processes),
    ("AVG CPU %", Column::Processes),
    ("CONTAINER", Column::Id),
    ("NAME", Column::Name),
    ("CPU %", Column::Cpu),
    ("MEM USAGE / LIMIT", Column::Memory),
    ("MEM USAGE", Column::Memory),
    ("MEM %", Column::MemoryShare),
    ("NET I/O", Column::Network),
    ("BLOCK I/O", Column::Block),
    ("PRIV WORKING SET", Column::WorkingSet),
    ("PIDS", Column::Processes),
];

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if json::is(text) {
        return parse_json(text);
    }
    let plain = screen::plain(text.all());
    let text = text.instead(&plain);
    let mut reading = Reading::default();
    let mut header: Option<(u32, Vec<Column>)> = None;
    let (mut previous, mut rows): (Option<Kept<Container>>, Kept<Container>) = (None, Kept::new());
    let mut cut = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some(found) = columns(line.text) {
            if header.is_some() {
                previous = Some(std::mem::take(&mut rows));
            }
            (header, cut) = (Some((line.number, found)), false);
            continue;
        }
        if matches!(line.text.trim(), "^C" | "\u{3}") {
            continue;
        }
        let Some((_, columns)) = &header else { continue };
        if let Some((container, bad)) = container(columns, line.text) {
            rows.push(container);
            if bad {
                reading.remark(line.number, "a number of this row is cut or garbled");
            }
        } else {
            cut = true;
            reading.remark(line.number, "a row is cut or is none");
        }
    }
    let Some((line, _)) = header else {
        return Err(text.error(Fault::Missing("the header `CONTAINER … CPU %`")));
    };
    // A table that ends in the midst of a row, or has none while the one before had, is cut.
    let rows = match previous {
        Some(previous)
            if (cut && rows.len() < previous.len()) || (rows.is_empty() && !previous.is_empty()) =>
        {
            previous
        }
        _ => rows,
    };
    reading.containers = Some(rows.finish(&mut reading, line));
    Ok(reading)
}

/// The columns of a header: known titles and nothing else.
fn columns(line: &str) -> Option<Vec<Column>> {
    let words: Vec<&str> = line.split_whitespace().take(64).collect();
    let line = words.join(" ");
    let mut rest = line.as_str();
    let mut columns = Vec::new();
    while !rest.is_empty() {
        let (title, column) = TITLES.iter().find(|(title, _)| {
            rest.strip_prefix(title).is_some_and(|after| after.is_empty() || after.starts_with(' '))
        })?;
        columns.push(*column);
        rest = rest.strip_prefix(title)?.trim_start();
    }
    (columns.len() > 1).then_some(columns)
}

/// A row, and whether something in it could not be read.
fn container(columns: &[Column], row: &str) -> Option<(Container, bool)> {
    let mut container = Container::default();
    let mut bad = false;
    let row = row.replace('/', " / ");
    let mut words = row.split_whitespace().peekable();
    for column in columns {
        let first = words.next()?;
        let word = &*with_unit(first, &mut words);
        match column {
            Column::Id => container.id = Some(word.to_owned()),
            Column::Name => container.name = Some(word.to_owned()).filter(|name| name != "--"),
            Column::Cpu => container.cpu_pct = known(word, percent, &mut bad),
            Column::MemoryShare => container.mem_pct = known(word, percent, &mut bad),
            Column::WorkingSet => container.mem_used_bytes = known(word, decimal_amount, &mut bad),
            Column::Processes => {}
            Column::Memory | Column::Network | Column::Block => {
                let second = if words.next_if_eq(&"/").is_some() { words.next()? } else { "--" };
                let second = with_unit(second, &mut words);
                let pair = (known(word, decimal_amount, &mut bad), known(&second, decimal_amount, &mut bad));
                set_pair(&mut container, *column, pair);
            }
        }
    }
    Some((container, bad))
}

/// A number with the unit that older versions print as a word of its own.
fn with_unit<'w>(word: &'w str, words: &mut Peekable<SplitWhitespace<'w>>) -> Cow<'w, str> {
    let unit = |next: &&str| next.ends_with('B') && decimal_amount(&format!("1{next}")).is_some();
    match number(word).and_then(|_| words.next_if(unit)) {
        Some(unit) => Cow::Owned(format!("{word}{unit}")),
        None => Cow::Borrowed(word),
    }
}

fn set_pair(container: &mut Container, column: Column, pair: (Option<u64>, Option<u64>)) {
    let fields = match column {
        Column::Memory => (&mut container.mem_used_bytes, &mut container.mem_limit_bytes),
        Column::Network => (&mut container.net_rx_bytes, &mut container.net_tx_bytes),
        _ => (&mut container.block_read_bytes, &mut container.block_write_bytes),
    };
    (*fields.0, *fields.1) = pair;
    // `0B / 0B` of a container that does not run: nothing may use no memory.
    container.mem_limit_bytes = container.mem_limit_bytes.filter(|limit| *limit > 0);
}

/// A cell, when it says something.
fn known<T>(word: &str, parse: impl Fn(&str) -> Option<T>, bad: &mut bool) -> Option<T> {
    if matches!(word, "--" | "N/A") {
        return None;
    }
    let value = parse(word);
    *bad |= value.is_none();
    value
}

/// `--format json`: a line for each container, again and again in a stream.
fn parse_json(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let (mut previous, mut rows): (Option<Kept<Container>>, Kept<Container>) = (None, Kept::new());
    let mut seen: HashSet<String> = HashSet::new();
    let mut error = None;
    let all = text
        .lines()
        .find(|line| !line.is_blank())
        .filter(|line| line.text.trim() == "[" || line.text.trim() == "{");
    let values: Vec<(u32, Value)> = if all.is_some() {
        match json::parse(text)? {
            Value::Array(values) => values.into_iter().map(|value| (1, value)).collect(),
            value => vec![(1, value)],
        }
    } else {
        let mut values = Vec::new();
        for line in text.lines().filter(|line| !line.is_blank()) {
            match serde_json::from_str(line.text.trim()) {
                Ok(Value::Array(rows)) => values.extend(rows.into_iter().map(|row| (line.number, row))),
                Ok(value) => values.push((line.number, value)),
                Err(_) => {
                    reading.remark(line.number, "a line is cut or is no JSON");
                    error = error.or(Some(line.error(Fault::Malformed("a line of JSON, whole to its end"))));
                }
            }
        }
        values
    };
    for (line, value) in values {
        let mut bad = false;
        let container = container_of(&value, &mut bad);
        if bad {
            reading.remark(line, "a number of this container is garbled");
        }
        let id = container.id.clone().or_else(|| container.name.clone()).unwrap_or_default();
        // A container again is the next display.
        if !seen.insert(id.clone()) {
            previous = Some(std::mem::take(&mut rows));
            seen = HashSet::from([id]);
        }
        rows.push(container);
    }
    if let (true, Some(error)) = (rows.is_empty(), error) {
        return Err(error);
    }
    let rows = match previous {
        Some(previous) if error.is_some() && rows.len() < previous.len() => previous,
        _ => rows,
    };
    reading.containers = Some(rows.finish(&mut reading, 1));
    Ok(reading)
}

fn container_of(value: &Value, bad: &mut bool) -> Container {
    let mut container = Container {
        id: string(value, "ID").or_else(|| string(value, "Container")),
        name: string(value, "Name"),
        ..Container::default()
    };
    container.cpu_pct = string(value, "CPUPerc").and_then(|word| known(&word, percent, bad));
    container.mem_pct = string(value, "MemPerc").and_then(|word| known(&word, percent, bad));
    for (name, column) in
        [("MemUsage", Column::Memory), ("NetIO", Column::Network), ("BlockIO", Column::Block)]
    {
        let Some(text) = string(value, name) else { continue };
        let (first, second) = text.split_once('/').unwrap_or((&text, "--"));
        let pair = (known(first.trim(), decimal_amount, bad), known(second.trim(), decimal_amount, bad));
        set_pair(&mut container, column, pair);
    }
    container
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("docker", text)).unwrap()
    }

    const TABLE: &str = "\
CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     MEM %     NET I/O         BLOCK I/O        PIDS
0123456789ab   web       150.25%   1.5GiB / 2GiB         75.00%    1.63kB / 942B   312MB / 1.77MB   43
0123456789ac   old       --        -- / --               --        --              --               --
";

    #[test]
    fn tables_have_units_of_1000_and_of_1024() {
        let containers = read(TABLE).containers.unwrap();
        let web = Container {
            id: Some("0123456789ab".to_owned()),
            name: Some("web".to_owned()),
            cpu_pct: Some(150.25),
            mem_pct: Some(75.0),
            mem_used_bytes: Some(1_610_612_736),
            mem_limit_bytes: Some(2 << 30),
            net_rx_bytes: Some(1630),
            net_tx_bytes: Some(942),
            block_read_bytes: Some(312_000_000),
            block_write_bytes: Some(1_770_000),
        };
        assert_eq!(containers[0], web);
        assert_eq!((containers.len(), containers[1].cpu_pct, containers[1].net_rx_bytes), (2, None, None));
    }

    #[test]
    fn a_container_that_does_not_run_has_no_limit() {
        let text = format!(
            "{}e1e2e3e4e5e6   off       0.00%     0B / 0B               0.00%     0B / 0B         0B / 0B          0\n",
            &TABLE[..=TABLE.find('\n').unwrap()]
        );
        let container = &read(&text).containers.unwrap()[0];
        assert_eq!(
            (container.mem_used_bytes, container.mem_limit_bytes, container.cpu_pct),
            (Some(0), None, Some(0.0))
        );
        let line = r#"{"CPUPerc":"0.00%","Name":"off","MemUsage":"0B / 0B","NetIO":"0B / 0B"}"#;
        assert_eq!(read(line).containers.unwrap()[0].mem_limit_bytes, None);
    }

    #[test]
    fn streams_end_with_their_last_complete_table() {
        let second = TABLE.replace("150.25", "1.00");
        assert_eq!(read(&format!("{TABLE}{second}^C\n")).containers.unwrap()[0].cpu_pct, Some(1.0));
        assert_eq!(read(&format!("{TABLE}{}", &second[..150])).containers.unwrap()[0].cpu_pct, Some(150.25));
        let drawn = format!("\u{1b}[2J\u{1b}[H{TABLE}\u{1b}[2J\u{1b}[H{second}").replace('\n', "\r\n");
        assert_eq!(read(&drawn).containers.unwrap()[0].cpu_pct, Some(1.0));
    }

    #[test]
    fn windows_knows_no_limit() {
        let container = &read("CONTAINER           CPU %               PRIV WORKING SET    NET I/O             BLOCK I/O\n1285939c1fd3        0.07%               796 KiB             788 B / 3.6 kB\n").containers;
        assert_eq!(container.as_ref().map(Vec::len), Some(0));
        let container = &read("CONTAINER ID        CPU %               PRIV WORKING SET    NET I/O             BLOCK I/O\n1285939c1fd3        0.07%               796 KiB            788 B / 3.66 kB   3.5MB / 2MB\n").containers.unwrap()[0];
        assert_eq!(
            (container.mem_used_bytes, container.mem_limit_bytes, container.net_tx_bytes),
            (Some(815_104), None, Some(3660))
        );
    }

    #[test]
    fn lines_of_json_are_understood() {
        let line = r#"{"BlockIO":"0B / 13.3kB","CPUPerc":"0.03%","Container":"web","ID":"ed37","MemPerc":"0.24%","MemUsage":"2.5MiB / 1GiB","Name":"web","NetIO":"539kB / 606kB","PIDs":"2"}"#;
        let reading = read(&format!("{line}\n{}\n{}", line.replace("0.03", "0.04"), &line[..40]));
        let containers = reading.containers.unwrap();
        assert_eq!(
            (containers.len(), containers[0].cpu_pct, containers[0].mem_limit_bytes),
            (1, Some(0.04), Some(1 << 30))
        );
        assert_eq!(containers[0].block_write_bytes, Some(13_300));
        assert!(parse(&Text::of("docker", &line[..40])).is_err());
    }
}
