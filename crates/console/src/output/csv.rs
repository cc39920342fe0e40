//! Comma-separated values (RFC 4180): one line a row, raw values, empty for unknown.

use super::Column;
use serde::Serialize;
use serde_json::Value;

/// The header line: the fields' names in the API.
pub(super) fn head<R>(columns: &[Column<R>]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.field).collect();
    format!("{}\r\n", names.join(","))
}

/// One row.
pub(super) fn line<R: Serialize>(row: &R, columns: &[Column<R>]) -> Result<String, serde_json::Error> {
    let row = serde_json::to_value(row)?;
    let values: Vec<String> = columns.iter().map(|column| quote(&plain(value(&row, column.field)))).collect();
    Ok(format!("{}\r\n", values.join(",")))
}

/// What a row has at a column's field.
fn value<'a>(row: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(row, |value, name| &value[name])
}

/// A line of texts.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quote).collect();
    format!("{}\r\n", texts.join(","))
}

/// Lists of words are separated by blanks; anything deeper stays JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn quote(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) || text.trim() != text {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_line_is_quoted() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" edge", "\" edge\""),
            ("", ""),
        ] {
            assert_eq!(quote(text), expected);
        }
    }

    #[test]
    fn a_field_inside_another_is_reached_with_a_dot() {
        let row = serde_json::json!({ "actor": { "name": "eve", "address": null }, "seq": 7 });
        for (field, expected) in
            [("seq", "7"), ("actor.name", "eve"), ("actor.address", ""), ("actor.age", ""), ("seq.name", "")]
        {
            assert_eq!(plain(value(&row, field)), expected, "{field}");
        }
    }

    #[test]
    fn unknown_is_empty_and_lists_are_words() {
        assert_eq!(plain(&Value::Null), "");
        assert_eq!(plain(&serde_json::json!(["DISCONN01", "UNAVAIL01"])), "DISCONN01 UNAVAIL01");
        assert_eq!(plain(&serde_json::json!(0.5)), "0.5");
        assert_eq!(plain(&serde_json::json!([{ "file": "a" }])), r#"[{"file":"a"}]"#);
    }
}
