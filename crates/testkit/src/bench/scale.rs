//! The history at a size: how long a large store takes to start, and what series cost that are no more.
//!
//! Both stores are made by the store itself, in windows of two hours that end now, and are then opened by a master
//! of their own, whose memory and answers are looked at. What was just written is still in the page cache.

use super::figure::percentile;
use super::peer::encoded;
use super::{BenchError, Bound, Figure, Settings};
use crate::fleet::{PASSWORD, TestFleet, USER};
use crate::process::Usage;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use topmast_history::{Batch, Feed, History, Options};
use topmast_model::sample::Series;

const WINDOW_MS: i64 = 7_200_000;
const HOUR_MS: i64 = 3_600_000;
/// Bytes of the large store: some eight minutes of writing on two cores.
const LARGE_BYTES: u64 = 10 << 30;
const QUICK_BYTES: u64 = 1 << 28;
/// Agents of the large store and series of each.
const AGENTS: u32 = 20;
const AGENT_SERIES: u32 = 500;
/// Distance of its samples.
const STEP_MS: i64 = 10_000;
/// Series that are no more, in as many windows, and those of one window.
const DEAD: usize = 1_000_000;
const QUICK_DEAD: usize = 100_000;
const WINDOWS: usize = 20;
/// Samples of a series that is no more: a container that lives for ten minutes.
const DEAD_SAMPLES: i64 = 20;
/// Series that live all the time.
const LIVE: usize = 100;
/// Times that each request is made.
const ASKED: usize = 20;
const MIB: f64 = 1_048_576.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let quick = settings.span < Duration::from_secs(30);
    // In this order: memory that was used for the large store would hide what dead series take.
    dead(if quick { QUICK_DEAD } else { DEAD }, show).await?;
    large(if quick { QUICK_BYTES } else { LARGE_BYTES }, show).await
}

