//! Parts: what one cluster has of a list, as last told, kept true while somebody looks.

use super::FIRST_WITHIN;
use super::asked::{ListError, from_the_top, of_join};
use super::peer::{Again, Peer};
use super::row::{Hearing, JoinedRow};
use super::told::Told;
use crate::federation::{WatchError, WatchPlace};
use crate::view::{Order, Query, SortValue};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use topmast_api::client::ClientError;
use topmast_api::page::{FACET_VALUES_MAX, Facet, FacetValue, Page};
use topmast_model::time::UnixMillis;

/// What of a list somebody wants.
pub(super) struct Wanted {
    /// From the top.
    pub(super) query: Query,
    pub(super) order: Order,
    pub(super) window: std::ops::Range<usize>,
}

impl Wanted {
    /// What a query of rows with these fields wants of each cluster.
    pub(super) fn of<R: JoinedRow>(query: &Query) -> Result<Self, ListError> {
        let order = Order::new(&query.sort, R::FIELDS);
        Ok(Self { query: from_the_top(query)?, order, window: query.window() })
    }
}

/// Rows of one cluster as they are here.
pub(super) struct Rows<R> {
    lines: Vec<Line<R>>,
    total: u64,
    facets: Vec<Facet>,
}

/// One of them. Lines are made once for each row that is told: of what a cluster tells several times a second, little
/// has changed.
struct Line<R> {
    told: Arc<R>,
    here: Arc<R>,
    sort: Vec<SortValue>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self { lines: Vec::new(), total: 0, facets: Vec::new() }
    }
}

impl<R: JoinedRow> Rows<R> {
    /// The rows of this cluster itself.
    pub(super) fn own(page: Page<R>, order: &Order, now: UnixMillis) -> Self {
        let line = |row: Arc<R>| Line { sort: values(&*row, order, now), told: Arc::clone(&row), here: row };
        let page = shared(page);
        Self { lines: page.items.into_iter().map(line).collect(), total: page.total, facets: page.facets }
    }

    /// The rows of a joined cluster, as well as it is heard.
    ///
    /// - `last`: those before, heard as well as these.
    pub(super) fn joined(
        page: &Page<Arc<R>>,
        join: &str,
        heard: (Hearing, Duration),
        order: &Order,
        now: UnixMillis,
        last: Self,
    ) -> Self {
        let (hearing, silence) = heard;
        // A line holds what was told, so no other row has its place in memory.
        let mut known: HashMap<*const R, Line<R>> =
            last.lines.into_iter().map(|line| (Arc::as_ptr(&line.told), line)).collect();
        let line = |told: &Arc<R>| {
            known.remove(&Arc::as_ptr(told)).or_else(|| {
                let mut here = R::clone(told);
                here.join(join).ok()?;
                here.hear(hearing, silence);
                let sort = values(&here, order, now);
                Some(Line { told: Arc::clone(told), here: Arc::new(here), sort })
            })
        };
        let lines = page.items.iter().filter_map(line).collect();
        let facets = page.facets.iter().map(|facet| facet_here(facet, join, hearing)).collect();
        Self { lines, total: page.total, facets }
    }
}

/// A page of rows that several have.
pub(super) fn shared<R>(page: Page<R>) -> Page<Arc<R>> {
    let Page { items, total, revision, facets, missing } = page;
    Page { items: items.into_iter().map(Arc::new).collect(), total, revision, facets, missing }
}

fn values<R: JoinedRow>(row: &R, order: &Order, now: UnixMillis) -> Vec<SortValue> {
    let mut values = Vec::new();
    // Most lists are in order of their paths; then nothing has to be read.
    if !order.is_empty() {
        order.read(&Told::new(R::FIELDS, row.object(), row, now), &mut values);
    }
    values
}

