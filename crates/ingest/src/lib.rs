//! Samples in the forms that other programs send: read, checked, bounded, and told to a [`Sink`].
//!
//! ```text
//! body ─► compression ─► remote_write · influx · otlp ─► Intake ─► Sink
//! ```
//!
//! It is pure: bytes come in, samples and a count of what was left out go out. It knows no socket, no clock
//! and no store.
//!
//! Invariants
//! - I-1: no input makes it panic, run for ever or take more memory than a bound times the input's.
//! - I-2: a sample is told or counted as left out, with the reason of the first one.
//!
//! Elsewhere: who may send and what is answered (the master's `http::v1::ingest`).

pub mod compression;
pub mod influx;
mod intake;
pub mod otlp;
mod protobuf;
pub mod remote_write;

pub use intake::{
    LABEL_NAME_MAX, LABEL_VALUE_MAX, LABELS_MAX, Outcome, SERIES_BYTES_MAX, Sink, TooMuch, is_before,
};
pub use protobuf::Malformed;
