//! A small journal cut at every byte and flipped at every byte: what opens is
//! a prefix of what was written, or an error; never something else.

use super::*;

/// Small pages: the same structures in few enough bytes to try each one.
const PAGE_BYTES: u32 = 512;
/// Records of each append. One more would add a third to the time and no new case.
const APPENDS: [u64; 2] = [2, 1];

/// The files of a journal as a power cut could leave them.
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
    records: Vec<Record>,
    /// Length of the log when each append had returned, the first one the empty journal's.
    acknowledged: Vec<(usize, u64)>,
}

/// A record of few bytes: the log is then little more than a page for each index and append.
fn small(number: u64) -> NewRecord {
    let (tenant, kind) = ("t".to_owned(), "k".to_owned());
    let (actor, payload) = ("{}".to_owned(), number.to_string());
    NewRecord { tenant, kind, actor, payload, object: Some("acme".into()), ..numbered(2) }
}

/// Appends without the log ever being copied back.
fn written() -> Files {
    let (directory, path) = directory();
    let log = directory.path().join("journal.db-wal");
    let length = || usize::try_from(fs::metadata(&log).unwrap().len()).unwrap();
    let mut journal = EmbeddedJournal::open_with_pages(&path, Options::default(), PAGE_BYTES).unwrap();
    let mut records = Vec::new();
    let mut acknowledged = vec![(0, 0)];
    for count in APPENDS {
        let head = journal.head().seq;
        records.extend(journal.append(head, &(1..=count).map(small).collect::<Vec<_>>()).unwrap());
        acknowledged.push((length(), journal.head().seq.0));
    }
    Files { database: fs::read(&path).unwrap(), log: fs::read(&log).unwrap(), records, acknowledged }
}

/// A directory, in memory where there is one: tens of thousands of opens would
/// else wait for the disk, which proves nothing more here.
fn fast_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Puts the files down afresh, without what an earlier try left.
fn put(path: &Path, database: &[u8], log: &[u8]) {
    for (suffix, bytes) in [("", Some(database)), ("-wal", Some(log)), ("-shm", None)] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match bytes {
            Some(bytes) => fs::write(&name, bytes).unwrap(),
            None => drop(fs::remove_file(&name)),
        }
    }
}

#[test]
fn a_log_cut_at_any_byte_opens_with_every_append_that_was_whole() {
    // J-2
    let files = written();
    let directory = fast_directory();
    let path = directory.path().join("journal.db");
    for length in 0..=files.log.len() {
        put(&path, &files.database, &files.log[..length]);
        let mut journal = open(&path);
        let expected = files.acknowledged.iter().rfind(|(end, _)| *end <= length).unwrap().1;
        assert_eq!(journal.head().seq, Seq(expected), "log cut to {length} bytes");
        let reader = journal.reader().unwrap();
        let kept = reader.read(Seq(0), 100).unwrap();
        assert_eq!(kept, files.records[..kept.len()], "log cut to {length} bytes");
        append_numbered(&mut journal, 1);
        let verified = reader.verify().unwrap();
        assert_eq!(
            (verified.records, verified.head),
            (expected + 1, journal.head()),
            "log cut to {length} bytes"
        );
    }
}

/// Opens what is there; true when it opened and verified.
fn is_prefix_or_error(path: &Path, records: &[Record], what: &str) -> bool {
    let Ok(journal) = EmbeddedJournal::open(path, Options::default()) else { return false };
    let Ok(reader) = journal.reader() else { return false };
    // Verified or not, what is handed out is what was written.
    if let Ok(read) = reader.read(Seq(0), 100) {
        assert!(records.starts_with(&read), "{what}: altered records are read");
    }
    let query = RecordQuery { object_prefix: Some("acme".into()), ..RecordQuery::default() };
    if let Ok(found) = reader.select(&query) {
        assert!(found.iter().all(|record| records.contains(record)), "{what}: altered records are found");
    }
    let Ok(verified) = reader.verify() else { return false };
    assert_eq!(verified.head, journal.head(), "{what}");
    let read = reader.read(Seq(0), 100).unwrap();
    assert_eq!(read.len() as u64, verified.records, "{what}");
    true
}

#[test]
fn a_flipped_bit_in_the_log_costs_appends_from_there_on_and_alters_none() {
    // J-3
    let files = written();
    let directory = fast_directory();
    let path = directory.path().join("journal.db");
    for offset in 0..files.log.len() {
        let mut log = files.log.clone();
        log[offset] ^= 1 << (offset % 8);
        put(&path, &files.database, &log);
        is_prefix_or_error(&path, &files.records, &format!("log, byte {offset}"));
    }
}

#[test]
fn a_flipped_bit_in_the_file_is_found_or_harmless() {
    // J-3
    let files = written();
    let directory = fast_directory();
    let path = directory.path().join("journal.db");
    put(&path, &files.database, &files.log);
    // Closing copies the log back: now all is in the file.
    drop(open(&path));
    let database = fs::read(&path).unwrap();
    let mut harmless = 0;
    for offset in 0..database.len() {
        let mut altered = database.clone();
        altered[offset] ^= 1 << (offset % 8);
        put(&path, &altered, &[]);
        harmless += usize::from(is_prefix_or_error(&path, &files.records, &format!("file, byte {offset}")));
    }
    // Unused space, and letters of the tables' definitions that may be of either case. Were most
    // flips harmless, this test would not be looking at the records.
    assert!(harmless < database.len() * 3 / 4, "{harmless} of {} flips were not noticed", database.len());
}
