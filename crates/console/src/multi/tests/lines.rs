//! Lines that are sent whole, pasted, or destroy something; their results.

use super::sample::{all, chord, command, commands, inputs, later, now, press, print, running, text, write};
use crate::multi::app::{App, Overlay, Start};
use crate::multi::question::{Answer, Question};
use crate::multi::update::Message;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const SIZE: (u16, u16) = (80, 24);

fn question(app: &App) -> &Question {
    let Overlay::Question(question) = &app.overlay else { panic!("nothing is asked:\n{}", text(app)) };
    question
}

fn enter(app: &mut App) -> Vec<(Vec<usize>, String)> {
    let effects = press(app, KeyCode::Enter);
    inputs(&effects)
}

fn paste(app: &mut App, text: &str) -> Vec<(Vec<usize>, String)> {
    let effects = app.update(Message::Paste(text.to_owned()), now());
    inputs(&effects)
}

#[test]
fn a_line_that_destroys_asks_with_count_and_names_before_enter_is_sent() {
    let mut app = all();
    write(&mut app, "rm -rf /srv/data");
    assert_eq!(enter(&mut app), []);
    let asked = question(&app);
    assert!(asked.title.ends_with("on 3 servers"), "{}", asked.title);
    assert_eq!(asked.lines, ["rm -rf /srv/data", "", "db-1, db-2, db-3"]);
    // What was typed ahead is no answer, nor is another number.
    write(&mut app, "y");
    assert_eq!(enter(&mut app), []);
    assert!(app.notice.as_deref().unwrap().contains("the line still stands there"));
    assert_eq!(enter(&mut app), []);
    write(&mut app, "3");
    assert_eq!(enter(&mut app), [(vec![0, 1, 2], "\r".to_owned())]);
    assert_eq!(enter(&mut app), [(vec![0, 1, 2], "\r".to_owned())], "the line is gone");
}

#[test]
fn it_asks_for_every_key_that_runs_a_line_and_for_several_only() {
    for key in ['j', 'm', 'o'] {
        let mut app = all();
        write(&mut app, "reboot");
        assert_eq!(chord(&mut app, key), [], "{key}");
        question(&app);
    }
    let mut app = all();
    write(&mut app, "rm -rf /srv");
    chord(&mut app, 'c');
    assert_eq!(enter(&mut app).len(), 1, "the line was given up");
    let mut app = running(SIZE, 3, Start::default());
    write(&mut app, "rm -rf /srv");
    assert_eq!(enter(&mut app), [(vec![0], "\r".to_owned())], "one server is as any terminal");
}

#[test]
fn a_line_from_the_history_of_one_shell_asks_as_well() {
    let mut app = all();
    press(&mut app, KeyCode::Up);
    print(&mut app, 2, "shutdown -h now");
    assert_eq!(enter(&mut app), []);
    assert_eq!(question(&app).lines[0], "shutdown -h now");
}

#[test]
fn a_paste_of_lines_asks_and_one_of_a_word_does_not() {
    let mut app = all();
    assert_eq!(paste(&mut app, "uptime\u{1b}[31m\u{7}"), [(vec![0, 1, 2], "uptime[31m".to_owned())]);
    assert_eq!(paste(&mut app, "cd /srv\r\nls\n"), []);
    assert_eq!(question(&app).title, "Paste 2 lines into 3 servers");
    assert_eq!(question(&app).answer, Answer::Yes);
    assert_eq!(paste(&mut app, "y"), [], "an answer is typed");
    let effects = press(&mut app, KeyCode::Char('y'));
    assert_eq!(inputs(&effects), [(vec![0, 1, 2], "cd /srv\rls\r".to_owned())]);
    paste(&mut app, "cd /srv\nrm -rf data\n");
    assert!(matches!(question(&app).answer, Answer::Number(3, _)), "{}", question(&app).title);
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.notice.as_deref(), Some("nothing was done"));
    // The first line of a paste goes on with what stands there.
    write(&mut app, "rm -r");
    paste(&mut app, "f data\n");
    assert!(matches!(question(&app).answer, Answer::Number(3, _)), "{}", question(&app).title);
    press(&mut app, KeyCode::Esc);
    assert_eq!(paste(&mut app, &"x".repeat(70_000)), []);
    assert!(app.notice.as_deref().unwrap().contains("64 KiB"));
}

