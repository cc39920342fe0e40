//! The `log` source: lines of a followed file, counted by the unit's rules.
//!
//! ```text
//! Tail (file, rotation, position) -> lines -> first rule that matches -> Counts -> Observation
//!        '------------ saved together, before anything is published ------------'
//! ```
//!
//! Invariants
//! - L-1: a line counts once, whatever happens to the agent: position and counts are saved in one file,
//!   atomically, before the counts are shown.
//! - L-2: what is held of a line, and the number of services, codes and latencies, is bounded.
//!
//! A line counts when its line end is written. A service here is STARTED while its file can be read: a log tells
//! of transactions, not of health.

mod tail;

use self::tail::{Position, Tail, TailError};
use super::{
    CODE_MAX, CheckError, Figures, Observation, RESPONSES_MAX, SERVICES_MAX, ServiceObservation, shortened,
};
use crate::unit::service::{LatencyUnit, LogRule};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use topmast_model::path::check_name;
use topmast_model::status::ServiceStatus;

/// Latencies that quantiles are taken of: the latest ones of a service. Enough for a 99th of some meaning.
const LATENCIES_MAX: usize = 512;
/// Quantiles shown.
const QUANTILES: [(&str, f64); 3] = [("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)];
/// Longest state file that is read back: every service with every code, and room.
const STATE_MAX: u64 = 64 << 20;

/// Follows one file for one application.
#[derive(Debug)]
pub(super) struct Follower {
    tail: Tail,
    counts: Counts,
    latencies: BTreeMap<String, VecDeque<f64>>,
    state_file: PathBuf,
}

/// What was counted since the file was first followed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Counts {
    services: BTreeMap<String, ServiceCounts>,
    /// Lines that matched but belong to a service beyond the bound or with a name that cannot be one.
    lost_lines: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct ServiceCounts {
    transactions: u64,
    errors: u64,
    responses: BTreeMap<String, u64>,
}

/// The state file.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    position: Option<Position>,
    counts: Counts,
}

impl Follower {
    /// Goes on where the state file says; without one, at the end of the log as it is now.
    ///
    /// # Errors
    /// [`CheckError::Setup`] when there is a state file that cannot be read: starting anew would count lines twice.
    pub(super) fn open(log: &Path, state_file: PathBuf) -> Result<Self, CheckError> {
        let saved = match read_state(&state_file) {
            Ok(saved) => saved,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let path = state_file.display();
                return Err(CheckError::Setup(format!(
                    "read log position {path}: {error}; remove the file to count anew"
                )));
            }
        };
        let known = saved.is_some();
        let (position, counts) = saved.map_or_else(Default::default, |saved| (saved.position, saved.counts));
        let tail = if known { Tail::resume(log, position) } else { Tail::at_end(log) };
        let follower = Self { tail, counts, latencies: BTreeMap::new(), state_file };
        if !known {
            // From now on lines count, also those written while no agent runs.
            follower.save()?;
        }
        Ok(follower)
    }

    /// Reads what was written since, counts it, saves, and returns the counts.
    ///
    /// # Errors
    /// [`CheckError`] when the log or the state file cannot be used; nothing is counted then.
    pub(super) fn poll(&mut self, rules: &[LogRule]) -> Result<Observation, CheckError> {
        let before = self.tail.position();
        let counts = &mut self.counts;
        let latencies = &mut self.latencies;
        let read = self.tail.read(|line| count_line(line, rules, counts, latencies));
        if self.tail.position() != before {
            self.save()?;
        }
        match read {
            // Before its first line an application often has no log yet.
            Ok(()) | Err(TailError::Missing) => Ok(self.observation(rules)),
            Err(TailError::Read { path, source }) => {
                Err(CheckError::Setup(format!("read log {}: {source}", path.display())))
            }
        }
    }

    fn save(&self) -> Result<(), CheckError> {
        let saved = Saved { position: self.tail.position(), counts: self.counts.clone() };
        let write = || -> io::Result<()> {
            let next = self.state_file.with_extension("next");
            std::fs::write(&next, serde_json::to_vec(&saved)?)?;
            // Not synced: after a power cut the log's own last lines may be missing as well.
            std::fs::rename(&next, &self.state_file)
        };
        write().map_err(|error| {
            CheckError::Setup(format!("save log position {}: {error}", self.state_file.display()))
        })
    }

    fn observation(&self, rules: &[LogRule]) -> Observation {
        let none = ServiceCounts::default();
        // A service named in a rule is shown before its first line.
        let named = rules.iter().filter_map(|rule| rule.service.as_ref());
        let mut all: BTreeMap<&String, &ServiceCounts> = named.map(|name| (name, &none)).collect();
        all.extend(&self.counts.services);
        let services = all.into_iter().take(SERVICES_MAX).map(|(name, counts)| {
            let responses = counts.responses.iter().map(|(code, count)| (code.clone(), *count as f64));
            let figures = Figures {
                transactions_total: Some(counts.transactions as f64),
                errors_total: Some(counts.errors as f64),
                responses: responses.collect(),
                latency_seconds: self.latencies.get(name).map(quantiles).unwrap_or_default(),
                values: Vec::new(),
            };
            ServiceObservation { figures, ..ServiceObservation::new(name.as_str(), ServiceStatus::Started) }
        });
        Observation { services: services.collect(), ..Observation::default() }
    }
}

