//! Reads TOML values into typed fields and says exactly what is wrong: line, column, what to write instead.
//!
//! A [`Table`] is opened with the names of all its fields, so an unknown one is refused before anything
//! else (a missing field is often a misspelt one), and each field is read by its type.

use super::duration;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong at a place of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Bytes of the text that it is about.
    pub(super) span: Range<usize>,
    /// What is wrong and what to write instead.
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// A table of known fields.
#[derive(Debug)]
pub(super) struct Table<'a, 'i> {
    entries: &'a DeTable<'i>,
    /// Where the table is, for what is missing in it.
    span: Range<usize>,
}

/// A value with its field's name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a, 'i> {
    name: &'a str,
    value: &'a Spanned<DeValue<'i>>,
}

impl<'a, 'i> Table<'a, 'i> {
    /// Opens a table; `place` says where it is, as `in [health]`, and is empty for the file itself.
    pub(super) fn open(
        entries: &'a DeTable<'i>,
        span: Range<usize>,
        place: &str,
        fields: &[&str],
    ) -> Result<Self, Problem> {
        for key in entries.keys() {
            let name = key.get_ref().as_ref();
            if !fields.contains(&name) {
                let advice = nearest(name, fields).map_or_else(
                    || format!("the fields are {}", fields.join(", ")),
                    |known| format!("write {known}"),
                );
                return Err(Problem::new(key.span(), format!("unknown field {name:?}{place}; {advice}")));
            }
        }
        Ok(Self { entries, span })
    }

    pub(super) fn get(&self, name: &'a str) -> Option<Value<'a, 'i>> {
        self.entries.get(name).map(|value| Value { name, value })
    }

    /// The value of a field that must be there; `example` is a line that would do.
    pub(super) fn need(&self, name: &'a str, example: &str) -> Result<Value<'a, 'i>, Problem> {
        self.get(name).ok_or_else(|| {
            Problem::new(self.span.clone(), format!("field {name} is missing; write for example {example}"))
        })
    }

    /// Refuses fields that mean nothing together with another choice.
    pub(super) fn refuse(&self, names: &[&str], why: &str) -> Result<(), Problem> {
        let unfit = self.entries.keys().find(|key| names.contains(&key.get_ref().as_ref()));
        unfit.map_or(Ok(()), |key| {
            Err(Problem::new(key.span(), format!("field {} {why}; remove it", key.get_ref())))
        })
    }

    pub(super) fn text(&self, name: &'a str) -> Result<Option<String>, Problem> {
        self.get(name).map(Value::text).transpose()
    }

    pub(super) fn texts(&self, name: &'a str) -> Result<Vec<String>, Problem> {
        self.get(name).map_or(Ok(Vec::new()), Value::texts)
    }

    pub(super) fn boolean(&self, name: &'a str) -> Result<Option<bool>, Problem> {
        self.get(name).map(Value::boolean).transpose()
    }

