//! A Prometheus of our own: a process with a folder and a port of its own, ended with the test.
//!
//! Samples are written with its remote-write protocol, which alone can write the end of a series; the few
//! bytes of protobuf and snappy that it takes are made here.

use super::Answer;
use crate::history::SeriesSamples;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use topmast_model::sample::Series;

pub(super) struct Server {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts one, or says why not.
    pub(super) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.yml");
        std::fs::write(&config, "global: {}\n").unwrap();
        let started = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--web.enable-remote-write-receiver"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = match started {
            Ok(process) => process,
            Err(error) => {
                println!("skipped: prometheus cannot be started ({error}); scripts/setup test installs it");
                return None;
            }
        };
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut server = Self { process, address: String::new(), _folder: folder };
        let mut is_ready = false;
        let mut lines = log.lines();
        // It opens its port and its store side by side, and says so in either order.
        for line in lines.by_ref() {
            let line = line.unwrap();
            if line.contains("Listening on")
                && let Some((_, address)) = line.split_once("address=")
            {
                address.trim().clone_into(&mut server.address);
            }
            is_ready |= line.contains("Server is ready");
            if is_ready && !server.address.is_empty() {
                // Read on, or it would stop at a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Some(server);
            }
        }
        panic!("prometheus ended before it was ready");
    }

    /// Writes samples, all series up to one time before any series goes on, as the head wants them.
    pub(super) fn write(&self, series: &[SeriesSamples]) {
        let first = series.iter().filter_map(|series| series.times.first()).min().copied().unwrap();
        let last = series.iter().filter_map(|series| series.times.last()).max().copied().unwrap();
        let mut from = first;
        while from <= last {
            let until = from + 600_000;
            let mut request = Vec::new();
            for samples in series {
                let low = samples.times.partition_point(|time| *time < from);
                let high = samples.times.partition_point(|time| *time < until);
                if low < high {
                    field(&mut request, 1, &time_series(samples, low..high));
                }
            }
            let body = snappy(&request);
            let head = "Content-Encoding: snappy\r\nContent-Type: application/x-protobuf\r\n\
                        X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
            let (status, answer) = self.post("/api/v1/write", head, &body);
            assert_eq!(status, 204, "{answer}");
            from = until;
        }
    }

    pub(super) fn instant(&self, text: &str, time: i64) -> Answer {
        self.ask("/api/v1/query", &[("query", text.to_owned()), ("time", seconds(time))])
    }

    pub(super) fn range(&self, text: &str, start: i64, end: i64, step: i64) -> Answer {
        let times = [("start", seconds(start)), ("end", seconds(end)), ("step", seconds(step))];
        let query = [("query", text.to_owned())];
        self.ask("/api/v1/query_range", &[query.as_slice(), &times].concat())
    }

    fn ask(&self, path: &str, form: &[(&str, String)]) -> Answer {
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let head = "Content-Type: application/x-www-form-urlencoded\r\n";
        let (_, answer) = self.post(path, head, body.join("&").as_bytes());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        if answer["status"] != "success" {
            return Err(answer["error"].to_string());
        }
        let result = &answer["data"]["result"];
        Ok(match answer["data"]["resultType"].as_str().unwrap() {
            "scalar" => vec![("scalar".to_owned(), vec![point(result)])],
            "string" => vec![(format!("string {}", result[1].as_str().unwrap()), Vec::new())],
            _ => result.as_array().unwrap().iter().map(series).collect(),
        })
    }

    fn post(&self, path: &str, head: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // HTTP 1.0: the answer is not cut into chunks and ends with the connection.
        let length = body.len();
        write!(stream, "POST {path} HTTP/1.0\r\n{head}Content-Length: {length}\r\n\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

fn series(value: &Value) -> (String, Vec<(i64, f64)>) {
    let labels = value["metric"].as_object().unwrap();
    let metric = labels.get("__name__").map_or("", |name| name.as_str().unwrap());
    let others = labels.iter().filter(|(name, _)| *name != "__name__");
    let series = Series::new(metric, others.map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
    let points = match value["values"].as_array() {
        Some(values) => values.iter().map(point).collect(),
        None => vec![point(&value["value"])],
    };
    (series.to_string(), points)
}

#[expect(clippy::cast_possible_truncation, reason = "a time of the test")]
fn point(value: &Value) -> (i64, f64) {
    let time = (value[0].as_f64().unwrap() * 1e3).round() as i64;
    (time, value[1].as_str().unwrap().parse().unwrap())
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}

fn time_series(samples: &SeriesSamples, places: std::ops::Range<usize>) -> Vec<u8> {
    let mut labels: Vec<(&str, &str)> = samples.series.pairs().collect();
    labels.sort_unstable();
    let mut message = Vec::new();
    for (name, value) in labels {
        let mut label = Vec::new();
        field(&mut label, 1, name.as_bytes());
        field(&mut label, 2, value.as_bytes());
        field(&mut message, 1, &label);
    }
    for place in places {
        let mut sample = vec![1 << 3 | 1];
        sample.extend(samples.values[place].to_bits().to_le_bytes());
        sample.push(2 << 3);
        varint(&mut sample, samples.times[place].cast_unsigned());
        field(&mut message, 2, &sample);
    }
    message
}

/// A field of bytes in a protobuf message.
fn field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

/// Bytes as snappy writes what it cannot compress.
fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    varint(&mut block, bytes.len() as u64);
    for chunk in bytes.chunks(1 << 16) {
        // A literal whose length, less one, stands in the next two bytes.
        block.push(61 << 2);
        block.extend(u16::try_from(chunk.len() - 1).unwrap().to_le_bytes());
        block.extend(chunk);
    }
    block
}
