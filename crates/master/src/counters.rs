//! What this master counts about itself, for `/api/v1/metrics`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use topmast_wire::FrameStats;

/// Counters since the master started.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    frames: AtomicU64,
    frame_bytes: AtomicU64,
    samples: AtomicU64,
}

impl Counters {
    /// Counts a frame that was taken.
    pub(crate) fn frame(&self, bytes: usize, stats: &FrameStats) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.frame_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.samples.fetch_add(stats.samples, Ordering::Relaxed);
    }

    /// All counters and the given gauges in Prometheus' text form.
    pub(crate) fn render(&self, gauges: &[(&str, &str, u64)]) -> String {
        let counters = [
            ("topmast_ingest_frames_total", "Frames taken from agents.", &self.frames),
            ("topmast_ingest_bytes_total", "Bytes of frames taken from agents.", &self.frame_bytes),
            (
                "topmast_ingest_samples_total",
                "Samples taken from agents, unchanged ones included.",
                &self.samples,
            ),
        ];
        let mut text = String::new();
        for (name, help, value) in counters {
            let value = value.load(Ordering::Relaxed);
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n");
        }
        for (name, help, value) in gauges {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
        }
        text
    }
}
