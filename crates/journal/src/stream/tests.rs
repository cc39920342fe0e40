//! Journals that share a real nats-server.

use super::batch::{self, PART_BYTES};
use super::*;
use crate::embedded::Options;
use crate::record::example;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A server of this test alone, at a loopback address of its own.
struct Server {
    child: Child,
    url: String,
    _directory: TempDir,
}

impl Server {
    fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let [a, b, ..] = std::process::id().to_le_bytes();
        let address = format!("127.{}.{}.{}", a.max(1), b, COUNT.fetch_add(1, Ordering::Relaxed) % 250 + 1);
        let directory = tempfile::tempdir().unwrap();
        let child = Command::new("nats-server")
            .args(["-a", &address, "-p", "4222", "-js", "-sd"])
            .arg(directory.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server of Debian's package");
        Self { child, url: format!("nats://{address}:4222"), _directory: directory }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct World {
    runtime: Runtime,
    link: Link,
    directory: TempDir,
    _server: Server,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let options = StreamOptions {
            servers: vec![server.url.clone()],
            name: "acme-main".into(),
            replicas: 1,
            login: None,
            credentials: None,
            ca: None,
            certificate: None,
        };
        let started = std::time::Instant::now();
        let link = runtime.block_on(async {
            let link = Link::open(&options).await.unwrap();
            // Until the server that was just started answers.
            while let Err(error) = link.prepare().await {
                assert!(started.elapsed().as_secs() < 20, "{error}");
            }
            link
        });
        Self { runtime, link, directory: tempfile::tempdir().unwrap(), _server: server }
    }

    fn copy(&self, name: &str) -> EmbeddedJournal {
        EmbeddedJournal::open(&self.directory.path().join(name), Options::default()).unwrap()
    }

    /// A journal that stands where its copy does.
    fn journal(&self, name: &str) -> StreamJournal {
        let copy = self.copy(name);
        let found = self.runtime.block_on(Follower::locate(&self.link, copy.head())).unwrap();
        let mut journal = StreamJournal::new(copy, self.link.clone(), self.runtime.handle().clone());
        let Found::At(position) = found else { panic!("{found:?}") };
        journal.stand_at(position, journal.head()).unwrap();
        journal
    }

    /// Reads a journal on to the stream's end.
    fn catch_up(&self, journal: &mut StreamJournal) {
        let mut follower = Follower::new(self.link.clone(), journal.position.unwrap());
        self.runtime.block_on(async {
            let end = self.link.end().await.unwrap();
            while let Some(batch) = follower.next_until(end).await.unwrap() {
                journal.take(&batch).unwrap();
            }
        });
        let (_, last) = self.runtime.block_on(self.link.last_batch()).unwrap();
        journal.stand_at(follower.position(), last).unwrap();
    }
}

fn large() -> NewRecord {
    example(&format!("\"{}\"", "x".repeat(PART_BYTES)))
}

#[test]
fn copies_of_all_masters_hold_the_same_chain() {
    // S-1
    let world = World::new();
    let (mut one, mut two) = (world.journal("one"), world.journal("two"));
    for round in 0..5_u64 {
        let (leader, other) = if round % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        world.catch_up(leader);
        let head = leader.head().seq;
        leader.append(head, &[example("1"), large(), example(&round.to_string())]).unwrap();
        world.catch_up(other);
        assert_eq!(one.head(), two.head());
    }
    let verified = two.reader().unwrap().verify().unwrap();
    assert_eq!((verified.records, verified.head), (15, one.head()));
}

#[test]
fn follower_is_told_of_appends_as_they_come() {
    let world = World::new();
    let (mut one, mut two) = (world.journal("one"), world.journal("two"));
    let mut follower = Follower::new(world.link.clone(), 0);
    for count in 1..=20_u64 {
        one.append(Seq(count - 1), &[example("1")]).unwrap();
        let batch = world.runtime.block_on(follower.next()).unwrap();
        assert_eq!(two.take(&batch).unwrap().len(), 1);
        assert!(two.take(&batch).unwrap().is_empty(), "it was taken already");
        assert_eq!(two.head(), one.head());
    }
}

#[test]
fn overtaken_master_appends_nothing() {
    let world = World::new();
    let (mut old, mut new) = (world.journal("old"), world.journal("new"));
    new.append(Seq(0), &[example("1")]).unwrap();
    let error = old.append(Seq(0), &[example("2")]).unwrap_err();
    assert!(matches!(error, AppendError::Overtaken { position: 0 }) && error.is_deposed(), "{error}");
    assert_eq!(old.head().seq, Seq(0));
    assert_eq!(world.runtime.block_on(world.link.end()).unwrap(), 1);
    world.catch_up(&mut old);
    old.append(Seq(1), &[example("2")]).unwrap();
}

#[test]
fn batch_sent_twice_is_there_once() {
    // S-3
    let world = World::new();
    let mut one = world.journal("one");
    let parts = batch::parts(&batch::seal(&[large(), example("2")], Head::default()));
    assert!(parts.len() > 1);
    let position = world.runtime.block_on(world.link.append(&parts, 0)).unwrap();
    let again = world.runtime.block_on(async {
        let refused = world.link.append(&parts, 0).await;
        (refused.unwrap_err().is_deposed(), world.link.end().await.unwrap())
    });
    assert_eq!(again, (true, position));
    world.catch_up(&mut one);
    assert_eq!(one.head().seq, Seq(2));
}

#[test]
fn batch_cut_short_is_passed_over_by_all() {
    // S-2
    let world = World::new();
    let (mut one, mut two) = (world.journal("one"), world.journal("two"));
    let parts = batch::parts(&batch::seal(&[large(), large()], Head::default()));
    world.runtime.block_on(world.link.append(&parts[..1], 0)).unwrap();
    world.catch_up(&mut one);
    assert_eq!(one.head().seq, Seq(0));
    one.append(Seq(0), &[example("3")]).unwrap();
    world.catch_up(&mut two);
    assert_eq!((two.head(), two.head().seq), (one.head(), Seq(1)));
    // A master that starts again finds its place behind it.
    drop(two);
    assert_eq!(world.journal("two").position, Some(2));
}

#[test]
fn copy_that_is_not_the_streams_is_told_so() {
    // S-1
    let world = World::new();
    let locate =
        |copy: &EmbeddedJournal| world.runtime.block_on(Follower::locate(&world.link, copy.head())).unwrap();
    let mut stray = world.copy("stray");
    assert_eq!(locate(&stray), Found::At(0));
    stray.append(Seq(0), &[example("0")]).unwrap();
    assert_eq!(locate(&stray), Found::Empty);

    let mut one = world.journal("one");
    for count in 0..9_u64 {
        one.append(Seq(count), &[example("1")]).unwrap();
        assert_eq!(locate(&one.copy), Found::At(count + 1));
    }
    assert_eq!(locate(&stray), Found::Diverged);
    let mut follower = Follower::new(world.link.clone(), 1);
    let batch = world.runtime.block_on(follower.next_until(9)).unwrap().unwrap();
    let mut journal = StreamJournal::new(stray, world.link.clone(), world.runtime.handle().clone());
    let error = journal.take(&batch).unwrap_err();
    assert!(matches!(error, TakeError::Diverged { .. }), "{error}");

    let last = one.head();
    one.copy.append(Seq(9), &[example("\"only here\"")]).unwrap();
    assert_eq!(locate(&one.copy), Found::Short { last: Seq(9) });
    let refused = one.stand_at(9, last).unwrap_err();
    assert!(matches!(refused, TakeError::Diverged { seq: Seq(9), head: Seq(10) }), "{refused}");
}

#[test]
fn follower_says_when_the_stream_ends_before_what_it_read() {
    let world = World::new();
    world.journal("one").append(Seq(0), &[example("1")]).unwrap();
    let mut follower = Follower::new(world.link.clone(), 2);
    let error = world.runtime.block_on(follower.next()).unwrap_err();
    assert!(matches!(error, LinkError::Shorter { end: 1, read: 2 }), "{error}");
}

#[test]
fn copy_and_stream_part_behind_the_last_batch_that_both_have() {
    let world = World::new();
    let (mut one, mut two) = (world.journal("one"), world.journal("two"));
    let shared = |journal: &StreamJournal| {
        let reader = journal.reader().unwrap();
        world.runtime.block_on(fork(&world.link, reader.as_ref())).unwrap()
    };
    assert_eq!(shared(&two), Head::default());
    for count in 0..9_u64 {
        one.append(Seq(2 * count), &[example("1"), large()]).unwrap();
        if count == 3 {
            // A batch that its master never ended.
            let cut = batch::parts(&batch::seal(&[large(), large()], one.head()));
            let position = one.position.unwrap();
            world.runtime.block_on(world.link.append(&cut[..1], position)).unwrap();
            world.catch_up(&mut one);
        }
        world.catch_up(&mut two);
        assert_eq!(shared(&two), one.head());
    }
    // The end of the copy is another's, for one record or for many.
    for more in [1_u64, 30] {
        let mut stray = world.copy(&format!("stray{more}"));
        let records: Vec<_> = one.reader().unwrap().read(Seq(0), 100).unwrap();
        let same = records[..8].iter().map(Record::unsealed).collect::<Vec<_>>();
        stray.append(Seq(0), &same).unwrap();
        let head = stray.head();
        stray.append(Seq(8), &vec![example("\"lost\""); usize::try_from(more).unwrap()]).unwrap();
        let stray = StreamJournal::new(stray, world.link.clone(), world.runtime.handle().clone());
        assert_eq!(shared(&stray), head, "{more}");
    }
}

#[test]
fn copy_is_brought_to_the_stream_from_wherever_it_was_left() {
    // S-1
    let world = World::new();
    let mut one = world.copy("one");
    let records: Vec<_> = (0..500).map(|count| example(&count.to_string())).collect();
    one.append(Seq(0), &records).unwrap();
    let reader = one.reader().unwrap();
    // Ended amid the second batch: its first part is there, its last is not.
    let batch = |after, limit| batch::parts(&reader.read(Seq(after), limit).unwrap());
    let position = world.runtime.block_on(world.link.append(&batch(0, 10), 0)).unwrap();
    let mut cut = batch(10, 10);
    cut[0].heading.parts += 1;
    world.runtime.block_on(world.link.append(&cut, position)).unwrap();
    let located = || world.runtime.block_on(Follower::locate(&world.link, one.head())).unwrap();
    assert_eq!(located(), Found::Short { last: Seq(10) });

    let mut told = Vec::new();
    let brought = world.runtime.block_on(bring(&world.link, reader.as_ref(), |seq| told.push(seq)));
    assert_eq!((brought.unwrap(), told), (one.head(), vec![Seq(210), Seq(410), Seq(500)]));
    assert_eq!(world.runtime.block_on(prove(&world.link)).unwrap(), one.head());
    let mut two = world.journal("two");
    world.catch_up(&mut two);
    assert_eq!(two.head(), one.head());

    let again = world.runtime.block_on(bring(&world.link, reader.as_ref(), |_| panic!("it is all there")));
    assert_eq!(again.unwrap(), one.head());
    let mut stray = world.copy("stray");
    stray.append(Seq(0), &vec![example("9"); 501]).unwrap();
    let refused =
        world.runtime.block_on(bring(&world.link, stray.reader().unwrap().as_ref(), |_| {})).unwrap_err();
    assert!(matches!(refused, BringError::Diverged { seq: Seq(500) }), "{refused}");
}

#[test]
fn copy_that_ends_amid_a_batch_takes_the_rest_of_it() {
    // S-1: what was lost is brought back in batches of another size.
    let world = World::new();
    let mut one = world.copy("one");
    let records: Vec<_> = (0..12).map(|count| example(&count.to_string())).collect();
    one.append(Seq(0), &records).unwrap();
    world.runtime.block_on(bring(&world.link, one.reader().unwrap().as_ref(), |_| {})).unwrap();
    let mut follower = Follower::new(world.link.clone(), 0);
    let batch = world.runtime.block_on(follower.next_until(1)).unwrap().unwrap();
    for (held, is_ours) in [(1, true), (11, true), (5, false)] {
        let mut copy = world.copy(&held.to_string());
        copy.append(Seq(0), &records[..held - 1]).unwrap();
        let last = if is_ours { records[held - 1].clone() } else { example("\"other\"") };
        copy.append(Seq(held as u64 - 1), &[last]).unwrap();
        let found = world.runtime.block_on(Follower::locate(&world.link, copy.head())).unwrap();
        assert_eq!(found, Found::Amid(0), "{held}");
        assert_eq!(batch.continues(copy.reader().unwrap().as_ref(), copy.head()).unwrap(), is_ours);
        let mut journal = StreamJournal::new(copy, world.link.clone(), world.runtime.handle().clone());
        match journal.take(&batch) {
            Ok(taken) => assert_eq!((taken.len(), journal.head()), (12 - held, one.head())),
            Err(error) => assert!(!is_ours && matches!(error, TakeError::Diverged { .. }), "{error}"),
        }
        assert_eq!(journal.head() == one.head(), is_ours);
    }
}

#[test]
fn what_servers_lost_is_given_back_whole_once_and_nowhere_else() {
    let world = World::new();
    let (mut one, two) = (world.journal("one"), world.journal("two"));
    let of = |journal: &StreamJournal, behind| Rest::of(journal.reader().unwrap().as_ref(), behind);
    one.append(Seq(0), &[example("1")]).unwrap();
    let shared = one.head();
    assert_eq!(of(&one, shared).unwrap(), None, "there is nothing");
    assert_eq!(of(&two, shared).unwrap(), None, "it is not there yet");
    one.copy.append(Seq(1), &[example("\"lost\""), large()]).unwrap();
    assert_eq!(of(&one, Head::default()).unwrap(), None, "a copy that shares nothing is another's");
    assert_eq!(of(&one, Head { seq: Seq(1), ..Head::default() }).unwrap(), None, "it is another record");
    let rest = of(&one, shared).unwrap().unwrap();
    assert_eq!(rest.end(), one.head());
    let read = Rest::read(shared, &rest.to_text()).unwrap();
    assert_eq!(read, rest);
    assert!(Rest::read(shared, b"").is_err() && Rest::read(shared, b"{}").is_err());

    // Of what was cut short there is no trace.
    let cut = batch::parts(&batch::seal(&[large(), large()], shared));
    world.runtime.block_on(world.link.append(&cut[..1], 1)).unwrap();
    world.runtime.block_on(read.give_back(&world.link)).unwrap();
    let again = world.runtime.block_on(rest.give_back(&world.link)).unwrap_err();
    assert!(matches!(again, GiveBackError::Overtaken), "{again}");
    let mut three = world.journal("three");
    world.catch_up(&mut three);
    assert_eq!(three.head(), one.head());

    let many = vec![example("1"); limits::MAX_APPEND_RECORDS];
    one.copy.append(Seq(3), &many).unwrap();
    assert_eq!(of(&one, three.head()).unwrap().unwrap().end(), one.head());
    one.copy.append(one.head().seq, &[example("1")]).unwrap();
    assert!(matches!(of(&one, three.head()), Err(RestError::TooLong { .. })));
}

#[test]
fn part_of_a_lost_batch_is_no_place_to_stand() {
    let world = World::new();
    let mut one = world.journal("one");
    one.append(Seq(0), &[example("1")]).unwrap();
    one.append(Seq(1), &[large(), large()]).unwrap();
    // The servers lost the end: what they still have of the second batch is its first part.
    let rest = World::new();
    let reader = one.reader().unwrap();
    let parts = batch::parts(&reader.read(Seq(0), 1).unwrap());
    rest.runtime.block_on(rest.link.append(&parts, 0)).unwrap();
    let parts = batch::parts(&reader.read(Seq(1), 9).unwrap());
    rest.runtime.block_on(rest.link.append(&parts[..1], 1)).unwrap();
    let found = rest.runtime.block_on(Follower::locate(&rest.link, one.head())).unwrap();
    assert_eq!(found, Found::Short { last: Seq(1) });
}

#[test]
fn values_of_the_bucket_are_replaced_by_who_saw_the_last() {
    let world = World::new();
    let bucket = world.link.bucket();
    world.runtime.block_on(async {
        assert_eq!(bucket.read("lease").await.unwrap(), None);
        let first = bucket.write("lease", b"one".to_vec(), None).await.unwrap();
        let taken = bucket.write("lease", b"two".to_vec(), None).await;
        assert!(matches!(taken, Err(WriteError::Overtaken)), "{taken:?}");
        let second = bucket.write("lease", b"two".to_vec(), Some(first)).await.unwrap();
        let late = bucket.write("lease", b"three".to_vec(), Some(first)).await;
        assert!(matches!(late, Err(WriteError::Overtaken)), "{late:?}");
        let found = bucket.read("lease").await.unwrap().unwrap();
        assert_eq!((found.revision, found.value.as_slice()), (second, &b"two"[..]));
        bucket.put("master.a", b"x".to_vec()).await.unwrap();
        let masters = bucket.all("master.").await.unwrap();
        let masters: Vec<_> = masters.iter().map(|(key, entry)| (key.as_str(), &entry.value[..])).collect();
        assert_eq!(masters, [("master.a", &b"x"[..])]);
        bucket.remove("lease").await.unwrap();
        assert_eq!(bucket.read("lease").await.unwrap(), None);
        bucket.write("lease", b"four".to_vec(), None).await.unwrap();
    });
}

#[test]
fn options_that_cannot_be_used_are_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = |servers: &str, credentials: Option<&str>| StreamOptions {
        servers: vec![servers.into()],
        name: "x".into(),
        replicas: 1,
        login: None,
        credentials: credentials.map(Into::into),
        ca: None,
        certificate: None,
    };
    for (options, wanted) in [
        (options("nats:// not a host", None), "nats:// not a host"),
        (options("nats://127.0.0.1:1", Some("/nowhere/x.creds")), "/nowhere/x.creds"),
    ] {
        let error = runtime.block_on(Link::open(&options)).err().unwrap().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    // Nobody there: what is asked for says so in time.
    let shut = Arc::new(options("nats://127.0.0.1:1", None));
    let error = runtime.block_on(async { Link::open(&shut).await.unwrap().end().await }).unwrap_err();
    assert!(error.to_string().contains("NATS"), "{error}");
}
