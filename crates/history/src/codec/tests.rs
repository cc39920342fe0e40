//! Every coding gives back what it was given; foreign and damaged bytes end in an error.

use super::*;
use proptest::prelude::*;

fn encoded(values: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::default().values(values, &mut bytes);
    bytes
}

fn decoded(bytes: &[u8], count: usize) -> Result<Vec<f64>, Malformed> {
    let mut values = Vec::new();
    decode_values(bytes, count, &mut values)?;
    Ok(values)
}

/// D-1; returns how long the chunk is.
fn check(values: &[f64]) -> usize {
    let bytes = encoded(values);
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&decoded(&bytes, values.len()).unwrap()), bits(values), "{values:?}");
    bytes.len()
}

#[test]
fn constants_and_straight_lines_cost_a_few_bytes_whatever_their_length() {
    assert!(check(&[0.0; 600]) <= 2);
    assert!(check(&[123_456.0; 2_000]) <= 5);
    assert!(check(&[0.1; 600]) <= 2);
    assert!(check(&[1.0 / 3.0; 600]) <= 10);
    let line: Vec<f64> = (0..600).map(|second| f64::from(second) * 250.0 + 7.0).collect();
    assert!(check(&line) <= 6);
    let mut times = Vec::new();
    let grid: Vec<i64> = (0..600).map(|tick| 1_795_432_800_000 + tick * 1_000).collect();
    Encoder::default().times(&grid, &mut times);
    assert!(times.len() <= 12, "{}", times.len());
    let mut back = Vec::new();
    decode_times(&times, 600, &mut back).unwrap();
    assert_eq!(back, grid);
}

#[test]
fn numbers_that_are_no_numbers_come_back_with_their_bits() {
    let odd =
        [STALE, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, f64::MIN_POSITIVE / 3.0];
    check(&odd);
    check(&[&odd[..], &[1.0; 300], &odd[..]].concat());
    check(&[-0.0]);
    check(&[STALE]);
    assert!(check(&[&[7.0; 600][..], &[STALE]].concat()) <= 2, "the end of a series costs nothing");
    check(&[9_007_199_254_740_993.0, 1e300, -1e-300, 0.1 + 0.2]);
    check(&[i64::MAX as f64, i64::MIN as f64, 0.0]);
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    let walk = (any::<i32>(), prop::collection::vec(-300_i32..300, 1..700), 0_i32..4).prop_map(
        |(start, steps, digits)| {
            let mut sum = f64::from(start);
            let scale = 10_f64.powi(digits);
            steps
                .into_iter()
                .map(|step| {
                    sum += f64::from(step);
                    sum / scale
                })
                .collect()
        },
    );
    let rare = prop::collection::vec(prop_oneof![9 => Just(0.0), 1 => any::<f64>()], 1..700);
    let bits = prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 1..300);
    let whole = prop::collection::vec(any::<i64>().prop_map(|value| value as f64), 1..300);
    prop_oneof![walk, rare, bits, whole, prop::collection::vec(0.0..1.0, 1..300)]
}

proptest! {
    #[test]
    fn every_series_comes_back_bit_for_bit(values in series()) {
        check(&values);
    }

    #[test]
    fn times_come_back(times in prop::collection::vec(any::<i64>(), 1..700)) {
        let (mut bytes, mut back) = (Vec::new(), Vec::new());
        Encoder::default().times(&times, &mut bytes);
        decode_times(&bytes, times.len(), &mut back).unwrap();
        prop_assert_eq!(back, times);
    }

    /// D-2
    #[test]
    fn foreign_bytes_are_an_error_or_as_many_values_as_asked(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        count in 0_usize..1_000,
    ) {
        if let Ok(values) = decoded(&bytes, count) {
            prop_assert_eq!(values.len(), count);
        }
    }

    #[test]
    fn damaged_chunks_are_an_error_or_as_many_values_as_asked(values in series(), at: usize, bit in 0..8_u8) {
        let mut bytes = encoded(&values);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(decoded) = decoded(&bytes, values.len()) {
            prop_assert_eq!(decoded.len(), values.len());
        }
    }
}

/// `cargo test --release -p topmast-history --lib codec -- --ignored --nocapture` with `HOST_RECORDING` naming a
/// file: a line of series, then lines of a time and a value for each.
#[test]
#[ignore = "prints what recorded host data costs; asked for by hand"]
fn recorded_host() {
    let Some(path) = std::env::var_os("HOST_RECORDING") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(' ').skip(1).map(|value| value.parse().unwrap()).collect())
        .collect();
    let n_series = rows[0].len();
    for length in [120, 300, 600, 1_800, 3_600] {
        let mut encoder = Encoder::default();
        let (mut bytes, mut samples, mut varying, mut varying_bytes) = (0, 0, 0, 0);
        let mut kinds = std::collections::BTreeMap::<u8, (usize, usize)>::new();
        let began = std::time::Instant::now();
        for series in 0..n_series {
            for chunk in rows.chunks(length).filter(|chunk| chunk.len() == length) {
                let values: Vec<f64> = chunk.iter().map(|row| row[series]).collect();
                let mut out = Vec::new();
                encoder.values(&values, &mut out);
                bytes += out.len();
                samples += length;
                if values.iter().any(|value| value.to_bits() != values[0].to_bits()) {
                    varying += length;
                    varying_bytes += out.len();
                }
                let kind = kinds.entry(out[0] & 15).or_default();
                kind.0 += 1;
                kind.1 += out.len();
            }
        }
        let ns = began.elapsed().as_nanos() as f64 / f64::from(u32::try_from(samples).unwrap());
        println!(
            "{length}: {n_series} series, {:.4} B/sample, varying ({}) {:.4}, {ns:.1} ns; {kinds:?}",
            bytes as f64 / samples as f64,
            varying as f64 / samples as f64,
            varying_bytes as f64 / varying as f64
        );
    }
}
