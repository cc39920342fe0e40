//! Typed parameters of custom actions, and the arguments that they take.

use super::{CustomError, check_description};
use crate::rule::Number;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name of a parameter, in bytes.
const NAME_MAX: usize = 63;
/// Longest text argument, in bytes.
const TEXT_MAX: u32 = 1_000;
/// Longest text when its parameter does not say.
const TEXT_DEFAULT: u32 = 200;
/// Most values to choose from, and the longest of them in bytes.
const VALUES_MAX: usize = 64;
const VALUE_MAX: usize = 200;
/// Longest pattern, and most bytes of a compiled one.
const PATTERN_MAX: usize = 500;
const COMPILED_MAX: usize = 256 << 10;

/// A parameter of a custom action. Without a default it has to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it takes.
    #[serde(flatten)]
    pub kind: ParameterKind,
    /// What counts when nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Argument>,
}

/// What a parameter takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ParameterKind {
    /// A whole number.
    Integer {
        /// The smallest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// The largest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// A number.
    Number {
        /// The smallest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Number>,
        /// The largest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Number>,
    },
    /// A text on one line.
    Text {
        /// A regular expression that the whole of it matches.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
        /// Its longest one, in characters.
        #[serde(default = "text_default")]
        max_length: u32,
    },
    /// One of some words.
    Choice {
        /// The words.
        values: Vec<String>,
    },
    /// True or false.
    Boolean,
}

const fn text_default() -> u32 {
    TEXT_DEFAULT
}

/// What a parameter is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(Number),
    /// A text, or one of some words.
    Text(String),
}

/// As a program gets it.
impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            // Every digit counts here, as for no reader.
            Self::Number(value) => value.get().fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Parameter {
    pub(super) fn check(&self) -> Result<(), CustomError> {
        let first = self.name.bytes().next();
        let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let is_name = first.is_some_and(|byte| byte.is_ascii_lowercase()) && self.name.bytes().all(is_good);
        if !is_name || self.name.len() > NAME_MAX {
            let message = format!(
                "{:?} is no name of a parameter; begin with a small letter and write those, digits, - and _",
                self.name
            );
            return Err(CustomError::new("parameter.name", message));
        }
        check_description(self.description.as_deref())?;
        self.kind.check().map_err(|(field, message)| {
            CustomError::new(format!("parameter.{field}"), format!("of {} {message}", self.name))
        })?;
        if let Some(default) = &self.default {
            let taken = self.kind.take(default);
            taken.map_err(|message| {
                CustomError::new("parameter.default", format!("of {} {message}", self.name))
            })?;
        }
        Ok(())
    }

    /// The argument that a text on the command line means.
    ///
    /// # Errors
    /// In words, what to give instead.
    pub fn read(&self, text: &str) -> Result<Argument, String> {
        let wrong = || format!("{text:?} is no such value; give {}", self.kind);
        let argument = match &self.kind {
            ParameterKind::Boolean => text.parse().map(Argument::Boolean).ok(),
            ParameterKind::Integer { .. } => text.parse().map(Argument::Integer).ok(),
            ParameterKind::Number { .. } => text.parse().ok().and_then(Number::new).map(Argument::Number),
            ParameterKind::Text { .. } | ParameterKind::Choice { .. } => {
                Some(Argument::Text(text.to_owned()))
            }
        };
        self.kind.take(&argument.ok_or_else(wrong)?)
    }
}

