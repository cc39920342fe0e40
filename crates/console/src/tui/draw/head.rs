//! The lines around the list: how fresh, who and where; the tabs; how many are how; the foot and what is typed there.

use super::canvas::{Canvas, Piece};
use crate::output::{Tone, human};
use crate::tui::app::App;
use crate::tui::prompt::Prompt;
use crate::tui::tab::Tab;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;
use topmast_api::overview::Overview;
use topmast_model::filter::FilterError;
use unicode_width::UnicodeWidthStr;

/// The first line: freshness first, for a narrow terminal shows the beginning only.
pub(super) fn status(app: &App, canvas: &mut Canvas<'_>, place: Rect) {
    if place.height == 0 {
        return;
    }
    if app.is_lost() {
        let silence = app.silence_ms().map(|silence| format!(" {}", human::span(silence / 1_000)));
        let why = app.link.trouble.as_deref().unwrap_or("nothing is heard of the master");
        let text = format!("NOT CONNECTED{}, trying again: {why}", silence.unwrap_or_default());
        canvas.put((place.x, place.y), place.width, &text, Tone::Bad);
        canvas.reverse(place);
        return;
    }
    let mut pieces = match app.link.heard {
        Some(_) => vec![Piece::new("LIVE", Tone::Good), Piece::plain(format!(" {} UTC", clock(app)))],
        None => vec![Piece::new("CONNECTING", Tone::Warn)],
    };
    let host = app.url.split_once("://").map_or(app.url.as_str(), |(_, host)| host);
    pieces.push(Piece::plain(format!("  {host}")));
    if let Some(who) = &app.who {
        let roles: BTreeSet<&str> = who.grants.iter().map(|grant| grant.role.as_str()).collect();
        let roles = roles.into_iter().collect::<Vec<_>>().join(", ");
        pieces.push(Piece::plain(format!("  {} ({roles})", who.name)));
    }
    if app.rules.locked {
        pieces.push(Piece::plain("  read-only"));
    }
    let used = canvas.line((place.x, place.y), place.width, &pieces);
    let Some(overview) = &app.overview else { return };
    let (forms, tone) = health(overview);
    let fits = |text: &&String| used + 2 + u16::try_from(text.width()).unwrap_or(u16::MAX) <= place.width;
    if let Some(text) = forms.iter().find(fits) {
        canvas.put_right((place.x, place.y), place.width, text, tone);
    }
}

/// How all together is, the longest form first.
fn health(overview: &Overview) -> (Vec<String>, Tone) {
    let bad = match overview.unhealthy_total {
        0 => "all healthy".to_owned(),
        count => format!("{} not healthy", human::count(Some(count))),
    };
    match overview.missing.len() {
        0 if overview.unhealthy_total == 0 => (vec![bad], Tone::Good),
        0 => (vec![bad], Tone::Bad),
        1 => (vec![format!("{bad}, 1 cluster missing"), "1 cluster missing".to_owned()], Tone::Bad),
        count => {
            (vec![format!("{bad}, {count} clusters missing"), format!("{count} clusters missing")], Tone::Bad)
        }
    }
}

/// The time of day to the second.
fn clock(app: &App) -> String {
    let text = app.now.to_string();
    text.split_once('T').map_or(text.as_str(), |(_, time)| time).chars().take("12:00:00".len()).collect()
}

/// The tabs, in the longest form that fits; the one on the screen is in brackets.
pub(super) fn tabs(app: &App, canvas: &mut Canvas<'_>, place: Rect) {
    if place.height == 0 {
        return;
    }
    let here = app.list().query.tab;
    let forms: [fn(&App, Tab) -> String; 3] = [
        |app, tab| format!("{} {}{}", tab.index() + 1, tab.title(), bad_words(app, tab)),
        |_, tab| format!("{} {}", tab.index() + 1, tab.title()),
        |app, tab| {
            let title = if app.list().query.tab == tab { format!(" {}", tab.title()) } else { String::new() };
            format!("{}{title}", tab.index() + 1)
        },
    ];
    let texts = |form: &fn(&App, Tab) -> String| Tab::ALL.map(|tab| form(app, tab));
    let width = |texts: &[String; 6]| texts.iter().map(|text| text.width() + 2).sum::<usize>();
    let fitting = forms.iter().map(texts).find(|texts| width(texts) <= usize::from(place.width));
    let mut x = place.x;
    for (tab, text) in Tab::ALL.into_iter().zip(fitting.unwrap_or_else(|| texts(&forms[2]))) {
        let left = place.right().saturating_sub(x);
        let is_here = tab == here;
        let (text, tone) =
            if is_here { (format!("[{text}]"), Tone::Title) } else { (format!(" {text} "), Tone::Plain) };
        let used = canvas.put((x, place.y), left, &text, tone);
        if is_here {
            canvas.reverse(Rect::new(x, place.y, used, 1));
        }
        x += used;
    }
}

