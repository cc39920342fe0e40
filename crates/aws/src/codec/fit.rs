//! A value as JSON or CBOR had it, made to fit a shape.
//!
//! Both say less than the model: JSON has no bytes and no times, CBOR writes whole numbers where fractions are
//! meant. Here each place gets the type of its shape, or the request is refused with the words of AWS.

use super::DEPTH_MAX;
use crate::fault::{Common, Fault};
use crate::model::{Kind, Member, Service, ShapeId};
use crate::timestamp;
use crate::value::{Map, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::borrow::Cow;

/// Where a value comes from: how its members are named, and what stands for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Names on the wire, bytes as base64.
    Json,
    /// Names of the model, bytes as they are.
    Cbor,
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::common(Common::Malformed, message)
}

/// How AWS names what was found.
fn token(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL_VALUE",
        Value::Boolean(true) => "TRUE_VALUE",
        Value::Boolean(false) => "FALSE_VALUE",
        Value::Integer(_) | Value::Float(_) | Value::Timestamp(_) => "NUMBER_VALUE",
        Value::Text(_) | Value::Blob(_) => "STRING_VALUE",
        Value::List(_) => "START_ARRAY",
        Value::Map(_) => "START_OBJECT",
    }
}

fn cannot(value: &Value, wanted: &str) -> Fault {
    malformed(match value {
        Value::List(_) => "Start of list found where not expected".to_owned(),
        Value::Map(_) => "Start of structure or map found where not expected.".to_owned(),
        other => format!("{} can not be converted to {wanted}", token(other)),
    })
}

/// Makes a value fit a shape of a service.
///
/// # Errors
/// A [`Common::Malformed`] fault with AWS's words for what is of the wrong type.
pub fn fit(value: Value, service: &'static Service, shape: ShapeId, source: Source) -> Result<Value, Fault> {
    Fitter { service, source }.value(value, shape, 0)
}

struct Fitter {
    service: &'static Service,
    source: Source,
}

impl Fitter {
    fn value(&self, value: Value, id: ShapeId, depth: usize) -> Result<Value, Fault> {
        if depth > DEPTH_MAX {
            return Err(malformed("the request is nested too deep"));
        }
        match (&self.service.shape(id).kind, value) {
            (Kind::Structure { is_document: true, .. }, any) => Ok(any),
            (Kind::Structure { members, .. }, Value::Map(map)) => self.structure(members, map, depth),
            (Kind::List(member), Value::List(values)) => values
                .into_iter()
                .filter(|value| *value != Value::Null)
                .map(|value| self.value(value, member.shape, depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::List),
            (Kind::Map(_, member), Value::Map(map)) => map
                .into_iter()
                .filter(|(_, value)| *value != Value::Null)
                .map(|(key, value)| Ok((key, self.value(value, member.shape, depth + 1)?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
            (Kind::Structure { .. } | Kind::List(_) | Kind::Map(..), Value::Text(_) | Value::Blob(_)) => {
                Err(malformed("Unexpected field type"))
            }
            (Kind::Structure { .. } | Kind::List(_) | Kind::Map(..), other) => {
                Err(cannot(&other, "a structure"))
            }
            (kind, value) => self.scalar(kind, value),
        }
    }

    fn structure(&self, members: &'static [Member], mut map: Map, depth: usize) -> Result<Value, Fault> {
        let mut fitted = Map::new();
        for member in members {
            let name = if self.source == Source::Json { member.wire_name() } else { &member.name };
            match map.remove(name) {
                None | Some(Value::Null) => {}
                Some(value) => {
                    fitted.insert(Cow::Borrowed(&member.name), self.value(value, member.shape, depth + 1)?);
                }
            }
        }
        Ok(Value::Map(fitted))
    }

    fn scalar(&self, kind: &Kind, value: Value) -> Result<Value, Fault> {
        Ok(match (kind, value) {
            (Kind::Text, value @ Value::Text(_))
            | (Kind::Boolean, value @ Value::Boolean(_))
            | (Kind::Float, value @ Value::Float(_))
            | (Kind::Timestamp, value @ Value::Timestamp(_)) => value,
            (Kind::Text, other) => return Err(cannot(&other, "a String")),
            (Kind::Boolean, other) => return Err(cannot(&other, "a Boolean")),
            (Kind::Integer(is_long), value) => Self::integer(*is_long, value)?,
            (Kind::Float, Value::Integer(number)) => Value::Float(number as f64),
            (Kind::Float, Value::Text(text)) => match text.as_str() {
                "NaN" => Value::Float(f64::NAN),
                "Infinity" => Value::Float(f64::INFINITY),
                "-Infinity" => Value::Float(f64::NEG_INFINITY),
                _ => return Err(cannot(&Value::Text(text), "a Double")),
            },
            (Kind::Float, other) => return Err(cannot(&other, "a Double")),
            (Kind::Blob, value @ Value::Blob(_)) if self.source == Source::Cbor => value,
            (Kind::Blob, Value::Text(text)) if self.source == Source::Json => {
                Value::Blob(BASE64_STANDARD.decode(&text).map_err(|_| malformed("a blob is not of base64"))?)
            }
            (Kind::Blob, other) => return Err(cannot(&other, "a Blob")),
            (Kind::Timestamp, Value::Integer(number)) => Self::instant(number as f64)?,
            (Kind::Timestamp, Value::Float(number)) => Self::instant(number)?,
            (Kind::Timestamp, Value::Text(text)) => Value::Timestamp(
                timestamp::parse(&text)
                    .ok_or_else(|| malformed("STRING_VALUE can not be converted to a Timestamp"))?,
            ),
            (Kind::Timestamp, other) => return Err(cannot(&other, "a Timestamp")),
            (Kind::Structure { .. } | Kind::List(_) | Kind::Map(..), other) => {
                return Err(cannot(&other, "a structure"));
            }
        })
    }

    fn integer(is_long: bool, value: Value) -> Result<Value, Fault> {
        let wanted = if is_long { "a Long" } else { "an Integer" };
        let number = match value {
            Value::Integer(number) => number,
            // 60.0 is 60; a fraction is not a whole number. Both bounds have an exact form.
            Value::Float(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "whole and within the bounds, checked above"
                )]
                let whole = number as i64;
                whole
            }
            other => return Err(cannot(&other, wanted)),
        };
        if !is_long && i32::try_from(number).is_err() {
            return Err(cannot(&Value::Integer(number), wanted));
        }
        Ok(Value::Integer(number))
    }

    fn instant(seconds: f64) -> Result<Value, Fault> {
        timestamp::of_seconds(seconds)
            .map(Value::Timestamp)
            .ok_or_else(|| malformed("NUMBER_VALUE can not be converted to a Timestamp"))
    }
}
