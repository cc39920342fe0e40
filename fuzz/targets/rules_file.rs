//! Files of rules: no text may panic, every error has a place and few words, and what is read is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_model::rule::text::{read, write};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match read(text) {
        Ok(rules) => {
            let written = write(&rules).expect("rules are plain data");
            assert_eq!(read(&written).expect("what was written reads"), rules);
        }
        Err(error) => {
            assert!(error.line > 0 && error.column > 0 && !error.message.is_empty());
            assert!(error.message.chars().count() <= 401 && !error.message.contains(char::is_control));
        }
    }
});
