//! A head gives back every sample, whatever order things come in, and goes on after it was saved.

use super::*;
use crate::bytes::Reader;
use crate::codec::{decode_times, decode_values};
use proptest::prelude::*;
use std::collections::BTreeMap;
use topmast_model::sample::Series;

/// Bytes of the chunks that were taken out of windows so far stay in their windows here: nothing is flushed.
fn samples_of(head: &Head, number: Number) -> BTreeMap<i64, u64> {
    let mut all = BTreeMap::new();
    let labels = head.table.get(number).unwrap().labels.clone();
    let found = head.select(&[], i64::MIN, i64::MAX);
    let Some(found) = found.into_iter().find(|found| found.labels == labels) else { return all };
    for (_, column, _, pending) in &found.chunks {
        let pending = pending.as_ref().unwrap();
        let (mut times, mut values) = (Vec::new(), Vec::new());
        decode_times(pending.times.as_ref().unwrap(), column.count as usize, &mut times).unwrap();
        decode_values(pending.values.as_ref().unwrap(), column.count as usize, &mut values).unwrap();
        assert_eq!((times[0], *times.last().unwrap()), (column.first, column.last));
        all.extend(times.into_iter().zip(values.iter().map(|value| value.to_bits())));
    }
    for (times, values) in found.pieces.newest().unwrap() {
        all.extend(times.iter().copied().zip(values.iter().map(|value| value.to_bits())));
    }
    all.extend(found.pieces.late.iter().map(|(time, value)| (*time, value.to_bits())));
    all
}

fn packed(name: &str) -> Labels {
    Labels::of(&Series::new(name, [("job", "test")]))
}

fn defined(head: &mut Head, name: &str, grid: u32) -> Number {
    head.define(packed(name).as_bytes(), grid).unwrap()
}

fn reloaded(head: &mut Head) -> Head {
    let mut bytes = Vec::new();
    head.save(&mut bytes);
    let mut loaded = Head::load(&mut Reader::new(&bytes)).unwrap();
    // What files would hold.
    for (number, window) in &mut loaded.windows {
        window.pending.clone_from(&head.windows[number].pending);
    }
    let mut again = Vec::new();
    loaded.save(&mut again);
    assert_eq!(bytes, again);
    loaded
}

#[test]
fn series_that_ends_right_after_its_column_is_not_carried_on() {
    // E-1
    let mut head = Head::default();
    let grid = head.grid(1, Kind::Carried);
    let (ends, stays) = (defined(&mut head, "ends", grid), defined(&mut head, "stays", grid));
    head.tick(grid, 1_000);
    head.push(ends, 1.0);
    head.push(stays, 1.0);
    head.close(grid);
    head.end(ends);
    head.tick(grid, 2_000);
    assert_eq!(samples_of(&head, ends), BTreeMap::from([(1_000, 1.0_f64.to_bits())]));
    assert_eq!(samples_of(&head, stays).len(), 2);
}

#[test]
fn carried_values_stand_at_every_tick_until_they_end() {
    // E-1
    let mut head = Head::default();
    let grid = head.grid(1, Kind::Carried);
    let (load, disk) = (defined(&mut head, "load", grid), defined(&mut head, "disk", grid));
    for tick in 0..700 {
        head.tick(grid, tick * 1_000);
        if tick == 0 {
            head.push(disk, 7.0);
        }
        head.push(load, tick as f64);
        if tick == 650 {
            head.end(disk);
        }
    }
    let load = samples_of(&head, load);
    assert_eq!(load.len(), 700);
    assert!(load.iter().all(|(time, bits)| f64::from_bits(*bits) == (*time / 1_000) as f64));
    let disk = samples_of(&head, disk);
    assert_eq!(disk.len(), 651);
    assert_eq!(disk[&650_000], STALE.to_bits());
    assert_eq!(disk[&649_000], 7.0_f64.to_bits());
}

#[test]
fn series_that_come_between_the_ticks_of_others_get_a_grid_of_their_own() {
    let mut head = Head::default();
    let grid = head.grid(1, Kind::Exact);
    let names = ["a", "b", "c", "d"].map(|name| defined(&mut head, name, grid));
    for tick in 0..20 {
        for (position, number) in names.iter().enumerate() {
            // Two targets with one key, the second one a little before the first.
            let shift = if position < 2 { 0 } else { -300 };
            assert_eq!(head.sample(*number, tick * 1_000 + shift, 1.0), Taken::InOrder, "{tick} {position}");
        }
    }
    assert!(names.iter().all(|number| samples_of(&head, *number).len() == 20));
    let grid_of = |number: Number| head.table.get(number).unwrap().grid;
    assert_eq!(grid_of(names[2]), grid_of(names[3]));
    assert_ne!(grid_of(names[0]), grid_of(names[2]));
}

