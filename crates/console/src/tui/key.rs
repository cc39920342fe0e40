//! The keys, and the help that lists them.

use super::problem::Deed;
use super::prompt::Edit;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use topmast_model::application::Operation;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Moves by so many rows.
    Step(i64),
    /// Moves by so many screens.
    Page(i64),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Into the row, or to its details.
    Open,
    /// Details of the row.
    Details,
    /// Another row, while details are open.
    Neighbour(i64),
    /// Back: closes what is open.
    Back,
    /// A tab, counted from 0.
    Tab(usize),
    /// The next tab, or the one before.
    TurnTab(i64),
    /// Writes a filter.
    Filter,
    /// Writes a command.
    Line,
    /// Sorts by the next column, or the one before.
    SortColumn(i64),
    /// Sorts the other way round.
    SortOrder,
    /// Marks the row.
    Mark,
    /// Marks nothing any more.
    UnmarkAll,
    /// Acts on what is marked, or else on the row.
    Act(Operation),
    /// Does something about the problem.
    Handle(Deed),
    /// Shows the keys.
    Help,
    /// The first of two keys: `g`.
    Go,
    /// Draws the screen anew.
    Redraw,
    /// Leaves the shell's job in the background.
    Suspend,
    /// Ends.
    Quit,
}

/// The keys in words, for the help.
pub(super) const HELP: &[(&str, &str)] = &[
    ("1 .. 6, Tab", "the tabs, next tab"),
    ("g s, g a, g v, g t, g x, g p", "the same, as in the browser"),
    ("j k, arrows", "next row, previous row"),
    ("PgDn PgUp, Ctrl-D Ctrl-U", "a screen down, a screen up"),
    ("Home End, g g, G", "first row, last row"),
    ("Enter", "what is inside it, at last its details"),
    ("d", "details: figures, facts, events, processes"),
    ("J K", "details of the next, the previous row"),
    ("Esc, Left, Backspace", "back"),
    ("/", "filter, e.g. status!=UP cpu>80 switch"),
    ("< >", "sort by another column"),
    ("s", "sort the other way round"),
    ("Space, x", "mark an application; U unmarks all"),
    ("S T R", "start, stop, restart the marked or the row"),
    ("A N", "acknowledge the problem, give it back"),
    ("M C D", "mute, comment, close (done) the problem"),
    (":", "a command: sort -cpu, act NAME key=value"),
    ("Ctrl-L", "draw the screen anew"),
    ("?", "these keys"),
    ("q, Ctrl-C", "quit"),
];

/// The letter after `g`, and the tab it leads to; the web console has the same.
const GO: [(char, usize); 6] = [('s', 0), ('a', 1), ('v', 2), ('t', 3), ('x', 4), ('p', 5)];

/// What a key asks for in a list.
///
/// - `after_go`: true when the key before was `g`.
pub(super) fn command(key: KeyEvent, after_go: bool) -> Option<Command> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Command::Quit),
            KeyCode::Char('l') => Some(Command::Redraw),
            KeyCode::Char('z') => Some(Command::Suspend),
            KeyCode::Char('d' | 'f') => Some(Command::Page(1)),
            KeyCode::Char('u' | 'b') => Some(Command::Page(-1)),
            KeyCode::Char('n') => Some(Command::Step(1)),
            KeyCode::Char('p') => Some(Command::Step(-1)),
            _ => None,
        };
    }
    if let (true, KeyCode::Char(letter)) = (after_go, key.code) {
        let tab = GO.iter().find(|(known, _)| *known == letter).map(|(_, tab)| Command::Tab(*tab));
        return tab.or_else(|| (letter == 'g').then_some(Command::First));
    }
    Some(match key.code {
        KeyCode::Down | KeyCode::Char('j') => Command::Step(1),
        KeyCode::Up | KeyCode::Char('k') => Command::Step(-1),
        KeyCode::PageDown => Command::Page(1),
        KeyCode::PageUp => Command::Page(-1),
        KeyCode::Home => Command::First,
        KeyCode::End | KeyCode::Char('G') => Command::Last,
        KeyCode::Enter | KeyCode::Right => Command::Open,
        KeyCode::Char('d') => Command::Details,
        KeyCode::Char('J') => Command::Neighbour(1),
        KeyCode::Char('K') => Command::Neighbour(-1),
        KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => Command::Back,
        KeyCode::Char(digit @ '1'..='6') => Command::Tab(digit as usize - '1' as usize),
        KeyCode::Tab => Command::TurnTab(1),
        KeyCode::BackTab => Command::TurnTab(-1),
        KeyCode::Char('/') => Command::Filter,
        KeyCode::Char(':') => Command::Line,
        KeyCode::Char('<') => Command::SortColumn(-1),
        KeyCode::Char('>') => Command::SortColumn(1),
        KeyCode::Char('s') => Command::SortOrder,
        KeyCode::Char(' ' | 'x') => Command::Mark,
        KeyCode::Char('U') => Command::UnmarkAll,
        KeyCode::Char('S') => Command::Act(Operation::Start),
        KeyCode::Char('T') => Command::Act(Operation::Stop),
        KeyCode::Char('R') => Command::Act(Operation::Restart),
        KeyCode::Char('A') => Command::Handle(Deed::Acknowledge),
        KeyCode::Char('N') => Command::Handle(Deed::Unacknowledge),
        KeyCode::Char('M') => Command::Handle(Deed::Mute),
        KeyCode::Char('C') => Command::Handle(Deed::Comment),
        KeyCode::Char('D') => Command::Handle(Deed::Close),
        KeyCode::Char('?') | KeyCode::F(1) => Command::Help,
        KeyCode::Char('g') => Command::Go,
        KeyCode::Char('q') => Command::Quit,
        _ => return None,
    })
}

/// What a key does to a line that is being typed.
pub(crate) fn edit(key: KeyEvent) -> Option<Edit> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('u') => Some(Edit::Clear),
            KeyCode::Char('w') => Some(Edit::Word),
            KeyCode::Char('a') => Some(Edit::Home),
            KeyCode::Char('e') => Some(Edit::End),
            KeyCode::Char('h') => Some(Edit::Backspace),
            _ => None,
        };
    }
    match key.code {
        KeyCode::Char(character) => Some(Edit::Insert(character)),
        KeyCode::Backspace => Some(Edit::Backspace),
        KeyCode::Delete => Some(Edit::Delete),
        KeyCode::Left => Some(Edit::Left),
        KeyCode::Right => Some(Edit::Right),
        KeyCode::Home => Some(Edit::Home),
        KeyCode::End => Some(Edit::End),
        _ => None,
    }
}
