//! Watches: a list that stays true, as a snapshot and then deltas (SSE).
//!
//! `GET /api/v1/{kind}/watch` takes the query of the list: filter, sort and window.
//!
//! ```text
//! event: snapshot    {"items":[row…],"total":n,"revision":r}       first, and again after a reader was too slow
//! event: delta       {"after":r,"revision":r2,"total":n,"changed":[row…],"removed":[path…],"placed":[{path,index}…]}
//!                    and "facets":[…] or "missing":[…], all of them, when one changed
//! event: heartbeat   {}                                            when nothing changed for a while
//! ```
//!
//! A delta is applied in this order, and the result is exactly the list at its revision:
//! 1. `removed` rows leave the window (they are gone, filtered out, or sorted out of it);
//! 2. `changed` rows replace those of their path, or are new;
//! 3. `placed` paths are taken out of the order, then inserted one after the other, by
//!    ascending `index`, so that each stands at its index. Every new row is placed; others keep their order.
//!
//! Invariants
//! - W-1: after [`WatchView::apply`] of what [`WatchView::advance`] returned, both views are equal,
//!   but for the ages of rows that did not change otherwise.
//! - W-2: deltas chain: each names the revision that it starts from, so a lost one is noticed.
//! - W-3: a row's age alone is no change, for it always grows; becoming late (`stale`) is one. A reader
//!   lets the age of late rows grow by itself from when it received them.

use crate::page::{Facet, Page};
use crate::row::Row;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// Longest silence of a stream; a reader that hears nothing for three times as long connects again.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// Shortest time between two deltas of a watch: four a second is as fast as a person reads.
pub const DELTA_INTERVAL: Duration = Duration::from_millis(250);

/// What changed of a watched list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delta<R> {
    /// The revision that it starts from.
    pub after: u64,
    /// The revision that it leads to.
    pub revision: u64,
    /// Rows that the filter lets through, in all windows.
    pub total: u64,
    /// Rows that are new in the window or changed.
    pub changed: Vec<R>,
    /// Paths of rows that left the window.
    #[schema(value_type = Vec<crate::schema::ObjectPath>)]
    pub removed: Vec<ObjectPath>,
    /// New places, by ascending index.
    pub placed: Vec<Placement>,
    /// All facets of the watch; missing when they are as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<Vec<Facet>>,
    /// All clusters that are missing in the list, as in its page; missing when they are as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
}

/// The place of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Placement {
    /// The row.
    #[schema(value_type = crate::schema::ObjectPath)]
    pub path: ObjectPath,
    /// Its index in the window, counted from 0.
    pub index: u32,
}

/// One message of a watch.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchMessage<R> {
    /// SSE event `snapshot`: forget what was before.
    Snapshot(Page<R>),
    /// SSE event `delta`.
    Delta(Delta<R>),
    /// SSE event `heartbeat`.
    Heartbeat,
}

/// Why a delta cannot be applied. The view is no longer true: take a new snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// A delta before it is missing.
    #[error("the watch is at revision {here}, but the change starts at {after}; connect again")]
    OutOfStep {
        /// The view's revision.
        here: u64,
        /// Where the delta starts.
        after: u64,
    },
    /// It names what is not there.
    #[error("the change of revision {revision} does not fit the rows here; connect again")]
    Inconsistent {
        /// The delta's revision.
        revision: u64,
    },
}

/// The window of a watch: the master's, from which deltas are made, and the reader's, which they keep true.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchView<R> {
    rows: HashMap<ObjectPath, R>,
    order: Vec<ObjectPath>,
    total: u64,
    revision: u64,
    facets: Vec<Facet>,
    missing: Vec<String>,
}

impl<R: Row> WatchView<R> {
    /// A view of a snapshot. Of two rows with one path the first counts.
    pub fn new(page: Page<R>) -> Self {
        let mut view = Self {
            rows: HashMap::with_capacity(page.items.len()),
            order: Vec::with_capacity(page.items.len()),
            total: page.total,
            revision: page.revision,
            facets: page.facets,
            missing: page.missing,
        };
        for row in page.items {
            if !view.rows.contains_key(row.path()) {
                view.order.push(row.path().clone());
                view.rows.insert(row.path().clone(), row);
            }
        }
        view
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.order.iter().filter_map(|path| self.rows.get(path))
    }

    /// One row.
    pub fn row(&self, path: &ObjectPath) -> Option<&R> {
        self.rows.get(path)
    }

    /// Rows that the filter lets through, in all windows.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The revision that the rows are of.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The facets, as the query asked for them.
    pub fn facets(&self) -> &[Facet] {
        &self.facets
    }

    /// Clusters that are missing in it, each with why.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The view as a snapshot.
    pub fn to_page(&self) -> Page<R> {
        Page {
            items: self.rows().cloned().collect(),
            total: self.total,
            revision: self.revision,
            facets: self.facets.clone(),
            missing: self.missing.clone(),
        }
    }

