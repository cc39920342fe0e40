//! `StartInstances`, `StopInstances`, `RebootInstances`: all applications of servers, by one action.
//!
//! A master does not switch servers on and off; what it operates is what runs there.

use super::{dry_run, named, phase};
use crate::aws::fleet::{self, Order, Phase};
use crate::aws::{Caller, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use topmast_aws::{Common, Fault, Value};
use topmast_engine::Rejection;
use topmast_model::application::Operation;

pub(super) async fn start(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let changes = operate(context, caller, input, Operation::Start).await?;
    Ok(Value::map([("StartingInstances", changes)]))
}

pub(super) async fn stop(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    if input.boolean("Hibernate") == Some(true) {
        return Err(Fault::coded(
            "UnsupportedHibernationConfiguration",
            400,
            "applications are stopped, which leaves nothing to hibernate",
        ));
    }
    let changes = operate(context, caller, input, Operation::Stop).await?;
    Ok(Value::map([("StoppingInstances", changes)]))
}

pub(super) async fn reboot(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    operate(context, caller, input, Operation::Restart).await?;
    Ok(Value::empty())
}

async fn operate(
    context: &Context,
    caller: &Caller,
    input: &Value,
    operation: Operation,
) -> Result<Value, Fault> {
    // None named would be all of them.
    if input.list("InstanceIds").is_empty() {
        return Err(Fault::coded("InvalidParameterCombination", 400, "No instances specified"));
    }
    let name = match operation {
        Operation::Start => "ec2:StartInstances",
        Operation::Stop => "ec2:StopInstances",
        _ => "ec2:RebootInstances",
    };
    let instances = named(context, caller, input)?;
    let mut targets = Vec::new();
    let mut changes = Vec::new();
    for instance in &instances {
        let copies = fleet::copies(context, caller, &instance.path);
        if copies.is_empty() {
            let message =
                format!("The instance '{}' has no applications, which is what is operated here", instance.id);
            return Err(Fault::coded("UnsupportedOperation", 400, message));
        }
        // What is so already, or is becoming so, is left alone, as there.
        let needed = copies.into_iter().filter(|copy| match operation {
            Operation::Start => !copy.is_running() && copy.ordered != Some(Operation::Start),
            Operation::Stop => !copy.is_stopped() && copy.ordered != Some(Operation::Stop),
            _ => true,
        });
        let before = targets.len();
        targets.extend(needed.map(|copy| copy.path));
        let current = match operation {
            _ if targets.len() == before => instance.phase,
            Operation::Start if instance.phase == Phase::Running => Phase::Running,
            Operation::Start => Phase::Pending,
            Operation::Stop => Phase::Stopping,
            _ => Phase::Running,
        };
        changes.push(Value::map([
            ("InstanceId", instance.id.as_str().into()),
            ("CurrentState", phase(current)),
            ("PreviousState", phase(instance.phase)),
        ]));
    }
    if targets.is_empty() {
        caller.may_operate(instances.iter().map(|instance| &instance.path), name)?;
        dry_run(input)?;
        return Ok(Value::List(changes));
    }
    let order = Order::new(operation, targets, name);
    order.rehearse(context, caller).map_err(|rejection| refused(caller, name, &rejection))?;
    dry_run(input)?;
    order.submit(context, caller).await.map_err(|error| match error {
        SubmitError::Rejected(rejection) => refused(caller, name, &rejection),
        SubmitError::Busy => Fault::common(Common::Throttling, "Request limit exceeded."),
        error => internal(&error),
    })?;
    Ok(Value::List(changes))
}

fn refused(caller: &Caller, name: &str, rejection: &Rejection) -> Fault {
    match rejection {
        Rejection::Forbidden { .. } => caller.denied(name),
        Rejection::Conflict { .. } | Rejection::Guarded { .. } | Rejection::NotFound { .. } => {
            Fault::coded("IncorrectInstanceState", 400, rejection.to_string())
        }
        Rejection::LimitReached { .. } => Fault::common(Common::Throttling, rejection.to_string()),
        _ => super::invalid(rejection.to_string()),
    }
}
