//! Signature version 4: who signed a request, and whether the signature is right.
//!
//! ```text
//! Authorization: AWS4-HMAC-SHA256 Credential=KEY/20261123/REGION/SERVICE/aws4_request, SignedHeaders=…, Signature=…
//! or as a signed address: ?X-Amz-Algorithm=…&X-Amz-Credential=…&X-Amz-Date=…&X-Amz-Expires=…&X-Amz-SignedHeaders=…
//! ```
//!
//! [`Authorization::of`] reads what is claimed; the caller looks up the key and its secret; [`Authorization::verify`] says
//! whether it holds at a time.
//!
//! Invariants
//! - G-1: exactly the headers that the client signed are put into canonical form, whatever they are; `host` and, where
//!   there is one, `x-amz-target` must be among them.
//! - G-2: signatures and session tokens are compared in a time that does not depend on where they differ.
//! - G-3: a signature holds for [`WINDOW_MS`] around its time, a signed address until it expires, a week at most.
//!
//! Elsewhere: whether the same request was seen before (whoever has a memory).

mod canonical;

use crate::fault::{Common, Fault};
use crate::request::Request;
use crate::timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How far a signature's time may be from ours.
pub const WINDOW_MS: i64 = 5 * 60 * 1000;

/// The longest that a signed address may hold: a week.
const EXPIRES_MAX_S: i64 = 7 * 24 * 3600;

/// How many headers may be signed; real clients sign about ten.
const SIGNED_HEADERS_MAX: usize = 64;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";

/// What a request claims about its signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Which key.
    pub access_key_id: String,
    /// The region it was signed for.
    pub region: String,
    /// The service it was signed for, by its signing name.
    pub service: String,
    /// The token that belongs to a temporary key.
    pub session_token: Option<String>,
    /// When it was signed, in milliseconds since the epoch.
    pub signed_at: i64,
    /// True for a signed address.
    pub is_presigned: bool,
    /// How long a signed address holds, in seconds.
    expires_s: i64,
    date: String,
    signed_headers: Vec<String>,
    signature: [u8; 32],
}

/// What is known of a key.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// Its secret.
    pub secret: &'a str,
    /// Of a temporary key: the token that must come with it.
    pub session_token: Option<&'a str>,
    /// Of a temporary key: when it ends, in milliseconds since the epoch.
    pub expires_at: Option<i64>,
}

/// What of a signature is left to whoever runs the service.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Whether a signer may leave the body out (`UNSIGNED-PAYLOAD`). AWS allows it for S3 alone.
    pub is_unsigned_payload_allowed: bool,
}

fn incomplete(message: impl Into<String>) -> Fault {
    Fault::common(Common::IncompleteSignature, message)
}

fn mismatch(message: impl Into<String>) -> Fault {
    Fault::common(Common::SignatureMismatch, message)
}

/// A parameter of the query, unescaped.
fn parameter(request: &Request<'_>, name: &str) -> Option<String> {
    form_urlencoded::parse(request.query.as_bytes())
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.into_owned())
}

/// The parts of `Credential=..`, as it stands.
fn credential(request: &Request<'_>) -> Option<String> {
    match request.header("authorization") {
        Some(header) => {
            let (_, rest) = header.split_once("Credential=")?;
            Some(rest.split([',', ' ']).next()?.to_owned())
        }
        None => parameter(request, "X-Amz-Credential"),
    }
}

/// The service that a request claims to be signed for, whether or not the signature holds.
pub fn scoped_service(request: &Request<'_>) -> Option<String> {
    let credential = credential(request)?;
    credential.rsplit('/').nth(1).map(str::to_owned)
}

/// The fault for a key that nobody knows.
pub fn unknown_key() -> Fault {
    Fault::common(Common::UnknownKey, "The security token included in the request is invalid.")
}

impl Authorization {
    /// Reads what a request claims.
    ///
    /// # Errors
    /// [`Common::MissingAuthenticationToken`] when it claims nothing, [`Common::IncompleteSignature`] when the claim
    /// has not the form.
    pub fn of(request: &Request<'_>) -> Result<Self, Fault> {
        let is_presigned = parameter(request, "X-Amz-Algorithm").is_some();
        match (request.header("authorization"), is_presigned) {
            (Some(_), true) => {
                Err(incomplete("the request is signed both by a header and in its address: use one of them"))
            }
            (Some(header), false) => Self::of_header(request, header),
            (None, true) => Self::of_query(request),
            (None, false) => Err(Fault::common(
                Common::MissingAuthenticationToken,
                "Request is missing Authentication Token",
            )),
        }
    }

