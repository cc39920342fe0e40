//! Laying a revision down: the plan, and the action.

use super::find;
use crate::configuration::render;
use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::v1::action::found;
use aws_lc_rs::digest;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_api::action::TIMEOUT_MS_DEFAULT;
use topmast_api::configuration::{
    ConfigurationApplyPlan, ConfigurationApplyRequest, ConfigurationPlannedTarget,
};
use topmast_engine::Submission;
use topmast_engine::configuration::ConfigurationTarget;
use topmast_model::command::{Command, TARGETS_MAX};
use topmast_model::configuration::{
    AfterApply, ApplyConfiguration, Configuration, ConfigurationOrder, ConfigurationUse, Held, Rendered,
};
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Right;
use topmast_model::status::ApplicationStatus;
use uuid::Uuid;

/// Most bytes that one batch may send at once: they wait in memory for their agents.
const BATCH_BYTES_MAX: usize = 256 << 20;

pub(super) async fn configuration_apply(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Body(request): Body<ConfigurationApplyRequest>,
) -> Result<Response, Refusal> {
    let principal = authenticated.principal;
    let (what, configuration, targets) = {
        let state = context.bus.state();
        let (revision, kept) = find(&state, &principal, &name, request.revision)?;
        let what = ConfigurationUse { name: name.clone(), revision, overwrite: request.overwrite };
        let mut targets = request.targets.clone();
        if targets.is_empty() {
            let all = state.configuration_targets(&name).map(|target| target.application);
            targets = all.filter(|path| principal.may(Right::Operate, Some(path))).cloned().collect();
        }
        (what, Arc::clone(&kept.configuration), targets)
    };
    if targets.is_empty() {
        let (application, within) = (&configuration.application, &configuration.within);
        return Err(Refusal::invalid(
            "targets",
            format!("there is no application {application} in {within}"),
        ));
    }
    let rolling = request.rolling.map(|rolling| rolling.of(targets.len()));
    let batch = rolling.map_or(TARGETS_MAX, |rolling| rolling.batch.max(1) as usize);
    let rendered = render_all(&context, &configuration, &what, &targets, batch)?;
    let id = request.id.unwrap_or_else(|| ActionId(Uuid::now_v7()));
    let order = ConfigurationOrder::Apply(Box::new(ApplyConfiguration {
        id,
        what: what.clone(),
        targets: targets.clone(),
        reason: request.reason,
        timeout_ms: request.timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT),
        rolling,
        override_guards: request.override_guards,
    }));
    let submission = Submission { principal, command: Command::ChangeConfigurations { order } };
    if !request.dry_run {
        context.bus.submit(submission).await?;
        return Ok((StatusCode::ACCEPTED, Json(found(&context.bus, id, None)?)).into_response());
    }
    context.bus.rehearse(&submission)?;
    let state = context.bus.state();
    let known: BTreeMap<&ObjectPath, ConfigurationTarget<'_>> =
        state.configuration_targets(&name).map(|target| (target.application, target)).collect();
    let planned = targets.iter().zip(&rendered).enumerate().filter_map(|(index, (path, rendered))| {
        let application = state.effective_application(path)?.status;
        let batch = u32::try_from(index / batch + 1).unwrap_or(u32::MAX);
        Some(planned(known.get(path)?, application, rendered, what.overwrite, batch))
    });
    let plan =
        ConfigurationApplyPlan { name: name.clone(), revision: what.revision, targets: planned.collect() };
    Ok(Json(plan).into_response())
}

/// What each target gets: whatever is wrong there is told before anything is done anywhere.
fn render_all(
    context: &Context,
    configuration: &Configuration,
    what: &ConfigurationUse,
    targets: &[ObjectPath],
    batch: usize,
) -> Result<Vec<Summary>, Refusal> {
    let mut bytes = 0;
    let mut all = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let rendered = render(&context.seal, configuration, what, target);
        let rendered = rendered.map_err(|message| Refusal::invalid("configuration", message))?;
        bytes = if index % batch == 0 { 0 } else { bytes };
        bytes += rendered.files.iter().map(|file| file.content.len()).sum::<usize>();
        if bytes > BATCH_BYTES_MAX {
            let most = BATCH_BYTES_MAX >> 20;
            return Err(Refusal::invalid(
                "rolling",
                format!("a batch would send more than {most} MiB at once; take fewer targets at a time"),
            ));
        }
        all.push(Summary::of(&rendered));
    }
    Ok(all)
}

/// The checksums of what a target gets: the files of all of them would be too much to keep.
struct Summary {
    after: AfterApply,
    files: Vec<(String, String)>,
}

impl Summary {
    fn of(rendered: &Rendered) -> Self {
        let sha256 = |content: &str| {
            let digest = digest::digest(&digest::SHA256, content.as_bytes());
            digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
                // Writing to a string does not fail.
                let _ = std::fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
                hex
            })
        };
        let files = rendered.files.iter().map(|file| (file.path.clone(), sha256(&file.content)));
        Self { after: rendered.after, files: files.collect() }
    }
}

fn planned(
    target: &ConfigurationTarget<'_>,
    application: ApplicationStatus,
    wanted: &Summary,
    overwrite: bool,
    batch: u32,
) -> ConfigurationPlannedTarget {
    let held = target.held.map(|kept| &kept.held);
    let there = |path: &str| held.and_then(|held| held.files.iter().find(|file| file.path == path));
    let is_there =
        |(path, sha256): &&(String, String)| there(path).and_then(|file| file.found.as_ref()) == Some(sha256);
    let changed = wanted.files.iter().filter(|file| !is_there(file)).map(|(path, _)| path.clone());
    let gone = held.into_iter().flat_map(|held| &held.files).map(|file| &file.path);
    let gone = gone.filter(|path| !wanted.files.iter().any(|(wanted, _)| wanted == *path)).cloned();
    let drifted: Vec<String> =
        held.into_iter().flat_map(Held::drifted).map(|file| file.path.clone()).collect();
    let runs = !matches!(
        application,
        ApplicationStatus::Stopped | ApplicationStatus::Quarantined | ApplicationStatus::Unknown
    );
    let effect = match wanted.after {
        _ if !drifted.is_empty() && !overwrite => {
            "is refused unless what was changed by hand is wanted now; overwrite writes over it".to_owned()
        }
        AfterApply::Restart if runs => "is restarted, and goes back if it does not come up".to_owned(),
        AfterApply::Restart => format!("is {application}, so nothing is restarted"),
        AfterApply::Reload => "is reloaded, and goes back if that fails".to_owned(),
        AfterApply::Nothing => "reads its files by itself".to_owned(),
    };
    ConfigurationPlannedTarget {
        path: target.application.clone(),
        application,
        status: target.status,
        revision: held.map(|held| held.revision).filter(|revision| *revision > 0),
        changed: changed.chain(gone).collect(),
        drifted,
        effect,
        batch,
    }
}
