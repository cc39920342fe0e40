//! Whom typing goes to: targets, panes left out, groups, the canary, panes that come and go.

use super::sample::{
    all, chord, command, commands, inputs, now, press, print, run, running, text, waiting, write,
};
use crate::multi::app::{Aim, App, Overlay, Start};
use crate::multi::pane::State;
use crate::multi::update::{Effect, Message};
use ratatui::crossterm::event::KeyCode;
use topmast_api::terminal::{PaneOutcome, TerminalSize};

const SIZE: (u16, u16) = (80, 24);

fn head(app: &App) -> String {
    text(app).lines().next().unwrap().trim().to_owned()
}

fn says(app: &App, words: &str) {
    let head = head(app);
    assert!(head.starts_with(words), "{words:?} is not said by {head:?}");
}

fn ends(app: &mut App, pane: usize, outcome: PaneOutcome) {
    app.update(Message::Ended(pane, outcome), now());
}

#[test]
fn typing_goes_to_one_server_until_somebody_says_otherwise() {
    let mut app = running(SIZE, 3, Start::default());
    says(&app, "TYPING GOES TO 1: db-1");
    assert_eq!(write(&mut app, "ls"), [(vec![0], "ls".to_owned())]);
    commands(&mut app, "n");
    says(&app, "TYPING GOES TO 1: db-2");
    assert_eq!(write(&mut app, "ls"), [(vec![1], "ls".to_owned())]);
    commands(&mut app, "a");
    says(&app, ">>> TYPING GOES TO ALL 3 <<<");
    assert_eq!(write(&mut app, "pwd"), [(vec![0, 1, 2], "pwd".to_owned())]);
    commands(&mut app, "0");
    says(&app, "TYPING GOES TO NOBODY");
    assert_eq!(write(&mut app, "pwd"), []);
    assert!(app.notice.as_deref().unwrap().starts_with("nothing was typed"));
    commands(&mut app, "o");
    says(&app, "TYPING GOES TO 1: db-2");
    says(&running(SIZE, 3, Start { to_all: true, ..Start::default() }), ">>> TYPING GOES TO ALL 3");
}

#[test]
fn a_pane_left_out_gets_nothing_that_goes_to_several() {
    let mut app = all();
    commands(&mut app, "nx");
    says(&app, ">>> TYPING GOES TO 2 OF 3 <<<");
    assert_eq!(write(&mut app, "w"), [(vec![0, 2], "w".to_owned())]);
    assert!(text(&app).contains("[db-2] left out"), "{}", text(&app));
    commands(&mut app, "o");
    assert_eq!(write(&mut app, "w"), [(vec![1], "w".to_owned())], "it is named");
    commands(&mut app, "xa");
    says(&app, ">>> TYPING GOES TO ALL 3 <<<");
}

#[test]
fn groups_are_named_marked_and_aimed_at_one_after_the_other() {
    let mut app = running(SIZE, 4, Start::default());
    commands(&mut app, "g");
    assert!(app.notice.as_deref().unwrap().starts_with("no pane is in a group"));
    commands(&mut app, "m");
    write(&mut app, "web");
    press(&mut app, KeyCode::Enter);
    commands(&mut app, "nm");
    commands(&mut app, "nM");
    write(&mut app, "db");
    press(&mut app, KeyCode::Enter);
    commands(&mut app, "g");
    says(&app, "TYPING GOES TO 1: db-3");
    commands(&mut app, "g");
    says(&app, ">>> TYPING GOES TO GROUP web (2) <<<");
    assert_eq!(write(&mut app, "x"), [(vec![0, 1], "x".to_owned())]);
    commands(&mut app, "g");
    assert_eq!(app.aim, Aim::Group("db".to_owned()));
    commands(&mut app, "m");
    assert_eq!(app.notice.as_deref(), Some("db-3 is no longer in group db"));
    says(&app, "TYPING GOES TO NOBODY");
    commands(&mut app, "M");
    press(&mut app, KeyCode::Esc);
    assert!(matches!(app.overlay, Overlay::None) && app.groups() == ["web"]);
}

