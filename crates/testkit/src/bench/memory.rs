//! The master's memory: what a connected server takes, and what each of its series.
//!
//! Two fleets of as many servers and different series connect to a fresh master each.
//! `growth = servers × (a + b × series)`, twice, gives both unknowns.

use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Bound, Figure, Settings};

/// The lesser number of series: those that the applications' services bring, and a few of the host.
const FEW_SERIES: usize = 4 * APPLICATIONS;
const KIB: f64 = 1_024.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let many_series = settings.series.max(10 * FEW_SERIES);
    let few = growth(settings, FEW_SERIES).await?;
    let many = growth(settings, many_series).await?;
    let servers = settings.servers as f64;
    let series = (many - few) / servers / (many_series - FEW_SERIES) as f64;
    let server = few / servers - series * FEW_SERIES as f64;
    let note = format!(
        "grew by {:.1} MiB with {FEW_SERIES} and {:.1} MiB with {many_series} series on {} servers",
        few / KIB / KIB,
        many / KIB / KIB,
        settings.servers
    );
    let of_server = format!("{APPLICATIONS} applications and services of each included");
    show(
        Figure::new("master memory a connected server", server / KIB, "KiB")
            .target(Bound::AtMost(64.0))
            .note(of_server),
    );
    show(
        Figure::new("master memory an active series", series / KIB, "KiB")
            .target(Bound::AtMost(1.0))
            .note(note),
    );
    Ok(())
}

/// Resident bytes that the master took for a fleet.
async fn growth(settings: &Settings, series: usize) -> Result<f64, BenchError> {
    let mut stage = Stage::start(settings, series).await?;
    stage.settle().await?;
    let resident = stage.usage()?.resident_bytes;
    let growth = resident.saturating_sub(stage.idle.resident_bytes) as f64;
    stage.finish()?;
    Ok(growth)
}
