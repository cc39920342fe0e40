//! One window of one list, kept true.

use super::{Sender, retry};
use crate::tui::list::{Subscription, Window};
use crate::tui::row::AnyRow;
use crate::tui::tab::Tab;
use crate::tui::update::Message;
use std::time::Duration;
use topmast_api::action::ActionQuery;
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, ClientError, EventStream};
use topmast_api::event::{EventMessage, EventQuery};
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::page::{Facet, Page};
use topmast_api::row::Row;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::task::TaskRow;
use topmast_api::watch::{WatchMessage, WatchView};
use topmast_model::id::Seq;

/// Shortest time between two looks at the actions: one on many targets makes many events at once.
const INTERVAL: Duration = Duration::from_millis(250);

/// Watches until it is aborted.
pub(super) async fn run(client: Client, of: Subscription, sender: Sender, settle: Duration) {
    tokio::time::sleep(settle).await;
    match of.query.tab {
        Tab::Servers => watch::<ServerRow>(client, of, sender, |row| AnyRow::Server(Box::new(row))).await,
        Tab::Applications => {
            watch::<ApplicationRow>(client, of, sender, |row| AnyRow::Application(Box::new(row))).await;
        }
        Tab::Services => watch::<ServiceRow>(client, of, sender, |row| AnyRow::Service(Box::new(row))).await,
        Tab::Tasks => watch::<TaskRow>(client, of, sender, |row| AnyRow::Task(Box::new(row))).await,
        Tab::Actions => actions(client, of, sender).await,
        Tab::Problems => problems(client, of, sender).await,
    }
}

/// The window once, without watching it.
pub(in crate::tui) async fn once(client: &Client, of: &Subscription) -> Result<Window, ClientError> {
    let query = of.list_query();
    Ok(match of.query.tab {
        Tab::Servers => window(client.list::<ServerRow>(&query).await?, |row| AnyRow::Server(Box::new(row))),
        Tab::Applications => {
            window(client.list::<ApplicationRow>(&query).await?, |row| AnyRow::Application(Box::new(row)))
        }
        Tab::Services => {
            window(client.list::<ServiceRow>(&query).await?, |row| AnyRow::Service(Box::new(row)))
        }
        Tab::Tasks => window(client.list::<TaskRow>(&query).await?, |row| AnyRow::Task(Box::new(row))),
        Tab::Actions => {
            window(client.action_list(&of.action_query()).await?, |row| AnyRow::Action(Box::new(row)))
        }
        Tab::Problems => problem_window(client.problem_list(&query).await?),
    })
}

async fn watch<R: Row>(client: Client, of: Subscription, sender: Sender, wrap: fn(R) -> AnyRow) {
    let mut stream = client.watch::<R>(of.list_query());
    let mut view: Option<WatchView<R>> = None;
    let mut failures = 0;
    loop {
        let message = match stream.next().await {
            Ok(WatchMessage::Snapshot(page)) => {
                let shown = view.insert(WatchView::new(page)).to_page();
                Message::Rows(Box::new((of.clone(), window(shown, wrap))))
            }
            Ok(WatchMessage::Delta(delta)) => match view.as_mut().map(|view| (view.apply(delta), view)) {
                Some((Ok(()), view)) => Message::Rows(Box::new((of.clone(), window(view.to_page(), wrap)))),
                // A view that does not fit is replaced by a new snapshot.
                Some((Err(_), _)) | None => {
                    stream.restart();
                    continue;
                }
            },
            Ok(WatchMessage::Heartbeat) => Message::Heard,
            Err(error) => {
                if say(&sender, Message::Trouble(error.to_string())) {
                    return;
                }
                tokio::time::sleep(wait(&error, failures)).await;
                failures += 1;
                continue;
            }
        };
        failures = 0;
        if say(&sender, message) {
            return;
        }
    }
}

/// Each message is the whole list.
async fn problems(client: Client, of: Subscription, sender: Sender) {
    let mut stream = client.problem_watch(of.list_query());
    let mut failures = 0;
    loop {
        let message = match stream.next().await {
            Ok(Some(page)) => Message::Rows(Box::new((of.clone(), problem_window(page)))),
            Ok(None) => Message::Heard,
            Err(error) => {
                if say(&sender, Message::Trouble(error.to_string())) {
                    return;
                }
                tokio::time::sleep(wait(&error, failures)).await;
                failures += 1;
                continue;
            }
        };
        failures = 0;
        if say(&sender, message) {
            return;
        }
    }
}

fn problem_window(page: Page<ProblemRow>) -> Window {
    window(page, |row| AnyRow::Problem(Box::new(row)))
}

/// The list is fetched anew after each event of an action that is younger than the list itself.
async fn actions(client: Client, of: Subscription, sender: Sender) {
    let query = of.action_query();
    let mut failures = 0;
    loop {
        let ended = actions_until_trouble(&client, &query, &of, &sender, &mut failures).await;
        let Some(error) = ended else { return };
        if say(&sender, Message::Trouble(error.to_string())) {
            return;
        }
        tokio::time::sleep(wait(&error, failures)).await;
        failures += 1;
    }
}

async fn actions_until_trouble(
    client: &Client,
    query: &ActionQuery,
    of: &Subscription,
    sender: &Sender,
    failures: &mut usize,
) -> Option<ClientError> {
    let mut stream: Option<EventStream> = None;
    loop {
        let page = match client.action_list(query).await {
            Ok(page) => page,
            Err(error) => return Some(error),
        };
        *failures = 0;
        let revision = page.revision;
        let rows = window(page, |action| AnyRow::Action(Box::new(action)));
        if say(sender, Message::Rows(Box::new((of.clone(), rows)))) {
            return None;
        }
        let stream = stream.get_or_insert_with(|| {
            client.event_stream(EventQuery {
                filter: Some("kind=Action*,Step*".into()),
                after: Some(Seq(revision)),
                ..EventQuery::default()
            })
        });
        loop {
            match stream.next().await {
                Ok(EventMessage::Event(event)) if event.seq.0 > revision => break,
                Ok(EventMessage::Event(_)) => {}
                Ok(EventMessage::Heartbeat) => {
                    if say(sender, Message::Heard) {
                        return None;
                    }
                }
                Err(error) => return Some(error),
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn window<R>(page: Page<R>, wrap: fn(R) -> AnyRow) -> Window {
    let counts = page.facets.first().map(counts).unwrap_or_default();
    Window { rows: page.items.into_iter().map(wrap).collect(), total: page.total, counts }
}

fn counts(facet: &Facet) -> Vec<(String, u64)> {
    facet.values.iter().map(|value| (value.value.clone(), value.count)).collect()
}

/// Sends; true when nobody listens any more.
fn say(sender: &Sender, message: Message) -> bool {
    sender.send(message).is_err()
}

/// What will not do by itself is asked for rarely, but is: somebody may have changed it.
fn wait(error: &ClientError, failures: usize) -> Duration {
    retry(if error.is_transient() { failures } else { usize::MAX })
}
