//! Chunks of the history: foreign bytes end in an error or in values that survive another round.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| topmast_history::fuzzing::chunk(bytes));
