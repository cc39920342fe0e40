//! `topmast events`: the journal, once or as it grows.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Form, Style, format_line, human};
use clap::Args;
use std::time::Duration;
use topmast_api::client::{Client, EventStream};
use topmast_api::event::{Event, EventMessage, EventOrder, EventQuery};
use topmast_api::time::Timestamp;
use topmast_model::id::{ActionId, Seq};
use topmast_model::path::ObjectPath;

/// Wait before connecting again: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);

/// Arguments of `events`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Follow the journal; go on with --after after an interruption
    #[arg(short, long)]
    follow: bool,
    /// Only events after this position
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Only events before this position
    #[arg(long, value_name = "SEQ", conflicts_with = "follow")]
    before: Option<u64>,
    /// Most events
    #[arg(long, value_name = "COUNT", conflicts_with = "follow")]
    limit: Option<u32>,
    /// Only events about this object or something inside it
    #[arg(long, value_name = "PATH")]
    object: Option<ObjectPath>,
    /// Only events of this kind, e.g. ApplicationChanged
    #[arg(long)]
    kind: Option<String>,
    /// Only events of this action
    #[arg(long, value_name = "ID")]
    action: Option<ActionId>,
    /// Only events at or after this time, e.g. 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only events before this time
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    until: Option<Timestamp>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Lists the latest events, oldest first, or follows.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { follow, after, before, limit, object, kind, action, since, until, show } = arguments;
    let query = EventQuery {
        after: after.map(Seq),
        before: before.map(Seq),
        limit,
        object,
        kind,
        action,
        since,
        until,
        order: None,
    };
    if follow {
        return self::follow(client.event_stream(query), &show).await;
    }
    let order = if after.is_some() { EventOrder::Asc } else { EventOrder::Desc };
    let mut page = client.event_list(&EventQuery { order: Some(order), ..query }).await?;
    if order == EventOrder::Desc {
        page.items.reverse();
    }
    show.print(&page.items, EVENTS)?;
    if let (Form::Table | Form::Wide, Some(last)) = (show.output, page.items.last()) {
        terminal::notice(&format!(
            "cursor {}: `topmast events -f --after {}` goes on from here",
            last.seq, last.seq
        ));
    }
    Ok(())
}

/// Prints events as they come, until the user ends it; then says where to go on.
async fn follow(mut stream: EventStream, show: &ShowArguments) -> Result<(), Failure> {
    let mut was_connected = false;
    loop {
        let next = tokio::select! {
            next = stream.next() => next,
            _ = tokio::signal::ctrl_c() => break,
        };
        match next {
            Ok(EventMessage::Event(event)) => {
                was_connected = true;
                let style = Style { width: None, ..terminal::style() };
                terminal::print(&format_line(show.output, &*event, EVENTS, style)?)?;
            }
            Ok(EventMessage::Heartbeat) => was_connected = true,
            Err(error) if was_connected && error.is_transient() => {
                terminal::notice(&format!("topmast: {error}; trying again"));
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(cursor) = stream.cursor() {
        terminal::notice(&format!("cursor {cursor}: go on with --after {cursor}"));
    }
    Ok(())
}

const EVENTS: &[Column<Event>] = &[
    Column::number("SEQ", "seq", |event, _| Cell::plain(event.seq.to_string())),
    Column::text("TIME", "time", |event, _| Cell::plain(event.time.to_string())),
    Column::text("KIND", "kind", |event, _| Cell::plain(&event.kind)),
    Column::text("OBJECT", "object", |event, _| Cell::maybe(event.object.as_ref().map(ObjectPath::as_str))),
    Column::text("BY", "actor", |event, _| Cell::plain(by(event))),
    Column::text("WHAT", "payload", |event, _| Cell::plain(what(event))),
    Column::wide_text("ACTION", "action", |event, _| {
        Cell::plain(event.action.map_or_else(|| human::UNKNOWN.to_owned(), |id| id.to_string()))
    }),
];

fn by(event: &Event) -> String {
    let name = &event.actor.name;
    if name == event.actor.kind.as_str() {
        name.clone()
    } else {
        format!("{} {name}", event.actor.kind.as_str())
    }
}

/// The telling fields of a payload, in words. What the object and the columns say already is left out.
fn what(event: &Event) -> String {
    let payload = &event.payload;
    let state = &payload["state"];
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let parts = [
        text(&payload["operation"]),
        text(&state["status"]).or_else(|| text(&payload["status"])),
        state["codes"]
            .as_array()
            .map(|codes| codes.iter().filter_map(|code| code.as_str()).collect::<Vec<_>>().join(" ")),
        text(&payload["outcome"]["message"])
            .or_else(|| text(&payload["message"]))
            .or_else(|| text(&state["message"])),
        text(&payload["problem"]),
        text(&payload["reason"]),
        text(&payload["name"]).or_else(|| text(&payload["user"])),
        cause(if state.is_object() { &state["cause"] } else { &payload["cause"] }),
    ];
    let said: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if said.is_empty() { human::UNKNOWN.to_owned() } else { said.join(", ") }
}

/// A cause in the model's words; one of a newer master by its kind.
fn cause(value: &serde_json::Value) -> Option<String> {
    let known = serde_json::from_value::<topmast_model::cause::Cause>(value.clone());
    known.map(|cause| cause.to_string()).ok().or_else(|| value["kind"].as_str().map(str::to_owned))
}
