//! Queries of CloudWatch's Metrics Insights.
//!
//! ```text
//! SELECT f(metric) FROM "namespace" | SCHEMA("namespace", dimension, …)
//!     [WHERE key = 'v' {AND key != 'v'}] [GROUP BY key, …] [ORDER BY f() [ASC|DESC]] [LIMIT n]
//! ```
//!
//! Keywords may have any case; names with signs stand in double quotes, values in single ones. A schema means exactly
//! these dimensions, a namespace alone all of its metrics.

use crate::search::Candidate;
use std::fmt;

/// The longest query, in characters: as long as any expression.
pub const QUERY_MAX: usize = 2048;
/// The most series that a query may give.
pub const LIMIT_MAX: u32 = 500;

/// How values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// The mean.
    Avg,
    /// How many.
    Count,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// All together.
    Sum,
}

impl Aggregate {
    fn of(name: &str) -> Option<Self> {
        let names = [
            ("AVG", Self::Avg),
            ("COUNT", Self::Count),
            ("MAX", Self::Max),
            ("MIN", Self::Min),
            ("SUM", Self::Sum),
        ];
        names.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, aggregate)| aggregate)
    }
}

/// A condition on a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The name of the dimension.
    pub key: String,
    /// True for `!=`.
    pub is_not: bool,
    /// The value.
    pub value: String,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// How the values of a group become one, each period.
    pub aggregate: Aggregate,
    /// The metric.
    pub metric: String,
    /// The namespace.
    pub namespace: String,
    /// Exactly these dimensions; None for any.
    pub schema: Option<Vec<String>>,
    /// All of these hold.
    pub filters: Vec<Filter>,
    /// One series for each combination of their values.
    pub group_by: Vec<String>,
    /// By what the series are sorted, and whether the greatest comes first.
    pub order: Option<(Aggregate, bool)>,
    /// The most series.
    pub limit: u32,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub reason: String,
    /// At which byte.
    pub at: usize,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.reason, self.at)
    }
}

impl std::error::Error for QueryError {}