#[test]
fn keys_reach_a_pane_in_the_form_its_program_asked_for() {
    let mut app = all();
    print(&mut app, 1, "\x1b[?1h");
    let effects = press(&mut app, KeyCode::Up);
    assert_eq!(inputs(&effects), [(vec![0, 2], "\x1b[A".to_owned()), (vec![1], "\x1bOA".to_owned())]);
    let effects = chord(&mut app, 'c');
    assert_eq!(inputs(&effects), [(vec![0, 1, 2], "\x03".to_owned())]);
    assert!(!app.ended);
}

#[test]
fn the_prefix_twice_is_the_prefix_and_unknown_keys_after_it_are_told() {
    let mut app = all();
    let effects = {
        chord(&mut app, '4');
        chord(&mut app, '4')
    };
    assert_eq!(inputs(&effects), [(vec![0, 1, 2], "\x1c".to_owned())]);
    assert_eq!(command(&mut app, KeyCode::Char('y')), []);
    assert!(app.notice.as_deref().unwrap().contains("means nothing"));
    assert_eq!(command(&mut app, KeyCode::Esc), []);
    assert_eq!(app.notice, None);
    chord(&mut app, '4');
    assert_eq!(chord(&mut app, 'l'), [Effect::Redraw]);
}

#[test]
fn focus_moves_by_panes_rows_and_pages_and_stays_at_the_ends() {
    let mut app = running(SIZE, 12, Start::default());
    for (key, expected) in [
        (KeyCode::Char('n'), 1),
        (KeyCode::Right, 2),
        (KeyCode::Down, 4),
        (KeyCode::Up, 2),
        (KeyCode::Left, 1),
        (KeyCode::Char('p'), 0),
        (KeyCode::Char('p'), 0),
        (KeyCode::Char('>'), 6),
        (KeyCode::Char('>'), 11),
        (KeyCode::Char('<'), 5),
    ] {
        command(&mut app, key);
        assert_eq!(app.focus, expected, "{key:?}");
    }
    assert!(head(&app).contains("page 1 of 2"), "{}", head(&app));
}

#[test]
fn sizes_of_panes_follow_the_screen_and_the_zoom() {
    let mut app = running(SIZE, 4, Start::default());
    assert_eq!(app.fit(), [], "the master was told when it began");
    let size = |columns, rows| TerminalSize { columns, rows };
    commands(&mut app, "z");
    assert_eq!(app.fit(), [Effect::Resize(vec![0], size(80, 21))]);
    assert_eq!(app.fit(), []);
    commands(&mut app, "z");
    assert_eq!(app.fit(), [Effect::Resize(vec![0], size(39, 10))]);
    app.update(Message::Resize(200, 60), now());
    assert_eq!(app.fit(), [Effect::Resize(vec![0, 1, 2, 3], size(99, 28))]);
    app.update(Message::Resize(1, 1), now());
    assert_eq!(app.fit(), [Effect::Resize(vec![0, 1, 2, 3], size(1, 1))]);
}

#[test]
fn scrolled_panes_stay_where_they_are_read_until_a_key_is_typed() {
    let mut app = running(SIZE, 1, Start::default());
    for line in 0..100 {
        print(&mut app, 0, &format!("line {line}\r\n"));
    }
    command(&mut app, KeyCode::PageUp);
    assert_eq!(app.panes[0].scroll, 10);
    let before = text(&app);
    print(&mut app, 0, "another\r\n");
    assert_eq!(app.panes[0].scroll, 11);
    assert_eq!(text(&app).lines().nth(5), before.lines().nth(5));
    command(&mut app, KeyCode::PageDown);
    assert_eq!(app.panes[0].scroll, 1);
    write(&mut app, "x");
    assert_eq!(app.panes[0].scroll, 0);
}

#[test]
fn a_pane_that_comes_in_the_middle_of_a_line_waits_for_the_next() {
    let mut app = waiting(SIZE, 3, Start { to_all: true, ..Start::default() });
    says(&app, "TYPING GOES TO NOBODY: no pane of these runs");
    run(&mut app, 0);
    run(&mut app, 1);
    says(&app, ">>> TYPING GOES TO 2 OF 3 <<<");
    write(&mut app, "rm -r /tm");
    run(&mut app, 2);
    assert_eq!(write(&mut app, "p"), [(vec![0, 1], "p".to_owned())]);
    assert!(text(&app).contains("waits for the next line"));
    chord(&mut app, 'u');
    assert_eq!(inputs(&press(&mut app, KeyCode::Enter)), [(vec![0, 1], "\r".to_owned())]);
    assert_eq!(write(&mut app, "w"), [(vec![0, 1, 2], "w".to_owned())]);
}

