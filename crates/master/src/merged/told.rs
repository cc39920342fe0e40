//! A row as its master told it, read by the fields that sorts name.

use serde::Serialize;
use serde_json::Value;
use topmast_api::time::Timestamp;
use topmast_model::filter::{FieldDef, FieldKind, FieldValue, Row};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::time::UnixMillis;

/// A row's JSON: fields of filters have the names that it has.
pub(super) struct Told<'a> {
    fields: &'static [FieldDef],
    path: &'a ObjectPath,
    row: Value,
    now: UnixMillis,
}

impl<'a> Told<'a> {
    pub(super) fn new(
        fields: &'static [FieldDef],
        path: &'a ObjectPath,
        row: &impl Serialize,
        now: UnixMillis,
    ) -> Self {
        Self { fields, path, row: serde_json::to_value(row).unwrap_or_default(), now }
    }

    fn millis(&self, name: &str) -> Option<i64> {
        Some(Timestamp::as_millis(self.row.get(name)?.as_str()?.parse().ok()?))
    }
}

impl Row for Told<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let FieldDef { name, kind, .. } = &self.fields[field];
        let level = match *name {
            "tenant" => Some(Level::Tenant),
            "cluster" => Some(Level::Cluster),
            "server" => Some(Level::Server),
            "application" => Some(Level::Application),
            _ => None,
        };
        if let Some(level) = level {
            self.path.name_at(level).into_iter().for_each(|name| each(FieldValue::Text(name)));
            return;
        }
        match *name {
            "path" => each(FieldValue::Text(self.path.as_str())),
            "parent" => {
                if let Some(parent) = self.row.get("parent").and_then(Value::as_str) {
                    each(FieldValue::Text(parent.rsplit('/').next().unwrap_or(parent)));
                    each(FieldValue::Text(parent));
                }
            }
            "label" => {
                for (name, value) in self.row.get("labels").and_then(Value::as_object).into_iter().flatten() {
                    each(FieldValue::Text(&format!("{name}={}", value.as_str().unwrap_or_default())));
                }
            }
            "unit_problems" => {
                let problems = self.row.get("unit_problems").and_then(Value::as_array);
                let files = problems.into_iter().flatten().filter_map(|problem| problem.get("file"));
                files.for_each(|file| value_of(file, *kind, each));
            }
            "last_action" => {
                let at = self.row.get("last_action").and_then(|action| action.get("at"));
                if let Some(at) = at {
                    value_of(at, *kind, each);
                }
            }
            "owner" => {
                let owner = self.row.pointer("/acknowledgement/owner/name");
                if let Some(owner) = owner {
                    value_of(owner, *kind, each);
                }
            }
            "acknowledged" => {
                let is = self.row.get("acknowledgement").is_some_and(Value::is_object);
                value_of(&Value::Bool(is), *kind, each);
            }
            "detail" if self.row.get("detail").and_then(Value::as_str) == Some("") => {}
            // Of a problem it grows until it is closed.
            "duration_ms" if self.row.get("duration_ms").is_none() => {
                if let Some(since) = self.millis("since") {
                    let end = self.millis("closed_at").unwrap_or(self.now.0);
                    each(FieldValue::Number((end - since).max(0) as f64));
                }
            }
            name => self.row.get(name).into_iter().for_each(|value| value_of(value, *kind, each)),
        }
    }
}

fn value_of(value: &Value, kind: FieldKind, each: &mut dyn FnMut(FieldValue<'_>)) {
    match value {
        Value::Null | Value::Object(_) => {}
        Value::Bool(is) => each(FieldValue::Text(if *is { "true" } else { "false" })),
        Value::Number(number) => {
            if let Some(number) = number.as_f64() {
                each(FieldValue::Number(number));
            }
        }
        Value::String(text) if kind == FieldKind::Time => {
            if let Ok(time) = text.parse::<Timestamp>() {
                each(FieldValue::Number(time.as_millis() as f64));
            }
        }
        Value::String(text) => each(FieldValue::Text(text)),
        Value::Array(values) => values.iter().for_each(|value| value_of(value, kind, each)),
    }
}
