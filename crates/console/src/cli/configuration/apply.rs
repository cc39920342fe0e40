//! Laying a revision down: planned, agreed to, followed to the result of each server.

use super::{status_cell, text};
use crate::cli::failure::Failure;
use crate::cli::operate::{by_name, is_dialogue, path, see_through, wait};
use crate::output::terminal;
use crate::output::{Cell, Column, Style, Tone, render};
use clap::Args;
use std::io::BufRead;
use std::time::Duration;
use topmast_api::action::Rolling;
use topmast_api::client::Client;
use topmast_api::configuration::{
    ConfigurationApplyPlan, ConfigurationApplyRequest, ConfigurationPlannedTarget, ConfigurationQuery,
    ConfigurationRevertRequest,
};
use topmast_model::id::ActionId;
use topmast_model::rolling::OnError;
use uuid::Uuid;

/// How a revision is laid down.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
struct Manner {
    /// Show what would happen, and do nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Seconds until a target without an outcome counts as UNKNOWN; with --batch counted for each batch
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
    /// This many applications at a time
    #[arg(long, value_name = "COUNT")]
    batch: Option<u32>,
    /// Time between two batches, e.g. 10s or 2m
    #[arg(long, value_name = "TIME", value_parser = wait, requires = "batch", default_value = "0s")]
    wait: Duration,
    /// After an application that failed or is unknown: stop, or continue with the next batch
    #[arg(long, value_name = "stop|continue", requires = "batch", default_value_t)]
    on_error: OnError,
    /// Write over what somebody changed by hand on the servers
    #[arg(long)]
    overwrite: bool,
    /// Act although a guard refuses; takes a --reason and the right to
    #[arg(long = "override", requires = "reason")]
    override_guards: bool,
    /// Do not wait for the results
    #[arg(long)]
    no_wait: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print the plan or the finished action as JSON
    #[arg(long)]
    json: bool,
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
    let wait_ms = u64::try_from(manner.wait.as_millis()).unwrap_or(u64::MAX);
    let rolling =
        manner.batch.map(|batch| Rolling { batch, percent: None, wait_ms, on_error: manner.on_error });
    let mut request = ConfigurationApplyRequest {
        id: Some(ActionId(Uuid::now_v7())),
        revision,
        targets,
        reason: manner.reason.clone(),
        timeout_ms: Some(manner.timeout.saturating_mul(1_000)),
        rolling,
        overwrite: manner.overwrite,
        override_guards: manner.override_guards,
        dry_run: manner.dry_run,
    };
    let plan = client.configuration_plan(&name, &request).await.map_err(text::refused)?;
    if manner.dry_run {
        return print_plan(&plan, manner.json);
    }
    if !manner.yes && is_dialogue() {
        confirm(&plan)?;
    }
    // What was planned is what is done: a revision made meanwhile, or a server that came, is not meant.
    request.revision = Some(plan.revision);
    request.targets = plan.targets.into_iter().map(|target| target.path).collect();
    let action = client.configuration_apply(&name, &request).await.map_err(text::refused)?;
    see_through(client, action, manner.no_wait, manner.json).await
}

/// Makes an older revision the newest, and lays it down.
pub(super) async fn rollback(client: &Client, arguments: RollbackArguments) -> Result<(), Failure> {
    let RollbackArguments { name, to, manner } = arguments;
    let details = client.configuration_get(&name, &ConfigurationQuery::default()).await?;
    let newest = details.revision;
    let before = details.revisions.get(1).map(|revision| revision.number);
    let to = to.or(before).ok_or_else(|| Failure::Usage(format!("{name} has one revision only")))?;
    if manner.dry_run {
        let diff = topmast_api::configuration::DiffQuery { from: Some(newest), to: Some(to) };
        let diff = client.configuration_diff(&name, &diff).await?;
        return Ok(terminal::print(&super::unified(&diff))?);
    }
    let request = ConfigurationRevertRequest { to, base: newest, reason: manner.reason.clone() };
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
