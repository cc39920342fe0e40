//! Indexes of segments: no bytes may panic or take more memory than they are worth.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| topmast_history::fuzzing::index(bytes));
