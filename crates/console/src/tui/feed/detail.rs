//! Everything known of one object, again and again.

use super::{Sender, retry};
use crate::tui::detail::{Detail, Facts, Process, processes};
use crate::tui::row::Key;
use crate::tui::update::Message;
use std::time::Duration;
use topmast_api::chart::{Chart, ChartQuery};
use topmast_api::client::{Client, ClientError};
use topmast_api::event::{Event, EventOrder, EventQuery};
use topmast_api::query::InstantQuery;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(2);
/// Events shown.
const EVENTS: u32 = 30;
/// Points of a figure: what fits a line.
const POINTS: u32 = 100;

/// Asks until it is aborted.
pub(super) async fn run(client: Client, key: Key, sender: Sender) {
    let mut failures = 0;
    loop {
        let (message, wait) = match detail(&client, &key).await {
            Ok(detail) => {
                failures = 0;
                (Message::Detail(key.clone(), Box::new(detail)), INTERVAL)
            }
            Err(error) => {
                failures += 1;
                (Message::DetailTrouble(key.clone(), error.to_string()), retry(failures))
            }
        };
        if sender.send(message).is_err() {
            return;
        }
        tokio::time::sleep(wait).await;
    }
}

async fn detail(client: &Client, key: &Key) -> Result<Detail, ClientError> {
    match key {
        Key::Action(id) => {
            let facts = Facts::Action(Box::new(client.action_get(*id).await?));
            let events = events(client, None, Some(*id)).await;
            Ok(Detail { facts, chart: None, events, processes: Vec::new() })
        }
        Key::Problem(id) => {
            let details = client.problem_get(*id).await?;
            let events = events(client, Some(&details.row.object), None).await;
            let facts = Facts::Problem(Box::new(details));
            Ok(Detail { facts, chart: None, events, processes: Vec::new() })
        }
        Key::Task(path) => {
            let facts = Facts::Task(Box::new(client.task_get(path).await?));
            let events = events(client, Some(path), None).await;
            Ok(Detail { facts, chart: None, events, processes: Vec::new() })
        }
        Key::Object(path) => {
            let facts = match path.level() {
                Level::Service => Facts::Service(Box::new(client.service_get(path).await?)),
                Level::Application => Facts::Application(Box::new(client.application_get(path).await?)),
                _ => Facts::Server(Box::new(client.server_get(path).await?)),
            };
            let chart = chart(client, path).await;
            let events = events(client, Some(path), None).await;
            let processes =
                if path.level() == Level::Server { busiest(client, path).await } else { Vec::new() };
            Ok(Detail { facts, chart, events, processes })
        }
    }
}

/// How its figures went; what cannot be had is not shown.
async fn chart(client: &Client, path: &ObjectPath) -> Option<Chart> {
    let query = ChartQuery { points: Some(POINTS), ..ChartQuery::default() };
    client.chart_get(path, &query).await.ok()
}

async fn events(client: &Client, object: Option<&ObjectPath>, action: Option<ActionId>) -> Vec<Event> {
    let query = EventQuery {
        object: object.cloned(),
        action,
        // What only says that something arrived tells nobody anything.
        filter: Some("kind!=ReportsReceived".to_owned()),
        limit: Some(EVENTS),
        order: Some(EventOrder::Desc),
        ..EventQuery::default()
    };
    client.event_list(&query).await.map(|page| page.items).unwrap_or_default()
}

/// The processes of a server that use most: only of those does an agent tell.
async fn busiest(client: &Client, server: &ObjectPath) -> Vec<Process> {
    let at = |level| server.name_at(level).unwrap_or_default();
    let (tenant, cluster, name) = (at(Level::Tenant), at(Level::Cluster), at(Level::Server));
    // Names of paths have no quotes.
    let of = format!("{{tenant=\"{tenant}\",cluster=\"{cluster}\",server=\"{name}\"}}");
    let ask = async |query: String| {
        client.query_instant(&InstantQuery { query, time: None }).await.map(|answer| answer.data)
    };
    let seconds = ask(format!("rate(host_process_cpu_seconds_total{of}[10s])")).await;
    let bytes = ask(format!("host_process_memory_bytes{of}")).await;
    match (seconds, bytes) {
        (Ok(seconds), Ok(bytes)) => processes(seconds, bytes),
        _ => Vec::new(),
    }
}
