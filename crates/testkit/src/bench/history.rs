//! The history beside its peers: the same remote-write requests to each server in turn.
//!
//! Each server is alone with the sender. What counts is its own processor time, from the first request until it
//! rests again; what is on disk is looked at after it was told to merge.

use super::dataset::Dataset;
use super::peer::{ALL, Server, TOPMAST};
use super::{BenchError, Bound, Figure, Settings};
use std::path::Path;
use std::time::Duration;
use topmast_history::{Batch, History, Options};

/// Servers that are sent, and seconds of each.
const SERVERS: usize = 100;
const SECONDS: usize = 600;
const QUICK_SECONDS: usize = 120;

/// What one server used to take the samples in.
struct Outcome {
    name: &'static str,
    samples_per_cpu_s: f64,
    peak_mib: f64,
    bytes_a_sample: f64,
}

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let recorded = settings.span.as_secs().clamp(15, 120);
    let quick = settings.span < Duration::from_secs(30);
    let dataset = Dataset::record(recorded, SERVERS, if quick { QUICK_SECONDS } else { SECONDS }).await?;
    let mut outcomes = Vec::new();
    for name in ALL {
        match Server::start(name).await? {
            Some(server) => outcomes.push(taken_in(server, &dataset).await?),
            None => show(Figure::new(format!("{name} is not installed"), f64::NAN, "-")),
        }
    }
    figures(&dataset, &outcomes, show);
    show(varying(&dataset)?);
    Ok(())
}

async fn taken_in(mut server: Server, dataset: &Dataset) -> Result<Outcome, BenchError> {
    let before = server.used()?;
    server.send(dataset.bodies()).await?;
    server.rest().await?;
    let used = server.used()?.saturating_sub(before);
    let (name, peak_mib) = (server.name, server.peak_mib()?);
    let bytes = server.merged_bytes(dataset.until()).await?;
    let samples = dataset.samples() as f64;
    Ok(Outcome {
        name,
        samples_per_cpu_s: samples / used.as_secs_f64(),
        peak_mib,
        bytes_a_sample: bytes / samples,
    })
}

/// Bytes of the raw tier's files once everything is sealed.
pub(super) fn sealed_bytes(folder: &Path, until: i64) -> Result<f64, BenchError> {
    let strange = |error: &dyn std::error::Error| BenchError::Strange(error.to_string());
    let (history, _) = History::open(folder, Options::default()).map_err(|error| strange(&error))?;
    history.seal_all(until).map_err(|error| strange(&error))?;
    let raw = history.status().tiers.into_iter().find(|tier| tier.name == "raw");
    Ok(raw.map_or(f64::NAN, |raw| raw.bytes as f64))
}

/// What the series cost that change at most seconds, and the business counters, without those that stand still.
fn varying(dataset: &Dataset) -> Result<Figure, BenchError> {
    let strange = |error: &dyn std::error::Error| BenchError::Strange(error.to_string());
    let folder = tempfile::tempdir().map_err(|error| strange(&error))?;
    let (history, _) = History::open(folder.path(), Options::default()).map_err(|error| strange(&error))?;
    let names = dataset.varying();
    let mut samples = 0;
    for (time, values) in dataset.values() {
        let mut batch = Batch::default();
        for (place, metric, labels) in &names {
            batch.series(metric, labels.iter().map(|(name, value)| (&**name, &**value)));
            batch.sample(time, values[*place]);
        }
        samples += history.append(&batch, time).map_err(|error| strange(&error))?.taken;
    }
    drop(history);
    let bytes = sealed_bytes(folder.path(), dataset.until())?;
    Ok(Figure::new("disk of varying and business series alone, raw tier", bytes / samples as f64, "B/sample")
        .target(Bound::AtMost(0.55))
        .note(format!("{samples} samples of {} series", names.len())))
}

fn figures(dataset: &Dataset, outcomes: &[Outcome], show: &mut dyn FnMut(Figure)) {
    let note = format!("{} samples of {} series", dataset.samples(), dataset.series());
    for Outcome { name, samples_per_cpu_s, peak_mib, bytes_a_sample } in outcomes {
        let ingest = format!("remote-write, {name}");
        show(Figure::new(ingest, samples_per_cpu_s / 1e6, "M samples/CPU-s").note(note.clone()));
        show(Figure::new(format!("remote-write, {name}, peak memory"), *peak_mib, "MiB"));
        let disk = Figure::new(format!("disk after merging, {name}, raw tier"), *bytes_a_sample, "B/sample");
        show(if *name == TOPMAST { disk.target(Bound::AtMost(0.3)) } else { disk });
    }
    let Some((own, peers)) = outcomes.split_first() else { return };
    for peer in peers {
        let ratio = own.samples_per_cpu_s / peer.samples_per_cpu_s;
        let target = if peer.name == "prometheus" { 4.0 } else { 2.0 };
        let name = format!("remote-write, times {}", peer.name);
        show(Figure::new(name, ratio, "times").target(Bound::AtLeast(target)));
    }
}
