//! Tables: aligned columns, fitted to the terminal, colour beside the words.
//!
//! A table wider than the terminal gives up the width of its widest text columns first,
//! down to their titles; cut cells end in `…`. Without a terminal nothing is cut.
//!
//! Invariants
//! - T-3: control characters of a cell are shown as blanks, so that no text can control the terminal.

use super::human;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this for want of room.
const NARROWEST: usize = 6;

/// What a cell's value means, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    Plain,
    /// A column's title.
    Title,
    /// As it should be.
    Good,
    /// Look at it.
    Warn,
    /// Act on it.
    Bad,
    /// Old or not important.
    Dim,
}

impl Tone {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Title => Some("\x1b[1m"),
            Self::Good => Some("\x1b[32m"),
            Self::Warn => Some("\x1b[33m"),
            Self::Bad => Some("\x1b[1;31m"),
            Self::Dim => Some("\x1b[2m"),
        }
    }
}

/// One value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A text with a meaning.
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        let text: String = text.into();
        // T-3
        let text = if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text };
        Self { text, tone }
    }

    /// A text.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }

    /// A text that may be missing.
    pub(crate) fn maybe(text: Option<&str>) -> Self {
        Self::plain(human::text(text))
    }

    /// Its text, without control characters.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What it means.
    pub(crate) const fn tone(&self) -> Tone {
        self.tone
    }
}

/// One column of a kind of row.
pub(crate) struct Column<R> {
    /// Title.
    pub(crate) title: &'static str,
    /// The field's name in the API; of a field inside another one, both with a dot between.
    pub(crate) field: &'static str,
    /// Shown in wide tables only.
    pub(crate) wide: bool,
    /// Numbers stand to the right.
    pub(crate) right: bool,
    /// The row's value.
    pub(crate) cell: fn(&R, Style) -> Cell,
}

impl<R> Column<R> {
    /// A column of texts.
    pub(crate) const fn text(title: &'static str, field: &'static str, cell: fn(&R, Style) -> Cell) -> Self {
        Self { title, field, wide: false, right: false, cell }
    }

    /// A column of numbers.
    pub(crate) const fn number(
        title: &'static str,
        field: &'static str,
        cell: fn(&R, Style) -> Cell,
    ) -> Self {
        Self { title, field, wide: false, right: true, cell }
    }

    /// A column of texts in wide tables only.
    pub(crate) const fn wide_text(
        title: &'static str,
        field: &'static str,
        cell: fn(&R, Style) -> Cell,
    ) -> Self {
        Self { title, field, wide: true, right: false, cell }
    }

    /// A column of numbers in wide tables only.
    pub(crate) const fn wide_number(
        title: &'static str,
        field: &'static str,
        cell: fn(&R, Style) -> Cell,
    ) -> Self {
        Self { title, field, wide: true, right: true, cell }
    }
}

/// Circumstances of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Columns of the terminal; `None` without one.
    pub(crate) width: Option<usize>,
    /// Whether to colour.
    pub(crate) colour: bool,
    /// The time that ages are told from.
    pub(crate) now: topmast_api::time::Timestamp,
}

/// A table, each line ended.
pub(crate) fn render<'a, R: 'a>(
    rows: &[R],
    columns: impl Iterator<Item = &'a Column<R>>,
    headers: bool,
    style: Style,
) -> String {
    let columns: Vec<&Column<R>> = columns.collect();
    let grid = Grid {
        titles: columns.iter().map(|column| (column.title.to_owned(), column.right)).collect(),
        rows: rows
            .iter()
            .map(|row| columns.iter().map(|column| (column.cell)(row, style)).collect())
            .collect(),
    };
    grid.render(headers, style)
}

/// A table whose columns are known only once there is an answer.
pub(crate) struct Grid {
    /// Title of each column, and whether it holds numbers, which stand to the right.
    pub(crate) titles: Vec<(String, bool)>,
    /// As many cells a row.
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// The table, each line ended.
    pub(crate) fn render(self, headers: bool, style: Style) -> String {
        let Self { titles, rows } = self;
        let (titles, right): (Vec<String>, Vec<bool>) = titles.into_iter().unzip();
        let title_widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
        let mut widths: Vec<usize> = (0..titles.len())
            .map(|index| {
                let widest = rows.iter().map(|row| row[index].text.width()).max().unwrap_or(0);
                if headers { widest.max(title_widths[index]) } else { widest }
            })
            .collect();
        if let Some(room) = style.width {
            let is_text: Vec<bool> = right.iter().map(|right| !right).collect();
            fit(&mut widths, &title_widths, &is_text, room);
        }
        let mut text = String::new();
        if headers {
            let titles = titles.into_iter().map(|title| Cell::new(title, Tone::Title));
            line(&mut text, titles, &right, &widths, style);
        }
        for row in rows {
            line(&mut text, row.into_iter(), &right, &widths, style);
        }
        text
    }
}

/// One row by itself, its values two blanks apart.
pub(crate) fn render_row<'a, R: 'a>(
    row: &R,
    columns: impl Iterator<Item = &'a Column<R>>,
    style: Style,
) -> String {
    let columns: Vec<&Column<R>> = columns.collect();
    let mut text = String::new();
    let cells = columns.iter().map(|column| (column.cell)(row, style));
    let right: Vec<bool> = columns.iter().map(|column| column.right).collect();
    line(&mut text, cells, &right, &vec![0; columns.len()], Style { width: None, ..style });
    text
}

/// Narrows text columns, the widest first, until the table fits or none can give more.
fn fit(widths: &mut [usize], titles: &[usize], is_text: &[bool], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut surplus = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while surplus > 0 {
        let can_give = |index: &usize| is_text[*index] && widths[*index] > titles[*index].max(NARROWEST);
        let Some(widest) = (0..widths.len()).filter(can_give).max_by_key(|index| widths[*index]) else {
            return;
        };
        widths[widest] -= 1;
        surplus -= 1;
    }
}

fn line(
    into: &mut String,
    cells: impl Iterator<Item = Cell>,
    right: &[bool],
    widths: &[usize],
    style: Style,
) {
    let mut used = 0;
    let last = right.len().saturating_sub(1);
    for (index, cell) in cells.enumerate() {
        // What does not fit at all is left out rather than wrapped into the next line.
        if style.width.is_some_and(|room| used + widths[index].min(NARROWEST) > room) {
            break;
        }
        let limit = if style.width.is_some() { widths[index] } else { usize::MAX };
        let shown = cut(&cell.text, limit);
        let pad = widths[index].saturating_sub(shown.width());
        if right[index] {
            into.extend(std::iter::repeat_n(' ', pad));
        }
        match cell.tone.code().filter(|_| style.colour) {
            Some(code) => into.extend([code, &shown, "\x1b[0m"]),
            None => into.push_str(&shown),
        }
        used += shown.width() + pad + GAP;
        if index < last {
            let blanks = if right[index] { GAP } else { pad + GAP };
            into.extend(std::iter::repeat_n(' ', blanks));
        }
    }
    into.truncate(into.trim_end_matches(' ').len());
    into.push('\n');
}

/// The text, or as much of it as fits with an ellipsis.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let next = used + character.width().unwrap_or(0);
        if next + 1 > width {
            break;
        }
        used = next;
        kept.push(character);
    }
    kept.push('…');
    kept
}
