//! What tenants cost: the same fleet in one tenant without quotas, and in one, ten and a hundred with them.
//!
//! Each has a fresh master. Quotas are so large that nothing reaches them: what is measured is that they are looked at.
//! Lists and queries are asked one after the other, by who sees everything and by a user of the first tenant, who sees a
//! part of the fleet. There is one such user whatever the division: a password's hash takes more memory than a tenant.

use super::figure::percentile;
use super::metrics::ingested;
use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Figure, Settings};
use crate::fleet::PASSWORD;
use crate::simulator::Options;
use std::fmt;
use std::time::{Duration, Instant};
use topmast_api::client::{Client, ClientError, Credentials};
use topmast_api::page::ListQuery;
use topmast_api::query::InstantQuery;
use topmast_api::server::ServerRow;
use topmast_api::tenant::TenantRequest;
use topmast_api::user::UserRequest;
use topmast_model::path::ObjectPath;

/// Tenants of each fleet.
const COUNTS: [Division; 4] = [
    Division { tenants: 1, quotas: false },
    Division { tenants: 1, quotas: true },
    Division { tenants: 10, quotas: true },
    Division { tenants: 100, quotas: true },
];
/// More than anything here comes to.
const NEVER: Option<u64> = Some(1_000_000_000);
/// Days that are longer than the benchmark: queries look at what is too old, and nothing is.
const DAYS: Option<u64> = Some(3);
/// Times that each request is made, and with `--quick`.
const ASKED: usize = 400;
const QUICK_ASKED: usize = 50;
/// Rows of a page: a screen's worth.
const ROWS: u32 = 60;
/// One series of every server.
const QUERY: &str = "sum(host_load_1)";
/// Shorter spans are those of a quick run.
const QUICK: Duration = Duration::from_secs(30);
const MIB: f64 = 1_048_576.0;

/// How a fleet is divided.
#[derive(Debug, Clone, Copy)]
struct Division {
    tenants: usize,
    quotas: bool,
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (many, quotas) =
            (if self.tenants == 1 { "" } else { "s" }, if self.quotas { "" } else { " without quotas" });
        write!(f, "{} tenant{many}{quotas}", self.tenants)
    }
}

/// A figure of one division and what a reader must know.
type Value = (f64, String);

/// What one division of the fleet cost.
struct Outcome {
    division: Division,
    memory: Value,
    processor: Value,
    ingest: Value,
    /// Lists and queries of who sees everything, then of a tenant's user; in ms, ascending.
    asked: [Vec<f64>; 4],
}

const ASKED_NAMES: [&str; 4] = [
    "list of who sees everything",
    "list of a tenant's user",
    "query of who sees everything",
    "query of a tenant's user",
];

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut outcomes = Vec::new();
    for division in COUNTS {
        outcomes.push(of(division, settings).await?);
    }
    // Beside each other: each figure of all divisions.
    let mut rows = |what: &str, unit, value: &dyn Fn(&Outcome) -> Value| {
        for outcome in &outcomes {
            let (value, note) = value(outcome);
            show(Figure::new(format!("{}, {what}", outcome.division), value, unit).note(note));
        }
    };
    rows("master memory", "MiB", &|outcome| outcome.memory.clone());
    rows("master processor", "% of a core", &|outcome| outcome.processor.clone());
    rows("master ingest", "M/CPU-s", &|outcome| outcome.ingest.clone());
    for (place, name) in ASKED_NAMES.into_iter().enumerate() {
        for percent in [50, 99] {
            rows(&format!("{name}, p{percent}"), "ms", &|outcome| {
                let times = &outcome.asked[place];
                (percentile(times, percent).unwrap_or(f64::INFINITY), format!("{} asked", times.len()))
            });
        }
    }
    Ok(())
}

fn strange(error: impl fmt::Display) -> BenchError {
    BenchError::Strange(error.to_string())
}

