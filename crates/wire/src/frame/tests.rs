//! Frames as a whole: encoder and decoder together, and what else may arrive.

use super::bytes::{put_varint, zigzag};
use super::checksum::crc32;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Remembers everything that a decoder says.
#[derive(Debug, Default, PartialEq)]
struct Log(Vec<String>);

impl FrameSink for Log {
    fn series(&mut self, index: u32, series: Series) {
        self.0.push(format!("{index} is {series}"));
    }

    fn retired(&mut self, index: u32) {
        self.0.push(format!("{index} ended"));
    }

    fn tick(&mut self, time: UnixMillis) {
        self.0.push(format!("at {time}"));
    }

    fn value(&mut self, index: u32, value: f64) {
        self.0.push(format!("{index} = {value}"));
    }
}

fn decode(decoder: &mut FrameDecoder, frame: &[u8]) -> Result<(FrameStats, String), FrameError> {
    let mut log = Log::default();
    let stats = decoder.decode(frame, &mut log)?;
    Ok((stats, log.0.join(", ")))
}

/// Two series, three ticks, one end.
fn sample_frame() -> Vec<u8> {
    let mut encoder = FrameEncoder::new();
    let load = encoder.define(&Series::new("load", [])).unwrap();
    let busy = encoder.define(&Series::new("busy", [("cpu", "0"), ("mode", "user")])).unwrap();
    encoder.tick(UnixMillis(1_000), &[(busy, 0.5), (load, 3.0)]).unwrap();
    encoder.tick(UnixMillis(2_000), &[(busy, 1.0 / 3.0), (load, 3.0)]).unwrap();
    encoder.retire(busy);
    encoder.tick(UnixMillis(1_500), &[]).unwrap();
    let frame = encoder.take().unwrap();
    assert_eq!(encoder.take(), None);
    frame
}

/// A frame with a right checksum around any records.
fn frame_of(sequence: u64, flags: u8, records: &[u8]) -> Vec<u8> {
    let mut frame = vec![VERSION, flags];
    put_varint(&mut frame, sequence);
    frame.extend_from_slice(records);
    frame.extend_from_slice(&crc32(&frame).to_le_bytes());
    frame
}

#[test]
fn frame_tells_series_ticks_changes_and_ends_in_order() {
    let (stats, log) = decode(&mut FrameDecoder::new(), &sample_frame()).unwrap();
    assert_eq!(stats, FrameStats { ticks: 3, samples: 5, changed: 3, backwards: 1 });
    let expected = "0 is load, 1 is busy{cpu=\"0\",mode=\"user\"}, at 1000, 0 = 3, 1 = 0.5, \
                    at 2000, 1 = 0.3333333333333333, 1 ended, at 1500";
    assert_eq!(log, expected);
}

#[test]
fn frame_has_the_bytes_that_the_format_page_shows() {
    // Fixes the bytes for either byte order; the page tells how to run it on a big-endian machine.
    #[rustfmt::skip]
    let expected = [
        1, 0, 1, // version, flags, sequence
        1, 0, 4, b'l', b'o', b'a', b'd', 0, // load
        1, 0, 4, b'b', b'u', b's', b'y', 2, // busy
        0, 3, b'c', b'p', b'u', 0, 1, b'0', 0, 4, b'm', b'o', b'd', b'e', 0, 4, b'u', b's', b'e', b'r',
        3, 0xd0, 0x0f, 4, 0, 0, 6, 0, 1, 10, // at 1000: 2 changes, gaps 0 and 0, 3 at once, 5 with one digit
        3, 0, 2, 1, 0, 0xff, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f, // 1000 later: bits of a third
        2, 1, // busy ended
        3, 0xb7, 0x17, 0, // 500 back instead of 1000 on; no change
    ];
    let frame = sample_frame();
    assert_eq!(frame[..frame.len() - 4], expected);
    assert_eq!(frame[frame.len() - 4..], crc32(&expected).to_le_bytes());
}

#[test]
fn any_changed_byte_and_any_cut_is_found_and_changes_nothing() {
    let frame = sample_frame();
    let mut decoder = FrameDecoder::new();
    for position in 0..frame.len() {
        for change in 1..=255 {
            let mut other = frame.clone();
            other[position] ^= change;
            let error = decode(&mut decoder, &other).unwrap_err();
            assert!(matches!(error, FrameError::Corrupt { .. }), "{position} {change}: {error}");
        }
        assert!(decode(&mut decoder, &frame[..position]).is_err(), "cut at {position}");
    }
    assert!(decode(&mut decoder, &frame).is_ok()); // F-3
}

