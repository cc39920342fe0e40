//! A store against a plain map of samples, over crashes, sealing and merging.

mod cut;
mod damage;
mod full_disk;
mod kill;
mod known;
mod sealing;
mod soak;

use super::*;
use crate::budget::Budget;
use crate::codec::STALE;
use crate::head::WINDOW_MS;
use crate::matcher::Matcher;
use crate::source::{Aggregate, Selection, Source as _};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Samples by series and time, as bits.
type Samples = BTreeMap<String, BTreeMap<i64, u64>>;

pub(super) const NOW: i64 = 1_795_432_800_000;
const MINUTE: i64 = 60_000;

pub(super) fn open(folder: &Path) -> History {
    let (history, report) = History::open(folder, Options::default()).unwrap();
    assert_eq!(report.damaged, Vec::<String>::new());
    history
}

fn selected(history: &History, matchers: &[Matcher], resolution: i64, aggregate: Aggregate) -> Samples {
    let selection = Selection { matchers, from: i64::MIN, until: i64::MAX, resolution, aggregate };
    let found = history.select(&selection, &Budget::unlimited()).unwrap();
    let samples = found.into_iter().map(|found| {
        let values = found.values.iter().map(|value| value.to_bits());
        (found.series.to_string(), found.times.iter().copied().zip(values).collect())
    });
    samples.collect()
}

fn all(history: &History) -> Samples {
    selected(history, &[], 0, Aggregate::Last)
}

fn batch(samples: &[(&str, i64, f64)]) -> Batch {
    let mut batch = Batch::default();
    for (name, time, value) in samples {
        batch.series(name, [("instance", "one"), ("job", "test")]);
        batch.sample(*time, *value);
    }
    batch
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_store_is_opened_by_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let second = History::open(folder.path(), Options::default());
    assert!(matches!(second, Err(OpenError::Locked(_))));
    drop(first);
    open(folder.path());
    std::fs::write(folder.path().join("FORMAT"), "topmast-history-9 2\n").unwrap();
    let newer = History::open(folder.path(), Options::default());
    assert!(matches!(newer, Err(OpenError::Format { .. })));
}

#[test]
fn what_was_synced_is_there_after_a_crash() {
    // T-1
    let folder = tempfile::tempdir().unwrap();
    let history = open(&folder.path().join("a"));
    let mut feed = history.feed([("server", "db-7"), ("tenant", "acme")]);
    feed.define(0, &topmast_model::sample::Series::new("host_load_1", []));
    for tick in 0..1_500 {
        feed.tick(NOW + tick * 1_000);
        if tick % 3 == 0 {
            feed.value(0, tick as f64);
        }
        history.commit(&mut feed, NOW + tick * 1_000).unwrap();
    }
    history.sync().unwrap();
    copy(&folder.path().join("a"), &folder.path().join("b"));
    let after = all(&open(&folder.path().join("b")));
    assert_eq!(after, all(&history));
    let samples = &after[r#"host_load_1{server="db-7",tenant="acme"}"#];
    assert_eq!(samples.len(), 1_500);
    assert_eq!(samples[&(NOW + 1_499_000)], 1_497.0_f64.to_bits());
}

#[test]
fn samples_out_of_time_and_series_over_the_bound_are_refused_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { target_series: 4, ..Options::default() };
    let (history, _) = History::open(folder.path(), options).unwrap();
    let day = 86_400_000;
    let old = [("a", NOW - 2 * day, 1.0), ("a", NOW + day, 1.0), ("a", NOW, 1.0), ("b", NOW, 1.0)];
    let appended = history.append(&batch(&old), NOW).unwrap();
    assert_eq!((appended.taken, appended.out_of_time), (2, 2));
    // Both shards have a grid of this target, with two series each at most.
    let many: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), NOW, 1.0)).collect();
    let appended = history.append(&batch(&many), NOW).unwrap();
    assert!(appended.refused_series >= 18, "{appended:?}");
    assert_eq!(appended.refused_by_target, appended.refused_series);
    assert_eq!(all(&history).len(), 2 + 20 - usize::try_from(appended.refused_series).unwrap());
}