#[test]
fn a_clock_that_goes_back_keeps_both_stretches() {
    let mut head = Head::default();
    let grid = head.grid(1, Kind::Carried);
    let load = defined(&mut head, "load", grid);
    for time in (600..620).chain(0..20) {
        head.tick(grid, time * 1_000);
        head.push(load, time as f64);
    }
    assert_eq!(samples_of(&head, load).len(), 40);
    assert_eq!(head.tick(grid, 19_000), Taken::Dropped);
}

#[test]
fn sealing_takes_a_windows_chunks_and_forgets_series_without_others() {
    let mut head = Head::default();
    let grid = head.grid(1, Kind::Exact);
    let (old, both) = (defined(&mut head, "old", grid), defined(&mut head, "both", grid));
    head.sample(old, 1_000, 1.0);
    head.sample(both, 1_000, 1.0);
    head.sample(both, WINDOW_MS + 1_000, 2.0);
    assert_eq!(head.windows_until(WINDOW_MS), [0]);
    let sealing = head.seal(0).unwrap();
    assert_eq!(sealing.series.len(), 2);
    assert!(!head.is_valid(old) && head.is_valid(both));
    assert_eq!(samples_of(&head, both).len(), 1);
    // Late ones make the next generation, and a place that is free again has another turn.
    head.sample(both, 2_000, 3.0);
    let again = head.seal(0).unwrap();
    assert_eq!((sealing.content.generation, again.content.generation), (0, 1));
    let other = defined(&mut head, "other", grid);
    assert_eq!((other.place, other.turn), (old.place, old.turn + 1));
}

#[derive(Debug, Clone)]
enum Step {
    Sample { series: usize, time: i64, value: f64 },
    Tick { step: i64, values: Vec<(usize, f64)> },
    End { series: usize },
    Reset,
    Reload,
    MakeChunks,
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![3 => (0..5_i32).prop_map(f64::from), 1 => any::<f64>()];
    let time = prop_oneof![5 => 0..2_000_i64, 1 => 0..3 * WINDOW_MS / 1_000];
    let tick = prop_oneof![20 => 1..3_i64, 1 => 1..9_000_i64, 1 => -50..0_i64];
    prop_oneof![
        6 => (0..4_usize, time, value.clone())
            .prop_map(|(series, time, value)| Step::Sample { series, time: time * 1_000, value }),
        12 => (tick, prop::collection::vec((0..4_usize, value), 0..4))
            .prop_map(|(step, values)| Step::Tick { step: step * 1_000, values }),
        1 => (0..4_usize).prop_map(|series| Step::End { series }),
        1 => Just(Step::Reset),
        1 => Just(Step::Reload),
        1 => Just(Step::MakeChunks),
    ]
}

proptest! {
    /// E-1, E-2, C-1, and that a saved head goes on as if nothing had been.
    #[test]
    fn every_sample_comes_back_at_its_time(steps in prop::collection::vec(step(), 0..200)) {
        let mut head = Head::default();
        let (_, carried) = grids(&mut head);
        let (single, carry) = series(&mut head);
        // It makes chunks at once (C-1).
        let mut eager = Head::default();
        grids(&mut eager);
        series(&mut eager);
        let mut expect_single = [(); 4].map(|()| BTreeMap::new());
        let mut expect_carry = [(); 4].map(|()| BTreeMap::new());
        let (mut now, mut ticked) = (1_000_000, false);
        let mut values = [None; 4];
        for step in steps {
            match step {
                Step::Sample { series, time, value } => {
                    eager.sample(single[series], time, value);
                    if head.sample(single[series], time, value) != Taken::Dropped {
                        expect_single[series].insert(time, value.to_bits());
                    }
                }
                Step::Tick { step, values: changes } => {
                    eager.tick(carried, now + step);
                    if head.tick(carried, now + step) == Taken::Dropped {
                        continue;
                    }
                    now += step;
                    ticked = true;
                    // One value a tick.
                    for (series, value) in BTreeMap::from_iter(changes) {
                        head.push(carry[series], value);
                        eager.push(carry[series], value);
                        values[series] = Some(value);
                    }
                    for (series, value) in values.iter().enumerate() {
                        if let Some(value) = value {
                            expect_carry[series].insert(now, value.to_bits());
                        }
                    }
                }
                Step::End { series } if ticked => {
                    head.end(carry[series]);
                    eager.end(carry[series]);
                    if values[series].take().is_some() {
                        let before = expect_carry[series].get(&now).copied();
                        expect_carry[series].insert(now, before.unwrap_or(STALE.to_bits()));
                    }
                }
                Step::End { .. } => {}
                Step::Reset => {
                    head.reset(carried);
                    eager.reset(carried);
                    values = [None; 4];
                }
                Step::Reload => (head, eager) = (reloaded(&mut head), reloaded(&mut eager)),
                Step::MakeChunks => head.make_chunks(),
            }
            eager.make_chunks();
        }
        for (number, expect) in single.iter().zip(&expect_single) {
            prop_assert_eq!(&samples_of(&head, *number), expect);
        }
        for (number, expect) in carry.iter().zip(&expect_carry) {
            let mut found = samples_of(&head, *number);
            // A series that ends at the very tick of its last value may have either there.
            for (time, bits) in expect {
                if found.get(time) == Some(&STALE.to_bits()) {
                    found.insert(*time, *bits);
                }
            }
            prop_assert_eq!(&found, expect);
        }
        prop_assert_eq!(whole(&mut head), whole(&mut eager));
    }
}

