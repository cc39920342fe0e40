//! What an agent signs to show that the certificate it presents is its own.

/// Says what the signature is for, so that it is of no use anywhere else.
const CONTEXT: &[u8] = b"topmast agent hello v1";

/// The bytes that an agent signs with the key of its certificate.
///
/// - `nonce`: the master's, made anew for each connection.
/// - `server`: the path that the agent claims, `tenant/cluster/server`.
/// - `master`: the master's name from its challenge, so that one master cannot
///   pass the signature on to another.
///
/// Each part is preceded by its length (8 bytes, little-endian): no two triples give the same bytes.
pub fn challenge_text(nonce: &[u8; 32], server: &str, master: &str) -> Vec<u8> {
    let parts = [CONTEXT, nonce, server.as_bytes(), master.as_bytes()];
    let mut text = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_le_bytes());
        text.extend_from_slice(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_text_differs_when_any_part_does() {
        let text = challenge_text(&[7; 32], "acme/main/db-1", "m1");
        assert!(text.starts_with(b"\x16\0\0\0\0\0\0\0topmast agent hello v1\x20\0\0\0\0\0\0\0\x07"));
        assert!(text.ends_with(b"\x02\0\0\0\0\0\0\0m1"));
        for other in [
            challenge_text(&[8; 32], "acme/main/db-1", "m1"),
            challenge_text(&[7; 32], "acme/main/db-", "1m1"),
            challenge_text(&[7; 32], "acme/main/db-1m", "1"),
        ] {
            assert_ne!(text, other);
        }
    }
}