#[test]
fn bound_of_single_series_leaves_feeds_alone_and_is_one_over_all_shards() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { shards: 4, ..Options::default() };
    let (history, _) = History::open(folder.path(), options.clone()).unwrap();
    let mut feed = history.feed([("server", "db-7")]);
    for index in 0..12 {
        feed.define(index, &topmast_model::sample::Series::new(&format!("f{index}"), []));
        feed.value(index, 1.0);
    }
    feed.tick(NOW);
    assert_eq!(history.commit(&mut feed, NOW).unwrap().taken, 12);
    let names: Vec<String> = (0..10).map(|number| format!("m{number}")).collect();
    let many = |time| batch(&names.iter().map(|name| (name.as_str(), time, 1.0)).collect::<Vec<_>>());
    let appended = history.append_at_most(&many(NOW), 7, NOW).unwrap();
    assert_eq!((appended.taken, appended.new_single), (7, 7));
    assert_eq!((appended.refused_series, appended.refused_single, appended.refused_by_target), (3, 3, 0));
    assert_eq!((history.single_count(), history.series_count()), (7, 19));
    // Those that are there go on, also beyond a lower bound and after a restart.
    let appended = history.append_at_most(&many(NOW + 1_000), 2, NOW + 1_000).unwrap();
    assert_eq!((appended.taken, appended.new_single, appended.refused_single), (7, 0, 3));
    history.sync().unwrap();
    drop((feed, history));
    let (history, _) = History::open(folder.path(), options).unwrap();
    assert_eq!(history.single_count(), 7);
    let appended = history.append_at_most(&many(NOW + 2_000), 8, NOW + 2_000).unwrap();
    assert_eq!((appended.taken, appended.new_single, appended.refused_single), (8, 1, 2));
    // What is no more makes room.
    history.maintain(NOW + 3 * 7_200_000).unwrap();
    assert_eq!(history.single_count(), 0);
}

#[test]
fn bound_of_all_series_is_one_over_all_shards() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { series: 10, shards: 4, ..Options::default() };
    let (history, _) = History::open(folder.path(), options.clone()).unwrap();
    // A feed is in one shard alone.
    let mut feed = history.feed([("server", "db-7")]);
    for index in 0..12 {
        feed.define(index, &topmast_model::sample::Series::new(&format!("f{index}"), []));
        feed.value(index, 1.0);
    }
    feed.tick(NOW);
    let appended = history.commit(&mut feed, NOW).unwrap();
    assert_eq!((appended.taken, appended.refused_series, appended.refused_by_target), (10, 2, 0));
    let appended = history.append(&batch(&[("m", NOW, 1.0), ("n", NOW, 1.0)]), NOW).unwrap();
    assert_eq!((appended.taken, appended.dropped, appended.refused_series), (0, 2, 2));
    assert_eq!(history.series_count(), 10);
    // Those that are there go on, also after a restart.
    feed.tick(NOW + 1_000);
    assert_eq!(history.commit(&mut feed, NOW + 1_000).unwrap().taken, 10);
    history.sync().unwrap();
    drop((feed, history));
    let (history, _) = History::open(folder.path(), options).unwrap();
    assert_eq!(history.append(&batch(&[("m", NOW, 1.0)]), NOW).unwrap().refused_series, 1);
    // What is no more makes room.
    history.maintain(NOW + 3 * 7_200_000).unwrap();
    assert_eq!(history.series_count(), 0);
    assert_eq!(history.append(&batch(&[("m", NOW, 1.0)]), NOW).unwrap().taken, 1);
}

#[test]
fn feed_whose_series_were_forgotten_is_told_to_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let mut feed = history.feed([("server", "db-7")]);
    feed.define(0, &topmast_model::sample::Series::new("host_load_1", []));
    feed.tick(NOW);
    feed.value(0, 1.0);
    history.commit(&mut feed, NOW).unwrap();
    let later = NOW + 3 * 7_200_000;
    history.maintain(later).unwrap();
    feed.tick(later);
    assert_eq!(history.commit(&mut feed, later), Err(crate::AppendError::Forgotten));
    assert_eq!(all(&history).values().map(BTreeMap::len).sum::<usize>(), 1);
}

