//! What a metric takes from a message that a pattern finds: `$.field` of JSON, `$column` of columns.

use super::condition::Selector;
use super::{Kind, Pattern};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A part of a message, by its name in a pattern.
#[derive(Debug)]
pub struct Field(FieldKind);

#[derive(Debug)]
enum FieldKind {
    Json(Selector),
    Column(String),
}

impl Field {
    /// Reads `$.a.b[0]`, `$name` or `$2`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("$.") || text.starts_with("$[") {
            return Selector::parse(text).map(FieldKind::Json).map(Self);
        }
        let name = text.strip_prefix('$').filter(|name| !name.is_empty())?;
        Some(Self(FieldKind::Column(name.to_owned())))
    }
}

impl Pattern {
    /// The texts of fields of a message that it finds, each as far as it is there.
    pub fn read(&self, message: &str, fields: &[&Field]) -> Vec<Option<String>> {
        match &self.0 {
            Kind::Json(_) => {
                let json: Option<Json> = serde_json::from_str(message).ok();
                let read = |field: &&Field| match (&field.0, &json) {
                    (FieldKind::Json(selector), Some(json)) => selector.text_of(json),
                    _ => None,
                };
                fields.iter().map(read).collect()
            }
            Kind::Columns(columns) => {
                let named: BTreeMap<_, _> = columns.named(message).into_iter().collect();
                let read = |field: &&Field| match &field.0 {
                    FieldKind::Column(name) => named.get(name).map(|text| (*text).to_owned()),
                    FieldKind::Json(_) => None,
                };
                fields.iter().map(read).collect()
            }
            Kind::All | Kind::Terms { .. } => fields.iter().map(|_| None).collect(),
        }
    }

    /// What it names of a message that it finds: its selectors, or all columns.
    pub fn extracted(&self, message: &str) -> BTreeMap<String, String> {
        match &self.0 {
            Kind::Json(condition) => {
                let Ok(json) = serde_json::from_str::<Json>(message) else { return BTreeMap::new() };
                let selectors = condition.selectors().into_iter();
                let named = |selector: &Selector| Some((selector.text.clone(), selector.text_of(&json)?));
                selectors.filter_map(named).collect()
            }
            Kind::Columns(columns) => {
                let named = columns.named(message).into_iter();
                named.map(|(name, text)| (format!("${name}"), text.to_owned())).collect()
            }
            Kind::All | Kind::Terms { .. } => BTreeMap::new(),
        }
    }
}
