//! The one dynamic value of all five protocols: what a request asks and what an answer tells.
//!
//! Structures and maps are both [`Map`]. A member that was not sent is not there; [`Value::Null`] is only seen
//! inside documents and while a body is read.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Members of a structure or entries of a map, by the name of the model (not the one on the wire).
pub type Map = BTreeMap<Cow<'static, str>, Value>;

/// A value of any shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// Milliseconds since the Unix epoch, UTC.
    Timestamp(i64),
    /// Values in order.
    List(Vec<Value>),
    /// A structure or a map.
    Map(Map),
}

impl Value {
    /// A structure of these members; those that are [`Value::Null`] are left out.
    pub fn map<const N: usize>(members: [(&'static str, Value); N]) -> Self {
        Self::Map(
            members
                .into_iter()
                .filter(|(_, value)| *value != Self::Null)
                .map(|(name, value)| (Cow::Borrowed(name), value))
                .collect(),
        )
    }

    /// The same structure with one member more; [`Value::Null`] is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        if let (Self::Map(members), true) = (&mut self, value != Self::Null) {
            members.insert(Cow::Borrowed(name), value);
        }
        self
    }

    /// A structure without members.
    pub fn empty() -> Self {
        Self::Map(Map::new())
    }

    /// The member or entry of this name, if this is a structure or a map that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map()?.get(name)
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if this is one; a whole one too.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Milliseconds since the epoch, if this is a timestamp.
    pub fn as_timestamp(&self) -> Option<i64> {
        match self {
            Self::Timestamp(millis) => Some(*millis),
            _ => None,
        }
    }

    /// The bytes, if this is a blob.
    pub fn as_blob(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The values, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// The members, if this is a structure or a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text of a member.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// The whole number of a member.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_integer()
    }

    /// The number of a member.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_float()
    }

    /// The truth value of a member.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_boolean()
    }

    /// The timestamp of a member, in milliseconds since the epoch.
    pub fn timestamp(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_timestamp()
    }

    /// The values of a member that is a list; none when it is not there.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_list).unwrap_or_default()
    }

    /// The texts of a member that is a list of texts; none when it is not there.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.list(name).iter().filter_map(Value::as_text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

/// What is not there becomes [`Value::Null`], which [`Value::map`] leaves out.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_leaves_out_what_is_not_there() {
        let value = Value::map([("A", "a".into()), ("B", None::<i64>.into()), ("C", vec![1_i64, 2].into())]);
        assert_eq!(value.text("A"), Some("a"));
        assert_eq!(value.get("B"), None);
        assert_eq!(value.list("C").len(), 2);
        assert_eq!(value.list("D").len(), 0);
    }
}
