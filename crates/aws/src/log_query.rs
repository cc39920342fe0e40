//! Logs Insights: the language of queries over log events, and what a query makes of them.
//!
//! ```text
//! query   command ("|" command)*        # to the end of a line is a comment
//! command fields · display · filter · parse · stats · sort · limit · dedup
//! event ─► record ─► the first commands, one by one ─► kept: the best of an order, or groups ─► the other commands ─► rows
//! ```
//!
//! A record has the fields of its event (`@timestamp`, `@message`, `@logStream`, `@log`, `@ingestionTime`), those of the JSON that its message is
//! (`a.b.0`), and those that commands made.
//!
//! Invariants
//! - Q-1: a query is read in time and memory bounded by its length, and none is deeper than `DEPTH_MAX`.
//! - Q-2: however many events there are, a run keeps at most as many records, groups and values as its bounds say, or fails.
//!
//! Elsewhere: queries that run (the master's `aws::logs::query`).

mod aggregate;
mod capture;
mod datum;
mod expression;
mod function;
mod record;
mod run;
mod scan;
mod syntax;

#[cfg(test)]
mod tests;

pub use record::Event;
pub use run::{Outcome, Row, Run, RunError};

use aggregate::Aggregate;
use capture::Capture;
use expression::Expression;
use std::collections::BTreeMap;

/// Characters of a query.
pub const QUERY_MAX: usize = 10_000;
/// Rows of a result, and what there are when no limit is said.
pub const ROWS_MAX: usize = 10_000;
/// Fields that every event has.
pub const FIELDS: [&str; 5] = ["@timestamp", "@message", "@logStream", "@log", "@ingestionTime"];
/// Fields of one event.
const FIELDS_MAX: usize = 1_000;
/// How deep expressions may be.
const DEPTH_MAX: usize = 40;

/// Why a text is no query, as AWS says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// What is said.
    pub message: String,
    /// Characters before what is wrong.
    pub start: usize,
    /// Characters before what is behind it.
    pub end: usize,
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

/// A query that was read.
#[derive(Debug)]
pub struct Query {
    commands: Vec<Command>,
}

/// The fields of an event, by name: its own and those of the JSON that its message is.
pub fn fields(event: Event) -> BTreeMap<String, String> {
    let record = record::Record::of(event);
    let mut names: Vec<String> = FIELDS.iter().map(|name| (*name).to_owned()).collect();
    record.discovered(|path| {
        if names.len() < FIELDS_MAX {
            names.push(path);
        }
    });
    let told = |name: String| {
        let text = record.get(&name).text().map(std::borrow::Cow::into_owned);
        text.map(|text| (name, text))
    };
    names.into_iter().filter_map(told).collect()
}

/// A value with the name that it gets.
#[derive(Debug)]
struct Named {
    name: String,
    expression: Expression,
}

#[derive(Debug)]
enum Command {
    Fields(Vec<Named>),
    Display(Vec<Named>),
    Filter(Expression),
    Parse(Capture),
    Stats(Stats),
    Sort(Vec<(Expression, bool)>),
    Limit(usize),
    Dedup(Vec<Expression>),
}

#[derive(Debug)]
struct Stats {
    /// What is worked out for each group, in which `aggregates` are named by their place.
    columns: Vec<Named>,
    aggregates: Vec<Aggregate>,
    by: Vec<Named>,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        syntax::query(text)
    }

    /// Begins a run over events, in any order of them.
    ///
    /// - `limit`: rows when the query does not say how many.
    /// - `now`: in milliseconds since the Unix epoch.
    pub fn run(&self, limit: Option<usize>, now: i64) -> Run<'_> {
        Run::new(self, limit.unwrap_or(ROWS_MAX).min(ROWS_MAX), now)
    }
}
