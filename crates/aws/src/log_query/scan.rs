//! A query's text, token by token.

use super::QueryError;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A field, a function, a word of the language; the flag says that it stood in backticks.
    Name(String, bool),
    Text(String),
    Number(f64),
    /// A number with a unit, in milliseconds: `5m`.
    Span(f64),
    Sign(&'static str),
    /// Something that no query has.
    Other(String),
    End,
}

const SIGNS: [&str; 20] =
    ["!=", "<=", ">=", "=~", "==", "|", ",", "(", ")", "[", "]", "=", "<", ">", "+", "-", "*", "/", "%", "^"];

/// A place in a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// What stands between two places, less blanks around it.
    pub(super) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default().trim()
    }

    pub(super) fn skip(&mut self) {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    pub(super) fn peek(&self) -> Token {
        let mut ahead = *self;
        ahead.next()
    }

    pub(super) fn next(&mut self) -> Token {
        self.skip();
        let Some(first) = self.rest().chars().next() else { return Token::End };
        if first.is_alphabetic() || matches!(first, '_' | '@') {
            return Token::Name(self.word().to_owned(), false);
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if matches!(first, '"' | '\'' | '`') {
            let start = self.at;
            return match self.quoted(first) {
                Some(text) if first == '`' => Token::Name(text, true),
                Some(text) => Token::Text(text),
                None => {
                    self.at = self.text.len();
                    Token::Other(self.text[start..].chars().take(20).collect())
                }
            };
        }
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) {
            self.at += sign.len();
            return Token::Sign(sign);
        }
        self.at += first.len_utf8();
        Token::Other(first.to_string())
    }

    /// A regular expression between slashes, when one follows.
    pub(super) fn expression(&mut self) -> Option<&'a str> {
        self.skip();
        let inside = self.rest().strip_prefix('/')?;
        let mut is_escaped = false;
        let end = inside.find(|c| {
            let is_end = c == '/' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        })?;
        self.at += end + 2;
        Some(&inside[..end])
    }

    /// What is wrong at the next token.
    pub(super) fn unexpected(&self) -> QueryError {
        let mut behind = *self;
        behind.skip();
        let start = behind.at;
        let token = behind.next();
        let found = if token == Token::End { "<EOF>" } else { &self.text[start..behind.at] };
        let found: String = found.chars().take(100).collect();
        let before = &self.text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = format!("unexpected symbol found {found} at line {line} and position {column}");
        self.wrong(message, start, behind.at)
    }

    /// Something wrong between two places.
    pub(super) fn wrong(&self, message: String, start: usize, end: usize) -> QueryError {
        let characters = |end: usize| self.text.get(..end).unwrap_or(self.text).chars().count();
        QueryError { message, start: characters(start), end: characters(end) }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@' | '.' | ':')));
        let word = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ':']);
        self.at += word.len();
        word
    }

    fn number(&mut self) -> Token {
        let rest = self.rest();
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(digits);
        let unit = &behind[..behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len())];
        self.at += digits.len() + unit.len();
        let whole = || Token::Other(format!("{digits}{unit}"));
        let Ok(number) = digits.parse::<f64>() else { return whole() };
        if unit.is_empty() {
            return Token::Number(number);
        }
        millis(unit).map_or_else(whole, |millis| Token::Span(number * millis))
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut rest = self.rest().char_indices().skip(1);
        loop {
            let (at, c) = rest.next()?;
            match c {
                _ if c == quote => {
                    self.at += at + 1;
                    return Some(text);
                }
                '\\' => match rest.next()?.1 {
                    escaped @ ('\\' | '"' | '\'' | '`' | '/') => text.push(escaped),
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    other => text.extend(['\\', other]),
                },
                _ => text.push(c),
            }
        }
    }
}

fn millis(unit: &str) -> Option<f64> {
    const SECOND: f64 = 1_000.0;
    const DAY: f64 = 86_400.0 * SECOND;
    Some(match unit.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "millisecond" | "milliseconds" => 1.0,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "m" | "min" | "minute" | "minutes" => 60.0 * SECOND,
        "h" | "hr" | "hour" | "hours" => 3_600.0 * SECOND,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7.0 * DAY,
        "mo" | "mon" | "month" | "months" => 30.0 * DAY,
        "q" | "qtr" | "quarter" | "quarters" => 91.0 * DAY,
        "y" | "yr" | "year" | "years" => 365.0 * DAY,
        _ => return None,
    })
}