    /// Takes in a delta.
    ///
    /// # Errors
    /// [`WatchError`]; the view must then be replaced.
    ///
    /// Cost: O(window) when the order changes, else O(delta).
    pub fn apply(&mut self, delta: Delta<R>) -> Result<(), WatchError> {
        if delta.after != self.revision {
            return Err(WatchError::OutOfStep { here: self.revision, after: delta.after });
        }
        let inconsistent = || WatchError::Inconsistent { revision: delta.revision };
        for path in &delta.removed {
            self.rows.remove(path).ok_or_else(inconsistent)?;
        }
        for row in delta.changed {
            self.rows.insert(row.path().clone(), row);
        }
        if !delta.removed.is_empty() || !delta.placed.is_empty() {
            self.reorder(&delta.removed, &delta.placed).ok_or_else(inconsistent)?;
        }
        if self.order.len() != self.rows.len() {
            return Err(inconsistent());
        }
        self.total = delta.total;
        self.revision = delta.revision;
        if let Some(facets) = delta.facets {
            self.facets = facets;
        }
        if let Some(missing) = delta.missing {
            self.missing = missing;
        }
        Ok(())
    }

    /// Moves on to a newer page and returns what changed; `None` when a reader need not be told.
    ///
    /// Cost: O(window log window).
    pub fn advance(&mut self, page: Page<R>) -> Option<Delta<R>> {
        let before: HashMap<&ObjectPath, usize> =
            self.order.iter().enumerate().map(|(index, path)| (path, index)).collect();
        let after: HashSet<&ObjectPath> = page.items.iter().map(Row::path).collect();
        let removed: Vec<ObjectPath> =
            self.order.iter().filter(|path| !after.contains(path)).cloned().collect();
        let places: Vec<Option<usize>> =
            page.items.iter().map(|row| before.get(row.path()).copied()).collect();
        let stays = longest_ascending(&places);
        let placed: Vec<Placement> = (0_u32..)
            .zip(page.items.iter().zip(&stays))
            .filter(|(_, (_, stays))| !**stays)
            .map(|(index, (row, _))| Placement { path: row.path().clone(), index })
            .collect();

        let mut changed = Vec::new();
        let mut order = Vec::with_capacity(page.items.len());
        let mut rows = HashMap::with_capacity(page.items.len());
        for row in page.items {
            let path = row.path().clone();
            let is_same = self.rows.remove(&path).is_some_and(|earlier| earlier.equals_but_for_age(&row)); // W-3
            if !is_same {
                changed.push(row.clone());
            }
            order.push(path.clone());
            rows.insert(path, row);
        }
        self.rows = rows;
        self.order = order;
        let total_moved = std::mem::replace(&mut self.total, page.total) != page.total;
        let facets = news(&mut self.facets, page.facets);
        let missing = news(&mut self.missing, page.missing);
        let rows_same = changed.is_empty() && removed.is_empty() && placed.is_empty();
        if rows_same && !total_moved && facets.is_none() && missing.is_none() {
            return None;
        }
        let after = std::mem::replace(&mut self.revision, page.revision);
        let Page { revision, total, .. } = page;
        Some(Delta { after, revision, total, changed, removed, placed, facets, missing })
    }

    /// Steps 1 and 3 of a delta; `None` when a place cannot be.
    fn reorder(&mut self, removed: &[ObjectPath], placed: &[Placement]) -> Option<()> {
        let gone: HashSet<&ObjectPath> =
            removed.iter().chain(placed.iter().map(|placement| &placement.path)).collect();
        // A path named twice would stand twice.
        if gone.len() != removed.len() + placed.len() {
            return None;
        }
        let mut kept = std::mem::take(&mut self.order).into_iter().filter(|path| !gone.contains(path));
        let mut order = Vec::with_capacity(self.rows.len());
        for placement in placed {
            let index = usize::try_from(placement.index).ok()?;
            if index < order.len() || !self.rows.contains_key(&placement.path) {
                return None;
            }
            while order.len() < index {
                order.push(kept.next()?);
            }
            order.push(placement.path.clone());
        }
        order.extend(kept);
        self.order = order;
        Some(())
    }
}

/// Takes over what is so now; all of it, if it was not so before.
fn news<T: PartialEq + Clone>(known: &mut T, now: T) -> Option<T> {
    (*known != now).then(|| {
        known.clone_from(&now);
        now
    })
}

/// Marks one longest subsequence of ascending places, which therefore need not be told; `None` has no place yet.
fn longest_ascending(places: &[Option<usize>]) -> Vec<bool> {
    // Patience sorting: `ends[n]` is the index with the smallest place that ends a run of n + 1.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; places.len()];
    for (index, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let run = ends.partition_point(|(end, _)| *end < place);
        previous[index] = run.checked_sub(1).map(|shorter| ends[shorter].1);
        if run == ends.len() {
            ends.push((place, index));
        } else {
            ends[run] = (place, index);
        }
    }
    let mut marked = vec![false; places.len()];
    let mut next = ends.last().map(|(_, index)| *index);
    while let Some(index) = next {
        marked[index] = true;
        next = previous[index];
    }
    marked
}

#[cfg(test)]
mod tests;
