//! Every file cut and flipped: a store opens or says why not, and never gives a sample that was not taken in.

use super::{NOW, Samples, all, copy, selected};
use crate::source::Aggregate;
use crate::store::{Batch, History, Options};
use std::path::{Path, PathBuf};
use topmast_model::sample::Series;

/// A store with a sealed window, a merged day, an open window with chunks, a checkpoint and a log.
fn store(folder: &Path) -> Samples {
    let (history, _) = History::open(folder, Options { shards: 1, ..Options::default() }).unwrap();
    let day = NOW - NOW.rem_euclid(86_400_000) - 2 * 86_400_000;
    for start in [day, day + 7_200_000, NOW - 7_200_000] {
        append(&history, start, 130);
        history.seal_all(start).unwrap();
    }
    append(&history, NOW, 1_300);
    assert_eq!(history.status().tiers[0].segments, 2, "the first two windows are merged");
    history.shards[0].save().unwrap();
    append(&history, NOW + 1_300_000, 30);
    history.sync().unwrap();
    all(&history)
}

fn append(history: &History, start: i64, seconds: i64) {
    let mut feed = history.feed([("server", "db-7")]);
    for index in 0..3_u32 {
        feed.define(index, &Series::new(&format!("carried_{index}"), []));
    }
    for second in 0..seconds {
        let time = start + second * 1_000;
        feed.tick(time);
        feed.value(0, (second * second) as f64);
        feed.value(1, (second as f64).sin());
        feed.value(2, (second / 50) as f64);
        history.commit(&mut feed, time).unwrap();
        let mut batch = Batch::default();
        batch.series("single", [("job", "test")]);
        batch.sample(time, second as f64 / 8.0);
        history.append(&batch, time).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Opens a damaged copy: what it gives was taken in, and what it lacks is told of.
fn check(folder: &Path, expect: &Samples, what: &str) {
    let Ok((history, report)) = History::open(folder, Options::default()) else { return };
    let found = all(&history);
    let mut missing = 0;
    for (series, samples) in &found {
        let known = &expect.get(series).unwrap_or_else(|| panic!("{what}: {series} was never there"));
        for (time, bits) in samples {
            assert_eq!(known.get(time), Some(bits), "{what}: {series} at {time}");
        }
    }
    for (series, samples) in expect {
        missing += samples.len() - found.get(series).map_or(0, std::collections::BTreeMap::len);
    }
    selected(&history, &[], 60_000, Aggregate::Sum);
    let told = !report.damaged.is_empty() || report.torn > 0 || !history.damages().is_empty();
    // A log that ends with a whole record cannot be told from one to which no more was written.
    let may_be_silent = what.contains(".log cut");
    assert!(
        missing == 0 || told || may_be_silent,
        "{what}: {missing} samples are missing, and nobody says so"
    );
    // It goes on: what comes now is kept.
    append(&history, NOW + 3_600_000, 2);
    history.sync().unwrap();
    history.seal_all(NOW + 7_200_000).unwrap();
}

#[test]
fn files_cut_or_flipped_anywhere_give_no_wrong_sample_and_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, damaged) = (folder.path().join("whole"), folder.path().join("damaged"));
    let expect = store(&whole);
    let seed = std::env::var("TOPMAST_SEED").map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    println!("TOPMAST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let all_files = files(&whole);
    for kind in ["checkpoint", "log", "chunks", "segment"] {
        let of_kind = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == kind);
        assert!(all_files.iter().any(|path| of_kind(&path)), "no file of kind {kind}");
    }
    for path in &all_files {
        let name = path.strip_prefix(&whole).unwrap();
        let bytes = std::fs::read(path).unwrap();
        for round in 0..12 {
            let _ = std::fs::remove_dir_all(&damaged);
            copy(&whole, &damaged);
            let mut broken = bytes.clone();
            let at = random.usize(0..bytes.len().max(1));
            let what = if round % 2 == 0 || bytes.is_empty() {
                broken.truncate(at);
                format!("{} cut at {at}", name.display())
            } else {
                let bit = random.u8(0..8);
                broken[at] ^= 1 << bit;
                format!("{} byte {at} bit {bit} flipped", name.display())
            };
            std::fs::write(damaged.join(name), broken).unwrap();
            check(&damaged, &expect, &what);
        }
    }
}
