//! Whatever is pressed and however large the terminal is: nothing panics, and everything is inside the screen.

use super::sample::{answer, app, later, now};
use crate::tui::app::{App, Look, Rules};
use crate::tui::draw::draw;
use crate::tui::update::Message;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, bool),
    Resize(u16, u16),
    Answer,
    Planned,
    Lost,
    Paste(String),
    Time(i64),
}

fn key() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        8 => prop::sample::select("123456jkgGdJKsatvxo/:<>sxUSTR?qyb0 bö日".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
        2 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down,
            KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown,
            KeyCode::Backspace, KeyCode::Delete, KeyCode::F(1), KeyCode::Insert,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        12 => (key(), prop::bool::weighted(0.05)).prop_map(|(code, ctrl)| Happening::Key(code, ctrl)),
        2 => (1_u16..200, 1_u16..70).prop_map(|(width, height)| Happening::Resize(width, height)),
        6 => Just(Happening::Answer),
        1 => Just(Happening::Planned),
        1 => Just(Happening::Lost),
        1 => any::<String>().prop_map(Happening::Paste),
        1 => (0_i64..100_000).prop_map(Happening::Time),
    ]
}

fn happen(app: &mut App, happening: &Happening) {
    match happening {
        Happening::Key(code, ctrl) => {
            let modifiers = if *ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            app.update(Message::Key(KeyEvent::new(*code, modifiers)), now());
        }
        Happening::Resize(width, height) => drop(app.update(Message::Resize(*width, *height), now())),
        Happening::Answer => answer(app),
        Happening::Planned => {
            app.update(Message::Planned(app.serial, Ok(super::sample::plan())), now());
            app.update(Message::Acting(app.serial, Ok(Box::new(super::sample::action("RUNNING")))), now());
        }
        Happening::Lost => drop(app.update(Message::Trouble("the line is cut".to_owned()), now())),
        Happening::Paste(text) => drop(app.update(Message::Paste(text.clone()), now())),
        Happening::Time(seconds) => drop(app.update(Message::Tick, later(*seconds))),
    }
}

fn picture(app: &App) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    let cursor = draw(app, &mut buffer);
    if let Some(cursor) = cursor {
        assert!(cursor.x < app.size.0 && cursor.y < app.size.1, "{cursor:?} of {:?}", app.size);
    }
    // A terminal that became smaller a moment ago.
    draw(app, &mut Buffer::empty(Rect::new(0, 0, app.size.0.div_ceil(2), app.size.1.div_ceil(2))));
    if !app.look.unicode {
        assert!(buffer.content().iter().all(|cell| cell.symbol().is_ascii()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_keys_and_sizes_never_panic(
        happenings in prop::collection::vec(happening(), 0..60),
        (width, height) in (1_u16..200, 1_u16..70),
        (unicode, locked) in any::<(bool, bool)>(),
    ) {
        let mut app = app((width, height), "operator");
        app.look = Look { unicode, ..app.look };
        app.rules = Rules { locked, ..app.rules };
        for happening in &happenings {
            happen(&mut app, happening);
            picture(&app);
            prop_assert!(!app.way.is_empty());
            prop_assert!(app.list().cursor < app.list().window.total.max(1));
            if locked {
                prop_assert!(!matches!(app.overlay, crate::tui::app::Overlay::Act(_)));
            }
        }
    }
}

#[test]
fn every_small_size_is_drawn() {
    for keys in ["", "d", "?", "/", ":", "2R", "6"] {
        let mut app = app((80, 24), "operator");
        super::sample::write(&mut app, keys);
        for width in (1..30).chain([40, 59, 60, 61, 79, 109, 110]) {
            for height in (1..12).chain([23, 24]) {
                app.update(Message::Resize(width, height), now());
                picture(&app);
            }
        }
    }
}
