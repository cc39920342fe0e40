//! What a terminal shows after a program has drawn on it: escapes in, text out.
//!
//! Rows that did not change are not sent again, so escapes cannot just be dropped. The screen grows as it is
//! drawn on, for the text does not say how large the terminal was.
//!
//! Invariants
//! - SC-1: whatever the escapes ask for, the screen has at most [`ROWS`] rows of [`COLUMNS`] characters.
//! - SC-2: and no more than [`WORK`] cells are moved for each byte of the text.

use super::cut::MARK;
use std::borrow::Cow;
use std::collections::VecDeque;
use vte::{Params, Parser, Perform};

/// More than the tallest terminal that anybody asks for.
const ROWS: usize = 400;
/// The width that `top -w` can have at most.
const COLUMNS: usize = 512;
/// An honest picture copies each of its cells once; a million more are for small texts.
const WORK: usize = 16;

/// A text as it is, or what it has drawn when it has escapes in it.
///
/// A picture counts once it is whole: when the last one was cut, the one before it is returned.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let control = if text.contains('\u{1b}') {
        Cow::Borrowed(text)
    } else if text.contains("^[[") {
        // Copied from where escapes are shown as two characters.
        Cow::Owned(text.replace("^[", "\u{1b}"))
    } else {
        return Cow::Borrowed(text);
    };
    let mut screen = Screen { work_left: (1 << 20) + control.len() * WORK, ..Screen::default() };
    Parser::new().advance(&mut screen, control.as_bytes());
    // Half a word may stand where the text ends.
    if screen.printed && screen.last != ' ' {
        screen.print(MARK);
    }
    Cow::Owned(screen.text())
}

type Row = Vec<char>;

#[derive(Debug, Default)]
struct Screen {
    rows: VecDeque<Row>,
    /// The picture before the one that is being drawn.
    whole: Vec<Row>,
    /// Which rows differ from it.
    changed: Vec<bool>,
    work_left: usize,
    row: usize,
    column: usize,
    /// The lowest row written to since the picture began, and in the one before.
    lowest: usize,
    lowest_before: usize,
    dirty: bool,
    last: char,
    /// Whether a character was drawn last, and no escape.
    printed: bool,
}

impl Screen {
    fn text(mut self) -> String {
        // The picture under way is whole when it reaches as far down as the one before.
        if self.lowest < self.lowest_before && self.dirty {
            self.rows = self.whole.into();
        }
        let mut text = String::new();
        for row in &self.rows {
            text.extend(row.iter());
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }

    fn touch(&mut self, row: usize) {
        if self.changed.len() <= row {
            self.changed.resize(row + 1, false);
        }
        if let Some(changed) = self.changed.get_mut(row) {
            *changed = true;
        }
    }

    /// A row that is drawn on.
    fn row_mut(&mut self) -> &mut Row {
        let row = self.row.min(ROWS - 1);
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Row::new);
        }
        self.touch(row);
        &mut self.rows[row]
    }

    /// The cursor went home: what stands there is a picture, if anything was drawn.
    fn home(&mut self) {
        if !self.dirty || self.work_left == 0 {
            return;
        }
        self.whole.resize_with(self.rows.len(), Row::new);
        let mut cells = ROWS;
        for ((changed, row), whole) in self.changed.iter_mut().zip(&self.rows).zip(&mut self.whole) {
            if std::mem::take(changed) {
                whole.clone_from(row);
                cells += row.len();
            }
        }
        // No program draws so: what is there at the end has to do.
        let honest = self.work(cells);
        self.lowest_before = if honest { self.lowest } else { 0 };
        (self.lowest, self.dirty) = (0, !honest);
    }

    /// Whether so many cells may still be moved (SC-2).
    fn work(&mut self, cells: usize) -> bool {
        let left = self.work_left.checked_sub(cells);
        self.work_left = left.unwrap_or(0);
        left.is_some()
    }

    fn all_changed(&mut self) {
        self.changed.clear();
        self.changed.resize(self.rows.len(), true);
    }

    fn line_feed(&mut self) {
        self.reach(self.row + 1);
        if self.row + 1 < ROWS {
            self.row += 1;
        } else if self.rows.pop_front().is_some() {
            self.all_changed();
        }
    }

    /// The picture goes as far down as this. Rows that are passed over or emptied are drawn too.
    fn reach(&mut self, row: usize) {
        self.lowest = self.lowest.max(row.min(ROWS));
    }

    fn erase_line(&mut self, what: u16) {
        self.reach(self.row);
        let column = self.column;
        let row = self.row_mut();
        match what {
            0 => row.truncate(column),
            1 => row.iter_mut().take(column + 1).for_each(|cell| *cell = ' '),
            _ => row.clear(),
        }
    }

    fn erase(&mut self, what: u16) {
        let (above, below) = match what {
            0 => (0, self.row + 1),
            1 => (self.row, self.rows.len()),
            _ => (0, 0),
        };
        if what < 2 {
            self.erase_line(what);
        }
        if what == 0 && self.dirty {
            self.reach(ROWS);
        }
        for at in (0..above).chain(below..self.rows.len()) {
            if let Some(row) = self.rows.get_mut(at).filter(|row| !row.is_empty()) {
                row.clear();
                self.touch(at);
            }
        }
    }
}

impl Perform for Screen {
    fn print(&mut self, char: char) {
        if self.column >= COLUMNS {
            return;
        }
        let column = self.column;
        let row = self.row_mut();
        if row.len() <= column {
            row.resize(column + 1, ' ');
        }
        row[column] = char;
        self.column += 1;
        self.last = char;
        (self.dirty, self.printed) = (true, true);
        self.reach(self.row);
    }

