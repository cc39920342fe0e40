//! Readers in other threads while the writer appends, snapshots and projects.

use super::projections::{Counts, open_with};
use super::*;

#[test]
fn readers_see_whole_appends_in_order_while_the_writer_goes_on() {
    const APPENDS: u64 = 150;
    const SIZE: u64 = 7;
    let (_directory, path) = directory();
    let mut journal = open_with(&path, &Counts::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let reader = journal.reader().unwrap();
            scope.spawn(move || {
                let mut seen = 0;
                while seen < APPENDS * SIZE {
                    let records = reader.read(Seq(0), 10_000).unwrap();
                    let now = records.len() as u64;
                    assert!(now >= seen && now.is_multiple_of(SIZE), "{now} records after {seen}");
                    assert!(records.iter().zip(1..).all(|(record, seq)| record.seq == Seq(seq)));
                    assert!(reader.verify().unwrap().records >= now);
                    seen = now;
                }
            });
        }
        for _ in 0..APPENDS {
            append_numbered(&mut journal, SIZE);
            journal.save_snapshot(journal.head().seq, 1, b"state").unwrap();
        }
    });
}
