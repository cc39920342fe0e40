//! Session policies: a line with an action, then the policy. No text may panic, a `Deny` of everything denies whatever
//! else there is, and without an `Allow` nothing is allowed (PO-1).

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use topmast_aws::policy::{Judgement, Policy};

/// How a policy of these statements judges; none when they make no policy.
fn judge(statements: Vec<Value>, action: &str) -> Option<Judgement> {
    let text = json!({ "Statement": statements }).to_string();
    Policy::parse(&text).ok().map(|policy| policy.judge(action))
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (action, text) = text.split_once('\n').unwrap_or(("cloudwatch:PutMetricData", text));
    let Ok(policy) = Policy::parse(text) else { return };
    let first = policy.judge(action);
    let Ok(mut whole) = serde_json::from_str::<Value>(text) else { return };
    let statements = match whole["Statement"].take() {
        Value::Array(all) => all,
        one => vec![one],
    };
    assert_eq!(judge(statements.clone(), action), Some(first), "written otherwise, it says the same");
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    let denied = judge([statements.clone(), vec![deny]].concat(), action);
    assert!(matches!(denied, Some(Judgement::Denied) | None));
    let without: Vec<Value> =
        statements.into_iter().filter(|statement| statement["Effect"] != "Allow").collect();
    assert_ne!(judge(without, action), Some(Judgement::Allowed));
});
