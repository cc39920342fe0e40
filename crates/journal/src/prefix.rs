//! The first records of a journal as a journal of their own, with the same hashes.

use crate::journal::{AppendError, Journal, JournalReader, ReadError};
use crate::limits;
use crate::record::{Head, Record};
use topmast_model::id::Seq;

/// Records appended at once: few enough for a transaction to be short.
const BATCH: usize = 1_000;

/// Why records were not taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// The one cannot be read.
    #[error("read the journal")]
    Read(#[from] ReadError),
    /// The other cannot be written.
    #[error("append to the new journal")]
    Append(#[from] AppendError),
    /// A record has another hash than it had.
    #[error("record {seq} does not have the hash that it had")]
    Altered {
        /// The record.
        seq: Seq,
    },
}

/// Appends to a journal what another has beyond it, up to the first record that is not included.
///
/// Returns the new end. On an empty journal this is how one ends at an earlier record; its read models come with it.
///
/// # Errors
/// [`PrefixError`]; what was appended until then stays.
pub fn append_prefix(
    to: &mut dyn Journal,
    from: &dyn JournalReader,
    mut includes: impl FnMut(&Record) -> bool,
) -> Result<Head, PrefixError> {
    loop {
        let mut records = limits::one_append(from.read(to.head().seq, BATCH)?);
        let read = records.len();
        records.truncate(records.iter().take_while(|record| includes(record)).count());
        if let Some(last) = records.last() {
            let new: Vec<_> = records.iter().map(Record::unsealed).collect();
            to.append(to.head().seq, &new)?;
            if to.head() != (Head { seq: last.seq, hash: last.hash }) {
                return Err(PrefixError::Altered { seq: last.seq });
            }
        }
        if records.len() < read || read == 0 {
            return Ok(to.head());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::{EmbeddedJournal, EmbeddedReader, Options};
    use crate::record::{NewRecord, example};
    use topmast_model::time::UnixMillis;

    fn journal(folder: &tempfile::TempDir, name: &str) -> EmbeddedJournal {
        EmbeddedJournal::open(&folder.path().join(name), Options::default()).unwrap()
    }

    fn record(number: i64) -> NewRecord {
        NewRecord { time: UnixMillis(number), ..example(&number.to_string()) }
    }

    #[test]
    fn prefix_has_the_same_hashes_and_ends_where_it_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = journal(&folder, "all");
        let records: Vec<_> = (1..=2_500).map(record).collect();
        all.append(Seq(0), &records).unwrap();
        let reader = all.reader().unwrap();
        for (name, until) in [("none", 0), ("some", 1_000), ("more", 1_001), ("whole", 9_999)] {
            let mut part = journal(&folder, name);
            let head =
                append_prefix(&mut part, reader.as_ref(), |record| record.time <= UnixMillis(until)).unwrap();
            assert_eq!(head.seq, Seq(u64::try_from(until).unwrap().min(2_500)));
            assert_eq!(part.reader().unwrap().verify().unwrap().head, head);
            let same = reader.read(Seq(head.seq.0.saturating_sub(1)), 1).unwrap();
            assert!(head.seq == Seq(0) || same[0].hash == head.hash, "{name}");
        }
    }

    #[test]
    fn copy_amid_writes_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = journal(&folder, "all");
        all.append(Seq(0), &[record(1)]).unwrap();
        let path = folder.path().join("all");
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| {
                for number in 2..=300 {
                    all.append(all.head().seq, &[record(number)]).unwrap();
                }
            });
            let mut least = 0;
            for number in 0.. {
                let copy = folder.path().join(format!("copy-{number}"));
                EmbeddedReader::open(&path).unwrap().copy_to(&copy).unwrap();
                let found = EmbeddedReader::open(&copy).unwrap().verify().unwrap();
                assert!(found.records >= least && found.records > 0);
                least = found.records;
                if writing.is_finished() {
                    break;
                }
            }
        });
        let copy = folder.path().join("last");
        EmbeddedReader::open(&path).unwrap().copy_to(&copy).unwrap();
        assert_eq!(EmbeddedReader::open(&copy).unwrap().verify().unwrap().head, all.head());
    }
}
