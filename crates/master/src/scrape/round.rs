//! One target's task: scrape after scrape, on a grid of its own within the interval.

use super::config::Job;
use super::fetch::{self, FetchError, Fetched};
use super::target::{Health, State, Target};
use crate::http::Context;
use crate::ingest::{Labelled, Scratch};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use topmast_history::{AppendError, Batch};
use topmast_ingest::Sink;
use topmast_ingest::compression::unpack;
use topmast_ingest::relabel::Labels;
use topmast_ingest::scrape::{Held, Options, STALE, Scraped};

/// A scrape that begins so much late, in ms, is stamped with the time at which it should have: even distances are
/// kept in less space. A hundredth of the interval when that is less.
const TOLERANCE_MS: i64 = 10;
/// What is told of every scrape beside its samples.
const REPORT: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// Scrapes a target until `removed` is given; then tells the ends of its series.
pub(super) async fn run(
    context: Arc<Context>,
    job: Arc<Job>,
    target: Arc<Target>,
    mut removed: oneshot::Receiver<()>,
) {
    let options = Arc::new(Options {
        target: target.labels.clone(),
        honor_labels: job.config.honor_labels,
        honor_timestamps: job.config.honor_timestamps,
        relabel: job.metric_relabel.clone(),
        sample_limit: job.config.sample_limit,
    });
    let every = i64::try_from(target.every.as_millis()).unwrap_or(i64::MAX);
    let mut due = first(context.bus.clock().now().0, every, &target.key());
    let (mut held, mut reported) = (Held::default(), false);
    loop {
        let wait = (due - context.bus.clock().now().0).clamp(0, every);
        tokio::select! {
            // Also when whoever could give it is gone.
            _ = &mut removed => break,
            () = tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())) => {}
        }
        let now = context.bus.clock().now().0;
        let time = if (0..=TOLERANCE_MS.min(every / 100)).contains(&(now - due)) { due } else { now };
        let (started, fetched) = (Instant::now(), fetched(&context, &job, &target).await);
        let took = started.elapsed();
        let scrape = Scrape { fetched, time, took, most: job.config.body_size_limit };
        let Some((back, outcome)) = store(&context, held, Arc::clone(&options), scrape).await else { return };
        (held, reported) = (back, true);
        context.scrapes.count(outcome.is_err());
        let state = if outcome.is_ok() { State::Up } else { State::Down };
        let error = outcome.err().unwrap_or_default();
        target.set_health(Health { state, error, time: Some(time), took });
        let now = context.bus.clock().now().0;
        // What was missed is not made up for.
        due += every * ((now - due).max(0) / every + 1);
    }
    if reported {
        end(&context, held, options).await;
    }
}

/// The first time of a target's grid: by its hash, so that targets are spread over the interval.
fn first(now: i64, every: i64, key: &str) -> i64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let offset = i64::try_from(hasher.finish() % every.unsigned_abs().max(1)).unwrap_or_default();
    now + (offset - now).rem_euclid(every)
}

async fn fetched(context: &Context, job: &Job, target: &Target) -> Result<Fetched, String> {
    let asked = async {
        let _turn = context.scrapes.at_once.acquire().await.map_err(|_| FetchError::Stopping)?;
        fetch::get(job, target, &context.scrapes.body_kib).await
    };
    match tokio::time::timeout(target.timeout, asked).await {
        Ok(fetched) => fetched.map_err(|error| error.to_string()),
        Err(_) => {
            Err(format!("the target did not answer within {} s (timeout)", target.timeout.as_secs_f64()))
        }
    }
}

struct Scrape {
    fetched: Result<Fetched, String>,
    time: i64,
    took: Duration,
    /// Bytes of the unpacked body.
    most: usize,
}

/// Hands what was fetched to the history; gives back what the target holds, and whether the scrape was good.
/// `None` when the process ends.
async fn store(
    context: &Arc<Context>,
    mut held: Held,
    options: Arc<Options>,
    scrape: Scrape,
) -> Option<(Held, Result<(), String>)> {
    let place = context.ingest.wait().await?;
    let inside = Arc::clone(context);
    let worked = context.ingest.work(place, move |scratch| {
        let Scratch { unpacked, batch } = scratch;
        let Scrape { fetched, time, took, most } = scrape;
        let mut sink = Labelled { batch, own: inside.ingest.own(), known: None };
        let scraped = fetched.and_then(|fetched| {
            let page =
                unpack(fetched.encoding, &fetched.body, most, unpacked).map_err(|error| error.to_string())?;
            held.page(page, fetched.form, &options, time, &mut sink).map_err(|error| error.to_string())
        });
        if scraped.is_err() {
            // Half a page is no page.
            sink.batch.clear();
            held.end(time, &mut sink);
        }
        let (found, up) = (scraped.as_ref().ok().cloned().unwrap_or_default(), scraped.is_ok());
        let Scraped { samples, kept, added, outcome } = found;
        let values = [f64::from(u8::from(up)), took.as_secs_f64(), samples as f64, kept as f64, added as f64];
        report(&options.target, time, values, &mut sink);
        inside.counters.ingested(outcome.samples, outcome.left_out);
        let stored = append(&inside, sink.batch);
        (held, scraped.map(|_| ()).and(stored))
    });
    worked.await
}

/// Tells the ends of all series of a target that is no more.
async fn end(context: &Arc<Context>, mut held: Held, options: Arc<Options>) {
    let Some(place) = context.ingest.wait().await else { return };
    let inside = Arc::clone(context);
    let worked = context.ingest.work(place, move |scratch| {
        let time = inside.bus.clock().now().0;
        let mut sink = Labelled { batch: &mut scratch.batch, own: inside.ingest.own(), known: None };
        held.end(time, &mut sink);
        report(&options.target, time, [STALE; 5], &mut sink);
        // Nobody hears any more that it was not taken; it is counted.
        let _ = append(&inside, sink.batch);
    });
    // `None` only when the process ends.
    let _ = worked.await;
}

fn report(target: &Labels, time: i64, values: [f64; 5], sink: &mut impl Sink) {
    let labels: Vec<(&str, &str)> =
        target.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (metric, value) in REPORT.into_iter().zip(values) {
        sink.series(metric, &labels);
        sink.sample(time, value);
    }
}

/// Hands samples to the history, as far as the tenant's quota reaches; else says why not.
fn append(context: &Context, batch: &Batch) -> Result<(), String> {
    let samples = batch.len() as u64;
    if let Err(over) = context.meters.bring(context.ingest.own().tenant(), samples, Instant::now()) {
        context.counters.history_lost(samples);
        return Err(over.detail);
    }
    match context.bring(batch, context.bus.clock().now().0) {
        Ok(brought) => brought.refusals.map_or(Ok(()), Err),
        Err(AppendError::Full | AppendError::Forgotten) => {
            context.counters.history_lost(samples);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_spread_over_the_interval_and_keep_their_place() {
        let (now, every) = (1_795_000_000_123, 15_000);
        let firsts: Vec<i64> =
            (0..1_000).map(|number| first(now, every, &format!("target {number}"))).collect();
        assert!(firsts.iter().all(|time| (now..now + every).contains(time)));
        let first_third = firsts.iter().filter(|time| **time < now + every / 3).count();
        assert!((233..433).contains(&first_third), "{first_third} of 1000");
        // After a restart at any moment a target is on the same grid.
        assert_eq!(
            first(now + 77_777, every, "a").rem_euclid(every),
            first(now, every, "a").rem_euclid(every)
        );
    }
}
