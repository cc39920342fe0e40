//! JSON: a body to a value as it stands, and a value of a shape to a body.
//!
//! Twice the same member in an object is refused: readers differ in which one they take, and whoever checks a
//! request must see what is carried out.

use super::DEPTH_MAX;
use crate::fault::{Common, Fault};
use crate::model::{Kind, Service, ShapeId, TimestampFormat};
use crate::timestamp;
use crate::value::{Map, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Reads a body. An empty one is a structure without members.
///
/// # Errors
/// A [`Common::Malformed`] fault when it is not JSON, too deep, or has a member twice.
pub fn read(body: &[u8]) -> Result<Value, Fault> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::empty());
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = Node { depth: 0 }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| Fault::common(Common::Malformed, error.to_string()))
}

/// A value at a depth.
#[derive(Clone, Copy)]
struct Node {
    depth: usize,
}

impl Node {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_MAX {
            return Err(E::custom(format_args!("nested deeper than {DEPTH_MAX}")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Boolean(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(value) = values.next_element_seed(below)? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(below)?;
            if map.insert(Cow::Owned(key), value).is_some() {
                return Err(de::Error::custom("a member is there twice"));
            }
        }
        Ok(Value::Map(map))
    }
}

/// Writes a value by its shape. Members that the shape does not know, and values of another type than
/// their place, are left out.
pub fn write(value: &Value, service: &Service, shape: ShapeId) -> String {
    let mut writer = Writer { service, out: String::new() };
    writer.value(value, shape, None);
    writer.out
}

/// Appends a text in quotes.
pub fn quote(out: &mut String, text: &str) {
    // Of a str, this cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Appends a number that keeps its point: `41.0`; what is none is told as a text.
pub fn number(out: &mut String, number: f64) {
    if number.is_nan() {
        out.push_str("\"NaN\"");
    } else if number.is_infinite() {
        out.push_str(if number > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
    } else {
        out.push_str(&serde_json::to_string(&number).unwrap_or_default());
    }
}

struct Writer<'a> {
    service: &'a Service,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, id: ShapeId, format: Option<TimestampFormat>) {
        match (&self.service.shape(id).kind, value) {
            (Kind::Structure { is_document: true, .. }, any) => self.document(any),
            (Kind::Structure { members, .. }, Value::Map(map)) => {
                self.out.push('{');
                let mut separator = "";
                for member in members {
                    let Some(value) = map.get(member.name.as_str()) else { continue };
                    if *value == Value::Null {
                        continue;
                    }
                    self.out.push_str(separator);
                    quote(&mut self.out, member.wire_name());
                    self.out.push(':');
                    self.value(value, member.shape, member.timestamp_format);
                    separator = ",";
                }
                self.out.push('}');
            }
            (Kind::List(member), Value::List(values)) => {
                self.out.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.value(value, member.shape, member.timestamp_format);
                }
                self.out.push(']');
            }
            (Kind::Map(_, member), Value::Map(map)) => {
                self.out.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    quote(&mut self.out, key);
                    self.out.push(':');
                    self.value(value, member.shape, member.timestamp_format);
                }
                self.out.push('}');
            }
            (Kind::Float, Value::Integer(whole)) => number(&mut self.out, *whole as f64),
            (_, Value::Timestamp(millis)) => match format {
                // The texts of a number and of a date need no other form.
                None | Some(TimestampFormat::Epoch) => number(&mut self.out, timestamp::seconds(*millis)),
                Some(format) => quote(&mut self.out, &timestamp::format(*millis, format)),
            },
            (_, value) => self.document(value),
        }
    }

    fn document(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Boolean(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Integer(whole) => self.out.push_str(&whole.to_string()),
            Value::Float(float) => number(&mut self.out, *float),
            Value::Text(text) => quote(&mut self.out, text),
            Value::Blob(bytes) => quote(&mut self.out, &BASE64_STANDARD.encode(bytes)),
            Value::Timestamp(millis) => number(&mut self.out, timestamp::seconds(*millis)),
            Value::List(values) => {
                self.out.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.document(value);
                }
                self.out.push(']');
            }
            Value::Map(map) => {
                self.out.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    quote(&mut self.out, key);
                    self.out.push(':');
                    self.document(value);
                }
                self.out.push('}');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_once_and_bounded() {
        assert_eq!(read(b" ").unwrap(), Value::empty());
        let value = read(br#"{"A":[1,2.5,"x",null,true],"B":18446744073709551615}"#).unwrap();
        assert_eq!(value.list("A").len(), 5);
        assert_eq!(value.float("B"), Some(18_446_744_073_709_551_615.0));
        for (bad, part) in [
            (r#"{"A":1,"A":2}"#.to_owned(), "twice"),
            (r#"{"A":1}}"#.to_owned(), "trailing"),
            (r#"{"A":"#.to_owned(), "EOF"),
            ("[".repeat(100_000), "deeper than 64"),
        ] {
            let fault = read(bad.as_bytes()).unwrap_err();
            assert!(fault.message.as_ref().unwrap().contains(part), "{fault}");
        }
        assert!(read(("[".repeat(64) + &"]".repeat(64)).as_bytes()).is_ok());
        assert!(read(&[b'"', 0xff, b'"']).is_err());
    }
}
