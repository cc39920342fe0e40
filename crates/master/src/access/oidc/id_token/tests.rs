//! Tokens signed here with keys of our own: everything that must not be believed.

use super::*;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

const NOW_S: i64 = 1_800_000_000;

struct Provider {
    key: EcdsaKeyPair,
}

impl Provider {
    fn new() -> Self {
        Self { key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    fn keys(&self) -> Keys {
        let point = self.key.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let key = json!({"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": x, "y": y});
        serde_json::from_value(json!({ "keys": [key] })).unwrap()
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one"})
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "aud": "topmast", "sub": "1", "nonce": "n",
        "exp": NOW_S + 300, "iat": NOW_S, "groups": ["noc"],
    })
}

fn found(token: &str, keys: &Keys) -> Result<Map<String, Value>, TokenError> {
    let expected =
        Expected { issuer: "https://login.example", client_id: "topmast", nonce: Some("n"), now_s: NOW_S };
    verify(token, keys, &expected)
}

#[test]
fn token_as_expected_is_believed() {
    let provider = Provider::new();
    let claims = found(&provider.token(&header(), &claims()), &provider.keys()).unwrap();
    assert_eq!(claims["groups"], json!(["noc"]));
}

#[test]
fn claims_of_another_issuer_client_login_or_time_are_refused() {
    // ID-2
    let provider = Provider::new();
    for (name, value, expect) in [
        ("iss", json!("https://evil.example"), TokenError::Claim("issuer")),
        ("iss", json!("https://login.example/"), TokenError::Claim("issuer")),
        ("aud", json!("another"), TokenError::Claim("audience")),
        ("aud", json!(["topmast", "another"]), TokenError::Claim("audience")),
        ("aud", json!([]), TokenError::Claim("audience")),
        ("aud", json!(null), TokenError::Claim("audience")),
        ("azp", json!("another"), TokenError::Claim("audience")),
        ("exp", json!(NOW_S - 60), TokenError::Ended),
        ("exp", json!("soon"), TokenError::Ended),
        ("iat", json!(NOW_S + 61), TokenError::Ended),
        ("nbf", json!(NOW_S + 61), TokenError::Ended),
        ("nonce", json!("another"), TokenError::Claim("login")),
        ("nonce", json!(null), TokenError::Claim("login")),
        ("sub", json!(""), TokenError::Claim("form")),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        assert_eq!(
            found(&provider.token(&header(), &claims), &provider.keys()),
            Err(expect),
            "{name} {value}"
        );
    }
    let mut several = claims();
    several["aud"] = json!(["topmast", "another"]);
    several["azp"] = json!("topmast");
    assert!(found(&provider.token(&header(), &several), &provider.keys()).is_ok());
}

#[test]
fn what_is_not_signed_by_the_provider_as_it_says_is_refused() {
    // ID-1
    let (provider, other) = (Provider::new(), Provider::new());
    let good = provider.token(&header(), &claims());
    let keys = provider.keys();
    assert_eq!(found(&other.token(&header(), &claims()), &keys), Err(TokenError::Signature));
    for (header, expect) in [
        (json!({"alg": "none"}), TokenError::Algorithm("none".into())),
        (json!({"alg": "HS256", "kid": "one"}), TokenError::Algorithm("HS256".into())),
        (json!({"alg": "RS256", "kid": "one"}), TokenError::Key),
        (json!({"alg": "ES256", "kid": "two"}), TokenError::Key),
        (json!({"kid": "one"}), TokenError::Form),
    ] {
        assert_eq!(found(&provider.token(&header, &claims()), &keys), Err(expect), "{header}");
    }
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let mut changed = claims();
    changed["groups"] = json!(["root"]);
    let payload = URL_SAFE_NO_PAD.encode(changed.to_string());
    assert_eq!(found(&format!("{head}.{payload}.{signature}"), &keys), Err(TokenError::Signature));
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        &format!("{signed}."),
        signed,
        &format!("{good}.x"),
        &"x".repeat(TOKEN_MAX + 1),
    ] {
        assert!(found(text, &keys).is_err(), "{}", &text[..text.len().min(40)]);
    }
    assert_eq!(found(&good, &Keys::default()), Err(TokenError::Key));
}