/// Of single samples, and of a feed.
fn grids(head: &mut Head) -> (u32, u32) {
    (head.grid(1, Kind::Exact), head.grid(2, Kind::Carried))
}

/// Four of each.
fn series(head: &mut Head) -> ([Number; 4], [Number; 4]) {
    let names = ["a", "b", "c", "d"];
    let (exact, carried) = grids(head);
    (
        names.map(|name| defined(head, name, exact)),
        names.map(|name| defined(head, &format!("carried_{name}"), carried)),
    )
}

/// All that is saved of a head, and the bytes of its chunks.
fn whole(head: &mut Head) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut saved = Vec::new();
    head.save(&mut saved);
    (saved, head.windows().map(|(_, window)| window.pending.clone()).collect())
}

#[test]
fn closing_makes_no_chunks_and_what_is_closed_is_seen() {
    // C-1, C-2
    let mut head = Head::default();
    let (_, grid) = grids(&mut head);
    let ([..], [load, ..]) = series(&mut head);
    let tick = |head: &mut Head, time: i64| {
        head.tick(grid, time);
        head.push(load, time as f64);
    };
    (0..700).for_each(|second| tick(&mut head, second * 1_000));
    assert_eq!(head.windows().count(), 0, "nothing was made");
    assert_eq!(samples_of(&head, load).len(), 700);
    assert_eq!((head.begins(), head.windows_until(WINDOW_MS)), (Some(0), vec![0]));
    // The next that is closed makes room for itself.
    tick(&mut head, WINDOW_MS);
    assert_eq!(head.windows().next().unwrap().1.columns.len(), 1);
    assert_eq!(samples_of(&head, load).len(), 701);
    // Both make the same: it is there once.
    let first = head.first_closed().unwrap();
    let chunks = first.encode(&mut Encoder::default());
    tick(&mut head, 2 * WINDOW_MS);
    head.keep(&chunks);
    assert_eq!(head.windows().map(|(_, window)| window.columns.len()).collect::<Vec<_>>(), [2]);
    head.make_chunks();
    assert_eq!(samples_of(&head, load).len(), 702);
}

#[test]
fn columns_of_grids_that_began_together_end_one_after_the_other() {
    let mut head = Head::default();
    let grids: Vec<u32> = (0..100).map(|key| head.grid(key, Kind::Carried)).collect();
    let mut ends = BTreeMap::new();
    for second in 0..=i64::try_from(CHUNK_TICKS).unwrap() {
        for grid in &grids {
            let before = head.grids[*grid as usize].ticks();
            head.tick(*grid, second * 1_000);
            if head.grids[*grid as usize].ticks() < before {
                *ends.entry(second).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(ends.values().sum::<usize>(), 100);
    assert!(ends.values().all(|together| *together == 1), "{ends:?}");
}

#[test]
fn late_samples_come_behind_what_was_closed_before_them() {
    // C-1
    let made = [false, true].map(|at_once| {
        let mut head = Head::default();
        let ([single, ..], [load, ..]) = series(&mut head);
        let (_, grid) = grids(&mut head);
        for second in 0..=i64::try_from(CHUNK_TICKS).unwrap() {
            head.tick(grid, second * 1_000);
            head.push(load, second as f64);
        }
        if at_once {
            head.make_chunks();
        }
        assert_eq!(head.sample(single, WINDOW_MS - 1, 1.0), Taken::InOrder);
        // Until there are too many.
        let mut time = 0;
        while head.late.iter().len() > 0 || time == 0 {
            assert_eq!(head.sample(single, time, 1.0), Taken::Late);
            time += 1;
        }
        whole(&mut head)
    });
    let [later, at_once] = made;
    assert_eq!(later, at_once);
}
