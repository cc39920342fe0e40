//! `/api/v1/masters`: which master is active, how far the others are, and the hand-over to another one.

use crate::cluster::{Member, SILENT};
use crate::http::authenticate::Authenticated;
use crate::http::body::Named;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::master::{MasterRole, MasterRow};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_engine::Submission;
use topmast_model::command::{Command, MasterOrder};
use topmast_model::principal::Right;

/// A master that is further behind is not handed the lead: it would keep everybody waiting.
const LAG_MAX: u64 = 1_000;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::MASTER_LIST, master_list).route(&route::MASTER_PROMOTE, master_promote)
}

async fn master_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<MasterRow>> {
    let own = context.own_member();
    let revision = own.seq.0;
    let mut rows = rows(&context, own);
    if !authenticated.principal.may(Right::Read, None) {
        // It would tell a tenant how many servers the others have.
        for row in &mut rows {
            row.agents = None;
        }
    }
    Json(Page::whole(rows, revision))
}

async fn master_promote(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let rows = rows(&context, context.own_member());
    let row = rows.iter().find(|row| row.name == name).ok_or_else(|| Refusal::not_found("master", &name))?;
    let refused = |why: String| Err(Refusal::new(ProblemCode::Conflict, why));
    match row.role {
        MasterRole::Active => return refused(format!("{name} is the active master already")),
        MasterRole::Stuck | MasterRole::Silent => {
            let why = row.problem.as_deref().unwrap_or("it was not heard of for five seconds");
            return refused(format!("{name} cannot take over: {why}"));
        }
        MasterRole::Standby if row.lag > LAG_MAX => {
            return refused(format!("{name} is {} events behind; wait until it has caught up", row.lag));
        }
        MasterRole::Standby => {}
    }
    let command = Command::ChangeMaster { order: MasterOrder::HandOver { to: name } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn rows(context: &Context, own: Member) -> Vec<MasterRow> {
    let head = own.seq.0;
    context.members.all(own).into_iter().map(|member| row(member, head)).collect()
}

fn row(member: Member, head: u64) -> MasterRow {
    let Member { name, url, version, is_active, seq, agents, stuck, notice, age } = member;
    let role = match (&stuck, is_active) {
        _ if age.is_some_and(|age| age > SILENT) => MasterRole::Silent,
        (Some(_), _) => MasterRole::Stuck,
        (None, true) => MasterRole::Active,
        (None, false) => MasterRole::Standby,
    };
    MasterRow {
        name,
        role,
        url,
        version,
        event: seq.0,
        lag: head.saturating_sub(seq.0),
        agents: Some(agents as u64),
        age_ms: age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        problem: stuck.or(notice),
        is_this: age.is_none(),
    }
}