    fn of_header(request: &Request<'_>, header: &str) -> Result<Self, Fault> {
        let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{}'.", brief(algorithm))));
        }
        let part = |name: &str| {
            let mut parts = rest.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find(|(other, _)| *other == name).map(|(_, value)| value)
        };
        let (credential, signed_headers, signature) =
            (part("Credential"), part("SignedHeaders"), part("Signature"));
        let date = request.header("x-amz-date").or_else(|| request.header("date"));
        let (Some(credential), Some(signed_headers), Some(signature), Some(date)) =
            (credential, signed_headers, signature, date)
        else {
            let mut message = String::new();
            for (name, is_there) in [
                ("Credential", credential.is_some()),
                ("Signature", signature.is_some()),
                ("SignedHeaders", signed_headers.is_some()),
            ] {
                if !is_there {
                    message.push_str(&["Authorization header requires '", name, "' parameter. "].concat());
                }
            }
            if date.is_none() {
                message.push_str(
                    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
                );
            }
            message.push_str("Authorization=");
            message.push_str(algorithm);
            return Err(incomplete(message));
        };
        let signed_at = timestamp::parse_basic(date).or_else(|| timestamp::parse(date)).ok_or_else(|| {
            incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                brief(date)
            ))
        })?;
        let token = request.header("x-amz-security-token").map(str::to_owned);
        Self::claimed(credential, signed_headers, signature, signed_at, token)
    }

    fn of_query(request: &Request<'_>) -> Result<Self, Fault> {
        let needed = |name: &str| {
            parameter(request, name)
                .ok_or_else(|| incomplete(format!("AWS query-string parameters must include '{name}'.")))
        };
        let algorithm = needed("X-Amz-Algorithm")?;
        if algorithm != ALGORITHM {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{}'.", brief(&algorithm))));
        }
        let (credential, signed_headers) = (needed("X-Amz-Credential")?, needed("X-Amz-SignedHeaders")?);
        let (signature, date, expires) =
            (needed("X-Amz-Signature")?, needed("X-Amz-Date")?, needed("X-Amz-Expires")?);
        let signed_at = timestamp::parse_basic(&date).ok_or_else(|| {
            incomplete(format!(
                "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\", not '{}'",
                brief(&date)
            ))
        })?;
        let expires_s = expires.parse().ok().filter(|expires| (1..=EXPIRES_MAX_S).contains(expires));
        let expires_s = expires_s.ok_or_else(|| {
            incomplete(format!("X-Amz-Expires must be between 1 and {EXPIRES_MAX_S} seconds"))
        })?;
        let token = parameter(request, "X-Amz-Security-Token");
        let claimed = Self::claimed(&credential, &signed_headers, &signature, signed_at, token)?;
        Ok(Self { is_presigned: true, expires_s, ..claimed })
    }

    fn claimed(
        credential: &str,
        signed_headers: &str,
        signature: &str,
        signed_at: i64,
        session_token: Option<String>,
    ) -> Result<Self, Fault> {
        let parts: Vec<_> = credential.split('/').collect();
        let [access_key_id, date, region, service, terminator] = parts.as_slice() else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                brief(credential)
            )));
        };
        if *terminator != "aws4_request" {
            return Err(mismatch(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
                brief(terminator)
            )));
        }
        let day = &timestamp::format_basic(signed_at)[..8];
        if *date != day {
            return Err(mismatch(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{}'.",
                brief(date),
                timestamp::format_basic(signed_at)
            )));
        }
        let signed_headers: Vec<_> = signed_headers.split(';').map(str::to_owned).collect();
        let is_in_order = signed_headers.windows(2).all(|pair| pair[0] < pair[1]);
        let is_lower = signed_headers.iter().all(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
        });
        if signed_headers.len() > SIGNED_HEADERS_MAX || !is_in_order || !is_lower {
            return Err(incomplete(
                "SignedHeaders must be names of headers in lower case, in order, each once",
            ));
        }
        Ok(Self {
            access_key_id: (*access_key_id).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
            session_token,
            signed_at,
            is_presigned: false,
            expires_s: 0,
            date: (*date).to_owned(),
            signed_headers,
            signature: unhex(signature).ok_or_else(|| mismatch(MISMATCH))?,
        })
    }

    /// Whether the claim holds: the signature is of this request by this key, and it is its time.
    ///
    /// # Errors
    /// The fault that AWS gives.
    pub fn verify(&self, request: &Request<'_>, key: &Key<'_>, now: i64, rules: Rules) -> Result<(), Fault> {
        let is_signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        if !is_signed("host") {
            return Err(mismatch(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        // It says what is done: a request of one operation must not become one of another.
        if request.header("x-amz-target").is_some() && !is_signed("x-amz-target") {
            return Err(mismatch("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."));
        }
        self.is_in_time(now)?;
        let payload = payload_hash(request, rules)?;
        let canonical = canonical::request(request, &self.signed_headers, &payload);
        let signature = self.signature_of(&canonical, key.secret);
        if !bool::from(signature.ct_eq(&self.signature)) {
            return Err(mismatch(MISMATCH));
        }
        let token = self.session_token.as_deref();
        let is_right_token = match (token, key.session_token) {
            (None, None) => true,
            (Some(given), Some(known)) => bool::from(given.as_bytes().ct_eq(known.as_bytes())),
            _ => false,
        };
        if !is_right_token {
            return Err(unknown_key());
        }
        if key.expires_at.is_some_and(|end| now >= end) {
            return Err(Fault::common(
                Common::ExpiredToken,
                "The security token included in the request is expired",
            ));
        }
        Ok(())
    }

    fn is_in_time(&self, now: i64) -> Result<(), Fault> {
        let expired = |message| Err(Fault::common(Common::SignatureExpired, message));
        let at = timestamp::format_basic;
        if self.signed_at > now.saturating_add(WINDOW_MS) {
            return expired(format!(
                "Signature not yet current: {} is still later than {} ({} + 5 min.)",
                at(self.signed_at),
                at(now.saturating_add(WINDOW_MS)),
                at(now)
            ));
        }
        if self.is_presigned {
            let end = self.signed_at.saturating_add(self.expires_s * 1000);
            if now > end {
                return expired(format!("Signature expired: {} is now earlier than {}", at(end), at(now)));
            }
        } else if self.signed_at < now.saturating_sub(WINDOW_MS) {
            return expired(format!(
                "Signature expired: {} is now earlier than {} ({} - 5 min.)",
                at(self.signed_at),
                at(now.saturating_sub(WINDOW_MS)),
                at(now)
            ));
        }
        Ok(())
    }

    fn signature_of(&self, canonical: &[u8], secret: &str) -> [u8; 32] {
        let text = format!(
            "{ALGORITHM}\n{}\n{}/{}/{}/aws4_request\n{}",
            timestamp::format_basic(self.signed_at),
            self.date,
            self.region,
            self.service,
            hex(&Sha256::digest(canonical))
        );
        let key = hmac(["AWS4", secret].concat().as_bytes(), self.date.as_bytes());
        let key = hmac(&key, self.region.as_bytes());
        let key = hmac(&key, self.service.as_bytes());
        let key = hmac(&key, b"aws4_request");
        hmac(&key, text.as_bytes())
    }
}

/// Signs as clients do.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// Which key.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret: &'a str,
    /// For which region.
    pub region: &'a str,
    /// For which service.
    pub service: &'a str,
}

impl Signer<'_> {
    /// The `Authorization` of a request at a time. `signed_headers` are names in lower case and in order; the request
    /// must have them, `x-amz-date` among them.
    ///
    /// # Errors
    /// What is wrong with the names, or with the hash of the body that the request has.
    pub fn authorization(
        &self,
        request: &Request<'_>,
        signed_headers: &[&str],
        at: i64,
    ) -> Result<String, Fault> {
        let day = &timestamp::format_basic(at)[..8];
        let credential = [self.access_key_id, day, self.region, self.service, "aws4_request"].join("/");
        let headers = signed_headers.join(";");
        let claimed = Authorization::claimed(&credential, &headers, &"0".repeat(64), at, None)?;
        let payload = payload_hash(request, Rules { is_unsigned_payload_allowed: true })?;
        let canonical = canonical::request(request, &claimed.signed_headers, &payload);
        let signature = hex(&claimed.signature_of(&canonical, self.secret));
        Ok(format!("{ALGORITHM} Credential={credential}, SignedHeaders={headers}, Signature={signature}"))
    }
}

/// The hash that the signature covers: the one that the client tells, which must be that of the body.
fn payload_hash(request: &Request<'_>, rules: Rules) -> Result<String, Fault> {
    let told = request.header("x-amz-content-sha256").map(str::to_owned);
    let told = told.or_else(|| parameter(request, "X-Amz-Content-Sha256"));
    if told.as_deref() == Some(UNSIGNED) {
        return if rules.is_unsigned_payload_allowed {
            Ok(UNSIGNED.to_owned())
        } else {
            Err(mismatch(MISMATCH))
        };
    }
    let hash = hex(&Sha256::digest(request.body));
    match told {
        Some(told) if !told.eq_ignore_ascii_case(&hash) => {
            Err(mismatch("The provided 'x-amz-content-sha256' header does not match what was computed."))
        }
        // As the client wrote it, for that is what it signed.
        Some(told) => Ok(told),
        None => Ok(hash),
    }
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        for digit in pair {
            // Upper case is not what AWS writes, and is refused there too.
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = *byte << 4 | value;
        }
    }
    Some(bytes)
}

/// What a message repeats of what it was given.
fn brief(text: &str) -> String {
    text.chars().take(128).collect()
}

#[cfg(test)]
mod tests;
