//! Texts with a meaning, put onto a buffer as far as there is room.

use crate::output::{Tone, cut};
use crate::tui::app::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// What it says.
    pub(crate) text: String,
    /// What it means.
    pub(crate) tone: Tone,
}

impl Piece {
    /// A text with a meaning; control characters are blanks.
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into().replace(char::is_control, " "), tone }
    }

    /// A text.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// What is drawn on.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    look: Look,
    /// Without the colours of health.
    pub(crate) faded: bool,
}

impl<'a> Canvas<'a> {
    /// An empty one.
    pub(crate) fn new(buffer: &'a mut Buffer, look: Look) -> Self {
        Self { buffer, look, faded: false }
    }

    /// Writes a text, cut to so many columns; returns how many it took.
    pub(crate) fn put(&mut self, (x, y): (u16, u16), width: u16, text: &str, tone: Tone) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() || width == 0 {
            return 0;
        }
        let room = usize::from(width.min(area.right() - x));
        // A sign that something is missing would be all that there is.
        let text = if room > 1 { self.shown(&cut(text, room)) } else { self.shown(text) };
        let (end, _) = self.buffer.set_stringn(x, y, &text, room, self.style(tone));
        end - x
    }

    /// Writes a text that ends in the last of so many columns.
    pub(crate) fn put_right(&mut self, (x, y): (u16, u16), width: u16, text: &str, tone: Tone) {
        let used = u16::try_from(text.width()).unwrap_or(u16::MAX).min(width);
        self.put((x + (width - used), y), used, text, tone);
    }

    /// Writes pieces one after the other; returns the columns they took.
    pub(crate) fn line(&mut self, (x, y): (u16, u16), width: u16, pieces: &[Piece]) -> u16 {
        let mut used = 0;
        for piece in pieces {
            used += self.put((x + used, y), width - used, &piece.text, piece.tone);
        }
        used
    }

    /// Makes a place blank.
    pub(crate) fn clear(&mut self, place: Rect) {
        let place = place.intersection(self.buffer.area);
        for y in place.top()..place.bottom() {
            for x in place.left()..place.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Turns a place's foreground and background round.
    pub(crate) fn reverse(&mut self, place: Rect) {
        if self.look.attributes {
            let place = place.intersection(self.buffer.area);
            self.buffer.set_style(place, Style::new().add_modifier(Modifier::REVERSED));
        }
    }

    /// A frame with a title in its first line; returns what is inside.
    pub(crate) fn frame(&mut self, place: Rect, title: &str) -> Rect {
        let place = place.intersection(self.buffer.area);
        self.clear(place);
        if place.width < 4 || place.height < 4 {
            self.put((place.x, place.y), place.width, title, Tone::Title);
            let top = place.height.min(1);
            return Rect::new(place.x, place.y + top, place.width, place.height - top);
        }
        let (right, bottom) = (place.right() - 1, place.bottom() - 1);
        let rule: String = std::iter::repeat_n('─', usize::from(place.width - 2)).collect();
        self.put((place.x, place.y), place.width, &format!("┌{rule}┐"), Tone::Plain);
        self.put((place.x, bottom), place.width, &format!("└{rule}┘"), Tone::Plain);
        for y in place.y + 1..bottom {
            self.put((place.x, y), 1, "│", Tone::Plain);
            self.put((right, y), 1, "│", Tone::Plain);
        }
        self.put((place.x + 1, place.y), place.width - 2, &format!(" {title} "), Tone::Title);
        let blank = u16::from(place.width >= 20);
        Rect::new(place.x + 1 + blank, place.y + 1, place.width - 2 - 2 * blank, place.height - 2)
    }

    /// The text in characters that the terminal has (D-3).
    fn shown(&self, text: &str) -> String {
        if self.look.unicode || text.is_ascii() { text.to_owned() } else { text.chars().map(ascii).collect() }
    }

    fn style(&self, tone: Tone) -> Style {
        let Look { colour, attributes, .. } = self.look;
        let colour = colour && !self.faded;
        let style = Style::new();
        let paint = |style: Style, with: Color| if colour { style.fg(with) } else { style };
        let mark = |style: Style, with: Modifier| if attributes { style.add_modifier(with) } else { style };
        match tone {
            Tone::Plain => style,
            Tone::Title => mark(style, Modifier::BOLD),
            Tone::Good => paint(style, Color::Green),
            Tone::Warn => paint(style, Color::Yellow),
            Tone::Bad => mark(paint(style, Color::Red), Modifier::BOLD),
            Tone::Dim => mark(style, Modifier::DIM),
        }
    }
}

/// The nearest character that every terminal has.
pub(crate) fn ascii(character: char) -> char {
    match character {
        '─' | '▃' | '–' | '—' => '-',
        '│' | '·' => '|',
        '┌' | '┐' | '└' | '┘' | '▅' => '+',
        '▁' => '_',
        '▂' => '.',
        '▄' | '━' => '=',
        '▆' => 'o',
        '▇' => '*',
        '█' => '#',
        '…' => '~',
        '▲' => '^',
        '▼' => 'v',
        '›' => '>',
        character if character.is_ascii() => character,
        _ => '?',
    }
}
