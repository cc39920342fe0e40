//! Messages of agents and masters: no bytes may panic, and what is read must be read again as it is written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_wire::{AgentMessage, MasterMessage};

fuzz_target!(|input: &[u8]| {
    if let Ok(message) = AgentMessage::decode(input) {
        assert_eq!(AgentMessage::decode(&message.encode()), Ok(message));
    }
    if let Ok(message) = MasterMessage::decode(input) {
        assert_eq!(MasterMessage::decode(&message.encode()), Ok(message));
    }
});
