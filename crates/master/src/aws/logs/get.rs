//! `GetLogEvents`: one stream, page by page in both directions.
//!
//! At an end a page is empty and its token is the one that was sent: by that clients know, and whoever follows a
//! stream sends it again until something comes.

use super::application::{self, Wanted};
use super::{group_name, group_of, invalid, missing, read, seen_since, token};
use crate::aws::Caller;
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_aws::log_filter::Pattern;
use topmast_aws::{Fault, Value};
use topmast_logs::{Direction, Event, Page, Position, Selection};
use topmast_model::principal::Right;

/// Events and bytes of a page.
pub(super) const EVENTS_MAX: i64 = 10_000;
pub(super) const BYTES_MAX: usize = 1 << 20;
const ACTION: &str = "logs:GetLogEvents";

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = group_name(caller, input)?;
    let (direction, from) = match input.text("nextToken") {
        Some(text) => {
            let told = token::in_stream(text);
            let (direction, position) = told.ok_or_else(|| invalid("The specified nextToken is invalid."))?;
            (if direction == 'f' { Direction::Forward } else { Direction::Backward }, Some(position))
        }
        None if input.boolean("startFromHead").unwrap_or(false) => (Direction::Forward, None),
        None => (Direction::Backward, None),
    };
    let events = usize::try_from(input.integer("limit").unwrap_or(EVENTS_MAX)).unwrap_or(1);
    let page = Page { direction, from, events, bytes: BYTES_MAX };
    let stream = input.text("logStreamName").unwrap_or_default();
    let span = (input.integer("startTime"), input.integer("endTime"));
    let events = if application::is_own(name) {
        of_application(context, caller, (name, stream), span, page).await?
    } else {
        of_group(context, caller, (name, stream), span, page).await?
    };
    let here = from.unwrap_or_default();
    let place = |event: Option<&Event>| event.map_or(here, |event| event.position);
    let (first, last): (Position, Position) = (place(events.first()), place(events.last()));
    let told = events.into_iter().map(|event| {
        Value::map([
            ("timestamp", event.position.timestamp.into()),
            ("message", event.message.into()),
            ("ingestionTime", event.ingested_at.into()),
        ])
    });
    Ok(Value::map([
        ("events", Value::List(told.collect())),
        ("nextForwardToken", token::of_stream('f', last).into()),
        ("nextBackwardToken", token::of_stream('b', first).into()),
    ]))
}

/// What AWS' tools put.
async fn of_group(
    context: &Arc<Context>,
    caller: &Caller,
    (name, stream): (&str, &str),
    (since, before): (Option<i64>, Option<i64>),
    page: Page,
) -> Result<Vec<Event>, Fault> {
    caller.needs(Right::Read, ACTION)?;
    let selection = {
        let state = context.bus.state();
        let group = group_of(state.log_groups(&caller.tenant), name)?;
        let stream = group.streams.get(stream).ok_or_else(|| missing("log stream"))?;
        let seen = seen_since(group, context.bus.clock().now().0);
        let since = since.map_or(seen, |start| start.max(seen));
        Selection { streams: BTreeMap::from([(stream.number, since)]), before: before.unwrap_or(i64::MAX) }
    };
    let tenant = caller.tenant.to_string();
    read(context, move |store| store.page(&tenant, &selection, page, |_| true)).await
}

/// Lines of an application.
async fn of_application(
    context: &Arc<Context>,
    caller: &Caller,
    (name, stream): (&str, &str),
    (since, before): (Option<i64>, Option<i64>),
    page: Page,
) -> Result<Vec<Event>, Fault> {
    let is_meant = |place: &str| stream.starts_with(place);
    let applications = application::readable(context, caller, name, ACTION, is_meant)?;
    if applications.is_empty() {
        return Err(missing("log stream"));
    }
    application::note(context, caller, "", (since, before), &applications).await?;
    let stream = stream.to_owned();
    let wanted = Wanted {
        applications,
        streams: Box::new(move |name| name == stream),
        since,
        before,
        pattern: Pattern::default(),
        page,
        principal: caller.principal.actor.to_string(),
    };
    let found = application::find(context, wanted).await?;
    if !found.failed.is_empty() {
        return Err(application::unavailable(&found.failed));
    }
    if found.streams.is_empty() { Err(missing("log stream")) } else { Ok(found.events) }
}
