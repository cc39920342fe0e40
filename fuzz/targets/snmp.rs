//! SNMP's messages, as the client decodes what comes to its port: no packet may panic or take more than its bound.

#![no_main]

use async_snmp::DecodeConfig;
use async_snmp::message::Message;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for config in [DecodeConfig::DEFAULT, DecodeConfig::STRICT] {
        let _ = Message::decode(Bytes::copy_from_slice(input), config);
    }
});
