//! Lines of logs: no bytes may panic, what is hidden stays hidden, and nothing but digits is changed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use topmast_logfile::{Clock, Redactor};
use topmast_model::time::UnixMillis;

static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock::new(UnixMillis(1_795_958_430_000)));

fuzz_target!(|input: &[u8]| {
    let redactor = Redactor { cards: true, rules: Vec::new() };
    for line in input.split(|byte| *byte == b'\n') {
        let _ = CLOCK.of(line);
        let shown = redactor.apply(line);
        assert_eq!(shown.len(), line.len());
        assert!(shown.iter().zip(line).all(|(is, was)| is == was || (*is == b'*' && was.is_ascii_digit())));
        // What is shown holds no card number that it would hide once more.
        for digits in shown.chunk_by(|one, other| one.is_ascii_digit() && other.is_ascii_digit()) {
            assert!(digits.len() < 13 || redactor.apply(digits).as_ref() == digits);
        }
    }
});
