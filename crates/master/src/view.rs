//! Views: rows made of the state and the live model, filtered, sorted and cut to a window.
//!
//! ```text
//! objects ─► subjects, borrowed ─► filter ─► facets, window ─► Selection ─► rows of the window
//!    └── a slice at a time, the state let go of in between ──┘
//! ```
//!
//! Lists, watches, the target filter of actions and later surfaces all come
//! through here, so what a word in a filter means is the same everywhere, and
//! what a principal may not see is left out in one place.

mod action;
mod application;
#[cfg(test)]
mod cost;
mod event;
mod facet;
#[cfg(test)]
mod fleet;
mod overview;
mod problem;
mod recent;
mod selection;
mod server;
mod service;
mod task;
#[cfg(test)]
mod tests;
mod walk;
mod window;

pub(crate) use action::FilterableAction;
pub(crate) use application::Applications;
pub(crate) use event::FilterableEvent;
pub(crate) use overview::{overview, worst_first};
pub(crate) use problem::{details as problem_details, problems};
pub(crate) use recent::{Recent, Touched};
pub(crate) use selection::{Selection, select};
pub(crate) use server::Servers;
pub(crate) use service::Services;
pub(crate) use task::Tasks;
pub(crate) use walk::See;
pub(crate) use window::{Order, SortValue};

use crate::live::{LiveModel, ServerLive};
use crate::registry::Registry;
use selection::renew;
use serde::Serialize;
use std::ops::Range;
use std::time::Instant;
use topmast_api::page::{
    FacetError, LIMIT_DEFAULT, LIMIT_MAX, ListQuery, Page, SortError, SortKey, parse_facets, parse_sort,
};
use topmast_api::row::{LatestSample, Row};
use topmast_api::time::Timestamp;
use topmast_engine::{PathMap, State};
use topmast_model::event::Event;
use topmast_model::filter::{self, FieldDef, FieldValue, Filter, FilterError};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_model::sample::Series;
use topmast_model::status::Severity;
use topmast_model::time::UnixMillis;
use walk::Objects;

/// Rows made before the state is let go of.
const ROWS_AT_ONCE: usize = sized(1_024);

/// A number of objects; small ones in tests, so that their few objects go the way that very many go.
const fn sized(count: usize) -> usize {
    if cfg!(all(test, debug_assertions)) { count.div_ceil(1_000) } else { count }
}

/// Everything that rows are made of, at one moment.
pub(crate) struct Sight<'a> {
    pub(crate) state: &'a State,
    pub(crate) live: &'a LiveModel,
    pub(crate) registry: &'a Registry,
    /// What the last events of the state touched.
    pub(crate) recent: &'a Recent,
    pub(crate) now: Instant,
    /// The same moment by the master's clock, for what is counted from times in the state.
    pub(crate) time: UnixMillis,
}

/// A kind of row: how to look at its objects, and how to make it of one.
pub(crate) trait View: 'static {
    /// The row.
    type Row: Row;
    /// Everything known of one object.
    type Details: Serialize + Send;
    /// What the state keeps of one object.
    type Object: 'static;
    /// One object while it is looked at: its fields' values, for filters, sorts and facets, without a row.
    type Subject<'a>: filter::Row;
    /// What must be known of other objects for some fields of one.
    type Around: Default;
    /// What one object is called.
    const NOUN: &'static str;
    /// Where such objects are in the tree.
    const LEVEL: Level;
    /// Its fields, for filters and sorts.
    const FIELDS: &'static [FieldDef];
    /// Positions of the fields whose values need what is around an object.
    const AROUND: &'static [usize];
    /// Positions of the fields whose values change with an event only, not with a number or the time.
    const SETTLED: &'static [usize];
    /// Positions of the settled fields that an event elsewhere can change, not only one about something on the
    /// object's own server.
    const AFAR: &'static [usize];

    /// All of its objects.
    fn objects(state: &State) -> &PathMap<Self::Object>;

    /// What is around all objects, or around `some`, as far as the principal may read it.
    fn around(see: See<'_>, principal: &Principal, some: Option<&[ObjectPath]>) -> Self::Around;

    /// Calls `each` with every one of the objects, which come in order of their paths.
    fn look<'s>(
        sight: &'s Sight<'s>,
        around: &Self::Around,
        objects: Objects<'_, 's, Self::Object>,
        each: &mut dyn FnMut(&ObjectPath, &Self::Subject<'_>),
    );

    /// The row of an object; what was around it must be known.
    fn row(subject: &Self::Subject<'_>) -> Self::Row;

    /// Everything known of one object, if it is there, for a principal who may read it.
    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<Self::Details>;
}

/// Why a list was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error(transparent)]
    Sort(#[from] SortError),
    #[error(transparent)]
    Facets(#[from] FacetError),
    #[error("limit is 1 to {LIMIT_MAX}")]
    Limit,
}

/// What to list, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) filter: Filter,
    pub(crate) sort: Vec<SortKey>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    /// Names of the fields to count.
    pub(crate) facets: Vec<String>,
}

impl Query {
    /// Checks a request's words against a view's fields.
    pub(crate) fn parse<V: View>(query: &ListQuery) -> Result<Self, QueryError> {
        Self::of(query, V::FIELDS)
    }

    fn of(query: &ListQuery, fields: &'static [FieldDef]) -> Result<Self, QueryError> {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let texts = fields.iter().filter(|field| field.kind.is_text());
        let texts: Vec<&str> = texts.map(|field| field.name).collect();
        let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(QueryError::Limit);
        }
        Ok(Self {
            filter: Filter::parse(query.filter.as_deref().unwrap_or_default(), fields)?,
            sort: parse_sort(query.sort.as_deref().unwrap_or_default(), &names)?,
            limit: limit as usize,
            offset: usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX),
            facets: parse_facets(query.facets.as_deref().unwrap_or_default(), &texts)?,
        })
    }
}

