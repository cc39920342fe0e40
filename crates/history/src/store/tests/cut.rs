//! Series that are kept for less long than the rest: left out of answers at once, and of files in time.

use super::*;

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
    Cuts { label: "tenant".into(), first: BTreeMap::from([(tenant.to_owned(), first)]) }
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
