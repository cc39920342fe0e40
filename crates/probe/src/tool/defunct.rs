//! `ps -ef` of System V, which leaves the start of a defunct process blank: its row has a cell less.

use super::ps;
use super::text::Text;
use crate::error::ParseError;
use crate::reading::Reading;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Parses a table of `ps`.
pub(super) fn ps(origin: &'static str, text: &Text<'_>) -> Result<Reading, ParseError> {
    ps::parse(&Text::of(origin, &filled(text)))
}

/// The text with a mark where the start of a defunct process would be.
fn filled<'a>(text: &Text<'a>) -> Cow<'a, str> {
    if !text.all().contains("<defunct>") {
        return Cow::Borrowed(text.all());
    }
    // Where the start stands, and how many columns there are.
    let mut columns: Option<(usize, usize)> = None;
    let mut filled = String::with_capacity(text.all().len() + 1024);
    for line in text.lines() {
        let n_words = line.words().count();
        if line.words().any(|word| word == "PID") {
            columns = line.words().position(|word| word == "STIME").map(|at| (at, n_words));
        }
        match columns {
            Some((at, n_columns))
                if n_words + 1 == n_columns && line.text.trim_end().ends_with("<defunct>") =>
            {
                for (place, word) in line.words().enumerate() {
                    // A string takes everything.
                    let _ = write!(filled, "{}{word} ", if place == at { "? " } else { "" });
                }
            }
            _ => filled.push_str(line.text),
        }
        filled.push('\n');
    }
    Cow::Owned(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_is_one_word_two_or_none() {
        let text = "     UID     PID    PPID   C    STIME    TTY  TIME CMD\n\
                    \x20   root       1       0   0   Oct 12      -  0:03 /etc/init -a\n\
                    \x20   shop     200       1   0 10:11:12  pts/0  1:02 sh -c x\n\
                    \x20   shop     201     200   0               -  0:00 <defunct>\n\
                    \x20   shop     2\n";
        let list = ps("aix ps", &Text::of("aix ps", text)).unwrap().processes.unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list[0].command.as_deref(), Some("/etc/init -a"));
        assert_eq!((list[2].pid, list[2].command.as_deref()), (Some(201), Some("<defunct>")));
    }

    #[test]
    fn command_may_stand_first() {
        let text = "COMMAND    PID     ELAPSED      TIME   VSZ THCNT     USER\nmy java  4711 1-02:03:04  00:00:09 2048    12     shop\n";
        let list = ps("aix ps", &Text::of("aix ps", text)).unwrap().processes.unwrap();
        assert_eq!((list[0].pid, list[0].nlwp, list[0].virt_bytes), (Some(4711), Some(12), Some(2 << 20)));
        assert_eq!((list[0].command.as_deref(), list[0].user.as_deref()), (Some("my java"), Some("shop")));
    }
}
