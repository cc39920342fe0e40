//! The picture: a pure function of the state onto a buffer of cells.
//!
//! ```text
//! App ─► head, tabs, counts (head.rs) ─► rows (table.rs) ─► details (pane.rs) ─► dialog, help (dialog.rs) ─► foot
//! ```
//!
//! Invariants
//! - D-1: every size from 1×1 up is drawn, and nothing outside its place, also onto a buffer of another size.
//! - D-2: colour and attributes only repeat what words say.
//! - D-3: without UTF-8 every character is ASCII.

pub(crate) mod canvas;
pub(crate) mod dialog;
pub(crate) mod head;
pub(super) mod pane;
mod table;
pub(crate) mod wrap;

use super::app::{App, Line, Overlay};
use canvas::Canvas;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// Draws everything; returns where the cursor is, if text is being typed.
pub(super) fn draw(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let places = app.places();
    let mut canvas = Canvas::new(buffer, app.look);
    head::status(app, &mut canvas, places.head);
    // What is not heard of is not drawn in the colours of health.
    canvas.faded = app.is_lost();
    head::tabs(app, &mut canvas, places.tabs);
    head::counts(app, &mut canvas, places.counts);
    let covered = places.pane.is_some_and(|pane| pane.x == places.body.x);
    if !covered {
        table::draw(app, &mut canvas, places.titles, places.body);
    }
    if let (Some(pane), Some(place)) = (&app.pane, places.pane) {
        pane::draw(app, pane, &mut canvas, place);
    }
    canvas.faded = false;
    let whole = ratatui::layout::Rect::new(0, 0, app.size.0, app.size.1);
    match &app.overlay {
        Overlay::None => head::foot(app, &mut canvas, places.foot),
        Overlay::Help(scroll) => {
            head::foot(app, &mut canvas, places.foot);
            dialog::help(app, *scroll, &mut canvas, whole);
        }
        Overlay::Line(Line::Filter(prompt, fault)) => {
            return head::filter(prompt, fault.as_ref(), &mut canvas, whole);
        }
        Overlay::Line(Line::Handle(handling, prompt)) => {
            return head::handle(&handling.label(), prompt, app.notice.as_deref(), &mut canvas, whole);
        }
        Overlay::Line(Line::Command(prompt)) => return head::command(prompt, &mut canvas, whole),
        Overlay::Act(act) => {
            head::foot(app, &mut canvas, places.foot);
            return dialog::act(act, &mut canvas, whole);
        }
    }
    None
}
