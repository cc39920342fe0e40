//! The script that measures in a browser (`ui/bench/console.ts`): started, listened to, answered.
//!
//! It writes a JSON text a line; what it is told is a line as well. Its errors go where ours go.

use super::BenchError;
use crate::fleet::{PASSWORD, USER};
use serde::Deserialize;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Where the console's sources and the Node that builds it are.
const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui");

/// What the script says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Told {
    /// It waits until this was done.
    Await(String),
    /// A first visit.
    Payload(Visit),
    /// Scrolling at one speed.
    Scroll(Scroll),
    /// Dragging the scroll bar.
    Thumb(Thumb),
    /// Clicks on titles.
    Sort(Waits),
    /// When each code was drawn, in Unix milliseconds; `None` for one that was there without being drawn.
    Seen(HashMap<String, Option<f64>>),
    /// One round of the memory's span.
    Round(Round),
    /// The memory's span.
    Memory(Memory),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Visit {
    pub(super) page: String,
    pub(super) usable_ms: f64,
    pub(super) slowest_ms: f64,
    pub(super) visits: usize,
    pub(super) requests: usize,
    /// By kind: document, script, stylesheet, live …
    pub(super) bytes: HashMap<String, f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scroll {
    pub(super) gait: String,
    pub(super) rows_per_second: f64,
    pub(super) frames: usize,
    pub(super) frame_p99_ms: f64,
    pub(super) longest_task_ms: f64,
    /// The most processor time that one task took.
    pub(super) longest_own_ms: f64,
    pub(super) long_tasks: usize,
    pub(super) awaited_pct: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thumb {
    pub(super) stops: usize,
    pub(super) p50_ms: f64,
    pub(super) slowest_ms: f64,
    pub(super) longest_task_ms: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Waits {
    pub(super) clicks: usize,
    pub(super) p50_ms: f64,
    pub(super) slowest_ms: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memory {
    pub(super) seconds: f64,
    pub(super) rounds: usize,
    pub(super) first: Reading,
    pub(super) last: Reading,
    /// Largest heap of all readings, in MiB.
    pub(super) most: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Round {
    pub(super) number: u32,
    pub(super) after_s: f64,
    pub(super) heap_mib: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reading {
    pub(super) heap_mib: f64,
    pub(super) nodes: f64,
    pub(super) listeners: f64,
    pub(super) resident_mib: f64,
}

/// The running script; it ends with this.
pub(super) struct Script {
    // Kept for its end: the process is killed when this is dropped.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Script {
    /// Starts it against a master.
    pub(super) fn start(master: &str, memory_span: Duration) -> Result<Self, BenchError> {
        let failed = |source| BenchError::Browser { doing: "start", source };
        let ui = Path::new(UI);
        let mut child = Command::new(ui.join("node_modules/.bin/node"))
            .arg(ui.join("bench/console.ts"))
            .env("TOPMAST_URL", master)
            .env("TOPMAST_USER", USER)
            .env("TOPMAST_PASSWORD", PASSWORD)
            .env("TOPMAST_CONSOLE_SECONDS", memory_span.as_secs().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let pipe = || failed(io::ErrorKind::BrokenPipe.into());
        let input = child.stdin.take().ok_or_else(pipe)?;
        let output = child.stdout.take().ok_or_else(pipe)?;
        Ok(Self { _child: child, input, output: BufReader::new(output).lines() })
    }

    /// The next thing it says; `None` when it has said everything. May be given up and asked again.
    pub(super) async fn next(&mut self) -> Result<Option<Told>, BenchError> {
        let line = self.output.next_line().await;
        let line = line.map_err(|source| BenchError::Browser { doing: "read", source })?;
        let told = |line: String| {
            serde_json::from_str(&line).map_err(|error| BenchError::Strange(format!("{error}: {line}")))
        };
        line.map(told).transpose()
    }

    /// Says that what it waits for was done.
    pub(super) async fn done(&mut self) -> Result<(), BenchError> {
        let written = self.input.write_all(b"done\n").await;
        written.map_err(|source| BenchError::Browser { doing: "answer", source })
    }
}
