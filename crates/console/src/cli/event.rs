//! `topmast events`: the journal, once or as it grows.
//!
//! Invariants
//! - E-1: what is left out is left out by the master, so that limits and cursors count what is shown.

pub(crate) mod summary;

use super::failure::Failure;
use super::list::ShowArguments;
use super::moment;
use crate::output::terminal;
use crate::output::{Cell, Column, Form, Style, format_line, human};
use clap::Args;
use std::time::Duration;
use topmast_api::client::{Client, ClientError, EventStream};
use topmast_api::event::{EVENTS_DEFAULT, Event, EventMessage, EventOrder, EventQuery};
use topmast_api::time::Timestamp;
use topmast_model::filter::Filter;
use topmast_model::filter::fields::EVENTS as FIELDS;
use topmast_model::id::{ActionId, Seq};
use topmast_model::path::ObjectPath;

/// Wait before connecting again: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);

/// The kind that says only that an agent's reports arrived; what they reported has events of its own.
const TECHNICAL: &str = "ReportsReceived";

/// Arguments of `events`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Terms `field:op value` and free text, e.g. kind=Server* user=eve status=FAILED
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Follow the journal; go on with --after after an interruption
    #[arg(short, long, visible_short_alias = 'w', visible_alias = "watch")]
    follow: bool,
    /// Also technical events: ReportsReceived
    #[arg(long)]
    all: bool,
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
    /// Only events at or after this time, e.g. 2026-03-01T12:00:00Z or "thursday 18:00"
    #[arg(long, value_name = "TIME", value_parser = moment::since)]
    since: Option<Timestamp>,
    /// Only events before this time
    #[arg(long, value_name = "TIME", value_parser = moment::until, conflicts_with = "follow")]
    until: Option<Timestamp>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Lists the latest events, oldest first, or follows.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { filter, follow, all, after, before, limit, object, kind, action, since, until, show } =
        arguments;
    let query = EventQuery {
        filter: to_filter(&filter.join(" "), kind.as_deref(), all),
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
    let sent = query.filter.clone().unwrap_or_default();
    let of_filter = |error| Failure::of_filter(error, &sent);
    if follow {
        return self::follow(client.event_stream(query), &show, of_filter).await;
    }
    let events = list(client, query).await.map_err(of_filter)?;
    show.print(&events, EVENTS)?;
    if matches!(show.output, Form::Table | Form::Wide) {
        terminal::notice(&match events.last() {
            Some(last) => {
                format!("cursor {}: `topmast events -f --after {}` goes on from here", last.seq, last.seq)
            }
            None => "no events match".to_owned(),
        });
    }
    Ok(())
}

/// The filter to send: that of the user, without technical events unless they are asked for.
fn to_filter(given: &str, kind: Option<&str>, all: bool) -> Option<String> {
    let is_named = given.to_lowercase().contains(&TECHNICAL.to_lowercase());
    // A filter that is wrong is sent as it is, so that the master points at its fault.
    if all || kind.is_some() || is_named || Filter::parse(given, FIELDS).is_err() {
        return Some(given.to_owned()).filter(|given| !given.is_empty());
    }
    let group = if given.is_empty() { String::new() } else { format!(" ({given})") };
    Some(format!("kind!={TECHNICAL}{group}"))
}

/// The events asked for, oldest first. The master ends a page early when they are rare; this goes on.
async fn list(client: &Client, mut query: EventQuery) -> Result<Vec<Event>, ClientError> {
    let wanted = query.limit.unwrap_or(EVENTS_DEFAULT);
    let ascending = query.after.is_some();
    query.order = Some(if ascending { EventOrder::Asc } else { EventOrder::Desc });
    query.limit = Some(wanted);
    let mut events = Vec::new();
    loop {
        let page = client.event_list(&query).await?;
        events.extend(page.items);
        let missing = wanted.saturating_sub(u32::try_from(events.len()).unwrap_or(u32::MAX));
        let Some(next) = page.next.filter(|_| missing > 0) else { break };
        query.limit = Some(missing);
        *(if ascending { &mut query.after } else { &mut query.before }) = Some(next);
    }
    if !ascending {
        events.reverse();
    }
    Ok(events)
}

/// Prints events as they come, until the user ends it; then says where to go on.
async fn follow(
    mut stream: EventStream,
    show: &ShowArguments,
    of_filter: impl Fn(ClientError) -> Failure,
) -> Result<(), Failure> {
    if show.output != Form::Json {
        show.print::<Event>(&[], EVENTS)?;
    }
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
            Err(error) => return Err(of_filter(error)),
        }
    }
    if let Some(cursor) = stream.cursor() {
        terminal::notice(&format!("cursor {cursor}: go on with --after {cursor}"));
    }
    Ok(())
}

/// Columns of a list of events.
pub(super) const EVENTS: &[Column<Event>] = &[
    Column::number("SEQ", "seq", |event, _| Cell::plain(event.seq.to_string())),
    Column::text("TIME", "time", |event, _| Cell::plain(event.time.to_string())),
    Column::text("KIND", "kind", |event, _| Cell::plain(&event.kind)),
    Column::text("OBJECT", "object", |event, _| Cell::maybe(event.object.as_ref().map(ObjectPath::as_str))),
    Column::text("BY", "actor.name", |event, _| Cell::plain(by(event))),
    Column::text("WHAT", "payload", |event, _| Cell::maybe(Some(&summary::summary(event)))),
    Column::wide_text("ACTION", "action", |event, _| {
        Cell::plain(event.action.map_or_else(|| human::UNKNOWN.to_owned(), |id| id.to_string()))
    }),
];

/// Who did it, as one word where that is enough.
pub(super) fn by(event: &Event) -> String {
    let name = &event.actor.name;
    if name == event.actor.kind.as_str() {
        name.clone()
    } else {
        format!("{} {name}", event.actor.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn technical_events_are_left_out_unless_asked_for() {
        let asked = |filter: &str, kind: Option<&str>, all| to_filter(filter, kind, all);
        assert_eq!(asked("", None, false).as_deref(), Some("kind!=ReportsReceived"));
        assert_eq!(asked("", None, true), None);
        assert_eq!(asked("", Some("LoginFailed"), false), None);
        assert_eq!(
            asked("server=db or user=eve", None, false).as_deref(),
            Some("kind!=ReportsReceived (server=db or user=eve)")
        );
        assert_eq!(asked("kind=reportsReceived", None, false).as_deref(), Some("kind=reportsReceived"));
        // The master says what is wrong with the filter as it was written.
        assert_eq!(asked("a) or (b", None, false).as_deref(), Some("a) or (b"));
    }
}
