//! `/api/v1/why`: why an object is as it is, from the state and what the journal has of it last.

use super::event;
use crate::http::authenticate::Authenticated;
use crate::http::body::Named;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_api::why::{Why, WhyAction, WhyObject, WhyProblem, WhyRefusal};
use topmast_engine::explain::{Explanation, Related, explain};
use topmast_journal::RecordQuery;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};
use topmast_model::problem::Suppression;

/// Events of an object that are told.
const CHANGES: usize = 10;

/// What happens to an object and says why it is as it is.
const KINDS: [&str; 12] = [
    "ServerRegistered",
    "ServerStatusChanged",
    "ServerRemoved",
    "ApplicationChanged",
    "ApplicationRemoved",
    "ServiceChanged",
    "ServiceRemoved",
    "TaskChanged",
    "TaskRemoved",
    "UnitFileRefused",
    "StepFinished",
    "StepExpired",
];

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::WHY_GET, why_get)
}

async fn why_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<Why>, Refusal> {
    let principal = &authenticated.principal;
    let path: ObjectPath = path.parse()?;
    if !principal.may(Right::Read, Some(&path)) {
        return Err(Refusal::not_found("object", &path));
    }
    let found = {
        let state = context.bus.state();
        explain(&state, &path, context.bus.clock().now()).map(|found| to_api(&path, principal, found))
    };
    let mut why = found.ok_or_else(|| Refusal::not_found("object", &path))?;
    let query = RecordQuery {
        object_prefix: Some(path.to_string()),
        kinds: KINDS.map(str::to_owned).to_vec(),
        newest_first: true,
        limit: CHANGES * 10,
        ..RecordQuery::default()
    };
    for fact in context.journal.select(query).await? {
        // What is inside it has a why of its own.
        if fact.body.object() == Some(&path) && event::visible(&context.bus, principal, &fact) {
            why.changes.push(event::to_api(&fact)?);
            if why.changes.len() == CHANGES {
                break;
            }
        }
    }
    Ok(Json(why))
}

/// Only what the principal may see is named: a server's host may be somebody else's.
fn to_api(path: &ObjectPath, principal: &Principal, found: Explanation<'_>) -> Why {
    let may_read = |path: &ObjectPath| principal.may(Right::Read, Some(path));
    let related = |all: Vec<Related>| {
        let seen = all.into_iter().filter(|one| may_read(&one.path));
        seen.map(|Related { path, relation, status }| WhyObject {
            path,
            relation: relation.to_owned(),
            status: status.to_owned(),
        })
        .collect()
    };
    Why {
        object: path.clone(),
        status: found.status.map(str::to_owned),
        is_well: found.is_well,
        summary: found.summary,
        since: Timestamp::maybe(found.since),
        cause: found.cause,
        last_action: found.last_action.map(|(action, step)| WhyAction {
            id: action.id,
            operation: action.operation,
            actor: action.actor.clone().into(),
            reason: action.reason.clone(),
            at: Timestamp(action.accepted_at),
            status: step.status,
            message: step.message.clone(),
        }),
        refusals: found
            .refusals
            .into_iter()
            .map(|refused| WhyRefusal { by: refused.by.to_owned(), text: refused.text })
            .collect(),
        problems: found
            .problems
            .into_iter()
            .filter(|problem| may_read(problem.object()))
            .map(|problem| WhyProblem {
                id: problem.id,
                severity: problem.what.severity,
                object: problem.object().clone(),
                rule: problem.what.key.rule.clone(),
                message: problem.what.message.clone(),
                cause: problem.cause,
                suppressed: problem.suppression.as_ref().map(Suppression::as_str).map(str::to_owned),
            })
            .collect(),
        above: related(found.above),
        below: related(found.below),
        changes: Vec::new(),
    }
}
