//! The terminal itself: taken over, drawn on, and given back whatever happens.
//!
//! Invariants
//! - S-1: the terminal is given back when the program ends, panics, is ended by a signal, or is suspended.
//! - S-2: nothing is asked of the terminal but its size, and that of the system alone.

use super::SIZE_DEFAULT;
use super::app::Look;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::layout::{Position, Rect};
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::io::{self, Stdout};
use std::sync::Once;

/// How the names of terminals begin that have colours in the form of 256.
const COLOURED: [&str; 14] = [
    "xterm",
    "screen",
    "tmux",
    "linux",
    "rxvt",
    "putty",
    "konsole",
    "gnome",
    "vte",
    "alacritty",
    "foot",
    "kitty",
    "wezterm",
    "ghostty",
];

/// The terminal, taken over.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    size: (u16, u16),
}

impl Screen {
    /// Takes it over; a panic gives it back before it is told.
    pub(crate) fn open() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                leave();
                before(panic);
            }));
        });
        enter()?;
        let terminal = terminal(size()).inspect_err(|_| leave())?;
        Ok(Self { terminal, size: size() })
    }

    /// Draws what changed.
    ///
    /// - `size`: columns and lines of the picture.
    /// - `paint`: puts the picture onto a buffer and returns where the cursor is, if it is seen.
    pub(crate) fn draw(
        &mut self,
        size: (u16, u16),
        paint: impl FnOnce(&mut Buffer) -> Option<Position>,
    ) -> io::Result<()> {
        if size != self.size {
            self.size = size;
            self.forget()?;
        }
        self.terminal.draw(|frame| {
            if let Some(cursor) = paint(frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    /// Draws everything anew at the next frame.
    pub(crate) fn forget(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = terminal(self.size)?;
        Ok(())
    }

    /// Gives the terminal back, stops this process until somebody continues it, and takes the terminal over again.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        leave();
        // The handler of the loop keeps the default from happening: the process is stopped in the one way left.
        nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGSTOP)?;
        enter()?;
        self.forget()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// A place of a fixed size, whose previous frame is empty.
///
/// The library would otherwise ask for the size at each frame, by a program (`tput`) once the line is dropped (S-2);
/// and clear by asking where the cursor is, whose answer the thread that reads the keys would take.
fn terminal((width, height): (u16, u16)) -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
    Terminal::with_options(CrosstermBackend::new(io::stdout()), TerminalOptions { viewport })
}

/// Columns and lines; where the terminal does not know, as on a serial line, what terminals have had since the VT100.
pub(crate) fn size() -> (u16, u16) {
    terminal_size::terminal_size().map_or(SIZE_DEFAULT, |(width, height)| (width.0, height.0))
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, ratatui::crossterm::cursor::Hide)
        .inspect_err(|_| leave())
}

/// Gives the terminal back; one that is gone takes nothing back.
fn leave() {
    let _ =
        execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, ratatui::crossterm::cursor::Show);
    let _ = disable_raw_mode();
}

impl Look {
    /// What the environment says of the terminal.
    pub(crate) fn of_environment() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        Self::of(set("TERM").as_deref(), locale.as_deref(), set("NO_COLOR").is_some())
    }

    /// A VT100 has neither colours nor a way to end one attribute alone; what has no UTF-8 gets ASCII. Colours are
    /// written in the form of 256, which older terminals take for blinking.
    fn of(term: Option<&str>, locale: Option<&str>, no_colour: bool) -> Self {
        let term = term.unwrap_or("dumb");
        let is_plain = term == "dumb" || term.starts_with("vt1") || term.starts_with("vt5");
        let has_colour = !no_colour && COLOURED.iter().any(|known| term.starts_with(known));
        let locale = locale.unwrap_or("C").to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        Self { colour: has_colour, unicode: is_utf8 && !is_plain, attributes: !is_plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_get_what_they_can_show() {
        let look = |term, locale, no_colour| {
            let Look { colour, unicode, attributes } = Look::of(term, locale, no_colour);
            (colour, unicode, attributes)
        };
        let utf8 = Some("de_DE.UTF-8");
        assert_eq!(look(Some("xterm"), utf8, false), (true, true, true));
        assert_eq!(look(Some("screen-256color"), Some("C"), false), (true, false, true));
        assert_eq!(look(Some("tmux"), None, true), (false, false, true));
        assert_eq!(look(Some("vt220"), utf8, false), (false, true, true));
        assert_eq!(look(Some("dtterm"), utf8, false), (false, true, true));
        assert_eq!(look(Some("vt100"), utf8, false), (false, false, false));
        assert_eq!(look(None, utf8, false), (false, false, false));
    }
}
