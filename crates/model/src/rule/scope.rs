//! Which objects a rule looks at: a filter that knows its own text.

use crate::filter::fields::OBJECTS;
use crate::filter::{Filter, FilterError, Row};
use serde::{Deserialize, Serialize};

/// A filter over [`OBJECTS`]. The empty one takes every object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    text: String,
    /// None for the empty text.
    filter: Option<Filter>,
}

impl Scope {
    /// Parses the filter.
    ///
    /// # Errors
    /// [`FilterError`] with the column.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let filter = Filter::parse(text, OBJECTS)?;
        Ok(Self { text: text.to_owned(), filter: (!filter.is_empty()).then_some(filter) })
    }

    /// The text of the filter.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when it takes every object.
    pub const fn is_empty(&self) -> bool {
        self.filter.is_none()
    }

    /// True when it takes an object.
    pub fn matches(&self, object: &dyn Row) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(object))
    }
}

/// The text says it all.
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Scope {}

impl TryFrom<String> for Scope {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.text
    }
}
