//! STS: who a key is.

use super::{Caller, not_here};
use topmast_aws::{Call, Fault, Value};

pub(super) fn answer(caller: &Caller, call: &Call) -> Result<Value, Fault> {
    match call.operation.name.as_str() {
        "GetCallerIdentity" => Ok(Value::map([
            ("UserId", Value::Text(caller.key.to_string())),
            ("Account", Value::Text(caller.account.to_string())),
            ("Arn", Value::Text(caller.arn())),
        ])),
        _ => Err(not_here(call)),
    }
}
