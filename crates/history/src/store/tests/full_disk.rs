//! A disk that is full at any moment: nothing durable is lost or changed, what waits is bounded, and all is well
//! again once there is room.
//!
//! The disk is a small tmpfs, which only root can mount; without that right the test says so and ends.

use super::{NOW, Samples, all, batch, open};
use crate::promql::STALE_BITS;
use crate::shard::AppendError;
use crate::store::{History, Options};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use topmast_model::sample::Series;

/// Repeats a run that failed.
const SEED: &str = "TOPMAST_SEED";
const DISK: u64 = 12 << 20;
const WAITING_MAX: usize = 256 << 10;
const ROUNDS: usize = 40;
const SERIES: u32 = 24;

/// A mounted tmpfs; unmounted when dropped.
struct Disk {
    path: PathBuf,
    _parent: tempfile::TempDir,
}

impl Disk {
    /// Mounts one, or says why it cannot.
    fn mount() -> Option<Self> {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        let size = format!("size={DISK}");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output().unwrap();
        if !mount.status.success() {
            println!(
                "not tested: a tmpfs cannot be mounted here: {}",
                String::from_utf8_lossy(&mount.stderr)
            );
            return None;
        }
        Some(Self { path, _parent: parent })
    }

    fn store(&self) -> PathBuf {
        self.path.join("history")
    }

