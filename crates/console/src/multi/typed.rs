//! The line that stands in a shell, guessed from what was typed into it.
//!
//! A guess: what completion adds, what history brings and where the cursor went, only the shell knows. So a line is
//! judged both as it was typed and as the screen shows it behind a prompt ([`danger`]).

use super::emulator::Emulator;
use topmast_model::destructive::effect;

/// Longest line that is followed, in bytes: more than a terminal takes in one.
const LINE_MAX: usize = 16 << 10;
/// What ends a prompt.
const PROMPT_ENDS: [&str; 5] = ["$ ", "# ", "> ", "% ", "» "];

/// What was typed since the last Enter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Typed {
    text: String,
    /// True when completion, history or the cursor may have changed the line since it began.
    is_unsure: bool,
    /// Within an escape sequence, such as an arrow.
    escape: Escape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Sequence,
}

impl Typed {
    /// The line as far as it is known.
    pub(super) fn line(&self) -> &str {
        &self.text
    }

    /// The line, if it is what the shell has.
    pub(super) fn sure_line(&self) -> Option<&str> {
        (!self.is_unsure).then_some(self.text.as_str())
    }

    /// True when nothing can stand in the shell, so that a line begins.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.is_unsure
    }

    /// Takes in what was sent.
    pub(super) fn take(&mut self, sent: &str) {
        for character in sent.chars() {
            match (self.escape, character) {
                (Escape::Begun, '[' | 'O') => self.escape = Escape::Sequence,
                (Escape::Sequence, '@'..='~') | (Escape::Begun, _) => self.escape = Escape::None,
                (Escape::Sequence, _) => {}
                (Escape::None, '\x1b') => (self.escape, self.is_unsure) = (Escape::Begun, true),
                // Enter, the end of a file, an interrupt, the line given up or kept for later.
                (Escape::None, '\r' | '\n' | '\x03' | '\x04' | '\x07' | '\x0f' | '\x15') => {
                    self.text.clear();
                    self.is_unsure = false;
                }
                (Escape::None, '\x7f' | '\x08') => drop(self.text.pop()),
                (Escape::None, '\x17') => {
                    let kept = self.text.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                    self.text.truncate(kept);
                }
                (Escape::None, character) if character.is_control() => self.is_unsure = true,
                (Escape::None, character) => {
                    if self.text.len() < LINE_MAX {
                        self.text.push(character);
                    }
                }
            }
        }
    }
}

/// What Enter would destroy now, and the line that would.
pub(super) fn danger(typed: &Typed, emulator: &Emulator) -> Option<(&'static str, String)> {
    // An editor's text is no command.
    if emulator.is_full_screen() {
        return None;
    }
    let known = effect(typed.line()).map(|effect| (effect, typed.line().trim().to_owned()));
    known.or_else(|| {
        let shown = emulator.line_at_cursor();
        let starts =
            PROMPT_ENDS.iter().flat_map(|end| shown.match_indices(end).map(|(at, end)| at + end.len()));
        let mut starts: Vec<usize> = starts.collect();
        starts.sort_unstable();
        starts.iter().find_map(|start| {
            let line = &shown[*start..];
            effect(line).map(|effect| (effect, line.trim().to_owned()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::terminal::TerminalSize;

    fn line(sent: &str) -> String {
        let mut typed = Typed::default();
        typed.take(sent);
        typed.line().to_owned()
    }

    #[test]
    fn line_follows_the_keys() {
        for (sent, expected) in [
            ("uptime", "uptime"),
            ("uptimf\x7fe", "uptime"),
            ("rm -rf\x17ls", "rm ls"),
            ("rm -rf /\x15ls", "ls"),
            ("rm -rf /\x03ls", "ls"),
            ("rm -rf /\rls", "ls"),
            ("\x1b[A\x1bOAls\x1b[1;5D", "ls"),
            ("l\ts", "ls"),
            ("größe\x7f", "größ"),
        ] {
            assert_eq!(line(sent), expected, "{sent:?}");
        }
        assert_eq!(line(&"x".repeat(LINE_MAX + 9)).len(), LINE_MAX);
    }

    #[test]
    fn line_is_sure_until_the_shell_may_have_changed_it() {
        for (sent, expected) in [
            ("uptime", Some("uptime")),
            ("cat /et\t", None),
            ("\x1b[A", None),
            ("\x1b[A\rls", Some("ls")),
            ("ls\x01", None),
            ("ls\x15", Some("")),
        ] {
            let mut typed = Typed::default();
            typed.take(sent);
            assert_eq!(typed.sure_line(), expected, "{sent:?}");
            assert_eq!(typed.is_empty(), expected == Some(""), "{sent:?}");
        }
    }

    fn judged(typed: &str, shown: &str) -> Option<String> {
        let mut emulator = Emulator::new(TerminalSize { columns: 60, rows: 4 });
        emulator.feed(shown.as_bytes());
        let mut line = Typed::default();
        line.take(typed);
        danger(&line, &emulator).map(|(_, line)| line)
    }

    #[test]
    fn what_history_or_completion_brought_is_seen_on_the_screen() {
        assert_eq!(judged("rm -rf /srv", "").as_deref(), Some("rm -rf /srv"));
        assert_eq!(judged("\x1b[A", "root@db-1:~# rm -rf /srv").as_deref(), Some("rm -rf /srv"));
        assert_eq!(judged("rm -\t", "[root@db-1 ~]$ rm -rf /srv").as_deref(), Some("rm -rf /srv"));
        assert_eq!(judged("uptime", "root@db-1:~# uptime"), None);
        assert_eq!(judged("rm -rf /srv", "\x1b[?1049h"), None, "it is an editor's text");
    }
}
