//! Parts: what one cluster has of a list, as last told, kept true while somebody looks.

use super::asked::{ListError, from_the_top, of_join};
use super::row::{Hearing, JoinedRow};
use super::told::Told;
use super::{FIRST_WITHIN, Peer};
use crate::federation::{WatchError, WatchPlace};
use crate::view::{Order, Query, SortValue};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use topmast_api::client::ClientError;
use topmast_api::page::{FACET_VALUES_MAX, Facet, FacetValue, Page};
use topmast_model::time::UnixMillis;

/// First and longest pause before a cluster is asked again that did not answer.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AT_LATEST: Duration = Duration::from_secs(15);

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

/// Rows of one cluster as they are here, each with what it is sorted by.
pub(super) struct Rows<R> {
    items: Vec<(Vec<SortValue>, R)>,
    total: u64,
    facets: Vec<Facet>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self { items: Vec::new(), total: 0, facets: Vec::new() }
    }
}

impl<R: JoinedRow> Rows<R> {
    /// The rows of this cluster itself.
    pub(super) fn own(page: Page<R>, order: &Order, now: UnixMillis) -> Self {
        let items = page.items.into_iter().map(|row| (values(&row, order, now), row)).collect();
        Self { items, total: page.total, facets: page.facets }
    }

    /// The rows of a joined cluster, as well as it is heard.
    fn joined(
        page: &Page<R>,
        join: &str,
        heard: (Hearing, Duration),
        order: &Order,
        now: UnixMillis,
    ) -> Self {
        let (hearing, silence) = heard;
        let here = page.items.iter().filter_map(|row| {
            let mut row = row.clone();
            row.join(join).ok()?;
            row.hear(hearing, silence);
            Some((values(&row, order, now), row))
        });
        let facets = page.facets.iter().map(|facet| facet_here(facet, join, hearing)).collect();
        Self { items: here.collect(), total: page.total, facets }
    }
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
        "path" => {
            let marked =
                |value: &str| value.parse::<topmast_model::path::ObjectPath>().ok()?.joined(join).ok();
            for value in &mut facet.values {
                value.value =
                    marked(&value.value).map_or_else(|| value.value.clone(), |path| path.to_string());
            }
        }
        "status" if hearing == Hearing::Lost => facet.values = all_as("UNKNOWN", &facet),
        "health" if hearing == Hearing::Lost => facet.values = all_as("unknown", &facet),
        _ => {}
    }
    facet
}

fn all_as(value: &str, facet: &Facet) -> Vec<FacetValue> {
    let count = facet.values.iter().map(|value| value.count).sum();
    vec![FacetValue { value: value.to_owned(), count }]
}

/// Puts the windows of several clusters together: what is in the window of all, in order.
pub(super) fn merge<R: JoinedRow>(parts: &[&Rows<R>], wanted: &Wanted, revision: u64) -> Page<R> {
    let mut all: Vec<&(Vec<SortValue>, R)> = parts.iter().flat_map(|part| &part.items).collect();
    let compare = |(left, one): &&(Vec<SortValue>, R), (right, other): &&(Vec<SortValue>, R)| {
        wanted.order.compare(left, right).then_with(|| one.compare(other))
    };
    // Of many clusters most rows are beyond the window: they need no order.
    if wanted.window.end < all.len() {
        all.select_nth_unstable_by(wanted.window.end, compare);
        all.truncate(wanted.window.end);
    }
    all.sort_by(compare);
    let items = all.iter().skip(wanted.window.start).take(wanted.window.len());
    Page {
        items: items.map(|(_, row)| row.clone()).collect(),
        total: parts.iter().map(|part| part.total).sum(),
        revision,
        facets: merge_facets(&parts.iter().map(|part| part.facets.as_slice()), &wanted.query.facets),
    }
}

/// The page of a query of all clusters, each asked for its part.
#[cfg(test)]
pub(crate) fn page_of_all<R: JoinedRow>(query: &Query, ask: impl FnOnce(&Query) -> Vec<Page<R>>) -> Page<R> {
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

/// What a joined cluster said last.
struct Answer<R> {
    page: Option<Page<R>>,
    /// True when `page` is not in the part's rows yet.
    is_news: bool,
    /// Since when its list is not told any more.
    broken: Option<Instant>,
    has_answered: bool,
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
    pub(super) fn page(&self, page: Page<R>) {
        self.set(|answer| {
            answer.broken = None;
            answer.page = Some(page);
        });
    }

    fn failed(&self, error: &ClientError) {
        self.set(|answer| {
            answer.broken.get_or_insert_with(Instant::now);
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
        let told =
            Arc::new(Mutex::new(Answer { page: None, is_news: false, broken: None, has_answered: false }));
        let tell = Tell { told: Arc::clone(&told), news: Arc::clone(news) };
        let asking = peer.clone();
        tasks.spawn(async move {
            let mut pause = AGAIN_AFTER;
            loop {
                let begun = Instant::now();
                let error = match asking.client() {
                    Ok(client) => R::follow(&client, asked.clone(), tell.clone()).await,
                    Err(error) => error.into(),
                };
                tell.failed(&error);
                // What went well for a while is worth a quick second try.
                pause = if begun.elapsed() > AGAIN_AT_LATEST { AGAIN_AFTER } else { pause };
                tokio::time::sleep(pause.mul_f64(fastrand::f64().midpoint(1.0))).await;
                pause = (pause * 2).min(AGAIN_AT_LATEST);
            }
        });
        Ok(Some(Self { peer, _place: place, told, hearing: Hearing::Lost, rows: Rows::default() }))
    }

    /// True when nothing more is to be waited for before a first snapshot.
    pub(super) fn is_settled(&self) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).has_answered
            || Hearing::after(self.peer.join.silence()) != Hearing::Fresh
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
        self.hearing = hearing;
        let heard = (hearing, silence.unwrap_or_default());
        let join = self.peer.join.name();
        self.rows = match &answer.page {
            Some(page) => Rows::joined(page, join, heard, order, now),
            None => Rows::default(),
        };
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
