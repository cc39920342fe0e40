//! Frames of samples: no bytes may panic, and what is decoded must survive another round.
//!
//! Random bytes would hardly ever have a right checksum, so the input is taken as
//! the records of several frames, with 0xFE between them, and put into good ones.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::{FrameDecoder, FrameEncoder, FrameSink};

/// What a decoder said, and the picture that it gives.
#[derive(Default)]
struct Picture {
    said: Vec<Said>,
    live: BTreeMap<u32, (Series, Option<u64>)>,
    time: Option<UnixMillis>,
}

enum Said {
    Series(u32, Series),
    Retired(u32),
    Tick(UnixMillis),
    Value(u32, f64),
}

impl FrameSink for Picture {
    fn series(&mut self, index: u32, series: Series) {
        assert!(self.live.insert(index, (series.clone(), None)).is_none(), "index {index} twice");
        self.said.push(Said::Series(index, series));
    }

    fn retired(&mut self, index: u32) {
        assert!(self.live.remove(&index).is_some(), "index {index} was not live");
        self.said.push(Said::Retired(index));
    }

    fn tick(&mut self, time: UnixMillis) {
        self.time = Some(time);
        self.said.push(Said::Tick(time));
    }

    fn value(&mut self, index: u32, value: f64) {
        assert!(self.time.is_some(), "a value before any tick");
        self.live.get_mut(&index).expect("a live index").1 = Some(value.to_bits());
        self.said.push(Said::Value(index, value));
    }
}

fuzz_target!(|input: &[u8]| {
    let _ = FrameDecoder::new().decode(input, &mut Picture::default());

    let (mut decoder, mut first) = (FrameDecoder::new(), Picture::default());
    for (sequence, records) in (1_u8..=100).zip(input.split(|byte| *byte == 0xFE)) {
        let (flags, records) = records.split_first().unwrap_or((&0, &[]));
        let mut frame = vec![1, *flags, sequence];
        frame.extend_from_slice(records);
        frame.extend_from_slice(&crc32(&frame).to_le_bytes());
        if decoder.decode(&frame, &mut first).is_err() {
            break;
        }
    }
    again(&first);
});

/// Tells an encoder what was decoded; its frames must give the same picture.
fn again(first: &Picture) {
    let (mut encoder, mut decoder, mut second) =
        (FrameEncoder::new(), FrameDecoder::new(), Picture::default());
    let mut indexes = BTreeMap::new();
    let mut said = first.said.iter().peekable();
    while let Some(one) = said.next() {
        match one {
            Said::Series(index, series) => {
                indexes.insert(*index, encoder.define(series).expect("a series that was decoded"));
            }
            Said::Retired(index) => encoder.retire(indexes[index]),
            Said::Tick(time) => {
                let mut values = Vec::new();
                while let Some(Said::Value(index, value)) = said.peek() {
                    values.push((indexes[index], *value));
                    said.next();
                }
                encoder.tick(*time, &values).expect("values that were decoded");
            }
            // The rest of a tick whose series were defined or ended in between.
            Said::Value(index, value) => {
                let time = first.time.unwrap_or_default();
                encoder.tick(time, &[(indexes[index], *value)]).expect("a value that was decoded");
            }
        }
    }
    while let Some(frame) = encoder.take() {
        decoder.decode(&frame, &mut second).expect("a frame that was encoded");
    }
    assert!(first.live.values().eq(second.live.values()), "another picture after another round");
}

/// Bit by bit, unlike the codec's own.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |rest, byte| {
        (0..8).fold(rest ^ u32::from(*byte), |rest, _| (rest >> 1) ^ (0xEDB8_8320 * (rest & 1)))
    })
}