#[test]
fn tiers_stand_for_what_they_were_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let start = NOW - NOW.rem_euclid(7_200_000);
    let mut samples = Batch::default();
    samples.series("m", []);
    for second in 0..7_200 {
        samples.sample(start + second * 1_000, (second % 100) as f64);
    }
    history.append(&samples, start + 7_200_000).unwrap();
    history.seal_all(NOW).unwrap();
    let minute = |aggregate| {
        let found = selected(&history, &[Matcher::equal("__name__", "m")], MINUTE, aggregate);
        f64::from_bits(found["m"][&(start + 119_000)])
    };
    let values: Vec<f64> = (60..120).map(|second| f64::from(second % 100)).collect();
    assert_eq!(minute(Aggregate::Last), 19.0);
    assert_eq!(minute(Aggregate::Min), 0.0);
    assert_eq!(minute(Aggregate::Max), 99.0);
    assert_eq!(minute(Aggregate::Sum), values.iter().sum::<f64>());
    assert_eq!(minute(Aggregate::Count), 60.0);
    assert_eq!(minute(Aggregate::Mean), values.iter().sum::<f64>() / 60.0);
    let hours = selected(&history, &[], 60 * MINUTE, Aggregate::Count);
    assert_eq!(hours["m"].values().map(|bits| f64::from_bits(*bits)).collect::<Vec<_>>(), [3_600.0; 2]);
}

#[test]
fn where_the_raw_tier_does_not_reach_a_coarser_one_answers() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { keep_ms: [3_600_000, i64::MAX / 2, i64::MAX / 2], ..Options::default() };
    let (history, _) = History::open(folder.path(), options).unwrap();
    let start = NOW - NOW.rem_euclid(7_200_000);
    let mut samples = Batch::default();
    samples.series("m", []);
    (0..7_200).for_each(|second| samples.sample(start + second * 1_000, second as f64));
    assert_eq!(history.begins(), [None; 3]);
    history.append(&samples, start + 7_200_000).unwrap();
    assert_eq!(history.begins(), [Some(start), None, None]);
    history.seal_all(NOW).unwrap();
    assert_eq!(all(&history)["m"].len(), 7_200);
    history.maintain(start + 3 * 7_200_000).unwrap();
    assert_eq!(all(&history)["m"].len(), 120);
    assert_eq!(history.begins(), [None, Some(start + 59_000), Some(start + 3_599_000)]);
    let status = history.status();
    assert_eq!((status.tiers[0].segments, status.tiers[1].segments), (0, 1));
}

#[test]
fn segments_of_a_day_become_one_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    let start = NOW - NOW.rem_euclid(86_400_000);
    for hour in (0..24).step_by(2) {
        let mut samples = Batch::default();
        for name in ["m", "n"] {
            samples.series(name, []);
            for minute in 0..120 {
                let time = start + (hour * 60 + minute) * MINUTE;
                samples.sample(time, ((time / 7_000) % 1_000) as f64);
            }
        }
        history.append(&samples, start + hour * 60 * MINUTE).unwrap();
        history.maintain(start + (hour + 2) * 60 * MINUTE + 6 * MINUTE).unwrap();
    }
    history.seal_all(start + 24 * 60 * MINUTE).unwrap();
    let (before, minutes) = (all(&history), selected(&history, &[], MINUTE, Aggregate::Sum));
    let maintained = history.maintain(start + 30 * 60 * MINUTE).unwrap();
    assert!(maintained.merged >= 24, "{maintained:?}");
    assert_eq!(all(&history), before);
    assert_eq!(selected(&history, &[], MINUTE, Aggregate::Sum), minutes);
    drop(history);
    assert_eq!(all(&open(folder.path())), before);
}

#[test]
fn segments_of_a_merged_one_that_stayed_after_a_crash_are_removed() {
    // T-2
    let folder = tempfile::tempdir().unwrap();
    let history = open(&folder.path().join("a"));
    for window in 0..3 {
        let time = NOW - NOW.rem_euclid(86_400_000) + window * 7_200_000;
        history.append(&batch(&[("m", time, 1.0)]), NOW).unwrap();
        history.seal_all(NOW).unwrap();
    }
    let before = all(&history);
    copy(&folder.path().join("a"), &folder.path().join("b"));
    assert!(history.maintain(NOW + 2 * 86_400_000).unwrap().merged > 0);
    // The merged ones beside those that they were made of.
    copy(&folder.path().join("a"), &folder.path().join("b"));
    let (after, report) = History::open(&folder.path().join("b"), Options::default()).unwrap();
    assert_eq!(all(&after), before);
    assert_eq!(report.segments, after.segments().len());
    assert_eq!(after.status().tiers[0].segments, 1);
}

