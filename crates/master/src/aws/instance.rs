//! What AWS' tools call a server: `i-` and 17 hexadecimal digits, made of its path.
//!
//! The id is the same on every master and after every restart, and goes with the name: a server that comes back under
//! its path is the same instance. 68 bits tell a hundred thousand servers apart (a collision: 2 in 10^11).

use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write as _;
use topmast_model::path::ObjectPath;

/// Hexadecimal digits after the prefix.
pub(super) const DIGITS: usize = 17;

/// The instance's id.
pub(crate) fn id(server: &ObjectPath) -> String {
    hashed("i-", server.as_str(), DIGITS)
}

/// A prefix and the first hexadecimal digits of a text's SHA-256.
pub(crate) fn hashed(prefix: &str, text: &str, digits: usize) -> String {
    let mut name = String::from(prefix);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name.truncate(prefix.len() + digits);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_keeps_its_id() {
        let path = |text: &str| text.parse::<ObjectPath>().unwrap();
        // printf acme/east/local/web1 | sha256sum
        assert_eq!(id(&path("acme/east/local/web1")), "i-31d4bb4f9d4f5afd8");
        assert_ne!(id(&path("acme/east/local/web1")), id(&path("acme/east/local/web2")));
    }
}
