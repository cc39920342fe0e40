//! A bulk action: one restart on every application of the fleet.

use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Bound, Figure};
use crate::wait::{DEADLINE, wait_until};
use std::time::{Duration, Instant};
use topmast_api::action::ActionRequest;
use topmast_model::application::Operation;
use topmast_model::command::TARGETS_MAX;
use topmast_model::path::ObjectPath;

/// DESIGN's bound for 5,000 targets.
const TARGET_S: f64 = 2.0;

pub(super) async fn measure(stage: &Stage, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let application = |server: &ObjectPath, number: usize| server.join(&format!("app{number}"));
    let servers = stage.simulator.servers();
    let targets = servers
        .flat_map(|server| (0..APPLICATIONS).filter_map(move |number| application(server, number).ok()));
    let targets: Vec<ObjectPath> = targets.take(TARGETS_MAX).collect();
    let count = targets.len() as u64;
    let request = ActionRequest {
        reason: Some("benchmark".into()),
        // Guards are asked, and would refuse to restart all instances together.
        override_guards: true,
        ..ActionRequest::new(Operation::Restart, targets)
    };
    let client = stage.fleet.client();
    let orders_before = stage.tally().orders;
    let asked = Instant::now();
    let action = client.action_create(&request).await?;
    let accepted = asked.elapsed();

    let ordered = async || stage.tally().orders >= orders_before + count;
    wait_until("every target's order has come", DEADLINE, ordered).await?;
    let last_order = stage.tally().last_order.map_or(Duration::ZERO, |at| at.duration_since(asked));
    let finished = async || {
        client.action_get(action.id).await.is_ok_and(|action| u64::from(action.counts.finished()) == count)
    };
    wait_until("every target has its outcome", DEADLINE, finished).await?;
    let last_outcome = asked.elapsed();

    let seconds = |span: Duration| span.as_secs_f64();
    let name = |what| format!("bulk action, {count} targets: asked → {what}");
    show(Figure::new(name("accepted"), seconds(accepted), "s").note("durable in the journal"));
    show(Figure::new(name("last order"), seconds(last_order), "s").target(Bound::AtMost(TARGET_S)));
    show(
        Figure::new(name("last outcome"), seconds(last_outcome), "s")
            .note("three reports a target in the journal"),
    );
    Ok(())
}
