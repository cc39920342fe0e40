//! A disk that takes nothing for a while, and feeds that say the same twice.

use super::super::carried::Carried;
use super::*;
use topmast_history::promql::STALE_BITS;
use topmast_ingest::Sink;
use topmast_ingest::remote_write::{Version, decode};
use topmast_model::sample::Series;

const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

#[derive(Default)]
struct Told(Vec<(String, i64, u64)>, String);

impl Sink for Told {
    fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
        self.1 = format!("{metric}{labels:?}");
    }

    fn sample(&mut self, time: i64, value: f64) {
        self.0.push((self.1.clone(), time, value.to_bits()));
    }
}

/// Everything in the spool: series, time and the value's bits.
fn spooled(outbox: &Outbox) -> Vec<(String, i64, u64)> {
    outbox.sync(0).unwrap();
    let (records, _) = lock(&outbox.spool).next(usize::MAX, usize::MAX);
    let mut told = Told::default();
    for record in records {
        let body = snap::raw::Decoder::new().decompress_vec(&record.body).unwrap();
        decode(Version::One, &body, &mut told).unwrap();
    }
    told.0
}

fn feed(outbox: &Outbox) -> Carried {
    let mut feed = Carried::new(outbox, &[("server", "db")], 10);
    for (index, name) in ["a", "b"].into_iter().enumerate() {
        feed.define(u32::try_from(index).unwrap(), &Series::new(name, [("server", "own")]));
    }
    feed
}

#[test]
fn feed_tells_values_that_stand_ends_and_each_tick_once() {
    // C-1, C-2, C-3
    let folder = tempfile::tempdir().unwrap();
    let (outbox, _) = Outbox::open(folder.path(), 1 << 20).unwrap();
    let mut one = feed(&outbox);
    one.tick(1_000);
    one.value(0, 1.0);
    one.value(1, 2.0);
    // Outside of what is taken, but the value stands.
    one.tick(99_000);
    one.value(0, 3.0);
    one.tick(2_000);
    one.retire(1);
    one.tick(3_000);
    let appended = one.commit(&outbox, (0, 50_000), 0).unwrap();
    assert_eq!((appended.taken, appended.out_of_time), (4, 1));
    // Connected again: what was said comes again, then what is new.
    let mut again = feed(&outbox);
    again.tick(3_000);
    again.value(0, 3.0);
    again.tick(4_000);
    let appended = again.commit(&outbox, ALWAYS, 0).unwrap();
    assert_eq!((appended.taken, appended.dropped), (1, 1));
    let told = spooled(&outbox);
    let point = |name: &str, time, bits| (format!("{name}[(\"server\", \"own\")]"), time, bits);
    let (one, two, three) = (1.0_f64.to_bits(), 2.0_f64.to_bits(), 3.0_f64.to_bits());
    let expected = [
        point("a", 1_000, one),
        point("b", 1_000, two),
        // Retired within this tick.
        point("b", 2_000, STALE_BITS),
        point("a", 2_000, three),
        point("a", 3_000, three),
        point("a", 4_000, three),
    ];
    assert_eq!(told, expected);
}

#[test]
fn disk_that_takes_nothing_costs_a_bound_and_loses_what_is_beyond_it() {
    // O-2, O-3
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let (outbox, _) = Outbox::open(&path, 256 << 20).unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    let mut feed = feed(&outbox);
    let (mut taken, mut missed, mut time) = (0, 0, 0);
    while missed == 0 {
        for _ in 0..20_000 {
            time += 1;
            feed.tick(time);
            // Nothing that can be packed.
            feed.value(0, f64::from_bits(fastrand::u64(..1 << 62)));
        }
        match feed.commit(&outbox, ALWAYS, 0) {
            Ok(appended) => taken += appended.taken,
            Err(AppendError::Full) => missed = 20_000,
            Err(error) => panic!("{error}"),
        }
        let held: usize = outbox.lanes.iter().map(|lane| lock(lane).unwritten_bytes).sum();
        assert!(held <= UNWRITTEN_MAX + (2 << 20), "{held}");
    }
    assert!(outbox.sync(0).is_err());
    assert_eq!(outbox.lost(), missed);
    std::fs::create_dir(&path).unwrap();
    assert_eq!(spooled(&outbox).len() as u64, taken);
    feed.tick(time + 1);
    assert_eq!(feed.commit(&outbox, ALWAYS, 0).unwrap().taken, 1);
}