    /// Leaves so much room.
    fn fill(&self, room: u64) {
        let mut filler = File::create(self.path.join("filler")).unwrap();
        while filler.write_all(&[0; 4_096]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(room)).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.path.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

/// A store and what should be in it.
struct Run {
    history: History,
    random: fastrand::Rng,
    now: i64,
    feed: Option<crate::Feed>,
    values: [f64; SERIES as usize],
    /// All that was taken in.
    taken: Samples,
    /// All that was taken in before the last sync that was no error.
    durable: Samples,
    refused: u64,
}

fn options() -> Options {
    Options { waiting_bytes: WAITING_MAX, ..Options::default() }
}

fn reopened(folder: &Path) -> History {
    let (history, report) = History::open(folder, options()).unwrap();
    assert_eq!(report.damaged, Vec::<String>::new());
    history
}

impl Run {
    fn value(&mut self) -> f64 {
        // Hard to compress, so that a small disk is full soon.
        f64::from_bits(self.random.u64(1..STALE_BITS))
    }

    /// Some minutes of an agent, a tick each second and a frame each ten, and single samples beside.
    fn append(&mut self) {
        for _ in 0..self.random.u32(1..60) {
            let is_new = self.feed.is_none();
            let mut feed = self.feed.take().unwrap_or_else(|| {
                let mut feed = self.history.feed([("server", "db-7")]);
                (0..SERIES).for_each(|index| feed.define(index, &Series::new(&format!("f{index}"), [])));
                feed
            });
            let mut ticks = Vec::new();
            for tick in 0..10 {
                self.now += 1_000;
                feed.tick(self.now);
                for index in 0..SERIES {
                    // Some seldom, so that a value that came while nothing was taken in shows for long.
                    let often = if index % 2 == 0 { 100 } else { 1 };
                    if is_new && tick == 0 || self.random.u8(..) < often {
                        self.values[index as usize] = self.value();
                        feed.value(index, self.values[index as usize]);
                    }
                }
                ticks.push((self.now, self.values));
            }
            match self.history.commit(&mut feed, self.now) {
                Ok(_) => {
                    for (time, values) in ticks {
                        for (index, value) in values.iter().enumerate() {
                            let series = format!(r#"f{index}{{server="db-7"}}"#);
                            self.taken.entry(series).or_default().insert(time, value.to_bits());
                        }
                    }
                    self.feed = Some(feed);
                }
                Err(AppendError::Full) => {
                    self.refused += 1;
                    self.feed = Some(feed);
                }
                Err(AppendError::Forgotten) => {}
            }
            let (time, value) = (self.now - self.random.i64(0..3) * 3_600_000, self.value());
            let series = r#"single{instance="one",job="test"}"#.to_owned();
            let there = self.taken.get(&series).is_some_and(|samples| samples.contains_key(&time));
            if !there && self.history.append(&batch(&[("single", time, value)]), self.now).is_ok() {
                self.taken.entry(series).or_default().insert(time, value.to_bits());
            }
            let waiting: usize = self.history.shards.iter().map(|shard| shard.lock().waiting()).sum();
            // A frame comes whole, and so do the chunks that it makes.
            assert!(waiting < WAITING_MAX + (512 << 10), "{waiting} bytes wait");
        }
    }

    fn sync(&mut self) -> bool {
        let synced = self.history.sync().is_ok();
        if synced {
            self.durable = self.taken.clone();
        }
        synced
    }

    /// The process ends without a word, and another one opens the store.
    fn kill(&mut self, folder: &Path) {
        self.feed = None;
        let unused = tempfile::tempdir().unwrap();
        let killed = std::mem::replace(&mut self.history, open(unused.path()));
        drop(killed);
        self.history = reopened(folder);
        let found = all(&self.history);
        for (series, samples) in &self.durable {
            for (time, bits) in samples {
                assert_eq!(
                    found.get(series).and_then(|found| found.get(time)),
                    Some(bits),
                    "{series} at {time}"
                );
            }
        }
        for (series, samples) in &found {
            for (time, bits) in samples {
                assert_eq!(
                    self.taken.get(series).and_then(|taken| taken.get(time)),
                    Some(bits),
                    "{series} at {time}"
                );
            }
        }
        self.taken = found;
    }

    fn check(&self) {
        let found = all(&self.history);
        assert_eq!(found.keys().collect::<Vec<_>>(), self.taken.keys().collect::<Vec<_>>());
        for (series, samples) in &self.taken {
            if found[series] == *samples {
                continue;
            }
            let (taken, found): (BTreeSet<_>, BTreeSet<_>) =
                (samples.iter().collect(), found[series].iter().collect());
            let first = |one: &BTreeSet<(&i64, &u64)>, other| {
                one.difference(other).next().map(|(time, bits)| (**time, f64::from_bits(**bits)))
            };
            panic!("{series}: missing {:?}, not taken in {:?}", first(&taken, &found), first(&found, &taken));
        }
        assert_eq!(self.history.damages(), Vec::<String>::new());
    }

    /// No file is left of what failed.
    fn check_files(&self, folder: &Path) {
        let listed: BTreeSet<PathBuf> =
            self.history.segments().iter().map(|segment| segment.path().into()).collect();
        let mut found = BTreeSet::new();
        for tier in ["raw", "1m", "1h"] {
            found.extend(std::fs::read_dir(folder.join(tier)).unwrap().map(|entry| entry.unwrap().path()));
        }
        assert_eq!(found, listed);
        let chunks = self.history.shards.iter().map(|shard| {
            let files = std::fs::read_dir(shard.folder()).unwrap().map(|entry| entry.unwrap().path());
            let chunks =
                files.filter(|path| path.extension().is_some_and(|extension| extension == "chunks")).count();
            (chunks, shard.lock().head.windows().count())
        });
        for (files, windows) in chunks {
            assert!(files <= windows, "{files} chunk files of {windows} open windows");
        }
    }
}

#[test]
fn full_disk_loses_nothing_durable_and_all_is_well_once_there_is_room() {
    // H-3
    let seed =
        std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED}={seed}");
    let Some(disk) = Disk::mount() else { return };
    let folder = disk.store();
    let mut run = Run {
        history: reopened(&folder),
        random: fastrand::Rng::with_seed(seed),
        now: NOW,
        feed: None,
        values: [0.0; SERIES as usize],
        taken: Samples::new(),
        durable: Samples::new(),
        refused: 0,
    };
    let (mut failed_syncs, mut failed_maintenance, mut kills) = (0, 0, 0);
    for round in 0..ROUNDS {
        let room = [0, run.random.u64(0..64) * 1_024, run.random.u64(0..1_024) * 1_024][round % 3];
        disk.fill(room);
        for _ in 0..run.random.u32(1..6) {
            run.append();
            failed_syncs += u32::from(!run.sync());
            run.check();
            // At times a window ends, a day at others.
            run.now += [0, 0, 7_200_000, 30 * 3_600_000][run.random.usize(0..4)];
            failed_maintenance += u32::from(run.history.maintain(run.now).is_err());
            run.check();
            if run.random.u8(..) < 50 {
                kills += 1;
                run.kill(&folder);
            }
        }
        disk.free();
        assert!(run.sync());
        run.history.maintain(run.now).unwrap();
        run.append();
        run.check();
        run.check_files(&folder);
        // Room for the next round: what was kept long enough goes, as retention lets it go.
        run.now += 16 * 86_400_000;
        run.feed = None;
        run.history.maintain(run.now).unwrap();
        for segment in run.history.segments().to_vec() {
            run.history.replace_segments(&[segment], None).unwrap();
        }
        run.taken = all(&run.history);
        run.sync();
    }
    println!(
        "{failed_syncs} syncs and {failed_maintenance} of maintenance failed, {} frames refused, {kills} kills",
        run.refused
    );
    assert!(failed_syncs > 0 && failed_maintenance > 0 && run.refused > 0, "the disk was never full");
}
