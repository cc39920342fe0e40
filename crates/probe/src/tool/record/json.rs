//! JSON as records, taken as it is read: a tree of it would be many times the size of the text.

use super::Record;
use crate::error::Fault;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// At most so many objects, and where and why reading ended early.
pub(super) fn records(text: &str, most: usize) -> (Vec<Record>, Option<(u32, Fault)>) {
    let mut records = Vec::new();
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut from = 0;
    while let Some(document) = documents.next() {
        // Of one that is cut the objects before the cut count.
        let to = if document.is_ok() { documents.byte_offset() } else { text.len() };
        let rest = text.get(from..to).unwrap_or_default();
        let taken = Document { records: &mut records, most }
            .deserialize(&mut serde_json::Deserializer::from_str(rest));
        if let Err(error) = document.and(taken) {
            let before = text.get(..from).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
            // The reader of documents counts from the start of the text, that of one from its own.
            let line = error.line().max(before + 1);
            let fault = if error.is_eof() { Fault::Cut } else { Fault::Malformed("JSON") };
            return (records, Some((u32::try_from(line).unwrap_or(u32::MAX), fault)));
        }
        from = to;
    }
    (records, None)
}

/// A value of which each object is a record.
struct Document<'r> {
    records: &'r mut Vec<Record>,
    most: usize,
}

/// A member of an object: a scalar is a property, an object in it properties with its name before theirs.
struct Member<'r> {
    name: &'r str,
    record: &'r mut Record,
    outer: Document<'r>,
}

/// A scalar as text; `None` is anything else.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(Document { records: self.records, most: self.most })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut record = Record::default();
        while let Some(name) = members.next_key::<String>()? {
            let outer = Document { records: self.records, most: self.most };
            members.next_value_seed(Member { name: &name, record: &mut record, outer })?;
        }
        if record != Record::default() && self.records.len() < self.most {
            self.records.push(record);
        }
        Ok(())
    }
}

impl Member<'_> {
    fn set(self, value: Option<String>) {
        if let Some(value) = value {
            self.record.set(self.name, &value);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.set(Scalar.visit_bool(value)?);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.set(Scalar.visit_i64(value)?);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.set(Scalar.visit_u64(value)?);
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.set(Scalar.visit_f64(value)?);
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.set(Scalar.visit_str(value)?);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<(), A::Error> {
        // What CIM says of a class is no object of the host.
        if self.name.starts_with("Cim") {
            return Scalar.visit_seq(values).map(|_| ());
        }
        self.outer.visit_seq(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(inner) = members.next_key::<String>()? {
            if let Some(value) = members.next_value_seed(Scalar)? {
                self.record.set(&format!("{}.{inner}", self.name), &value);
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_taken_until_the_text_is_cut() {
        let (list, fault) =
            records("{\"a\":1,\"b\":{\"c\":true,\"d\":[1]},\"e\":null}\n[{\"a\":-2.5}] {\"a\":", 10);
        assert_eq!((list.len(), fault), (2, Some((2, Fault::Cut))));
        assert_eq!(
            (list[0].text("a"), list[0].text("b.c"), list[0].text("e")),
            (Some("1"), Some("true"), None)
        );
        assert_eq!(list[1].text("a"), Some("-2.5"));
    }

    #[test]
    fn objects_have_a_bound_and_nesting_too() {
        let (list, fault) = records("[{\"a\":1},{\"a\":2},{\"a\":3}]", 2);
        assert_eq!((list.len(), fault), (2, None));
        assert!(records(&"[".repeat(100_000), 2).1.is_some());
    }
}
