//! What holds for every tool: its recorded text is understood whole, and no text makes a parser fail (T-1, T-2).

use super::{SYSTEMS, Tool, find};
use crate::fixture::tool_texts;
use proptest::prelude::*;

/// The tool that a recording is of: its name stands before the options.
fn tool_of(system: &str, recording: &str) -> &'static Tool {
    let system = SYSTEMS.iter().find(|each| each.name == system).unwrap();
    let named = |tool: &&Tool| {
        recording.strip_prefix(tool.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let tool = system.tools.iter().filter(named).max_by_key(|tool| tool.name.len());
    tool.unwrap_or_else(|| panic!("no tool for {recording}"))
}

#[test]
fn recorded_texts_are_understood_whole() {
    let texts = tool_texts();
    assert!(texts.len() > 30, "{} recordings", texts.len());
    for (system, recording, text) in texts {
        let reading = tool_of(&system, &recording).parse(&text);
        let reading = reading.unwrap_or_else(|error| panic!("{system} {recording}: {error}"));
        assert_eq!(reading.remarks, [], "{system} {recording}");
    }
}

#[test]
fn texts_that_are_cut_are_understood_in_part_or_refused() {
    for (system, recording, text) in tool_texts() {
        let tool = tool_of(&system, &recording);
        // Every third place: lines of all lengths are met at each of theirs.
        for end in (0..text.len()).step_by(3) {
            if let Err(error) = tool.parse(&text[..end]) {
                assert!(error.line >= 1, "{system} {recording} cut at {end}");
            }
        }
    }
}

#[test]
fn names_are_found_once() {
    for system in SYSTEMS {
        for tool in system.tools {
            assert_eq!(find(system.name, tool.name).unwrap().origin, tool.origin);
            assert_eq!(tool.origin, format!("{} {}", system.name, tool.name));
        }
    }
}

/// A recording that something happened to.
fn garbled() -> impl Strategy<Value = Vec<u8>> {
    let texts: Vec<Vec<u8>> = tool_texts().into_iter().map(|(_, _, text)| text).collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..6, any::<u8>()), 0..12);
    (prop::sample::select(texts), edits).prop_map(|(mut text, edits)| {
        for (place, edit, byte) in edits {
            if text.is_empty() {
                break;
            }
            let at = place.index(text.len());
            match edit {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                2 => {
                    text.remove(at);
                }
                3 => text.truncate(at),
                // A part once more.
                4 => text.extend_from_within(at..),
                _ => {
                    text.drain(..at);
                }
            }
            text.truncate(100_000);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_any_parser_panic(
        text in prop_oneof![4 => garbled(), 1 => prop::collection::vec(any::<u8>(), 0..2000), 1 => "[ -~\n]{0,400}".prop_map(String::into_bytes)],
    ) {
        for tool in SYSTEMS.iter().flat_map(|system| system.tools) {
            match tool.parse(&text) {
                Ok(reading) => prop_assert!(serde_json::to_string(&reading).is_ok()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn large_texts_are_read_once() {
    // Quadratic work on these would take minutes.
    for piece in [
        "top - 1",
        "up 1 ",
        "a: 1, ",
        "1 ",
        " (",
        "\u{1b}[H",
        "{\"a\":",
        ",",
        "%Cpu0 : 1 us ",
        "cpu0 1 2 3 4\n",
        "cpu 1 2 3 4\n",
        "us sy id r 1 ",
        "\u{1b}[1m",
        "eth0: 1 2\n",
        "Name:\ta\nPid:\t1\n",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        for tool in SYSTEMS.iter().flat_map(|system| system.tools) {
            let _ = tool.parse(text.as_bytes());
        }
    }
    for (system, recording, text) in tool_texts() {
        let tool = tool_of(&system, &recording);
        let _ = tool.parse(&text.repeat((1 << 18) / text.len()));
        let line = text.split(|&byte| byte == b'\n').max_by_key(|line| line.len()).unwrap_or_default();
        let long = line.repeat((1 << 18) / line.len());
        let _ = tool.parse(&[&text, long.as_slice()].concat());
    }
}
