//! What covers the list: the dialog in which one acts, and the keys.

use super::canvas::{Canvas, Piece};
use super::head::typed;
use super::pane::target_line;
use crate::cli::application;
use crate::output::Tone;
use crate::tui::act::{Act, Step};
use crate::tui::app::App;
use crate::tui::key::HELP;
use ratatui::layout::{Position, Rect};
use topmast_api::action::{Action, ActionPlan};
use topmast_model::application::Operation;

/// Widest dialog: lines longer than this are hard to read.
const WIDTH_MAX: u16 = 100;

/// A place in the middle, whole where there is little room.
pub(crate) fn middle(whole: Rect, lines: usize) -> Rect {
    let width = if whole.width < 60 { whole.width } else { (whole.width - 4).min(WIDTH_MAX) };
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    // The first line stays: freshness is always visible.
    let room = whole.height.saturating_sub(1).max(1);
    let height = wanted.min(room).min(whole.height);
    let top = whole.height - height - (room.saturating_sub(height)) / 2;
    Rect::new((whole.width - width) / 2, top.min(whole.height.saturating_sub(height)), width, height)
}

/// The keys.
pub(super) fn help(app: &App, scroll: usize, canvas: &mut Canvas<'_>, whole: Rect) {
    let lines: Vec<(&str, &str)> = HELP
        .iter()
        .copied()
        .filter(|(_, words)| {
            !(app.rules.locked && (words.starts_with("start,") || words.starts_with("mark")))
        })
        .collect();
    let widest = lines.iter().map(|(keys, _)| keys.len()).max().unwrap_or(0);
    let place = middle(whole, lines.len() + 1);
    let inside = canvas.frame(place, "Keys");
    let from = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    for ((keys, words), y) in lines.iter().skip(from).zip(inside.top()..inside.bottom()) {
        let pieces = [Piece::new(format!("{keys:widest$}  "), Tone::Title), Piece::plain(*words)];
        canvas.line((inside.x, y), inside.width, &pieces);
    }
    let below = lines.len().saturating_sub(from + usize::from(inside.height));
    if below > 0 && inside.height > 0 {
        let text = format!(" {below} more, j ");
        canvas.put_right((inside.x, inside.bottom() - 1), inside.width, &text, Tone::Title);
    }
}

/// Start, stop or restart; returns where the cursor is while text is typed.
pub(super) fn act(act: &Act, canvas: &mut Canvas<'_>, whole: Rect) -> Option<Position> {
    let (body, question) = match &act.step {
        Step::Reason => (targets(act), None),
        Step::Planning => (vec![vec![Piece::plain("asking what would happen …")]], None),
        Step::Agree(plan) => (planned(act, plan), Some(agreement(act, plan))),
        Step::Asking => (vec![vec![Piece::plain("handing the action in …")]], None),
        Step::Following(action) => (followed(action), Some(vec![ending(act, action)])),
        Step::Failed(why) => (
            vec![vec![Piece::new(why.clone(), Tone::Bad)]],
            Some(vec![vec![Piece::plain("any key closes this")]]),
        ),
    };
    let footer = question.unwrap_or_default();
    let typing =
        matches!(act.step, Step::Reason) || (matches!(act.step, Step::Agree(_)) && act.asks_for_number());
    let fixed = footer.len() + if typing { 2 } else { 1 };
    let place = middle(whole, body.len() + fixed);
    let inside = canvas.frame(place, &title(act));
    // What is asked is shown before what it is about.
    let fixed = u16::try_from(fixed).unwrap_or(u16::MAX).min(inside.height);
    let room = inside.height - fixed;
    let from = act.scroll.min(body.len().saturating_sub(usize::from(room)));
    let mut y = inside.y;
    for line in body.iter().skip(from).take(usize::from(room)) {
        canvas.line((inside.x, y), inside.width, line);
        y += 1;
    }
    let below = body.len().saturating_sub(from + usize::from(room));
    if below > 0 {
        let text = format!("{below} more lines, PgDn");
        canvas.put((inside.x, y), inside.width, &text, Tone::Title);
    }
    let mut y = inside.bottom() - fixed.saturating_sub(1).min(inside.height);
    for line in &footer {
        if y < inside.bottom() {
            canvas.line((inside.x, y), inside.width, line);
            y += 1;
        }
    }
    let last = (inside.x, inside.bottom().saturating_sub(1));
    match &act.step {
        Step::Reason => {
            typed("reason (for the audit; may be empty): ", &act.reason, canvas, last, inside.width)
        }
        Step::Agree(_) if act.asks_for_number() => {
            let label = format!("type {} to {}: ", act.targets.len(), act.word());
            typed(&label, &act.number, canvas, last, inside.width)
        }
        _ => None,
    }
}

