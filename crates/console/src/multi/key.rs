//! The keys: those after the prefix, the help that lists them, and what a terminal sends for all others.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// The key before a command; all others are typed into panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix(u8);

impl Default for Prefix {
    /// Control and backslash: tmux and screen, in which this may run, have another, and shells have no use for it.
    fn default() -> Self {
        Self(0x1c)
    }
}

impl Prefix {
    /// True when this key is it.
    pub(super) fn is(self, key: KeyEvent) -> bool {
        control(key) == Some(self.0)
    }

    /// What it sends when it is typed into a pane after all.
    pub(super) fn sent(self) -> String {
        char::from(self.0).to_string()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ctrl-{}", char::from(self.0 | 0x40))
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let letter = ["ctrl-", "c-", "^"].iter().find_map(|start| lower.strip_prefix(start));
        let mut letters = letter.unwrap_or_default().chars();
        match (letters.next(), letters.next()) {
            (Some('c' | 'd' | 'i' | 'j' | 'm' | '['), None) => {
                Err(format!("{text} is needed in the panes themselves"))
            }
            (Some(letter @ ('a'..='z' | '\\' | ']' | '^' | '_')), None) => {
                Ok(Self(letter.to_ascii_uppercase() as u8 & 0x1f))
            }
            _ => Err(r"a key like ctrl-\ or ctrl-b is expected".to_owned()),
        }
    }
}

/// The byte of a key that is held with Control. Terminals send digits for what has no letter.
fn control(key: KeyEvent) -> Option<u8> {
    let KeyCode::Char(character) = key.code else { return None };
    if !key.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    Some(match character.to_ascii_lowercase() {
        letter @ 'a'..='z' => letter as u8 & 0x1f,
        ' ' | '@' | '2' => 0,
        '[' | '3' => 0x1b,
        '\\' | '4' => 0x1c,
        ']' | '5' => 0x1d,
        '^' | '6' => 0x1e,
        '_' | '/' | '7' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return None,
    })
}

/// What a terminal sends for a key; `None` for one that sends nothing.
///
/// - `application`: the program in the pane asked for arrows in the other form.
pub(super) fn sent(key: KeyEvent, application: bool) -> Option<String> {
    let alt = if key.modifiers.contains(KeyModifiers::ALT) { "\x1b" } else { "" };
    if let Some(byte) = control(key) {
        return Some(format!("{alt}{}", char::from(byte)));
    }
    let held = u8::from(key.modifiers.contains(KeyModifiers::SHIFT))
        + 2 * u8::from(key.modifiers.contains(KeyModifiers::ALT))
        + 4 * u8::from(key.modifiers.contains(KeyModifiers::CONTROL));
    let letter = |letter: char| match (held, application) {
        (0, false) => format!("\x1b[{letter}"),
        (0, true) => format!("\x1bO{letter}"),
        _ => format!("\x1b[1;{}{letter}", held + 1),
    };
    let number = |number: u8| match held {
        0 => format!("\x1b[{number}~"),
        _ => format!("\x1b[{number};{}~", held + 1),
    };
    Some(match key.code {
        KeyCode::Char(character) => format!("{alt}{character}"),
        KeyCode::Enter => format!("{alt}\r"),
        KeyCode::Tab => format!("{alt}\t"),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::Backspace => format!("{alt}\x7f"),
        KeyCode::Esc => format!("{alt}\x1b"),
        KeyCode::Up => letter('A'),
        KeyCode::Down => letter('B'),
        KeyCode::Right => letter('C'),
        KeyCode::Left => letter('D'),
        KeyCode::End => letter('F'),
        KeyCode::Home => letter('H'),
        KeyCode::Insert => number(2),
        KeyCode::Delete => number(3),
        KeyCode::PageUp => number(5),
        KeyCode::PageDown => number(6),
        KeyCode::F(n @ 1..=4) if held == 0 => format!("\x1bO{}", char::from(b'O' + n)),
        KeyCode::F(n @ 1..=5) => number(10 + n),
        KeyCode::F(n @ 6..=10) => number(11 + n),
        KeyCode::F(n @ (11 | 12)) => number(12 + n),
        _ => return None,
    })
}

/// What a key after the prefix asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Typing goes to all, to the pane in focus, to the next group, to nobody.
    ToAll,
    ToOne,
    ToGroup,
    ToNobody,
    /// Another pane, by so many.
    Step(i64),
    /// Another pane, by so many rows of tiles.
    Row(i64),
    /// Another page.
    Page(i64),
    /// Scrolls the pane by half screens.
    Scroll(i64),
    /// The pane alone.
    Zoom,
    /// Leaves the pane out of what goes to several, or takes it in again.
    LeaveOut,
    /// Puts the pane into a group, or out of it; asks for the name the first time, or always.
    Mark,
    MarkNamed,
    /// Makes the pane the canary, or no canary any more.
    Canary,
    /// Sends the canary's last line to the rest.
    SendRest,
    /// Composes a line first and sends it whole.
    Line,
    /// What the last line brought, grouped.
    Results,
    Help,
    Redraw,
    Quit,
    /// Types the prefix itself.
    Literal,
}

