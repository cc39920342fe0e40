//! A whole request to AWS's protocols: a line, headers, a body. Nothing may panic, every one has an answer, and none
//! has a signature that holds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_aws::signature::{Key, Rules};
use topmast_aws::{Authorization, Request, Target};

fuzz_target!(|data: &[u8]| {
    // Path, query and headers are lines; what follows an empty one is the body.
    let end = data.windows(2).position(|two| two == b"\n\n").unwrap_or(data.len());
    let (head, body) = (&data[..end], data.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut line = || std::str::from_utf8(lines.next().unwrap_or_default()).unwrap_or_default();
    let (path, query) = (line(), line());
    let headers: Vec<(&str, &[u8])> = head
        .split(|byte| *byte == b'\n')
        .skip(2)
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
        })
        .collect();
    let request = Request { method: "POST", path, query, headers: &headers, body };
    let mut target = Target::of(&request);
    let result = target.decode(&request).map(|call| call.input);
    let answer = target.answer("id", &result);
    assert!((200..600).contains(&answer.status));
    for (_, value) in &answer.headers {
        assert!(!value.contains(['\r', '\n']));
    }
    if let Ok(claimed) = Authorization::of(&request) {
        let key = Key { secret: "secret", session_token: None, expires_at: None };
        assert!(claimed.verify(&request, &key, claimed.signed_at, Rules::default()).is_err());
    }
});
