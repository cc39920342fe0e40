//! How fast samples leave for a store outside: a measurement, not a test.
//!
//! `cargo test --release -p topmast-master --lib remote::speed -- --ignored --nocapture`; with `STORE=URL` it sends
//! to a store as well, which takes remote write at that address.

use super::{Carried, Remote};
use crate::clock::Clock;
use crate::config::RemoteConfig;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_model::sample::Series;

const SERVERS: usize = 100;
const SERIES: usize = 850;
const TICKS: usize = 120;

fn feed(remote: &Remote, server: usize) -> Carried {
    let server = format!("server-{server:03}");
    let mut feed = remote.feed(&[("cluster", "main"), ("server", &server), ("tenant", "acme")], SERIES);
    for index in 0..SERIES {
        let (metric, core) = (format!("host_some_metric_{}_total", index / 16), (index % 16).to_string());
        let series = Series::new(&metric, [("cpu", core.as_str()), ("mode", "idle")]);
        feed.define(u32::try_from(index).unwrap(), &series);
    }
    feed
}

fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn samples_a_second_into_the_spool_and_to_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = std::env::var("STORE").ok();
    let config = RemoteConfig {
        write_url: store.clone().unwrap_or_else(|| "http://127.0.0.1:1/write".into()),
        spool_mib: 8_192,
        ..RemoteConfig::default()
    };
    let (remote, _) = Remote::open(&config, folder.path(), Arc::new(Clock::default())).unwrap();
    let mut feeds: Vec<Carried> = (0..SERVERS).map(|server| feed(&remote, server)).collect();
    let start = Clock::default().now().0 - 600_000;
    let (begun, used) = (Instant::now(), processor_time());
    let mut taken = 0;
    for tick in 0..TICKS {
        let time = start + i64::try_from(tick).unwrap() * 1_000;
        for feed in &mut feeds {
            feed.tick(time);
            // One in eight changes, as on a Linux host.
            for index in (tick % 8..SERIES).step_by(if tick == 0 { 1 } else { 8 }) {
                feed.value(u32::try_from(index).unwrap(), (index * tick) as f64 * 0.25);
            }
            taken += remote.commit(feed, (i64::MIN, i64::MAX), time).unwrap().taken;
        }
        remote.sync(time).unwrap();
    }
    let (spooled, cpu) = (begun.elapsed(), processor_time().saturating_sub(used));
    let bytes = remote.state().waiting.bytes;
    let rate = taken as f64 / cpu.as_secs_f64();
    println!(
        "spool: {taken} samples in {spooled:.2?}, {cpu:.2?} of a processor, {rate:.0} a processor-second, {:.2} bytes a sample",
        bytes as f64 / taken as f64
    );
    if store.is_some() {
        let (begun, used) = (Instant::now(), processor_time());
        let sending = remote.sender.run();
        let done = async {
            while remote.state().waiting.bytes > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = sending => {}
            () = done => {}
        }
        let (took, cpu, sent) =
            (begun.elapsed(), processor_time().saturating_sub(used), remote.sender.sent());
        println!(
            "store: {sent} samples in {took:.2?}, {:.0} a second, {cpu:.2?} of a processor",
            sent as f64 / took.as_secs_f64()
        );
    }
}
