//! The spool against a model, cut at every byte, and full.

use super::*;
use proptest::prelude::*;
use std::fs::OpenOptions;
use tempfile::TempDir;

/// Holds everything that these tests write.
const ROOMY: u64 = 64 << 20;

fn record(number: u32, length: usize) -> Record {
    Record {
        lane: 1,
        samples: number,
        time: i64::from(number) * 1_000,
        body: vec![number.to_le_bytes()[0]; length],
    }
}

fn open(folder: &TempDir, bytes_max: u64) -> (Spool, Found) {
    Spool::open(folder.path(), bytes_max).unwrap()
}

fn append_three(spool: &mut Spool) {
    for number in 1..4 {
        assert_eq!(spool.append(&record(number, 9)).unwrap(), 0);
    }
}

/// Everything that is left, in order.
fn rest(spool: &mut Spool) -> Vec<Record> {
    let (records, lost) = spool.next(usize::MAX, usize::MAX);
    assert_eq!(lost, 0);
    records
}

#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Next(usize),
    Done,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3_000_usize).prop_map(Step::Append),
        3 => (1..6_usize).prop_map(Step::Next),
        3 => Just(Step::Done),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #[test]
    fn records_come_in_order_until_they_are_done_over_restarts(steps in steps()) {
        // P-1
        let folder = tempfile::tempdir().unwrap();
        let (mut spool, _) = open(&folder, 64 << 10);
        // A bound that nothing reaches, but short segments.
        spool.bytes_max = 64 << 10;
        let (mut waiting, mut handed, mut number) = (VecDeque::new(), 0, 0);
        for step in steps {
            match step {
                Step::Append(length) if spool.bytes() + 8_000 < spool.bytes_max => {
                    number += 1;
                    prop_assert_eq!(spool.append(&record(number, length)).unwrap(), 0);
                    waiting.push_back(record(number, length));
                }
                Step::Append(_) => {}
                Step::Next(most) => {
                    let (round, lost) = spool.next(most, usize::MAX);
                    let expected: Vec<Record> = waiting.iter().skip(handed).take(most).cloned().collect();
                    prop_assert_eq!((round.len(), lost), (expected.len(), 0));
                    prop_assert_eq!(&round, &expected);
                    handed += round.len();
                }
                Step::Done => {
                    spool.done();
                    waiting.drain(..std::mem::take(&mut handed));
                }
                Step::Restart => {
                    drop(spool);
                    let (opened, found) = open(&folder, 64 << 10);
                    spool = opened;
                    handed = 0;
                    let samples: u64 = waiting.iter().map(|record| u64::from(record.samples)).sum();
                    prop_assert_eq!((found.samples, found.torn), (samples, 0));
                }
            }
            let bytes: u64 = waiting.iter().map(Record::length).sum();
            let oldest = waiting.front().map(|record| record.time);
            prop_assert_eq!(spool.waiting(), Waiting { bytes, oldest });
        }
    }

    #[test]
    fn full_spool_drops_the_oldest_and_counts_what_nobody_got(
        lengths in prop::collection::vec(1..3_000_usize, 40..120),
        handed_at in 0..40_usize,
    ) {
        // P-2
        let folder = tempfile::tempdir().unwrap();
        let bytes_max = 32 << 10;
        let (mut spool, _) = open(&folder, bytes_max);
        let (mut dropped, mut handed, mut all) = (0, 0, 0);
        for (place, length) in lengths.iter().enumerate() {
            let one = record(u32::try_from(place).unwrap() + 1, *length);
            all += u64::from(one.samples);
            dropped += spool.append(&one).unwrap();
            prop_assert!(spool.bytes() <= bytes_max);
            if place == handed_at {
                // In flight while its segment may go.
                handed = spool.next(5, usize::MAX).0.iter().map(|record| u64::from(record.samples)).sum();
            }
        }
        let kept_bytes = spool.waiting().bytes;
        let left = rest(&mut spool);
        let kept: u64 = left.iter().map(|record| u64::from(record.samples)).sum();
        prop_assert_eq!(dropped + handed + kept, all);
        // The newest are what is left, without a gap, and no more went than had to.
        let last = u32::try_from(lengths.len()).unwrap();
        let numbers: Vec<u32> = left.iter().map(|record| record.samples).collect();
        let first = last + 1 - u32::try_from(numbers.len()).unwrap();
        prop_assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
        prop_assert!(dropped == 0 || kept_bytes + (4 << 10) + 3_100 > bytes_max, "{}", kept_bytes);
    }
}

#[test]
fn file_cut_at_any_byte_keeps_every_whole_record_before_it() {
    // P-1
    let source = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(&source, ROOMY);
    let mut ends = vec![0];
    for number in 1..5 {
        spool.append(&record(number, 9)).unwrap();
        ends.push(spool.bytes());
    }
    let name = spool::segment_name(&source);
    let bytes = std::fs::read(source.path().join(&name)).unwrap();
    for cut in 0..=bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(&name), &bytes[..cut]).unwrap();
        let (mut spool, found) = open(&folder, ROOMY);
        let whole = ends.iter().filter(|end| **end <= cut as u64).count() - 1;
        let is_torn = !ends.contains(&(cut as u64));
        assert_eq!(found.torn, u64::from(is_torn), "cut at {cut}");
        // What comes after the crash comes after what was before it.
        spool.append(&record(9, 9)).unwrap();
        let numbers: Vec<u32> = rest(&mut spool).iter().map(|record| record.samples).collect();
        let expected: Vec<u32> = (1..=u32::try_from(whole).unwrap()).chain([9]).collect();
        assert_eq!(numbers, expected, "cut at {cut}");
    }
}

#[test]
fn any_damaged_byte_costs_its_record_and_those_behind_it_in_the_segment() {
    let source = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(&source, ROOMY);
    append_three(&mut spool);
    let length = record(1, 9).length();
    let name = spool::segment_name(&source);
    let bytes = std::fs::read(source.path().join(&name)).unwrap();
    for place in 0..bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x40;
        std::fs::write(folder.path().join(&name), &damaged).unwrap();
        let (mut spool, found) = open(&folder, ROOMY);
        assert_eq!(found.torn, 1, "byte {place}");
        let whole = usize::try_from(place as u64 / length).unwrap();
        assert_eq!(rest(&mut spool).len(), whole, "byte {place}");
    }
}

#[test]
fn damage_behind_the_back_of_a_running_master_is_lost_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(&folder, ROOMY);
    append_three(&mut spool);
    let path = folder.path().join(spool::segment_name(&folder));
    let file = OpenOptions::new().write(true).open(path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"?", record(1, 9).length() + 25).unwrap();
    let (records, lost) = spool.next(usize::MAX, usize::MAX);
    assert_eq!((records.len(), lost), (1, 2 + 3));
    spool.done();
    assert_eq!(spool.waiting(), Waiting::default());
}

#[test]
fn cursor_that_is_torn_means_everything_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(&folder, ROOMY);
    append_three(&mut spool);
    spool.next(2, usize::MAX);
    spool.done();
    assert_eq!(rest(&mut open(&folder, ROOMY).0).len(), 1);
    std::fs::write(folder.path().join("cursor"), "00000000000000000001 0000").unwrap();
    assert_eq!(rest(&mut open(&folder, ROOMY).0).len(), 3);
}

/// Reaches into the folder as a crash does.
mod spool {
    pub(super) fn segment_name(folder: &tempfile::TempDir) -> String {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "cursor").min().unwrap()
    }
}
