//! The history: every sample of every series, kept in an embedded store and asked in `PromQL`.
//!
//! ```text
//! samples ─► log ─► head ─► chunks ─► segments (raw · 1 min · 1 h)
//!                     └────────┴─────────┴─► Source ─► promql ─► answer
//! ```
//!
//! It knows no server and no clock: series are labels, and times are what the caller says.
//!
//! Elsewhere: what a metric means (`topmast_model::catalogue`); who may ask (the master).

mod budget;
mod bytes;
mod codec;
mod head;
mod matcher;
mod source;

pub use budget::{Budget, BudgetError};
pub use matcher::{METRIC_NAME, Matcher, MatcherError, Operator};
pub use source::{Aggregate, Selection, SeriesSamples, Source, SourceError};
