//! Weeks of a fleet whose series come and go, beside a plain map: every answer is right, and nothing grows.
//!
//! The clock is driven, so a day takes a moment. `TOPMAST_SOAK_DAYS` says how many days there are, `TOPMAST_SEED`
//! repeats a run.

use super::{Samples, copy, selected};
use crate::codec::STALE;
use crate::feed::Feed;
use crate::matcher::Matcher;
use crate::segment::Tier;
use crate::source::Aggregate;
use crate::store::{Batch, History, Options};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use topmast_model::sample::Series;

const DAYS: &str = "TOPMAST_SOAK_DAYS";
const SEED: &str = "TOPMAST_SEED";
const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
/// On a full day, so that days and merged segments agree.
const START: i64 = 20_000 * DAY;
const SERVERS: usize = 4;
const CONTAINERS: usize = 10;
/// Of the containers, so many of a hundred are replaced each ten minutes.
const REPLACED: u8 = 20;
/// Days after which memory grows no more.
const SETTLED_DAYS: usize = 40;
/// Raw samples are bound by bytes, minutes by age.
const OPTIONS: Options = Options {
    shards: 2,
    series: 5_000,
    target_series: 1_000,
    late_ms: DAY,
    future_ms: 10 * MINUTE,
    grace_ms: 5 * MINUTE,
    waiting_bytes: 16 << 20,
    query_series: 200_000,
    index_bytes: 1 << 20,
    keep_ms: [4 * DAY, 5 * DAY, 8 * DAY],
    keep_bytes: [600 << 10, u64::MAX, u64::MAX],
};

struct Container {
    name: String,
    index: u32,
    value: f64,
    /// When it was last told.
    told: i64,
}

struct Server {
    feed: Option<Feed>,
    containers: Vec<Container>,
    next_index: u32,
    last_tick: i64,
}

struct Fleet {
    random: fastrand::Rng,
    history: History,
    servers: Vec<Server>,
    made: u64,
    now: i64,
    /// Every seventh container is looked after, and every sample that was sent alone.
    expect: Samples,
}

fn open(folder: &Path) -> History {
    let (history, report) = History::open(folder, OPTIONS).unwrap();
    assert_eq!((report.damaged, report.torn), (Vec::new(), 0));
    history
}

fn is_watched(name: &str) -> bool {
    name.bytes().map(u32::from).sum::<u32>().is_multiple_of(7)
}