/// Whether an expression is a query rather than metric math.
pub fn is_query(expression: &str) -> bool {
    let text = expression.trim_start();
    text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("SELECT"))
        && text[6..].starts_with(char::is_whitespace)
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser { text, at: 0 };
        if text.chars().count() > QUERY_MAX {
            return Err(parser.error(format!("the query is longer than {QUERY_MAX} characters")));
        }
        parser.word("SELECT")?;
        let aggregate = parser.aggregate()?;
        parser.sign("(")?;
        let metric = parser.name()?;
        parser.sign(")")?;
        parser.word("FROM")?;
        let (namespace, schema) = parser.from()?;
        let mut query = Self {
            aggregate,
            metric,
            namespace,
            schema,
            filters: Vec::new(),
            group_by: Vec::new(),
            order: None,
            limit: LIMIT_MAX,
        };
        if parser.takes_word("WHERE") {
            query.filters.push(parser.filter()?);
            while parser.takes_word("AND") {
                query.filters.push(parser.filter()?);
            }
        }
        if parser.takes_word("GROUP") {
            parser.word("BY")?;
            query.group_by.push(parser.name()?);
            while parser.takes(",") {
                query.group_by.push(parser.name()?);
            }
        }
        if parser.takes_word("ORDER") {
            parser.word("BY")?;
            let by = parser.aggregate()?;
            parser.sign("(")?;
            parser.sign(")")?;
            let is_descending = parser.takes_word("DESC");
            if !is_descending {
                parser.takes_word("ASC");
            }
            query.order = Some((by, is_descending));
        }
        if parser.takes_word("LIMIT") {
            query.limit = parser.limit()?;
        }
        parser.blanks();
        if parser.rest().is_empty() {
            Ok(query)
        } else {
            Err(parser.error("the end or another clause is expected"))
        }
    }

    /// Whether a metric is one of those that the query is about.
    pub fn finds(&self, candidate: &Candidate<'_>) -> bool {
        let value =
            |key: &str| candidate.dimensions.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        candidate.namespace == self.namespace
            && candidate.name == self.metric
            && self.schema.as_ref().is_none_or(|names| {
                names.len() == candidate.dimensions.len() && names.iter().all(|name| value(name).is_some())
            })
            // Without the dimension, neither = nor != holds.
            && self
                .filters
                .iter()
                .all(|filter| value(&filter.key).is_some_and(|value| (value == filter.value) != filter.is_not))
    }

    /// The group of a metric: the values of the keys, `Other` where it has none.
    pub fn group<'a>(&self, candidate: &Candidate<'a>) -> Vec<&'a str> {
        let value = |key: &String| candidate.dimensions.iter().find(|(name, _)| name == key);
        self.group_by.iter().map(|key| value(key).map_or("Other", |(_, value)| value)).collect()
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, reason: impl Into<String>) -> QueryError {
        QueryError { reason: reason.into(), at: self.at }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.blanks();
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    fn sign(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.takes(sign) { Ok(()) } else { Err(self.error(format!("{sign} is expected"))) }
    }

    /// The bare name that is next: letters, digits, `_`, `.`, `:` and `-`.
    fn bare(&mut self) -> &'a str {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '_' | '.' | ':' | '-'));
        &rest[..end.unwrap_or(rest.len())]
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.bare().eq_ignore_ascii_case(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn word(&mut self, word: &str) -> Result<(), QueryError> {
        if self.takes_word(word) { Ok(()) } else { Err(self.error(format!("{word} is expected"))) }
    }

    fn aggregate(&mut self) -> Result<Aggregate, QueryError> {
        let word = self.bare();
        let aggregate =
            Aggregate::of(word).ok_or_else(|| self.error("AVG, COUNT, MAX, MIN or SUM is expected"))?;
        self.at += word.len();
        Ok(aggregate)
    }

    /// A text in quotes, which are doubled inside.
    fn quoted(&mut self, quote: char) -> Result<String, QueryError> {
        let begin = self.at;
        let mut text = String::new();
        let mut signs = self.rest().char_indices().skip(1).peekable();
        while let Some((at, sign)) = signs.next() {
            if sign != quote {
                text.push(sign);
            } else if signs.peek().is_some_and(|(_, next)| *next == quote) {
                text.push(quote);
                signs.next();
            } else {
                self.at = begin + at + quote.len_utf8();
                return Ok(text);
            }
        }
        Err(QueryError { reason: "the quote is not closed".to_owned(), at: begin })
    }

    fn name(&mut self) -> Result<String, QueryError> {
        self.blanks();
        if self.rest().starts_with('"') {
            return self.quoted('"');
        }
        let word = self.bare();
        if word.is_empty() {
            return Err(self.error("a name is expected"));
        }
        self.at += word.len();
        Ok(word.to_owned())
    }

    fn from(&mut self) -> Result<(String, Option<Vec<String>>), QueryError> {
        if !self.takes_word("SCHEMA") {
            return Ok((self.name()?, None));
        }
        self.sign("(")?;
        let namespace = self.name()?;
        let mut names = Vec::new();
        while self.takes(",") {
            names.push(self.name()?);
        }
        self.sign(")")?;
        Ok((namespace, Some(names)))
    }

    fn filter(&mut self) -> Result<Filter, QueryError> {
        let key = self.name()?;
        let is_not = self.takes("!=");
        if !is_not {
            self.sign("=")?;
        }
        self.blanks();
        if !self.rest().starts_with('\'') {
            return Err(self.error("a value in single quotes is expected"));
        }
        Ok(Filter { key, is_not, value: self.quoted('\'')? })
    }

    fn limit(&mut self) -> Result<u32, QueryError> {
        let word = self.bare();
        let limit = word.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let limit = limit.ok_or_else(|| self.error(format!("a number from 1 to {LIMIT_MAX} is expected")))?;
        self.at += word.len();
        Ok(limit)
    }
}

#[cfg(test)]
mod tests;