    pub(super) fn duration(
        &self,
        name: &'a str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Result<Duration, Problem> {
        self.get(name).map_or(Ok(default), |value| value.duration(range))
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl<'a, 'i> Value<'a, 'i> {
    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem::new(self.value.span(), message)
    }

    fn wrong_type(self, expected: &str) -> Problem {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.problem(format!("field {} is {found}; write {expected}", self.name))
    }

    pub(super) fn is_array(self) -> bool {
        self.value.get_ref().is_array()
    }

    /// A text that is not empty and has no NUL, which neither a path nor an argument can hold.
    pub(super) fn text(self) -> Result<String, Problem> {
        let text = self.value.get_ref().as_str().ok_or_else(|| self.wrong_type(r#"a text, as in "…""#))?;
        if text.is_empty() {
            return Err(self.problem(format!("field {} is empty; write something or remove it", self.name)));
        }
        if text.contains('\0') {
            return Err(self.problem(format!("field {} holds a NUL character; remove it", self.name)));
        }
        Ok(text.to_owned())
    }

    /// A text that may be empty.
    pub(super) fn any_text(self) -> Result<String, Problem> {
        if self.value.get_ref().as_str() == Some("") { Ok(String::new()) } else { self.text() }
    }

    pub(super) fn boolean(self) -> Result<bool, Problem> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    pub(super) fn integer(self, range: RangeInclusive<i64>) -> Result<i64, Problem> {
        let (low, high) = (range.start(), range.end());
        let expected = format!("an integer from {low} to {high}");
        let integer = self.value.get_ref().as_integer().ok_or_else(|| self.wrong_type(&expected))?;
        i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix())
            .ok()
            .filter(|value| range.contains(value))
            .ok_or_else(|| self.problem(format!("field {} is out of range; write {expected}", self.name)))
    }

    pub(super) fn port(self) -> Result<u16, Problem> {
        // The range makes the conversion fit.
        self.integer(1..=i64::from(u16::MAX)).map(|port| u16::try_from(port).unwrap_or(u16::MAX))
    }

    pub(super) fn number(self, range: RangeInclusive<f64>) -> Result<f64, Problem> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let text = match self.value.get_ref() {
            DeValue::Integer(integer) => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => return Err(self.wrong_type(&expected)),
        };
        let value = text.replace('_', "").parse().ok().filter(|value| range.contains(value));
        value.ok_or_else(|| self.problem(format!("field {} is out of range; write {expected}", self.name)))
    }

    pub(super) fn duration(self, range: RangeInclusive<Duration>) -> Result<Duration, Problem> {
        let form = r#"a time like "500ms", "10s" or "1m30s""#;
        let text = self.value.get_ref().as_str().ok_or_else(|| self.wrong_type(form))?;
        let value = duration::parse(text)
            .ok_or_else(|| self.problem(format!("field {} is {text:?}; write {form}", self.name)))?;
        if range.contains(&value) {
            return Ok(value);
        }
        let (low, high) = (duration::format(*range.start()), duration::format(*range.end()));
        Err(self.problem(format!("field {} is {text:?}; write a time from {low} to {high}", self.name)))
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(self, words: &[(&str, T)]) -> Result<T, Problem> {
        let list = || words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        let text =
            self.value.get_ref().as_str().ok_or_else(|| self.wrong_type(&format!("one of {}", list())))?;
        let found = words.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| self.problem(format!("field {} is {text:?}; write one of {}", self.name, list())))
    }

    /// The values of an array.
    pub(super) fn items(self) -> Result<Vec<Self>, Problem> {
        let array =
            self.value.get_ref().as_array().ok_or_else(|| self.wrong_type("an array, as in [ … ]"))?;
        Ok(array.iter().map(|value| Value { name: self.name, value }).collect())
    }

    /// The texts of an array.
    pub(super) fn texts(self) -> Result<Vec<String>, Problem> {
        self.items()?.into_iter().map(Value::text).collect()
    }

    pub(super) fn table(self, fields: &[&str]) -> Result<Table<'a, 'i>, Problem> {
        let entries = self.entries()?;
        Table::open(entries, self.value.span(), &format!(" in {}", self.name), fields)
    }

    /// Every entry of a table whose names are free.
    pub(super) fn pairs(self) -> Result<Vec<(&'a str, Self)>, Problem> {
        let entries = self.entries()?.iter();
        Ok(entries
            .map(|(key, value)| (key.get_ref().as_ref(), Value { name: key.get_ref(), value }))
            .collect())
    }

    fn entries(self) -> Result<&'a DeTable<'i>, Problem> {
        self.value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type(&format!("a table, as in [{}]", self.name)))
    }
}

/// The known word that was most likely meant: at most half of its letters differ.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let close = known.iter().map(|candidate| (distance(word, candidate), *candidate));
    close.filter(|(distance, candidate)| *distance * 2 <= candidate.len()).min().map(|(_, known)| known)
}

/// Letters to insert, drop or replace to make one word of the other.
fn distance(left: &str, right: &str) -> usize {
    // Bounded, because an unknown name may be as long as the file.
    let left: Vec<char> = left.chars().take(64).collect();
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, letter) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
