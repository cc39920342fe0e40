//! The filter grammar: one way to say "which ones" for the CLI, the API and the browser.
//!
//! ```text
//! status!=UP os=aix cpu>80 switch          all must hold; the last word is free text
//! name=db-*,web-*  -tenant=acme            any of a list, with globs; not
//! (memory>2GiB or uptime<5m) version=none  alternatives; has no value
//! ```
//!
//! | form | holds when |
//! |---|---|
//! | `field=a,b` or `field:a,b` | the value is `a` or `b`; `*` and `?` stand for any characters |
//! | `field!=a,b` | there is a value and it is neither |
//! | `field>n` `>=` `<` `<=` | the number is; units as in `2GiB`, `1h30m`, `80%`, `2026-11-23T10:00` |
//! | `field~text` `field!~text` | the value contains the text, or not |
//! | `field=none` or `field=-` | there is no value |
//! | `word` or `"some words"` | any text column contains it |
//! | `-term` or `!term` | the term does not hold |
//! | `a or b` or `a \| b`, `( … )` | alternatives, groups |
//!
//! Case never matters. Quotes take the meaning from every sign between them;
//! there `\"` is a quote and `\\` a backslash.
//!
//! Invariants
//! - L-1: a filter, printed and parsed, is the same filter.
//! - L-2: a value that is not there matches no comparison but `=none`.
//! - L-3: text, terms and nesting are bounded, so parsing and matching are too.

mod display;
pub mod fields;
mod join;
mod literal;
mod matching;
mod parse;
mod suggestion;

/// Longest filter text, in bytes.
pub const TEXT_MAX: usize = 4 << 10;
/// Most terms; each value of a list counts as one.
pub const TERMS_MAX: usize = 64;
/// Deepest nesting of groups and negations.
pub const NESTING_MAX: usize = 16;

/// One field that a filter can name. A list of them describes a kind of row.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldDef {
    /// Its name, which is the JSON's.
    pub name: &'static str,
    /// What its values are.
    pub kind: FieldKind,
    /// Shorter names. One that several fields have means the first that understands the value.
    pub aliases: &'static [&'static str],
}

/// What a field's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// One of these words, from good to bad or in the order of things; a sort keeps to that order.
    Status(&'static [&'static str]),
    /// One of these words as well, in lower case. Free text does not look at it: `al` would find every healthy row.
    Choice(&'static [&'static str]),
    /// A count or share; `80%` is 80.
    Number,
    /// Bytes; `K`, `M`, … and `KiB`, `MiB`, … are powers of 1,024, `KB`, `MB`, … of 1,000.
    Bytes,
    /// A span in seconds, as in `3d`.
    Seconds,
    /// A span in milliseconds; written by its short name it needs a unit, as in `age<5s`.
    Millis,
    /// A moment in milliseconds since the Unix epoch; written `2026-11-23` or `2026-11-23T10:00:00`, UTC.
    Time,
}

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// Of a text, status or choice field.
    Text(&'a str),
    /// Of any other, in the field's unit.
    Number(f64),
}

/// Something that a filter can be asked about.
pub trait Row {
    /// Calls `each` with every value of a field: not at all when it has none,
    /// several times for a list such as status codes.
    ///
    /// - `field`: position in the list of fields with which the filter was parsed.
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>));
}

/// A parsed filter. The empty one holds for every row.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    fields: &'static [FieldDef],
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    /// All hold; empty: always.
    All(Vec<Self>),
    /// One holds.
    Any(Vec<Self>),
    Not(Box<Self>),
    /// Any text column.
    Word(Pattern),
    /// Text equal to one, or missing.
    Equal {
        field: usize,
        negated: bool,
        patterns: Vec<Pattern>,
        missing: bool,
    },
    /// Text that contains one of these.
    Contains {
        field: usize,
        negated: bool,
        needles: Vec<String>,
    },
    /// Number equal to one, or missing.
    Among {
        field: usize,
        negated: bool,
        numbers: Vec<f64>,
        missing: bool,
    },
    /// Number on one side of another.
    Compare {
        field: usize,
        order: Order,
        number: f64,
    },
}

/// What a text is compared with; in lower case, as case does not matter.
#[derive(Debug, Clone, PartialEq)]
enum Pattern {
    Exact(String),
    /// With `*` and `?`.
    Glob(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl FieldKind {
    /// True when its values are texts; else they are numbers.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Status(_) | Self::Choice(_))
    }
}

impl Filter {
    /// Parses a filter over rows with these fields.
    ///
    /// # Errors
    /// [`FilterError`] with the column and what to write instead.
    ///
    /// ```
    /// use topmast_model::filter::{Filter, fields::SERVERS};
    /// let filter = Filter::parse("cpu>80% status=up", SERVERS)?;
    /// assert_eq!(filter.to_string(), "cpu_pct>80 status=UP");
    /// let error = Filter::parse("cpu>80 stauts=UP", SERVERS).unwrap_err();
    /// assert_eq!((error.column, error.message.as_str()), (8, "there is no field stauts; do you mean status?"));
    /// # Ok::<(), topmast_model::filter::FilterError>(())
    /// ```
    pub fn parse(text: &str, fields: &'static [FieldDef]) -> Result<Self, FilterError> {
        parse::parse(text, fields)
    }

    /// True when it holds for the row. No allocation for ASCII text.
    pub fn matches(&self, row: &dyn Row) -> bool {
        matching::holds(&self.root, self.fields, row)
    }

    /// True when the answer may depend on a field.
    ///
    /// - `field`: position in the list of fields with which the filter was parsed.
    pub fn asks(&self, field: usize) -> bool {
        matching::asks(&self.root, self.fields, field)
    }

    /// True when it holds for no row with these texts, whatever else is in it.
    ///
    /// - `known`: the only value of a field, by its position, if it is known.
    pub fn rules_out<'a>(&self, known: &dyn Fn(usize) -> Option<&'a str>) -> bool {
        matching::holds_with(&self.root, known) == Some(false)
    }

    /// True for the filter that holds for every row because it says nothing.
    pub fn is_empty(&self) -> bool {
        matches!(&self.root, Node::All(nodes) if nodes.is_empty())
    }
}

/// Why a text is not a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter, column {column}: {message}")]
pub struct FilterError {
    /// Where, in characters from 1.
    pub column: usize,
    /// What is wrong there and what to write instead.
    pub message: String,
}

impl FilterError {
    /// The filter's text with a caret below the column, for a terminal: two lines.
    pub fn caret(&self, text: &str) -> String {
        let line = text.replace(char::is_control, " ");
        format!("{line}\n{:>width$}", '^', width = self.column)
    }
}

#[cfg(test)]
mod tests;
