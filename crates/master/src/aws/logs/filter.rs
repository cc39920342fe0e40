//! `FilterLogEvents`: the events of a group in order of time, those of some streams and those that a pattern finds.

use super::get::{BYTES_MAX, EVENTS_MAX};
use super::{group_name, group_of, invalid, missing, read, seen_since, token};
use crate::aws::Caller;
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_aws::log_filter::Pattern;
use topmast_aws::{Fault, Value};
use topmast_engine::log_group::LogGroup;
use topmast_logs::{Direction, Logs, OVERHEAD, Page, Selection};
use topmast_model::principal::Right;

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "logs:FilterLogEvents")?;
    let pattern = Pattern::parse(input.text("filterPattern").unwrap_or_default());
    let pattern = pattern.map_err(|error| invalid(error.to_string()))?;
    let name = group_name(caller, input)?;
    let (selection, names) = {
        let state = context.bus.state();
        let group = group_of(state.log_groups(&caller.tenant), name)?;
        let seen = seen_since(group, context.bus.clock().now().0);
        let since = input.integer("startTime").map_or(seen, |start| start.max(seen));
        // The end counts here, other than of `GetLogEvents`.
        let before = input.integer("endTime").map_or(i64::MAX, |end| end.saturating_add(1));
        let names = streams(group, input)?;
        (Selection { streams: names.keys().map(|number| (*number, since)).collect(), before }, names)
    };
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
    let tenant = caller.tenant.to_string();
    let find = move |store: &Logs| store.page(&tenant, &selection, page, |text| pattern.finds(text));
    let mut events = read(context, find).await?;
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
    Ok(Value::map([
        ("events", Value::List(told.collect())),
        // AWS tells none any more.
        ("searchedLogStreams", Value::List(Vec::new())),
        ("nextToken", next.into()),
    ]))
}

/// The streams that a request means, by number.
fn streams(group: &LogGroup, input: &Value) -> Result<BTreeMap<u64, String>, Fault> {
    let prefix = input.text("logStreamNamePrefix");
    let named: Vec<&str> = input.texts("logStreamNames").collect();
    if prefix.is_some() && !named.is_empty() {
        return Err(invalid("LogStream names and LogStream name prefix are mutually exclusive parameters."));
    }
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
