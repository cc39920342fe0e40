//! The languages of Logs: filter patterns and queries of Insights, with a message that they look at.
//! No text may panic, run for ever or keep more than its bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use topmast_aws::log_filter::{Field, Pattern};
use topmast_aws::log_query::{Event, Query, fields};

const JSON: &str =
    r#"{"level": "error", "ms": 12.5, "user": {"name": "eve", "roles": ["a", {"b": null}]}, "ok": true}"#;

fn event(number: u64, message: &str) -> Event {
    Event {
        timestamp: 1_796_029_200_000 + (number as i64) * 60_000,
        ingested_at: 1_796_029_200_000,
        number,
        stream: 1,
        stream_name: Arc::from("web1"),
        log: Arc::from("123456789012:/shop"),
        message: Arc::from(message),
    }
}

// A text up to the first zero, and a message behind it.
fuzz_target!(|data: &[u8]| {
    let (text, message) = data.split_at(data.iter().position(|byte| *byte == 0).unwrap_or(data.len()));
    let (Ok(text), Ok(message)) = (std::str::from_utf8(text), std::str::from_utf8(message)) else { return };
    if let Ok(pattern) = Pattern::parse(text) {
        let _ = (pattern.finds(message), pattern.finds(JSON), pattern.finds("GET [a b] \"c d\" 404 12"));
        let _ = (pattern.extracted(message), pattern.extracted(JSON));
        let field = Field::parse(message);
        let _ = field.map(|field| pattern.read(JSON, &[&field]));
    }
    let _ = fields(event(0, message));
    if let Ok(query) = Query::parse(text) {
        let mut run = query.run(Some(10), 1_796_029_200_000);
        for (number, message) in (0..).zip([message, JSON, "host=web2 took 7 ms", ""]) {
            if run.take(event(number, message)).is_err() {
                return;
            }
        }
        if let Ok(outcome) = run.end() {
            assert!(outcome.rows.len() <= 10 && outcome.matched <= outcome.scanned);
        }
    }
});
