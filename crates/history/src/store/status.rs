//! What a store holds, and what it costs.

use super::History;
use crate::labels::Labels;
use crate::matcher::METRIC_NAME;
use crate::segment::Tier;
use crate::shard::Shard;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// Values listed by cardinality, at most.
const LISTED: usize = 20;

/// One tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierStatus {
    /// `raw`, `1m` or `1h`.
    pub name: &'static str,
    /// Files.
    pub segments: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Samples that they stand for: of roll-ups the number of those.
    pub samples: u64,
    /// The oldest and the newest time, in ms since the Unix epoch.
    pub times: Option<(i64, i64)>,
}

/// How many series have a value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cardinality {
    /// The value.
    pub value: String,
    /// Series with it.
    pub series: u64,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Series that the heads hold.
    pub series: usize,
    /// Bytes of the heads' files.
    pub head_bytes: u64,
    /// Raw, minutes, hours.
    pub tiers: Vec<TierStatus>,
    /// Metrics with the most series in the heads.
    pub by_metric: Vec<Cardinality>,
    /// Servers with the most series in the heads.
    pub by_server: Vec<Cardinality>,
    /// What was found damaged since the start.
    pub damages: Vec<String>,
    /// Bytes that were taken in and are in no file yet.
    pub waiting_bytes: u64,
    /// Why the disk took nothing the last time; it is tried again all the time.
    pub trouble: Option<String>,
}

impl History {
    /// The oldest time of the samples, of the minutes and of the hours, in ms since the Unix epoch.
    ///
    /// Cost: O(segments); before there is one, O(chunks of the heads).
    pub fn begins(&self) -> [Option<i64>; 3] {
        let segments = self.segments();
        Tier::ALL.map(|tier| {
            let own = segments.iter().filter(|segment| segment.footer().tier == tier);
            let first = own.map(|segment| segment.footer().first).min();
            if tier == Tier::Raw { first.or_else(|| self.heads_begin()) } else { first }
        })
    }

    fn heads_begin(&self) -> Option<i64> {
        let begin = |shard: &Arc<Shard>| {
            let state = shard.lock();
            let sealing = state.sealing.iter().flat_map(|sealing| &sealing.content.columns);
            sealing.map(|column| column.first).chain(state.head.begins()).min()
        };
        self.shards.iter().filter_map(begin).min()
    }

    /// What is there now. Cost: O(series in the heads).
    pub fn status(&self) -> Status {
        let segments = self.segments();
        let tiers = Tier::ALL.into_iter().map(|tier| {
            let own = segments.iter().filter(|segment| segment.footer().tier == tier);
            let mut status = TierStatus { name: tier.name(), segments: 0, bytes: 0, samples: 0, times: None };
            for segment in own {
                let footer = segment.footer();
                status.segments += 1;
                status.bytes += segment.length();
                status.samples += footer.samples;
                let (first, last) = status.times.unwrap_or((footer.first, footer.last));
                status.times = Some((first.min(footer.first), last.max(footer.last)));
            }
            status
        });
        let (mut series, mut by_metric, mut by_server) = (0, HashMap::new(), HashMap::new());
        for shard in &self.shards {
            let state = shard.lock();
            series += state.head.series_count();
            state.head.labels(&[], |labels| {
                count(&mut by_metric, labels, METRIC_NAME);
                count(&mut by_server, labels, "server");
            });
        }
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let head_bytes = self.shards.iter().map(|shard| folder_bytes(shard.folder())).sum();
        Status {
            series,
            head_bytes,
            tiers: tiers.collect(),
            by_metric: largest(by_metric),
            by_server: largest(by_server),
            damages: self.damages(),
            waiting_bytes: self.waiting_bytes(),
            trouble: troubles.into_iter().flatten().next(),
        }
    }

    /// Bytes that were taken in and are in no file yet.
    pub fn waiting_bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.lock().waiting() as u64).sum()
    }

    /// True when a part of it takes nothing in, for too much waits for the disk.
    pub fn is_full(&self) -> bool {
        self.shards.iter().any(|shard| shard.lock().is_full())
    }
}

fn count(counts: &mut HashMap<String, u64>, labels: &Labels, name: &str) {
    let value = labels.get(name);
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None if value.is_empty() => {}
        None => drop(counts.insert(value.to_owned(), 1)),
    }
}

fn largest(counts: HashMap<String, u64>) -> Vec<Cardinality> {
    let mut all: Vec<_> = counts.into_iter().map(|(value, series)| Cardinality { value, series }).collect();
    all.sort_by(|one, other| other.series.cmp(&one.series).then_with(|| one.value.cmp(&other.value)));
    all.truncate(LISTED);
    all
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
