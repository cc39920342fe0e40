//! Resource Groups Tagging: everything that has tags, by its ARN.
//!
//! Elsewhere: what an ARN is of (`resource`).

mod list;

use super::resource::{Change, Resource, Resources};
use super::{Caller, internal, not_here, page};
use crate::bus::SubmitError;
use crate::http::Context;
use list::Listed;
use std::borrow::Cow;
use std::collections::BTreeSet;
use topmast_aws::{Call, Fault, Map, Value};
use topmast_engine::Rejection;
use topmast_model::tag::check_tag;

/// Most resources of a page.
const PAGE: i64 = 100;
/// Tags of a page, when they are what is counted.
const TAGS_PER_PAGE: std::ops::RangeInclusive<i64> = 100..=500;
/// Most keys or values of a page.
const NAMES_PAGE: usize = 1_000;

pub(super) async fn answer(context: &Context, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let input = &call.input;
    match call.operation.name.as_str() {
        "GetResources" => resources(context, caller, input),
        "GetTagKeys" => {
            let all = list::all(context, caller);
            let keys = all.iter().flat_map(|resource| resource.tags.keys().cloned()).collect();
            names(input, "TagKeys", keys)
        }
        "GetTagValues" => {
            let all = list::all(context, caller);
            let key = input.text("Key").unwrap_or_default();
            names(
                input,
                "TagValues",
                all.iter().filter_map(|resource| resource.tags.get(key).cloned()).collect(),
            )
        }
        "TagResources" => {
            let mut change = Change::default();
            for (key, value) in input.get("Tags").and_then(Value::as_map).into_iter().flatten() {
                let value = value.as_text().unwrap_or_default();
                check_tag(key, value)
                    .map_err(|error| invalid(format!("The tag {key} is not valid: {error}")))?;
                change.tags.insert(key.to_string(), value.to_owned());
            }
            Ok(change_all(context, caller, input, &change, "tag:TagResources").await)
        }
        "UntagResources" => {
            let change = Change::without(input.texts("TagKeys"));
            Ok(change_all(context, caller, input, &change, "tag:UntagResources").await)
        }
        _ => Err(not_here(call)),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::modelled("InvalidParameterException", message)
}

/// How many items were told before.
fn told(input: &Value) -> Result<usize, Fault> {
    match input.text("PaginationToken").filter(|token| !token.is_empty()) {
        None => Ok(0),
        Some(token) => page::told(token).ok_or_else(|| invalid("PaginationToken is invalid")),
    }
}

fn resources(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let told = told(input)?;
    let (by_resources, by_tags) = (input.integer("ResourcesPerPage"), input.integer("TagsPerPage"));
    if by_resources.is_some_and(|most| !(1..=PAGE).contains(&most)) {
        return Err(invalid(format!("ResourcesPerPage must be between 1 and {PAGE}")));
    }
    if by_tags.is_some_and(|most| !TAGS_PER_PAGE.contains(&most) || most % 100 != 0) {
        return Err(invalid("TagsPerPage must be 100, 200, 300, 400 or 500"));
    }
    let is_paged = by_resources.is_some() || by_tags.is_some() || input.text("PaginationToken").is_some();
    if is_paged && !input.list("ResourceARNList").is_empty() {
        return Err(invalid("ResourceARNList and parameters of pages exclude each other"));
    }
    let most = by_resources.unwrap_or(PAGE);
    let room = by_tags.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let all = list::all(context, caller);
    let mut rest = all.iter().filter(|resource| passes(input, resource)).skip(told).peekable();
    let (mut items, mut tags) = (Vec::new(), 0);
    while let Some(resource) = rest.peek() {
        // One without tags counts as one with one tag; a resource is never split.
        tags += resource.tags.len().max(1);
        let is_full = items.len() >= usize::try_from(most).unwrap_or(1);
        if is_full || (tags > room && !items.is_empty()) {
            break;
        }
        items.push(resource.mapping());
        rest.next();
    }
    let next = rest.next().map(|_| page::token(told + items.len())).unwrap_or_default();
    Ok(Value::map([("ResourceTagMappingList", Value::List(items)), ("PaginationToken", next.into())]))
}

fn passes(input: &Value, resource: &Listed) -> bool {
    let mut kinds = input.texts("ResourceTypeFilters").peekable();
    let is_kind = kinds.peek().is_none()
        || kinds.any(|kind| kind == resource.kind || resource.kind.split(':').next() == Some(kind));
    let mut arns = input.texts("ResourceARNList").peekable();
    let is_named = arns.peek().is_none() || arns.any(|arn| arn == resource.arn);
    let has_tags = input.list("TagFilters").iter().all(|filter| {
        let value = filter.text("Key").and_then(|key| resource.tags.get(key));
        let mut wanted = filter.texts("Values").peekable();
        value.is_some_and(|value| wanted.peek().is_none() || wanted.any(|other| other == value))
    });
    is_kind && is_named && has_tags
}

/// A page of keys or values, each once.
fn names(input: &Value, member: &'static str, names: BTreeSet<String>) -> Result<Value, Fault> {
    let told = told(input)?;
    let mut rest = names.into_iter().skip(told);
    let names: Vec<String> = rest.by_ref().take(NAMES_PAGE).collect();
    let next = rest.next().map(|_| page::token(told + names.len())).unwrap_or_default();
    Ok(Value::map([(member, names.into()), ("PaginationToken", next.into())]))
}

/// Changes the tags of each resource by itself, and tells which could not be changed.
async fn change_all(context: &Context, caller: &Caller, input: &Value, change: &Change, name: &str) -> Value {
    let arns: BTreeSet<&str> = input.texts("ResourceARNList").collect();
    // Found before anything is waited for.
    let found: Vec<(&str, Option<Resource>)> = {
        let resources = Resources::of(context, caller);
        arns.into_iter().map(|arn| (arn, resources.named(arn))).collect()
    };
    let mut failed = Map::new();
    for (arn, resource) in found {
        let failure = match resource {
            None => Some(failure(404, "InvalidParameterException", "The resource was not found.".to_owned())),
            Some(resource) => {
                let done = change.submit(context, caller, resource).await;
                done.err().map(|error| refusal(caller, &error, name))
            }
        };
        failed.extend(failure.map(|failure| (Cow::Owned(arn.to_owned()), failure)));
    }
    Value::map([("FailedResourcesMap", Value::Map(failed))])
}

fn refusal(caller: &Caller, error: &SubmitError, name: &str) -> Value {
    match error {
        SubmitError::Rejected(Rejection::Forbidden { .. }) => {
            failure(400, "AccessDeniedException", caller.denied(name).message.unwrap_or_default())
        }
        SubmitError::Rejected(rejection) => failure(400, "InvalidParameterException", rejection.to_string()),
        SubmitError::TooLarge(told) => failure(400, "InvalidParameterException", told.clone()),
        SubmitError::Busy => failure(429, "ThrottledException", "Rate exceeded".to_owned()),
        error => failure(500, "InternalServiceException", internal(error).message.unwrap_or_default()),
    }
}

fn failure(status: i64, code: &str, message: String) -> Value {
    Value::map([("StatusCode", status.into()), ("ErrorCode", code.into()), ("ErrorMessage", message.into())])
}
