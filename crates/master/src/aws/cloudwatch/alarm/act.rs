//! Doing what alarms are to do when their state changes: telling topics, operating what runs on a server.
//!
//! | action | what is done |
//! |---|---|
//! | `arn:…:sns:…:NAME` | channel NAME is told; while it is in ALARM it is a problem, and problems reach the routes |
//! | `arn:…:automate:…:ec2:stop`, `reboot`, `recover` | an action on all applications of the alarm's `InstanceId` |
//! | others | nothing; the history says so |
//!
//! Elsewhere: which actions are due, and that each is once (`topmast-engine`, AA-3).

use super::watch::{caller, submit};
use crate::aws::fleet::{self, Order};
use crate::aws::instance;
use crate::bus::SubmitError;
use crate::http::Context;
use aws_lc_rs::digest::{SHA256, digest};
use topmast_engine::aws_alarm::{AwsAlarmKept, TOO_OFTEN};
use topmast_model::application::Operation;
use topmast_model::aws_alarm::{ActionOutcome, Basis, topic};
use topmast_model::command::Command;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;

/// Alarms that are acted on in one round: the others are in the next.
const AT_ONCE: usize = 100;
/// The dimension that says on which server an alarm is.
const INSTANCE: &str = "InstanceId";

/// Does what is due of the alarms of a tenant.
pub(super) async fn all(context: &Context, tenant: &ObjectPath) -> Result<(), SubmitError> {
    let due: Vec<AwsAlarmKept> = {
        let state = context.bus.state();
        let alarms = state.aws_alarms(tenant).all().values();
        alarms.filter(|kept| !kept.due.is_empty()).take(AT_ONCE).cloned().collect()
    };
    for kept in due {
        let may_act = kept.may_act(context.bus.clock().now());
        let mut outcomes = Vec::new();
        for action in &kept.due {
            let error = if may_act {
                act(context, tenant, &kept, action).await.err()
            } else {
                Some(TOO_OFTEN.to_owned())
            };
            outcomes.push(ActionOutcome { action: action.clone(), error });
        }
        let (tenant, name, state_at) = (tenant.clone(), kept.what.name.clone(), kept.state_at);
        submit(&context.bus, Command::RecordAwsAlarmActions { tenant, name, state_at, outcomes }).await?;
    }
    Ok(())
}

/// Does one action; why it could not be done.
async fn act(
    context: &Context,
    tenant: &ObjectPath,
    kept: &AwsAlarmKept,
    action: &str,
) -> Result<(), String> {
    match operation(action) {
        // Its channel is told by what records the action.
        None if topic(action).is_some() => Ok(()),
        Some(operation) => operate(context, tenant, kept, action, operation).await,
        None => Err("this action is not known here".to_owned()),
    }
}

/// Why an alarm on `basis` cannot have an action on its server; none for actions that are none on a server.
pub(super) fn refusal(basis: &Basis, action: &str) -> Option<String> {
    let mut parts = action.split(':').skip(2);
    let is_on_server = match parts.next() {
        Some("automate") => action.contains(":ec2:"),
        Some("swf") => action.contains("AWS_EC2.InstanceId."),
        _ => false,
    };
    if !is_on_server {
        return None;
    }
    let metric = match basis {
        Basis::Metric(metric) => metric.metric.as_ref(),
        Basis::Composite(_) => return Some(format!("A composite alarm cannot have the action {action}.")),
    };
    if operation(action).is_none() {
        return Some(format!(
            "The action {action} is not supported: servers are stopped, rebooted or recovered."
        ));
    }
    let has_instance =
        metric.is_some_and(|metric| metric.dimensions.iter().any(|(name, _)| name == INSTANCE));
    (!has_instance).then(|| format!("The action {action} needs a metric with the dimension {INSTANCE}."))
}

/// What is done with a server by an action, if it is one on a server.
fn operation(action: &str) -> Option<Operation> {
    let mut parts = action.split(':');
    let word = match (parts.nth(2)?, action) {
        ("automate", _) => action.rsplit_once(":ec2:")?.1,
        ("swf", _) => action.split_once("AWS_EC2.InstanceId.")?.1.split('/').next()?,
        _ => return None,
    };
    match word.to_ascii_lowercase().as_str() {
        "stop" => Some(Operation::Stop),
        "reboot" | "recover" => Some(Operation::Restart),
        _ => None,
    }
}

/// Operates all applications of the server that the alarm is on.
async fn operate(
    context: &Context,
    tenant: &ObjectPath,
    kept: &AwsAlarmKept,
    action: &str,
    operation: Operation,
) -> Result<(), String> {
    let metric = kept.what.metric().and_then(|basis| basis.metric.as_ref());
    let dimension = metric.and_then(|metric| metric.dimensions.iter().find(|(name, _)| name == INSTANCE));
    let (_, id) = dimension.ok_or("the alarm's metric has no InstanceId")?;
    let caller = caller(kept, tenant).ok_or("nobody to act for")?;
    let server = {
        let state = context.bus.state();
        let mut servers = state.servers().within(Some(tenant));
        servers.find(|(path, _)| instance::id(path) == *id).map(|(path, _)| path.clone())
    };
    let server = server.filter(|path| caller.sees(path)).ok_or("there is no such instance")?;
    let copies = fleet::copies(context, &caller, &server);
    if copies.is_empty() {
        return Err("the instance has no applications, which is what is operated here".to_owned());
    }
    let needed = copies.into_iter().filter(|copy| operation != Operation::Stop || !copy.is_stopped());
    let targets: Vec<ObjectPath> = needed.map(|copy| copy.path).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let mut order = Order::new(operation, targets, format!("alarm {}", kept.what.name));
    order.id = id_of(tenant, kept, action);
    order.submit(context, &caller).await.map_err(|error| error.to_string())
}

/// The id of an alarm's action: the same when it is done again because a master ended in between.
fn id_of(tenant: &ObjectPath, kept: &AwsAlarmKept, action: &str) -> ActionId {
    let name = [tenant.as_str(), &kept.what.name, action, &kept.state_at.0.to_string()].join("\n");
    let hash = digest(&SHA256, name.as_bytes());
    let mut random = [0_u8; 10];
    random.copy_from_slice(&hash.as_ref()[..10]);
    // Of version 7, as all actions are: they are in the order of their time.
    let millis = u64::try_from(kept.state_at.0).unwrap_or_default();
    ActionId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_on_servers_are_told_by_their_names() {
        for (action, operation) in [
            ("arn:aws:automate:us-east-1:ec2:stop", Some(Operation::Stop)),
            ("arn:aws:automate:eu-central-1:ec2:reboot", Some(Operation::Restart)),
            ("arn:aws:automate:us-east-1:ec2:recover", Some(Operation::Restart)),
            ("arn:aws:automate:us-east-1:ec2:terminate", None),
            (
                "arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Stop/1.0",
                Some(Operation::Stop),
            ),
            ("arn:aws:sns:us-east-1:123456789012:x:ec2:stop", None),
            ("arn:alarm", None),
        ] {
            assert_eq!(super::operation(action), operation, "{action}");
        }
    }
}
