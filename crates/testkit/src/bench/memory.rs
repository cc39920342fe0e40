//! The master's memory and processor time: what a connected server takes, and what each of its series.
//!
//! Two fleets of as many servers and different series connect to a fresh master each.
//! `growth = servers × (a + b × series)`, twice, gives both unknowns; at several sizes, for what is little at a thousand
//! servers may not be at ten thousand.

use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Bound, Figure, Settings};
use std::time::Duration;

/// The lesser number of series: those that the applications' services bring, and a few of the host.
const FEW_SERIES: usize = 4 * APPLICATIONS;
/// So many times the servers asked for, at most the last number.
const TIMES: [usize; 3] = [1, 5, 10];
const SERVERS_MAX: usize = 10_000;
/// Shorter spans are those of a quick run, which looks at one size alone.
const QUICK: Duration = Duration::from_secs(30);
const KIB: f64 = 1_024.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let sizes = if settings.span < QUICK { &TIMES[..1] } else { &TIMES[..] };
    let mut sizes: Vec<_> = sizes.iter().map(|times| (settings.servers * times).min(SERVERS_MAX)).collect();
    sizes.dedup();
    for servers in sizes {
        at(&Settings { servers, ..*settings }, show).await?;
    }
    Ok(())
}

/// The figures of one size.
async fn at(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let many_series = settings.series.max(10 * FEW_SERIES);
    let few = cost(settings, FEW_SERIES).await?;
    let many = cost(settings, many_series).await?;
    let servers = settings.servers as f64;
    let series = (many.growth - few.growth) / servers / (many_series - FEW_SERIES) as f64;
    let server = few.growth / servers - series * FEW_SERIES as f64;
    let name = |what: &str| format!("{} servers, master {what}", settings.servers);
    let note = format!(
        "grew by {:.1} MiB with {FEW_SERIES} and {:.1} MiB with {many_series} series a server",
        few.growth / KIB / KIB,
        many.growth / KIB / KIB,
    );
    let of_server = format!("{APPLICATIONS} applications and services of each included");
    show(
        Figure::new(name("memory a connected server"), server / KIB, "KiB")
            .target(Bound::AtMost(64.0))
            .note(of_server),
    );
    show(
        Figure::new(name("memory an active series"), series / KIB, "KiB")
            .target(Bound::AtMost(1.0))
            .note(note),
    );
    let note = format!(
        "{many_series} series each, {:.0} % of a core for all; {:.0} % with {FEW_SERIES}; {:.0} % of the ticks came",
        many.share * 100.0,
        few.share * 100.0,
        many.ticks * 100.0
    );
    show(Figure::new(name("processor time a server"), many.share / servers * 1e6, "µs/s").note(note));
    Ok(())
}

/// What a fleet cost its master.
struct Cost {
    /// Resident bytes that it took.
    growth: f64,
    /// Part of a core.
    share: f64,
    /// Part of the ticks that were due.
    ticks: f64,
}

async fn cost(settings: &Settings, series: usize) -> Result<Cost, BenchError> {
    let mut stage = Stage::start(settings, series).await?;
    stage.settle().await?;
    let (usage, ticks) = (stage.usage()?, stage.tally().ticks);
    let growth = usage.resident_bytes.saturating_sub(stage.idle.resident_bytes) as f64;
    let span = settings.span / 4;
    tokio::time::sleep(span).await;
    let share = stage.usage()?.cpu.saturating_sub(usage.cpu).as_secs_f64() / span.as_secs_f64();
    let ticks = (stage.tally().ticks - ticks) as f64 / settings.servers as f64 / span.as_secs_f64();
    stage.finish()?;
    Ok(Cost { growth, share, ticks })
}
