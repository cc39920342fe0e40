//! What standard output is, and the screen of a live table.

use super::Style;
use std::io::{self, IsTerminal, Write};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// Lines of a terminal that does not say how many it has.
const LINES_DEFAULT: usize = 24;

/// The time now.
pub(crate) fn now() -> Timestamp {
    Timestamp(UnixMillis(jiff::Timestamp::now().as_millisecond()))
}

/// The style that fits standard output.
pub(crate) fn style() -> Style {
    let is_terminal = io::stdout().is_terminal();
    let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|_| is_terminal);
    Style { width, colour: is_terminal && colour_wanted(), now: now() }
}

/// `NO_COLOR` (any value but the empty one) and `TERM=dumb` say no.
fn colour_wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_some_and(|term| term != "dumb")
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())
}

/// Writes bytes to standard output, as [`print()`] does.
pub(crate) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}

/// Writes a line to standard error; without one there is nobody to tell.
pub(crate) fn notice(text: &str) {
    let clean = text.replace(|c: char| c.is_control() && c != '\n', " ");
    let _ = writeln!(io::stderr().lock(), "{clean}");
}

/// The terminal's second screen, which leaves the first one as it was.
pub(crate) struct Screen {
    out: io::Stdout,
}

impl Screen {
    /// Switches to it and hides the cursor.
    pub(crate) fn open() -> io::Result<Self> {
        let mut out = io::stdout();
        out.write_all(b"\x1b[?1049h\x1b[?25l")?;
        Ok(Self { out })
    }

    /// Replaces what is on it; lines below its end are counted instead of shown.
    pub(crate) fn draw(&mut self, text: &str) -> io::Result<()> {
        let lines = terminal_size::terminal_size().map_or(LINES_DEFAULT, |(_, height)| usize::from(height.0));
        let all: Vec<&str> = text.lines().collect();
        let room = lines.saturating_sub(1);
        let mut frame = String::from("\x1b[H");
        let shown = if all.len() > room { room.saturating_sub(1) } else { all.len() };
        for line in &all[..shown] {
            frame.extend([line, "\x1b[K\r\n"]);
        }
        if shown < all.len() {
            let more = format!("… {} more lines\x1b[K\r\n", all.len() - shown);
            frame.push_str(&more);
        }
        frame.push_str("\x1b[J");
        self.out.write_all(frame.as_bytes())?;
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.out.write_all(b"\x1b[?25h\x1b[?1049l").and_then(|()| self.out.flush());
    }
}
