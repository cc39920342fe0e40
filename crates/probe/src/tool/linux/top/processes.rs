//! The table of `top`: any fields in any order, under a header that may be translated or cut.

use super::super::super::figures::amount;
use super::super::super::table::{Kept, Table, cell, value};
use super::super::super::text::{Line, count, number};
use crate::reading::{Process, Reading};
use std::borrow::Cow;

/// The fields of a default table, in order.
const DEFAULT: [&str; 12] =
    ["PID", "USER", "PR", "NI", "VIRT", "RES", "SHR", "S", "%CPU", "%MEM", "TIME+", "COMMAND"];

/// Fields whose cells may hold blanks.
const WIDE: [&str; 2] = ["COMMAND", "ENVIRON"];

/// A header.
pub(super) struct Header;

impl Header {
    /// Whether a line is one: three names of fields and no number.
    pub(super) fn is(line: &str) -> bool {
        const MORE: [&str; 5] = ["PPID", "TIME", "UID", "nTH", "SWAP"];
        let known = |word: &&str| DEFAULT.contains(word) || MORE.contains(word);
        line.split_whitespace().filter(known).count() >= 3
            && !line.split_whitespace().any(|word| word.starts_with(|char: char| char.is_ascii_digit()))
    }
}

/// Names of a header's fields. Translated ones are named by their place in a default table.
fn names<'a>(header: &'a str, first_row: Option<&str>) -> Vec<&'a str> {
    // The column that toybox sorts by stands in brackets, which may touch the one before: `S[%CPU]`.
    let apart = |char: char| char.is_whitespace() || matches!(char, '[' | ']');
    let mut names: Vec<&str> = header.split(apart).filter(|name| !name.is_empty()).collect();
    if let Some(last) = names.last_mut().filter(|last| **last == "ARGS") {
        *last = "COMMAND";
    }
    // Where the state is called by a blank, its column is known by its letter.
    if let Some(at) = names.iter().position(|name| *name == "SHR").filter(|_| !names.contains(&"S")) {
        let cell = first_row.and_then(|row| row.split_whitespace().nth(at + 1)).unwrap_or_default();
        if names.get(at + 1) == Some(&"%CPU") && cell.len() == 1 && cell.starts_with(char::is_alphabetic) {
            names.insert(at + 1, "S");
        }
    }
    let known = names.iter().zip(DEFAULT).filter(|(name, default)| *name == default).count();
    if names.len() <= DEFAULT.len() && known * 2 >= names.len() {
        for (name, default) in names.iter_mut().zip(DEFAULT) {
            // The last one may be cut instead.
            if !DEFAULT.contains(name) && !default.starts_with(*name) {
                *name = default;
            }
        }
    }
    names
}

pub(super) fn read(header: Line<'_>, rows: Kept<Line<'_>>, reading: &mut Reading) {
    let names = names(header.text, rows.iter().next().map(|line| line.text));
    let wide = names.iter().filter(|name| WIDE.contains(name)).count();
    let inside = if wide > 1 { Inside::of(header.text, &names) } else { None };
    let table = Table::of(names, &WIDE);
    let at = Places::of(&table);
    let mut processes = Kept::new();
    for line in rows.iter() {
        let text = line.text.trim();
        if text.chars().all(|char| matches!(char, '.' | '…')) {
            continue;
        }
        let joined = joined(&table, text);
        let cells = match &inside {
            Some(inside) => inside.row(line.text),
            None => table.row(&joined),
        };
        let process = cells.and_then(|cells| at.process(&cells, *line, reading));
        match process {
            Some(process) => processes.push(process),
            None => reading.remark(line.number, "a row is cut or is none"),
        }
    }
    let processes = processes.finish(reading, header.number);
    rows.finish(reading, header.number);
    reading.processes = Some(processes);
}

/// A state of two words as one, as procps 2 writes it: `S <`.
fn joined<'r>(table: &Table<'_>, row: &'r str) -> Cow<'r, str> {
    let words = || row.split_whitespace();
    let place = table.find(&["STAT"]).filter(|at| matches!(words().nth(at + 1), Some("<" | "N" | "<N")));
    match place {
        Some(at) => Cow::Owned(
            words()
                .enumerate()
                .filter(|(word, _)| *word != at + 1)
                .map(|(_, word)| word)
                .collect::<Vec<_>>()
                .join(" "),
        ),
        None => Cow::Borrowed(row),
    }
}

