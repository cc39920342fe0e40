//! The real agent beside Debian's `node_exporter`, both reading this machine every second.

use super::metrics::{Ingested, fetch, ingested};
use super::{BenchError, Bound, Figure, Settings};
use crate::fleet::TestFleet;
use crate::process::{Process, Usage};
use crate::wait::{DEADLINE, wait_until};
use std::path::Path;
use std::time::Duration;

/// Debian's package prometheus-node-exporter.
const NODE_EXPORTER: &str = "/usr/bin/prometheus-node-exporter";
/// Its usual port, on the fleet's own address.
const PORT: u16 = 9_100;
/// Seconds until both have read everything a few times.
const WARM_UP: u32 = 5;
const MIB: f64 = 1_048_576.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut fleet = TestFleet::start("bench-agent").await?;
    let position = fleet.add_agent("measured", &[]).await?;
    let http = reqwest::Client::new();
    let master = fleet.url().to_owned();
    let host = master.trim_start_matches("http://").split(':').next().unwrap_or_default().to_owned();
    let exporter = Process::start(
        Path::new(NODE_EXPORTER),
        [format!("--web.listen-address={host}:{PORT}")],
        &[],
        &fleet.path().join("node_exporter.log"),
    )?;
    let metrics = format!("http://{host}:{PORT}/metrics");
    wait_until("node_exporter answers", DEADLINE, async || fetch(&http, &metrics).await.is_ok()).await?;
    let sampling = async || ingested(&http, &master).await.is_ok_and(|counts| counts.samples > 0.0);
    wait_until("the agent's samples arrive", DEADLINE, sampling).await?;

    scrape(&http, &metrics, WARM_UP).await?;
    let agent = fleet.agents()[position].process().pid();
    let read = || -> Result<(Usage, Usage), BenchError> {
        let of =
            |pid| Usage::of(pid).map_err(|error| BenchError::Strange(format!("read process {pid}: {error}")));
        Ok((of(agent)?, of(exporter.pid())?))
    };
    let before = (read()?, ingested(&http, &master).await?);
    scrape(&http, &metrics, u32::try_from(settings.span.as_secs()).unwrap_or(u32::MAX)).await?;
    let after = (read()?, ingested(&http, &master).await?);
    figures(settings.span, before, after, show);
    drop(exporter);
    Ok(fleet.finish()?)
}

/// Scrapes once a second, as Prometheus would.
async fn scrape(http: &reqwest::Client, url: &str, times: u32) -> Result<(), BenchError> {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    for _ in 0..times {
        seconds.tick().await;
        fetch(http, url).await?;
    }
    Ok(())
}

type Reading = ((Usage, Usage), Ingested);

fn figures(span: Duration, before: Reading, after: Reading, show: &mut dyn FnMut(Figure)) {
    let share = |after: Usage, before: Usage| {
        after.cpu.saturating_sub(before.cpu).as_secs_f64() / span.as_secs_f64() * 100.0
    };
    let ((agent, exporter), (agent_before, exporter_before)) = (after.0, before.0);
    let exporter_share = share(exporter, exporter_before);
    let (agent_memory, exporter_memory) =
        (agent.resident_bytes as f64 / MIB, exporter.resident_bytes as f64 / MIB);
    let note = format!("over {} s, same run", span.as_secs());
    let agent_share = Figure::new("agent, processor", share(agent, agent_before), "% of a core").note(note);
    show(agent_share.clone().target(Bound::AtMost(0.3)));
    let beside = |name: &str, value, unit, limit| Figure::new(name, value, unit).target(Bound::AtMost(limit));
    show(beside("agent, processor, beside node_exporter", agent_share.value, "% of a core", exporter_share));
    show(Figure::new("agent, memory", agent_memory, "MiB").target(Bound::AtMost(8.0)).note("resident"));
    show(beside("agent, memory, beside node_exporter", agent_memory, "MiB", exporter_memory));
    let (samples, bytes) = (after.1.samples - before.1.samples, after.1.bytes - before.1.bytes);
    let series = samples / span.as_secs_f64();
    show(
        Figure::new("wire, real agent on this machine, frames", bytes / samples, "B/sample")
            .target(Bound::AtMost(0.6))
            .note(format!("{series:.0} samples a second; frames' fixed bytes weigh more on few series")),
    );
}
