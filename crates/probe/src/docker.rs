//! Containers of a Docker Engine: what to ask its API for, and what it answers in the catalogue's terms.
//!
//! ```text
//! CONTAINERS ──► containers() ─► [Container]        stats_path(id) ──► Containers::put ─► Containers::emit ─► SampleSink
//! INFO ────────► facts()
//! ```
//!
//! Figures are asked for once (`one-shot`), which the engine answers at once, without waiting a second for a
//! difference: the catalogue counts processor time, and rates are derived on read.
//!
//! Elsewhere: memory, network and disks of an answer (`tool::docker`); asking (the agent, the master's `neighbour`).

use crate::guest::{GuestFigures, Listing, Told};
use crate::reading::Container as Figures;
use crate::tool;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::catalogue as metric;
use topmast_model::guest::{GuestCondition, GuestKind};
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;

/// All containers, those that do not run as well.
pub const CONTAINERS: &str = "/containers/json?all=1";
/// The engine and its host.
pub const INFO: &str = "/info";
/// Containers with series of their own; each is a question of its own.
const CONTAINERS_MAX: usize = 256;
/// Longest name of a container or an image that becomes a label, in bytes.
const NAME_MAX: usize = 255;
/// States of containers.
const STATES: [&str; 7] = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// JSON, and not what was asked for; the engine's own words when it has some.
    #[error("{0}")]
    Other(String),
}

/// A container of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its id, in the engine's form.
    pub id: String,
    /// Its name, without the slash before it.
    pub name: String,
    /// Its image, as it was asked for.
    pub image: String,
    /// `running`, `exited`, …
    pub state: String,
}

impl Container {
    /// True when it has figures to be asked for.
    pub fn has_figures(&self) -> bool {
        matches!(&*self.state, "running" | "paused")
    }

    /// Where its figures are.
    pub fn stats_path(&self) -> String {
        format!("/containers/{}/stats?stream=false&one-shot=true", self.id)
    }
}

/// The containers of an answer to [`CONTAINERS`], and how many are left out.
///
/// # Errors
/// [`AnswerError`].
pub fn containers(answer: &[u8]) -> Result<(Vec<Container>, usize), AnswerError> {
    let Value::Array(rows) = json(answer)? else {
        return Err(AnswerError::Other(
            "it is not a list of containers; is it a Docker Engine that answers?".into(),
        ));
    };
    let mut containers = Vec::new();
    let total = rows.len();
    for row in rows.into_iter().take(CONTAINERS_MAX) {
        let text = |field: &str| clip(row.get(field).and_then(Value::as_str).unwrap_or_default());
        let id = text("Id");
        let named = row.get("Names").and_then(Value::as_array);
        // Links have names with two slashes.
        let mut names = named.into_iter().flatten().filter_map(Value::as_str);
        let name = names.find_map(|name| name.strip_prefix('/').filter(|name| !name.contains('/')));
        // An id is put into a path, so it is what ids are.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        let name = name.map_or_else(|| id.chars().take(12).collect(), clip);
        containers.push(Container { name, image: text("Image"), state: text("State"), id });
    }
    Ok((containers, total.saturating_sub(CONTAINERS_MAX)))
}

/// What an answer to [`INFO`] tells of the host, and the engine's version.
///
/// # Errors
/// [`AnswerError`].
pub fn facts(answer: &[u8]) -> Result<(ServerFacts, String), AnswerError> {
    let info = json(answer)?;
    let text = |field: &str| clip(info.get(field).and_then(Value::as_str).unwrap_or_default());
    let number = |field: &str| info.get(field).and_then(Value::as_u64).unwrap_or_default();
    let version = text("ServerVersion");
    if version.is_empty() {
        let message = text("message");
        let what = if message.is_empty() {
            "it has no ServerVersion; is it a Docker Engine that answers?"
        } else {
            &message
        };
        return Err(AnswerError::Other(what.to_owned()));
    }
    let facts = ServerFacts {
        hostname: text("Name"),
        os: text("OperatingSystem"),
        os_family: text("OSType"),
        kernel: text("KernelVersion"),
        architecture: text("Architecture"),
        cpu_count: u32::try_from(number("NCPU")).unwrap_or(u32::MAX),
        memory_bytes: number("MemTotal"),
        ..ServerFacts::default()
    };
    Ok((facts, version))
}

/// The figures of one reading.
#[derive(Debug, Clone, Default)]
pub struct Containers {
    rows: Vec<(Container, Option<Row>)>,
    skipped: usize,
}

