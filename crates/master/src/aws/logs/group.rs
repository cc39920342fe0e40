//! `CreateLogGroup`, `DeleteLogGroup`, `DescribeLogGroups`, `ListLogGroups`, `PutRetentionPolicy`,
//! `DeleteRetentionPolicy`, `PutLogGroupDeletionProtection`.

use super::application;
use super::{age, change, group_arn, identified, invalid};
use crate::aws::{Caller, internal};
use crate::http::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use topmast_aws::{Common, Fault, Value};
use topmast_engine::log_group::{LogGroup, LogGroups};
use topmast_model::log_group::{LogGroupOrder, LogGroupSpec, RETENTIONS};
use topmast_model::principal::Right;

/// The class of a group that was not given one.
const STANDARD: &str = "STANDARD";
/// Groups of a page, when nothing is said and at most.
const DESCRIBED: i64 = 50;
const LISTED: i64 = 1_000;

pub(super) async fn create(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = name(input);
    let spec = LogGroupSpec {
        class: input.text("logGroupClass").filter(|class| *class != STANDARD).unwrap_or_default().to_owned(),
        kms_key: input.text("kmsKeyId").map(str::to_owned),
        is_protected: input.boolean("deletionProtectionEnabled").unwrap_or(false),
        tags: tags(input),
    };
    change(context, caller, "logs:CreateLogGroup", name, LogGroupOrder::Create { spec }).await
}

pub(super) async fn delete(context: &Arc<Context>, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = name(input);
    caller.needs(Right::ManageRules, "logs:DeleteLogGroup")?;
    let is_protected = {
        let state = context.bus.state();
        state.log_groups(&caller.tenant).get(name).is_some_and(|group| group.spec.is_protected)
    };
    if is_protected {
        let message =
            "The log group has deletion protection enabled. Disable it before deleting the log group.";
        return Err(Fault::common(Common::Validation, message));
    }
    change(context, caller, "logs:DeleteLogGroup", name, LogGroupOrder::Delete).await?;
    // Files that held nothing else go at once.
    let context = Arc::clone(context);
    let aged = tokio::task::spawn_blocking(move || age(&context)).await;
    aged.map_err(|error| internal(&error))?.map_err(|error| internal(&error))?;
    Ok(Value::empty())
}

pub(super) async fn retain(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let asked = input.integer("retentionInDays").unwrap_or_default();
    let days = u32::try_from(asked).ok().filter(|days| RETENTIONS.contains(days)).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value '{asked}' at 'retentionInDays' failed to satisfy constraint: Member \
             must satisfy enum value set: {RETENTIONS:?}"
        ))
    })?;
    let order = LogGroupOrder::Retain { days: Some(days) };
    change(context, caller, "logs:PutRetentionPolicy", name(input), order).await
}

pub(super) async fn keep_for_ever(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let order = LogGroupOrder::Retain { days: None };
    change(context, caller, "logs:DeleteRetentionPolicy", name(input), order).await
}

