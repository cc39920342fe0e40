//! Where a master runs, told by itself: so that an order that would end it is seen as one.

use crate::server::ServerFacts;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far two readings of the same boot may be apart: a system's clock is set while it runs.
const SAME_BOOT: Duration = Duration::from_mins(10);

/// The system and the process of a master.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterPlace {
    /// Host name of its system.
    pub hostname: String,
    /// When its system booted.
    pub booted_at: UnixMillis,
    /// Its process there.
    pub pid: u32,
    /// True when other masters can share its journal and take its place.
    pub is_shared: bool,
}

impl MasterPlace {
    /// True when a server with these facts is the system that the master runs on.
    ///
    /// A host name alone is had by several; a boot that is unknown is no proof.
    pub fn is_on(&self, server: &ServerFacts) -> bool {
        let (one, other) = (self.booted_at.min(server.boot_time), self.booted_at.max(server.boot_time));
        self.hostname == server.hostname && one.0 != 0 && one.until(other) <= SAME_BOOT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_system_has_the_name_and_the_boot() {
        const BOOT: i64 = 1_795_000_000_000;
        let place = |hostname: &str, booted_at| MasterPlace {
            hostname: hostname.into(),
            booted_at: UnixMillis(booted_at),
            pid: 7,
            is_shared: false,
        };
        let server = |boot_time| ServerFacts {
            hostname: "pay-1".into(),
            boot_time: UnixMillis(boot_time),
            ..ServerFacts::default()
        };
        assert!(place("pay-1", BOOT).is_on(&server(BOOT)));
        assert!(
            place("pay-1", BOOT + 5_000).is_on(&server(BOOT))
                && place("pay-1", BOOT).is_on(&server(BOOT + 5_000))
        );
        assert!(!place("pay-2", BOOT).is_on(&server(BOOT)));
        assert!(!place("pay-1", BOOT + 3_600_000).is_on(&server(BOOT)), "another system of that name");
        assert!(!place("pay-1", 0).is_on(&server(0)), "nobody knows");
    }
}