#[derive(Debug, Clone)]
struct Row {
    cpu_seconds: Option<f64>,
    figures: Figures,
}

impl Containers {
    /// The containers of a reading.
    ///
    /// - `skipped`: how many are left out.
    pub fn new(containers: Vec<Container>, skipped: usize) -> Self {
        Self { rows: containers.into_iter().map(|container| (container, None)).collect(), skipped }
    }

    /// Those whose figures are asked for.
    pub fn asked(&self) -> Vec<Container> {
        let rows = self.rows.iter().map(|(container, _)| container);
        rows.filter(|container| container.has_figures()).cloned().collect()
    }

    /// Takes a container's figures. What cannot be read leaves it without: a container may end while it is asked.
    pub fn put(&mut self, id: &str, answer: &[u8]) {
        let Some((_, row)) = self.rows.iter_mut().find(|(container, _)| container.id == id) else { return };
        *row = read(answer);
    }

    /// Emits the reading.
    pub fn emit(&self, sink: &mut dyn SampleSink) {
        for state in STATES {
            let count = self.rows.iter().filter(|(container, _)| container.state == state).count();
            sink.sample(metric::CONTAINERS_COUNT, &[state], count as f64);
        }
        for (container, row) in &self.rows {
            let labels = [&*container.name];
            let running = f64::from(u8::from(container.state == "running"));
            sink.sample(metric::CONTAINER_RUNNING, &[&container.name, &container.image], running);
            let Some(Row { cpu_seconds, figures }) = row else { continue };
            let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
            for (metric, value) in [
                (metric::CONTAINER_CPU_SECONDS, *cpu_seconds),
                (metric::CONTAINER_MEMORY_BYTES, bytes(figures.mem_used_bytes)),
                (metric::CONTAINER_MEMORY_LIMIT_BYTES, bytes(figures.mem_limit_bytes)),
                (metric::CONTAINER_NETWORK_RECEIVE_BYTES, bytes(figures.net_rx_bytes)),
                (metric::CONTAINER_NETWORK_TRANSMIT_BYTES, bytes(figures.net_tx_bytes)),
                (metric::CONTAINER_DISK_READ_BYTES, bytes(figures.block_read_bytes)),
                (metric::CONTAINER_DISK_WRITTEN_BYTES, bytes(figures.block_write_bytes)),
            ] {
                if let Some(value) = value {
                    sink.sample(metric, &labels, value);
                }
            }
        }
        if self.skipped > 0 {
            sink.sample(metric::HOST_PROBE_SKIPPED_COUNT, &["container"], self.skipped as f64);
        }
    }
}

/// The containers of an engine as guests of its host, from reading to reading.
#[derive(Debug, Default)]
pub struct ContainerGuests {
    /// Processors and memory of the host, as far as they are known.
    machine: (u32, Option<u64>),
    /// Processor time used and not used, by id.
    seconds: BTreeMap<String, (f64, f64)>,
}

impl ContainerGuests {
    /// Notes what the engine tells of its host.
    pub fn of_machine(&mut self, facts: &ServerFacts) {
        self.machine = (facts.cpu_count, Some(facts.memory_bytes).filter(|bytes| *bytes > 0));
    }

    /// What a reading tells of them.
    ///
    /// - `elapsed`: time since the reading before; `None` for the first.
    pub fn listing(&mut self, containers: &Containers, elapsed: Option<Duration>) -> Listing {
        let mut seconds = BTreeMap::new();
        let guests = containers.rows.iter().map(|(container, row)| {
            let runs = container.state == "running";
            let condition = if runs { GuestCondition::Runs } else { GuestCondition::Stopped };
            let row = row.as_ref().filter(|_| runs);
            let busy_idle_seconds = row.and_then(|row| row.cpu_seconds).map(|busy| {
                let before = self.seconds.get(&container.id);
                let given = f64::from(self.machine.0) * elapsed.unwrap_or_default().as_secs_f64();
                let idle = before.map_or(0.0, |(used, idle)| idle + (given - (busy - used)).max(0.0));
                seconds.insert(container.id.clone(), (busy, idle));
                (busy, idle)
            });
            let figures = row.map(|row| GuestFigures {
                cpu_count: self.machine.0,
                busy_idle_seconds: busy_idle_seconds.filter(|_| self.machine.0 > 0),
                memory_total_bytes: row.figures.mem_limit_bytes.or(self.machine.1),
                memory_used_bytes: row.figures.mem_used_bytes,
                uptime_seconds: None,
            });
            Told {
                kind: GuestKind::Container,
                name: container.name.clone(),
                condition: condition(container.state.clone()),
                figures: figures.unwrap_or_default(),
            }
        });
        let guests = guests.collect();
        self.seconds = seconds;
        // Of a list that was cut, who is missing need not be gone.
        let complete = if containers.skipped == 0 { vec![GuestKind::Container] } else { Vec::new() };
        Listing { guests, complete }
    }
}

