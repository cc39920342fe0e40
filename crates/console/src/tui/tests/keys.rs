//! What each key does.

use super::sample::{action, answer, app, chord, later, now, plan, press, window, write};
use crate::tui::act::Step;
use crate::tui::app::{App, Line, Overlay, Rules};
use crate::tui::list::{List, Query, Subscription, Window};
use crate::tui::problem::Request;
use crate::tui::tab::Tab;
use crate::tui::update::{Effect, Message};
use ratatui::crossterm::event::KeyCode;
use topmast_api::action::ActionPlan;
use topmast_model::application::Operation;
use topmast_model::custom::CustomOrder;
use topmast_model::rolling::OnError;

const SIZE: (u16, u16) = (80, 24);

fn screen() -> App {
    app(SIZE, "operator")
}

fn tab(app: &App) -> Tab {
    app.list().query.tab
}

fn selected(app: &App) -> String {
    app.list().selected().map_or_else(String::new, |row| row.key().text())
}

/// A fleet of so many servers, of which the asked ones come.
fn many(total: u64) -> App {
    let mut app = screen();
    come(&mut app, total);
    app
}

fn come(app: &mut App, total: u64) {
    let of: Subscription = app.subscription();
    let rows = (of.offset..(of.offset + u64::from(of.limit)).min(total))
        .map(|index| super::sample::server(&format!("s{index:05}")))
        .collect();
    let window = Window { rows, total, counts: Vec::new() };
    app.update(Message::Rows(Box::new((of, window))), now());
}

#[test]
fn digits_letters_after_g_and_tab_choose_the_tab() {
    let mut app = screen();
    for (digit, letter, expected) in [
        ('1', 's', Tab::Servers),
        ('2', 'a', Tab::Applications),
        ('3', 'v', Tab::Services),
        ('4', 't', Tab::Tasks),
        ('5', 'x', Tab::Actions),
        ('6', 'p', Tab::Problems),
    ] {
        write(&mut app, &digit.to_string());
        assert_eq!(tab(&app), expected);
        write(&mut app, "1g");
        write(&mut app, &letter.to_string());
        assert_eq!(tab(&app), expected);
    }
    press(&mut app, KeyCode::Tab);
    assert_eq!(tab(&app), Tab::Servers);
    press(&mut app, KeyCode::BackTab);
    assert_eq!(tab(&app), Tab::Problems);
    write(&mut app, "gz");
    assert_eq!(tab(&app), Tab::Problems);
}

#[test]
fn cursor_moves_by_rows_screens_and_to_the_ends() {
    let mut app = many(10_000);
    let at = |app: &App| app.list().cursor;
    for (key, expected) in [
        (KeyCode::Down, 1),
        (KeyCode::Char('j'), 2),
        (KeyCode::Up, 1),
        (KeyCode::Char('k'), 0),
        (KeyCode::Up, 0),
        (KeyCode::PageDown, 19),
        (KeyCode::PageUp, 0),
        (KeyCode::End, 9_999),
        (KeyCode::Down, 9_999),
        (KeyCode::Home, 0),
        (KeyCode::Char('G'), 9_999),
    ] {
        press(&mut app, key);
        come(&mut app, 10_000);
        assert_eq!(at(&app), expected, "{key:?}");
    }
    assert_eq!(selected(&app), "default/main/s09999");
    write_only(&mut app, "gg");
    come(&mut app, 10_000);
    assert_eq!(at(&app), 0);
    for (letter, expected) in [('d', 19), ('u', 0), ('f', 19), ('b', 0), ('n', 1), ('p', 0)] {
        chord(&mut app, letter);
        assert_eq!(at(&app), expected, "{letter}");
    }
}

#[test]
fn enter_goes_into_servers_and_applications_and_escape_back() {
    let mut app = screen();
    write(&mut app, "j");
    press(&mut app, KeyCode::Enter);
    answer(&mut app);
    let inside = |app: &App| app.inside().map(ToString::to_string);
    assert_eq!((tab(&app), inside(&app).as_deref()), (Tab::Applications, Some("acme/main/pay-1")));
    write(&mut app, "j");
    press(&mut app, KeyCode::Enter);
    answer(&mut app);
    assert_eq!((tab(&app), inside(&app).as_deref()), (Tab::Services, Some("acme/main/pay-1/switch")));
    press(&mut app, KeyCode::Enter);
    answer(&mut app);
    assert!(app.pane.is_some());
    for expected in [Tab::Services, Tab::Applications, Tab::Servers, Tab::Servers] {
        press(&mut app, KeyCode::Esc);
        answer(&mut app);
        assert_eq!(tab(&app), expected);
        assert!(app.pane.is_none());
    }
    assert_eq!(selected(&app), "acme/main/pay-1");
    assert!(!app.ended);
}

