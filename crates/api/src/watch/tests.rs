//! Tests of watches: the reader ends with the list itself.

use super::*;
use crate::page::FacetValue;
use crate::service::ServiceRow;
use crate::time::Timestamp;
use proptest::prelude::*;
use std::sync::Arc;
use topmast_model::status::{Health, ServiceStatus};
use topmast_model::time::UnixMillis;

fn row(number: u8, tps: u8, age_ms: u64) -> ServiceRow {
    let name = format!("s{number}");
    ServiceRow {
        application: "switch".into(),
        server: "pay-1".into(),
        status: ServiceStatus::Started,
        codes: Vec::new(),
        tps: Some(f64::from(tps)),
        transactions_total: None,
        errors_total: None,
        latency_p95_ms: None,
        since: Timestamp(UnixMillis(0)),
        path: format!("acme/main/pay-1/switch/{name}").parse().unwrap(),
        error_pct: None,
        latency_p50_ms: None,
        message: None,
        age_ms: Some(age_ms),
        stale: false,
        health: Health::Healthy,
        problem: None,
        name,
    }
}

fn page(rows: &[(u8, u8)], age_ms: u64, revision: u64) -> Page<ServiceRow> {
    let items: Vec<ServiceRow> = rows.iter().map(|(number, tps)| row(*number, *tps, age_ms)).collect();
    // One count that changes less often than the rows do.
    let values = vec![FacetValue { value: "pay-1".into(), count: items.len() as u64 / 4 }];
    let facets = vec![Facet { field: "server".into(), values, more: false }];
    Page { total: items.len() as u64, items, revision, facets, missing: Vec::new() }
}

/// What a reader shows, without the ages, which differ by design (W-3).
fn shown(view: &WatchView<ServiceRow>) -> (Vec<ServiceRow>, u64, u64, Vec<Facet>) {
    let ageless = |row: &ServiceRow| ServiceRow { age_ms: None, ..row.clone() };
    (view.rows().map(ageless).collect(), view.total(), view.revision(), view.facets().to_vec())
}

/// A window: distinct rows in any order, each with a value.
fn window() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::sample::subsequence((0_u8..24).collect::<Vec<_>>(), 0..=24)
        .prop_shuffle()
        .prop_flat_map(|numbers| {
            let count = numbers.len();
            (Just(numbers), proptest::collection::vec(0_u8..3, count))
        })
        .prop_map(|(numbers, values)| numbers.into_iter().zip(values).collect())
}

proptest! {
    // W-1: whatever rows come, go, change and move, the reader ends with the list itself.
    #[test]
    fn snapshot_and_deltas_equal_the_list(windows in proptest::collection::vec(window(), 1..8)) {
        let mut pages = windows.iter().zip(1_u64..).map(|(rows, revision)| page(rows, revision * 10, revision));
        let first = pages.next().unwrap();
        let mut master = WatchView::new(first.clone());
        let mut reader = WatchView::new(first);
        for page in pages {
            let facets = page.facets.clone();
            let wanted: Vec<ObjectPath> = page.items.iter().map(|row| row.path.clone()).collect();
            if let Some(delta) = master.advance(page) {
                let json = serde_json::to_string(&delta).unwrap();
                reader.apply(serde_json::from_str(&json).unwrap()).unwrap();
            }
            prop_assert_eq!(reader.rows().map(|row| row.path.clone()).collect::<Vec<_>>(), wanted);
            prop_assert_eq!(reader.facets(), facets);
            prop_assert_eq!(shown(&reader), shown(&master));
        }
    }

    // Bad deltas are errors, never a panic, whatever they hold.
    #[test]
    fn any_delta_is_applied_or_refused(
        rows in window(), changed in window(), removed in window(),
        placed in proptest::collection::vec((0_u8..24, 0_u32..30), 0..10),
    ) {
        let path = |number: u8| row(number, 0, 0).path;
        let mut view = WatchView::new(page(&rows, 0, 1));
        let delta = Delta {
            after: 1,
            revision: 2,
            total: 0,
            changed: page(&changed, 0, 2).items,
            removed: removed.iter().map(|(number, _)| path(*number)).collect(),
            placed: placed.iter().map(|(number, index)| Placement { path: path(*number), index: *index }).collect(),
            facets: None,
            missing: None,
        };
        if view.apply(delta).is_ok() {
            prop_assert_eq!(view.rows().count(), view.order.len());
        }
    }
}

