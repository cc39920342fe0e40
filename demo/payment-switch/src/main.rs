//! A payment switch that authorises simulated card transactions.
//!
//! It exists to be supervised: it has services that depend on each other, counters,
//! latencies, a daily task, logs, and a way to break each of them (`POST /fault`).
//!
//! ```text
//! main loop --tick every 10 ms--> simulate::Switch <--reads, faults-- http
//! SIGTERM, SIGINT -> stop accepting, finish open requests for at most 1 s, exit 0
//! ```
//!
//! Elsewhere: the contract that the agent reads (`http::services`), what breaks what (`simulate`).

mod end_of_day;
mod fault;
mod http;
mod latency;
mod log;
mod random;
mod response;
mod service;
mod simulate;

use anyhow::Context;
use clap::Parser;
use fault::Order;
use http::Shared;
use log::Line;
use simulate::{Settings, Switch, TICK_MS, TPS_MAX};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

/// How long open requests may take after a signal to stop.
const DRAIN: Duration = Duration::from_secs(1);
/// Time for the answer to a request that ends the process to reach its client.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// Most ticks made up for at once: after a longer pause the switch goes on from now.
const TICKS_BEHIND_MAX: u64 = 100;

/// A simulated card payment switch, to be supervised, measured and broken.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Address of the HTTP port; port 0 takes a free one.
    #[arg(long, env = "PAYMENT_SWITCH_LISTEN", default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
    /// Transactions per second.
    #[arg(long, env = "PAYMENT_SWITCH_RATE", default_value = "50", value_name = "TPS", value_parser = rate)]
    rate: f64,
    /// Seed of all chance: the same seed gives the same transactions.
    #[arg(long, env = "PAYMENT_SWITCH_SEED", default_value = "1")]
    seed: u64,
    /// Length of a simulated day in seconds; end-of-day runs once in it.
    #[arg(long, env = "PAYMENT_SWITCH_DAY", default_value = "600", value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(10..=86_400))]
    day: u64,
    /// Transactions per line in the log.
    #[arg(long, env = "PAYMENT_SWITCH_LOG_EVERY", default_value = "1000", value_name = "N",
          value_parser = clap::value_parser!(u64).range(1..))]
    log_every: u64,
}

fn rate(text: &str) -> Result<f64, String> {
    let tps: f64 = text.parse().map_err(|_| "write a number".to_owned())?;
    if (0.0..=TPS_MAX).contains(&tps) { Ok(tps) } else { Err(format!("write a number from 0 to {TPS_MAX}")) }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime")
        .and_then(|runtime| runtime.block_on(run(options)));
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            Line::error(format!("{error:#}")).write();
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<u8> {
    let settings = Settings {
        seed: options.seed,
        tps: options.rate,
        day_ms: options.day * 1_000,
        log_every: options.log_every,
    };
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("listen on {}: choose another port with --listen", options.listen))?;
    let address = listener.local_addr().context("read the listening address")?;

    let (orders, mut ordered) = mpsc::channel(1);
    let shared = Arc::new(Shared::new(Switch::new(settings, unix_ms()), orders));
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(http::serve(listener, Arc::clone(&shared), stopped));
    Line::info(format!("listening on {address}, {} transactions per second", settings.tps)).write();

    tokio::select! {
        () = simulate(&shared) => {}
        Some(order) = ordered.recv() => {
            sleep(LAST_WORDS).await;
            Line::error(format!("ending as ordered: {order:?}")).write();
            match order {
                Order::Crash => std::process::abort(),
                Order::Exit(code) => return Ok(code),
            }
        }
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Line::info("stopping: finishing open requests".to_owned()).write();
    let _ = stop.send(true);
    if timeout(DRAIN, server).await.is_err() {
        Line::error("requests still open after a second were cut".to_owned()).write();
    }
    Ok(0)
}

/// Ticks for ever. Ticks are counted from the start, so that a late wake-up loses no transaction.
async fn simulate(shared: &Shared) {
    let mut wake = interval(Duration::from_millis(TICK_MS));
    wake.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let start = Instant::now();
    let mut ticked = 0;
    loop {
        wake.tick().await;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of uptime fit for ages")]
        let due = start.elapsed().as_millis() as u64 / TICK_MS;
        ticked = ticked.max(due.saturating_sub(TICKS_BEHIND_MAX));
        for line in shared.tick(due - ticked, unix_ms()) {
            line.write();
        }
        ticked = due;
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
