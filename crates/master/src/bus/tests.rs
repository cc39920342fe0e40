//! The bus on a real journal; refusals are made by a gate in front of it.

use super::*;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use topmast_engine::SNAPSHOT_VERSION;
use topmast_journal::{
    EmbeddedJournal, EmbeddedReader, Head, JournalReader, OpenError, Options, Record, Snapshot, SnapshotError,
};
use topmast_model::command::Command;
use topmast_model::principal::{Grant, Principal, Role};

/// A real journal that refuses appends while its gate is shut, as on a full disk.
struct Gated {
    journal: EmbeddedJournal,
    shut: Arc<AtomicBool>,
}

impl Journal for Gated {
    fn append(&mut self, expected: Seq, records: &[NewRecord]) -> Result<Vec<Record>, AppendError> {
        if self.shut.load(Ordering::Relaxed) {
            return Err(AppendError::Full { path: "journal.db".into() });
        }
        self.journal.append(expected, records)
    }

    fn head(&self) -> Head {
        self.journal.head()
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, OpenError> {
        self.journal.reader()
    }

    fn save_snapshot(&mut self, seq: Seq, version: u32, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.journal.save_snapshot(seq, version, bytes)
    }
}

fn start(directory: &Path) -> (CommandBus, JoinHandle<()>, Arc<AtomicBool>) {
    let shut = Arc::new(AtomicBool::new(false));
    let journal = EmbeddedJournal::open(&directory.join("journal.db"), Options::default()).unwrap();
    let gated = Gated { journal, shut: Arc::clone(&shut) };
    let (bus, writer) = CommandBus::start(Box::new(gated), Arc::default(), Standing::alone()).unwrap();
    (bus, writer, shut)
}

fn create_user(name: &str) -> Submission {
    let grants = vec![Grant { role: Role::Admin, path: None }];
    let command = Command::CreateUser { name: name.into(), password_hash: "$argon2id$x".into(), grants };
    Submission { principal: Principal::master(), command }
}

fn stop(bus: CommandBus, writer: JoinHandle<()>) {
    drop(bus);
    writer.join().unwrap();
}

#[tokio::test]
async fn accepted_commands_are_there_after_a_restart() {
    // B-1, B-2
    let directory = tempfile::tempdir().unwrap();
    let (bus, writer, _) = start(directory.path());
    let submissions = (0..100).map(|number| {
        let bus = bus.clone();
        tokio::spawn(async move { bus.submit(create_user(&format!("user-{number}"))).await })
    });
    for submitted in futures_util::future::join_all(submissions).await {
        assert_eq!(submitted.unwrap().unwrap().len(), 1);
    }
    let before = bus.state().clone();
    assert_eq!(before.users().len(), 100);
    stop(bus, writer);
    let (bus, writer, _) = start(directory.path());
    assert_eq!(*bus.state(), before);
    stop(bus, writer);
}

#[tokio::test]
async fn refused_append_changes_nothing_and_later_ones_work() {
    // B-3
    let directory = tempfile::tempdir().unwrap();
    let (bus, writer, shut) = start(directory.path());
    bus.submit(create_user("first")).await.unwrap();
    let before = bus.state().clone();
    shut.store(true, Ordering::Relaxed);
    let refused = bus.submit(create_user("second")).await.unwrap_err();
    assert!(refused.to_string().contains("disk is full"), "{refused}");
    assert_eq!(*bus.state(), before);
    // Further tries while it refuses change nothing either.
    assert!(matches!(bus.submit(create_user("third")).await, Err(SubmitError::Storage(_))));
    assert_eq!(*bus.state(), before);
    shut.store(false, Ordering::Relaxed);
    bus.submit(create_user("second")).await.unwrap();
    assert_eq!(bus.state().users().len(), 2);
    stop(bus, writer);
}

#[tokio::test]
async fn events_come_in_order_to_those_who_listen() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, writer, _) = start(directory.path());
    let mut events = bus.events();
    for name in ["one", "two", "three"] {
        bus.submit(create_user(name)).await.unwrap();
    }
    for seq in 1..=3 {
        assert_eq!(events.recv().await.unwrap().seq, Seq(seq));
    }
    stop(bus, writer);
}

#[tokio::test]
async fn rejected_command_says_why_and_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, writer, _) = start(directory.path());
    let nobody = Principal { grants: Vec::new(), ..Principal::master() };
    let refused = bus.submit(Submission { principal: nobody, ..create_user("eve") }).await.unwrap_err();
    assert!(matches!(refused, SubmitError::Rejected(Rejection::Forbidden { .. })), "{refused}");
    assert_eq!(bus.state().last_seq(), Seq(0));
    stop(bus, writer);
}

#[tokio::test]
async fn damaged_snapshot_costs_a_replay_only() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, writer, _) = start(directory.path());
    bus.submit(create_user("kept")).await.unwrap();
    stop(bus, writer);
    let mut journal =
        EmbeddedJournal::open(&directory.path().join("journal.db"), Options::default()).unwrap();
    journal.save_snapshot(Seq(1), SNAPSHOT_VERSION, b"not a state").unwrap();
    drop(journal);
    let (bus, writer, _) = start(directory.path());
    assert!(bus.state().user("kept").is_some());
    stop(bus, writer);
}

#[tokio::test]
async fn snapshots_are_made_beside_the_commands_and_are_what_the_journal_comes_to() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, writer, _) = start(directory.path());
    let reader = EmbeddedReader::open(&directory.path().join("journal.db")).unwrap();
    let (mut created, mut found) = (0, None);
    // It comes some commands after it was due.
    while found.is_none() {
        assert!(created < 100_000, "no snapshot was made");
        bus.submit(create_user(&format!("user-{created}"))).await.unwrap();
        created += 1;
        found = reader.snapshot().unwrap();
    }
    let snapshot = found.unwrap();
    assert!(snapshot.seq.0 >= EVENTS_MIN, "{}", snapshot.seq);
    let (kept, expected) = (state_of(&snapshot).unwrap(), snapshot.seq.0);
    assert_eq!((kept.last_seq().0, kept.users().len() as u64), (expected, expected));
    let before = bus.state().clone();
    stop(bus, writer);
    let (bus, writer, _) = start(directory.path());
    assert_eq!(*bus.state(), before);
    stop(bus, writer);
}

#[test]
fn snapshots_of_older_masters_are_not_packed_and_read_all_the_same() {
    let state = State::default();
    let old = Snapshot { seq: Seq(0), version: SNAPSHOT_VERSION, bytes: serde_json::to_vec(&state).unwrap() };
    assert_eq!(state_of(&old), Some(state));
    assert_eq!(state_of(&Snapshot { version: SNAPSHOT_VERSION + 1, ..old.clone() }), None);
    assert_eq!(state_of(&Snapshot { bytes: b"\x28\xb5\x2f\xfd and more".to_vec(), ..old }), None);
}
