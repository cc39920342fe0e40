//! The index of a segment: blocks of series with their chunks, and postings.

use super::Tier;
use crate::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::labels::{LABELS_BYTES_MAX, Labels};
use crate::matcher::Matcher;
use crate::postings::{self, Postings};
use roaring::RoaringBitmap;

/// One chunk of a series in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its column's number.
    pub(crate) column: u32,
    /// Bytes of each of its values: as many as the tier keeps.
    pub(crate) lengths: [u32; 5],
}

impl Chunk {
    pub(super) fn length(&self) -> usize {
        self.lengths.iter().map(|length| *length as usize).sum()
    }
}

/// One series in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) labels: Labels,
    /// Where its data begins.
    pub(super) data: u64,
    pub(super) checksum: u32,
    pub(crate) chunks: Vec<Chunk>,
}

impl Entry {
    pub(super) fn length(&self) -> usize {
        self.chunks.iter().map(Chunk::length).sum()
    }
}

/// Appends a block: entries whose data lies side by side.
pub(super) fn save_block(entries: &[Entry], tier: Tier, out: &mut Vec<u8>) {
    put_varint(out, entries.len() as u64);
    let mut before: &[u8] = &[];
    for entry in entries {
        let packed = entry.labels.as_bytes();
        let shared = before.iter().zip(packed).take_while(|(one, other)| one == other).count();
        put_varint(out, shared as u64);
        put_varint(out, (packed.len() - shared) as u64);
        out.extend_from_slice(&packed[shared..]);
        before = packed;
    }
    // Numbers apart from texts, and like with like: both compress better so.
    for entry in entries {
        put_varint(out, entry.chunks.len() as u64);
    }
    for entry in entries {
        let mut next = 0_i64;
        for chunk in &entry.chunks {
            put_signed(out, i64::from(chunk.column) - next);
            next = i64::from(chunk.column) + 1;
        }
    }
    for entry in entries {
        for chunk in &entry.chunks {
            chunk.lengths[..tier.values()].iter().for_each(|length| put_varint(out, (*length).into()));
        }
    }
    for entry in entries {
        out.extend_from_slice(&entry.checksum.to_le_bytes());
    }
}

/// Which series of a block are wanted.
pub(super) type Wanted = [bool; super::BLOCK_SERIES];

/// Entries of the block that [`save_block`] wrote; `data` is where its first series' data begins.
///
/// The others are passed over: of a block, most queries want one series in ten.
pub(super) fn load_block(
    bytes: &[u8],
    tier: Tier,
    mut data: u64,
    wanted: &Wanted,
) -> Result<Vec<Entry>, Malformed> {
    let mut reader = Reader::new(bytes);
    let count = reader.length(super::BLOCK_SERIES, "too many series in a block")?;
    let wanted = &wanted[..count];
    let mut entries: Vec<Entry> = Vec::new();
    let mut packed = Vec::new();
    for wanted in wanted {
        let shared = reader.length(packed.len(), "labels share more than there is")?;
        packed.truncate(shared);
        let length = reader.length(LABELS_BYTES_MAX, "labels are too long")?;
        packed.extend_from_slice(reader.take(length)?);
        if *wanted {
            let labels = Labels::from_packed(&packed)?;
            entries.push(Entry { labels, data: 0, checksum: 0, chunks: Vec::new() });
        }
    }
    // Chunks and bytes of every series.
    let (mut counts, mut lengths) = ([0; super::BLOCK_SERIES], [0_u64; super::BLOCK_SERIES]);
    for count in &mut counts[..count] {
        *count = reader.length(bytes.len(), "too many chunks")?;
    }
    let mut places = entries.iter_mut();
    for (count, wanted) in counts.iter().zip(wanted) {
        let entry = if *wanted { places.next() } else { None };
        let mut chunks = entry.map(|entry| &mut entry.chunks);
        let mut next = 0_i64;
        for _ in 0..*count {
            let column = next.checked_add(reader.signed()?).and_then(|column| u32::try_from(column).ok());
            let column = column.ok_or(reader.malformed("no such column"))?;
            next = i64::from(column) + 1;
            if let Some(chunks) = &mut chunks {
                chunks.push(Chunk { column, lengths: [0; 5] });
            }
        }
    }
    let mut places = entries.iter_mut();
    for ((count, sum), wanted) in counts.iter().zip(&mut lengths).zip(wanted) {
        let mut entry = if *wanted { places.next() } else { None };
        for chunk in 0..*count {
            for value in 0..tier.values() {
                let bytes = reader.length(1 << 24, "a chunk is too long")?;
                *sum += bytes as u64;
                if let Some(entry) = &mut entry {
                    entry.chunks[chunk].lengths[value] = u32::try_from(bytes).unwrap_or(u32::MAX);
                }
            }
        }
    }
    let mut places = entries.iter_mut();
    for (length, wanted) in lengths.iter().zip(wanted) {
        let checksum = reader.u32()?;
        if let Some(entry) = wanted.then(|| places.next()).flatten() {
            (entry.data, entry.checksum) = (data, checksum);
        }
        data += length;
    }
    Ok(entries)
}

