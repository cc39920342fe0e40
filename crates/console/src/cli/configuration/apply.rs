//! Laying a revision down: planned, agreed to, followed to the result of each server.

use super::{status_cell, text};
use crate::cli::failure::Failure;
use crate::cli::operate::{Order, Pace, by_name, is_dialogue, path, see_through};
use crate::output::terminal;
use crate::output::{Cell, Column, Style, Tone, render};
use clap::Args;
use std::io::BufRead;
use topmast_api::client::Client;
use topmast_api::configuration::{
    ConfigurationApplyPlan, ConfigurationApplyRequest, ConfigurationPlannedTarget, ConfigurationQuery,
    ConfigurationRevertRequest,
};
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use uuid::Uuid;

/// How a revision is laid down.
#[derive(Debug, Args)]
struct Manner {
    #[command(flatten)]
    order: Order,
    #[command(flatten)]
    pace: Pace,
    /// Write over what somebody changed by hand on the servers
    #[arg(long)]
    overwrite: bool,
}

/// Arguments of `configurations apply`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration
    name: String,
    /// Applications: paths, or a name that is on one server; all that it is for when none is given
    #[arg(value_name = "APP")]
    applications: Vec<String>,
    /// An older revision than the newest
    #[arg(long, value_name = "REVISION")]
    revision: Option<u64>,
    #[command(flatten)]
    manner: Manner,
}

/// Arguments of `configurations rollback`.
#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The configuration
    name: String,
    /// The revision to go back to; the one before the newest when missing
    #[arg(long, value_name = "REVISION")]
    to: Option<u64>,
    #[command(flatten)]
    manner: Manner,
}

/// Lays a revision down.
pub(super) async fn apply(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { name, applications, revision, manner } = arguments;
    let mut targets = Vec::new();
    for text in &applications {
        targets.extend(if text.contains('/') {
            vec![path(text)?]
        } else {
            by_name(client, text, false).await?
        });
    }
    let Manner { order, pace, overwrite } = manner;
    let mut request = ConfigurationApplyRequest {
        id: Some(ActionId(Uuid::now_v7())),
        revision,
        targets,
        reason: order.reason.clone(),
        timeout_ms: order.timeout_ms(Operation::Configure),
        rolling: pace.rolling(),
        overwrite,
        override_guards: order.override_guards,
        dry_run: order.dry_run,
    };
    let plan = client.configuration_plan(&name, &request).await.map_err(text::refused)?;
    if order.dry_run {
        return print_plan(&plan, order.json);
    }
    if !order.yes && is_dialogue() {
        confirm(&plan)?;
    }
    // What was planned is what is done: a revision made meanwhile, or a server that came, is not meant.
    request.revision = Some(plan.revision);
    request.targets = plan.targets.into_iter().map(|target| target.path).collect();
    let action = client.configuration_apply(&name, &request).await.map_err(text::refused)?;
    see_through(client, action, &order).await
}

/// Makes an older revision the newest, and lays it down.
pub(super) async fn rollback(client: &Client, arguments: RollbackArguments) -> Result<(), Failure> {
    let RollbackArguments { name, to, manner } = arguments;
    let details = client.configuration_get(&name, &ConfigurationQuery::default()).await?;
    let newest = details.revision;
    let before = details.revisions.get(1).map(|revision| revision.number);
    let to = to.or(before).ok_or_else(|| Failure::Usage(format!("{name} has one revision only")))?;
    if manner.order.dry_run {
        let diff = topmast_api::configuration::DiffQuery { from: Some(newest), to: Some(to) };
        let diff = client.configuration_diff(&name, &diff).await?;
        return Ok(terminal::print(&super::unified(&diff))?);
    }
    let request = ConfigurationRevertRequest { to, base: newest, reason: manner.order.reason.clone() };
    let revised = client.configuration_revert(&name, &request).await.map_err(text::refused)?;
    terminal::notice(&match revised.revision {
        Some(number) => format!("{name} has revision {number}, which says what {to} does"),
        None => format!("{name} says what revision {to} does already"),
    });
    apply(client, Arguments { name, applications: Vec::new(), revision: None, manner }).await
}

fn confirm(plan: &ConfigurationApplyPlan) -> Result<(), Failure> {
    // A notice is without colour, as every text on standard error.
    let style = Style { colour: false, ..terminal::style() };
    terminal::notice(render(&plan.targets, PLAN.iter(), true, style).trim_end());
    terminal::notice(&format!("lay {} revision {} down there? [y/N]", plan.name, plan.revision));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::Usage("nothing was done".into()))
}

fn print_plan(plan: &ConfigurationApplyPlan, json: bool) -> Result<(), Failure> {
    let text = if json {
        format!("{}\n", serde_json::to_string_pretty(plan)?)
    } else {
        render(&plan.targets, PLAN.iter(), true, terminal::style())
    };
    Ok(terminal::print(&text)?)
}

const PLAN: &[Column<ConfigurationPlannedTarget>] = &[
    Column::number("BATCH", "batch", |target, _| Cell::plain(target.batch.to_string())),
    Column::text("TARGET", "path", |target, _| Cell::plain(target.path.as_str())),
    Column::text("STATUS", "status", |target, _| status_cell(target.status)),
    Column::text("CHANGES", "changed", |target, _| {
        if target.changed.is_empty() {
            Cell::new("nothing", Tone::Dim)
        } else {
            Cell::plain(target.changed.join(" "))
        }
    }),
    Column::text("EFFECT", "effect", |target, _| Cell::plain(&target.effect)),
];