/// How many of a tab's are not healthy.
fn bad_words(app: &App, tab: Tab) -> String {
    let Some(overview) = &app.overview else { return String::new() };
    let counts = match tab {
        Tab::Servers => &overview.servers,
        Tab::Applications => &overview.applications,
        Tab::Services => &overview.services,
        Tab::Tasks => &overview.tasks,
        Tab::Actions | Tab::Problems => return String::new(),
    };
    match counts.total - counts.healthy.min(counts.total) {
        0 => String::new(),
        bad => format!(" {} bad", human::count(Some(bad))),
    }
}

/// Where one is, what the filter lets through, how many are how; at the right the order.
pub(super) fn counts(app: &App, canvas: &mut Canvas<'_>, place: Rect) {
    if place.height == 0 {
        return;
    }
    let list = app.list();
    let (tab, total) = (list.query.tab, list.window.total);
    let mut pieces = Vec::new();
    if let Some(path) = &list.query.inside {
        pieces.push(Piece::new(format!("in {path}: "), Tone::Title));
    }
    if list.received.is_some() {
        pieces.push(Piece::plain(format!("{} {}", human::count(Some(total)), tab.noun(total))));
    }
    if !list.query.filter.is_empty() {
        pieces.push(Piece::plain(format!(" match {}", list.query.filter)));
    }
    for (index, (word, count)) in ordered(tab, &list.window.counts).into_iter().enumerate() {
        let tone = word_tone(&word);
        let sign = if index == 0 { ":  " } else { "  " };
        pieces.push(Piece::plain(sign));
        pieces.push(Piece::new(format!("{} {word}", human::count(Some(count))), tone));
    }
    if !list.marks.is_empty() {
        pieces.push(Piece::new(format!("  {} marked", list.marks.len()), Tone::Title));
    }
    let used = canvas.line((place.x, place.y), place.width, &pieces);
    let order = order_words(app);
    let width = u16::try_from(order.width()).unwrap_or(u16::MAX);
    if used.saturating_add(2).saturating_add(width) <= place.width {
        canvas.put_right((place.x, place.y), place.width, &order, Tone::Dim);
    }
}

/// Counts from the worst status on, whatever their order was.
fn ordered(tab: Tab, counts: &[(String, u64)]) -> Vec<(String, u64)> {
    let words = tab.statuses();
    let mut counts = counts.to_vec();
    counts.sort_by_key(|(word, _)| {
        std::cmp::Reverse(words.iter().position(|known| known.eq_ignore_ascii_case(word)))
    });
    counts
}

/// What a word of a status means, whatever it is the status of.
fn word_tone(word: &str) -> Tone {
    match word {
        "UP" | "STARTED" | "OK" | "SUCCEEDED" | "healthy" => Tone::Good,
        "DOWN" | "FAILED" | "QUARANTINED" | "MALFUNCTION" | "failed" | "critical" | "major" => Tone::Bad,
        "STALE" | "UNKNOWN" | "LATE" | "degraded" | "unknown" | "warning" => Tone::Warn,
        _ => Tone::Plain,
    }
}

fn order_words(app: &App) -> String {
    let query = &app.list().query;
    if let Some(order) = query.tab.order() {
        return order.to_owned();
    }
    let column = query.tab.columns().iter().find(|column| column.field == query.sort.field);
    let title = column.map_or(query.sort.field, |column| column.title);
    let is_from_bad = matches!(query.sort.field, "health" | "status" | "severity");
    let first = match (is_from_bad, column.is_some_and(|column| column.right), query.sort.descending) {
        (true, _, true) => "worst first",
        (true, _, false) => "best first",
        (false, true, true) => "largest first",
        (false, true, false) => "smallest first",
        (false, false, true) => "Z first",
        (false, false, false) => "A first",
    };
    format!("by {}, {first}", title.to_lowercase())
}

