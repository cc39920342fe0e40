//! A record: an event, or a row of groups, with the fields that commands made.

use super::datum::Datum;
use serde_json::Value as Json;
use std::cell::OnceCell;
use std::sync::Arc;

/// An event that a query sees.
#[derive(Debug, Clone)]
pub struct Event {
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// When it came, in milliseconds since the Unix epoch.
    pub ingested_at: i64,
    /// Its number: greater for one that came later.
    pub number: u64,
    /// Its stream's number.
    pub stream: u64,
    /// The name of its stream.
    pub stream_name: Arc<str>,
    /// The account and the name of its group: `123456789012:/shop`.
    pub log: Arc<str>,
    /// What it says.
    pub message: Arc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) event: Option<Event>,
    pub(super) fields: Vec<(String, Datum)>,
    json: OnceCell<Option<Json>>,
}

impl Record {
    pub(super) fn of(event: Event) -> Self {
        Self { event: Some(event), ..Self::default() }
    }

    pub(super) fn row(fields: Vec<(String, Datum)>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// The same without what was read of it.
    pub(super) fn kept(self) -> Self {
        Self { json: OnceCell::new(), ..self }
    }

    pub(super) fn set(&mut self, name: &str, value: Datum) {
        match self.fields.iter_mut().find(|(other, _)| other == name) {
            Some((_, kept)) => *kept = value,
            None => self.fields.push((name.to_owned(), value)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Datum {
        if let Some((_, value)) = self.fields.iter().find(|(other, _)| other == name) {
            return value.clone();
        }
        let Some(event) = &self.event else { return Datum::Missing };
        match name {
            "@timestamp" => Datum::Time(event.timestamp),
            "@ingestionTime" => Datum::Time(event.ingested_at),
            "@message" => Datum::Text(event.message.to_string()),
            "@logStream" => Datum::Text(event.stream_name.to_string()),
            "@log" => Datum::Text(event.log.to_string()),
            _ => self.json().and_then(|json| found(json, name)).map_or(Datum::Missing, of_json),
        }
    }

    /// The fields of the message, should it be JSON, by path.
    pub(super) fn discovered(&self, mut each: impl FnMut(String)) {
        if let Some(json) = self.json() {
            paths(json, "", &mut each);
        }
    }

    fn json(&self) -> Option<&Json> {
        let read = || {
            let message = &self.event.as_ref()?.message;
            // Most that is not JSON is told apart by its first character.
            message.trim_start().starts_with('{').then(|| serde_json::from_str(message).ok()).flatten()
        };
        self.json.get_or_init(read).as_ref()
    }

    /// Bytes that it takes, about.
    pub(super) fn size(&self) -> usize {
        let fields: usize = self.fields.iter().map(|(name, value)| 32 + name.len() + value.size()).sum();
        size_of::<Self>() + self.event.as_ref().map_or(0, |event| event.message.len()) + fields
    }
}

/// The value at a path: whole names come before their parts.
fn found<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    if let Some(value) = step(json, path) {
        return Some(value);
    }
    let mut rest = json;
    for part in path.split('.') {
        rest = step(rest, part)?;
    }
    Some(rest)
}

fn step<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    match json {
        Json::Array(values) => values.get(name.parse::<usize>().ok()?),
        _ => json.get(name),
    }
}

fn of_json(value: &Json) -> Datum {
    match value {
        Json::Null => Datum::Missing,
        Json::Bool(truth) => Datum::Boolean(*truth),
        Json::String(text) => Datum::Text(text.clone()),
        other => Datum::Text(other.to_string()),
    }
}

fn paths(json: &Json, path: &str, each: &mut impl FnMut(String)) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match json {
        Json::Object(members) => members.iter().for_each(|(name, value)| paths(value, &below(name), each)),
        Json::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(place, value)| paths(value, &below(&place.to_string()), each));
        }
        _ => each(path.to_owned()),
    }
}