fn facet_here(facet: &Facet, join: &str, hearing: Hearing) -> Facet {
    let mut facet = facet.clone();
    match facet.field.as_str() {
        "cluster" => {
            for value in &mut facet.values {
                value.value = format!("{}@{join}", value.value);
            }
        }
        // A parent is named by its path and by its name.
        "path" | "parent" => {
            let marked =
                |value: &str| value.parse::<topmast_model::path::ObjectPath>().ok()?.joined(join).ok();
            for value in &mut facet.values {
                value.value =
                    marked(&value.value).map_or_else(|| value.value.clone(), |path| path.to_string());
            }
        }
        "status" if hearing == Hearing::Late => rename(&mut facet, "UP", "STALE"),
        "health" if hearing == Hearing::Late => rename(&mut facet, "healthy", "degraded"),
        "status" if hearing == Hearing::Lost => facet.values = all_as("UNKNOWN", &facet),
        "health" if hearing == Hearing::Lost => facet.values = all_as("unknown", &facet),
        _ => {}
    }
    facet
}

/// Counts a value as another one, which may be counted twice then: counts are summed up by value.
fn rename(facet: &mut Facet, from: &str, to: &str) {
    for value in facet.values.iter_mut().filter(|value| value.value == from) {
        to.clone_into(&mut value.value);
    }
}

fn all_as(value: &str, facet: &Facet) -> Vec<FacetValue> {
    let count = facet.values.iter().map(|value| value.count).sum();
    vec![FacetValue { value: value.to_owned(), count }]
}

/// Puts the windows of several clusters together: what is in the window of all, in order.
pub(super) fn merge<R: JoinedRow>(parts: &[&Rows<R>], wanted: &Wanted, revision: u64) -> Page<Arc<R>> {
    let mut all: Vec<&Line<R>> = parts.iter().flat_map(|part| &part.lines).collect();
    let compare = |one: &&Line<R>, other: &&Line<R>| {
        wanted.order.compare(&one.sort, &other.sort).then_with(|| one.here.compare(&other.here))
    };
    // Of many clusters most rows are beyond the window: they need no order.
    if wanted.window.end < all.len() {
        all.select_nth_unstable_by(wanted.window.end, compare);
        all.truncate(wanted.window.end);
    }
    all.sort_by(compare);
    let items = all.iter().skip(wanted.window.start).take(wanted.window.len());
    Page {
        items: items.map(|line| Arc::clone(&line.here)).collect(),
        total: parts.iter().map(|part| part.total).sum(),
        revision,
        facets: merge_facets(&parts.iter().map(|part| part.facets.as_slice()), &wanted.query.facets),
        missing: Vec::new(),
    }
}

/// The page of a query of all clusters, each asked for its part.
#[cfg(test)]
pub(crate) fn page_of_all<R: JoinedRow>(
    query: &Query,
    ask: impl FnOnce(&Query) -> Vec<Page<R>>,
) -> Page<Arc<R>> {
    let wanted = Wanted::of::<R>(query).unwrap();
    let pages = ask(&wanted.query).into_iter();
    let parts: Vec<Rows<R>> = pages.map(|page| Rows::own(page, &wanted.order, UnixMillis(0))).collect();
    merge(&parts.iter().collect::<Vec<_>>(), &wanted, 1)
}

/// Sums counts up. A value that a cluster does not count among its most frequent is not in the sum.
fn merge_facets<'a>(parts: &(impl Iterator<Item = &'a [Facet]> + Clone), fields: &[String]) -> Vec<Facet> {
    let sum = |field: &String| {
        let facets = parts.clone().flatten().filter(|facet| facet.field == *field);
        let mut more = false;
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for facet in facets {
            more |= facet.more;
            facet.values.iter().for_each(|value| *counts.entry(&value.value).or_default() += value.count);
        }
        let mut values: Vec<FacetValue> =
            counts.into_iter().map(|(value, count)| FacetValue { value: value.to_owned(), count }).collect();
        // Stable, so that values of equal count stay in order of the alphabet.
        values.sort_by_key(|value| std::cmp::Reverse(value.count));
        more |= values.len() > FACET_VALUES_MAX;
        values.truncate(FACET_VALUES_MAX);
        Facet { field: field.clone(), values, more }
    };
    fields.iter().map(sum).collect()
}

/// One joined cluster's part of a list.
pub(super) struct Part<R> {
    peer: Peer,
    _place: WatchPlace,
    told: Arc<Mutex<Answer<R>>>,
    /// How it was heard when `rows` were made.
    hearing: Hearing,
    pub(super) rows: Rows<R>,
}

