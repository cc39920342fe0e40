//! What an action would do, before it is asked for.

use crate::cli::failure::Failure;
use crate::output::terminal;
use crate::output::{Cell, Column, Style};
use topmast_api::action::{ActionPlan, PlannedTarget};

/// Prints what an action would do.
pub(super) fn print_plan(plan: &ActionPlan, json: bool) -> Result<(), Failure> {
    let text = if json {
        format!("{}\n", serde_json::to_string_pretty(plan)?)
    } else {
        plan_table(plan, terminal::style())
    };
    Ok(terminal::print(&text)?)
}

/// The same as a table: waves, batches, targets with the effect on each, then what is in the way.
pub(super) fn plan_table(plan: &ActionPlan, style: Style) -> String {
    let in_batches = plan.targets.iter().any(|target| target.batch > 1);
    let in_waves = plan.targets.iter().any(|target| target.wave > 1);
    let shown = PLAN.iter().enumerate().filter(|(at, _)| match at {
        0 => in_waves,
        1 => in_batches,
        _ => true,
    });
    let mut text = crate::output::render(&plan.targets, shown.map(|(_, column)| column), true, style);
    let guards = plan
        .guards
        .iter()
        .map(|guard| format!("guard {} on {}: {}\n", guard.guard, guard.path, guard.message));
    text.extend(guards);
    if !plan.approval.is_empty() {
        text.extend([
            "waits for another person's approval: policy ",
            plan.approval.join(", ").as_str(),
            "\n",
        ]);
    }
    text.extend(plan.at.map(|at| format!("begins at {at}\n")));
    text
}

/// Wave and batch are the first, and left out when there is only one.
const PLAN: &[Column<PlannedTarget>] = &[
    Column::number("WAVE", "wave", |target, _| Cell::plain(target.wave.to_string())),
    Column::number("BATCH", "batch", |target, _| Cell::plain(target.batch.to_string())),
    Column::text("TARGET", "path", |target, _| Cell::plain(target.path.as_str())),
    Column::text("STATUS", "status", |target, _| {
        Cell::new(target.status.as_str(), crate::cli::application::tone(target.status))
    }),
    Column::text("EFFECT", "effect", |target, _| Cell::plain(&target.effect)),
];