fn read(answer: &[u8]) -> Option<Row> {
    let reading = tool::find("docker", "api-stats")?.parse(answer).ok()?;
    let figures = reading.containers?.into_iter().next()?;
    let answer = json(answer).ok()?;
    // In nanoseconds; Windows, which tells how many processors there are in another field, counts in 100 of them.
    let unit =
        if answer.get("num_procs").and_then(Value::as_u64).unwrap_or_default() > 0 { 1e-7 } else { 1e-9 };
    let used = answer.get("cpu_stats").and_then(|stats| stats.get("cpu_usage")?.get("total_usage")?.as_u64());
    // A container that has just ended is answered with zeros.
    let cpu_seconds = used.filter(|used| *used > 0).map(|used| used as f64 * unit);
    Some(Row { cpu_seconds, figures })
}

fn json(answer: &[u8]) -> Result<Value, AnswerError> {
    serde_json::from_slice(answer).map_err(|error| AnswerError::Json(error.to_string()))
}

fn clip(text: &str) -> String {
    let end =
        text.char_indices().map(|(at, char)| at + char.len_utf8()).take_while(|end| *end <= NAME_MAX).last();
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;
    use proptest::prelude::*;

    const LIST: &str = r#"[
        {"Id":"ed37ab","Names":["/web/link","/web"],"Image":"nginx:1.27","State":"running","Status":"Up 2 hours"},
        {"Id":"00ff12","Names":["/job"],"Image":"sha256:5f","State":"exited"},
        {"Id":"0123456789abcdef","Names":null,"Image":"","State":"paused"},
        {"Id":"../../images","Names":["/x"],"State":"running"}]"#;
    const STATS: &str = r#"{"id":"ed37ab","name":"/web","read":"2026-11-28T10:00:01.5Z","preread":"0001-01-01T00:00:00Z",
        "cpu_stats":{"cpu_usage":{"total_usage":3500000000},"system_cpu_usage":9000000000,"online_cpus":4},
        "precpu_stats":{"cpu_usage":{"total_usage":0}},
        "memory_stats":{"usage":5000,"limit":100000,"stats":{"inactive_file":1000}},
        "networks":{"eth0":{"rx_bytes":10,"tx_bytes":20}},
        "blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":7},{"op":"write","value":9}]}}"#;

    fn emitted(containers: &Containers) -> Recorder {
        let mut sink = Recorder::default();
        containers.emit(&mut sink);
        sink
    }

    #[test]
    fn containers_and_their_figures_are_series() {
        let (list, skipped) = containers(LIST.as_bytes()).unwrap();
        let names: Vec<&str> = list.iter().map(|container| &*container.name).collect();
        assert_eq!(names, ["web", "job", "0123456789ab"]);
        let mut containers = Containers::new(list, skipped);
        let asked: Vec<String> = containers.asked().iter().map(Container::stats_path).collect();
        assert_eq!(
            asked,
            [
                "/containers/ed37ab/stats?stream=false&one-shot=true",
                "/containers/0123456789abcdef/stats?stream=false&one-shot=true"
            ]
        );
        containers.put("ed37ab", STATS.as_bytes());
        containers.put("0123456789abcdef", br#"{"message":"No such container: 0123456789abcdef"}"#);
        let sink = emitted(&containers);
        for (series, value) in [
            (r#"containers_count{state="running"}"#, 1.0),
            (r#"containers_count{state="exited"}"#, 1.0),
            (r#"containers_count{state="dead"}"#, 0.0),
            (r#"container_running{container="web",image="nginx:1.27"}"#, 1.0),
            (r#"container_running{container="job",image="sha256:5f"}"#, 0.0),
            (r#"container_cpu_seconds_total{container="web"}"#, 3.5),
            (r#"container_memory_bytes{container="web"}"#, 4_000.0),
            (r#"container_memory_limit_bytes{container="web"}"#, 100_000.0),
            (r#"container_network_receive_bytes_total{container="web"}"#, 10.0),
            (r#"container_disk_written_bytes_total{container="web"}"#, 9.0),
        ] {
            assert_eq!(sink.value(series), Some(value), "{series}");
        }
        assert_eq!(sink.value(r#"container_memory_bytes{container="0123456789ab"}"#), None);
    }

    #[test]
    fn containers_are_guests_of_the_engines_host() {
        let mut guests = ContainerGuests::default();
        guests.of_machine(&ServerFacts { cpu_count: 2, memory_bytes: 1_000, ..ServerFacts::default() });
        let mut reading = |used: &str, elapsed: Option<u64>| {
            let (list, skipped) = containers(LIST.as_bytes()).unwrap();
            let mut containers = Containers::new(list, skipped);
            containers.put("ed37ab", STATS.replace("3500000000", used).as_bytes());
            guests.listing(&containers, elapsed.map(Duration::from_secs))
        };
        reading("3500000000", None);
        let listing = reading("5500000000", Some(4));
        assert_eq!(listing.complete, [GuestKind::Container]);
        let rows: Vec<(&str, &GuestCondition)> =
            listing.guests.iter().map(|guest| (guest.name.as_str(), &guest.condition)).collect();
        assert_eq!(
            rows,
            [
                ("web", &GuestCondition::Runs("running".into())),
                ("job", &GuestCondition::Stopped("exited".into())),
                ("0123456789ab", &GuestCondition::Stopped("paused".into())),
            ]
        );
        let figures = listing.guests[0].figures;
        assert_eq!(figures.busy_idle_seconds, Some((5.5, 6.0)));
        assert_eq!((figures.memory_used_bytes, figures.memory_total_bytes), (Some(4_000), Some(100_000)));
        assert_eq!(listing.guests[1].figures, GuestFigures::default());
    }

    #[test]
    fn windows_counts_in_100_nanoseconds() {
        let answer = STATS
            .replace("\"read\":\"2026", "\"num_procs\":2,\"read\":\"2026")
            .replace("3500000000", "35000000");
        let list = containers(LIST.as_bytes()).unwrap().0;
        let mut containers = Containers::new(list, 0);
        containers.put("ed37ab", answer.as_bytes());
        assert_eq!(emitted(&containers).value(r#"container_cpu_seconds_total{container="web"}"#), Some(3.5));
    }

    #[test]
    fn containers_beyond_the_bound_are_counted() {
        let rows: Vec<String> = (0..300)
            .map(|number| format!(r#"{{"Id":"a{number}","Names":["/c{number}"],"State":"running"}}"#))
            .collect();
        let (list, skipped) = containers(format!("[{}]", rows.join(",")).as_bytes()).unwrap();
        assert_eq!((list.len(), skipped), (256, 44));
        let listing = ContainerGuests::default().listing(&Containers::new(list.clone(), skipped), None);
        assert_eq!(listing.complete, []);
        let sink = emitted(&Containers::new(list, skipped));
        assert_eq!(sink.value(r#"host_probe_skipped_count{collector="container"}"#), Some(44.0));
    }

    #[test]
    fn engine_tells_its_host() {
        let info = br#"{"Name":"vm","ServerVersion":"28.2.2","OperatingSystem":"Debian GNU/Linux 12","OSType":"linux",
            "KernelVersion":"6.1.0","Architecture":"x86_64","NCPU":2,"MemTotal":1024}"#;
        let (facts, version) = facts(info).unwrap();
        assert_eq!((facts.hostname.as_str(), facts.cpu_count, facts.memory_bytes), ("vm", 2, 1_024));
        assert_eq!(version, "28.2.2");
    }

    #[test]
    fn what_is_no_engine_is_said() {
        for (text, expect) in [
            ("", "not JSON"),
            ("<html>", "not JSON"),
            ("{}", "is it a Docker Engine"),
            (r#"{"message":"client version 1.0 is too old"}"#, "client version 1.0 is too old"),
        ] {
            let error = facts(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expect), "{text:?}: {error:?} does not say {expect:?}");
        }
        let error = containers(b"{}").unwrap_err().to_string();
        assert!(error.contains("is it a Docker Engine"), "{error}");
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(at in 0..LIST.len(), other in 0..STATS.len(), byte in any::<u8>()) {
            let garbled = |text: &str, at: usize| {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = byte;
                bytes
            };
            let _ = facts(&garbled(STATS, other));
            if let Ok((list, skipped)) = containers(&garbled(LIST, at)) {
                let mut containers = Containers::new(list, skipped);
                containers.put("ed37ab", &garbled(STATS, other));
                containers.emit(&mut Recorder::default());
            }
        }
    }
}
