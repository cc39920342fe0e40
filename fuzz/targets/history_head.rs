//! Logs and checkpoints of the history: no bytes may panic, and what came of them can be saved and loaded.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| topmast_history::fuzzing::head(bytes));