impl ParameterKind {
    fn check(&self) -> Result<(), (&'static str, String)> {
        let crossed = |is_crossed: bool| {
            let error = || ("min", "is larger than max; exchange them".to_owned());
            if is_crossed { Err(error()) } else { Ok(()) }
        };
        match self {
            Self::Integer { min: Some(min), max: Some(max) } => crossed(min > max),
            Self::Number { min: Some(min), max: Some(max) } => crossed(min > max),
            Self::Text { max_length, .. } if !(1..=TEXT_MAX).contains(max_length) => {
                Err(("max_length", format!("is {max_length}; write 1 to {TEXT_MAX}")))
            }
            Self::Text { pattern: Some(pattern), .. } => {
                compiled(pattern).map(drop).map_err(|message| ("pattern", message))
            }
            Self::Integer { .. } | Self::Number { .. } | Self::Boolean | Self::Text { .. } => Ok(()),
            Self::Choice { values } => {
                let is_bad = |value: &&String| {
                    value.is_empty() || value.len() > VALUE_MAX || value.contains(char::is_control)
                };
                if values.is_empty() || values.len() > VALUES_MAX {
                    return Err(("values", format!("are {}; write 1 to {VALUES_MAX}", values.len())));
                }
                match values.iter().find(is_bad) {
                    Some(bad) => {
                        Err(("values", format!("hold {bad:?}; write words of 1 to {VALUE_MAX} bytes")))
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// The argument as this takes it.
    ///
    /// # Errors
    /// In words, what to give instead.
    pub fn take(&self, argument: &Argument) -> Result<Argument, String> {
        let wrong = || Err(format!("is {argument}; give {self}"));
        match (self, argument) {
            (Self::Boolean, Argument::Boolean(_)) => Ok(argument.clone()),
            (Self::Integer { min, max }, Argument::Integer(value)) => {
                let fits = min.is_none_or(|min| *value >= min) && max.is_none_or(|max| *value <= max);
                if fits { Ok(argument.clone()) } else { wrong() }
            }
            (Self::Number { min, max }, Argument::Integer(_) | Argument::Number(_)) => {
                // An integer of more than 53 bits is no exact number, and none of these is counted so far.
                #[expect(clippy::cast_precision_loss, reason = "as JSON's numbers have it")]
                let value = match argument {
                    Argument::Integer(value) => Number::new(*value as f64),
                    Argument::Number(value) => Some(*value),
                    _ => None,
                };
                let fits = |value: &Number| {
                    min.is_none_or(|min| *value >= min) && max.is_none_or(|max| *value <= max)
                };
                value.filter(fits).map_or_else(wrong, |value| Ok(Argument::Number(value)))
            }
            (Self::Choice { values }, Argument::Text(text)) if values.contains(text) => Ok(argument.clone()),
            (Self::Text { pattern, max_length }, Argument::Text(text)) => {
                if text.contains(char::is_control) || text.chars().count() > *max_length as usize {
                    return wrong();
                }
                match pattern {
                    Some(pattern) if !compiled(pattern)?.is_match(text) => wrong(),
                    // A program would take it for an option.
                    None if text.starts_with('-') => {
                        Err(format!("is {text}; give a text that does not begin with -"))
                    }
                    _ => Ok(argument.clone()),
                }
            }
            _ => wrong(),
        }
    }
}

/// What is to be given: `an integer from 1 to 10`.
impl fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn range(
            f: &mut fmt::Formatter<'_>,
            min: Option<&dyn fmt::Display>,
            max: Option<&dyn fmt::Display>,
        ) -> fmt::Result {
            match (min, max) {
                (Some(min), Some(max)) => write!(f, " from {min} to {max}"),
                (Some(min), None) => write!(f, " from {min} on"),
                (None, Some(max)) => write!(f, " up to {max}"),
                (None, None) => Ok(()),
            }
        }
        match self {
            Self::Boolean => f.write_str("true or false"),
            Self::Integer { min, max } => {
                f.write_str("an integer")?;
                range(f, min.as_ref().map(|min| min as _), max.as_ref().map(|max| max as _))
            }
            Self::Number { min, max } => {
                f.write_str("a number")?;
                range(f, min.as_ref().map(|min| min as _), max.as_ref().map(|max| max as _))
            }
            Self::Choice { values } => write!(f, "one of {}", values.join(", ")),
            Self::Text { pattern: Some(pattern), max_length } => {
                write!(f, "a text of at most {max_length} characters that matches {pattern}")
            }
            Self::Text { pattern: None, max_length } => {
                write!(f, "a text of at most {max_length} characters")
            }
        }
    }
}

/// An expression that matches whole texts.
fn compiled(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > PATTERN_MAX {
        return Err(format!("is longer than {PATTERN_MAX} bytes; write a simpler expression"));
    }
    // By itself first, so that a bracket of its own does not close ours.
    let build = |text: &str| RegexBuilder::new(text).size_limit(COMPILED_MAX).build();
    build(pattern).and_then(|_| build(&format!("^(?:{pattern})$"))).map_err(|error| {
        // The last line of the message is the reason; the others draw the place.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("is no regular expression: {reason}")
    })
}
