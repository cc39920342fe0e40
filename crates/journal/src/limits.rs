//! The bounds of an append, checked before the file is touched.

use crate::journal::AppendError;
use crate::record::{NewRecord, Record};
use serde::de::IgnoredAny;

/// Records in one append. A bulk action on 5,000 targets is two of them.
pub const MAX_APPEND_RECORDS: usize = 4_096;
/// Bytes of all texts of one append: bounds the memory and the time of one transaction.
pub const MAX_APPEND_BYTES: usize = 16 << 20;
/// Bytes of one payload; the largest is a configuration with its files.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 20;
/// Bytes of an actor.
pub const MAX_ACTOR_BYTES: usize = 4 << 10;
/// Bytes of an object path: five names of up to 256 bytes fit.
pub const MAX_OBJECT_BYTES: usize = 2 << 10;
/// Bytes of a tenant's name, and of an action's id.
pub const MAX_NAME_BYTES: usize = 256;
/// Bytes of a kind.
pub const MAX_KIND_BYTES: usize = 128;
/// Records of one answer.
pub const MAX_READ_RECORDS: usize = 10_000;
/// Bytes of texts after which an answer ends early: one append always fits.
pub const MAX_READ_BYTES: usize = MAX_APPEND_BYTES;
/// Kinds, or actions, named in one query.
pub const MAX_QUERY_VALUES: usize = 1_000;
/// Bytes of a snapshot: 100,000 services at 1 KiB fit twice.
pub const MAX_SNAPSHOT_BYTES: usize = 256 << 20;

/// Refuses what is larger than the journal keeps or not of its form.
pub(crate) fn check(records: &[NewRecord]) -> Result<(), AppendError> {
    bound("records", records.len(), MAX_APPEND_RECORDS)?;
    let mut total = 0;
    for (index, record) in records.iter().enumerate() {
        let fields = [
            ("bytes of tenant", record.tenant.len(), MAX_NAME_BYTES),
            ("bytes of actor", record.actor.len(), MAX_ACTOR_BYTES),
            ("bytes of action", record.action.as_ref().map_or(0, String::len), MAX_NAME_BYTES),
            ("bytes of object", record.object.as_ref().map_or(0, String::len), MAX_OBJECT_BYTES),
            ("bytes of kind", record.kind.len(), MAX_KIND_BYTES),
            ("bytes of payload", record.payload.len(), MAX_PAYLOAD_BYTES),
        ];
        for (what, size, limit) in fields {
            bound(what, size, limit)?;
            total += size;
        }
        if !is_json_line(&record.actor) || !record.actor.trim_start().starts_with('{') {
            return Err(AppendError::Malformed { index, field: "actor", wanted: "a JSON object" });
        }
        if !is_json_line(&record.payload) {
            return Err(AppendError::Malformed { index, field: "payload", wanted: "JSON" });
        }
    }
    bound("bytes in all", total, MAX_APPEND_BYTES)
}

/// The first of the records, as many as one append takes: an answer of a reader may hold a few more.
pub(crate) fn one_append(mut records: Vec<Record>) -> Vec<Record> {
    let mut total = 0;
    let fits = records.iter().take(MAX_APPEND_RECORDS).take_while(|record| {
        total += record.text_bytes();
        total <= MAX_APPEND_BYTES
    });
    records.truncate(fits.count());
    records
}

fn bound(what: &'static str, size: usize, limit: usize) -> Result<(), AppendError> {
    if size > limit { Err(AppendError::TooLarge { what, size, limit }) } else { Ok(()) }
}

/// Exports put the text on one line as it is, so it must be on one line already.
fn is_json_line(text: &str) -> bool {
    !text.contains(['\n', '\r']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::time::UnixMillis;

    fn record() -> NewRecord {
        NewRecord {
            time: UnixMillis(0),
            tenant: "acme".into(),
            actor: "{}".into(),
            action: None,
            object: None,
            kind: "k".into(),
            version: 1,
            payload: "null".into(),
        }
    }

    #[test]
    fn each_text_is_bounded_and_its_limit_is_taken() {
        type Put = fn(&mut NewRecord, String);
        let fields: [(&str, usize, Put); 4] = [
            ("tenant", MAX_NAME_BYTES, |r, text| r.tenant = text),
            ("action", MAX_NAME_BYTES, |r, text| r.action = Some(text)),
            ("object", MAX_OBJECT_BYTES, |r, text| r.object = Some(text)),
            ("kind", MAX_KIND_BYTES, |r, text| r.kind = text),
        ];
        for (name, limit, put) in fields {
            let mut fits = record();
            put(&mut fits, "x".repeat(limit));
            assert!(check(&[fits]).is_ok(), "{name}");
            let mut over = record();
            put(&mut over, "x".repeat(limit + 1));
            let text = check(&[over]).unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(&limit.to_string()), "{text}");
        }
        let payload = |size| NewRecord { payload: format!("\"{}\"", "x".repeat(size - 2)), ..record() };
        assert!(check(&[payload(MAX_PAYLOAD_BYTES)]).is_ok());
        assert!(check(&[payload(MAX_PAYLOAD_BYTES + 1)]).is_err());
        let actor = |size| NewRecord { actor: format!("{{\"n\":\"{}\"}}", "x".repeat(size - 8)), ..record() };
        assert!(check(&[actor(MAX_ACTOR_BYTES)]).is_ok());
        assert!(check(&[actor(MAX_ACTOR_BYTES + 1)]).is_err());
    }

    #[test]
    fn an_append_is_bounded_in_records_and_in_bytes() {
        assert!(check(&vec![record(); MAX_APPEND_RECORDS]).is_ok());
        assert!(check(&vec![record(); MAX_APPEND_RECORDS + 1]).is_err());
        let large = NewRecord { payload: format!("\"{}\"", "x".repeat(MAX_PAYLOAD_BYTES - 2)), ..record() };
        assert!(check(&vec![large.clone(); 15]).is_ok());
        assert!(matches!(check(&vec![large; 16]), Err(AppendError::TooLarge { what: "bytes in all", .. })));
    }

    #[test]
    fn answer_of_a_reader_is_cut_to_what_one_append_takes() {
        use crate::hash::Hash;
        use topmast_model::id::Seq;
        let large = NewRecord { payload: format!("\"{}\"", "x".repeat(MAX_PAYLOAD_BYTES - 2)), ..record() };
        let sealed = vec![Record::seal(&large, Seq(1), Hash::GENESIS); 17];
        let fits: Vec<_> = one_append(sealed).iter().map(Record::unsealed).collect();
        assert_eq!((fits.len(), check(&fits).is_ok()), (15, true));
    }

    #[test]
    fn texts_that_are_not_json_on_one_line_are_refused() {
        for (actor, payload) in [
            ("", "{}"),
            ("[]", "{}"),
            ("{}", ""),
            ("{}", "{"),
            ("{}", "{\n}"),
            ("{\r}", "{}"),
            ("{}", "{} {}"),
        ] {
            let new = NewRecord { actor: actor.into(), payload: payload.into(), ..record() };
            assert!(
                matches!(check(&[record(), new]), Err(AppendError::Malformed { index: 1, .. })),
                "{actor:?} {payload:?}"
            );
        }
    }
}
