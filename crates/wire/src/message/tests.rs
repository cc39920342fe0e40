//! Messages as a whole: each kind there and back.

use super::*;
use uuid::Uuid;

fn step() -> StepId {
    StepId { action: topmast_model::id::ActionId(Uuid::from_u128(0x0192_f0c1)), target: 3 }
}

#[test]
fn execute_is_the_same_after_and_carries_its_reason_or_none() {
    for reason in [None, Some(String::new()), Some("planned".to_owned())] {
        let message = MasterMessage::Execute(Box::new(Execute {
            step: step(),
            epoch: Epoch(4),
            operation: Operation::Restart,
            application: "switch".into(),
            principal: "user admin".into(),
            reason,
            expires_in_ms: 30_000,
        }));
        assert_eq!(MasterMessage::decode(&message.encode()), Ok(message));
    }
}