#[test]
fn a_pane_that_ended_stays_says_how_and_how_to_open_it_anew() {
    let mut app = all();
    print(&mut app, 0, "last words");
    ends(&mut app, 0, PaneOutcome::Failed("the host key changed".to_owned()));
    ends(&mut app, 1, PaneOutcome::Exited(3));
    let screen = text(&app);
    for words in ["last words", "FAILED: the host key changed", "ended with exit code 3", "2 ended"] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    assert!(app.notice.as_deref().unwrap().contains("`topmast multi acme/main/db-1` opens it anew"));
    says(&app, "TYPING GOES TO 1: db-3");
    ends(&mut app, 0, PaneOutcome::Exited(0));
    assert!(matches!(app.panes[0].state, State::Ended(PaneOutcome::Failed(_))), "a pane ends once");
    app.update(Message::Started(0, "again".to_owned()), now());
    assert!(!app.panes[0].is_running(), "a pane runs at most once");
    commands(&mut app, "o");
    says(&app, "TYPING GOES TO NOBODY: db-1 has ended");
    assert_eq!(write(&mut app, "q"), [], "one still runs");
    assert!(!app.ended);
    app.update(Message::Lost("the master went away".to_owned()), now());
    says(&app, "TYPING GOES TO NOBODY: every pane has ended");
    assert!(text(&app).contains("FAILED: the master went away"), "{}", text(&app));
    assert!(app.notice.as_deref().unwrap().contains("r opens new shells"), "{:?}", app.notice);
    // Those that ended by themselves stay as they are.
    assert_eq!(press(&mut app, KeyCode::Char('r')), [Effect::Reopen(vec![2])]);
    app.update(Message::Lost("no master answers".to_owned()), now());
    assert_eq!(press(&mut app, KeyCode::Char('r')), [Effect::Reopen(vec![2])]);
    run(&mut app, 2);
    assert!(app.panes[2].is_running() && app.panes[0].has_ended());
    assert!(inputs(&press(&mut app, KeyCode::Char('r'))).is_empty(), "db-1 is in focus, and has ended");
    app.update(Message::Lost("the master went away".to_owned()), now());
    write(&mut app, "q");
    assert!(app.ended);
}

#[test]
fn a_pane_that_never_ran_says_why_where_its_screen_would_be() {
    let mut app = waiting(SIZE, 2, Start::default());
    ends(
        &mut app,
        0,
        PaneOutcome::Failed("db-1 has an agent, which runs no commands; add it as agentless".to_owned()),
    );
    assert!(!app.notice.as_deref().unwrap().contains("opens it anew"));
    app.notice = None;
    assert!(
        text(&app).contains("\ndb-1 has an agent, which runs no commands; add it as agentless"),
        "{}",
        text(&app)
    );
}

#[test]
fn quit_asks_while_a_pane_runs() {
    let mut app = all();
    commands(&mut app, "q");
    assert!(text(&app).contains("Quit and end the shells on 3 servers"), "{}", text(&app));
    press(&mut app, KeyCode::Char('n'));
    assert!(!app.ended && matches!(app.overlay, Overlay::None));
    commands(&mut app, "q");
    press(&mut app, KeyCode::Char('y'));
    assert!(app.ended);
    let mut app = all();
    app.update(Message::HangUp, now());
    assert!(app.ended);
}

#[test]
fn keys_of_overlays_are_typed_into_no_pane() {
    for opened in ["?", "m", "q"] {
        let mut app = all();
        commands(&mut app, opened);
        for code in [KeyCode::Char('l'), KeyCode::Down, KeyCode::Char('n'), KeyCode::Esc] {
            if matches!(app.overlay, Overlay::None) {
                break;
            }
            assert_eq!(press(&mut app, code), [], "{opened}");
        }
        assert!(matches!(app.overlay, Overlay::None), "{opened}");
    }
    let mut app = all();
    commands(&mut app, "?");
    assert_eq!(app.update(Message::Paste("x".to_owned()), now()), []);
}
