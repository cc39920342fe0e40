//! What journals keep of events, and what is shown of them.

use super::EventBody;
use crate::id::{ActionId, StepId};
use crate::report::StepOutcome;
use uuid::Uuid;

#[test]
fn body_is_the_same_after_parts() {
    let body = EventBody::StepFinished {
        step: StepId { action: ActionId(Uuid::from_u128(1)), target: 2 },
        target: "a/b/c/d".parse().unwrap(),
        outcome: StepOutcome { succeeded: true, message: "STARTED as process 1".into() },
    };
    let (kind, payload) = body.to_parts().unwrap();
    assert_eq!(kind, "StepFinished");
    assert_eq!(EventBody::from_parts(&kind, payload).unwrap(), body);
}

#[test]
fn unknown_kind_is_kept_and_a_wrong_payload_refused() {
    let payload = serde_json::json!({ "x": 1 });
    let body = EventBody::from_parts("ServerPainted", payload.clone()).unwrap();
    assert_eq!(body.to_parts().unwrap(), ("ServerPainted".to_owned(), payload));
    assert!(EventBody::from_parts("UserDeleted", serde_json::json!({ "name": 4 })).is_err());
}

#[test]
fn action_of_an_older_journal_is_all_at_once() {
    let id = ActionId(Uuid::from_u128(1));
    let payload = serde_json::json!({
        "id": id, "operation": "stop", "targets": ["a/b/c/d"], "reason": null, "expires_at": 5,
    });
    let body = EventBody::from_parts("ActionAccepted", payload.clone()).unwrap();
    assert!(matches!(body, EventBody::ActionAccepted { rolling: None, .. }));
    assert_eq!(body.to_parts().unwrap().1, payload, "and is written as it was");
}

#[test]
fn redacted_hides_hashes() {
    let body = EventBody::PasswordSet { name: "admin".into(), password_hash: "$argon2id$secret".into() };
    assert!(!format!("{:?}", body.redacted()).contains("argon2id"));
}