/// What a joined cluster said last; nothing at first.
struct Answer<R> {
    page: Option<Page<Arc<R>>>,
    /// True when `page` is not in the part's rows yet.
    is_news: bool,
    /// Since when its list is not told any more.
    broken: Option<Instant>,
    /// What went wrong last.
    why: Option<String>,
    has_answered: bool,
}

impl<R> Default for Answer<R> {
    fn default() -> Self {
        Self { page: None, is_news: false, broken: None, why: None, has_answered: false }
    }
}

/// Where the one who follows a cluster's list says what it heard.
pub(crate) struct Tell<R> {
    told: Arc<Mutex<Answer<R>>>,
    news: Arc<Notify>,
}

impl<R> Clone for Tell<R> {
    fn clone(&self) -> Self {
        Self { told: Arc::clone(&self.told), news: Arc::clone(&self.news) }
    }
}

impl<R> Tell<R> {
    pub(super) fn page(&self, page: Page<Arc<R>>) {
        self.set(|answer| {
            answer.broken = None;
            answer.why = None;
            answer.page = Some(page);
        });
    }

    fn failed(&self, error: &ClientError) {
        self.set(|answer| {
            answer.broken.get_or_insert_with(Instant::now);
            answer.why = Some(error.to_string());
            if !may_come_back(error) {
                answer.page = None;
            }
        });
    }

    fn set(&self, set: impl FnOnce(&mut Answer<R>)) {
        let mut answer = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        set(&mut answer);
        answer.is_news = true;
        answer.has_answered = true;
        self.news.notify_one();
    }
}

/// False when the cluster refuses the person; what it told before is not theirs to see any more.
pub(super) fn may_come_back(error: &ClientError) -> bool {
    error.problem().is_none_or(|problem| problem.status >= 500 || problem.status == 429)
}

impl<R: JoinedRow> Part<R> {
    /// Begins to follow a cluster's list; `None` when no row there can match.
    ///
    /// # Errors
    /// [`WatchError`] when enough is watched there.
    pub(super) fn follow(
        peer: Peer,
        query: &Query,
        news: &Arc<Notify>,
        tasks: &mut JoinSet<()>,
    ) -> Result<Option<Self>, WatchError> {
        let Some(asked) = of_join(query, peer.join.name()) else { return Ok(None) };
        let place = peer.join.watch_place(&peer.user)?;
        let told: Arc<Mutex<Answer<R>>> = Arc::default();
        let tell = Tell { told: Arc::clone(&told), news: Arc::clone(news) };
        let asking = peer.clone();
        tasks.spawn(async move {
            let mut again = Again::new();
            loop {
                let error = match asking.client() {
                    Ok(client) => R::follow(&client, asked.clone(), tell.clone()).await,
                    Err(error) => error.into(),
                };
                tell.failed(&error);
                again.wait().await;
            }
        });
        Ok(Some(Self { peer, _place: place, told, hearing: Hearing::Lost, rows: Rows::default() }))
    }

    /// True when nothing more is to be waited for before a first snapshot.
    pub(super) fn is_settled(&self) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).has_answered
            || Hearing::after(self.peer.join.silence()) != Hearing::Fresh
    }

    /// That its cluster is missing in the list, and why; none when it is there.
    pub(super) fn missing(&self) -> Option<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let why = self.hearing.missing(told.page.is_some(), told.why.as_deref())?;
        Some(self.peer.missing(&why))
    }

    /// Takes in what was told, and how well the cluster is heard; true when that changed something.
    pub(super) fn refresh(&mut self, order: &Order, now: UnixMillis) -> bool {
        let mut answer = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = answer.broken.map_or(Duration::ZERO, |since| since.elapsed());
        let silence = self.peer.join.silence().map(|silence| silence.max(broken));
        let hearing = Hearing::after(silence);
        if !std::mem::take(&mut answer.is_news) && hearing == self.hearing {
            return false;
        }
        let is_as_before = hearing == Hearing::Fresh && self.hearing == Hearing::Fresh;
        self.hearing = hearing;
        let last = std::mem::take(&mut self.rows);
        if let Some(page) = &answer.page {
            let last = if is_as_before { last } else { Rows::default() };
            let heard = (hearing, silence.unwrap_or_default());
            self.rows = Rows::joined(page, self.peer.join.name(), heard, order, now, last);
        }
        true
    }
}

