//! What covers the panes: results, a question, the keys.

use crate::multi::app::{App, Overlay};
use crate::multi::key::HELP;
use crate::multi::question::{Answer, Question, Then, servers};
use crate::output::Tone;
use crate::tui::draw::canvas::{Canvas, Piece};
use crate::tui::draw::dialog::middle;
use crate::tui::draw::head::typed;
use crate::tui::draw::wrap::wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Names of a group that are shown; the rest are counted.
const NAMES_MAX: usize = 12;

/// What the last line brought, grouped by what is the same.
pub(super) fn results(app: &App, buffer: &mut Buffer, place: Rect) {
    let mut canvas = Canvas::new(buffer, app.look);
    canvas.clear(place);
    let (Overlay::Results(scroll), Some(round)) = (&app.overlay, &app.round) else { return };
    let inside = canvas.frame(place, &format!("Results of: {}", round.line));
    let running = round.running(app.now);
    let groups = round.groups();
    let mut lines = Vec::new();
    let verdict = match (running.len(), groups.len()) {
        (0, 1) if groups[0].panes.len() == 1 => Piece::new("finished", Tone::Good),
        (0, 1) => Piece::new(format!("the same on {}", servers(round.panes().count())), Tone::Good),
        (0, count) => Piece::new(format!("{count} different results"), Tone::Warn),
        (_, _) => Piece::new(format!("still running on {}", app.names(&running, NAMES_MAX)), Tone::Warn),
    };
    lines.push(vec![verdict]);
    if !round.rest.is_empty() {
        let text = format!("{} s sends the same to {} more", app.prefix, servers(round.rest.len()));
        lines.push(vec![Piece::new(text, Tone::Title)]);
    }
    for group in &groups {
        lines.push(Vec::new());
        let names = app.names(&group.panes, NAMES_MAX);
        lines.push(vec![
            Piece::new(format!("{}: ", servers(group.panes.len())), Tone::Title),
            Piece::new(names, Tone::Title),
        ]);
        if group.lines.iter().all(String::is_empty) {
            lines.push(vec![Piece::new("  (prints nothing)", Tone::Dim)]);
        }
        lines.extend(group.lines.iter().map(|line| vec![Piece::plain(format!("  {line}"))]));
    }
    let lines = wrapped(lines, usize::from(inside.width), 2);
    scrolled(&lines, *scroll, inside, "PgDn", &mut canvas);
    let foot =
        if app.composer.is_some() { " Esc: the panes  PgUp PgDn " } else { " Esc: the panes  Up Down " };
    if place.height > 3 {
        canvas.put((place.x + 1, place.bottom() - 1), place.width.saturating_sub(2), foot, Tone::Dim);
    }
}

/// Lines from some line on, and how many more there are.
fn scrolled(lines: &[Vec<Piece>], scroll: usize, place: Rect, key: &str, canvas: &mut Canvas<'_>) {
    let from = scroll.min(lines.len().saturating_sub(usize::from(place.height)));
    for (line, y) in lines.iter().skip(from).zip(place.top()..place.bottom()) {
        canvas.line((place.x, y), place.width, line);
    }
    let below = lines.len().saturating_sub(from + usize::from(place.height));
    if below > 0 && place.height > 0 {
        let text = format!(" {below} more, {key} ");
        canvas.put_right((place.x, place.bottom() - 1), place.width, &text, Tone::Title);
    }
}

/// The keys.
pub(super) fn help(app: &App, scroll: usize, canvas: &mut Canvas<'_>, whole: Rect) {
    let widest = HELP.iter().map(|(keys, _)| keys.len()).max().unwrap_or(0);
    let lines: Vec<Vec<Piece>> = HELP
        .iter()
        .map(|(keys, words)| vec![Piece::new(format!("{keys:widest$}  "), Tone::Title), Piece::plain(*words)])
        .collect();
    let inside = canvas.frame(middle(whole, lines.len()), &format!("Keys after {}", app.prefix));
    scrolled(&lines, scroll, inside, "Down", canvas);
}

/// Something to agree to; returns where the cursor is while a number is typed.
pub(super) fn question(question: &Question, canvas: &mut Canvas<'_>, whole: Rect) -> Option<Position> {
    let is_bad = matches!(question.answer, Answer::Number(..));
    let mut lines =
        vec![vec![Piece::new(question.title.clone(), if is_bad { Tone::Bad } else { Tone::Title })]];
    lines.extend(question.lines.iter().map(|line| vec![Piece::plain(line.clone())]));
    let width = middle(whole, 1).width.saturating_sub(4);
    let lines = wrapped(lines, usize::from(width), 0);
    let inside = canvas.frame(middle(whole, lines.len() + 2), if is_bad { "STOP" } else { "Question" });
    let last = (inside.x, inside.bottom().saturating_sub(1));
    // What is asked is never pushed out by what it is about.
    let body = Rect { height: inside.height.saturating_sub(1), ..inside };
    scrolled(&lines, 0, body, "not shown", canvas);
    if inside.height == 0 {
        return None;
    }
    let verb = match &question.then {
        Then::Type { text, .. } if text == "\r" => "run it there",
        Then::Type { .. } => "paste it",
        Then::Line { .. } => "send it",
        Then::Quit => "quit",
    };
    match &question.answer {
        Answer::Yes => {
            let text = format!("y: {verb}   any other key: nothing is done");
            canvas.put(last, inside.width, &text, Tone::Title);
            None
        }
        Answer::Number(count, prompt) => {
            let label = format!("to {verb} type {count} and Enter, else Esc: ");
            typed(&label, prompt, canvas, last, inside.width)
        }
    }
}
