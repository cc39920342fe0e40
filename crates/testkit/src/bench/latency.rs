//! Change on a server → event at a client, under the whole fleet's load.
//!
//! Both ends are in this process, so one clock measures: from the moment before a
//! simulated agent hands its report to the socket until an SSE client has parsed the
//! event. A client sees each change twice, as a delta of a watch and as an event of the journal.

use super::figure::spread;
use super::stage::Stage;
use super::{APPLICATIONS, BenchError, Figure, Settings};
use crate::wait::{DEADLINE, wait_until};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use topmast_api::client::Client;
use topmast_api::event::{EventMessage, EventQuery};
use topmast_api::page::ListQuery;
use topmast_api::service::ServiceRow;
use topmast_api::watch::WatchMessage;

/// Services that are bad at the same time: a bad day, and a screen full.
const BAD_AT_ONCE: usize = 50;
/// Shortest and longest pause between two changes, by chance, so that none keeps step with a timer.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 20..=80;
/// DESIGN's bound on the 99th percentile.
const TARGET_MS: f64 = 250.0;

/// Pause before a broken stream connects again.
const RECONNECT: Duration = Duration::from_millis(100);

/// When each code was first seen.
pub(super) type Seen = Arc<Mutex<HashMap<String, Instant>>>;

pub(super) async fn measure(
    stage: &Stage,
    settings: &Settings,
    show: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let client = stage.fleet.client();
    let (watched, streamed) = (Seen::default(), Seen::default());
    let mut readers = JoinSet::new();
    readers.spawn(watch(client.clone(), Arc::clone(&watched)));
    readers.spawn(stream(client, Arc::clone(&streamed)));

    // Both streams are open once each has shown the same change.
    let mut opened = 0;
    let open = async || {
        opened += 1;
        let code = format!("OPEN{opened}");
        let changed = stage.simulator.change_service(0, 0, 0, vec![code]).await;
        changed.is_err() || [&watched, &streamed].into_iter().all(|seen| !lock(seen).is_empty())
    };
    wait_until("both streams show a change", DEADLINE, open).await?;

    let sent = change_services(stage, settings.changes).await?;
    let all = async || {
        [&watched, &streamed]
            .into_iter()
            .all(|seen| sent.iter().all(|(code, _)| lock(seen).contains_key(code)))
    };
    // What never comes is counted below.
    let _ = wait_until("every change is seen", DEADLINE, all).await;
    readers.shutdown().await;
    for (name, seen) in [("service watch", watched), ("event stream", streamed)] {
        figures(name, &sent, &lock(&seen), settings, show);
    }
    Ok(())
}

/// Makes services bad, one after the other, each with a code of its own; heals the oldest.
async fn change_services(stage: &Stage, changes: usize) -> Result<Vec<(String, Instant)>, BenchError> {
    let mut random = fastrand::Rng::with_seed(1);
    let place = |number: usize| (number % stage.servers, number / stage.servers % APPLICATIONS);
    let mut sent = Vec::with_capacity(changes);
    for number in 0..changes {
        let (server, application) = place(number);
        let code = format!("BENCH{number}");
        sent.push((code.clone(), stage.simulator.change_service(server, application, 0, vec![code]).await?));
        if let Some((server, application)) = number.checked_sub(BAD_AT_ONCE).map(place) {
            stage.simulator.change_service(server, application, 0, Vec::new()).await?;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(PAUSE_MS))).await;
    }
    Ok(sent)
}

/// The watch that a console's page of bad services has open.
pub(super) async fn watch(client: Client, seen: Seen) {
    let query = ListQuery { filter: Some("status=MALFUNCTION".into()), ..ListQuery::default() };
    watch_services(&client, query, |rows, now| {
        note(&seen, rows.into_iter().flat_map(|row| row.codes), now);
    })
    .await;
}

/// Hands over what a watch of services tells, and when it was parsed, for ever.
pub(super) async fn watch_services(
    client: &Client,
    query: ListQuery,
    mut each: impl FnMut(Vec<ServiceRow>, Instant),
) {
    let mut watch = client.watch::<ServiceRow>(query);
    loop {
        let rows = match watch.next().await {
            Ok(WatchMessage::Snapshot(page)) => page.items,
            Ok(WatchMessage::Delta(delta)) => delta.changed,
            Ok(WatchMessage::Heartbeat) => continue,
            // It connects again at the next call; what was missed comes as a snapshot.
            Err(_) => {
                tokio::time::sleep(RECONNECT).await;
                continue;
            }
        };
        each(rows, Instant::now());
    }
}

/// The journal, as an event page follows it.
async fn stream(client: Client, seen: Seen) {
    let mut stream = client.event_stream(EventQuery::default());
    loop {
        match stream.next().await {
            Ok(EventMessage::Event(event)) => {
                let now = Instant::now();
                let codes = event.payload.pointer("/state/codes").and_then(serde_json::Value::as_array);
                let codes = codes.into_iter().flatten().filter_map(|code| code.as_str().map(str::to_owned));
                note(&seen, codes, now);
            }
            Ok(EventMessage::Heartbeat) => {}
            Err(_) => tokio::time::sleep(RECONNECT).await,
        }
    }
}

fn note(seen: &Seen, codes: impl Iterator<Item = String>, now: Instant) {
    let mut seen = lock(seen);
    for code in codes {
        seen.entry(code).or_insert(now);
    }
}

pub(super) fn lock(seen: &Seen) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn figures(
    name: &str,
    sent: &[(String, Instant)],
    seen: &HashMap<String, Instant>,
    settings: &Settings,
    show: &mut dyn FnMut(Figure),
) {
    let waits = sent.iter().filter_map(|(code, at)| Some(seen.get(code)?.duration_since(*at)));
    let mut waits: Vec<f64> = waits.map(|wait| wait.as_secs_f64() * 1e3).collect();
    waits.sort_by(f64::total_cmp);
    let Settings { servers, series, .. } = settings;
    let missing = sent.len() - waits.len();
    let note = format!("{} changes, {missing} never seen; {servers} servers × {series} series", sent.len());
    spread(&format!("change → {name}"), &waits, TARGET_MS, &note, show);
}
