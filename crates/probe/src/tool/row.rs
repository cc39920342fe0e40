//! Tables of words under a header: a cell is found by the name of its column.

use super::cut::MARK;
use super::table::parted;
use super::text::{self, Line};
use crate::reading::Reading;
use std::cell::RefCell;

/// The most columns of a table: more than any has, and few enough to look through for each row.
const MOST_COLUMNS: usize = 400;

/// The columns of a table.
#[derive(Debug, Clone)]
pub(super) struct Head<'a>(Vec<&'a str>);

impl<'a> Head<'a> {
    /// Takes each word of a header as a column.
    pub(super) fn of(header: &'a str) -> Self {
        Self::named(header.split_whitespace().take(MOST_COLUMNS + 1).collect())
    }

    /// Takes names that were parted otherwise.
    pub(super) fn named(mut names: Vec<&'a str>) -> Self {
        names.truncate(MOST_COLUMNS);
        Self(names)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn names(&self) -> &[&'a str] {
        &self.0
    }

    /// Whether all of these columns are there, whatever their case.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.place(name).is_some())
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// A row with just as many words as there are columns.
    pub(super) fn row<'h, 'r>(&'h self, line: &Line<'r>) -> Option<Row<'h, 'a, 'r>> {
        let cells: Vec<&str> = line.words().take(self.len() + 1).collect();
        (cells.len() == self.len()).then(|| Row::new(self, cells, line.number))
    }

    /// A row in which the column at `wide` holds whatever words the others leave, blanks included.
    pub(super) fn row_around<'h, 'r>(&'h self, line: &Line<'r>, wide: usize) -> Option<Row<'h, 'a, 'r>> {
        let cells = parted(line.text, wide, self.len())?;
        Some(Row::new(self, cells, line.number))
    }
}

/// One row of a table.
#[derive(Debug)]
pub(super) struct Row<'h, 'a, 'r> {
    head: &'h Head<'a>,
    cells: Vec<&'r str>,
    line: u32,
    /// Columns whose cells are no numbers.
    bad: RefCell<Vec<String>>,
}

impl<'h, 'a, 'r> Row<'h, 'a, 'r> {
    pub(super) const fn new(head: &'h Head<'a>, cells: Vec<&'r str>, line: u32) -> Self {
        Self { head, cells, line, bad: RefCell::new(Vec::new()) }
    }

    /// A cell that says something.
    pub(super) fn text(&self, names: &[&str]) -> Option<&'r str> {
        self.cell(names.iter().find_map(|name| self.head.place(name))?)
    }

    /// The same of a column after that of another name: tables have two columns `sy`.
    fn after(&self, anchor: &str, name: &str) -> Option<usize> {
        let from = self.head.place(anchor)?;
        let names = &self.head.0[from..];
        Some(from + names.iter().position(|column| column.eq_ignore_ascii_case(name))?)
    }

    fn cell(&self, place: usize) -> Option<&'r str> {
        let unknown =
            |cell: &&str| !matches!(*cell, "" | "-" | "--" | "N/A" | "n/a" | "?") && !cell.ends_with(MARK);
        self.cells.get(place).copied().filter(unknown)
    }

    fn parsed<T>(&self, place: usize, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let cell = self.cell(place)?;
        let value = parse(cell);
        if value.is_none() {
            let cell: String = cell.chars().take(40).collect();
            self.bad.borrow_mut().push(format!("{} is `{cell}`", self.head.0[place]));
        }
        value
    }

    fn find<T>(&self, names: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.parsed(names.iter().find_map(|name| self.head.place(name))?, parse)
    }

    pub(super) fn number(&self, names: &[&str]) -> Option<f64> {
        self.find(names, |cell| text::number(cell).filter(|value| *value >= 0.0).map(f64::abs))
    }

    /// A percentage that may pass 100, with or without its sign.
    pub(super) fn percent(&self, names: &[&str]) -> Option<f64> {
        self.find(names, |cell| text::percent(cell).map(f64::abs))
    }

    /// A share of a whole.
    pub(super) fn share(&self, names: &[&str]) -> Option<f64> {
        self.find(names, share)
    }

    pub(super) fn share_after(&self, anchor: &str, name: &str) -> Option<f64> {
        self.parsed(self.after(anchor, name)?, share)
    }

    pub(super) fn count(&self, names: &[&str]) -> Option<u64> {
        self.find(names, text::count)
    }

    /// A count that may be rounded, with a suffix of powers of 1000.
    pub(super) fn rounded(&self, names: &[&str]) -> Option<u64> {
        self.find(names, text::rounded)
    }

    pub(super) fn size(&self, names: &[&str], unit: u64) -> Option<u64> {
        self.find(names, |cell| text::size(cell, unit))
    }

    /// A size as a rate.
    pub(super) fn rate(&self, names: &[&str], unit: u64) -> Option<f64> {
        let parse = |cell: &str| {
            let split = cell.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(cell.len());
            let unit =
                if split == cell.len() { unit } else { text::size(&format!("1{}", &cell[split..]), 1)? };
            text::number(&cell[..split]).filter(|value| *value >= 0.0).map(|value| value.abs() * unit as f64)
        };
        self.find(names, parse)
    }

    /// Says which of its cells were left out.
    pub(super) fn report(&self, reading: &mut Reading) {
        for bad in self.bad.borrow_mut().drain(..) {
            reading.remark(self.line, format!("{bad}, left out"));
        }
    }
}

