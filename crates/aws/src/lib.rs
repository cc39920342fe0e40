//! The protocols of AWS, from the side of the server.
//!
//! It is pure: parts of a request and keys go in, a call with its input or a fault comes out; a result goes in, parts
//! of an answer come out. It knows no socket, no clock, no store, and not what an operation does.
//!
//! ```text
//! Request ─► Target::of ─► Authorization::{of, verify} ─► Target::decode ─► Call { service, operation, input }
//!                                                                             │ what the operation does
//! Response ◄────────────────────────── Target::answer ◄── Result<Value, Fault> ◄┘
//! ```
//!
//! Invariants
//! - A-1: no input makes it panic, run for ever or take more memory than a bound times the input's.
//! - A-2: whatever is refused is told in the protocol that was asked in.
//!
//! Elsewhere: what the operations do (the master's `http::aws`); the tables' origin (`scripts/aws-shapes`).

pub mod allowed_pattern;
pub mod codec;
pub mod dashboard;
pub mod fault;
pub mod insights;
pub mod label;
pub mod log_filter;
pub mod log_query;
pub mod metric_math;
pub mod model;
pub mod policy;
mod relation;
pub mod request;
pub mod response;
pub mod search;
pub mod signature;
pub mod span;
pub mod statistic;
pub mod summary;
pub mod timestamp;
mod validation;
pub mod value;
pub mod widget;

pub use fault::{Common, Fault};
pub use request::{Call, Request, Target};
pub use response::Response;
pub use signature::Authorization;
pub use value::{Map, Value};