#[test]
fn another_tab_inside_an_object_stays_inside_it() {
    let mut app = screen();
    press(&mut app, KeyCode::Enter);
    write(&mut app, "4");
    assert_eq!(app.inside().map(ToString::to_string).as_deref(), Some("acme/main/db-2"));
    press(&mut app, KeyCode::Esc);
    assert_eq!((tab(&app), app.way.len()), (Tab::Servers, 1));
    write(&mut app, "4");
    assert_eq!(app.inside(), None);
}

#[test]
fn details_follow_their_row_and_scroll() {
    let mut app = screen();
    write(&mut app, "d");
    let shown = |app: &App| app.pane.as_ref().map(|pane| pane.key.text());
    assert_eq!(shown(&app).as_deref(), Some("acme/main/db-2"));
    write(&mut app, "J");
    assert_eq!(shown(&app).as_deref(), Some("acme/main/pay-1"));
    write(&mut app, "K");
    assert_eq!(shown(&app).as_deref(), Some("acme/main/db-2"));
    write(&mut app, "GG");
    let end = app.pane.as_ref().unwrap().scroll;
    assert!(end > 0);
    write(&mut app, "k");
    assert_eq!(app.pane.as_ref().unwrap().scroll, end - 1);
    write(&mut app, "gg");
    assert_eq!(app.pane.as_ref().unwrap().scroll, 0);
    assert_eq!(app.list().cursor, 0);
    write(&mut app, "d");
    assert!(app.pane.is_none());
}

#[test]
fn filter_is_applied_when_it_is_right_and_kept_open_with_the_fault_when_not() {
    let mut app = screen();
    write(&mut app, "/");
    write(&mut app, "cpuu>3");
    press(&mut app, KeyCode::Enter);
    let Overlay::Line(Line::Filter(_, Some(fault))) = &app.overlay else { panic!("{:?}", app.overlay) };
    assert_eq!((fault.column, fault.message.as_str()), (1, "there is no field cpuu; do you mean cpu?"));
    assert_eq!(app.list().query.filter, "");
    chord(&mut app, 'u');
    write(&mut app, "cpu>3");
    press(&mut app, KeyCode::Enter);
    assert_eq!(app.list().query.filter, "cpu>3");
    assert_eq!(app.subscription().list_query().filter.as_deref(), Some("cpu>3"));
    answer(&mut app);
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.list().query.filter, "");
    write(&mut app, "/x");
    press(&mut app, KeyCode::Esc);
    assert_eq!((app.list().query.filter.as_str(), &app.overlay), ("", &Overlay::None));
}

#[test]
fn columns_and_order_of_the_sort_are_chosen_and_refused_where_there_is_one_order() {
    let mut app = screen();
    let sort = |app: &App| app.subscription().query.sort.to_query(Tab::Servers);
    assert_eq!(sort(&app), "-health,name,path");
    write(&mut app, ">");
    assert_eq!(sort(&app), "-cpu_pct,name,path");
    write(&mut app, ">");
    assert_eq!(sort(&app), "-memory_pct,name,path", "the trend cannot be sorted by");
    write(&mut app, "<<s");
    assert_eq!(sort(&app), "health,name,path");
    write(&mut app, "<<");
    assert_eq!(sort(&app), "name,path");
    write(&mut app, "5>");
    assert_eq!(app.notice.as_deref(), Some("actions are the newest first, always"));
}

#[test]
fn commands_are_typed_after_a_colon() {
    let mut app = screen();
    let command = |app: &mut App, text: &str| {
        write(app, ":");
        write(app, text);
        press(app, KeyCode::Enter);
        answer(app);
    };
    command(&mut app, "apps");
    assert_eq!(tab(&app), Tab::Applications);
    command(&mut app, "filter tps>10");
    assert_eq!(app.list().query.filter, "tps>10");
    command(&mut app, "sort -tps");
    assert_eq!(app.list().query.sort.to_query(Tab::Services), "-tps,name,path");
    command(&mut app, "sort nothing");
    assert_eq!(app.notice.as_deref(), Some("there is no field nothing to sort by"));
    command(&mut app, "dance");
    assert_eq!(app.notice.as_deref(), Some("dance is no command; ? shows the keys"));
    command(&mut app, "help");
    assert_eq!(app.overlay, Overlay::Help(0));
    press(&mut app, KeyCode::Esc);
    command(&mut app, "quit");
    assert!(app.ended);
}

