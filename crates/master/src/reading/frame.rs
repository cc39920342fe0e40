//! What a reading says, as the frame that an agent would send: series with indexes, then their values.
//!
//! A group's series live as long as its readings emit them, as with an agent.

use std::collections::HashMap;
use topmast_model::catalogue::Metric;
use topmast_model::sample::{SampleSink, Series};
use topmast_model::time::UnixMillis;
use topmast_probe::plan::GroupSink;
use topmast_wire::FrameSink;

/// Most series of one group: what a host can lengthen at will is bounded.
const GROUP_MAX: usize = 4_096;
/// Bytes of a label's value, as on the wire of agents.
const VALUE_MAX: usize = 1_024;
/// Indexes given before a new dictionary begins: ended series leave holes.
const INDEXES_MAX: u32 = 16_384;

/// The series of one host.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    groups: HashMap<&'static str, Group>,
    next: u32,
    defined: Vec<(u32, Series)>,
    retired: Vec<u32>,
    values: Vec<(u32, f64)>,
    /// Some had no place.
    has_refused: bool,
}

type Group = HashMap<(&'static str, Box<[Box<str>]>), Entry>;

#[derive(Debug)]
struct Entry {
    index: u32,
    seen: bool,
}

impl Frame {
    /// Hands everything since the last time to a sink, as of one time. Returns how many values there were.
    pub(super) fn play(&mut self, time: UnixMillis, sink: &mut impl FrameSink) -> usize {
        for index in self.retired.drain(..) {
            sink.retired(index);
        }
        for (index, series) in self.defined.drain(..) {
            sink.series(index, series);
        }
        sink.tick(time);
        let count = self.values.len();
        for (index, value) in self.values.drain(..) {
            sink.value(index, value);
        }
        count
    }

    /// How many values were emitted since the last time.
    pub(crate) const fn waiting(&self) -> usize {
        self.values.len()
    }

    /// True when it is time for a new dictionary.
    pub(crate) const fn is_worn(&self) -> bool {
        self.next > INDEXES_MAX
    }

    /// What to say of series that were left out, if some were. It says no number, for that changes all the time.
    pub(crate) const fn refusals(&self) -> Option<&'static str> {
        if self.has_refused {
            Some("it has more series than are taken, or names without an end; some were left out")
        } else {
            None
        }
    }
}

impl GroupSink for Frame {
    fn group(&mut self, name: &'static str, emit: &mut dyn FnMut(&mut dyn SampleSink)) {
        let mut group = self.groups.remove(name).unwrap_or_default();
        emit(&mut Run { frame: self, group: &mut group });
        group.retain(|_, entry| {
            if !entry.seen {
                self.retired.push(entry.index);
            }
            std::mem::take(&mut entry.seen)
        });
        self.groups.insert(name, group);
    }
}

struct Run<'a> {
    frame: &'a mut Frame,
    group: &'a mut Group,
}

impl SampleSink for Run<'_> {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        if !value.is_finite() {
            return;
        }
        if labels.iter().any(|label| label.len() > VALUE_MAX) {
            self.frame.has_refused = true;
            return;
        }
        let key = (metric.name, labels.iter().map(|label| (*label).into()).collect());
        let is_full = self.group.len() >= GROUP_MAX;
        let index = match self.group.get_mut(&key) {
            // The first of two rows with one name counts.
            Some(entry) if entry.seen => return,
            Some(entry) => {
                entry.seen = true;
                entry.index
            }
            None if is_full => {
                self.frame.has_refused = true;
                return;
            }
            None => {
                let index = self.frame.next;
                self.frame.next += 1;
                let series =
                    Series::new(metric.name, metric.labels.iter().copied().zip(labels.iter().copied()));
                self.frame.defined.push((index, series));
                self.group.insert(key, Entry { index, seen: true });
                index
            }
        };
        self.frame.values.push((index, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use topmast_model::catalogue::{HOST_CPU_COUNT, HOST_PROCESS_MEMORY_BYTES};

    #[derive(Default)]
    struct Picture {
        series: BTreeMap<u32, String>,
        values: BTreeMap<String, f64>,
    }

    impl FrameSink for Picture {
        fn series(&mut self, index: u32, series: Series) {
            self.series.insert(index, series.to_string());
        }
        fn retired(&mut self, index: u32) {
            let series = self.series.remove(&index).unwrap();
            self.values.remove(&series);
        }
        fn tick(&mut self, _: UnixMillis) {}
        fn value(&mut self, index: u32, value: f64) {
            self.values.insert(self.series[&index].clone(), value);
        }
    }

    fn processes(frame: &mut Frame, processes: &[(&str, f64)]) {
        frame.group("process", &mut |sink| {
            for (pid, bytes) in processes {
                sink.sample(HOST_PROCESS_MEMORY_BYTES, &[pid, "java"], *bytes);
            }
        });
    }

    #[test]
    fn series_live_as_long_as_their_group_emits_them() {
        let (mut frame, mut picture) = (Frame::default(), Picture::default());
        frame.group("cpu", &mut |sink| sink.sample(HOST_CPU_COUNT, &[], 4.0));
        processes(&mut frame, &[("1", 1.0), ("2", 2.0), ("2", 9.0)]);
        assert_eq!(frame.play(UnixMillis(1), &mut picture), 3);
        processes(&mut frame, &[("3", 3.0), ("2", 4.0)]);
        assert_eq!(frame.play(UnixMillis(2), &mut picture), 2);
        let values: Vec<String> =
            picture.values.iter().map(|(series, value)| format!("{series} {value}")).collect();
        assert_eq!(
            values,
            [
                "host_cpu_count 4",
                r#"host_process_memory_bytes{name="java",pid="2"} 4"#,
                r#"host_process_memory_bytes{name="java",pid="3"} 3"#,
            ]
        );
    }

    #[test]
    fn group_without_an_end_is_cut_and_that_is_said() {
        let (mut frame, mut picture) = (Frame::default(), Picture::default());
        let pids: Vec<String> = (0..GROUP_MAX + 5).map(|pid| pid.to_string()).collect();
        let rows: Vec<(&str, f64)> = pids.iter().map(|pid| (pid.as_str(), 1.0)).collect();
        processes(&mut frame, &rows);
        assert_eq!(frame.play(UnixMillis(1), &mut picture), GROUP_MAX);
        assert!(frame.refusals().is_some_and(|text| text.contains("more series than are taken")));
        assert!(!frame.is_worn());
    }

    #[test]
    fn value_that_is_no_number_is_left_out_and_so_is_a_label_without_an_end() {
        let mut frame = Frame::default();
        let long = "x".repeat(VALUE_MAX + 1);
        processes(&mut frame, &[("1", f64::NAN), ("2", f64::INFINITY)]);
        assert_eq!((frame.waiting(), frame.refusals()), (0, None));
        processes(&mut frame, &[(&long, 1.0)]);
        assert!(frame.waiting() == 0 && frame.refusals().is_some());
    }
}
