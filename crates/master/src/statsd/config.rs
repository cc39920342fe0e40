//! The section `[statsd]` of a configuration.

use crate::network::networks;
use serde::Deserialize;
use std::net::SocketAddr;
use topmast_history::promql::duration_ms;
use topmast_ingest::statsd::Options;

/// Buckets of one histogram, at most.
const BOUNDS_MAX: usize = 100;

/// How StatsD is taken: the section `[statsd]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatsdConfig {
    /// Where lines come in, by UDP and by TCP; nowhere when missing. Port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// Networks whose lines are taken, such as `10.0.0.0/8`.
    pub allow: Vec<String>,
    /// Time between two samples of a series, such as `1s`.
    pub flush: String,
    /// A series without lines for so long ends.
    pub idle: String,
    /// Series that are held.
    pub max_series: usize,
    /// Upper bounds of timers' buckets, in seconds.
    pub timer_buckets: Vec<f64>,
    /// Upper bounds of histograms' and distributions' buckets.
    pub buckets: Vec<f64>,
}

impl Default for StatsdConfig {
    fn default() -> Self {
        Self {
            listen: None,
            allow: vec!["127.0.0.0/8".into(), "::1/128".into()],
            flush: "1s".into(),
            idle: "5m".into(),
            max_series: 100_000,
            // Those of Prometheus' clients, with two more at either end.
            timer_buckets: vec![
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
            ],
            // Of any unit, hence over many powers of ten.
            buckets: vec![0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1e3, 5e3, 1e4, 1e5, 1e6],
        }
    }
}

impl StatsdConfig {
    /// How lines are added up.
    ///
    /// # Errors
    /// What is wrong with the section, and what to write instead.
    pub(crate) fn options(&self) -> Result<Options, String> {
        networks(&self.allow)?;
        let ms = |name: &str, text: &str, from: i64, to: i64| match duration_ms(text) {
            Some(ms) if (from..=to).contains(&ms) => Ok(ms),
            _ => Err(format!(
                "{name} is a time from {} s to {} s, such as \"{}s\"",
                from / 1_000,
                to / 1_000,
                from / 1_000
            )),
        };
        let flush_ms = ms("flush", &self.flush, 1_000, 60_000)?;
        let idle_ms = ms("idle", &self.idle, 60_000, 24 * 3_600_000)?;
        if self.max_series == 0 {
            return Err("max_series is at least 1".into());
        }
        for (name, bounds) in [("timer_buckets", &self.timer_buckets), ("buckets", &self.buckets)] {
            let ascending =
                bounds.is_sorted_by(|one, other| one < other) && bounds.iter().all(|bound| bound.is_finite());
            if !ascending || bounds.len() > BOUNDS_MAX {
                return Err(format!("{name} are at most {BOUNDS_MAX} numbers, ascending"));
            }
        }
        Ok(Options {
            series: self.max_series,
            idle_ms,
            flush_ms,
            timer_bounds: self.timer_buckets.clone(),
            bounds: self.buckets.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_said() {
        for (text, expect) in [
            ("flush = \"10ms\"", "flush is a time"),
            ("idle = \"1s\"", "idle is a time"),
            ("allow = [\"10.0.0.0/33\"]", "no network"),
            ("max_series = 0", "max_series"),
            ("buckets = [2.0, 1.0]", "ascending"),
            ("timer_buckets = [nan]", "ascending"),
        ] {
            let config: StatsdConfig = toml::from_str(text).unwrap();
            let error = config.options().unwrap_err();
            assert!(error.contains(expect), "{text}: {error:?} does not say {expect:?}");
        }
        let options = StatsdConfig::default().options().unwrap();
        assert_eq!((options.flush_ms, options.idle_ms), (1_000, 300_000));
    }
}
