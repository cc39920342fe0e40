//! What has to be agreed to before it is done: a paste of lines, a line that destroys, the end.
//!
//! Invariants
//! - a question names how many servers it is about, and their names.
//! - what destroys is agreed to by typing that number: a key that was meant for a shell is no answer.

use super::app::App;
use super::key::Prefix;
use crate::tui::key::edit;
use crate::tui::prompt::Prompt;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

/// Lines of a paste that are shown.
const PREVIEW_MAX: usize = 8;
/// Names that are shown; the rest are counted.
const NAMES_MAX: usize = 40;

/// What is done when it is agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// This is typed into these.
    Type { panes: Vec<usize>, text: String },
    /// This line is sent to these, and its outputs are grouped.
    Line { panes: Vec<usize>, line: String, is_rest: bool },
    /// The end.
    Quit,
}

/// How it is agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// By `y`.
    Yes,
    /// By this number and Enter.
    Number(usize, Prompt),
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) answer: Answer,
    pub(super) then: Then,
}

/// What a key answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    Wait,
    Agreed,
    Refused,
}

impl Question {
    /// A line that destroys goes to several.
    pub(super) fn danger(app: &App, (effect, line): (&str, String), then: Then) -> Self {
        let panes = panes(&then);
        Self {
            title: format!("This {effect}, on {}", servers(panes.len())),
            lines: vec![line, String::new(), app.names(panes, NAMES_MAX)],
            answer: Answer::Number(panes.len(), Prompt::default()),
            then,
        }
    }

    /// Lines were pasted.
    pub(super) fn paste(app: &App, danger: Option<&str>, panes: Vec<usize>, text: String) -> Self {
        let count = text.trim_end_matches('\r').split('\r').count();
        let mut lines: Vec<String> =
            text.split('\r').take(PREVIEW_MAX.min(count)).map(str::to_owned).collect();
        if count > PREVIEW_MAX {
            lines.push(format!("and {} more lines", count - PREVIEW_MAX));
        }
        lines.extend([String::new(), app.names(&panes, NAMES_MAX)]);
        let what = if count == 1 { "1 line, with its Enter,".to_owned() } else { format!("{count} lines") };
        let destroys = danger.map_or(String::new(), |effect| format!("; something in it {effect}"));
        let answer = match danger {
            Some(_) => Answer::Number(panes.len(), Prompt::default()),
            None => Answer::Yes,
        };
        let title = format!("Paste {what} into {}{destroys}", servers(panes.len()));
        Self { title, lines, answer, then: Then::Type { panes, text } }
    }

    /// The rest gets what the canary got.
    pub(super) fn rest(app: &App, danger: Option<&str>, panes: Vec<usize>, line: String) -> Self {
        let destroys = danger.map_or(String::new(), |effect| format!("; it {effect}"));
        let answer = match danger {
            Some(_) => Answer::Number(panes.len(), Prompt::default()),
            None => Answer::Yes,
        };
        Self {
            title: format!("Send the canary's line to {} more{destroys}", servers(panes.len())),
            lines: vec![line.clone(), String::new(), app.names(&panes, NAMES_MAX)],
            answer,
            then: Then::Line { panes, line, is_rest: true },
        }
    }

    /// Some still run.
    pub(super) fn quit(app: &App, panes: &[usize]) -> Self {
        Self {
            title: format!("Quit and end the shells on {}", servers(panes.len())),
            lines: vec![app.names(panes, NAMES_MAX)],
            answer: Answer::Yes,
            then: Then::Quit,
        }
    }

    /// Takes one key.
    pub(super) fn key(&mut self, key: KeyEvent, prefix: Prefix) -> Reply {
        if key.code == KeyCode::Esc || prefix.is(key) {
            return Reply::Refused;
        }
        match &mut self.answer {
            Answer::Yes if matches!(key.code, KeyCode::Char('y' | 'Y')) => Reply::Agreed,
            Answer::Yes => Reply::Refused,
            Answer::Number(count, prompt) if key.code == KeyCode::Enter => {
                if prompt.text().trim() == count.to_string() { Reply::Agreed } else { Reply::Refused }
            }
            Answer::Number(_, prompt) => {
                if let Some(edit) = edit(key) {
                    prompt.edit(edit);
                }
                Reply::Wait
            }
        }
    }
}

fn panes(then: &Then) -> &[usize] {
    match then {
        Then::Type { panes, .. } | Then::Line { panes, .. } => panes,
        Then::Quit => &[],
    }
}

/// So many servers in words.
pub(super) fn servers(count: usize) -> String {
    if count == 1 { "1 server".to_owned() } else { format!("{count} servers") }
}