fn strange(error: impl std::fmt::Display) -> BenchError {
    BenchError::Strange(error.to_string())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn folder() -> Result<tempfile::TempDir, BenchError> {
    tempfile::Builder::new().prefix("topmast-scale-").tempdir().map_err(strange)
}

fn resident(pid: u32) -> Result<f64, BenchError> {
    Ok(Usage::of(pid).map_err(strange)?.resident_bytes as f64 / MIB)
}

/// A fresh store and how long opening it takes.
fn opened(folder: &Path) -> Result<(History, f64), BenchError> {
    let began = Instant::now();
    let (history, _) = History::open(folder, Options::default()).map_err(strange)?;
    Ok((history, began.elapsed().as_secs_f64()))
}

fn bytes(history: &History) -> u64 {
    history.status().tiers.iter().map(|tier| tier.bytes).sum()
}

/// Starts a master on a store; how long until it answers.
async fn master(store: &Path) -> Result<(TestFleet, f64), BenchError> {
    let folder = folder()?;
    let data = folder.path().join("master");
    let config = format!("[history]\ndata = \"{}\"\n", store.display());
    let mut fleet = TestFleet::start_with(folder, &data, &config).await?;
    // Again, for the first start makes keys and certificates.
    fleet.master().process().kill()?;
    let began = Instant::now();
    fleet.master().start_again().await?;
    Ok((fleet, began.elapsed().as_secs_f64()))
}

async fn large(wanted: u64, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let folder = folder()?;
    let (history, _) = opened(folder.path())?;
    // As many windows as are needed are not known beforehand, so they begin where twice of them would.
    let per_window = u64::from(AGENTS * AGENT_SERIES) * 8 * (WINDOW_MS / STEP_MS).unsigned_abs() * 2;
    let windows = i64::try_from(wanted / per_window + 1).unwrap_or(1);
    let mut time = (now().div_euclid(WINDOW_MS) - windows) * WINDOW_MS;
    let mut random = fastrand::Rng::with_seed(1);
    let mut feeds: Vec<Option<Feed>> = (0..AGENTS).map(|_| None).collect();
    let began = Instant::now();
    let mut written = 0_u64;
    // The last hour stays in the head and its log.
    let end = now() - 5_000;
    let mut maintained = time;
    while time < end {
        for (agent, slot) in feeds.iter_mut().enumerate() {
            let feed = slot.get_or_insert_with(|| {
                let server = format!("server-{agent}");
                let mut feed = history.feed([("server", server.as_str()), ("tenant", "acme")]);
                for index in 0..AGENT_SERIES {
                    let labels = format!("{index}");
                    feed.define(index, &Series::new("noise", [("place", labels.as_str())]));
                }
                feed
            });
            feed.tick(time);
            for index in 0..AGENT_SERIES {
                feed.value(index, random.f64());
            }
            written += history.commit(feed, time).map_err(strange)?.taken;
        }
        time += STEP_MS;
        if time - maintained > WINDOW_MS / 4 {
            history.sync().map_err(strange)?;
            history.maintain(time).map_err(strange)?;
            maintained = time;
        }
    }
    history.sync().map_err(strange)?;
    let (seconds, held) = (began.elapsed().as_secs_f64(), bytes(&history));
    drop((feeds, history));
    let note =
        format!("{written} incompressible samples of {} series in {seconds:.0} s", AGENTS * AGENT_SERIES);
    show(Figure::new("large store, segments", held as f64 / MIB / 1_024.0, "GiB").note(note));
    let (history, opening) = opened(folder.path())?;
    let status = history.status();
    let segments: usize = status.tiers.iter().map(|tier| tier.segments).sum();
    let note = format!("{segments} segments, {:.0} MiB of what is new", status.head_bytes as f64 / MIB);
    drop(history);
    show(Figure::new("large store, opened", opening, "s").target(Bound::AtMost(5.0)).note(note));
    let (mut fleet, started) = master(folder.path()).await?;
    show(Figure::new("large store, master answers", started, "s").target(Bound::AtMost(5.0)));
    let pid = fleet.master().process().pid();
    show(Figure::new("large store, master's memory", resident(pid)?, "MiB"));
    let client = Asker::new(&fleet);
    client.figures("large store", "noise{server=\"server-1\",place=\"7\"}", show).await?;
    fleet.finish()?;
    Ok(())
}

async fn dead(wanted: usize, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let folder = folder()?;
    let own = std::process::id();
    let (history, _) = opened(folder.path())?;
    let windows = i64::try_from(WINDOWS).unwrap_or(1);
    let start = (now().div_euclid(WINDOW_MS) - windows) * WINDOW_MS;
    let before = resident(own)?;
    let mut most = before;
    let mut batch = Batch::default();
    let began = Instant::now();
    for window in 0..=WINDOWS {
        let from = start + i64::try_from(window).unwrap_or(0) * WINDOW_MS;
        let dying = if window < WINDOWS { wanted / WINDOWS } else { 0 };
        let mut samples = |name: &str, kind: &str, step: i64, count: i64| {
            batch.series("container_cpu", [("job", "kubelet"), ("kind", kind), ("name", name)]);
            (0..count).for_each(|sample| batch.sample(from + sample * step, sample as f64));
            if batch.len() > 100_000 {
                history.append(&batch, from + HOUR_MS).map_err(strange)?;
                batch.clear();
            }
            Ok::<(), BenchError>(())
        };
        for number in 0..LIVE {
            samples(&format!("live-{number}"), "live", 30_000, (now() - from).clamp(0, WINDOW_MS) / 30_000)?;
        }
        for number in 0..dying {
            // As long as the names that orchestrators give.
            let name = format!("shop-backend-7d9f8c6b5-{:08x}-{window}", number * 7_919);
            samples(&name, "dead", 30_000, DEAD_SAMPLES)?;
        }
        history.append(&batch, from + HOUR_MS).map_err(strange)?;
        batch.clear();
        history.sync().map_err(strange)?;
        if window < WINDOWS {
            history.maintain(from + WINDOW_MS + HOUR_MS).map_err(strange)?;
        }
        most = most.max(resident(own)?);
    }
    let (seconds, series, held) = (began.elapsed().as_secs_f64(), history.series_count(), bytes(&history));
    let after = resident(own)?;
    drop((history, batch));
    let note =
        format!("{wanted} series in {WINDOWS} windows, {DEAD_SAMPLES} samples each, in {seconds:.0} s");
    show(Figure::new("dead series, series in the head", series as f64, "series").note(note));
    show(Figure::new("dead series, disk", held as f64 / wanted as f64, "B/series").note("all tiers"));
    let note = format!("{before:.0} MiB before, {most:.0} MiB at most, {after:.0} MiB after");
    show(Figure::new("dead series, memory of the writer grew by", after - before, "MiB").note(note));
    let (_, opening) = opened(folder.path())?;
    show(Figure::new("dead series, opened", opening, "s").target(Bound::AtMost(5.0)));
    let (mut fleet, _) = master(folder.path()).await?;
    let pid = fleet.master().process().pid();
    let started = resident(pid)?;
    let asker = Asker::new(&fleet);
    let live = "container_cpu{name=\"live-7\"}";
    asker.figures("dead series", live, show).await?;
    for (what, path) in [
        ("values of a label that all have", "label/job/values"),
        ("values of the label that tells them apart", "label/name/values"),
        ("the same of the live ones", "label/name/values?match[]=container_cpu%7Bkind=%22live%22%7D"),
        ("names of labels", "labels"),
    ] {
        asker.asked(&format!("dead series, {what}"), path, show).await?;
    }
    let note = format!("{started:.0} MiB after the start");
    show(Figure::new("dead series, master's memory after all that", resident(pid)?, "MiB").note(note));
    fleet.finish()?;
    Ok(())
}

/// Asks a master's history over HTTP.
struct Asker {
    http: reqwest::Client,
    base: String,
}

impl Asker {
    fn new(fleet: &TestFleet) -> Self {
        Self { http: reqwest::Client::new(), base: format!("{}/api/v1/prometheus/api/v1", fleet.url()) }
    }

    /// Queries of one series: as of now, and over all that there is.
    async fn figures(
        &self,
        name: &str,
        series: &str,
        show: &mut dyn FnMut(Figure),
    ) -> Result<(), BenchError> {
        let query = encoded(series);
        self.asked(&format!("{name}, a series now"), &format!("query?query={query}"), show).await?;
        let (from, until) = ((now() - 40 * HOUR_MS) / 1_000, now() / 1_000);
        let path = format!("query_range?query={query}&start={from}&end={until}&step=60");
        self.asked(&format!("{name}, a series of 40 h by the minute"), &path, show).await
    }

    async fn asked(&self, name: &str, path: &str, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
        let url = format!("{}/{path}", self.base);
        let (mut times, mut length, mut refused) = (Vec::new(), 0, None);
        for _ in 0..ASKED {
            let failed = |source| BenchError::Http { url: url.clone(), source };
            let began = Instant::now();
            let answer = self.http.get(&url).basic_auth(USER, Some(PASSWORD)).send().await.map_err(failed)?;
            let status = answer.status();
            let text = answer.text().await.map_err(failed)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            length = text.len();
            if !status.is_success() {
                refused = Some(text.chars().take(160).collect::<String>());
            }
        }
        let first = times.first().copied().unwrap_or(f64::NAN);
        times.sort_by(f64::total_cmp);
        let note = refused.unwrap_or_else(|| format!("{length} bytes; the first time {first:.0} ms"));
        show(
            Figure::new(format!("{name}, p50"), percentile(&times, 50).unwrap_or(f64::NAN), "ms").note(note),
        );
        Ok(())
    }
}