#[test]
fn frames_out_of_order_are_refused_until_the_right_one_comes() {
    let mut encoder = FrameEncoder::new();
    let frames: Vec<_> = (0..3)
        .map(|time| {
            encoder.tick(UnixMillis(time), &[]).unwrap();
            encoder.take().unwrap()
        })
        .collect();
    let mut decoder = FrameDecoder::new();
    assert!(decode(&mut decoder, &frames[0]).is_ok());
    for (position, found) in [(0, 1), (2, 3)] {
        let error = decode(&mut decoder, &frames[position]).unwrap_err();
        assert_eq!(error, FrameError::OutOfOrder { expected: 2, found }); // W-4
    }
    assert!(decode(&mut decoder, &frames[1]).is_ok());
    assert!(decode(&mut decoder, &frames[2]).is_ok());
}

#[test]
fn other_versions_and_lengths_are_told_apart() {
    let mut body = vec![9, 0, 1];
    body.extend_from_slice(&crc32(&body).to_le_bytes());
    let refuse = |frame: &[u8]| decode(&mut FrameDecoder::new(), frame).unwrap_err();
    assert_eq!(refuse(&body), FrameError::Version { found: 9 });
    assert_eq!(refuse(&[1, 0]), FrameError::TooShort { length: 2 });
    assert_eq!(refuse(&vec![1; FRAME_MAX + 1]), FrameError::TooLong { length: FRAME_MAX + 1 });
}

