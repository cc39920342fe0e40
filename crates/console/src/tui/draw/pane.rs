//! Everything known of one object: facts, figures with how they went, what is in it, processes, events.

use super::canvas::{Canvas, Piece};
use super::wrap::wrapped;
use crate::cli::event::summary::summary;
use crate::cli::{action, application, problem, server, service, task};
use crate::output::{Tone, cut, human};
use crate::tui::app::App;
use crate::tui::detail::{Detail, Facts, Pane, Process};
use crate::tui::row::Key;
use crate::tui::spark::sparkline;
use ratatui::layout::Rect;
use topmast_api::chart::{Chart, Unit};
use topmast_api::event::Event;
use topmast_api::fleet_problem::ProblemDetails;
use topmast_api::time::Timestamp;
use topmast_model::problem::Verdict;
use topmast_model::status::ProblemStatus;
use unicode_width::UnicodeWidthStr;

/// Columns of a fact's name.
const LABEL: usize = 13;
/// Columns of an event's age.
const EVENT_AGE: usize = 13;

type TextLine = Vec<Piece>;

/// The pane: its title, and the lines from where it is scrolled to.
pub(super) fn draw(app: &App, pane: &Pane, canvas: &mut Canvas<'_>, place: Rect) {
    canvas.clear(place);
    if place.height == 0 {
        return;
    }
    if place.x >= 2 {
        for y in place.top()..place.bottom() {
            canvas.put((place.x - 2, y), 1, "│", Tone::Dim);
        }
    }
    let age = pane.received.map(|time| human::span(time.0.until(app.now.0).as_secs()));
    let title = pane.key.text();
    canvas.put((place.x, place.y), place.width, &title, Tone::Title);
    let state = match (&pane.trouble, age) {
        (Some(_), Some(age)) => format!("OLD, {age} ago"),
        (Some(_), None) => "not known".to_owned(),
        (None, None) => "asking …".to_owned(),
        (None, Some(age)) => format!("{age} ago"),
    };
    if title.width() + state.width() + 2 <= usize::from(place.width) {
        let tone = if pane.trouble.is_some() { Tone::Bad } else { Tone::Dim };
        canvas.put_right((place.x, place.y), place.width, &state, tone);
    }
    let mut lines: Vec<TextLine> = Vec::new();
    if let Some(trouble) = &pane.trouble {
        lines.push(vec![Piece::new(trouble.clone(), Tone::Bad)]);
    }
    if let Some(detail) = &pane.detail {
        lines.extend(text(detail, &pane.key, app.now, usize::from(place.width)));
    }
    let room = usize::from(place.height - 1);
    let from = pane.scroll.min(lines.len().saturating_sub(room));
    for (line, y) in lines.iter().skip(from).zip(place.y + 1..place.bottom()) {
        canvas.line((place.x, y), place.width, line);
    }
    let below = lines.len().saturating_sub(from + room);
    if below > 0 {
        let text = format!(" {below} more lines, j ");
        canvas.put_right((place.x, place.bottom() - 1), place.width, &text, Tone::Title);
    }
}

/// How many lines there are in so many columns, for the end of the scrolling.
pub(in crate::tui) fn line_count(detail: &Detail, key: &Key, now: Timestamp, width: u16) -> usize {
    text(detail, key, now, usize::from(width)).len()
}

fn text(detail: &Detail, key: &Key, now: Timestamp, width: usize) -> Vec<TextLine> {
    let mut lines = wrapped(facts(&detail.facts, now), width, LABEL);
    if let Some(chart) = &detail.chart {
        figures(&mut lines, chart, width);
    }
    lines.extend(wrapped(parts(&detail.facts, now), width, LABEL));
    processes(&mut lines, &detail.processes);
    lines.extend(wrapped(events(&detail.events, key, now), width, EVENT_AGE));
    lines
}

fn fact(label: &str, value: Piece) -> TextLine {
    vec![Piece::new(format!("{label:LABEL$}"), Tone::Dim), value]
}

fn heading(lines: &mut Vec<TextLine>, text: &str) {
    lines.push(Vec::new());
    lines.push(vec![Piece::new(text, Tone::Title)]);
}