    fn execute(&mut self, byte: u8) {
        self.printed = false;
        match byte {
            b'\n' | 0x0b | 0x0c => self.line_feed(),
            b'\r' => self.column = 0,
            0x08 => self.column = self.column.saturating_sub(1),
            b'\t' => self.column = (self.column / 8 * 8 + 8).min(COLUMNS - 1),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        self.printed = false;
        if ignore || !intermediates.is_empty() {
            return;
        }
        let mut numbers = params.iter().map(|group| group.first().copied().unwrap_or_default());
        let first = numbers.next().unwrap_or_default();
        let second = numbers.next().unwrap_or_default();
        // Counts and places begin at one, and zero means one.
        let count = usize::from(first.max(1)).min(COLUMNS);
        let place = |number: u16, most: usize| usize::from(number.max(1) - 1).min(most - 1);
        let moves = match action {
            'J' | 'L' | 'M' => ROWS,
            'P' | '@' | 'X' | 'K' | 'b' => count,
            _ => 0,
        };
        if !self.work(moves) {
            return;
        }
        match action {
            'H' | 'f' => {
                (self.row, self.column) = (place(first, ROWS), place(second, COLUMNS));
                if (self.row, self.column) == (0, 0) {
                    self.home();
                }
            }
            'A' => self.row = self.row.saturating_sub(count),
            'B' | 'e' => self.row = (self.row + count).min(ROWS - 1),
            'C' | 'a' => self.column = (self.column + count).min(COLUMNS - 1),
            'D' => self.column = self.column.saturating_sub(count),
            'E' => (self.row, self.column) = ((self.row + count).min(ROWS - 1), 0),
            'F' => (self.row, self.column) = (self.row.saturating_sub(count), 0),
            'G' | '`' => self.column = place(first, COLUMNS),
            'd' => self.row = place(first, ROWS),
            'J' => self.erase(first),
            'K' => self.erase_line(first),
            'P' => {
                let column = self.column;
                let row = self.row_mut();
                let end = (column + count).min(row.len());
                if column < end {
                    row.drain(column..end);
                }
            }
            '@' => {
                let column = self.column;
                let row = self.row_mut();
                if column < row.len() {
                    row.splice(column..column, std::iter::repeat_n(' ', count));
                    row.truncate(COLUMNS);
                }
            }
            'X' => {
                let column = self.column;
                self.row_mut().iter_mut().skip(column).take(count).for_each(|cell| *cell = ' ');
            }
            'b' => {
                let char = self.last;
                (0..count).for_each(|_| self.print(char));
            }
            'L' | 'M' => {
                self.row_mut();
                let (row, length) = (self.row, self.rows.len());
                let count = count.min(length - row.min(length));
                if let Some(below) = self.rows.make_contiguous().get_mut(row..) {
                    if action == 'L' {
                        below.rotate_right(count);
                        below.iter_mut().take(count).for_each(Row::clear);
                    } else {
                        below.rotate_left(count);
                        below.iter_mut().rev().take(count).for_each(Row::clear);
                    }
                }
                self.all_changed();
            }
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        self.printed = false;
        match (intermediates, byte) {
            ([], b'D') => self.line_feed(),
            ([], b'E') => {
                self.column = 0;
                self.line_feed();
            }
            ([], b'M') => self.row = self.row.saturating_sub(1),
            ([], b'c') => self.erase(2),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_not_sent_again_stay() {
        let drawn = plain(
            "\u{1b}[H\u{1b}[2Jone\u{1b}[K\r\ntwo\u{1b}[K\r\nthree\u{1b}[K\u{1b}[H1\u{1b}[K\r\n\r\n3\u{1b}[K",
        );
        assert_eq!(drawn, "1\ntwo\n3\n");
    }

    #[test]
    fn a_picture_that_is_cut_gives_way_to_the_one_before() {
        let drawn = plain("\u{1b}[H\u{1b}[2Jone\r\ntwo\r\nthree\u{1b}[H1ne\r\n2");
        assert_eq!(drawn, "one\ntwo\nthree\n");
    }

    #[test]
    fn the_cursor_goes_where_it_is_sent() {
        let drawn = plain(
            "\u{1b}[3;4Hc\u{1b}[1;1Ha\u{1b}[3;5H\u{1b}[K\u{1b}[1;2H\u{1b}[2Cd\u{1b}[2;1Hxyz\u{1b}[2D\u{1b}[1P\u{1b}[1@-\u{1b}[2G\u{1b}[1X",
        );
        assert_eq!(drawn, "a  d\nx z\n   c\n");
        assert_eq!(plain("ab\u{1b}[1K^[\r\u{1b}[Jc\r\n"), "c\n");
        assert_eq!(plain("\u{1b}[Hhal"), "hal\u{2026}\n");
    }

    #[test]
    fn escapes_cannot_make_the_screen_larger() {
        let text = "\u{1b}[65535;65535Hx\u{1b}[65535b\u{1b}[65535L\u{1b}[65535@\u{1b}[65535B\n\n\n\u{1b}[1;1H\u{1b}[65535M".repeat(50);
        let drawn = plain(&text);
        assert!(drawn.len() <= ROWS * (COLUMNS + 1));
    }

    #[test]
    fn text_without_escapes_is_left_alone() {
        assert!(matches!(plain("a\tb"), Cow::Borrowed("a\tb")));
        assert_eq!(plain("^[[2J^[[Hshown\n"), "shown\n");
    }
}
