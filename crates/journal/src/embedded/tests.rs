//! Tests of the embedded journal on real files; what cuts, kills and random
//! histories do to it is in the modules.

mod concurrent;
mod cut;
mod kill;
mod model;
mod projections;

use super::*;
use crate::hash::Hash;
use crate::journal::{ReadError, Verified};
use crate::query::RecordQuery;
use std::fs;
use tempfile::TempDir;
use topmast_model::time::UnixMillis;

/// A record told from all others by `number`.
pub(super) fn numbered(number: u64) -> NewRecord {
    NewRecord {
        time: UnixMillis(1_795_432_800_000 + i64::try_from(number).unwrap()),
        tenant: "acme".into(),
        actor: r#"{"kind":"user","name":"ana"}"#.into(),
        action: number.is_multiple_of(2).then(|| format!("action-{number}")),
        object: (!number.is_multiple_of(3)).then(|| format!("acme/prod/sw{}", number % 7)),
        kind: format!("Kind{}", number % 5),
        version: 1,
        payload: format!(r#"{{"number":{number}}}"#),
    }
}

/// `count` records, numbered by the place they will have after `after`.
pub(super) fn batch(after: Seq, count: u64) -> Vec<NewRecord> {
    (after.0 + 1..=after.0 + count).map(numbered).collect()
}

pub(super) fn open(path: &Path) -> EmbeddedJournal {
    EmbeddedJournal::open(path, Options::default()).unwrap()
}

fn append_numbered(journal: &mut EmbeddedJournal, count: u64) -> Vec<Record> {
    let head = journal.head().seq;
    journal.append(head, &batch(head, count)).unwrap()
}

fn directory() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    (directory, path)
}

/// Alters a closed journal as someone with the file and SQLite could.
fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("DROP TRIGGER record_never_changes; DROP TRIGGER record_never_goes;").unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn appended_records_are_read_back_after_a_reopen() {
    // J-1, J-2
    let (_directory, path) = directory();
    let mut journal = open(&path);
    let mut expected = append_numbered(&mut journal, 3);
    expected.extend(append_numbered(&mut journal, 1));
    let head = journal.head();
    drop(journal);
    let journal = open(&path);
    assert_eq!(journal.head(), head);
    let reader = journal.reader().unwrap();
    assert_eq!(reader.read(Seq(0), 100).unwrap(), expected);
    assert_eq!(reader.read(Seq(2), 1).unwrap(), expected[2..3]);
    assert_eq!(reader.read(Seq(4), 100).unwrap(), []);
    assert_eq!(reader.read(Seq(u64::MAX), 100).unwrap(), []);
    assert_eq!(reader.verify().unwrap(), Verified { records: 4, head });
}

#[test]
fn an_empty_journal_is_whole() {
    let (_directory, path) = directory();
    let journal = open(&path);
    assert_eq!(journal.head(), Head { seq: Seq(0), hash: Hash::GENESIS });
    assert_eq!(journal.reader().unwrap().verify().unwrap().records, 0);
    assert_eq!(journal.reader().unwrap().snapshot().unwrap(), None);
}

#[test]
fn append_after_another_record_than_the_last_is_a_conflict() {
    let (_directory, path) = directory();
    let mut journal = open(&path);
    append_numbered(&mut journal, 2);
    for expected in [Seq(0), Seq(1), Seq(3)] {
        let error = journal.append(expected, &[numbered(9)]).unwrap_err();
        assert!(
            matches!(error, AppendError::Conflict { expected: e, found: Seq(2) } if e == expected),
            "{error}"
        );
        assert!(!error.is_transient());
    }
    assert_eq!(journal.reader().unwrap().read(Seq(0), 9).unwrap().len(), 2);
}

#[test]
fn a_refused_record_keeps_the_whole_append_out() {
    // J-2
    let (_directory, path) = directory();
    let mut journal = open(&path);
    let mut records = batch(Seq(0), 3);
    records[2].payload = "{".into();
    assert!(matches!(journal.append(Seq(0), &records), Err(AppendError::Malformed { index: 2, .. })));
    assert_eq!(journal.head(), Head::default());
    assert_eq!(append_numbered(&mut journal, 1)[0].seq, Seq(1));
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    // J-4
    let (directory, path) = directory();
    let journal = open(&path);
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for way in [&path, &link] {
        let error = EmbeddedJournal::open(way, Options::default()).err().unwrap();
        assert!(
            matches!(error, OpenError::Held { pid: Some(pid), .. } if pid == std::process::id()),
            "{error}"
        );
        assert!(error.to_string().contains(&format!("process {} has it open", std::process::id())));
    }
    drop(journal);
    open(&path);
}

