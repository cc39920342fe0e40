//! The protocols of AWS, from the side of the server.
//!
//! It is pure: parts of a request and keys go in, a call with its input or a fault comes out; a result goes in, parts
//! of an answer come out. It knows no socket, no clock, no store, and not what an operation does.
//!
//! Invariants
//! - no input makes it panic, run for ever or take more memory than a bound times the input's.
//! - whatever is refused is told in the protocol that was asked in.
//!
//! Elsewhere: what the operations do (the master's `http::aws`); the tables' origin (`scripts/aws-shapes`).

pub mod codec;
pub mod fault;
pub mod model;
pub mod timestamp;
pub mod value;

pub use fault::{Common, Fault};
pub use value::{Map, Value};
