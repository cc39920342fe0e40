//! One pane: its title, which says whether it is typed into, and its screen.

use crate::multi::app::App;
use crate::multi::pane::{Pane, State, outcome};
use crate::multi::place::{Places, Tile};
use crate::output::Tone;
use crate::tui::Look;
use crate::tui::draw::canvas::{Canvas, Piece, ascii};
use crate::tui::draw::wrap::wrapped;
use avt::Pen;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use topmast_api::terminal::PaneOutcome;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Draws a pane; returns where its cursor is, if it is seen.
pub(super) fn draw(app: &App, tile: &Tile, is_receiver: bool, buffer: &mut Buffer) -> Option<Position> {
    let pane = &app.panes[tile.pane];
    title(app, tile, is_receiver, &mut Canvas::new(buffer, app.look));
    if let (State::Ended(PaneOutcome::Failed(why)), false) = (&pane.state, pane.has_run) {
        // There is room for all of it where nothing was printed.
        let mut canvas = Canvas::new(buffer, app.look);
        let lines = wrapped(vec![vec![Piece::new(why.clone(), Tone::Bad)]], usize::from(tile.body.width), 0);
        for (line, y) in lines.iter().zip(tile.body.top()..tile.body.bottom()) {
            canvas.line((tile.body.x, y), tile.body.width, line);
        }
        return None;
    }
    let at = screen(pane, app.look, tile.body, buffer);
    // The terminal has one cursor: the others that keys move are drawn.
    if let Some(at) = at.filter(|_| is_receiver && tile.pane != app.focus && app.look.attributes) {
        buffer.set_style(Rect::new(at.x, at.y, 1, 1), Style::new().add_modifier(Modifier::REVERSED));
    }
    at.filter(|_| !pane.has_ended())
}

fn title(app: &App, tile: &Tile, is_receiver: bool, canvas: &mut Canvas<'_>) {
    let (pane, place) = (&app.panes[tile.pane], tile.title);
    if place.height == 0 {
        return;
    }
    canvas.clear(place);
    let rule = if is_receiver { "━" } else { "─" };
    canvas.put((place.x, place.y), place.width, &rule.repeat(usize::from(place.width)), Tone::Plain);
    let mut pieces = Vec::new();
    let name = if tile.pane == app.focus { format!("[{}] ", pane.name) } else { format!(" {}  ", pane.name) };
    pieces.push(Piece::new(name, if tile.pane == app.focus { Tone::Title } else { Tone::Plain }));
    let (word, tone) = state(pane, is_receiver);
    pieces.push(Piece::new(format!("{word} "), tone));
    if app.canary == Some(tile.pane) {
        pieces.push(Piece::new("canary ", Tone::Warn));
    }
    if !pane.groups.is_empty() {
        let names = pane.groups.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        pieces.push(Piece::plain(format!("({names}) ")));
    }
    if pane.scroll > 0 {
        pieces.push(Piece::new(format!("{} lines up ", pane.scroll), Tone::Warn));
    }
    let used = canvas.line((place.x, place.y), place.width, &pieces);
    if is_receiver {
        canvas.reverse(Rect { width: used, ..place });
    }
    if let State::Running(account) = &pane.state {
        let text = format!(" {account} ");
        let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
        if used.saturating_add(width).saturating_add(2) <= place.width {
            canvas.put((place.right() - width - 1, place.y), width, &text, Tone::Dim);
        }
    }
}

/// What keys do to a pane, in words.
fn state(pane: &Pane, is_receiver: bool) -> (String, Tone) {
    match &pane.state {
        State::Ended(how) => outcome(how),
        State::Waiting => ("connecting".to_owned(), Tone::Warn),
        State::Running(_) if is_receiver => (">>> GETS KEYS".to_owned(), Tone::Bad),
        State::Running(_) if pane.left_out => ("left out".to_owned(), Tone::Warn),
        State::Running(_) if pane.late => ("waits for the next line".to_owned(), Tone::Warn),
        State::Running(_) => ("no keys".to_owned(), Tone::Dim),
    }
}

/// The rules between tiles that stand beside each other.
pub(super) fn rules(app: &App, places: &Places, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, app.look);
    for tile in &places.tiles {
        if tile.title.x > places.body.x {
            for y in tile.title.y..tile.body.bottom() {
                canvas.put((tile.title.x - 1, y), 1, "│", Tone::Plain);
            }
        }
    }
}

/// What the server printed; returns where its cursor is.
fn screen(pane: &Pane, look: Look, place: Rect, buffer: &mut Buffer) -> Option<Position> {
    let place = place.intersection(buffer.area);
    for (line, y) in pane.emulator.lines(pane.scroll).zip(place.top()..place.bottom()) {
        let mut x = place.left();
        for cell in line.iter().filter(|cell| cell.width() > 0) {
            let width = u16::from(cell.width());
            if x + width > place.right() {
                break;
            }
            let Some(target) = buffer.cell_mut((x, y)) else { break };
            target.set_char(shown(cell.char(), width, look)).set_style(style(cell.pen(), look));
            x += width;
        }
    }
    let (column, row) = pane.emulator.cursor().filter(|_| pane.scroll == 0)?;
    let at = Position::new(
        place.x.checked_add(column.try_into().ok()?)?,
        place.y.checked_add(row.try_into().ok()?)?,
    );
    place.contains(at).then_some(at)
}

/// A character that takes as many columns as it did there, and does nothing else.
fn shown(character: char, width: u16, look: Look) -> char {
    let own = character.width().unwrap_or(0);
    match (look.unicode, own == usize::from(width)) {
        (true, true) => character,
        (false, true) if width == 1 => ascii(character),
        _ => '?',
    }
}

fn style(pen: &Pen, look: Look) -> Style {
    let mut style = Style::new();
    if look.colour {
        style.fg = pen.foreground().map(colour);
        style.bg = pen.background().map(colour);
    }
    if look.attributes {
        for (is_set, modifier) in [
            (pen.is_bold(), Modifier::BOLD),
            (pen.is_faint(), Modifier::DIM),
            (pen.is_underline(), Modifier::UNDERLINED),
            (pen.is_inverse(), Modifier::REVERSED),
        ] {
            if is_set {
                style = style.add_modifier(modifier);
            }
        }
    }
    style
}

/// A colour in the form of 256, which every terminal with colours here takes.
fn colour(colour: avt::Color) -> Color {
    match colour {
        avt::Color::Indexed(index) => Color::Indexed(index),
        // The cube of 6×6×6 begins at 16.
        avt::Color::RGB(avt::Rgb { r, g, b }) => {
            let step = |value: u8| (u16::from(value) * 5 + 127) / 255;
            let index = 16 + 36 * step(r) + 6 * step(g) + step(b);
            Color::Indexed(u8::try_from(index).unwrap_or(u8::MAX))
        }
    }
}
