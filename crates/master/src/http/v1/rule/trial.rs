//! `POST /api/v1/rules/test`: a rule tried on the past, of what the asker may read. Nothing is changed.
//!
//! ```text
//! rule on numbers ─► its query over the range, on a thread with a budget ─► values ─┐
//! rule on states  ─► the journal's events of its kind, so many at most ────────────┴─► engine: trial ─► tally
//! ```
//!
//! Invariant
//! - T-1: what a trial takes is bounded in time, values, events and in what it keeps, and it ends with its asker.
//!
//! Elsewhere: what a trial comes to (`topmast_engine::alarm`).

mod events;
mod numbers;
mod tally;

use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::body::Body;
use crate::http::problem::Refusal;
use crate::query::Unanswered;
use axum::Json;
use axum::extract::State;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tally::Tally;
use topmast_api::problem::ProblemCode;
use topmast_api::rule::{DRAWN_MAX, RuleTestRequest, RuleTrial, TRIED_MAX, TriedSeries};
use topmast_api::time::Timestamp;
use topmast_engine::ObjectRow;
use topmast_history::promql::{self, Query};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_model::rule::{Number, Rule, Scope, text};
use topmast_model::time::UnixMillis;

/// How far back a trial may begin: as long as the longest mute, and longer than most histories.
const SINCE_MAX: Duration = Duration::from_hours(400 * 24);
const DAY: Duration = Duration::from_hours(24);
/// Longest that a trial is worked on: below what a client waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn rule_test(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<RuleTestRequest>,
) -> Result<Json<RuleTrial>, Refusal> {
    let trial = Arc::new(Trial::new(&context, authenticated.principal, &request)?);
    let found = match &trial.query {
        Some(query) => numbers::found(&context, &trial, query).await?,
        None => tokio::time::timeout(ANSWER_WITHIN, events::found(&context, &trial))
            .await
            .map_err(|_| refused(Unanswered::Late(ANSWER_WITHIN)))??,
    };
    Ok(Json(trial.answer(found)))
}

/// What is to be tried.
struct Trial {
    principal: Principal,
    rule: Rule,
    /// Of a rule on numbers.
    query: Option<Arc<Query>>,
    /// Which objects; all when empty.
    on: Scope,
    /// Which series of these; all when missing.
    detail: Option<String>,
    since: UnixMillis,
    until: UnixMillis,
    step_s: Option<u32>,
    /// Series to be drawn.
    draw: usize,
}

/// What was found.
struct Found {
    step: Option<Duration>,
    looked_at: u64,
    /// What was not looked at.
    gaps: Vec<String>,
    tally: Tally,
    series: Vec<TriedSeries>,
}

impl Trial {
    fn new(context: &Context, principal: Principal, request: &RuleTestRequest) -> Result<Self, Refusal> {
        let rules = text::read(&request.text).map_err(|error| Refusal::invalid("text", error.to_string()))?;
        let [rule] = <[Rule; 1]>::try_from(rules).map_err(|rules| {
            Refusal::invalid("text", format!("has {} rules; try them one by one", rules.len()))
        })?;
        super::check_queries(&request.text, std::slice::from_ref(&rule))?;
        let query = rule.when.query().and_then(|query| promql::parse(query).ok());
        let on = Scope::parse(request.on.as_deref().unwrap_or_default())
            .map_err(|error| Refusal::invalid("on", error.to_string()))?;
        let now = context.bus.clock().now();
        let since = request.since.0;
        let until = request.until.map_or(now, |until| until.0.min(now));
        if since >= until || since.plus(SINCE_MAX) < now {
            let days = SINCE_MAX.as_secs() / DAY.as_secs();
            let detail = format!("is to be before the end of the trial, and at most {days} days ago");
            return Err(Refusal::invalid("since", format!("since {detail}")));
        }
        if request.step_s == Some(0) {
            return Err(Refusal::invalid(
                "step_s",
                "step_s is to be 1 or more; leave it out for one that fits",
            ));
        }
        if request.draw > DRAWN_MAX {
            return Err(Refusal::invalid("draw", format!("draw is to be at most {DRAWN_MAX}")));
        }
        let draw = usize::try_from(request.draw).unwrap_or_default();
        let (step_s, detail) = (request.step_s, request.detail.clone());
        Ok(Self { principal, rule, query: query.map(Arc::new), on, detail, since, until, step_s, draw })
    }

