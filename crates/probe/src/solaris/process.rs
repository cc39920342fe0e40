//! A process: `/proc/PID/psinfo`, a structure of C, the same on SPARC and x86 but for the order of bytes, which is
//! that of the machine that reads it. Names and offsets: `psinfo_t` of `sys/procfs.h` for programs of 64 bits.

/// Bytes to read of it: up to the data model.
pub const PSINFO_BYTES: usize = 257;

/// Longest short name of a program (`PRFNSZ`).
const NAME_MAX: usize = 16;
/// `PR_MODEL_LP64`: addresses in the process have 8 bytes, else 4.
const LP64: u8 = 2;

/// Where the members stand.
mod at {
    pub(super) const THREADS: usize = 4;
    pub(super) const PID: usize = 8;
    pub(super) const PARENT: usize = 12;
    pub(super) const GROUP: usize = 16;
    pub(super) const SESSION: usize = 20;
    pub(super) const RESIDENT_KIB: usize = 56;
    pub(super) const START: usize = 88;
    pub(super) const TIME: usize = 104;
    pub(super) const CHILDREN_TIME: usize = 120;
    pub(super) const NAME: usize = 136;
    pub(super) const ENVIRONMENT: usize = 248;
    pub(super) const MODEL: usize = 256;
}

/// What matters of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its number.
    pub pid: u32,
    /// Its parent's number.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Its session.
    pub session: u32,
    /// False when it has ended and waits for its parent: then it has no threads.
    pub alive: bool,
    /// Its short name.
    pub name: String,
    /// Nanoseconds from 1970 to its start.
    pub start_ns: u64,
    /// Nanoseconds that it and the children it waited for ran.
    pub ran_ns: u64,
    /// Resident memory.
    pub resident_kib: u64,
    /// Where in its memory the addresses of its environment's variables begin.
    pub environment: u64,
    /// Bytes of an address in its memory.
    pub address_bytes: usize,
}

/// Reads the structure.
pub fn parse(bytes: &[u8; PSINFO_BYTES]) -> ProcessInfo {
    let word = |at: usize| u32::from_ne_bytes(std::array::from_fn(|byte| bytes[at + byte]));
    let long = |at: usize| u64::from_ne_bytes(std::array::from_fn(|byte| bytes[at + byte]));
    // Seconds, then nanoseconds.
    let time = |at: usize| long(at).saturating_mul(1_000_000_000).saturating_add(long(at + 8));
    let name = &bytes[at::NAME..at::NAME + NAME_MAX];
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    ProcessInfo {
        pid: word(at::PID),
        parent: word(at::PARENT),
        group: word(at::GROUP),
        session: word(at::SESSION),
        alive: word(at::THREADS) > 0,
        name: String::from_utf8_lossy(name).into_owned(),
        start_ns: time(at::START),
        ran_ns: time(at::TIME).saturating_add(time(at::CHILDREN_TIME)),
        resident_kib: long(at::RESIDENT_KIB),
        environment: long(at::ENVIRONMENT),
        address_bytes: if bytes[at::MODEL] == LP64 { 8 } else { 4 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
        bytes[at..at + value.len()].copy_from_slice(value);
    }

    #[test]
    fn members_are_found_at_their_offsets() {
        let mut bytes = [0; PSINFO_BYTES];
        for (offset, value) in [(4, 3_u32), (8, 4_711), (12, 1), (16, 4_700), (20, 4_690)] {
            put(&mut bytes, offset, &value.to_ne_bytes());
        }
        for (offset, value) in [(56, 2_048_u64), (88, 1_700_000_000), (96, 5), (104, 2), (112, 7), (120, 1)] {
            put(&mut bytes, offset, &value.to_ne_bytes());
        }
        put(&mut bytes, 136, b"switch\0older");
        put(&mut bytes, 248, &0xffff_bf7f_ffff_0010_u64.to_ne_bytes());
        bytes[256] = 2;
        let expected = ProcessInfo {
            pid: 4_711,
            parent: 1,
            group: 4_700,
            session: 4_690,
            alive: true,
            name: "switch".to_owned(),
            start_ns: 1_700_000_000_000_000_005,
            ran_ns: 3_000_000_007,
            resident_kib: 2_048,
            environment: 0xffff_bf7f_ffff_0010,
            address_bytes: 8,
        };
        assert_eq!(parse(&bytes), expected);
        let zombie = parse(&[0; PSINFO_BYTES]);
        assert_eq!((zombie.alive, zombie.address_bytes), (false, 4));
        // What is all ones is wrong, and neither wraps nor panics.
        assert_eq!(parse(&[0xff; PSINFO_BYTES]).ran_ns, u64::MAX);
    }
}
