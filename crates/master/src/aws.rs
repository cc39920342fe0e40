//! AWS' own tools in front of the fleet: who they are, what they ask, and what they are told.
//!
//! ```text
//! http::aws ─► topmast_aws: protocol, service ─► Caller (key, signature) ─► topmast_aws: input ─► the service's module
//! ```
//!
//! Invariants
//! - AW-1: an operation sees and changes one tenant, the key's, with the rights that the key has there.
//! - AW-2: whatever changes something is a command on the bus, as everybody else's.
//! - AW-3: an operation that is not here is refused as unknown, never answered with something made up.
//!
//! Elsewhere: protocols and signatures (`topmast_aws`), the listener (`http::aws`), access keys (`access::signing`).

mod asker;
mod caller;
pub(crate) mod cloudwatch;
pub(crate) mod console;
mod ec2;
mod ecs;
mod fleet;
pub(crate) mod instance;
pub(crate) mod logs;
pub(crate) mod metrics;
mod page;
mod resource;
mod ssm;
mod sts;
mod tagging;

pub(crate) use asker::Asker;
pub(crate) use caller::Caller;

use crate::http::Context;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use topmast_aws::{Call, Common, Fault, Value};
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;

/// Time between two looks at what is old.
const AGE_EVERY: Duration = Duration::from_hours(1);

/// Does what is asked.
pub(crate) async fn answer(context: &Arc<Context>, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    caller.is_permitted(call)?;
    match call.service.name.as_str() {
        "sts" => sts::answer(context, caller, call),
        "cloudwatch" => cloudwatch::answer(context, caller, call).await,
        "logs" => logs::answer(context, caller, call).await,
        "ssm" => ssm::answer(context, caller, call).await,
        "resourcegroupstaggingapi" => tagging::answer(context, caller, call).await,
        "oam" if call.operation.name == "ListSinks" => Ok(Value::map([("Items", Value::List(Vec::new()))])),
        "ecs" => ecs::answer(context, caller, call).await,
        "ec2" => ec2::answer(context, caller, call).await,
        _ => Err(not_here(call)),
    }
}

/// Looks at alarms and makes old metrics coarser, for as long as it is polled.
/// Looks at alarms, makes old metrics coarser and keeps logs, for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>) {
    tokio::join!(cloudwatch::run(Arc::clone(&context)), logs::run(Arc::clone(&context)), age(context));
}

async fn age(context: Arc<Context>) {
    let mut timer = tokio::time::interval(AGE_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let (context, now) = (Arc::clone(&context), context.bus.clock().now().0.div_euclid(1_000));
        let aged = tokio::task::spawn_blocking(move || context.aws_metrics.age(now)).await;
        if let Ok(Err(error)) = aged {
            internal(&error);
        }
    }
}

/// Forgets what AWS' tools brought: for suites of tests, which begin anew with each.
pub(crate) async fn reset(context: &Arc<Context>) -> Result<(), Fault> {
    let Some(tenant) = context.cluster.ancestor(Level::Tenant) else { return Ok(()) };
    let forget = |command| context.bus.submit(Submission { principal: Principal::master(), command });
    forget(Command::ForgetAwsAlarms { tenant: tenant.clone() }).await.map_err(|error| internal(&error))?;
    forget(Command::ForgetDashboards { tenant: tenant.clone() }).await.map_err(|error| internal(&error))?;
    forget(Command::ForgetParameters { tenant: tenant.clone() }).await.map_err(|error| internal(&error))?;
    forget(Command::ForgetTags { tenant: tenant.clone() }).await.map_err(|error| internal(&error))?;
    forget(Command::ForgetLogGroups { tenant: tenant.clone() }).await.map_err(|error| internal(&error))?;
    self::forget(context, &tenant).await
}

/// Forgets the metrics and logs of a tenant that AWS' tools put; what the state has of it is forgotten by commands.
pub(crate) async fn forget(context: &Arc<Context>, tenant: &ObjectPath) -> Result<(), Fault> {
    logs::clear(context, tenant.to_string()).await?;
    let (context, tenant) = (Arc::clone(context), tenant.to_string());
    let cleared = tokio::task::spawn_blocking(move || context.aws_metrics.clear(&tenant)).await;
    cleared.map_err(|error| internal(&error))?.map_err(|error| internal(&error))
}

/// The fault for an operation that the protocol knows and this master does not answer (AW-3).
fn not_here(call: &Call) -> Fault {
    let (service, operation) = (&call.service.name, &call.operation.name);
    Fault::common(Common::UnknownOperation, format!("{service} {operation} is not answered here"))
}

/// A failure of ours, which the log tells more about.
fn internal(error: &(dyn std::error::Error + 'static)) -> Fault {
    tracing::error!(error, "an operation of AWS' tools failed");
    Fault::common(Common::Internal, "a fault of topmast; the master's log tells more")
}
