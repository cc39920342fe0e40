//! Epochs over restores: masters of journals that replaced one another, and lived on.

use super::check_all;
use crate::apply;
use crate::fixture::*;
use proptest::prelude::*;
use std::slice;
use topmast_model::event::EventBody;
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;

/// When the first journal begins.
const BEGINNING: i64 = 1_800_000_000_000;
/// Clocks of machines on which a journal is restored are wrong by so much at most.
const SKEW: i64 = 3_600_000;

#[derive(Debug, Clone)]
enum Step {
    /// A master of one of the journals becomes active, once more.
    Activate { of: prop::sample::Index },
    /// A backup of one of the journals, which ended somewhere, is restored up to somewhere.
    Restore {
        of: prop::sample::Index,
        backed_up: prop::sample::Index,
        until: prop::sample::Index,
        skew: i64,
        after: i64,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => index().prop_map(|of| Step::Activate { of }),
        1 => (index(), index(), index(), -SKEW..=SKEW, 2 * SKEW + 1_000..10 * SKEW).prop_map(
            |(of, backed_up, until, skew, after)| Step::Restore { of, backed_up, until, skew, after }
        ),
    ]
}

/// A journal that was cut behind so many records.
fn cut(world: &World, records: usize) -> World {
    let mut cut = World { log: world.log[..records].to_vec(), ..World::default() };
    for event in &cut.log {
        apply(&mut cut.state, event);
    }
    cut
}

/// Epochs in which a master was active.
fn epochs(world: &World) -> Vec<u64> {
    let epoch = |body: &EventBody| match body {
        EventBody::MasterActivated { epoch, .. } => Some(epoch.0),
        _ => None,
    };
    world.log.iter().filter_map(|event| epoch(&event.body)).collect()
}

#[test]
fn masters_of_a_restored_journal_are_above_all_of_the_one_that_it_replaces() {
    // MA-1, MA-2
    check_all(&prop::collection::vec(any_step(), 1..60), |steps| {
        let mut now = BEGINNING;
        let mut journals = vec![World { now: UnixMillis(now), ..World::default() }];
        // What masters of each journal were active in, beyond what it began with.
        let mut active: Vec<Vec<u64>> = vec![Vec::new()];
        for step in &steps {
            match step {
                Step::Activate { of } => {
                    let of = of.index(journals.len());
                    let next = journals[of].state.epoch().0 + 1;
                    journals[of].by_master(activate_master(next)).unwrap();
                    active[of].push(next);
                }
                Step::Restore { of, backed_up, until, skew, after } => {
                    now += after;
                    let whole = &journals[of.index(journals.len())];
                    let backup = cut(whole, backed_up.index(whole.log.len() + 1));
                    let mut restored = cut(&backup, until.index(backup.log.len() + 1));
                    restored.now = UnixMillis(now + skew);
                    restored.by_master(restore_journal(backup.state.epoch().0)).unwrap();
                    journals.push(restored);
                    active.push(Vec::new());
                }
            }
        }
        for journal in &journals {
            assert!(epochs(journal).is_sorted_by(|one, next| one < next), "{:?}", epochs(journal));
        }
        let latest_first = active.iter().rev().flat_map(|epochs| epochs.iter().rev());
        let all: Vec<_> = latest_first.collect();
        assert!(all.is_sorted_by(|one, next| one > next), "not fenced off: {active:?}");
    });
}

#[test]
fn restore_is_above_all_that_its_backup_knows_whatever_the_clock_says() {
    let mut world = World { now: UnixMillis(BEGINNING), ..World::default() };
    world.by_master(activate_master(1)).unwrap();
    world.by_master(restore_journal(1)).unwrap();
    for (now, above) in [(-1, 0), (0, 0), (5, u64::try_from(BEGINNING).unwrap() + 7)] {
        world.now = UnixMillis(now);
        let before = world.state.epoch().0.max(above);
        let facts = world.by_master(restore_journal(above)).unwrap();
        assert_eq!(kinds(slice::from_ref(&facts[0])), ["JournalRestored"]);
        assert_eq!(world.state.epoch().0, before + 1);
    }
    let mine = world.state.epoch().0;
    refused(world.by_master(activate_master(mine)), "conflict", "is not above the last one");
    refused(world.by("root", restore_journal(0)), "forbidden", "act as a master on everything");
}

#[test]
fn master_of_an_older_version_that_knows_of_no_restore_lowers_no_epoch() {
    let mut world = World { now: UnixMillis(BEGINNING), ..World::default() };
    world.by_master(activate_master(1)).unwrap();
    let mut older = world.log[0].clone();
    world.by_master(restore_journal(1)).unwrap();
    let restored = world.state.epoch().0;
    older.seq = Seq(world.state.last_seq().0 + 1);
    apply(&mut world.state, &older);
    assert_eq!(world.state.epoch().0, restored);
    world.by_master(activate_master(restored + 1)).unwrap();
}
