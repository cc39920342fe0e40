//! Windows on their way from a head into segments: what a crash leaves between, and what late samples cost.

use super::*;
use crate::budget::BudgetError;
use crate::source::SourceError;

const WINDOW: i64 = 7_200_000;
const START: i64 = NOW - NOW.rem_euclid(86_400_000);

/// An hour of samples from a time on, one a minute.
fn hour(history: &History, from: i64) {
    for minute in 0..60 {
        let time = from + minute * MINUTE;
        history.append(&batch(&[("m", time, minute as f64)]), time).unwrap();
    }
}

fn segments(history: &History) -> [usize; 3] {
    let tiers = history.status().tiers;
    [0, 1, 2].map(|tier: usize| tiers[tier].segments)
}

#[test]
fn window_that_was_sealed_in_some_tiers_only_is_sealed_once() {
    // T-2
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    let history = open(&before);
    hour(&history, START);
    history.sync().unwrap();
    copy(&before, &after);
    history.seal_all(NOW).unwrap();
    // The raw segment comes last, and before it came the crash.
    copy(&before.join("1m"), &after.join("1m"));
    copy(&before.join("1h"), &after.join("1h"));
    let crashed = open(&after);
    assert_eq!(segments(&crashed), [0, 1, 1]);
    crashed.seal_all(NOW).unwrap();
    assert_eq!((segments(&crashed), segments(&history)), ([1; 3], [1; 3]));
    assert_eq!(all(&crashed), all(&history));
    let files = std::fs::read_dir(after.join("1m")).unwrap().count();
    assert_eq!(files, 1);
}

#[test]
fn late_samples_wait_for_the_next_window_and_a_merged_day_for_the_last_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    for window in 0..12 {
        hour(&history, START + window * WINDOW);
        history.maintain(START + (window + 1) * WINDOW + 6 * MINUTE).unwrap();
    }
    let end = START + 12 * WINDOW;
    // Late ones come all the time, each maintenance would find some.
    for round in 0..100 {
        let now = end + 6 * MINUTE + round * 20_000;
        history.append(&batch(&[("m", START + 90 * MINUTE + round, 1.0), ("m", now, 2.0)]), now).unwrap();
        history.maintain(now).unwrap();
    }
    assert_eq!(segments(&history), [12; 3]);
    let (before, now) = (all(&history), end + 2 * WINDOW + 6 * MINUTE);
    let maintained = history.maintain(now).unwrap();
    // The new window, and the first one once more; those of the day became one in each tier.
    assert_eq!((maintained.sealed, maintained.merged), (2, 39));
    assert_eq!(segments(&history), [2; 3]);
    assert_eq!(all(&history), before);

    // Whatever else is late for that day is not worth to write all of it again, until it is over for good.
    history.append(&batch(&[("m", START + 330 * MINUTE + 1, 3.0), ("m", now, 4.0)]), now).unwrap();
    let before = all(&history);
    for hours in [3, 5, 7] {
        let later = end + hours * 60 * MINUTE + 2 * WINDOW;
        history.append(&batch(&[("m", later, 5.0)]), later).unwrap();
        assert_eq!(history.maintain(later).unwrap().merged, 0);
    }
    let last = end + (24 + 3) * 60 * MINUTE;
    assert!(history.maintain(last).unwrap().merged >= 4);
    let after = all(&history);
    let kept = |samples: &BTreeMap<i64, u64>| {
        samples.range(..=now).map(|(time, bits)| (*time, *bits)).collect::<Vec<_>>()
    };
    for (series, samples) in &before {
        assert_eq!(kept(&after[series]), kept(samples));
    }
}

