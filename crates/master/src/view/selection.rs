//! Selections: which objects a query lists, in which order, and how one is kept true.
//!
//! ```text
//! all objects ─► filter ─► facets, window ─► Selection
//!                 ▲                            │ few enough: all that the filter lets through, with their sort values
//!                 └─ only what is inside what the events since then touched ◄─┘
//! ```
//!
//! So a watch of few rows costs as much as what happened where its filter looks, and not as much as the fleet is
//! large. That is so for queries that ask nothing but settled fields of which none says anything of other servers'
//! objects; the others look through everything again.

use super::facet::Facets;
use super::walk::in_slices;
use super::{Order, Query, See, SortValue, View, visible, window::Window};
use std::collections::BTreeMap;
use std::ops::Bound;
use topmast_api::page::Facet;
use topmast_engine::State;
use topmast_model::id::Seq;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};

/// Objects that a filter lets through, of which all are kept; beyond, all are looked for again. Few in tests, so that
/// it happens.
const KEPT_MAX: usize = if cfg!(all(test, debug_assertions)) { 8 } else { 1_024 };

/// Which objects are in the window of a query, and what is told of those that are not.
#[derive(Clone)]
pub(crate) struct Selection {
    pub(super) paths: Vec<ObjectPath>,
    pub(super) total: usize,
    pub(super) facets: Vec<Facet>,
    /// Before the first was looked at; `None` when numbers or the time can change it as well.
    settled_at: Option<Seq>,
    kept: Option<Kept>,
}

/// All that a filter lets through, with what they are sorted by.
type Kept = BTreeMap<ObjectPath, Vec<SortValue>>;

impl Selection {
    /// True when nothing happened that could have changed it.
    pub(super) fn is_current(&self, state: &State) -> bool {
        self.settled_at == Some(state.last_seq())
    }

    /// True when it is kept true at little cost.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Rows of its window.
    pub(crate) fn rows(&self) -> usize {
        self.paths.len()
    }

    pub(super) fn into_paths(self) -> Vec<ObjectPath> {
        self.paths
    }
}

/// Looks at all objects once. What is around them is returned when it was needed.
pub(crate) fn select<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
) -> (Selection, Option<V::Around>) {
    let mut settled_at = None;
    if query.is_settled::<V>() {
        see(&mut |sight| settled_at = Some(sight.state.last_seq()));
    }
    let around = query.asks::<V>(V::AROUND).then(|| V::around(see, principal, None));
    let unneeded = V::Around::default();
    let order = Order::new(&query.sort, V::FIELDS);
    let mut window = Window::new(&order, query.window());
    let mut facets = Facets::new(&query.facets, V::FIELDS);
    let mut readable = visible(principal);
    // Then paths are all there is to look at, and when all are to be seen, not even those.
    let is_plain = query.is_plain();
    if is_plain && principal.may(Right::Read, None) {
        let (mut total, mut paths) = (0, Vec::new());
        see(&mut |sight| {
            let objects = V::objects(sight.state);
            let shown = objects.iter().skip(query.offset).take(query.limit);
            (total, paths) = (objects.len(), shown.map(|(path, _)| path.clone()).collect());
        });
        return (Selection { paths, total, facets: Vec::new(), settled_at, kept: None }, None);
    }
    let is_local = settled_at.is_some() && query.facets.is_empty() && !query.asks::<V>(V::AFAR);
    let mut kept = (is_local && !is_plain).then(Kept::new);
    let mut may_match = places::<V>(query);
    in_slices(see, V::objects, None, &mut |sight, objects| {
        let mut objects = objects.filter(|(path, _)| may_match(path) && readable(path));
        if is_plain {
            objects.for_each(|(path, _)| window.offer_next(path));
            return;
        }
        V::look(sight, around.as_ref().unwrap_or(&unneeded), &mut objects, &mut |path, subject| {
            if query.filter.matches(subject) {
                facets.add(subject);
                window.offer(path, subject);
                if let Some(all) = &mut kept {
                    let mut values = Vec::new();
                    order.read(subject, &mut values);
                    all.insert(path.clone(), values);
                }
                kept.take_if(|all| all.len() > KEPT_MAX);
            }
        });
    });
    let (total, paths) = window.finish();
    (Selection { paths, total, facets: facets.finish(), settled_at, kept }, around)
}

