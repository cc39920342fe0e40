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

#[cfg(feature = "bench")]
pub mod bench;
mod budget;
mod bytes;
mod codec;
mod feed;
#[cfg(fuzzing)]
pub mod fuzzing;
mod head;
mod labels;
mod log;
mod matcher;
mod operation;
mod pieces;
mod postings;
pub mod promql;
mod rollup;
mod segment;
mod shard;
mod source;
mod spread;
mod store;

pub use budget::{Budget, BudgetError};
pub use bytes::Malformed;
pub use feed::Feed;
pub use labels::{LABELS_BYTES_MAX, Labels};
pub use matcher::{METRIC_NAME, Matcher, MatcherError, Operator};
pub use shard::{AppendError, Appended};
pub use source::{Aggregate, Selection, SeriesSamples, Source, SourceError};
pub use store::{
    Batch, BatchedSeries, Cardinality, Cuts, History, KnownSeries, MaintainError, Maintained, OpenError,
    Options, Report, Status, TierStatus, Weights,
};
