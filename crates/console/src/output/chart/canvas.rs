//! Where a chart is drawn: cells of two by four dots, or of one letter.

/// Dots of a cell as braille counts them: by column, then row from the top.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// The braille character without any dot.
const BRAILLE: u32 = 0x2800;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Cell {
    #[default]
    Empty,
    Dots(u32),
    /// A letter, and which series it stands for.
    Letter(char, usize),
}

/// Cells in rows, the uppermost first.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    cells: Vec<Cell>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![Cell::Empty; width * height] }
    }

    /// The row in which a value is drawn.
    pub(super) fn row_of(&self, value: f64, bottom: f64, top: f64) -> usize {
        place(1.0 - (value - bottom) / (top - bottom), self.height * 4) / 4
    }

    /// Draws a line between two places, each from 0 to 1, to the right and up.
    ///
    /// - `mark`: the letter to draw it with, and the series that it stands for; dots without one.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), mark: Option<(char, usize)>) {
        let (columns, rows) = (self.width * 2, self.height * 4);
        let dot = |(x, y): (f64, f64)| (place(x, columns), place(1.0 - y, rows));
        let (from, to) = (dot(from), dot(to));
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        for step in 0..=steps {
            let between = |from: usize, to: usize| (from * (steps - step) + to * step + steps / 2) / steps;
            self.dot(between(from.0, to.0), between(from.1, to.1), mark);
        }
    }

    fn dot(&mut self, x: usize, y: usize, mark: Option<(char, usize)>) {
        let Some(cell) = self.cells.get_mut(y / 4 * self.width + x / 2) else { return };
        *cell = match (mark, *cell) {
            (Some((letter, series)), _) => Cell::Letter(letter, series),
            (None, Cell::Dots(dots)) => Cell::Dots(dots | DOTS[x % 2][y % 4]),
            (None, _) => Cell::Dots(DOTS[x % 2][y % 4]),
        };
    }

    /// One row as text.
    ///
    /// - `colour`: the code that begins a series' colour.
    pub(super) fn row(&self, row: usize, colour: impl Fn(usize) -> Option<&'static str>) -> String {
        let cells = self.cells.iter().skip(row * self.width).take(self.width);
        let mut text = String::new();
        for cell in cells {
            match *cell {
                Cell::Empty => text.push(' '),
                Cell::Dots(dots) => text.push(char::from_u32(BRAILLE | dots).unwrap_or(' ')),
                Cell::Letter(letter, series) => match colour(series) {
                    Some(code) => text.extend([code, letter.encode_utf8(&mut [0; 4]), "\x1b[0m"]),
                    None => text.push(letter),
                },
            }
        }
        text
    }
}

/// Which of `count` places a share of all of them falls into.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and a width")]
fn place(share: f64, count: usize) -> usize {
    (share.clamp(0.0, 1.0) * (count.saturating_sub(1)) as f64).round() as usize
}