fn title(act: &Act) -> String {
    let verb = match act.operation {
        Operation::Start => "Start",
        Operation::Stop => "Stop",
        Operation::Restart => "Restart",
        Operation::Configure => "Configure",
        Operation::Act => "Act on",
        Operation::Install => "Install",
        Operation::Upgrade => "Upgrade",
        Operation::Rollback => "Roll back",
        Operation::Uninstall => "Uninstall",
    };
    let title = act.title();
    if act.custom.is_some() {
        return title;
    }
    let of = title.split_once(' ').map_or("", |(_, of)| of);
    format!("{verb} {of}")
}

fn targets(act: &Act) -> Vec<Vec<Piece>> {
    act.targets.iter().map(|path| vec![Piece::plain(path.as_str())]).collect()
}

fn planned(act: &Act, plan: &ActionPlan) -> Vec<Vec<Piece>> {
    let in_batches = plan.targets.iter().any(|target| target.batch > 1);
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    if let Some(why) = Some(act.reason.text()).filter(|reason| !reason.trim().is_empty()) {
        lines.push(vec![Piece::new("reason  ", Tone::Dim), Piece::plain(why)]);
    }
    lines.extend(plan.guards.iter().map(|guard| {
        let words = format!("refused by guard {} on {}: {}", guard.guard, guard.path, guard.message);
        vec![Piece::new(words, Tone::Bad)]
    }));
    if !plan.approval.is_empty() {
        let words = format!("waits for another person's approval: policy {}", plan.approval.join(", "));
        lines.push(vec![Piece::new(words, Tone::Warn)]);
    }
    lines.extend(plan.targets.iter().map(|target| {
        let batch = if in_batches { format!("{:>4}. ", target.batch) } else { String::new() };
        vec![
            Piece::new(batch, Tone::Dim),
            Piece::plain(format!("{}  ", target.path)),
            Piece::new(target.status.as_str(), application::tone(target.status)),
            Piece::plain(format!("  {}", target.effect)),
        ]
    }));
    lines
}

fn agreement(act: &Act, plan: &ActionPlan) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    if plan.targets.len() > 1 {
        let how = if act.at_once { "all at once" } else { "one after the other, the first error ends it" };
        let other = if act.at_once { "one after the other" } else { "all at once" };
        lines.push(vec![Piece::plain(format!("{how}; b: {other}"))]);
    }
    if !act.asks_for_number() {
        lines.push(vec![
            Piece::new(format!("y: {}", act.word()), Tone::Title),
            Piece::plain("   any other key: nothing is done"),
        ]);
    }
    lines
}

fn followed(action: &Action) -> Vec<Vec<Piece>> {
    action.targets.iter().map(target_line).collect()
}

fn ending(act: &Act, action: &Action) -> Vec<Piece> {
    if let Some(trouble) = &act.trouble {
        return vec![Piece::new(format!("not heard of, trying again: {trouble}"), Tone::Bad)];
    }
    let counts = action.counts;
    let done = format!("{}: {} of {} done", action.status, counts.finished(), counts.total());
    let close = if action.status.is_final() { "   Esc closes" } else { "   Esc closes, it goes on" };
    vec![Piece::new(done, crate::cli::action::tone(action.status)), Piece::plain(close)]
}
