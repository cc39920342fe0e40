//! ECS: clusters of ours, applications by name as services, their running copies as tasks, servers as container instances.
//!
//! Elsewhere: what a copy does and what it is told to do (`fleet`).

mod cluster;
mod service;
mod tag;
mod task;

pub(super) use cluster::instance_arn;
pub(super) use service::arn as service_arn;
pub(super) use task::{application, run_arn as task_arn};

use super::fleet::Order;
use super::{Caller, internal, not_here, page};
use crate::bus::SubmitError;
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Call, Common, Fault, Value};
use topmast_engine::Rejection;
use topmast_model::path::ObjectPath;

/// What lists give at once unless it is said, and at most.
const RESULTS: i64 = 100;

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let input = &call.input;
    match call.operation.name.as_str() {
        "ListClusters" => cluster::list(context, caller, input),
        "DescribeClusters" => Ok(cluster::describe(context, caller, input)),
        "ListContainerInstances" => cluster::list_instances(context, caller, input),
        "DescribeContainerInstances" => cluster::describe_instances(context, caller, input),
        "ListServices" => service::list(context, caller, input),
        "DescribeServices" => service::describe(context, caller, input),
        "UpdateService" => service::update(context, caller, input).await,
        "ListTasks" => task::list(context, caller, input),
        "DescribeTasks" => task::describe(context, caller, input),
        "StopTask" => task::stop(context, caller, input).await,
        "ListTagsForResource" => tag::list(context, caller, input),
        "TagResource" => tag::tag(context, caller, input).await,
        "UntagResource" => tag::untag(context, caller, input).await,
        _ => Err(not_here(call)),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::modelled("InvalidParameterException", message)
}

/// What is named to be described; at least one thing has to be.
fn asked<'a>(input: &'a Value, member: &str, told: &str) -> Result<impl Iterator<Item = &'a str>, Fault> {
    let mut names = input.texts(member).peekable();
    if names.peek().is_none() {
        return Err(invalid(format!("{told} cannot be empty.")));
    }
    Ok(names)
}

/// The last part of a name that may be an ARN: `arn:aws:ecs:…:service/main/web` is `web`.
fn short(name: &str) -> &str {
    if name.starts_with("arn:") { name.rsplit('/').next().unwrap_or(name) } else { name }
}

/// What was named and is not there.
fn failure(arn: String) -> Value {
    Value::map([("arn", arn.into()), ("reason", "MISSING".into())])
}

/// Cuts a page out of names.
fn paged(input: &Value, member: &'static str, names: Vec<String>) -> Result<Value, Fault> {
    let told = match input.text("nextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("Invalid token"))?,
    };
    let most = input.integer("maxResults").unwrap_or(RESULTS);
    if !(1..=RESULTS).contains(&most) {
        return Err(invalid(format!("maxResults must be between 1 and {RESULTS}.")));
    }
    let mut rest = names.into_iter().skip(told);
    let names: Vec<String> = rest.by_ref().take(usize::try_from(most).unwrap_or(1)).collect();
    let next = rest.next().map_or(Value::Null, |_| Value::Text(page::token(told + names.len())));
    Ok(Value::map([(member, names.into()), ("nextToken", next)]))
}

/// Has something done with applications, as `name` of AWS'.
async fn submit(context: &Context, caller: &Caller, order: &Order, name: &str) -> Result<(), Fault> {
    order.submit(context, caller).await.map_err(|error| match error {
        SubmitError::Rejected(Rejection::Forbidden { .. }) => caller.denied(name),
        SubmitError::Rejected(Rejection::LimitReached { message }) => {
            Fault::common(Common::Throttling, message)
        }
        SubmitError::Rejected(rejection) => invalid(rejection.to_string()),
        SubmitError::Busy => Fault::common(Common::Throttling, "Rate exceeded"),
        error => internal(&error),
    })
}

pub(super) fn cluster_arn(caller: &Caller, cluster: &ObjectPath) -> String {
    caller.arn_of("ecs", &format!("cluster/{}", cluster.name()))
}
