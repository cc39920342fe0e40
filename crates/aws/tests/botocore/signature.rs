//! The signature vectors: `tests/unit/auth/aws4_testsuite`.

use super::{botocore, text};
use std::path::{Path, PathBuf};
use topmast_aws::signature::{Authorization, Key, Rules, Signer};
use topmast_aws::{Request, timestamp};

/// Secret and time of all vectors, as `test_sigv4.py` has them.
const KEY: Key<'_> =
    Key { secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session_token: None, expires_at: None };
const AT: &str = "20150830T123600Z";

fn folders(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in below.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
            if entry.join(format!("{name}.req")).exists() {
                found.push(entry.clone());
            }
            folders(&entry, found);
        }
    }
}

/// Method, path, query, headers and body of a request in a file.
type Parts = (String, String, String, Vec<(String, String)>, String);

fn parse(file: &str) -> Parts {
    let (head, body) = file.split_once("\n\n").unwrap_or((file.trim_end_matches('\n'), ""));
    let mut lines = head.lines();
    let line = lines.next().unwrap();
    let (method, rest) = line.split_once(' ').unwrap();
    let (target, _) = rest.rsplit_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with(' ') {
            let (_, value) = headers.last_mut().unwrap();
            value.push_str(line);
        } else {
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    (method.to_owned(), path.to_owned(), query.to_owned(), headers, body.to_owned())
}

#[test]
fn vectors_of_botocore_hold_and_only_unchanged() {
    let Some(folder) = botocore() else { return };
    let mut cases = Vec::new();
    folders(&folder.join("tests/unit/auth/aws4_testsuite"), &mut cases);
    cases.sort();
    let now = timestamp::parse_basic(AT).unwrap();
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let (method, path, query, mut headers, body) = parse(&text(&case.join(format!("{name}.sreq"))));
        // The signed request of one vector has another signature than the vector's own.
        let expected = text(&case.join(format!("{name}.authz")));
        for (name, value) in &mut headers {
            if name.eq_ignore_ascii_case("authorization") {
                expected.trim().clone_into(value);
            }
        }
        let token = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-security-token"));
        let token = token.map(|(_, value)| value.trim().to_owned());
        let key = Key { session_token: token.as_deref(), ..KEY };
        let verify = |headers: &[(String, String)], body: &str| {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
            let request = Request {
                method: &method,
                path: &path,
                query: &query,
                headers: &headers,
                body: body.as_bytes(),
            };
            Authorization::of(&request)
                .and_then(|claimed| claimed.verify(&request, &key, now, Rules::default()))
        };
        assert_eq!(verify(&headers, &body), Ok(()), "{name}");
        assert!(verify(&headers, &format!("{body}.")).is_err(), "{name}: another body");

        // Signing gives the same, letter by letter.
        let signed = expected.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
        let signed: Vec<_> = signed.split(';').collect();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request =
            Request { method: &method, path: &path, query: &query, headers: &headers, body: body.as_bytes() };
        let signer = Signer {
            access_key_id: "AKIDEXAMPLE",
            secret: KEY.secret,
            region: "us-east-1",
            service: "service",
        };
        assert_eq!(signer.authorization(&request, &signed, now).unwrap(), expected.trim(), "{name}");
    }
    println!("{} signature vectors hold", cases.len());
    assert!(cases.len() >= 30, "{} vectors", cases.len());
}
