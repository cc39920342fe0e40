//! Unit files: no text may panic, and every error says what is wrong.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Err(error) = topmast_agent::unit::parse("payment-switch.toml", text) {
        assert!(!error.to_string().is_empty());
    }
});
