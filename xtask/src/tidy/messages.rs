//! Rules about the text of errors and log lines: lower case first, no full stop last.
//!
//! Messages are joined (`open journal: permission denied`), so each must read well in
//! the middle of a line. A name keeps its capitals: `SQLite`, `HTTP`, and [`NAMES`].

use super::Finding;
use super::scan::Scanned;
use super::tree::File;

/// What is followed by a message: the attribute of an error, and the macros of the log.
const OPENERS: [&str; 6] = ["#[error(", "error!(", "warn!(", "info!(", "debug!(", "trace!("];
/// Proper names that look like the start of a sentence.
const NAMES: [&str; 6] = ["Topmast", "Linux", "Debian", "Prometheus", "Spring", "Platform"];

/// Checks the messages of one source file.
pub(super) fn check(file: &File, scanned: &Scanned) -> Vec<Finding> {
    let mut findings = Vec::new();
    for opener in OPENERS {
        for (at, _) in scanned.code.match_indices(opener) {
            let before = scanned.code.get(..at).and_then(|code| code.chars().next_back());
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let Some(offset) = first_text(&scanned.code, at + opener.len()) else { continue };
            let Some(literal) = scanned.literal_at(offset) else { continue };
            if let Some(fault) = fault(&literal.text) {
                findings.push(Finding::new(
                    file,
                    scanned.line(offset),
                    format!("{fault}: {:?}", literal.text),
                ));
            }
        }
    }
    findings
}

/// Offset of the first argument that is a string by itself, and not the value of a field.
fn first_text(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_first = true;
    let mut in_string = false;
    for (offset, c) in code.char_indices().skip_while(|(offset, _)| *offset < start) {
        match c {
            '"' if !in_string && depth == 0 && is_first => return Some(offset),
            '"' => in_string = !in_string,
            _ if in_string => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                is_first = true;
                continue;
            }
            _ => {}
        }
        is_first = is_first && c.is_whitespace();
    }
    None
}

fn fault(text: &str) -> Option<&'static str> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
    let mut letters = word.chars();
    let is_capital = letters.next().is_some_and(char::is_uppercase);
    let is_name = letters.any(char::is_uppercase) || NAMES.contains(&word.as_str());
    if is_capital && !is_name {
        return Some("a message begins in lower case");
    }
    (text.ends_with('.') && !text.ends_with("...")).then_some("a message has no full stop at its end")
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn expect(source: &str, words: &[&str]) {
        let file = File { path: "a.rs".to_owned(), text: source.to_owned() };
        let found = check(&file, &scan(source));
        assert_eq!(found.len(), words.len(), "{source}: {found:?}");
        assert!(found.iter().zip(words).all(|(finding, words)| finding.text.contains(words)), "{found:?}");
    }

    #[test]
    fn errors_begin_in_lower_case_and_end_without_a_stop() {
        expect(r#"#[error("open segment {path}")]"#, &[]);
        expect(r#"#[error("{path}: not found")]"#, &[]);
        expect(r#"#[error("SQLite said no")]"#, &[]);
        expect(r#"#[error("HTTP {status}")]"#, &[]);
        expect("#[error(transparent)]", &[]);
        expect(r#"#[error("Open segment")]"#, &["lower case"]);
        expect(r#"#[error("open segment.")]"#, &["full stop"]);
        expect("#[error(\n    \"open \\\n    segment.\"\n)]", &["\"open segment.\""]);
    }

    #[test]
    fn log_lines_too_past_their_fields() {
        expect(r#"tracing::warn!(name = "Agent", "connection lost");"#, &[]);
        expect(r#"tracing::warn!(name = "Agent", %error, "Connection lost");"#, &["lower case"]);
        expect(r#"info!(path = %f("A.", [1, 2]), "opened.");"#, &["full stop"]);
        expect("info!(count = 1);", &[]);
        expect(r#"my_error!("Whatever.");"#, &[]);
        expect(r#"// info!("Said in a comment.")"#, &[]);
    }
}