/// Appends postings: for each label its values, and for each value the series that have it.
pub(super) fn save_postings(postings: &Postings, out: &mut Vec<u8>) {
    let mut names: Vec<_> = postings.names().collect();
    names.sort_unstable_by_key(|(name, _)| *name);
    put_varint(out, names.len() as u64);
    for (name, values) in names {
        put_text(out, name);
        put_varint(out, values.len() as u64);
        for (value, numbers) in values {
            put_text(out, value);
            let mut numbers = numbers.bitmap();
            numbers.optimize();
            put_varint(out, numbers.serialized_size() as u64);
            // Writing to memory does not fail.
            let _ = numbers.serialize_into(&mut *out);
        }
    }
}

/// The postings of a segment, as they are in the file: most queries look at one or two labels of them.
#[derive(Debug)]
pub(super) struct SegmentPostings {
    bytes: Vec<u8>,
    /// For each label, where its values begin; ascending by name.
    names: Vec<(Box<str>, usize)>,
    series: u32,
}

impl SegmentPostings {
    pub(super) fn load(bytes: Vec<u8>, series: u64) -> Result<Self, Malformed> {
        let mut reader = Reader::new(&bytes);
        let count = reader.length(bytes.len(), "too many labels")?;
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            let name = reader.text(LABELS_BYTES_MAX)?;
            names.push((name.into(), reader.position()));
            each_value(&mut reader, |_, _| Ok(()))?;
        }
        let series = u32::try_from(series).map_err(|_| reader.malformed("too many series"))?;
        Ok(Self { bytes, names, series })
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.names.len() * 64
    }

    /// The series that all matchers mean.
    pub(super) fn matching(&self, matchers: &[Matcher]) -> Result<RoaringBitmap, Malformed> {
        let all = || (0..self.series).collect();
        postings::matching(matchers, all, |matcher, accepted| self.having(matcher, accepted))
    }

    /// Calls `each` with the names of labels that some series have which all matchers mean.
    pub(super) fn label_names(
        &self,
        matchers: &[Matcher],
        mut each: impl FnMut(&str),
    ) -> Result<(), Malformed> {
        let among = self.among(matchers)?;
        for (name, start) in &self.names {
            let mut has = false;
            each_value(&mut Reader::new(&self.bytes[*start..]), |value, numbers| {
                has = has || !value.is_empty() && has_some(numbers, among.as_ref())?;
                Ok(())
            })?;
            if has {
                each(name);
            }
        }
        Ok(())
    }

    /// Calls `each` with the values of a label that some series have which all matchers mean.
    pub(super) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        mut each: impl FnMut(&str),
    ) -> Result<(), Malformed> {
        let among = self.among(matchers)?;
        self.values(name, |value, numbers| {
            if has_some(numbers, among.as_ref())? {
                each(value);
            }
            Ok(())
        })
    }

    /// The series that all matchers mean; `None` for all there are.
    fn among(&self, matchers: &[Matcher]) -> Result<Option<RoaringBitmap>, Malformed> {
        if matchers.is_empty() { Ok(None) } else { self.matching(matchers).map(Some) }
    }

    fn having(&self, matcher: &Matcher, accepted: bool) -> Result<RoaringBitmap, Malformed> {
        let mut union = RoaringBitmap::new();
        let one = postings::is_of_one_value(matcher, accepted);
        self.values(&matcher.name, |value, numbers| {
            let wanted = if one { *value == *matcher.value } else { matcher.accepts(value) == accepted };
            if wanted {
                union |= read_numbers(numbers)?;
            }
            Ok(())
        })?;
        Ok(union)
    }

    /// Calls `each` with every value of a label and its packed series.
    fn values(
        &self,
        name: &str,
        each: impl FnMut(&str, &[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let Ok(position) = self.names.binary_search_by(|(known, _)| (**known).cmp(name)) else {
            return Ok(());
        };
        let start = self.names[position].1;
        each_value(&mut Reader::new(&self.bytes[start..]), each)
    }
}

fn read_numbers(bytes: &[u8]) -> Result<RoaringBitmap, Malformed> {
    let malformed = Malformed { at: 0, what: "postings cannot be read" };
    RoaringBitmap::deserialize_from(bytes).map_err(|_| malformed)
}

/// Whether packed series have one of these; of all, they have.
fn has_some(bytes: &[u8], among: Option<&RoaringBitmap>) -> Result<bool, Malformed> {
    among.map_or(Ok(true), |among| Ok(!read_numbers(bytes)?.is_disjoint(among)))
}

fn each_value<'a>(
    reader: &mut Reader<'a>,
    mut each: impl FnMut(&'a str, &'a [u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let count = reader.length(reader.remaining(), "too many label values")?;
    for _ in 0..count {
        let value = reader.text(LABELS_BYTES_MAX)?;
        let length = reader.length(reader.remaining(), "postings leave their part")?;
        each(value, reader.take(length)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(shapes: &[(u8, Vec<(u8, u32)>)]) -> Vec<Entry> {
        let mut data = 8;
        let mut entries = Vec::new();
        for (name, (label, chunks)) in (100..).zip(shapes) {
            let labels = Labels::packed(&format!("m{name}"), [("label", label.to_string().as_str())]);
            let mut column = 0;
            let chunks = chunks.iter().map(|(gap, length)| {
                column += u32::from(*gap) + 1;
                Chunk { column, lengths: [*length, 1, 2, 3, 4] }
            });
            let entry = Entry { labels, data, checksum: name * 7, chunks: chunks.collect() };
            data += entry.length() as u64;
            entries.push(entry);
        }
        entries
    }

    proptest! {
        #[test]
        fn some_of_a_block_are_the_same_as_among_all(
            shapes in prop::collection::vec((any::<u8>(), prop::collection::vec((any::<u8>(), 0_u32..9_000), 0..4)), 0..40),
            wanted in prop::array::uniform32(any::<bool>()),
        ) {
            let entries = entries(&shapes);
            let mut bytes = Vec::new();
            save_block(&entries, Tier::Hour, &mut bytes);
            let all = load_block(&bytes, Tier::Hour, 8, &[true; crate::segment::BLOCK_SERIES]).unwrap();
            prop_assert_eq!(&all, &entries);
            let mask: Wanted = std::array::from_fn(|place| wanted[place % 32]);
            let some = load_block(&bytes, Tier::Hour, 8, &mask).unwrap();
            let expected: Vec<Entry> =
                entries.into_iter().zip(mask).filter(|(_, wanted)| *wanted).map(|(entry, _)| entry).collect();
            prop_assert_eq!(some, expected);
        }
    }
}