#[test]
fn restart_asks_for_a_reason_shows_the_plan_and_follows() {
    let mut app = screen();
    write(&mut app, "2jR");
    write(&mut app, "new key");
    let Some(Effect::Plan(serial, request, None)) = press(&mut app, KeyCode::Enter) else {
        panic!("no plan is asked for")
    };
    assert_eq!((request.operation, request.reason.as_deref()), (Operation::Restart, Some("new key")));
    assert_eq!(request.targets, ["acme/main/pay-1/switch".parse().unwrap()]);
    app.update(Message::Planned(serial, Ok(plan())), now());
    let Some(Effect::Submit(_, request)) = press(&mut app, KeyCode::Char('y')) else {
        panic!("nothing is done")
    };
    assert!(!request.dry_run && request.filter.is_none());
    app.update(Message::Acting(serial, Ok(Box::new(action("RUNNING")))), now());
    app.update(Message::Acting(serial, Ok(Box::new(action("SUCCEEDED")))), now());
    press(&mut app, KeyCode::Esc);
    let word = "restart 018f0000-0000-7000-8000-000000000000: SUCCEEDED";
    assert_eq!((app.notice.as_deref(), &app.overlay), (Some(word), &Overlay::None));
}

#[test]
fn custom_action_is_ordered_on_what_is_marked_as_its_plan_says() {
    let mut app = screen();
    write(&mut app, "2jx :act rotate-keys keys=3");
    press(&mut app, KeyCode::Enter);
    write(&mut app, "change 4711");
    let Some(Effect::Plan(serial, request, Some(custom))) = press(&mut app, KeyCode::Enter) else {
        panic!("no plan is asked for")
    };
    assert_eq!((request.operation, request.targets.len()), (Operation::Act, 2));
    assert_eq!((custom.name.as_str(), custom.given.len()), ("rotate-keys", 1));
    let order: CustomOrder =
        serde_json::from_value(serde_json::json!({ "name": "rotate-keys", "arguments": { "keys": 3 } }))
            .unwrap();
    app.update(Message::Planned(serial, Ok(ActionPlan { custom: Some(order.clone()), ..plan() })), now());
    let Some(Effect::Submit(_, request)) = press(&mut app, KeyCode::Char('y')) else {
        panic!("nothing is done")
    };
    assert_eq!((request.operation, request.custom), (Operation::Act, Some(order)));
}

#[test]
fn marked_instances_are_restarted_one_after_the_other() {
    let mut app = screen();
    write(&mut app, "2jx ");
    assert_eq!(app.list().marks.len(), 2);
    write(&mut app, "R");
    let Some(Effect::Plan(_, request, None)) = press(&mut app, KeyCode::Enter) else {
        panic!("no plan is asked for")
    };
    assert_eq!(request.targets.len(), 2);
    assert_eq!(request.rolling.map(|rolling| (rolling.batch, rolling.on_error)), Some((1, OnError::Stop)));
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.notice.as_deref(), Some("nothing was done"));
    write(&mut app, "xU");
    assert!(app.list().marks.is_empty());
}

#[test]
fn services_tasks_and_problems_act_on_their_application_and_servers_on_nothing() {
    let mut app = screen();
    write(&mut app, "R");
    assert_eq!(app.notice.as_deref(), Some("applications are acted on: Enter shows those of db-2"));
    for keys in ["3", "4", "6j"] {
        write(&mut app, keys);
        write(&mut app, "T");
        let Overlay::Act(act) = &app.overlay else { panic!("{keys}: {:?}", app.notice) };
        assert_eq!(act.title(), "stop acme/main/pay-1/switch");
        press(&mut app, KeyCode::Esc);
    }
}

#[test]
fn what_the_details_show_is_acted_on_even_when_its_row_is_gone() {
    let mut app = screen();
    write(&mut app, "2jd");
    let of = app.subscription();
    let mut fewer = window(Tab::Applications);
    fewer.rows.remove(1);
    fewer.total -= 1;
    app.update(Message::Rows(Box::new((of, fewer))), now());
    assert_eq!(selected(&app), "acme/main/pay-2/switch");
    press(&mut app, KeyCode::Char('S'));
    let Overlay::Act(act) = &app.overlay else { panic!("{:?}", app.notice) };
    assert_eq!(act.title(), "start acme/main/pay-1/switch");
}

