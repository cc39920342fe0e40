//! XML: a value of a shape to the answer of a query or of EC2.
//!
//! Lists are `<X><member/></X>`, or as the model names them; empty ones are there as `<X/>`, which is what AWS does and
//! clients count on. What XML 1.0 has no way to write is replaced.

use crate::model::{Kind, Member, Service, ShapeId, TimestampFormat};
use crate::timestamp;
use crate::value::{Map, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write as _;

/// Appends a text, escaped.
pub fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // A reader turns a bare one into a line feed.
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{1_0000}'.. => out.push(character),
            _ => out.push('\u{fffd}'),
        }
    }
}

/// Appends an element with a text.
pub fn element(out: &mut String, name: &str, text: &str) {
    open(out, name);
    escape(out, text);
    close(out, name);
}

/// Appends a start tag.
pub fn open(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

/// Appends an end tag.
pub fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Appends the members of a structure, without an element around them.
pub fn members(out: &mut String, value: &Value, service: &Service, shape: ShapeId) {
    if let (Kind::Structure { members, .. }, Value::Map(map)) = (&service.shape(shape).kind, value) {
        Writer { service, out }.structure(members, map);
    }
}

struct Writer<'a> {
    service: &'a Service,
    out: &'a mut String,
}

impl Writer<'_> {
    fn structure(&mut self, members: &[Member], map: &Map) {
        for member in members {
            if let Some(value) = map.get(member.name.as_str()).filter(|value| **value != Value::Null) {
                self.member(member, value);
            }
        }
    }

    fn member(&mut self, member: &Member, value: &Value) {
        let name = member.wire_name();
        match (&self.service.shape(member.shape).kind, value) {
            (Kind::List(element), Value::List(values)) if member.is_flattened => {
                for value in values {
                    self.element(name, element, value);
                }
            }
            (Kind::Map(key, of), Value::Map(map)) if member.is_flattened => {
                for (text, value) in map {
                    self.entry(name, key, of, text, value);
                }
            }
            _ => self.element(name, member, value),
        }
    }

    fn entry(&mut self, name: &str, key: &Member, of: &Member, text: &str, value: &Value) {
        open(self.out, name);
        element(self.out, key.location_name.as_deref().unwrap_or("key"), text);
        self.element(of.location_name.as_deref().unwrap_or("value"), of, value);
        close(self.out, name);
    }

    fn element(&mut self, name: &str, member: &Member, value: &Value) {
        let begin = self.out.len();
        open(self.out, name);
        let inside = self.out.len();
        match (&self.service.shape(member.shape).kind, value) {
            (Kind::Structure { members, .. }, Value::Map(map)) => self.structure(members, map),
            (Kind::List(of), Value::List(values)) => {
                for value in values {
                    self.element(of.location_name.as_deref().unwrap_or("member"), of, value);
                }
            }
            (Kind::Map(key, of), Value::Map(map)) => {
                for (text, value) in map {
                    self.entry("entry", key, of, text, value);
                }
            }
            (Kind::Float, Value::Integer(whole)) => self.number(*whole as f64),
            (_, value) => self.scalar(member, value),
        }
        if self.out.len() == inside {
            self.out.truncate(begin);
            self.out.push('<');
            self.out.push_str(name);
            self.out.push_str("/>");
        } else {
            close(self.out, name);
        }
    }

    fn number(&mut self, number: f64) {
        if number.is_nan() {
            self.out.push_str("NaN");
        } else if number.is_infinite() {
            self.out.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
        } else {
            // Debug keeps the point, 41.0, and the shortest form that reads back.
            let _ = write!(self.out, "{number:?}");
        }
    }

    fn scalar(&mut self, member: &Member, value: &Value) {
        match value {
            Value::Boolean(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Integer(whole) => self.out.push_str(&whole.to_string()),
            Value::Float(float) => self.number(*float),
            Value::Text(text) => escape(self.out, text),
            Value::Blob(bytes) => self.out.push_str(&BASE64_STANDARD.encode(bytes)),
            Value::Timestamp(millis) => {
                let format = member.timestamp_format.unwrap_or(TimestampFormat::Iso8601);
                self.out.push_str(&timestamp::format(*millis, format));
            }
            // Of another type than its place: nothing is better than something that no client reads.
            Value::Null | Value::List(_) | Value::Map(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    fn written(name: &str, shape: &str, value: &Value) -> String {
        let service = service(name).unwrap();
        let mut out = String::new();
        members(&mut out, value, service, service.shape_id(shape).unwrap());
        out
    }

    #[test]
    fn an_answer_has_empty_lists_and_escaped_texts() {
        let value = Value::map([
            ("CompositeAlarms", Value::List(Vec::new())),
            (
                "MetricAlarms",
                Value::List(vec![Value::map([
                    ("AlarmName", "a<b>&\"\u{1}\r".into()),
                    ("Threshold", 41.0.into()),
                    ("StateUpdatedTimestamp", Value::Timestamp(1_795_424_400_000)),
                    ("ActionsEnabled", true.into()),
                    ("NotThere", 1.into()),
                ])]),
            ),
        ]);
        assert_eq!(
            written("cloudwatch", "DescribeAlarmsOutput", &value),
            "<CompositeAlarms/><MetricAlarms><member><ActionsEnabled>true</ActionsEnabled>\
             <AlarmName>a&lt;b&gt;&amp;&quot;\u{fffd}&#13;</AlarmName>\
             <StateUpdatedTimestamp>2026-11-23T09:00:00Z</StateUpdatedTimestamp>\
             <Threshold>41.0</Threshold></member></MetricAlarms>"
        );
    }

    #[test]
    fn an_answer_of_ec2_has_its_own_names() {
        let value = Value::map([(
            "Reservations",
            Value::List(vec![Value::map([
                ("ReservationId", "r-1".into()),
                (
                    "Instances",
                    Value::List(vec![Value::map([
                        ("InstanceId", "i-1".into()),
                        ("State", Value::map([("Code", 16.into()), ("Name", "running".into())])),
                    ])]),
                ),
            ])]),
        )]);
        assert_eq!(
            written("ec2", "DescribeInstancesResult", &value),
            "<reservationSet><item><instancesSet><item>\
             <instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState>\
             </item></instancesSet><reservationId>r-1</reservationId></item></reservationSet>"
        );
    }
}
