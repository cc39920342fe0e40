//! Time-based one-time codes, RFC 6238: six digits of HMAC-SHA-1 over steps of 30 seconds, as every authenticator has.

use super::secret::{RandomError, random_bytes};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use std::fmt::Write as _;
use topmast_model::time::UnixMillis;

/// Bytes of a secret: as long as the hash, as RFC 4226 recommends.
pub(crate) const SECRET_BYTES: usize = 20;
/// Digits of a code.
pub(crate) const DIGITS: usize = 6;
/// Milliseconds of a step.
const STEP_MS: i64 = 30_000;
/// Steps before and after the present one that are taken too: clocks of telephones differ.
const WINDOW: u64 = 1;
/// RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret.
///
/// # Errors
/// [`RandomError`] when the system has no randomness.
pub(crate) fn new_secret() -> Result<[u8; SECRET_BYTES], RandomError> {
    let mut secret = [0; SECRET_BYTES];
    secret.copy_from_slice(&random_bytes()?[..SECRET_BYTES]);
    Ok(secret)
}

/// The step whose code this is, near `now`; none when it is a wrong one.
///
/// Compares with every step that is taken, in a time that does not tell which one fits.
pub(crate) fn step_of(secret: &[u8], code: &str, now: UnixMillis) -> Option<u64> {
    let present = u64::try_from(now.0 / STEP_MS).unwrap_or(0);
    let mut found = None;
    for step in present.saturating_sub(WINDOW)..=present + WINDOW {
        let expect = code_at(secret, step, DIGITS);
        if verify_slices_are_equal(expect.as_bytes(), code.as_bytes()).is_ok() {
            found = Some(step);
        }
    }
    found
}

/// The code of a step.
pub(crate) fn code_at(secret: &[u8], step: u64, digits: usize) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 15);
    let word =
        tag.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    let number = u64::from(word & 0x7fff_ffff) % 10_u64.pow(u32::try_from(digits).unwrap_or(9));
    format!("{number:0digits$}")
}

/// Base 32 without padding: how authenticators take a secret that is typed.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(BASE32[(bits >> count) as usize & 31]));
        }
    }
    if count > 0 {
        text.push(char::from(BASE32[(bits << (5 - count)) as usize & 31]));
    }
    text
}

/// The address by which an authenticator takes a secret, also as a link.
pub(crate) fn uri(issuer: &str, user: &str, secret: &str) -> String {
    let (issuer, user) = (escaped(issuer), escaped(user));
    format!(
        "otpauth://totp/{issuer}:{user}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period=30"
    )
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code_at(SECRET, seconds / 30, 8), code, "{seconds}");
            assert_eq!(code_at(SECRET, seconds / 30, 6), code[2..], "{seconds}");
        }
    }

    #[test]
    fn code_counts_one_step_early_and_late_and_nothing_else_does() {
        let now = UnixMillis(1_234_567_890_000);
        let present = 1_234_567_890 / 30;
        for step in present - 1..=present + 1 {
            assert_eq!(step_of(SECRET, &code_at(SECRET, step, 6), now), Some(step));
        }
        for code in [
            &code_at(SECRET, present - 2, 6),
            &code_at(SECRET, present + 2, 6),
            &code_at(SECRET, present, 8),
            "",
            "00592",
            "005925",
            "٠٠٥٩٢٤",
        ] {
            assert_eq!(step_of(SECRET, code, now), None, "{code}");
        }
        assert_eq!(step_of(SECRET, "755224", UnixMillis(-5)), Some(0), "before the epoch nothing overflows");
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(&new_secret().unwrap()).len(), 32);
    }

    #[test]
    fn address_escapes_what_names_may_hold() {
        assert_eq!(
            uri("Topmast acme", "eve@a:b", "ABC"),
            "otpauth://totp/Topmast%20acme:eve%40a%3Ab?secret=ABC&issuer=Topmast%20acme&algorithm=SHA1&digits=6&period=30"
        );
    }
}
