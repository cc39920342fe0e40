//! Problems of all clusters together, told whole when something changed.

use super::asked::ListError;
use super::list::{Own, Shown, begin};
use super::peers;
use crate::http::{Context, Message};
use crate::http::{PROBLEM_PACE as PACE, look_at_problems as look};
use crate::view::Query;
use crate::watch::{Pace, Watched};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::live::LiveEvent;
use topmast_api::page::Page;
use topmast_model::principal::Principal;

/// The problems of a query in all clusters that a principal sees.
pub(crate) async fn problems(
    context: &Arc<Context>,
    principal: &Principal,
    query: Query,
) -> Result<Arc<dyn Watched>, ListError> {
    let peers = peers(context, principal);
    begin::<Whole, _>(context, principal, "problems", query, peers, OwnProblems(principal.clone())).await
}

struct OwnProblems(Principal);

impl Own<ProblemRow> for OwnProblems {
    const PACE: Pace = PACE;

    async fn look(&mut self, context: &Arc<Context>, query: &Query) -> (Page<ProblemRow>, Duration) {
        look(context, &self.0, query).await
    }
}

/// A list that is told whole.
struct Whole(Page<ProblemRow>);

impl Shown for Whole {
    type Row = ProblemRow;

    fn new(page: Page<ProblemRow>) -> Self {
        Self(page)
    }

    fn whole(&self) -> Message {
        Message::new(LiveEvent::Snapshot, &self.0)
    }

    fn advance(&mut self, page: Page<ProblemRow>) -> Option<Message> {
        // Its revision alone is no change.
        let (now, then) = (&page, &self.0);
        let is_news = (&now.items, now.total, &now.facets) != (&then.items, then.total, &then.facets);
        is_news.then(|| {
            self.0 = page;
            self.whole()
        })
    }

    fn revision(&self) -> u64 {
        self.0.revision
    }
}
