//! Whatever is pressed, printed and however large the terminal is: nothing panics, a pane stays in its tile, and only
//! panes that are said to get keys get them.

use super::sample::{now, running};
use crate::multi::app::{App, Start};
use crate::multi::draw::draw;
use crate::multi::update::{Effect, Message};
use crate::tui::Look;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use topmast_api::terminal::PaneOutcome;

#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, bool),
    Command(char),
    Resize(u16, u16),
    Output(usize, Vec<u8>),
    Ended(usize),
    Paste(String),
}

fn happening() -> impl Strategy<Value = Happening> {
    let key = prop_oneof![
        6 => prop::sample::select("rm -f/y3asdl ".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        3 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::Up, KeyCode::Down, KeyCode::Backspace,
            KeyCode::PageUp, KeyCode::PageDown, KeyCode::F(5), KeyCode::Home,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    prop_oneof![
        8 => (key, prop::bool::weighted(0.1)).prop_map(|(code, control)| Happening::Key(code, control)),
        6 => prop::sample::select("aog0np<>zxmMcslr?q:".chars().collect::<Vec<_>>())
            .prop_map(Happening::Command),
        2 => (1_u16..200, 1_u16..70).prop_map(|(width, height)| Happening::Resize(width, height)),
        6 => (0_usize..6, prop::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(pane, bytes)| Happening::Output(pane, bytes)),
        4 => (0_usize..6, "(\x1b\\[[?]?[0-9;]{0,9}[@-~]|日本|[a-z]{1,30}|\r\n){1,9}")
            .prop_map(|(pane, text)| Happening::Output(pane, text.into_bytes())),
        1 => (0_usize..6).prop_map(Happening::Ended),
        1 => "(ls|rm -rf x|\n|\r|\t){0,5}".prop_map(Happening::Paste),
    ]
}

fn happen(app: &mut App, happening: &Happening) -> Vec<Effect> {
    let message = match happening {
        Happening::Key(code, control) => {
            let modifiers = if *control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            Message::Key(KeyEvent::new(*code, modifiers))
        }
        Happening::Command(letter) => {
            let prefix = KeyEvent::new(KeyCode::Char('4'), KeyModifiers::CONTROL);
            let mut effects = app.update(Message::Key(prefix), now());
            effects.extend(app.update(Message::Key(KeyEvent::from(KeyCode::Char(*letter))), now()));
            return effects;
        }
        Happening::Resize(width, height) => Message::Resize(*width, *height),
        Happening::Output(pane, bytes) => Message::Output(*pane, bytes.clone()),
        Happening::Ended(pane) => Message::Ended(*pane, PaneOutcome::Stopped),
        Happening::Paste(text) => Message::Paste(text.clone()),
    };
    app.update(message, now())
}

fn picture(app: &App) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    if let Some(cursor) = draw(app, &mut buffer) {
        assert!(cursor.x < app.size.0 && cursor.y < app.size.1, "{cursor:?} of {:?}", app.size);
    }
    // A terminal that became smaller a moment ago.
    draw(app, &mut Buffer::empty(Rect::new(0, 0, app.size.0.div_ceil(2), app.size.1.div_ceil(2))));
    // What a cell holds is written to the terminal as it is.
    for cell in buffer.content() {
        assert!(!cell.symbol().contains(char::is_control), "{:?}", cell.symbol());
        assert!(app.look.unicode || cell.symbol().is_ascii(), "{:?}", cell.symbol());
    }
    buffer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn random_happenings_never_panic_and_type_where_it_is_said(
        happenings in prop::collection::vec(happening(), 0..50),
        (width, height) in (1_u16..200, 1_u16..70),
        (unicode, to_all) in any::<(bool, bool)>(),
    ) {
        let mut app = running((width, height), 6, Start { to_all, ..Start::default() });
        app.look = Look { unicode, ..app.look };
        for happening in &happenings {
            let before = app.receivers();
            let effects = happen(&mut app, happening);
            for effect in &effects {
                let Effect::Input(panes, _) = effect else { continue };
                prop_assert!(!panes.is_empty());
                if let (Happening::Key(..), None) = (happening, &app.composer) {
                    let is_answer = !panes.iter().all(|pane| before.contains(pane));
                    prop_assert!(!is_answer || app.round.is_some());
                }
            }
            app.fit();
            picture(&app);
            prop_assert!(app.focus < app.panes.len());
        }
    }

    #[test]
    fn nothing_that_a_pane_prints_changes_a_cell_outside_of_its_tile(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            "(\x1b\\[[?>]?[0-9;]{0,9}[@-~]|\x1b\\][0-9]{1,2};[ -~]{0,9}\x07|日本|\u{202e}|[a-z]{1,90}|\r\n){1,30}"
                .prop_map(String::into_bytes),
        ],
        pane in 0_usize..6,
        (width, height) in (1_u16..200, 1_u16..70),
    ) {
        // The panes are larger than their tiles: the terminal became smaller, and they do not know yet.
        let mut app = running((200, 70), 6, Start::default());
        app.update(Message::Resize(width, height), now());
        let before = picture(&app);
        app.update(Message::Output(pane, bytes), now());
        let after = picture(&app);
        let place = app.places().tiles.into_iter().find(|tile| tile.pane == pane).map(|tile| tile.body);
        for y in 0..height {
            for x in 0..width {
                if !place.is_some_and(|place| place.contains(Position::new(x, y))) {
                    prop_assert_eq!(&before[(x, y)], &after[(x, y)], "{} {}", x, y);
                }
            }
        }
    }
}

#[test]
fn every_small_size_is_drawn() {
    for letters in ["", "?", "q", "l", "m", "z"] {
        let mut app = running((80, 24), 5, Start::default());
        super::sample::commands(&mut app, letters);
        for width in (1..30).chain([38, 39, 77, 79, 80]) {
            for height in (1..14).chain([23, 24]) {
                app.update(Message::Resize(width, height), now());
                app.fit();
                picture(&app);
            }
        }
    }
}
