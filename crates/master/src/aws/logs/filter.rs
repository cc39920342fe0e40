//! `FilterLogEvents`: the events of a group in order of time, those of some streams and those that a pattern finds.

use super::application::{self, Wanted};
use super::get::{BYTES_MAX, EVENTS_MAX};
use super::{group_name, group_of, invalid, missing, read, seen_since, token};
use crate::aws::Caller;
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_aws::log_filter::Pattern;
use topmast_aws::{Fault, Value};
use topmast_engine::log_group::LogGroup;
use topmast_logs::{Direction, Event, Logs, OVERHEAD, Page, Selection};
use topmast_model::principal::Right;

const ACTION: &str = "logs:FilterLogEvents";

/// What was looked for, and where.
struct Search<'a> {
    name: &'a str,
    pattern: Pattern,
    /// Events of this time and later, and of times before that one.
    span: (Option<i64>, Option<i64>),
    page: Page,
}

/// Events, the names of streams, and streams that were not searched completely.
type Found = (Vec<Event>, BTreeMap<u64, String>, Vec<String>);

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let pattern = Pattern::parse(input.text("filterPattern").unwrap_or_default());
    let pattern = pattern.map_err(|error| invalid(error.to_string()))?;
    let name = group_name(caller, input)?;
    if input.text("logStreamNamePrefix").is_some() && !input.list("logStreamNames").is_empty() {
        return Err(invalid("LogStream names and LogStream name prefix are mutually exclusive parameters."));
    }
    let from = match input.text("nextToken") {
        None => None,
        Some(text) => {
            let id = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('@')?.rsplit('@').next());
            let told = id.and_then(token::position);
            Some(told.ok_or_else(|| invalid("The specified nextToken is invalid."))?)
        }
    };
    let is_from_head = input.boolean("startFromHead").unwrap_or(true);
    let direction = if is_from_head { Direction::Forward } else { Direction::Backward };
    let most = usize::try_from(input.integer("limit").unwrap_or(EVENTS_MAX)).unwrap_or(1);
    // More than is told, so that it is known whether there is more.
    let page = Page { direction, from, events: most + 1, bytes: 2 * BYTES_MAX };
    // The end counts here, other than of `GetLogEvents`.
    let before = input.integer("endTime").map(|end| end.saturating_add(1));
    let search = Search { name, pattern, span: (input.integer("startTime"), before), page };
    let (mut events, names, unsearched) = if application::is_own(name) {
        of_application(context, caller, search, input).await?
    } else {
        of_group(context, caller, search, input).await?
    };
    if !is_from_head {
        events.reverse();
    }
    let mut bytes = 0;
    let fit = events.iter().take(most).take_while(|event| {
        let is_first = bytes == 0;
        bytes += event.message.len() + OVERHEAD;
        is_first || bytes <= BYTES_MAX
    });
    let fit = fit.count();
    let next = (fit < events.len()).then(|| {
        let last = &events[fit - 1];
        format!("{name}@{}@{}", names[&last.stream], token::event_id(last.position))
    });
    let told = events.into_iter().take(fit).map(|event| {
        Value::map([
            ("logStreamName", names.get(&event.stream).cloned().into()),
            ("timestamp", event.position.timestamp.into()),
            ("message", event.message.into()),
            ("ingestionTime", event.ingested_at.into()),
            ("eventId", token::event_id(event.position).into()),
        ])
    });
    // AWS names none any more.
    let unsearched = unsearched
        .into_iter()
        .map(|name| Value::map([("logStreamName", name.into()), ("searchedCompletely", false.into())]));
    Ok(Value::map([
        ("events", Value::List(told.collect())),
        ("searchedLogStreams", Value::List(unsearched.collect())),
        ("nextToken", next.into()),
    ]))
}

/// Finds what AWS' tools put.
async fn of_group(
    context: &Arc<Context>,
    caller: &Caller,
    search: Search<'_>,
    input: &Value,
) -> Result<Found, Fault> {
    caller.needs(Right::Read, ACTION)?;
    let Search { name, pattern, span: (since, before), page } = search;
    let (selection, names) = {
        let state = context.bus.state();
        let group = group_of(state.log_groups(&caller.tenant), name)?;
        let seen = seen_since(group, context.bus.clock().now().0);
        let since = since.map_or(seen, |start| start.max(seen));
        let names = streams(group, input)?;
        let streams = names.keys().map(|number| (*number, since)).collect();
        (Selection { streams, before: before.unwrap_or(i64::MAX) }, names)
    };
    let tenant = caller.tenant.to_string();
    let find = move |store: &Logs| store.page(&tenant, &selection, page, |text| pattern.finds(text));
    Ok((read(context, find).await?, names, Vec::new()))
}

/// Finds lines of an application.
async fn of_application(
    context: &Arc<Context>,
    caller: &Caller,
    search: Search<'_>,
    input: &Value,
) -> Result<Found, Fault> {
    let prefix = input.text("logStreamNamePrefix").unwrap_or_default().to_owned();
    let named: Vec<String> = input.texts("logStreamNames").map(str::to_owned).collect();
    let is_meant = |place: &str| {
        (place.starts_with(&prefix) || prefix.starts_with(place))
            && (named.is_empty() || named.iter().any(|name| name.starts_with(place)))
    };
    let applications = application::readable(context, caller, search.name, ACTION, is_meant)?;
    if applications.is_empty() {
        return if named.is_empty() { Ok(Found::default()) } else { Err(missing("log stream")) };
    }
    let text = input.text("filterPattern").unwrap_or_default();
    application::note(context, caller, text, search.span, &applications).await?;
    let asked = named.clone();
    let wanted = Wanted {
        applications,
        streams: Box::new(move |name| {
            name.starts_with(&prefix) && (asked.is_empty() || asked.iter().any(|asked| asked == name))
        }),
        since: search.span.0,
        before: search.span.1,
        pattern: search.pattern,
        page: search.page,
        principal: caller.principal.actor.to_string(),
    };
    let application::Found { events, streams, failed } = application::find(context, wanted).await?;
    if failed.is_empty() && named.iter().any(|name| !streams.values().any(|stream| stream == name)) {
        return Err(missing("log stream"));
    }
    Ok((events, streams, failed.into_iter().map(|(stream, _)| stream).collect()))
}

/// The streams that a request means, by number.
fn streams(group: &LogGroup, input: &Value) -> Result<BTreeMap<u64, String>, Fault> {
    let prefix = input.text("logStreamNamePrefix");
    let named: Vec<&str> = input.texts("logStreamNames").collect();
    let prefix = prefix.unwrap_or_default();
    let all = group.streams.iter().filter(|(name, _)| name.starts_with(prefix));
    let all = all.map(|(name, stream)| (stream.number, name.clone()));
    if named.is_empty() {
        return Ok(all.collect());
    }
    named
        .into_iter()
        .map(|name| {
            let stream = group.streams.get(name).ok_or_else(|| missing("log stream"))?;
            Ok((stream.number, name.to_owned()))
        })
        .collect()
}
