//! The history, asked from outside, beside the real programs that it has to agree with.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so, and a seed is printed")]

mod expression;
mod fleet;
mod prometheus;

use topmast_history as history;
