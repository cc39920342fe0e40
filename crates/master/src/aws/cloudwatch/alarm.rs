//! Alarms: put, described, set, switched and deleted by tools; looked at and acted on by the master.
//!
//! ```text
//! put, set, switch, delete ─► commands ─► state ◄─ ObserveAwsAlarms ─ watch: evaluate, composites
//! describe, history ◄───────────────────── state ─► act ─► RecordAwsAlarmActions
//! ```
//!
//! Elsewhere: what may be asked and what a change leads to (`topmast-engine`, `aws_alarm`).

mod act;
mod describe;
mod evaluate;
mod history;
mod message;
pub(super) mod put;
mod watch;

pub(crate) use message::notification as published;
pub(in crate::aws) use watch::run;

use super::{invalid, validation};
use crate::aws::{Caller, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use topmast_aws::{Call, Common, Fault, Value};
use topmast_engine::{Rejection, Submission};
use topmast_model::aws_alarm::StateSaid;
use topmast_model::command::Command;
use topmast_model::principal::Right;
use topmast_model::status::AlarmState;

/// Does what is asked of alarms; `None` for other operations.
pub(super) async fn answer(context: &Context, caller: &Caller, call: &Call) -> Option<Result<Value, Fault>> {
    let input = &call.input;
    Some(match call.operation.name.as_str() {
        "PutMetricAlarm" => put::metric(context, caller, input).await,
        "PutCompositeAlarm" => put::composite(context, caller, input).await,
        "DescribeAlarms" => describe::alarms(context, caller, input),
        "DescribeAlarmsForMetric" => describe::for_metric(context, caller, input),
        "DescribeAlarmHistory" => history::answer(context, caller, input),
        "SetAlarmState" => set_state(context, caller, input).await,
        "EnableAlarmActions" => switch(context, caller, input, true).await,
        "DisableAlarmActions" => switch(context, caller, input, false).await,
        "DeleteAlarms" => delete(context, caller, input).await,
        _ => return None,
    })
}

async fn set_state(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = input.text("AlarmName").unwrap_or_default().to_owned();
    let state = input.text("StateValue").unwrap_or_default();
    let state: AlarmState = state.parse().map_err(|_| validation("StateValue is not valid."))?;
    let data = input.text("StateReasonData").map(str::to_owned);
    if data.as_ref().is_some_and(|data| serde_json::from_str::<serde_json::Value>(data).is_err()) {
        return Err(Fault::modelled("InvalidFormatFault", "StateReasonData is not valid JSON."));
    }
    let reason = input.text("StateReason").unwrap_or_default().to_owned();
    let command = Command::SetAwsAlarmState {
        tenant: caller.tenant.clone(),
        name,
        said: StateSaid { state, reason, data },
    };
    submit(context, caller, "cloudwatch:SetAlarmState", command).await
}

async fn switch(context: &Context, caller: &Caller, input: &Value, enabled: bool) -> Result<Value, Fault> {
    let name = if enabled { "cloudwatch:EnableAlarmActions" } else { "cloudwatch:DisableAlarmActions" };
    let command =
        Command::SwitchAwsAlarmActions { tenant: caller.tenant.clone(), names: names(input), enabled };
    submit(context, caller, name, command).await
}

async fn delete(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let command = Command::DeleteAwsAlarms { tenant: caller.tenant.clone(), names: names(input) };
    submit(context, caller, "cloudwatch:DeleteAlarms", command).await
}

fn names(input: &Value) -> Vec<String> {
    input.texts("AlarmNames").map(str::to_owned).collect()
}

/// Refuses who may not read all of the tenant: alarms are on what programs put, too.
fn may_read(caller: &Caller, action: &str) -> Result<(), Fault> {
    caller.needs(Right::Read, action)
}

/// Has a command carried out.
pub(super) async fn submit(
    context: &Context,
    caller: &Caller,
    action: &str,
    command: Command,
) -> Result<Value, Fault> {
    let submission = Submission { principal: caller.principal.clone(), command };
    match context.bus.submit(submission).await {
        Ok(_) => Ok(Value::empty()),
        Err(SubmitError::Rejected(rejection)) => Err(refused(caller, action, rejection)),
        Err(SubmitError::Busy) => Err(Fault::common(Common::Throttling, "Rate exceeded")),
        Err(SubmitError::TooLarge(told)) => Err(invalid(told)),
        Err(error) => Err(internal(&error)),
    }
}

fn refused(caller: &Caller, action: &str, rejection: Rejection) -> Fault {
    match rejection {
        Rejection::Forbidden { .. } => caller.denied(action),
        Rejection::NotFound { .. } => Fault::modelled("ResourceNotFound", String::new()).without_message(),
        Rejection::LimitReached { message } => Fault::modelled("LimitExceededFault", message),
        Rejection::Conflict { message } => Fault::modelled("ResourceConflict", message),
        Rejection::Invalid { message, .. } => validation(message),
        other => validation(other.to_string()),
    }
}
