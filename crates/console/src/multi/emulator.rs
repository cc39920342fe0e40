//! The screen of one pane: bytes of a server in, cells out.
//!
//! Invariants
//! - E-1: bytes change this screen and nothing else: a title, a clipboard, a question or another size lead nowhere.
//! - E-2: the work for a byte and the memory of a screen are bounded.

use avt::parser::Function;
use avt::{Cell, Parser, ScreenKind, Terminal};
use topmast_api::terminal::TerminalSize;
use unicode_width::UnicodeWidthChar;

/// Lines above the screen that are kept: ten screens of a VT100, and 4 MB for the widest pane on most monitors.
const SCROLLBACK: usize = 480;

/// A screen, and what was said to it but is not finished.
pub(super) struct Emulator {
    parser: Parser,
    terminal: Terminal,
    /// The beginning of a character in UTF-8.
    partial: Vec<u8>,
}

impl Emulator {
    /// An empty screen.
    pub(super) fn new(size: TerminalSize) -> Self {
        let (columns, rows) = (usize::from(size.columns.max(1)), usize::from(size.rows.max(1)));
        #[expect(clippy::expect_used, reason = "only a size of zero is refused")]
        let terminal = Terminal::with_scrollback(columns, rows, Some(SCROLLBACK)).expect("a size above zero");
        Self { parser: Parser::new(), terminal, partial: Vec::new() }
    }