/// Waits until all parts are settled, but not for long.
pub(super) async fn first<R: JoinedRow>(parts: &[Part<R>], news: &Notify) {
    let settled = async {
        while !parts.iter().all(Part::is_settled) {
            news.notified().await;
        }
    };
    // Who answers later comes as a change.
    let _ = tokio::time::timeout(FIRST_WITHIN, settled).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::service::ServiceRow;

    #[test]
    fn counts_say_what_rows_say_of_a_cluster_that_is_not_heard() {
        let facet = |field: &str, values: &[(&str, u64)]| {
            let value =
                |(value, count): &(&str, u64)| FacetValue { value: (*value).to_owned(), count: *count };
            Facet { field: field.into(), values: values.iter().map(value).collect(), more: false }
        };
        let (fresh, late, lost) = (Hearing::Fresh, Hearing::Late, Hearing::Lost);
        for (hearing, field, told, here) in [
            (fresh, "cluster", &[("main", 2)][..], &[("main@east", 2)][..]),
            (fresh, "path", &[("acme/main/db", 1)], &[("acme/main@east/db", 1)]),
            (fresh, "parent", &[("db", 1), ("acme/main/db", 1)], &[("db", 1), ("acme/main@east/db", 1)]),
            (fresh, "status", &[("UP", 2), ("DOWN", 1)], &[("UP", 2), ("DOWN", 1)]),
            (late, "status", &[("UP", 2), ("DOWN", 1)], &[("STALE", 2), ("DOWN", 1)]),
            (late, "health", &[("healthy", 2), ("failed", 1)], &[("degraded", 2), ("failed", 1)]),
            (lost, "status", &[("UP", 2), ("DOWN", 1)], &[("UNKNOWN", 3)]),
            (lost, "health", &[("healthy", 2), ("failed", 1)], &[("unknown", 3)]),
        ] {
            assert_eq!(
                facet_here(&facet(field, told), "east", hearing),
                facet(field, here),
                "{field} {hearing:?}"
            );
        }
        let (one, other) = ([facet("status", &[("UP", 1), ("STALE", 1)])], [facet("status", &[("UP", 2)])]);
        let late = [facet_here(&one[0], "east", late)];
        let summed = merge_facets(&[&late[..], &other[..]].into_iter(), &["status".to_owned()]);
        assert_eq!(summed, [facet("status", &[("STALE", 2), ("UP", 2)])]);
    }

    #[test]
    fn row_is_made_again_when_it_was_told_again_or_is_heard_otherwise() {
        let row = |name: &str| -> Arc<ServiceRow> {
            let row = serde_json::json!({
                "name": name, "application": "switch", "server": "db", "status": "STARTED", "codes": [],
                "since": "2026-03-01T12:00:00Z", "path": format!("acme/main/db/switch/{name}"), "age_ms": 500,
                "stale": false, "health": "healthy",
            });
            serde_json::from_value(row).unwrap()
        };
        let page = |items: &[Arc<ServiceRow>]| Page {
            items: items.to_vec(),
            total: items.len() as u64,
            revision: 1,
            facets: Vec::new(),
            missing: Vec::new(),
        };
        let order = Order::new(&[], ServiceRow::FIELDS);
        let rows = |page: &Page<_>, hearing, last| {
            Rows::joined(page, "east", (hearing, Duration::ZERO), &order, UnixMillis(0), last)
        };
        let here = |rows: &Rows<ServiceRow>| -> Vec<Arc<ServiceRow>> {
            rows.lines.iter().map(|line| Arc::clone(&line.here)).collect()
        };
        let told = [row("a"), row("b")];
        let first = rows(&page(&told), Hearing::Fresh, Rows::default());
        let made = here(&first);
        assert_eq!(made[0].path.as_str(), "acme/main@east/db/switch/a");
        // One is told again, behind one that was not.
        let second = rows(&page(&[Arc::clone(&told[1]), row("a")]), Hearing::Fresh, first);
        let again = here(&second);
        assert!(Arc::ptr_eq(&again[0], &made[1]) && !Arc::ptr_eq(&again[1], &made[0]));
        assert_eq!(again[1], made[0]);
        let late = rows(&page(&told), Hearing::Late, Rows::default());
        assert!(here(&late).iter().all(|row| row.stale), "{:?}", here(&late));
    }
}
