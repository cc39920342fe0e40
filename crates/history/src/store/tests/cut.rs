//! Series that are kept for less long than the rest: left out of answers at once, and of files in time.

use super::*;
use crate::store::weigh::WEIGHED_MAX;

const DAY: i64 = 86_400_000;
/// Noon of the first day.
const BEGIN: i64 = NOW - NOW % DAY + DAY / 2;

/// One sample a minute of two tenants, for some days, each day settled when it is over.
fn filled(folder: &Path, days: i64) -> History {
    let history = open(folder);
    for day in 0..days {
        let start = BEGIN + day * DAY;
        let mut batch = Batch::default();
        for tenant in ["acme", "bolt"] {
            batch.series("load", [("tenant", tenant)]);
            (0..60).for_each(|minute| batch.sample(start + minute * MINUTE, minute as f64));
        }
        history.append(&batch, start + 60 * MINUTE).unwrap();
        history.seal_all(start + DAY).unwrap();
    }
    history
}

fn cuts(tenant: &str, first: [i64; 3]) -> Cuts {
    let first = BTreeMap::from([(tenant.to_owned(), first)]);
    Cuts { label: "tenant".into(), first, ..Cuts::default() }
}

/// Times of a tenant's samples, at a resolution.
fn times(history: &History, tenant: &str, resolution: i64) -> Vec<i64> {
    let found = selected(history, &[Matcher::equal("tenant", tenant)], resolution, Aggregate::Last);
    found.into_values().flat_map(BTreeMap::into_keys).collect()
}

fn raw_bytes(history: &History) -> u64 {
    let segments = history.segments();
    let raw = segments.iter().filter(|segment| segment.footer().tier == crate::segment::Tier::Raw);
    raw.map(|segment| segment.length()).sum()
}

#[test]
fn what_is_cut_is_answered_by_coarser_tiers_and_nobody_elses_is_touched() {
    // CT-1, CT-2
    let folder = tempfile::tempdir().unwrap();
    let history = filled(folder.path(), 3);
    let before = times(&history, "bolt", 0);
    assert_eq!(times(&history, "acme", 0).len(), 180);
    let day = |number: i64| BEGIN + number * DAY;
    // Samples of one day, minutes of two: the hours go on.
    history.cut(cuts("acme", [day(2), day(1), i64::MIN]));
    let left = times(&history, "acme", 0);
    assert!(left.iter().filter(|time| **time >= day(2)).count() == 60, "{}", left.len());
    // Samples that came once a minute are their minutes, so all of that day is told by them.
    assert_eq!(left.iter().filter(|time| (day(1)..day(2)).contains(*time)).count(), 60);
    assert_eq!(left.iter().filter(|time| **time < day(1)).count(), 1, "one hour");
    assert_eq!(times(&history, "bolt", 0), before);
    // Nothing at all of it, also of what is in a head.
    let mut batch = Batch::default();
    batch.series("load", [("tenant", "acme")]);
    batch.sample(day(3), 1.0);
    history.append(&batch, day(3)).unwrap();
    history.cut(cuts("acme", [day(4); 3]));
    for resolution in [0, MINUTE, 60 * MINUTE] {
        assert_eq!(times(&history, "acme", resolution), Vec::<i64>::new(), "{resolution}");
    }
    assert_eq!(times(&history, "bolt", 0), before);
}

#[test]
fn files_are_written_anew_one_at_a_time_without_what_is_too_old() {
    // CT-3
    let folder = tempfile::tempdir().unwrap();
    let history = filled(folder.path(), 3);
    let (bytes, before) = (raw_bytes(&history), times(&history, "bolt", 0));
    let now = BEGIN + 3 * DAY;
    history.cut(cuts("nobody", [now; 3]));
    assert_eq!(history.maintain(now).unwrap().cut, 0, "nothing is of that one");
    history.cut(cuts("acme", [now, i64::MIN, i64::MIN]));
    let mut rewritten = 0;
    while history.maintain(now).unwrap().cut > 0 {
        rewritten += 1;
        assert!(rewritten <= 100, "it never ends");
    }
    assert!(rewritten >= 3, "{rewritten}");
    assert!(raw_bytes(&history) < bytes, "{} of {bytes}", raw_bytes(&history));
    assert_eq!(times(&history, "bolt", 0), before);
    // What was cut from files does not come back.
    history.cut(Cuts::default());
    assert_eq!(times(&history, "acme", 0), Vec::<i64>::new());
    assert_eq!(times(&history, "acme", MINUTE).len(), 180);
    drop(history);
    assert_eq!(times(&open(folder.path()), "bolt", 0), before);
}

fn weighed(most: [u64; 3]) -> Cuts {
    Cuts {
        label: "tenant".into(),
        most: BTreeMap::from([("acme".to_owned(), most)]),
        weigh: true,
        ..Cuts::default()
    }
}