#[test]
fn one_row_that_jumps_to_the_top_is_the_only_one_placed() {
    let mut view = WatchView::new(page(&[(1, 0), (2, 0), (3, 0), (4, 0)], 0, 1));
    let delta = view.advance(page(&[(4, 2), (1, 0), (2, 0), (3, 0)], 0, 2)).unwrap();
    assert_eq!(delta.changed.len(), 1);
    assert_eq!(delta.placed, [Placement { path: row(4, 0, 0).path, index: 0 }]);
    assert!(delta.removed.is_empty());
}

#[test]
fn age_alone_is_no_change_but_becoming_late_is() {
    // W-3
    let mut view = WatchView::new(page(&[(1, 0)], 100, 1));
    assert_eq!(view.advance(page(&[(1, 0)], 900, 2)), None);
    let mut late = page(&[(1, 0)], 3_100, 3);
    late.items[0].stale = true;
    assert_eq!(view.advance(late.clone()).map(|delta| delta.changed), Some(late.items));
}

#[test]
fn rows_that_several_have_change_as_others_do() {
    // W-3
    let shared = |rows: &[(u8, u8)], age_ms, revision| {
        let Page { items, total, facets, .. } = page(rows, age_ms, revision);
        Page {
            items: items.into_iter().map(Arc::new).collect(),
            total,
            revision,
            facets,
            missing: Vec::new(),
        }
    };
    let first = shared(&[(1, 0), (2, 0)], 100, 1);
    let kept = first.items.clone();
    let mut view = WatchView::new(first);
    let mut same = shared(&[(1, 0), (2, 0)], 900, 2);
    same.items[0] = Arc::clone(&kept[0]);
    assert_eq!(view.advance(same), None);
    assert_eq!(kept[1].age_ms, Some(100), "a row is another's as well");
    let changed = view.advance(shared(&[(1, 0), (2, 1)], 900, 3)).unwrap().changed;
    assert_eq!(changed, [Arc::new(row(2, 1, 900))]);
}

#[test]
fn facets_are_told_when_a_count_changed_and_only_then() {
    let mut view = WatchView::new(page(&[(1, 0)], 0, 1));
    let delta = view.advance(page(&[(1, 1)], 0, 2)).unwrap();
    assert_eq!(delta.facets, None);
    assert!(!serde_json::to_string(&delta).unwrap().contains("facets"));
    // A count of rows outside the window changes without any row here.
    let mut elsewhere = page(&[(1, 1)], 0, 3);
    elsewhere.facets[0].values[0].count = 7;
    let delta = view.advance(elsewhere.clone()).unwrap();
    assert_eq!((delta.facets, delta.changed.len()), (Some(elsewhere.facets), 0));
}

#[test]
fn clusters_that_are_missing_are_told_when_they_are_others_and_only_then() {
    let without = |missing: &[&str], revision| {
        let missing = missing.iter().map(|words| (*words).to_owned()).collect();
        Page { missing, ..page(&[(1, 0)], 0, revision) }
    };
    let mut master = WatchView::new(without(&[], 1));
    let mut reader = master.clone();
    for (revision, missing) in [(2, &["east: it is not heard from"][..]), (3, &[])] {
        let delta = master.advance(without(missing, revision)).unwrap();
        assert_eq!(delta.missing.as_ref().map(Vec::len), Some(missing.len()));
        reader.apply(delta).unwrap();
        assert_eq!(reader.missing(), missing);
        assert_eq!(reader.to_page().missing, missing);
        assert_eq!(master.advance(without(missing, revision + 10)), None);
    }
}

#[test]
fn lost_delta_is_noticed() {
    // W-2
    let mut master = WatchView::new(page(&[(1, 0)], 0, 1));
    let mut reader = master.clone();
    master.advance(page(&[(1, 1)], 0, 2)).unwrap();
    let second = master.advance(page(&[(1, 2)], 0, 3)).unwrap();
    assert_eq!(reader.apply(second), Err(WatchError::OutOfStep { here: 1, after: 2 }));
}

#[test]
fn duplicate_or_unknown_rows_are_refused() {
    let mut view = WatchView::new(page(&[(1, 0), (2, 0)], 0, 1));
    let path = row(1, 0, 0).path;
    let twice = vec![Placement { path: path.clone(), index: 0 }, Placement { path, index: 1 }];
    let delta = Delta {
        after: 1,
        revision: 2,
        total: 2,
        changed: Vec::new(),
        removed: Vec::new(),
        placed: twice,
        facets: None,
        missing: None,
    };
    assert_eq!(view.apply(delta), Err(WatchError::Inconsistent { revision: 2 }));
}
