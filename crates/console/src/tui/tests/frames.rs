//! The pictures, as text. A change of one is looked at, then taken by `cargo insta accept`.

use super::sample::{action, answer, app, later, now, overview, plan, press, write};
use crate::tui::app::{App, Look};
use crate::tui::draw::draw;
use crate::tui::update::Message;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier};

/// The screen as a terminal would show it.
fn terminal(app: &App) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal.draw(|frame| _ = draw(app, frame.buffer_mut())).unwrap();
    terminal
}

fn text(app: &App) -> String {
    crate::tui::text(terminal(app).backend().buffer())
}

#[test]
fn servers() {
    insta::assert_snapshot!("servers_80x24", text(&app((80, 24), "operator")));
    insta::assert_snapshot!("servers_120x40", text(&app((120, 40), "operator")));
    insta::assert_snapshot!("servers_200x12", text(&app((200, 12), "operator")));
    insta::assert_snapshot!("servers_40x10", text(&app((40, 10), "operator")));
    assert_eq!(text(&app((1, 1), "operator")), "L\n");
}

#[test]
fn missing_clusters_are_counted_where_the_eye_is_in_the_form_that_fits() {
    let head = |width| {
        let mut app = app((width, 10), "operator");
        let mut overview = overview();
        overview.missing = vec!["east: it is not heard from".into()];
        app.update(Message::Overview(Box::new(overview)), now());
        text(&app).lines().next().unwrap_or_default().to_owned()
    };
    let (wide, narrow) = (head(120), head(80));
    assert!(wide.ends_with("  3 not healthy, 1 cluster missing"), "{wide}");
    assert!(narrow.ends_with("  1 cluster missing"), "{narrow}");
}

#[test]
fn every_other_tab() {
    let mut app = app((100, 12), "operator");
    for (key, name) in
        [("2", "applications"), ("3", "services"), ("4", "tasks"), ("5", "actions"), ("6", "problems")]
    {
        write(&mut app, key);
        insta::assert_snapshot!(name, text(&app));
    }
}

#[test]
fn inside_a_server_with_a_filter() {
    let mut app = app((100, 12), "operator");
    press(&mut app, KeyCode::Enter);
    write(&mut app, "/tps>1");
    press(&mut app, KeyCode::Enter);
    answer(&mut app);
    insta::assert_snapshot!(text(&app));
}

#[test]
fn wrong_filter() {
    let mut app = app((80, 12), "operator");
    write(&mut app, "/cpuu>3");
    press(&mut app, KeyCode::Enter);
    insta::assert_snapshot!(text(&app));
}

#[test]
fn details() {
    let mut narrow = app((80, 40), "operator");
    write(&mut narrow, "jd");
    insta::assert_snapshot!("details_80x40", text(&narrow));
    let mut wide = app((120, 24), "operator");
    write(&mut wide, "jd");
    insta::assert_snapshot!("details_120x24", text(&wide));
}

#[test]
fn acting() {
    let mut app = app((90, 16), "operator");
    write(&mut app, "2jxxR");
    write(&mut app, "new key");
    insta::assert_snapshot!("act_reason", text(&app));
    press(&mut app, KeyCode::Enter);
    app.update(Message::Planned(app.serial, Ok(plan())), now());
    insta::assert_snapshot!("act_plan", text(&app));
    press(&mut app, KeyCode::Char('y'));
    app.update(Message::Acting(app.serial, Ok(Box::new(action("RUNNING")))), now());
    insta::assert_snapshot!("act_progress", text(&app));
}

#[test]
fn help() {
    let mut app = app((80, 24), "operator");
    write(&mut app, "?");
    insta::assert_snapshot!(text(&app));
}

#[test]
fn lost_connection() {
    let mut app = app((80, 12), "operator");
    app.update(
        Message::Trouble("the connection to https://console.example:7400 was lost: reset".to_owned()),
        now(),
    );
    app.update(Message::Tick, later(75));
    insta::assert_snapshot!(text(&app));
    let terminal = terminal(&app);
    let colours =
        terminal.backend().buffer().content()[80..].iter().filter(|cell| cell.fg != Color::Reset).count();
    assert_eq!(colours, 0, "what is not heard of has no colour of health");
}

#[test]
fn ascii_without_attributes() {
    let mut app = app((80, 24), "operator");
    app.look = Look { colour: false, unicode: false, attributes: false };
    write(&mut app, "jd");
    let plain = text(&app);
    assert!(plain.is_ascii());
    insta::assert_snapshot!(plain);
    for cell in terminal(&app).backend().buffer().content() {
        assert_eq!((cell.fg, cell.bg, cell.modifier), (Color::Reset, Color::Reset, Modifier::empty()));
    }
}

#[test]
fn without_colour_the_words_are_the_same() {
    let mut plain = app((120, 24), "operator");
    plain.look = Look { colour: false, ..plain.look };
    assert_eq!(text(&plain), text(&app((120, 24), "operator")));
    for cell in terminal(&plain).backend().buffer().content() {
        assert_eq!(cell.fg, Color::Reset);
    }
}
