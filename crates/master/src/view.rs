//! Views: rows made of the state and the live model, filtered, sorted and cut to a window.
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
mod overview;
mod server;
mod service;
mod task;

pub(crate) use action::FilterableAction;
pub(crate) use application::Applications;
pub(crate) use event::FilterableEvent;
pub(crate) use overview::overview;
pub(crate) use server::Servers;
pub(crate) use service::Services;
pub(crate) use task::Tasks;

use crate::live::{LiveModel, ServerLive, lock};
use crate::registry::Registry;
use serde::Serialize;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use topmast_api::page::{
    FacetError, LIMIT_DEFAULT, LIMIT_MAX, ListQuery, Page, SortError, SortKey, parse_facets, parse_sort,
};
use topmast_api::row::{LatestSample, Row};
use topmast_api::time::Timestamp;
use topmast_engine::{Server, State};
use topmast_model::filter::{self, FieldDef, FieldKind, FieldValue, Filter, FilterError};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_model::sample::Series;
use topmast_model::status::ServerStatus;
use topmast_model::time::UnixMillis;

/// Intervals after which data is late (DESIGN section 5).
const LATE_INTERVALS: u32 = 3;

/// Everything that rows are made of, at one moment.
pub(crate) struct Sight<'a> {
    pub(crate) state: &'a State,
    pub(crate) live: &'a LiveModel,
    pub(crate) registry: &'a Registry,
    pub(crate) now: Instant,
    /// The same moment by the master's clock, for what is counted from times in the state.
    pub(crate) time: UnixMillis,
}

/// A kind of row: how to make it, and what its fields are.
pub(crate) trait View {
    /// The row.
    type Row: Row;
    /// Everything known of one object.
    type Details: Serialize + Send;
    /// What one object is called.
    const NOUN: &'static str;
    /// Where such objects are in the tree.
    const LEVEL: Level;
    /// Its fields, for filters and sorts.
    const FIELDS: &'static [FieldDef];

    /// Makes the rows of the objects at a path or inside it, everywhere for `None`, that `wanted` lets
    /// through; it is asked once for each, in order of their paths. What a row says of other objects
    /// is of those that the principal may read.
    fn rows(
        sight: &Sight<'_>,
        principal: &Principal,
        within: Option<&ObjectPath>,
        wanted: Wanted<'_>,
    ) -> Vec<Self::Row>;

    /// Everything known of one object, if it is there, for a principal who may read it.
    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<Self::Details>;

    /// Calls `each` with every value of a field of the row.
    fn values(row: &Self::Row, field: usize, each: &mut dyn FnMut(FieldValue<'_>));
}

/// Which objects get a row.
pub(crate) type Wanted<'a> = &'a mut dyn FnMut(&ObjectPath) -> bool;

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
        let names: Vec<&str> = V::FIELDS.iter().map(|field| field.name).collect();
        let texts = V::FIELDS.iter().filter(|field| field.kind.is_text());
        let texts: Vec<&str> = texts.map(|field| field.name).collect();
        let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(QueryError::Limit);
        }
        Ok(Self {
            filter: Filter::parse(query.filter.as_deref().unwrap_or_default(), V::FIELDS)?,
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

/// A row as the filter sees it.
struct Filterable<'a, V: View>(&'a V::Row);

impl<V: View> filter::Row for Filterable<'_, V> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        V::values(self.0, field, each);
    }
}

