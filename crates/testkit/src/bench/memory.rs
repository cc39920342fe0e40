//! The master's memory and processor time: what a connected server takes, and what each of its series.
//!
//! Two fleets of as many servers and different series connect to a fresh master each.
//! `growth = servers × (a + b × series)`, twice, gives both unknowns; at several sizes, for what is little at a thousand
//! servers may not be at ten thousand.
//!
//! What was taken in waits in memory until it is made a chunk, after 600 ticks of a server: a master whose servers have
//! just come takes less than one that runs. So the first size is looked at once more after as many ticks, which come
//! four times as fast there, for ten minutes of each fleet are long.

use super::metrics::ingested;
use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Bound, Figure, Settings};
use crate::simulator::Options;
use std::time::Duration;

/// The lesser number of series: those that the applications' services bring, and a few of the host.
const FEW_SERIES: usize = 4 * APPLICATIONS;
/// The greater one is at least so many times that.
const MORE: usize = 5;
/// So many times the servers asked for, at most the last number.
const TIMES: [usize; 3] = [1, 5, 10];
const SERVERS_MAX: usize = 10_000;
/// Servers whose ticks a simulator on the same cores can make four times as fast.
const FAST_MAX: usize = 1_000;
const FAST: Duration = Duration::from_millis(250);
/// Ticks after which the history makes chunks of what it holds, and some more, for servers do not tick together.
const CHUNK_TICKS: u64 = 620;
/// Shorter spans are those of a quick run, which looks at one size alone.
const QUICK: Duration = Duration::from_secs(30);
const KIB: f64 = 1_024.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let is_quick = settings.span < QUICK;
    let sizes = if is_quick { &TIMES[..1] } else { &TIMES[..] };
    let mut sizes: Vec<_> = sizes.iter().map(|times| (settings.servers * times).min(SERVERS_MAX)).collect();
    sizes.dedup();
    for servers in &sizes {
        at(&Settings { servers: *servers, ..*settings }, show).await?;
        if !is_quick && *servers <= FAST_MAX {
            full(&Settings { servers: *servers, ..*settings }, show).await?;
        }
    }
    Ok(())
}

/// Series of each server of the second fleet.
fn many_series(settings: &Settings) -> usize {
    settings.series.max(MORE * FEW_SERIES)
}

/// The figures of one size, soon after the servers came.
async fn at(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let few = cost(settings, FEW_SERIES).await?;
    let many = cost(settings, many_series(settings)).await?;
    memory(settings, "", [few.growth, many.growth], &many.after, show);
    for (cost, series) in [(few, FEW_SERIES), (many, many_series(settings))] {
        let name = format!("{} servers × {series} series, master processor time a server", settings.servers);
        let note = format!(
            "{:.0} % of a core for all; {:.0} % of the ticks came; {}",
            cost.share * 100.0,
            cost.ticks * 100.0,
            cost.counted
        );
        show(Figure::new(name, cost.share / settings.servers as f64 * 1e6, "µs/s").note(note));
    }
    Ok(())
}

/// The memory of one size when every server has ticked so often that the first chunks are made.
async fn full(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut growth = [0.0; 2];
    for (growth, series) in growth.iter_mut().zip([FEW_SERIES, many_series(settings)]) {
        let options = Options { series, applications: APPLICATIONS, interval: FAST, ..Options::default() };
        let mut stage = Stage::start_fleet(settings.servers, &options).await?;
        stage.settle().await?;
        stage.ticked(CHUNK_TICKS).await?;
        *growth = stage.growth()?;
        stage.finish()?;
    }
    let after = format!("after {CHUNK_TICKS} ticks of each, one in {} ms", FAST.as_millis());
    memory(settings, ", first chunks made", growth, &after, show);
    Ok(())
}

/// What a server and a series take, by what two fleets took.
fn memory(settings: &Settings, when: &str, [few, many]: [f64; 2], after: &str, show: &mut dyn FnMut(Figure)) {
    let (servers, many_series) = (settings.servers as f64, many_series(settings));
    let series = (many - few) / servers / (many_series - FEW_SERIES) as f64;
    let server = few / servers - series * FEW_SERIES as f64;
    let name = |what: &str| format!("{} servers, master memory {what}{when}", settings.servers);
    let note = format!("{APPLICATIONS} applications and services of each included; {after}");
    show(Figure::new(name("a connected server"), server / KIB, "KiB").target(Bound::AtMost(64.0)).note(note));
    let note = format!(
        "grew by {:.1} MiB with {FEW_SERIES} and {:.1} MiB with {many_series} series a server",
        few / KIB / KIB,
        many / KIB / KIB,
    );
    show(Figure::new(name("an active series"), series / KIB, "KiB").target(Bound::AtMost(1.0)).note(note));
}

/// What a fleet cost its master.
struct Cost {
    /// Resident bytes that it took.
    growth: f64,
    /// Part of a core.
    share: f64,
    /// Part of the ticks that were due.
    ticks: f64,
    /// When that was.
    after: String,
    /// Samples as both sides count them (B-2).
    counted: String,
}

async fn cost(settings: &Settings, series: usize) -> Result<Cost, BenchError> {
    let mut stage = Stage::start(settings, series).await?;
    stage.settle().await?;
    let url = stage.fleet.url().to_owned();
    let counted = ingested(&stage.http, &url).await?.samples;
    let (usage, before) = (stage.usage()?, stage.tally());
    let span = settings.span / 4;
    tokio::time::sleep(span).await;
    let (cpu, tally) = (stage.usage()?.cpu, stage.tally());
    let counted = ingested(&stage.http, &url).await?.samples - counted;
    let growth = stage.growth()?;
    stage.finish()?;
    let servers = settings.servers as f64;
    Ok(Cost {
        growth,
        share: cpu.saturating_sub(usage.cpu).as_secs_f64() / span.as_secs_f64(),
        ticks: (tally.ticks - before.ticks) as f64 / servers / span.as_secs_f64(),
        after: format!("after {:.0} ticks of each", tally.ticks as f64 / servers),
        counted: format!(
            "the fleet sent {} samples, the master counted {counted:.0}",
            tally.samples - before.samples
        ),
    })
}