impl std::fmt::Display for Query {
    /// One text for equal queries.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{:?}\n{} {}\n{:?}", self.filter, self.sort, self.limit, self.offset, self.facets)
    }
}

impl Query {
    /// True when one of these fields can change what is listed.
    fn asks<V: View>(&self, fields: &[usize]) -> bool {
        fields.iter().any(|field| {
            let name = V::FIELDS[*field].name;
            self.filter.asks(*field)
                || self.sort.iter().any(|key| key.field == name)
                || self.facets.iter().any(|facet| facet == name)
        })
    }

    /// True when only an event can change which rows there are and in what order, whatever the numbers do.
    fn is_settled<V: View>(&self) -> bool {
        let fields = 0..V::FIELDS.len();
        !self.asks::<V>(&fields.filter(|field| !V::SETTLED.contains(field)).collect::<Vec<_>>())
    }

    /// True when it asks for nothing but a window.
    pub(crate) fn is_plain(&self) -> bool {
        self.filter.is_empty() && self.sort.is_empty() && self.facets.is_empty()
    }

    /// The same for everything that it lists.
    pub(crate) fn without_window(&self) -> Self {
        Self { limit: usize::MAX, offset: 0, ..self.clone() }
    }

    /// True when an event may change what is listed, or a row of it, at once.
    pub(crate) fn concerns<V: View>(&self, event: &Event) -> bool {
        Touched::by(&event.body).any(|place| !self.rules_out::<V>(place)) || self.asks::<V>(V::AFAR)
    }

    /// True when the filter asks where an object is.
    fn names_places<V: View>(&self) -> bool {
        let is_place = |field: &FieldDef| {
            matches!(field.name, "tenant" | "cluster" | "server")
                || (field.name == "name" && V::LEVEL == Level::Server)
        };
        (0..).zip(V::FIELDS).any(|(position, field)| is_place(field) && self.filter.asks(position))
    }

    /// True when the filter holds for nothing that is at a path or inside it.
    pub(crate) fn rules_out<V: View>(&self, place: &ObjectPath) -> bool {
        self.filter.rules_out(&|field| match V::FIELDS[field].name {
            "tenant" => place.name_at(Level::Tenant),
            "cluster" => place.name_at(Level::Cluster),
            "server" => place.name_at(Level::Server),
            "name" if V::LEVEL == Level::Server => place.name_at(Level::Server),
            _ => None,
        })
    }

    pub(crate) fn window(&self) -> Range<usize> {
        self.offset..self.offset.saturating_add(self.limit)
    }
}

/// The page of a query, of what the principal may read.
///
/// - `see`: looks at everything, some milliseconds at a time at most.
/// - `last`: the selection of this query that was made last, if there is one; the new one is left there.
///
/// Cost: O(objects) without a row for any that is not in the window; O(window) when `last` is still current, and
/// little more when it is brought up to date.
pub(crate) fn page<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    revision: u64,
    last: &mut Option<Selection>,
) -> Page<V::Row> {
    if let Some(page) = page_again::<V>(see, principal, query, revision, last) {
        return page;
    }
    let (selection, around) = select::<V>(see, principal, query);
    let page = page_of::<V>(see, principal, query, revision, &selection, &selection.paths, around);
    *last = Some(selection);
    page
}

/// The page of a query whose last selection can be brought up to date; `None` when all is to be looked at.
pub(crate) fn page_again<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    revision: u64,
    last: &mut Option<Selection>,
) -> Option<Page<V::Row>> {
    let is_current = last.as_mut().is_some_and(|last| renew::<V>(see, principal, query, last));
    last.take_if(|_| !is_current);
    last.as_ref()
        .map(|selection| page_of::<V>(see, principal, query, revision, selection, &selection.paths, None))
}

/// The page of a query of which everything was selected.
pub(crate) fn page_of_window<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    revision: u64,
    all: &Selection,
) -> Page<V::Row> {
    let window = query.offset.min(all.paths.len())..query.window().end.min(all.paths.len());
    page_of::<V>(see, principal, query, revision, all, &all.paths[window], None)
}