/// What is known of a problem.
fn problem_facts(details: &ProblemDetails, now: Timestamp) -> Vec<TextLine> {
    let row = &details.row;
    let is_unsure = row.status == ProblemStatus::Open && row.verdict == Verdict::Unknown;
    let status = if is_unsure { "OPEN?" } else { row.status.as_str() };
    let mut lines = vec![
        fact("severity", Piece::new(format!("{}, {status}", row.severity), problem::tone(row.severity))),
        fact("message", Piece::plain(&row.message)),
        fact("object", Piece::plain(row.object.as_str())),
        fact("rule", Piece::plain(&row.rule)),
        fact("since", Piece::plain(format!("{} ago", human::ago(now, Some(row.since))))),
    ];
    let mut line = |label: &str, text: Option<String>| {
        lines.extend(text.map(|text| fact(label, Piece::plain(text))));
    };
    line("detail", Some(row.detail.clone()).filter(|detail| !detail.is_empty()));
    line("closed", row.closed_because.clone());
    line("cause", row.cause.map(|cause| format!("problem {cause}")));
    line("explains", Some(row.symptoms).filter(|count| *count > 0).map(|count| format!("{count} others")));
    line("silent", row.suppressed.clone().map(|why| format!("nobody is told: {why}")));
    line(
        "owner",
        row.acknowledgement.as_ref().map(|acknowledgement| {
            let comment = acknowledgement.comment.as_deref().unwrap_or_default();
            format!("{} {comment}", acknowledgement.owner.name).trim_end().to_owned()
        }),
    );
    line("advice", Some(details.advice.clone()).filter(|advice| !advice.is_empty()));
    for comment in &details.comments {
        let text =
            format!("{} ago, {}: {}", human::ago(now, Some(comment.time)), comment.actor.name, comment.text);
        line("comment", Some(text));
    }
    lines
}