fn series(server: usize, name: &str) -> String {
    format!(r#"container_cpu{{name="{name}",server="s{server}"}}"#)
}

impl Fleet {
    fn container(&mut self, server: usize) {
        self.made += 1;
        let own = &mut self.servers[server];
        let container =
            Container { name: format!("c-{}", self.made), index: own.next_index, value: 0.0, told: i64::MIN };
        if let Some(feed) = &mut own.feed {
            feed.define(container.index, &Series::new("container_cpu", [("name", &*container.name)]));
        }
        own.next_index += 1;
        own.containers.push(container);
    }

    fn connect(&mut self, server: usize) {
        let name = format!("s{server}");
        let mut feed = self.history.feed([("server", name.as_str())]);
        let own = &mut self.servers[server];
        for container in &mut own.containers {
            feed.define(container.index, &Series::new("container_cpu", [("name", &*container.name)]));
            container.told = i64::MIN;
        }
        own.feed = Some(feed);
    }

    /// Some containers end, others begin.
    fn churn(&mut self, server: usize) {
        let last_tick = self.servers[server].last_tick;
        for position in (0..CONTAINERS).rev() {
            if self.random.u8(0..100) >= REPLACED {
                continue;
            }
            let own = &mut self.servers[server];
            let gone = own.containers.remove(position);
            if let Some(feed) = &mut own.feed {
                feed.retire(gone.index);
                // A value that was carried to the last tick becomes the marker.
                if is_watched(&gone.name) && gone.told > i64::MIN && gone.told < last_tick {
                    self.expect
                        .entry(series(server, &gone.name))
                        .or_default()
                        .insert(last_tick, STALE.to_bits());
                }
            }
            self.container(server);
        }
    }

    fn tick(&mut self, server: usize) {
        if self.servers[server].feed.is_none() {
            self.connect(server);
        }
        let own = &mut self.servers[server];
        let Some(feed) = &mut own.feed else { return };
        feed.tick(self.now);
        own.last_tick = self.now;
        for container in &mut own.containers {
            if container.told == i64::MIN || self.random.u8(0..3) == 0 {
                container.value += f64::from(self.random.u32(1..1_000));
                container.told = self.now;
                feed.value(container.index, container.value);
            }
            if is_watched(&container.name) {
                let samples = self.expect.entry(series(server, &container.name)).or_default();
                samples.insert(self.now, container.value.to_bits());
            }
        }
        self.history.commit(feed, self.now).unwrap();
    }

    /// Samples of senders, up to twenty hours late.
    fn singles(&mut self) {
        let mut batch = Batch::default();
        for number in 0..4 {
            let late = if self.random.u8(0..10) == 0 { self.random.i64(0..20 * 60) * MINUTE } else { 0 };
            let (time, value) = (self.now - late + number, self.random.f64());
            let samples = self.expect.entry(format!(r#"single{{number="{number}"}}"#)).or_default();
            // Of two samples at one time either may stay.
            if let Entry::Vacant(sample) = samples.entry(time) {
                sample.insert(value.to_bits());
                batch.series("single", [("number", format!("{number}").as_str())]);
                batch.sample(time, value);
            }
        }
        let appended = self.history.append(&batch, self.now).unwrap();
        assert_eq!((appended.taken, appended.out_of_time), (batch.len() as u64, 0));
    }

    /// Since when each shard has all raw samples, and all minutes.
    fn since(&self, tier: Tier) -> i64 {
        let of = |shard: u32| {
            let own = self.history.segments();
            let own =
                own.iter().filter(|segment| (segment.footer().tier, segment.footer().shard) == (tier, shard));
            own.map(|segment| segment.footer().first).min().unwrap_or(START)
        };
        of(0).max(of(1))
    }

    fn check(&mut self) {
        let raw = self.since(Tier::Raw);
        let watched = |name: &str| {
            let metric = Matcher::equal("__name__", name);
            selected(&self.history, &[metric], 0, Aggregate::Last)
        };
        let from = |samples: &BTreeMap<i64, u64>, from: i64| -> BTreeMap<i64, u64> {
            samples.range(from..).map(|(time, bits)| (*time, *bits)).collect()
        };
        // Late samples of a merged day are in segments that go before it; those of a day are there.
        for (name, since) in [("container_cpu", raw), ("single", raw.max(self.now - DAY))] {
            let found = watched(name);
            for (series, samples) in self.expect.iter().filter(|(series, _)| series.starts_with(name)) {
                let (expect, found) =
                    (from(samples, since), found.get(series).map(|found| from(found, since)));
                assert_eq!(found.unwrap_or_default(), expect, "{series}");
            }
        }
        // Where there are minutes only, they stand for as many samples.
        let (first, last) =
            (self.since(Tier::Minute).max(START) / 7_200_000 * 7_200_000 + 7_200_000, raw / DAY * DAY);
        let minutes =
            selected(&self.history, &[Matcher::equal("__name__", "container_cpu")], MINUTE, Aggregate::Count);
        let values = |samples: &BTreeMap<i64, u64>| {
            samples.range(first..last.max(first)).map(|(_, bits)| *bits).collect::<Vec<_>>()
        };
        for (series, samples) in self.expect.iter().filter(|(series, _)| series.starts_with("container_cpu"))
        {
            let expect = values(samples).iter().filter(|bits| **bits != STALE.to_bits()).count();
            let found = minutes.get(series).map(&values).unwrap_or_default();
            let found: f64 = found.into_iter().map(f64::from_bits).filter(|count| !count.is_nan()).sum();
            assert_eq!(found, expect as f64, "{series} from {first} to {last}");
        }
        // What no tier has any more is not looked at again.
        let oldest = first.min(raw);
        for samples in self.expect.values_mut() {
            *samples = from(samples, oldest);
        }
        self.expect.retain(|_, samples| !samples.is_empty());
    }

    /// Nothing but the disk, within its bounds, holds what is no more.
    fn check_bounds(&self, folder: &Path) {
        let status = self.history.status();
        let live = SERVERS * CONTAINERS + 4;
        // Those of two windows: a series is forgotten with the first window that it has nothing in.
        let churned = live + SERVERS * CONTAINERS * usize::from(REPLACED) * 26 / 100;
        assert!(status.series <= churned, "{} series in the heads", status.series);
        assert!(status.tiers[0].bytes <= OPTIONS.keep_bytes[0] + (400 << 10), "{:?}", status.tiers[0]);
        let segments: usize = status.tiers.iter().map(|tier| tier.segments).sum();
        assert!(segments <= 500, "{segments} segments: {:?}", status.tiers);
        assert!(status.head_bytes < 8 << 20, "{} bytes of heads", status.head_bytes);
        let indexes: usize = self.history.segments().iter().map(|segment| segment.index_size()).sum();
        assert!(indexes <= OPTIONS.index_bytes, "{indexes} bytes of indexes");
        let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let own = files
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .filter(|path| path.starts_with(folder));
        // A file each segment, shard and open window.
        let own = own.count();
        assert!(own <= segments + 32, "{own} open files of {segments} segments");
        assert_eq!(status.damages, Vec::<String>::new());
    }
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

#[test]
fn weeks_of_churn_are_answered_right_and_nothing_grows() {
    // T-1, T-2
    let read = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (days, seed): (u64, u64) =
        (read(DAYS).unwrap_or(10), read(SEED).unwrap_or_else(|| fastrand::u64(..)));
    println!("{SEED}={seed} {DAYS}={days}");
    // Nothing here is about what a real disk does, and syncing one takes most of the time.
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(parent).unwrap();
    let mut folders = (0..).map(|number: u64| folder.path().join(number.to_string()));
    let mut path = folders.next().unwrap();
    let mut fleet = Fleet {
        random: fastrand::Rng::with_seed(seed),
        history: open(&path),
        servers: Vec::new(),
        made: 0,
        now: START,
        expect: Samples::new(),
    };
    for server in 0..SERVERS {
        fleet.servers.push(Server { feed: None, containers: Vec::new(), next_index: 0, last_tick: START });
        (0..CONTAINERS).for_each(|_| fleet.container(server));
    }
    let mut memory = Vec::new();
    for _ in 0..days {
        for minute in 0..24 * 60 {
            fleet.now += MINUTE;
            for server in 0..SERVERS {
                if minute % 10 == 0 {
                    fleet.churn(server);
                }
                fleet.tick(server);
            }
            if minute % 10 == 5 {
                fleet.singles();
                fleet.history.sync().unwrap();
                fleet.history.maintain(fleet.now).unwrap();
            }
            // A restart in the morning; in the afternoon the machine dies, and its disk comes to another one.
            if minute == 500 || minute == 1_000 {
                fleet.history.sync().unwrap();
                if minute == 1_000 {
                    let next = folders.next().unwrap();
                    copy(&path, &next);
                    fleet.history = open(&next);
                    std::fs::remove_dir_all(&path).unwrap();
                    path = next;
                } else {
                    let unused = tempfile::tempdir().unwrap();
                    fleet.history = open(unused.path());
                    fleet.history = open(&path);
                }
                for server in &mut fleet.servers {
                    server.feed = None;
                }
            }
        }
        fleet.check();
        fleet.history.maintain(fleet.now).unwrap();
        fleet.check_bounds(&path);
        memory.push(resident() >> 20);
    }
    println!(
        "{} series in {days} days; MiB resident after each: {memory:?}; {:?}",
        fleet.made,
        fleet.history.status().tiers
    );
    // Hours are the last to be as old as they get, and a file of theirs has a month.
    if let (Some(early), Some(late)) = (memory.get(SETTLED_DAYS), memory.last()) {
        assert!(*late <= early + early / 4 + 8, "memory grew: {memory:?}");
    }
}
