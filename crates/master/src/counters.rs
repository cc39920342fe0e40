//! What this master counts about itself, for `/api/v1/metrics`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use topmast_history::Appended;
use topmast_wire::FrameStats;

/// Counters since the master started.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    frames: AtomicU64,
    frame_bytes: AtomicU64,
    samples: AtomicU64,
    history_taken: AtomicU64,
    history_late: AtomicU64,
    history_dropped: AtomicU64,
    history_out_of_time: AtomicU64,
    history_refused_series: AtomicU64,
    history_lost: AtomicU64,
    received: AtomicU64,
    left_out: AtomicU64,
    readings: AtomicU64,
    faults: AtomicU64,
}

impl Counters {
    /// Counts a frame that was taken.
    pub(crate) fn frame(&self, bytes: usize, stats: &FrameStats) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.frame_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.samples.fetch_add(stats.samples, Ordering::Relaxed);
    }

    /// Counts what the history took and did not take.
    pub(crate) fn history(&self, appended: &Appended) {
        let add = |counter: &AtomicU64, count| counter.fetch_add(count, Ordering::Relaxed);
        add(&self.history_taken, appended.taken);
        add(&self.history_late, appended.late);
        add(&self.history_dropped, appended.dropped);
        add(&self.history_out_of_time, appended.out_of_time);
        add(&self.history_refused_series, appended.refused_series);
    }

    /// Samples that the history took.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> u64 {
        self.history_taken.load(Ordering::Relaxed)
    }

    /// Counts samples that programs sent, and those of them that could not be read as samples.
    pub(crate) fn ingested(&self, samples: u64, left_out: u64) {
        self.received.fetch_add(samples, Ordering::Relaxed);
        self.left_out.fetch_add(left_out, Ordering::Relaxed);
    }

    /// Counts samples that the history could not take and that nobody sends again.
    pub(crate) fn history_lost(&self, samples: u64) {
        self.history_lost.fetch_add(samples, Ordering::Relaxed);
    }

    /// Series that the history refused, and samples that it could not take, since the start.
    pub(crate) fn history_missing(&self) -> (u64, u64) {
        (self.history_refused_series.load(Ordering::Relaxed), self.history_lost.load(Ordering::Relaxed))
    }

    /// Counts a reading over ssh, or that there was none.
    pub(crate) fn reading(&self, failed: bool) {
        let counter = if failed { &self.faults } else { &self.readings };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All counters, those that others counted, and the given gauges in Prometheus' text form.
    pub(crate) fn render(&self, counted: &[(&str, &str, u64)], gauges: &[(&str, &str, u64)]) -> String {
        let counters = [
            ("topmast_ingest_frames_total", "Frames taken from agents.", &self.frames),
            ("topmast_ingest_bytes_total", "Bytes of frames taken from agents.", &self.frame_bytes),
            (
                "topmast_ingest_samples_total",
                "Samples taken from agents, unchanged ones included.",
                &self.samples,
            ),
            ("topmast_history_samples_total", "Samples that the history took.", &self.history_taken),
            (
                "topmast_history_late_samples_total",
                "Samples that the history took and that were older than the newest of their series.",
                &self.history_late,
            ),
            (
                "topmast_history_dropped_samples_total",
                "Samples or ticks that were there already or could not be placed.",
                &self.history_dropped,
            ),
            (
                "topmast_history_out_of_time_samples_total",
                "Samples or ticks that were too old or too far in the future.",
                &self.history_out_of_time,
            ),
            (
                "topmast_history_refused_series_total",
                "New series that were refused because there are too many.",
                &self.history_refused_series,
            ),
            (
                "topmast_history_lost_samples_total",
                "Samples that the history could not take because its disk took nothing.",
                &self.history_lost,
            ),
            (
                "topmast_ingest_received_samples_total",
                "Samples of programs: remote write, Influx lines, OTLP, scrapes, StatsD, Zabbix' senders.",
                &self.received,
            ),
            (
                "topmast_ingest_left_out_samples_total",
                "Samples of programs that are of no series or of no kind that is kept.",
                &self.left_out,
            ),
            ("topmast_ssh_readings_total", "Readings of servers without an agent.", &self.readings),
            (
                "topmast_ssh_faults_total",
                "Times that a server without an agent could not be reached or read.",
                &self.faults,
            ),
        ];
        let mut text = String::new();
        let counters =
            counters.into_iter().map(|(name, help, value)| (name, help, value.load(Ordering::Relaxed)));
        for (name, help, value) in counters.chain(counted.iter().copied()) {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n");
        }
        for (name, help, value) in gauges {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
        }
        text
    }
}