#[test]
fn a_new_file_is_readable_by_its_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, path) = directory();
    let mut journal = open(&path);
    append_numbered(&mut journal, 1);
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_newer_format_and_a_foreign_file_are_refused_and_left_alone() {
    let (directory, path) = directory();
    drop(open(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", file::FORMAT + 1).unwrap();
    let error = EmbeddedJournal::open(&path, Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::TooNew { found: 2, newest: 1, .. }), "{error}");
    assert!(matches!(EmbeddedReader::open(&path), Err(OpenError::TooNew { .. })));

    let foreign = directory.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let text = directory.path().join("notes.txt");
    fs::write(&text, "not a database at all, but long enough to be one\n".repeat(100)).unwrap();
    for path in [foreign, text] {
        let before = fs::read(&path).unwrap();
        assert!(matches!(
            EmbeddedJournal::open(&path, Options::default()),
            Err(OpenError::NotAJournal { .. })
        ));
        assert!(matches!(EmbeddedReader::open(&path), Err(OpenError::NotAJournal { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_missing_directory_is_named() {
    let (directory, _) = directory();
    let path = directory.path().join("absent/journal.db");
    let error = EmbeddedJournal::open(&path, Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::File { .. }) && error.to_string().contains("absent"), "{error}");
    assert!(EmbeddedReader::open(&path).is_err());
}

#[test]
fn verify_names_the_first_record_that_is_not_as_it_was_written() {
    // J-3
    let changes = [
        ("UPDATE record SET time = time + 1 WHERE seq = 40", 40),
        ("UPDATE record SET tenant = 'other' WHERE seq = 40", 40),
        ("UPDATE record SET actor = '{}' WHERE seq = 40", 40),
        ("UPDATE record SET action = NULL WHERE seq = 40", 40),
        ("UPDATE record SET object = '' WHERE seq = 40", 40),
        ("UPDATE record SET kind = 'K' WHERE seq = 40", 40),
        ("UPDATE record SET version = 2 WHERE seq = 40", 40),
        ("UPDATE record SET version = 65537 WHERE seq = 40", 40),
        ("UPDATE record SET payload = '{}' WHERE seq = 40", 40),
        ("UPDATE record SET payload = CAST(x'ff' AS TEXT) WHERE seq = 40", 40),
        ("UPDATE record SET prev_hash = zeroblob(32) WHERE seq = 40", 40),
        ("UPDATE record SET hash = zeroblob(32) WHERE seq = 40", 40),
        ("UPDATE record SET hash = zeroblob(31) WHERE seq = 40", 40),
        ("DELETE FROM record WHERE seq = 40", 40),
        ("DELETE FROM record WHERE seq < 3", 1),
        ("UPDATE record SET seq = 1000 WHERE seq = 200", 200),
        ("UPDATE record SET kind = 'K' WHERE seq IN (40, 3, 120)", 3),
    ];
    let (directory, original) = directory();
    append_numbered(&mut open(&original), 200);
    for (sql, seq) in changes {
        let path = directory.path().join("altered.db");
        fs::copy(&original, &path).unwrap();
        tamper(&path, sql);
        let error = EmbeddedReader::open(&path).unwrap().verify().unwrap_err();
        assert_eq!(error.seq, Seq(seq), "{sql}: {error}");
    }
}

#[test]
fn a_record_replaced_together_with_its_hash_breaks_the_chain() {
    let (_directory, path) = directory();
    append_numbered(&mut open(&path), 100);
    let reader = EmbeddedReader::open(&path).unwrap();
    let old = reader.read(Seq(49), 1).unwrap().remove(0);
    let forged = Record::seal(&numbered(1_000), Seq(50), old.prev_hash);
    drop(reader);
    tamper(&path, "DELETE FROM record WHERE seq = 50");
    rows::insert(&Connection::open(&path).unwrap(), &forged).unwrap();
    let error = EmbeddedReader::open(&path).unwrap().verify().unwrap_err();
    assert!(matches!(error.what, Fault::Unlinked { .. }) && error.seq == Seq(51), "{error}");
}

#[test]
fn an_altered_record_is_never_handed_out() {
    // J-3
    let (_directory, path) = directory();
    append_numbered(&mut open(&path), 100);
    tamper(
        &path,
        "UPDATE record SET payload = '{}' WHERE seq = 5; UPDATE record SET kind = 'K' WHERE seq = 98",
    );
    let reader = EmbeddedReader::open(&path).unwrap();
    assert!(matches!(reader.read(Seq(0), 100), Err(ReadError::Damaged { seq: Seq(5), .. })));
    assert_eq!(reader.read(Seq(5), 10).unwrap().len(), 10);
    let query = RecordQuery { object_prefix: Some("acme".into()), ..RecordQuery::default() };
    assert!(matches!(reader.select(&query), Err(ReadError::Damaged { seq: Seq(5), .. })));
    let error = EmbeddedJournal::open(&path, Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Damaged { seq: Seq(98), .. }), "{error}");
}

#[test]
fn records_cut_off_the_end_are_noticed_by_what_was_made_from_them() {
    let (_directory, path) = directory();
    let mut journal = open(&path);
    append_numbered(&mut journal, 10);
    journal.save_snapshot(Seq(10), 1, b"state").unwrap();
    drop(journal);
    tamper(&path, "DELETE FROM record WHERE seq > 8");
    let error = EmbeddedReader::open(&path).unwrap().verify().unwrap_err();
    assert_eq!(error.seq, Seq(9));
    assert!(matches!(error.what, Fault::Lost { seen: Seq(10) }), "{error}");
    assert!(matches!(
        EmbeddedJournal::open(&path, Options::default()),
        Err(OpenError::Damaged { seq: Seq(9), .. })
    ));
}

#[test]
fn an_index_that_leads_astray_is_found() {
    let (_directory, path) = directory();
    append_numbered(&mut open(&path), 10);
    let connection = Connection::open(&path).unwrap();
    // The index of kinds is made to hold nothing: its root becomes an empty leaf page.
    let root: i64 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'record_by_kind'", [], |row| row.get(0))
        .unwrap();
    drop(connection);
    let mut bytes = fs::read(&path).unwrap();
    let page = usize::try_from(root - 1).unwrap() * 4_096;
    bytes[page..page + 8].copy_from_slice(&[10, 0, 0, 0, 0, 0x10, 0, 0]);
    fs::write(&path, bytes).unwrap();
    let error = EmbeddedReader::open(&path).unwrap().verify().unwrap_err();
    assert!(matches!(error.what, Fault::Index { .. }), "{error}");
}

#[test]
fn sql_that_changes_or_deletes_a_record_is_refused() {
    let (_directory, path) = directory();
    append_numbered(&mut open(&path), 1);
    let connection = Connection::open(&path).unwrap();
    for sql in ["UPDATE record SET kind = 'x'", "DELETE FROM record"] {
        let text = connection.execute(sql, []).unwrap_err().to_string();
        assert!(text.contains("never"), "{text}");
    }
    assert!(open(&path).connect().unwrap().execute("DELETE FROM snapshot", []).is_err());
}

#[test]
fn the_newest_good_snapshot_is_given_and_two_are_kept() {
    let (_directory, path) = directory();
    let mut journal = open(&path);
    journal.save_snapshot(Seq(0), 1, b"nothing").unwrap();
    assert_eq!(journal.reader().unwrap().snapshot().unwrap().unwrap().bytes, b"nothing");
    append_numbered(&mut journal, 5);
    for seq in [2, 3, 5] {
        journal.save_snapshot(Seq(seq), 7, format!("state {seq}").as_bytes()).unwrap();
    }
    let newest = journal.reader().unwrap().snapshot().unwrap().unwrap();
    assert_eq!((newest.seq, newest.version, newest.bytes), (Seq(5), 7, b"state 5".to_vec()));
    assert!(matches!(
        journal.save_snapshot(Seq(6), 1, b""),
        Err(SnapshotError::Beyond { seq: Seq(6), head: Seq(5) })
    ));
    drop(journal);

    let connection = Connection::open(&path).unwrap();
    let kept: u32 = connection.query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2);
    connection.execute("UPDATE snapshot SET bytes = x'00' WHERE seq = 5", []).unwrap();
    let reader = EmbeddedReader::open(&path).unwrap();
    assert_eq!(reader.snapshot().unwrap().unwrap().seq, Seq(3));
    connection.execute("UPDATE snapshot SET version = 8 WHERE seq = 3", []).unwrap();
    assert_eq!(reader.snapshot().unwrap(), None);
}

#[test]
fn a_full_file_refuses_the_append_whole_and_takes_the_next_once_there_is_space() {
    let (_directory, path) = directory();
    let mut journal = open(&path);
    append_numbered(&mut journal, 3);
    let pages: u32 = journal.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    limit_pages(&journal, pages + 4);
    fill_then_free(&mut journal, |journal| limit_pages(journal, 1 << 30));
}

fn limit_pages(journal: &EmbeddedJournal, pages: u32) {
    journal.connection.pragma_update_and_check(None, "max_page_count", pages, |_row| Ok(())).unwrap();
}

/// Appends until there is no space, makes some, and goes on.
fn fill_then_free(journal: &mut EmbeddedJournal, free: impl FnOnce(&EmbeddedJournal)) {
    let error = loop {
        let before = journal.head();
        match journal.append(before.seq, &batch(before.seq, 8)) {
            Ok(_) => assert!(before.seq.0 < 100_000, "the disk is not small"),
            Err(error) => {
                assert_eq!(journal.head(), before);
                break error;
            }
        }
    };
    assert!(matches!(error, AppendError::Full { .. }) && error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("free some space"), "{error}");
    let head = journal.head();
    assert_eq!(journal.reader().unwrap().verify().unwrap(), Verified { records: head.seq.0, head });
    free(journal);
    assert_eq!(append_numbered(journal, 8)[0].seq.0, head.seq.0 + 1);
    assert_eq!(journal.reader().unwrap().verify().unwrap().head, journal.head());
}

/// The same on a real file system that is really full. Mounting takes root; without it
/// the limit on pages above is what is tested.
#[test]
fn a_full_disk_refuses_the_append_whole_and_takes_the_next_once_there_is_space() {
    let directory = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let done = std::process::Command::new("mount").args(arguments).arg(directory.path()).output();
        done.is_ok_and(|output| output.status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        return;
    }
    let unmount = Unmount(directory.path());
    let path = directory.path().join("journal.db");
    let ballast = directory.path().join("ballast");
    fs::write(&ballast, vec![0; 128 << 10]).unwrap();
    let mut journal = open(&path);
    fill_then_free(&mut journal, |_journal| fs::remove_file(&ballast).unwrap());
    let head = journal.head();
    drop(journal);
    assert_eq!(open(&path).head(), head);
    drop(unmount);
}

struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        // Lazily, for a failed test still has the journal open.
        let done = std::process::Command::new("umount").arg("-l").arg(self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "unmount {}", self.0.display());
    }
}

#[test]
fn the_log_is_copied_back_and_stays_small() {
    let (directory, path) = directory();
    let mut journal = open(&path);
    let reader = journal.reader().unwrap();
    let log = directory.path().join("journal.db-wal");
    for _ in 0..50 {
        append_numbered(&mut journal, 1_000);
        // A reader between its calls holds nothing back.
        reader.read(Seq(0), 10).unwrap();
        let bytes = fs::metadata(&log).unwrap().len();
        assert!(bytes < 8 << 20, "the log has {bytes} bytes");
    }
    assert!(fs::metadata(&path).unwrap().len() > 4 << 20);
}

#[test]
fn format_1_opens_for_ever() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/format-1.db");
    let (_directory, path) = directory();
    fs::copy(fixture, &path).unwrap();
    let mut journal = open(&path);
    // Noted when the fixture was made.
    let hash = "02b4369d6cd296cb988ce908a9fea89d8d2c3ba21afa39526c3bc1693cf9f4dd".parse().unwrap();
    assert_eq!(journal.head(), Head { seq: Seq(100), hash });
    let reader = journal.reader().unwrap();
    assert_eq!(reader.verify().unwrap().records, 100);
    for record in reader.read(Seq(0), 100).unwrap() {
        assert_eq!(Record::seal(&numbered(record.seq.0), record.seq, record.prev_hash), record);
    }
    assert_eq!(reader.snapshot().unwrap().unwrap().bytes, b"state of format 1");
    assert_eq!(append_numbered(&mut journal, 1)[0].prev_hash, hash);
}
