//! Problems of all clusters together, told whole when something changed.

use super::asked::ListError;
use super::list::{List, Own, begin};
use super::peers;
use crate::http::{Context, PROBLEM_PACE as PACE, ProblemList, look_at_problems as look};
use crate::view::Query;
use crate::watch::{Pace, Watched};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::page::Page;
use topmast_model::principal::Principal;

/// The problems of a query in all clusters that a principal sees.
pub(crate) async fn problems(
    context: &Arc<Context>,
    principal: &Principal,
    query: Query,
) -> Result<Arc<dyn Watched>, ListError> {
    let peers = peers(context, principal);
    let own = OwnProblems(principal.clone());
    begin::<ProblemList<Arc<ProblemRow>>, _>(context, principal, "problems", query, peers, own).await
}

struct OwnProblems(Principal);

impl Own<ProblemRow> for OwnProblems {
    const PACE: Pace = PACE;

    async fn look(&mut self, context: &Arc<Context>, query: &Query) -> (Page<ProblemRow>, Duration) {
        look(context, &self.0, query).await
    }
}

impl List for ProblemList<Arc<ProblemRow>> {
    type Row = ProblemRow;

    fn new(page: Page<Arc<ProblemRow>>) -> Self {
        Self(page)
    }

    fn revision(&self) -> u64 {
        self.0.revision
    }
}
