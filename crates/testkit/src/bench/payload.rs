//! The first page that a console asks for.

use super::metrics::fetch;
use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Figure};
use std::time::Instant;
use topmast_api::route::{Route, SERVER_LIST, SERVICE_LIST};

/// A screen's worth, and a whole fleet of the benchmark.
const LIMITS: [usize; 2] = [100, 1_000];

pub(super) async fn measure(stage: &Stage, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    for (noun, route) in [("servers", &SERVER_LIST), ("services", &SERVICE_LIST)] {
        for limit in LIMITS {
            page(stage, noun, route, limit, show).await?;
        }
    }
    Ok(())
}

async fn page(
    stage: &Stage,
    noun: &str,
    route: &Route,
    limit: usize,
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let url = format!("{}{}?limit={limit}", stage.fleet.url(), route.path);
    let start = Instant::now();
    let text = fetch(&stage.http, &url).await?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    let note =
        format!("{} servers with {} services, not compressed", stage.servers, stage.servers * APPLICATIONS);
    show(
        Figure::new(format!("first page, ≤ {limit} {noun}: size"), text.len() as f64 / 1e3, "KB").note(note),
    );
    show(Figure::new(format!("first page, ≤ {limit} {noun}: time"), took, "ms"));
    Ok(())
}
