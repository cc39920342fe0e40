//! kill -9 at random moments: what was synced is there, and nothing that was never taken in.

use super::{NOW, all, open};
use crate::store::{Batch, History};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use topmast_model::sample::Series;

/// Tells the test binary that it is the process to be killed.
const CHILD: &str = "TOPMAST_HISTORY_CHILD";
/// Repeats a run that failed.
const SEED: &str = "TOPMAST_SEED";
const ROUNDS: u64 = 20;
/// So many seconds of samples are between two syncs.
const PER_SYNC: i64 = 7;
/// Windows of two hours pass fast, so that sealing and merging are killed too.
const STEP_MS: i64 = 20_000;

/// The value of a second, which both processes know.
fn value(second: i64) -> f64 {
    ((second * 7_919) % 1_009) as f64 / 4.0
}

fn time(second: i64) -> i64 {
    NOW + second * STEP_MS
}

/// Seconds that are there, counted from 0; panics where one is missing or wrong.
fn checked(history: &History) -> i64 {
    let samples = all(history);
    let mut seconds = Vec::new();
    for (series, samples) in &samples {
        let carried = series.starts_with("carried");
        for (position, (at, bits)) in (0_i64..).zip(samples) {
            let second = if carried { position } else { position * 3 };
            assert_eq!(*at, time(second), "{series}: a sample is missing before this one");
            assert_eq!(f64::from_bits(*bits).to_bits(), value(second).to_bits(), "{series} at {at}");
        }
        if carried {
            seconds.push(i64::try_from(samples.len()).unwrap());
        }
    }
    seconds.first().copied().unwrap_or(0)
}

/// Every third second has a single sample.
fn single(history: &History, second: i64) {
    if second % 3 == 0 {
        let mut batch = Batch::default();
        batch.series("single", [("job", "test")]);
        batch.sample(time(second), value(second));
        history.append(&batch, time(second)).unwrap();
    }
}

fn append_until_killed(path: &Path) -> ! {
    let history = open(path);
    let mut second = checked(&history);
    // The process may have ended between a tick and the single sample of the same second.
    for missing in (second - PER_SYNC).max(0)..second {
        single(&history, missing);
    }
    let mut out = std::io::stdout();
    let mut feed = history.feed([("server", "db-7")]);
    feed.define(0, &Series::new("carried", []));
    loop {
        for _ in 0..PER_SYNC {
            let now = time(second);
            feed.tick(now);
            feed.value(0, value(second));
            history.commit(&mut feed, now).unwrap();
            single(&history, second);
            second += 1;
        }
        history.sync().unwrap();
        writeln!(out, "synced {second}").unwrap();
        history.maintain(time(second)).unwrap();
    }
}

#[test]
fn what_was_synced_survives_kill_9_at_any_moment() {
    // T-1, T-2
    if let Some(path) = std::env::var_os(CHILD) {
        append_until_killed(Path::new(&path));
    }
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    println!("{SEED}={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut synced = 0;
    for round in 0..ROUNDS {
        synced = run_and_kill(folder.path(), &mut random).max(synced);
        let history = open(folder.path());
        let there = checked(&history);
        assert!(there >= synced, "round {round}: {there} seconds are there, but {synced} were synced");
    }
    assert!(synced > 0, "no round got as far as a sync");
}

/// Lets a process append, kills it after a random number of syncs and a random part of the next, and returns
/// how many seconds it said were synced.
fn run_and_kill(path: &Path, random: &mut fastrand::Rng) -> i64 {
    let name = "store::tests::kill::what_was_synced_survives_kill_9_at_any_moment";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", name])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut synced =
        lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("synced ")?.parse::<i64>().ok());
    let first = synced.by_ref().take(random.usize(0..150)).last().unwrap_or(0);
    // The moment within a sync, which takes some hundred microseconds.
    std::thread::sleep(std::time::Duration::from_micros(random.u64(0..3_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    // What was said before the kill still stands in the pipe.
    synced.last().unwrap_or(first)
}
