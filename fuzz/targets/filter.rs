//! Filters: no text may panic, errors point into the text, and the canonical text is the same filter.
//!
//! The first byte chooses the fields; the filter is asked about a row made of its own text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_model::filter::fields::{ACTIONS, APPLICATIONS, EVENTS, SERVERS, SERVICES, TASKS};
use topmast_model::filter::{FieldDef, FieldKind, FieldValue, Filter, Row};

const LISTS: [&[FieldDef]; 6] = [SERVERS, APPLICATIONS, SERVICES, TASKS, ACTIONS, EVENTS];

struct Echo<'a> {
    text: &'a str,
    fields: &'static [FieldDef],
}

impl Row for Echo<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match self.fields[field].kind {
            FieldKind::Text | FieldKind::Status(_) => each(FieldValue::Text(self.text)),
            _ => each(FieldValue::Number(self.text.len() as f64)),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((list, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let fields = LISTS[usize::from(*list) % LISTS.len()];
    match Filter::parse(text, fields) {
        Ok(filter) => {
            let row = Echo { text, fields };
            let canonical = filter.to_string();
            let again = Filter::parse(&canonical, fields).expect("the canonical text of a filter");
            assert_eq!(again, filter, "{canonical}");
            assert_eq!(again.to_string(), canonical);
            assert_eq!(again.matches(&row), filter.matches(&row));
        }
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}");
            assert!(!error.caret(text).is_empty());
        }
    }
});
