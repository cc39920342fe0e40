//! Zabbix' frames and values: no bytes may panic, what is unpacked stays within its bound, and each value counts once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_ingest::Sink;
use topmast_ingest::zabbix::{accepted, frame, refused, take, unframe};

const MOST: usize = 1 << 16;

#[derive(Default)]
struct Told(u64);

impl Sink for Told {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        let plain =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
        assert!(plain(metric) && labels.iter().all(|(name, value)| plain(name) && !value.is_empty()));
        assert!(labels.is_sorted_by(|one, other| one.0 < other.0));
    }

    fn sample(&mut self, _: i64, value: f64) {
        assert!(value.is_finite());
        self.0 += 1;
    }
}

fuzz_target!(|input: &[u8]| {
    // As it comes, and as the payload of a good frame.
    let framed = frame(input);
    for bytes in [input, &framed] {
        let Ok(Some(payload)) = unframe(bytes, MOST) else { continue };
        assert!(payload.len() <= MOST);
        let mut told = Told::default();
        match take(&payload, 1_795_000_000_000, &mut told) {
            Ok(trapped) => {
                assert_eq!(trapped.outcome.samples, told.0);
                assert_eq!(trapped.outcome.samples + trapped.outcome.left_out, trapped.total);
                assert_eq!(trapped.outcome.reason.is_some(), trapped.outcome.left_out > 0);
                let answer =
                    accepted(trapped.outcome.samples, trapped.outcome.left_out, std::time::Duration::ZERO);
                assert!(matches!(unframe(&answer, MOST), Ok(Some(_))));
            }
            Err(error) => {
                let answer = refused(error);
                let text = unframe(&answer, 1 << 20).unwrap().unwrap();
                assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok());
            }
        }
    }
});
