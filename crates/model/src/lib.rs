//! The vocabulary of Topmast.

pub mod catalogue;
pub mod sample;
pub mod time;
