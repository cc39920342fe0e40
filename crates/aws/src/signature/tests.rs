//! Signatures: the documented example of AWS, and what must not hold.

use super::*;
use crate::fault::Kind;

/// The example of AWS's documentation ("Create a signed AWS API request"): `ListUsers` of IAM.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const EXAMPLE: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date, \
    Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
const AT: i64 = 1_440_938_160_000;

const KEY: Key<'_> = Key { secret: SECRET, session_token: None, expires_at: None };

/// The example, with some headers replaced or added.
fn check(change: &[(&str, &str)], query: &str, body: &[u8], key: &Key<'_>, now: i64) -> Result<(), Fault> {
    let mut headers = vec![
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("Host", "iam.amazonaws.com"),
        ("X-Amz-Date", "20150830T123600Z"),
        ("Authorization", EXAMPLE),
    ];
    for (name, value) in change {
        headers.retain(|(other, _)| other != name);
        if !value.is_empty() {
            headers.push((name, value));
        }
    }
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let request = Request { method: "GET", path: "/", query, headers: &headers, body };
    Authorization::of(&request)?.verify(&request, key, now, Rules::default())
}

const QUERY: &str = "Action=ListUsers&Version=2010-05-08";

fn refused(change: &[(&str, &str)], query: &str, body: &[u8]) -> (Kind, String) {
    let fault = check(change, query, body, &KEY, AT).unwrap_err();
    (fault.kind, fault.message.unwrap_or_default())
}

#[test]
fn the_documented_example_holds_within_five_minutes() {
    // G-3
    assert_eq!(check(&[], QUERY, b"", &KEY, AT), Ok(()));
    assert_eq!(check(&[], "Version=2010-05-08&Action=ListUsers", b"", &KEY, AT), Ok(()));
    assert_eq!(check(&[], QUERY, b"", &KEY, AT + WINDOW_MS), Ok(()));
    assert_eq!(check(&[], QUERY, b"", &KEY, AT - WINDOW_MS), Ok(()));
    let late = check(&[], QUERY, b"", &KEY, AT + WINDOW_MS + 1000).unwrap_err();
    assert_eq!(
        late.message.as_deref(),
        Some(
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
        )
    );
    assert_eq!(late.kind, Kind::Common(Common::SignatureExpired));
    let early = check(&[], QUERY, b"", &KEY, AT - WINDOW_MS - 1000).unwrap_err();
    assert!(
        early.message.unwrap().starts_with("Signature not yet current: 20150830T123600Z is still later than")
    );
    assert!(check(&[], QUERY, b"", &KEY, i64::MIN).is_err());
    assert!(check(&[], QUERY, b"", &KEY, i64::MAX).is_err());
}

#[test]
fn whatever_is_changed_breaks_the_signature() {
    let mismatch = (Kind::Common(Common::SignatureMismatch), MISMATCH.to_owned());
    assert_eq!(refused(&[], "Action=ListUsers&Version=2010-05-09", b""), mismatch);
    assert_eq!(refused(&[], QUERY, b"x"), mismatch);
    assert_eq!(refused(&[("Host", "iam.amazonaws.com:80")], QUERY, b""), mismatch);
    assert_eq!(refused(&[("Content-Type", "text/plain")], QUERY, b""), mismatch);
    let other = Key { secret: "x", ..KEY };
    assert_eq!(check(&[], QUERY, b"", &other, AT).unwrap_err().message.as_deref(), Some(MISMATCH));
    // Upper case, cut off, and one bit.
    let of = |signature: &str| {
        let (head, _) = EXAMPLE.split_once("Signature=").unwrap();
        refused(&[("Authorization", &format!("{head}Signature={signature}"))], QUERY, b"")
    };
    assert_eq!(of("5D672D79C15B13162D9279B0855CFBA6789A8EDB4C82C400E06B5924A6F2B5D7"), mismatch);
    assert_eq!(of("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d6"), mismatch);
    assert_eq!(of("5d672d79"), mismatch);
    // G-1
    assert_eq!(
        refused(&[("X-Amz-Target", "Logs_20140328.DeleteLogGroup")], QUERY, b"").1,
        "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."
    );
    assert!(
        refused(&[("Authorization", &EXAMPLE.replace("host;", ""))], QUERY, b"").1.starts_with("'Host' or")
    );
}

#[test]
fn a_claim_without_its_form_is_refused_in_words() {
    let of = |header: &str| refused(&[("Authorization", header)], QUERY, b"");
    assert_eq!(of("").0, Kind::Common(Common::MissingAuthenticationToken));
    assert_eq!(of("Bearer x").1, "Unsupported AWS 'algorithm': 'Bearer'.");
    assert_eq!(
        of("AWS4-HMAC-SHA256 Credential=a/b").1,
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
         Authorization=AWS4-HMAC-SHA256"
    );
    assert!(refused(&[("X-Amz-Date", "")], QUERY, b"").1.contains("'X-Amz-Date' or a 'Date' header"));
    assert!(refused(&[("X-Amz-Date", "soon")], QUERY, b"").1.starts_with("Date must be in ISO-8601"));
    assert!(of(&EXAMPLE.replace("/iam", "")).1.starts_with("Credential must have exactly 5"));
    assert!(
        of(&EXAMPLE.replace("aws4_request", "x")).1.contains("valid terminator: 'aws4_request', not 'x'")
    );
    assert!(of(&EXAMPLE.replace("20150830", "20150829")).1.contains("'20150829' != '20150830', from"));
    assert!(
        of(&EXAMPLE.replace("content-type;host", "host;content-type")).1.starts_with("SignedHeaders must")
    );
    assert!(refused(&[], "X-Amz-Algorithm=AWS4-HMAC-SHA256", b"").1.contains("both"));
}

