//! Requests of Prometheus' remote write 1.0, written as samples come.
//!
//! ```text
//! WriteRequest { 1: TimeSeries* }   TimeSeries { 1: Label* · 2: Sample* }
//! Label { 1: name · 2: value }      Sample { 1: value, double · 2: time in ms }
//! ```
//!
//! The labels of a series that sends each second are written once and copied from then on.
//!
//! Elsewhere: how such requests are read (`topmast_ingest::remote_write`).

/// Bytes of a request, unpacked, at which it is sent: some ten thousand samples, well below what stores take.
const FULL: usize = 1 << 20;
/// Bytes of a sample with its value and the time of our days.
const SAMPLE: usize = 18;

/// The labels of a series as they stand in a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct WrittenLabels(Vec<u8>);

impl WrittenLabels {
    /// Writes labels, the metric among them as `__name__`, in place of those before.
    pub(super) fn write(&mut self, labels: &mut [(&str, &str)]) {
        self.0.clear();
        labels.sort_unstable();
        for (name, value) in labels.iter().filter(|(_, value)| !value.is_empty()) {
            let length = 2 + name.len() + value.len() + varint_len(name.len()) + varint_len(value.len());
            self.0.push(1 << 3 | 2);
            varint(&mut self.0, length as u64);
            text(&mut self.0, 1, name);
            text(&mut self.0, 2, value);
        }
    }
}

/// Samples on their way to one lane of the spool.
#[derive(Debug, Default)]
pub(super) struct Request {
    bytes: Vec<u8>,
    samples: u32,
}

impl Request {
    /// Adds samples of a series, ascending by time.
    pub(super) fn series(&mut self, labels: &WrittenLabels, samples: &[(i64, f64)]) {
        let length: usize = samples.iter().map(|(time, _)| 2 + sample_len(*time)).sum();
        self.bytes.reserve(labels.0.len() + samples.len() * SAMPLE + 8);
        self.bytes.push(1 << 3 | 2);
        varint(&mut self.bytes, (labels.0.len() + length) as u64);
        self.bytes.extend_from_slice(&labels.0);
        for (time, value) in samples {
            self.bytes.push(2 << 3 | 2);
            varint(&mut self.bytes, sample_len(*time) as u64);
            self.bytes.push(1 << 3 | 1);
            self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
            self.bytes.push(2 << 3);
            varint(&mut self.bytes, time.cast_unsigned());
        }
        self.samples = self.samples.saturating_add(u32::try_from(samples.len()).unwrap_or(u32::MAX));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.samples == 0
    }

    pub(super) const fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    /// The request packed, and its samples; it is empty afterwards. None when it cannot be packed, which is
    /// beyond 4 GiB only.
    pub(super) fn pack(&mut self) -> Option<(Vec<u8>, u32)> {
        let packed = snap::raw::Encoder::new().compress_vec(&self.bytes).ok();
        self.bytes.clear();
        packed.map(|packed| (packed, std::mem::take(&mut self.samples)))
    }
}

fn sample_len(time: i64) -> usize {
    1 + 8 + 1 + varint_len_u64(time.cast_unsigned())
}

fn varint_len(value: usize) -> usize {
    varint_len_u64(value as u64)
}

const fn varint_len_u64(value: u64) -> usize {
    // Seven bits a byte; zero takes one.
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

fn text(out: &mut Vec<u8>, field: u8, text: &str) {
    out.push(field << 3 | 2);
    varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use topmast_ingest::Sink;
    use topmast_ingest::remote_write::{Version, decode};

    type Told = Vec<(String, Vec<(String, String)>, Vec<(i64, u64)>)>;

    #[derive(Default)]
    struct Reader(Told);

    impl Sink for Reader {
        fn series(&mut self, metric: &str, labels: &[(&str, &str)]) {
            let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            self.0.push((metric.to_owned(), labels.collect(), Vec::new()));
        }

        fn sample(&mut self, time: i64, value: f64) {
            self.0.last_mut().unwrap().2.push((time, value.to_bits()));
        }
    }

    fn read(packed: &[u8]) -> Told {
        let body = snap::raw::Decoder::new().decompress_vec(packed).unwrap();
        let mut reader = Reader::default();
        decode(Version::One, &body, &mut reader).unwrap();
        reader.0
    }

    proptest! {
        #[test]
        fn written_samples_are_read_as_they_were(
            metric in "[a-z_]{1,20}",
            labels in prop::collection::btree_map("[A-Za-z][a-z_]{0,9}", "\\PC{1,200}", 0..5),
            samples in prop::collection::btree_map(0..i64::MAX, any::<u64>(), 1..20),
        ) {
            let mut pairs: Vec<(&str, &str)> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            pairs.push(("__name__", &metric));
            let mut written = WrittenLabels::default();
            written.write(&mut pairs);
            let points: Vec<(i64, f64)> = samples.iter().map(|(time, bits)| (*time, f64::from_bits(*bits))).collect();
            let mut request = Request::default();
            request.series(&written, &points);
            request.series(&written, &points[..1]);
            let (packed, count) = request.pack().unwrap();
            prop_assert!(request.is_empty());
            prop_assert_eq!(count as usize, points.len() + 1);
            let all: Vec<(i64, u64)> = samples.into_iter().collect();
            let labels: Vec<(String, String)> = labels.into_iter().collect();
            let expected = vec![(metric.clone(), labels.clone(), all.clone()), (metric, labels, vec![all[0]])];
            prop_assert_eq!(read(&packed), expected);
        }
    }
}
