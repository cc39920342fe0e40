//! Frames as a whole: encoder and decoder together.

use super::*;

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

#[test]
fn frame_tells_series_ticks_changes_and_ends_in_order() {
    let mut encoder = FrameEncoder::new();
    let load = encoder.define(&Series::new("load", [])).unwrap();
    let busy = encoder.define(&Series::new("busy", [("cpu", "0"), ("mode", "user")])).unwrap();
    encoder.tick(UnixMillis(1_000), &[(busy, 0.5), (load, 3.0)]).unwrap();
    encoder.tick(UnixMillis(2_000), &[(busy, 0.5), (load, 4.0)]).unwrap();
    encoder.retire(busy);
    encoder.tick(UnixMillis(1_500), &[]).unwrap();
    let frame = encoder.take().unwrap();
    assert_eq!(encoder.take(), None);

    let mut log = Log::default();
    let stats = FrameDecoder::new().decode(&frame, &mut log).unwrap();
    assert_eq!(stats, FrameStats { ticks: 3, samples: 5, changed: 3, backwards: 1 });
    let expected = "0 is load, 1 is busy{cpu=\"0\",mode=\"user\"}, at 1000, 0 = 3, 1 = 0.5, at 2000, 0 = 4, \
                    1 ended, at 1500";
    assert_eq!(log.0.join(", "), expected);
}
