//! The picture: a pure function of the state onto a buffer of cells.
//!
//! ```text
//! App ─► head: whom typing goes to ─► tiles (tile.rs) ─► results, question, keys (panel.rs) ─► foot
//! ```
//!
//! Invariants
//! - D-1: every size from 1×1 up is drawn, and nothing outside its place, whatever the panes printed.
//! - D-2: colour and attributes only repeat what words say.
//! - D-3: without UTF-8 every character is ASCII.

mod panel;
mod tile;

use super::app::{App, Overlay};
use super::place::Places;
use crate::output::Tone;
use crate::tui::draw::canvas::{Canvas, Piece};
use crate::tui::draw::head::typed;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

/// Draws everything; returns where the cursor is, if it is seen.
pub(super) fn draw(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let places = app.places();
    let receivers = if app.composer.is_some() { app.line_receivers().0 } else { app.receivers() };
    let mut cursor = None;
    if matches!(app.overlay, Overlay::Results(_)) {
        panel::results(app, buffer, places.body);
    } else {
        for tile in &places.tiles {
            let is_receiver = receivers.contains(&tile.pane);
            let at = tile::draw(app, tile, is_receiver, buffer);
            if tile.pane == app.focus {
                cursor = at;
            }
        }
        tile::rules(app, &places, buffer);
    }
    let mut canvas = Canvas::new(buffer, app.look);
    head(app, &places, &mut canvas);
    let whole = Rect::new(0, 0, app.size.0, app.size.1);
    if let Some(composer) = &app.composer {
        let line = Rect { y: places.foot.y.min(whole.height.saturating_sub(1)), height: 1, ..whole };
        canvas.clear(line);
        cursor = match &app.notice {
            Some(notice) => {
                canvas.put((0, line.y), line.width, notice, Tone::Warn);
                None
            }
            None if app.after_prefix => {
                foot(app, &places, &mut canvas);
                None
            }
            None => typed("line> ", &composer.prompt, &mut canvas, (0, line.y), line.width),
        };
    } else {
        foot(app, &places, &mut canvas);
    }
    match &app.overlay {
        Overlay::None => cursor,
        Overlay::Results(_) => app.composer.as_ref().and(cursor),
        Overlay::Help(scroll) => {
            panel::help(app, *scroll, &mut canvas, whole);
            None
        }
        Overlay::Question(question) => panel::question(question, &mut canvas, whole),
        Overlay::Group(prompt) => {
            let line = Rect { y: whole.height.saturating_sub(1), height: whole.height.min(1), ..whole };
            canvas.clear(line);
            let label = format!("group of {}: ", app.panes[app.focus].name);
            typed(&label, prompt, &mut canvas, (0, line.y), line.width)
        }
    }
}

/// The first line: whom typing goes to first, for a narrow terminal shows the beginning only.
fn head(app: &App, places: &Places, canvas: &mut Canvas<'_>) {
    let place = places.head;
    if place.height == 0 {
        return;
    }
    canvas.clear(place);
    let (words, count) = app.aim_words();
    // More than one is marked by more than its colour.
    let (marked, tone) = match count {
        0 => (words.clone(), Tone::Warn),
        1 => (words.clone(), Tone::Good),
        _ => (format!(">>> {words} <<<"), Tone::Bad),
    };
    let short = words.split_once(" GOES ").map_or(words.as_str(), |(_, whom)| whom);
    let room = usize::from(place.width);
    let text = if marked.width() + 2 <= room { format!(" {marked} ") } else { short.to_owned() };
    let used = canvas.put((place.x, place.y), place.width, &text, tone);
    if count != 1 {
        canvas.reverse(Rect { width: used, ..place });
    }
    let mut notes = Vec::new();
    if app.zoomed {
        notes.push(format!("zoomed, 1 of {}", app.panes.len()));
    } else if app.panes.len() > places.per_page {
        let pages = app.panes.len().div_ceil(places.per_page);
        notes.push(format!("page {} of {pages}", app.focus / places.per_page + 1));
    }
    let left_out = app.panes.iter().filter(|pane| pane.left_out).count();
    if left_out > 0 {
        notes.push(format!("{left_out} left out"));
    }
    let over = app.panes.iter().filter(|pane| pane.has_ended()).count();
    if over > 0 {
        notes.push(format!("{over} ended"));
    }
    if let Some(canary) = app.canary {
        notes.push(format!("canary {}", app.panes[canary].name));
    }
    // Whole notes only.
    while !notes.is_empty() {
        let text = notes.join("  ");
        let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
        if used.saturating_add(2).saturating_add(width) <= place.width {
            canvas.put_right((place.x, place.y), place.width, &text, Tone::Plain);
            return;
        }
        notes.pop();
    }
}

/// The last line: a word to the user, or the keys.
fn foot(app: &App, places: &Places, canvas: &mut Canvas<'_>) {
    let place = places.foot;
    if place.height == 0 {
        return;
    }
    canvas.clear(place);
    if let Some(notice) = &app.notice {
        canvas.put((place.x, place.y), place.width, notice, Tone::Warn);
        return;
    }
    let mut keys = vec!["? keys", "a all", "o one", "l line", "n next", "z zoom", "x leave out", "g group"];
    if app.round.as_ref().is_some_and(|round| !round.rest.is_empty()) || app.canary_line.is_some() {
        keys.insert(1, "s same to the rest");
    }
    keys.push("q quit");
    let start =
        if app.after_prefix { format!("{}, now:", app.prefix) } else { format!("{}, then:", app.prefix) };
    let tone = if app.after_prefix { Tone::Title } else { Tone::Dim };
    let mut line = vec![Piece::new(start, tone)];
    let mut used = line[0].text.width();
    // Whole words only: half a key is a wrong key.
    for key in keys {
        used += key.width() + 2;
        if used > usize::from(place.width) {
            break;
        }
        line.push(Piece::new(format!("  {key}"), if app.after_prefix { Tone::Plain } else { Tone::Dim }));
    }
    if line.len() == 1 {
        line[0] = Piece::new(format!("{} ?", app.prefix), tone);
    }
    canvas.line((place.x, place.y), place.width, &line);
    if app.after_prefix {
        canvas.reverse(place);
    }
}
