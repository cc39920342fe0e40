//! Roll-ups: what stands for the samples of a minute or of an hour.
//!
//! A roll-up has the time of the last sample that it stands for, so the last values alone are samples as they
//! were, only fewer. The end of a series is a roll-up of its own, all of whose values are the marker.

use crate::codec::{Encoder, STALE};
use crate::segment::Tier;
use crate::source::Aggregate;

/// Place of each value in a tier's chunk.
pub(crate) const fn place(aggregate: Aggregate) -> usize {
    match aggregate {
        Aggregate::Last => 0,
        Aggregate::Min => 1,
        Aggregate::Max => 2,
        Aggregate::Sum | Aggregate::Mean => 3,
        Aggregate::Count => 4,
    }
}

fn is_end(value: f64) -> bool {
    value.to_bits() == STALE.to_bits()
}

/// Roll-ups of one series.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rollups {
    pub(crate) times: Vec<i64>,
    /// Last, min, max, sum, count.
    pub(crate) values: [Vec<f64>; 5],
    /// Samples that they stand for.
    pub(crate) samples: u64,
}

impl Rollups {
    /// Sums up samples, ascending by time, by the tier's step.
    pub(crate) fn of(times: &[i64], values: &[f64], tier: Tier) -> Self {
        let mut rollups = Self::default();
        let step = tier.step().max(1);
        let mut start = 0;
        while start < times.len() {
            let bucket = times[start].div_euclid(step);
            let length = times[start..].partition_point(|time| time.div_euclid(step) == bucket);
            let mut at = start;
            start += length;
            for run in values[at..start].chunk_by(|one, other| is_end(*one) == is_end(*other)) {
                at += run.len();
                rollups.push(times[at - 1], run);
            }
        }
        rollups
    }

    fn push(&mut self, time: i64, values: &[f64]) {
        let (mut min, mut max, mut sum, mut count) = (f64::NAN, f64::NAN, 0.0, 0.0);
        for value in values.iter().filter(|value| !value.is_nan()) {
            min = value.min(min);
            max = value.max(max);
            sum += value;
            count += 1.0;
        }
        let last = values.last().copied().unwrap_or(f64::NAN);
        let sum = if count > 0.0 { sum } else { f64::NAN };
        let all = if is_end(last) { [STALE; 5] } else { [last, min, max, sum, count] };
        self.times.push(time);
        for (column, value) in self.values.iter_mut().zip(all) {
            column.push(value);
        }
        self.samples += values.len() as u64;
    }

    /// The times and the values as a segment keeps them.
    pub(crate) fn encode(&self, encoder: &mut Encoder) -> (Vec<u8>, Vec<Vec<u8>>) {
        let mut times = Vec::new();
        encoder.times(&self.times, &mut times);
        let values = self.values.iter().map(|values| {
            let mut bytes = Vec::new();
            encoder.values(values, &mut bytes);
            bytes
        });
        (times, values.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_have_the_time_of_their_last_sample_and_ends_stand_alone() {
        let times = [0, 30_000, 59_999, 60_000, 200_000];
        let values = [3.0, -1.0, STALE, 5.0, f64::NAN];
        let rollups = Rollups::of(&times, &values, Tier::Minute);
        assert_eq!(rollups.times, [30_000, 59_999, 60_000, 200_000]);
        let bits = |place: usize| rollups.values.each_ref().map(|column| column[place].to_bits());
        assert_eq!(bits(0), [-1.0, -1.0, 3.0, 2.0, 2.0].map(f64::to_bits));
        assert_eq!(bits(1), [STALE.to_bits(); 5]);
        assert_eq!(bits(2), [5.0, 5.0, 5.0, 5.0, 1.0].map(f64::to_bits));
        let [_, min, _, sum, count] = &rollups.values;
        assert!(min[3].is_nan() && sum[3].is_nan());
        assert_eq!((count[3].to_bits(), rollups.samples), (0, 5));
    }
}
