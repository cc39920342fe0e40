//! What a pattern compares with: numbers, texts with `*` and regular expressions; and how they are read.

use super::{PatternError, invalid, refused};
use crate::relation::Relation;
use regex::{Regex, RegexBuilder};

/// Bytes that a compiled expression may take.
const COMPILED_MAX: usize = 256 << 10;

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    pub(super) fn take_while(&mut self, is_fit: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_fit(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    pub(super) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Goes behind a text, and the blanks before it, when it is what follows.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        match self.rest.trim_start().strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The same for a word, whatever its case.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let (Some(head), Some(tail)) = (rest.get(..word.len()), rest.get(word.len()..)) else { return false };
        let is_word = head.eq_ignore_ascii_case(word) && !tail.starts_with(|c: char| c.is_alphanumeric());
        if is_word {
            self.rest = tail;
        }
        is_word
    }

    /// A text in quotes, without them.
    pub(super) fn quoted(&mut self) -> Result<String, PatternError> {
        let mut text = String::new();
        self.next();
        loop {
            match self.next().ok_or_else(invalid)? {
                '"' => return Ok(text),
                '\\' => match self.next().ok_or_else(invalid)? {
                    escaped @ ('"' | '\\') => text.push(escaped),
                    other => text.extend(['\\', other]),
                },
                other => text.push(other),
            }
        }
    }

    /// A regular expression between per cent signs.
    pub(super) fn expression(&mut self) -> Result<Regex, PatternError> {
        self.next();
        let (text, rest) = self.rest.split_once('%').ok_or_else(invalid)?;
        self.rest = rest;
        RegexBuilder::new(text).size_limit(COMPILED_MAX).build().map_err(|_| invalid())
    }
}

/// Takes the sign of a comparison.
pub(super) fn relation(cursor: &mut Cursor<'_>) -> Option<Relation> {
    Relation::SIGNS.into_iter().find_map(|(sign, relation)| cursor.takes(sign).then_some(relation))
}

/// What stands at the right.
#[derive(Debug)]
pub(super) enum Operand {
    Number(f64, String),
    Text(Glob),
    Expression(Regex),
}

impl Operand {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.skip_blanks();
        match cursor.peek() {
            Some('"') => Ok(Self::Text(Glob::of(&cursor.quoted()?))),
            Some('%') => cursor.expression().map(Self::Expression),
            _ => {
                let word = cursor.take_while(|c| {
                    c.is_alphanumeric()
                        || matches!(c, '_' | '*' | '.' | '-' | '+' | ':' | '/' | '@' | '#' | '$')
                });
                match word.parse::<f64>() {
                    _ if word.is_empty() => {
                        let wrong = cursor.take_while(|c| !c.is_whitespace());
                        Err(if wrong.is_empty() { invalid() } else { refused(wrong) })
                    }
                    Ok(number) if number.is_finite() => Ok(Self::Number(number, word.to_owned())),
                    _ => Ok(Self::Text(Glob::of(word))),
                }
            }
        }
    }

    /// Whether a text is in this relation to it.
    pub(super) fn holds(&self, text: &str, relation: Relation) -> bool {
        match (relation, self) {
            (Relation::Unequal, _) => !self.holds(text, Relation::Equal),
            (Relation::Equal, Self::Text(glob)) => glob.is_of(text),
            (Relation::Equal, Self::Expression(regex)) => regex.is_match(text),
            (_, Self::Number(number, written)) => match text.parse::<f64>() {
                Ok(value) => compare(value, relation, *number),
                Err(_) => relation == Relation::Equal && text == written,
            },
            _ => false,
        }
    }
}

#[expect(clippy::float_cmp, reason = "equal is what the pattern asks")]
fn compare(left: f64, relation: Relation, right: f64) -> bool {
    match relation {
        Relation::Equal => left == right,
        Relation::Unequal => left != right,
        Relation::Less => left < right,
        Relation::AtMost => left <= right,
        Relation::Greater => left > right,
        Relation::AtLeast => left >= right,
    }
}

/// A text in which `*` stands for any characters.
#[derive(Debug)]
pub(super) struct Glob {
    parts: Vec<String>,
}

impl Glob {
    fn of(text: &str) -> Self {
        Self { parts: text.split('*').map(str::to_owned).collect() }
    }

    /// True when it is the whole of a text.
    pub(super) fn is_of(&self, text: &str) -> bool {
        let [first, between @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in between {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}