    /// True when the trial is about an object, and the asker may read it.
    fn is_about(&self, state: &topmast_engine::State, object: &ObjectPath) -> bool {
        let row = ObjectRow { state, path: object };
        self.principal.may(Right::Read, Some(object)) && self.on.matches(&row)
    }

    /// True when the rule looks at an object and the trial is about it.
    fn looks_at(&self, state: &topmast_engine::State, object: &ObjectPath) -> bool {
        let row = ObjectRow { state, path: object };
        self.rule.reaches(object) && self.rule.scope.matches(&row) && self.is_about(state, object)
    }

    /// The servers that it is about, when these are all that it is about: of others nothing need be read.
    fn servers(&self, state: &topmast_engine::State, most: usize) -> Option<BTreeSet<ObjectPath>> {
        if self.on.is_empty() {
            return None;
        }
        let inside = state.servers().iter().map(|(path, _)| path);
        let inside = inside.chain(state.applications().iter().map(|(path, _)| path));
        let inside = inside.chain(state.services().iter().map(|(path, _)| path));
        let mut servers = BTreeSet::new();
        for path in inside.filter(|path| self.is_about(state, path)) {
            let server = path.ancestor(Level::Server)?;
            // Who may read only a part of a server is told what is so of that part.
            if !self.principal.may(Right::Read, Some(&server)) || servers.len() > most {
                return None;
            }
            servers.insert(server);
        }
        let above: BTreeSet<ObjectPath> = servers
            .iter()
            .flat_map(|server| [server.ancestor(Level::Tenant), server.ancestor(Level::Cluster)])
            .flatten()
            .collect();
        let is_about_more = above.iter().any(|path| self.is_about(state, path));
        (!is_about_more && servers.len() <= most).then_some(servers)
    }

    /// Where what is kept begins, when that is later than what was asked for.
    fn gap(&self, begins: UnixMillis) -> Option<String> {
        let begins = Timestamp(begins);
        (self.since < begins.0).then(|| format!("nothing is kept from before {begins}"))
    }

    fn answer(&self, found: Found) -> RuleTrial {
        let Found { step, looked_at, mut gaps, tally, series } = found;
        let since = tally.since();
        let summed = tally.finish();
        if summed.total > TRIED_MAX as u64 {
            gaps.push(format!("the newest {TRIED_MAX} of {} problems are listed", summed.total));
        }
        RuleTrial {
            name: self.rule.name.clone(),
            severity: self.rule.severity,
            since: Timestamp(since),
            until: Timestamp(self.until),
            step_ms: step.and_then(|step| u64::try_from(step.as_millis()).ok()),
            looked_at,
            bound: self.rule.when.bound().map(Number::get),
            total: summed.total,
            lasted_ms: summed.lasted_ms,
            notices: summed.notices,
            gaps,
            days: summed.days,
            problems: summed.problems,
            series,
        }
    }
}

/// Why nothing was found in time.
fn refused(unanswered: Unanswered) -> Refusal {
    match unanswered {
        Unanswered::Full => {
            Refusal::new(ProblemCode::Busy, "too many queries wait already; try again in a moment")
        }
        Unanswered::Late(after) => {
            let seconds = after.as_secs();
            let way = "ask for a shorter time, a longer step, or fewer objects";
            Refusal::new(ProblemCode::Busy, format!("the trial took longer than {seconds} s: {way}"))
        }
        Unanswered::Stopping => Refusal::new(ProblemCode::Stopping, "the master is stopping"),
    }
}
