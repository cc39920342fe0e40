//! `/api/v1/code`: bringing configurations, rules, channels, routes and maintenances as code, planned first.
//!
//! A plan is made of steps in the order of their kinds, each a command that is decided wholly or not at all; deletions come last and
//! backwards, so that a route goes before its channel.

mod maintenance;

use super::notification;
use super::rule::check_queries;
use crate::configuration::seal;
use crate::http::authenticate::Authenticated;
use crate::http::body::Body;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::BTreeSet;
use std::sync::Arc;
use topmast_api::code::{CodePlan, CodePlanItem, CodeReleaseRequest, CodeRequest, CodeRow};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_engine::code::place_of;
use topmast_engine::configuration::{KeptConfiguration, plan_revision};
use topmast_engine::{Submission, plan_channels, plan_rules};
use topmast_model::code::{CodeKind, CodeOrder};
use topmast_model::command::Command;
use topmast_model::configuration::{self, ConfigurationOrder};
use topmast_model::notification::text as notification_text;
use topmast_model::principal::{Principal, Right};
use topmast_model::rule::text as rule_text;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::CODE_LIST, code_list)
        .route(&route::CODE_APPLY, code_apply)
        .route(&route::CODE_RELEASE, code_release)
}

async fn code_list(State(context): State<Arc<Context>>, authenticated: Authenticated) -> Json<Page<CodeRow>> {
    let state = context.bus.state();
    let principal = &authenticated.principal;
    let kept = CodeKind::ALL.iter().flat_map(|kind| state.kept_as_code().of(*kind).map(|name| (*kind, name)));
    let seen = kept.filter(|(kind, name)| {
        let place = place_of(&state, *kind, name);
        place.is_none_or(|place| principal.may(Right::Read, Some(place)))
    });
    let rows = seen.map(|(kind, name)| CodeRow { kind, name: name.to_owned() });
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

async fn code_release(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(CodeReleaseRequest { kind, name, reason }): Body<CodeReleaseRequest>,
) -> Result<StatusCode, Refusal> {
    let command = Command::ChangeAsCode { order: CodeOrder::Release { kind, name, reason } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A command with what it makes of things.
struct Step {
    command: Command,
    items: Vec<CodePlanItem>,
}

impl Step {
    /// True when there is nothing to do.
    fn is_done(&self) -> bool {
        self.items.iter().all(|item| item.change == "unchanged" && !item.taken_over)
    }
}

fn as_code(principal: &Principal, command: &Command) -> Submission {
    let order = CodeOrder::Do(Box::new(command.clone()));
    Submission { principal: principal.clone(), command: Command::ChangeAsCode { order } }
}

async fn code_apply(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<CodeRequest>,
) -> Result<Json<CodePlan>, Refusal> {
    let principal = authenticated.principal;
    let mut steps = configurations(&context, &principal, &request)?;
    steps.extend(rules(&context, &principal, &request)?);
    let has_channels = channels(&context, &principal, &request)?;
    let routes_need_channels = has_channels.is_some();
    steps.extend(has_channels);
    steps.extend(routes(&context, &request)?);
    steps.extend(maintenance::steps(&context, &principal, &request)?);
    if request.prune {
        steps.extend(pruned(&context, &principal, &steps));
    }
    // What can be refused is refused before anything is done. A route may name a channel of the same files, and what is
    // deleted may be in use still: those two show when they are done.
    for step in &steps {
        // Also of what is so already: a plan tells what there is.
        context.bus.authorise(&as_code(&principal, &step.command))?;
        let is_later = match &step.command {
            Command::ApplyRoutes { .. } => routes_need_channels,
            Command::DeleteChannel { .. } => true,
            _ => step.is_done(),
        };
        if !is_later {
            context.bus.rehearse(&as_code(&principal, &step.command))?;
        }
    }
    let mut plan = CodePlan::default();
    for step in steps {
        if !request.dry_run && !step.is_done() {
            context.bus.submit(as_code(&principal, &step.command)).await?;
        }
        plan.items.extend(step.items);
    }
    Ok(Json(plan))
}

fn item(context: &Context, kind: CodeKind, name: &str, change: &str, base: Option<u64>) -> CodePlanItem {
    let taken_over = change != "deleted" && !context.bus.state().kept_as_code().has(kind, name);
    CodePlanItem {
        kind,
        name: name.to_owned(),
        change: change.to_owned(),
        base,
        taken_over: taken_over && change != "added",
    }
}

fn configurations(
    context: &Context,
    principal: &Principal,
    request: &CodeRequest,
) -> Result<Vec<Step>, Refusal> {
    let read = configuration::text::read(&request.configurations);
    let read = read.map_err(|error| Refusal::invalid("configurations", error.to_string()))?;
    let mut steps = Vec::new();
    for written in read {
        let name = written.name.clone();
        let (sealed, newest) = {
            let state = context.bus.state();
            let kept = state.configurations().get(&name).and_then(KeptConfiguration::newest);
            let newest = kept.map(|(number, _)| number);
            let mine = kept.map(|(_, revision)| &*revision.configuration);
            let mine = mine.filter(|kept| principal.may(Right::ManageServers, Some(&kept.within)));
            let sealed = seal(&context.seal, &written, mine);
            (sealed.map_err(|message| Refusal::invalid("configurations", message))?, newest)
        };
        let order = ConfigurationOrder::Revise {
            configuration: Box::new(sealed.clone()),
            base: newest,
            reason: request.reason.clone(),
        };
        let command = Command::ChangeConfigurations { order };
        context.bus.authorise(&as_code(principal, &command))?;
        let planned = plan_revision(&context.bus.state(), &sealed, newest)?;
        if let Some(seen) = request.bases.get(&name)
            && newest != Some(*seen).filter(|seen| *seen > 0)
        {
            return Err(Refusal::new(
                ProblemCode::Conflict,
                format!(
                    "configuration {name} was changed since the plan was made; make a new one and look at it"
                ),
            ));
        }
        let change = match (newest, planned) {
            (None, _) => "added",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "unchanged",
        };
        let items = vec![item(context, CodeKind::Configuration, &name, change, newest)];
        steps.push(Step { command, items });
    }
    Ok(steps)
}

/// Names with what becomes of them.
fn items(context: &Context, kind: CodeKind, lists: [(&str, &[String]); 3]) -> Vec<CodePlanItem> {
    let each = lists.into_iter().flat_map(|(change, names)| names.iter().map(move |name| (change, name)));
    each.map(|(change, name)| item(context, kind, name, change, None)).collect()
}

fn rules(context: &Context, principal: &Principal, request: &CodeRequest) -> Result<Option<Step>, Refusal> {
    let rules =
        rule_text::read(&request.rules).map_err(|error| Refusal::invalid("rules", error.to_string()))?;
    if rules.is_empty() {
        return Ok(None);
    }
    check_queries(&request.rules, &rules)?;
    let command = Command::ApplyRules { rules: rules.clone(), prune: false };
    context.bus.authorise(&as_code(principal, &command))?;
    let plan = plan_rules(&context.bus.state(), principal, &rules, false)?;
    let lists = [("added", &*plan.added), ("changed", &*plan.changed), ("unchanged", &*plan.unchanged)];
    let items = items(context, CodeKind::Rule, lists);
    Ok(Some(Step { command, items }))
}

fn channels(
    context: &Context,
    principal: &Principal,
    request: &CodeRequest,
) -> Result<Option<Step>, Refusal> {
    let read = notification_text::read_channels(&request.channels);
    let read = read.map_err(|error| Refusal::invalid("channels", error.to_string()))?;
    if read.is_empty() {
        return Ok(None);
    }
    let sealed = read.iter().map(|channel| notification::sealed(context, principal, channel));
    let channels = sealed.collect::<Result<Vec<_>, _>>()?;
    let command = Command::ApplyChannels { channels: channels.clone(), prune: false };
    context.bus.authorise(&as_code(principal, &command))?;
    let plan = plan_channels(&context.bus.state(), principal, &channels, false)?;
    let lists = [("added", &*plan.added), ("changed", &*plan.changed), ("unchanged", &*plan.unchanged)];
    let items = items(context, CodeKind::Channel, lists);
    Ok(Some(Step { command, items }))
}

fn routes(context: &Context, request: &CodeRequest) -> Result<Option<Step>, Refusal> {
    let read = notification_text::read_routes(&request.routes);
    let routes = read.map_err(|error| Refusal::invalid("routes", error.to_string()))?;
    if routes.is_empty() {
        return Ok(None);
    }
    let state = context.bus.state();
    let change = |name: &str| match state.route(name) {
        None => "added",
        Some(kept) if routes.iter().any(|route| route == kept) => "unchanged",
        Some(_) => "changed",
    };
    let changes: Vec<(String, &str)> =
        routes.iter().map(|route| (route.name.clone(), change(&route.name))).collect();
    drop(state);
    let items = changes.iter().map(|(name, change)| item(context, CodeKind::Route, name, change, None));
    let items = items.collect();
    Ok(Some(Step { command: Command::ApplyRoutes { routes, prune: false }, items }))
}

/// Deletions of what is kept as code, was not brought and is for whoever asks to delete.
fn pruned(context: &Context, principal: &Principal, steps: &[Step]) -> Vec<Step> {
    let brought: BTreeSet<(CodeKind, &str)> =
        steps.iter().flat_map(|step| &step.items).map(|item| (item.kind, item.name.as_str())).collect();
    let left: Vec<(CodeKind, String)> = {
        let state = context.bus.state();
        let kept = CodeKind::ALL.iter().rev();
        let kept = kept.flat_map(|kind| state.kept_as_code().of(*kind).map(|name| (*kind, name.to_owned())));
        kept.filter(|(kind, name)| !brought.contains(&(*kind, name.as_str()))).collect()
    };
    let step = |(kind, name): (CodeKind, String)| {
        let items = vec![item(context, kind, &name, "deleted", None)];
        let command = match kind {
            CodeKind::Configuration => {
                let reason = Some("no longer in the code".to_owned());
                Command::ChangeConfigurations { order: ConfigurationOrder::Delete { name, reason } }
            }
            CodeKind::Rule => Command::DeleteRule { name },
            CodeKind::Channel => Command::DeleteChannel { name },
            CodeKind::Route => Command::DeleteRoute { name },
            CodeKind::Maintenance => {
                let state = context.bus.state();
                Command::CancelMaintenance { id: maintenance::named(&state, principal, &name).next()?.0 }
            }
        };
        context.bus.authorise(&as_code(principal, &command)).ok()?;
        Some(Step { command, items })
    };
    left.into_iter().filter_map(step).collect()
}
