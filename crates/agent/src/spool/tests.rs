//! The spool over real files: cursors, bounds, torn ends, and a disk that refuses.

use super::*;

fn open(directory: &tempfile::TempDir, max_bytes: u64) -> Spool {
    Spool::open(directory.path(), max_bytes, ["a:1", "b:1"].into_iter()).unwrap()
}

fn append(spool: &Spool, text: &str) -> bool {
    let began = spool.begin_segment_if_needed();
    spool.append(text.as_bytes());
    began
}

/// Reads everything behind a master's cursor, without confirming; returns where it ends.
fn read_all(spool: &Spool, master: &str) -> (Vec<String>, Position) {
    let (mut at, mut buffer, mut texts) = (spool.position(master), Vec::new(), Vec::new());
    loop {
        match spool.read(at, &mut buffer).unwrap() {
            Next::Record(next) => {
                texts.push(String::from_utf8(buffer.clone()).unwrap());
                at = next;
            }
            Next::Segment(next) => at = next,
            Next::End => return (texts, at),
        }
    }
}

fn dropped(spool: &Spool, master: &str) -> u64 {
    let mut found = 0;
    spool.figures(|name, _, dropped| {
        if name == master {
            found = dropped;
        }
    });
    found
}

fn waiting_bytes(spool: &Spool, master: &str) -> u64 {
    let mut found = 0;
    spool.figures(|name, bytes, _| {
        if name == master {
            found = bytes;
        }
    });
    found
}

#[test]
fn each_master_reads_everything_in_order_from_its_own_cursor() {
    // SP-1
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 1 << 20);
    assert!(append(&spool, "one"), "the first record begins a segment");
    assert!(!append(&spool, "two"));
    let (texts, end) = read_all(&spool, "a:1");
    assert_eq!(texts, ["one", "two"]);
    spool.confirm("a:1", end);
    append(&spool, "three");
    assert_eq!(read_all(&spool, "a:1").0, ["three"]);
    assert_eq!(read_all(&spool, "b:1").0, ["one", "two", "three"]);
    assert_eq!(waiting_bytes(&spool, "a:1"), 4 + 5);
}

#[test]
fn reopened_spool_goes_on_at_the_confirmed_record_in_a_new_segment() {
    // SP-3
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 1 << 20);
    append(&spool, "one");
    let (_, end) = read_all(&spool, "a:1");
    spool.confirm("a:1", end);
    append(&spool, "two");
    drop(spool);
    let spool = open(&directory, 1 << 20);
    assert!(append(&spool, "three"), "a new agent begins a new dictionary");
    assert_eq!(read_all(&spool, "a:1").0, ["two", "three"]);
    assert_eq!(read_all(&spool, "b:1").0, ["one", "two", "three"]);
}

#[test]
fn full_spool_drops_the_oldest_and_counts_it_for_those_who_miss_it() {
    // SP-1, SP-2
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 4_000);
    let record = |number: usize| format!("{number:096}"); // 100 bytes with the prefix
    for number in 0..100 {
        append(&spool, &record(number));
        let (_, end) = read_all(&spool, "a:1");
        spool.confirm("a:1", end);
    }
    let size: u64 = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size <= 4_000 + 100 + 2 * 64, "{size}");
    let (left, _) = read_all(&spool, "b:1");
    assert_eq!(left.last(), Some(&record(99)));
    assert_eq!(dropped(&spool, "b:1") + left.len() as u64, 100);
    assert!(dropped(&spool, "b:1") > 0);
    assert_eq!(dropped(&spool, "a:1"), 0);
}

#[test]
fn segments_that_every_master_has_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 4_000);
    for number in 0..100 {
        append(&spool, &format!("{number:0200}"));
        for master in ["a:1", "b:1"] {
            let (texts, end) = read_all(&spool, master);
            assert_eq!(texts.len(), 1);
            spool.confirm(master, end);
        }
    }
    let segments = std::fs::read_dir(directory.path()).unwrap().filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|extension| extension == "seg"))
    });
    assert!(segments.count() <= 2);
}

#[test]
fn torn_tail_and_torn_cursor_lose_nothing_whole() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 1 << 20);
    append(&spool, "one");
    append(&spool, "two");
    drop(spool);
    let path = directory.path().join(format!("{:016}.seg", 1));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    std::fs::write(directory.path().join("a_1.cursor"), "00000000000000000001 0000000").unwrap();
    let spool = open(&directory, 1 << 20);
    append(&spool, "three");
    assert_eq!(read_all(&spool, "a:1").0, ["one", "three"]);
}

#[test]
fn refusing_disk_is_replaced_by_a_little_memory() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 1 << 20);
    append(&spool, "one");
    // The directory goes away under the spool: no new file can be made in it.
    std::fs::remove_dir_all(directory.path()).unwrap();
    spool.state().broken = true;
    assert!(append(&spool, "two"));
    assert_eq!(read_all(&spool, "a:1").0, ["one", "two"]);
    let record = "x".repeat(1_000);
    for _ in 0..2_000 {
        append(&spool, &record);
    }
    let held: u64 = spool.state().segments.iter().map(|segment| segment.length).sum();
    assert!(held <= MEMORY_SEGMENTS as u64 * (MEMORY_BYTES + 1_004), "{held}");
    let (left, _) = read_all(&spool, "a:1");
    assert_eq!(dropped(&spool, "a:1") + left.len() as u64, 2_002);
}

#[test]
fn waiting_reader_is_told_of_a_record() {
    let directory = tempfile::tempdir().unwrap();
    let spool = open(&directory, 1 << 20);
    let grown = spool.grown();
    append(&spool, "one");
    assert!(grown.has_changed().unwrap());
}