#[test]
fn malformed_records_are_refused_and_poison_the_decoder() {
    let long_name = {
        let mut records = vec![1, 0];
        put_varint(&mut records, NAME_MAX as u64 + 1);
        records.resize(records.len() + NAME_MAX + 1, b'x');
        records.push(0);
        records
    };
    let long_value = {
        let mut records = vec![1, 0, 1, b'm', 1, 0, 1, b'l', 0];
        put_varint(&mut records, VALUE_MAX as u64 + 1);
        records.resize(records.len() + VALUE_MAX + 1, b'x');
        records
    };
    let define = [1, 0, 1, b'a', 0, 3, 0, 2, 0, 2]; // series a, and a tick in which it is 1
    let after = |records: &[u8]| [&define, records].concat();
    for (records, text) in [
        (vec![9], "a record is of no known kind"),
        (vec![4, 0], "a record is of no known kind"), // MORE before any tick
        (vec![1, 0, 5, b'a'], "a record is cut short"),
        (vec![1, 3], "a string number is not known"),
        (vec![1, 0, 1, 0xff, 0], "a string is not UTF-8"),
        (vec![1, 0, 0, 0], "a series that is refused"),
        (vec![1, 0, 1, b'm', 33], "a series has too many labels"),
        (vec![1, 0, 1, b'm', 2, 1, 1, 1, 1], "a series that is refused"), // one label twice
        (long_name, "a series that is refused"),
        (long_value, "a string is too long"),
        (vec![2, 0], "series index 0"),
        (vec![3, 0, 2, 0, 2], "more values than series"),
        (after(&[1, 1, 0]), "defines a a second time"),
        (after(&[2, 1]), "series index 1"),
        (after(&[2, 0, 2, 0]), "series index 0"),
        (after(&[2, 0, 3, 0, 2, 0, 2]), "series index 0"),
        (after(&[3, 0, 2, 1, 2]), "series index 1"),
        (after(&[3, 0, 3, 0, 1, 0]), "a bitmap has not as many bits set"),
        (after(&[3, 0, 3, 0, 2, 1]), "a bitmap is too long"),
        (after(&[3, 0, 3, 0, 1, 2, 2]), "series index 1"),
        (after(&[3, 0, 2, 0, 0, 10, 2]), "a scale is above 9"),
        (after(&[3, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), "more than 53 bits"),
        (after(&[3, 0, 2, 0, 0, 0xff, 0, 0]), "a record is cut short"),
        (after(&[3, 0, 2, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 2, 0, 0x44]), "a value has no bytes"),
        ([3, 0, 0].repeat(TICKS_MAX as usize + 1), "more than 3600 ticks"),
    ] {
        let mut decoder = FrameDecoder::new();
        let error = decode(&mut decoder, &frame_of(1, 0, &records)).expect_err(text);
        assert!(error.to_string().contains(text), "{error}, expected {text}");
        let next = decode(&mut decoder, &frame_of(2, 0, &[]));
        assert_eq!(next, Err(FrameError::Poisoned), "{text}"); // F-3
    }
    assert!(decode(&mut FrameDecoder::new(), &frame_of(1, 2, &[])).is_err());
    assert!(decode(&mut FrameDecoder::new(), &frame_of(1, 0, &after(&[2, 0, 1, 1, 0]))).is_ok());
}

#[test]
fn encoder_refuses_what_the_decoder_would() {
    let mut encoder = FrameEncoder::new();
    let long = "x".repeat(VALUE_MAX + 1);
    let numbers: Vec<String> = (0..=LABELS_MAX).map(|number| format!("l{number}")).collect();
    for series in [
        Series::new("", []),
        Series::new("m", [("", "v")]),
        Series::new("m", [("l", "1"), ("l", "2")]),
        Series::new(&long, []),
        Series::new("m", [("l", long.as_str())]),
        Series::new("m", numbers.iter().map(|name| (name.as_str(), ""))),
        Series { metric: "m".into(), labels: [("b".into(), "".into()), ("a".into(), "".into())].into() },
    ] {
        assert!(encoder.define(&series).is_err(), "{series}");
    }
    assert_eq!(encoder.tick(UnixMillis(1), &[(0, 1.0)]), Err(TickError { index: 0 }));
    assert_eq!(encoder.take(), None);
    let index = encoder.define(&Series::new("m", [])).unwrap();
    encoder.retire(index);
    encoder.retire(index);
    assert_eq!(encoder.tick(UnixMillis(1), &[(index, 1.0)]), Err(TickError { index }));
    let (_, log) = decode(&mut FrameDecoder::new(), &encoder.take().unwrap()).unwrap();
    assert_eq!(log, "0 is m, 0 ended");
}

#[test]
fn full_dictionary_starts_anew_and_long_ticks_span_frames() {
    /// Counts, as so many series would make a long log.
    #[derive(Debug, Default)]
    struct Count {
        series: u32,
        retired: u32,
        sum: f64,
    }
    impl FrameSink for Count {
        fn series(&mut self, index: u32, series: Series) {
            assert_eq!(series.label("number"), Some(index.to_string().as_str()));
            self.series += 1;
        }
        fn retired(&mut self, _: u32) {
            self.retired += 1;
        }
        fn tick(&mut self, _: UnixMillis) {}
        fn value(&mut self, _: u32, value: f64) {
            self.sum += value;
        }
    }
    let mut encoder = FrameEncoder::new();
    // More different label values than the string table holds.
    for number in 0..SERIES_MAX {
        let index = encoder.define(&Series::new("m", [("number", number.to_string().as_str())]));
        assert_eq!(index, Ok(number));
    }
    assert_eq!(encoder.define(&Series::new("n", [])), Err(SeriesError::Full));
    let values: Vec<_> = (0..SERIES_MAX).map(|index| (index, 1.0 / f64::from(index + 3))).collect();
    encoder.tick(UnixMillis(1), &values).unwrap();
    encoder.reset();
    let again = encoder.define(&Series::new("m", [("number", "0")])).unwrap();
    encoder.tick(UnixMillis(2), &[(again, 5.0)]).unwrap();

    let (mut decoder, mut count, mut samples, mut frames) = (FrameDecoder::new(), Count::default(), 0, 0);
    while let Some(frame) = encoder.take() {
        assert!(frame.len() <= FRAME_MAX);
        samples += decoder.decode(&frame, &mut count).unwrap().samples;
        frames += 1;
    }
    assert!(frames > 5, "{frames} frames");
    assert_eq!((count.series, count.retired), (SERIES_MAX + 1, SERIES_MAX));
    assert_eq!(samples, u64::from(SERIES_MAX) + 1);
    assert_eq!(count.sum.to_bits(), (values.iter().fold(0.0, |sum, (_, value)| sum + value) + 5.0).to_bits());
}

#[test]
fn changes_cost_little_in_either_form() {
    let mut encoder = FrameEncoder::new();
    for number in 0..800 {
        encoder.define(&Series::new("m", [("n", number.to_string().as_str())])).unwrap();
    }
    let tick = |encoder: &mut FrameEncoder, time, values: Vec<(u32, f64)>| {
        encoder.tick(UnixMillis(time), &values).unwrap();
        encoder.take().unwrap().len()
    };
    tick(&mut encoder, 1_000, (0..800).map(|index| (index, 1.0)).collect());
    tick(&mut encoder, 2_000, Vec::new());
    let overhead = 10;
    assert_eq!(tick(&mut encoder, 3_000, Vec::new()), overhead);
    assert_eq!(tick(&mut encoder, 4_000, vec![(7, 2.0), (8, 2.0), (400, 2.0)]), overhead + 3 + 1 + 3);
    let half = (0..800).step_by(2).map(|index| (index, 3.0)).collect();
    assert_eq!(tick(&mut encoder, 5_000, half), overhead + 1 + 1 + 1 + 100 + 400);
}

/// What an agent may do with an encoder.
#[derive(Debug, Clone)]
enum Deed {
    Define,
    Retire(prop::sample::Index),
    Tick { time: i64, values: Vec<(prop::sample::Index, f64)> },
    Reset,
    Take,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let value = prop_oneof![
        (-500_i32..500).prop_map(f64::from),
        (any::<i32>(), 0..6).prop_map(|(mantissa, scale)| f64::from(mantissa) / 10_f64.powi(scale)),
        any::<u64>().prop_map(f64::from_bits),
    ];
    let values = prop::collection::vec((any::<prop::sample::Index>(), value), 0..12);
    let time = prop_oneof![4 => -2_000_i64..4_000, 1 => any::<i64>()];
    let deed = prop_oneof![
        4 => Just(Deed::Define),
        1 => any::<prop::sample::Index>().prop_map(Deed::Retire),
        8 => (time, values).prop_map(|(time, values)| Deed::Tick { time, values }),
        1 => Just(Deed::Reset),
        3 => Just(Deed::Take),
    ];
    prop::collection::vec(deed, 0..60)
}

/// The live series and their values, kept beside the codec.
#[derive(Debug, Default, PartialEq)]
struct Picture {
    time: Option<i64>,
    values: BTreeMap<u32, (Series, Option<u64>)>,
    samples: u64,
}

impl FrameSink for Picture {
    fn series(&mut self, index: u32, series: Series) {
        assert!(self.values.insert(index, (series, None)).is_none(), "index {index} twice");
    }

    fn retired(&mut self, index: u32) {
        assert!(self.values.remove(&index).is_some(), "index {index} was not live");
    }

    fn tick(&mut self, time: UnixMillis) {
        self.time = Some(time.0);
    }

    fn value(&mut self, index: u32, value: f64) {
        self.values.get_mut(&index).unwrap().1 = Some(value.to_bits());
    }
}

proptest! {
    #[test]
    fn decoder_has_the_picture_that_the_encoder_was_told(deeds in deeds()) { // F-1, F-2, W-3
        let (mut encoder, mut decoder) = (FrameEncoder::new(), FrameDecoder::new());
        let (mut told, mut heard) = (Picture::default(), Picture::default());
        let mut named = 0_u32;
        for deed in deeds.into_iter().chain([Deed::Take]) {
            let live: Vec<u32> = told.values.keys().copied().collect();
            match deed {
                Deed::Define => {
                    let series = Series::new("m", [("n", format!("{named}").as_str()), ("parity", "even")]);
                    named += 1;
                    told.series(encoder.define(&series).unwrap(), series);
                }
                Deed::Retire(which) if !live.is_empty() => {
                    encoder.retire(*which.get(&live));
                    told.retired(*which.get(&live));
                }
                Deed::Tick { time, values } => {
                    let values: Vec<(u32, f64)> = if live.is_empty() { Vec::new() } else {
                        values.into_iter().map(|(which, value)| (*which.get(&live), value)).collect()
                    };
                    let time = told.time.unwrap_or(0).wrapping_add(time);
                    encoder.tick(UnixMillis(time), &values).unwrap();
                    told.tick(UnixMillis(time));
                    for (index, value) in values {
                        told.value(index, value);
                    }
                    told.samples += told.values.values().filter(|(_, value)| value.is_some()).count() as u64;
                }
                Deed::Reset => {
                    encoder.reset();
                    told.values.clear();
                }
                Deed::Take => {
                    while let Some(frame) = encoder.take() {
                        heard.samples += decoder.decode(&frame, &mut heard).unwrap().samples;
                    }
                }
                Deed::Retire(_) => {}
            }
        }
        // A reset travels with the next record; without one nobody can tell.
        encoder.tick(UnixMillis(0), &[]).unwrap();
        told.tick(UnixMillis(0));
        while let Some(frame) = encoder.take() {
            decoder.decode(&frame, &mut heard).unwrap();
        }
        prop_assert_eq!(told, heard);
    }

    #[test]
    fn arbitrary_records_never_panic(records: Vec<u8>, flags in 0..2_u8, more: Vec<u8>) { // W-2
        let mut decoder = FrameDecoder::new();
        let define = [1, 0, 1, b'a', 0, 1, 0, 1, b'b', 0];
        decode(&mut decoder, &frame_of(1, 0, &define)).unwrap();
        drop(decode(&mut decoder, &frame_of(2, flags, &records)));
        drop(decode(&mut decoder, &frame_of(3, 0, &more)));
        drop(decode(&mut FrameDecoder::new(), &records));
    }

    #[test]
    fn zigzag_keeps_small_numbers_small(value in -64_i64..64) {
        prop_assert!(zigzag(value) < 128);
    }
}