#[test]
fn a_composed_line_is_sent_whole_and_its_outputs_are_grouped() {
    let mut app = all();
    commands(&mut app, "l");
    assert_eq!(write(&mut app, "uname -r"), [], "nothing is sent before Enter");
    assert_eq!(enter(&mut app), [(vec![0, 1, 2], "uname -r\r".to_owned())]);
    print(&mut app, 2, "the end of what ran before\r\nmonitor@db-3:~$ ");
    for pane in 0..3 {
        print(&mut app, pane, "uname -r\r\n");
    }
    for (pane, release) in [(0, "6.1.0"), (1, "5.10.0"), (2, "6.1.0")] {
        let screen = text(&app);
        assert!(screen.contains("still running on"), "{screen}");
        print(&mut app, pane, &format!("{release}\r\nmonitor@db-{}:~$ ", pane + 1));
    }
    let screen = text(&app);
    for words in ["2 different results", "2 servers: db-1, db-3", "6.1.0", "1 server: db-2", "5.10.0"] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    assert!(!screen.contains("monitor@"), "prompts are no output:\n{screen}");
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Up);
    assert_eq!(enter(&mut app), [(vec![0, 1, 2], "uname -r\r".to_owned())], "it is recalled");
}

#[test]
fn a_command_runs_until_the_prompt_is_back_or_something_like_it_is_quiet() {
    let mut app = all();
    commands(&mut app, "l");
    write(&mut app, "cd /srv");
    enter(&mut app);
    let running = |app: &App, ms| app.round.as_ref().unwrap().running(later(ms));
    for pane in 0..3 {
        print(&mut app, pane, "cd /srv\r\n");
    }
    assert_eq!(running(&app, 60_000), [0, 1, 2], "a command that prints nothing is no prompt");
    print(&mut app, 0, "monitor@db-1:~$ ");
    assert_eq!(running(&app, 0), [1, 2], "the same prompt is at once");
    print(&mut app, 1, "monitor@db-2:/srv$ ");
    assert_eq!(running(&app, 799), [1, 2], "another may be half a line");
    assert_eq!(running(&app, 800), [2]);
    app.update(Message::Lost("gone".to_owned()), now());
    assert!(running(&app, 0).is_empty());
}

#[test]
fn what_stands_in_a_shell_is_taken_away_before_a_composed_line() {
    let mut app = all();
    commands(&mut app, "o");
    write(&mut app, "rm -rf ");
    commands(&mut app, "al");
    write(&mut app, "ls");
    assert_eq!(enter(&mut app), [(vec![0], "\x15".to_owned()), (vec![0, 1, 2], "ls\r".to_owned())]);
}

#[test]
fn a_composed_line_that_destroys_asks() {
    let mut app = all();
    commands(&mut app, "l");
    write(&mut app, "sudo reboot");
    assert_eq!(enter(&mut app), []);
    assert_eq!(question(&app).lines, ["sudo reboot", "", "db-1, db-2, db-3"]);
    write(&mut app, "3");
    assert_eq!(enter(&mut app), [(vec![0, 1, 2], "sudo reboot\r".to_owned())]);
}