/// The page with some of the paths of a selection.
fn page_of<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    revision: u64,
    selection: &Selection,
    shown: &[ObjectPath],
    around: Option<V::Around>,
) -> Page<V::Row> {
    let items = rows::<V>(see, principal, query, shown, around);
    Page {
        items,
        total: selection.total as u64,
        revision,
        facets: selection.facets.clone(),
        missing: Vec::new(),
    }
}

/// The rows of a selection, in the order of the query. Whatever changed since it was made: there is no row
/// that the filter does not let through, and none in a place that its own values contradict.
fn rows<V: View>(
    see: See<'_>,
    principal: &Principal,
    query: &Query,
    paths: &[ObjectPath],
    around: Option<V::Around>,
) -> Vec<V::Row> {
    let around = around.unwrap_or_else(|| V::around(see, principal, Some(paths)));
    let order = Order::new(&query.sort, V::FIELDS);
    let mut by_path: Vec<&ObjectPath> = paths.iter().collect();
    by_path.sort_unstable();
    let mut made: Vec<(Vec<SortValue>, V::Row)> = Vec::with_capacity(paths.len());
    for some in by_path.chunks(ROWS_AT_ONCE) {
        see(&mut |sight| {
            let objects = V::objects(sight.state);
            let mut objects = some.iter().filter_map(|path| objects.get_key_value(path));
            V::look(sight, &around, &mut objects, &mut |_, subject| {
                if query.filter.matches(subject) {
                    let mut values = Vec::new();
                    order.read(subject, &mut values);
                    made.push((values, V::row(subject)));
                }
            });
        });
    }
    // Stable, so that what the keys cannot tell apart stays in order of the paths.
    made.sort_by(|(one, _), (other, _)| order.compare(one, other));
    made.into_iter().map(|(_, row)| row).collect()
}

/// The objects that a filter lets through, by path, of what the principal may read.
pub(crate) fn matching<V: View>(see: See<'_>, principal: &Principal, filter: &Filter) -> Vec<ObjectPath> {
    let query =
        Query { filter: filter.clone(), sort: Vec::new(), limit: usize::MAX, offset: 0, facets: Vec::new() };
    select::<V>(see, principal, &query).0.into_paths()
}

/// The rows of everything at a path or inside it, for a principal who may read the path.
fn rows_within<V: View>(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Vec<V::Row> {
    let paths = V::objects(sight.state).within(Some(path)).map(|(path, _)| path.clone());
    let paths: Vec<ObjectPath> = paths.collect();
    let around = V::around(&|look| look(sight), principal, Some(&paths));
    let mut rows = Vec::with_capacity(paths.len());
    let mut objects = V::objects(sight.state).within(Some(path));
    V::look(sight, &around, &mut objects, &mut |_, subject| rows.push(V::row(subject)));
    rows
}

/// What a principal may read.
fn visible(principal: &Principal) -> impl FnMut(&ObjectPath) -> bool {
    let everything = principal.may(Right::Read, None);
    move |path| everything || principal.may(Right::Read, Some(path))
}

/// The latest samples of the series that `wanted` lets through.
fn samples(live: &ServerLive, wanted: impl Fn(&Series) -> bool) -> Vec<LatestSample> {
    live.samples()
        .filter(|(series, ..)| wanted(series))
        .filter_map(|(series, value, time)| {
            let value = value.is_finite().then_some(value);
            Some(LatestSample { series: series.to_string(), value, time: Timestamp(time?) })
        })
        .collect()
}

/// The name of a path's level, empty when it does not reach it.
fn name_at(path: &ObjectPath, level: Level) -> &str {
    path.name_at(level).unwrap_or_default()
}

/// A text that may be empty for "unknown".
fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A whole number from a sample; unknown when it is not one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be in range; `as` saturates"
)]
fn whole(value: Option<f64>) -> Option<u64> {
    value.filter(|value| *value >= 0.0).map(|value| value.round() as u64)
}

fn text(each: &mut dyn FnMut(FieldValue<'_>), value: &str) {
    each(FieldValue::Text(value));
}

fn maybe_text(each: &mut dyn FnMut(FieldValue<'_>), value: Option<&str>) {
    if let Some(value) = value {
        each(FieldValue::Text(value));
    }
}

/// The worst severity of what people are told of on an object.
fn problem(each: &mut dyn FnMut(FieldValue<'_>), on: &walk::Here<'_>, path: &ObjectPath) {
    maybe_text(each, on.sight.state.worst_problem(path).map(Severity::as_str));
}

fn flag(each: &mut dyn FnMut(FieldValue<'_>), value: bool) {
    each(FieldValue::Text(if value { "true" } else { "false" }));
}

fn number(each: &mut dyn FnMut(FieldValue<'_>), value: Option<f64>) {
    if let Some(value) = value {
        each(FieldValue::Number(value));
    }
}

fn count(each: &mut dyn FnMut(FieldValue<'_>), value: Option<u64>) {
    number(each, value.map(|count| count as f64));
}

fn time(each: &mut dyn FnMut(FieldValue<'_>), value: Option<UnixMillis>) {
    number(each, value.map(|time| time.0 as f64));
}