fn facts(facts: &Facts, now: Timestamp) -> Vec<TextLine> {
    let since = |word: &str, time| format!("{word} for {}", human::ago(now, Some(time)));
    let maybe = |label: &str, value: Option<String>| value.map(|value| fact(label, Piece::plain(value)));
    let is_late = |late: bool, age: Option<u64>| {
        late.then(|| fact("data", Piece::new(format!("late, {} old", human::age(age)), Tone::Warn)))
    };
    match facts {
        Facts::Server(details) => {
            let row = &details.row;
            let apps = format!("{} of {} started", row.applications_started, row.applications_total);
            let labels: Vec<String> =
                row.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut lines = vec![
                fact("status", Piece::new(since(row.status.as_str(), row.since), server::tone(row.status))),
                fact("cause", Piece::plain(&row.cause)),
            ];
            lines.extend(is_late(row.stale, row.age_ms));
            lines.push(fact("applications", Piece::plain(apps)));
            let bad = if row.services_bad > 0 { Tone::Bad } else { Tone::Plain };
            lines.push(fact("bad services", Piece::new(row.services_bad.to_string(), bad)));
            lines.extend(
                [
                    maybe("system", row.os.clone()),
                    maybe("kernel", row.kernel.clone()),
                    maybe("processors", row.cpu_count.map(|count| count.to_string())),
                    maybe("memory", row.memory_bytes.map(|bytes| human::bytes(Some(bytes)))),
                    maybe("up for", row.uptime_s.map(human::span)),
                    maybe("address", Some(row.address.clone())),
                    maybe("agent", Some(row.version.clone())),
                    maybe("labels", (!labels.is_empty()).then(|| labels.join(" "))),
                ]
                .into_iter()
                .flatten(),
            );
            lines.extend(row.unit_problems.iter().map(|problem| {
                fact("unit refused", Piece::new(format!("{}: {}", problem.file, problem.problem), Tone::Bad))
            }));
            lines
        }
        Facts::Application(details) => {
            let row = &details.row;
            let mut lines = vec![
                fact(
                    "status",
                    Piece::new(since(row.status.as_str(), row.since), application::tone(row.status)),
                ),
                fact("cause", Piece::plain(&row.cause)),
            ];
            lines.extend(is_late(row.stale, row.age_ms));
            let last = row.last_action.as_ref().map(|last| {
                let ago = human::ago(now, Some(last.at));
                format!("{} {} by {}, {ago} ago", last.operation, last.status, last.principal)
            });
            lines.extend(
                [
                    maybe("version", row.version.clone()),
                    maybe("process", row.pid.map(|pid| pid.to_string())),
                    maybe("running for", row.started_at.map(|time| human::ago(now, Some(time)))),
                    maybe(
                        "restarts",
                        Some(format!("{} in an hour, {} in a day", row.restarts_1h, row.restarts_24h)),
                    ),
                    maybe(
                        "instances",
                        Some(format!("{} of {} started", row.instances_started, row.instances_total)),
                    ),
                    maybe("last action", last),
                ]
                .into_iter()
                .flatten(),
            );
            lines
        }
        Facts::Service(details) => {
            let row = &details.row;
            let mut lines = vec![fact(
                "status",
                Piece::new(since(row.status.as_str(), row.since), service::tone(row.status)),
            )];
            lines.extend(is_late(row.stale, row.age_ms));
            lines.extend(
                [
                    maybe("codes", (!row.codes.is_empty()).then(|| row.codes.join(" "))),
                    maybe("message", row.message.clone()),
                    maybe("transactions", row.transactions_total.map(|count| human::count(Some(count)))),
                    maybe("errors", row.errors_total.map(|count| human::count(Some(count)))),
                ]
                .into_iter()
                .flatten(),
            );
            lines
        }
        Facts::Task(row) => {
            let mut lines = vec![fact(
                "status",
                Piece::new(since(row.status.as_str(), row.since), task::tone(row.status)),
            )];
            lines.extend(is_late(row.stale, row.age_ms));
            let ago =
                |time: Option<Timestamp>| time.map(|time| format!("{} ago", human::ago(now, Some(time))));
            lines.extend(
                [
                    maybe("message", row.message.clone()),
                    maybe("schedule", row.schedule.clone()),
                    maybe("started", ago(row.last_started)),
                    maybe("finished", ago(row.last_finished)),
                    maybe("took", row.duration_ms.map(|took| human::millis(Some(took as f64)))),
                    maybe("next", row.next_due.map(|time| human::until(now, Some(time)))),
                    maybe("late by", row.late_s.map(human::span)),
                ]
                .into_iter()
                .flatten(),
            );
            lines
        }
        Facts::Problem(details) => problem_facts(details, now),
        Facts::Action(order) => {
            let counts = order.counts;
            let done = format!(
                "{} of {} succeeded, {} failed, {} unknown",
                counts.succeeded,
                counts.total(),
                counts.failed,
                counts.unknown
            );
            let mut lines = vec![
                fact("status", Piece::new(order.status.as_str(), action::tone(order.status))),
                fact("operation", Piece::plain(order.operation.as_str())),
                fact("targets", Piece::plain(done)),
                fact(
                    "asked by",
                    Piece::plain(format!(
                        "{}, {} ago",
                        order.principal,
                        human::ago(now, Some(order.created_at))
                    )),
                ),
            ];
            lines.extend(maybe("reason", order.reason.clone()));
            lines
        }
    }
}

/// One line a figure: its name, how it is, how it went.
fn figures(lines: &mut Vec<TextLine>, chart: &Chart, width: usize) {
    let shown: Vec<_> =
        chart.figures.iter().filter(|figure| figure.values.iter().any(Option::is_some)).collect();
    if shown.is_empty() {
        return;
    }
    let span = chart.times.len() as u64 * chart.resolution_ms / 1_000;
    heading(lines, &format!("FIGURES, the last {}", human::span(span)));
    let room = width.saturating_sub(LABEL + 12).clamp(1, 120);
    for figure in shown {
        let values: Vec<Option<f64>> = figure.values.iter().map(|value| value.map(f64::from)).collect();
        let newest = values.iter().rev().find_map(|value| *value);
        let full = (figure.unit == Unit::Percent && !figure.name.starts_with("error")).then(|| {
            // Several processors are more than 100.
            values.iter().flatten().fold(100.0, |full: f64, value| full.max(*value))
        });
        let skipped = values.len().saturating_sub(room);
        lines.push(vec![
            Piece::new(format!("{:LABEL$}", figure_words(&figure.name)), Tone::Dim),
            Piece::plain(format!("{:>9}  ", figure_value(figure.unit, newest))),
            Piece::plain(sparkline(&values[skipped..], full)),
        ]);
    }
}

