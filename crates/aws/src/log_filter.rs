//! Filter patterns of Logs: which messages a search finds, and what metrics take from them.
//!
//! ```text
//! pattern  nothing | term+ | "[" column ("," column)* "]" | "{" condition "}"
//! term     ("?" | "-")? (word | "text" | %expression%)
//! column   nothing | "..." | name | comparison (("&&" | "||") comparison)*
//! condition, comparison: see [`condition`]
//! ```
//!
//! A word has letters, digits and `_`; everything else stands in quotes. Terms are found anywhere in a message, as they
//! are written. Those with `?` are alternatives and say nothing beside terms without it.

mod column;
mod condition;
mod field;
mod operand;

#[cfg(test)]
mod tests;

use column::Columns;
use condition::Condition;
pub use field::Field;
use operand::Cursor;
use regex::Regex;

/// Characters of a pattern.
pub const PATTERN_MAX: usize = 1_024;

/// Why a text is no pattern, as AWS says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError(pub String);

impl std::fmt::Display for PatternError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

fn invalid() -> PatternError {
    PatternError("Invalid filter pattern".to_owned())
}

/// A pattern that was read; that of nothing finds everything.
#[derive(Debug, Default)]
pub struct Pattern(Kind);

#[derive(Debug, Default)]
enum Kind {
    #[default]
    All,
    Terms {
        all: Vec<Term>,
        any: Vec<Term>,
        none: Vec<Term>,
    },
    Columns(Columns),
    Json(Condition),
}

#[derive(Debug)]
enum Term {
    Text(String),
    Expression(Regex),
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Expression(regex) => regex.is_match(message),
        }
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] with what AWS says of it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.chars().count() > PATTERN_MAX {
            return Err(invalid());
        }
        let inside = |open: char, close: char| {
            let Some(rest) = text.strip_prefix(open) else { return Ok(None) };
            let end = || {
                PatternError(format!("If a filter pattern starts with '{open}' it must end with '{close}'"))
            };
            rest.strip_suffix(close).map(Some).ok_or_else(end)
        };
        if text.is_empty() {
            Ok(Self(Kind::All))
        } else if let Some(condition) = inside('{', '}')? {
            Condition::parse(condition).map(Kind::Json).map(Self)
        } else if let Some(columns) = inside('[', ']')? {
            Columns::parse(columns).map(Kind::Columns).map(Self)
        } else {
            terms(text).map(Self)
        }
    }

    /// The longest text that every message has which it finds, if it says one: a first look for it spares reading the others.
    pub fn required(&self) -> Option<&str> {
        let Kind::Terms { all, .. } = &self.0 else { return None };
        let texts = all.iter().filter_map(|term| match term {
            Term::Text(text) => Some(text.as_str()),
            Term::Expression(_) => None,
        });
        texts.max_by_key(|text| text.len())
    }

    /// True when it finds a message.
    pub fn finds(&self, message: &str) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Terms { all, any, none } => {
                // Alternatives say nothing beside what must be there or must not.
                let is_any = any.is_empty()
                    || !all.is_empty()
                    || !none.is_empty()
                    || any.iter().any(|t| t.is_in(message));
                is_any && all.iter().all(|t| t.is_in(message)) && !none.iter().any(|t| t.is_in(message))
            }
            Kind::Columns(columns) => columns.find(message),
            Kind::Json(condition) => condition.holds_for(message),
        }
    }
}

fn terms(text: &str) -> Result<Kind, PatternError> {
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks();
    while let Some(first) = cursor.peek() {
        let into = match first {
            '?' => &mut any,
            '-' => &mut none,
            _ => &mut all,
        };
        if matches!(first, '?' | '-') {
            cursor.next();
        }
        into.push(match cursor.peek() {
            Some('"') => {
                let text = cursor.quoted()?;
                if text.is_empty() {
                    return Err(refused("\"\""));
                }
                Term::Text(text)
            }
            Some('%') => Term::Expression(cursor.expression()?),
            _ => Term::Text(word(&mut cursor)?.to_owned()),
        });
        cursor.skip_blanks();
    }
    Ok(Kind::Terms { all, any, none })
}

fn word<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, PatternError> {
    let is_fit = |c: char| c.is_alphanumeric() || c == '_';
    let word = cursor.take_while(is_fit);
    let rest = cursor.take_while(|c| !is_fit(c) && !c.is_whitespace());
    match (word.is_empty(), rest.is_empty()) {
        (false, true) => Ok(word),
        (true, true) => Err(invalid()),
        (_, false) => Err(refused(rest)),
    }
}

fn refused(term: &str) -> PatternError {
    PatternError(format!("Invalid character(s) in term '{term}'"))
}
