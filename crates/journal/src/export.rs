//! Records as lines for other systems: JSON lines and CEF. The fields are listed
//! in docs/formats/journal.md.

use crate::record::Record;
use serde_json::Value;
use std::fmt::Write as _;

/// One JSON object without a line end. `actor` and `payload` stand in it byte for byte as they
/// were hashed, so whoever has the lines can compute the chain again.
pub fn json_line(record: &Record) -> String {
    let optional = |text: &Option<String>| text.as_deref().map_or_else(|| "null".to_owned(), quoted);
    format!(
        concat!(
            r#"{{"seq":{},"time":{},"tenant":{},"actor":{},"action":{},"object":{},"#,
            r#""kind":{},"version":{},"payload":{},"prev_hash":"{}","hash":"{}"}}"#
        ),
        record.seq,
        record.time,
        quoted(&record.tenant),
        record.actor,
        optional(&record.action),
        optional(&record.object),
        quoted(&record.kind),
        record.version,
        record.payload,
        record.prev_hash,
        record.hash,
    )
}

/// One line of the Common Event Format (CEF), version 0, without a line end.
///
/// The severity is `Unknown`, which the format allows: the journal knows no
/// event's meaning. `suser` and `src` come from the actor's `name` and `address`
/// when it has them.
pub fn cef_line(record: &Record) -> String {
    let kind = header(&record.kind);
    let mut line = format!("CEF:0|Topmast|Topmast|{}|{kind}|{kind}|Unknown|", env!("CARGO_PKG_VERSION"));
    let actor: Value = serde_json::from_str(&record.actor).unwrap_or_default();
    let (seq, time) = (record.seq.to_string(), record.time.to_string());
    let (prev_hash, hash) = (record.prev_hash.to_string(), record.hash.to_string());
    let fields = [
        ("externalId", Some(seq.as_str())),
        ("rt", Some(&time)),
        ("suser", actor["name"].as_str()),
        ("src", actor["address"].as_str()),
        ("cs1Label", Some("tenant")),
        ("cs1", Some(&record.tenant)),
        ("cs2Label", record.object.as_ref().map(|_| "object")),
        ("cs2", record.object.as_deref()),
        ("cs3Label", record.action.as_ref().map(|_| "action")),
        ("cs3", record.action.as_deref()),
        ("cs4Label", Some("actor")),
        ("cs4", Some(&record.actor)),
        ("cs5Label", Some("prevHash")),
        ("cs5", Some(&prev_hash)),
        ("cs6Label", Some("hash")),
        ("cs6", Some(&hash)),
        ("msg", Some(&record.payload)),
    ];
    let mut separator = "";
    for (key, value) in fields {
        if let Some(value) = value {
            // Writing to a string does not fail.
            let _infallible = write!(line, "{separator}{key}={}", extension(value));
            separator = " ";
        }
    }
    line
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// In the header `|` ends a field, and line ends cannot be written at all.
fn header(text: &str) -> String {
    text.replace('\\', r"\\").replace('|', r"\|").replace(['\n', '\r'], " ")
}

/// In the extension `=` ends a key.
fn extension(text: &str) -> String {
    text.replace('\\', r"\\").replace('=', r"\=").replace('\n', r"\n").replace('\r', r"\r")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;
    use crate::record::NewRecord;
    use topmast_model::id::Seq;
    use topmast_model::time::UnixMillis;

    fn record(kind: &str, tenant: &str, actor: &str, object: Option<&str>, payload: &str) -> Record {
        let new = NewRecord {
            time: UnixMillis(1_795_432_800_000),
            tenant: tenant.into(),
            actor: actor.into(),
            action: None,
            object: object.map(str::to_owned),
            kind: kind.into(),
            version: 1,
            payload: payload.into(),
        };
        Record::seal(&new, Seq(7), Hash::GENESIS)
    }

    #[test]
    fn json_line_keeps_actor_and_payload_byte_for_byte() {
        let record = record("Kind", "te\"n\nant", r#"{ "b":1.0,"a":2}"#, None, r#"{"z":1e2,  "y":"\u0041"}"#);
        let line = json_line(&record);
        assert!(!line.contains('\n'));
        assert!(
            line.contains(r#""actor":{ "b":1.0,"a":2}"#)
                && line.contains(r#""payload":{"z":1e2,  "y":"\u0041"}"#)
        );
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["tenant"], "te\"n\nant");
        assert_eq!(value["seq"], 7);
        assert_eq!(value["object"], Value::Null);
        assert_eq!(value["hash"], record.hash.to_string());
    }

    #[test]
    fn cef_line_is_written_as_the_format_says() {
        let record = record(
            "Login|Failed\\",
            "a=b",
            r#"{"name":"ana\\x","address":"10.0.0.1"}"#,
            Some("acme/prod\nx"),
            r#"{"a":"b=c"}"#,
        );
        let expected = format!(
            concat!(
                r"CEF:0|Topmast|Topmast|{}|Login\|Failed\\|Login\|Failed\\|Unknown|",
                r"externalId=7 rt=1795432800000 suser=ana\\x src=10.0.0.1 cs1Label=tenant cs1=a\=b ",
                r"cs2Label=object cs2=acme/prod\nx ",
                r#"cs4Label=actor cs4={{"name":"ana\\\\x","address":"10.0.0.1"}} "#,
                r#"cs5Label=prevHash cs5={} cs6Label=hash cs6={} msg={{"a":"b\=c"}}"#
            ),
            env!("CARGO_PKG_VERSION"),
            record.prev_hash,
            record.hash,
        );
        assert_eq!(cef_line(&record), expected);
    }

    #[test]
    fn cef_line_of_an_actor_without_name_or_address_leaves_them_out() {
        let line = cef_line(&record("Kind", "acme", "{}", None, "null"));
        assert!(!line.contains("suser=") && !line.contains("src=") && !line.contains("cs2"), "{line}");
    }
}
