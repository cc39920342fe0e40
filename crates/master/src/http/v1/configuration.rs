//! `/api/v1/configurations`: sets of files, their revisions, and what of them lies on servers.

mod apply;
mod diff;
mod tell;

use crate::configuration::seal;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::configuration::{
    ConfigurationDetails, ConfigurationDiff, ConfigurationQuery, ConfigurationRequest,
    ConfigurationRevertRequest, ConfigurationRevised, ConfigurationRow, DiffQuery,
};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_engine::Submission;
use topmast_engine::configuration::{KeptConfiguration, KeptRevision, plan_revision};
use topmast_model::command::Command;
use topmast_model::configuration::{Configuration, ConfigurationOrder, text};
use topmast_model::principal::{Principal, Right};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::CONFIGURATION_LIST, configuration_list)
        .route(&route::CONFIGURATION_REVISE, configuration_revise)
        .route(&route::CONFIGURATION_GET, configuration_get)
        .route(&route::CONFIGURATION_DELETE, configuration_delete)
        .route(&route::CONFIGURATION_DIFF, configuration_diff)
        .route(&route::CONFIGURATION_REVERT, configuration_revert)
        .route(&route::CONFIGURATION_APPLY, apply::configuration_apply)
}

async fn configuration_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<ConfigurationRow>> {
    let state = context.bus.state();
    let all = state.configurations().all().keys();
    let rows = all.filter_map(|name| tell::row(&state, &authenticated.principal, name));
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

async fn configuration_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Asked(query): Asked<ConfigurationQuery>,
) -> Result<Json<ConfigurationDetails>, Refusal> {
    let state = context.bus.state();
    let (number, revision) = find(&state, &authenticated.principal, &name, query.revision)?;
    tell::details(&state, &authenticated.principal, &name, number, revision)
        .map(Json)
        .ok_or_else(|| Refusal::not_found("configuration", &name))
}

/// A revision of a configuration that the principal may read; the newest when none is named.
fn find<'a>(
    state: &'a topmast_engine::State,
    principal: &Principal,
    name: &str,
    number: Option<u64>,
) -> Result<(u64, &'a KeptRevision), Refusal> {
    let missing = || Refusal::not_found("configuration", name);
    let kept = state.configurations().get(name).ok_or_else(missing)?;
    let newest = kept.newest().ok_or_else(missing)?;
    if !principal.may(Right::Read, Some(&newest.1.configuration.within)) {
        return Err(missing());
    }
    match number {
        None => Ok(newest),
        Some(number) => {
            let found = kept.revisions.get(&number).map(|revision| (number, revision));
            found.ok_or_else(|| Refusal::not_found("revision of the configuration", number))
        }
    }
}

async fn configuration_diff(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Asked(DiffQuery { from, to }): Asked<DiffQuery>,
) -> Result<Json<ConfigurationDiff>, Refusal> {
    let (from, before, to, after) = {
        let state = context.bus.state();
        let (to, after) = find(&state, &authenticated.principal, &name, to)?;
        let from = from.unwrap_or(to - 1);
        let before = match from {
            0 => None,
            from => Some(find(&state, &authenticated.principal, &name, Some(from))?.1),
        };
        let owned = |revision: &KeptRevision| Arc::clone(&revision.configuration);
        (from, before.map(owned), to, owned(after))
    };
    // Lines are compared while the state is free.
    Ok(Json(diff::diff((from, before.as_deref()), (to, &after))))
}

async fn configuration_revise(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<ConfigurationRequest>,
) -> Result<Json<ConfigurationRevised>, Refusal> {
    let ConfigurationRequest { text, base, reason, dry_run } = request;
    let mut read = text::read(&text).map_err(|error| Refusal::invalid("text", error.to_string()))?;
    let (Some(written), true) = (read.pop(), read.is_empty()) else {
        return Err(Refusal::invalid("text", "is to have one [[configuration]]; send several one by one"));
    };
    let configuration = {
        let state = context.bus.state();
        let kept = state.configurations().get(&written.name).and_then(KeptConfiguration::now);
        // Who may not change it does not find out what a secret is by writing it.
        let kept = kept.filter(|kept| authenticated.principal.may(Right::ManageServers, Some(&kept.within)));
        seal(&context.seal, &written, kept).map_err(|message| Refusal::invalid("text", message))?
    };
    revise(&context, authenticated.principal, configuration, base, reason, dry_run).await
}

async fn configuration_revert(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    Body(request): Body<ConfigurationRevertRequest>,
) -> Result<Json<ConfigurationRevised>, Refusal> {
    let ConfigurationRevertRequest { to, base, reason } = request;
    let configuration = {
        let state = context.bus.state();
        let (_, revision) = find(&state, &authenticated.principal, &name, Some(to))?;
        (*revision.configuration).clone()
    };
    let reason = reason.unwrap_or_else(|| format!("back to revision {to}"));
    revise(&context, authenticated.principal, configuration, Some(base), Some(reason), false).await
}

async fn revise(
    context: &Context,
    principal: Principal,
    configuration: Configuration,
    base: Option<u64>,
    reason: Option<String>,
    dry_run: bool,
) -> Result<Json<ConfigurationRevised>, Refusal> {
    let name = configuration.name.clone();
    let (number, before) = {
        let state = context.bus.state();
        let newest = state.configurations().get(&name).and_then(KeptConfiguration::newest);
        let newest = newest.map(|(number, revision)| (number, Arc::clone(&revision.configuration)));
        (plan_revision(&state, &configuration, base), newest)
    };
    let after = configuration.clone();
    let order = ConfigurationOrder::Revise { configuration: Box::new(configuration), base, reason };
    let submission = Submission { principal, command: Command::ChangeConfigurations { order } };
    if dry_run {
        context.bus.rehearse(&submission)?;
    } else {
        context.bus.submit(submission).await?;
    }
    let number = number?;
    let (from, before) = before.map_or((0, None), |(number, before)| (number, Some(before)));
    let diff = diff::diff((from, before.as_deref()), (number.unwrap_or(from), &after));
    Ok(Json(ConfigurationRevised { name, revision: number, diff }))
}

async fn configuration_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let order = ConfigurationOrder::Delete { name, reason: None };
    let command = Command::ChangeConfigurations { order };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}