fn read_state(path: &Path) -> io::Result<Option<Saved>> {
    if std::fs::metadata(path)?.len() > STATE_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too long"));
    }
    Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?))
}

/// Counts a line by the first rule that it matches.
fn count_line(
    line: &str,
    rules: &[LogRule],
    counts: &mut Counts,
    latencies: &mut BTreeMap<String, VecDeque<f64>>,
) {
    let matched =
        rules.iter().find_map(|rule| rule.pattern.regex().captures(line).map(|captures| (rule, captures)));
    let Some((rule, captures)) = matched else { return };
    let group = |name| captures.name(name).map(|group| group.as_str());
    let Some(name) = group("service").or(rule.service.as_deref()) else { return };
    if !counts.services.contains_key(name)
        && (counts.services.len() >= SERVICES_MAX || check_name(name).is_err())
    {
        counts.lost_lines += 1;
        if counts.lost_lines == 1 {
            tracing::warn!(
                service = name,
                "log line counted for no service: its name is not valid or is one too many"
            );
        }
        return;
    }
    let service = counts.services.entry(name.to_owned()).or_default();
    service.transactions += 1;
    let code = group("code").map(|code| shortened(code, CODE_MAX));
    let failed = rule.error || code.as_ref().is_some_and(|code| rule.error_codes.contains(code));
    service.errors += u64::from(failed);
    if let Some(code) = code
        && (service.responses.len() < RESPONSES_MAX || service.responses.contains_key(&code))
    {
        *service.responses.entry(code).or_default() += 1;
    }
    if let Some(latency) =
        group("latency").and_then(|text| text.parse::<f64>().ok()).filter(|l| l.is_finite())
    {
        let seconds = match rule.latency_unit {
            LatencyUnit::Seconds => latency,
            LatencyUnit::Milliseconds => latency / 1e3,
            LatencyUnit::Microseconds => latency / 1e6,
        };
        let window = latencies.entry(name.to_owned()).or_default();
        if window.len() == LATENCIES_MAX {
            window.pop_front();
        }
        window.push_back(seconds);
    }
}

/// Quantiles of the latest latencies, by nearest rank.
fn quantiles(window: &VecDeque<f64>) -> Vec<(String, f64)> {
    let mut sorted: Vec<f64> = window.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to LATENCIES_MAX - 1")]
    let rank = |quantile: f64| sorted.get((quantile * (sorted.len() - 1) as f64).round() as usize);
    QUANTILES.iter().filter_map(|(name, quantile)| Some(((*name).to_owned(), *rank(*quantile)?))).collect()
}

#[cfg(test)]
mod tests;
