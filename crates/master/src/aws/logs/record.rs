//! `GetLogRecord`: the event that a row of a query is of. `GetLogGroupFields`: which fields the events of a group have.

use super::application::{self, Wanted};
use super::{group_name, group_of, invalid, missing, read, seen_since, token};
use crate::aws::Caller;
use crate::http::Context;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_aws::log_filter::Pattern;
use topmast_aws::log_query::{FIELDS, fields};
use topmast_aws::{Fault, Value};
use topmast_logs::{Direction, Event, Page, Position, Selection};
use topmast_model::principal::Right;

/// Time on both sides of what is asked, and the events in it that are looked at.
const AROUND_MS: i64 = 8 * 60_000;
const LOOKED_AT: usize = 1_000;
/// Fields that are told.
const FIELDS_MAX: usize = 1_000;
const FIELDS_ACTION: &str = "logs:GetLogGroupFields";
/// Digits of a stream's number in a pointer.
const STREAM: usize = 20;

pub(super) async fn get(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "logs:GetLogRecord")?;
    let text = input.text("logRecordPointer").unwrap_or_default();
    let wrong = || invalid("The specified log record pointer is invalid.");
    let (stream, id) = text.split_at_checked(STREAM).ok_or_else(wrong)?;
    let number: u64 = stream.parse().map_err(|_| wrong())?;
    let position = token::position(id).ok_or_else(wrong)?;
    let (name, log, since) = {
        let (state, now) = (context.bus.state(), context.bus.clock().now().0);
        let mut streams = state.log_groups(&caller.tenant).iter().flat_map(|(group, kept)| {
            kept.streams.iter().map(move |(stream, of)| (group, kept, stream, of.number))
        });
        let (group, kept, stream, _) =
            streams.find(|(.., other)| *other == number).ok_or_else(|| missing("log record"))?;
        (stream.clone(), format!("{}:{group}", caller.account), seen_since(kept, now))
    };
    let selection = Selection {
        streams: BTreeMap::from([(number, since.max(position.timestamp))]),
        before: position.timestamp.saturating_add(1),
    };
    let from = position.number.checked_sub(1).map(|number| Position { number, ..position });
    let page = Page { direction: Direction::Forward, from, events: 1, bytes: usize::MAX };
    let tenant = caller.tenant.to_string();
    let mut events = read(context, move |store| store.page(&tenant, &selection, page, |_| true)).await?;
    let event = events.pop().filter(|event| event.position == position);
    let event = event.ok_or_else(|| missing("log record"))?;
    let record = fields(seen(event, &Arc::from(name), &Arc::from(log)));
    let mut told: topmast_aws::value::Map =
        record.into_iter().map(|(name, value)| (Cow::Owned(name), value.into())).collect();
    told.insert(Cow::Borrowed("@ptr"), text.into());
    Ok(Value::map([("logRecord", Value::Map(told))]))
}

pub(super) async fn of_group(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let now = context.bus.clock().now().0;
    // The last quarter of an hour, or what is around a time, in seconds.
    let around = input.integer("time").map(|time| time.saturating_mul(1_000));
    let (since, before) = around.map_or((now - 2 * AROUND_MS, i64::MAX), |time| {
        (time.saturating_sub(AROUND_MS), time.saturating_add(AROUND_MS))
    });
    let name = group_name(caller, input)?;
    let page = Page { direction: Direction::Backward, from: None, events: LOOKED_AT, bytes: 8 << 20 };
    let events = if application::is_own(name) {
        let before = Some(before).filter(|before| *before != i64::MAX);
        let applications = application::readable(context, caller, name, FIELDS_ACTION, |_| true)?;
        application::note(context, caller, "", (Some(since), before), &applications).await?;
        let wanted = Wanted {
            applications,
            streams: Box::new(|_| true),
            since: Some(since),
            before,
            pattern: Pattern::default(),
            page,
            principal: caller.principal.actor.to_string(),
        };
        application::find(context, wanted).await?.events
    } else {
        caller.needs(Right::Read, FIELDS_ACTION)?;
        let selection = {
            let state = context.bus.state();
            let group = group_of(state.log_groups(&caller.tenant), name)?;
            let since = since.max(seen_since(group, now));
            let streams = group.streams.values().map(|stream| (stream.number, since)).collect();
            Selection { streams, before }
        };
        let tenant = caller.tenant.to_string();
        read(context, move |store| store.page(&tenant, &selection, page, |_| true)).await?
    };
    let (all, none) = (events.len(), Arc::from(""));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        for name in fields(seen(event, &none, &none)).into_keys() {
            if counts.len() < FIELDS_MAX || counts.contains_key(&name) {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    let (own, found): (Vec<_>, Vec<_>) =
        counts.into_iter().partition(|(name, _)| FIELDS.contains(&name.as_str()));
    let told = own.into_iter().chain(found).map(|(name, count)| {
        let percent = i64::try_from(count * 100 / all.max(1)).unwrap_or(100);
        Value::map([("name", name.into()), ("percent", percent.into())])
    });
    Ok(Value::map([("logGroupFields", Value::List(told.collect()))]))
}

fn seen(event: Event, stream_name: &Arc<str>, log: &Arc<str>) -> topmast_aws::log_query::Event {
    topmast_aws::log_query::Event {
        timestamp: event.position.timestamp,
        ingested_at: event.ingested_at,
        number: event.position.number,
        stream: event.stream,
        stream_name: Arc::clone(stream_name),
        log: Arc::clone(log),
        message: Arc::from(event.message),
    }
}