#[derive(Debug, Clone)]
enum Step {
    Batch(Vec<(usize, i64, f64)>),
    Feed(Vec<(i64, Vec<(u32, f64)>)>),
    Reconnect,
    Sync,
    Maintain(i64),
    SealAll,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![4 => (0..9_i32).prop_map(f64::from), 1 => any::<f64>(), 1 => Just(STALE)];
    let sample = (0..6_usize, prop_oneof![8 => 0_i64..600, 1 => -20_000_i64..0], value.clone());
    let tick = (1_i64..5, prop::collection::vec((0..4_u32, value), 0..3));
    prop_oneof![
        5 => prop::collection::vec(sample, 1..20).prop_map(Step::Batch),
        8 => prop::collection::vec(tick, 1..40).prop_map(Step::Feed),
        1 => Just(Step::Reconnect),
        2 => Just(Step::Sync),
        2 => (0_i64..4_000).prop_map(Step::Maintain),
        1 => Just(Step::SealAll),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// T-1, T-2: whatever happens, what was taken in is found, each sample once; a crash takes nothing that was
    /// synced.
    #[test]
    fn store_answers_as_a_plain_map_does(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let mut folders = (0..).map(|number| folder.path().join(format!("{number}")));
        let mut path = folders.next().unwrap();
        let mut history = open(&path);
        let mut expect = Samples::new();
        let mut now = NOW;
        let mut feed = None;
        let mut values = [None; 4];
        for step in steps {
            match step {
                Step::Batch(samples) => {
                    for (series, offset, value) in samples {
                        let name = format!("m{series}");
                        let time = now + offset * 1_000;
                        let series = format!(r#"{name}{{instance="one",job="test"}}"#);
                        // Of two samples at one time either may stay.
                        if expect.get(&series).is_some_and(|samples| samples.contains_key(&time)) {
                            continue;
                        }
                        let appended = history.append(&batch(&[(&name, time, value)]), now).unwrap();
                        if appended.taken > 0 {
                            expect.entry(series).or_default().insert(time, value.to_bits());
                        }
                    }
                }
                Step::Feed(ticks) => {
                    let feed = feed.get_or_insert_with(|| {
                        let mut feed = history.feed([("server", "db-7")]);
                        for index in 0..4_u32 {
                            feed.define(index, &topmast_model::sample::Series::new(&format!("f{index}"), []));
                        }
                        values = [None; 4];
                        feed
                    });
                    for (step, changes) in ticks {
                        now += step * 1_000;
                        feed.tick(now);
                        for (index, value) in BTreeMap::from_iter(changes) {
                            feed.value(index, value);
                            values[index as usize] = Some(value);
                        }
                        for (index, value) in values.iter().enumerate() {
                            if let Some(value) = value {
                                let series = format!(r#"f{index}{{server="db-7"}}"#);
                                expect.entry(series).or_default().insert(now, value.to_bits());
                            }
                        }
                    }
                    match history.commit(feed, now) {
                        Ok(_) => {}
                        Err(error) => prop_assert!(false, "{error}"),
                    }
                }
                Step::Reconnect => feed = None,
                Step::Sync => history.sync().unwrap(),
                Step::Maintain(seconds) => {
                    now += seconds * 1_000;
                    history.maintain(now).unwrap();
                    feed = None;
                }
                Step::SealAll => {
                    history.seal_all(now).unwrap();
                    feed = None;
                }
                Step::Crash => {
                    history.sync().unwrap();
                    let next = folders.next().unwrap();
                    copy(&path, &next);
                    feed = None;
                    history = open(&next);
                    path = next;
                }
            }
            expect.retain(|_, samples| !samples.is_empty());
            prop_assert_eq!(&all(&history), &expect);
        }
    }
}
