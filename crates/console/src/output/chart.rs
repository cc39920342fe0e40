//! A chart in a terminal: one series as a line of braille dots, several each with a letter of its own.
//!
//! ```text
//! 1.5 ┤     ⣀⠤⠒⠊⠉            unit ┤ ab  b       a  server="db"
//! 1.0 ┤ ⠤⠒⠉                       ┤   ab        b  server="web"
//! ```
//!
//! Invariants
//! - A-1: no line is drawn across a gap: between two values that are further apart than a step and a half.
//! - A-2: what tells series apart is a letter; colour only repeats it.
//! - A-3: no line is wider than the terminal.

mod axis;
mod canvas;

pub(crate) use axis::Unit;

use super::{Style, cut};
use axis::{time_line, value_ticks};
use canvas::Canvas;

/// Width without a terminal.
const WIDTH_DEFAULT: usize = 80;
/// Lines of the drawing: a third of a usual terminal, so that the question stays in sight.
const HEIGHT: usize = 16;
/// Series that are drawn; more cannot be told apart.
const SERIES_MAX: usize = 12;
/// Colours of the letters, in turn: those of sixteen that are seen on black and on white.
const COLOURS: [&str; 6] = ["\x1b[36m", "\x1b[33m", "\x1b[35m", "\x1b[32m", "\x1b[34m", "\x1b[31m"];

/// What is drawn.
pub(crate) struct Chart {
    /// What tells a series apart, and its points: ms since the Unix epoch and values, ascending.
    pub(crate) series: Vec<(String, Vec<(i64, f64)>)>,
    /// First and last time.
    pub(crate) times: (i64, i64),
    /// Time between two points, in ms.
    pub(crate) step_ms: i64,
    /// What the values count.
    pub(crate) unit: Unit,
}

/// Points that a chart has room for beside each other.
pub(crate) fn points_across(style: Style) -> usize {
    // Two dots a cell; the values' axis takes some ten cells.
    2 * style.width.unwrap_or(WIDTH_DEFAULT).saturating_sub(10).max(10)
}

impl Chart {
    /// The chart, each line ended; empty when there is no point at all.
    pub(crate) fn render(&self, style: Style) -> String {
        let shown = &self.series[..self.series.len().min(SERIES_MAX)];
        let values = || shown.iter().flat_map(|(_, points)| points).map(|(_, value)| *value);
        let finite = || values().filter(|value| value.is_finite());
        let (low, high) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        if low > high {
            return String::new();
        }
        let ticks = value_ticks(low, high, self.unit);
        let (bottom, top) =
            (ticks.first().map_or(low, |tick| tick.0), ticks.last().map_or(high, |tick| tick.0));
        let margin = ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
        let room = style.width.unwrap_or(WIDTH_DEFAULT);
        let width = room.saturating_sub(margin + 2).max(10);
        let mut canvas = Canvas::new(width, HEIGHT);
        for (index, (_, points)) in shown.iter().enumerate() {
            let mark = (shown.len() > 1).then(|| (letter(index), index));
            self.draw(&mut canvas, points, mark, (bottom, top));
        }
        let mut text = String::new();
        for row in 0..HEIGHT {
            let at = |tick: &&(f64, String)| canvas.row_of(tick.0, bottom, top) == row;
            let label = ticks.iter().rev().find(at).map_or("", |(_, label)| label);
            let axis = if label.is_empty() { '│' } else { '┤' };
            let line = canvas.row(row, |index| style.colour.then(|| colour(index)));
            text += format!("{label:>margin$} {axis}{line}").trim_end();
            text.push('\n');
        }
        text.extend([&" ".repeat(margin), " └", &"─".repeat(width), "\n"]);
        let (ruler, zone) = time_line(self.times, width);
        text += format!("{zone:>margin$}  {ruler}").trim_end();
        text.push('\n');
        self.legend(&mut text, style, room);
        text
    }

    fn draw(
        &self,
        canvas: &mut Canvas,
        points: &[(i64, f64)],
        mark: Option<(char, usize)>,
        range: (f64, f64),
    ) {
        let (start, end) = self.times;
        let mut before: Option<(i64, f64, f64)> = None;
        for (time, value) in points.iter().filter(|(_, value)| value.is_finite()) {
            let share = (time - start) as f64 / (end - start).max(1) as f64;
            let height = (value - range.0) / (range.1 - range.0);
            match before {
                // A-1
                Some((last, x, y)) if (time - last) * 2 <= self.step_ms * 3 => {
                    canvas.line((x, y), (share, height), mark);
                }
                _ => canvas.line((share, height), (share, height), mark),
            }
            before = Some((*time, share, height));
        }
    }

    fn legend(&self, text: &mut String, style: Style, room: usize) {
        for (index, (name, points)) in self.series.iter().take(SERIES_MAX).enumerate() {
            let last = points.last().map_or_else(|| "-".to_owned(), |(_, value)| self.unit.text(*value));
            let mark = if self.series.len() > 1 { format!("{}  ", letter(index)) } else { String::new() };
            let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let line = cut(&format!("{mark}{name}  last {last}"), room);
            if style.colour && self.series.len() > 1 {
                text.extend([colour(index), &line, "\x1b[0m\n"]);
            } else {
                text.extend([&line, "\n"]);
            }
        }
        if let Some(more @ 1..) = self.series.len().checked_sub(SERIES_MAX) {
            let more =
                format!("… and {more} more series: narrow the labels, or ask for topk({SERIES_MAX}, …)\n");
            text.push_str(&more);
        }
    }
}

fn letter(index: usize) -> char {
    char::from(b'a' + u8::try_from(index).unwrap_or_default() % 26)
}

fn colour(index: usize) -> &'static str {
    COLOURS[index % COLOURS.len()]
}

#[cfg(test)]
mod tests;