pub(super) async fn protect(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = identified(caller, input.text("logGroupIdentifier").unwrap_or_default())?;
    let is_protected = input.boolean("deletionProtectionEnabled").unwrap_or(false);
    let order = LogGroupOrder::Protect { is_protected };
    change(context, caller, "logs:PutLogGroupDeletionProtection", name, order).await
}

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "logs:DescribeLogGroups")?;
    let (prefix, pattern) = (input.text("logGroupNamePrefix"), input.text("logGroupNamePattern"));
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let wanted: BTreeSet<&str> = input
        .texts("logGroupIdentifiers")
        .filter_map(|identifier| identified(caller, identifier).ok())
        .collect();
    let is_of_others = !input.list("accountIdentifiers").is_empty()
        && !input.texts("accountIdentifiers").any(|account| account == caller.account.as_str());
    let is_asked_by_name = !input.list("logGroupIdentifiers").is_empty();
    let own = application::groups(context, caller);
    let state = context.bus.state();
    let fits = |name: &str, group: Option<&LogGroup>| {
        !is_of_others
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.is_none_or(|pattern| name.contains(pattern))
            && (!is_asked_by_name || wanted.contains(name))
            && input.text("logGroupClass").is_none_or(|class| class == self::class(group))
    };
    let groups = all(caller, state.log_groups(&caller.tenant), &own);
    let (page, next) = page(groups, input, DESCRIBED, fits);
    let told = page.into_iter().map(|(name, group)| {
        let arn = group_arn(caller, name);
        let is_whole = pattern.is_none();
        // What lies on servers is known when they are asked: of streams, not of groups.
        let stored = is_whole.then(|| group.map_or(0, |group| stored(context, caller, group)));
        let is_protected = group.is_some_and(|group| group.spec.is_protected);
        let filters = group.map_or(0, |group| group.filters.len());
        Value::map([
            ("logGroupName", name.into()),
            ("creationTime", group.map_or(0, |group| group.created_at.0).into()),
            ("retentionInDays", group.and_then(|group| group.retention_days).map(i64::from).into()),
            ("metricFilterCount", i64::try_from(filters).unwrap_or(i64::MAX).into()),
            ("arn", format!("{arn}:*").into()),
            ("logGroupArn", arn.into()),
            ("logGroupClass", class(group).into()),
            ("kmsKeyId", group.and_then(|group| group.spec.kms_key.clone()).into()),
            ("storedBytes", stored.into()),
            ("deletionProtectionEnabled", is_whole.then_some(is_protected).into()),
        ])
    });
    Ok(Value::map([("logGroups", Value::List(told.collect())), ("nextToken", next)]))
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, "logs:ListLogGroups")?;
    // AWS' pattern may begin with ^ and have alternatives.
    let pattern = input.text("logGroupNamePattern").unwrap_or_default();
    let finds = |name: &str| {
        pattern.split('|').any(|one| match one.strip_prefix('^') {
            Some(prefix) => name.starts_with(prefix),
            None => name.contains(one),
        })
    };
    let own = application::groups(context, caller);
    let state = context.bus.state();
    let fits = |name: &str, group: Option<&LogGroup>| {
        finds(name) && input.text("logGroupClass").is_none_or(|class| class == self::class(group))
    };
    let groups = all(caller, state.log_groups(&caller.tenant), &own);
    let (page, next) = page(groups, input, LISTED, fits);
    let told = page.into_iter().map(|(name, group)| {
        Value::map([
            ("logGroupName", name.into()),
            ("logGroupArn", group_arn(caller, name).into()),
            ("logGroupClass", class(group).into()),
        ])
    });
    Ok(Value::map([("logGroups", Value::List(told.collect())), ("nextToken", next)]))
}

/// All groups that a key sees, by name: those that AWS' tools made, and the fleet's own, of which nothing is kept.
fn all<'a>(
    caller: &Caller,
    made: &'a LogGroups,
    own: &'a BTreeSet<String>,
) -> BTreeMap<&'a str, Option<&'a LogGroup>> {
    let sees_made = caller.principal.may(Right::Read, Some(&caller.tenant));
    let made = made.iter().filter(|_| sees_made).map(|(name, group)| (name.as_str(), Some(group)));
    made.chain(own.iter().map(|name| (name.as_str(), None))).collect()
}

/// Groups of a page, and the token of the next: the name of the last one.
fn page<'a>(
    groups: BTreeMap<&'a str, Option<&'a LogGroup>>,
    input: &Value,
    most: i64,
    fits: impl Fn(&str, Option<&LogGroup>) -> bool,
) -> (Vec<(&'a str, Option<&'a LogGroup>)>, Value) {
    let most = usize::try_from(input.integer("limit").unwrap_or(50).clamp(1, most)).unwrap_or(1);
    let after = input.text("nextToken");
    let mut rest = groups
        .into_iter()
        .filter(|(name, group)| after.is_none_or(|after| *name > after) && fits(name, *group));
    let page: Vec<_> = rest.by_ref().take(most).collect();
    let next = rest.next().and(page.last()).map_or(Value::Null, |(name, _)| (*name).into());
    (page, next)
}

fn class(group: Option<&LogGroup>) -> &str {
    group.map(|group| group.spec.class.as_str()).filter(|class| !class.is_empty()).unwrap_or(STANDARD)
}

fn stored(context: &Context, caller: &Caller, group: &LogGroup) -> i64 {
    let store = &context.aws_logs.store;
    let of_stream = |number| store.totals(caller.tenant.as_str(), number).map_or(0, |totals| totals.bytes);
    let bytes: u64 = group.streams.values().map(|stream| of_stream(stream.number)).sum();
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn name(input: &Value) -> &str {
    input.text("logGroupName").unwrap_or_default()
}

/// Tags as Logs has them: names and values.
pub(super) fn tags(input: &Value) -> BTreeMap<String, String> {
    let tags = input.get("tags").and_then(Value::as_map);
    tags.into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.to_string(), value.as_text()?.to_owned())))
        .collect()
}
