//! The pictures, as text. A change of one is looked at, then taken by `cargo insta accept`.

use super::sample::{LOOK, all, commands, now, press, print, running, terminal, text, write};
use crate::multi::app::{App, Start};
use crate::multi::update::Message;
use crate::tui::Look;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier};
use topmast_api::terminal::PaneOutcome;

/// Some panes at work.
fn busy(size: (u16, u16), count: usize) -> App {
    let mut app = running(size, count, Start { to_all: true, ..Start::default() });
    for pane in 0..count {
        print(
            &mut app,
            pane,
            &format!("uptime\r\n 09:1{pane} up {pane} days, load average: 0.0{pane}\r\n$ "),
        );
    }
    app.update(Message::Ended(1, PaneOutcome::Exited(255)), now());
    app.notice = None;
    commands(&mut app, "nnx");
    app
}

#[test]
fn tiles() {
    insta::assert_snapshot!("tiles_80x24", text(&busy((80, 24), 4)));
    insta::assert_snapshot!("tiles_200x60", text(&busy((200, 60), 12)));
    insta::assert_snapshot!("tiles_20x6", text(&busy((20, 6), 4)));
    insta::assert_snapshot!("pages_80x24", text(&busy((80, 24), 14)));
    assert_eq!(text(&busy((1, 1), 4)), "T\n");
}

#[test]
fn zoomed() {
    let mut app = busy((80, 10), 4);
    commands(&mut app, "z");
    insta::assert_snapshot!("zoomed", text(&app));
}

#[test]
fn panels() {
    let mut app = all();
    commands(&mut app, "?");
    insta::assert_snapshot!("help", text(&app));
    let mut app = all();
    write(&mut app, "rm -rf /srv/data");
    press(&mut app, KeyCode::Enter);
    insta::assert_snapshot!("danger", text(&app));
    let mut app = all();
    app.update(Message::Paste("one\ntwo\n".to_owned()), now());
    insta::assert_snapshot!("paste", text(&app));
    let mut app = running((80, 24), 3, Start { canary: Some(0), ..Start::default() });
    commands(&mut app, "l");
    write(&mut app, "uname -r");
    press(&mut app, KeyCode::Enter);
    print(&mut app, 0, "uname -r\r\n6.1.0\r\nmonitor@db-1:~$ ");
    insta::assert_snapshot!("results_of_the_canary", text(&app));
}

#[test]
fn ascii_without_attributes() {
    let mut app = busy((80, 24), 4);
    app.look = Look { colour: false, unicode: false, attributes: false };
    print(&mut app, 0, "\x1b[31;1mgröße\x1b[0m \x1b(0lqk");
    let screen = text(&app);
    assert!(screen.is_ascii());
    insta::assert_snapshot!("ascii_without_attributes", screen);
    let drawn = terminal(&app);
    let plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.modifier.is_empty();
    assert!(drawn.backend().buffer().content().iter().all(plain));
}

#[test]
fn broadcast_is_said_in_words_colour_and_reverse_and_one_is_not() {
    let app = all();
    let (mut drawn, at) = (terminal(&app), (1, 0));
    let cell = &drawn.backend().buffer()[at];
    assert_eq!((cell.fg, cell.modifier), (Color::Red, Modifier::BOLD | Modifier::REVERSED));
    assert!(text(&app).starts_with(" >>> TYPING GOES TO ALL 3 <<<"));
    drawn = terminal(&running((80, 24), 3, Start::default()));
    assert!(!drawn.backend().buffer()[at].modifier.contains(Modifier::REVERSED));
}

#[test]
fn colours_of_a_pane_are_its_own() {
    let mut app = running((80, 24), 1, Start::default());
    print(&mut app, 0, "\r\x1b[32mok\x1b[38;2;255;0;0mred\x1b[0m");
    let drawn = terminal(&app);
    let buffer = drawn.backend().buffer();
    assert_eq!((buffer[(0, 2)].fg, buffer[(2, 2)].fg), (Color::Indexed(2), Color::Indexed(196)));
    assert_eq!(app.look, LOOK);
}
