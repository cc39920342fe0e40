//! Counters of the kernel as `kstat -p` prints them, on another thread: the command is a script and takes its time.

use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use topmast_model::catalogue::{
    HOST_CPU_COUNT, HOST_DISK_READ_BYTES, HOST_DISK_WRITTEN_BYTES, HOST_LOAD_1, HOST_LOAD_5, HOST_LOAD_15,
    HOST_NETWORK_RECEIVE_BYTES, HOST_NETWORK_RECEIVE_ERRORS, HOST_NETWORK_RECEIVE_PACKETS,
    HOST_NETWORK_TRANSMIT_BYTES, HOST_NETWORK_TRANSMIT_ERRORS, HOST_NETWORK_TRANSMIT_PACKETS,
    HOST_UPTIME_SECONDS, Metric,
};
use topmast_model::sample::SampleSink;
use topmast_probe::reading::Reading;
use topmast_probe::solaris::cpu;
use topmast_probe::tool;

/// What is asked for: the processors' times, loads, disks and links.
const STATISTICS: [&str; 6] = [
    "cpu::sys:/^cpu_nsec_/",
    "unix:0:system_misc:",
    "unix:0:system_pages:",
    ":::/^n(read|written)$/",
    "link:::/^([ro]bytes64|[io]packets64|[io]errors)$/",
    "cpu_info:0::implementation",
];

/// What one run printed.
#[derive(Debug, Clone, Default)]
struct Printed {
    reading: Reading,
    /// As printed: a reading keeps shares of the processors' times only.
    text: String,
}

/// Runs the command again and again, one run at a time.
#[derive(Debug, Default)]
pub(super) struct Kstat {
    under_way: Option<Receiver<Result<Printed, String>>>,
}

impl Kstat {
    /// Emits what the run before printed, and begins another.
    pub(super) fn read(&mut self, sink: &mut dyn SampleSink) -> Result<(), String> {
        let printed = match self.under_way.as_ref().map(Receiver::try_recv) {
            Some(Err(TryRecvError::Empty)) => return Ok(()),
            Some(Ok(printed)) => Some(printed),
            Some(Err(TryRecvError::Disconnected)) => Some(Err("kstat: its thread ended".to_owned())),
            None => None,
        };
        let (sender, receiver) = channel();
        let begun = thread::Builder::new().name("kstat".to_owned()).spawn(move || {
            // An error means that the sampler is gone.
            let _ = sender.send(run());
        });
        self.under_way = begun.is_ok().then_some(receiver);
        printed.map_or(Ok(()), |printed| printed.map(|printed| emit(&printed, sink)))
    }
}

fn run() -> Result<Printed, String> {
    let output = Command::new("/usr/bin/kstat")
        .arg("-p")
        .args(STATISTICS)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("run kstat: {error}"))?;
    let parser = tool::find("solaris", "kstat").ok_or("kstat: no parser")?;
    let reading = parser.parse(&output.stdout).map_err(|error| error.to_string())?;
    Ok(Printed { reading, text: String::from_utf8_lossy(&output.stdout).into_owned() })
}

fn emit(printed: &Printed, sink: &mut dyn SampleSink) {
    let reading = &printed.reading;
    for (metric, value) in [
        (HOST_LOAD_1, reading.load1),
        (HOST_LOAD_5, reading.load5),
        (HOST_LOAD_15, reading.load15),
        (HOST_CPU_COUNT, reading.cpu_count.map(|count| count as f64)),
        (HOST_UPTIME_SECONDS, reading.uptime_seconds.map(|seconds| seconds as f64)),
    ] {
        if let Some(value) = value {
            sink.sample(metric, &[], value);
        }
    }
    cpu::emit(&printed.text, sink);
    for disk in reading.disks.iter().flatten() {
        let values = [(HOST_DISK_READ_BYTES, disk.read_bytes), (HOST_DISK_WRITTEN_BYTES, disk.write_bytes)];
        emit_counts(disk.device.as_deref(), &values, sink);
    }
    for link in reading.interfaces.iter().flatten() {
        let values = [
            (HOST_NETWORK_RECEIVE_BYTES, link.rx_bytes),
            (HOST_NETWORK_RECEIVE_PACKETS, link.rx_packets),
            (HOST_NETWORK_RECEIVE_ERRORS, link.rx_errors),
            (HOST_NETWORK_TRANSMIT_BYTES, link.tx_bytes),
            (HOST_NETWORK_TRANSMIT_PACKETS, link.tx_packets),
            (HOST_NETWORK_TRANSMIT_ERRORS, link.tx_errors),
        ];
        emit_counts(link.name.as_deref(), &values, sink);
    }
}

fn emit_counts(name: Option<&str>, values: &[(&'static Metric, Option<u64>)], sink: &mut dyn SampleSink) {
    let Some(name) = name else { return };
    for (metric, value) in values {
        if let Some(value) = value {
            sink.sample(metric, &[name], *value as f64);
        }
    }
}