/// Whether anything that is on the server of a path may match, for paths that come in order.
fn places<V: View>(query: &Query) -> impl FnMut(&ObjectPath) -> bool {
    let mut last: Option<(ObjectPath, bool)> = None;
    let decides = query.names_places::<V>();
    move |path| {
        if !decides {
            return true;
        }
        if let Some((place, may)) = &last
            && path.is_within(place)
        {
            return *may;
        }
        let Some(place) = path.ancestor(Level::Server) else { return true };
        let may = !query.rules_out::<V>(&place);
        last = Some((place, may));
        may
    }
}

/// Brings a selection up to date, if that takes no look at all objects; says whether it is.
///
/// Cost: O(objects on the servers that were touched where the filter may match, and those kept).
pub(crate) fn renew<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    selection: &mut Selection,
) -> bool {
    let (mut now, mut touched) = (None, None);
    see(&mut |sight| {
        now = Some(sight.state.last_seq());
        touched = if selection.is_current(sight.state) {
            Some(Vec::new())
        } else {
            let after = selection.settled_at.filter(|_| selection.kept.is_some());
            after.and_then(|after| sight.recent.touched_after(after, |place| !query.rules_out::<V>(place)))
        };
    });
    let Some(touched) = touched else { return false };
    selection.settled_at = now;
    let Some(kept) = selection.kept.as_mut().filter(|_| !touched.is_empty()) else { return true };
    let order = Order::new(&query.sort, V::FIELDS);
    for place in &touched {
        select_within::<V>(see, principal, query, &order, place, kept);
        if kept.len() > KEPT_MAX {
            return false;
        }
    }
    selection.total = kept.len();
    selection.paths = if order.is_empty() {
        kept.keys().skip(query.offset).take(query.limit).cloned().collect()
    } else {
        let mut sorted: Vec<_> = kept.iter().collect();
        // Stable, so that what the keys cannot tell apart stays in order of the paths.
        sorted.sort_by(|(_, one), (_, other)| order.compare(one, other));
        let shown = sorted.into_iter().skip(query.offset).take(query.limit);
        shown.map(|(path, _)| path.clone()).collect()
    };
    true
}

/// Looks at what is at a place or inside it, and replaces what was kept of it.
fn select_within<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    order: &Order,
    place: &ObjectPath,
    kept: &mut Kept,
) {
    // `0` comes after the slash.
    let (first, end) = (format!("{place}/"), format!("{place}0"));
    let inside = kept.range::<str, _>((Bound::Included(first.as_str()), Bound::Excluded(end.as_str())));
    let gone: Vec<ObjectPath> = inside.map(|(path, _)| path.clone()).chain([place.clone()]).collect();
    for path in &gone {
        kept.remove(path);
    }
    let mut around = V::Around::default();
    if query.asks::<V>(V::AROUND) {
        let mut paths = Vec::new();
        in_slices(see, V::objects, Some(place), &mut |_, objects| {
            paths.extend(objects.map(|(path, _)| path.clone()));
        });
        around = V::around(see, principal, Some(&paths));
    }
    let mut readable = visible(principal);
    in_slices(see, V::objects, Some(place), &mut |sight, objects| {
        let mut objects = objects.filter(|(path, _)| readable(path));
        V::look(sight, &around, &mut objects, &mut |path, subject| {
            if kept.len() <= KEPT_MAX && query.filter.matches(subject) {
                let mut values = Vec::new();
                order.read(subject, &mut values);
                kept.insert(path.clone(), values);
            }
        });
    });
}
