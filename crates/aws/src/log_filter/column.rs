//! Patterns of columns: `[ip, user, ..., status = 4* || status = 5*, bytes > 1000]`.
//!
//! A message's columns are parted by blanks; what is between quotes or brackets is one.

use super::operand::{self, Cursor, Operand};
use super::{PatternError, invalid};
use crate::relation::Relation;

/// Columns that messages must have.
#[derive(Debug)]
pub(super) struct Columns {
    /// Those before `...`, and all where there is none.
    front: Vec<Column>,
    /// Those behind it.
    back: Option<Vec<Column>>,
}

#[derive(Debug)]
struct Column {
    /// Empty for one that is called by its number.
    name: String,
    /// What it must be, if anything.
    condition: Option<Any>,
}

/// One of several must hold, each of which is several that all must.
#[derive(Debug)]
struct Any(Vec<Vec<(Relation, Operand)>>);

impl Any {
    fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|all| all.iter().all(|(relation, operand)| operand.holds(text, *relation)))
    }
}

impl Columns {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut columns = Self { front: Vec::new(), back: None };
        let mut cursor = Cursor::new(text);
        loop {
            if cursor.takes("...") {
                if columns.back.replace(Vec::new()).is_some() {
                    return Err(invalid());
                }
            } else {
                let column = column(&mut cursor)?;
                columns.back.as_mut().unwrap_or(&mut columns.front).push(column);
            }
            cursor.skip_blanks();
            match cursor.next() {
                Some(',') => {}
                None => return Ok(columns),
                Some(_) => return Err(invalid()),
            }
        }
    }

    pub(super) fn find(&self, message: &str) -> bool {
        self.find_in(&fields(message))
    }

    /// Names and texts of a message's columns, those without a name by their numbers from 1; none when it is not found.
    pub(super) fn named<'m>(&self, message: &'m str) -> Vec<(String, &'m str)> {
        let fields = fields(message);
        if !self.find_in(&fields) {
            return Vec::new();
        }
        let back = self.back.as_deref().unwrap_or_default();
        let behind = fields.len() - back.len();
        let name = |place: usize| {
            let column = if place < behind { self.front.get(place) } else { back.get(place - behind) };
            column.map(|column| column.name.clone()).filter(|name| !name.is_empty())
        };
        let named = |(place, field)| (name(place).unwrap_or_else(|| (place + 1).to_string()), field);
        fields.into_iter().enumerate().map(named).collect()
    }

    fn find_in(&self, fields: &[&str]) -> bool {
        let back = self.back.as_deref().unwrap_or_default();
        let wanted = self.front.len() + back.len();
        if fields.len() < wanted || (self.back.is_none() && fields.len() != wanted) {
            return false;
        }
        let (front, rest) = fields.split_at(self.front.len());
        let hold = |columns: &[Column], fields: &[&str]| {
            columns
                .iter()
                .zip(fields)
                .all(|(column, field)| column.condition.as_ref().is_none_or(|any| any.holds(field)))
        };
        hold(&self.front, front) && hold(back, &rest[rest.len() - back.len()..])
    }
}

/// The name of a column may be said again before each comparison; the first counts.
fn column(cursor: &mut Cursor<'_>) -> Result<Column, PatternError> {
    let mut any = vec![Vec::new()];
    let mut first = None;
    loop {
        cursor.skip_blanks();
        let name = cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.'));
        let name = first.get_or_insert_with(|| name.to_owned());
        let Some(relation) = operand::relation(cursor) else {
            let is_bare = any.len() == 1 && any[0].is_empty();
            let column = Column { name: std::mem::take(name), condition: None };
            return if is_bare { Ok(column) } else { Err(invalid()) };
        };
        let operand = Operand::read(cursor)?;
        if let Some(all) = any.last_mut() {
            all.push((relation, operand));
        }
        if cursor.takes("||") {
            any.push(Vec::new());
        } else if !cursor.takes("&&") {
            return Ok(Column { name: std::mem::take(name), condition: Some(Any(any)) });
        }
    }
}

fn fields(message: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let closed = close.and_then(|close| rest[1..].split_once(close));
        let (field, behind) = match closed {
            Some((field, behind)) => (field, behind),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        fields.push(field);
        rest = behind.trim_start();
    }
    fields
}
