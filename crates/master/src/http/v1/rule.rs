//! `/api/v1/rules`: what is to be a problem, as code.

mod trial;

use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use topmast_api::page::Page;
use topmast_api::route;
use topmast_api::rule::{RuleRow, RulesPlan, RulesRequest};
use topmast_engine::{Submission, plan_rules};
use topmast_history::promql;
use topmast_model::command::Command;
use topmast_model::principal::{Principal, Right};
use topmast_model::rule::{Rule, text};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::RULE_LIST, rule_list)
        .route(&route::RULE_APPLY, rule_apply)
        .route(&route::RULE_TEST, trial::rule_test)
        .route(&route::RULE_DELETE, rule_delete)
}

async fn rule_list(State(context): State<Arc<Context>>, authenticated: Authenticated) -> Json<Page<RuleRow>> {
    let (principal, state) = (&authenticated.principal, context.bus.state());
    let mut problems: HashMap<&str, u64> = HashMap::new();
    for problem in state.open_problems().filter(|problem| principal.may(Right::Read, Some(problem.object())))
    {
        *problems.entry(&problem.what.key.rule).or_default() += 1;
    }
    let rules = state.rules().filter(|rule| may_see(principal, rule));
    let rows = rules.map(|rule| RuleRow {
        name: rule.name.clone(),
        severity: rule.severity,
        kind: rule.when.kind().to_owned(),
        within: rule.within.clone(),
        own: state.is_own_rule(&rule.name),
        enabled: rule.enabled,
        problems: problems.get(rule.name.as_str()).copied().unwrap_or(0),
        advice: rule.advice.clone(),
        text: text::write(std::slice::from_ref(rule)).unwrap_or_default(),
    });
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

/// Rules for everything are everybody's; those of a place are for those who may read there.
fn may_see(principal: &Principal, rule: &Rule) -> bool {
    rule.within.as_ref().is_none_or(|within| principal.may(Right::Read, Some(within)))
}

async fn rule_apply(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<RulesRequest>,
) -> Result<Json<RulesPlan>, Refusal> {
    let RulesRequest { text, prune, dry_run } = request;
    let rules = text::read(&text).map_err(|error| Refusal::invalid("text", error.to_string()))?;
    check_queries(&text, &rules)?;
    let command = Command::ApplyRules { rules: rules.clone(), prune };
    let submission = Submission { principal: authenticated.principal, command };
    context.bus.authorise(&submission)?;
    let planned = plan_rules(&context.bus.state(), &submission.principal, &rules, prune)?;
    if dry_run {
        context.bus.rehearse(&submission)?;
    } else {
        context.bus.submit(submission).await?;
    }
    let topmast_engine::RulesPlan { added, changed, unchanged, deleted } = planned;
    Ok(Json(RulesPlan { added, changed, unchanged, deleted }))
}

/// Refuses a rule whose query is no `PromQL`, with its place in the file.
pub(super) fn check_queries(file: &str, rules: &[Rule]) -> Result<(), Refusal> {
    for (index, rule) in rules.iter().enumerate() {
        if let Some(Err(error)) = rule.when.query().map(promql::parse) {
            let message = format!("rule {:?}, query, {error}", rule.name);
            let error = text::RulesTextError::at(file, index, "when", &message);
            return Err(Refusal::invalid("text", error.to_string()));
        }
    }
    Ok(())
}

async fn rule_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let command = Command::DeleteRule { name };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}
