//! Events as a filter sees them.

use super::{maybe_text, number, text, time};
use serde_json::Value;
use topmast_api::event::Event;
use topmast_model::filter::fields::events;
use topmast_model::filter::{FieldValue, Row};
use topmast_model::path::{Level, ObjectPath};

/// An event without its secrets, so that no filter finds out about them.
pub(crate) struct FilterableEvent<'a>(pub(crate) &'a Event);

impl Row for FilterableEvent<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let Self(event) = self;
        let mut name = |level| maybe_text(each, event.object.as_ref().and_then(|path| path.name_at(level)));
        match field {
            events::SEQ => number(each, Some(event.seq.0 as f64)),
            events::TIME => time(each, Some(event.time.0)),
            events::KIND => text(each, &event.kind),
            events::ACTOR => {
                text(each, &event.actor.name);
                // As it is shown: `user admin`.
                text(each, &format!("{} {}", event.actor.kind.as_str(), event.actor.name));
            }
            events::ACTION => maybe_text(each, event.action.map(|id| id.to_string()).as_deref()),
            events::OBJECT => maybe_text(each, event.object.as_ref().map(ObjectPath::as_str)),
            events::TENANT => text(each, &event.tenant),
            events::CLUSTER => name(Level::Cluster),
            events::SERVER => name(Level::Server),
            events::APPLICATION => name(Level::Application),
            events::STATUS => {
                let payload = &event.payload;
                for status in [&payload["status"], &payload["state"]["status"]] {
                    maybe_text(each, status.as_str());
                }
            }
            events::MESSAGE => texts(&event.payload, each),
            _ => {}
        }
    }
}

/// Every text of a payload.
fn texts(payload: &Value, each: &mut dyn FnMut(FieldValue<'_>)) {
    match payload {
        Value::String(found) => text(each, found),
        Value::Array(values) => values.iter().for_each(|value| texts(value, each)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