#[test]
fn nothing_is_done_without_the_right_locked_or_unconnected() {
    let mut viewer = app(SIZE, "viewer");
    write(&mut viewer, "2R");
    assert_eq!(
        viewer.notice.as_deref(),
        Some("eve is not allowed to operate applications on acme/main/db-2/postgres")
    );
    let mut locked = app(SIZE, "admin");
    locked.rules = Rules { locked: true, still: false };
    for keys in ["2R", "S", "T", "xR", ":restart"] {
        write(&mut locked, keys);
        press(&mut locked, KeyCode::Enter);
        assert!(!matches!(locked.overlay, Overlay::Act(_)), "{keys}");
    }
    assert_eq!(chord(&mut locked, 'z'), None);
    assert_eq!(locked.update(Message::Stop, now()), None);
    let mut lost = screen();
    write(&mut lost, "2");
    lost.update(Message::Trouble("the line is cut".to_owned()), now());
    write_only(&mut lost, "R");
    assert_eq!(lost.notice.as_deref(), Some("not connected: nothing can be done now"));
}

/// Keys to which the master says nothing.
fn write_only(app: &mut App, text: &str) {
    for letter in text.chars() {
        press(app, KeyCode::Char(letter));
    }
}

#[test]
fn pasted_text_is_text_where_text_is_typed_and_nothing_else() {
    let mut app = screen();
    app.update(Message::Paste("2R\ny".to_owned()), now());
    assert_eq!((tab(&app), &app.overlay), (Tab::Servers, &Overlay::None));
    write(&mut app, "2R");
    app.update(Message::Paste("why\ny".to_owned()), now());
    let Overlay::Act(act) = &app.overlay else { panic!("{:?}", app.overlay) };
    assert_eq!((act.reason.text().as_str(), &act.step), ("whyy", &Step::Reason));
}

#[test]
fn silence_and_trouble_are_a_lost_connection_until_something_is_heard() {
    let mut app = screen();
    assert!(!app.is_lost());
    app.update(Message::Tick, later(8));
    assert!(!app.is_lost());
    app.update(Message::Tick, later(9));
    assert!(app.is_lost());
    app.update(Message::Heard, later(10));
    assert!(!app.is_lost());
    app.update(Message::Trouble("the line is cut".to_owned()), later(10));
    assert!(app.is_lost());
    app.update(Message::Heard, later(11));
    assert!(!app.is_lost());
}

#[test]
fn problems_are_handled_by_a_line_and_lead_to_their_object() {
    let mut app = screen();
    write(&mut app, "A");
    assert_eq!(app.notice.as_deref(), Some("choose a problem (6)"));
    write(&mut app, "6jM");
    press(&mut app, KeyCode::Enter);
    assert!(app.notice.as_deref().is_some_and(|notice| notice.starts_with("write first for how long")));
    write(&mut app, "2h tests");
    let Some(Effect::Handle(handling, request)) = press(&mut app, KeyCode::Enter) else { panic!() };
    assert_eq!(handling.object.as_str(), "acme/main/pay-1/switch/MC_CREDIT");
    let Request::Mute(mute) = *request else { panic!("{request:?}") };
    assert_eq!((mute.ends_in_s, mute.comment.as_deref()), (7_200, Some("tests")));
    app.update(Message::Handled(handling.done()), now());
    assert_eq!(app.notice.as_deref(), Some("muted acme/main/pay-1/switch/MC_CREDIT"));
    press(&mut app, KeyCode::Enter);
    let inside = app.list().query.inside.clone();
    assert_eq!((tab(&app), inside), (Tab::Services, Some("acme/main/pay-1/switch".parse().unwrap())));
}

#[test]
fn problems_are_open_ones_with_symptoms_folded_unless_others_are_asked_for() {
    let filter = |text: &str| {
        let mut query = Query::new(Tab::Problems, None);
        text.clone_into(&mut query.filter);
        List::new(query).subscription(10).list_query().filter.unwrap()
    };
    assert_eq!(filter(""), "status=OPEN cause=none");
    assert_eq!(filter("a or b"), "(a or b) status=OPEN cause=none");
    assert_eq!(filter("status=CLOSED"), "(status=CLOSED) cause=none");
    assert_eq!(filter("cause=17"), "(cause=17) status=OPEN");
}

#[test]
fn it_ends_by_q_control_c_and_the_end_of_the_line() {
    for end in [
        |app: &mut App| drop(press(app, KeyCode::Char('q'))),
        |app: &mut App| drop(chord(app, 'c')),
        |app: &mut App| drop(app.update(Message::HangUp, now())),
    ] {
        let mut app = screen();
        end(&mut app);
        assert!(app.ended);
    }
    let mut app = screen();
    write(&mut app, "/");
    chord(&mut app, 'c');
    assert!(app.ended);
    let mut app = screen();
    assert_eq!(chord(&mut app, 'z'), Some(Effect::Suspend));
    assert_eq!(chord(&mut app, 'l'), Some(Effect::Redraw));
}