/// A percentage of at most 100.
pub(super) fn share(cell: &str) -> Option<f64> {
    text::percent(cell).map(f64::abs).filter(|value| *value <= 100.0)
}

/// Whether a row is the end of a text that was cut within its last word.
pub(super) fn is_cut(line: &Line<'_>) -> bool {
    line.text.ends_with(MARK)
}

/// Adds a fact, or says its newest value; half a value is none.
pub(super) fn fact(reading: &mut Reading, name: &str, value: &str) {
    // More facts than any tool has names.
    const MOST: usize = 200;
    if value.ends_with(MARK) {
        return;
    }
    let facts = reading.facts.get_or_insert_default();
    if let Some(known) = facts.iter_mut().find(|(known, _)| known == name) {
        value.clone_into(&mut known.1);
    } else if facts.len() < MOST {
        facts.push((name.to_owned(), value.to_owned()));
    }
}

/// The last complete one of several samples of the same list: one with fewer rows than the one before is cut.
pub(super) fn last_complete<T>(mut samples: Vec<Vec<T>>) -> Option<Vec<T>> {
    let last = samples.pop()?;
    match samples.pop() {
        Some(before) if before.len() > last.len() => Some(before),
        _ => Some(last),
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    #[test]
    fn cells_are_found_by_name_wherever_they_are() {
        let text = Text::of("test", "in sy cs us sy id name\n7 8 -0 1,5 200 x a b");
        let lines: Vec<_> = text.lines().collect();
        let head = Head::of(lines[0].text);
        let row = head.row_around(&lines[1], 6).unwrap();
        assert_eq!((row.number(&["in"]), row.number(&["cs"])), (Some(7.0), Some(0.0)));
        assert_eq!((row.share(&["us"]), row.text(&["name"])), (Some(1.5), Some("a b")));
        assert_eq!((row.share_after("us", "sy"), row.share(&["id"])), (None, None));
        let mut reading = Reading::default();
        row.report(&mut reading);
        assert_eq!(reading.remarks.len(), 2);
        assert!(head.row(&lines[1]).is_none());
    }

    #[test]
    fn cut_sample_gives_way_to_the_one_before() {
        assert_eq!(last_complete(vec![vec![1, 2], vec![3]]), Some(vec![1, 2]));
        assert_eq!(last_complete(vec![vec![1, 2], vec![3, 4]]), Some(vec![3, 4]));
        assert_eq!(last_complete::<u8>(vec![]), None);
    }
}
