//! How a line of a log looks on a terminal.
//!
//! Invariants
//! - SH-1: whatever is in a line, nothing of it moves the cursor or changes the terminal.

use super::Failure;
use std::fmt::Write as _;
use topmast_api::log::{LogMessage, LogRow};
use topmast_model::path::{Level, ObjectPath};

/// Shape of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lines for people.
    Text {
        /// Where each comes from stands before it.
        has_prefix: bool,
    },
    /// A JSON object a line.
    Json,
}

/// Shows lines.
pub(super) struct Look {
    form: Shape,
    colour: bool,
    /// A line was shown.
    is_begun: bool,
}

/// Colours of names; which one follows from the name, so that it stays.
const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 31];

impl Look {
    pub(super) const fn new(form: Shape, colour: bool) -> Self {
        Self { form, colour, is_begun: false }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, row: &LogRow, text: &mut String) -> Result<(), Failure> {
        let Shape::Text { has_prefix } = self.form else {
            text.push_str(&serde_json::to_string(&LogMessage::Line(row.clone()))?);
            text.push('\n');
            return Ok(());
        };
        if row.is_apart && self.is_begun {
            text.push_str("--\n");
        }
        self.is_begun = true;
        if has_prefix {
            let name = format!("{} {}", short(&row.application), row.source);
            let sign = if row.is_context { '-' } else { '|' };
            if self.colour {
                let place =
                    name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
                // Writing into a text cannot fail.
                let _ = write!(text, "\x1b[{}m{name}\x1b[0m {sign} ", COLOURS[place % COLOURS.len()]);
            } else {
                let _ = write!(text, "{name} {sign} ");
            }
        }
        text.extend(row.text.chars().map(harmless));
        if row.cut > 0 {
            let _ = write!(text, " … {} more bytes", row.cut);
        }
        text.push('\n');
        Ok(())
    }
}

/// An application as short as it is told apart: servers of several clusters may have one name.
fn short(application: &ObjectPath) -> &str {
    let above = if application.join_name().is_some() { Level::Tenant } else { Level::Cluster };
    let path = application.as_str();
    application.ancestor(above).map_or(path, |above| &path[above.as_str().len() + 1..])
}

/// SH-1.
fn harmless(letter: char) -> char {
    match letter {
        '\t' => '\t',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::time::Timestamp;
    use topmast_model::time::UnixMillis;

    fn row(text: &str) -> LogRow {
        LogRow {
            application: "acme/main/db-1/switch".parse().unwrap(),
            source: "output".into(),
            file: None,
            time: Timestamp(UnixMillis(0)),
            text: text.into(),
            cut: 0,
            is_context: false,
            is_apart: false,
        }
    }

    #[test]
    fn line_says_where_it_comes_from_and_does_nothing_to_the_terminal() {
        let mut look = Look::new(Shape::Text { has_prefix: true }, false);
        let mut text = String::new();
        look.line(&row("up\x1b[2J\tnow"), &mut text).unwrap();
        look.line(&LogRow { is_context: true, is_apart: true, cut: 9, ..row("x") }, &mut text).unwrap();
        assert_eq!(
            text,
            "db-1/switch output | up\u{fffd}[2J\tnow\n--\ndb-1/switch output - x … 9 more bytes\n"
        );
        let mut joined = String::new();
        let application = "acme/main@east/db-1/switch".parse().unwrap();
        let mut look = Look::new(Shape::Text { has_prefix: true }, false);
        look.line(&LogRow { application, ..row("up") }, &mut joined).unwrap();
        assert_eq!(joined, "main@east/db-1/switch output | up\n");
        let mut plain = String::new();
        Look::new(Shape::Text { has_prefix: false }, true).line(&row("up"), &mut plain).unwrap();
        assert_eq!(plain, "up\n");
    }
}