#[test]
fn labels_are_those_of_the_series_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    // An index is let go as soon as another one is loaded.
    let options = Options { index_bytes: 4, query_series: 30, ..Options::default() };
    let (history, _) = History::open(folder.path(), options).unwrap();
    for (window, start) in (0..5_usize).zip((START..).step_by(7_200_000)) {
        let mut batch = Batch::default();
        for number in 0..5 {
            let (place, even) = (format!("{window}-{number}"), if number % 2 == 0 { "yes" } else { "" });
            let labels = [("even", even), ("place", place.as_str()), ("window", ["a", "b"][window % 2])];
            batch.series("m", labels.into_iter().filter(|(_, value)| !value.is_empty()));
            batch.sample(start, 1.0);
        }
        history.append(&batch, START + 5 * WINDOW).unwrap();
        match window {
            0..=2 => drop(history.seal_all(NOW).unwrap()),
            3 => history.shards.iter().for_each(|shard| drop(shard.take_windows(i64::MAX).unwrap())),
            _ => {}
        }
    }
    let matchers = [
        vec![],
        vec![Matcher::equal("even", "yes")],
        vec![Matcher::equal("window", "b"), Matcher::not_equal("even", "yes")],
        vec![Matcher::matching("place", "[034]-1").unwrap()],
        vec![Matcher::equal("place", "none")],
    ];
    for matchers in &matchers {
        let series = history.series(matchers, i64::MIN, i64::MAX).unwrap();
        let (mut names, mut places) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        for one in &series {
            names.insert("__name__".to_owned());
            for (name, value) in &one.labels {
                names.insert(name.to_string());
                if &**name == "place" {
                    places.insert(value.to_string());
                }
            }
        }
        let found = history.label_names(matchers, i64::MIN, i64::MAX).unwrap();
        assert_eq!(found, names.into_iter().collect::<Vec<_>>(), "{matchers:?}");
        let found = history.label_values("place", matchers, i64::MIN, i64::MAX).unwrap();
        assert_eq!(found, places.into_iter().collect::<Vec<_>>(), "{matchers:?}");
    }
    let sizes: usize = history.segments().iter().map(|segment| segment.index_size()).sum();
    assert_eq!(sizes, 0);
    let options = Options { query_series: 14, ..history.options().clone() };
    drop(history);
    let (history, _) = History::open(folder.path(), options).unwrap();
    let many = history.label_values("place", &[], i64::MIN, i64::MAX);
    assert!(matches!(many, Err(SourceError::Series { limit: 14 })), "{many:?}");
    assert_eq!(history.label_values("window", &[], i64::MIN, i64::MAX).unwrap(), ["a", "b"]);
}

#[test]
fn windows_that_are_being_sealed_are_charged_to_a_query() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    hour(&history, START);
    for shard in &history.shards {
        shard.take_windows(i64::MAX).unwrap();
    }
    let selection = Selection {
        matchers: &[],
        from: i64::MIN,
        until: i64::MAX,
        resolution: 0,
        aggregate: Aggregate::Last,
    };
    let budget = Budget::new(60, Arc::default());
    assert_eq!(history.select(&selection, &budget).unwrap().len(), 1);
    assert_eq!(budget.used(), 60);
    let refused = history.select(&selection, &Budget::new(59, Arc::default()));
    assert!(matches!(refused, Err(SourceError::Budget(BudgetError::Samples { limit: 59 }))), "{refused:?}");
}

#[test]
fn log_that_nothing_was_written_to_does_not_make_the_one_before_it_damaged() {
    // L-1
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    hour(&history, START);
    history.sync().unwrap();
    let before = all(&history);
    drop(history);
    for shard in ["head/0", "head/1"] {
        let shard = folder.path().join(shard);
        let log = crate::log::path(&shard, 0);
        let mut bytes = std::fs::read(&log).unwrap();
        bytes.extend([7, 0, 0, 0]);
        std::fs::write(&log, bytes).unwrap();
        std::fs::write(crate::log::path(&shard, 1), []).unwrap();
    }
    let (history, report) = History::open(folder.path(), Options::default()).unwrap();
    assert_eq!((report.torn, report.damaged), (2, Vec::new()));
    assert_eq!(all(&history), before);
}

#[test]
fn log_that_another_one_followed_is_durable_with_the_next_sync() {
    // T-1
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let unsynced = || -> usize { history.shards.iter().map(|shard| shard.lock().unsynced.len()).sum() };
    // The folders of the logs that were made at the start.
    assert_eq!(unsynced(), 2);
    history.sync().unwrap();
    assert_eq!(unsynced(), 0);
    hour(&history, START);
    history.shards.iter().for_each(|shard| shard.save().unwrap());
    assert_eq!(unsynced(), 4);
    history.sync().unwrap();
    assert_eq!(unsynced(), 0);
}