/// The last line: a word to the user, or the keys.
pub(super) fn foot(app: &App, canvas: &mut Canvas<'_>, place: Rect) {
    if place.height == 0 || app.rules.still {
        return;
    }
    if let Some(notice) = &app.notice {
        canvas.put((place.x, place.y), place.width, notice, Tone::Warn);
        return;
    }
    let back = app.pane.is_some() || app.way.len() > 1 || !app.list().query.filter.is_empty();
    let mut keys = vec!["? keys", "q quit"];
    if back {
        keys.push("Esc back");
    }
    if app.pane.is_some() {
        keys.extend(["J K next, previous", "j k scroll"]);
    } else {
        keys.extend(["Enter open", "d details", "/ filter"]);
    }
    match app.list().query.tab {
        _ if app.rules.locked => {}
        Tab::Servers | Tab::Actions => {}
        Tab::Problems => keys.push("A N M C D acknowledge, give back, mute, comment, done"),
        Tab::Applications | Tab::Services | Tab::Tasks => keys.push("S T R start stop restart"),
    }
    if app.pane.is_none() && app.list().query.tab.order().is_none() {
        keys.push("< > sort");
    }
    // Whole words only: half a key is a wrong key.
    let mut text = String::new();
    for key in keys {
        let next = if text.is_empty() { key.to_owned() } else { format!("{text}   {key}") };
        if next.width() > usize::from(place.width) {
            break;
        }
        text = next;
    }
    canvas.put((place.x, place.y), place.width, &text, Tone::Dim);
}

/// The filter being written, at the foot, and what is wrong with it below.
pub(super) fn filter(
    prompt: &Prompt,
    fault: Option<&FilterError>,
    canvas: &mut Canvas<'_>,
    whole: Rect,
) -> Option<Position> {
    let lines = if fault.is_some() { 2 } else { 1 };
    let top = whole.height.saturating_sub(lines);
    canvas.clear(Rect::new(0, top, whole.width, lines.min(whole.height)));
    let cursor = typed("filter: ", prompt, canvas, (0, top), whole.width);
    if let Some(fault) = fault {
        let text = format!("column {}: {}", fault.column, fault.message);
        canvas.put((0, top + 1), whole.width, &text, Tone::Bad);
    }
    cursor
}

/// What is done about a problem being written, and what is wrong with it below.
pub(super) fn handle(
    label: &str,
    prompt: &Prompt,
    fault: Option<&str>,
    canvas: &mut Canvas<'_>,
    whole: Rect,
) -> Option<Position> {
    let lines = if fault.is_some() { 2 } else { 1 };
    let top = whole.height.saturating_sub(lines);
    canvas.clear(Rect::new(0, top, whole.width, lines.min(whole.height)));
    let cursor = typed(label, prompt, canvas, (0, top), whole.width);
    if let Some(fault) = fault {
        canvas.put((0, top + 1), whole.width, fault, Tone::Bad);
    }
    cursor
}

/// The command being written.
pub(super) fn command(prompt: &Prompt, canvas: &mut Canvas<'_>, whole: Rect) -> Option<Position> {
    let top = whole.height.saturating_sub(1);
    canvas.clear(Rect::new(0, top, whole.width, whole.height.min(1)));
    typed(":", prompt, canvas, (0, top), whole.width)
}

/// A label and a text being typed, of which the part around the cursor is shown; returns where the cursor is.
pub(crate) fn typed(
    label: &str,
    prompt: &Prompt,
    canvas: &mut Canvas<'_>,
    (x, y): (u16, u16),
    width: u16,
) -> Option<Position> {
    let label_width = canvas.put((x, y), width, label, Tone::Title);
    let room = width.saturating_sub(label_width);
    if room == 0 {
        return None;
    }
    // The text moves to the left by as much as the cursor would be outside.
    let cursor = prompt.cursor();
    let hidden = (cursor + 1).saturating_sub(usize::from(room));
    let mut skipped = 0;
    let shown: String = prompt
        .text()
        .chars()
        .skip_while(|character| {
            let skip = skipped < hidden;
            if skip {
                skipped += unicode_width::UnicodeWidthChar::width(*character).unwrap_or(0);
            }
            skip
        })
        .collect();
    canvas.put((x + label_width, y), room, &shown, Tone::Plain);
    let column = u16::try_from(cursor - skipped.min(cursor)).unwrap_or(u16::MAX).min(room - 1);
    Some(Position::new(x + label_width + column, y))
}