/// The page of a query, of what the principal may read.
///
/// `see` looks at everything for as long as it must: filtering and sorting hold nobody up.
pub(crate) fn page<V: View>(
    see: impl FnOnce(&mut dyn FnMut(&Sight<'_>)),
    principal: &Principal,
    query: &Query,
    revision: u64,
) -> Page<V::Row> {
    let mut visible = visible(principal);
    let window = query.offset..query.offset.saturating_add(query.limit);
    let (mut items, mut total, mut facets) = (Vec::new(), 0, Vec::new());
    if query.filter.is_empty() && query.sort.is_empty() && query.facets.is_empty() {
        // Rows come in the order of the list, so only those of the window need to be made.
        let mut wanted = |path: &ObjectPath| {
            let inside = visible(path);
            total += usize::from(inside);
            inside && window.contains(&(total - 1))
        };
        see(&mut |sight| items = V::rows(sight, principal, None, &mut wanted));
    } else {
        see(&mut |sight| items = V::rows(sight, principal, None, &mut visible));
        filtered::<V>(&mut items, &query.filter);
        total = items.len();
        facets = facet::count::<V>(&items, &query.facets);
        items = sorted::<V>(items, &query.sort, &window);
    }
    Page { items, total: total as u64, revision, facets }
}

/// Every row that a filter lets through, by path, of what the principal may read.
pub(crate) fn matching<V: View>(sight: &Sight<'_>, principal: &Principal, filter: &Filter) -> Vec<V::Row> {
    let mut rows = V::rows(sight, principal, None, &mut visible(principal));
    filtered::<V>(&mut rows, filter);
    rows
}

/// What a principal may read.
fn visible(principal: &Principal) -> impl FnMut(&ObjectPath) -> bool {
    let everything = principal.may(Right::Read, None);
    move |path| everything || principal.may(Right::Read, Some(path))
}

fn filtered<V: View>(rows: &mut Vec<V::Row>, filter: &Filter) {
    if !filter.is_empty() {
        rows.retain(|row| filter.matches(&Filterable::<V>(row)));
    }
}

/// The rows of a window, in the order of the keys; those that the keys cannot tell apart in order of
/// their paths. Only what comes before the window's end is sorted.
fn sorted<V: View>(rows: Vec<V::Row>, keys: &[SortKey], window: &Range<usize>) -> Vec<V::Row> {
    let positions: Vec<(usize, bool)> = keys
        .iter()
        .filter_map(|key| Some((V::FIELDS.iter().position(|field| field.name == key.field)?, key.descending)))
        .collect();
    // The values are taken once a row, not once a comparison.
    let values_of = |row: &V::Row| -> Vec<Option<SortValue>> {
        positions.iter().map(|(field, _)| first_value::<V>(row, *field)).collect()
    };
    let values: Vec<_> = rows.iter().map(values_of).collect();
    let compare =
        |one: &usize, other: &usize| compare(&values[*one], &values[*other], &positions).then(one.cmp(other));
    let mut order: Vec<usize> = (0..rows.len()).collect();
    if (1..order.len()).contains(&window.end) {
        order.select_nth_unstable_by(window.end - 1, compare);
        order.truncate(window.end);
    }
    order.sort_unstable_by(compare);
    let mut rows: Vec<Option<V::Row>> = rows.into_iter().map(Some).collect();
    order.into_iter().skip(window.start).filter_map(|place| rows[place].take()).collect()
}

fn compare(one: &[Option<SortValue>], other: &[Option<SortValue>], keys: &[(usize, bool)]) -> Ordering {
    for ((left, right), (_, descending)) in one.iter().zip(other).zip(keys) {
        let order = match (left, right) {
            (None, None) => Ordering::Equal,
            // What is unknown comes last, whichever way the sort goes.
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(SortValue::Number(left)), Some(SortValue::Number(right))) => left.total_cmp(right),
            (Some(SortValue::Text(left)), Some(SortValue::Text(right))) => left.cmp(right),
            (Some(SortValue::Number(_)), Some(SortValue::Text(_))) => Ordering::Less,
            (Some(SortValue::Text(_)), Some(SortValue::Number(_))) => Ordering::Greater,
        };
        if order.is_ne() {
            return if *descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

enum SortValue {
    Text(String),
    Number(f64),
}

fn first_value<V: View>(row: &V::Row, field: usize) -> Option<SortValue> {
    // A status sorts by its place among the statuses, not by its letters.
    let words = match V::FIELDS[field].kind {
        FieldKind::Status(words) | FieldKind::Choice(words) => words,
        _ => &[],
    };
    let mut first = None;
    V::values(row, field, &mut |value| {
        if first.is_none() {
            first = Some(match value {
                FieldValue::Text(text) => match words.iter().position(|word| *word == text) {
                    Some(place) => SortValue::Number(place as f64),
                    None => SortValue::Text(text.to_owned()),
                },
                FieldValue::Number(number) => SortValue::Number(number),
            });
        }
    });
    first
}

/// Looks servers' numbers up for rows that come server by server.
struct LiveCursor<'a> {
    sight: &'a Sight<'a>,
    current: Option<Current<'a>>,
}

struct Current<'a> {
    path: ObjectPath,
    server: Option<&'a Server>,
    live: Arc<Mutex<ServerLive>>,
    aged: Aged,
}

/// The age of a server's data, for all rows on it.
#[derive(Clone, Copy)]
struct Aged {
    age_ms: Option<u64>,
    stale: bool,
}

impl<'a> LiveCursor<'a> {
    fn new(sight: &'a Sight<'a>) -> Self {
        Self { sight, current: None }
    }

    /// Calls `read` with the server that `path` is on, if it is known, its numbers, and their age.
    fn at<T>(
        &mut self,
        path: &ObjectPath,
        read: impl FnOnce(Option<&'a Server>, &ServerLive, Aged) -> T,
    ) -> T {
        let Self { sight, current } = self;
        let current = match current {
            Some(current) if path.is_within(&current.path) => current,
            _ => {
                let path = path.ancestor(Level::Server).unwrap_or_else(|| path.clone());
                let live = sight.live.server(&path);
                let aged = aged(sight, &path, &lock(&live));
                let server = sight.state.server(&path);
                current.insert(Current { path, server, live, aged })
            }
        };
        read(current.server, &lock(&current.live), current.aged)
    }
}

fn aged(sight: &Sight<'_>, server: &ObjectPath, live: &ServerLive) -> Aged {
    let age = live.age(sight.now);
    let known = sight.state.server(server);
    let late = known.is_none_or(|server| {
        let interval = Duration::from_millis(server.registration.interval_ms);
        server.status != ServerStatus::Up || age.is_none_or(|age| age >= interval * LATE_INTERVALS)
    });
    Aged { age_ms: age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)), stale: late }
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
fn name_at(path: &ObjectPath, level: Level) -> String {
    path.name_at(level).unwrap_or_default().to_owned()
}

/// A text that may be empty for "unknown".
fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
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

fn flag(each: &mut dyn FnMut(FieldValue<'_>), value: bool) {
    each(FieldValue::Text(if value { "true" } else { "false" }));
}

fn number(each: &mut dyn FnMut(FieldValue<'_>), value: Option<f64>) {
    if let Some(value) = value {
        each(FieldValue::Number(value));
    }
}

fn time(each: &mut dyn FnMut(FieldValue<'_>), value: Option<Timestamp>) {
    number(each, value.map(|time| time.as_millis() as f64));
}
