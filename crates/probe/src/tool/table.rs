//! Tables in which one column may hold blanks, and lists that are bounded.

use super::cut::MARK;
use crate::reading::Reading;

/// The most entries of a list that are kept: twice the processes of a crowded host.
pub(super) const MOST: usize = 20_000;

/// A list of at most [`MOST`] entries.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    list: Vec<T>,
    left_out: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Kept<T> {
    pub(super) const fn new() -> Self {
        Self { list: Vec::new(), left_out: 0 }
    }

    pub(super) fn push(&mut self, entry: T) {
        if self.list.len() < MOST {
            self.list.push(entry);
        } else {
            self.left_out += 1;
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.left_out = 0;
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.list.iter_mut()
    }

    /// The list; what it does not hold is remarked.
    ///
    /// - `line`: where the list begins.
    pub(super) fn finish(self, reading: &mut Reading, line: u32) -> Vec<T> {
        if self.left_out > 0 {
            reading.remark(line, format!("{} more rows than {MOST} are left out", self.left_out));
        }
        self.list
    }
}

/// The columns of a table by name; one of them takes what the others leave, blanks included.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    names: Vec<&'a str>,
    wide: usize,
}

impl<'a> Table<'a> {
    /// Columns from their names.
    ///
    /// - `wide`: names of columns that may hold blanks; the last such column in the table does, else its last one.
    pub(super) fn of(names: Vec<&'a str>, wide: &[&str]) -> Self {
        let is_wide = |name: &&str| wide.iter().any(|wide| wide.eq_ignore_ascii_case(name));
        let wide = names.iter().rposition(is_wide).unwrap_or(names.len().saturating_sub(1));
        Self { names, wide }
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// The place of a column by any of its names, the first name first.
    pub(super) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    /// The same from the right, for names that stand there twice.
    pub(super) fn find_last(&self, name: &str) -> Option<usize> {
        self.names.iter().rposition(|column| column.eq_ignore_ascii_case(name))
    }

    pub(super) const fn len(&self) -> usize {
        self.names.len()
    }

    /// The cells of a row, or `None` when it has fewer than there are columns.
    pub(super) fn row<'r>(&self, row: &'r str) -> Option<Vec<&'r str>> {
        parted(row, self.wide, self.names.len())
    }
}

/// Parts a row into so many cells, of which the one at `wide` holds what the others leave, blanks included; `None`
/// when there are fewer words than cells.
pub(super) fn parted(row: &str, wide: usize, n_cells: usize) -> Option<Vec<&str>> {
    let mut rest = row.trim();
    let mut cells = Vec::with_capacity(n_cells);
    for _ in 0..wide {
        let (cell, after) = rest.split_once(char::is_whitespace)?;
        cells.push(cell);
        rest = after.trim_start();
    }
    let mut last = Vec::new();
    for _ in wide + 1..n_cells {
        let (before, cell) = rest.rsplit_once(char::is_whitespace)?;
        last.push(cell);
        rest = before.trim_end();
    }
    if rest.is_empty() {
        return None;
    }
    cells.push(rest);
    cells.extend(last.into_iter().rev());
    Some(cells)
}

/// Cuts a list that is too long to be of use, and says so.
pub(super) fn bound<T>(list: &mut Vec<T>, what: &str, reading: &mut Reading) {
    if list.len() > MOST {
        reading.remark(1, format!("{} of {} {what} left out", list.len() - MOST, list.len()));
        list.truncate(MOST);
    }
}

/// A list that a reading gets: cut as [`bound`] does; none when nothing is in it.
pub(super) fn listed<T>(mut list: Vec<T>, what: &str, reading: &mut Reading) -> Option<Vec<T>> {
    bound(&mut list, what, reading);
    (!list.is_empty()).then_some(list)
}

/// A cell that may be missing, say in words that it is unknown, or be cut.
pub(super) fn cell<'r>(cells: &[&'r str], at: Option<usize>) -> Option<&'r str> {
    let cell = cells.get(at?).copied()?;
    (!matches!(cell, "-" | "--" | "N/A" | "n/a") && !cell.ends_with(MARK)).then_some(cell)
}

/// What a cell says; when it cannot be read, it is left out and `bad` is set.
pub(super) fn value<T>(cell: Option<&str>, bad: &mut bool, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let value = parse(cell?);
    *bad |= value.is_none();
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_column_takes_the_blanks_wherever_it_stands() {
        let table = Table::of(vec!["PID", "COMMAND", "%CPU", "TIME"], &["command"]);
        assert_eq!(
            table.row(" 7 Mail  Helper (x)  0.5 0:01 "),
            Some(vec!["7", "Mail  Helper (x)", "0.5", "0:01"])
        );
        assert_eq!(table.row("7 0.5 0:01"), None);
        assert_eq!(Table::of(vec!["a", "b"], &[]).row("1 2 3"), Some(vec!["1", "2 3"]));
    }

    #[test]
    fn rows_past_the_bound_are_counted() {
        let mut kept = Kept::new();
        (0..MOST + 3).for_each(|number| kept.push(number));
        let mut reading = Reading::default();
        assert_eq!(kept.finish(&mut reading, 4).len(), MOST);
        assert_eq!(reading.remarks[0].text, "3 more rows than 20000 are left out");
    }

    #[test]
    fn a_dash_is_unknown_and_garbage_is_bad() {
        let mut bad = false;
        assert_eq!(value(cell(&["-"], Some(0)), &mut bad, |word| word.parse::<u8>().ok()), None);
        assert!(!bad);
        assert_eq!(value(cell(&["7x"], Some(0)), &mut bad, |word| word.parse::<u8>().ok()), None);
        assert!(bad);
    }
}