#[test]
fn weights_come_to_the_files_and_are_of_who_has_the_data() {
    // WG-1
    let folder = tempfile::tempdir().unwrap();
    let history = filled(folder.path(), 3);
    let now = BEGIN + 3 * DAY;
    history.maintain(now).unwrap();
    assert_eq!(history.weights(), Weights::default(), "nobody asked for them");
    history.cut(weighed([u64::MAX; 3]));
    history.maintain(now).unwrap();
    let weights = history.weights();
    assert!(weights.is_whole);
    let (acme, bolt) = (weights.bytes["acme"], weights.bytes["bolt"]);
    assert_eq!(acme, bolt, "they have as many of the same samples");
    for (place, tier) in history.status().tiers.iter().enumerate() {
        let rounded = 2 * tier.segments as u64;
        let sum = acme[place] + bolt[place];
        assert!(sum <= tier.bytes && sum + rounded >= tier.bytes, "{} {sum} of {}", tier.name, tier.bytes);
    }
    // What is made anew is weighed anew.
    let mut batch = Batch::default();
    batch.series("load", [("tenant", "bolt")]);
    (0..60).for_each(|minute| batch.sample(now + minute * MINUTE, minute as f64));
    history.append(&batch, now + 60 * MINUTE).unwrap();
    history.seal_all(now + DAY).unwrap();
    let later = history.weights();
    assert_eq!((later.is_whole, later.bytes["acme"]), (true, acme));
    assert!(later.bytes["bolt"][0] > bolt[0]);
}

#[test]
fn oldest_beyond_a_bound_of_bytes_is_cut_first_and_freed_in_time() {
    // CT-1, WG-2
    let folder = tempfile::tempdir().unwrap();
    let history = filled(folder.path(), 4);
    let (now, day) = (BEGIN + 4 * DAY, |number: i64| BEGIN + number * DAY);
    let before = times(&history, "bolt", 0);
    history.cut(weighed([u64::MAX; 3]));
    history.maintain(now).unwrap();
    let all = history.weights().bytes["acme"];
    assert_eq!(times(&history, "acme", 0).len(), 240, "all of it fits");
    // Days are alike: half of the bytes are the newer two days. Coarser tiers that are not bounded answer.
    history.cut(weighed([all[0] / 2, u64::MAX, u64::MAX]));
    assert_eq!(times(&history, "acme", MINUTE).len(), 240);
    let half = [all[0] / 2, 0, 0];
    history.cut(weighed(half));
    let left = times(&history, "acme", 0);
    assert!(left.iter().all(|time| *time >= day(2)), "{left:?}");
    assert!((115..=120).contains(&left.len()), "{}", left.len());
    assert_eq!(times(&history, "bolt", 0), before);
    let files = raw_bytes(&history);
    while history.maintain(now).unwrap().cut > 0 {}
    assert!(raw_bytes(&history) < files, "{} of {files}", raw_bytes(&history));
    let kept = history.weights().bytes["acme"];
    assert!(kept[0] <= all[0] / 4 * 3 && kept[1..] == [0, 0], "{kept:?} of {half:?}");
    assert_eq!(times(&history, "acme", 0), left, "what was freed is not missed");
    // Days and bytes: the first that is reached.
    let days = BTreeMap::from([("acme".to_owned(), [day(3), i64::MIN, i64::MIN])]);
    history.cut(Cuts { first: days, ..weighed(half) });
    assert_eq!(times(&history, "acme", 0).len(), 60);
    // After a start everything is weighed again.
    drop(history);
    let history = open(folder.path());
    history.cut(weighed([all[0] / 4, 0, 0]));
    history.maintain(now).unwrap();
    assert!(times(&history, "acme", 0).iter().all(|time| *time >= day(3)));
}

#[test]
fn newest_files_are_weighed_first_and_a_bounded_number_at_a_time() {
    // WG-3
    let folder = tempfile::tempdir().unwrap();
    let history = filled(folder.path(), 30);
    let now = BEGIN + 30 * DAY;
    history.maintain(now).unwrap();
    history.cut(weighed([u64::MAX; 3]));
    let mut all = history.segments().len();
    assert!(all > WEIGHED_MAX, "{all} files");
    while all > 0 {
        assert!(!history.weights().is_whole);
        history.cut_by_bytes();
        let segments = history.segments();
        let (weighed, left): (Vec<_>, Vec<_>) =
            segments.iter().partition(|segment| segment.weights().is_some());
        all = all.saturating_sub(WEIGHED_MAX);
        assert_eq!(left.len(), all, "{} are weighed", weighed.len());
        let oldest = weighed.iter().map(|segment| segment.footer().last).min();
        assert!(left.iter().all(|segment| Some(segment.footer().last) <= oldest));
    }
    assert!(history.weights().is_whole);
}