/// Measures the fleet in so many tenants.
async fn of(division: Division, settings: &Settings) -> Result<Outcome, BenchError> {
    let tenants: Vec<ObjectPath> = (0..division.tenants)
        .map(|number| ObjectPath::tenant(&format!("tenant{number:03}")))
        .collect::<Result<_, _>>()
        .map_err(strange)?;
    let mut clusters = Vec::new();
    for (number, tenant) in tenants.iter().enumerate() {
        // The first ones take what is left.
        let servers =
            settings.servers / tenants.len() + usize::from(number < settings.servers % tenants.len());
        clusters.push((Some(tenant.join("main").map_err(strange)?), servers));
    }
    clusters.retain(|(_, servers)| *servers > 0);
    let options = Options { series: settings.series, applications: APPLICATIONS, ..Options::default() };
    let mut stage = Stage::start_clusters(&clusters, &options).await?;
    let everything = stage.fleet.client();
    let person = person(&everything, &tenants[0]).await?;
    if division.quotas {
        for tenant in &tenants {
            everything.tenant_set(tenant, &quotas()).await?;
        }
    }
    stage.settle().await?;
    let (memory, processor, ingest) = cost(&mut stage, settings.span / 2).await?;
    let asked = if settings.span < QUICK { QUICK_ASKED } else { ASKED };
    let asked = ask(&[everything.clone(), person], settings.servers, asked).await?;
    for row in everything.tenant_list().await?.items {
        let refused = row.series.refused + row.samples.refused + row.requests.refused;
        if refused > 0 {
            return Err(strange(format!("{} was refused {refused} times and should not be", row.tenant)));
        }
    }
    stage.finish()?;
    Ok(Outcome { division, memory, processor, ingest, asked })
}

fn quotas() -> TenantRequest {
    TenantRequest {
        title: "measured".into(),
        series: NEVER,
        samples_per_s: NEVER,
        requests_per_s: NEVER,
        raw_days: DAYS,
        minute_days: DAYS,
        hour_days: DAYS,
        raw_mib: NEVER,
        minute_mib: NEVER,
        hour_mib: NEVER,
    }
}

/// A user who sees a tenant, logged in.
async fn person(client: &Client, tenant: &ObjectPath) -> Result<Client, BenchError> {
    let grants = vec![format!("viewer:{tenant}").parse().map_err(strange)?];
    let name = format!("of-{tenant}");
    client.user_create(&UserRequest { name: name.clone(), password: PASSWORD.into(), grants }).await?;
    let session = client.with_credentials(Credentials::None).session_open(&name, PASSWORD).await?;
    Ok(client.with_credentials(Credentials::of(&session)))
}

/// What the fleet costs while nobody looks.
async fn cost(stage: &mut Stage, span: Duration) -> Result<(Value, Value, Value), BenchError> {
    let url = stage.fleet.url().to_owned();
    let counted = ingested(&stage.http, &url).await?.samples;
    let (begun, usage, before) = (Instant::now(), stage.usage()?, stage.tally());
    tokio::time::sleep(span).await;
    let (passed, cpu, after) = (begun.elapsed().as_secs_f64(), stage.usage()?.cpu, stage.tally());
    let counted = ingested(&stage.http, &url).await?.samples - counted;
    let cpu = cpu.saturating_sub(usage.cpu).as_secs_f64();
    let samples = (after.samples - before.samples) as f64;
    let ticks = (after.ticks - before.ticks) as f64 / passed / stage.servers as f64 * 100.0;
    // B-2
    let check = format!("the fleet sent {samples:.0} samples, the master counted {counted:.0}");
    let processor = format!("{} servers, of their ticks {ticks:.0} % came", stage.servers);
    let memory = format!("after {:.0} ticks of each server", after.ticks as f64 / stage.servers as f64);
    Ok(((stage.growth()? / MIB, memory), (cpu / passed * 100.0, processor), (samples / cpu / 1e6, check)))
}

/// Asks for pages at any place and for a query, everybody in turn, so that whatever else the machine does meets them
/// all.
async fn ask(people: &[Client; 2], servers: usize, times: usize) -> Result<[Vec<f64>; 4], BenchError> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut asked: [Vec<f64>; 4] = Default::default();
    for _ in 0..times {
        let list = ListQuery {
            // Nobody has asked for the same before, which would be kept for a moment.
            filter: Some(format!("name!=nobody{}", random.u32(..))),
            sort: Some("-cpu_pct".into()),
            limit: Some(ROWS),
            offset: Some(random.u64(..servers as u64)),
            ..ListQuery::default()
        };
        let query = InstantQuery { query: QUERY.into(), time: None };
        for (place, client) in people.iter().enumerate() {
            timed(&mut asked[place], client.list::<ServerRow>(&list)).await?;
            timed(&mut asked[people.len() + place], client.query_instant(&query)).await?;
        }
    }
    for times in &mut asked {
        times.sort_by(f64::total_cmp);
    }
    Ok(asked)
}

async fn timed<T>(
    times: &mut Vec<f64>,
    request: impl Future<Output = Result<T, ClientError>>,
) -> Result<(), BenchError> {
    let begun = Instant::now();
    request.await?;
    times.push(begun.elapsed().as_secs_f64() * 1e3);
    Ok(())
}