#[test]
fn the_canary_goes_first_and_the_rest_get_the_same_after_a_question() {
    let mut app = running(SIZE, 4, Start { canary: Some(1), to_all: true, ..Start::default() });
    assert!(text(&app).starts_with(" TYPING GOES TO 1: db-2"), "{}", text(&app));
    commands(&mut app, "pxnl");
    assert!(text(&app).contains("THE LINE GOES TO 1: db-2, THEN TO 2 MORE IF YOU SAY SO"), "{}", text(&app));
    write(&mut app, "reboot");
    assert_eq!(enter(&mut app), [(vec![1], "reboot\r".to_owned())]);
    print(&mut app, 1, "reboot\r\nok\r\nmonitor@db-2:~$ ");
    assert!(text(&app).contains("s sends the same to 2 servers more"), "{}", text(&app));
    commands(&mut app, "s");
    assert_eq!(question(&app).lines, ["reboot", "", "db-3, db-4"]);
    write(&mut app, "2");
    assert_eq!(enter(&mut app), [(vec![2, 3], "reboot\r".to_owned())]);
    for pane in [2, 3] {
        print(&mut app, pane, &format!("reboot\r\nok\r\nmonitor@db-{}:~$ ", pane + 1));
    }
    assert!(text(&app).contains("the same on 3 servers"), "{}", text(&app));
}

#[test]
fn the_line_typed_into_the_canary_goes_to_the_rest_if_it_is_known() {
    let mut app = running(SIZE, 3, Start { canary: Some(0), ..Start::default() });
    write(&mut app, "uptime");
    print(&mut app, 0, "uptime");
    enter(&mut app);
    commands(&mut app, "s");
    assert_eq!((question(&app).lines[0].as_str(), &question(&app).answer), ("uptime", &Answer::Yes));
    let effects = press(&mut app, KeyCode::Char('y'));
    assert_eq!(inputs(&effects), [(vec![1, 2], "uptime\r".to_owned())]);
    press(&mut app, KeyCode::Esc);
    write(&mut app, "cat /et");
    press(&mut app, KeyCode::Tab);
    enter(&mut app);
    commands(&mut app, "s");
    assert!(matches!(app.overlay, Overlay::None));
    assert!(app.notice.as_deref().unwrap().contains("is not known for sure"), "{:?}", app.notice);
    print(&mut app, 0, "\r\npassword: ");
    write(&mut app, "hunter2");
    enter(&mut app);
    commands(&mut app, "s");
    assert!(matches!(app.overlay, Overlay::None), "a password is not shown");
    commands(&mut app, "nc");
    assert_eq!(app.canary, Some(1));
    commands(&mut app, "c");
    assert_eq!(app.canary, None);
    commands(&mut app, "s");
    assert!(app.notice.as_deref().unwrap().starts_with("there is no canary"));
}

#[test]
fn escape_and_a_key_that_come_together_are_both_here_and_alt_in_a_shell() {
    let mut app = all();
    let alt = |letter| Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT));
    assert_eq!(inputs(&app.update(alt('b'), now())), [(vec![0, 1, 2], "\x1bb".to_owned())]);
    commands(&mut app, "l");
    assert_eq!(inputs(&app.update(alt('w'), now())), [(vec![0, 1, 2], "w".to_owned())]);
    assert!(app.composer.is_none());
}

#[test]
fn results_are_read_before_anything_else_is_typed() {
    let mut app = all();
    commands(&mut app, "r");
    assert!(app.notice.as_deref().unwrap().starts_with("no line was sent yet"));
    commands(&mut app, "l");
    write(&mut app, "seq 40");
    enter(&mut app);
    command(&mut app, KeyCode::Char('l'));
    assert!(app.composer.is_none());
    assert_eq!(write(&mut app, "rm"), []);
    assert!(app.notice.as_deref().unwrap().starts_with("nothing was typed"));
    assert_eq!(paste(&mut app, "rm"), []);
    press(&mut app, KeyCode::PageDown);
    assert!(matches!(app.overlay, Overlay::Results(5)));
    press(&mut app, KeyCode::Esc);
    commands(&mut app, "r");
    assert!(matches!(app.overlay, Overlay::Results(0)));
    commands(&mut app, "l");
    paste(&mut app, "two\nlines");
    assert!(app.notice.as_deref().unwrap().starts_with("nothing was pasted"));
    paste(&mut app, "one");
    assert_eq!(app.composer.as_ref().unwrap().prompt.text(), "one");
}
