//! Series by the words of their senders.

use super::*;
use crate::AppendError;

/// A batch of one sample a series; whether each series was known by its words.
fn batch_of(history: &History, samples: &[(&str, i64, f64)]) -> (Batch, Vec<bool>) {
    let (mut batch, known) = (Batch::default(), history.known_series());
    let heard = samples.iter().map(|(name, time, value)| {
        let heard = batch.known(&known, format!("words for {name}").as_bytes());
        if !heard {
            batch.series(name, [("job", "test")]);
        }
        batch.sample(*time, *value);
        heard
    });
    let heard = heard.collect();
    (batch, heard)
}

#[test]
fn words_heard_before_lead_to_their_series() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path());
    // Of some each in both shards.
    let names: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    for round in 0..3 {
        let value = |index: usize| f64::from(round) * 100.0 + index as f64;
        let samples = names.iter().enumerate();
        let samples: Vec<_> =
            samples.map(|(index, name)| (&**name, NOW + i64::from(round) * 1_000, value(index))).collect();
        let (batch, heard) = batch_of(&history, &samples);
        assert_eq!(heard, vec![round > 0; 20]);
        assert_eq!(history.append(&batch, NOW).unwrap().taken, 20);
    }
    let found = all(&history);
    assert_eq!(found.len(), 20);
    for (index, name) in names.iter().enumerate() {
        let values: Vec<f64> =
            found[&format!("{name}{{job=\"test\"}}")].values().map(|bits| f64::from_bits(*bits)).collect();
        assert_eq!(values, [0.0, 100.0, 200.0].map(|base| base + index as f64), "{name}");
    }
}

#[test]
fn words_whose_series_was_forgotten_are_heard_anew() {
    // K-1
    let folder = tempfile::tempdir().unwrap();
    let (history, _) = History::open(folder.path(), Options { shards: 1, ..Options::default() }).unwrap();
    history.append(&batch_of(&history, &[("dead", NOW, 1.0)]).0, NOW).unwrap();
    let later = NOW + 3 * WINDOW_MS;
    // Gathered before the series is forgotten, taken in after it, when another series has its place.
    let (stale, heard) = batch_of(&history, &[("dead", later, 2.0)]);
    assert_eq!(heard, [true]);
    history.maintain(later).unwrap();
    history.append(&batch(&[("other", later, 3.0)]), later).unwrap();
    let before = all(&history);
    assert_eq!(history.append(&stale, later), Err(AppendError::Forgotten));
    assert_eq!(all(&history), before);
    assert_eq!(history.known.len(), 0);
    let (again, heard) = batch_of(&history, &[("dead", later, 2.0)]);
    assert_eq!(heard, [false]);
    assert_eq!(history.append(&again, later).unwrap().taken, 1);
    let values: Vec<u64> = all(&history)[r#"dead{job="test"}"#].values().copied().collect();
    assert_eq!(values, [1.0_f64, 2.0].map(f64::to_bits));
}

#[test]
fn words_are_kept_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (history, _) =
        History::open(folder.path(), Options { shards: 1, series: 10, ..Options::default() }).unwrap();
    for round in 0..100 {
        let (mut batch, known) = (Batch::default(), history.known_series());
        batch.known(&known, format!("words {round}").as_bytes());
        drop(known);
        batch.series("m", []);
        batch.sample(NOW + round * 1_000, 1.0);
        history.append(&batch, NOW).unwrap();
    }
    assert!((1..=20).contains(&history.known.len()), "{}", history.known.len());
}
