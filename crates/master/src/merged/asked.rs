//! Queries as joined clusters are asked them.

use crate::federation::WatchError;
use crate::view::Query;
use topmast_api::page::{LIMIT_MAX, ListQuery, SortKey};

/// How deep a list of several clusters can be looked at.
const DEPTH_MAX: usize = LIMIT_MAX as usize;

/// Why a list of several clusters was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// Its window ends too far from the top.
    #[error(
        "a list of several clusters goes {DEPTH_MAX} rows deep, and offset and limit come to {depth}; narrow the filter, \
         or ask one cluster by /api/v1/clusters/NAME"
    )]
    TooDeep {
        /// How far.
        depth: usize,
    },
    /// A joined cluster is not watched for it.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

/// The part of a list from the top down to the end of a window, in which the window of all clusters together is.
pub(super) fn from_the_top(query: &Query) -> Result<Query, ListError> {
    let depth = query.offset.saturating_add(query.limit);
    if depth > DEPTH_MAX {
        return Err(ListError::TooDeep { depth });
    }
    Ok(Query { offset: 0, limit: depth, ..query.clone() })
}

/// What a joined cluster is asked for a query; `None` when none of its rows can match.
pub(super) fn of_join(query: &Query, join: &str) -> Option<ListQuery> {
    let key =
        |SortKey { field, descending }: &SortKey| format!("{}{field}", if *descending { "-" } else { "" });
    let sort: Vec<String> = query.sort.iter().map(key).collect();
    let said = |text: String| (!text.is_empty()).then_some(text);
    Some(ListQuery {
        filter: said(query.filter.in_join(join)?.to_string()),
        sort: said(sort.join(",")),
        limit: u32::try_from(query.limit).ok(),
        offset: None,
        facets: said(query.facets.join(",")),
        at: None,
    })
}
