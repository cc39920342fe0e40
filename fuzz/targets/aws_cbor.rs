//! CBOR of AWS's clients: no bytes may panic, and what is read and fits a shape is written and read again the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_aws::codec::{Source, cbor, fit};
use topmast_aws::model::services;

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else { return };
    let Ok(raw) = cbor::read(body) else { return };
    let inputs = services().iter().flat_map(|service| {
        service.operations().filter_map(move |operation| Some((service, operation.input?)))
    });
    for (service, shape) in inputs.skip(usize::from(*which)).take(4) {
        if let Ok(value) = fit(raw.clone(), service, shape, Source::Cbor) {
            let again = cbor::read(&cbor::write(&value, service, shape)).expect("what is written is read");
            let again = fit(again, service, shape, Source::Cbor).expect("what is written fits");
            assert_eq!(format!("{again:?}"), format!("{value:?}"));
        }
    }
});
