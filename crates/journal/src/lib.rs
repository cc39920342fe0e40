//! The event store: the one durable copy of every state change, hash-chained.
//!
//! A journal takes records in order, each one linked to the one before by its
//! hash, and hands them out for replay, for queries and for audit. It knows no
//! event's meaning: actor and payload are JSON texts that it keeps byte for byte.
//!
//! ```text
//! decide() ─► NewRecord ─► Journal::append ─► Record ─► apply()
//!                              │ durable
//!                   JournalReader: read · select · verify · snapshot
//! ```
//!
//! [`EmbeddedJournal`] keeps it in one SQLite file; its invariants are in
//! `embedded.rs`. [`stream::StreamJournal`] shares it with other masters over JetStream, each with such a
//! file as its copy. Synchronous: the caller gives it a thread of its own, and
//! batches what arrives meanwhile into one append.
//!
//! Bytes: docs/formats/journal.md.
//!
//! ```
//! use topmast_journal::{EmbeddedJournal, Journal, NewRecord, Options};
//! use topmast_model::{id::Seq, time::UnixMillis};
//!
//! let directory = tempfile::tempdir()?;
//! let mut journal = EmbeddedJournal::open(&directory.path().join("journal.db"), Options::default())?;
//! let record = NewRecord {
//!     time: UnixMillis(1_795_432_800_000),
//!     tenant: "acme".into(),
//!     actor: r#"{"kind":"user","name":"ana"}"#.into(),
//!     action: None,
//!     object: Some("acme/prod/sw1".into()),
//!     kind: "ServerRemoved".into(),
//!     version: 1,
//!     payload: "{}".into(),
//! };
//! journal.append(Seq(0), &[record])?;
//! let reader = journal.reader()?;
//! assert_eq!(reader.read(Seq(0), 10)?[0].kind, "ServerRemoved");
//! assert_eq!(reader.verify()?.head, journal.head());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod hash;
mod record;

mod fault;
mod journal;
mod limits;
mod projection;
mod query;

mod embedded;
pub mod export;
mod prefix;
pub mod stream;

pub use embedded::{EmbeddedJournal, EmbeddedReader, Options, PutAsideError, put_aside};
pub use fault::Fault;
pub use hash::{Hash, HashError};
pub use journal::{
    AppendError, Journal, JournalReader, OpenError, ReadError, RebuildError, Snapshot, SnapshotError,
    TakeError, Verified, VerifyError,
};
pub use limits::{
    MAX_ACTOR_BYTES, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, MAX_KIND_BYTES, MAX_NAME_BYTES, MAX_OBJECT_BYTES,
    MAX_PAYLOAD_BYTES, MAX_QUERY_VALUES, MAX_READ_BYTES, MAX_READ_RECORDS, MAX_SNAPSHOT_BYTES,
};
pub use prefix::{PrefixError, append_prefix};
pub use projection::{Projection, ProjectionError};
pub use query::RecordQuery;
pub use record::{Head, NewRecord, Record};
/// The SQLite that projections write to.
pub use rusqlite;