#[test]
fn a_temporary_key_needs_its_token_and_ends() {
    let key = Key { session_token: Some("token"), expires_at: Some(AT + 1), ..KEY };
    assert_eq!(check(&[("X-Amz-Security-Token", "token")], QUERY, b"", &key, AT), Ok(()));
    for token in ["", "other", "tokens"] {
        let fault = check(&[("X-Amz-Security-Token", token)], QUERY, b"", &key, AT).unwrap_err();
        assert_eq!(fault, unknown_key(), "{token}");
    }
    assert_eq!(check(&[("X-Amz-Security-Token", "token")], QUERY, b"", &KEY, AT), Err(unknown_key()));
    let fault = check(&[("X-Amz-Security-Token", "token")], QUERY, b"", &key, AT + 1).unwrap_err();
    assert_eq!(fault.kind, Kind::Common(Common::ExpiredToken));
}

/// A signed address, from the query before its signature was added.
fn presigned(query: &str, now: i64, body: &[u8], rules: Rules) -> Result<(), Fault> {
    let headers = [("host", b"sts.us-east-1.amazonaws.com".as_slice())];
    let unsigned = Request { method: "GET", path: "/", query, headers: &headers, body: b"" };
    let claimed = Authorization::of(&Request {
        query: &format!("{query}&X-Amz-Signature={}", "0".repeat(64)),
        ..unsigned
    })?;
    let payload = payload_hash(&unsigned, Rules { is_unsigned_payload_allowed: true })?;
    let canonical = canonical::request(&unsigned, &claimed.signed_headers, &payload);
    let query = format!("{query}&X-Amz-Signature={}", hex(&claimed.signature_of(&canonical, SECRET)));
    let request = Request { query: &query, body, ..unsigned };
    Authorization::of(&request)?.verify(&request, &KEY, now, rules)
}

#[test]
fn a_signed_address_holds_until_it_expires() {
    let query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&\
         X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20150830T123600Z&\
         X-Amz-Expires=900&X-Amz-SignedHeaders=host";
    let rules = Rules::default();
    assert_eq!(presigned(query, AT, b"", rules), Ok(()));
    assert_eq!(presigned(query, AT + 900_000, b"", rules), Ok(()));
    let fault = presigned(query, AT + 901_000, b"", rules).unwrap_err();
    assert_eq!(
        fault.message.as_deref(),
        Some("Signature expired: 20150830T125100Z is now earlier than 20150830T125101Z")
    );
    assert!(presigned(query, AT - WINDOW_MS - 1000, b"", rules).is_err());
    assert!(presigned(query, AT, b"body", rules).is_err());
    for bad in ["X-Amz-Expires=0", "X-Amz-Expires=604801", "X-Amz-Expires=x", "X-Amz-Expirez=1"] {
        assert!(presigned(&query.replace("X-Amz-Expires=900", bad), AT, b"", rules).is_err(), "{bad}");
    }
    // A body that was not signed is only taken where that is allowed.
    let unsigned = format!("{query}&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD");
    assert!(presigned(&unsigned, AT, b"body", rules).is_err());
    assert_eq!(presigned(&unsigned, AT, b"body", Rules { is_unsigned_payload_allowed: true }), Ok(()));
}

#[test]
fn a_hash_that_is_told_must_be_that_of_the_body() {
    let fault = refused(&[("X-Amz-Content-Sha256", &"0".repeat(64))], QUERY, b"");
    assert!(fault.1.starts_with("The provided 'x-amz-content-sha256'"), "{fault:?}");
    let empty = hex(&Sha256::digest(b""));
    assert_eq!(check(&[("X-Amz-Content-Sha256", &empty)], QUERY, b"", &KEY, AT), Ok(()));
}

#[test]
fn what_is_signed_here_holds_here() {
    let headers = [("Host", b"127.0.0.1:7400".as_slice()), ("X-Amz-Date", b"20150830T123600Z")];
    let request = Request { method: "POST", path: "/x", query: "", headers: &headers, body: b"{}" };
    let signer = Signer { access_key_id: "test", secret: "test", region: "eu-central-1", service: "logs" };
    let authorization = signer.authorization(&request, &["host", "x-amz-date"], AT).unwrap();
    let headers = [headers[0], headers[1], ("Authorization", authorization.as_bytes())];
    let request = Request { headers: &headers, ..request };
    let claimed = Authorization::of(&request).unwrap();
    assert_eq!((claimed.access_key_id.as_str(), claimed.service.as_str()), ("test", "logs"));
    let key = Key { secret: "test", session_token: None, expires_at: None };
    assert_eq!(claimed.verify(&request, &key, AT, Rules::default()), Ok(()));
    assert_eq!(scoped_service(&request).as_deref(), Some("logs"));
}
