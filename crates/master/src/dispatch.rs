//! The dispatcher: brings the steps of accepted actions to the agents, and those of servers without one to the master's
//! own hands (`ssh::operate`).
//!
//! A reconciler without input of its own: an open step goes to its agent when the
//! journal says that it is released, and whenever the agent connects. Sending twice
//! is harmless, for an agent's ledger takes a step once; not sending is made good at
//! the next connection.

use crate::configuration::render;
use crate::http::Context;
use std::sync::Arc;
use tokio::sync::broadcast::{self, error::RecvError};
use topmast_engine::{Action, State};
use topmast_model::configuration::{ConfigurationUse, Rendered};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::{Epoch, StepId};
use topmast_model::package::key::TrustKey;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::time::UnixMillis;
use topmast_wire::{Execute, MasterMessage};

/// Sends steps as actions are accepted, until the bus ends.
pub(crate) async fn run(context: Arc<Context>, mut events: broadcast::Receiver<Arc<Event>>) {
    let bus = &context.bus;
    loop {
        match events.recv().await {
            Ok(event) => {
                if let EventBody::ActionAccepted { id, .. } | EventBody::BatchReleased { id, .. } =
                    &event.body
                {
                    let steps = bus.state().action(*id).map(|action| sendable(action).collect::<Vec<_>>());
                    send(&context, steps.unwrap_or_default());
                }
            }
            // Events were missed: every step under way goes out again.
            Err(RecvError::Lagged(_)) => send_open(&context, None),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Sends every released open step inside `within`, as when its agent connected.
pub(crate) fn send_open(context: &Context, within: Option<&ObjectPath>) {
    let steps: Vec<_> = context
        .bus
        .state()
        .open_steps(within)
        .filter(|(step, action)| action.is_released(step.target))
        .filter_map(|(step, action)| Some((step, prepare(step, action)?)))
        .collect();
    send(context, steps);
}

/// A step with what its agent needs to know, but for the time that is left.
struct Prepared {
    target: ObjectPath,
    configuration: Option<ConfigurationUse>,
    server: ObjectPath,
    expires_at: UnixMillis,
    execute: Execute,
}

/// The released steps of an action that have no outcome yet.
fn sendable(action: &Action) -> impl Iterator<Item = (StepId, Prepared)> {
    let released = (0..).zip(&action.steps).take_while(|(target, _)| action.is_released(*target));
    released.filter(|(_, step)| !step.status.is_final()).filter_map(|(target, _)| {
        let step = StepId { action: action.id, target };
        Some((step, prepare(step, action)?))
    })
}

fn prepare(step: StepId, action: &Action) -> Option<Prepared> {
    let target = &action.steps.get(step.target as usize)?.target;
    Some(Prepared {
        target: target.clone(),
        configuration: action.configuration.clone(),
        server: target.ancestor(Level::Server)?,
        expires_at: action.expires_at,
        execute: Execute {
            step,
            epoch: Epoch(0),
            operation: action.operation,
            application: target.ancestor(Level::Application)?.name().to_owned(),
            principal: action.actor.to_string(),
            reason: action.reason.clone(),
            expires_in_ms: 0,
            package: action.package.clone(),
            configuration: None,
            custom: action.custom.as_ref().map(|custom| Box::new(custom.step(target))),
            trust_keys: Vec::new(),
        },
    })
}

/// The keys as they are now: one that was removed since the action was accepted is trusted no longer.
fn trust_keys(state: &State, server: &ObjectPath) -> Vec<TrustKey> {
    let tenant = server.ancestor(Level::Tenant);
    let keys = tenant.iter().flat_map(|tenant| state.trust_keys(tenant).values());
    keys.map(|kept| kept.key.clone()).collect()
}

fn send(context: &Context, steps: Vec<(StepId, Prepared)>) {
    let Context { bus, registry, .. } = context;
    let now = bus.clock().now();
    let state = bus.state();
    let epoch = state.epoch();
    for (step, prepared) in steps {
        let left = now.until(prepared.expires_at);
        if left.is_zero() {
            continue;
        }
        let expires_in_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let mut execute = Execute { epoch, expires_in_ms, ..prepared.execute };
        if execute.package.is_some() {
            execute.trust_keys = trust_keys(&state, &prepared.server);
        }
        if let Some(what) = &prepared.configuration {
            match rendered(context, &state, what, &prepared.target) {
                Ok(rendered) => execute.configuration = Some(rendered),
                // It was rendered before the action was accepted, so this is a key that was changed, say.
                Err(error) => {
                    tracing::error!(%step, error, "files cannot be made, so the step stays open until its time is over");
                    continue;
                }
            }
        }
        if state.agentless().get(&prepared.server).is_some() {
            registry.order(prepared.server, execute);
            continue;
        }
        let message = MasterMessage::Execute(Box::new(execute));
        if !registry.send(&prepared.server, message) {
            tracing::debug!(%step, server = %prepared.server, "step waits for its agent to connect");
        }
    }
}

/// What the server of a target gets.
fn rendered(
    context: &Context,
    state: &State,
    what: &ConfigurationUse,
    target: &ObjectPath,
) -> Result<Rendered, String> {
    let revision = state.configurations().revision(&what.name, what.revision);
    let revision =
        revision.ok_or_else(|| format!("{} has no revision {} any more", what.name, what.revision))?;
    render(&context.seal, &revision.configuration, what, target)
}