    /// Takes in what a server printed.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let mut joined = std::mem::take(&mut self.partial);
        joined.extend_from_slice(bytes);
        let mut chunks = joined.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            chunk.valid().chars().for_each(|character| self.take(character));
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            let is_cut = std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if is_cut && chunks.peek().is_none() {
                self.partial = invalid.to_vec();
            } else {
                self.take(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    fn take(&mut self, character: char) {
        match self.parser.feed(character) {
            // A mark without a width of its own has no cell, and may turn the direction of a whole line round.
            Some(Function::Print(character)) if character.width().unwrap_or(0) == 0 => {}
            // More than the screen has cells changes nothing more, and a few bytes would be work for long (E-2).
            Some(Function::Rep(count)) => {
                let (columns, rows) = self.terminal.size();
                let cells = u16::try_from(columns * rows).unwrap_or(u16::MAX);
                self.terminal.execute(Function::Rep(count.min(cells)));
            }
            Some(function) => self.terminal.execute(function),
            None => {}
        }
    }

    /// Gives the screen another size.
    pub(super) fn resize(&mut self, size: TerminalSize) {
        self.terminal.resize(usize::from(size.columns), usize::from(size.rows));
    }

    /// Lines above the screen that can be scrolled to.
    pub(super) fn above(&self) -> usize {
        self.terminal.screen().all_lines().count().saturating_sub(self.terminal.size().1)
    }

    /// The lines to be seen, `scroll` lines above the last ones.
    pub(super) fn lines(&self, scroll: usize) -> impl Iterator<Item = &[Cell]> {
        let from = self.above().saturating_sub(scroll);
        self.terminal.screen().all_lines().skip(from).take(self.terminal.size().1).map(avt::Line::cells)
    }

    /// Column and line of the cursor; `None` while it is hidden.
    pub(super) fn cursor(&self) -> Option<(usize, usize)> {
        let (columns, _) = self.terminal.size();
        self.terminal.cursor().position().map(|(column, row)| (column.min(columns - 1), row))
    }

    /// True when the arrows are to be sent in the form of applications.
    pub(super) fn has_application_keys(&self) -> bool {
        self.terminal.cursor_key_app_mode()
    }

    /// True while a program, an editor for one, has the whole screen.
    pub(super) fn is_full_screen(&self) -> bool {
        self.terminal.active_screen_kind() == ScreenKind::Alternate
    }

    /// The line the cursor is in, as one, however many rows it takes.
    pub(super) fn line_at_cursor(&self) -> String {
        let rows: Vec<&avt::Line> = self.terminal.screen().visible_lines().collect();
        let at = self.terminal.cursor().row.min(rows.len() - 1);
        let first = (0..at).rev().take_while(|row| rows[*row].is_wrapped()).last().unwrap_or(at);
        let last = (at..rows.len() - 1).find(|row| !rows[*row].is_wrapped()).unwrap_or(rows.len() - 1);
        rows[first..=last].iter().map(|line| line.text()).collect::<String>().trim_end().to_owned()
    }

    /// Everything printed, as lines without the blanks at their ends; the one that the cursor is in is left out: it is
    /// the prompt.
    pub(super) fn finished_text(&self) -> Vec<String> {
        let screen = self.terminal.primary_screen();
        let mut lines = screen.text();
        let has_prompt = !self.is_full_screen() && !self.line_at_cursor().is_empty();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        if has_prompt {
            lines.pop();
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: TerminalSize = TerminalSize { columns: 20, rows: 4 };

    fn screen(bytes: &[u8]) -> Emulator {
        let mut emulator = Emulator::new(SIZE);
        emulator.feed(bytes);
        emulator
    }

    fn text(emulator: &Emulator) -> Vec<String> {
        let line = |cells: &[Cell]| {
            cells
                .iter()
                .filter(|cell| cell.width() > 0)
                .map(Cell::char)
                .collect::<String>()
                .trim_end()
                .to_owned()
        };
        emulator.lines(0).map(line).collect()
    }

    #[test]
    fn characters_cut_in_two_are_joined_and_wrong_ones_marked() {
        let whole = "größe 日本".as_bytes();
        for cut in 0..whole.len() {
            let mut emulator = Emulator::new(SIZE);
            emulator.feed(&whole[..cut]);
            emulator.feed(&whole[cut..]);
            assert_eq!(text(&emulator)[0], "größe 日本", "cut at {cut}");
        }
        assert_eq!(text(&screen(b"gr\xf6\xdfe"))[0], "gr\u{fffd}\u{fffd}e");
    }

    #[test]
    fn lines_of_a_vt100_are_drawn() {
        assert_eq!(text(&screen(b"\x1b(0lqk\x1b(B ok"))[0], "┌─┐ ok");
    }

    #[test]
    fn escapes_that_ask_or_tell_the_terminal_leave_no_trace() {
        for hostile in [
            "\x1b]0;owned\x07",
            "\x1b]52;c;cm0gLXJmIC8=\x07",
            "\x1b]52;c;?\x07",
            "\x1b[6n\x1b[c\x1b[>c\x1b[5n",
            "\x1b[8;200;400t",
            "\x1b[21t\x1b[18t",
            "\x1bP$q\"p\x1b\\",
            "\x1b_payload\x1b\\",
            "\u{202e}\u{200b}\u{feff}",
            "\x07\x05",
        ] {
            let emulator = screen(format!("a{hostile}b").as_bytes());
            assert_eq!(text(&emulator), ["ab", "", "", ""], "{hostile:?}");
        }
    }

    #[test]
    fn line_at_cursor_is_whole_over_several_rows() {
        let emulator = screen(b"first\r\nroot@db-1:~# rm -rf /srv/data/old\r");
        assert_eq!(emulator.line_at_cursor(), "root@db-1:~# rm -rf /srv/data/old");
        assert_eq!(screen(b"").line_at_cursor(), "");
        assert_eq!(screen(b"one\r\n").line_at_cursor(), "");
    }

    #[test]
    fn finished_text_has_all_but_the_prompt() {
        let long = format!("{}\r\n$ ", (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join("\r\n"));
        assert_eq!(screen(long.as_bytes()).finished_text().len(), 100);
        assert_eq!(
            screen(b"up 3 days and still counting\r\n$ ").finished_text(),
            ["up 3 days and still counting"]
        );
        assert_eq!(screen(b"\r\n$ ").finished_text(), [""]);
        assert_eq!(screen(b"ok\r\n").finished_text(), ["ok"]);
    }

    #[test]
    fn memory_of_a_flood_is_bounded() {
        let mut emulator = Emulator::new(SIZE);
        for _ in 0..2_000 {
            emulator.feed(b"y\r\n");
        }
        assert!(emulator.above() <= SCROLLBACK + 64, "{}", emulator.above());
        emulator.feed(b"\x1b]0;");
        for _ in 0..2_000 {
            emulator.feed(&[b'x'; 1_000]);
        }
        emulator.feed(b"\x07\x1b[65535bdone");
        assert!(text(&emulator).concat().contains("done"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_leave_its_size(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    "(\x1b\\[[?>]?[0-9;:]{0,12}[@-~]|\x1b[ -/]?[0-~]|\x1b\\][0-9]{1,2};.{0,9}\x07|[a-z日é\r\n\t\x08]{0,9})"
                        .prop_map(String::into_bytes),
                ],
                0..60,
            ),
            sizes in prop::collection::vec((0_u16..60, 0_u16..20), 1..6),
        ) {
            let mut emulator = Emulator::new(TerminalSize { columns: sizes[0].0, rows: sizes[0].1 });
            for (index, part) in parts.iter().enumerate() {
                let (columns, rows) = sizes[index % sizes.len()];
                if index % 7 == 0 {
                    emulator.resize(TerminalSize { columns, rows });
                }
                emulator.feed(part);
                emulator.line_at_cursor();
                emulator.finished_text();
                let (width, height) = emulator.terminal.size();
                for scroll in [0, 3, usize::MAX] {
                    let lines: Vec<&[Cell]> = emulator.lines(scroll).collect();
                    prop_assert_eq!(lines.len(), height);
                    prop_assert!(lines.iter().all(|line| line.len() == width));
                }
                if let Some((column, row)) = emulator.cursor() {
                    prop_assert!(column < width && row < height);
                }
            }
        }
    }
}
