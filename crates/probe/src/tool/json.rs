//! JSON as tools print it: numbers that may be texts, members that may be missing.

use super::text::{Text, count, number};
use crate::error::{Fault, ParseError};
use serde_json::Value;

/// The text as one value.
pub(super) fn parse(text: &Text<'_>) -> Result<Value, ParseError> {
    serde_json::from_str(text.all().trim_start_matches('\u{feff}')).map_err(|error| ParseError {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
        ..text.error(Fault::Malformed("JSON, whole to its end"))
    })
}

/// Whether the text is JSON, whole or not.
pub(super) fn is(text: &Text<'_>) -> bool {
    text.all().trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

/// A member as a number.
pub(super) fn float(value: &Value, name: &str) -> Option<f64> {
    match value.get(name)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => number(text),
        _ => None,
    }
}

/// A member as a whole number.
pub(super) fn whole(value: &Value, name: &str) -> Option<u64> {
    match value.get(name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => count(text).filter(|_| !text.is_empty()),
        _ => None,
    }
}

/// A member as a text that is not empty.
pub(super) fn string(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A member as a list; empty when it is none.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_their_line() {
        let error = parse(&Text::of("docker", "{\n\"a\": 1,\n")).unwrap_err();
        assert_eq!(error.to_string(), "parse docker, line 3: expected JSON, whole to its end");
    }

    #[test]
    fn members_may_be_texts_or_missing() {
        let value: Value = serde_json::from_str(r#"{"a": "1.5", "b": 2, "c": "", "d": [1]}"#).unwrap();
        assert_eq!((float(&value, "a"), whole(&value, "b"), string(&value, "c")), (Some(1.5), Some(2), None));
        assert_eq!((list(&value, "d").len(), list(&value, "a").len(), float(&value, "x")), (1, 0, None));
    }
}
