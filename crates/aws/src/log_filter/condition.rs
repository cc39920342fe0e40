//! Conditions on messages that are JSON: `{ ($.status >= 500) && ($.user.name = "a*" || $.tags[0] NOT EXISTS) }`.
//!
//! ```text
//! condition   and ("||" and)*      and  one ("&&" one)*
//! one         "(" condition ")" | selector relation value | selector IS (NULL | TRUE | FALSE) | selector NOT EXISTS
//! selector    "$" ("." name | "[" number "]" | "[*]" | "['" name "']")*
//! ```

use super::operand::{self, Cursor, Operand};
use super::{PatternError, invalid, refused};
use crate::relation::Relation;
use serde_json::Value as Json;

/// How deep parentheses may be.
const DEPTH_MAX: usize = 32;
/// Values that a selector may give: `[*]` may find many.
const FOUND_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    One(Selector, Test),
}

#[derive(Debug)]
pub(super) enum Test {
    Is(Json),
    IsMissing,
    IsThere,
    Compares(Relation, Operand),
}

#[derive(Debug)]
enum Step {
    Name(String),
    Place(usize),
    Every,
}

#[derive(Debug)]
pub(super) struct Selector {
    /// As it is written.
    pub(super) text: String,
    steps: Vec<Step>,
}

impl Condition {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut cursor = Cursor::new(text);
        let condition = any(&mut cursor, 0)?;
        cursor.skip_blanks();
        if cursor.peek().is_some() {
            return Err(refused(cursor.take_while(|c| !c.is_whitespace())));
        }
        Ok(condition)
    }

    pub(super) fn holds_for(&self, message: &str) -> bool {
        // Most that is not JSON is told apart by its first character.
        message.trim_start().starts_with(['{', '['])
            && serde_json::from_str(message).is_ok_and(|json: Json| self.holds(&json))
    }

    /// All selectors, in order.
    pub(super) fn selectors(&self) -> Vec<&Selector> {
        match self {
            Self::Any(several) | Self::All(several) => several.iter().flat_map(Self::selectors).collect(),
            Self::One(selector, _) => vec![selector],
        }
    }

    fn holds(&self, json: &Json) -> bool {
        match self {
            Self::Any(any) => any.iter().any(|one| one.holds(json)),
            Self::All(all) => all.iter().all(|one| one.holds(json)),
            Self::One(selector, test) => {
                let found = selector.select(json);
                match test {
                    Test::IsMissing => found.is_empty(),
                    Test::IsThere => !found.is_empty(),
                    Test::Is(value) => found.contains(&value),
                    Test::Compares(relation, operand) => {
                        found.into_iter().any(|value| is_so(value, *relation, operand))
                    }
                }
            }
        }
    }
}

fn is_so(value: &Json, relation: Relation, operand: &Operand) -> bool {
    match value {
        Json::String(text) => operand.holds(text, relation),
        Json::Number(_) | Json::Bool(_) => operand.holds(&value.to_string(), relation),
        Json::Null | Json::Array(_) | Json::Object(_) => relation == Relation::Unequal,
    }
}

impl Selector {
    /// A selector that is the whole of a text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        Self::read(&mut cursor).ok().filter(|_| cursor.peek().is_none())
    }

    /// The text of the first number, text or truth that it finds.
    pub(super) fn text_of(&self, json: &Json) -> Option<String> {
        self.select(json).into_iter().find_map(|found| match found {
            Json::String(text) => Some(text.clone()),
            Json::Number(_) | Json::Bool(_) => Some(found.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        })
    }

    fn select<'a>(&self, json: &'a Json) -> Vec<&'a Json> {
        let mut found = vec![json];
        for step in &self.steps {
            found = match step {
                Step::Name(name) => found.into_iter().filter_map(|json| json.get(name)).collect(),
                Step::Place(place) => found.into_iter().filter_map(|json| json.get(place)).collect(),
                Step::Every => {
                    found.into_iter().filter_map(Json::as_array).flatten().take(FOUND_MAX).collect()
                }
            };
        }
        found
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.skip_blanks();
        let written = cursor.rest();
        if !cursor.takes("$") {
            let wrong = cursor.take_while(|c| !c.is_whitespace());
            return Err(if wrong.is_empty() { invalid() } else { refused(wrong) });
        }
        let mut steps = Vec::new();
        loop {
            match cursor.peek() {
                Some('.') => {
                    cursor.next();
                    let name =
                        cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '$'));
                    if name.is_empty() {
                        let wrong = cursor.take_while(|c| !c.is_whitespace() && !c.is_alphanumeric());
                        return Err(refused(&format!("$.{wrong}")));
                    }
                    steps.push(Step::Name(name.to_owned()));
                }
                Some('[') => {
                    cursor.next();
                    steps.push(bracketed(cursor)?);
                    if cursor.next() != Some(']') {
                        return Err(invalid());
                    }
                }
                _ => {
                    let length = written.len() - cursor.rest().len();
                    return Ok(Self { text: written[..length].to_owned(), steps });
                }
            }
        }
    }
}

fn bracketed(cursor: &mut Cursor<'_>) -> Result<Step, PatternError> {
    if cursor.takes("*") {
        return Ok(Step::Every);
    }
    if let Some(quote @ ('\'' | '"')) = cursor.peek() {
        cursor.next();
        let name = cursor.take_while(|c| c != quote).to_owned();
        cursor.next();
        return Ok(Step::Name(name));
    }
    let digits = cursor.take_while(|c| c.is_ascii_digit());
    digits.parse().map(Step::Place).map_err(|_| invalid())
}

fn any(cursor: &mut Cursor<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut conditions = vec![all(cursor, depth)?];
    while cursor.takes("||") {
        conditions.push(all(cursor, depth)?);
    }
    Ok(Condition::Any(conditions))
}

fn all(cursor: &mut Cursor<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut conditions = vec![one(cursor, depth)?];
    while cursor.takes("&&") {
        conditions.push(one(cursor, depth)?);
    }
    Ok(Condition::All(conditions))
}

fn one(cursor: &mut Cursor<'_>, depth: usize) -> Result<Condition, PatternError> {
    if depth > DEPTH_MAX {
        return Err(invalid());
    }
    if cursor.takes("(") {
        let inside = any(cursor, depth + 1)?;
        return if cursor.takes(")") { Ok(inside) } else { Err(invalid()) };
    }
    let selector = Selector::read(cursor)?;
    let test = if cursor.takes_word("IS") {
        match () {
            () if cursor.takes_word("NULL") => Test::Is(Json::Null),
            () if cursor.takes_word("TRUE") => Test::Is(Json::Bool(true)),
            () if cursor.takes_word("FALSE") => Test::Is(Json::Bool(false)),
            () => return Err(invalid()),
        }
    } else if cursor.takes_word("NOT") {
        if !cursor.takes_word("EXISTS") {
            return Err(invalid());
        }
        Test::IsMissing
    } else if cursor.takes_word("EXISTS") {
        Test::IsThere
    } else {
        let relation = operand::relation(cursor).ok_or_else(invalid)?;
        Test::Compares(relation, Operand::read(cursor)?)
    };
    Ok(Condition::One(selector, test))
}
