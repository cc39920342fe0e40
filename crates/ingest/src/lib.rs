//! Samples in the forms that other programs send: read, checked, bounded, and told to a [`Sink`].
//!
//! ```text
//! body ─► compression ─► remote_write · influx · otlp ─► Intake ─► Sink
//! page ─► compression ─► exposition ─► scrape (relabel) ──────────► Sink
//! lines ─► statsd, added up ─────────────────────── every second ─► Sink
//! frame ─► zabbix: values of zabbix_sender ───────────────► Intake ─► Sink
//! ```
//!
//! It is pure: bytes come in, samples and a count of what was left out go out. It knows no socket, no clock
//! and no store.
//!
//! Invariants
//! - I-1: no input makes it panic, run for ever or take more memory than a bound times the input's.
//! - I-2: a sample is told or counted as left out, with the reason of the first one.
//!
//! Elsewhere: who may send and what is answered (the master's `http::v1::ingest`), when what is scraped
//! (the master's `scrape`).

#[cfg(feature = "full")]
pub mod compression;
pub mod exposition;
#[cfg(feature = "full")]
pub mod influx;
#[cfg(feature = "full")]
mod intake;
#[cfg(feature = "full")]
pub mod otlp;
#[cfg(feature = "full")]
mod protobuf;
#[cfg(feature = "full")]
pub mod relabel;
#[cfg(feature = "full")]
pub mod remote_write;
#[cfg(feature = "full")]
pub mod scrape;
#[cfg(feature = "full")]
pub mod statsd;
#[cfg(feature = "full")]
pub mod zabbix;

#[cfg(feature = "full")]
pub use intake::{
    LABEL_NAME_MAX, LABEL_VALUE_MAX, LABELS_MAX, Outcome, SERIES_BYTES_MAX, Sink, TooMuch, is_before,
};
#[cfg(feature = "full")]
pub use protobuf::Malformed;
