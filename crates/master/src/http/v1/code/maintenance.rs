//! Maintenances as code: found by their names, which are free text and may be had by several that were made by hand.

use super::{Step, item};
use crate::http::Context;
use crate::http::problem::Refusal;
use crate::http::v1::maintenance::check_zone;
use std::collections::BTreeSet;
use topmast_api::code::{CodePlanItem, CodeRequest};
use topmast_api::maintenance::{MaintenanceRequest, MaintenanceTables};
use topmast_engine::Announced;
use topmast_model::code::CodeKind;
use topmast_model::command::Command;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::principal::{Principal, Right};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Those of a name that whoever asks may change: others may have some of the same name.
pub(super) fn named<'a>(
    state: &'a topmast_engine::State,
    principal: &'a Principal,
    name: &'a str,
) -> impl Iterator<Item = (Uuid, &'a Announced)> {
    let all = state.maintenances().iter().map(|(id, kept)| (*id, kept));
    all.filter(move |(_, kept)| {
        kept.what.name == name && principal.may(Right::HandleProblems, Some(&kept.within))
    })
}

/// A step for each `[[maintenance]]`.
pub(super) fn steps(
    context: &Context,
    principal: &Principal,
    request: &CodeRequest,
) -> Result<Vec<Step>, Refusal> {
    let read: MaintenanceTables = toml::from_str(&request.maintenances)
        .map_err(|error| Refusal::invalid("maintenances", error.to_string()))?;
    let mut names = BTreeSet::new();
    for one in &read.maintenance {
        let wrong = |message: &str| {
            Err(Refusal::invalid("maintenances", format!("maintenance {:?} {message}", one.name)))
        };
        if one.id.is_some() {
            return wrong("has an id; leave it out, its name says which it is");
        }
        if !names.insert(one.name.clone()) {
            return wrong("is there twice; name each once");
        }
    }
    read.maintenance.into_iter().map(|one| step(context, principal, one)).collect()
}

fn step(context: &Context, principal: &Principal, asked: MaintenanceRequest) -> Result<Step, Refusal> {
    let MaintenanceRequest { name, objects, window, .. } = asked;
    let maintenance = Maintenance { name: name.clone(), objects, window: window.into() };
    check_zone(&maintenance.window)?;
    let known: Vec<(Uuid, bool)> = {
        let state = context.bus.state();
        named(&state, principal, &name).map(|(id, kept)| (id, kept.what == maintenance)).collect()
    };
    let (id, change) = match known.as_slice() {
        [] => (Uuid::now_v7(), "added"),
        [(id, true)] => (*id, "unchanged"),
        [(id, false)] => (*id, "changed"),
        _ => {
            return Err(Refusal::invalid(
                "maintenances",
                format!("there are {} maintenances {name:?}; cancel or rename all but one", known.len()),
            ));
        }
    };
    let mut planned = item(context, CodeKind::Maintenance, &name, change, None);
    if is_over(&maintenance.window, context.bus.clock().now()) {
        // Its file may stay where it is: there is nothing to announce any more.
        planned = CodePlanItem { change: "unchanged".to_owned(), taken_over: false, ..planned };
    }
    Ok(Step { command: Command::SetMaintenance { id, maintenance }, items: vec![planned] })
}

fn is_over(window: &Window, now: UnixMillis) -> bool {
    match window {
        Window::Once { ends_at, .. } | Window::Flexible { ends_at, .. } => *ends_at <= now,
        Window::Recurring { until, .. } => until.is_some_and(|until| until <= now),
    }
}
