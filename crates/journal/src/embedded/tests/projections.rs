//! Projections: kept with the append, made anew, caught up, and never ahead or behind.

use super::*;
use crate::projection::ProjectionError;
use rusqlite::Transaction;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Counts records by kind; fails on demand.
#[derive(Clone, Default)]
pub(super) struct Counts {
    version: u32,
    failing: Arc<AtomicBool>,
    created: Arc<AtomicU32>,
}

impl Projection for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn create(&self, transaction: &Transaction<'_>) -> Result<(), ProjectionError> {
        self.created.fetch_add(1, Ordering::SeqCst);
        transaction.execute_batch(
            "DROP TABLE IF EXISTS counts; CREATE TABLE counts (kind TEXT PRIMARY KEY, n INTEGER NOT NULL)",
        )?;
        Ok(())
    }

    fn apply(&self, transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError> {
        let sql = "INSERT INTO counts VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET n = n + 1";
        transaction.prepare_cached(sql)?.execute([&record.kind])?;
        if self.failing.load(Ordering::SeqCst) { Err("told to fail".into()) } else { Ok(()) }
    }
}

pub(super) fn open_with(path: &Path, counts: &Counts) -> EmbeddedJournal {
    EmbeddedJournal::open(path, Options { projections: vec![Box::new(counts.clone())] }).unwrap()
}

/// J-5: the table says what the records say.
fn assert_counts(journal: &EmbeddedJournal) {
    let connection = journal.connect().unwrap();
    let read = |sql: &str| -> Vec<(String, u32)> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let counted = read("SELECT kind, n FROM counts ORDER BY kind");
    assert_eq!(counted, read("SELECT kind, count(*) FROM record GROUP BY kind ORDER BY kind"));
}

#[test]
fn a_projection_moves_with_every_append() {
    let (_directory, path) = directory();
    let counts = Counts::default();
    let mut journal = open_with(&path, &counts);
    append_numbered(&mut journal, 12);
    assert_counts(&journal);
    drop(journal);
    assert_counts(&open_with(&path, &counts));
    assert_eq!(counts.created.load(Ordering::SeqCst), 1, "made anew though nothing changed");
}

#[test]
fn a_new_or_changed_projection_is_made_from_the_records() {
    let (_directory, path) = directory();
    // More than two batches of the catching up.
    append_numbered(&mut open(&path), 2_500);
    assert_counts(&open_with(&path, &Counts::default()));
    let changed = Counts { version: 2, ..Counts::default() };
    assert_counts(&open_with(&path, &changed));
    assert_eq!(changed.created.load(Ordering::SeqCst), 1);
}

#[test]
fn a_projection_left_behind_catches_up() {
    let (_directory, path) = directory();
    let counts = Counts::default();
    append_numbered(&mut open_with(&path, &counts), 5);
    // An older build without the projection.
    append_numbered(&mut open(&path), 5);
    assert_counts(&open_with(&path, &counts));
    assert_eq!(counts.created.load(Ordering::SeqCst), 1);
}

#[test]
fn rebuild_repairs_altered_tables() {
    let (_directory, path) = directory();
    let mut journal = open_with(&path, &Counts::default());
    append_numbered(&mut journal, 9);
    journal.connection.execute("UPDATE counts SET n = 99", []).unwrap();
    journal.rebuild_projections().unwrap();
    assert_counts(&journal);
    append_numbered(&mut journal, 1);
    assert_counts(&journal);
}

#[test]
fn a_failing_projection_refuses_the_whole_append() {
    // J-2, J-5
    let (_directory, path) = directory();
    let counts = Counts::default();
    let mut journal = open_with(&path, &counts);
    append_numbered(&mut journal, 2);
    counts.failing.store(true, Ordering::SeqCst);
    let error = journal.append(Seq(2), &batch(Seq(2), 2)).unwrap_err();
    assert!(
        matches!(&error, AppendError::Projection { name, seq: Seq(3), .. } if name == "counts"),
        "{error}"
    );
    assert_counts(&journal);
    counts.failing.store(false, Ordering::SeqCst);
    append_numbered(&mut journal, 2);
    assert_counts(&journal);
    assert_eq!(journal.head().seq, Seq(4));
}

#[test]
fn an_interrupted_rebuild_refuses_appends_and_goes_on_at_the_next_open() {
    let (_directory, path) = directory();
    let counts = Counts::default();
    let mut journal = open_with(&path, &counts);
    append_numbered(&mut journal, 3);
    counts.failing.store(true, Ordering::SeqCst);
    assert!(matches!(journal.rebuild_projections(), Err(RebuildError::Projection { seq: Seq(1), .. })));
    counts.failing.store(false, Ordering::SeqCst);
    assert!(matches!(journal.append(Seq(3), &[numbered(4)]), Err(AppendError::Projection { .. })));
    drop(journal);
    let mut journal = open_with(&path, &counts);
    append_numbered(&mut journal, 1);
    assert_counts(&journal);
}

#[test]
fn two_projections_of_one_name_are_refused() {
    let (_directory, path) = directory();
    let twice: Vec<Box<dyn Projection>> = vec![Box::new(Counts::default()), Box::new(Counts::default())];
    let error = EmbeddedJournal::open(&path, Options { projections: twice }).err().unwrap();
    let OpenError::Projections { source, .. } = error else { panic!("{error}") };
    assert!(matches!(*source, RebuildError::NameTaken { .. }), "{source}");
}