/// Where the fields that are of use stand.
struct Places {
    pid: Option<usize>,
    ppid: Option<usize>,
    user: Option<usize>,
    state: Option<usize>,
    cpu: Option<usize>,
    mem: Option<usize>,
    rss: Option<usize>,
    virt: Option<usize>,
    nlwp: Option<usize>,
    command: Option<usize>,
}

impl Places {
    fn of(table: &Table<'_>) -> Self {
        Self {
            pid: table.find(&["PID"]),
            ppid: table.find(&["PPID"]),
            user: table.find(&["USER", "RUSER", "UID"]),
            state: table.find(&["S", "STAT"]),
            cpu: table.find(&["%CPU"]),
            mem: table.find(&["%MEM"]),
            rss: table.find(&["RES", "RSS"]),
            virt: table.find(&["VIRT", "SIZE"]),
            nlwp: table.find(&["nTH"]),
            command: table.find(&["COMMAND"]),
        }
    }

    fn process(&self, cells: &[&str], line: Line<'_>, reading: &mut Reading) -> Option<Process> {
        let mut bad = false;
        let size = |cell: &str| amount(cell, 1024);
        let text = |at| cell(cells, at).map(str::to_owned);
        let pid = match self.pid {
            Some(at) => Some(count(cells.get(at)?)?),
            None => None,
        };
        let process = Process {
            pid,
            ppid: value(cell(cells, self.ppid), &mut bad, count),
            user: text(self.user),
            state: text(self.state),
            cpu_pct: value(cell(cells, self.cpu), &mut bad, number),
            mem_pct: value(cell(cells, self.mem), &mut bad, number),
            rss_bytes: value(cell(cells, self.rss), &mut bad, size),
            virt_bytes: value(cell(cells, self.virt), &mut bad, size),
            nlwp: value(cell(cells, self.nlwp), &mut bad, count),
            command: text(self.command),
        };
        if bad {
            reading.remark(line.number, "a number of this row is cut or garbled");
        }
        Some(process)
    }
}

/// A table with two fields that hold blanks: the end of the first one is known from the header's places alone.
struct Inside {
    /// Fields before the command.
    before: usize,
    /// Fields behind it, as far as none of them may hold blanks.
    behind: usize,
    /// Where the header has the command, and where the field behind it begins and ends, in characters.
    start: usize,
    next: (usize, usize),
}

impl Inside {
    fn of(header: &str, names: &[&str]) -> Option<Self> {
        let before = names.iter().position(|name| WIDE.contains(name))?;
        let behind = names.iter().skip(before + 1).take_while(|name| !WIDE.contains(name)).count();
        let mut places = Vec::new();
        let mut inside = false;
        for (at, char) in header.chars().enumerate() {
            if !char.is_whitespace() && !inside {
                places.push((at, at));
            }
            inside = !char.is_whitespace();
            if let Some(place) = places.last_mut().filter(|_| inside) {
                place.1 = at + 1;
            }
        }
        let start = places.get(before)?.0;
        let next = *places.get(before + 1)?;
        Some(Self { before, behind, start, next })
    }

    /// The cells up to the next field that may hold blanks.
    fn row<'r>(&self, row: &'r str) -> Option<Vec<&'r str>> {
        let mut rest = row.trim_start();
        let mut cells = Vec::with_capacity(self.before + self.behind + 1);
        for _ in 0..self.before {
            let (cell, after) = rest.split_once(char::is_whitespace)?;
            cells.push(cell);
            rest = after.trim_start();
        }
        // Numbers wider than their column move everything behind them.
        let byte = |chars: usize| rest.char_indices().nth(chars).map_or(rest.len(), |(at, _)| at);
        let end = byte(self.next.1.checked_sub(self.start)?);
        let (mut command, mut after) = rest.split_at(end);
        if after.starts_with(|char: char| !char.is_whitespace()) {
            (command, after) = rest.split_at(byte(self.next.0 - self.start));
        } else {
            let (text, _) = command.trim_end().rsplit_once(char::is_whitespace)?;
            (command, after) = rest.split_at(text.len());
        }
        cells.push(command.trim_end());
        cells.extend(after.split_whitespace().take(self.behind));
        (cells.len() == self.before + self.behind + 1).then_some(cells)
    }
}