/// The keys after the prefix, in words.
pub(super) const HELP: &[(&str, &str)] = &[
    ("a", "typing goes to ALL panes but those left out"),
    ("o", "typing goes to ONE: the pane in focus"),
    ("g", "typing goes to the next GROUP"),
    ("0", "typing goes to NOBODY"),
    ("n p, Left Right", "focus: next pane, pane before"),
    ("Up Down, < >", "focus: row above, below; page before, next"),
    ("z", "zoom the pane in focus, and back"),
    ("x", "leave the pane out, or take it in again"),
    ("m M", "mark it for the group; ask for the group's name"),
    ("l", "line: compose one, Enter sends it, outputs are grouped"),
    ("r", "results of the last line, grouped by what is the same"),
    ("c", "make the pane the canary, which goes first; or not"),
    ("s", "send what the canary got to the rest, after a question"),
    ("PgUp PgDn", "scroll the pane in focus"),
    ("Ctrl-L", "draw the screen anew"),
    ("the prefix again", "type the prefix itself"),
    ("?", "these keys"),
    ("q", "quit: ends every shell; asks while one runs"),
];

/// What a key after the prefix asks for.
pub(super) fn command(key: KeyEvent, prefix: Prefix) -> Option<Command> {
    if prefix.is(key) {
        return Some(Command::Literal);
    }
    if let Some(byte) = control(key) {
        return (byte == b'l' & 0x1f).then_some(Command::Redraw);
    }
    Some(match key.code {
        KeyCode::Char('a') => Command::ToAll,
        KeyCode::Char('o') => Command::ToOne,
        KeyCode::Char('g') => Command::ToGroup,
        KeyCode::Char('0' | '-') => Command::ToNobody,
        KeyCode::Char('n') | KeyCode::Right | KeyCode::Tab => Command::Step(1),
        KeyCode::Char('p') | KeyCode::Left | KeyCode::BackTab => Command::Step(-1),
        KeyCode::Down => Command::Row(1),
        KeyCode::Up => Command::Row(-1),
        KeyCode::Char('>') => Command::Page(1),
        KeyCode::Char('<') => Command::Page(-1),
        KeyCode::PageUp => Command::Scroll(1),
        KeyCode::PageDown => Command::Scroll(-1),
        KeyCode::Char('z') => Command::Zoom,
        KeyCode::Char('x') => Command::LeaveOut,
        KeyCode::Char('m') => Command::Mark,
        KeyCode::Char('M') => Command::MarkNamed,
        KeyCode::Char('c') => Command::Canary,
        KeyCode::Char('s') => Command::SendRest,
        KeyCode::Char('l' | ':') => Command::Line,
        KeyCode::Char('r') => Command::Results,
        KeyCode::Char('?') | KeyCode::F(1) => Command::Help,
        KeyCode::Char('q') => Command::Quit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn keys_are_sent_as_terminals_send_them() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        for (code, modifiers, application, expected) in [
            (KeyCode::Char('a'), NONE, false, "a"),
            (KeyCode::Char('ß'), NONE, false, "ß"),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, false, "\x03"),
            (KeyCode::Char(' '), KeyModifiers::CONTROL, false, "\0"),
            (KeyCode::Char('7'), KeyModifiers::CONTROL, false, "\x1f"),
            (KeyCode::Char('b'), KeyModifiers::ALT, false, "\x1bb"),
            (KeyCode::Enter, NONE, false, "\r"),
            (KeyCode::Backspace, NONE, false, "\x7f"),
            (KeyCode::Up, NONE, false, "\x1b[A"),
            (KeyCode::Up, NONE, true, "\x1bOA"),
            (KeyCode::Left, KeyModifiers::CONTROL, true, "\x1b[1;5D"),
            (KeyCode::Delete, NONE, false, "\x1b[3~"),
            (KeyCode::F(1), NONE, false, "\x1bOP"),
            (KeyCode::F(5), NONE, false, "\x1b[15~"),
            (KeyCode::F(6), NONE, false, "\x1b[17~"),
            (KeyCode::F(10), NONE, false, "\x1b[21~"),
            (KeyCode::F(12), NONE, false, "\x1b[24~"),
        ] {
            assert_eq!(sent(key(code, modifiers), application).as_deref(), Some(expected), "{code:?}");
        }
        assert_eq!(sent(key(KeyCode::CapsLock, NONE), false), None);
    }

    #[test]
    fn prefix_is_read_and_recognised() {
        for (text, shown, code) in [
            (r"ctrl-\", r"Ctrl-\", '4'),
            ("C-b", "Ctrl-B", 'b'),
            ("^]", "Ctrl-]", '5'),
            ("ctrl-T", "Ctrl-T", 't'),
        ] {
            let prefix: Prefix = text.parse().unwrap();
            assert_eq!(prefix.to_string(), shown);
            assert!(prefix.is(key(KeyCode::Char(code), KeyModifiers::CONTROL)), "{text}");
            assert!(!prefix.is(key(KeyCode::Char(code), KeyModifiers::NONE)), "{text}");
        }
        assert_eq!(Prefix::default(), r"ctrl-\".parse().unwrap());
        for text in ["", "b", "ctrl-", "ctrl-bb", "ctrl-c", "ctrl-m", "^[", "ctrl-1"] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
