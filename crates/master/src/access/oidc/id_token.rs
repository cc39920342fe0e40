//! ID tokens: read, checked against the provider's keys, and believed only then (OpenID Connect Core, 3.1.3.7).
//!
//! Invariants
//! - ID-1: only RS256 and ES256, each with a key of its own kind: a token cannot choose how it is checked.
//! - ID-2: issuer, audience, end and nonce are checked before anything else of it is looked at.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest token that is looked at: groups by the thousand.
const TOKEN_MAX: usize = 256 << 10;
/// Seconds by which clocks may differ.
const LEEWAY_S: i64 = 60;

/// The provider's keys.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

#[derive(Debug, Clone, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: Option<&'a str>,
    /// Seconds since the Unix epoch.
    pub(super) now_s: i64,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the provider's token cannot be read")]
    Form,
    #[error("the provider's token is signed by {0}; RS256 and ES256 are taken")]
    Algorithm(String),
    #[error("the provider's token is signed with a key that the provider does not show")]
    Key,
    #[error("the signature of the provider's token is wrong")]
    Signature,
    #[error("the provider's token is of another {0}")]
    Claim(&'static str),
    #[error("the provider's token has ended; look at the clocks of the provider and of this master")]
    Ended,
}

/// The claims of a token that is as expected.
///
/// # Errors
/// [`TokenError`]; nothing of it may be used then.
pub(super) fn verify(
    token: &str,
    keys: &Keys,
    expected: &Expected<'_>,
) -> Result<Map<String, Value>, TokenError> {
    if token.len() > TOKEN_MAX {
        return Err(TokenError::Form);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenError::Form)?;
    let header: Header = part(header)?;
    let signature = decode(signature)?;
    let key = keys.find(&header)?;
    key.verify(&header.alg, signed.as_bytes(), &signature)?;
    let claims: Map<String, Value> = part(payload)?;
    check(&claims, expected)?;
    Ok(claims)
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, TokenError> {
    serde_json::from_slice(&decode(text)?).map_err(|_| TokenError::Form)
}

fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Form)
}

/// ID-2.
fn check(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), TokenError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("iss") != expected.issuer {
        return Err(TokenError::Claim("issuer"));
    }
    let is_for_us = match claims.get("aud") {
        Some(Value::String(one)) => one == expected.client_id,
        Some(Value::Array(several)) => {
            several.iter().any(|one| one == expected.client_id)
                && (several.len() == 1 || text("azp") == expected.client_id)
        }
        _ => false,
    };
    if !is_for_us || (claims.contains_key("azp") && text("azp") != expected.client_id) {
        return Err(TokenError::Claim("audience"));
    }
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let is_over = time("exp").is_none_or(|end| end + LEEWAY_S <= expected.now_s);
    let is_early = |name| time(name).is_some_and(|begin| begin - LEEWAY_S > expected.now_s);
    if is_over || is_early("iat") || is_early("nbf") {
        return Err(TokenError::Ended);
    }
    let is_of_login =
        |nonce: &str| verify_slices_are_equal(text("nonce").as_bytes(), nonce.as_bytes()).is_ok();
    if !expected.nonce.is_none_or(is_of_login) {
        return Err(TokenError::Claim("login"));
    }
    if text("sub").is_empty() {
        return Err(TokenError::Claim("form"));
    }
    Ok(())
}

impl Keys {
    /// The key that a token is signed with: by its name, or the only one of its kind.
    fn find(&self, header: &Header) -> Result<&Key, TokenError> {
        let kind = match header.alg.as_str() {
            "RS256" => "RSA",
            "ES256" => "EC",
            other => return Err(TokenError::Algorithm(other.chars().take(16).collect())),
        };
        let signing = |key: &&Key| key.kty == kind && key.usage.as_deref().is_none_or(|usage| usage == "sig");
        let mut fitting = self.keys.iter().filter(signing);
        let found = match &header.kid {
            Some(kid) => fitting.find(|key| key.kid.as_ref() == Some(kid)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        };
        found.ok_or(TokenError::Key)
    }
}

impl Key {
    /// ID-1.
    fn verify(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        let bytes = |field: &Option<String>| decode(field.as_deref().unwrap_or_default());
        let verified = if algorithm == "RS256" {
            let (n, e) = (bytes(&self.n)?, bytes(&self.e)?);
            RsaPublicKeyComponents { n: &n, e: &e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
        } else {
            let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
            if self.crv.as_deref() != Some("P-256") || x.len() != 32 || y.len() != 32 {
                return Err(TokenError::Key);
            }
            let point = [&[4][..], &x, &y].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
        };
        verified.map_err(|_| TokenError::Signature)
    }
}

#[cfg(test)]
mod tests;
