//! Between events, which the engine understands, and records, which the journal keeps.

use serde_json::Error;
use topmast_journal::{NewRecord, Record};
use topmast_model::event::{Event, EventBody, SCHEMA_VERSION};
use topmast_model::id::ActionId;

/// The kind of event by which a master becomes the active one: it decided what comes after.
pub(crate) const ACTIVATED: &str = "MasterActivated";
/// The kind of event behind which a journal goes on that was made of a backup.
pub(crate) const RESTORED: &str = "JournalRestored";

/// Takes an event apart for the journal.
pub(crate) fn to_record(event: &Event) -> Result<NewRecord, Error> {
    let (kind, payload) = event.body.to_parts()?;
    Ok(NewRecord {
        time: event.time,
        tenant: event.tenant.clone(),
        actor: serde_json::to_string(&event.actor)?,
        action: event.action.map(|id| id.to_string()),
        object: event.body.object().map(ToString::to_string),
        kind,
        version: SCHEMA_VERSION,
        payload: payload.to_string(),
    })
}

/// Puts an event together from the journal.
pub(crate) fn from_record(record: &Record) -> Result<Event, Error> {
    let action: Option<Result<ActionId, _>> = record.action.as_deref().map(str::parse);
    Ok(Event {
        seq: record.seq,
        time: record.time,
        tenant: record.tenant.clone(),
        actor: serde_json::from_str(&record.actor)?,
        action: action.transpose().map_err(serde::de::Error::custom)?,
        body: EventBody::from_parts(&record.kind, serde_json::from_str(&record.payload)?)?,
    })
}
