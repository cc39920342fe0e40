//! Views: rows made of the state and the live model, filtered, sorted and cut to a window.
//!
//! Lists, watches, the target filter of actions and later surfaces all come
//! through here, so what a word in a filter means is the same everywhere, and
//! what a principal may not see is left out in one place.

mod application;
mod server;
mod service;
mod task;

pub(crate) use application::{Applications, details as application_details};
pub(crate) use server::{Servers, details as server_details};
pub(crate) use service::{Services, details as service_details};
pub(crate) use task::{Tasks, row as task_row};

use crate::live::{LiveModel, ServerLive, lock};
use crate::registry::Registry;
use std::cmp::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use topmast_api::page::{LIMIT_DEFAULT, LIMIT_MAX, ListQuery, Page, SortError, SortKey, parse_sort};
use topmast_api::row::{Health, LatestSample, Row};
use topmast_api::time::Timestamp;
use topmast_engine::State;
use topmast_model::filter::{self, FieldDef, FieldValue, Filter, FilterError};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_model::sample::Series;
use topmast_model::status::ServerStatus;

/// Intervals after which data is late (DESIGN section 5).
const LATE_INTERVALS: u32 = 3;

/// Everything that rows are made of, at one moment.
pub(crate) struct Sight<'a> {
    pub(crate) state: &'a State,
    pub(crate) live: &'a LiveModel,
    pub(crate) registry: &'a Registry,
    pub(crate) now: Instant,
}

/// A kind of row: how to make it, and what its fields are.
pub(crate) trait View {
    /// The row.
    type Row: Row;
    /// Its fields, for filters and sorts.
    const FIELDS: &'static [FieldDef];

    /// Makes the rows of the objects that `visible` lets through.
    fn rows(sight: &Sight<'_>, visible: &dyn Fn(&ObjectPath) -> bool) -> Vec<Self::Row>;

    /// Calls `each` with every value of a field of the row.
    fn values(row: &Self::Row, field: usize, each: &mut dyn FnMut(FieldValue<'_>));
}

/// Why a list was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error(transparent)]
    Sort(#[from] SortError),
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
}

impl Query {
    /// Checks a request's words against a view's fields.
    pub(crate) fn parse<V: View>(query: &ListQuery) -> Result<Self, QueryError> {
        let names: Vec<&str> = V::FIELDS.iter().map(|field| field.name).collect();
        let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(QueryError::Limit);
        }
        Ok(Self {
            filter: Filter::parse(query.filter.as_deref().unwrap_or_default(), V::FIELDS)?,
            sort: parse_sort(query.sort.as_deref().unwrap_or_default(), &names)?,
            limit: limit as usize,
            offset: usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX),
        })
    }
}

impl std::fmt::Display for Query {
    /// One text for equal queries.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{:?}\n{} {}", self.filter, self.sort, self.limit, self.offset)
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
pub(crate) fn page<V: View>(
    sight: &Sight<'_>,
    principal: &Principal,
    query: &Query,
    revision: u64,
) -> Page<V::Row> {
    let mut items = matching::<V>(sight, principal, &query.filter);
    sort::<V>(&mut items, &query.sort);
    let total = items.len() as u64;
    let items = items.into_iter().skip(query.offset).take(query.limit).collect();
    Page { items, total, revision }
}

/// Every row that a filter lets through, by path, of what the principal may read.
pub(crate) fn matching<V: View>(sight: &Sight<'_>, principal: &Principal, filter: &Filter) -> Vec<V::Row> {
    let everything = principal.may(Right::Read, None);
    let mut rows = V::rows(sight, &|path| everything || principal.may(Right::Read, Some(path)));
    if !filter.is_empty() {
        rows.retain(|row| filter.matches(&Filterable::<V>(row)));
    }
    rows
}

fn sort<V: View>(rows: &mut [V::Row], keys: &[SortKey]) {
    let positions: Vec<(usize, bool)> = keys
        .iter()
        .filter_map(|key| Some((V::FIELDS.iter().position(|field| field.name == key.field)?, key.descending)))
        .collect();
    if !positions.is_empty() {
        // Stable, so rows that the keys cannot tell apart stay in order of their paths.
        rows.sort_by(|one, other| compare::<V>(one, other, &positions));
    }
}

fn compare<V: View>(one: &V::Row, other: &V::Row, keys: &[(usize, bool)]) -> Ordering {
    for (field, descending) in keys {
        let (left, right) = (first_value::<V>(one, *field), first_value::<V>(other, *field));
        let order = match (&left, &right) {
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
    let mut first = None;
    V::values(row, field, &mut |value| {
        if first.is_none() {
            first = Some(match value {
                FieldValue::Text(text) => SortValue::Text(text.to_owned()),
                FieldValue::Number(number) => SortValue::Number(number),
            });
        }
    });
    first
}

/// Looks servers' numbers up for rows that come server by server.
struct LiveCursor<'a> {
    sight: &'a Sight<'a>,
    current: Option<(ObjectPath, Arc<Mutex<ServerLive>>, Aged)>,
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

    /// Calls `read` with the numbers of the server that `path` is on, and their age.
    fn at<T>(&mut self, path: &ObjectPath, read: impl FnOnce(&ServerLive, Aged) -> T) -> T {
        if !self.current.as_ref().is_some_and(|(server, ..)| path.is_within(server)) {
            let server = path.ancestor(Level::Server).unwrap_or_else(|| path.clone());
            let live = self.sight.live.server(&server);
            let aged = aged(self.sight, &server, &lock(&live));
            self.current = Some((server, live, aged));
        }
        match &self.current {
            Some((_, live, aged)) => read(&lock(live), *aged),
            None => read(&ServerLive::default(), Aged { age_ms: None, stale: true }),
        }
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

fn health(health: topmast_engine::Health) -> Health {
    match health {
        topmast_engine::Health::Healthy => Health::Healthy,
        topmast_engine::Health::Degraded => Health::Degraded,
        topmast_engine::Health::Unknown => Health::Unknown,
        topmast_engine::Health::Failed => Health::Failed,
    }
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

fn number(each: &mut dyn FnMut(FieldValue<'_>), value: Option<f64>) {
    if let Some(value) = value {
        each(FieldValue::Number(value));
    }
}

fn time(each: &mut dyn FnMut(FieldValue<'_>), value: Option<Timestamp>) {
    number(each, value.map(|time| time.as_millis() as f64));
}
