//! Logs: from a line in a file to a client, and how fast an agent looks through files, beside `grep`.
//!
//! One agent and one master of their own, both as they are shipped; the file of the search is in the page cache for both
//! sides, and both use one processor.

use super::figure::percentile;
use super::{BenchError, Bound, Figure, Settings};
use crate::fleet::{Application, TestFleet};
use crate::wait::{DEADLINE, wait_until};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::process::Command;
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, LogStream};
use topmast_api::log::{LogMessage, LogQuery, LogState};
use topmast_api::page::ListQuery;

/// The bound on the 99th percentile from a line to the screen.
const TARGET_MS: f64 = 500.0;
/// Pauses between lines, by chance, so that none keeps step with a timer.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 5..=60;
/// Size of the file that is searched.
const SIZE: u64 = 1 << 30;
/// Times that each search is made; the best counts.
const TURNS: usize = 3;
/// What is looked for: a text that is rare, an expression with a text in it, one without any, and one in either case.
const PATTERNS: [(&str, &str); 4] = [
    ("text", "needle in it"),
    ("expression with a text", "status=5[0-9]+ needle"),
    ("expression without a text", "[a-z]+[0-9]{7}[a-z]"),
    ("either case", "(?i)NEEDLE"),
];

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut fleet = TestFleet::start("bench-logs").await?;
    let unit =
        "command = [\"/bin/sh\", \"-c\", \"exec sleep 86400\"]\nlog_files = [\"live.log\", \"large.log\"]\n";
    fleet.add_agent("host", &[Application::from_unit("app", unit)]).await?;
    let directory = fleet.path().join("host");
    let client = fleet.client();
    let seen = async || {
        client.list::<ApplicationRow>(&ListQuery::default()).await.is_ok_and(|page| page.items.len() == 1)
    };
    wait_until("the application is seen", DEADLINE, seen).await?;
    latency(&client, &directory.join("live.log"), settings, show).await?;
    search(&client, &directory.join("large.log"), show).await?;
    fleet.finish()?;
    Ok(())
}

fn failed(doing: &str) -> impl Fn(std::io::Error) -> BenchError + '_ {
    move |error| BenchError::Strange(format!("{doing}: {error}"))
}

async fn latency(
    client: &Client,
    path: &Path,
    settings: &Settings,
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let write = failed("write the log");
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(&write)?;
    let query = LogQuery { source: Some("live.log".into()), ..LogQuery::default() };
    let mut stream = client.log_tail(&query).await?;
    following(&mut stream).await?;
    let count = settings.changes;
    let reader = tokio::spawn(async move {
        let mut seen: Vec<Option<Instant>> = vec![None; count];
        let mut missing = count;
        while missing > 0 {
            let Ok(Ok(Some(message))) = tokio::time::timeout(DEADLINE, stream.next()).await else { break };
            let now = Instant::now();
            let LogMessage::Line(row) = message else { continue };
            let number = row.text.strip_prefix("line ").and_then(|text| text.parse::<usize>().ok());
            if let Some(at) = number.and_then(|number| seen.get_mut(number))
                && at.is_none()
            {
                *at = Some(now);
                missing -= 1;
            }
        }
        seen
    });
    let mut random = fastrand::Rng::with_seed(1);
    let mut sent = Vec::with_capacity(count);
    for number in 0..count {
        let line = format!("line {number}\n");
        sent.push(Instant::now());
        file.write_all(line.as_bytes()).map_err(&write)?;
        tokio::time::sleep(Duration::from_millis(random.u64(PAUSE_MS))).await;
    }
    let seen = reader.await.map_err(|error| BenchError::Strange(error.to_string()))?;
    let mut waits: Vec<f64> = sent
        .iter()
        .zip(&seen)
        .filter_map(|(sent, seen)| Some(seen.as_ref()?.duration_since(*sent).as_secs_f64() * 1e3))
        .collect();
    waits.sort_by(f64::total_cmp);
    let note = format!("{count} lines, {} never seen", count - waits.len());
    for (label, percent) in [("p50", 50), ("p99", 99), ("max", 100)] {
        let value = percentile(&waits, percent).unwrap_or(f64::INFINITY);
        let figure = Figure::new(format!("log line → client, {label}"), value, "ms").note(note.clone());
        show(if percent == 99 { figure.target(Bound::AtMost(TARGET_MS)) } else { figure });
    }
    Ok(())
}

async fn following(stream: &mut LogStream) -> Result<(), BenchError> {
    while let Some(message) = stream.next().await? {
        if matches!(message, LogMessage::Server(server) if server.state == LogState::Following) {
            return Ok(());
        }
    }
    Err(BenchError::Strange("the tail ended before it began".to_owned()))
}

async fn search(client: &Client, path: &Path, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    write_large(path).map_err(failed("write the large log"))?;
    let size = fs::metadata(path).map_err(failed("look at the large log"))?.len();
    let speed = |seconds: f64| size as f64 / seconds / 1e9;
    for (name, pattern) in PATTERNS {
        let (mut ours, mut found) = (f64::INFINITY, 0);
        for _ in 0..TURNS {
            let query = LogQuery {
                source: Some("large.log".into()),
                pattern: Some(pattern.to_owned()),
                limit: Some(10_000),
                timeout_s: Some(600),
                ..LogQuery::default()
            };
            let begun = Instant::now();
            let mut stream = client.log_search(&query).await?;
            found = 0;
            while let Some(message) = stream.next().await? {
                found += usize::from(matches!(message, LogMessage::Line(_)));
            }
            ours = ours.min(begun.elapsed().as_secs_f64());
        }
        let (mut grep, mut counted) = (f64::INFINITY, String::new());
        for _ in 0..TURNS {
            // GNU grep has no flag in the expression.
            let (flags, pattern) = match pattern.strip_prefix("(?i)") {
                Some(pattern) => ("-Eci", pattern),
                None => ("-Ec", pattern),
            };
            let begun = Instant::now();
            let output = Command::new("grep").args([flags, pattern]).arg(path).output().await;
            let output = output.map_err(failed("run grep"))?;
            grep = grep.min(begun.elapsed().as_secs_f64());
            String::from_utf8_lossy(&output.stdout).trim().clone_into(&mut counted);
        }
        // B-2
        let note = format!("{found} matches, grep -E {counted}; {:.1} GiB", size as f64 / f64::from(1 << 30));
        show(Figure::new(format!("log search, {name}"), speed(ours), "GB/s").note(note));
        show(Figure::new(format!("  grep -E, {name}"), speed(grep), "GB/s"));
    }
    Ok(())
}

/// Lines as an application writes them; one in a hundred thousand is looked for.
fn write_large(path: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (mut written, mut number) = (0, 0_u64);
    while written < SIZE {
        let what = if number.is_multiple_of(100_000) {
            "status=503 needle in it x1234567y"
        } else {
            "status=200 ok"
        };
        let line = format!(
            "2026-11-29T13:20:30.{:03}Z INFO worker-{} order={number} customer={} took={}ms {what}\n",
            number % 1_000,
            number % 16,
            number.wrapping_mul(2_654_435_761) % 1_000_003,
            number % 97,
        );
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        number += 1;
    }
    file.flush()
}
