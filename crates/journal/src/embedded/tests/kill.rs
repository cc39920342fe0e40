//! kill -9 at random moments: what was acknowledged is there.

use super::*;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// Tells the test binary that it is the process to be killed.
const CHILD: &str = "TOPMAST_JOURNAL_CHILD";
/// Repeats a run that failed.
const SEED: &str = "TOPMAST_SEED";
const ROUNDS: u64 = 20;

/// A full-period generator (Knuth's MMIX constants): enough to choose moments.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// How many records the append after `head` has; both processes know it, so a torn append would show.
fn append_size(head: Seq) -> u64 {
    head.0 % 11 + 1
}

fn append_until_killed(path: &Path) -> ! {
    let mut journal = open(path);
    let mut out = std::io::stdout();
    loop {
        let size = append_size(journal.head().seq);
        append_numbered(&mut journal, size);
        writeln!(out, "acknowledged {}", journal.head().seq).unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9_at_any_moment() {
    // J-1, J-2
    if let Some(path) = std::env::var_os(CHILD) {
        append_until_killed(Path::new(&path));
    }
    let seed = std::env::var(SEED).map_or_else(
        |_| u64::from(SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos()),
        |text| text.parse().unwrap(),
    );
    println!("{SEED}={seed}");
    let mut random = Random(seed);
    let (_directory, path) = directory();
    let mut before = 0;
    for round in 0..ROUNDS {
        let acknowledged = run_and_kill(&path, &mut random).max(before);
        let journal = open(&path);
        let head = journal.head();
        assert!(head.seq.0 >= acknowledged, "round {round}: {head:?}, but {acknowledged} was acknowledged");
        let reader = journal.reader().unwrap();
        assert_eq!(reader.verify().unwrap(), Verified { records: head.seq.0, head }, "round {round}");
        let records = reader.read(Seq(before), 10_000).unwrap();
        for record in &records {
            assert_eq!(Record::seal(&numbered(record.seq.0), record.seq, record.prev_hash), *record);
        }
        let mut whole = Seq(before);
        while whole < head.seq {
            whole = Seq(whole.0 + append_size(whole));
        }
        assert_eq!(whole, head.seq, "round {round}: an append is torn");
        before = head.seq.0;
    }
    assert!(before > 0, "no round got as far as an append");
}

/// Lets a process append, kills it at a random moment after a random append, and
/// returns the last sequence number it said was kept.
fn run_and_kill(path: &Path, random: &mut Random) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "embedded::tests::kill::what_was_acknowledged_survives_kill_9_at_any_moment",
        ])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
    let enough = random.below(40);
    let first = acknowledged.by_ref().take(usize::try_from(enough).unwrap()).last().unwrap_or(0);
    // The moment within an append; a commit takes a few hundred microseconds.
    std::thread::sleep(Duration::from_micros(random.below(3_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    // What was said before the kill still stands in the pipe.
    acknowledged.last().unwrap_or(first)
}
