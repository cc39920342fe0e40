//! Processor time and bytes that the fleet's samples cost.

use super::metrics::ingested;
use super::stage::Stage;
use super::{BenchError, Bound, Figure, Settings};

pub(super) async fn measure(
    stage: &mut Stage,
    settings: &Settings,
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let master = stage.fleet.url().to_owned();
    let counted_before = ingested(&stage.http, &master).await?;
    let (cpu_before, before) = (stage.usage()?.cpu, stage.tally());
    tokio::time::sleep(settings.span).await;
    let (cpu_after, after) = (stage.usage()?.cpu, stage.tally());
    let counted_after = ingested(&stage.http, &master).await?;

    let fleet = format!("{} servers × {} series", settings.servers, settings.series);
    let samples = (after.samples - before.samples) as f64;
    let counted = counted_after.samples - counted_before.samples;
    let cpu = cpu_after.saturating_sub(cpu_before).as_secs_f64();
    let seconds = settings.span.as_secs();
    // B-2
    let check = format!(
        "over {seconds} s; fleet sent {samples:.0} samples, master counted {counted:.0}; {} ticks held back",
        after.held_ticks - before.held_ticks
    );
    show(
        Figure::new(
            format!("master processor time a million samples, {fleet}"),
            cpu / samples * 1e6,
            "CPU-s",
        )
        .note(&check),
    );
    show(
        Figure::new(format!("master ingest, {fleet}"), samples / cpu / 1e6, "M/CPU-s")
            .target(Bound::AtLeast(5.0))
            .note("all of the master's processor time; decoded into the live model and the history, log included; chunks come every 600 ticks"),
    );
    show(Figure::new(
        format!("master load, {fleet}"),
        cpu / settings.span.as_secs_f64() * 100.0,
        "% of a core",
    ));

    let (frames, sent) = (after.frame_bytes - before.frame_bytes, after.sent_bytes - before.sent_bytes);
    show(
        Figure::new(format!("wire, {fleet}, WebSocket included"), sent as f64 / samples, "B/sample")
            .target(Bound::AtMost(0.6))
            .note(format!("{:.3} B/sample without WebSocket and envelope", frames as f64 / samples)),
    );
    Ok(())
}
