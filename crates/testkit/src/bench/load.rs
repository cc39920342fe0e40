//! Everybody at once: a large fleet, a tenth as many watchers, and ever more requests until something gives; then a
//! twentieth as many requests a second as servers, for long.
//!
//! ```text
//! simulated fleet ──samples, changes──► master ──deltas──► watchers: half over SSE, half over a console's WebSocket,
//! asker ──lists, details, queries, commands──►             half of each watch the same, half a server of their own
//! ```
//!
//! A request is due at a time of its own, whether or not those before are answered, and its time counts from then: a
//! master that stands still is not asked less. All of it shares the machine's cores with the master.

mod request;
mod watcher;
mod window;

use super::figure::spread;
use super::stage::Stage;
use super::{BenchError, Figure, Settings};
use crate::simulator::Options;
use request::Kind;
use std::time::Duration;
use window::{Load, Window};

/// What each server has: as much of it as the fleet of the console has, so that fleet, clients and master fit on two cores.
const FLEET: Options = Options {
    series: 40,
    applications: 1,
    services: 2,
    interval: Duration::from_secs(1),
    changing: 0.13,
    seed: 1,
};
/// Servers for each watcher, and for each request a second.
const SERVERS_A_WATCHER: usize = 10;
const SERVERS_A_REQUEST: usize = 20;
/// Of the time at the rate asked for, the part that a step with more requests takes.
const STEP: u32 = 30;
/// Shortest step.
const STEP_MIN: Duration = Duration::from_secs(5);
/// Steps below and above the rate asked for, each with half as many requests again: from a seventeenth of it to
/// seventeen times.
const STEPS: i32 = 7;
const FACTOR: f64 = 1.5;
/// DESIGN's bound for a change, and ours for an answer that a person waits for.
const CHANGE_MS: f64 = 250.0;
const ANSWER_MS: f64 = 250.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let servers = settings.load_servers;
    let stage = Stage::start_fleet(servers, &FLEET).await?;
    stage.settle().await?;
    let mut load = Load::begin(stage, servers.div_ceil(SERVERS_A_WATCHER)).await?;
    let rate = servers.div_ceil(SERVERS_A_REQUEST) as f64;
    // Before the long while: a master that is asked for more than it bears may not recover amid it.
    ramp(&mut load, rate, (settings.load_span / STEP).max(STEP_MIN), show).await?;
    load.settle().await?;
    figures(&load.measure(rate, settings.load_span).await?, show);
    load.end()
}

fn figures(window: &Window, show: &mut dyn FnMut(Figure)) {
    let all = format!(
        "{} servers × {} series, {} watchers, {:.0} requests/s for {:.0} s",
        window.servers, FLEET.series, window.watchers, window.rate, window.seconds
    );
    for kind in Kind::ALL {
        let asked = window.answers.of(*kind);
        let note = format!("{} asked, {} failed", asked.times_ms.len() + asked.failed, asked.failed);
        spread(&format!("load, {kind}"), &asked.times_ms, ANSWER_MS, &note, show);
    }
    for seen in window.seen() {
        let note = format!("{} changes to see, {} never seen", seen.expected, seen.missing());
        spread(&format!("load, change → {}", seen.name), seen.times_ms, CHANGE_MS, &note, show);
    }
    let ages = &window.answers.ages_ms;
    spread("load, age of a row in a list", ages, 2_000.0, "a server tells every second", show);
    let name = |what: &str| format!("load, {what}");
    show(
        Figure::new(name("requests that failed"), window.answers.failed() as f64, "").note(window.failures()),
    );
    show(
        Figure::new(name("requests not made"), window.answers.unsent as f64, "")
            .note(format!("{} were under way already", request::UNDER_WAY_MAX)),
    );
    show(Figure::new(name("samples lost"), window.lost_samples(), "").note(format!(
        "of {:.0} sent; {} ticks held back, {} connections lost",
        window.sent, window.held, window.lost
    )));
    let ticks = window.ticks as f64 / window.seconds / window.servers as f64 * 100.0;
    show(Figure::new(name("ticks that the fleet made in time"), ticks, "%"));
    show(Figure::new(name("master, processor"), window.master.share_pct, "% of a core").note(all));
    show(Figure::new(name("master, memory"), window.master.resident_mib, "MiB"));
    show(Figure::new(name("simulated fleet, processor"), window.fleet_pct, "% of a core"));
    show(
        Figure::new(name("fleet, watchers and clients, processor"), window.own.share_pct, "% of a core")
            .note("the one process that does all of it"),
    );
    show(Figure::new(name("fleet, watchers and clients, memory"), window.own.resident_mib, "MiB"));
}

/// Asks ever more, until something gives.
async fn ramp(
    load: &mut Load,
    rate: f64,
    span: Duration,
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let mut held = 0.0;
    let mut said = format!("nothing gave, up to {:.0} requests/s", rate * FACTOR.powi(STEPS));
    for step in -STEPS..=STEPS {
        let rate = rate * FACTOR.powi(step);
        let window = load.measure(rate, span).await?;
        if let Some(gave) = window.gave() {
            said = format!("at {rate:.0}/s: {gave}; master {:.0} % of a core", window.master.share_pct);
            break;
        }
        held = rate;
    }
    show(Figure::new("load, requests a second that are held", held, "/s").note(said));
    Ok(())
}