fn figure_words(name: &str) -> &str {
    match name {
        "cpu_pct" => "processor",
        "memory_pct" | "memory_bytes" => "memory",
        "load1" => "load",
        "swap_pct" => "swap",
        "disk_pct" => "fullest disk",
        "network_rx_bytes_per_s" => "received",
        "network_tx_bytes_per_s" => "sent",
        "tps" => "transactions",
        "error_pct" => "errors",
        "latency_p50_ms" => "median",
        "latency_p95_ms" => "95 of 100",
        other => other,
    }
}

fn figure_value(unit: Unit, value: Option<f64>) -> String {
    // Bytes are never negative nor near 2^53; the cast cuts the fraction.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the line above")]
    let bytes = || human::bytes(value.map(|value| value as u64));
    match unit {
        Unit::Percent => human::percent(value),
        Unit::Bytes => bytes(),
        Unit::BytesPerSecond => format!("{}/s", bytes()),
        Unit::PerSecond => format!("{}/s", human::rate(value)),
        Unit::Milliseconds => human::millis(value),
        Unit::Number => human::rate(value),
    }
}

/// What is inside it, with how it is.
fn parts(facts: &Facts, now: Timestamp) -> Vec<TextLine> {
    let mut lines = Vec::new();
    match facts {
        Facts::Application(details) => {
            if !details.services.is_empty() {
                heading(&mut lines, "SERVICES");
            }
            for row in &details.services {
                let codes = row.codes.join(" ");
                lines.push(vec![
                    Piece::plain(format!("{:20} ", row.name)),
                    Piece::new(format!("{:12}", row.status), service::tone(row.status)),
                    Piece::plain(format!("{:>9}  {codes}", figure_value(Unit::PerSecond, row.tps))),
                ]);
            }
            if !details.tasks.is_empty() {
                heading(&mut lines, "TASKS");
            }
            for row in &details.tasks {
                lines.push(vec![
                    Piece::plain(format!("{:20} ", row.name)),
                    Piece::new(format!("{:12}", row.status), task::tone(row.status)),
                    Piece::plain(format!("next {}", human::until(now, row.next_due))),
                ]);
            }
        }
        Facts::Action(order) => {
            heading(&mut lines, "TARGETS");
            for target in &order.targets {
                lines.push(target_line(target));
            }
        }
        Facts::Server(_) | Facts::Service(_) | Facts::Task(_) | Facts::Problem(_) => {}
    }
    lines
}

/// One target of an action: how it fared, and why.
pub(super) fn target_line(target: &topmast_api::action::ActionTarget) -> TextLine {
    vec![
        Piece::new(format!("{:10}", target.status), action::tone(target.status)),
        Piece::plain(format!("{}  ", target.path)),
        Piece::plain(target.message.clone().unwrap_or_default()),
    ]
}

fn processes(lines: &mut Vec<TextLine>, processes: &[Process]) {
    if processes.is_empty() {
        return;
    }
    heading(lines, "PROCESSES that use most");
    lines.push(vec![Piece::new(
        format!("{:>8}  {:24}{:>8}{:>10}", "PID", "NAME", "CPU", "MEMORY"),
        Tone::Dim,
    )]);
    for process in processes {
        let memory = figure_value(Unit::Bytes, process.memory_bytes);
        let cpu = human::percent(process.cpu_pct);
        let name = cut(&process.name, 23);
        lines.push(vec![Piece::plain(format!("{:>8}  {name:24}{cpu:>8}{memory:>10}", process.pid))]);
    }
}

fn events(events: &[Event], key: &Key, now: Timestamp) -> Vec<TextLine> {
    let mut lines = Vec::new();
    if events.is_empty() {
        return lines;
    }
    heading(&mut lines, "EVENTS, the newest first");
    for event in events {
        let by = format!("  {} {}", event.actor.kind.as_str(), event.actor.name);
        let is_part = event.object.as_ref() != key.path();
        let part = event.object.as_ref().filter(|_| is_part).map(|path| format!("{} ", path.name()));
        let part = part.unwrap_or_default();
        lines.push(vec![
            Piece::plain(format!("{:>7} ago  ", human::ago(now, Some(event.time)))),
            Piece::plain(format!("{} ", event.kind)),
            Piece::new(part, Tone::Title),
            Piece::plain(summary(event)),
            Piece::new(by, Tone::Dim),
        ]);
    }
    lines
}
