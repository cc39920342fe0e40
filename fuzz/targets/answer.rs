//! An answer over ssh, and a screen of `top`, to the reader of every system: whatever a host sends is read or left
//! out, in a time and memory of its size, and what is left over of one answer does not trip the next.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use topmast_model::agentless::HostSystem;
use topmast_model::catalogue::Metric;
use topmast_model::sample::SampleSink;
use topmast_probe::plan::{Answer, GroupSink, HostReader, Identity, system_of_screen};

struct Count(usize);

impl SampleSink for Count {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], _: f64) {
        assert_eq!(labels.len(), metric.labels.len(), "{}", metric.name);
        self.0 += 1;
    }
}

impl GroupSink for Count {
    fn group(&mut self, _: &'static str, emit: &mut dyn FnMut(&mut dyn SampleSink)) {
        emit(self);
    }
}

fuzz_target!(|data: &[u8]| {
    let answer = Answer::of(data);
    if let Some(part) = answer.part("uname") {
        let _ = Identity::of(part.text).system();
    }
    let _ = system_of_screen(data);
    for system in HostSystem::ALL {
        let (mut reader, mut sink) = (HostReader::new(*system), Count(0));
        let _ = reader.facts(&answer);
        for elapsed in [None, Some(Duration::from_secs(10))] {
            let _ = reader.read(&answer, elapsed, &mut sink);
            let _ = reader.read_screen(data, elapsed, &mut sink);
            assert!(reader.due_parts(elapsed.unwrap_or_default()).len() <= 16);
        }
    }
});
